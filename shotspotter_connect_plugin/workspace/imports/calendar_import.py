"""Importer of the calendar: holidays, school days, events and weather, one row of the table per date.

A row of a file may tell of several dates (a school break) or of several measures (a day's weather); it counts once: as
added if anything of it is new, else as updated if anything of it changed.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional, Union

import numpy as np
import pandas as pd

from ... import json_text
from ...errors import ConnectError, some
from ...forecast.instants import NAT, nanoseconds
from ...progress import SILENT
from ..store.workspace import Between
from . import privacy
from .calendar_file import CALENDAR_KINDS, FORECAST, LINE_COLUMN, CalendarFile, dates_of_days
from .column_recognition import ColumnMapping, recognise
from .date_order import with_date_order
from .earlier_readings import FormerReadings
from .import_result import ImportResult
from .readers import open_source, read_whole
from .rejected_rows import rejects_path
from .row_source import POSITION_COLUMNS
from .source_questions import SourceOptions, recall
from .weather_measures import WEATHER

if TYPE_CHECKING:
    from pathlib import Path

    from ...progress import Progress
    from ..store.workspace import Workspace
    from .import_frames import CalendarRows
    from .row_source import RowSource
    from .source_questions import SourceAnswers

TABLE = "calendar"
_VALUES = ("value", "from_utc", "to_utc", "x", "y", "known_utc")
_KEY = ["date", "kind", "name"]


def import_calendar(workspace: Workspace, path: Union[str, Path], mapping: ColumnMapping = None, rejects: str = "",
                    progress: Progress = SILENT, date_order: str = "") -> ImportResult:
    """Import holidays, school days, events or weather.

    Parameters
    ----------
    path
        CSV and its like (also ``.gz``), Excel, or a table or point layer that OGR opens.
    mapping
        What the file holds, one of :data:`CALENDAR_KINDS`; or role -> column, the roles being
        ``synonyms.ROLES["calendar"]``; or both, as in ``{"weather": {"temperature": "AIR_TEMP_F"}}``; a dict also as
        JSON. Found from a column of kinds, from the names of the columns or of the file if not given.
    rejects, date_order
        As of :func:`~.incident_import.import_incidents`.

    Returns
    -------
    ImportResult

    Raises
    ------
    ConnectError
        When the file cannot be read, has no date, or does not tell what it holds or day from month. The workspace is
        then unchanged.
    """
    holds, roles = _contents(mapping)
    source = open_source(path)
    warnings: list[str] = []
    answers = recall(workspace, TABLE, source.columns, SourceOptions(roles), warnings)
    found = _columns(source, answers.mapping, holds, warnings)
    rows = read_whole(source, [*found.values(), *(POSITION_COLUMNS if source.has_geometry else ())],
                      progress.part(0.0, 0.5))
    warnings.extend(source.notes())
    progress.report(0.5)
    columns = [found[role] for role in ("date", "from", "to", "issued") if role in found]
    answers = with_date_order(answers, source, columns, date_order, warnings, rows=rows)
    reading = CalendarFile(workspace, source, rows, found, warnings, answers.date_order)
    kind = reading.kinds(holds)
    table = pd.concat([reading.days(kind), reading.weather(kind)], ignore_index=True)
    progress.report(0.8)
    return _write(workspace, reading, table, rejects_path(workspace, TABLE, rejects), answers, progress)


def _contents(mapping: Union[Mapping[str, Any], str, None]) -> tuple[str, Union[Mapping[str, Any], str, None]]:
    """(kind or "", role -> column) of what MAPPING says."""
    if isinstance(mapping, str):
        text = mapping.strip()
        if text.casefold() in CALENDAR_KINDS:
            return CALENDAR_KINDS[text.casefold()], None
        try:
            mapping = json_text.parse(text) if text else None
        except ValueError as error:
            raise ConnectError(f"MAPPING must be one of the words {', '.join(CALENDAR_KINDS)}, or JSON such as "
                               '{"weather": {"temperature": "AIR_TEMP_F"}}.', str(error)) from error
    if isinstance(mapping, dict) and len(mapping) == 1:
        (name, roles), = mapping.items()
        if name in CALENDAR_KINDS and isinstance(roles, dict):
            return CALENDAR_KINDS[name], roles
    return "", mapping


def _columns(source: RowSource, roles: dict[str, Optional[str]], holds: str, warnings: list[str]) -> dict[str, str]:
    columns = [column for column in source.columns if not privacy.about_persons(column)]
    personal = [column for column in source.columns if column not in columns]
    if personal:
        warnings.append(f"Columns about persons were left out: {some(personal)}.")
    found = recognise(columns, TABLE, roles)
    if holds and holds != "weather":
        found = {role: column for role, column in found.items() if role not in WEATHER}
    if not {"date", "from"} & set(found):
        raise ConnectError(f"{source.name} has no column for the date; its columns are: {some(source.columns)}. "
                           'Name the right one in MAPPING, as in {"date": "column"}.')
    return found


def _write(workspace: Workspace, reading: CalendarFile, table: CalendarRows, rejects: Path, answers: SourceAnswers,
           progress: Progress) -> ImportResult:
    """All of it in one transaction, with the rejects and the line in ``imports``."""
    if len(table):
        table["date"] = dates_of_days(table["day"])
        for name in ("from_utc", "to_utc", "known_utc"):
            table[name] = pd.to_datetime(table[name].where(table[name] != NAT), utc=True)
    rows = table.drop_duplicates(_KEY, keep="last") if len(table) else table
    former = FormerReadings(workspace, TABLE, reading.source, "days")
    with workspace.transaction() as writer:
        state, gone = _compared(workspace, rows, reading.source.name, former.is_alone)
        for row in gone.itertuples():
            writer.delete(TABLE, {"date": row.date, "kind": row.kind, "name": row.name})
        if len(gone):
            reading.warnings.append(f"{len(gone):,} days of an earlier import of {reading.source.name} are no longer "
                                    "in it and were removed.")
        reading.warnings.extend(former.told(answers, 0))
        changed = rows[(state < _SAME).to_numpy()] if len(rows) else rows
        if len(changed):
            writer.upsert(TABLE, changed[_KEY + list(_VALUES)].assign(source=reading.source.name))
        progress.report(1.0)
        kept = np.zeros(0, dtype=np.int64)
        if len(table):
            # A row of the file is as new as the newest of what it says.
            kept = pd.Series(state.reindex(pd.MultiIndex.from_frame(table[_KEY])).to_numpy()).groupby(
                table[LINE_COLUMN].to_numpy()).min().to_numpy()
        added, updated, unchanged = (int((kept == which).sum()) for which in (_NEW, _OTHER, _SAME))
        result = ImportResult(
            read=reading.read, added=added, updated=updated, unchanged=unchanged, rejected=len(reading.rejects),
            dropped_columns=reading.source.unused(reading.found),
            warnings=reading.warnings, mapping=reading.found, reasons=dict(reading.rejects.reasons.most_common()),
            rejects=reading.rejects.write(rejects), source_crs=reading.source.crs, crs=workspace.settings.crs,
            timezone=reading.zone, answers=answers)
        result.check_taken(reading.source.name)
        result.record(writer, TABLE, reading.source.name, former.digest, former.content)
    return result


_NEW, _OTHER, _SAME = 0, 1, 2


def _compared(workspace: Workspace, rows: pd.DataFrame, source: str,
              is_alone: bool) -> tuple[pd.Series, pd.DataFrame]:
    """State of each row against the workspace, by key; and what an earlier import of the file held besides.

    Weather of other dates stays: exports of it go on from day to day under one name. Of a file that comes again and
    ``is_alone`` under its name all leaves that it does not hold as it is read now.
    """
    if rows.empty:
        return pd.Series(dtype=int), pd.DataFrame()
    last = dates_of_days([int(rows["day"].max()) + 1])[0]
    there = {"kind": sorted(set(rows["kind"])), "date": Between(rows["date"].min(), last)}
    stored = workspace.read(TABLE, where=there).set_index(_KEY)
    keys = pd.MultiIndex.from_frame(rows[_KEY])
    old = stored.reindex(keys)
    state = np.where(keys.isin(stored.index), _SAME, _NEW)
    for name in _VALUES:
        new, before = rows[name].to_numpy(), old[name].to_numpy()
        if name.endswith("_utc"):
            new, before = (nanoseconds(pd.DatetimeIndex(pd.to_datetime(values, utc=True)).floor("ms"))
                           for values in (rows[name], old[name]))
            same = new == before
        else:
            new, before = new.astype(float), before.astype(float)
            same = np.isclose(new, before, rtol=1e-9, atol=1e-9, equal_nan=True)
        state = np.where((state == _SAME) & ~same, _OTHER, state)
    gone = stored[(stored["source"] == source) & ~stored.index.isin(keys)].reset_index()
    if is_alone:
        own = workspace.read(TABLE, _KEY, {"source": source})
        return pd.Series(state, index=keys), own[~pd.MultiIndex.from_frame(own).isin(keys)]
    return pd.Series(state, index=keys), gone[~gone["kind"].isin(["weather", FORECAST])]
