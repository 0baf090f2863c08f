import numpy as np
import pytest
import torch
from torch import nn

from framework import ImageSet, Task
from framework_figures.maximising_inputs import MaximisingInputs

SIDE = 28


class Encoding(Task):
    """Offers one operation."""

    def __init__(self, encode):
        self.encode = encode

    def losses(self, batch):
        yield "main", self.encode(batch.images).mean()

    def evaluate(self, batch):
        return batch.images, batch.images

    def operations(self):
        return {"encode": self.encode}


def halves(images):
    """Three units: light above less light below, the opposite, and one that never changes."""
    above, below = images[..., : SIDE // 2, :].mean((1, 2, 3)), images[..., SIDE // 2 :, :]
    difference = above - below.mean((1, 2, 3))
    return torch.stack([difference, -difference, torch.zeros_like(difference)], dim=1)


@pytest.fixture
def images():
    """Images with a light of their own above and another below."""
    generator = torch.Generator().manual_seed(0)
    lights = 0.3 + 0.4 * torch.rand(60, 1, 2, 1, generator=generator)
    return lights.repeat_interleave(SIDE // 2, dim=2).repeat(1, 1, 1, SIDE)


@pytest.fixture
def run(make_run, images):
    tasks = {None: Encoding(halves)}
    return make_run(train_set=ImageSet(images), test_set=ImageSet(images), tasks=tasks)


def light_of(strip, unit):
    """How much lighter the upper half of an image in a row is than the lower."""
    cell = np.asarray(strip.get_array())[:, unit * 92 : unit * 92 + 84].astype(float)
    return cell[:42].mean() - cell[42:].mean()


def captions_of(drawing):
    return [text.get_text() for text in drawing.texts]


def test_made_images_excite_their_unit_more_than_any_found(run, images):
    drawing = MaximisingInputs(num_components=2).draw(run)
    made, found = drawing.images
    differences = halves(images)[:, 0] * 255
    assert light_of(made, 0) > 20
    assert light_of(made, 1) < -20
    assert light_of(found, 0) == pytest.approx(differences.max().item(), abs=1)
    assert light_of(found, 1) == pytest.approx(differences.min().item(), abs=1)


def test_captions_tell_units_and_their_values(run, images):
    drawing = MaximisingInputs(num_components=2).draw(run)
    captions = captions_of(drawing)
    values = halves(images)[:, 0]
    largest = (values.max() - values.mean()) / values.std(correction=0)
    assert captions[:2] == ["made", "units 0 to 2"]
    assert captions[2].startswith("0: +")
    assert captions[4] == "2: constant"
    assert captions[5:8] == ["found", "of 60 images", f"{largest:+.1f}"]


def test_picture_is_the_same_every_time(run):
    first, second = (MaximisingInputs(num_steps=3).draw(run).images for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.get_array(), other.get_array())


def test_units_are_no_more_than_asked_for(run):
    drawing = MaximisingInputs(max_num_units=1, num_steps=1).draw(run)
    assert captions_of(drawing)[1] == "unit 0"
    assert drawing.images[0].get_array().shape == (84, 84, 3)


def test_channels_of_a_layer_are_units_too(make_run, images):
    bright = nn.Conv2d(1, 2, 1, bias=False)
    bright.weight = nn.Parameter(torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1))
    networks = {"encoder": nn.Sequential(bright, nn.Flatten(), nn.Linear(2 * SIDE * SIDE, 5))}
    run = make_run(train_set=ImageSet(images), test_set=ImageSet(images), built={None: networks})
    drawing = MaximisingInputs(layer="encoder.0", num_components=2).draw(run)
    lightest, darkest = (np.asarray(drawing.images[0].get_array())[:, i : i + 84] for i in (0, 92))
    assert lightest.mean() > darkest.mean() + 20
    assert captions_of(MaximisingInputs(layer="encoder", num_steps=1).draw(run))[1] == (
        "units 0 to 4"
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"operation": "classify"}, "no operation 'classify'; there are encode, or name a layer"),
        ({"layer": "encoder.conv"}, "no layer named 'encoder.conv'; did you mean 'encoder.0'"),
        ({"layer": "x"}, "no layer named 'x'; the networks are encoder"),
    ],
)
def test_unknown_units_are_told(run, parameters, message):
    run.built = {None: {"encoder": nn.Sequential(nn.Conv2d(1, 1, 1))}}
    with pytest.raises(ValueError, match=message):
        MaximisingInputs(**parameters).draw(run)
