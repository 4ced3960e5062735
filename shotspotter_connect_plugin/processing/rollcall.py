"""connect:rollcall"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingOutputNumber, QgsProcessingParameterString

from .base import NOTHING, OUTPUT, REPORT, SHIFT
from .destinations import DATED, add_file, chosen, file_name
from .reports import BEAT, KINDS_OF_FILE, WritesPages

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

PATROLS = "PATROLS"


class RollCall(WritesPages):
    """The sheets handed out at roll call."""

    NAME = "rollcall"
    TITLE = "Print roll call"
    GROUP = REPORT
    CHANGES = NOTHING
    HELP = ("Writes the sheets of a shift, one page per beat: a map of its boxes coloured by crime type, a "
            "table with box, where, crime type, chance and minutes, the approved tactics, and the hash of a coming "
            "draw's seed. A shift without a plan gives sheets that say so.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_date_and_shift()
        self.add(QgsProcessingParameterString(BEAT, "Beat", optional=True), "Name of one beat. Empty = every beat.")
        add_file(self, OUTPUT, "Sheets", KINDS_OF_FILE, DATED,
                 "The file to write; its ending decides: .pdf, .png (further sheets get a number) or .csv (the boxes "
                 "as a table).")
        self.addOutput(QgsProcessingOutputNumber(PATROLS, "Patrols on the sheets"))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..reports.builders import publish
        from ..reports.plan import rollcall_data
        from ..workspace.steps import shift_plan
        from ..workspace.store import output_folders
        from .feedback import LayoutFeedback

        date, codes = self.shifts(parameters, context, workspace)
        beat = self.text(parameters, BEAT, context)
        sheets = [rollcall_data.rollcall(workspace, date, shift, beat) for shift in codes]
        name = file_name("rollcall", date, self.text(parameters, SHIFT, context), beat)
        path = chosen(self, parameters, OUTPUT, context) or str(
            output_folders.plan_folder(workspace, date) / (name + ".pdf"))
        path = publish.write_sheets(sheets, path, progress, LayoutFeedback(progress))[0]
        if not beat:
            shift_plan.publish(workspace, date, [sheet.shift for sheet in sheets], progress)
        patrols = sum(len(sheet.patrols) for sheet in sheets)
        for sheet in sheets:
            if sheet.message:
                progress.warn(f"{date} {sheet.shift}: {sheet.message}")
        run.counts = {"sheets": sum(len(sheet.pages) for sheet in sheets), "patrols": patrols}
        progress.info(f"{patrols} patrols on the sheets in {path}.")
        return {OUTPUT: path, PATROLS: patrols}
