"""What QGIS asks for the plugin's page of its options; the page itself is loaded when somebody opens it."""
from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.gui import QgsOptionsWidgetFactory

from ..plugin_name import NAME

if TYPE_CHECKING:
    from qgis.PyQt.QtGui import QIcon
    from qgis.PyQt.QtWidgets import QWidget

    from .options_page import OptionsPage


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page; to be kept alive and unregistered by the plugin."""

    def __init__(self, icon: QIcon) -> None:
        super().__init__(NAME, icon)

    def createWidget(self, parent: QWidget | None) -> OptionsPage:  # noqa: N802
        from .options_page import OptionsPage

        return OptionsPage(parent)
