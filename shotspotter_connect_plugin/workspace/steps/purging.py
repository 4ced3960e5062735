"""Retention: rows older than a table's limit go, for good; what is append-only stays."""
from __future__ import annotations

import pandas as pd

from ...errors import ConnectError
from ...progress import SILENT, Progress
from ..store import roles
from ..store.tables import TABLES
from ..store.workspace import Between, Workspace
from .plan_frames import PurgedTables


def purge(workspace: Workspace, dry_run: bool = True, now: pd.Timestamp | None = None,
          progress: Progress = SILENT) -> PurgedTables:
    """Remove what is older than the setting ``retention_days`` allows, in one transaction.

    A row is as old as the moment in its table's ``ages_by``; the limit is the start of the day, on the agency's clock,
    so many days before today. Rows without that moment stay, and so do tables that the setting does not name. After it
    the file is rewritten, so that nothing of the rows stays in it; until that is done the file says so, and the next
    purge does it, whether a program was killed or a disk was full in between.

    Parameters
    ----------
    workspace : Workspace
    dry_run : bool
        Only tell what would go.
    now : datetime with a zone, optional
        The present moment if not given.

    Raises
    ------
    ConnectError
        When no limit is set, or when the account's role may not purge.
    """
    limits = workspace.settings.retention_days
    earlier = workspace.unfinished_purge
    if earlier and dry_run:
        progress.warn("An earlier purge removed rows but was stopped before it could rewrite the file, in which they "
                      "may still be found; purge again to finish it.")
    if not limits and (dry_run or not earlier):
        raise ConnectError("No retention limit is set; set retention_days with Configure workspace, as in "
                           "{\"settings\": {\"retention_days\": {\"gps_fixes\": 90}}}.")
    if not dry_run:
        roles.require(workspace, "purge")
    today = pd.Timestamp.now(tz="UTC") if now is None else pd.Timestamp(now)
    today = today.tz_convert(workspace.settings.timezone).normalize().tz_localize(None)
    rows = []
    for name in (name for name in TABLES if name in limits):
        date = (today - pd.Timedelta(days=limits[name])).strftime("%Y-%m-%d")
        old = {str(TABLES[name].ages_by): Between(None, _limit(workspace, name, date))}
        rows.append((name, limits[name], date, old))
    if dry_run:
        gone = [workspace.count(name, old) for name, _, _, old in rows]
        kept = [workspace.count(row[0]) - count for row, count in zip(rows, gone)]
    else:
        gone = _remove(workspace, rows, progress.part(0.0, 0.8))
        kept = [workspace.count(row[0]) for row in rows]
        if any(gone) or earlier:
            progress.report(0.8, "Rewriting the file")
            workspace.finish_purge()
            if earlier:
                progress.info("An earlier purge that was stopped is finished now.")
    progress.report(1.0)
    table = pd.DataFrame([row[:3] for row in rows], columns=["table", "days", "before"])
    return table.assign(rows=gone, kept=kept)


def _remove(workspace, rows, progress):
    """Delete by the conditions of ``rows`` in one transaction -> how many of each."""
    gone: list[int] = []
    with workspace.transaction(for_good=True) as writer:
        for name, _, date, old in rows:
            progress.report(len(gone) / len(rows), f"{name}: rows from before {date}")
            gone.append(writer.delete(name, old))
        if any(gone):
            writer.note_purge({"at": pd.Timestamp.now(tz="UTC").isoformat(), "who": roles.account(),
                               "rows": {row[0]: count for row, count in zip(rows, gone)}})
    return gone


def _limit(workspace, name, date):
    """The first value that stays: a date, or the moment at which that date begins on the agency's clock."""
    table = TABLES[name]
    if table.column(table.ages_by or "").type == "date":
        return date
    return workspace.calendar.to_utc([pd.Timestamp(date)])[0]
