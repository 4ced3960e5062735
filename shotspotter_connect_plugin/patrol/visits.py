"""From tracks to visits: who stayed in which box, from when to when, for how many minutes.

The rules, in this order:

1. Fixes that cannot be true are dropped and tracks end at gaps (``tracks.py``).
2. Tracks are cut at the edges of boxes (``crossings.py``); each moment of a track lies in one box.
3. Hysteresis: an absence shorter than ``leave_seconds`` is jitter, its time belongs to the box the unit came back to. A
   longer one ends the visit once the unit was ``leave_metres`` outside for ``leave_seconds`` on end; until then the
   visit goes on, but the time belongs to the box in which it was spent.
4. Visits closer than ``merge_seconds`` are one; the absence adds no minutes.
5. A visit of fewer minutes than ``drive_through_seconds`` is a drive-through: counted, but no visit.

So every moment of a track counts for at most one box, and the minutes of all boxes never exceed the time tracked.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..forecast.instants import MINUTE, NAT, SECOND, nanoseconds, utc_times
from ..progress import SILENT
from .crossings import cut
from .tracks import VisitRules, clean_fixes  # noqa: F401 VisitRules belongs to what this module offers

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Bools, Floats, Ints, Numbers
    from ..forecast.box_grid import BoxGrid
    from ..progress import Progress
    from .patrol_frames import UnitVisits

_NOWHERE = 1e15  # metres: farther than any place, near enough for doubles to reckon with
_COLUMNS = ("unit", "col", "row", "entered", "left", "inside")

_CHUNK = 500_000
"""Fixes worked on at once: bounds the memory of what is made on the way."""


@dataclass
class Visits:
    """Visits and what became of the fixes.

    ``frame``: unit, box_id, entered_utc, left_utc, minutes; by unit and time of entry. ``counts``: fixes, used, dropped
    (by reason), tracks, minutes_tracked, drive_throughs.
    """

    frame: UnitVisits
    counts: dict[str, Any]


def find_visits(unit: ArrayLike, at: Any, x: ArrayLike, y: ArrayLike, fishnet: BoxGrid, rules: VisitRules, *,
                accuracy: ArrayLike | None = None, progress: Progress = SILENT, chunk: int = _CHUNK) -> Visits:
    """Find the visits of any number of units.

    Parameters
    ----------
    unit : array of str or int
        Unit of each fix, in any order.
    at : array of datetime64 (UTC) or int64 nanoseconds
    x, y : float arrays
        Metres, in the CRS of the fishnet.
    fishnet : BoxGrid
    rules : VisitRules
    accuracy : float array, optional
        Estimated error in metres, NaN where it is not told.
    chunk : int
        About how many fixes to work on at once.

    Returns
    -------
    Visits
    """
    code, units = pd.factorize(np.asarray(unit), sort=True)
    code = code.astype(np.int16 if len(units) < 1 << 15 else np.int32)
    at, x, y = np.where(code < 0, NAT, nanoseconds(at)), np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    accuracy = None if accuracy is None else np.asarray(accuracy, dtype=float)
    order = _order(code, at)
    counts = {"fixes": at.size, "used": 0, "dropped": {}, "tracks": 0, "minutes_tracked": 0.0, "drive_throughs": 0}
    parts = []
    for first, last in _chunks(code, at, order, rules, chunk):
        progress.report(first / at.size)
        part = slice(first, last) if order is None else order[first:last]
        parts.append(_visits_of_part(code[part], at[part], x[part], y[part],
                                     None if accuracy is None else accuracy[part], fishnet, rules, counts))
    found = {name: np.concatenate([part[name] for part in parts] or [np.zeros(0, dtype=np.int64)]) for name in _COLUMNS}
    return Visits(pd.DataFrame({
        "unit": np.asarray(units)[found["unit"]], "box_id": fishnet.ids(found["col"], found["row"]),
        "entered_utc": utc_times(found["entered"]), "left_utc": utc_times(found["left"]),
        "minutes": found["inside"] / MINUTE}), counts)


def no_visits() -> UnitVisits:
    """The frame of no visits."""
    return pd.DataFrame({"unit": np.zeros(0, dtype=object), "box_id": np.zeros(0, dtype=object),
                         "entered_utc": utc_times([]), "left_utc": utc_times([]), "minutes": np.zeros(0)})


def visits_of_tracks(unit: Numbers, at: Ints, x: Floats, y: Floats, track: Ints, fishnet: BoxGrid,
                     rules: VisitRules) -> dict[str, Numbers]:
    """Visits of tracks that are already clean, drive-throughs included.

    Parameters
    ----------
    unit, at, x, y, track : arrays
        As :func:`tracks.clean_fixes` leaves them: sorted by unit and time.

    Returns
    -------
    dict of array
        unit, col, row, entered, left (nanoseconds), inside (nanoseconds of presence), step (position of the fix that
        begins the step in which the visit ends), sorted by unit and time of entry.
    """
    stays = cut(at, x, y, track, fishnet)
    owner = unit[stays.step].astype(np.int64)
    cell = (stays.col << 32) + (stays.row & 0xFFFFFFFF)
    order = np.lexsort((cell, owner))
    again = (np.diff(owner[order]) == 0) & (np.diff(cell[order]) == 0)
    back_soon = again & (np.diff(stays.track[order]) == 0) \
        & (stays.start[order[1:]] - stays.end[order[:-1]] < rules.leave_seconds * SECOND)
    swallowed, goes_on = _jitter(len(stays), order[:-1][back_soon], order[1:][back_soon])

    # One presence = stays of one cell joined across jitter; next to each other in this order.
    order = order[~swallowed[order]]
    stays, owner, cell = stays.take(order), owner[order], cell[order]
    begin = np.flatnonzero(np.concatenate([[True], ~goes_on[order[:-1]]])) if order.size else order
    last = np.append(begin[1:], order.size)[:begin.size] - 1
    entered, left, step = stays.start[begin], stays.end[last], stays.step[last]
    inside = left - entered

    # One visit = presences of one unit in one cell, across short absences and until the unit has left.
    away = entered[1:] - left[:-1]
    same = (np.diff(owner[begin]) == 0) & (np.diff(cell[begin]) == 0)
    stayed = same & (away < rules.merge_seconds * SECOND)
    asked = np.flatnonzero(same & ~stayed & (np.diff(stays.track[begin]) == 0))
    stayed[asked] = ~has_left(at, x, y, step[asked], left[asked], entered[asked + 1], stays.col[begin[asked]],
                              stays.row[begin[asked]], fishnet, rules)
    opens = np.flatnonzero(np.concatenate([[True], ~stayed])) if begin.size else begin
    closes = np.append(opens[1:], begin.size)[:opens.size] - 1
    visits = {"unit": owner[begin[opens]], "col": stays.col[begin[opens]], "row": stays.row[begin[opens]],
              "entered": entered[opens], "left": left[closes],
              "inside": np.add.reduceat(inside, opens) if opens.size else inside, "step": step[closes]}
    order = np.lexsort((visits["entered"], visits["unit"]))
    return {name: values[order] for name, values in visits.items()}


def has_left(at: Ints, x: Floats, y: Floats, step: Ints, out: Ints, back: Ints, col: Ints, row: Ints, fishnet: BoxGrid,
             rules: VisitRules) -> Bools:
    """Whether units that went out of boxes had left them: outside by ``leave_metres`` for ``leave_seconds`` on end.

    Parameters
    ----------
    at, x, y : arrays
        The fixes.
    step, out : int arrays
        For each absence the position of the fix before the unit went out, and when it did.
    back : int array
        When the unit came back, or until when it is known where it was.
    col, row : int arrays
        The box of each absence.

    Returns
    -------
    bool array
    """
    long_enough = max(round(rules.leave_seconds * SECOND), 1)
    index, rings = fishnet.pieces(col, row)
    rings = rings + np.array([-1.0, -1.0, 1.0, 1.0]) * rules.leave_metres
    pieces = np.bincount(index, minlength=len(step))
    left = np.zeros(len(step), dtype=bool)
    one = np.flatnonzero(pieces == 1)
    left[one] = _has_left_one(at, x, y, step[one], out[one], back[one], rings[np.isin(index, one)], long_enough)
    several = np.flatnonzero(pieces > 1)
    if several.size:
        of_box = np.full((several.size, int(pieces.max()), 4), _NOWHERE)
        which = np.flatnonzero(np.isin(index, several))
        begin = np.cumsum(pieces[several]) - pieces[several]
        at_place = np.repeat(np.arange(several.size), pieces[several])
        of_box[at_place, np.arange(which.size) - begin[at_place]] = rings[which]
        left[several] = _has_left_several(at, x, y, step[several], out[several], back[several], of_box, long_enough)
    return left


def _has_left_several(at: Ints, x: Floats, y: Floats, step: Ints, out: Ints, back: Ints, rings: Floats,
                      long_enough: int) -> Bools:
    """As :func:`_has_left_one` of boxes that are several rectangles each: ``rings`` (absences, rectangles, 4), some of
    them nowhere where a box has fewer."""
    left, most = np.zeros(len(step), dtype=bool), rings.shape[1]
    since, position, active = out.astype(np.int64), step.astype(np.int64), np.arange(len(step))
    while active.size:
        here = position[active]
        until = np.minimum(at[here + 1], back[active])
        each = np.repeat(here, most)
        spans = _within(at[each], x[each], y[each], at[each + 1], x[each + 1], y[each + 1],
                        rings[active].reshape(-1, 4))
        enters, leaves = (ends.reshape(-1, most) for ends in spans)
        inside = (enters <= leaves) & (leaves >= out[active, None]) & (enters <= until[:, None])
        # What is not entered counts as entered at the end, and moves nothing.
        enters = np.where(inside, enters, until[:, None])
        leaves = np.where(inside, leaves, since[active, None])
        order = np.argsort(enters, axis=1, kind="stable")
        for place in order.T:
            row = np.arange(active.size)
            left[active] |= enters[row, place] - since[active] >= long_enough
            since[active] = np.maximum(since[active], leaves[row, place])
        left[active] |= until - since[active] >= long_enough
        position[active] += 1
        active = active[~left[active] & (at[here + 1] < back[active])]
    return left


def _has_left_one(at: Ints, x: Floats, y: Floats, step: Ints, out: Ints, back: Ints, ring: Floats,
                  long_enough: int) -> Bools:
    """:func:`has_left` of boxes that are one rectangle each, widened to the ``ring``."""
    left = np.zeros(len(step), dtype=bool)
    since = np.asarray(out, dtype=np.int64).copy()
    position = np.asarray(step, dtype=np.int64).copy()
    active = np.arange(len(step))
    # All absences take their first step together, then their second: most have left within a few.
    while active.size:
        here = position[active]
        enters, leaves = _within(at[here], x[here], y[here], at[here + 1], x[here + 1], y[here + 1], ring[active])
        until = np.minimum(at[here + 1], back[active])
        inside = (enters <= leaves) & (leaves >= out[active]) & (enters <= until)
        before = np.where(inside, np.minimum(enters, until), until) - since[active]
        since[active[inside]] = leaves[inside]
        left[active] = (before >= long_enough) | (until - since[active] >= long_enough)
        position[active] += 1
        active = active[~left[active] & (at[here + 1] < back[active])]
    return left


def _within(t0: Ints, x0: Floats, y0: Floats, t1: Ints, x1: Floats, y1: Floats, ring: Floats) -> tuple[Ints, Ints]:
    """From when to when (nanoseconds) straight steps lie in rectangles; the end before the start where they do not."""
    low, high = np.zeros(len(t0)), np.ones(len(t0))
    for start, end, least, most in ((x0, x1, ring[:, 0], ring[:, 2]), (y0, y1, ring[:, 1], ring[:, 3])):
        change = end - start
        with np.errstate(divide="ignore", invalid="ignore"):
            one, other = (least - start) / change, (most - start) / change
        still = change == 0
        between = (start >= least) & (start <= most)
        low = np.maximum(low, np.where(still, np.where(between, 0.0, 2.0), np.minimum(one, other)))
        high = np.minimum(high, np.where(still, 1.0, np.maximum(one, other)))
    span = t1 - t0
    never = low > high
    low = t0 + np.rint(np.where(never, 1.0, low) * span).astype(np.int64)
    high = t0 + np.rint(np.where(never, 0.0, high) * span).astype(np.int64)
    return low, high


def _jitter(size: int, stay: Ints, back: Ints) -> tuple[Bools, Bools]:
    """Which stays are swallowed by an absence too short to count, and which go on after one.

    ``stay`` leads to ``back``, the same unit's next stay in the same cell. What comes first wins: walking along the
    track, the first stay with a short absence takes all that lies in it.
    """
    swallowed, goes_on = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    order = np.argsort(stay)
    reached = -1
    for here, there in zip(stay[order].tolist(), back[order].tolist()):
        if here >= reached:
            swallowed[here + 1:there] = True
            goes_on[here] = True
            reached = there
    return swallowed, goes_on


def _visits_of_part(unit: Numbers, at: Ints, x: Floats, y: Floats, accuracy: Floats | None, fishnet: BoxGrid,
                    rules: VisitRules, counts: dict[str, Any]) -> dict[str, Numbers]:
    keep, track, dropped = clean_fixes(unit, at, x, y, accuracy, rules)
    unit, at, x, y = unit[keep], at[keep], x[keep], y[keep]
    counts["used"] += keep.size
    for reason, number in dropped.items():
        counts["dropped"][reason] = counts["dropped"].get(reason, 0) + number
    same = np.diff(track) == 0
    counts["tracks"] += int((~same).sum()) + (keep.size > 0)
    counts["minutes_tracked"] += float(np.diff(at)[same].sum()) / MINUTE
    visits = visits_of_tracks(unit, at, x, y, track, fishnet, rules)
    lasting = visits["inside"] >= rules.drive_through_seconds * SECOND
    counts["drive_throughs"] += int((~lasting).sum())
    return {name: visits[name][lasting] for name in _COLUMNS}


def _order(code: Ints, at: Ints) -> Ints | None:
    """Positions in the order of unit and time; None where the fixes already are."""
    rising = (code[1:] > code[:-1]) | ((code[1:] == code[:-1]) & (at[1:] >= at[:-1]))
    return None if rising.all() else np.lexsort((at, code))


def _chunks(code: Ints, at: Ints, order: Ints | None, rules: VisitRules, size: int) -> list[tuple[int, int]]:
    """Cut sorted fixes where nothing goes on: at another unit, or at a silence longer than every rule remembers."""
    if order is not None:
        code, at = code[order], at[order]
    memory = round(max(rules.gap_seconds, rules.merge_seconds, rules.leave_seconds) * SECOND)
    safe = np.flatnonzero((code[1:] != code[:-1]) | (at[1:] - at[:-1] > memory)) + 1
    edges = safe[np.unique(np.minimum(np.searchsorted(safe, np.arange(size, at.size, size)), safe.size - 1))] \
        if safe.size else safe
    edges = np.concatenate([[0], edges, [at.size]]).tolist()
    return list(zip(edges[:-1], edges[1:])) if at.size else []
