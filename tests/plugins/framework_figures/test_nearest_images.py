import torch

from framework import Batch, FinishedRun, ImageSet
from framework_figures.nearest_images import nearest_training_images


class Run(FinishedRun):
    """A finished run of which only the training images are looked at."""

    train_set = test_set = None
    history = layers = ()
    kept_epoch = num_epochs = 1
    data = None

    def __init__(self, train_set):
        self.train_set = train_set

    def batch(self, indices, split="test"):
        assert split == "train"
        places = torch.tensor(list(indices))
        return Batch(self.train_set.images[places], None, places)


def test_nearest_image_is_found_wherever_it_is():
    images = torch.rand(2500, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    places = [3, 1700, 2499, 0]  # in all of the batches that the images are looked at in
    near = images[places] + 1e-3
    assert torch.equal(nearest_training_images(Run(ImageSet(images)), near), images[places])


def test_distance_is_over_all_pixels():
    images = torch.zeros(2, 1, 2, 2)
    images[0] += 0.3  # four small differences are a shorter way than one large
    images[1, 0, 0, 0] = 0.7
    nearest = nearest_training_images(Run(ImageSet(images)), torch.zeros(1, 1, 2, 2))
    assert torch.equal(nearest, images[:1])
