"""One shift's plan as an analyst looks at it before changing it. It only reads."""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np
import pandas as pd

from ...forecast import box_shapes
from ...frames import names_of
from ...patrol import adjustments, metering
from ..store import chain
from ..store.former_boxes import boxes_of, known_boxes, shapes_of
from ..store.workspace import Between, Workspace
from . import adjusting, patrol_history, shift_plan
from .plan_frames import BoxWords, CrimeTypeLegend, NamedShifts, PastPatrols, ReviewedPatrols
from .recent_events import reported_since
from .shift_week import shift_names, with_names

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ...forecast.box_grid import BoxGrid

_SEEN_DAYS = max(metering.WINDOWS)
_LAST_PATROLS = 3


@dataclass(frozen=True)
class PlanView:
    """One shift's plan as an analyst sees it.

    ``patrols`` holds, by beat and visit order, the planned ones and those an analyst suppressed. ``shifts`` are those
    of the date; ``boxes`` are all of ``fishnet``, the layout that the plan is of, ``remnants`` the outlines of those of
    ``patrols`` that are no squares. ``refusal`` says why this account may not change the plan, empty if it may;
    ``undoable`` and ``last`` are adjustments as mappings or None; ``message`` says why there is nothing to show;
    ``remarks`` are sentences on the draw and on what is not on the sheets yet. ``seed_hash`` is that of the newest
    draw, empty without one; ``reported`` counts events that became known since the plan's forecast, until the shift
    ends, and ``ended`` tells whether it has.
    """

    shift_date: str
    shift: str
    patrols: ReviewedPatrols
    crime_types: CrimeTypeLegend
    shifts: NamedShifts
    boxes: BoxWords
    reasons: dict[str, str]
    target_minutes: float
    refusal: str
    undoable: Mapping[str, Any] | None
    last: Mapping[str, Any] | None
    head: str
    message: str
    remarks: list[str]
    seed_hash: str
    reported: int
    ended: bool
    timezone: str
    crs: str
    fishnet: BoxGrid
    remnants: Mapping[str, BaseGeometry] = field(default_factory=dict)

    @property
    def shift_name(self) -> str:
        """Name of the shift on screens and sheets."""
        return dict(zip(self.shifts["shift"], self.shifts["name"])).get(self.shift, self.shift)

    def box_at(self, x: float, y: float) -> str:
        """Id of the box at a point in ``crs``; empty outside the fishnet."""
        box_id = self.fishnet.ids(*self.fishnet.cell([x], [y]))[0]
        return box_id if (self.boxes["box_id"] == box_id).any() else ""

    def shapes(self, box_ids: Sequence[str]) -> box_shapes.BoxShapes:
        """Boxes as they are drawn, in ``crs``."""
        found = box_shapes.shapes_of(box_ids, [self.fishnet])
        former = {place: self.remnants[box_id] for place, box_id in enumerate(box_ids) if box_id in self.remnants}
        for place, shape in former.items():
            found.rectangles[place] = shape.bounds
        return box_shapes.BoxShapes(found.rectangles, {**found.remnants, **former})

    def rectangle(self, box_id: str) -> list[float]:
        """x_min, y_min, x_max, y_max of a box in ``crs``."""
        return self.shapes([box_id]).rectangles[0].tolist()

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """``patrols`` as a list of mappings, None for null."""
        return chain.records(self.patrols)

    def row_of(self, box_id: str) -> dict[str, Any] | None:
        """The row of ``patrols`` of a box as a mapping; None if there is none."""
        return self._by_box.get(box_id)

    @cached_property
    def _by_box(self) -> dict[str, dict[str, Any]]:
        return {row["box_id"]: row for row in self.rows}


def plan_view(workspace: Workspace, shift_date: str, shift: str, legend: CrimeTypeLegend) -> PlanView:
    """Read one shift's plan.

    Parameters
    ----------
    workspace : Workspace
    shift_date : str
    shift : str
        A shift that starts on the date; the first of the date if it is empty or does not start then.
    legend : pandas.DataFrame
        crime_type, name, colour, letter.

    Returns
    -------
    PlanView
        With an empty ``shift`` where none starts on the date.
    """
    shifts = with_names(workspace, workspace.calendar.slots(shift_date, shift_date)[["shift"]])
    if shift not in set(shifts["shift"]):
        shift = shifts["shift"].iloc[0] if len(shifts) else ""
    grid = shift_plan.grid_of_plan(workspace, shift_date, shift)
    boxes = boxes_of(workspace, grid, ["box_id", "beat", "where"])
    patrols = _patrols(workspace, shift_date, shift, known_boxes(workspace, list(boxes)), legend)
    rows = chain.of_shift(workspace, shift_date, shift)
    if not shift:
        message = f"No shift starts on {shift_date}."
    elif len(patrols):
        message = ""
    elif workspace.count("draws", {"shift_date": shift_date, "shift": shift}):
        message = f"The plan of {shift_date} {shift} has no boxes."
    else:
        message = f"No plan has been made for {shift_date} {shift} yet: score and meter it, or run the whole day."
    return PlanView(
        shift_date, shift, patrols, legend, shifts, boxes, dict(workspace.settings.adjustment_reasons),
        workspace.settings.target_minutes, adjusting.why_not_adjust(workspace),
        adjusting.undoable(workspace, shift_date, shift), rows[-1] if rows else None,
        chain.head_of(workspace), message, _remarks(workspace, shift_date, shift),
        _seed_hash(workspace, shift_date, shift), reported_since(workspace, shift_date, shift),
        bool(shift) and workspace.calendar.has_ended(shift_date, shift), workspace.settings.timezone,
        workspace.settings.crs, grid, _remnants(workspace, patrols["box_id"]))


