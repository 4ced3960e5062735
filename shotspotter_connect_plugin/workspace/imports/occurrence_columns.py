"""Which column tells when offences happened, where none is named so: dates that lie before the reports say it.

A column that is not known by its name may be the moment itself or the start of it. Either way the offence lies between
it and the report, so that is what is taken, and said; never the time of the report in its place.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import some
from ...forecast.instants import DAY, NAT
from . import privacy, time_texts
from .column_names import plain, words_of
from .date_ranges import hold_ranges, starts_of
from .date_texts import ORDERS
from .source_times import OLDEST_EVENT
from .synonyms import COLUMN_ROLES

if TYPE_CHECKING:
    import pandas as pd

    from ...forecast.arrays import Bools, Ints
    from .import_frames import FileRows
    from .time_texts import ParsedTimes

OCCURRENCE = ("occurred", "occurred_from", "occurred_to", "occurred_year")
"""Roles of which any tells when an offence happened."""
ONLY_BEFORE = "No column is named as the time of the offence."
"""How the sentence begins that says of a column that its dates lie before the reports."""
_READABLE, _BEFORE = 0.9, 0.95
_LEAST = 5
_LONGEST_DELAY = 400 * DAY
"""The usual delay of a report is below a year; a column of dates older than that holds something else."""
_TIME_WORDS = frozenset("date time datetime dt dttm when day moment occurred occurrence start begin began from".split())
_END_WORDS = frozenset("end ended to until thru through last latest finish found stop".split())
_OF_REPORTS = frozenset(name for role in ("reported", "reported_time") for name in COLUMN_ROLES["incidents"][role])
_OTHER_WORDS = frozenset("birth born dob hire hired expire expires expiration updated update modified created entered "
                         "edited loaded uploaded published printed cleared clearance closed arrest arrested "
                         "court".split())


def find_occurrence(rows: FileRows, found: dict[str, str], warnings: list[str]) -> None:
    """Add the columns that tell when offences happened to the columns found, by what is in a file's first rows.

    Parameters
    ----------
    rows : DataFrame
        Texts of all columns.
    found : dict
        Role -> column; gets ``occurred``, or ``occurred_from`` and ``occurred_to``, where content shows them.
    warnings : list of str
        Gets, first, what was found in this way.
    """
    for role in ("occurred_time", "reported_time"):
        column = found.get(role)
        if column and plain(column) in COLUMN_ROLES["incidents"]["occurred_time"] and _is_whole(rows[column]):
            found["occurred"] = found.pop(role)  # named like a time of day, it holds the date as well
            return
    if "reported" not in found:
        return
    report = time_texts.parse(rows[found["reported"]])
    before = {column: parsed for column, parsed in _date_columns(rows, found).items() if _is_before(parsed, report)}
    starts = [column for column in before if not set(words_of(column)) & _END_WORDS]
    ends = [column for column in before if column not in starts]
    if not starts:
        return
    starts.sort(key=lambda column: -int(_delay(before[column], report)))
    found["occurred_from"] = starts[0]
    if len(ends) == 1:
        found["occurred_to"] = ends[0]
    until = f"that of {ends[0]}" if len(ends) == 1 else f"the report ({found['reported']})"
    warnings.insert(0, f"{ONLY_BEFORE} The dates of {starts[0]} lie before the "
                       f"reports, so each offence was taken to lie between {starts[0]} and {until}. If another column "
                       f'tells it, or this is its moment, say so in MAPPING, as in {{"occurred": "{starts[0]}"}}.')


def left_aside(rows: FileRows, found: dict[str, str]) -> list[str]:
    """Columns of dates that have no role."""
    return list(_date_columns(rows, found))


def only_reported(name: str, column: str, width: str, why: str, others: list[str]) -> str:
    """The sentence that says first that a file tells only when offences were reported."""
    aside = f" Left aside: {some(others[:3])}." if others else ""
    return (f"{name} tells only when offences were reported ({column}): each was taken to lie in the {width} before, "
            f'{why}.{aside} If a column tells when they happened, name it in MAPPING, as in {{"occurred": "column"}}.')


def _is_whole(texts: pd.Series) -> bool:
    parsed = time_texts.parse(texts)
    whole = parsed.timed & (parsed.clock != NAT)
    return bool(parsed.written.any() and whole.sum() >= _READABLE * parsed.written.sum())


def _date_columns(rows: FileRows, found: dict[str, str]) -> dict[str, ParsedTimes]:
    """Columns without a role that hold dates, as read; numbers are dates only where the column's name says so."""
    parsed = {}
    for column in rows:
        words = set(words_of(column))
        if (column in found.values() or words & _OTHER_WORDS or plain(column) in _OF_REPORTS
                or privacy.about_persons(column)):
            continue
        texts = rows[column].astype(str).str.strip()
        texts = texts[texts != ""]
        if texts.empty or (not words & _TIME_WORDS and texts.str.fullmatch(r"[\d.,]+").mean() > 0.5):
            continue
        read = time_texts.parse(rows[column])
        if (read.clock != NAT).sum() < _READABLE * read.written.sum() and hold_ranges(texts):
            read = time_texts.parse(starts_of(rows[column]))
        if (read.clock != NAT).sum() >= _READABLE * read.written.sum():
            parsed[str(column)] = read
    return parsed


def _is_before(parsed: ParsedTimes, report: ParsedTimes) -> bool:
    """Whether dates nearly always lie before the reports, not at them, in an order in which both can be read."""
    for order in ("", *ORDERS[:2]):
        clock, told, rows = _both(parsed, report, order)
        if rows.sum() < _LEAST:
            continue
        clock, told = clock[rows], told[rows]
        as_days = ~(parsed.timed & report.timed)[rows]
        early = np.where(as_days, clock // DAY <= told // DAY, clock <= told)
        if early.mean() >= _BEFORE and (clock < told).any() and np.median(told - clock) < _LONGEST_DELAY and (
                clock >= OLDEST_EVENT).mean() >= _BEFORE:
            return True
    return False


def _delay(parsed: ParsedTimes, report: ParsedTimes) -> float:
    clock, told, rows = _both(parsed, report, "")
    return float(np.median(told[rows] - clock[rows])) if rows.any() else 0.0


def _both(parsed: ParsedTimes, report: ParsedTimes, order: str) -> tuple[Ints, Ints, Bools]:
    clock, told = time_texts.in_order(parsed, order), time_texts.in_order(report, order)
    return clock, told, (clock != NAT) & (told != NAT)
