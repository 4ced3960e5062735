"""What placed boxes and patrols shared by harm reach on Washington DC, in the product's own back-test.

    OMP_NUM_THREADS=1 python3 benchmarks/reach.py [gunfire|wards|incidents|daily ...] [--weeks 4] [--output FOLDER]

Needs the published files: set CONNECT_DATA to the folder that holds ``dc/``. Workspaces and test days are those of
``benchmarks/backtest.py``; the settings are the defaults, nothing is tuned. All types pooled, each searched at its own
boxes, at 1, 2 and 5 % of the area: events in the searched area of ``connect`` on layouts laid anew at each training
over those of the best single simple rule on the fishnet, chosen afterwards, and of the fishnet's 250 m kernel density
map. Test events are taken as published and moved: by a normal error of 40 m on each axis, the mean of ten moves
(forecasts know the published places alone). And the lottery: boxes shared by harm on layouts over equal numbers in
every beat on the fishnet, with the same cap, rest and windows: expected harm covered, and events in drawn boxes. Where
beats are small, their caps allow fewer boxes than equal numbers ask for, while a total shared by harm is had; so these
are drawn once more with a total of what equal numbers did draw (names that end with "_as_many"): the same patrols.
It says too how much any chances under cap and windows could cover at most.
90 % intervals from how the weeks differ. Writes each case to FOLDER too. ``--days`` takes the last days of a case
alone.
"""
import argparse
import contextlib
import functools
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from backtest import CASES, DATA, ROOT, workspace_of  # beside this file; puts the package on the path

from shotspotter_connect_plugin.forecast import rolling_backtest
from shotspotter_connect_plugin.forecast.allowed_inputs import admit_events
from shotspotter_connect_plugin.forecast.backtest_scores import SIMPLE
from shotspotter_connect_plugin.forecast.event_history import Timeline, make_history
from shotspotter_connect_plugin.forecast.lottery_scores import choice_figures
from shotspotter_connect_plugin.forecast.rolling_backtest import CONNECT, HOT_SPOT_MAP
from shotspotter_connect_plugin.forecast.weekly_intervals import ratio_interval
from shotspotter_connect_plugin.patrol import cap_cost
from shotspotter_connect_plugin.patrol.districts import PER_SHIFT
from shotspotter_connect_plugin.workspace.steps import backtesting, forecasting, patrol_choices, refitted_boxes
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

SHARES = np.array([0.01, 0.02, 0.05])
METRES, MOVES, SEED = 40.0, 10, 20_261_201
LAYOUT = CONNECT + patrol_choices.LAYOUT
METHODS = (CONNECT, LAYOUT, *SIMPLE)
AS_MANY = "_as_many"
BOUNDS = {}
"""The most harm that could be covered, by the boxes, of the case in hand."""
_REPLAY, _COMPARE = rolling_backtest.replay_type, patrol_choices.compare


