"""The import dock, clicked and typed through: what it makes of files, what it imports, what it shows of that."""
import csv
import gzip
import json
import time

import pandas as pd
import pytest
from qgis.core import Qgis, QgsLayerTreeRegistryBridge, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, Qt, QUrl
from qgis.PyQt.QtGui import QDragEnterEvent, QDropEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QComboBox, QMainWindow

from shotspotter_connect_plugin.processing import addresses
from shotspotter_connect_plugin.ui.imports.import_dock import ImportDock
from shotspotter_connect_plugin.workspace.steps.configure import configure
from shotspotter_connect_plugin.workspace.steps.visit_finding import planned_against_delivered, summary
from shotspotter_connect_plugin.workspace.store.roles import account
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

LEFT, DATE = Qt.MouseButton.LeftButton, "2017-12-14"


def settle(dock, seconds=90):
    """Let Qt go on until the dock has nothing under way."""
    end, calm = time.monotonic() + seconds, 0
    while calm < 3:
        assert time.monotonic() < end, "the dock did not finish"
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        calm = 0 if dock.busy() else calm + 1
        time.sleep(0.005)


@pytest.fixture
def open_dock(qgis_new_project):
    """A function that opens the dock on a workspace."""
    QgsSettings().remove("shotspotter_connect/imports")
    opened = []

    def open_dock(path):
        window = QMainWindow()
        window.resize(1000, 900)
        addresses.set_in_project(QgsProject.instance(), str(path))
        dock = ImportDock(window)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        window.show()
        opened.append((dock, window))
        return dock
    yield open_dock
    for dock, window in opened:
        dock.take_away()
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def dock(open_dock, fresh):
    return open_dock(fresh)


