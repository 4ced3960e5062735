"""connect:placeboxes"""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from qgis.core import (Qgis, QgsProcessingOutputNumber, QgsProcessingParameterBoolean,
                       QgsProcessingParameterFeatureSink, QgsProcessingParameterFileDestination,
                       QgsProcessingParameterNumber, QgsProcessingParameterString)

from ..errors import ConnectError
from .base import NOTHING, OUTPUT, SET_UP, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.steps.placing import FoundLayout
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

SHARE, SMOOTH, APPLY, REASON, REPORT = "SHARE", "SMOOTH", "APPLY", "REASON", "REPORT"
BOXES, PLACED, GAIN, GAIN_LOW, GAIN_HIGH = "BOXES", "PLACED", "GAIN", "GAIN_LOW", "GAIN_HIGH"
_MOVED = {"incidents": "incidents", "gunfire": "gunfire alerts", "places": "places", "visits": "visits"}


class PlaceBoxes(ConnectAlgorithm):
    """Squares laid where events cluster, instead of on a fishnet."""

    NAME = "placeboxes"
    TITLE = "Place boxes where crime clusters"
    GROUP = SET_UP
    CHANGES = "boxes"
    NEEDS = ("scipy",)
    HELP = ("A fishnet cuts hot places in pieces. This lays squares of the same size where the known events cluster; "
            "the rest stays fishnet, less what the squares took. At first it only tells what would be gained: how many "
            "more events of the last year the same area would have held, with an interval, and whether that is worth "
            "it here. With “Put in force” and a reason, all events, visits and places get their new box; shifts that "
            "are drawn keep their boxes and plans, the forecast need not be trained again, and forecasts of shifts not "
            "drawn yet are removed: score them again, or run the whole day. Squares are laid only where at least half "
            "is inside the jurisdiction and open to officers. A share of 0 leads back to the plain fishnet.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_as_of("Only what was known then is used, and the year before it is what the gain is told for. Empty = "
                       "now.")
        real = Qgis.ProcessingNumberParameterType.Double
        self.add(QgsProcessingParameterNumber(SHARE, "Squares, in per cent of the boxes", real, 3.0, False, 0.0,
                                              100.0),
                 "How many squares are placed, the hottest places first. 0 = none: back to the plain fishnet.")
        self.add(QgsProcessingParameterNumber(SMOOTH, "Smoothing in metres", real, None, True, 0.0, 500.0),
                 "How far published places usually are from the true ones (one standard deviation). Leave it empty "
                 "unless you know better: then it is 38 m for places given as blocks, less or more where the file says "
                 "how it was rounded.")
        self.add(QgsProcessingParameterBoolean(APPLY, "Put in force", False),
                 "Off = nothing is changed. On = the boxes of the workspace become these; needs a reason.")
        self.add(QgsProcessingParameterString(REASON, "Reason", optional=True),
                 "Why the boxes are laid anew; it is kept with the layout. Needed to put it in force.")
        self.add(QgsProcessingParameterFileDestination(REPORT, "Report", "HTML (*.html)", None, True),
                 "Page with the gain, maps of before and after, and the costs.")
        self.add(QgsProcessingParameterFeatureSink(OUTPUT, "Boxes", Qgis.ProcessingSourceType.VectorPolygon,
                                                   optional=True),
                 "All boxes of the layout: box_id, col, row, inside, and kind: placed, remnant or fishnet.")
        for name, words in ((BOXES, "Boxes of the layout"), (PLACED, "Squares placed"),
                            (GAIN, "Events held over those of plain fishnets (1.1 = 10 % more)"),
                            (GAIN_LOW, "Lower end of its 90 % interval"),
                            (GAIN_HIGH, "Upper end of its 90 % interval")):
            self.addOutput(QgsProcessingOutputNumber(name, words))

    def changes(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        return self.CHANGES if self.parameterAsBoolean(parameters, APPLY, context) else NOTHING

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        super().check(parameters, context)
        if self.parameterAsBoolean(parameters, APPLY, context) and not self.text(parameters, REASON, context):
            raise ConnectError("Putting boxes in force needs a REASON; it is kept with the layout.")
        report = self.parameterAsFileOutput(parameters, REPORT, context)
        if report and not os.path.isdir(os.path.dirname(os.path.abspath(report))):  # said now, not after the long work
            raise ConnectError(f"REPORT: the folder of {report} does not exist; choose another one.")

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..reports.web import layout_page
        from ..workspace.numbers.layout_figures import layout_figures
        from ..workspace.steps import placing

        smooth = None if parameters.get(SMOOTH) is None else self.parameterAsDouble(parameters, SMOOTH, context)
        found = placing.find_layout(workspace, self.as_of(parameters, workspace),
                                    self.parameterAsDouble(parameters, SHARE, context), smooth,
                                    progress.part(0.0, 0.6))
        for sentence in layout_page.in_short(found):
            progress.info(sentence)
        # First the file: what cannot be written changes no boxes.
        outputs = self._boxes(workspace, parameters, context, found, progress.part(0.6, 0.7))
        number, said = self._applied(workspace, parameters, context, found, progress.part(0.7, 0.95))
        progress.info(said)
        gain, low, high = found.gain.cautious
        run.counts = {"boxes": len(found.boxes), "placed": len(found.squares), "layout": number,
                      **{name: value for name, value in (("gain", gain), ("gain_low", low), ("gain_high", high))
                         if value == value}}
        report = self.parameterAsFileOutput(parameters, REPORT, context)
        if report:
            try:
                layout_page.write_page(found, layout_figures(found), said,
                                       f"Boxes placed where crime clusters, {found.as_of:%Y-%m-%d}", report)
            except Exception as error:
                if workspace.changes:
                    raise ConnectError(f"Layout {number} is in force now and on record, but the report {report} could "
                                       "not be written. For the report alone run this again without “Put in force”, "
                                       "to another place.", repr(error)) from error
                raise
            outputs[REPORT] = report
        return {BOXES: len(found.boxes), PLACED: len(found.squares), GAIN: gain, GAIN_LOW: low, GAIN_HIGH: high,
                **outputs}

    def _applied(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext,
                 found: FoundLayout, progress: Progress) -> tuple[int, str]:
        """Put the layout in force if that is asked -> number of the layout in force, what was done."""
        from ..workspace.steps import placing

        if not self.parameterAsBoolean(parameters, APPLY, context):
            return workspace.layout, "Nothing was changed."
        if found.share and not found.gain.worth_it:
            progress.warn("These boxes were put in force although the gain may be luck; a share of 0 leads back.")
        done = placing.apply_layout(workspace, found.squares, self.text(parameters, REASON, context), found, progress)
        moved = ", ".join(f"{count:,} {_MOVED[table]}" for table, count in done.moved.items())
        return done.layout, f"Layout {done.layout} is in force now. These have a new box: {moved}."

    def _boxes(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext,
               found: FoundLayout, progress: Progress) -> dict[str, Any]:
        from ..workspace.exports.views import layout_boxes
        from .outputs import write_output

        if not parameters.get(OUTPUT):
            return {}
        frame, rectangles = layout_boxes(workspace, found)
        return write_output(self, parameters, context, frame, rectangles, workspace.settings.crs, progress)
