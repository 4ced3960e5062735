"""Points that stand for many places: where a source puts what it cannot place, such as a city's middle.

A mall or a hospital has many rows of one address and its own mix of offences; a default place has the addresses and the
mix of the whole city, or so many rows that no address of the source comes near. What was looked at are 837 extracts of
13 real exports (crimes of a capital, shootings of a city, alerts of three cities): no point of any was kept out or
told. In the same extracts a made default point with the addresses of its rows was kept out in 81 % where it had 10 % of
the rows, 68 % at 2 % and 34 % at 0.5 %; without addresses in 43 %, and told in 28 % more, at 10 %, and never at 2 % or
less. Made malls and hospitals of one address were never kept out; at 10 % of the rows half were told. The others were
not found: ``benchmarks/default_places.py`` counts again.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable, Optional, Sequence

import numpy as np
import pandas as pd

from .position_texts import Positions

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Floats, Ints
    from .placed_chunks import ChunkDigest
    from .position_texts import Pair

_FEWEST, _SHARE, _TIMES = 5, 0.1, 3
"""Rows of a point, their share of all, and how many times those of the next, from which on it is told."""
_CLEAR_ROWS, _CLEAR_TIMES, _UNMIXED = 50, 15, 2
"""The same from which on it is no address any more, where its offences are like those elsewhere; where these tell
nothing it takes so many times more."""
_OTHERS = 25
"""Rows elsewhere without which nothing is known of the source's places."""
_ALIKE = 0.3
"""Share of the offences that may differ between the point and the rest."""
_TEXT_ROWS, _TEXTS, _TEXT_TIMES = 25, 20, 10
"""Rows and different addresses of a point, and how many times those of other points, from which on it is none."""
_ONE_ADDRESS = 0.9
"""Share of the rows of a point with an address that tell the same, from which on that is its own."""
_LOOKED_AT, _COMPARED = 10, 50
_MOST_POINTS = 200
_ROWS = 300_000
"""Rows in which addresses and offences are compared."""


@dataclass
class PointCounts:
    """The points of a part of a file that come more than once: their hashes, numbers and rows; and all rows placed."""

    keys: Ints
    x: Floats
    y: Floats
    rows: Ints
    placed: int

    @classmethod
    def of(cls, positions: Positions) -> PointCounts:
        """Count the points of a chunk."""
        known = np.flatnonzero(np.isfinite(positions.x) & np.isfinite(positions.y))
        codes, keys = pd.factorize(_keys(positions.x[known], positions.y[known]))
        rows = np.bincount(codes, minlength=len(keys))
        first = np.zeros(len(keys), dtype=np.int64)
        first[codes[::-1]] = known[::-1]
        again = rows > 1
        return cls(keys[again], positions.x[first[again]], positions.y[first[again]], rows[again], known.size)

    @classmethod
    def join(cls, parts: Sequence[PointCounts]) -> PointCounts:
        """Counts of several parts, the commonest first."""
        frame = pd.DataFrame({name: np.concatenate([getattr(part, name) for part in parts])
                              for name in ("keys", "x", "y", "rows")})
        found = frame.groupby("keys", sort=False).agg({"x": "first", "y": "first", "rows": "sum"}).reset_index()
        found = found.sort_values("rows", ascending=False, kind="stable")
        found = found.head(_MOST_POINTS)
        keys, x, y, rows = (found[name].to_numpy() for name in ("keys", "x", "y", "rows"))
        return cls(keys, x, y, rows, sum(part.placed for part in parts))

    def positions(self, decimal_commas: bool) -> Positions:
        """The points; of a file with decimal commas those read as thousands are open."""
        opens = [np.flatnonzero((np.abs(values) >= 1000) & decimal_commas) for values in (self.x, self.y)]
        return Positions(self.x, self.y, *opens)


@dataclass(frozen=True)
class DefaultPlace:
    """A point on which many rows lie: its numbers as the source gives them, its rows, their share, the addresses that
    stand there (one, or how many), and whether it is clearly no address."""

    x: float
    y: float
    rows: int
    share: float
    address: str
    clear: bool

    def at(self, positions: Positions) -> Bools:
        """Which rows lie there."""
        return (positions.x == self.x) & (positions.y == self.y)

    @property
    def reason(self) -> str:
        """Why its rows are not taken."""
        return f"the same point as {self.rows - 1:,} other rows, a default place"

    def told(self, place: str) -> str:
        """A sentence about it; ``place`` is where it lies, in words."""
        address = f" ({self.address})" if self.address else ""
        what = ("a default place of the source, not where anything happened; they were not taken" if self.clear else
                "check whether the source puts there what it cannot place")
        return f"{self.rows:,} rows ({self.share:.0%}) lie on one point, {place}{address}: {what}."


