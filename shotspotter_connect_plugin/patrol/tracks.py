"""From GPS fixes to tracks: which fixes cannot be true, and where a track ends.

A step between two fixes is impossible when it needs a higher speed than the rules allow. Impossible steps cut a track
into runs. When a later run goes on, at a possible speed and within the gap, where an earlier and at least as long one
stopped, the runs between them were somewhere else: they are outliers, one fix or many. Where no run goes on, nobody
can say which side is wrong; both are kept, as separate tracks.
"""
from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..forecast.instants import NAT, SECOND

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Bools, Floats, Ints, Numbers


@dataclass(frozen=True)
class VisitRules:
    """How fixes become visits; seconds, metres and metres per second."""

    gap_seconds: float = 300.0
    max_speed: float = 150 / 3.6
    max_accuracy: float = 50.0
    leave_metres: float = 30.0
    leave_seconds: float = 60.0
    merge_seconds: float = 180.0
    drive_through_seconds: float = 120.0

    @classmethod
    def from_settings(cls, settings: Any) -> VisitRules:
        """The rules of an agency's settings."""
        return cls(settings.gps_gap_minutes * 60, settings.gps_max_speed / 3.6, settings.gps_max_accuracy,
                   settings.leave_metres, settings.leave_seconds, settings.merge_minutes * 60,
                   settings.drive_through_minutes * 60)

    @property
    def gap(self) -> int:
        """Nanoseconds of silence that a track survives."""
        return round(self.gap_seconds * SECOND)

    def usable(self, accuracy: ArrayLike) -> Any:
        """Whether a fix of this accuracy (metres, NaN = not told) may be used."""
        return ~(np.asarray(accuracy, dtype=float) > self.max_accuracy)

    def possible(self, dt: Any, dx: Any, dy: Any) -> Any:
        """Whether a vehicle can have moved by ``dx``, ``dy`` metres in ``dt`` nanoseconds.

        Devices round their times to the second, so a step may have taken up to a second longer than they tell; this
        also forgives the jitter of fixes that follow each other faster.
        """
        reach = self.max_speed * (dt / SECOND + 1.0)
        return dx * dx + dy * dy <= reach * reach


@dataclass
class FixRun:
    """Fixes in a row between impossible steps: the ends as (time, x, y), how many they are, and what they carry."""

    first: tuple[int, float, float]
    last: tuple[int, float, float]
    count: int
    parts: list[Any] = field(default_factory=list)


class RunStack:
    """Tells outliers from tracks, run by run; the batch feeds whole runs, the live patrol single fixes.

    Runs that may still turn out to be outliers wait in the stack; the lowest is settled.
    """

    def __init__(self, rules: VisitRules) -> None:
        self._rules = rules
        self.runs: list[FixRun] = []

    def add(self, run: FixRun) -> tuple[list[FixRun], list[FixRun]]:
        """Take in the run that comes next in time.

        Returns
        -------
        settled, outliers : list of Run
            Tracks that are finished, in order of time, and runs that turned out to be outliers.
        """
        settled = []
        while self.runs and run.first[0] - self.runs[0].last[0] > self._rules.gap:
            settled.append(self.runs.pop(0))
        skipped = 0
        for place in range(len(self.runs) - 1, -1, -1):
            below = self.runs[place]
            if self._goes_on(below, run) and below.count >= skipped:
                outliers = self.runs[place + 1:]
                del self.runs[place + 1:]
                below.last = run.last
                below.count += run.count
                below.parts += run.parts
                return settled, outliers
            skipped += below.count
        self.runs.append(replace(run, parts=list(run.parts)))  # grows later, and what was given does not
        return settled, []

    def flush(self) -> list[FixRun]:
        """The track has ended: give what waits, in order of time."""
        settled, self.runs = self.runs, []
        return settled

    def _goes_on(self, below: FixRun, run: FixRun) -> bool:
        dt, dx, dy = (new - old for new, old in zip(run.first, below.last))
        return dt <= self._rules.gap and self._rules.possible(dt, dx, dy)


