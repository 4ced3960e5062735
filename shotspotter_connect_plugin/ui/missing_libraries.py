"""What QGIS loads instead of the plugin when a required library is missing."""
from qgis.core import Qgis, QgsMessageLog

from ..libraries import missing_sentence
from ..plugin_name import NAME


class StubPlugin:
    """Says once what is missing and how to get it; does nothing else."""

    def __init__(self, iface, missing):
        self._iface = iface
        self._sentence = missing_sentence(missing)

    def initProcessing(self):  # noqa: N802
        """Called by ``qgis_process``, which shows critical messages of the log."""
        QgsMessageLog.logMessage(self._sentence, NAME, Qgis.MessageLevel.Critical, False)

    def initGui(self):  # noqa: N802
        """Show the sentence in the message bar until it is closed."""
        QgsMessageLog.logMessage(self._sentence, NAME, Qgis.MessageLevel.Critical, False)
        self._iface.messageBar().pushMessage(NAME, self._sentence, Qgis.MessageLevel.Warning, 0)

    def unload(self):
        """Nothing was added."""
