"""Runs inside the real QGIS desktop (``qgis --code``) for test_desktop.py: does what it is told, writes what it saw."""
import json
import os
import sys
import traceback
import zipfile

from qgis.core import QgsApplication, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QEvent, QEventLoop, Qt, QTimer
from qgis.PyQt.QtWidgets import QApplication, QComboBox, QDockWidget, QMenu, QToolBar, QWidget
from qgis.utils import active_plugins, iface, loadPlugin, plugins, startPlugin, unloadPlugin

PLUGIN = "shotspotter_connect_plugin"
WORKSPACE = os.environ.get("CONNECT_WORKSPACE", "")


def wait(seconds, until=lambda: False):
    """Let QGIS go on for a while, or until something is true."""
    for _ in range(int(seconds * 20)):
        if until():
            return
        loop = QEventLoop()
        QTimer.singleShot(50, loop.quit)
        loop.exec()


def state():
    """What of the plugin is in the window now."""
    window = iface.mainWindow()
    menus = [menu for menu in window.findChildren(QMenu) if menu.objectName() == "ConnectMenu"]
    toolbars = [bar for bar in window.findChildren(QToolBar) if bar.objectName() == "ConnectToolBar"]
    return {
        "menus": len(menus), "toolbars": len(toolbars),
        "in plugin menu": [action.text() for action in iface.pluginMenu().actions()].count("ShotSpotter Connect"),
        "entries": [[action.objectName(), action.text()] for action in menus[0].actions() if not action.isSeparator()]
        if menus else [],
        "on toolbar": [action.objectName() for action in toolbars[0].actions()] if toolbars else [],
        "icons": all(not action.icon().isNull() for menu in menus for action in menu.actions()
                     if not action.isSeparator()),
        "providers": [item.id() for item in QgsApplication.processingRegistry().providers()].count("connect"),
    }


def load_unload_load():
    seen = [state()]
    unloadPlugin(PLUGIN)
    wait(0.5)
    # What deleteLater() marked goes when the outer event loop is reached, which this script keeps from happening.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    seen.append(state())
    loadPlugin(PLUGIN)
    startPlugin(PLUGIN)
    wait(0.5)
    seen.append(state())
    return seen


def dialogs():
    """Every entry that opens an algorithm's dialog opens it, with the workspace filled in."""
    QgsSettings().setValue("shotspotter_connect/recent_workspaces", [WORKSPACE])
    seen = {}
    menu = next(menu for menu in iface.mainWindow().findChildren(QMenu) if menu.objectName() == "ConnectMenu")
    for action in menu.actions():
        if not action.text().endswith("…") or action.objectName() == "ConnectChooseWorkspace":
            continue
        before = set(QApplication.topLevelWidgets())
        action.trigger()
        wait(0.3)
        opened = [widget for widget in QApplication.topLevelWidgets()
                  if widget not in before and hasattr(widget, "algorithm")]
        combos = [combo.currentText() for widget in opened for combo in widget.findChildren(QComboBox)]
        seen[action.objectName()] = [opened[0].algorithm().id() if opened else None, WORKSPACE in combos]
        for widget in opened:
            widget.close()
    return seen


def colours_on_map():
    """How many colours the map shows."""
    picture = iface.mapCanvas().grab().toImage()
    return len({picture.pixel(x, y) for x in range(5, picture.width() - 5, 2)
                for y in range(5, picture.height() - 5, 2)})


