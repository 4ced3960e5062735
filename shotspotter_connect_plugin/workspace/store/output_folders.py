"""Where plans and reports go that nobody chose a folder for: beside the workspace."""
from __future__ import annotations

from pathlib import Path

from ...errors import ConnectError
from .workspace import Workspace, open_workspace

PLANS, REPORTS = "plans", "reports"


def plan_folder(workspace: Workspace, shift_date: str) -> Path:
    """Path of the folder of a date's sheets and plan: ``plans/2017-06-01`` beside the workspace; it may not exist."""
    return _own(workspace, PLANS) / shift_date


def report_folder(workspace: Workspace) -> Path:
    """Path of the folder of reports: ``reports`` beside the workspace; it may not exist."""
    return _own(workspace, REPORTS)


def _own(workspace: Workspace, name: str) -> Path:
    """A folder beside a workspace; where several lie in one folder, with their names, so that none takes another's."""
    beside = workspace.folder / name
    mine = (workspace.folder / workspace.address).name
    others = (path for path in sorted(workspace.folder.glob("*.gpkg")) if path.name != mine)
    return beside / mine.rpartition(".")[0] if any(_is_workspace(path) for path in others) else beside


def _is_workspace(path: Path) -> bool:
    try:
        open_workspace(path).close()
    except ConnectError:
        return False
    return True
