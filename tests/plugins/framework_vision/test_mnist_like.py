import gzip
import hashlib
import os
import struct
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch
import torchvision

from framework import DataError
from framework_vision.mnist_like import fashion_mnist, kmnist, mnist

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def idx(*shape, values=None):
    count = torch.Size(shape).numel()
    values = [number % 10 for number in range(count)] if values is None else values
    return struct.pack(f">{1 + len(shape)}I", 0x0800 + len(shape), *shape) + bytes(values)


def good_files():
    return {
        TRAIN_IMAGES: idx(30, 6, 7),
        TRAIN_LABELS: idx(30),
        TEST_IMAGES: idx(10, 6, 7),
        TEST_LABELS: idx(10),
    }


def write_files(root, files, name="MNIST"):
    folder = root / name / "raw"
    folder.mkdir(parents=True)
    for file, content in files.items():
        (folder / file).write_bytes(content)
    return folder


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def faults_of(action):
    with pytest.raises(DataError) as caught:
        action()
    return caught.value.faults


@pytest.fixture(autouse=True)
def no_user_folders(monkeypatch, tmp_path):
    monkeypatch.delenv("FRAMEWORK_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_info_of_absent_data_is_as_published(tmp_path):
    info = mnist(root=tmp_path).info
    assert info.image_shape == (1, 28, 28)
    assert (info.num_train, info.num_test, info.num_classes) == (60_000, 10_000, 10)
    assert info.class_names[3] == "3"
    assert fashion_mnist(root=tmp_path).info.class_names[9] == "Ankle boot"
    assert not any(tmp_path.iterdir())


def test_smaller_data_of_the_same_layout_work(tmp_path):
    write_files(tmp_path, good_files())
    dataset = mnist(root=tmp_path)
    assert dataset.info.image_shape == (1, 6, 7)
    assert (dataset.info.num_train, dataset.info.num_test) == (30, 10)
    bundle = dataset.load()
    assert bundle.train.images.shape == (30, 1, 6, 7)
    assert bundle.test.images.shape == (10, 1, 6, 7)
    assert bundle.train.images.dtype == torch.uint8
    assert bundle.train.images.flatten()[:12].tolist() == [*range(10), 0, 1]
    assert bundle.test.labels.tolist() == list(range(10))
    assert bundle.test.labels.dtype == torch.int64


def test_classes_left_out_are_counted_in_the_files(tmp_path):
    write_files(tmp_path, good_files() | {TRAIN_LABELS: idx(30, values=[0] * 20 + [1, 2] * 5)})
    dataset = mnist(root=tmp_path, leave_out=(1, 9))
    assert dataset.info.num_train == len(dataset.load().train) == 25
    assert len(dataset.load().test) == 10


def test_labels_that_cannot_be_counted_are_told(tmp_path):
    folder = write_files(tmp_path, good_files() | {TRAIN_LABELS: idx(30, values=[10] * 30)})
    (fault,) = faults_of(lambda: mnist(root=tmp_path, leave_out=(1,)).info)
    assert (fault.identifier, fault.place) == ("D030", str(folder / TRAIN_LABELS))


def test_root_goes_before_variable_goes_before_cache(tmp_path, monkeypatch):
    for number, folder in enumerate(["cache/ignite-framework", "variable", "root"], start=1):
        files = good_files() | {TRAIN_IMAGES: idx(number, 6, 7), TRAIN_LABELS: idx(number)}
        write_files(tmp_path / folder, files)
    assert mnist().info.num_train == 1
    monkeypatch.setenv("FRAMEWORK_DATA", str(tmp_path / "variable"))
    assert mnist().info.num_train == 2
    assert mnist(root=tmp_path / "root").info.num_train == 3


def test_fingerprint_sees_one_changed_byte(tmp_path):
    folder = write_files(tmp_path, good_files())
    before = mnist(root=tmp_path).fingerprint()
    assert mnist(root=tmp_path).fingerprint() == before
    content = bytearray((folder / TEST_IMAGES).read_bytes())
    content[-1] ^= 1
    (folder / TEST_IMAGES).write_bytes(content)
    assert mnist(root=tmp_path).fingerprint() != before


def test_files_that_are_missing_beside_others_are_named_before_a_run(tmp_path):
    folder = tmp_path / "KMNIST" / "raw"
    folder.mkdir(parents=True)
    (folder / "readme.txt").touch()
    for look in (lambda: kmnist(root=tmp_path).info, kmnist(root=tmp_path).count_by_class):
        with pytest.raises(DataError, match=r"train-\w+-idx\d-ubyte.*D026"):
            look()


def test_absent_data_without_download_name_both_ways_out(tmp_path):
    (fault,) = faults_of(mnist(root=tmp_path, download=False).load)
    assert fault.identifier == "D026"
    assert fault.place == str(tmp_path / "MNIST" / "raw")
    assert "`root`" in fault.hint
    assert "FRAMEWORK_DATA" in fault.hint


def test_one_missing_file_is_a_fault_and_fetches_nothing(tmp_path):
    folder = write_files(tmp_path, good_files())
    (folder / TEST_LABELS).unlink()
    (fault,) = faults_of(mnist(root=tmp_path).load)
    assert (fault.identifier, fault.place) == ("D026", str(folder / TEST_LABELS))


def test_faults_of_all_files_come_together(tmp_path):
    files = good_files()
    del files[TRAIN_LABELS]
    files[TEST_IMAGES] = files[TEST_IMAGES][:-1]
    files[TEST_LABELS] = b"\0" + files[TEST_LABELS]
    write_files(tmp_path, files)
    faults = faults_of(mnist(root=tmp_path).load)
    assert [fault.identifier for fault in faults] == ["D026", "D027", "D028"]


DAMAGES = {
    "D029": {TRAIN_LABELS: idx(29)},
    "D030": {TEST_LABELS: idx(10, values=[0, 1, 2, 10, 4, 5, 6, 11, 8, 9])},
    "D032": {TEST_IMAGES: idx(0, 6, 7), TEST_LABELS: idx(0)},
    "D028": {TEST_IMAGES: idx(10, 7, 6)},
}


@pytest.mark.parametrize(
    ("identifier", "file", "fragment"),
    [
        ("D029", TRAIN_IMAGES, "30 images, but 29 labels in train-labels-idx1-ubyte"),
        ("D030", TEST_LABELS, "label 3 is 10, expected 0 to 9 (2 of 10"),
        ("D032", TEST_IMAGES, "0x6x7"),
        ("D028", TEST_IMAGES, "test images of 7x6, but training images of 6x7"),
    ],
)
def test_damage_is_named_with_its_file(tmp_path, identifier, file, fragment):
    folder = write_files(tmp_path, good_files() | DAMAGES[identifier])
    (fault,) = faults_of(mnist(root=tmp_path).load)
    assert (fault.identifier, fault.place) == (identifier, str(folder / file))
    assert fragment in fault.message


def test_images_without_pixels_are_empty(tmp_path):
    write_files(tmp_path, good_files() | {TRAIN_IMAGES: idx(30, 0, 7), TEST_IMAGES: idx(10, 0, 7)})
    assert [fault.identifier for fault in faults_of(lambda: mnist(root=tmp_path).info)] == [
        "D032",
        "D032",
    ]


class Server(BaseHTTPRequestHandler):
    """Serves files from memory; cuts the connection in the middle of those called `cut`."""

    def __init__(self, *arguments, archives, cut=()):
        self.archives, self.cut = archives, cut
        super().__init__(*arguments)

    def do_GET(self):
        name = self.path.rsplit("/", 1)[1]
        content = self.archives[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if name in self.cut else content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def serve(monkeypatch):
    """Serve these files in place of torchvision's mirrors."""
    servers = []

    def start(files, cut=()):
        archives = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
        server = HTTPServer(("127.0.0.1", 0), partial(Server, archives=archives, cut=cut))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        digests = [
            (name, hashlib.md5(content, usedforsecurity=False).hexdigest())
            for name, content in archives.items()
        ]
        mirror = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [mirror])
        monkeypatch.setattr(torchvision.datasets.MNIST, "resources", digests)

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("folder_is_there", [False, True])
def test_absent_data_are_fetched(tmp_path, serve, capfd, folder_is_there):
    serve(good_files())
    folder = tmp_path / "MNIST" / "raw"
    if folder_is_there:
        folder.mkdir(parents=True)
    dataset = mnist(root=tmp_path)
    fingerprint = dataset.fingerprint()
    assert len(dataset.load().train) == 30
    assert dataset.info.num_train == 30
    assert names_in(folder) == sorted(good_files())
    assert names_in(folder.parent) == ["raw"]
    assert capfd.readouterr() == ("", "")
    write_files(tmp_path / "other", good_files())
    assert mnist(root=tmp_path / "other").fingerprint() == fingerprint


def test_data_are_fetched_into_the_cache_when_no_folder_is_named(tmp_path, serve):
    serve(good_files())
    mnist().load()
    assert (tmp_path / "cache" / "ignite-framework" / "MNIST" / "raw" / TRAIN_IMAGES).is_file()


@pytest.mark.parametrize("number", range(4))
def test_cut_download_leaves_nothing_behind(tmp_path, serve, number):
    serve(good_files(), cut=[f"{list(good_files())[number]}.gz"])
    (fault,) = faults_of(mnist(root=tmp_path).load)
    assert fault.identifier == "D035"
    assert "corrupted" in fault.message
    assert "FRAMEWORK_DATA" in fault.hint
    assert names_in(tmp_path / "MNIST") == []
    serve(good_files())
    assert len(mnist(root=tmp_path).load().train) == 30


def test_server_out_of_reach_is_told_with_the_cause(tmp_path, monkeypatch):
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", ["http://127.0.0.1:1/"])
    with pytest.raises(DataError, match="refused") as caught:
        mnist(root=tmp_path).load()
    assert caught.value.faults[0].identifier == "D035"
    assert caught.value.__cause__ is not None


def test_place_that_cannot_be_written_to_is_told(tmp_path):
    (tmp_path / "MNIST").write_text("a file, not a folder")
    (fault,) = faults_of(mnist(root=tmp_path).load)
    assert fault.identifier == "D035"


def test_files_of_a_faster_process_stay(tmp_path, serve, monkeypatch):
    serve(good_files())
    other = good_files() | {TRAIN_IMAGES: idx(5, 6, 7), TRAIN_LABELS: idx(5)}
    replace = Path.replace

    def replace_too_late(path, target):
        write_files(tmp_path, other)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", replace_too_late)
    assert len(mnist(root=tmp_path).load().train) == 5


REAL_DATA = os.environ.get("FRAMEWORK_DATA")


@pytest.mark.skipif(REAL_DATA is None, reason="FRAMEWORK_DATA names no folder with the real data")
@pytest.mark.parametrize("factory", [mnist, fashion_mnist])
def test_real_data_are_as_published(factory):
    dataset = factory(root=Path(REAL_DATA), download=False)
    bundle = dataset.load()
    assert dataset.info.image_shape == (1, 28, 28)
    for split, count in ((bundle.train, 60_000), (bundle.test, 10_000)):
        assert split.images.shape == (count, 1, 28, 28)
        assert split.labels.unique().tolist() == list(range(10))
        assert split.images.min() == 0
        assert split.images.max() == 255
    if factory is fashion_mnist:
        assert bundle.train.labels.bincount().tolist() == [6000] * 10
    else:
        assert bundle.train.labels[:5].tolist() == [5, 0, 4, 1, 9]


def test_kmnist_is_one_of_the_kin(tmp_path):
    info = kmnist(root=tmp_path).info
    assert (info.image_shape, info.num_train, info.class_names[2]) == ((1, 28, 28), 60_000, "su")
    assert kmnist(root=tmp_path, leave_out=("o",)).info.num_train == 54_000
    write_files(tmp_path, good_files(), name="KMNIST")
    dataset = kmnist(root=tmp_path, download=False)
    assert len(dataset.load().train) == 30
    assert dataset.whereabouts() == str(tmp_path / "KMNIST" / "raw")
