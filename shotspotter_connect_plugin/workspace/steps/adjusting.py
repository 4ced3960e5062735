"""Change a plan by hand: add, suppress, restore, minutes, undo; each with who, why and a place in the chain."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

import pandas as pd

from ...errors import ConnectError
from ...forecast.box_layout import boxes_in
from ...patrol import adjustments, metering
from ...progress import SILENT, Progress
from ..store import chain, roles
from ..store.former_boxes import known_box, links_of, most_shared
from ..store.roles import account, role_of
from ..store.rows import Patrols
from ..store.workspace import Workspace, Writer
from . import patrol_history, shift_plan

ACTIONS = adjustments.ACTIONS
LONGEST_MINUTES = 240.0


@dataclass(frozen=True)
class Adjusted:
    """What an adjustment did: its number in the chain, the chain's new head, the planned patrols, what to tell."""

    seq: int
    head: str
    patrols: Patrols
    messages: list[str]


def why_not_adjust(workspace: Workspace, who: str | None = None) -> str:
    """One sentence that says why an account may not adjust plans; empty if it may."""
    return roles.why_not(workspace, "adjust", who)


def undoable(workspace: Workspace, shift_date: str, shift: str) -> Mapping[str, Any] | None:
    """The adjustment of a shift that an undo would take back, as a mapping; None if there is none."""
    return next(iter(adjustments.standing(chain.of_shift(workspace, shift_date, shift))[-1:]), None)


def adjust(workspace: Workspace, action: str, shift_date: str, shift: str, box_id: str = "", crime_type: str = "",
           minutes: float | None = None, reason: str = "", note: str = "", who: str | None = None,
           progress: Progress = SILENT) -> Adjusted:
    """Change the plan of one shift and append the change to the chain, in one transaction.

    ``add`` plans a box of the fishnet that is not planned; ``suppress`` takes a planned box out and puts the next of
    the draw's reserve of its beat in its place; ``restore`` takes the suppression back, and the top-up out if that is
    still planned; ``minutes`` sets how long to stay; ``undo`` takes back the newest adjustment of the shift that
    holds. Whatever would put a box into the plan is refused if it breaks a hard limit or the rest after a patrol.

    Parameters
    ----------
    workspace : Workspace
    action : str
        One of ``ACTIONS``.
    shift_date, shift : str
    box_id : str
        For all but undo.
    crime_type : str, optional
        For add; the box's dominant one in the forecast if not given.
    minutes : float, optional
        For minutes, and for add (else ``target_minutes``).
    reason : str
        A code of the setting ``adjustment_reasons``; an undo needs none.
    note : str
        Free text; stays inside the agency.
    who : str, optional
        Account; that of the operating system if not given.

    Raises
    ------
    ConnectError
        When the account may not, the reason is missing, or the change cannot be made; nothing is changed then.
    """
    who = account() if who is None else who
    roles.require(workspace, "adjust", who)
    _check(workspace, action, box_id, crime_type, minutes, reason)
    workspace.calendar.bounds(shift_date, shift)
    progress.report(0.1)
    with workspace.transaction() as writer:
        plan = _Plan(workspace, shift_date, shift)
        if action == "add":
            change = plan.add(box_id, crime_type, minutes)
        elif action == "suppress":
            change = plan.suppress(box_id)
        elif action == "restore":
            change = plan.restore(box_id)
        elif action == "minutes" and minutes is not None:
            change = plan.set_minutes(box_id, minutes)
        else:
            change, box_id = plan.undo()
        touched = [item["patrol_id"] for item in change["patrols"]]
        row = adjustments.linked({
            "at_utc": pd.Timestamp.now(tz="UTC").floor("ms"), "who": who, "role": role_of(workspace, who),
            "action": action, "patrol_id": touched[0] if touched else None, "box_id": box_id,
            "shift_date": shift_date, "shift": shift, "reason": reason.strip() or None, "note": note.strip() or None,
            "change": {"draw_id": plan.draw_id, **change}}, chain.records(chain.read_chain(workspace))[-1:])
        writer.append("adjustments", pd.DataFrame([row]))
        plan.write(writer, change)
        progress.report(0.9)
    if workspace.calendar.has_ended(shift_date, shift):
        plan.messages.append(f"{shift_date} {shift} has ended; the change is recorded as made after it.")
    return Adjusted(row["seq"], row["hash"], shift_plan.planned(workspace, shift_date, shift), plan.messages)


