"""Dates that are numbers: of days, as a spreadsheet keeps them, from 1900, or from 1904, as older Macs counted; of
seconds from 1970, or from 1980, as receivers of GPS count, or from 2001, as Apple does.

Nothing in such a number says which. Read from the wrong day it is years off, and a plausible date still: so what they
were taken for is said, with an example, unless a weekday, a year or another date beside them shows it, or the other
reading lies in the future; and where what stands beside them shows the other reading, the file is refused.
"""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.instants import DAY, NAT, SECOND, wall_clocks
from . import date_texts, privacy, time_texts
from .column_names import plain
from .synonyms import COLUMN_ROLES

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints
    from .import_frames import FileRows
    from .time_texts import ParsedTimes

_NUMBER = re.compile(r"[2-7]\d{4}(?:[.,]\d+)?")
_OF_SECONDS = re.compile(r"\d{9,10}(?:[.,]\d+)?")
_DAYS: tuple[str, int, dict[int, int]] = ("days", 1900, {1904: 1462 * DAY})
_SECONDS: tuple[str, int, dict[int, int]] = ("seconds", 1970, {1980: 315_964_800 * SECOND, 2001: 978_307_200 * SECOND})
"""What is counted, from when it is read, and other moments -> how much later a number lies that counts from there."""
_TOO_OLD = 820_454_400 * SECOND
"""Nobody kept seconds since 1970 of a crime before 1996 that is exported today; Apple's of today read like that."""
_AS = {"days": ", as Excel does", "seconds": ""}
_WEEKDAYS = frozenset(COLUMN_ROLES["incidents"]["weekday"])
_YEARS = frozenset([*COLUMN_ROLES["incidents"]["occurred_year"], "reportyear", "yearreported"])
_BESIDE, _CLEARLY, _LEAST = 6, 0.9, 3
_NEAR = 400 * DAY
"""A date beside another of one incident lies nearer to it than the two ways of counting lie apart."""


class CountedDates:
    """The dates of a source that are numbers of days or seconds, by column, gathered chunk by chunk."""

    def __init__(self) -> None:
        self._examples: dict[str, tuple[str, int]] = {}
        self._newest: dict[str, int] = {}
        self._of_seconds: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._examples)

    def add(self, column: str, texts: Sequence[str], parsed: ParsedTimes) -> None:
        """Take in a column's texts and what :func:`time_texts.parse` made of them."""
        seconds = are_seconds(texts, parsed)
        counted = seconds | are_day_numbers(texts) & (parsed.clock != NAT)
        rows = np.flatnonzero(counted)
        if rows.size:
            self._examples.setdefault(column, (str(np.asarray(texts, dtype=object)[rows[0]]),
                                               int(parsed.clock[rows[0]])))
            self._newest[column] = max(self._newest.get(column, 0), int(parsed.clock[rows].max()))
        if seconds.any():
            self._of_seconds.add(column)

    def told(self, name: str, columns: Sequence[str],
             chunks: Callable[[Sequence[str]], Iterable[FileRows]]) -> list[str]:
        """A sentence for each column of numbers of which nothing beside shows from when they count.

        Parameters
        ----------
        name : str
            Of the source.
        columns : list of str
            All of the source.
        chunks : function
            ``chunks(columns)``: its rows as texts.

        Raises
        ------
        ConnectError
            When they count from another moment than they are read from.
        """
        sentences = []
        for column, (text, clock) in self._examples.items():
            unit, start, others = _SECONDS if column in self._of_seconds else _DAYS
            # What would lie in the future is no other reading.
            others = {year: later for year, later in others.items() if self._newest[column] + later <= _tomorrow()}
            if not others:
                continue
            votes = _votes(column, columns, chunks, others.values())
            shown = [fits >= _LEAST and fits >= _CLEARLY * sum(votes) for fits in votes]
            for year, is_shown in zip(others, shown[1:]):
                if is_shown:
                    raise ConnectError(f"The numbers in column {column[:60]} of {name[:60]} are {unit} since "
                                       f"{year}, as what stands beside them shows, and would be read "
                                       f"{_off(others[year])} years too early. Export that column as dates.")
            if shown[0]:
                continue
            year, later = list(others.items())[-1]
            if self._newest[column] < _TOO_OLD and unit == "seconds":
                raise ConnectError(f"The numbers in column {column[:60]} of {name[:60]}, such as {text[:16]}, are "
                                   f"{_day(clock)} as seconds since {start} and {_day(clock + later)} as seconds since "
                                   f"{year}; nothing beside them shows which. Export that column as dates.")
            sentences.append(f"The dates in column {column[:60]} are numbers of {unit} and were read as counted from "
                             f"{start}{_AS[unit]}: {text[:12]} is {_day(clock)}. If that should be "
                             f"{_day(clock + later)}, they count from {year}: export the column as dates.")
        return sentences


