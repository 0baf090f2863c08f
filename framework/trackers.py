"""What a tracker is told of a run: settings, numbers, pictures, files, and how it ended."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

Value = int | float | str | None


@dataclass(frozen=True, kw_only=True)
class TrackedRun:
    """What is known of a run as it begins.

    Attributes:
        recipe: the recipe's name.
        name: the directory of the whole run and, below it, of this part: `20260102-…/fold-3`.
        directory: where the run keeps its files; a tracker's own go into a folder in it.
        group: the directory of the whole run, for a run with parts and each of them; else empty.
        kind: `training`, or what kind of part it is: `fold`, `seed`, `trial`, `refit`; of a run
            that only gathers its parts `cross-validation`, `seeds` or `search`.
        config: the resolved recipe.
        facts: identity, data fingerprint, versions and the like.
        attempt: how often the run was taken up, from 1.
        iteration: iterations carried out before.
    """

    recipe: str
    name: str
    directory: Path
    group: str
    kind: str
    config: Mapping[str, Any]
    facts: Mapping[str, Any]
    attempt: int = 1
    iteration: int = 0


@dataclass(frozen=True, kw_only=True)
class TrackedArtifact:
    """Files that belong together, or something that a run has made use of.

    Attributes:
        name: name of all its versions, such as `mnist-best-0f1e2d3c`.
        kind: `model`, `recipe`, `report` or `dataset`.
        files: what it holds; may be empty.
        aliases: what this version is called, such as `best`.
        facts: what is known of it.
        is_input: whether the run made use of it, rather than made it.
    """

    name: str
    kind: str
    files: Sequence[Path] = ()
    aliases: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_input: bool = False


class Tracker(ABC):
    """Shows a run elsewhere, while it trains and afterwards.

    A recipe sets its keyword-only parameters; every run, and every part of one, has its own. All
    calls come in order and from one thread, which is not that of the training. Whatever they raise
    ends as a warning, and after three errors, or where they take too long, the tracker is off for
    the rest of the command: a run never depends on it.

    Attributes:
        every_num_iterations: iterations between two rows of numbers within an epoch; None asks for
            none. They are left out while the tracker takes too large a share of the time.
        images_every_num_epochs: epochs between two rounds of pictures of the training; None asks
            for none.
        wants_gradient_norm: whether rows within an epoch hold `iteration/gradient_norm`.
        upload_seconds: how much longer than for anything else a run waits for `finish`.
    """

    every_num_iterations: int | None = None
    images_every_num_epochs: int | None = None
    wants_gradient_norm: bool = False
    upload_seconds: float = 0.0

    def outlook(self) -> str:
        """Where a run that began now would be shown, in words; may be empty."""
        return ""

    @abstractmethod
    def start(self, run: TrackedRun) -> str:
        """Begin, or go on where an earlier attempt of the run has ended.

        Returns:
            A line for the user that says where to look; may be empty.
        """

    @abstractmethod
    def log(self, values: Mapping[str, float], *, iteration: int, epoch: int) -> None:
        """Take numbers over: a row of `metrics.jsonl`, or `iteration/…` within an epoch.

        Args:
            values: the numbers; some may not be finite.
            iteration: iterations carried out, which never falls; two rows may have the same.
            epoch: the epoch that they belong to, from 1.
        """

    def image(  # noqa: B027  optional, as the next two
        self, name: str, image: UInt8[np.ndarray, "height width 3"], *, iteration: int, epoch: int
    ) -> None:
        """Take a picture over: of the training, or, as `figures/<name>`, a figure of its end."""

    def table(  # noqa: B027
        self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Value]]
    ) -> None:
        """Take a table over, such as the parts of a run with what was measured of each."""

    def artifact(self, artifact: TrackedArtifact) -> None:  # noqa: B027
        """Take files over, or learn what the run has made use of."""

    @abstractmethod
    def finish(self, summary: Mapping[str, Value], *, status: str) -> None:
        """End.

        Args:
            summary: what came of it, such as `best/validation/loss` and `test/mse`.
            status: as in `state.json`: `finished`, `early_stopped`, `interrupted` and so on.
        """

    def sync(self, directory: Path) -> str:  # noqa: ARG002
        """Send on what was only stored in a run directory; asked for by the user, and not fenced.

        Returns:
            A line that says what was sent; empty where there was nothing to send.

        Raises:
            RuntimeError: it could not be sent; the message says why.
        """
        return ""
