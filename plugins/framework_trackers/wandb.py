"""Runs in Weights & Biases."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Annotated, Any

import numpy as np
import wandb
from jaxtyping import UInt8
from pydantic import Field

from framework import TrackedArtifact, TrackedRun, Tracker
from framework_trackers.wandb_attempts import (
    Attempt,
    next_attempt,
    read_attempts,
    rows_not_sent,
    write_attempts,
)
from framework_trackers.wandb_connection import (
    Mode,
    choose_mode,
    experience,
    is_reachable,
    kept_within,
    quiet_log,
    server_address,
    without_launch,
    without_questions,
    without_secrets,
    words_of,
)
from framework_trackers.wandb_endings import begin_to_end, give_up, opened, wait_for_ends

_OVER = ("finished", "early_stopped", "pruned")
_INIT_SECONDS = 1.5
_FEWEST_INIT_SECONDS = 0.7
_FINISH_SECONDS = 2.0
_LINEAGE_SECONDS = 0.5
_REACH_SECONDS = 0.7
_BY_EPOCH = ("train/*", "validation/*", "lr*", "sparsity/*", "pictures/*", "images_per_second")
_UNREADABLE = "Failed to read"
_SEND = "`framework runs sync RUN` sends it"


class WandB(Tracker):
    """Shows runs in Weights & Biases, or stores them for later where there is no way to it.

    Folds, seeds and trials are runs of one group, named after the whole run. What has not arrived
    at the end is in the run directory, and `framework runs sync RUN` sends it.

    Args:
        project: the project; by default what `WANDB_PROJECT` says, or the recipe's name.
        entity: user or team; by default what wandb is configured with.
        mode: whether runs are sent as they go, only stored, or not tracked at all; by default what
            `WANDB_MODE` says, or else `online` where a key is configured.
        tags: words to find the run by.
        notes: what the run is for.
        every_num_iterations: iterations between two rows within an epoch; null sends rows of epochs
            alone.
        images_every_num_epochs: epochs between two rounds of pictures; null sends those of the end
            alone.
        gradient_norm: whether rows within an epoch hold the length of the gradient.
        artifacts: whether the model, the recipe and the report are sent at the end.
        upload_seconds: how much longer than two seconds a run waits at its end for what is still
            being sent.
    """

    def __init__(
        self,
        *,
        project: str | None = None,
        entity: str | None = None,
        mode: Mode | None = None,
        tags: tuple[str, ...] = (),
        notes: str | None = None,
        every_num_iterations: Annotated[int, Field(ge=1)] | None = 10,
        images_every_num_epochs: Annotated[int, Field(ge=1)] | None = 1,
        gradient_norm: bool = True,
        artifacts: bool = True,
        upload_seconds: Annotated[float, Field(ge=0)] = 1.0,
    ) -> None:
        self.every_num_iterations = every_num_iterations
        self.images_every_num_epochs = images_every_num_epochs
        self.wants_gradient_norm = gradient_norm
        self.upload_seconds = upload_seconds
        self._place = {"project": project, "entity": entity}
        self._tags, self._notes = tags, notes
        self._mode = mode
        self._sends_artifacts = artifacts
        self._run: Any = None
        self._is_part = False
        self._folder = Path()
        self._lineage: list[Thread] = []

    def outlook(self) -> str:
        """Whether a run would be sent, or only stored, and why."""
        with TemporaryDirectory() as folder, kept_within(Path(folder)):
            mode, reason = choose_mode(self._mode)
        return f"{mode}, as {reason}" if reason else mode

    def start(self, run: TrackedRun) -> str:
        """Begin a run of wandb, go on with that of an earlier attempt, or begin one linked to it.

        Raises:
            OSError: its folder cannot be written to.
        """
        self._folder = run.directory / "wandb"
        self._is_part = run.group not in ("", run.name)
        attempts = read_attempts(self._folder)
        with kept_within(self._folder), without_launch(), quiet_log():
            mode, reason = choose_mode(self._mode)
            if mode == "disabled":
                return ""
            self._folder.mkdir(exist_ok=True)  # else wandb would write elsewhere, silently
            started = time.monotonic()
            try:
                attempt = self._begin(run, attempts, mode)
            except Exception as error:
                if mode == "offline":
                    raise
                experience.note_failure(server_address())
                mode, reason = "offline", f"wandb fails online ({words_of(error)})"
                attempt = self._begin(run, attempts, mode)
            opened(self._run)
        write_attempts(self._folder, [*(a for a in attempts if a.id != attempt.id), attempt])
        self._catch_up(run)
        if mode == "online":
            experience.note_seconds(time.monotonic() - started)
            return without_secrets(str(self._run.url))
        return f"offline{f', as {reason}' if reason else ''}; {_SEND}"

    def log(self, values: Mapping[str, float], *, iteration: int, epoch: int) -> None:
        """Send a row, whose step is the iteration and which has a field for the epoch."""
        self._send(dict(values), iteration, epoch)

    def image(
        self, name: str, image: UInt8[np.ndarray, "height width 3"], *, iteration: int, epoch: int
    ) -> None:
        """Send a picture."""
        self._send({name: wandb.Image(image)}, iteration, epoch)

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Send a table."""
        if self._run is not None:
            with kept_within(self._folder):
                self._run.log({name: wandb.Table(list(columns), [list(row) for row in rows])})

    def artifact(self, artifact: TrackedArtifact) -> None:
        """Send files; of what the run has made use of, say so, which wandb can do online alone."""
        if self._run is None or (artifact.is_input and self._run.offline):
            return
        if artifact.is_input:
            thread = Thread(target=self._use, args=(artifact,), daemon=True)
            thread.start()  # it waits for the server, and nothing depends on it
            self._lineage.append(thread)
        elif self._sends_artifacts:
            with kept_within(self._folder), without_questions(self._run):
                self._run.log_artifact(_made(artifact), aliases=list(artifact.aliases))

    def finish(self, summary: Mapping[str, Any], *, status: str) -> None:
        """End; the whole run waits a while for what is still being sent, of its parts, too.

        Raises:
            RuntimeError: not all of it has arrived in time.
        """
        if self._run is None:
            return
        url = server_address()
        self._run.summary.update(dict(summary))
        # a server that is gone is not waited for, and is an error but once
        is_known = not self._run.offline and experience.has_failed(url)
        is_there = self._run.offline or (not is_known and is_reachable(url, _REACH_SECONDS))
        ending = partial(self._end, 0 if status in _OVER else 1)
        if not is_there:
            self._lineage = []
            experience.note_failure(url)
            give_up(self._run, ending)
            if is_known:
                return
            raise RuntimeError(f"{without_secrets(url)} is gone; {_SEND}")
        begin_to_end(self._run, ending)
        if self._is_part:
            return
        try:
            wait_for_ends(_FINISH_SECONDS + self.upload_seconds)
        except TimeoutError:
            experience.note_failure(url)
            raise RuntimeError(f"not everything has arrived in time; {_SEND}") from None

    def _end(self, exit_code: int) -> None:
        for thread in self._lineage:
            thread.join(_LINEAGE_SECONDS / len(self._lineage))
        self._run.finish(exit_code=exit_code)
        if not self._run.offline:
            *earlier, attempt = read_attempts(self._folder)
            write_attempts(self._folder, [*earlier, replace(attempt, is_sent=True)])

    def sync(self, directory: Path) -> str:
        """Hand what is only stored to `wandb sync`.

        Raises:
            RuntimeError: it fails; the message is what it says.
        """
        folder = directory / "wandb"
        attempts = read_attempts(folder)
        num_sent = 0
        for place, attempt in enumerate(attempts):
            if not attempt.is_sent:
                num_sent += _sync(folder, attempt)
                attempts[place] = replace(attempt, is_sent=True)
                write_attempts(folder, attempts)
        return f"{num_sent} of {len(attempts)} runs sent to wandb" if num_sent else ""

    def _begin(self, run: TrackedRun, attempts: Sequence[Attempt], mode: Mode) -> Attempt:
        attempt = next_attempt(attempts, mode)
        facts = dict(run.facts) | {"name": run.name, "kind": run.kind, "attempt": run.attempt}
        project = self._place["project"] or os.environ.get("WANDB_PROJECT") or run.recipe
        self._run = wandb.init(
            project=project,
            entity=self._place["entity"],
            id=attempt.id,
            name=run.name,
            group=run.group or None,
            job_type=run.kind,
            tags=self._tags,
            notes=self._notes,
            config={**run.config, "run": facts | {"continues": attempt.continues}},
            dir=run.directory,
            mode=mode,
            resume="allow" if mode == "online" else None,
            reinit="create_new",  # else a second fold would go on with that of the first
            settings=_settings(self.upload_seconds),
        )
        self._run.define_metric("epoch")
        for name in _BY_EPOCH:
            self._run.define_metric(name, step_metric="epoch")
        return attempt.stored_in(Path(self._run.dir).parent.name)

    def _catch_up(self, run: TrackedRun) -> None:
        log = run.directory / "metrics.jsonl"
        for row in rows_not_sent(log, first=self._run.step, last=run.iteration):
            self._send(row, row.pop("iteration"), row.pop("epoch"))

    def _send(self, values: dict[str, Any], iteration: int, epoch: int) -> None:
        if self._run is not None:
            self._run.log(values | {"epoch": epoch}, step=iteration)

    def _use(self, artifact: TrackedArtifact) -> None:
        with suppress(Exception):  # such as a model that was never sent
            if artifact.kind == "dataset":
                self._run.use_artifact(_made(artifact))
            else:
                self._run.use_artifact(f"{artifact.name}:best")


def _settings(upload_seconds: float) -> wandb.Settings:
    return wandb.Settings(
        console="off",
        silent=True,
        init_timeout=max(_FEWEST_INIT_SECONDS, min(_INIT_SECONDS, experience.seconds_left)),
        finish_timeout=_FINISH_SECONDS + upload_seconds,
        finish_timeout_raises=True,
    )


def _made(artifact: TrackedArtifact) -> wandb.Artifact:
    made = wandb.Artifact(artifact.name, artifact.kind, metadata=dict(artifact.facts))
    for file in artifact.files:
        made.add_file(str(file), policy="immutable", skip_cache=True)  # without a copy
    return made


def _sync(folder: Path, attempt: Attempt) -> bool:
    """Send an attempt; False where it was killed before anything was on the disk."""
    paths = [str(folder.resolve() / name) for name in attempt.folders]
    command = [sys.executable, "-m", "wandb", "sync", "--include-online", "--include-synced"]
    with kept_within(folder):
        done = subprocess.run(  # noqa: S603  wandb itself, with folders of ours
            [*command, *paths],
            cwd=folder.parent,  # where it writes a log of its own
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise RuntimeError(said[-1] if said else f"wandb sync ends with {done.returncode}")
    return _UNREADABLE not in done.stderr
