"""Metering: from expected harm to chances under caps, from chances to a drawn plan.

Everything here is a function of arrays and frames; ``workspace/planning.py`` reads and writes them.
"""
from dataclasses import dataclass, field
from typing import Optional

import numpy as np
import pandas as pd

from ..errors import ConnectError
from ..forecast.fishnet import Fishnet
from .bound import upper_bound
from .draw import NEARLY, pivotal
from .record import FORMAT, hash_of_inputs
from .seeds import Uniforms

WINDOWS = (7, 28)
"""Days of the rolling caps; the settings are ``window_<days>_expected`` and ``window_<days>_hard``."""


SUPPRESSED, RESTING = "suppressed by an analyst", "cooling down"


@dataclass(frozen=True)
class Shortfall:
    """A beat whose boxes cannot all be drawn: its caps allow fewer."""

    beat: str
    asked: float
    possible: float
    boxes: int

    @property
    def sentence(self):
        """What is short, and by how much."""
        return (f"Beat {self.beat}: {self.asked:g} boxes were asked for, but the caps of its {self.boxes} eligible "
                f"boxes (cap, window_7_expected, window_28_expected) allow {self.possible:.3g} on average, "
                f"{self.asked - self.possible:.3g} fewer.")


def harm_by_box(forecasts, crime_types):
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
        chance = 1 - exp(-sum of expected) of at least one event of any type, with chance_low and chance_high from the
        sums of low and high. Those treat the types' errors as if all went the same way, so the interval is rather too
        wide than too narrow.
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


def inclusion_probabilities(harm, beat, boxes_per_beat, cap, lower_risk_share=0.1, focus=2.0, eligible=None):
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
    named = sorted(set(beat[may]))
    if eligible is not None:
        may &= np.asarray(eligible, dtype=bool)
    probability, shortfalls = np.zeros(harm.size), []
    for name in named:
        asked = float(boxes_per_beat[name] if hasattr(boxes_per_beat, "__getitem__") else boxes_per_beat)
        members = np.flatnonzero(may & (beat == name))
        possible = float(cap[members].sum())
        if possible < asked - 1e-9:
            shortfalls.append(Shortfall(name, asked, possible, members.size))
        if possible <= asked:
            probability[members] = cap[members]
        elif asked > 0:
            floor = np.minimum(lower_risk_share * asked / members.size, cap[members])
            probability[members] = _fill(_weights(harm[members], focus), floor, cap[members], asked)
    return probability, shortfalls


@dataclass(frozen=True)
class Limited:
    """A neighbourhood held to its largest share of a shift's boxes."""

    neighbourhood: str
    expected: float
    allowed: float

    @property
    def sentence(self):
        """What it would have had and what it may have."""
        return (f"Neighbourhood {self.neighbourhood}: {self.expected:.3g} boxes would have been expected, its share "
                f"cap allows {self.allowed:.3g}; the rest went to other neighbourhoods of the same beats.")


def share_caps(harm, beat, neighbourhood, shares, boxes_per_beat, cap, **more):
    """Lower the caps of boxes so that no neighbourhood expects more than its share of the boxes asked for.

    One neighbourhood after the other that expects too much is held to exactly its share: in each beat its chances are
    scaled down, in all beats alike as far as other boxes of the beat can take over, and kept as caps; then the beats
    are filled again. A neighbourhood held once stays held, so this ends. Where the other boxes cannot take over all of
    it, the beat falls short; :func:`inclusion_probabilities` then says so.

    Parameters
    ----------
    neighbourhood : array of n str
        None for boxes in none; those are not limited.
    shares : mapping of str to float
        Largest share of each limited neighbourhood, 0 to 1.
    boxes_per_beat : float
        In each beat that has a name; together they are the boxes asked for.
    harm, beat, cap, more
        As for :func:`inclusion_probabilities`.

    Returns
    -------
    cap : numpy.ndarray
    limited : list of Limited
    """
    beat, neighbourhood = np.asarray(beat, dtype=object), np.asarray(neighbourhood, dtype=object)
    cap = np.array(np.broadcast_to(np.asarray(cap, dtype=float), beat.shape))
    asked = boxes_per_beat * len(set(beat[pd.notna(beat)]))
    members = {name: np.flatnonzero(neighbourhood == name) for name in sorted(shares)}
    limited = []
    for _ in shares:
        chance, _ = inclusion_probabilities(harm, beat, boxes_per_beat, cap, **more)
        excess = {name: chance[places].sum() - shares[name] * asked for name, places in members.items()}
        name = max(excess, key=excess.get)
        if excess[name] <= NEARLY:
            break
        places = members[name]
        limited.append(Limited(name, chance[places].sum(), shares[name] * asked))
        cap[places] = _scaled_down(chance, cap, beat, places, excess[name])
    return cap, limited


