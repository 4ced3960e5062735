"""connect:importcalendar"""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingParameterFile, QgsProcessingParameterString

from .base import IMPORT
from .configure import read_json
from .imports import DATE_ORDER, INPUT, MAPPING, FileAlgorithm, add_counts, add_date_order, report, report_dropped

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace


class ImportCalendar(FileAlgorithm):
    """Holidays, school days, events and weather."""

    NAME = "importcalendar"
    TITLE = "Import calendar"
    GROUP = IMPORT
    CHANGES = "import"
    HELP = ("Brings holidays, school days, events or weather into the workspace, for the forecast to learn from. One "
            "file holds one of them, or several with a column that says which. A row may stand for one date or for a "
            "span of dates; events may have a place, hours and the number of people expected. Importing the same file "
            "again adds nothing. Every row read is added, updated, unchanged or rejected with a reason; rejected rows "
            "are listed beside the workspace.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(QgsProcessingParameterFile(INPUT, "File", fileFilter="All files (*)"),
                 "File of dates. CSV (also .gz), Excel, or any file with a table or points that QGIS opens.")
        self.add(QgsProcessingParameterString(MAPPING, "What it holds", multiLine=True, optional=True),
                 "One of the words holidays, school, events, weather; or JSON with our column -> the file's column "
                 "where its names are not recognised; or both, as in {\"weather\": {\"temperature\": \"AIR_TEMP_F\"}}. "
                 "Our columns: date, time, from, to, name, value, kind, issued, longitude, latitude, x, y, "
                 "temperature, temperature_max, temperature_min, precipitation, snow, wind, humidity. Empty = as the "
                 "names of columns and file tell.")
        add_date_order(self)
        add_counts(self, dropped=True)

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.imports.calendar_import import import_calendar

        mapping = self.text(parameters, MAPPING, context)
        if os.path.isfile(mapping):
            mapping = read_json(mapping, "MAPPING")
        result = import_calendar(workspace, self.path, mapping, progress=progress,
                                 date_order=self.text(parameters, DATE_ORDER, context))
        return {**report(result, progress, run), **report_dropped(result, progress)}
