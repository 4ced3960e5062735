"""The analyst's plan dock: a shift's patrols in a table and on the map, and every change of them with its reason."""
from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Callable

from qgis.core import Qgis, QgsProject, QgsSettings
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QDate, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog

from ...plan_place import Place
from ...processing import addresses
from ...processing.outputs import crime_type_legend
from ...reports.paper import wording
from ...workspace.steps import plan_review, shift_week
from ..background import BackgroundWork
from ..widgets import fill, fill_workspaces
from .map_link import MapLink
from .panel_loading import PanelLoader
from .patrol_table import chips, tr
from .plan_changes import PlanChanges
from .plan_form import BACK, FORTH, ISO, REFRESH, SETTINGS, PlanForm

if TYPE_CHECKING:
    from qgis.gui import QgsMapCanvas, QgsMapTool
    from qgis.PyQt.QtCore import QModelIndex
    from qgis.PyQt.QtWidgets import QWidget

    from ...progress import Progress
    from ...workspace.steps.plan_review import PlanView
    from ...workspace.store.workspace import Workspace

OBJECT_NAME = "ConnectPlanDock"
_LOOK_EVERY = 3000  # milliseconds between two looks at the workspace, for changes of other desks
_DATABASE_EVERY = 15.0  # seconds between two readings of a workspace that is no file


