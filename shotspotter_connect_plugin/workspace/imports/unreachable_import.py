"""Importer of where officers cannot go: areas with a reason; and of streets, since a box without one is no patrol."""
from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Sequence

import numpy as np
import pandas as pd
from shapely.geometry import LineString, box
from shapely.ops import unary_union

from ...errors import ConnectError, some
from ...forecast import crs as systems
from ...patrol import metering
from ...progress import SILENT
from ..store.layers import VectorTable
from . import privacy, street_lengths, unreachable_areas
from .cell_texts import attribute_text
from .column_recognition import recognise
from .coordinates import JurisdictionArea
from .import_result import ImportResult
from .rejected_rows import RejectedRows, rejects_path
from .vector_areas import name_of_layer

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from ...forecast.arrays import Bools, Floats, Objects
    from ...progress import Progress
    from ..store.workspace import Workspace

NO_AREA, NO_LINE, OUTSIDE = "no polygon", "no line", "outside the jurisdiction"
NO_REASON, LONG_REASON = "no reason", "a reason that is too long"
_LINES = {"LineString", "MultiLineString", "LinearRing"}
_LONGEST, _MOST_REASONS = 60, 40
_SAME_AREA = 1e-6
_AT_ONCE = 500
"""Features between two looks at whether the user cancelled."""
_MOST_WITHOUT = 0.5
"""Where so many of the boxes with incidents had no street, the layer does not hold all streets."""


def import_unreachable(workspace: Workspace, vector_table: VectorTable, reason: str = "", reason_field: str = "",
                       rejects: str = "", progress: Progress = SILENT) -> ImportResult:
    """Take in where officers cannot go, in the place of what was there for the same reasons; or, of lines, the streets.

    Parameters
    ----------
    vector_table
        Polygons; or lines, which are all streets and replace those there were.
    reason
        Why officers cannot go there, as in ``water``, for all polygons or for those whose field is empty.
    reason_field
        Field that holds the reason of each polygon; one called reason is found if neither is given.
    rejects
        CSV for the features that were not taken; ``<workspace>-rejects-unreachable.csv`` beside the workspace if not
        given.

    Returns
    -------
    ImportResult
        ``read`` counts features; polygons of one reason are one area and count as that does.

    Raises
    ------
    ConnectError
        When no reason is told, the layer has no CRS, or nothing in it lies where the agency's boxes are; the workspace
        is then unchanged.
    """
    label = name_of_layer(vector_table, "with polygons where officers cannot go, or with streets")
    progress.report(0.0, f"Reading {label}")
    kinds = {shape.geom_type for shape in vector_table.geometry if shape is not None and not shape.is_empty}
    if kinds and kinds <= _LINES:
        if reason or reason_field:
            raise ConnectError(f"{label} holds lines, which are taken for streets, and a reason is given; give "
                               "polygons of where officers cannot go, or leave the reason out.")
        return _import_streets(workspace, vector_table, label, rejects, progress)
    return _import_areas(workspace, vector_table, label, reason, reason_field, rejects, progress)


def remove_unreachable(workspace: Workspace, reason: str) -> tuple[int, list[str]]:
    """Take out the areas of a reason, or the streets where it is ``no street`` -> (rows taken out, sentences).

    Raises
    ------
    ConnectError
        When there are none.
    """
    reason = " ".join(reason.split())
    with workspace.transaction() as writer:
        if reason.casefold() == metering.NO_STREET:
            gone = writer.delete(street_lengths.TABLE)
            told = unreachable_areas.write_shares(workspace, writer)
        else:
            known = unreachable_areas.same_reason(workspace, reason)
            gone = workspace.count(unreachable_areas.TABLE, {"reason": known})
            told = unreachable_areas.keep_areas(workspace, writer, {known: unary_union([])}, "") if gone else []
        if not gone:
            there = workspace.distinct(unreachable_areas.TABLE, "reason")
            raise ConnectError(f"Nothing is stored for the reason “{reason}”; " + (
                f"there are areas for {some(there)}." if there else "no areas are stored at all."))
    return gone, told


# -- areas ------------------------------------------------------------------------------------------------------------

