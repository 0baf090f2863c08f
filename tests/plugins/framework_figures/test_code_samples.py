import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from sklearn.mixture import GaussianMixture

from framework import Batch, DataInfo, FinishedRun, ImageSet, Task
from framework_figures.code_samples import CodeSamples

pytestmark = pytest.mark.slow


class Pair(Task):
    """Codes are the first two pixels of an image; decoded, they fill its left and right half."""

    def losses(self, batch):
        yield "main", batch.images.mean()

    def evaluate(self, batch):
        return batch.images, batch.images

    def operations(self):
        return {"encode": self.encode, "decode": self.decode}

    def encode(self, images):
        return images[:, 0, 0, :2]

    def decode(self, codes):
        self.decoded = codes
        return codes.repeat_interleave(4, dim=1)[:, None, None].expand(-1, 1, 8, 8)


class Blind(Pair):
    """Encodes nothing."""

    def operations(self):
        return {}


class Run(FinishedRun):
    """A finished run whose codes lie around two points."""

    train_set = test_set = None
    history = layers = ()
    kept_epoch = num_epochs = 1
    data = DataInfo(image_shape=(1, 8, 8), num_train=300, num_test=1)

    def __init__(self, kept=None):
        self.kept = kept or Pair()
        generator = torch.Generator().manual_seed(0)
        centres = torch.tensor([[0.2, 0.8], [0.8, 0.2]]).repeat(150, 1)
        codes = centres + 0.02 * torch.randn(300, 2, generator=generator)
        images = codes.repeat_interleave(4, dim=1)[:, None, None].expand(-1, 1, 8, 8).clone()
        images[:, :, :, :2] = codes[:, None, None]
        self.train_set = ImageSet(images)
        self.codes = codes

    def batch(self, indices, split="test"):  # noqa: ARG002
        places = torch.tensor(list(indices))
        return Batch(self.train_set.images[places], None, places)

    def task(self, epoch=None):
        return self.kept if epoch is None else None


def codes_drawn(**parameters):
    run = Run()
    CodeSamples(num_images=50, **parameters).draw(run)
    return run.kept.decoded


def labels_of(drawing):
    return [text.get_text() for text in drawing.texts if text.get_text()]


def distances_to_centres(codes):
    return torch.cdist(codes, torch.tensor([[0.2, 0.8], [0.8, 0.2]]))


def test_gaussian_has_the_mean_and_covariance_of_the_codes():
    run = Run()
    CodeSamples(densities=("gaussian",), num_images=2000).draw(run)
    torch.testing.assert_close(run.kept.decoded.mean(0), run.codes.mean(0), atol=0.03, rtol=0)
    torch.testing.assert_close(run.kept.decoded.T.cov(), run.codes.T.cov(), atol=0.01, rtol=0)


def test_mixture_keeps_between_what_a_gaussian_fills():
    near = distances_to_centres(codes_drawn(densities=("mixture",), num_components=2))
    assert near.min(1).values.max() < 0.12
    assert near.min(0).values.max() < 0.12
    apart = distances_to_centres(codes_drawn(densities=("gaussian",)))
    assert apart.min(1).values.max() > 0.3


def test_standard_normal_needs_no_fit(monkeypatch):
    monkeypatch.setattr(GaussianMixture, "fit", lambda *_: pytest.fail("fitted"))
    codes = codes_drawn(densities=("standard_normal",))
    assert codes.std() == pytest.approx(1, abs=0.2)
    assert codes.mean() == pytest.approx(0, abs=0.3)


def test_two_rows_stand_for_each_density():
    drawing = CodeSamples(num_images=3, num_components=2, num_fitted=200).draw(Run())
    labels = labels_of(drawing)
    assert labels[0:2] == ["Gaussian", "fit to 200 codes"]
    assert labels[4:6] == ["2 Gaussians", "fit to 200 codes"]
    assert labels[2] == labels[6] == "nearest in training"
    assert len(drawing.images) == 4


def test_second_row_is_the_nearest_training_image_with_its_distance():
    run = Run()
    drawing = CodeSamples(densities=("mixture",), num_components=2, num_images=1).draw(run)
    decoded = run.kept.decode(run.kept.decoded)
    errors = (run.train_set.images - decoded).square().flatten(1).mean(1)
    shown = np.asarray(drawing.images[1].get_array())[::12, ::12, 0]
    expected = run.train_set.images[errors.argmin(), 0].mul(255).round().byte().numpy()
    np.testing.assert_array_equal(shown, expected)
    assert labels_of(drawing)[3] == f"MSE {errors.min():.3g}"


def test_there_are_no_more_components_than_codes():
    drawing = CodeSamples(densities=("mixture",), num_fitted=5).draw(Run())
    assert labels_of(drawing)[0] == "5 Gaussians"


def test_same_images_are_drawn_every_time():
    assert torch.equal(codes_drawn(), codes_drawn())


def test_labels_stay_left_of_the_images():
    drawing = CodeSamples(densities=("gaussian", "standard_normal")).draw(Run())
    left = min(int(strip.ox) for strip in drawing.images)
    renderer = FigureCanvasAgg(drawing).get_renderer()
    assert max(text.get_window_extent(renderer).x1 for text in drawing.texts) < left


def test_task_that_encodes_nothing_is_refused():
    with pytest.raises(ValueError, match="needs a task that offers encode and decode"):
        CodeSamples().draw(Run(Blind()))
