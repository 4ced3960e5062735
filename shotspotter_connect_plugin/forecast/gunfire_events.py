"""Gunfire alerts, and reports of shots, become events: those of one incident merged, fireworks counted less, other
bangs left out."""
from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ConnectError
from .instants import MINUTE, nanoseconds

if TYPE_CHECKING:
    from .arrays import ArrayLike, Bools, Floats, Ints
    from .forecast_frames import Alerts, ReportedIncidents, ShotEvents
    from .shifts import ShiftCalendar

CRIME_TYPE = "gunfire"
REPORTED = ("gunfire", "homicide", "aggravated_assault")
"""Types of incidents that tell of shots: calls for shots fired, and of the others those with a gun."""


def gunfire_events(alerts: Alerts, calendar: ShiftCalendar, *, merge_minutes: float = 5.0, merge_metres: float = 100.0,
                   firework_days: Sequence[str] = (), firework_weight: float = 0.1,
                   include_probable: bool = True) -> ShotEvents:
    """Make the events of a forecast from gunfire alerts.

    Alerts closer than ``merge_minutes`` and ``merge_metres`` to another of the same chain are one incident, which
    counts once, at the moment and the place of its first sound: what is heard later changes nothing of it. An alert is
    known when it happens. Alerts called firecracker are left out; incidents on days of fireworks weigh
    ``firework_weight``, because part of them are not gunfire.

    Parameters
    ----------
    alerts : pandas.DataFrame
        kind, occurred_utc, x, y and, where the source rounded the place, rounded_x_m, rounded_y_m.
    calendar : ShiftCalendar
        For the local date.
    firework_days : sequence of str
        ``MM-DD/MM-DD``, both days included; may run over New Year.

    Returns
    -------
    pandas.DataFrame
        crime_type, x, y, from_utc, to_utc, known_utc, weight, rounded_x_m, rounded_y_m, heard (1).
    """
    left_out = ["firecracker"] if include_probable else ["firecracker", "probable"]
    alerts = alerts[~alerts["kind"].isin(left_out) & alerts["occurred_utc"].notna()
                    & np.isfinite(alerts["x"].astype(float)) & np.isfinite(alerts["y"].astype(float))]
    alerts = alerts.sort_values(["occurred_utc", "x", "y"], ignore_index=True)
    incident = merge_alerts(alerts["occurred_utc"], alerts["x"], alerts["y"], merge_minutes, merge_metres)
    for name in ("rounded_x_m", "rounded_y_m"):
        if name not in alerts.columns:
            alerts[name] = 0.0
    events = alerts[~pd.Series(incident).duplicated().to_numpy()].reset_index(drop=True)
    events["from_utc"] = events["to_utc"] = events["known_utc"] = events["occurred_utc"]
    events["weight"] = weights(events["from_utc"], calendar, firework_days, firework_weight)
    events["crime_type"], events["heard"] = CRIME_TYPE, 1.0
    return events[["crime_type", "x", "y", "from_utc", "to_utc", "known_utc", "weight", "rounded_x_m", "rounded_y_m",
                   "heard"]]


