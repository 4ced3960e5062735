"""Back-test: forecasts of the past as they would have been made, against what then happened.

From the first date on, every ``RETRAIN_WEEKS`` weeks everything is learnt anew from what was known at the plan hour of
that date: weights, level and the choice of rung. Each shift is then forecast from what was known at the plan hour of
its own date, by what the product would have used (``connect``) and by every rung of the ladder. The same models may
forecast other boxes beside it, such as layouts laid anew at each training: a model weighs the ground, not boxes.
"""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..progress import SILENT
from .accuracy import Calibration, searched
from .box_density import BoxDensity, RungFit
from .citywide_rate import RateTerms
from .context import ForecastContext
from .forecast_model import learn_type
from .ladder import RUNGS, ladder_for, lookbacks_of
from .recalibration import AS_IT_IS
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
CONNECT, UNIFORM, HOT_SPOT_MAP = "connect", "uniform", "kde_250_all"
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
class OtherBoxes:
    """Boxes that the models of a back-test forecast beside those that they were learnt on.

    ``method`` is their name among the methods; ``events`` admitted ones, as for :func:`replay_type`; ``context_of``
    gives the boxes for the first date of each stretch between two trainings; ``take`` and ``take_map`` as there.
    """

    method: str
    events: AdmittedEvents
    context_of: Callable[[str], BacktestContext]
    take: Callable[[int, Floats], Any] | None = None
    take_map: Callable[[int, Floats], Any] | None = None


@dataclass(frozen=True)
class PlacedEvents:
    """Events (n) on slots, counted from the first of the period and ascending, and boxes, with their weights."""

    slot: Ints
    box: Ints
    weight: Floats

    def of(self, slot: int) -> tuple[Ints, Floats]:
        """Boxes and weights of the events of one slot; no box comes twice."""
        first, stop = np.searchsorted(self.slot, [slot, slot + 1])
        return self.box[first:stop], self.weight[first:stop]


