"""Stored forecasts and plans as people look at them: one row per box or patrol, with names instead of codes."""
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Sequence

import pandas as pd

from ...forecast import box_shapes
from ...forecast.box_ids import is_remnant
from ...forecast.box_layout import BoxLayout, grid_of
from ...frames import Rows, columns
from ...patrol.dosage import unit_visits
from ...patrol.metering import harm_by_box
from ..steps.plan_frames import CrimeTypeLegend
from ..steps.shift_plan import in_sheet_order, with_ways
from ..store.former_boxes import known_boxes, shapes_of
from ..store.rows import VisitRows
from ..store.workspace import Workspace

if TYPE_CHECKING:
    from ...forecast.box_shapes import BoxShapes
    from ..steps.placing import FoundLayout

_TYPE = (("crime_type", "text", "Crime type code"), ("crime_type_name", "text", "Crime type"),
         ("colour", "text", "Colour"), ("letter", "text", "Letter"))
_CHANCES = (("chance", "real", "Chance of any event"), ("chance_low", "real", "Chance, low (90 %)"),
            ("chance_high", "real", "Chance, high (90 %)"))
_SHIFT = (("shift_date", "date", "Date"), ("shift", "text", "Shift"))
_BOX, _BEAT, _WHERE = ("box_id", "text", "Box"), ("beat", "text", "Beat"), ("where", "text", "Where")
_HARM = ("harm", "real", "Expected harm")

ShownForecasts = Annotated[pd.DataFrame, Rows(
    "A box of a shift, of its dominant crime type; ``expected_<crime type>`` of each follow", columns(
        _BOX, *_SHIFT, _BEAT, _WHERE, *_TYPE, _HARM, *_CHANCES, ("expected", "real", "Expected, dominant type"),
        ("low", "real", "Expected, low (90 %)"), ("high", "real", "Expected, high (90 %)"),
        ("percentile", "real", "Percentile of boxes"), ("reasons", "text", "Reasons"),
        ("coverage", "real", "Gunshot sensors listen in (share)"), ("as_of", "text", "As of (UTC)"),
        ("model_id", "text", "Model")))]
ShownPatrols = Annotated[pd.DataFrame, Rows("A planned patrol, in the order of the sheets", columns(
    ("patrol_id", "text", "Patrol"), *_SHIFT, _BEAT, ("number", "integer", "Number"), _BOX, _WHERE, *_TYPE, *_CHANCES,
    _HARM, ("inclusion_probability", "real", "Chance of being drawn"), ("target_minutes", "real", "Minutes"),
    ("returns", "integer", "Come back"), ("travel_minutes", "real", "Minutes' drive from the box before"),
    ("by_street", "boolean", "That drive is along streets, not a straight line"), ("unit", "text", "Unit"),
    ("origin", "text", "Origin"), ("status", "text", "Status")))]
ShownVisits = Annotated[pd.DataFrame, Rows("A visit of a unit, by time of entry", columns(
    ("unit", "text", "Unit"), ("officers", "text", "Officers"), _BOX, _BEAT, _WHERE, *_SHIFT,
    ("entered", "text", "Came in (UTC)"), ("left", "text", "Left (UTC)"), ("minutes", "real", "Minutes"),
    ("dosage", "text", "Dosage"), ("patrol_id", "text", "Patrol")))]
ShownLayout = Annotated[pd.DataFrame, Rows("A box of a layout", columns(
    _BOX, ("col", "integer", "Column of its corner"), ("row", "integer", "Row of its corner"),
    ("inside", "real", "Area in the jurisdiction, in boxes"),
    ("kind", "text", "placed, remnant (what squares left of a box) or fishnet")))]


def headings_of(frame: Any) -> dict[str, str]:
    """Column -> what people read above it, of a frame declared here."""
    return {column.name: column.help for column in frame.__metadata__[0].columns}


FORECAST_WORDS, PLAN_WORDS, VISIT_WORDS = map(headings_of, (ShownForecasts, ShownPatrols, ShownVisits))


