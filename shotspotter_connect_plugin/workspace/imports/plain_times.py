"""Dates and times of one layout, as 2017/05/14 23:59:00+00, read at once: most files hold hundreds of thousands."""
from __future__ import annotations

from typing import TYPE_CHECKING, Optional

import numpy as np
import pandas as pd

from ...forecast.instants import NAT, SECOND
from .clock_texts import clock_of
from .date_texts import day_of

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints, Objects

_MANY = 200
"""From so many different texts on that is faster than one after the other."""
_DATE, _CLOCK, _LONGEST = 10, 19, 32
"""Where the date and the time of day end, and how long a text may be."""
_LATE, _LATE_SECONDS = "13:59:58", 50_398


class PlainTimes:
    """Which distinct texts have the layout of the first one that has a date and a time, and what they say.

    Parameters
    ----------
    texts : (n,) object array of str

    Attributes
    ----------
    rows : (n,) bool
        Which were read here; what is behind their seconds is the same in all of them.
    clock : (sum of rows,) int64
        ns since 1970 as written, less the offset.
    parts : (sum of rows,) int32
        Numbers of dates that can be read in several orders, as ``date_texts.day_of`` gives them.
    offset, zulu : bool
        Of what is behind the seconds, as ``clock_texts.clock_of`` gives them.
    """

    def __init__(self, texts: Objects) -> None:
        self.rows: Bools = np.zeros(len(texts), dtype=bool)
        first = next((text for text in texts[:_MANY] if _CLOCK <= len(text) <= _LONGEST), None) if (
            len(texts) >= _MANY) else None
        behind = None if first is None else _behind(first)
        if first is None or behind is None:
            return
        midnight, self.offset, self.zulu = behind
        letters = texts.astype(f"U{_LONGEST + 1}").view(np.uint32).reshape(len(texts), -1).astype(np.int32)
        wanted = letters[np.flatnonzero(texts == first)[0]]
        is_digit = np.zeros(len(wanted), dtype=bool)
        is_digit[:_CLOCK] = [letter in "0123456789" for letter in first[:_CLOCK]]
        digits = letters[:, is_digit] - ord("0")
        hour, minute, second = (10 * digits[:, place] + digits[:, place + 1] for place in (-6, -4, -2))
        rows = np.flatnonzero((letters[:, ~is_digit] == wanted[~is_digit]).all(axis=1) & (hour < 24) & (minute < 60)
                              & (second < 60) & ((digits >= 0) & (digits <= 9)).all(axis=1))
        codes, dates = pd.factorize(digits[rows, :-6] @ 10 ** np.arange(is_digit.sum() - 7, -1, -1))
        days = [day_of(texts[rows[at]][:_DATE]) for at in np.unique(codes, return_index=True)[1]]
        day, self.parts, length = (np.array(part)[codes] for part in zip(*days))
        good = (day != NAT) & (length == 1)
        seconds: Ints = (3600 * hour + 60 * minute + second).astype(np.int64)[rows]
        self.clock = (day + midnight + seconds * SECOND)[good]
        self.parts = self.parts[good].astype(np.int32)
        self.rows[rows[good]] = True


def _behind(text: str) -> Optional[tuple[int, bool, bool]]:
    """(ns of midnight less the offset, whether there is one, whether it is zero) of what is behind a text's seconds;
    None where the text is not of the layout, or a time of day says more than its digits, as on a clock of 12 hours."""
    clock, behind = text[_DATE + 1:_CLOCK], text[_CLOCK:]
    is_layout = text.isascii() and text[_DATE] in " T" and clock[2] == clock[5] == ":" and (
        clock[:2] + clock[3:5] + clock[6:]).isdigit()
    if not is_layout or text[_DATE] == "T" and " " in behind or day_of(text[:_DATE])[0] == NAT:
        return None
    midnight, late = clock_of("00:00:00" + behind), clock_of(_LATE + behind)
    if NAT in (midnight[0], late[0]) or late != (midnight[0] + _LATE_SECONDS * SECOND, *midnight[1:]):
        return None
    return midnight[:3]
