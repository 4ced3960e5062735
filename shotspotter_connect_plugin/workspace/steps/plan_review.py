"""One shift's plan as an analyst looks at it before changing it. It only reads."""
from dataclasses import dataclass
from functools import cached_property
from typing import List, Optional

import numpy as np
import pandas as pd

from ...forecast.fishnet import Fishnet
from ...patrol import adjustments, metering
from ..store import chain
from ..store.workspace import Between
from . import adjusting, patrol_history, shift_plan
from .recent_events import reported_since

_SEEN_DAYS = max(metering.WINDOWS)
_LAST_PATROLS = 3
PATROL_COLUMNS = (
    "patrol_id", "number", "beat", "box_id", "where", "crime_type", "crime_type_name", "colour", "letter", "chance",
    "chance_low", "chance_high", "harm", "inclusion_probability", "target_minutes", "status", "origin", "streak",
    "last_patrols", "x_min", "y_min", "x_max", "y_max")


@dataclass(frozen=True)
class PlanView:
    """One shift's plan as an analyst sees it.

    ``patrols`` [PATROL_COLUMNS] holds, by beat and visit order, the planned ones, numbered from 1 within a beat as on
    the sheets, and those an analyst suppressed (``number`` null); ``streak`` counts the days in a row, up to this
    shift, on which the box had a patrol. ``crime_types`` [crime_type, name, colour, letter]; ``shifts`` [shift, name]
    of the date; ``boxes`` [box_id, beat, where], the whole fishnet. ``refusal`` says why this account may not change
    the plan, empty if it may; ``undoable`` and ``last`` are adjustments as mappings or None; ``message`` says why there
    is nothing to show; ``remarks`` are sentences on the draw and on what is not on the sheets yet. ``seed_hash`` is
    that of the newest draw, empty without one; ``reported`` counts events that became known since the plan's forecast,
    until the shift ends, and ``ended`` tells whether it has.
    """

    shift_date: str
    shift: str
    patrols: pd.DataFrame
    crime_types: pd.DataFrame
    shifts: pd.DataFrame
    boxes: pd.DataFrame
    reasons: dict
    target_minutes: float
    refusal: str
    undoable: Optional[dict]
    last: Optional[dict]
    head: str
    message: str
    remarks: List[str]
    seed_hash: str
    reported: int
    ended: bool
    timezone: str
    crs: str
    fishnet: Fishnet

    @property
    def shift_name(self):
        """Name of the shift on screens and sheets."""
        return dict(zip(self.shifts["shift"], self.shifts["name"])).get(self.shift, self.shift)

    def box_at(self, x, y):
        """Id of the box at a point in ``crs``; empty outside the fishnet."""
        box_id = self.fishnet.ids(*self.fishnet.cell([x], [y]))[0]
        return box_id if (self.boxes["box_id"] == box_id).any() else ""

    def rectangle(self, box_id):
        """x_min, y_min, x_max, y_max of a box in ``crs``."""
        return self.fishnet.rectangles(*Fishnet.parse([box_id]))[0].tolist()

    @cached_property
    def rows(self):
        """``patrols`` as a list of mappings, None for null."""
        return chain.records(self.patrols)

    def row_of(self, box_id):
        """The row of ``patrols`` of a box as a mapping; None if there is none."""
        return self._by_box.get(box_id)

    @cached_property
    def _by_box(self):
        return {row["box_id"]: row for row in self.rows}


def plan_view(workspace, shift_date, shift, legend):
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
    names = workspace.read("shifts", ["shift", "name"]).drop_duplicates("shift")
    slots = workspace.calendar.slots(shift_date, shift_date)[["shift"]]
    shifts = slots.merge(names, on="shift", how="left")
    shifts["name"] = shifts["name"].fillna(shifts["shift"])
    if shift not in set(shifts["shift"]):
        shift = shifts["shift"].iloc[0] if len(shifts) else ""
    boxes = workspace.read("boxes", ["box_id", "beat", "where"])
    patrols = _patrols(workspace, shift_date, shift, boxes, legend, dict(names.to_numpy()))
    rows = chain.of_shift(workspace, shift_date, shift)
    if not shift:
        message = f"No shift starts on {shift_date}."
    elif len(patrols):
        message = ""
    elif workspace.count("draws", {"shift_date": shift_date, "shift": shift}):
        message = f"The plan of {shift_date} {shift} has no boxes."
    else:
        message = f"No plan has been made for {shift_date} {shift} yet: score and meter it, or run the whole day."
    head = workspace.read("adjustments", ["seq", "hash"], order_by="seq")["hash"]
    return PlanView(
        shift_date, shift, patrols, legend, shifts, boxes, dict(workspace.settings.adjustment_reasons),
        workspace.settings.target_minutes, adjusting.why_not_adjust(workspace),
        adjusting.undoable(workspace, shift_date, shift), rows[-1] if rows else None,
        "" if head.empty else head.iloc[-1], message, _remarks(workspace, shift_date, shift),
        _seed_hash(workspace, shift_date, shift), reported_since(workspace, shift_date, shift),
        bool(shift) and workspace.calendar.has_ended(shift_date, shift), workspace.settings.timezone,
        workspace.settings.crs, workspace.fishnet)


