"""How long each row of a log of tactics took: as its column says, in whatever unit, or from its start to its end."""
from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, NAT
from . import time_texts
from .column_names import words_of
from .durations import bare_numbers, minutes_of, unclear_pair
from .source_questions import SourceQuestion

if TYPE_CHECKING:
    from ...forecast.arrays import Floats
    from .unplaced_rows import UnplacedFile

UNREADABLE_END, BACKWARDS = "an end that cannot be read", "it ends before it starts"
IN_MINUTES = {"minutes": 1.0, "hours": 60.0, "seconds": 1 / 60}
"""Role -> minutes of one."""
_UNITS = {word: unit for unit, words in (("hours", "h hr hrs hour hours"), ("seconds", "s sec secs second seconds"),
                                         ("minutes", "m mn min mins minute minutes")) for word in words.split()}
_USUAL = (9.0, 240.0)
"""Half of the numbers of a column without a unit are below this and half above, if they are surely minutes: less may be
hours, more may be seconds."""
_ALIKE = 0.1
_MINUTE = pd.Timedelta(minutes=1)
_FARTHEST = 2.0
"""Minutes by which what a row says may differ from the time between its start and its end."""


class UnitUnknown(SourceQuestion):
    """Whether the numbers of a column are minutes, hours or seconds."""

    parameter = "MAPPING"

    def __init__(self, name: str, column: str, example: str) -> None:
        short = column[:40]
        super().__init__(
            f"Nothing in {name} tells whether {example} in column {short} is minutes, hours or seconds; say so in "
            f'MAPPING, as in {{"hours": "{short}"}}, or with "minutes" or "seconds", once for files of this kind.',
            f"Is {example} in column {column} minutes, hours or seconds?", column, example,
            {json.dumps({unit: column}): unit for unit in IN_MINUTES})


class PairUnknown(SourceQuestion):
    """Whether two numbers with a colon are hours and minutes, or minutes and seconds."""

    parameter = "MAPPING"

    def __init__(self, name: str, column: str, example: str) -> None:
        short, first = column[:40], example.partition(":")[0]
        super().__init__(
            f"Nothing in {name} tells whether {example} in column {short} is {int(first)} hours or minutes; say so in "
            f'MAPPING, as {{"hours": "{short}"}} or {{"minutes": "{short}"}}, once for files of this kind.',
            f"Is {example} in column {column} {int(first)} hours or {int(first)} minutes?", column, example,
            {json.dumps({role: column}): words for role, words in (
                ("minutes", "minutes and seconds"), ("hours", "hours and minutes"))})


def minutes_of_log(file: UnplacedFile, at: pd.Series, given: frozenset[str] = frozenset()) -> Floats:
    """Minutes of each row, NaN where nothing tells; rows whose end cannot be are rejected.

    Parameters
    ----------
    file : UnplacedFile
    at : Series of instants
        When each row began.
    given : set of str
        Roles that somebody has named the column of.

    Raises
    ------
    UnitUnknown
        When a column is of bare numbers, and neither its name nor its numbers nor the ends tell their unit.
    """
    spent = _spent(file, at)
    role = next((unit for unit in IN_MINUTES if unit in file.mapping), "")
    if not role:
        return spent
    column, texts = file.mapping[role], file.texts(role)
    unit = role if role != "minutes" or role in given else _unit(file, column, texts, spent)
    pair = _unclear_pair(column, texts, spent)
    if pair and not given & set(IN_MINUTES):
        raise PairUnknown(file.source.name, column, pair)
    stated = minutes_of(texts, column, file.warnings, IN_MINUTES[unit], bool(pair) and role == "minutes")
    if unit != "minutes":
        file.warnings.append(f"The numbers in column {column} were read as {unit}.")
    differ = int((np.abs(stated - spent) > _FARTHEST).sum())
    if differ:
        file.warnings.append(f"In {differ:,} rows column {column} is not the time from start to end; what it says was "
                             "taken.")
    return np.where(texts.to_numpy() == "", spent, stated)


def _unclear_pair(column: str, texts: pd.Series, spent: Floats) -> str:
    """An example of pairs of numbers that may be minutes and seconds, unless the column's name or the ends tell."""
    if re.search(r"hh?[ :_]?mm", column, re.IGNORECASE) or np.isfinite(spent).any():
        return ""
    return unclear_pair(texts)


def _unit(file: UnplacedFile, column: str, texts: pd.Series, spent: Floats) -> str:
    """The unit of a column's bare numbers, by its name, by the ends, or by how large they are."""
    named = [_UNITS[word] for word in words_of(column) if word in _UNITS]
    bare = bare_numbers(texts)
    if named or not np.isfinite(bare).any():
        return named[-1] if named else "minutes"
    both = np.isfinite(bare) & (bare > 0) & (spent > 0)
    if both.any():
        share = float(np.median(spent[both] / bare[both]))
        found = [unit for unit, minutes in IN_MINUTES.items() if abs(share / minutes - 1) < _ALIKE]
        if found:
            return found[0]
    middle = float(np.nanmedian(np.where(bare > 0, bare, np.nan))) if (bare > 0).any() else 0.0
    if middle and not _USUAL[0] <= middle <= _USUAL[1]:
        raise UnitUnknown(file.source.name, column, texts[np.isfinite(bare) & (bare > 0)].iloc[0])
    return "minutes"


def _spent(file: UnplacedFile, at: pd.Series) -> Floats:
    """Minutes from start to end; an end without a date lies on the day of the start or, past midnight, on the next."""
    if "to" not in file.mapping:
        return np.full(len(file), np.nan)
    texts, clocks = file.texts("to"), file.texts("to_time") if "to_time" in file.mapping else None
    full = file.instants("to", time_texts.parse(texts, clocks))
    parsed = time_texts.parse(file.texts("at"), texts)
    of_day = file.instants("to", parsed)
    later = file.instants("to", replace(parsed, clock=np.where(parsed.clock == NAT, NAT, parsed.clock + DAY)))
    of_day = of_day.where(~(of_day < at), later)
    end = full.where(full.notna(), of_day)
    written = (texts != "").to_numpy()
    file.reject(written & end.isna(), UNREADABLE_END, "to")
    file.reject((end < at).to_numpy(), BACKWARDS, "to")
    return ((end - at) / _MINUTE).to_numpy(dtype=float)
