"""Neighbourhoods and their residents: polygons with census counts in, a name for each box, residents of each box out.

Residents are read by the exposure report and nowhere else. Forecast and lottery never see them: of all this they know
the name of a box's neighbourhood alone, for share caps.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Sequence

import numpy as np
import pandas as pd
from shapely.ops import unary_union

from ...errors import ConnectError
from ...forecast.arrays import objects
from ...progress import SILENT
from . import privacy
from .cell_texts import attribute_text
from .census_columns import AREA_NAMES, EVERYBODY, population_group
from .column_names import plain
from .coordinates import JurisdictionArea, numbers
from .import_result import ImportResult
from .rejected_rows import RejectedRows, rejects_path
from .vector_areas import area_of, name_of_layer

if TYPE_CHECKING:
    from collections import Counter

    from shapely.geometry.base import BaseGeometry

    from ...forecast.arrays import Floats
    from ...forecast.box_grid import BoxGrid
    from ...progress import Progress
    from ..store.layers import VectorTable
    from ..store.workspace import Workspace
    from .import_frames import NeighbourhoodShapes, ResidentRows

NO_POLYGON, NO_NAME, OUTSIDE = "no polygon", "no name", "outside the jurisdiction"
NO_RESIDENTS, NO_NUMBER, NEGATIVE = "residents not given", "residents that are no number", "residents below 0"
TOO_MANY, TWICE = "a group larger than all residents", "a name that another feature has with other residents"
_NAMED = 5
_OVERLAP = 0.01


def import_neighbourhoods(workspace: Workspace, vector_table: VectorTable, name_field: str = "",
                          population_fields: str = "", progress: Progress = SILENT) -> ImportResult:
    """Take a layer of neighbourhoods in the place of those there were; share caps stay with names that stay.

    Parts of one name with the same residents are one neighbourhood. Each box gets the one that holds most of it.

    Parameters
    ----------
    vector_table
        Polygons.
    name_field
        Column of the names; found by its name, or the only column, if not given.
    population_fields
        Columns of residents with a comma between them, all residents first and then groups of them, each as ``COLUMN``
        or ``Group=COLUMN``; those of public census exports are recognised if not given.

    Returns
    -------
    ImportResult
        ``read`` counts features; parts joined to another feature count as unchanged. Rejected ones are listed in
        ``<workspace>-rejects-neighbourhoods.csv`` beside the workspace, by number from 1, never with the value.

    Raises
    ------
    ConnectError
        When a column is missing, the layer has no CRS, or nothing in it can be used; the workspace is then unchanged.
    """
    label = name_of_layer(vector_table, "of neighbourhoods")
    progress.report(0.0, "Reading neighbourhoods")
    area = JurisdictionArea(workspace)
    frame = vector_table.frame.reset_index(drop=True)
    name_field = _name_column(label, list(frame), name_field)
    groups = _population_columns(label, [column for column in frame if column != name_field], population_fields)
    warnings = [] if groups else ["No column of residents was named or recognised; without residents there are share "
                                  "caps, but no minutes per 1,000 residents."]
    rows = pd.DataFrame({"neighbourhood": frame[name_field].map(attribute_text)})
    rows["geometry"] = objects([area_of(shape) for shape in vector_table.to_crs(area.crs).geometry])
    rows["residents"], rows["why"] = _residents(frame, groups)
    progress.report(0.3)
    _reject(rows, rows["geometry"].map(lambda shape: shape is None), NO_POLYGON)
    _reject(rows, rows["neighbourhood"] == "", NO_NAME)
    kept = _joined(rows)
    boxes = workspace.read("boxes", ["box_id", "col", "row", "neighbourhood"])
    kept["boxes"], inside = spread_over_boxes(workspace.fishnet, kept["geometry"], set(boxes["box_id"]),
                                              progress.part(0.3, 0.7))
    outside = kept["neighbourhood"][inside == 0]
    _reject(rows, rows["neighbourhood"].isin(outside), OUTSIDE)
    kept, inside = kept[inside > 0].reset_index(drop=True), inside[inside > 0]
    rejects = _rejects(rows, name_field, groups)
    if kept.empty:
        rejects.write(rejects_path(workspace, "neighbourhoods"))
        raise ConnectError(_nothing(label, rejects.reasons))
    warnings += _warnings(label, vector_table, rows, kept, inside)
    progress.report(0.7, "Finding the neighbourhood of each box")
    boxes["found"] = workspace.fishnet.assign_areas(boxes, kept["neighbourhood"].tolist(), kept["geometry"].tolist())
    empty = sorted(set(kept["neighbourhood"]) - set(boxes["found"]))
    if empty:
        warnings.append(f"{len(empty)} are the largest part of no box, so no minutes are counted to them: "
                        f"{_some(empty)}.")
    used = {"name": name_field, **{f"residents: {group}": column for group, column in groups.items()}}
    result = ImportResult(
        read=len(rows), rejected=len(rejects), reasons=dict(rejects.reasons), warnings=warnings, mapping=used,
        dropped_columns=[column for column in frame if column not in used.values()], source_crs=vector_table.crs,
        crs=area.crs)
    _write(workspace, kept, boxes, result, label, vector_table.sha256(used.values()))
    result.rejects = rejects.write(rejects_path(workspace, "neighbourhoods"))
    progress.report(1.0)
    return result


def _write(workspace: Workspace, kept: NeighbourhoodShapes, boxes: pd.DataFrame, result: ImportResult, label: str,
           digest: str) -> None:
    """Neighbourhoods, the boxes' names of them and the line in ``imports``, in one transaction."""
    with workspace.transaction() as writer:
        old = workspace.read("neighbourhoods", ["neighbourhood"])["neighbourhood"]
        gone = sorted(set(old) - set(kept["neighbourhood"]))
        if gone:
            writer.delete("neighbourhoods", {"neighbourhood": gone})
            result.warnings.append(f"{len(gone)} neighbourhoods are no longer in the layer and were removed.")
        counts = writer.upsert("neighbourhoods", kept)
        changed = boxes[boxes["neighbourhood"].fillna("") != boxes["found"].fillna("")]
        if len(changed):
            writer.upsert("boxes", pd.DataFrame({"box_id": changed["box_id"], "neighbourhood": changed["found"]}))
        result.added, result.updated = counts.added, counts.updated
        result.unchanged = result.read - result.added - result.updated - result.rejected
        result.record(writer, "neighbourhoods", label, digest)


