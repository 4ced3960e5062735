#!/usr/bin/python3
"""How honest is the estimate of what patrols did? Cities whose truth is known, drawn by our lottery a thousand times.

    benchmarks/effect.py [--runs 1000]        table of docs/effect.md
    benchmarks/effect.py --intervals          changes of -50 to +100 %: what their intervals hold, and what shows
    benchmarks/effect.py --report             seconds for the report of a month with some 2,000 visits (needs QGIS)

Each city has 144 boxes in four beats of two drawn boxes; forecasts are wrong by half, some shifts are busier than
others. Beside our interval stand the one from the differences between shifts, and what a comparison of patrolled with
other boxes would have said.
"""
import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "made")]

import lottery_city  # noqa: E402

from shotspotter_connect_plugin.workspace.numbers import effect_figures as step  # noqa: E402

CASES = [(shifts, mean, prevented) for shifts, mean in ((10, 0.05), (30, 0.05), (120, 0.005), (120, 0.05), (360, 0.05))
         for prevented in (0.0, 0.2)]
DELIVERED = 0.7
CHANGES = [(shifts, mean, change) for shifts, mean in ((21, 0.01), (21, 0.05), (63, 0.05), (200, 0.05))
           for change in (-0.5, -0.2, 0.0, 0.2, 0.5, 1.0)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--intervals", action="store_true")
    given = parser.parse_args()
    if given.report:
        return report()
    if given.intervals:
        print("shifts | events a box and shift | change | said something | 95 % of the change holds it | of events | "
              "with the variance of no effect | no upper limit | concluded | mean size where concluded | "
              "smallest to show")
        for case in CHANGES:
            print(" | ".join(changes(*case, given.runs)), flush=True)
        print("\nshifts | changed by the smallest to show: down, concluded | up, concluded")
        for shifts in (21, 63, 200):
            print(" | ".join(smallest(shifts, given.runs)), flush=True)
        return None
    print("shifts | events a box and shift | prevented | events in drawn boxes | truth | mean estimate | error | "
          "stated | holds truth | 90 % holds | between shifts | concluded | smallest to show | naive | check holds 0")
    for shifts, mean, prevented in CASES:
        print(" | ".join(being_drawn(shifts, mean, prevented, given.runs)), flush=True)
    print("\nwhat | holds truth | bias in its errors | stated / real error | concluded")
    for line in special(given.runs):
        print(" | ".join(line), flush=True)


def being_drawn(shifts, mean, prevented, runs):
    """One row: analysts suppress half of the patrols of the busiest boxes, so the naive comparison has no chance."""
    from scipy.stats import t
    city, rng, rows = lottery_city.make(1, shifts, runs, mean), np.random.default_rng(2), []
    busy = city.true > np.quantile(city.true, 0.8)
    for run in range(runs):
        kept = ~(busy & (rng.random(city.drawn[run].shape) < 0.5))
        delivered = city.drawn[run] & kept
        events, rate = city.events(rng, 1 - prevented * delivered)
        earlier, _ = city.events(rng)
        design, units = city.lottery(run)
        share = np.where(busy, 0.5, 1.0)
        truth = -prevented * (rate * share * city.chance)[units].sum() / city.chance[units].sum()
        found = design.compare(events[units], city.expected[units])
        ninety = design.compare(events[units], city.expected[units], level=0.9)
        before = design.compare(earlier[units], city.expected[units])
        wide = t.ppf(0.975, shifts - 1) * found.between_shifts
        base = (rate * city.chance)[units].sum() / city.chance[units].sum()
        naive = events[delivered].mean() / events[~delivered].mean() - 1
        rows.append((truth, found.value, found.error, found.low <= truth <= found.high,
                     ninety.low <= truth <= ninety.high, abs(found.value - truth) <= wide, found.conclusive,
                     found.detectable() / base, naive, not before.conclusive, base * design.exposed.sum()))
    table = np.array(rows, dtype=float)
    mean_of, spread = table.mean(axis=0), (table[:, 1] - table[:, 0]).std()
    return (f"{shifts}", f"{mean:g}", f"{100 * prevented:.0f} %", f"{mean_of[10]:.0f}", f"{mean_of[0]:.4f}",
            f"{mean_of[1]:.4f}", f"{spread:.4f}", f"{mean_of[2]:.4f}",
            *(f"{100 * mean_of[number]:.1f} %" for number in (3, 4, 5, 6)), f"{100 * mean_of[7]:.0f} %",
            f"{100 * mean_of[8]:+.0f} %", f"{100 * mean_of[9]:.1f} %")


def compared(city, run, rng, change):
    """What is said of one period in which being drawn changes events by a share, and the true change in events."""
    events, rate = city.events(rng, np.where(city.drawn[run], 1 + change, 1.0))
    design, units = city.lottery(run)
    found = design.compare(events[units], city.expected[units])
    plain = design.estimate((events - city.expected)[units])
    enough = found.base > 0 and design.mean_unexposed(events[units]) * design.exposed.sum() >= step.ENOUGH
    return found, plain, enough, change * (rate * city.chance)[units].sum() / city.chance[units].sum()


def changes(shifts, mean, change, runs):
    """One row: how often intervals hold a change, of the periods in which anything is said."""
    city, rng, rows = lottery_city.make(1, shifts, runs, mean), np.random.default_rng(2), []
    for run in range(runs):
        found, plain, enough, truth = compared(city, run, rng, change)
        if enough:
            rows.append((found.share_low <= change <= found.share_high, found.low <= truth <= found.high,
                         plain.low / found.base <= change <= plain.high / found.base, np.isinf(found.share_high),
                         found.conclusive, abs(found.share) if found.conclusive else np.nan,
                         found.detectable() / found.base))
    table = np.array(rows, dtype=float)
    said = [f"{100 * value:.1f} %" for value in table[:, :5].mean(axis=0)]
    lucky = table[:, 5][table[:, 4] > 0]
    return (f"{shifts}", f"{mean:g}", f"{100 * change:+.0f} %", f"{100 * len(rows) / runs:.0f} %", *said,
            f"{100 * lucky.mean():.0f} %" if lucky.size else "", f"{100 * np.median(table[:, 6]):.0f} %")


def smallest(shifts, runs):
    """How often the smallest change that shows reliably does, downwards and upwards."""
    city, rng = lottery_city.make(1, shifts, runs, 0.05), np.random.default_rng(5)
    least = np.median([found.detectable() / found.base
                       for found, *_ in (compared(city, run, rng, 0.0) for run in range(runs))])
    shown = [np.mean([compared(city, run, rng, change)[0].conclusive for run in range(runs)])
             for change in (-min(least, 1.0), least)]
    return f"{shifts}", f"{100 * least:.0f} %: {100 * shown[0]:.0f} %", f"{100 * shown[1]:.0f} %"


def special(runs):
    """The hour of patrol, the weak instrument, and neighbours, over 120 shifts of 0.05 events a box."""
    city, rng = lottery_city.make(3, 120, runs, 0.05), np.random.default_rng(4)
    busy = city.true > np.median(city.true)

    def hour(run, followed):
        luck = rng.random(city.drawn[run].shape)
        hours = np.where(city.drawn[run], 0.3 * (luck < followed), 0.2 * (luck < 0.03)) * np.where(busy, 1.2, 0.8)
        events, rate = city.events(rng)
        design, units = city.lottery(run)
        return design.estimate((events - 0.08 * hours - city.expected)[units], hours[units]), -0.08

    def neighbours(run, moved):
        events, rate = city.events(rng, 1 + moved * city.near(run))
        near = np.concatenate([one.mean(axis=0) * other.mean(axis=0) for one, other in city.replayed])
        weight = np.tile(near, len(city.chance) // len(city.replayed))
        truth = moved * (rate.ravel() @ weight) / weight.sum()
        return city.beside(run).compare(events.ravel(), city.expected.ravel()), truth

    for name, made in (("hour of patrol, two drawn boxes of three visited", lambda run: hour(run, 0.67)),
                       ("hour of patrol, one drawn box of twenty visited", lambda run: hour(run, 0.05)),
                       ("neighbours, nothing moves", lambda run: neighbours(run, 0.0)),
                       ("neighbours, 20 % more there", lambda run: neighbours(run, 0.2))):
        pairs = [made(run) for run in range(runs)]
        errors = np.array([found.value - truth for found, truth in pairs])
        holds = np.mean([found.low <= truth <= found.high for found, truth in pairs])
        stated = np.median([found.error for found, _ in pairs])
        yield (name, f"{100 * holds:.1f} %", f"{np.median(errors) / errors.std() * np.sqrt(runs):+.1f}",
               f"{stated / errors.std():.2f}", f"{100 * np.mean([found.conclusive for found, _ in pairs]):.1f} %")


def report():
    """Compose and print the report of a month of a made city, about 2,000 visits, after QGIS has started."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import effect_town
    from qgis.core import QgsApplication
    from shapely.geometry import box

    from shotspotter_connect_plugin.reports.builders import dosage_report, publish
    from shotspotter_connect_plugin.workspace.steps.create import create_workspace
    from shotspotter_connect_plugin.workspace.store.layers import VectorTable
    application = QgsApplication([], False)
    application.initQgis()
    left, bottom, side, beats = 320_000, 4_300_000, 6_000, 4
    step = side / beats
    areas = [box(left + x * step, bottom + y * step, left + (x + 1) * step, bottom + (y + 1) * step)
             for x in range(beats) for y in range(beats - 1)]
    whole = box(left, bottom, left + side, bottom + side - step)
    with tempfile.TemporaryDirectory() as folder, create_workspace(
            os.path.join(folder, "city.gpkg"), VectorTable(pd.DataFrame({"n": ["c"]}), [whole], "EPSG:32618", "c"),
            VectorTable(pd.DataFrame({"n": [str(n) for n in range(len(areas))]}), areas, "EPSG:32618", "b"), "n",
            timezone="America/New_York") as workspace:
        effect_town.fill(workspace, "2024-03-01", "2024-03-31", mean=0.03, delivered=0.9)
        print(", ".join(f"{workspace.count(name):,} {name}" for name in (
            "boxes", "draws", "visits", "incidents", "forecasts")))
        for what in ("first report of the process", "again"):
            started, used = time.perf_counter(), time.process_time()
            made = dosage_report.build(workspace, "2024-03-01", "2024-03-31")
            composed = time.perf_counter() - started
            publish.write_report(made, os.path.join(folder, "report.pdf"))
            print(f"{time.perf_counter() - started:.2f} s ({composed:.2f} s of them to compose), "
                  f"{time.process_time() - used:.2f} s of processor: {what}")


if __name__ == "__main__":
    main()
