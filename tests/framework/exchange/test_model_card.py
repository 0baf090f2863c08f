"""The card says what the model is, what it can do, how good it is and how to load it."""

import json

import pytest

from framework.exchange.model_card import Exported, card_text


@pytest.fixture
def card(loaded, trained):
    meta = json.loads((trained / "meta.json").read_text())

    def card(*programs, has_weights=True):
        return card_text(loaded, meta, programs, has_weights=has_weights)

    return card


def test_card_names_task_data_and_what_was_kept(card, loaded):
    text = card()
    assert text.startswith("---\nlibrary_name: ignite-framework\ntags: [versatile, tiny_images, ")
    head = " ".join(text.partition("##")[0].split())
    assert "# versatile encoder, decoder, trained by the task `versatile` on the data set" in head
    assert "256 images of 1x8x8 (channels, height, width) with values from 0 to 1." in head
    assert "Finished after 1 of 1 epochs, of which epoch 1 was kept for its validation/loss" in head
    assert loaded.record.best.sha256 in text


def test_card_has_the_metrics_and_every_operation(card, loaded):
    text = card()
    for name, value in loaded.record.test.items():
        assert f"| {name} | {value:.6g} |" in text
    assert "| `encode` | images of 1x8x8 | codes |" in text
    assert "| `decode` | codes of 6 | images |" in text
    assert "| `classify` | images of 1x8x8 | probabilities |" in text
    assert "| `generate` | noise of 6 | images |" in text
    assert "| `interpolate` | two images | images |" in text


def test_card_tells_how_far_programs_are_from_the_original(card):
    text = card(Exported("encode.onnx", "encode", "onnx", 2.5e-7), has_weights=False)
    assert "| `encode.onnx` | `encode` | 2.5e-07 |" in text
    assert "best.safetensors" not in text
    assert "## Programs" not in card()


def test_card_holds_the_recipe_and_short_lines(card):
    text = card()
    assert "## Recipe\n\n```yaml\n" in text
    assert "task: {type: versatile}" in text
    prose = [line for line in text.splitlines() if not line.startswith("|")]
    assert all(len(line) <= 100 or " " not in line.strip() for line in prose)