def forecast_boxes(workspace: Workspace, shift_date: str, shifts: Sequence[str],
                   legend: CrimeTypeLegend) -> tuple[ShownForecasts, BoxShapes]:
    """The stored forecast of some shifts of a date, one row per shift and box.

    Parameters
    ----------
    legend : pandas.DataFrame
        crime_type, name, colour, letter of the crime types.

    Returns
    -------
    (pandas.DataFrame, BoxShapes)
        Columns of ``FORECAST_WORDS`` (crime_type is the dominant one, with the largest share of the box's harm;
        expected, low, high, percentile and reasons are those of it; coverage is empty where none is known) and
        ``expected_<crime type>`` for each; and the boxes as they are drawn.
    """
    types = workspace.crime_types
    boxes = known_boxes(workspace, ["box_id", "col", "row", "beat", "where"])
    parts = [_one_shift(workspace.read("forecasts", where={"shift_date": shift_date, "shift": shift}), types, shift)
             for shift in shifts]
    frame = boxes.merge(pd.concat(parts, ignore_index=True), on="box_id")
    frame["shift"] = pd.Categorical(frame["shift"], list(shifts))
    frame = frame.sort_values(["shift", "row", "col"], kind="stable").astype({"shift": object})
    frame["shift_date"] = shift_date
    frame = _with_legend(frame, legend)
    frame["reasons"] = ["; ".join(reasons) if isinstance(reasons, list) else reasons for reasons in frame["reasons"]]
    expected = [name for name in frame if name.startswith("expected_")]
    return (frame[[*FORECAST_WORDS, *expected]].reset_index(drop=True),
            shapes_of(workspace, frame["box_id"]))


def plan_boxes(workspace: Workspace, shift_date: str, shifts: Sequence[str],
               legend: CrimeTypeLegend) -> tuple[ShownPatrols, BoxShapes]:
    """The planned patrols of some shifts of a date, in the order of the sheets; otherwise as :func:`forecast_boxes`."""
    patrols = workspace.read("patrols", where={"shift_date": shift_date, "shift": list(shifts), "status": "planned"})
    boxes = known_boxes(workspace, ["box_id", "where"])
    ordered = with_ways(workspace, in_sheet_order(patrols, boxes, shifts))
    frame = _with_legend(ordered.fillna({"beat": ""}), legend)
    return frame[list(PLAN_WORDS)].reset_index(drop=True), shapes_of(workspace, frame["box_id"])


def visit_boxes(workspace: Workspace, visits: VisitRows) -> tuple[ShownVisits, BoxShapes]:
    """Visits as boxes, one row per visit of a unit, however many officers were aboard.

    Parameters
    ----------
    visits : pandas.DataFrame
        As the table ``visits``.

    Returns
    -------
    (pandas.DataFrame, BoxShapes)
        Columns of ``VISIT_WORDS``, by time of entry, and the boxes as they are drawn.
    """
    boxes = known_boxes(workspace, ["box_id", "beat", "where"])
    aboard = visits.groupby(["unit", "box_id", "entered_utc"])["officer"].agg(lambda names: ", ".join(sorted(names)))
    frame = unit_visits(visits).drop(columns="officer").merge(aboard.rename("officers").reset_index(),
                                                              on=["unit", "box_id", "entered_utc"])
    frame = frame.merge(boxes, on="box_id").sort_values(["entered_utc", "unit"], kind="stable", ignore_index=True)
    for name in ("entered", "left"):
        frame[name] = frame[f"{name}_utc"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype(object)
    frame["minutes"] = frame["minutes"].round(2)
    return frame[list(VISIT_WORDS)], shapes_of(workspace, frame["box_id"])


def _with_legend(frame, legend):
    return frame.merge(legend.rename(columns={"name": "crime_type_name"}), on="crime_type", how="left")


def _one_shift(forecasts, types, shift):
    wide = forecasts.pivot(index="box_id", columns="crime_type", values="expected")
    wide = wide[[code for code in types["crime_type"] if code in wide]].add_prefix("expected_")
    frame = harm_by_box(forecasts, types).join(wide).rename_axis("box_id").reset_index()
    frame = frame.merge(forecasts[["box_id", "crime_type", "expected", "low", "high", "percentile", "reasons",
                                   "model_id", "as_of_utc"]], on=["box_id", "crime_type"], how="left")
    covered = forecasts.groupby("box_id")["coverage"].max()  # only gunfire has any
    frame["coverage"] = frame["box_id"].map(covered).astype(float)
    frame["as_of"] = frame.pop("as_of_utc").dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype(object)
    return frame.assign(shift=shift)


def layout_boxes(workspace: Workspace, found: FoundLayout) -> tuple[ShownLayout, BoxShapes]:
    """All boxes of a layout that was found, and as they are drawn: one row per box."""
    grid = grid_of(workspace.settings.size, found.squares)
    placed = set(grid.ids(found.squares[:, 0], found.squares[:, 1])) if isinstance(grid, BoxLayout) else set()
    kind = ["placed" if box_id in placed else "remnant" if is_remnant(box_id) else "fishnet"
            for box_id in found.boxes["box_id"]]
    return found.boxes.assign(kind=kind), box_shapes.shapes_of(found.boxes["box_id"], [grid])
