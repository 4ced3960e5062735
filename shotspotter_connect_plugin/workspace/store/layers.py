"""Vector layers as plain tables: attributes, shapely geometries and the name of their coordinate system."""
from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Iterable

import numpy as np
import pandas as pd
from osgeo import ogr, osr
from shapely import wkb
from shapely.geometry.base import BaseGeometry

from ...errors import ConnectError
from ...forecast import crs as systems
from ...forecast.crs import parse as parse_crs  # noqa: F401 belongs to what this module offers
from .geometry import moved
from .layer_file import open_layers
from .runs import data_hash


@dataclass
class VectorTable:
    """A layer that has left its source.

    Attributes
    ----------
    frame : pandas.DataFrame
        Attributes, one row per feature.
    geometry : list of shapely geometry or None
        In the order of the rows, two-dimensional.
    crs : str
        Authority id or WKT; empty if the source does not tell.
    name : str
        For messages.
    file_hash : str
        SHA-256 of the file it was read from; empty if it was not.
    """

    frame: pd.DataFrame
    geometry: list[BaseGeometry | None] = field(default_factory=list)
    crs: str = ""
    name: str = ""
    file_hash: str = ""

    def to_crs(self, crs: str) -> VectorTable:
        """The same layer in another coordinate system."""
        if not self.crs:
            raise ConnectError(f"{self.name} does not say which CRS it is in; set the layer's CRS first.")
        if systems.is_same(self.crs, crs):
            return VectorTable(self.frame, self.geometry, crs, self.name)
        change = systems.change(self.crs, crs)
        shapes = [shape if shape is None or shape.is_empty else moved(shape, change) for shape in self.geometry]
        if not all(np.isfinite(shape.bounds).all() for shape in shapes if shape is not None and not shape.is_empty):
            raise ConnectError(f"{self.name} has coordinates that do not exist in its CRS; check which CRS it is in.")
        return VectorTable(self.frame, shapes, crs, self.name)

    def sha256(self, columns: Iterable[str]) -> str:
        """SHA-256 (hexadecimal) of its file, else of the geometries and some columns, for the record of an import."""
        if self.file_hash:
            return self.file_hash
        digest = hashlib.sha256()
        for shape in self.geometry:
            digest.update(shape.wkb if shape is not None else b"-")
        for column in columns:
            values = self.frame[column].astype(object)
            digest.update("\0".join(map(str, values.where(values.notna(), None))).encode())
        return digest.hexdigest()


@systems.quiet()
def read_vector(path: str | Path, layer: str | None = None) -> VectorTable:
    """Read a layer of any file that OGR opens.

    Parameters
    ----------
    path
        Also ``.gz`` and ``.zip`` files.
    layer
        Name of the layer; may be left out where the file holds one only.
    """
    path = str(path)
    name = os.path.basename(path)
    if not os.path.exists(path):
        raise ConnectError(f"There is no file {path}; check the path.")
    source = open_layers(path)
    if source is None:
        raise ConnectError(f"{name} is not a file with map layers that can be read; choose another.")
    found = source.GetLayer(layer) if layer else source.GetLayer(0)
    if found is None or (not layer and source.GetLayerCount() > 1):
        names = ", ".join(source.GetLayer(number).GetName() for number in range(source.GetLayerCount()))
        raise ConnectError(f"{name} holds the layers {names}; name the one to use.")
    return replace(_table(found, name), file_hash=data_hash(path))


def _table(layer: ogr.Layer, name: str) -> VectorTable:
    definition = layer.GetLayerDefn()
    names = [definition.GetFieldDefn(number).GetName() for number in range(definition.GetFieldCount())]
    rows, shapes = [], []
    for feature in layer:
        rows.append([feature.GetField(number) for number in range(len(names))])
        shapes.append(_shape(feature.GetGeometryRef()))
    frame = pd.DataFrame(rows, columns=names)
    # A missing text is None, as it was in the layer, whatever this pandas makes of it.
    texts = [column for column in names if names.count(column) == 1 and frame[column].dtype.kind == "O"]
    frame = frame.assign(**{column: frame[column].astype(object).where(frame[column].notna(), None)
                            for column in texts})
    return VectorTable(frame, shapes, _crs(layer.GetSpatialRef()), name)


def _shape(geometry: ogr.Geometry | None) -> BaseGeometry | None:
    if geometry is None:
        return None
    geometry = geometry.GetLinearGeometry()
    geometry.FlattenTo2D()
    return wkb.loads(bytes(geometry.ExportToWkb()))


def _crs(system: osr.SpatialReference | None) -> str:
    if system is None:
        return ""
    name, code = system.GetAuthorityName(None), system.GetAuthorityCode(None)
    return f"{name}:{code}" if name and code else system.ExportToWkt()
