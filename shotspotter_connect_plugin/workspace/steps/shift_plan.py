"""The plan of a shift as it is stored: its draws, its planned patrols, and whether they went out."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Sequence

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.box_layout import boxes_in, grid_of_boxes
from ...patrol import metering, rounds
from ...progress import SILENT, Progress
from ..store import roles
from ..store.former_boxes import known_boxes
from ..store.rows import Patrols
from ..store.workspace import Workspace
from .plan_frames import BoxNames, DrawIds, NumberedDraws, OrderedPatrols, PlanPatrols, WayPatrols

if TYPE_CHECKING:
    from ...forecast.box_grid import BoxGrid

_NEXT_MINUTE = 0.05
"""Minutes over a whole one that are not told as one more: 3 seconds."""


def share_caps(workspace: Workspace) -> dict[str, float]:
    """Largest share of a shift's boxes by neighbourhood, where one is set."""
    caps = workspace.read("neighbourhoods", ["neighbourhood", "share_cap"])
    caps = caps[caps["share_cap"].notna()]
    return dict(zip(caps["neighbourhood"], caps["share_cap"]))


def draws_of(workspace: Workspace, shift_date: str, shift: str) -> NumberedDraws:
    """The draws of a shift in their order, with their ``number``."""
    draws = workspace.read("draws", where={"shift_date": shift_date, "shift": shift})
    return draws.assign(number=draw_numbers(draws)).sort_values("number", ignore_index=True)


def draw_numbers(draws: DrawIds) -> pd.Series:
    """1 for the first draw of a shift, 2 for the next; ConnectError where an id tells none."""
    numbers = draws["draw_id"].astype(str).str.extract(r"\.([1-9]\d{0,5})$")[0]
    if numbers.isna().any():
        raise ConnectError(f"The id of the draw {draws['draw_id'][numbers.isna()].iloc[0]} is not one that this plugin "
                           "gives: somebody changed it.")
    return numbers.astype(int)


def in_sheet_order(patrols: PlanPatrols, boxes: BoxNames, shifts: Sequence[str] = (),
                   how: str = "inner") -> OrderedPatrols:
    """Patrols with what ``boxes`` tells of their boxes, by date, shift, beat (those of none first) and visit order.

    Every list of patrols that people see is put together here: sheets, dock, layers, exports and reports number alike.

    Parameters
    ----------
    boxes : frame
        Any other columns of it are joined too.
    shifts : sequence of str
        The order of the shifts; that of their codes if not given.
    how : str
        ``left`` keeps patrols whose box is not among ``boxes``.
    """
    frame = patrols.merge(boxes, on="box_id", how=how)
    place = frame["shift"].map({code: number for number, code in enumerate(shifts)}) if shifts else frame["shift"]
    frame = frame.assign(_place=place).sort_values(
        ["shift_date", "_place", "beat", "visit_order", "box_id"], na_position="first", ignore_index=True)
    planned_now = frame["status"] == "planned"
    number = planned_now.astype("int64").groupby(
        [frame["shift_date"], frame["shift"], frame["beat"]], dropna=False).cumsum()
    return frame.drop(columns="_place").assign(number=number.where(planned_now))


def with_ways(workspace: Workspace, patrols: OrderedPatrols) -> WayPatrols:
    """Patrols in the order of the sheets, with the minutes of the way to each planned one from the planned one before.

    They are those of the plan as it is now, after changes by hand; by street where the draw holds the way.
    """
    draws = workspace.read("draws", ["draw_id", "ways"], {"draw_id": sorted(set(patrols["draw_id"].dropna()))})
    ways = dict(zip(draws["draw_id"], draws["ways"]))
    minutes, streets = pd.Series(np.nan, index=patrols.index), pd.Series(False, index=patrols.index)
    for _, group in patrols[patrols["number"].notna()].groupby(["shift_date", "shift"]):
        in_order = group[["box_id", "beat"]].assign(visit_order=group["number"].astype(int))
        known = [ways[draw] for draw in sorted(group["draw_id"].dropna().unique()) if isinstance(ways.get(draw), dict)]
        newest = known[-1] if known else None
        minutes[group.index] = rounds.travel_minutes(in_order, workspace.settings.size, workspace.settings.travel_speed,
                                                     newest)
        streets[group.index] = rounds.along_streets(in_order, newest)
    return patrols.assign(travel_minutes=minutes, by_street=streets)


