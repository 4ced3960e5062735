"""The panels of the plan dock, and the plan's own project beside it: week, lately, what rose, layers that follow."""

import pandas as pd
from dock_hands import (DATE, SHIFT, adjustments_in, answer, click_row, free_box, patrol, planned_in, press, settle,
                        shown, told)
from qgis.core import QgsLayerTreeModel, QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QPushButton

from shotspotter_connect_plugin.processing import addresses
from shotspotter_connect_plugin.ui.plan.plan_dialogs import AdjustDialog
from shotspotter_connect_plugin.workspace.steps import recent_events, shift_plan
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace


def words_of(table, row):
    return [table.item(row, column).text() for column in range(table.columnCount())]


def test_a_cell_of_the_week_opens_its_shift_in_table_and_map(dock, full):
    dock.form.tabs.setCurrentWidget(dock.form.week)
    settle(dock)
    week, table = dock.form.week, dock.form.week.table
    assert (table.rowCount(), table.columnCount()) == (3, 7) and "11 December 2017" in week.title.text()
    assert [table.verticalHeaderItem(row).text() for row in range(3)] == ["Day", "Evening", "Midnight"]
    assert table.horizontalHeaderItem(3).text() == "Thu 14 Dec" and table.currentItem() is week.item_of(DATE, SHIFT)
    texts = {table.item(row, column).text() for row in range(3) for column in range(7)}
    assert texts == {"8", "–"}
    cell = week.item_of(DATE, "midnight")
    with open_workspace(full) as workspace:
        types = shift_plan.planned(workspace, DATE, "midnight")["crime_type"].value_counts()
    names = dock.view.crime_types.set_index("crime_type")["name"]
    assert "8 boxes planned" in cell.toolTip()
    assert all(f"{count} {names[code]}" in cell.toolTip() for code, count in types.items())
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualItemRect(cell).center())
    settle(dock)
    assert (dock.view.shift_date, dock.view.shift) == (DATE, "midnight")
    assert set(shown(dock)) == planned_in(full, "midnight")
    assert {feature["box_id"] for feature in dock.map_link.layer.getFeatures()} == planned_in(full, "midnight")
    assert table.currentItem() is week.item_of(DATE, "midnight")
    week.forth.click()
    settle(dock)
    assert "18 December 2017" in week.title.text() and dock.view.shift_date == DATE
    table.setFocus()
    table.setCurrentItem(week.item_of("2017-12-18", "day"))
    QTest.keyClick(table, Qt.Key.Key_Return)
    settle(dock)
    assert (dock.view.shift_date, dock.view.shift) == ("2017-12-18", "day") and "No plan has been made" in told(dock)


