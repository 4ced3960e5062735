"""The live patrol: fixes of one unit come one by one, and its visits open, grow, close and become final.

The rules stand once, in ``tracks.py``, ``crossings.py`` and ``visits.py``. The tracker keeps as little of the track as
can still change a visit (the crossings of the last minutes and of visits that are open) and puts the same rules to it
again at every fix. So it ends with the very visits that :func:`visits.find_visits` gives for the whole track.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Tuple

import numpy as np

from ..forecast.instants import MINUTE, SECOND, nanoseconds, utc_times
from .tracks import FixRun, RunStack
from .visits import has_left, visits_of_tracks

if TYPE_CHECKING:
    import pandas as pd

    from ..forecast.arrays import Bools, Floats, Ints, Numbers
    from ..forecast.box_grid import BoxGrid
    from .tracks import VisitRules


@dataclass(frozen=True)
class Visit:
    """One visit as it is known now; ``minutes`` are those inside, ``left_utc`` is the last moment inside so far."""

    unit: str
    box_id: str
    entered_utc: pd.Timestamp
    left_utc: pd.Timestamp
    minutes: float


@dataclass(frozen=True)
class VisitEvent:
    """What happened to a visit.

    ``kind``: ``opened`` on entry; ``updated`` while the unit is inside, and when it comes back in time; ``closed`` when
    the unit is out or its signal lost (it may still come back); ``final`` when nothing can change it; ``dropped`` when
    it turned out as a drive-through or as jitter at an edge.
    """

    kind: str
    visit: Visit


_Key = Tuple[str, int]  # box and entry
_State = Tuple[str, int, int]  # state, last moment inside, nanoseconds inside


class VisitTracker:
    """Visits of one unit as they happen.

    Parameters
    ----------
    unit : str
    fishnet : BoxGrid
    rules : VisitRules
    """

    def __init__(self, unit: str, fishnet: BoxGrid, rules: VisitRules) -> None:
        self._unit, self._fishnet, self._rules = unit, fishnet, rules
        self._stack = RunStack(rules)
        self._fixes: list[tuple[Any, ...]] = []
        self._heard = -math.inf
        self._now = -math.inf
        self._track, self._track_open = 0, False
        self._forgotten = -math.inf
        self._known: dict[_Key, _State] = {}

    def feed(self, at: Any, x: float, y: float, accuracy: float = math.nan) -> list[VisitEvent]:
        """Take in a fix: an instant, metres in the CRS of the fishnet, and the estimated error in metres if told.

        A fix that is not later than the one before it is ignored, as is one of bad accuracy.

        Returns
        -------
        list of VisitEvent
        """
        at = int(nanoseconds([at])[0])
        if at <= self._heard or not (math.isfinite(x) and math.isfinite(y) and self._rules.usable(accuracy)):
            return []
        self._heard = at
        fix = (at, float(x), float(y))
        settled, _ = self._stack.add(FixRun(fix, fix, 1, [fix]))
        self._settle(settled)
        return self._look(at)

    def advance(self, now: Any) -> list[VisitEvent]:
        """Let time pass without a fix, so that visits close and become final when the signal is lost."""
        now = int(nanoseconds([now])[0])
        if now - self._heard > self._rules.gap:
            self._settle(self._stack.flush())
        return self._look(now)

    def _settle(self, settled: list[FixRun]) -> None:
        for run in settled:
            self._append(run)
            self._track, self._track_open = self._track + 1, False
        if self._stack.runs:
            self._append(self._stack.runs[0])

    def _append(self, run: FixRun) -> None:
        """Keep the fixes of a run; one between two others within the same lines of the fishnet adds nothing."""
        for at, x, y in run.parts:
            fix = (at, x, y, self._track, self._zone(x, y))
            if len(self._fixes) > 1 and self._fixes[-1][3:] == self._fixes[-2][3:] == fix[3:]:
                self._fixes.pop()
            self._fixes.append(fix)
            self._track_open = True
        run.parts.clear()

    def _zone(self, x: float, y: float) -> tuple[int, ...]:
        size, ring = self._fishnet.unit, self._rules.leave_metres
        return tuple(math.floor((value + shift) / size) for value in (x, y) for shift in (-ring, 0.0, ring))

    def _look(self, now: int) -> list[VisitEvent]:
        """Put the rules to the fixes kept, tell what changed, forget what can no longer change."""
        self._now = max(self._now, now)
        if not self._fixes:
            return []
        at, x, y, track = (np.array(values) for values in list(zip(*self._fixes))[:4])
        found = visits_of_tracks(np.zeros(at.size, dtype=np.int64), at, x, y, track, self._fishnet, self._rules)
        found = {name: values[found["entered"] >= self._forgotten] for name, values in found.items()}
        here = (found["left"] == at[-1]) & (track[found["step"]] == track[-1]) & self._track_open
        final = ~here & self._final(found, at, x, y, track)
        lasting = found["inside"] >= self._rules.drive_through_seconds * SECOND
        status = np.where(here, "open", np.where(~final, "closed", np.where(lasting, "final", "dropped")))
        boxes = self._fishnet.ids(found["col"], found["row"])
        seen = {(box, int(entered)): (str(state), int(left), int(inside)) for box, entered, state, left, inside
                in zip(boxes, found["entered"], status, found["left"], found["inside"])}
        events = self._events(seen)
        self._known = seen
        self._forget(found, final, at)
        return events

    def _final(self, found: dict[str, Numbers], at: Ints, x: Floats, y: Floats, track: Ints) -> Bools:
        """Whether no fix to come can change a visit."""
        # The next fix fills the time since the last one that is sure; only after a gap is that time known to be empty.
        settled = at[-1] if self._track_open else self._now
        remembers = max(self._rules.merge_seconds, self._rules.leave_seconds) * SECOND
        gone = (track[found["step"]] != track[-1]) | (not self._track_open)
        asked = np.flatnonzero(~gone & (found["left"] < at[-1]))
        gone[asked] = has_left(at, x, y, found["step"][asked], found["left"][asked], np.full(asked.size, at[-1]),
                               found["col"][asked], found["row"][asked], self._fishnet, self._rules)
        return gone & (settled - found["left"] >= remembers)

    def _events(self, seen: dict[_Key, _State]) -> list[VisitEvent]:
        events = []
        for key, (state, left, inside) in seen.items():
            before = self._known.get(key)
            if before is None:
                events.append(self._event("opened", key, left, inside))
            elif state == "open" and before[1:] != (left, inside):
                events.append(self._event("updated", key, left, inside))
            if state != "open" and (before is None or before[0] != state):
                events.append(self._event(state, key, left, inside))
        gone = [key for key, (state, *_) in self._known.items() if key not in seen and state in ("open", "closed")]
        return [self._event("dropped", key, *self._known[key][1:]) for key in gone] + events

    def _event(self, kind: str, key: _Key, left: int, inside: int) -> VisitEvent:
        box, entered = key
        entered, left = utc_times([entered, left])
        return VisitEvent(kind, Visit(self._unit, box, entered, left, inside / MINUTE))

    def _forget(self, found: dict[str, Numbers], final: Bools, at: Ints) -> None:
        """Forget the track before the first visit that may change, unless a visit reaches over that moment."""
        waiting = found["entered"][~final]
        moment = waiting.min() if waiting.size else at[-1]
        while ((found["entered"] < moment) & (found["left"] > moment)).any():
            moment = found["entered"][(found["entered"] < moment) & (found["left"] > moment)].min()
        first = max(int(np.searchsorted(at, moment, side="right")) - 1, 0)
        self._fixes = self._fixes[first:]
        self._forgotten = moment
        self._known = {key: value for key, value in self._known.items() if key[1] >= moment}
