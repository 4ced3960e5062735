"""The rows of each table as a frame, for annotations: what ``Workspace.read`` gives and a ``Writer`` takes.

Each type is made from the one declaration in ``tables.py``: the table's columns, and ``x`` and ``y`` of points or
``geometry`` of areas. It is called after its table, with ``Rows`` behind where the plain word means something else in
the package. ``Annotated[pd.DataFrame, rows_of("visits", "unit", "minutes")]`` is a frame of some of them.
"""
from __future__ import annotations

from typing import Annotated

import pandas as pd

from ...frames import Rows
from .tables import TABLES


def rows_of(name: str, *only: str) -> Rows:
    """Rows of the table ``name`` with all its columns, or ``only`` with these."""
    table = TABLES[name]
    return Rows(table.help, tuple(table.frame_column(column) for column in only) or table.frame_columns)


SettingRows = Annotated[pd.DataFrame, rows_of("settings")]
CrimeTypes = Annotated[pd.DataFrame, rows_of("crime_types")]
ShiftRows = Annotated[pd.DataFrame, rows_of("shifts")]
Tactics = Annotated[pd.DataFrame, rows_of("tactics")]
Beats = Annotated[pd.DataFrame, rows_of("beats")]
Neighbourhoods = Annotated[pd.DataFrame, rows_of("neighbourhoods")]
BoxRows = Annotated[pd.DataFrame, rows_of("boxes")]
Layouts = Annotated[pd.DataFrame, rows_of("layouts")]
FormerBoxes = Annotated[pd.DataFrame, rows_of("former_boxes")]
Incidents = Annotated[pd.DataFrame, rows_of("incidents")]
Gunfire = Annotated[pd.DataFrame, rows_of("gunfire")]
SensorCoverageRows = Annotated[pd.DataFrame, rows_of("sensor_coverage")]
JurisdictionRows = Annotated[pd.DataFrame, rows_of("jurisdiction")]
UnreachableRows = Annotated[pd.DataFrame, rows_of("unreachable")]
StreetRows = Annotated[pd.DataFrame, rows_of("streets")]
PlaceRows = Annotated[pd.DataFrame, rows_of("places")]
CalendarDayRows = Annotated[pd.DataFrame, rows_of("calendar")]
Models = Annotated[pd.DataFrame, rows_of("models")]
ForecastRows = Annotated[pd.DataFrame, rows_of("forecasts")]
Commitments = Annotated[pd.DataFrame, rows_of("commitments")]
Draws = Annotated[pd.DataFrame, rows_of("draws")]
DrawBoxes = Annotated[pd.DataFrame, rows_of("draw_boxes")]
Patrols = Annotated[pd.DataFrame, rows_of("patrols")]
Adjustments = Annotated[pd.DataFrame, rows_of("adjustments")]
Officers = Annotated[pd.DataFrame, rows_of("officers")]
Roster = Annotated[pd.DataFrame, rows_of("roster")]
GpsFixes = Annotated[pd.DataFrame, rows_of("gps_fixes")]
VisitRows = Annotated[pd.DataFrame, rows_of("visits")]
TacticLogRows = Annotated[pd.DataFrame, rows_of("tactic_log")]
Imports = Annotated[pd.DataFrame, rows_of("imports")]
Runs = Annotated[pd.DataFrame, rows_of("runs")]
