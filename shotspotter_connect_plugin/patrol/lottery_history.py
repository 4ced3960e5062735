"""One history of lotteries after the other over many past shifts, each under what those before it left.

It remembers no more than the 28 days that limits look back on, so a year of a large city takes no more memory than a
month. Where boxes are laid anew, what they had goes over to the new ones by the area they share, as in a real draw.
"""
from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .beat_shares import caps_of_quiet, caps_under_shares, chances_of_shift, fixed_boxes
from .districts import PER_SHIFT, districts_of_boxes, totals_shared
from .draw import NEARLY, Nearest, drawn_boxes
from .metering import WINDOWS, shares_of
from .pacing import DAYS, PACE, WeekOfHarm, paced_caps
from .seeds import Uniforms

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Bools, Floats, Ints, Objects
    from .draw_record import Rules
    from .patrol_frames import CapBoxes

_RESTS = 0.5
"""A box of which at least so much was patrolled in the shift before rests, as ``patrol_history`` has it."""


@dataclass(frozen=True)
class _Past:
    """One shift that was drawn: its day and code; chances, drawn shares and harm of the boxes (n)."""

    day: int
    code: str
    chance: Floats
    drawn: Floats
    harm: Floats


class LotteryHistory:
    """Draws shift by shift.

    Parameters
    ----------
    day : array of int
        Number of the date of each shift of the whole period, ascending.
    codes : array of str
        Of the shifts, for pacing.
    boxes : pandas.DataFrame
        col, row, beat (None where a box may not be drawn) and neighbourhood.
    cap : float
    rules : mapping
        As :func:`.metering.rules_of` gives them.
    seed : int or str
    """

    def __init__(self, day: Ints, codes: ArrayLike, boxes: CapBoxes, cap: float, rules: Rules, seed: int | str) -> None:
        self._day, self._codes = np.asarray(day), np.asarray(codes, dtype=object)
        self._cap, self._rules, self._seed = float(cap), rules, seed
        self._shares = shares_of(rules)
        names, times = np.unique(self._codes.astype(str), return_counts=True)
        per_week = DAYS / (int(self._day[-1] - self._day[0]) + 1)
        self._per_week = {str(name): per_week * int(count) for name, count in zip(names, times)}
        self._shift = 0
        self._past: deque[_Past] = deque()
        self._settle(boxes)

    def _settle(self, boxes: CapBoxes) -> None:
        self._boxes = boxes
        self._beat = boxes["beat"].to_numpy(object)
        self._in_beat = np.asarray(pd.notna(self._beat), dtype=bool)
        self._district = districts_of_boxes(self._beat, self._rules)
        self._nearest = Nearest(boxes["col"], boxes["row"], self._beat)

    def move(self, boxes: CapBoxes, of_new: Any, of_old: Any) -> None:
        """Go on with other boxes.

        Parameters
        ----------
        boxes : pandas.DataFrame
            The new boxes, as for the class.
        of_new, of_old : sparse matrices (new boxes, old boxes)
            The part of each new box's area that lies in an old one, and of each old box's area in a new one.
        """
        self._past = deque(_Past(past.day, past.code, of_new @ past.chance, of_new @ past.drawn, of_old @ past.harm)
                           for past in self._past)
        self._settle(boxes)

    def draw(self, harm: ArrayLike) -> tuple[Floats, Bools]:
        """Draw the next shift from the harm of its boxes (n): the chance of each, and whether it was drawn."""
        harm = np.asarray(harm, dtype=float)
        shift, rules, beat = self._shift, self._rules, self._beat
        day, code = int(self._day[shift]), str(self._codes[shift])
        while self._past and self._past[0].day <= day - max(WINDOWS):
            self._past.popleft()
        may, most = self._limits(day, harm.size)
        if rules.get(PACE):
            most = np.minimum(most, paced_caps(code, harm, self._week(day), rules))
        most = np.where(may, most, 0.0)
        most = caps_of_quiet(harm, beat, most, may, rules)
        if self._shares:
            most, _ = caps_under_shares(harm, beat, most, may, rules, self._boxes["neighbourhood"], self._shares)
        chance, _ = chances_of_shift(harm, beat, most, may, rules)
        uniforms = Uniforms(f"{self._seed}", f"{self._cap:g} {shift}")
        drawn = np.zeros(harm.size, dtype=bool)
        drawn[drawn_boxes(chance, self._boxes["col"], self._boxes["row"], beat, uniforms, self._district,
                          self._nearest)] = True
        self._past.append(_Past(day, code, chance, drawn.astype(float), harm))
        self._shift += 1
        return chance, drawn

    def _limits(self, day: int, boxes: int) -> tuple[Bools, Floats]:
        """Which boxes may be drawn on a day, and up to which chance."""
        rests = int(self._rules["cool_down_shifts"])
        resting = sum((past.drawn for past in list(self._past)[len(self._past) - min(rests, len(self._past)):]),
                      np.zeros(boxes))
        may, most = self._in_beat & (resting < _RESTS - NEARLY), np.full(boxes, self._cap)
        for days in WINDOWS:
            within = [past for past in self._past if past.day > day - days]
            left = self._rules[f"window_{days}_expected"] - sum((past.chance for past in within), np.zeros(boxes))
            planned = sum((past.drawn for past in within), np.zeros(boxes))
            may &= (left >= NEARLY) & (planned + 1 <= self._rules[f"window_{days}_hard"] + NEARLY)
            most = np.minimum(most, left)
        return may, most

    def _week(self, day: int) -> WeekOfHarm:
        """What is known of the week that ends with a day, as a draw would know it."""
        own: dict[str, list[Floats]] = {}
        for past in self._past:
            if past.day > day - DAYS:
                own.setdefault(past.code, []).append(past.harm)
        return WeekOfHarm(self._per_week, {code: len(harms) for code, harms in own.items()},
                          {code: np.sum(harms, axis=0) for code, harms in own.items()})


def always_most(worth: ArrayLike, beat: ArrayLike, number: float | dict[str, float]) -> Floats:
    """Give the share of each box that is taken when always those worth most are, without any limit.

    Parameters
    ----------
    worth : array of n float
        Such as harm.
    beat : array of n str
        None where a box may not be drawn.
    number : float or dict of beat to float
        Boxes of the shift, or of each beat; the last one counts in part where it is not whole.

    Returns
    -------
    numpy.ndarray
        (n,) from 0 to 1; of boxes worth the same the first ones.
    """
    worth, beat = np.asarray(worth, dtype=float), np.asarray(beat, dtype=object)
    share = np.zeros(worth.size)
    if isinstance(number, dict):
        groups = [(np.flatnonzero(beat == name), boxes) for name, boxes in number.items()]
    else:
        groups = [(np.flatnonzero(pd.notna(beat)), number)]
    for members, boxes in groups:
        order = members[np.argsort(-worth[members], kind="stable")]
        share[order] = np.clip(boxes - np.arange(order.size), 0.0, 1.0)
    return share


def most_harmful(harm: ArrayLike, beat: Objects, rules: Rules) -> Floats:
    """Give :func:`always_most` of harm for as many boxes as the rules ask for: of the shift, or of each district, where
    beats share a total, else of each beat."""
    if rules.get(PER_SHIFT):
        names, share = pd.Series(beat, dtype=object), np.zeros(len(beat))
        for total in totals_shared(rules, set(names.dropna())):
            share += always_most(harm, names.where(names.isin(total.beats), None), total.boxes)
        return share
    return always_most(harm, beat, fixed_boxes(rules, set(beat[pd.notna(beat)])))
