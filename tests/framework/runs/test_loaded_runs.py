"""A loaded run does what its task declares, for arrays and tensors, without gradients."""

import copy

import numpy as np
import pytest
import torch

from framework.errors import DataError, PluginError


@pytest.fixture
def images():
    return np.random.default_rng(0).random((7, 1, 8, 8), dtype=np.float32)


def test_operations_are_those_declared_and_those_that_follow(loaded):
    assert list(loaded.operations)[:4] == ["encode", "decode", "reconstruct", "classify"]
    assert {"interpolate", "anomaly"} <= loaded.operations.keys()
    assert {"encode", "generate", "record"} <= set(dir(loaded))


def test_arrays_are_answered_with_arrays_and_tensors_with_tensors(loaded, images):
    codes = loaded.encode(images)
    assert isinstance(codes, np.ndarray)
    assert (codes.shape, codes.dtype) == ((7, 6), np.float32)
    same = loaded.encode(torch.from_numpy(images))
    assert isinstance(same, torch.Tensor)
    assert np.array_equal(same.numpy(), codes)
    assert not same.requires_grad


def test_batches_of_three_answer_what_the_networks_answer(loaded, images):
    with torch.no_grad():
        codes = loaded.networks["encoder"](torch.from_numpy(images))
        restored = loaded.networks["decoder"](codes).sigmoid()
    assert np.allclose(loaded.encode(images), codes, atol=1e-6)
    assert np.allclose(loaded.reconstruct(images), restored, atol=1e-6)
    assert np.allclose(loaded.decode(codes.numpy()), restored, atol=1e-6)


def test_networks_are_in_eval_mode_and_frozen(loaded):
    for network in loaded.networks.values():
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())


def test_pixels_count_as_images(loaded, images):
    pixels = (images * 255).astype(np.uint8)
    expected = loaded.reconstruct(pixels.astype(np.float32) / 255)
    assert np.allclose(loaded.reconstruct(pixels), expected, atol=1e-6)


def test_generated_images_depend_on_the_seed_and_their_place_alone(loaded):
    few, many = loaded.generate(3), loaded.generate(230)
    assert (few.shape, many.shape) == ((3, 1, 8, 8), (230, 1, 8, 8))
    assert torch.allclose(few, many[:3], atol=1e-6)
    assert not torch.allclose(many[0], many[100])
    assert not torch.equal(few, loaded.generate(3, seed=1))
    assert loaded.rank(5).shape == (5,)


def test_noise_may_be_given(loaded):
    noise = loaded.prepared("generate", 4, seed=2).numpy()
    assert np.allclose(loaded.generate(noise), loaded.generate(4, seed=2), atol=1e-6)


def test_random_state_of_the_caller_stays_as_it_is(loaded, images):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    loaded.generate(3)
    loaded.encode(images)
    assert torch.equal(torch.get_rng_state(), before)


def test_interpolation_ends_in_the_reconstructions(loaded, images):
    path = loaded.interpolate(images[:2], num_images=4)
    assert path.shape == (4, 1, 8, 8)
    assert np.allclose(path[[0, 3]], loaded.reconstruct(images[:2]), atol=1e-6)


def test_anomaly_scores_each_image(loaded, images):
    errors = ((loaded.reconstruct(images) - images) ** 2).mean((1, 2, 3))
    assert np.allclose(loaded.anomaly(images), errors, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("encode", "codes"),
        ("reconstruct", "images"),
        ("classify", "probabilities"),
        ("brightness", "scores"),
        ("rank", "scores"),
        ("interpolate", "images"),
    ],
)
def test_answers_are_as_declared_or_as_they_look(loaded, name, kind):
    assert loaded.answers(name) == kind


def test_unknown_operation_is_an_attribute_error_that_names_those_there_are(loaded):
    with pytest.raises(AttributeError, match=r"no operation 'encod'; did you mean 'encode'\?"):
        loaded.encod  # noqa: B018
    with pytest.raises(AttributeError, match="there are: encode, decode, reconstruct, classify, "):
        loaded.zzz  # noqa: B018
    assert not hasattr(loaded, "denoise")


def test_run_can_be_copied(loaded, images):
    assert np.array_equal(copy.copy(loaded).encode(images), loaded.encode(images))


@pytest.mark.parametrize(
    ("operation", "inputs", "complaint"),
    [
        ("encode", np.zeros((2, 8, 7)), r"found \(2, 8, 7\) \[D084\]"),
        ("decode", np.zeros((2, 5)), r"shape \(any, 6\), found \(2, 5\) \[D084\]"),
        ("generate", np.zeros((2, 5)), r"noise: error: expected .* \(any, 6\)"),
        ("encode", 3, r"encode: error: expected images, found the number 3 \[D085\]"),
        ("generate", 0, r"expected a number of at least 1, found the number 0 \[D085\]"),
        ("interpolate", np.zeros((3, 8, 8)), r"from one image to another, found 3 \[D084\]"),
        ("interpolate", 2, "expected two images, found the number 2"),
    ],
)
def test_what_an_operation_does_not_take_is_refused(loaded, operation, inputs, complaint):
    with pytest.raises(DataError, match=complaint):
        loaded.apply(operation, inputs)


def test_an_operation_that_does_not_answer_each_input_is_its_plugins_fault(loaded, images):
    with pytest.raises(PluginError, match=r"'forget' of .* answers a tensor of \(2, .*for 3 \[P0"):
        loaded.forget(images)
