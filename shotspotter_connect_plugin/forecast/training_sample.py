"""Samples of the past: events, and places at which none need have happened, each with its surfaces at the time."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .ladder import lookbacks_of
from .sources import Lookback
from .surfaces import Feature, SurfaceSet

if TYPE_CHECKING:
    from ..progress import Progress
    from .arrays import Floats, Ints, Numbers
    from .ladder import Rung
    from .predictors import Predictors
    from .surfaces import Smoother

# Chosen: places without regard to events are cheap and only stand for an integral; more of them cost the trees' time.
_GROUNDS_PER_EVENT = 4
# Chosen: bounds of the sample: a leaf of a thirtieth still holds hundreds; more cost the trees' time.
_FEWEST_GROUNDS, _MOST_GROUNDS = 16_000, 40_000
# Chosen: places are drawn where events are to be expected (half-life of a year and a half, 250 m), since the integral
# over a city is mostly of its busy parts.
_GUIDE = Feature(Lookback("decay", 540.0), "shift", 250.0)
# Chosen: a fifth is drawn uniformly, so that no weight of a drawn place is more than five times the average.
_GUIDED = 0.8


@dataclass(frozen=True)
class Sample:
    """Entries (n) of the past, each with surfaces as they were at the plan moment of its date.

    ``date``, ``slot`` positions; ``known`` moment of knowledge; ``weight``; ``densities`` (n, features) relative to
    uniform.
    """

    features: dict[Feature, int]
    date: Ints
    slot: Ints
    known: Numbers
    weight: Floats
    densities: Numbers

    def select(self, rows: Any) -> Sample:
        """The entries that a mask or positions choose."""
        return Sample(self.features, self.date[rows], self.slot[rows], self.known[rows], self.weight[rows],
                      self.densities[rows])

    def of(self, features: Sequence[Feature]) -> Floats:
        """Densities (n, surfaces) of some surfaces."""
        return self.densities[:, [self.features[feature] for feature in features]].astype(float)


def make_samples(ladder: Sequence[Rung], predictors: Predictors, smoother: Smoother, first: int, last: int,
                 rng: np.random.Generator, progress: Progress) -> tuple[Sample, Sample]:
    """Collect the surfaces of all rungs for the dates ``first`` to before ``last``.

    Where sensors listen only in places, events are the alerts alone, and densities are those among the places heard.

    Parameters
    ----------
    ladder : sequence of Rung
    predictors : Predictors
    rng : numpy.random.Generator

    Returns
    -------
    events, grounds : Sample
        Events of the dates; and boxes drawn for each slot where something can be expected, whose weights make their
        sum an estimate of a sum over all area. The grounds are empty where no rung has trees.
    """
    features = tuple(dict.fromkeys(feature for item in ladder for feature in item.features + item.terms))
    surfaces = SurfaceSet(features, smoother, lookbacks_of(ladder))
    history, timeline = predictors.own, predictors.timeline
    date, counted = timeline.date[history.slot], history.counted
    order = counted[np.argsort(date[counted], kind="stable")]
    bounds = np.searchsorted(date[order], np.arange(len(timeline.dates) + 1))
    slots = np.searchsorted(timeline.date, np.arange(len(timeline.dates) + 1))
    per_slot = 0
    if any(item.terms for item in ladder) and last > first:
        guide = SurfaceSet([_GUIDE], smoother, surfaces.lookbacks)
        wished = np.clip(_GROUNDS_PER_EVENT * (bounds[last] - bounds[first]), _FEWEST_GROUNDS, _MOST_GROUNDS)
        per_slot = -(-int(wished) // max(int(slots[last] - slots[first]), 1))
    events: list[tuple[Numbers, ...]] = []
    grounds: list[tuple[Numbers, ...]] = []
    for day, counts in predictors.roll(surfaces.lookbacks, len(smoother), first, last):
        if (day - first) % 4 == 0:
            progress.report((day - first) / (last - first))
        rows = order[bounds[day]:bounds[day + 1]]
        box, slot = history.box[rows], history.slot[rows]
        heard = history.listening.heard_share(timeline.origin[day]) if history.listening is not None else None
        if heard is not None and (heard == 1.0).all():
            heard = None
        if per_slot:
            guided = guide.mixture(counts, [_GUIDED], 1.0 - _GUIDED)
            drawn = [_draw(guided[:, timeline.shift[one]], one, smoother.uniform, heard, per_slot, rng)
                     for one in range(slots[day], slots[day + 1])]
            box, slot, part = (np.concatenate(column) for column in zip((box, slot, np.zeros(rows.size)), *drawn))
        shift = timeline.shift[slot]
        densities = surfaces.rows(counts, box, shift)
        if heard is not None:
            within, uniform = surfaces.within(counts, heard)
            densities *= uniform / np.maximum(within[shift], 1e-12)
        densities = densities.astype(np.float32)
        dates = np.full(box.size, day)
        seen, more = slice(0, rows.size), slice(rows.size, None)
        events.append((dates[seen], slot[seen], history.known[rows], history.weight[rows], densities[seen]))
        if per_slot:
            grounds.append((dates[more], slot[more], np.zeros(box.size - rows.size), part[more], densities[more]))
    places = {feature: position for position, feature in enumerate(features)}
    return Sample(places, *_joined(events, len(features))), Sample(places, *_joined(grounds, len(features)))


def _draw(density: Floats, slot: int, uniform: Floats, heard: Floats | None, count: int,
          rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """Draw boxes of one slot by a density: boxes, slots, weights (parts of the area each stands for)."""
    area = uniform if heard is None else uniform * heard / max(float(np.sum(uniform * heard)), 1e-12)
    chance = np.cumsum(np.where(area > 0, density, 0.0))
    box = np.minimum(np.searchsorted(chance, rng.random(count) * chance[-1], side="right"), density.size - 1)
    return box, np.full(count, slot), area[box] * chance[-1] / (np.maximum(density[box], 1e-300) * count)


def _joined(parts: list[tuple[Numbers, ...]], features: int) -> tuple[Numbers, ...]:
    if not parts:
        return (*(np.zeros(0, dtype=np.int64) for _ in range(3)), np.zeros(0), np.zeros((0, features), np.float32))
    return tuple(np.concatenate(column) for column in zip(*parts))
