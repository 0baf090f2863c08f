"""Seeds are pure functions of (seed, purpose, index)."""

import torch

from framework.seeding import derive_seed, draw_seed, make_generator, seed_generators


def test_derive_seed_is_pinned():
    """A change here would make every stored run resume to other bits."""
    assert [derive_seed(0, "step", i) for i in range(3)] == [
        655405256190377482,
        5971176322715097801,
        6714148390354736595,
    ]


def test_derive_seed_differs_in_every_argument():
    seeds = {
        derive_seed(seed, purpose, index)
        for seed in range(10)
        for purpose in ("step", "order")
        for index in range(100)
    }
    assert len(seeds) == 2000
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_seed_generators_repeats_noise():
    cpu = torch.device("cpu")
    seed_generators(7, cpu)
    first = torch.rand(4)
    torch.rand(9)
    seed_generators(7, cpu)
    assert torch.equal(torch.rand(4), first)


def test_make_generator_leaves_the_global_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    assert torch.rand(5, generator=make_generator(0, "order")).shape == (5,)
    assert torch.equal(torch.rand(2), expected)


def test_draw_seed_can_be_typed():
    assert 0 <= draw_seed() < 2**31
