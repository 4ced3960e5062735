"""The round of a beat: in which order its boxes are visited, and how long the ways between them take.

Ways go by the streets where a draw holds them, else in a straight line. Those of a draw are kept with it as plain
lists, so that anybody can check the order without a map.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..forecast.box_ids import TENTHS, corners_of

if TYPE_CHECKING:
    from ..forecast.arrays import Bools, Floats
    from .patrol_frames import DrawnPlaces, OrderedPlaces

Ways = Mapping[str, Mapping[str, Any]]
"""Beat -> its drawn ``boxes``, and the ``metres`` by street between them as a list of lists, None without a way."""
_DECIMALS = 1  # of metres: finer than any street map
_FARTHEST = 1e8  # metres: more than twice round the Earth
_MINUTES_OF_KM = 60.0 / 1000.0  # minutes for a metre at 1 km/h


def ways_of(patrols: DrawnPlaces, metres: Floats) -> dict[str, dict[str, Any]]:
    """Give the :data:`Ways` of a draw, without beats of several boxes of which no street leads to another.

    Parameters
    ----------
    patrols : pandas.DataFrame
        box_id, beat of n drawn boxes.
    metres : array of float (n, n)
        By street between them; not finite where there is no way. Only those within a beat are looked at.
    """
    found = {}
    for beat, rows in patrols.groupby("beat", sort=True).indices.items():
        part = np.round(np.asarray(metres, dtype=float)[np.ix_(rows, rows)], _DECIMALS)
        if len(rows) > 1 and not np.isfinite(part[~np.eye(len(rows), dtype=bool)]).any():
            continue
        found[str(beat)] = {"boxes": patrols["box_id"].iloc[rows].tolist(),
                            "metres": [[each if np.isfinite(each) else None for each in row] for row in part.tolist()]}
    return found


def visit_order(patrols: DrawnPlaces, ways: Ways | None = None) -> pd.Series:
    """Give the place of each patrol in its beat's round: the box of most harm first, then always the nearest one left.

    ``patrols`` has box_id, beat and harm; equal harm and equal distance are settled by box_id. What no street leads to
    comes last.
    """
    order = pd.Series(0, index=patrols.index)
    for beat, group in patrols.sort_values(["harm", "box_id"], ascending=[False, True]).groupby("beat", sort=False):
        apart = _apart(group, str(beat), ways)
        waiting, here = list(range(len(group))), 0
        for step in range(1, len(group) + 1):
            waiting.remove(here)
            order[group.index[here]] = step
            if waiting:
                here = min(zip(apart[here, waiting].tolist(), group["box_id"].iloc[waiting], waiting))[2]
    return order


def travel_minutes(patrols: OrderedPlaces, size: float, speed: float, ways: Ways | None = None) -> pd.Series:
    """Give the minutes of the way to each patrol's box from the one before it in the round.

    By street where a draw holds both boxes, else in a straight line; :func:`along_streets` says which.

    Parameters
    ----------
    patrols : pandas.DataFrame
        box_id, beat, visit_order.
    size : float
        Side of a box in metres.
    speed : float
        Kilometres per hour.

    Returns
    -------
    pandas.Series of float
        NaN for the first of a round, and where no street leads there.
    """
    minutes = pd.Series(np.nan, index=patrols.index)
    for beat, group in patrols.sort_values("visit_order").groupby("beat", sort=False):
        corner = np.stack(corners_of(group["box_id"])).astype(float) * (size / TENTHS)
        steps = np.sqrt((np.diff(corner, axis=1) ** 2).sum(axis=0))
        street, known = _steps_by_street(group, str(beat), ways)
        steps[known] = street[known]
        minutes[group.index[1:]] = np.where(np.isfinite(steps), steps * _MINUTES_OF_KM / speed, np.nan)
    return minutes


def along_streets(patrols: OrderedPlaces, ways: Ways | None = None) -> pd.Series:
    """Tell of each patrol whether the way to it from the one before is one by street; False for the first of a round.

    Takes what :func:`travel_minutes` does.
    """
    known = pd.Series(False, index=patrols.index)
    for beat, group in patrols.sort_values("visit_order").groupby("beat", sort=False):
        known[group.index[1:]] = _steps_by_street(group, str(beat), ways)[1]
    return known


def _steps_by_street(group: pd.DataFrame, beat: str, ways: Ways | None) -> tuple[Floats, Bools]:
    """(metres from each box of a round to the next, whether the record tells them)."""
    recorded = _recorded(ways.get(beat) if isinstance(ways, Mapping) else None)
    if recorded is None:
        return np.full(max(len(group) - 1, 0), np.nan), np.zeros(max(len(group) - 1, 0), dtype=bool)
    place = recorded[0].get_indexer(group["box_id"])
    known = (place[:-1] >= 0) & (place[1:] >= 0)
    return np.where(known, recorded[1][place[:-1], place[1:]] if len(recorded[0]) else np.nan, np.nan), known


def _apart(group: pd.DataFrame, beat: str, ways: Ways | None) -> Floats:
    """(n, n) distances between the boxes of a beat: metres by street, else straight between corners, in tenths of a
    box."""
    metres = _recorded(ways.get(beat) if isinstance(ways, Mapping) else None)
    if metres is not None:
        place = metres[0].get_indexer(group["box_id"])
        if (place >= 0).all():
            return metres[1][np.ix_(place, place)]
    corner = np.stack(corners_of(group["box_id"])).astype(float)
    return np.sqrt(((corner[:, :, None] - corner[:, None, :]) ** 2).sum(axis=0))


def _recorded(way: Any) -> tuple[pd.Index, Floats] | None:
    """(boxes, metres) of a beat as a record holds them; None where it is in no such form, since anybody may have made
    it."""
    names, rows = (way.get("boxes"), way.get("metres")) if isinstance(way, Mapping) else (None, None)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        return None
    if not isinstance(rows, list) or len(rows) != len(names) or not all(
            isinstance(row, list) and len(row) == len(names) and all(map(_is_length, row)) for row in rows):
        return None
    metres = np.array([[np.inf if each is None else float(each) for each in row] for row in rows], dtype=float)
    return pd.Index(names, dtype=object), metres.reshape(len(names), len(names))


def _is_length(value: Any) -> bool:
    """Whether a value is metres on Earth, or None for no way."""
    return value is None or (type(value) in (int, float) and 0 <= value < _FARTHEST)
