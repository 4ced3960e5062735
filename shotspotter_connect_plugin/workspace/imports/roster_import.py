"""Importer of the roster: who crewed which unit when. Officers by badge number; names never get in."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Union

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.instants import DAY, NAT
from ...progress import SILENT
from ..store.workspace import Counts
from . import crews, time_texts, value_words
from .durations import minutes_of
from .import_result import ImportResult
from .source_questions import SourceOptions
from .unplaced_rows import UnplacedFile

if TYPE_CHECKING:
    from pathlib import Path

    from ...forecast.arrays import Bools, Objects
    from ...forecast.shifts import ShiftCalendar
    from ...progress import Progress
    from ..store.workspace import Workspace, Writer
    from .column_recognition import ColumnMapping

TABLE = "roster"

NO_UNIT, NO_OFFICER = "no unit", "no officer"
OFF_DUTY = "not on duty by its own words: sick, on leave, off"
NO_START = "no start: neither a time nor a date with a shift of the workspace"
UNREADABLE = "a date or time that cannot be read"
BACKWARDS = "an end before the start"
ANOTHER_SHIFT = ("hours mostly outside the shift that the row names: which morning is meant is not clear; write the "
                 "start with its date")
CONTRADICTED = "another row further down has the same unit, officer and start, and says otherwise"
_MOST_MINUTES = 24 * 60.0
_LONG = pd.Timedelta(hours=16)
"""Longer than this hardly any crew is aboard: a double shift is 16 hours."""
_KEY, _SAYS = ["unit", "officer", "from_utc"], ["to_utc", "shift_date", "shift"]


@dataclass
class _Moments:
    """Instants of a role; ``of_day`` tells times of day on the date of the row, ``next_day`` those a day later."""

    at: pd.Series
    of_day: Bools
    next_day: pd.Series


def import_roster(workspace: Workspace, path: Union[str, Path], mapping: ColumnMapping = None, source_crs: str = "",
                  source_timezone: str = "", rejects: str = "", progress: Progress = SILENT,
                  date_order: str = "") -> ImportResult:
    """Import who crewed which unit when.

    A row needs a unit, one officer or several, and a start: a full time; a time of day with the date of the shift; or
    the date and a shift of the workspace, whose hours then count. A time of day before the shift that the row names is
    in its part after midnight: 00:30 of a night that began on the 14th is on the 15th, and belongs to the 14th. An end
    that is a time of day not after the start is on the next day. Without an end the officer stays until the unit's
    next row, at most a day.

    Parameters as of :func:`~.incident_import.import_incidents`, with the roles of ``synonyms.ROLES["roster"]``; the
    file may also be a table without points. ``source_crs`` is not used: a roster has no places.

    Returns
    -------
    ImportResult
        Of a crew's row as a whole: added if anything of it is new, else updated if anything changed.

    Raises
    ------
    ConnectError
        When the file cannot be read, a column that is needed is missing, or its officers look like names. The
        workspace is then unchanged.
    """
    file, rows = _read(workspace, path, SourceOptions(mapping, "", source_timezone, date_order), progress)
    once = rows.drop_duplicates(_KEY, keep="last")

    def write(writer: Writer) -> tuple[Counts, dict[str, Any]]:
        done = _counts(workspace, rows, once)
        writer.upsert("officers", pd.DataFrame({"officer": sorted(set(once["officer"]))}))
        writer.upsert(TABLE, once.drop(columns="row"))
        return done, {}

    def leave(writer: Writer, options: SourceOptions) -> int:
        former = _read(workspace, path, options, SILENT)[1][_KEY].drop_duplicates()
        gone = former[~pd.MultiIndex.from_frame(former).isin(pd.MultiIndex.from_frame(once[_KEY]))]
        return writer.delete(TABLE, {tuple(_KEY): gone}) if len(gone) else 0
    return file.take_in(rejects, write, leave, "entries of the roster", ImportResult)


def _read(workspace: Workspace, path: Union[str, Path], options: SourceOptions,
          progress: Progress) -> tuple[UnplacedFile, pd.DataFrame]:
    """(a file, its good rows: one for each officer, with the number of the file's row)."""
    file = UnplacedFile(workspace, TABLE, path, options, ["unit", "officer"], ["shift_date", "from", "to"], progress)
    officers, wrong, words = crews.badges_of([file.texts(role) for role in file.roles("officer")])
    if words:
        file.warnings.append(f"Words beside {words:,} badge numbers were left out.")
    file.reject(file.texts("duty").map(value_words.says_off_duty), OFF_DUTY, "duty")
    file.reject(file.texts("unit") == "", NO_UNIT, "unit")
    file.reject(wrong, crews.NAMES, "officer")
    file.reject(officers.map(len) == 0, NO_OFFICER, "officer")
    dates, shift = _shifts(workspace, file)
    start, end = _hours_aboard(workspace.calendar, file, dates, shift)
    assigned = workspace.calendar.assign(start)
    rows = pd.DataFrame({
        "row": np.arange(len(file)), "unit": file.codes("unit"), "officer": officers, "from_utc": start, "to_utc": end,
        "shift_date": np.where(pd.isna(shift), assigned[0], dates),
        "shift": np.where(pd.isna(shift), assigned[1], shift)})[file.good].explode("officer", ignore_index=True)
    file.reject(np.isin(np.arange(len(file)), rows["row"][_differ(rows, rows)]), CONTRADICTED, "from")
    rows = rows[file.good[rows["row"].to_numpy(int)]]

    long = int((file.good & (end - start > _LONG).to_numpy()).sum())
    if long:
        file.warnings.append(f"{long:,} rows have a crew aboard for more than 16 hours; if their times are on a clock "
                             "of twelve hours, export them with AM and PM.")
    return file, rows


def _counts(workspace: Workspace, rows: pd.DataFrame, once: pd.DataFrame) -> Counts:
    """Rows of the file as new as the newest of their entries; ``once`` are the entries to be written."""
    stored = workspace.read(TABLE, where={"unit": once["unit"].unique()})
    known = pd.MultiIndex.from_frame(once[_KEY]).isin(pd.MultiIndex.from_frame(stored[_KEY]))
    state = pd.Series(np.where(known, np.where(_differ(once, stored), 1, 2), 0), index=once.index)
    first = state.reindex(rows.index, fill_value=2).groupby(rows["row"]).min()
    return Counts(*(int((first == which).sum()) for which in range(3)))


def _differ(rows: pd.DataFrame, others: pd.DataFrame) -> Bools:
    """Which rows say otherwise than the last of ``others`` with the same unit, officer and start; not if none has."""
    keys = pd.MultiIndex.from_frame(rows[_KEY])
    last = others.drop_duplicates(_KEY, keep="last").set_index(_KEY)[_SAYS]
    beside, differ = last.reindex(keys), np.zeros(len(rows), dtype=bool)
    for name in _SAYS:
        one, other = rows[name].reset_index(drop=True), beside[name].reset_index(drop=True)
        differ |= ((one != other) & ~(one.isna() & other.isna())).to_numpy(bool)
    return differ & keys.isin(last.index)


def _shifts(workspace: Workspace, file: UnplacedFile) -> tuple[Objects, Objects]:
    """(shift date, code of the shift) of each row, None where the source does not tell."""
    shifts = workspace.read("shifts")
    codes = value_words.shift_codes(shifts["shift"], shifts["name"])
    clock = time_texts.days_in_order(time_texts.parse(file.texts("shift_date")), file.date_order)
    dates, known = time_texts.iso_dates(clock), clock != NAT
    shift = file.texts("shift").map(lambda text: codes(text)).astype(object)
    shift = shift.where(shift.notna() & known, None).to_numpy()
    return np.where(pd.isna(shift), np.array(None), dates), shift


def _hours_aboard(calendar: ShiftCalendar, file: UnplacedFile, dates: Objects,
                  shift: Objects) -> tuple[pd.Series, pd.Series]:
    """From when to when each row's crew was aboard; rows that do not tell are rejected."""
    begin, finish = _hours(calendar, dates, shift)
    first, last = _moments(file, "from"), _moments(file, "to")
    after_midnight = first.of_day & (first.at < begin) & (first.next_day >= begin) & (first.next_day < finish)
    start, end = first.at.where(~after_midnight, first.next_day), last.at
    only_shift = start.isna() & (file.texts("from") == "")
    start, end = start.where(~only_shift, begin), end.where(~(only_shift & end.isna()), finish)
    file.reject(start.isna() & ~only_shift, UNREADABLE, "from")
    file.reject(start.isna(), NO_START)
    file.reject(end.isna() & (file.texts("to") != ""), UNREADABLE, "to")
    end = end.where(~(last.of_day & (end <= start)), last.next_day)
    end = end.where(end.notna() | only_shift, start + _lengths(file))
    file.reject(end.notna() & (end <= start), BACKWARDS, "to")
    within = np.minimum(end, finish) - np.maximum(start, begin)
    file.reject(after_midnight & end.notna() & (within < (end - start) / 2), ANOTHER_SHIFT, "from")
    moved = int((after_midnight & file.good).sum())
    if moved:
        file.warnings.append(f"{moved:,} rows start after midnight in the night of their date; they were put on the "
                             "day after it and belong to that night.")
    return start, end


def _lengths(file: UnplacedFile) -> pd.Series:
    """How long each row's crew is aboard by its hours, NaT where they tell nothing that a shift can be."""
    texts = file.texts("hours")
    minutes = minutes_of(texts, file.mapping.get("hours", ""), file.warnings, of_one=60.0)
    unread = int(((texts != "") & ~((minutes > 0) & (minutes <= _MOST_MINUTES))).sum())
    if unread:
        file.warnings.append(f"{unread:,} numbers of hours in column {file.mapping['hours']} cannot be the length of a "
                             "shift and were not read.")
    return pd.Series(pd.to_timedelta(np.where((minutes > 0) & (minutes <= _MOST_MINUTES), minutes, np.nan), unit="min"))


def _moments(file: UnplacedFile, role: str) -> _Moments:
    """Full times, or times of day on the date of the row; the day is added on the wall clock."""
    full = file.instants(role, time_texts.parse(file.texts(role)))
    day = file.texts("shift_date")
    parsed = time_texts.parse(day.where(day != "", file.texts("from")), _clocks(file.texts(role)))
    later = replace(parsed, clock=np.where(parsed.clock == NAT, NAT, parsed.clock + DAY))
    of_day = file.instants(role, parsed)
    return _Moments(full.where(full.notna(), of_day), (full.isna() & of_day.notna()).to_numpy(),
                    file.instants(role, later))


def _clocks(texts: pd.Series) -> pd.Series:
    """Times of day; in a roster a number up to 24 is an hour: nobody begins a shift at 22 minutes past midnight."""
    return texts.where(~texts.str.fullmatch(r"[01]?\d|2[0-4]"), texts + ":00")


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
