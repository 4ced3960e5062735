"""connect:exportplan"""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingOutputNumber, QgsProcessingParameterEnum

from ..errors import ConnectError
from .base import NOTHING, OUTPUT, PATROL, SHIFT
from .destinations import DATED, WritesForPeople, add_file, chosen, file_name

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

FORMAT, PATROLS = "FORMAT", "PATROLS"
ENDINGS = {"geojson": ".geojson", "kml": ".kml", "gpx": ".gpx", "xlsx": ".xlsx", "package": ".json", "qfield": ".zip"}
ONE_SHIFT = ("package", "qfield")


class ExportPlan(WritesForPeople):
    """The plan for other programs and for cars."""

    NAME = "exportplan"
    TITLE = "Export plan"
    GROUP = PATROL
    CHANGES = NOTHING
    HELP = ("Writes the boxes of a shift for other programs: GeoJSON and KML with squares, GPX with a waypoint in each "
            "box, XLSX as a table; a shift package, which is what the live patrol opens on a computer that cannot "
            "reach the workspace; or a project for QField on a phone (a ZIP with the boxes, a form for tactics, a "
            "track that is recorded, and a message on entry into a box), whose GeoPackage “Import GPS” and “Import "
            "tactics” take in when it comes back. All places but those of the phone are in longitude and latitude. "
            "Cells that a spreadsheet would take for a formula begin with an apostrophe.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_date_and_shift()
        self.add(QgsProcessingParameterEnum(FORMAT, "Format", list(ENDINGS), False, "geojson", False, True),
                 "geojson, kml, gpx, xlsx; or package or qfield, which hold one shift only.")
        add_file(self, OUTPUT, "File", ";;".join(
            f"{name} (*{ending})" for name, ending in ENDINGS.items()), DATED,
            "The file to write; its ending should fit the format.")
        self.addOutput(QgsProcessingOutputNumber(PATROLS, "Patrols in the file"))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..files import made_folder
        from ..workspace.exports.plan_formats import export_plan
        from ..workspace.steps import shift_plan
        from ..workspace.store import output_folders
        from .outputs import crime_type_legend

        date, codes = self.shifts(parameters, context, workspace)
        kind = self.parameterAsEnumString(parameters, FORMAT, context)
        path = chosen(self, parameters, OUTPUT, context)
        if not path:
            folder = output_folders.plan_folder(workspace, date)
            path = str(folder / (file_name("plan", date, self.text(parameters, SHIFT, context)) + ENDINGS[kind]))
        if not path.lower().endswith(ENDINGS[kind]) and not (kind == "geojson" and path.lower().endswith(".json")):
            raise ConnectError(f"OUTPUT must end in {ENDINGS[kind]} for the format {kind}.")
        if kind in ONE_SHIFT and len(codes) != 1:
            raise ConnectError(f"The format {kind} holds one shift; name it in SHIFT: {', '.join(codes)}.")
        with made_folder(os.path.dirname(os.path.abspath(path))):
            if kind == "qfield":
                from ..reports.plan.phone_project import write_phone
                patrols = write_phone(workspace, date, codes[0], path, progress)
            else:
                patrols = export_plan(workspace, date, codes, kind, path, crime_type_legend(workspace))
        shift_plan.publish(workspace, date, codes, progress)
        run.counts = {"patrols": patrols}
        progress.info(f"{patrols} patrols in {path}.")
        return {OUTPUT: path, PATROLS: patrols}
