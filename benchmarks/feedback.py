#!/usr/bin/python3
"""Do patrols run away to a few boxes? A made city whose true rates are known, with our rules and without.

    benchmarks/feedback.py [--write]

Every day people report events where the true rate has them, and each patrol discovers some more wherever it goes. What
trains the forecast and how boxes are chosen differ: all records or reported ones only; always the most harmful boxes,
or the lottery of ``patrol/metering.py`` with its caps. With ``--write`` the figure in docs/images is made anew.
"""
import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shotspotter_connect_plugin.patrol import metering  # noqa: E402
from shotspotter_connect_plugin.patrol.patrol_exposure import effective_number, gini  # noqa: E402
from shotspotter_connect_plugin.workspace.store.settings import Settings  # noqa: E402

SIDE, BEATS, PER_BEAT = 16, 4, 2
DAYS, WINDOW, HALF_LIFE = 728, 28, 180.0
REPORTED, DISCOVERED = 0.02, 0.4
CITIES = ("varied 1", "varied 2", "all alike")
STRATEGIES = {
    "all records, most harmful boxes": (False, False),
    "reported only, most harmful boxes": (True, False),
    "all records, lottery": (False, True),
    "reported only, lottery (ours)": (True, True),
}
COLOURS = ("#a61c00", "#b45f06", "#6a7785", "#0b5394")
FIGURE = ROOT / "docs" / "images" / "feedback.svg"


def simulate(city, reported_only, lottery):
    """Patrols per day and box (DAYS x boxes) of one city under one strategy, and the city's true rates.

    In the city "all alike" every box has the same rate, so whatever patrols concentrate on is their own doing.
    """
    rng = np.random.default_rng(CITIES.index(city))
    col, row = np.divmod(np.arange(SIDE * SIDE), SIDE)
    true = np.ones(col.size) if city == "all alike" else rng.gamma(1.0, 1.0, col.size)
    true *= REPORTED / true.mean()
    half = SIDE // 2
    boxes = pd.DataFrame({"box_id": [f"C{x}R{y}" for x, y in zip(col, row)], "inside": 1.0,
                          "beat": [f"B{x // half}{y // half}" for x, y in zip(col, row)]})
    beat, settings = boxes["beat"].to_numpy(object), Settings(boxes_per_beat=PER_BEAT)
    dates = pd.date_range("2024-01-01", periods=DAYS).strftime("%Y-%m-%d").to_numpy()
    seen = rng.poisson(true * 364).astype(float)  # a year of reports before the first patrol
    patrols = np.zeros((DAYS, col.size), dtype=bool)
    chances = np.zeros((DAYS, col.size))
    for day in range(DAYS):
        if lottery:
            since = max(day - max(metering.WINDOWS) + 1, 0)
            rules = metering.rules_of(settings, dates[day], "day", 1)
            drawn = metering.draw_shift(boxes, pd.Series(seen, index=boxes["box_id"]),
                                        history(boxes, dates, patrols, chances, since, day), rules, f"{city} {day}")
            now = drawn.boxes.set_index("box_id").loc[boxes["box_id"]]
            patrols[day], chances[day] = now["selected"], now["inclusion_probability"]
        else:
            for name in sorted(set(beat)):
                own = np.flatnonzero(beat == name)
                patrols[day, own[np.argsort(-seen[own], kind="stable")[:PER_BEAT]]] = True
        new = rng.poisson(true)
        found = rng.poisson(DISCOVERED, col.size) * patrols[day]
        seen = seen * 0.5 ** (1 / HALF_LIFE) + new + (0 if reported_only else found)
    return patrols, true


def history(boxes, dates, patrols, chances, since, day):
    days, places = np.nonzero(patrols[since:day])
    ids, past = boxes["box_id"].to_numpy(object), dates[since:day]
    rows = pd.DataFrame({"box_id": np.tile(ids, day - since), "shift_date": np.repeat(past, len(ids)),
                         "inclusion_probability": chances[since:day].ravel()})
    resting = frozenset(ids[patrols[day - 1]]) if day else frozenset()
    return metering.PatrolHistory(pd.DataFrame({"box_id": ids[places], "shift_date": past[days]}),
                                  rows[rows["inclusion_probability"] > 0], resting)


def measures(patrols, true):
    """Effective number of boxes in each 28 days; and of the whole last year, how patrols compare with the truth."""
    windows = patrols[:DAYS // WINDOW * WINDOW].reshape(-1, WINDOW, true.size).sum(axis=1)
    last = patrols[-364:].sum(axis=0)
    top = np.argsort(-last, kind="stable")[:PER_BEAT * BEATS]
    share, truth = last[top].sum() / last.sum(), true[top].sum() / true.sum()
    return [effective_number(window) for window in windows], {
        "boxes served": (last > 0).sum(), "effective boxes": effective_number(last), "Gini": gini(last),
        "patrols in the 8 most patrolled, %": 100 * share, "true events there, %": 100 * truth,
        "ratio": share / truth, "most patrols of a box": last.max(),
        "true events under patrol, %": 100 * (last @ true) / (364 * true.sum())}


def figure(curves):
    wide, high, left, top = 560, 240, 60, 40
    most = max(curve.max() for curve in curves.values())
    parts = ["<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 680 400' font-family='sans-serif' font-size='12' "
             "fill='#1d2329'><title>Effective number of boxes patrolled in 28 days, over two years</title>",
             "<text x='60' y='20' font-size='14'>Effective number of boxes patrolled in 28 days</text>"]
    for step in range(5):
        y = top + high * (1 - step / 4)
        parts.append(f"<path d='M{left} {y:.0f}h{wide}' stroke='#d5dae0'/><text x='{left - 8}' y='{y + 4:.0f}' "
                     f"text-anchor='end'>{most * step / 4:.0f}</text>")
    for number, (name, colour) in enumerate(zip(STRATEGIES, COLOURS)):
        y = top + high + 50 + 18 * number
        parts.append(f"<path d='M{left} {y - 4}h24' stroke='{colour}' stroke-width='2.5'/>"
                     f"<text x='{left + 32}' y='{y}'>{name}</text>")
        for kind, dashes in (("varied", "none"), ("all alike", "5 4")):
            curve = curves[name, kind]
            points = " ".join(f"{left + wide * place / (curve.size - 1):.1f},{top + high * (1 - value / most):.1f}"
                              for place, value in enumerate(curve))
            parts.append(f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='2.5' "
                         f"stroke-dasharray='{dashes}'/>")
    parts.append(f"<text x='{left + 300}' y='{top + high + 50}'>solid: rates differ; dashed: all boxes alike</text>")
    for year in range(3):
        parts.append(f"<text x='{left + wide * year / 2:.0f}' y='{top + high + 18}' text-anchor='middle'>"
                     f"{'start' if not year else f'year {year}'}</text>")
    return "\n".join([*parts, "</svg>\n"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the figure into docs/images")
    write = parser.parse_args().write
    curves = {}
    for kind in ("varied", "all alike"):
        rows = []
        for name, strategy in STRATEGIES.items():
            results = [measures(*simulate(city, *strategy)) for city in CITIES if city.startswith(kind)]
            curves[name, kind] = np.mean([curve for curve, _ in results], axis=0)
            rows.append({"strategy": name, **pd.DataFrame([row for _, row in results]).mean()})
        print(f"Cities: {kind}\n{pd.DataFrame(rows).set_index('strategy').T.round(2).to_string()}\n")
    if write:
        FIGURE.write_text(figure(curves), encoding="utf-8")
        print("wrote", FIGURE.relative_to(ROOT))


if __name__ == "__main__":
    main()
