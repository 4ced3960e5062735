"""What bounds a box before the draw: rest, patrols and minutes in rolling windows of days, changes made by hand."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..forecast.box_ids import is_remnant
from .draw import NEARLY
from .pacing import PACE, WeekOfHarm, paced_caps

if TYPE_CHECKING:
    from ..forecast.arrays import Bools, Floats, Ints, Objects
    from .draw_record import Rules
    from .patrol_frames import BoxCaps, ChanceDays, LimitedBoxes, MeteredBoxes, MinuteDays, PatrolDays

WINDOWS = (7, 28)
"""Days of the rolling caps; the settings are ``window_<days>_expected`` and ``window_<days>_hard``."""

SUPPRESSED, RESTING = "suppressed by an analyst", "cooling down"
_MOSTLY, NO_STREET = "mostly ", "no street"
MOSTLY_WATER = _MOSTLY + "water"
SMALL_REMNANT = "too little of it is left beside placed boxes"
LEAST_REMNANT = 0.1
"""Of a box: what squares left of it is no patrol below a strip of 25 m along one side, or as much in another shape."""
GROUND = ("inside", "water", "unreachable", "unreachable_why", "reachable", "streets")
"""Columns of boxes, beside the beat, by which :func:`never_drawn` tells where officers can go."""


@dataclass(frozen=True)
class PatrolHistory:
    """What counts around a shift, without the shift itself.

    ``patrols`` (box_id, shift_date) holds what counts as a patrol, one row per box and shift: planned and not
    suppressed, or visited; with ``share`` where only so much of a box was patrolled, as it was another box then;
    ``chances`` (box_id, shift_date, inclusion_probability) the recorded probabilities of the newest draw of each shift;
    ``resting`` the boxes with a patrol in the shifts next to this one; ``added`` the boxes already planned by hand in
    this shift, ``suppressed`` those that an analyst took out of it; ``minutes`` (box_id, shift_date, minutes) what was
    delivered; ``week`` the harm of the week that ends with the shift's date, by
    box_id, where the rules pace budgets.
    """

    patrols: PatrolDays
    chances: ChanceDays
    resting: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    suppressed: frozenset[str] = frozenset()
    minutes: MinuteDays = field(default_factory=lambda: pd.DataFrame(columns=["box_id", "shift_date", "minutes"]))
    week: WeekOfHarm = field(default_factory=WeekOfHarm)


def never_drawn(boxes: LimitedBoxes, rules: Rules) -> Iterator[tuple[pd.Series, str]]:
    """Give (applies to each box, reason) of what keeps a box out of every draw, whatever happened there.

    Parameters
    ----------
    boxes : pandas.DataFrame
        beat, inside, box_id where a layout may have placed squares, and of :data:`GROUND` what is known.
    rules : mapping
        min_inside, min_land; see :func:`.metering.rules_of`.
    """
    yield boxes["beat"].isna(), "in no beat"
    yield ~(boxes["inside"] >= rules["min_inside"]), "too little of it inside the jurisdiction"
    if "box_id" in boxes:
        left = boxes["box_id"].map(is_remnant) & (boxes["inside"] < LEAST_REMNANT - NEARLY)
        yield left.astype(bool), SMALL_REMNANT
    closed, why = _closed(boxes, rules)
    for reason in sorted(set(why[closed])):
        yield pd.Series(closed & (why == reason), index=boxes.index), _MOSTLY + reason
    if "streets" in boxes:
        yield boxes["streets"].astype(float) <= 0.0, NO_STREET


def is_ground(reason: str) -> bool:
    """Whether a reason of :func:`never_drawn` is that officers cannot go there."""
    return reason.startswith(_MOSTLY) or reason == NO_STREET


def unreachable_share(boxes: LimitedBoxes) -> tuple[Floats, Objects]:
    """Of each box the share where officers cannot go, and why; nobody told = they can go everywhere.

    Water that is not part of ``unreachable`` is that of workspaces that kept no areas of it.
    """
    known = {name: np.nan_to_num(boxes[name].astype(float).to_numpy()) if name in boxes else np.zeros(len(boxes))
             for name in ("unreachable", "water")}
    why = np.full(len(boxes), "water", dtype=object)
    if "unreachable_why" in boxes:
        told = (known["unreachable"] + NEARLY >= known["water"]) & boxes["unreachable_why"].notna().to_numpy()
        why[told] = boxes["unreachable_why"].to_numpy(dtype=object)[told]
    return np.maximum(known["unreachable"], known["water"]), why


def _closed(boxes: LimitedBoxes, rules: Rules) -> tuple[Bools, Objects]:
    """Which boxes are too little to go to, and what of each it is."""
    share, why = unreachable_share(boxes)
    closed = 1.0 - share < rules["min_land"] - NEARLY
    if "reachable" in boxes:
        closed |= (boxes["reachable"].astype(float) < rules["min_inside"]).to_numpy() & (share > 0)
    return closed, why


def may_be_drawn(boxes: LimitedBoxes, rules: Rules) -> Bools:
    """Which boxes nothing of :func:`never_drawn` keeps out, an array of bool."""
    return ~np.any([np.asarray(applies, dtype=bool) for applies, _ in never_drawn(boxes, rules)], axis=0)


def box_caps(boxes: MeteredBoxes, harm: Floats, history: PatrolHistory, rules: Rules) -> BoxCaps:
    """Tell which boxes may be drawn in a shift, why others may not, and up to which chance.

    Parameters
    ----------
    boxes : pandas.DataFrame
        box_id, beat, inside, and of :data:`GROUND` what is known.
    harm : array of float
        Harm per box; NaN where there is no forecast.
    history : PatrolHistory
        What was planned around the shift. Every window of days that holds the shift is looked at, so a shift metered
        late keeps the caps of plans made before it.
    rules : mapping
        See :func:`.metering.rules_of`.

    Returns
    -------
    pandas.DataFrame
        eligible, why_not (text or None), cap (0 where not eligible).
    """
    ids = boxes["box_id"]
    cap = np.full(len(boxes), float(rules["cap"]))
    reasons = [
        *never_drawn(boxes, rules),
        (np.isnan(harm), "no forecast"),
        (ids.isin(history.added), "added by hand"),
        (ids.isin(history.suppressed), SUPPRESSED),
    ]
    reasons += hard_limits(ids, history, rules)
    for days in WINDOWS:
        left = rules[f"window_{days}_expected"] - most_in_window(
            ids, history.chances, rules["shift_date"], days, "inclusion_probability")
        reasons.append((left < NEARLY, f"expected patrols in {days} days used up"))
        cap = np.minimum(cap, left)
    if rules.get(PACE):
        cap = np.minimum(cap, paced_caps(rules["shift"], harm, history.week.of_boxes(ids), rules))
    why_not = np.full(len(boxes), None, dtype=object)
    for applies, reason in reversed(reasons):
        why_not[np.asarray(applies)] = reason
    eligible = pd.isna(why_not)
    return pd.DataFrame({"eligible": eligible, "why_not": why_not, "cap": np.where(eligible, cap, 0.0)},
                        index=boxes.index)


def hard_limits(box_ids: Sequence[str] | pd.Series, history: PatrolHistory, rules: Rules,
                minutes: float | None = None) -> Iterator[tuple[Bools, str]]:
    """Give (applies to each box, reason) of every limit that one more patrol in the shift would break.

    The limits are the rest after a patrol, the most patrols in each window of days, and :func:`minute_limits`, where
    ``minutes`` is how long each stay of the patrol would be, the target if not given.
    """
    yield pd.Index(box_ids).isin(history.resting), RESTING
    for days in WINDOWS:
        share = "share" if "share" in history.patrols else None
        planned = most_in_window(box_ids, history.patrols, rules["shift_date"], days, share)
        yield planned + 1 > rules[f"window_{days}_hard"] + NEARLY, f"most patrols in {days} days reached"
    yield from minute_limits(box_ids, history, rules, rules["target_minutes"] if minutes is None else minutes)


def minute_limits(box_ids: Sequence[str] | pd.Series, history: PatrolHistory, rules: Rules,
                  minutes: float) -> Iterator[tuple[Bools, str]]:
    """As :func:`hard_limits`, of the delivered minutes alone.

    A window's limit is its most patrols, each with its returns and each stay at its longest on target
    (``on_target_high``); a box that had nothing delivered cannot have reached it.
    """
    stays = 1 + rules["returns"]
    for days in WINDOWS:
        delivered = most_in_window(box_ids, history.minutes, rules["shift_date"], days, "minutes")
        most = rules[f"window_{days}_hard"] * stays * rules["on_target_high"]
        full = (delivered > 0) & (delivered + stays * minutes > most + NEARLY)
        yield full, f"most minutes in {days} days reached"


def most_in_window(box_ids: Sequence[str] | pd.Series, events: pd.DataFrame, shift_date: str, days: int,
                   amount: str | None = None) -> Floats:
    """Give per box the largest sum of ``amount`` (1 each if not given) over ``days`` dates that hold ``shift_date``.

    ``events`` has box_id and shift_date; rows of other boxes and dates are passed over.
    """
    place = pd.Index(box_ids).get_indexer(events["box_id"])
    codes, dates = pd.factorize(events["shift_date"])
    day = (np.asarray(dates, dtype="datetime64[D]") - np.datetime64(shift_date)).astype(int)[codes] + days - 1
    kept = (place >= 0) & (day >= 0) & (day < 2 * days - 1)
    weights = None if amount is None else np.asarray(events[amount], dtype=float)[kept]
    cells = np.bincount(place[kept] * (2 * days - 1) + day[kept], weights, len(box_ids) * (2 * days - 1))
    sums = np.cumsum(np.pad(cells.reshape(len(box_ids), -1), ((0, 0), (1, 0))), axis=1)
    return (sums[:, days:] - sums[:, :-days]).max(axis=1, initial=0.0)


def window_blocks(dates: Sequence[str] | pd.Series, shift_date: str) -> Ints:
    """Number the dates so that two with the same number lie in the same windows, of those that can be the fullest.

    A window that holds ``shift_date`` can be moved until it ends on that date or on a later one of ``dates`` without
    losing any of them; so only the beginnings of those windows part the dates before.

    Parameters
    ----------
    dates : sequence of str
        ISO dates of what is to be summed.
    shift_date : str

    Returns
    -------
    numpy.ndarray of int
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    here = np.datetime64(shift_date, "D")
    ends = np.unique(np.append(days[days > here], here))
    begins = np.concatenate([ends - np.timedelta64(length - 1, "D") for length in WINDOWS])
    parts = np.unique(np.concatenate([begins[begins <= here], ends + np.timedelta64(1, "D")]))
    return np.searchsorted(parts, days, side="right")
