"""Reports of a month of a city's patrols to PDF, and roll call: seconds after start-up.

Washington, DC from the sample: 56 beats, a month of 90 shifts with about 2,000 patrols and 2,000 visits of units, all
made up from one seed (tests/made_month.py), and one shift whose cars are simulated fix by fix.

Run: QT_QPA_PLATFORM=offscreen /usr/bin/python3 benchmarks/reports.py
"""
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "made"), str(ROOT / "tools")]

import made_month  # noqa: E402
import simulate_patrols  # noqa: E402
from qgis.core import QgsApplication  # noqa: E402

from shotspotter_connect_plugin.reports.builders import publish, registry  # noqa: E402
from shotspotter_connect_plugin.reports.plan import rollcall_data  # noqa: E402
from shotspotter_connect_plugin.workspace.imports import gps_import, roster_import  # noqa: E402
from shotspotter_connect_plugin.workspace.steps import visit_finding  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.create import create_workspace  # noqa: E402
from shotspotter_connect_plugin.workspace.store.layers import read_vector  # noqa: E402

FOLDER = ROOT / "shotspotter_connect_plugin" / "resources" / "sample"
FIRST, LAST, SIMULATED = "2024-03-01", "2024-03-30", "2024-04-02"
REACH = 3.0


def city(folder):
    """The workspace of Washington with its month and its simulated shift."""
    areas = read_vector(str(FOLDER / "police_service_areas.geojson"))
    workspace = create_workspace(Path(folder) / "dc.gpkg", areas, areas, "NAME", timezone="America/New_York")
    print("{:,} boxes, {}".format(workspace.count("boxes"), made_month.fill(workspace, boxes_per_shift=22)))
    one = workspace.read("patrols", where={"shift_date": FIRST, "shift": "evening"})
    boxes = workspace.read("boxes", ["box_id", "beat"]).dropna().groupby("beat", as_index=False).nth([3, 9])
    plan = one.iloc[[0] * len(boxes)].assign(
        box_id=boxes["box_id"].to_numpy(), beat=boxes["beat"].to_numpy(), shift_date=SIMULATED, status="planned",
        patrol_id=[SIMULATED + "." + box for box in boxes["box_id"]], visit_order=range(len(boxes)), returns=1)
    with workspace.transaction() as writer:
        writer.append("patrols", plan)
    fixes, crews = simulate_patrols.simulate(workspace, SIMULATED, "evening")
    gps_import.import_gps(workspace, str(simulate_patrols.write(fixes, folder, "gps")))
    roster_import.import_roster(workspace, str(simulate_patrols.write(crews, folder, "roster")))
    visit_finding.find_visits(workspace, SIMULATED, SIMULATED)
    print(f"{len(fixes):,} fixes in the simulated shift")
    return workspace


def seconds(what, make):
    started, used = time.perf_counter(), time.process_time()
    make()
    taken, used = time.perf_counter() - started, time.process_time() - used
    print("{:6.2f} s, {:5.2f} s of processor: {}{}".format(
        taken, used, what, "" if used < REACH else f"   MORE THAN {REACH:g} s"), flush=True)


def main():
    application = QgsApplication([], False)
    application.initQgis()
    with tempfile.TemporaryDirectory() as folder, city(folder) as workspace:
        path = os.path.join(folder, "report.pdf")

        def report(name, first=FIRST, last=LAST, **filters):
            publish.write_report(registry.compose(name, workspace, first, last, **filters), path)
        for turn in ("first of the process", "again"):
            for kind in registry.REPORT_KINDS:
                if kind.module:
                    seconds(f"{kind.title} report of a month, {turn}", lambda: report(kind.name))
        seconds("Shift report of one shift with tracks",
                lambda: report("shiftreport", SIMULATED, SIMULATED, shift="evening"))
        officer = workspace.distinct("roster", "officer")[0]
        seconds("Officer report of one officer", lambda: report("officerreport", officer=officer))
        seconds("Roll call of a shift", lambda: publish.write_sheets(
            [rollcall_data.rollcall(workspace, SIMULATED, "evening")], path))


if __name__ == "__main__":
    main()
