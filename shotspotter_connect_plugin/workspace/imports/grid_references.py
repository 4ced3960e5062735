"""References of the British and the Irish grid, which write hundreds of kilometres as letters: TQ 30080 80500."""
from __future__ import annotations

import re
import string
from typing import Optional

_LETTERS = string.ascii_uppercase.replace("I", "")
_SQUARE = 100_000
_FORM = re.compile(r"([A-HJ-Z]{1,2})[\s:/-]*(\d{3,5})([\s,:/-]*)(\d{3,5})", re.IGNORECASE)
_WIDEST, _HIGHEST = 7, 13
"""Squares of the British grid, eastward and northward."""


def grid_reference(text: str) -> Optional[tuple[float, float]]:
    """(easting, northing) in metres of the middle of the square that a text names; ``None`` where it names none.

    Two letters are of the British National Grid (EPSG:27700), one is of the Irish Grid (EPSG:29902).
    """
    found = _FORM.fullmatch(text.strip())
    if not found:
        return None
    digits = found[2] + found[4]
    half = len(digits) // 2
    if len(digits) % 2 or found[3] and len(found[2]) != half:
        return None
    square = _square(found[1].upper())
    if square is None:
        return None
    side = 10.0 ** (5 - half)
    east, north = (square[axis] * _SQUARE + (int(part) + 0.5) * side for axis, part in enumerate(
        (digits[:half], digits[half:])))
    return east, north


def is_certain(text: str) -> bool:
    """Whether a text can be nothing else than a reference: one letter with six to ten digits may as well be a number
    of a case."""
    found = _FORM.fullmatch(text.strip())
    return found is not None and (len(found[1]) == 2 or bool(found[3])) and grid_reference(text) is not None


def _square(letters: str) -> Optional[tuple[int, int]]:
    """Columns and rows of a hundred kilometres from the grid's origin."""
    places = [_LETTERS.index(letter) for letter in letters]
    east, north = places[-1] % 5, 4 - places[-1] // 5
    if len(places) == 1:
        return east, north
    # The first letter names a square of five times five; S begins at the origin.
    east, north = east + (places[0] % 5 - 2) * 5, north + (3 - places[0] // 5) * 5
    return (east, north) if 0 <= east < _WIDEST and 0 <= north < _HIGHEST else None
