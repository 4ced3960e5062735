"""Files for which nobody chose a place lie beside the workspace afterwards, however the algorithm was started."""
import os
import shutil
from pathlib import Path

import pytest
from dock_hands import DATE
from qgis.core import (QgsApplication, QgsProcessing, QgsProcessingContext, QgsProcessingOutputLayerDefinition,
                       QgsProcessingUtils)
from qgis.gui import QgsGui, QgsMessageBar, QgsProcessingGui
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QMainWindow, QPushButton

from shotspotter_connect_plugin.ui import menu_actions, written_files
from shotspotter_connect_plugin.workspace.steps import daily_run
from shotspotter_connect_plugin.workspace.store import output_folders
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

NOTHING = [None, "", QgsProcessing.TEMPORARY_OUTPUT, QgsProcessingOutputLayerDefinition(QgsProcessing.TEMPORARY_OUTPUT)]


def of_dialog(algorithm):
    """What the dialog of an algorithm gives for OUTPUT while nobody has touched it."""
    definition = QgsApplication.processingRegistry().algorithmById("connect:" + algorithm).parameterDefinition("OUTPUT")
    wrapper = QgsGui.processingGuiRegistry().createParameterWidgetWrapper(
        definition, QgsProcessingGui.WidgetType.Standard)
    widget = wrapper.createWrappedWidget(QgsProcessingContext())
    assert widget is not None
    return wrapper.parameterValue()


def test_the_whole_day_and_again(run, full, monkeypatch):
    monkeypatch.chdir(full.parent.parent)
    folder = full.parent / "plans" / DATE
    names = [f"plan_{DATE}.gpkg", f"plan_{DATE}.qgz",
             *(f"rollcall_{DATE}_{shift}.pdf" for shift in ("day", "evening", "midnight"))]
    for output in (of_dialog("daily"), None, QgsProcessing.TEMPORARY_OUTPUT):
        outputs = run("daily", WORKSPACE=str(full), DATE=DATE, OUTPUT=output)
        assert outputs["OUTPUT"] == str(folder) and sorted(os.listdir(folder)) == sorted(names)
        assert Path(outputs["PROJECT"]).parent == folder
    moved = full.parent.rename(full.parent.with_name("moved")) / full.name
    with open_workspace(moved) as workspace:
        assert daily_run.newest_plan(workspace)[2] == str(moved.parent / "plans" / DATE / names[1])
    moved.parent.rename(full.parent)
    outputs = run("rollcall", WORKSPACE=str(full), DATE=DATE, SHIFT="evening")
    assert outputs["OUTPUT"] == str(folder / f"rollcall_{DATE}_evening.pdf")
    assert sorted(os.listdir(folder)) == sorted(names)


@pytest.mark.parametrize("output", NOTHING, ids=str)
def test_sheets(run, full, output):
    outputs = run("rollcall", WORKSPACE=str(full), DATE=DATE, SHIFT="evening", BEAT="602", OUTPUT=output)
    assert outputs["OUTPUT"] == str(full.parent / "plans" / DATE / f"rollcall_{DATE}_evening_602.pdf")
    assert os.path.getsize(outputs["OUTPUT"]) > 10_000


@pytest.mark.parametrize("algorithm, given, name", [
    ("rollcall", {"DATE": DATE, "SHIFT": "day"}, "plans/{0}/rollcall_{0}_day.pdf"),
    ("exportplan", {"DATE": DATE, "SHIFT": "evening", "FORMAT": "package"}, "plans/{0}/plan_{0}_evening.json"),
    ("exportplan", {"DATE": DATE}, "plans/{0}/plan_{0}.geojson"),
    ("shiftreport", {"FROM": DATE, "SHIFT": "day"}, "reports/shiftreport_{0}_day.pdf"),
    ("officerreport", {"FROM": DATE, "RANK": True}, "reports/officerreport_{0}.pdf"),
    ("exposurereport", {"FROM": "2017-12-13", "TO": DATE}, "reports/exposurereport_2017-12-13_{0}.pdf"),
])
def test_every_file_for_people(run, full, algorithm, given, name):
    for output in (of_dialog(algorithm), None):
        outputs = run(algorithm, WORKSPACE=str(full), OUTPUT=output, **given)
        assert outputs["OUTPUT"] == str(full.parent / name.format(DATE))
        assert not outputs["OUTPUT"].startswith(QgsProcessingUtils.tempFolder())
        assert os.path.getsize(outputs["OUTPUT"]) > 0


def test_a_place_that_was_chosen_is_taken(run, full, tmp_path):
    assert run("rollcall", WORKSPACE=str(full), DATE=DATE, SHIFT="day", BEAT="602",
               OUTPUT=str(tmp_path / "mine.pdf"))["OUTPUT"] == str(tmp_path / "mine.pdf")
    assert (tmp_path / "mine.pdf").exists() and not (full.parent / "plans").exists()


def test_two_workspaces_in_one_folder_do_not_take_each_others(full):
    with open_workspace(full) as workspace:
        assert output_folders.plan_folder(workspace, DATE) == full.parent / \
                                          "plans" / DATE  # context.gpkg is no workspace
    shutil.copy(full, full.with_name("other.gpkg"))
    with open_workspace(full) as one, open_workspace(full.with_name("other.gpkg")) as other:
        assert output_folders.plan_folder(one, DATE) == full.parent / "plans" / "agency" / DATE
        assert output_folders.report_folder(other) == full.parent / "reports" / "other"


def test_a_folder_that_cannot_be_written_is_one_sentence(run, fails, full):
    (full.parent / "plans").write_text("a file")
    assert "plans" in fails("daily", WORKSPACE=str(full), DATE=DATE)


class Window:
    """As much of QGIS's interface as messages need."""

    def __init__(self):
        self.window, self.bar, self.projects = QMainWindow(), QgsMessageBar(), []

    def messageBar(self):
        return self.bar

    def mainWindow(self):
        return self.window

    def addProject(self, path):
        self.projects.append(path)
        return True


def test_what_was_written_is_one_click_away(run, provider, full, qgis_new_project, monkeypatch):
    window, urls, told = Window(), [], []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: urls.append(url.toLocalFile()))
    provider.written.connect(lambda *given: told.append(given))
    outputs = run("daily", WORKSPACE=str(full), DATE=DATE)
    sheets = run("rollcall", WORKSPACE=str(full), DATE=DATE, SHIFT="day")
    assert told == [("connect:daily", outputs), ("connect:rollcall", sheets)]

    def click(name):
        button, = window.bar.currentItem().findChildren(QPushButton, name)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    written_files.tell(window, *told[0])
    assert window.bar.currentItem().text() == f"The plan and the sheets are in plans/{DATE}."
    click("ConnectOpenFolder")
    click("ConnectOpenPlanWritten")
    assert urls == [outputs["OUTPUT"]] and window.projects == [outputs["PROJECT"]]
    window.bar.clearWidgets()
    written_files.tell(window, *told[1])
    click("ConnectOpenFile")
    click("ConnectOpenFolder")
    assert urls[1:] == [sheets["OUTPUT"], outputs["OUTPUT"]]


def test_the_dialog_of_the_menu_names_no_temporary_folder(provider):
    for algorithm in ("daily", "rollcall", "exportplan", "shiftreport", "exposurereport"):
        assert "beside the workspace" in str(of_dialog(algorithm)), algorithm
    assert menu_actions.NAME
