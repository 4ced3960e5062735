"""Importer of the roster: who crewed which unit when. Officers by badge number; names never get in."""
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import ConnectError
from ..forecast.shifts import check_timezone
from ..progress import SILENT
from . import privacy, times
from .gps import Rejects
from .intake import ImportResult
from .readers import open_source, read_rows, too_long
from .runs import file_hash
from .synonyms import recognise

__all__ = ["import_roster"]

TABLE = "roster"

NO_UNIT, NO_OFFICER = "no unit", "no officer"
NO_START = "no start: neither a time nor a date with a shift of the workspace"
UNREADABLE = "a date or time that cannot be read"
BACKWARDS = "an end before the start"


def import_roster(workspace, path, mapping=None, source_crs="", source_timezone="", rejects="", progress=SILENT):
    """Import who crewed which unit when.

    A row needs a unit, an officer and a start: a full time; a time of day with the date of the shift; or the date and a
    shift of the workspace, whose hours then count. An end not after its start is on the next day. Without an end the
    officer stays until the unit's next row, at most a day.

    Parameters
    ----------
    workspace : Workspace
    path : str or pathlib.Path
        CSV and its like (also ``.gz``), Excel, or a table that OGR opens.
    mapping : dict or str, optional
        Role -> column, or the same as JSON; the roles are those of ``synonyms.ROLES["roster"]``.
    source_crs : str, optional
        Not used: a roster has no places.
    source_timezone : str, optional
        Zone of times without an offset; the workspace's if not given.
    rejects : str, optional
        CSV for the rows that were not taken; ``<workspace>-rejects-roster.csv`` beside the workspace if not given.
    progress : Progress, optional

    Returns
    -------
    ImportResult

    Raises
    ------
    ConnectError
        When the file cannot be read, a column that is needed is missing, or its officers look like names. The
        workspace is then unchanged.
    """
    source = open_source(path)
    zone = check_timezone(source_timezone or workspace.settings.timezone)
    warnings = []
    found = _columns(source, mapping, warnings)
    rows = pd.concat(read_rows(source, list(dict.fromkeys(found.values())), progress,
                               lambda chunk: chunk.assign(**{_LONG: too_long(chunk)})))
    texts = {role: rows[column].str.strip() for role, column in found.items()}
    _check_officers(texts["officer"], found["officer"])
    reason = np.full(len(rows), None, dtype=object)

    def reject(mask, why):
        reason[np.asarray(mask) & (reason == np.array(None))] = why

    blank = np.logical_and.reduce([(values == "").to_numpy() for values in texts.values()])
    reject(blank, "an empty row")
    reject(rows[_LONG], "more fields than the header")
    reject(texts["unit"] == "", NO_UNIT)
    reject(texts["officer"] == "", NO_OFFICER)
    dates, shift = _shifts(workspace, texts, len(rows))
    start, end = (_moments(texts, role, zone) for role in ("from", "to"))
    begin, finish = _hours(workspace.calendar, dates, shift)
    only_shift = start.isna() & (texts.get("from", pd.Series("", rows.index)) == "").to_numpy()
    start, end = start.where(~only_shift, begin), end.where(~(only_shift & end.isna()), finish)
    reject(start.isna() & ~only_shift, UNREADABLE)
    reject(start.isna(), NO_START)
    reject(end.isna() & (texts.get("to", pd.Series("", rows.index)) != "").to_numpy(), UNREADABLE)
    overnight = end.notna() & (end <= start)
    end = end.where(~overnight, end + pd.Timedelta(days=1))
    reject(end.notna() & (end <= start), BACKWARDS)
    assigned = workspace.calendar.assign(start)
    table = pd.DataFrame({
        "unit": texts["unit"].map(_code).to_numpy(), "officer": texts["officer"].map(_code).to_numpy(),
        "from_utc": start.to_numpy(), "to_utc": end.to_numpy(),
        "shift_date": np.where(pd.isna(shift), assigned[0], dates),
        "shift": np.where(pd.isna(shift), assigned[1], shift)})
    for name in ("from_utc", "to_utc"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return _write(workspace, source, found, zone, warnings, table, reason, rows.index.to_numpy(), rejects)


_LONG = "(long)"


def _columns(source, mapping, warnings):
    columns = [column for column in source.columns if not privacy.about_persons(column)]
    personal = [column for column in source.columns if column not in columns]
    if personal:
        warnings.append("Columns about persons were left out: {}.".format(", ".join(personal)))
    found = recognise(columns, TABLE, mapping)
    missing = [what for roles, what in ((("unit",), "the unit"), (("officer",), "the officer's badge number"),
                                        (("from", "shift"), "the start or the shift")) if not set(roles) & set(found)]
    if missing:
        raise ConnectError('{} has no column for {}; its columns are: {}. Name the right one in MAPPING, as in '
                           '{{"unit": "column"}}.'.format(
                               source.name, " and ".join(missing), ", ".join(source.columns)))
    return found


def _check_officers(values, column):
    what = privacy.values_about_persons(values.unique())
    if what and what != "number plates":
        raise ConnectError("The officers in column {} look like {}; give badge numbers, and name their column in "
                           'MAPPING, as in {{"officer": "column"}}.'.format(column, what))


def _code(text):
    """Spreadsheets make 117.0 of 117."""
    return re.sub(r"^(\d+)\.0$", r"\1", text)


def _shifts(workspace, texts, size):
    """(shift date, code of the shift) of each row, None where the source does not tell."""
    shifts = workspace.read("shifts")
    codes = {str(word).casefold(): code for code, name in zip(shifts["shift"], shifts["name"]) for word in (name, code)}
    dates, shift = np.full(size, None, dtype=object), np.full(size, None, dtype=object)
    if "shift_date" in texts:
        parsed = times.parse(texts["shift_date"])
        clock = times.in_order(parsed)
        known = clock != times.NAT
        dates[known] = np.datetime_as_string(clock[known].astype("datetime64[ns]").astype("datetime64[D]"))
    if "shift" in texts:
        shift = texts["shift"].str.casefold().map(codes).astype(object)
        shift = shift.where(shift.notna() & pd.notna(dates), None).to_numpy()
    return np.where(pd.isna(shift), None, dates), shift


def _moments(texts, role, zone):
    """Instants of a role: full times, or times of day on the date of the row."""
    size = len(texts["unit"])
    if role not in texts:
        return pd.Series(pd.DatetimeIndex([pd.NaT] * size, tz="UTC"))
    parsed = times.parse(texts[role])
    clock = times.in_order(parsed)
    offset, timed = parsed.offset, parsed.timed
    if "shift_date" in texts:
        joined = times.parse(texts["shift_date"], texts[role])
        of_day = (clock == times.NAT) | ~timed
        clock = np.where(of_day, times.in_order(joined), clock)
        offset, timed = np.where(of_day, joined.offset, offset), np.where(of_day, joined.timed, timed)
    known = (clock != times.NAT) & timed
    instant = np.full(size, times.NAT)
    instant[known] = np.where(offset[known], clock[known], times.to_utc(clock[known], zone, True))
    return pd.Series(pd.DatetimeIndex(instant.astype("datetime64[ns]")).tz_localize("UTC"))


def _hours(calendar, dates, shift):
    """Start and end of the shift of each row; NaT where there is none."""
    known = {}
    for pair in {(date, code) for date, code in zip(dates, shift) if code is not None}:
        try:
            known[pair] = calendar.bounds(*pair)
        except ConnectError:
            continue  # the shift does not run on that weekday: a row without hours, rejected as such
    pairs = [known.get(pair, (pd.NaT, pd.NaT)) for pair in zip(dates, shift)]
    return tuple(pd.Series(pd.DatetimeIndex([pair[side] for pair in pairs], tz="UTC")) for side in (0, 1))


def _write(workspace, source, found, zone, warnings, table, reason, lines, rejects):
    good = reason == np.array(None)
    rejects = Path(rejects or workspace.folder / "{}-rejects-{}.csv".format(Path(workspace.address).stem, TABLE))
    with workspace.transaction() as writer, Rejects(rejects) as rejected:
        rejected.write(source.name, lines[~good], np.full((~good).sum(), "", dtype=object), reason[~good])
        rows = table[good].drop_duplicates(["unit", "officer", "from_utc"], keep="last")
        done = writer.upsert(TABLE, rows)
        officers = pd.DataFrame({"officer": sorted(set(rows["officer"]))})
        writer.upsert("officers", officers)
        counts = {"read": len(table), "added": done.added, "updated": done.updated,
                  "unchanged": int(good.sum()) - done.added - done.updated, "rejected": int((~good).sum())}
        result = ImportResult(**counts, warnings=warnings, mapping=found, timezone=zone, reasons=dict(
            Counter(reason[~good]).most_common()), crs=workspace.settings.crs, dropped_columns=[
                column for column in source.columns if column not in found.values()])
        result.record(writer, TABLE, source.name, file_hash(source.path))
        result.rejects = rejected.close()
    return result
