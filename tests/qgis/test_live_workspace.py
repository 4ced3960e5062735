"""The live patrol in a car that reaches the workspace, and what it shows on the map."""
import sqlite3

import pandas as pd
import pytest
from live_parts import INSIDE, OUTSIDE, buttons, drive, press, wait
from pyproj import Transformer
from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsProject, QgsRectangle
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import Qt

from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust
from shotspotter_connect_plugin.workspace.steps.visit_finding import find_visits
from shotspotter_connect_plugin.workspace.store import gpkg_connection
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

DATE, SHIFT = "2017-12-14", "evening"
START = pd.Timestamp("2017-12-14 21:00", tz="UTC")


@pytest.fixture
def address(full, tmp_path, monkeypatch):
    """A planned workspace with one approved tactic, and a folder of the test's own for journals."""
    with open_workspace(full) as workspace:
        tactics = workspace.read("tactics")
        tactics = tactics.assign(approved_by="Board", reviewed="2017-06-01")
        with workspace.transaction() as writer:
            writer.upsert("tactics", tactics)
    monkeypatch.setattr(QgsApplication, "qgisSettingsDirPath", lambda: str(tmp_path / "profile"))
    return full


@pytest.fixture
def places(address):
    """(the first planned box, a place in it, a place in no planned box), in degrees."""
    with open_workspace(address) as workspace:
        planned = workspace.read("patrols", where={"shift_date": DATE, "shift": SHIFT}, order_by=["patrol_id"])
        boxes = workspace.read("boxes").query("inside == 1")
        box = planned[planned["box_id"].isin(boxes["box_id"])].iloc[0]["box_id"]
        free = boxes[~boxes["box_id"].isin(planned["box_id"])].iloc[0]["box_id"]
        change = Transformer.from_crs(workspace.settings.crs, "EPSG:4326", always_xy=True).transform
        centres = workspace.fishnet.centres(*workspace.fishnet.parse([box, free]))
        return box, *zip(*change(*centres))


def started(open_live_dock, address, canvas=None):
    """A dock with the evening shift of a workspace."""
    dock = open_live_dock(canvas=canvas)
    dock.first.path.setText(str(address))
    dock.first.plan_named.emit()
    dock.first.shift.setCurrentIndex(dock.first.shift.findText("Evening", Qt.MatchFlag.MatchStartsWith))
    dock.first.unit.setText("12-A")
    dock.first.badge.setText("71")
    press(dock.first.begin)
    assert dock.patrol is not None, dock.first.complaint.text()
    return dock


def written(address, table="visits"):
    with open_workspace(address) as workspace:
        frame = workspace.read(table, where={"unit": "12-A"})
        return frame.sort_values(frame.columns[0] if table != "visits" else "entered_utc", ignore_index=True)


def go(dock, place, begin, minutes):
    drive(dock, place, begin, minutes, START)


def delivered(dock):
    """What only grew is sent every twenty seconds; here at once."""
    dock.workspace_link.send()
    wait(lambda: dock.workspace_link.has_all and not dock.workspace_link.work.under_way(), 20)


