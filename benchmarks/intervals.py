#!/usr/bin/python3
"""How often do the 90 % intervals of a back-test hold the truth? Made periods whose truth is known.

    benchmarks/intervals.py [--runs 2000]        table of docs/forecast.md

Each made week has events and hits of two methods, and a log-likelihood that each event gains. Weeks may be busier than
others, good or bad for the forecast, and like the weeks before (correlation from week to week); events may be so few
that most weeks have none, or of several types pooled. The truth is that of a very long period. Beside the product's
intervals (forecast/weekly_intervals.py) stands what drawing whole weeks again (a bootstrap) would have said.
"""
import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shotspotter_connect_plugin.forecast.weekly_intervals import (FEWEST_EVENTS, half_width, most_unseen,  # noqa: E402
                                                                  of_sums, ratio_interval)

LENGTHS = (2, 4, 8, 13, 26, 52)
# name: events a week, share caught, correlation of weeks, spread of their level, of how well they are caught, types
CASES = {"weeks alike": (20, 0.2, 0.0, 0.0, 0.0, 1), "weeks differ": (20, 0.2, 0.3, 0.5, 0.2, 1),
         "weeks differ, more like the last": (20, 0.2, 0.5, 0.5, 0.2, 1),
         "six types pooled": (60, 0.15, 0.5, 0.5, 0.2, 6),
         "five events a week": (5, 0.15, 0.3, 0.5, 0.2, 1), "hardly any hits": (5, 0.03, 0.3, 0.5, 0.2, 1),
         "most weeks empty": (0.7, 0.15, 0.3, 0.5, 0.2, 1)}
OTHER, BOTH = 0.8, 0.9
"""What the other method catches of what one does, and how much of that is the same events."""
GAIN, GAIN_SPREAD = 0.3, 1.5
LONG = 20_000
BOOTSTRAPS = 500


def weeks_of(case, weeks, runs, rng):
    """Events, hits of one and of another method, and log-likelihood gained, each runs x weeks."""
    mean, caught, alike, busy, luck, types = case
    total = np.zeros((4, runs, weeks))
    for _ in range(types):
        level, lift = (np.exp(_wave(weeks, runs, alike, rng) * spread - spread ** 2 / 2) for spread in (busy, luck))
        events, share = rng.poisson(mean / types * level), np.minimum(caught * lift, 0.95)
        both = rng.binomial(events, share * OTHER * BOTH)
        one = rng.binomial(events - both, share * (1 - OTHER * BOTH) / (1 - share * OTHER * BOTH))
        other = rng.binomial(events - both - one, share * OTHER * (1 - BOTH) / (1 - share))
        gained = GAIN * lift * events + GAIN_SPREAD * np.sqrt(events) * rng.standard_normal((runs, weeks))
        total += [events, both + one, both + other, gained]
    return total


def _wave(weeks, runs, alike, rng):
    """Standard normal values (runs, weeks), each week like the last one."""
    steps = rng.standard_normal((weeks, runs))
    for week in range(1, weeks):
        steps[week] = alike * steps[week - 1] + np.sqrt(1 - alike ** 2) * steps[week]
    return steps.T


def judged(period, truth, rng):
    """Whether each interval holds the truth, NaN where there is none: hit rate, ratio of two, log score; the same by
    drawing weeks again."""
    events, one, other, gained = period
    rate, found = one.sum() / events.sum(), []
    low, high = ratio_interval(rate, (one,), (events,), events)
    found.append((low, most_unseen(events.sum()) if rate == 0 and high == 0 else high))
    ratio = one.sum() / other.sum() if other.sum() else np.nan
    low, high = ratio_interval(ratio, (one,), (other,), events)
    found.append((low, high) if high > low else (np.nan, np.nan))  # no week told them apart
    score = gained.sum() / events.sum()
    beyond = half_width(gained / events.sum() - score * of_sums(events), events)
    found.append((score - beyond, score + beyond))
    drawn = rng.integers(0, events.size, (BOOTSTRAPS, events.size))
    again = [part[drawn].sum(axis=1) for part in period]
    with np.errstate(divide="ignore", invalid="ignore"):
        for above, below in ((again[1], again[0]), (again[1], again[2]), (again[3], again[0])):
            values = (above / below)[np.isfinite(above / below)]
            found.append(np.percentile(values, [5, 95]) if values.size else (np.nan, np.nan))
    return [np.nan if low != low else low <= true <= high for (low, high), true in zip(found, (*truth, *truth))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args().runs
    print("weeks are | length | hit rate, PAI | one PAI over another | log score | by weeks drawn again: the same")
    for name, case in CASES.items():
        rng = np.random.default_rng(1)
        events, one, other, gained = (part.sum() for part in weeks_of(case, LONG, 4, rng))
        truth = one / events, one / other, gained / events
        for length in LENGTHS:
            periods = np.moveaxis(weeks_of(case, length, runs, np.random.default_rng(length)), 1, 0)
            shares = [judged(period, truth, rng) for period in periods if period[0].sum() >= FEWEST_EVENTS]
            if len(shares) < runs / 10:
                continue  # such a period hardly ever has enough events
            table = np.array(shares, dtype=float)
            print(f"{name} | {length} | " + " | ".join("none" if np.isnan(column).all() else f"{np.nanmean(column):.2f}"
                                                       for column in table.T), flush=True)


if __name__ == "__main__":
    main()
