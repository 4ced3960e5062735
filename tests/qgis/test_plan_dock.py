"""The plan dock, clicked and typed through on a real workspace: what it shows, what it changes, what it refuses."""
import sqlite3
import time

import numpy as np
import pytest
from dock_hands import (DATE, OK, SHIFT, adjustments_in, answer, click_map, click_row, free_box, patrol, planned_in,
                        press, settle, shown, told)
from made_towns import new_town, square
from qgis.core import QgsProject, QgsRectangle
from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from shotspotter_connect_plugin.ui.plan.plan_dialogs import AdjustDialog, ChainDialog
from shotspotter_connect_plugin.workspace.steps import adjusting
from shotspotter_connect_plugin.workspace.store.runs import account
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace


def test_it_shows_the_plan_in_table_and_map(dock, full):
    assert set(shown(dock)) == planned_in(full) and len(shown(dock)) == 8
    assert set(shown(dock, "status")) == {"planned"} and set(shown(dock, "origin")) == {"drawn"}
    assert dock.form.shift.currentData() == SHIFT and dock.form.date.date() == QDate(2017, 12, 14)
    assert {feature["box_id"] for feature in dock.map_link.layer.getFeatures()} == planned_in(full)
    assert dock.map_link.layer.renderer().classAttribute() == "crime_type"
    kinds = dock.view.crime_types.set_index("crime_type")
    colours = {category.value(): category.symbol().color().name()
               for category in dock.map_link.layer.renderer().categories()}
    assert colours == dict(kinds["colour"])
    model = dock.form.table_model
    headings = [model.headerData(place, Qt.Orientation.Horizontal) for place in range(model.columnCount())]
    row = [model.data(model.index(0, place)) for place in range(model.columnCount())]
    assert headings == ["No.", "Beat", "Box", "Where", "Crime type", "Chance", "Harm", "Odds", "Min", "Drive",
                        "Status", "Origin", "Streak", "Last patrols"]
    assert row[0] == "1" and row[4] in set(kinds["name"]) and "%" in row[5] and row[8:13] == [
        "15", "", "planned", "drawn", "1"]
    assert "min drive" in model.data(model.index(1, headings.index("Drive")))
    assert not dock.form.table_model.data(dock.form.table_model.index(0, 4), Qt.ItemDataRole.DecorationRole).isNull()


def test_row_and_map_lead_to_each_other(dock):
    first, second = shown(dock)[:2]
    click_row(dock, second)
    band = dock.map_link.band.asGeometry().boundingBox()
    assert band == QgsRectangle(*dock.view.rectangle(second))
    assert second in dock.form.why.toPlainText() and "What speaks against it" in dock.form.why.toPlainText()
    dock.form.pick.click()
    click_map(dock, first)
    assert dock.form.table_model.patrol(dock.form.table.currentIndex().row())["box_id"] == first
    assert first in dock.form.why.toPlainText()
    dock.form.pick.click()
    assert dock.canvas.mapTool() is not dock.map_link.tool


def test_filters_and_text(dock):
    beat = shown(dock, "beat")[3]
    dock.filter_by(beat, "")
    assert set(shown(dock, "beat")) == {beat} and len(shown(dock)) == 2
    dock.filter_by("", "")
    name = shown(dock)[5]
    dock.form.text.setText(name.lower())
    assert shown(dock) == [name]
    dock.form.text.clear()
    dock.form.table.sortByColumn(6, Qt.SortOrder.DescendingOrder)
    assert shown(dock, "harm") == sorted(shown(dock, "harm"), reverse=True) and len(shown(dock)) == 8


def test_suppress_by_key_asks_for_a_reason_and_says_what_took_its_place(dock, full):
    before, gone = planned_in(full), shown(dock)[2]
    click_row(dock, gone)
    QTest.keyClick(dock.form.table, Qt.Key.Key_Delete)
    dialog, = dock.findChildren(AdjustDialog)
    assert gone in dialog.what.text() and not dialog.buttons.button(OK).isEnabled()
    answer(dock, "unsafe", "bridge closed")
    after = planned_in(full)
    top_up, = after - before
    assert gone not in after and top_up in told(dock) and patrol(dock, top_up)["origin"] == "topped_up"
    assert patrol(dock, gone)["status"] == "suppressed"
    assert {feature["box_id"] for feature in dock.map_link.layer.getFeatures()} == after
    row = adjustments_in(full).iloc[-1]
    assert (row["action"], row["box_id"], row["reason"], row["note"]) == ("suppress", gone, "unsafe", "bridge closed")
    with open_workspace(full) as workspace:
        assert workspace.count("runs", {"algorithm": "connect:adjust", "result": "done"}) == 1


