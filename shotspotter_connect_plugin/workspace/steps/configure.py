"""Changing and exporting what an agency can set: settings, crime types, shifts and tactics, as one JSON."""
from __future__ import annotations

import re
from datetime import date
from typing import Any, Mapping

import pandas as pd

from ...errors import ConnectError
from ...forecast.shifts import Shift, ShiftCalendar
from ..store.chain import records
from ..store.settings import Settings, check_beats, did_you_mean, settings_from
from ..store.tables import TABLES
from ..store.workspace import Workspace

LISTS = ("crime_types", "shifts", "tactics")
DEFAULT_CRIME_TYPES = ("gunfire", "homicide", "aggravated_assault", "robbery", "burglary", "motor_vehicle_theft",
                       "theft")
_FIXED = ("crs", "size")
_TIMES = {"incidents": ("occurred_from", "occurred_to"), "gunfire": ("occurred",)}
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_KINDS: dict[str, tuple[Any, str]] = {
    "text": (str, "text"), "integer": (int, "a whole number"), "real": ((int, float), "a number"),
    "boolean": (bool, "true or false"), "date": (str, "a date"), "json": (list, "a list")}


def configure(workspace: Workspace, configuration: Mapping[str, Any]) -> list[str]:
    """Change what the configuration names, all of it or nothing.

    Parameters
    ----------
    workspace : Workspace
    configuration : dict
        ``{"settings": {...}, "crime_types": [...], "shifts": [...], "tactics": [...]}``, each part optional. Settings
        and crime types change only what they name; shifts and tactics are whole lists that replace the present ones.

    Returns
    -------
    list of str
        One sentence per change; empty if all was so already.

    Raises
    ------
    ConnectError
        On the first thing that does not fit; then nothing is changed.
    """
    before = workspace.settings
    present = {name: workspace.read(name) for name in LISTS}
    settings, tables = checked_configuration(configuration, present, before)
    for name in _FIXED:
        if getattr(settings, name) != getattr(before, name):
            raise ConnectError(f"Setting {name} is fixed when a workspace is made; create a new workspace instead.")
    check_beats(settings, workspace.read("beats", ["beat"])["beat"], tables["shifts"]["shift"])
    changes = [_change(f"Setting {name}", value, getattr(settings, name)) for name, value in vars(before).items()
               if getattr(settings, name) != value]
    for name in LISTS:
        changes.extend(_row_changes(TABLES[name], present[name], tables[name]))
    if not changes:
        return changes
    old, new = workspace.calendar, _calendar(tables["shifts"], settings)
    with workspace.transaction() as writer:
        writer.save_settings(settings)
        for name in LISTS:
            writer.replace(name, tables[name])
        if (old.shifts, old.timezone) != (new.shifts, new.timezone):
            changes.extend(_reassign(workspace, writer, new))
    return changes


def export_configuration(workspace: Workspace) -> dict[str, Any]:
    """The workspace's configuration as a dict that :func:`configure` takes."""
    lists = {name: records(workspace.read(name, order_by="sort_order")) for name in LISTS}
    return {"settings": dict(vars(workspace.settings)), **lists}


def checked_configuration(configuration: Mapping[str, Any], present: Mapping[str, pd.DataFrame],
                          base: Settings | None = None) -> tuple[Settings, dict[str, pd.DataFrame]]:
    """Check a whole configuration against what is there; nothing is written.

    Parameters
    ----------
    configuration : dict
    present : dict of str -> pandas.DataFrame
        Rows of crime_types, shifts and tactics that are there now.
    base : Settings, optional
        Settings that are there now; the defaults if not given.

    Returns
    -------
    (Settings, dict of str -> pandas.DataFrame)
        What the workspace shall hold.
    """
    if not isinstance(configuration, dict):
        raise ConnectError("A configuration must be one JSON object with settings, crime_types, shifts and tactics.")
    for name in configuration:
        if name not in ("settings", *LISTS):
            raise ConnectError(f"A configuration has no part {name}{did_you_mean(name, ('settings', *LISTS))}.")
    settings = settings_from(_part(configuration, "settings", dict), base)
    tables = dict(present)
    for name in LISTS:
        if name in configuration:
            rows = [_checked_row(name, row) for row in _part(configuration, name, list)]
            tables[name] = _completed(name, rows, present[name])
    if not tables["crime_types"]["enabled"].any():
        raise ConnectError("No crime type is enabled; enable at least one.")
    _calendar(tables["shifts"], settings)
    return settings, tables


def _part(configuration, name, kind):
    part = configuration.get(name, kind())
    if not isinstance(part, kind):
        raise ConnectError(f"Part {name} of a configuration must be {'an object.' if kind is dict else 'a list.'}")
    return part


