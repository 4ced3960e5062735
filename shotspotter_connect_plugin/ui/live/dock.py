"""The live patrol dock for a car's computer: a timer, what it says, and the box's approved tactics as big buttons."""
import math
import os
import textwrap

import pyproj
from qgis.core import QgsSettings
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QCoreApplication, QElapsedTimer, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (QApplication, QComboBox, QFileDialog, QFormLayout, QGridLayout, QHBoxLayout, QLabel,
                                 QLineEdit, QListWidget, QProgressBar, QPushButton, QScrollArea, QSizePolicy,
                                 QStackedWidget, QToolButton, QVBoxLayout, QWidget)

from ...errors import ConnectError
from ...patrol import live
from ...reports import style
from ...workspace.journal import Journal, check_unit
from ...workspace.package import read_package
from .gps import GPSD, NMEA, GpsSource

OBJECT_NAME = "ConnectLiveDock"
_SETTINGS = "shotspotter_connect/live/"
_TICK = 500
_EVERY = 4.0
"""Seconds between the fixes that are used: enough for a car, and quick to go through after a restart."""
_SILENT_AFTER = 15.0
"""Seconds without a fix after which the dock says so."""
_COLOURS = {live.ENOUGH: style.DOSAGE["on_target"][0], live.OVER: style.DOSAGE["short"][0]}


def tr(text):
    return QCoreApplication.translate("LiveDock", text)


