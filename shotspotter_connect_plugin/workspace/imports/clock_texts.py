"""Texts of times of day: nanoseconds after midnight, and bare numbers, which a whole column must tell from each other.

37 in a column of times is 00:37 where others are 1430, the hour 37 nowhere, and 14 is an hour where all are below 25.
"""
from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Iterable, Sequence

import numpy as np

from ...forecast.instants import HOUR, MILLISECOND, MINUTE, NAT, SECOND

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints

ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9,
         "AKDT": -8, "HST": -10, "NZST": 12, "NZDT": 13, "AEST": 10, "AEDT": 11, "AWST": 8, "CET": 1, "CEST": 2,
         "BST": 1}
"""Hours east of Greenwich of the clocks that are named so."""
SUMMER = frozenset(name for name in ZONES if name.endswith("DT")) | {"CEST", "BST"}
"""Those of summer."""
_NAMED = "|".join(ZONES)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,:](\d{1,9})\d*)?)?\s*(?:([AaPp])\.?(?:\s?[Mm]\.?)?)?\s*"
                    rf"(Z|z|(?:UTC|GMT)?[+-](?:0\d|1[0-4])(?::?(?:00|15|30|45))?|UTC|GMT|{_NAMED})?$")
_HOUR = re.compile(r"(\d{1,2})\s*([AaPp])\.?(?:\s?[Mm]\.?)?$")
_DOTTED = re.compile(r"(\d{2})[.hH](\d{2})(?:[.m](\d{2})s?)?$")
_PADDED = re.compile(r"(\d{2})(\d{2})(?:(\d{2})(?:\.\d+)?)?\s*([Zz]|[+-](?:0\d|1[0-4]):?(?:00|15|30|45))?$")
_SPELT = re.compile(r"(\d{1,2})\s?[hH](?:\s?(\d{2}))?$")
_NUMBER = re.compile(r"(\d{1,6})(?:\.0+)?$")
_TWO_TIMES = re.compile(r"\d{1,2}:?\d{2} ?[-–—] ?\d{1,2}:?\d{2}$")
_RANGE = re.compile(r"(.*\d.*?)\s*(?:-|–|—|\b(?:to|thru|through|until|till|til|bis|hasta|and)\b)\s*(.*\d.*)$")
_WORDS_BEHIND = re.compile(r"(?<=\d)\s*(?:hrs?|hours|uhr|(?<=\d{4})h)\.?$", re.IGNORECASE)
"""What says of digits that they are a time of day: 1430 hrs, 14:30 Uhr."""
_DECIMAL = re.compile(r"\s*\d{1,2}[.,]\d{1,9}\s*")
_FIRST_DAY = re.compile(r"(?:(?:1899-12-3[01]|19(?:00|70)-01-0[01])[ T]|(?:12/3[01]/1899|0?1/0?[01]/19(?:00|70)) )")
_MEANT_BY_NOBODY = re.compile(r"(?:[Zz]|[+-]00:?00|\+00)$")
_AROUND = " \t\r\n'\"\u2018\u2019"
"""Blanks, and the quotation mark by which a spreadsheet keeps the zeros of a number."""
_NOON = re.compile(r"(?:12(?::00)? ?)?noon$", re.IGNORECASE)
_LONGEST = 80
HOURS, MINUTES, SECONDS = FORMS = ("hours", "hours and minutes", "hours, minutes and seconds")
"""What bare numbers of a column can be: 14, 1430 or 143000."""
HOURS_TO_24 = "hours from 1 to 24"
"""As hours, but nobody says whether an hour is told by its beginning or by its end."""
_ENOUGH_HOURS = 24
"""So many numbers, 24 among them and never 0, show that a column's hours go from 1 to 24."""
_NO_HOUR, _NO_MINUTE = 25, 2401
"""The greatest hour, and hour and minute, plus 1."""
_NO_SLIPS, _SOME, _MANY = 0.02, 3, 0.1
"""From this share on, the numbers of a column show its form, if there are some of them, or many in a short column: most
times lie after the first minutes of the day, where hours and minutes, and seconds, are as short as the form before."""
COUNTS = 5
"""How many counts :func:`counts_of` gives."""
_OFFSETS = 4
"""From UTC of one source: in winter and in summer, and of a zone beside."""
_PADDED_FORMS = {4: MINUTES, 6: SECONDS}
"""The form of a number that zeros make so many digits long."""
NO_NUMBER = 0
"""What stands for a text that is no bare number; n + 1 stands for the number n."""


