"""connect:rollcall"""
from qgis.core import (Qgis, QgsProcessingOutputNumber, QgsProcessingParameterFileDestination,
                       QgsProcessingParameterString)

from .base import REPORT, ConnectAlgorithm
from .feedback import LayoutFeedback

BEAT, OUTPUT, PATROLS = "BEAT", "OUTPUT", "PATROLS"


class RollCall(ConnectAlgorithm):
    """The sheets handed out at roll call."""

    NAME = "rollcall"
    TITLE = "Print roll call"
    GROUP = REPORT
    HELP = ("Writes the sheets of a shift as PDF, one page per beat: a map of its boxes coloured by crime type, a "
            "table with box, where, crime type, chance and minutes, the approved tactics, and the hash of a coming "
            "draw's seed. A shift without a plan gives sheets that say so.")

    def flags(self):
        # Layouts live in the main thread.
        return super().flags() | Qgis.ProcessingAlgorithmFlag.NoThreading

    def initAlgorithm(self, configuration=None):  # noqa: N802
        self.add_workspace()
        self.add_date()
        self.add_shift()
        self.add(QgsProcessingParameterString(BEAT, "Beat", optional=True), "Name of one beat. Empty = every beat.")
        self.add(QgsProcessingParameterFileDestination(OUTPUT, "Sheets", "PDF files (*.pdf)"), "The PDF to write.")
        self.addOutput(QgsProcessingOutputNumber(PATROLS, "Patrols on the sheets"))

    def work(self, workspace, parameters, context, progress, run):
        from ..reports import queries
        from ..reports.rollcall import write_rollcall
        from ..workspace import planning

        date = self.shift_date(parameters, workspace)
        beat = self.text(parameters, BEAT, context)
        sheets = [queries.rollcall(workspace, date, shift, beat)
                  for shift in self.shifts(parameters, context, workspace, date)]
        path = self.parameterAsFileOutput(parameters, OUTPUT, context)
        write_rollcall(sheets, path, progress, LayoutFeedback(progress))
        if not beat:
            planning.publish(workspace, date, [sheet.shift for sheet in sheets])
        patrols = sum(len(sheet.patrols) for sheet in sheets)
        for sheet in sheets:
            if sheet.message:
                progress.warn("{} {}: {}".format(date, sheet.shift, sheet.message))
        run.counts = {"sheets": sum(len(sheet.pages) for sheet in sheets), "patrols": patrols}
        progress.info("{} patrols on the sheets in {}.".format(patrols, path))
        return {OUTPUT: path, PATROLS: patrols}
