import pytest
import torch
from matplotlib.patches import Rectangle

from framework import ImageSet, LayerRow
from framework_figures.architecture import Architecture

LAYERS = (
    LayerRow("encoder", "conv", "Conv2d", (1, 8, 8), (4, 4, 4), 40),
    LayerRow("encoder", "relu", "ReLU", (4, 4, 4), (4, 4, 4), 0),
    LayerRow("encoder", "norm", "BatchNorm2d", (4, 4, 4), (4, 4, 4), 8),
    LayerRow("encoder", "flatten", "Flatten", (4, 4, 4), (64,), 0),
    LayerRow("encoder", "latent", "Linear", (64,), (2,), 1130),
    LayerRow("decoder", "", "Linear", (2,), (64,), 192),
    LayerRow("decoder", "out", "Sigmoid", (64,), (64,), 0),
)


@pytest.fixture
def run(make_run):
    return make_run(test_set=ImageSet(torch.zeros(1, 1, 8, 8)), layers=LAYERS)


def lines_of(drawing):
    """The words of each line, from top to bottom and left to right."""
    (axes,) = drawing.axes
    places = {}
    for text in axes.texts:
        x, y = text.get_position()
        places.setdefault(y, []).append((x, text.get_text()))
    return [[word for _, word in sorted(places[y]) if word] for y in sorted(places)]


def bars_of(drawing):
    bars = [p for p in drawing.axes[0].patches if isinstance(p, Rectangle)]
    return [bar.get_width() for bar in sorted(bars, key=lambda bar: bar.get_y())]


def test_every_layer_has_a_line_and_activations_stand_in_that_of_their_layer(run):
    assert lines_of(Architecture().draw(run)) == [
        ["layer", "kind", "output", "parameters"],
        ["image", "1 x 8 x 8"],
        ["encoder", "1,178"],
        ["conv", "Conv2d, ReLU", "4 x 4 x 4", "40"],
        ["norm", "BatchNorm2d", "4 x 4 x 4", "8"],
        ["flatten", "Flatten", "64"],
        ["latent", "Linear", "2", "1,130"],
        ["decoder", "192"],
        ["decoder", "Linear, Sigmoid", "64", "192"],
    ]


def test_bars_are_as_long_as_outputs_have_values(run):
    image, conv, norm, flatten, latent, decoder = bars_of(Architecture().draw(run))
    assert image == conv == norm == flatten == decoder == 320
    assert latent == pytest.approx(8 + (320 - 8) / 6)


def test_no_text_reaches_into_another_or_out_of_the_picture(run):
    drawing = Architecture().draw(run)
    drawing.draw_without_rendering()
    boxes = [t.get_window_extent() for t in drawing.axes[0].texts if t.get_text()]
    width, height = drawing.get_size_inches() * drawing.dpi
    assert all(box.x0 >= 0 and box.x1 <= width for box in boxes)
    assert all(box.y0 >= 0 and box.y1 <= height for box in boxes)
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:index])


def test_networks_without_layers_are_told(make_run):
    with pytest.raises(ValueError, match="no layers to show"):
        Architecture().draw(make_run(layers=()))
