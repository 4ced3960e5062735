"""Importer of GPS fixes: any file of tracks in, one row per unit, moment and place out.

Files are read, put into the workspace's CRS and written chunk by chunk, all in one transaction, so that a file may be
larger than memory and a killed import leaves nothing behind. What the columns mean is decided by the first chunk.
"""
from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Union

import numpy as np
import pandas as pd

from ...errors import Cancelled, ConnectError
from ...forecast.shifts import check_timezone
from ...progress import SILENT
from ..store.workspace import Between
from .coordinates import JurisdictionArea
from .date_order import OrderUnknown
from .earlier_readings import FormerReadings
from .event_writing import SAME_PLACE
from .gps_file import KEY, TABLE, GpsFile
from .import_result import ImportResult
from .rejected_rows import SpooledRejects, rejects_path
from .source_questions import SourceOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...progress import Progress
    from ..store.rows import GpsFixes
    from ..store.workspace import Workspace, Writer
    from .column_recognition import ColumnMapping
    from .source_questions import SourceAnswers


_MOST_OTHERS = 3
"""Times as many fixes as are wanted that are read in one piece."""


@dataclass
class GpsImport(ImportResult):
    """As :class:`ImportResult`, with the first and the last date (ISO) of whose shifts there are fixes; "" if none."""

    first: str = ""
    last: str = ""


def import_gps(workspace: Workspace, path: Union[str, Path], mapping: ColumnMapping = None, source_crs: str = "",
               source_timezone: str = "", rejects: str = "", progress: Progress = SILENT,
               date_order: str = "") -> GpsImport:
    """Import GPS fixes.

    Fixes outside the jurisdiction (by more than a kilometre) are of no use and rejected with that reason. Fixes of bad
    accuracy are kept with it, and so are several of a unit at one moment (a device that tells no seconds); the visits
    decide. A unit's fix of the same moment and place is the same fix. A file that comes again and is read otherwise,
    since something else is said of it, takes the place of what it had brought.

    Parameters
    ----------
    path
        CSV and its like with any header or, separated by blanks or commas, without one; GPX; NMEA; Excel; any point
        layer that OGR opens; each also ``.gz``; or a folder of such files. A file without a column of units holds one
        unit, named like the file.
    mapping
        Role -> column, or the same as JSON; the roles are those of ``synonyms.ROLES["gps_fixes"]``. An empty ``unit``
        names the unit by the file. Columns of a file without a header are ``column 1``, ``column 2`` and so on.
    source_crs
        Coordinate system of the file; as the file tells, or degrees, or the workspace's, if not given.
    source_timezone
        Zone of times without an offset; the workspace's if not given (UTC for GPX and NMEA). Of the hour that comes
        twice when clocks go back the first coming is meant, until a unit's times jump back in the file.
    rejects
        CSV for the rows that were not taken; ``<workspace>-rejects-gps_fixes.csv`` beside the workspace if not given.
        Not written when every row was taken.
    date_order
        As :func:`~.incident_import.import_incidents` takes it; in a folder one file shows it for all with its columns.

    Returns
    -------
    GpsImport
        Of all files together; ``mapping`` is that of the first.

    Raises
    ------
    ConnectError
        When a file cannot be read or a column that is needed is missing; in a folder such files are skipped with a
        warning, as long as one can be read. When nothing tells day from month. The workspace is then unchanged.
    """
    path = str(path)
    files = files_in(path)
    options = SourceOptions(mapping, source_crs, source_timezone, date_order)
    area = JurisdictionArea(workspace)
    result = GpsImport(crs=area.crs, timezone=check_timezone(source_timezone or workspace.settings.timezone))
    read = 0
    shown: dict[str, str] = {}
    has_fixes = workspace.count(TABLE) > 0
    former: list[_Former] = []
    with workspace.transaction() as writer, SpooledRejects(rejects_path(workspace, TABLE, rejects)) as rejected:
        waiting = list(files)
        for number, file in enumerate(waiting):
            part = progress.part(min(number / len(files), 1.0), min((number + 1) / len(files), 1.0))
            try:
                reader = GpsFile(workspace, file, options, area, part, shown)
            except OrderUnknown:
                if number >= len(files) or len(files) == 1:
                    raise
                waiting.append(file)  # another file of the folder may show the order
                continue
            except ConnectError as error:
                if not os.path.isdir(path):
                    raise
                result.warnings.append(error.user)
                continue
            shown.setdefault(reader.answers.header, reader.answers.date_order)
            former.append(_import_file(workspace, reader, writer, rejected, result, has_fixes, part))
            read += 1
        if not read:
            remedy = result.warnings[0] if result.warnings else "choose another folder."
            raise ConnectError(f"No file in {os.path.basename(path)} holds GPS fixes that can be read; {remedy}")
        _leave(workspace, former, area, writer, result)
        result.reasons = dict(rejected.reasons.most_common())
        result.rejects = rejected.close()
        result.check_taken(os.path.basename(os.path.normpath(path)))
    return result