def test_the_last_reason_is_remembered_and_undo_takes_the_change_back(dock, full):
    before, gone = planned_in(full), shown(dock)[0]
    assert "no change to undo" in dock.form.buttons["undo"].toolTip()
    click_row(dock, gone)
    press(dock, "suppress")
    answer(dock, "series")
    QTest.keyClick(dock.form.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    dialog, = dock.findChildren(AdjustDialog)
    assert dialog.reason.currentData() == "series" and f"suppress of box {gone}" in dialog.what.text()
    answer(dock, "series")
    assert planned_in(full) == before == set(shown(dock))
    assert list(adjustments_in(full)["action"]) == ["suppress", "undo"]


def test_restore_puts_the_box_back_and_takes_the_top_up_out(dock, full):
    before, gone = planned_in(full), shown(dock)[4]
    click_row(dock, gone)
    assert not dock.form.buttons["restore"].isEnabled()
    press(dock, "suppress")
    answer(dock)
    click_row(dock, gone)
    assert not dock.form.buttons["suppress"].isEnabled()
    press(dock, "restore")
    answer(dock)
    assert planned_in(full) == before == set(shown(dock)) and "leaves the plan" in told(dock)


def test_add_a_box_clicked_on_the_map_and_change_its_minutes(dock, full):
    new = free_box(full)
    dock.form.pick.click()
    click_map(dock, new)
    assert "not in the plan" in told(dock) and new in dock.form.why.toPlainText()
    assert "Not in the plan." in dock.form.why.toPlainText()
    press(dock, "add")
    dialog, = dock.findChildren(AdjustDialog)
    assert dialog.box.text() == new
    answer(dock, "community", minutes=20)
    added = patrol(dock, new)
    assert (added["origin"], added["target_minutes"], added["inclusion_probability"]) == ("added", 20, None)
    assert dock.form.table_model.patrol(dock.form.table.currentIndex().row())["box_id"] == new
    press(dock, "minutes")
    answer(dock, minutes=12)
    assert patrol(dock, new)["target_minutes"] == 12
    assert list(adjustments_in(full)["action"]) == ["add", "minutes"]


def test_add_by_id_tells_what_is_wrong_and_changes_nothing(dock, full, content):
    before = content(full)
    press(dock, "add")
    answer(dock, box="C1R1")
    assert "There is no box C1R1" in told(dock)
    press(dock, "add")
    resting = (planned_in(full, "day") - planned_in(full)).pop()  # patrolled in the shift before
    answer(dock, box=resting)
    assert told(dock).endswith("cannot be added in 2017-12-14 evening: cooling down.")
    assert content(full) == before


def set_role(path, role):
    with open_workspace(path) as workspace:
        settings = workspace.settings
        settings.roles = {account(): role}
        with workspace.transaction() as writer:
            writer.save_settings(settings)


@pytest.mark.parametrize("role", ["officer", "auditor"])
def test_a_role_that_may_not_adjust_sees_why(open_dock, full, role, content):
    set_role(full, role)
    dock, before = open_dock(full), content(full)
    click_row(dock, shown(dock)[0])
    for button in dock.form.buttons.values():
        assert not button.isEnabled() and f"is {role}; only an analyst or a supervisor" in button.toolTip()
    assert dock.form.role.isVisible() and role in dock.form.role.text()
    QTest.keyClick(dock.form.table, Qt.Key.Key_Delete)
    assert not dock.findChildren(AdjustDialog) and role in told(dock)
    assert content(full) == before and dock.form.check.isEnabled()


def test_a_supervisor_may(open_dock, full):
    set_role(full, "supervisor")
    dock = open_dock(full)
    assert not dock.form.role.isVisible() and dock.form.buttons["add"].isEnabled()


def test_a_shift_without_a_plan_says_so(dock):
    dock.form.date.setDate(QDate(2017, 12, 20))
    settle(dock)
    assert dock.form.table_model.rowCount() == 0 and "No plan has been made for 2017-12-20" in told(dock)
    assert dock.map_link.layer is None and not dock.form.buttons["suppress"].isEnabled()
    dock.form.tabs.setCurrentWidget(dock.form.week)
    settle(dock)
    assert dock.form.week.item_of("2017-12-20", SHIFT).text() == "–"


def test_two_docks_see_each_others_changes(open_dock, full):
    one, other = open_dock(full), open_dock(full)
    gone = shown(one)[1]
    click_row(one, gone)
    press(one, "suppress")
    answer(one)
    other.look_for_changes()
    settle(other)
    assert patrol(other, gone)["status"] == "suppressed" and set(shown(other)) == set(shown(one))
    assert f"changed this plan elsewhere: suppress of box {gone}" in told(other)
    assert "elsewhere" not in told(one)
    with open_workspace(full) as workspace:
        adjusting.adjust(workspace, "undo", DATE, SHIFT, who="night desk")
    one.look_for_changes()
    settle(one)
    assert patrol(one, gone)["status"] == "planned" and "night desk" in told(one)
    one.look_for_changes()
    assert not one.busy()


def test_the_chain_is_checked_and_a_tampered_row_is_named(dock, full):
    click_row(dock, shown(dock)[0])
    press(dock, "suppress")
    answer(dock)
    head = dock.view.head

    def checked(printed):
        dock.form.check.click()
        dialog, = dock.findChildren(ChainDialog)
        dialog.head.setText(printed)
        dialog.button.click()
        settle(dock)
        text = dialog.result.text()
        dialog.close()
        settle(dock)
        return text
    assert "The chain of 1 changes holds." in checked(head[:8]) and head in checked("")
    assert "in no row of the chain" in checked("0" * 64)
    file = sqlite3.connect(full)
    for name, in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'adjustments'"
                              ).fetchall():
        file.execute(f'DROP TRIGGER "{name}"')
    file.execute("UPDATE adjustments SET reason = 'event'")
    file.commit()
    file.close()
    assert "Adjustment 1 of the chain" in checked(head)