def _import_areas(workspace: Workspace, vector_table: VectorTable, label: str, reason: str, reason_field: str,
                  rejects: str, progress: Progress) -> ImportResult:
    frame = vector_table.frame.reset_index(drop=True)
    found = _reason_column(frame, label, reason, reason_field)
    reasons = _reasons(workspace, frame, found, label, reason)
    bounds, rejected = JurisdictionArea(workspace).bounds, RejectedRows()
    why = np.array([("" if unreachable_areas.is_area(shape) else NO_AREA) for shape in vector_table.geometry],
                   dtype=object)
    why[(why == "") & ~_near(vector_table, bounds, workspace.settings.crs)] = OUTSIDE
    why[(why == "") & (reasons == "")] = NO_REASON
    why[(why == "") & np.array([len(text) > _LONGEST for text in reasons], dtype=bool)] = LONG_REASON
    shapes = _moved(vector_table, np.flatnonzero(why == "").tolist(), workspace.settings.crs, progress.part(0.0, 0.3))
    progress.report(0.3, "Joining areas")
    areas = _joined(workspace, bounds, shapes, reasons, why, progress.part(0.3, 0.6))
    for text in (NO_AREA, OUTSIDE, NO_REASON, LONG_REASON):
        rejected.add(np.flatnonzero(why == text) + 1, found if text in (NO_REASON, LONG_REASON) else "", text)
    rejects_file = rejects_path(workspace, unreachable_areas.TABLE, rejects)
    _check_taken(rejected, len(why), label, rejects_file)
    state = _states(workspace, areas)
    counts = pd.Series([state[text] for text, out in zip(reasons, why) if out == ""], dtype=object).value_counts()
    warnings: list[str] = []
    with workspace.transaction() as writer:
        if set(state.values()) - {"unchanged"}:
            warnings += unreachable_areas.keep_areas(workspace, writer, areas, label, progress.part(0.6, 1.0))
        others = [known for known in workspace.distinct(unreachable_areas.TABLE, "reason") if known not in areas]
        warnings += [f"Areas for other reasons stay as they were: {some(others)}."] * bool(others)
        progress.report(1.0)
        result = _result(workspace, vector_table, rejected, counts, warnings, {"reason": found} if found else {})
        result.rejects = rejected.write(rejects_file)
        result.record(writer, unreachable_areas.TABLE, label, vector_table.sha256([found] if found else []))
    return result


def _reason_column(frame: pd.DataFrame, label: str, reason: str, field: str) -> str:
    """The column that holds reasons, "" where REASON alone is said."""
    columns = [str(column) for column in frame if not privacy.about_persons(column)]
    if field and field not in columns:
        raise ConnectError(f"{label} has no field {field}; its fields are {some(columns) or 'none'}.")
    field = field or ("" if reason else recognise(columns, unreachable_areas.TABLE).get("reason", ""))
    if not field and not reason:
        raise ConnectError(f"Say in REASON why officers cannot go to the areas of {label}, as in water or private "
                           "ground, or name the field that says it in REASON_FIELD.")
    return field


def _reasons(workspace: Workspace, frame: pd.DataFrame, field: str, label: str, reason: str) -> Objects:
    """The reason of each row, spelled as the workspace spells it; "" where there is none."""
    reason = " ".join(reason.split())
    if len(reason) > _LONGEST:
        raise ConnectError(f"REASON is longer than {_LONGEST} letters; say it in a word or two, as in rail yard.")
    texts = frame[field].map(attribute_text).map(lambda text: " ".join(text.split())) if field else pd.Series(
        "", index=frame.index, dtype=object)
    texts = texts.where(texts != "", reason)
    what = privacy.values_about_persons(texts[texts != ""])
    if what or privacy.without_contacts(texts.unique())[1]:
        raise ConnectError(f"The reasons{' in ' + field if field else ''} look like {what or 'contacts of persons'}, "
                           "and they are printed where draws are explained; give a REASON such as private ground.")
    first: dict[str, str] = {}
    for text in texts.unique():
        first.setdefault(text.casefold(), unreachable_areas.same_reason(workspace, text))
    if len(first) > _MOST_REASONS:
        raise ConnectError(f"{field} of {label} holds {len(first):,} different reasons; name the field that says why "
                           "officers cannot go there, or give one REASON for all.")
    return texts.map(lambda text: first[text.casefold()]).to_numpy(dtype=object)


