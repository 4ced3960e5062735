"""How much of each box officers cannot go to, and how much of it is left, from the areas that are stored.

Areas of one reason are one row of ``unreachable``; what several of them hold counts once. A box's share is of its own
area, also outside the jurisdiction: half a river is half a river on both sides of a city's limits.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Sequence

import numpy as np
import pandas as pd
from shapely.geometry import MultiPolygon, box
from shapely.ops import unary_union
from shapely.prepared import prep
from shapely.validation import make_valid

from ...forecast.arrays import objects
from ...patrol import metering
from ...progress import SILENT, Progress
from .street_lengths import streets_in_boxes
from .vector_areas import polygons_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ...forecast.arrays import Floats
    from ...forecast.box_grid import BoxGrid
    from ..store.workspace import Workspace, Writer

WATER = "water"
"""The reason whose share also stands in ``boxes.water``; the kind of place whose areas are of it."""
TABLE = "unreachable"
_NO_AREA = {"Point", "MultiPoint", "LineString", "MultiLineString", "LinearRing"}
_AT_ONCE, _STRIP = 500, 2000.0
"""Polygons between two looks at whether the user cancelled; metres from north to south in which neighbours stand."""
_NAMED_FROM = 1 / 3
"""A box's reason is that of most of the area, and those that take at least this part of as much."""


def is_area(shape: BaseGeometry | None) -> bool:
    """Whether a shape can have area."""
    return shape is not None and not shape.is_empty and shape.geom_type not in _NO_AREA


def areas_near(bounds: Floats, shapes: Sequence[BaseGeometry | None],
               progress: Progress = SILENT) -> list[BaseGeometry]:
    """The part of each shape that has area and lies within bounds, mended; an empty one where there is none."""
    frame, found = box(*bounds), []
    for number, shape in enumerate(shapes):
        if number % _AT_ONCE == 0:
            progress.report(number / len(shapes))
        near = shape is not None and is_area(shape) and frame.intersects(box(*shape.bounds))
        found.append(polygons_of(make_valid(shape).intersection(frame)) if near else MultiPolygon())
    return found


def joined(shapes: Sequence[BaseGeometry], progress: Progress = SILENT) -> BaseGeometry:
    """All areas as one: neighbours first, then pairs of what those became, since one long step would hear no Cancel."""
    pieces = sorted((shape for shape in shapes if not shape.is_empty), key=_place)
    count, together = max(len(pieces), 1), _AT_ONCE
    while len(pieces) > 1:
        merged = []
        for first in range(0, len(pieces), together):
            progress.report(1.0 - (len(pieces) - first) / count)
            merged.append(unary_union(pieces[first:first + together]))
        pieces, together = merged, 2
    return pieces[0] if pieces else MultiPolygon()


