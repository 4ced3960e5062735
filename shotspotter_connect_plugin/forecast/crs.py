"""Coordinate systems and the ways between them, safe in every thread.

QGIS runs algorithms and tasks in threads of its own, and pyproj from 3.7 on (in QGIS for Windows and macOS and in
Debian 13) can end QGIS there. So nothing in this package uses pyproj: all goes through GDAL's ``osr``, which keeps a
PROJ context for each thread, and what is made in a thread stays in it.

Coordinates are always x (east, longitude) before y (north, latitude), whatever order a system's definition names.
"""
from __future__ import annotations

import math
import os
import re
import threading
from contextlib import ContextDecorator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from osgeo import gdal, ogr, osr

from ..errors import ConnectError

if TYPE_CHECKING:
    from .arrays import ArrayLike, Floats

DEGREES = "EPSG:4326"
# Per cent, all of them: an id must stand for exactly the system it replaces.
_CERTAIN = 100
# Chosen: far more pairs of systems than a session of imports meets; a bound for the memory of a thread.
_KEPT = 256
# Chosen: a line with a bad point is cut into so many parts until so few points are left that each goes alone: one bad
# point of a million costs four levels of lines, not a million calls.
_PARTS, _ONE_BY_ONE = 32, 16
_KNOWN_NAMES = ("WGS84", "WGS72", "NAD83", "NAD27", "CRS84")
_CODE = re.compile(r"(urn:ogc:def:crs:)?[A-Za-z]+:[\w.]*:?[\w.+-]+")
_of_this_thread = threading.local()

# From 3.7 on GDAL warns until somebody says how errors are to be told. Both ways are met here, so what holds stays.
for _module in (gdal, ogr, osr):
    if not _module.GetUseExceptions():
        _module.DontUseExceptions()


def parse(text: Any) -> osr.SpatialReference:
    """Read a coordinate system.

    Parameters
    ----------
    text : str
        Authority id (``EPSG:26985``), WKT, PROJ text or the name of a system of the database; or anything with a
        ``to_wkt()``. Nothing else is opened: neither a file nor an address.

    Returns
    -------
    osgeo.osr.SpatialReference
        Of its own; to be used in the thread that asked.

    Raises
    ------
    ConnectError
    """
    text = (text.to_wkt() if hasattr(text, "to_wkt") else str(text)).strip()
    if text.isdigit():
        text = "EPSG:" + text
    system = osr.SpatialReference()
    with quiet():
        if not (_read(system, text) or _read(system, _named(text))):
            raise ConnectError(f"The CRS {text[:60]} is not known; use a code such as EPSG:32618.")
        # Also here PROJ speaks, of grids that are not there.
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return system


def is_same(one: Any, other: Any) -> bool:
    """Whether two systems, given as for :func:`parse`, are the same."""
    if one == other:
        return True
    first, second = parse(one), parse(other)
    with quiet():
        return bool(first.IsSame(second))


def text_of(system: osr.SpatialReference) -> str:
    """Authority id of a parsed system where one stands for exactly this, else WKT."""
    with quiet():
        return authority_of(system) or system.ExportToWkt(["FORMAT=WKT2_2019"])


def authority_of(system: osr.SpatialReference, certain: int = _CERTAIN) -> str:
    """Authority id of a parsed system, of which the database is at least so ``certain`` (per cent); empty if none."""
    for found, certainty in _matches(system):
        name, code = found.GetAuthorityName(None), found.GetAuthorityCode(None)
        if certainty >= certain and name and code:
            return name + ":" + code
    return ""


def change(source: Any, target: Any) -> Transformation:
    """The way from one system into another; the same one again in the same thread.

    Parameters
    ----------
    source, target : str
        As for :func:`parse`.

    Returns
    -------
    Transformation
    """
    kept = _of_this_thread.__dict__.setdefault("kept", {})
    if (source, target) not in kept:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[source, target] = Transformation(parse(source), parse(target))
    return kept[source, target]


