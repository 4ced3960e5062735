"""connect:verifydraw"""
from qgis.core import QgsProcessingOutputBoolean

from .base import PATROL, ConnectAlgorithm

VERIFIED = "VERIFIED"


class VerifyDraw(ConnectAlgorithm):
    """Whether the draws of a date are what the lottery gives."""

    NAME = "verifydraw"
    TITLE = "Verify draw"
    GROUP = PATROL
    HELP = ("Replays every draw of a date from its stored probabilities and seed, and checks that the seed fits the "
            "hash published before it, that the same boxes come out, that the probabilities sum to the boxes and that "
            "no cap was broken. VERIFIED is true only if nothing is wrong. Before a shift has ended its seed is still "
            "secret; then all that can be checked without it is checked, on the machine that drew also the seed "
            "itself.")

    def initAlgorithm(self, configuration=None):  # noqa: N802
        self.add_workspace()
        self.add_date()
        self.add_shift()
        self.addOutput(QgsProcessingOutputBoolean(VERIFIED, "Whether every draw is verified"))

    def work(self, workspace, parameters, context, progress, run):
        from ..workspace import planning

        date = self.shift_date(parameters, workspace)
        results = {}
        for shift in self.shifts(parameters, context, workspace, date):
            results[shift] = planning.verify_draw(workspace, date, shift)
            if results[shift].verified:
                progress.info("{} {}: verified.".format(date, shift))
            for problem in results[shift].problems:
                progress.warn("{} {}: {}".format(date, shift, problem))
            for note in results[shift].notes:
                progress.info("{} {}: {}".format(date, shift, note))
        run.counts = {shift: bool(result.verified) for shift, result in results.items()}
        return {VERIFIED: all(result.verified for result in results.values())}
