"""Time: shifts on the wall clock of the agency, and which instants belong to them.

A shift belongs to the date on which it starts. Instants are UTC; the wall clock only decides where shifts begin and
end, so on days of 23 or 25 hours nothing is lost and nothing counts twice: a wall-clock time that comes twice means its
first coming, one that is skipped means the moment of the skip.
"""
from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ConnectError
from .instants import DAY, MINUTE, NAT, SECOND, nanoseconds, utc_times, wall_clocks

if TYPE_CHECKING:
    from .arrays import Floats, Ints, Objects
    from .forecast_frames import Slots


def check_timezone(name: str) -> str:
    """Give a time zone's name back, or say in one sentence that this computer does not know it.

    The zones are those of the computer or, as on Windows, of the package tzdata, which zoneinfo asks by itself.
    """
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        known = zoneinfo.available_timezones()
        if not known:
            raise ConnectError("This computer has no time zone data; install the Python package tzdata.",
                               str(error)) from error
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f"did you mean {close[0]}?" if close else "use a name such as America/New_York."
        raise ConnectError(f"Time zone {name} is not known; {hint}", str(error)) from error
    return name


@dataclass(frozen=True)
class Shift:
    """One row of the table ``shifts``: ``HH:MM`` on the wall clock; an end not after the start is on the next day."""

    code: str
    name: str
    start: str
    end: str
    weekdays: str = "1234567"


