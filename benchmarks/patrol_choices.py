#!/usr/bin/python3
"""How patrols are shared, measured: harm covered, and shifts in which the busiest boxes have no chance, over weeks.

    /usr/bin/python3 benchmarks/patrol_choices.py WORKSPACE FROM TO

Replays forecasts and lotteries of a past period of a workspace with a model as old as FROM, under each of the choices:
equal boxes per beat, by harm, in between, each without pace and with several. For the sample: make the workspace with
the steps of ``make demo`` up to connect:train (places may be left out), that one with AS_OF 2017-11-05, then FROM
2017-11-06 TO 2017-12-31 (some five minutes).
"""
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shotspotter_connect_plugin.patrol import cap_cost, metering  # noqa: E402
from shotspotter_connect_plugin.workspace.steps import costing  # noqa: E402
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace  # noqa: E402

PACES, SEED = (0.0, 0.85, 0.9, 1.0), 1


def main():
    address, first, last = sys.argv[1:4]
    with open_workspace(address) as workspace:
        replay = costing.replay_of(workspace, first, last)
    harm = replay.harm.astype(float)
    beats = set(replay.boxes["beat"].dropna())
    total = metering.boxes_asked(replay.rules, beats)
    plain = cap_cost.choices(replay.rules, beats)["equal per beat"]
    ways = {"equal per beat": {}, "in between": {"boxes_per_shift": total, "least_per_beat": total / len(beats) / 2},
            "by harm": {"boxes_per_shift": total, "least_per_beat": 0.0},
            "1 to 6": {"boxes_per_shift": total, "least_per_beat": 1.0, "most_per_beat": 6.0}}
    order = np.argsort(-np.where(replay.boxes["beat"].notna(), harm.sum(axis=0), -1.0), kind="stable")
    busy = order[:int(np.ceil(cap_cost.BUSY * replay.boxes["beat"].notna().sum()))]
    print(f"{len(replay.harm)} shifts, {total:g} boxes each, {len(beats)} beats, {replay.events.sum():.0f} events; "
          f"busiest: {len(busy)} boxes; seed {SEED}")
    print(f"{'way':22}{'pace':>6}{'harm covered':>14}{'events':>9}{'served':>8}{'without a chance':>18}")
    for name, changes in ways.items():
        for pace in PACES:
            rules = {**plain, **changes, **({"pace": pace} if pace else {})}
            chance, drawn = cap_cost.replay_lottery(harm, replay.day, replay.boxes, rules["cap"], rules, SEED,
                                                    codes=replay.codes)
            covered, hits = (chance * harm).sum() / harm.sum(), (chance * replay.events).sum()
            without = (chance[:, busy] <= metering.NEARLY).mean()
            print(f"{name:22}{pace:6.2f}{100 * covered:12.2f} %{hits:9.1f}{drawn.any(axis=0).sum():8}"
                  f"{100 * without:16.1f} %", flush=True)


if __name__ == "__main__":
    main()
