"""Train in a run directory from wherever it stands, measure once, draw, and say how it ended."""

from datetime import UTC, datetime
from pathlib import Path

import torch

from framework.contracts import DataBundle, Handler, ImageSet, Task
from framework.data.soundness import require_sound
from framework.engines.evaluator import evaluate, make_evaluator
from framework.errors import CheckpointError, Fault, PluginError, TrainingError, printable
from framework.handlers.best_weights import copy_weights
from framework.handlers.epoch_log import EpochLog
from framework.handlers.tracking import Tracking
from framework.recipe.plans import Plan
from framework.runs.assembly import build_metrics, evaluation_loader, split_images
from framework.runs.completed import CompletedRun, draw_figures
from framework.runs.directory import RunDirectory
from framework.runs.environment import describe_environment, differences
from framework.runs.epoch_lengths import words_on_length
from framework.runs.execution import Execution
from framework.runs.failures import failures_explained, outcome_recorded
from framework.runs.fit import Fit
from framework.runs.optimizer_changes import words_on_changes
from framework.runs.options import Options
from framework.runs.records import OVER, is_run, read_meta, read_state
from framework.runs.results import write_result
from framework.runs.training_pictures import TrainingPictures
from framework.storage import storage_faults


class RunLog:
    """The run's `log.txt`.

    Args:
        path: the file; lines are appended with the time in UTC.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, line: str) -> None:
        """Note something."""
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        with storage_faults(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(f"{stamp} {printable(line)}\n")


class Training:
    """The training of one locked run directory, from where it stands to the end of its plan.

    Args:
        plan: what to train.
        store: the run directory.
        execution: with what, where and how.
        label: which of several trainings this is, such as `fold 2`.

    Attributes:
        plan: what is trained.
        store: the run directory.
        splits: which images train and which validate.
        fit: the fit, ready to be advanced.
        log: the run's log.
    """

    def __init__(
        self, plan: Plan, store: RunDirectory, execution: Execution, label: str = ""
    ) -> None:
        self.plan, self.store, self._execution = plan, store, execution
        images = execution.bundle.train
        self.splits = split_images(plan, len(images), images.labels)
        self.log = RunLog(store.path / "log.txt")
        tracking = self._tracking()
        self.fit = Fit(
            plan,
            images,
            self.splits,
            device=execution.device,
            store=store,
            observers=[EpochLog(self.log.write), *tracking, *execution.options.observers],
            label=execution.labelled(label),
        )
        self._take_up(execution.options)

    def _tracking(self) -> list[Handler]:
        """What tells the trackers of the recipe how training gets on."""
        trackers, path = self._execution.tracking, self.store.path
        part = trackers.open(self.plan, path)
        if part is None:
            return []

        def start(iteration: int) -> None:
            trackers.start(part, iteration=iteration)

        pictures = TrainingPictures(
            self.plan,
            self._execution.bundle.train,
            self.splits.validation if len(self.splits.validation) else self.splits.train,
            fit=lambda: self.fit,
            device=self._execution.device,
            tell=self.log.write,
        )
        return [Tracking(part, start=start, pictures=pictures)]

    def require_finished(self) -> None:
        """Check that training ended because it was done.

        Raises:
            Interrupted: a signal ended it.
            TrainingError: what decides which weights are kept was never a finite number.
        """
        if not self.fit.is_over:
            self._execution.interruption.require_none(f"framework run {self.store.path}")
        best = self.fit.best_weights
        if best is not None and best.value is None:
            message = f"{best.monitor.metric} was never a finite number in {self.fit.epoch} epochs"
            hint = "try a smaller learning rate"
            raise TrainingError(Fault("T041", message, hint=hint))

    def prune(self, reason: str) -> None:
        """End training with the trial that it belongs to; nothing is measured."""
        self.fit.abandon(reason)
        self.store.update(status="pruned", reason=reason)
        self.log.write(f"pruned: {reason}")
        if is_run(self.store.path.parent):
            self._execution.tracking.end(self.store.path)

    def conclude(self) -> list[Fault]:
        """Measure the weights that are kept, draw the figures, and record the end.

        The test images are read here, once, and not at all for a fold of a cross-validation: its
        figures show images that validated it. A trial of a search is neither measured nor drawn,
        unless it is kept. What is answered are the figures that failed.
        """
        kept_epoch = self.fit.restore_best()
        if self.fit.best is None:
            self.store.keep_last(copy_weights(self.fit.networks), epoch=kept_epoch)
        faults = [] if self._execution.is_trial else self._shown(kept_epoch)
        write_result(self.store.path, status=self.fit.status)
        self.store.update(status=self.fit.status, reason=self.fit.reason)
        self.log.write(f"{self.fit.status}: {self.fit.reason or 'all epochs done'}")
        if is_run(self.store.path.parent):  # the whole run ends with its report
            self._execution.tracking.end(self.store.path)
        return faults

    def _shown(self, kept_epoch: int) -> list[Fault]:
        """Measure the weights that are kept, and draw them; answer the figures that failed."""
        bundle, device = self._execution.bundle, self._execution.device
        for network in self.fit.networks.values():
            network.eval()
        if self.plan.fold is None:
            self.store.update(test=measure(self.plan, self.fit.task, bundle.test, device))
        else:
            bundle = DataBundle(bundle.train, bundle.train.subset(self.splits.validation))
        run = CompletedRun(self.plan, self.store, bundle, kept_epoch, self.fit.epoch, device)
        return draw_figures(run)

    def _take_up(self, options: Options) -> None:
        """Bring the fit to where the run stands, and tell the user where that is.

        Nothing is written before all of it has been accepted, so that a refusal changes nothing.
        """
        problems: list[str] = []
        state = self.store.load(problems.append)
        if state is None:
            self.store.begin_attempt()
            lines = [] if self.fit.label else words_at_start(self.plan, self.store.path)
        else:
            problems += _environment_changes(
                self.store, self._execution.device, is_exact=options.is_exact
            )
            problems += words_on_changes(self.plan, state)
            problems += words_on_length(state, self.fit.epoch_length)
            self.fit.load_state_dict(state)
            self.store.begin_attempt()
            self.store.restore(state)
            where = f"after epoch {self.fit.epoch} of {self.fit.num_epochs}"
            lines = [f"continuing {self.store.path} {where}"]
        warnings = [f"warning: {problem}" for problem in problems]
        for tell, told in ((options.warn, warnings), (options.announce, lines)):
            for line in told:
                self.log.write(line)
                tell(line)


def words_at_start(plan: Plan, path: Path) -> list[str]:
    """Where the run is, and what the user has to know to find it again."""
    lines = [f"run directory: {path}"]
    if plan.recipe.seed is None and not plan.recipe.seeds:
        lines.append(f"the recipe names no seed; {plan.root_seed} was drawn")
        lines.append(f"continue this run with: framework run {path}")
    return lines


def announce_start(plan: Plan, store: RunDirectory, execution: Execution) -> None:
    """Tell the user of a run with parts, unless it is a part itself."""
    if not execution.label:
        for line in words_at_start(plan, store.path):
            execution.options.announce(line)


def train(plan: Plan, store: RunDirectory, execution: Execution) -> None:
    """Train from wherever a locked run directory stands to the end of its plan.

    Raises:
        TrainingError: training diverged or ran out of memory.
        StorageError: the disk does not take what must be written.
        CheckpointError: no checkpoint is intact, or going on would not be exact and must be.
        PluginError: a figure could not be drawn; the run is finished all the same.
        Interrupted: a signal asked for the end; everything is saved.
    """
    if read_state(store.path).status in OVER:  # another process has finished it meanwhile
        return
    with outcome_recorded(store), failures_explained(plan):
        training = Training(plan, store, execution)
        execution.interruption.tell(training.fit.interrupt)
        while training.fit.advance():
            pass
        training.require_finished()
        faults = training.conclude()
    if faults:
        raise PluginError(faults)


def measure(plan: Plan, task: Task, images: ImageSet, device: torch.device) -> dict[str, float]:
    """Measure losses and metrics of a task on all images of the test split.

    Raises:
        DataError: they are not what the data set says that they are.
    """
    require_sound(images, plan.data, "test")
    metrics = build_metrics(plan, device)
    evaluator = make_evaluator(task, metrics, seed=plan.seed, device=device)
    return evaluate(evaluator, evaluation_loader(plan, images, torch.arange(len(images)), device))


def _environment_changes(store: RunDirectory, device: torch.device, *, is_exact: bool) -> list[str]:
    changed = differences(read_meta(store.path), describe_environment(device))
    if not changed:
        return []
    message = f"not exact to the bit: {'; '.join(changed)}"
    if is_exact:
        raise CheckpointError(Fault("C057", message, place=str(store.path)))
    return [message]
