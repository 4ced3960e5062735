"""Two moments in one cell, between which an offence happened: "3/1/2024 22:00 - 3/2/2024 06:00", "between 3/1 and 3/2".

Each becomes two texts, which are read like those of two columns. What cannot be parted into two dates is no range; a
date with two times of day is read by ``clock_texts``.
"""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Iterable, Iterator, Optional, Sequence

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, NAT, wall_clocks
from . import time_texts
from .clock_texts import clock_of
from .date_texts import ORDERS

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints, Objects

    Pairs = list[Optional[tuple[str, str]]]

_BEFORE = re.compile(r"^(?:(?:occurred|happened|some ?time|(?:the )?nights? of) )*(?:(?:between|btwn|btw|from|"
                     r"entre|du|de|del|desde|vom|von|zwischen|dal|tra|tussen|van)(?: (?:the|le|el|il|den|dem))? )?",
                     re.IGNORECASE)
_BETWEEN = tuple(re.compile(form, re.IGNORECASE) for form in (
    r" (?:to|thru|through|until|till|til|and|&|y|et|au|a|al|hasta|bis|und|e|en|tot)(?: (?:the|le|el|il|zum))? ",
    r" ?(?:->|=>|\u2192|\u2013|\u2014|--+|~|\.{2,}|;|\|) ?", " - ?| ?- ", r"(?<=[\dZz])/(?=\d{4}-)",
    r"(?<=\d)/(?=\d{1,2}\.? [^\W\d]|\d{1,2},? \d{4}$)", ", ?", "-"))
"""What may stand between the two, the clearest first."""
_DAY_AND_MONTH = re.compile(r"(?P<numbers>\d{1,2}(?P<sign>[-/.])\d{1,2})(?P<clock> \d.*)?|"
                            r"(?P<words>[^\W\d_]{3,10}\.? \d{1,2}|\d{1,2}\.? [^\W\d_]{3,10})")
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?"
_DAY_ALONE = re.compile(f"(?:the )?{_DAY}", re.IGNORECASE)
_DAY_THEN_MONTH = re.compile(_DAY + r" (?:of )?(?P<rest>[^\W\d_]{3,10}\b\.?(?:,? \d{4}\b|,? '?\d\d\b(?!:))?)"
                             r"(?P<clock>.*)", re.IGNORECASE)
_MONTH_THEN_DAY = re.compile(r"(?P<month>[^\W\d_]{3,10}\.?) " + _DAY, re.IGNORECASE)
_DAY_THEN_YEAR = re.compile(_DAY + r",? (?P<rest>\d{4})\b(?P<clock>.*)", re.IGNORECASE)
_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](?P<last>\d{4}|\d{2})\b|\b(?P<alone>\d{4})$")
_TWO_CLOCKS = re.compile(r"(\d[\d:.]*(?: ?[AaPp][Mm])?)(?: ?[-\u2013\u2014] ?| (?:to|thru|through|until|and) )"
                         r"(\d[\d:.]*(?: ?[AaPp][Mm])?)$", re.IGNORECASE)
_LONGEST, _MOST = 80, 2000
"""Letters of a text that may be a range, and texts of a chunk that are looked at to see whether a column holds any."""


def hold_ranges(texts: Iterable[str]) -> bool:
    """Whether any of some texts, which are no dates, is a range of them."""
    some = [text for text, _ in zip(dict.fromkeys(texts), range(_MOST))]
    return any(pair is not None for pair in _parted(some, [2000] * len(some)))


def starts_of(texts: pd.Series) -> pd.Series:
    """Texts with the first moment in the place of a range."""
    first, _ = split_ranges(texts)
    return texts.where(first == "", first)


def split_ranges(texts: pd.Series, clocks: Optional[pd.Series] = None,
                 reports: Optional[Ints] = None) -> tuple[Objects, Objects]:
    """The first and the last moment of every text that is a range, both empty of the others.

    Parameters
    ----------
    texts : series of str
        Dates, or dates with times.
    clocks : series of str, optional
        Times of day beside them; a range of these goes with a range of dates.
    reports : int array, optional
        Clocks (ns) of the reports: a date without a year, beside another without one, is the last that does not lie
        after its report.
    """
    known = np.zeros(len(texts), dtype=bool) if reports is None else reports != NAT
    years = np.zeros(len(texts), dtype=np.int64)
    if reports is not None:
        years[known] = wall_clocks(reports[known]).year
    codes, unique = pd.factorize(pd.MultiIndex.from_arrays([np.asarray(texts, dtype=object), years]))
    words, given = [str(text) for text, _ in unique], [int(year) for _, year in unique]
    ends = []
    now, before = (_parted(words, [year and year - earlier for year in given]) for earlier in (0, 1))
    for side in (0, 1):
        here, year_before = (np.array(["" if pair is None else pair[side] for pair in pairs], dtype=object)[codes]
                             for pairs in (now, before))
        late = np.zeros(len(texts), dtype=bool)
        if reports is not None and (here != year_before).any():
            late = known & _is_after(here, reports)
        ends.append(np.where(late, year_before, here))
    return (ends[0], ends[1]) if clocks is None else _with_clocks(ends[0], ends[1], clocks)


