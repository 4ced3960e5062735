"""Importer of tactic logs: what officers say they did, joined to the visits that GPS found."""
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import ConnectError
from ..forecast.shifts import check_timezone
from ..patrol import tactics
from ..progress import SILENT
from . import privacy, times
from .coordinates import numbers
from .gps import Rejects
from .intake import ImportResult
from .readers import open_source, read_rows, too_long
from .runs import file_hash
from .store import Between
from .synonyms import names_utc, plain, recognise

__all__ = ["TacticImport", "import_tactics"]

TABLE = "tactic_log"

NO_TACTIC, NO_TIME = "no tactic", "no time of day"
UNREADABLE = "a date or time that cannot be read"
NO_MINUTES = "minutes that are no number from 0 to 1440"
_LONG = "(long)"
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
    def counts(self):
        """The five numbers and the two flags as a dict."""
        return {**super().counts, "unmatched": self.unmatched, "unapproved": self.unapproved}


def import_tactics(workspace, path, mapping=None, source_crs="", source_timezone="", rejects="", progress=SILENT):
    """Import logs of tactics and join them to visits.

    A row needs a tactic and a time; officer, unit, box and minutes where the source tells them. It belongs to the visit
    of its unit or officer, in its box if it names one, at its time or within ten minutes of it. Rows without such a
    visit, or of a tactic that was not approved, had expired or is enforcement, are kept and flagged. Importing again
    after visits were found anew joins them anew.

    Parameters
    ----------
    workspace : Workspace
    path : str or pathlib.Path
        CSV and its like (also ``.gz``), Excel, or a table that OGR opens.
    mapping : dict or str, optional
        Role -> column, or the same as JSON; the roles are those of ``synonyms.ROLES["tactic_log"]``.
    source_crs : str, optional
        Not used: a log names its box or none.
    source_timezone : str, optional
        Zone of times without an offset; the workspace's if not given.
    rejects : str, optional
        CSV for the rows that were not taken; ``<workspace>-rejects-tactic_log.csv`` beside the workspace if not given.
    progress : Progress, optional

    Returns
    -------
    TacticImport

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
    parts = read_rows(source, list(dict.fromkeys(found.values())), progress,
                      lambda chunk: chunk.assign(**{_LONG: too_long(chunk)}))
    rows = pd.concat(parts) if parts else pd.DataFrame()
    if rows.empty:
        raise ConnectError("{} has no rows.".format(source.name))
    texts = {role: rows[column].fillna("").astype(str).str.strip() for role, column in found.items()}
    for role in ("officer", "unit"):
        _refuse_names(texts, found, role)
    reason = np.full(len(rows), None, dtype=object)

    def reject(mask, why):
        reason[np.asarray(mask) & (reason == np.array(None))] = why

    blank = np.logical_and.reduce([(values == "").to_numpy() for values in texts.values()])
    at, given = _moments(texts, "UTC" if names_utc(found["at"]) else zone)
    minutes = numbers(texts["minutes"]) if "minutes" in texts else np.full(len(rows), np.nan)
    told = (texts["minutes"] != "").to_numpy() if "minutes" in texts else np.zeros(len(rows), dtype=bool)
    reject(blank, "an empty row")
    reject(rows[_LONG], "more fields than the header")
    reject(texts["tactic"] == "", NO_TACTIC)
    reject(at.isna() & given, UNREADABLE)
    reject(at.isna(), NO_TIME)
    reject(told & ~((minutes >= 0) & (minutes <= _DAY_MINUTES)), NO_MINUTES)
    table = pd.DataFrame({
        **{role: _codes(texts, role, len(rows)) for role in ("officer", "unit", "box_id", "id")},
        "tactic": texts["tactic"].to_numpy(object), "minutes": minutes, "at_utc": at.to_numpy()})
    table["at_utc"] = pd.to_datetime(table["at_utc"], utc=True)
    good = reason == np.array(None)
    lines = rows.index.to_numpy()
    rejects = Path(rejects or workspace.folder / "{}-rejects-{}.csv".format(Path(workspace.address).stem, TABLE))
    with workspace.transaction() as writer, Rejects(rejects) as rejected:
        rejected.write(source.name, lines[~good], np.full((~good).sum(), "", dtype=object), reason[~good])
        logs = _judged(workspace, table[good], warnings)
        done = writer.upsert(TABLE, logs.drop(columns="box_id").drop_duplicates("log_id", keep="last"))
        counts = {"read": len(table), "added": done.added, "updated": done.updated,
                  "unchanged": int(good.sum()) - done.added - done.updated, "rejected": int((~good).sum())}
        flags = {"unmatched": int(logs["visit_id"].isna().sum()), "unapproved": int((~logs["approved"]).sum())}
        result = TacticImport(**counts, **flags, warnings=warnings, mapping=found, timezone=zone, reasons=dict(
            Counter(reason[~good]).most_common()), crs=workspace.settings.crs, dropped_columns=[
                column for column in source.columns if column not in found.values()])
        result.record(writer, TABLE, source.name, file_hash(source.path))
        result.rejects = rejected.close()
    return result


def _columns(source, mapping, warnings):
    columns = [column for column in source.columns if not privacy.about_persons(column)]
    personal = [column for column in source.columns if column not in columns]
    if personal:
        warnings.append("Columns about persons were left out: {}.".format(", ".join(personal)))
    found = recognise(columns, TABLE, mapping)
    missing = [what for role, what in (("tactic", "the tactic"), ("at", "the time")) if role not in found]
    if not {"officer", "unit"} & set(found):
        missing.append("the officer's badge number or the unit")
    if missing:
        raise ConnectError('{} has no column for {}; its columns are: {}. Name the right one in MAPPING, as in '
                           '{{"tactic": "column"}}.'.format(
                               source.name, " and ".join(missing), ", ".join(source.columns)))
    return found


def _refuse_names(texts, found, role):
    what = privacy.values_about_persons(texts[role].unique()) if role in texts else ""
    if what and what != "number plates":
        raise ConnectError("The values of column {} look like {}; give badge numbers or codes of units, and name their "
                           'column in MAPPING, as in {{"{}": "column"}}.'.format(found[role], what, role))


def _moments(texts, zone):
    """(instants, where something was written)."""
    clock = texts.get("at_time")
    parsed = times.parse(texts["at"])
    if clock is not None and not parsed.timed.any():
        parsed = times.parse(texts["at"], clock)
    wall = times.in_order(parsed)
    known = (wall != times.NAT) & parsed.timed
    instant = np.full(len(wall), times.NAT)
    instant[known] = np.where(parsed.offset[known], wall[known], times.to_utc(wall[known], zone, True))
    unreadable = parsed.given & (wall == times.NAT)
    instant = np.where(instant == times.NAT, instant, instant // times.MILLISECOND * times.MILLISECOND)
    return pd.Series(pd.DatetimeIndex(instant.astype("datetime64[ns]")).tz_localize("UTC")), unreadable


def _codes(texts, role, size):
    """Codes of a role, None where there is none; spreadsheets make 117.0 of 117."""
    if role not in texts:
        return np.full(size, None, dtype=object)
    values = texts[role].str.replace(r"^(\d+)\.0$", r"\1", regex=True)
    return values.where(values != "", None).to_numpy(object)


def _judged(workspace, rows, warnings):
    """Logs with their id, the code of their tactic, whether it was approved then, and their visit."""
    known = workspace.read("tactics")
    codes = {plain(word): place for place, names in enumerate(zip(known["name"], known["tactic"])) for word in names}
    place = rows["tactic"].map(plain).map(codes)
    listed = place.notna().to_numpy()
    logs = rows.reset_index(drop=True)
    written = logs["tactic"].to_numpy(object)
    words, hidden = privacy.without_contacts([text[:_LONGEST] for text in written])
    if hidden:
        warnings.append("{} tactics look like contacts of persons; their words were dropped.".format(hidden))
    which = place[listed].astype(int).to_numpy()
    logs["tactic"] = np.where(listed, "", words)
    logs.loc[listed, "tactic"] = known["tactic"].to_numpy(object)[which]
    dates = workspace.calendar.to_local(logs["at_utc"]).astype(str).str[:10] if len(logs) else pd.Series([], dtype=str)
    logs["approved"] = False
    logs.loc[listed, "approved"] = tactics.approved(
        known.iloc[which].reset_index(drop=True), pd.Series(dates.to_numpy(object)[listed]))
    logs["visit_id"] = tactics.join(logs, _visits(workspace, logs["at_utc"]))
    logs["log_id"] = _ids(logs, written)
    refused = Counter(logs.loc[~logs["approved"], "tactic"])
    if refused:
        warnings.append("{:,} rows name a tactic that was not approved on their date and are kept with that mark: {}."
                        .format(sum(refused.values()), ", ".join("{} ({})".format(name or "?", count)
                                                                 for name, count in refused.most_common(5))))
    alone = int(logs["visit_id"].isna().sum())
    if alone:
        warnings.append("{:,} rows belong to no visit that was found; they are kept. Find visits of their dates and "
                        "import this file again to join them.".format(alone))
    return logs.drop(columns="id")


def _visits(workspace, at):
    """Visits near the moments of logs."""
    columns = ["visit_id", "officer", "unit", "box_id", "entered_utc", "left_utc"]
    if at.empty:
        return workspace.read("visits", columns, {"visit_id": []})
    day = pd.Timedelta(days=1)
    return workspace.read("visits", columns, {"entered_utc": Between(at.min() - day, at.max() + 2 * day)})


def _ids(logs, written):
    """The source's ids, or ids of what the row says, the same in every import."""
    parts = [logs[name].fillna("").astype(str) for name in ("officer", "unit", "box_id", "at_utc", "minutes")]
    made = ["at:" + hashlib.sha256("\0".join((*values, plain(text))).encode()).hexdigest()[:16]
            for *values, text in zip(*parts, written)]
    return [re.sub(r"\s+", " ", given) if given else own for given, own in zip(logs["id"], made)]
