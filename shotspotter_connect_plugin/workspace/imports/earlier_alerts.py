"""Alerts of earlier files about which a later one says more: that they were brought up to date, or were none.

A message of the Common Alerting Protocol that updates or cancels an alert may tell neither its place nor its time; both
are those of the alert in the workspace.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast import crs as systems
from ...forecast.instants import iso_texts, nanoseconds
from .json_source import JsonSource

if TYPE_CHECKING:
    from ..store.workspace import Workspace
    from .row_source import RowSource

_OF_CAP = frozenset(("identifier", "sent", "msgType", "event", "onset", "latitude", "longitude"))
_CALLED = {"single": "Single gunshot", "multiple": "Multiple gunshots", "probable": "Possible gunfire",
           "firecracker": "Fireworks", "unknown": "Gunfire"}


def complete_messages(workspace: Workspace, source: RowSource) -> None:
    """Give the messages of a source that are about alerts of the workspace what they do not tell of them.

    Raises
    ------
    ConnectError
        When all its messages are about earlier alerts, tell no place, and the workspace has none of these alerts.
    """
    if not isinstance(source, JsonSource) or not set(source.columns) >= _OF_CAP:
        return
    rows = source.rows
    stored = workspace.read("gunfire", ["alert_id", "kind", "occurred_utc", "x", "y"],
                            {"alert_id": rows["identifier"].tolist()}).set_index("alert_id")
    about = rows["identifier"].isin(stored.index) & (rows["msgType"] != "Alert")
    if not about.any():
        if (rows["msgType"] != "Alert").all() and (rows["latitude"] == "").all():
            raise ConnectError(f"{source.name} only updates or cancels alerts that are not in the workspace; import "
                               "the file of these alerts first.")
        return
    known = stored.loc[rows.loc[about, "identifier"]]
    longitude, latitude = systems.change(workspace.settings.crs, systems.DEGREES)(
        known["x"].to_numpy(), known["y"].to_numpy())
    moments = iso_texts(nanoseconds(known["occurred_utc"]), "ms")
    _fill(rows, about, rows["latitude"] == "", {"latitude": list(map(repr, latitude.tolist())),
                                                "longitude": list(map(repr, longitude.tolist()))})
    _fill(rows, about, (rows["onset"] == "") | (rows["onset"] == rows["sent"]), {"onset": moments.tolist()})
    _fill(rows, about, rows["event"] == "", {"event": known["kind"].map(_CALLED).tolist()})
    source.told.append(f"{int(about.sum()):,} messages bring alerts of earlier files up to date or cancel them.")


def _fill(rows: pd.DataFrame, about: pd.Series, missing: pd.Series, values: dict[str, Sequence[str]]) -> None:
    """Put values, one for each row that ``about`` tells, into those where they are missing."""
    places = (about & missing).to_numpy()
    for name, told in values.items():
        texts = rows[name].to_numpy(object).copy()
        texts[places] = np.array(told, dtype=object)[missing[about].to_numpy()]
        rows[name] = texts