def _check(workspace: Workspace, action: str, box_id: str, crime_type: str, minutes: float | None, reason: str) -> None:
    """What can be told without the plan; one sentence each."""
    if action not in ACTIONS:
        raise ConnectError(f"There is no action {action or '(empty)'}; the actions are {', '.join(ACTIONS)}.")
    codes = workspace.settings.adjustment_reasons
    if not reason.strip() and action != "undo":
        raise ConnectError(f"Every change needs a reason; give one of {', '.join(codes)}.")
    if reason.strip() and reason.strip() not in codes:
        raise ConnectError(f"There is no reason {reason.strip()}; give one of {', '.join(codes)}.")
    if action == "undo":
        return
    if not box_id:
        raise ConnectError("Name the box in BOX_ID.")
    if known_box(workspace, box_id, ["box_id"]).empty:
        raise ConnectError(f"There is no box {box_id} in this workspace; a box id looks like C1290R17210.")
    types = workspace.crime_types["crime_type"].tolist()
    if crime_type and crime_type not in types:
        raise ConnectError(f"Crime type {crime_type} is not among the enabled ones: {', '.join(types)}.")
    if action == "minutes" and minutes is None:
        raise ConnectError("Give the minutes to stay in MINUTES.")
    if minutes is not None and not 1 <= minutes <= LONGEST_MINUTES:
        raise ConnectError(f"MINUTES must be 1 to {LONGEST_MINUTES:g}.")


