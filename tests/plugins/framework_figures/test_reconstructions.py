import io
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from framework import Batch, DataInfo, ImageSet, Task
from framework_figures.reconstructions import Reconstructions


class Shift(Task):
    """Adds a constant to every pixel."""

    def __init__(self, amount):
        self.amount = amount

    def losses(self, batch):
        yield "main", self.evaluate(batch)[0].mean()

    def evaluate(self, batch):
        return batch.images + self.amount, batch.images


class Flatten(Shift):
    """Answers no images."""

    def evaluate(self, batch):
        return batch.images.flatten(1), batch.images


@dataclass
class Run:
    """A finished run that holds all it answers."""

    train_set = layers = None
    test_set: ImageSet
    tasks: dict = field(default_factory=lambda: {None: Shift(0.0)})
    kept_epoch: int = 7
    num_epochs: int = 9
    history: tuple = ()
    value_range: tuple = (0.0, 1.0)

    @property
    def data(self):
        return DataInfo(
            image_shape=tuple(self.test_set.images.shape[1:]),
            num_train=1,
            num_test=len(self.test_set),
            value_range=self.value_range,
        )

    def batch(self, indices):
        images = self.test_set.images[list(indices)]
        return Batch(images, None, torch.tensor(list(indices)))

    def task(self, epoch=None):
        return self.tasks.get(epoch)

    def networks(self, epoch=None):
        raise NotImplementedError


def images_of(num_images, channels=1, side=28):
    """Images of distinct greys, each with a bright corner."""
    greys = torch.linspace(0.1, 0.6, num_images).reshape(-1, 1, 1, 1)
    images = greys.repeat(1, channels, side, side)
    images[..., 0, 0] = 1.0
    return images


def picture_of(drawing):
    file = io.BytesIO()
    drawing.savefig(file, format="png")
    file.seek(0)
    return (imread(file)[..., :3] * 255).round().astype(np.uint8)


def rows_of(drawing):
    """What is seen in each row, cut out of the picture as it is saved."""
    picture = picture_of(drawing)
    rows = []
    for strip in drawing.images:
        height, width = strip.get_array().shape[:2]
        top, left = len(picture) - int(strip.oy) - height, int(strip.ox)
        rows.append(picture[top : top + height, left : left + width])
    return rows


def labels_of(drawing):
    return [text.get_text() for text in drawing.texts if text.get_text()]


def expected_strip(images, scale, gap):
    """Images side by side, every pixel a square of `scale` pixels, white between them."""
    cells = []
    for image in images:
        pixels = (image.expand(3, -1, -1) * 255).round().byte().permute(1, 2, 0).numpy()
        cells += [pixels.repeat(scale, 0).repeat(scale, 1)]
        cells += [np.full((len(cells[0]), gap, 3), 255, np.uint8)]
    return np.concatenate(cells[:-1], axis=1)


def test_original_row_equals_the_images_pixel_by_pixel():
    images = images_of(4)
    drawing = Reconstructions(num_images=4).draw(Run(ImageSet(images)))
    original, kept = rows_of(drawing)
    np.testing.assert_array_equal(original, expected_strip(images, scale=3, gap=8))
    np.testing.assert_array_equal(kept, original)


def test_prediction_rows_show_predictions_and_their_error():
    images = images_of(3)
    run = Run(ImageSet(images), {None: Shift(0.25), 2: Shift(0.5)})
    drawing = Reconstructions(at_epochs=(2,)).draw(run)
    rows = rows_of(drawing)
    np.testing.assert_array_equal(rows[1], expected_strip((images + 0.5).clamp(0, 1), 3, 8))
    np.testing.assert_array_equal(rows[2], expected_strip((images + 0.25).clamp(0, 1), 3, 8))
    assert labels_of(drawing) == ["original", "epoch 2", "MSE 0.25", "kept (epoch 7)", "MSE 0.0625"]


def test_epochs_that_were_not_reached_are_left_out():
    run = Run(ImageSet(images_of(3)), {None: Shift(0.0), 0: Shift(0.1), 5: Shift(0.1)})
    figure = Reconstructions(at_epochs=(0, 5, 98))
    assert figure.epochs == (0, 5, 98)
    labels = [label for label in labels_of(figure.draw(run)) if "MSE" not in label]
    assert labels == ["original", "untrained", "epoch 5", "kept (epoch 7)"]


def test_first_image_of_each_class_comes_first():
    labels = torch.tensor([2, 2, 0, 1, 0, 1])
    images = images_of(6)
    drawing = Reconstructions(num_images=5).draw(Run(ImageSet(images, labels)))
    np.testing.assert_array_equal(
        rows_of(drawing)[0], expected_strip(images[[2, 3, 0, 1, 4]], scale=3, gap=8)
    )


def test_row_is_no_longer_than_the_test_set():
    images = images_of(2)
    original, _ = rows_of(Reconstructions(num_images=10).draw(Run(ImageSet(images))))
    np.testing.assert_array_equal(original, expected_strip(images, scale=3, gap=8))


def test_colours_are_kept():
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    original, _ = rows_of(Reconstructions().draw(Run(ImageSet(images))))
    np.testing.assert_array_equal(original, expected_strip(images, scale=3, gap=8))


def test_declared_value_range_is_black_to_white():
    images = images_of(3)
    run = Run(ImageSet(images * 2 - 1), value_range=(-1.0, 1.0))
    original, _ = rows_of(Reconstructions().draw(run))
    difference = original.astype(int) - expected_strip(images, scale=3, gap=8)
    assert np.abs(difference).max() <= 1


def test_large_images_are_shown_smaller():
    images = images_of(2, channels=3, side=384)
    original, _ = rows_of(Reconstructions().draw(Run(ImageSet(images))))
    assert original.shape == (96, 96 + 8 + 96, 3)
    assert original[48, 48].tolist() == [26, 26, 26]


def test_labels_stay_left_of_the_images():
    run = Run(ImageSet(images_of(2)), kept_epoch=1000)
    drawing = Reconstructions().draw(run)
    left = min(int(strip.ox) for strip in drawing.images)
    picture = picture_of(drawing)
    assert (picture[:, :left] < 128).any()
    assert (picture[:, left - 6 : left] == 255).all()


def test_task_without_images_is_refused_with_both_shapes():
    run = Run(ImageSet(images_of(2)), {None: Flatten(0.0)})
    with pytest.raises(ValueError, match=r"shape \(2, 1, 28, 28\), found \(2, 784\)"):
        Reconstructions().draw(run)


def test_nothing_records_gradients():
    class Recorder(Shift):
        def evaluate(self, batch):
            self.records = torch.is_grad_enabled()
            return super().evaluate(batch)

    task = Recorder(0.0)
    Reconstructions().draw(Run(ImageSet(images_of(2)), {None: task}))
    assert task.records is False


def test_task_that_draws_noise_is_shown_with_the_same_every_time():
    class Noisy(Shift):
        def evaluate(self, batch):
            return batch.images + torch.rand_like(batch.images), batch.images

    run = Run(ImageSet(images_of(2)), {None: Noisy(0.0)})
    first, second = (rows_of(Reconstructions().draw(run))[1] for _ in range(2))
    np.testing.assert_array_equal(first, second)