def drive_in_words(minutes: float, by_street: bool) -> str:
    """``2 min drive`` in whole minutes, rounded up, with a ``~`` before it in a straight line; empty without a way."""
    if pd.isna(minutes):
        return ""
    return f"{'' if by_street else '~'}{max(math.ceil(minutes - _NEXT_MINUTE), 1)} min drive"


def grid_of_plan(workspace: Workspace, shift_date: str, shift: str) -> BoxGrid:
    """The layout of boxes that the newest draw of a shift was made on; without a draw the newest that has all its
    planned boxes, and that in force where none has."""
    drawn = _grid_of_draw(workspace, shift_date, shift)
    if drawn is not None or not workspace.layout:
        return workspace.fishnet if drawn is None else drawn
    ids = planned(workspace, shift_date, shift)["box_id"].tolist()
    grids = (workspace.fishnet_of(number) for number in range(workspace.layout, -1, -1))
    return next((grid for grid in grids if boxes_in(grid, ids).all()), workspace.fishnet)


def grid_to_draw(workspace: Workspace, shift_date: str, shift: str) -> BoxGrid:
    """The layout of boxes that a shift is forecast and drawn on: once drawn it keeps its own, so that nothing of its
    plan changes where boxes are laid anew; before that it is the one in force."""
    drawn = _grid_of_draw(workspace, shift_date, shift)
    return workspace.fishnet if drawn is None else drawn


def _grid_of_draw(workspace: Workspace, shift_date: str, shift: str) -> BoxGrid | None:
    """The layout of the newest draw of a shift; None without a draw, or where boxes were never laid anew."""
    if not workspace.layout:
        return None
    draws = draws_of(workspace, shift_date, shift)
    if draws.empty:
        return None
    drawn = workspace.read("draw_boxes", ["box_id"], {"draw_id": draws["draw_id"].iloc[-1]})
    return grid_of_boxes(workspace.settings.size, drawn["box_id"])


def planned(workspace: Workspace, shift_date: str, shift: str) -> Patrols:
    """The planned patrols of a shift, by beat and visit order."""
    return workspace.read("patrols", where={"shift_date": shift_date, "shift": shift, "status": "planned"},
                          order_by=["beat", "visit_order"])


def publish(workspace: Workspace, shift_date: str, shifts: Sequence[str], progress: Progress = SILENT) -> int:
    """Date the plans that go out: printed, exported or written as a project -> the number of patrols dated now.

    All planned patrols of a shift bear the moment at which this very plan went out first; a plan that has not changed
    since keeps it. An account that may not publish takes a copy, which dates nothing.
    """
    refusal = roles.why_not(workspace, "publish")
    if refusal:
        progress.info(f"The plan was not dated as published. {refusal}")
        return 0
    dated = 0
    for shift in shifts:
        with workspace.transaction() as writer:
            if any(unpublished(workspace, shift_date, shift)):
                plan = workspace.read("patrols", ["patrol_id"], {"shift_date": shift_date, "shift": shift,
                                                                 "status": "planned"})
                writer.upsert("patrols", plan.assign(published_utc=pd.Timestamp.now(tz="UTC").floor("ms")))
                dated += len(plan)
    return dated


def unpublished(workspace: Workspace, shift_date: str, shift: str) -> tuple[int, int]:
    """(planned patrols that were not in the plan as it went out last, those of it that are planned no more)."""
    patrols = workspace.read("patrols", ["status", "published_utc"], {"shift_date": shift_date, "shift": shift})
    in_last = patrols["published_utc"].notna() & (patrols["published_utc"] == patrols["published_utc"].max())
    planned_now = patrols["status"] == "planned"
    return int((planned_now & ~in_last).sum()), int((~planned_now & in_last).sum())


def harm_reached(workspace: Workspace, shift_date: str,
                 shift: str) -> tuple[metering.HarmReached | None, list[metering.Shortfall]]:
    """How much of the harm a shift's newest draw reaches and where it fell short, from what is stored of it.

    Returns
    -------
    (metering.HarmReached, list of metering.Shortfall)
        (None, []) without a draw.
    """
    draws = draws_of(workspace, shift_date, shift)
    if draws.empty:
        return None, []
    draw = draws.iloc[-1]
    boxes = workspace.read("draw_boxes", where={"draw_id": draw["draw_id"]})
    around = None
    if metering.shares_of(draw["rules"]):
        names = known_boxes(workspace, ["box_id", "neighbourhood"]).set_index("box_id")["neighbourhood"]
        around = boxes["box_id"].map(names).to_numpy(object)
    return metering.harm_reached(boxes, draw["rules"], around), metering.shortfalls_of(boxes, draw["rules"])
