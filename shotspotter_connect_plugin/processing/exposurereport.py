"""connect:exposurereport"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingParameterFileDestination

from ..errors import ConnectError
from .reports import BEAT, ReportAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

PUBLIC_PACK = "PUBLIC_PACK"


class ExposureReport(ReportAlgorithm):
    """On whom patrol minutes fell, whether caps were kept, whether the lottery was honest."""

    NAME = "exposurereport"
    TITLE = "Exposure report"
    TAKES_SHIFT = False
    HELP = ("For the community, the council and auditors: patrol minutes per 1,000 residents by neighbourhood and by "
            "group of residents, also against harm; whether every cap was kept; how evenly patrols lie on boxes; "
            "whether every ended draw replays from its seed; changes by hand by reason; what imports refused. It names "
            "no officer and no unit. PUBLIC_PACK writes a zip for publication beside it: the report and its "
            "tables with small counts hidden, the draws with their revealed seeds, model cards and the rules "
            "in force, of shifts that have ended.")

    def add_own(self) -> None:
        self.add(QgsProcessingParameterFileDestination(PUBLIC_PACK, "Public pack", "ZIP (*.zip)", optional=True,
                                                       createByDefault=False),
                 "Zip to write for publication, with a README and a list of SHA-256 sums. Empty = none.")

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        super().check(parameters, context)
        pack = self.parameterAsFileOutput(parameters, PUBLIC_PACK, context)
        if pack and not pack.lower().endswith(".zip"):
            raise ConnectError(f"PUBLIC_PACK must end in .zip; “{pack}” does not.")

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..reports.builders import exposure_report
        from .feedback import LayoutFeedback

        outputs = super().work(workspace, parameters, context, progress.part(0.0, 0.5), run)
        pack = self.parameterAsFileOutput(parameters, PUBLIC_PACK, context)
        if pack:
            first, last = self.period(parameters, workspace)
            made = exposure_report.build_pack(workspace, first, last, self.text(parameters, BEAT, context),
                                              progress.part(0.5, 0.9))
            names = exposure_report.write_pack(made, pack, LayoutFeedback(progress.part(0.9, 1.0)))
            progress.info(f"The public pack {pack} holds {len(names)} files.")
            outputs[PUBLIC_PACK] = pack
        return outputs
