"""Runs inside QGIS (``qgis --code``): a morning on a copy of the demo, with a picture of each step."""
import csv
import glob
import gzip
import os

from in_qgis import FOLDER, WORKSPACE, keep_picture, run_and_end, wait, wait_until
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QModelIndex, Qt
from qgis.PyQt.QtWidgets import QAction, QApplication, QDialog, QDockWidget, QMenu
from qgis.utils import iface

DOWNTOWN = 14  # a row of the plan
DAY = "2017-12-14"  # the demo's
TOMORROW = "2017-12-15"  # the day after, so that there is something left to do
WORDS = ("ASSAULT", "STOLEN", "KITE FLYING WITHOUT PERMIT", "SIMPLE ASSAULT", "NARCOTICS", "BURGLARY ALARM", "UUMV",
         "AGGRAVATED ASSAULT WITH A DEADLY WEAPON - OTHER THAN FIREARM", "ROBBERY - GUN", "LARC FR MV")


def picture(name):
    """Take a picture of the part of the screen that the main window fills."""
    wait(1.0)
    iface.messageBar().clearWidgets()  # QGIS warns of a transformation that this machine has not
    wait(0.5)
    keep_picture(name)


def wait_for_map():
    iface.mapCanvas().refresh()
    wait(1.0)
    wait_until(lambda: not iface.mapCanvas().isDrawing(), 60)
    wait(1.0)


def run(algorithm, **values):
    """Fill the dialog of an algorithm and run it -> the dialog, with its log."""
    import processing

    dialog = processing.createAlgorithmDialog(algorithm, {"WORKSPACE": WORKSPACE, **values})
    done = []
    dialog.algorithmFinished.connect(lambda successful, results: done.append(successful))
    dialog.show()
    dialog.setGeometry(90, 150, 1100, 600)
    wait(0.5)
    dialog.runAlgorithm()
    wait_until(lambda: done, 180)
    if not done[0]:
        raise RuntimeError(algorithm + " failed")
    wait(1.0)
    return dialog


def open_menu():
    """Open the menu Plugins, ShotSpotter Connect, as a click would."""
    menu = iface.mainWindow().findChild(QMenu, "ConnectMenu")
    plugins, bar = iface.pluginMenu(), iface.mainWindow().menuBar()
    plugins.popup(bar.mapToGlobal(bar.actionGeometry(plugins.menuAction()).bottomLeft()))
    wait(0.5)
    entry = plugins.actionGeometry(menu.menuAction())
    plugins.setActiveAction(menu.menuAction())
    menu.popup(plugins.mapToGlobal(entry.topRight()))
    return plugins, menu


def main():
    window = iface.mainWindow()
    window.showNormal()
    window.setGeometry(0, 0, 1280, 800)
    for dock in window.findChildren(QDockWidget):
        dock.setVisible(dock.objectName() == "Layers")
    window.findChild(QDockWidget, "Layers").setMinimumWidth(300)
    wait_for_map()
    picture("plan")

    menus = open_menu()
    picture("menu")
    for menu in reversed(menus):
        menu.hide()

    day = {"DATE": TOMORROW, "SHIFT": "evening", "OUTPUT": "TEMPORARY_OUTPUT"}
    for layer in QgsProject.instance().layerTreeRoot().findLayers():
        if layer.name().startswith("Boxes"):
            layer.setItemVisibilityChecked(False)
    iface.layerTreeView().setCurrentIndex(QModelIndex())
    dialog = run("connect:score", **day)
    dialog.close()
    wait_for_map()
    picture("score")

    dialog = run("connect:meter", **day)
    wait_for_map()
    picture("meter")
    dialog.close()

    for layer in QgsProject.instance().layerTreeRoot().findLayers():
        if layer.name() in ("Plan", "Forecast"):
            layer.setItemVisibilityChecked(False)
    window.resize(1500, 840)
    window.findChild(QDockWidget, "Layers").hide()
    window.findChild(QAction, "ConnectPlan").trigger()
    dock = window.findChild(QDockWidget, "ConnectPlanDock")
    look_at(dock, TOMORROW)
    window.resizeDocks([dock], [760], Qt.Orientation.Horizontal)
    dock.form.table.selectRow(DOWNTOWN)
    dock.form.table.activated.emit(dock.form.table.currentIndex())
    wait(1.0)
    iface.mapCanvas().zoomByFactor(3.0)
    wait_for_map()
    wait_until(lambda: not dock.busy(), 60)
    picture("review")
    plan_dock(window, dock)
    import_files(window)
    tactics(window)


