"""How much of each box is water, where officers cannot patrol: from areas that were imported as places of water."""
from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Sequence

from shapely.geometry import MultiPolygon, box
from shapely.ops import unary_union
from shapely.validation import make_valid

from ...errors import ConnectError
from ...patrol import metering
from .vector_areas import polygons_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ...forecast.arrays import Floats
    from ..store.workspace import Workspace, Writer

KIND = "water"
"""Kind of place whose areas are water. No forecast reads them."""
_NO_AREA = {"Point", "MultiPoint", "LineString", "MultiLineString", "LinearRing"}


def areas_near(bounds: Floats, shapes: Sequence[Optional[BaseGeometry]], name: str) -> list[BaseGeometry]:
    """The part of each shape that has area and lies within bounds; an empty one where there is none.

    Raises
    ------
    ConnectError
        When no shape is an area.
    """
    if not any(_is_area(shape) for shape in shapes):
        raise ConnectError(f"{name} holds no areas; bring water in as polygons, so that it is known how much of a "
                           "box is water.")
    frame = box(*bounds)
    return [_within(frame, shape) if shape is not None and _is_area(shape) and frame.intersects(box(*shape.bounds))
            else MultiPolygon()
            for shape in shapes]


def _is_area(shape: Optional[BaseGeometry]) -> bool:
    return shape is not None and not shape.is_empty and shape.geom_type not in _NO_AREA


def _within(frame: BaseGeometry, shape: BaseGeometry) -> BaseGeometry:
    """The areas of a shape inside a frame; lines and points that cutting leaves over are dropped."""
    return polygons_of(make_valid(shape).intersection(frame))


def write_shares(workspace: Workspace, writer: Writer, shapes: Sequence[BaseGeometry]) -> list[str]:
    """Write ``boxes.water`` for all boxes from areas in the workspace's CRS -> sentences on what that means.

    A box that no area touches is land. Areas that overlap count once.
    """
    boxes = workspace.read("boxes", ["box_id", "col", "row", "beat", "inside"])
    covered = workspace.fishnet.cover(unary_union([shape for shape in shapes if not shape.is_empty]))
    share = covered.set_index("box_id")["inside"].reindex(boxes["box_id"]).fillna(0.0).to_numpy()
    boxes = boxes.assign(water=share / workspace.fishnet.shares(boxes["col"], boxes["row"]))
    writer.upsert("boxes", boxes[["box_id", "water"]])
    rules = metering.rules_of(workspace.settings, "", "", 1)
    out = sum([int((boxes["beat"].notna() & applies).sum()) for applies, reason in metering.never_drawn(boxes, rules)
               if reason == metering.MOSTLY_WATER])
    return [f"{out:,} boxes have less than {rules['min_land']:.0%} land; they are not drawn."] * (out > 0)
