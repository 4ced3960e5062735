"""Which coordinate system, unit and order of axes a file uses, judged by where its points fall; else asked."""
from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple, Sequence

import numpy as np
import pandas as pd

from ...forecast import crs as systems
from .coordinates import UNITS, CoordinateSystem, are_fillers, columns_in_words, moved
from .source_questions import SourceQuestion

if TYPE_CHECKING:
    from ...forecast.arrays import Floats
    from .coordinates import JurisdictionArea
    from .position_texts import Pair, Positions

_SAMPLE = 2000
# Authority -> how the names of its systems begin that are tried first.
_FAMILIES = {"EPSG": ("NAD83 / ", "WGS 84 / ", "ETRS89 / "), "ESRI": ("NAD_1983_StatePlane",)}
_GOOD, _CLEAR = 0.5, 0.99
_FINER = 1.01
_STEPS_DEGREES = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
_STEPS_UNITS = (1000.0, 500.0, 250.0, 200.0, 100.0, 50.0, 25.0, 20.0)
_ROUNDED = 0.95
_ONE_PLACE = 25.0
"""Metres within which two systems say the same: versions of one datum differ by less."""
_NEARBY = 100_000.0
"""Metres from the jurisdiction within which a system may be the right one although no point falls inside."""
_CHOICES = 3
_ANGLES = [unit for unit in UNITS if unit not in ("", "feet")]
_TURNED = {"longitudes are counted westward, without a minus": ("wnu", -1, 1),
           "latitudes are counted southward, without a minus": ("esu", 1, -1),
           "both are without their minus": ("wsu", -1, -1)}
"""In words -> (axes of PROJ, sign of the longitude, of the latitude)."""


class SystemUnknown(SourceQuestion):
    """Numbers that fit several coordinate systems, or none that points into the jurisdiction."""

    parameter = "SOURCE_CRS"


class _Reading(NamedTuple):
    """One way to read a pair of columns; ``share`` of its points fall on boxes."""

    share: float
    crs: str
    swapped: bool = False
    unit: str = ""
    decimal_commas: bool = False


def sample_positions(positions: Positions) -> Positions:
    """Up to 2,000 of the known points of a part of a file, evenly taken; those that only fill the place are left out
    where there are others."""
    known = np.isfinite(positions.x) & np.isfinite(positions.y)
    places = known & ~are_fillers(positions.x, positions.y)
    rows = np.flatnonzero(places if places.any() else known)
    return positions.taken(rows[np.linspace(0, rows.size - 1, min(rows.size, _SAMPLE)).astype(int)])


def choose_system(area: JurisdictionArea, samples: Mapping[Pair, Positions], source_crs: str = "",
                  layer_crs: str = "") -> CoordinateSystem:
    """Find what a file's coordinates are.

    Parameters
    ----------
    area : JurisdictionArea
    samples : dict
        Columns -> positions; several where a file gives its places in several systems. The pair and the coordinate
        system under which most points fall into the jurisdiction are taken; of equals the first pair, unless another
        tells more places apart.
    source_crs
        Named by the user: then nothing else is tried.
    layer_crs : str
        What a layer says of the first pair.

    Returns
    -------
    CoordinateSystem

    Raises
    ------
    SystemUnknown
        When no point falls into the jurisdiction but would nearby or with another sign, or several systems fit.
    """
    if source_crs:
        source_crs = systems.text_of(systems.parse(source_crs))
    tried: dict[Pair, tuple[_Reading, int]] = {}
    best: Pair = ()
    for order, (columns, sample) in enumerate(samples.items()):
        places = len(pd.DataFrame({"x": _coarse(sample.x), "y": _coarse(sample.y)}).drop_duplicates())
        if best and tried[best][0].share > _CLEAR and places <= _FINER * tried[best][1]:
            continue
        layer = layer_crs if order == 0 and not source_crs else ""
        tried[columns] = _reading(area, sample, source_crs, layer), places
        if not best or tried[columns][0].share > tried[best][0].share + 0.01 or (
                tried[columns][0].share > tried[best][0].share - 0.01 and places > _FINER * tried[best][1]):
            best = columns
    found = tried[best][0]
    x, y = _numbers(samples[best], found)
    if not (source_crs or layer_crs) and x.size:
        _ask(area, best, x, y, found)
    near = bool(area.near(*moved(area, x, y, found.crs, found.swapped)).any())
    return CoordinateSystem(best, found.crs, found.swapped, found.share, _rounding(
        area, x, y, found.crs, found.swapped), found.unit, found.decimal_commas, near)


