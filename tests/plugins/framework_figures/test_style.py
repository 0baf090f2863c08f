import pytest

from framework_figures.style import (
    count_epochs,
    make_drawing,
    mark_epoch,
    write_caption,
    write_label,
)


def test_drawing_has_the_size_asked_for_without_pyplot():
    drawing = make_drawing(1200, 660)
    assert drawing.canvas.get_width_height() == (1200, 660)
    assert drawing.canvas.manager is None


@pytest.mark.parametrize(("epoch", "side"), [(2, "left"), (90, "right")])
def test_note_stands_on_the_side_with_more_room(epoch, side):
    axes = make_drawing(400, 300).add_subplot()
    count_epochs(axes, 100)
    mark_epoch(axes, epoch, "kept")
    (note,) = axes.texts
    assert note.get_horizontalalignment() == side


def test_label_stands_above_its_note_and_alone_in_the_middle():
    drawing = make_drawing(200, 100)
    write_label(drawing, "epoch 1", "MSE 0.1", at_pixels=(20, 50))
    write_label(drawing, "original", "", at_pixels=(20, 50))
    label, note, alone, _ = drawing.texts
    assert label.get_window_extent().y0 > note.get_window_extent().y1
    extent = alone.get_window_extent()
    assert abs((extent.y0 + extent.y1) / 2 - 50) <= 2


def test_caption_stands_on_its_place_and_is_centred():
    drawing = make_drawing(200, 100)
    write_caption(drawing, "bag", "#d55e00", at_pixels=(80, 40))
    extent = drawing.texts[0].get_window_extent()
    assert abs((extent.x0 + extent.x1) / 2 - 80) <= 1
    assert 39 <= extent.y0 < extent.y1
