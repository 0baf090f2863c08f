import socket
from contextlib import ExitStack, suppress

import psutil
import pytest
import torch

from framework.errors import StorageError
from framework.executors import clusters
from framework.executors.clusters import connected, num_places


@pytest.fixture
def dask_ports():
    """The ports that Dask takes by itself, in use."""
    with ExitStack() as stack:
        for port in (8786, 8787):
            with suppress(OSError):  # somebody else has it: all the better
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
        yield


@pytest.mark.usefixtures("dask_ports")
def test_own_cluster_listens_on_this_machine_only_wherever_there_is_a_port():
    before = listening()
    with connected(None, 2, 0) as client:
        assert num_places(client, 0) == 2
        found = listening() - before
    assert found
    assert {ip for ip, _ in found} == {"127.0.0.1"}
    assert listening() <= before


def test_cluster_that_cannot_be_reached_is_a_fault_with_the_way_to_start_one(monkeypatch):
    monkeypatch.setattr(clusters, "_SECONDS_TO_CONNECT", 0.3)
    with (
        pytest.raises(StorageError, match="dask scheduler") as caught,
        connected("tcp://127.0.0.1:9", 1, 0),
    ):
        pass
    assert caught.value.faults[0].identifier == "E083"
    assert caught.value.faults[0].place == "tcp://127.0.0.1:9"


def test_server_that_is_no_scheduler_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(clusters, "_SECONDS_TO_CONNECT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:  # it accepts, and says nothing
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        message = r"no scheduler has answered within 0.5 s\).*E083"
        with pytest.raises(StorageError, match=message), connected(address, 1, 0):
            pass


@pytest.mark.parametrize("address", ["tls://127.0.0.1:9", "http://127.0.0.1:9", "nonsense", ""])
def test_address_that_is_none_is_a_fault(address):
    with pytest.raises(StorageError, match="E083"), connected(address, 1, 0):
        pass


def test_own_cluster_has_the_gpus_of_this_machine(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    with connected(None, 4, 2) as client:
        assert num_places(client, 2) == 1
        assert num_places(client, 1) == 3
    with (
        pytest.raises(StorageError, match="num_gpus is 4, and this machine has 3"),
        connected(None, 4, 4),
    ):
        pass


def listening():
    connections = psutil.Process().net_connections(kind="inet")
    return {tuple(each.laddr) for each in connections if each.status == psutil.CONN_LISTEN}
