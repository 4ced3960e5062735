"""connect:capcost"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import Qgis, QgsProcessingParameterFeatureSink, QgsProcessingParameterFileDestination

from .base import FROM, NOTHING, OUTPUT, PATROL, TO, ConnectAlgorithm
from .inputs import iso_date

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

REPORT = "REPORT"


class CapCost(ConnectAlgorithm):
    """The price of metering, for a range of caps."""

    NAME = "capcost"
    TITLE = "What caps cost"
    GROUP = PATROL
    CHANGES = NOTHING
    HELP = ("Replays forecasts and lotteries of a past period under caps from 0.1 to 1 and tells, for each: how much "
            "expected harm the drawn boxes would have covered (against always taking the most harmful boxes), how many "
            "events would have fallen into them, and how evenly patrols would have spread: boxes ever served, "
            "effective number of boxes, Gini, longest run of days in one box. Beside that it compares ways to share "
            "the same patrols: equal per beat, by harm, in between, each with and without pacing. So that a chief and "
            "a council can choose with open eyes. Events in a drawn box are not events prevented.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_period("First date of the replay, YYYY-MM-DD. A model trained on what was known at its plan hour is "
                        "needed.")
        self.add(QgsProcessingParameterFeatureSink(OUTPUT, "Costs", Qgis.ProcessingSourceType.Vector, optional=True),
                 "Two rows per cap: with all rules of the lottery, and with the cap alone; then a row for each way to "
                 "share patrols, under the cap of the settings.")
        self.add(QgsProcessingParameterFileDestination(REPORT, "Report", "HTML (*.html)", None, True),
                 "Page with charts and tables.")

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..reports.web import cap_cost_page
        from ..workspace.steps import costing
        from .outputs import write_output

        first, last = iso_date(parameters.get(FROM)), iso_date(parameters.get(TO))
        table = costing.cost_of_caps(workspace, first, last, progress=progress.part(0.0, 0.95))
        for row in table.itertuples():
            progress.info(f"Cap {row.cap:g}, {row.rules}: {100 * row.covered_harm:.0f} % of the most possible harm "
                          f"covered, {row.hits:.1f} events in drawn boxes, "
                          f"{row.effective_boxes:.0f} boxes served in effect.")
        run.counts = {"caps": len(table)}
        outputs = write_output(self, parameters, context, table)
        report = self.parameterAsFileOutput(parameters, REPORT, context)
        if report:
            cap_cost_page.write_page(table, f"What caps cost, {first} to {last}",
                                     costing.in_words(workspace), report)
            outputs[REPORT] = report
        return outputs
