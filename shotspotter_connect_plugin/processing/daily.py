"""connect:daily"""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingOutputFile, QgsProcessingOutputNumber, QgsProcessingParameterFile

from .base import DAY, OUTPUT
from .destinations import DATED, WritesForPeople, add_folder, chosen
from .importfolder import FOLDER, LEFT, TAKEN, counts_of, take_folder

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

PLAN, PROJECT, PATROLS, DRAWN = "PLAN", "PROJECT", "PATROLS", "DRAWN"
_SHARE_OF_FILES = 0.3
"""Of the progress, where files of a drop folder are taken first."""


class Daily(WritesForPeople):
    """Forecast, draw, sheets and plan of every shift of a date."""

    NAME = "daily"
    TITLE = "Run the whole day"
    GROUP = DAY
    CHANGES = "draw"
    NEEDS = ("scipy",)
    HELP = ("Does everything for every shift of a date: scores it, draws its boxes, prints the roll call (one PDF per "
            "shift), and writes the plan as a GeoPackage with a QGIS project that opens it. It may be run any number "
            "of times: a shift that has been drawn keeps its forecast and its draw, and files are replaced only when "
            "the new ones are whole. If no model has been trained on what was known at the hour of planning, one is "
            "trained first.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_date()
        add_folder(self, OUTPUT, "Folder", DATED, "Where the files of the date go; made if needed.")
        self.add(QgsProcessingParameterFile(FOLDER, "Drop folder", QgsProcessingParameterFile.Behavior.Folder,
                                            optional=True),
                 "A folder of which every new file is taken first, as “Import folder” does; what cannot be taken does "
                 "not stop the day. Empty = none.")
        self.addOutput(QgsProcessingOutputNumber(TAKEN, "Files taken"))
        self.addOutput(QgsProcessingOutputNumber(LEFT, "Files left, which need an answer or cannot be read"))
        self.addOutput(QgsProcessingOutputFile(PLAN, "Plan (GeoPackage)"))
        self.addOutput(QgsProcessingOutputFile(PROJECT, "Plan (QGIS project)"))
        self.addOutput(QgsProcessingOutputNumber(PATROLS, "Patrols in the plan"))
        self.addOutput(QgsProcessingOutputNumber(DRAWN, "Shifts drawn now"))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..files import made_folder
        from ..workspace.store import output_folders

        date, codes = self.shifts(parameters, context, workspace)
        folder = chosen(self, parameters, OUTPUT, context) or output_folders.plan_folder(workspace, date)
        with made_folder(folder):
            share = _SHARE_OF_FILES if self.text(parameters, FOLDER, context) else 0.0
            taken = self._drop_folder(workspace, parameters, context, progress.part(0.0, share), run)
            done = self._plan(workspace, date, codes, str(folder), progress.part(share, 1.0), run)
            self._word_on_boxes(workspace, date, progress, run)
        run.counts.update({name.lower(): count for name, count in taken.items()})
        return {OUTPUT: str(folder), **done, **taken}

    def _plan(self, workspace: Workspace, date: str, codes: list[str], folder: str, progress: Progress,
              run: Run) -> dict[str, Any]:
        """Plan every shift of the date, print its sheets and write the plan into a folder -> outputs."""
        from ..reports.plan import plan_project, rollcall_data
        from ..reports.plan.rollcall_pages import write_rollcall
        from ..workspace.steps import daily_run, shift_plan
        from .feedback import LayoutFeedback, timed
        from .street_network import street_ways

        planned = daily_run.plan(workspace, date, codes, progress.part(0.0, 0.6), timed,
                                 street_ways(workspace))
        sheets = []
        for number, code in enumerate(codes):
            part = progress.part(0.6 + 0.3 * number / len(codes), 0.6 + 0.3 * (number + 1) / len(codes))
            part.report(0.0, f"Printing {date} {code}")
            with timed(progress, f"Roll call of {code}"):
                sheet = rollcall_data.rollcall(workspace, date, code)
                path = os.path.join(folder, f"rollcall_{date}_{code}.pdf")
                write_rollcall(sheet, path, part, LayoutFeedback(part))
            sheets.append(sheet)
        progress.report(0.9, "Writing the plan")
        with timed(progress, "Plan and project"):
            files = plan_project.write_plan_files(sheets, folder, progress.part(0.9, 1.0), workspace.address)
        shift_plan.publish(workspace, date, codes, progress)
        patrols = sum(len(sheet.patrols) for sheet in sheets)
        run.counts = {"drawn": planned.drawn, "patrols": patrols, "date": date, "project": str(files.project)}
        progress.info(f"{patrols} patrols in {len(codes)} shifts of {date}; files in {folder}.")
        return {PLAN: str(files.geopackage), PROJECT: str(files.project), PATROLS: patrols, DRAWN: planned.drawn}

    def _word_on_boxes(self, workspace: Workspace, date: str, progress: Progress, run: Run) -> None:
        """Once a quarter, say when boxes placed anew would hold clearly more events; the plan is whole by then."""
        from ..workspace.steps import placing
        from .feedback import timed

        if placing.told_this_quarter(workspace, date):
            return
        with timed(progress, "Boxes placed anew, looked at once a quarter"):
            word = placing.word_on_a_new_layout(workspace, workspace.calendar.as_of(
                date, workspace.settings.plan_hour))
        if word:
            progress.warn(word)
        run.counts[placing.QUARTER] = placing.quarter_of(date)

    def _drop_folder(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext,
                     progress: Progress, run: Run) -> dict[str, int]:
        from ..workspace.store import roles
        from .feedback import timed

        folder = self.text(parameters, FOLDER, context)
        if not folder:
            return {TAKEN: 0, LEFT: 0}
        roles.require(workspace, "import")
        with timed(progress, "Files of the drop folder"):
            counts = counts_of(take_folder(workspace, folder, progress, run))
        return {name: counts[name] for name in (TAKEN, LEFT)}