def _joined(workspace: Workspace, bounds: Floats, shapes: Sequence[BaseGeometry | None], reasons: Objects, why: Objects,
            progress: Progress) -> dict[str, BaseGeometry]:
    """Reason -> its areas as one; what lies off every box is marked in ``why``."""
    areas: dict[str, BaseGeometry] = {}
    names = sorted(set(reasons[why == ""]))
    boxes = set(workspace.read("boxes", ["box_id"])["box_id"])
    for number, name in enumerate(names):
        here = progress.part(number / len(names), (number + 1) / len(names))
        rows = np.flatnonzero((why == "") & (reasons == name))
        parts = unreachable_areas.areas_near(bounds, [shapes[row] for row in rows.tolist()], here.part(0.0, 0.5))
        why[rows[np.array([part.is_empty for part in parts], dtype=bool)]] = OUTSIDE
        area = unreachable_areas.joined(parts, here.part(0.5, 1.0))
        if area.is_empty or not set(workspace.fishnet.cover(area)["box_id"]) & boxes:
            why[rows] = OUTSIDE
        else:
            areas[name] = area
    return areas


def _states(workspace: Workspace, areas: dict[str, BaseGeometry]) -> dict[str, str]:
    """Reason -> added, updated or unchanged."""
    stored = workspace.read(unreachable_areas.TABLE, ["reason", "geometry"], {"reason": list(areas)})
    before = dict(zip(stored["reason"], stored["geometry"]))
    return {name: "added" if name not in before else
            "unchanged" if _is_same(area, before[name]) else "updated" for name, area in areas.items()}


def _is_same(area: BaseGeometry, before: BaseGeometry) -> bool:
    """Whether two areas are the same ground; the same bytes are, and then nothing need be cut."""
    return area.wkb == before.wkb or bool(area.symmetric_difference(before).area <= _SAME_AREA * area.area)


# -- streets ----------------------------------------------------------------------------------------------------------

def _import_streets(workspace: Workspace, vector_table: VectorTable, label: str, rejects: str,
                    progress: Progress) -> ImportResult:
    bounds, rejected = JurisdictionArea(workspace).bounds, RejectedRows()
    known = np.array([shape is not None and not shape.is_empty for shape in vector_table.geometry], dtype=bool)
    near = known & _near(vector_table, bounds, workspace.settings.crs)
    shapes = _moved(vector_table, np.flatnonzero(near).tolist(), workspace.settings.crs, progress.part(0.0, 0.4))
    rejected.add(np.flatnonzero(~known) + 1, "", NO_LINE)
    rejected.add(np.flatnonzero(known & ~near) + 1, "", OUTSIDE)
    rejects_file = rejects_path(workspace, street_lengths.TABLE, rejects)
    _check_taken(rejected, len(known), label, rejects_file)
    progress.report(0.4, "Writing streets")
    lines = {row: _lines_of(shape) for row, shape in enumerate(shapes) if shape is not None}
    every = {street: line for parts in lines.values() for street, line in parts.items()}
    before = set(workspace.read(street_lengths.TABLE, ["street_id"])["street_id"])
    counts = pd.Series(["unchanged" if set(parts) <= before else "added" for parts in lines.values()],
                       dtype=object).value_counts()
    warnings: list[str] = []
    with workspace.transaction() as writer:
        if set(every) != before:
            writer.replace(street_lengths.TABLE, pd.DataFrame({"street_id": list(every),
                                                               "geometry": list(every.values())}))
            progress.report(0.7, "Measuring streets in boxes")
            warnings += unreachable_areas.write_shares(workspace, writer)
            warnings += _check_whole(workspace, label)
            gone = len(before - set(every))
            warnings += [f"{gone:,} streets that are no longer in the layer were removed."] * bool(gone)
        progress.report(1.0)
        result = _result(workspace, vector_table, rejected, counts, warnings, {})
        result.rejects = rejected.write(rejects_file)
        result.record(writer, street_lengths.TABLE, label, vector_table.sha256([]))
    return result