def _scaled_down(chance, cap, beat, places, excess):
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


def _weights(harm, focus):
    """harm ** focus relative to the greatest; the same number for the same harm, never less for more."""
    values, which = np.unique(harm, return_inverse=True)
    with np.errstate(under="ignore"):
        powers = np.power(values / max(values[-1], np.finfo(float).tiny), focus)
    powers[powers < 1e-300] = 0.0
    return np.maximum.accumulate(powers)[which]


def _fill(weight, floor, cap, total):
    """Terms min(cap, max(floor, k * weight)) that sum to ``total``; sum(floor) <= total < sum(cap).

    Where every box with a weight stands at its cap and the sum is still short, the floor of the boxes without weight
    is raised instead.
    """
    rising = weight > 0
    short = cap[rising].sum() + floor[~rising].sum() < total
    filled = np.where(rising, cap, floor)
    part = ~rising if short else rising
    if part.any():
        filled[part] = _level(np.ones(part.sum()) if short else weight[part], floor[part], cap[part],
                              total - filled[~part].sum())
    return filled


def _level(weight, floor, cap, total):
    """Solve for k, exactly: the sum is linear between the moments at which a box begins to rise or stops at its cap."""
    def terms(k):
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


@dataclass(frozen=True)
class History:
    """What counts around a shift, without the shift itself.

    ``patrols`` (box_id, shift_date) holds what counts as a patrol, one row per box and shift: planned and not
    suppressed, or visited; ``chances`` (box_id, shift_date, inclusion_probability) the recorded probabilities of the
    newest draw of each shift; ``resting`` the boxes with a patrol in the shifts next to this one; ``added`` the boxes
    already planned by hand in this shift, ``suppressed`` those that an analyst took out of it; ``minutes`` (box_id,
    shift_date, minutes) what was delivered.
    """

    patrols: pd.DataFrame
    chances: pd.DataFrame
    resting: frozenset = frozenset()
    added: frozenset = frozenset()
    suppressed: frozenset = frozenset()
    minutes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["box_id", "shift_date", "minutes"]))


SHARE = "share_cap: "
"""Before the name of a neighbourhood in the rules of a draw."""


def rules_of(settings, shift_date, shift, number, boxes=None, cap=None, shares=None):
    """Give the settings in force for one draw as a flat mapping of text and numbers.

    ``number`` is 1 for the first draw of a shift, 2 for the next: the same seed then gives other numbers. ``boxes``
    (per beat) and ``cap`` replace the settings where given. ``shares`` maps neighbourhoods to their share caps. Where
    the units of a beat have no minutes for so many boxes, ``boxes_per_beat`` is what they have minutes for, and
    ``boxes_asked`` what was asked.
    """
    boxes = settings.boxes_per_beat if boxes is None else boxes
    cap = settings.cap if cap is None else cap
    if not boxes >= 0:
        raise ConnectError("The number of boxes per beat must be 0 or more.", f"boxes={boxes}")
    if not 0 < cap <= 1:
        raise ConnectError("The cap must be a chance above 0 and at most 1.", f"cap={cap}")
    names = ["lower_risk_share", "focus", "cool_down_shifts", "min_inside", "target_minutes", "on_target_high",
             "returns"]
    names += [f"window_{days}_{kind}" for days in WINDOWS for kind in ("expected", "hard")]
    return {"format": FORMAT, "shift_date": shift_date, "shift": shift, "draw": number, "boxes_asked": boxes,
            "boxes_per_beat": min(boxes, most_boxes(settings)), "cap": cap,
            **{name: getattr(settings, name) for name in names},
            **{SHARE + name: share for name, share in (shares or {}).items()}}


def most_boxes(settings):
    """Boxes per beat and shift for which the units have minutes: infinite where ``units_per_beat`` is 0.

    A box costs its target minutes and the way to it, once and once more for each return.
    """
    if not settings.units_per_beat:
        return np.inf
    each = (1 + settings.returns) * (settings.target_minutes + settings.travel_minutes)
    return int(settings.units_per_beat * settings.minutes_per_unit / each + NEARLY)


