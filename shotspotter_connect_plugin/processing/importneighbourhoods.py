"""connect:importneighbourhoods"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import Qgis, QgsProcessingParameterField, QgsProcessingParameterString

from .base import IMPORT, ConnectAlgorithm
from .imports import add_counts, report, report_columns, report_dropped
from .inputs import LayerParameter

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

INPUT, NAME_FIELD, POPULATION_FIELDS = "INPUT", "NAME_FIELD", "POPULATION_FIELDS"


class ImportNeighbourhoods(ConnectAlgorithm):
    """Neighbourhoods with residents by group."""

    NAME = "importneighbourhoods"
    TITLE = "Import neighbourhoods"
    GROUP = IMPORT
    CHANGES = "import"
    HELP = ("Brings neighbourhoods, census tracts or the like with their residents into the workspace, in the place of "
            "those there were. The exposure report tells by them how many patrol minutes fall on whom, and a "
            "neighbourhood can be held to a largest share of the patrols (share_cap in the table neighbourhoods, which "
            "stays when the same names come again). Nothing else reads residents: no forecast and no lottery sees "
            "them.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(LayerParameter(
            INPUT, "Neighbourhoods", [Qgis.ProcessingSourceType.VectorPolygon]), "Polygons in any CRS.")
        self.add(QgsProcessingParameterField(NAME_FIELD, "Field with their names", None, INPUT, optional=True),
                 "Names of the neighbourhoods. Features of one name with the same residents are one neighbourhood. "
                 "Empty = found by its name, as in NAME, TRACT or GEOID.")
        self.add(QgsProcessingParameterString(POPULATION_FIELDS, "Fields with residents", optional=True),
                 "Fields with a comma between them: all residents first, then the groups to be told apart, as in "
                 "TOTALPOP, White=WHITE, Black=BLACK. Empty = those of public census exports that are recognised.")
        add_counts(self, dropped=True)

    def read_layers(self, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress) -> None:
        self.areas = self.table(parameters, INPUT, context, [Qgis.GeometryType.Polygon], progress)

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.imports.neighbourhood_import import import_neighbourhoods

        result = import_neighbourhoods(workspace, self.areas, self.text(parameters, NAME_FIELD, context),
                                       self.text(parameters, POPULATION_FIELDS, context), progress=progress)
        counts = report(result, progress, run)
        report_columns(result, progress)
        return {**counts, **report_dropped(result, progress)}
