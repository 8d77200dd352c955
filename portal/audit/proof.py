"""Hashes, roots and signatures of checkpoints: pure functions, of which docs/verify.md says what each is made of."""

import base64
import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


@dataclass(frozen=True)
class Checkpoint:
    """A signed root over the events and links sealed since the one before; made is UTC with microseconds and a Z."""

    number: int
    made: str
    horizon: str
    size: int
    root: bytes
    previous: bytes
    note: dict[str, Any]
    hash: bytes
    key: str
    signature: bytes

    @property
    def short(self) -> str:
        """The beginning of its hash, as it stands on paper."""
        return self.hash.hex()[:16]

    @property
    def at(self) -> datetime.datetime:
        """When it was made."""
        return datetime.datetime.fromisoformat(self.made)

    def line(self) -> dict[str, Any]:
        """Return the checkpoint as witnesses keep it: bytes in hexadecimal digits."""
        return {name: value.hex() if isinstance(value, bytes) else value for name, value in vars(self).items()}


def from_line(line: Mapping[str, Any]) -> Checkpoint:
    """Return a checkpoint that line() wrote; raises KeyError or ValueError for anything else."""
    hexadecimal = ("root", "previous", "hash", "signature")
    values: dict[str, Any] = {
        name: bytes.fromhex(line[name]) if name in hexadecimal else line[name] for name in Checkpoint.__annotations__
    }
    return Checkpoint(**values)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the Merkle root of leaves that are hashes already: 32 bytes; a last one without a partner moves up.

    Trees of one size join as they come, so that no more than one of each size is held.
    """
    trees: list[bytes] = []
    for size, leaf in enumerate(leaves, 1):
        tree = leaf
        while not size & 1:
            tree, size = hashlib.sha256(b"\x01" + trees.pop() + tree).digest(), size >> 1  # noqa: PLW2901
        trees.append(tree)
    if not trees:
        return hashlib.sha256(b"").digest()
    root = trees.pop()
    while trees:
        root = hashlib.sha256(b"\x01" + trees.pop() + root).digest()
    return root


def hash_of(
    number: int, made: str, horizon: str, size: int, root: bytes, previous: bytes, note: Mapping[str, Any]
) -> bytes:
    """Return the SHA-256 hash that is signed, and that the next checkpoint names."""
    said = [number, made, horizon, size, root.hex(), previous.hex(), note]
    return hashlib.sha256(json.dumps(said, separators=(",", ":"), sort_keys=True).encode()).digest()


def name_of(public: bytes) -> str:
    """Return what a public key is called: the first 16 digits of its hash."""
    return hashlib.sha256(public).hexdigest()[:16]


def private_key(path: Path) -> Ed25519PrivateKey:
    """Return the signer's key from a file of 32 bytes. Raises OSError or ValueError where there is none."""
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def public_of(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


def public_keys(words: str) -> dict[str, bytes]:
    """Return the public keys of a setting, base64 and a comma between them, by their names."""
    keys = [base64.b64decode(word, validate=True) for word in words.split(",") if word.strip()]
    return {name_of(key): key for key in keys}


def problems_of(checkpoints: Iterable[Checkpoint], keys: Mapping[str, bytes]) -> Iterable[tuple[Checkpoint, str]]:
    """Yield what does not fit in a row of checkpoints, with the one where it does not."""
    before: Checkpoint | None = None
    for one in checkpoints:
        if before is not None and one.number != before.number + 1:
            yield one, f"checkpoint {before.number + 1} is missing"
        elif one.previous != (before.hash if before else one.previous):
            yield one, f"checkpoint {one.number} does not follow checkpoint {one.number - 1}"
        said = hash_of(one.number, one.made, one.horizon, one.size, one.root, one.previous, one.note)
        if said != one.hash:
            yield one, f"checkpoint {one.number} was altered"
        elif one.key in keys and not is_signed(one, keys[one.key]):
            yield one, f"checkpoint {one.number} is not signed by key {one.key}"
        before = one


def is_signed(checkpoint: Checkpoint, public: bytes) -> bool:
    """Return whether the checkpoint bears the signature of this key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(checkpoint.signature, checkpoint.hash)
    except InvalidSignature:
        return False
    return True