def report_events(incidents: ReportedIncidents, *, merge_minutes: float = 5.0, merge_metres: float = 100.0,
                  calendar: ShiftCalendar | None = None, firework_days: Sequence[str] = (),
                  firework_weight: float = 0.1) -> ShotEvents:
    """Make reports of gunfire from incidents: calls for shots fired and incidents in which a gun was used.

    Several calls about the same shots are one report, by the same rule as alerts: that which was known first. On days
    of fireworks a report weighs what an alert does: people take fireworks for shots as sensors do, and reports
    are compared with alerts.

    Parameters
    ----------
    incidents : pandas.DataFrame
        crime_type, x, y, from_utc, to_utc, known_utc, firearm.
    calendar : ShiftCalendar, optional
        For the local date; needed with ``firework_days``.
    firework_days, firework_weight
        As for :func:`gunfire_events`.

    Returns
    -------
    pandas.DataFrame
        As :func:`gunfire_events`, ``heard`` is 0.
    """
    shots = (incidents["crime_type"] == CRIME_TYPE) | (
        incidents["crime_type"].isin(REPORTED) & incidents["firearm"].fillna(False).astype(bool))
    known = np.isfinite(incidents["x"].astype(float)) & np.isfinite(incidents["y"].astype(float))
    shots &= known & incidents["from_utc"].notna()
    reports = incidents[shots].sort_values(["from_utc", "x", "y"], ignore_index=True)
    same = merge_alerts(reports["from_utc"], reports["x"], reports["y"], merge_minutes, merge_metres)
    first_known = reports.assign(same=same).sort_values("known_utc", kind="stable").drop_duplicates("same")
    events = first_known.sort_values("same", ignore_index=True)[["x", "y", "from_utc", "to_utc", "known_utc"]]
    weight = weights(events["from_utc"], calendar, firework_days, firework_weight)
    return events.assign(crime_type=CRIME_TYPE, weight=weight, rounded_x_m=0.0, rounded_y_m=0.0, heard=0.0)


def weights(moments: pd.Series, calendar: ShiftCalendar | None, firework_days: Sequence[str] = (),
            firework_weight: float = 0.1) -> Floats:
    """Weight of each shot, alert or report, by its moment: ``firework_weight`` on local days of fireworks, else 1."""
    if not len(firework_days):
        return np.ones(len(moments))
    if calendar is None:
        raise ValueError("Days of fireworks are local days: give the calendar with them.")
    return np.where(on_days(calendar.to_local(moments), firework_days), firework_weight, 1.0)


def merge_alerts(occurred_utc: Any, x: ArrayLike, y: ArrayLike, minutes: float = 5.0, metres: float = 100.0) -> Ints:
    """Number the incidents that alerts belong to.

    Two alerts less than or exactly ``minutes`` and ``metres`` apart belong to one incident, and so do chains of them.

    Parameters
    ----------
    occurred_utc, x, y : arrays of n
        In order of time; metres.

    Returns
    -------
    numpy.ndarray
        n integers from 0, in order of the first alert of each incident.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    moment = nanoseconds(occurred_utc)
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    count, pairs = moment.size, []
    for step in range(1, count):
        near_in_time = moment[step:] - moment[:-step] <= minutes * MINUTE
        if not near_in_time.any():
            break
        first = np.flatnonzero(near_in_time)
        near = np.hypot(x[first + step] - x[first], y[first + step] - y[first]) <= metres
        pairs.append(np.stack([first[near], first[near] + step]))
    if not pairs:
        return np.arange(count)
    one, other = np.concatenate(pairs, axis=1)
    graph = coo_matrix((np.ones(one.size), (one, other)), shape=(count, count))
    labels = connected_components(graph, directed=False)[1]
    return pd.factorize(labels)[0]


def on_days(local: Any, spans: Sequence[str]) -> Bools:
    """Tell which wall-clock times fall on spans of the year ``MM-DD/MM-DD``, both days included.

    Raises
    ------
    ConnectError
        When a span cannot be read.
    """
    local = pd.DatetimeIndex(local)
    day = np.asarray(local.month * 100 + local.day)
    found = np.zeros(day.size, dtype=bool)
    for span in spans:
        match = re.fullmatch(r"(\d\d)-(\d\d)/(\d\d)-(\d\d)", str(span))
        if not match:
            raise ConnectError(f"The days {span} must be written MM-DD/MM-DD, as in 07-01/07-06.")
        numbers = [int(number) for number in match.groups()]
        first, last = numbers[0] * 100 + numbers[1], numbers[2] * 100 + numbers[3]
        found |= (day >= first) & (day <= last) if first <= last else (day >= first) | (day <= last)
    return found
