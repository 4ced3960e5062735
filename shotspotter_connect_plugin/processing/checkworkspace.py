"""connect:checkworkspace"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingOutputBoolean, QgsProcessingOutputString, QgsProcessingParameterString

from .base import NOTHING, PATROL, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

HEAD, OK, CHAIN_HEAD = "HEAD", "OK", "CHAIN_HEAD"


class CheckWorkspace(ConnectAlgorithm):
    """Whether a workspace is whole and nobody has tampered with its records."""

    NAME = "checkworkspace"
    TITLE = "Check workspace"
    GROUP = PATROL
    CHANGES = NOTHING
    HELP = ("Checks that the file is whole, that its tables still have their columns and the rules that guard them, "
            "that the chain of adjustments is unbroken (the first row that was changed is named), and that every draw "
            "is what its lottery and its adjustments give. It names rows that were removed, swapped or refer to "
            "nothing, values that cannot be, and triggers and tables that are foreign. OK is true only if nothing is "
            "wrong; it needs neither the seeds nor the right to write. What a file cannot show: that somebody removed "
            "the end of the chain with all that it did and every trace of it, unless you compare it with a head "
            "printed on a sheet.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(QgsProcessingParameterString(HEAD, "Printed chain head", optional=True),
                 "A chain head as printed on a sheet or report, at least its first 8 characters. Empty = not compared.")
        self.addOutput(QgsProcessingOutputBoolean(OK, "Whether nothing is wrong"))
        self.addOutput(QgsProcessingOutputString(CHAIN_HEAD, "Head of the chain of adjustments"))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.steps import checking

        checked = checking.check_workspace(workspace, self.text(parameters, HEAD, context), progress)
        for problem in checked.problems:
            progress.warn(problem)
        for sentence in checked.waiting:
            progress.warn(sentence)
        for note in checked.notes:
            progress.info(note)
        if checked.waiting:
            progress.info(f"{len(checked.waiting)} draws could not be replayed here; all else of them was checked.")
        outcome = "nothing is wrong" if checked.ok else f"{len(checked.problems)} things are wrong"
        progress.info(f"{checked.shifts} drawn shifts checked: {outcome}.")
        run.counts = {"ok": checked.ok, "problems": len(checked.problems),
                      "waiting": len(checked.waiting), "shifts": checked.shifts}
        return {OK: checked.ok, CHAIN_HEAD: checked.chain_head}
