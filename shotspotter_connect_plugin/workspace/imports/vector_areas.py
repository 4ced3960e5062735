"""Areas of a map layer that an importer takes whole: sensor coverage, neighbourhoods, water."""
from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from shapely.ops import unary_union
from shapely.validation import make_valid

from ...errors import ConnectError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ..store.layers import VectorTable


def name_of_layer(vector_table: VectorTable, wanted: str) -> str:
    """A layer's name for messages; or one sentence where it has no features, ``wanted`` being what to choose."""
    name = vector_table.name or "The layer"
    if not vector_table.geometry:
        raise ConnectError(f"{name} has no features; choose a layer {wanted}.")
    return name


def polygons_of(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape as one; lines and points are dropped."""
    return unary_union([part for part in getattr(shape, "geoms", [shape])
                        if part.geom_type in ("Polygon", "MultiPolygon")])


def area_of(shape: Optional[BaseGeometry]) -> Optional[BaseGeometry]:
    """The area of a shape, mended where it is not valid; None where it has none."""
    if shape is None or shape.is_empty:
        return None
    area = polygons_of(shape if shape.is_valid else make_valid(shape))
    return area if area.area > 0 else None
