"""A small real workspace for the tests inside QGIS: four police service areas of Washington, DC."""
import gzip
import hashlib
import json
import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from qgis.core import (QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProcessingContext,
                       QgsProject, QgsSettings, QgsVectorFileWriter, QgsVectorLayer)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QSettings, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QMainWindow
from qgis_runs import BEATS, DATE, ZONE, Failed, Feedback, copied


@pytest.fixture(scope="session", autouse=True)
def provider(qgis_processing):
    """The provider, registered as the plugin registers it."""
    from shotspotter_connect_plugin.processing.provider import ConnectProvider

    provider = ConnectProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    yield provider
    QgsApplication.processingRegistry().removeProvider(provider)


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory):
    """QGIS's settings of this run alone: pytest-qgis keeps one file for all runs in this folder, also at once."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path_factory.mktemp("settings")))


@pytest.fixture(scope="session")
def run(provider):
    """Run an algorithm as Processing does: check the values, then run -> outputs; ``Failed`` with its one sentence."""
    def run(algorithm, feedback=None, project=None, context=None, **parameters):
        feedback = feedback or Feedback()
        context = context or QgsProcessingContext()
        context.setProject(project or QgsProject.instance())
        context.setFeedback(feedback)
        algorithm = QgsApplication.processingRegistry().createAlgorithmById("connect:" + algorithm)
        valid, message = algorithm.checkParameterValues(parameters, context)
        if not valid:
            raise Failed(message)
        results, successful = algorithm.run(parameters, context, feedback)
        if not successful:
            assert len(feedback.errors) == 1, feedback.errors
            raise Failed(feedback.errors[0])
        return results
    return run


@pytest.fixture
def fails(run):
    """Run an algorithm that must fail -> its sentence, checked to be one."""
    def fails(algorithm, **parameters):
        with pytest.raises(Failed) as error:
            run(algorithm, **parameters)
        sentence = str(error.value)
        assert "\n" not in sentence and "Traceback" not in sentence, sentence
        assert "fault of ShotSpotter Connect" not in sentence, sentence
        assert sentence.endswith(".") and len(sentence) < 400, sentence
        return sentence
    return fails


@pytest.fixture(scope="session")
def data(tmp_path_factory, sample):
    """Folder with jurisdiction.gpkg, incidents.csv.gz and alerts.csv.gz of the four areas and a strip around them."""
    folder = tmp_path_factory.mktemp("data")
    areas = QgsVectorLayer(str(sample / "police_service_areas.geojson"), "areas", "ogr")
    areas.setSubsetString("NAME IN ({})".format(", ".join(f"'{name}'" for name in BEATS)))
    assert areas.featureCount() == len(BEATS)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", "beats"
    error, message, _, _ = QgsVectorFileWriter.writeAsVectorFormatV3(
        areas, str(folder / "beats.gpkg"), QgsProject.instance().transformContext(), options)
    assert error == QgsVectorFileWriter.WriterError.NoError, message
    around = areas.extent().buffered(0.002)
    for name, target, x, y in (("crime_incidents_2017.csv.gz", "incidents.csv.gz", "X", "Y"),
                               ("gunfire_alerts_2014_2017.csv.gz", "alerts.csv.gz", "X", "Y")):
        rows = pd.read_csv(sample / name, dtype=str, keep_default_na=False)
        lon, lat = pd.to_numeric(rows[x], errors="coerce"), pd.to_numeric(rows[y], errors="coerce")
        rows = rows[lon.between(around.xMinimum(), around.xMaximum())
                    & lat.between(around.yMinimum(), around.yMaximum())]
        assert len(rows) > 500
        with gzip.open(folder / target, "wt", encoding="utf-8", newline="") as file:
            rows.to_csv(file, index=False)
    return folder


@pytest.fixture(scope="session")
def created(tmp_path_factory, run, data, sample):
    """Path of a new workspace; not to be changed."""
    path = tmp_path_factory.mktemp("created") / "agency.gpkg"
    shutil.copy(sample / "context.gpkg", path.parent)
    run("createworkspace", WORKSPACE=str(path), JURISDICTION=str(data / "beats.gpkg"),
        BEATS=str(data / "beats.gpkg"), BEAT_FIELD="NAME", TIMEZONE=ZONE, SETTINGS=str(sample / "configuration.json"))
    return path


@pytest.fixture(scope="session")
def planned(tmp_path_factory, run, created, data, sample):
    """Path of a workspace with imports, model, forecast and draws of DATE; not to be changed."""
    path = copied(created, tmp_path_factory.mktemp("planned"))
    run("importincidents", WORKSPACE=str(path), INPUT=str(data / "incidents.csv.gz"), SOURCE_TIMEZONE=ZONE)
    run("importgunfire", WORKSPACE=str(path), INPUT=str(data / "alerts.csv.gz"), SOURCE_TIMEZONE="UTC")
    run("importplaces", WORKSPACE=str(path), INPUT=str(sample / "places" / "school.geojson"), KIND="school")
    run("train", WORKSPACE=str(path), AS_OF=DATE)
    run("score", WORKSPACE=str(path), DATE=DATE)
    run("meter", WORKSPACE=str(path), DATE=DATE)
    return path


@pytest.fixture(scope="session")
def simulated(data, planned, root):
    """The folder ``data`` with fixes.csv.gz and roster.csv: simulated patrols of the evening of DATE."""
    import simulate_patrols

    from shotspotter_connect_plugin.workspace.store.workspace import open_workspace
    with open_workspace(planned) as workspace:
        fixes, roster = simulate_patrols.simulate(workspace, DATE, "evening", seed=[5])
    fixes.to_csv(data / "fixes.csv.gz", index=False)
    roster.to_csv(data / "roster.csv", index=False)
    return data


@pytest.fixture
def fresh(created, tmp_path):
    """A workspace of the test's own, without data."""
    return copied(created, tmp_path)


