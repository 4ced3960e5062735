"""What happened around a shift that its draw must heed: patrols, visits and chances in the windows of days."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Mapping

import pandas as pd

from ...forecast.shifts import ShiftCalendar
from ...patrol import adjustments, metering, pacing
from ..store import chain
from ..store.former_boxes import links_of, visits_then
from ..store.workspace import Between, Workspace
from .plan_frames import NumberedDraws, ShiftKeys
from .shift_plan import draw_numbers

if TYPE_CHECKING:
    from ...forecast.box_grid import BoxGrid
    from ...forecast.forecast_frames import SharedAreas

_LONGEST_WINDOW = max(metering.WINDOWS)
_NO_CHANCES = pd.DataFrame({"box_id": [], "shift_date": [], "inclusion_probability": []})


def history_around(workspace: Workspace, shift_date: str, shift: str, rules: Mapping[str, Any],
                   chances: bool = False, grid: BoxGrid | None = None) -> metering.PatrolHistory:
    """What counts in the windows of days around a shift, and which boxes rest in it: a ``metering.PatrolHistory``.

    A box counts as patrolled once in a shift, whether planned, visited or both, and however often. Recorded
    ``chances``, and the harm of the week where the rules pace budgets, are read only if asked for: a draw alone needs
    them. What was in boxes of another layout than ``grid`` (that in force if not given) is told by the area shared.
    """
    first, last = (str(pd.Timestamp(shift_date).date() + pd.Timedelta(days=days)) for days in
                   (1 - _LONGEST_WINDOW, _LONGEST_WINDOW))
    around = {"shift_date": Between(first, last)}
    patrols = workspace.read("patrols", ["shift_date", "shift", "box_id", "origin"], {**around, "status": "planned"})
    here = (patrols["shift_date"] == shift_date) & (patrols["shift"] == shift)
    added = frozenset(patrols.loc[here & (patrols["origin"] == "added"), "box_id"])
    visits = visits_then(workspace, ["shift_date", "shift", "box_id", "unit", "entered_utc", "minutes"], around)
    visits = visits[(visits["shift_date"] != shift_date) | (visits["shift"] != shift)]
    visits = visits.drop_duplicates(["unit", "entered_utc", "box_id"])  # one row per officer aboard
    counted = ["shift_date", "shift", "box_id"]
    patrols = pd.concat([patrols.loc[~here, counted], visits[counted]]).drop_duplicates(ignore_index=True)
    draws = _newest_draws(workspace, shift_date, shift, around) if chances else None
    recorded = _NO_CHANCES if draws is None else _recorded_chances(workspace, shift_date, draws)
    paced = draws is not None and rules.get(pacing.PACE)
    week = _week_of_harm(workspace, shift_date, draws) if paced else pacing.WeekOfHarm()
    neighbours = _neighbours(workspace.calendar, shift_date, shift, int(rules["cool_down_shifts"]))
    resting = frozenset(patrols.merge(neighbours, on=["shift_date", "shift"])["box_id"])
    suppressed = frozenset(adjustments.suppressed_boxes(chain.of_shift(workspace, shift_date, shift)))
    history = metering.PatrolHistory(patrols, recorded, resting, added, suppressed,
                                     visits[["box_id", "shift_date", "minutes"]], week)
    return _carried(workspace, history, grid) if workspace.layout else history


def _carried(workspace: Workspace, history: metering.PatrolHistory, grid: BoxGrid | None) -> metering.PatrolHistory:
    """The same for the boxes of one layout, by the area they share with those of then.

    A patrol or a chance in a box counts for as much of a new box as was in it, minutes and harm by how much of the old
    box is in the new one; a new box rests, is added by hand or suppressed where at least half of it is.
    """
    ids = {*history.patrols["box_id"], *history.chances["box_id"], *history.minutes["box_id"], *history.resting,
           *history.added, *history.suppressed}
    links = links_of(workspace, ids.union(*(sums.index for sums in history.week.sums.values())), grid)
    if links.empty:
        return history

    def carried(boxes: frozenset[str]) -> frozenset[str]:
        part = links[links["box_id"].isin(boxes)].groupby("new_id")["of_new"].sum()
        return boxes | frozenset(part.index[part >= 0.5])

    week = replace(history.week, sums={code: _moved(sums.rename_axis("box_id").reset_index(name="harm"), links, "harm",
                                                    "of_old").groupby("box_id")["harm"].sum()
                                       for code, sums in history.week.sums.items()})
    patrols = _moved(history.patrols.assign(share=1.0), links, "share", "of_new")
    patrols = patrols.groupby(["shift_date", "shift", "box_id"], as_index=False)["share"].sum()
    return replace(
        history, patrols=patrols.assign(share=patrols["share"].clip(upper=1.0)),
        chances=_moved(history.chances, links, "inclusion_probability", "of_new"),
        minutes=_moved(history.minutes, links, "minutes", "of_old"), week=week,
        resting=carried(history.resting), added=carried(history.added), suppressed=carried(history.suppressed))


def _moved(rows: pd.DataFrame, links: SharedAreas, amount: str, part: str) -> pd.DataFrame:
    """Rows with amounts in former boxes given to the boxes that share area with them."""
    gone = rows["box_id"].isin(links["box_id"])
    moved = rows[gone].merge(links[["box_id", "new_id", part]], on="box_id")
    moved = moved.assign(**{amount: moved[amount] * moved[part], "box_id": moved["new_id"]})
    return pd.concat([rows[~gone], moved[list(rows)]], ignore_index=True)


def _newest_draws(workspace: Workspace, shift_date: str, shift: str, around: Mapping[str, Any]) -> NumberedDraws:
    """The newest draw of each shift around one, that one left out: draw_id, shift_date, shift, number."""
    draws = workspace.read("draws", ["draw_id", "shift_date", "shift"], around)
    draws = draws.assign(number=draw_numbers(draws)).sort_values("number")
    draws = draws.drop_duplicates(["shift_date", "shift"], keep="last")
    return draws[(draws["shift_date"] != shift_date) | (draws["shift"] != shift)]


def _week_of_harm(workspace: Workspace, shift_date: str, draws: NumberedDraws) -> pacing.WeekOfHarm:
    """The harm that draws recorded in the seven days that end with a date, summed by box where it is stored."""
    first = str(pd.Timestamp(shift_date).date() - pd.Timedelta(days=pacing.DAYS - 1))
    own = draws[(draws["shift_date"] >= first) & (draws["shift_date"] <= shift_date)]
    sums = {code: workspace.totals("draw_boxes", "harm", "box_id", {"draw_id": group["draw_id"].tolist()}).set_index(
        "box_id")["harm"] for code, group in own.groupby("shift")}
    shifts = workspace.calendar.slots(first, shift_date)["shift"].value_counts()
    return pacing.WeekOfHarm(shifts.to_dict(), own["shift"].value_counts().to_dict(), sums)


def _recorded_chances(workspace: Workspace, shift_date: str, draws: NumberedDraws) -> pd.DataFrame:
    """Recorded probabilities of the newest draws around a shift, summed as far as its windows of days allow.

    Dates that are in the same windows are read as one sum per box, dated by the first of them: so a city's month of
    draws is summed where it is stored, instead of being read row by row.
    """
    blocks = metering.window_blocks(draws["shift_date"], shift_date)
    frames = [workspace.totals("draw_boxes", "inclusion_probability", "box_id", {
        "draw_id": block["draw_id"].tolist(), "eligible": True}).assign(shift_date=block["shift_date"].min())
        for _, block in draws.groupby(blocks)]
    return pd.concat(frames, ignore_index=True) if frames else _NO_CHANCES


def _neighbours(calendar: ShiftCalendar, shift_date: str, shift: str, count: int) -> ShiftKeys:
    """The ``count`` shifts before and after a shift; every code runs at least once a week."""
    reach = pd.Timedelta(days=count + 7)
    date = pd.Timestamp(shift_date).date()
    slots = calendar.slots(str(date - reach), str(date + reach))
    here = int(((slots["shift_date"] == shift_date) & (slots["shift"] == shift)).to_numpy().argmax())
    near = slots.iloc[max(here - count, 0):here + count + 1]
    return near[["shift_date", "shift"]].drop(index=slots.index[here])
