"""Check a recorded draw: does what is stored follow from the seed, the probabilities and the rules?"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ConnectError
from ..forecast.box_ids import corners_of
from .beat_shares import LEAST, LEAST_CHANCE, MOST, BeatRule, boxes_asked, chances_of_shift
from .districts import BOXES, OF_BEAT, PER_SHIFT, DistrictRule, districts_of_boxes
from .draw import NEARLY
from .draw_record import FORMAT, WITH_DISTRICTS, hash_of_inputs
from .metering import draw_from_chances, shares_of
from .pacing import PACE
from .rounds import travel_minutes, visit_order
from .seeds import hash_of

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Bools, Floats
    from .draw_record import Rules
    from .patrol_frames import DrawnBoxes

# Least and most of each rule that the settings allow at all (focus and minutes: far beyond any use), since a record may
# come from anybody.
_NUMBERS = {"boxes_per_beat": (0, np.inf), "cap": (0, 1), "lower_risk_share": (0, 1), "focus": (0, 100),
            "target_minutes": (0, 1440)}
_RULES = {"shift_date", "shift", *_NUMBERS}
# The same of rules that a draw need not have.
_MORE_NUMBERS = {PER_SHIFT: (0, np.inf), LEAST: (0, np.inf), MOST: (0, np.inf), LEAST_CHANCE: (0, 1), PACE: (0, 1)}
_SPEEDS = (1 - 1e-6, 150 + 1e-6)
"""Kilometres per hour between boxes that the settings allow at all; minutes are inexact in the last digits."""
_WRONG_SEED = "The seed does not give the recorded seed hash."
_NAMED = 10
"""Differences of one kind that are named one by one."""


def problems_of(draw: Mapping[str, Any], boxes: pd.DataFrame, patrols: pd.DataFrame, seed: str | None,
                commitments: pd.DataFrame, state: Mapping[str, Mapping[str, Any]], *,
                neighbourhood: Mapping[str, str | None] | None = None, size: float | None = None) -> list[str]:
    """Name everything in a recorded draw that does not fit.

    Parameters
    ----------
    draw : mapping
        A row of ``draws``.
    boxes : pandas.DataFrame
        Its rows of ``draw_boxes``.
    patrols : pandas.DataFrame
        The rows of ``patrols`` with its draw_id and origin drawn.
    seed : str or None
        The seed; None where it is not known, and then all that can be is checked without it.
    commitments : pandas.DataFrame
        The rows of ``commitments`` of its shift.
    state : mapping
        What draws and adjustments make of each patrol of the shift, as :func:`.adjustments.replayed` gives it.

    neighbourhood : mapping of str to str or None, optional
        Neighbourhood by box id, for share caps.
    size : float, optional
        Side of a box in metres, for the minutes of the ways between boxes.

    Returns
    -------
    list of str
        One sentence each; empty when everything fits.
    """
    boxes = boxes.sort_values("box_id", ignore_index=True)
    problems = _of_seed(draw, seed, commitments)
    malformed = _of_form(draw, boxes)
    if malformed:
        return problems + malformed
    try:
        corners_of([*boxes["box_id"], *patrols["box_id"]])
    except ConnectError as error:
        return problems + [error.user]
    for name in ("shift_date", "shift"):
        if draw["rules"][name] != draw[name]:
            problems.append(f"The {name} of the draw, {draw[name]}, is not that of its rules.")
    problems += _of_inputs(draw, boxes, seed, neighbourhood or {})
    problems += _of_patrols(draw, boxes, patrols, state)
    return problems + (_of_travel(draw, patrols, size) if size else [])


def problems_of_replay(draw: Mapping[str, Any], boxes: pd.DataFrame, patrolled: Sequence[str], seed: str) -> list[str]:
    """Name what shows that a draw is not what its seed gives; :func:`problems_of` without plan and publication.

    Parameters
    ----------
    draw, boxes, seed
        As for :func:`problems_of`, with a seed that is known.
    patrolled : sequence of str
        The boxes of its patrols of origin drawn, whatever became of them.
    """
    boxes = boxes.sort_values("box_id", ignore_index=True)
    problems = [] if hash_of(seed) == draw["seed_hash"] else [_WRONG_SEED]
    malformed = _of_form(draw, boxes)
    if malformed:
        return problems + malformed
    try:
        problems += _of_inputs(draw, boxes, seed, {})
    except ConnectError as error:  # a box id that is none
        return problems + [error.user]
    return problems + _without_patrol(boxes.loc[boxes["selected"].astype(bool), "box_id"], patrolled)


def _of_form(draw: Mapping[str, Any], boxes: pd.DataFrame) -> list[str]:
    """What is stored in a form in which no draw is written, so that nothing more can be checked."""
    rules, reserve = draw["rules"] or {}, draw["reserve"]
    if not isinstance(rules, dict):
        return ["The rules of the draw are not in the form in which they are written."]
    missing = _RULES - set(rules)
    if missing:
        return [f"The rules of the draw lack {', '.join(sorted(missing))}."]
    wrong = [name for name, value in sorted(rules.items()) if not isinstance(value, str) and not _is_number(value)]
    districts = {name: rule for name in sorted(rules) if (rule := DistrictRule.of(name))}
    wrong += [name for name, rule in districts.items() if rule.kind == OF_BEAT and not isinstance(rules[name], str)]
    limits = {**_NUMBERS, **{name: low_and_high for name, low_and_high in _MORE_NUMBERS.items() if name in rules},
              **{name: (0, np.inf) for name in sorted(rules) if BeatRule.of(name)},
              **{name: (0, np.inf) for name, rule in districts.items() if rule.kind == BOXES}}
    wrong += [name for name, (low, high) in limits.items()
              if name not in wrong and not (_is_number(rules[name]) and low <= rules[name] <= high)]
    problems = [f"The rule {name} of the draw is none that a draw can have." for name in wrong]
    if rules.get("format", FORMAT) not in (FORMAT, WITH_DISTRICTS):
        problems.append(f"The draw is of the form {rules['format']}, which this version does not know; use a newer.")
    if not isinstance(reserve, dict) or not all(
            isinstance(row, list) and all(isinstance(box, str) for box in row) for row in reserve.values()):
        problems.append("The reserve of the draw is not in the form in which it is written.")
    if not len(boxes):
        problems.append("None of the boxes of the draw is on record: they were removed, or their draw_id was changed.")
    for name in ("eligible", "selected", "cap"):
        problems += _named(f"has no entry in {name}", boxes, boxes[name].isna())
    return problems


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def _of_inputs(draw: Mapping[str, Any], boxes: DrawnBoxes, seed: str | None,
               neighbourhood: Mapping[str, str | None]) -> list[str]:
    impossible = _impossible(boxes)
    problems = impossible or _of_chances(draw, boxes) + _of_shares(draw["rules"], boxes, neighbourhood)
    try:
        hashed = hash_of_inputs(draw["rules"], boxes)
    except (ValueError, OverflowError):  # a text or number that no draw writes
        hashed = None
    if hashed != draw["inputs_hash"]:
        problems.append("The stored inputs do not give the recorded inputs hash: a rule, box, beat, harm, eligibility, "
                        "cap or probability was changed after the draw.")
    if seed is not None and not impossible:
        problems += _of_replay(draw, boxes, seed)
    return problems


def _of_seed(draw: Mapping[str, Any], seed: str | None, commitments: pd.DataFrame) -> list[str]:
    problems = []
    if seed is not None and hash_of(seed) != draw["seed_hash"]:
        problems.append(_WRONG_SEED)
    if draw["lottery"]:
        published = commitments[commitments["seed_hash"] == draw["seed_hash"]]
        if published.empty:
            problems.append("The hash of the seed was never published for this shift.")
        elif not (published["committed_utc"] <= pd.Timestamp(draw["drawn_utc"])).any():
            problems.append("The hash of the seed was published only after the draw.")
    return problems


def _impossible(boxes: DrawnBoxes) -> list[str]:
    chance, harm = boxes["inclusion_probability"].to_numpy(dtype=float), boxes["harm"].to_numpy(dtype=float)
    problems = _named("has a probability that is none", boxes, ~((chance >= 0) & (chance <= 1)))
    problems += _named("has a chance but no beat", boxes, boxes["beat"].isna() & (chance > 0))
    return problems + _named("has a harm that is none", boxes, (harm < 0) | np.isinf(harm))


def _of_chances(draw: Mapping[str, Any], boxes: DrawnBoxes) -> list[str]:
    """Caps, eligibility, sums, and whether the probabilities follow from harm by the published rule."""
    rules, chance = draw["rules"], boxes["inclusion_probability"].to_numpy(dtype=float)
    problems = _named("has a probability above its cap", boxes, chance > boxes["cap"] + NEARLY)
    problems += _named("has a cap above that of the rules", boxes, boxes["cap"] > rules["cap"] + NEARLY)
    problems += _named("is not eligible but has a chance", boxes, ~boxes["eligible"].astype(bool) & (chance > 0))
    expected, _ = chances_of_shift(boxes["harm"], boxes["beat"], boxes["cap"], boxes["eligible"].astype(bool), rules)
    district = districts_of_boxes(boxes["beat"], rules)
    of_all = "its beat" if not rules.get(PER_SHIFT) else "the shift" if district is None else "its district"
    problems += _named(f"has a probability that does not follow from the harms of {of_all}", boxes,
                       np.abs(expected - chance) > NEARLY)
    problems += _named("has less than the least chance and more than the lower-risk share", boxes,
                       _below_least(boxes, chance, rules))
    told = boxes.assign(chance=chance, district=district)
    for what, column, inexact in (("Beat", "beat", 1), ("District", "district", len(boxes))):
        problems += [f"{what} {name} has {drawn} boxes drawn, where {chances:.6g} were expected."
                     for name, chances, drawn in told.groupby(column)[["chance", "selected"]].sum().itertuples()
                     if not _floor_or_ceiling(drawn, chances, inexact)]
    of_beats = told[told["beat"].notna()]
    drawn, total = int(of_beats["selected"].sum()), float(of_beats["chance"].sum())
    if not _floor_or_ceiling(drawn, total, len(boxes)):
        problems.append(f"{drawn} boxes are drawn in all, where {total:.6g} were expected.")
    return problems


def _floor_or_ceiling(drawn: int, expected: float, inexact: int) -> bool:
    """Whether a number of drawn boxes is what was expected, rounded down or up, where so many sums may be inexact."""
    return bool(np.floor(expected + inexact * NEARLY) <= drawn <= np.ceil(expected - inexact * NEARLY))


def _below_least(boxes: DrawnBoxes, chance: Floats, rules: Rules) -> Bools:
    """Which chances are below the least one and neither at their lowered cap nor the lower-risk share of their beat."""
    eligible = boxes["eligible"].astype(bool)
    mean = boxes["inclusion_probability"].where(eligible).groupby(boxes["beat"]).transform("mean")
    floor = rules["lower_risk_share"] * mean.fillna(0.0).to_numpy(dtype=float)
    held = (chance > boxes["cap"] - NEARLY) | (chance < floor + NEARLY)
    return np.asarray(eligible & ~held & (chance < rules.get(LEAST_CHANCE, 0.0) - NEARLY), dtype=bool)


def _of_shares(rules: Rules, boxes: DrawnBoxes, neighbourhood: Mapping[str, str | None]) -> list[str]:
    """No neighbourhood expects more than its share of the boxes asked for."""
    expected = boxes["inclusion_probability"].groupby(boxes["box_id"].map(neighbourhood)).sum()
    asked = boxes_asked(rules, set(boxes["beat"].dropna()))
    return [f"Neighbourhood {name} has {expected[name]:.6g} boxes expected, above its share cap of {share:g}."
            for name, share in sorted(shares_of(rules).items())
            if name in expected.index and expected[name] > share * asked + len(boxes) * NEARLY]


def _of_replay(draw: Mapping[str, Any], boxes: DrawnBoxes, seed: str) -> list[str]:
    rank, selected, reserve = draw_from_chances(boxes, seed, draw["inputs_hash"], draw["rules"])
    stored = boxes["selected"].astype(bool).to_numpy()
    problems = _named("is drawn in the record but not in the replay", boxes, stored & ~selected)
    problems += _named("is drawn in the replay but not in the record", boxes, selected & ~stored)
    same = (boxes["draw_rank"].astype("Int64").fillna(0) == rank.fillna(0)).to_numpy(dtype=bool)
    problems += _named("has another rank than in the replay", boxes, ~same)
    if reserve != draw["reserve"]:
        problems.append("The reserve is in another order than in the replay.")
    if draw["size"] != selected.sum():
        problems.append(f"The size of the draw is recorded as {draw['size']}; the replay draws {selected.sum()}.")
    return problems


def as_drawn(draw: Mapping[str, Any], boxes: pd.DataFrame) -> dict[str, Any]:
    """The draw as :func:`.adjustments.replayed` takes it: its patrols as they were before any adjustment."""
    rules, reserve = ({} if not isinstance(draw[name], dict) else draw[name] for name in ("rules", "reserve"))
    minutes = rules.get("target_minutes")
    return {"draw_id": draw["draw_id"], "reserve": reserve,
            "patrols": {f"{draw['draw_id']}.{box}": {"box_id": box, "status": "planned", "target_minutes": minutes}
                        for box in boxes.loc[boxes["selected"].fillna(False).astype(bool), "box_id"]}}


def problems_of_adjusted(state: Mapping[str, Mapping[str, Any]], patrols: pd.DataFrame,
                         boxes: pd.DataFrame) -> list[str]:
    """Name every patrol that was added or topped up and is not what the adjustments make of it.

    Parameters
    ----------
    state : mapping
        As for :func:`problems_of`.
    patrols : pandas.DataFrame
        The rows of ``patrols`` of the shift whose origin is not drawn.
    boxes : pandas.DataFrame
        The rows of ``draw_boxes`` of all draws of the shift.
    """
    right = {key: patrol for key, patrol in state.items() if patrol["origin"] != "drawn"}
    problems = [f"Box {right[key]['box_id']} was put into the plan by an adjustment but has no patrol."
                for key in sorted(set(right) - set(patrols["patrol_id"]))]
    of_draw = boxes.set_index(["draw_id", "box_id"])[["beat", "harm", "inclusion_probability"]]
    for patrol in patrols.astype(object).where(patrols.notna(), None).to_dict("records"):
        if patrol["patrol_id"] not in right:
            problems.append(f"The patrol of box {patrol['box_id']} was {patrol['origin']} without an adjustment.")
            continue
        expected = right[patrol["patrol_id"]]
        place = (patrol["draw_id"], patrol["box_id"])
        if patrol["origin"] == "topped_up" and place in of_draw.index:
            expected = {**expected, **of_draw.loc[place].to_dict()}
        what = [name for name, value in expected.items() if patrol.get(name) != value]
        if what:
            problems.append(f"The patrol of box {patrol['box_id']} differs from its adjustments in {', '.join(what)}.")
    return problems


def _of_patrols(draw: Mapping[str, Any], boxes: DrawnBoxes, patrols: pd.DataFrame,
                state: Mapping[str, Mapping[str, Any]]) -> list[str]:
    drawn = boxes[boxes["selected"].astype(bool)]
    problems = _without_patrol(drawn["box_id"], patrols["box_id"])
    both = patrols.merge(drawn, on="box_id", suffixes=("", "_drawn"))
    both["right_order"] = visit_order(both, draw.get("ways"))
    for patrol in both.astype(object).where(both.notna(), None).to_dict("records"):
        what = [name for name in ("beat", "harm", "inclusion_probability") if patrol[name] != patrol[name + "_drawn"]]
        what += [name for name in ("shift_date", "shift") if patrol[name] != draw[name]]
        made = state.get(patrol["patrol_id"], {})
        right = {"status": made.get("status"), "target_minutes": made.get("target_minutes"),
                 "returns": draw["rules"].get("returns", 1), "visit_order": patrol["right_order"]}
        what += [name for name, value in right.items() if patrol[name] != value]
        if what:
            problems.append(f"The patrol of box {patrol['box_id']} differs from its draw in {', '.join(what)}.")
    twice = patrols["box_id"][patrols["box_id"].duplicated()]
    return problems + [f"Box {box} has more than one patrol of this draw." for box in sorted(set(twice))]


def _of_travel(draw: Mapping[str, Any], patrols: pd.DataFrame, size: float) -> list[str]:
    """Minutes between boxes that are not those of the ways on record, all driven at one speed that settings allow.

    Patrols of before minutes were told have none at all.
    """
    told = patrols["travel_minutes"].astype(float)
    if told.isna().all():
        return []
    metres = travel_minutes(patrols, size, 1.0, draw.get("ways"))
    driven = (told > 0) & (metres > 0)
    speed = float((metres[driven] / told[driven]).median()) if driven.any() else 1.0
    right = metres / speed
    possible = np.full(len(patrols), _SPEEDS[0] <= speed <= _SPEEDS[1])
    wrong = ~(np.isclose(told, right, rtol=1e-6, atol=1e-9, equal_nan=True) & possible)
    return _named("has minutes of the way to it that do not follow from its round", patrols, wrong)


def _without_patrol(drawn: Sequence[str] | pd.Series, patrolled: Sequence[str] | pd.Series) -> list[str]:
    drawn, patrolled = set(drawn), set(patrolled)
    return [f"Box {box} was drawn but has no patrol." for box in sorted(drawn - patrolled)] + [
        f"The patrol of box {box} was not drawn." for box in sorted(patrolled - drawn)]


def _named(what: str, boxes: pd.DataFrame, which: ArrayLike) -> list[str]:
    found = boxes["box_id"][np.asarray(which, dtype=bool)].tolist()
    problems = [f"Box {box} {what}." for box in found[:_NAMED]]
    if len(found) > _NAMED:
        problems.append(f"{len(found) - _NAMED} more boxes: the same.")
    return problems