def _lines_of(shape: BaseGeometry) -> dict[str, BaseGeometry]:
    """Id -> line, of a line's parts; the id is made of the line to the decimetre."""
    lines = [LineString(np.asarray(part.coords)[:, :2]) for part in getattr(shape, "geoms", [shape])
             if len(part.coords) > 1]
    return {hashlib.sha256(np.round(np.asarray(line.coords), 1).tobytes()).hexdigest()[:16]: line for line in lines}


def _check_whole(workspace: Workspace, label: str) -> list[str]:
    """What the places of incidents say of a street layer: crimes happen where people get to.

    Raises
    ------
    ConnectError
        When most boxes that had incidents would be without a street.
    """
    had = set(workspace.distinct("incidents", "box_id")) - {None}
    streets = workspace.read("boxes", ["box_id", "streets"])
    without = int((streets["box_id"].isin(had) & ~(streets["streets"] > 0)).sum())
    known = int(streets["box_id"].isin(had).sum())
    if not (streets["streets"] > 0).any():
        raise ConnectError(f"No street of {label} lies in a box of the jurisdiction; check the layer and its CRS.")
    if without > _MOST_WITHOUT * known:
        raise ConnectError(f"{label} holds no street in {without:,} of {known:,} boxes that had incidents, so it does "
                           "not hold all streets; choose a layer with every street, side streets too.")
    return [f"{without:,} of {known:,} boxes that had incidents have no street in {label}; look at them, since they "
            "are not drawn."] * bool(without)


# -- both -------------------------------------------------------------------------------------------------------------

def _near(vector_table: VectorTable, bounds: Floats, crs: str) -> Bools:
    """Which features may lie near the jurisdiction; the others need not be brought into its system."""
    if not vector_table.crs:
        raise ConnectError(f"{vector_table.name} does not say which CRS it is in; set the layer's CRS first.")
    here = np.asarray(bounds, dtype=float)
    if not systems.is_same(vector_table.crs, crs):
        here = np.asarray(systems.change(crs, vector_table.crs).bounds(*bounds), dtype=float)
    if not np.isfinite(here).all():
        return np.ones(len(vector_table.geometry), dtype=bool)
    frame = box(*here)
    return np.array([shape is not None and not shape.is_empty and frame.intersects(box(*shape.bounds))
                     for shape in vector_table.geometry], dtype=bool)


def _moved(vector_table: VectorTable, rows: Sequence[int], crs: str,
           progress: Progress) -> list[BaseGeometry | None]:
    """Shapes in the workspace's system, None for those that are not among ``rows``."""
    shapes: list[BaseGeometry | None] = [None] * len(vector_table.geometry)
    for first in range(0, len(rows), _AT_ONCE):
        progress.report(first / len(rows))
        some_rows = rows[first:first + _AT_ONCE]
        part = VectorTable(vector_table.frame.iloc[:0], [vector_table.geometry[row] for row in some_rows],
                           vector_table.crs, vector_table.name).to_crs(crs)
        for row, shape in zip(some_rows, part.geometry):
            shapes[row] = shape
    return shapes


def _check_taken(rejected: RejectedRows, features: int, label: str, rejects_file: Path) -> None:
    if len(rejected) < features:
        return
    rejected.write(rejects_file)
    reason = rejected.reasons.most_common(1)[0][0]
    raise ConnectError(f"No feature of {label} was taken: {reason}; check the layer and its CRS.")


def _result(workspace: Workspace, vector_table: VectorTable, rejected: RejectedRows, counts: pd.Series,
            warnings: list[str], mapping: dict[str, str]) -> ImportResult:
    return ImportResult(
        read=len(vector_table.geometry), rejected=len(rejected), added=int(counts.get("added", 0)),
        updated=int(counts.get("updated", 0)), unchanged=int(counts.get("unchanged", 0)), warnings=warnings,
        mapping=mapping, reasons=dict(rejected.reasons.most_common()),
        dropped_columns=[str(column) for column in vector_table.frame if column not in mapping.values()],
        source_crs=vector_table.crs, crs=workspace.settings.crs)
