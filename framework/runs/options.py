"""How to carry a plan out."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from framework.contracts import Handler


@runtime_checkable
class SearchObserver(Protocol):
    """A handler that looks on at whole searches, too."""

    def look(self, directory: Path) -> None:
        """See how the search in a run directory gets on; called often, and at least per trial."""


@dataclass(frozen=True)
class Options:
    """How to carry a plan out; none of it changes what is learnt.

    Attributes:
        runs_directory: where run directories are kept.
        device: `auto`, `cpu`, `cuda`, `mps`.
        is_new: train again even where a run of the same identity exists.
        is_exact: refuse to continue where the result could differ in its last bits.
        is_forced: continue though the recipe or a plugin has changed.
        allows_data_change: continue though the data have changed.
        trusts_storage: let a sampler execute what is stored in a study that others may write to.
        plugin_files: single-file plugins, remembered for a later continuation.
        trackers: names of trackers beside those of the recipe, which parts in processes of their
            own have, too.
        observers: handlers that look on; at searches, those that are a `SearchObserver`.
        announce: takes lines for the user.
        warn: takes warnings.
        report: is shown the run directory once an attempt has ended, with who takes warnings.
    """

    runs_directory: Path = Path("runs")
    device: str = "auto"
    is_new: bool = False
    is_exact: bool = False
    is_forced: bool = False
    allows_data_change: bool = False
    trusts_storage: bool = False
    plugin_files: Sequence[Path] = ()
    trackers: Sequence[str] = ()
    observers: Sequence[Handler] = ()
    announce: Callable[[str], None] = print
    warn: Callable[[str], None] = warnings.warn
    report: Callable[[Path, Callable[[str], None]], None] | None = None

    def write_report(self, directory: Path) -> None:
        """Show a run directory to who writes its report, if anybody does."""
        if self.report is not None:
            self.report(directory, self.warn)

    def show_search(self, directory: Path) -> None:
        """Let observers see how a search gets on."""
        for observer in self.observers:
            if isinstance(observer, SearchObserver):
                observer.look(directory)