def no_point_inside(area: JurisdictionArea, system: CoordinateSystem, named: str) -> str:
    """The sentence for a file of which no point lies in the jurisdiction."""
    west, south, east, north = area.bounds_degrees()
    if system.near:
        return (f"No point of {columns_in_words(system.columns)} lies in a box of the jurisdiction; those beside its "
                "boxes are kept without one, and no forecast counts them. Check whether the file is of this area, and "
                "the columns, or name the right system as SOURCE_CRS.")
    how = "read as " + system.crs[:60] if named else "in no coordinate system tried"
    return (f"No point of {columns_in_words(system.columns)} falls into the jurisdiction (longitude {west:.2f} to "
            f"{east:.2f}, latitude {south:.2f} to {north:.2f}), {how}; check the columns, or name the right system as "
            "SOURCE_CRS.")


# Trying

def _reading(area: JurisdictionArea, sample: Positions, named: str, layer: str) -> _Reading:
    """The likeliest reading of a pair of columns; commas that may be either are tried both ways."""
    found = [_of_numbers(area, *sample.read(commas), named, layer)._replace(decimal_commas=commas)
             for commas in ((False, True) if sample.is_open else (False,))]
    return max(found, key=itemgetter(0))


def _of_numbers(area: JurisdictionArea, x: Floats, y: Floats, named: str, layer: str) -> _Reading:
    """The reading under the system that is named, or else under the likeliest."""
    if layer:
        return _best(area, x, y, [_Reading(0.0, layer)])
    if named:
        ways = [_Reading(0.0, named), _Reading(0.0, named, True)]
        in_degrees = bool(systems.parse(named).IsGeographic())
    else:
        ways = _candidates(area, x, y)
        in_degrees = ways[0].crs == systems.DEGREES
    found = _best(area, x, y, ways)
    if found.share < _GOOD and not (named or in_degrees):
        found = max(found, _best(area, x, y, _further(area)), key=itemgetter(0))
    if found.share < _GOOD and (in_degrees or not named):
        found = max(found, _in_units(area, x, y, named), key=itemgetter(0))
    return found


def _in_units(area: JurisdictionArea, x: Floats, y: Floats, named: str) -> _Reading:
    """The best reading in another unit, if it is a good one: parts of degrees, or feet of systems in metres."""
    ways = [_Reading(0.0, named or systems.DEGREES, swapped, unit) for unit in _ANGLES for swapped in (False, True)]
    if not named and x.size and np.nanmedian(np.abs(x)) > 360:
        ways += [_Reading(0.0, crs, False, "feet") for crs, _ in _projected(area, True)]
    found = _best(area, x, y, ways)
    return found if found.share >= _GOOD else found._replace(share=0.0)


def _best(area: JurisdictionArea, x: Floats, y: Floats, ways: Sequence[_Reading]) -> _Reading:
    """The reading under which most points fall on boxes; of equals the first."""
    best = ways[0] if ways else _Reading(0.0, systems.DEGREES)
    for way in ways:
        share = area.share(*moved(area, UNITS[way.unit](x), UNITS[way.unit](y), way.crs, way.swapped))
        if share > best.share + 0.005:
            best = way._replace(share=share)
        if share > _CLEAR:
            break
    return best


def _candidates(area: JurisdictionArea, x: Floats, y: Floats) -> list[_Reading]:
    """Readings worth trying for these numbers, likeliest first; a swapped pair holds latitude first."""
    if not x.size:
        return [_Reading(0.0, systems.DEGREES)]
    if np.mean((np.abs(x) <= 180) & (np.abs(y) <= 180)) > _GOOD:
        return [_Reading(0.0, systems.DEGREES), _Reading(0.0, systems.DEGREES, True)]
    usual = [area.crs, *(crs for crs, _ in _projected(area, True))]
    return [_Reading(0.0, crs) for crs in usual] + [_Reading(0.0, crs, True) for crs in usual]


def _further(area: JurisdictionArea) -> list[_Reading]:
    """The rest of the projected systems in use here, for numbers too large for degrees."""
    return [_Reading(0.0, crs, swapped) for crs, _ in _projected(area, False) for swapped in (False, True)]


def _projected(area: JurisdictionArea, usual: bool) -> list[tuple[str, str]]:
    """(id, name) of projected systems whose area of use meets the jurisdiction, the most specific first."""
    found = [(size, crs, name) for authority, families in _FAMILIES.items()
             for crs, name, size in systems.projected(authority, *area.bounds_degrees())
             if name.startswith(families) == usual and (usual or authority == "EPSG")]
    return [(crs, name) for _, crs, name in sorted(found, key=itemgetter(0))]


def _numbers(sample: Positions, reading: _Reading) -> tuple[Floats, Floats]:
    x, y = sample.read(reading.decimal_commas)
    return UNITS[reading.unit](x), UNITS[reading.unit](y)