def plan_dock():
    """Open the plan dock from the menu, then unload the plugin with it open, then load it again."""
    from shotspotter_connect_plugin.processing import addresses

    def docks():
        return [dock for dock in iface.mainWindow().findChildren(QDockWidget) if dock.objectName() == "ConnectPlanDock"]
    addresses.remember(WORKSPACE)  # the project itself is untitled and empty
    menu = next(menu for menu in iface.mainWindow().findChildren(QMenu) if menu.objectName() == "ConnectMenu")
    open_it = next(action for action in menu.actions() if action.objectName() == "ConnectPlan")
    open_it.trigger()
    wait(60, lambda: docks() and docks()[0].form.table_model.rowCount())
    wait(1.5)  # QGIS sets the CRS of an empty project by its first layer, a moment later
    dock, project = docks()[0], QgsProject.instance()

    def left():
        return {"layers": len(project.mapLayers()), "unsaved": project.isDirty()}
    seen = {"open": {"docks": len(docks()), "visible": dock.isVisible(), "rows": dock.form.table_model.rowCount(),
                     **left()}}
    project.write(os.environ["CONNECT_PROJECT"])
    saved = QgsProject()
    saved.read(os.environ["CONNECT_PROJECT"])
    with zipfile.ZipFile(os.environ["CONNECT_PROJECT"]) as archive:
        text = archive.read(next(name for name in archive.namelist() if name.endswith(".qgs"))).decode("utf-8")
    elements = text.partition("<projectlayers")[2].partition("<layerorder")[0]
    seen["saved"] = {"layers": len(saved.mapLayers()), "elements": elements.count("</"),
                     "tree": len(saved.layerTreeRoot().children()), "themes": saved.mapThemeCollection().mapThemes(),
                     "unsaved": project.isDirty(), "on map": len(project.mapLayers())}
    beside = QDockWidget()  # it keeps the map from changing its size, upon which QGIS would draw it anew
    beside.setWidget(QWidget())
    beside.setMinimumWidth(dock.width())
    iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, beside)
    wait(1)
    iface.zoomFull()
    wait(2)
    seen["drawn"] = colours_on_map()
    dock.close()
    wait(2)
    seen["closed"] = left()
    seen["drawn after"] = colours_on_map()
    iface.removeDockWidget(beside)
    open_it.trigger()
    wait(1)
    seen["open again"] = left()
    unloadPlugin(PLUGIN)
    wait(0.5)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    seen["unloaded"] = {"docks": len(docks()), **left()}
    loadPlugin(PLUGIN)
    startPlugin(PLUGIN)
    wait(10, docks)  # it was open, so it comes back
    seen["again"] = len(docks())
    return seen


def import_dock():
    """Open the import dock from the menu, let it look at a file, and unload the plugin with it open."""
    from shotspotter_connect_plugin.processing import addresses

    def docks():
        return iface.mainWindow().findChildren(QDockWidget, "ConnectImportDock")
    addresses.set_in_project(QgsProject.instance(), WORKSPACE)
    menu = next(menu for menu in iface.mainWindow().findChildren(QMenu) if menu.objectName() == "ConnectMenu")
    next(action for action in menu.actions() if action.objectName() == "ConnectImport").trigger()
    dock = docks()[0]
    dock.add([os.environ["CONNECT_FILE"]])
    wait(60, lambda: not dock.busy())
    dock.start()
    wait(60, lambda: dock.queue.running() and dock.queue.items[0].percent > 5)
    seen = {"visible": dock.isVisible(), "kind": dock.table.item(0, 1).text(), "running": dock.queue.running()}
    unloadPlugin(PLUGIN)
    wait(0.5)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    wait(2.0)
    seen["unloaded"] = len(docks())
    loadPlugin(PLUGIN)
    startPlugin(PLUGIN)
    wait(0.5)
    menu = next(menu for menu in iface.mainWindow().findChildren(QMenu) if menu.objectName() == "ConnectMenu")
    next(action for action in menu.actions() if action.objectName() == "ConnectImport").trigger()
    seen["again"] = len(docks())
    return seen


def _live():
    """What there is of the live patrol now."""
    docks = iface.mainWindow().findChildren(QDockWidget, "ConnectLiveDock")
    running = [dock for dock in docks if dock.patrol is not None]
    return {"docks": len(docks), "visible": [dock.isVisible() for dock in docks],
            "seconds": [dock.patrol.situation().visit_seconds for dock in running],
            "said": [dock.page.verdict.text() for dock in running],
            "layers": [layer.name() for layer in QgsProject.instance().mapLayers().values()],
            "drawn": len(iface.mapCanvas().scene().items())}


def live_begins():
    """Start a shift from a package and drive into a box; then QGIS ends without a chance to tidy up."""
    before = _live()
    next(action for menu in iface.mainWindow().findChildren(QMenu) if menu.objectName() == "ConnectMenu"
         for action in menu.actions() if action.objectName() == "ConnectLive").trigger()
    dock = iface.mainWindow().findChild(QDockWidget, "ConnectLiveDock")
    dock.first.path.setText(os.environ["CONNECT_PACKAGE"])
    dock.first.unit.setText("12-A")
    dock.first.begin.click()
    for second in range(0, 600, 10):
        dock.gps.fix.emit(f"2026-03-02T20:{30 + second // 60:02d}:{second % 60:02d}Z", -76.977, 38.8851, 4.0)
    wait(1)
    return before, _live()


