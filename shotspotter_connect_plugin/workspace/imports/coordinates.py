"""Where points are: a workspace's boxes, coordinates in its system, and what is wrong with those that lie elsewhere."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Iterator

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast import crs as systems

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Floats, Ints, Objects
    from ..store.workspace import Workspace
    from .position_texts import Pair, Positions

TOLERANCE = 1000.0
"""Metres beyond the fishnet within which a point is still taken for the jurisdiction's."""

NO_PLACE, NO_NUMBER = "no coordinates", "coordinates that are not numbers"
OUTSIDE_JURISDICTION = "outside the jurisdiction"
OFF_BY_POWER = "outside the jurisdiction: a coordinate is off by a power of ten"
NOWHERE = "no place: zeros or another filler instead of coordinates"
SIGN = "outside the jurisdiction: a coordinate has the wrong sign"
SWAPPED = "outside the jurisdiction: longitude and latitude are swapped"
REASONS = (NO_PLACE, NO_NUMBER, OUTSIDE_JURISDICTION, OFF_BY_POWER, NOWHERE, SIGN, SWAPPED)
"""Why a point cannot be used."""

_SLIPS = 5000
"""More places outside than this are another area, not slips of a key."""
_NOTHING = 0.01
"""Degrees or metres within which a point is at zero: off Africa, or at the origin of a grid."""
_NINES = [10.0 ** digits - 10.0 ** -decimals for digits in range(3, 11) for decimals in range(7)
          if digits + decimals > 3]


