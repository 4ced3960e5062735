"""Where and when gunfire can have been recorded: by sensors that listen, or by people who report where none does.

A box without sensors is never a true zero. Over the dates of a memory a box has an *exposure*: 1 for the share of it
and of the time in which sensors listen, ``factor`` (reports per alert) for the rest while reports are on record, else
0. Counts over exposure are a rate. What a box has not been exposed to is filled in with the expectation of it, the
rate having a gamma distribution around that of the 2 km around (Gamma-Poisson posterior): with full exposure nothing
is added, with none the surroundings are all there is.
"""
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from .citywide_rate import observed_slots
from .event_history import EventHistory, make_history
from .instants import DAY
from .stable_product import stable_product

# Metres, chosen: wide enough to hold some gunfire of its own, narrow enough to be one part of a town.
_BLOCK = 2000.0
# Events, chosen: half of one from the square around, so that a box's own events soon count more.
_PRIOR_OF_BOX = 0.5
# Events, chosen: two of the whole jurisdiction's rate, for squares that hardly had sensors.
_PRIOR_OF_BLOCK = 2.0
_USUAL_FACTOR, _USUAL_REPORTS = 0.2, 1.0
"""Before any are seen, one report per five alerts, as far as one report tells (Carr and Doleac 2016: 12 to 22 %)."""
# Instants before and after all others, within what 64 bits of nanoseconds hold.
_EVER_SINCE, _FOR_EVER = pd.Timestamp("1800-01-01").value, pd.Timestamp("2200-01-01").value
_WHOLE = 0.98
"""A box covered so far counts as covered: outlines of districts and of the jurisdiction differ by some metres."""


@dataclass(frozen=True)
class SensorCoverage:
    """Spans of dates and the boxes in which sensors listen.

    ``spans`` list of (first date or None, last date or None), ``share`` (spans, boxes) of each box's area inside the
    jurisdiction, in the order of the admitted boxes.
    """

    spans: tuple
    share: np.ndarray

    @classmethod
    def of(cls, areas, boxes):
        """From areas [from_date, to_date, boxes (dict of box id to share)] and admitted boxes; None without areas."""
        if areas.empty:
            return None
        place = {box: number for number, box in enumerate(boxes["box_id"])}
        share = np.zeros((len(areas), len(boxes)))
        for row, covered in enumerate(areas["boxes"]):
            known = [box for box in covered or () if box in place]
            share[row, [place[box] for box in known]] = [covered[box] for box in known]
        spans = tuple((first if isinstance(first, str) else None, last if isinstance(last, str) else None)
                      for first, last in zip(areas["from_date"], areas["to_date"]))
        return cls(spans, share)

    def segments(self, calendar):
        """Moments from which coverage stays the same, the first before all time, and the share of each box then."""
        edges = [(_midnight(calendar, first) if first else _EVER_SINCE,
                  _midnight(calendar, last, 1) if last else _FOR_EVER) for first, last in self.spans]
        starts = np.unique([_EVER_SINCE, *(edge for pair in edges for edge in pair if edge < _FOR_EVER)])
        heard = np.zeros((starts.size, self.share.shape[1]))
        for (begin, end), share in zip(edges, self.share):
            inside = (starts >= begin) & (starts < end)
            heard[inside] += share
        return starts, np.where(heard >= _WHOLE, 1.0, heard.round(4))


def _midnight(calendar, date, days=0):
    day = str((pd.Timestamp(date) + pd.Timedelta(days=days)).date())
    return calendar.as_of(day, "00:00").value


@dataclass(frozen=True)
class Reporting:
    """Reports per alert inside coverage, and how far that varies from place to place (relative variance)."""

    factor: float
    variance: float
    reports: float = 0.0
    alerts: float = 0.0


# Nothing is told by reports, and nothing is unsure of that.
NO_REPORTS = Reporting(0.0, 0.0)


