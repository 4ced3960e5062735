"""connect:score"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import Qgis, QgsProcessingOutputNumber, QgsProcessingParameterFeatureSink

from .base import FORECAST, OUTPUT, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

ROWS = "ROWS"


class Score(ConnectAlgorithm):
    """Expected events per box, shift and crime type."""

    NAME = "score"
    TITLE = "Score"
    GROUP = FORECAST
    CHANGES = "forecast"
    NEEDS = ("scipy",)
    HELP = ("Forecasts the expected events of every crime type in every box, for one shift or all shifts of a date, "
            "from what was reported before the cut-off. Each value comes with a 90 % interval: it is a chance, not a "
            "prediction that something happens in a place, and says nothing about any person.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_date_and_shift()
        self.add_as_of("The forecast uses nothing reported later. Empty = the hour of DATE at which the agency plans.")
        self.add(QgsProcessingParameterFeatureSink(OUTPUT, "Forecast", Qgis.ProcessingSourceType.VectorPolygon,
                                                   optional=True),
                 "One square per box and shift: expected events per crime type, the dominant type with its interval, "
                 "percentile and reasons, and the name people use for the box.")
        self.addOutput(QgsProcessingOutputNumber(ROWS, "Forecasts stored"))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.exports import views
        from ..workspace.steps import forecasting
        from .outputs import Styler, crime_type_legend, write_boxes

        date, codes = self.shifts(parameters, context, workspace)
        as_of = self.as_of(parameters, workspace)
        rows = 0
        for number, code in enumerate(codes):
            part = progress.part(0.9 * number / len(codes), 0.9 * (number + 1) / len(codes))
            part.report(0.0, f"Scoring {date} {code}")
            rows += len(forecasting.score(workspace, date, code, as_of=as_of, progress=part))
        run.counts = {"forecasts": rows}
        legend = crime_type_legend(workspace)
        frame, shapes = views.forecast_boxes(workspace, date, codes, legend)
        return {ROWS: rows, **write_boxes(
            self, parameters, context, frame, shapes, workspace.settings.crs, progress.part(0.9, 1.0),
            Styler("style_forecast", legend, views.FORECAST_WORDS))}
