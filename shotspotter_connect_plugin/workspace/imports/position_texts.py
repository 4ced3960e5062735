"""Positions as people and devices write them: one coordinate in a cell, or both in one, in any usual writing.

What a text says for certain (hemispheres, WKT, GeoJSON, keys) is given as east and north; a bare pair is given in the
order in which it stands, and where points fall decides which is which: see :mod:`.coordinates`.
"""
from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable, Optional, Sequence

import numpy as np
import pandas as pd

from .grid_references import grid_reference, is_certain

if TYPE_CHECKING:
    from ...forecast.arrays import Floats, Ints
    from .import_frames import FileRows

Pair = tuple[str, ...]
"""Names of the columns that hold positions: of x and y, or of the one that holds both."""

_ALIKE = str.maketrans({
    **dict.fromkeys("\u2212\u2013\u2012\u2010\u2011\ufe63\uff0d", "-"),
    **dict.fromkeys("\u00a0\u2009\u202f\u2007\u2002\u2003\u200a\t", " "),
    **dict.fromkeys("\u2019\u2018\u2032\u00b4`\u02b9", "'"), **dict.fromkeys("\u2033\u201c\u201d\u02ba", '"'),
    **dict.fromkeys("\u00ba\u02da\u1d52", "\u00b0"), **dict.fromkeys("\u200e\u200f\ufeff\u200b\u00c2")})
"""Signs that stand for one; the last is what a degree sign leaves behind when UTF-8 is read as Windows-1252."""
_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")
_OPEN = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_GROUPED = tuple((re.compile(pattern), marks) for pattern, marks in (
    (r"[-+]?\d{1,3}(?:[ '_]\d{3})+(?:[.,]\d+)?", " '_"),
    (r"[-+]?\d{1,3}(?:,\d{3})+\.\d+|[-+]?\d{1,3}(?:,\d{3}){2,}", ","),
    (r"[-+]?\d{1,3}(?:\.\d{3})+,\d+|[-+]?\d{1,3}(?:\.\d{3}){2,}", ".")))
_LABEL = re.compile(r"(?:lat|latitude|lon|lng|long|longitude|easting|northing|[xyen])\s*[:=]\s*", re.IGNORECASE)
_SIDE = r"(?:[NSEW]|north|south|east|west)"
_FRONT = re.compile(rf"({_SIDE})\.?\s*(?=[-+\d.,])", re.IGNORECASE)
_BACK = re.compile(rf"(?<=[\d.,°'\" msd])({_SIDE})\.?", re.IGNORECASE)
_SECONDS = re.compile(r"\d *d.*m.*\d *s$")
_UNITS = re.compile(r"\s*(?:°|deg(?:rees?)?\.?|met(?:re|er)s?|m|us ?ft|ft|feet)", re.IGNORECASE)
_SEXAGESIMAL = re.compile(
    r"([-+]?)(\d{1,3})\s*(?:°|deg\.?|d|:|-|\s)\s*(\d{1,2}(?:[.,]\d+)?)\s*(?:'|min\.?|m|:|-|\s)?\s*"
    r"(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:\"|sec\.?|s)?)?", re.IGNORECASE)

_FLOAT = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_WKT = re.compile(rf"(?:SRID\s*=\s*\d+\s*;)?\s*(?:MULTI)?POINT\s*(?:ZM|Z|M)?\s*\(+\s*({_FLOAT})\s+({_FLOAT})[^()]*\)+",
                  re.IGNORECASE)
_WKB = re.compile(r"(?:\\x|0x)?((?:00|01)[0-9a-f]{40,200})", re.IGNORECASE)
_GEOJSON = re.compile(rf"coordinates\W{{1,6}}\[\s*({_FLOAT})\s*,\s*({_FLOAT})", re.IGNORECASE)
_KEYED = tuple(re.compile(rf"(?<![a-z])(?:{key})['\"]*\s*[:=]\s*['\"]*({_FLOAT})", re.IGNORECASE) for key in (
    "longitude|long|lng|lon|x", "latitude|lat|y"))
