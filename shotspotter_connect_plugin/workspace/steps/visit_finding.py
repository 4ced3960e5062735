"""The step from GPS fixes to visits: read fixes, find visits, say whose they were and what they served, write them."""
from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...patrol import dosage
from ...patrol import visits as engine
from ...patrol.patrol_frames import Delivered
from ...patrol.tracks import VisitRules
from ...progress import SILENT, Progress
from ..store.former_boxes import boxes_of, with_boxes_now
from ..store.rows import VisitRows
from ..store.tables import TABLES
from ..store.workspace import Between, Workspace
from . import shift_plan
from .plan_frames import FoundVisits
from .shift_dates import dates_between

__all__ = ["DeliverySummary", "find_visits", "planned_against_delivered", "summary"]

_BEFORE = pd.Timedelta(hours=1)
_AFTER = pd.Timedelta(hours=12)
"""How long a visit is followed beyond the period's end."""
_FIXES = 200_000
"""About how many fixes are in memory at once."""


def find_visits(workspace: Workspace, first: str, last: str, progress: Progress = SILENT) -> VisitRows:
    """Find the visits of a period in the GPS fixes and keep them instead of those kept before.

    A visit belongs to the shift in which the unit came in, and a visit of a planned box of that shift serves its
    patrol. One row per officer whom the roster has aboard; without a roster the officer is "unknown". Drive-throughs
    are counted in the log, not kept. Visits outside the fishnet are of no use and not kept.

    Parameters
    ----------
    workspace : Workspace
    first, last : str
        Shift dates, inclusive.
    progress : Progress, optional
        Its log gets the counts: fixes, what was dropped and why, visits, drive-throughs.

    Returns
    -------
    pandas.DataFrame
        As the table ``visits``, by unit and time of entry.

    Raises
    ------
    ConnectError
        When the dates cannot be read or are the wrong way round, or there is no fix in the period (they may have been
        purged since the visits were found); the workspace is then unchanged.
    """
    start, end = _period(workspace.calendar, first, last)
    if not workspace.count("gps_fixes", {"at_utc": Between(start - _BEFORE, end + _AFTER)}):
        raise ConnectError("There are no GPS fixes in this period; import them first. Visits found before stay as they "
                           "were.")
    found = _found(workspace, start, end, workspace.fishnet, progress.part(0.0, 0.7))
    found = _in_boxes_of_plans(workspace, found, start, end, progress.part(0.7, 0.9))
    found = serve(workspace, found)
    with workspace.transaction() as writer:
        writer.replace("visits", found, {"entered_utc": Between(start, end)})
    progress.report(1.0)
    return found


def serve(workspace: Workspace, found: FoundVisits) -> VisitRows:
    """Say of visits whose they were and what they served: the rows of the table ``visits``.

    Parameters
    ----------
    found : pandas.DataFrame
        unit, box_id, entered_utc, left_utc, minutes.
    """
    found = found.copy()
    for name in ("entered_utc", "left_utc"):
        found[name] = found[name].dt.floor("ms")
    found["shift_date"], found["shift"] = workspace.calendar.assign(found["entered_utc"])
    dates = [date for date in found["shift_date"].unique() if date is not None]
    found = dosage.with_patrols(found, workspace.read("patrols", where={"shift_date": dates}))
    settings = workspace.settings
    found["dosage"] = dosage.dosage(found["minutes"], settings.on_target_low, settings.on_target_high,
                                    found.pop("target_minutes"), settings.target_minutes)
    roster = workspace.read("roster", where={"unit": found["unit"].unique().tolist()})
    found = dosage.with_officers(found, roster)
    found["visit_id"] = _ids(found)
    return with_boxes_now(workspace, found)[TABLES["visits"].column_names]


def planned_against_delivered(workspace: Workspace, first: str, last: str) -> Delivered:
    """Per patrol of the shift dates (inclusive) what was planned and delivered; see :mod:`dosage`."""
    days = dates_between(first, last)
    patrols = workspace.read("patrols", where={"shift_date": days})
    return dosage.planned_against_delivered(patrols, workspace.read("visits", where={"shift_date": days}))


@dataclass(frozen=True)
class DeliverySummary:
    """Planned against delivered of a period: planned patrols, how many had a visit, minutes, and it all in words."""

    patrols: int
    served: int
    target_minutes: float
    patrol_minutes: float
    sentences: tuple[str, ...]


