"""Texts of dates: which days they are, and in which orders their numbers can be read."""
from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Optional, Sequence, Union

import numpy as np

from ...forecast.instants import DAY, NAT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...forecast.arrays import Ints

OLDEST_YEAR, NEWEST_YEAR = 1700, 2200
"""Years that are read: others are errors of typing, and nanoseconds in 64 bits do not reach beyond 1677 and 2262."""
MONTH_FIRST, DAY_FIRST, YEAR_FIRST = ORDERS = ("month first", "day first", "year first")
"""In which order a date of three numbers is written; the year comes first only where it has two digits."""
WEEKDAYS = {name: number for number, name in enumerate(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])}
_WEEKDAY = r"(?:[^\W\d_]+\.?,? )?"
_YEAR = r"(\d{4}|\d{2})"
_ISO = re.compile(_WEEKDAY + r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
                  r"(?: ?\(?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}\)?)?$", re.IGNORECASE)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_NUMERIC = re.compile(r"(?:([^\W\d_]{2,10})\.?,? )?(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})$")
_NO_YEAR = re.compile(r"(?<!\d)00\d{2}(?!\d)|^00\d{6}$")
"""Years of four digits that begin with two zeros are none: 0001-01-01 stands for no date, not for one of 2001."""
_EIGHT = re.compile(r"()(\d{2})(\d{2})(\d{4})$")
_MONTH_FIRST = re.compile(_WEEKDAY + rf"([^\W\d_]{{3,10}})\.?[ -](\d{{1,2}})(?:st|nd|rd|th)?,?[ -]{_YEAR}$")
_DAY_FIRST = re.compile(_WEEKDAY + r"(\d{1,2})(?:\.|er|st|nd|rd|th|º|°)?(?: de | |-|/)?"
                        rf"([^\W\d_]{{3,10}})\.?,?(?: de | |-|/)?{_YEAR}$")
_YEAR_FIRST = re.compile(_WEEKDAY + r"(\d{4})[ -/]([^\W\d_]{3,10})\.?[ -/](\d{1,2})$")
_ISO_WEEK = re.compile(r"(\d{4})-?[Ww](\d{2})(?:-?([1-7]))?$")
_DAY_OF_YEAR = re.compile(r"(\d{4})-(\d{3})$")
_MONTH = re.compile(r"((?:19|20)\d{2}(?=\d{2}$)|\d{4}(?=[-/.]))[-/.]?(\d{1,2})$")
_MONTH_LAST = re.compile(r"(\d{1,2})[-/.](\d{4})$")
_NAMED_MONTH = re.compile(r"([^\W\d_]{3,10})\.?(?: de |,? |-|/)(\d{4})$")
_NAMED_MONTH_LAST = re.compile(r"(\d{4})[ -/]([^\W\d_]{3,10})\.?$")
_MONTH_STARTS = (
    "jan ene gen", "feb fev", "mar mrz mrt maa", "apr avr abr", "may mai mag mei", "jun juin giu", "jul juil lug",
    "aug aou ago", "sep set", "oct okt ott out", "nov", "dec dez dic")
"""How the names of months begin in English, French, German, Spanish, Italian, Portuguese and Dutch, without accents."""
_MONTHS = {start: number for number, starts in enumerate(_MONTH_STARTS, 1) for start in starts.split()}
_ONLY = 100_000_000
"""Added to packed numbers of a date as often as the number of the only order that its weekday fits."""


@lru_cache(maxsize=1 << 12)
def month_number(word: str) -> int:
    """Number of a month by its name, whole or cut off, in one of the languages known; 0 if it is none."""
    letters = "".join(letter for letter in unicodedata.normalize("NFKD", word.casefold()) if letter.isalpha())
    return _MONTHS.get(letters[:4]) or _MONTHS.get(letters[:3], 0)


