"""Kill the workers of a search at random moments, and see whether anything is missing at the end.

    python tests/faults/search_campaign.py FOLDER --num-kills 20 [--num-trials 12] [--seed 7]

The search is a whole one, of a tiny recipe with a few learning rates, all of which are trained once
more in a search that nobody disturbs, to be compared with. Its workers are forked from this
process, which has imported everything, and do what `framework job` does. One JSON document goes to
stdout.
"""

import argparse
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import optuna
import torch

from framework.application import carry_out_job, run
from framework.hookspecs import hookimpl
from framework.jobs import Executor, Job, Outcome
from framework.runs.search import searching  # noqa: F401  imported once, for all workers

SUPPORT = Path(__file__).parents[1] / "support"
PLUGINS = [SUPPORT / "tiny_images.py", Path(__file__)]
SECONDS_BETWEEN_LOOKS = 0.02
NUM_WORKERS = 4
MOST_SECONDS = 300

OVERRIDES = (
    "name=campaign",
    "training={num_epochs: 3, batch_size: 64}",
    "early_stopping=null",
    "figures=[]",
)
RATES = [1e-3 * 1.5**number for number in range(8)]
CHANCE_IN_TRAINING, CHANCE_ANYWHERE = 0.1, 0.005  # at every look
kills: dict[str, Any] = {"left": 0, "rng": None}


class Forks(Executor):
    """Workers forked from this process; while kills are left, every now and then one is killed."""

    def num_threads(self, num_jobs: int) -> int:  # noqa: ARG002
        return 1

    def num_workers(self, num_jobs: int) -> int:
        return min(NUM_WORKERS, num_jobs)

    def carry_out(
        self,
        jobs: Sequence[Job],
        *,
        num_threads: int,  # noqa: ARG002
        report: Callable[[str], None],  # noqa: ARG002
        is_stopped: Callable[[], bool],  # noqa: ARG002
    ) -> list[Outcome]:
        running = {forked(job): job for job in jobs}
        codes: dict[str, int] = {}
        deadline = time.monotonic() + MOST_SECONDS
        while running and time.monotonic() < deadline:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            if kills["left"] and (victim := drawn_victim(sorted(running), jobs[0].file.parent)):
                os.kill(victim, signal.SIGKILL)
                kills["left"] -= 1
            for pid in list(running):
                done, status = os.waitpid(pid, os.WNOHANG)
                if not done:
                    continue
                job, code = running.pop(pid), os.waitstatus_to_exitcode(status)
                codes[job.name] = code
                if code < 0:  # as executors do, but more patiently
                    running[forked(job)] = job
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        return [Outcome(job, codes.get(job.name, -signal.SIGKILL)) for job in jobs]


def drawn_victim(workers: list[int], search: Path) -> int | None:
    """Whom to kill now, if anybody: mostly a worker that trains, now and then any of them."""
    rng: random.Random = kills["rng"]
    locks = [path.read_text() for path in search.glob("trial-*/run.lock")]
    training = [pid for lock in locks if lock and (pid := json.loads(lock)["pid"]) in workers]
    if training and rng.random() < CHANCE_IN_TRAINING:
        return rng.choice(training)
    return rng.choice(workers) if rng.random() < CHANCE_ANYWHERE else None


def forked(job: Job) -> int:
    """Carry a job out in a process of its own; answer its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        carry_out_job(job.file, announce=lambda _: None, warn=lambda _: None)
        code = 0
    except Exception as error:  # noqa: BLE001  whatever it is, it has to be told
        code = getattr(error, "exit_code", 1)
        sys.stderr.write(f"{job.name}: {type(error).__name__}: {error}\n")
    finally:
        sys.stderr.flush()
        os._exit(code)


@hookimpl
def provide_executors() -> dict[str, Any]:
    return {"forks": sys.modules["__main__"].Forks}  # this file is loaded twice


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--num-kills", type=int, default=20)
    parser.add_argument("--num-trials", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    kills.update(left=given.num_kills, rng=random.Random(given.seed))  # noqa: S311  no secret
    disturbed = searched(given.folder / "disturbed", given.num_trials, "executor=forks")
    num_killed = given.num_kills - kills["left"]
    undisturbed = searched(given.folder / "undisturbed", len(RATES), "search.sampler=grid")
    document = {"num_killed": num_killed, "disturbed": disturbed, "undisturbed": undisturbed}
    sys.stdout.write(json.dumps(document))


def searched(folder: Path, num_trials: int, *more: str) -> dict[str, Any]:
    """Carry the search out; answer how it ended and what its study says."""
    space = json.dumps({"optimizer.lr": {"choices": RATES}})
    search = f"{{num_trials: {num_trials}, sampler: random, max_retries: 50, space: {space}}}"
    record = run(
        SUPPORT / "tiny.yaml",
        overrides=[*OVERRIDES, f"search={search}", *more],
        plugins=PLUGINS,
        runs_directory=folder,
        device="cpu",
        announce=lambda _: None,
    )
    return {"status": record.status, "kept": record.kept} | told(record.directory)


def told(directory: Path) -> dict[str, Any]:
    """What the study of a run directory says."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{directory / 'study.db'}")
    (summary,) = optuna.get_all_study_summaries(storage)
    trials = optuna.load_study(study_name=summary.study_name, storage=storage).trials
    complete = [t for t in trials if t.state.name == "COMPLETE"]
    places: dict[str, set[float]] = {}
    for trial in trials:
        if "run" in trial.user_attrs:
            rate = trial.params["optimizer.lr"]
            places.setdefault(trial.user_attrs["run"], set()).add(rate)
    return {
        "states": {name: sum(t.state.name == name for t in trials) for name in STATES},
        "values": sorted({(t.params["optimizer.lr"], t.value) for t in complete}),
        "num_retried": sum(t.user_attrs.get("kills", 0) > 0 for t in complete),
        "rates_per_place": sorted({len(rates) for rates in places.values()}),
        "attempts": sum(json.loads(f.read_text())["attempt"] for f in states_in(directory)),
    }


STATES = ("COMPLETE", "RUNNING", "WAITING", "PRUNED", "FAIL")


def states_in(directory: Path) -> list[Path]:
    return sorted(directory.glob("trial-*/state.json"))


if __name__ == "__main__":
    main()
