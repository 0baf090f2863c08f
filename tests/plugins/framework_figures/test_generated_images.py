from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from framework import Batch, DataInfo, ImageSet, Operation, Task
from framework_figures.generated_images import GeneratedImages


class Painting(Task):
    """Paints noise of one value as an image of one grey, or of the class in turn."""

    def __init__(self, shift=0.0, num_classes=0):
        self.shift, self.num_classes = shift, num_classes
        self.noise, self.records = [], None

    def losses(self, batch):
        yield "main", batch.images.mean()

    def evaluate(self, batch):
        return batch.images, batch.images

    def operations(self):
        return {"generate": Operation(self.generate, "noise", "images", (1,))}

    def generate(self, noise):
        self.records = torch.is_grad_enabled()
        self.noise.append(noise)
        greys = noise.sigmoid() + self.shift
        if self.num_classes:
            greys = (torch.arange(len(noise)) % self.num_classes).unsqueeze(1) / self.num_classes
        return greys.reshape(-1, 1, 1, 1).expand(-1, 1, 28, 28)


class Plain(Painting):
    """Makes no images of noise."""

    def operations(self):
        return {"reconstruct": Operation(self.generate)}


@dataclass
class Run:
    """A finished run that holds all it answers."""

    kept: Task | None = None
    stored: dict = field(default_factory=dict)
    class_names: tuple = ()
    kept_epoch: int = 7
    num_epochs: int = 7
    history: tuple = ()
    train_set: None = None
    layers: tuple = ()

    @property
    def test_set(self):
        return ImageSet(torch.zeros(1, 1, 28, 28))

    @property
    def data(self):
        return DataInfo(
            image_shape=(1, 28, 28), num_train=1, num_test=1, class_names=self.class_names
        )

    def batch(self, indices, split="test"):  # noqa: ARG002
        return Batch(self.test_set.images[list(indices)], None, torch.tensor(list(indices)))

    def task(self, epoch=None):
        return self.kept if epoch is None else self.stored.get(epoch)

    def networks(self, epoch=None): ...


def strips_of(drawing):
    return [np.asarray(strip.get_array()) for strip in drawing.images]


def texts_of(drawing):
    return [text.get_text() for text in drawing.texts if text.get_text()]


def greys_of(strip, num_images):
    return [int(strip[40, 92 * index + 40, 0]) for index in range(num_images)]


def test_rows_are_the_epochs_asked_for_that_there_are_then_the_kept_weights():
    run = Run(Painting(), {0: Painting(), 3: Painting()})
    drawing = GeneratedImages(at_epochs=(0, 3, 5), num_rows=2).draw(run)
    assert texts_of(drawing) == ["untrained", "epoch 3", "kept (epoch 7)"]
    assert len(drawing.images) == 4


def test_rows_begin_with_the_same_noise_and_go_on_with_other():
    run = Run(Painting(), {3: Painting()})
    earlier, kept, further = strips_of(GeneratedImages(at_epochs=(3,), num_rows=2).draw(run))
    np.testing.assert_array_equal(earlier, kept)
    assert not np.array_equal(kept, further)
    assert len(set(greys_of(kept, 10))) == 10


def test_number_of_images_is_that_asked_for_and_always_the_same():
    first, second = (strips_of(GeneratedImages(num_images=3).draw(Run(Painting()))) for _ in "ab")
    assert {strip.shape for strip in first} == {(84, 3 * 84 + 2 * 8, 3)}
    np.testing.assert_array_equal(first, second)


def test_conditional_generator_has_a_column_per_class_and_a_noise_per_row():
    task = Painting(num_classes=4)
    run = Run(task, class_names=("rows", "columns", "diagonals", "checks"))
    drawing = GeneratedImages(num_images=9, num_rows=2).draw(run)
    assert [greys_of(strip, 4) for strip in strips_of(drawing)] == [[0, 64, 128, 191]] * 2
    (noise,) = task.noise
    rows = noise.reshape(2, 4)
    assert (rows == rows[:, :1]).all()
    assert rows[0, 0] != rows[1, 0]
    assert texts_of(drawing) == ["kept (epoch 7)", "rows", "columns", "diagonals", "checks"]


def test_classes_without_names_are_numbered():
    drawing = GeneratedImages(num_rows=1).draw(Run(Painting(num_classes=3)))
    assert texts_of(drawing)[1:] == ["0", "1", "2"]


def test_nothing_records_gradients():
    task = Painting()
    GeneratedImages().draw(Run(task))
    assert task.records is False


def test_task_that_generates_nothing_is_refused():
    with pytest.raises(ValueError, match="no generated images to show; the task must have"):
        GeneratedImages().draw(Run(Plain()))