class ShiftCalendar:
    """The shifts of an agency in its time zone.

    Parameters
    ----------
    shifts : iterable of Shift
        One code may come several times with different weekdays. Hours without a shift are allowed.
    timezone : str
        Such as ``America/New_York``.

    Raises
    ------
    ConnectError
        When a time, weekday or zone cannot be read, two shifts overlap or one starts twice on a day.
    """

    def __init__(self, shifts: Iterable[Shift], timezone: str) -> None:
        self.shifts = tuple(shifts)
        self.timezone = timezone
        self._clock = _Clock(zoneinfo.ZoneInfo(check_timezone(timezone)))
        self._starts = [_minutes(shift.start, shift) for shift in self.shifts]
        self._lengths = [(_minutes(shift.end, shift) - start - 1) % 1440 + 1
                         for shift, start in zip(self.shifts, self._starts)]
        self._check()

    @property
    def codes(self) -> list[str]:
        """Codes of the shifts, in order."""
        return list(dict.fromkeys(shift.code for shift in self.shifts))

    def bounds(self, shift_date: str, code: str) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Give start and end (UTC ``pandas.Timestamp``) of one shift; ConnectError when it does not run that day."""
        day = _day(shift_date)
        row = self._row_on(code, day)
        if row is None:
            if code not in self.codes:
                raise ConnectError(f"There is no shift {code}; the shifts are {', '.join(self.codes)}.")
            raise ConnectError(f"Shift {code} does not start on {shift_date}; choose a date on which it runs.")
        start = day * DAY + self._starts[row] * MINUTE
        both = self._clock.to_utc(np.array([start, start + self._lengths[row] * MINUTE]))
        if both[0] == both[1]:
            raise ConnectError(f"Shift {code} of {shift_date} lies wholly in the hour that the clocks skip.")
        return tuple(pd.Timestamp(int(moment), tz="UTC") for moment in both)

    def slots(self, first: str, last: str) -> Slots:
        """Give every shift that starts on the dates ``first`` to ``last``, both included.

        Returns
        -------
        pandas.DataFrame
            shift_date, shift, start_utc, end_utc (end not included), ordered by start; slots never overlap.
        """
        return self._slots(_day(first), _day(last))

    def assign(self, utc: Any) -> tuple[Objects, Objects]:
        """Give shift_date and shift of each instant: object arrays of str, ``None`` where no shift runs."""
        moments = nanoseconds(utc)
        dates = np.full(moments.size, None, dtype=object)
        codes = dates.copy()
        known = moments != NAT
        if not known.any():
            return dates, codes
        # A shift that covers an instant starts at most a day before it, and zones are within a day of UTC.
        slots = self._slots(moments[known].min() // DAY - 2, moments[known].max() // DAY + 1)
        if slots.empty:
            return dates, codes
        slot = np.searchsorted(nanoseconds(slots["start_utc"]), moments, side="right") - 1
        inside = known & (slot >= 0)
        inside &= moments < nanoseconds(slots["end_utc"])[slot]
        dates[inside] = slots["shift_date"].to_numpy()[slot[inside]]
        codes[inside] = slots["shift"].to_numpy()[slot[inside]]
        return dates, codes

    def assign_span(self, from_utc: Any, to_utc: Any) -> tuple[Objects, Objects]:
        """Give shift_date and shift of events of uncertain time: object arrays of str.

        The shift where the whole interval lies in one, else ``None``; the date where it lies in shifts of one date.
        """
        first_date, first = self.assign(from_utc)
        last_date, last = self.assign(to_utc)
        same_date = first_date == last_date
        nothing = np.array(None, dtype=object)
        return np.where(same_date, first_date, nothing), np.where(same_date & (first == last), first, nothing)

    def spread(self, from_utc: Any, to_utc: Any, slots: Slots) -> tuple[Ints, Ints, Floats]:
        """Spread events of uncertain time over the slots they may have happened in (aoristic weights, Ratcliffe 2000).

        Parameters
        ----------
        from_utc, to_utc : arrays of instants
            Earliest and latest moment of each event; equal (or an unknown end) means a known moment.
        slots : pandas.DataFrame
            As :meth:`slots` gives them.

        Returns
        -------
        event, slot, weight : numpy.ndarray
            Positions of the event and of the slot, and the share of the event's interval that lies in the slot. The
            weights of an event sum to 1 where slots cover its whole interval, to less where they cover a part.
        """
        start, end = nanoseconds(from_utc), nanoseconds(to_utc)
        end = np.where(end == NAT, start, end)
        slot_start, slot_end = nanoseconds(slots["start_utc"]), nanoseconds(slots["end_utc"])
        first = np.searchsorted(slot_end, start, side="right")
        past = np.where(end > start, np.searchsorted(slot_start, end, side="left"),
                        np.searchsorted(slot_start, start, side="right"))
        count = np.where((start == NAT) | (end < start), 0, np.maximum(past - first, 0))
        event = np.repeat(np.arange(start.size), count)
        slot = np.arange(event.size) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
        length = (end - start)[event]
        overlap = np.minimum(end[event], slot_end[slot]) - np.maximum(start[event], slot_start[slot])
        weight = np.where(length > 0, overlap / np.maximum(length, 1), 1.0)
        return event, slot, weight

    def as_of(self, shift_date: str, hour: str = "05:00") -> pd.Timestamp:
        """Give the moment (UTC) at which the plan of a date is made."""
        local = _day(shift_date) * DAY + _minutes(hour) * MINUTE
        return pd.Timestamp(int(self._clock.to_utc(np.array([local]))[0]), tz="UTC")

    def to_local(self, utc: Any) -> pd.DatetimeIndex:
        """Give the wall clock (``DatetimeIndex`` without zone) of instants; NaT stays NaT."""
        return wall_clocks(self._clock.to_local(nanoseconds(utc)))

    def to_utc(self, local: Any) -> pd.DatetimeIndex:
        """Give the instants (``DatetimeIndex`` in UTC) of wall-clock times without a zone; NaT stays NaT."""
        return utc_times(self._clock.to_utc(nanoseconds(local)))

    def has_ended(self, shift_date: str, code: str, now: Any = None) -> bool:
        """Tell whether a shift has ended at ``now`` (UTC; the present if not given)."""
        now = pd.Timestamp.now(tz="UTC") if now is None else pd.Timestamp(now)
        return self.bounds(shift_date, code)[1] <= now

    def today(self) -> date:
        """The date it is now on the agency's clock."""
        return self.to_local([pd.Timestamp.now(tz="UTC")])[0].date()

    def _row_on(self, code: str, day: int) -> int | None:
        weekday = _weekday(day)
        return next((row for row, shift in enumerate(self.shifts)
                     if shift.code == code and weekday in shift.weekdays), None)

    def _slots(self, first_day: int, last_day: int) -> Slots:
        days = np.arange(first_day, last_day + 1)
        weekdays = (days + 3) % 7 + 1
        parts = []
        for row, shift in enumerate(self.shifts):
            runs = days[np.isin(weekdays, [int(digit) for digit in shift.weekdays])]
            parts.append(np.stack([np.full(runs.size, row), runs, runs * DAY + self._starts[row] * MINUTE]))
        row, day, start = np.concatenate(parts, axis=1)
        end = start + np.array(self._lengths, dtype=np.int64)[row] * MINUTE
        start, end = self._clock.to_utc(start), self._clock.to_utc(end)
        # A shift that lies wholly in the skipped hour has no minute in which to work.
        keep = np.flatnonzero(end > start)
        keep = keep[np.argsort(start[keep], kind="stable")]
        codes = np.array([shift.code for shift in self.shifts], dtype=object)
        texts = np.datetime_as_string(days.astype("datetime64[D]")).astype(object)
        return pd.DataFrame({
            "shift_date": texts[day[keep] - first_day], "shift": codes[row[keep]],
            "start_utc": utc_times(start[keep]), "end_utc": utc_times(end[keep])})

    def _check(self) -> None:
        if not self.shifts:
            raise ConnectError("There are no shifts; give at least one.")
        week = []
        for row, shift in enumerate(self.shifts):
            if not re.fullmatch("[1-7]+", shift.weekdays):
                raise ConnectError(f"The weekdays of shift {shift.code} must be digits from 1 (Monday) to 7 (Sunday).")
            for digit in sorted(set(shift.weekdays)):
                start = (int(digit) - 1) * 1440 + self._starts[row]
                week.append((start, start + self._lengths[row], shift.code, digit))
        starts = [(code, digit) for _, _, code, digit in week]
        twice = next((pair for pair in starts if starts.count(pair) > 1), None)
        if twice:
            raise ConnectError(f"Shift {twice[0]} starts twice on weekday {twice[1]}; give each weekday one row.")
        week.sort()
        following = week[1:] + [(week[0][0] + 7 * 1440, *week[0][1:])]
        for one, other in zip(week, following):
            if one[1] > other[0]:
                raise ConnectError(f"Shifts {one[2]} and {other[2]} overlap; end one before the other starts.",
                                   f"{one} {other}")