def clean_fixes(unit: Numbers, at: Ints, x: Floats, y: Floats, accuracy: Floats | None,
                rules: VisitRules) -> tuple[Ints, Ints, dict[str, int]]:
    """Drop the fixes that cannot be used and number the tracks of the rest.

    Parameters
    ----------
    unit : int array
        Code of the unit of each fix; fixes are sorted by unit and time.
    at : int64 array
        Nanoseconds.
    x, y : float arrays
        Metres.
    accuracy : float array or None
        Metres; NaN = not told.
    rules : VisitRules

    Returns
    -------
    keep : int array
        Positions of the fixes that are used.
    track : int array
        Number of the track of each of them, never falling.
    dropped : dict of str to int
        How many fixes were dropped, by reason.
    """
    placed = np.isfinite(x) & np.isfinite(y) & (at != NAT)
    exact = placed if accuracy is None else placed & rules.usable(accuracy)
    usable = np.flatnonzero(exact)
    keep = _one_per_instant(usable, unit, at, x, y, accuracy)
    dropped = {"no unit, place or time": int((~placed).sum()), "bad accuracy": int((placed & ~exact).sum()),
               "same unit and time": usable.size - keep.size, "impossible speed": 0}
    if not keep.size:
        return keep, keep, dropped
    at, x, y, unit = at[keep], x[keep], y[keep], unit[keep]
    dt = np.diff(at)
    broken = np.concatenate([[True], (np.diff(unit) != 0) | (dt > rules.gap)])
    jump = np.concatenate([[False], ~rules.possible(dt, np.diff(x), np.diff(y))]) & ~broken
    run = np.cumsum(broken | jump) - 1
    if not jump.any():
        return keep, run, dropped
    track = _settle(np.flatnonzero(broken | jump), broken, at, x, y, rules)[run]
    dropped["impossible speed"] = int((track < 0).sum())
    return keep[track >= 0], track[track >= 0], dropped


def _one_per_instant(keep: Ints, unit: Numbers, at: Ints, x: Floats, y: Floats, accuracy: Floats | None) -> Ints:
    """Of the fixes of a unit at one instant the most accurate, and of equals the same one in whatever order they come.

    Devices that tell no seconds put all fixes of a minute at one instant. No time passes between those, and minutes are
    made of time alone.
    """
    same = (np.diff(unit[keep]) == 0) & (np.diff(at[keep]) == 0)
    if not same.any():
        return keep
    shared = np.concatenate([[False], same]) | np.concatenate([same, [False]])
    some = keep[shared]
    error = np.zeros(some.size) if accuracy is None else accuracy[some]
    some = some[np.lexsort((y[some], x[some], error, at[some], unit[some]))]  # NaN, not told, comes last
    again = np.concatenate([[False], (np.diff(unit[some]) == 0) & (np.diff(at[some]) == 0)])
    kept = keep.copy()
    kept[shared] = some
    return np.delete(kept, np.flatnonzero(shared)[again])


def _settle(starts: Ints, broken: Bools, at: Ints, x: Floats, y: Floats, rules: VisitRules) -> Ints:
    """Track of each run, -1 for outliers; only tracks with impossible steps are gone through run by run."""
    number = np.arange(starts.size)
    ends = np.append(starts[1:], at.size) - 1
    track_of_run = np.cumsum(broken[starts]) - 1
    suspicious = np.bincount(track_of_run)[track_of_run] > 1
    columns = zip(number[suspicious].tolist(), track_of_run[suspicious].tolist(),
                  *(values[place[suspicious]].tolist() for place in (starts, ends) for values in (at, x, y)),
                  (ends - starts + 1)[suspicious].tolist())
    stack, current = RunStack(rules), None
    finished = []
    for run, whole, t0, x0, y0, t1, x1, y1, count in columns:
        if whole != current:
            finished += stack.flush()
            current = whole
        settled, outliers = stack.add(FixRun((t0, x0, y0), (t1, x1, y1), count, [run]))
        finished += settled
        for outlier in outliers:
            number[outlier.parts] = -1
    for track in finished + stack.flush():
        number[track.parts] = track.parts[0]
    return number
