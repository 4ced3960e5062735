"""connect:importunreachable"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import Qgis, QgsProcessingParameterBoolean, QgsProcessingParameterField, QgsProcessingParameterString

from ..errors import ConnectError
from .base import IMPORT, ConnectAlgorithm
from .imports import COUNTS, add_counts, report, report_columns
from .inputs import LayerParameter

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

INPUT, REASON, REASON_FIELD, REMOVE = "INPUT", "REASON", "REASON_FIELD", "REMOVE"


class ImportUnreachable(ConnectAlgorithm):
    """Areas where officers cannot go, and streets."""

    NAME = "importunreachable"
    TITLE = "Import where officers cannot go"
    GROUP = IMPORT
    CHANGES = "import"
    HELP = ("Brings in areas where officers cannot go, such as water, rail yards, bases and private ground, each with "
            "its reason. Their area is taken off every box; a box of which too little is left, by default less than "
            "half, is not drawn any more, and the draw says why, as in “mostly rail yard”. Areas of the same reason "
            "that were there before are replaced, those of other reasons stay; where areas overlap, the ground counts "
            "once. A layer of lines is taken for the streets instead, all of them: boxes without a street are not "
            "drawn. Plans that were drawn already stay as they are.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(LayerParameter(INPUT, "Areas, or streets", [
            Qgis.ProcessingSourceType.VectorPolygon, Qgis.ProcessingSourceType.VectorLine], optional=True),
            "Polygons where officers cannot go, in any CRS; or lines of all streets. Empty only with REMOVE.")
        self.add(QgsProcessingParameterString(REASON, "Reason", optional=True),
                 "Why officers cannot go there, in a word or two, as in water, rail yard or private ground. It is "
                 "printed where a draw is explained. With REASON_FIELD, the reason of polygons whose field is empty.")
        self.add(QgsProcessingParameterField(REASON_FIELD, "Field with the reason", None, INPUT, optional=True),
                 "Field that holds the reason of each polygon. Empty = REASON for all, or a field called reason if "
                 "that is empty, too.")
        self.add(QgsProcessingParameterBoolean(REMOVE, "Take the areas of this reason out", False),
                 "Takes all areas of REASON out of the workspace, and reads no layer; “no street” takes the streets "
                 "out.")
        add_counts(self)

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        super().check(parameters, context)
        removes, reason = self.parameterAsBool(parameters, REMOVE, context), self.text(parameters, REASON, context)
        if removes and (parameters.get(INPUT) or not reason):
            raise ConnectError("REMOVE takes out the areas of one REASON and reads no layer; give REASON and leave "
                               "INPUT empty.")
        if not removes and not parameters.get(INPUT):
            raise ConnectError("INPUT is empty; give a layer of polygons where officers cannot go, or of streets.")

    def read_layers(self, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress) -> None:
        self.ground = self.table(parameters, INPUT, context, [Qgis.GeometryType.Polygon, Qgis.GeometryType.Line],
                                 progress)

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.imports.unreachable_import import import_unreachable, remove_unreachable

        reason = self.text(parameters, REASON, context)
        if self.ground is None:
            gone, told = remove_unreachable(workspace, reason)
            for sentence in told:
                progress.warn(sentence)
            run.counts = {"removed": gone}
            progress.info(f"Taken out: {reason}.")
            return dict.fromkeys(COUNTS, 0)
        result = import_unreachable(workspace, self.ground, reason, self.text(parameters, REASON_FIELD, context),
                                    progress=progress)
        counts = report(result, progress, run)
        report_columns(result, progress)
        return counts
