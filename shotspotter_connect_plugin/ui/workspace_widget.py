"""The widget of the WORKSPACE parameter: recent workspaces, a box to type any address into, and a button to browse."""
from __future__ import annotations

from processing.gui.wrappers import WidgetWrapper
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QToolButton, QWidget

from ..processing import addresses

_FILTER = "Workspaces (*.gpkg)"


class WorkspaceWidget(QWidget):
    """An editable list of recent workspaces and a browse button; its value is the text."""

    def __init__(self, must_exist: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._must_exist = must_exist
        self._combo = QComboBox(self)
        self._combo.setEditable(True)
        self._combo.addItems(addresses.recent() if must_exist else [])
        self._combo.setCurrentText("")
        self._combo.lineEdit().setPlaceholderText("Workspace of the open project" if must_exist else "New .gpkg file")
        self._combo.setSizePolicy(self._combo.sizePolicy().Policy.Expanding, self._combo.sizePolicy().Policy.Fixed)
        browse = QToolButton(self)
        browse.setText("…")
        browse.setToolTip("Choose a file")
        browse.clicked.connect(self._browse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._combo)
        layout.addWidget(browse)
        self.changed = self._combo.editTextChanged

    def text(self) -> str:
        """What stands in the box."""
        return self._combo.currentText().strip()

    def set_text(self, text: str) -> None:
        """Put a value into the box."""
        self._combo.setEditText(text)

    def _browse(self) -> None:
        if self._must_exist:
            path, _ = QFileDialog.getOpenFileName(self, "Choose a workspace", self.text(), _FILTER)
        else:
            path, _ = QFileDialog.getSaveFileName(self, "New workspace", self.text(), _FILTER)
        if path:
            self.set_text(path if path.lower().endswith(".gpkg") else path + ".gpkg")


class WorkspaceWidgetWrapper(WidgetWrapper):
    """Brings the widget into algorithm dialogs, batch tables and the Model Designer."""

    def createWidget(self, must_exist: bool = True, **_: object) -> WorkspaceWidget:  # noqa: N802
        widget = WorkspaceWidget(must_exist)
        widget.changed.connect(lambda: self.widgetValueHasChanged.emit(self))
        return widget

    def setValue(self, value: str | None) -> None:  # noqa: N802
        self.widget.set_text("" if value is None else str(value))

    def value(self) -> str:
        return self.widget.text()