def residents_of_boxes(workspace: Workspace) -> pd.DataFrame:
    """Residents of each box by group: those of every neighbourhood, spread evenly over its area on boxes.

    Returns
    -------
    pandas.DataFrame
        By box_id, one column per group and ``all``, which sum to the residents of the table; a box in no neighbourhood
        is not in it.
    """
    areas = workspace.read("neighbourhoods", ["residents", "boxes"])
    known = [bool(residents and boxes) for residents, boxes in zip(areas["residents"], areas["boxes"])]
    areas = areas[np.array(known, dtype=bool)]
    groups = list(dict.fromkeys([EVERYBODY, *(group for residents in areas["residents"] for group in residents)]))
    counts = np.array([[residents.get(group, 0) for group in groups] for residents in areas["residents"]], dtype=float)
    place = np.repeat(np.arange(len(areas)), [len(boxes) for boxes in areas["boxes"]])
    share = np.array([share for boxes in areas["boxes"] for share in boxes.values()], dtype=float)
    spread = pd.DataFrame(share[:, None] * counts.reshape(-1, len(groups))[place], columns=groups)
    return spread.groupby(pd.Index([box for boxes in areas["boxes"] for box in boxes], name="box_id")).sum()


# Columns


def _name_column(label: str, columns: list[str], given: str) -> str:
    given = (given or "").strip()
    if given:
        found = [column for column in columns if column == given]
        if not found:
            raise ConnectError(f"NAME_FIELD: {label} has no column {given}; its columns are {_some(columns)}.")
    else:
        found = columns if len(columns) == 1 else [
            column for word in AREA_NAMES for column in columns if plain(column) == word]
        if not found:
            raise ConnectError(f"Name the column with the names of the neighbourhoods as NAME_FIELD; the columns of "
                               f"{label} are {_some(columns)}.")
    what = privacy.about_persons(found[0])
    if what:
        raise ConnectError(f"NAME_FIELD: column {found[0]} looks like {what}, which never gets into a workspace; "
                           "choose the column with the names of the areas.")
    return found[0]


def _population_columns(label: str, columns: Sequence[str], given: str) -> dict[str, str]:
    """Group -> column, all residents first; empty if there are none."""
    if not (given or "").strip():
        found: dict[str, str] = {}
        for column in columns:
            if population_group(column):
                found.setdefault(population_group(column), column)
        return {EVERYBODY: found.pop(EVERYBODY), **found} if EVERYBODY in found else {}
    groups: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in given.split(","))):
        group, _, column = (text.strip() for text in part.rpartition("="))
        if column not in columns:
            raise ConnectError(f"POPULATION_FIELDS: {label} has no column {column or part}; its columns are "
                               f"{_some(columns)}.")
        group = EVERYBODY if not groups else group or population_group(column) or column
        if group in groups or column in groups.values():
            raise ConnectError(f"POPULATION_FIELDS names {column if column in groups.values() else group} twice; name "
                               "all residents first and then each group once.")
        groups[group] = column
    return groups


# Rows