def look_at(dock, date):
    """Open the evening of a date in the plan dock. The dock follows the project by itself, so that only what it shows
    tells that it has arrived."""
    dock.open_workspace(WORKSPACE, date, "evening")
    wait_until(lambda: not dock.busy() and dock.view is not None and dock.view.shift_date == date
               and dock.form.table_model.rowCount() > DOWNTOWN, 60)


def plan_dock(window, dock):
    """A box suppressed in the plan's own project, and the week below."""
    project, = glob.glob(os.path.join(FOLDER, "demo", "day", "plan_*.qgz"))
    iface.addProject(project)
    window.resize(1500, 840)
    look_at(dock, DAY)
    window.resizeDocks([dock], [760], Qt.Orientation.Horizontal)
    dock.form.table.selectRow(DOWNTOWN)
    dock.form.table.activated.emit(dock.form.table.currentIndex())
    wait(1.0)
    wait_until(lambda: not dock.busy(), 60)
    dock.changes.ask("suppress")
    dialog, = dock.findChildren(QDialog, "ConnectAdjust")
    dialog.reason.setCurrentIndex(dialog.reason.findData("event"))
    dialog.accept()
    wait_until(lambda: not dock.busy(), 60)
    dock.form.tabs.setCurrentWidget(dock.form.week)
    wait(1.0)
    iface.mapCanvas().zoomByFactor(3.0)
    wait_for_map()
    wait_until(lambda: not dock.busy(), 60)
    dock.form.table.scrollTo(dock.form.table.currentIndex(), dock.form.table.ScrollHint.PositionAtCenter)
    picture("plan_dock")


def import_files(window):
    """The import dock with the night's files, and what came of them."""
    for dock in window.findChildren(QDockWidget):
        dock.hide()
    iface.messageBar().clearWidgets()
    window.resize(1400, 860)
    window.findChild(QAction, "ConnectImport").trigger()
    dock = window.findChild(QDockWidget, "ConnectImportDock")
    window.resizeDocks([dock], [740], Qt.Orientation.Horizontal)
    simulated = os.path.join(os.path.dirname(WORKSPACE), "simulated")
    dock.add([os.path.join(FOLDER, "crime_incidents_2017.csv.gz"), night_of(simulated),
              *(os.path.join(simulated, name) for name in sorted(os.listdir(simulated)) if "gps" not in name)])
    wait_until(lambda: not dock.busy(), 120)
    picture("import_dock")
    before = len(dock.queue.items)
    dock.add([week_of_words()])
    wait_until(lambda: not dock.busy() and dock.queue.items[before].offences is not None, 60)
    dock.tabs.setCurrentWidget(dock.offences)
    picture("import_words")
    dock.remove()
    dock.start()
    wait_until(lambda: not dock.busy(), 300)
    wait_for_map()
    picture("import_visits")
    dock.hide()


def night_of(simulated):
    """The fixes of the demo's last evening alone: those of its whole week hide the map."""
    path = os.path.join(FOLDER, "gps_" + DAY + ".csv")
    evening = tuple(f"{DAY}T{hour}" for hour in ("21", "22", "23"))  # UTC
    with gzip.open(glob.glob(os.path.join(simulated, "*gps*"))[0], "rt", encoding="utf-8") as source, \
            open(path, "w", encoding="utf-8") as file:
        header = next(source)
        file.write(header)
        file.writelines(line for line in source if any(moment in line for moment in evening))
    return path


def week_of_words():
    """A file whose offence words are of every sort; its rows are made up."""
    path = os.path.join(FOLDER, "week_50.csv")
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Case", "Offense", "Occurred", "Latitude", "Longitude"])
        for row in range(160):
            word = WORDS[row % 16 % len(WORDS)]
            rows.writerow([f"50-{row:03}", word, f"2017-12-{row % 7 + 7:02} {row % 24:02}:{row % 60:02}",
                           f"{38.87 + row / 8000:.5f}", f"{-76.99 + row / 5000:.5f}"])
    return path


def tactics(window):
    """The list of tactics."""
    window.findChild(QAction, "ConnectTactics").trigger()
    dialog = window.findChild(QDialog, "ConnectTactics")
    place = (120, 70, 1040, 690)
    dialog.setGeometry(*place)
    wait_until(lambda: not dialog.busy(), 30)
    dialog.list.setCurrentRow(1)
    wait(1.0)
    QApplication.primaryScreen().grabWindow(0, *place).save(os.path.join(FOLDER, "tactics.png"))
    dialog.close()


run_and_end(main)
