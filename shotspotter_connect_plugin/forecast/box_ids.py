"""Ids of boxes as text: what they say about where a box lies, for boxes of any layout.

=====================  ==================================================================================
``C1298R17225``        whole box of the fishnet: its column and row
``C1298.3R17225.7``    placed square: its lower left corner, in boxes and tenths of a box
``C1298R17225~k3f9ab`` remnant: what placed squares left of that box of the fishnet; the mark tells its shape
=====================  ==================================================================================

A placed square that lies on a box of the fishnet is that box, and has its id. A place has one spelling only, so that
equal boxes have equal ids.
"""
from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ConnectError

if TYPE_CHECKING:
    from .arrays import Bools, Ints

TENTHS = 10
"""Steps of the lattice of corners to a side: 25 m of 250; with 50 m some of the gain is lost (Washington, 2017-19)."""

_NUMBER = r"(-?(?:0|[1-9]\d*))(?:\.([1-9]))?"
# "-0" is another spelling of 0, but "-0.3" lies three tenths below it.
_ID = re.compile(rf"C{_NUMBER}R{_NUMBER}(~[a-z2-7]{{6}})?", re.ASCII)
# Six of 32 letters are 30 bits: that two of the shapes one box had in 40 layouts share a mark has a chance of 1 in a
# million.
_LETTERS = 6


def corners_of(ids: Iterable[str]) -> tuple[Ints, Ints]:
    """Give column and row of the lower left corners of boxes, int64 arrays in tenths of a box.

    The corner of a remnant is that of the box of the fishnet it is left of.

    Raises
    ------
    ConnectError
        When a text is no id of a box.
    """
    found = [_corner(str(text)) for text in ids]
    corners = [corner for corner in found if corner is not None]
    if len(corners) < len(found):
        raise ConnectError("A box id must look like C1297R17238, C1298.3R17225.7 or C1298R17225~k3f9ab.",
                           f"{len(found) - len(corners)} ids")
    cells = np.array(corners, dtype=np.int64).reshape(-1, 2)
    return cells[:, 0], cells[:, 1]


def _corner(text: str) -> tuple[int, int] | None:
    match = _ID.fullmatch(text)
    if match is None:
        return None
    col, col_tenth, row, row_tenth, mark = match.groups()
    if (mark and (col_tenth or row_tenth)) or (col == "-0" and not col_tenth) or (row == "-0" and not row_tenth):
        return None
    return int(col + (col_tenth or "0")), int(row + (row_tenth or "0"))


def is_remnant(box_id: str) -> bool:
    """Tell whether an id is that of a remnant."""
    return "~" in str(box_id)


def id_of(col: int, row: int, mark: str = "") -> str:
    """Give the id of a box by its lower left corner in tenths of a box, and the mark of a remnant."""
    return f"C{_decimal(col)}R{_decimal(row)}{mark}"


def _decimal(tenths: int) -> str:
    whole, tenth = divmod(abs(tenths), TENTHS)
    return f"{'-' if tenths < 0 else ''}{whole}{f'.{tenth}' if tenth else ''}"


def mark_of(free: Bools) -> str:
    """Give the mark of a remnant.

    Parameters
    ----------
    free : array of 100 bool
        Which cells of the box are left to it, row by row from the lower left.
    """
    digest = hashlib.sha256(np.packbits(np.asarray(free, dtype=bool)).tobytes()).digest()
    return "~" + base64.b32encode(digest).decode("ascii")[:_LETTERS].lower()
