"""A recipe is checked, carried out, continued and shown again through one small door."""

import json
import re
from pathlib import Path

import pytest

import framework
from framework.application import check, run
from framework.contracts import Handler
from framework.errors import CheckpointError, PluginError, RecipeError
from framework.events import FitEvents

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[1] / "support"
RECIPE = SUPPORT / "tiny.yaml"
PLUGIN = SUPPORT / "tiny_images.py"
SHORT = (
    "training={num_epochs: 2, batch_size: 64}",
    "early_stopping=null",
    "checkpointing=null",
    "figures=[]",
)


@pytest.fixture
def carried_out(tmp_path):
    """Runs a recipe, by default the tiny one, and notes what the user is told."""

    def carried_out(recipe=RECIPE, **options):
        told = []
        given = {
            "overrides": SHORT if recipe == RECIPE else (),
            "plugins": [PLUGIN] if recipe == RECIPE else [],
            "runs_directory": tmp_path / "runs",
            "device": "cpu",
            "announce": told.append,
            "warn": told.append,
        }
        return run(recipe, **(given | options)), told

    return carried_out


BROKEN_FIGURE = """
from framework import Figure, hookimpl

class Broken(Figure):
    def draw(self, run):
        raise ValueError("no ink")

@hookimpl
def provide_figures():
    return {"broken": Broken}
"""


class Failing(Handler):
    """Stops a run after its first epoch, as a kill does."""

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(FitEvents.VALIDATED, self.fail, run)

    def fail(self, run):
        if run.epoch == 2:
            raise KeyboardInterrupt


def cut_off(carried_out, tmp_path, **options):
    with pytest.raises(KeyboardInterrupt):
        carried_out(handlers=[Failing()], **options)
    (path,) = (tmp_path / "runs" / "tiny").iterdir()
    return path


def contents_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_door_leads_here():
    assert framework.check is check
    assert framework.run is run


def test_check_makes_the_plan_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = check(RECIPE, overrides=["networks.encoder.latent_dim=3"], plugins=[PLUGIN])
    assert {row.layer for row in plan.layers if row.output_shape == (3,)} == {"layers.5"}
    assert list(tmp_path.iterdir()) == []


def test_check_finds_what_run_would(carried_out, tmp_path):
    wrong = ["optimizer={type: sgd, nesterov: true}"]
    with pytest.raises(RecipeError) as checked:
        check(RECIPE, overrides=wrong, plugins=[PLUGIN])
    with pytest.raises(RecipeError) as ran:
        carried_out(overrides=wrong)
    assert str(checked.value) == str(ran.value)
    assert not (tmp_path / "runs").exists()


def test_shape_of_a_recipe_is_checked_before_a_plugin_is_imported(tmp_path):
    plugin = tmp_path / "canary.py"
    plugin.write_text("raise SystemExit('imported')\n")
    with pytest.raises(RecipeError, match=r"did you mean 'training'"):
        check(RECIPE, overrides=["trainings.num_epochs=1"], plugins=[plugin])
    with pytest.raises(PluginError, match="canary"):
        check(RECIPE, plugins=[plugin])


def test_missing_plugin_is_told(tmp_path):
    with pytest.raises(PluginError, match="P007"):
        check(RECIPE, plugins=[tmp_path / "gone.py"])


def test_recipe_runs_and_is_shown_again(carried_out):
    record, told = carried_out()
    assert (record.status, record.epoch, record.name) == ("finished", 2, "tiny")
    assert told == [f"run directory: {record.directory}"]
    again, told = carried_out()
    assert again.was_already_over
    assert told == []
    by_directory, told = carried_out(record.directory)
    assert by_directory.was_already_over
    assert told == []


def test_run_that_ends_writes_its_report(carried_out):
    record, _ = carried_out()
    page = record.directory / "report.html"
    assert record.report == page
    assert record.as_json()["report"] == str(page)
    text = page.read_text(encoding="utf-8")
    assert "layers.5" in text
    assert "<b>finished</b> after 2 of 2 epochs" in text


def test_run_that_is_cut_off_has_no_report(carried_out, tmp_path):
    path = cut_off(carried_out, tmp_path)
    assert not (path / "report.html").exists()


def test_report_is_written_though_a_figure_failed(carried_out, tmp_path):
    plugin = tmp_path / "broken_figure.py"
    plugin.write_text(BROKEN_FIGURE)
    overrides = [*SHORT[:-1], "figures=[broken]"]
    with pytest.raises(PluginError, match="P013"):
        carried_out(overrides=overrides, plugins=[PLUGIN, plugin])
    (path,) = (tmp_path / "runs" / "tiny").iterdir()
    assert "<b>finished</b>" in (path / "report.html").read_text(encoding="utf-8")


def test_report_that_cannot_be_written_spoils_nothing(carried_out, tmp_path):
    path = cut_off(carried_out, tmp_path)
    (path / "report.html").mkdir()
    record, told = carried_out()
    assert record.status == "finished"
    assert record.report is None
    assert "the report could not be written (StorageError" in told[-1]


def test_new_trains_again(carried_out):
    first, _ = carried_out()
    second, _ = carried_out(new=True)
    assert (second.directory != first.directory, second.test == first.test) == (True, True)


def test_new_run_of_a_run_directory_takes_its_recipe_and_plugins(carried_out):
    first, _ = carried_out()
    second, _ = carried_out(first.directory, new=True)
    assert second.directory != first.directory
    assert second.test == first.test
    assert not second.was_already_over


