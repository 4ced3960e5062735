"""Importer of the roster: who crewed which unit when. Officers by badge number; names never get in."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.instants import NAT
from ...progress import SILENT
from . import time_texts
from .import_result import ImportResult
from .source_questions import SourceOptions
from .unplaced_rows import UnplacedFile

if TYPE_CHECKING:
    from pathlib import Path

    from ...forecast.arrays import Objects
    from ...forecast.shifts import ShiftCalendar
    from ...progress import Progress
    from ..store.workspace import Counts, Workspace, Writer
    from .column_recognition import ColumnMapping

TABLE = "roster"

NO_UNIT, NO_OFFICER = "no unit", "no officer"
NO_START = "no start: neither a time nor a date with a shift of the workspace"
UNREADABLE = "a date or time that cannot be read"
BACKWARDS = "an end before the start"


def import_roster(workspace: Workspace, path: Union[str, Path], mapping: ColumnMapping = None, source_crs: str = "",
                  source_timezone: str = "", rejects: str = "", progress: Progress = SILENT,
                  date_order: str = "") -> ImportResult:
    """Import who crewed which unit when.

    A row needs a unit, an officer and a start: a full time; a time of day with the date of the shift; or the date and a
    shift of the workspace, whose hours then count. An end not after its start is on the next day. Without an end the
    officer stays until the unit's next row, at most a day.

    Parameters as of :func:`~.incident_import.import_incidents`, with the roles of ``synonyms.ROLES["roster"]``; the
    file may also be a table without points. ``source_crs`` is not used: a roster has no places.

    Returns
    -------
    ImportResult

    Raises
    ------
    ConnectError
        When the file cannot be read, a column that is needed is missing, or its officers look like names. The
        workspace is then unchanged.
    """
    file = UnplacedFile(workspace, TABLE, path, SourceOptions(mapping, "", source_timezone, date_order),
                        ["unit", "officer"], ["shift_date", "from", "to"], progress)
    file.reject(file.texts("unit") == "", NO_UNIT, "unit")
    file.reject(file.texts("officer") == "", NO_OFFICER, "officer")
    dates, shift = _shifts(workspace, file)
    start, end = (_moments(file, role) for role in ("from", "to"))
    begin, finish = _hours(workspace.calendar, dates, shift)
    only_shift = start.isna() & (file.texts("from") == "")
    start, end = start.where(~only_shift, begin), end.where(~(only_shift & end.isna()), finish)
    file.reject(start.isna() & ~only_shift, UNREADABLE, "from")
    file.reject(start.isna(), NO_START)
    file.reject(end.isna() & (file.texts("to") != ""), UNREADABLE, "to")
    overnight = end.notna() & (end <= start)
    end = end.where(~overnight, end + pd.Timedelta(days=1))
    file.reject(end.notna() & (end <= start), BACKWARDS, "to")
    assigned = workspace.calendar.assign(start)
    rows = pd.DataFrame({
        "unit": file.codes("unit"), "officer": file.codes("officer"), "from_utc": start, "to_utc": end,
        "shift_date": np.where(pd.isna(shift), assigned[0], dates),
        "shift": np.where(pd.isna(shift), assigned[1], shift)})[file.good]
    rows = rows.drop_duplicates(["unit", "officer", "from_utc"], keep="last")

    def write(writer: Writer) -> tuple[Counts, dict[str, Any]]:
        writer.upsert("officers", pd.DataFrame({"officer": sorted(set(rows["officer"]))}))
        return writer.upsert(TABLE, rows), {}
    return file.take_in(rejects, write, ImportResult)


def _shifts(workspace: Workspace, file: UnplacedFile) -> tuple[Objects, Objects]:
    """(shift date, code of the shift) of each row, None where the source does not tell."""
    shifts = workspace.read("shifts")
    codes = {str(word).casefold(): code for code, name in zip(shifts["shift"], shifts["name"]) for word in (name, code)}
    clock = time_texts.in_order(time_texts.parse(file.texts("shift_date")), file.date_order)
    dates, known = time_texts.iso_dates(clock), clock != NAT
    shift = file.texts("shift").str.casefold().map(codes).astype(object)
    shift = shift.where(shift.notna() & known, None).to_numpy()
    return np.where(pd.isna(shift), np.array(None), dates), shift


def _moments(file: UnplacedFile, role: str) -> pd.Series:
    """Instants of a role: full times, or times of day on the date of the row."""
    full = file.instants(role, time_texts.parse(file.texts(role)))
    return full.where(full.notna(), file.instants(role, time_texts.parse(file.texts("shift_date"), file.texts(role))))


def _hours(calendar: ShiftCalendar, dates: Objects, shift: Objects) -> tuple[pd.Series, pd.Series]:
    """Start and end of the shift of each row; NaT where there is none."""
    known = {}
    for pair in {(date, code) for date, code in zip(dates, shift) if code is not None}:
        try:
            known[pair] = calendar.bounds(*pair)
        except ConnectError:
            continue  # the shift does not run on that weekday: a row without hours, rejected as such
    pairs = [known.get(pair, (pd.NaT, pd.NaT)) for pair in zip(dates, shift)]
    return tuple(pd.Series(pd.DatetimeIndex([pair[side] for pair in pairs], tz="UTC")) for side in (0, 1))
