"""Where points are: which coordinate system a file uses, judged by where its points fall; boxes; rounding."""
from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast import crs as systems

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Floats, Ints, Objects
    from ..store.workspace import Workspace

TOLERANCE = 1000.0
"""Metres beyond the fishnet within which a point is still taken for the jurisdiction's."""

NO_PLACE, NO_NUMBER = "no coordinates", "coordinates that are not numbers"
OUTSIDE_JURISDICTION = "outside the jurisdiction"
OFF_BY_POWER = "outside the jurisdiction: a coordinate is off by a power of ten"

_SAMPLE = 2000
_SLIPS = 5000
"""More places outside than this are another area, not slips of a key."""

# Authority -> how the names of its systems begin that are tried first.
_FAMILIES = {"EPSG": ("NAD83 / ", "WGS 84 / ", "ETRS89 / "), "ESRI": ("NAD_1983_StatePlane",)}
_GOOD, _CLEAR = 0.5, 0.99
_FINER = 1.01
_STEPS_DEGREES = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
_STEPS_UNITS = (1000.0, 500.0, 250.0, 200.0, 100.0, 50.0, 25.0, 20.0)
_ROUNDED = 0.95


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

    ``columns`` are the two used, ``crs`` what they are taken for, ``swapped`` whether the first holds northings;
    ``share`` of the sample that fell on boxes; ``rounded`` is width and height (metres) of the cells to which the
    source rounded, NaN where it did not.
    """

    columns: tuple[str, str]
    crs: str
    swapped: bool
    share: float
    rounded: tuple[float, float]


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


def sample_points(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Up to 2,000 of the known points of a part of a file, evenly taken."""
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    rows = known[np.linspace(0, known.size - 1, min(known.size, _SAMPLE)).astype(int)]
    return x[rows], y[rows]


def choose_system(area: JurisdictionArea, samples: Mapping[tuple[str, str], tuple[Floats, Floats]],
                  source_crs: str = "", layer_crs: str = "") -> CoordinateSystem:
    """Find what a file's coordinates are.

    Parameters
    ----------
    area : JurisdictionArea
    samples : dict
        (name of the x column, name of the y column) -> (x, y) float arrays; several where a file gives its places in
        several systems. The pair and the coordinate system under which most points fall into the jurisdiction are
        taken; of equals the first pair, unless another tells more places apart.
    source_crs
        Named by the user: then nothing else is tried.
    layer_crs : str
        What a layer says of the first pair.

    Returns
    -------
    CoordinateSystem
    """
    if source_crs:
        source_crs = systems.text_of(systems.parse(source_crs))
    best: Any = None
    for order, (columns, (x, y)) in enumerate(samples.items()):
        places = len(pd.DataFrame({"x": _coarse(x), "y": _coarse(y)}).drop_duplicates())
        if best and best[0] > _CLEAR and places <= _FINER * best[1]:
            continue
        share, crs, swapped = _system(area, x, y, source_crs or (layer_crs if order == 0 else ""))
        if best is None or share > best[0] + 0.01 or (share > best[0] - 0.01 and places > _FINER * best[1]):
            best = (share, places, columns, crs, swapped)
    share, _, columns, crs, swapped = best
    return CoordinateSystem(columns, crs, swapped, share, _rounding(area, *samples[columns], crs, swapped))


def place_points(area: JurisdictionArea, system: CoordinateSystem, x: Floats, y: Floats,
                 given: Bools) -> tuple[Floats, Floats, Objects]:
    """Bring points into the workspace's CRS.

    Parameters
    ----------
    area : JurisdictionArea
    system : CoordinateSystem
    x, y : numpy.ndarray of float
    given : numpy.ndarray of bool
        Where the source wrote something, even if it is no number.

    Returns
    -------
    (x, y, reason)
        ``reason`` is None where the point can be used.
    """
    here_x, here_y = _moved(area, x, y, system.crs, system.swapped)
    reason = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    reason[~known & ~given] = NO_PLACE
    reason[~known & given] = NO_NUMBER
    out = np.flatnonzero(known & ~area.near(here_x, here_y))
    reason[out] = OUTSIDE_JURISDICTION
    if out.size:
        reason[out[_off_by_power(area, x[out], y[out], system.crs, system.swapped)]] = OFF_BY_POWER
    return here_x, here_y, reason


def no_point_inside(area: JurisdictionArea, system: CoordinateSystem, named: str) -> str:
    """The sentence for a file of which no point lies in the jurisdiction."""
    west, south, east, north = area.bounds_degrees()
    how = "read as " + system.crs if named else "in no coordinate system tried"
    return (f"No point of columns {system.columns[0]} and {system.columns[1]} falls into the jurisdiction (longitude "
            f"{west:.2f} to {east:.2f}, latitude {south:.2f} to {north:.2f}), {how}; check the columns, or name the "
            "right system as SOURCE_CRS.")


def _system(area: JurisdictionArea, x: Floats, y: Floats, named: str) -> tuple[float, str, bool]:
    """(share of points on boxes, crs, swapped) of the system that is named, or else of the likeliest."""
    if named:
        return _best_crs(area, x, y, [(named, False)])
    tried = _candidates(area, x, y)
    found = _best_crs(area, x, y, tried)
    if found[0] < _GOOD:
        found = max(found, _best_crs(area, x, y, _further(area, x, tried)), key=lambda item: item[0])
    return found


