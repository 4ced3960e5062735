"""Rolling validation: every rung forecasts weeks that came after what it was fitted to; one rung is chosen.

Nothing known only later is used: surfaces are those of each date's plan moment, weights and level of a stretch of
weeks are fitted to what was known when it began.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .accuracy import Calibration, caught
from .box_density import POWERS, USUAL_POWER, BoxDensity, RungFit, fit_mixture, fit_trees, log_densities
from .citywide_rate import MEMORIES, CitywideRate, RateTerms, fit_rate, observed_dates
from .expected_interval import Uncertainty, fit_uncertainty
from .ladder import ROBUST, Rung
from .recalibration import AS_IT_IS, ExpectedByDensity, Recalibration, recalibrate
from .stable_product import stable_product
from .training_sample import make_samples
from .weekly_intervals import FEWEST_EVENTS, half_width, of_sums

if TYPE_CHECKING:
    from ..progress import Progress
    from .arrays import Floats
    from .event_history import EventHistory, Timeline
    from .predictors import Predictors
    from .surfaces import Smoother
    from .training_sample import Sample

# Two years of whole weeks, so that every season is in what is fitted and in what is judged.
_WINDOW_DAYS = 728
# A year, so that every season is judged.
_VALIDATION_WEEKS = 52
# The bootstrap error of four weeks is an eighth too small (the root of 3/4), which a rule of thumb can bear.
_FEWEST_WEEKS = 4
# Before a year has passed the surfaces that remember a year are not yet what they will be.
_BURN_IN_DAYS = 364
# Chosen: the year that surfaces look back on and some weeks more; why at all: see fit_from.
_FIT_BURN_IN_DAYS = 400
# Two half-lives of the longest fast rate of citywide_rate.MEMORIES: before, it rests on too little.
_LEVEL_BURN_IN_DAYS = 56
# Chosen: about a quarter of a year each; every refit costs a fit of all rungs.
_REFITS = 4
# Their luck changes a standard error by 2 % (1 / sqrt(2 x 1000)), less than the weeks' own does.
_BOOTSTRAPS = 1000
# Four whole weeks: enough that many boxes have an event, few enough that the year holds thirteen of them.
_STRETCH_DAYS = 28
# Chosen: memories whose log-likelihoods differ by less are not told apart by validation. Then the faster one is used:
# its error is the luck of the last weeks, that of a slower one is a level that stays wrong. On the development years
# named at MEMORIES that made the totals of half a year, of nine months and of years both likelier and nearer to what
# came than the best in validation did; twice as much cost types with fewer than four events a week.
_TOLD_APART = 1.0
# One per cent, the share at which the documents and most studies give their hit rates.
_SEARCHED = 0.01


@dataclass(frozen=True)
class ValidationSpans:
    """Positions of dates: the fit window begins at ``first``; ``weeks`` of validation end before ``last``."""

    first: int
    last: int
    weeks: int

    @property
    def validation(self) -> int:
        return self.last - 7 * self.weeks

    def blocks(self) -> list[tuple[int, int]]:
        """Stretches (start, stop) of validation between two fits."""
        cuts = np.linspace(0, self.weeks, min(_REFITS, self.weeks) + 1).round().astype(int)
        return [(self.validation + 7 * int(a), self.validation + 7 * int(b)) for a, b in zip(cuts[:-1], cuts[1:])]


def plan_spans(last: int) -> ValidationSpans:
    """Divide the dates before ``last`` into burn-in, fit and validation; too short a past has no validation."""
    first = max(min(_BURN_IN_DAYS, last // 3), last - _WINDOW_DAYS)
    weeks = min(_VALIDATION_WEEKS, (last - first) // 14)
    return ValidationSpans(first, last, weeks if weeks >= _FEWEST_WEEKS else 0)


def fit_from(date: int) -> int:
    """Position of the first date whose events weights of that date are fitted to.

    Weights fitted where the past was still short would smooth more than a longer past needs, so the first 400 days,
    or two thirds of a shorter past, only fill the surfaces.
    """
    return min(_FIT_BURN_IN_DAYS, 2 * date // 3)


@dataclass(frozen=True)
class TrainingOutcome:
    """What training of one crime type found; ``ladder`` the rungs it had, ``fits`` (name -> fit) of those asked for."""

    rung: Rung
    reason: str
    too_rare: bool
    fit: RungFit
    rate: CitywideRate
    uncertainty: Uncertainty
    validation: dict[str, Any]
    compared: list[dict[str, Any]]
    ladder: tuple[Rung, ...] = ()
    fits: dict[str, RungFit] = field(default_factory=dict)


def train_type(ladder: Sequence[Rung], predictors: Predictors, smoother: Smoother, last: int, rng: np.random.Generator,
               progress: Progress, every_rung: bool = False) -> TrainingOutcome:
    """Fit and validate every rung for one crime type and choose.

    Parameters
    ----------
    ladder : sequence of Rung
    predictors : Predictors
        What was known at AS_OF.
    last : int
        Position of the first date too late to learn from.
    rng : numpy.random.Generator
    every_rung : bool
        Also fit the rungs that were not chosen to the newest events.

    Returns
    -------
    TrainingOutcome
    """
    spans, timeline = plan_spans(last), predictors.timeline
    events, grounds = make_samples(ladder, predictors, smoother, spans.first, spans.last, rng, progress.part(0.0, 0.45))
    rates = _best_rates(predictors.own, timeline, last, spans)
    learner = _Learner(ladder, events, grounds, timeline, rates, int(rng.integers(2 ** 31)))
    fits: list[dict[str, RungFit]] = []
    scores = np.zeros((len(ladder), spans.weeks))
    for start, stop in spans.blocks():
        done = 0.45 + 0.25 * len(fits) / _REFITS
        fits.append(learner.fits(ladder, start, partial(progress.report, done)))
        scores += learner.weekly_scores(fits[-1], start, stop, spans)
    judged = events.select(events.date >= spans.validation) if spans.weeks else events.select(slice(0, 0))
    weekly = np.bincount((judged.date - spans.validation) // 7, judged.weight, minlength=spans.weeks)
    chosen, reason, compared = choose_rung(ladder, scores, weekly, rng)
    newest = learner.fits(ladder if every_rung else (chosen,), last, partial(progress.report, 0.7))
    uncertainty, recalibration = Uncertainty(), AS_IT_IS
    figures: dict[str, Any] = {}
    if spans.weeks:
        uncertainty, recalibration, figures = _examine(chosen, predictors, smoother, spans,
                                                       [fit[chosen.name] for fit in fits], rates,
                                                       progress.part(0.75, 1.0))
    too_rare = bool(weekly.sum() < FEWEST_EVENTS)
    fit = newest[chosen.name] if too_rare else replace(newest[chosen.name], recalibration=recalibration)
    return TrainingOutcome(chosen, reason, too_rare, fit, rates.fit(last, timeline.origin[-1]), uncertainty, figures,
                           compared, tuple(ladder), newest)


class _Learner:
    """Fits the rungs to what was known before a date, one date after the other, and scores what came then."""

    def __init__(self, ladder: Sequence[Rung], events: Sample, grounds: Sample, timeline: Timeline, rates: _Rates,
                 seed: int) -> None:
        self._ladder, self._events, self._grounds = ladder, events, grounds
        self._timeline, self._rates, self._seed = timeline, rates, seed
        self._likelihood = np.zeros(len(POWERS))
        self._judged = False
        self._rate: dict[int, Floats] = {}

    def fits(self, ladder: Sequence[Rung], start: int, tick: Callable[[], None]) -> dict[str, RungFit]:
        """Fit of each rung of a ladder by name."""
        known = self._events.known <= self._timeline.origin[min(start, self._timeline.origin.size - 1)]
        earlier = self._events.select((self._events.date >= fit_from(start)) & (self._events.date < start) & known)
        fits, mixtures = {}, {}
        for item in ladder:
            if item.features not in mixtures:
                mixtures[item.features] = fit_mixture(item, earlier, tick)
            fits[item.name] = mixtures[item.features]
        trees = [item for item in ladder if item.terms]
        if trees:
            # Rungs with trees differ in the power of the same trees.
            around = self._grounds.select((self._grounds.date >= fit_from(start)) & (self._grounds.date < start))
            grown = fit_trees(trees[0], fits[trees[0].name], earlier, around, self._timeline, self._rate_of(start),
                              self._seed, tick)
            for item in trees:
                fits[item.name] = replace(grown, power=self._power() if item.family == "blend" else 1.0)
        return fits

    def weekly_scores(self, fits: dict[str, RungFit], start: int, stop: int, spans: ValidationSpans) -> Floats:
        """Log-likelihood above uniform (rungs, weeks) of the events of the dates start to before stop."""
        events, around = (part.select((part.date >= start) & (part.date < stop))
                          for part in (self._events, self._grounds))
        week, scores = (events.date - spans.validation) // 7, np.zeros((len(self._ladder), spans.weeks))
        for position, item in enumerate(self._ladder):
            powers = (*POWERS, fits[item.name].power) if item.family == "blend" else (fits[item.name].power,)
            logs = log_densities(item, events, around, fits[item.name], self._timeline,
                                 self._rate_of(start), powers)
            scores[position] = np.bincount(week, events.weight * logs[-1], minlength=spans.weeks)
            if item.family == "blend":
                self._likelihood += stable_product(logs[:-1], events.weight)
                self._judged = True
        return scores

    def _power(self) -> float:
        """The weight of trees in a blend that was best so far, in weeks that came after what was fitted."""
        return POWERS[int(np.argmax(self._likelihood))] if self._judged else USUAL_POWER

    def _rate_of(self, start: int) -> Floats:
        """Expected events of every slot by the level known at a date; a mean where it has none."""
        if start not in self._rate:
            moment = self._timeline.origin[min(start, self._timeline.origin.size - 1)]
            rate_of = self._rates.expected(self._rates.fit(start, moment))
            known = np.isfinite(rate_of)
            self._rate[start] = np.where(known, rate_of, rate_of[known].mean() if known.any() else 1.0)
        return self._rate[start]


class _Rates:
    """Terms of the level for all slots of the past, and fits of it to parts of them."""

    def __init__(self, history: EventHistory, timeline: Timeline, last: int,
                 memory: tuple[float, float] = MEMORIES[0]) -> None:
        self._history, self._timeline, self._memory = history, timeline, memory
        self._first = min(_LEVEL_BURN_IN_DAYS, last // 3)
        terms = RateTerms(history, timeline, timeline.origin[-1], memory)
        self._slots, self._terms = terms.at_origins(self._first, last)
        self._seen, self.share_heard = terms.share_seen, terms.share_heard

    def fit(self, before: int, moment: int) -> CitywideRate:
        """Fit to the slots of dates before a position, with the events known at a moment."""
        known = self._history.until(moment)
        events = np.bincount(known.slot, known.weight, minlength=self._timeline.start.size)
        date = self._timeline.date[self._slots]
        use = (date < before) & observed_dates(known, self._timeline, moment)[date]
        offset, design = self._terms
        offset = offset + np.log(self._seen[self._slots])
        return fit_rate((offset[use], design[use]), events[self._slots[use]], len(self._timeline.codes),
                        before - self._first, self._memory)

    def likelihood(self, blocks: list[tuple[int, int]]) -> float:
        """Poisson log-likelihood of the observed totals of some stretches of dates, each by what was known when it
        began."""
        known = self._history.counted
        events = np.bincount(self._history.slot[known], self._history.weight[known],
                             minlength=self._timeline.start.size)
        observed, found = observed_dates(self._history, self._timeline, self._timeline.origin[-1]), 0.0
        for start, stop in blocks:
            date = self._timeline.date
            slots = np.flatnonzero((date >= start) & (date < stop) & observed[date] & (self.share_heard > 0))
            expected = self.expected(self.fit(start, self._timeline.origin[start]))[slots] * self.share_heard[slots]
            found += float(np.sum(events[slots] * np.log(expected) - expected))
        return found

    def expected(self, rate: CitywideRate) -> Floats:
        """Expected events of every slot, NaN where it has no terms."""
        expected = np.full(self._timeline.start.size, np.nan)
        expected[self._slots] = rate.expected(self._terms)
        return expected


def _best_rates(history: EventHistory, timeline: Timeline, last: int, spans: ValidationSpans) -> _Rates:
    """Rates of the fastest memory that forecast the totals of validation nearly as well as the best did; the steadiest
    where there are too few events."""
    date = timeline.date[history.slot[history.counted]]
    if not spans.weeks or history.weight[history.counted][date >= spans.validation].sum() < FEWEST_EVENTS:
        return _Rates(history, timeline, last)
    every = [_Rates(history, timeline, last, memory) for memory in MEMORIES]
    return every[fastest_nearly_best([rates.likelihood(spans.blocks()) for rates in every])]


def fastest_nearly_best(likelihoods: Sequence[float]) -> int:
    """Position of the last of some log-likelihoods that is not told from the best; the fastest memory is the last."""
    found = np.asarray(likelihoods)
    return int(np.flatnonzero(found >= found.max() - _TOLD_APART)[-1])


def choose_rung(ladder: Sequence[Rung], scores: Floats, events: Floats,
                rng: np.random.Generator) -> tuple[Rung, str, list[dict[str, Any]]]:
    """The simplest rung within one paired block-bootstrap standard error of the best log score; blocks are weeks.

    A bootstrap of few weeks gives too small an error, by an eighth at four weeks: that moves a rule of thumb, where it
    would make an interval wrong, so the intervals are those of :mod:`weekly_intervals`.
    """
    total = events.sum()
    if total < FEWEST_EVENTS:
        found = (f"Only {total:.0f} events in {events.size} weeks of validation, too few to compare rungs (at least "
                 f"{FEWEST_EVENTS})") if events.size else "The past is too short to compare rungs on weeks of it"
        robust = next((item for item in ladder if item.name == ROBUST), ladder[0])
        return robust, f"{found}; used is what needs least: {robust.label}.", []
    draws = rng.integers(0, events.size, (_BOOTSTRAPS, events.size))
    counts = np.zeros((_BOOTSTRAPS, events.size))
    np.add.at(counts, (np.arange(_BOOTSTRAPS)[:, None], draws), 1.0)
    drawn = stable_product(counts, events)
    again = stable_product(counts, scores.T)[drawn > 0] / drawn[drawn > 0][:, None]
    score = scores.sum(axis=1) / total
    best = int(np.argmax(score))
    error = (again[:, [best]] - again).std(axis=0)
    beyond = half_width(scores / total - score[:, None] * of_sums(events), events)
    near = [position for position in range(len(ladder)) if score[best] - score[position] <= error[position]]
    chosen = min(near, key=lambda position: (ladder[position].step, -score[position]))
    if chosen == best:
        reason = f"{ladder[best].name} has the best log score ({score[best]:.3f}); no simpler rung comes within one " \
                 "standard error of it."
    else:
        reason = f"{ladder[chosen].name} ({score[chosen]:.3f}) is the simplest rung within one standard error " \
                 f"({error[chosen]:.3f}) of the best log score, that of {ladder[best].name} ({score[best]:.3f})."
    known = np.isfinite(beyond)
    compared = [{"rung": item.name, "log_score": float(score[position]),
                 "low": float(score[position] - beyond[position]) if known[position] else None,
                 "high": float(score[position] + beyond[position]) if known[position] else None,
                 "behind_best": float(score[best] - score[position]), "standard_error": float(error[position]),
                 "chosen": position == chosen}
                for position, item in enumerate(ladder)]
    return ladder[chosen], reason, compared


def replay_slots(box_density: BoxDensity, predictors: Predictors, first: int, last: int,
                 fit_of: Callable[[int], RungFit], rate_of: Floats,
                 share_heard: Floats) -> Iterator[tuple[int, Floats]]:
    """Forecast every slot of some dates again, each from what was known at the plan moment of its date.

    Parameters
    ----------
    box_density : BoxDensity
    predictors : Predictors
    first, last : int
        Positions of dates; the last is not included.
    fit_of : function of the position of a date -> RungFit
    rate_of : array of slots
        Expected events of each slot.
    share_heard : array of slots
        As :func:`citywide_rate.shares` gives it.

    Yields
    ------
    slot, expected : int, numpy.ndarray
        Position of the slot and (boxes,) expected events.
    """
    timeline = predictors.timeline
    bounds = np.searchsorted(timeline.date, np.arange(len(timeline.dates) + 1))
    boxes = len(box_density.surfaces.smoother)
    for date, counts in predictors.roll(box_density.lookbacks, boxes, first, last):
        slots = np.arange(bounds[date], bounds[date + 1])
        density = box_density.density(counts, fit_of(date), slots)
        for place, slot in enumerate(slots):
            yield int(slot), expected_in(rate_of[slot], density[:, place], predictors.own, share_heard[slot],
                                         timeline.start[slot])


def expected_in(total: float, density: Floats, history: EventHistory, share_heard: float, start: int) -> Floats:
    """Expected events of the boxes in a slot from its total and a density."""
    listening = history.listening
    return total * density if listening is None else listening.placed(total, density, share_heard, start)


def events_by_slot(history: EventHistory, timeline: Timeline, boxes: int, first: int, last: int) -> dict[int, Floats]:
    """Observed events of the dates first to before last: a dict of slot -> (boxes,) for slots with any."""
    counted = history.counted
    date = timeline.date[history.slot[counted]]
    rows = counted[(date >= first) & (date < last)]
    rows = rows[np.argsort(history.slot[rows], kind="stable")]
    slots, starts = np.unique(history.slot[rows], return_index=True)
    return {int(slot): np.bincount(history.box[part], history.weight[part], minlength=boxes)
            for slot, part in zip(slots, np.split(rows, starts[1:]))}


def _examine(chosen: Rung, predictors: Predictors, smoother: Smoother, spans: ValidationSpans, fits: list[RungFit],
             rates: _Rates, progress: Progress) -> tuple[Uncertainty, Recalibration, dict[str, Any]]:
    """Uncertainty, recalibration, hits and calibration of the chosen rung over validation; ``fits`` by stretch."""
    history, timeline = predictors.own, predictors.timeline
    rate_of, fit_of = np.full(timeline.start.size, np.nan), {}
    by_density: dict[int, ExpectedByDensity] = {}
    for (start, stop), fit in zip(spans.blocks(), fits):
        by_density.update(dict.fromkeys(range(start, stop), ExpectedByDensity()))
        slots = (timeline.date >= start) & (timeline.date < stop)
        rate_of[slots] = rates.expected(rates.fit(start, timeline.origin[start]))[slots]
        fit_of.update(dict.fromkeys(range(start, stop), fit))
    boxes, nothing = len(smoother), np.zeros(len(smoother))
    events = events_by_slot(history, timeline, boxes, spans.validation, spans.last)
    stretches = max(7 * spans.weeks // _STRETCH_DAYS, 1)
    expected_in, observed_in = np.zeros((2, stretches, len(timeline.codes), boxes))
    weekly_expected, weekly_observed = np.zeros((2, spans.weeks, len(timeline.codes)))
    calibration, hits = Calibration(), 0.0
    began: dict[tuple[int, int], Floats] = {}
    any_event = np.zeros(2)
    box_density = BoxDensity(chosen, smoother, timeline)
    for slot, expected in replay_slots(box_density, predictors, spans.validation, spans.last, fit_of.__getitem__,
                                       rate_of, rates.share_heard):
        day = timeline.date[slot] - spans.validation
        progress.report(day / (7 * spans.weeks))
        observed, area = events.get(slot, nothing), smoother.uniform
        total = expected.sum()
        density, stretch, shift = expected / total, min(day // _STRETCH_DAYS, stretches - 1), int(timeline.shift[slot])
        of_start = total * began.setdefault((stretch, shift), density)
        if history.listening is not None:
            heard = history.listening.heard_share(timeline.start[slot])
            expected, of_start, area = expected * heard, of_start * heard, area * heard
        calibration.add(expected, observed)
        by_density[int(timeline.date[slot])].add(density, smoother.uniform, expected, observed)
        any_event += np.array([-np.expm1(-expected).sum(), np.minimum(observed, 1.0).sum()])
        hits += caught(expected, observed, area, _SEARCHED)
        # As expected when the stretch began: later forecasts know its first events, and would seem surer than they are.
        expected_in[stretch, shift] += of_start
        observed_in[stretch, shift] += observed
        weekly_expected[day // 7, shift] += expected.sum()
        weekly_observed[day // 7, shift] += observed.sum()
    recalibration = recalibrate(list(dict.fromkeys(by_density.values())))
    expected_in = _recalibrated(expected_in, recalibration, smoother.uniform)
    uncertainty = fit_uncertainty(expected_in.ravel(), observed_in.ravel(), 7.0 * spans.weeks / stretches,
                                  history.grain, weekly_expected.ravel(), weekly_observed.ravel())
    total = float(weekly_observed.sum())
    return uncertainty, recalibration, {
        "from": timeline.dates[spans.validation], "to": timeline.dates[spans.last - 1], "weeks": spans.weeks,
        "events": total, "expected": float(weekly_expected.sum()),
        "events_together": _together(total, float(weekly_expected.sum()), any_event),
        "searched_area": _SEARCHED, "hits": float(hits),
        "hits_per_shift": float(hits) / int(np.sum((timeline.date >= spans.validation) & (timeline.date < spans.last))),
        "hit_rate": float(hits / total) if total else None, "pai": float(hits / total / _SEARCHED) if total else None,
        "calibration": [{"expected": one, "observed": other} for one, other in calibration.groups()]}


def _together(events: float, expected: float, any_event: Floats) -> float | None:
    """Events of a box and shift that has any, over what it would be if they came one by one: 1 without bursts."""
    with_expected, with_observed = any_event
    if not (with_observed > 0 and with_expected > 0):
        return None
    return round(float(events / with_observed / (expected / with_expected)), 3)


def _recalibrated(expected: Floats, recalibration: Recalibration, uniform: Floats) -> Floats:
    """Expected events (stretches, shifts, boxes) as they would be after recalibration, nearly: a density hardly changes
    in a stretch."""
    rows = expected.reshape(-1, uniform.size)
    total = rows.sum(axis=1)
    changed = recalibration.of((rows / np.where(total > 0, total, 1.0)[:, None]).T, uniform).T * total[:, None]
    return np.where(total[:, None] > 0, changed, rows).reshape(expected.shape)
