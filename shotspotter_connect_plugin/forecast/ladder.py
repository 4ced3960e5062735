"""The ladder: the ways to forecast, from counts to the additive model, and how the weights in them are fitted.

Every rung is a mixture of surfaces and a uniform share, with weights that are not negative and add up to 1, fitted by
direct Poisson likelihood to events that came after the moment from which the surfaces were made.
"""
from dataclasses import dataclass

import numpy as np

from .product import product
from .surfaces import EVER, Feature, Memory, SurfaceSet, roll

_UNIFORM_PRIOR = 3.0
_SMALLEST_WEIGHT = 1e-4


@dataclass(frozen=True)
class Rung:
    """One way to forecast: its name, how many steps up the ladder its family is, what it does, its surfaces."""

    name: str
    family: str
    label: str
    features: tuple

    @property
    def step(self):
        """Place of the family on the ladder; lower is simpler."""
        return FAMILIES.index(self.family)


FAMILIES = ("uniform", "count", "kernel density", "decayed count", "additive")


def _both(memory, bandwidth):
    return tuple(Feature(memory, scope, float(bandwidth)) for scope in ("all", "shift"))


def _rungs():
    rungs = [Rung("uniform", "uniform", "the same everywhere", ())]
    windows = {"28": 28.0, "56": 56.0, "364": 364.0, "all": EVER}
    for text, days in windows.items():
        span = "all of the past" if days == EVER else "the last " + text + " days"
        rungs.append(Rung("count_" + text, "count", "events counted in the box over " + span,
                          _both(Memory("window", days), 0)))
    for text, metres in (("28", 250), ("56", 250), ("364", 125), ("364", 250), ("364", 500), ("all", 125), ("all", 250),
                         ("all", 500)):
        span = "all of the past" if text == "all" else "the last " + text + " days"
        rungs.append(Rung("kde_" + str(metres) + "_" + text, "kernel density",
                          "kernel density of " + str(metres) + " m over " + span,
                          _both(Memory("window", windows[text]), metres)))
    for days in (60, 180, 540):
        for metres in (0, 125, 250):
            rungs.append(Rung("decay_" + str(days) + "_" + str(metres), "decayed count",
                              "events that count half after each " + str(days) + " days, smoothed over "
                              + str(metres) + " m", _both(Memory("decay", float(days)), metres)))
    memories = [Memory("decay", float(days)) for days in (3, 14, 60, 180, 540)]
    memories.append(Memory("window", EVER))
    rungs.append(Rung("additive", "additive", "a mixture of surfaces that forget at different speeds and reach "
                      "differently far, weights fitted by Poisson likelihood",
                      tuple(feature for memory in memories for metres in (0, 125, 250, 500)
                            for feature in _both(memory, metres))))
    return tuple(rungs)


RUNGS = _rungs()
ROBUST = "kde_500_all"
"""What is used where there are too few events to choose."""


def rung(name):
    """The rung of a name."""
    return next(item for item in RUNGS if item.name == name)


def fit_weights(densities, events, tick=lambda: None):
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

    Returns
    -------
    weights, uniform_share : numpy.ndarray, float
        Rounded to six digits; weights under one in ten thousand are left out.
    """
    from scipy.optimize import minimize

    surfaces = densities.shape[1]
    if surfaces == 0 or len(events) == 0:
        return np.full(surfaces, 0.0 if surfaces == 0 else 0.8 / surfaces), 1.0 if surfaces == 0 else 0.2
    columns = np.column_stack([densities, np.ones(len(events))])
    total = float(np.sum(events)) + _UNIFORM_PRIOR

    def loss(weights):
        mixed = product(columns, weights)
        value = weights.sum() - (product(events, np.log(mixed)) + _UNIFORM_PRIOR * np.log(weights[-1])) / total
        slope = 1.0 - product(events / mixed, columns) / total
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


@dataclass(frozen=True)
class Sample:
    """Events of the past (n entries), each with all surfaces as they were at the plan moment of its date.

    ``date`` position of the date; ``known`` moment of knowledge; ``weight``; ``densities`` (n, features) relative to
    uniform.
    """

    features: tuple
    date: np.ndarray
    known: np.ndarray
    weight: np.ndarray
    densities: np.ndarray

    def where(self, rows):
        """The entries that a mask or positions choose."""
        return Sample(self.features, self.date[rows], self.known[rows], self.weight[rows], self.densities[rows])

    def of(self, item):
        """Densities (n, surfaces) of the surfaces of one rung."""
        return self.densities[:, [self.features.index(feature) for feature in item.features]]

    def fit(self, item, tick):
        """Weights and uniform share of one rung; ``tick`` as for :func:`fit_weights`."""
        return fit_weights(self.of(item), self.weight, tick)


def make_sample(ladder, history, timeline, smoother, first, last, progress):
    """Collect the surfaces of all rungs at the places of the events of the dates ``first`` to before ``last``.

    Where sensors listen only in places, these are the alerts alone, and densities are those among the places heard.
    """
    features = tuple(dict.fromkeys(feature for item in ladder for feature in item.features))
    surfaces = SurfaceSet(features, smoother)
    date = timeline.date[history.slot]
    counted = history.counted
    order = counted[np.argsort(date[counted], kind="stable")]
    bounds = np.searchsorted(date[order], np.arange(len(timeline.dates) + 1))
    chosen, densities = [], []
    for day, counts in roll(history, timeline, surfaces.memories, len(smoother), first, last):
        if day % 16 == 0:
            progress.report((day - first) / max(last - first, 1))
        rows = order[bounds[day]:bounds[day + 1]]
        chosen.append(rows)
        shift = timeline.shift[history.slot[rows]]
        found = surfaces.rows(counts, history.box[rows], shift)
        if history.listening is not None:
            within, uniform = surfaces.within(counts, history.listening.heard_share(timeline.origin[day]))
            found *= uniform / np.maximum(within[shift], 1e-12)
        densities.append(found)
    rows = np.concatenate(chosen) if chosen else np.zeros(0, dtype=np.int64)
    densities = np.concatenate(densities) if densities else np.zeros((0, len(features)))
    return Sample(features, date[rows], history.known[rows], history.weight[rows], densities)