def _is_after(texts: Objects, reports: Ints) -> Bools:
    """Whether a date lies after its report by more than a day, whatever the order of its numbers."""
    parsed = time_texts.parse(texts)
    clocks = np.array([time_texts.in_order(parsed, order) for order in ORDERS[:2]])
    return ((clocks == NAT) | (clocks > np.where(reports == NAT, 0, reports) + DAY)).all(axis=0)


def _with_clocks(first: Objects, last: Objects, clocks: pd.Series) -> tuple[Objects, Objects]:
    """The ends with the ends of a range of times of day beside them, where both have none of their own."""
    for row in np.flatnonzero(first != ""):
        found = _TWO_CLOCKS.match(" ".join(str(clocks.iloc[row]).split()))
        if found and not time_texts.parse([first[row], last[row]]).timed.any() and all(
                clock_of(clock)[0] != NAT or clock_of(clock)[4] for clock in found.groups()):
            first[row], last[row] = f"{first[row]} {found[1]}", f"{last[row]} {found[2]}"
    return first, last


def _parted(texts: Sequence[str], years: Sequence[int]) -> Pairs:
    """(first moment, last moment) as texts of each that is a range, parted in the first way that makes two dates."""
    found: Pairs = [None] * len(texts)
    ways = [list(_ways(text)) if len(text) <= _LONGEST else [] for text in texts]
    for turn in range(max(map(len, ways), default=0)):
        rows = [row for row, way in enumerate(ways) if found[row] is None and turn < len(way)]
        pairs = [_with_years(*_with_months(*ways[row][turn]), str(years[row] or "")) for row in rows]
        clocks = [time_texts.parse([pair[side] for pair in pairs]).clock for side in (0, 1)]
        for place in np.flatnonzero((clocks[0] != NAT) & (clocks[1] != NAT)):
            found[rows[place]] = pairs[place]
    return found


def _ways(text: str) -> Iterator[tuple[str, str]]:
    """Ways to part a text in two that both hold digits."""
    bare = _BEFORE.sub("", " ".join(re.sub(r"[\r\n]+", ";", text.strip()).split()))
    for sign in _BETWEEN:
        places = list(sign.finditer(bare))
        # Two dates written alike have as many hyphens each, and one between them.
        for place in dict.fromkeys((len(places) // 2, len(places) - 1)) if places else ():
            one, other = bare[:places[place].start()].strip(" ,"), bare[places[place].end():].strip(" ,")
            if any(map(str.isdigit, one)) and any(map(str.isdigit, other)):
                yield one, other


def _with_months(one: str, other: str) -> tuple[str, str]:
    """Both ends with the month of the other where one is a day alone: "13-14 March 2024", "March 13-14, 2024"; a time
    behind them is of the last."""
    day, last = _DAY_ALONE.fullmatch(one), _DAY_THEN_MONTH.fullmatch(other)
    if day and last and int(day["day"]) < int(last["day"]):
        return f"{day['day']} {last['rest']}", f"{last['day']} {last['rest']}{last['clock']}"
    first, end = _MONTH_THEN_DAY.fullmatch(one), _DAY_THEN_YEAR.fullmatch(other)
    if first and end and int(first["day"]) < int(end["day"]):
        month, year = first["month"], end["rest"]
        return f"{month} {first['day']} {year}", f"{month} {end['day']} {year}{end['clock']}"
    return one, other


def _with_years(one: str, other: str, given: str) -> tuple[str, str]:
    """Both ends with a year: that of the other where one has none, else the one that is given."""
    told = next((found["last"] or found["alone"] for text in (other, one) if (found := _YEAR.search(text))), given)
    return (_with_year(one, told), _with_year(other, told)) if told else (one, other)


def _with_year(text: str, year: str) -> str:
    """A day and a month with the year behind them; anything else as it is."""
    found = _DAY_AND_MONTH.fullmatch(text)
    if not found:
        return text
    return f"{found['words']} {year}" if found["words"] else \
        f"{found['numbers']}{found['sign']}{year}{found['clock'] or ''}"
