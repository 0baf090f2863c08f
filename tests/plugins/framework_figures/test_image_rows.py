import pytest
import torch

from framework import ImageSet
from framework_figures.image_rows import Caption, Row, choose_images, draw_rows, fixed_noise

CPU = torch.device("cpu")


def test_first_of_each_class_is_chosen_first_then_the_others():
    labels = torch.tensor([2, 2, 0, 1, 0, 1])
    assert choose_images(ImageSet(torch.zeros(6, 1, 2, 2), labels), 5) == [2, 3, 0, 1, 4]


def test_images_without_labels_are_chosen_in_their_order():
    images = ImageSet(torch.zeros(3, 1, 2, 2))
    assert (choose_images(images, 2), choose_images(images, 9)) == ([0, 1], [0, 1, 2])


def test_noise_is_the_same_and_the_random_state_left_as_it_was():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    with fixed_noise(CPU):
        first = torch.rand(4)
    assert torch.equal(torch.rand(4), expected)
    with fixed_noise(CPU):
        assert torch.equal(torch.rand(4), first)


def test_rows_are_drawn_from_top_to_bottom_with_their_labels():
    rows = [Row(label, note, torch.rand(3, 1, 28, 28)) for label, note in (("a", "x"), ("b", ""))]
    drawing = draw_rows(rows, (0.0, 1.0))
    assert [text.get_text() for text in drawing.texts] == ["a", "x", "b", ""]
    first, second = drawing.images
    assert first.oy > second.oy
    assert first.get_array().shape == (84, 3 * 84 + 2 * 8, 3)


def test_captions_stand_above_the_middle_of_their_images():
    captions = [Caption("one"), Caption("two", "#d55e00")]
    rows = [
        Row("a", "", torch.rand(2, 1, 28, 28), captions),
        Row("b", "", torch.rand(2, 1, 28, 28)),
    ]
    drawing = draw_rows(rows, (0.0, 1.0))
    first, second = drawing.images
    texts = {text.get_text(): text for text in drawing.texts}
    assert texts["two"].get_color() == "#d55e00"
    for index, name in enumerate(("one", "two")):
        box = texts[name].get_window_extent()
        assert (box.x0 + box.x1) / 2 == pytest.approx(first.ox + index * 92 + 42, abs=1)
        assert box.y0 >= first.oy + 84
        assert box.y1 <= drawing.get_size_inches()[1] * drawing.dpi
    assert first.oy - second.oy == 92


def test_header_is_left_free_above_the_rows():
    rows = [Row("a", "", torch.rand(2, 1, 28, 28))]
    plain, headed = draw_rows(rows, (0.0, 1.0)), draw_rows(rows, (0.0, 1.0), header_pixels=300)
    heights = [drawing.get_size_inches()[1] * drawing.dpi for drawing in (plain, headed)]
    assert heights[1] - heights[0] == pytest.approx(300)
    assert headed.images[0].oy == plain.images[0].oy


def test_picture_is_as_wide_as_the_longest_row():
    rows = [Row("a", "", torch.rand(n, 1, 28, 28)) for n in (1, 3)]
    drawing, longest = draw_rows(rows, (0.0, 1.0)), draw_rows(rows[1:], (0.0, 1.0))
    assert drawing.get_size_inches()[0] == longest.get_size_inches()[0]
