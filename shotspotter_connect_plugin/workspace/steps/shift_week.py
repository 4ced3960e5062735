"""The shifts of a week and what is planned for them; the shift before and after; the date to open."""
from __future__ import annotations

import numpy as np
import pandas as pd

from ...patrol import adjustments
from ..store import chain
from ..store.workspace import Workspace
from .plan_frames import NamedShifts, WeekShifts


def place_to_open(workspace: Workspace, shift: str = "") -> tuple[str, str]:
    """(date, code) of the shift to look at first: today's plan if it has one, else the newest, else today.

    ``shift`` is the one that was looked at last: kept where the date has a plan of it or of none at all, else the first
    shift with a plan that has not ended, or the last one where all have.
    """
    today = workspace.calendar.today().isoformat()
    drawn = workspace.read("draws", ["shift_date", "shift"])
    added = workspace.read("patrols", ["shift_date", "shift"], {"status": "planned"})
    dates = drawn["shift_date"].unique().tolist()
    shift_date = today if today in dates or not dates else max(dates)
    codes = {code for plan in (drawn, added) for code in plan.loc[plan["shift_date"] == shift_date, "shift"]}
    if not codes or shift in codes:
        return shift_date, shift
    slots = workspace.calendar.slots(shift_date, shift_date)
    planned = [code for code in slots["shift"] if code in codes]
    now = pd.Timestamp.now(tz="UTC")
    coming = [code for code in planned if not workspace.calendar.has_ended(shift_date, code, now)]
    return shift_date, (coming or planned[::-1] or [shift])[0]


def week(workspace: Workspace, shift_date: str) -> WeekShifts:
    """The shifts of the week (Monday to Sunday) that holds a date."""
    day = pd.Timestamp(shift_date).date()
    first = day - pd.Timedelta(days=day.weekday())
    slots = workspace.calendar.slots(str(first), str(first + pd.Timedelta(days=6)))
    slots = slots[["shift_date", "shift", "start_utc"]].reset_index(drop=True)
    where = {"shift_date": slots["shift_date"].unique().tolist()}
    key = ["shift_date", "shift"]
    patrols = workspace.read("patrols", [*key, "origin", "crime_type"], {**where, "status": "planned"})
    changes = pd.DataFrame(chain.records(workspace.read("adjustments", where=where, order_by="seq")))
    counts = pd.DataFrame({
        "draws": workspace.read("draws", key, where).groupby(key).size(), "planned": patrols.groupby(key).size(),
        "added": patrols[patrols["origin"] == "added"].groupby(key).size()})
    counts["suppressed"] = pd.Series({
        at: len(adjustments.suppressed_boxes(rows.to_dict("records"))) for at, rows in changes.groupby(key)
    } if len(changes) else {}, dtype=float)
    counts = counts.rename_axis(key).reset_index()
    slots = slots.merge(counts, on=key, how="left").fillna(dict.fromkeys(counts.columns[2:], 0)).astype(
        dict.fromkeys(counts.columns[2:], int))
    types = {at: codes.value_counts().to_dict() for at, codes in patrols.groupby(key)["crime_type"]}
    slots["types"] = [types.get(at, {}) for at in zip(slots["shift_date"], slots["shift"])]
    return with_names(workspace, slots)


def shift_names(workspace: Workspace) -> pd.Series:
    """The name of each shift by its code, as the agency wrote it."""
    return workspace.read("shifts", ["shift", "name"]).drop_duplicates("shift").set_index("shift")["name"]


def with_names(workspace: Workspace, slots: pd.DataFrame) -> NamedShifts:
    """Slots with the ``name`` of their ``shift``; its code where it has none."""
    return slots.assign(name=slots["shift"].map(shift_names(workspace)).fillna(slots["shift"]))


def neighbouring_shift(workspace: Workspace, shift_date: str, shift: str, by: int) -> tuple[str, str]:
    """(date, code) of the shift that starts ``by`` shifts after one, before it where negative; the shift itself at the
    ends of the calendar."""
    day = pd.Timestamp(shift_date).date()
    reach = pd.Timedelta(days=7 + abs(by))  # every code runs at least once a week
    slots = workspace.calendar.slots(str(day - reach), str(day + reach))
    here = np.flatnonzero((slots["shift_date"] == shift_date) & (slots["shift"] == shift))
    if here.size == 0:
        later = np.flatnonzero(slots["shift_date"] >= shift_date)
        here = later[:1] - (by > 0)
    place = slots.iloc[int(np.clip(here[0] + by, 0, len(slots) - 1))]
    return place["shift_date"], place["shift"]
