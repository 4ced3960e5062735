"""Frames of plans, visits and steps: their columns, types and units, declared once."""
from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...frames import Rows, columns
from ..store.rows import rows_of

Rectangles = NDArray[np.float64]
"""(n, 4): x_min, y_min, x_max, y_max of boxes, in metres of the workspace's CRS."""

_SHIFT = (("shift_date", "date", "Date on which the shift starts"), ("shift", "text", "Its code"))
_NAME = ("name", "text", "Name of the shift, its code where it has none")
_STARTS, _ENDS = ("start_utc", "utc", "When it starts"), ("end_utc", "utc", "When it ends")
_BOX = (("box_id", "text", "Box"), ("beat", "text", "Its beat; empty where there is none"),
        ("where", "text", "Words for the box"))
_TYPE = ("crime_type", "text", "Code of the crime type")
_CHANCES = (("chance", "real", "Chance of at least one event in the shift, 0 to 1"),
            ("chance_low", "real", "Lower end of its 90 % interval"),
            ("chance_high", "real", "Upper end of its 90 % interval"))
_HARM = ("harm", "real", "Expected events times severity times effectiveness, summed over crime types")

CrimeTypeLegend = Annotated[pd.DataFrame, Rows("A crime type as maps, sheets and reports show it", columns(
    _TYPE, ("name", "text", "Its name"), ("colour", "text", "#rrggbb"),
    ("letter", "text", "A letter or number that tells it without colour")))]
ShiftKeys = Annotated[pd.DataFrame, Rows("A shift of a date", columns(*_SHIFT))]
DrawIds = Annotated[pd.DataFrame, rows_of("draws", "draw_id")]
NumberedDraws = Annotated[pd.DataFrame, Rows("A draw of a shift", rows_of("draws").columns + columns(
    ("number", "integer", "1 for the shift's first draw, 2 for the next")))]
_PATROL = rows_of("patrols", "patrol_id", "draw_id", "shift_date", "shift", "box_id", "beat", "crime_type", "unit",
                  "origin", "status", "target_minutes", "returns", "visit_order", "inclusion_probability")
PlanPatrols = Annotated[pd.DataFrame, _PATROL]
OrderedPatrols = Annotated[pd.DataFrame, Rows(
    "A patrol of a shift, in the order of the sheets", _PATROL.columns + columns(
        ("where", "text", "Words for its box"),
        ("number", "integer", "Its number on the sheets: from 1 within a beat; null unless it is planned")))]
_ORDERED = OrderedPatrols.__metadata__[0].columns
WayPatrols = Annotated[pd.DataFrame, Rows("A patrol and the way to it", _ORDERED + columns(
    ("travel_minutes", "real", "Minutes of the way from the planned box before; empty for the first of a beat"),
    ("by_street", "boolean", "Whether that way is one along streets; else it is a straight line")))]
ReviewedPatrols = Annotated[pd.DataFrame, Rows(
    "A patrol of a plan under review: a planned one, or one that an analyst suppressed", columns(
        ("patrol_id", "text", "Id"), ("number", "integer", "Its number on the sheets; null where it is suppressed"),
        ("beat", "text", "Beat; empty where there is none"), ("box_id", "text", "Box"),
        ("where", "text", "Words for the box"), _TYPE, ("crime_type_name", "text", "Its name"),
        ("colour", "text", "#rrggbb of the type"), ("letter", "text", "Letter of the type"), *_CHANCES, _HARM,
        ("inclusion_probability", "real", "Chance with which it was drawn"),
        ("target_minutes", "real", "Minutes to stay"),
        ("travel_minutes", "real", "Minutes of the way from the planned box before; empty where there is none"),
        ("drive", "text", "The same in words; empty where there is none"),
        ("status", "text", "planned or suppressed"),
        ("origin", "text", "drawn, topped_up or added"),
        ("streak", "integer", "Days in a row, up to this shift, on which the box had a patrol"),
        ("last_patrols", "text", "When it had one last, in words")))]
