"""Neighbours of drawn boxes: who was beside a drawn box, and how likely that was, from the lottery drawn again and again.

:func:`replays` draws as :func:`.draw.pivotal` does, many times at once, with numbers of numpy's generator instead of
published ones: the same lottery, not the same draw.
"""
import numpy as np

from ..forecast.fishnet import Fishnet
from .draw import NEARLY

_GONE = np.uint16(1 << 15)
AROUND = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y]
"""The eight boxes around a box, as steps of column and row."""


def replays(probability, col, row, beat, count, rng):
    """Draw one shift's lottery again.

    Parameters
    ----------
    probability, col, row, beat : arrays of n
        As for :func:`.draw.pivotal`, in the order of the box ids as text.
    count : int
        How often.
    rng : numpy.random.Generator

    Returns
    -------
    array of bool, count x n
        Which boxes each draw took.
    """
    probability = np.asarray(probability, dtype=float)
    place = np.stack([np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)])
    drawn = np.zeros((count, probability.size), dtype=bool)
    drawn[:, probability == 1] = True
    open_boxes = np.flatnonzero((probability > 0) & (probability < 1))
    if not open_boxes.size or not count:
        return drawn
    _, group = np.unique(np.asarray(beat, dtype=object)[open_boxes].astype(str), return_inverse=True)
    size = np.bincount(group)
    order = np.argsort(-size, kind="stable")
    boxes = np.full((size.size, size.max()), -1)
    for lane, name in enumerate(order):
        boxes[lane, :size[name]] = open_boxes[group == name]
    rank = _ranks(place[:, boxes], boxes >= 0)
    lanes = np.repeat(np.arange(size.size), count)
    run = np.tile(np.arange(count), size.size)
    boxes = boxes[lanes]
    chance = np.where(boxes >= 0, probability[boxes], 0.0)
    left = _settle(rank, lanes, chance, size[order][lanes], rng, boxes, run, drawn)
    _settle_between_beats(left, run, place, count, rng, drawn)
    return drawn


def neighbours(box_ids):
    """Pairs of positions (box, box beside it, also across a corner) among ``box_ids``, both ways: two int arrays."""
    col, row = Fishnet.parse(box_ids)
    place = {key: number for number, key in enumerate(zip(col.tolist(), row.tolist()))}
    pairs = [(number, place[x + dx, y + dy]) for (x, y), number in place.items() for dx, dy in AROUND
             if (x + dx, y + dy) in place]
    return tuple(np.array(pairs, dtype=np.int64).reshape(-1, 2).T)


def beside(drawn, pairs):
    """Which boxes are not drawn themselves but have a drawn box around them; ``drawn`` is bool, draws x boxes."""
    here, there = pairs
    near = np.zeros(drawn.shape, dtype=bool)
    draw, box = np.nonzero(drawn)
    start = np.searchsorted(here, np.arange(drawn.shape[1] + 1))
    count = np.diff(start)[box]
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    near[np.repeat(draw, count), there[np.repeat(start[box], count) + step]] = True
    return near & ~drawn


def _ranks(place, known):
    """For each box of each group the others in the order of their distance, the first of equally near ones first."""
    x, y = place
    distance = (x[:, :, None] - x[:, None, :]) ** 2 + (y[:, :, None] - y[:, None, :]) ** 2
    distance = np.where(known[:, None, :], distance, np.iinfo(np.int64).max)
    order = np.argsort(distance, axis=2, kind="stable")
    rank = np.empty(order.shape, dtype=np.uint16)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(order.shape[2], dtype=np.uint16), order.shape), axis=2)
    return rank


def _settle(rank, group, chance, size, rng, boxes, run, drawn):
    """Let the boxes of each lane settle pairwise, all lanes at once; marks the winners in ``drawn``.

    A lane is one beat of one draw; ``size`` is in descending order, so that the lanes still at work come first. Gives
    the box and the chance of the one left over in each lane, -1 where it is decided.
    """
    lanes, most = chance.shape
    alive = np.tile(np.arange(most), (lanes, 1))
    standing = alive.copy()  # where in `alive` a box of the lane stands
    gone = np.where(np.arange(most) < size[:, None], np.uint16(0), _GONE)
    flat = [array.reshape(-1) for array in (chance, alive, standing, gone, boxes)]
    chances, lively, stand, out, ids = flat
    start, runs = np.arange(lanes) * most, drawn.shape[1] * run
    hits = drawn.reshape(-1)
    for step in range(most - 1):
        active = int(np.searchsorted(-size, step - 1))  # lanes with more than one box left
        if not active:
            break
        left, first, at = size[:active] - step, start[:active], slice(0, active)
        one = lively[first + (rng.random(active) * left).astype(np.int64)]
        nearness = rank[group[at], one] | gone[at]
        nearness.reshape(-1)[first + one] = np.iinfo(np.uint16).max
        other = nearness.argmin(axis=1)
        a, b, u = chances[first + one], chances[first + other], rng.random(active)
        both = a + b
        low = both < 1
        goes = np.where(low, u * both < b, u * (2 - both) < 1 - b)
        leaver, stayer = first + np.where(goes, one, other), first + np.where(goes, other, one)
        won = ~low
        hits[runs[at][won] + ids[leaver[won]]] = True
        chances[stayer] = np.where(low, both, both - 1)
        out[leaver] = _GONE
        hole, last = stand[leaver], lively[first + left - 1]
        lively[first + hole] = last
        stand[first + last] = hole
    last = start + lively[start]
    sure = chances[last] >= 1 - NEARLY
    hits[runs[sure] + ids[last[sure]]] = True
    decided = sure | (chances[last] <= NEARLY)
    return np.where(decided, -1, ids[last]), chances[last]


def _settle_between_beats(left, run, place, count, rng, drawn):
    """The boxes left over by the beats settle the rest among themselves, then the last one by its chance."""
    box, chance = left
    waiting = np.flatnonzero(box >= 0)
    if not waiting.size:
        return
    waiting = waiting[np.lexsort([box[waiting], run[waiting]])]
    runs, size = np.unique(run[waiting], return_counts=True)
    slot = np.arange(waiting.size) - np.repeat(np.cumsum(size) - size, size)
    boxes, chances = np.full((runs.size, size.max()), -1), np.zeros((runs.size, size.max()))
    lane = np.repeat(np.arange(runs.size), size)
    boxes[lane, slot], chances[lane, slot] = box[waiting], chance[waiting]
    order = np.argsort(-size, kind="stable")
    boxes, chances, runs, size = boxes[order], chances[order], runs[order], size[order]
    rank = _ranks(place[:, boxes], boxes >= 0)
    last, remaining = _settle(rank, np.arange(runs.size), chances, size, rng, boxes, runs, drawn)
    wins = (last >= 0) & (rng.random(runs.size) < remaining)
    drawn[runs[wins], last[wins]] = True
