"""The boxes of a back-test: those in force, the plain fishnet, and layouts laid anew at each training from what was
known then; each with what a forecast and a lottery need of them."""
from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Sequence

import numpy as np
import pandas as pd

from ...forecast.box_layout import grid_of_boxes
from ...forecast.box_transfer import shared_areas
from ...patrol import metering
from ...progress import SILENT, Progress
from ..imports.coverage_import import shares_of_boxes
from ..imports.unreachable_areas import with_ground
from ..store.former_boxes import known_boxes
from . import placing

if TYPE_CHECKING:
    from ...forecast.forecast_frames import AdmittedEvents, SensorAreas
    from ...forecast.rolling_backtest import BacktestContext
    from ..store.workspace import Workspace

COLUMNS = ("box_id", "col", "row", "beat", "neighbourhood", *metering.GROUND)
"""Of the frames here; ``inside`` is among those of the ground."""
# Smoothing between the boxes of a layout takes some 2 kB a box; so many boxes at once take 150 MB. More are made again.
_BOXES_AT_ONCE = 80_000


@dataclass(frozen=True)
class LaidGround:
    """Boxes of one stretch of a back-test: from which date on, all of them (``COLUMNS``, by row and column), and how to
    make their context."""

    begin: str
    frame: pd.DataFrame
    context: Callable[[], BacktestContext]


def in_force(workspace: Workspace) -> pd.DataFrame:
    """The boxes in force."""
    return workspace.read("boxes", list(COLUMNS)).sort_values(["row", "col"], ignore_index=True)


def fishnet(workspace: Workspace) -> pd.DataFrame:
    """The boxes of the plain fishnet, whatever layout is in force."""
    if not workspace.layout:
        return in_force(workspace)
    plain = placing.plain_boxes(workspace)
    known = known_boxes(workspace, ["box_id", "water", "beat", "neighbourhood"])
    boxes = plain.merge(known, on="box_id", how="left")
    return with_ground(workspace, workspace.fishnet_of(0), boxes)[list(COLUMNS)]


class Refitted:
    """Layouts as they would have been laid at the first date of each stretch.

    Parameters
    ----------
    workspace : Workspace
    dates : sequence of str
        First dates of the stretches.
    plain : pandas.DataFrame
        As :func:`fishnet` gives it.
    make_context : callable
        Gives the context of boxes.
    """

    def __init__(self, workspace: Workspace, dates: Sequence[str], plain: pd.DataFrame,
                 make_context: Callable[[pd.DataFrame], BacktestContext], progress: Progress = SILENT) -> None:
        past = placing.known_past(workspace, pd.Timestamp.now(tz="UTC"))
        self._make, self._kept = make_context, OrderedDict[str, Any]()
        self.grounds: list[LaidGround] = []
        for number, begin in enumerate(dates):
            part = progress.part(number / len(dates), (number + 1) / len(dates))
            as_of = workspace.calendar.as_of(begin, workspace.settings.plan_hour)
            laid = placing.boxes_laid(workspace, past, as_of, part)
            frame = _described(workspace, plain, laid)
            self.grounds.append(LaidGround(begin, frame, partial(self.context, begin)))
        self._frames = {ground.begin: ground.frame for ground in self.grounds}

    def context(self, begin: str) -> BacktestContext:
        """The context of the layout of a stretch; those used last are kept."""
        if begin not in self._kept:
            largest = max(len(frame) for frame in self._frames.values())
            while len(self._kept) >= max(_BOXES_AT_ONCE // largest, 1):
                self._kept.popitem(last=False)
            self._kept[begin] = self._make(self._frames[begin])
        self._kept.move_to_end(begin)
        return self._kept[begin]


def _described(workspace: Workspace, plain: pd.DataFrame, laid: pd.DataFrame) -> pd.DataFrame:
    """Boxes that were laid with beats, neighbourhoods and where officers can go."""
    size = workspace.settings.size
    before, grid = (grid_of_boxes(size, frame["box_id"]) for frame in (plain, laid))
    gone = plain.loc[~plain["box_id"].isin(laid["box_id"]), "box_id"].tolist()
    boxes = placing.described(workspace, grid, laid, plain.assign(where=None), shared_areas(before, gone, grid))
    return with_ground(workspace, grid, boxes.drop(columns=["geometry", "where"]))[list(COLUMNS)]


def coverage_in(workspace: Workspace, boxes: pd.DataFrame) -> SensorAreas:
    """Where sensors listen, told by boxes of any layout, from the areas themselves."""
    areas = workspace.read("sensor_coverage", ["from_date", "to_date", "geometry"])
    grid = grid_of_boxes(workspace.settings.size, boxes["box_id"])
    return areas.assign(boxes=[shares_of_boxes(grid, boxes, shape) for shape in areas["geometry"]])


def inside_of(events: AdmittedEvents, boxes: pd.DataFrame, size: float) -> AdmittedEvents:
    """Events whose place lies in one of the boxes: a square may reach beyond the fishnet of the jurisdiction."""
    grid = grid_of_boxes(size, boxes["box_id"])
    known = pd.MultiIndex.from_arrays([boxes["col"], boxes["row"]])
    cells = pd.MultiIndex.from_arrays(grid.cell(events["x"].to_numpy(), events["y"].to_numpy()))
    return events[cells.isin(known)]


def carried(before: pd.DataFrame, after: pd.DataFrame, size: float) -> tuple[Any, Any]:
    """Give sparse (boxes after, boxes before) matrices: the part of each new box that lies in an old one, and of each
    old box that lies in a new one."""
    from scipy.sparse import csr_matrix

    old, new = pd.Index(before["box_id"]), pd.Index(after["box_id"])
    stays = np.flatnonzero(old.isin(new))
    grids = [grid_of_boxes(size, ids) for ids in (old, new)]
    shared = shared_areas(grids[0], old[~old.isin(new)].tolist(), grids[1])
    shared = shared[shared["new_id"].isin(new)]
    row = np.concatenate([new.get_indexer(old[stays]), new.get_indexer(shared["new_id"])])
    column = np.concatenate([stays, old.get_indexer(shared["box_id"])])
    of_new, of_old = (csr_matrix((np.concatenate([np.ones(stays.size), shared[part].to_numpy(dtype=float)]),
                                  (row, column)), shape=(len(new), len(old))) for part in ("of_new", "of_old"))
    return of_new, of_old
