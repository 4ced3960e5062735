"""connect:backtest"""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from qgis.core import (Qgis, QgsProcessingParameterFeatureSink, QgsProcessingParameterFileDestination,
                       QgsProcessingParameterNumber, QgsProcessingParameterString)

from ..errors import ConnectError
from .base import FORECAST, FROM, NOTHING, OUTPUT, TO, ConnectAlgorithm
from .inputs import iso_date

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

CRIME_TYPES, AREA_PERCENT, RANKS, REPORT = "CRIME_TYPES", "AREA_PERCENT", "RANKS", "REPORT"


class BackTest(ConnectAlgorithm):
    """How good forecasts of the past would have been."""

    NAME = "backtest"
    TITLE = "Back-test the forecast"
    GROUP = FORECAST
    CHANGES = NOTHING
    NEEDS = ("scipy",)
    HELP = ("Forecasts every shift of a past period from what was known at its plan hour, learning anew every four "
            "weeks, and compares with what then happened: how many events fell on the searched area, for the forecast "
            "of the product, on today's boxes and on boxes placed anew, for every simple way to forecast, and for the "
            "lottery under its caps. Tells beside it what an agency would get from other choices: the same number of "
            "boxes in every beat, boxes shared by harm, patrols spread over the week, the fishnet or placed boxes, no "
            "limits, and the traditional hot-spot map; so it tells what each choice costs in harm covered and in "
            "events per 100 patrol hours. Says which crime types are too rare to forecast. The workspace is not "
            "changed. Long periods take a while.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_period("First date of the back-test, YYYY-MM-DD. Events from well before it are needed to learn from.")
        self.add(QgsProcessingParameterString(CRIME_TYPES, "Crime types", optional=True),
                 "Codes separated by commas, as in gunfire,robbery. Empty = all that are enabled.")
        self.add(QgsProcessingParameterNumber(AREA_PERCENT, "Searched area in per cent",
                                              Qgis.ProcessingNumberParameterType.Double, 1.0, False, 0.01, 100.0),
                 "Share of the jurisdiction that is searched in each shift, in per cent.")
        self.add(QgsProcessingParameterFeatureSink(OUTPUT, "Scores", Qgis.ProcessingSourceType.Vector, optional=True),
                 "One row per crime type and method; a file that ends in .csv gives text.")
        self.add(QgsProcessingParameterFileDestination(RANKS, "Ranks", "CSV files (*.csv)", None, True, False),
                 "The boxes of each shift down to the searched area, all that are equal at the cut included, so that "
                 "anyone can score again; large for long periods.")
        self.add(QgsProcessingParameterFileDestination(REPORT, "Report", "HTML (*.html)", None, True),
                 "Page with what each choice gives and costs, charts and the table.")

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..reports.web import backtest_page
        from ..workspace.steps import backtesting
        from .outputs import write_output

        first, last = iso_date(parameters.get(FROM)), iso_date(parameters.get(TO))
        codes = self.codes(parameters, CRIME_TYPES, context)
        ranks, report = (self.parameterAsFileOutput(parameters, name, context) for name in (RANKS, REPORT))
        if report and not os.path.isdir(os.path.dirname(os.path.abspath(report))):  # said now, not after the long work
            raise ConnectError(f"REPORT: the folder of {report} does not exist; choose another one.")
        result = backtesting.backtest(workspace, first, last, codes or None,
                                      self.parameterAsDouble(parameters, AREA_PERCENT, context), ranks,
                                      progress.part(0.0, 0.95))
        for sentence in backtest_page.in_short(result):
            progress.info(sentence)
        run.counts = {"rows": len(result.table), "shifts": result.shifts}
        outputs = {**({RANKS: ranks} if ranks else {}), **write_output(self, parameters, context, result.table)}
        if report:
            backtest_page.write_page(result, f"Back-test, {first} to {last}",
                                     backtesting.in_words(workspace, result), report)
            outputs[REPORT] = report
        return outputs
