"""The list of tactics, edited: order, words, crime types, approval with its community review; and its printed sheet."""
from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

from qgis.core import Qgis, QgsProject, QgsSettings
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QColor, QDesktopServices, QIcon
from qgis.PyQt.QtWidgets import (QAbstractItemView, QDialog, QDialogButtonBox, QFileDialog, QHBoxLayout, QListWidget,
                                 QListWidgetItem, QMessageBox, QPushButton, QSplitter, QVBoxLayout, QWidget)

from ...errors import ConnectError
from ...processing import addresses
from ...processing.base import VERSIONS
from ...workspace.steps import tactic_list
from ...workspace.store.workspace import open_workspace
from ..background import BackgroundWork
from ..widgets import button, in_a_row, swatch, words
from .tactic_form import ApproveDialog, TacticForm, tr

_FOLDER = "shotspotter_connect/tactics/folder"
_COLOURS = {tactic_list.OFFERED: "#2a7f62", tactic_list.MARKED: "#e0a030", tactic_list.REFUSED: "#9a9a9a"}


class TacticsDialog(QDialog):
    """Edits the list of tactics of a workspace; nothing is written before Save.

    Parameters
    ----------
    address : str
        Of the workspace.
    parent : QWidget
    """

    _read: tactic_list.TacticList | None
    rows: list[dict[str, Any]]

    def __init__(self, address: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ConnectTactics")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(980, 640)
        self.address, self._read, self.rows, self._filling = "", None, [], False
        self.work = BackgroundWork(self)
        self.work.changed.connect(self._update)
        self._build()
        self.open_workspace(address)
        self._of_project = addresses.of_project(QgsProject.instance())
        QgsProject.instance().readProject.connect(self.follow_project)

    def open_workspace(self, address: str) -> None:
        """Show the list of a workspace; what was changed in the one before is gone."""
        self.work.stop()
        self.address, self._read, self.rows = address, None, []
        self.setWindowTitle(tr("Tactics of {}").format(addresses.name_of(address)))
        self.refusal.clear()
        self.bar.clearWidgets()
        self._fill_list(-1)
        self.work.start("read", address, lambda workspace, _: tactic_list.read_list(workspace), self._show,
                        self._complain)

    def follow_project(self, *_: object) -> None:
        """Show the list of the workspace of the open project; changes that were not saved are not given up for it."""
        self.setWindowTitle(tr("Tactics of {}").format(addresses.name_of(self.address)))
        address = addresses.of_project(QgsProject.instance())
        if not address or address == self._of_project:
            return
        if self.changed() or self.work.under_way("save"):
            self._tell(tr("Another plan was opened. This is still the list of {}: save or undo its changes.").format(
                addresses.name_of(self.address)), Qgis.MessageLevel.Warning)
        else:
            self._of_project = address
            if address != self.address:
                self.open_workspace(address)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        self.bar = QgsMessageBar()
        layout.addWidget(self.bar)
        self.refusal = words(name="ConnectTacticsRefusal")
        layout.addWidget(self.refusal)
        self.list = QListWidget()
        self.list.setObjectName("ConnectTacticsList")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.NoDragDrop)
        self.list.setWordWrap(True)
        self.list.currentRowChanged.connect(self._row_chosen)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        self.buttons = {}
        for name, text, does in (("add", tr("&Add"), self.add), ("remove", tr("&Remove"), self.remove),
                                 ("up", tr("&Up"), lambda: self.move(-1)), ("down", tr("&Down"), lambda: self.move(1))):
            self.buttons[name] = button("ConnectTactics_" + name, text, does)
            row.addWidget(self.buttons[name])
        column.addLayout(row)
        self.form = TacticForm()
        self.form.changed.connect(self._field_changed)
        self.form.approve.connect(self.approve)
        splitter = QSplitter()
        splitter.addWidget(left)
        splitter.addWidget(self.form)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([370, 600])
        layout.addWidget(splitter, 1)
        self.wrong = words(name="ConnectTacticsWrong")
        layout.addWidget(self.wrong)
        self.buttons["sheet"] = button("ConnectTactics_sheet", tr("&Sheet for the community review…"),
                                       self._choose_sheet)
        self.buttons["undo"] = button("ConnectTactics_undo", tr("U&ndo all changes"), self.undo)
        row = in_a_row(self.buttons["sheet"], self.buttons["undo"])
        row.addStretch()
        self.box = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Close)
        self.buttons["save"] = self.box.button(QDialogButtonBox.StandardButton.Save)
        self.buttons["save"].clicked.connect(self.save)
        self.box.rejected.connect(self.reject)
        row.addWidget(self.box)
        layout.addLayout(row)
        self._update()

    # What is there

    def _show(self, read: tactic_list.TacticList) -> None:
        chosen = self.list.currentRow()
        self._read, self.rows = read, [dict(row) for row in read.tactics]
        self.form.set_crime_types(read.crime_types)
        self.refusal.setText(read.refusal)
        self._fill_list(max(chosen, 0))

    def _fill_list(self, chosen: int) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for row, standing in zip(self.rows, self._standings()):
            self.list.addItem(QListWidgetItem(_mark(standing), _words(row, standing)))
        self.list.setCurrentRow(min(chosen, len(self.rows) - 1))
        self.list.blockSignals(False)
        self._row_chosen(self.list.currentRow())

    def _standings(self) -> list[tactic_list.TacticStanding]:
        return [] if self._read is None else tactic_list.standings(self.rows, self._read.today, self._read.review_days)

    def _row_chosen(self, place: int) -> None:
        self._filling = True
        self.form.show_tactic(self.rows[place] if 0 <= place < len(self.rows) else None)
        self._filling = False
        self._update()

    def _field_changed(self) -> None:
        place = self.list.currentRow()
        if self._filling or place < 0:
            return
        self.rows[place].update(self.form.tactic())
        standing = self._standings()[place]
        item = self.list.item(place)
        item.setText(_words(self.rows[place], standing))
        item.setIcon(_mark(standing))
        self._update()

    def changed(self) -> bool:
        """Whether anything differs from what was read."""
        return self._read is not None and [_plain(row) for row in self.rows] != [
            _plain(row) for row in self._read.tactics]

    def busy(self) -> bool:
        """Whether the list is being read or saved."""
        return self.work.under_way()

    def _update(self) -> None:
        read, place = self._read is not None, self.list.currentRow()
        may = read and not self._read.refusal and not self.work.under_way()
        wrong = tactic_list.whats_wrong(self.rows, self._read.today) if read else []
        mine = [sentence for at, _, sentence in wrong if at == place] or [sentence for _, _, sentence in wrong]
        self.wrong.setText(mine[0] if mine and self.changed() else "")
        self.refusal.setVisible(bool(self.refusal.text()))
        self.form.setEnabled(may and place >= 0)
        self.buttons["add"].setEnabled(may)
        self.buttons["remove"].setEnabled(may and place >= 0)
        self.buttons["up"].setEnabled(may and place > 0)
        self.buttons["down"].setEnabled(may and 0 <= place < len(self.rows) - 1)
        self.buttons["undo"].setEnabled(may and self.changed())
        self.buttons["save"].setEnabled(may and self.changed() and not wrong)
        self.buttons["save"].setToolTip(self._read.refusal if read else "")
        self.buttons["sheet"].setEnabled(read and not self.changed())
        self.buttons["sheet"].setToolTip(tr("Save first: the sheet shows what is saved.") if self.changed() else "")

    # What the buttons do

    def add(self) -> None:
        """Add a tactic after the chosen one."""
        codes = {row["tactic"] for row in self.rows}
        code = next(f"tactic_{number}" for number in range(1, len(codes) + 2)
                    if f"tactic_{number}" not in codes)
        place = self.list.currentRow() + 1
        self.rows.insert(place, {"tactic": code, "name": "", "description": "", "crime_types": [], "approved_by": "",
                                 "reviewed": None, "expires": None, "enforcement": False, "source": ""})
        self._fill_list(place)
        self.form.name.setFocus()

    def remove(self) -> None:
        """Take the chosen tactic off the list."""
        place = self.list.currentRow()
        del self.rows[place]
        self._fill_list(min(place, len(self.rows) - 1))

    def move(self, by: int) -> None:
        """Move the chosen tactic up or down: the order of sheets and buttons."""
        place = self.list.currentRow()
        self.rows.insert(place + by, self.rows.pop(place))
        self._fill_list(place + by)

    def approve(self) -> None:
        """Ask who approved the chosen tactic, after which review and until when it holds."""
        row = self.rows[self.list.currentRow()]
        last = (date.fromisoformat(self._read.today) + timedelta(days=self._read.review_days)).isoformat()
        asked = ApproveDialog(row, self._read.today, last, self)
        asked.accepted.connect(lambda: self._approved(asked.given()))
        asked.open()

    def _approved(self, given: dict[str, str | None]) -> None:
        self.rows[self.list.currentRow()].update(given)
        self._fill_list(self.list.currentRow())

    def undo(self) -> None:
        """Back to what was read."""
        self.rows = [dict(row) for row in self._read.tactics]
        self._fill_list(min(self.list.currentRow(), len(self.rows) - 1))
        self.follow_project()

    def save(self) -> None:
        """Write the list, all of it or nothing."""
        rows, before = [dict(row) for row in self.rows], self._read.tactics

        def write(workspace, _):
            changes = tactic_list.save_list(workspace, rows, before, versions=VERSIONS)
            return tactic_list.read_list(workspace), changes
        self.work.start("save", self.address, write, self._saved, self._complain)

    def _saved(self, result: tuple[tactic_list.TacticList, list[Any]]) -> None:
        read, changes = result
        self._show(read)
        self.follow_project()
        self._tell(tr("Saved: {} changes.").format(len(changes)), Qgis.MessageLevel.Success)

    def _choose_sheet(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, tr("Sheet for the community review"), os.path.join(
            QgsSettings().value(_FOLDER, os.path.dirname(self.address)), "tactics_review.pdf"), tr("PDF (*.pdf)"))
        if path:
            QgsSettings().setValue(_FOLDER, os.path.dirname(path))
            self.print_sheet(path if path.lower().endswith(".pdf") else path + ".pdf")

    def print_sheet(self, path: str) -> None:
        """Write the sheet as PDF; layouts live in the main thread."""
        from ...reports.builders import publish, tactic_sheet

        try:
            with open_workspace(self.address) as workspace:
                report = tactic_sheet.build(workspace)
            publish.write_report(report, path)
        except ConnectError as error:
            self._complain(error.user)
            return
        self._tell(tr("Written to {}.").format(path), Qgis.MessageLevel.Success)
        button = QPushButton(tr("Open"))
        button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(path)))
        self.bar.currentItem().layout().addWidget(button)

    def reject(self) -> None:
        """Close; ask first where changes would be lost."""
        if self.changed() and QMessageBox.question(
                self, self.windowTitle(), tr("Close and lose the changes that were not saved?")
        ) != QMessageBox.StandardButton.Yes:
            return
        self.work.stop()
        super().reject()

    def _complain(self, sentence: str) -> None:
        self._tell(sentence, Qgis.MessageLevel.Warning)
        self._update()

    def _tell(self, text: str, level: Qgis.MessageLevel) -> None:
        self.bar.clearWidgets()
        self.bar.pushMessage(text, level, 0)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A tactic without its number in the order, and without the difference between nothing and an empty text."""
    return {name: value or None for name, value in row.items() if name != "sort_order"}


def _words(row: dict[str, Any], standing: tactic_list.TacticStanding) -> str:
    name, words = row["name"] or row["tactic"] or tr("New tactic"), tr(standing.words)
    return f"{name}\n{words}"


def _mark(standing: tactic_list.TacticStanding) -> QIcon:
    return swatch(QColor(_COLOURS[standing.mark]), 14)
