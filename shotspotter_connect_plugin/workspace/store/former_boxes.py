"""Boxes of layouts that are no longer in force: what was planned and done in them keeps them."""
from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Sequence

import numpy as np
import pandas as pd

from ...forecast import box_shapes
from ...forecast.arrays import objects
from ...forecast.box_layout import boxes_in
from ...forecast.box_transfer import shared_areas
from ...forecast.instants import nanoseconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...forecast.box_grid import BoxGrid
    from ...forecast.forecast_frames import SharedAreas
    from .rows import VisitRows
    from .table_store import Where
    from .workspace import Workspace


def known_boxes(workspace: Workspace, columns: Sequence[str]) -> pd.DataFrame:
    """Columns (box_id among them) of all boxes, and of former ones as they were last, below them."""
    boxes = workspace.read("boxes", columns)
    if not workspace.layout:
        return boxes
    plain = [name for name in columns if name != "geometry"]
    former = workspace.read("former_boxes", list(dict.fromkeys([*plain, "layout"])), order_by="layout")
    former = former.drop_duplicates("box_id", keep="last")
    former = former[~former["box_id"].isin(boxes["box_id"])]
    if "geometry" in columns:
        former = former.assign(geometry=_outlines(workspace, former))
    return pd.concat([boxes, former[list(columns)]], ignore_index=True)


def _outlines(workspace: Workspace, former: pd.DataFrame) -> pd.Series:
    """Areas of former boxes (box_id, layout), in their order."""
    parts = [pd.Series(objects(grid.outlines(*grid.parse(rows["box_id"]))), index=rows.index, dtype=object)
             for grid, rows in ((workspace.fishnet_of(int(layout)), rows) for layout, rows in former.groupby("layout"))]
    return pd.concat(parts).reindex(former.index) if parts else pd.Series([], dtype=object)


def known_box(workspace: Workspace, box_id: str, columns: Sequence[str]) -> pd.DataFrame:
    """One row with columns of a box, or of a former one as it was last; none where there is no such box."""
    found = workspace.read("boxes", columns, {"box_id": box_id})
    if len(found) or not workspace.layout:
        return found
    return workspace.read("former_boxes", columns, {"box_id": box_id}, order_by="layout").tail(1)


def shapes_of(workspace: Workspace, box_ids: Iterable[str]) -> box_shapes.BoxShapes:
    """Boxes of any layout of a workspace as they are drawn, former remnants too."""
    return box_shapes.shapes_of(box_ids, (workspace.fishnet if number == workspace.layout else
                                          workspace.fishnet_of(number) for number in range(workspace.layout, -1, -1)))


def visits_then(workspace: Workspace, columns: Sequence[str], where: Where | None = None) -> pd.DataFrame:
    """Visits whose ``box_id`` is the box of the layout that was in force then."""
    if not workspace.layout:
        return workspace.read("visits", columns, where)
    visits = workspace.read("visits", list(dict.fromkeys([*columns, "former_box_id"])), where)
    visits["box_id"] = visits["former_box_id"].fillna(visits["box_id"])
    return visits[list(columns)]


def links_of(workspace: Workspace, box_ids: Iterable[str], grid: BoxGrid | None = None) -> SharedAreas:
    """Which boxes of a layout, that in force if not given, share area with those of ``box_ids`` that it does not have.
    """
    grid = workspace.fishnet if grid is None else grid
    waiting = np.array(sorted(set(box_ids)), dtype=object)
    waiting = waiting[~boxes_in(grid, waiting)]
    parts = [shared_areas(grid, [], grid)]
    for layout in range(workspace.layout, -1, -1):
        if not waiting.size:
            break
        other = workspace.fishnet_of(layout)
        here = boxes_in(other, waiting)
        parts.append(shared_areas(other, waiting[here].tolist(), grid))
        waiting = waiting[~here]
    found = pd.concat(parts, ignore_index=True)
    return found[found["new_id"].isin(known_boxes(workspace, ["box_id"])["box_id"])].reset_index(drop=True)


def boxes_of(workspace: Workspace, grid: BoxGrid, columns: Sequence[str]) -> pd.DataFrame:
    """Columns (box_id among them) of the boxes of a layout in the jurisdiction; column and row are those of it."""
    if not workspace.layout or grid == workspace.fishnet:
        return workspace.read("boxes", columns)
    boxes = known_boxes(workspace, columns)
    boxes = boxes[boxes_in(grid, boxes["box_id"])].reset_index(drop=True)
    if "col" in columns or "row" in columns:
        boxes = boxes.assign(**dict(zip(("col", "row"), grid.parse(boxes["box_id"]))))[list(columns)]
    return boxes


def layouts_at(workspace: Workspace, moments: pd.Series) -> NDArray[np.int_]:
    """Numbers of the layouts that were in force at moments (UTC)."""
    since = workspace.read("layouts", ["since_utc"], order_by="layout")["since_utc"]
    return np.searchsorted(nanoseconds(since), nanoseconds(moments), side="right")


def most_shared(links: SharedAreas) -> pd.Series:
    """The box now, by former box, that holds most of its area; of equal ones the first by id."""
    most = links.sort_values(["of_old", "new_id"], ascending=[False, True], kind="stable").drop_duplicates("box_id")
    return most.set_index("box_id")["new_id"]


def with_boxes_now(workspace: Workspace, visits: VisitRows) -> VisitRows:
    """Visits that were found in boxes of an earlier layout in the box that holds most of each, and what it was then."""
    visits = visits.assign(former_box_id=None)
    if not workspace.layout:
        return visits
    now, then = most_shared(links_of(workspace, visits["box_id"])).to_dict(), visits["box_id"].tolist()
    former = [box_id if box_id in now else None for box_id in then]
    return visits.assign(box_id=[now.get(box_id, box_id) for box_id in then],
                         former_box_id=pd.Series(former, index=visits.index, dtype=object))