def _remarks(workspace, shift_date, shift):
    """How much of the harm the draw covers, where it fell short, and what has changed since the plan went out."""
    coverage, short = shift_plan.coverage_of(workspace, shift_date, shift)
    remarks = [coverage.sentence] if coverage is not None and coverage.sentence else []
    if short:
        others = f" Other beats that fall short: {len(short) - 1}." if len(short) > 1 else ""
        remarks.append(short[0].sentence + others)
    went_out = {"shift_date": shift_date, "shift": shift, "published_utc": Between(None, pd.Timestamp.now(tz="UTC"))}
    new, gone = shift_plan.unpublished(workspace, shift_date, shift)
    if (new or gone) and workspace.count("patrols", went_out):
        remarks.append(f"Changed since it was printed or exported (boxes: {new} in, {gone} out): print it again.")
    return remarks


def _seed_hash(workspace, shift_date, shift):
    draws = shift_plan.draws_of(workspace, shift_date, shift)
    return "" if draws.empty else draws["seed_hash"].iloc[-1]


def _patrols(workspace, shift_date, shift, boxes, legend, shift_names):
    patrols = workspace.read("patrols", where={"shift_date": shift_date, "shift": shift})
    planned = patrols[patrols["status"] == "planned"]
    # Of the patrols that are out, those that an analyst took out; the others were replaced when it was drawn again.
    taken_out = adjustments.suppressed_boxes(chain.of_shift(workspace, shift_date, shift)) - set(planned["box_id"])
    suppressed = patrols[patrols["box_id"].isin(taken_out)].drop_duplicates("box_id", keep="last")
    frame = pd.concat([planned, suppressed]).merge(boxes[["box_id", "where"]], on="box_id").fillna({"beat": ""})
    frame = frame.sort_values(["beat", "visit_order", "box_id"], kind="stable", ignore_index=True)
    frame["out"] = frame["status"] != "planned"
    number = (~frame["out"]).groupby(frame["beat"]).cumsum()
    frame["number"] = number.where(~frame["out"]).astype("Int64")
    frame = frame.merge(legend.rename(columns={"name": "crime_type_name"}), on="crime_type", how="left")
    frame = frame.join(_before(workspace, shift_date, shift, frame, shift_names))
    corners = workspace.fishnet.rectangles(*Fishnet.parse(frame["box_id"])) if len(frame) else np.empty((0, 4))
    frame[["x_min", "y_min", "x_max", "y_max"]] = corners
    return frame[list(PATROL_COLUMNS)]


def _before(workspace, shift_date, shift, frame, shift_names):
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
    words = pd.to_datetime(newest["shift_date"]).dt.strftime("%d %b ") + newest["shift"].map(shift_names).fillna("")
    last = words.groupby(newest["box_id"]).agg(", ".join) if len(words) else pd.Series(dtype=object)
    return pd.DataFrame({"streak": streak, "last_patrols": frame["box_id"].map(last).fillna("").astype(object)})


def _past_patrols(workspace, shift_date, shift):
    """What counted as a patrol in the four weeks before a shift, newest first: shift_date, shift, box_id."""
    rules = metering.rules_of(workspace.settings, shift_date, shift, 1)
    patrols = patrol_history.history_around(workspace, shift_date, shift, rules).patrols
    first = str(pd.Timestamp(shift_date).date() - pd.Timedelta(days=_SEEN_DAYS - 1))
    slots = workspace.calendar.slots(first, shift_date)
    here = slots.loc[(slots["shift_date"] == shift_date) & (slots["shift"] == shift), "start_utc"].iloc[0]
    slots = slots.loc[slots["start_utc"] < here, ["shift_date", "shift", "start_utc"]]
    return patrols.merge(slots, on=["shift_date", "shift"]).sort_values("start_utc", ascending=False, kind="stable",
                                                                        ignore_index=True)
