import inspect
from importlib import import_module

import pytest
import torch
from torch import nn

from framework_torch.optimizers import adam, adamw, sgd
from framework_torch.plugin import provide_metrics, provide_optimizers

REFERENCES = {
    adam: lambda tensors: torch.optim.Adam(tensors, lr=1e-2, weight_decay=1e-2),
    adamw: lambda tensors: torch.optim.AdamW(tensors, lr=1e-2, weight_decay=1e-2),
    sgd: lambda tensors: torch.optim.SGD(tensors, lr=1e-2, weight_decay=1e-2),
}


def trained(make_optimizer):
    torch.manual_seed(0)
    network = nn.Linear(5, 3)
    optimizer = make_optimizer(network.parameters())
    for _ in range(5):
        optimizer.zero_grad()
        network(torch.ones(2, 5)).square().mean().backward()
        optimizer.step()
    return network.weight.detach()


@pytest.mark.parametrize("factory", REFERENCES)
def test_optimizer_steps_as_pytorch_does(factory):
    ours = trained(lambda tensors: factory(tensors, lr=1e-2, weight_decay=1e-2))
    torch.testing.assert_close(ours, trained(REFERENCES[factory]), atol=1e-6, rtol=1e-5)


def test_momentum_changes_the_steps_of_sgd():
    plain = trained(sgd)
    nesterov = trained(lambda tensors: sgd(tensors, momentum=0.9, nesterov=True))
    assert not torch.equal(plain, nesterov)


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(ValueError, match="momentum above 0"):
        sgd([torch.zeros(1, requires_grad=True)], nesterov=True)


@pytest.mark.parametrize("factory", REFERENCES)
def test_optimizer_is_fused_only_where_the_device_can(factory):
    assert factory([torch.zeros(2, requires_grad=True)]).defaults["fused"] is True
    assert factory([torch.zeros(2, device="meta", requires_grad=True)]).defaults["fused"] is None


@pytest.mark.parametrize("factory", REFERENCES)
def test_optimizer_takes_parameter_groups(factory):
    first, second = (torch.zeros(2, requires_grad=True) for _ in range(2))
    optimizer = factory([{"params": first, "lr": 0.5}, {"params": iter([second])}], lr=0.1)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1]
    assert optimizer.param_groups[1]["params"][0] is second
    assert optimizer.defaults["fused"] is True


@pytest.mark.parametrize("factory", REFERENCES)
def test_optimizer_without_parameters_is_refused(factory):
    with pytest.raises(ValueError, match="empty parameter list"):
        factory([])


@pytest.mark.parametrize("path", [*provide_optimizers().values(), *provide_metrics().values()])
def test_provided_components_exist_and_document_their_parameters(path):
    module, attribute = path.split(":")
    factory = getattr(import_module(module), attribute)
    settable = [
        name
        for name, parameter in inspect.signature(factory).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    assert all(f"    {name}: " in factory.__doc__ for name in settable)
