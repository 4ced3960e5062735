"""connect:visits"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import Qgis, QgsProcessingOutputNumber, QgsProcessingParameterFeatureSink

from .base import OUTPUT, PATROL, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

VISITS, PATROLS, SERVED, TARGET_MINUTES, PATROL_MINUTES = (
    "VISITS", "PATROLS", "PATROLS_SERVED", "TARGET_MINUTES", "PATROL_MINUTES")


class Visits(ConnectAlgorithm):
    """From GPS fixes to delivered dosage."""

    NAME = "visits"
    TITLE = "Find visits"
    GROUP = PATROL
    CHANGES = "visits"
    HELP = ("Finds in the GPS fixes who stayed in which box, from when to when, and keeps the visits of the period "
            "instead of those kept before. Fixes that cannot be true are dropped, a track ends where the signal was "
            "lost, jitter at the edge of a box is no departure, and a drive-through is no visit. A visit of a planned "
            "box serves its patrol; it is short, on target or over. The log compares planned with delivered.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_period()
        self.add(QgsProcessingParameterFeatureSink(OUTPUT, "Visits", Qgis.ProcessingSourceType.VectorPolygon,
                                                   optional=True),
                 "One square per visit of a unit: officers aboard, when it came and left, minutes, whether that is "
                 "short, on target or over, and the patrol it served.")
        for name, words in ((VISITS, "Visits of units"), (PATROLS, "Patrols planned"),
                            (SERVED, "Patrols with a visit"), (TARGET_MINUTES, "Minutes planned"),
                            (PATROL_MINUTES, "Minutes delivered in planned boxes")):
            self.addOutput(QgsProcessingOutputNumber(name, words))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.exports import views
        from ..workspace.steps import visit_finding
        from .outputs import Styler, write_boxes

        first, last = self.period(parameters, workspace)
        found = visit_finding.find_visits(workspace, first, last, progress.part(0.0, 0.9))
        summary = visit_finding.summary(workspace, first, last)
        for sentence in summary.sentences:
            progress.info(sentence)
        frame, shapes = views.visit_boxes(workspace, found)
        counts = {
            VISITS: len(frame), PATROLS: summary.patrols, SERVED: summary.served,
            TARGET_MINUTES: summary.target_minutes, PATROL_MINUTES: summary.patrol_minutes}
        run.counts = {name.lower(): number for name, number in counts.items()}
        return {**counts, **write_boxes(
            self, parameters, context, frame, shapes, workspace.settings.crs, progress.part(0.9, 1.0),
            Styler("style_visits", None, views.VISIT_WORDS))}