def _residents(frame: pd.DataFrame, groups: dict[str, str]) -> tuple[pd.Series, pd.Series]:
    """(mapping of group to number or None, reason why a row cannot be used or "") of each row."""
    why = pd.Series("", index=frame.index, dtype=object)
    if not groups:
        return pd.Series([None] * len(frame), index=frame.index, dtype=object), why
    counts = pd.DataFrame({group: numbers(frame[column]) for group, column in groups.items()}, index=frame.index)
    missing = pd.DataFrame({group: frame[column].map(attribute_text) == "" for group, column in groups.items()})
    for wrong, reason in ((missing.any(axis=1), NO_RESIDENTS), (counts.isna().any(axis=1), NO_NUMBER),
                          ((counts < 0).any(axis=1), NEGATIVE),
                          (counts.gt(counts[EVERYBODY], axis=0).any(axis=1), TOO_MANY)):
        why[(why == "") & wrong] = reason
    whole = [{group: int(count) if float(count).is_integer() else count for group, count in row.items()}
             if good else None for good, row in zip(why == "", counts.to_dict("records"))]
    return pd.Series(whole, index=frame.index, dtype=object), why


def _rejects(rows: ResidentRows, name_field: str, groups: dict[str, str]) -> RejectedRows:
    """The rejected features by number, from 1, with column and reason."""
    rejects, columns = RejectedRows(), {NO_POLYGON: "geometry", OUTSIDE: "geometry", NO_NAME: name_field}
    for reason in dict.fromkeys(rows.loc[rows["why"] != "", "why"]):
        rejects.add(rows.index[rows["why"] == reason] + 1, columns.get(reason, ", ".join(groups.values())), reason)
    return rejects


def _reject(rows: pd.DataFrame, wrong: pd.Series, reason: str) -> None:
    rows.loc[(rows["why"] == "") & wrong, "why"] = reason


def spread_over_boxes(fishnet: BoxGrid, shapes: Sequence[BaseGeometry], box_ids: set[str],
                      progress: Progress = SILENT) -> tuple[list[dict[str, float]], Floats]:
    """(share of each shape in each box as a mapping that sums to 1, share of its area that lies on boxes at all)."""
    spread, inside = [], np.zeros(len(shapes))
    for done, shape in enumerate(shapes):
        progress.report(done / len(shapes))
        part = fishnet.cover(shape)
        on = part[part["box_id"].isin(box_ids)]
        inside[done] = on["inside"].sum() / part["inside"].sum()
        spread.append(dict(zip(on["box_id"], on["inside"] / on["inside"].sum())))
    return spread, inside


def _joined(rows: ResidentRows) -> NeighbourhoodShapes:
    """One row per name; parts of a name that bring other residents than the first are rejected."""
    good = rows[rows["why"] == ""]
    first = good.drop_duplicates("neighbourhood").set_index("neighbourhood")["residents"]
    differ = [residents != first[name] for name, residents in zip(good["neighbourhood"], good["residents"])]
    rows.loc[good.index[np.array(differ, dtype=bool)], "why"] = TWICE
    good = good[~np.array(differ, dtype=bool)]
    parts: dict[str, list[BaseGeometry]] = {}
    for name, shape in zip(good["neighbourhood"], good["geometry"]):
        parts.setdefault(name, []).append(shape)
    names = sorted(parts)
    return pd.DataFrame({"neighbourhood": names, "residents": list(first[names]),
                         "geometry": objects([unary_union(parts[name]) for name in names])})


# Words


def _some(names: Iterable[object]) -> str:
    texts = [str(name) for name in names]
    return ", ".join(texts[:_NAMED]) + (f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else "")


def _nothing(label: str, reasons: Counter[str]) -> str:
    reason = reasons.most_common(1)[0][0]
    advice = {OUTSIDE: "check the layer and its CRS", NO_POLYGON: "choose a layer with polygons",
              NO_NAME: "choose another NAME_FIELD"}.get(reason, "check POPULATION_FIELDS")
    return f"No neighbourhood of {label} was taken: {reason}; {advice}."


def _warnings(label: str, layer: VectorTable, rows: ResidentRows, kept: NeighbourhoodShapes,
              inside: Floats) -> list[str]:
    """Sentences on what was rejected, mended or looks odd."""
    said = []
    for reason in dict.fromkeys(rows.loc[rows["why"] != "", "why"]):
        places = [place + 1 for place in rows.index[rows["why"] == reason]]
        said.append(f"{len(places)} features of {label} were rejected, {reason}: number {_some(places)}.")
    broken = sum(shape is not None and not shape.is_empty and not shape.is_valid for shape in layer.geometry)
    if broken:
        said.append(f"{broken} invalid polygons of {label} were mended.")
    double = 1 - unary_union(list(kept["geometry"])).area / sum(shape.area for shape in kept["geometry"])
    if double > _OVERLAP:
        said.append(f"{100 * double:.0f} % of their area lies on one another; residents there are counted twice.")
    outside = kept.loc[inside < 0.5, "neighbourhood"]
    if len(outside):
        said.append(f"{len(outside)} lie mostly outside the jurisdiction, yet all their residents are counted: "
                    f"{_some(outside)}.")
    return said
