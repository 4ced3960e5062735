"""Where to place squares of a layout: greedily where past events cluster, and how many more events they hold.

What is published as the place of an event is a block's middle or a rounded point, not the place itself. Squares laid on
such points catch them at their rims and look better than they are; so density is smoothed by the error of the locations
before squares are laid, and what they gain is told twice, for later events where they were published and moved by that
error. Measured on Washington in ``benchmarks/placed_boxes.py``.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ConnectError
from ..progress import SILENT, Progress
from .box_ids import TENTHS
from .box_layout import BoxLayout
from .cell_shares import cell_shares
from .fishnet import Fishnet
from .instants import DAY

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from .arrays import ArrayLike, Bools, Floats, Ints
    from .forecast_frames import AdmittedEvents, Boxes

USUAL_ERROR = 38.0
"""Metres, standard deviation on each axis of a block's middle about the places of its events: what held its gain in
Washington in every year tried; 25 to 75 m do too, 0 does not."""
ORIGINS = 25
"""Plain fishnets that a layout is compared with: every 50 m of both axes, since the gain of one fishnet over another is
as large as that of placing squares."""
SHARE = 3.0
"""Per cent of the boxes that are placed: squares beyond these lie where hardly anything is searched."""
LEAST_GROUND = 0.5
"""Of a square, inside the jurisdiction and open to officers. Chosen: one that lies half outside holds no more of the
jurisdiction than the boxes it would take from."""
_NEARLY = 1e-9  # of a box: what sums of a hundred cells lose
_HALF_LIFE = 540.0  # days, as the forecast's own longest decay: hot places last for years
_AREA = 0.01  # of the area searched: what a few patrols in a shift reach, and what back-tests count
_ORIGIN_STEP = 2  # tenths of a box between the origins of plain fishnets
# Four weeks: a wave of offences lasts weeks, so what happens in them counts as one.
_PERIOD = 28 * DAY
# Four boxes: what a hot place loses where a box cuts it and gains in the next stays together. For Washington's
# incidents 250 m and 2 km gave intervals as wide within a fifth.
_PLACE = 4 * TENTHS
_TAIL = 0.05  # on each side of the interval, which so holds 90 %
# Waves are in the year judged and in the one after; and for the places that squares lose, they get as many others.
_BOTH = 2.0
_NOTHING = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, 5)))  # what no event hits
_FOURTH = 3.0  # fourth moment of a normal number over its variance squared
# A remnant below a tenth of a box is no patrol and never searched.
_SMALLEST = 0.1
# What sums of cells differ by in their last digits must not decide between equal squares.
_DIGITS = 9
_OVERLAPPING = (2 * TENTHS - 1) ** 2  # corners of squares that a placed square overlaps, its own among them
_AT_ONCE = 4096  # candidates looked at before those that overlap a taken square are left out again


@dataclass(frozen=True)
class Ground:
    """The cells of the lattice (a tenth of a box) under a jurisdiction, and one box more all round.

    ``first`` (2,) column and row of the lower left cell in tenths of a box; ``area`` (rows, columns) the part of a cell
    that lies inside the jurisdiction and where officers can go, in boxes, so at most a hundredth; ``own`` (rows,
    columns) which cells belong to boxes of the jurisdiction; ``boxes`` the number of boxes of the fishnet; ``street``
    (rows, columns) which cells have a street, None where no streets are known: then every square is taken to have one.
    """

    size: float
    first: Ints
    area: Floats
    own: Bools
    boxes: int
    street: Bools | None = None

    @classmethod
    def of(cls, boxes: Boxes, size: float, outline: BaseGeometry | None = None,
           closed: BaseGeometry | None = None) -> Ground:
        """From the boxes of the plain fishnet.

        Parameters
        ----------
        boxes : pandas.DataFrame
            col, row, inside.
        size : float
            Side of a box in metres.
        outline : shapely Polygon or MultiPolygon, optional
            The jurisdiction in metres; if not given, the part inside of a box that it cuts is taken to be spread
            evenly.
        closed : shapely Polygon or MultiPolygon, optional
            Where officers cannot go, in metres.
        """
        col, row = (boxes[name].to_numpy(dtype=np.int64) for name in ("col", "row"))
        first = np.array([col.min() - 1, row.min() - 1])
        inside = np.zeros((row.max() - first[1] + 2, col.max() - first[0] + 2))
        inside[row - first[1], col - first[0]] = boxes["inside"].to_numpy(dtype=float)
        share = np.repeat(np.repeat(inside, TENTHS, axis=0), TENTHS, axis=1)
        own: Bools = np.asarray(share > 0, dtype=bool)
        first, unit = first * TENTHS, float(size) / TENTHS
        if outline is not None:
            open_to = outline if closed is None else outline.difference(closed)
            share = np.where(own, cell_shares(open_to, first * unit, share.shape, unit), 0.0)
        elif closed is not None:
            share = np.minimum(share, 1.0 - cell_shares(closed, first * unit, share.shape, unit))
        return cls(float(size), first, share / TENTHS ** 2, own, len(boxes))

    def less(self, boxes: Boxes, share: Floats) -> Ground:
        """The ground without a share of each box (n, 0 to 1), of which nobody told where in the box it lies: what it
        has in common with what lies outside the jurisdiction counts once."""
        area = self.area.copy()
        for col, row, part in zip(boxes["col"] * TENTHS - self.first[0], boxes["row"] * TENTHS - self.first[1], share):
            if part > 0:
                cells = area[row:row + TENTHS, col:col + TENTHS]
                np.minimum(cells, (1.0 - part) / TENTHS ** 2, out=cells)
        return replace(self, area=area)

    def cells(self, x: ArrayLike, y: ArrayLike) -> tuple[Ints, Ints, Ints]:
        """Give which points lie in boxes of the jurisdiction, and row and column of their cells in ``area``."""
        col, row = Fishnet(self.size / TENTHS).cell(x, y)
        col, row = col - self.first[0], row - self.first[1]
        high, wide = self.area.shape
        kept = np.flatnonzero((col >= 0) & (col < wide) & (row >= 0) & (row < high))
        kept = kept[self.own[row[kept], col[kept]]]
        return kept, row[kept], col[kept]

    def counts(self, x: ArrayLike, y: ArrayLike, weight: Floats) -> Floats:
        """Give sums of weights by cell, (rows, columns); points outside the jurisdiction are left out."""
        kept, row, col = self.cells(x, y)
        flat = np.bincount(row * self.area.shape[1] + col, weight[kept], self.area.size)
        return flat.reshape(self.area.shape)

    def area_of(self, squares: Ints) -> Floats:
        """Give the area of squares (n, 2; lower left corners in tenths of a box) that counts, in boxes."""
        return self._of(squares, _square_sums(self.area))

    def with_street(self, squares: Ints) -> Bools:
        """Tell which squares have a street."""
        return np.asarray(self._of(squares, self.streets_of_squares()) > 0, dtype=bool)

    def streets_of_squares(self) -> Floats:
        """Cells with a street in the square from each cell on up and to the right."""
        return _square_sums(np.ones(self.area.shape) if self.street is None else self.street.astype(float))

    def _of(self, squares: Ints, sums: Floats) -> Floats:
        corner = np.asarray(squares, dtype=np.int64).reshape(-1, 2) - self.first
        there = np.all((corner >= 0) & (corner < np.array(sums.shape)[::-1]), axis=1)
        col, row = np.where(there[:, None], corner, 0).T
        return np.where(there, sums[row, col], 0.0)

    def blurred(self, cells: Floats, metres: float) -> Floats:
        """Give sums by cell after every point was moved by a normal error on each axis; what leaves is lost."""
        from scipy.ndimage import gaussian_filter

        sigma = metres * TENTHS / self.size
        return gaussian_filter(cells, sigma, mode="constant") if sigma > 0 else cells


@dataclass(frozen=True)
class PlacingGain:
    """Later events in the searched area of a layout over those in that of plain fishnets, with a 90 % interval for what
    that will be in the year after.

    ``moved``: where the later events are moved by the error of their locations. ``events`` is how many later events
    were in the jurisdiction, ``hits`` how many of them the layout's searched area held, ``plain_hits`` that of an
    average fishnet. Both are NaN, and gains too, where nothing can be told.
    """

    gain: float
    low: float
    high: float
    moved: float
    moved_low: float
    moved_high: float
    events: float
    hits: float
    plain_hits: float

    @property
    def cautious(self) -> tuple[float, float, float]:
        """The smaller of the two gains, with its interval."""
        published, moved = (self.gain, self.low, self.high), (self.moved, self.moved_low, self.moved_high)
        return min(published, moved, key=lambda each: each[0])

    @property
    def worth_it(self) -> bool:
        """Whether neither interval reaches down to 1."""
        return self.low > 1.0 and self.moved_low > 1.0


def location_error(rounded_x: Floats, rounded_y: Floats) -> float:
    """Give the error of locations in metres, root mean square over events and both axes.

    Parameters
    ----------
    rounded_x, rounded_y : arrays
        Sides of the cells to which the source rounded each place, 0 where it tells none: then it is a block's middle.

    Returns
    -------
    float
        A cell of a side tells no more than a uniform place in it, with a variance of side^2 / 12.
    """
    side = np.stack([np.asarray(rounded_x, dtype=float), np.asarray(rounded_y, dtype=float)])
    if not side.size:
        return USUAL_ERROR
    return float(np.sqrt(np.mean(np.where(side > 0, side ** 2 / 12.0, USUAL_ERROR ** 2))))


def densities(ground: Ground, events: AdmittedEvents, moment: int) -> dict[str, Floats]:
    """Decayed counts by cell of each crime type, of what was known at a moment (int64 nanoseconds of UTC).

    Reports that stand in for sensors are left out, and types without an event in the jurisdiction.
    """
    known = events[((events["known_utc"] <= moment) & (events["heard"] > 0)).to_numpy()]
    age = (moment - known["from_utc"].to_numpy()) / DAY
    weight = known["weight"].to_numpy() * 0.5 ** (age / _HALF_LIFE)
    found: dict[str, Floats] = {}
    for crime_type in known["crime_type"].cat.categories:
        own = (known["crime_type"] == crime_type).to_numpy()
        counts = ground.counts(known["x"].to_numpy()[own], known["y"].to_numpy()[own], weight[own])
        if counts.any():
            found[str(crime_type)] = counts
    return found


def heat(ground: Ground, density: Mapping[str, Floats], smooth: float,
         importance: Mapping[str, float] | None = None) -> Floats:
    """Give one density of all crime types, (rows, columns): each over its total and times its importance, smoothed.

    Parameters
    ----------
    density : mapping
        As :func:`densities` gives it.
    smooth : float
        Standard deviation in metres.
    importance : mapping, optional
        Weight by crime type, 0 for what is not in it; all weigh the same if not given.
    """
    whole = np.zeros(ground.area.shape)
    for crime_type, counts in sorted(density.items()):
        whole += counts * ((1.0 if importance is None else importance.get(crime_type, 0.0)) / counts.sum())
    return ground.blurred(whole, smooth)


def place_squares(ground: Ground, hot: Floats, share: float = SHARE, progress: Progress = SILENT,
                  least: float = LEAST_GROUND) -> Ints:
    """Place squares greedily: always the square of the largest sum that overlaps none placed before and has a street.

    Parameters
    ----------
    hot : array (rows, columns)
        As :func:`heat` gives it.
    share : float
        How many, in per cent of the boxes; fewer where fewer squares hold anything.
    least : float
        Squares with less area that counts, in boxes, are left out.

    Returns
    -------
    (n, 2) int64 array
        Lower left corners in tenths of a box, in the order in which they were placed. Equal sums: the lower, then the
        left one first.

    Raises
    ------
    ConnectError
        When the share is not between 0 and 100.
    """
    if not 0 < share <= 100:
        raise ConnectError("The share of boxes to place must be above 0 and at most 100 per cent.", f"share={share}")
    sums = _square_sums(hot)
    if not sums.max(initial=0.0) > 0:
        return np.zeros((0, 2), dtype=np.int64)
    may = (_square_sums(ground.area) >= least - _NEARLY) & (ground.streets_of_squares() > 0)
    sums = np.where(may, np.round(sums / sums.max(), _DIGITS), 0.0)
    most, taken = max(int(round(ground.boxes * share / 100.0)), 1), np.zeros(sums.shape, dtype=bool)
    waiting = _candidates(sums.ravel(), most * _OVERLAPPING)
    placed: list[tuple[int, int]] = []
    while waiting.size and len(placed) < most:
        for candidate in waiting[:_AT_ONCE].tolist():
            row, col = divmod(candidate, sums.shape[1])
            if not taken[row, col]:
                placed.append((col, row))
                taken[max(row - TENTHS + 1, 0):row + TENTHS, max(col - TENTHS + 1, 0):col + TENTHS] = True
                if len(placed) == most:
                    break
        progress.report(len(placed) / most)
        waiting = waiting[_AT_ONCE:]
        waiting = waiting[~taken.ravel()[waiting]]
    return np.array(placed, dtype=np.int64) + ground.first


def _candidates(sums: Floats, most: int) -> Ints:
    """Positions of the largest sums above 0, largest first and then in order: so many, and those equal to the last."""
    least = np.partition(sums, sums.size - most)[sums.size - most] if most < sums.size else 0.0
    found = np.flatnonzero((sums > 0) & (sums >= least))
    return np.asarray(found[np.argsort(-sums[found], kind="stable")], dtype=np.int64)


def _square_sums(cells: Floats) -> Floats:
    """Sums over the square of 10 x 10 cells from each cell on up and to the right."""
    table = np.pad(cells.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    return table[TENTHS:, TENTHS:] - table[:-TENTHS, TENTHS:] - table[TENTHS:, :-TENTHS] + table[:-TENTHS, :-TENTHS]


def judge(ground: Ground, squares: Ints, density: Mapping[str, Floats], events: AdmittedEvents, begin: int, end: int,
          error: float, progress: Progress = SILENT) -> PlacingGain:
    """Tell how many more later events a layout's best area held than that of plain fishnets.

    For each crime type the boxes of the highest density at the time are searched until they make up 1 % of the area,
    in the layout and in plain fishnets of 25 origins; then the type's later events in them are counted.

    Parameters
    ----------
    squares : (n, 2) int64 array
        As :func:`place_squares` gives them.
    density : mapping
        What the layout was made from, which was known at ``begin``.
    events : pandas.DataFrame
        Admitted events; reports that stand in for sensors, and types without a past, are left out.
    begin, end : int
        The later events are those from ``begin`` until before ``end`` (int64 nanoseconds of UTC); what was known at
        ``begin`` of as long a time before it is what they are compared with, for the interval.
    error : float
        Metres by which later events are moved.

    Returns
    -------
    PlacingGain
        The interval is for the gain in a time as long that follows, with squares laid anew in the same way. In it are:
        how much the part of each place (of 1 km) in the gain changed from the time before to the later one, twice,
        since for every place that squares lose they get another; and waves common to the city, as they show in periods
        of four weeks, twice. The time before is what the squares were laid on, so places changed from it by selection
        too. In made towns the interval held the next gain in 98 % where hot places stay and in 80 % where they last
        for two years. It takes for granted that places change as much from now on as they did between these two
        times; of another city it says nothing. Its ends are NaN where nothing was known of
        the time before. ``benchmarks/placed_boxes.py`` checks it in made towns and in Washington.
    """
    began = events["from_utc"].to_numpy()
    told = (began >= begin) & (began < end) | ((began >= 2 * begin - end) & (began < begin)
                                               & (events["known_utc"].to_numpy() <= begin))
    told = events[told & (events["heard"] > 0).to_numpy()]
    found, box = [], boxes_of_ground(ground, squares)
    for number, (crime_type, counts) in enumerate(sorted(density.items())):
        own = told[(told["crime_type"] == crime_type).to_numpy()]
        part = progress.part(number / len(density), (number + 1) / len(density))
        found.append(_hits(ground, box, counts, own, error, part))
    began, place, hits = (np.concatenate(part) for part in zip(_NOTHING, *found))
    later, period = began >= begin, np.maximum(began - begin, 0) // _PERIOD
    total = hits[later].sum(axis=0)
    published, moved = (_gain(hits[:, column], hits[:, column + 1], later, place, period) for column in (0, 2))
    return PlacingGain(*published, *moved, *(float(total[column]) for column in (4, 0, 1)))


def _gain(ours: Floats, plain: Floats, later: Bools, place: Ints, period: Ints) -> tuple[float, float, float]:
    """Sum over sum of the later events, with the interval of :func:`judge`; NaN where there is nothing to divide by."""
    ratio, left = _residuals(ours[later], plain[later])
    if ratio != ratio:
        return ratio, ratio, ratio
    before, left_before = _residuals(ours[~later], plain[~later])
    if before != before:
        return ratio, before, before
    number = np.unique(place, return_inverse=True)[1].reshape(-1)
    change = (np.bincount(number[later], left, number.max() + 1)
              - np.bincount(number[~later], left_before, number.max() + 1))
    waves = np.bincount(period[later], left)
    return ratio, *_around(ratio, np.sqrt(_BOTH) * np.concatenate([change, waves]))


def _around(ratio: float, parts: Floats) -> tuple[float, float]:
    """Ends of the interval of a ratio, even on its logarithm, by Student's t: the squares of independent parts of its
    error add up to its variance, with as many degrees of freedom as Satterthwaite's formula gives them (Biometrics
    Bulletin 2, 1946)."""
    from scipy.stats import t

    squares = parts ** 2
    if not squares.sum() > 0:
        return ratio, ratio
    freedom = _FOURTH * squares.sum() ** 2 / (squares ** 2).sum()
    reach = float(t.ppf(1 - _TAIL, freedom)) * float(np.sqrt(squares.sum())) / ratio
    return ratio * float(np.exp(-reach)), ratio * float(np.exp(reach))


def _residuals(ours: Floats, plain: Floats) -> tuple[float, Floats]:
    """Sum over sum, and the part of each event in it less what the ratio makes of its part in the other sum."""
    if not (plain.sum() > 0 and ours.sum() > 0):
        return float("nan"), np.zeros(ours.size)
    ratio = float(ours.sum() / plain.sum())
    return ratio, (ours - ratio * plain) / plain.sum()


def _hits(ground: Ground, box: Ints, counts: Floats, told: AdmittedEvents, error: float,
          progress: Progress) -> tuple[Ints, Ints, Floats]:
    """When each event began, a number for its place, and (n, 5): its part in the layout's and in the fishnets' searched
    area, the same if it is moved, and its weight."""
    kept, row, col = ground.cells(told["x"].to_numpy(), told["y"].to_numpy())
    weight = told["weight"].to_numpy()[kept]
    ours, plain = _searched_of_layout(ground, box, counts), _searched_of_fishnets(ground, counts, progress)
    maps = (ours, plain, ground.blurred(ours, error), ground.blurred(plain, error))
    hits = np.stack([each[row, col] * weight for each in maps] + [weight], axis=1)
    return told["from_utc"].to_numpy()[kept], row // _PLACE * ground.area.shape[1] + col // _PLACE, hits


def _searched_of_layout(ground: Ground, box: Ints, counts: Floats) -> Floats:
    """Share of each cell that is searched when the layout's boxes are; ``box`` as :func:`boxes_of_ground`."""
    return _best(np.bincount(box.ravel(), counts.ravel()), np.bincount(box.ravel(), ground.area.ravel()))[box]


