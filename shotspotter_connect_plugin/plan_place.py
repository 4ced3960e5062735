"""Which workspace, date and shift a QGIS project is about: custom entries of the project, and marks on its layers."""
from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Iterable, NamedTuple

from qgis.core import QgsLayerNotesUtils, QgsMapLayer, QgsProject

SCOPE = "shotspotter_connect"
WORKSPACE, DATE, SHIFTS = "/workspace", "/date", "/shifts"
PLAN_OF = "shotspotter_connect/plan_of"
"""Property of the layer of a shift's boxes: date, code and seed hash, by which the plan dock knows it as its own."""
# What the layers of plans told before they had that property: their source, and the seed hash in their notes.
# They are texts, compiled where a project holds such layers, and not when QGIS starts.
_SOURCE = r"plan_(\d{4}-\d\d-\d\d)\.gpkg\|layername=patrols\|subset=\"shift\" = '(.*)'$"
_HASH = r"\b[0-9a-f]{64}\b"


class Place(NamedTuple):
    """A workspace's address, an ISO date and the code of a shift; what is not known is empty."""

    address: str = ""
    date: str = ""
    shift: str = ""


class Mark(NamedTuple):
    """What the layer of a shift's boxes says of itself."""

    date: str
    shift: str
    seed_hash: str


def write_plan_place(project: QgsProject, address: str, folder: str | Path, date: str, shifts: Iterable[str]) -> None:
    """Write into the project of a plan, which goes to ``folder``, what it is the plan of.

    The workspace is kept relative to the folder, so that both can be moved together. Where the way to it would name
    the account that made the plan, or there is none, only its file's name is kept.
    """
    if address:
        project.writeEntry(SCOPE, WORKSPACE, _way(address, folder) if is_path(address) else address)
    project.writeEntry(SCOPE, DATE, date)
    project.writeEntry(SCOPE, SHIFTS, list(shifts))


def marks(project: QgsProject) -> list[Mark]:
    """A :class:`Mark` of each shift whose boxes the project holds, those that are shown first, then from the top."""
    nodes = [node for node in project.layerTreeRoot().findLayers() if node.layer() is not None]
    nodes.sort(key=lambda node: not node.isVisible())
    return [mark for mark in (_mark(node.layer()) for node in nodes) if mark is not None]


def _mark(layer: QgsMapLayer) -> Mark | None:
    kept = layer.customProperty(PLAN_OF)
    if kept:
        return Mark(*json.loads(kept))
    source = re.search(_SOURCE, layer.source())
    if source is None:
        return None
    seed_hash = re.search(_HASH, QgsLayerNotesUtils.layerNotes(layer))
    return Mark(source[1], source[2].replace("''", "'"), seed_hash[0] if seed_hash else "")


def day_of(project: QgsProject) -> tuple[str, str]:
    """(date, shift) of the plan that a project shows; empty texts where it is no plan."""
    first = next(iter(marks(project)), None)
    if first is not None:
        return first.date, first.shift
    shifts = project.readListEntry(SCOPE, SHIFTS)[0]
    return project.readEntry(SCOPE, DATE, "")[0], shifts[0] if shifts else ""


def is_path(address: str) -> bool:
    """Whether an address is that of a file."""
    return "://" not in address and not address.startswith("service=")


def _way(address: str, folder: str | Path) -> str:
    address, home = os.path.realpath(address), os.path.realpath(os.path.expanduser("~"))
    try:
        way = os.path.relpath(address, os.path.realpath(folder))
        shared = os.path.commonpath([address, os.path.realpath(folder)])
    except ValueError:  # on another drive
        return f"./{os.path.basename(address)}"
    if _inside(address, home) and not _inside(shared, home):
        return f"./{os.path.basename(address)}"
    way = way.replace(os.sep, "/")
    return way if way.startswith("../") else f"./{way}"


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