@lru_cache(maxsize=1 << 18)
def clock_of(text: str, alone: bool = True) -> tuple[int, bool, bool, int, int]:
    """What a text says of a time of day; ``alone`` if it stands in a column of its own, where 03:00-04:00 is an hour,
    and not three o'clock four hours west of Greenwich.

    Returns
    -------
    tuple
        ns after midnight less the offset, NAT where there is none; whether an offset was named; whether that is zero;
        seconds covered, 0 for a moment; a bare number plus 1, for :func:`numbered`, NO_NUMBER for all others.
    """
    text = _NOON.sub("12:00", text.strip(_AROUND))
    if len(text) > _LONGEST:
        return NAT, False, False, 0, NO_NUMBER
    if text[-1:].isalpha() or text[-1:] == ".":
        text = _WORDS_BEHIND.sub("", text)
    # A time that a spreadsheet or a database keeps carries a date of its own; on its first day no zone is meant.
    first_day = _FIRST_DAY.match(text)
    if first_day:
        text = _MEANT_BY_NOBODY.sub("", text[first_day.end():])
    elif len(text) > 10 and text[4:5] == "-" and text[10] in " T":
        text = text[11:]
    number = _NUMBER.match(text)
    form = _PADDED_FORMS.get(len(text)) if text[:1] == "0" and number else None
    if form:
        # Zeros in front tell the form of a number without the rest of its column.
        clock, covers = numbered(np.array([int(text) + 1]), form)
        return int(clock[0]), False, False, int(covers[0]), NO_NUMBER
    if number:
        return NAT, False, False, 0, int(number[1]) + 1
    found = _range(text) if alone and _TWO_TIMES.match(text) else _written(text)
    return (*found, NO_NUMBER)


def _written(text: str) -> tuple[int, bool, bool, int]:
    found = _CLOCK.match(text)
    if found:
        clock = _ns(found[1], found[2], found[3], found[5], (found[4] or "0").ljust(9, "0"))
        return _with_offset(clock, found[6])
    found = _HOUR.match(text)
    if found:
        return _ns(found[1], "0", "0", found[2]), False, False, HOUR // SECOND
    found = _DOTTED.match(text) or _PADDED.match(text)
    if found:
        return _with_offset(_ns(found[1], found[2], found[3]), found[4] if found.re is _PADDED else "")
    found = _SPELT.match(text)
    if found:
        return _ns(found[1], found[2], "0"), False, False, 0 if found[2] else HOUR // SECOND
    if re.fullmatch(r"0?[.,]\d+", text):
        # As Excel keeps it: a fraction of a day.
        return int(round(float(text.replace(",", ".")) * 86_400_000)) * MILLISECOND, False, False, 0
    return _range(text)


def _range(text: str) -> tuple[int, bool, bool, int]:
    """An hour or a part of the day from one time to another: 14:00-14:59."""
    ends = _RANGE.match(text)
    if not ends:
        return NAT, False, False, 0
    first, last = (clock_of(end) for end in ends.groups())
    bare = [end[4] for end in (first, last) if end[4]]
    padded = [form for end in ends.groups() if end[0] == "0" and (form := _PADDED_FORMS.get(len(end)))]
    if len(bare) == 2 or bare and padded:
        form = padded[0] if padded else form_of(counts_of(np.array(bare)))
        first, last = ((int(numbered(np.array([end[4]]), form)[0][0]) if end[4] else end[0], *end[1:])
                       for end in (first, last))
    if NAT in (first[0], last[0]) or first[1] or last[1]:
        return NAT, False, False, 0
    # Both ends are written to the minute, and the last belongs to it: 14:59 and 15:00 both end this hour.
    seconds = (last[0] - first[0]) // SECOND % 86_400
    return first[0], False, False, int(seconds + 60 if seconds % 3600 == 3540 else seconds or 3600)


def _ns(hour: str, minute: str, second: str, half: str = "", fraction: str = "0") -> int:
    """ns after midnight, NAT where the numbers are no time of day; ``half`` begins with a or p on a clock of 12."""
    hours, minutes, seconds = (int(part or 0) for part in (hour, minute, second))
    if half:
        if not 1 <= hours <= 12:
            return NAT
        hours = hours % 12 + (12 if half in "Pp" else 0)
    if hours > 24 or minutes > 59 or seconds > 60 or (hours == 24 and (minutes or seconds)):
        return NAT
    return (hours * 3600 + minutes * 60 + seconds) * SECOND + int(fraction)


def _with_offset(clock: int, offset: str) -> tuple[int, bool, bool, int]:
    if clock == NAT or not offset:
        return clock, False, False, 0
    east = _east(offset)
    return clock - east * SECOND, True, east == 0, 0


def _east(text: str) -> int:
    """Seconds east of Greenwich."""
    if text in ZONES:
        return ZONES[text] * 3600
    text = text.removeprefix("UTC").removeprefix("GMT")
    if not text or text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
    return -seconds if text[0] == "-" else seconds


