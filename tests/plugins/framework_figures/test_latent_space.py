import pytest
import torch

from framework_figures.latent_space import LatentSpace, choose_places, lines_between, portions_of


@pytest.fixture
def run(make_run, make_images, make_task):
    codes = torch.arange(40.0).reshape(20, 2) / 40
    test, train = make_images(codes, torch.arange(20) % 3), make_images(codes.flip(0))
    return make_run(test, train, tasks={None: make_task(), 0: make_task(scale=5.0)})


def test_codes_are_those_of_the_task_with_labels_and_places(run):
    codes = LatentSpace(run).encode()
    torch.testing.assert_close(codes.values, torch.arange(40.0).reshape(20, 2) / 40)
    assert codes.labels.tolist() == [place % 3 for place in range(20)]
    assert codes.places == list(range(20))
    assert codes.extent == "20"


def test_training_codes_without_labels_have_none(run):
    codes = LatentSpace(run).encode("train")
    torch.testing.assert_close(codes.values[0], torch.tensor([38.0, 39.0]) / 40)
    assert codes.labels is None


def test_subset_is_always_the_same_and_says_how_large_it_is(run):
    space = LatentSpace(run)
    first, second = space.encode(at_most=7), space.encode(at_most=7)
    assert first.places == second.places == sorted(set(first.places))
    assert first.extent == "7 of 20"
    torch.testing.assert_close(first.values, space.encode().values[first.places])
    assert first.labels.tolist() == [place % 3 for place in first.places]


def test_places_are_drawn_from_the_whole_split():
    places = choose_places(1000, 100)
    assert len(places) == 100
    assert min(places) < 50
    assert max(places) > 950
    assert choose_places(3, 5) == choose_places(3, None) == [0, 1, 2]


def test_images_are_encoded_in_batches_without_gradients(make_run, make_images, make_task):
    task = make_task()
    images = make_images(torch.rand(2500, 2, requires_grad=True).detach())
    LatentSpace(make_run(images, tasks={None: task})).encode()
    assert sorted(task.batch_sizes) == [1, 452, 1024, 1024]
    assert task.records is False


def test_portions_cover_the_places_in_their_order(run):
    (portion,) = portions_of(run, "train", [4, 2])
    assert portion.indices.tolist() == [4, 2]


def test_weights_of_an_epoch_are_asked_for_and_missed_by_name(run):
    kept, untrained = LatentSpace(run).encode(), LatentSpace(run, 0).encode()
    torch.testing.assert_close(untrained.values, 5 * kept.values)
    with pytest.raises(ValueError, match=r"weights of epoch 9 are not stored; train again with"):
        LatentSpace(run, 9)


def test_codes_of_several_axes_are_flattened_and_decoded_in_their_shape(
    make_run, make_images, make_task
):
    class Mapped(type(make_task())):
        def encode(self, images):
            return images.flatten(1)[:, :4].unflatten(1, (1, 2, 2))

        def decode(self, codes):
            self.shape = tuple(codes.shape)
            return codes.flatten(1)[:, None, None].expand(-1, 1, 4, -1)

    task = Mapped()
    space = LatentSpace(make_run(make_images(torch.rand(3, 4)), tasks={None: task}))
    codes = space.encode().values
    assert codes.shape == (3, 4)
    assert space.decode(codes).shape == (3, 1, 4, 4)
    assert task.shape == (3, 1, 2, 2)


def test_decoded_images_are_those_of_the_task_without_gradients(run):
    images = LatentSpace(run, needs=("encode", "decode")).decode(torch.tensor([[0.25, 0.5]]))
    assert images[0, 0].tolist() == [[0.25, 0.25, 0.5, 0.5]] * 4
    assert run.task().records is False


def test_lines_are_straight_and_have_both_ends():
    lines = lines_between(torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 0.0]]), 3)
    assert lines.tolist() == [[[0.0, 2.0], [0.5, 1.0], [1.0, 0.0]]]


def test_lines_are_decoded_row_by_row(run):
    lines = torch.tensor([[[0.0, 0.0], [0.5, 0.5]], [[1.0, 1.0], [0.25, 0.25]]])
    images = LatentSpace(run).decode_lines(lines)
    assert images.shape == (2, 2, 1, 4, 4)
    assert images.mean((2, 3, 4)).tolist() == [[0.0, 0.5], [1.0, 0.25]]


def test_task_without_decoder_is_refused_with_what_it_offers(make_run, make_images, make_task):
    class Encoding(type(make_task())):
        def operations(self):
            return {"encode": self.encode}

    run = make_run(make_images(torch.rand(2, 2)), tasks={None: Encoding()})
    assert LatentSpace(run).encode().values.shape == (2, 2)
    expected = r"needs a task that offers encode and decode, and this one offers encode; leave"
    with pytest.raises(ValueError, match=expected):
        LatentSpace(run, needs=("encode", "decode"))


def test_task_that_offers_nothing_is_refused(make_run, make_images, make_task):
    class Silent(type(make_task())):
        def operations(self):
            return {}

    run = make_run(make_images(torch.rand(2, 2)), tasks={None: Silent()})
    with pytest.raises(
        ValueError, match=r"needs a task that offers encode, and this one .* nothing"
    ):
        LatentSpace(run)


def test_codes_that_are_not_finite_are_refused(make_run, make_images, make_task):
    run = make_run(make_images(torch.rand(3, 2)), tasks={None: make_task(scale=float("inf"))})
    with pytest.raises(ValueError, match="codes that are not finite"):
        LatentSpace(run).encode()


def test_decoded_images_of_another_shape_are_refused_with_both(make_run, make_images, make_task):
    class Small(type(make_task())):
        def decode(self, codes):
            return codes[:, None, None]

    run = make_run(make_images(torch.rand(3, 2)), tasks={None: Small()})
    with pytest.raises(ValueError, match=r"shape \(1, 4, 4\), found \(1, 1, 2\)"):
        LatentSpace(run).decode(torch.zeros(1, 2))
