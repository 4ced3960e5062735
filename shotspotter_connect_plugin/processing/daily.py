"""connect:daily"""
from qgis.core import Qgis, QgsProcessingParameterFolderDestination

from .base import DAY, ConnectAlgorithm

OUTPUT = "OUTPUT"


class Daily(ConnectAlgorithm):
    """Everything of one date."""

    NAME = "daily"
    TITLE = "Run the whole day"
    GROUP = DAY
    HELP = "Scores, meters and prints every shift of a date."

    def flags(self):
        # Layouts live in the main thread.
        return super().flags() | Qgis.ProcessingAlgorithmFlag.NoThreading

    def initAlgorithm(self, configuration=None):  # noqa: N802
        self.add_workspace()
        self.add_date()
        self.add(QgsProcessingParameterFolderDestination(OUTPUT, "Folder"), "Where the files of the date go.")
