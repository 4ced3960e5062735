"""Says in the message bar what was written, with buttons that open it."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Mapping

from qgis.core import Qgis
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QPushButton

from ..plugin_name import NAME
from .project_opening import open_project

if TYPE_CHECKING:
    from qgis.gui import QgisInterface, QgsMessageBarItem

# What an algorithm's file is called, and what its button says; "" for a file that other programs open.
_WORDS = {"connect:daily": ("The plan and the sheets are", ""),
          "connect:rollcall": ("The sheets are", "Open the sheets"), "connect:exportplan": ("The plan is", "")}
_REPORT = "The report is", "Open the report"


def tell(iface: QgisInterface, algorithm: str, outputs: Mapping[str, Any]) -> None:
    """Show where the files of an algorithm are; ``outputs`` are its outputs."""
    words, opens = _WORDS.get(algorithm, _REPORT)
    path = outputs["OUTPUT"]
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    bar = iface.messageBar()
    item = bar.createMessage(NAME, f"{words} in {os.sep.join(folder.split(os.sep)[-2:])}.")
    item.setToolTip(folder)
    if "PROJECT" in outputs:
        _button(item, "ConnectOpenPlanWritten", "Open the plan",
                lambda: open_project(iface, outputs["PROJECT"]))
    if opens:
        _button(item, "ConnectOpenFile", opens, lambda: _open(path))
    _button(item, "ConnectOpenFolder", "Open the folder", lambda: _open(folder))
    bar.pushWidget(item, Qgis.MessageLevel.Success, 0)


def _button(item: QgsMessageBarItem, name: str, text: str, does: Callable[[], object]) -> None:
    button = QPushButton(text)
    button.setObjectName(name)
    button.clicked.connect(lambda _=False: does())
    item.layout().addWidget(button)


def _open(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))