def box_caps(boxes, harm, history, rules):
    """Tell which boxes may be drawn in a shift, why others may not, and up to which chance.

    Parameters
    ----------
    boxes : pandas.DataFrame
        box_id, beat, inside.
    harm : array of float
        Harm per box; NaN where there is no forecast.
    history : History
        What was planned around the shift. Every window of days that holds the shift is looked at, so a shift metered
        late keeps the caps of plans made before it.
    rules : mapping
        See :func:`rules_of`.

    Returns
    -------
    pandas.DataFrame
        eligible, why_not (text or None), cap (0 where not eligible).
    """
    ids = boxes["box_id"]
    cap = np.full(len(boxes), float(rules["cap"]))
    reasons = [
        (boxes["beat"].isna(), "in no beat"),
        (~(boxes["inside"] >= rules["min_inside"]), "too little of it inside the jurisdiction"),
        (np.isnan(harm), "no forecast"),
        (ids.isin(history.added), "added by hand"),
        (ids.isin(history.suppressed), SUPPRESSED),
    ]
    reasons += [(applies, reason) for applies, reason, _ in hard_limits(ids, history, rules)]
    for days in WINDOWS:
        left = rules[f"window_{days}_expected"] - most_in_window(
            ids, history.chances, rules["shift_date"], days, "inclusion_probability")
        reasons.append((left < NEARLY, f"expected patrols in {days} days used up"))
        cap = np.minimum(cap, left)
    why_not = np.full(len(boxes), None, dtype=object)
    for applies, reason in reversed(reasons):
        why_not[np.asarray(applies)] = reason
    eligible = pd.isna(why_not)
    return pd.DataFrame({"eligible": eligible, "why_not": why_not, "cap": np.where(eligible, cap, 0.0)},
                        index=boxes.index)


def hard_limits(box_ids, history, rules, minutes=None):
    """Give (applies to each box, reason, setting) of every limit that one more patrol in the shift would break.

    The limits are the rest after a patrol, the most patrols in each window of days, and :func:`minute_limits`, where
    ``minutes`` is how long each stay of the patrol would be, the target if not given.
    """
    yield pd.Index(box_ids).isin(history.resting), RESTING, "cool_down_shifts"
    for days in WINDOWS:
        setting = f"window_{days}_hard"
        planned = most_in_window(box_ids, history.patrols, rules["shift_date"], days)
        yield planned + 1 > rules[setting], f"most patrols in {days} days reached", setting
    yield from minute_limits(box_ids, history, rules, rules["target_minutes"] if minutes is None else minutes)


def minute_limits(box_ids, history, rules, minutes):
    """As :func:`hard_limits`, of the delivered minutes alone.

    A window's limit is its most patrols, each with its returns and each stay at its longest on target
    (``on_target_high``); a box that had nothing delivered cannot have reached it.
    """
    stays = 1 + rules["returns"]
    for days in WINDOWS:
        setting = f"window_{days}_hard"
        delivered = most_in_window(box_ids, history.minutes, rules["shift_date"], days, "minutes")
        most = rules[setting] * stays * rules["on_target_high"]
        full = (delivered > 0) & (delivered + stays * minutes > most + NEARLY)
        yield full, f"most minutes in {days} days reached", setting


def most_in_window(box_ids, events, shift_date, days, amount=None):
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


def window_blocks(dates, shift_date):
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


@dataclass(frozen=True)
class Coverage:
    """Harm that the chances of a draw cover in expectation, and the most that any chances could; None without scipy."""

    covered: float
    most: Optional[float]

    @property
    def sentence(self):
        """Both in one sentence; empty where there is nothing to compare with."""
        if not self.most:
            return ""
        return (f"The chances cover {100 * self.covered / self.most:.0f} % of the most harm that any chances under the "
                f"same caps could cover ({self.covered:.3g} of {self.most:.3g}; a linear program).")


