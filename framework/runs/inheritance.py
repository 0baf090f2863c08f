"""What a training takes over from the runs that it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from framework.storage import sha256_of

INITIAL = "initial.safetensors"
"""The file with the weights that networks from elsewhere begin with."""


@dataclass(frozen=True)
class Inheritance:
    """What a training takes over from the runs that it needs.

    Attributes:
        weights: the bytes of `initial.safetensors`; empty where nothing is taken over.
        needs: network → which run, which of its weights; for `meta.json`.
        note: what the result must be read with; may be empty.
    """

    weights: bytes = b""
    needs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    note: str = ""

    @property
    def identities(self) -> dict[str, str]:
        """Network → identity of what it comes from, and which network it is there."""
        return {name: f"{each['identity']}/{each['network']}" for name, each in self.needs.items()}

    @property
    def meta(self) -> dict[str, Any]:
        """What `meta.json` says of it."""
        digests = {"initial_sha256": sha256_of(self.weights)} if self.weights else {}
        return {"needs": self.needs} | digests

    @property
    def files(self) -> dict[str, bytes]:
        """The file to put into the run directory, if any."""
        return {INITIAL: self.weights} if self.weights else {}
