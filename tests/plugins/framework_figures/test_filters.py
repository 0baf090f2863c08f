import numpy as np
import pytest
import torch
from torch import nn

from framework_figures.filters import Filters

RED, BLUE = 0, 2


def network_of(*weights, channels=1):
    """A network with one kernel of two by two pixels per weight, the same in each of its places."""
    convolution = nn.Conv2d(channels, len(weights), 2)
    values = torch.tensor(weights).reshape(-1, 1, 1, 1).expand_as(convolution.weight)
    convolution.weight = nn.Parameter(values.clone())
    return nn.Sequential(nn.Identity(), nn.Sequential(convolution, nn.Conv2d(len(weights), 1, 1)))


def colours_of(strip):
    """The colour in the middle of each kernel of a row."""
    return np.asarray(strip.get_array())[24, 24::102].astype(int).tolist()


def labels_of(drawing):
    return [text.get_text() for text in drawing.texts if text.get_text()]


def test_kernels_are_red_where_they_add_and_blue_where_they_take_away(make_run):
    run = make_run(built={None: {"encoder": network_of(1.0, -1.0, 0.0)}})
    (strip,) = Filters().draw(run).images
    adds, takes, none = colours_of(strip)
    assert adds[RED] > adds[BLUE] + 60
    assert takes[BLUE] > takes[RED] + 60
    assert min(none) > 240


def test_kernels_before_training_are_on_the_same_scale(make_run):
    networks = {0: {"encoder": network_of(0.5, -1.0)}, None: {"encoder": network_of(1.0, 0.5)}}
    figure = Filters(untrained=True)
    assert tuple(figure.epochs) == (0,)
    drawing = figure.draw(make_run(built=networks))
    before, after = drawing.images
    assert labels_of(drawing) == ["untrained", "kept (epoch 3)", "weight"]
    assert colours_of(before)[0] == colours_of(after)[1]


def test_trained_kernels_alone_need_no_snapshot(make_run):
    assert tuple(Filters().epochs) == ()
    drawing = Filters().draw(make_run(built={None: {"encoder": network_of(1.0)}}))
    assert labels_of(drawing) == ["kept (epoch 3)", "weight"]


def test_network_is_the_named_one_or_the_first_that_has_a_convolution(make_run):
    networks = {"head": nn.Linear(2, 2), "first": network_of(1.0), "second": network_of(-1.0)}
    run = make_run(built={None: networks})
    (unnamed,), (named,) = Filters().draw(run).images, Filters(network="second").draw(run).images
    assert colours_of(unnamed)[0][RED] > colours_of(unnamed)[0][BLUE]
    assert colours_of(named)[0][RED] < colours_of(named)[0][BLUE]


def test_long_rows_go_on_below_and_end_at_the_largest_number(make_run):
    run = make_run(built={None: {"encoder": network_of(*[1.0] * 20)}})
    widths = [len(colours_of(strip)) for strip in Filters(max_num_filters=11).draw(run).images]
    assert widths == [8, 3]


def test_channels_of_a_kernel_stand_side_by_side(make_run):
    run = make_run(built={None: {"encoder": network_of(1.0, -1.0, channels=2)}})
    (strip,) = Filters().draw(run).images
    is_red = [colour[RED] > colour[BLUE] for colour in colours_of(strip)]
    assert is_red == [True] * 2 + [False] * 2


def test_kernel_over_three_channels_has_its_colours(make_run):
    network = network_of(0.0, 0.0, channels=3)
    with torch.no_grad():
        network[1][0].weight[0, RED] = 1.0
        network[1][0].weight[1, BLUE] = -1.0
    drawing = Filters().draw(make_run(built={None: {"encoder": network}}))
    (strip,) = drawing.images
    assert colours_of(strip) == [[255, 128, 128], [128, 128, 0]]
    (scale,) = drawing.axes[-1].images
    assert scale.get_cmap().name == "gray"


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (None, "no convolution in encoder or head"),
        ("head", "no convolution in head"),
        ("encodr", "no network named 'encodr'; did you mean 'encoder'"),
        ("x", "no network named 'x'; they are encoder, head"),
    ],
)
def test_missing_convolution_is_told(make_run, network, message):
    run = make_run(built={None: {"encoder": nn.Linear(2, 2), "head": nn.Linear(2, 2)}})
    with pytest.raises(ValueError, match=message):
        Filters(network=network).draw(run)
