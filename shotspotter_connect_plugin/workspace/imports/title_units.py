"""Cars that only the titles above a table name, as reports of one car have them: Device: Car 12."""
from __future__ import annotations

import re
from typing import Iterable, Optional, Sequence

from .column_names import plain
from .synonyms import COLUMN_ROLES

_UNITS = frozenset(name for name in COLUMN_ROLES["gps_fixes"]["unit"] if not re.search("badge|officer|tid", name))
_LABELLED = re.compile(r"\s*([^:]{1,30}?)\s*:\s*(\S.{0,60}?)\s*")


def title_unit(cells: Sequence[str]) -> Optional[tuple[str, str]]:
    """(label, name) of the car where a row of a title names one, in one cell or in two; else ``None``."""
    told = [cell.strip() for cell in cells if cell.strip()]
    for cell in told:
        found = _LABELLED.fullmatch(cell)
        if found and plain(found[1]) in _UNITS:
            return found[1], found[2]
    for label, name in zip(told, told[1:]):
        if plain(label) in _UNITS and plain(name) not in _UNITS and len(told) <= 4:
            return label.rstrip(": "), name
    return None


def unit_above(rows: Iterable[Sequence[str]], columns: Iterable[str]) -> Optional[tuple[str, str]]:
    """The same of the titles above a table; ``None`` where one of its columns may name the car."""
    if any(plain(name) in _UNITS for name in columns):
        return None
    return next((found for found in map(title_unit, rows) if found), None)
