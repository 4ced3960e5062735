#!/usr/bin/python3
"""The Exposure report on a month of Washington, DC (84 lotteries, 3,000 boxes, 2,000 visits), and its lottery test.

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 benchmarks/exposure.py

Draws and visits are made from one seed; numbers, PDF and public pack of the report are timed after start-up. Then
300 honest weeks of 21 lotteries are made on the harms of one week, with rest and limits that follow each week's own
draws: how often the report would call one uneven, against how often its words say; and how often a week in which the
boxes of small chances are drawn more often than they should be.
"""
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "made")]

import made_lotteries  # noqa: E402
import numpy as np  # noqa: E402
from qgis.core import QgsApplication  # noqa: E402

from shotspotter_connect_plugin.forecast.fishnet import Fishnet  # noqa: E402
from shotspotter_connect_plugin.patrol.chances import inclusion_probabilities  # noqa: E402
from shotspotter_connect_plugin.patrol.inclusion import agreement, by_class  # noqa: E402
from shotspotter_connect_plugin.patrol.spillover import Replays  # noqa: E402
from shotspotter_connect_plugin.reports.builders import exposure_report, publish  # noqa: E402
from shotspotter_connect_plugin.workspace.imports.neighbourhood_import import import_neighbourhoods  # noqa: E402
from shotspotter_connect_plugin.workspace.numbers.exposure_figures import exposure  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.create import create_workspace  # noqa: E402
from shotspotter_connect_plugin.workspace.store.layers import read_vector  # noqa: E402

SAMPLE = ROOT / "shotspotter_connect_plugin" / "resources" / "sample"
FIRST, LAST, WEEKS, SHIFTS = "2017-11-06", "2017-12-03", 300, 21
FAVOURED = 0.002


def main():
    application = QgsApplication([], False)
    application.initQgis()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        with create_workspace(folder / "dc.gpkg", read_vector(SAMPLE / "jurisdiction.geojson"),
                              read_vector(SAMPLE / "police_service_areas.geojson"), "NAME",
                              "America/New_York") as workspace:
            seconds("import of 39 neighbourhoods", import_neighbourhoods, workspace,
                    read_vector(SAMPLE / "neighbourhoods.geojson"))
            seconds("making the month", made_lotteries.add_month, workspace, FIRST)
            for what in ("first report of the process: ", "again: "):
                seconds(what + "numbers", exposure, workspace, FIRST, LAST)
                report = seconds(what + "numbers and pages", exposure_report.build, workspace, FIRST, LAST)
                seconds(what + "PDF", publish.write_report, report, folder / "exposure.pdf")
            pack = seconds("public pack with 84 draws", exposure_report.build_pack, workspace, FIRST, LAST)
            seconds("writing it", exposure_report.write_pack, pack, folder / "pack.zip")
            print("{:6.1f} MB: the pack".format((folder / "pack.zip").stat().st_size / 1e6))
            draws = workspace.read("draws", order_by="drawn_utc").iloc[-SHIFTS:]
            boxes = workspace.read("draw_boxes", ["draw_id", "box_id", "beat", "harm"],
                                   {"draw_id": draws["draw_id"].tolist()})
    honest_weeks(boxes, draws["rules"].iloc[-1])


def honest_weeks(boxes, rules):
    """How often honest weeks, and weeks with favourites, are called uneven."""
    harm = boxes.pivot(index="draw_id", columns="box_id", values="harm")
    beat = boxes.drop_duplicates("box_id").set_index("box_id")["beat"].reindex(harm.columns).to_numpy(dtype=object)
    replays, rng = Replays(*Fishnet.parse(harm.columns), beat), np.random.default_rng(1)
    shape = WEEKS, harm.shape[1]
    counts, expected, last = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
    chances, drawn = [], []
    for one in harm.to_numpy(dtype=float):
        chance = np.stack([inclusion_probabilities(
            one, beat, rules["boxes_per_beat"],
            np.clip(np.minimum(rules["cap"], rules["window_7_expected"] - expected[week]), 0.0, None),
            lower_risk_share=rules["lower_risk_share"], focus=rules["focus"],
            eligible=(counts[week] < rules["window_7_hard"]) & ~last[week])[0]
            for week in range(WEEKS)])
        chance[chance < 1e-12] = 0.0
        last = replays.draw(chance, 1, rng)[:, 0]
        counts, expected = counts + last, expected + chance
        chances.append(chance)
        drawn.append(last)
    chances, drawn = np.stack(chances, axis=1).reshape(WEEKS, -1), np.stack(drawn, axis=1).reshape(WEEKS, -1)
    luck = np.array([agreement(*week).luck for week in zip(chances, drawn)])
    print(f"{WEEKS} honest weeks of {SHIFTS} lotteries over {shape[1]} boxes, called so uneven that it comes by luck "
          "once in")
    for often in (10, 20, 100):
        print(f"  {often:3} or more weeks: {100 * (luck <= 1 / often).mean():.1f} % of them, where the words say at "
              f"most {100 / often:.1f} %")
    favoured = drawn | ((chances > 0) & (chances < 0.01) & (rng.random(chances.shape) < FAVOURED))
    found = np.array([agreement(*week).luck for week in zip(chances[:100], favoured[:100])])
    print(f"100 weeks in which {(favoured[:100].sum() - drawn[:100].sum()) / 100:.1f} more boxes of chances below 1 "
          f"% were drawn: {100 * (found <= 0.05).mean():.0f} % once in 20 or rarer")
    inside = np.concatenate([((table["share"] >= table["low"]) & (table["share"] <= table["high"])).to_numpy()
                             for table in (by_class(*week) for week in zip(chances, drawn))])
    print(f"classes of chance inside their range of 95 %: {100 * inside.mean():.1f} %")


def seconds(what, function, *arguments):
    started, used = time.perf_counter(), time.process_time()
    result = function(*arguments)
    print(f"{time.perf_counter() - started:6.2f} s, {time.process_time() - used:5.2f} s of processor: "
          f"{what}", flush=True)
    return result


if __name__ == "__main__":
    main()
