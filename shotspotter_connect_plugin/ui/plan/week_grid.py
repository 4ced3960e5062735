"""The week shift by shift: a cell per shift with its boxes by crime type; choosing one opens it in table and map."""
from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Mapping

from qgis.PyQt.QtCore import QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QPalette
from qgis.PyQt.QtWidgets import (QHeaderView, QLabel, QStyle, QStyledItemDelegate, QTableWidget, QTableWidgetItem,
                                 QVBoxLayout, QWidget)

from ...reports.paper import style, wording
from ..widgets import in_a_row, only_to_look_at, tool
from .patrol_table import tr

if TYPE_CHECKING:
    import pandas as pd
    from qgis.PyQt.QtCore import QModelIndex
    from qgis.PyQt.QtGui import QPainter
    from qgis.PyQt.QtWidgets import QStyleOptionViewItem

_SHIFT, _PARTS, _MARKS = (Qt.ItemDataRole.UserRole + number for number in range(3))
_BAR, _GAP = 9, 4  # pixels


class WeekPanel(QWidget):
    """A grid of dates and shifts.

    ``chosen`` gives date and code of a shift that was clicked or on which Enter was pressed; ``asked`` a date whose
    week is wanted.
    """

    _monday: date | None
    chosen = pyqtSignal(str, str)
    asked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._monday = None
        self.title = QLabel()
        self.back, self.forth = tool("", "◀", tr("The week before")), tool("", "▶", tr("The week after"))
        self.back.clicked.connect(lambda: self._turn(-7))
        self.forth.clicked.connect(lambda: self._turn(7))
        row = in_a_row(self.back, self.title, self.forth)
        row.addStretch()
        self.table = QTableWidget(0, 7)
        self.table.setObjectName("ConnectWeek")
        only_to_look_at(self.table, rows=False)
        self.table.setItemDelegate(_Cell(self.table))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setMinimumSectionSize(34)
        self.table.itemActivated.connect(self._choose)
        self.table.itemClicked.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.addLayout(row)
        layout.addWidget(self.table)

    def clear(self) -> None:
        """Show nothing."""
        self._monday = None
        self.title.clear()
        self.table.setRowCount(0)

    def show_week(self, week: pd.DataFrame, kinds: Mapping[str, Mapping[str, Any]], here: tuple[str, str]) -> None:
        """Show the frame of ``shift_week.week``; ``kinds``: crime types by code; ``here``: the shift looked at."""
        first = date.fromisoformat(week["shift_date"].min()) if len(week) else date.fromisoformat(here[0])
        self._monday = first - timedelta(days=first.weekday())
        self.title.setText(tr("Week of {}").format(wording.date_in_words(self._monday.isoformat())))
        dates = [(self._monday + timedelta(days=number)).isoformat() for number in range(7)]
        names = dict(zip(week["shift"], week["name"]))
        codes = list(names)
        self.table.clear()
        self.table.setRowCount(len(codes))
        self.table.setColumnCount(7)
        self.table.setVerticalHeaderLabels(list(names.values()))
        self.table.setHorizontalHeaderLabels([f"{date.fromisoformat(day):%a %d %b}" for day in dates])
        for row in week.itertuples():
            item = QTableWidgetItem()
            item.setData(_SHIFT, (row.shift_date, row.shift))
            item.setData(_PARTS, [(kind["colour"], row.types[code]) for code, kind in kinds.items()
                                  if code in row.types])
            item.setText(str(row.planned) if row.draws or row.planned else "–")
            item.setData(_MARKS, " ".join(filter(None, (
                f"+{row.added}" if row.added else "", f"−{row.suppressed}" if row.suppressed else ""))))
            item.setToolTip(_in_words(row, kinds))
            place = codes.index(row.shift), dates.index(row.shift_date)
            self.table.setItem(*place, item)
            if (row.shift_date, row.shift) == here:
                self.table.setCurrentCell(*place)

    def item_of(self, shift_date: str, shift: str) -> QTableWidgetItem | None:
        """The cell of a shift, None if the week has none."""
        cells = (self.table.item(row, column) for row in range(self.table.rowCount()) for column in range(7))
        return next((item for item in cells if item is not None and item.data(_SHIFT) == (shift_date, shift)), None)

    def _choose(self, item: QTableWidgetItem) -> None:
        self.chosen.emit(*item.data(_SHIFT))

    def _turn(self, days: int) -> None:
        if self._monday is not None:
            self.asked.emit((self._monday + timedelta(days=days)).isoformat())


def _in_words(row: Any, kinds: Mapping[str, Mapping[str, Any]]) -> str:
    if not row.draws and not row.planned:
        return tr("{}, {}: no plan yet").format(row.shift_date, row.name)
    parts = [tr("{}, {}: {} boxes planned").format(row.shift_date, row.name, row.planned)]
    parts += [f"{row.types[code]} {kind['name']}" for code, kind in kinds.items() if code in row.types]
    parts.append(tr("{} added by hand, {} suppressed").format(row.added, row.suppressed))
    if row.draws > 1:
        parts.append(tr("drawn {} times").format(row.draws))
    return "; ".join(parts)


class _Cell(QStyledItemDelegate):
    """A number, what was changed by hand, and below a bar of the boxes' crime types."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802
        return QSize(60, 34)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        roles = QPalette.ColorRole
        painter.save()
        painter.fillRect(option.rect, option.palette.color(roles.Highlight if chosen else roles.Base))
        painter.setPen(option.palette.color(roles.HighlightedText if chosen else roles.Text))
        area = QRectF(option.rect).adjusted(_GAP, 2, -_GAP, -_GAP)
        words = area.adjusted(0, 0, 0, -_BAR - 1)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, index.data())
        painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, index.data(_MARKS) or "")
        left, parts = area.left(), index.data(_PARTS) or []
        whole = sum(count for _, count in parts)
        for colour, count in parts:
            width = area.width() * count / whole
            painter.fillRect(QRectF(left, area.bottom() - _BAR, width, _BAR), style.colour(colour))
            left += width
        painter.restore()