def counts_of(numbers: Ints) -> Ints:
    """On which :func:`form_of` decides, of a column's bare numbers plus 1: how many there are, how many are no hour but
    an hour and minute, how many neither but an hour, minute and second, how many are 0, how many 24; those of parts of
    a column sum to those of the column. 99 and 9999, which stand for a time that is not known, are none of the latter;
    0 and 1, which do so far more often than others, tell nothing of minutes and seconds."""
    numbers = np.asarray(numbers)
    known = {form: numbered(numbers, form)[0] != NAT for form in FORMS}
    minutes = known[MINUTES] & (numbers > _NO_HOUR)
    return np.array([(numbers > 2).sum(), minutes.sum(), (known[SECONDS] & (numbers > _NO_MINUTE)).sum(),
                     (numbers == 1).sum(), (numbers == _NO_HOUR).sum()])


def form_of(counts: Ints) -> str:
    """What the bare numbers of a column are: one of :data:`FORMS`, or :data:`HOURS_TO_24`. A few that do not fit are
    slips of a key: they do not make minutes of the hours of all others, nor seconds of the minutes."""
    numbers, *longer, zeros, last_hours = np.asarray(counts).tolist()
    minutes, seconds = (count and count >= _NO_SLIPS * numbers and (count >= _SOME or count >= _MANY * numbers)
                        for count in longer)
    hours = HOURS_TO_24 if last_hours and not zeros and numbers >= _ENOUGH_HOURS else HOURS
    return SECONDS if seconds else MINUTES if minutes else hours


def numbered(numbers: Ints, form: str) -> tuple[Ints, Ints]:
    """(ns after midnight or NAT, seconds covered) of bare numbers plus 1."""
    value = np.asarray(numbers, dtype=np.int64) - 1
    if form == HOURS:
        good, clock, covered = value <= 24, value * HOUR, HOUR // SECOND
    elif form == HOURS_TO_24:  # 5 is from four to five, or from five to six
        good, clock, covered = (value >= 1) & (value <= 24), (value - 1) * HOUR, 2 * HOUR // SECOND
    elif form == MINUTES:
        good, clock, covered = (value <= 2400) & (value % 100 < 60), value // 100 * HOUR + value % 100 * MINUTE, 0
    else:
        hour, minute, second = value // 10_000, value // 100 % 100, value % 100
        good = (value <= 240_000) & (minute < 60) & (second < 60)
        clock, covered = hour * HOUR + minute * MINUTE + second * SECOND, 0
    good = good & (value >= 0)
    return np.where(good, clock, NAT), np.where(good, covered, 0)


def decimal_hours(texts: Sequence[str]) -> Ints:
    """ns after midnight of the distinct texts of a column that are hours with decimals, as 22.5 and 0.25, else NAT:
    beside hours of which the decimals are no minutes, a fraction is none of a day, and 22.30 no half past ten."""
    is_decimal = np.array([bool(_DECIMAL.fullmatch(text)) for text in texts], dtype=bool)
    found = np.full(len(texts), NAT)
    if not is_decimal.any():
        return found
    written = [text for text, is_one in zip(texts, is_decimal) if is_one]
    values = np.array([float(text.replace(",", ".")) for text in written])
    no_minutes = [value >= 1 and clock_of(text)[0] == NAT for value, text in zip(values, written)]
    if sum(no_minutes) >= _MANY * len(values) and (values <= 24).all():
        found[is_decimal] = np.round(values * (HOUR // SECOND)).astype(np.int64) * SECOND
    return found


class ColumnClocks:
    """What was met so far in a column of times, by which bare numbers are told from each other, and 03:00-04:00, an
    hour, from three o'clock four hours west of Greenwich."""

    def __init__(self) -> None:
        self._counts = np.zeros(COUNTS, dtype=np.int64)
        self._ends: set[str] = set()
        self.are_ranges = False

    def add(self, numbers: Ints) -> None:
        """Take in numbers plus 1, as :func:`clock_of` gives them."""
        self._counts += counts_of(numbers)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._counts.any())

    def add_pairs(self, texts: Iterable[str]) -> None:
        """Take in times behind a date, of which two parted by a hyphen are a range if some cannot be an offset, or more
        differ than a zone has offsets."""
        pairs = [text.strip() for text in texts if not text.isalnum() and _TWO_TIMES.match(text.strip())]
        self._ends.update(re.split("[-–—]", text)[1].strip() for text in pairs)
        self.are_ranges |= len(self._ends) > _OFFSETS or any(not clock_of(text, False)[1] for text in pairs)

    @property
    def form(self) -> str:
        """What the numbers are, see :func:`form_of`."""
        return form_of(self._counts)


def is_number(numbers: Ints) -> Bools:
    """Which rows hold a bare number."""
    return np.asarray(numbers) != NO_NUMBER
