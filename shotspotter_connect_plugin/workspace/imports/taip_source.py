"""Logs of vehicle modems in TAIP (Trimble ASCII Interface Protocol) as rows: positions (PV), long ones (LN), events
(EV), and the times that date them (TM)."""
from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING, Iterator, Optional, Sequence

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, NAT, SECOND, iso_texts
from . import time_texts
from .numbered_lines import PROBLEM, numbered_lines
from .row_source import RowSource

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

TAIP = re.compile(r">R(?:PV|EV|LN)\d{5}")
_SHORT = re.compile(
    r">R(?:EV(?P<event>\d\d)(?P<week>\d{4})(?P<weekday>[0-6])|PV)(?P<second>\d{5})"
    r"(?P<latitude>[-+]\d{7})(?P<longitude>[-+]\d{8})\d{6}(?P<source>\d)(?P<age>\d)(?P<rest>[^<>]*)<?")
_LONG = re.compile(  # with height, speeds and heading, and the satellites used, four digits each
    r">RLN(?P<second>\d{5})\d{3}"
    r"(?P<latitude>[-+]\d{9})(?P<longitude>[-+]\d{10})[-+]\d{12}[-+]\d{8}"
    r"\d\d(?:\d{4})*\d{10}(?P<source>\d)(?P<age>\d)(?P<rest>[^<>\d][^<>]*|)<?")
_TIME = re.compile(r">RTM(\d\d)(\d\d)(\d\d)\d{3}(\d\d)(\d\d)(\d{4})[^<>]*<?")
_BEGUN = re.compile(r">R(?:PV|EV|LN|TM)\d")
_UNIT, _CHECKSUM = re.compile(r";ID=([^;*<]{1,40})"), re.compile(r";\*([0-9A-Fa-f]{2})")
_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)[ T,;\t]+(\d\d:\d\d:\d\d)")
_FIRST_WEEK = int(np.datetime64("1980-01-06", "D").astype(int)) * DAY
_HUNDRED_THOUSANDTHS, _TEN_MILLIONTHS = 1e5, 1e7
_DAMAGED = "a damaged sentence"
_NO_DATE = ("no date: position sentences tell none; have the logger write date and time before each, or send times "
            "(RTM) or events (REV)")


@dataclass
class TaipSource(RowSource):
    """Positions of PV, LN and EV sentences. An event and a time tell their date; of a position it is that of the
    last of these, or of what the logger wrote before the sentence, whichever midnight lies nearer. Times are UTC."""

    kind = "nmea"
    COLUMNS = ("unit", "time", "latitude", "longitude", "valid")

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        last: Optional[int] = None
        for lines, texts in numbered_lines(self, progress):
            rows = []
            for number, text in zip(lines, texts):
                written = _written(text)
                for part in text.split("<"):
                    row, last = _row(part, written if written is not None else last, last)
                    if row:
                        rows.append((number, *row))
            if rows:
                line, moments, *values, problems = zip(*rows)
                at = np.array(moments, dtype=np.int64)
                times = np.where(at == NAT, "", iso_texts(at, "s")).astype(object)
                unit, latitude, longitude, valid = values
                yield pd.DataFrame({"unit": unit, "time": times, "latitude": latitude, "longitude": longitude,
                                    "valid": valid, PROBLEM: problems}, index=line)[[*columns, PROBLEM]]


def _row(text: str, around: Optional[int], last: Optional[int]) -> tuple[Optional[tuple[object, ...]], Optional[int]]:
    """((moment, unit, latitude, longitude, valid, problem) of a sentence or None, the last moment known)."""
    begun = _BEGUN.search(text)
    if begun is None:
        return None, last
    if begun[0].startswith(">RTM"):
        moment = _told(text, begun.start())
        return ((NAT, "", "", "", "", _DAMAGED), last) if moment is None else (None, moment)
    is_long = begun[0].startswith(">RLN")
    found = (_LONG if is_long else _SHORT).match(text, begun.start())
    if found is None or not _is_whole(found) or int(found["second"]) * SECOND >= DAY:
        return (NAT, "", "", "", "", _DAMAGED), last
    clock = int(found["second"]) * SECOND
    unit = _UNIT.search(found["rest"])
    place = [repr(int(found[name]) / (_TEN_MILLIONTHS if is_long else _HUNDRED_THOUSANDTHS))
             for name in ("latitude", "longitude")]
    valid = "N" if found["source"] == "9" or found["age"] == "0" else "Y"
    if not is_long and found["week"]:
        moment = _FIRST_WEEK + (int(found["week"]) * 7 + int(found["weekday"])) * DAY + clock
    elif around is None:
        return (NAT, unit[1] if unit else "", *place, valid, _NO_DATE), last
    else:
        moment = around // DAY * DAY + clock
        moment += DAY * ((around - moment > DAY // 2) - (moment - around > DAY // 2))
    return (moment, unit[1] if unit else "", *place, valid, ""), moment


def _told(text: str, start: int) -> Optional[int]:
    """The moment of a TM sentence, None where it is damaged."""
    found = _TIME.match(text, start)
    if found is None or not _is_whole(found):
        return None
    hour, minute, second, day, month, year = found.groups()
    moment = int(time_texts.parse([f"{year}-{month}-{day} {hour}:{minute}:{second}"]).clock[0])
    return None if moment == NAT else moment


def _is_whole(found: re.Match[str]) -> bool:
    """Whether a sentence has the sum that stands in it, if one does: of all letters from > to the asterisk."""
    told = _CHECKSUM.search(found[0])
    if told is None:
        return ";*" not in found[0]
    letters = found[0][:told.start() + 2].encode("ascii", "replace")
    return reduce(xor, letters) == int(told[1], 16)


def _written(text: str) -> Optional[int]:
    """The moment that a logger wrote before a sentence, in whatever zone, None where there is none."""
    found = _WRITTEN.search(text.partition(">")[0])
    if found is None:
        return None
    moment = int(time_texts.parse([f"{found[1]} {found[2]}"]).clock[0])
    return None if moment == NAT else moment
