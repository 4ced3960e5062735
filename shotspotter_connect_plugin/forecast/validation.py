"""Rolling validation: every rung forecasts weeks that came after what it was fitted to; one rung is chosen.

Nothing known only later is used: surfaces are those of each date's plan moment, weights and level of a stretch of
weeks are fitted to what was known when it began.
"""
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from .accuracy import Calibration, caught
from .interval import Uncertainty, fit_uncertainty
from .ladder import ROBUST, Rung, make_sample
from .level import Level, LevelTerms, fit_level, observed_slots
from .product import product
from .surfaces import SurfaceSet, roll

FEWEST_EVENTS = 30
_WINDOW_DAYS = 728
_VALIDATION_WEEKS = 52
_FEWEST_WEEKS = 8
_BURN_IN_DAYS = 364
_FIT_BURN_IN_DAYS = 400
_LEVEL_BURN_IN_DAYS = 56
_REFITS = 4
_BOOTSTRAPS = 1000
_STRETCH_DAYS = 28
_SEARCHED = 0.01


@dataclass(frozen=True)
class Spans:
    """Positions of dates: the fit window begins at ``first``; ``weeks`` of validation end before ``last``."""

    first: int
    last: int
    weeks: int

    @property
    def validation(self):
        return self.last - 7 * self.weeks

    def blocks(self):
        """Stretches (start, stop) of validation between two fits."""
        cuts = np.linspace(0, self.weeks, min(_REFITS, self.weeks) + 1).round().astype(int)
        return [(self.validation + 7 * int(a), self.validation + 7 * int(b)) for a, b in zip(cuts[:-1], cuts[1:])]


