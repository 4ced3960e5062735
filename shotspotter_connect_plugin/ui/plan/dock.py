"""The analyst's plan dock: a shift's patrols in a table and on the map, and every change of them with its reason."""
import os

from qgis.core import Qgis, QgsProject, QgsSettings
from qgis.gui import QgsDockWidget, QgsMessageBar
from qgis.PyQt.QtCore import QByteArray, QDate, QEvent, Qt, QTimer
from qgis.PyQt.QtWidgets import (QAbstractItemView, QComboBox, QDateEdit, QFileDialog, QGridLayout, QHBoxLayout,
                                 QHeaderView, QLabel, QLineEdit, QSplitter, QTableView, QTabWidget, QToolButton,
                                 QVBoxLayout, QWidget)

from ...processing import addresses
from ...processing.outputs import crime_type_legend
from ...reports import queries
from ...workspace import adjusting, chain, review
from .dialogs import AdjustDialog, ChainDialog
from .map_link import MapLink
from .model import PatrolModel, chip, tr
from .panels import LatelyPanel, RisenPanel, WeekPanel, WhyPanel, kinds_of
from .work import Works

OBJECT_NAME = "ConnectPlanDock"
_SETTINGS = "shotspotter_connect/plan/"
_LOOK_EVERY = 3000  # milliseconds between two looks at the file, for changes of other desks
_ISO = "yyyy-MM-dd"

# action -> (object name, text, name of its key, what it does)
_BUTTONS = {
    "suppress": ("ConnectSuppress", "Suppress…", "Del", "Take the box out of the plan; the next of the draw's reserve "
                                                        "takes its place"),
    "add": ("ConnectAdd", "Add…", "Ins", "Put the box clicked on the map, or one whose id you type, into the plan"),
    "restore": ("ConnectRestore", "Restore…", "Ctrl+R", "Put a suppressed box back; its top-up leaves the plan"),
    "minutes": ("ConnectMinutes", "Minutes…", "Ctrl+M", "Change how long units shall stay in the box"),
    "undo": ("ConnectUndo", "Undo…", "Ctrl+Z", "Take the newest change of this shift back"),
}
_REFRESH = "refresh"
_PLAIN, _CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
_KEYS = {(Qt.Key.Key_Delete, _PLAIN): "suppress", (Qt.Key.Key_Insert, _PLAIN): "add", (Qt.Key.Key_R, _CTRL): "restore",
         (Qt.Key.Key_M, _CTRL): "minutes", (Qt.Key.Key_Z, _CTRL): "undo", (Qt.Key.Key_F5, _PLAIN): _REFRESH}