def _coarse(values: Floats) -> Floats:
    """Values rounded to about a decimetre, in degrees or in units of length."""
    degrees = np.nanmax(np.abs(values)) <= 360 if np.isfinite(values).any() else True
    return np.round(values, 6 if degrees else 1)


# Asking

def _ask(area: JurisdictionArea, columns: Pair, x: Floats, y: Floats, found: _Reading) -> None:
    """Raise what to ask where the numbers fit several systems, or only with another sign or nearby."""
    in_degrees = _candidates(area, x, y)[0].crs == systems.DEGREES
    choices = _other_signs(area, x, y, found, in_degrees)
    if in_degrees or choices:
        why = "has no point in the jurisdiction unless"
    elif found.share >= _GOOD:
        choices = _equals(area, x, y, found)
        why = "fits several coordinate systems:"
    else:
        choices = {} if found.share else _nearest(area, x, y)
        why = "has no point in the jurisdiction; nearby it is as"
    if not choices or (found.share >= _GOOD and len(choices) < 2):
        return
    words = columns_in_words(columns)
    example = f"{x[0]:.10g}, {y[0]:.10g}"
    told = " or ".join(choices.values())
    sentence = f"What stands in {words} {why} {told}"
    raise SystemUnknown(
        f"{sentence[:200]}{' …' * (len(sentence) > 200)}; set SOURCE_CRS to {_listed(list(choices))}.",
        f"{example} in {words}: {told}? Choose the CRS.", columns[0], example, choices)


def _listed(answers: list[str]) -> str:
    """The first answers that fit a sentence."""
    return " or ".join(answers[:2] if len(answers[0]) < 20 else answers[:1])


def _other_signs(area: JurisdictionArea, x: Floats, y: Floats, found: _Reading, in_degrees: bool) -> dict[str, str]:
    """System -> in words, where degrees, or parts of them, fall into the jurisdiction only with another sign."""
    if found.share >= (_GOOD if in_degrees else 1e-9):
        return {}
    return {f"+proj=longlat +datum=WGS84 +axis={axes} +no_defs": words
            for unit in (("",) if in_degrees else _ANGLES) for words, (axes, sign_x, sign_y) in _TURNED.items()
            if area.share(*moved(area, UNITS[unit](x) * sign_x, UNITS[unit](y) * sign_y, systems.DEGREES, False))
            >= _GOOD}


def _equals(area: JurisdictionArea, x: Floats, y: Floats, found: _Reading) -> dict[str, str]:
    """The systems that fit as well and mean other places, with the one found; only where that is none of the usual."""
    if found.crs in (area.crs, *(crs for crs, _ in _projected(area, True))):
        return {}
    places: list[tuple[float, float]] = []
    choices = {}
    for crs, name, here_x, here_y in _placed(area, x, y, found.swapped):
        if area.share(here_x, here_y) < found.share - 0.05:
            continue
        if all(np.hypot(here_x[0] - east, here_y[0] - north) > _ONE_PLACE for east, north in places):
            places.append((here_x[0], here_y[0]))
            choices[crs] = f"{name} ({crs}), {_where(area, here_x[0], here_y[0])}"
    return dict(list(choices.items())[:_CHOICES])


def _nearest(area: JurisdictionArea, x: Floats, y: Floats) -> dict[str, str]:
    """The systems under which the points come nearest to the jurisdiction, nearest first."""
    west, south, east, north = area.bounds
    far = []
    for crs, name, here_x, here_y in _placed(area, x, y, False):
        if np.isfinite(here_x).any():
            middle = np.nanmedian(here_x), np.nanmedian(here_y)
            away = np.hypot(max(west - middle[0], middle[0] - east, 0.0),
                            max(south - middle[1], middle[1] - north, 0.0))
            far.append((float(away), crs, f"{name} ({crs}), {away / 1000:.0f} km away"))
    near = sorted(item for item in far if item[0] < _NEARBY)
    return {crs: words for _, crs, words in near[:_CHOICES]}


def _placed(area: JurisdictionArea, x: Floats, y: Floats, swapped: bool) -> Iterator[tuple[str, str, Floats, Floats]]:
    """(id, name, points in the workspace's CRS) of every projected system in use here."""
    for usual in (True, False):
        for crs, name in _projected(area, usual):
            yield (crs, name, *moved(area, x, y, crs, swapped))


def _where(area: JurisdictionArea, x: float, y: float) -> str:
    longitude, latitude = systems.change(area.crs, systems.DEGREES)(x, y)
    return f"at {latitude:.5f}, {longitude:.5f}"


# Rounding

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
        from_x, from_y = moved(area, centre[0] - dx, centre[1] - dy, crs, swapped)
        to_x, to_y = moved(area, centre[0] + dx, centre[1] + dy, crs, swapped)
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
