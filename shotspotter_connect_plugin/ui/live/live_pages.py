"""The two pages of the live patrol dock: the start of a shift, and the patrol with timer, tactics and boxes."""
from __future__ import annotations

import math
import os
import textwrap
from typing import TYPE_CHECKING, Callable, Iterable, Sequence

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (QComboBox, QFileDialog, QFormLayout, QFrame, QGridLayout, QHBoxLayout, QLabel,
                                 QLineEdit, QListWidget, QListWidgetItem, QProgressBar, QPushButton, QScrollArea,
                                 QScroller, QSizePolicy, QToolButton, QVBoxLayout, QWidget)

from ...patrol import live_patrol
from ...processing import addresses
from ..translation import translator
from ..widgets import fill, in_a_row, swatch, tool, words
from .gps_receiver import GPSD, NMEA, SERIAL, USUAL

if TYPE_CHECKING:
    from qgis.PyQt.QtGui import QColor

    from ...patrol.live_patrol import Situation
    from ...workspace.exports.shift_package import Patrol, Tactic
    from .day_and_night import Theme

tr = translator("LiveDock")
SETTINGS = "shotspotter_connect/live/"
_LINE = 20
"""Letters of a tactic's name on one line of its button."""


class StartPage(QWidget):
    """Which plan, which unit, who; ``asked`` when Start is pressed, ``plan_named`` when another plan is named."""

    asked = pyqtSignal()
    plan_named = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        form, settings = QFormLayout(self), QgsSettings()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        self.path = QLineEdit(settings.value(SETTINGS + "plan", "", type=str) or addresses.current())
        self.path.setPlaceholderText(tr("Shift package, or the workspace"))
        self.path.editingFinished.connect(self.plan_named)
        browse = tool("", "…", tr("Choose a file made by “Export plan”, format package, or the workspace"))
        browse.clicked.connect(self._browse)
        form.addRow(tr("Plan"), in_a_row(self.path, browse))
        self.shift = QComboBox()
        self.shift_label = QLabel(tr("Shift"))
        form.addRow(self.shift_label, self.shift)
        self.unit = QLineEdit(settings.value(SETTINGS + "unit", "", type=str))
        self.unit.setPlaceholderText(tr("as in 12-A"))
        form.addRow(tr("Unit"), self.unit)
        self.badge = QLineEdit(settings.value(SETTINGS + "badge", "", type=str))
        self.badge.setPlaceholderText(tr("Badge number, may stay empty"))
        form.addRow(tr("Officer"), self.badge)
        self.begin = big_button(tr("Start"))
        self.begin.clicked.connect(self.asked)
        form.addRow(self.begin)
        self.complaint = words()
        form.addRow(self.complaint)
        self.offer([])

    @property
    def plan(self) -> str:
        """The package's path or the workspace's address."""
        return self.path.text().strip()

    def offer(self, shifts: Sequence[tuple[str, str]], wanted: str = "") -> None:
        """Offer the shifts of a workspace, as (words, date and code); none where a package is opened."""
        fill(self.shift, shifts, wanted or self.shift.currentData())
        for widget in (self.shift, self.shift_label):
            widget.setVisible(bool(shifts))

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose a plan"), os.path.dirname(self.plan),
                                              tr("Shift packages and workspaces (*.json *.gpkg)"))
        if path:
            self.path.setText(path)
            self.plan_named.emit()