@dataclass(frozen=True)
class Listening:
    """Exposure of the boxes over time.

    ``starts`` (k,) moments from which it stays the same; ``heard`` (k, boxes) share in which sensors listen; ``told``
    (k,) whether reports are on record; ``block`` (boxes,) numbers of the 2 km squares; ``uniform`` (boxes,) shares of
    the area.
    """

    starts: np.ndarray
    heard: np.ndarray
    told: np.ndarray
    reporting: Reporting
    block: np.ndarray
    uniform: np.ndarray
    begin: int

    @cached_property
    def _squares(self):
        """Sparse (squares, boxes) matrix that sums the boxes of each square."""
        from scipy.sparse import csr_matrix

        boxes = self.block.size
        return csr_matrix((np.ones(boxes), (self.block, np.arange(boxes))), shape=(self.block.max() + 1, boxes))

    def at(self, moment):
        """Positions of the segments of moments."""
        return np.searchsorted(self.starts, moment, side="right") - 1

    def heard_share(self, moments):
        """Share (moments, boxes) of each box in which sensors listen at some moments."""
        return self.heard[self.at(moments)]

    def share_of_events(self, counts, exposure):
        """Share (k,) of all events in an exposure (k, boxes), going by counts (boxes,) filled already."""
        density = counts / counts.sum() if counts.sum() > 0 else self.uniform
        return 1.0 - stable_product(1.0 - exposure, density)

    def placed(self, total, density, share_heard, moment):
        """Expected events (boxes,): of the total of the jurisdiction, boxes with sensors get the share they have.

        A density is smoother than what is on record, so without this some of what sensors hear would be expected where
        they do not; where none listens at the moment the total goes by the density alone.
        """
        heard = 1.0 - stable_product(density, 1.0 - self.heard_share(moment)
                                     )  # exactly 1 where sensors listen everywhere
        return total * density * (share_heard / heard if heard > 0 and share_heard > 0 else 1.0)

    def seen(self):
        """Exposure (k, boxes) relative to that of a box with sensors."""
        return self.heard + self.reporting.factor * self.told[:, None] * (1.0 - self.heard)

    def exposure(self, lookbacks, moment, of=None):
        """Exposure (boxes, lookbacks) of what each memory looks back on; ``of`` (k, boxes) instead of :meth:`seen`."""
        edges = np.clip(np.append(self.starts, _FOR_EVER), self.begin, moment)
        age = (moment - edges) / DAY
        mass = np.empty((len(lookbacks), self.starts.size))
        for row, lookback in enumerate(lookbacks):
            past = -np.exp2(-age / lookback.days) if lookback.kind == "decay" else np.minimum(age, lookback.days)
            mass[row] = np.abs(np.diff(past))
        total = mass.sum(axis=1, keepdims=True)
        mass = np.where(total > 0, mass / np.where(total > 0, total, 1.0), 0.0)
        mass[total[:, 0] == 0, self.at(moment)] = 1.0
        # From what is missing, so that full coverage gives exactly 1.
        return (1.0 - stable_product(mass, 1.0 - (self.seen() if of is None else of))).T

    def filled(self, counts, lookbacks, moment):
        """Counts (boxes, lookbacks, shifts) with the expectation of what was not exposed added."""
        exposure = self.exposure(lookbacks, moment)
        missing = 1.0 - exposure
        if not missing.any():
            return counts
        seen = counts.sum(axis=2)
        area = exposure * self.uniform[:, None]
        # The rate of the whole jurisdiction is the prior of a square's, and that of the square the prior of a box's.
        whole = np.maximum(seen.sum(axis=0) / np.maximum(area.sum(axis=0), 1e-3), 1e-9)
        events, exposed = self._squares @ seen, self._squares @ area
        around = (events + _PRIOR_OF_BLOCK) / (exposed + _PRIOR_OF_BLOCK / whole)
        mean = np.maximum(around[self.block] * self.uniform[:, None], 1e-12)
        rate = (_PRIOR_OF_BOX + seen) / (_PRIOR_OF_BOX / mean + exposure)
        total = counts.sum(axis=0)
        shifts = (total + 1.0) / (total + 1.0).sum(axis=1, keepdims=True)
        return counts + (missing * rate)[:, :, None] * shifts


