"""What caps, and ways to share patrols, cost and give: the lottery over many past shifts, once for each."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..progress import SILENT
from .beat_shares import LEAST, MOST, BeatRule, boxes_asked
from .districts import PER_SHIFT, DistrictRule
from .draw import NEARLY
from .lottery_history import LotteryHistory, most_harmful
from .metering import ShareCapRule
from .pacing import DAYS, PACE, USUAL
from .patrol_exposure import effective_number, gini, longest_streak, most_within, per_thousand

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Bools, Floats, Ints, Objects
    from ..progress import Progress
    from .draw_record import Rules
    from .patrol_frames import CapBoxes, CapCosts

ALL_RULES, CAP_ALONE = "all rules", "cap alone"
COLUMNS = ("cap", "rules", "covered_harm", "price_percent", "hits", "hit_rate", "patrols", "boxes_served",
           "effective_boxes", "gini", "longest_streak", "most_in_28_days", "covered_of_all", "minutes_least",
           "minutes_most", "busy_without", "longest_without")
EQUAL, BETWEEN, BY_HARM, PACED = "equal per beat", "in between", "by harm", ", paced"
IN_DISTRICTS = "by harm in districts"
BUSY = 0.05
"""Share of the boxes, those of most harm in the period, that are looked at for shifts without a chance."""


def cost_of_caps(harm: ArrayLike, events: ArrayLike, day: Ints, boxes: CapBoxes, caps: Iterable[float],
                 rules: Rules, *, seed: int = 1, codes: ArrayLike | None = None,
                 residents: Mapping[str, float] | None = None, progress: Progress = SILENT) -> CapCosts:
    """Replay the lottery under several caps, and under the ways to share patrols.

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
    codes : array of str, optional
        Of the shifts, for pacing.
    residents : mapping of str to float, optional
        By neighbourhood; without them nothing is told per resident.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``, two rows per cap: "all rules", and "cap alone" without rest, windows, shares and pace, which shows
        what the cap itself does where the other rules bind first; then a row for each of :func:`choices` under the cap
        of the rules. covered_harm = expected covered harm over that of always the most harmful boxes, of each beat or
        of the shift as the rules share them; price_percent = what that falls short, in per cent; hits = expected events
        in drawn boxes; hit_rate = hits over all events; covered_of_all = covered harm over all forecast harm;
        minutes_least and minutes_most = expected minutes a week per 1,000 residents of the neighbourhood that has
        fewest and most; busy_without = share of shifts in which the 5 % of boxes with most harm had no chance,
        longest_without = most such shifts in a row of one of them; the rest of one replayed history of draws: patrols,
        boxes ever served, effective number and Gini over the boxes of beats, longest run of days and most patrols in
        28 days of a box.
    """
    harm, events = np.asarray(harm, dtype=float), np.asarray(events, dtype=float)
    beat = boxes["beat"].to_numpy(object)
    best = float(sum((most_harmful(row, beat, rules) * row).sum() for row in harm))
    alone = {name: np.inf if name.startswith("window_") else 0 if name == "cool_down_shifts" else value
             for name, value in rules.items() if ShareCapRule.of(name) is None and name != PACE}
    runs = [(cap, name, in_force) for name, in_force in ((ALL_RULES, rules), (CAP_ALONE, alone)) for cap in caps]
    runs += [(rules["cap"], name, in_force) for name, in_force in choices(rules, set(boxes["beat"].dropna())).items()]
    replayed = _Replayed(harm, events, np.asarray(day), boxes, residents or {}, best)
    rows = []
    for number, (cap, name, in_force) in enumerate(runs):
        part = progress.part(number / len(runs), (number + 1) / len(runs))
        chance, drawn = replay_lottery(harm, day, boxes, cap, in_force, seed, part, codes=codes)
        rows.append((cap, name, *replayed.figures(chance, drawn, in_force)))
    return pd.DataFrame(rows, columns=COLUMNS)


def choices(rules: Rules, beats: Collection[str]) -> dict[str, Rules]:
    """The ways to share the boxes of a shift that are compared, as rules by name; all ask for as many boxes.

    Equal numbers in every beat; all by harm; half as many as equal ones in every beat, the rest by harm; and where the
    rules have districts, the number of each by harm among its beats. Each once without and once with budgets paced.
    """
    total = boxes_asked(rules, beats)
    common = {name: value for name, value in rules.items()
              if name not in (PER_SHIFT, LEAST, MOST, PACE) and not (BeatRule.of(name) or DistrictRule.of(name))}
    each = total / max(len(beats), 1)
    equal = {**common, "boxes_per_beat": each}
    ways = {EQUAL: equal, BETWEEN: {**equal, PER_SHIFT: total, LEAST: each / 2},
            BY_HARM: {**equal, PER_SHIFT: total, LEAST: 0.0}}
    districts = {name: value for name, value in rules.items() if DistrictRule.of(name)}
    if districts:
        ways[IN_DISTRICTS] = {**ways[BY_HARM], **districts}
    paced = {name + PACED: {**way, PACE: rules.get(PACE, USUAL)} for name, way in ways.items()}
    return {**ways, **paced}


@dataclass(frozen=True)
class _Replayed:
    """What replays are measured against: forecast and events (shifts x boxes), places, residents, most harm."""

    harm: Floats
    events: Floats
    day: Ints
    boxes: CapBoxes
    residents: Mapping[str, float]
    best: float

    def figures(self, chance: Floats, drawn: Bools, rules: Rules) -> tuple[float, ...]:
        """The figures of one replay, in the order of ``COLUMNS`` after cap and rules."""
        dates = int(self.day[-1] - self.day[0]) + 1
        by_day = np.zeros((dates, self.harm.shape[1]), dtype=np.int64)
        np.add.at(by_day, self.day - self.day[0], drawn)
        mine, served = self.boxes["beat"].notna().to_numpy(), by_day.sum(axis=0)
        hits, covered = float((chance * self.events).sum()), float((chance * self.harm).sum())
        reached = covered / self.best if self.best else 0.0
        busy = chance[:, self._busy(mine)] <= NEARLY
        return (reached, 100 * (1 - reached), hits, hits / self.events.sum() if self.events.sum() else 0.0,
                int(served.sum()), int((served > 0).sum()), effective_number(served[mine]), gini(served[mine]),
                int(longest_streak(by_day > 0).max(initial=0)), int(most_within(by_day, 28).max(initial=0)),
                covered / self.harm.sum() if self.harm.sum() else 0.0,
                *self._minutes(chance.sum(axis=0) * DAYS / dates, rules),
                float(busy.mean()) if busy.size else 0.0, int(longest_streak(busy).max(initial=0)))

    def _busy(self, mine: Bools) -> Ints:
        """The boxes of most harm among those that may be drawn."""
        order = np.argsort(-np.where(mine, self.harm.sum(axis=0), -1.0), kind="stable")
        return order[:int(np.ceil(BUSY * mine.sum()))]

    def _minutes(self, expected: Floats, rules: Rules) -> tuple[float, float]:
        """(fewest, most) minutes per 1,000 residents of a neighbourhood; NaN where no residents are known."""
        minutes = expected * rules["target_minutes"] * (1 + rules["returns"])
        names = [name for name, people in self.residents.items() if people > 0]
        sums = pd.Series(minutes).groupby(self.boxes["neighbourhood"].to_numpy(object)).sum().reindex(names)
        each = per_thousand(sums.fillna(0.0), [self.residents[name] for name in names])
        return (float(each.min()), float(each.max())) if names else (np.nan, np.nan)


def replay_lottery(harm: Floats, day: Ints, boxes: CapBoxes, cap: float, rules: Rules, seed: int | str,
                   progress: Progress = SILENT, *, codes: ArrayLike | None = None) -> tuple[Floats, Bools]:
    """Chances and draws (shifts x boxes) of one history of lotteries under one cap.

    ``codes`` are those of the shifts, for pacing; their places in the day if not given.
    """
    shifts, count = harm.shape
    codes = _places_in_day(day) if codes is None else np.asarray(codes, dtype=object)
    chance, drawn = np.zeros((shifts, count)), np.zeros((shifts, count), dtype=bool)
    history = LotteryHistory(day, codes, boxes, cap, rules, seed)
    for shift in range(shifts):
        progress.report(shift / shifts)
        chance[shift], drawn[shift] = history.draw(harm[shift])
    return chance, drawn


def _places_in_day(day: Ints) -> Objects:
    """The place of each shift among those of its date, as text."""
    day = np.asarray(day)
    return np.array([str(place) for place in np.arange(day.size) - np.searchsorted(day, day)], dtype=object)
