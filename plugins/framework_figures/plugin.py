"""What this plugin provides."""

from framework import hookimpl


@hookimpl
def provide_figures() -> dict[str, str]:
    """Figures of finished runs."""
    return {
        "anomaly_scores": "framework_figures.anomaly_scores:AnomalyScores",
        "architecture": "framework_figures.architecture:Architecture",
        "class_interpolation": "framework_figures.class_interpolation:ClassInterpolation",
        "code_samples": "framework_figures.code_samples:CodeSamples",
        "confusion_matrix": "framework_figures.confusion_matrix:ConfusionMatrix",
        "denoising": "framework_figures.denoising:Denoising",
        "discriminator_outputs": "framework_figures.discriminator_outputs:DiscriminatorOutputs",
        "filtered_images": "framework_figures.filtered_images:FilteredImages",
        "filters": "framework_figures.filters:Filters",
        "generated_images": "framework_figures.generated_images:GeneratedImages",
        "image_interpolation": "framework_figures.image_interpolation:ImageInterpolation",
        "latent_grid": "framework_figures.latent_grid:LatentGrid",
        "latent_map": "framework_figures.latent_map:LatentMap",
        "latent_neighbours": "framework_figures.latent_neighbours:LatentNeighbours",
        "latent_quality": "framework_figures.latent_quality:LatentQuality",
        "loss_curves": "framework_figures.loss_curves:LossCurves",
        "maximising_inputs": "framework_figures.maximising_inputs:MaximisingInputs",
        "reconstructions": "framework_figures.reconstructions:Reconstructions",
        "samples_by_class": "framework_figures.samples_by_class:SamplesByClass",
    }