def test_run_directory_is_continued_with_its_own_recipe_and_plugins(carried_out, tmp_path):
    reference, _ = carried_out(runs_directory=tmp_path / "reference")
    path = cut_off(carried_out, tmp_path)
    record, told = carried_out(path)
    assert told == [f"continuing {path} after epoch 1 of 2"]
    assert (record.directory, record.status) == (path, "finished")
    assert (record.test, record.best) == (reference.test, reference.best)
    for name in ("metrics.jsonl", "best.safetensors", "resolved.yaml"):
        assert (path / name).read_bytes() == (reference.directory / name).read_bytes()


def test_plugin_may_be_named_again_when_a_directory_is_continued(
    carried_out, tmp_path, monkeypatch
):
    path = cut_off(carried_out, tmp_path)
    monkeypatch.chdir(SUPPORT)
    record, _ = carried_out(path, plugins=["tiny_images.py"])
    assert record.status == "finished"


def test_drawn_seed_is_kept_when_its_directory_is_continued(carried_out, tmp_path):
    path = cut_off(carried_out, tmp_path, overrides=[*SHORT, "seed=null"])
    seed = json.loads((path / "meta.json").read_text())["seed"]
    record, _ = carried_out(path)
    assert (record.seed, record.status) == (seed, "finished")
    reference, _ = carried_out(overrides=[*SHORT, f"seed={seed}"])
    assert (reference.test, reference.best) == (record.test, record.best)


def test_changes_to_a_run_directory_are_refused(carried_out, tmp_path):
    path = cut_off(carried_out, tmp_path)
    with pytest.raises(RecipeError) as caught:
        carried_out(path, overrides=["seed=1"])
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.place) == ("R026", str(path))


def test_changed_recipe_is_refused_with_both_digests_unless_forced(carried_out, tmp_path):
    path = cut_off(carried_out, tmp_path)
    resolved = path / "resolved.yaml"
    resolved.write_text(resolved.read_text().replace("num_epochs: 2", "num_epochs: 3"))
    before = contents_of(path)
    with pytest.raises(CheckpointError) as caught:
        carried_out(path)
    (fault,) = caught.value.faults
    assert fault.identifier == "C064"
    assert re.search(r"began with: [0-9a-f]{12}…, not [0-9a-f]{12}…$", fault.message)
    assert contents_of(path) == before
    record, _ = carried_out(path, force=True)
    assert (record.status, record.epoch) == ("finished", 3)


def test_changed_learning_rate_holds_where_it_is_forced_and_is_told(carried_out, tmp_path):
    overrides = [*SHORT, "handlers=[]"]
    path = cut_off(carried_out, tmp_path, overrides=overrides)
    resolved = path / "resolved.yaml"
    resolved.write_text(resolved.read_text().replace("lr: 0.05", "lr: 0.01"))
    _, told = carried_out(path, force=True)
    assert "warning: optimizer.lr was 0.05 and is 0.01 from here on" in told
    rows = (path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(row)["lr"] for row in rows] == [0.05, 0.01]


@pytest.mark.parametrize(("batch_size", "length"), [(100, 2), (20, 10)])
def test_changed_batches_leave_completed_epochs_completed(
    carried_out, tmp_path, batch_size, length
):
    path = cut_off(carried_out, tmp_path)
    resolved = path / "resolved.yaml"
    found = f"batch_size: {batch_size}"
    resolved.write_text(re.sub("batch_size: [0-9]+", found, resolved.read_text(), count=1))
    record, told = carried_out(path, force=True)
    assert f"warning: an epoch had 3 iterations and has {length} from here on" in told
    assert (record.status, record.epoch) == ("finished", 2)
    rows = [json.loads(row) for row in (path / "metrics.jsonl").read_text().splitlines()]
    assert [(row["epoch"], row["iteration"]) for row in rows] == [(1, 3), (2, 2 * length)]


def test_changed_plugin_is_refused_unless_forced(carried_out, tmp_path):
    plugin = tmp_path / "tiny_images.py"
    plugin.write_text(PLUGIN.read_text())
    path = cut_off(carried_out, tmp_path, plugins=[plugin])
    plugin.write_text(PLUGIN.read_text() + "# changed\n")
    with pytest.raises(CheckpointError, match=r"C075"):
        carried_out(path)
    assert carried_out(path, force=True)[0].status == "finished"


def test_other_surroundings_are_warned_of_or_refused(carried_out, tmp_path):
    path = cut_off(carried_out, tmp_path)
    meta = json.loads((path / "meta.json").read_text())
    (path / "meta.json").write_text(json.dumps(meta | {"num_threads": 64}))
    with pytest.raises(CheckpointError, match=r"num_threads was 64 and is 1 \[C057\]"):
        carried_out(path, exact=True)
    _, told = carried_out(path)
    assert "warning: not exact to the bit: num_threads was 64 and is 1" in told


@pytest.mark.parametrize("file", ["state.json", "meta.json", "resolved.yaml"])
def test_damaged_run_directory_is_refused(carried_out, tmp_path, file):
    path = cut_off(carried_out, tmp_path)
    (path / file).write_text("[")
    with pytest.raises((CheckpointError, RecipeError), match=re.escape(str(path / file))):
        carried_out(path)


def test_folder_that_is_no_run_is_refused_as_a_recipe(carried_out, tmp_path):
    with pytest.raises(RecipeError, match="R025"):
        carried_out(tmp_path)


def test_onlookers_see_the_run(carried_out):
    seen = []

    class Onlooker(Handler):
        def attach(self, trainer, evaluator, run):  # noqa: ARG002
            trainer.add_event_handler(FitEvents.SAVING, lambda: seen.append(run.epoch))

    carried_out(handlers=[Onlooker()])
    assert seen == [1, 2]
