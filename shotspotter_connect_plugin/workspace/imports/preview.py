"""A first look at a file before anything is imported: what it is, what its columns mean, what will not be read.

Only the first rows are looked at. The import itself judges the whole file and may still drop or reject more.
"""
import os
from dataclasses import dataclass, field
from typing import Dict, List, Optional

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...progress import SILENT
from . import coordinates, privacy, source_times
from .column_meanings import check_needed, find_columns, pairs_of
from .date_order import OrderUnknown, settled
from .gps_formats import is_track, open_gps
from .gps_import import GpsFile, files_in
from .offences import SEVERITY, alert_kind, crime_type, names_gunfire
from .readers import GEOMETRY, first_rows, layers_of, open_source
from .remembered import Given, recall, table_before
from .synonyms import AREA_NAMES, ROLES, names_utc, plain, population_group, recognise


ROWS = 25
_HEAD = 2000
_TRIED = 20
"""Files of a folder that are tried before it is given up."""


@dataclass(frozen=True)
class Kind:
    """What a file can be: the words for it, the algorithm that takes it in, and what its columns can mean."""

    title: str
    algorithm: str
    meanings: Dict[str, str]


_WHEN = {"occurred": "when it happened", "occurred_time": "… time of day"}
_WHERE = {"longitude": "longitude", "latitude": "latitude", "x": "x (easting)", "y": "y (northing)"}
KINDS = {
    "incidents": Kind("Incidents", "connect:importincidents", {
        "id": "number of the incident", "offence": "offence", **_WHEN,
        "occurred_from": "earliest start", "occurred_from_time": "… time of day", "occurred_to": "latest end",
        "occurred_to_time": "… time of day", "reported": "when it was reported", "reported_time": "… time of day",
        **_WHERE, "block": "block", "address": "address (coarsened to its block)",
        "discovered": "begun by an officer", "murder_flag": "somebody died", "weapon": "weapon",
        "shift_label": "shift of the report", "disposition": "what came of it (unfounded, cancelled)"}),
    "gunfire": Kind("Gunfire alerts", "connect:importgunfire", {
        "id": "number of the alert", "kind": "kind of alert", **_WHEN, "rounds": "rounds", **_WHERE,
        "disposition": "what came of it (no gunfire, a test)"}),
    "gps_fixes": Kind("GPS of units", "connect:importgps", {
        "unit": "unit", "at": "when", "at_time": "… time of day", **_WHERE, "accuracy": "error in metres",
        "hdop": "dilution (HDOP)"}),
    "tactic_log": Kind("Log of tactics", "connect:importtactics", {
        "tactic": "tactic", "officer": "badge number", "unit": "unit", "at": "when", "at_time": "… time of day",
        "minutes": "minutes", "box_id": "box", "id": "number of the row"}),
    "roster": Kind("Roster", "connect:importroster", {
        "unit": "unit", "officer": "badge number", "shift_date": "date of the shift", "shift": "shift",
        "from": "on duty from", "to": "on duty until"}),
    "places": Kind("Places of one kind", "connect:importplaces", {"name": "name of the place", "id": "its number"}),
    "neighbourhoods": Kind("Neighbourhoods with residents", "connect:importneighbourhoods", {}),
    "sensor_coverage": Kind("Sensor coverage", "connect:importsensorcoverage", {}),
    "calendar": Kind("Calendar", "connect:importcalendar", {
        role: role.replace("_", " ") for role in ROLES["calendar"]}),
}
"""Table -> what its files are."""

MAPPED = ("incidents", "gunfire", "gps_fixes", "tactic_log", "roster", "calendar")
"""Kinds whose columns can be given another meaning in a MAPPING that is remembered."""


