"""Workspaces of made towns, each kind laid out once in a run and copied from then on."""
import atexit
import hashlib
import shutil
import tempfile
from pathlib import Path

import pandas as pd
from shapely.geometry import box

from shotspotter_connect_plugin.workspace.steps.create import create_workspace
from shotspotter_connect_plugin.workspace.store.layers import VectorTable
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

LEFT, BOTTOM, BOX = 320_000, 4_300_000, 250
CRS, NEW_YORK = "EPSG:32618", "America/New_York"
_KINDS = {}

# A town whose edge cuts boxes, with a beat that sorts last as text and first as a number.
CUT_TOWN = box(320_100, 4_300_100, 323_000, 4_302_000)
BEATS_9_AND_10 = {"9": box(320_000, 4_300_000, 321_500, 4_303_000), "10": box(321_500, 4_300_000, 324_000, 4_303_000)}


def square(col, row, wide, tall=None):
    """The boxes from (col, row) on, counted from the corner of the towns, as one polygon."""
    tall = wide if tall is None else tall
    return box(LEFT + col * BOX, BOTTOM + row * BOX, LEFT + (col + wide) * BOX, BOTTOM + (row + tall) * BOX)


def quarters(side):
    """The beats NW, NE, SW and SE of a square town of ``side`` boxes, as name -> polygon."""
    half = side // 2
    return dict(zip(("NW", "NE", "SW", "SE"), (square(col, row, half) for row in (half, 0) for col in (0, half))))


def area(shapes, crs=CRS):
    """A layer of polygons: one, several, or name -> polygon; its one field is ``name``."""
    if not isinstance(shapes, dict):
        several = shapes if isinstance(shapes, list) else [shapes]
        shapes = {f"area {number}": shape for number, shape in enumerate(several)}
    return VectorTable(pd.DataFrame({"name": list(shapes)}), list(shapes.values()), crs, "areas")


def new_town(path, outline, beats=None, timezone=NEW_YORK, **more):
    """A new workspace of an outline and beats (as :func:`area` takes them, or layers) at ``path``, open."""
    outline, beats = (part if part is None or isinstance(part, VectorTable) else area(part)
                      for part in (outline, beats))
    kind = hashlib.sha256(repr([timezone, sorted(more.items()), *(
        part and (part.frame.to_json(), [shape.wkb for shape in part.geometry], part.crs) for part in (outline, beats))
    ]).encode()).hexdigest()
    return once(kind, path, lambda first: create_workspace(first, outline, beats, timezone=timezone, **more))


def once(kind, path, make):
    """A copy at ``path``, open, of the workspace of a kind; ``make(path)``, which gives it open, is called once in a
    run."""
    if kind not in _KINDS:
        folder = tempfile.mkdtemp(prefix="made-town-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        first = Path(folder) / "town.gpkg"
        make(first).close()
        _KINDS[kind] = first
    shutil.copy(_KINDS[kind], path)
    return open_workspace(path)
