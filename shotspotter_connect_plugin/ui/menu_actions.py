"""What the entries of menu and toolbar do."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qgis.core import Qgis, QgsApplication, QgsProject
from qgis.PyQt.QtCore import QStandardPaths, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QFileDialog

from ..errors import ConnectError
from ..plan_place import Place
from ..plugin_name import NAME
from ..processing import addresses
from ..processing.base import HELP_PAGE
from ..processing.inputs import today
from .project_opening import open_project
from .sample_project import SampleRun

if TYPE_CHECKING:
    from qgis.gui import QgisInterface
    from qgis.PyQt.QtWidgets import QDialog

# What makes a plan is about today unless a day to come is on the screen: yesterday's has been drawn.
_MAKE_PLANS = ("connect:score", "connect:meter", "connect:daily")


def on_screen() -> Place:
    """The :class:`~..plan_place.Place` of the open project; of one that is no plan the workspace only."""
    return Place(addresses.current(), *addresses.place_of(QgsProject.instance())[1:])


def open_dialog(algorithm: str, place: Place) -> QDialog:
    """Open the dialog of an algorithm, filled in with the workspace, date and shift that are on the screen."""
    import processing

    dialog = processing.createAlgorithmDialog(algorithm, given_values(algorithm, place))
    dialog.show()
    return dialog


def given_values(algorithm: str, place: Place) -> dict[str, str]:
    if algorithm == "connect:createworkspace" or not place.address:
        return {}
    given = {"WORKSPACE": place.address}
    if place.date and not (algorithm in _MAKE_PLANS and place.date < _today(place.address)):
        given.update(DATE=place.date, FROM=place.date, TO=place.date, SHIFT=place.shift)
    takes = QgsApplication.processingRegistry().algorithmById(algorithm).parameterDefinition
    return {name: value for name, value in given.items() if takes(name) is not None and value}


def _today(address: str) -> str:
    """The date on the clock of a workspace's agency; a workspace that cannot be opened is asked about later."""
    from ..workspace.store.workspace import open_workspace

    try:
        with open_workspace(address) as workspace:
            return today(workspace.calendar)
    except ConnectError:
        return ""


def choose_workspace(iface: QgisInterface, place: Place) -> None:
    """Ask for a workspace and make it the one of the open project."""
    path, _ = QFileDialog.getOpenFileName(iface.mainWindow(), "Choose a workspace", place.address,
                                          "Workspaces (*.gpkg)")
    if path:
        use_workspace(iface, path)


def use_workspace(iface: QgisInterface, address: str) -> None:
    """Make a workspace the one of the open project, if it is one."""
    from ..workspace.store.workspace import open_workspace

    try:
        open_workspace(address).close()
    except ConnectError as error:
        iface.messageBar().pushMessage(NAME, error.user, Qgis.MessageLevel.Warning)
        return
    foreign = addresses.is_foreign(QgsProject.instance(), address)
    addresses.set_in_project(QgsProject.instance(), address)
    addresses.remember(address)
    text, level = ((f"{address} did not draw the plan of this project; this project works with it now.",
                    Qgis.MessageLevel.Warning) if foreign else
                   (f"This project works with {address}. Save the project to keep it so.", Qgis.MessageLevel.Success))
    iface.messageBar().pushMessage(NAME, text, level)


def open_plan(iface: QgisInterface, place: Place) -> None:
    """Open the project of today's plan of the workspace on the screen; if there is none yet, the newest; and say so."""
    from ..workspace.steps.daily_run import newest_plan
    from ..workspace.store.workspace import open_workspace

    try:
        if not place.address:
            raise ConnectError(f"Choose a workspace first (menu {NAME}).")
        with open_workspace(place.address) as workspace:
            date, today, path = newest_plan(workspace)
    except ConnectError as error:
        iface.messageBar().pushMessage(NAME, error.user, Qgis.MessageLevel.Warning)
        return
    if open_project(iface, path) and date != today:
        iface.messageBar().pushMessage(NAME, f"There is no plan of {today} yet; this is the plan of {date}. Run the "
                                             "whole day to make today's.", Qgis.MessageLevel.Warning)


def open_tactics(iface: QgisInterface, place: Place) -> None:
    """Open the list of tactics of the workspace on the screen."""
    from .tactics.tactics_dialog import TacticsDialog

    if not place.address:
        iface.messageBar().pushMessage(NAME, f"Choose a workspace first (menu {NAME}).",
                                       Qgis.MessageLevel.Warning)
        return
    TacticsDialog(place.address, iface.mainWindow()).show()


def load_sample(iface: QgisInterface, _: object) -> None:
    """Make the sample workspace and its plan in a folder of the user's choice, then open the plan."""
    start = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folder = QFileDialog.getExistingDirectory(
        iface.mainWindow(), "Choose an empty folder for the sample (about 100 MB, one to two minutes)", start)
    if folder:
        SampleRun.start(iface, os.path.join(folder, "shotspotter_connect_sample"))


def show_help(iface: QgisInterface, _: object) -> None:
    """Open the help page in the browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(HELP_PAGE))
