"""The page of this plugin in QGIS's dialog Settings, Options: what this computer remembers, none of it an agency's."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qgis.core import QgsSettings
from qgis.gui import QgsFileWidget, QgsOptionsPageWidget
from qgis.PyQt.QtWidgets import QCheckBox, QFormLayout, QGroupBox, QLabel, QPushButton, QVBoxLayout

from ..processing import addresses
from .translation import translator
from .widgets import words

if TYPE_CHECKING:
    from qgis.PyQt.QtWidgets import QWidget

tr = translator("Options")
_KEYS = "shotspotter_connect/"
# setting -> (text, what it is if nobody has set it)
_CHOICES = {
    "plan/on_map": ("Plan dock: show the plan's boxes on the map", True),
    "live/night": ("Live patrol: dark colours for the night", False),
    "live/sound": ("Live patrol: a sound on entry and at the target time", True),
}
_REMEMBERED = ("plan/header", "plan/shift", "plan/reason", "recent_workspaces")


class OptionsPage(QgsOptionsPageWidget):
    """The page; :meth:`apply` keeps what is on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ConnectOptions")
        layout = QVBoxLayout(self)
        group = QGroupBox(tr("Workspace where a project names none"))
        form = QFormLayout(group)
        self.workspace = QgsFileWidget()
        self.workspace.setFilter(tr("Workspaces (*.gpkg)"))
        self.workspace.setFilePath(next(iter(addresses.recent()), ""))
        self.workspace.fileChanged.connect(self._look)
        form.addRow(self.workspace)
        self.remark = words()
        form.addRow(self.remark)
        layout.addWidget(group)
        self.choices = {}
        for name, (text, usual) in _CHOICES.items():
            self.choices[name] = QCheckBox(tr(text))
            self.choices[name].setChecked(QgsSettings().value(_KEYS + name, usual, type=bool))
            layout.addWidget(self.choices[name])
        self.forget = QPushButton(tr("Forget what is remembered"))
        self.forget.setToolTip(tr("Recent workspaces, columns of the plan dock, its last shift and last reason"))
        self.forget.clicked.connect(self._forget)
        form = QFormLayout()
        form.addRow(self.forget, QLabel(tr("Recent workspaces, and how the plan dock was left")))
        layout.addLayout(form)
        layout.addWidget(words(tr("Caps, shifts, crime types, roles and everything else that the agency decides belong "
                                  "to the workspace: see “Configure workspace”.")))
        layout.addStretch()

    def apply(self) -> None:
        """Keep what is on the page; a workspace that is not there is left out."""
        for name, box in self.choices.items():
            QgsSettings().setValue(_KEYS + name, box.isChecked())
        path = self.workspace.filePath()
        if path and os.path.isfile(path):
            addresses.remember(path)

    def _look(self, path: str) -> None:
        there = not path or os.path.isfile(path)
        self.remark.setText("" if there else tr("There is no such file; the workspace stays as it was."))

    def _forget(self) -> None:
        for name in _REMEMBERED:
            QgsSettings().remove(_KEYS + name)
        self.workspace.setFilePath("")