def files_in(path: str) -> list[str]:
    """The file named, or the files of the folder named, in order."""
    if not os.path.isdir(path) or path.lower().endswith(".gdb"):
        return [path]
    found = sorted(str(file) for file in Path(path).rglob("*") if file.is_file() and not file.name.startswith("."))
    if not found:
        raise ConnectError(f"{path} is an empty folder; choose one with files of GPS fixes.")
    return found


@dataclass
class _Former:
    """A file's earlier readings; of one that was imported before, ``hashes`` of the fixes that it tells now."""

    path: Path
    readings: FormerReadings
    answers: SourceAnswers
    hashes: list[NDArray[np.uint64]] = field(default_factory=list)


def _leave(workspace: Workspace, former: list[_Former], area: JurisdictionArea, writer: Writer,
           result: GpsImport) -> None:
    """Remove what files had brought as they were read before and none of the files brings now, and tell it."""
    now = np.unique(np.concatenate([np.zeros(0, np.uint64), *(part for file in former for part in file.hashes)]))
    for file in former:
        gone = 0
        for options in file.readings.options(file.answers):
            reader = GpsFile(workspace, file.path, options, area, SILENT)
            for chunk in reader.chunks():
                fixes, reason, _ = reader.fixes(chunk)
                left = _remove(workspace, writer, fixes[reason == np.array(None)], now)
                if len(left):  # visits of then are to be found anew, too
                    _widen(result, workspace, left["at_utc"])
                gone += len(left)
        result.warnings += [told for told in file.readings.told(file.answers, gone)
                            if told not in result.warnings]


def _remove(workspace: Workspace, writer: Writer, fixes: GpsFixes, staying: NDArray[np.uint64]) -> GpsFixes:
    """Take fixes out, apart from those whose hashes are told -> what left."""
    stored = _stored_near(workspace, fixes)
    keys = [pd.MultiIndex.from_frame(frame[KEY]) for frame in (stored, _as_known(fixes, stored))]
    leaves = keys[0].isin(keys[1]) & ~np.isin(_hashes(stored), staying)
    left, moment = stored[leaves], KEY[:2]
    if len(left):
        # By unit and moment, which are texts: places told to SQLite as text may come out in other last digits.
        writer.delete(TABLE, {tuple(moment): left[moment].drop_duplicates()})
        moments = pd.MultiIndex.from_frame(left[moment])
        writer.upsert(TABLE, stored[~leaves & pd.MultiIndex.from_frame(stored[moment]).isin(moments)])
    return left


def _hashes(fixes: GpsFixes) -> NDArray[np.uint64]:
    """A number for each fix, by its unit, moment and place."""
    return pd.util.hash_pandas_object(fixes[KEY], index=False).to_numpy()


