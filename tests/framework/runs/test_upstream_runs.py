"""Runs that need runs: carried out once, reused, and honest about the images that they saw."""

import hashlib
import shutil
import signal
from pathlib import Path

import pytest
import safetensors.torch
import torch
from ignite.engine import Events
from run_digest import differences, digest_of

from framework.application import check, run
from framework.contracts import Handler
from framework.errors import CheckpointError, RecipeError
from framework.runs.assembly import split_images
from framework.runs.interruption import Interrupted
from framework.runs.loading import load_run
from framework.runs.records import read_meta, read_state

pytestmark = pytest.mark.slow

SEES_ALL = "validation={fraction: 0.25, seed: 9}"
FOLDS = "cross_validation={num_folds: 2}"

PLUGIN = '''
from framework import Dataset, hookimpl
import tiny_images

class Others(tiny_images.TinyImages):
    """The tiny images under another fingerprint."""

    def fingerprint(self):
        return "others"

class Unread(tiny_images.TinyImages):
    """The tiny images, which must not be read."""

    def fingerprint(self):
        raise AssertionError("a plan needs no fingerprint")

    def load(self):
        raise AssertionError("a plan reads no data")

@hookimpl
def provide_datasets():
    return {"other_images": Others, "unread_images": Unread}
'''


class Interrupting(Handler):
    """Asks for the end of what is trained, within its second epoch."""

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(Events.ITERATION_COMPLETED, self.interrupt, trainer)

    def interrupt(self, trainer):
        if trainer.state.iteration == 4:
            signal.raise_signal(signal.SIGTERM)


class InterruptingHeirs(Interrupting):
    """Asks for the end of what begins with weights from elsewhere."""

    def attach(self, trainer, evaluator, run):
        if (run.directory / "initial.safetensors").exists():
            super().attach(trainer, evaluator, run)


@pytest.fixture
def others(tmp_path):
    path = tmp_path / "others.py"
    path.write_text(PLUGIN)
    return path


@pytest.fixture
def lines():
    """What is announced."""
    return []


@pytest.fixture
def down(recipe, carried_out, lines):
    """Carries a decoder on an encoder from `up.yaml` out."""
    recipe("up.yaml")
    path = recipe("down.yaml", networks="{encoder: {from: up.yaml}, decoder: linear_decoder}")

    def down(*overrides, **options):
        return carried_out(path, *overrides, announce=lines.append, **options)

    return down


def runs_in(tmp_path, name="up"):
    return sorted(path.parent for path in tmp_path.glob(f"runs/{name}/[!.]*/state.json"))


def need_of(directory, network="encoder"):
    return read_meta(Path(directory))["needs"][network]


