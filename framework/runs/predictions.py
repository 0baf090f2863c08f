"""What networks say of images that they were not trained on."""

import safetensors.torch
import torch
from torch import Tensor

from framework.contracts import Task
from framework.recipe.plans import Plan
from framework.runs.assembly import evaluation_loader, split_images
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.folds import Folds
from framework.seeding import derive_seed, seed_generators
from framework.storage import write_durably

FILE = "out_of_fold.safetensors"


def store_out_of_fold(folds: Folds, store: RunDirectory, execution: Execution) -> None:
    """Write the prediction for every training image by the fold that did not train on it.

    `prediction` has a row per training image, in the order of the data set, the mean over repeats;
    `fold` has the number of the fold in which the image validated, a column per repeat.
    """
    settings = folds.plan.recipe.cross_validation
    if settings is None or not settings.out_of_fold:
        return
    num_images = len(execution.bundle.train)
    total: Tensor | None = None
    numbers = torch.zeros(num_images, settings.num_repeats, dtype=torch.int64)
    for number, (name, plan) in enumerate(folds.plans.items()):
        labels = execution.bundle.train.labels
        places = split_images(plan, num_images, labels).validation
        found = _predictions(folds.task(name, execution.device), plan, places, execution)
        total = torch.zeros(num_images, *found.shape[1:]) if total is None else total
        total[places] += found / settings.num_repeats
        numbers[places, number // settings.num_folds] = number
    if total is not None:
        data = safetensors.torch.save({"prediction": total, "fold": numbers})
        write_durably(store.path / FILE, data)


@torch.no_grad()
def _predictions(task: Task, plan: Plan, places: Tensor, execution: Execution) -> Tensor:
    loader = evaluation_loader(plan, execution.bundle.train, places, execution.device)
    found = []
    for index, batch in enumerate(loader.epoch(), start=1):  # the noise of every validation
        seed_generators(derive_seed(plan.seed, "evaluation", index), execution.device)
        found.append(task.evaluate(batch)[0].float().cpu())
    return torch.cat(found)
