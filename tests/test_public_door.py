"""What outsiders may rely on: the names of the door, and the plugins that come with the framework.

A name that is missing here breaks somebody's plugin or recipe; a name too many is a promise.
"""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import framework
from framework.discovery import discover
from framework.hookspecs import KINDS

ROOT = Path(__file__).parents[1]

NAMES = [
    "IMAGE_SUFFIXES",
    "SINGLE_OPTIMIZER",
    "AdversarialObjective",
    "Batch",
    "Choose",
    "ConvTranspose2d",
    "DataBundle",
    "DataError",
    "DataInfo",
    "Dataset",
    "Dimension",
    "Executor",
    "Fault",
    "Figure",
    "FinishedRun",
    "FitEvents",
    "FrameworkError",
    "Handler",
    "Horizon",
    "ImageSet",
    "Infeasible",
    "Job",
    "LayerRow",
    "LazyImages",
    "Loss",
    "Metric",
    "Nested",
    "Operation",
    "Outcome",
    "PluginError",
    "RecipeError",
    "Run",
    "Scheduler",
    "SearchSpace",
    "StorageError",
    "Task",
    "TrackedArtifact",
    "TrackedRun",
    "Tracker",
    "TrainingError",
    "check",
    "choose_chain",
    "export_run",
    "fingerprint_of",
    "hookimpl",
    "load_run",
    "pass_through",
    "read_image",
    "report_runs",
    "run",
]

PLUGINS = {
    "autoencoders": "framework_autoencoders.plugin",
    "classification": "framework_classification.plugin",
    "executors": "framework.executors.plugin",
    "figures": "framework_figures.plugin",
    "gan": "framework_gan.plugin",
    "optuna": "framework_optuna.plugin",
    "torch": "framework_torch.plugin",
    "trackers": "framework_trackers.plugin",
    "vision": "framework_vision.plugin",
}

COMPONENTS = {
    "dataset": [
        "vision:cifar10",
        "vision:digits",
        "vision:fashion_mnist",
        "vision:image_folder",
        "vision:kmnist",
        "vision:mnist",
    ],
    "network": [
        "autoencoders:conv_encoder",
        "autoencoders:gaussian_bottleneck",
        "autoencoders:mirrored_decoder",
        "autoencoders:vector_quantiser",
        "classification:mlp_head",
        "gan:dcgan_discriminator",
        "gan:dcgan_generator",
        "gan:mlp_discriminator",
        "gan:mlp_generator",
    ],
    "loss": [
        "autoencoders:bce",
        "autoencoders:iterative_reconstruction",
        "autoencoders:mse",
        "classification:cross_entropy",
        "classification:nll",
    ],
    "task": [
        "autoencoders:denoising",
        "autoencoders:reconstruction",
        "autoencoders:variational",
        "autoencoders:vector_quantised",
        "classification:classification",
        "gan:adversarial",
        "gan:filtered_generation",
    ],
    "optimizer": ["torch:adam", "torch:adamw", "torch:sgd"],
    "scheduler": [
        "torch:cosine",
        "torch:exponential",
        "torch:one_cycle",
        "torch:reduce_on_plateau",
        "torch:step",
    ],
    "metric": ["torch:accuracy", "torch:f1", "torch:mae", "torch:mse", "torch:psnr", "torch:ssim"],
    "corruption": [
        "vision:blur",
        "vision:gaussian_noise",
        "vision:occlusion",
        "vision:salt_and_pepper",
    ],
    "adversarial_objective": [
        "gan:hinge",
        "gan:least_squares",
        "gan:non_saturating",
        "gan:wasserstein_gradient_penalty",
    ],
    "handler": ["gan:stop_on_collapse"],
    "figure": [
        "figures:anomaly_scores",
        "figures:architecture",
        "figures:class_interpolation",
        "figures:code_samples",
        "figures:confusion_matrix",
        "figures:denoising",
        "figures:discriminator_outputs",
        "figures:filtered_images",
        "figures:filters",
        "figures:generated_images",
        "figures:image_interpolation",
        "figures:latent_grid",
        "figures:latent_map",
        "figures:latent_neighbours",
        "figures:latent_quality",
        "figures:loss_curves",
        "figures:maximising_inputs",
        "figures:reconstructions",
        "figures:samples_by_class",
    ],
    "tracker": ["trackers:tensorboard", "trackers:wandb"],
    "executor": ["executors:dask", "executors:processes"],
    "sampler": [
        "optuna:brute_force",
        "optuna:cmaes",
        "optuna:gp",
        "optuna:grid",
        "optuna:nsgaii",
        "optuna:qmc",
        "optuna:random",
        "optuna:tpe",
    ],
    "pruner": [
        "optuna:hyperband",
        "optuna:median",
        "optuna:patient",
        "optuna:percentile",
        "optuna:successive_halving",
        "optuna:threshold",
    ],
    "search_space": ["autoencoders:symmetric_conv_space"],
}


@pytest.fixture(scope="module")
def registry():
    return discover()


def test_door_shows_these_names():
    assert framework.__all__ == NAMES


def test_names_are_sorted():
    constants, classes, functions = (
        [name for name in NAMES if is_of_its_kind(name)]
        for is_of_its_kind in (
            str.isupper,
            lambda n: n[0].isupper() and not n.isupper(),
            str.islower,
        )
    )
    assert sorted(constants) + sorted(classes) + sorted(functions) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_name_loads(name):
    assert getattr(framework, name) is not None


def test_door_lists_its_names_and_refuses_others():
    assert dir(framework) == sorted(NAMES)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        framework.nothing  # noqa: B018


def test_plugins_are_entry_points_like_any_third_partys():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["framework.plugins"] == PLUGINS
    folders = {path.name for path in (ROOT / "plugins").iterdir() if (path / "plugin.py").is_file()}
    assert {module.partition(".")[0] for module in PLUGINS.values()} - {"framework"} == folders


@pytest.mark.parametrize("module", PLUGINS.values())
def test_plugin_loads(module):
    assert import_module(module)


def test_kinds_are_known():
    assert list(COMPONENTS) == list(KINDS)


@pytest.mark.parametrize("kind", COMPONENTS)
def test_components_of_the_framework_are_these(registry, kind):
    ours = [c for c in registry.components(kind) if c.owner in PLUGINS]
    assert sorted(f"{component.owner}:{component.name}" for component in ours) == COMPONENTS[kind]


@pytest.mark.parametrize("kind", [kind for kind, names in COMPONENTS.items() if names])
def test_components_load_and_say_what_they_are_for(registry, kind):
    for name in COMPONENTS[kind]:
        component = registry.find(kind, name)
        assert callable(component.factory)
        assert component.parameters is not None
        assert component.description