def boxes_of_ground(ground: Ground, squares: Ints) -> Ints:
    """Give the box of the layout each cell belongs to, (rows, columns) numbers from 0."""
    high, wide = ground.area.shape
    col, row = np.meshgrid(np.arange(wide) + ground.first[0], np.arange(high) + ground.first[1])
    col, row = BoxLayout(ground.size, squares).boxes_of_cells(col, row)
    # One box of the fishnet is in reach below the window: corners of squares may lie outside it.
    key = (row - ground.first[1] + TENTHS) * (wide + 2 * TENTHS) + col - ground.first[0] + TENTHS
    number = np.cumsum(np.bincount(key.ravel()) > 0) - 1
    return np.asarray(number[key], dtype=np.int64)


def _searched_of_fishnets(ground: Ground, counts: Floats, progress: Progress) -> Floats:
    """The same, on average over fishnets of many origins."""
    whole = np.zeros(ground.area.shape)
    for up in range(0, TENTHS, _ORIGIN_STEP):
        progress.report(up / TENTHS)
        for along in range(0, TENTHS, _ORIGIN_STEP):
            best = _best(*(_block_sums(cells, up, along).ravel() for cells in (counts, ground.area)))
            whole += _spread_blocks(best, up, along, ground.area.shape)
    return whole / ORIGINS


