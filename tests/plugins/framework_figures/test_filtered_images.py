import numpy as np
import pytest
import torch

from framework import Operation, Task
from framework_figures.filtered_images import FilteredImages
from framework_figures.frechet import frechet_distance


class Washing(Task):
    """Paints noise of one value as an image of one grey, which its filter halves."""

    def __init__(self, *, judges=True, missing=()):
        self.judges, self.missing = judges, missing
        self.sizes, self.num_judged, self.records = [], 0, False

    def losses(self, batch):  # noqa: ARG002
        return iter(())

    def evaluate(self, batch):
        return batch.images, batch.images

    def operations(self):
        found = {
            "generate": Operation(self.generate, "noise", "images", (1,)),
            "filter": Operation(self.filter, "images", "images"),
        }
        if self.judges:
            found["judge"] = Operation(self.judge, "images", "codes")
        return {name: each for name, each in found.items() if name not in self.missing}

    def generate(self, noise):
        self.records = self.records or torch.is_grad_enabled()
        self.sizes.append(len(noise))
        return noise.sigmoid().reshape(-1, 1, 1, 1).expand(-1, 1, 4, 4)

    def filter(self, images):
        return images / 2

    def judge(self, images):
        self.num_judged += len(images)
        return images.flatten(1)[:, :2]


@pytest.fixture
def run_of(make_run, make_images):
    def run_of(task, num_train=40, num_test=30):
        generator = torch.Generator().manual_seed(0)
        train, test = (
            make_images(torch.rand(number, 2, generator=generator))
            for number in (num_train, num_test)
        )
        return make_run(train_set=train, test_set=test, tasks={None: task})

    return run_of


def texts_of(drawing):
    return [text.get_text() for text in drawing.texts if text.get_text()]


def greys_of(strip, num_images):
    width = (strip.shape[1] + 8) // num_images
    return [int(strip[40, width * index + 40, 0]) for index in range(num_images)]


def test_rows_are_generated_filtered_and_nearest_images(run_of):
    drawing = FilteredImages(num_images=4).draw(run_of(Washing(judges=False)))
    titles = ["generated", "filtered", "nearest in training", "to the generated"]
    assert texts_of(drawing) == titles
    generated, filtered, nearest = (np.asarray(strip.get_array()) for strip in drawing.images)
    greys = greys_of(generated, 4)
    assert len(set(greys)) == 4
    assert greys_of(filtered, 4) == [pytest.approx(grey / 2, abs=1) for grey in greys]
    assert nearest.shape == generated.shape
    assert not np.array_equal(nearest, generated)


def test_values_are_distances_of_as_many_images_of_each_kind(run_of):
    run = run_of(Washing())
    values = FilteredImages().values(run)
    test, train = run.test_set.images, run.train_set.images[:30]
    noise = torch.randn(30, 1, generator=torch.Generator().manual_seed(0))
    task = Washing()
    made = task.generate(noise)
    assert values == {
        f"frechet/{name}": pytest.approx(frechet_distance(task.judge, [test], [images]))
        for name, images in (("generated", made), ("filtered", made / 2), ("real", train))
    }


def test_no_more_images_are_compared_than_asked_for(run_of):
    task = Washing()
    FilteredImages(num_compared=7).values(run_of(task))
    assert task.sizes == [7, 7]
    assert FilteredImages(num_compared=7).values(run_of(task)) != FilteredImages().values(
        run_of(task)
    )


def test_images_are_generated_in_batches_of_bounded_size(run_of):
    task = Washing()
    FilteredImages().values(run_of(task, num_train=1010, num_test=1005))
    assert task.sizes == [1000, 5, 1000, 5]


def test_distances_stand_beside_their_rows_and_are_measured_once(run_of):
    task = Washing()
    figure, run = FilteredImages(num_images=3), run_of(task)
    titles = texts_of(figure.draw(run))
    num_judged = task.num_judged
    values = figure.values(run)
    assert task.num_judged == num_judged > 0
    assert titles[:4] == [
        "generated",
        f"Fréchet {values['frechet/generated']:.1f}",
        "filtered",
        f"Fréchet {values['frechet/filtered']:.1f}",
    ]
    assert values == FilteredImages().values(run)


def test_without_a_judge_there_are_no_values(run_of):
    assert FilteredImages().values(run_of(Washing(judges=False))) == {}


def test_gradients_are_not_recorded(run_of):
    task = Washing()
    FilteredImages(num_images=2).draw(run_of(task))
    FilteredImages().values(run_of(task))
    assert not task.records


@pytest.mark.parametrize(
    ("missing", "complaint"),
    [
        (("filter",), "cannot filter; it must be filtered_generation"),
        (("generate", "filter"), "cannot generate and filter;"),
    ],
)
def test_task_that_cannot_do_it_is_refused(run_of, missing, complaint):
    run = run_of(Washing(missing=missing))
    for ask in (FilteredImages().draw, FilteredImages().values):
        with pytest.raises(ValueError, match=complaint):
            ask(run)
