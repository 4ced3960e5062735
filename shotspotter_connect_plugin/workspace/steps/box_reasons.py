"""Why a box is in a plan or not: what speaks for it and what against."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...patrol import metering
from ..store import chain
from ..store.former_boxes import known_box
from ..store.workspace import Between, Workspace
from . import forecasting, patrol_history, shift_plan
from .plan_frames import TypeShares

_FEW_EVENTS, _EVENT_DAYS = 2, 365
_WIDE = 3.0


@dataclass(frozen=True)
class WhyBox:
    """Why a box is where it is in a plan: the forecast of each type, what speaks for it and what against.

    ``types`` are by share; chances are None without a forecast.
    """

    box_id: str
    beat: str
    where: str
    types: TypeShares
    chance: float | None
    chance_low: float | None
    chance_high: float | None
    inclusion_probability: float | None
    speaks_for: list[str]
    speaks_against: list[str]


def why_box(workspace: Workspace, shift_date: str, shift: str, box_id: str) -> WhyBox:
    """Put together why a box is in a plan or not.

    Raises
    ------
    ConnectError
        When there is no such box.
    """
    of_box = chain.records(known_box(workspace, box_id, ["beat", "where"]))
    if not of_box:
        raise ConnectError(f"There is no box {box_id} in this workspace; a box id looks like C1290R17210.")
    forecasts = workspace.read("forecasts", where={"shift_date": shift_date, "shift": shift, "box_id": box_id})
    types = forecasts.merge(workspace.crime_types[["crime_type", "name", "severity", "effectiveness"]],
                            on="crime_type")
    types["harm"] = types["expected"] * types["severity"] * types["effectiveness"]
    types["share"] = types["harm"] / types["harm"].sum() if types["harm"].sum() > 0 else 0.0
    types = types.sort_values("share", ascending=False, kind="stable", ignore_index=True)
    chances = _first(metering.harm_by_box(forecasts, workspace.crime_types))
    draws = shift_plan.draws_of(workspace, shift_date, shift)
    draw = chain.records(draws)[-1] if len(draws) else None
    drawn = _first(workspace.read("draw_boxes", where={"draw_id": draw["draw_id"], "box_id": box_id})) if draw else {}
    reasons = [reason for row in types.head(1).itertuples() for reason in (row.reasons or [])]
    if drawn and reasons:
        reasons = [f"{types['name'].iloc[0]}: {reason}" for reason in reasons]
    against = [*_against_forecast(workspace, box_id, types, chances), *_against_draw(workspace, draw, drawn),
               *_against_history(workspace, shift_date, shift, box_id)]
    return WhyBox(box_id, of_box[0]["beat"] or "", of_box[0]["where"] or "",
                  types[["crime_type", "expected", "low", "high", "share"]], chances.get("chance"),
                  chances.get("chance_low"), chances.get("chance_high"), drawn.get("inclusion_probability"), reasons,
                  against)


def _first(rows: pd.DataFrame) -> dict[str, Any]:
    return next(iter(chain.records(rows)), {})


def _against_forecast(workspace: Workspace, box_id: str, types: pd.DataFrame, chances: Mapping[str, Any]) -> list[str]:
    if types.empty:
        return ["There is no forecast of this box for this shift."]
    found = []
    first, as_of = types.iloc[0], types["as_of_utc"].iloc[0]
    count = _events_in_box(workspace, box_id, first["crime_type"], as_of)
    if count <= _FEW_EVENTS:
        found.append(f"Few events: {count} of {first['name']} known here in the {_EVENT_DAYS} days before the "
                     "forecast, so it leans on what happened around the box.")
    low, high = chances["chance_low"], chances["chance_high"]
    if low is not None and high is not None and high > _WIDE * low:
        found.append("Wide interval: its upper end is " + (f"{high / low:.1f} times its lower end." if low > 0 else
                                                           "above nothing while its lower end is zero."))
    return found


def _events_in_box(workspace: Workspace, box_id: str, crime_type: str, as_of: pd.Timestamp) -> int:
    since = as_of - pd.Timedelta(days=_EVENT_DAYS)
    if crime_type == forecasting.gunfire_events.CRIME_TYPE and workspace.count("gunfire"):
        return workspace.count("gunfire", {"box_id": box_id, "occurred_utc": Between(since, as_of)})
    incidents = workspace.read("incidents", ["reported_utc", "discovered"], {
        "box_id": box_id, "crime_type": crime_type, "occurred_from_utc": Between(since, as_of)})
    known = ~(incidents["reported_utc"] > as_of) & ~incidents["discovered"].fillna(False).astype(bool)
    return int(known.sum())


def _against_draw(workspace: Workspace, draw: Mapping[str, Any] | None, drawn: Mapping[str, Any]) -> list[str]:
    if draw is None or not drawn:
        return []
    if not drawn["eligible"]:
        return [f"It could not be drawn: {drawn['why_not']}."]
    found, rules = [], draw["rules"]
    beside = workspace.read("draw_boxes", ["inclusion_probability"], {
        "draw_id": draw["draw_id"], "beat": drawn["beat"], "eligible": True})
    # The mean of the beat's chances is its boxes over its boxes that could be drawn, however many it was given.
    floor = rules["lower_risk_share"] * beside["inclusion_probability"].mean()
    probability = drawn["inclusion_probability"]
    if probability <= floor * (1 + 1e-9):
        found.append(f"Little harm: its chance of being drawn, {probability:.3f}, is the share that every lower-risk "
                     "box of the beat gets.")
    elif probability >= drawn["cap"] * (1 - 1e-9):
        found.append(f"Cap reached: its chance of being drawn was held at {drawn['cap']:.2f}; its harm alone would "
                     "give it more.")
    return found


def _against_history(workspace: Workspace, shift_date: str, shift: str, box_id: str) -> list[str]:
    rules = metering.rules_of(workspace.settings, shift_date, shift, 1)
    grid = shift_plan.grid_of_plan(workspace, shift_date, shift)
    history = patrol_history.history_around(workspace, shift_date, shift, rules, grid=grid)
    found = []
    for days in metering.WINDOWS:
        count = int(metering.most_in_window([box_id], history.patrols, shift_date, days)[0])
        if count:
            found.append(f"Patrolled around this shift: {count} other patrols within {days} days, at most "
                         f"{rules[f'window_{days}_hard']} with this one.")
    for applies, reason in metering.hard_limits([box_id], history, rules):
        if np.asarray(applies).any():
            found.append(f"Limit reached: {reason}.")
    return found