def test_steps_go_from_shift_to_shift_over_midnight(dock):
    dock.form.forth.click()
    settle(dock)
    assert (dock.view.shift_date, dock.view.shift) == (DATE, "midnight")
    QTest.keyClick(dock.form.table, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    settle(dock)
    assert (dock.view.shift_date, dock.view.shift) == ("2017-12-15", "day")
    QTest.keyClick(dock.form.table, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    settle(dock)
    assert (dock.view.shift_date, dock.view.shift) == (DATE, "midnight") and len(shown(dock)) == 8


def test_lately_leads_into_the_plan(dock):
    dock.form.tabs.setCurrentWidget(dock.form.lately)
    settle(dock)
    table = dock.form.lately.table
    beats = {table.item(row, 0).text() for row in range(table.rowCount())}
    assert beats == set(shown(dock, "beat")) and "14 December 2017" in dock.form.lately.label.text()
    table.itemClicked.emit(table.item(0, 0))
    assert (dock.form.beat.currentData(), dock.form.crime_type.currentText()) == tuple(words_of(table, 0)[:2])


def test_the_dock_says_what_the_draw_covers_and_what_is_not_on_the_sheets(dock, full):
    with open_workspace(full) as workspace:
        assert dock.form.remarks.text() == shift_plan.harm_reached(workspace, DATE, SHIFT)[0].sentence
        shift_plan.publish(workspace, DATE, [SHIFT])
    assert dock.form.remarks.isVisible() and "% of the most harm" in dock.form.remarks.text()
    click_row(dock, shown(dock)[0])
    press(dock, "suppress")
    answer(dock)
    assert "Changed since it was printed or exported (boxes: 1 in, 1 out)" in dock.form.remarks.text()


def burst(path, box_id, corner):
    """Three gunfire alerts in a box at noon, after the plan was made."""
    with open_workspace(path) as workspace, workspace.transaction() as writer:
        writer.append("gunfire", pd.DataFrame({
            "alert_id": [f"new {n}" for n in range(3)], "kind": "multiple", "box_id": box_id, "x": corner[0] + 100,
            "y": corner[3] - 100,
            "occurred_utc": [pd.Timestamp("2017-12-14T17:00Z") + pd.Timedelta(hours=n) for n in range(3)]}))


def test_new_alerts_bring_the_list_of_boxes_that_rose_by_itself(dock, full, content):
    assert dock.form.risen.table.rowCount() == 0  # a shift that has ended is not forecast again at every look
    loud = free_box(full)
    burst(full, loud, dock.view.rectangle(loud))
    before = content(full)
    dock.look_for_changes()
    settle(dock)
    table = dock.form.risen.table
    assert table.rowCount() > 0 and "the plan is unchanged" in dock.form.risen.label.text()
    assert dock.form.tabs.tabText(2) == f"Risen since ({table.rowCount()})"
    show, = [button for button in dock.form.bar.findChildren(QPushButton) if button.text() == "Show"]
    show.click()
    assert dock.form.tabs.currentWidget() is dock.form.risen
    for row in range(table.rowCount()):
        assert float(words_of(table, row)[4]) >= float(words_of(table, row)[3])
    row = next(row for row in range(table.rowCount()) if words_of(table, row)[1] == loud)
    assert words_of(table, row)[6:8] == ["3", "no"]
    assert content(full) == before and loud not in planned_in(full)  # the analyst decides
    assert not dock.form.risen.add.isEnabled()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualItemRect(table.item(row, 1)).center())
    settle(dock)
    assert dock.form.risen.add.isEnabled()
    dock.form.risen.add.click()
    dialog, = dock.findChildren(AdjustDialog)
    assert (dialog.box.text(), dialog.reason.currentData()) == (loud, "late_breaking")
    assert dialog.note.text().startswith("3 new events in the box since 14 December 2017, 05:00")
    assert dialog.crime_type.currentText() == words_of(table, row)[2]
    answer(dock, note=dialog.note.text())
    assert loud in planned_in(full) and patrol(dock, loud)["origin"] == "added"
    assert words_of(table, row)[7] == "yes" and "in the plan already" in dock.form.risen.add.toolTip()
    change = adjustments_in(full).iloc[-1]
    assert (change["action"], change["reason"], change["box_id"]) == ("add", "late_breaking", loud)
    # Looked at again with nothing new, nothing is forecast.
    dock.look_for_changes()
    assert not dock.busy()


def test_the_list_can_be_asked_for_and_goes_with_the_shift(dock, full, content):
    before = content(full)
    dock.form.tabs.setCurrentWidget(dock.form.risen)
    dock.form.risen.button.click()
    settle(dock)
    with open_workspace(full) as workspace:
        expected = recent_events.risen(workspace, DATE, SHIFT).boxes["box_id"].tolist()
    table = dock.form.risen.table
    assert [words_of(table, row)[1] for row in range(table.rowCount())] == expected and content(full) == before
    dock.go_to(DATE, "day")
    settle(dock)
    assert table.rowCount() == 0 and dock.form.tabs.tabText(2) == "Risen since"


def test_the_plans_own_project_follows_every_change(open_dock, full, run, tmp_path):
    run("daily", WORKSPACE=str(full), DATE=DATE, OUTPUT=str(tmp_path / "day"))
    project = QgsProject.instance()
    assert project.read(str(tmp_path / "day" / f"plan_{DATE}.qgz"))
    addresses.set_in_project(project, str(full))
    dock = open_dock(full)
    assert dock.map_link.layer is None  # the plan's own layer shows the boxes
    layer, = project.mapLayersByName("Boxes to patrol, Evening")
    root = project.layerTreeRoot()
    assert root.findLayer(layer.id()).isVisible()

    def on_file():
        fresh = layer.clone()
        return {feature["box_id"] for feature in fresh.getFeatures()}
    gone = shown(dock)[3]
    click_row(dock, gone)
    press(dock, "suppress")
    answer(dock)
    after = planned_in(full)
    assert gone not in after and {feature["box_id"] for feature in layer.getFeatures()} == after == on_file()
    sheets = layer.clone()
    sheets.setDataSource(layer.source().split("|")[0] + "|layername=sheet_rows", "rows", "ogr")
    rows = [str(feature.attributes()) for feature in sheets.getFeatures()]
    where = dict(zip(dock.view.patrols["box_id"], dock.view.patrols["where"]))
    assert rows and not any(where[gone] in row for row in rows)  # what the project prints follows too
    # Another shift: its group is shown, and the themes of the project still work.
    dock.step(1)
    settle(dock)
    midnight, = project.mapLayersByName("Boxes to patrol, Midnight")
    assert root.findLayer(midnight.id()).isVisible() and not root.findLayer(layer.id()).isVisible()
    # While the dock shows a shift that the project does not hold, the project's plans step back.
    dock.go_to("2017-12-15", "day")
    settle(dock)
    assert not root.findLayer(midnight.id()).isVisible() and dock.map_link.layer is None
    dock.form.on_map.click()
    assert root.findLayer(midnight.id()).isVisible()
    dock.form.on_map.click()
    dock.go_to(DATE, SHIFT)
    settle(dock)
    assert root.findLayer(layer.id()).isVisible()
    themes = project.mapThemeCollection()
    theme, = [name for name in themes.mapThemes() if name.startswith("Midnight") and "boxes" in name]
    themes.applyTheme(theme, root, QgsLayerTreeModel(root))
    assert root.findLayer(midnight.id()).isVisible()  # the plan's themes hold the layers that follow


def test_the_docks_own_layer_has_its_map_theme(dock):
    themes = QgsProject.instance().mapThemeCollection()
    assert themes.mapThemeVisibleLayerIds("Directed patrols") == [dock.map_link.layer.id()]
    dock.form.on_map.click()
    assert not themes.hasMapTheme("Directed patrols")
