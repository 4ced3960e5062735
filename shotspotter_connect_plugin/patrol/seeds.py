"""Seeds: made by the operating system, kept in a side file until their shift has ended, turned into uniforms.

A seed is 64 hexadecimal digits (256 bits). Its hash is the SHA-256 of those digits as text, so that
``printf %s SEED | sha256sum`` shows it. The number that a draw uses at counter c is the SHA-256 of the text
``SEED:INPUTS_HASH:c``: its first 56 bits, shifted right by 3, over 2 ** 53.
"""
from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import json_text
from ..errors import ConnectError
from ..files import replace_text

if TYPE_CHECKING:
    import os

    from ..forecast.arrays import Floats


def new_seed() -> str:
    """Give a new secret seed from the operating system."""
    return secrets.token_hex(32)


def hash_of(seed: str) -> str:
    """Give the SHA-256 (hexadecimal) of a seed's text: what is published before the draw."""
    return hashlib.sha256(str(seed).encode()).hexdigest()


# Chosen: about what the boxes of a beat use; more are hashed for nothing at the end of a draw.
_AT_ONCE = 256


class Uniforms:
    """Numbers in [0, 1), multiples of 2 ** -53, that anyone who has the seed can make again.

    Parameters
    ----------
    seed, inputs_hash : str
        Hexadecimal text; a test seed may be any text.
    """

    def __init__(self, seed: str, inputs_hash: str) -> None:
        self._prefix = hashlib.sha256(f"{seed}:{inputs_hash}:".encode())
        self._counter = 0
        self._ready: list[float] = []

    def next(self) -> float:
        """Give the next number as a float."""
        if not self._ready:
            self._ready = self._more(_AT_ONCE)[::-1]
        return self._ready.pop()

    def take(self, count: int) -> Floats:
        """Give the next ``count`` numbers as an array."""
        ready = self._ready[::-1][:count]
        del self._ready[len(self._ready) - len(ready):]
        more = self._more(count - len(ready)) if count > len(ready) else []
        return np.array(ready + more, dtype=float)

    def _more(self, count: int) -> list[float]:
        """Numbers of the next counters, as a list."""
        digests = []
        for counter in range(self._counter, self._counter + count):
            digest = self._prefix.copy()
            digest.update(b"%d" % counter)
            digests.append(digest.digest())
        self._counter += count
        first = np.frombuffer(b"".join(digests), dtype=">u8")[::4]
        # The first 53 bits: the same as 56 of them, shifted right by 3.
        return ((first >> np.uint64(11)) / 9007199254740992.0).tolist()


def load(path: str | os.PathLike[str]) -> dict[str, str]:
    """Give the secret seeds of the side file, hash -> seed; empty if there is no file.

    Raises
    ------
    ConnectError
        When the file cannot be read or is damaged.
    """
    path = Path(path)
    try:
        stored = json_text.read(path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConnectError(f"The file of secret seeds {path.name} cannot be read by this account; work with the one "
                           "that draws, or have its owner let this one read it.", repr(error)) from error
    except ValueError as error:
        raise _damaged(path) from error
    if not isinstance(stored, dict):
        raise _damaged(path)
    return {key: seed for key, seed in stored.items() if isinstance(seed, str) and hash_of(seed) == key}


def known(path: str | os.PathLike[str]) -> dict[str, str]:
    """Give what can be known of the secret seeds: as :func:`load`, but empty where the file cannot be read.

    For checking draws, which needs no secret: a seed is in the record once its shift has ended.
    """
    try:
        return load(path)
    except ConnectError:
        return {}


def _damaged(path: Path) -> ConnectError:
    return ConnectError(f"The file of secret seeds {path.name} is damaged; restore it from a backup.")


def keep(path: str | os.PathLike[str], seeds: Iterable[str]) -> None:
    """Add seeds to the side file, readable by its owner only; the file is the old one or the new one, never a part.

    Call it while the workspace is locked for writing, and before the hashes are written there.
    """
    path = Path(path)
    text = json.dumps({**load(path), **{hash_of(seed): seed for seed in seeds}}, indent=0, sort_keys=True)
    try:
        replace_text(path, text, private=True)
    except ConnectError as error:
        raise ConnectError(f"The secret seeds cannot be kept in {path.name}; allow writing to its folder, and free "
                           "some space on the disk.", error.log) from error