class _Plan:
    """The plan of one shift under the lock of a transaction; each action gives the ``change`` it makes."""

    def __init__(self, workspace: Workspace, shift_date: str, shift: str) -> None:
        self._workspace, self._date, self._shift = workspace, shift_date, shift
        patrols = workspace.read("patrols", where={"shift_date": shift_date, "shift": shift})
        self._patrols = {patrol["patrol_id"]: patrol for patrol in chain.records(patrols)}
        self._rows = chain.of_shift(workspace, shift_date, shift)
        draws = shift_plan.draws_of(workspace, shift_date, shift)
        self.draw_id = None if draws.empty else draws["draw_id"].iloc[-1]
        self._reserve = {} if draws.empty else draws["reserve"].iloc[-1] or {}
        self._rules = metering.rules_of(workspace.settings, shift_date, shift, max(len(draws), 1))
        self._grid = shift_plan.grid_of_plan(workspace, shift_date, shift)
        self._history = patrol_history.history_around(workspace, shift_date, shift, self._rules, grid=self._grid)
        self._made: dict[str, dict[str, Any]] = {}
        self.messages: list[str] = []

    # The actions

    def add(self, box_id: str, crime_type: str, minutes: float | None) -> dict[str, Any]:
        if self._planned(box_id):
            raise ConnectError(f"Box {box_id} is in the plan of {self._date} {self._shift} already.")
        if adjustments.suppression_of(self._rows, box_id):
            raise ConnectError(f"Box {box_id} was suppressed in {self._date} {self._shift}; restore it instead.")
        self._must_be_of_the_layout(box_id)
        minutes = self._rules["target_minutes"] if minutes is None else float(minutes)
        self._refuse(box_id, "added", minutes)
        self._warn_of_ground(box_id)
        return {"patrols": [self._new(box_id, "added", minutes, crime_type)]}

    def suppress(self, box_id: str) -> dict[str, Any]:
        patrol = self._must_be_planned(box_id)
        taken_out = self._changed(patrol, status="suppressed")
        if patrol["origin"] == "added":
            return {"patrols": [taken_out]}
        top_up, skipped = self._top_up(patrol)
        return {"patrols": [taken_out, *top_up], "skipped": skipped}

    def restore(self, box_id: str) -> dict[str, Any]:
        suppression = adjustments.suppression_of(self._rows, box_id)
        if suppression is None:
            raise ConnectError(f"Box {box_id} is not suppressed in {self._date} {self._shift}, so there is nothing to "
                               "restore.")
        patrol = self._patrols[suppression["patrol_id"]]
        if not self._is_current(patrol):
            self.messages.append(f"Box {box_id} may be drawn or added again; its patrol belonged to an earlier draw "
                                 "and stays out of the plan.")
            return {"patrols": []}
        if self._planned(box_id):
            raise ConnectError(f"Box {box_id} is in the plan of {self._date} {self._shift} already.")
        self._refuse(box_id, "restored", patrol["target_minutes"])
        withdrawn = [self._changed(self._patrols[key], status="suppressed")
                     for key in adjustments.top_ups(self._rows, suppression)
                     if self._patrols[key]["status"] == "planned"]
        for item in withdrawn:
            self.messages.append(f"Its top-up {item['box_id']} leaves the plan.")
        return {"patrols": [self._changed(patrol, status="planned"), *withdrawn]}

    def set_minutes(self, box_id: str, minutes: float) -> dict[str, Any]:
        patrol = self._must_be_planned(box_id)
        if patrol["target_minutes"] == minutes:
            raise ConnectError(f"Box {box_id} is planned for {minutes:g} minutes already.")
        limits = metering.minute_limits([box_id], self._history, self._rules, minutes)
        for applies, reason in limits if minutes > patrol["target_minutes"] else ():
            if applies.any():
                raise ConnectError(f"Box {box_id} cannot be given {minutes:g} minutes: {reason}.")
        return {"patrols": [self._changed(patrol, target_minutes=float(minutes))]}

    def undo(self) -> tuple[dict[str, Any], str]:
        last = next(iter(adjustments.standing(self._rows)[-1:]), None)
        if last is None:
            raise ConnectError(f"{self._date} {self._shift} has no adjustment to undo.")
        items = []
        for item in reversed(last["change"]["patrols"]):
            patrol = self._patrols[item["patrol_id"]]
            if not self._is_current(patrol):
                continue  # drawn again since: that patrol is out of the plan for good
            back = item["before"] or {"status": "suppressed"}
            if back.get("status") == "planned":
                self._refuse(item["box_id"], "put back", patrol["target_minutes"])
            items.append(self._changed(patrol, **back))
        self.messages.append(f"Taken back: {last['action']} of box {last['box_id']}.")
        return {"patrols": items, "undoes": last["seq"]}, last["box_id"]

    def write(self, writer: Writer, change: Mapping[str, Any]) -> None:
        """Write the patrols of a change."""
        new = [self._made[item["patrol_id"]] for item in change["patrols"] if item["before"] is None]
        old = [{"patrol_id": item["patrol_id"], **item["after"],
                "version": (self._patrols[item["patrol_id"]]["version"] or 0) + 1}
               for item in change["patrols"] if item["before"] is not None]
        if new:
            writer.append("patrols", pd.DataFrame(new))
        for patrol in old:
            writer.upsert("patrols", pd.DataFrame([patrol]))

    # What they share

    def _planned(self, box_id: str) -> dict[str, Any] | None:
        return next((patrol for patrol in self._patrols.values()
                     if patrol["box_id"] == box_id and patrol["status"] == "planned"), None)

    def _must_be_planned(self, box_id: str) -> dict[str, Any]:
        patrol = self._planned(box_id)
        if patrol is None:
            raise ConnectError(f"Box {box_id} is not in the plan of {self._date} {self._shift}.")
        return patrol

    def _must_be_of_the_layout(self, box_id: str) -> None:
        """All boxes of a plan are of the layout that it was drawn on, so that none lies in another."""
        if boxes_in(self._grid, [box_id])[0]:
            return
        there = most_shared(links_of(self._workspace, [box_id], self._grid)).get(box_id)
        raise ConnectError(f"{self._date} {self._shift} was planned on another layout of boxes, which has no {box_id}; "
                           + (f"most of it is in box {there} there." if there else "choose a box of that layout."))

    def _is_current(self, patrol: Mapping[str, Any]) -> bool:
        return patrol["origin"] == "added" or patrol["draw_id"] == self.draw_id

    def _changed(self, patrol: Mapping[str, Any], **after: Any) -> dict[str, Any]:
        return {"patrol_id": patrol["patrol_id"], "box_id": patrol["box_id"], "origin": patrol["origin"],
                "before": {name: patrol[name] for name in after}, "after": after}

    def _limits(self, box_ids: Sequence[str], minutes: float | None = None) -> dict[str, str]:
        """box id -> the limit that one more patrol of it would break."""
        broken: dict[str, str] = {}
        for applies, reason in metering.hard_limits(box_ids, self._history, self._rules, minutes):
            for box_id in pd.Index(box_ids)[applies]:
                broken.setdefault(box_id, reason)
        return broken

    def _refuse(self, box_id: str, what: str, minutes: float | None) -> None:
        limit = self._limits([box_id], minutes).get(box_id)
        if limit:
            raise ConnectError(f"Box {box_id} cannot be {what} in {self._date} {self._shift}: {limit}.")

    def _warn_of_ground(self, box_id: str) -> None:
        box = self._workspace.read("boxes", ["beat", *metering.GROUND], {"box_id": box_id})
        if box.empty:
            return  # of an earlier layout: nobody asks any more where officers can go in it
        why = [reason for applies, reason in metering.never_drawn(box, self._rules)
               if metering.is_ground(reason) and applies.any()]
        if why:
            (share, *_), (what, *_) = metering.unreachable_share(box)
            is_so = "has no street" if why[0] == metering.NO_STREET else f"is {100 * share:.0f} % {what}"
            self.messages.append(f"Box {box_id} {is_so} and is never drawn; make sure that officers can get there.")

    def _top_up(self, patrol: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """([the patrol that takes a suppressed one's place] or [], {reserve box passed over: why})."""
        waiting = next((boxes for boxes in self._reserve.values() if patrol["box_id"] in boxes),
                       self._reserve.get(patrol["beat"], []))
        broken = self._limits(waiting, patrol["target_minutes"]) if waiting else {}
        out = adjustments.suppressed_boxes(self._rows) | {patrol["box_id"]}
        skipped: dict[str, str] = {}
        for box_id in waiting:
            why = metering.SUPPRESSED if box_id in out else broken.get(box_id)
            if not why and self._planned(box_id):
                why = "in the plan already"
            if not why:
                self.messages.append(f"Topped up with {box_id}, the next of the draw's reserve of beat "
                                     f"{patrol['beat']}.")
                return [self._new(box_id, "topped_up", self._rules["target_minutes"])], skipped
            skipped[box_id] = why
        self.messages.append(f"No box is left in the draw's reserve of beat {patrol['beat']}, so the plan has one "
                             "patrol fewer." if self.draw_id else "There is no draw to top up from.")
        return [], skipped

    def _new(self, box_id: str, origin: str, minutes: float, crime_type: str = "") -> dict[str, Any]:
        """A new patrol; its row is kept for :meth:`write`."""
        where = {"shift_date": self._date, "shift": self._shift, "box_id": box_id}
        beat = chain.records(known_box(self._workspace, box_id, ["beat"]))[0]["beat"]
        forecasts = self._workspace.read("forecasts", ["box_id", "crime_type", "expected", "low", "high"], where)
        by_box = metering.harm_by_box(forecasts, self._workspace.crime_types)
        known = chain.records(by_box)[0] if len(by_box) else {}
        crime_type = crime_type or known.get("crime_type") or ""
        if not crime_type:
            raise ConnectError(f"{self._date} {self._shift} has no forecast of box {box_id}; name its crime type in "
                               "CRIME_TYPE.")
        of_draw = {}
        if origin == "topped_up":
            of_draw = chain.records(self._workspace.read("draw_boxes", ["harm", "inclusion_probability"], {
                "draw_id": self.draw_id, "box_id": box_id}))[0]
        orders = [patrol["visit_order"] or 0 for patrol in self._patrols.values()
                  if patrol["beat"] == beat and patrol["status"] == "planned"]
        # One box may come into a shift more than once, so the number keeps the ids apart.
        key = f"{self._date}.{self._shift}.{origin[0]}{len(self._patrols) + 1}.{box_id}"
        self._made[key] = {
            "patrol_id": key, "draw_id": self.draw_id if origin == "topped_up" else None, "shift_date": self._date,
            "shift": self._shift, "box_id": box_id, "beat": beat, "crime_type": crime_type,
            **{name: known.get(name) for name in ("harm", "chance", "chance_low", "chance_high")},
            "inclusion_probability": None, **of_draw, "target_minutes": minutes,
            "visit_order": max(orders, default=0) + 1, "returns": self._rules["returns"], "origin": origin,
            "status": "planned", "version": 1}
        return {"patrol_id": key, "box_id": box_id, "origin": origin, "before": None,
                "after": {"status": "planned", "target_minutes": minutes}}
