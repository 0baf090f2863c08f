"""Every combination is tried once, however many workers there are and whoever is killed."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import optuna
import pytest
from optuna.trial import TrialState

from framework.application import check
from framework.runs.search.drawing import Drawer, NothingLeft
from framework.runs.search.retries import take_up_again, take_up_owed
from framework.runs.search.sampling import make_sampler
from framework.runs.search.storages import Heartbeat, open_storage, sqlite_url

RECIPE = """\
seed: 7
dataset: digits
networks: {encoder: conv_encoder, decoder: mirrored_decoder}
task: reconstruction
loss: mse
optimizer: {type: sgd, nesterov: true, momentum: 0.5}
training: {num_epochs: 1}
search:
  num_trials: 100
  sampler: grid
  space:
    optimizer.lr: {low: 0.1, high: 0.4, step: 0.1}
    training.batch_size: {choices: [32, 64, 128]}
"""
CONDITIONAL = """\
  sampler: brute_force
  space:
    optimizer.type: {choices: [sgd, adam]}
    optimizer.momentum: {choices: [0.1, 0.2, 0.3], when: {optimizer.type: sgd}}
    training.batch_size: {choices: [32, 64]}
"""
POINTS = sorted(product((0.1, 0.2, 0.3, 0.4), (32, 64, 128)), key=str)
MOMENTA = [(momentum, "sgd", size) for momentum in (0.1, 0.2, 0.3) for size in (32, 64)]
CONDITIONAL_POINTS = sorted([("adam", 32), ("adam", 64), *MOMENTA], key=str)

pytestmark = [
    pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning"),
    pytest.mark.filterwarnings("ignore:Heartbeat"),
]


@pytest.fixture
def planned(tmp_path):
    def planned(recipe=RECIPE):
        path = tmp_path / "recipe.yaml"
        path.write_text(recipe, encoding="utf-8")
        return check(path)

    return planned


@pytest.fixture
def worker(make_study, tmp_path):
    """Makes a worker's own way to the study that all share."""
    make_study(direction="minimize")

    def worker(plan, number=0):
        storage = open_storage(sqlite_url(tmp_path / "study.db"), lambda *_: None, Heartbeat())
        study = optuna.load_study(storage=storage, study_name="study")
        known = len(study.get_trials(deepcopy=False))
        study.sampler = make_sampler(plan, worker=number, num_known=known)
        return Worker(plan, study)

    return worker


class Worker:
    """Draws trials one after another, and can be killed at one."""

    def __init__(self, plan, study):
        self.study, self._drawer = study, Drawer(plan)

    @property
    def is_done(self):
        trials = self.study.get_trials(deepcopy=False)
        is_waiting = any(trial.state == TrialState.WAITING for trial in trials)
        return self.study.sampler.is_exhausted(trials) and not is_waiting

    def work(self, most=100):
        for _ in range(most):
            if self.is_done:
                break
            self.end(self.begin())

    def begin(self):
        return self.study.ask()

    def end(self, trial):
        try:
            self._drawer.draw(trial)
        except NothingLeft:
            self.study.tell(trial, state=TrialState.FAIL)
        else:
            self.study.tell(trial, 1.0)

    def be_killed(self, trial):
        """Somebody finds the trial, and lets it wait."""
        self.study.tell(trial, state=TrialState.FAIL)
        take_up_again(self.study, self.study.trials[trial.number], max_retries=2)

    @property
    def tried(self):
        """What was tried to the end, in order."""
        trials = self.study.get_trials(states=[TrialState.COMPLETE])
        drawn = [[value for _, value in sorted(trial.params.items())] for trial in trials]
        return sorted([tuple(map(shown, values)) for values in drawn], key=str)


def shown(value):
    return round(value, 3) if isinstance(value, float) else value


@pytest.mark.parametrize(
    ("recipe", "points"),
    [
        (RECIPE, POINTS),
        (RECIPE.replace("grid", "brute_force"), POINTS),
        (RECIPE.partition("  sampler: grid")[0] + CONDITIONAL, CONDITIONAL_POINTS),
    ],
    ids=["grid", "brute_force", "conditions"],
)
def test_two_workers_at_once_try_every_combination_once(planned, worker, recipe, points):
    plan = planned(recipe)
    workers = [worker(plan, number) for number in (0, 1)]
    with ThreadPoolExecutor(2) as pool:
        for working in [pool.submit(each.work) for each in workers]:
            working.result()
    assert workers[0].tried == points


@pytest.mark.parametrize("num_drawn", [0, 1, 2])
def test_what_a_killed_worker_was_drawing_is_tried_once(planned, worker, num_drawn):
    plan = planned()
    first, second = worker(plan, 0), worker(plan, 1)
    cut_off, going_on = first.begin(), second.begin()
    first.study.sampler.assign(cut_off.number, first.study.trials)
    for draw in [
        lambda: cut_off.suggest_float("optimizer.lr", 0.1, 0.4, step=0.1),
        lambda: cut_off.suggest_categorical("training.batch_size", (32, 64, 128)),
    ][:num_drawn]:
        draw()
    first.be_killed(cut_off)
    second.end(going_on)
    second.work()
    assert second.tried == POINTS


def test_worker_killed_again_and_again_leaves_nothing_out(planned, worker):
    plan = planned()
    first, second = worker(plan, 0), worker(plan, 1)
    for _ in range(2):
        taken = [first.begin(), second.begin()]
        first.be_killed(taken[0])
        second.end(taken[1])
    second.work()
    assert second.tried == POINTS


def test_search_that_goes_on_tries_what_is_left(planned, worker):
    plan = planned()
    worker(plan).work(most=5)
    again = worker(plan)
    assert not again.is_done
    again.work()
    assert again.tried == POINTS


def test_trial_that_was_one_too_many_is_tried_once_there_are_more(planned, worker):
    plan = planned()
    first = worker(plan)
    surplus = first.begin()
    Drawer(plan).draw(surplus)
    surplus.set_user_attr("run", "trial-0000")
    surplus.set_user_attr("surplus", value=True)
    first.study.tell(surplus, state=TrialState.FAIL)
    assert take_up_owed(first.study, max_retries=2, num_trials=0) == 0
    assert take_up_owed(first.study, max_retries=2, num_trials=1) == 1
    assert take_up_owed(first.study, max_retries=2, num_trials=1) == 0
    first.work()
    assert first.tried == POINTS
    assert first.study.trials[1].user_attrs == {"run": "trial-0000", "kills": 0}


def test_nothing_is_drawn_where_nothing_is_left(planned, worker):
    plan = planned()
    only = worker(plan)
    only.work()
    trial = only.begin()
    with pytest.raises(NothingLeft):
        Drawer(plan).draw(trial)


def test_order_is_the_same_for_all_workers_and_not_sorted(planned, worker):
    plan = planned()
    order = [worker(plan, number).study.sampler._combination(9) for number in (0, 1)]
    assert order[0] == order[1]
    first = worker(plan).study.sampler
    assert [first._combination(n) for n in range(12)] != sorted(POINTS)
