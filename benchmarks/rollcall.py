"""Roll call to PDF: one beat, then the 56 beats of Washington, DC with two boxes each; seconds after start-up.

The plan is made by hand on the sample's beats, streets, water and parks, so that only the report is measured.

Run: QT_QPA_PLATFORM=offscreen /usr/bin/python3 benchmarks/rollcall.py
"""
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "made")]

import rollcall_frames as frames  # noqa: E402
from qgis.core import QgsApplication  # noqa: E402

from shotspotter_connect_plugin.reports.plan import plan_project  # noqa: E402
from shotspotter_connect_plugin.reports.plan.rollcall_pages import write_rollcall  # noqa: E402

SAMPLE = ROOT / "shotspotter_connect_plugin" / "resources" / "sample"


def main():
    application = QgsApplication([], False)
    application.initQgis()
    beats = tuple(sorted(frames.beats(SAMPLE)["beat"]))
    with tempfile.TemporaryDirectory() as folder:
        for what, pages in (("one beat, first report of the process", beats[:1]), ("one beat", beats[:1]),
                            (f"{len(beats)} beats", beats)):
            plan = frames.rollcall(SAMPLE, pages=pages, without=())
            seconds(what, write_rollcall, plan, os.path.join(folder, "sheets.pdf"))
        seconds(f"plan and project of {len(beats)} beats", plan_project.write_plan_files, [plan], folder)
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MB at most")


def seconds(what, function, *arguments):
    started, used = time.perf_counter(), time.process_time()
    function(*arguments)
    taken, used = time.perf_counter() - started, time.process_time() - used
    print(f"{taken:6.2f} s, {used:5.2f} s of processor: {what}")


if __name__ == "__main__":
    main()
