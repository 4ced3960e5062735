"""Planned against realised inclusion: were boxes drawn as often as their published chances say?

In one shift a box is drawn with exactly its chance p, so its count has variance p * (1 - p). Chances of later shifts
depend on earlier draws, but given them each draw is a lottery of its own: drawn minus chance is a martingale
difference, so over many shifts the expected counts and the variances of a box simply add up. Sums over several boxes
of one shift vary less than if the boxes were independent, since the draw fixes its size and spreads over the beat;
their intervals here are those of independent boxes and therefore rather too wide.

Source: R. J. Brewer and M. Hanif (1983), Sampling with unequal probabilities; for the negative association of pivotal
samples P. Brändén and J. Jonasson (2012), Negative dependence in sampling.
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .draw import NEARLY

CLASSES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0)
"""Edges of the classes of chances."""
NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Agreement:
    """How far drawn and expected counts of boxes lie apart.

    ``statistic`` is the sum over boxes of (drawn - expected)^2 / variance, which a fair lottery keeps at ``boxes`` on
    average, exactly; ``deviation`` is its standard deviation for independent boxes, from their fourth moments, since
    small chances make it larger than that of a chi-square; ``z`` is how many of them it lies off.
    """

    box_shifts: int
    boxes: int
    expected: float
    drawn: int
    statistic: float
    deviation: float

    @property
    def z(self):
        """Standard deviations between the statistic and what is expected of it; NaN without draws."""
        return (self.statistic - self.boxes) / self.deviation if self.deviation > 0 else float("nan")


def agreement(box, chance, drawn):
    """Compare counts box by box: an :class:`Agreement`.

    Parameters
    ----------
    box : array of n
        Which box; one row per box and shift.
    chance : array of n float
        Its published chance, 0 to 1.
    drawn : array of n bool
        Whether it was drawn.
    """
    chance, drawn = np.asarray(chance, dtype=float), np.asarray(drawn, dtype=bool)
    codes, boxes = pd.factorize(np.asarray(box))
    variance = chance * (1.0 - chance)
    sums = [np.bincount(codes, weights, len(boxes)) for weights in (
        drawn - chance, variance, variance * (1.0 - 6.0 * variance))]
    some = sums[1] > NEARLY
    off, variances, excess = (part[some] for part in sums)
    return Agreement(chance.size, int(some.sum()), float(chance.sum()), int(drawn.sum()),
                     float((off ** 2 / variances).sum()), float(np.sqrt((2.0 + excess / variances ** 2).sum())))


def by_class(chance, drawn, edges=CLASSES):
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