def plan_spans(last):
    """Divide the dates before ``last`` into burn-in, fit and validation; too short a past has no validation."""
    first = max(min(_BURN_IN_DAYS, last // 3), last - _WINDOW_DAYS)
    weeks = min(_VALIDATION_WEEKS, (last - first) // 14)
    return Spans(first, last, weeks if weeks >= _FEWEST_WEEKS else 0)


def fit_from(date):
    """Position of the first date whose events weights of that date are fitted to.

    Weights fitted where the past was still short would smooth more than a longer past needs, so the first 400 days,
    or two thirds of a shorter past, only fill the surfaces.
    """
    return min(_FIT_BURN_IN_DAYS, 2 * date // 3)


@dataclass(frozen=True)
class Outcome:
    """What training of one crime type found; ``fits`` (rung name -> weights, uniform share) where asked for."""

    rung: Rung
    reason: str
    too_rare: bool
    weights: tuple
    uniform_share: float
    level: Level
    uncertainty: Uncertainty
    validation: dict
    compared: list
    fits: dict = field(default_factory=dict)


def train_type(ladder, history, timeline, smoother, last, rng, progress, every_rung=False):
    """Fit and validate every rung for one crime type and choose.

    Parameters
    ----------
    ladder : sequence of Rung
    history : History
        What was known at AS_OF.
    last : int
        Position of the first date too late to learn from.
    rng : numpy.random.Generator
    every_rung : bool
        Also fit the rungs that were not chosen to the newest events.

    Returns
    -------
    Outcome
    """
    spans = plan_spans(last)
    sample = make_sample(ladder, history, timeline, smoother, spans.first, spans.last, progress.part(0.0, 0.5))
    levels = _Levels(history, timeline, last)
    fits = []
    for start, _ in spans.blocks():
        done = 0.5 + 0.15 * len(fits) / _REFITS
        past = sample.where((sample.date >= fit_from(start)) & (sample.date < start)
                            & (sample.known <= timeline.origin[start]))
        fits.append({item.name: past.fit(item, partial(progress.report, done)) for item in ladder})
    scores, events = _weekly_scores(ladder, sample, spans, fits)
    chosen, reason, compared = _choose(ladder, scores, events, rng)
    newest = sample.where(sample.date >= fit_from(last))
    tick = partial(progress.report, 0.65)
    weights, uniform_share = newest.fit(chosen, tick)
    newest_fits = {item.name: newest.fit(item, tick) for item in ladder} if every_rung else {}
    uncertainty, figures = Uncertainty(), {}
    if spans.weeks:
        uncertainty, figures = _examine(chosen, history, timeline, smoother, spans, fits, levels,
                                        progress.part(0.65, 1.0))
    return Outcome(chosen, reason, bool(events.sum() < FEWEST_EVENTS), tuple(weights.tolist()), uniform_share,
                   levels.fit(last, timeline.origin[-1]), uncertainty, figures, compared, newest_fits)


class _Levels:
    """Terms of the level for all slots of the past, and fits of it to parts of them."""

    def __init__(self, history, timeline, last):
        self._history, self._timeline = history, timeline
        self._observed = observed_slots(history, timeline, last)
        self._first = min(_LEVEL_BURN_IN_DAYS, last // 3)
        terms = LevelTerms(history, timeline, self._observed, timeline.origin[-1])
        self._slots, self._terms = terms.at_origins(self._first, last)
        self._seen, self.share_heard = terms.share_seen, terms.share_heard

    def fit(self, before, moment):
        """Fit to the slots of dates before a position, with the events known at a moment."""
        known = self._history.until(moment)
        events = np.bincount(known.slot, known.weight, minlength=self._timeline.start.size)
        use = (self._timeline.date[self._slots] < before) & self._observed[self._slots]
        offset, design = self._terms
        offset = offset + np.log(self._seen[self._slots])
        return fit_level((offset[use], design[use]), events[self._slots[use]], len(self._timeline.codes),
                         before - self._first)

    def expected(self, level):
        """Expected events of every slot, NaN where it has no terms."""
        expected = np.full(self._timeline.start.size, np.nan)
        expected[self._slots] = level.expected(self._terms)
        return expected


def _weekly_scores(ladder, sample, spans, fits):
    """Log-likelihood above uniform (rungs, weeks) and events (weeks,)."""
    scores, events = np.zeros((len(ladder), spans.weeks)), np.zeros(spans.weeks)
    for (start, stop), fit in zip(spans.blocks(), fits):
        part = sample.where((sample.date >= start) & (sample.date < stop))
        week = (part.date - spans.validation) // 7
        events += np.bincount(week, part.weight, minlength=spans.weeks)
        for position, item in enumerate(ladder):
            weights, uniform_share = fit[item.name]
            density = product(part.of(item), weights) + uniform_share
            scores[position] += np.bincount(week, part.weight * np.log(density), minlength=spans.weeks)
    return scores, events


def _choose(ladder, scores, events, rng):
    """The simplest rung within one paired block-bootstrap standard error of the best log score; blocks are weeks."""
    total = events.sum()
    if total < FEWEST_EVENTS:
        found = (f"Only {total:.0f} events in {events.size} weeks of validation, too few to compare rungs (at least "
                 f"{FEWEST_EVENTS})") if events.size else "The past is too short to compare rungs on weeks of it"
        robust = next((item for item in ladder if item.name == ROBUST), ladder[0])
        return robust, f"{found}; used is what needs least: {robust.label}.", []
    draws = rng.integers(0, events.size, (_BOOTSTRAPS, events.size))
    counts = np.zeros((_BOOTSTRAPS, events.size))
    np.add.at(counts, (np.arange(_BOOTSTRAPS)[:, None], draws), 1.0)
    drawn = product(counts, events)
    again = product(counts, scores.T)[drawn > 0] / drawn[drawn > 0][:, None]
    score = scores.sum(axis=1) / total
    best = int(np.argmax(score))
    error = (again[:, [best]] - again).std(axis=0)
    low, high = np.percentile(again, [5.0, 95.0], axis=0)
    near = [position for position in range(len(ladder)) if score[best] - score[position] <= error[position]]
    chosen = min(near, key=lambda position: (ladder[position].step, -score[position]))
    if chosen == best:
        reason = f"{ladder[best].name} has the best log score ({score[best]:.3f}); no simpler rung comes within one " \
                 "standard error of it."
    else:
        reason = f"{ladder[chosen].name} ({score[chosen]:.3f}) is the simplest rung within one standard error " \
                 f"({error[chosen]:.3f}) of the best log score, that of {ladder[best].name} ({score[best]:.3f})."
    compared = [{"rung": item.name, "log_score": float(score[position]), "low": float(low[position]),
                 "high": float(high[position]), "behind_best": float(score[best] - score[position]),
                 "standard_error": float(error[position]), "chosen": position == chosen}
                for position, item in enumerate(ladder)]
    return ladder[chosen], reason, compared


def replay(features, history, timeline, smoother, first, last, mixture_of, level_of, share_heard):
    """Forecast every slot of some dates again, each from what was known at the plan moment of its date.

    Parameters
    ----------
    features : sequence of Feature
    first, last : int
        Positions of dates; the last is not included.
    mixture_of : function of the position of a date -> (weights, uniform_share)
    level_of : array of slots
        Expected events of each slot.
    share_heard : array of slots
        As :func:`level.shares` gives it.

    Yields
    ------
    slot, expected : int, numpy.ndarray
        Position of the slot and (boxes,) expected events.
    """
    surfaces = SurfaceSet(features, smoother)
    slots = np.searchsorted(timeline.date, np.arange(len(timeline.dates) + 1))
    for date, counts in roll(history, timeline, surfaces.memories, len(smoother), first, last):
        density = surfaces.mixture(counts, *mixture_of(date))
        for slot in range(slots[date], slots[date + 1]):
            yield slot, expected_in(level_of[slot], density[:, timeline.shift[slot]], history, share_heard[slot],
                                    timeline.start[slot])


def expected_in(total, density, history, share_heard, start):
    """Expected events of the boxes in a slot from its total and a density."""
    listening = history.listening
    return total * density if listening is None else listening.placed(total, density, share_heard, start)


def events_by_slot(history, timeline, boxes, first, last):
    """Observed events of the dates first to before last: a dict of slot -> (boxes,) for slots with any."""
    counted = history.counted
    date = timeline.date[history.slot[counted]]
    rows = counted[(date >= first) & (date < last)]
    rows = rows[np.argsort(history.slot[rows], kind="stable")]
    slots, starts = np.unique(history.slot[rows], return_index=True)
    return {int(slot): np.bincount(history.box[part], history.weight[part], minlength=boxes)
            for slot, part in zip(slots, np.split(rows, starts[1:]))}


def _examine(chosen, history, timeline, smoother, spans, fits, levels, progress):
    """Calibration, hits and uncertainty of the chosen rung over validation."""
    level_of, fit_of = np.full(timeline.start.size, np.nan), {}
    for (start, stop), fit in zip(spans.blocks(), fits):
        slots = (timeline.date >= start) & (timeline.date < stop)
        level_of[slots] = levels.expected(levels.fit(start, timeline.origin[start]))[slots]
        fit_of.update(dict.fromkeys(range(start, stop), fit[chosen.name]))
    boxes, nothing = len(smoother), np.zeros(len(smoother))
    events = events_by_slot(history, timeline, boxes, spans.validation, spans.last)
    stretches = max(7 * spans.weeks // _STRETCH_DAYS, 1)
    expected_in, observed_in = np.zeros((2, stretches, boxes))
    weekly_expected, weekly_observed = np.zeros((2, spans.weeks))
    calibration, hits = Calibration(), 0.0
    for slot, expected in replay(chosen.features, history, timeline, smoother, spans.validation, spans.last,
                                 fit_of.__getitem__, level_of, levels.share_heard):
        day = timeline.date[slot] - spans.validation
        progress.report(day / (7 * spans.weeks))
        observed, area = events.get(slot, nothing), smoother.uniform
        if history.listening is not None:
            heard = history.listening.heard_share(timeline.start[slot])
            expected, area = expected * heard, area * heard
        calibration.add(expected, observed)
        hits += caught(expected, observed, area, _SEARCHED)
        stretch = min(day // _STRETCH_DAYS, stretches - 1)
        expected_in[stretch] += expected
        observed_in[stretch] += observed
        weekly_expected[day // 7] += expected.sum()
        weekly_observed[day // 7] += observed.sum()
    uncertainty = fit_uncertainty(expected_in.ravel(), observed_in.ravel(), 7.0 * spans.weeks / stretches,
                                  history.grain, weekly_expected, weekly_observed)
    total = float(weekly_observed.sum())
    return uncertainty, {
        "from": timeline.dates[spans.validation], "to": timeline.dates[spans.last - 1], "weeks": spans.weeks,
        "events": total, "expected": float(weekly_expected.sum()), "searched_area": _SEARCHED, "hits": float(hits),
        "hits_per_shift": float(hits) / int(np.sum((timeline.date >= spans.validation) & (timeline.date < spans.last))),
        "hit_rate": float(hits / total) if total else None, "pai": float(hits / total / _SEARCHED) if total else None,
        "calibration": [{"expected": one, "observed": other} for one, other in calibration.groups()]}
