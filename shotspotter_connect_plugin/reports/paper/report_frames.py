"""The frames that reports, sheets and maps take and give: their columns, types and units, declared once."""
from __future__ import annotations

from typing import Annotated

import pandas as pd

from ...frames import Rows, columns
from ...workspace.store.rows import rows_of

_CRIME_TYPE = ("crime_type", "text", "Code of the crime type behind most of the harm.")
_BOX = ("box_id", "text", "Id of the box.")
_BEAT = ("beat", "text", "Name of its beat.")
_WHERE = ("where", "text", "The name people use for the box, on one line.")
_CHANCES = (("chance", "real", "Chance of at least one event in the shift, 0 to 1."),
            ("chance_low", "real", "Lower end of its 90 % interval."),
            ("chance_high", "real", "Upper end of its 90 % interval."))
_HARM = ("harm", "real", "Expected events times severity times effectiveness, summed over crime types.")
_ODDS = ("inclusion_probability", "real", "Chance of being drawn, 0 to 1; none where the box was added by hand.")
_SHAPE = ("geometry", "geometry", "The box.")
_LABEL = ("label", "text", "What stands on the map.")
_COLOUR = ("colour", "text", "#rrggbb of its crime type.")
_PLACE = columns(("col", "integer", "Column of the fishnet."), ("row", "integer", "Row of the fishnet."))

BeatOutlines = Annotated[pd.DataFrame, rows_of("beats", "beat", "geometry")]
SheetPatrols = Annotated[pd.DataFrame, Rows("One planned patrol of a shift, in visit order.", columns(
    ("patrol_id", "text", "Id of the patrol."), ("draw_id", "text", "Id of its draw."),
    ("shift_date", "date", "Date on which the shift starts."), ("shift", "text", "Code of the shift."), _BEAT,
    ("number", "integer", "Counts from 1 within a beat."), _BOX, _WHERE, _CRIME_TYPE, *_CHANCES, _ODDS, _HARM,
    ("target_minutes", "real", "Minutes to stay."), ("returns", "integer", "How often to come back."),
    ("travel_minutes", "real", "Minutes of the way from the box before; none for the first."),
    ("by_street", "boolean", "Whether that way is along streets, not a straight line."),
    ("unit", "text", "Unit it is for; none = any."), ("origin", "text", "drawn, topped_up or added."),
    ("version", "integer", "Grows with each change by hand."),
    ("reasons", "json", "Sentences on why the forecast is high, a list."), _SHAPE))]
ForecastBoxes = Annotated[pd.DataFrame, Rows(
    "One box and what was forecast for it in a shift; with one column ``expected_<crime type>`` for each.", columns(
        _BOX, _BEAT, _WHERE, _CRIME_TYPE, _HARM, *_CHANCES, _ODDS,
        ("eligible", "boolean", "Whether it could be drawn."), ("why_not", "text", "Why it could not."), _SHAPE))]
OfferedTactics = Annotated[pd.DataFrame, Rows("One tactic that a sheet may offer.", columns(
    ("name", "text", "Its name."), ("description", "text", "What the officer does."),
    ("crime_types", "json", "Codes of those it serves, a list; none = all."),
    ("approved", "boolean", "Whether somebody approved it.")))]
ComingDraws = Annotated[pd.DataFrame, Rows("One draw to come, the next one first.", columns(
    ("shift_date", "date", "Date on which its shift starts."), ("seed_hash", "text", "The hash published for it."),
    ("shift_name", "text", "Name of its shift, and how many hashes stand for it if more than one.")))]
OutcomeBoxes = Annotated[pd.DataFrame, Rows("One planned box and what became of it.", columns(
    _LABEL, _COLOUR, ("outcome", "text", "missed, short, on_target or over.")))]
LabelledAreas = Annotated[pd.DataFrame, Rows("One area of a map.", columns(_LABEL), columns(_COLOUR))]
