import pytest
import torch
from torch import nn

from framework import DataInfo
from framework_autoencoders.encoders import ConvEncoder
from framework_autoencoders.quantisers import VectorQuantiser, one_hot

DATA = DataInfo(image_shape=(1, 8, 8), num_train=10, num_test=10)


def make_quantiser(**parameters):
    torch.manual_seed(0)
    encoder = ConvEncoder(
        DATA, channels=(2,), kernel_sizes=(3,), strides=(2,), paddings=(1,), latent_dim=6
    )
    return VectorQuantiser(encoder, **({"num_groups": 3, "num_codes": 4} | parameters))


def make_codes(num=32, seed=1):
    return torch.randn(num, 6, generator=torch.Generator().manual_seed(seed))


def nearest_by_hand(quantiser, code):
    """The vectors of each group's codebook that are nearest, one after the other."""
    found = []
    for group, values in enumerate(code.split(2)):
        distances = [(values - vector).square().sum() for vector in quantiser.codebooks[group]]
        found.append(min(range(4), key=lambda number: distances[number]))
    return found


def test_each_group_becomes_the_nearest_vector_of_its_codebook():
    quantiser, codes = make_quantiser(), make_codes()
    chosen = quantiser.choose(codes)
    quantised = quantiser(codes)
    for code, numbers, found in zip(codes, chosen.tolist(), quantised, strict=True):
        assert numbers == nearest_by_hand(quantiser, code)
        vectors = [quantiser.codebooks[group, number] for group, number in enumerate(numbers)]
        assert torch.equal(found, torch.cat(vectors))


def test_quantised_codes_stay_what_they_are():
    quantiser = make_quantiser()
    quantised = quantiser(make_codes())
    assert torch.equal(quantiser(quantised), quantised)


def test_gradient_passes_straight_through():
    quantiser, codes = make_quantiser(), make_codes().requires_grad_()
    weights = make_codes(seed=2)
    (quantiser(codes) * weights).sum().backward()
    assert torch.equal(codes.grad, weights)


def test_codebooks_belong_to_the_state_and_to_no_optimizer():
    quantiser = make_quantiser()
    assert list(quantiser.parameters()) == []
    assert list(quantiser.state_dict()) == ["codebooks", "usage", "sums"]


def test_vectors_become_the_running_means_of_the_codes_that_choose_them():
    quantiser = make_quantiser(decay=0.9, min_usage=0.0)
    sums, counts = torch.zeros(3, 4, 2), torch.zeros(3, 4)
    for seed in range(5):
        codes, before = make_codes(seed=seed), quantiser.codebooks.clone()
        chosen = quantiser.choose(codes)
        quantiser.adapt(codes)
        sums, counts = 0.9 * sums, 0.9 * counts
        for code, numbers in zip(codes, chosen.tolist(), strict=True):
            for group, number in enumerate(numbers):
                sums[group, number] += 0.1 * code[2 * group : 2 * group + 2]
                counts[group, number] += 0.1
        is_used = counts > 0
        expected = torch.where(
            is_used.unsqueeze(2), sums / counts.clamp(min=1e-9).unsqueeze(2), before
        )
        torch.testing.assert_close(quantiser.codebooks, expected)
        torch.testing.assert_close(quantiser.usage, counts * 4 / 32)


def test_vector_that_nothing_chooses_stays_where_restarts_are_off():
    quantiser = make_quantiser(min_usage=0.0)
    quantiser.codebooks[0, 2] = 1e3
    for seed in range(3):
        quantiser.adapt(make_codes(seed=seed))
    assert quantiser.codebooks[0, 2].tolist() == [1e3, 1e3]
    assert quantiser.usage[0, 2] == 0


def test_vector_that_is_hardly_chosen_is_restarted_at_a_code_of_the_batch():
    quantiser = make_quantiser(decay=0.5, min_usage=0.2)
    quantiser.adapt(make_codes())
    quantiser.codebooks[1, 3] = quantiser.sums[1, 3] = 1e3
    dead_for = 0
    while quantiser.codebooks[1, 3, 0] == 1e3:
        codes = make_codes(seed=dead_for)
        quantiser.adapt(codes)
        dead_for += 1
        quantiser.sums[1, 3] = 1e3 * quantiser.usage[1, 3] if dead_for < 3 else quantiser.sums[1, 3]
    assert dead_for == 3  # 1, 1/2, 1/4, then 1/8 of even use
    assert any(torch.equal(quantiser.codebooks[1, 3], code[2:4]) for code in codes)
    assert quantiser.usage[1, 3] == 1


def test_restarted_vector_is_averaged_from_where_it_was_put():
    quantiser = make_quantiser(decay=0.9, min_usage=0.99)
    for seed in range(3):
        quantiser.adapt(make_codes(seed=seed))
        assert (quantiser.usage == 1).any()  # restarted
        means = quantiser.sums / quantiser.usage.unsqueeze(2)
        torch.testing.assert_close(quantiser.codebooks, means)


def test_restarts_bring_a_collapsed_codebook_back_into_use():
    def num_used(**parameters):
        quantiser = make_quantiser(**parameters)
        quantiser.codebooks[:, 1:] = 1e3
        for seed in range(300):
            quantiser.adapt(make_codes(seed=seed))
        return len(quantiser.choose(make_codes(seed=999)).flatten().unique())

    assert num_used(min_usage=0.0) == 1
    assert num_used(min_usage=0.01) == 4


def test_same_random_state_gives_the_same_codebooks():
    def adapted(seed):
        quantiser = make_quantiser()
        torch.manual_seed(seed)
        quantiser.adapt(make_codes())
        return quantiser.codebooks

    assert torch.equal(adapted(1), adapted(1))
    assert not torch.equal(adapted(1), adapted(2))


def test_one_hot_marks_what_is_chosen():
    assert one_hot(torch.tensor([[1, 0]]), 3).tolist() == [[[0, 1, 0], [1, 0, 0]]]


def test_groups_that_do_not_divide_the_code_are_refused():
    with pytest.raises(ValueError, match="4 groups do not divide the encoder's latent_dim 6"):
        make_quantiser(num_groups=4)


def test_encoder_without_latent_dim_is_refused():
    with pytest.raises(ValueError, match="Flatten states no latent_dim"):
        VectorQuantiser(nn.Flatten())
