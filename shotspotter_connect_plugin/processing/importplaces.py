"""connect:importplaces"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import Qgis, QgsProcessingParameterString

from ..errors import ConnectError
from .base import IMPORT, ConnectAlgorithm
from .imports import add_counts, name_boxes, report
from .inputs import LayerParameter

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

INPUT, KIND = "INPUT", "KIND"


class ImportPlaces(ConnectAlgorithm):
    """Places of one kind."""

    NAME = "importplaces"
    TITLE = "Import places"
    GROUP = IMPORT
    CHANGES = "import"
    NEEDS = ("scipy",)
    HELP = ("Brings places of one kind (bars, bus stops, vacant parcels and the like) into the workspace. They give "
            "boxes the names people use and tell the forecast where people gather. The areas of kind water tell how "
            "much of each box is water; boxes with less land than the setting min_land are not drawn. Importing the "
            "same layer again adds nothing.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(LayerParameter(INPUT, "Places", [
            Qgis.ProcessingSourceType.VectorPoint, Qgis.ProcessingSourceType.VectorPolygon]),
            "Points, or polygons of which a point inside is taken; any CRS.")
        self.add(QgsProcessingParameterString(KIND, "Kind"),
                 "What they are, in one word or two, as in bus_stop, metro_station or water.")
        add_counts(self)

    def read_layers(self, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress) -> None:
        self.places = self.table(parameters, INPUT, context, [Qgis.GeometryType.Point, Qgis.GeometryType.Polygon],
                                 progress)

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.imports.place_import import import_places

        kind = self.text(parameters, KIND, context)
        if not kind:
            raise ConnectError("KIND is empty; say what the places are, as in bus_stop.")
        result = import_places(workspace, self.places, kind, progress=progress)
        counts = report(result, progress, run)
        name_boxes(workspace, progress)
        return counts
