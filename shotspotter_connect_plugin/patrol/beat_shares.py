"""How many boxes each beat expects in a shift: the same for all, a number of its own, or its part of one total.

The total, of the whole shift or of each district, is shared in proportion to harm: a beat expects
``k`` times the sum of harm of its boxes that may be drawn, held between the least and the most of a beat, k solved so
that the beats sum to the total. A single k over all boxes of
``min(cap, k * harm ** focus)`` would cover more in a first shift; over weeks, when rest and the windows of days have
taken the busiest boxes out, it covers no more (docs/metering.md), and a sum can be checked by hand.
"""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .chances import LimitedNeighbourhood, Shortfall, inclusion_probabilities, level_between, share_caps, weights_of
from .districts import PER_SHIFT, districts_of_boxes, totals_shared
from .draw import NEARLY

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Bools, Floats
    from .draw_record import Rules

LEAST, MOST = "least_per_beat", "most_per_beat"
LEAST_CHANCE = "least_chance"
OWN_BOXES, OWN_ASKED, OWN_MOST = "beat_boxes", "beat_asked", "beat_most"


@dataclass(frozen=True)
class BeatRule:
    """A rule of a draw about one beat alone: its boxes, what was asked for it, or the most it may have."""

    kind: str
    beat: str

    @property
    def name(self) -> str:
        """Under which the rules of a draw hold it."""
        return f"{self.kind}: {self.beat}"

    @classmethod
    def of(cls, name: str) -> BeatRule | None:
        """The rule of a name; None for any other rule."""
        kind, colon, beat = name.partition(": ")
        return cls(kind, beat) if colon and kind in (OWN_BOXES, OWN_ASKED, OWN_MOST) else None


def own_numbers(rules: Rules, kind: str) -> dict[str, float]:
    """The numbers by beat that the rules of a draw hold of one kind (``OWN_BOXES``, ``OWN_ASKED`` or ``OWN_MOST``)."""
    found = ((BeatRule.of(name), number) for name, number in rules.items())
    return {rule.beat: float(number) for rule, number in found if rule is not None and rule.kind == kind}


def fixed_boxes(rules: Rules, beats: Collection[str]) -> dict[str, float]:
    """The boxes of each beat whose number does not depend on harm: all of them, or those with a number of their own."""
    own, names = own_numbers(rules, OWN_BOXES), sorted(beats)  # sums over them are the same to the bit in every process
    if rules.get(PER_SHIFT):
        return {name: own[name] for name in names if name in own}
    return {name: own.get(name, float(rules["boxes_per_beat"])) for name in names}


def most_of_beats(rules: Rules, beats: Collection[str]) -> dict[str, float]:
    """The most boxes that each beat may expect, whatever its harm; infinite where nothing but caps limits it."""
    fixed, own = fixed_boxes(rules, beats), own_numbers(rules, OWN_MOST)
    most = float(rules.get(MOST, np.inf))
    return {name: fixed.get(name, own.get(name, most)) for name in sorted(beats)}


def boxes_asked(rules: Rules, beats: Collection[str]) -> float:
    """The boxes of the whole shift that the rules ask for."""
    return float(rules.get(PER_SHIFT) or sum(fixed_boxes(rules, beats).values()))


def least_asked(rules: Rules, beats: Collection[str]) -> float:
    """What the least of beats, and the numbers of those that have their own, come to where a total is shared."""
    return sum(_least_of_beats(rules, beats).values())


def _least_of_beats(rules: Rules, beats: Collection[str]) -> dict[str, float]:
    fixed, most, least = fixed_boxes(rules, beats), most_of_beats(rules, beats), float(rules.get(LEAST, 0.0))
    return {name: min(fixed.get(name, least), most[name]) for name in sorted(beats)}


def boxes_of_beats(harm: ArrayLike, beat: ArrayLike, cap: ArrayLike, eligible: ArrayLike,
                   rules: Rules) -> tuple[dict[str, float], list[Shortfall]]:
    """How many boxes each beat expects.

    Parameters
    ----------
    harm : array of n float
        NaN counts as 0.
    beat : array of n str
        None for boxes in none.
    cap : array of n float
        Largest chance of each box.
    eligible : array of n bool
    rules : mapping
        See :func:`.metering.rules_of`.

    Returns
    -------
    boxes : dict of str to float
        By beat. Where a total is shared they sum to it, in each district to its own, or to what caps and the most of
        the beats allow.
    shortfalls : list of Shortfall
        Where a total is shared: what of it could not be had, in all or by district, and the beats whose caps allow less
        than their least.
        Else empty; :func:`.chances.inclusion_probabilities` then says which beats fall short.
    """
    beat = np.asarray(beat, dtype=object)
    names = sorted(set(beat[pd.notna(beat)]))
    if not rules.get(PER_SHIFT):
        return fixed_boxes(rules, names), []
    least, most = _least_of_beats(rules, names), most_of_beats(rules, names)
    may = pd.notna(beat) & np.asarray(eligible, dtype=bool)
    place = np.searchsorted(np.array(names, dtype=object), beat[may])
    caps = np.asarray(cap, dtype=float)[may]
    possible, count = (np.bincount(place, weights, len(names)) for weights in (caps, None))
    wanted = np.array([least[name] for name in names])
    highest = np.minimum([most[name] for name in names], possible)
    sums = np.bincount(place, np.nan_to_num(np.asarray(harm, dtype=float)[may]), len(names))
    shared, short = np.zeros(len(names)), []
    for total in totals_shared(rules, names):
        own = np.searchsorted(np.array(names, dtype=object), np.array(total.beats, dtype=object))
        shared[own] = _shared(total.boxes, sums[own], wanted[own], highest[own])
        if shared[own].sum() < total.boxes - NEARLY:
            short.append(Shortfall("", total.boxes, float(shared[own].sum()), int(count[own].sum()),
                                   district=total.district))
    short += [Shortfall(name, *numbers) for name, *numbers in zip(
        names, wanted.tolist(), possible.tolist(), count.astype(int).tolist()) if numbers[1] < numbers[0] - NEARLY]
    return dict(zip(names, shared.tolist())), short


