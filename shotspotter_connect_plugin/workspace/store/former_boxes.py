"""Boxes of layouts that are no longer in force: what was planned and done in them keeps them."""
from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Sequence

import pandas as pd

from ...forecast.box_transfer import shared_areas

if TYPE_CHECKING:
    from ...forecast.forecast_frames import SharedAreas
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
    parts = [pd.Series(grid.outlines(*grid.parse(rows["box_id"])), index=rows.index, dtype=object)
             for grid, rows in ((workspace.fishnet_of(int(layout)), rows) for layout, rows in former.groupby("layout"))]
    return pd.concat(parts).reindex(former.index) if parts else pd.Series([], dtype=object)


def visits_then(workspace: Workspace, columns: Sequence[str], where: Where | None = None) -> pd.DataFrame:
    """Visits whose ``box_id`` is the box of the layout that was in force then."""
    if not workspace.layout:
        return workspace.read("visits", columns, where)
    visits = workspace.read("visits", list(dict.fromkeys([*columns, "former_box_id"])), where)
    visits["box_id"] = visits["former_box_id"].fillna(visits["box_id"])
    return visits[list(columns)]


def links_of(workspace: Workspace, box_ids: Iterable[str]) -> SharedAreas:
    """Which boxes of the layout in force share area with those of ``box_ids`` that are former ones."""
    former = workspace.read("former_boxes", ["layout", "box_id"], order_by="layout")
    own = set(workspace.read("boxes", ["box_id"])["box_id"])
    gone = former[former["box_id"].isin(set(box_ids) - own)].drop_duplicates("box_id", keep="last")
    parts = [shared_areas(workspace.fishnet_of(int(layout)), rows["box_id"].tolist(), workspace.fishnet)
             for layout, rows in gone.groupby("layout")]
    parts = parts or [shared_areas(workspace.fishnet, [], workspace.fishnet)]
    found = pd.concat(parts, ignore_index=True)
    return found[found["new_id"].isin(own)].reset_index(drop=True)