class Scorer:
    """Counts events, as published and moved, in what the back-test ranks; it takes the place of the file of ranks."""

    def __init__(self, workspace, types, first, last):
        self.types, self.size, self.calendar = types, workspace.settings.size, workspace.calendar
        events = admit_events(forecasting.read_events(workspace, types, pd.Timestamp.now(tz="UTC")))[0]
        days = pd.to_datetime([first, last], utc=True) + pd.to_timedelta([-3, 4], unit="D")
        near = (events["to_utc"] >= days[0].value) & (events["from_utc"] <= days[1].value)
        self.timeline = Timeline(self.calendar, first, last)
        slots = self.timeline.slots
        self.place = {key: number for number, key in enumerate(zip(slots["shift_date"], slots["shift"]))}
        self.week = rolling_backtest.week_of_slots(slots, first)
        plain, events, rng = refitted_boxes.fishnet(workspace), events[near], np.random.default_rng(SEED)
        moved = [events.assign(x=events["x"] + rng.normal(0, METRES, len(events)),
                               y=events["y"] + rng.normal(0, METRES, len(events)), rounded_x_m=0.0, rounded_y_m=0.0)
                 for _ in range(MOVES)]
        self.sets = [refitted_boxes.inside_of(each, plain, self.size) for each in (events, *moved)]
        # Sets of events, methods, shares, weeks.
        self.hits = np.zeros((len(self.sets), len(METHODS), len(SHARES), int(self.week[-1]) + 1))
        self.known, self.kept = {}, []

    def placed(self, boxes, crime_type):
        """Events of a type on boxes, by slot: set, position of the box, weight; and the boxes' shares of the area."""
        key = id(boxes), crime_type
        if key not in self.known:
            self.kept.append(boxes)  # its id is not given to others
            parts = []
            for number, events in enumerate(self.sets):
                own = events[(events["crime_type"] == crime_type).to_numpy()]
                history = make_history(own, boxes, self.size, self.calendar, self.timeline)
                parts.append((history.slot, np.full(history.slot.size, number), history.box, history.weight))
            slot, number, box, weight = (np.concatenate(part) for part in zip(*parts))
            order = np.argsort(slot, kind="stable")
            bounds = np.searchsorted(slot[order], np.arange(self.week.size + 1))
            inside = np.maximum(boxes["inside"].to_numpy(dtype=float), 1e-6)
            self.known[key] = bounds, number[order], box[order], weight[order], inside / inside.sum()
        return self.known[key]

    def __call__(self, date, shift, crime_type, method, rank, box, expected, boxes):
        if method not in METHODS:
            return
        bounds, number, where, weight, area = self.placed(boxes, crime_type)
        slot = self.place[date, shift]
        here = slice(bounds[slot], bounds[slot + 1])
        if here.start == here.stop:
            return
        _, tie = np.unique(rank, return_inverse=True)
        tie_area = np.bincount(tie, area[box])
        before = np.cumsum(tie_area) - tie_area
        searched = np.zeros((len(SHARES), area.size))
        searched[:, box] = np.clip((SHARES[:, None] - before[tie]) / tie_area[tie], 0.0, 1.0)
        of_method = self.hits[:, METHODS.index(method), :, self.week[slot]]
        for place, caught in enumerate(searched[:, where[here]] * weight[here]):
            of_method[:, place] += np.bincount(number[here], caught, len(self.sets))

    @property
    def by_week(self):
        """Events of each set by week."""
        found = np.zeros((len(self.sets), self.hits.shape[3]))
        plain = next(boxes for boxes in self.kept if not boxes["box_id"].str.contains(".", regex=False).any())
        for crime_type in self.types:
            bounds, number, _, weight, _ = self.placed(plain, crime_type)
            slot = np.repeat(np.arange(self.week.size), np.diff(bounds))
            np.add.at(found, (number, self.week[slot]), weight)
        return found


