"""What was planned and delivered in a period, read once: patrols, stays, officers' visits, tactic logs, the roster.

Reports only format what :mod:`dosage_figures`, :mod:`tactic_figures` and :mod:`officer_figures` count of it. A
*stay* is one visit of one unit; ``visits`` has a row per officer aboard.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...patrol import dosage
from ..steps.plan_frames import BoxWords, PlanPatrols
from ..steps.shift_dates import dates_between
from ..steps.shift_plan import in_sheet_order
from ..store.former_boxes import known_boxes, visits_then
from ..store.rows import Tactics, VisitRows
from ..store.settings import Settings
from ..store.table_store import Wanted
from ..store.tables import TABLES
from ..store.workspace import Between, Workspace
from .number_frames import DeliveredPatrols, OfficerVisits, PeriodLogs, PeriodRoster, PeriodStays

OUTCOMES = ("missed", "short", "on_target", "over")
_PATROL = ["patrol_id", "draw_id", "shift_date", "shift", "box_id", "beat", "crime_type", "unit", "origin", "status",
           "target_minutes", "returns", "visit_order", "inclusion_probability", "published_utc"]
_STAY = ["unit", "box_id", "entered_utc"]


@dataclass(frozen=True)
class DeliveredPeriod:
    """A period's patrols, stays, officers' visits and tactic logs, of one beat and shift if so asked.

    Attributes
    ----------
    as_of : pandas.Timestamp or None
        The newest moment among all of these.
    """

    first: str
    last: str
    beat: str
    shift: str
    patrols: DeliveredPatrols
    stays: PeriodStays
    visits: OfficerVisits
    logs: PeriodLogs
    roster: PeriodRoster
    tactics: Tactics
    as_of: pd.Timestamp | None

    @property
    def empty(self) -> bool:
        """Whether there is nothing at all to report."""
        return self.patrols.empty and self.stays.empty and self.logs.empty


def read_delivered(workspace: Workspace, first: str, last: str, beat: str = "", shift: str = "") -> DeliveredPeriod:
    """Read what was planned and delivered on the shift dates ``first`` to ``last``, inclusive.

    A visit counts for the beat of its box, a log for that of its visit.

    Raises
    ------
    ConnectError
        When the dates cannot be read_delivered or are the wrong way round.
    """
    days = dates_between(first, last)
    when = {"shift_date": days, **({"shift": shift} if shift else {})}
    boxes = known_boxes(workspace, ["box_id", "beat", "where"])
    patrols = workspace.read("patrols", _PATROL, when)
    visits = visits_then(workspace, TABLES["visits"].column_names, when)
    moments = [patrols["published_utc"].max(), visits["left_utc"].max()]
    patrols = _patrols(patrols[patrols["status"] == "planned"], visits, boxes, workspace.settings)
    visits = _visits(visits, patrols, boxes)
    logs = _logs(workspace, days, shift, visits)
    moments.append(logs["at_utc"].max())
    roster = _roster(workspace, days, shift)
    if beat:
        patrols, visits, logs = (frame[frame["beat"] == beat].reset_index(drop=True)
                                 for frame in (patrols, visits, logs))
        roster = roster[roster["officer"].isin(visits["officer"])].reset_index(drop=True)
    moments = [moment for moment in moments if not pd.isna(moment)]
    stays = visits.drop_duplicates("stay").drop(columns=["visit_id", "officer"]).reset_index(drop=True)
    known = visits[visits["officer"] != dosage.UNKNOWN_OFFICER].groupby("stay").size()
    stays["officers"] = stays["stay"].map(known).fillna(0).astype(int)
    return DeliveredPeriod(first, last, beat, shift, patrols, stays, visits, logs, roster,
                           workspace.read("tactics", order_by="sort_order"), max(moments) if moments else None)


def _patrols(patrols: PlanPatrols, visits: VisitRows, boxes: BoxWords, settings: Settings) -> DeliveredPatrols:
    patrols = in_sheet_order(patrols, boxes[["box_id", "where"]], how="left")
    table = dosage.planned_against_delivered(patrols, visits).rename(columns={"patrol_minutes": "minutes"})
    table["planned_minutes"] = dosage.planned_minutes(table)
    outcome = dosage.dosage(table["minutes"], settings.on_target_low, settings.on_target_high,
                            table["planned_minutes"], settings.target_minutes)
    table["outcome"] = np.where(table["visits"] > 0, outcome, "missed")
    for name in ("origin", "visit_order", "inclusion_probability", "where", "number"):
        table[name] = patrols[name].to_numpy()
    return table.drop(columns=["status", "delivered"])


def _visits(visits: VisitRows, patrols: DeliveredPatrols, boxes: BoxWords) -> pd.DataFrame:
    """Visits with the stay they are part of, the beat of their box and the crime type of their patrol."""
    visits = visits.sort_values(["entered_utc", "unit", "box_id", "officer"], kind="stable", ignore_index=True)
    visits["stay"] = visits.groupby(_STAY, sort=False, dropna=False).ngroup()
    visits = visits.merge(boxes, on="box_id", how="left")
    kind = dict(zip(patrols["patrol_id"], patrols["crime_type"]))
    visits["crime_type"] = visits["patrol_id"].map(kind).astype(object)
    return visits


def _logs(workspace: Workspace, days: list[str], shift: str, visits: pd.DataFrame) -> PeriodLogs:
    """Logs of the shifts, each with its visit's box, beat and crime type."""
    calendar = workspace.calendar
    slots = calendar.slots(days[0], days[-1])
    at: Wanted = Between(slots["start_utc"].min(), slots["end_utc"].max()) if len(slots) else []
    logs = workspace.read("tactic_log", where={"at_utc": at}, order_by="at_utc")
    logs["shift_date"], logs["shift"] = calendar.assign(logs["at_utc"])
    logs = logs[logs["shift_date"].isin(days)]
    if shift:
        logs = logs[logs["shift"] == shift]
    mine = ["visit_id", "stay", "box_id", "beat", "where", "crime_type"]
    logs = logs.merge(visits[mine].drop_duplicates("visit_id"), on="visit_id", how="left")
    logs["hour"] = logs["at_utc"].dt.tz_convert(workspace.settings.timezone).dt.hour
    logs["listed"] = logs["tactic"].isin(workspace.distinct("tactics", "tactic"))
    return logs.reset_index(drop=True)


def _roster(workspace: Workspace, days: list[str], shift: str) -> PeriodRoster:
    """Who worked which shift: as the roster says, or the shift in which a row begins."""
    roster = workspace.read("roster")
    assigned = workspace.calendar.assign(roster["from_utc"])
    for name, found in zip(("shift_date", "shift"), assigned):
        roster[name] = roster[name].where(roster[name].notna(), pd.Series(found, index=roster.index))
    roster = roster[roster["shift_date"].isin(days)]
    if shift:
        roster = roster[roster["shift"] == shift]
    return roster[["shift_date", "shift", "officer", "unit"]].drop_duplicates().reset_index(drop=True)
