"""What a training takes over, as its run directory holds it."""

from framework.runs.inheritance import INITIAL, Inheritance
from framework.storage import sha256_of

NEED = {"identity": "abc", "network": "code", "run": "runs/up/1"}


def test_nothing_leaves_no_file_and_no_digest():
    nothing = Inheritance()
    assert (nothing.files, nothing.meta, nothing.identities) == ({}, {"needs": {}}, {})


def test_weights_are_a_file_whose_digest_is_recorded():
    inherited = Inheritance(b"weights", {"encoder": NEED})
    assert inherited.files == {INITIAL: b"weights"}
    assert inherited.meta == {"needs": {"encoder": NEED}, "initial_sha256": sha256_of(b"weights")}
    assert inherited.identities == {"encoder": "abc/code"}
