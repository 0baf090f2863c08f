"""Digests that tell whether data are still the same."""

import hashlib
from pathlib import Path

import torch
from torch import Tensor

_CHUNK_BYTES = 1 << 20


def fingerprint_of(*parts: bytes | str | Path | Tensor) -> str:
    """Digest values, texts, files (by content, not by name) and tensors into 64 hex digits.

    Args:
        parts: in an order that matters; each part's kind and length count, so that moving a byte
            from one part to the next gives another digest.
    """
    digest = hashlib.sha256()
    for part in parts:
        match part:
            case Path():
                _add_file(digest, part)
            case Tensor():
                array = part.detach().cpu().contiguous()
                _add(digest, f"tensor {array.dtype} {tuple(array.shape)}".encode())
                digest.update(array.flatten().view(torch.uint8).numpy().data)
            case str():
                _add(digest, b"text " + part.encode())
            case _:
                _add(digest, b"bytes " + part)
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", data: bytes) -> None:
    digest.update(f"{len(data)}:".encode())
    digest.update(data)


def _add_file(digest: "hashlib._Hash", path: Path) -> None:
    with path.open("rb") as file:
        _add(digest, f"file {path.stat().st_size}".encode())
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