@dataclass
class Look:
    """What a first look at a file has found.

    Attributes
    ----------
    kind : str
        A key of :data:`KINDS`; "" where nothing tells.
    columns : list of str
    mapping : dict
        Role -> column, as the import would take them.
    left_out : dict
        Column -> why nothing of it will be read.
    rows : pandas.DataFrame
        The first rows as texts, without the columns about persons.
    given : Given
        What is not left to guessing, now or from an earlier import.
    question : OrderUnknown or None
        What to ask about the order of its dates.
    source_crs, timezone : str
        What the file would be taken for; empty where it has no places or no times.
    problems, notes : list of str
        Why it cannot be imported as it is; what else is worth knowing.
    """

    path: str
    kind: str = ""
    columns: List[str] = field(default_factory=list)
    mapping: Dict[str, str] = field(default_factory=dict)
    left_out: Dict[str, str] = field(default_factory=dict)
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    given: Given = field(default_factory=Given)
    question: Optional[OrderUnknown] = None
    source_crs: str = ""
    timezone: str = ""
    problems: List[str] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)


def parts_of(path):
    """What a file holds that has to be imported one by one: its layers, those named like our tables if there are any.

    Returns
    -------
    list of str
        The path itself, or ``path|layername=name`` of each layer.
    """
    path = str(path)
    names = [] if "|layername=" in path or os.path.isdir(path) else layers_of(path)
    if len(names) < 2 or is_track(path):
        return [path]
    ours = [name for name in names if name in KINDS]
    return [path + "|layername=" + name for name in ours or names]


def look(workspace, path, kind="", mapping=None, source_crs="", source_timezone="", progress=SILENT, date_order=""):
    """Look at the first rows of a file, and at all its dates where the first can be read in several orders.

    Parameters
    ----------
    workspace : Workspace
    path : str
        File or folder.
    kind : str
        A key of :data:`KINDS`, if the user said what it is; found out if not.
    mapping, source_crs, source_timezone, date_order
        As the importers take them.

    Returns
    -------
    Look
        What is wrong with the file stands in its ``problems``; no ConnectError leaves this function.
    """
    found = Look(str(path), kind)
    try:
        found.kind = kind or _kind_of(workspace, str(path), progress)
        if not found.kind:
            found.problems.append("What this file is cannot be told from its columns; choose it in the list.")
            return found
        if found.kind == "gps_fixes":
            _look_at_gps(workspace, found, mapping, source_crs, source_timezone, date_order, progress)
        elif found.kind in MAPPED:
            _look_at_rows(workspace, found, mapping, source_crs, source_timezone, date_order, progress)
        else:
            _look_at_layer(workspace, found, date_order, progress)
    except ConnectError as error:
        found.problems.append(error.user)
    return found


def changed(mapping, given, column, role):
    """What is given (role -> column or "") after the user gave a column another role, or "" for none.

    Parameters
    ----------
    mapping, given : dict
        Of the :class:`Look` that the user saw: what every column means, and what of it was given.
    """
    now = {given_role: given_column or "" for given_role, given_column in given.items()}
    for old, used in mapping.items():
        if used == column and old != role:
            now[old] = ""
    if role:
        now[role] = column
    return now


# What it is

def _kind_of(workspace, path, progress):
    if os.path.isdir(path) and not path.lower().endswith(".gdb") or is_track(path):
        return "gps_fixes"
    named = path.partition("|layername=")[2]
    if named in KINDS:
        return named
    source = open_source(path, areas=True)
    if source.has_areas:
        return _kind_of_polygons(source.columns)
    if source.kind == "text" and open_gps(path).kind == "bare":
        return "gps_fixes"
    before = table_before(workspace, source.columns)
    if before in KINDS:
        return before
    head = first_rows(source, source.columns, progress).head(_HEAD)
    columns = [column for column in source.columns if not privacy.about_persons(column)]
    found = {table: recognise(columns, table) for table in ("incidents", "gunfire", "gps_fixes", "tactic_log",
                                                            "roster", "calendar")}
    tests = ((_is_log, "tactic_log"), (_is_roster, "roster"), (_is_gunfire, "gunfire"), (_is_incidents, "incidents"),
             (_is_gps, "gps_fixes"), (_is_calendar, "calendar"))
    placed = source.has_geometry or any({x, y} <= set(found["incidents"]) for x, y in (
        ("longitude", "latitude"), ("x", "y")))
    rest = "places" if source.has_geometry else ""
    return next((kind for test, kind in tests if test(found[kind], head, placed)), rest)


