"""What the dock shows of the chosen file: what its columns mean, its first rows, and what came of its import."""
from __future__ import annotations

import zoneinfo
from html import escape
from typing import TYPE_CHECKING, Iterable, Mapping, Sequence

from qgis.core import QgsCoordinateReferenceSystem
from qgis.gui import QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (QAbstractItemView, QApplication, QComboBox, QFormLayout, QHBoxLayout, QHeaderView,
                                 QLineEdit, QPushButton, QSizePolicy, QTableWidget, QTableWidgetItem, QTextBrowser,
                                 QVBoxLayout, QWidget)

from ...workspace.imports.file_kinds import FILE_KINDS, MAPPED
from ...workspace.imports.preview import UNKNOWN_KIND
from ..widgets import fill, words
from .import_queue import DONE, FAILED, PREVIEWING, QUESTIONS, STOPPED, VISITS, kinds, said_of, tr

if TYPE_CHECKING:
    import pandas as pd
    from qgis.PyQt.QtGui import QKeyEvent, QWheelEvent

    from ...workspace.imports.preview import Preview
    from .import_queue import QueueItem

RED = "#d03a3a"
"""Of what failed: read on white and on black."""

_EXAMPLES = 3
_WHOLE = 16
"""Letters of a cell of a result that is not broken into lines."""
_HOLDS = (("", "as the file tells"), ("holidays", "holidays"), ("school", "school"), ("events", "events"),
          ("weather", "weather"))

# Kind -> further parameters of its algorithm: (name, label, what an empty field means)
_EXTRAS = {
    "places": (("KIND", "&Kind of place", "needed, as in bus_stop, bar or water"),),
    "neighbourhoods": (("NAME_FIELD", "Column with &names", "found by its name"),
                       ("POPULATION_FIELDS", "Columns with &residents", "found by their names")),
    "sensor_coverage": (("FROM_FIELD", "Column with the &first date", "always"),
                        ("TO_FIELD", "Column with the &last date", "until now")),
    "unreachable": (("REASON", "&Reason", "as the field of reasons says"),
                    ("REASON_FIELD", "Column with the &reason", "found by its name")),
    "calendar": (("HOLDS", "It h&olds", ""),),
}


