"""connect:adjust"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (Qgis, QgsProcessingOutputNumber, QgsProcessingOutputString, QgsProcessingParameterNumber,
                       QgsProcessingParameterString)

from ..errors import ConnectError
from .base import PATROL, SHIFT, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

ACTION, BOX_ID, CRIME_TYPE, MINUTES, REASON, NOTE = "ACTION", "BOX_ID", "CRIME_TYPE", "MINUTES", "REASON", "NOTE"
CHAIN_HEAD, PATROLS = "CHAIN_HEAD", "PATROLS"


class Adjust(ConnectAlgorithm):
    """One change of a plan by hand."""

    NAME = "adjust"
    TITLE = "Adjust plan"
    GROUP = PATROL
    CHANGES = "adjust"
    HELP = ("Changes the plan of one shift by hand: adds a box, suppresses one (the next of the draw's reserve takes "
            "its place), restores it, changes its minutes, or undoes the newest change. Every change needs a reason "
            "and is appended, with the account that made it, to a chain of hashes that shows later tampering. No hard "
            "limit is broken: a change that would break one is refused. Only an analyst or a supervisor may adjust.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(QgsProcessingParameterString(ACTION, "Action"),
                 "One of: add, suppress, restore, minutes, undo.")
        self.add(QgsProcessingParameterString(BOX_ID, "Box", optional=True),
                 "Id of the box, such as C1290R17210. Not needed to undo.")
        self.add_date()
        self.add(QgsProcessingParameterString(SHIFT, "Shift", optional=True),
                 "Code of the one shift whose plan is changed, as in the workspace's table of shifts.")
        self.add(QgsProcessingParameterString(CRIME_TYPE, "Crime type", optional=True),
                 "For add: code of the crime type the patrol is for. Empty = the box's dominant one in the forecast.")
        self.add(QgsProcessingParameterNumber(MINUTES, "Minutes", Qgis.ProcessingNumberParameterType.Double, None,
                                              True),
                 "For minutes, and for add: minutes to stay. Empty for add = the workspace's target.")
        self.add(QgsProcessingParameterString(REASON, "Reason", optional=True),
                 "Code of a reason from the setting adjustment_reasons, such as late_breaking. Needed for all but "
                 "undo.")
        self.add(QgsProcessingParameterString(NOTE, "Note", optional=True),
                 "More about the reason. Stays inside the agency and in the chain for good: name no person.")
        self.addOutput(QgsProcessingOutputString(CHAIN_HEAD, "New head of the chain of adjustments"))
        self.addOutput(QgsProcessingOutputNumber(PATROLS, "Patrols in the plan"))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.steps import adjusting

        if not self.text(parameters, SHIFT, context):
            raise ConnectError("Name the shift in SHIFT.")
        date, (shift,) = self.shifts(parameters, context, workspace)
        minutes = None if parameters.get(MINUTES) is None else self.parameterAsDouble(parameters, MINUTES, context)
        result = adjusting.adjust(
            workspace, self.text(parameters, ACTION, context), date, shift, self.text(parameters, BOX_ID, context),
            self.text(parameters, CRIME_TYPE, context), minutes, self.text(parameters, REASON, context),
            self.text(parameters, NOTE, context), progress=progress)
        for message in result.messages:
            progress.info(message)
        run.counts = {"adjustment": result.seq, "patrols": len(result.patrols)}
        return {CHAIN_HEAD: result.head, PATROLS: len(result.patrols)}
