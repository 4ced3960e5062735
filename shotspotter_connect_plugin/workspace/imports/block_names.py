"""Block names: where an incident was, to the hundred block and no closer."""
from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Iterable, Optional

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ...forecast.arrays import Objects

_TYPES = {
    "ALLEY": "Aly", "AVENUE": "Ave", "AV": "Ave", "AVE": "Ave", "BOULEVARD": "Blvd", "BLVD": "Blvd", "BVD": "Blvd",
    "BRIDGE": "Bridge", "CIRCLE": "Cir", "CIR": "Cir", "COURT": "Ct", "CT": "Ct", "CRESCENT": "Cres", "DRIVE": "Dr",
    "DR": "Dr", "EXPRESSWAY": "Expy", "FREEWAY": "Fwy", "GREEN": "Green", "HIGHWAY": "Hwy", "HWY": "Hwy",
    "LANE": "Ln", "LN": "Ln", "LOOP": "Loop", "MEWS": "Mews", "PARKWAY": "Pkwy", "PKWY": "Pkwy", "PKY": "Pkwy",
    "PLACE": "Pl", "PL": "Pl", "PLAZA": "Plz", "PLZ": "Plz", "PROMENADE": "Promenade", "ROAD": "Rd", "RD": "Rd",
    "ROW": "Row", "SQUARE": "Sq", "SQ": "Sq", "STREET": "St", "ST": "St", "TERRACE": "Ter", "TER": "Ter",
    "TERR": "Ter", "TRAIL": "Trl", "TURNPIKE": "Tpke", "WALK": "Walk", "WAY": "Way", "BROADWAY": "Broadway",
}
_LONGEST = 200
_QUARTERS = {**{quarter: quarter for quarter in ("N", "S", "E", "W", "NE", "NW", "SE", "SW")},
             "NORTHEAST": "NE", "NORTHWEST": "NW", "SOUTHEAST": "SE", "SOUTHWEST": "SW"}
_CROSSING = re.compile(r"\s*(?:&|/| AND | @ )\s*")
_RANGE = re.compile(r"^(\d+)(?:\s*-\s*|\s+)\d+\s+(?:BLOCK|BLK|B/O)\.?(?:\s+OF)?\s+(.+)$")
_BLOCK = re.compile(r"^(\d+|UNIT)\s*-?\s*(?:BLOCK|BLK|B/O)\.?(?:\s+OF)?\s+(.+)$")
_MASKED = re.compile(r"^(\d*)(X+)\s+(.+)$")
_AFTER = re.compile(r"^(.+?)\s+(\d+|UNIT)\s+(?:BLOCK|BLK)$")
_HOUSE = re.compile(r"^(\d+)(?:\s*-\s*\d+)?(?:-?[A-Z])?(?:\s+1/2)?\s+(.+)$")
_ORDINAL = re.compile(r"\d+(ST|ND|RD|TH)$")
_INSIDE = re.compile(r"\s*(?:,|#|\b(?:APT|APARTMENT|STE|SUITE|RM|ROOM|FLOOR|FLR|FL|LOT|BLDG)\b|\bUNIT\s+[A-Z0-9]+$).*$")


def normalise(texts: Iterable[Optional[str]]) -> tuple[Objects, int]:
    """Block names in one form, "2200 block Ontario Rd NW" or "37th St NW & O St NW".

    Anything that is neither a block, an address nor a crossing of streets is left out, so that no free text gets
    through; house numbers are rounded down to their hundred, flats are cut off.

    Returns
    -------
    (blocks, houses)
        Object array of str or None, and how many of the texts were addresses of houses.
    """
    codes, unique = pd.factorize(pd.Series(texts, dtype=object).fillna("").astype(str))
    found = [_normal(text) for text in unique]
    names = np.empty(len(unique), dtype=object)
    names[:] = [name for name, _ in found]
    houses = np.array([house for _, house in found], dtype=bool)
    return (names[codes], int(houses[codes].sum())) if len(unique) else (np.empty(0, dtype=object), 0)


@lru_cache(maxsize=1 << 16)  # a city has few blocks, and each chunk of a file names most of them again
def _normal(text: str) -> tuple[Optional[str], bool]:
    text = " ".join(text.upper().split())
    if len(text) > _LONGEST:
        return None, False
    for pattern in (_RANGE, _BLOCK):
        found = pattern.match(text)
        if found:
            return _named(found[1], found[2]), False
    found = _MASKED.match(text)
    if found:
        return _named(found[1] + "0" * len(found[2]), found[3]), False
    found = _AFTER.match(text)
    if found:
        return _named(found[2], found[1]), False
    streets = [_street(part) for part in _CROSSING.split(text)]
    if len(streets) == 2 and streets[0] and streets[1]:
        return f"{streets[0]} & {streets[1]}", False
    found = _HOUSE.match(text)
    if found:
        name = _named(found[1], _CROSSING.split(found[2])[0])
        return name, name is not None and int(found[1]) % 100 != 0
    return _street(text), False


def _named(number: str, street: str) -> Optional[str]:
    name = _street(street)
    if name is None:
        return None
    hundred = 0 if number == "UNIT" else int(number) // 100 * 100
    return f"{hundred or 'Unit'} block {name}"


def _street(text: str) -> Optional[str]:
    """Name of a street in one form, None for anything else."""
    words = _INSIDE.sub("", text).replace(".", "").split()
    types = [position for position, word in enumerate(words) if word in _TYPES]
    if not types or len(words) > 8 or any(word[0].isdigit() and not _ORDINAL.match(word) for word in words):
        return None
    last = types[-1]
    quarter = [word for word in words[last + 1:last + 2] if word in _QUARTERS]
    named = []
    for position, word in enumerate(words[:last + 1] + quarter):
        if position == last:
            named.append(_TYPES[word])
        elif word in _QUARTERS:
            named.append(_QUARTERS[word])
        else:
            named.append(word.lower() if word[0].isdigit() else word.capitalize())
    return " ".join(named)
