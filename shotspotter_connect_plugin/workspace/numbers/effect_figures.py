"""The step behind Crime and Dosage: what happened, what patrols delivered, and what being drawn did.

Treatment is the original draw of a shift, whatever was suppressed, added, topped up or drawn again later: only that was
settled by chance alone.
"""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...forecast.event_history import Timeline
from ...frames import names_of
from ...patrol import dosage, spillover
from ...patrol.draw_effect import BesideDrawn
from ...progress import SILENT, Progress
from ..steps.plan_frames import BoxPlaces, ShiftKeys
from ..store.former_boxes import boxes_of, known_boxes, visits_then
from ..store.tables import TABLES
from ..store.workspace import Workspace
from .effect_data import (CountedEvents, DrawnShifts, EarlyForecasts, hours_of, of_one_layout, original_draws, slot_of,
                          timeline_of)
from .number_frames import EffectBoxes, EffectGround, Estimates, OverTime

ALL = ""
"""In ``crime_type``: all types of reported crime together, without gunfire alerts of sensors."""
DRAWN, PER_HOUR, BESIDE, BEFORE = "drawn", "per_hour", "beside", "before"
LEVEL, POWER = 0.95, 0.8
BEFORE_DAYS = 7
BY_DAY = 35
"""Longest period in days that is shown by day; longer ones are shown by week."""
REPLAYS = (10, 200)
"""Fewest and most replays of a draw."""
_WORK = 1_500_000
"""About how many boxes all replays together settle: about a second."""
_TOGETHER = 10
"""Shifts that are replayed at once."""
ENOUGH = 5.0
"""Events that the exposed units would have had without exposure, below which nothing is said."""
_WIDTHS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)


@dataclass(frozen=True)
class EstimateScope:
    """Which boxes the estimates speak of: those that were neither sure to be drawn nor sure not to be.

    ``lowest`` and ``highest`` chance of one in a shift; ``half`` is the least number of boxes that hold half of all
    chances; ``other_boxes`` the boxes of which nothing is said; ``most_chances`` the greatest sum of chances of a box,
    which ``tied`` boxes have.
    """

    shifts: int
    boxes: int
    box_shifts: int
    drawn: int
    beats: tuple[str, ...]
    lowest: float
    highest: float
    half: int
    other_boxes: int
    most_chances: float = np.nan
    tied: int = 0


@dataclass(frozen=True)
class Effects:
    """What the report shows.

    ``events`` of ``estimates`` and ``comparable``: where these are not ``enough``, nothing is to be concluded.
    ``over_time`` is by day or week (``days_each``). ``boxes`` are those of ``scope``; ``ground`` are all of the city.
    ``hours_drawn`` and
    ``hours_undrawn`` are delivered hours per box and shift. ``draws`` counts what became of the period's
    draws. ``forecast_shifts`` of the shifts had a forecast in time. ``as_of`` is the newest moment of the events.
    ``message`` says why there is no estimate.
    """

    first: str
    last: str
    beat: str
    days_each: int
    estimates: Estimates
    over_time: OverTime
    boxes: EffectBoxes
    scope: EstimateScope
    draws: dict[str, int]
    hours_drawn: float
    hours_undrawn: float
    shifts_with_visits: int
    forecast_shifts: int
    replays: int
    alerts: bool
    as_of: pd.Timestamp | None
    message: str = ""
    ground: BoxPlaces | None = None

    def row(self, what: str, crime_type: str = ALL) -> Any:
        """One row of ``estimates``, None where there is none."""
        found = self.estimates[(self.estimates["what"] == what) & (self.estimates["crime_type"] == crime_type)]
        return None if found.empty else found.iloc[0]


