"""connect:verifydraw"""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingOutputBoolean, QgsProcessingParameterFolderDestination

from .base import NOTHING, PATROL, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

EXPORT, VERIFIED = "EXPORT", "VERIFIED"


class VerifyDraw(ConnectAlgorithm):
    """Whether the draws of a date are what the lottery gives."""

    NAME = "verifydraw"
    TITLE = "Verify draw"
    GROUP = PATROL
    CHANGES = NOTHING
    HELP = ("Replays every draw of a date from its stored probabilities and seed, and checks that the seed fits the "
            "hash published before it, that the same boxes come out, that the probabilities sum to the boxes and that "
            "no cap was broken. VERIFIED is true only if nothing is wrong. Before a shift has ended its seed is still "
            "secret; then all that can be checked without it is checked, on the machine that drew also the seed "
            "itself. EXPORT writes each draw to a file with which anybody can replay it without this plugin, as in "
            "docs/verify-a-draw.md.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_date_and_shift()
        self.add(QgsProcessingParameterFolderDestination(EXPORT, "Folder for draw files", None, True, False),
                 "Where to write draw_<date>_<shift>.json, the newest draw of each shift with its chances and, once "
                 "the shift has ended, its seed. Empty = nothing is written.")
        self.addOutput(QgsProcessingOutputBoolean(VERIFIED, "Whether every draw is verified"))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.steps import draw_proof

        date, codes = self.shifts(parameters, context, workspace)
        folder = self.parameterAsFileOutput(parameters, EXPORT, context) if parameters.get(EXPORT) else ""
        results = {}
        for shift in codes:
            results[shift] = draw_proof.verify_draw(workspace, date, shift)
            if results[shift].verified:
                progress.info(f"{date} {shift}: verified{'; notes below' * bool(results[shift].notes)}.")
            for problem in results[shift].problems:
                progress.warn(f"{date} {shift}: {problem}")
            for sentence in results[shift].waiting:
                progress.warn(f"{date} {shift}: not verified. {sentence}")
            for note in results[shift].notes:
                progress.info(f"{date} {shift}: {note}")
            if folder:
                path = os.path.join(folder, f"draw_{date}_{shift}.json")
                draw_proof.export_draw(workspace, date, shift, path)
                progress.info(f"{date} {shift}: written to {path}.")
        progress.info("What this cannot show: who could read the seeds before their shift, and so know the draws.")
        run.counts = {shift: bool(result.verified) for shift, result in results.items()}
        return {VERIFIED: all(result.verified for result in results.values()), **({EXPORT: folder} if folder else {})}