def chances_of_shift(harm: ArrayLike, beat: ArrayLike, cap: ArrayLike, eligible: ArrayLike,
                     rules: Rules) -> tuple[Floats, list[Shortfall]]:
    """The chance of each box under its cap, by the rules of a draw, and what fell short of what they ask for.

    Takes what :func:`boxes_of_beats` takes; the chances within a beat are those of
    :func:`.chances.inclusion_probabilities`.
    """
    boxes, short = boxes_of_beats(harm, beat, cap, eligible, rules)
    chance, short_in_beats = inclusion_probabilities(
        harm, beat, boxes, cap, lower_risk_share=rules["lower_risk_share"], focus=rules["focus"], eligible=eligible)
    return chance, with_quiet(short + short_in_beats, beat, cap, eligible, rules)


def with_quiet(short: Iterable[Shortfall], beat: ArrayLike, cap: ArrayLike, eligible: ArrayLike,
               rules: Rules) -> list[Shortfall]:
    """The shortfalls with how many boxes of each had less than the least chance: their caps were lowered below it."""
    beat = np.asarray(beat, dtype=object)
    quiet = (np.asarray(eligible, dtype=bool) & pd.notna(beat)
             & (np.asarray(cap, dtype=float) < rules.get(LEAST_CHANCE, 0.0) - NEARLY))
    return [replace(item, quiet=int(quiet[of_shortfall(item, beat, rules)].sum())) for item in short]


def of_shortfall(item: Shortfall, beat: ArrayLike, rules: Rules) -> Bools:
    """Which boxes (n, by their beats) a shortfall is about."""
    beat = np.asarray(beat, dtype=object)
    if item.beat:
        return np.asarray(beat == item.beat, dtype=bool)
    district = districts_of_boxes(beat, rules) if item.district else None
    return np.ones(beat.size, dtype=bool) if district is None else np.asarray(district == item.district, dtype=bool)


def caps_of_quiet(harm: ArrayLike, beat: ArrayLike, cap: ArrayLike, eligible: ArrayLike, rules: Rules) -> Floats:
    """Give the caps (n), lowered to the lower-risk share where the chance of a box would be below ``least_chance``.

    What is taken from those boxes goes to the others of their beat or, where beats share a total, of the shift or
    district; those get no less than before. Takes what :func:`boxes_of_beats` takes.
    """
    cap = np.asarray(cap, dtype=float)
    if not rules.get(LEAST_CHANCE):
        return cap
    beat, may = np.asarray(beat, dtype=object), np.asarray(eligible, dtype=bool)
    boxes, _ = boxes_of_beats(harm, beat, cap, may, rules)
    chance, _ = chances_of_shift(harm, beat, cap, may, rules)
    floor = np.zeros(cap.size)
    for name, number in boxes.items():
        own = may & (beat == name)
        floor[own] = rules["lower_risk_share"] * number / max(own.sum(), 1)
    return np.where(may & (chance < rules[LEAST_CHANCE] - NEARLY), np.minimum(cap, floor), cap)


def caps_under_shares(harm: ArrayLike, beat: ArrayLike, cap: ArrayLike, eligible: ArrayLike, rules: Rules,
                      neighbourhood: ArrayLike, shares: Mapping[str, float]) -> tuple[
                          Floats, list[LimitedNeighbourhood]]:
    """The caps lowered until no neighbourhood expects more than its share; see :func:`.chances.share_caps`."""
    beats = set(np.asarray(beat, dtype=object)[pd.notna(beat)])
    return share_caps(lambda lowered: chances_of_shift(harm, beat, lowered, eligible, rules)[0], beat, neighbourhood,
                      shares, boxes_asked(rules, beats), cap)


def _shared(total: float, harm: Floats, wanted: Floats, most: Floats) -> Floats:
    """Numbers of beats up to ``most`` that sum to ``total``, each at least what is ``wanted`` as far as that can be."""
    least = np.minimum(wanted, most)
    if total >= most.sum():
        return most
    if total > least.sum():
        return level_between(weights_of(harm, 1.0), least, most, total)
    if total == least.sum():
        return least
    return level_between(wanted, np.zeros_like(least), least, total)  # all give up the same part of their least
