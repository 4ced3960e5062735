"""Pieces that docks and dialogs are put together from."""
from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Iterable, Sequence

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import (QAbstractItemView, QComboBox, QDialog, QDialogButtonBox, QHBoxLayout, QLabel,
                                 QPushButton, QToolButton, QWidget)

from ..processing import addresses

if TYPE_CHECKING:
    from qgis.PyQt.QtWidgets import QTableView


def words(text: str = "", name: str = "", selectable: bool = False) -> QLabel:
    """A label of several lines in which nothing is read as markup."""
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def button(name: str, text: str, does: Callable[[], object]) -> QPushButton:
    """A button that Enter in a field does not press."""
    made = QPushButton(text)
    made.setObjectName(name)
    made.setAutoDefault(False)
    made.clicked.connect(lambda _=False: does())
    return made


def tool(name: str, text: str, tip: str, checkable: bool = False) -> QToolButton:
    """A button that the Tab key reaches."""
    made = QToolButton()
    made.setObjectName(name)
    made.setText(text)
    made.setToolTip(tip)
    made.setCheckable(checkable)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made


def ok_or_cancel(dialog: QDialog) -> QDialogButtonBox:
    """The two buttons that end a dialog."""
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons


def in_a_row(*widgets: QWidget, stretch: Sequence[int] = ()) -> QHBoxLayout:
    """Widgets beside each other; those at the places ``stretch`` take the room that is left."""
    row = QHBoxLayout()
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 1 if place in stretch else 0)
    return row


def only_to_look_at(table: QTableView, rows: bool = True) -> None:
    """Have a table choose one thing at a time, whole ``rows`` or cells, which nobody edits; Tab leaves it."""
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    if rows:
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)


def fill(combo: QComboBox, entries: Iterable[tuple[str, str] | tuple[str, str, QIcon]], chosen: str | None) -> None:
    """Fill a list with (words, data) or (words, data, icon); chosen is what has the data, else the first."""
    combo.blockSignals(True)
    combo.clear()
    for text, data, *icon in entries:
        combo.addItem(*icon, text, data)
    combo.setCurrentIndex(max(combo.findData(chosen), 0))
    combo.blockSignals(False)


def fill_workspaces(combo: QComboBox, address: str) -> None:
    """Offer the workspaces known on this computer, by name, and choose that of an address; none for an empty one."""
    combo.clear()
    for known, name in addresses.names(addresses.known(address)).items():
        combo.addItem(name, known)
        combo.setItemData(combo.count() - 1, known, Qt.ItemDataRole.ToolTipRole)
    combo.setCurrentIndex(combo.findData(address))


def swatch(colour: QColor, size: int = 16) -> QIcon:
    """A filled square, for a list whose words say the same."""
    pixmap = QPixmap(size, size)
    pixmap.fill(colour)
    return QIcon(pixmap)
