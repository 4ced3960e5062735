"""Of which units the fixes of a file are, where no column names them: two cars taken for one are no track."""
from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Sequence

import numpy as np

from ...errors import some
from ...forecast.instants import MINUTE, SECOND
from ...progress import SILENT
from . import privacy
from .column_names import words_of
from .logins import logins_among
from .source_questions import SourceQuestion

if TYPE_CHECKING:
    from ...forecast.arrays import Floats, Ints
    from .row_source import RowSource

_MOST_UNITS = 5000
"""Different texts of a column from which on it tells no units any more."""
_NAMES_UNITS = frozenset("name id user login tag label number no serial alias sign vehicle car unit device".split())
_NAMES_PERSONS = frozenset("driver officer ofcr operator employee emp person crew member deputy trooper patrolman "
                           "policeman constable agent alias plate plates tag".split())
"""What names of columns say of who or what was on the way; a car's crew tells cars apart as its number does."""
_CODE = re.compile(r"[A-Za-z]{1,3}|\S*\d\S*")
"""A code of a driver or a crew; anything else in their columns may be a name."""
_ROWS_OF_UNIT = 3
"""A column that tells units says the same of at least so many rows, on average; the number of a fix does not."""
_FASTEST, _JUMPS, _FEWEST = 90.0, 0.2, 5
"""Metres per second that no car reaches, the share of steps that are faster from which on fixes are of several cars,
and how many such steps there are at least: a receiver's own errors are rarer."""

_ONE_UNIT = {'{"unit": ""}': "all fixes are of one unit"}
"""The answer that no column gives, as the import dock offers it."""


class UnitsUnknown(SourceQuestion):
    """Whether a column of a file of fixes names the units, or all of them are of one."""

    parameter = "MAPPING"

    def __init__(self, name: str, columns: list[str], example: str) -> None:
        super().__init__(
            f"{name} may hold fixes of several units; what names them may be {some([one[:30] for one in columns])}. "
            f'Say so in MAPPING, as in {{"unit": "{columns[-1][:30]}"}}, or {{"unit": ""}} if all are of one.',
            f"Does {some(columns)} name the unit?", columns[-1], example, _ONE_UNIT)


class UnitsByPersons(SourceQuestion):
    """Fixes of several persons, in a file that tells cars apart by them alone; their column is about persons."""

    parameter = "MAPPING"

    def __init__(self, name: str, column: str) -> None:
        super().__init__(
            f"{name[:40]} has fixes of several cars, told apart only by {column[:30]}, which is about persons and is "
            'never kept. Name the car\'s column in MAPPING, as in {"unit": "column"}; if there is none, export the '
            'file with a car number or badge; {"unit": ""} says it is one car.',
            f"Only {column[:60]} tells the cars apart, and it is about persons. Which column names the car? If there "
            "is none, export the file with a car number or badge.", "", "", _ONE_UNIT)


class UnitsTogether(SourceQuestion):
    """Fixes of which no column names the unit, and which one car cannot have made."""

    parameter = "MAPPING"

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        rest = f"; its other columns are: {some(columns)}" if columns else ""
        super().__init__(
            f"The fixes of {name[:40]} are too far apart for one unit{rest}. Name the column of the unit in MAPPING, "
            'as in {"unit": "column"}, or export one file per unit; {"unit": ""} says they are of one.',
            "The fixes are too far apart for one car. Which column names the unit? If there is none, export one file "
            "per car.", "", "", _ONE_UNIT)


def ask_which_column(source: RowSource, columns: Sequence[str]) -> None:
    """Raise a question where a column without a role may tell several units.

    Parameters
    ----------
    columns : list of str
        Of the file, without a role. What stands in one about persons is counted here, and goes nowhere.
    """
    words = {name: set(words_of(name)) for name in columns}
    persons = [name for name in columns if words[name] & _NAMES_PERSONS or privacy.about_persons(name) in (
        "names", "number plates", "identity numbers", "e-mail addresses")]
    things = [name for name in columns if words[name] & _NAMES_UNITS and not privacy.about_persons(name)]
    if not persons and not things:
        return
    counts = _texts(source, list(dict.fromkeys([*things, *persons])))
    about = {name: privacy.about_persons(name) or privacy.values_about_persons(counts[name]) or (
        name in persons and not all(map(_CODE.fullmatch, counts[name]))) or logins_among(
            counts[name], name in persons).are_most for name in counts}
    likely = [name for name in counts if not about[name] and _may_be_units(counts[name], name in persons)]
    if likely:
        raise UnitsUnknown(source.name, likely[:3], next(iter(counts[likely[-1]])))
    several = [name for name in counts if about[name] and len(counts[name]) > 1]
    if several:
        raise UnitsByPersons(source.name, several[0])


def are_several(at: Ints, x: Floats, y: Floats) -> bool:
    """Whether fixes cannot be of one car: many of its steps would be faster than any drives.

    Parameters
    ----------
    at : array of int
        Moments, ns.
    x, y : array of float
        Metres.
    """
    order = np.argsort(at, kind="stable")
    # Whose clock tells no seconds may have been anywhere within the minute.
    least = 60.0 if (at % MINUTE == 0).all() else 1.0
    seconds = np.maximum(np.diff(at[order]) / SECOND, least)
    fast = np.hypot(np.diff(x[order]), np.diff(y[order])) / seconds > _FASTEST
    return bool(fast.sum() >= _FEWEST and fast.mean() >= _JUMPS)


def _texts(source: RowSource, names: list[str]) -> dict[str, Counter[str]]:
    """Column -> its texts with their rows in the whole file: one sorted by car has a single car in its first rows."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    for chunk in source.chunks(names, SILENT):
        for name, texts in counts.items():
            if len(texts) <= _MOST_UNITS:
                texts.update({str(text): int(rows) for text, rows in chunk[name].astype(str).str.strip(
                    ).value_counts().items() if text})
    return counts


def _may_be_units(texts: Counter[str], named: bool) -> bool:
    """Whether texts of a column are few and come again and again; where its name says so, several suffice."""
    return 1 < len(texts) <= _MOST_UNITS and (named or len(texts) * _ROWS_OF_UNIT <= sum(texts.values()))