def test_an_open_visit_is_in_the_workspace_at_once_and_the_batch_finds_the_same(open_live_dock, address, places):
    box, inside, outside = places
    dock = started(open_live_dock, address)
    go(dock, outside, 0, 1)
    go(dock, inside, 2, 0.5)
    wait(lambda: box in list(written(address)["box_id"]))
    row = written(address).query("box_id == @box").iloc[0]
    assert row["patrol_id"].endswith(box) and row["officer"] == "unknown" and row["minutes"] < 2
    press(buttons(dock)["tactic_foot_patrol"])
    go(dock, inside, 2.5, 11)
    go(dock, outside, 14, 6)
    go(dock, inside, 21, 0.5)          # a drive-through, written and taken back
    go(dock, outside, 22, 6)
    delivered(dock)
    live = written(address)
    assert live["box_id"].tolist().count(box) == 1
    assert live.query("box_id == @box")["dosage"].tolist() == ["on_target"]
    log, = written(address, "tactic_log").to_dict("records")
    assert log["approved"] and log["visit_id"] == live.query("box_id == @box")["visit_id"].iloc[0]
    with open_workspace(address) as workspace:
        assert workspace.count("gps_fixes", {"unit": "12-A"}) == len(dock.journal.fixes())
        batch = find_visits(workspace, DATE, DATE)
        batch = batch[batch["unit"] == "12-A"].sort_values("entered_utc", ignore_index=True)
        columns = ["visit_id", "box_id", "patrol_id", "officer", "shift", "entered_utc", "left_utc", "dosage"]
        finished = live[live["box_id"].isin(batch["box_id"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(batch[columns], finished[columns])
        assert batch["minutes"].tolist() == pytest.approx(finished["minutes"].tolist())
        done = import_gps(workspace, dock.journal.fixes_path)
        assert (done.added, done.updated) == (0, 0), "importing the journal as well doubles nothing"
    press(dock.page.end)
    assert "Everything is in the workspace" in dock.first.complaint.text()


def test_a_workspace_that_cannot_be_written_to_loses_nothing(open_live_dock, address, places, monkeypatch):
    box, inside, outside = places
    monkeypatch.setattr(gpkg_connection, "WAIT_SECONDS", 0.2)
    dock = started(open_live_dock, address)
    other = sqlite3.connect(address, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")    # a long run at the desk
    go(dock, inside, 0, 5)
    wait(lambda: "Another program is writing" in dock.page.warning.text())
    assert "journal keeps everything" in dock.page.warning.text()
    assert written(address).empty and len(dock.journal.fixes()) == 20
    wait(lambda: not dock.workspace_link.work.under_way())
    dock.take_away()                    # QGIS ends meanwhile
    other.rollback()
    other.close()
    again = open_live_dock()
    assert again.patrol is not None and again.patrol.situation().visit_seconds == pytest.approx(285)
    delivered(again)
    assert written(address)["box_id"].tolist() == [box] and again.page.warning.text() == ""
    with open_workspace(address) as workspace:
        assert workspace.count("gps_fixes", {"unit": "12-A"}) == 20
    go(again, outside, 6, 4)
    delivered(again)
    visit = written(address).query("box_id == @box").iloc[0]
    assert visit["minutes"] > 4.75


def test_a_box_suppressed_at_the_desk_is_told_in_the_car(open_live_dock, address, places, monkeypatch):
    box, inside, _ = places
    dock = started(open_live_dock, address)
    go(dock, inside, 0, 4)
    delivered(dock)
    with open_workspace(address) as workspace:
        adjust(workspace, "suppress", DATE, SHIFT, box_id=box, reason=next(iter(workspace.settings.adjustment_reasons)))
    dock.workspace_link.turn()
    wait(lambda: "Taken off" in dock.page.verdict.text())
    assert dock.page.timer.isVisible() and buttons(dock)
    go(dock, inside, 4, 4)
    delivered(dock)
    visit, = written(address).to_dict("records")
    assert visit["box_id"] == box and visit["minutes"] == pytest.approx(7.75)


def test_what_is_no_workspace_is_one_sentence(open_live_dock, created, tmp_path):
    dock = open_live_dock()
    dock.first.unit.setText("12")
    for address, words in (("", "Choose"), (str(tmp_path / "none.gpkg"), "none.gpkg"), (str(created), "no plan yet")):
        dock.first.path.setText(address)
        dock.first.plan_named.emit()
        press(dock.first.begin)
        assert words in dock.first.complaint.text() and dock.patrol is None


@pytest.fixture
def canvas():
    canvas = QgsMapCanvas()
    canvas.resize(400, 400)
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    yield canvas
    QgsProject.instance().clear()


def test_boxes_and_car_are_on_the_map(open_live_dock, package, canvas):
    project = QgsProject.instance()
    project.clear()
    dock = open_live_dock(package, canvas)
    layer = dock.live_map.layer
    assert project.mapLayers() and not project.isDirty() and layer.crs().authid() == "EPSG:32618"
    boxes = {feature["box_id"]: feature for feature in layer.getFeatures()}
    assert set(boxes) == {patrol.box_id for patrol in dock.package.patrols} and layer.readOnly()
    assert {item.value(): item.symbol().color().name() for item in layer.renderer().categories()} == {
        "robbery": "#0072b2", "theft": "#e69f00"}
    drive(dock, OUTSIDE, 0, 1)
    assert not dock.live_map.band.asGeometry() or dock.live_map.band.asGeometry().isEmpty()
    assert dock.live_map.car.isVisible()
    canvas.setExtent(QgsRectangle(0, 0, 1000, 1000))
    drive(dock, INSIDE, 3, 1)
    place = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform(*INSIDE)
    assert canvas.extent().contains(*place), "the map follows"
    outline = dock.live_map.band.asGeometry().boundingBox()
    assert outline.contains(*place) and 300 < outline.width() < 350, "250 m, in Web Mercator at 39 degrees"
    drive(dock, OUTSIDE, 5, 1)
    assert dock.live_map.band.asGeometry().isEmpty()
    canvas.setExtent(QgsRectangle(0, 0, 1000, 1000))
    dock.page.boxes.itemClicked.emit(dock.page.boxes.item(0))
    assert canvas.extent().contains(*place), "a touched box is brought into view"
    project.clear()         # as QGIS does when it has started, or when another project is opened
    layer, = project.mapLayers().values()
    assert layer is dock.live_map.layer and layer.featureCount() == 2 and not project.isDirty()
    press(dock.page.end)
    assert not project.mapLayers() and not dock.live_map.car.isVisible()
    project.clear()
    assert not project.mapLayers()


def test_boxes_of_other_units_are_not_mine(open_live_dock, package, canvas):
    import json
    content = json.loads(package.read_text())
    content["patrols"][1]["unit"] = "99"
    package.write_text(json.dumps(content))
    dock = open_live_dock(package, canvas)
    assert dock.live_map.layer.featureCount() == 1 and dock.page.boxes.count() == 1
    project = QgsProject.instance()
    project.removeMapLayer(dock.live_map.layer.id())     # the user takes it away
    drive(dock, INSIDE, 0, 1)
    assert dock.live_map.layer is None
    press(dock.page.end)
