"""What the entries of menu and toolbar do."""
import os

from qgis.core import Qgis, QgsProject
from qgis.PyQt.QtCore import QStandardPaths, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QFileDialog, QMessageBox

from ..errors import ConnectError
from ..processing import addresses
from ..processing.base import HELP_PAGE

NAME = "ShotSpotter Connect"


def open_dialog(algorithm):
    """Open the dialog of an algorithm, with the workspace of the project, or the one used last, filled in."""
    import processing

    workspace = addresses.current()
    given = {"WORKSPACE": workspace} if workspace and algorithm != "connect:createworkspace" else {}
    dialog = processing.createAlgorithmDialog(algorithm, given)
    dialog.show()
    return dialog


def choose_workspace(iface):
    """Ask for a workspace and make it the one of the open project."""
    path, _ = QFileDialog.getOpenFileName(iface.mainWindow(), "Choose a workspace", addresses.current(),
                                          "Workspaces (*.gpkg)")
    if path:
        use_workspace(iface, path)


def use_workspace(iface, address):
    """Make a workspace the one of the open project, if it is one."""
    from ..workspace.store import open_workspace

    try:
        open_workspace(address).close()
    except ConnectError as error:
        iface.messageBar().pushMessage(NAME, error.user, Qgis.MessageLevel.Warning)
        return
    addresses.set_in_project(QgsProject.instance(), address)
    addresses.remember(address)
    iface.messageBar().pushMessage(NAME, "This project works with {}. Save the project to keep it so.".format(address),
                                   Qgis.MessageLevel.Success)


def open_plan(iface):
    """Open the project of today's plan; if there is none yet, the newest one, and say so."""
    from ..workspace.store import open_workspace
    from ..workspace.day import newest_plan

    address = addresses.current()
    try:
        if not address:
            raise ConnectError("Choose a workspace first (menu {}).".format(NAME))
        with open_workspace(address) as workspace:
            date, today, path = newest_plan(workspace)
    except ConnectError as error:
        iface.messageBar().pushMessage(NAME, error.user, Qgis.MessageLevel.Warning)
        return
    if open_project(iface, path) and date != today:
        iface.messageBar().pushMessage(NAME, "There is no plan of {} yet; this is the plan of {}. Run the whole day to "
                                             "make today's.".format(today, date), Qgis.MessageLevel.Warning)


def open_project(iface, path):
    """Open a project, after asking about unsaved changes of the present one -> whether it was opened."""
    if QgsProject.instance().isDirty() and QMessageBox.question(
            iface.mainWindow(), NAME, "The open project has changes that were not saved. Open the plan and lose them?"
    ) != QMessageBox.StandardButton.Yes:
        return False
    return iface.addProject(path)


def open_tactics(iface):
    """Open the list of tactics of the workspace of the open project."""
    from .tactics.dialog import TacticsDialog

    address = addresses.current()
    if not address:
        iface.messageBar().pushMessage(NAME, "Choose a workspace first (menu {}).".format(NAME),
                                       Qgis.MessageLevel.Warning)
        return
    TacticsDialog(address, iface.mainWindow()).show()


def load_sample(iface):
    """Make the sample workspace and its plan in a folder of the user's choice, then open the plan."""
    from .sample import SampleRun

    start = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folder = QFileDialog.getExistingDirectory(
        iface.mainWindow(), "Choose an empty folder for the sample (about 100 MB, one to two minutes)", start)
    if folder:
        SampleRun.start(iface, os.path.join(folder, "shotspotter_connect_sample"))


def show_help(iface):
    """Open the help page in the browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(HELP_PAGE))
