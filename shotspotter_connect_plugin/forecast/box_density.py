"""Where events are expected: a fitted rung turned into a density over the boxes.

A mixture is a weighted sum of surfaces. Trees multiply a mixture by ``exp(power x trees)`` and bring the sum over the
boxes back to 1: with power 1 that is the corrected forecast, with less the weighted geometric mean of the mixture and
of its correction.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Optional

import numpy as np

from .allowed_inputs import DAY_TERMS
from .calendar_terms import days_of
from .ladder import fit_weights, lookbacks_of
from .recalibration import AS_IT_IS, Recalibration
from .sources import CrimeEvents
from .stable_product import stable_product
from .surfaces import SurfaceSet
from .trees import Forest, grow

if TYPE_CHECKING:
    from .arrays import Floats, Ints
    from .event_history import Timeline
    from .ladder import Rung
    from .sources import Lookback
    from .surfaces import Smoother
    from .training_sample import Sample

# Chosen: quarters of the way from the mixture to all that its trees correct; each is scored on every validation week,
# so more of them cost time and are told apart by luck.
POWERS = (0.25, 0.5, 0.75, 1.0)
USUAL_POWER = 0.5
"""What a blend uses before there is a past to tell."""
TERMS_BESIDE = 3 + len(DAY_TERMS)
"""Terms of trees beside the surfaces: the mixture, shift, weekday, and those of the calendar."""
# Chosen: below a thousandth of the average all boxes are alike to the trees, and the logarithm stays finite.
_SMALLEST_DENSITY = 1e-3


@dataclass(frozen=True)
class RungFit:
    """What a rung learnt: weights of its surfaces, the uniform share, and where it has trees these and their power;
    what validation made of its densities."""

    weights: tuple[float, ...]
    uniform_share: float
    forest: Optional[Forest] = None
    power: float = 1.0
    recalibration: Recalibration = AS_IT_IS


class BoxDensity:
    """Turns remembered counts and a :class:`RungFit` into densities.

    Parameters
    ----------
    item : Rung
    smoother : Smoother
    timeline : Timeline
    lookbacks : list of Lookback, optional
        Those that counts will be given for; those of the rung if not given.
    """

    def __init__(self, item: Rung, smoother: Smoother, timeline: Timeline,
                 lookbacks: list[Lookback] | None = None) -> None:
        self.lookbacks = lookbacks or lookbacks_of([item])
        self.surfaces = SurfaceSet(item.features, smoother, self.lookbacks)
        self.terms = SurfaceSet(item.terms, smoother, self.lookbacks) if item.terms else None
        self._timeline = timeline

    def density(self, counts: Floats, fit: RungFit, slots: Ints) -> Floats:
        """Give densities (boxes, slots) of some slots of one date; each column adds up to 1."""
        shifts = self._timeline.shift[slots]
        mixture = self.surfaces.mixture(counts, np.asarray(fit.weights), fit.uniform_share)[:, shifts]
        uniform = self.surfaces.smoother.uniform
        if fit.forest is None or self.terms is None:
            return fit.recalibration.of(mixture, uniform)
        relative = mixture / uniform[:, None]
        correction = [fit.forest.predict(tree_terms(surfaces, relative[:, place], self._timeline,
                                                    np.full(len(counts), slot)))
                      for place, (slot, surfaces) in enumerate(zip(slots, self.terms.everywhere(counts, shifts)))]
        corrected = mixture * np.exp(fit.power * np.stack(correction, axis=1))
        return fit.recalibration.of(corrected / corrected.sum(axis=0), uniform)


def tree_terms(surfaces: Floats, mixture: Floats, timeline: Timeline, slots: Ints) -> Floats:
    """What trees ask about, for n places and slots.

    Parameters
    ----------
    surfaces : numpy.ndarray
        (n, terms) densities relative to uniform.
    mixture : array of n
        Density of the forecast that is corrected, relative to uniform.
    timeline : Timeline
    slots : integer array of n

    Returns
    -------
    numpy.ndarray
        (n, terms + 3 + terms of the calendar): logs of the densities, shift, weekday, calendar.
    """
    asked, beside = surfaces.shape[1] + 1, (timeline.shift[slots], timeline.weekday[slots], *days_of(timeline)[slots].T)
    # Term by term, as trees read them.
    terms = np.empty((asked + len(beside), len(mixture)))
    terms[:asked - 1], terms[asked - 1], terms[asked:] = surfaces.T, mixture, beside
    logs = terms[:asked]
    np.log(np.maximum(logs, _SMALLEST_DENSITY, out=logs), out=logs)
    return terms.T


def fit_mixture(item: Rung, sample: Sample, tick: Callable[[], None]) -> RungFit:
    """Fit of a rung without trees to a sample of events; ``tick`` as for :func:`ladder.fit_weights`.

    Places are held back by a prior that the data outgrow: there are many kinds, and half a year cannot tell them apart.
    """
    kinds = [source.kind if not isinstance(source := feature.lookback.source, CrimeEvents) else ""
             for feature in item.features]
    # What a surface without meaning explains by luck grows with the root of the number of events, and the luckiest of
    # several kinds with the root of the logarithm of how many try; one kind alone is not held back. Twice that is
    # chosen: on half a year (Washington 2006) places then cost a third where they cost, and gain no less elsewhere.
    tried = max(len({*kinds} - {""}), 1)
    reluctance = 2.0 * np.sqrt(sample.weight.sum() * np.log(tried)) * np.array([kind != "" for kind in kinds])
    weights, uniform_share = fit_weights(sample.of(item.features), sample.weight, tick, reluctance)
    return RungFit(tuple(weights.tolist()), uniform_share)


def fit_trees(item: Rung, fit: RungFit, events: Sample, grounds: Sample, timeline: Timeline, rate_of: Floats, seed: int,
              tick: Callable[[], None]) -> RungFit:
    """Add trees to the fit of a mixture.

    The mixture that the trees correct was fitted to the older part of the past and forecasts the newer, in which the
    trees are grown: they learn from errors of forecasts, not of a fit.

    Parameters
    ----------
    item : Rung
    fit : RungFit
        Of the mixture to the whole past; what the trees will correct.
    events, grounds : Sample
        Events of the past, and the sample of places and times (its weights: parts of a slot's area).
    rate_of : array of slots
        Expected events of the slots.

    Returns
    -------
    RungFit
        Without a forest where there are too few events to grow one.
    """
    cut = _cut(events)
    older = fit_mixture(item, events.select(events.date < cut), tick)
    newer, around = events.select(events.date >= cut), grounds.select(grounds.date >= cut)
    if newer.weight.sum() < FEWEST or len(around.date) < FEWEST:
        return fit
    expected = rate_of[around.slot] * around.weight * relative(item, around, older)
    expected *= newer.weight.sum() / expected.sum()
    forest = grow(terms_of(item, newer, older, timeline), newer.weight,
                  terms_of(item, around, older, timeline), expected, seed, tick)
    return replace(fit, forest=forest)


FEWEST = 60
"""Events in the newer part of the past below which no tree is grown."""
# Chosen: the trees get the larger part, since they have more to learn than a mixture whose weights are few.
_OLDER_SHARE = 0.4


def _cut(events: Sample) -> int:
    """Date that divides the events into an older two fifths and a newer rest."""
    order = np.sort(events.date)
    return order[int(_OLDER_SHARE * order.size)] if order.size else 0


def relative(item: Rung, sample: Sample, fit: RungFit) -> Floats:
    """Density of the mixture relative to uniform at the entries of a sample."""
    return stable_product(sample.of(item.features), np.asarray(fit.weights)) + fit.uniform_share


def terms_of(item: Rung, sample: Sample, fit: RungFit, timeline: Timeline) -> Floats:
    """Terms of the trees at the entries of a sample."""
    return tree_terms(sample.of(item.terms), relative(item, sample, fit), timeline, sample.slot)


def log_densities(item: Rung, events: Sample, grounds: Sample, fit: RungFit, timeline: Timeline, rate_of: Floats,
                  powers: Sequence[float]) -> Floats:
    """Log of the density relative to uniform at events, for each of some powers: (powers, n).

    What a correction sums to over the boxes is estimated shift by shift from the sample of places and times.
    """
    base = np.log(relative(item, events, fit))
    if fit.forest is None:
        return np.tile(base, (len(powers), 1))
    correction = fit.forest.predict(terms_of(item, events, fit, timeline))
    around = fit.forest.predict(terms_of(item, grounds, fit, timeline))
    expected = rate_of[grounds.slot] * grounds.weight * relative(item, grounds, fit)
    shift, shifts = timeline.shift, len(timeline.codes)
    whole = np.bincount(shift[grounds.slot], expected, minlength=shifts)
    logs = np.empty((len(powers), base.size))
    for row, power in enumerate(powers):
        grown = np.bincount(shift[grounds.slot], expected * np.exp(power * around), minlength=shifts)
        norm = np.where(whole > 0, grown / np.where(whole > 0, whole, 1.0), 1.0)
        logs[row] = base + power * correction - np.log(norm)[shift[events.slot]]
    return logs
