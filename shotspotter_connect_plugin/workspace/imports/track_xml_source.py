"""Tracks in XML as rows: GPX, and KML with tracks (gx:Track) or places that carry a time."""
from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Sequence

import pandas as pd

from ...errors import some
from .column_names import plain
from .row_source import NoRows, RowSource, limited
from .synonyms import COLUMN_ROLES
from .title_units import unit_in_words
from .xml_reading import read_xml

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

TRACK = re.compile(r"<(\w+:)?gpx\b|<(\w+:)?kml\b(?s:.*?)<\w+:(Multi)?Track\b")
TIMED_PLACES = re.compile(r"<(\w+:)?kml\b(?s:.*?)<(\w+:)?(when|begin)\b")
_GENERAL = re.compile(r"(active ?log|track|current ?track|untitled|unnamed|new|path|tour|segment|route|recording|trk|"
                      r"jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sep(tember)?|oct(ober)?|"
                      r"(nov|dec)(ember)?|[ap]m|[\d\W_]|[tz](?=\d|$))*", re.I)
"""Names that devices give their tracks themselves: words, numbers and dates."""
_ROWS, _LONGEST_NAME = 100_000, 60


@dataclass
class TrackSource(RowSource):
    """Points of tracks with their times; where several tracks have names of their own, each is a unit."""

    kind = "track"
    COLUMNS = ("track", "time", "latitude", "longitude", "accuracy", "hdop")

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        points = _Points()
        line = 0
        for share in read_xml(self.path, self.name, points.start, points.end):
            progress.report(share)
            if len(points.rows) >= _ROWS or share == 1.0 and points.rows:
                yield self._frame(points.rows, line, columns)
                line += len(points.rows)
                points.rows.clear()
        if points.rows:
            yield self._frame(points.rows, line, columns)

    def _frame(self, rows: list[list[str]], line: int, columns: Sequence[str]) -> FileRows:
        frame = pd.DataFrame(rows, columns=self.columns, index=range(line + 1, line + 1 + len(rows)), dtype=object)
        return limited(frame[list(columns)])


def open_track(path: Path) -> TrackSource:
    """The tracks of a file of GPX or KML."""
    points = _Points(names_alone=True)
    deque(read_xml(path, path.name, points.start, points.end), 0)
    source = TrackSource(path, path.name, list(TrackSource.COLUMNS))
    names = sorted(name for name in points.names if name)
    if not points.found:
        raise NoRows(f"{path.name} has no rows: it holds no track, only routes or places without a time.")
    if points.titled and points.titled >= points.names:
        source.columns[0] = "unit"
        source.told.append(f"The titles in {path.name} name the unit of each track: {some(sorted(points.titled))}.")
    elif points.units or len(names) > 1 and not all(map(_GENERAL.fullmatch, names)):
        source.columns[0] = "unit"
        if not points.units:
            source.told.append(f"{path.name} holds tracks of several names, and each was taken for a unit: "
                               f"{some(names)}. Give MAPPING {{\"unit\": \"\"}} if they are all one car's.")
    elif len(points.names) > 1:
        source.told.append(f"{path.name} holds {len(points.names)} tracks, whose names tell no units: all were taken "
                           "for one unit, named by the file. If they are of several cars, name the tracks after them.")
    return source


@dataclass
class _Points:
    """Gathers the points of a file as rows of :attr:`TrackSource.COLUMNS`; with ``names_alone`` only what tracks there
    are, and whether places or titles name their units."""

    names_alone: bool = False
    rows: list[list[str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    found: bool = False
    units: bool = False
    titled: set[str] = field(default_factory=set)
    _title: str = ""
    _name: str = ""
    _open: list[str] = field(default_factory=list)
    _point: dict[str, str] = field(default_factory=dict)
    _whens: list[str] = field(default_factory=list)
    _places: list[str] = field(default_factory=list)
    _array: str = ""
    _arrays: dict[str, list[str]] = field(default_factory=dict)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._open.append(tag)
        if tag in ("trk", "Placemark"):
            self._name, self._point = self._title, {}
        elif tag == "trkpt":
            self._point = {"latitude": attributes.get("lat", ""), "longitude": attributes.get("lon", "")}
        elif tag == "Track":
            self._whens, self._places, self._arrays = [], [], {}
        elif tag in ("SimpleArrayData", "Data", "SimpleData"):
            self._array = _role(attributes.get("name", ""))

    def end(self, tag: str, text: str) -> None:
        """An element ends."""
        self._open.pop()
        within = self._open[-1] if self._open else ""
        if tag == "name" and within in ("trk", "Placemark"):
            own = " ".join(text.split())[:_LONGEST_NAME]
            self._name = self._unit_of(text) or (self._title if _GENERAL.fullmatch(own) else "") or own
        elif tag == "name" and within in ("metadata", "gpx", "Document"):
            self._title = self._unit_of(text)
        elif tag in ("time", "hdop") and within == "trkpt":
            self._point[tag] = text
        elif tag == "trkpt":
            self._add(self._name, self._point)
        elif "Track" in self._open:
            self._of_track(tag, text)
        elif tag == "Track":
            self._end_track()
        elif "Placemark" in self._open:
            self._of_place(tag, text)
        elif tag == "Placemark" and "time" in self._point and "latitude" in self._point:
            self._add(self._point.get("unit", ""), self._point)
            self.units |= "unit" in self._point

    def _unit_of(self, title: str) -> str:
        """The unit of which a title speaks, "" where it speaks of none."""
        spoken = unit_in_words(title)
        self.titled.update([spoken[1]] if spoken else [])
        return spoken[1] if spoken else ""

    def _of_track(self, tag: str, text: str) -> None:
        if tag == "when":
            self._whens.append(text)
        elif tag == "coord":
            self._places.append(text)
        elif tag == "value" and self._array:
            self._arrays.setdefault(self._array, []).append(text)

    def _end_track(self) -> None:
        others = {role: values for role, values in self._arrays.items() if len(values) == len(self._whens)}
        for number, (when, place) in enumerate(zip_longest(self._whens, self._places, fillvalue="")):
            longitude, latitude = (place.split() + ["", ""])[:2]
            self._add(self._name, {"time": when, "longitude": longitude, "latitude": latitude,
                                   **{role: values[number] for role, values in others.items()
                                      if number < len(values)}})

    def _of_place(self, tag: str, text: str) -> None:
        if tag in ("when", "begin"):
            self._point["time"] = text
        elif tag == "coordinates" and self._open[-1] == "Point":
            self._point["longitude"], self._point["latitude"] = (text.split(",") + ["", ""])[:2]
        elif tag in ("value", "SimpleData") and self._array and text:
            self._point[self._array] = text

    def _add(self, name: str, point: dict[str, str]) -> None:
        self.found = True
        self.names.add(name)
        if not self.names_alone:
            self.rows.append([name, *(point.get(column, "") for column in TrackSource.COLUMNS[1:])])


def _role(name: str) -> str:
    """What a value beside a point is for; empty where it is for nothing."""
    roles = COLUMN_ROLES["gps_fixes"]
    return next((role for role in ("unit", "accuracy", "hdop") if plain(name) in roles[role]), "")
