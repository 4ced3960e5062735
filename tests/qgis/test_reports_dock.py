"""The Reports dock, clicked through on a workspace: what it offers, makes, remembers and says; and the algorithms."""
import time
import zipfile
from pathlib import Path

import made_month
import numpy as np
import pandas as pd
import pytest
from made_towns import BEATS_9_AND_10, CUT_TOWN, new_town
from pdf_eyes import pages_of
from qgis.core import QgsLayoutExporter, QgsLayoutItemMap, QgsLayoutPoint, QgsPrintLayout, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QDate
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtWidgets import QApplication, QFileDialog

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.reports.builders import opened_report as kept
from shotspotter_connect_plugin.reports.builders import registry
from shotspotter_connect_plugin.reports.paper import map_layers, page_flow
from shotspotter_connect_plugin.reports.plan import rollcall_pages
from shotspotter_connect_plugin.ui import project_opening
from shotspotter_connect_plugin.ui.reports import report_writing
from shotspotter_connect_plugin.ui.reports.open_reports import OpenReports
from shotspotter_connect_plugin.ui.reports.reports_dock import SETTINGS, ReportsDock
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

FIRST, LAST = "2024-03-01", "2024-03-03"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Path of a workspace with three days of patrols."""
    path = tmp_path_factory.mktemp("town") / "town.gpkg"
    with new_town(path, CUT_TOWN, BEATS_9_AND_10) as workspace:
        made_month.fill(workspace, FIRST, days=3, boxes_per_shift=6, officers=8)
    return str(path)


@pytest.fixture
def opened():
    """Layouts that the designer was asked to open."""
    return []


@pytest.fixture
def dock(qgis_app, provider, town, opened):
    QgsProject.instance().clear()
    for name in ("report", "period", "first", "last", "beat", "shift", "officer", "folder"):
        QgsSettings().remove(SETTINGS + name)
    QgsSettings().setValue("shotspotter_connect/recent_workspaces", [town])
    made = ReportsDock(opened.append)
    settle(made)
    yield made
    made.take_away()
    made.deleteLater()
    QgsProject.instance().clear()


def settle(dock, seconds=60):
    until = time.monotonic() + seconds
    while dock.busy() and time.monotonic() < until:
        QApplication.processEvents()
        time.sleep(0.005)
    QApplication.processEvents()
    assert not dock.busy()


def choose(field, value):
    place = field.findData(value)
    assert place >= 0, value
    field.setCurrentIndex(place)
    field.activated.emit(place)


def items(field):
    return [field.itemData(place) for place in range(field.count())]


def test_it_offers_what_the_workspace_has(dock):
    assert set(items(dock.beat)) == {"", "9", "10"} and items(dock.shift)[0] == ""
    assert len(items(dock.officer)) > 4 and "rollcall" in items(dock.report)
    assert dock.period.currentData() == "newest" and dock.first.date() == QDate(2024, 3, 3) == dock.last.date()
    choose(dock.period, "newest_28")
    assert dock.first.date() == QDate(2024, 2, 5) and dock.last.date() == QDate(2024, 3, 3)
    dock.first.setDate(QDate(2024, 3, 1))
    assert dock.period.currentData() == "own"


def test_only_what_a_report_can_be_narrowed_to_is_open(dock):
    choose(dock.report, "shiftreport")
    assert dock.shift.isEnabled() and not dock.officer.isEnabled() and not dock.rank.isEnabled()
    choose(dock.report, "officerreport")
    assert dock.officer.isEnabled() and dock.rank.isEnabled() and not dock.last.isHidden()
    choose(dock.report, "rollcall")
    assert dock.last.isHidden() and dock.beat.isEnabled()


def test_it_opens_an_ordinary_layout_of_the_project(dock, opened):
    choose(dock.report, "crimetypereport")
    choose(dock.beat, "9")
    dock.open_button.click()
    assert not dock.open_button.isEnabled() and not dock.progress.isHidden()
    settle(dock)
    layout, = opened
    assert layout is QgsProject.instance().layoutManager().layoutByName("Crime type report")
    assert "beat 9" in layout.itemById("Period and filters").currentText()
    assert "open in the layout designer" in dock.said.text() and dock.open_button.isEnabled()


@pytest.mark.parametrize("ending", [".pdf", ".png", ".csv"])
def test_it_writes_files_and_records_the_run(dock, town, tmp_path, monkeypatch, ending):
    with open_workspace(town) as workspace:
        before = workspace.count("runs", {"algorithm": "connect:tacticreport"})
    asked = []

    def answer(parent, title, name, kinds):
        asked.append(name)
        return str(tmp_path / "report"), kinds
    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    choose(dock.report, "tacticreport")
    dock.first.setDate(QDate(2024, 3, 1))
    dock.exports[ending].click()
    settle(dock)
    assert Path(asked[0]).name == "tacticreport_2024-03-01_2024-03-03" + ending
    assert list(tmp_path.glob("report*" + ending)) and "Written to" in dock.said.text()
    assert not dock.show_file.isHidden()
    with open_workspace(town) as workspace:
        assert workspace.count("runs", {"algorithm": "connect:tacticreport"}) == before + 1


@pytest.mark.parametrize("ending", ["", ".pdf", ".png", ".csv"])
def test_roll_call_is_one_of_them(dock, opened, tmp_path, ending):
    choose(dock.report, "rollcall")
    choose(dock.shift, "day")
    dock.make(str(tmp_path / "sheets") + ending if ending else "")
    settle(dock)
    if ending:
        assert len(list(tmp_path.glob("sheets*" + ending))) == (2 if ending == ".png" else 1)
    else:
        assert opened[0].atlas().enabled() and opened[0].atlas().coverageLayer().featureCount() == 2
    if ending == ".pdf":
        assert len(pages_of(tmp_path / "sheets.pdf")) == 2


def test_the_public_pack_is_one_click(dock, town, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda parent, title, name, kinds: (str(tmp_path / "p"), kinds))
    choose(dock.report, "tacticreport")
    assert dock.exports[".zip"].isHidden()
    choose(dock.report, "exposurereport")
    assert not dock.exports[".zip"].isHidden() and not dock.shift.isEnabled()
    dock.exports[".zip"].click()
    settle(dock)
    assert "Written to" in dock.said.text()
    with zipfile.ZipFile(tmp_path / "p.zip") as pack:
        assert {"exposure.pdf", "README.txt", "SHA256SUMS.txt"} <= set(pack.namelist())
    with open_workspace(town) as workspace:
        run = workspace.read("runs", where={"algorithm": "connect:exposurereport"}).iloc[-1]
    assert run["parameters"]["PUBLIC_PACK"].endswith("p.zip") and run["counts"]["files"] > 5


def test_an_empty_period_says_so(dock, tmp_path):
    dock.first.setDate(QDate(2022, 1, 1))
    dock.last.setDate(QDate(2022, 1, 2))
    dock.make(str(tmp_path / "empty.pdf"))
    settle(dock)
    assert "No patrols were planned" in dock.said.text() and (tmp_path / "empty.pdf").exists()


def test_what_cannot_be_is_one_sentence_and_changes_nothing(dock, opened, tmp_path):
    dock.first.setDate(QDate(2024, 3, 3))
    dock.last.setDate(QDate(2024, 3, 1))
    dock.make(str(tmp_path / "no.pdf"))
    settle(dock)
    assert dock.said.text() == "The period ends before it starts; give FROM not after TO."
    assert list(tmp_path.iterdir()) == [] and opened == []
    dock.open_workspace(str(tmp_path / "gone.gpkg"))
    settle(dock)
    assert dock.said.text().endswith(".") and "gone.gpkg" in dock.said.text()


def test_choices_are_remembered(dock, town, tmp_path):
    choose(dock.report, "officerreport")
    choose(dock.shift, "evening")
    choose(dock.period, "newest_28")
    dock.make(str(tmp_path / "o.csv"))
    settle(dock)
    again = ReportsDock(lambda layout: None)
    settle(again)
    assert (again.report.currentData(), again.shift.currentData(), again.period.currentData()) == (
        "officerreport", "evening", "newest_28")
    assert again.first.date() == QDate(2024, 2, 5)
    again.take_away()
    again.deleteLater()


@pytest.mark.parametrize("name", ["shiftreport", "tacticreport", "officerreport", "crimetypereport"])
def test_the_algorithms_write_what_the_ending_says(run, fails, town, tmp_path, name):
    period = {"WORKSPACE": town, "FROM": FIRST, "TO": LAST}
    outputs = run(name, OUTPUT=str(tmp_path / "r.pdf"), BEAT="9", **period)
    assert outputs["OUTPUT"] == outputs["FILES"] == str(tmp_path / "r.pdf") and outputs["TABLES"] >= 2
    assert "beat 9" in pages_of(outputs["OUTPUT"])[0]
    outputs = run(name, OUTPUT=str(tmp_path / "r.csv"), **period)
    files = outputs["FILES"].splitlines()
    assert len(files) == outputs["TABLES"] and all(Path(path).exists() for path in files)
    assert "ends in .pdf, .png or .csv" in fails(name, OUTPUT=str(tmp_path / "r.txt"), **period)
    assert "There is no beat '11'" in fails(name, OUTPUT=str(tmp_path / "x.pdf"), BEAT="11", **period)
    assert not (tmp_path / "x.pdf").exists()


def test_roll_call_as_pictures_and_as_a_table(run, town, tmp_path):
    given = {"WORKSPACE": town, "DATE": FIRST, "SHIFT": "day"}
    run("rollcall", OUTPUT=str(tmp_path / "sheets.png"), **given)
    assert len(list(tmp_path.glob("sheets*.png"))) == 2
    outputs = run("rollcall", OUTPUT=str(tmp_path / "boxes.csv"), **given)
    assert len(pd.read_csv(outputs["OUTPUT"])) == outputs["PATROLS"] > 0


# What the user's project keeps of a report

def in_project(dock, opened, report):
    """Open a report of the first date in the designer -> its layout."""
    choose(dock.report, report)
    dock.first.setDate(QDate(2024, 3, 1))
    dock.last.setDate(QDate(2024, 3, 2))
    choose(dock.shift, "")
    dock.open_button.click()
    settle(dock)
    assert "open in the layout designer" in dock.said.text(), dock.said.text()
    return opened[-1]


def drawn(layout):
    """Its pages as arrays; of an atlas the second sheet."""
    if layout.atlas().enabled():
        assert layout.atlas().beginRender() and layout.atlas().seekTo(1)
    exporter = QgsLayoutExporter(layout)
    return [_pixels(exporter.renderPageToImage(page, dpi=60)) for page in range(layout.pageCollection().pageCount())]


def _pixels(picture):
    picture = picture.convertToFormat(QImage.Format.Format_RGB32)
    data = picture.constBits().asarray(picture.sizeInBytes())
    return np.array(data, dtype="int16").reshape(picture.height(), picture.width(), 4)[:, :, :3]


def assert_alike(before, after):
    """The same to the eye: lines may lie a fraction of a pixel elsewhere."""
    assert len(before) == len(after)
    for page, (old, new) in enumerate(zip(before, after)):
        assert (np.abs(old - new).max(axis=2) > 60).mean() < 0.006, page


def as_published(town, request):
    """The pages of a report as they are laid out for a file."""
    with open_workspace(town) as workspace:
        made = report_writing.read(workspace, request, "")
    if isinstance(made, list):
        with rollcall_pages.laid_out(made) as layout:
            return drawn(layout)
    project = map_layers.new_project(made.crs)
    return drawn(page_flow.lay_out(project, made))


def layers_of_reports():
    return [layer for layer in QgsProject.instance().mapLayers().values() if layer.customProperty(kept.OF_LAYOUT)]


@pytest.fixture
def keeper(dock):
    made = OpenReports()
    yield made
    made.take_away()


@pytest.mark.parametrize("ending", [".qgz", ".qgs"])
@pytest.mark.parametrize("report", [kind.name for kind in registry.REPORT_KINDS])
def test_its_maps_still_draw_when_the_project_is_opened_again_elsewhere(dock, town, opened, tmp_path, report, ending):
    if ending == ".qgs" and report not in ("rollcall", "shiftreport"):
        pytest.skip("the same as in a .qgz")
    layout = in_project(dock, opened, report)
    name, before = layout.name(), drawn(layout)
    assert not QgsProject.instance().isDirty()
    (tmp_path / "here").mkdir()
    assert QgsProject.instance().write(str(tmp_path / "here" / ("mine" + ending)))
    QgsProject.instance().clear()
    (tmp_path / "here").rename(tmp_path / "there")
    assert QgsProject.instance().read(str(tmp_path / "there" / ("mine" + ending)))
    again = QgsProject.instance().layoutManager().layoutByName(name)
    after = drawn(again)
    assert_alike(before, after)
    assert_alike(as_published(town, dock.request()), after)
    if report == "shiftreport":
        assert layers_of_reports()


@pytest.mark.parametrize("ending", [".qgz", ".qgs"])
def test_nobody_is_told_that_its_layers_will_be_lost(dock, opened, keeper, tmp_path, ending):
    """QGIS warns of layers from temporary files, among which it keeps attached ones, whenever a project is closed."""
    project = QgsProject.instance()

    def assert_kept():
        QApplication.processEvents()
        assert layers_of_reports() and not any(layer.isTemporary() for layer in layers_of_reports())
        assert all(layer.isValid() for layer in layers_of_reports())
        assert not project.isDirty() and not project_opening.would_lose(project)

    name = in_project(dock, opened, "shiftreport").name()
    before = drawn(project.layoutManager().layoutByName(name))
    assert_kept()
    for place in ("one", "two"):  # saved, and once more when it was opened again
        path = str(tmp_path / (place + ending))
        assert project.write(path)
        assert_kept()
        project.clear()
        assert project.read(path)
        assert_kept()
        assert_alike(before, drawn(project.layoutManager().layoutByName(name)))
    keeper._name_aside()
    project.layoutManager().removeLayout(project.layoutManager().layoutByName(name))
    assert not layers_of_reports() and not [path for path in project.attachedFiles() if path.endswith("gpkg")]


def test_opened_twice_it_is_there_once_and_goes_with_its_layout(dock, opened, keeper):
    project = QgsProject.instance()
    in_project(dock, opened, "shiftreport")
    first, files = len(layers_of_reports()), len(project.attachedFiles())
    assert first and len(project.mapLayers()) == first and not project.layerTreeRoot().children()
    again = in_project(dock, opened, "shiftreport")
    assert [layout.name() for layout in project.layoutManager().layouts()] == ["Shift report"]
    assert len(layers_of_reports()) == first and len(project.attachedFiles()) == files
    other = in_project(dock, opened, "rollcall")
    project.layoutManager().removeLayout(again)
    assert {layer.customProperty(kept.OF_LAYOUT) for layer in layers_of_reports()} == {other.customProperty(kept.ID)}
    project.layoutManager().removeLayout(other)
    assert not project.mapLayers() and len(project.attachedFiles()) == files - 1


def test_what_somebody_changed_is_not_replaced(dock, opened, keeper):
    mine = in_project(dock, opened, "rollcall")
    item = mine.itemById("Title")
    item.beginCommand("Move")
    item.attemptMove(QgsLayoutPoint(20, 20))
    item.endCommand()
    assert QgsProject.instance().isDirty()
    in_project(dock, opened, "rollcall")
    names = {layout.name() for layout in QgsProject.instance().layoutManager().layouts()}
    assert names == {"Roll call", "Roll call (2)"}
    keeper._remove_unsaved(QgsProject.instance())
    assert [layout.name() for layout in QgsProject.instance().layoutManager().layouts()] == ["Roll call"]
    assert drawn(mine) and layers_of_reports()


def test_a_layer_that_another_layout_shows_stays(dock, opened, keeper):
    project = QgsProject.instance()
    report = in_project(dock, opened, "shiftreport")
    copy = project.layoutManager().duplicateLayout(report, "Mine")
    own = QgsPrintLayout(project)
    own.setName("Own")
    item = QgsLayoutItemMap(own)
    item.setLayers([next(item for item in report.items() if isinstance(item, QgsLayoutItemMap)).layers()[0]])
    own.addLayoutItem(item)
    project.layoutManager().addLayout(own)
    before = drawn(copy)
    project.layoutManager().removeLayout(report)
    assert_alike(drawn(copy), before)
    project.layoutManager().removeLayout(copy)
    assert layers_of_reports() == item.layers()


def test_a_report_that_cannot_be_kept_leaves_nothing(dock, opened, monkeypatch):
    def full(*_):
        raise ConnectError("The disk is full.")
    monkeypatch.setattr(kept, "_write", full)
    choose(dock.report, "shiftreport")
    dock.first.setDate(QDate(2024, 3, 1))
    dock.open_button.click()
    settle(dock)
    project = QgsProject.instance()
    assert dock.said.text() == "The disk is full." and not opened and not project.isDirty()
    assert not project.mapLayers() and not project.layoutManager().layouts()
