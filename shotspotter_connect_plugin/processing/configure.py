"""connect:configure"""
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingOutputNumber, QgsProcessingParameterFile, QgsProcessingParameterFileDestination

from .. import json_text
from ..errors import ConnectError
from .base import NOTHING, SET_UP, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

SETTINGS, EXPORT, CHANGES = "SETTINGS", "EXPORT", "CHANGES"


class Configure(ConnectAlgorithm):
    """Settings, crime types, shifts and tactics, from and to one JSON file."""

    NAME = "configure"
    TITLE = "Configure workspace"
    GROUP = SET_UP
    CHANGES = "configure"
    HELP = ("Changes the agency's settings, crime types, shifts and tactics from one JSON file, and writes all of them "
            "to such a file. The file looks like {\"settings\": {\"agency\": \"...\"}, \"crime_types\": [...], "
            "\"shifts\": [...], \"tactics\": [...]}; every part may be left out. Export first to see all names with "
            "their values. Either the whole file is taken over or nothing of it.")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(QgsProcessingParameterFile(SETTINGS, "Settings file", optional=True, fileFilter="All files (*)"),
                 "JSON file with what shall change. Empty = change nothing.")
        self.add(QgsProcessingParameterFileDestination(EXPORT, "Export to", "JSON files (*.json)", optional=True,
                                                       createByDefault=False),
                 "Where to write all settings as they are after the change.")
        self.addOutput(QgsProcessingOutputNumber(CHANGES, "Number of changes"))

    def inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[str]:
        path = self.text(parameters, SETTINGS, context)
        return [path] if path else []

    def changes(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        return self.CHANGES if self.text(parameters, SETTINGS, context) else NOTHING

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        from ..workspace.steps.configure import configure, export_configuration
        from ..workspace.store import roles

        changes = []
        if not parameters.get(SETTINGS) and not parameters.get(EXPORT):
            raise ConnectError("There is nothing to do: give SETTINGS, a file with what shall change, or EXPORT, where "
                               "to write all settings, or both.")
        path = self.text(parameters, SETTINGS, context)
        if path:
            changes = configure(workspace, read_json(path))
        for change in changes:
            progress.info(str(change))
        refusal = roles.why_not(workspace, self.CHANGES) if path else ""
        if refusal:
            progress.warn(f"With these settings you have configured the workspace for the last time. {refusal}")
        outputs = {CHANGES: len(changes)}
        target = self.parameterAsFileOutput(parameters, EXPORT, context)
        if target:
            write_json(target, export_configuration(workspace))
            outputs[EXPORT] = target
        run.counts = {"changes": len(changes)}
        return outputs


def read_json(path: str, what: str = "The settings file") -> Any:
    """The content of a JSON file; ``what`` begins the sentence of an error.

    Raises
    ------
    ConnectError
        When it cannot be read or is no JSON.
    """
    try:
        return json_text.read(path)
    except OSError as error:
        raise ConnectError(f"{what} {path} cannot be read; check its name.", str(error)) from error
    except ValueError as error:
        raise ConnectError(f"{what} {path} is not valid JSON ({str(error)[:80]}); mend it and run "
                           "again.", str(error)) from error


def write_json(path: str, content: dict[str, Any]) -> None:
    """Write a JSON file that people can read."""
    from ..files import replace_text

    replace_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n", "The configuration")
