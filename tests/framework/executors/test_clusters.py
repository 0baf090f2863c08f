import psutil
import pytest
import torch

from framework.errors import StorageError
from framework.executors import clusters
from framework.executors.clusters import connected, num_places


def test_own_cluster_listens_on_this_machine_only():
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
