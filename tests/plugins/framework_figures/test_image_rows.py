import torch

from framework import ImageSet
from framework_figures.image_rows import Row, choose_images, draw_rows, fixed_noise

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
