"""What docs/handlers.md says about events is what a fit does."""

import re
from pathlib import Path

import pytest
from ignite.engine import Events

from framework.application import run
from framework.contracts import Handler
from framework.events import FitEvents

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "handlers.md").read_text(encoding="utf-8")

RECIPE = """
seed: 0
dataset: digits
networks: {encoder: {type: conv_encoder, latent_dim: 4}, decoder: mirrored_decoder}
task: reconstruction
loss: mse
optimizer: adam
training: {num_epochs: 1, batch_size: 2000}
"""


@pytest.fixture
def train(tmp_path):
    """Train a fit of one iteration with the handlers of a plugin, and attach others."""

    def train(settings: str = "", *, plugins=(), handlers=()):
        recipe = tmp_path / "tiny.yaml"
        recipe.write_text(RECIPE + settings, encoding="utf-8")
        return run(
            recipe, plugins=plugins, handlers=handlers, runs_directory=tmp_path, device="cpu"
        )

    return train


@pytest.mark.slow
def test_events_fire_in_the_order_shown(train):
    recorder = Recorder()
    train(handlers=[recorder])
    assert recorder.fired == [name for name, _ in shown_events()]


def test_stars_mark_our_events():
    ours = {name for name, star in shown_events() if star}
    assert ours == {event.name for event in FitEvents}


def test_handler_of_the_page_trains(train, tmp_path):
    plugin = tmp_path / "noise.py"
    plugin.write_text(blocks("python")[0], encoding="utf-8")
    setting = re.search(r"`(handlers: \[.*\])`", PAGE)[1]
    assert train(setting, plugins=[plugin]).status == "finished"


class Recorder(Handler):
    """Notes the events of the trainer that the page names."""

    def __init__(self) -> None:
        self.fired: list[str] = []

    def attach(self, trainer, *_) -> None:
        for name, star in shown_events():
            event = FitEvents[name] if star else Events[name]
            trainer.add_event_handler(event, self.fired.append, name)


def shown_events() -> list[tuple[str, str]]:
    """Name and star, or nothing, of each event in the page's order."""
    return re.findall(r"^ *([A-Z_]+)( \*)?(?: |$)", blocks("text")[0], flags=re.MULTILINE)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
