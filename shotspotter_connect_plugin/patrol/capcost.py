"""What a cap costs and what it gives: the lottery over many past shifts, once for each cap."""
import numpy as np
import pandas as pd

from ..progress import SILENT
from .draw import NEARLY
from .exposure import effective_number, gini, longest_streak, most_within
from .metering import WINDOWS, inclusion_probabilities

ALL_RULES, CAP_ALONE = "all rules", "cap alone"
COLUMNS = ("cap", "rules", "covered_harm", "price_percent", "hits", "hit_rate", "patrols", "boxes_served",
           "effective_boxes", "gini", "longest_streak", "most_in_28_days")


def cost_of_caps(harm, events, day, beat, boxes_per_beat, caps, rules, seed=1, progress=SILENT):
    """Replay the lottery under several caps.

    Parameters
    ----------
    harm, events : arrays of float, shifts x boxes
        Forecast harm, and what happened; shifts in the order of time.
    day : array of int
        Number of the date of each shift, ascending.
    beat : array of str
        Of each box; None where it may not be drawn.
    boxes_per_beat : float
    caps : iterable of float
    rules : mapping
        lower_risk_share, focus, cool_down_shifts and the windows, as in :func:`.metering.rules_of`. Share caps of
        neighbourhoods are not replayed.
    seed : int
        Of the draws. They go along a serpentine of the boxes as given, which gives the same chances as the pivotal
        draw at a fraction of the time.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``, two rows per cap: "all rules", and "cap alone" without rest and windows, which shows what the
        cap itself does where the other rules bind first. covered_harm = expected covered harm over that of always
        the most harmful boxes of each beat; price_percent = what that falls short, in per cent; hits = expected events
        in drawn boxes; hit_rate = hits over all events; the rest of one replayed history of draws: patrols, boxes ever
        served, effective number and Gini over the boxes of beats, longest run of days and most patrols in 28 days of a
        box.
    """
    harm, events = np.asarray(harm, dtype=float), np.asarray(events, dtype=float)
    best = sum(_best(row, beat, boxes_per_beat) for row in harm)
    mine = pd.notna(np.asarray(beat, dtype=object))
    free = {name: np.inf for name in rules if name.startswith("window_")}
    runs = [(cap, name, {**rules, **more}) for name, more in
            ((ALL_RULES, {}), (CAP_ALONE, {**free, "cool_down_shifts": 0})) for cap in caps]
    rows = []
    for number, (cap, name, in_force) in enumerate(runs):
        part = progress.part(number / len(runs), (number + 1) / len(runs))
        chance, drawn = replay(harm, day, beat, boxes_per_beat, cap, in_force, np.random.default_rng(seed), part)
        by_day = np.zeros((int(day[-1] - day[0]) + 1, harm.shape[1]), dtype=np.int64)
        np.add.at(by_day, np.asarray(day) - day[0], drawn)
        served = by_day.sum(axis=0)
        hits = float((chance * events).sum())
        covered = float((chance * harm).sum() / best) if best else 0.0
        rows.append((
            cap, name, covered, 100 * (1 - covered), hits, hits / events.sum() if events.sum() else 0.0,
            int(served.sum()), int((served > 0).sum()), effective_number(served[mine]), gini(served[mine]),
            int(longest_streak(by_day > 0).max(initial=0)), int(most_within(by_day, 28).max(initial=0))))
    return pd.DataFrame(rows, columns=COLUMNS)


def replay(harm, day, beat, boxes_per_beat, cap, rules, rng, progress=SILENT):
    """Chances and draws (shifts x boxes) of one history of lotteries under one cap."""
    shifts, boxes = harm.shape
    chance, drawn = np.zeros((shifts, boxes)), np.zeros((shifts, boxes), dtype=bool)
    beat, day = np.asarray(beat, dtype=object), np.asarray(day)
    order = [np.flatnonzero(beat == name) for name in sorted(set(beat[pd.notna(beat)]))]
    for shift in range(shifts):
        progress.report(shift / shifts)
        may = ~drawn[max(shift - int(rules["cool_down_shifts"]), 0):shift].any(axis=0)
        most = np.full(boxes, float(cap))
        for days in WINDOWS:
            since = np.searchsorted(day, day[shift] - days + 1)
            left = rules[f"window_{days}_expected"] - chance[since:shift].sum(axis=0)
            may &= (left >= NEARLY) & (drawn[since:shift].sum(axis=0) + 1 <= rules[f"window_{days}_hard"])
            most = np.minimum(most, left)
        chance[shift], _ = inclusion_probabilities(harm[shift], beat, boxes_per_beat, np.where(may, most, 0.0),
                                                   rules["lower_risk_share"], rules["focus"], may)
        drawn[shift] = _systematic(chance[shift], order, rng)
    return chance, drawn


def _systematic(chance, order, rng):
    """Systematic sampling in each beat: every box by its chance, the beat's sum rounded down or up."""
    drawn = np.zeros(chance.size, dtype=bool)
    for places in order:
        sums = np.concatenate([[0.0], np.cumsum(chance[places])])
        if abs(sums[-1] - round(sums[-1])) < NEARLY:
            sums[-1] = round(sums[-1])  # a rounding error must not cost the beat a box
        steps = np.floor(sums - rng.random())
        drawn[places[np.diff(steps) > 0]] = True
    return drawn


def _best(harm, beat, boxes_per_beat):
    """Harm of the most harmful boxes of each beat, the last one in part where their number is not whole."""
    total = 0.0
    for name in set(beat[pd.notna(beat)]):
        own = np.sort(harm[beat == name])[::-1]
        share = np.clip(boxes_per_beat - np.arange(own.size), 0.0, 1.0)
        total += float((own * share).sum())
    return total