_IN_BRACKETS = re.compile(rf"\(\s*({_FLOAT})\s*[,;\s]\s*({_FLOAT})\s*\)")
_IN_ADDRESS = re.compile(rf"(?:@|geo:|[?&](?:q|ll|query|center)=|loc:)\s*({_FLOAT})\s*(?:,|%2C)\s*({_FLOAT})",
                         re.IGNORECASE)
_AT_END = re.compile(r"(?<![\d.])([-+]?\d{1,7}\.\d{2,})\s*[,;\s]\s*([-+]?\d{1,7}\.\d{2,})\W*$")
_ISO = re.compile(r"([-+]\d{1,3}(?:\.\d+)?)([-+]\d{1,3}(?:\.\d+)?)(?:[-+][\d.]+)?(?:CRS\w*)?/?")
_SIDED = tuple((re.compile(pattern, re.IGNORECASE), order) for pattern, order in (
    (r"(.*\d\W*[NS])\W*(\d.*[EW])", (1, 0)), (r"(.*\d\W*[EW])\W*(\d.*[NS])", (0, 1)),
    (r"([NS]\W*\d.*?)[\W]*([EW]\W*\d.*)", (1, 0)), (r"([EW]\W*\d.*?)[\W]*([NS]\W*\d.*)", (0, 1))))
_PARTED = re.compile(r"\s*[;|/]\s*|,\s+"), re.compile(r"\s*,\s*"), re.compile(r"\s+")
_TELLING = re.compile(r"\d[.,]\d+\D+\d+[.,]\d\d|\d[.,]\d\d+\D+\d+[.,]\d|\d{5}.*\D\d{5}|°|\d\W*[NSEW]\b|\b[NSEW]\W*\d")
_POINT, _WITH_SRID = 1, 0x20000000
_LONGEST = 100
"""Letters of the longest writing of a coordinate, or of a pair without an address: longer texts take patterns long."""


@dataclass
class Positions:
    """Positions of rows as their source gives them: x and y, or where both stand in one text perhaps y and x.

    ``open_x`` and ``open_y`` are the rows with one comma and three digits behind it, as in ``38,900``: it is read as
    thousands here, and may be decimals.
    """

    x: Floats
    y: Floats
    open_x: Ints
    open_y: Ints

    @property
    def is_open(self) -> bool:
        """Whether a comma may be either."""
        return bool(self.open_x.size or self.open_y.size)

    def read(self, decimal_commas: bool) -> tuple[Floats, Floats]:
        """x and y, commas that may be either taken for decimal ones or for thousands."""
        if not decimal_commas or not self.is_open:
            return self.x, self.y
        x, y = self.x.copy(), self.y.copy()
        x[self.open_x] /= 1000
        y[self.open_y] /= 1000
        return x, y

    def taken(self, rows: Ints) -> Positions:
        """Those of some rows, by number."""
        return Positions(self.x[rows], self.y[rows], np.flatnonzero(np.isin(rows, self.open_x)),
                         np.flatnonzero(np.isin(rows, self.open_y)))

    @classmethod
    def join(cls, parts: Sequence[Positions]) -> Positions:
        """Those of several parts of a file, one after the other."""
        starts = np.cumsum([0, *(len(part.x) for part in parts)])
        return cls(np.concatenate([part.x for part in parts]), np.concatenate([part.y for part in parts]),
                   np.concatenate([part.open_x + start for part, start in zip(parts, starts)]),
                   np.concatenate([part.open_y + start for part, start in zip(parts, starts)]))


def read_positions(rows: FileRows, columns: Pair) -> Positions:
    """Positions in one column or two of rows of texts; NaN where none can be read."""
    if len(columns) == 2:
        (x, open_x), (y, open_y) = (_numbers(rows[column]) for column in columns)
        return Positions(x, y, open_x, open_y)
    codes, texts = pd.factorize(rows[columns[0]].to_numpy(object))
    found = [point(text) for text in texts]
    values = np.array([(x, y) for x, y, _, _ in found], dtype=float).reshape(-1, 2)
    opens = np.array([(first, second) for _, _, first, second in found], dtype=bool).reshape(-1, 2)
    x, y = values[codes, 0], values[codes, 1]
    return Positions(x, y, np.flatnonzero(opens[codes, 0]), np.flatnonzero(opens[codes, 1]))