def _degrees_minutes(values: Floats) -> Floats:
    """Degrees of numbers such as 3854.5, which are degrees and minutes, as receivers write them."""
    size = np.abs(values)
    return np.sign(values) * (size // 100 + size % 100 / 60)


def _degrees_minutes_seconds(values: Floats) -> Floats:
    """Degrees of numbers such as 385430, which are degrees, minutes and seconds."""
    size = np.abs(values)
    return np.sign(values) * (size // 10_000 + size // 100 % 100 / 60 + size % 100 / 3600)


UNITS: dict[str, Callable[[Floats], Floats]] = {
    "": lambda values: values, "millionths of a degree": lambda values: values / 1e6,
    "ten-millionths of a degree": lambda values: values / 1e7,
    "hundred-thousandths of a degree": lambda values: values / 1e5,
    "degrees and minutes in one number": _degrees_minutes,
    "degrees, minutes and seconds in one number": _degrees_minutes_seconds,
    "seconds of arc": lambda values: values / 3600, "thousandths of a second of arc": lambda values: values / 3.6e6,
    "feet": lambda values: values * 1200 / 3937}
"""What numbers may count -> degrees, or metres, of them; feet are those of US surveys."""


class JurisdictionArea:
    """The jurisdiction as boxes of a workspace's fishnet."""

    def __init__(self, workspace: Workspace) -> None:
        self.crs = workspace.settings.crs
        self._fishnet = workspace.fishnet
        boxes = workspace.read("boxes", columns=["box_id", "col", "row"])
        if boxes.empty:
            raise ConnectError("The workspace has no boxes; create it again with a jurisdiction.")
        self._boxes = pd.Index(self._key(boxes["col"].to_numpy(), boxes["row"].to_numpy()))
        self._ids = boxes["box_id"].to_numpy(object)
        corners = self._fishnet.rectangles(boxes["col"], boxes["row"])
        self.bounds = np.array([*(corners[:, :2].min(axis=0) - TOLERANCE), *(corners[:, 2:].max(axis=0) + TOLERANCE)])

    def near(self, x: Floats, y: Floats) -> Bools:
        """Whether points lie within the bounds and the tolerance; never where a coordinate is unknown."""
        with np.errstate(invalid="ignore"):
            return (x >= self.bounds[0]) & (x <= self.bounds[2]) & (y >= self.bounds[1]) & (y <= self.bounds[3])

    def box_ids(self, x: Floats, y: Floats) -> Objects:
        """Id of the box of each point, None off the fishnet."""
        found = np.full(len(x), None, dtype=object)
        rows = np.flatnonzero(self.near(x, y))
        place = self._boxes.get_indexer(self._key(*self._fishnet.cell(x[rows], y[rows])))
        found[rows[place >= 0]] = self._ids[place[place >= 0]]
        return found

    def share(self, x: Floats, y: Floats) -> float:
        """Share of points that fall on a box."""
        return float(np.mean(self.box_ids(x, y) != np.array(None))) if len(x) else 0.0

    def bounds_degrees(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        return systems.change(self.crs, systems.DEGREES).bounds(*self.bounds)

    @staticmethod
    def _key(col: Ints, row: Ints) -> Ints:
        return col.astype(np.int64) * (1 << 32) + row.astype(np.int64)


@dataclass(frozen=True)
class CoordinateSystem:
    """What a file's coordinates are.

    ``columns`` are those used, ``crs`` what they are taken for, ``swapped`` whether the first number is the northing;
    ``share`` of the sample that fell on boxes; ``rounded`` is width and height (metres) of the cells to which the
    source rounded, NaN where it did not; ``unit`` is one of :data:`UNITS`, ``decimal_commas`` whether a comma with
    three digits behind it is a decimal one, ``near`` whether any lies within the bounds of the jurisdiction.
    """

    columns: Pair
    crs: str
    swapped: bool
    share: float
    rounded: tuple[float, float]
    unit: str = ""
    decimal_commas: bool = False
    near: bool = False

    def told(self) -> list[str]:
        """Sentences on how the numbers were read, where that is unusual."""
        words = columns_in_words(self.columns)
        return ([f"The numbers in {words} were read as {self.unit}."] if self.unit else []) + (
            [f"Commas in {words} were read as decimal commas."] if self.decimal_commas else [])


def columns_in_words(columns: Pair) -> str:
    """One column or two, for messages."""
    return f"column{'s' * (len(columns) > 1)} {' and '.join(columns)}"


def numbers(texts: pd.Series) -> Floats:
    """Floats of texts, NaN where there is none; commas between thousands are left out."""
    values = pd.to_numeric(texts, errors="coerce").to_numpy(float).copy() if len(texts) else np.zeros(0)
    rest = np.flatnonzero(np.isnan(values))
    if rest.size and not pd.api.types.is_numeric_dtype(texts):
        words = texts.iloc[rest].astype(str).str.strip()
        grouped = words.str.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?").to_numpy()
        values[rest[grouped]] = words[grouped].str.replace(",", "").astype(float)
    values[~np.isfinite(values)] = np.nan
    return values


def are_fillers(x: Floats, y: Floats) -> Bools:
    """Which pairs of numbers only fill a place: zeros, ones, nines."""
    with np.errstate(invalid="ignore"):
        alike = (x == y) & np.isin(np.abs(x), (1.0, 9.0, 99.0, 999.0))
        return ((np.abs(x) < _NOTHING) & (np.abs(y) < _NOTHING)) | alike | _all_nines(x) | _all_nines(y)


def _all_nines(values: Floats) -> Bools:
    """Which numbers are written with nines only, four at least."""
    return np.isin(np.abs(values), _NINES)


def place_points(area: JurisdictionArea, system: CoordinateSystem, positions: Positions, given: Bools,
                 powers: bool = True) -> tuple[Floats, Floats, Objects]:
    """Bring points into the workspace's CRS.

    Parameters
    ----------
    area : JurisdictionArea
    system : CoordinateSystem
    positions : Positions
        Of the system's columns.
    given : numpy.ndarray of bool
        Where the source wrote something, even if it is no number.
    powers : bool
        Whether to look for coordinates that are off by a power of ten, which takes long where many points are outside.

    Returns
    -------
    (x, y, reason)
        ``reason`` is None where the point can be used, else one of :data:`REASONS`.
    """
    raw_x, raw_y = positions.read(system.decimal_commas)
    x, y = (UNITS[system.unit](values) for values in (raw_x, raw_y))
    here_x, here_y = moved(area, x, y, system.crs, system.swapped)
    reason = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    reason[~known & ~given] = NO_PLACE
    reason[~known & given] = NO_NUMBER
    out = np.flatnonzero(known & ~area.near(here_x, here_y))
    reason[out] = OUTSIDE_JURISDICTION
    if out.size:
        nowhere = are_fillers(raw_x[out], raw_y[out])
        reason[out[nowhere]] = NOWHERE
        out = out[~nowhere]
        for why, rows in _slips(area, system, x[out], y[out], powers):
            reason[out[rows & (reason[out] == OUTSIDE_JURISDICTION)]] = why
    return here_x, here_y, reason


def _slips(area: JurisdictionArea, system: CoordinateSystem, x: Floats, y: Floats,
           powers: bool) -> Iterator[tuple[str, Bools]]:
    """(reason, which points outside would fall on a box without that slip)."""
    turned = [_on_boxes(area, x * sign_x, y * sign_y, system.crs, system.swapped)
              for sign_x, sign_y in ((-1, 1), (1, -1), (-1, -1))]
    yield SIGN, np.logical_or.reduce(turned)
    yield SWAPPED, _on_boxes(area, x, y, system.crs, not system.swapped)
    if powers:
        yield OFF_BY_POWER, _off_by_power(area, x, y, system.crs, system.swapped)


def _on_boxes(area: JurisdictionArea, x: Floats, y: Floats, crs: str, swapped: bool) -> Bools:
    return area.box_ids(*moved(area, x, y, crs, swapped)) != np.array(None)


def _off_by_power(area: JurisdictionArea, x: Floats, y: Floats, crs: str, swapped: bool) -> Bools:
    """Which points would fall on a box if x, y or both were multiplied by a power of ten."""
    pairs, back = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True)
    found = np.zeros(len(pairs), dtype=bool)
    if len(pairs) > _SLIPS:
        return found[back.ravel()]
    powers = 10.0 ** np.arange(-3, 4)
    for x_power in powers:
        for y_power in powers:
            found |= _on_boxes(area, pairs[:, 0] * x_power, pairs[:, 1] * y_power, crs, swapped)
    return found[back.ravel()]


def moved(area: JurisdictionArea, x: Floats, y: Floats, crs: str, swapped: bool) -> tuple[Floats, Floats]:
    """Points of a system in the workspace's, NaN where there is none; a swapped pair holds the northing first."""
    if swapped:
        x, y = y, x
    if crs == area.crs:
        return x.copy(), y.copy()
    x, y = systems.change(crs, area.crs)(x, y)
    lost = ~(np.isfinite(x) & np.isfinite(y))
    return np.where(lost, np.nan, x), np.where(lost, np.nan, y)
