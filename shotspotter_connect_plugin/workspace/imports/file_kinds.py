"""What a file can be, and what it is: told by its form, its layer's name, an earlier import or its first rows."""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

import numpy as np
import pandas as pd

from ...forecast.instants import NAT, SECOND
from . import privacy, time_texts
from .alert_words import alert_kind, names_gunfire
from .census_columns import AREA_NAMES, population_group
from .column_meanings import find_columns, find_points, pairs_of
from .column_names import plain
from .column_recognition import recognise
from .earlier_alerts import complete_messages
from .gps_formats import guess_columns, is_track, open_gps
from .offence_columns import choose_offence_columns
from .offences import SEVERITY, crime_type
from .raw_messages import refuse_raw_messages
from .readers import FIRST_ROWS, first_rows, open_source
from .row_source import POSITION_COLUMNS
from .source_questions import table_before
from .synonyms import COLUMN_ROLES

if TYPE_CHECKING:
    from ...progress import Progress
    from ..store.workspace import Workspace
    from .import_frames import FileRows
    from .row_source import RowSource


@dataclass(frozen=True)
class FileKind:
    """What a file can be: the words for it, the algorithm that takes it in, and what its columns can mean."""

    title: str
    algorithm: str
    meanings: dict[str, str]


_WHEN = {"occurred": "when it happened", "occurred_time": "… time of day", "occurred_hour": "… hour",
         "occurred_half": "… AM or PM", "occurred_year": "year in which it happened", "occurred_month": "… month",
         "occurred_day": "… day of the month", "occurred_minute": "… minute", "weekday": "weekday on which it happened",
         "utc_offset": "offset of the times from UTC"}
_WHERE = {"longitude": "longitude", "latitude": "latitude", "x": "x (easting)", "y": "y (northing)",
          "point": "place in one column"}
FILE_KINDS = {
    "incidents": FileKind("Incidents", "connect:importincidents", {
        "id": "number of the incident", "offence": "offence", "offence_detail": "… its detail",
        "offence_code": "… its code (UCR, NIBRS …)", "offence_flag": "offence of its own (yes or no)",
        "supplement": "kind of report (supplements are not counted)",
        "count": "count (-1 takes an incident back)", **_WHEN,
        "occurred_from": "earliest start", "occurred_from_time": "… time of day", "occurred_to": "latest end",
        "occurred_to_time": "… time of day", "reported": "when it was reported", "reported_time": "… time of day",
        "reported_hour": "… hour",
        **_WHERE, "block": "block", "address": "address (coarsened to its block)",
        "discovered": "begun by an officer", "murder_flag": "somebody died", "weapon": "weapon",
        "shift_label": "shift of the report", "disposition": "what came of it (unfounded, cancelled)"}),
    "gunfire": FileKind("Gunfire alerts", "connect:importgunfire", {
        "id": "number of the alert", "kind": "kind of alert", **_WHEN, "rounds": "rounds", **_WHERE,
        "disposition": "what came of it (no gunfire, a test)"}),
    "gps_fixes": FileKind("GPS of units", "connect:importgps", {
        "unit": "unit", "at": "when", "at_time": "… time of day",
        "utc_offset": "offset of the times from UTC", **_WHERE, "accuracy": "error in metres",
        "hdop": "dilution (HDOP)", "valid": "valid position (yes or no)"}),
    "tactic_log": FileKind("Log of tactics", "connect:importtactics", {
        "tactic": "tactic", "officer": "badge number", "unit": "unit", "at": "when", "at_time": "… time of day",
        "to": "when it ended", "to_time": "… time of day", "minutes": "minutes", "hours": "… in hours",
        "seconds": "… in seconds", "box_id": "box", "id": "number of the row"}),
    "roster": FileKind("Roster", "connect:importroster", {
        "unit": "unit", "officer": "badge number", "shift_date": "date of the shift", "shift": "shift",
        "from": "on duty from", "to": "on duty until", "hours": "hours on duty, where no end is told",
        "duty": "on duty or not (sick, on leave)"}),
    "places": FileKind("Places of one kind", "connect:importplaces", {"name": "name of the place", "id": "its number"}),
    "neighbourhoods": FileKind("Neighbourhoods with residents", "connect:importneighbourhoods", {}),
    "sensor_coverage": FileKind("Sensor coverage", "connect:importsensorcoverage", {}),
    "unreachable": FileKind("Where officers cannot go", "connect:importunreachable", {
        "reason": "why they cannot go there"}),
    "calendar": FileKind("Calendar", "connect:importcalendar", {
        role: role.replace("_", " ") for role in COLUMN_ROLES["calendar"]}),
}
"""Table -> what its files are."""
_LONGEST_STEP = 30 * 60 * SECOND
"""Between fixes, usually; incidents of one file lie further apart."""
MAPPED = ("incidents", "gunfire", "gps_fixes", "tactic_log", "roster", "calendar")
"""Kinds whose columns can be given another meaning in a MAPPING that is remembered."""


