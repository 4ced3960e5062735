"""The dialog of the list of tactics, clicked and typed through; and the sheet for the community review."""
import shutil
import subprocess
import time

import pytest
from qgis.PyQt.QtCore import QCoreApplication, QEvent, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDialogButtonBox, QMessageBox

from shotspotter_connect_plugin.reports.builders import publish, tactic_sheet
from shotspotter_connect_plugin.ui.tactics.tactic_form import ApproveDialog, set_date
from shotspotter_connect_plugin.ui.tactics.tactics_dialog import TacticsDialog
from shotspotter_connect_plugin.workspace.steps.configure import configure
from shotspotter_connect_plugin.workspace.steps.tactic_list import read_list
from shotspotter_connect_plugin.workspace.store.defaults import default_rows
from shotspotter_connect_plugin.workspace.store.runs import account
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

LEFT = Qt.MouseButton.LeftButton


def settle(dialog, seconds=30):
    """Let Qt go on until the dialog has nothing under way."""
    end = time.monotonic() + seconds
    QApplication.processEvents()
    while dialog.busy():
        assert time.monotonic() < end, "the dialog did not finish"
        QApplication.processEvents()
        time.sleep(0.005)
    QApplication.processEvents()


@pytest.fixture
def fresh(fresh):
    """A workspace with the list that comes with the product, approved by nobody."""
    configured(fresh, tactics=default_rows("tactics"))
    return fresh


@pytest.fixture
def open_dialog(qgis_app):
    """A function that opens the dialog on a workspace."""
    opened = []

    def open_dialog(path):
        dialog = TacticsDialog(str(path))
        dialog.show()
        settle(dialog)
        opened.append(dialog)
        return dialog
    yield open_dialog
    for dialog in opened:
        dialog.undo()
        dialog.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def configured(path, **parts):
    with open_workspace(path) as workspace:
        configure(workspace, parts)


def listed(path):
    with open_workspace(path) as workspace:
        return read_list(workspace).tactics


def click(dialog, name):
    assert dialog.buttons[name].isEnabled(), name
    QTest.mouseClick(dialog.buttons[name], LEFT)
    settle(dialog)


def write(field, text):
    field.selectAll()
    QTest.keyClicks(field, text)


def told(dialog):
    return " ".join(item.text() for item in dialog.bar.items())


def test_words_order_and_approval_are_saved_and_nothing_before(open_dialog, fresh, content):
    dialog, names = open_dialog(fresh), [row["name"] for row in listed(fresh)]
    before = content(fresh)
    assert [dialog.list.item(row).text().split("\n")[0] for row in range(dialog.list.count())] == names
    assert not dialog.buttons["save"].isEnabled() and dialog.buttons["sheet"].isEnabled()
    write(dialog.form.name, "Stand in view")
    assert dialog.list.item(0).text().startswith("Stand in view\n") and not dialog.buttons["sheet"].isEnabled()
    click(dialog, "down")
    assert dialog.list.currentRow() == 1 and dialog.form.name.text() == "Stand in view"
    QTest.mouseClick(dialog.form.button, LEFT)
    asked, = dialog.findChildren(ApproveDialog)
    ok = asked.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert not ok.isEnabled()
    QTest.keyClicks(asked.approved_by, "Community board")
    set_date(asked.reviewed, "2026-05-01")
    set_date(asked.expires, "2099-05-01")
    QTest.mouseClick(ok, LEFT)
    assert "Offered" in dialog.list.item(1).text() and dialog.form.approved_by.text() == "Community board"
    assert content(fresh) == before
    click(dialog, "save")
    assert "Saved" in told(dialog) and not dialog.changed()
    row = listed(fresh)[1]
    assert (row["name"], row["approved_by"], row["reviewed"], row["expires"]) == (
        "Stand in view", "Community board", "2026-05-01", "2099-05-01")


def test_add_is_wrong_until_it_is_complete_and_remove_takes_away(open_dialog, fresh):
    dialog, count = open_dialog(fresh), len(listed(fresh))
    click(dialog, "add")
    assert dialog.list.count() == count + 1 and not dialog.buttons["save"].isEnabled()
    assert "needs a name" in dialog.wrong.text()
    QTest.keyClicks(dialog.form.name, "Bike ride")
    assert "needs a description" in dialog.wrong.text()
    QTest.keyClicks(dialog.form.description, "Ride a bicycle.")
    theft = next(item for item in dialog.form.crime_type_items() if item.data(Qt.ItemDataRole.UserRole) == "theft")
    theft.setCheckState(Qt.CheckState.Checked)
    assert dialog.wrong.text() == ""
    write(dialog.form.approved_by, "James Smith")
    assert "without a community review" in dialog.wrong.text() and not dialog.buttons["save"].isEnabled()
    write(dialog.form.approved_by, " ")
    click(dialog, "save")
    row = listed(fresh)[1]
    assert (row["name"], row["crime_types"], row["approved_by"]) == ("Bike ride", ["theft"], "")
    dialog.list.setCurrentRow(1)
    click(dialog, "remove")
    click(dialog, "save")
    assert len(listed(fresh)) == count and "Bike ride" not in [row["name"] for row in listed(fresh)]


