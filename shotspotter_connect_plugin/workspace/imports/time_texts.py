"""Texts of dates and times as wall clocks, before it is decided what a source means by them.

Each distinct text is parsed once: dates by ``date_texts``, times of day by ``clock_texts``.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence, Union

import numpy as np
import pandas as pd

from ...forecast.arrays import objects
from ...forecast.instants import DAY, MILLISECOND, NAT, SECOND, iso_texts, nanoseconds
from . import clock_texts
from .cell_texts import says_nothing
from .clock_texts import ColumnClocks, clock_of
from .date_texts import ORDERS, day_of, readings
from .plain_times import PlainTimes
from .unusual_times import rewritten

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...forecast.arrays import Bools, Ints, Objects

_LONGEST = 80
_UNREADABLE = "!"
_NUMBER = re.compile(r"\d{1,20}(?:[.,]\d*)?(?:[eE]\+?\d{1,2})?$")
_EXCEL_EPOCH = 25_569
"""Days from Excel's day 0 to 1970-01-01."""
_SIX_DIGITS_FROM = 10_000
"""A number plus 1 that is greater has five digits or six."""
DATE = DAY // SECOND
"""Seconds that a date without a time of day covers."""


@dataclass
class ParsedTimes:
    """A column's values as read, before it is decided what they mean; one array element per row.

    ``clock`` is int64 nanoseconds since 1970 of the date and time as written (NAT where there is none), with the offset
    already taken off where the text named one; it is the first moment of the ``covers`` seconds that the value can
    mean: 0 for a moment, an hour, a day, a month. ``timed`` is whether a time of day is known, at least to some hours;
    ``zulu`` whether its offset is that of Greenwich, ``unix`` whether it counts from 1970, which is in UTC, too.
    ``parts`` packs the three numbers of a date that can be read in several orders, see :func:`.date_texts.readings`,
    and is 0 for all others; its clock is of the first order that makes it a date.
    """

    clock: Ints
    timed: Bools
    offset: Bools
    zulu: Bools
    unix: Bools
    parts: NDArray[np.int32]
    covers: NDArray[np.int32]
    written: Bools

    @classmethod
    def join(cls, parts: list[ParsedTimes]) -> ParsedTimes:
        """One column from its chunks."""
        return cls(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(cls)))

    def take(self, rows: NDArray[Any]) -> ParsedTimes:
        """Some of the rows."""
        return ParsedTimes(*(getattr(self, item.name)[rows] for item in fields(self)))


@dataclass
class ParsedClocks:
    """A column of times of day as read; one array element per row.

    ``clock`` is int64 nanoseconds after midnight, less the offset; NAT where there is none. ``numbers`` are bare
    numbers plus 1, as :mod:`.clock_texts` has them, whose clock hangs on the rest of the column. ``written`` is True
    where the source wrote something.
    """

    clock: Ints
    offset: Bools
    zulu: Bools
    covers: NDArray[np.int32]
    numbers: NDArray[np.int32]
    written: Bools

    @classmethod
    def join(cls, parts: list[ParsedClocks]) -> ParsedClocks:
        """One column from its chunks."""
        return cls(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(cls)))

    def settled(self, form: str) -> ParsedClocks:
        """The same with the bare numbers read in one of ``clock_texts.FORMS``."""
        bare = clock_texts.is_number(self.numbers)
        clock, covers = clock_texts.numbered(self.numbers, form)
        return ParsedClocks(np.where(bare, clock, self.clock), self.offset, self.zulu,
                            np.where(bare, covers, self.covers).astype(np.int32), np.zeros_like(self.numbers),
                            self.written)


def parse(texts: Union[Sequence[str], pd.Series], times: Union[Sequence[str], pd.Series, None] = None,
          clocks: Optional[ColumnClocks] = None) -> ParsedTimes:
    """Parse texts of dates with or without times.

    Parameters
    ----------
    texts : sequence of str
        ISO with or without offset, month/day/year and day/month/year, names of months, weeks and months, Excel
        serials, Unix seconds to nanoseconds, writings of single programs; empty where unknown.
    times : sequence of str, optional
        A separate column of times of day, which takes the place of those in ``texts``; a row without one keeps its
        date only.
    clocks : ColumnClocks, optional
        Of the column's earlier parts, or of all of it: times of day that are bare numbers, or parted by a hyphen, are
        read as all of them show; those of ``texts`` (behind a date), or of ``times`` where there are any, are added.

    Returns
    -------
    ParsedTimes
    """
    codes, unique = pd.factorize(np.asarray(texts, dtype=object))
    known = ColumnClocks() if clocks is None else clocks
    parsed = _parse_distinct(unique, known if times is None else ColumnClocks()).take(codes)
    if times is None:
        return parsed
    beside = parse_clocks(times)
    known.add(beside.numbers)
    return with_clocks(parsed, beside.settled(known.form))


