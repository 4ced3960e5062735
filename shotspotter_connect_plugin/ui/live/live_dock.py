"""The live patrol dock for a car's computer: it wires receiver, state machine, journal, workspace, pages and map."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Callable, Iterable, Sequence

from qgis.core import QgsProject, QgsSettings
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QElapsedTimer, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QApplication, QStackedWidget

from ...errors import ConnectError
from ...forecast import crs as systems
from ...patrol import live_patrol
from ...processing import addresses
from ...workspace.steps.patrol_journal import Journal, check_unit, fix_as_kept
from .day_and_night import DAY_THEME, NIGHT_THEME
from .gps_receiver import GpsSource
from .live_map import LiveMap
from .live_pages import SETTINGS, PatrolPage, StartPage, tr
from .plan_source import PlanSource
from .workspace_link import WorkspaceLink

if TYPE_CHECKING:
    import pandas as pd
    from qgis.gui import QgsMapCanvas
    from qgis.PyQt.QtWidgets import QWidget

    from ...patrol.live_tracker import VisitEvent
    from ...workspace.exports.shift_package import Patrol, ShiftPackage, Tactic
    from .workspace_link import Fix

OBJECT_NAME = "ConnectLiveDock"
_TICK = 500
_EVERY = 4.0
"""Seconds between the fixes that are used: enough for a car, and quick to go through after a restart."""
_SILENT_AFTER = 15.0
"""Seconds without a fix after which the dock says so."""


class LiveDock(QgsDockWidget):
    """The dock; it goes on where it was when QGIS ended in the middle of a shift.

    ``told`` gives what the driver should also see outside the dock: that a target is reached, that the plan changed.
    """

    _transform: Callable[[float, float], tuple[float, float]] | None
    _source: PlanSource | None
    package: ShiftPackage | None
    journal: Journal | None
    patrol: live_patrol.LivePatrol | None
    workspace_link: WorkspaceLink | None
    _logged: dict[tuple[str, str], pd.Timestamp]
    _last: pd.Timestamp | None
    live_map: LiveMap | None
    changed = pyqtSignal()
    told = pyqtSignal(str)

    def __init__(self, canvas: QgsMapCanvas | None = None, parent: QWidget | None = None) -> None:
        super().__init__(tr("Live patrol"), parent)
        self.setObjectName(OBJECT_NAME)
        self._source = self.package = self.journal = self.patrol = self._transform = self.workspace_link = None
        self._verdict, self._logged, self._last = "", {}, None
        self._box: str = None
        self._behind = False  # whether another project was opened during the shift
        self.since_fix = QElapsedTimer()
        self.gps = GpsSource(self)
        self.gps.fix.connect(self._fix)
        self.live_map = LiveMap(canvas, self) if canvas is not None else None
        self.first, self.page = StartPage(self), PatrolPage(self)
        self._pages = QStackedWidget(self)
        for page in (self.first, self.page):
            self._pages.addWidget(page)
        self.setWidget(self._pages)
        self.first.asked.connect(self.start)
        self.first.plan_named.connect(lambda: self._offer_shifts())
        self.page.tactic_used.connect(self._use)
        self.page.box_touched.connect(lambda box: self.live_map.bring_into_view(box) if self.live_map else None)
        self.page.beat_chosen.connect(self._beat_chosen)
        self.page.gps_asked.connect(self._open_gps)
        self.page.ended.connect(self.stop)
        self.page.night.toggled.connect(self._dress)
        self.page.sound.toggled.connect(lambda on: QgsSettings().setValue(SETTINGS + "sound", on))
        self._dress(self.page.night.isChecked())
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK)
        self._clock.timeout.connect(self.tick)
        self._clock.start()
        QgsProject.instance().readProject.connect(self.follow_project)
        self._follows = True
        self.follow_project()
        if QgsSettings().value(SETTINGS + "running", False, type=bool):
            self._offer_shifts()
            self.start()

    # Beginning and end

    def follow_project(self, *_: object) -> None:
        """Offer the plan that the open project is about; a shift that is under way goes on."""
        self._behind = self.patrol is not None or QgsSettings().value(SETTINGS + "running", False, type=bool)
        if self._behind:
            return
        place = addresses.place_of(QgsProject.instance())
        if place.address and place.date:
            self.first.path.setText(place.address)
            self._offer_shifts(f"{place.date} {place.shift}")

    def start(self) -> None:
        """Open plan and journal; what the journal holds already is played first."""
        self.first.complaint.setText("")
        try:
            unit = check_unit(self.first.unit.text())
            source = PlanSource(self.first.plan)
            package = source.read(self.first.shift.currentData())
            journal = Journal(source.journal_folder(), package.shift_date, package.shift, unit)
        except ConnectError as error:
            QgsSettings().setValue(SETTINGS + "running", False)
            self.first.complaint.setText(error.user)
            return
        self._let_go()
        self.page.warning.setText("")
        self._source, self.package, self.journal = source, package, journal
        # As the importers do it, so that the screen and the workspace see a fix in the same box.
        self._transform = systems.change(systems.DEGREES, package.crs)
        self.patrol = live_patrol.LivePatrol(unit, package.fishnet, package.rules, package.patrols,
                                             package.on_target_high, package.usual_target)
        self._last = None
        self.since_fix.invalidate()
        self.page.warning.setText(" ".join(journal.notes))
        fixes = journal.fixes()
        self._replay(fixes)
        self._logged = {(tactic, box): at for at, tactic, box in journal.tactics()}
        self._remember_plan(unit)
        if not source.is_package:
            self.workspace_link = WorkspaceLink(source.address, package.shift_date, package.shift, journal, self)
            self.workspace_link.told.connect(self._delivery_told)
            self.workspace_link.replanned.connect(self._replan)
            self.workspace_link.begin(fixes, self.patrol.visits, self._logged)
        self._verdict, self._box = "", None
        self._show_plan()
        self._pages.setCurrentWidget(self.page)
        if QgsSettings().value(SETTINGS + "gps_own", False, type=bool):  # QGIS ended in the middle of the shift
            self._open_gps(self.page.kind.currentText(), self.page.host.text())
        self.tick()

    def stop(self) -> None:
        """End the shift on this computer; the journal stays."""
        for name in ("running", "gps_own"):
            QgsSettings().setValue(SETTINGS + name, False)
        delivered = self.workspace_link is not None and self.workspace_link.finish()
        journal = self.journal
        self._let_go()
        if journal is not None:
            self.first.complaint.setText(
                tr("Everything is in the workspace. The journal stays in {}.").format(journal.fixes_path.parent)
                if delivered else
                tr("The journal is {} and {} in {}; import it with “Import GPS” and “Import tactics”.").format(
                    journal.fixes_path.name, journal.tactics_path.name, journal.fixes_path.parent))
        if self._behind:
            said = self.first.complaint.text()
            self.follow_project()
            self.first.complaint.setText(said)
        self._pages.setCurrentWidget(self.first)

    def take_away(self) -> None:
        """QGIS or the plugin ends: let go of everything; the next start goes on from the journal."""
        if self._follows:
            QgsProject.instance().readProject.disconnect(self.follow_project)
        self._follows = False
        self._clock.stop()
        self._let_go()
        if self.live_map is not None:
            self.live_map.remove()
            self.live_map = None

    def _let_go(self) -> None:
        self.gps.close()
        if self.workspace_link is not None:
            self.workspace_link.stop()
        if self.journal is not None:
            self.journal.close()
        if self.live_map is not None:
            self.live_map.clear()
        self._source = self.package = self.journal = self.patrol = self.workspace_link = None

    # The plan

    def _offer_shifts(self, wanted: str = "") -> None:
        """Offer the shifts of the workspace named, if it is one; after a restart the one that was under way."""
        offered = {}
        try:
            offered = PlanSource(self.first.plan).shifts(wanted)
            self.first.complaint.setText("")
        except ConnectError as error:
            self.first.complaint.setText(error.user)
        if offered and QgsSettings().value(SETTINGS + "running", False, type=bool):
            wanted = QgsSettings().value(SETTINGS + "shift", "", type=str)
            offered.setdefault(wanted, wanted)
        self.first.offer([(words, data) for data, words in offered.items()], wanted)

    def _remember_plan(self, unit: str) -> None:
        settings = QgsSettings()
        shift = f"{self.package.shift_date} {self.package.shift}"
        for name, value in (("plan", self.first.plan), ("shift", shift), ("unit", unit),
                            ("badge", self.first.badge.text().strip()), ("running", True)):
            settings.setValue(SETTINGS + name, value)
        settings.sync()  # a crash finds them on the disk

    def _replan(self, package: ShiftPackage | None) -> None:
        if self.patrol is None or package is None or package == self.package:
            return
        if (package.shift_date, package.shift) != (self.package.shift_date, self.package.shift):
            self._tell(tr("The package is of another shift now; end this one to start it."))
            return
        before, after = ({patrol.box_id for patrol in plan.patrols} for plan in (self.package, package))
        self.patrol.replan(package.patrols)
        self.package = package
        if before != after:
            self._tell(tr("The plan has changed: boxes taken off {}, added {}.").format(
                len(before - after), len(after - before)))
        self._box = None
        self._show_plan()
        self._show()

    # What the buttons do

    def _open_gps(self, kind: str, address: str) -> None:
        try:
            self.gps.open(kind, address)
        except ConnectError as error:
            self.page.warning.setText(error.user)
            return
        self.page.warning.setText("")
        for name, value in (("gps_kind", kind), ("gps_" + kind, address.strip()), ("gps_own", True)):
            QgsSettings().setValue(SETTINGS + name, value)

    def _use(self, code: str) -> None:
        at, state = self.patrol.now, self.patrol.situation()
        tactic = next((tactic for tactic in self.package.tactics if tactic.tactic == code), None)
        if at is None or state.patrol is None or tactic is None:
            return
        try:
            self.journal.tactic(at, code, state.box_id, self.first.badge.text().strip())
        except ConnectError as error:
            self.page.warning.setText(error.user)
            return
        self._logged[code, state.box_id] = at
        self.page.show_tactic(tactic, self._used_at(tactic, state.box_id))
        if self.workspace_link is not None:
            self.workspace_link.tactic()

    def _beat_chosen(self) -> None:
        QgsSettings().setValue(SETTINGS + "beat", self.page.beat.currentData())
        self._show_boxes()

    def _dress(self, night: bool) -> None:
        self._theme = NIGHT_THEME if night else DAY_THEME
        QgsSettings().setValue(SETTINGS + "night", bool(night))
        self._pages.setStyleSheet(self._theme.sheet)
        if self.live_map is not None:
            self.live_map.dim(self._theme.dark and self.patrol is not None)
        if self.patrol is not None:
            self._box = None
            self._show()

    # What comes in

    def _fix(self, at: str, longitude: float, latitude: float, accuracy: float) -> None:
        if self.patrol is None:
            return
        import pandas as pd

        kept = fix_as_kept(pd.Timestamp(at), longitude, latitude, accuracy)
        self.since_fix.restart()
        if self._last is not None and kept[0] < self._last + pd.Timedelta(seconds=_EVERY):
            return
        try:
            self.journal.fix(*kept)  # on disk before it is shown
        except ConnectError as error:
            self.page.warning.setText(error.user)
        if self.workspace_link is not None:
            self.workspace_link.fix(kept)
        for x, y in self._placed(*kept[1:3]):
            self._last = kept[0]
            self._take(self.patrol.feed(kept[0], x, y, kept[3]))
            if self.live_map is not None:
                self.live_map.move(x, y)
        self._show()

    def _take(self, events: Iterable[VisitEvent]) -> None:
        """Write down at once what became of visits, and bring it to the workspace."""
        for event in events:
            try:
                if event.kind != "updated":
                    self.journal.visit(self.patrol.now, event.kind, event.visit)
            except ConnectError as error:
                self.page.warning.setText(error.user)
            if self.workspace_link is not None:
                self.workspace_link.happened(event)

    def _replay(self, fixes: Sequence[Fix]) -> None:
        placed = [(at, *point, accuracy) for at, longitude, latitude, accuracy in fixes
                  for point in self._placed(longitude, latitude)]
        if placed:
            self._last = placed[-1][0]
            self.patrol.replay(*map(list, zip(*placed)))

    def _placed(self, longitude: float, latitude: float) -> list[tuple[float, float]]:
        """[(x, y)], or [] for a place outside the world of the agency's CRS."""
        x, y = self._transform(longitude, latitude)
        return [(x, y)] if math.isfinite(x) and math.isfinite(y) else []

    def tick(self) -> None:
        self.gps.watch()
        if self.patrol is None:
            return
        if self.since_fix.isValid() and self._last is not None:
            import pandas as pd

            self._take(self.patrol.advance(self._last + pd.Timedelta(milliseconds=self.since_fix.elapsed())))
        if self.workspace_link is None:
            self._replan(self._source.read_again())
        self._show()

    # What it says

    def _show(self) -> None:
        state = self.patrol.situation()
        self._show_header()
        self._show_gps()
        self.page.show_timer(state, self._theme)
        if state.verdict != self._verdict:
            if state.verdict in (live_patrol.ENOUGH, live_patrol.TAKEN_OFF) and self._verdict == live_patrol.STAY:
                self._tell(self.page.verdict.text())
            self._verdict = state.verdict
        if state.patrol is not None and self._box != state.box_id or state.patrol is None and self._box is not None:
            self._box = state.box_id if state.patrol is not None else None
            self._show_box(state.patrol)
        self._show_boxes()
        self.changed.emit()

    def _tell(self, text: str) -> None:
        if self.page.sound.isChecked():
            QApplication.beep()
        self.told.emit(text)

    def _show_header(self) -> None:
        import pandas as pd

        unit = tr("unit")
        text = f"{self.package.shift_name}, {self.package.shift_date} · {unit} {self.journal.unit}"
        if self.patrol.now is not None and self.patrol.now >= pd.Timestamp(self.package.end_utc):
            text += " · " + tr("this shift has ended")
        self.page.header.setText(text)

    def _show_gps(self) -> None:
        name = self.gps.name
        silent = self.since_fix.elapsed() / 1000 if self.since_fix.isValid() else None
        if self.gps.trying:
            text = tr("GPS: no answer yet from {}; trying again and again").format(self.gps.trying)
        elif not name:
            text = tr("GPS: not connected. Connect it in QGIS's GPS panel, or here:")
        elif silent is None:
            text = tr("GPS ({}): waiting for the first position").format(name)
        elif silent > _SILENT_AFTER:
            text = tr("GPS ({}): no position for {:.0f} seconds; the journal keeps what was").format(name, silent)
        else:
            text = tr("GPS ({}): good").format(name)
        self.page.gps_label.setText(text)
        self.page.connect_row.setVisible(not name)

    def _delivery_told(self, sentence: str) -> None:
        self.page.warning.setText(tr("The workspace cannot be written to now; the journal keeps everything. {}").format(
            sentence) if sentence else "")

    def _show_plan(self) -> None:
        self.page.show_beats(dict.fromkeys(patrol.beat for patrol in self.package.patrols))
        if self.live_map is not None:
            self.live_map.show(self.package, self._own_patrols())
            self.live_map.dim(self._theme.dark)
        self._show_box(None)

    def _show_box(self, patrol: Patrol | None) -> None:
        tactics = [] if patrol is None else self.package.tactics_for(patrol.crime_type)
        self.page.show_box(patrol, tactics, lambda tactic: self._used_at(tactic, patrol.box_id), self._theme)
        if self.live_map is not None:
            self.live_map.outline("" if patrol is None else patrol.box_id)

    def _used_at(self, tactic: Tactic, box_id: str) -> str:
        """The agency's wall clock at which a tactic was used in a box, or ""."""
        at = self._logged.get((tactic.tactic, box_id))
        return "" if at is None else f"{at.tz_convert(self.package.timezone):%H:%M}"

    def _own_patrols(self) -> list[Patrol]:
        return [patrol for patrol in self.package.patrols if not patrol.unit or patrol.unit == self.journal.unit]

    def _show_boxes(self) -> None:
        beat = self.page.beat.currentData()
        self.page.show_boxes([(
            f"{patrol.beat} {patrol.visit_order} · {patrol.where or patrol.box_id} · "
            f"{self.patrol.minutes(patrol.box_id):.0f} / {patrol.target_minutes * (1 + patrol.returns):g} min",
            self._theme.seen(patrol.colour), patrol.box_id)
            for patrol in self._own_patrols() if beat in ("", None, patrol.beat)])
