"""The lottery itself: local pivotal sampling with exact probabilities, replayable in any language.

Boxes come in the order of their ids as text. Only sums, differences, products, one division and comparisons of IEEE
doubles are used, in the order written here and in docs/verify-a-draw.md, so that a replay gives the same boxes.

Sources: J.-C. Deville and Y. Tillé (1998), Unequal probability sampling without replacement through a splitting
method; A. Grafström, N. Lundström and L. Schelin (2012), Spatially balanced sampling through the pivotal method.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Floats, Ints, Objects

NEARLY = 1e-9
"""What is left of a whole beat after rounding; a last box closer than this to 0 or 1 counts as 0 or 1."""
_FAR = np.iinfo(np.int64).max


class _Numbering(Protocol):
    """What gives the numbers of a draw, from 0 up to 1; see :class:`.seeds.Uniforms`."""

    def next(self) -> float:
        """The next number."""

    def take(self, count: int) -> Floats:
        """The next ``count`` numbers."""


@dataclass(frozen=True)
class PivotalDraw:
    """Positions of the drawn boxes in the order in which they were decided, and of the reserve in its order."""

    selected: Ints
    reserve: Ints


def pivotal(probability: ArrayLike, col: ArrayLike, row: ArrayLike, beat: ArrayLike,
            uniforms: _Numbering, district: ArrayLike | None = None) -> PivotalDraw:
    """Draw boxes so that each comes with exactly its probability and near boxes seldom come together.

    Two boxes, one at random and the one nearest to it, settle between them which keeps their chances, until one box of
    the beat is left; the boxes left over by the beats then settle the rest among themselves, those of each district
    first. So each beat gets its expected number rounded down or up, and so do each district and the whole draw.

    Parameters
    ----------
    probability : array of n float
        Inclusion probabilities, 0 to 1.
    col, row : arrays of n int
        Place in the fishnet.
    beat : array of n str
        Not needed where the probability is 0.
    uniforms : object with ``next()`` and ``take(count)``
        See :class:`~shotspotter_connect_plugin.patrol.seeds.Uniforms`.
    district : array of n str, optional
        District of each box's beat; None for boxes in none.

    Returns
    -------
    PivotalDraw
        The reserve holds every other box that had a chance, in ascending order of (next uniform / probability).
    """
    probability = np.asarray(probability, dtype=float)
    chance = probability.copy()  # np.array() of a pandas column may be the column itself
    if not ((chance >= 0) & (chance <= 1)).all():
        raise ValueError("Inclusion probabilities must lie between 0 and 1.")
    place = np.stack([np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)])
    beat = np.asarray(beat, dtype=object)
    winners: list[int] = np.flatnonzero(chance == 1).tolist()
    open_boxes = np.flatnonzero((chance > 0) & (chance < 1))
    left_over = _settle_groups(open_boxes, beat, chance, place, uniforms, winners)
    if district is not None:
        left_over = _settle_groups(left_over, np.asarray(district, dtype=object), chance, place, uniforms, winners)
    for last in _settle(left_over, chance, place, uniforms, winners):
        if uniforms.next() < chance[last]:
            winners.append(last)
    selected = np.array(winners, dtype=np.int64)
    others = np.setdiff1d(np.flatnonzero(probability > 0), selected)
    with np.errstate(over="ignore"):
        ticket = uniforms.take(others.size) / probability[others]
    return PivotalDraw(selected, others[np.argsort(ticket, kind="stable")])


def _settle_groups(boxes: Ints, group: Objects, chance: Floats, place: Ints, uniforms: _Numbering,
                   selected: list[int]) -> Ints:
    """Settle the boxes of each group by itself, groups in the order of their names -> those left over, ascending.

    Boxes without a group are left over as they are.
    """
    named = sorted({name for name in group[boxes] if name is not None})
    left_over = [box for box in boxes.tolist() if group[box] is None]
    for name in named:
        left_over += _settle(boxes[group[boxes] == name], chance, place, uniforms, selected)
    return np.array(sorted(left_over), dtype=np.int64)


def _settle(boxes: Ints, chance: Floats, place: Ints, uniforms: _Numbering, selected: list[int]) -> list[int]:
    """Let boxes settle pairwise; adds the winners to ``selected``, gives the one still undecided, if any.

    ``chance`` is changed in place. ``boxes`` are positions in ascending order.
    """
    names, chances, (x, y) = boxes.tolist(), chance[boxes].tolist(), place[:, boxes]
    while len(names) > 1:
        count = len(names)
        one = int(uniforms.next() * count)
        east, north = x[:count] - x[one], y[:count] - y[one]
        distance = east * east + north * north
        distance[one] = _FAR
        other = int(distance.argmin())  # the first of equally near ones
        a, b = chances[one], chances[other]
        both = a + b
        if both < 1:
            gone, stays = (one, other) if uniforms.next() * both < b else (other, one)
            chances[stays] = both
        else:
            gone, stays = (one, other) if uniforms.next() * (2 - both) < 1 - b else (other, one)
            selected.append(names[gone])
            chances[stays] = both - 1
        del names[gone], chances[gone]
        for axis in (x, y):
            axis[gone:count - 1] = axis[gone + 1:count]
    chance[names] = chances
    return [box for box in names if not _decided(box, chance, selected)]


def _decided(box: int, chance: Floats, selected: list[int]) -> bool:
    if chance[box] >= 1 - NEARLY:
        selected.append(int(box))
    return not NEARLY < chance[box] < 1 - NEARLY
