from importlib import import_module

from framework import Figure
from framework_figures.plugin import provide_figures


def test_every_name_leads_to_a_figure():
    factories = provide_figures()
    assert sorted(factories) == ["denoising", "loss_curves", "reconstructions"]
    for factory in factories.values():
        module, _, attribute = factory.partition(":")
        assert issubclass(getattr(import_module(module), attribute), Figure)
