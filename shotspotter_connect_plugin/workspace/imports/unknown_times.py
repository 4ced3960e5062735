"""Times of day that stand for "not known": those that come far too often to be true."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...forecast.instants import DAY, SECOND

if TYPE_CHECKING:
    from ...forecast.arrays import Ints

SECONDS = DAY // SECOND
_NEIGHBOURS = (1, 60, 3600, 7200)
"""Seconds before and after, of which the times must not come half as often: people round to the minute and to the
hour, and more is reported at noon than at five, but neither makes one hour twice as frequent as all around it."""
_LEAST, _LEAST_AT_MIDNIGHT = 10, 5
_FEW = 100
"""Times that a column must hold before it shows how often each comes."""
_TIMES = 2
_DEVIATIONS = 3


def histogram(clocks: Ints) -> Ints:
    """How often each second of the day comes among wall clocks in ns; those with parts of a second do not count."""
    whole = clocks[clocks % SECOND == 0] % DAY // SECOND
    return np.bincount(whole, minlength=SECONDS)


def stand_for_nothing(counts: Ints, only_midnight: bool = False) -> tuple[int, ...]:
    """Seconds of the day that stand for a time that is not known.

    A time is one when it comes more than twice as often as each of the times a second, a minute, one and two hours
    before and after it, and more than three standard deviations of its own count above them; at least ten times
    among a hundred.
    Midnight, which a date without a time becomes in many programs, must come five times and more than twice as often as
    23:00 and 01:00.

    Parameters
    ----------
    counts : int array of 86,400
        Of :func:`histogram`.
    only_midnight : bool
        For times that a sensor took, or of reports, which a clerk has written down.
    """
    around = np.max([np.roll(counts, sign * step) for step in _NEIGHBOURS for sign in (1, -1)], axis=0)
    enough = (counts >= _LEAST) & (counts > _TIMES * around) & (counts - around > _DEVIATIONS * np.sqrt(counts))
    enough &= counts.sum() >= _FEW
    enough[0] = counts[0] >= _LEAST_AT_MIDNIGHT and counts[0] > _TIMES * max(counts[-3600], counts[3600])
    return tuple(int(second) for second in np.flatnonzero(enough) if not second or not only_midnight)


def in_words(second: int) -> str:
    """A second of the day as 00:01 or 23:59:59."""
    minute, rest = divmod(second, 60)
    return f"{minute // 60:02d}:{minute % 60:02d}" + (f":{rest:02d}" if rest else "")