class LiveDock(QgsDockWidget):
    """The dock; it goes on where it was when QGIS ended in the middle of a shift."""

    changed = pyqtSignal()

    def __init__(self, parent=None):
        super().__init__(tr("Live patrol"), parent)
        self.setObjectName(OBJECT_NAME)
        self._package = self._journal = self._patrol = self._transform = None
        self._verdict, self._box, self._logged, self._last = "", None, {}, None
        self._since_fix = QElapsedTimer()
        self._gps = GpsSource(self)
        self._gps.fix.connect(self._fix)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._make_start())
        self._pages.addWidget(self._make_patrol())
        self.setWidget(self._pages)
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK)
        self._clock.timeout.connect(self._tick)
        self._clock.start()
        if QgsSettings().value(_SETTINGS + "running", False, type=bool):
            self.start()

    # What is seen

    def _make_start(self):
        page = QWidget()
        form = QFormLayout(page)
        settings = QgsSettings()
        self.path = QLineEdit(settings.value(_SETTINGS + "package", "", type=str))
        self.path.setPlaceholderText(tr("File made by “Export plan”, format package"))
        browse = QToolButton()
        browse.setText("…")
        browse.setToolTip(tr("Choose a shift package"))
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self.path)
        row.addWidget(browse)
        form.addRow(tr("Shift package"), row)
        self.unit = QLineEdit(settings.value(_SETTINGS + "unit", "", type=str))
        self.unit.setPlaceholderText(tr("as in 12-A"))
        form.addRow(tr("Unit"), self.unit)
        self.badge = QLineEdit(settings.value(_SETTINGS + "badge", "", type=str))
        self.badge.setPlaceholderText(tr("Badge number, may stay empty"))
        form.addRow(tr("Officer"), self.badge)
        self.begin = _big_button(tr("Start"))
        self.begin.clicked.connect(self.start)
        form.addRow(self.begin)
        self.complaint = QLabel()
        self.complaint.setWordWrap(True)
        form.addRow(self.complaint)
        return page

    def _make_patrol(self):
        page = QWidget()
        column = QVBoxLayout(page)
        self.header, self.gps_label = QLabel(), QLabel()
        for label in (self.header, self.gps_label):
            label.setWordWrap(True)
            column.addWidget(label)
        self._connect_row = QWidget()
        row = QHBoxLayout(self._connect_row)
        row.setContentsMargins(0, 0, 0, 0)
        self.kind = QComboBox()
        self.kind.addItems([GPSD, NMEA])
        self.host = QLineEdit(QgsSettings().value(_SETTINGS + "host", "localhost:2947", type=str))
        self.connect_gps = QPushButton(tr("Connect"))
        self.connect_gps.clicked.connect(self._open_gps)
        self.kind.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.host.setMinimumWidth(110)
        for widget in (self.kind, self.host, self.connect_gps):
            row.addWidget(widget)
        column.addWidget(self._connect_row)
        self.band = QLabel()
        self.band.setWordWrap(True)
        self.band.setMargin(8)
        self.timer = QLabel("0:00")
        self.timer.setAlignment(Qt.AlignmentFlag.AlignCenter)
        _scale(self.timer, 5.0, True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(10)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.verdict.setMargin(8)
        _scale(self.verdict, 1.5, True)
        _scale(self.band, 1.3, True)
        for widget in (self.band, self.timer, self.progress, self.verdict):
            column.addWidget(widget)
        self.tactics_area = QScrollArea()
        self.tactics_area.setWidgetResizable(True)
        self.tactics_area.setFrameShape(QScrollArea.Shape.NoFrame)
        column.addWidget(self.tactics_area, 3)
        self.beat = QComboBox()
        self.beat.currentTextChanged.connect(self._beat_chosen)
        column.addWidget(self.beat)
        self.boxes = QListWidget()
        self.boxes.setWordWrap(True)
        column.addWidget(self.boxes, 2)
        self.warning = QLabel()
        self.warning.setWordWrap(True)
        column.addWidget(self.warning)
        self.end = QPushButton(tr("End shift"))
        self.end.clicked.connect(self.stop)
        column.addWidget(self.end)
        return page

    # What the buttons do

    def _browse(self):
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose a shift package"), os.path.dirname(self.path.text()),
                                              tr("Shift packages (*.json)"))
        if path:
            self.path.setText(path)

    def _open_gps(self):
        host, _, port = self.host.text().strip().rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            self.warning.setText(tr("Write the address as host:port, as in localhost:2947."))
            return
        self.warning.setText("")
        QgsSettings().setValue(_SETTINGS + "host", self.host.text().strip())
        self._gps.open(self.kind.currentText(), host, int(port))

    def start(self):
        """Open the package and the journal; what the journal holds already is played first."""
        try:
            unit = check_unit(self.unit.text())
            package = read_package(self.path.text().strip())
            journal = Journal(os.path.dirname(os.path.abspath(self.path.text().strip())), package.shift_date,
                              package.shift, unit)
        except ConnectError as error:
            QgsSettings().setValue(_SETTINGS + "running", False)
            self.complaint.setText(error.user)
            return
        self.complaint.setText("")
        self.warning.setText("")
        self._package, self._journal = package, journal
        # As the importers do it, so that the screen and the workspace see a fix in the same box.
        self._transform = pyproj.Transformer.from_crs("EPSG:4326", package.crs, always_xy=True)
        self._patrol = live.LivePatrol(unit, package.fishnet, package.rules, package.patrols, package.on_target_high,
                                       package.usual_target)
        self._last = None
        self._since_fix.invalidate()
        self._replay(journal.fixes())
        self._logged = {}
        for at, tactic, box in journal.tactics():
            self._logged[tactic, box] = at
        settings = QgsSettings()
        for name, value in (("package", self.path.text().strip()), ("unit", unit), ("running", True),
                            ("badge", self.badge.text().strip())):
            settings.setValue(_SETTINGS + name, value)
        self.header.setText("{}, {} · {} {}".format(package.shift_name, package.shift_date, tr("unit"), unit))
        self._verdict, self._box = "", None
        self._show_box(None)
        self._fill_beats()
        self._pages.setCurrentIndex(1)
        self._tick()

    def stop(self):
        """End the shift on this computer; the journal stays."""
        QgsSettings().setValue(_SETTINGS + "running", False)
        paths = self._let_go()
        self.complaint.setText(tr("The journal is in {}; import it with “Import GPS” and “Import tactics”.").format(
            " and ".join(paths)) if paths else "")
        self._pages.setCurrentIndex(0)

    def take_away(self):
        """QGIS or the plugin ends: let go of everything; the next start goes on from the journal."""
        self._clock.stop()
        self._let_go()

    def _let_go(self):
        self._gps.close()
        paths = []
        if self._journal is not None:
            paths = [os.path.basename(str(path)) for path in (self._journal.fixes_path, self._journal.tactics_path)]
            self._journal.close()
        self._package = self._journal = self._patrol = None
        return paths

    def _use(self, tactic, button):
        at = self._patrol.now
        box = self._patrol.situation().box_id
        if at is None or not box:
            return
        try:
            self._journal.tactic(at, tactic.tactic, box, self.badge.text().strip())
        except ConnectError as error:
            self.warning.setText(error.user)
            return
        self._logged[tactic.tactic, box] = at
        button.setText(self._words(tactic, box))

    # What comes in

    def _fix(self, at, longitude, latitude, accuracy):
        if self._patrol is None:
            return
        import pandas as pd

        moment = pd.Timestamp(at)
        self._since_fix.restart()
        if self._last is not None and moment < self._last + pd.Timedelta(seconds=_EVERY):
            return
        try:
            self._journal.fix(moment, longitude, latitude, accuracy)  # on disk before it is shown
        except ConnectError as error:
            self.warning.setText(error.user)
        self._feed(moment, longitude, latitude, accuracy)
        self._show()

    def _feed(self, at, longitude, latitude, accuracy):
        for x, y in self._placed(longitude, latitude):
            self._last = at
            self._patrol.feed(at, x, y, accuracy)

    def _replay(self, fixes):
        placed = [(at, *point, accuracy) for at, longitude, latitude, accuracy in fixes
                  for point in self._placed(longitude, latitude)]
        if placed:
            self._last = placed[-1][0]
            self._patrol.replay(*map(list, zip(*placed)))

    def _placed(self, longitude, latitude):
        """[(x, y)], or [] for a place outside the world of the agency's CRS."""
        x, y = self._transform.transform(longitude, latitude)
        return [(x, y)] if math.isfinite(x) and math.isfinite(y) else []

    def _tick(self):
        self._gps.watch()
        if self._patrol is None:
            return
        if self._since_fix.isValid() and self._last is not None:
            import pandas as pd

            self._patrol.advance(self._last + pd.Timedelta(milliseconds=self._since_fix.elapsed()))
        self._show()

    # What it says

    def _show(self):
        state = self._patrol.situation()
        self._show_gps()
        inside = state.patrol is not None
        if inside:
            seconds = int(state.visit_seconds)
            self.timer.setText("{}:{:02d}".format(seconds // 60, seconds % 60))
            self.progress.setMaximum(max(int(state.target_seconds), 1))
            self.progress.setValue(min(seconds, int(state.target_seconds)))
        for widget in (self.timer, self.progress):
            widget.setVisible(inside)
        if state.verdict != self._verdict:
            if state.verdict == live.ENOUGH and self._verdict == live.STAY:
                QApplication.beep()
            self._verdict = state.verdict
            colour = _COLOURS.get(state.verdict)
            self.verdict.setStyleSheet("" if colour is None else "background: {}; color: {};".format(
                colour, style.ink_on(style.colour(colour)).name()))
        self.verdict.setText({
            live.OUTSIDE: tr("Not in a box of this shift"), live.ENOUGH: tr("Target reached: move on"),
            live.STAY: tr("{:.0f} min to go").format(math.ceil((state.target_seconds - state.visit_seconds) / 60)),
            live.OVER: tr("Longer than planned: move on")}[state.verdict])
        if inside and self._box != state.box_id or not inside and self._box is not None:
            self._box = state.box_id if inside else None
            self._show_box(state.patrol)
        self._show_boxes()
        self.changed.emit()

    def _show_gps(self):
        name = self._gps.name
        silent = self._since_fix.elapsed() / 1000 if self._since_fix.isValid() else None
        if self._gps.trying:
            text = tr("GPS: no answer yet from {}; trying again and again").format(self._gps.trying)
        elif not name:
            text = tr("GPS: not connected. Connect it in QGIS's GPS panel, or here:")
        elif silent is None:
            text = tr("GPS ({}): waiting for the first position").format(name)
        elif silent > _SILENT_AFTER:
            text = tr("GPS ({}): no position for {:.0f} seconds; the journal keeps what was").format(name, silent)
        else:
            text = tr("GPS ({}): good").format(name)
        self.gps_label.setText(text)
        self._connect_row.setVisible(not name)

    def _show_box(self, patrol):
        """The band and the buttons of the box the unit is in."""
        self.band.setVisible(patrol is not None)
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        if patrol is not None:
            self.band.setText("{}\n{}".format(patrol.where or patrol.box_id, patrol.crime_type_name))
            colour = style.colour(patrol.colour)
            self.band.setStyleSheet("background: {}; color: {};".format(colour.name(), style.ink_on(colour).name()))
            tactics = self._package.tactics_for(patrol.crime_type)
            for number, tactic in enumerate(tactics):
                button = _big_button(self._words(tactic, patrol.box_id))
                button.setObjectName("tactic_" + tactic.tactic)
                button.setToolTip(tactic.description)
                button.clicked.connect(lambda _, tactic=tactic, button=button: self._use(tactic, button))
                grid.addWidget(button, number // 2, number % 2)
            if not tactics:
                nothing = QLabel(tr("No tactic is approved for this box. An analyst approves them with “Configure "
                                    "workspace” and exports the plan again."))
                nothing.setWordWrap(True)
                grid.addWidget(nothing, 0, 0)
        grid.setRowStretch(grid.rowCount(), 1)
        self.tactics_area.setWidget(holder)

    def _words(self, tactic, box):
        at = self._logged.get((tactic.tactic, box))
        done = "" if at is None else "\n✓ {:%H:%M}".format(at.tz_convert(self._package.timezone))
        return "\n".join(textwrap.wrap(tactic.name, 20)) + done

    def _fill_beats(self):
        wanted = QgsSettings().value(_SETTINGS + "beat", "", type=str)
        self.beat.blockSignals(True)
        self.beat.clear()
        self.beat.addItem(tr("All beats"), "")
        for beat in dict.fromkeys(patrol.beat for patrol in self._package.patrols):
            self.beat.addItem(tr("Beat {}").format(beat), beat)
        self.beat.setCurrentIndex(max(self.beat.findData(wanted), 0))
        self.beat.blockSignals(False)

    def _beat_chosen(self):
        QgsSettings().setValue(_SETTINGS + "beat", self.beat.currentData())
        self._show_boxes()

    def _show_boxes(self):
        lines = ["{} {} · {} · {:.0f} / {:g} min".format(
            patrol.beat, patrol.visit_order, patrol.where or patrol.box_id, self._patrol.minutes(patrol.box_id),
            patrol.target_minutes * (1 + patrol.returns)) for patrol in self._package.patrols
            if (not patrol.unit or patrol.unit == self._journal.unit)
            and self.beat.currentData() in ("", patrol.beat)]
        if lines != [self.boxes.item(row).text() for row in range(self.boxes.count())]:
            at = self.boxes.verticalScrollBar().value()
            self.boxes.clear()
            self.boxes.addItems(lines)
            self.boxes.verticalScrollBar().setValue(at)


def _big_button(text):
    """A button for a finger in a moving car."""
    button = QPushButton(text)
    button.setMinimumHeight(72)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    _scale(button, 1.2, False)
    return button


def _scale(widget, factor, bold):
    font = widget.font()
    font.setPointSizeF(font.pointSizeF() * factor)
    font.setBold(bold)
    widget.setFont(font)