def effects(workspace: Workspace, first: str, last: str, beat: str = "", progress: Progress = SILENT) -> Effects:
    """Estimate what being drawn did in the shifts that start on the dates ``first`` to ``last``, both included.

    Parameters
    ----------
    workspace : Workspace
    first, last : str
    beat : str, optional
        Only boxes of this beat count; drawn boxes of others still are neighbours.

    Returns
    -------
    Effects
    """
    timeline = timeline_of(workspace, first, last, BEFORE_DAYS)
    draws, counts = original_draws(workspace, timeline, first)
    draws, grid, counts["other_layout"] = of_one_layout(workspace, draws)
    boxes = boxes_of(workspace, grid, ["box_id", "col", "row", "inside", "beat", "where"]).sort_values(
        "box_id", ignore_index=True)
    progress.report(0.05, "Reading incidents and forecasts")
    events = CountedEvents.read(workspace, boxes, timeline)
    forecasts = EarlyForecasts.read(workspace, boxes, timeline, first, progress.part(0.1, 0.3))
    visits = visits_then(workspace, TABLES["visits"].column_names,
                         {"shift_date": [date for date in timeline.dates if date >= first]})
    complete = draws["end_utc"] <= (events.newest or pd.Timestamp(0, tz="UTC"))
    counts["no_data_yet"] = int((~complete).sum())
    progress.report(0.3, "Comparing drawn and undrawn boxes")
    plan = DrawnShifts.read(workspace, draws[complete].reset_index(drop=True), boxes, beat)
    hours = hours_of(visits, plan, boxes)
    estimates, replays = _estimates(plan, timeline, boxes, events, forecasts, hours, progress.part(0.3, 0.95))
    scope, by_box = _scope(plan, boxes, hours)
    lottery, units = plan.lottery(np.asarray(hours.any(axis=1)))
    days_each, over_time = _over_time(workspace, timeline, first, boxes, events, forecasts, visits, plan.mine)
    progress.report(1.0)
    return Effects(
        first, last, beat, days_each, estimates, over_time, by_box, scope, counts, lottery.mean_exposed(hours[units]),
        lottery.mean_unexposed(hours[units]), int(hours.any(axis=1).sum()),
        int(np.isin(plan.draws["slot"], forecasts.slots).sum()), replays, events.alerts, events.newest,
        _why_nothing(counts, len(plan.draws), scope), boxes.loc[boxes["inside"].astype(bool), ["box_id"]])


def _why_nothing(counts: Mapping[str, int], shifts: int, scope: EstimateScope) -> str:
    """Why there is no estimate at all; an empty text where there is one."""
    if not counts["draws"]:
        return "No shift of this period was drawn, so there is nothing to estimate."
    if counts["draws"] == counts["tests"]:
        return "Every draw of this period was a test with a given seed, no lottery, so there is nothing to estimate."
    if not shifts:
        return "No incidents are known yet for the drawn shifts of this period; import them and make the report again."
    if not 0 < scope.drawn < scope.box_shifts:
        return "No box of these was left to chance in the draws of this period, so there is nothing to estimate."
    return ""


def _estimates(plan: DrawnShifts, timeline: Timeline, boxes: EffectGround, events: CountedEvents,
               forecasts: EarlyForecasts, hours: NDArray[np.float64], progress: Progress) -> tuple[Estimates, int]:
    """The rows of ``Effects.estimates``, and how often each draw was replayed."""
    slots = plan.draws["slot"].to_numpy(dtype=int)
    week_before = _week_before(timeline.slots, slots)
    replayed = _replayed(plan, boxes, progress.part(0.0, 0.7))
    rows, groups = [], [(ALL, events.codes_reported)] + [(code, [code]) for code in events.entries]
    for number, (name, codes) in enumerate(groups):
        progress.report(0.7 + 0.3 * number / len(groups))
        known = min((events.known_until(code) for code in codes), default=pd.Timestamp(0, tz="UTC"))
        complete = (plan.draws["end_utc"] <= known).to_numpy(dtype=bool)
        counted = sum((events.on(code, slots) for code in codes), np.zeros(plan.chance.shape))
        expected = sum((forecasts.on(code, slots) for code in codes), np.zeros(plan.chance.shape))
        lottery, units = plan.lottery(complete)
        rows.append(_row(DRAWN, name, lottery, counted[units], expected[units]))
        if name != ALL and not events.of_sensors(name):
            continue  # the rest is for all reported crime together, and for gunfire alerts
        seen = complete & (week_before >= 0)
        lottery, units = plan.lottery(seen)
        earlier = np.zeros(plan.chance.shape)
        for code in codes:
            earlier[seen] += events.on(code, week_before[seen])
        rows.append(_row(BEFORE, name, lottery, earlier[units], expected[units]))
        lottery, units = plan.lottery(complete & hours.any(axis=1))
        rows.append(_row(PER_HOUR, name, lottery, counted[units], expected[units], hours[units]))
        near, units = _beside(plan, boxes, replayed, complete)
        rows.append(_row(BESIDE, name, near, counted[units], expected[units]))
    table = pd.DataFrame([row for row in rows if row is not None], columns=names_of(Estimates))
    return table, min((len(near) for near, _ in replayed), default=0)