def _kind_of_polygons(columns):
    if any(population_group(column) for column in columns):
        return "neighbourhoods"
    if {"from", "to"} & set(recognise(columns, "calendar")):
        return "sensor_coverage"
    return "neighbourhoods" if any(plain(column) in AREA_NAMES for column in columns) else ""


def _is_log(found, head, placed):
    return {"tactic", "at"} <= set(found) and bool({"officer", "unit"} & set(found)) and not placed


def _is_roster(found, head, placed):
    return {"unit", "officer"} <= set(found) and bool({"from", "shift"} & set(found)) and not placed


def _is_gunfire(found, head, placed):
    if not placed or "occurred" not in found:
        return False
    if "rounds" in found:
        return True
    words = _words(found, head, "kind")
    return bool(words) and np.mean([alert_kind(word) is not None or names_gunfire(word) for word in words]) > 0.5


def _is_incidents(found, head, placed):
    words = _words(found, head, "offence")
    return placed and bool({"occurred", "occurred_from", "reported"} & set(found)) and (
        "murder_flag" in found or any(crime_type(word) in SEVERITY for word in words))


def _is_gps(found, head, placed):
    """Positions with times of a unit, or with hardly anything else but numbers."""
    if not placed or "at" not in found:
        return False
    others = [column for column in head if column not in (*GEOMETRY, found["at"], found.get("at_time"))]
    plain_numbers = [np.mean((head[column] == "") | pd.to_numeric(head[column], errors="coerce").notna())
                     for column in others]
    return "unit" in found or all(share > 0.9 for share in plain_numbers)


def _is_calendar(found, head, placed):
    return bool({"date", "from"} & set(found)) and len(found) > 1 and not placed


def _words(found, head, role):
    return [word for word in head[found[role]].unique() if word] if role in found else []


# What is in it

_DATES = {
    "incidents": ("occurred", "occurred_from", "occurred_to", "reported"), "gunfire": ("occurred",),
    "tactic_log": ("at",), "roster": ("shift_date", "from", "to"), "calendar": ("date", "from", "to", "issued"),
    "sensor_coverage": ("from", "to")}
"""Kind -> roles that hold dates."""


def _ask_order(found, source, head, date_order, progress):
    """Find the order of the dates, or what to ask about it."""
    columns = [found.mapping[role] for role in _DATES[found.kind] if role in found.mapping]
    if not any(source_times.parse(head[column]).parts.any() for column in columns if column in head):
        return
    try:
        found.given = settled(found.given, source, columns, date_order, found.notes, progress)
    except OrderUnknown as unknown:
        _ask(found, unknown)


def _ask(found, unknown):
    found.question = unknown
    found.problems.append(unknown.question)


def _look_at_rows(workspace, found, mapping, source_crs, source_timezone, date_order, progress):
    """Files that are mapped: incidents, gunfire, tactic logs, rosters and the calendar."""
    source = open_source(found.path, found.kind)
    found.columns = list(source.columns)
    found.given = recall(workspace, found.kind, source.columns, mapping, source_crs, source_timezone, found.notes)
    found.mapping = find_columns(source.columns, found.kind, found.given.mapping, [])
    columns = [*source.columns, *(GEOMETRY if source.has_geometry else ())]
    head = first_rows(source, columns, progress).head(_HEAD)
    found.notes += source.notes()
    _leave_out(found, head)
    moments = [column for role, column in found.mapping.items() if role in (
        "occurred", "occurred_from", "reported", "at", "from")]
    if moments:
        found.timezone = "UTC" if all(names_utc(column) for column in moments) else (
            found.given.source_timezone or workspace.settings.timezone)
    if found.kind in ("incidents", "gunfire"):
        found.source_crs = _crs(workspace, source, found, head)
    check_needed(source, found.kind, found.mapping)
    _ask_order(found, source, head, date_order, progress)


