"""connect:importfolder"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingOutputNumber, QgsProcessingParameterFile

from ..errors import ConnectError
from .base import IMPORT, ConnectAlgorithm
from .imports import name_boxes

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.imports.folder_import import FolderImport
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

FOLDER = "FOLDER"
TAKEN, LEFT, BEFORE, WAITING = "TAKEN", "LEFT", "BEFORE", "WAITING"


class ImportFolder(ConnectAlgorithm):
    """Every new file of a folder."""

    NAME = "importfolder"
    TITLE = "Import folder"
    GROUP = IMPORT
    CHANGES = "import"
    NEEDS = ("scipy",)
    HELP = ("Takes every new file of a drop folder by what it is: incidents, gunfire alerts, GPS, rosters, logs of "
            "tactics, the calendar, sensor coverage, neighbourhoods, places. Each file is taken once, known by its "
            "content, and none is moved or deleted. A file that needs an answer, or is damaged, is left and named with "
            "what it needs; answer it once in the import dock or with its own import, and files with the same columns "
            "are taken from then on. A file without rows, such as a read-me, is named once. Of new GPS fixes the "
            "visits are found at once. A file that is still being written waits for the next run. It fails only if "
            "files wait and none could be taken.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(QgsProcessingParameterFile(FOLDER, "Folder", QgsProcessingParameterFile.Behavior.Folder),
                 "The folder into which other systems put their files; folders in it are looked through, too.")
        self.addOutput(QgsProcessingOutputNumber(TAKEN, "Files taken"))
        self.addOutput(QgsProcessingOutputNumber(LEFT, "Files left, which need an answer or cannot be read"))
        self.addOutput(QgsProcessingOutputNumber(BEFORE, "Files that were taken, or named as without rows, before"))
        self.addOutput(QgsProcessingOutputNumber(WAITING, "Files still being written"))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        found = take_folder(workspace, self.text(parameters, FOLDER, context), progress, run)
        found.check_taken()
        counts = counts_of(found)
        run.counts = {**{name.lower(): count for name, count in counts.items()},
                      "files": {file.name: file.line for file in found.files if file.result is not None}}
        return counts


def take_folder(workspace: Workspace, folder: str, progress: Progress, run: Run) -> FolderImport:
    """Take the new files of a folder, find the visits of new GPS fixes, name the boxes, and tell of what was left; the
    run keeps by which answers each file was read."""
    from qgis.utils import iface

    from ..workspace.imports.folder_import import EMPTY
    from ..workspace.imports.folder_import import TAKEN as IN
    from ..workspace.imports.folder_import import import_folder
    from ..workspace.steps import visit_finding

    def find(first: str, last: str) -> None:
        try:
            visit_finding.find_visits(workspace, first, last, progress)
        except ConnectError as error:
            progress.warn(f"Visits from {first} to {last} were not found: {error.user}")

    found = import_folder(workspace, folder, progress, find, in_window=iface is not None)
    run.answers = found.answers
    if any(file.kind in ("incidents", "places") for file in found.of(IN)):
        name_boxes(workspace, progress)
    counts = counts_of(found)
    progress.info(f"{counts[TAKEN]} new files taken, {counts[LEFT]} left, {counts[WAITING]} still being written, "
                  f"{counts[BEFORE]} known from before, {len(found.of(EMPTY))} with nothing to take.")
    if counts[LEFT]:
        progress.warn(f"Left: {counts[LEFT]} of the files named above; answer what a file asks once in the import dock "
                      "or with the import of its kind.")
    return found


def counts_of(found: FolderImport) -> dict[str, int]:
    """The outputs that count files."""
    from ..workspace.imports import folder_import as states

    return {name: len(found.of(state)) for name, state in (
        (TAKEN, states.TAKEN), (LEFT, states.LEFT), (BEFORE, states.BEFORE), (WAITING, states.WAITING))}
