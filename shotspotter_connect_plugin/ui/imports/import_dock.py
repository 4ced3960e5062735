"""The import dock: files in, a look at each, their imports in the background, and what came of them."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Sequence

from qgis.core import Qgis, QgsProject, QgsSettings
from qgis.gui import QgsDockWidget, QgsMessageBar
from qgis.PyQt.QtCore import QEvent, Qt, QUrl
from qgis.PyQt.QtGui import QColor, QDesktopServices
from qgis.PyQt.QtWidgets import (QCheckBox, QFileDialog, QHBoxLayout, QHeaderView, QLabel, QProgressBar, QSplitter,
                                 QTableWidget, QTableWidgetItem, QTabWidget, QVBoxLayout, QWidget)

from ...errors import ConnectError
from ...processing import addresses
from ..widgets import button, in_a_row, only_to_look_at
from ..workspace_widget import WorkspaceWidget
from .file_panels import RED, ColumnsPanel, ResultPanel, RowsPanel
from .import_queue import (DONE, FAILED, PREVIEWING, PROBLEM, READY, RUNNING, STOPPED, VISITS, WAITING, ImportQueue,
                           kinds, known_rows, tr)
from .offence_panel import OffencePanel, words_waiting

if TYPE_CHECKING:
    from qgis.PyQt.QtCore import QObject
    from qgis.PyQt.QtGui import QDragEnterEvent, QDropEvent, QShowEvent

    from .import_queue import QueueItem

OBJECT_NAME = "ConnectImportDock"
_FOLDER, _VISITS = "shotspotter_connect/imports/folder", "shotspotter_connect/imports/find_visits"


class ImportDock(QgsDockWidget):
    """The dock.

    Parameters
    ----------
    parent : QWidget
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Import files"), parent)
        self.setObjectName(OBJECT_NAME)
        self.setAcceptDrops(True)
        self._behind = False  # whether another project was opened while files were imported
        self.queue = ImportQueue(self)
        self.queue.listed.connect(self._fill)
        self.queue.changed.connect(self._changed)
        self.queue.over.connect(self._over)
        self.queue.refused.connect(lambda sentence: self._tell(sentence, Qgis.MessageLevel.Info))
        self._build()
        QgsProject.instance().readProject.connect(self.follow_project)
        self.follow_project()

    def _build(self) -> None:
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(4, 4, 4, 4)
        self.bar = QgsMessageBar()
        layout.addWidget(self.bar)
        self.workspace = WorkspaceWidget(True)
        self.workspace.setObjectName("ConnectImportWorkspace")
        self.workspace.changed.connect(lambda _: self._open())
        label = QLabel(tr("Wor&kspace"))
        label.setBuddy(self.workspace)
        layout.addLayout(in_a_row(label, self.workspace, stretch=(1,)))
        layout.addLayout(self._button_row())
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self._make_list())
        self.columns, self.rows, self.result = ColumnsPanel(), RowsPanel(), ResultPanel()
        self.columns.called.connect(lambda kind: self.queue.call_it(self.item, kind))
        self.columns.meant.connect(lambda column, role: self.queue.give_meaning(self.item, column, role))
        self.columns.source_said.connect(lambda crs, zone: self.queue.say_source(self.item, crs, zone))
        self.columns.answered.connect(lambda parameter, answer: self.queue.answer(self.item, parameter, answer))
        self.columns.extra.connect(self._extra)
        self.columns.anew.connect(lambda: self.queue.guess_anew(self.item))
        self.result.file_wanted.connect(lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(path)))
        self.offences = OffencePanel()
        self.offences.decided.connect(lambda about, taken_as: self.queue.decide(self.item, about, taken_as))
        self.offences.undone.connect(lambda: self.queue.undo_decision(self.item))
        self.offences.applied.connect(self.queue.decide_later)
        self.queue.sources_read.connect(self.offences.show_sources)
        self.queue.followed.connect(self._followed)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("ConnectImportTabs")
        for panel, title in ((self.columns, tr("Columns")), (self.offences, tr("Offence words")),
                             (self.rows, tr("First rows")), (self.result, tr("Result"))):
            self.tabs.addTab(panel, title)
        splitter.addWidget(self.tabs)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([190, 500])
        layout.addWidget(splitter, 1)
        self.setWidget(body)
        self._show_item()

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.buttons = {}
        for name, text, does in (("add", tr("Add &files…"), self._choose_files),
                                 ("folder", tr("Add f&older…"), self._choose_folder),
                                 ("remove", tr("&Remove"), self.remove), ("start", tr("&Import"), self.start),
                                 ("stop", tr("&Stop"), self.queue.stop)):
            self.buttons[name] = button("ConnectImport_" + name, text, does)
            row.addWidget(self.buttons[name])
        self.buttons["folder"].setToolTip(tr("A folder of GPS files, one per unit"))
        self.find_visits = QCheckBox(tr("then find &visits"))
        self.find_visits.setToolTip(tr("After GPS: find the visits of its dates and show them on the map"))
        self.find_visits.setChecked(QgsSettings().value(_VISITS, True, type=bool))
        self.find_visits.toggled.connect(lambda on: QgsSettings().setValue(_VISITS, on))
        row.addWidget(self.find_visits)
        row.addStretch()
        return row

    def _make_list(self) -> QTableWidget:
        self.table = QTableWidget(0, 3)
        self.table.setObjectName("ConnectImportFiles")
        self.table.setHorizontalHeaderLabels([tr("File"), tr("What it is"), tr("State")])
        only_to_look_at(self.table)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        for column, how in enumerate((QHeaderView.ResizeMode.Interactive, QHeaderView.ResizeMode.ResizeToContents,
                                      QHeaderView.ResizeMode.Stretch)):
            self.table.horizontalHeader().setSectionResizeMode(column, how)
        self.table.setColumnWidth(0, 230)
        self.table.itemSelectionChanged.connect(self._show_item)
        self.table.installEventFilter(self)
        self.hint = QLabel(tr("Drop files here: incidents, gunfire alerts, GPS, rosters, logs of tactics, places, "
                              "neighbourhoods, the calendar."), self.table.viewport())
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setEnabled(False)
        layout = QVBoxLayout(self.table.viewport())
        layout.addWidget(self.hint)
        return self.table

    # Which workspace

    def follow_project(self, *_: object) -> None:
        """Work with the workspace of the open project; what is being imported goes on first."""
        self._behind = self.queue.running()
        if not self._behind:
            self.workspace.set_text(addresses.current())
            self._open()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        if not self.queue.items:
            self.follow_project()  # it may have got another workspace meanwhile
        super().showEvent(event)

    def _open(self) -> None:
        try:
            address = addresses.resolve(self.workspace.text(), QgsProject.instance())
        except ConnectError:
            address = ""
            self._tell(tr("Choose a workspace."), Qgis.MessageLevel.Info)
        else:
            self.bar.clearWidgets()
        self.queue.open(address)
        self._update()

    # Files

    def add(self, paths: Sequence[str]) -> None:
        """Take files and folders in, and choose the first of them."""
        if not self.queue.address:
            self._tell(tr("Choose a workspace first."), Qgis.MessageLevel.Warning)
            return
        known = {item.path for item in self.queue.items if item.state not in (DONE, FAILED, STOPPED)}
        new = [path for path in paths if path not in known]
        row = len(self.queue.items)
        self.queue.add(new)
        if new:
            self.bar.clearWidgets()  # what it says is of files before
            if self.queue.refusal:
                self._tell(self.queue.refusal, Qgis.MessageLevel.Info)
            self.table.selectRow(row)
            self.tabs.setCurrentWidget(self.columns)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if event.mimeData().hasUrls() and all(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        event.acceptProposedAction()
        self.add([url.toLocalFile() for url in event.mimeData().urls()])

    def _choose_files(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, tr("Choose files to import"), QgsSettings().value(_FOLDER, ""))
        if paths:
            QgsSettings().setValue(_FOLDER, os.path.dirname(paths[0]))
            self.add(paths)

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, tr("Choose a folder of GPS files"),
                                                QgsSettings().value(_FOLDER, ""))
        if path:
            QgsSettings().setValue(_FOLDER, os.path.dirname(path))
            self.add([path])

    def remove(self) -> None:
        """Take the chosen file off the list."""
        if self.item is not None:
            self.queue.remove(self.item)

    @property
    def item(self) -> QueueItem | None:
        """The item chosen in the list, None if there is none."""
        row = self.table.currentRow()
        return self.queue.items[row] if 0 <= row < len(self.queue.items) and self.table.selectedItems() else None

    def _extra(self, name: str, value: str) -> None:
        if value:
            self.item.extras[name] = value
        else:
            self.item.extras.pop(name, None)

    # Importing

    def start(self) -> None:
        """Import everything that is ready."""
        missing = next((item for item in self.queue.items if item.kind == "places" and item.state == READY
                        and not item.extras.get("KIND")), None)
        if missing is not None:
            self.table.selectRow(self.queue.items.index(missing))
            self._tell(tr("Say what kind of places {} holds, as in bus_stop.").format(missing.name),
                       Qgis.MessageLevel.Warning)
            return
        self.bar.clearWidgets()
        self.queue.find_visits = self.find_visits.isChecked()
        self.queue.start()
        addresses.remember(self.queue.address)

    def busy(self) -> bool:
        """Whether files are looked at or imported."""
        return self.queue.previewing() or self.queue.running()

    def take_away(self) -> None:
        """Let go of everything outside the dock; an import under way is stopped and leaves nothing."""
        QgsProject.instance().readProject.disconnect(self.follow_project)
        self.queue.leave()

    def _over(self) -> None:
        done = [item for item in self.queue.round if item.state == DONE]
        failed = [item for item in self.queue.round if item.state == FAILED]
        if failed:
            files = len([item for item in self.queue.round if item.kind != VISITS])
            self._tell(tr("{} of {} files could not be imported; “Result” says why.").format(len(failed), files)
                       if files > 1 else tr("{} could not be imported; “Result” says why.").format(failed[0].name),
                       Qgis.MessageLevel.Critical)
            self.table.selectRow(self.queue.items.index(failed[0]))
        elif done:
            self._tell(*_told_of(done))
            self.table.selectRow(self.queue.items.index(done[-1]))
        self.tabs.setCurrentWidget(self.result)
        if self._behind:
            self.follow_project()
        self._update()

    def _followed(self, sentences: list[str], refusal: str) -> None:
        """Say what happened to the incidents whose words were decided anew."""
        told = refusal or " ".join(sentences) or tr("No incident in the workspace has these words.")
        self._tell(told, Qgis.MessageLevel.Critical if refusal else Qgis.MessageLevel.Info)
        self.offences.tell(told)

    # Showing

    def _fill(self) -> None:
        chosen = self.item
        self.table.blockSignals(True)
        self.table.setRowCount(len(self.queue.items))
        for row, item in enumerate(self.queue.items):
            self._fill_row(row, item)
        self.table.blockSignals(False)
        self.hint.setVisible(not self.queue.items)
        if chosen in self.queue.items:
            self.table.selectRow(self.queue.items.index(chosen))
        elif self.queue.items:
            self.table.selectRow(0)
        self._show_item()

    def _fill_row(self, row: int, item: QueueItem) -> None:
        name = QTableWidgetItem(item.name)
        name.setToolTip(item.path)
        self.table.setItem(row, 0, name)
        title = tr("Visits") if item.kind == VISITS else kinds().get(item.kind, "" if item.state == PREVIEWING else "?")
        self.table.setItem(row, 1, QTableWidgetItem(title))
        state = QTableWidgetItem(_state(item))
        state.setToolTip(state.text())
        if item.state in (FAILED, PROBLEM):
            state.setForeground(QColor(RED))
        self.table.setItem(row, 2, state)
        bar = self.table.cellWidget(row, 2)
        if item.state != RUNNING:
            self.table.removeCellWidget(row, 2)
            return
        if bar is None:
            bar = QProgressBar()
            self.table.setCellWidget(row, 2, bar)
        bar.setValue(item.percent)

    def _changed(self, item: QueueItem) -> None:
        if item in self.queue.items and self.table.rowCount() == len(self.queue.items):
            self._fill_row(self.queue.items.index(item), item)
            if item.state == RUNNING and not item.percent:
                self.table.scrollToItem(self.table.item(self.queue.items.index(item), 0))
            if item is self.item and not (item.state == RUNNING and item.percent):
                self._show_item()
        self._update()

    def _show_item(self) -> None:
        item = self.item
        for panel in (self.columns, self.offences, self.rows, self.result):
            panel.show_item(item)
        self._update()

    def _update(self) -> None:
        states = [item.state for item in self.queue.items]
        running = self.queue.running()
        able = bool(self.queue.address) and not running and bool({READY, FAILED, STOPPED} & set(states))
        self.buttons["start"].setEnabled(able and PREVIEWING not in states and not self.queue.refusal)
        self.buttons["start"].setToolTip(self.queue.refusal)
        self.buttons["stop"].setEnabled(running)
        self.buttons["remove"].setEnabled(self.item is not None and not self.item.pending)
        self.workspace.setEnabled(not running)
        for name in ("add", "folder"):
            self.buttons[name].setEnabled(bool(self.queue.address))

    def _tell(self, text: str, level: Qgis.MessageLevel) -> None:
        self.bar.clearWidgets()
        self.bar.pushMessage(text, level, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Delete takes the chosen file off the list; QGIS has an action of its own on that key."""
        if watched is self.table and event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) \
                and event.key() == Qt.Key.Key_Delete:
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self.remove()
            return True
        return super().eventFilter(watched, event)


def _told_of(done: list[QueueItem]) -> tuple[str, Qgis.MessageLevel]:
    """What to say of files that were imported, and in which colour: green only where nothing is left to do."""
    known = known_rows(done)
    if known:
        return (tr("Nothing new: all {} rows are already in the workspace.").format(f"{known:,}"),
                Qgis.MessageLevel.Info)
    waiting = next((item for item in done if item.offences and words_waiting(item.offences, item.decisions)), None)
    if waiting is not None:
        return tr("Imported; offence words of {} wait for a decision.").format(waiting.name), Qgis.MessageLevel.Warning
    few = next((item for item in done if 2 * item.outputs.get("REJECTED", 0) > item.outputs.get("READ", 0)), None)
    if few is not None:
        return tr("Imported; most rows of {} were rejected.").format(few.name), Qgis.MessageLevel.Warning
    return tr("Imported."), Qgis.MessageLevel.Success


def _state(item: QueueItem) -> str:
    if item.state == PROBLEM:
        return item.preview.problems[0]
    if item.state == DONE:
        return _done(item)
    return {PREVIEWING: tr("looking …"), READY: tr("ready"), WAITING: tr("waiting"),
            STOPPED: tr("stopped; nothing was changed"), FAILED: item.error}.get(item.state, "")


def _done(item: QueueItem) -> str:
    if item.kind == VISITS:
        return tr("{:,.0f} visits, {:,.0f} of {:,.0f} patrols visited").format(
            item.outputs["VISITS"], item.outputs["PATROLS_SERVED"], item.outputs["PATROLS"])
    return tr("{:,.0f} added, {:,.0f} updated, {:,.0f} unchanged, {:,.0f} rejected").format(
        *(item.outputs[name] for name in ("ADDED", "UPDATED", "UNCHANGED", "REJECTED")))