def test_taken_away_it_leaves_nothing_on_the_map(open_dock, full):
    project = QgsProject.instance()
    dock = open_dock(full)
    canvas, band = dock.canvas, dock.map_link.band
    assert len(project.mapLayers()) == 1 and band in canvas.scene().items()
    dock.form.on_map.click()
    assert not project.mapLayers()
    dock.form.on_map.click()
    assert len(project.mapLayers()) == 1
    project.removeAllMapLayers()
    dock.reload()
    settle(dock)
    assert len(project.mapLayers()) == 1
    open_dock.close(dock)
    assert not project.mapLayers() and band not in canvas.scene().items()


def test_a_saved_project_brings_no_second_layer(dock, full, tmp_path):
    project = QgsProject.instance()
    assert project.write(str(tmp_path / "saved.qgz"))
    project.clear()
    assert dock.map_link.layer is None
    assert project.read(str(tmp_path / "saved.qgz"))
    settle(dock)
    layer, = project.mapLayers().values()
    assert layer.id() == dock.map_link.layer.id() and layer.featureCount() == 8


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A workspace whose one shift has 5,000 patrols."""
    path = tmp_path_factory.mktemp("large") / "large.gpkg"
    beats = {str(part + 1): square(10 * part, 0, 10, 50) for part in range(10)}
    rng = np.random.default_rng(4)
    with new_town(path, square(0, 0, 100, 50), beats) as workspace:
        boxes = workspace.read("boxes", ["box_id", "beat"])
        count = len(boxes)
        patrols = boxes.assign(
            patrol_id="p" + boxes["box_id"], shift_date=DATE, shift=SHIFT, harm=rng.gamma(1.0, 1.0, count),
            crime_type=rng.choice(workspace.crime_types["crime_type"], count), chance=rng.random(count),
            target_minutes=15.0, visit_order=np.arange(count), returns=1, origin="drawn", status="planned", version=1)
        with workspace.transaction() as writer:
            writer.append("patrols", patrols)
    assert count == 5000
    return path


def test_5000_patrols(open_dock, large, capsys):
    dock = open_dock(large)
    assert len(shown(dock)) == 5000
    took = {}

    def timed(what, function):
        started = time.perf_counter()
        function()
        QApplication.processEvents()
        took[what] = 1000 * (time.perf_counter() - started)
    timed("sort by harm", lambda: dock.form.table.sortByColumn(6, Qt.SortOrder.DescendingOrder))
    assert shown(dock, "harm") == sorted(shown(dock, "harm"), reverse=True)
    timed("sort by where", lambda: dock.form.table.sortByColumn(3, Qt.SortOrder.AscendingOrder))
    timed("filter by beat", lambda: dock.filter_by("7", ""))
    assert len(shown(dock)) == 500 and set(shown(dock, "beat")) == {"7"}
    timed("all again", lambda: dock.filter_by("", ""))
    timed("type one letter", lambda: dock.form.text.setText("9"))
    assert all("9" in name for name in shown(dock))
    timed("all again", dock.form.text.clear)
    timed("scroll to the end", dock.form.table.scrollToBottom)
    timed("next row", lambda: dock.form.table.selectRow(4000))
    settle(dock)
    started = time.perf_counter()
    dock.reload()
    settle(dock)
    took["read again, in the background"] = 1000 * (time.perf_counter() - started)
    with capsys.disabled():
        print("\n5000 patrols, ms:", ", ".join(f"{what} {value:.0f}" for what, value in took.items()))