@pytest.fixture
def full(planned, tmp_path):
    """A workspace of the test's own, with everything up to the draws of DATE."""
    return copied(planned, tmp_path)


@pytest.fixture
def every_byte():
    """A function that gives the hash of a file as it lies on the disk."""
    return lambda path: hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.fixture
def content():
    """A function that gives the hash of a workspace's content."""
    from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

    def content(path):
        with open_workspace(path) as workspace:
            return workspace.content_hash()
    return content


@pytest.fixture(scope="session")
def process(tmp_path_factory, root):
    """The real ``qgis_process`` with our plugin enabled in a profile of its own."""
    from qgis_env import PLUGIN, environment

    env = environment(tmp_path_factory.mktemp("profile"))
    env.pop("PYTHONPATH", None)

    def process(*arguments, more_env=None, stdin=None):
        return subprocess.run(["qgis_process", *arguments], env={**env, **(more_env or {})}, input=stdin or "",
                              capture_output=True, text=True, timeout=300)
    process.enabled = process("plugins", "enable", PLUGIN)
    return process


@pytest.fixture
def open_dock(qgis_new_project):
    """A function that opens the plan dock on a workspace, in a window with a map; dock_hands.py has hands for it."""
    from dock_hands import SHIFT, settle

    from shotspotter_connect_plugin.processing import addresses
    from shotspotter_connect_plugin.ui.plan.plan_dock import PlanDock

    QgsSettings().remove("shotspotter_connect/plan")
    opened, windows = [], []

    def open_dock(path):
        window = QMainWindow()
        canvas = QgsMapCanvas()
        window.setCentralWidget(canvas)
        window.resize(1400, 900)
        addresses.set_in_project(QgsProject.instance(), str(path))
        dock = PlanDock(canvas, window)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        window.show()
        settle(dock)
        dock.go_to(DATE, SHIFT)
        settle(dock)
        opened.append(dock)
        windows.append(window)
        return dock

    def close(dock):
        dock.take_away()
        opened.remove(dock)
    open_dock.close = close
    yield open_dock
    for dock in list(opened):
        close(dock)
    for window in windows:
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def dock(open_dock, full):
    return open_dock(full)


