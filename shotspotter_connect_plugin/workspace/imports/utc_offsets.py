"""A column that tells how far clocks are from UTC: whether they are those of the zone in which they would be read."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Sequence

import numpy as np
import pandas as pd

from ...forecast.instants import MINUTE, NAT
from .clock_texts import SUMMER, ZONES
from .column_names import named_clock, names_utc
from .source_questions import SourceQuestion
from .source_times import to_utc

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints

ROLE = "utc_offset"
_HOURS = re.compile(r"(?:UTC|GMT)?\s*([+-]?)(\d{1,2})(?::(\d{2})|\.(\d+))?")
_NUMBER = re.compile(r"(?:UTC|GMT)?\s*([+-]?)(\d{3,6})(?:\.0)?")
_MINUS = str.maketrans("\u2212\u2013", "--")
_MOST = 14 * 60
_AGREES = 0.9
_HALF_YEARS = ("2024-01-15", "2024-07-15")


class ZoneContradicted(SourceQuestion):
    """A column says that clocks are further from UTC, or nearer, than the zone in which they would be read."""

    parameter = "SOURCE_TIMEZONE"

    def __init__(self, name: str, column: str, said: str, zone: str) -> None:
        choices = {"UTC": "times in UTC", zone: f"local times of {zone}, whatever the column says"}
        super().__init__(
            f"Column {column[:40]} of {name[:40]} says {said}, which is not the clock of {zone}. Set SOURCE_TIMEZONE "
            f"to the zone of its times: UTC, {zone}, or another one.",
            f"Column {column[:40]} says {said}, which is not the clock of {zone}. In which time zone are its times?",
            column, said, choices)


def named_otherwise(column: str, zone: str) -> str:
    """What the name of a column says of the clock of its times, where no clock of the zone is called so; else ""."""
    said = named_clock(column)
    if not said or names_utc(column):
        return ""
    halves = np.array([day.value for day in pd.to_datetime(_HALF_YEARS)])
    here = sorted(((halves - to_utc(halves, zone, True)) // MINUTE).tolist())
    if said not in ZONES:
        return "" if set(_minutes(said)) & set(here) else said
    # EST is no clock of Chicago, although CDT, which Chicago has in summer, shows the same.
    return "" if ZONES[said] * 60 == here[said in SUMMER] else said


def contradicted(texts: Sequence[str], wall: Ints, rows: Bools, zone: str) -> str:
    """What most rows of a column of offsets say, where that is not the zone's; "" where it is, or nothing tells.

    Parameters
    ----------
    texts : sequence of str
        Of the column.
    wall : array of int
        Clocks, ns.
    rows : array of bool
        Whose clocks name no offset of their own.
    """
    codes, unique = pd.factorize(np.asarray(texts, dtype=object))
    told = [_minutes(str(text)) for text in unique]
    rows = np.asarray(rows) & (wall != NAT) & np.array([bool(minutes) for minutes in told], dtype=bool)[codes]
    places = np.flatnonzero(rows)
    if not places.size:
        return ""
    clock = wall[places]
    here = [(clock - to_utc(clock, zone, first)) // MINUTE for first in (True, False)]
    fits = np.zeros(places.size, dtype=bool)
    for code in np.unique(codes[places]):
        of_text = codes[places] == code
        for offset in here:
            fits[of_text] |= np.isin(offset[of_text], told[code])
    if fits.mean() >= _AGREES:
        return ""
    wrong = codes[places][~fits]
    return str(unique[np.bincount(wrong).argmax()])


def _minutes(text: str) -> list[int]:
    """What a text can mean in minutes: -05:00, -5, UTC-5, -0500, -300 (minutes), 300 (as JavaScript has it), -18000."""
    text = text.strip().translate(_MINUS).upper()
    hours, number = _HOURS.fullmatch(text), _NUMBER.fullmatch(text)
    if hours:
        sign, whole, minutes, part = hours.groups()
        sizes = [int(whole) * 60 + int(minutes or 0) + round(float(f"0.{part or 0}") * 60)]
    elif number:
        sign, value = number[1], int(number[2])
        sizes = [value // 100 * 60 + value % 100, value, value // 60]
    else:
        return []
    meant = [size for size in sizes if size <= _MOST]
    if sign == "-":
        return [-size for size in meant]
    return meant if sign or hours else [*meant, *(-size for size in meant)]
