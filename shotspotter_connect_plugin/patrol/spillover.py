"""Boxes beside drawn ones: who they are, and how likely that was, from lotteries drawn again and again.

:class:`Replays` draws as :func:`.draw.pivotal` does, very many times at once, with numbers of numpy's generator in
place of published ones: the same lottery, other draws.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..forecast.box_layout import touching
from .draw import NEARLY

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Bools, Floats, Ints, Numbers

# The highest bit of a rank: larger than every rank of a beat of fewer than 32,768 boxes.
_GONE = np.uint16(1 << 15)
# Chosen: bounds the memory, some ten arrays of so many cells.
_CELLS = 2_000_000
"""About how many lanes x boxes are worked on together."""


class Replays:
    """Lotteries over the same boxes and beats, to be drawn again with any chances.

    Parameters
    ----------
    col, row, beat : arrays of n
        As for :func:`.draw.pivotal`, in the order of the box ids as text. Boxes without a beat have no chance.
    """

    def __init__(self, col: ArrayLike, row: ArrayLike, beat: ArrayLike) -> None:
        self._place = np.stack([np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)])
        beat = np.asarray(beat, dtype=object)
        members = [np.flatnonzero(beat == name) for name in sorted({name for name in beat if isinstance(name, str)})]
        members.sort(key=len, reverse=True)
        self._classes = []
        while members:  # beats of about the same size are worked on together
            alike = [own for own in members if len(own) > 0.6 * len(members[0])]
            members = members[len(alike):]
            boxes = np.full((len(alike), len(alike[0])), -1)
            for place, own in enumerate(alike):
                boxes[place, :len(own)] = own
            self._classes.append((boxes, _ranks(self._place[:, boxes], boxes >= 0)))

    def draw(self, chance: ArrayLike, count: int, rng: np.random.Generator) -> Bools:
        """Draw each of several shifts ``count`` times.

        Parameters
        ----------
        chance : array of float, shifts x n
            Recorded inclusion probabilities.
        count : int
        rng : numpy.random.Generator

        Returns
        -------
        array of bool, shifts x count x n
        """
        chance = np.asarray(chance, dtype=float)
        widest = max((boxes.size for boxes, _ in self._classes), default=1)
        together = max(_CELLS // (widest * count), 1)
        return np.concatenate([self._drawn(chance[first:first + together], count, rng)
                               for first in range(0, len(chance), together)] or [np.zeros((0, count, 0), dtype=bool)])

    def _drawn(self, chance: Floats, count: int, rng: np.random.Generator) -> Bools:
        shifts, number = chance.shape
        drawn = np.repeat(chance == 1, count, axis=0)
        left = []
        for boxes, rank in self._classes:
            own = np.where(boxes >= 0, chance[:, boxes], 0.0)
            size = ((own > 0) & (own < 1)).sum(axis=2)
            shift, beat = np.nonzero(size)
            order = np.argsort(-size[shift, beat], kind="stable")
            shift, beat = np.repeat(shift[order], count), np.repeat(beat[order], count)
            run = shift * count + np.tile(np.arange(count), order.size)
            left.append((run, *_settle(rank, beat, own[shift, beat], rng, boxes[beat], run, drawn)))
        runs, last, remaining = (np.concatenate(part) for part in zip(*left))
        self._settle_between_beats(runs, last, remaining, rng, drawn)
        return drawn.reshape(shifts, count, number)

    def _settle_between_beats(self, run: Ints, box: Ints, chance: Floats, rng: np.random.Generator,
                              drawn: Bools) -> None:
        """The boxes left over by the beats of a draw settle the rest among themselves, then the last by its chance."""
        waiting = np.flatnonzero(box >= 0)
        if not waiting.size:
            return
        waiting = waiting[np.lexsort([box[waiting], run[waiting]])]
        runs, lane, size = np.unique(run[waiting], return_inverse=True, return_counts=True)
        slot = np.arange(waiting.size) - np.repeat(np.cumsum(size) - size, size)
        boxes, chances = np.full((runs.size, size.max()), -1), np.zeros((runs.size, size.max()))
        boxes[lane, slot], chances[lane, slot] = box[waiting], chance[waiting]
        order = np.argsort(-size, kind="stable")
        boxes, chances, runs = boxes[order], chances[order], runs[order]
        rank = _ranks(self._place[:, boxes], boxes >= 0)
        last, remaining = _settle(rank, np.arange(runs.size), chances, rng, boxes, runs, drawn)
        wins = (last >= 0) & (rng.random(runs.size) < remaining)
        drawn[runs[wins], last[wins]] = True


def neighbours(box_ids: Iterable[str]) -> tuple[Ints, Ints]:
    """Pairs of positions (box, box beside it, also across a corner) among ``box_ids``, both ways: two int arrays."""
    return touching(box_ids)


def beside_drawn(drawn: Bools, pairs: tuple[Ints, Ints]) -> Bools:
    """Which boxes are not drawn themselves but have a drawn box around them.

    Parameters
    ----------
    drawn : array of bool, draws x boxes
    pairs : two arrays of int
        As :func:`neighbours` gives them.
    """
    here, there = pairs
    near = np.zeros(drawn.shape, dtype=bool)
    draw, box = np.nonzero(drawn)
    start = np.searchsorted(here, np.arange(drawn.shape[1] + 1))
    count = np.diff(start)[box]
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    near[np.repeat(draw, count), there[np.repeat(start[box], count) + step]] = True
    return near & ~drawn


def _ranks(place: Ints, known: Bools) -> Numbers:
    """For each box of each group the others in the order of their distance, the first of equally near ones first."""
    x, y = place
    distance = (x[:, :, None] - x[:, None, :]) ** 2 + (y[:, :, None] - y[:, None, :]) ** 2
    distance = np.where(known[:, None, :], distance, np.iinfo(np.int64).max)
    order = np.argsort(distance, axis=2, kind="stable")
    rank = np.empty(order.shape, dtype=np.uint16)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(order.shape[2], dtype=np.uint16), order.shape), axis=2)
    return rank


def _settle(rank: Numbers, group: Ints, chance: Floats, rng: np.random.Generator, boxes: Ints, run: Ints,
            drawn: Bools) -> tuple[Ints, Floats]:
    """Let the boxes of each lane settle pairwise, all lanes at once; marks the winners in ``drawn``.

    A lane is one beat of one draw: its ``group`` among the ranks, the ``chance`` and position of its ``boxes``, the
    ``run`` or row of ``drawn`` it belongs to. Lanes with more undecided boxes come first. Gives the box that is left
    over in each lane, -1 where it is decided, and its chance. ``chance`` is changed in place.
    """
    lanes, most = chance.shape
    waiting = (chance > 0) & (chance < 1)
    size = waiting.sum(axis=1)
    alive = np.argsort(~waiting, axis=1, kind="stable")  # undecided boxes first
    standing = np.argsort(alive, axis=1)  # where in `alive` a box of the lane stands
    gone = np.where(waiting, np.uint16(0), _GONE)
    chances, lively, stand, out, ids, hits = (
        array.reshape(-1) for array in (chance, alive, standing, gone, boxes, drawn))
    start, row = np.arange(lanes) * most, drawn.shape[1] * run
    for step in range(most - 1):
        active = int(np.searchsorted(-size, -step - 1))  # the lanes with more than one box left
        if not active:
            break
        left, first = size[:active] - step, start[:active]
        one = lively[first + (rng.random(active) * left).astype(np.int64)]
        nearness = rank[group[:active], one]
        nearness |= gone[:active]
        nearness.reshape(-1)[first + one] = np.iinfo(np.uint16).max
        one, other = first + one, first + nearness.argmin(axis=1)
        a, b, u = chances[one], chances[other], rng.random(active)
        both = a + b
        low = both < 1
        goes = np.where(low, u * both < b, u * (2 - both) < 1 - b)
        leaves, stays = np.where(goes, one, other), np.where(goes, other, one)
        won = np.flatnonzero(~low)
        hits[row[won] + ids[leaves[won]]] = True
        chances[stays] = np.where(low, both, both - 1)
        out[leaves] = _GONE
        hole, last = stand[leaves], lively[first + left - 1]
        lively[first + hole] = last
        stand[first + last] = hole
    last = start + lively[start]
    sure = chances[last] >= 1 - NEARLY
    hits[row[sure] + ids[last[sure]]] = True
    return np.where(sure | (chances[last] <= NEARLY), -1, ids[last]), chances[last]
