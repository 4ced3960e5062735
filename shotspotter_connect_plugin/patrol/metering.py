"""Metering: from expected harm to chances under caps, from chances to a drawn plan.

Everything here is a function of arrays and frames; ``workspace/steps/shift_draw.py`` reads and writes them. The chances
themselves are in ``chances.py``, the limits of boxes in ``limits.py``; both are used through this module.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ConnectError, some
from ..forecast.box_ids import corners_of
from .beat_shares import (LEAST, LEAST_CHANCE, MOST, OWN_ASKED, OWN_BOXES, OWN_MOST, BeatRule, boxes_asked,
                          boxes_of_beats, caps_of_quiet, caps_under_shares, chances_of_shift, fixed_boxes,
                          most_of_beats, with_quiet)
from .chances import LimitedNeighbourhood, Shortfall, inclusion_probabilities, share_caps
from .districts import PER_SHIFT, boxes_in_all, district_of_beats, district_rules, districts_of_boxes, totals_shared
from .draw import NEARLY, pivotal
from .draw_record import FORMAT, WITH_DISTRICTS, hash_of_inputs
from .harm_bound import harm_upper_bound
from .limits import (GROUND, MOSTLY_WATER, NO_STREET, RESTING, SUPPRESSED, WINDOWS, PatrolHistory, box_caps,
                     hard_limits, is_ground, may_be_drawn, minute_limits, most_in_window, never_drawn,
                     unreachable_share, window_blocks)
from .pacing import PACE
from .rounds import visit_order
from .seeds import Uniforms

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Bools
    from .draw_record import Rules
    from .patrol_frames import (ChancesOfBoxes, CrimeWeights, DrawInputs, DrawnBoxes, DrawnPlaces, Forecasts, HarmByBox,
                                MeteredBoxes, PlannedPatrols, TimedPatrols)
    from .rounds import Ways

__all__ = [
    "GROUND", "MOSTLY_WATER", "NEARLY", "NO_STREET", "RESTING", "SUPPRESSED", "WINDOWS", "DrawnShift", "HarmReached",
    "LimitedNeighbourhood", "PatrolHistory", "ShareCapRule", "Shortfall", "box_caps", "draw_from_chances",
    "draw_shift", "hard_limits",
    "harm_by_box", "harm_reached", "inclusion_probabilities", "is_ground",
    "may_be_drawn", "minute_limits", "most_boxes",
    "most_in_window", "never_drawn", "patrols_of_draw", "rounds_too_long", "rules_of", "share_caps", "shares_of",
    "shortfalls_of",
    "unreachable_share", "visit_order", "window_blocks"]


def harm_by_box(forecasts: Forecasts, crime_types: CrimeWeights) -> HarmByBox:
    """Sum the forecasts of one shift into harm per box.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        box_id, crime_type, expected, low, high (events in the shift).
    crime_types : pandas.DataFrame
        crime_type, severity, effectiveness, in the order that decides ties; other types are left out.

    Returns
    -------
    pandas.DataFrame
        By box_id: harm = sum of expected * severity * effectiveness; crime_type, the one with the largest share of it;
        chance = 1 - exp(-sum of expected) of at least one event of any type, if events come one by one,
        with chance_low and chance_high from the sums of low and high. Those treat the types' errors as if all went the
        same way, so the interval is rather too wide than too narrow.
    """
    order = {code: place for place, code in enumerate(crime_types["crime_type"])}
    known = forecasts[forecasts["crime_type"].isin(order)].merge(
        crime_types[["crime_type", "severity", "effectiveness"]], on="crime_type")
    known = known.assign(harm=known["expected"] * known["severity"] * known["effectiveness"],
                         place=known["crime_type"].map(order)).sort_values(["box_id", "place"], kind="stable")
    sums = known.groupby("box_id")[["harm", "expected", "low", "high"]].sum(min_count=1)
    dominant = known.sort_values("harm", ascending=False, kind="stable").drop_duplicates("box_id")
    return pd.DataFrame({
        "harm": sums["harm"], "crime_type": dominant.set_index("box_id")["crime_type"].reindex(sums.index),
        "chance": -np.expm1(-sums["expected"]), "chance_low": -np.expm1(-sums["low"]),
        "chance_high": -np.expm1(-sums["high"])})


_SHARE_CAP = "share_cap: "


@dataclass(frozen=True)
class ShareCapRule:
    """The rule of a draw that holds a neighbourhood to its largest share of the boxes."""

    neighbourhood: str

    @property
    def name(self) -> str:
        """Under which the rules of a draw hold it."""
        return _SHARE_CAP + self.neighbourhood

    @classmethod
    def of(cls, name: str) -> ShareCapRule | None:
        """The rule of a name; None for any other rule."""
        return cls(name[len(_SHARE_CAP):]) if name.startswith(_SHARE_CAP) else None


def rules_of(settings: Any, shift_date: str, shift: str, number: int, *, boxes: float | None = None,
             cap: float | None = None, shares: Mapping[str, float] | None = None) -> dict[str, Any]:
    """Give the settings in force for one draw as a flat mapping of text and numbers.

    ``number`` is 1 for the first draw of a shift, 2 for the next: the same seed then gives other numbers. ``boxes``
    (in every beat) and ``cap`` replace the settings where given. ``shares`` maps neighbourhoods to their share caps.
    Where the units of a beat have no minutes for so many boxes, ``boxes_per_beat`` is what they have minutes for, and
    ``boxes_asked`` what was asked. Rules that settings of 0 leave out are not named.
    """
    numbers = _of_beats(settings, shift, boxes)
    boxes = settings.boxes_per_beat if boxes is None else boxes
    cap = settings.cap if cap is None else cap
    if not boxes >= 0:
        raise ConnectError("The number of boxes per beat must be 0 or more.", f"boxes={boxes}")
    if not 0 < cap <= 1:
        raise ConnectError("The cap must be a chance above 0 and at most 1.", f"cap={cap}")
    names = ["lower_risk_share", "focus", "cool_down_shifts", "min_inside", "min_land", "target_minutes",
             "on_target_high", "returns"]
    names += [f"window_{days}_{kind}" for days in WINDOWS for kind in ("expected", "hard")]
    return {"format": WITH_DISTRICTS if district_of_beats(numbers) else FORMAT, "shift_date": shift_date,
            "shift": shift, "draw": number, "boxes_asked": boxes,
            "boxes_per_beat": min(boxes, most_boxes(settings)), "cap": cap,
            **{name: getattr(settings, name) for name in names}, **numbers,
            **{name: getattr(settings, name) for name in (LEAST_CHANCE, PACE) if getattr(settings, name)},
            **{ShareCapRule(name).name: share for name, share in (shares or {}).items()}}


def _of_beats(settings: Any, shift: str, boxes: float | None) -> dict[str, Any]:
    """What the rules of a draw hold about totals that beats share, their districts, and about single beats.

    ``boxes`` in every beat, where given, is instead of the numbers of boxes of the settings.
    """
    shared = boxes is None and boxes_in_all(settings.boxes_per_shift) > 0
    usual = settings.boxes_per_beat if boxes is None else boxes
    limit = settings.most_per_beat or np.inf
    rules: dict[str, Any] = {}
    if shared:
        rules.update({PER_SHIFT: boxes_in_all(settings.boxes_per_shift), LEAST: settings.least_per_beat},
                     **district_rules(settings))
        if np.isfinite(min(limit, most_boxes(settings))):
            rules[MOST] = min(limit, most_boxes(settings))
    for beat in sorted({*settings.beat_boxes, *settings.beat_units}):
        own = _in_shift(settings.beat_boxes.get(beat), shift) if boxes is None else None
        units = _in_shift(settings.beat_units.get(beat), shift)
        can = most_boxes(settings, units)
        if shared and own is None:
            if units is not None:
                rules[BeatRule(OWN_MOST, beat).name] = min(limit, can)
            continue
        asked = usual if own is None else own
        rules[BeatRule(OWN_BOXES, beat).name] = min(asked, can)
        if can < asked:
            rules[BeatRule(OWN_ASKED, beat).name] = asked
    return rules


def _in_shift(number: float | Mapping[str, float] | None, shift: str) -> float | None:
    """A number of a beat, which may be one by shift; None where nothing is said."""
    return number.get(shift) if isinstance(number, Mapping) else number


def most_boxes(settings: Any, units: float | None = None) -> float:
    """Boxes per beat and shift for which ``units`` have minutes.

    If not given they are ``units_per_beat``, and boxes infinite where that is 0. A box costs its target minutes and
    the way to it, once and once more for each return. The way is the one that settings reckon with, since nobody knows
    before the draw which boxes it will lead to; :func:`rounds_too_long` tells afterwards where it was not enough.
    """
    if units is None and not settings.units_per_beat:
        return np.inf
    each = (1 + settings.returns) * (settings.target_minutes + settings.travel_minutes)
    return int((settings.units_per_beat if units is None else units) * settings.minutes_per_unit / each + NEARLY)


def rounds_too_long(patrols: TimedPatrols, settings: Any, shift: str) -> dict[str, tuple[float, float]]:
    """Beat -> (minutes that its round takes with the drives, minutes that its units have), where it takes more.

    ``patrols`` has beat, target_minutes, returns and travel_minutes, NaN where no way is known: those count as none.
    Beats whose boxes no units limit are left out.
    """
    found = {}
    for beat, group in patrols.groupby("beat"):
        units = _in_shift(settings.beat_units.get(beat), shift)
        units = (settings.units_per_beat or None) if units is None else units
        if units is None:
            continue
        each = group["target_minutes"] + group["travel_minutes"].astype(float).fillna(0.0)
        needed, there = float(((1 + group["returns"]) * each).sum()), float(units * settings.minutes_per_unit)
        if needed > there + NEARLY:
            found[str(beat)] = needed, there
    return found


@dataclass(frozen=True)
class HarmReached:
    """Harm that the chances of a draw cover in expectation, and the most that any chances could; None without scipy."""

    reached: float
    most: float | None

    @property
    def sentence(self) -> str:
        """Both in one sentence; empty where there is nothing to compare with."""
        if not self.most:
            return ""
        return (f"The chances cover {100 * self.reached / self.most:.0f} % of the most harm that could be covered "
                f"under the same limits ({self.reached:.3g} of {self.most:.3g}).")


def harm_reached(boxes: DrawInputs, rules: Rules,
                 neighbourhood: ArrayLike | None = None) -> HarmReached:
    """Compare the chances of a draw with the linear program over them.

    Parameters
    ----------
    boxes : pandas.DataFrame
        As ``draw_boxes`` keeps them: beat, harm, eligible, cap, inclusion_probability.
    rules : mapping
        See :func:`rules_of`.
    neighbourhood : sequence of str, optional
        Of each box; needed where the rules hold share caps.

    Returns
    -------
    HarmReached
    """
    harm, shares = boxes["harm"].fillna(0.0), shares_of(rules)
    cap = boxes["cap"]
    if shares:  # the program holds the shares itself, so caps that were lowered for them are lifted again
        held = boxes["eligible"].astype(bool) & pd.Series(neighbourhood, index=boxes.index).isin(list(shares))
        cap = cap.where(~held, rules["cap"])
    reached, beats = float((boxes["inclusion_probability"] * harm).sum()), set(boxes["beat"].dropna())
    district = districts_of_boxes(boxes["beat"], rules)
    most = harm_upper_bound(
        harm, boxes["beat"], most_of_beats(rules, beats), cap, neighbourhood, shares, boxes_asked(rules, beats),
        district, None if district is None else {total.district: total.boxes for total in totals_shared(rules, beats)})
    return HarmReached(reached, most)


def shortfalls_of(boxes: DrawInputs, rules: Rules) -> list[Shortfall]:
    """The :class:`Shortfall` of each beat, or shift, of a stored draw whose caps allowed less than was asked for."""
    eligible = boxes["eligible"].astype(bool)
    cap = boxes["cap"].where(eligible, 0.0)
    if rules.get(PER_SHIFT):
        short = boxes_of_beats(boxes["harm"], boxes["beat"], cap, eligible, rules)[1]
        return with_quiet(short, boxes["beat"], cap, eligible, rules)
    by_beat, count = cap.groupby(boxes["beat"]).sum(), eligible.groupby(boxes["beat"]).sum()
    asked = fixed_boxes(rules, by_beat.index)
    short = [Shortfall(beat, asked[beat], float(possible), int(count[beat])) for beat, possible in by_beat.items()
             if possible < asked[beat] - NEARLY]
    return with_quiet(short, boxes["beat"], cap, eligible, rules)


@dataclass(frozen=True)
class DrawnShift:
    """One draw: every box as ``draw_boxes`` keeps it, the reserve by beat, what could not be had or was limited."""

    boxes: DrawnBoxes
    reserve: dict[str, list[str]]
    inputs_hash: str
    shortfalls: list[Shortfall]
    limited: list[LimitedNeighbourhood]
    harm_reached: HarmReached


def draw_shift(boxes: MeteredBoxes, harm: pd.Series, history: PatrolHistory, rules: Rules, seed: str) -> DrawnShift:
    """Draw one shift: eligibility, chances, lottery.

    Parameters
    ----------
    boxes : pandas.DataFrame
        box_id, beat, inside, of ``GROUND`` what is known, and neighbourhood where the rules hold share caps.
    harm : pandas.Series
        Harm by box_id; boxes that lack in it are not eligible.
    history : PatrolHistory
    rules : mapping
        See :func:`rules_of`.
    seed : str

    Returns
    -------
    DrawnShift
        Boxes in the order of their ids as text.
    """
    boxes = boxes.sort_values("box_id", ignore_index=True)
    _check_districts(boxes["beat"], rules)
    harm = harm.reindex(boxes["box_id"]).to_numpy(dtype=float)
    table = pd.concat([boxes[["box_id", "beat"]].assign(harm=harm), box_caps(boxes, harm, history, rules)], axis=1)
    table["cap"] = caps_of_quiet(harm, table["beat"], table["cap"], table["eligible"], rules)
    shares = shares_of(rules)
    limited: list[LimitedNeighbourhood] = []
    around = boxes["neighbourhood"] if shares else None
    if around is not None:
        table["cap"], limited = caps_under_shares(harm, table["beat"], table["cap"], table["eligible"], rules, around,
                                                  shares)
    table["inclusion_probability"], shortfalls = chances_of_shift(
        harm, table["beat"], table["cap"], table["eligible"], rules)
    inputs_hash = hash_of_inputs(rules, table)
    table["draw_rank"], table["selected"], reserve = draw_from_chances(table, seed, inputs_hash, rules)
    return DrawnShift(table, reserve, inputs_hash, shortfalls, limited, harm_reached(table, rules, around))


def _check_districts(beat: ArrayLike, rules: Rules) -> None:
    """Raise a ConnectError where there are districts and a beat is in none: it would never get a box, in silence."""
    by_beat = district_of_beats(rules)
    lost = sorted({name for name in np.asarray(beat, dtype=object) if pd.notna(name)} - set(by_beat)) if by_beat else []
    if lost:
        raise ConnectError(f"There are districts, and {some(lost)} is in none of them; “Configure workspace” gives "
                           "every beat its district.")


def shares_of(rules: Rules) -> dict[str, float]:
    """The share caps in the rules of a draw, by neighbourhood."""
    found = ((ShareCapRule.of(name), share) for name, share in rules.items())
    return {rule.neighbourhood: share for rule, share in found if rule is not None}


def draw_from_chances(table: ChancesOfBoxes, seed: str, inputs_hash: str,
                      rules: Rules | None = None) -> tuple[Any, Bools, dict[str, list[str]]]:
    """Draw from stored probabilities.

    Parameters
    ----------
    table : pandas.DataFrame
        box_id, beat, inclusion_probability, in the order of box_id.
    seed, inputs_hash : str
    rules : mapping, optional
        Those of the draw, which tell the district of each beat where there are districts.

    Returns
    -------
    draw_rank : array of Int64
        1 for the box decided first, then the reserve; NA for boxes without a chance.
    selected : array of bool
    reserve : dict
        Box ids in reserve order by beat.
    """
    col, row = corners_of(table["box_id"])
    drawn = pivotal(table["inclusion_probability"], col, row, table["beat"], Uniforms(seed, inputs_hash),
                    districts_of_boxes(table["beat"], rules or {}))
    order = np.concatenate([drawn.selected, drawn.reserve])
    rank = pd.array([pd.NA] * len(table), dtype="Int64")
    rank[order] = np.arange(1, order.size + 1)
    selected = np.zeros(len(table), dtype=bool)
    selected[drawn.selected] = True
    waiting = table.iloc[drawn.reserve]
    reserve = {name: group["box_id"].tolist() for name, group in waiting.groupby("beat", sort=True)}
    return rank, selected, reserve


def patrols_of_draw(drawn_boxes: DrawnPlaces, by_box: HarmByBox, rules: Rules,
                    ways: Ways | None = None) -> PlannedPatrols:
    """Make patrols of the drawn boxes.

    Parameters
    ----------
    drawn_boxes : pandas.DataFrame
        The selected rows of a draw.
    by_box : pandas.DataFrame
        As :func:`harm_by_box` gives it.
    rules : mapping
    ways : mapping, optional
        Ways by street between the drawn boxes, which the order of visits follows.

    Returns
    -------
    pandas.DataFrame
        Columns of ``patrols`` except ids and shift, by beat and visit order.
    """
    patrols = drawn_boxes[["box_id", "beat", "harm", "inclusion_probability"]].join(
        by_box[["crime_type", "chance", "chance_low", "chance_high"]], on="box_id")
    patrols = patrols.assign(target_minutes=float(rules["target_minutes"]), visit_order=visit_order(patrols, ways),
                             returns=int(rules["returns"]), origin="drawn", status="planned", version=1)
    return patrols.sort_values(["beat", "visit_order"], ignore_index=True)
