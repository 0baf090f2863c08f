"""The blocks of a recipe that hold plain values: which keys there are, and their defaults."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0)]
Mode = Literal["min", "max"]
_MOST_THREADS = 1024  # a hundred million end the process, with no word


def _written_as_a_fraction(value: object) -> object:
    """PyTorch would prune one weight for 1, and all of them for 1.0."""
    if isinstance(value, int) and not isinstance(value, bool):
        message = f"expected a fraction such as 0.1, found the integer {value}"
        hint = "write 1.0 for all weights or 0.1 for 10 %"
        raise PydanticCustomError("R023", "{message}", {"message": message, "hint": hint})
    return value


Amount = Annotated[float, Field(ge=0, le=1), BeforeValidator(_written_as_a_fraction)]


class Block(BaseModel):
    """A part of a recipe: strict, frozen, and without any key that it does not name."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class Training(Block):
    """How long to train, and in what portions.

    Attributes:
        num_epochs: number of passes over the training images; with 0 nothing is trained, and what
            networks from elsewhere make of images is measured and drawn.
        batch_size: number of images per optimizer step.
        evaluation_batch_size: number of images at a time where nothing is learnt.
        drop_last: whether a last, shorter batch is left out of every epoch.
        accumulation: number of parts that a batch is carried through the networks in, to save
            memory; their gradients add up to one optimizer step.
        time_limit_minutes: training ends with the epoch in which it has taken longer, all attempts
            together; None sets no limit.
        num_threads: number of threads to compute with, which decides the last bits of the result;
            None takes as many as PyTorch finds cores.
        num_workers: number of processes that read images ahead, where they are not in memory; 0
            reads them in the training process. It changes no weight.
    """

    num_epochs: Annotated[int, Field(ge=0)]
    batch_size: Count = 256
    evaluation_batch_size: Count = 1024
    drop_last: bool = False
    accumulation: Count = 1
    time_limit_minutes: Annotated[float, Field(gt=0)] | None = None
    num_threads: Annotated[int, Field(ge=1, le=_MOST_THREADS)] | None = None
    num_workers: Annotated[int, Field(ge=0, le=_MOST_THREADS)] = 0


class GradientClipping(Block):
    """How long a gradient may be.

    Attributes:
        max_norm: largest length of the gradient of all weights of one optimizer, as one vector.
    """

    max_norm: Annotated[float, Field(gt=0)]