@pytest.fixture
def package(tmp_path):
    """A shift package with one box around INSIDE, in UTM zone 18N."""
    from live_parts import INSIDE

    from shotspotter_connect_plugin.workspace.exports.shift_package import (Patrol, ShiftPackage, Tactic, VisitRules,
                                                                            write_package)

    change = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"),
                                    QgsCoordinateReferenceSystem("EPSG:32618"), QgsProject.instance())
    point = change.transform(*INSIDE)
    box = f"C{int(point.x() // 250)}R{int(point.y() // 250)}"
    found = ShiftPackage(
        "Agency", "EPSG:32618", 250.0, "America/New_York", "2026-03-02", "evening", "Evening",
        "2026-03-02T20:00:00+00:00", "2026-03-03T04:00:00+00:00", 10.0, 20.0, 15.0, VisitRules(),
        (Patrol("p1", box, "603", "4400 block Hunt Pl NE", "robbery", "Robbery", "#0072b2", 15.0, 1, "", 1),
         Patrol("p2", "C1R1", "604", "Far away", "theft", "Theft", "#e69f00", 15.0, 0, "", 1)),
        (Tactic("foot_patrol", "Walk the box", "Walk its streets.", ()),
         Tactic("near_stops", "Be near stops and stations", "Around bus stops.", ("robbery",)),
         Tactic("tell_neighbours", "Tell neighbours of a burglary", "", ("burglary",))))
    path = tmp_path / "shift.json"
    write_package(found, path)
    return path


@pytest.fixture
def open_live_dock():
    """A function that opens the live dock, on a package as unit 12-A with badge 71 if one is given."""
    from live_parts import press

    from shotspotter_connect_plugin.ui.live.live_dock import LiveDock

    QgsSettings().remove("shotspotter_connect/live")
    opened = []

    def open_dock(path=None, canvas=None):
        dock = LiveDock(canvas)
        opened.append(dock)
        dock.resize(480, 900)
        dock.show()
        if path is not None:
            dock.first.path.setText(str(path))
            dock.first.plan_named.emit()
            QTest.keyClicks(dock.first.unit, "12-A")
            QTest.keyClicks(dock.first.badge, "71")
            press(dock.first.begin)
        return dock
    yield open_dock
    for dock in opened:
        dock.take_away()
        dock.deleteLater()
    QgsSettings().remove("shotspotter_connect/live")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def desktops(root):
    """A function that gives ``desktop`` of a folder."""
    return partial(desktop_in, root)


@pytest.fixture
def desktop(root, tmp_path):
    """Start QGIS, do one function of inside_desktop.py in it, and give what it saw."""
    return desktop_in(root, tmp_path)


def desktop_in(root, folder):
    """``desktop(what, ...)``: start QGIS with a profile in a folder, do one function of inside_desktop.py, or several,
    parted by spaces, each in an empty project -> what it saw, or a list of it, and the plugin's class."""
    from qgis_env import enable_in_profile

    def desktop(what, **more_env):
        profiles, result = folder / "profiles-of-qgis", folder / "result.json"
        enable_in_profile(profiles)
        env = {**os.environ, "QGIS_PLUGINPATH": str(root), "CONNECT_DO": what, "CONNECT_RESULT": str(result),
               "XDG_RUNTIME_DIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **more_env}
        for name in ("QT_QPA_PLATFORM", "QGIS_CUSTOM_CONFIG_PATH"):
            env.pop(name, None)
        done = subprocess.run(
            ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", "qgis", "--nologo", "--noversioncheck",
             "--profiles-path", str(profiles), "--code", str(root / "tests" / "qgis" / "inside_desktop.py")],
            env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240)
        assert result.exists(), done.stdout + done.stderr
        told = json.loads(result.read_text())
        assert "error" not in told, told["error"]
        return told["seen"], told["plugin"]
    return desktop
