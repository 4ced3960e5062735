"""A name for every box that people use: the commonest block of its incidents and a landmark beside it."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...frames import joined

if TYPE_CHECKING:
    from ...forecast.arrays import Floats, Ints
    from ...forecast.box_grid import BoxGrid
    from ..store.workspace import Workspace
    from .import_frames import BoxCentres, IncidentBlocks, Landmarks, NamedPlaces

LONGEST = 60
"""Characters of the longest name; it has to fit one line of a sheet."""

ROOM = len("10000 m south-west of ")
"""Characters that "where from there" takes before the name of a neighbour."""

NEAR = 250.0
"""Metres from the centre of a box within which a landmark is "by" it."""

# Kinds of places that people steer by. A station wins over other landmarks beside the same box, and its word goes
# behind its name. Shops and bars are left out: their names change, and many are names of persons.
STATIONS = {"metro_station": "Metro", "subway_station": "Subway", "rail_station": "Station"}
LANDMARKS = {"school", "library", "hospital", "university", "park", "playground", "stadium", "museum", "bridge",
             "recreation_center", "recreation_centre", "shopping_center", "shopping_centre", "police_station",
             "fire_station"}

_DIRECTIONS = np.array(["east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east"])


def name_boxes(workspace: Workspace) -> int:
    """Fill ``boxes.where`` from the workspace's incidents and places; gives the number of boxes whose name changed.

    Cheap enough to run after every import; one transaction, and none where nothing changes.
    """
    changed = changed_names(workspace, workspace.fishnet)
    if len(changed):
        with workspace.transaction() as writer:
            writer.upsert("boxes", changed)
    return len(changed)


def changed_names(workspace: Workspace, grid: BoxGrid) -> pd.DataFrame:
    """DataFrame[box_id, where] of the boxes that get another name; ``grid`` is that of the boxes as they are stored."""
    boxes = workspace.read("boxes", ["box_id", "col", "row", "where"], order_by="box_id")
    x, y = grid.centres(boxes["col"].to_numpy(), boxes["row"].to_numpy())
    names = box_names(boxes.assign(x=x, y=y), workspace.read("incidents", ["box_id", "block"]),
                      workspace.read("places", ["kind", "name", "x", "y"]), grid.size)
    boxes["name"] = boxes["box_id"].map(names)
    changed = boxes[boxes["name"].notna() & (boxes["name"] != boxes["where"])]
    return pd.DataFrame({"box_id": changed["box_id"], "where": changed["name"]})


def box_names(boxes: BoxCentres, blocks: IncidentBlocks, places: NamedPlaces, size: float = 250.0) -> pd.Series:
    """Name boxes.

    Parameters
    ----------
    boxes : DataFrame[box_id, x, y]
        Centres in metres.
    blocks : DataFrame[box_id, block]
        One row per incident; block names as the importers write them, without house numbers.
    places : DataFrame[kind, name, x, y]
        Metres; kinds outside ``STATIONS`` and ``LANDMARKS`` are not used.
    size : float
        Side of a box in metres.

    Returns
    -------
    Series
        Name by box_id, at most ``LONGEST`` characters; a box is left out where there is nothing to name it by. A block
        names one box only, the one with most of its incidents. The same rows in any order give the same names.
    """
    boxes = boxes.sort_values("box_id").set_index("box_id")[["x", "y"]]
    named = _commonest_blocks(boxes, blocks)
    landmarks = _landmarks(places)
    beside = _beside(boxes, landmarks).reindex(named.index)
    both = named + ", by " + beside.fillna("")
    names = both.where(beside.notna() & (both.str.len() <= LONGEST), named)

    anchors = joined([boxes.loc[named.index].assign(name=named, landmark=False), landmarks.assign(landmark=True)])
    anchors = anchors[anchors["name"].str.len() <= LONGEST - ROOM]
    unnamed = boxes.drop(named.index)
    return joined([names, _relative(unnamed, anchors, size)]).sort_index().rename("where")


def _commonest_blocks(boxes: pd.DataFrame, blocks: IncidentBlocks) -> pd.Series:
    """Series of one block name per box, no name twice; boxes without any are left out."""
    blocks = blocks.dropna(subset=["box_id", "block"])
    blocks = blocks[blocks["box_id"].isin(boxes.index) & (blocks["block"].astype(str).str.len() <= LONGEST)]
    blocks = blocks.rename(columns={"block": "name"})
    counts = blocks.groupby(["box_id", "name"]).size().rename("incidents").reset_index()
    counts = counts.sort_values(["incidents", "name", "box_id"], ascending=[False, True, True])
    rounds = []
    while len(counts):
        best = counts.drop_duplicates("box_id").drop_duplicates("name")
        rounds.append(best)
        counts = counts[~counts["box_id"].isin(best["box_id"]) & ~counts["name"].isin(best["name"])]
    if not rounds:
        return pd.Series([], index=pd.Index([], name="box_id", dtype=object), dtype=object)
    return pd.concat(rounds).set_index("box_id")["name"].sort_index()


def _landmarks(places: NamedPlaces) -> Landmarks:
    """DataFrame[name, x, y, station] of the places people steer by, with names short enough to use."""
    kinds = places["kind"].astype(str).str.lower().str.replace(" ", "_")
    places = places[kinds.isin(LANDMARKS | set(STATIONS)) & places["name"].notna() & places["x"].notna()]
    kinds = kinds[places.index]
    words = kinds.map(STATIONS).fillna("")
    found = places[["x", "y"]].astype(float).assign(
        name=pd.Series([_landmark_name(*pair) for pair in zip(places["name"], words)], places.index, dtype=object),
        station=words != "")
    return found[found["name"] != ""].sort_values(["x", "y", "name"]).reset_index(drop=True)


def _landmark_name(name: str, word: str) -> str:
    name = " ".join(re.split(r"[@(#]", name)[0].split()).strip(" -,;")
    if name.isupper():
        name = name.title()
    return name if not word or not name or word.lower() in name.lower().split() else name + " " + word


def _nearest(boxes: pd.DataFrame, points: pd.DataFrame) -> tuple[Floats, Ints]:
    """Distance in metres and position in ``points`` of the point nearest to each box."""
    from scipy.spatial import cKDTree

    return cKDTree(points[["x", "y"]].to_numpy()).query(boxes[["x", "y"]].to_numpy())


def _beside(boxes: pd.DataFrame, landmarks: Landmarks) -> pd.Series:
    """Name of the station within ``NEAR``, else of the nearest other landmark within it, else None."""
    beside = pd.Series(None, index=boxes.index, dtype=object)
    for station in (False, True):
        points = landmarks[landmarks["station"] == station]
        if len(points) and len(boxes):
            distance, place = _nearest(boxes, points)
            beside = beside.where(distance > NEAR, points["name"].to_numpy()[place])
    return beside


def _relative(boxes: pd.DataFrame, anchors: pd.DataFrame, size: float) -> pd.Series:
    """Names of boxes from the nearest anchor: by a landmark inside, else its direction from there."""
    if not len(anchors) or not len(boxes):
        return pd.Series([], index=boxes.index[:0], dtype=object)
    distance, place = _nearest(boxes, anchors)
    anchor = anchors.iloc[place]
    x, y = boxes["x"].to_numpy() - anchor["x"].to_numpy(), boxes["y"].to_numpy() - anchor["y"].to_numpy()
    inside = anchor["landmark"].to_numpy(bool) & (np.abs(x) <= size / 2) & (np.abs(y) <= size / 2)
    octant = np.round(np.degrees(np.arctan2(y, x)) / 45.0).astype(int) % 8
    far = pd.Series(np.round(distance / 50.0).astype(int) * 50).astype(str).to_numpy() + " m "
    direction = np.where(distance > 1.5 * size, far, "") + _DIRECTIONS[octant] + " of "
    names = np.where(inside, "by ", direction) + anchor["name"].to_numpy(str).astype(object)
    return pd.Series(names, index=boxes.index)
