"""Tactics: which of them may be used, and to which visit the log of one belongs."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..forecast.arrays import Bools, Objects
    from .patrol_frames import LoggedVisits, TacticLogs

NEAR = pd.Timedelta(minutes=10)
"""How far from a visit in time a log still belongs to it: officers log after they have left."""


def approved(tactics: pd.DataFrame, date: Any) -> Bools:
    """Whether each tactic may be used on a date: approved by somebody, not expired, no enforcement.

    Parameters
    ----------
    tactics : pandas.DataFrame
        As the table ``tactics``.
    date : str or array of str
        ISO; one for all rows, or one for each.

    Returns
    -------
    bool array
    """
    who = tactics["approved_by"].fillna("").astype(str).str.strip() != ""
    gentle = ~tactics["enforcement"].fillna(True).astype(bool)
    expires = tactics["expires"]
    current = expires.isna() | (expires.fillna("").astype(str) == "") | (expires.fillna("").astype(str) >= date)
    return (who & gentle & current).to_numpy()


def review_due(tactics: pd.DataFrame, date: str, days: int) -> Bools:
    """Whether each tactic should be reviewed with the community again: never was, or more than ``days`` before a date.

    Parameters
    ----------
    tactics : pandas.DataFrame
        As the table ``tactics``.
    date : str
        ISO.
    days : int
        The setting ``tactic_review_days``.

    Returns
    -------
    bool array
    """
    oldest = (pd.Timestamp(date) - pd.Timedelta(days=days)).strftime("%Y-%m-%d")
    reviewed = tactics["reviewed"].fillna("").astype(str)
    return (reviewed < oldest).to_numpy()


def offered(tactics: pd.DataFrame, date: str, crime_type: str | None = None) -> pd.DataFrame:
    """The approved tactics of a date, in order; with a crime type only those that serve it or all.

    Parameters
    ----------
    tactics : pandas.DataFrame
        As the table ``tactics``; ``crime_types`` holds lists, an empty one means all.
    """
    serves = [crime_type is None or not codes or crime_type in codes for codes in (
        codes if isinstance(codes, (list, tuple)) else [] for codes in tactics["crime_types"])]
    chosen = tactics[approved(tactics, date) & np.array(serves, dtype=bool)]
    return chosen.sort_values("sort_order", kind="stable", ignore_index=True)


def visits_of_logs(logs: TacticLogs, visits: LoggedVisits, near: pd.Timedelta = NEAR) -> Objects:
    """Find the visit of each log: of its unit or officer, in its box if it names one, at its time or near to it.

    Parameters
    ----------
    logs : pandas.DataFrame
        officer, unit, box_id (each None where not told), at_utc, minutes (NaN where not told). The log covers
        ``at_utc`` and the ``minutes`` after it.
    visits : pandas.DataFrame
        visit_id, officer, unit, box_id, entered_utc, left_utc.
    near : pandas.Timedelta
        A log this far before or after a visit still belongs to it.

    Returns
    -------
    object array
        ``visit_id`` or None, one per log. Of several the nearest in time; of equals the one whose officer and unit both
        fit, then the one that overlaps longest, then the first.
    """
    found = np.full(len(logs), None, dtype=object)
    if not len(logs) or visits.empty:
        return found
    start = logs["at_utc"]
    end = start + pd.to_timedelta(logs["minutes"].fillna(0.0), unit="m")
    sides = pd.DataFrame({"_log": np.arange(len(logs)), "officer": logs["officer"].to_numpy(object),
                          "unit": logs["unit"].to_numpy(object), "_box": logs["box_id"].to_numpy(object),
                          "_start": start.array, "_end": end.array})
    stays = visits[["visit_id", "officer", "unit", "box_id"]].assign(
        _entered=visits["entered_utc"], _left=visits["left_utc"])
    sides = _by_day(sides, "_start", "_end", pd.Timedelta(0))
    stays = _by_day(stays, "_entered", "_left", near)
    pairs = pd.concat([_pairs(sides, stays, "unit", "officer"), _pairs(sides, stays, "officer", "unit")])
    pairs = pairs[pairs["_box"].isna() | (pairs["_box"] == pairs["box_id"])]
    # Without their zone (all are UTC), since pandas takes the larger of two zoned columns one pair at a time.
    start, end, entered, left = (pairs[name].dt.tz_localize(None).to_numpy()
                                 for name in ("_start", "_end", "_entered", "_left"))
    apart = np.maximum(np.maximum(entered - end, start - left), np.timedelta64(0))
    shared = np.minimum(end, left) - np.maximum(start, entered)
    pairs = pairs.assign(_apart=apart, _shared=-shared)[apart <= near.to_timedelta64()].sort_values(
        ["_log", "_apart", "_other", "_shared", "_entered", "visit_id"]).drop_duplicates("_log")
    found[pairs["_log"].to_numpy()] = pairs["visit_id"].to_numpy()
    return found


def _by_day(frame: pd.DataFrame, first: str, last: str, margin: pd.Timedelta) -> pd.DataFrame:
    """One row per day (UTC) that a row touches, so that pairs need not be tried over years."""
    begin, end = (moments.dt.tz_localize(None).to_numpy().astype("datetime64[D]").astype(int)
                  for moments in (frame[first] - margin, frame[last] + margin))
    count = end - begin + 1
    row = np.repeat(np.arange(len(frame)), count)
    day = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    return frame.iloc[row].assign(_day=begin[row] + day)


def _pairs(logs: pd.DataFrame, stays: pd.DataFrame, same: str, other: str) -> pd.DataFrame:
    """Pairs that agree on one of officer and unit; ``_other`` is False where they agree on the other, too."""
    pairs = logs.dropna(subset=[same]).merge(stays, on=[same, "_day"], suffixes=("_log", ""))
    return pairs.assign(_other=(pairs[other + "_log"] != pairs[other])).drop(columns=other + "_log")
