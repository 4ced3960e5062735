"""connect:fishnet"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (Qgis, QgsProcessingException, QgsProcessingOutputNumber, QgsProcessingParameterCrs,
                       QgsProcessingParameterFeatureSink, QgsProcessingParameterField, QgsProcessingParameterNumber)

from .base import NOTHING, OUTPUT, SET_UP, ConnectAlgorithm
from .inputs import LayerParameter, file_of

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateReferenceSystem, QgsProcessingContext

    from ..progress import Progress

INPUT, SIZE, CRS, BEATS, BEAT_FIELD, BOXES = "INPUT", "SIZE", "CRS", "BEATS", "BEAT_FIELD", "BOXES"
POLYGONS = [Qgis.ProcessingSourceType.VectorPolygon]


class CreateFishnet(ConnectAlgorithm):
    """The boxes that touch a jurisdiction, without a workspace."""

    NAME = "fishnet"
    TITLE = "Create fishnet"
    GROUP = SET_UP
    CHANGES = NOTHING
    HELP = ("Lays square boxes over a jurisdiction. Boxes start at whole multiples of their size, so the same place "
            "has the same box_id in every run and for any extent; “inside” is the share of the box's area that lies "
            "inside. The input may be in any CRS: it is brought into the UTM zone of its centre unless you name "
            "another projected CRS in metres. A CRS in which a box is more than 0.5 % off its size on the ground (Web "
            "Mercator, for one) is refused.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add(LayerParameter(INPUT, "Jurisdiction", POLYGONS), "Polygons of the area; any CRS.")
        real = Qgis.ProcessingNumberParameterType.Double
        self.add(QgsProcessingParameterNumber(SIZE, "Side of a box (metres)", real, 250.0, False, 1.0),
                 "Side of a box in metres.")
        self.add(QgsProcessingParameterCrs(CRS, "CRS", optional=True),
                 "Projected CRS in metres for the boxes. Empty = the UTM zone of the input's centre.")
        self.add(LayerParameter(BEATS, "Beats", POLYGONS, optional=True),
                 "Polygons of beats; each box gets the name of the beat that holds most of it. Empty = all boxes are "
                 "beat “All”.")
        self.add(QgsProcessingParameterField(BEAT_FIELD, "Field with the beat's name", parentLayerParameterName=BEATS,
                                             optional=True),
                 "Column of the beats layer that names the beat. Needed with beats.")
        self.add(QgsProcessingParameterFeatureSink(OUTPUT, "Fishnet", Qgis.ProcessingSourceType.VectorPolygon),
                 "The boxes: box_id, col, row, inside (0 to 1), beat. A GeoPackage is the fastest.")
        self.addOutput(QgsProcessingOutputNumber(BOXES, "Number of boxes"))

    def read_layers(self, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress) -> None:
        polygons = [Qgis.GeometryType.Polygon]
        self.area = self.table(parameters, INPUT, context, polygons, progress)
        self.beats = self.table(parameters, BEATS, context, polygons, progress)

    def run_in_workspace(self, parameters: dict[str, Any], context: QgsProcessingContext,
                         progress: Progress) -> dict[str, Any]:
        from ..forecast.box_shapes import BoxShapes
        from ..forecast.fishnet import Fishnet
        from ..workspace.exports import box_file
        from ..workspace.steps.create import beats_in, lay_fishnet, outline_of
        from .outputs import write_output

        wanted = self.parameterAsCrs(parameters, CRS, context)
        fishnet = Fishnet(self.parameterAsDouble(parameters, SIZE, context))
        progress.report(0.0, "Reading the jurisdiction")
        crs, outline = outline_of(self.area, _text_of(wanted), fishnet.size, progress)
        beats = beats_in(outline, self.beats, self.text(parameters, BEAT_FIELD, context), crs, progress)
        progress.report(0.2, "Laying the fishnet")
        boxes = lay_fishnet(fishnet, outline, beats)
        progress.info(f"Jurisdiction read in {self.area.crs}; {len(boxes)} boxes of {fishnet.size:g} m laid in {crs}.")
        rectangles = fishnet.rectangles(boxes["col"], boxes["row"])
        progress.report(0.4, "Writing the boxes")
        rest = progress.part(0.4, 1.0)
        path = file_of(parameters[OUTPUT])
        if path.lower().endswith(".gpkg"):
            box_file.write_boxes(path, boxes, rectangles, crs, rest)
            written = {OUTPUT: self.parameterAsOutputLayer(parameters, OUTPUT, context)}
        else:
            written = write_output(self, parameters, context, boxes, BoxShapes(rectangles), crs, rest)
            if not written:
                raise QgsProcessingException(self.invalidSinkError(parameters, OUTPUT))
        return {**written, BOXES: len(boxes)}


def _text_of(crs: QgsCoordinateReferenceSystem) -> str:
    return (crs.authid() or crs.toWkt(Qgis.CrsWktVariant.Preferred)) if crs.isValid() else ""