def history_with_coverage(events, boxes, size, calendar, timeline, coverage=None, reporting=None):
    """As :func:`event_history.make_history`, with exposure where sensor coverage is known.

    Parameters
    ----------
    events : pandas.DataFrame
        Of one crime type; ``heard`` tells alerts (1) from reports (0). Reports count only where no sensor listens, in
        place of the alerts that are missing there; alerts from where none listens are left out.
    coverage : SensorCoverage, optional
        Without it everything everywhere was heard, and reports are left out.
    reporting : Reporting, optional
        Learnt if not given, from the events that weigh most: those of days without fireworks, on which people and
        sensors mistake different bangs for shots.

    Returns
    -------
    EventHistory
    """
    ground = boxes, size, calendar, timeline
    if coverage is None:
        return make_history(events, *ground)
    alerts, reports = _sources(events, *ground)
    spans, heard = coverage.segments(calendar)
    starts, working, told = _on_record((alerts, reports), spans, timeline)
    heard = heard[np.searchsorted(spans, starts, side="right") - 1] * working[:, None]
    block = _blocks(boxes, size)
    inside = np.maximum(boxes["inside"].to_numpy(dtype=float), 1e-6)
    listening = Listening(starts, heard, told, NO_REPORTS, block, inside / inside.sum(), int(timeline.start[0]))
    if reporting is None:
        usual = (events["weight"] == events["weight"].max()).to_numpy()
        reporting = _learnt(*((alerts, reports) if usual.all() else _sources(events[usual], *ground)), listening,
                            timeline)
    near, away = (_heard_at(part, listening, timeline) for part in (alerts, reports))
    listening = replace(listening, reporting=reporting)
    return _joined(alerts, reports, np.where(near > 0, alerts.weight, 0.0), reports.weight * (1.0 - away), listening)


def _sources(events, *ground):
    """Histories of what sensors heard and of what people reported."""
    reported = events["heard"].to_numpy() <= 0
    return make_history(events, *ground), make_history(events[reported].assign(heard=1.0), *ground)


def _heard_at(history, listening, timeline):
    """Share of the box of each entry in which sensors listened then."""
    return listening.heard[listening.at(timeline.start[history.slot]), history.box]


def _learnt(alerts, reports, listening, timeline):
    """The reporting factor from what is inside coverage, over the time in which reports are on record."""
    block, squares = listening.block, listening.block.max() + 1
    both = listening.told[listening.at(timeline.start[alerts.slot])] * (_heard_at(alerts, listening, timeline) > 0)
    inside = _heard_at(reports, listening, timeline)
    return _reporting(np.bincount(block[alerts.box], alerts.weight * both, squares),
                      np.bincount(block[reports.box], reports.weight * inside, squares))


def _on_record(sources, starts, timeline):
    """Moments cut where a source begins, ends or falls silent for too long, and whether each source is there (1 or 0).

    Returns
    -------
    starts, one array per source
    """
    there = []
    for source in sources:
        there.append(observed_slots(source, timeline, len(timeline.dates)) & bool(source.slot.size))
    turns = np.flatnonzero(np.any([np.diff(on.astype(int), prepend=0) != 0 for on in there], axis=0))
    cut = np.unique(np.concatenate([starts, timeline.start[turns]])).astype(np.int64)
    slot = np.searchsorted(timeline.start, cut, side="right") - 1
    return cut, *(np.where(slot >= 0, on[np.maximum(slot, 0)], False).astype(float) for on in there)


def _reporting(alerts, reports):
    """From alerts and reports in squares with sensors; squares with none of both tell nothing."""
    if reports.sum() == 0:
        return NO_REPORTS
    factor = (reports.sum() + _USUAL_REPORTS) / (alerts.sum() + _USUAL_REPORTS / _USUAL_FACTOR)
    expected = factor * alerts
    excess = np.sum((reports - expected) ** 2 - expected) / max(np.sum(expected ** 2), 1e-12)
    variance = max(float(excess), 0.0) + 1.0 / (reports.sum() + _USUAL_REPORTS)
    return Reporting(float(round(min(factor, 1.0), 6)), float(round(min(variance, 10.0), 6)),
                     float(round(reports.sum(), 2)), float(round(alerts.sum(), 2)))


def _joined(alerts, reports, of_alerts, of_reports, listening):
    """One history of both, in order of knowledge."""
    slot, box, known = (np.concatenate([getattr(part, name) for part in (alerts, reports)])
                        for name in ("slot", "box", "known"))
    weight = np.concatenate([of_alerts, of_reports])
    heard = np.concatenate([np.ones(alerts.slot.size, dtype=bool), np.zeros(reports.slot.size, dtype=bool)])
    kept = np.flatnonzero(weight > 0)
    kept = kept[np.argsort(known[kept], kind="stable")]
    return EventHistory(slot[kept], box[kept], weight[kept], known[kept], alerts.grain, heard[kept], listening)


def _blocks(boxes, size):
    """Numbers of the 2 km squares in which boxes lie."""
    per_block = max(int(round(_BLOCK / size)), 1)
    corners = np.column_stack([boxes["col"].to_numpy() // per_block, boxes["row"].to_numpy() // per_block])
    return np.unique(corners, axis=0, return_inverse=True)[1].reshape(-1)
