"""Chances under caps: from the harm of boxes to the inclusion probability of each, caps and share caps never bent."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .draw import NEARLY, by_name

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Floats, Ints, Objects


@dataclass(frozen=True)
class Shortfall:
    """A beat whose boxes cannot all be drawn: its caps allow fewer. Without a beat: a district, or the whole shift."""

    beat: str
    asked: float
    possible: float
    boxes: int
    quiet: int = 0
    """Boxes that had less than the least chance."""
    district: str = ""

    @property
    def sentence(self) -> str:
        """What is short, and by how much."""
        where = f"Beat {self.beat}: " if self.beat else f"District {self.district}: " if self.district else "In all, "
        few = f"{where}{self.asked:.4g} box{' was' if self.asked == 1 else 'es were'} asked for"
        if not self.boxes:
            return f"{few}, but no box may be drawn there, so none is."
        may = "the one box" if self.boxes == 1 else f"the {self.boxes} boxes"
        if self.quiet:
            return (f"{few}; {self.quiet} of {may} that may be drawn had too small a chance and get their part of the "
                    f"lower-risk share alone, so {self.possible:.3g} are expected.")
        most = "" if self.beat else "beats have no more than their most, and "
        return (f"{few}, but {most}{may} that may be drawn may each be patrolled only so often, which allows "
                f"{self.possible:.3g} on average, {self.asked - self.possible:.3g} fewer.")


def inclusion_probabilities(harm: ArrayLike, beat: ArrayLike, boxes_per_beat: float | Mapping[str, float],
                            cap: ArrayLike, *, lower_risk_share: float = 0.1, focus: float = 2.0,
                            eligible: ArrayLike | None = None) -> tuple[Floats, list[Shortfall]]:
    """Give each box its chance of being drawn: ``min(cap, max(floor, k * harm ** focus))``, k solved for each beat.

    Parameters
    ----------
    harm : array of n float
        At least 0; NaN (no forecast) counts as 0.
    beat : array of n str
        Boxes with ``None`` get no chance.
    boxes_per_beat : float or mapping of beat to float
        Expected number of boxes drawn in a beat.
    cap : float or array of n float
        Largest chance of a box, 0 to 1.
    lower_risk_share : float
        Share of a beat's boxes that is spread evenly: floor = share * boxes / eligible boxes.
    focus : float
        0 = equal chances, larger = chances follow harm more strongly.
    eligible : array of n bool, optional
        Boxes that may be drawn; all if not given.

    Returns
    -------
    probability : numpy.ndarray
        Sums to the beat's boxes over the eligible boxes of each beat, or to the sum of their caps where that is less.
        Under one cap, equal harm gets equal chance and more harm never less.
    shortfalls : list of Shortfall
        The beats where the caps allow less than was asked for.
    """
    harm = np.asarray(harm, dtype=float)
    harm = np.where(np.isnan(harm), 0.0, harm)
    if not ((harm >= 0) & np.isfinite(harm)).all():
        raise ValueError("Harm must be a finite number, at least 0.")
    beat = np.asarray(beat, dtype=object)
    cap = np.broadcast_to(np.asarray(cap, dtype=float), harm.shape)
    may = pd.notna(beat)
    named = by_name(beat)
    if eligible is not None:
        may &= np.asarray(eligible, dtype=bool)
    probability, shortfalls = np.zeros(harm.size), []
    for name, own in named.items():
        asked = float(boxes_per_beat[name] if hasattr(boxes_per_beat, "__getitem__") else boxes_per_beat)
        members = own[may[own]]
        possible = float(cap[members].sum())
        if possible < asked - 1e-9:
            shortfalls.append(Shortfall(name, asked, possible, members.size))
        if possible <= asked:
            probability[members] = cap[members]
        elif asked > 0:
            floor = np.minimum(lower_risk_share * asked / members.size, cap[members])
            probability[members] = level_between(weights_of(harm[members], focus), floor, cap[members], asked)
    return probability, shortfalls


@dataclass(frozen=True)
class LimitedNeighbourhood:
    """A neighbourhood held to its largest share of a shift's boxes."""

    neighbourhood: str
    expected: float
    allowed: float

    @property
    def sentence(self) -> str:
        """What it would have had and what it may have."""
        return (f"Neighbourhood {self.neighbourhood}: {self.expected:.3g} boxes would have been expected, its share "
                f"cap allows {self.allowed:.3g}; the rest went to other neighbourhoods of the same beats.")


