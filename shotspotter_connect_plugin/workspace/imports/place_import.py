"""Importer of places of one kind: bars, bus stops, water."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from shapely.ops import unary_union

from ...errors import ConnectError
from ...progress import SILENT
from . import privacy, unreachable_areas
from .cell_texts import attribute_text
from .column_recognition import recognise
from .coordinates import JurisdictionArea
from .event_writing import MADE_HERE
from .import_result import ImportResult
from .vector_areas import name_of_layer

if TYPE_CHECKING:
    from ...progress import Progress
    from ..store.layers import VectorTable
    from ..store.workspace import Workspace


def import_places(workspace: Workspace, vector_table: VectorTable, kind: str,
                  progress: Progress = SILENT) -> ImportResult:
    """Import places of one kind; those of the same kind that are no longer in the layer are removed.

    Parameters
    ----------
    vector_table
        Points; of lines and areas a point on them is taken. Only an id and the name of the place are read of it.
    kind
        Such as ``bar`` or ``bus_stop``; written in lower case with underscores. The areas of ``water`` also tell how
        much of each box is water; see :mod:`.unreachable_areas`.

    Returns
    -------
    ImportResult

    Raises
    ------
    ConnectError
        When the layer has no CRS or no features, no place lies in the jurisdiction, no kind is given, or water has no
        areas.
    """
    kind = re.sub(r"[^a-z0-9]+", "_", kind.strip().casefold()).strip("_")
    if not kind:
        raise ConnectError("Name the KIND of the places, such as bar or bus_stop.")
    name = name_of_layer(vector_table, "with places")
    progress.report(0.0)
    area = JurisdictionArea(workspace)
    moved = vector_table.to_crs(area.crs)
    progress.report(0.4)
    frame = vector_table.frame.reset_index(drop=True)
    warnings: list[str] = []
    found = _place_columns(frame, warnings)
    shapes, without = moved.geometry, "no coordinates"
    if kind == unreachable_areas.WATER:
        if not any(unreachable_areas.is_area(shape) for shape in shapes):
            raise ConnectError(f"{name} holds no areas; bring water in as polygons, so that it is known how much of a "
                               "box is water.")
        shapes, without = unreachable_areas.areas_near(area.bounds, shapes), "no area in the jurisdiction"
    points = [None if shape is None or shape.is_empty else
              shape if shape.geom_type == "Point" else shape.representative_point() for shape in shapes]
    x, y = (np.array([np.nan if point is None else getattr(point, axis) for point in points]) for axis in ("x", "y"))
    near = area.near(x, y)
    reasons = {without: int(np.isnan(x).sum()), "outside the jurisdiction": int((~near & ~np.isnan(x)).sum())}
    if not near.any():
        reason = max(reasons, key=lambda reason: reasons[reason])
        raise ConnectError(f"No place of {name} was taken: {reason}; check the layer and its CRS.")
    texts = {role: frame[column].map(attribute_text) for role, column in found.items()}
    names = texts.get("name", pd.Series("", index=frame.index))
    ids = texts.get("id")
    if ids is None:
        ids = MADE_HERE + pd.Series([f"{east:.0f}:{north:.0f}:{called}" for east, north, called in zip(x, y, names)],
                                    dtype=object)
    rows = pd.DataFrame({"kind": kind, "place_id": ids, "name": names, "box_id": area.box_ids(x, y), "x": x, "y": y})
    rows["name"] = rows["name"].where(rows["name"] != "", None)
    rows = rows[near].drop_duplicates("place_id")
    with workspace.transaction() as writer:
        old = workspace.read("places", columns=["place_id"], where={"kind": kind})["place_id"]
        gone = sorted(set(old) - set(rows["place_id"]))
        if gone:
            writer.delete("places", {"kind": kind, "place_id": gone})
            warnings.append(f"{len(gone):,} places of kind {kind} are no longer in the layer and were removed.")
        counts = writer.upsert("places", rows)
        if kind == unreachable_areas.WATER:
            whole = unary_union([shape for shape in shapes if shape is not None and not shape.is_empty])
            warnings += unreachable_areas.keep_areas(workspace, writer, {kind: whole}, name)
        progress.report(1.0)
        rejected = sum(reasons.values())
        result = ImportResult(
            read=len(frame), added=counts.added, updated=counts.updated, rejected=rejected,
            unchanged=len(frame) - counts.added - counts.updated - rejected, warnings=warnings, mapping=found,
            dropped_columns=[column for column in frame if column not in found.values()],
            reasons={reason: count for reason, count in reasons.items() if count}, source_crs=vector_table.crs,
            crs=area.crs)
        result.record(writer, "places", name, vector_table.sha256(found.values()))
    return result


def _place_columns(frame: pd.DataFrame, warnings: list[str]) -> dict[str, str]:
    """Columns of the id and of the name, without those that look like persons and without ids that repeat."""
    columns = [column for column in frame if not privacy.about_persons(column)]
    while True:
        found = recognise(columns, "places")
        for role, column in found.items():
            texts = frame[column].map(attribute_text)
            what = privacy.values_about_persons(texts)
            if what:
                warnings.append(f"The values of column {column} look like {what} and were dropped.")
            if what or (role == "id" and ((texts == "").any() or texts.duplicated().any())):
                columns.remove(column)
                break
        else:
            return found
