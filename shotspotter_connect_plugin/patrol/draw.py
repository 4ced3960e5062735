"""The lottery itself: local pivotal sampling with exact probabilities, replayable in any language.

Boxes come in the order of their ids as text. Only sums, differences, products, one division and comparisons of IEEE
doubles are used, in the order written here and in docs/verify-a-draw.md, so that a replay gives the same boxes.

Sources: J.-C. Deville and Y. Tillé (1998), Unequal probability sampling without replacement through a splitting
method; A. Grafström, N. Lundström and L. Schelin (2012), Spatially balanced sampling through the pivotal method.
"""
from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Floats, Ints, Objects

NEARLY = 1e-9
"""What is left of a whole beat after rounding; a last box closer than this to 0 or 1 counts as 0 or 1."""
_FAR = np.iinfo(np.int64).max
# Chosen: distances of a beat of so many boxes take 8 MB, and their order is found in a tenth of a second.
_MOST_MEASURED = 1000


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


class Nearest:
    """Of every box the others of its beat, from the nearest to the farthest, for many draws of the same boxes.

    A draw asks for nothing else, so with it the boxes are the same and sooner found. Beats of very many boxes are left
    to be measured in the draw.

    Parameters
    ----------
    col, row : arrays of n int
    beat : array of n str
        None for boxes in none.
    """

    def __init__(self, col: ArrayLike, row: ArrayLike, beat: ArrayLike) -> None:
        place = np.stack([np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)])
        beat = np.asarray(beat, dtype=object)
        self.of_box: dict[int, list[int]] = {}
        """Position of a box -> positions of the others in order; of equally near ones the first comes first."""
        for name in sorted({one for one in beat if isinstance(one, str)}):
            boxes = np.flatnonzero(beat == name)
            if boxes.size <= _MOST_MEASURED:
                self._measure(boxes, place[:, boxes])

    def _measure(self, boxes: Ints, place: Ints) -> None:
        east, north = (axis[:, None] - axis[None, :] for axis in place)
        distance = east * east + north * north
        np.fill_diagonal(distance, _FAR)
        for box, others in zip(boxes.tolist(), np.argsort(distance, axis=1, kind="stable")[:, :-1]):
            self.of_box[box] = boxes[others].tolist()


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
    selected = drawn_boxes(probability, col, row, beat, uniforms, district)
    others = np.setdiff1d(np.flatnonzero(probability > 0), selected)
    with np.errstate(over="ignore"):
        ticket = uniforms.take(others.size) / probability[others]
    return PivotalDraw(selected, others[np.argsort(ticket, kind="stable")])


def drawn_boxes(probability: ArrayLike, col: ArrayLike, row: ArrayLike, beat: ArrayLike, uniforms: _Numbering,
                district: ArrayLike | None = None, nearest: Nearest | None = None) -> Ints:
    """Give positions of the boxes that :func:`pivotal` draws, without a reserve.

    Takes what that takes; ``nearest``, of the same boxes, changes nothing but the time.
    """
    probability = np.asarray(probability, dtype=float)
    chance = probability.copy()  # np.array() of a pandas column may be the column itself
    if not ((chance >= 0) & (chance <= 1)).all():
        raise ValueError("Inclusion probabilities must lie between 0 and 1.")
    place = np.stack([np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)])
    beat = np.asarray(beat, dtype=object)
    winners: list[int] = np.flatnonzero(chance == 1).tolist()
    open_boxes = np.flatnonzero((chance > 0) & (chance < 1))
    left_over = _settle_groups(open_boxes, beat, chance, place, uniforms, winners, nearest)
    if district is not None:
        left_over = _settle_groups(left_over, np.asarray(district, dtype=object), chance, place, uniforms, winners)
    for last in _settle(left_over, chance, place, uniforms, winners):
        if uniforms.next() < chance[last]:
            winners.append(last)
    return np.array(winners, dtype=np.int64)