class Choice(QComboBox):
    """A choice that changes only by a choice: the wheel scrolls the table, and the arrow keys open the list
    and do not step through meanings, each of which would be taken from another column."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.showPopup()
        else:
            super().keyPressEvent(event)


class ColumnsPanel(QWidget):
    """What a file is and what its columns mean, as found, to be corrected."""

    _item: QueueItem | None
    extras: dict[str, QLineEdit | QComboBox]
    called = pyqtSignal(str)
    meant = pyqtSignal(str, str)
    source_said = pyqtSignal(str, str)
    answered = pyqtSignal(str, str)
    extra = pyqtSignal(str, str)
    anew = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._item = None
        self._not_shown = ""  # a coordinate system that was answered and has no code
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        self.notice = words(name="ConnectImportNotice", selectable=True)
        layout.addWidget(self.notice)
        self.body = QWidget()
        layout.addWidget(self.body, 1)
        layout.addStretch()
        layout = QVBoxLayout(self.body)
        layout.setContentsMargins(0, 0, 0, 0)
        self.form = QFormLayout()
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        layout.addLayout(self.form)
        self.kind = QComboBox()
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.kind.setObjectName("ConnectImportKind")
        self.kind.activated.connect(lambda _: self.called.emit(self.kind.currentData()))
        self.form.addRow(tr("&What it is"), self.kind)
        self._crs_and_zone()
        self.order = Choice()
        self.order.setObjectName("ConnectDateOrder")
        self.order.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.order.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.order.activated.connect(lambda _: self._answer())
        self.form.addRow(tr("&Dates"), self.order)
        self.extras = {}
        self.table = QTableWidget(0, 4)
        self.table.setObjectName("ConnectImportColumns")
        self.table.setHorizontalHeaderLabels([tr("Column"), tr("Means"), tr("First values"), ""])
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        layout.addWidget(self.table, 1)
        self.guess = QPushButton(tr("&Guess anew"))
        self.guess.setToolTip(tr("Forget what was said about the columns of such files, now and before"))
        self.guess.clicked.connect(self.anew)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.guess)
        layout.addLayout(row)

    def _crs_and_zone(self) -> None:
        self.zone = QComboBox()
        self.zone.setObjectName("ConnectImportZone")
        self.zone.setEditable(True)
        self.zone.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.zone.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.zone.addItems(["", "UTC", *sorted(name for name in zoneinfo.available_timezones() if "/" in name
                                               and not name.startswith(("Etc/", "SystemV/")))])
        self.zone.activated.connect(lambda _: self._give())
        self.zone.lineEdit().editingFinished.connect(self._give)
        self.form.addRow(tr("&Time zone"), self.zone)
        self.crs = QgsProjectionSelectionWidget()
        self.crs.setOptionVisible(QgsProjectionSelectionWidget.CrsOption.CrsNotSet, True)
        self.crs.setNotSetText(tr("as found"))
        self.crs.crsChanged.connect(lambda _: self._give())
        self.form.addRow(tr("&CRS"), self.crs)

    def show_item(self, item: QueueItem | None) -> None:
        """Show an item of the queue; None for nothing."""
        if item is not None and item is self._item and item.state == PREVIEWING and item.preview is not None:
            return  # what is shown stays until the new preview is there
        self._item = item
        focused = QApplication.focusWidget()
        name = focused.objectName() if focused is not None and self.table.isAncestorOf(focused) else ""
        self._show(item)
        again = self.table.findChild(QComboBox, name) if name else None
        if again is not None:
            again.setFocus()

    def _show(self, item: QueueItem | None) -> None:
        found = item.preview if item is not None and item.kind != VISITS else None
        notice = _notice(item, found)
        self.notice.setText(notice)
        self.notice.setVisible(bool(notice))
        self.notice.setStyleSheet("font-weight: bold" if found is not None and found.problems else "")
        shown = found is not None and bool(found.kind or found.columns or UNKNOWN_KIND in found.problems)
        self.body.setVisible(shown)
        if not shown:
            return
        self.body.setEnabled(not item.pending)
        fill(self.kind, [(tr("choose …"), ""), *((title, code) for code, title in kinds().items())], found.kind)
        mapped = found.kind in MAPPED
        self._show_row(self.zone, mapped and bool(found.timezone))
        self._show_row(self.crs, mapped and bool(found.source_crs))
        self.zone.lineEdit().setPlaceholderText(tr("as found: {}").format(found.timezone))
        self.crs.setNotSetText(_crs_in_words(item, found))
        self.zone.blockSignals(True)
        self.crs.blockSignals(True)
        self.zone.setCurrentText(item.options.source_timezone)
        self.crs.setCrs(QgsCoordinateReferenceSystem(item.options.source_crs))
        self._not_shown = "" if self.crs.crs().isValid() else item.options.source_crs
        self.zone.blockSignals(False)
        self.crs.blockSignals(False)
        self.guess.setVisible(mapped)
        self._show_extras(item)
        self._fill_table(found, mapped)
        asked = item.question is not None and bool(item.question.choices) and (
            not item.question.column or item.question.column in found.columns)
        self._show_row(self.order, asked)
        if asked:
            self._fill_order(item)

    def _show_row(self, field: QWidget, shown: bool) -> None:
        field.setVisible(shown)
        self.form.labelForField(field).setVisible(shown)

    def _show_extras(self, item: QueueItem) -> None:
        wanted = _EXTRAS.get(item.kind, ())
        if [name for name, _, _ in wanted] != list(self.extras) or not wanted:
            for field in self.extras.values():
                self.form.removeRow(field)
            self.extras = {name: self._extra_field(name, label, empty) for name, label, empty in wanted}
        for name, field in self.extras.items():
            value = item.extras.get(name, "")
            if isinstance(field, QComboBox):
                field.setCurrentIndex(max(field.findData(value), 0))
            elif field.text() != value:
                field.setText(value)

    def _extra_field(self, name: str, label: str, empty: str) -> QComboBox | QLineEdit:
        if name == "HOLDS":
            field = QComboBox()
            fill(field, [(tr(text), code) for code, text in _HOLDS], "")
            field.activated.connect(lambda _: self.extra.emit(name, field.currentData()))
        else:
            field = QLineEdit()
            field.setPlaceholderText(tr(empty))
            field.textEdited.connect(lambda text: self.extra.emit(name, text.strip()))
        field.setObjectName("ConnectImport" + name)
        self.form.addRow(tr(label), field)
        return field

    def _fill_table(self, found: Preview, mapped: bool) -> None:
        roles = {column: role for role, column in reversed(found.mapping.items())}
        meanings = FILE_KINDS[found.kind].meanings if found.kind else {}
        self.table.setRowCount(0)  # takes the old choices away; one that is replaced would stay in sight for a while
        self.table.setRowCount(len(found.columns))
        for row, column in enumerate(found.columns):
            why = found.left_out.get(column, "")
            values = found.rows[column].unique() if column in found.rows else ()
            role = roles.get(column, "")
            self.table.setItem(row, 0, cell(column))
            self.table.setItem(row, 2, cell(", ".join([value for value in values if value][:_EXAMPLES])))
            self.table.setItem(row, 3, cell(tr(why) if why else "", faint=True))
            if mapped and not why.startswith("looks"):
                self.table.setCellWidget(row, 1, self._meaning(column, role, meanings))
            else:
                self.table.setItem(row, 1, cell(tr(meanings.get(role, role))))
        self.table.resizeColumnToContents(0)
        self.table.setColumnWidth(1, 170)
        self.table.resizeColumnToContents(3)

    def _fill_order(self, item: QueueItem) -> None:
        """What is asked about the file, with what an example of it then means, and a mark at the column it is about."""
        asked = item.question
        example, choices = asked.example, asked.choices
        if example:
            entries = [(tr("{}: {}?").format(example, tr(" or ").join(choices.values())), ""),
                       *((f"{example}: {meant}", answer) for answer, meant in choices.items())]
        else:
            entries = [(tr("choose …"), ""), *((meant, answer) for answer, meant in choices.items())]
        said = said_of(item.options, asked.parameter)
        fill(self.order, entries, said)
        title = tr(QUESTIONS.get(asked.parameter, "&Question"))
        column = item.question.column
        self.form.labelForField(self.order).setText(tr("{} ({})").format(title, column) if column else title)
        self.order.setToolTip(asked.question)
        for row in range(self.table.rowCount()):
            if column and self.table.item(row, 0).text() == column:
                self.table.setItem(row, 3, cell(tr("answered above") if said else tr("asked above"), faint=True))
                if not said:
                    self.table.item(row, 3).setForeground(QColor(RED))
        self.table.resizeColumnToContents(3)

    def _meaning(self, column: str, role: str, meanings: Mapping[str, str]) -> QComboBox:
        combo = Choice()
        combo.setObjectName("ConnectMeaning:" + column)
        entries = [("–", ""), *((tr(text), code) for code, text in meanings.items())]
        if role and role not in meanings:
            entries.append((tr("another {}").format(role.rstrip("0123456789")), role))
        fill(combo, entries, role)
        combo.activated.connect(lambda _: self.meant.emit(column, combo.currentData()))
        return combo

    def _answer(self) -> None:
        if self._item is not None and self._item.question is not None:
            self.answered.emit(self._item.question.parameter, self.order.currentData())

    def _give(self) -> None:
        crs = self.crs.crs()
        self.source_said.emit(crs.authid() or crs.toWkt() if crs.isValid() else self._not_shown,
                              self.zone.currentText().strip())


class RowsPanel(QTableWidget):
    """The first rows, without what is never read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ConnectImportRows")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.verticalHeader().setDefaultSectionSize(22)

    def show_item(self, item: QueueItem | None) -> None:
        """Show an item of the queue; None for nothing."""
        rows = item.preview.rows if item is not None and item.preview is not None else None
        self.clear()
        self.setRowCount(0 if rows is None else len(rows))
        self.setColumnCount(0 if rows is None else len(rows.columns))
        if rows is None:
            return
        self.setHorizontalHeaderLabels(list(rows.columns))
        self.setVerticalHeaderLabels([str(line) for line in rows.index])
        for place, column in enumerate(rows.columns):
            for row, value in enumerate(rows[column]):
                self.setItem(row, place, cell(value))
        self.resizeColumnsToContents()


