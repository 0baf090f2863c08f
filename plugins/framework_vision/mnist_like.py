"""MNIST and its kin: read where they are, fetched through torchvision where they are not."""

from collections.abc import Sequence
from pathlib import Path

from framework import DataBundle, DataError, DataInfo, Dataset, Fault, fingerprint_of
from framework_vision.data_folders import DATA_VARIABLE, data_folder, holds_files, whereabouts_of
from framework_vision.downloading import download_raw_files
from framework_vision.leaving_out import ClassNames, LabelledDataset, leave_out_classes
from framework_vision.raw_files import RawFiles

_NUM_TRAIN, _NUM_TEST, _SIDE = 60_000, 10_000, 28  # as published
_DIGITS = tuple("0123456789")
_CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_NUM_OF_DIGITS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)  # as published
_CHARACTERS = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
_SIX_THOUSAND_EACH = (6000,) * 10


class MnistLike(LabelledDataset):
    """Grey images with labels in IDX files; see `mnist` for where they are looked for.

    Args:
        name: torchvision's name of the data set, also that of its folder.
        class_names: a name per class.
        published_counts: number of training images of each class, as published.
        root: folder that holds `<name>/raw`, or None.
        download: whether files that are not there may be fetched.
    """

    def __init__(
        self,
        name: str,
        class_names: tuple[str, ...],
        published_counts: tuple[int, ...],
        *,
        root: Path | None,
        download: bool,
    ) -> None:
        self._name = name
        self._class_names = class_names
        self._published_counts = published_counts
        self._download = download
        self._files = RawFiles(data_folder(root) / name / "raw")

    @property
    def info(self) -> DataInfo:
        """Counts and size from the files' headers; as published where there are no files yet.

        Raises:
            DataError: some files are missing, or damaged as far as their headers and sizes tell.
        """
        if holds_files(self._files.folder):
            (num_train, height, width), (num_test, _, _) = self._files.read_shapes()
        else:
            num_train, num_test, height, width = _NUM_TRAIN, _NUM_TEST, _SIDE, _SIDE
        return DataInfo(
            image_shape=(1, height, width),
            num_train=num_train,
            num_test=num_test,
            num_classes=len(self._class_names),
            class_names=self._class_names,
        )

    def count_by_class(self) -> Sequence[int]:
        """From the training labels; as published where there are no files yet.

        Raises:
            DataError: the labels are damaged.
        """
        if not holds_files(self._files.folder):
            return self._published_counts
        return self._files.count_by_class(len(self._class_names))

    def fingerprint(self) -> str:
        """A digest of the four files; fetches them where they are not there yet."""
        self._fetch_if_absent()
        self._files.read_shapes()
        return fingerprint_of(*self._files.paths)

    def load(self) -> DataBundle:
        """Read the files; fetches them where they are not there yet."""
        self._fetch_if_absent()
        train, test = self._files.read(len(self._class_names))
        return DataBundle(train=train, test=test)

    def whereabouts(self) -> str:
        """The folder of the files."""
        folder = self._files.folder
        return whereabouts_of(folder, is_there=self._is_there(), can_fetch=self._download)

    def _is_there(self) -> bool:
        return all(path.is_file() for path in self._files.paths)

    def _fetch_if_absent(self) -> None:
        folder, name = self._files.folder, self._name
        if holds_files(folder):
            return  # never mixed with a user's own files: what is missing there is a fault
        if not self._download:
            hint = (
                f"set `root` or the environment variable {DATA_VARIABLE} to the folder that holds "
                f"{name}/raw, or write download: true"
            )
            raise DataError(Fault("D026", f"no {name} data here", place=str(folder), hint=hint))
        download_raw_files(name, folder)


def mnist(
    *, root: Path | None = None, download: bool = True, leave_out: ClassNames = ()
) -> Dataset:
    """MNIST: 70,000 handwritten digits, 28x28 pixels, 10,000 of them for testing.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, 1998.

    Args:
        root: folder that holds `MNIST/raw`; where it is not given, the environment variable
            FRAMEWORK_DATA names it, and else it is `ignite-framework` in the user's cache folder.
        download: whether to fetch the files where that folder has none.
        leave_out: classes, by name or place, of which no image is trained on; the test split
            stays whole.
    """
    whole = MnistLike("MNIST", _DIGITS, _NUM_OF_DIGITS, root=root, download=download)
    return leave_out_classes(whole, leave_out)


def fashion_mnist(
    *, root: Path | None = None, download: bool = True, leave_out: ClassNames = ()
) -> Dataset:
    """FashionMNIST: 70,000 pictures of clothes, 28x28 pixels, 10,000 of them for testing.

    Source: H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a Novel Image Dataset for Benchmarking
    Machine Learning Algorithms, 2017.

    Args:
        root: folder that holds `FashionMNIST/raw`; where it is not given, the environment variable
            FRAMEWORK_DATA names it, and else it is `ignite-framework` in the user's cache folder.
        download: whether to fetch the files where that folder has none.
        leave_out: classes, by name or place, of which no image is trained on; the test split
            stays whole.
    """
    whole = MnistLike("FashionMNIST", _CLOTHES, _SIX_THOUSAND_EACH, root=root, download=download)
    return leave_out_classes(whole, leave_out)


def kmnist(
    *, root: Path | None = None, download: bool = True, leave_out: ClassNames = ()
) -> Dataset:
    """KMNIST: 70,000 cursive Japanese characters, 28x28 pixels, 10,000 of them for testing.

    Source: T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto, D. Ha, Deep Learning
    for Classical Japanese Literature, 2018.

    Args:
        root: folder that holds `KMNIST/raw`; where it is not given, the environment variable
            FRAMEWORK_DATA names it, and else it is `ignite-framework` in the user's cache folder.
        download: whether to fetch the files where that folder has none.
        leave_out: classes, by name or place, of which no image is trained on; the test split
            stays whole.
    """
    whole = MnistLike("KMNIST", _CHARACTERS, _SIX_THOUSAND_EACH, root=root, download=download)
    return leave_out_classes(whole, leave_out)