def _block_sums(cells: Floats, up: int, along: int) -> Floats:
    """Sums over blocks of 10 x 10 cells that begin so many cells before the first one."""
    padded = np.pad(cells, [(before, -(before + length) % TENTHS) for before, length in zip((up, along), cells.shape)])
    high, wide = padded.shape
    return np.asarray(padded.reshape(high // TENTHS, TENTHS, wide // TENTHS, TENTHS).sum(axis=(1, 3)))


def _spread_blocks(value: Floats, up: int, along: int, shape: tuple[int, ...]) -> Floats:
    """The value of the block of each cell."""
    wide = -(-(along + shape[1]) // TENTHS)
    blocks = value.reshape(-1, wide)
    cells = np.repeat(np.repeat(blocks, TENTHS, axis=0), TENTHS, axis=1)
    return cells[up:up + shape[0], along:along + shape[1]]


def _best(counts: Floats, area: Floats) -> Floats:
    """Share of each box that is searched: the highest densities until 1 % of the area is; ties share the rest."""
    fit = area >= _SMALLEST
    density = np.where(fit, counts / np.where(fit, area, 1.0), -1.0)
    rank = np.unique(-np.round(density / max(density.max(initial=0.0), 1e-300), _DIGITS), return_inverse=True)[1]
    within = np.bincount(rank.reshape(-1), area)
    before = np.cumsum(within) - within
    share = np.clip((_AREA * area.sum() - before) / np.maximum(within, _SMALLEST), 0.0, 1.0)
    return np.where(fit, share[rank.reshape(-1)], 0.0)


def placed_and_judged(ground: Ground, events: AdmittedEvents, begin: int, end: int, *, smooth: float, error: float,
                      share: float = SHARE, importance: Mapping[str, float] | None = None) -> PlacingGain:
    """Lay squares from what was known at ``begin``, and judge them by what happened from then until ``end``."""
    density = densities(ground, events, begin)
    squares = place_squares(ground, heat(ground, density, smooth, importance), share)
    return judge(ground, squares, density, events, begin, end, error)