class _Clock:
    """UTC to wall clock and back for arrays: the zone's offsets as a table of moments at which they change."""

    def __init__(self, zone: zoneinfo.ZoneInfo) -> None:
        self._zone = zone
        self._years: tuple[int, int] | None = None

    def to_local(self, utc: Ints) -> Ints:
        self._cover(utc)
        local = utc + self._offsets[np.searchsorted(self._changes, utc, side="right")]
        return np.where(utc == NAT, NAT, local)

    def to_utc(self, local: Ints) -> Ints:
        self._cover(local)
        # Stretch i of one offset ends on its own wall clock at changes[i] + offsets[i]; the first stretch that ends
        # later holds the first coming of a time that comes twice. A skipped time would fall before its stretch.
        stretch = np.searchsorted(self._changes + self._offsets[:-1], local, side="right")
        begin = np.concatenate([[NAT], self._changes])[stretch]
        return np.where(local == NAT, NAT, np.maximum(local - self._offsets[stretch], begin))

    def _cover(self, moments: Ints) -> None:
        known = moments[moments != NAT]
        if not known.size:
            known = np.array([0])
        first, last = (int(moment) // (365 * DAY) + 1970 for moment in (known.min(), known.max()))
        years = (first - 2, last + 2)
        if self._years and self._years[0] <= years[0] and years[1] <= self._years[1]:
            return
        if self._years:
            years = (min(years[0], self._years[0]), max(years[1], self._years[1]))
        self._years = years
        self._changes, self._offsets = self._table(*years)

    def _table(self, first: int, last: int) -> tuple[Ints, Ints]:
        """Moments (ns) of change between 1 January of two years, and the offset before the first and after each."""
        day = datetime(max(first, 1678), 1, 1, tzinfo=timezone.utc)
        stop = datetime(min(last, 2261), 12, 31, tzinfo=timezone.utc)
        offset = self._offset(day)
        changes, offsets = [], [offset]
        while day < stop:
            following = day + timedelta(days=1)
            if self._offset(following) != offset:
                low, high = day, following
                while high - low > timedelta(seconds=1):
                    middle = low + timedelta(seconds=(high - low) // timedelta(seconds=1) // 2)
                    low, high = (middle, high) if self._offset(middle) == offset else (low, middle)
                offset = self._offset(following)
                changes.append(int(high.timestamp()) * SECOND)
                offsets.append(offset)
            day = following
        return (np.array(changes, dtype=np.int64),
                np.array([int(item.total_seconds()) * SECOND for item in offsets], dtype=np.int64))

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self._zone).utcoffset() or timedelta(0)


def _minutes(text: str, shift: Shift | None = None) -> int:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", str(text))
    if not found:
        of = f" of shift {shift.code}" if shift else ""
        raise ConnectError(f"The time {text}{of} must be written HH:MM, from 00:00 to 23:59.")
    return int(found[1]) * 60 + int(found[2])


def _day(text: str) -> int:
    """Days since 1970-01-01 of an ISO date."""
    try:
        return int(np.datetime64(datetime.strptime(str(text), "%Y-%m-%d").date()).astype(np.int64))
    except ValueError as error:
        raise ConnectError(f"The date {text} must be written YYYY-MM-DD.", str(error)) from error


def _weekday(day: int) -> str:
    return str((day + 3) % 7 + 1)
