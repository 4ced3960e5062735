"""The step of a car that reaches the workspace: what its live patrol has seen so far goes into the tables.

The journal on the car's disk comes first; this may fail, be late or be done twice, and nothing is lost or doubled.
"""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np
import pandas as pd

from ...forecast import crs as systems
from ...patrol.live_tracker import Visit
from ..imports.coordinates import JurisdictionArea
from ..imports.tactic_import import import_tactics
from ..store import roles
from ..store.former_boxes import known_boxes
from ..store.workspace import Workspace
from . import visit_finding

__all__ = ["deliver"]


def deliver(workspace: Workspace, unit: str, fixes: Sequence[tuple[pd.Timestamp, float, float, float]],
            seen: Sequence[Visit], gone: Sequence[Visit], tactics_path: str | Path = "") -> None:
    """Write fixes and visits of a unit, open visits included, and join its tactics to them.

    Parameters
    ----------
    workspace : Workspace
    unit : str
    fixes : list of (instant, longitude, latitude, accuracy)
        As the journal keeps them; those far outside the jurisdiction are left out, as importers do.
    seen : list of tracker.Visit
        Visits as they are known now; each takes the place of what was written of it before.
    gone : list of tracker.Visit
        Visits that turned out as none.
    tactics_path : str, optional
        The journal's file of tactics, if one was used since.
    """
    roles.require(workspace, "patrol")
    area = JurisdictionArea(workspace)
    boxes = set(known_boxes(workspace, ["box_id"])["box_id"])
    seen = [visit for visit in seen if visit.box_id in boxes]
    rows = visit_finding.serve(workspace, pd.DataFrame([vars(visit) for visit in seen])) if seen else None
    with workspace.transaction() as writer:
        if fixes:
            writer.upsert("gps_fixes", _placed(unit, fixes, area))
        entered = [pd.Timestamp(visit.entered_utc).floor("ms") for visit in [*seen, *gone]]
        if entered:
            writer.delete("visits", {"unit": unit, "entered_utc": entered})
        if rows is not None:
            writer.append("visits", rows)
    if tactics_path:
        import_tactics(workspace, tactics_path)


def _placed(unit, fixes, area):
    at, longitude, latitude, accuracy = zip(*fixes)
    x, y = systems.change(systems.DEGREES, area.crs)(np.array(longitude), np.array(latitude))
    frame = pd.DataFrame({"unit": unit, "at_utc": pd.DatetimeIndex(at).floor("ms"), "x": x, "y": y,
                          "accuracy": np.array(accuracy, dtype=float)})
    return frame[area.near(x, y)].drop_duplicates(["unit", "at_utc"])