def kind_of_file(workspace: Workspace, path: str, progress: Progress) -> str:
    if os.path.isdir(path) and not path.lower().endswith(".gdb") or is_track(path):
        return "gps_fixes"
    named = path.partition("|layername=")[2]
    if named in FILE_KINDS:
        return named
    source = open_source(path, areas=True)
    if source.has_areas:
        return _kind_of_polygons(source.columns)
    if source.kind in ("text", "bare") and open_gps(path).kind == "bare":
        # Its columns have to be named if it is no track; then that is asked.
        if _tells_offences(source, progress):
            return "incidents"
        if _is_bare_track(path, progress):
            return "gps_fixes"
        refuse_raw_messages(source.path)
        return ""
    complete_messages(workspace, source)
    before = table_before(workspace, source.columns)
    if before in FILE_KINDS:
        return before
    head = first_rows(source, source.columns, progress, FIRST_ROWS)
    found = {table: find_columns(source.columns, table, None, []) for table in (
        "incidents", "gunfire", "gps_fixes", "tactic_log", "roster", "calendar")}
    tests = ((_is_log, "tactic_log"), (_is_roster, "roster"), (_is_gunfire, "gunfire"), (_is_incidents, "incidents"),
             (_is_gps, "gps_fixes"), (_is_calendar, "calendar"))
    for table in ("incidents", "gunfire", "gps_fixes"):
        find_points(source, table, found[table], {}, progress, head)
    placed = bool(pairs_of(source, found["incidents"]))
    rest = "places" if source.has_geometry else ""
    told = next((kind for test, kind in tests if test(found[kind], head, placed)), rest)
    if not told and source.kind == "text":
        refuse_raw_messages(source.path)
    return told


def _tells_offences(source: RowSource, progress: Progress) -> bool:
    """Whether a column of a file without a header holds words of offences."""
    head = first_rows(source, source.columns, progress, FIRST_ROWS)
    return any(crime_type(word) in SEVERITY for column in source.columns for word in head[column].unique() if word)


def _is_bare_track(path: str, progress: Progress) -> bool:
    """Whether the rows of a file without a header are fixes: places with times that follow each other closely."""
    source = open_gps(path)
    head = first_rows(source, source.columns, progress, FIRST_ROWS)
    found = guess_columns(head)
    if not {"at", "latitude", "longitude"} <= set(found):
        return False
    clock = time_texts.parse(head[found["at"]]).clock
    steps = np.diff(np.sort(clock[clock != NAT]))
    return not len(steps) or bool(np.median(steps) <= _LONGEST_STEP)


def _kind_of_polygons(columns: Sequence[str]) -> str:
    if any(population_group(column) for column in columns):
        return "neighbourhoods"
    if {"from", "to"} & set(recognise(columns, "calendar")):
        return "sensor_coverage"
    if "reason" in recognise(columns, "unreachable"):
        return "unreachable"
    return "neighbourhoods" if any(plain(column) in AREA_NAMES for column in columns) else ""


def _is_log(found: dict[str, str], head: FileRows, placed: bool) -> bool:
    return {"tactic", "at"} <= set(found) and bool({"officer", "unit"} & set(found)) and not placed


def _is_roster(found: dict[str, str], head: FileRows, placed: bool) -> bool:
    return {"unit", "officer"} <= set(found) and bool({"from", "shift"} & set(found)) and not placed


def _is_gunfire(found: dict[str, str], head: FileRows, placed: bool) -> bool:
    if not placed or not {"occurred", "occurred_year"} & set(found):
        return False
    if "rounds" in found:
        return True
    words = _words(found, head, "kind")
    about = [alert_kind(word) is not None or names_gunfire(word) for word in words]
    return sum(about) > 0.5 * len(about)


def _is_incidents(found: dict[str, str], head: FileRows, placed: bool) -> bool:
    if not placed or not {"occurred", "occurred_from", "occurred_year", "reported"} & set(found):
        return False
    if "murder_flag" in found:
        return True
    texts = head[[column for column in head if column not in POSITION_COLUMNS and not privacy.about_persons(column)]]
    chosen = choose_offence_columns(texts, found, {})
    words = _words(chosen.roles, head, "offence")
    return bool(chosen.systems) or "offence_flag" in chosen.roles or any(crime_type(word) in SEVERITY for word in words)


def _is_gps(found: dict[str, str], head: FileRows, placed: bool) -> bool:
    """Positions with times of a unit, or with hardly anything else but numbers and who drove."""
    if not placed or "at" not in found:
        return False
    others = [column for column in head if column not in (*POSITION_COLUMNS, found["at"], found.get("at_time"))
              and not privacy.about_persons(column)]
    plain_numbers = [np.mean((head[column] == "") | pd.to_numeric(head[column], errors="coerce").notna())
                     for column in others]
    return "unit" in found or all(share > 0.9 for share in plain_numbers)


def _is_calendar(found: dict[str, str], head: FileRows, placed: bool) -> bool:
    tells = set(found) - {"date", "time", "from", "to", "from_time", "to_time", "issued"}
    return bool({"date", "from"} & set(found)) and bool(tells) and not placed


def _words(found: dict[str, str], head: FileRows, role: str) -> list[str]:
    return [word for word in head[found[role]].unique() if word] if role in found else []