class ResultPanel(QTextBrowser):
    """What came of an import: counts, rejects with their reasons, what was told, planned against delivered."""

    file_wanted = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ConnectImportResult")
        self.setOpenLinks(False)
        self._rejects = ""
        self.anchorClicked.connect(lambda _: self.file_wanted.emit(self._rejects))

    def show_item(self, item: QueueItem | None) -> None:
        """Show an item of the queue; None for nothing."""
        self._rejects = ""
        if item is None or item.state not in (DONE, FAILED, STOPPED):
            self.setHtml(_paragraph(tr("Nothing was imported from this file yet.")))
            return
        parts = [f"<h4>{escape(item.name)}</h4>"]
        if item.state != DONE:
            nothing_kept = escape(tr("Nothing of it was taken in."))
            parts.append(f"<p><b style='color: {RED}'>{escape(item.error)}</b> {nothing_kept}</p>")
        if "READ" in item.outputs:
            parts.append(_table([tr("Rows read"), tr("added"), tr("updated"), tr("unchanged"), tr("rejected")], [
                [f"{item.outputs[name]:,.0f}" for name in ("READ", "ADDED", "UPDATED", "UNCHANGED",
                                                                   "REJECTED")]]))
            dropped = item.outputs.get("DROPPED_COLUMNS")
            parts.append(_paragraph(tr("Columns that were not read: {}.").format(dropped)) if dropped else "")
        parts.extend(map(_paragraph, item.warnings if "READ" in item.outputs else item.messages))
        if item.rejected is not None:
            self._rejects = item.rejects
            heading, open_all = escape(tr("Rejected rows")), escape(tr("open the list of all"))
            link = f" (<a href='rejects'>{open_all}</a>)" if item.rejects else ""
            parts.append(f"<p><b>{heading}</b>{link}</p>")
            parts.append(_table([tr("Rows"), tr("Reason"), tr("Column"), tr("Lines")], [
                [f"{row.rows:,}", row.reason, row.column, row.lines] for row in item.rejected.itertuples()]))
        if item.delivered is not None:
            heading = escape(tr("Planned against delivered"))
            parts.append(f"<p><b>{heading}</b></p>{_delivered(item.delivered)}")
        self.setHtml("".join(parts))


