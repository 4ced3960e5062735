"""Cars that only the titles above a table name, as reports of one car have them: Device: Car 12."""
from __future__ import annotations

import re
from typing import Iterable, Optional, Sequence

from .column_names import plain
from .synonyms import COLUMN_ROLES

_UNITS = frozenset(name for name in COLUMN_ROLES["gps_fixes"]["unit"] if not re.search("badge|officer|tid", name))
_REPORT = re.compile(r".*\b(?:reports?|history|log|trips?|tracks?|routes?|replay|positions?|breadcrumbs?)\b.*?"
                     r"\b(?:for|of) (?:the )?(vehicle|unit|device|car|asset|tracker) (\S.*)", re.IGNORECASE)
_BEHIND = re.compile(r"(?:,? (?:from|between|on|during|for|at|in|since|until|-|–|—) |"
                     r"[ ,:(\[]+\d{1,4}[-/.]\d{1,2}[-/.]).*")
_NO_NAME = re.compile(r".*[,;&/]|.*\band\b|(?:group|type|class|list|fleet|summary|all)\b", re.IGNORECASE)
_LONGEST = 30
_LABELLED = re.compile(r"\s*([^:]{1,30}?)\s*:\s*(\S.{0,60}?)\s*")


def title_unit(cells: Sequence[str]) -> Optional[tuple[str, str]]:
    """(label, name) of the car where a row of a title names one, in one cell or in two; else ``None``."""
    told = [cell.strip() for cell in cells if cell.strip()]
    for cell in told:
        found = _LABELLED.fullmatch(cell)
        if found and plain(found[1]) in _UNITS:
            return found[1], found[2]
        spoken = unit_in_words(cell)
        if spoken:
            return spoken
    for label, name in zip(told, told[1:]):
        if plain(label) in _UNITS and plain(name) not in _UNITS and len(told) <= 4:
            return label.rstrip(": "), name
    return None


def unit_in_words(title: str) -> Optional[tuple[str, str]]:
    """(label, name) of the car of which a title speaks, as in Trip report for vehicle Car 12; ``None`` where it speaks
    of none, or of several."""
    found = _REPORT.fullmatch(" ".join(title.split()))
    name = _BEHIND.sub("", found[2]).strip(" .:") if found else ""
    if not found or not re.search(r"\d", name) or _NO_NAME.match(name) or len(name) > _LONGEST:
        return None
    return found[1].capitalize(), name


def unit_above(rows: Iterable[Sequence[str]], columns: Iterable[str]) -> Optional[tuple[str, str]]:
    """The same of the titles above a table; ``None`` where one of its columns may name the car."""
    if any(plain(name) in _UNITS for name in columns):
        return None
    return next((found for found in map(title_unit, rows) if found), None)