def _numbers(texts: pd.Series) -> tuple[Floats, Ints]:
    """(one coordinate of each row, the rows whose comma may be either)."""
    codes, words = pd.factorize(texts.to_numpy(), use_na_sentinel=False)
    values = np.asarray(pd.to_numeric(words, errors="coerce"), dtype=float).copy()
    is_open = np.zeros(len(words), dtype=bool)
    for place in np.flatnonzero(np.isnan(values)):
        if isinstance(words[place], str) and words[place]:
            values[place], is_open[place] = coordinate(words[place])
    values[~np.isfinite(values)] = np.nan
    return values[codes], np.flatnonzero(is_open[codes])


def coordinate(text: str) -> tuple[float, bool]:
    """(one coordinate as a number, whether its comma may part thousands or decimals); NaN where it is none.

    Decimal commas, thousands, degrees with minutes and seconds, hemispheres and units are understood.
    """
    if _DECIMAL_COMMA.fullmatch(text) and not _OPEN.fullmatch(text):
        return _finite(text.replace(",", ".")), False
    if len(text) > _LONGEST:
        return np.nan, False
    text = text.translate(_ALIKE).replace("''", '"').strip().lstrip("'").strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].strip()
    label = _LABEL.match(text)
    text = text[label.end():] if label else text
    text, side = _without_side(text)
    text = re.sub(r"^([-+])\s+", r"\1", text)
    value, either = _magnitude(text)
    if np.isnan(value):
        unit = re.search(_UNITS.pattern + "$", text, re.IGNORECASE)
        value, either = _magnitude(text[:unit.start()]) if unit else (value, either)
    if side in "SW" and side:
        return -abs(value), either
    return (np.nan, False) if side and value < 0 else (value, either)


def _without_side(text: str) -> tuple[str, str]:
    """(a text without its hemisphere, the hemisphere's letter)."""
    front = _FRONT.match(text)
    if front:
        return text[front.end():], front[1][0].upper()
    # In 33d51m35s the last letter stands for seconds.
    back = None if _SECONDS.search(text) else re.search(_BACK.pattern + "$", text, re.IGNORECASE)
    return (text[:back.start()].strip(), back[1][0].upper()) if back else (text, "")


def _magnitude(text: str) -> tuple[float, bool]:
    """(number of a text without letters around it, whether its comma may be either)."""
    if _PLAIN.fullmatch(text):
        return _finite(text), False
    if _OPEN.fullmatch(text):
        return _finite(text.replace(",", "")), True
    for pattern, marks in _GROUPED:
        if pattern.fullmatch(text):
            bare = text.translate(dict.fromkeys(map(ord, marks)))
            return _finite(bare.replace(",", ".")), False
    if _DECIMAL_COMMA.fullmatch(text):
        return _finite(text.replace(",", ".")), False
    parts = _SEXAGESIMAL.fullmatch(text)
    if parts is None:
        return np.nan, False
    degrees, minutes, seconds = (float((part or "0").replace(",", ".")) for part in parts.groups()[1:])
    if minutes >= 60 or seconds > 60 or (parts[4] and not minutes.is_integer()):
        return np.nan, False
    value = degrees + minutes / 60 + seconds / 3600
    return -value if parts[1] == "-" else value, False


def _finite(text: str) -> float:
    value = float(text)
    return value if np.isfinite(value) else np.nan


_Found = tuple[float, float, bool, bool]
_NO_POINT: _Found = (np.nan, np.nan, False, False)


def point(text: object) -> _Found:
    """(x, y, whether the comma of x may be either, that of y) of a text that holds a position; NaN where none.

    References of the British and Irish grid, WKT, WKB as hexadecimal digits, GeoJSON, keys, hemispheres, links to maps,
    pairs in brackets behind an address, and bare pairs, which are given in their order.
    """
    if not isinstance(text, str) or not text:
        return _NO_POINT
    text = " ".join(text.split())
    forms = (_of_grid, _of_geometry, _of_keys, _of_sides, _of_pair, _of_rest)
    for form in forms if len(text) <= _LONGEST else (_of_geometry, _of_keys, _of_rest):
        found = form(text)
        if found is not None:
            return found
    return _NO_POINT


