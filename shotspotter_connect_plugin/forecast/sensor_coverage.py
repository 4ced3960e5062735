"""Where and when gunfire can have been recorded: by sensors that listen, or by people who report where none does.

A box without sensors is never a true zero: what it has been exposed to, and what that makes of counts, is in
:mod:`listening`.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .box_layout import grid_of_boxes
from .citywide_rate import observed_at_origins, observed_dates
from .event_history import EventHistory, make_history
from .listening import EVER_SINCE, FOR_EVER, NO_REPORTS, Listening, Reporting

if TYPE_CHECKING:
    from .arrays import Bools, Floats, Ints
    from .event_history import Timeline
    from .forecast_frames import AdmittedEvents, Boxes, SensorAreas
    from .shifts import ShiftCalendar

# Metres, chosen: wide enough to hold some gunfire of its own, narrow enough to be one part of a town.
_BLOCK = 2000.0
_USUAL_FACTOR, _USUAL_REPORTS = 0.2, 1.0
"""Before any are seen, one report per five alerts, as far as one report tells (Carr and Doleac 2016: 12 to 22 %)."""
_WHOLE = 0.98
"""A box covered so far counts as covered: outlines of districts and of the jurisdiction differ by some metres."""


@dataclass(frozen=True)
class SensorCoverage:
    """Spans of dates and the boxes in which sensors listen.

    ``spans`` list of (first date or None, last date or None), ``share`` (spans, boxes) of each box's area inside the
    jurisdiction, in the order of the admitted boxes.
    """

    spans: tuple[tuple[str | None, str | None], ...]
    share: Floats

    @classmethod
    def of(cls, areas: SensorAreas, boxes: Boxes) -> SensorCoverage | None:
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

    def segments(self, calendar: ShiftCalendar) -> tuple[Ints, Floats]:
        """Moments from which coverage stays the same, the first before all time, and the share of each box then."""
        edges = [(_midnight(calendar, first) if first else EVER_SINCE,
                  _midnight(calendar, last, 1) if last else FOR_EVER) for first, last in self.spans]
        starts = np.unique([EVER_SINCE, *(edge for pair in edges for edge in pair if edge < FOR_EVER)])
        heard = np.zeros((starts.size, self.share.shape[1]))
        for (begin, end), share in zip(edges, self.share):
            inside = (starts >= begin) & (starts < end)
            heard[inside] += share
        return starts, np.where(heard >= _WHOLE, 1.0, heard.round(4))


def _midnight(calendar: ShiftCalendar, date: str, days: int = 0) -> int:
    day = str((pd.Timestamp(date) + pd.Timedelta(days=days)).date())
    return calendar.as_of(day, "00:00").value


def history_with_coverage(events: AdmittedEvents, boxes: Boxes, size: float, calendar: ShiftCalendar,
                          timeline: Timeline, coverage: SensorCoverage | None = None,
                          reporting: Reporting | None = None, moment: int | None = None) -> EventHistory:
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
    moment : int, optional
        Nanoseconds of UTC: gaps in the data and ``reporting`` are told from what was known then, and a source that was
        silent then is taken to stay so. If not given, all events are known.

    Returns
    -------
    EventHistory
    """
    ground = boxes, size, calendar, timeline
    if coverage is None:
        return make_history(events, *ground)
    alerts, reports = _sources(events, *ground)
    spans, heard = coverage.segments(calendar)
    moment = int(np.iinfo(np.int64).max) if moment is None else moment
    starts, working, told = _on_record((alerts, reports), spans, timeline, moment)
    heard = heard[np.searchsorted(spans, starts, side="right") - 1] * working[:, None]
    block = _blocks(boxes, size)
    inside = np.maximum(boxes["inside"].to_numpy(dtype=float), 1e-6)
    listening = Listening(starts, heard, told, NO_REPORTS, block, inside / inside.sum(), int(timeline.start[0]))
    if reporting is None:
        usual = (events["weight"] == events["weight"].max()).to_numpy()
        told_by = (alerts, reports) if usual.all() else _sources(events[usual], *ground)
        reporting = _learnt(told_by[0].until(moment), told_by[1].until(moment), listening, timeline)
    near, away = (_heard_at(part, listening, timeline) for part in (alerts, reports))
    listening = replace(listening, reporting=reporting)
    return _joined(alerts, reports, np.where(near > 0, alerts.weight, 0.0), reports.weight * (1.0 - away), listening)


def _sources(events: AdmittedEvents, *ground: Any) -> tuple[EventHistory, EventHistory]:
    """Histories of what sensors heard and of what people reported."""
    reported = events["heard"].to_numpy() <= 0
    return make_history(events, *ground), make_history(events[reported].assign(heard=1.0), *ground)


def _heard_at(history: EventHistory, listening: Listening, timeline: Timeline) -> Floats:
    """Share of the box of each entry in which sensors listened then."""
    return listening.heard[listening.at(timeline.start[history.slot]), history.box]


