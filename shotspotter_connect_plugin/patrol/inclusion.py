"""Planned against realised inclusion: were boxes drawn as often as their published chances say?

In one shift a box is drawn with exactly its chance p, so its count has variance p * (1 - p). Chances of later shifts
depend on earlier draws, but given them each draw is a lottery of its own: drawn minus chance is a martingale
difference, so over many shifts the expected counts and the variances of a box simply add up. Sums over several boxes
of one shift vary less than if the boxes were independent, since the draw fixes its size and spreads over the beat;
their intervals here are those of independent boxes and therefore rather too wide.

Source: R. J. Brewer and M. Hanif (1983), Sampling with unequal probabilities; for the negative association of pivotal
samples P. Brändén and J. Jonasson (2012), Negative dependence in sampling.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .draw import NEARLY

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Floats, Ints, Numbers
    from .patrol_frames import ChanceClasses

# Chosen: finer where most boxes are, and so that a cap of 0.5 (the default) has no box above it.
CLASSES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0)
"""Edges of the classes of chances."""
# Quantile of the normal distribution at 0.975.
NORMAL_95 = 1.959964


PERIODS = 999
"""Honest periods that are simulated for comparison; fewer, but at least 99, where a period is long."""
SEED = 1
"""Seed of the simulation, so that a report says the same whenever it is made."""
# Chosen: random numbers in all, which bounds the time of a report, and at once, 8 MB.
_MOST_NUMBERS, _AT_ONCE = 60_000_000, 2_000_000


@dataclass(frozen=True)
class Agreement:
    """How far drawn and expected counts lie apart in the classes of :func:`by_class`.

    ``statistic`` is the sum over classes of (drawn - expected)^2 / variance; ``as_uneven`` of ``periods`` simulated
    honest periods had at least as much. Boxes are pooled, since one box of a tiny chance that is drawn twice would
    outweigh a hundred others, and since the count of a single box steers its own later chances (rest, hard limits).
    """

    box_shifts: int
    expected: float
    drawn: int
    statistic: float
    as_uneven: int
    periods: int

    @property
    def luck(self) -> float:
        """Share of honest periods that are at least as uneven, rather too large; NaN where nothing was open."""
        return (1 + self.as_uneven) / (1 + self.periods) if self.periods else float("nan")

    @property
    def once_in(self) -> int | None:
        """One in how many honest periods is at least as uneven, rounded down; None where nothing was open."""
        return (1 + self.periods) // (1 + self.as_uneven) if self.periods else None

    @property
    def per_hundred(self) -> int | None:
        """In how many of 100 honest periods the result is at least as uneven; None where nothing was open."""
        return round(100.0 * self.luck) if self.periods else None


def agreement(chance: ArrayLike, drawn: ArrayLike, periods: int = PERIODS,
              edges: Sequence[float] = CLASSES) -> Agreement:
    """Compare drawn counts with chances: an :class:`Agreement`.

    Parameters
    ----------
    chance : array of n float
        Published chance, 0 to 1; one row per box and shift.
    drawn : array of n bool
        Whether it was drawn.
    periods : int
        Honest periods to simulate under the same chances, each box and shift by itself. A draw spreads its boxes and
        fixes their number, so true periods are rather more even than these.
    """
    chance, drawn = np.asarray(chance, dtype=float), np.asarray(drawn, dtype=bool)
    variances = chance * (1.0 - chance)
    open_yet = variances > NEARLY
    place = np.searchsorted(edges, chance[open_yet], side="left") - 1
    expected, variance, hits = (np.bincount(place, weights, len(edges) - 1) for weights in (
        chance[open_yet], variances[open_yet], drawn[open_yet].astype(float)))
    some = variance > 0

    def uneven(counts: Numbers) -> Numbers:
        return ((counts - expected)[..., some] ** 2 / variance[some]).sum(axis=-1)

    periods = int(np.clip(_MOST_NUMBERS // max(place.size, 1), min(99, periods), periods)) if some.any() else 0
    statistic = float(uneven(hits))
    simulated = uneven(_simulated(place, chance[open_yet], periods, len(edges) - 1))
    return Agreement(chance.size, float(chance.sum()), int(drawn.sum()), statistic,
                     int((simulated >= statistic * (1.0 - 1e-9)).sum()), periods)


def _simulated(place: Ints, chance: Floats, periods: int, classes: int) -> Floats:
    """Counts of honest periods by class: an array of periods x classes."""
    rng, counts = np.random.default_rng(SEED), np.zeros((periods, classes))
    for number in range(classes if periods else 0):
        own = chance[place == number].astype(np.float32)
        step = max(_AT_ONCE // periods, 1)
        for first in range(0, own.size, step):
            part = own[first:first + step]
            counts[:, number] += (rng.random((periods, part.size), dtype=np.float32) < part).sum(axis=1)
    return counts


def by_class(chance: ArrayLike, drawn: ArrayLike, edges: Sequence[float] = CLASSES) -> ChanceClasses:
    """Compare counts by classes of chance.

    Returns
    -------
    pandas.DataFrame
        above, up_to (the class: above < chance <= up_to), box_shifts, chance (mean), drawn, share (of them drawn), low
        and high (the share expected in 95 of 100 periods, at most this far apart), z. Classes without a box are left
        out. Ranges and z allow half a count, since counts are whole numbers.
    """
    chance, drawn = np.asarray(chance, dtype=float), np.asarray(drawn, dtype=bool)
    place = np.searchsorted(edges, chance, side="left") - 1
    known = chance > edges[0]
    count, expected, variance, hits = (np.bincount(place[known], weights[known], len(edges) - 1) for weights in (
        np.ones(chance.size), chance, chance * (1.0 - chance), drawn.astype(float)))
    table = pd.DataFrame({
        "above": edges[:-1], "up_to": edges[1:], "box_shifts": count.astype(int), "expected": expected,
        "drawn": hits.astype(int), "deviation": np.sqrt(variance)})[count > 0]
    spread = NORMAL_95 * table["deviation"] + 0.5  # counts are whole numbers
    off = table["drawn"] - table["expected"]
    return table.assign(
        chance=table["expected"] / table["box_shifts"], share=table["drawn"] / table["box_shifts"],
        low=((table["expected"] - spread) / table["box_shifts"]).clip(lower=0.0),
        high=((table["expected"] + spread) / table["box_shifts"]).clip(upper=1.0),
        z=np.sign(off) * (off.abs() - 0.5).clip(lower=0.0) / table["deviation"].where(table["deviation"] > 0)
    ).drop(columns="deviation").reset_index(drop=True)
