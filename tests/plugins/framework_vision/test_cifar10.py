import hashlib
import io
import os
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
import torch

from framework import DataError
from framework_vision.cifar10 import Cifar10, cifar10
from framework_vision.downloading import Archive

FOLDER = "cifar-10-batches-bin"
NAMES = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
NUM_PER_FILE = 20


def records(seed, labels=None):
    pixels = np.random.default_rng(seed).integers(0, 256, (NUM_PER_FILE, 3072), dtype=np.uint8)
    labels = np.arange(NUM_PER_FILE) % 10 if labels is None else np.array(labels)
    return np.hstack([labels.astype(np.uint8)[:, None], pixels]).tobytes()


def good_files():
    return {name: records(seed) for seed, name in enumerate(NAMES)}


def write_files(root, files):
    (root / FOLDER).mkdir(parents=True)
    for name, content in files.items():
        (root / FOLDER / name).write_bytes(content)
    return root / FOLDER


def faults_of(action):
    with pytest.raises(DataError) as caught:
        action()
    return [(fault.identifier, fault.place.rpartition("/")[2]) for fault in caught.value.faults]


def test_info_of_absent_data_is_as_published(tmp_path):
    info = cifar10(root=tmp_path, leave_out=("frog",)).info
    assert info.image_shape == (3, 32, 32)
    assert (info.num_train, info.num_test, info.num_classes) == (45_000, 10_000, 10)
    assert info.class_names[6] == "frog"
    assert not any(tmp_path.iterdir())


def test_records_are_read_channel_by_channel(tmp_path):
    files = good_files()
    write_files(tmp_path, files)
    dataset = cifar10(root=tmp_path, download=False)
    bundle = dataset.load()
    assert (dataset.info.num_train, dataset.info.num_test) == (100, 20)
    assert bundle.train.images.shape == (100, 3, 32, 32)
    assert bundle.train.images.dtype == torch.uint8
    second = np.frombuffer(files["data_batch_2.bin"], np.uint8).reshape(20, 3073)[3]
    assert bundle.train.labels[23] == second[0] == 3
    assert bundle.train.images[23, 1, 0, :].tolist() == second[1 + 1024 : 1 + 1056].tolist()
    assert bundle.test.labels.tolist() == [*range(10)] * 2
    assert len(cifar10(root=tmp_path, leave_out=(0, "truck")).load().train) == 80


def test_fingerprint_sees_one_changed_byte(tmp_path):
    folder = write_files(tmp_path, good_files())
    before = cifar10(root=tmp_path).fingerprint()
    changed = good_files()["test_batch.bin"][:-1] + b"\0"
    (folder / "test_batch.bin").write_bytes(changed)
    assert cifar10(root=tmp_path).fingerprint() != before


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        ({"data_batch_2.bin": None}, [("D026", "data_batch_2.bin")]),
        ({"test_batch.bin": records(0)[:-3073]}, [("D027", "test_batch.bin")]),
        ({"data_batch_1.bin": records(0) + b"0"}, [("D027", name) for name in NAMES[1:]]),
        (dict.fromkeys(NAMES, b""), [("D028", name) for name in NAMES]),
        ({"data_batch_3.bin": records(0, [3] * 19 + [10])}, [("D030", "data_batch_3.bin")]),
    ],
)
def test_damage_is_named_with_its_file(tmp_path, damaged, expected):
    files = {n: c for n, c in (good_files() | damaged).items() if c is not None}
    write_files(tmp_path, files)
    found = faults_of(cifar10(root=tmp_path, download=False).load)
    if damaged.get("data_batch_1.bin"):
        expected = [("D028", "data_batch_1.bin"), *expected]  # the others look cut off beside it
    assert found == expected


def test_python_version_is_refused_with_the_way_to_the_binary_one(tmp_path):
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(DataError) as caught:
        cifar10(root=tmp_path, download=False).load()
    (fault,) = caught.value.faults
    assert "Python version" in fault.message
    assert "cifar-10-binary.tar.gz" in fault.hint


def packed(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{FOLDER}/../../{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def serve():
    """Serve some bytes, or the first of them; answer the archive that was meant."""
    servers = []

    def start(content, sent=None):
        class Server(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content if sent is None else sent)

            def log_message(self, *arguments):
                pass

        server = HTTPServer(("127.0.0.1", 0), Server)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        address = f"http://127.0.0.1:{server.server_port}/cifar-10-binary.tar.gz"
        return Archive("CIFAR-10", address, len(content), hashlib.sha256(content).hexdigest())

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_absent_data_are_fetched_checked_and_unpacked_flat(tmp_path, serve):
    archive = serve(packed(good_files()))
    dataset = Cifar10(root=tmp_path / "data", download=True, archive=archive)
    assert len(dataset.load().train) == 100
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FOLDER]
    assert dataset.whereabouts() == str(tmp_path / "data" / FOLDER)


@pytest.mark.parametrize(
    "spoil",
    [lambda c: c[: len(c) // 2], lambda c: c[:-1] + b"x", lambda _: b"", lambda c: c + b"more"],
    ids=["cut off", "changed", "empty", "longer"],
)
def test_spoilt_download_leaves_nothing_behind(tmp_path, serve, spoil):
    content = packed(good_files())
    archive = serve(content, sent=spoil(content))
    if len(spoil(content)) > len(content):  # a server sends no more than it has announced
        archive = Archive("CIFAR-10", archive.address, len(content) - 1, archive.sha256)
    with pytest.raises(DataError, match="download of CIFAR-10 failed") as caught:
        Cifar10(root=tmp_path / "data", download=True, archive=archive).load()
    assert caught.value.faults[0].identifier == "D035"
    assert list((tmp_path / "data").iterdir()) == []


def test_what_a_killed_download_left_is_deleted_after_a_day(tmp_path, serve):
    old, new = tmp_path / ".download-old", tmp_path / ".download-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "archive").touch()
    os.utime(old, (0, 0))
    Cifar10(root=tmp_path, download=True, archive=serve(packed(good_files()))).load()
    assert {path.name for path in tmp_path.iterdir()} == {FOLDER, new.name}
