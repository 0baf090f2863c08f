from importlib import import_module

from framework import Figure
from framework_figures.plugin import provide_figures


def test_every_name_leads_to_a_figure():
    factories = provide_figures()
    assert sorted(factories) == [
        "anomaly_scores",
        "architecture",
        "class_interpolation",
        "code_samples",
        "confusion_matrix",
        "denoising",
        "discriminator_outputs",
        "filtered_images",
        "filters",
        "generated_images",
        "image_interpolation",
        "latent_grid",
        "latent_map",
        "latent_neighbours",
        "latent_quality",
        "loss_curves",
        "maximising_inputs",
        "reconstructions",
        "samples_by_class",
    ]
    for factory in factories.values():
        module, _, attribute = factory.partition(":")
        assert issubclass(getattr(import_module(module), attribute), Figure)