def _remnants(workspace: Workspace, box_ids: pd.Series) -> dict[str, BaseGeometry]:
    """Outlines of those boxes of a plan that are no squares."""
    return {box_ids.iloc[place]: shape for place, shape in shapes_of(workspace, box_ids).remnants.items()}


def _remarks(workspace: Workspace, shift_date: str, shift: str) -> list[str]:
    """How much of the harm the draw reaches, where it fell short, and what has changed since the plan went out."""
    reached, short = shift_plan.harm_reached(workspace, shift_date, shift)
    remarks = [reached.sentence] if reached is not None and reached.sentence else []
    if short:
        others = f" Others that fall short: {len(short) - 1}." if len(short) > 1 else ""
        remarks.append(short[0].sentence + others)
    went_out = {"shift_date": shift_date, "shift": shift, "published_utc": Between(None, pd.Timestamp.now(tz="UTC"))}
    new, gone = shift_plan.unpublished(workspace, shift_date, shift)
    if (new or gone) and workspace.count("patrols", went_out):
        remarks.append(f"Changed since it was printed or exported (boxes: {new} in, {gone} out): print it again.")
    return remarks


def _seed_hash(workspace: Workspace, shift_date: str, shift: str) -> str:
    draws = shift_plan.draws_of(workspace, shift_date, shift)
    return "" if draws.empty else draws["seed_hash"].iloc[-1]


def _patrols(workspace: Workspace, shift_date: str, shift: str, boxes: BoxWords,
             legend: CrimeTypeLegend) -> ReviewedPatrols:
    patrols = workspace.read("patrols", where={"shift_date": shift_date, "shift": shift})
    planned = patrols[patrols["status"] == "planned"]
    # Of the patrols that are out, those that an analyst took out; the others were replaced when it was drawn again.
    taken_out = adjustments.suppressed_boxes(chain.of_shift(workspace, shift_date, shift)) - set(planned["box_id"])
    suppressed = patrols[patrols["box_id"].isin(taken_out)].drop_duplicates("box_id", keep="last")
    frame = shift_plan.in_sheet_order(pd.concat([planned, suppressed]), boxes[["box_id", "where"]])
    frame = shift_plan.with_ways(workspace, frame)
    frame["drive"] = [shift_plan.drive_in_words(*way) for way in zip(frame["travel_minutes"], frame["by_street"])]
    frame = frame.fillna({"beat": ""}).astype({"number": "Int64"})
    frame["out"] = frame["status"] != "planned"
    frame = frame.merge(legend.rename(columns={"name": "crime_type_name"}), on="crime_type", how="left")
    frame = frame.join(_before(workspace, shift_date, shift, frame))
    return frame[list(names_of(ReviewedPatrols))]


def _before(workspace: Workspace, shift_date: str, shift: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Streak and last patrols of the boxes of a plan (rows with box_id and out), aligned with it."""
    if frame.empty:
        return pd.DataFrame({"streak": pd.Series(dtype=int), "last_patrols": pd.Series(dtype=object)})
    past = _past_patrols(workspace, shift_date, shift)
    ago = (np.datetime64(shift_date) - past["shift_date"].to_numpy(dtype="datetime64[D]")).astype(int)
    place = pd.Index(frame["box_id"]).get_indexer(past["box_id"])
    known = (place >= 0) & (ago < _SEEN_DAYS)
    served = np.zeros((len(frame), _SEEN_DAYS), dtype=bool)
    served[place[known], ago[known]] = True
    today = served[:, 0] | ~frame["out"].to_numpy(dtype=bool)
    streak = today + np.cumprod(served[:, 1:], axis=1).sum(axis=1)
    newest = past[known].groupby("box_id").head(_LAST_PATROLS)
    names = shift_names(workspace)
    words = pd.to_datetime(newest["shift_date"]).dt.strftime("%d %b ") + newest["shift"].map(names).fillna("")
    last = words.groupby(newest["box_id"]).agg(", ".join) if len(words) else pd.Series(dtype=object)
    return pd.DataFrame({"streak": streak, "last_patrols": frame["box_id"].map(last).fillna("").astype(object)})


def _past_patrols(workspace: Workspace, shift_date: str, shift: str) -> PastPatrols:
    """What counted as a patrol in the four weeks before a shift, newest first: shift_date, shift, box_id."""
    rules = metering.rules_of(workspace.settings, shift_date, shift, 1)
    grid = shift_plan.grid_of_plan(workspace, shift_date, shift)
    patrols = patrol_history.history_around(workspace, shift_date, shift, rules, grid=grid).patrols
    first = str(pd.Timestamp(shift_date).date() - pd.Timedelta(days=_SEEN_DAYS - 1))
    slots = workspace.calendar.slots(first, shift_date)
    here = slots.loc[(slots["shift_date"] == shift_date) & (slots["shift"] == shift), "start_utc"].iloc[0]
    slots = slots.loc[slots["start_utc"] < here, ["shift_date", "shift", "start_utc"]]
    return patrols.merge(slots, on=["shift_date", "shift"]).sort_values("start_utc", ascending=False, kind="stable",
                                                                        ignore_index=True)
