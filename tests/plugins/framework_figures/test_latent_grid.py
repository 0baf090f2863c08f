import numpy as np
import pytest
import torch

from framework import Batch, DataInfo, FinishedRun, ImageSet, Task
from framework_figures.latent_grid import LatentGrid

SIDE = 4


class Flat(Task):
    """Codes are the first pixels of an image; decoded, the first two fill its halves."""

    def __init__(self, latent_dim):
        self.latent_dim = latent_dim

    def losses(self, batch):
        yield "main", batch.images.mean()

    def evaluate(self, batch):
        return batch.images, batch.images

    def operations(self):
        return {"encode": self.encode, "decode": self.decode}

    def encode(self, images):
        return images.flatten(1)[:, : self.latent_dim]

    def decode(self, codes):
        self.decoded = codes
        halves = codes[:, :2].repeat_interleave(SIDE // 2, dim=1)
        return halves[:, None, None].expand(-1, 1, SIDE, SIDE)


class Run(FinishedRun):
    """A finished run whose codes are even over 0..1 in the first value, 0..0.5 in the second."""

    train_set = test_set = None
    history = layers = ()
    kept_epoch = num_epochs = 1
    data = DataInfo(image_shape=(1, SIDE, SIDE), num_train=2000, num_test=1)

    def __init__(self, latent_dim=2):
        self.kept = Flat(latent_dim)
        images = torch.rand(2000, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
        scales = torch.tensor([1.0, 0.5, 0.1, 0.1])
        images[:, 0, 0] = 0.5 + (images[:, 0, 0] - 0.5) * scales
        self.train_set = ImageSet(images)

    def batch(self, indices, split="test"):  # noqa: ARG002
        places = torch.tensor(list(indices))
        return Batch(self.train_set.images[places], None, places)

    def task(self, epoch=None):
        return self.kept if epoch is None else None


def grid_of(run, num_steps):
    drawing = LatentGrid(num_steps=num_steps).draw(run)
    return drawing, run.kept.decoded.unflatten(0, (num_steps, num_steps))


def test_grid_of_two_values_reaches_over_the_codes_with_the_second_upwards():
    _, codes = grid_of(Run(), 5)
    assert torch.equal(codes[0, :, 0], codes[4, :, 0])
    assert torch.equal(codes[:, 0, 1], codes[:, 4, 1])
    torch.testing.assert_close(
        codes[0, :, 0], torch.tensor([0.05, 0.275, 0.5, 0.725, 0.95]), atol=0.02, rtol=0
    )
    torch.testing.assert_close(codes[[4, 0], 0, 1], torch.tensor([0.275, 0.725]), atol=0.02, rtol=0)


def test_picture_shows_every_image_at_its_place_pixel_by_pixel():
    drawing, codes = grid_of(Run(), 3)
    mosaic = np.asarray(drawing.images[0].get_array())
    cell = mosaic.shape[0] // 3
    assert mosaic.shape == (3 * cell, 3 * cell, 3)
    for row in range(3):
        for column in range(3):
            left, right = (codes[row, column] * 255).round().byte().tolist()
            part = mosaic[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
            assert (part[:, : cell // 2] == left).all()
            assert (part[:, cell // 2 :] == right).all()


def test_ticks_stand_at_the_centres_of_their_images():
    drawing, codes = grid_of(Run(), 5)
    (axes,), (mosaic,) = drawing.axes, drawing.images
    height, width, _ = mosaic.get_array().shape
    for step in range(5):
        x, y = axes.transData.transform(codes[4 - step, step].tolist())
        assert x == pytest.approx(mosaic.ox + (step + 0.5) * width / 5, abs=0.6)
        assert y == pytest.approx(mosaic.oy + (step + 0.5) * height / 5, abs=0.6)


def test_plane_of_more_values_is_that_of_the_principal_components_and_says_so():
    drawing, codes = grid_of(Run(latent_dim=4), 5)
    (axes,) = drawing.axes
    assert axes.get_title(loc="left") == (
        "first two principal components of 4 values, 98% of their variance"
    )
    assert axes.get_xlabel() == "first component"
    centre = codes[2, 2]
    torch.testing.assert_close(centre, torch.full((4,), 0.5), atol=0.03, rtol=0)
    across, along = codes[2, 4] - codes[2, 0], codes[0, 2] - codes[4, 2]
    assert abs(across @ along) < 1e-5
    assert abs(across[0]) == pytest.approx(0.9, abs=0.05)
    assert abs(along[1]) == pytest.approx(0.45, abs=0.05)
    assert across[2:].norm() < 0.05


def test_plane_of_two_values_names_them():
    (axes,) = grid_of(Run(), 2)[0].axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("latent 1", "latent 2")
    assert axes.get_title(loc="left") == "latent plane"


def test_codes_of_one_value_are_refused():
    with pytest.raises(ValueError, match="codes of one value span no plane"):
        LatentGrid().draw(Run(latent_dim=1))
