"""What docs/plugins.md shows works as it stands."""

import json
import re
import tomllib
from pathlib import Path

import optuna
import pytest
import torch

from framework.application import check, run
from framework.contracts import DataInfo
from framework.discovery import discover
from framework.hookspecs import KINDS
from framework.jobs import Job, Outcome
from framework.recipe import resolution
from framework.runs.search.drawing import Drawer
from framework.runs.search.sampling import make_sampler

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")


def test_first_plugin_provides_its_network(tmp_path):
    first, *_ = blocks("python")
    component = discover([write(tmp_path, first)], with_installed=False).find(
        "network", "linear_encoder"
    )
    assert component.parameters.positional == ("data",)
    assert component.parameters.names == ("latent_dim",)
    assert component.parameters.validate({}).values == {"latent_dim": 16}


def test_first_plugin_is_under_twenty_lines_of_code():
    first, *_ = blocks("python")
    assert len([line for line in first.splitlines() if line.strip()]) < 20


def test_recipe_trains_with_the_grown_plugin(tmp_path):
    plugin = write(tmp_path, "\n\n".join(blocks("python")))
    recipe = tmp_path / "linear.yaml"
    recipe.write_text(blocks("yaml")[0], encoding="utf-8")
    assert check(recipe, plugins=[plugin]).num_parameters == 784 * 8 + 8 + 8 * 784 + 784
    record = run(recipe, plugins=[plugin], runs_directory=tmp_path / "runs", device="cpu")
    assert record.status == "finished"
    assert record.name == "linear"
    assert 0 < record.test["mse"] < 0.2


@pytest.mark.slow
def test_scheduler_of_the_page_sets_rates(tmp_path):
    plugin = write(tmp_path, blocks("py")[0])
    recipe = tmp_path / "scheduled.yaml"
    scheduler = "scheduler: {type: falling, end: 0.5}\n"
    recipe.write_text(f"extends: quickstart\nname: scheduled\n{scheduler}", encoding="utf-8")
    overrides = ["training={num_epochs: 2, batch_size: 500}", "figures=[]", "optimizer.lr=0.001"]
    record = run(recipe, overrides=overrides, plugins=[plugin], runs_directory=tmp_path / "runs")
    rows = (record.directory / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    rates = [json.loads(row)["lr"] for row in rows]
    # three batches an epoch: the third and the sixth step, of a fall over six
    assert rates == pytest.approx([0.001 * (1 - 0.5 * step / 6) for step in (2, 5)])


def test_corruption_of_the_page_spoils_images_within_their_range(tmp_path):
    plugin = write(tmp_path, "\n\n".join(blocks("python")))
    component = discover([plugin], with_installed=False).find("corruption", "speckle")
    assert component.parameters.positional == ("data",)
    data = DataInfo(image_shape=(1, 4, 4), num_train=1, num_test=1)
    images = torch.full((5, 1, 4, 4), 0.9)
    spoilt = component.factory(data, std=0.5)(images)
    assert (images == 0.9).all()
    assert 0 <= spoilt.min() < 0.9 < spoilt.max() == 1


@pytest.mark.slow
def test_objective_of_the_page_trains_two_networks(tmp_path):
    plugin = write(tmp_path, "\n\n".join(blocks("python")))
    document = """\
seed: 0
dataset: digits
networks: {generator: {type: mlp_generator, hidden_dims: [8]}, discriminator: mlp_discriminator}
task: {type: adversarial, objective: relativistic}
optimizers: {generator: adam, discriminator: adam}
training: {num_epochs: 1, batch_size: 500}
"""
    recipe = tmp_path / "relativistic.yaml"
    recipe.write_text(document, encoding="utf-8")
    record = run(recipe, plugins=[plugin], runs_directory=tmp_path / "runs", device="cpu")
    assert record.status == "finished"
    assert record.test["loss/discriminator"] > 0
    assert record.test["spread/real"] > record.test["spread/generated"]


def test_executor_of_the_page_carries_jobs_out_one_by_one(tmp_path, monkeypatch):
    plugin = write(tmp_path, "\n\n".join(blocks("python")))
    executor = discover([plugin], with_installed=False).find("executor", "one_by_one").factory()
    interpreter = tmp_path / "interpreter"  # stands for `python -m framework job FILE`
    interpreter.write_text('#!/bin/sh\n[ "$1 $2 $3" = "-m framework job" ] && . "$4"\n')
    interpreter.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(interpreter))
    jobs = []
    for name in ("first", "second", "third"):
        file = tmp_path / f"{name}.sh"
        file.write_text(f"echo {name} $OMP_NUM_THREADS >> {tmp_path}/done; exit 6")
        jobs.append(Job(name, file))
    lines = []
    outcomes = executor.carry_out(
        jobs, num_threads=3, report=lines.append, is_stopped=lambda: len(lines) == 2
    )
    assert lines == ["first begins", "second begins"]
    assert outcomes == [Outcome(job, 6) for job in jobs[:2]]
    assert (tmp_path / "done").read_text() == "first 3\nsecond 3\n"


def test_space_and_sampler_of_the_page_draw_trials(tmp_path):
    plugin = write(tmp_path, "\n\n".join(blocks("python")))
    recipe = tmp_path / "searched.yaml"
    search = "search: {num_trials: 1, sampler: uniform, space: {networks.encoder: funnel}}\n"
    recipe.write_text(f"extends: quickstart\nname: searched\n{search}", encoding="utf-8")
    plan = check(recipe, plugins=[plugin])
    study = optuna.create_study(sampler=make_sampler(plan, worker=0, num_known=0))
    drawer = Drawer(plan)
    widths = [drawer.draw(study.ask()).overrides["networks.encoder"]["hidden_dims"] for _ in "123"]
    assert list(drawer.dimensions) == [
        "networks.encoder.depth",
        *(f"networks.encoder.fraction{number}" for number in range(3)),
    ]
    assert all(width == sorted(width, reverse=True) for width in widths)
    assert all(1 <= len(width) <= 3 for width in widths)


def test_every_hook_has_its_row():
    assert re.findall(r"^\| `(provide_\w+)` \|", PAGE, flags=re.MULTILINE) == list(KINDS.values())


def test_rows_say_what_a_factory_may_ask_for():
    cells = dict(re.findall(r"^\| `(provide_\w+)` \|.*\|(.*)\|$", PAGE, flags=re.MULTILINE))
    for kind, hook in KINDS.items():
        assert re.findall(r"`(\w+)`", cells[hook]) == list(resolution._GIVEN[kind])
        assert ("by name" in cells[hook]) == (kind in resolution._TAKES_NETWORKS)


def test_entry_point_is_in_the_group_that_is_searched():
    shown = tomllib.loads(blocks("toml")[0])["project"]
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert shown["entry-points"].keys() == ours["entry-points"].keys()
    assert shown["dependencies"] == [ours["name"]]


@pytest.mark.parametrize("value", ["0", "'16'"])
def test_values_that_the_page_says_are_refused_are(tmp_path, value):
    plugin = write(tmp_path, "\n\n".join(blocks("python")))
    recipe = tmp_path / "linear.yaml"
    recipe.write_text(blocks("yaml")[0].replace("latent_dim: 8", f"latent_dim: {value}"))
    with pytest.raises(Exception, match=r"linear\.yaml:4:.*latent_dim: expected an integer"):
        check(recipe, plugins=[plugin])


def write(folder: Path, text: str) -> Path:
    path = folder / "my_model.py"
    path.write_text(text, encoding="utf-8")
    return path


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
