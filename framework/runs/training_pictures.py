"""Pictures of what the networks make of a few images, while they learn."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from framework.contracts import Batch, ImageSet, Run, Task
from framework.recipe.plans import Plan
from framework.runs.assembly import evaluation_loader
from framework.runs.derived_operations import all_operations
from framework.seeding import derive_seed, make_generator, seed_generators

Picture = UInt8[np.ndarray, "_ _ 3"]
Images = Float[Tensor, "batch channels height width"]

_NUM_COLUMNS = 10
_NUM_GENERATED = 40
_RESTORING = frozenset({"reconstruct", "denoise"})


class TrainingPictures:
    """Images with what becomes of them, and images made of the same noise, whenever asked.

    What a task restores stands below its targets, one column an image: `reconstructions`. A task
    that generates images shows some: `generated_images`. The networks are left as they were, and
    so is everything that training draws at random. A task that fails is not asked again.

    Args:
        plan: what is trained.
        images: the image set of the fit.
        places: which of them may be shown; the first of each class comes first.
        fit: answers what is in training, once it has begun.
        device: where its networks are.
        tell: is told why there are no pictures, if so.
    """

    def __init__(
        self,
        plan: Plan,
        images: ImageSet,
        places: Int[Tensor, " _"],
        *,
        fit: Callable[[], Run],
        device: torch.device,
        tell: Callable[[str], None],
    ) -> None:
        self._plan, self._device = plan, device
        self._images, self._places = images, places
        self._fit, self._tell = fit, tell
        self._batch: Batch | None = None
        self._has_failed = False

    def __call__(self) -> dict[str, Picture]:
        """The pictures by name; none where the task makes no images, or has failed."""
        if self._has_failed:
            return {}
        seed_generators(derive_seed(self._plan.seed, "pictures"), self._device)
        try:
            with torch.no_grad(), _in_eval_mode(self._fit().networks.values()):
                rows = self._rows(self._fit().task)
                value_range = self._plan.data.value_range
                return {f"pictures/{name}": grid_of(each, value_range) for name, each in rows}
        except Exception as error:
            self._has_failed = True
            self._tell(f"no pictures for trackers: {type(error).__name__}: {error}")
            return {}

    def _rows(self, task: Task) -> Iterator[tuple[str, list[Images]]]:
        operations = all_operations(task.operations())
        if self._batch is None:
            self._batch = self._chosen_batch()
        shape = self._batch.images.shape
        if _RESTORING & operations.keys():
            answers = dict(task.evaluations(self._batch))
            restored, target = answers.pop("")
            rows = [target, *(prediction for prediction, _ in answers.values()), restored]
            if all(row.shape == shape for row in rows):
                yield "reconstructions", rows
        generate = operations.get("generate")
        if generate is not None and generate.takes == "noise" and generate.shape is not None:
            generator = make_generator(self._plan.seed, "pictures")
            noise = torch.randn(_NUM_GENERATED, *generate.shape, generator=generator)
            yield "generated_images", list(generate(noise.to(self._device)).split(_NUM_COLUMNS))

    def _chosen_batch(self) -> Batch:
        places = self._places.cpu()
        if self._images.labels is not None:
            labels = self._images.labels.cpu()[places].tolist()
            first = {label: index for index, label in reversed(list(enumerate(labels)))}
            chosen = [first[label] for label in sorted(first)]
            others = [index for index in range(_NUM_COLUMNS * 2) if index not in chosen]
            places = places[[each for each in [*chosen, *others] if each < len(places)]]
        loader = evaluation_loader(self._plan, self._images, places[:_NUM_COLUMNS], self._device)
        return next(iter(loader.epoch()))


def grid_of(rows: Sequence[Images], value_range: tuple[float, float]) -> Picture:
    """Rows of images as one picture; grey becomes three equal colours.

    Args:
        rows: the rows, with as many images each.
        value_range: what is shown black and what white.
    """
    low, high = value_range
    images = torch.stack([row.detach().float().cpu() for row in rows])
    pixels = ((images - low) / (high - low)).nan_to_num(0.0).clamp(0, 1).mul(255).round().byte()
    if pixels.shape[2] != 3:  # noqa: PLR2004  colours
        pixels = pixels[:, :, :1].expand(-1, -1, 3, -1, -1)
    return pixels.permute(0, 3, 1, 4, 2).flatten(0, 1).flatten(1, 2).contiguous().numpy()


@contextmanager
def _in_eval_mode(networks: Iterable[nn.Module]) -> Iterator[None]:
    modes = [(module, module.training) for network in networks for module in network.modules()]
    for module, _ in modes:
        module.training = False
    try:
        yield
    finally:
        for module, is_training in modes:
            module.training = is_training