def weights_in(file, prefix="encoder."):
    found = safetensors.torch.load_file(file)
    return {key: value for key, value in found.items() if key.startswith(prefix)}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stamps_of(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_what_is_needed_is_carried_out_first_and_reused_by_every_other_head(down, tmp_path, lines):
    first = down()
    (upstream,) = runs_in(tmp_path)
    assert read_state(upstream).status == "finished"
    assert lines[0] == "'up.yaml' is needed first"
    assert f"'up.yaml' is taken from {upstream}" in lines
    before = stamps_of(upstream)
    second = down("optimizer.lr=0.01")
    assert second.directory != first.directory
    assert stamps_of(upstream) == before
    assert runs_in(tmp_path) == [upstream]


def test_same_recipe_is_shown_again_and_trained_anew_without_its_upstream(down, tmp_path):
    first = down()
    (upstream,) = runs_in(tmp_path)
    before = stamps_of(upstream)
    assert down().was_already_over
    assert down(is_new=True).directory != first.directory
    assert stamps_of(upstream) == before


def test_run_holds_the_weights_that_it_began_with_and_where_they_are_from(down, tmp_path):
    record = down("networks.encoder.freeze=true")
    (upstream,) = runs_in(tmp_path)
    initial = record.directory / "initial.safetensors"
    kept = weights_in(upstream / "best.safetensors")
    assert same(weights_in(initial, prefix=""), kept)
    assert same(weights_in(record.directory / "best.safetensors"), kept)
    meta, theirs = read_meta(record.directory), read_meta(upstream)
    assert meta["initial_sha256"] == sha256_of(initial)
    assert meta["needs"] == {
        "encoder": {
            "reference": "up.yaml",
            "network": "encoder",
            "run": str(upstream),
            "identity": theirs["identity"],
            "part": "",
            "epoch": read_state(upstream).best.epoch,
            "sha256": sha256_of(upstream / "best.safetensors"),
            "data_fingerprint": theirs["data_fingerprint"],
            "validation_images_seen": 0,
        }
    }
    assert record.note == ""


def test_change_of_the_upstream_changes_the_identity_and_another_name_does_not(
    down, recipe, tmp_path
):
    first = down()
    recipe("up.yaml", name="renamed")
    assert down().directory == first.directory
    recipe("up.yaml", seed="5")
    assert down().directory != first.directory
    assert len(runs_in(tmp_path)) == 2


def test_overrides_are_of_the_upstream(down, tmp_path):
    record = down("networks.encoder.overrides=['training.num_epochs=1', name=shorter]")
    (upstream,) = runs_in(tmp_path, "shorter")
    assert read_meta(upstream)["num_epochs"] == 1
    assert need_of(record.directory)["run"] == str(upstream)
    assert runs_in(tmp_path) == []


def test_interrupted_upstream_is_continued_to_the_same_bits(down, tmp_path, lines):
    with pytest.raises(Interrupted):
        down(observers=[Interrupting()])
    (upstream,) = runs_in(tmp_path)
    assert read_state(upstream).status == "interrupted"
    assert runs_in(tmp_path, "down") == []
    broken = down()
    assert read_state(upstream).attempt == 2
    assert any(line.startswith(f"continuing {upstream}") for line in lines)
    shutil.rmtree(tmp_path / "runs")
    whole = down()
    assert sha256_of(whole.directory / "best.safetensors") == broken.best.sha256


def test_interrupted_run_needs_its_upstream_no_more(down, tmp_path):
    down()
    whole = digest_of(*runs_in(tmp_path, "down"))
    shutil.rmtree(tmp_path / "runs" / "down")
    with pytest.raises(Interrupted):
        down(observers=[InterruptingHeirs()])
    (interrupted,) = runs_in(tmp_path, "down")
    shutil.rmtree(tmp_path / "runs" / "up")
    record = down()
    assert record.directory == interrupted
    assert runs_in(tmp_path) == []
    assert differences(whole, digest_of(interrupted)) == []


def test_run_directory_is_continued_after_recipe_and_run_of_its_upstream_are_gone(
    down, tmp_path, continued
):
    down()
    (path,) = runs_in(tmp_path, "down")
    whole = digest_of(path)
    shutil.rmtree(path)
    with pytest.raises(Interrupted):
        down(observers=[InterruptingHeirs()])
    (path,) = runs_in(tmp_path, "down")
    shutil.rmtree(tmp_path / "runs" / "up")
    (tmp_path / "up.yaml").unlink()
    assert continued(path).status == "finished"
    assert differences(whole, digest_of(path)) == []


@pytest.mark.parametrize(
    ("spoil", "identifier"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x"), "C058"),
        (Path.unlink, "C066"),
    ],
)
def test_damaged_initial_weights_are_refused(down, tmp_path, continued, spoil, identifier):
    with pytest.raises(Interrupted):
        down(observers=[InterruptingHeirs()])
    (path,) = runs_in(tmp_path, "down")
    spoil(path / "initial.safetensors")
    before = read_state(path)
    with pytest.raises(CheckpointError, match=rf"initial\.safetensors.*\[{identifier}\]"):
        continued(path)
    assert read_state(path).checkpoint == before.checkpoint


def test_chain_of_three_trains_each_once(recipe, carried_out, tmp_path):
    recipe("up.yaml")
    networks = "{{encoder: {{from: {}, freeze: true}}, decoder: linear_decoder}}"
    recipe("middle.yaml", networks=networks.format("up.yaml"))
    last = carried_out(recipe("last.yaml", networks=networks.format("middle.yaml")))
    (up,), (middle,) = runs_in(tmp_path), runs_in(tmp_path, "middle")
    assert need_of(last.directory)["run"] == str(middle)
    assert need_of(middle)["run"] == str(up)
    begun = weights_in(last.directory / "initial.safetensors")
    assert same(begun, weights_in(up / "best.safetensors"))


def test_two_networks_of_one_origin_come_from_one_run(recipe, carried_out, tmp_path):
    recipe("up.yaml")
    both = "{encoder: {from: up.yaml, freeze: true}, decoder: {from: up.yaml, lr: 0.001}}"
    record = carried_out(recipe("down.yaml", networks=both))
    (upstream,) = runs_in(tmp_path)
    kept = weights_in(upstream / "best.safetensors", prefix="")
    assert same(weights_in(record.directory / "initial.safetensors", prefix=""), kept)


def test_mirrored_decoder_comes_together_with_its_encoder(recipe, carried_out, tmp_path):
    layers = "channels: [4], kernel_sizes: [3], strides: [2], paddings: [1]"
    large = "{type: mirrored_decoder, encoder: small}"
    small = f"{{type: conv_encoder, {layers}}}"
    recipe("up.yaml", networks=f"{{encoder: null, decoder: null, small: {small}, large: {large}}}")
    encoder = "encoder: {from: up.yaml, network: small}"
    decoder = "decoder: {from: up.yaml, network: large, freeze: true, encoder: encoder}"
    record = carried_out(recipe("down.yaml", networks=f"{{{encoder}, {decoder}}}"))
    kept = weights_in(runs_in(tmp_path)[0] / "best.safetensors", prefix="large.")
    found = weights_in(record.directory / "best.safetensors", prefix="decoder.")
    assert same({key.replace("large.", "decoder."): value for key, value in kept.items()}, found)


def test_cross_validated_upstream_gives_what_it_kept(down, recipe, tmp_path):
    recipe("up.yaml", cross_validation="{num_folds: 2}")
    record = down()
    (upstream,) = runs_in(tmp_path)
    need = need_of(record.directory)
    assert need["part"] == read_state(upstream).kept != ""
    fold = upstream / need["part"] / "best.safetensors"
    assert same(weights_in(record.directory / "initial.safetensors", ""), weights_in(fold))
    assert need["validation_images_seen"] > 0  # half of those held out here, for sure


def test_upstream_of_a_fold_is_trained_on_the_images_of_that_fold(down, tmp_path):
    record = down(FOLDS)
    needs = [need_of(part.directory) for part in record.parts]
    upstreams = [read_meta(Path(need["run"])) for need in needs]
    assert len({each["identity"] for each in upstreams}) == len(runs_in(tmp_path)) == 2
    assert [need["validation_images_seen"] for need in needs] == [0, 0]
    assert not any(part.note for part in record.parts)
    assert read_meta(record.directory)["needs"] == {}
    assert not (record.directory / "initial.safetensors").exists()
    texts = [(Path(need["run"]) / "resolved.yaml").read_text() for need in needs]
    assert ["fold: 0" in texts[0], "fold: 1" in texts[1]] == [True, True]


def test_whole_run_that_is_refit_has_an_upstream_of_its_own(down, tmp_path):
    record = down("cross_validation={num_folds: 2, keep: refit}")
    need = need_of(record.directory / "refit")
    assert need["run"] not in {need_of(part.directory)["run"] for part in record.parts}
    assert len(runs_in(tmp_path)) == 3


def test_seeds_share_their_upstream(down, tmp_path):
    record = down("seed=null", "seeds=[1, 2]")
    assert {need_of(part.directory)["run"] for part in record.parts} == {str(*runs_in(tmp_path))}


def test_seeds_with_folds_need_no_upstream_but_those_of_the_folds(down, tmp_path):
    short = "training.num_epochs=1"
    record = down("seed=null", "seeds=[1, 2]", FOLDS, short)
    assert len(runs_in(tmp_path)) == 2
    assert all(read_meta(part.directory)["needs"] == {} for part in record.parts)


def test_upstream_on_other_images_is_one_for_all_folds(down, recipe, tmp_path, others):
    recipe("up.yaml", dataset="other_images")
    record = down(FOLDS, plugin_files=[others])
    assert len(runs_in(tmp_path)) == 1
    assert [need_of(part.directory)["validation_images_seen"] for part in record.parts] == [
        None
    ] * 2
    assert record.note.startswith("test metrics")


def test_images_that_a_named_run_has_seen_are_counted_and_noted(recipe, carried_out, planned_from):
    up = recipe("up.yaml")
    upstream = carried_out(up, SEES_ALL).directory
    named = f"{{encoder: {{from: {upstream}}}, decoder: linear_decoder}}"
    record = carried_out(recipe("down.yaml", networks=named))
    theirs = split_images(planned_from(up, SEES_ALL)[0], 256).train
    ours = split_images(planned_from(up)[0], 256).validation
    seen = len({*theirs.tolist()} & {*ours.tolist()})
    assert 0 < seen < 64
    assert need_of(record.directory)["validation_images_seen"] == seen
    assert record.note == (
        f"'{upstream}', from which encoder comes, was trained on {seen} of the images that "
        "validate here, so validation metrics flatter"
    )


def test_named_run_is_noted_in_every_fold_and_in_the_whole(recipe, carried_out, tmp_path):
    upstream = carried_out(recipe("up.yaml")).directory
    named = f"{{encoder: {{from: {upstream}}}, decoder: linear_decoder}}"
    record = carried_out(recipe("down.yaml", networks=named), FOLDS)
    seen = [need_of(part.directory)["validation_images_seen"] for part in record.parts]
    assert sum(seen) == 192  # every image that trained it validates once
    notes = [part.note for part in record.parts]
    assert all(f"{number} of the" in note for number, note in zip(seen, notes, strict=True))
    assert f"fold-0: {record.parts[0].note}; so in 1 more of its parts" in record.note
    assert runs_in(tmp_path) == [upstream]


def test_named_run_of_the_same_split_has_seen_nothing(recipe, carried_out):
    upstream = carried_out(recipe("up.yaml")).directory
    named = f"{{encoder: {{from: {upstream}}}, decoder: linear_decoder}}"
    record = carried_out(recipe("down.yaml", networks=named))
    assert need_of(record.directory)["validation_images_seen"] == 0
    assert record.note == ""


def test_named_run_must_be_over(recipe, carried_out, tmp_path):
    with pytest.raises(Interrupted):
        carried_out(recipe("up.yaml"), observers=[Interrupting()])
    (upstream,) = runs_in(tmp_path)
    named = f"{{encoder: {{from: {upstream}}}, decoder: linear_decoder}}"
    with pytest.raises(CheckpointError, match=r"is interrupted.*framework run .*\[C067\]"):
        carried_out(recipe("down.yaml", networks=named))
    assert runs_in(tmp_path, "down") == []


def test_damaged_weights_of_an_upstream_are_refused(down, tmp_path):
    down()
    (upstream,) = runs_in(tmp_path)
    (upstream / "best.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match=r"best\.safetensors.*\[C058\]"):
        down("optimizer.lr=0.01")
    assert len(runs_in(tmp_path, "down")) == 1


def test_threads_of_the_upstream_are_its_own(down, recipe, tmp_path):
    own = torch.get_num_threads()
    recipe("up.yaml", training=f"{{num_epochs: 1, batch_size: 192, num_threads: {own + 1}}}")
    record = down()
    assert read_meta(runs_in(tmp_path)[0])["num_threads"] == own + 1
    assert read_meta(record.directory)["num_threads"] == torch.get_num_threads() == own


def test_plan_reads_no_data_and_trains_nothing(recipe, others, support, tmp_path):
    recipe("up.yaml", dataset="unread_images")
    networks = "{encoder: {from: up.yaml, freeze: true}, decoder: linear_decoder}"
    path = recipe("down.yaml", networks=networks, dataset="unread_images")
    plan = check(path, plugins=[support / "tiny_images.py", others])
    assert plan.upstreams["encoder"].plan.recipe.name == "up"
    assert not (tmp_path / "runs").exists()


def test_resolved_recipe_of_a_run_can_be_trained_anew(down, support, tmp_path, monkeypatch):
    record = down()
    (upstream,) = runs_in(tmp_path)
    monkeypatch.chdir(tmp_path / "runs")  # the place of the recipe is in it
    again = run(
        record.directory,
        new=True,
        plugins=[support / "tiny_images.py"],
        runs_directory=tmp_path / "runs",
        device="cpu",
        announce=[].append,
        warn=[].append,
    )
    assert again.directory != record.directory
    assert need_of(again.directory)["run"] == str(upstream)
    assert differences(digest_of(record.directory), digest_of(again.directory)) == []


def test_run_can_be_used_without_its_upstream(down, support, tmp_path):
    record = down("networks.encoder.freeze=true")
    upstream = load_run(*runs_in(tmp_path), device="cpu", plugins=[support / "tiny_images.py"])
    images = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    codes = upstream.encode(images)
    shutil.rmtree(tmp_path / "runs" / "up")
    (tmp_path / "up.yaml").unlink()
    loaded = load_run(record.directory, device="cpu", plugins=[support / "tiny_images.py"])
    assert torch.equal(loaded.encode(images), codes)
    assert loaded.reconstruct(images).shape == images.shape


def test_run_is_taken_as_it_is(recipe, carried_out):
    upstream = carried_out(recipe("up.yaml")).directory
    named = f"{{encoder: {{from: {upstream}, overrides: [seed=1]}}, decoder: linear_decoder}}"
    with pytest.raises(RecipeError, match=r"taken as it is, found \['seed=1'\].*\[R028\]"):
        carried_out(recipe("down.yaml", networks=named))