class PatrolPage(QWidget):
    """What the driver sees: everything large, one thing in one place."""

    tactic_used = pyqtSignal(str)
    box_touched = pyqtSignal(str)
    beat_chosen = pyqtSignal()
    gps_asked = pyqtSignal(str, str)
    ended = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        settings, column = QgsSettings(), QVBoxLayout(self)
        self.header, self.gps_label, self.band, self.warning = words(), words(), words(), words()
        self.night, self.sound = (_toggle(text, settings.value(SETTINGS + name, usual, type=bool)) for text, name, usual
                                  in ((tr("Night"), "night", False), (tr("Sound"), "sound", True)))
        column.addLayout(in_a_row(self.header, self.sound, self.night, stretch=(0,)))
        self.gps_label.setObjectName("muted")
        column.addWidget(self.gps_label)
        column.addWidget(self._connect_row())
        self.band.setMargin(10)
        scale(self.band, 1.4, True)
        column.addWidget(self.band)
        column.addWidget(self._panel())
        self.tactics_area = QScrollArea()
        self.tactics_area.setWidgetResizable(True)
        self.tactics_area.setFrameShape(QScrollArea.Shape.NoFrame)
        QScroller.grabGesture(self.tactics_area.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        column.addWidget(self.tactics_area, 3)
        self.beat = QComboBox()
        self.beat.currentIndexChanged.connect(lambda _: self.beat_chosen.emit())
        column.addWidget(self.beat)
        self.boxes = QListWidget()
        self.boxes.setWordWrap(True)
        self.boxes.itemClicked.connect(lambda item: self.box_touched.emit(item.data(Qt.ItemDataRole.UserRole)))
        scale(self.boxes, 1.1, False)
        column.addWidget(self.boxes, 2)
        column.addWidget(self.warning)
        self.end = QPushButton(tr("End shift"))
        self.end.setMinimumHeight(48)
        self.end.clicked.connect(self.ended)
        column.addWidget(self.end)

    def _connect_row(self) -> QWidget:
        self.connect_row = QWidget()
        row = QHBoxLayout(self.connect_row)
        row.setContentsMargins(0, 0, 0, 0)
        self.kind = QComboBox()
        self.kind.addItems([GPSD, NMEA, SERIAL])
        self.kind.setCurrentText(QgsSettings().value(SETTINGS + "gps_kind", GPSD, type=str))
        self.kind.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.host = QLineEdit()
        self.host.setMinimumWidth(110)
        self.kind.currentTextChanged.connect(self._usual_host)
        self._usual_host(self.kind.currentText())
        self.connect_gps = QPushButton(tr("Connect"))
        self.connect_gps.clicked.connect(lambda: self.gps_asked.emit(self.kind.currentText(), self.host.text()))
        for widget in (self.kind, self.host, self.connect_gps):
            row.addWidget(widget)
        return self.connect_row

    def _usual_host(self, kind: str) -> None:
        self.host.setText(QgsSettings().value(SETTINGS + "gps_" + kind, USUAL[kind], type=str))

    def _panel(self) -> QFrame:
        self.panel = QFrame()
        self.panel.setObjectName("panel")
        column = QVBoxLayout(self.panel)
        self.timer = QLabel("0:00")
        self.timer.setAlignment(Qt.AlignmentFlag.AlignCenter)
        scale(self.timer, 6.0, True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(10)
        self.verdict = words()
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignCenter)
        scale(self.verdict, 1.8, True)
        self.verdict.setMinimumHeight(2 * self.verdict.fontMetrics().lineSpacing())  # it breaks in a narrow dock
        for widget in (self.timer, self.progress, self.verdict):
            column.addWidget(widget)
        return self.panel

    # What it shows

    def show_timer(self, state: Situation, theme: Theme) -> None:
        """The timer of a :class:`~shotspotter_connect_plugin.patrol.live_patrol.Situation` and what it says."""
        inside = state.patrol is not None
        if inside:
            seconds = int(state.visit_seconds)
            self.timer.setText(f"{seconds // 60}:{seconds % 60:02d}")
            self.progress.setMaximum(max(int(state.target_seconds), 1))
            self.progress.setValue(min(seconds, int(state.target_seconds)))
        for widget in (self.timer, self.progress):
            widget.setVisible(inside)
        for widget in (self.beat, self.boxes):  # until it is time to move on, the room is for tactics
            widget.setVisible(state.verdict != live_patrol.STAY)
        self.panel.setStyleSheet(theme.behind(state.verdict))
        self.verdict.setText({
            live_patrol.OUTSIDE: tr("Not in a box of this shift"), live_patrol.ENOUGH: tr("Target reached: move on"),
            live_patrol.STAY: tr("{:.0f} min to go").format(
                math.ceil((state.target_seconds - state.visit_seconds) / 60)),
            live_patrol.OVER: tr("Longer than planned: move on"),
            live_patrol.TAKEN_OFF: tr("Taken off the plan: you may leave")}[state.verdict])

    def show_box(self, patrol: Patrol | None, tactics: Sequence[Tactic], logged: Callable[[Tactic], str],
                 theme: Theme) -> None:
        """The band and the buttons of the box the unit is in; ``logged`` gives the wall clock of a tactic used."""
        self.band.setVisible(patrol is not None)
        self.tactics_area.setVisible(patrol is not None)
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        if patrol is not None:
            self.band.setText(f"{patrol.where or patrol.box_id}\n{patrol.crime_type_name}")
            self.band.setStyleSheet(theme.band(patrol.colour))
            for number, tactic in enumerate(tactics):
                grid.addWidget(self._tactic_button(tactic, logged(tactic)), number // 2, number % 2)
            if not tactics:
                nothing = words(tr("No tactic is approved for this box. An analyst approves them in the list of "
                                   "tactics and exports the plan again."))
                grid.addWidget(nothing, 0, 0)
        grid.setRowStretch(grid.rowCount(), 1)
        self.tactics_area.setWidget(holder)

    def _tactic_button(self, tactic: Tactic, at: str) -> QPushButton:
        button = big_button("")
        button.setObjectName("tactic_" + tactic.tactic)
        button.setToolTip(textwrap.fill(tactic.description.replace("<", "‹"), 60))  # tool tips read markup
        button.clicked.connect(lambda: self.tactic_used.emit(tactic.tactic))
        mark(button, tactic, at)
        return button

    def show_tactic(self, tactic: Tactic, at: str) -> None:
        """Say on its button when a tactic was used."""
        button = self.tactics_area.widget().findChild(QPushButton, "tactic_" + tactic.tactic)
        if button is not None:
            mark(button, tactic, at)

    def show_beats(self, beats: Iterable[str]) -> None:
        """Offer the shift's beats, the one chosen last first."""
        fill(self.beat, [(tr("All beats"), ""), *((tr("Beat {}").format(beat), beat) for beat in beats)],
             QgsSettings().value(SETTINGS + "beat", "", type=str))

    def show_boxes(self, lines: Sequence[tuple[str, QColor, str]]) -> None:
        """The list of boxes, as (text, colour as QColor, box)."""
        if lines == [self.boxes.item(row).data(Qt.ItemDataRole.UserRole + 1) for row in range(self.boxes.count())]:
            return
        at = self.boxes.verticalScrollBar().value()
        self.boxes.clear()
        for line in lines:
            item = QListWidgetItem(swatch(line[1]), line[0])
            item.setData(Qt.ItemDataRole.UserRole, line[2])
            item.setData(Qt.ItemDataRole.UserRole + 1, line)
            self.boxes.addItem(item)
        self.boxes.verticalScrollBar().setValue(at)


def mark(button: QPushButton, tactic: Tactic, at: str) -> None:
    """Write a tactic on its button, with the wall clock at which it was used, if it was."""
    done = "\n✓ " + at if at else ""
    button.setText("\n".join(textwrap.wrap(tactic.name, _LINE)).replace("&", "&&") + done)
    button.setProperty("done", bool(at))
    button.style().unpolish(button)
    button.style().polish(button)


def big_button(text: str) -> QPushButton:
    """A button for a finger in a moving car."""
    button = QPushButton(text)
    button.setMinimumHeight(84)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    scale(button, 1.25, False)
    return button


def scale(widget: QWidget, factor: float, bold: bool) -> None:
    """Make a widget's letters larger than the desktop's."""
    font = widget.font()
    font.setPointSizeF(font.pointSizeF() * factor)
    font.setBold(bold)
    widget.setFont(font)


def _toggle(text: str, on: bool) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    button.setChecked(on)
    button.setMinimumHeight(40)
    return button