class PlanDock(QgsDockWidget):
    """The dock; ``print_wanted`` asks for the roll-call sheets of its :attr:`place`.

    Parameters
    ----------
    canvas : QgsMapCanvas
    parent : QWidget
    """

    _stamp: float | list[tuple[int, int]] | None
    _view: PlanView | None
    print_wanted = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(tr("Directed patrols"), parent)
        self.setObjectName(OBJECT_NAME)
        self._address, self._view, self._box, self._stamp = "", None, "", None
        self._closed = False
        self._complaint, self._wish, self._of_project, self._selecting = "", "", "", False
        self.form = PlanForm(self)
        self.setWidget(self.form)
        self.work = BackgroundWork(self)
        self._map = MapLink(canvas, self.work, self)
        self.changes = PlanChanges(self.form.buttons, self.work, self)
        self._panels = PanelLoader(self.form, self.work, self)
        self.canvas = canvas
        self._connect()
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_EVERY)
        self._look.timeout.connect(self.look_for_changes)
        self._look.start()
        self.follow_project()

    def _connect(self) -> None:
        form = self.form
        form.pressed.connect(self._pressed)
        form.workspace.activated.connect(lambda _: self.open_workspace(form.workspace.currentData()))
        form.browse.clicked.connect(lambda _: self._browse_for_workspace())
        form.date.dateChanged.connect(lambda _: self.reload())
        form.shift.activated.connect(lambda _: self.go_to(self._date(), form.shift.currentData()))
        form.back.clicked.connect(lambda _: self.step(-1))
        form.forth.clicked.connect(lambda _: self.step(1))
        form.beat.activated.connect(self._filter)
        form.crime_type.activated.connect(self._filter)
        form.text.textChanged.connect(self._filter)
        form.pick.toggled.connect(self._map.pick)
        form.on_map.toggled.connect(self._show_on_map)
        form.print.clicked.connect(lambda _: self.print_wanted.emit())
        form.check.clicked.connect(lambda _: self.changes.ask_for_head())
        form.table.selectionModel().currentRowChanged.connect(self._row_changed)
        form.table.activated.connect(lambda _: self._map.highlight(self._box, zoom=True))
        form.lately.chosen.connect(self.filter_by)
        form.risen.chosen.connect(lambda box_id: self.select(box_id, zoom=True))
        form.risen.asked.connect(self._panels.forecast_again)
        form.risen.wanted.connect(lambda preset: self.changes.ask("add", preset))
        form.week.chosen.connect(self.go_to)
        form.week.asked.connect(self._panels.turn_week)
        form.tabs.currentChanged.connect(lambda _: self._panels.load())
        self.closed.connect(lambda: self._close(True))
        self.opened.connect(lambda: self._close(False))
        self.work.changed.connect(self._update_buttons)
        self._map.box_picked.connect(self._picked)
        self._map.told.connect(self._complain)
        self._panels.complained.connect(self._complain)
        self.changes.told.connect(self._tell)
        self.changes.made.connect(self._changed)
        self.changes.failed.connect(self.reload)
        self.canvas.mapToolSet.connect(self._map_tool_set)
        QgsProject.instance().readProject.connect(self.follow_project)

    # Which workspace, date and shift

    def follow_project(self, *_: object) -> None:
        """Open what the open project is about: its workspace, and of a plan its date and shift."""
        place = addresses.place_of(QgsProject.instance())
        self._of_project = place.address
        address = addresses.current()
        if address and place.date:
            self.open_workspace(address, place.date, place.shift)
        elif address and address != self._address:
            self.open_workspace(address)
        elif address:
            fill_workspaces(self.form.workspace, address)
            self.reload()  # opening a project took the plan off the map
        else:
            self._leave("")
            self._tell(*((tr("The workspace that made this plan was not found; choose it."), Qgis.MessageLevel.Warning)
                         if place.date else (tr("Choose a workspace."), Qgis.MessageLevel.Info)))
        self._update_buttons()

    def open_workspace(self, address: str, shift_date: str = "", shift: str = "") -> None:
        """Look at a workspace: at a shift, else at today's plan, or the newest one."""
        self._leave(address)
        if shift_date:
            self.go_to(shift_date, shift)
        else:
            last = QgsSettings().value(SETTINGS + "shift", "")
            self._read("date", lambda workspace, _: shift_week.place_to_open(workspace, last),
                       lambda place: self.go_to(*place))

    def _leave(self, address: str) -> None:
        """Show nothing any more of the workspace before, whose reading is not wanted any more either."""
        self.work.stop()
        self._address, self._view, self._box, self._stamp, self._complaint = address, None, "", None, ""
        self.form.table_model.set_patrols([])
        self.form.shift.clear()
        self._map.forget()
        self._panels.forget()
        for label in (self.form.role, self.form.remarks):
            label.hide()
        fill_workspaces(self.form.workspace, address)

    def go_to(self, shift_date: str, shift: str) -> None:
        """Look at a shift."""
        QgsSettings().setValue(SETTINGS + "shift", shift)
        self._wish = shift
        self.form.date.blockSignals(True)
        self.form.date.setDate(QDate.fromString(shift_date, ISO))
        self.form.date.blockSignals(False)
        self.reload()

    def step(self, by: int) -> None:
        """Look at the shift that starts ``by`` shifts later."""
        view = self._view
        if view is not None:
            self._read("step", lambda workspace, _: shift_week.neighbouring_shift(
                workspace, view.shift_date, view.shift, by), lambda place: self.go_to(*place))

    def reload(self) -> None:
        """Read the plan again."""
        if not self._address:
            return
        self._stamp = self._stamp_now()
        shift_date, shift = self._date(), self._wish
        self._read("plan", lambda workspace, _: plan_review.plan_view(workspace, shift_date, shift,
                                                                      crime_type_legend(workspace)), self._show)

    def look_for_changes(self) -> None:
        """Read the plan again if the workspace has changed, by whoever it was; follow the project to another one."""
        if self._of_project != addresses.of_project(QgsProject.instance()):
            self.follow_project()
        elif (self.isVisible() and self._view is not None and not self.work.under_way()
                and self._stamp_now() != self._stamp):
            self.reload()

    def busy(self) -> bool:
        """Whether work is under way."""
        return self.work.under_way()

    @property
    def view(self) -> PlanView | None:
        """The ``PlanView`` looked at, None before the first."""
        return self._view

    @property
    def place(self) -> Place:
        """The :class:`~...plan_place.Place` that stands on the screen."""
        return Place(self._address, self._date(), self._wish)

    @property
    def map_link(self) -> MapLink:
        """The link to the map."""
        return self._map

    def _date(self) -> str:
        return self.form.date.date().toString(ISO)

    def _read(self, kind: str, read: Callable[[Workspace, Progress], Any], then: Callable[[Any], object]) -> None:
        self.work.start(kind, self._address, read, then, self._complain)

    def _browse_for_workspace(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose a workspace"), self._address, tr("Workspaces (*.gpkg)"))
        if path:
            addresses.remember(path)
            self.open_workspace(path)

    def _stamp_now(self) -> float | list[tuple[int, int]]:
        """What changes whenever anybody writes to the file, its write-ahead log included."""
        if not os.path.exists(self._address):
            return time.monotonic() // _DATABASE_EVERY
        stats = [os.stat(path) for path in (self._address, self._address + "-wal") if os.path.exists(path)]
        return [(stat.st_mtime_ns, stat.st_size) for stat in stats]

    # Showing

    def _show(self, view: PlanView) -> None:
        old, self._view = self._view, view
        self._complaint = ""
        same_shift = old is not None and (old.shift_date, old.shift) == (view.shift_date, view.shift)
        if same_shift and view.last is not None and view.last != old.last and not self.changes.own(view.last):
            self._tell(tr("{} changed this plan elsewhere: {} of box {}.").format(
                view.last["who"], view.last["action"], view.last["box_id"]), Qgis.MessageLevel.Info)
        self._fill_choices(view, old)
        if not same_shift or not view.patrols.equals(old.patrols):
            self.form.table_model.set_patrols(view.rows)
        if not same_shift:
            if view.message:
                self._tell(view.message, Qgis.MessageLevel.Info)
            else:
                self.form.bar.clearWidgets()
        for label, text in ((self.form.role, view.refusal), (self.form.remarks, " ".join(view.remarks))):
            label.setText(text)
            label.setVisible(bool(text))
        self._show_on_map()
        self._panels.show(self._address, view, same_shift)
        self.select(self._box if same_shift else "")
        if view.reported and (view.reported > old.reported if same_shift else not view.ended):
            self._panels.forecast_by_itself()

    def _fill_choices(self, view: PlanView, old: PlanView | None) -> None:
        form = self.form
        self._wish = view.shift or self._wish
        fill(form.shift, zip(view.shifts["name"], view.shifts["shift"]), view.shift)
        if old is None or not (old.boxes.equals(view.boxes) and old.crime_types.equals(view.crime_types)):
            beats = sorted(view.boxes["beat"].dropna().unique(), key=wording.natural_key)
            fill(form.beat, [(tr("All beats"), ""), *((beat, beat) for beat in beats)], form.beat.currentData())
            fill(form.crime_type, [(tr("All crime types"), ""), *chips(view.crime_types)],
                 form.crime_type.currentData())
            self._filter()

    def _show_on_map(self, *_: object) -> None:
        QgsSettings().setValue(SETTINGS + "on_map", self.form.on_map.isChecked())
        if self._view is not None:
            self._map.show(self._address, self._view, self.form.on_map.isChecked() and not self._closed)
            self._map.highlight("" if self._closed else self._box)

    def _close(self, closed: bool) -> None:
        """A dock that is closed takes its boxes off the map."""
        self._closed = closed
        self._show_on_map()

    def _filter(self, *_: object) -> None:
        form = self.form
        form.table_model.set_filter(form.beat.currentData() or "", form.crime_type.currentData() or "",
                                    form.text.text())
        self.select(self._box)

    def filter_by(self, beat: str, crime_type: str) -> None:
        """Show only the patrols of a beat and a crime type."""
        form = self.form
        form.text.clear()
        form.beat.setCurrentIndex(max(form.beat.findData(beat), 0))
        form.crime_type.setCurrentIndex(max(form.crime_type.findData(crime_type), 0))
        self._filter()
        if not form.table_model.rowCount():
            self._tell(tr("The plan has no box of that crime type in beat {}.").format(beat), Qgis.MessageLevel.Info)

    # The box looked at

    def select(self, box_id: str, zoom: bool = False) -> None:
        """Look at a box: its row if it has one, its place on the map, why it is there."""
        row = self.form.table_model.row_of(box_id) if box_id else -1
        self._selecting = True
        if row < 0:
            self.form.table.selectionModel().clear()
        else:
            self.form.table.selectRow(row)
        self._selecting = False
        self._look_at(box_id, zoom)

    def _row_changed(self, current: QModelIndex, _: QModelIndex) -> None:
        if current.isValid() and not self._selecting:
            self._look_at(self.form.table_model.patrol(current.row())["box_id"])

    def _look_at(self, box_id: str, zoom: bool = False) -> None:
        self._box = box_id
        self._map.highlight(box_id, zoom)
        self._panels.look_at(box_id)
        self._update_buttons()

    def _picked(self, box_id: str) -> None:
        if not box_id:
            self._tell(tr("There is no box at that place."), Qgis.MessageLevel.Info)
            return
        self.select(box_id)
        if self.form.table_model.row_of(box_id) < 0:
            if self._view.row_of(box_id) is None:
                text = tr("Box {} is not in the plan; Add puts it in.").format(box_id)
            else:
                text = tr("Box {} is in the plan, but the filter hides it.").format(box_id)
            self._tell(text, Qgis.MessageLevel.Info)

    def _map_tool_set(self, tool: QgsMapTool, _: object = None) -> None:
        pick = self.form.pick
        if pick.isChecked() != (tool is self._map.tool):
            pick.blockSignals(True)
            pick.setChecked(tool is self._map.tool)
            pick.blockSignals(False)

    # Changing the plan

    def _pressed(self, what: str) -> None:
        if what == REFRESH:
            self.reload()
        elif what in (BACK, FORTH):
            self.step(1 if what == FORTH else -1)
        else:
            self.changes.ask(what)

    def _changed(self, action: str, box_id: str) -> None:
        if action == "add":
            self._box = box_id
        self.reload()

    def _update_buttons(self) -> None:
        self.changes.look_at(self._address, self._view, self._box)
        ready = self._view is not None
        self.form.risen.button.setEnabled(ready and not self.work.under_way("risen"))
        self.form.risen.follow(self._view, self.changes.why_not("add"))
        self.form.print.setEnabled(bool(self._address))
        for button in (self.form.check, self.form.back, self.form.forth):
            button.setEnabled(ready)

    # Words and the end

    def _tell(self, text: str, level: Qgis.MessageLevel) -> None:
        self.form.bar.clearWidgets()
        self.form.bar.pushMessage("", text, level, 0 if level == Qgis.MessageLevel.Warning else 12)

    def _complain(self, sentence: str) -> None:
        if sentence != self._complaint:
            self._complaint = sentence
            self._tell(sentence, Qgis.MessageLevel.Warning)

    def take_away(self) -> None:
        """Leave nothing behind in QGIS; the dock is to be deleted after."""
        self.form.remember()
        self._look.stop()
        QgsProject.instance().readProject.disconnect(self.follow_project)
        self.canvas.mapToolSet.disconnect(self._map_tool_set)
        self.work.stop()
        self._map.remove()
