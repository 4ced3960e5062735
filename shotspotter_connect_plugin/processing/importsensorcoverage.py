"""connect:importsensorcoverage"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import Qgis, QgsProcessingParameterField

from .base import IMPORT, ConnectAlgorithm
from .imports import DATE_ORDER, add_counts, add_date_order, report, report_columns
from .inputs import LayerParameter

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

INPUT, FROM_FIELD, TO_FIELD = "INPUT", "FROM_FIELD", "TO_FIELD"


class ImportSensorCoverage(ConnectAlgorithm):
    """Areas and dates in which sensors listen."""

    NAME = "importsensorcoverage"
    TITLE = "Import sensor coverage"
    GROUP = IMPORT
    CHANGES = "import"
    HELP = ("Brings into the workspace where gunshot sensors listen and from when to when, in the place of what was "
            "there. Inside an area and its dates silence means that nothing was heard; anywhere else it means nothing "
            "at all, and the forecast of gunfire uses calls and shootings there, with wider intervals. Without any "
            "coverage the whole jurisdiction is taken to be covered all the time.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(LayerParameter(
            INPUT, "Areas of coverage", [Qgis.ProcessingSourceType.VectorPolygon]),
            "Polygons in any CRS, one for each area and span of dates. The layer is the whole coverage.")
        self.add(QgsProcessingParameterField(FROM_FIELD, "Field with the first date", None, INPUT, optional=True),
                 "First date of listening, as in 2006-01-15 or, for a whole month, 2006-01. An empty value = from the "
                 "beginning. Empty = found by its name.")
        self.add(QgsProcessingParameterField(TO_FIELD, "Field with the last date", None, INPUT, optional=True),
                 "Last date of listening. An empty value = still listening. Empty = found by its name.")
        add_date_order(self)
        add_counts(self)

    def read_layers(self, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress) -> None:
        self.areas = self.table(parameters, INPUT, context, [Qgis.GeometryType.Polygon], progress)

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.imports.coverage_import import import_sensor_coverage

        result = import_sensor_coverage(workspace, self.areas, self.text(parameters, FROM_FIELD, context),
                                        self.text(parameters, TO_FIELD, context), progress=progress,
                                        date_order=self.text(parameters, DATE_ORDER, context))
        counts = report(result, progress, run)
        report_columns(result, progress)
        return counts
