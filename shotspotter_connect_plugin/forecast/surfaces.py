"""Surfaces over the boxes made from history: remembered events, smoothed over the neighbourhood.

A surface is told by three words. *Lookback*: which past events count how much (``decay``: half as much after each
``days``; ``window``: fully for ``days``, then not at all). *Scope*: events of all shifts, or of the shift forecast
alone. *Bandwidth*: standard deviation in metres of the Gaussian that spreads each event over the boxes around it. A
memory may also be of a related crime type, or of places, which stay (:mod:`predictors`).
Every surface is a density: it adds up to 1 over the boxes, so a mixture of surfaces does too.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .box_layout import grid_of_boxes
from .fishnet import Fishnet
from .instants import DAY
from .sources import EVER, Lookback
from .stable_product import stable_product

if TYPE_CHECKING:
    from .arrays import Floats, Ints
    from .event_history import EventHistory, Timeline
    from .forecast_frames import Boxes

# Bandwidths: within three lie 98.9 % of a Gaussian in the plane (1 - exp(-4.5)); farther ones cost time.
_REACH = 3.0
# Events, chosen: one spread uniformly, so that a surface without any history is uniform.
_PRIOR_ALL = 1.0
# Events, chosen: as much as twenty of the shift itself; with fewer it goes mostly by the pattern of all shifts.
_PRIOR_SHIFT = 20.0


@dataclass(frozen=True)
class Feature:
    """One surface; ``scope`` is ``all`` or ``shift``, ``bandwidth`` in metres."""

    lookback: Lookback
    scope: str
    bandwidth: float


class Smoother:
    """Gaussian smoothing between boxes that keeps every event inside the jurisdiction.

    An event in a box is spread over the boxes within three bandwidths by ``exp(-d^2 / 2 bandwidth^2) x inside``, scaled
    to sum to 1: nothing leaks over the edge, and a box that lies half outside gets half as much.

    Parameters
    ----------
    boxes : pandas.DataFrame
        As :func:`allowed_inputs.admit_boxes` gives them.
    size : float
        Side of a box in metres.
    """

    def __init__(self, boxes: Boxes, size: float) -> None:
        self._col, self._row = (boxes[name].to_numpy(dtype=np.int64) for name in ("col", "row"))
        self._inside = np.maximum(boxes["inside"].to_numpy(dtype=float), 1e-6)
        self._size = size
        self._grid = grid_of_boxes(size, boxes["box_id"])
        self._matrices: dict[float, Any] = {}
        self._neighbours: dict[float, Any] = {}
        self.uniform = self._inside / self._inside.sum()

    def __len__(self) -> int:
        return self._col.size

    def matrix(self, bandwidth: float) -> Any:
        """Sparse (boxes, boxes) matrix whose columns sum to 1: smoothed = matrix @ counts."""
        if bandwidth not in self._matrices:
            self._matrices[bandwidth] = self._make(bandwidth)
        return self._matrices[bandwidth]

    def neighbours(self, metres: float) -> Any:
        """Sparse 0/1 matrix of the boxes whose centres are at most so far apart, itself among them."""
        from scipy.sparse import csr_matrix

        if metres not in self._neighbours:
            one, other, _ = self._pairs(metres)
            self._neighbours[metres] = csr_matrix((np.ones(one.size), (one, other)), shape=(len(self), len(self)))
        return self._neighbours[metres]

    def _make(self, bandwidth: float) -> Any:
        from scipy.sparse import csr_matrix, identity

        if bandwidth == 0:
            return identity(len(self), format="csr")
        to, source, distance = self._pairs(_REACH * bandwidth)
        value = np.exp(-0.5 * (distance / bandwidth) ** 2) * self._inside[to]
        value /= np.bincount(source, value, minlength=len(self))[source]
        return csr_matrix((value, (to, source)), shape=(len(self), len(self)))

    def _pairs(self, metres: float) -> tuple[Ints, Ints, Floats]:
        """Pairs of boxes whose centres are at most so far apart, and their distance."""
        if not isinstance(self._grid, Fishnet):
            return self._pairs_of_layout(metres)
        key = _Cells(self._col, self._row)
        reach = int(metres // self._size)
        parts = []
        for up in range(-reach, reach + 1):
            for along in range(-reach, reach + 1):
                distance = self._size * np.hypot(up, along)
                if distance <= metres:
                    other = key.find(self._col + along, self._row + up)
                    near = np.flatnonzero(other >= 0)
                    parts.append((near, other[near], np.full(near.size, distance)))
        near, other, apart = (np.concatenate(part) for part in zip(*parts))
        return near, other, apart

    def _pairs_of_layout(self, metres: float) -> tuple[Ints, Ints, Floats]:
        from scipy.spatial import cKDTree

        tree = cKDTree(np.stack(self._grid.centres(self._col, self._row), axis=1))
        # A box on a lattice that is just so far away must not hang on the last digit.
        found = tree.sparse_distance_matrix(tree, metres * (1 + 1e-9), output_type="ndarray")
        found = found[np.lexsort((found["j"], found["i"]))]
        return found["i"].astype(np.int64), found["j"].astype(np.int64), found["v"]


class _Cells:
    """Finds boxes by column and row in a sorted list of keys, whatever the shape of the jurisdiction."""

    def __init__(self, col: Ints, row: Ints) -> None:
        self._origin, self._width = col.min(), col.max() - col.min() + 1
        self._key = self._number(col, row)
        self._order = np.argsort(self._key, kind="stable")
        self._sorted = self._key[self._order]

    def _number(self, col: Ints, row: Ints) -> Ints:
        return row * self._width + (col - self._origin)

    def find(self, col: Ints, row: Ints) -> Ints:
        """Positions of boxes, -1 where there is none."""
        wanted = self._number(col, row)
        at = np.minimum(np.searchsorted(self._sorted, wanted), self._sorted.size - 1)
        found = (self._sorted[at] == wanted) & (col >= self._origin) & (col < self._origin + self._width)
        return np.where(found, self._order[at], -1)


class SurfaceSet:
    """Several surfaces made from the same remembered counts.

    Parameters
    ----------
    features : sequence of Feature
    smoother : Smoother
    lookbacks : list of Lookback, optional
        Those that counts are given for, in their order; those of the features if not given.

    Notes
    -----
    A surface of all shifts is ``(smoothed + uniform) / (total + 1)``: with nothing remembered it is uniform. A
    surface of one shift is ``(smoothed in the shift + 20 x surface of all shifts) / (total in the shift + 20)``: the
    shift's own pattern counts as far as there are events to tell it.
    """

    def __init__(self, features: Sequence[Feature], smoother: Smoother,
                 lookbacks: list[Lookback] | None = None) -> None:
        self.features = tuple(features)
        self.smoother = smoother
        self.lookbacks = lookbacks or list(dict.fromkeys(feature.lookback for feature in self.features))
        bandwidth = np.array([feature.bandwidth for feature in self.features])
        self._columns = {one: np.flatnonzero(bandwidth == one) for one in dict.fromkeys(bandwidth.tolist())}
        place = {lookback: number for number, lookback in enumerate(self.lookbacks)}
        self._lookback = np.array([place[feature.lookback] for feature in self.features], dtype=int)
        self._in_shift = np.array([feature.scope == "shift" for feature in self.features], dtype=bool)

    def rows(self, counts: Floats, box: Ints, shift: Ints) -> Floats:
        """Give the densities of all surfaces, relative to uniform, for pairs of box and shift.

        Parameters
        ----------
        counts : numpy.ndarray
            (boxes, lookbacks, shifts), as :func:`counts_at` gives them.
        box, shift : integer arrays of n

        Returns
        -------
        numpy.ndarray
            (n, surfaces); 1 everywhere would be a uniform surface.
        """
        values = np.empty((box.size, len(self.features)))
        uniform = self.smoother.uniform[box][:, None]
        boxes, lookbacks, shifts = counts.shape
        flat = np.ascontiguousarray(counts).reshape(boxes, lookbacks * shifts)
        total = flat.sum(axis=0).reshape(lookbacks, shifts)
        pick = np.arange(box.size)
        for bandwidth, columns in self._columns.items():
            lookback = self._lookback[columns]
            smoothed = (self.smoother.matrix(bandwidth)[box] @ flat).reshape(box.size, lookbacks, shifts)
            every = self._every(pooled(smoothed), total, uniform)
            own = (smoothed[pick, :, shift] + _PRIOR_SHIFT * every) / (total.T[shift] + _PRIOR_SHIFT)
            values[:, columns] = np.where(self._in_shift[columns], own[:, lookback], every[:, lookback])
        return values / uniform

    def everywhere(self, counts: Floats, shifts: Ints) -> list[Floats]:
        """The same for all boxes and some shifts at once: list of (boxes, surfaces), one per shift."""
        uniform, total = self.smoother.uniform, counts.sum(axis=0)
        # Each surface is one run of memory, which is how trees and logs take them.
        values = np.empty((len(shifts), len(self.features), len(uniform)))
        for bandwidth, columns in self._columns.items():
            matrix = self.smoother.matrix(bandwidth)
            lookback, place = np.unique(self._lookback[columns], return_inverse=True)
            every = self._every(matrix @ pooled(counts[:, lookback]), total[lookback], uniform[:, None])
            relative = (every / uniform[:, None]).T
            for row, column in zip(place, columns):
                if not self._in_shift[column]:
                    values[:, column] = relative[row]
            for row in np.unique(place[self._in_shift[columns]]):
                own = matrix @ np.ascontiguousarray(counts[:, lookback[row], shifts])
                own = (own + _PRIOR_SHIFT * every[:, [row]]) / (total[lookback[row], shifts] + _PRIOR_SHIFT)
                for column in columns[(place == row) & self._in_shift[columns]]:
                    values[:, column] = (own / uniform[:, None]).T
        return [surfaces.T for surfaces in values]

    @staticmethod
    def _every(smoothed: Floats, total: Floats, uniform: Floats) -> Floats:
        """Surfaces of all shifts from counts smoothed and pooled, (boxes, lookbacks)."""
        return (smoothed + _PRIOR_ALL * uniform) / (total.sum(axis=1) + _PRIOR_ALL)

    def within(self, counts: Floats, share: Floats) -> tuple[Floats, float]:
        """Part of each surface and of uniform that lies in a share of the boxes.

        Parameters
        ----------
        counts : numpy.ndarray
            (boxes, lookbacks, shifts).
        share : array of boxes
            From 0 to 1.

        Returns
        -------
        numpy.ndarray, float
            (shifts, surfaces), and the part of uniform.
        """
        boxes, lookbacks, shifts = counts.shape
        total = counts.sum(axis=0)
        uniform = float(np.sum(share * self.smoother.uniform))
        values = np.empty((shifts, len(self.features)))
        for bandwidth, columns in self._columns.items():
            # Columns of the matrix add up to 1, so what is in the share of a smoothed surface is a sum over its events.
            reach = self.smoother.matrix(bandwidth).T @ share
            inside = stable_product(reach, counts.reshape(boxes, -1)).reshape(lookbacks, shifts)
            every = (inside.sum(axis=1) + _PRIOR_ALL * uniform) / (total.sum(axis=1) + _PRIOR_ALL)
            own = (inside + _PRIOR_SHIFT * every[:, None]) / (total + _PRIOR_SHIFT)
            for position in columns:
                lookback = self._lookback[position]
                values[:, position] = own[lookback] if self._in_shift[position] else every[lookback]
        return values, uniform

    def mixture(self, counts: Floats, weights: Floats | Sequence[float], uniform_share: float) -> Floats:
        """Give a weighted sum of the surfaces and uniform over all boxes, for every shift.

        Parameters
        ----------
        counts : numpy.ndarray
            (boxes, lookbacks, shifts).
        weights : array of one number per surface
        uniform_share : float

        Returns
        -------
        numpy.ndarray
            (boxes, shifts); each column adds up to the sum of the weights.
        """
        weights = np.asarray(weights, dtype=float)
        active = np.unique(self._lookback[np.flatnonzero(weights)])
        place = {lookback: position for position, lookback in enumerate(active)}
        counts = np.ascontiguousarray(counts[:, active])
        boxes, lookbacks, shifts = counts.shape
        of_day = pooled(counts)
        total = counts.reshape(boxes, lookbacks * shifts).sum(axis=0).reshape(lookbacks, shifts)
        total_all = total.sum(axis=1)
        mixed = np.zeros((boxes, shifts))
        uniform = np.full(shifts, float(uniform_share))
        for bandwidth, columns in self._columns.items():
            of_all, of_own = np.zeros((lookbacks, shifts)), np.zeros((lookbacks, shifts))
            for position in columns[weights[columns] > 0]:
                lookback = place[self._lookback[position]]
                on_all = weights[position]
                if self._in_shift[position]:
                    of_own[lookback] += weights[position] / (total[lookback] + _PRIOR_SHIFT)
                    on_all = weights[position] * _PRIOR_SHIFT / (total[lookback] + _PRIOR_SHIFT)
                of_all[lookback] += on_all / (total_all[lookback] + _PRIOR_ALL)
                uniform += on_all * _PRIOR_ALL / (total_all[lookback] + _PRIOR_ALL)
            used = np.flatnonzero(of_all.any(axis=1))
            if used.size:
                source = stable_product(of_day[:, used], of_all[used])
                used = np.flatnonzero(of_own.any(axis=1))
                source += np.einsum("bms,ms->bs", counts[:, used], of_own[used])
                mixed += self.smoother.matrix(bandwidth) @ source
        return mixed + uniform * self.smoother.uniform[:, None]


def pooled(counts: Floats) -> Floats:
    """Counts of all shifts together: (boxes, lookbacks) of (boxes, lookbacks, shifts)."""
    # Shift by shift, since numpy takes ten times as long to sum over an axis of three.
    whole = counts[:, :, 0].copy()
    for shift in range(1, counts.shape[2]):
        whole += counts[:, :, shift]
    return whole


def counts_at(history: EventHistory, timeline: Timeline, lookbacks: Sequence[Lookback], boxes: int,
              moment: int) -> Floats:
    """Remembered counts at one moment (int64 nanoseconds): (boxes, lookbacks, shifts), per full exposure."""
    counts = recorded_at(history, timeline, lookbacks, boxes, moment)
    return counts if history.listening is None else history.listening.filled(counts, lookbacks, moment)


def recorded_at(history: EventHistory, timeline: Timeline, lookbacks: Sequence[Lookback], boxes: int,
                moment: int) -> Floats:
    """The same as they are on record."""
    known = history.until(moment)
    age = (moment - timeline.start[known.slot]) / DAY
    shifts = len(timeline.codes)
    place = known.box * shifts + timeline.shift[known.slot]
    counts = np.empty((boxes, len(lookbacks), shifts))
    for position, lookback in enumerate(lookbacks):
        counts[:, position] = np.bincount(place, known.weight * lookback.weight(age),
                                          minlength=boxes * shifts).reshape(boxes, shifts)
    return counts


def roll(history: EventHistory, timeline: Timeline, lookbacks: Sequence[Lookback], boxes: int, first: int, last: int,
         into: Floats | None = None) -> Iterator[tuple[int, Floats]]:
    """Remembered counts at the plan moment of each date from ``first`` to before ``last`` (positions of dates).

    Each step lets the counts age and adds what has become known since, so a whole history costs little more than one
    moment of it. With ``into``, an array (boxes, lookbacks, shifts), the counts as they are on record are kept in it.

    Yields
    ------
    date, counts : int, numpy.ndarray
        Position of the date, and what :func:`counts_at` gives for its plan moment. The next step changes the array.
    """
    if first >= last:
        return

    def exposed(date: int) -> Floats:
        listening = history.listening
        return counts if listening is None else listening.filled(counts, lookbacks, timeline.origin[date])

    counts = recorded_at(history, timeline, lookbacks, boxes, timeline.origin[first])
    if into is not None:
        into[...] = counts
        counts = into
    # The same numbers as rows of one run each, which age faster than short runs by memory.
    aging = counts.view()
    aging.shape = boxes, len(lookbacks) * counts.shape[2]
    yield first, exposed(first)
    decays = [position for position, lookback in enumerate(lookbacks) if lookback.kind == "decay"]
    half_lives = np.array([lookbacks[position].days for position in decays])
    known_by = np.searchsorted(history.known, timeline.origin, side="right")
    shift, start = timeline.shift[history.slot], timeline.start[history.slot]
    forgotten = {position: _forgotten(history, timeline, start, lookback, last)
                 for position, lookback in enumerate(lookbacks) if lookback.kind == "window" and lookback.days < EVER}
    for date in range(first + 1, last):
        now = timeline.origin[date]
        if half_lives.size:
            fading = np.ones((len(lookbacks), counts.shape[2]))
            fading[decays] = np.exp2(-(now - timeline.origin[date - 1]) / DAY / half_lives)[:, None]
            aging *= fading.ravel()
        new = slice(known_by[date - 1], known_by[date])
        if new.start < new.stop:
            age = (now - start[new]) / DAY
            for position, lookback in enumerate(lookbacks):
                place: Any = history.box[new], position, shift[new]
                np.add.at(counts, place, history.weight[new] * lookback.weight(age))
        for position, (order, bounds) in forgotten.items():
            old = order[bounds[date]:bounds[date + 1]]
            if old.size:
                place = history.box[old], position, shift[old]
                np.subtract.at(counts, place, history.weight[old])
        yield date, exposed(date)


def _forgotten(history: EventHistory, timeline: Timeline, start: Ints, lookback: Lookback,
               last: int) -> tuple[Ints, Ints]:
    """Entries in the order in which a window forgets them, and the bounds of each date in that order."""
    known = np.searchsorted(timeline.origin, history.known)
    gone = np.searchsorted(timeline.origin, start + int(lookback.days * DAY))
    order = np.argsort(gone, kind="stable")
    order = order[known[order] < gone[order]]
    return order, np.searchsorted(gone[order], np.arange(last + 1))
