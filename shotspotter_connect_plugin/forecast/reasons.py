"""Why a box has the value it has: the largest parts of its own forecast, in plain words.

A reason counts events that are on record; it never says that something will happen, and the level of the whole
jurisdiction is no reason for one box. What a part of the model remembers is told by the span in which most of its
weight lies.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Tuple

import numpy as np

from .instants import DAY
from .predictors import NEAR_METRES
from .sources import EVER, CrimeEvents, Lookback, PlaceCount, PlaceDistance

if TYPE_CHECKING:
    from .arrays import Bools, Floats, Ints
    from .box_density import RungFit
    from .predictors import Predictors
    from .sources import PredictorSource
    from .surfaces import Feature, Smoother, SurfaceSet

# The three strongest: as many as are read on a sheet.
MOST = 3
# Chosen: what makes up less than a twentieth of a box's value does not explain it.
_LEAST_SHARE = 0.05
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")
# The larger scale of predictors.NEAR_METRES: farther places hardly count in the forecast, so they are no reason.
_NEAR = 1000.0
# 52 whole weeks, each weekday as often. Chosen: at least four events, twice what a seventh would be: of boxes without a
# busy weekday few pass by chance, and the sentence says "busy", not "proved".
_YEAR_DAYS, _FEWEST_OF_WEEKDAY, _BUSY = 364, 4, 2.0
_AVERAGE = "The average of the whole area, which counts for more where little is on record"
_REPORTED = "Outside sensor coverage: estimated from calls and shootings reported here, which tell less"
_UNHEARD = "Outside sensor coverage: nothing is heard here, so this is about what the places around have"
_NOUNS = {
    "gunfire": ("gunfire alert", "gunfire alerts"),
    "homicide": ("homicide", "homicides"),
    "aggravated_assault": ("aggravated assault", "aggravated assaults"),
    "robbery": ("robbery", "robberies"),
    "burglary": ("burglary", "burglaries"),
    "motor_vehicle_theft": ("vehicle theft", "vehicle thefts"),
    "theft": ("theft", "thefts"),
    "arson": ("arson", "arsons"),
}


# Span in days, reach in boxes, and source that stand for surfaces.
_Group = Tuple[float, int, "PredictorSource"]


def own_first(crime_type: str, texts: Iterable[str]) -> list[str]:
    """The reasons of a box with those that count events of ``crime_type`` itself before others."""
    own = re.compile(rf"\d ({'|'.join(map(re.escape, _noun(crime_type)))}) ")
    return sorted(texts, key=lambda text: own.search(text) is None)


def outside_coverage(texts: Sequence[str], told: bool) -> list[str]:
    """Reasons of a box in which no sensor listens, that fact first; ``told`` is whether reports stand in."""
    fact = _REPORTED if told else _UNHEARD
    return [fact, *texts][:MOST]


def explain(crime_type: str, surfaces: SurfaceSet, fit: RungFit, counts: Floats, predictors: Predictors, moment: int,
            boxes: Ints, slot: int, size: float) -> list[list[str]]:
    """Give up to three reasons for each of some boxes.

    Parameters
    ----------
    surfaces : SurfaceSet
        Of the mixture.
    fit : box_density.RungFit
    counts : numpy.ndarray
        (all boxes, lookbacks, shifts) at ``moment``.
    predictors : Predictors
    boxes : integer array of n
    slot : int
        Position of the slot that is forecast.
    size : float
        Side of a box in metres.

    Returns
    -------
    list of n lists of str
        Strongest first.
    """
    timeline = predictors.timeline
    shift = timeline.shift[slot]
    parts = surfaces.rows(counts, boxes, np.full(boxes.size, shift)) * np.asarray(fit.weights)
    groups = list(dict.fromkeys(_group(feature, size) for feature in surfaces.features))
    share, own = np.zeros((2, boxes.size, len(groups)))
    for position, feature in enumerate(surfaces.features):
        group = groups.index(_group(feature, size))
        share[:, group] += parts[:, position]
        own[:, group] += parts[:, position] * (feature.scope == "shift")
    whole, uniform_share = share.sum(axis=1) + fit.uniform_share, fit.uniform_share
    seen, in_shift = _on_record(groups, surfaces.smoother, predictors, moment, boxes, shift, size)
    busy = _busy_weekday(predictors, moment, boxes,
                         slot) if fit.forest is not None else np.zeros(boxes.size, dtype=bool)
    # Plain lists, since the loop below asks for single numbers a hundred thousand times.
    counts_told = (share >= _LEAST_SHARE * whole[:, None]) & (np.rint(seen) >= 1)
    order = np.argsort(-share, axis=1, kind="stable").tolist()
    most_in_shift = ((own > 0) & (in_shift > 0.5 * seen)).tolist()
    alike, seen, counts_told = np.round(seen, 6).tolist(), seen.tolist(), counts_told.tolist()
    kinds = [None if isinstance(source, CrimeEvents) else source.kind for _, _, source in groups]
    texts = []
    for row in range(boxes.size):
        found, told = [], set()
        for group in order[row]:
            # The same events seen through a longer span are no second reason, nor is the same kind of places.
            fact = kinds[group] or (groups[group][1:], alike[row][group])
            if not counts_told[row][group] or fact in told:
                continue
            told.add(fact)
            found.append(_text(crime_type, seen[row][group], groups[group], timeline.dates[0], size,
                               most_in_shift[row][group]))
            if len(found) == MOST:
                break
        if busy[row]:
            found.insert(1, f"Busy on {_WEEKDAYS[timeline.weekday[slot]]}s in this shift over the last year")
        if uniform_share > _LEAST_SHARE * whole[row] or not found:
            found = found[:MOST - 1] + [_AVERAGE]
        texts.append(found[:MOST])
    return texts


def _group(feature: Feature, size: float) -> _Group:
    """Span in days, reach in boxes and source that stand for a surface."""
    lookback = feature.lookback
    if lookback.kind == "window":
        span = lookback.days
    else:
        span = next(span for half_life, span in ((14, 28.0), (60, 90.0), (240, 365.0), (EVER, EVER))
                    if lookback.days <= half_life)
    source = lookback.source
    if isinstance(source, PlaceDistance):
        source = PlaceDistance(source.kind, NEAR_METRES[0])
    return span, 0 if feature.bandwidth <= size / 2 else 2, source


def _on_record(groups: list[_Group], smoother: Smoother, predictors: Predictors, moment: int, boxes: Ints, shift: int,
               size: float) -> tuple[Floats, Floats]:
    """Events or places on record of each group around each box (n, groups): in all shifts and in the one; of nearness
    the metres to the closest place, none where it is far."""
    spans = [Lookback("window", span, source) for span, source in dict.fromkeys(
        (span, of) for span, _, of in groups if not isinstance(of, PlaceDistance))]
    counts = predictors.recorded_at(spans, len(smoother), moment)
    every, own = counts.sum(axis=2), counts[:, :, shift]
    seen, in_shift = np.zeros((2, boxes.size, len(groups)))
    for position, (span, reach, source) in enumerate(groups):
        if isinstance(source, PlaceDistance):
            metres = predictors.metres_to(source.kind)[boxes]
            seen[:, position] = np.where(metres <= _NEAR, np.maximum(metres, 1.0), 0.0)
            continue
        lookback = spans.index(Lookback("window", span, source))
        around = smoother.neighbours(reach * size)[boxes]
        seen[:, position] = around @ every[:, lookback]
        in_shift[:, position] = around @ own[:, lookback]
    return seen, in_shift


def _busy_weekday(predictors: Predictors, moment: int, boxes: Ints, slot: int) -> Bools:
    """Tell in which boxes the last year had clearly more events in this shift on this weekday than on others."""
    timeline, known = predictors.timeline, predictors.own.until(moment)
    here = timeline.shift[known.slot] == timeline.shift[slot]
    here &= timeline.start[known.slot] > moment - int(_YEAR_DAYS * DAY)
    same = here & (timeline.weekday[known.slot] == timeline.weekday[slot])
    largest = int(boxes.max(initial=0)) + 1
    all_days, one = (np.bincount(known.box[rows], known.weight[rows], minlength=largest)[boxes]
                     for rows in (here, same))
    return (one >= _FEWEST_OF_WEEKDAY) & (one > _BUSY * all_days / 7)


def _noun(crime_type: str) -> tuple[str, str]:
    """What one event and several events of a type are called."""
    words = crime_type.replace("_", " ")
    return _NOUNS.get(crime_type, (f"{words} incident", f"{words} incidents"))


def _in_words(date: str) -> str:
    """``2 January 2017`` of an ISO date, in English whatever the machine speaks."""
    year, month, day = str(date).split("-")
    return f"{int(day)} {_MONTHS[int(month) - 1]} {year}"


def _text(crime_type: str, count: float, group: _Group, start: str, size: float, most_in_shift: bool) -> str:
    span, reach, source = group
    if isinstance(source, PlaceDistance):
        kind = source.kind.replace("_", " ")
        return f"{kind} in or beside this box" if count <= size / 2 else f"{kind} about {50 * round(count / 50)} m away"
    around = "in this box" if reach == 0 else f"within {reach * size:.0f} m"
    if isinstance(source, PlaceCount):
        return f"{round(count)} × {source.kind.replace('_', ' ')} {around}"
    one, many = _noun(source.crime_type or crime_type)
    number = round(count)
    noun = one if number == 1 else many
    about = "about " if abs(count - number) > 0.1 else ""
    when = f"since {_in_words(start)}" if span == EVER else f"in the last {span:.0f} days"
    return f"{about}{number} {noun} {around} {when}" + (", most in this shift" if most_in_shift else "")
