"""connect:train"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (Qgis, QgsProcessingOutputString, QgsProcessingParameterFileDestination,
                       QgsProcessingParameterNumber, QgsProcessingParameterString)

from ..libraries import remarks
from .base import FORECAST, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

CRIME_TYPES, SEED, MODEL_CARD, MODEL_ID = "CRIME_TYPES", "SEED", "MODEL_CARD", "MODEL_ID"


class Train(ConnectAlgorithm):
    """A forecast model for each crime type."""

    NAME = "train"
    TITLE = "Train forecast"
    GROUP = FORECAST
    CHANGES = "forecast"
    NEEDS = ("scipy",)
    HELP = ("Fits the forecast of each crime type on what was reported before the cut-off, compares the simple ways "
            "with the finer ones on validation weeks, and keeps for each crime type the simplest that is as good as "
            "the best. Arrests, stops, personal data and what people look like are never read. The model card says "
            "what was chosen and why.")

    def shortHelpString(self) -> str:  # noqa: N802
        return "\n\n".join([self.HELP, *remarks()])

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add_as_of("The model uses nothing reported later. Empty = now.")
        self.add(QgsProcessingParameterString(CRIME_TYPES, "Crime types", optional=True),
                 "Codes of the crime types to train, separated by commas, as in gunfire,robbery. Empty = all that are "
                 "enabled.")
        self.add(QgsProcessingParameterNumber(SEED, "Seed", Qgis.ProcessingNumberParameterType.Integer, 1, True, 0,
                                              2147483647),
                 "Seed of everything random in the training; the same data and seed give the same model.")
        self.add(QgsProcessingParameterFileDestination(MODEL_CARD, "Model card", "Web pages (*.html);;JSON files "
                                                                                 "(*.json)", optional=True,
                                                       createByDefault=False),
                 "Where to write what the model is: data, ways compared, scores, limits; a page to read if the name "
                 "ends in .html, else JSON.")
        self.addOutput(QgsProcessingOutputString(MODEL_ID, "Id of the model"))

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.steps import forecasting

        for remark in remarks():
            progress.info(remark)
        codes = self.codes(parameters, CRIME_TYPES, context)
        card = self.parameterAsFileOutput(parameters, MODEL_CARD, context)
        model_id = forecasting.train(workspace, as_of=self.as_of(parameters, workspace), crime_types=codes or None,
                                     seed=self.parameterAsInt(parameters, SEED, context), progress=progress,
                                     card_path=card)
        run.counts = {"model_id": model_id}
        progress.info(f"Model {model_id}.")
        return {MODEL_ID: model_id, **({MODEL_CARD: card} if card else {})}
