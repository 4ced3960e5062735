"""Where a table begins among the first rows of a file: below titles and groups of columns, or without any header."""
from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Sequence

import numpy as np

from .column_names import plain
from .synonyms import COLUMN_ROLES

SEARCHED = 300
"""Rows by which the header is found, which stands among the first :data:`_DEEPEST` of them."""
_DEEPEST = 60
_KNOWN = frozenset(name for roles in COLUMN_ROLES.values() for names in roles.values() for name in names)
_VALUE = re.compile(r"[-+]?(\d+[.,]\d+|\d{5,})|"  # a number that no column is named by, as years are
                    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?|\d{1,2}:\d\d(:\d\d.*)?( ?[AP]M)?", re.I)


@dataclass(frozen=True)
class TableHeader:
    """Names of the columns; how many rows of the file they end with, 0 where the file has none; whether anything but a
    ``sep=`` line stands above them; how many of the names some table of ours knows, and how well the rows below fit."""

    names: list[str]
    rows: int
    titles: bool = False
    known: int = 0
    fit: float = 0.0

    @property
    def bare(self) -> bool:
        """Whether the file has no header, and the names are numbers of columns."""
        return not self.rows


def find_header(rows: Sequence[Sequence[str]]) -> TableHeader:
    """The header of a table, by its first rows as texts; a row of ``sep=`` must not be among them.

    It is the row of names before the first row of values which says most that is known, and is as wide as the table. A
    file that begins with a row of values like all that follow has none. Columns that share their names get those of the
    groups above them before theirs.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    several = [count for count in filled if count > 1]
    if not several:
        first = next((number for number, count in enumerate(filled) if count), None)
        return TableHeader([], 0) if first is None else TableHeader(list(rows[first]), first + 1)
    typical = float(np.percentile(several, 75))
    width = Counter(len(row) for row, count in zip(rows, filled) if count > 1).most_common(1)[0][0]
    full = [number for number, count in enumerate(filled[:_DEEPEST]) if count > 1 and count >= typical / 2] or [
        next(number for number, count in enumerate(filled) if count > 1)]
    chosen, best = None, (-1, False)
    for number in full:
        known, values = known_names(rows[number]), _values(rows[number])
        if values and known <= values:
            break
        says = (known if known > 1 else 0, len(rows[number]) == width)
        if says > best:
            chosen, best = number, says
    if chosen is None:
        body = rows[full[0]:]
        if _is_bare(body):
            return TableHeader([f"column {number}" for number in range(1, len(body[0]) + 1)], 0, full[0] > 0, 0,
                               _fit(body, len(body[0])))
        chosen = next(number for number, count in enumerate(filled) if count)
    titles = any(filled[:chosen])
    groups = rows[chosen - 1] if chosen and filled[chosen - 1] > 1 else ()
    return TableHeader(_with_groups(rows[chosen], groups), chosen + 1, titles, known_names(rows[chosen]),
                       _fit(rows[chosen:], len(rows[chosen])))


def known_names(cells: Sequence[str]) -> int:
    """How many of some names are those of a column of any table of ours."""
    return sum(count for cell, count in Counter(cells).items()  # of a wide row many are alike
               if plain(cell) in _KNOWN or plain(cell.rpartition(".")[2]) in _KNOWN)


def _values(cells: Sequence[str]) -> int:
    """How many of some cells are values."""
    return sum(count for cell, count in Counter(cells).items() if is_value(cell))


def is_value(cell: str) -> bool:
    """Whether a text is a number, a date or a time, and no name of a column."""
    return bool(_VALUE.fullmatch(cell.strip()[:40]))  # longer is a text


def _is_bare(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table has values wherever the rows below have."""
    first, below = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    values = [is_value(cell) for cell in first]
    if not below:
        return sum(values) > 1
    shares = np.mean([[is_value(cell) for cell in row] for row in below], axis=0)
    written = np.array([bool(cell.strip()) for cell in first])
    return any(values) and not ((shares > 0.8) & written & ~np.array(values)).any()


def _fit(rows: Sequence[Sequence[str]], width: int) -> float:
    """Columns, as far as rows have so many of them."""
    return (width - 1) * sum(len(row) == width for row in rows) / len(rows)


def _with_groups(names: Sequence[str], groups: Sequence[str]) -> list[str]:
    """Names, where some are alike with the group above them before; a group's name stands over its first column."""
    alike = Counter(name.strip() for name in names)
    if not groups or max(alike.values()) < 2:
        return list(names)
    group, told = "", []
    for place, name in enumerate(names):
        group = groups[place].strip() if place < len(groups) and groups[place].strip() else group
        told.append(f"{group} {name.strip()}" if group and name.strip() and alike[name.strip()] > 1 else name)
    return told
