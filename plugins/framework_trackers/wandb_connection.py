"""Whether wandb can be reached, and where it keeps what it writes."""

import logging
import netrc
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Literal
from urllib.parse import urlsplit

import wandb

Mode = Literal["online", "offline", "disabled"]

_MODES: dict[str, Mode] = {
    "online": "online",
    "run": "online",
    "offline": "offline",
    "dryrun": "offline",
    "disabled": "disabled",
}
_REACH_SECONDS = 1.2
_SERVER_ERRORS = 500
_FORGOTTEN_AFTER_SECONDS = 600.0
_FREE_SECONDS = 2.0
_SHARE_OF_TIME = 0.04
_TELLS_OF_ERRORS = "handleError"
_APPLIES_INPUTS = "_detect_and_apply_job_inputs"
_SETTINGS = "_settings"
_FOLDERS = {"WANDB_DATA_DIR": "data", "WANDB_CACHE_DIR": "cache"}


class Experience:
    """What this process has seen of wandb's servers: how long they took, and which have failed.

    So that of a command with many runs, such as folds, not each has to find out anew.
    """

    def __init__(self) -> None:
        self._failed_at: dict[str, float] = {}
        self._began_at = time.monotonic()
        self._seconds = 0.0

    def note_failure(self, url: str) -> None:
        """Remember that a server could not be reached, or did not do what it should."""
        self._failed_at[url] = time.monotonic()

    def note_seconds(self, seconds: float) -> None:
        """Remember for how long it was waited for."""
        self._seconds += seconds

    def has_failed(self, url: str) -> bool:
        """Whether a server has failed in the last ten minutes."""
        ago = time.monotonic() - self._failed_at.get(url, float("-inf"))
        return ago < _FORGOTTEN_AFTER_SECONDS

    def objection(self, url: str) -> str:
        """Why another run had better only be stored; empty where nothing speaks against it."""
        if self.has_failed(url):
            return f"{without_secrets(url)} has failed before"
        return f"{without_secrets(url)} is slow" if self.seconds_left < 0.0 else ""

    @property
    def seconds_left(self) -> float:
        """How long servers may still be waited for."""
        passed = time.monotonic() - self._began_at
        return _FREE_SECONDS + _SHARE_OF_TIME * passed - self._seconds


experience = Experience()


def choose_mode(wanted: Mode | None) -> tuple[Mode, str]:
    """The mode that is wanted, or that can be had, and why it is not `online`, if it might be.

    Args:
        wanted: what the recipe says; None follows `WANDB_MODE`, or else goes online with a key.
    """
    mode = wanted or _MODES.get(os.environ.get("WANDB_MODE", ""))
    if mode is not None and mode != "online":
        return mode, ""
    settings = wandb.setup(settings=wandb.Settings(silent=True, console="off")).settings
    url = str(settings.base_url)
    if not (settings.api_key or has_key(url)):
        return "offline", "no key is configured (wandb login)"
    if objection := experience.objection(url):
        return "offline", objection
    if not is_reachable(url):
        experience.note_failure(url)
        return "offline", f"{without_secrets(url)} cannot be reached"
    return "online", ""


def server_address() -> str:
    """Where wandb is configured to send runs."""
    return str(wandb.setup().settings.base_url)


def words_of(error: Exception) -> str:
    """An error in a line that may be stored."""
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {without_secrets(first)}"


def has_key(url: str) -> bool:
    """Whether the environment or the user's netrc file has a key for a server; it is not asked."""
    if any(os.environ.get(name) for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE")):
        return True
    home = Path.home()
    named = os.environ.get("NETRC")
    files = [Path(named)] if named else [home / ".netrc", home / "_netrc"]
    file = next((each for each in files if each.is_file()), None)
    if file is None:
        return False
    try:
        return netrc.netrc(str(file)).authenticators(urlsplit(url).netloc) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def without_secrets(text: str) -> str:
    """A text whose addresses name no user and no password."""
    return re.sub(r"(?<=://)[^/\s@]*@", "", text)


def is_reachable(url: str, seconds: float = _REACH_SECONDS) -> bool:
    """Whether a server answers, with anything but an error of its own.

    Proxies are used as the environment says.

    Args:
        url: its address.
        seconds: how long to wait for it.
    """
    answers: list[bool] = []
    thread = Thread(target=_ask, args=(url, answers), daemon=True)  # names are looked up for ever
    thread.start()
    thread.join(seconds)
    return any(answers)


def _ask(url: str, answers: list[bool]) -> None:
    try:
        with urllib.request.urlopen(url, timeout=_REACH_SECONDS):  # noqa: S310  wandb's own address
            answers.append(True)
    except urllib.error.HTTPError as error:
        answers.append(error.code < _SERVER_ERRORS)
    except (OSError, ValueError):
        return


@contextmanager
def kept_within(folder: Path) -> Iterator[None]:
    """Let wandb write below a folder what it would write to the user's own, unless told where.

    Nor does it report its own errors to its makers, unless it is told to: that would leave the
    machine even offline.
    """
    added = {name: str(folder / place) for name, place in _FOLDERS.items()}
    added["WANDB_ERROR_REPORTING"] = "false"
    added = {name: place for name, place in added.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


@contextmanager
def without_launch() -> Iterator[None]:
    """Let a run begin without what wandb imports for jobs that were launched from its pages.

    Which it does for every run, and which takes longer than all else of the start. Where wandb does
    it no more, nothing is changed.
    """
    before = getattr(wandb.Run, _APPLIES_INPUTS, None)
    if before is None:
        yield
        return
    setattr(wandb.Run, _APPLIES_INPUTS, lambda _: None)
    try:
        yield
    finally:
        setattr(wandb.Run, _APPLIES_INPUTS, before)


@contextmanager
def without_questions(run: Any) -> Iterator[None]:
    """Let an artifact be handed over as if offline: online, wandb asks the server first, and waits.

    Where wandb has no such settings any more, nothing is changed.
    """
    before = getattr(run, _SETTINGS, None)
    if before is None:
        yield
        return
    setattr(run, _SETTINGS, before.model_copy(update={"mode": "offline"}))
    try:
        yield
    finally:
        setattr(run, _SETTINGS, before)


@contextmanager
def quiet_log() -> Iterator[None]:
    """Keep wandb's own log from shouting where it cannot be written, such as on a full disk.

    For each line that it has to drop, logging would print a traceback, from now on too.
    """
    before = logging.raiseExceptions
    logging.raiseExceptions = False
    try:
        yield
    finally:
        logging.raiseExceptions = before
        for handler in logging.getLogger("wandb").handlers:
            setattr(handler, _TELLS_OF_ERRORS, lambda _: None)
