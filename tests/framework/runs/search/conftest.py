"""Studies in a file of their own, for what works on studies alone."""

import shutil

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from framework.runs.search.retries import take_up_again
from framework.runs.search.storages import Heartbeat, open_storage, sqlite_url

LR = "optimizer.lr: {low: 0.001, high: 0.1, log: true}"
SETTINGS = (
    "name=searched",
    "training={num_epochs: 1, batch_size: 64}",
    "early_stopping=null",
    "checkpointing=null",
    "figures=[]",
)
RATES = optuna.distributions.FloatDistribution(0.0, 1.0)


@pytest.fixture(scope="session")
def empty_study_file(tmp_path_factory):
    """A study file without studies; to make one takes longer than to copy it."""
    file = tmp_path_factory.mktemp("empty") / "study.db"
    storage = open_storage(sqlite_url(file), lambda *_: None, Heartbeat(), creates=True)
    storage.remove_session()
    storage.engine.dispose()
    return file


@pytest.fixture
def make_study(tmp_path, empty_study_file):
    """Makes a study in a file; two retries at most."""

    def make_study(*, heartbeat=None, **options):
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        shutil.copy(empty_study_file, tmp_path / "study.db")
        storage = open_storage(
            sqlite_url(tmp_path / "study.db"),
            lambda study, trial: take_up_again(study, trial, max_retries=2),
            heartbeat or Heartbeat(),
        )
        return optuna.create_study(storage=storage, study_name="study", **options)

    return make_study


@pytest.fixture
def trial():
    """Makes a trial by hand."""

    def trial(state="COMPLETE", *, value=None, rate=0.5, curve=None, **attrs):
        return create_trial(
            state=TrialState[state],
            value=1.0 if value is None and state == "COMPLETE" else value,
            params={"rate": rate},
            distributions={"rate": RATES},
            user_attrs=attrs,
            intermediate_values=curve or {},
        )

    return trial


@pytest.fixture
def searched(carried_out, support):
    """Carries the tiny recipe out as a search with these settings."""

    def searched(num_trials, *overrides, space=LR, **options):
        search = f"search={{num_trials: {num_trials}, space: {{{space}}}}}"
        return carried_out(
            support / "tiny.yaml",
            *SETTINGS,
            search,
            *overrides,
            plugin_files=options.pop("plugin_files", ()),
            **options,
        )

    return searched


@pytest.fixture
def trials_of():
    """Reads what the study of a search says."""

    def trials_of(directory):
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        storage = optuna.storages.RDBStorage(f"sqlite:///{directory / 'study.db'}")
        return optuna.load_study(study_name=None, storage=storage).trials

    return trials_of


@pytest.fixture
def search_directory(tmp_path):
    """Finds the only run directory of a search."""

    def search_directory():
        (found,) = (tmp_path / "runs" / "searched").iterdir()
        return found

    return search_directory