def coverage(boxes, rules, neighbourhood=None):
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
    Coverage
    """
    harm, shares = boxes["harm"].fillna(0.0), shares_of(rules)
    cap = boxes["cap"]
    if shares:  # the program holds the shares itself, so caps that were lowered for them are lifted again
        held = boxes["eligible"].astype(bool) & pd.Series(neighbourhood, index=boxes.index).isin(list(shares))
        cap = cap.where(~held, rules["cap"])
    covered = float((boxes["inclusion_probability"] * harm).sum())
    return Coverage(covered, upper_bound(harm, boxes["beat"], rules["boxes_per_beat"], cap, neighbourhood, shares))


def shortfalls_of(boxes, rules):
    """The :class:`Shortfall` of each beat of a stored draw whose caps allowed fewer boxes than were asked for."""
    asked, eligible = float(rules["boxes_per_beat"]), boxes["eligible"].astype(bool)
    by_beat = boxes["cap"].where(eligible, 0.0).groupby(boxes["beat"]).sum()
    count = eligible.groupby(boxes["beat"]).sum()
    return [Shortfall(beat, asked, float(possible), int(count[beat])) for beat, possible in by_beat.items()
            if possible < asked - NEARLY]


@dataclass(frozen=True)
class DrawnShift:
    """One draw: every box as ``draw_boxes`` keeps it, the reserve by beat, what could not be had or was limited."""

    boxes: pd.DataFrame
    reserve: dict
    inputs_hash: str
    shortfalls: list
    limited: list
    coverage: Coverage


def draw_shift(boxes, harm, history, rules, seed):
    """Draw one shift: eligibility, chances, lottery.

    Parameters
    ----------
    boxes : pandas.DataFrame
        box_id, beat, inside, and neighbourhood where the rules hold share caps.
    harm : pandas.Series
        Harm by box_id; boxes that lack in it are not eligible.
    history : History
    rules : mapping
        See :func:`rules_of`.
    seed : str

    Returns
    -------
    DrawnShift
        Boxes in the order of their ids as text.
    """
    boxes = boxes.sort_values("box_id", ignore_index=True)
    harm = harm.reindex(boxes["box_id"]).to_numpy(dtype=float)
    table = pd.concat([boxes[["box_id", "beat"]].assign(harm=harm), box_caps(boxes, harm, history, rules)], axis=1)
    how = {"lower_risk_share": rules["lower_risk_share"], "focus": rules["focus"], "eligible": table["eligible"]}
    shares, limited = shares_of(rules), []
    around = boxes["neighbourhood"] if shares else None
    if shares:
        table["cap"], limited = share_caps(harm, table["beat"], around, shares, rules["boxes_per_beat"], table["cap"],
                                           **how)
    table["inclusion_probability"], shortfalls = inclusion_probabilities(
        harm, table["beat"], rules["boxes_per_beat"], table["cap"], **how)
    inputs_hash = hash_of_inputs(rules, table)
    table["draw_rank"], table["selected"], reserve = replay(table, seed, inputs_hash)
    return DrawnShift(table, reserve, inputs_hash, shortfalls, limited, coverage(table, rules, around))


def shares_of(rules):
    """The share caps in the rules of a draw, by neighbourhood."""
    return {name[len(SHARE):]: share for name, share in rules.items() if name.startswith(SHARE)}


def replay(table, seed, inputs_hash):
    """Draw from stored probabilities.

    Parameters
    ----------
    table : pandas.DataFrame
        box_id, beat, inclusion_probability, in the order of box_id.
    seed, inputs_hash : str

    Returns
    -------
    draw_rank : array of Int64
        1 for the box decided first, then the reserve; NA for boxes without a chance.
    selected : array of bool
    reserve : dict
        Box ids in reserve order by beat.
    """
    col, row = Fishnet.parse(table["box_id"])
    drawn = pivotal(table["inclusion_probability"], col, row, table["beat"], Uniforms(seed, inputs_hash))
    order = np.concatenate([drawn.selected, drawn.reserve])
    rank = pd.array([pd.NA] * len(table), dtype="Int64")
    rank[order] = np.arange(1, order.size + 1)
    selected = np.zeros(len(table), dtype=bool)
    selected[drawn.selected] = True
    waiting = table.iloc[drawn.reserve]
    reserve = {name: group["box_id"].tolist() for name, group in waiting.groupby("beat", sort=True)}
    return rank, selected, reserve


def plan(drawn_boxes, by_box, rules):
    """Make patrols of the drawn boxes.

    Parameters
    ----------
    drawn_boxes : pandas.DataFrame
        The selected rows of a draw.
    by_box : pandas.DataFrame
        As :func:`harm_by_box` gives it.
    rules : mapping

    Returns
    -------
    pandas.DataFrame
        Columns of ``patrols`` except ids and shift, by beat and visit order.
    """
    patrols = drawn_boxes[["box_id", "beat", "harm", "inclusion_probability"]].join(
        by_box[["crime_type", "chance", "chance_low", "chance_high"]], on="box_id")
    patrols = patrols.assign(target_minutes=float(rules["target_minutes"]), visit_order=visit_order(patrols),
                             returns=int(rules["returns"]), origin="drawn", status="planned", version=1)
    return patrols.sort_values(["beat", "visit_order"], ignore_index=True)


def visit_order(patrols):
    """Give the place of each patrol in its beat's round: the box of most harm first, then always the nearest one left.

    ``patrols`` has box_id, beat and harm; equal harm and equal distance are settled by box_id.
    """
    order = pd.Series(0, index=patrols.index)
    for _, group in patrols.sort_values(["harm", "box_id"], ascending=[False, True]).groupby("beat", sort=False):
        place = np.stack(Fishnet.parse(group["box_id"]))
        waiting, here = list(range(len(group))), 0
        for step in range(1, len(group) + 1):
            waiting.remove(here)
            order[group.index[here]] = step
            if waiting:
                distance = ((place[:, waiting] - place[:, [here]]) ** 2).sum(axis=0)
                here = min(zip(distance.tolist(), group["box_id"].iloc[waiting], waiting))[2]
    return order
