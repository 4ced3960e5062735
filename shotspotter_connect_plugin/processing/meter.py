"""connect:meter"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from qgis.core import (Qgis, QgsProcessingOutputNumber, QgsProcessingParameterBoolean, QgsProcessingParameterDefinition,
                       QgsProcessingParameterFeatureSink, QgsProcessingParameterNumber, QgsProcessingParameterString)

from .base import OUTPUT, PATROL, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

BOXES, CAP, SEED, REDRAW, REASON, PATROLS, DRAWN = (
    "BOXES", "CAP", "SEED", "REDRAW", "REASON", "PATROLS", "DRAWN")


class Meter(ConnectAlgorithm):
    """The lottery that assigns boxes to a shift."""

    NAME = "meter"
    TITLE = "Meter"
    GROUP = PATROL
    CHANGES = "draw"
    HELP = ("Draws the boxes of a shift by a lottery: more expected harm gives a box a greater chance, caps bound "
            "every chance and what a box gets in a week and in four weeks, and each beat gets its number of boxes. The "
            "chances are stored with the draw, the seed was committed before it, and anyone can replay it. A shift "
            "that has been drawn is not drawn again unless you ask for it and say why; both draws stay.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_date_and_shift()
        integer, real = Qgis.ProcessingNumberParameterType.Integer, Qgis.ProcessingNumberParameterType.Double
        self.add(QgsProcessingParameterNumber(BOXES, "Boxes per beat", integer, None, True, 0, 1000),
                 "Boxes to draw in each beat and shift. Empty = the workspace's setting.")
        self.add(QgsProcessingParameterNumber(CAP, "Cap per box and shift", real, None, True, 0.01, 1.0),
                 "Largest chance that one box may have in one shift, 0.01 to 1. Empty = the workspace's setting.")
        seed = QgsProcessingParameterString(SEED, "Test seed", optional=True)
        seed.setFlags(seed.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        self.add(seed, "A seed of your own, for tests only: the draw is then marked “test, no lottery”. Empty = the "
                       "secret seed that was committed.")
        self.add(QgsProcessingParameterBoolean(REDRAW, "Draw again", False, True),
                 "Draw a shift that has been drawn already once more. Needs a reason; both draws stay.")
        self.add(QgsProcessingParameterString(REASON, "Reason", optional=True),
                 "Why it is drawn again; or why a shift is drawn without the secret seeds whose hashes were published, "
                 "where those were lost for good.")
        self.add(QgsProcessingParameterFeatureSink(OUTPUT, "Plan", Qgis.ProcessingSourceType.VectorPolygon,
                                                   optional=True),
                 "One square per directed patrol: beat, order, where, crime type, chance, chance of being drawn, "
                 "minutes.")
        self.addOutput(QgsProcessingOutputNumber(PATROLS, "Patrols in the plan"))
        self.addOutput(QgsProcessingOutputNumber(DRAWN, "Shifts drawn now"))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.exports import views
        from ..workspace.steps import shift_draw
        from .outputs import Styler, crime_type_legend, write_boxes
        from .street_network import street_ways

        date, codes = self.shifts(parameters, context, workspace)
        given = {
            "boxes": self._given(parameters, BOXES, self.parameterAsInt, context),
            "cap": self._given(parameters, CAP, self.parameterAsDouble, context),
            "seed": self.text(parameters, SEED, context) or None,
            "redraw": self.parameterAsBool(parameters, REDRAW, context),
            "reason": self.text(parameters, REASON, context), "ways": street_ways(workspace),
        }
        drawn = 0
        for number, code in enumerate(codes):
            part = progress.part(0.9 * number / len(codes), 0.9 * (number + 1) / len(codes))
            part.report(0.0, f"Drawing {date} {code}")
            result = shift_draw.meter(workspace, date, code, progress=part, **given)
            drawn += bool(result.drawn)
            for message in result.messages:
                progress.info(f"{date} {code}: {message}")
        legend = crime_type_legend(workspace)
        frame, shapes = views.plan_boxes(workspace, date, codes, legend)
        run.counts = {"drawn": drawn, "patrols": len(frame)}
        return {PATROLS: len(frame), DRAWN: drawn, **write_boxes(
            self, parameters, context, frame, shapes, workspace.settings.crs, progress.part(0.9, 1.0),
            Styler("style_patrols", legend, views.PLAN_WORDS))}

    def _given(self, parameters: dict[str, Any], name: str, read: Callable[..., Any],
               context: QgsProcessingContext) -> Any:
        return None if parameters.get(name) is None else read(parameters, name, context)
