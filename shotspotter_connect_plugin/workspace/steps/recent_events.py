"""What was reported lately, and what rose since the forecast of a plan. It only reads."""
from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ...errors import ConnectError
from ...patrol import metering
from ...progress import SILENT, Progress
from ..store.former_boxes import known_boxes
from ..store.workspace import Between, Workspace
from . import forecasting, shift_plan
from .plan_frames import RecentCounts, RisenBoxes

_USUAL_WEEKS = 4
_TICK = pd.Timedelta(milliseconds=1)
LEAST_RISE = 0.1
"""A box is listed as risen when its harm grew by this share at least."""


def reported_since(workspace: Workspace, shift_date: str, shift: str, now: pd.Timestamp | None = None) -> int:
    """How many events became known after the stored forecast of a shift, until now or its end; 0 without a forecast."""
    moments = workspace.distinct("forecasts", "as_of_utc", {"shift_date": shift_date, "shift": shift})
    if not moments:
        return 0
    until = min(_now(now), workspace.calendar.bounds(shift_date, shift)[1])
    after = Between(moments[0] + _TICK, until + _TICK)
    return (workspace.count("incidents", {"reported_utc": after, "discovered": [False, None]})
            + workspace.count("gunfire", {"occurred_utc": after}))


@dataclass(frozen=True)
class Lately:
    """What became known in the 24 hours and 7 days before a moment, by beat and crime type, and in a usual week."""

    until: pd.Timestamp
    counts: RecentCounts


def lately(workspace: Workspace, shift_date: str, shift: str, now: pd.Timestamp | None = None) -> Lately:
    """Count events by beat and crime type in the time before a shift starts, or before now if that is earlier.

    Returns
    -------
    Lately
        ``counts`` [beat, crime_type, day, week, usual]: events that became known in 24 hours, in 7 days, and on
        average in each of the 4 weeks before those; rows with none in 7 days are left out. Alerts of one incident
        count once, on days of fireworks by their weight, as in a forecast.
    """
    start, _ = workspace.calendar.bounds(shift_date, shift)
    until = min(_now(now), start)
    events = forecasting.read_events(workspace, workspace.crime_types["crime_type"].tolist(), until)
    events = events[events["known_utc"] > until - pd.Timedelta(weeks=1 + _USUAL_WEEKS)]
    boxes = workspace.read("boxes", ["box_id", "beat"]).set_index("box_id")["beat"]
    inside = events["x"].notna() & events["y"].notna()
    events = events[inside]
    ids = workspace.fishnet.ids(*workspace.fishnet.cell(events["x"].to_numpy(), events["y"].to_numpy()))
    events = events.assign(beat=pd.Series(ids, index=events.index, dtype=object).map(boxes)).dropna(subset=["beat"])
    age = until - events["known_utc"]
    week = age < pd.Timedelta(weeks=1)
    counts = events.assign(
        day=events["weight"].where(age < pd.Timedelta(days=1), 0.0), week=events["weight"].where(week, 0.0),
        usual=events["weight"].where(~week, 0.0) / _USUAL_WEEKS
    ).groupby(["beat", "crime_type"])[["day", "week", "usual"]].sum().reset_index()
    counts = counts[counts["week"] > 0].sort_values(["day", "week"], ascending=False, kind="stable")
    return Lately(until, counts.reset_index(drop=True))


@dataclass(frozen=True)
class Risen:
    """Boxes whose harm grew since the plan's forecast, because more is known.

    ``boxes`` [box_id, beat, where, crime_type, before, now (harm), rise (share), chance, chance_low, chance_high,
    reported (events in the box that became known since), planned], the largest gain of harm first.
    """

    since: pd.Timestamp
    until: pd.Timestamp
    reported: int
    boxes: RisenBoxes


def risen(workspace: Workspace, shift_date: str, shift: str, now: pd.Timestamp | None = None,
          progress: Progress = SILENT) -> Risen:
    """Forecast a shift again with what is known now and compare with the forecast of its plan; nothing is written.

    The plan's own model is used, so that only what became known makes the difference; nothing later than the end of
    the shift counts.

    Raises
    ------
    ConnectError
        When the shift has no forecast.
    """
    stored = workspace.read("forecasts", where={"shift_date": shift_date, "shift": shift})
    if stored.empty:
        raise ConnectError(f"{shift_date} {shift} has no forecast to compare with. Score the shift first.")
    since, model_id = stored["as_of_utc"].iloc[0], stored["model_id"].iloc[0]
    until = max(min(_now(now), workspace.calendar.bounds(shift_date, shift)[1]), since)
    events = forecasting.read_events(workspace, stored["crime_type"].unique().tolist(), until)
    fresh = events[(events["known_utc"] > since) & events["x"].notna()]
    progress.report(0.3)
    again = forecasting.forecast(workspace, shift_date, shift, until, model_id, progress.part(0.3, 0.95)) \
        if len(fresh) else stored
    before = metering.harm_by_box(stored, workspace.crime_types)["harm"].rename("before")
    frame = metering.harm_by_box(again, workspace.crime_types).rename(columns={"harm": "now"}).join(before)
    frame["rise"] = frame["now"] / frame["before"] - 1.0
    frame = frame[frame["rise"] >= LEAST_RISE].rename_axis("box_id").reset_index()
    grid = shift_plan.grid_to_draw(workspace, shift_date, shift)
    ids = grid.ids(*grid.cell(fresh["x"].to_numpy(), fresh["y"].to_numpy()))
    frame["reported"] = frame["box_id"].map(pd.Series(ids, dtype=object).value_counts()).fillna(0).astype(int)
    frame = frame.merge(known_boxes(workspace, ["box_id", "beat", "where"]), on="box_id").fillna({"beat": ""})
    frame["planned"] = frame["box_id"].isin(shift_plan.planned(workspace, shift_date, shift)["box_id"])
    gain = (frame["now"] - frame["before"]).sort_values(ascending=False, kind="stable").index
    columns = ["box_id", "beat", "where", "crime_type", "before", "now", "rise", "chance", "chance_low", "chance_high",
               "reported", "planned"]
    return Risen(since, until, len(fresh), frame.loc[gain, columns].reset_index(drop=True))


def _now(now: pd.Timestamp | None) -> pd.Timestamp:
    return pd.Timestamp.now(tz="UTC") if now is None else pd.Timestamp(now)