def summary(workspace: Workspace, first: str, last: str) -> DeliverySummary:
    """Planned against delivered of the shift dates (inclusive), summed over the planned patrols."""
    table = planned_against_delivered(workspace, first, last)
    table = table[table["status"] == "planned"]
    table = table.assign(planned=dosage.planned_minutes(table))
    target, minutes = float(table["planned"].sum()), float(table["patrol_minutes"].sum())
    served = int((table["visits"] > 0).sum())
    if table.empty:
        return DeliverySummary(0, 0, 0.0, 0.0, ("No patrols were planned in this period.",))
    sentences = [f"Planned {len(table):,} patrols and {target:,.0f} minutes; delivered {minutes:,.0f} patrol-minutes "
                 f"in {served:,} of them."]
    for (date, shift), part in table.groupby(["shift_date", "shift"], sort=False):
        if not part["visits"].any():
            sentences.append(f"{date} {shift}: no visit to any of {len(part)} patrols; are the GPS fixes of this "
                             "shift imported?")
            continue
        sentences.append(f"{date} {shift}: {(part['visits'] > 0).sum()} of {len(part)} patrols visited, "
                         f"{part['patrol_minutes'].sum():,.0f} of {part['planned'].sum():,.0f} minutes.")
    return DeliverySummary(len(table), served, round(target, 1), round(minutes, 1), tuple(sentences))


def _period(calendar, first, last):
    """From the start of the first shift of a date to that of the day after another; no moment is in two periods."""
    dates = pd.to_datetime(dates_between(first, last))
    return tuple(_start(calendar, date) for date in (dates[0], dates[-1] + pd.Timedelta(days=1)))


def _start(calendar, date):
    text = date.strftime("%Y-%m-%d")
    slots = calendar.slots(text, text)
    return calendar.to_utc([date])[0] if slots.empty else slots["start_utc"].min()


def _found(workspace, start, end, grid, progress):
    """Visits that began in the period, some units at a time, so that never all fixes are in memory."""
    rules = VisitRules.from_settings(workspace.settings)
    boxes = set(boxes_of(workspace, grid, ["box_id"])["box_id"])
    when = Between(start - _BEFORE, end + _AFTER)
    units = workspace.distinct("gps_fixes", "unit", {"at_utc": when})
    counts: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    parts = []
    together = max(1, _FIXES * len(units) // max(workspace.count("gps_fixes", {"at_utc": when}), 1))
    for number in range(0, len(units), together):
        part = progress.part(number / len(units), min(number + together, len(units)) / len(units))
        part.report(0.0, "Finding visits")
        following = units[number + together] if number + together < len(units) else None
        fixes = workspace.read("gps_fixes", ["unit", "at_utc", "x", "y", "accuracy"], {
            "unit": Between(units[number], following), "at_utc": when}, order_by=["unit", "at_utc"])
        visits = engine.find_visits(fixes["unit"], fixes["at_utc"], fixes["x"], fixes["y"], grid, rules,
                                    accuracy=fixes["accuracy"], progress=part)
        dropped.update(visits.counts.pop("dropped"))
        counts.update(visits.counts)
        frame = visits.frame
        inside = (frame["entered_utc"] >= start) & (frame["entered_utc"] < end) & frame["box_id"].isin(boxes)
        parts.append(frame[inside])
    found = pd.concat(parts, ignore_index=True) if parts else engine.no_visits()
    _tell(progress, units, counts, dropped, len(found))
    return found


def _in_boxes_of_plans(workspace, found, start, end, progress):
    """Visits, in shifts that were planned on an earlier layout in the boxes of that one."""
    if not workspace.layout:
        return found
    slots = workspace.calendar.slots(*(str((moment + pd.Timedelta(days=days)).date())
                                       for moment, days in ((start, -1), (end, 1))))
    for slot in slots[(slots["start_utc"] < end) & (slots["end_utc"] > start)].itertuples():
        grid = shift_plan.grid_of_plan(workspace, slot.shift_date, slot.shift)
        if grid != workspace.fishnet:
            first, last = max(slot.start_utc, start), min(slot.end_utc, end)
            own = (found["entered_utc"] >= first) & (found["entered_utc"] < last)
            found = pd.concat([found[~own], _found(workspace, first, last, grid, progress)], ignore_index=True)
    return found.sort_values(["unit", "entered_utc"], kind="stable", ignore_index=True)


def _tell(progress, units, counts, dropped, visits):
    why = ", ".join(f"{number:,} {reason}" for reason, number in dropped.items() if number)
    progress.info(f"{counts['fixes']:,} fixes of {len(units):,} units, {counts['used']:,} used"
                  + (f"; not used: {why}." if why else "."))
    progress.info(f"{visits:,} visits in boxes; {counts['drive_throughs']:,} drive-throughs anywhere were not counted "
                  "as visits.")


def _ids(visits):
    """Ids from what a visit is, the same in every run."""
    entered = np.datetime_as_string(visits["entered_utc"].dt.tz_localize(None).to_numpy("datetime64[ms]"))
    return [hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16] for parts in zip(
        visits["unit"], visits["box_id"], entered, visits["officer"])]