def _row(what, crime_type, design, counted, expected, dose=None):
    estimate = (design.compare(counted, expected, LEVEL) if dose is None else
                design.estimate(counted - expected, dose, LEVEL))
    if estimate is None:
        return None
    shifts, exposed = int(np.unique(design.shift).size), int(design.exposed.sum())
    # What the exposed would have had: what was forecast for them, and what the others had beyond their forecasts.
    base = design.mean_exposed(expected) + design.mean_unexposed(counted - expected)
    comparable = design.mean_unexposed(counted) * exposed
    detectable, none = estimate.detectable(POWER), dose is not None or not base > 0
    percent, low, high = (np.nan,) * 3 if none else (
        100.0 * share for share in (estimate.share, estimate.share_low, estimate.share_high))
    detectable_percent = np.nan if none else 100.0 * detectable / base
    return {
        "what": what, "crime_type": crime_type, "value": estimate.value, "low": estimate.low, "high": estimate.high,
        "rate": design.mean_exposed(counted), "base": base, "percent": percent, "percent_low": low,
        "percent_high": high, "detectable": detectable, "detectable_percent": detectable_percent,
        "shifts_for_20": shifts * (detectable_percent / 20.0) ** 2, "error": estimate.error,
        "between_shifts": estimate.between_shifts, "degrees": estimate.degrees, "strength": estimate.strength,
        "shifts": shifts, "exposed": exposed, "unexposed": int((design.against > 0).sum()),
        "events": float(counted[design.exposed].sum()), "comparable": comparable,
        "enough": bool(base > 0 and comparable >= ENOUGH), "conclusive": estimate.conclusive,
        "bounded": estimate.bounded, "weak": estimate.weak}


def _week_before(slots: ShiftKeys, wanted: NDArray[np.int_]) -> NDArray[np.int_]:
    """Position of the slot of the same shift a week before each, -1 where there was none."""
    dates = pd.to_datetime(slots["shift_date"].iloc[wanted]) - pd.Timedelta(days=BEFORE_DAYS)
    return slot_of(slots, dates.dt.strftime("%Y-%m-%d").to_numpy(), slots["shift"].iloc[wanted].to_numpy())


