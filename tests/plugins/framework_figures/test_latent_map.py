import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from framework_figures.classes import CLASS_PALETTE
from framework_figures.latent_map import LatentMap
from framework_figures.style import PALETTE

NAMES = ("cat", "dog", "owl")


@pytest.fixture
def run(make_run, make_images, make_task):
    labels = torch.arange(60) % 3
    codes = torch.rand(60, 2, generator=torch.Generator().manual_seed(0)) / 4
    codes[:, 0] += labels / 4
    tasks = {None: make_task(), 0: make_task(scale=0.01)}
    return make_run(make_images(codes, labels), class_names=NAMES, tasks=tasks)


def points_of(axes):
    """The points that are shown, as code → colour."""
    (shown,) = axes.collections
    colours = [to_hex(colour) for colour in shown.get_facecolors()]
    return {tuple(place): c for place, c in zip(shown.get_offsets().data, colours, strict=True)}


def test_codes_are_shown_in_the_colours_of_their_classes(run):
    (axes,) = LatentMap().draw(run).axes
    codes = run.test_set.images.flatten(1)[:, :2].double().numpy()
    expected = [CLASS_PALETTE[label] for label in run.test_set.labels.tolist()]
    assert points_of(axes) == dict(zip(map(tuple, codes), expected, strict=True))


def test_every_class_is_named_in_the_legend_and_at_its_points(run):
    drawing = LatentMap().draw(run)
    (legend,) = drawing.legends
    assert [text.get_text() for text in legend.get_texts()] == list(NAMES)
    assert [handle.get_color() for handle in legend.legend_handles] == list(CLASS_PALETTE[:3])
    assert [text.get_text() for text in drawing.axes[0].texts] == list(NAMES)


def test_legend_of_long_names_stays_within_the_picture(make_run, make_images, make_task):
    names = tuple(f"a class of a very long name, the {number}" for number in range(5))
    images = make_images(torch.rand(20, 2), torch.arange(20) % 5)
    drawing = LatentMap().draw(make_run(images, class_names=names, tasks={None: make_task()}))
    drawing.canvas.draw()
    (legend,) = drawing.legends
    extent = legend.get_window_extent()
    assert extent.x0 >= 0
    assert extent.x1 <= drawing.bbox.width


def test_map_says_which_weights_and_how_many_images_it_shows(run):
    (axes,) = LatentMap(num_images=20, projection="pca").draw(run).axes
    assert axes.get_title(loc="left") == "trained, epoch 3"
    assert axes.get_title(loc="right") == "PCA · 20 of 60 held-out images"
    assert axes.get_xlabel().startswith("component 1: ")
    assert len(axes.collections[0].get_offsets()) == 20


def test_untrained_codes_stand_beside_the_trained_ones(run):
    figure = LatentMap(beside_untrained=True)
    assert (figure.epochs, LatentMap().epochs) == ((0,), ())
    untrained, trained = figure.draw(run).axes
    assert untrained.get_title(loc="left") == "untrained"
    assert np.max(list(points_of(untrained))) == pytest.approx(
        0.01 * np.max(list(points_of(trained))), rel=1e-5
    )


def test_neighbour_maps_show_no_axes(run):
    (axes,) = LatentMap(projection="tsne").draw(run).axes
    assert axes.get_title(loc="right") == "t-SNE · 60 held-out images"
    assert (axes.get_xlabel(), axes.get_ylabel(), len(axes.get_xticks())) == ("", "", 0)


def test_codes_without_labels_have_one_colour_and_no_legend(make_run, make_images, make_task):
    run = make_run(make_images(torch.rand(8, 2)), tasks={None: make_task()})
    drawing = LatentMap().draw(run)
    assert set(points_of(drawing.axes[0]).values()) == {PALETTE[0]}
    assert drawing.legends == []


def test_more_classes_than_can_be_named_are_shown_without_names(make_run, make_images, make_task):
    names = tuple(map(str, range(30)))
    images = make_images(torch.rand(60, 2), torch.arange(60) % 30)
    drawing = LatentMap().draw(make_run(images, class_names=names, tasks={None: make_task()}))
    assert len(set(points_of(drawing.axes[0]).values())) == 30
    assert (drawing.legends, len(drawing.axes[0].texts)) == ([], 0)


def test_codes_of_one_dimension_are_shown(make_run, make_images, make_task):
    images = make_images(torch.rand(30, 1), torch.arange(30) % 3)
    run = make_run(images, class_names=NAMES, tasks={None: make_task(1)})
    (axes,) = LatentMap().draw(run).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("latent 1", "")
