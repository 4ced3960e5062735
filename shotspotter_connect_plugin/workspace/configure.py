"""Changing and exporting what an agency can set: settings, crime types, shifts and tactics, as one JSON."""
import pandas as pd

from ..errors import ConnectError
from ..forecast.shifts import Shift, ShiftCalendar
from .settings import did_you_mean, settings_from
from .tables import TABLES

FIXED = ("crs", "size")
CRIME_TYPES = ("gunfire", "homicide", "aggravated_assault", "robbery", "burglary", "motor_vehicle_theft", "theft")
LISTS = ("crime_types", "shifts", "tactics")


def configure(workspace, configuration):
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
    present = {name: workspace.read(name) for name in LISTS}
    for name in FIXED:
        wanted = _part(configuration, "settings", dict, {}).get(name)
        if wanted is not None and wanted != getattr(workspace.settings, name):
            raise ConnectError("Setting " + name
                               + " is fixed when a workspace is made; create a new workspace instead.")
    settings, tables = checked_configuration(configuration, present, workspace.settings)
    changes = _setting_changes(workspace.settings, settings)
    with workspace.transaction() as writer:
        writer.save_settings(settings)
        for name in LISTS:
            if name in configuration:
                changes.extend(_row_changes(TABLES[name], present[name], tables[name]))
                writer.replace(name, tables[name])
    return changes


def export_configuration(workspace):
    """The workspace's configuration as a dict that :func:`configure` takes."""
    lists = {name: _records(workspace.read(name, order_by="sort_order")) for name in LISTS}
    return {"settings": dict(vars(workspace.settings)), **lists}


def checked_configuration(configuration, present, base=None):
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
            raise ConnectError("A configuration has no part " + str(name)
                               + did_you_mean(name, ("settings", *LISTS)) + ".")
    settings = settings_from(_part(configuration, "settings", dict, {}), base)
    given = {name: [_row(name, row) for row in _part(configuration, name, list, [])] for name in LISTS}
    tables = {name: _frame(name, given[name]) if name in configuration else present[name] for name in LISTS}
    if "crime_types" in configuration:
        tables["crime_types"] = _merged(present["crime_types"], given["crime_types"])
    shifts = tables["shifts"][["shift", "name", "start", "end", "weekdays"]]
    ShiftCalendar([Shift(*row) for row in shifts.itertuples(index=False)], settings.timezone)
    return settings, tables


def _part(configuration, name, kind, default):
    part = configuration.get(name, default)
    if not isinstance(part, kind):
        raise ConnectError("Part " + name + " of a configuration must be "
                           + ("an object." if kind is dict else "a list."))
    return part


def _row(name, row):
    """One row of a list, checked."""
    table = TABLES[name]
    if not isinstance(row, dict):
        raise ConnectError("Each entry of " + name + " must be an object.")
    for column in row:
        if column not in table.column_names:
            raise ConnectError("An entry of " + name + " has no field " + str(column)
                               + did_you_mean(column, table.column_names) + ".")
    return row


def _frame(name, rows):
    return pd.DataFrame(rows, columns=TABLES[name].column_names)


def _merged(present, rows):
    """The present crime types with what the rows change."""
    merged = {row["crime_type"]: row for row in _records(present)}
    for row in rows:
        merged[row["crime_type"]] = {**merged.get(row["crime_type"], {}), **row}
    return _frame("crime_types", list(merged.values()))


def _records(frame):
    """Rows as dicts of plain Python values, None for null."""
    plain = frame.astype(object)
    return plain.where(frame.notna(), None).to_dict("records")


def _setting_changes(before, after):
    return ["Setting " + name + ": " + str(value) + " -> " + str(getattr(after, name))
            for name, value in vars(before).items() if getattr(after, name) != value]


def _row_changes(table, before, after):
    old, new = ({tuple(row[name] for name in table.key): row for row in _records(frame)} for frame in (before, after))
    changes = []
    for key in [*old, *(key for key in new if key not in old)]:
        label = table.name + " " + key[0]
        if key not in new:
            changes.append(label + " removed")
        elif key not in old:
            changes.append(label + " added")
        elif old[key] != new[key]:
            changed = [name for name in table.column_names if old[key].get(name) != new[key].get(name)]
            changes.append(label + ": " + ", ".join(changed) + " changed")
    return changes