def _crs_in_words(item: QueueItem, found: Preview) -> str:
    """The coordinate system that is taken if none is chosen; one without a code is not spelled out."""
    if ":" in found.source_crs[:12]:
        return tr("as found: {}").format(found.source_crs)
    return tr("as said") if item.options.source_crs else tr("as found")


def _notice(item: QueueItem | None, found: Preview | None) -> str:
    if item is None:
        return tr("Choose a file in the list.")
    if item.kind == VISITS:
        return tr("Visits are found in the tracks of the workspace; see Result.")
    if item.state == PREVIEWING:
        return tr("Looking at it …")
    return "\n".join([*found.problems, *found.notes]) if found is not None else ""


def _delivered(table: pd.DataFrame) -> str:
    """The patrols of shifts in which anybody was anywhere; of the others a sentence above has told."""
    table = table[table.groupby(["shift_date", "shift"])["visits"].transform("sum") > 0]
    rows = [[row.shift_date, row.shift, row.box_id, row.beat or "", f"{row.target_minutes:.0f}",
             f"{row.patrol_minutes:.1f}", str(row.visits), "" if row.status == "planned" else row.status]
            for row in table.itertuples()]
    if not rows:
        return _paragraph(tr("No planned patrol was visited on these dates."))
    return _table([tr("Date"), tr("Shift"), tr("Box"), tr("Beat"), tr("Target, min"), tr("Delivered, min"),
                   tr("Visits"), ""], rows)


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["".join(f"<th align='left'>{escape(text)}</th>" for text in headings)]
    lines.extend("".join(f"<td{_whole(str(text))}>{escape(str(text))}</td>" for text in row) for row in rows)
    inside = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table cellspacing='0' cellpadding='3' border='0'>{inside}</table>"


def _whole(text: str) -> str:
    """How a cell is shown: dates, boxes and numbers stay in one line."""
    return " style='white-space: nowrap'" if len(text) < _WHOLE else ""


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def cell(text: object, faint: bool = False) -> QTableWidgetItem:
    """A cell of a table that shows text, the whole of it in its tool tip."""
    item = QTableWidgetItem(str(text))
    item.setToolTip("" if len(str(text)) < 25 else str(text)[:500])
    if faint:
        font = item.font()
        font.setItalic(True)
        item.setFont(font)
    return item
