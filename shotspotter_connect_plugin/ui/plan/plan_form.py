"""What the plan dock consists of: its fields, buttons, table and panels, and its keys; what they do is the dock's."""
from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from qgis.core import QgsSettings
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import QByteArray, QEvent, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (QComboBox, QDateEdit, QGridLayout, QHBoxLayout, QHeaderView, QLabel, QLineEdit,
                                 QSplitter, QTableView, QTabWidget, QVBoxLayout, QWidget)

from ..widgets import in_a_row, only_to_look_at, tool, words
from .box_panels import LatelyPanel, RisenPanel, WhyPanel
from .patrol_table import PatrolTableModel, tr
from .week_grid import WeekPanel

if TYPE_CHECKING:
    from qgis.PyQt.QtCore import QObject
    from qgis.PyQt.QtGui import QKeyEvent

SETTINGS = "shotspotter_connect/plan/"
ISO = "yyyy-MM-dd"


class Button(NamedTuple):
    """A change of the plan: its object's name, text, the name of its key, what it does."""

    name: str
    text: str
    key: str
    what: str


BUTTONS = {
    "suppress": Button("ConnectSuppress", "Suppress…", "Del", "Take the box out of the plan; the next of the draw's "
                                                              "reserve takes its place"),
    "add": Button("ConnectAdd", "Add…", "Ins",
                  "Put the box clicked on the map, or one whose id you type, into the plan"),
    "restore": Button("ConnectRestore", "Restore…", "Ctrl+R", "Put a suppressed box back; its top-up leaves the plan"),
    "minutes": Button("ConnectMinutes", "Minutes…", "Ctrl+M", "Change how long units shall stay in the box"),
    "undo": Button("ConnectUndo", "Undo…", "Ctrl+Z", "Take the newest change of this shift back"),
}
REFRESH, BACK, FORTH = "refresh", "back", "forth"
_PLAIN, _CTRL, _ALT = (getattr(Qt.KeyboardModifier, name) for name in ("NoModifier", "ControlModifier", "AltModifier"))
_KEYS = {(Qt.Key.Key_Delete, _PLAIN): "suppress", (Qt.Key.Key_Insert, _PLAIN): "add", (Qt.Key.Key_R, _CTRL): "restore",
         (Qt.Key.Key_M, _CTRL): "minutes", (Qt.Key.Key_Z, _CTRL): "undo", (Qt.Key.Key_F5, _PLAIN): REFRESH,
         (Qt.Key.Key_Left, _ALT): BACK, (Qt.Key.Key_Right, _ALT): FORTH}