def live_goes_on():
    """QGIS starts again: the shift goes on; then the plugin is unloaded with the dock open."""
    wait(10, lambda: iface.mainWindow().findChild(QDockWidget, "ConnectLiveDock"))
    wait(1)
    seen = [_live()]
    unloadPlugin(PLUGIN)
    wait(0.5)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return seen + [_live()]


def run_in_dialog():
    """Score from its dialog: fill, press Run, see the styled layer in the project."""
    import processing

    dialog = processing.createAlgorithmDialog("connect:score", {
        "WORKSPACE": WORKSPACE, "DATE": "2017-12-14", "SHIFT": "day", "OUTPUT": "TEMPORARY_OUTPUT"})
    done = []
    dialog.algorithmFinished.connect(lambda *result: done.append(result))
    dialog.show()
    dialog.runAlgorithm()
    wait(120, lambda: bool(done))
    wait(1)
    layers = list(QgsProject.instance().mapLayers().values())
    return {"done": [bool(result[0]) for result in done], "layers": [
        [layer.name(), layer.featureCount(), type(layer.renderer()).__name__, layer.renderer().classAttribute()]
        for layer in layers]}


def stub():
    """A required library is absent: what stands in the message bar."""
    item = iface.messageBar().currentItem()
    return {"text": (item.title(), item.text()) if item else None, "active": PLUGIN in active_plugins, **state()}


def choose_and_open():
    """Make a workspace the project's, then open its newest plan."""
    from shotspotter_connect_plugin.processing import addresses
    from shotspotter_connect_plugin.ui import menu_actions

    menu_actions.use_workspace(iface, WORKSPACE)
    chosen = addresses.of_project(QgsProject.instance())
    QgsProject.instance().setDirty(False)
    menu_actions.open_plan(iface, menu_actions.on_screen())
    wait(1)
    messages = [item.text() for item in iface.messageBar().items()]
    return {"chosen": chosen, "opened": QgsProject.instance().fileName(), "messages": messages}


def sample_run():
    """“Load sample project” over its first steps and one that may not leave the main thread."""
    from shotspotter_connect_plugin.processing import sample
    from shotspotter_connect_plugin.ui.sample_project import SampleRun

    every, folder = sample.steps, os.environ["CONNECT_FOLDER"]

    def first_steps(folder):
        steps = every(folder)
        workspace = {"WORKSPACE": sample.workspace_in(folder)}
        return steps[:2] + [step for step in steps if step[1].get("KIND") == "library"] + [
            ("connect:rollcall", {**workspace, "DATE": sample.DATE, "SHIFT": "day", "BEAT": "101",
                                  "OUTPUT": os.path.join(folder, "sheets.pdf")})]

    sample.steps = first_steps
    project = os.path.join(os.path.dirname(folder), "stands for the plan.qgz")
    QgsProject().write(project)
    sample.project_in = lambda folder: project
    QgsProject.instance().setDirty(False)
    SampleRun.start(iface, folder)
    running = SampleRun.running is not None
    wait(120, lambda: SampleRun.running is None)
    ended = [item.text() for item in iface.messageBar().items()]
    SampleRun.start(iface, os.path.join(folder, "washington_dc.gpkg", "below a file"))
    return {"running": running, "ended": ended, "files": sorted(os.listdir(folder)),
            "opened": os.path.basename(QgsProject.instance().fileName()),
            "refused": [item.text() for item in iface.messageBar().items()],
            "recent": QgsSettings().value("shotspotter_connect/recent_workspaces")}


def main():
    result = {}
    try:
        seen = []
        for name in os.environ["CONNECT_DO"].split():
            if seen:
                QgsProject.instance().clear()
                iface.messageBar().clearWidgets()
                wait(0.5)
            seen.append(globals()[name]())
        result["seen"] = seen if len(seen) > 1 else seen[0]
        result["plugin"] = type(plugins.get(PLUGIN)).__name__
    except BaseException:
        result["error"] = traceback.format_exc()
    with open(os.environ["CONNECT_RESULT"], "w", encoding="utf-8") as file:
        json.dump(result, file)
    sys.stdout.flush()
    os._exit(0)


QTimer.singleShot(1500, main)
