"""What a cap costs and what it gives: the lottery over many past shifts, once for each cap."""
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..progress import SILENT
from .beat_shares import caps_of_quiet, caps_under_shares, chances_of_shift
from .draw import NEARLY, pivotal
from .metering import WINDOWS, ShareCapRule, shares_of
from .pacing import DAYS, PACE, WeekOfHarm, paced_caps
from .patrol_exposure import effective_number, gini, longest_streak, most_within
from .seeds import Uniforms

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Bools, Floats, Ints, Objects
    from ..progress import Progress
    from .draw_record import Rules
    from .patrol_frames import CapBoxes, CapCosts

ALL_RULES, CAP_ALONE = "all rules", "cap alone"
COLUMNS = ("cap", "rules", "covered_harm", "price_percent", "hits", "hit_rate", "patrols", "boxes_served",
           "effective_boxes", "gini", "longest_streak", "most_in_28_days")


def cost_of_caps(harm: ArrayLike, events: ArrayLike, day: Ints, boxes: CapBoxes, caps: Iterable[float],
                 rules: Rules, *, seed: int = 1, progress: Progress = SILENT) -> CapCosts:
    """Replay the lottery under several caps.

    Parameters
    ----------
    harm, events : arrays of float, shifts x boxes
        Forecast harm, and what happened; shifts in the order of time.
    day : array of int
        Number of the date of each shift, ascending.
    boxes : pandas.DataFrame
        col, row, beat (None where a box may not be drawn) and neighbourhood of each box, in the order of their ids.
    caps : iterable of float
    rules : mapping
        As :func:`.metering.rules_of` gives them: boxes per beat, lower-risk share, focus, rest, windows, share caps.
    seed : int
        Of the draws, which are those of :func:`.draw.pivotal`.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``, two rows per cap: "all rules", and "cap alone" without rest, windows and shares, which shows what
        the cap itself does where the other rules bind first. covered_harm = expected covered harm over that of always
        the most harmful boxes of each beat; price_percent = what that falls short, in per cent; hits = expected events
        in drawn boxes; hit_rate = hits over all events; the rest of one replayed history of draws: patrols, boxes ever
        served, effective number and Gini over the boxes of beats, longest run of days and most patrols in 28 days of a
        box.
    """
    harm, events = np.asarray(harm, dtype=float), np.asarray(events, dtype=float)
    best = sum(_best(row, boxes["beat"].to_numpy(object), rules["boxes_per_beat"]) for row in harm)
    mine = boxes["beat"].notna().to_numpy()
    alone = {name: np.inf if name.startswith("window_") else 0 if name == "cool_down_shifts" else value
             for name, value in rules.items() if ShareCapRule.of(name) is None}
    runs = [(cap, name, in_force) for name, in_force in ((ALL_RULES, rules), (CAP_ALONE, alone)) for cap in caps]
    rows = []
    for number, (cap, name, in_force) in enumerate(runs):
        part = progress.part(number / len(runs), (number + 1) / len(runs))
        chance, drawn = replay_lottery(harm, day, boxes, cap, in_force, seed, part)
        by_day = np.zeros((int(day[-1] - day[0]) + 1, harm.shape[1]), dtype=np.int64)
        np.add.at(by_day, np.asarray(day) - day[0], drawn)
        served = by_day.sum(axis=0)
        hits = float((chance * events).sum())
        reached = float((chance * harm).sum() / best) if best else 0.0
        rows.append((
            cap, name, reached, 100 * (1 - reached), hits, hits / events.sum() if events.sum() else 0.0,
            int(served.sum()), int((served > 0).sum()), effective_number(served[mine]), gini(served[mine]),
            int(longest_streak(by_day > 0).max(initial=0)), int(most_within(by_day, 28).max(initial=0))))
    return pd.DataFrame(rows, columns=COLUMNS)


def replay_lottery(harm: Floats, day: Ints, boxes: CapBoxes, cap: float, rules: Rules, seed: int | str,
                   progress: Progress = SILENT, *, codes: ArrayLike | None = None) -> tuple[Floats, Bools]:
    """Chances and draws (shifts x boxes) of one history of lotteries under one cap.

    ``codes`` are those of the shifts, for pacing; their places in the day if not given.
    """
    shifts, count = harm.shape
    codes = _places_in_day(day) if codes is None else np.asarray(codes, dtype=object)
    chance, drawn = np.zeros((shifts, count)), np.zeros((shifts, count), dtype=bool)
    beat, day, shares = boxes["beat"].to_numpy(object), np.asarray(day), shares_of(rules)
    for shift in range(shifts):
        progress.report(shift / shifts)
        may = pd.notna(beat) & ~drawn[max(shift - int(rules["cool_down_shifts"]), 0):shift].any(axis=0)
        most = np.full(count, float(cap))
        for days in WINDOWS:
            since = np.searchsorted(day, day[shift] - days + 1)
            left = rules[f"window_{days}_expected"] - chance[since:shift].sum(axis=0)
            may &= (left >= NEARLY) & (drawn[since:shift].sum(axis=0) + 1 <= rules[f"window_{days}_hard"])
            most = np.minimum(most, left)
        if rules.get(PACE):
            most = np.minimum(most, paced_caps(codes[shift], harm[shift], _week_before(harm, day, codes, shift), rules))
        most = np.where(may, most, 0.0)
        most = caps_of_quiet(harm[shift], beat, most, may, rules)
        if shares:
            most, _ = caps_under_shares(harm[shift], beat, most, may, rules, boxes["neighbourhood"], shares)
        chance[shift], _ = chances_of_shift(harm[shift], beat, most, may, rules)
        uniforms = Uniforms(f"{seed}", f"{cap:g} {shift}")
        drawn[shift, pivotal(chance[shift], boxes["col"], boxes["row"], beat, uniforms).selected] = True
    return chance, drawn


def _places_in_day(day: Ints) -> Objects:
    """The place of each shift among those of its date, as text."""
    day = np.asarray(day)
    return np.array([str(place) for place in np.arange(day.size) - np.searchsorted(day, day)], dtype=object)


def _week_before(harm: Floats, day: Ints, codes: Objects, shift: int) -> WeekOfHarm:
    """What the replay knows of the week that ends with a shift's date, as a draw would."""
    since = int(np.searchsorted(day, day[shift] - DAYS + 1))
    per_week = DAYS / (int(day[-1] - day[0]) + 1)
    names = sorted(set(codes))
    own = {name: since + np.flatnonzero(codes[since:shift] == name) for name in names}
    return WeekOfHarm({name: per_week * int((codes == name).sum()) for name in names},
                      {name: places.size for name, places in own.items() if places.size},
                      {name: harm[places].sum(axis=0) for name, places in own.items() if places.size})


def _best(harm: Floats, beat: Objects, boxes_per_beat: float) -> float:
    """Harm of the most harmful boxes of each beat, the last one in part where their number is not whole."""
    total = 0.0
    for name in set(beat[pd.notna(beat)]):
        own = np.sort(harm[beat == name])[::-1]
        share = np.clip(boxes_per_beat - np.arange(own.size), 0.0, 1.0)
        total += float((own * share).sum())
    return total
