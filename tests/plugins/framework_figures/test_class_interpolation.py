import pytest
import torch

from framework import DataInfo
from framework_figures.class_interpolation import ClassInterpolation

NAMES = ("cat", "dog", "owl", "fox")
DATA = DataInfo(image_shape=(1, 4, 4), num_train=1, num_test=1, num_classes=4, class_names=NAMES)
CENTRES = torch.tensor([[0.1, 0.1], [0.9, 0.9], [0.1, 0.2]])


@pytest.fixture
def run(make_run, make_images, make_task):
    """Three classes, 21 images each, around their centres; there are no images of a fourth."""
    offsets = torch.linspace(-0.05, 0.05, 21)[:, None].expand(-1, 2)
    codes = (CENTRES[:, None] + offsets).flatten(0, 1)
    images = make_images(codes, torch.arange(3).repeat_interleave(21))
    return make_run(images, class_names=NAMES, tasks={None: make_task()})


def decoded_by(run, figure):
    """The codes of the images that are shown, row by row."""
    found = []
    task = run.tasks[None]
    decode = task.decode
    task.decode = lambda codes: (found.append(codes), decode(codes))[1]
    return figure.draw(run), found


def texts_of(drawing):
    return [text.get_text() for text in drawing.texts if text.get_text()]


def test_line_leads_from_one_mean_to_the_other(run):
    figure = ClassInterpolation(DATA, pairs=(("cat", "dog"), (1, 2)), num_steps=3)
    drawing, (codes,) = decoded_by(run, figure)
    expected = [[0.1, 0.1], [0.5, 0.5], [0.9, 0.9], [0.9, 0.9], [0.5, 0.55], [0.1, 0.2]]
    torch.testing.assert_close(codes, torch.tensor(expected))
    texts = texts_of(drawing)
    assert texts[:2] == ["cat", "to dog"]
    assert texts[5:7] == ["dog", "to owl"]


def test_regions_that_a_line_passes_are_named(run):
    drawing, _ = decoded_by(run, ClassInterpolation(DATA, pairs=(("cat", "dog"),), num_steps=5))
    assert texts_of(drawing)[2:7] == ["cat", "owl", "owl", "dog", "dog"]


def test_median_is_not_moved_by_an_outlier(make_run, make_images, make_task):
    codes = [[0.1, 0.1]] * 4 + [[1.0, 1.0]] + [[0.5, 0.5]] * 5
    run = make_run(
        make_images(codes, [0] * 5 + [1] * 5), class_names=NAMES, tasks={None: make_task()}
    )
    figure = ClassInterpolation(DATA, pairs=((0, 1),), centre="median", num_steps=2)
    _, (codes,) = decoded_by(run, figure)
    torch.testing.assert_close(codes[0], torch.tensor([0.1, 0.1]))


def test_ends_are_the_test_images_nearest_to_the_centres(run):
    drawing, _ = decoded_by(run, ClassInterpolation(DATA, pairs=(("cat", "dog"),), num_steps=2))
    cells = sorted(drawing.images, key=lambda cell: cell.ox)
    first, last = cells[0].get_array(), cells[-1].get_array()
    assert first[0, 0].tolist() == [26] * 3
    assert last[0, 0].tolist() == [230] * 3


def test_default_pairs_are_the_nearest_and_the_farthest_classes(run):
    drawing, _ = decoded_by(run, ClassInterpolation(DATA))
    pairs = [text for text in texts_of(drawing) if text.startswith("to ")]
    assert pairs == ["to owl", "to dog"]


def test_two_classes_make_one_default_row(make_run, make_images, make_task):
    images = make_images([[0.0, 0.0], [1.0, 1.0]], [1, 3])
    run = make_run(images, class_names=NAMES, tasks={None: make_task()})
    drawing, _ = decoded_by(run, ClassInterpolation(DATA))
    assert texts_of(drawing)[:2] == ["dog", "to fox"]


@pytest.mark.parametrize("labels", [[0, 0], None], ids=["one class", "no labels"])
def test_images_of_one_class_are_refused(labels, make_run, make_images, make_task):
    run = make_run(make_images([[0.0, 0.0], [1.0, 1.0]], labels), tasks={None: make_task()})
    with pytest.raises(ValueError, match="the test images have no two classes"):
        ClassInterpolation(DATA).draw(run)


def test_class_without_test_images_is_refused_by_name(run):
    with pytest.raises(ValueError, match="no test images of fox; name other classes in `pairs`"):
        ClassInterpolation(DATA, pairs=(("cat", "fox"),)).draw(run)


def test_class_that_does_not_exist_is_refused_before_anything_is_trained():
    with pytest.raises(ValueError, match=r"no class 'dgo'; did you mean 'dog'\?"):
        ClassInterpolation(DATA, pairs=(("cat", "dgo"),))


def test_data_without_labels_are_refused_before_anything_is_trained():
    data = DataInfo(image_shape=(1, 4, 4), num_train=1, num_test=1)
    with pytest.raises(ValueError, match="the data have no labels"):
        ClassInterpolation(data)
