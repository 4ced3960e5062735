"""The Reports dock: which report, of when, of whom; opened in the layout designer or written to a file.

Reading happens in a task, laying out in the main thread. What was chosen is remembered.
"""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable

from qgis.core import QgsProject, QgsSettings
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QDate, Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (QApplication, QCheckBox, QComboBox, QDateEdit, QFileDialog, QFormLayout, QHBoxLayout,
                                 QLabel, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget)

from ...errors import ConnectError
from ...plan_place import Place
from ...processing import addresses
from ...reports.builders import registry
from ...workspace.numbers import report_periods
from ..background import BackgroundWork
from ..overlay import quietly
from ..translation import translator
from ..widgets import fill, fill_workspaces, words
from . import report_writing

if TYPE_CHECKING:
    from qgis.core import QgsPrintLayout
    from qgis.gui import QgsLayoutDesignerInterface


tr = translator("ReportsDock")
OBJECT_NAME = "ConnectReportsDock"
SETTINGS = "shotspotter_connect/reports/"
ISO = "yyyy-MM-dd"
OWN = "own"
DONE, WARN = (f"QLabel {{ background: {colour}; color: #1d2329; border-radius: 3px; }}"
              for colour in ("#d9f0dd", "#fbe8c6"))


class ReportsDock(QgsDockWidget):
    """The dock.

    Parameters
    ----------
    open_designer : callable
        Opens a layout in QGIS's layout designer, as ``iface.openLayoutDesigner`` does.
    parent : QWidget
    """

    _periods: dict[str, report_periods.Period]
    _followed: Place | None

    def __init__(self, open_designer: Callable[[QgsPrintLayout], QgsLayoutDesignerInterface | None],
                 parent: QWidget | None = None) -> None:
        super().__init__(tr("Reports"), parent)
        self.setObjectName(OBJECT_NAME)
        self._open_designer = open_designer
        self.address, self._periods, self._written, self._followed = "", {}, "", None
        self.work = BackgroundWork(self)
        self.setWidget(self._form())
        self._connect()
        self.follow_project()

    # What it consists of

    def _form(self) -> QWidget:
        widget = QWidget(self)
        outer = QVBoxLayout(widget)
        rows = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.workspace, self.browse = QComboBox(), QToolButton()
        self.browse.setText("…")
        self.browse.setToolTip(tr("Choose another workspace"))
        rows.addRow(tr("Workspace"), _beside(self.workspace, self.browse))
        self.report = QComboBox()
        for kind in registry.REPORT_KINDS:
            self.report.addItem(tr(kind.title), kind.name)
        rows.addRow(tr("Report"), self.report)
        self.period = QComboBox()
        rows.addRow(tr("Period"), self.period)
        self.first, self.last = _date(), _date()
        self.until = QLabel(tr("to"))
        rows.addRow(tr("From"), _beside(self.first, self.until, self.last))
        self.beat, self.shift, self.officer = QComboBox(), QComboBox(), QComboBox()
        self.rank = QCheckBox(tr("Most minutes first"))
        self.rank.setToolTip(tr("Officers stand in the order of their codes unless you ask for a ranking"))
        for name, field in ((tr("Beat"), self.beat), (tr("Shift"), self.shift), (tr("Officer"), self.officer)):
            rows.addRow(name, field)
        rows.addRow("", self.rank)
        outer.addLayout(rows)
        self.open_button = QPushButton(tr("Open in the layout designer"))
        self.open_button.setToolTip(tr("As an ordinary layout of the open project, which you can change and save"))
        outer.addWidget(self.open_button)
        self.exports = {ending: QPushButton(words) for ending, words in (
            (".pdf", tr("PDF…")), (".png", tr("PNG pages…")), (".csv", tr("Tables as CSV…")),
            (report_writing.PACK, tr("Public pack…")))}
        self.exports[report_writing.PACK].setToolTip(tr(
            "A zip for publication: no officer, small counts hidden, the draws with their revealed seeds"))
        outer.addWidget(_beside(*self.exports.values()))
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setVisible(False)
        outer.addWidget(self.progress)
        self.said = words(selectable=True)
        self.said.setMargin(6)
        self.said.setVisible(False)
        outer.addWidget(self.said)
        self.show_file = QPushButton(tr("Open the file"))
        self.show_file.setVisible(False)
        outer.addWidget(self.show_file)
        outer.addStretch(1)
        return widget

    def _connect(self) -> None:
        self.workspace.activated.connect(lambda _: self.open_workspace(self.workspace.currentData()))
        self.browse.clicked.connect(lambda _: self._browse())
        self.report.currentIndexChanged.connect(lambda _: self._fit_report())
        self.period.activated.connect(lambda _: self._take_period())
        for field in (self.first, self.last):
            field.dateChanged.connect(lambda _: self._own_dates())
        self.open_button.clicked.connect(lambda _: self.make(""))
        for ending, button in self.exports.items():
            button.clicked.connect(lambda _, ending=ending: self._ask_where(ending))
        self.show_file.clicked.connect(lambda _: QDesktopServices.openUrl(QUrl.fromLocalFile(self._written)))
        self.work.changed.connect(self._update)
        QgsProject.instance().readProject.connect(self.follow_project)

    # Which workspace

    def follow_project(self, *_: object) -> None:
        """Look at what the open project is about, of a plan its date and shift; else at the workspace used last."""
        place = Place(addresses.current(), *addresses.place_of(QgsProject.instance())[1:])
        if place.address and (place.address != self.address or place != self._followed):
            self.open_workspace(place.address, place.date, place.shift)
        elif not place.address:
            self._leave("")
            self._tell(tr("Choose a workspace."))
        self._followed = place
        self._update()

    def open_workspace(self, address: str, date: str = "", shift: str = "") -> None:
        """Offer the beats, shifts and officers of a workspace; with a date, choose that and the shift."""
        if not address:
            return
        self._leave(address)
        self.work.start("choices", address, lambda workspace, _: report_periods.choices(workspace),
                        lambda choices: self._offer(choices, date, shift), self._complain)

    def _leave(self, address: str) -> None:
        """Offer nothing any more of the workspace before; what is being read of it is not wanted any more."""
        self.work.stop()
        self.address = address
        fill_workspaces(self.workspace, address)
        for field in (self.beat, self.shift, self.officer):
            field.clear()
        self._tell("")
        self._update()

    def _offer(self, choices: report_periods.ReportChoices, date: str, shift: str) -> None:
        self._periods = {period.key: period for period in choices.periods}
        remembered = {name: self._remembered(name) for name in ("report", "period", "beat", "shift", "officer")}
        fill(self.beat, [(tr("All beats"), ""), *((beat, beat) for beat in choices.beats)], remembered["beat"])
        fill(self.shift, [(tr("All shifts"), ""), *((name, code) for code, name in choices.shifts)],
             remembered["shift"])
        fill(self.officer, [(tr("All officers"), ""), *((officer, officer) for officer in choices.officers)],
             remembered["officer"])
        fill(self.period, [*((tr(period.words), period.key) for period in choices.periods),
                           (tr("Dates of your own"), OWN)], remembered["period"])
        if self.period.currentData() == OWN:
            dates = [QDate.fromString(self._remembered(name), ISO) for name in ("first", "last")]
            if all(day.isValid() for day in dates):
                self._show_dates(*dates)
        else:
            self._take_period()
        if date:
            self.period.setCurrentIndex(self.period.findData(OWN))
            self._show_dates(*[QDate.fromString(date, ISO)] * 2)
            self.shift.setCurrentIndex(max(self.shift.findData(shift), 0))
        self.report.setCurrentIndex(max(self.report.findData(remembered["report"]), 0))
        self._fit_report()

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose a workspace"), self.address, tr("Workspaces (*.gpkg)"))
        if path:
            self.open_workspace(path)

    # What is chosen

    def kind(self) -> registry.ReportKind:
        """The report that is chosen."""
        return registry.kind(self.report.currentData())

    def request(self) -> report_writing.ReportRequest:
        """What is chosen, as :class:`.report_writing.ReportRequest`."""
        first, last = (field.date().toString(ISO) for field in (self.first, self.last))
        given = {"beat": self.beat.currentData() or "", "shift": self.shift.currentData() or "",
                 "officer": self.officer.currentData() or "", "rank": self.rank.isChecked()}
        return report_writing.ReportRequest(self.kind(), first, first if self._one_date() else last, given)

    def _one_date(self) -> bool:
        return not self.kind().module

    def _fit_report(self) -> None:
        """Offer only what the report can be narrowed to."""
        takes = self.kind().takes
        for name in ("beat", "shift", "officer", "rank"):
            getattr(self, name).setEnabled(name in takes)
        for field in (self.until, self.last):
            field.setVisible(not self._one_date())
        self.exports[report_writing.PACK].setVisible(self.kind().name == report_writing.PUBLIC)
        self._update()

    def _take_period(self) -> None:
        period = self._periods.get(self.period.currentData())
        if period is not None:
            self._show_dates(*(QDate.fromString(day, ISO) for day in (period.first, period.last)))

    def _show_dates(self, first: QDate, last: QDate) -> None:
        for field, day in ((self.first, first), (self.last, last)):
            field.blockSignals(True)
            field.setDate(day)
            field.blockSignals(False)

    def _own_dates(self) -> None:
        self.period.setCurrentIndex(self.period.findData(OWN))

    # Making it

    def _ask_where(self, ending: str) -> None:
        request = self.request()
        folder = self._remembered("folder") or os.path.dirname(self.address)
        path, _ = QFileDialog.getSaveFileName(self, tr("Write the report"), os.path.join(
            folder, report_writing.file_name(request) + ending), f"*{ending}")
        if path:
            path = path if path.lower().endswith(ending) else path + ending
            QgsSettings().setValue(SETTINGS + "folder", os.path.dirname(path))
            self.make(path)

    def make(self, path: str) -> None:
        """Make the report that is chosen: a file, or for an empty path a layout that opens in the designer."""
        request = self.request()
        self._remember(request)
        self._tell("")
        self.work.start("report", self.address,
                        lambda workspace, progress: report_writing.read(workspace, request, path),
                        lambda made: self._made(made, request, path), self._complain)

    def _made(self, made: report_writing.Made, request: report_writing.ReportRequest, path: str) -> None:
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            result: Any = report_writing.write(made, path) if path else quietly(
                lambda project: report_writing.lay_out(made, project, request, self.address))
        except ConnectError as error:
            self._complain(error.user)
            return
        finally:
            QApplication.restoreOverrideCursor()
        empty = report_writing.message(made)
        words = tr("“{}” is open in the layout designer and part of the open project.")
        if path:
            self._written = result[0]
            words = tr("Written to {} and {} more beside it.") if len(result) > 1 else tr("Written to {}.")
        done = words.format(result[0], len(result) - 1) if path else words.format(result.name())
        self._tell(empty + " " + done if empty else done, WARN if empty else DONE)
        self.show_file.setVisible(bool(path))
        if not path:
            designer = self._open_designer(result)
            # Once it has its size: QGIS would begin with all pages at once, too small to read.
            QTimer.singleShot(500, lambda: _show_first_page(designer, result))

    def busy(self) -> bool:
        """Whether something is being read."""
        return self.work.under_way()

    def take_away(self) -> None:
        """Stop, before the dock goes."""
        QgsProject.instance().readProject.disconnect(self.follow_project)
        self.work.stop()

    def _update(self) -> None:
        ready = bool(self.address) and not self.busy()
        for button in (self.open_button, *self.exports.values()):
            button.setEnabled(ready)
        self.progress.setVisible(self.busy())

    # Words and memory

    def _tell(self, text: str, colours: str = "") -> None:
        self.said.setText(text)
        self.said.setStyleSheet(colours)
        self.said.setVisible(bool(text))
        self.show_file.setVisible(False)

    def _complain(self, text: str) -> None:
        self._tell(text, WARN)

    def _remembered(self, name: str) -> str:
        return QgsSettings().value(SETTINGS + name, "")

    def _remember(self, request: report_writing.ReportRequest) -> None:
        values = {"report": request.kind.name, "period": self.period.currentData() or "", "first": request.first,
                  "last": request.last, "beat": self.beat.currentData() or "", "shift": self.shift.currentData() or "",
                  "officer": self.officer.currentData() or ""}
        for name, value in values.items():
            QgsSettings().setValue(SETTINGS + name, value)


def _show_first_page(designer: QgsLayoutDesignerInterface | None, layout: QgsPrintLayout) -> None:
    view = designer.view() if designer is not None else None
    if view is not None:
        view.zoomWidth()
        view.centerOn(layout.pageCollection().page(0).sceneBoundingRect().center())


def _beside(*widgets: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget, 0 if isinstance(widget, (QLabel, QToolButton)) else 1)
    return row


def _date() -> QDateEdit:
    field = QDateEdit()
    field.setCalendarPopup(True)
    field.setDisplayFormat(ISO)
    return field
