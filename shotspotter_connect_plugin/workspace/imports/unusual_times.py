"""Dates with times in the writings of single programs, brought into the form of all others: a date, a blank, a time."""
from __future__ import annotations

import re
from functools import lru_cache

from ...forecast.instants import NAT
from .clock_texts import ZONES
from .date_texts import day_of

_JSON = re.compile(r"\\?/?(?:new )?Date\((-?\d{1,13})(?:[+-]\d{4})?\)\\?/?$")
_SAS = re.compile(r"(\d{1,2}[A-Za-z]{3}(?:\d{4}|\d{2})):(\d{1,2}:\d{2}.*)$")
_LOG = re.compile(r"(\d{1,2}/[A-Za-z]{3}/\d{4}):(\d{1,2}:\d{2}.*)$")
_COMPACT = re.compile(r"(\d{8})[Tt _-]?(\d{4}(?:\d{2}(?:\.\d+)?)?)\s?([Zz]|[+-]\d{2}:?\d{2})?$")
_CAD = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([ECMP][DS])T?$")
"""As Hexagon's dispatch writes it: 20230314003700ED, of which the last letters are those of the zone."""
_UNIX = re.compile(r"(?:[A-Za-z]{3,9},? )?([A-Za-z]{3,9}) (\d{1,2}) (\d{1,2}:\d{2}(?::\d{2})?)"
                   r"(?: ([A-Z]{3,4}|[+-]\d{4}))? (\d{4})$")
_TIME_FIRST = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?)[ ,]+(\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4})$")
_TIME = r"(\d{1,2}[:.hH]\d{2}.*|\d{1,2} ?[AaPp]\.? ?[Mm]\.?|\d{4}(?: ?(?:hrs?|hours))?|\d{1,2} ?h)$"
_LAST = re.compile(r"(.+?)(?:[ T,;_]+| ?- ?| à | um | at | a las | alle | om )" + _TIME)
_WORDS_LAST = re.compile(r" ?(?:uhr|hrs?|hours|\([^)]*\)|\[[^]]*\]|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)\.?$",
                         re.IGNORECASE)
_BRACKETS = re.compile(r"(.*?\d.*?) ?[(\[]([^)\]]*)[)\]]$")
_OFFSET_LAST = re.compile(r"(?:[+-]\d{2}:?\d{2}|[+-]\d{2}|\d[Zz]|UTC|GMT)$")
_GREENWICH = re.compile(r"(?:UTC|GMT)(?:[+-]\d{2}(?::?\d{2})?)?", re.IGNORECASE)
_ZONE_NAME = re.compile(r"[A-Za-z_]+/[\w/+-]+|.* time|[ECMPA]T|(?:UTC|GMT).*|[+-]\d.*", re.IGNORECASE)
_UNREADABLE = "!"
_SIX_DIGITS = re.compile(r"(\d\d)(\d\d)(\d\d)$")
_BLANKS = re.compile(r"[\s\u202f\u00a0\u2007]+")


@lru_cache(maxsize=1 << 15)
def rewritten(text: str) -> tuple[str, str]:
    """(date, time of day) of a text that holds both in an unusual way; the time is empty where there is none.

    A number of milliseconds since 1970, as JSON of .NET has it, comes back as a date of digits only.
    """
    text = _BLANKS.sub(" ", text.strip(" '\"\u2018\u2019\u201c\u201d")).replace("\u2212", "-")
    found = _JSON.match(text)
    if found:
        return found[1], ""
    if day_of(text)[0] != NAT:
        return text, ""
    text = _WORDS_LAST.sub("", _with_zone(text))
    for form in (_SAS, _LOG):
        found = form.match(text)
        if found:
            return found[1].replace("/", " "), found[2]
    found = _SIX_DIGITS.match(text)
    if found:
        return "-".join(found.groups()), ""
    found = _COMPACT.match(text)
    if found:
        return found[1], found[2] + (found[3] or "")
    found = _CAD.match(text)
    if found:
        return "-".join(found.groups()[:3]), f"{':'.join(found.groups()[3:6])} {found[7]}T"
    found = _UNIX.match(text)
    if found:
        return f"{found[1]} {found[2]} {found[5]}", f"{found[3]} {found[4] or ''}".strip()
    found = _TIME_FIRST.match(text)
    if found:
        return found[2], found[1]
    found = _LAST.match(text)
    if not found:
        return text, ""
    return found[1].rstrip(" ,"), _clock(found[2])


def _with_zone(text: str) -> str:
    """A text whose zone stands in brackets with that zone bare, as a time of day is read with; one whose zone is a name
    that tells no offset becomes a text that cannot be read, rather than a local time. Behind an offset it tells
    nothing."""
    found = _BRACKETS.match(text)
    if not found or _OFFSET_LAST.search(found[1]):
        return text
    zone = found[2].strip()
    if zone.upper() in ZONES or _GREENWICH.fullmatch(zone):
        return f"{found[1]} {zone.upper()}"
    return _UNREADABLE if _ZONE_NAME.fullmatch(zone) else text


def _clock(text: str) -> str:
    """A time of day whose parts dots part, as Oracle writes it, with colons."""
    text = re.sub(r" ?(?:hrs?|hours)$", "", text, flags=re.IGNORECASE)
    dotted = re.match(r"(\d{1,2})[.hH](\d{2})(?:[.m](\d{2}))?(?:[.,](\d+))?s?( .*)?$", text)
    if not dotted:
        return text
    seconds = f":{dotted[3]}" if dotted[3] else ""
    fraction = f".{dotted[4][:9]}" if dotted[3] and dotted[4] else ""
    return f"{int(dotted[1])}:{dotted[2]}{seconds}{fraction}{dotted[5] or ''}"