class PlanDock(QgsDockWidget):
    """The dock.

    Parameters
    ----------
    canvas : QgsMapCanvas
    parent : QWidget
    """

    def __init__(self, canvas, parent=None):
        super().__init__(tr("Directed patrols"), parent)
        self.setObjectName(OBJECT_NAME)
        self._address, self._view, self._box, self._stamp = "", None, "", None
        self._own_heads, self._complaint, self._stale, self._wish = set(), "", set(), ""
        self._of_project, self._selecting = "", False
        self._works = Works(self)
        self._works.changed.connect(self._update_buttons)
        self._map = MapLink(canvas, self)
        self._map.box_picked.connect(self._picked)
        self._canvas = canvas
        canvas.mapToolSet.connect(self._map_tool_set)
        self._build()
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_EVERY)
        self._look.timeout.connect(self.look_for_changes)
        self._look.start()
        QgsProject.instance().readProject.connect(self.follow_project)
        self.follow_project()

    # Building

    def _build(self):
        body = _Body(self._key_pressed, self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(4, 4, 4, 4)
        self.bar = QgsMessageBar()
        layout.addWidget(self.bar)
        layout.addLayout(self._choices())
        layout.addLayout(self._button_row())
        self.role = QLabel()
        self.role.setObjectName("ConnectRole")
        self.role.setWordWrap(True)
        layout.addWidget(self.role)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self._table())
        splitter.addWidget(self._tabs())
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        layout.addWidget(splitter, 1)
        self.setWidget(body)
        order = [self.workspace, self._browse, self.pick, self.on_map, self.check, self.date, self.shift, self.beat,
                 self.crime_type, self.text, *self.buttons.values(), self.table, self.tabs]
        for before, after in zip(order, order[1:]):
            QWidget.setTabOrder(before, after)

    def _choices(self):
        grid = QGridLayout()
        grid.setSpacing(4)
        self.workspace = QComboBox()
        self.workspace.setObjectName("ConnectWorkspace")
        self.workspace.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.workspace.setMinimumContentsLength(12)
        self.workspace.activated.connect(lambda _: self.open_workspace(self.workspace.currentData()))
        self._browse = _tool("…", tr("Choose a workspace"), self._browse_for_workspace)
        row = QHBoxLayout()
        row.addWidget(self.workspace, 1)
        row.addWidget(self._browse)
        for button in self._map_buttons():
            row.addWidget(button)
        grid.addWidget(_label(tr("Wor&kspace"), self.workspace), 0, 0)
        grid.addLayout(row, 0, 1)
        self.date = QDateEdit()
        self.date.setObjectName("ConnectDate")
        self.date.setCalendarPopup(True)
        self.date.setDisplayFormat(_ISO)
        self.date.dateChanged.connect(lambda _: self.reload())
        self.shift = QComboBox()
        self.shift.setObjectName("ConnectShift")
        self.shift.activated.connect(self._shift_chosen)
        row = QHBoxLayout()
        row.addWidget(self.date)
        row.addWidget(_label(tr("&Shift"), self.shift))
        row.addWidget(self.shift, 1)
        grid.addWidget(_label(tr("&Date"), self.date), 1, 0)
        grid.addLayout(row, 1, 1)
        self.beat, self.crime_type = QComboBox(), QComboBox()
        self.beat.setObjectName("ConnectBeat")
        self.crime_type.setObjectName("ConnectCrimeType")
        self.text = QLineEdit()
        self.text.setObjectName("ConnectText")
        self.text.setPlaceholderText(tr("Box or where"))
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(self._filter)
        row = QHBoxLayout()
        for combo in (self.beat, self.crime_type):
            combo.activated.connect(self._filter)
            row.addWidget(combo, 1)
        row.addWidget(self.text, 1)
        grid.addWidget(_label(tr("&Filter"), self.beat), 2, 0)
        grid.addLayout(row, 2, 1)
        return grid

    def _button_row(self):
        row = QHBoxLayout()
        row.setSpacing(2)
        self.buttons = {}
        for action, (name, text, _, _) in _BUTTONS.items():
            button = _tool(tr(text), "", lambda _=False, action=action: self.ask(action))
            button.setObjectName(name)
            self.buttons[action] = button
            row.addWidget(button)
        row.addStretch()
        return row

    def _map_buttons(self):
        self.pick = _tool(tr("Pick on map"), tr("Click a box on the map to find its row"), None)
        self.pick.setObjectName("ConnectPick")
        self.pick.setCheckable(True)
        self.pick.toggled.connect(self._map.pick)
        self.on_map = _tool(tr("On map"), tr("Show the plan's boxes on the map"), None)
        self.on_map.setObjectName("ConnectOnMap")
        self.on_map.setCheckable(True)
        self.on_map.setChecked(QgsSettings().value(_SETTINGS + "on_map", True, type=bool))
        self.on_map.toggled.connect(self._show_on_map)
        self.check = _tool(tr("Check…"), tr("Check the chain of changes, and compare it with a printed head"),
                           self.ask_for_head)
        self.check.setObjectName("ConnectCheck")
        return self.pick, self.on_map, self.check

    def _table(self):
        self.model = PatrolModel(self)
        self.table = QTableView()
        self.table.setObjectName("ConnectPatrols")
        self.table.setModel(self.model)
        self.table.setSortingEnabled(True)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setDefaultSectionSize(22)
        header = self.table.horizontalHeader()
        header.setSectionsMovable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setMinimumSectionSize(20)
        for place, column in enumerate(self.model.columns):
            self.table.setColumnWidth(place, column.width)
        kept = QgsSettings().value(_SETTINGS + "header", QByteArray())
        if isinstance(kept, QByteArray) and not kept.isEmpty():
            header.restoreState(kept)
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        self.table.activated.connect(lambda _: self._map.highlight(self._box, zoom=True))
        return self.table

    def _tabs(self):
        self.why, self.lately, self.risen, self.week = WhyPanel(), LatelyPanel(), RisenPanel(), WeekPanel()
        self.lately.chosen.connect(self.filter_by)
        self.risen.chosen.connect(lambda box_id: self.select(box_id, zoom=True))
        self.risen.asked.connect(self.forecast_again)
        self.week.chosen.connect(self.go_to)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("ConnectTabs")
        for panel, title in ((self.why, tr("Why this box")), (self.lately, tr("Lately")),
                             (self.risen, tr("Risen since")), (self.week, tr("Week"))):
            self.tabs.addTab(panel, title)
        self.tabs.currentChanged.connect(lambda _: self._fill_tab())
        return self.tabs

    # Which workspace, date and shift

    def follow_project(self, *_):
        """Open the workspace of the open project, if it is another one."""
        self._of_project = addresses.of_project(QgsProject.instance())
        self._list_workspaces()
        address = addresses.current()
        if address and address != self._address:
            self.open_workspace(address)
        elif address:
            self.reload()  # opening a project took the plan off the map
        else:
            self._tell(tr("Choose a workspace."), Qgis.MessageLevel.Info)
        self._update_buttons()

    def open_workspace(self, address):
        """Look at a workspace: at today's plan, or the newest one."""
        self._address, self._view, self._box, self._stamp = address, None, "", None
        self._list_workspaces()
        self._works.start("date", address, lambda workspace, _: review.date_to_open(workspace), self._open_date,
                          self._complain)

    def go_to(self, shift_date, shift):
        """Look at a shift."""
        QgsSettings().setValue(_SETTINGS + "shift", shift)
        self._wish = shift
        self.date.blockSignals(True)
        self.date.setDate(QDate.fromString(shift_date, _ISO))
        self.date.blockSignals(False)
        self.reload()

    def reload(self):
        """Read the plan again."""
        if not self._address:
            return
        self._stamp = self._stamp_now()
        shift_date = self.date.date().toString(_ISO)
        shift = self._wish

        def read(workspace, _):
            return review.plan_view(workspace, shift_date, shift, crime_type_legend(workspace))
        self._works.start("plan", self._address, read, self._show, self._complain)

    def look_for_changes(self):
        """Read the plan again if the file has changed, by whoever it was; follow the project to another workspace."""
        if self._of_project != addresses.of_project(QgsProject.instance()):
            self.follow_project()
        elif (self.isVisible() and self._view is not None and not self._works.under_way()
                and self._stamp_now() != self._stamp):
            self.reload()

    def busy(self):
        """Whether work is under way."""
        return self._works.under_way()

    @property
    def view(self):
        """The ``PlanView`` looked at, None before the first."""
        return self._view

    @property
    def map_link(self):
        """The link to the map."""
        return self._map

    def _open_date(self, shift_date):
        self.go_to(shift_date, QgsSettings().value(_SETTINGS + "shift", ""))

    def _shift_chosen(self, _):
        self.go_to(self.date.date().toString(_ISO), self.shift.currentData())

    def _list_workspaces(self):
        listed = list(dict.fromkeys(filter(None, [self._address, addresses.current(), *addresses.recent()])))
        self.workspace.clear()
        for address in listed:
            self.workspace.addItem(os.path.basename(address), address)
            self.workspace.setItemData(self.workspace.count() - 1, address, Qt.ItemDataRole.ToolTipRole)
        self.workspace.setCurrentIndex(self.workspace.findData(self._address))

    def _browse_for_workspace(self):
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose a workspace"), self._address, tr("Workspaces (*.gpkg)"))
        if path:
            addresses.remember(path)
            self.open_workspace(path)

    def _stamp_now(self):
        """What changes whenever anybody writes to the file, its write-ahead log included."""
        stamps = []
        for path in (self._address, self._address + "-wal"):
            if os.path.exists(path):
                stat = os.stat(path)
                stamps.append((path, stat.st_mtime_ns, stat.st_size))
        return stamps

    # Showing

    def _show(self, view):
        old, self._view = self._view, view
        self._complaint = ""
        same_shift = old is not None and (old.shift_date, old.shift) == (view.shift_date, view.shift)
        if same_shift and view.last is not None and view.last != old.last and view.last["hash"] not in self._own_heads:
            self._tell(tr("{} changed this plan elsewhere: {} of box {}.").format(
                view.last["who"], view.last["action"], view.last["box_id"]), Qgis.MessageLevel.Info)
        self._fill_choices(view, old)
        if not same_shift or not view.patrols.equals(old.patrols):
            self.model.set_patrols(view.rows)
        if not same_shift:
            self.risen.clear()
            if view.message:
                self._tell(view.message, Qgis.MessageLevel.Info)
            else:
                self.bar.clearWidgets()
        self.role.setText(view.refusal)
        self.role.setVisible(bool(view.refusal))
        self._show_on_map()
        self._stale = {self.why, self.lately, self.week}
        self.select(self._box if same_shift else "")
        self._fill_tab()
        self._update_buttons()

    def _fill_choices(self, view, old):
        self._wish = view.shift or self._wish
        self.shift.clear()
        for shift in view.shifts.to_dict("records"):
            self.shift.addItem(shift["name"], shift["shift"])
        self.shift.setCurrentIndex(self.shift.findData(view.shift))
        if old is None or not (old.boxes.equals(view.boxes) and old.crime_types.equals(view.crime_types)):
            beats = sorted(view.boxes["beat"].dropna().unique(), key=queries.natural_key)
            _refill(self.beat, tr("All beats"), [(beat, beat, None) for beat in beats])
            _refill(self.crime_type, tr("All crime types"), [
                (kind["name"], kind["crime_type"], chip(kind["colour"], kind["letter"]))
                for kind in view.crime_types.to_dict("records")])
            self._filter()

    def _show_on_map(self, *_):
        QgsSettings().setValue(_SETTINGS + "on_map", self.on_map.isChecked())
        if self._view is not None:
            self._map.show(self._view, self.on_map.isChecked())

    def _filter(self, *_):
        self.model.set_filter(self.beat.currentData() or "", self.crime_type.currentData() or "", self.text.text())
        self.select(self._box)

    def filter_by(self, beat, crime_type):
        """Show only the patrols of a beat and a crime type."""
        self.text.clear()
        self.beat.setCurrentIndex(max(self.beat.findData(beat), 0))
        self.crime_type.setCurrentIndex(max(self.crime_type.findData(crime_type), 0))
        self._filter()
        if not self.model.rowCount():
            self._tell(tr("The plan has no box of that crime type in beat {}.").format(beat), Qgis.MessageLevel.Info)

    # The box looked at

    def select(self, box_id, zoom=False):
        """Look at a box: its row if it has one, its place on the map, why it is there."""
        row = self.model.row_of(box_id) if box_id else -1
        self._selecting = True
        if row < 0:
            self.table.selectionModel().clear()
        else:
            self.table.selectRow(row)
        self._selecting = False
        self._look_at(box_id, zoom)

    def _row_changed(self, current, _):
        if current.isValid() and not self._selecting:
            self._look_at(self.model.patrol(current.row())["box_id"])

    def _look_at(self, box_id, zoom=False):
        if box_id != self._box:
            self._stale.add(self.why)
        self._box = box_id
        self._map.highlight(box_id, zoom)
        self._fill_tab()
        self._update_buttons()

    def _picked(self, box_id):
        if not box_id:
            self._tell(tr("There is no box at that place."), Qgis.MessageLevel.Info)
            return
        self.select(box_id)
        if self.model.row_of(box_id) < 0:
            if self._view.row_of(box_id) is None:
                text = tr("Box {} is not in the plan; Add puts it in.").format(box_id)
            else:
                text = tr("Box {} is in the plan, but the filter hides it.").format(box_id)
            self._tell(text, Qgis.MessageLevel.Info)

    def _map_tool_set(self, tool, _=None):
        if self.pick.isChecked() != (tool is self._map.tool):
            self.pick.blockSignals(True)
            self.pick.setChecked(tool is self._map.tool)
            self.pick.blockSignals(False)

    # The panels

    def _fill_tab(self):
        """Fill the panel in front if what it shows is out of date; the others wait until they are looked at."""
        panel, view = self.tabs.currentWidget(), self._view
        if view is None or panel not in self._stale:
            return
        self._stale.discard(panel)
        if panel is self.why and not self._box:
            self._works.cancel("panel")
            self.why.tell(tr("Choose a row, or click a box on the map."))
            return
        if not view.shift:
            return
        shift_date, shift, box_id, kinds = view.shift_date, view.shift, self._box, kinds_of(view.crime_types)
        names = {code: kind["name"] for code, kind in kinds.items()}
        read, show = {
            self.why: (lambda workspace, _: review.why_box(workspace, shift_date, shift, box_id),
                       lambda why: self.why.show_why(why, view.row_of(box_id), names)),
            self.lately: (lambda workspace, _: review.lately(workspace, shift_date, shift),
                          lambda lately: self.lately.show_lately(lately, kinds, view.timezone)),
            self.week: (lambda workspace, _: review.week(workspace, shift_date),
                        lambda week: self.week.show_week(week, dict(zip(view.shifts["shift"], view.shifts["name"])),
                                                         (shift_date, shift))),
        }[panel]
        self._works.start("panel", self._address, read, show, self._complain)

    def forecast_again(self):
        """Forecast the shift again with what is known now, and list the boxes that rose; nothing is written."""
        view = self._view
        if view is None or not view.shift:
            return
        kinds = kinds_of(view.crime_types)

        def read(workspace, progress):
            return review.risen(workspace, view.shift_date, view.shift, progress=progress)

        def show(risen):
            self.risen.show_risen(risen, kinds, view.timezone, tr("{} %").format(queries.percent(review.LEAST_RISE)))
        self.risen.label.setText(tr("Forecasting …"))
        self._works.start("risen", self._address, read, show, self._complain)

    def ask_for_head(self):
        """Open the check of the chain."""
        if self._view is None:
            return
        dialog = ChainDialog(self._view.head, self)

        def check(head):
            self._works.start("chain", self._address, lambda workspace, _: chain.verify_chain(workspace, head),
                              dialog.show_check, self._complain)
        dialog.check.connect(check)
        dialog.finished.connect(lambda _: self._works.cancel("chain"))
        dialog.open()

    # Changing the plan

    def ask(self, action):
        """Ask for the reason of a change, then make it."""
        if not self.buttons[action].isEnabled():
            self._tell(self.buttons[action].toolTip(), Qgis.MessageLevel.Info)
            return
        view = self._view
        patrol = view.row_of(self._box) if self._box else None
        box_id = "" if action == "undo" or (action == "add" and patrol is not None) else self._box
        minutes = patrol["target_minutes"] if action == "minutes" else view.target_minutes
        dialog = AdjustDialog(action, self._what(action), view, box_id, minutes, adjusting.LONGEST_MINUTES, self)
        dialog.accepted.connect(lambda: self._adjust(dialog.given()))
        dialog.open()

    def _what(self, action):
        view = self._view
        shift = tr("{} {}").format(view.shift_date, self.shift.currentText())
        if action == "undo":
            return tr("Take back in {}: {} of box {}, by {}.").format(
                shift, view.undoable["action"], view.undoable["box_id"], view.undoable["who"])
        if action == "add":
            return tr("Put a box into the plan of {}.").format(shift)
        patrol = view.row_of(self._box)
        return {"suppress": tr("Take box {} ({}) out of the plan of {}."),
                "restore": tr("Put box {} ({}) back into the plan of {}."),
                "minutes": tr("Change the minutes of box {} ({}) in {}.")}[action].format(
                    self._box, patrol["where"] or "–", shift)

    def _adjust(self, given):
        view = self._view
        self._works.adjust({"WORKSPACE": self._address, "DATE": view.shift_date, "SHIFT": view.shift, **given},
                           lambda outputs, messages, error: self._adjusted(given, outputs, messages, error))

    def _adjusted(self, given, outputs, messages, error):
        if error:
            self._tell(error, Qgis.MessageLevel.Warning)
        else:
            self._own_heads.add(outputs["CHAIN_HEAD"])
            words = {"add": tr("Added {}."), "suppress": tr("Suppressed {}."), "restore": tr("Restored {}."),
                     "minutes": tr("Changed the minutes of {}."), "undo": tr("Undone.")}[given["ACTION"]]
            self._tell(" ".join([words.format(given["BOX_ID"]), *messages]), Qgis.MessageLevel.Success)
            if given["ACTION"] == "add":
                self._box = given["BOX_ID"]
        self.reload()

    def _why_disabled(self, action):
        """Why a change cannot be made now; empty if it can."""
        view = self._view
        if view is None or not view.shift:
            return tr("No plan is open.")
        if view.refusal:
            return view.refusal
        if self._works.under_way("adjust"):
            return tr("A change is being made.")
        patrol = view.row_of(self._box) if self._box else None
        status = patrol["status"] if patrol else ""
        if action in ("suppress", "minutes") and status != "planned":
            return tr("Choose a planned box first.")
        if action == "restore" and status != "suppressed":
            return tr("Choose a suppressed box first.")
        if action == "undo" and view.undoable is None:
            return tr("This shift has no change to undo.")
        return ""

    def _update_buttons(self):
        for action, (_, _, key, what) in _BUTTONS.items():
            why_not = self._why_disabled(action)
            self.buttons[action].setEnabled(not why_not)
            self.buttons[action].setToolTip(why_not or "{} ({})".format(tr(what), key))
        self.risen.button.setEnabled(not self._works.under_way("risen") and self._view is not None)
        self.check.setEnabled(self._view is not None)

    # Keys

    def _key_pressed(self, event, act):
        """Whether a key is one of ours; does what it stands for if ``act``."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        what = next((what for (key, held), what in _KEYS.items() if event.key() == key and modifiers == held), "")
        if act and what == _REFRESH:
            self.reload()
        elif act and what:
            self.ask(what)
        return bool(what)

    # Words and the end

    def _tell(self, text, level):
        self.bar.clearWidgets()
        self.bar.pushMessage("", text, level, 0 if level == Qgis.MessageLevel.Warning else 12)

    def _complain(self, sentence):
        if sentence != self._complaint:
            self._complaint = sentence
            self._tell(sentence, Qgis.MessageLevel.Warning)

    def take_away(self):
        """Leave nothing behind in QGIS; the dock is to be deleted after."""
        QgsSettings().setValue(_SETTINGS + "header", self.table.horizontalHeader().saveState())
        self._look.stop()
        QgsProject.instance().readProject.disconnect(self.follow_project)
        self._canvas.mapToolSet.disconnect(self._map_tool_set)
        self._works.stop()
        self._map.remove()


class _Body(QWidget):
    """The contents; takes the dock's keys before QGIS does, such as F5 and Ctrl+Z."""

    def __init__(self, pressed, parent):
        super().__init__(parent)
        self._pressed = pressed

    def event(self, event):
        if event.type() == QEvent.Type.ShortcutOverride and self._pressed(event, False):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event):  # noqa: N802
        if not self._pressed(event, True):
            super().keyPressEvent(event)


def _tool(text, tip, clicked):
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    if clicked is not None:
        button.clicked.connect(clicked)
    return button


def _label(text, buddy):
    label = QLabel(text)
    label.setBuddy(buddy)
    return label


def _refill(combo, everything, entries):
    """Fill a filter's list, keeping what was chosen where it is still there."""
    chosen = combo.currentData()
    combo.clear()
    combo.addItem(everything, "")
    for text, data, icon in entries:
        combo.addItem(text, data) if icon is None else combo.addItem(icon, text, data)
    combo.setCurrentIndex(max(combo.findData(chosen), 0))
