"""Which columns tell a moment together: a date with a time or an hour beside it, or year, month, day, hour
and minute."""
from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Optional

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, NAT
from . import clock_texts, time_texts
from .source_times import nearest_day, to_local, utc_midnights
from .time_texts import DATE, ParsedClocks, ParsedTimes, with_clocks

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints
    from .import_frames import FileRows

PARTS = ("year", "month", "day", "hour", "minute")
_NEARLY_ALL = 0.95


class MomentColumns:
    """The columns of one role of moments, and how they go together, decided by the whole file.

    Parameters
    ----------
    role : str
        Such as ``occurred``.
    mapping : dict
        Role -> column; the role's own column holds dates or date-times, those of ``occurred_time``, ``occurred_hour``
        and so on the rest.
    """

    def __init__(self, role: str, mapping: Mapping[str, str]) -> None:
        self._column, self._time = mapping.get(role), mapping.get(role + "_time")
        self._half = mapping.get(role + "_half")
        self._part = {part: mapping[f"{role}_{part}"] for part in PARTS if f"{role}_{part}" in mapping}
        self._whole, self._form, self._here = False, clock_texts.HOURS, ""

    @property
    def known(self) -> bool:
        """Whether these columns tell a date."""
        return bool(self._column) or {"year", "month"} <= set(self._part)

    @property
    def name(self) -> str:
        """The column that holds the date, or all that hold its parts, for messages."""
        return self._column or ", ".join(self._part.values())

    @property
    def beside_name(self) -> str:
        """The column that holds the time of day or the hour."""
        return self._time or self._part.get("hour", "")

    def dates(self, chunk: FileRows) -> pd.Series:
        """Texts of the dates, put together from their parts if need be: 2023-3-14, 2023-March-14, 2023-3."""
        if self._column:
            return chunk[self._column] if self.beside_name else self._with_half(chunk, chunk[self._column])
        year, month, day = (_whole_numbers(chunk, self._part.get(part)) for part in PARTS[:3])
        given = (year != "") & (month != "")
        texts = np.where(given, year + "-" + month + np.where(day != "", "-" + day, ""), "")
        return pd.Series(texts, index=chunk.index, dtype=object)

    def clocks(self, chunk: FileRows) -> Optional[ParsedClocks]:
        """Times of day beside the dates, None where there is no such column."""
        if self._time:
            return time_texts.parse_clocks(self._with_half(chunk, chunk[self._time]))
        if "hour" not in self._part:
            return None
        hour, minute = (_whole_numbers(chunk, self._part.get(part)) for part in ("hour", "minute"))
        clocks = np.where((minute != "") & (hour != ""), hour + ":" + _two_digits(minute), hour)
        return time_texts.parse_clocks(self._with_half(chunk, pd.Series(clocks, index=chunk.index, dtype=object)))

    def _with_half(self, chunk: FileRows, texts: pd.Series) -> pd.Series:
        """Texts of times with the AM or PM that stands in a column of its own."""
        if not self._half:
            return texts
        half = chunk[self._half].str.strip()
        return texts.where(~half.str.fullmatch(r"[AaPp]\.?\s?[Mm]?\.?") | (texts == ""),
                           texts.str.strip() + " " + half.str[:1] + "M")

    def settle(self, dates: Ints, clocks: Ints, zone: str) -> None:
        """Decide how the columns go together by the sums of :func:`evidence` and ``clock_texts.counts_of``."""
        timed, midnight, midnight_here = dates.tolist()
        local = timed and midnight < _NEARLY_ALL * timed <= midnight_here
        self._whole = bool(timed) and max(midnight, midnight_here) < _NEARLY_ALL * timed
        self._here = zone if local else ""
        self._form = clock_texts.form_of(clocks)

    @property
    def is_whole(self) -> bool:
        """Whether the dates carry times of their own, beside which a time of day is only a second witness."""
        return self._whole

    def beside(self, clocks: ParsedClocks) -> ParsedClocks:
        """The times of day beside, with their bare numbers read as the whole column says."""
        return clocks.settled(self._form)

    def unread(self, parsed: ParsedTimes, clocks: ParsedClocks) -> Bools:
        """Rows whose date is known, while the time of day written beside it cannot be read."""
        own = parsed.timed & self._whole
        return clocks.written & (self.beside(clocks).clock == NAT) & (parsed.clock != NAT) & ~own

    def joined(self, parsed: ParsedTimes, clocks: Optional[ParsedClocks]) -> ParsedTimes:
        """The moments of the role."""
        if clocks is None:
            return parsed
        if self._here:
            parsed = _on_local_day(parsed, self._here)
        return with_clocks(parsed, self.beside(clocks), self._whole)


def evidence(parsed: ParsedTimes, zone: str) -> Ints:
    """Counts for :meth:`MomentColumns.settle`: values with a time of their own, those at midnight as written and
    here, also where it is written in UTC without saying so."""
    rows = parsed.timed & (parsed.clock != NAT)
    clock = parsed.clock[rows]
    here = np.where(parsed.offset[rows], to_local(clock, zone), np.where(
        np.isin(clock % DAY, utc_midnights(zone)), nearest_day(clock), clock))
    return np.array([rows.sum(), (clock % DAY == 0).sum(), (here % DAY == 0).sum()])


def has_own_times(parsed: ParsedTimes, zone: str) -> bool:
    """Whether a column of dates carries true times, so that a column of times beside it adds nothing."""
    timed, midnight, midnight_here = evidence(parsed, zone).tolist()
    return bool(timed) and max(midnight, midnight_here) < _NEARLY_ALL * timed


def _on_local_day(parsed: ParsedTimes, zone: str) -> ParsedTimes:
    """Midnights here that are written in UTC, whether they say so or not, as dates here."""
    rows = parsed.timed & (parsed.clock != NAT)
    told = rows & parsed.offset
    clock = parsed.clock.copy()
    clock[rows] = nearest_day(clock[rows])
    clock[told] = to_local(parsed.clock[told], zone) // DAY * DAY
    return ParsedTimes(clock, parsed.timed & ~rows, parsed.offset & ~rows, parsed.zulu & ~rows, parsed.unix & ~rows,
                       parsed.parts, np.where(rows, DATE, parsed.covers).astype(np.int32), parsed.written)


def _whole_numbers(chunk: FileRows, column: Optional[str]) -> np.ndarray:
    """Texts of a column without blanks and without the .0 that a spreadsheet adds; empty texts where there is none."""
    if column is None:
        return np.full(len(chunk), "", dtype=object)
    codes, unique = pd.factorize(chunk[column].to_numpy(object))
    words = np.empty(len(unique), dtype=object)
    words[:] = [str(text).strip().removesuffix(".0") for text in unique]
    return words[codes]


def _two_digits(texts: np.ndarray) -> np.ndarray:
    codes, unique = pd.factorize(texts)
    words = np.empty(len(unique), dtype=object)
    words[:] = [text.zfill(2) for text in unique]
    return words[codes]