def parse_clocks(texts: Union[Sequence[str], pd.Series]) -> ParsedClocks:
    """Parse a column of times of day: 14:30, 2:30 PM, 1430, 14, fractions of a day, hours from one time to another."""
    codes, unique = pd.factorize(np.asarray(texts, dtype=object))
    written = np.array([_short(text) != "" for text in unique], dtype=bool)
    columns = _clocks(unique)
    hours = clock_texts.decimal_hours([str(text) for text in unique])
    columns[0] = np.where(hours != NAT, hours, columns[0])
    return ParsedClocks(*(part[codes] for part in (*columns, written)))


def with_clocks(parsed: ParsedTimes, clocks: ParsedClocks, whole: bool = False) -> ParsedTimes:
    """Dates with times of day beside them, of which bare numbers are settled.

    A row without a time of day beside it keeps its date only. ``whole`` is whether the dates carry true times of their
    own, which then stay.
    """
    own = parsed.timed & (parsed.covers == 0) & whole
    day = np.where(parsed.clock == NAT, NAT, parsed.clock // DAY * DAY)
    known = (day != NAT) & (clocks.clock != NAT) & (parsed.covers <= DATE) & ~own
    only = np.where(parsed.covers > DATE, parsed.covers, DATE)
    return ParsedTimes(
        np.where(own, parsed.clock, np.where(known, day + np.where(known, clocks.clock, 0), day)), own | known,
        np.where(own, parsed.offset, clocks.offset & known), np.where(own, parsed.zulu, clocks.zulu & known),
        parsed.unix & own, parsed.parts, np.where(own, 0, np.where(known, clocks.covers, only)).astype(np.int32),
        parsed.written)


def _short(text: object) -> str:
    """Text without blanks around it, empty where it stands for no value; what is longer than any date becomes a text
    that cannot be read."""
    text = str(text).strip()
    if len(text) > _LONGEST:
        return _UNREADABLE
    return "" if says_nothing(text) else text


def _parse_distinct(texts: Objects, known: ColumnClocks) -> ParsedTimes:
    """Distinct texts as they are written; those of a plain layout at once."""
    plain = PlainTimes(objects([str(text) for text in texts]))
    others = _parse_unique(objects([_short(text) for text in texts[~plain.rows]]), known)
    if not plain.rows.any():
        return others
    parsed = ParsedTimes(*(np.zeros(len(texts), dtype=getattr(others, item.name).dtype)
                           for item in fields(ParsedTimes)))
    for item in fields(ParsedTimes):
        getattr(parsed, item.name)[~plain.rows] = getattr(others, item.name)
    parsed.clock[plain.rows], parsed.parts[plain.rows] = plain.clock, plain.parts
    parsed.timed[plain.rows] = parsed.written[plain.rows] = True
    parsed.offset[plain.rows], parsed.zulu[plain.rows] = plain.offset, plain.zulu
    return parsed


def _parse_unique(texts: Objects, known: ColumnClocks) -> ParsedTimes:
    size = len(texts)
    timed, offset, zulu, unix = np.zeros((4, size), dtype=bool)
    parsed = ParsedTimes(np.full(size, NAT), timed, offset, zulu, unix, np.zeros(size, dtype=np.int32),
                         np.full(size, DATE, dtype=np.int32), texts != "")
    dates, clocks = _split(texts)
    codes, distinct = pd.factorize(dates)
    is_number = np.array([bool(_NUMBER.match(text)) for text in distinct], dtype=bool)[codes] & (dates == texts)
    if is_number.any():
        _numbers(texts, is_number, parsed)
    rest = np.flatnonzero(parsed.written & (parsed.clock == NAT))
    if not rest.size:
        return parsed
    whole, dates, clocks = texts[rest], dates[rest], clocks[rest]
    read_clocks = partial(_clocks_of_texts, known=known)
    days, times = _of_each(dates, _days), _of_each(clocks, read_clocks)
    failed = np.flatnonzero((days[0] == NAT) | ((clocks != "") & (times[0] == NAT)))
    if failed.size:
        _read_unusual(whole[failed], rest[failed], dates, clocks, failed, parsed)
        for found, texts_of, read in ((days, dates, _days), (times, clocks, read_clocks)):
            for values, again in zip(found, _of_each(texts_of[failed], read)):
                values[failed] = again
    day, parts, length = days
    clock, offset, zulu, covers = times
    timed = (clock != NAT) & (length == 1)
    good = (day != NAT) & (timed | (clocks == ""))
    found = parsed.clock[rest] == NAT
    parsed.clock[rest] = np.where(found, np.where(good, np.where(good, day, 0) + np.where(timed, clock, 0), NAT),
                                  parsed.clock[rest])
    for name, values in (("timed", timed), ("offset", offset), ("zulu", zulu), ("parts", parts),
                         ("covers", np.where(timed, covers, length * DATE))):
        getattr(parsed, name)[rest] = np.where(good, values, getattr(parsed, name)[rest])
    return parsed


def _of_each(texts: Objects, read: Callable[[Objects], list[NDArray[Any]]]) -> list[NDArray[Any]]:
    """What ``read`` gives of distinct texts, for each of these."""
    codes, unique = pd.factorize(texts)
    return [part[codes] for part in read(unique)]


def _read_unusual(texts: Objects, rows: Ints, dates: Objects, clocks: Objects, places: Ints,
                  parsed: ParsedTimes) -> None:
    """Put date and time of texts in unusual writings into their places; those that are numbers into ``parsed``."""
    pairs = [rewritten(text) for text in texts]
    numbers = np.array([bool(_NUMBER.match(pair[0])) and not pair[1] and pair[0] != text
                        for pair, text in zip(pairs, texts)], dtype=bool)
    if numbers.any():
        found = _parse_unique(objects([pair[0] if number else "" for pair, number in zip(pairs, numbers)]),
                              ColumnClocks())
        for item in fields(ParsedTimes):
            values = getattr(parsed, item.name)
            values[rows[numbers]] = getattr(found, item.name)[numbers]
    dates[places] = objects([pair[0] for pair in pairs])
    clocks[places] = objects([pair[1] for pair in pairs])


def _split(texts: Objects) -> tuple[Objects, Objects]:
    """Date and time of day of each text at the first blank or T."""
    pairs = [text.partition(" " if " " in text else "T") for text in texts]
    return objects([pair[0] for pair in pairs]), objects([pair[2].strip() for pair in pairs])


def _numbers(texts: Objects, is_number: Bools, parsed: ParsedTimes) -> None:
    """Values that are bare numbers: compact dates, Excel serials, Unix seconds to nanoseconds."""
    numbers = np.full(len(texts), np.nan)
    words = objects([text.replace(",", ".") for text in texts[is_number]])
    numbers[is_number] = words.astype(float)
    exact = is_number.copy()
    exact[is_number] = [_is_exact(word) for word in words]
    with np.errstate(invalid="ignore"):
        excel = (numbers >= 20_000) & (numbers < 80_000)
        compact = (numbers >= 19_000_000) & (numbers < 22_000_000)
        parsed_as = [(compact, "%Y%m%d")]
        for digits, form in ((4, "%Y%m%d%H%M"), (6, "%Y%m%d%H%M%S")):
            parsed_as.append(((numbers >= 19_000_000 * 10**digits) & (numbers < 22_000_000 * 10**digits), form))
        dates = np.logical_or.reduce([rows for rows, _ in parsed_as])
        # Nobody keeps nanoseconds of 1990; these are the tenths of microseconds since the year 1 of .NET.
        ticks = (numbers >= 6.2e17) & (numbers < 6.7e17)
        unix = np.zeros(len(texts), dtype=bool)
        for low, high, per_second in ((1e8, 1e10, 1), (1e11, 1e13, 1000), (1e14, 1e16, 10**6), (1e17, 1e19, 10**9)):
            rows = exact & (numbers >= low) & (numbers < high) & ~dates & ~ticks
            parsed.clock[rows] = np.round(numbers[rows] / per_second * 1000).astype(np.int64) * MILLISECOND
            unix |= rows
    # Excel keeps a time as a fraction of a day, exact to the millisecond.
    parsed.clock[excel] = np.round((numbers[excel] - _EXCEL_EPOCH) * 86_400_000).astype(np.int64) * MILLISECOND
    parsed.timed[excel] = numbers[excel] % 1 != 0
    parsed.timed[unix] = parsed.offset[unix] = parsed.zulu[unix] = parsed.unix[unix] = True
    for rows, form in parsed_as:
        if rows.any():
            digits = pd.Series(texts[rows]).str.replace(r"[.,]0*$", "", regex=True)
            parsed.clock[rows] = nanoseconds(pd.to_datetime(digits, format=form, errors="coerce"))
            parsed.timed[rows] = (form != "%Y%m%d") & (parsed.clock[rows] != NAT)
    parsed.covers[parsed.timed] = 0


def _is_exact(text: str) -> bool:
    """Whether a number holds all its digits: of 1.68E+12 the time of day was cut off."""
    mantissa, _, power = text.lower().partition("e")
    return not power or len(mantissa.replace(".", "")) >= 10


def _days(texts: Objects) -> list[NDArray[Any]]:
    """(ns of midnight, numbers of a date that can be read in several orders or 0, days covered) of texts of dates."""
    return _columns(texts, day_of, (np.int64, np.int32, np.int32))


def _clocks(texts: Objects, alone: bool = True) -> list[NDArray[Any]]:
    """Columns of what :func:`.clock_texts.clock_of` gives, in the order of :class:`ParsedClocks`."""
    return _columns(texts, lambda text: clock_of(str(text), alone), (np.int64, bool, bool, np.int32, np.int32))


def _clocks_of_texts(texts: Objects, known: ColumnClocks) -> list[NDArray[Any]]:
    """The same of times that follow a date in one text. Numbers of five and six digits have seconds; whether shorter
    ones do, as 959 for 00:09:59, or are hours and minutes, all of the column tell. Of one or two digits where no number
    has more they are none."""
    known.add_pairs(map(str, texts))
    clock, offset, zulu, covers, numbers = _clocks(texts, known.are_ranges)
    is_bare = clock_texts.is_number(numbers)
    if not is_bare.any():
        return [clock, offset, zulu, covers]
    known.add(numbers[is_bare])
    long = is_bare & (numbers > _SIX_DIGITS_FROM)
    shorter = {clock_texts.MINUTES: clock_texts.MINUTES, clock_texts.SECONDS: clock_texts.SECONDS}.get(known.form)
    for form, rows in ((clock_texts.SECONDS, long), (shorter, is_bare & ~long)):
        if form:
            clock[rows] = clock_texts.numbered(numbers[rows], form)[0]
    return [clock, offset, zulu, covers]


def _columns(texts: Objects, read: Callable[[str], tuple[Any, ...]], types: Sequence[type]) -> list[NDArray[Any]]:
    found = [read(text) for text in texts]
    return [np.array(column, dtype=kind) for column, kind in zip(zip(*found) if found else [()] * len(types), types)]


def in_order(parsed: ParsedTimes, order: str) -> Ints:
    """Clocks with the numbers of dates in an order; NAT where that makes no date. As parsed if the order is ""."""
    clock = parsed.clock.copy()
    if not order:
        return clock
    rows = np.flatnonzero((parsed.parts != 0) & (clock != NAT))
    codes, parts = pd.factorize(parsed.parts[rows])
    days = readings(parts)
    # The clock stands on the day of the first order that makes a date; an offset may have moved it over midnight.
    first = days[0]
    for later in days[1:]:
        first = np.where(first == NAT, later, first)
    meant = days[ORDERS.index(order)]
    move = np.where(meant == NAT, 0, meant - first)
    clock[rows] = np.where((meant == NAT)[codes], NAT, clock[rows] + move[codes])
    return clock


def days_in_order(parsed: ParsedTimes, order: str) -> Ints:
    """As :func:`in_order`, NAT also for weeks and months, which name no day."""
    return np.where(parsed.covers <= DATE, in_order(parsed, order), NAT)


def iso_dates(clocks: Ints) -> Objects:
    """Dates (object array of ISO texts) of wall clocks in ns; None where there is none."""
    dates = np.full(len(clocks), None, dtype=object)
    known = clocks != NAT
    dates[known] = iso_texts(clocks[known], "D")
    return dates
