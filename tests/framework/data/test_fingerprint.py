"""Fingerprints change with content, order and boundaries, and with nothing else."""

import torch

from framework.data.fingerprint import fingerprint_of


def test_fingerprint_depends_on_content_not_on_names(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    (tmp_path / "b").write_bytes(b"x" * 3_000_000)
    (tmp_path / "c").write_bytes(b"x" * 2_999_999 + b"y")
    a, b, c = (fingerprint_of(tmp_path / name) for name in "abc")
    assert a == b != c
    assert len(a) == 64


def test_fingerprint_tells_parts_apart():
    assert fingerprint_of("ab", "c") != fingerprint_of("a", "bc")
    assert fingerprint_of("a", "b") != fingerprint_of("b", "a")
    assert fingerprint_of("a") != fingerprint_of(b"a")


def test_fingerprint_of_tensors_sees_shape_and_dtype():
    values = torch.arange(6, dtype=torch.uint8)
    assert fingerprint_of(values) == fingerprint_of(values.clone())
    assert fingerprint_of(values) != fingerprint_of(values.reshape(2, 3))
    assert fingerprint_of(values) != fingerprint_of(values.to(torch.int16))
    transposed = values.reshape(2, 3).T
    assert fingerprint_of(transposed) == fingerprint_of(transposed.contiguous())
