"""Place: the fishnet of square boxes, and whether a coordinate system is fit to hold one.

A box is the half-open square ``[col * size, (col + 1) * size) x [row * size, (row + 1) * size)``. Its id is made of
column and row alone, so it is the same in every run, for any extent and for a jurisdiction that grows.
"""
from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from osgeo import osr
from shapely.geometry import MultiPolygon, box
from shapely.validation import make_valid

from ..errors import ConnectError
from . import crs as systems
from .box_grid import largest_shares

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from .arrays import ArrayLike, Floats, Ints, Numbers, Objects
    from .forecast_frames import Boxes

# Every UTM zone passes (its scale is off by at most 0.1 %), Web Mercator from 6 degrees of latitude on does not.
TOLERANCE = 0.005
"""Largest relative error of a box's sides and area on the ground."""

_LIKELY = 70  # per cent, enough for a name in a message

_WHOLE = 1.0 - 1e-12
"""Share from which a block counts as wholly covered: what rounding of coordinates of 10,000 km leaves."""


def utm_crs(lon: float, lat: float) -> str:
    """Give the authority id of the UTM zone (WGS 84) of a place in degrees.

    Raises
    ------
    ConnectError
        When the place is not on the part of the Earth that UTM covers.
    """
    if not (-180.0 <= lon <= 180.0 and -80.0 <= lat <= 84.0):
        raise ConnectError("The jurisdiction lies outside the area of UTM; name a metric CRS that fits it.",
                           f"lon={lon} lat={lat}")
    zone = int((lon + 180.0) // 6.0) % 60 + 1
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def check_crs(crs: Any, bounds: ArrayLike, size: float = 250.0) -> str:
    """Give ``crs`` back as text if boxes of ``size`` metres are that size on the ground, else say why not.

    Parameters
    ----------
    crs : str
        Authority id, WKT or PROJ text, or anything with a ``to_wkt()``.
    bounds : sequence of float
        x_min, y_min, x_max, y_max in that CRS.
    size : float
        Side of a box in metres.

    Returns
    -------
    str
        Authority id where one stands for exactly this CRS, else WKT.

    Raises
    ------
    ConnectError
        When the CRS is unknown, geographic, not in metres, or when a side or the area of a box is off by more than
        0.5 % somewhere in the bounds, measured on the ellipsoid.
    """
    crs = systems.parse(crs)
    bounds = np.asarray(bounds, dtype=float)
    if bounds.shape != (4,) or not np.isfinite(bounds).all() or (bounds[:2] > bounds[2:]).any():
        raise ConnectError("The layer has no extent; check that it has geometries.", f"bounds={bounds}")
    name = systems.authority_of(crs, _LIKELY) or crs.GetName()
    advice = _advice(crs, bounds)
    if not crs.IsProjected():
        raise ConnectError(f"{name} is not a projected CRS, so it has no metres; {advice}")
    if crs.GetLinearUnits() != 1.0:
        raise ConnectError(f"{name} measures in {crs.GetLinearUnitsName()}, not in metres; {advice}")
    side, area = worst_errors(crs, bounds, size)
    if not max(abs(side), abs(area)) <= TOLERANCE:
        if not math.isfinite(side + area):
            raise ConnectError(f"{name} does not reach the whole area; {advice}")
        measure = f"{size:g} m measure {size * (1 + side):.4g} m" if abs(side) > TOLERANCE else (
            f"a box of {size * size:,.0f} m2 measures {size * size * (1 + area):,.0f} m2")
        raise ConnectError(f"In {name} {measure} on the ground here, more than 0.5 % off; {advice}")
    return systems.text_of(crs)


def _advice(crs: osr.SpatialReference, bounds: Numbers) -> str:
    to_degrees = systems.Transformation(crs, systems.parse(systems.DEGREES))
    try:
        lon, lat = to_degrees((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
        return f"use {utm_crs(lon, lat)}, or leave the CRS empty to have it chosen."
    except ConnectError:
        return "name a metric CRS made for this area."


def worst_errors(crs: osr.SpatialReference, bounds: Numbers, size: float) -> tuple[float, float]:
    """Largest relative error of a side (or diagonal) and of the area of boxes at 7 x 7 places of the bounds."""
    ground = crs.CloneGeogCS()  # on the datum of its own
    ground.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    x, y = (grid.ravel() for grid in np.meshgrid(np.linspace(bounds[0], bounds[2], 7),
                                                 np.linspace(bounds[1], bounds[3], 7)))
    half = size / 2
    lon, lat = systems.Transformation(crs, ground)(np.stack([x - half, x + half, x + half, x - half]),
                                                   np.stack([y - half, y - half, y + half, y + half]))
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return math.nan, math.nan
    lon, lat = lon * ground.GetAngularUnits(), lat * ground.GetAngularUnits()
    lon = (lon - lon[0] + math.pi) % (2 * math.pi) - math.pi  # a box may lie across the 180th meridian
    diagonal = size * math.sqrt(2)
    pairs = [(0, 1, size), (1, 2, size), (2, 3, size), (3, 0, size), (0, 2, diagonal), (1, 3, diagonal)]
    errors = []
    for a, b, length in pairs:
        east, north = _radii((lat[a] + lat[b]) / 2, ground)
        errors.append(np.hypot(east * (lon[b] - lon[a]), north * (lat[b] - lat[a])) / length - 1)
    sides, middle = np.concatenate(errors), lat.mean(axis=0)
    x, y = _radii(lat, ground)[0] * (lon - lon.mean(axis=0)), _radii(middle, ground)[1] * (lat - middle)
    areas = np.abs((x[2] - x[0]) * (y[3] - y[1]) - (x[3] - x[1]) * (y[2] - y[0])) / (2 * size * size) - 1
    return sides[np.abs(sides).argmax()], areas[np.abs(areas).argmax()]


def _radii(lat: Floats, ground: osr.SpatialReference) -> tuple[Floats, Floats]:
    """Metres per radian to the east and to the north at latitudes, on the ellipsoid of a geographic CRS.

    Taken at the middle latitude of two points some kilometres apart they give the geodesic to a millionth.
    """
    flattening = 1 / ground.GetInvFlattening() if ground.GetInvFlattening() else 0.0
    squeezed = 1 - flattening * (2 - flattening) * np.sin(lat) ** 2
    across = ground.GetSemiMajor() / np.sqrt(squeezed)
    return across * np.cos(lat), across * (1 - flattening) ** 2 / squeezed


class Fishnet:
    """All boxes of one size.

    Parameters
    ----------
    size : float
        Side of a box in metres.
    """

    def __init__(self, size: float = 250.0) -> None:
        self.size = float(size)
        if not (math.isfinite(self.size) and self.size > 0):
            raise ConnectError("The side of a box must be a number of metres above 0.", f"size={size}")
        self.unit = self.size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fishnet) and self.size == other.size

    def __hash__(self) -> int:
        return hash(self.size)

    def cell(self, x: ArrayLike, y: ArrayLike) -> tuple[Ints, Ints]:
        """Give column and row (int64 arrays) of points in metres; each point lies in exactly one box.

        Raises
        ------
        ConnectError
            When a coordinate is not a finite number.
        """
        return self._index(x), self._index(y)

    def _index(self, value: ArrayLike) -> Ints:
        value = np.asarray(value, dtype=float)
        if not np.isfinite(value).all():
            raise ConnectError("Some points have no coordinates; leave them out before they are put into boxes.")
        index = np.floor(value / self.size)
        # A point less than one rounding step below an edge can divide to the edge itself, and where the side is no
        # whole number the other way round; comparing with the edge as written puts both right.
        index -= index * self.size > value
        index += (index + 1) * self.size <= value
        return index.astype(np.int64)

    def ids(self, col: ArrayLike, row: ArrayLike) -> Objects:
        """Give the ids, an object array of ``C<col>R<row>``; the text of each box is built once."""
        col, row = np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)
        key = col * (1 << 31) + row
        codes, unique = pd.factorize(key.ravel())
        first = np.full(len(unique), -1)
        first[codes[::-1]] = np.arange(codes.size)[::-1]
        text = np.empty(len(unique), dtype=object)
        text[:] = [f"C{c}R{r}" for c, r in zip(col.ravel()[first].tolist(), row.ravel()[first].tolist())]
        return text[codes].reshape(key.shape)

    @staticmethod
    def parse(ids: Iterable[str]) -> tuple[Ints, Ints]:
        """Give column and row of ids; raises ConnectError for text that is no box id."""
        found = [re.fullmatch(r"C(-?\d+)R(-?\d+)", str(text)) for text in ids]
        if not all(found):
            raise ConnectError("A box id must look like C1297R17238.", f"{found.count(None)} ids")
        cells = np.array([match.groups() for match in found if match], dtype=np.int64).reshape(-1, 2)
        return cells[:, 0], cells[:, 1]

    def rectangles(self, col: ArrayLike, row: ArrayLike) -> Floats:
        """Give x_min, y_min, x_max, y_max, an (n, 4) array in metres."""
        col, row = np.asarray(col, dtype=float), np.asarray(row, dtype=float)
        return np.stack([col * self.size, row * self.size, (col + 1) * self.size, (row + 1) * self.size], axis=-1)

    def centres(self, col: ArrayLike, row: ArrayLike) -> tuple[Floats, Floats]:
        """Give x and y of the centres in metres."""
        return ((np.asarray(col, dtype=float) + 0.5) * self.size, (np.asarray(row, dtype=float) + 0.5) * self.size)

    def pieces(self, col: ArrayLike, row: ArrayLike) -> tuple[Ints, Floats]:
        """Give the rectangles that boxes are made of, one each: positions of the boxes, (n, 4) in metres."""
        rectangles = self.rectangles(col, row)
        return np.arange(len(rectangles)), rectangles

    def outlines(self, col: ArrayLike, row: ArrayLike) -> list[BaseGeometry]:
        """Give the boxes as shapely polygons."""
        return [box(*corners) for corners in self.rectangles(col, row).tolist()]

    def shares(self, col: ArrayLike, row: ArrayLike) -> Floats:
        """Give the areas of boxes as shares of a whole one: 1 for all."""
        return np.ones(np.broadcast(col, row).shape)

    def overlaps(self, x: Floats, y: Floats, width: Floats,
                 height: Floats) -> Iterator[tuple[Ints, Ints, Ints, Floats]]:
        """Spread rectangles over boxes by area.

        Parameters
        ----------
        x, y, width, height : arrays of n
            Middles and sides in metres; a rectangle without sides is a point.

        Yields
        ------
        position, col, row, share
            Of rectangles, and the shares of them in boxes, above 0.
        """
        col_low, row_low = self.cell(x - width / 2, y - height / 2)
        across = self._shares_along(x - width / 2, x + width / 2, col_low)
        up = self._shares_along(y - height / 2, y + height / 2, row_low)
        for i, share_x in enumerate(across):
            for j, share_y in enumerate(up):
                found = np.flatnonzero(share_x * share_y > 0)
                yield found, col_low[found] + i, row_low[found] + j, share_x[found] * share_y[found]

    def _shares_along(self, low: Floats, high: Floats, first: Ints) -> list[Floats]:
        """Shares of intervals in the cells first, first + 1, ...; a point lies in its first cell alone."""
        shares, length = [], high - low
        cells = int(np.ceil(length.max(initial=0.0) / self.size)) + 1
        for step in range(cells):
            edge = (first + step) * self.size
            overlap = np.minimum(high, edge + self.size) - np.maximum(low, edge)
            shares.append(np.where(length > 0, np.maximum(overlap, 0.0) / np.where(length > 0, length, 1.0),
                                   1.0 if step == 0 else 0.0))
        return shares

    def cover(self, polygon: BaseGeometry) -> Boxes:
        """Give the boxes that share area with a polygon.

        The polygon is cut in halves along grid lines until a block is empty, wholly covered or one box, so only the
        boxes on the boundary cost an intersection, and each of those is of a small piece.

        Parameters
        ----------
        polygon : shapely Polygon or MultiPolygon
            In metres; an invalid one is mended first.

        Returns
        -------
        pandas.DataFrame
            box_id, col, row, inside (share of the box's area inside, above 0 and at most 1), by row and column. A box
            that only touches the polygon shares no area and is not in it.

        Raises
        ------
        ConnectError
            When the polygon has no area.
        """
        blocks = self._blocks(polygon)
        if not blocks:
            raise ConnectError("The jurisdiction has no area; give a polygon layer.")
        col_min, col_max, row_min, row_max, inside = (np.array(part) for part in zip(*blocks))
        width, height = col_max - col_min, row_max - row_min
        block = np.repeat(np.arange(len(blocks)), width * height)
        place = np.arange(block.size) - np.repeat(np.cumsum(width * height) - width * height, width * height)
        col = col_min[block] + place % width[block]
        row = row_min[block] + place // width[block]
        order = np.lexsort((col, row))
        col, row = col[order], row[order]
        return pd.DataFrame({"box_id": self.ids(col, row), "col": col, "row": row, "inside": inside[block][order]})

    def _blocks(self, polygon: BaseGeometry) -> list[tuple[int, int, int, int, float]]:
        """Blocks of boxes with one share inside: (col_min, col_max, row_min, row_max, inside), upper ends open."""
        piece = polygonal_part(polygon if polygon.is_valid else make_valid(polygon))
        if piece.is_empty:
            return []
        x_min, y_min, x_max, y_max = piece.bounds
        (col_min, col_max), (row_min, row_max) = self.cell([x_min, x_max], [y_min, y_max])
        waiting, blocks = [(int(col_min), int(col_max) + 1, int(row_min), int(row_max) + 1, piece)], []
        while waiting:
            col_min, col_max, row_min, row_max, piece = waiting.pop()
            width, height = col_max - col_min, row_max - row_min
            share = piece.area / (width * height * self.size * self.size)
            if share >= _WHOLE or width * height == 1:
                blocks.append((col_min, col_max, row_min, row_max, min(share, 1.0) if share < _WHOLE else 1.0))
                continue
            if width >= height:
                middle = col_min + width // 2
                halves = [(col_min, middle, row_min, row_max), (middle, col_max, row_min, row_max)]
            else:
                middle = row_min + height // 2
                halves = [(col_min, col_max, row_min, middle), (col_min, col_max, middle, row_max)]
            for c0, c1, r0, r1 in halves:
                part = polygonal_part(piece.intersection(
                    box(c0 * self.size, r0 * self.size, c1 * self.size, r1 * self.size)))
                if not part.is_empty:
                    waiting.append((c0, c1, r0, r1, part))
        return blocks

    def assign_areas(self, boxes: pd.DataFrame, names: Iterable[str],
                     polygons: Iterable[BaseGeometry | None]) -> Objects:
        """Give each box the name of the area that holds most of it.

        Parameters
        ----------
        boxes : pandas.DataFrame
            With col and row.
        names, polygons : sequences of the same length
            Names, and shapely polygons in metres; a name may come several times.

        Returns
        -------
        numpy.ndarray
            One name per box, ``None`` where no area shares area with it; equal shares go to the first name in order.
        """
        return largest_shares(self, boxes, names, polygons)


def polygonal_part(geometry: BaseGeometry) -> BaseGeometry:
    """Give the parts of a geometry that have area."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry if geometry.area > 0 else MultiPolygon()
    parts: list[BaseGeometry] = []
    for part in getattr(geometry, "geoms", ()):
        part = polygonal_part(part)
        parts.extend(getattr(part, "geoms", [part]) if not part.is_empty else [])
    return MultiPolygon(parts)