def _checked_row(name, row):
    """One entry of a list, every field of it checked."""
    table, key = TABLES[name], TABLES[name].key[0]
    if not isinstance(row, dict):
        raise ConnectError(f"Each entry of {name} must be an object.")
    code = row.get(key)
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise ConnectError(f"Each entry of {name} needs a {key} made of letters, digits, - and _.")
    label = f"{name} {code}"
    for field, value in row.items():
        if field not in table.column_names:
            raise ConnectError(f"{label} has no field {field}{did_you_mean(field, table.column_names)}.")
        _check_type(label, table.column(field), value)
    _CHECKS[name](label, row)
    return row


def _check_type(label, column, value):
    kind, words = _KINDS[column.type]
    if value is None:
        return
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool) or value != value:
        raise ConnectError(f"In {label}, {column.name} must be {words}.", repr(value))
    if column.type == "date":
        try:
            date.fromisoformat(value)
        except ValueError as error:
            raise ConnectError(f"In {label}, {column.name} must be a date such as 2026-01-31.") from error


def _check_crime_type(label, row):
    if row["crime_type"] not in DEFAULT_CRIME_TYPES:
        raise ConnectError("There is no crime type " + row["crime_type"] + "; the crime types are "
                           + ", ".join(DEFAULT_CRIME_TYPES) + ". Others are never used in a forecast.")
    if row.get("severity") is not None and not 0 <= row["severity"] < float("inf"):
        raise ConnectError(f"In {label}, severity must be 0 or more.")
    if row.get("effectiveness") is not None and not 0 <= row["effectiveness"] <= 1:
        raise ConnectError(f"In {label}, effectiveness must be 0 to 1.")
    if "colour" in row and not _COLOUR.fullmatch(row["colour"] or ""):
        raise ConnectError(f"In {label}, colour must be written #rrggbb.")


def _check_shift(label, row):
    for field in ("start", "end"):
        if row.get(field) is None:
            raise ConnectError(f"{label} needs a {field} written HH:MM.")


def _check_tactic(label, row):
    wrong = [code for code in row.get("crime_types") or [] if code not in DEFAULT_CRIME_TYPES]
    if wrong:
        raise ConnectError(f"{label} names the crime type {wrong[0]}; the crime types are "
                           f"{', '.join(DEFAULT_CRIME_TYPES)}.")


_CHECKS = {"crime_types": _check_crime_type, "shifts": _check_shift, "tactics": _check_tactic}


_LEFT_OUT: dict[str, dict[str, Any]] = {
    "shifts": {"weekdays": "1234567"}, "tactics": {"crime_types": [], "enforcement": False}, "crime_types": {}}


def _completed(name, rows, present):
    """The whole table: entries with what they may leave out; of crime types, what no entry names stays."""
    code = TABLES[name].key[0]
    rows = [{**_LEFT_OUT[name], **row} for row in rows]
    keys = [tuple(row[field] for field in TABLES[name].key) for row in rows]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise ConnectError(f"{name} names {twice[0]} twice; keep one of them.")
    if name == "crime_types":
        named = {row[code]: row for row in rows}
        rows = [{**row, **named.get(row[code], {})} for row in records(present)]
    rows = [{"name": row[code], "sort_order": number, **row} for number, row in enumerate(rows, 1)]
    return pd.DataFrame(rows, columns=TABLES[name].column_names)


def _calendar(shifts, settings):
    rows = shifts.sort_values("sort_order", kind="stable")[["shift", "name", "start", "end", "weekdays"]]
    return ShiftCalendar([Shift(*row) for row in rows.itertuples(index=False)], settings.timezone)


def _reassign(workspace, writer, calendar):
    """Give stored events their wall clock and shift by a new calendar; one sentence per table."""
    changes = []
    for name, times in _TIMES.items():
        frame = workspace.read(name, [*TABLES[name].key, *(f"{time}_utc" for time in times)])
        if frame.empty:
            continue
        for time in times:
            frame[f"{time}_local"] = calendar.to_local(frame[f"{time}_utc"])
        frame["shift_date"], frame["shift"] = calendar.assign_span(frame[f"{times[0]}_utc"], frame[f"{times[-1]}_utc"])
        counts = writer.upsert(name, frame)
        changes.append(f"{counts.updated} of {len(frame)} rows of {name} were given another wall clock or shift.")
    return [*changes, "Forecasts and plans made before keep the shifts they were made for; score and meter again."]


def _change(what, before, after):
    return f"{what}: {before} -> {after}"


def _row_changes(table, before, after):
    old, new = ({tuple(row[name] for name in table.key): row for row in records(frame)} for frame in (before, after))
    changes = []
    for key in dict.fromkeys([*old, *new]):
        label = f"{table.name} {key[0]}"
        if key not in new:
            changes.append(f"{label} removed")
        elif key not in old:
            changes.append(f"{label} added")
        else:
            changes.extend(_change(f"{label} {name}", old[key][name], new[key][name])
                           for name in table.column_names if old[key][name] != new[key][name])
    return changes