def drop(dock, *paths):
    """Drop files on the dock, as from a file manager."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    enter = QDragEnterEvent(QPoint(20, 200), Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(dock, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(dock, QDropEvent(QPoint(20, 200), Qt.DropAction.CopyAction, mime, LEFT,
                                            Qt.KeyboardModifier.NoModifier))
    settle(dock)


def click(dock, name):
    assert dock.buttons[name].isEnabled(), name
    QTest.mouseClick(dock.buttons[name], LEFT)


def states(dock):
    return [(dock.table.item(row, 1).text(), dock.table.item(row, 2).text()) for row in range(dock.table.rowCount())]


def meaning(dock, column):
    combo = dock.columns.table.findChild(QComboBox, "ConnectMeaning:" + column)
    return combo.currentData() if combo else None


def mean(dock, column, role):
    """Choose what a column means with the keyboard, as a person would."""
    combo = dock.columns.table.findChild(QComboBox, "ConnectMeaning:" + column)
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    steps = combo.findData(role) - combo.currentIndex()
    for _ in range(abs(steps)):
        QTest.keyClick(combo.view(), Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)
    QTest.keyClick(combo.view(), Qt.Key.Key_Return)
    settle(dock)
    assert meaning(dock, column) == role


def runs_in(path):
    with open_workspace(path) as workspace:
        return workspace.read("runs", order_by="started_utc")["algorithm"].tolist()


def rows_in(path, table):
    with open_workspace(path) as workspace:
        return workspace.read(table)


def track(path, unit="12", date="2017-12-14", lon=-76.9836, lat=38.8696):
    """A unit that stands for 15 minutes inside the town."""
    moments = pd.date_range(date + " 16:00", periods=31, freq="30s", tz="America/New_York")
    pd.DataFrame({"unit": unit, "time": moments.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ"), "lat": lat,
                  "lon": lon}).to_csv(path, index=False)
    return path


# Looking


def test_dropped_files_are_recognised_shown_and_imported_with_one_run_each(dock, fresh, data):
    assert dock.hint.isVisible() and not dock.buttons["start"].isEnabled()
    drop(dock, data / "incidents.csv.gz", data / "alerts.csv.gz")
    assert states(dock) == [("Incidents", "ready"), ("Gunfire alerts", "ready")]
    assert meaning(dock, "OFFENSE") == "offence" and meaning(dock, "CCN") == "id"
    assert dock.rows.rowCount() > 10 and not dock.hint.isVisible()
    click(dock, "start")
    settle(dock)
    for (kind, state), table in zip(states(dock), ("incidents", "gunfire")):
        assert f"{len(rows_in(fresh, table)):,} added, 0 updated, 0 unchanged" in state
    assert runs_in(fresh)[-2:] == ["connect:importincidents", "connect:importgunfire"]
    assert dock.tabs.currentWidget() is dock.result
    assert "Rows read" in dock.result.toPlainText()


def test_a_corrected_column_is_imported_so_and_remembered_by_dock_and_batch(dock, fresh, data, tmp_path, run):
    frame = pd.read_csv(data / "incidents.csv.gz", dtype=str, keep_default_na=False)
    # What it was is told by its words; which of three dates is which nobody can see.
    frame = frame.rename(columns={"OFFENSE": "was es war", "START_DATE": "eins", "END_DATE": "zwei",
                                  "REPORT_DAT": "drei"})
    for name, part in (("one.csv", frame.head(200)), ("two.csv", frame.iloc[200:400]), ("three.csv", frame.tail(200))):
        part.to_csv(tmp_path / name, index=False)
    drop(dock, tmp_path / "one.csv")
    (kind, state), = states(dock)
    if kind != "Incidents":
        dock.columns.kind.setCurrentIndex(dock.columns.kind.findData("incidents"))
        dock.columns.kind.activated.emit(dock.columns.kind.currentIndex())
        settle(dock)
    assert "no column for the time" in states(dock)[0][1] and not dock.buttons["start"].isEnabled()
    assert "no column for the time" in dock.columns.notice.text()
    assert meaning(dock, "was es war") == "offence"
    mean(dock, "eins", "occurred_from")
    assert states(dock) == [("Incidents", "ready")]
    dock.columns.zone.lineEdit().selectAll()
    QTest.keyClicks(dock.columns.zone.lineEdit(), "America/Chicago")
    QTest.keyClick(dock.columns.zone.lineEdit(), Qt.Key.Key_Return)
    settle(dock)
    click(dock, "start")
    settle(dock)
    assert "{} added".format(len(rows_in(fresh, "incidents"))) in states(dock)[0][1]
    imports = rows_in(fresh, "imports").iloc[-1]
    assert imports["mapping"]["offence"] == "was es war" and imports["mapping"]["occurred_from"] == "eins"
    assert imports["given"]["source_timezone"] == "America/Chicago"
    drop(dock, tmp_path / "two.csv")
    assert states(dock)[1] == ("Incidents", "ready") and meaning(dock, "eins") == "occurred_from"
    assert dock.columns.zone.currentText() == "America/Chicago"
    assert "read as then" in dock.columns.notice.text()
    result = run("importincidents", WORKSPACE=str(fresh), INPUT=str(tmp_path / "three.csv"))
    assert result["ADDED"] > 0
    QTest.mouseClick(dock.columns.guess, LEFT)
    settle(dock)
    assert meaning(dock, "eins") != "occurred_from" and dock.columns.zone.currentText() == ""


def test_columns_about_persons_show_no_value_and_no_choice(dock, data, tmp_path):
    frame = pd.read_csv(data / "incidents.csv.gz", dtype=str, keep_default_na=False).head(50)
    frame["VICTIM_NAME"] = "Jane Doe"
    frame["NOTE"] = "<b>bold</b> [% 1+1 %]"
    frame.to_csv(tmp_path / "persons.csv", index=False)
    drop(dock, tmp_path / "persons.csv")
    table = dock.columns.table
    texts = [[table.item(row, column).text() if table.item(row, column) else "" for column in range(4)]
             for row in range(table.rowCount())]
    row, = [row for row in texts if row[0] == "VICTIM_NAME"]
    assert row[2] == "" and "names" in row[3] and meaning(dock, "VICTIM_NAME") is None
    assert not any("Jane" in text for row in texts for text in row)
    shown = [dock.rows.item(row, column).text() for row in range(dock.rows.rowCount())
             for column in range(dock.rows.columnCount())]
    assert "Jane Doe" not in shown and "<b>bold</b> [% 1+1 %]" in shown


# Importing


def test_tracks_roster_and_log_together_find_their_visits_and_show_them(dock, fresh, tmp_path):
    box = rows_in(fresh, "boxes").query("inside > 0.99").iloc[0]
    with open_workspace(fresh) as workspace:
        x, y = workspace.fishnet.centres([box["col"]], [box["row"]])
        crs = workspace.settings.crs
    import pyproj
    lon, lat = pyproj.Transformer.from_crs(crs, 4326, always_xy=True).transform(x[0], y[0])
    (tmp_path / "gps").mkdir()
    track(tmp_path / "gps" / "a.csv", "12", lon=lon, lat=lat)
    track(tmp_path / "gps" / "b.csv", "14", lon=lon, lat=lat)
    (tmp_path / "log.csv").write_text("Badge,Car,Tactic,Date,Time\n4711,12,foot_patrol,2017-12-14,16:05\n")
    (tmp_path / "roster.csv").write_text(
        "Unit,Badge,From,To\n12,4711,2017-12-14 15:00,2017-12-14 23:00\n,4712,2017-12-14 15:00,2017-12-14 23:00\n")
    drop(dock, tmp_path / "log.csv", tmp_path / "gps", tmp_path / "roster.csv")
    assert [kind for kind, _ in states(dock)] == ["Log of tactics", "GPS of units", "Roster"]
    click(dock, "start")
    settle(dock)
    assert states(dock) == [
        ("Log of tactics", "1 added, 0 updated, 0 unchanged, 0 rejected"),
        ("GPS of units", "62 added, 0 updated, 0 unchanged, 0 rejected"),
        ("Roster", "1 added, 0 updated, 0 unchanged, 1 rejected"), ("Visits", "2 visits, 0 of 0 patrols visited")]
    assert runs_in(fresh)[-4:] == ["connect:importroster", "connect:importgps", "connect:visits",
                                   "connect:importtactics"]
    log, = rows_in(fresh, "tactic_log").to_dict("records")
    visit, = rows_in(fresh, "visits").query("unit == '12'").to_dict("records")
    assert log["visit_id"] == visit["visit_id"] and visit["officer"] == "4711" and visit["box_id"] == box["box_id"]
    layer, = QgsProject.instance().mapLayers().values()
    assert (layer.name(), layer.featureCount()) == ("Visits", 2)
    assert layer.renderer().type() == "categorizedSymbol"
    dock.table.selectRow(2)
    assert "1\nno unit\nUnit\n3" in dock.result.toPlainText()
    wanted = []
    dock.result.file_wanted.disconnect()
    dock.result.file_wanted.connect(wanted.append)
    dock.result.anchorClicked.emit(QUrl("rejects"))
    with open(wanted[0], newline="") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["3"]
    dock.table.selectRow(3)
    assert "No patrols were planned in this period" in dock.result.toPlainText()


def test_planned_against_delivered_after_gps(open_dock, full, simulated):
    dock = open_dock(full)
    drop(dock, simulated / "fixes.csv.gz", simulated / "roster.csv")
    click(dock, "start")
    settle(dock)
    with open_workspace(full) as workspace:
        told = summary(workspace, DATE, DATE)
        table = planned_against_delivered(workspace, DATE, DATE)
    assert states(dock)[-1][0] == "Visits" and told.served > 0
    assert f"{told.served} of {told.patrols} patrols visited" in states(dock)[-1][1]
    assert dock.table.currentRow() == 2
    text = dock.result.toPlainText()
    table = table[table["shift"] == "evening"]
    assert "Planned against delivered" in text and all(box_id in text for box_id in table["box_id"])
    assert "{:.1f}".format(table["patrol_minutes"].max()) in text


def test_visits_are_seen_whatever_group_is_chosen_in_the_layers(dock, tmp_path):
    hidden = QgsProject.instance().layerTreeRoot().addGroup("Day")
    hidden.setItemVisibilityChecked(False)
    QgsProject.instance().layerTreeRegistryBridge().setLayerInsertionPoint(
        QgsLayerTreeRegistryBridge.InsertionPoint(hidden, 0))
    drop(dock, track(tmp_path / "track.csv", lon=-76.94, lat=38.88))
    click(dock, "start")
    settle(dock)
    layer, = QgsProject.instance().mapLayersByName("Visits")
    assert QgsProject.instance().layerTreeRoot().findLayer(layer.id()).isVisible()


def test_without_the_tick_no_visits_are_searched(dock, fresh, tmp_path):
    QTest.mouseClick(dock.find_visits, LEFT, pos=QPoint(8, dock.find_visits.height() // 2))
    assert not dock.find_visits.isChecked()
    drop(dock, track(tmp_path / "track.csv", lon=-76.94, lat=38.88))
    click(dock, "start")
    settle(dock)
    assert "31 added" in states(dock)[0][1]
    assert len(states(dock)) == 1 and "connect:visits" not in runs_in(fresh)


def test_a_file_that_fails_stops_no_other(dock, fresh, data, tmp_path):
    far = tmp_path / "far.csv"
    far.write_text("CCN,OFFENSE,REPORT_DAT,X,Y\n1,THEFT,2017-01-02T10:00:00,2.35,48.85\n")
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(gzip.compress(b"a,b\n" * 1000)[:-20])
    drop(dock, far, broken, data / "alerts.csv.gz")
    assert states(dock)[0] == ("Incidents", "ready") and "No point of columns" in dock.columns.notice.text()
    assert "damaged" in states(dock)[1][1]
    click(dock, "start")
    settle(dock)
    assert "No point" in states(dock)[0][1] and "added" in states(dock)[2][1]
    assert any("could not be imported" in item.text() for item in dock.bar.items())
    assert len(rows_in(fresh, "incidents")) == 0 and len(rows_in(fresh, "gunfire")) > 0
    assert "connect:importincidents" not in runs_in(fresh)
    assert dock.table.currentRow() == 0 and "Nothing of it was taken in" in dock.result.toPlainText()


def test_a_file_from_which_nothing_was_taken_is_red_and_shows_why(dock, fresh, tmp_path, content):
    path, before = tmp_path / "narcotics.csv", content(fresh)
    path.write_text("CCN,OFFENSE,REPORT_DAT,X,Y\n" + "".join(
        f"{number},{offence},2017-01-02T10:00:00,-76.94,38.88\n"
        for number, offence in enumerate(["NARCOTICS", "NARCOTICS", "KITE FLYING"])))
    drop(dock, path)
    dock.queue.call_it(dock.item, "incidents")
    settle(dock)
    click(dock, "start")
    settle(dock)
    assert "all 3 rows were rejected: 2 for “never used in a forecast”, 1 for" in states(dock)[0][1]
    colour = dock.table.item(0, 2).foreground().color()
    assert colour.red() > 2 * max(colour.green(), colour.blue())
    bar, = dock.bar.items()
    assert bar.level() == Qgis.MessageLevel.Critical
    shown = dock.result.toPlainText()
    assert "never used in a forecast" in shown and "Nothing of it was taken in" in shown and "2, 3" in shown
    assert content(fresh) == before


def test_a_file_whose_rows_are_all_known_is_no_success(dock, fresh, tmp_path):
    path = tmp_path / "again.csv"
    path.write_text("CCN,OFFENSE,REPORT_DAT,LONGITUDE,LATITUDE\n"
                    "1,ROBBERY,2017-06-01 12:00,-76.94,38.88\n2,ROBBERY,2017-06-02 12:00,-76.95,38.88\n")
    for text, level in (("Imported.", Qgis.MessageLevel.Success),
                        ("Nothing new: all 2 rows are already in the workspace.", Qgis.MessageLevel.Info)):
        drop(dock, path)  # the round before stays in the list, and is none of this one
        assert not dock.bar.items()
        click(dock, "start")
        settle(dock)
        bar, = dock.bar.items()
        assert (bar.text(), bar.level()) == (text, level)


@pytest.mark.alone
def test_stop_leaves_the_workspace_as_it_was_and_import_goes_on_later(dock, fresh, data, content):
    drop(dock, data / "incidents.csv.gz", data / "alerts.csv.gz")
    before = content(fresh)
    click(dock, "start")
    end = time.monotonic() + 60
    while dock.queue.items[0].percent < 20 and time.monotonic() < end and dock.busy():
        QApplication.processEvents()
    click(dock, "stop")
    settle(dock)
    assert [state for _, state in states(dock)] == ["stopped; nothing was changed"] * 2
    assert content(fresh) == before
    click(dock, "start")
    settle(dock)
    assert all("added" in state for _, state in states(dock))


def test_places_need_their_kind_and_layers_are_imported(dock, fresh, sample):
    drop(dock, sample / "places" / "school.geojson")
    assert states(dock) == [("Places of one kind", "ready")]
    click(dock, "start")
    assert any("what kind of places" in item.text() for item in dock.bar.items())
    QTest.keyClicks(dock.columns.extras["KIND"], "school")
    click(dock, "start")
    settle(dock)
    assert "added" in states(dock)[0][1] and set(rows_in(fresh, "places")["kind"]) == {"school"}


def test_neighbourhoods_coverage_and_calendar(dock, fresh, sample, tmp_path):
    (tmp_path / "calendar.csv").write_text("Wann,Was\n2017-12-25,Christmas\nsoon,Easter\n")
    drop(dock, sample / "neighbourhoods.geojson", sample / "sensor_coverage.geojson",
         sample / "holidays_2014_2018.csv", tmp_path / "calendar.csv")
    assert [kind for kind, _ in states(dock)] == ["Neighbourhoods with residents", "Sensor coverage", "Calendar", "?"]
    dock.table.selectRow(3)
    dock.columns.kind.setCurrentIndex(dock.columns.kind.findData("calendar"))
    dock.columns.kind.activated.emit(dock.columns.kind.currentIndex())
    settle(dock)
    assert "no column for the date" in states(dock)[3][1]
    mean(dock, "Wann", "date")
    mean(dock, "Was", "name")
    holds = dock.columns.extras["HOLDS"]
    holds.setCurrentIndex(holds.findData("holidays"))
    holds.activated.emit(holds.currentIndex())
    click(dock, "start")
    settle(dock)
    assert all("added" in state for _, state in states(dock)), states(dock)
    assert "1 added, 0 updated, 0 unchanged, 1 rejected" in states(dock)[3][1]
    assert len(rows_in(fresh, "neighbourhoods")) == 6 and len(rows_in(fresh, "sensor_coverage")) > 0
    dock.table.selectRow(0)
    assert "33\noutside the jurisdiction" in dock.result.toPlainText()
    days = rows_in(fresh, "calendar")
    assert set(days["kind"]) == {"holiday"} and "Christmas" in set(days["name"])
    dock.table.selectRow(3)
    assert "a date or time that cannot be read\nWann\n3" in dock.result.toPlainText()
    drop(dock, tmp_path / "calendar.csv")
    assert (states(dock)[-1], meaning(dock, "Wann")) == (("Calendar", "ready"), "date")


# The desk


def test_delete_takes_a_file_off_the_list_and_the_same_file_comes_once(dock, data):
    drop(dock, data / "alerts.csv.gz")
    drop(dock, data / "alerts.csv.gz")
    assert dock.table.rowCount() == 1
    QTest.keyClick(dock.table, Qt.Key.Key_Delete)
    assert dock.table.rowCount() == 0 and dock.hint.isVisible()
    assert dock.columns.notice.text() == "Choose a file in the list."


def test_without_a_workspace_it_says_so(open_dock, tmp_path, data):
    QgsSettings().remove("shotspotter_connect/recent_workspaces")
    dock = open_dock("")
    assert not dock.buttons["add"].isEnabled()
    dock.add([str(data / "alerts.csv.gz")])
    assert dock.table.rowCount() == 0
    assert any("workspace" in item.text() for item in dock.bar.items())


def test_the_dock_goes_in_the_middle_of_an_import(open_dock, fresh, data, content):
    dock = open_dock(fresh)
    drop(dock, data / "incidents.csv.gz")
    before = content(fresh)
    click(dock, "start")
    while dock.queue.items[0].percent < 10 and dock.busy():
        QApplication.processEvents()
    dock.queue.leave()
    end = time.monotonic() + 30
    from shotspotter_connect_plugin.ui import background
    while background.alive and time.monotonic() < end:
        QApplication.processEvents()
    assert content(fresh) == before


def test_what_is_given_to_the_algorithm_is_json(dock, data):
    drop(dock, data / "alerts.csv.gz")
    item = dock.queue.items[0]
    assert dock.queue.parameters(item)["MAPPING"] == ""
    dock.queue.give_meaning(item, "TYPE", "")
    settle(dock)
    assert json.loads(dock.queue.parameters(item)["MAPPING"]) == {"kind": ""}


def test_the_choices_of_one_file_do_not_show_through_another(dock, data, tmp_path):
    (tmp_path / "roster.csv").write_text("Unit,Badge,From,To\n12,4711,2017-12-14 15:00,2017-12-14 23:00\n")
    drop(dock, data / "incidents.csv.gz", tmp_path / "roster.csv")
    for row, columns in ((0, 14), (1, 4), (0, 14)):
        dock.table.selectRow(row)
        seen = [combo for combo in dock.columns.table.findChildren(QComboBox) if combo.isVisible()]
        assert len(seen) == columns == dock.columns.table.rowCount()


# Day or month first


def ambiguous(path, month, days=range(1, 8)):
    """A week of incidents whose days are all below 13."""
    path.write_text("CCN,OFFENSE,Occurred Date,LATITUDE,LONGITUDE\n" + "".join(
        f"{month}-{day},ROBBERY,{day:02d}/{month:02d}/2017 10:30,38.88,-76.94\n" for day in days))
    return path


def days_of(path):
    return sorted({str(moment)[:10] for moment in rows_in(path, "incidents")["occurred_from_local"]})


def test_day_or_month_first_is_asked_where_it_is_seen_and_remembered(dock, fresh, tmp_path):
    drop(dock, ambiguous(tmp_path / "march.csv", 3))
    combo = dock.columns.order
    assert combo.itemText(0) == "01/03/2017: January 3, 2017 or 1 March 2017?"
    assert [combo.itemData(row) for row in range(combo.count())] == ["", "month first", "day first"]
    assert not combo.visibleRegion().isEmpty() and combo.visibleRegion().boundingRect().width() > 300
    notice = dock.columns.notice.text()
    assert "1 March 2017" in notice and "DATE_ORDER" not in notice and not dock.buttons["start"].isEnabled()
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    for _ in range(2):
        QTest.keyClick(combo.view(), Qt.Key.Key_Down)
    QTest.keyClick(combo.view(), Qt.Key.Key_Return)
    settle(dock)
    assert states(dock)[0][1] == "ready"
    assert dock.columns.order.currentData() == "day first"
    click(dock, "start")
    settle(dock)
    assert days_of(fresh) == [f"2017-03-0{day}" for day in range(1, 8)]
    drop(dock, ambiguous(tmp_path / "april.csv", 4))
    assert states(dock)[-1][1] == "ready" and "day first" in dock.columns.notice.text()
    click(dock, "start")
    settle(dock)
    assert days_of(fresh)[-1] == "2017-04-07"


def test_a_file_that_shows_the_other_order_asks_once_more(dock, fresh, tmp_path):
    drop(dock, ambiguous(tmp_path / "march.csv", 3, range(1, 20)))
    click(dock, "start")
    settle(dock)
    path = ambiguous(tmp_path / "june.csv", 6)
    path.write_text(path.read_text().replace("07/06/2017", "06/27/2017"))
    drop(dock, path)
    assert "earlier files" in dock.columns.notice.text() and not dock.buttons["start"].isEnabled()
    combo = dock.columns.order
    assert [combo.itemData(row) for row in range(combo.count())] == ["", "month first"]


def test_what_the_dock_says_names_its_own_fields(dock, fresh, tmp_path):
    path = tmp_path / "elsewhere.csv"
    path.write_text("CCN,OFFENSE,Occurred Date,LATITUDE,LONGITUDE\n" + "".join(
        f"{day},ROBBERY,2017-03-{day:02d} 10:30,34.05,-118.25\n" for day in range(1, 20)))
    drop(dock, path)
    assert "right system as “CRS”" in dock.columns.notice.text()
    click(dock, "start")
    settle(dock)
    state = states(dock)[0][1]
    assert "“CRS”" in state and "SOURCE_CRS" not in state + dock.result.toPlainText()
    path.write_text(path.read_text().replace("2017-03-", "soon ").replace("34.05,-118.25", "38.88,-76.94"))
    drop(dock, path)
    click(dock, "start")
    settle(dock)
    assert "check “Means”" in states(dock)[-1][1] and "MAPPING" not in states(dock)[-1][1]


def test_an_officer_sees_why_nothing_can_be_imported(open_dock, fresh, tmp_path):
    with open_workspace(fresh) as workspace:
        configure(workspace, {"settings": {"roles": {account(): "officer"}}})
    dock = open_dock(fresh)
    drop(dock, ambiguous(tmp_path / "march.csv", 3, range(1, 20)))
    assert states(dock)[0][1] == "ready" and not dock.buttons["start"].isEnabled()
    assert "only an analyst or a supervisor" in dock.bar.currentItem().text()


# What is asked, and offence words


def words_file(path, words, month=3, **more):
    """Incidents of the words, one an hour."""
    pd.DataFrame({"CCN": [f"{month}-{number}" for number in range(len(words))], "OFFENSE": words, "Occurred Date": [
        f"2017-{month:02d}-{number // 20 + 13} {number % 20:02d}:30" for number in range(len(words))],
        "LATITUDE": 38.88, "LONGITUDE": -76.94, **more}).to_csv(path, index=False)
    return path


def offence_lines(dock):
    """(words, rows, taken as) of the lines of the table of offence words that are shown."""
    table = dock.offences.table
    return [(table.item(row, 0).text(), table.item(row, 1).text(), table.cellWidget(row, 3).currentText())
            for row in range(table.rowCount())]


def take_as(dock, word, code):
    """Choose what a word is taken as with the keyboard."""
    combo = dock.offences.table.findChild(QComboBox, "ConnectOffence:" + word)
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    steps = combo.findData(code) - combo.currentIndex()
    for _ in range(abs(steps)):
        QTest.keyClick(combo.view(), Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)
    QTest.keyClick(combo.view(), Qt.Key.Key_Return)
    settle(dock)


WORDS = ["ROBBERY"] * 5 + ["ASSAULT"] * 3 + ["NARCOTICS"] * 2


def test_offence_words_are_seen_decided_taken_back_and_imported_so(dock, fresh, tmp_path):
    drop(dock, words_file(tmp_path / "march.csv", WORDS))
    dock.tabs.setCurrentWidget(dock.offences)
    assert offence_lines(dock) == [("ASSAULT", "3", "not decided yet"), ("ROBBERY", "5", "Robbery"),
                                   ("NARCOTICS", "2", "not counted")]
    assert "1 of 3 words wait for a decision" in dock.offences.notice.text()
    barred = dock.offences.table.findChild(QComboBox, "ConnectOffence:NARCOTICS")
    assert [barred.itemText(row) for row in range(barred.count())] == ["not counted"]
    QTest.keyClicks(dock.offences.search, "narc")
    assert [word for word, _, _ in offence_lines(dock)] == ["NARCOTICS"]
    dock.offences.search.clear()
    take_as(dock, "ROBBERY", "burglary")
    take_as(dock, "ASSAULT", "aggravated_assault")
    assert "none waits" in dock.offences.notice.text()
    take_as(dock, "ROBBERY", "theft")
    QTest.mouseClick(dock.offences.undo, LEFT)
    assert offence_lines(dock)[:2] == [("ASSAULT", "3", "Aggravated assault"), ("ROBBERY", "5", "Burglary")]
    take_as(dock, "ROBBERY", "not counted")
    for _ in range(3):
        QTest.mouseClick(dock.offences.undo, LEFT)
    assert offence_lines(dock)[:2] == [("ASSAULT", "3", "not decided yet"), ("ROBBERY", "5", "Robbery")]
    assert not dock.offences.undo.isEnabled()
    take_as(dock, "ASSAULT", "aggravated_assault")
    click(dock, "start")
    settle(dock)
    assert rows_in(fresh, "incidents")["crime_type"].value_counts().to_dict() == {
        "robbery": 5, "aggravated_assault": 3}
    shown = dock.result.toPlainText()
    assert "offences.csv" not in shown and "OFFENCES" not in shown
    drop(dock, words_file(tmp_path / "april.csv", WORDS, 4))
    assert offence_lines(dock)[2] == ("NARCOTICS", "2", "not counted")
    assert ("ASSAULT", "3", "Aggravated assault") in offence_lines(dock)


def test_words_that_wait_are_no_success_and_decided_afterwards_the_file_is_imported_once_more(dock, fresh, tmp_path):
    drop(dock, words_file(tmp_path / "march.csv", WORDS))
    click(dock, "start")
    settle(dock)
    bar, = dock.bar.items()
    assert bar.level() == Qgis.MessageLevel.Warning and "march.csv wait for a decision" in bar.text()
    take_as(dock, "ASSAULT", "aggravated_assault")
    click(dock, "start")
    settle(dock)
    assert rows_in(fresh, "incidents")["crime_type"].value_counts().to_dict() == {
        "robbery": 5, "aggravated_assault": 3}
    assert states(dock) == [("Incidents", "3 added, 0 updated, 5 unchanged, 2 rejected")]


def test_a_file_that_nothing_tells_shows_its_columns_and_what_failed_is_not_tried_with_the_next(dock, fresh, tmp_path):
    far, path, plain = tmp_path / "far.csv", tmp_path / "list.csv", tmp_path / "plain.csv"
    far.write_text("CCN,OFFENSE,REPORT_DAT,X,Y\n1,THEFT,2017-01-02T10:00:00,2.35,48.85\n")
    plain.write_text("Farbe,Zahl\nblau,3\n")
    drop(dock, far, plain)
    click(dock, "start")
    settle(dock)
    dock.table.selectRow(1)
    assert [dock.columns.table.item(row, 2).text() for row in range(2)] == ["blau", "3"] and dock.rows.rowCount() == 1
    drop(dock, words_file(path, ["ROBBERY"] * 3))
    click(dock, "start")
    settle(dock)
    bar, = dock.bar.items()
    assert (bar.text(), bar.level()) == ("Imported.", Qgis.MessageLevel.Success)
    assert runs_in(fresh).count("connect:importincidents") == 1 and "No point" in states(dock)[0][1]


def test_offence_words_of_a_source_imported_before_are_decided_and_its_incidents_follow(dock, fresh, tmp_path):
    drop(dock, words_file(tmp_path / "march.csv", WORDS))
    click(dock, "start")
    settle(dock)
    before = len(runs_in(fresh))
    dock.tabs.setCurrentWidget(dock.offences)
    source = dock.offences.source
    source.setFocus()
    QTest.keyClick(source, Qt.Key.Key_Down)
    assert source.currentText() == "march.csv, imported before" and dock.offences.apply.isVisible()
    assert not dock.offences.apply.isEnabled()
    take_as(dock, "ROBBERY", "not counted")
    take_as(dock, "ASSAULT", "aggravated_assault")
    QTest.mouseClick(dock.offences.apply, LEFT)
    settle(dock)
    told = dock.bar.currentItem().text()
    assert "5 incidents left" in told and "march.csv again" in told
    assert len(rows_in(fresh, "incidents")) == 0 and len(runs_in(fresh)) == before + 1


def test_a_file_without_an_offence_is_asked_its_crime_type(dock, fresh, tmp_path):
    path = words_file(tmp_path / "list.csv", ["x"] * 4)
    pd.read_csv(path, dtype=str).drop(columns="OFFENSE").to_csv(path, index=False)
    drop(dock, path)
    dock.queue.call_it(dock.item, "incidents")
    settle(dock)
    assert "no column for the offence" in states(dock)[0][1] and not dock.buttons["start"].isEnabled()
    combo = dock.columns.order
    assert combo.isVisible() and "rime type" in dock.columns.form.labelForField(combo).text()
    assert "CRIME_TYPE" not in dock.columns.notice.text() and "Motor vehicle theft" in [
        combo.itemText(row) for row in range(combo.count())]
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    for _ in range(combo.findData("burglary")):
        QTest.keyClick(combo.view(), Qt.Key.Key_Down)
    QTest.keyClick(combo.view(), Qt.Key.Key_Return)
    settle(dock)
    assert states(dock) == [("Incidents", "ready")]
    click(dock, "start")
    settle(dock)
    assert set(rows_in(fresh, "incidents")["crime_type"]) == {"burglary"}


def test_a_coordinate_system_without_a_code_is_answered_shown_in_words_and_imported(dock, fresh, tmp_path):
    path = words_file(tmp_path / "west.csv", ["ROBBERY"] * 30)
    places = {name: [f"{start}{row}" for row in range(10, 40)] for name, start in (
        ("LONGITUDE", "76.94"), ("LATITUDE", "38.88"))}
    pd.read_csv(path, dtype=str).assign(**places).to_csv(path, index=False)
    drop(dock, path)
    choice = dock.columns.order
    assert "without a minus" in dock.columns.notice.text() and not dock.buttons["start"].isEnabled()
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    settle(dock)
    dock.columns.zone.lineEdit().editingFinished.emit()  # as when the field is left
    settle(dock)
    assert states(dock) == [("Incidents", "ready")]
    shown = dock.columns.crs.findChild(QComboBox)
    assert not any("longlat" in shown.itemText(row) or "GEOG" in shown.itemText(row) for row in range(shown.count()))
    click(dock, "start")
    settle(dock)
    assert len(rows_in(fresh, "incidents")) == 30


def test_what_only_the_whole_file_asks_is_asked_before_its_import(dock, tmp_path):
    path = tmp_path / "long.csv"
    words_file(path, ["ROBBERY"] * 2500)
    frame = pd.read_csv(path, dtype=str)
    frame["Occurred Date"] = ["2017-03-15 10:30"] * 2400 + ["01/03/2017 10:30"] * 100
    frame.to_csv(path, index=False)
    drop(dock, path)
    assert "January 3, 2017 or 1 March 2017" in dock.columns.notice.text() and dock.columns.order.isVisible()
    assert not dock.buttons["start"].isEnabled()
    assert "asked above" in [dock.columns.table.item(row, 3).text() for row in range(dock.columns.table.rowCount())]


def test_cars_that_only_their_drivers_tell_apart_are_a_question(dock, tmp_path):
    path = tmp_path / "avl.csv"
    path.write_text("Driver Name,Time,Latitude,Longitude\n" + "".join(
        f"{name},2017-12-14 15:{minute:02}:00,{latitude},-76.94\n"
        for minute in range(10) for name, latitude in (("Jane Roe", 38.88), ("John Doe", 38.87))))
    drop(dock, path)
    item = dock.queue.items[0]
    asked = dock.columns.notice.text()
    assert item.kind == "gps_fixes" and "Driver Name tells the cars apart" in asked and "Roe" not in asked
    choice = dock.columns.order
    assert choice.isVisibleTo(dock) and item.state != "ready"
    choice.setCurrentIndex(choice.findData('{"unit": ""}'))
    choice.activated.emit(choice.currentIndex())
    settle(dock)
    item = dock.queue.items[0]
    assert item.question is None and json.loads(dock.queue.parameters(item)["MAPPING"]) == {"unit": ""}
    click(dock, "start")
    settle(dock)
    assert "20 fixes of 1 units" in dock.result.toPlainText()
