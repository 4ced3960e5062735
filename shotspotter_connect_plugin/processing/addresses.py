"""From the WORKSPACE parameter to the address of a workspace, and back into the project and the list of recent ones."""
import os

from qgis.core import QgsProject, QgsSettings

from ..errors import ConnectError

_SCOPE, _KEY = "shotspotter_connect", "/workspace"
_RECENT = "shotspotter_connect/recent_workspaces"
_KEEP = 8


def resolve(text, project):
    """The address that WORKSPACE names; an empty one stands for the workspace of the open project.

    Raises
    ------
    ConnectError
        When it is empty and the project has none.
    """
    address = (text or "").strip() or of_project(project)
    if not address:
        raise ConnectError("No workspace was named and the open project has none: give WORKSPACE, the GeoPackage that "
                           "“Create workspace” made.")
    return os.path.expanduser(address)


def of_project(project):
    """The workspace of a project, "" if it has none; one that was moved with the project is found beside it."""
    address = project.readEntry(_SCOPE, _KEY, "")[0] if project is not None else ""
    if not address or not _is_path(address):
        return address
    path = project.readPath(address)
    beside = os.path.join(project.homePath(), os.path.basename(path))
    return beside if not os.path.exists(path) and os.path.exists(beside) else path


def set_in_project(project, address):
    """Make ``address`` the workspace of ``project``; written relative to the project's folder where it can be."""
    project.writeEntry(_SCOPE, _KEY, project.writePath(address) if _is_path(address) else address)


def recent():
    """Workspaces used last, newest first; files that are gone are left out."""
    kept = QgsSettings().value(_RECENT, [], type=list) or []
    return [address for address in kept if not _is_path(address) or os.path.exists(address)]


def remember(address):
    """Put a workspace at the head of the recent ones."""
    if _is_path(address):
        address = os.path.abspath(address)
    QgsSettings().setValue(_RECENT, ([address] + [other for other in recent() if other != address])[:_KEEP])


def current():
    """The workspace a dialog should offer: the open project's, else the one used last, else ""."""
    return of_project(QgsProject.instance()) or next(iter(recent()), "")


def _is_path(address):
    return "://" not in address and not address.startswith("service=")
