import inspect
from importlib import import_module

import pytest

from framework_classification import plugin

PROVIDED = [
    path
    for hook in (plugin.provide_networks, plugin.provide_losses, plugin.provide_tasks)
    for path in hook().values()
]


@pytest.mark.parametrize("path", PROVIDED)
def test_provided_component_exists_and_documents_its_parameters(path):
    module, attribute = path.split(":")
    factory = getattr(import_module(module), attribute)
    parameters = inspect.signature(factory).parameters.values()
    settable = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    assert factory.__doc__
    assert all(f"    {name}: " in factory.__doc__ for name in settable)
