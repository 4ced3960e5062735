"""Files for which nobody chose a place go beside the workspace, and never where QGIS empties its folder on exit."""
from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from qgis.core import (Qgis, QgsProcessing, QgsProcessingOutputLayerDefinition, QgsProcessingParameterFileDestination,
                       QgsProcessingParameterFolderDestination, QgsProcessingUtils)

from .base import ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback

    from ..progress import Progress

DATED, REPORTS = "Dated folder beside the workspace", "Folder “reports” beside the workspace"
"""What stands in the field of a dialog until a place is chosen."""
PLACES = {DATED: "Empty = the folder plans and the date, beside the workspace.",
          REPORTS: "Empty = in the folder reports, beside the workspace."}


class WritesForPeople(ConnectAlgorithm):
    """An algorithm whose OUTPUT people open: it tells the provider's ``written`` of its id and its outputs."""

    _outputs: dict[str, Any] | None = None

    def flags(self) -> Qgis.ProcessingAlgorithmFlags:
        # Layouts, and the layers of projects, live in the main thread.
        return super().flags() | Qgis.ProcessingAlgorithmFlag.NoThreading

    def run_in_workspace(self, parameters: dict[str, Any], context: QgsProcessingContext,
                         progress: Progress) -> dict[str, Any]:
        self._outputs = super().run_in_workspace(parameters, context, progress)
        return self._outputs

    def postProcessAlgorithm(self, context: QgsProcessingContext,  # noqa: N802
                             feedback: QgsProcessingFeedback) -> dict[str, Any]:
        if self._outputs is not None and self.provider() is not None:
            self.provider().written.emit(self.id(), self._outputs)
        return {}


def add_folder(algorithm: ConnectAlgorithm, name: str, label: str, place: str, help: str) -> None:
    """Add a folder to an algorithm; ``place`` is one of :data:`PLACES`."""
    algorithm.add(QgsProcessingParameterFolderDestination(name, label, place, True), f"{help} {PLACES[place]}")


def add_file(algorithm: ConnectAlgorithm, name: str, label: str, kinds: str, place: str, help: str) -> None:
    """Add a file to an algorithm; ``place`` is one of :data:`PLACES`."""
    algorithm.add(QgsProcessingParameterFileDestination(name, label, kinds, place, True), f"{help} {PLACES[place]}")


def chosen(algorithm: ConnectAlgorithm, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
    """The path that was chosen; "" where none was."""
    value = parameters.get(name)
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink.staticValue()
    if not value or value == QgsProcessing.TEMPORARY_OUTPUT or os.path.basename(str(value)) in PLACES:
        return ""
    path = algorithm.parameterAsFileOutput(parameters, name, context)
    return "" if _is_within(path, QgsProcessingUtils.tempFolder()) else path


def file_name(*parts: str) -> str:
    """A file's name, without ending, from what is in it; empty parts are left out."""
    return re.sub(r"[^\w-]+", "_", "_".join(filter(None, parts)))


def _is_within(path: str, folder: str) -> bool:
    return os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)