@dataclass(frozen=True)
class Replayed:
    """One crime type replayed.

    ``methods``, last those of other boxes; ``hits`` (methods, weeks) in the searched area; ``curve`` (methods, shares)
    hits at the shares of ``CURVE``; ``gained_in`` (methods, weeks) log-likelihood above the uniform forecast; ``slot``,
    ``box``, ``weight`` of the events, slots counted from the first of the period; ``caught_in`` (boxes,) events that
    ``connect`` caught; ``promised`` hits that ``connect`` expected; ``calibration`` of ``connect``; ``chosen`` (date,
    rung, reason) of each training; ``too_rare`` as the last training said; ``elsewhere`` the events on other boxes, by
    method.
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
    elsewhere: dict[str, PlacedEvents] = field(default_factory=dict)

    @property
    def placed(self) -> PlacedEvents:
        """The events on the boxes of the back-test."""
        return PlacedEvents(self.slot, self.box, self.weight)

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


def stretches(first: str, last: str) -> list[tuple[str, str]]:
    """First and last date of each stretch between two trainings."""
    origins = pd.date_range(first, last, freq=str(7 * RETRAIN_WEEKS) + "D")
    ends = [str((origin + pd.Timedelta(days=7 * RETRAIN_WEEKS - 1)).date()) for origin in origins]
    return [(str(origin.date()), min(end, last)) for origin, end in zip(origins, ends)]


def replay_type(events: AdmittedEvents, crime_type: str, context: BacktestContext, first: str, last: str, *,
                take: Callable[[int, Floats], Any] | None = None,
                take_map: Callable[[int, Floats], Any] | None = None, ranked: Callable[..., Any] | None = None,
                progress: Progress = SILENT, ladder: Sequence[Rung] = RUNGS,
                others: Sequence[OtherBoxes] = (), compared: Collection[str] | None = None) -> Replayed | None:
    """Back-test one crime type.

    Parameters
    ----------
    events : pandas.DataFrame
        Of all crime types, as :func:`allowed_inputs.admit_events` gives them; what is known only later is held back.
    context : BacktestContext
    first, last : str
        Dates, both included.
    take, take_map : callable, optional
        Called with slot and (boxes,) expected events of ``connect``, and of the 250 m kernel density map.
    ranked : callable, optional
        Called with shift_date, shift, crime_type, method, and for the boxes down to the searched area, all that are
        equal at the cut included: rank, position of the box, expected; and all boxes. Not for ``uniform``, which has
        no order.
    others : sequence of OtherBoxes
        What ``connect`` would have expected in other boxes.
    compared : collection of str, optional
        Names of the rungs that stand beside ``connect``; all of them if not given.

    Returns
    -------
    Replayed or None
        None where nothing of the type was known at the first date.
    """
    slots = context.calendar.slots(first, last)
    week = week_of_slots(slots, first)
    place = {key: number for number, key in enumerate(zip(slots["shift_date"], slots["shift"]))}
    rungs = [item.name for item in ladder_for(ladder, context.others(crime_type), context.kinds)]
    methods = (CONNECT, *(name for name in rungs if compared is None or name in compared))
    caught_in, promised, calibration = np.zeros(len(context.smoother)), 0.0, Calibration()
    chosen: list[tuple[str, str, str]] = []
    too_rare = False
    own = _Sums(crime_type, methods, week, ranked)
    beside = [_Sums(crime_type, (other.method,), week, ranked) for other in others]
    dates = stretches(first, last)
    for number, (begin, end) in enumerate(dates):
        part = progress.part(number / len(dates), (number + 1) / len(dates))
        as_of = context.calendar.as_of(begin, context.plan_hour)
        learnt = learn_type(events[events["known_utc"] <= as_of.value], crime_type, context, as_of, seed=context.seed,
                            progress=part.part(0.0, 0.55), ladder=ladder, every_rung=True)
        if learnt is None:
            return None
        chosen.append((begin, learnt.outcome.rung.name, learnt.outcome.reason))
        too_rare = learnt.outcome.too_rare
        done = 0.55 + 0.45 / (1 + _COST_BESIDE * len(others))
        ways = _rungs_of(learnt, methods, context.others(crime_type))
        for date, shift, expected, observed, area in _stretch(events, crime_type, context, learnt, begin, end,
                                                              part.part(0.55, done), ways):
            slot, expected = place[date, shift], expected[:len(methods)]
            _give(slot, expected, methods, take, take_map)
            if not area.any():
                continue  # nobody listened
            scored = own.add(slot, (date, shift), expected, observed, area, context)
            calibration.add(scored.expected[0], observed, week[slot])
            ours = searched(scored.order_by[0], scored.area, [context.share])[0]
            caught_in += ours * observed
            promised += float(np.sum(ours * scored.expected[0]))
        for count, (other, sums) in enumerate(zip(others, beside)):
            step = (1.0 - done) / len(others)
            where = other.context_of(begin)
            ways = _product_and_map(learnt, other.take_map is not None)
            for date, shift, expected, observed, area in _stretch(
                    other.events, crime_type, where, learnt, begin, end,
                    part.part(done + count * step, done + (count + 1) * step), ways):
                slot = place[date, shift]
                _give(slot, expected, (CONNECT, *(item.name for item in ways.rungs)), other.take, other.take_map)
                if area.any():
                    sums.add(slot, (date, shift), expected[:1], observed, area, where)
    every = [own, *beside]
    hits, gained_in, curve = (np.concatenate([getattr(sums, name) for sums in every])
                              for name in ("hits", "gained_in", "curve"))
    found = own.placed
    return Replayed(crime_type, (*methods, *(other.method for other in others)), hits, curve, gained_in, found.slot,
                    found.box, found.weight, caught_in, promised, calibration, chosen, too_rare,
                    {other.method: sums.placed for other, sums in zip(others, beside)})


# Of the time that all rungs take on their own boxes, what the chosen one takes on others: a guess for the progress bar.
_COST_BESIDE = 0.25


def _give(slot: int, expected: Floats, methods: Sequence[str], take: Callable[[int, Floats], Any] | None,
          take_map: Callable[[int, Floats], Any] | None) -> None:
    if take is not None:
        take(slot, expected[0])
    if take_map is not None and HOT_SPOT_MAP in methods:
        take_map(slot, expected[max(place for place, name in enumerate(methods) if name == HOT_SPOT_MAP)])


@dataclass(frozen=True)
class _Scored:
    """One shift as it is judged: (methods, boxes) expected and what the order goes by, (boxes,) shares of the area."""

    expected: Floats
    order_by: Floats
    area: Floats


class _Sums:
    """Sums over the shifts of what methods caught and gained, and the events, on one kind of boxes."""

    def __init__(self, crime_type: str, methods: Sequence[str], week: Ints,
                 ranked: Callable[..., Any] | None) -> None:
        self._crime_type, self._methods, self._week, self._ranked = crime_type, methods, week, ranked
        self.hits, self.gained_in = np.zeros((2, len(methods), int(week[-1]) + 1))
        self.curve = np.zeros((len(methods), len(CURVE)))
        self._events: list[tuple[Ints, Ints, Floats]] = []

    @property
    def placed(self) -> PlacedEvents:
        """The events so far."""
        return PlacedEvents(*(np.concatenate(column) for column in zip(_NO_EVENTS, *self._events)))

    def add(self, slot: int, key: tuple[str, str], expected: Floats, observed: Floats, area: Floats,
            context: BacktestContext) -> _Scored:
        """Take in one shift; judged is the part of the jurisdiction in which an event would have been recorded."""
        expected = expected * (area / context.smoother.uniform)
        area = area / area.sum()
        box = np.flatnonzero(observed)
        self._events.append((np.full(box.size, slot), box, observed[box]))
        # Seven digits: what differs by less differs by the order of a sum, and is a tie.
        order_by = expected.astype(np.float32)
        for method, values in enumerate(order_by):
            if box.size:
                found = np.sum(searched(values, area, (context.share, *CURVE), box) * observed[box], axis=1)
                self.hits[method, self._week[slot]] += found[0]
                self.curve[method] += found[1:]
            if self._ranked is not None and self._methods[method] != UNIFORM:
                self._ranked(*key, self._crime_type, self._methods[method], *_down_to(values, area, context.share),
                             context.boxes)
        density = expected[:, box] / expected.sum(axis=1, keepdims=True) / area[box]
        self.gained_in[:, self._week[slot]] += stable_product(np.log(density), observed[box])
        return _Scored(expected, order_by, area)


_NO_EVENTS = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))  # joined where no shift had any


@dataclass(frozen=True)
class _Ways:
    """Rungs with their fits, which of them is recalibrated for ``connect``, and other crime types they look at."""

    rungs: Sequence[Rung]
    fits: Sequence[RungFit]
    chosen: int
    others: Sequence[str]


def _rungs_of(learnt: LearntType, methods: Collection[str], others: Sequence[str]) -> _Ways:
    """The rungs among some methods and, if it is not there, last the chosen one."""
    outcome = learnt.outcome
    rungs = [item for item in outcome.ladder if item.name in methods]
    if outcome.rung not in rungs:
        rungs.append(outcome.rung)
    return _Ways(rungs, [outcome.fits[item.name] for item in rungs], rungs.index(outcome.rung), others)


def _product_and_map(learnt: LearntType, with_map: bool) -> _Ways:
    """The rung that is forecast with, without the surfaces that have no weight in it, and the kernel density map."""
    model = learnt.model
    maps = [item for item in learnt.outcome.ladder if with_map and item.name == HOT_SPOT_MAP]
    fits = [replace(model.fit, recalibration=AS_IT_IS), *(learnt.outcome.fits[item.name] for item in maps)]
    return _Ways([model.rung, *maps], fits, 0, model.others)


def _stretch(events: AdmittedEvents, crime_type: str, context: BacktestContext, learnt: LearntType, begin: str,
             end: str, progress: Progress, ways: _Ways) -> Iterator[tuple[str, str, Floats, Floats, Floats]]:
    """Forecast the shifts of the dates until the next training.

    Yields date, shift, (1 + rungs, boxes) expected, that of the product first, (boxes,) observed and the area in which
    events would be recorded.
    """
    timeline = context.seen_by(crime_type, context.timeline(learnt.model.start, end))
    first, stop = timeline.dates.index(begin), len(timeline.dates)
    for span in context.spans_of_record(events, [crime_type, *ways.others], timeline, first, stop):
        yield from _span(events, crime_type, context, learnt, timeline, span,
                         progress.part((span[0] - first) / (stop - first), (span[1] - first) / (stop - first)), ways)


def _span(events: AdmittedEvents, crime_type: str, context: BacktestContext, learnt: LearntType, timeline: Timeline,
          span: tuple[int, int], progress: Progress,
          ways: _Ways) -> Iterator[tuple[str, str, Floats, Floats, Floats]]:
    first, stop = span
    reporting = {crime_type: learnt.model.reporting} if learnt.model.reporting else {}
    predictors = context.predictors(events, crime_type, timeline, ways.others,
                                    reporting=reporting, moment=timeline.origin[first])
    history, boxes = predictors.own, len(context.smoother)
    rates = RateTerms(history, timeline, timeline.origin[first], learnt.model.rate.memory)
    slots, terms = rates.at_origins(first, stop)
    rate_of = dict(zip(slots.tolist(), learnt.model.rate.expected(terms)))
    lookbacks = lookbacks_of(ways.rungs)
    box_densities = [BoxDensity(item, context.smoother, timeline, lookbacks) for item in ways.rungs]
    bounds = np.searchsorted(timeline.date, np.arange(stop + 1))
    for date, counts in predictors.roll(lookbacks, boxes, first, stop):
        of_date, densities = np.arange(bounds[date], bounds[date + 1]), []
        for box_density, fit in zip(box_densities, ways.fits):
            progress.report((date - first) / (stop - first))
            densities.append(box_density.density(counts, fit, of_date))
        densities.insert(0, learnt.outcome.fit.recalibration.of(densities[ways.chosen], context.smoother.uniform))
        for place, slot in enumerate(of_date):
            mine = history.counted[history.slot[history.counted] == slot]
            observed = np.bincount(history.box[mine], history.weight[mine], minlength=boxes)
            area = context.smoother.uniform
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