class Transformation:
    """Changes coordinates of one system into another's, in the thread that made it.

    Parameters
    ----------
    source, target : osgeo.osr.SpatialReference
        As :func:`parse` gives them.

    """

    def __init__(self, source: osr.SpatialReference, target: osr.SpatialReference) -> None:
        with quiet():
            try:
                way = osr.CoordinateTransformation(source, target)
            except RuntimeError:  # no way between the two; whether it is said here is a setting of GDAL's
                way = None
            in_degrees = source.IsGeographic()
        self._way = way if getattr(way, "this", None) else None
        # What PROJ refuses anyway: latitudes beyond the poles and longitudes of several turns.
        self._most = np.array([10.0, math.pi / 2 + 1e-12]) / source.GetAngularUnits() if in_degrees else (
            np.finfo(float).max)

    def __call__(self, x: ArrayLike, y: ArrayLike, z: ArrayLike | None = None) -> tuple[Any, Any]:
        """Give x and y in the target: floats for numbers, else arrays of the same shape; infinite where there is none.

        ``z``, which shapes of three dimensions have, is left out.
        """
        first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        points = np.column_stack([first.ravel(), second.ravel()])
        moved = np.full(points.shape, np.inf)
        known = (np.abs(points) <= self._most).all(axis=1)
        if known.any() and self._way is not None:
            with quiet():
                moved[known] = self._moved(points[known])
        moved[~np.isfinite(moved).all(axis=1)] = np.inf
        if first.ndim == 0:
            return float(moved[0, 0]), float(moved[0, 1])
        return moved[:, 0].reshape(first.shape), moved[:, 1].reshape(first.shape)

    def bounds(self, x_min: float, y_min: float, x_max: float, y_max: float,
               steps: int = 22) -> tuple[float, float, float, float]:
        """The bounds of a rectangle's edge in the target."""
        part = np.linspace(0.0, 1.0, steps)
        along, up = x_min + part * (x_max - x_min), y_min + part * (y_max - y_min)
        x, y = self(np.concatenate([along, along, np.full(steps, x_min), np.full(steps, x_max)]),
                    np.concatenate([np.full(steps, y_min), np.full(steps, y_max), up, up]))
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def _moved(self, points: Floats) -> Floats:
        """Points (n, 2) changed; as a line of them, since a list of a million takes ten times as long."""
        head = b"\x01" + np.array([ogr.wkbLineString, len(points)], dtype="<u4").tobytes()
        line = ogr.CreateGeometryFromWkb(head + points.astype("<f8").tobytes())
        try:
            done = line.Transform(self._way) == ogr.OGRERR_NONE
        except RuntimeError:
            done = False
        if done:
            return np.frombuffer(bytes(line.ExportToWkb(ogr.wkbNDR)), dtype="<f8", offset=len(head)).reshape(-1, 2)
        if len(points) <= _ONE_BY_ONE:  # a single bad point spoils its line
            return np.array([self._one(*point) for point in points.tolist()])
        return np.concatenate([self._moved(part) for part in np.array_split(points, min(_PARTS, len(points)))])

    def _one(self, x: float, y: float) -> tuple[float, float]:
        try:
            return self._way.TransformPoint(x, y)[:2]  # type: ignore[union-attr]
        except RuntimeError:
            return math.inf, math.inf


def projected(authority: str, west: float, south: float, east: float, north: float) -> list[tuple[str, str, float]]:
    """Projected systems of an authority that are in use somewhere in an area, as far as the database tells.

    Returns
    -------
    list of (str, str, float)
        Authority id, name, and the size of the area of use in square degrees.
    """
    return [(code, name, _width(used[0], used[2]) * (used[3] - used[1])) for code, name, used in _in_database(authority)
            if used[1] <= north and used[3] >= south and _meet(used[0], used[2], west, east)]


def _width(west: float, east: float) -> float:
    """Degrees from west to east, over the 180th meridian where need be."""
    return (east - west) % 360 or 360.0 * (east != west)


def _meet(west: float, east: float, other_west: float, other_east: float) -> bool:
    """Whether two spans of longitudes meet."""
    return ((other_west - west) % 360 <= _width(west, east)
            or (west - other_west) % 360 <= _width(other_west, other_east))


@lru_cache(maxsize=8)
def _in_database(authority: str) -> list[tuple[str, str, tuple[float, float, float, float]]]:
    """(authority id, name, (west, south, east, north)) of the projected systems of an authority."""
    return [(item.auth_name + ":" + item.code, item.name, (
        item.west_lon_degree, item.south_lat_degree, item.east_lon_degree, item.north_lat_degree))
            for item in osr.GetCRSInfoListFromDatabase(authority)
            if item.type == osr.OSR_CRS_TYPE_PROJECTED and item.bbox_valid and not item.deprecated]


@lru_cache(maxsize=64)
def _named(name: str) -> str:
    """Authority id of the system of a name; empty if there is none."""
    return next((item.auth_name + ":" + item.code for item in osr.GetCRSInfoListFromDatabase(None)
                 if item.name.lower() == name.lower() and not item.deprecated), "")


def _read(system: osr.SpatialReference, text: str) -> bool:
    """Read text into a system; False where it cannot be read. A code, WKT or PROJ text only: no file, no address."""
    is_code = (bool(_CODE.fullmatch(text)) or text.upper() in _KNOWN_NAMES) and not os.path.exists(text)
    if not (is_code or "[" in text or text.startswith(("+", "{"))):
        return False
    try:
        return system.SetFromUserInput(text) == ogr.OGRERR_NONE
    except RuntimeError:
        return False


def _matches(system: osr.SpatialReference) -> list[tuple[Any, int]]:
    """(system of the database, certainty in per cent), the likeliest first."""
    with quiet():
        try:
            return system.FindMatches() or []
        except RuntimeError:
            return []


class quiet(ContextDecorator):
    """GDAL and PROJ keep their own words off the screen meanwhile: what they say of systems and bad coordinates is told
    by what comes of them. The last of them can still be asked for."""

    def __enter__(self) -> None:
        gdal.PushErrorHandler("CPLQuietErrorHandler")

    def __exit__(self, *error: object) -> None:
        gdal.PopErrorHandler()
