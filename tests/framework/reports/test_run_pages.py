import json
import re
from dataclasses import replace

import pytest

from framework.errors import CheckpointError
from framework.reports.run_pages import RunPage, write_report
from framework.runs.records import read_run

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def page_of(run):
    return write_report(run).read_text(encoding="utf-8")


def words_of(page):
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<[^>]*>", " ", page, flags=re.DOTALL)
    return " ".join(text.split())


def test_page_says_what_was_run_and_what_came_of_it(make_run):
    words = words_of(page_of(make_run(figures={"latent_map": {"spread": 0.25}})))
    for expected in (
        "encoder (conv_encoder) and decoder (mirrored_decoder) trained on digits by the task "
        "reconstruction with the loss mse : 60,000 training images of 1x28x28, 1,234 parameters.",
        "What it is for, in two lines.",
        "finished after 3 of 3 epochs",
        "validation/loss 0.2 kept after epoch 2",
        "yardstick: the same after the first epoch 0.4 50 % lower since",
        "the same on the test images 0.21",
        "1 min 30 s 30 s an epoch on cpu",
        "psnr 12 11.5 11 9.09 % higher",
        "Constant: lr 0.001.",
        "Latent map spread 0.25",
        "encoder layers.conv1 Conv2d 1x28x28 8x14x14 80",
        "latent_dim: 4",
        "threads 2 of 8 cores",
        "plugin torch 0.1.0 · abababababab",
        "framework run tiny.yaml",
    ):
        assert expected in words


def test_page_says_how_to_go_on(make_run, state):
    over = make_run()
    assert f"framework run {over} --new" in page_of(over)
    for command in ("apply", "export", "report"):
        assert f"framework {command} {over} " in page_of(over)
    cut_off = make_run("cut off", state=replace(state, status="interrupted", best=None))
    words = words_of(page_of(cut_off))
    assert f"Continue it framework run &#39;{cut_off}&#39;" in words
    assert "framework export" not in words


def test_folds_stand_side_by_side_and_have_pages_of_their_own(make_folds):
    run = make_folds()
    words = words_of(page_of(run))
    assert "Folds side by side" in words
    assert "fold-0 finished 3/3 2 0.2 12" in words
    assert "mean ± sd 0.25 ± 0.071 12 ± 0" in words
    assert "test metrics are of fold-1" in words
    assert "validation/loss 0.2 ± 0.14 mean ± sd of 2 folds" in words
    assert (run / "fold-0" / "report.html").is_file()


def test_notes_tell_reason_note_and_warnings_once(make_run, state):
    log = "2026-01-02T03:04:05+00:00 warning: it is late\n" * 2 + "2026 run directory: x\n"
    noted = replace(state, reason="stopped early", note="read with care")
    page = RunPage(read_run(make_run(state=noted, log=log)))
    assert page.notes == ["stopped early", "read with care", "it is late"]


def test_networks_of_other_runs_are_named(make_run):
    need = {"network": "encoder", "reference": "base.yaml", "run": "runs/base/1"}
    page = page_of(make_run(meta={"needs": {"encoder": need}}))
    assert "encoder of base.yaml, run runs/base/1" in words_of(page)


def test_nothing_monitored_shows_which_weights_are_kept(make_run, state):
    best = replace(state.best, metric=None, mode=None, value=None, epoch=3)
    words = words_of(page_of(make_run(state=replace(state, best=best))))
    assert "weights kept epoch 3, the last nothing was monitored" in words


def test_run_that_has_only_begun_has_a_page(make_run, state):
    begun = replace(state, status="running", seconds=0.0, checkpoint=None, best=None, test={})
    words = words_of(page_of(make_run(state=begun, rows=[])))
    assert "running after 0 of 3 epochs" in words
    assert "Nothing has been measured yet." in words


def test_run_of_an_older_framework_has_a_page(make_run):
    run = make_run()
    kept = ("name", "num_epochs", "seed", "started")
    meta = json.loads((run / "meta.json").read_text())
    (run / "meta.json").write_text(json.dumps({name: meta[name] for name in kept}))
    (run / "resolved.yaml").unlink()
    assert "finished after 3 of 3 epochs" in words_of(page_of(run))


def test_hostile_names_are_shown_and_not_obeyed(make_run, state):
    layer = dict.fromkeys(("network", "layer", "kind"), HOSTILE)
    layer |= {"input_shape": [HOSTILE], "output_shape": [], "num_parameters": 1}
    run = make_run(
        state=replace(state, reason=HOSTILE, note=HOSTILE, test={HOSTILE: 1.0}),
        meta={
            "name": HOSTILE,
            "device": HOSTILE,
            "git": HOSTILE,
            "started": HOSTILE,
            "plugins": {HOSTILE: {"version": HOSTILE, "sha256": HOSTILE}},
            "versions": {HOSTILE: HOSTILE},
            "command": [HOSTILE, HOSTILE],
            "needs": {HOSTILE: dict.fromkeys(("network", "reference", "run"), HOSTILE)},
            "layers": [layer],
        },
        rows=[{"epoch": epoch, f"validation/{HOSTILE}": float(epoch)} for epoch in (1, 2)],
        recipe=f"# {HOSTILE}\nname: tiny\n",
        resolved=f"networks: {{{json.dumps(HOSTILE)}: {{type: {json.dumps(HOSTILE)}}}}}\n",
        figures={HOSTILE.replace("/", ":"): {HOSTILE: 1.0}},
        log=f"2026 warning: {HOSTILE}\n",
    )
    page = page_of(run)
    assert not re.search(r"<script|<img src=x|onerror=alert\(1\)>", page)
    assert page.count("&lt;script&gt;") > 20
    assert {image[:10] for image in re.findall(r'<img src="([^"]*)"', page)} == {"data:image"}


@pytest.mark.parametrize("parts", [False, True])
def test_page_needs_nothing_but_itself(parts, make_run, make_folds):
    page = page_of((make_folds if parts else make_run)(figures={"map": {}}))
    fetched = re.findall(r"(?:src|href|action|data|poster|srcset)\s*=\s*\"([^\"]*)\"", page)
    assert fetched
    assert all(address.startswith("data:") for address in fetched)
    assert "default-src 'none'" in page
    assert not re.search(r"https?:|@import|url\(|<script|<iframe|<object", page)


def test_characters_that_no_file_can_hold_are_written_out(make_run, state):
    run = make_run(state=replace(state, note="half \ud83d"))
    assert "half \\ud83d" in page_of(run)


def test_report_goes_where_it_is_sent_and_is_replaced(make_run, tmp_path):
    run, place = make_run(), tmp_path / "page.html"
    place.write_text("old")
    assert write_report(run, place) == place
    assert "finished" in place.read_text(encoding="utf-8")
    assert not (run / "report.html").exists()


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(CheckpointError):
        write_report(tmp_path)
