"""GeoPackage geometry blobs: points as arrays, polygons through WKB (OGC 12-128r18, clause 2.1.3)."""
from __future__ import annotations

import struct
from typing import Any, Callable, Sequence

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import ops, wkb
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from ...forecast.arrays import objects

_POINT = np.dtype([("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs_id", "<i4"),
                   ("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
_LITTLE_ENDIAN = 0x01
_ENVELOPE_XY = 0x02
_EMPTY = 0x10
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)


def point_blobs(x: ArrayLike, y: ArrayLike, srs_id: int) -> tuple[list[bytes | None], NDArray[np.float64]]:
    """(blobs, bounds): a list of bytes, None without a position, and an (n, 4) array of x_min, y_min, x_max, y_max."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    points = np.empty(len(x), dtype=_POINT)
    points["magic"], points["version"], points["flags"], points["srs_id"] = b"GP", 0, _LITTLE_ENDIAN, srs_id
    points["order"], points["type"], points["x"], points["y"] = 1, 1, x, y
    everything, size = points.tobytes(), _POINT.itemsize
    blobs: list[bytes | None] = [everything[start:start + size] for start in range(0, len(everything), size)]
    known = np.isfinite(x) & np.isfinite(y)
    for position in np.flatnonzero(~known):
        blobs[position] = None
    bounds = np.column_stack([x, y, x, y])
    bounds[~known] = np.nan
    return blobs, bounds


def read_points(blobs: Sequence[bytes | None]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(x, y) arrays, NaN where there is no geometry."""
    x, y = np.full(len(blobs), np.nan), np.full(len(blobs), np.nan)
    known = np.array([blob is not None for blob in blobs], dtype=bool)
    everything = b"".join(blob for blob in blobs if blob is not None)
    if len(everything) == known.sum() * _POINT.itemsize:
        points = np.frombuffer(everything, dtype=_POINT)
        if (points["flags"] == _LITTLE_ENDIAN).all() and (points["type"] == 1).all():
            x[known], y[known] = points["x"], points["y"]
            return x, y
    # Another program wrote some of them in another of the forms the format allows.
    for position in np.flatnonzero(known).tolist():
        shape = read_shape(blobs[position])
        if shape is not None and not shape.is_empty:
            x[position], y[position] = shape.x, shape.y
    return x, y


def polygon_blobs(shapes: Sequence[BaseGeometry | None], srs_id: int,
                  multi: bool) -> tuple[list[bytes | None], NDArray[np.float64]]:
    """The same as :func:`point_blobs` for polygons; ``multi`` promotes each to a multi-polygon."""
    blobs: list[bytes | None] = []
    bounds = np.full((len(shapes), 4), np.nan)
    for position, shape in enumerate(shapes):
        if shape is None or shape.is_empty:
            blobs.append(None)
            continue
        if multi and shape.geom_type == "Polygon":
            shape = MultiPolygon([shape])
        x_min, y_min, x_max, y_max = bounds[position] = shape.bounds
        header = struct.pack("<2sBBi4d", b"GP", 0, _LITTLE_ENDIAN | _ENVELOPE_XY, srs_id, x_min, x_max, y_min, y_max)
        blobs.append(header + wkb.dumps(shape, output_dimension=2))
    return blobs, bounds


def read_polygons(blobs: Sequence[bytes | None]) -> NDArray[Any]:
    """Object array of shapely geometries, None where there is none."""
    return objects([read_shape(blob) for blob in blobs])


def read_shape(blob: bytes | None) -> BaseGeometry | None:
    """The shapely geometry of one blob; None where it is NULL or marked empty."""
    if blob is None or blob[3] & _EMPTY:
        return None
    return wkb.loads(bytes(blob[8 + _ENVELOPE_BYTES[(blob[3] >> 1) & 0x07]:]))


def moved(shape: BaseGeometry, change: Callable[..., Any]) -> BaseGeometry:
    """A shape, two-dimensional, whose corners are where ``change(x, y)`` puts them."""
    if hasattr(shapely, "transform"):  # from 2.0 on; the other way warns from 2.2 on
        return shapely.transform(shape, lambda corners: np.column_stack(change(*corners.T)))
    return ops.transform(change, shape)
