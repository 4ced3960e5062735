"""The live patrol: what a car's screen says while its fixes come in, from the one state machine of visits."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..forecast.instants import SECOND, nanoseconds, utc_times
from .dosage import dosage
from .live_tracker import Visit, VisitEvent, VisitTracker
from .visits import find_visits

if TYPE_CHECKING:
    import pandas as pd

    from ..forecast.arrays import Floats
    from ..forecast.box_grid import BoxGrid
    from .tracks import VisitRules

OUTSIDE, STAY, ENOUGH, OVER, TAKEN_OFF = "outside", "stay", "enough", "over", "taken_off"
"""Of no planned box; inside with time to go; the target is reached; longer than on target; the box has left the plan
while the unit was in it."""

_CHANGES_SECONDS = 900.0
"""How long after its end a visit is still followed by the tracker after a restart; far longer than merging takes."""


class _PlannedPatrol(Protocol):
    """What of a patrol the car's screen goes by."""

    @property
    def box_id(self) -> str:
        """Box of the patrol."""

    @property
    def unit(self) -> str | None:
        """Unit it is for; None for anybody."""

    @property
    def target_minutes(self) -> float | None:
        """Minutes to stay; None for the usual ones."""


@dataclass(frozen=True)
class Situation:
    """What to show at one moment.

    ``patrol`` is that of the box the unit is in, None outside planned boxes; ``box_id`` is the box of an open visit,
    planned or not; ``seconds`` are those of presence in this box in this shift, returns together; ``visit_seconds``
    those of the open visit; ``target_seconds`` is what one visit aims for.
    """

    verdict: str
    patrol: Any
    box_id: str
    visit_seconds: float
    seconds: float
    target_seconds: float


class LivePatrol:
    """One unit's shift as it happens.

    Parameters
    ----------
    unit : str
    fishnet : BoxGrid
    rules : VisitRules
    patrols : sequence
        With ``patrol_id``, ``box_id``, ``unit`` and ``target_minutes``; those of other units than this one do not count
        where the unit has one of its own in the box.
    high, usual_target : float
        Minutes above which a visit of the usual target is over; a patrol's own target scales it.
    """

    def __init__(self, unit: str, fishnet: BoxGrid, rules: VisitRules, patrols: Sequence[_PlannedPatrol], high: float,
                 usual_target: float) -> None:
        self._unit, self._fishnet, self._rules = unit, fishnet, rules
        self._tracker = VisitTracker(unit, fishnet, rules)
        self._high, self._usual = high, usual_target
        self._patrols = self._by_box(patrols)
        self._taken_off: dict[str, _PlannedPatrol] = {}
        self._now: int | None = None
        self._visits: dict[tuple[str, pd.Timestamp], Visit] = {}
        self._open: tuple[str, pd.Timestamp] | None = None

    def _by_box(self, patrols: Sequence[_PlannedPatrol]) -> dict[str, _PlannedPatrol]:
        return {patrol.box_id: patrol for patrol in sorted(patrols, key=lambda item: item.unit == self._unit)}

    def replan(self, patrols: Sequence[_PlannedPatrol]) -> None:
        """Go on with another plan of the same shift.

        Visits do not depend on the plan, so nothing is lost. If the box the unit is in has left the plan, its timer
        runs on until the unit leaves.
        """
        before, self._patrols = self._patrols, self._by_box(patrols)
        if self._open is not None and self._open[0] in before:
            self._taken_off = {self._open[0]: before[self._open[0]]}

    def feed(self, at: Any, x: float, y: float, accuracy: float = float("nan")) -> list[VisitEvent]:
        """Take in a fix -> the events of the tracker."""
        return self._take(self._tracker.feed(at, x, y, accuracy), at)

    def advance(self, now: Any) -> list[VisitEvent]:
        """Let time pass without a fix -> the events of the tracker."""
        return self._take(self._tracker.advance(now), now)

    def replay(self, at: Any, x: Floats | Sequence[float], y: Floats | Sequence[float],
               accuracy: Floats | Sequence[float]) -> None:
        """Take in the fixes of the shift so far, as after a restart; a whole shift takes a moment.

        What no fix to come can change is found for all fixes at once; the tracker gets only what is left.

        Parameters
        ----------
        at : array of datetime64 (UTC), rising
        x, y, accuracy : float arrays
            Metres; NaN where the accuracy is not told.
        """
        at = nanoseconds(at)
        if not at.size:
            return
        past = find_visits(np.full(at.size, self._unit), at, x, y, self._fishnet, self._rules,
                           accuracy=accuracy).frame
        entered, left = (nanoseconds(past[name]) for name in ("entered_utc", "left_utc"))
        begin = at[-1] - round(_CHANGES_SECONDS * SECOND) - self._rules.gap
        for moment in sorted(entered[left >= begin], reverse=True):
            begin = min(begin, moment)
        while ((entered < begin) & (left > begin)).any():
            begin = entered[(entered < begin) & (left > begin)].min()
        for number in np.flatnonzero(left <= begin).tolist():
            row = past.iloc[number]
            self._visits[row["box_id"], row["entered_utc"]] = Visit(
                self._unit, row["box_id"], row["entered_utc"], row["left_utc"], row["minutes"])
        first = max(int(np.searchsorted(at, begin, side="right")) - 1, 0)
        for number in range(first, at.size):
            self.feed(at[number], x[number], y[number], accuracy[number])

    def _take(self, events: list[VisitEvent], at: Any) -> list[VisitEvent]:
        at = int(nanoseconds([at])[0])
        self._now = at if self._now is None else max(self._now, at)
        for event in events:
            key = event.visit.box_id, event.visit.entered_utc
            if event.kind == "dropped":
                self._visits.pop(key, None)
            else:
                self._visits[key] = event.visit
            if event.kind in ("opened", "updated"):
                self._open = key
            elif key == self._open:
                self._open, self._taken_off = None, {}
        return events

    @property
    def visits(self) -> list[Visit]:
        """The visits of the shift so far, open ones and those that may still grow included, by time of entry."""
        return sorted(self._visits.values(), key=lambda visit: visit.entered_utc)

    def minutes(self, box_id: str) -> float:
        """Minutes of presence in a box so far."""
        return sum(visit.minutes for visit in self._visits.values() if visit.box_id == box_id)

    def situation(self) -> Situation:
        """The :class:`Situation` now."""
        if self._open is None or self._now is None:
            return Situation(OUTSIDE, None, "", 0.0, 0.0, 0.0)
        visit = self._visits[self._open]
        # Between two fixes the unit is taken to be where it was.
        since = max(self._now - int(nanoseconds([visit.left_utc])[0]), 0) / SECOND
        seconds = visit.minutes * 60 + since
        total = self.minutes(visit.box_id) * 60 + since
        taken_off = self._taken_off.get(visit.box_id) if visit.box_id not in self._patrols else None
        patrol = self._patrols.get(visit.box_id, taken_off)
        if patrol is None:
            return Situation(OUTSIDE, None, visit.box_id, seconds, total, 0.0)
        target = patrol.target_minutes or self._usual
        said = dosage(np.array([seconds / 60]), 0.0, self._high, np.array([target]), self._usual)[0]
        verdict = OVER if said == "over" else ENOUGH if seconds >= 60 * target else STAY
        if taken_off is not None:
            verdict = TAKEN_OFF
        return Situation(verdict, patrol, visit.box_id, seconds, total, 60.0 * target)

    @property
    def now(self) -> pd.Timestamp | None:
        """The last moment heard of, UTC; None before the first."""
        return None if self._now is None else utc_times([self._now])[0]
