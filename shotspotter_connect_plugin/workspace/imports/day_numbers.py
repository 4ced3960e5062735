"""Dates that are numbers of days, as a spreadsheet keeps them: from 1900, or from 1904, as older Macs counted.

Nothing in such a number says which. Read from the wrong day it is 1,462 days off, and a plausible date still: so what
they were taken for is said, with an example, unless a weekday, a year or another date beside them shows it; and where
that shows days since 1904, the file is refused.
"""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.instants import DAY, NAT, wall_clocks
from . import date_texts, privacy, time_texts
from .column_names import plain
from .synonyms import COLUMN_ROLES

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints
    from .import_frames import FileRows
    from .time_texts import ParsedTimes

_NUMBER = re.compile(r"[2-7]\d{4}(?:[.,]\d+)?")
_LATER = 1462 * DAY
"""How much later a day is that is counted from 1904."""
_WEEKDAYS = frozenset(COLUMN_ROLES["incidents"]["weekday"])
_YEARS = frozenset([*COLUMN_ROLES["incidents"]["occurred_year"], "reportyear", "yearreported"])
_BESIDE, _CLEARLY, _LEAST = 6, 0.9, 3
_NEAR = 400 * DAY
"""A date beside another of one incident lies nearer to it than the two ways of counting lie apart."""


class DayNumbers:
    """The numbers of days among the dates of a source, by column, gathered chunk by chunk."""

    def __init__(self) -> None:
        self._examples: dict[str, tuple[str, int]] = {}
        self._newest: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._examples)

    def add(self, column: str, texts: Sequence[str], parsed: ParsedTimes) -> None:
        """Take in a column's texts and what :func:`time_texts.parse` made of them."""
        rows = np.flatnonzero(are_day_numbers(texts) & (parsed.clock != NAT))
        if rows.size:
            self._examples.setdefault(column, (str(np.asarray(texts, dtype=object)[rows[0]]),
                                               int(parsed.clock[rows[0]])))
            self._newest[column] = max(self._newest.get(column, 0), int(parsed.clock[rows].max()))

    def told(self, name: str, columns: Sequence[str],
             chunks: Callable[[Sequence[str]], Iterable[FileRows]]) -> list[str]:
        """A sentence for each column of numbers of days of which nothing beside shows from when they count.

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
            When they count from 1904.
        """
        sentences = []
        today = pd.Timestamp.now(tz="UTC").value
        for column, (text, clock) in self._examples.items():
            if self._newest[column] + _LATER > today + DAY:
                continue  # counted from 1904 they would lie in the future
            as_1900, as_1904 = _votes(column, columns, chunks)
            if as_1904 >= _LEAST and as_1904 >= _CLEARLY * (as_1900 + as_1904):
                raise ConnectError(f"The numbers in column {column[:60]} of {name[:60]} are days since 1904, as what "
                                   "stands beside them shows, and would be read four years too early. Export that "
                                   "column as dates.")
            if as_1900 >= _LEAST and as_1900 >= _CLEARLY * (as_1900 + as_1904):
                continue
            sentences.append(f"The dates in column {column[:60]} are numbers of days and were read as counted from "
                             f"1900, as Excel does: {text[:12]} is {_day(clock)}. If that should be "
                             f"{_day(clock + _LATER)}, they count from 1904: export the column as dates.")
        return sentences


def are_day_numbers(texts: Sequence[str]) -> Bools:
    """Which texts are numbers that are read as days since 1900."""
    codes, unique = pd.factorize(np.asarray(texts, dtype=object))
    # The fifth letter of nearly all other dates is no digit, and asks for no pattern.
    return np.array([text[4:5].isdigit() and bool(_NUMBER.fullmatch(text))
                     for text in map(str.strip, map(str, unique))], dtype=bool)[codes]


def _votes(column: str, columns: Sequence[str],
           chunks: Callable[[Sequence[str]], Iterable[FileRows]]) -> tuple[int, int]:
    """Rows in which what stands beside the numbers fits days since 1900, and since 1904."""
    others = [other for other in columns if other != column and not privacy.about_persons(other) and (
        plain(other) in _WEEKDAYS | _YEARS or "date" in plain(other))][:_BESIDE]
    votes = [0, 0]
    for chunk in chunks([column, *others]) if others else ():
        clock = np.where(are_day_numbers(chunk[column]), time_texts.parse(chunk[column]).clock, NAT)
        for other in others:
            fits = [_fits(clock + later * (clock != NAT), plain(other), chunk[other]) for later in (0, _LATER)]
            differ = fits[0] != fits[1]
            votes = [count + int((fit & differ).sum()) for count, fit in zip(votes, fits)]
    return votes[0], votes[1]


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
    dated = known & (beside.clock != NAT) & ~are_day_numbers(texts)
    return dated & (np.abs(np.where(dated, clock - beside.clock, 0)) <= _NEAR)


def _day(clock: int) -> str:
    moment = pd.Timestamp(clock)
    return f"{moment.day} {moment.strftime('%B %Y')}"
