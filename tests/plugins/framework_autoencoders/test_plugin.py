import inspect
from importlib import import_module

import pytest

from framework_autoencoders.plugin import provide_losses, provide_networks, provide_tasks


@pytest.mark.parametrize(
    "path",
    [*provide_networks().values(), *provide_losses().values(), *provide_tasks().values()],
)
def test_provided_component_exists_and_documents_its_parameters(path):
    module, attribute = path.split(":")
    factory = getattr(import_module(module), attribute)
    settable = [
        name
        for name, parameter in inspect.signature(factory).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    assert factory.__doc__
    assert all(f"    {name}: " in factory.__doc__ for name in settable)
