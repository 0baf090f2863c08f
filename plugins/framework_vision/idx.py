"""Files in IDX format: a header that tells type and shape, then the bytes.

Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, 1998.
"""

from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from framework import DataError, Fault

_UNSIGNED_BYTES = 0x0800


def read_shape(path: Path, *, num_axes: int) -> tuple[int, ...]:
    """Read the shape from the header and compare it with the size of the file.

    Nothing is allocated, so a header that asks for too much does no harm.

    Raises:
        DataError: the file is not there, is cut off, or holds something else (D026, D027, D028).
    """
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(_header_bytes(num_axes))
    except FileNotFoundError as error:
        raise _error("D026", "no such file", path) from error
    except OSError as error:
        raise _error("D026", f"cannot be read: {error.strerror}", path) from error
    return _checked_shape(path, header, size_bytes, num_axes)


def read_values(path: Path, *, num_axes: int) -> Tensor:
    """Read the unsigned bytes that the file holds, in the shape that its header states.

    Raises:
        DataError: as `read_shape`.
    """
    shape = read_shape(path, num_axes=num_axes)
    values = np.fromfile(path, dtype=np.uint8, offset=_header_bytes(num_axes))
    return torch.from_numpy(values).view(shape)


def _header_bytes(num_axes: int) -> int:
    return 4 * (1 + num_axes)


def _checked_shape(path: Path, header: bytes, size_bytes: int, num_axes: int) -> tuple[int, ...]:
    if len(header) < _header_bytes(num_axes):
        raise _truncated(path, f"at least {_header_bytes(num_axes)}", size_bytes)
    magic, *shape = (int(number) for number in np.frombuffer(header, dtype=">u4"))
    if magic != _UNSIGNED_BYTES + num_axes:
        message = (
            f"expected the number {_UNSIGNED_BYTES + num_axes:#010x} at the start (unsigned bytes, "
            f"{num_axes} axes), found {magic:#010x}"
        )
        raise _error("D028", message, path)
    expected = _header_bytes(num_axes) + prod(shape)
    if size_bytes < expected:
        raise _truncated(path, str(expected), size_bytes)
    if size_bytes > expected:
        written = "x".join(map(str, shape))
        message = f"the header states {written}, so {expected} bytes, found {size_bytes} bytes"
        raise _error("D028", message, path)
    return tuple(shape)


def _truncated(path: Path, expected: str, found: int) -> DataError:
    return _error("D027", f"cut off: expected {expected} bytes, found {found}", path)


def _error(identifier: str, message: str, path: Path) -> DataError:
    hint = "replace the file, or delete its folder to have the data fetched anew"
    return DataError(Fault(identifier, message, place=str(path), hint=hint))
