"""What the algorithms of reports share: period, filters, and one file whose ending says what is written."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingOutputNumber, QgsProcessingOutputString, QgsProcessingParameterString

from .base import NOTHING, OUTPUT, REPORT, SHIFT
from .destinations import REPORTS, WritesForPeople, add_file, chosen, file_name

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

BEAT, OFFICER, FILES, TABLES = "BEAT", "OFFICER", "FILES", "TABLES"
KINDS_OF_FILE = "PDF (*.pdf);;PNG, one per page (*.png);;CSV, one per table (*.csv)"


class WritesPages(WritesForPeople):
    """An algorithm whose OUTPUT is one of :data:`KINDS_OF_FILE`."""

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        super().check(parameters, context)
        path = chosen(self, parameters, OUTPUT, context)
        if path:
            from ..reports.builders.publish import check_path
            check_path(path)


class ReportAlgorithm(WritesPages):
    """A report of ``reports/builders/registry.py``, whose name is the algorithm's; a subclass adds its words."""

    GROUP = REPORT
    CHANGES = NOTHING
    TAKES_SHIFT = True

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_period()
        self.add(QgsProcessingParameterString(BEAT, "Beat", optional=True), "Name of one beat. Empty = every beat.")
        if self.TAKES_SHIFT:
            self.add(QgsProcessingParameterString(SHIFT, "Shift", optional=True),
                     "Code of one shift, as in the workspace's table of shifts. Empty = every shift.")
        self.add_own()
        add_file(self, OUTPUT, "Report", KINDS_OF_FILE, REPORTS,
                 "The file to write; its ending decides: .pdf, .png (further pages get a number) or .csv (several "
                 "tables get their names).")
        self.addOutput(QgsProcessingOutputString(FILES, "All files written, one per line"))
        self.addOutput(QgsProcessingOutputNumber(TABLES, "Tables in the report"))

    def add_own(self) -> None:
        """Add parameters of one report."""

    def own(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, Any]:
        """The values of :meth:`add_own` as keywords of the report's ``build``."""
        return {}

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..reports.builders import publish, registry
        from ..workspace.store import output_folders
        from .feedback import LayoutFeedback

        first, last = self.period(parameters, workspace)
        filters = {"beat": self.text(parameters, BEAT, context), **self.own(parameters, context)}
        if self.TAKES_SHIFT:
            filters["shift"] = self.text(parameters, SHIFT, context)
        progress.report(0.05, "Reading")
        report = registry.compose(self.NAME, workspace, first, last, progress=progress.part(0.05, 0.4), **filters)
        progress.report(0.4, "Writing")
        narrowed = [str(value) for key, value in filters.items() if value and key != "rank"]
        name = file_name(self.NAME, first, last if last != first else "", *narrowed)
        path = chosen(self, parameters, OUTPUT, context) or str(
            output_folders.report_folder(workspace) / (name + ".pdf"))
        paths = publish.write_report(report, path, LayoutFeedback(progress))
        if report.message:
            progress.warn(report.message)
        tables = report.tables()
        run.counts = {"files": len(paths), "tables": len(tables), "rows": sum(len(table.rows) for table in tables)}
        progress.info(f"{self.TITLE} is in {', '.join(paths)}.")
        return {OUTPUT: paths[0], FILES: "\n".join(paths), TABLES: len(tables)}
