"""Texts of how long something took, as minutes."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .coordinates import numbers

if TYPE_CHECKING:
    from ...forecast.arrays import Floats

_CLOCK = re.compile(r"(\d{1,4}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?")
_WORDS = re.compile(r"(?:PT?)?(?:(\d+(?:[.,]\d+)?)\s*(?:h|hr|hrs|hour|hours)\.?)?[\s,]*"
                    r"(?:(\d+(?:[.,]\d+)?)\s*(?:m|mn|min|mins|minute|minutes|')\.?)?[\s,]*"
                    r"(?:(\d+(?:[.,]\d+)?)\s*(?:s|sec|secs|second|seconds|\")\.?)?", re.IGNORECASE)
_HOURS_TO_MINUTES, _DAY_HOURS = 60.0, 24
_LONG_MINUTES = 240
"""Half of the tactics of a log take no longer than this: where hours and minutes would make them so long, two numbers
with a colon may be minutes and seconds."""


def minutes_of(texts: pd.Series, column: str, warnings: list[str], of_one: float = 1.0,
               in_seconds: bool = False) -> Floats:
    """Minutes of texts: 15, "15 min", "1h 5m", "90 sec", "0:20:00", "00:15", "PT15M"; NaN where there are none.

    A number alone is so many times ``of_one`` minutes. Two numbers with a colon are hours and minutes; where that
    cannot be for the column as a whole, because one would be longer than a day or its name says so (mm:ss), minutes and
    seconds, which ``warnings`` then tell; so where ``in_seconds`` says it.
    """
    codes, distinct = pd.factorize(texts.str.strip())
    plain = bare_numbers(pd.Series(distinct, dtype=object))
    pairs = [_CLOCK.fullmatch(text) for text in distinct]
    short = [found for found in pairs if found and found[3] is None]
    in_seconds = in_seconds or re.search(r"mm[ :_]?ss", column, re.IGNORECASE) is not None
    if not in_seconds and any(int(found[1]) > _DAY_HOURS for found in short):
        in_seconds = True
        warnings.append(f"Times such as {short[0][0]} in column {column} were read as minutes and seconds, because as "
                        "hours and minutes some would be longer than a day.")
    values = [number * of_one if np.isfinite(number) else _of_clock(found, in_seconds) if found else _of_words(text)
              for number, found, text in zip(plain, pairs, distinct)]
    return np.array(values, dtype=float)[codes] if len(values) else np.full(len(texts), np.nan)


def unclear_pair(texts: pd.Series) -> str:
    """An example of two numbers with a colon of a column that may be hours and minutes as well as minutes and seconds;
    "" where they can only be one of both, or are short enough to be hours and minutes."""
    pairs = [found for text in texts.str.strip() if (found := _CLOCK.fullmatch(text)) and found[3] is None]
    minutes = [_of_clock(found, False) for found in pairs if found[0].strip("0:")]
    if not minutes or max(int(found[1]) for found in pairs) > _DAY_HOURS or np.nanmedian(minutes) <= _LONG_MINUTES:
        return ""
    return next(found[0] for found in pairs if found[0].strip("0:"))


def bare_numbers(texts: pd.Series) -> Floats:
    """Numbers without a unit, NaN where there is none; also with a decimal comma, as in 0,25."""
    words = texts.str.strip()
    return numbers(words.where(~words.str.fullmatch(r"\d+,\d{1,2}"), words.str.replace(",", ".", regex=False)))


def _of_clock(found: re.Match[str], in_seconds: bool) -> float:
    first, second, third = (int(part or 0) for part in found.groups())
    if second > 59 or third > 59:
        return np.nan
    if found[3] is None and in_seconds:
        return first + second / 60
    return first * _HOURS_TO_MINUTES + second + third / 60


def _of_words(text: str) -> float:
    found = _WORDS.fullmatch(text) if text else None
    if not found or not any(found.groups()):
        return np.nan
    hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in found.groups())
    return hours * _HOURS_TO_MINUTES + minutes + seconds / 60
