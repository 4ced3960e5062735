#!/usr/bin/python3
"""How far from what was expected groups of a back-test may lie by luck alone, and whether that yardstick is true.

    python3 benchmarks/luck.py [--towns 1000]        table of docs/forecast.md
    python3 benchmarks/luck.py --groups FILE ...     groups that benchmarks/backtest.py kept, without training again

Even where every chance is right, sums of events differ from what was expected. If events came one by one that would be
by Poisson's law. But events of a box and shift come in bursts, and a whole week is quiet or busy for all boxes alike
(weather). Both are over within a week. So for each crime type two numbers are taken from the differences of adjacent
weeks, from which whatever is wrong for longer than a week cancels: with d = what came less what was expected, in week
and group, less the same of the week before, and e = what was expected in both weeks together,

    bursts  = mean of (d - e (sum of d) / (sum of e))^2 / e        over weeks and groups, times groups / (groups - 1)
    shared  = (sum of (sum of d)^2 - bursts sum of e) / (sum of squares of what was expected in each of the two weeks)

(mean square successive difference: von Neumann, Kent, Bellinson and Hart 1941, Annals of Mathematical Statistics 12).
The variance of a group is then ``bursts x expected + shared x sum over weeks of expected squared``, and two groups of a
type have ``shared x sum over weeks of the product of what both expect`` in common. A level that is wrong, even slowly
changing, is no luck by this yardstick. ``towns`` asks it of made towns whose true rates are known: p-values of right
chances must be uniform, and a level that is 10 % off must be seen.

Chi-square of all groups is the sum of three parts, each judged by the same draws: *level*, the totals of the types;
*busiest*, the busiest group of each type against its others, given the total; and *rest*, the others among themselves.
"""
import argparse

import numpy as np
import pandas as pd

TOLERANCE = 0.1
DRAWS = 10_000
GROUPS = 5
# name: mean size of bursts, spread of weeks that all share, how far the expected level is too low, for which types
TOWNS = {"one by one": (1.0, 0.0, 0.0, "all"), "bursts": (1.5, 0.0, 0.0, "all"), "weather": (1.0, 0.1, 0.0, "all"),
         "bursts and weather": (1.3, 0.1, 0.0, "all"), "level 10 % too low": (1.0, 0.0, 0.1, "all"),
         "the same, bursts and weather": (1.3, 0.05, 0.1, "all"),
         "level too low by 20 % in the end, nothing at first": (1.3, 0.05, 0.1, "drift")}
# Weeks, and events of each type: about those of gunfire, the wards and half a year in docs/forecast.md.
PERIODS = {"52 weeks, 3,650 events": (52, [3650]), "52 weeks, five types": (52, [620, 630, 560, 630, 5300]),
           "26 weeks, five types": (26, [930, 1175, 773, 1260, 12500])}


def short_run(expected, observed):
    """``bursts`` and ``shared`` of a type from (weeks, groups) expected and observed events."""
    differences, both = np.diff(observed - expected, axis=0), expected[1:] + expected[:-1]
    of_all, together = differences.sum(axis=1), both.sum(axis=1)
    apart = differences - both / together[:, None] * of_all[:, None]
    bursts = float(np.sum(apart ** 2 / both) / (len(both) * (both.shape[1] - 1)))
    week = expected.sum(axis=1)
    shared = float((np.sum(of_all ** 2) - bursts * together.sum()) / np.sum(week[1:] ** 2 + week[:-1] ** 2))
    return bursts, max(shared, 0.0)


def by_short_run(expected, observed, draws, rng):
    """Draws (draws, groups) of what comes above what was expected, as luck of bursts and of weeks has it."""
    bursts, shared = short_run(expected, observed)
    weeks, groups = expected.shape
    # Bursts are not known but estimated: n overlapping differences tell as much as 2 n^2 / (3 n - 1) separate ones.
    freedom = 2 * (weeks - 1) ** 2 / (3 * weeks - 4) * (groups - 1)
    bursts = bursts * freedom / rng.chisquare(freedom, (draws, 1))
    alone = np.sqrt(bursts * expected.sum(axis=0)) * rng.standard_normal((draws, groups))
    return alone + np.sqrt(shared) * rng.standard_normal((draws, weeks)) @ expected


def by_poisson(expected, draws, rng):
    """The same if events came one by one."""
    whole = expected.sum(axis=0)
    return rng.poisson(whole, (draws, whole.size)) - whole


def luck(types, draws=DRAWS, seed=1):
    """What luck explains of the groups of some crime types.

    Parameters
    ----------
    types : list of (expected, observed)
        (weeks, groups) of each type.

    Returns
    -------
    dict
        ``groups``, ``outside`` (observed over expected below 0.9 or above 1.1), ``chi`` (sum of squares over
        expected), ``parts`` of chi by name; for ``poisson`` and ``short_run``: how many groups lie outside by luck, and
        the chances that so many or more do, and that chi is as large; ``parts_p`` the last for each part by short run.
    """
    rng = np.random.default_rng(seed)
    whole = np.concatenate([expected.sum(axis=0) for expected, _ in types])
    above = np.concatenate([(observed - expected).sum(axis=0) for expected, observed in types])
    outside, chi = _far(above, whole)
    ends = np.cumsum([expected.shape[1] for expected, _ in types])
    found = {"groups": whole.size, "outside": int(outside), "chi": float(chi), "parts": _parts(above, whole, ends)}
    for name, drawn in (("poisson", [by_poisson(expected, draws, rng) for expected, _ in types]),
                        ("short_run", [by_short_run(*one, draws, rng) for one in types])):
        drawn = np.concatenate(drawn, axis=1)
        out, sums = _far(drawn, whole)
        found[name] = (float(out.mean()), float(np.mean(out >= outside)), float(np.mean(sums >= chi)))
    by_luck = _parts(drawn, whole, ends)
    found["parts_p"] = {name: float(np.mean(by_luck[name] >= part)) for name, part in found["parts"].items()}
    return found


