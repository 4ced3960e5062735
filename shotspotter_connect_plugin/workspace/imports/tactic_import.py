"""Importer of tactic logs: what officers say they did, joined to the visits that GPS found."""
from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

import numpy as np
import pandas as pd

from ...forecast.instants import NAT
from ...patrol import tactic_rules
from ...progress import SILENT
from ..store.former_boxes import visits_then
from ..store.workspace import Between
from . import crews, privacy, time_texts
from .column_names import plain
from .import_result import ImportResult
from .log_minutes import IN_MINUTES, minutes_of_log
from .source_questions import SourceOptions
from .time_columns import has_own_times
from .unplaced_rows import UnplacedFile

if TYPE_CHECKING:
    from pathlib import Path

    from ...forecast.arrays import Bools, Objects
    from ...progress import Progress
    from ..store.workspace import Counts, Workspace, Writer
    from .column_recognition import ColumnMapping
    from .import_frames import TacticRows

TABLE = "tactic_log"

NO_TACTIC, NO_TIME = "no tactic", "no time of day"
UNREADABLE = "a date or time that cannot be read"
NO_MINUTES = "minutes that are no number from 0 to 1440"
CONTRADICTED = "the number of another row that says otherwise"
_DAY_MINUTES = 1440.0
_LONGEST = 100
"""Characters kept of a tactic that the list does not know: the name of a tactic, not a report."""


@dataclass
class TacticImport(ImportResult):
    """As :class:`ImportResult`; ``unmatched`` rows belong to no visit, ``unapproved`` ones name a tactic that was not
    approved then. Both are kept and counted among those added, updated and unchanged."""

    unmatched: int = 0
    unapproved: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """The five numbers and the two flags as a dict."""
        return {**super().counts, "unmatched": self.unmatched, "unapproved": self.unapproved}


def import_tactics(workspace: Workspace, path: Union[str, Path], mapping: ColumnMapping = None, source_crs: str = "",
                   source_timezone: str = "", rejects: str = "", progress: Progress = SILENT,
                   date_order: str = "") -> TacticImport:
    """Import logs of tactics and join them to visits.

    A row needs a tactic and a time; officer, unit, box and minutes where the source tells them, be it in hours or
    seconds or by start and end. It belongs to the visit of its unit or officer, in its box if it names one, at its time
    or within ten minutes of it. Rows without such a visit, or of a tactic that was not approved, had expired or is
    enforcement, are kept and flagged. Importing again after visits were found anew joins them anew.

    Parameters as of :func:`~.incident_import.import_incidents`, with the roles of ``synonyms.ROLES["tactic_log"]``; the
    file may also be a table without points. ``source_crs`` is not used: a log names its box or none.

    Returns
    -------
    TacticImport

    Raises
    ------
    ConnectError
        When the file cannot be read, a column that is needed is missing, or its officers look like names. The
        workspace is then unchanged.
    """
    file, rows = _read(workspace, path, SourceOptions(mapping, "", source_timezone, date_order), progress)
    ids: set[str] = set()

    def write(writer: Writer) -> tuple[Counts, dict[str, Any]]:
        logs = _judged(workspace, rows, file.warnings)
        ids.update(logs["log_id"])
        done = writer.upsert(TABLE, logs.drop(columns="box_id").drop_duplicates("log_id", keep="last"))
        return done, {"unmatched": int(logs["visit_id"].isna().sum()), "unapproved": int((~logs["approved"]).sum())}

    def leave(writer: Writer, options: SourceOptions) -> int:
        former = _judged(workspace, _read(workspace, path, options, SILENT)[1], [])
        gone = sorted(set(former["log_id"]) - ids)
        return writer.delete(TABLE, {"log_id": gone}) if gone else 0
    return file.take_in(rejects, write, leave, "rows of logs", TacticImport)


def _read(workspace: Workspace, path: Union[str, Path], options: SourceOptions,
          progress: Progress) -> tuple[UnplacedFile, TacticRows]:
    """(a file, its good rows)."""
    file = UnplacedFile(workspace, TABLE, path, options, ["officer", "unit"], ["at", "to"], progress)
    at, given = _moments(file)
    minutes = minutes_of_log(file, at, frozenset(file.answers.mapping))
    crew, wrong, _ = crews.badges_of([file.texts(role) for role in file.roles("officer")])
    if (crew.map(len) > 1).any():
        file.warnings.append("Some rows name several officers; a tactic counts once, for the first of them.")
    file.reject(wrong, crews.NAMES, "officer")
    file.reject(file.texts("tactic") == "", NO_TACTIC, "tactic")
    file.reject(at.isna() & given, UNREADABLE, "at")
    file.reject(at.isna(), NO_TIME, "at")
    for role in [*IN_MINUTES, "to"]:
        file.reject((file.texts(role) != "") & ~((minutes >= 0) & (minutes <= _DAY_MINUTES)), NO_MINUTES, role)
    rows = pd.DataFrame({
        "officer": crew.str[0].where(crew.str[0].notna(), None),
        **{role: file.codes(role) for role in ("unit", "box_id", "id")},
        "tactic": file.texts("tactic").to_numpy(object), "minutes": minutes, "at_utc": at})[file.good]
    others = rows.index[_contradicted(rows)]
    file.reject(np.isin(np.arange(len(file)), others), CONTRADICTED, "id")
    return file, rows.drop(others)