def _place(shape: BaseGeometry) -> tuple[int, float]:
    """By which shapes stand in an order in which neighbours follow each other: in strips from west to east."""
    x_min, y_min, _, _ = shape.bounds
    return int(y_min // _STRIP), x_min


def _polygons(area: BaseGeometry) -> list[BaseGeometry]:
    """The single polygons of an area, neighbours beside each other."""
    return sorted((part for part in getattr(area, "geoms", [area]) if part.area > 0), key=_place)


def same_reason(workspace: Workspace, reason: str) -> str:
    """A reason as the workspace spells it already, whatever its capitals; else as it is."""
    known = {text.casefold(): text for text in [*workspace.distinct(TABLE, "reason"), WATER]}
    return str(known.get(reason.casefold(), reason))


def keep_areas(workspace: Workspace, writer: Writer, areas: Mapping[str, BaseGeometry], source: str,
               progress: Progress = SILENT) -> list[str]:
    """Take areas in the place of those there were of the same reasons; those of other reasons stay.

    Parameters
    ----------
    areas : mapping of str to shapely geometry
        Reason -> all its areas as one, in the workspace's CRS; without area where none is left of it.
    source : str
        Name of the layer they come from.

    Returns
    -------
    list of str
        Sentences on what that means for the draw.
    """
    writer.delete(TABLE, {"reason": list(areas)})
    kept = {reason: area for reason, area in areas.items() if not area.is_empty}
    writer.append(TABLE, pd.DataFrame({"reason": list(kept), "source": source, "geometry": objects([*kept.values()])}))
    if WATER in areas and WATER not in kept:
        writer.upsert("boxes", workspace.read("boxes", ["box_id"]).assign(water=np.nan))
    return write_shares(workspace, writer, progress=progress)


def write_shares(workspace: Workspace, writer: Writer, grid: BoxGrid | None = None,
                 progress: Progress = SILENT) -> list[str]:
    """Write what ``boxes`` tells of where officers can go, from areas and streets as they are stored.

    To be called whenever areas, streets or boxes have changed; ``grid`` is that of the boxes, the one in force if not
    given. Gives sentences on which boxes are not drawn.
    """
    grid = workspace.fishnet if grid is None else grid
    read = workspace.read("boxes", ["box_id", "col", "row", "beat", "inside", "water"])
    boxes = with_ground(workspace, grid, read, progress)
    writer.upsert("boxes", boxes[["box_id", "water", "unreachable", "unreachable_why", "reachable", "streets"]])
    return _not_drawn(workspace, boxes)


def with_ground(workspace: Workspace, grid: BoxGrid, boxes: pd.DataFrame,
                progress: Progress = SILENT) -> pd.DataFrame:
    """Boxes (box_id, col, row, inside, water) of a layout with where officers can go, as the table ``boxes`` tells it.
    """
    of_areas = _of_areas(workspace, grid, boxes, progress.part(0.0, 0.9))
    boxes = boxes.assign(**of_areas, streets=streets_in_boxes(workspace, grid, boxes))
    progress.report(0.95)
    return boxes


def _of_areas(workspace: Workspace, grid: BoxGrid, boxes: pd.DataFrame, progress: Progress) -> dict[str, object]:
    """Columns of ``boxes`` by name; of water only where its areas are stored."""
    areas = workspace.read(TABLE, ["reason", "geometry"])
    if areas.empty:
        return {"unreachable": np.nan, "unreachable_why": None, "reachable": np.nan}
    own = grid.shares(boxes["col"], boxes["row"])
    each = 0.4 / len(areas)
    parts = {reason: _share(grid, boxes, area, progress.part(each * number, each * (number + 1)))
             for number, (reason, area) in enumerate(zip(areas["reason"], areas["geometry"]))}
    every = joined(areas["geometry"].tolist(), progress.part(0.4, 0.5))
    share = _share(grid, boxes, every, progress.part(0.5, 0.7)) if len(parts) > 1 else next(iter(parts.values()))
    inside = boxes["inside"].to_numpy(dtype=float)
    left = np.minimum(inside, np.maximum(own - share, 0.0))
    outline = workspace.read("jurisdiction", ["geometry"])["geometry"].tolist()
    if outline:
        closed = _share(grid, boxes, _within(every, outline[0], progress.part(0.7, 0.8)), progress.part(0.8, 1.0))
        left = np.minimum(left, np.maximum(_share(grid, boxes, outline[0]) - closed, 0.0))
    found: dict[str, object] = {
        "unreachable": np.minimum(share / own, 1.0), "unreachable_why": _reasons(parts),
        "reachable": np.where(share > 0, left, inside)}
    return {**found, "water": np.minimum(parts[WATER] / own, 1.0)} if WATER in parts else found


def _share(grid: BoxGrid, boxes: pd.DataFrame, area: BaseGeometry, progress: Progress = SILENT) -> Floats:
    """Of each box what lies in an area, over that of a whole box."""
    place, shares = pd.Index(boxes["box_id"]), np.zeros(len(boxes))
    polygons = _polygons(area)
    for first in range(0, len(polygons), _AT_ONCE):
        progress.report(first / len(polygons))
        found = grid.cover(MultiPolygon(polygons[first:first + _AT_ONCE]))
        row = place.get_indexer(found["box_id"])
        np.add.at(shares, row[row >= 0], found["inside"].to_numpy(dtype=float)[row >= 0])
    return shares


def _within(area: BaseGeometry, outline: BaseGeometry, progress: Progress) -> BaseGeometry:
    """What of an area lies in an outline."""
    whole, kept, polygons = prep(outline), [], _polygons(area)
    for number, part in enumerate(polygons):
        if number % _AT_ONCE == 0:
            progress.report(number / len(polygons))
        if whole.contains(part):
            kept.append(part)
        elif whole.intersects(part):
            kept += _polygons(part.intersection(outline))
    return MultiPolygon(kept)


def _reasons(parts: Mapping[str, Floats]) -> pd.Series:
    """In words why officers cannot go to a part of each box; None where they can go everywhere."""
    names = list(parts)
    most, words = np.zeros(len(parts[names[0]])), np.full(len(parts[names[0]]), None, dtype=object)
    for share in parts.values():
        most = np.maximum(most, share)
    for name in sorted(names, key=lambda name: -parts[name].sum()):
        named = (parts[name] > 0) & (parts[name] >= _NAMED_FROM * most)
        words[named] = [name if before is None else f"{before} and {name}" for before in words[named]]
    return pd.Series(words, dtype=object)


def _not_drawn(workspace: Workspace, boxes: pd.DataFrame) -> list[str]:
    rules = metering.rules_of(workspace.settings, "", "", 1)
    left = np.ones(len(boxes), dtype=bool)
    counts: dict[str, int] = {}
    for applies, reason in metering.never_drawn(boxes, rules):
        out = np.asarray(applies, dtype=bool) & left
        left &= ~out
        if metering.is_ground(reason) and out.any():
            counts[reason] = int(out.sum())
    words = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items(), key=lambda item: -item[1]))
    return [f"{sum(counts.values()):,} of {len(boxes):,} boxes are not drawn because of where officers cannot go: "
            f"{words}."] if counts else []
