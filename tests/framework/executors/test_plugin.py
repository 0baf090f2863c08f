from framework.discovery import discover
from framework.executors.processes import Processes


def test_processes_are_an_executor_as_any_plugins():
    component = discover([]).find("executor", "processes")
    assert component.factory is Processes
    assert component.owner == "executors"
    assert component.parameters.validate({}).values == {"num_workers": None}