class PlanForm(QWidget):
    """The contents of the dock; ``pressed`` gives the name of a change, or what else one of the dock's keys stands for.

    It takes these keys before QGIS does, which has F5 and Ctrl+Z of its own.
    """

    pressed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        self.bar = QgsMessageBar()
        layout.addWidget(self.bar)
        layout.addLayout(self._choices())
        layout.addLayout(self._buttonin_a_row())
        self.role, self.remarks = words(name="ConnectRole"), words(name="ConnectRemarks")
        for label in (self.role, self.remarks):
            label.hide()
            layout.addWidget(label)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self._table())
        splitter.addWidget(self._tabs())
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        layout.addWidget(splitter, 1)
        for part in (self.table, self.lately.table, self.risen.table, self.week.table):
            part.installEventFilter(self)
        order = [self.workspace, self.browse, self.pick, self.on_map, self.check, self.date, self.back, self.shift,
                 self.forth, self.beat, self.crime_type, self.text, *self.buttons.values(), self.print, self.table,
                 self.tabs]
        for before, after in zip(order, order[1:]):
            QWidget.setTabOrder(before, after)

    def _choices(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(4)
        self.workspace = _combo("ConnectWorkspace")
        self.workspace.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.workspace.setMinimumContentsLength(12)
        self.browse = tool("ConnectBrowse", "…", tr("Choose a workspace"))
        self.pick = tool("ConnectPick", tr("Pick on map"), tr("Click a box on the map to find its row"), True)
        self.on_map = tool("ConnectOnMap", tr("On map"), tr("Show the plan's boxes on the map"), True)
        self.on_map.setChecked(QgsSettings().value(SETTINGS + "on_map", True, type=bool))
        self.check = tool("ConnectCheck", tr("Check…"),
                          tr("Check the chain of changes, and compare it with a printed head"))
        grid.addWidget(_label(tr("Wor&kspace"), self.workspace), 0, 0)
        grid.addLayout(in_a_row(self.workspace, self.browse, self.pick, self.on_map, self.check, stretch=(0,)), 0, 1)
        self.date = QDateEdit()
        self.date.setObjectName("ConnectDate")
        self.date.setCalendarPopup(True)
        self.date.setDisplayFormat(ISO)
        self.shift = _combo("ConnectShift")
        self.back = tool("ConnectBack", "◀", tr("The shift before (Alt+Left)"))
        self.forth = tool("ConnectForth", "▶", tr("The shift after (Alt+Right)"))
        grid.addWidget(_label(tr("&Date"), self.date), 1, 0)
        grid.addLayout(in_a_row(self.date, _label(tr("&Shift"), self.shift), self.back, self.shift, self.forth,
                                stretch=(3,)), 1, 1)
        self.beat, self.crime_type, self.text = _combo("ConnectBeat"), _combo("ConnectCrimeType"), QLineEdit()
        self.text.setObjectName("ConnectText")
        self.text.setPlaceholderText(tr("Box or where"))
        self.text.setClearButtonEnabled(True)
        grid.addWidget(_label(tr("&Filter"), self.beat), 2, 0)
        grid.addLayout(in_a_row(self.beat, self.crime_type, self.text, stretch=(0, 1, 2)), 2, 1)
        return grid

    def _buttonin_a_row(self) -> QHBoxLayout:
        self.buttons = {action: tool(button.name, tr(button.text), "") for action, button in BUTTONS.items()}
        for action, button in self.buttons.items():
            button.clicked.connect(lambda _=False, action=action: self.pressed.emit(action))
        self.print = tool("ConnectPrint", tr("&Print…"), tr("Print the roll call of this shift"))
        row = in_a_row(*self.buttons.values())
        row.setSpacing(2)
        row.addStretch()
        row.addWidget(self.print)
        return row

    def _table(self) -> QTableView:
        self.table_model = PatrolTableModel(self)
        self.table = QTableView()
        self.table.setObjectName("ConnectPatrols")
        self.table.setModel(self.table_model)
        self.table.setSortingEnabled(True)
        only_to_look_at(self.table)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setDefaultSectionSize(22)
        header = self.table.horizontalHeader()
        header.setSectionsMovable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setMinimumSectionSize(20)
        for place, column in enumerate(self.table_model.columns):
            self.table.setColumnWidth(place, column.width)
        kept = QgsSettings().value(SETTINGS + "header", QByteArray())
        if isinstance(kept, QByteArray) and not kept.isEmpty():
            header.restoreState(kept)
        return self.table

    def _tabs(self) -> QTabWidget:
        self.why, self.lately, self.risen, self.week = WhyPanel(), LatelyPanel(), RisenPanel(), WeekPanel()
        self.tabs = QTabWidget()
        self.tabs.setObjectName("ConnectTabs")
        for panel, title in ((self.why, tr("Why this box")), (self.lately, tr("Lately")),
                             (self.risen, tr("Risen since")), (self.week, tr("Week"))):
            self.tabs.addTab(panel, title)
        return self.tabs

    def remember(self) -> None:
        """Keep how the user arranged the table."""
        QgsSettings().setValue(SETTINGS + "header", self.table.horizontalHeader().saveState())

    # Keys

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and _meant(event):
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.KeyPress and _meant(event) in (BACK, FORTH):
            self.pressed.emit(_meant(event))  # lists would move their own cursor
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        what = _meant(event)
        if what:
            self.pressed.emit(what)
        else:
            super().keyPressEvent(event)


def _meant(event: QKeyEvent) -> str:
    """What a key stands for; empty if it is none of ours."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return next((what for (key, held), what in _KEYS.items() if event.key() == key and modifiers == held), "")


def _combo(name: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    return combo


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    return label