def in_words(found):
    """One line."""
    poisson, short = found["poisson"], found["short_run"]
    parts = ", ".join(f"{name} {part:.1f} (p {found['parts_p'][name]:.3f})" for name, part in found["parts"].items())
    return (f"{found['outside']} of {found['groups']} groups outside 0.9 to 1.1, chi-square {found['chi']:.1f}; by "
            f"luck {poisson[0]:.1f} if events come one by one (so many or more with p {poisson[1]:.3f}, chi-square p "
            f"{poisson[2]:.3f}), {short[0]:.1f} with bursts and weeks as they are (p {short[1]:.3f}, chi-square p "
            f"{short[2]:.3f}); of chi-square {parts}")


def keep(path, types):
    """Write (weeks, groups) expected and observed of types, a dict by code, as CSV."""
    rows = [(code, week, group, expected[week, group], observed[week, group])
            for code, (expected, observed) in types.items() for week, group in np.ndindex(*expected.shape)]
    pd.DataFrame(rows, columns=["crime_type", "week", "group", "expected", "observed"]).to_csv(path, index=False)


def kept(path):
    """What :func:`keep` wrote."""
    frame = pd.read_csv(path)
    return {code: tuple(rows.pivot(index="week", columns="group", values=name).to_numpy()
                        for name in ("expected", "observed")) for code, rows in frame.groupby("crime_type")}


def _far(above, whole):
    return np.sum(np.abs(above / whole) > TOLERANCE, axis=-1), np.sum(above ** 2 / whole, axis=-1)


def _parts(above, whole, ends):
    """Chi-square of (..., groups) by part; the groups of a type end before ``ends`` and its busiest is the last."""
    level = busiest = 0.0
    for begin, end in zip([0, *ends[:-1]], ends):
        mine, total = above[..., begin:end], whole[begin:end].sum()
        level = level + mine.sum(axis=-1) ** 2 / total
        last = whole[end - 1]
        busiest = busiest + (mine[..., -1] - last / total * mine.sum(axis=-1)) ** 2 / (last * (1 - last / total))
    return {"level": level, "busiest": busiest, "rest": _far(above, whole)[1] - level - busiest}


def made(town, period, rng):
    """Expected and observed events (weeks, groups) of the types of a made town."""
    size, weather, wrong, how = town
    weeks, events = period
    busy = np.exp(weather * rng.standard_normal(weeks) - weather ** 2 / 2)
    season = np.exp(0.2 * np.sin(np.linspace(0, 2 * np.pi, weeks)))
    types = []
    for number in events:
        right = np.repeat((number / GROUPS * season / season.sum())[:, None], GROUPS, axis=1)
        times = rng.poisson(right * busy[:, None] / size)
        more = rng.negative_binomial(np.maximum(times, 1), 1 / size) if size > 1 else np.zeros_like(times)
        observed = (times + np.where(times > 0, more, 0)).astype(float)
        level = np.full(weeks, 1 - wrong) if how == "all" else 1 - 2 * wrong * np.arange(weeks) / (weeks - 1)
        types.append((right * level[:, None], observed))
    return types


def towns(number):
    """Print how often each yardstick says p < 0.05 and p < 0.2, by groups outside and by chi-square."""
    print("| period and town | Poisson: p < 0.05, p < 0.2 (chi-square) | short run: p < 0.05, p < 0.2 (chi-square) |")
    print("|---|---|---|")
    for period, size in PERIODS.items():
        for name, town in TOWNS.items():
            rng = np.random.default_rng(1)
            runs = [luck(made(town, size, rng), 500, seed) for seed in range(number)]
            cells = []
            for yardstick in ("poisson", "short_run"):
                p = np.array([run[yardstick][1:] for run in runs])
                small, larger = np.mean(p < 0.05, axis=0), np.mean(p < 0.2, axis=0)
                cells.append(f"{small[0]:.3f}, {larger[0]:.2f} ({small[1]:.3f}, {larger[1]:.2f})")
            print(f"| {period}: {name} | {cells[0]} | {cells[1]} |", flush=True)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--towns", type=int, default=1000)
    parser.add_argument("--groups", nargs="+", default=[], metavar="FILE")
    arguments = parser.parse_args()
    if not arguments.groups:
        towns(arguments.towns)
    for path in arguments.groups:
        types = kept(path)
        for code, (expected, observed) in types.items():
            each = " ".join(f"{ratio:.2f}" for ratio in observed.sum(axis=0) / expected.sum(axis=0))
            print(f"{path} {code}: {observed.sum():.0f} events, {observed.sum() / expected.sum():.3f} of expected; "
                  f"groups {each}; {in_words(luck([(expected, observed)]))}")
        print(f"{path}: {in_words(luck(list(types.values())))}\n", flush=True)


if __name__ == "__main__":
    main()