def _pair(found: Optional[re.Match[str]]) -> Optional[_Found]:
    return (_finite(found[1]), _finite(found[2]), False, False) if found else None


def _of_grid(text: str) -> Optional[_Found]:
    found = grid_reference(text)
    return (*found, False, False) if found else None


def _of_geometry(text: str) -> Optional[_Found]:
    """WKT, WKB and GeoJSON: east before north by their definition."""
    hexadecimal = _WKB.fullmatch(text.strip())
    if hexadecimal:
        return _of_wkb(hexadecimal[1])
    return _pair(_WKT.search(text)) or _pair(_GEOJSON.search(text))


def _of_wkb(digits: str) -> Optional[_Found]:
    data = bytes.fromhex(digits[:len(digits) // 2 * 2])
    order = "<" if data[0] else ">"
    kind = struct.unpack_from(order + "I", data, 1)[0]
    start = 9 if kind & _WITH_SRID else 5
    if (kind & 0xffff) % 1000 != _POINT or len(data) < start + 16:
        return None
    x, y = struct.unpack_from(order + "2d", data, start)
    return (x, y, False, False) if np.isfinite(x) and np.isfinite(y) else _NO_POINT


def _of_keys(text: str) -> Optional[_Found]:
    x, y = (pattern.search(text) for pattern in _KEYED)
    return (_finite(x[1]), _finite(y[1]), False, False) if x and y else None


def _of_sides(text: str) -> Optional[_Found]:
    """A pair with hemispheres."""
    text = text.translate(_ALIKE).replace("''", '"').strip().strip("()[]{}<> ")
    for pattern, order in _SIDED:
        found = pattern.fullmatch(text)
        if found:
            parts = [coordinate(part.strip(" ,;/|")) for part in found.groups()]
            (x, open_x), (y, open_y) = parts[order[0]], parts[order[1]]
            if np.isfinite(x) and np.isfinite(y):
                return x, y, open_x, open_y
    return None


def _of_pair(text: str) -> Optional[_Found]:
    """Two numbers and nothing else, perhaps with a height behind them."""
    text = text.translate(_ALIKE).strip().strip("()[]{}<>\"' ")
    iso = _ISO.fullmatch(text)
    if iso:
        return _pair(iso)
    for parting in _PARTED:
        parts = parting.split(text)
        if len(parts) == 4 and "," in text and all(part.lstrip("-+").isdigit() for part in parts):
            parts = [f"{parts[0]},{parts[1]}", f"{parts[2]},{parts[3]}"]
        if len(parts) not in (2, 3):
            continue
        found = [coordinate(part) for part in parts]
        if all(np.isfinite(value) for value, _ in found):
            (x, open_x), (y, open_y) = found[:2]
            return x, y, open_x, open_y
    return None


def _of_rest(text: str) -> Optional[_Found]:
    """A pair in brackets, in a link to a map, or at the end of an address."""
    brackets = list(_IN_BRACKETS.finditer(text))
    return _pair(brackets[-1] if brackets else None) or _pair(_IN_ADDRESS.search(text)) or _pair(
        _AT_END.search(text))


def holds_points(texts: Iterable[object]) -> bool:
    """Whether a column holds positions: nearly all of its texts that are filled are points, and few just numbers."""
    filled = [text for text in dict.fromkeys(texts) if isinstance(text, str) and text.strip()]
    points = [text for text in filled if _tells(text) and not np.isnan(point(text)[0])]
    return len(points) > _MOST * len(filled) if filled else False


_MOST = 0.5
"""Share of the distinct texts of a column of positions that are some: the rest may be addresses without one."""


def _tells(text: str) -> bool:
    """Whether a text is more than two small whole numbers, a time or a date."""
    return bool(_TELLING.search(text)) or is_certain(text) or _of_geometry(text) is not None or (
        _of_keys(text) is not None)
