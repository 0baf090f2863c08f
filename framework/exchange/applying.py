"""An operation of a run, from files to files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from framework.errors import Fault, nearest_hint
from framework.exchange.answers import Answered, form_faults, require_free, write_answers
from framework.exchange.inputs import Inputs, read_inputs
from framework.runs.loaded_runs import LoadedRun

_TAKES = {
    "images": "image files, folders of them, or .npy files",
    "two_images": "two image files, or a .npy file",
    "codes": ".npy files",
}


@dataclass(frozen=True)
class Request:
    """What shall be done with a run.

    Attributes:
        operation: the operation's name.
        inputs: files and folders that it is applied to; none where it makes images of noise.
        out: where the answers go: a folder, or a file whose suffix says how; None keeps them.
        num_images: how many images to make, where that is not the number of inputs.
        seed: seed of the noise that is drawn.
        overwrite: replace files that are there.
    """

    operation: str
    inputs: Sequence[Path] = ()
    out: Path | None = None
    num_images: int | None = None
    seed: int = 0
    overwrite: bool = False


def request_faults(run: LoadedRun, request: Request) -> list[Fault]:
    """Everything about a request that makes no sense for a run, found before a file is read."""
    name = request.operation
    if name not in run.operations:
        offered = ", ".join(run.operations) or "none"
        hint = nearest_hint(name, run.operations) or f"it has: {offered}"
        return [Fault("U005", f"the run has no operation '{name}'", hint=hint)]
    takes, faults = run.operations[name].takes, []
    if takes != "noise" and not request.inputs:
        message = f"'{name}' needs something to be applied to"
        faults.append(Fault("U006", message, hint=f"name {_TAKES[takes]}"))
    if request.num_images is not None and takes in {"images", "codes"}:
        message = f"'{name}' answers each input once, found a number of {request.num_images}"
        faults.append(Fault("U006", message, key="--num-images", hint="leave it out"))
    if request.num_images is not None and takes == "noise" and request.inputs:
        message = f"noise is given, and {request.num_images} more are asked for"
        faults.append(Fault("U006", message, key="--num-images", hint="leave one of the two out"))
    return faults + form_faults(request.out, run.answers(name), run.data)


def carry_out_request(
    run: LoadedRun, request: Request, *, warn: Callable[[str], None]
) -> tuple[Answered, list[Path]]:
    """Read the inputs, apply the operation, and write what it answers.

    Args:
        run: the run.
        request: a request without faults.
        warn: told of what was done to images so that they fit.

    Returns:
        The answers, and the files that were written.

    Raises:
        DataError: all inputs that cannot be read or are not what the operation takes.
        StorageError: files are there already, or the disk does not take them.
        PluginError: a plugin's code fails.
    """
    name, num_images = request.operation, request.num_images or _default_number(run, request)
    inputs = _inputs(run, request, num_images)
    for warning in inputs.warnings:
        warn(warning)
    is_path = run.operations[name].takes == "two_images"
    names = _numbered(num_images) if is_path else inputs.names
    if request.out is not None and not request.overwrite:
        require_free(request.out, names)
    values = run.apply(name, inputs.values, num_images=num_images, seed=request.seed)
    columns = num_images if is_path else None
    answered = Answered(names, values.cpu().numpy(), run.answers(name), run.data, columns)
    written = [] if request.out is None else write_answers(answered, request.out)
    return answered, written


def _default_number(run: LoadedRun, request: Request) -> int:
    return 10 if run.operations[request.operation].takes == "two_images" else 16


def _inputs(run: LoadedRun, request: Request, num_images: int) -> Inputs:
    if request.inputs:
        return read_inputs(run, request.operation, request.inputs)
    noise = run.prepared(request.operation, num_images, seed=request.seed)
    return Inputs(_numbered(num_images), noise)


def _numbered(num_images: int) -> tuple[str, ...]:
    return tuple(f"{place:04d}" for place in range(num_images))