def _contradicted(rows: TacticRows) -> Bools:
    """Which rows have the source's number of a row further down that says otherwise."""
    last = rows.drop_duplicates("id", keep="last").set_index("id").reindex(rows["id"])
    differ = np.zeros(len(rows), dtype=bool)
    for name in rows.columns.drop("id"):
        one, other = rows[name].reset_index(drop=True), last[name].reset_index(drop=True)
        differ |= ((one != other) & ~(one.isna() & other.isna())).to_numpy(bool)
    return differ & rows["id"].notna().to_numpy()


def _moments(file: UnplacedFile) -> tuple[pd.Series, Bools]:
    """(instants, where a date was written that cannot be read)."""
    parsed = time_texts.parse(file.texts("at"))
    if not has_own_times(parsed, file.zone) and "at_time" in file.mapping:
        beside = time_texts.parse(file.texts("at_time"))
        parsed = beside if has_own_times(beside, file.zone) else time_texts.parse(
            file.texts("at"), file.texts("at_time"))
    clock = time_texts.in_order(parsed, file.date_order)
    return file.instants("at", parsed), parsed.written & (clock == NAT)


def _judged(workspace: Workspace, rows: TacticRows, warnings: list[str]) -> pd.DataFrame:
    """Logs with their id, the code of their tactic, whether it was approved then, and their visit."""
    known = workspace.read("tactics")
    codes = {plain(word): place for place, names in enumerate(zip(known["name"], known["tactic"])) for word in names}
    place = rows["tactic"].map(plain).map(codes)
    listed = place.notna().to_numpy()
    logs = rows.reset_index(drop=True)
    written = logs["tactic"].to_numpy(object)
    words, hidden = privacy.without_contacts([text[:_LONGEST] for text in written])
    if hidden:
        warnings.append(f"{hidden} tactics look like contacts of persons; their words were dropped.")
    which = place[listed].astype(int).to_numpy()
    logs["tactic"] = np.where(listed, "", words)
    logs.loc[listed, "tactic"] = known["tactic"].to_numpy(object)[which]
    logs["approved"] = False
    logs.loc[listed, "approved"] = tactic_rules.approved(
        known.iloc[which].reset_index(drop=True), pd.Series(_shift_dates(workspace, logs["at_utc"])[listed]))
    logs["visit_id"] = tactic_rules.visits_of_logs(logs, _visits(workspace, logs["at_utc"]))
    logs["log_id"] = _ids(workspace, logs, written)
    refused = Counter(logs.loc[~logs["approved"], "tactic"])
    if refused:
        most = ", ".join(f"{name or '?'} ({count})" for name, count in refused.most_common(5))
        warnings.append(f"{sum(refused.values()):,} rows name a tactic that was not approved on their date and are "
                        f"kept with that mark: {most}.")
    alone = int(logs["visit_id"].isna().sum())
    if alone:
        warnings.append(f"{alone:,} rows belong to no visit that was found; they are kept. Find visits of their "
                        "dates and import this file again to join them.")
    return logs.drop(columns="id")


def _shift_dates(workspace: Workspace, at: pd.Series) -> Objects:
    """The date of the shift of each log, for which its tactics were offered; its own date where no shift runs."""
    dates, _ = workspace.calendar.assign(at)
    own = workspace.calendar.to_local(at).astype(str).str[:10].to_numpy(object) if len(at) else dates
    return np.where(dates == np.array(None), own, dates)


def _visits(workspace: Workspace, at: pd.Series) -> pd.DataFrame:
    """Visits near the moments of logs, in the boxes of then, which the logs name."""
    columns = ["visit_id", "officer", "unit", "box_id", "entered_utc", "left_utc"]
    if at.empty:
        return visits_then(workspace, columns, {"visit_id": []})
    day = pd.Timedelta(days=1)
    return visits_then(workspace, columns, {"entered_utc": Between(at.min() - day, at.max() + 2 * day)})


def _ids(workspace: Workspace, logs: pd.DataFrame, written: Objects) -> list[str]:
    """The source's ids, or ids of what the row says, the same in every import.

    A row that was imported when nothing told its minutes keeps the id it was given then.
    """
    made, without_minutes = _made_ids(logs, written), _made_ids(logs.assign(minutes=np.nan), written)
    stored = set(workspace.read(TABLE, ["log_id"], {"log_id": [*made, *without_minutes]})["log_id"])
    ids = []
    for given, own, older in zip(logs["id"], made, without_minutes):
        if isinstance(given, str) and given:
            ids.append(re.sub(r"\s+", " ", given))
        elif own not in stored and older in stored:
            stored.discard(older)  # of two rows that differ in minutes alone only one is the older
            ids.append(older)
        else:
            ids.append(own)
    return ids


def _made_ids(logs: pd.DataFrame, written: Objects) -> list[str]:
    # Numbers, as which a column of nothing comes too, take no text in their place.
    logs = logs.astype({name: object for name in logs if pd.api.types.is_numeric_dtype(logs[name])})
    parts = [logs[name].fillna("").astype(str) for name in ("officer", "unit", "box_id", "at_utc", "minutes")]
    return ["at:" + hashlib.sha256("\0".join((*values, plain(text))).encode()).hexdigest()[:16]
            for *values, text in zip(*parts, written)]
