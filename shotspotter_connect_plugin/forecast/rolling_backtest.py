"""Back-test: forecasts of the past as they would have been made, against what then happened.

From the first date on, every ``RETRAIN_WEEKS`` weeks everything is learnt anew from what was known at the plan hour of
that date: weights, level and the choice of rung. Each shift is then forecast from what was known at the plan hour of
its own date, by what the product would have used (``connect``) and by every rung of the ladder.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..progress import SILENT
from .accuracy import Calibration, searched
from .box_density import BoxDensity
from .citywide_rate import RateTerms
from .context import ForecastContext
from .forecast_model import learn_type
from .ladder import RUNGS, ladder_for, lookbacks_of
from .stable_product import stable_product
from .validation import expected_in
from .weekly_intervals import FEWEST_EVENTS

if TYPE_CHECKING:
    from ..progress import Progress
    from .arrays import Floats, Ints
    from .event_history import Timeline
    from .forecast_frames import AdmittedEvents, Slots
    from .ladder import Rung
    from .model_content import LearntType

# Chosen: about as often as an agency trains; every training learns all rungs anew, so each week less costs its time.
RETRAIN_WEEKS = 4
CONNECT, UNIFORM = "connect", "uniform"
CURVE = (0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5)
"""Shares of the area at which the accuracy of every method is kept."""
RANK_COLUMNS = ("shift_date", "shift", "crime_type", "method", "rank", "box_id", "expected")


@dataclass(frozen=True)
class BacktestContext(ForecastContext):
    """What a back-test stands on: beside what a forecast does, the share of the area that is searched (above 0, at most
    1), and the seed."""

    share: float = 0.01
    seed: int = 1


@dataclass(frozen=True)
class Replayed:
    """One crime type replayed.

    ``methods``; ``hits`` (methods, weeks) in the searched area; ``curve`` (methods, shares) hits at the shares of
    ``CURVE``; ``gained_in`` (methods, weeks) log-likelihood above the uniform forecast; ``slot``, ``box``, ``weight``
    of the events, slots counted from the first of the period; ``caught_in`` (boxes,) events that ``connect`` caught;
    ``promised`` hits that ``connect`` expected; ``calibration`` of ``connect``; ``chosen`` (date, rung, reason) of each
    training; ``too_rare`` as the last training said.
    """

    crime_type: str
    methods: tuple[str, ...]
    hits: Floats
    curve: Floats
    gained_in: Floats
    slot: Ints
    box: Ints
    weight: Floats
    caught_in: Floats
    promised: float
    calibration: Calibration
    chosen: list[tuple[str, str, str]]
    too_rare: bool

    @property
    def events(self) -> float:
        """Events in the period, in parts where time or place was an interval."""
        return float(self.weight.sum())

    @property
    def gained(self) -> Floats:
        """(methods,) log-likelihood above the uniform forecast over all weeks."""
        return self.gained_in.sum(axis=1)

    @property
    def missed_in(self) -> Floats:
        """(boxes,) events that ``connect`` did not catch."""
        in_boxes = np.bincount(self.box, self.weight, minlength=self.caught_in.size)
        missed = in_boxes - self.caught_in
        return np.where(missed > 1e-9, missed, 0.0)  # what is less is the rounding of sums

    @property
    def verdict(self) -> str:
        """``too rare to forecast``, or nothing."""
        return "too rare to forecast" if self.too_rare or self.events < FEWEST_EVENTS else ""


def week_of_slots(slots: Slots, first: str) -> Ints:
    """Week of each slot, from 0; a week has seven dates and begins at ``first``, the dates left over at the end belong
    to the last whole week: a few days are no week that could be compared with others."""
    day = (pd.to_datetime(slots["shift_date"]) - pd.Timestamp(first)).dt.days.to_numpy()
    return np.minimum(day // 7, max((day.max(initial=0) + 1) // 7 - 1, 0))


def replay_type(events: AdmittedEvents, crime_type: str, context: BacktestContext, first: str, last: str, *,
                take: Callable[[int, Floats], Any] | None = None, ranked: Callable[..., Any] | None = None,
                progress: Progress = SILENT, ladder: Sequence[Rung] = RUNGS) -> Replayed | None:
    """Back-test one crime type.

    Parameters
    ----------
    events : pandas.DataFrame
        Of all crime types, as :func:`allowed_inputs.admit_events` gives them; what is known only later is held back.
    context : BacktestContext
    first, last : str
        Dates, both included.
    take : callable, optional
        Called with slot and (boxes,) expected events of ``connect``.
    ranked : callable, optional
        Called with shift_date, shift, crime_type, method, and for the boxes down to the searched area, all that are
        equal at the cut included: rank, position of the box, expected. Not for ``uniform``, which has no order.

    Returns
    -------
    Replayed or None
        None where nothing of the type was known at the first date.
    """
    slots = context.calendar.slots(first, last)
    week = week_of_slots(slots, first)
    place = {key: number for number, key in enumerate(zip(slots["shift_date"], slots["shift"]))}
    rungs = [item.name for item in ladder_for(ladder, context.others(crime_type), context.kinds)]
    methods = (CONNECT, *rungs)
    shares = (context.share, *CURVE)
    hits, gained_in = np.zeros((2, len(methods), int(week[-1]) + 1))
    curve, caught_in, promised = np.zeros((len(methods), len(CURVE))), np.zeros(len(context.smoother)), 0.0
    calibration, chosen, parts, too_rare = Calibration(), [], [], False
    origins = pd.date_range(first, last, freq=str(7 * RETRAIN_WEEKS) + "D")
    for number, origin in enumerate(origins):
        part = progress.part(number / len(origins), (number + 1) / len(origins))
        begin = str(origin.date())
        end = min(str((origin + pd.Timedelta(days=7 * RETRAIN_WEEKS - 1)).date()), last)
        as_of = context.calendar.as_of(begin, context.plan_hour)
        learnt = learn_type(events[events["known_utc"] <= as_of.value], crime_type, context, as_of, seed=context.seed,
                            progress=part.part(0.0, 0.6), ladder=ladder, every_rung=True)
        if learnt is None:
            return None
        chosen.append((begin, learnt.outcome.rung.name, learnt.outcome.reason))
        too_rare = learnt.outcome.too_rare
        for date, shift, expected, observed, area in _stretch(events, crime_type, context, learnt, begin, end,
                                                              part.part(0.6, 1.0)):
            slot = place[date, shift]
            if take is not None:
                take(slot, expected[0])
            if not area.any():
                continue  # nobody listened
            # Judged is the part of the jurisdiction in which an event would have been recorded.
            expected = expected * (area / context.smoother.uniform)
            area = area / area.sum()
            calibration.add(expected[0], observed)
            box = np.flatnonzero(observed)
            parts.append((np.full(box.size, slot), box, observed[box]))
            # Seven digits: what differs by less differs by the order of a sum, and is a tie.
            order_by = expected.astype(np.float32)
            ours = searched(order_by[0], area, [context.share])[0]
            caught_in += ours * observed
            promised += float(np.sum(ours * expected[0]))
            for method, values in enumerate(order_by):
                if box.size:
                    found = np.sum(searched(values, area, shares, box) * observed[box], axis=1)
                    hits[method, week[slot]] += found[0]
                    curve[method] += found[1:]
                if ranked is not None and methods[method] != UNIFORM:
                    ranked(date, shift, crime_type, methods[method], *_down_to(values, area, context.share))
            density = expected[:, box] / expected.sum(axis=1, keepdims=True) / area[box]
            gained_in[:, week[slot]] += stable_product(np.log(density), observed[box])
    slots_of, boxes_of, weights = (np.concatenate(column) for column in zip(*parts))
    return Replayed(crime_type, methods, hits, curve, gained_in, slots_of, boxes_of, weights, caught_in, promised,
                    calibration, chosen, too_rare)


def _stretch(events: AdmittedEvents, crime_type: str, context: BacktestContext, learnt: LearntType, begin: str,
             end: str, progress: Progress) -> Iterator[tuple[str, str, Floats, Floats, Floats]]:
    """Forecast the shifts of the dates until the next training.

    Yields date, shift, (1 + rungs, boxes) expected, that of the product first, (boxes,) observed and the area in which
    events would be recorded.
    """
    timeline = context.seen_by(crime_type, context.timeline(learnt.model.start, end))
    first, stop = timeline.dates.index(begin), len(timeline.dates)
    for span in context.spans_of_record(events, [crime_type, *context.others(crime_type)], timeline, first, stop):
        yield from _span(events, crime_type, context, learnt, timeline, span,
                         progress.part((span[0] - first) / (stop - first), (span[1] - first) / (stop - first)))


def _span(events: AdmittedEvents, crime_type: str, context: BacktestContext, learnt: LearntType, timeline: Timeline,
          span: tuple[int, int], progress: Progress) -> Iterator[tuple[str, str, Floats, Floats, Floats]]:
    first, stop = span
    reporting = {crime_type: learnt.model.reporting} if learnt.model.reporting else {}
    predictors = context.predictors(events, crime_type, timeline, context.others(crime_type),
                                    reporting=reporting, moment=timeline.origin[first])
    history, boxes = predictors.own, len(context.smoother)
    rates = RateTerms(history, timeline, timeline.origin[first], learnt.model.rate.memory)
    slots, terms = rates.at_origins(first, stop)
    rate_of = dict(zip(slots.tolist(), learnt.model.rate.expected(terms)))
    ladder = learnt.outcome.ladder
    lookbacks = lookbacks_of(ladder)
    box_densities = [BoxDensity(item, context.smoother, timeline, lookbacks) for item in ladder]
    fits = [learnt.outcome.fits[item.name] for item in ladder]
    chosen, uniform = ladder.index(learnt.outcome.rung), context.smoother.uniform
    bounds = np.searchsorted(timeline.date, np.arange(stop + 1))
    for date, counts in predictors.roll(lookbacks, boxes, first, stop):
        of_date, densities = np.arange(bounds[date], bounds[date + 1]), []
        for box_density, fit in zip(box_densities, fits):
            progress.report((date - first) / (stop - first))
            densities.append(box_density.density(counts, fit, of_date))
        densities.insert(0, learnt.outcome.fit.recalibration.of(densities[chosen], uniform))
        for place, slot in enumerate(of_date):
            mine = history.counted[history.slot[history.counted] == slot]
            observed = np.bincount(history.box[mine], history.weight[mine], minlength=boxes)
            area = uniform
            if history.listening is not None:
                area = area * history.listening.heard_share(timeline.start[slot])
            expected = np.stack([expected_in(rate_of[slot], density[:, place], history, rates.share_heard[slot],
                                             timeline.start[slot]) for density in densities])
            yield timeline.dates[date], timeline.codes[timeline.shift[slot]], expected, observed, area


def _down_to(expected: Floats, area: Floats, share: float) -> tuple[Ints, Ints, Floats]:
    """Boxes down to the searched area and all equal to the last of them: rank (the same for equals), place, value."""
    order = np.argsort(-expected, kind="stable")
    # One box more than a rounding error of the sum may need does no harm; one less would lose hits.
    cut = np.searchsorted(np.cumsum(area[order]), share + 1e-12)
    order = order[:np.searchsorted(-expected[order], -expected[order[min(int(cut), order.size - 1)]], side="right")]
    return np.searchsorted(-expected[order], -expected[order], side="left") + 1, order, expected[order]