def _replayed(plan, boxes, progress):
    """(beside, neither), replays x boxes, for each shift: who would have been where in draws of the same chances.

    The seed is made of the draws' inputs hashes, so the same draws give the same replays.
    """
    settled = max(int(((plan.chance > 0) & (plan.chance < 1)).sum()), 1)
    count = int(np.clip(_WORK // settled, *REPLAYS))
    seed = hashlib.sha256("".join(plan.draws["inputs_hash"]).encode()).hexdigest()
    rng, result = np.random.default_rng(int(seed, 16)), []
    pairs = spillover.neighbours(boxes["box_id"])
    beats = [tuple(row) for row in plan.beat]
    first, lottery = 0, None
    while first < len(beats):
        progress.report(first / len(beats), "Replaying draws")
        if lottery is None or beats[first] != beats[first - 1]:
            lottery = spillover.Replays(boxes["col"], boxes["row"], beats[first])
        last = next((number for number in range(first + 1, min(first + _TOGETHER, len(beats)))
                     if beats[number] != beats[first]), min(first + _TOGETHER, len(beats)))
        for drawn in lottery.draw(plan.chance[first:last], count, rng):
            near = spillover.beside_drawn(drawn, pairs)
            result.append((near, ~near & ~drawn))
        first = last
    return result


def _beside(plan, boxes, replayed, which):
    """The undrawn boxes of the draws that ``which`` marks as ``BesideDrawn``, and its units as shifts x boxes."""
    units = np.broadcast_to(plan.mine, plan.chance.shape) & which[:, None]
    near = spillover.beside_drawn(plan.drawn, spillover.neighbours(boxes["box_id"]))
    each = int(plan.mine.sum())
    parts = [(np.arange(each) + each * place, replayed[number][0][:, plan.mine], replayed[number][1][:, plan.mine])
             for place, number in enumerate(np.flatnonzero(which))]
    return BesideDrawn(np.nonzero(units)[0], near[units], plan.drawn[units], parts), units


def _scope(plan: DrawnShifts, boxes: EffectGround, hours: NDArray[np.float64]) -> tuple[EstimateScope, EffectBoxes]:
    """The :class:`EstimateScope`, and its boxes one by one, those of the greatest chances first."""
    units = plan.open
    chances = np.where(units, plan.chance, 0.0).sum(axis=0)
    table = boxes[["box_id", "col", "row", "where", "beat"]].assign(
        shifts=units.sum(axis=0), chances=chances, times_drawn=(plan.drawn & units).sum(axis=0),
        patrol_minutes=60.0 * np.where(units, hours, 0.0).sum(axis=0))
    table = table[table["shifts"] > 0].sort_values(["chances", "box_id"], ascending=[False, True], ignore_index=True)
    shares = table["chances"].cumsum() / max(table["chances"].sum(), np.finfo(float).tiny)
    inside, most = plan.chance[units], table["chances"].max()
    return EstimateScope(
        int(units.any(axis=1).sum()), len(table), int(units.sum()), int((plan.drawn & units).sum()),
        tuple(sorted(table["beat"].dropna().unique())), float(inside.min()) if inside.size else np.nan,
        float(inside.max()) if inside.size else np.nan, int((shares < 0.5).sum()) + 1 if len(table) else 0,
        int(plan.mine.sum()) - len(table), most, int(np.isclose(table["chances"], most).sum())), table


def chance_classes(boxes: EffectBoxes) -> list[tuple[str, NDArray[np.bool_]]]:
    """Boxes of ``Effects.boxes`` in at most four classes of equal width by the sum of their chances, least first: pairs
    of words such as ``0.5 to 1`` and which boxes are of it."""
    chances = boxes["chances"].to_numpy(dtype=float)
    most = chances.max(initial=0.0)
    width = next((step for step in _WIDTHS if step * 4 > most * (1 - 1e-9)), most / 4)
    place = np.clip(np.ceil(chances / width - 1e-9).astype(int) - 1, 0, 3)
    return [(f"{width * number:g} to {width * (number + 1):g}", place == number) for number in range(4)]


def _over_time(workspace, timeline, first, boxes, events, forecasts, visits, mine):
    """Days of each step, and events, forecast and minutes by step and crime type."""
    dates = [date for date in timeline.dates if date >= first]
    each = 1 if len(dates) <= BY_DAY else 7
    steps = pd.Series(np.arange(len(dates)) // each, index=dates)
    count = int(steps.iloc[-1]) + 1
    columns = ["patrol_id", "shift_date", "box_id", "crime_type", "target_minutes", "returns"]
    patrols = workspace.read("patrols", columns, {"shift_date": dates, "status": "planned"})
    ours = set(boxes.loc[mine, "box_id"])
    if workspace.layout:  # of every layout, for these are sums over all boxes
        known = known_boxes(workspace, ["box_id", "beat"])
        ours |= set(known.loc[known["beat"].isin(boxes.loc[mine, "beat"]), "box_id"]) if not mine.all() else set(
            known["box_id"])
    patrols, visits = patrols[patrols["box_id"].isin(ours)], visits[visits["box_id"].isin(ours)]
    planned = patrols.assign(minutes=dosage.planned_minutes(patrols))
    served = visits.merge(patrols[["patrol_id", "crime_type"]], on="patrol_id")
    delivered = pd.concat([_minutes(served.assign(crime_type=ALL)), _minutes(served)], ignore_index=True)
    anywhere = _by_step(_minutes(visits.assign(crime_type=ALL)), steps, count)
    slots = timeline.slots
    counted = (slots["shift_date"] >= first).to_numpy()
    step_of = slots.loc[counted, "shift_date"].map(steps).to_numpy(dtype=int)
    parts = []
    each_type = [(code, [code]) for code in workspace.crime_types["crime_type"]]
    for name, codes in [(ALL, events.codes_reported), *each_type]:
        found, hoped = (sum((source.by_slot(code, len(slots), mine) for code in codes), np.zeros(len(slots)))
                        for source in (events, forecasts))
        own = planned if name == ALL else planned[planned["crime_type"] == name]
        parts.append(pd.DataFrame({
            "first": dates[::each], "last": [dates[min(place + each, len(dates)) - 1]
                                             for place in range(0, len(dates), each)],
            "crime_type": name, "events": np.bincount(step_of, found[counted], count),
            "expected": np.bincount(step_of, hoped[counted], count),  # a shift without a forecast leaves none
            "planned_minutes": _by_step(own, steps, count),
            "patrol_minutes": _by_step(delivered[delivered["crime_type"] == name], steps, count),
            "any_minutes": anywhere if name == ALL else np.nan}))
    return each, pd.concat(parts, ignore_index=True)[list(names_of(OverTime))]


def _minutes(visits: pd.DataFrame) -> pd.DataFrame:
    """Patrol-minutes by crime type, shift and box."""
    minutes = dosage.patrol_minutes(visits, ("crime_type", "shift_date", "shift", "box_id"))
    return minutes.rename("minutes").reset_index()


def _by_step(rows: pd.DataFrame, steps: pd.Series, count: int) -> NDArray[Any]:
    """Sum of the minutes of rows by step."""
    return np.bincount(rows["shift_date"].map(steps).to_numpy(dtype=int), rows["minutes"].to_numpy(dtype=float), count)