def _coarse(values: Floats) -> Floats:
    """Values rounded to about a decimetre, in degrees or in units of length."""
    degrees = np.nanmax(np.abs(values)) <= 360 if np.isfinite(values).any() else True
    return np.round(values, 6 if degrees else 1)


def _candidates(area: JurisdictionArea, x: Floats, y: Floats) -> list[tuple[str, bool]]:
    """(crs, swapped) worth trying for these numbers, likeliest first; a swapped pair holds latitude first."""
    if not x.size:
        return [(systems.DEGREES, False)]
    if np.mean((np.abs(x) <= 180) & (np.abs(y) <= 180)) > _GOOD:
        return [(systems.DEGREES, False), (systems.DEGREES, True)]
    return [(crs, False) for crs in [area.crs, *_projected(area, True)]] + [(area.crs, True)]


def _further(area: JurisdictionArea, x: Floats, tried: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """The rest of the projected systems in use here, for numbers too large for degrees."""
    if not x.size or tried[0][0] == systems.DEGREES:
        return []
    return [(crs, swapped) for crs in _projected(area, False) for swapped in (False, True)]


def _projected(area: JurisdictionArea, usual: bool) -> list[str]:
    """Projected systems whose area of use meets the jurisdiction, the most specific first."""
    found = [(size, crs) for authority, families in _FAMILIES.items()
             for crs, name, size in systems.projected(authority, *area.bounds_degrees())
             if name.startswith(families) == usual and (usual or authority == "EPSG")]
    return [crs for _, crs in sorted(found, key=itemgetter(0))]


def _best_crs(area: JurisdictionArea, x: Floats, y: Floats, tried: list[tuple[str, bool]]) -> tuple[float, str, bool]:
    """(share, crs, swapped) of the system under which most points fall on boxes; of equals the first."""
    best = (0.0, *tried[0]) if tried else (0.0, "", False)
    for crs, swapped in tried:
        share = area.share(*_moved(area, x, y, crs, swapped))
        if share > best[0] + 0.005:
            best = (share, crs, swapped)
        if share > _CLEAR:
            break
    return best


def _moved(area: JurisdictionArea, x: Floats, y: Floats, crs: str, swapped: bool) -> tuple[Floats, Floats]:
    if swapped:
        x, y = y, x
    if crs == area.crs:
        return x.copy(), y.copy()
    x, y = systems.change(crs, area.crs)(x, y)
    lost = ~(np.isfinite(x) & np.isfinite(y))
    return np.where(lost, np.nan, x), np.where(lost, np.nan, y)


def _off_by_power(area: JurisdictionArea, x: Floats, y: Floats, crs: str, swapped: bool) -> Bools:
    """Which points would fall on a box if x, y or both were multiplied by a power of ten."""
    pairs, back = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True)
    found = np.zeros(len(pairs), dtype=bool)
    if len(pairs) > _SLIPS:
        return found[back.ravel()]
    powers = 10.0 ** np.arange(-3, 4)
    for x_power in powers:
        for y_power in powers:
            tried = _moved(area, pairs[:, 0] * x_power, pairs[:, 1] * y_power, crs, swapped)
            found |= area.box_ids(*tried) != np.array(None)
    return found[back.ravel()]


def _rounding(area: JurisdictionArea, x: Floats, y: Floats, crs: str, swapped: bool) -> tuple[float, float]:
    """(width, height) in metres of the cells to which coordinates were rounded."""
    steps = _STEPS_DEGREES if crs == systems.DEGREES else _STEPS_UNITS
    step_x, step_y = (_step(values, steps) for values in (x, y))
    if np.isnan(step_x) or np.isnan(step_y):
        return np.nan, np.nan
    # At the middle of the jurisdiction, so that every file of an agency gives the same.
    centre = _moved_back(area, crs, swapped)
    sides = []
    for dx, dy in ((step_x / 2, 0), (0, step_y / 2)):
        from_x, from_y = _moved(area, centre[0] - dx, centre[1] - dy, crs, swapped)
        to_x, to_y = _moved(area, centre[0] + dx, centre[1] + dy, crs, swapped)
        sides.append(float(np.hypot(to_x - from_x, to_y - from_y)[0]))
    return (sides[1], sides[0]) if swapped else (sides[0], sides[1])


def _moved_back(area: JurisdictionArea, crs: str, swapped: bool) -> tuple[Floats, Floats]:
    """The middle of the jurisdiction in the file's own order of axes."""
    middle = (area.bounds[:2] + area.bounds[2:]) / 2
    x, y = (np.array([value]) for value in systems.change(area.crs, crs)(*middle))
    return (y, x) if swapped else (x, y)


def _step(values: Floats, steps: Sequence[float]) -> float:
    """The largest step of which nearly all values are multiples, NaN if there is none or values hardly differ."""
    if len(np.unique(values)) < 2:
        return np.nan
    for step in steps:
        if np.mean(np.abs(values - np.round(values / step) * step) < step * 1e-3) >= _ROUNDED:
            return step
    return np.nan
