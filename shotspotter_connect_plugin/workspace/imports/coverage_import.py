"""Importer of sensor coverage: in which areas sensors listen, and from when to when."""
from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import numpy as np
import pandas as pd
from shapely.ops import unary_union

from ...errors import ConnectError, some
from ...forecast.arrays import objects
from ...forecast.instants import DAY, NAT, SECOND
from ...progress import SILENT
from . import date_texts, privacy, time_texts
from .cell_texts import attribute_text
from .column_recognition import recognise
from .coordinates import JurisdictionArea
from .date_order import with_date_order
from .excel_source import SheetSource
from .import_result import ImportResult
from .rejected_rows import RejectedRows, rejects_path
from .source_questions import SourceOptions, recall
from .vector_areas import area_of, name_of_layer

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ...forecast.arrays import Bools, Floats
    from ...forecast.box_grid import BoxGrid
    from ...progress import Progress
    from ..store.layers import VectorTable
    from ..store.workspace import Workspace
    from .import_frames import CoverageRows
    from .source_questions import SourceAnswers

TABLE = "sensor_coverage"
NO_POLYGON, OUTSIDE = "no polygon", "outside the jurisdiction"
UNREADABLE, BACKWARDS = "a date that cannot be read", "an end before the start"
_YEAR = re.compile(r"\d{4}")
_SAME_AREA = 1e-6


def import_sensor_coverage(workspace: Workspace, vector_table: VectorTable, from_field: str = "", to_field: str = "",
                           rejects: str = "", progress: Progress = SILENT, date_order: str = "") -> ImportResult:
    """Take a layer of sensor coverage in the place of the one there was.

    Parameters
    ----------
    vector_table
        Polygons, one for each area and span of dates. Features of one name and start are one area.
    from_field, to_field
        Columns with the first and the last date of listening; found by their names if not given. A date may be a whole
        month (2006-01) or year. Empty dates leave an end open.
    rejects
        CSV for the features that were not taken; ``<workspace>-rejects-sensor_coverage.csv`` beside the workspace if
        not given.
    date_order
        As :func:`~.incident_import.import_incidents` takes it.

    Returns
    -------
    ImportResult
        ``read`` counts features; those joined to another count as that does.

    Raises
    ------
    ConnectError
        When a column is missing, the layer has no CRS, nothing tells day from month, or nothing in it can be used; the
        workspace is then unchanged.
    """
    label = name_of_layer(vector_table, "with areas of sensor coverage")
    progress.report(0.0, "Reading sensor coverage")
    frame = vector_table.frame.reset_index(drop=True)
    found, warnings = _columns(label, frame, from_field, to_field)
    answers = _answers(workspace, label, frame, found, date_order, warnings)
    bounds = JurisdictionArea(workspace).bounds
    shapes = [area_of(shape) for shape in vector_table.to_crs(workspace.settings.crs).geometry]
    progress.report(0.5)
    table = pd.DataFrame({"area": _names(frame, found, warnings), "geometry": objects(shapes)})
    table["from_date"], wrong_from = _dates(frame, found.get("from"), False, answers.date_order)
    table["to_date"], wrong_to = _dates(frame, found.get("to"), True, answers.date_order)
    rejected, kept = RejectedRows(), np.ones(len(table), dtype=bool)
    both = table["from_date"].notna() & table["to_date"].notna()
    for bad, role, reason in (
            ([shape is None for shape in shapes], "", NO_POLYGON),
            ([shape is not None and not _meets(shape, bounds) for shape in shapes], "", OUTSIDE),
            (wrong_from, "from", UNREADABLE), (wrong_to, "to", UNREADABLE),
            (both & (table["from_date"].fillna("") > table["to_date"].fillna("9")), "to", BACKWARDS)):
        bad = np.asarray(bad, dtype=bool) & kept
        rejected.add(np.flatnonzero(bad) + 1, found.get(role, ""), reason)
        kept &= ~bad
    rejects_file = rejects_path(workspace, TABLE, rejects)
    if not kept.any():
        rejected.write(rejects_file)
        reason = rejected.reasons.most_common(1)[0][0]
        raise ConnectError(f"No feature of {label} was taken: {reason}; check the layer, "
                           "its CRS and its dates.")
    return _write(workspace, vector_table, label, table, kept, rejected, found, warnings, answers, rejects_file,
                  progress)


def _answers(workspace: Workspace, label: str, frame: pd.DataFrame, found: dict[str, str], date_order: str,
             warnings: list[str]) -> SourceAnswers:
    """What is given for the layer: the order of its dates, as it shows, as said or as remembered."""
    columns = [str(column) for column in frame]
    texts = pd.DataFrame({column: frame[column].map(attribute_text) for column in columns}, dtype=object)
    source = SheetSource(Path(label), label, columns, sheet=texts)
    dates = [found[role] for role in ("from", "to") if role in found]
    answers = recall(workspace, TABLE, columns, SourceOptions(), warnings)
    return with_date_order(answers, source, dates, date_order, warnings)


def _columns(label: str, frame: pd.DataFrame, from_field: str, to_field: str) -> tuple[dict[str, str], list[str]]:
    """Role -> column, and warnings."""
    columns = [str(column) for column in frame if not privacy.about_persons(column)]
    given = {role: column for role, column in (("from", from_field), ("to", to_field)) if column}
    for column in given.values():
        if column not in columns:
            raise ConnectError(f"{label} has no field {column}; its fields are {some(columns)}.")
    found = recognise(columns, TABLE, given)
    if "from" in found:
        return found, []
    return found, ["No date of start was given: the sensors are taken to have listened from the beginning."]


