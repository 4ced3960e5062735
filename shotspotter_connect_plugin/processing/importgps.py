"""connect:importgps"""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable

from qgis.core import QgsProcessingOutputString

from .imports import FileImport

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..workspace.imports.gps_import import GpsImport
    from ..workspace.imports.import_result import ImportResult

FROM, TO = "FROM", "TO"


class ImportGps(FileImport):
    """GPS fixes of units."""

    NAME = "importgps"
    TITLE = "Import GPS"
    HELP = ("Brings GPS fixes of units into the workspace: CSV with any header or none, GPX, NMEA, GeoJSON, or a "
            "folder of such files. Fixes without a time, with the time of a clock that was not set, or far outside the "
            "jurisdiction are rejected with that reason. A unit's fix of the same moment and place is the same fix, so "
            "importing again, or in another order, adds nothing. “Find visits” then makes visits of them.")
    FILE_LABEL = "File or folder"
    FILE_HELP = ("File of GPS fixes, or a folder of them (type or paste its path). A file without a column "
                 "of units holds one unit, named like the file. GPX, NMEA,")
    COLUMNS_HELP = ("Our columns: unit, at, at_time, longitude, latitude, x, y, accuracy, hdop. An empty unit names "
                    "the unit by the file; columns of a file without a header are “column 1” and so on.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        super().initAlgorithm(configuration)
        self.addOutput(QgsProcessingOutputString(FROM, "First date with fixes in its shifts"))
        self.addOutput(QgsProcessingOutputString(TO, "Last date with fixes in its shifts"))

    def inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[str]:
        path = super().inputs(parameters, context)[0]
        if not os.path.isdir(path):
            return [path]
        return sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)

    def step(self) -> Callable[..., ImportResult]:
        from ..workspace.imports.gps_import import import_gps
        return import_gps

    def flags_of(self, result: GpsImport) -> dict[str, Any]:
        return {FROM: result.first, TO: result.last}