def weekday_of(clock: Any) -> Any:
    """Number of the weekday of clocks in ns, Monday = 0."""
    return (clock // DAY + 3) % 7


@lru_cache(maxsize=1 << 15)
def day_of(text: str) -> tuple[int, int, int]:
    """(ns of midnight, numbers of a date that can be read in several orders or 0, days that it covers) of a text."""
    if _NO_YEAR.search(text):
        return NAT, 0, 1
    found = _ISO.match(text) or _COMPACT.match(text)
    if found:
        midnight = _midnight(found[1], found[2], found[3])
        if midnight != NAT:
            return midnight, 0, 1
    found = _NUMERIC.match(text) or _EIGHT.match(text)
    if found:
        return (*_numeric(*found.groups()), 1)
    for form, year, month, day in ((_MONTH_FIRST, 3, 1, 2), (_DAY_FIRST, 3, 2, 1), (_YEAR_FIRST, 1, 2, 3)):
        found = form.match(text)
        if found and month_number(found[month]):
            return _midnight(found[year], month_number(found[month]), found[day]), 0, 1
    return _rarer(text)


def _rarer(text: str) -> tuple[int, int, int]:
    """Weeks, days of the year and months, as :func:`day_of` gives them."""
    found = _ISO_WEEK.match(text)
    if found:
        return _of_week(int(found[1]), int(found[2]), int(found[3] or 0))
    found = _DAY_OF_YEAR.match(text)
    if found and 1 <= int(found[2]) <= 366:
        first = _midnight(found[1], 1, 1)
        day = first + (int(found[2]) - 1) * DAY
        return (NAT if first == NAT or day >= _midnight(int(found[1]) + 1, 1, 1) else day), 0, 1
    for form, year, month in ((_MONTH, 1, 2), (_MONTH_LAST, 2, 1), (_NAMED_MONTH, 2, 1), (_NAMED_MONTH_LAST, 1, 2)):
        found = form.match(text)
        if found:
            return _of_month(int(found[year]), int(found[month]) if found[month].isdecimal() else
                             month_number(found[month]))
    return NAT, 0, 1


def _of_week(year: int, week: int, weekday: int) -> tuple[int, int, int]:
    try:
        day = date.fromisocalendar(year, week, weekday or 1)
    except ValueError:
        return NAT, 0, 1
    return _midnight(day.year, day.month, day.day), 0, 1 if weekday else 7


def _of_month(year: int, month: int) -> tuple[int, int, int]:
    first = _midnight(year, month, 1)
    if first == NAT:
        return NAT, 0, 1
    return first, 0, ((date(year, month, 1) + timedelta(days=31)).replace(day=1) - date(year, month, 1)).days


def _numeric(weekday: Optional[str], first: str, second: str, third: str) -> tuple[int, int]:
    """(midnight in the first order that makes three numbers a date, the numbers packed); a weekday that only one order
    fits leaves that one alone."""
    # A year of two digits has both of them: 3/4/23 does not begin with a year.
    year_first = len(first) == len(third) == 2
    parts = ((int(first) * 100 + int(second)) * 10_000 + int(third)) * (1 if year_first else -1)
    days = (_midnight(third, first, second), _midnight(third, second, first),
            _midnight(first, second, third) if year_first else NAT)
    known = [day for day in days if day != NAT]
    if not known:
        return NAT, 0
    fitting = [row for row, day in enumerate(days) if weekday and day != NAT
               and WEEKDAYS.get(weekday[:3].lower()) == weekday_of(day)]
    if len(fitting) != 1:
        return known[0], parts
    return days[fitting[0]], (abs(parts) + _ONLY * (fitting[0] + 1)) * (1 if year_first else -1)


def readings(parts: Union[NDArray[np.int32], Ints, Sequence[int]]) -> Ints:
    """What packed numbers of dates mean in each order.

    Parameters
    ----------
    parts : int array
        Of :class:`.time_texts.ParsedTimes`; negative where no year can stand first.

    Returns
    -------
    int64 array, one row for each of :data:`ORDERS`
        Nanoseconds of midnight, NAT where the numbers are no date in that order. A year of two digits is none of
        the years to come.
    """
    parts = np.asarray(parts, dtype=np.int64)
    only, whole = np.divmod(np.abs(parts), _ONLY)
    first, second, third = whole // 1_000_000, whole // 10_000 % 100, whole % 10_000
    found = np.array([_midnights(third, first, second), _midnights(third, second, first),
                      np.where(parts > 0, _midnights(first, second, third), NAT)])
    rows = np.arange(1, len(ORDERS) + 1)[:, None]
    return np.where((only == 0) | (only == rows), found, NAT)


def _midnights(year: Ints, month: Ints, day: Ints) -> Ints:
    """ns of midnights; NAT where there is no such day, or a year of two digits is still to come."""
    short = year < 100
    # As POSIX does: 69 to 99 are of the last century. No file tells of the years to come in two digits.
    year = year + np.where(short, np.where(year < 69, 2000, 1900), 0)
    good = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= OLDEST_YEAR) & (year <= NEWEST_YEAR)
    good &= ~short | (year <= date.today().year + 1)
    months = (np.where(good, year, 1970) - 1970) * 12 + np.where(good, month, 1) - 1
    start = months.astype("datetime64[M]").astype("datetime64[D]")
    days = (start + (np.where(good, day, 1) - 1)).astype("datetime64[D]")
    good &= days.astype("datetime64[M]") == start.astype("datetime64[M]")
    return np.where(good, days.astype(np.int64) * DAY, NAT)


def _midnight(year: Union[str, int], month: Union[str, int], day: Union[str, int]) -> int:
    return int(_midnights(*(np.array([int(part)]) for part in (year, month, day)))[0])
