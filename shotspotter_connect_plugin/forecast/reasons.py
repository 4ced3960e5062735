"""Why a box has the value it has: the largest parts of its own forecast, in plain words.

A reason counts events that are on record; it never says that something will happen, and the level of the whole
jurisdiction is no reason for one box. What a part of the model remembers is told by the span in which most of its
weight lies.
"""
import numpy as np

from .surfaces import EVER, Memory, recorded_at

MOST = 3
_LEAST_SHARE = 0.05
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


def outside_coverage(texts, told):
    """Reasons of a box in which no sensor listens, that fact first; ``told`` is whether reports stand in."""
    fact = _REPORTED if told else _UNHEARD
    return [fact, *texts][:MOST]


def explain(crime_type, surfaces, weights, uniform_share, counts, history, timeline, moment, boxes, shift, size):
    """Give up to three reasons for each of some boxes.

    Parameters
    ----------
    surfaces : SurfaceSet
    weights, uniform_share
        The model's.
    counts : numpy.ndarray
        (all boxes, memories, shifts) at ``moment``.
    boxes : integer array of n
    shift : int
        Position of the shift's code.
    size : float
        Side of a box in metres.

    Returns
    -------
    list of n lists of str
        Strongest first.
    """
    parts = surfaces.rows(counts, boxes, np.full(boxes.size, shift)) * weights
    groups = list(dict.fromkeys(_group(feature, size) for feature in surfaces.features))
    share, own = np.zeros((2, boxes.size, len(groups)))
    for position, feature in enumerate(surfaces.features):
        group = groups.index(_group(feature, size))
        share[:, group] += parts[:, position]
        own[:, group] += parts[:, position] * (feature.scope == "shift")
    whole = share.sum(axis=1) + uniform_share
    seen, in_shift = _on_record(groups, surfaces.smoother, history, timeline, moment, boxes, shift, size)
    texts = []
    for row in range(boxes.size):
        found, told = [], set()
        for group in np.argsort(-share[row], kind="stable"):
            # The same events seen through a longer span are no second reason.
            fact = groups[group][1], round(seen[row, group], 6)
            if share[row, group] < _LEAST_SHARE * whole[row] or round(seen[row, group]) < 1 or fact in told:
                continue
            told.add(fact)
            most = own[row, group] > 0 and in_shift[row, group] > 0.5 * seen[row, group]
            found.append(_text(crime_type, seen[row, group], groups[group], timeline.dates[0], size, most))
        if uniform_share > _LEAST_SHARE * whole[row] or not found:
            found = found[:MOST - 1] + [_AVERAGE]
        texts.append(found[:MOST])
    return texts


def _group(feature, size):
    """Span in days and reach in boxes that stand for a surface."""
    memory = feature.memory
    if memory.kind == "window":
        span = memory.days
    else:
        span = next(span for half_life, span in ((14, 28.0), (60, 90.0), (240, 365.0), (EVER, EVER))
                    if memory.days <= half_life)
    return span, 0 if feature.bandwidth <= size / 2 else 2


def _on_record(groups, smoother, history, timeline, moment, boxes, shift, size):
    """Events on record of each group around each box (n, groups): in all shifts and in the one."""
    spans = [Memory("window", span) for span in dict.fromkeys(span for span, _ in groups)]
    counts = recorded_at(history, timeline, spans, len(smoother), moment)
    every, own = counts.sum(axis=2), counts[:, :, shift]
    seen, in_shift = np.zeros((2, boxes.size, len(groups)))
    for position, (span, reach) in enumerate(groups):
        memory = spans.index(Memory("window", span))
        around = smoother.neighbours(reach * size)[boxes]
        seen[:, position] = around @ every[:, memory]
        in_shift[:, position] = around @ own[:, memory]
    return seen, in_shift


def _text(crime_type, count, group, start, size, most_in_shift):
    span, reach = group
    base = next((code for code in _NOUNS if crime_type == code), None)
    one, many = _NOUNS[base] if base else (crime_type.replace("_", " ") + " incident",) * 2
    number = round(count)
    noun = one if number == 1 else many if base else one + "s"
    about = "about " if abs(count - number) > 0.1 else ""
    where = "in this box" if reach == 0 else f"within {reach * size:.0f} m"
    when = f"since {start}" if span == EVER else f"in the last {span:.0f} days"
    return f"{about}{number} {noun} {where} {when}" + (", most in this shift" if most_in_shift else "")