def share_caps(chances_under: Callable[[Floats], Floats], beat: ArrayLike, neighbourhood: ArrayLike,
               shares: Mapping[str, float], asked: float,
               cap: ArrayLike) -> tuple[Floats, list[LimitedNeighbourhood]]:
    """Lower the caps of boxes so that no neighbourhood expects more than its share of the boxes asked for.

    One neighbourhood after the other that expects too much is held to exactly its share: in each beat its chances are
    scaled down, in all beats alike as far as other boxes of the beat can take over, and kept as caps; then the beats
    are filled again. A neighbourhood held once stays held, so this ends. Where the other boxes cannot take over all of
    it, the beat falls short; whoever works out the chances then says so.

    Parameters
    ----------
    chances_under : function
        Gives the chance of each box under caps (an array of n).
    beat, neighbourhood : arrays of n str
        None for boxes in none; those are not limited.
    shares : mapping of str to float
        Largest share of each limited neighbourhood, 0 to 1.
    asked : float
        Boxes of the whole shift that were asked for.
    cap : float or array of n float
        Largest chance of a box.

    Returns
    -------
    cap : numpy.ndarray
    limited : list of LimitedNeighbourhood
    """
    beat, neighbourhood = np.asarray(beat, dtype=object), np.asarray(neighbourhood, dtype=object)
    cap = np.broadcast_to(np.asarray(cap, dtype=float), beat.shape).copy()
    members = {name: np.flatnonzero(neighbourhood == name) for name in sorted(shares)}
    limited = []
    for _ in shares:
        chance = chances_under(cap)
        excess = {name: chance[places].sum() - shares[name] * asked for name, places in members.items()}
        name = max(excess, key=excess.__getitem__)
        if excess[name] <= NEARLY:
            break
        places = members[name]
        limited.append(LimitedNeighbourhood(name, chance[places].sum(), shares[name] * asked))
        cap[places] = _scaled_down(chance, cap, beat, places, excess[name])
    return cap, limited


def _scaled_down(chance: Floats, cap: Floats, beat: Objects, places: Ints, excess: float) -> Floats:
    """The chances of ``places``, scaled beat by beat so that together they are lower by ``excess``."""
    beats = sorted(set(beat[places][chance[places] > 0]))
    held = np.array([chance[places[beat[places] == name]].sum() for name in beats])
    others = np.setdiff1d(np.arange(chance.size), places)
    slack = np.array([(cap - chance)[others[beat[others] == name]].sum() for name in beats])
    possible = np.minimum(held, np.maximum(slack, 0.0))
    if possible.sum() > excess:
        taken = _level(held, np.zeros(held.size), possible, excess)
    else:  # no beat can be kept whole: what is missing is taken from all alike
        taken = possible + (held - possible) * (excess - possible.sum()) / max((held - possible).sum(), NEARLY)
    factor = dict(zip(beats, np.maximum(1 - taken / held, 0.0)))
    return chance[places] * np.array([factor.get(name, 1.0) for name in beat[places]])


def weights_of(harm: Floats, focus: float) -> Floats:
    """Give harm ** focus (n, of harms of at least 0) relative to the greatest.

    The same number for the same harm, never less for more; 0 where it would be too small to reckon with.
    """
    values, which = np.unique(harm, return_inverse=True)
    with np.errstate(under="ignore"):
        powers = np.power(values / max(values[-1], np.finfo(float).tiny), focus)
    powers[powers < 1e-300] = 0.0
    return np.maximum.accumulate(powers)[which]


def level_between(weight: Floats, floor: Floats, cap: Floats, total: float) -> Floats:
    """Give terms min(cap, max(floor, k * weight)) that sum to ``total``.

    Parameters
    ----------
    weight : array of n float
        At least 0. Where every term with a weight stands at its cap and the sum is still short, the floor of the terms
        without weight is raised instead.
    floor, cap : arrays of n float
        floor <= cap, and sum(floor) <= total < sum(cap).
    total : float
    """
    rising = weight > 0
    short = cap[rising].sum() + floor[~rising].sum() < total
    filled = np.where(rising, cap, floor)
    part = ~rising if short else rising
    if part.any():
        filled[part] = _level(np.ones(part.sum()) if short else weight[part], floor[part], cap[part],
                              total - filled[~part].sum())
    return filled


def _level(weight: Floats, floor: Floats, cap: Floats, total: float) -> Floats:
    """Solve for k, exactly: the sum is linear between the moments at which a box begins to rise or stops at its cap."""
    def terms(k: float) -> Floats:
        return np.minimum(cap, np.maximum(floor, k * weight))

    turns = np.sort(np.concatenate([floor / weight, cap / weight]))
    below, above = 0, turns.size - 1
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if terms(turns[middle]).sum() < total else (below, middle)
    inside = (turns[below] + turns[above]) / 2
    rises = (inside * weight > floor) & (inside * weight < cap)
    if not rises.any():
        return terms(turns[above])
    return terms((total - terms(inside)[~rises].sum()) / weight[rises].sum())
