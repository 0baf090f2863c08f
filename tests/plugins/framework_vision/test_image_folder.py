import pytest
import torch
from PIL import Image

from framework import DataError, LazyImages
from framework_vision.image_folder import ImageFolder


@pytest.fixture
def pictures(tmp_path):
    """Writes pictures by name, each of a colour of its own."""

    def pictures(*names):
        for number, name in enumerate(names):
            path = tmp_path / "root" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (5, 4), (number, 100, 200)).save(path)
        return tmp_path / "root"

    return pictures


def names(count, *folders):
    return [f"{folder}{number:02}.png" for folder in folders for number in range(count)]


def faults_of(action):
    with pytest.raises(DataError) as caught:
        action()
    return caught.value.faults


def test_folders_are_classes_and_splits(pictures):
    root = pictures(*names(3, "train/cat/", "train/dog/"), *names(1, "test/dog/", "test/cat/"))
    dataset = ImageFolder(root=root, size=4)
    info = dataset.info
    assert info.image_shape == (3, 4, 4)
    assert (info.num_train, info.num_test) == (6, 2)
    assert (info.num_classes, info.class_names) == (2, ("cat", "dog"))
    bundle = dataset.load()
    assert bundle.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert bundle.train.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert bundle.test.labels.tolist() == [0, 1]
    assert dataset.whereabouts() == str(root)


def test_classes_may_be_none_and_images_grey(pictures):
    root = pictures(*names(10, ""))
    dataset = ImageFolder(root=root, size=2, mode="grey", classes="none", test_fraction=0.3)
    assert dataset.info.image_shape == (1, 2, 2)
    assert (dataset.info.num_train, dataset.info.num_test) == (7, 3)
    assert (dataset.info.num_classes, dataset.info.class_names) == (0, ())
    assert dataset.load().train.labels is None


def test_split_depends_on_the_names_alone(pictures):
    root = pictures(*names(10, "a/", "b/"))
    test = ImageFolder(root=root, size=2, test_fraction=0.25).load().test.images[:, 0, 0, 0]
    assert len(test) == 5
    again = ImageFolder(root=root, size=2, test_fraction=0.25).load().test.images[:, 0, 0, 0]
    assert torch.equal(test, again)
    wider = ImageFolder(root=root, size=2, test_fraction=0.5).load().test.images[:, 0, 0, 0]
    assert set(test.tolist()) < set(wider.tolist())


def test_images_are_the_same_whenever_they_are_read(pictures):
    root = pictures(*names(6, "a/", "b/"))
    given = {"root": root, "size": 3, "test_fraction": 0.2}
    at_once, lazily = (ImageFolder(**given, in_memory=flag).load() for flag in (True, False))
    assert isinstance(lazily.train.images, LazyImages)
    assert isinstance(ImageFolder(**given).load().train.images, torch.Tensor)
    (batch,) = lazily.train.images.batches([torch.arange(10)])
    assert torch.equal(batch, at_once.train.images)
    assert torch.equal(lazily.train.labels, at_once.train.labels)


def test_fingerprint_sees_names_contents_and_shape(pictures):
    root = pictures(*names(4, "a/", "b/"))

    def fingerprint(**given):
        return ImageFolder(root=root, size=4, **({"test_fraction": 0.3} | given)).fingerprint()

    first = fingerprint()
    assert fingerprint(in_memory=False) == first
    assert len({first, fingerprint(mode="grey"), fingerprint(classes="none")}) == 3
    (root / "a" / "00.png").rename(root / "a" / "99.png")
    renamed = fingerprint()
    path = root / "b" / "01.png"
    path.write_bytes(path.read_bytes() + b"\0")
    assert len({first, renamed, fingerprint()}) == 3


@pytest.mark.parametrize(
    ("files", "given", "identifier", "words"),
    [
        (names(3, "a/"), {}, "D026", "either the folders train and test or a test_fraction"),
        (names(3, "train/a/", "test/a/"), {"test_fraction": 0.1}, "D026", "found both"),
        (names(1, "a/"), {"test_fraction": 0.1}, "D032", "0 pictures to train on, 1 to test"),
        (names(2, "a/", ""), {"test_fraction": 0.3}, "D030", "no folder of a class (2 pictures"),
        (names(2, "train/a/", "test/b/"), {}, "D030", "'b' has no picture to train on"),
    ],
)
def test_layouts_that_mean_nothing_are_refused(pictures, files, given, identifier, words):
    root = pictures(*files)
    (fault,) = faults_of(lambda: ImageFolder(root=root, **given).info)
    assert fault.identifier == identifier
    assert words in fault.message


def test_absent_folder_is_told_with_its_path(tmp_path):
    (fault,) = faults_of(lambda: ImageFolder(root=tmp_path / "nowhere", test_fraction=0.1).info)
    assert (fault.identifier, fault.place) == ("D026", str(tmp_path / "nowhere"))