def _import_file(workspace: Workspace, reader: GpsFile, writer: Writer, rejected: SpooledRejects, result: GpsImport,
                 has_fixes: bool, progress: Progress) -> _Former:
    former = _Former(reader.source.path, FormerReadings(workspace, TABLE, reader.source, "fixes"), reader.answers)
    counts: Counter[str] = Counter(read=0, added=0, updated=0, unchanged=0, rejected=0)
    reasons: Counter[str] = Counter()
    for chunk in reader.chunks():
        if progress.is_cancelled():
            raise Cancelled()
        fixes, reason, column = reader.fixes(chunk)
        good = reason == np.array(None)
        rejected.write(reader.source.name, chunk.index[~good], column[~good], reason[~good])
        reasons.update(reason[~good])
        _widen(result, workspace, fixes["at_utc"][good])
        stored = _stored_near(workspace, fixes[good]) if has_fixes else None
        taken = fixes[good] if stored is None else _as_known(fixes[good], stored)
        if former.readings.is_known:
            former.hashes.append(_hashes(taken))
        new = _each_once(taken) if stored is None else _not_yet(_each_once(taken), stored)
        done = writer.upsert(TABLE, new)
        counts.update(read=len(chunk), added=done.added, updated=done.updated, rejected=int((~good).sum()),
                      unchanged=int(good.sum()) - done.added - done.updated)
    former.answers = reader.answers  # the order of dates may be known only now
    for name, count in counts.items():
        setattr(result, name, getattr(result, name) + count)
    result.mapping = result.mapping or dict(reader.mapping)
    result.source_crs = result.source_crs or reader.crs
    result.dropped_columns += [name for name in reader.dropped_columns if name not in result.dropped_columns]
    result.warnings += [text for text in reader.warnings + reader.source.notes() if text not in result.warnings]
    ImportResult(counts["read"], counts["added"], counts["updated"], counts["unchanged"], counts["rejected"],
                 mapping=reader.mapping, source_crs=reader.crs, timezone=reader.zone, answers=reader.answers,
                 reasons=dict(reasons.most_common()), dropped_columns=reader.dropped_columns).record(
        writer, TABLE, reader.source.name, former.readings.digest, former.readings.content)
    return former


def _widen(result: GpsImport, workspace: Workspace, moments: pd.Series) -> None:
    """Have the dates of a result span the shifts in which these moments lie."""
    if moments.empty:
        return
    ends = pd.Series([moments.min(), moments.max()])
    local = workspace.calendar.to_local(ends).astype(str).str[:10]
    dates = [date or day for date, day in zip(workspace.calendar.assign(ends)[0], local)]
    result.first = min(filter(None, (result.first, dates[0])))
    result.last = max(result.last, dates[1])


def _stored_near(workspace: Workspace, fixes: GpsFixes) -> GpsFixes:
    """The workspace's fixes of the units and moments of some, and perhaps others."""
    moment, names = KEY[:2], [*KEY, "accuracy"]
    if fixes.empty:
        return fixes.loc[:, names]
    around = Between(fixes["at_utc"].min(), fixes["at_utc"].max() + pd.Timedelta(milliseconds=1))
    within = {"unit": fixes["unit"].unique(), "at_utc": around}
    # One piece of an index is read much faster than as many places of it, unless it is much longer.
    if workspace.count(TABLE, within) <= _MOST_OTHERS * len(fixes):
        return workspace.read(TABLE, names, within)
    return workspace.read(TABLE, names, {tuple(moment): fixes[moment].drop_duplicates()})


def _as_known(fixes: GpsFixes, stored: GpsFixes) -> GpsFixes:
    """Fixes put where there is one of the unit and moment within a metre: the same, told in other digits."""
    fixes = fixes.reset_index(drop=True)
    pairs = fixes[KEY].reset_index().merge(stored[KEY], on=KEY[:2], suffixes=("", "_known"))
    pairs["metres"] = np.hypot(pairs["x"] - pairs["x_known"], pairs["y"] - pairs["y_known"])
    pairs = pairs[pairs["metres"] < SAME_PLACE].sort_values("metres", kind="stable").drop_duplicates("index")
    for axis in ("x", "y"):
        fixes.loc[pairs["index"], axis] = pairs[f"{axis}_known"].to_numpy()
    return fixes


def _not_yet(fixes: GpsFixes, stored: GpsFixes) -> GpsFixes:
    """Fixes that are not stored just so: there is nothing to write for the others."""
    return fixes[fixes.merge(stored, how="left", on=list(fixes), indicator="known")["known"].to_numpy() == "left_only"]


def _each_once(fixes: GpsFixes) -> GpsFixes:
    """Each fix once: of several that say the same unit, moment and place, the most accurate, whatever their order."""
    fixes = fixes.sort_values([*KEY, "accuracy"], kind="stable", na_position="last")
    return fixes.drop_duplicates(KEY)