def _settle_groups(boxes: Ints, group: Objects, chance: Floats, place: Ints, uniforms: _Numbering,
                   selected: list[int], nearest: Nearest | None = None) -> Ints:
    """Settle the boxes of each group by itself, groups in the order of their names -> those left over, ascending.

    Boxes without a group are left over as they are.
    """
    members = by_name(group[boxes])
    left_over = [box for box in boxes.tolist() if group[box] is None]
    for own in members.values():
        left_over += _settle(boxes[own], chance, place, uniforms, selected, nearest)
    return np.array(sorted(left_over), dtype=np.int64)


def by_name(group: Objects) -> dict[str, Ints]:
    """Positions, ascending, of each name of an array (n), by name in the order of names; None is no name."""
    code, names = pd.factorize(group, sort=True)  # None is -1
    order = np.argsort(code, kind="stable")
    bounds = np.searchsorted(code[order], np.arange(len(names) + 1))
    return {name: order[first:stop] for name, first, stop in zip(names.tolist(), bounds[:-1], bounds[1:])}


def _settle(boxes: Ints, chance: Floats, place: Ints, uniforms: _Numbering, selected: list[int],
            nearest: Nearest | None = None) -> list[int]:
    """Let boxes settle pairwise; adds the winners to ``selected``, gives the one still undecided, if any.

    ``chance`` is changed in place. ``boxes`` are positions in ascending order, of one beat where ``nearest`` is given.
    """
    left = boxes.tolist()
    find: _ByOrder | _ByDistance
    if nearest is not None and left and left[0] in nearest.of_box:
        find = _ByOrder(left, nearest)
    else:
        find = _ByDistance(left, place[:, boxes])
    chances = dict(zip(left, chance[boxes].tolist()))
    # Two numbers for each box that goes: which of those left is looked at, and what it and the nearest one settle.
    numbers = iter(uniforms.take(2 * max(len(left) - 1, 0)).tolist())
    for pick, decide in zip(numbers, numbers):
        one = left[int(pick * len(left))]
        other = find.nearest(one)
        a, b = chances[one], chances[other]
        both = a + b
        if both < 1:
            gone, stays = (one, other) if decide * both < b else (other, one)
            chances[stays] = both
        else:
            gone, stays = (one, other) if decide * (2 - both) < 1 - b else (other, one)
            selected.append(gone)
            chances[stays] = both - 1
        find.leave(gone)  # takes it out of ``left``, too
    for box in left:
        chance[box] = chances[box]
    return [box for box in left if not _decided(box, chance, selected)]


class _ByDistance:
    """Finds the nearest of the boxes left, positions in ascending order, by their (2, n) places."""

    def __init__(self, left: list[int], place: Ints) -> None:
        self._left, (self._x, self._y) = left, place

    def nearest(self, one: int) -> int:
        count, at = len(self._left), bisect_left(self._left, one)
        x, y = self._x[:count], self._y[:count]
        east, north = x - x[at], y - y[at]
        distance = east * east + north * north
        distance[at] = _FAR
        return self._left[int(distance.argmin())]  # the first of equally near ones

    def leave(self, gone: int) -> None:
        count, at = len(self._left), bisect_left(self._left, gone)
        for axis in (self._x, self._y):
            axis[at:count - 1] = axis[at + 1:count]
        del self._left[at]


class _ByOrder:
    """The same from orders that were measured before."""

    def __init__(self, left: list[int], nearest: Nearest) -> None:
        self._left, self._there, self._order = left, set(left), nearest.of_box

    def nearest(self, one: int) -> int:
        there = self._there
        for box in self._order[one]:
            if box in there:
                return box
        raise ValueError("No other box is left.")

    def leave(self, gone: int) -> None:
        self._there.remove(gone)
        del self._left[bisect_left(self._left, gone)]


def _decided(box: int, chance: Floats, selected: list[int]) -> bool:
    if chance[box] >= 1 - NEARLY:
        selected.append(int(box))
    return not NEARLY < chance[box] < 1 - NEARLY
