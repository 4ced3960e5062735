"""From the WORKSPACE parameter to the address of a workspace, and back into the project and the list of recent ones."""
from __future__ import annotations

import glob
import os
from itertools import chain
from typing import TYPE_CHECKING, Iterable, Iterator, Sequence

from qgis.core import QgsProject, QgsSettings

from ..errors import ConnectError
from ..plan_place import SCOPE, WORKSPACE, Place, day_of, is_path, marks

if TYPE_CHECKING:
    from ..plan_place import Mark

_RECENT = "shotspotter_connect/recent_workspaces"
_KEEP = 8
_CHOSEN = "/workspace_chosen"
_ABOVE = 3
"""In how many folders above that of a plan its workspace is looked for."""


def resolve(text: str, project: QgsProject | None) -> str:
    """The address that WORKSPACE names; an empty one stands for the workspace of the open project.

    Raises
    ------
    ConnectError
        When it is empty and the project has none.
    """
    address = (text or "").strip() or of_project(project)
    if not address:
        raise ConnectError("No workspace was chosen and the open project has none: choose the GeoPackage that “Create "
                           "workspace” made (WORKSPACE in batch).")
    return os.path.expanduser(address)


def of_project(project: QgsProject | None) -> str:
    """The workspace of a project, "" if it has none; one that was moved with the project is found beside it.

    Where the project holds plans, it is the workspace that drew one of them: a file of the same name that did not, as
    another city's, is none.
    """
    if project is None:
        return ""
    stored = project.readEntry(SCOPE, WORKSPACE, "")[0]
    if stored and not is_path(stored):
        return stored
    near = _near(project, stored) if stored else []
    drawn = [] if project.readBoolEntry(SCOPE, _CHOSEN)[0] else [mark for mark in marks(project) if mark.seed_hash]
    if not drawn:
        return next((path for path in near if os.path.exists(path)), near[0] if near else "")
    candidates = chain(near, _around(project), filter(is_path, recent()))
    return next((path for path in candidates if _drew(path, drawn)), "")


def place_of(project: QgsProject) -> Place:
    """The :class:`~..plan_place.Place` that a project shows: of a plan its workspace, date and shift."""
    return Place(of_project(project), *day_of(project))


def is_lost(project: QgsProject) -> bool:
    """Whether the project is a plan whose workspace cannot be found."""
    return bool(day_of(project)[0]) and not of_project(project)


def is_foreign(project: QgsProject, address: str) -> bool:
    """Whether the project holds plans of which a workspace drew none."""
    drawn = [mark for mark in marks(project) if mark.seed_hash]
    return bool(drawn) and is_path(address) and not _drew(address, drawn)


def set_in_project(project: QgsProject, address: str) -> None:
    """Make ``address`` the workspace of ``project``, whatever it shows; relative to its folder where that can be."""
    project.writeEntry(SCOPE, WORKSPACE, project.writePath(address) if is_path(address) else address)
    project.writeEntryBool(SCOPE, _CHOSEN, True)


def recent() -> list[str]:
    """Workspaces used last, newest first; files that are gone are left out."""
    kept = QgsSettings().value(_RECENT, [], type=list) or []
    return [address for address in kept if not is_path(address) or os.path.exists(address)]


def remember(address: str) -> None:
    """Put a workspace at the head of the recent ones."""
    if is_path(address):
        address = os.path.abspath(address)
    QgsSettings().setValue(_RECENT, ([address] + [other for other in recent() if other != address])[:_KEEP])


def current() -> str:
    """The workspace a dialog should offer: the open project's, else the one used last, else "".

    For a plan whose workspace cannot be found it is "", since the one used last may be another city's.
    """
    project = QgsProject.instance()
    if is_lost(project):
        return ""
    return of_project(project) or next(iter(recent()), "")


_shown: dict[str, str] = {}  # addresses that were listed since QGIS was started, in their order


def known(*more: str) -> list[str]:
    """Addresses for a list: ``more``, the open project's, the recent ones; each once, empty ones left out.

    After them those that were listed before: two plans that were only looked at are told apart, too.
    """
    now = dict.fromkeys(filter(None, [*more, of_project(QgsProject.instance()), *recent()]), "")
    _shown.update(now)
    return [*now, *(address for address in _shown if address not in now and os.path.exists(address))]


def names(addresses: Iterable[str]) -> dict[str, str]:
    """{address: its name for people}: the file's, with so much of its folder as tells it from others of that name."""
    return {address: _name(address, addresses) for address in addresses}


def name_of(address: str) -> str:
    """The name of a workspace for titles, told apart from those used lately."""
    return names(known(address))[address] if address else ""


def _name(address: str, addresses: Iterable[str]) -> str:
    name = os.path.basename(address) or address
    folder = _folders(address)
    others = [_folders(other) for other in addresses if other != address and os.path.basename(other) == name]
    if not others or not folder:
        return name
    length = next((length for length in range(1, len(folder))
                   if all(other[-length:] != folder[-length:] for other in others)), len(folder))
    return f"{name} ({os.sep.join(folder[-length:]) or os.sep})"


def _folders(address: str) -> list[str]:
    return os.path.dirname(os.path.abspath(address)).split(os.sep) if is_path(address) else []


def _near(project: QgsProject, stored: str) -> list[str]:
    """Where the workspace that a project names may be: where it says, or beside the project."""
    path = os.path.normpath(project.readPath(stored))
    return [path, os.path.join(project.homePath(), os.path.basename(path))]


def _around(project: QgsProject) -> Iterator[str]:
    """GeoPackages in the folder of a project and in those above it."""
    folder = os.path.abspath(project.homePath()) if project.homePath() else ""
    for _ in range(_ABOVE + 1 if folder else 0):
        yield from sorted(glob.glob(os.path.join(glob.escape(folder), "*.gpkg")))
        folder = os.path.dirname(folder)


# Docks ask every few seconds; a draw stays, and a file that changed is asked again.
_drew_it: set[tuple[str, tuple[Mark, ...]]] = set()
_did_not: dict[tuple[str, tuple[Mark, ...]], int] = {}


def _drew(path: str, plans: Sequence[Mark]) -> bool:
    """Whether a file is the workspace that drew one of some plans."""
    key = path, tuple(plans)
    try:
        changed = os.stat(path).st_mtime_ns
    except OSError:
        return False
    if key not in _drew_it and _did_not.get(key) != changed:
        if _has_draw(path, plans):
            _drew_it.add(key)
        else:
            _did_not[key] = changed
    return key in _drew_it


def _has_draw(path: str, plans: Sequence[Mark]) -> bool:
    from ..workspace.store.workspace import open_workspace

    try:
        with open_workspace(path) as workspace:
            return any(workspace.count("draws", {"shift_date": mark.date, "shift": mark.shift,
                                                 "seed_hash": mark.seed_hash}) for mark in plans)
    except ConnectError:
        return False
