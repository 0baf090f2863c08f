"""Studies that go on, and those that must not."""

import json

import pytest
from optuna.exceptions import OptunaError

from framework.errors import RecipeError, StorageError
from framework.runs.directory import RunDirectory
from framework.runs.search.studies import StudyOfRun

pytestmark = pytest.mark.slow

SPACE = "search.space={optimizer.lr: {low: 0.001, high: 0.1, log: true}}"
SEARCH = ("search.num_trials=3", SPACE)


@pytest.fixture
def of_run(planned, tmp_path):
    """The study of a run directory, as a recipe with these changes sees it."""
    path = tmp_path / "recipe" / "20260101-000000-abcdef12"
    if not path.exists():
        RunDirectory.create(path, texts={}, meta={}, has_parts=True)

    def of_run(*overrides, fingerprint="data"):
        return StudyOfRun(planned(*SEARCH, *overrides), RunDirectory(path), fingerprint)

    return of_run


def test_study_is_made_once_and_found_again(of_run, tmp_path):
    of_run().begin().set_user_attr("some", "thing")
    assert of_run().begin().user_attrs["some"] == "thing"
    assert of_run().join().user_attrs["some"] == "thing"
    assert (tmp_path / "recipe" / "20260101-000000-abcdef12" / "study.db").is_file()


def test_study_tells_dashboards_what_its_objectives_are_called(of_run):
    error = "error: {minimize: [{metric: validation/loss}]}"
    size = "size: {minimize: [{cost: parameters}]}"
    assert of_run(f"search.objectives={{{error}, {size}}}").begin().metric_names == [
        "error",
        "size",
    ]


def test_study_goes_on_with_more_trials_and_another_sampler(of_run):
    of_run().begin()
    of_run("search.num_trials=9", "search.sampler=random").begin()


@pytest.mark.parametrize(
    ("override", "key", "fragment"),
    [
        (SPACE.replace("0.1,", "0.2,"), "space.optimizer.lr.high", "0.1, found 0.2"),
        ("search.objective={maximize: [{metric: validation/loss}]}", "direction", "maximize"),
        ("search.objective={minimize: [{metric: train/loss}]}", "metric", "train/loss"),
        ("search.constraints=[{cost: minutes, at_most: 1.0}]", "constraints", "minutes"),
    ],
)
def test_study_of_another_search_is_refused_with_the_difference(of_run, override, key, fragment):
    study = of_run().begin()
    with pytest.raises(RecipeError) as caught:
        of_run(override).begin()
    found = [(fault.identifier, fault.key, fault.message) for fault in caught.value.faults]
    assert [each for each in found if key in each[1] and fragment in each[2]]
    assert {each[0] for each in found} == {"R075"}
    assert study.trials == []


def test_study_of_other_data_is_refused(of_run):
    of_run().begin()
    with pytest.raises(RecipeError, match=r"search\.data: the search was begun with data, found o"):
        of_run(fingerprint="others").begin()


def test_study_that_nobody_has_begun_cannot_be_joined(of_run):
    with pytest.raises(StorageError, match="the study is gone"):
        of_run().join()


def test_storage_of_the_recipe_holds_the_study(of_run, tmp_path):
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    of_run(f"search.storage={json.dumps(url)}").begin()
    assert (tmp_path / "elsewhere.db").is_file()
    with pytest.raises((StorageError, OptunaError)):
        of_run().join()


def test_study_goes_along_with_a_run_directory_that_is_renamed(of_run):
    before, wider = of_run(), of_run(SPACE.replace("0.1,", "0.2,")).plan
    before.begin().set_user_attr("some", "thing")
    before.close()
    renamed = RunDirectory(before.store.path.rename(before.store.path.with_name("renamed")))
    moved = StudyOfRun(before.plan, renamed, "data")
    assert moved.begin().user_attrs["some"] == "thing"
    assert moved.join().user_attrs["some"] == "thing"
    with pytest.raises(RecipeError, match=r"0\.1, found 0\.2"):
        StudyOfRun(wider, renamed, "data").begin()


def test_study_that_does_not_know_the_trials_in_the_directory_is_refused(of_run):
    found = of_run()
    (found.store.path / "trial-0000").mkdir()
    for _ in range(2):
        with pytest.raises(StorageError, match="there is no study 'recipe/20260101-000000-abc"):
            found.begin()