def _look_at_gps(workspace, found, mapping, source_crs, source_timezone, date_order, progress):
    """One file of fixes, or the first of a folder that can be read: the others are skipped by the import, too."""
    files = files_in(found.path)
    area = coordinates.Area(workspace)
    for number, path in enumerate(files):
        try:
            source = open_gps(path)
            found.columns, head = list(source.columns), first_rows(source, source.columns, progress)
            _leave_out(found, head)
            file = _gps_file(workspace, found, files, path, (mapping, source_crs, source_timezone, area, progress),
                             date_order)
        except ConnectError:
            if number == min(len(files), _TRIED) - 1:
                raise
        else:
            break
    if os.path.isdir(found.path):
        found.notes.append(f"{len(files):,} files in this folder; these are the columns of {os.path.basename(path)}.")
    found.given, found.mapping, found.source_crs, found.timezone = file.given, file.mapping, file.crs, file.zone
    found.notes += file.warnings + file.source.notes()
    _leave_out(found, head)
    if not file.is_near():
        found.notes.append("None of the first positions lies in the jurisdiction.")
    if "unit" not in found.mapping:
        found.notes.append("No column of units: the file is one unit, named like the file.")


def _gps_file(workspace, found, files, path, options, date_order):
    """One file of fixes; what to ask about its dates is put into ``found``, unless another file of the folder tells."""
    try:
        return GpsFile(workspace, path, *options, date_order)
    except OrderUnknown as unknown:
        for other in files[:_TRIED]:
            try:
                order = GpsFile(workspace, other, *options, date_order).given.date_order
            except ConnectError:
                continue
            if order in unknown.choices:
                return GpsFile(workspace, path, *options, order)
        _ask(found, unknown)
        return GpsFile(workspace, path, *options, next(iter(unknown.choices)))


def _look_at_layer(workspace, found, date_order, progress):
    source = open_source(found.path, areas=True)
    found.columns = list(source.columns)
    if found.kind in ROLES:
        found.mapping = recognise([column for column in source.columns if not privacy.about_persons(column)],
                                  found.kind)
    head = first_rows(source, source.columns, progress).head(_HEAD)
    _leave_out(found, head, found.kind in ROLES)
    if found.kind in _DATES:
        found.given = recall(workspace, found.kind, source.columns, None, "", "", found.notes)
        _ask_order(found, source, head, date_order, progress)


def _leave_out(found, head, all_known=True):
    """Say of every column that is not used why; of columns about persons nothing is shown."""
    found.left_out = {}
    for column in found.columns:
        # Residents are counted by group, and no value of them is a person's.
        counted = found.kind == "neighbourhoods" and population_group(column)
        about = "" if counted else privacy.about_persons(column)
        if not about and not counted and column in head:
            about = privacy.values_about_persons(head[column])
            about = "" if about == "number plates" and found.kind not in ("incidents", "gunfire") else about
        if about:
            found.left_out[column] = f"looks like {about}: never read"
            found.mapping = {role: used for role, used in found.mapping.items() if used != column}
        elif all_known and column not in found.mapping.values():
            found.left_out[column] = "not needed"
    hidden = [column for column in found.columns if found.left_out.get(column, "").startswith("looks")]
    found.rows = head[[column for column in found.columns if column in head and column not in hidden]].head(ROWS)


def _crs(workspace, source, found, head):
    samples = {pair: coordinates.sample(*(coordinates.numbers(head[column]) for column in pair))
               for pair in pairs_of(source, found.mapping)}
    if not samples:
        return ""
    area = coordinates.Area(workspace)
    system = coordinates.choose(area, samples, found.given.source_crs, source.crs)
    if not system.share:
        found.notes.append(coordinates.nowhere(area, system, found.given.source_crs or source.crs))
    return system.crs
