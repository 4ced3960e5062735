"""connect:purge"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingOutputNumber, QgsProcessingOutputString, QgsProcessingParameterBoolean

from .base import NOTHING, SET_UP, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

DRY_RUN, ROWS, TABLES = "DRY_RUN", "ROWS", "TABLES"


class Purge(ConnectAlgorithm):
    """Remove rows older than the retention limits."""

    NAME = "purge"
    TITLE = "Purge old data"
    GROUP = SET_UP
    CHANGES = "purge"
    HELP = ("Removes rows that are older than the limits in the setting retention_days, table by table, for good: GPS "
            "fixes, visits, rosters, tactic logs, incidents and so on. At first it only tells what would go; turn "
            "“Only tell what would go” off to remove it. All of it goes or nothing, the run is recorded, and the file "
            "is rewritten so that nothing of the rows stays in it; if that is stopped, the next purge finishes it. "
            "Draws, adjustments and runs can never be purged, nor patrols, on which the proof of a draw rests. Rejects "
            "files, journals of cars and copies of the workspace are not touched.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(QgsProcessingParameterBoolean(DRY_RUN, "Only tell what would go", True),
                 "On = nothing is removed. Off = it is removed for good.")
        self.addOutput(QgsProcessingOutputNumber(ROWS, "Rows that went or would go"))
        self.addOutput(QgsProcessingOutputString(TABLES, "The same by table, one per line"))

    def changes(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        return NOTHING if self.parameterAsBoolean(parameters, DRY_RUN, context) else self.CHANGES

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.steps.purging import purge

        dry_run = self.parameterAsBoolean(parameters, DRY_RUN, context)
        table = purge(workspace, dry_run, progress=progress)
        gone = "would go" if dry_run else "removed"
        lines = [f"{row.table}: {row.rows:,} rows from before {row.before} {gone}, {row.kept:,} stay (kept for "
                 f"{row.days} days)." for row in table.itertuples()]
        for line in lines:
            progress.info(line)
        if dry_run:
            progress.info("Nothing was removed; turn “Only tell what would go” off to remove it.")
        run.counts = {"dry_run": dry_run, **dict(zip(table["table"], map(int, table["rows"])))}
        return {ROWS: int(table["rows"].sum()), TABLES: "\n".join(lines)}
