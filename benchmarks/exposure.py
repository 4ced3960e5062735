#!/usr/bin/python3
"""The Exposure report on a month of Washington, DC (84 lotteries, 3,000 boxes, 2,000 visits), and its lottery test.

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 benchmarks/exposure.py

Draws and visits are made from one seed; numbers, PDF and public pack of the report are timed after start-up. Then
one shift's chances are drawn 600 times: the spread of the test statistic of planned against realised inclusion beside
the one that the report prints, and beside that of a chi-square.
"""
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit" / "workspace")]

import made_lotteries  # noqa: E402
import numpy as np  # noqa: E402
from qgis.core import QgsApplication  # noqa: E402

from shotspotter_connect_plugin.forecast.fishnet import Fishnet  # noqa: E402
from shotspotter_connect_plugin.patrol.draw import pivotal  # noqa: E402
from shotspotter_connect_plugin.patrol.inclusion import agreement, by_class  # noqa: E402
from shotspotter_connect_plugin.reports import exposurereport, publish  # noqa: E402
from shotspotter_connect_plugin.workspace.create import create_workspace  # noqa: E402
from shotspotter_connect_plugin.workspace.exposure import exposure  # noqa: E402
from shotspotter_connect_plugin.workspace.layers import read_vector  # noqa: E402
from shotspotter_connect_plugin.workspace.neighbourhoods import import_neighbourhoods  # noqa: E402

SAMPLE = ROOT / "shotspotter_connect_plugin" / "resources" / "sample"
FIRST, LAST, DRAWS, SHIFTS = "2017-11-06", "2017-12-03", 600, 20


class Numbers:
    """Uniforms of a seeded generator."""

    def __init__(self, rng):
        self._rng = rng

    def next(self):
        return self._rng.random()

    def take(self, count):
        return self._rng.random(count)


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
                report = seconds(what + "numbers and pages", exposurereport.build, workspace, FIRST, LAST)
                seconds(what + "PDF", publish.write_report, report, folder / "exposure.pdf")
            pack = seconds("public pack with 84 draws", exposurereport.build_pack, workspace, FIRST, LAST)
            seconds("writing it", exposurereport.write_pack, pack, folder / "pack.zip")
            print("{:6.1f} MB: the pack".format((folder / "pack.zip").stat().st_size / 1e6))
            boxes = workspace.read("draw_boxes", where={"draw_id": LAST + ".evening.1"})
    spread(boxes)


def spread(boxes):
    """The test statistic over periods of one shift's chances, each shift drawn anew."""
    chance, beat = boxes["inclusion_probability"].to_numpy(dtype=float), boxes["beat"].to_numpy(dtype=object)
    col, row = Fishnet.parse(boxes["box_id"])
    rng = np.random.default_rng(1)
    drawn = np.zeros((DRAWS, chance.size), dtype=bool)
    for number in range(DRAWS):
        drawn[number, pivotal(chance, col, row, beat, Numbers(rng)).selected] = True
    box, many = np.tile(np.arange(chance.size), SHIFTS), np.tile(chance, SHIFTS)
    periods = [part.ravel() for part in np.split(drawn, DRAWS // SHIFTS)]
    found = [agreement(box, many, period) for period in periods]
    statistic = np.array([one.statistic for one in found])
    print("{} boxes, {} periods of {} shifts: mean {:.3f} of what is expected; standard deviation {:.0f} drawn, {:.0f} "
          "by the report, {:.0f} of a chi-square".format(
              found[0].boxes, len(found), SHIFTS, statistic.mean() / found[0].boxes, statistic.std(),
              found[0].deviation, np.sqrt(2 * found[0].boxes)))
    inside = np.concatenate([((table["share"] >= table["low"]) & (table["share"] <= table["high"])).to_numpy()
                             for table in (by_class(many, period) for period in periods)])
    print("classes of chance inside their range of 95 %: {:.1f} %".format(100 * inside.mean()))


def seconds(what, function, *arguments):
    started, used = time.perf_counter(), time.process_time()
    result = function(*arguments)
    print("{:6.2f} s, {:5.2f} s of processor: {}".format(
        time.perf_counter() - started, time.process_time() - used, what), flush=True)
    return result


if __name__ == "__main__":
    main()
