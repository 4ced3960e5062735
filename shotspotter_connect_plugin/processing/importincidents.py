"""connect:importincidents"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from qgis.core import QgsProcessingParameterFile, QgsProcessingParameterString

from .imports import FileImport, name_boxes

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.imports.import_result import ImportResult
    from ..workspace.store.workspace import Workspace

CRIME_TYPE, OFFENCES = "CRIME_TYPE", "OFFENCES"


class ImportIncidents(FileImport):
    """Reported crime incidents."""

    NAME = "importincidents"
    TITLE = "Import incidents"
    NEEDS = ("scipy",)
    HELP = ("Brings reported crime incidents into the workspace. Columns of public exports are recognised by name; "
            "everything that is not needed is left out, and so is what looks like a name, a birth date, a phone number "
            "or the like. A source that knows a date but no time gives an interval, never a made-up time. Importing "
            "the same file again adds nothing; a coarser file never overwrites a finer time. Every row read is added, "
            "updated, unchanged or rejected with a reason.")
    FILE_HELP = "File of incidents."
    COLUMNS_HELP = ("Our columns: incident_id, crime_type, occurred_from, occurred_to, reported, x, y, block, "
                    "disposition.")

    def add_said(self) -> None:
        self.add(QgsProcessingParameterString(CRIME_TYPE, "Crime type of all rows", optional=True),
                 "For a file in which no column tells the offence: the one crime type of all its rows, as in burglary. "
                 "Empty = as the offences tell, or as was said of an earlier file with the same columns.")
        self.add(QgsProcessingParameterFile(OFFENCES, "Table of offence words", optional=True,
                                            fileFilter="CSV files (*.csv)"),
                 "CSV with every word of the file's offences: how often, in which line first, what it is taken as and "
                 "why. Written if there is no such file, and whenever words wait for a decision. Edit taken_as (a "
                 "crime type, or “not counted”) and import the same file again: what it says wins, is remembered for "
                 "files with the same columns, and the incidents follow. Empty = as decided before, else by the rules.")

    def said(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, str]:
        return {"crime_type": self.text(parameters, CRIME_TYPE, context),
                "offences": self.text(parameters, OFFENCES, context)}

    def inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[str]:
        table = self.text(parameters, OFFENCES, context)
        return [*super().inputs(parameters, context), *([table] if table else [])]

    def step(self) -> Callable[..., ImportResult]:
        from ..workspace.imports.incident_import import import_incidents
        return import_incidents

    def after(self, workspace: Workspace, progress: Progress) -> None:
        name_boxes(workspace, progress)
