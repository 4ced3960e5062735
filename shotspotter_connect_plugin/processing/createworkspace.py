"""connect:createworkspace"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (Qgis, QgsProcessingOutputNumber, QgsProcessingParameterCrs, QgsProcessingParameterField,
                       QgsProcessingParameterFile, QgsProcessingParameterNumber, QgsProcessingParameterString)

from .base import NOTHING, SET_UP, VERSIONS, WORKSPACE, ConnectAlgorithm
from .configure import read_json
from .inputs import LayerParameter

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress

JURISDICTION, BEATS, BEAT_FIELD, TIMEZONE, CRS, SIZE, SETTINGS, BOXES = (
    "JURISDICTION", "BEATS", "BEAT_FIELD", "TIMEZONE", "CRS", "SIZE", "SETTINGS", "BOXES")
POLYGONS = [Qgis.ProcessingSourceType.VectorPolygon]


class CreateWorkspace(ConnectAlgorithm):
    """A new workspace: one GeoPackage with every table, the fishnet and the beats."""

    NAME = "createworkspace"
    TITLE = "Create workspace"
    GROUP = SET_UP
    CHANGES = NOTHING
    HELP = ("Makes the GeoPackage in which all of an agency's data lives: its settings, shifts, crime types, beats and "
            "the fishnet of boxes that touch the jurisdiction. It is made under a temporary name and moved into place, "
            "so there is either a whole workspace or none. An existing one is never overwritten.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace("New workspace", "Path of the GeoPackage to make, such as C:/connect/agency.gpkg. It must "
                                            "not exist yet.", must_exist=False)
        self.add(LayerParameter(JURISDICTION, "Jurisdiction", POLYGONS),
                 "Polygons of the area the agency serves; any CRS.")
        self.add(LayerParameter(BEATS, "Beats", POLYGONS, optional=True),
                 "Polygons of the beats, to which boxes are shared out. Empty = the whole jurisdiction is one beat.")
        self.add(QgsProcessingParameterField(BEAT_FIELD, "Field with the beat's name", parentLayerParameterName=BEATS,
                                             optional=True),
                 "Column of the beats layer that names the beat. Needed with beats.")
        self.add(QgsProcessingParameterString(TIMEZONE, "Time zone", optional=True),
                 "Time zone of the agency, as in America/New_York. Needed, here or in the settings file.")
        self.add(QgsProcessingParameterCrs(CRS, "CRS", optional=True),
                 "Projected CRS in metres for boxes and points. Empty = the UTM zone of the jurisdiction's centre. A "
                 "CRS in which a box is more than 0.5 % off its size on the ground is refused.")
        self.add(QgsProcessingParameterNumber(SIZE, "Side of a box (metres)", defaultValue=250.0, minValue=50.0,
                                              maxValue=2000.0, type=Qgis.ProcessingNumberParameterType.Double),
                 "Side of a box in metres. It cannot be changed later.")
        self.add(QgsProcessingParameterFile(SETTINGS, "Settings file", optional=True, fileFilter="All files (*)"),
                 "JSON file with settings, crime types, shifts and tactics, as “Configure workspace” writes it. Empty "
                 "= the defaults.")
        self.addOutput(QgsProcessingOutputNumber(BOXES, "Number of boxes"))

    def read_layers(self, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress) -> None:
        polygons = [Qgis.GeometryType.Polygon]
        self.jurisdiction = self.table(parameters, JURISDICTION, context, polygons, progress)
        self.beats = self.table(parameters, BEATS, context, polygons, progress)

    def run_in_workspace(self, parameters: dict[str, Any], context: QgsProcessingContext,
                         progress: Progress) -> dict[str, Any]:
        from ..workspace.steps.create import create_workspace
        from ..workspace.store.runs import recorded
        from . import addresses

        address = addresses.resolve(self.text(parameters, WORKSPACE, context), None)
        path = self.text(parameters, SETTINGS, context)
        crs = self.parameterAsCrs(parameters, CRS, context)
        with create_workspace(
                address, self.jurisdiction, beats=self.beats, beat_field=self.text(parameters, "BEAT_FIELD", context),
                timezone=self.text(parameters, TIMEZONE, context),
                crs=(crs.authid() or crs.toWkt(Qgis.CrsWktVariant.Preferred)) if crs.isValid() else "",
                size=self.parameterAsDouble(parameters, SIZE, context),
                configuration=read_json(path) if path else None, progress=progress, first_choices=True) as workspace:
            boxes = workspace.count("boxes")
            with recorded(workspace, self.id(), self.record(parameters, context), versions=VERSIONS,
                          inputs=[path] if path else []) as run:
                run.counts = {"boxes": boxes, "beats": workspace.count("beats")}
            progress.info(f"{boxes} boxes of {workspace.settings.size:g} m and {run.counts['beats']} beats in "
                          f"{workspace.settings.crs}. Jurisdiction read in {self.jurisdiction.crs}.")
        addresses.remember(address)
        return {WORKSPACE: address, BOXES: boxes}
