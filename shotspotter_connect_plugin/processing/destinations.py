"""Files for which nobody chose a place go beside the workspace, and never where QGIS empties its folder on exit."""
import os
import re

from qgis.core import (Qgis, QgsProcessing, QgsProcessingOutputLayerDefinition, QgsProcessingParameterFileDestination,
                       QgsProcessingParameterFolderDestination, QgsProcessingUtils)

DATED, REPORTS = "Dated folder beside the workspace", "Folder “reports” beside the workspace"
"""What stands in the field of a dialog until a place is chosen."""
PLACES = {DATED: "Empty = the folder plans and the date, beside the workspace.",
          REPORTS: "Empty = in the folder reports, beside the workspace."}


class WritesForPeople:
    """For an algorithm whose OUTPUT people open: tells the provider's ``written`` of its id and its outputs."""

    _outputs = None

    def flags(self):
        # Layouts, and the layers of projects, live in the main thread.
        return super().flags() | Qgis.ProcessingAlgorithmFlag.NoThreading

    def run_in_workspace(self, parameters, context, progress):
        self._outputs = super().run_in_workspace(parameters, context, progress)
        return self._outputs

    def postProcessAlgorithm(self, context, feedback):  # noqa: N802
        if self._outputs is not None and self.provider() is not None:
            self.provider().written.emit(self.id(), self._outputs)
        return {}


def add_folder(algorithm, name, label, place, help):
    """Add a folder to an algorithm; ``place`` is one of :data:`PLACES`."""
    algorithm.add(QgsProcessingParameterFolderDestination(name, label, place, True), f"{help} {PLACES[place]}")


def add_file(algorithm, name, label, kinds, place, help):
    """Add a file to an algorithm; ``place`` is one of :data:`PLACES`."""
    algorithm.add(QgsProcessingParameterFileDestination(name, label, kinds, place, True), f"{help} {PLACES[place]}")


def chosen(algorithm, parameters, name, context):
    """The path that was chosen; "" where none was."""
    value = parameters.get(name)
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink.staticValue()
    if not value or value == QgsProcessing.TEMPORARY_OUTPUT or os.path.basename(str(value)) in PLACES:
        return ""
    path = algorithm.parameterAsFileOutput(parameters, name, context)
    return "" if _is_within(path, QgsProcessingUtils.tempFolder()) else path


def file_name(*parts):
    """A file's name, without ending, from what is in it; empty parts are left out."""
    return re.sub(r"[^\w-]+", "_", "_".join(filter(None, parts)))


def _is_within(path, folder):
    return os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)