def _learnt(alerts: EventHistory, reports: EventHistory, listening: Listening, timeline: Timeline) -> Reporting:
    """The reporting factor from what is inside coverage, over the time in which reports are on record."""
    block, squares = listening.block, listening.block.max() + 1
    both = listening.told[listening.at(timeline.start[alerts.slot])] * (_heard_at(alerts, listening, timeline) > 0)
    inside = _heard_at(reports, listening, timeline)
    return _reporting(np.bincount(block[alerts.box], alerts.weight * both, squares),
                      np.bincount(block[reports.box], reports.weight * inside, squares))


def spans_of_record(events: AdmittedEvents, boxes: Boxes, size: float, calendar: ShiftCalendar, timeline: Timeline,
                    first: int, last: int) -> list[tuple[int, int]]:
    """Spans (start, stop) of the dates ``first`` to before ``last`` at whose plan moments the same is known of gaps.

    One :func:`history_with_coverage` as of the plan moment of its start serves each span.
    """
    turned = np.zeros(last - first, dtype=bool)
    for source in _sources(events, boxes, size, calendar, timeline):
        known, before = np.searchsorted(source.known, timeline.origin, side="right"), None
        for date, observed in observed_at_origins(source, timeline, first, last):
            there = _there(observed, date + 1) & bool(known[date])
            turned[date - first] |= before is not None and bool((there != before).any())
            before = there
    cuts = [first, *(first + np.flatnonzero(turned)).tolist(), last]
    return list(zip(cuts[:-1], cuts[1:]))


def _there(observed: Bools, last: int) -> Bools:
    """Dates on which a source is there; from position ``last`` on it stays as it was."""
    return np.where(np.arange(observed.size) < last, observed, observed[last - 1] if last else True)


def _on_record(sources: tuple[EventHistory, EventHistory], starts: Ints, timeline: Timeline,
               moment: int) -> tuple[Ints, Floats, Floats]:
    """Moments cut where a source begins, ends or falls silent for too long, and whether each source is there (1 or 0),
    by what was known at a moment.

    Returns
    -------
    starts, one array per source
    """
    there, last = [], int(np.searchsorted(timeline.origin, moment, side="right"))
    for source in sources:
        observed = _there(observed_dates(source, timeline, moment), last) & bool(source.until(moment).slot.size)
        there.append(observed[timeline.date])
    turns = np.flatnonzero(np.any([np.diff(on.astype(int), prepend=0) != 0 for on in there], axis=0))
    cut = np.unique(np.concatenate([starts, timeline.start[turns]])).astype(np.int64)
    slot = np.searchsorted(timeline.start, cut, side="right") - 1
    first, second = (np.where(slot >= 0, on[np.maximum(slot, 0)], False).astype(float) for on in there)
    return cut, first, second


def _reporting(alerts: Floats, reports: Floats) -> Reporting:
    """From alerts and reports in squares with sensors; squares with none of both tell nothing."""
    if reports.sum() == 0:
        return NO_REPORTS
    factor = (reports.sum() + _USUAL_REPORTS) / (alerts.sum() + _USUAL_REPORTS / _USUAL_FACTOR)
    expected = factor * alerts
    excess = np.sum((reports - expected) ** 2 - expected) / max(np.sum(expected ** 2), 1e-12)
    variance = max(float(excess), 0.0) + 1.0 / (reports.sum() + _USUAL_REPORTS)
    return Reporting(float(round(min(factor, 1.0), 6)), float(round(min(variance, 10.0), 6)),
                     float(round(reports.sum(), 2)), float(round(alerts.sum(), 2)))


def _joined(alerts: EventHistory, reports: EventHistory, of_alerts: Floats, of_reports: Floats,
            listening: Listening) -> EventHistory:
    """One history of both, in order of knowledge."""
    slot, box, known = (np.concatenate([getattr(part, name) for part in (alerts, reports)])
                        for name in ("slot", "box", "known"))
    weight = np.concatenate([of_alerts, of_reports])
    heard = np.concatenate([np.ones(alerts.slot.size, dtype=bool), np.zeros(reports.slot.size, dtype=bool)])
    kept = np.flatnonzero(weight > 0)
    kept = kept[np.argsort(known[kept], kind="stable")]
    return EventHistory(slot[kept], box[kept], weight[kept], known[kept], alerts.grain, heard[kept], listening)


def _blocks(boxes: Boxes, size: float) -> Ints:
    """Numbers of the 2 km squares in which boxes lie."""
    per_block = max(int(round(_BLOCK / grid_of_boxes(size, boxes["box_id"]).unit)), 1)
    corners = np.column_stack([boxes["col"].to_numpy() // per_block, boxes["row"].to_numpy() // per_block])
    return np.unique(corners, axis=0, return_inverse=True)[1].reshape(-1)