NamedShifts = Annotated[pd.DataFrame, Rows("A shift by name", columns(_SHIFT[1], _NAME))]
NamedSlots = Annotated[pd.DataFrame, Rows("A shift of a date with its name", columns(*_SHIFT, _NAME, _STARTS, _ENDS))]
BoxWords = Annotated[pd.DataFrame, Rows("A box of the fishnet", columns(*_BOX))]
BoxNames = Annotated[pd.DataFrame, rows_of("boxes", "box_id", "where")]
BoxPlaces = Annotated[pd.DataFrame, rows_of("boxes", "box_id")]
LaidBoxes = Annotated[pd.DataFrame, Rows("A box that shares area with a jurisdiction", rows_of(
    "boxes", "box_id", "col", "row", "inside", "beat").columns)]
BacktestBoxes = Annotated[pd.DataFrame, rows_of("boxes", "box_id", "col", "row", "inside")]
ListeningBoxes = Annotated[pd.DataFrame, rows_of("sensor_coverage", "from_date", "to_date", "boxes")]
TypeNames = Annotated[pd.DataFrame, rows_of("crime_types", "crime_type", "name", "colour")]
TypeShares = Annotated[pd.DataFrame, Rows("A crime type's forecast of one box", columns(
    _TYPE, ("expected", "real", "Expected events"), ("low", "real", "Lower end of the 90 % interval"),
    ("high", "real", "Upper end"), ("share", "real", "Share of the box's harm, 0 to 1")))]
RecentCounts = Annotated[pd.DataFrame, Rows("Events of a beat and crime type, by their weight in a forecast", columns(
    ("beat", "text", "Beat"), _TYPE, ("day", "real", "Became known in the last 24 hours"),
    ("week", "real", "in the last 7 days"), ("usual", "real", "in an average week of the 4 before those")))]
RisenBoxes = Annotated[pd.DataFrame, Rows("A box whose harm grew, the largest gain first", columns(
    *_BOX, _TYPE, ("before", "real", "Harm in the forecast of the plan"),
    ("now", "real", "Harm with what is known now"),
    ("rise", "real", "Share by which it grew"), *_CHANCES,
    ("reported", "integer", "Events in the box that became known since"),
    ("planned", "boolean", "Whether the plan has a patrol there")))]
WeekShifts = Annotated[pd.DataFrame, Rows("A shift of a week, by start", columns(
    *_SHIFT, _STARTS, ("draws", "integer", "How often it was drawn"), ("planned", "integer", "Planned boxes"),
    ("added", "integer", "Those of them added by hand"), ("suppressed", "integer", "Boxes taken out by an analyst"),
    ("types", "json", "Crime type -> planned boxes"), _NAME))]
ComingSeeds = Annotated[pd.DataFrame, Rows("A hash published for a shift to come, by start", columns(
    *_SHIFT, _STARTS, ("seed_hash", "text", "SHA-256 of its secret seed"),
    ("committed_utc", "utc", "When it was published")))]
PastPatrols = Annotated[pd.DataFrame, Rows("What counted as a patrol before a shift, newest first", columns(
    *_SHIFT, ("box_id", "text", "Box"), _STARTS))]
FoundVisits = Annotated[pd.DataFrame, Rows("A stay of a unit in a box", columns(
    ("unit", "text", "Unit"), ("box_id", "text", "Box"), ("entered_utc", "utc", "Came in"),
    ("left_utc", "utc", "Left"), ("minutes", "real", "Minutes of presence")))]
BoxForecasts = Annotated[pd.DataFrame, Rows("A box's forecast of a crime type in a shift", tuple(
    column for column in rows_of("forecasts").columns if column.name != "inputs"))]
PurgedTables = Annotated[pd.DataFrame, Rows("A table with a limit of age", columns(
    ("table", "text", "Table"), ("days", "integer", "Days that are kept"),
    ("before", "date", "Rows from earlier dates go"), ("rows", "integer", "Rows that go or would go"),
    ("kept", "integer", "Rows that stay")))]
ForecastEvents = Annotated[pd.DataFrame, Rows("An event as forecasts count it", columns(
    _TYPE, ("x", "real", "Metres in the workspace's CRS"), ("y", "real", "Metres"),
    ("from_utc", "utc", "Earliest moment"), ("to_utc", "utc", "Latest moment"),
    ("known_utc", "utc", "When it was known"), ("weight", "real", "How much it counts, 0 to 1"),
    ("heard", "real", "1; 0 for a report that stands in where no sensor listens")))]