class Origin(Block):
    """Where a network and its weights come from, and how it is trained on.

    Attributes:
        reference: a recipe, which is carried out first unless it has a finished run, or a run.
        network: the network's name there; None takes the same name.
        overrides: changes to that recipe.
        freeze: whether its weights stay as they are.
        unfreeze_at_epoch: the first epoch that trains a frozen network; None never does.
        lr: its own learning rate; None takes the optimizer's.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    reference: Annotated[str, Field(alias="from", min_length=1)]
    network: str | None = None
    overrides: tuple[str, ...] = ()
    freeze: bool = False
    unfreeze_at_epoch: Count | None = None
    lr: Annotated[float, Field(gt=0)] | None = None

    def is_frozen(self, epoch: int) -> bool:
        """Whether epoch number `epoch`, counted from 1, leaves the weights as they are."""
        start = self.unfreeze_at_epoch
        return self.freeze and (start is None or epoch < start)


class Averaging(Block):
    """Evaluating, and keeping, a running average of the weights.

    Attributes:
        decay: share of the average that each iteration leaves as it is.
    """

    decay: Annotated[float, Field(gt=0, lt=1)]


def _in_order(points: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
    """Unlike `min_length`, this does not count points that are wrong as missing."""
    epochs = [epoch for epoch, _ in points]
    if len(epochs) < 2:  # noqa: PLR2004  a line has two ends
        message = f"expected at least two points, found {len(epochs)}"
        hint = "write an epoch and a value in each: [[1, 0.0], [20, 0.3]]"
        raise PydanticCustomError("R012", "{message}", {"message": message, "hint": hint})
    if any(late <= early for early, late in pairwise(epochs)):
        message = f"expected points in the order of their epochs, found the epochs {epochs}"
        raise PydanticCustomError("R012", "{message}", {"message": message})
    return points


class Schedule(Block):
    """How a number of the recipe changes from epoch to epoch.

    Attributes:
        parameter: its dotted place in the recipe, such as `task.corruptions.0.std`.
        points: epochs, from 1, and the number's values in them; beyond the first and the last the
            value stays.
        shape: how the value goes from point to point: in a line, all at once when the next point
            is reached, or along half a cosine.
    """

    parameter: str
    points: Annotated[tuple[tuple[Count, float], ...], AfterValidator(_in_order)]
    shape: Literal["linear", "step", "cosine"] = "linear"


class Validation(Block):
    """Which training images are held out.

    Attributes:
        fraction: share of the training images; 0 trains on all of them and keeps the last weights.
        seed: the split's own seed.
    """

    fraction: Annotated[float, Field(ge=0, lt=1)] = 0.1
    seed: Seed = 0


class CrossValidation(Block):
    """Training once per fold of the training images, validating on the fold each time.

    The folds take the place of `validation`, which `keep: refit` alone uses.

    Attributes:
        num_folds: number of parts that the images are dealt into.
        stratified: whether every fold holds the classes in the proportions of the whole.
        num_repeats: how often the images are dealt anew; each time gives `num_folds` more folds.
        seed: the deal's own seed.
        keep: which weights are kept and measured on the test images: those of the fold with the
            best value of what is monitored, those of a training on all images but `validation`,
            or those of all folds, whose predictions are averaged.
        out_of_fold: whether the prediction for every training image by the networks that have not
            trained on it is stored.
        fold: the only fold to train, as a run of its own; None trains all of them.
    """

    num_folds: Annotated[int, Field(ge=2)] = 5
    stratified: bool = False
    num_repeats: Count = 1
    seed: Seed = 0
    keep: Literal["best_fold", "refit", "ensemble"] = "best_fold"
    out_of_fold: bool = True
    fold: Annotated[int, Field(ge=0)] | None = None

    @property
    def num_fits(self) -> int:
        """Number of folds over all repeats."""
        return self.num_folds * self.num_repeats


class EarlyStopping(Block):
    """When to stop for want of improvement.

    Attributes:
        monitor: what is watched, as it stands in the metrics log.
        mode: whether less or more of it is better.
        patience: number of epochs without improvement after which training stops.
        min_delta: a change no larger than this is no improvement.
    """

    monitor: str = "validation/loss"
    mode: Mode = "min"
    patience: Count
    min_delta: Annotated[float, Field(ge=0)] = 0.0


class Checkpointing(Block):
    """What is stored on the way, and which weights are kept as the best.

    Attributes:
        monitor: what decides which weights are best; None takes that of early stopping, or
            `validation/loss`.
        mode: whether less or more of it is better; stated together with `monitor`.
        every_num_epochs: number of epochs between two checkpoints.
        every_num_iterations: number of iterations between two checkpoints within an epoch; None
            stores at the end of epochs only.
    """

    monitor: str | None = None
    mode: Mode | None = None
    every_num_epochs: Count = 1
    every_num_iterations: Count | None = None


class PruningGroup(Block):
    """Weights of one network that are pruned by the same amount.

    Attributes:
        network: the network's name.
        layers: which of its layers; transposed convolutions are convolutions.
        amount: share of the weights that each pruning takes; 0.0 takes none.
    """

    network: str
    layers: Literal["linear", "conv", "all"] = "all"
    amount: Amount


def _not_empty(groups: tuple[PruningGroup, ...]) -> tuple[PruningGroup, ...]:
    """Unlike `min_length`, this does not count groups that are wrong as missing."""
    if not groups:
        raise PydanticCustomError("R012", "expected at least one group, found none")
    return groups


class WeightPruning(Block):
    """When to set weights to zero, which, and whether for good.

    Attributes:
        every_num_epochs: number of epochs between two prunings; None never prunes.
        regrow: whether what was set to zero may grow back, so that each pruning takes its amount
            of all weights; otherwise it takes it of what remains.
        method: how what is pruned is chosen.
        n: order of the norm of `ln_structured`.
        dim: dimension whose slices `ln_structured` takes.
        grace_num_epochs: number of epochs after a pruning that count for nothing in the patience
            of early stopping.
        groups: what to prune.
    """

    every_num_epochs: Count | None = None
    regrow: bool = False
    method: Literal[
        "l1_unstructured", "ln_structured", "random_unstructured", "global_unstructured"
    ] = "l1_unstructured"
    n: Count = 2
    dim: Literal[0, 1] = 0
    grace_num_epochs: Annotated[int, Field(ge=0)] = 0
    groups: Annotated[tuple[PruningGroup, ...], AfterValidator(_not_empty)]