def most_under_windows(boxes, rules, period, total):
    """The most of all harm that any chances could cover that draw as many boxes in all and keep cap and windows.

    Windows are taken to begin anew every 7 and 28 days and at each change of boxes, rests and the number of each shift
    are left out, and all harm is known: real lotteries cover less. Best first within each week of a box, then within
    its four weeks, then in all, which is the optimum, since each of these lies within the next.
    """
    harm, key, whole = [], [], 0.0
    for number, stretch in enumerate(boxes.stretches):
        here = stretch.harm.astype(float)
        whole += here.sum()
        day = period.day[stretch.first:stretch.stop] - period.day[stretch.first]
        slot, box = np.nonzero(here * stretch.boxes["beat"].notna().to_numpy())
        harm.append(here[slot, box])
        key.append(np.stack([np.full(box.size, number), box, day[slot] // 28, day[slot] // 7]))
    harm, key = np.concatenate(harm), np.concatenate(key, axis=1)
    amount = np.full(harm.size, float(rules["cap"]))
    for parts, most in ((4, rules["window_7_expected"]), (3, rules["window_28_expected"]), (0, total)):
        order = np.lexsort((-harm, *key[:parts][::-1]))
        changes = np.any(np.diff(key[:parts, order], axis=1) != 0, axis=0) if parts else np.zeros(harm.size - 1, bool)
        first = np.concatenate([[0], np.flatnonzero(changes) + 1])
        before = np.cumsum(amount[order]) - amount[order]
        before -= np.repeat(before[first], np.diff(np.append(first, harm.size)))
        amount[order] = np.clip(most - before, 0.0, amount[order])
    return float((amount * harm).sum() / whole)


def compare(rules, present, plain, laid, hot, period, by_week, progress):
    """The back-test's choices, and those by harm with as many boxes as equal numbers drew."""
    compared = _COMPARE(rules, present, plain, laid, hot, period, by_week, progress)
    asked = cap_cost.choices(rules, set(plain.stretches[0].boxes["beat"].dropna()))
    drawn = float(compared.sums[patrol_choices.EQUAL].boxes.sum()) / len(period.day)
    for name, choice in patrol_choices._OF_CHOICES.items():
        for ending, boxes in (("", plain), (patrol_choices.LAYOUT, laid)):
            if name != patrol_choices.EQUAL:
                in_force = {**asked[choice], PER_SHIFT: drawn}
                named = name + ending + AS_MANY
                compared.sums[named] = patrol_choices._summed(
                    named, boxes, period, patrol_choices.lottery(boxes, in_force, period))
    for name, boxes in (("fishnet", plain), ("boxes laid anew", laid)):
        BOUNDS[name] = most_under_windows(boxes, rules, period, drawn * len(period.day))
    minutes = float(rules["target_minutes"] * (1 + rules["returns"]))
    return replace(compared, figures=choice_figures(compared.sums, minutes, by_week, len(period.day)))


def told(ratio, above, below, events, besides=0.0):
    """A ratio with its interval, as text."""
    low, high = ratio_interval(ratio, (above,), (below,), events, besides)
    return f"{ratio:.3f} ({low:.3f} to {high:.3f})"


def of_searched(scorer):
    """Lines on the events in the searched area."""
    by_week = scorer.by_week
    for name, sets in (("as published", slice(0, 1)), (f"moved by {METRES:.0f} m", slice(1, None))):
        hits, events = scorer.hits[sets].mean(axis=0), by_week[sets].mean(axis=0)
        for place, share in enumerate(SHARES):
            total = hits[:, place].sum(axis=1)
            rule = max(SIMPLE, key=lambda method: total[METHODS.index(method)])
            ours = hits[METHODS.index(LAYOUT), place]
            lines = []
            for other, words in ((rule, f"best rule ({rule})"), (HOT_SPOT_MAP, "kernel density"),
                                 (CONNECT, "connect on the fishnet")):
                theirs = hits[METHODS.index(other), place]
                lines.append(f"over {words} {told(ours.sum() / theirs.sum(), ours, theirs, events)}")
            on_net, best = hits[METHODS.index(CONNECT), place], hits[METHODS.index(rule), place]
            lines.append(f"connect on the fishnet over best rule "
                         f"{told(on_net.sum() / best.sum(), on_net, best, events)}")
            yield (f"{name}, {100 * share:.0f} % of the area: {ours.sum():.0f} of {events.sum():.0f} events; "
                   + "; ".join(lines))


def of_lotteries(compared, events):
    """Lines on the choices, and on the one that has to be reached."""
    table = compared.figures.set_index("method")
    for method, row in table.iterrows():
        yield (f"{method}: {row['boxes']:.1f} boxes, {100 * row['area_share']:.2f} % of the area, harm covered "
               f"{100 * row['covered']:.2f} % ({100 * row['covered_low']:.2f} to {100 * row['covered_high']:.2f}), "
               f"events {row['hits']:.0f}, per 100 hours {row['per_100']:.2f} ({row['per_100_low']:.2f} to "
               f"{row['per_100_high']:.2f})")
    for ours, other in [(name + boxes + ending, patrol_choices.EQUAL) for ending in ("", AS_MANY)
                        for name in (patrol_choices.BY_HARM, patrol_choices.BY_HARM_PACED)
                        for boxes in ("", patrol_choices.LAYOUT)]:
        one, two = compared.sums[ours], compared.sums[other]
        spread = sum(sums.spread_of_harm / sums.covered.sum() ** 2 for sums in (one, two))
        caught = [sums.of(-1) for sums in (one, two)]
        luck = sum(hits.spread / hits.hits.sum() ** 2 for hits in caught)
        harm = told(one.covered.sum() / two.covered.sum(), one.covered, two.covered, events, spread)
        hits = told(caught[0].hits.sum() / caught[1].hits.sum(), caught[0].hits, caught[1].hits, events, luck)
        yield f"{ours} over {other}: harm {harm}, events {hits}"
    equal = compared.sums[patrol_choices.EQUAL]
    for boxes, most in BOUNDS.items():
        yield (f"the most that any chances under cap and windows could cover with as many boxes as equal numbers drew, "
               f"{boxes}: {100 * most:.2f} % of the harm, {most / (equal.covered.sum() / equal.harm.sum()):.3f} times "
               "what those cover")
    for price in compared.prices:
        yield (f"{price.name}: {100 * price.harm:.2f} % of the harm ({100 * price.harm_low:.2f} to "
               f"{100 * price.harm_high:.2f}), {price.events:.2f} events per 100 hours ({price.events_low:.2f} to "
               f"{price.events_high:.2f})")


def run(name, output, kept, days=0):
    """One case: back-test and print what counts."""
    gunfire, incidents, wards, configuration, types, first, last = CASES[name]
    if days:
        first = max(first, str((pd.Timestamp(last) - pd.Timedelta(days=days - 1)).date()))
    with contextlib.ExitStack() as stack:
        if kept:
            workspace = stack.enter_context(open_workspace(str(kept / name / "benchmark.gpkg")))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            workspace = stack.enter_context(workspace_of(folder, gunfire, incidents, wards, configuration))
        scorer = Scorer(workspace, types, first, last)
        backtesting.rank_writer = lambda path: contextlib.nullcontext(scorer)
        # Learnt and chosen from are all rungs; those that no figure here is of are not forecast again.
        backtesting.replaying.replay_type = functools.partial(_REPLAY, compared=SIMPLE)
        patrol_choices.compare = compare
        began = time.process_time()
        result = backtesting.backtest(workspace, first, last, types, 100 * float(SHARES[-1]))
    lines = [f"## {name}: {first} to {last}, {result.shifts} shifts, {len(result.boxes):,} boxes, trained every "
             f"{rolling_backtest.RETRAIN_WEEKS} weeks, {time.process_time() - began:.0f} s of processor",
             *of_searched(scorer), *of_lotteries(result.compared, scorer.by_week[0])]
    at = rolling_backtest.CURVE.index(SHARES[0])
    check = sum(one.curve[one.methods.index(LAYOUT), at] for one in result.replayed)
    lines.append(f"the back-test itself counts {check:.3f} at 1 %, here "
                 f"{scorer.hits[0, METHODS.index(LAYOUT), 0].sum():.3f}")
    text = "\n".join(lines) + "\n"
    (output / (name + ".txt")).write_text(text, encoding="utf-8")
    np.savez(output / (name + ".npz"), hits=scorer.hits, by_week=scorer.by_week)
    kept_sums = {f"{method} {what}": values for method, sums in result.compared.sums.items()
                 for what, values in (("covered", sums.covered), ("harm", sums.harm), ("boxes", sums.boxes),
                                      ("hits", sums.of(-1).hits))}
    np.savez(output / (name + "_lotteries.npz"), **kept_sums)
    result.table.to_csv(output / (name + ".csv"), index=False)
    print(text, flush=True)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], default=[])
    parser.add_argument("--output", type=Path, default=ROOT / "out" / "reach")
    parser.add_argument("--weeks", type=int, default=rolling_backtest.RETRAIN_WEEKS, help="between two trainings")
    parser.add_argument("--days", type=int, default=0, help="the last days of each case alone; 0 for all of them")
    parser.add_argument("--kept", type=Path, help="folder with workspaces made before, CASE/benchmark.gpkg each")
    arguments = parser.parse_args()
    rolling_backtest.RETRAIN_WEEKS = arguments.weeks
    if not (DATA / "dc").is_dir():
        print("The published files are not there; set CONNECT_DATA to the folder that holds dc/.")
        return
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name in arguments.cases or CASES:
        run(name, arguments.output, arguments.kept, arguments.days)


if __name__ == "__main__":
    main()