def are_seconds(texts: Sequence[str], parsed: ParsedTimes) -> Bools:
    """Which values were read as seconds since 1970 and may count from later: those of days long ago."""
    suspects = parsed.unix & (parsed.clock + min(_SECONDS[2].values()) <= _tomorrow()) & (parsed.clock != NAT)
    if not suspects.any():
        return suspects
    whole = np.asarray(texts, dtype=object)
    suspects[suspects] = [bool(_OF_SECONDS.fullmatch(str(text).strip())) for text in whole[suspects]]
    return suspects


def are_day_numbers(texts: Sequence[str]) -> Bools:
    """Which texts are numbers that are read as days since 1900."""
    codes, unique = pd.factorize(np.asarray(texts, dtype=object))
    # The fifth letter of nearly all other dates is no digit, and asks for no pattern.
    return np.array([text[4:5].isdigit() and bool(_NUMBER.fullmatch(text))
                     for text in map(str.strip, map(str, unique))], dtype=bool)[codes]


def _votes(column: str, columns: Sequence[str], chunks: Callable[[Sequence[str]], Iterable[FileRows]],
           others: Iterable[int]) -> list[int]:
    """Rows in which what stands beside the numbers fits how they are read, and each other reading, not all alike."""
    readings = (0, *others)
    beside = [other for other in columns if other != column and not privacy.about_persons(other) and (
        plain(other) in _WEEKDAYS | _YEARS or "date" in plain(other))][:_BESIDE]
    votes = np.zeros(len(readings), dtype=np.int64)
    for chunk in chunks([column, *beside]) if beside else ():
        parsed = time_texts.parse(chunk[column])
        clock = np.where(are_day_numbers(chunk[column]) | parsed.unix, parsed.clock, NAT)
        for other in beside:
            fits = np.array([_fits(clock + later * (clock != NAT), plain(other), chunk[other]) for later in readings])
            votes += (fits & ~fits.all(axis=0)).sum(axis=1)
    return [int(count) for count in votes]


def _fits(clock: Ints, name: str, texts: pd.Series) -> Bools:
    """Rows whose day fits the weekday, the year or the date that another column tells."""
    known = clock != NAT
    if name in _WEEKDAYS:
        told = texts.str.strip().str[:3].str.lower().map(date_texts.WEEKDAYS).to_numpy(float)
        return known & (date_texts.weekday_of(clock) == told)
    if name in _YEARS:
        years = np.asarray(wall_clocks(np.where(known, clock, 0)).year)
        return known & (years == pd.to_numeric(texts, errors="coerce").to_numpy(float))
    beside = time_texts.parse(texts)
    dated = known & (beside.clock != NAT) & ~are_day_numbers(texts) & ~beside.unix
    return dated & (np.abs(np.where(dated, clock - beside.clock, 0)) <= _NEAR)


def _tomorrow() -> int:
    return int(pd.Timestamp.now(tz="UTC").value) + DAY


def _off(later: int) -> int:
    return round(later / (365.25 * DAY))


def _day(clock: int) -> str:
    moment = pd.Timestamp(clock)
    return f"{moment.day} {moment.strftime('%B %Y')}"
