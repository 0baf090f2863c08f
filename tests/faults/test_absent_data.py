"""Data that are not there: a check asks nobody for them, and a run that may not fetch says so."""

import socket

import pytest

from framework.cli.main import main

pytestmark = pytest.mark.slow

FOLDERS = {
    "mnist": "MNIST/raw",
    "fashion_mnist": "FashionMNIST/raw",
    "kmnist": "KMNIST/raw",
    "cifar10": "cifar-10-batches-bin",
}
BASIC = ["metrics=[]", "figures=[]"]


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Whatever would reach out is noted and refused; there are no data here."""
    found = []

    def refuse(*given):
        found.append(given)
        raise OSError("the network is forbidden")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setenv("FRAMEWORK_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return found


@pytest.mark.parametrize("name", FOLDERS)
def test_check_asks_nobody_for_data(tmp_path, calls, name):
    assert main(["check", "quickstart", f"dataset={name}", *BASIC]) == 0
    assert calls == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FOLDERS)
def test_run_that_may_not_fetch_names_the_place_and_both_ways_out(tmp_path, calls, capsys, name):
    assert main(["run", "quickstart", f"dataset={{type: {name}, download: false}}", *BASIC]) == 4
    told = capsys.readouterr().err
    assert told.startswith(f"{tmp_path / 'data' / FOLDERS[name]}: error: no ")
    assert "FRAMEWORK_DATA to the folder that holds" in told
    assert "download: true [D026]" in told
    assert calls == []
    assert list(tmp_path.iterdir()) == []


def test_run_that_may_fetch_tells_that_it_could_not(tmp_path, calls, capsys):
    assert main(["run", "quickstart", "dataset=cifar10", *BASIC]) == 4
    assert "download of CIFAR-10 failed: " in capsys.readouterr().err
    assert calls  # else the tests above prove nothing
    assert not (tmp_path / "runs").exists()
