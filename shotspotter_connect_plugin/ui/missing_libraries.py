"""What QGIS loads instead of the plugin when a required library is missing."""
from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from qgis.core import Qgis, QgsMessageLog

from ..libraries import missing_sentence
from ..plugin_name import NAME

if TYPE_CHECKING:
    from qgis.gui import QgisInterface


class StubPlugin:
    """Says once what is missing and how to get it; does nothing else."""

    def __init__(self, iface: QgisInterface | None, missing: Sequence[str]) -> None:
        self._iface = iface
        self._sentence = missing_sentence(missing)

    def initProcessing(self) -> None:  # noqa: N802
        """Called by ``qgis_process``, which shows critical messages of the log."""
        QgsMessageLog.logMessage(self._sentence, NAME, Qgis.MessageLevel.Critical, False)

    def initGui(self) -> None:  # noqa: N802
        """Show the sentence in the message bar until it is closed."""
        QgsMessageLog.logMessage(self._sentence, NAME, Qgis.MessageLevel.Critical, False)
        self._iface.messageBar().pushMessage(NAME, self._sentence, Qgis.MessageLevel.Warning, 0)

    def unload(self) -> None:
        """Nothing was added."""
