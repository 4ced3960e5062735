"""connect:importtactics"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from qgis.core import QgsProcessingOutputNumber

from .imports import FileImport

if TYPE_CHECKING:
    from ..workspace.imports.import_result import ImportResult
    from ..workspace.imports.tactic_import import TacticImport

UNMATCHED, UNAPPROVED = "UNMATCHED", "UNAPPROVED"


class ImportTactics(FileImport):
    """What officers say they did in their boxes."""

    NAME = "importtactics"
    TITLE = "Import tactics"
    HELP = ("Brings logs of tactics into the workspace and joins each to the visit of its officer or unit, in its box "
            "if it names one, at its time or within ten minutes of it. Rows without a visit, and rows of a tactic that "
            "was not approved on their date, had expired or is enforcement, are kept, marked and counted. Officers "
            "come by badge number; names are never read. Importing the same file again adds nothing, and joins it to "
            "visits found since.")
    FILE_HELP = "File of logs."
    COLUMNS_HELP = "Our columns: id, officer, unit, tactic, minutes, at, at_time, box_id."
    CRS_HELP = "Not used: a log names its box or none."

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        super().initAlgorithm(configuration)
        self.addOutput(QgsProcessingOutputNumber(UNMATCHED, "Rows kept that belong to no visit"))
        self.addOutput(QgsProcessingOutputNumber(UNAPPROVED, "Rows kept of tactics that were not approved"))

    def step(self) -> Callable[..., ImportResult]:
        from ..workspace.imports.tactic_import import import_tactics
        return import_tactics

    def flags_of(self, result: TacticImport) -> dict[str, Any]:
        return {UNMATCHED: result.unmatched, UNAPPROVED: result.unapproved}
