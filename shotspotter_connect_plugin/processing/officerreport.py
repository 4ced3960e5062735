"""connect:officerreport"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingParameterBoolean, QgsProcessingParameterString

from .reports import OFFICER, ReportAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

RANK = "RANK"


class OfficerReport(ReportAlgorithm):
    """Minutes per tactic and box of each officer, beside the peers of the same shifts."""

    NAME = "officerreport"
    TITLE = "Officer report"
    HELP = ("Minutes per tactic and box of each officer, beside how minutes were spread among the officers of the same "
            "shifts. Officers stand under their badge number or pseudonym in the order of these codes; nobody is "
            "ranked unless RANK asks for it, and names are never shown.")

    def add_own(self) -> None:
        self.add(QgsProcessingParameterString(OFFICER, "Officer", optional=True),
                 "Badge number or pseudonym of one officer, as in the roster: every tactic, box and shift of this "
                 "officer. Empty = all officers.")
        self.add(QgsProcessingParameterBoolean(RANK, "Rank officers by minutes per shift", False),
                 "Put officers in the order of their minutes per shift. Off = in the order of their codes.")

    def own(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, Any]:
        return {"officer": self.text(parameters, OFFICER, context),
                "rank": self.parameterAsBoolean(parameters, RANK, context)}
