"""Algorithms in the worker threads of QGIS: what ends the process there would end the analyst's QGIS."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "shotspotter_connect_plugin" / "resources" / "sample"
INSIDE = """
import sys, time
from qgis.core import (QgsApplication, QgsProcessingAlgRunnerTask, QgsProcessingContext, QgsProcessingFeedback, QgsTask)

app = QgsApplication([], False)
app.initQgis()
from shotspotter_connect_plugin.forecast import crs
from shotspotter_connect_plugin.processing.provider import ConnectProvider
provider = ConnectProvider()
QgsApplication.processingRegistry().addProvider(provider)
kept = []


def wait(tasks):
    ended, until = [], time.monotonic() + 240
    for task in tasks:
        task.taskCompleted.connect(lambda: ended.append(True))
        task.taskTerminated.connect(lambda: ended.append(False))
        QgsApplication.taskManager().addTask(task)
    while len(ended) < len(tasks):
        app.processEvents()
        if time.monotonic() > until:
            sys.exit("too slow")
    return all(ended)


def run(name, **parameters):
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("connect:" + name)
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
    kept.append((algorithm, context, feedback, task))
    if not wait([task]):
        sys.exit(feedback.textLog())


class Change(QgsTask):
    def run(self):
        return all(crs.change("EPSG:4326", "EPSG:%d" % (32601 + zone))(6.0 * zone - 177, 38.9)[0] > 0
                   for zone in range(60))


sample, workspace = sys.argv[1:]
run("createworkspace", JURISDICTION=sample + "/jurisdiction.geojson", WORKSPACE=workspace,
    BEATS=sample + "/police_service_areas.geojson", BEAT_FIELD="NAME", TIMEZONE="America/New_York")
for _ in range(2):  # another thread each time
    run("importgunfire", WORKSPACE=workspace, INPUT=sample + "/gunfire_alerts_2014_2017.csv.gz")
for _ in range(5):
    if not wait([Change() for _ in range(4)]):
        sys.exit("a task failed")
print("alive", flush=True)
"""


def test_imports_and_changes_of_coordinates_live_through_worker_threads(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", INSIDE, str(SAMPLE), str(tmp_path / "dc.gpkg")], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=280,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path),
             "PYTHONDONTWRITEBYTECODE": "1"})
    assert (done.returncode, done.stdout.strip().splitlines()[-1:]) == (0, ["alive"]), done.stdout + done.stderr
