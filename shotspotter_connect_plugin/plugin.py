"""Wires the provider, the toolbar and the menu to QGIS; no logic."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable

from qgis.core import Qgis, QgsApplication, QgsMessageLog, QgsSettings
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QMenu, QToolBar

from .compat import QAction
from .libraries import remarks
from .plugin_name import NAME
from .processing.provider import ConnectProvider

if TYPE_CHECKING:
    from qgis.gui import QgisInterface
    from qgis.PyQt.QtWidgets import QDockWidget

    from .plan_place import Place
    from .ui.imports.import_dock import ImportDock
    from .ui.live.live_dock import LiveDock
    from .ui.options_factory import OptionsFactory
    from .ui.plan.plan_dock import PlanDock
    from .ui.reports.open_reports import OpenReports
    from .ui.reports.reports_dock import ReportsDock

_ICONS = os.path.join(os.path.dirname(__file__), "resources", "icons")

IMPORT_DOCK, PLAN_DOCK, LIVE_DOCK, REPORTS_DOCK = "import_dock", "plan_dock", "live_dock", "reports_dock"
_DOCK_WAS_OPEN, _LIVE_RUNNING = "shotspotter_connect/plan/open", "shotspotter_connect/live/running"

# (object name, text, icon, what it does: an algorithm's id, a dock or the name of a function of ui/menu_actions.py), in
# the order of the morning. The first part also stands on the toolbar.
MORNING = (
    ("ConnectImport", "Import files", "import", IMPORT_DOCK),
    ("ConnectScore", "Score…", "forecast", "connect:score"),
    ("ConnectMeter", "Meter…", "patrol", "connect:meter"),
    ("ConnectPlan", "Review the plan", "patrol", PLAN_DOCK),
    ("ConnectRollCall", "Print roll call…", "report", "connect:rollcall"),
    ("ConnectDaily", "Run the whole day…", "day", "connect:daily"),
    ("ConnectOpenPlan", "Open today's plan", "connect", "open_plan"),
)
DELIVERED = (
    ("ConnectExportPlan", "Export plan…", "patrol", "connect:exportplan"),
    ("ConnectLive", "Live patrol", "patrol", LIVE_DOCK),
    ("ConnectVisits", "Find visits…", "patrol", "connect:visits"),
)
REPORTS = (
    ("ConnectReports", "Reports", "report", REPORTS_DOCK),
    ("ConnectShiftReport", "Shift report…", "report", "connect:shiftreport"),
    ("ConnectTacticReport", "Tactic report…", "report", "connect:tacticreport"),
    ("ConnectOfficerReport", "Officer report…", "report", "connect:officerreport"),
    ("ConnectCrimeTypeReport", "Crime type report…", "report", "connect:crimetypereport"),
    ("ConnectDosageReport", "Crime and Dosage report…", "report", "connect:dosagereport"),
    ("ConnectExposureReport", "Exposure report and public pack…", "report", "connect:exposurereport"),
)
IMPORTS = (
    ("ConnectImportFolder", "Import folder…", "import", "connect:importfolder"),
    ("ConnectImportIncidents", "Import incidents…", "import", "connect:importincidents"),
    ("ConnectImportGunfire", "Import gunfire alerts…", "import", "connect:importgunfire"),
    ("ConnectImportGps", "Import GPS…", "import", "connect:importgps"),
    ("ConnectImportRoster", "Import roster…", "import", "connect:importroster"),
    ("ConnectImportTactics", "Import tactics…", "import", "connect:importtactics"),
)
SET_UP = (
    ("ConnectCreateWorkspace", "Create workspace…", "setup", "connect:createworkspace"),
    ("ConnectChooseWorkspace", "Choose workspace of this project…", "setup", "choose_workspace"),
    ("ConnectConfigure", "Configure workspace…", "setup", "connect:configure"),
    ("ConnectPlaceBoxes", "Place boxes where crime clusters…", "setup", "connect:placeboxes"),
    ("ConnectPurge", "Purge old data…", "setup", "connect:purge"),
    ("ConnectTactics", "Edit the list of tactics", "setup", "open_tactics"),
    ("ConnectImportPlaces", "Import places…", "import", "connect:importplaces"),
    ("ConnectImportNeighbourhoods", "Import neighbourhoods…", "import", "connect:importneighbourhoods"),
    ("ConnectImportSensorCoverage", "Import sensor coverage…", "import", "connect:importsensorcoverage"),
    ("ConnectImportUnreachable", "Import where officers cannot go…", "import", "connect:importunreachable"),
    ("ConnectImportCalendar", "Import calendar…", "import", "connect:importcalendar"),
    ("ConnectTrain", "Train forecast…", "forecast", "connect:train"),
    ("ConnectVerifyDraw", "Verify draw…", "patrol", "connect:verifydraw"),
)
LAST = (
    ("ConnectSample", "Load sample project", "connect", "load_sample"),
    ("ConnectHelp", "Help", "connect", "show_help"),
)


class ConnectPlugin:
    """The plugin as QGIS sees it."""

    _provider: ConnectProvider | None
    _menu: QMenu | None
    _toolbar: QToolBar | None
    _imports: ImportDock | None
    _dock: PlanDock | None
    _live: LiveDock | None
    _reports: ReportsDock | None
    _options: OptionsFactory | None
    _open_reports: OpenReports | None

    def __init__(self, iface: QgisInterface | None) -> None:
        self._iface = iface
        self._provider = None
        self._menu = self._toolbar = None
        self._imports = self._dock = self._live = self._reports = None
        self._options = self._open_reports = None

    def initProcessing(self) -> None:  # noqa: N802
        """Add the provider; all that ``qgis_process`` needs."""
        for remark in remarks():
            QgsMessageLog.logMessage(remark, NAME, Qgis.MessageLevel.Info, False)
        self._provider = ConnectProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:  # noqa: N802
        """Add provider, menu, toolbar and options page."""
        from .ui.options_factory import OptionsFactory
        from .ui.reports.open_reports import OpenReports

        self.initProcessing()
        self._provider.written.connect(self._tell_written)
        window = self._iface.mainWindow()
        self._menu = QMenu(NAME, window)
        self._menu.setObjectName("ConnectMenu")
        self._menu.setIcon(_icon("connect"))
        self._toolbar = self._iface.addToolBar(NAME)
        self._toolbar.setObjectName("ConnectToolBar")
        for part in (MORNING, DELIVERED, REPORTS, IMPORTS, SET_UP, LAST):
            for entry in part:
                action = self._action(*entry)
                self._menu.addAction(action)
                if part is MORNING:
                    self._toolbar.addAction(action)
            if part is not LAST:
                self._menu.addSeparator()
        self._iface.pluginMenu().addMenu(self._menu)
        self._open_reports = OpenReports()
        self._options = OptionsFactory(_icon("connect"))
        self._iface.registerOptionsWidgetFactory(self._options)
        if QgsSettings().value(_DOCK_WAS_OPEN, False, type=bool):
            self._once_ready(self.show_plan_dock)
        if QgsSettings().value(_LIVE_RUNNING, False, type=bool):
            self._once_ready(self.show_live_dock)  # QGIS ended in the middle of a shift

    def unload(self) -> None:
        """Take away everything that was added."""
        from .ui.background import wait_for_readings

        docks: tuple[Any, ...] = (self._imports, self._dock, self._live, self._reports)
        for dock in filter(None, docks):
            dock.take_away()
            self._iface.removeDockWidget(dock)
            dock.deleteLater()
        self._imports = self._dock = self._live = self._reports = None
        wait_for_readings()
        if self._open_reports is not None:
            self._open_reports.take_away()
            self._open_reports = None
        if self._options is not None:
            self._iface.unregisterOptionsWidgetFactory(self._options)
            self._options = None
        if self._menu is not None:
            self._iface.pluginMenu().removeAction(self._menu.menuAction())
            self._menu.deleteLater()
            self._menu = None
        if self._toolbar is not None:
            self._iface.mainWindow().removeToolBar(self._toolbar)
            self._toolbar.deleteLater()
            self._toolbar = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None

    def show_import_dock(self) -> None:
        """Open the import dock, made when it is first wanted."""
        from .ui.imports.import_dock import ImportDock

        if self._imports is None:
            self._imports = ImportDock(self._iface.mainWindow())
            self._place(self._imports)
        self._imports.setUserVisible(True)

    def show_plan_dock(self) -> None:
        """Open the analyst's plan dock, made when it is first wanted."""
        from .ui.plan.plan_dock import PlanDock

        if self._dock is None:
            self._dock = PlanDock(self._iface.mapCanvas(), self._iface.mainWindow())
            self._place(self._dock)
            self._dock.print_wanted.connect(lambda: self._do("connect:rollcall"))
            self._dock.closed.connect(lambda: QgsSettings().setValue(_DOCK_WAS_OPEN, False))
        QgsSettings().setValue(_DOCK_WAS_OPEN, True)
        self._dock.look_for_changes()
        self._dock.setUserVisible(True)

    def show_live_dock(self) -> None:
        """Open the live patrol, made when it is first wanted."""
        from .ui.live.live_dock import LiveDock

        if self._live is None:
            self._live = LiveDock(self._iface.mapCanvas(), self._iface.mainWindow())
            self._live.told.connect(lambda text: self._iface.messageBar().pushInfo(NAME, text))
            self._place(self._live)
        self._live.setUserVisible(True)

    def show_reports_dock(self) -> None:
        """Open the Reports dock, made when it is first wanted."""
        from .ui.reports.reports_dock import ReportsDock

        if self._reports is None:
            self._reports = ReportsDock(self._iface.openLayoutDesigner, self._iface.mainWindow())
            self._place(self._reports)
        self._reports.follow_project()
        self._reports.setUserVisible(True)

    def _place(self, dock: QDockWidget) -> None:
        """Put a new dock where it was when QGIS ended, else to the right."""
        if not self._iface.mainWindow().restoreDockWidget(dock):
            self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)

    def _tell_written(self, algorithm: str, outputs: dict[str, Any]) -> None:
        from .ui import written_files

        written_files.tell(self._iface, algorithm, outputs)

    def _once_ready(self, do: Callable[[], object]) -> None:
        """Do something when QGIS has started, if the menu is still there then."""
        if not self._iface.mainWindow().isVisible():  # QGIS still makes its first project, which would take layers away
            self._iface.initializationCompleted.connect(lambda: do() if self._menu is not None else None)
            return
        timer = QTimer(self._menu)
        timer.setSingleShot(True)
        timer.timeout.connect(do)
        timer.start(0)

    def _action(self, name: str, text: str, icon: str, does: str) -> QAction:
        action = QAction(_icon(icon), text, self._menu)
        action.setObjectName(name)
        action.triggered.connect(lambda: self._do(does))
        return action

    def _do(self, does: str) -> None:
        from .ui import menu_actions

        docks = {IMPORT_DOCK: self.show_import_dock, PLAN_DOCK: self.show_plan_dock, LIVE_DOCK: self.show_live_dock,
                 REPORTS_DOCK: self.show_reports_dock}
        if does in docks:
            docks[does]()
        elif does.startswith("connect:"):
            menu_actions.open_dialog(does, self._on_screen())
        else:
            getattr(menu_actions, does)(self._iface, self._on_screen())

    def _on_screen(self) -> Place:
        """The workspace, date and shift on the screen: in the plan dock if it is open, else of the project."""
        from .ui import menu_actions

        if self._dock is not None and self._dock.isUserVisible() and self._dock.place.address:
            return self._dock.place
        return menu_actions.on_screen()


def _icon(name: str) -> QIcon:
    return QIcon(os.path.join(_ICONS, name + ".svg"))
