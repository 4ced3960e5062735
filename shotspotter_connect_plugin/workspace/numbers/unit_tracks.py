"""Where units drove in a shift, as lines."""
from __future__ import annotations

from typing import Sequence

import numpy as np
import pandas as pd

from ...forecast.instants import nanoseconds
from ...patrol import tracks as gps
from ..store.workspace import Between, Workspace
from .number_frames import UnitTracks


def tracks(workspace: Workspace, shift_date: str, shift: str, units: Sequence[str] | None = None,
           tolerance: float = 8.0) -> UnitTracks:
    """Where units drove in a shift, from the fixes that can be true.

    Parameters
    ----------
    units : list of str, optional
        Only these.
    tolerance : float
        Metres by which a line may be simpler than its fixes.
    """
    from shapely.geometry import LineString

    start, end = workspace.calendar.bounds(shift_date, shift)
    where = {"at_utc": Between(start, end), **({} if units is None else {"unit": list(units)})}
    fixes = workspace.read("gps_fixes", where=where, order_by=["unit", "at_utc"])
    codes, names = pd.factorize(fixes["unit"])
    at = nanoseconds(fixes["at_utc"])
    x, y = fixes["x"].to_numpy(float), fixes["y"].to_numpy(float)
    keep, track, _ = gps.clean_fixes(codes, at, x, y, fixes["accuracy"].to_numpy(float),
                                     gps.VisitRules.from_settings(workspace.settings))
    starts = np.flatnonzero(np.diff(track, prepend=-1))
    rows = [(names[codes[part[0]]], LineString(np.column_stack([x[part], y[part]])).simplify(tolerance, False))
            for part in np.split(keep, starts[1:]) if part.size > 1]
    return pd.DataFrame(rows, columns=["unit", "geometry"])