def test_enforcement_cannot_be_approved_and_undo_takes_everything_back(open_dialog, fresh):
    dialog = open_dialog(fresh)
    dialog.form.enforcement.setChecked(True)
    assert "never offered" in dialog.list.item(0).text() and not dialog.form.button.isEnabled()
    write(dialog.form.approved_by, "Board")
    assert "cannot be approved" in dialog.wrong.text()
    click(dialog, "undo")
    assert not dialog.changed() and dialog.form.button.isEnabled() and dialog.wrong.text() == ""


def test_expired_unreviewed_and_due_are_marked(open_dialog, fresh):
    rows = [{"tactic": code, "name": code, "description": code, "approved_by": "Board", **more} for code, more in (
        ("expired", {"reviewed": "2020-01-01", "expires": "2021-01-01"}), ("unreviewed", {}),
        ("due", {"reviewed": "2020-01-01"}))]
    configured(fresh, tactics=rows)
    dialog = open_dialog(fresh)
    words = [dialog.list.item(row).text().split("\n")[1] for row in range(3)]
    assert words == ["Expired on 2021-01-01: not offered", "Offered, but never reviewed with the community",
                     "Offered; its review is due since 2020-12-31"]


def test_an_officer_sees_why_not(open_dialog, fresh):
    configured(fresh, settings={"roles": {account(): "officer"}})
    dialog = open_dialog(fresh)
    assert "only an analyst or a supervisor" in dialog.refusal.text() and dialog.refusal.isVisible()
    assert not dialog.form.isEnabled() and not dialog.buttons["add"].isEnabled()
    assert dialog.buttons["sheet"].isEnabled()


def test_a_change_elsewhere_is_not_overwritten(open_dialog, fresh):
    dialog = open_dialog(fresh)
    write(dialog.form.name, "Mine")
    configured(fresh, tactics=[{"tactic": "other", "name": "Other", "description": "x"}])
    click(dialog, "save")
    assert "Somebody changed the list" in told(dialog)
    assert [row["name"] for row in listed(fresh)] == ["Other"] and dialog.form.name.text() == "Mine"


def test_closing_asks_before_it_loses_anything(open_dialog, fresh, monkeypatch):
    dialog, asked = open_dialog(fresh), []

    def question(*_):
        asked.append(True)
        return QMessageBox.StandardButton.No
    monkeypatch.setattr(QMessageBox, "question", question)
    write(dialog.form.name, "Half done")
    dialog.reject()
    assert asked and dialog.isVisible() and dialog.form.name.text() == "Half done"


def test_the_sheet_shows_every_tactic_and_no_text_acts(open_dialog, fresh, tmp_path):
    rows = listed(fresh)
    rows[0].update(name="[% 1 + 1 %] <b>walk</b>", description="=HYPERLINK(1) [% $now %]")
    configured(fresh, tactics=[{**row, "sort_order": number} for number, row in enumerate(rows)])
    dialog = open_dialog(fresh)
    dialog.print_sheet(str(tmp_path / "sheet.pdf"))
    assert "Written to" in told(dialog)
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext")
    text = " ".join(subprocess.run(["pdftotext", "-layout", str(tmp_path / "sheet.pdf"), "-"], check=True,
                                   capture_output=True, text=True).stdout.split())
    assert "[% 1 + 1 %] <b>walk</b>" in text and "=HYPERLINK(1) [% $now %]" in text
    for number, row in enumerate(rows, 1):
        assert "{}. {}".format(number, row["name"]) in text
        assert " ".join(row["description"].split()[:5]) in text and " ".join(row["source"].split()[:3]) in text
    assert text.count("take it off the list") == len(rows) and "Signature" in text and "Not approved" in text


def test_an_empty_list_gives_a_sheet_that_says_so_and_a_bad_place_a_sentence(open_dialog, fresh, tmp_path):
    configured(fresh, tactics=[])
    with open_workspace(fresh) as workspace:
        report = tactic_sheet.build(workspace)
    assert report.message == tactic_sheet.EMPTY
    publish.write_report(report, tmp_path / "empty.pdf")
    assert (tmp_path / "empty.pdf").stat().st_size > 1000
    dialog = open_dialog(fresh)
    assert dialog.list.count() == 0 and not dialog.form.isEnabled() and dialog.buttons["add"].isEnabled()
    dialog.print_sheet("/proc/nowhere/sheet.pdf")
    assert "choose a folder" in told(dialog)
