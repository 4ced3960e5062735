"""The frames of the forecast, declared: what one row is, and its columns with their types and units."""
from __future__ import annotations

from typing import Annotated

import pandas as pd

from ..frames import Rows, columns

_NEEDED = columns(
    ("crime_type", "text", "crime type of the event", True),
    ("x", "real", "place, metres east in the workspace's CRS", True),
    ("y", "real", "place, metres north in the workspace's CRS", True),
    ("from_utc", "utc", "earliest moment it can have begun", True))
_END = columns(("to_utc", "utc", "latest moment it can have ended"))
_KNOWN = columns(("known_utc", "utc", "moment from which the agency knew of it", True))
_ROUNDED = columns(
    ("rounded_x_m", "real", "width of the cell to which the source rounded the place"),
    ("rounded_y_m", "real", "height of that cell"))
_WEIGHT = columns(("weight", "real", "how much of an event it counts as (fireworks count less)"))
_HEARD = columns(("heard", "real", "1 for an event of its own source, 0 for a report that stands in where no sensor "
                                   "listens"))

Events = Annotated[pd.DataFrame, Rows(
    "an event of any crime type, and whatever else its table holds", _NEEDED + _KNOWN,
    _END + _WEIGHT + _ROUNDED + _HEARD)]
AdmittedEvents = Annotated[pd.DataFrame, Rows(
    "an event with what may enter a forecast alone; times are int64 nanoseconds of UTC, crime types categories",
    _NEEDED + _END + _KNOWN + _WEIGHT + _ROUNDED + _HEARD)]
ShotEvents = Annotated[pd.DataFrame, Rows("a gunfire incident, or a report of one, as an event",
                                          _NEEDED + _END + _KNOWN + _WEIGHT + _ROUNDED + _HEARD)]
Alerts = Annotated[pd.DataFrame, Rows("a gunfire alert", columns(
    ("kind", "text", "what the sensors took it for: single, multiple, probable, firecracker", True),
    ("occurred_utc", "utc", "moment of its first sound"), ("x", "real", "place, metres east"),
    ("y", "real", "place, metres north")), _ROUNDED)]
ReportedIncidents = Annotated[pd.DataFrame, Rows(
    "an incident that may tell of shots", _NEEDED + _END + _KNOWN + columns(
        ("firearm", "boolean", "whether a gun was used; empty where nobody told")))]
Boxes = Annotated[pd.DataFrame, Rows("a box", columns(
    ("box_id", "text", "id of the box", True), ("col", "integer", "column of the fishnet", True),
    ("row", "integer", "row of the fishnet", True), ("inside", "real", "share of the box inside the jurisdiction")))]
SharedAreas = Annotated[pd.DataFrame, Rows("a box of one layout and one of another that share area", columns(
    ("box_id", "text", "box of the one", True), ("new_id", "text", "box of the other", True),
    ("of_old", "real", "part of the one's area that lies in the other"),
    ("of_new", "real", "part of the other's area that lies in the one")))]
PlainBoxes = Annotated[pd.DataFrame, Rows("a box of the plain fishnet", columns(
    ("box_id", "text", "id of the box", True), ("inside", "real", "share of the box inside the jurisdiction")))]
Places = Annotated[pd.DataFrame, Rows("a place", columns(
    ("kind", "text", "kind of place, one of those below", True),
    ("x", "real", "place, metres east in the workspace's CRS"),
    ("y", "real", "place, metres north in the workspace's CRS")))]
_DAYS = columns(("date", "date", "local date", True),
                ("kind", "text", "holiday, school, event, weather or weather_forecast", True))
_OF_DAYS = columns(("name", "text", "of weather, the measure"),
                   ("value", "real", "school: 1 in session, 0 not; weather: the measure"),
                   ("known_utc", "utc", "moment from which it was known; empty = long before the date"))
CalendarDays = Annotated[pd.DataFrame, Rows("something about a date", _DAYS, _OF_DAYS)]
AdmittedDays = Annotated[pd.DataFrame, Rows("something about a date that may enter a forecast", _DAYS + _OF_DAYS)]
SensorAreas = Annotated[pd.DataFrame, Rows("an area in which gunshot sensors listen for a span of dates", columns(
    ("from_date", "date", "first date; empty = ever since"), ("to_date", "date", "last date; empty = still"),
    ("boxes", "json", "box id -> share of it")))]
Slots = Annotated[pd.DataFrame, Rows("a shift on a date; they never overlap, and come in order", columns(
    ("shift_date", "date", "date on which it starts", True), ("shift", "text", "its code", True),
    ("start_utc", "utc", "its start", True), ("end_utc", "utc", "its end, not included", True)))]
ScoredBoxes = Annotated[pd.DataFrame, Rows("a crime type in a box in the shift that is forecast", columns(
    ("box_id", "text", "id of the box", True), ("crime_type", "text", "crime type", True),
    ("expected", "real", "events to be expected in the shift", True),
    ("low", "real", "low end of the 90 % interval of expected", True), ("high", "real", "its high end", True),
    ("percentile", "real", "share of boxes with a lower value, 0 to 100", True),
    ("reasons", "json", "list of texts; empty outside the highest tenth, but for boxes outside sensor coverage", True),
    ("coverage", "real", "share of the box in which sensors listen in the shift; NaN where that does not matter")))]
AskedBoxes = Annotated[pd.DataFrame, Rows("a crime type in a box in a shift, to be predicted", columns(
    ("shift_date", "date", "date on which the shift starts", True), ("shift", "text", "its code", True),
    ("box_id", "text", "id of the box", True), ("crime_type", "text", "crime type", True)))]
BacktestScores = Annotated[pd.DataFrame, Rows("a method of forecasting a crime type, or all pooled", columns(
    ("crime_type", "text", "crime type; all where several are pooled"), ("method", "text", "rung, connect or metered"),
    ("area_percent", "real", "searched area as asked for, per cent"),
    ("area_share", "real", "share of area searched, pooled over shifts"),
    ("hits", "real", "events in the searched area"), ("events", "real", "all events"),
    ("hit_rate", "real", "hits over events"),
    ("pai", "real", "hit rate over area share"),
    ("pei", "real", "pai over that of the fixed boxes that afterwards turned out best"),
    ("log_score", "real", "mean Poisson log-likelihood per event above the uniform forecast"),
    ("ci_low", "real", "low end of the 90 % interval of pai"), ("ci_high", "real", "its high end")))]
ChoiceFigures = Annotated[pd.DataFrame, Rows("a choice of how to patrol, over a past period", columns(
    ("method", "text", "its name in the table of scores"), ("boxes", "real", "boxes drawn in a shift, expected"),
    ("hours", "real", "patrol hours in a shift"), ("area_share", "real", "share of the area in drawn boxes in a shift"),
    ("covered", "real", "share of all expected harm that drawn boxes cover"),
    ("covered_low", "real", "low end of its 90 % interval"), ("covered_high", "real", "its high end"),
    ("hits", "real", "events in drawn boxes, expected"), ("per_100", "real", "the same per 100 patrol hours"),
    ("per_100_low", "real", "low end of its 90 % interval"), ("per_100_high", "real", "its high end")))]