def default_places(counts: PointCounts, inside: Bools, digests: Iterable[ChunkDigest], columns: Pair,
                   address: str, offence: str) -> list[DefaultPlace]:
    """The points that stand for many places, or may.

    Parameters
    ----------
    counts : PointCounts
        Of the whole file, the commonest first.
    inside : numpy.ndarray of bool
        Which of its first points lie in the jurisdiction; only these are looked at.
    digests : iterable of ChunkDigest
        The file; its first rows are looked at.
    columns : tuple of str
        Of the positions.
    address, offence : str
        Roles of the texts that tell an address, and an offence; empty where there is none.
    """
    kept = np.flatnonzero(inside)[:_COMPARED]
    rows, placed = counts.rows[kept], counts.placed
    if not kept.size or rows[0] < _FEWEST:
        return []
    texts, offences = _at_points(counts.keys[kept], digests, columns, address, offence)
    found, next_rows = [], np.append(rows[1:], 1)
    top = _before_gap(rows[:_LOOKED_AT], next_rows[:_LOOKED_AT])
    for place in range(min(_LOOKED_AT, kept.size)):
        many_texts = rows[place] >= _TEXT_ROWS and _has_all_addresses(texts, place)
        mixed = _is_mixed(offences, place)
        far_above = place < top and rows[place] >= _CLEAR_ROWS and placed - rows[:top].sum() >= _OTHERS and (
            rows[place] >= _CLEAR_TIMES * next_rows[top - 1] * (1 if mixed else _UNMIXED))
        clear = many_texts or (far_above and mixed is not False and not _has_one_address(texts, place))
        share = rows[place] / placed
        if clear or (place == 0 and share >= _SHARE and rows[0] >= _TIMES * next_rows[0]):
            found.append(DefaultPlace(float(counts.x[kept[place]]), float(counts.y[kept[place]]), int(rows[place]),
                                      float(share), _words(texts, place), bool(clear)))
    return found


def _keys(x: Floats, y: Floats) -> Ints:
    """One number for each point."""
    first, second = (np.ascontiguousarray(values, dtype=float).view(np.uint64) for values in (x, y))
    return (first * np.uint64(0x9E3779B97F4A7C15)) ^ ((second << np.uint64(31)) | (second >> np.uint64(33)))


def _before_gap(rows: Ints, following: Ints) -> int:
    """How many of the commonest points stand above a gap."""
    gaps = np.flatnonzero(rows >= _CLEAR_TIMES * following)
    return int(gaps[-1]) + 1 if gaps.size else 0


def _at_points(keys: Ints, digests: Iterable[ChunkDigest], columns: Pair, address: str,
               offence: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(rows of each address at each of some points, rows of each offence there and, as point -1, elsewhere)."""
    parts: dict[str, list[pd.DataFrame]] = {address: [], offence: []}
    seen = 0
    for digest in digests:
        positions = digest.positions[columns]
        point = pd.Index(keys).get_indexer(_keys(positions.x, positions.y))
        for role, there in ((address, point >= 0), (offence, np.isfinite(positions.x))):
            if role in digest.words:
                words = digest.words[role]
                frame = pd.DataFrame({"point": point[there], "text": words.codes[there]})
                counted = frame.groupby(["point", "text"]).size().rename("rows").reset_index()
                counted["text"] = np.asarray(words.categories, dtype=object)[counted["text"]]
                parts[role].append(counted)
        seen += len(point)
        if seen >= _ROWS:
            break
    return _summed(parts[address]), _summed(parts[offence])


def _summed(parts: list[pd.DataFrame]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame({"point": [], "text": [], "rows": []})
    return pd.concat(parts).groupby(["point", "text"], sort=False)["rows"].sum().reset_index()


def _has_all_addresses(texts: pd.DataFrame, place: int) -> bool:
    """Whether so many addresses stand at one point as at no address; what stands at many points alike is none."""
    filled = texts[texts["text"] != ""]
    here, others = filled[filled["point"] == place], filled[filled["point"] != place]
    if len(here) < _TEXTS or others.empty:
        return False
    usual = others.groupby("point").size().median()
    points_of_text = len(others) / others["text"].nunique()
    return len(here) >= _TEXT_TIMES * usual and points_of_text < 2


def _has_one_address(texts: pd.DataFrame, place: int) -> bool:
    """Whether nearly all rows at a point that name an address name the same: it may well have that many."""
    here = texts[(texts["point"] == place) & (texts["text"] != "")]["rows"]
    return bool(len(here)) and here.max() >= _ONE_ADDRESS * here.sum()


def _is_mixed(offences: pd.DataFrame, place: int) -> Optional[bool]:
    """Whether a point has the offences of the rest, not its own as a mall has; None where offences tell nothing."""
    here = offences[offences["point"] == place].set_index("text")["rows"]
    rest = offences[offences["point"] != place].groupby("text")["rows"].sum()
    if len(rest) < 2:
        return None
    return bool((here / here.sum()).sub(rest / rest.sum(), fill_value=0).abs().sum() / 2 <= _ALIKE)


def _words(texts: pd.DataFrame, place: int) -> str:
    filled = texts[(texts["point"] == place) & (texts["text"] != "")]
    if filled.empty:
        return ""
    return f"{filled['text'].iloc[0]}" if len(filled) == 1 else f"{len(filled):,} different addresses"