def _names(frame: pd.DataFrame, found: dict[str, str], warnings: list[str]) -> pd.Series:
    """Name of each area: numbers where there is none or it looks like persons."""
    numbered = pd.Series([f"Area {number}" for number in range(1, len(frame) + 1)], dtype=object)
    if "area" not in found:
        return numbered
    names = frame[found["area"]].map(attribute_text)
    what = privacy.values_about_persons(names)
    if what:
        warnings.append(f"The values of column {found.pop('area')} look like {what} and were dropped.")
        return numbered
    harmless, _ = privacy.without_contacts(names.tolist())
    return pd.Series(harmless, dtype=object).where(lambda text: text != "", numbered)


def _dates(frame: pd.DataFrame, column: Optional[str], last: bool, order: str) -> tuple[pd.Series, Bools]:
    """(ISO dates or None, which cannot be read) of a column; of a month or a year its first or its last date."""
    if column is None:
        return pd.Series(None, index=frame.index, dtype=object), np.zeros(len(frame), dtype=bool)
    texts = frame[column].map(attribute_text)
    parsed = time_texts.parse(texts)
    clock = time_texts.in_order(parsed, order)
    if last:
        clock = np.where((clock == NAT) | parsed.timed, clock, clock + parsed.covers.astype(np.int64) * SECOND - DAY)
    dates = pd.Series(time_texts.iso_dates(clock), index=frame.index, dtype=object)
    for row, text in texts[clock == NAT].items():
        if _YEAR.fullmatch(text) and date_texts.OLDEST_YEAR <= int(text) <= date_texts.NEWEST_YEAR:
            dates[row] = f"{int(text)}-12-31" if last else f"{int(text)}-01-01"
    return dates, ((texts != "") & dates.isna()).to_numpy()


def _meets(shape: BaseGeometry, bounds: Floats) -> bool:
    west, south, east, north = shape.bounds
    return west < bounds[2] and east > bounds[0] and south < bounds[3] and north > bounds[1]


def _write(workspace: Workspace, vector_table: VectorTable, label: str, table: CoverageRows, kept: Bools,
           rejected: RejectedRows, found: dict[str, str], warnings: list[str], answers: SourceAnswers, rejects: Path,
           progress: Progress) -> ImportResult:
    table = table[kept].assign(start=table["from_date"].fillna(""))
    keys = ["area", "start"]
    rows = table.groupby(keys, sort=True).agg(
        from_date=("from_date", "first"), to_date=("to_date", _latest), geometry=("geometry", unary_union))
    stored = workspace.read(TABLE)
    stored = stored.assign(start=stored["from_date"].fillna("")).set_index(keys)
    state = pd.Series([_state(row, stored.loc[key] if key in stored.index else None)
                       for key, row in zip(rows.index, rows.itertuples())], index=rows.index)
    gone = int((~stored.index.isin(rows.index)).sum())
    if gone:
        warnings.append(f"{gone:,} areas that are no longer in the layer were removed.")
    counts = state.reindex(pd.MultiIndex.from_frame(table[keys])).value_counts()
    with workspace.transaction() as writer:
        if gone or (state != "unchanged").any():
            inside = workspace.read("boxes", ["box_id", "inside"])
            boxes = [shares_of_boxes(workspace.fishnet, inside, shape) for shape in rows["geometry"]]
            table = rows.reset_index()[["area", "from_date", "to_date", "geometry"]]
            writer.replace(TABLE, table.assign(boxes=boxes))
        progress.report(1.0)
        result = ImportResult(
            read=len(kept), rejected=len(rejected), added=int(counts.get("added", 0)),
            updated=int(counts.get("updated", 0)), unchanged=int(counts.get("unchanged", 0)),
            warnings=warnings, mapping=found, reasons=dict(rejected.reasons.most_common()),
            dropped_columns=[str(column) for column in vector_table.frame if column not in found.values()],
            rejects=rejected.write(rejects), source_crs=vector_table.crs, crs=workspace.settings.crs,
            answers=answers)
        result.record(writer, TABLE, label, vector_table.sha256(found.values()))
    return result


def shares_of_boxes(grid: BoxGrid, boxes: pd.DataFrame, shape: BaseGeometry) -> dict[str, float]:
    """Box id -> share of the box's part in the jurisdiction that lies in a shape; ``boxes`` are box_id, inside."""
    inside = boxes.set_index("box_id")["inside"]
    found = grid.cover(shape).set_index("box_id")["inside"]
    found = found[found.index.isin(inside.index)]
    share = (found / np.maximum(inside.reindex(found.index), 1e-6)).clip(upper=1.0).round(4)
    return share[share > 0].to_dict()


def _latest(dates: pd.Series) -> Optional[str]:
    """The later of several ends; open where one is."""
    return None if dates.isna().any() else dates.max()


def _state(row: Any, old: Optional[pd.Series]) -> str:
    if old is None:
        return "added"
    apart = row.geometry.symmetric_difference(old["geometry"]).area
    same_end = row.to_date == old["to_date"] or (pd.isna(row.to_date) and pd.isna(old["to_date"]))
    return "unchanged" if same_end and apart <= _SAME_AREA * row.geometry.area else "updated"
