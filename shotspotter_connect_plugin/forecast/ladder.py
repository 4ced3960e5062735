"""The ladder: the ways to forecast, from counts to blends, and how the weights in them are fitted.

Most rungs are a mixture of surfaces and a uniform share, with weights that are not negative and add up to 1, fitted by
direct Poisson likelihood to events that came after the moment from which the surfaces were made. The last two correct
such a mixture by boosted trees (:mod:`box_density`).
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .predictors import NEAR_METRES
from .sources import EVER, CrimeEvents, Lookback, PlaceCount, PlaceDistance
from .stable_product import stable_product
from .surfaces import Feature
from .trees import can_grow

if TYPE_CHECKING:
    from .arrays import Floats

# Chosen: three events spread uniformly keep every box possible, and weigh little beside a hundred real ones.
_UNIFORM_PRIOR = 3.0
# Chosen: what weighs less than one in ten thousand hardly changes a figure, but costs a surface at every score.
_SMALLEST_WEIGHT = 1e-4
# Chosen: bounds the time of a fit, and is still a hundred rows for each weight.
_MOST_ROWS = 20_000


@dataclass(frozen=True)
class Rung:
    """One way to forecast.

    Attributes
    ----------
    name, family, label : str
        Its name, the step of the ladder it stands on, what it does.
    features : tuple of Feature
        Surfaces that are mixed.
    wider : str
        What :func:`ladder_for` adds to the features and terms: ``related`` for the surfaces of other crime types,
        ``places`` for those and places, as far as there are any; nothing where empty.
    terms : tuple of Feature
        Surfaces that trees ask about; none where there are no trees.
    """

    name: str
    family: str
    label: str
    features: tuple[Feature, ...]
    wider: str = ""
    terms: tuple[Feature, ...] = ()

    @property
    def step(self) -> int:
        """Place of the family on the ladder; lower is simpler."""
        return FAMILIES.index(self.family)


FAMILIES = ("uniform", "count", "kernel density", "decayed count", "additive", "related types", "places",
            "boosted trees", "blend")
# Chosen: one memory for the season and one for the year, two reaches of a few blocks; every other crime type adds eight
# surfaces, so finer ones would soon outnumber the events.
_RELATED = tuple(("decay", days, float(metres), scope) for days in (60.0, 360.0) for metres in (125, 250)
                 for scope in ("all", "shift"))
# Chosen: of each other type the trees see its long memory alone, as they may split on every term they are given.
_RELATED_TERMS = tuple(("decay", 360.0, float(metres), "all") for metres in (125, 250))
# Metres, chosen: on the box itself and beside it, and within a walk.
_PLACES = (125.0, 500.0)


def _both(lookback: Lookback, bandwidth: float) -> tuple[Feature, ...]:
    return tuple(Feature(lookback, scope, float(bandwidth)) for scope in ("all", "shift"))


def _rungs() -> tuple[Rung, ...]:
    rungs = [Rung("uniform", "uniform", "the same everywhere", ())]
    windows = {"28": 28.0, "56": 56.0, "364": 364.0, "all": EVER}
    for text, days in windows.items():
        span = "all of the past" if days == EVER else "the last " + text + " days"
        rungs.append(Rung("count_" + text, "count", "events counted in the box over " + span,
                          _both(Lookback("window", days), 0)))
    for text, metres in (("28", 250), ("56", 250), ("364", 125), ("364", 250), ("364", 500), ("all", 125), ("all", 250),
                         ("all", 500)):
        span = "all of the past" if text == "all" else "the last " + text + " days"
        rungs.append(Rung("kde_" + str(metres) + "_" + text, "kernel density",
                          "kernel density of " + str(metres) + " m over " + span,
                          _both(Lookback("window", windows[text]), metres)))
    for days in (60, 180, 540):
        for metres in (0, 125, 250):
            rungs.append(Rung("decay_" + str(days) + "_" + str(metres), "decayed count",
                              "events that count half after each " + str(days) + " days, smoothed over "
                              + str(metres) + " m", _both(Lookback("decay", float(days)), metres)))
    lookbacks = [Lookback("decay", float(days)) for days in (3, 14, 60, 180, 540)]
    lookbacks.append(Lookback("window", EVER))
    own = tuple(feature for lookback in lookbacks for metres in (0, 125, 250, 500)
                for feature in _both(lookback, metres))
    asked = tuple(feature for lookback, metres in ((lookbacks[1], 250), (lookbacks[3], 125), (lookbacks[5], 0),
                                                   (lookbacks[5], 250)) for feature in _both(lookback, metres))
    mixture = "a mixture of surfaces that forget at different speeds and reach differently far"
    rungs += [
        Rung("additive", "additive", mixture + ", weights fitted by Poisson likelihood", own),
        Rung("related", "related types", mixture + ", of this crime type and of the others", own, "related"),
        Rung("places", "places", mixture + ", of this crime type and of the others, and of places", own, "places"),
        Rung("trees", "boosted trees", "the fullest mixture, corrected by boosted trees", own, "places", asked),
        Rung("blend", "blend", "a blend (geometric mean) of the fullest mixture and of its correction by boosted trees",
             own, "places", asked)]
    return tuple(rungs)


RUNGS = _rungs()
ROBUST = "kde_500_all"
"""What is used where there are too few events to choose."""


def rung(name: str) -> Rung:
    """The rung of a name."""
    return next(item for item in RUNGS if item.name == name)


def ladder_for(ladder: Sequence[Rung], related: Sequence[str], kinds: Sequence[str]) -> tuple[Rung, ...]:
    """The rungs that can be used, with the surfaces of related crime types and of places in those that take them.

    Left out are rungs that would be the same as a simpler one because there are no other types or no places, and those
    with trees where scikit-learn is missing.

    Parameters
    ----------
    ladder : sequence of Rung
    related : sequence of str
        Other crime types.
    kinds : sequence of str
        Kinds of places that have a place.

    Returns
    -------
    tuple of Rung
    """
    if not can_grow():
        ladder = [item for item in ladder if not item.terms]
    if not kinds:
        ladder = [item for item in ladder if item.wider != "places" or item.terms]
    if not related:
        ladder = [item for item in ladder if item.wider != "related"]
    return tuple(_widened(item, related, kinds) for item in ladder)


def _widened(item: Rung, related: Sequence[str], kinds: Sequence[str]) -> Rung:
    if not item.wider:
        return item
    features, terms = list(item.features), list(item.terms)
    for source in map(CrimeEvents, related):
        features += [Feature(Lookback(kind, days, source), scope, metres) for kind, days, metres, scope in _RELATED]
        terms += [Feature(Lookback(kind, days, source), scope, metres) for kind, days, metres, scope in _RELATED_TERMS]
    if item.wider == "places":
        features += [Feature(Lookback("window", EVER, PlaceCount(kind)), "all", metres) for kind in kinds
                     for metres in _PLACES]
        near = [Feature(Lookback("window", EVER, PlaceDistance(kind, metres)), "all", 0.0) for kind in kinds
                for metres in NEAR_METRES]
        features += near
        terms += near[::len(NEAR_METRES)]
    return replace(item, features=tuple(features), terms=tuple(terms) if item.terms else ())


def lookbacks_of(ladder: Iterable[Rung]) -> list[Lookback]:
    """Memories that the counts for some rungs must have."""
    return list(dict.fromkeys(feature.lookback for item in ladder for feature in item.features + item.terms))


def fit_weights(densities: Floats, events: Floats, tick: Callable[[], None] = lambda: None,
                reluctance: Floats | None = None) -> tuple[Floats, float]:
    """Fit the weights of a mixture of surfaces and uniform by direct Poisson likelihood.

    Maximises ``sum events * log(densities @ w + u) + 3 log(u)`` over ``w, u >= 0`` that add up to 1. At the maximum of
    ``... - (events + 3) * sum(w, u)`` they do so by themselves, which leaves only the bounds to L-BFGS-B (Byrd, Lu,
    Nocedal & Zhu 1995); the function is concave, so there is one maximum. The term ``3 log(u)`` is a prior worth three
    events spread uniformly: it keeps every box possible.

    Parameters
    ----------
    densities : numpy.ndarray
        (n, surfaces), relative to uniform, at the places of n events.
    events : array of n
        How much each counts.
    tick : callable, optional
        Called at every step; what it raises stops the fit.
    reluctance : numpy.ndarray, optional
        (surfaces,) events that a weight of 1 must explain to be worth it: the rate of an exponential prior of each
        weight; 0 where not given.

    Returns
    -------
    weights, uniform_share : numpy.ndarray, float
        Rounded to six digits; weights under one in ten thousand are left out.
    """
    from scipy.optimize import minimize

    surfaces = densities.shape[1]
    if surfaces == 0 or len(events) == 0:
        return np.full(surfaces, 0.0 if surfaces == 0 else 0.8 / surfaces), 1.0 if surfaces == 0 else 0.2
    if len(events) > _MOST_ROWS:
        # Every so manieth entry tells the weights as well as all of them; entries are in order of time.
        step = -(-len(events) // _MOST_ROWS)
        densities, events = densities[::step], events[::step] * (np.sum(events) / np.sum(events[::step]))
    columns = np.column_stack([densities, np.ones(len(events))])
    total = float(np.sum(events)) + _UNIFORM_PRIOR
    price = 1.0 + np.append(np.zeros(surfaces) if reluctance is None else reluctance, 0.0) / total

    def loss(weights: Floats) -> tuple[float, Floats]:
        mixed = stable_product(columns, weights)
        likelihood = stable_product(events, np.log(mixed)) + _UNIFORM_PRIOR * np.log(weights[-1])
        value = stable_product(price, weights) - likelihood / total
        slope = price - stable_product(events / mixed, columns) / total
        slope[-1] -= _UNIFORM_PRIOR / (weights[-1] * total)
        return value, slope

    start = np.full(surfaces + 1, 1.0 / (surfaces + 1))
    bounds = [(0.0, None)] * surfaces + [(1e-6, None)]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B",
                     callback=lambda _: tick(), options={"maxiter": 400, "maxfun": 800, "ftol": 1e-10, "gtol": 1e-6})
    weights = found.x / found.x.sum()
    weights[:-1][weights[:-1] < _SMALLEST_WEIGHT] = 0.0
    weights = np.round(weights / weights.sum(), 6)
    return weights[:-1], float(round(1.0 - float(weights[:-1].sum()), 6))
