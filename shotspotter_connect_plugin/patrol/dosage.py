"""What visits amount to: dosage, crews, officer-minutes and patrol-minutes, planned against delivered.

A visit is one row per officer aboard; rows of one ``unit``, ``box_id`` and ``entered_utc`` are one visit of one unit.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..forecast.instants import MINUTE, nanoseconds

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Floats, Objects
    from .patrol_frames import (AssignedPatrols, CrewedStays, Delivered, RosterRows, ServedVisits, ShiftVisits,
                                TimedStays)

UNKNOWN_OFFICER = "unknown"
"""Officer of a visit for which the roster tells nobody."""

_VISIT = ["unit", "box_id", "entered_utc"]


def dosage(minutes: ArrayLike, low: float, high: float, target: ArrayLike | None = None,
           usual_target: float | None = None) -> Objects:
    """``short``, ``on_target`` or ``over`` for minutes in a box.

    Parameters
    ----------
    minutes : float array
    low, high : float
        Minutes from which and to which a visit is on target.
    target, usual_target : float array and float, optional
        A patrol with a target of its own scales ``low`` and ``high`` by ``target / usual_target``; NaN = the usual one.

    Returns
    -------
    object array of str
    """
    minutes = np.asarray(minutes, dtype=float)
    scale: float | Floats = 1.0
    if target is not None:
        target = np.asarray(target, dtype=float)
        scale = np.where(np.isfinite(target), target / usual_target, 1.0)
    return np.select([minutes < low * scale, minutes > high * scale], ["short", "over"], "on_target").astype(object)


def with_officers(visits: TimedStays, roster: RosterRows) -> CrewedStays:
    """Say who was aboard: one row per officer rostered for the unit in the middle of the visit.

    Parameters
    ----------
    visits : pandas.DataFrame
        unit, entered_utc, left_utc and more.
    roster : pandas.DataFrame
        unit, officer, from_utc, to_utc; an empty ``to_utc`` lasts until the unit's next row, at most a day.

    Returns
    -------
    pandas.DataFrame
        The visits with ``officer``, :data:`UNKNOWN_OFFICER` where the roster tells nobody.
    """
    middle = visits["entered_utc"] + (visits["left_utc"] - visits["entered_utc"]) / 2
    numbered = visits.assign(_visit=np.arange(len(visits)), _middle=middle)
    aboard = numbered[["_visit", "unit", "_middle"]].merge(_closed(roster), on="unit")
    aboard = aboard[(aboard["from_utc"] <= aboard["_middle"]) & (aboard["_middle"] < aboard["to_utc"])]
    aboard = aboard[["_visit", "officer"]].drop_duplicates()
    found = numbered.merge(aboard, on="_visit", how="left")
    return found.assign(officer=found["officer"].fillna(UNKNOWN_OFFICER)).drop(columns=["_visit", "_middle"])


def _closed(roster: RosterRows) -> RosterRows:
    """The roster with an end for every row."""
    roster = roster[["unit", "officer", "from_utc", "to_utc"]].copy()
    starts = roster[["unit", "from_utc"]].drop_duplicates().sort_values(["unit", "from_utc"])
    starts["_next"] = starts.groupby("unit")["from_utc"].shift(-1)
    roster = roster.merge(starts, on=["unit", "from_utc"])
    latest = roster["from_utc"] + pd.Timedelta(days=1)
    open_end = roster["_next"].where(roster["_next"] < latest, latest)
    roster["to_utc"] = roster["to_utc"].where(roster["to_utc"].notna(), open_end)
    return roster.drop(columns="_next")


def with_patrols(visits: ShiftVisits, patrols: AssignedPatrols) -> ServedVisits:
    """Say which directed patrol a visit served: of its shift, in its box, its own unit's first, then by visit order.

    Parameters
    ----------
    visits : pandas.DataFrame
        unit, box_id, shift_date, shift and more.
    patrols : pandas.DataFrame
        As the table ``patrols``; only planned ones are served.

    Returns
    -------
    pandas.DataFrame
        The visits with ``patrol_id`` and ``target_minutes``, both empty where the box was not assigned.
    """
    planned = patrols.loc[patrols["status"] == "planned", ["patrol_id", "shift_date", "shift", "box_id", "unit",
                                                           "visit_order", "target_minutes"]]
    numbered = visits.assign(_visit=np.arange(len(visits)))
    served = numbered[["_visit", "shift_date", "shift", "box_id", "unit"]].dropna().merge(
        planned.rename(columns={"unit": "_assigned"}), on=["shift_date", "shift", "box_id"])
    # An assigned unit's own patrol, then one for anybody, then one of another unit: somebody was there.
    served["_rank"] = np.select([served["_assigned"] == served["unit"], served["_assigned"].isna()], [0, 1], 2)
    served = served.sort_values(["_visit", "_rank", "visit_order", "patrol_id"]).drop_duplicates("_visit")
    found = numbered.merge(served[["_visit", "patrol_id", "target_minutes"]], on="_visit", how="left")
    return found.assign(patrol_id=found["patrol_id"].astype(object).where(found["patrol_id"].notna(), None)).drop(
        columns="_visit")


def unit_visits(visits: pd.DataFrame) -> pd.DataFrame:
    """The visits of units: one row each, however many officers were aboard."""
    return visits.drop_duplicates(_VISIT)


def patrol_minutes(visits: pd.DataFrame, by: Sequence[str] = ("box_id",)) -> pd.Series:
    """Minutes in which somebody was present, by box (and shift, patrol ...).

    Visits that overlap in time count once. The absences within a merged visit are no presence, so visits that overlap
    never count for more than the minutes of their units together.

    Returns
    -------
    pandas.Series
        Minutes, by the columns ``by``.
    """
    return _minutes_once(unit_visits(visits), list(by))


def minutes_of_each(visits: pd.DataFrame, by: Sequence[str] = ("officer",)) -> pd.Series:
    """Minutes in which each officer (in each shift ...) was in boxes at all.

    A unit can be in two boxes at once: near an edge, and where a visit went on over a side trip. That time counts once.

    Returns
    -------
    pandas.Series
        Minutes, by the columns ``by``; officers the roster does not tell are left out.
    """
    return _minutes_once(visits[visits["officer"] != UNKNOWN_OFFICER], list(by))


def _minutes_once(visits: pd.DataFrame, by: list[str]) -> pd.Series:
    """Minutes of visits by columns, those that overlap within a group counted once."""
    visits = visits.dropna(subset=by).sort_values([*by, "entered_utc"])
    if visits.empty:
        return pd.Series(dtype=float, index=pd.MultiIndex.from_arrays([[]] * len(by), names=by))
    group = visits.groupby(by, sort=False).ngroup().to_numpy()
    entered, left = (nanoseconds(visits[name]) for name in ("entered_utc", "left_utc"))
    reached = pd.Series(left).groupby(group).cummax().to_numpy()
    new = np.ones(group.size, dtype=bool)
    new[1:] = (np.diff(group) != 0) | (entered[1:] > reached[:-1])
    first = np.flatnonzero(new)
    last = np.append(first[1:], group.size) - 1
    union = (reached[last] - entered[first]) / MINUTE
    together = np.minimum(union, np.add.reduceat(visits["minutes"].to_numpy(dtype=float), first))
    return pd.Series(together, index=pd.MultiIndex.from_frame(visits[by].iloc[first])).groupby(level=by).sum()


def officer_minutes(visits: pd.DataFrame, by: Sequence[str] = ("box_id",)) -> pd.Series:
    """Minutes summed over officers, by box (and shift, patrol ...); officers the roster does not tell count nothing."""
    return visits[visits["officer"] != UNKNOWN_OFFICER].groupby(list(by))["minutes"].sum()


def planned_minutes(patrols: pd.DataFrame) -> pd.Series:
    """The minutes planned for each patrol: its target, and that again for each time to come back."""
    return patrols["target_minutes"] * (1 + patrols["returns"].fillna(0).astype(float))


def planned_against_delivered(patrols: AssignedPatrols, visits: pd.DataFrame) -> Delivered:
    """What was planned and what was delivered, patrol by patrol.

    Parameters
    ----------
    patrols : pandas.DataFrame
        As the table ``patrols``.
    visits : pandas.DataFrame
        As the table ``visits``.

    Returns
    -------
    pandas.DataFrame
        patrol_id, shift_date, shift, beat, box_id, crime_type, unit, status, target_minutes, returns; visits (by
        units), patrol_minutes, officer_minutes (empty where the roster tells nobody of any of them), delivered
        (patrol-minutes by the target of all its visits, 1 = as planned).
    """
    columns = ["patrol_id", "shift_date", "shift", "beat", "box_id", "crime_type", "unit", "status", "target_minutes",
               "returns"]
    table = patrols[columns].reset_index(drop=True)
    served = visits[visits["patrol_id"].notna()]
    by = ("patrol_id",)
    table["visits"] = table["patrol_id"].map(unit_visits(served).groupby("patrol_id").size()).fillna(0).astype(int)
    minutes = patrol_minutes(served, by)
    table["patrol_minutes"] = table["patrol_id"].map(dict(zip(minutes.index.get_level_values(0), minutes))).fillna(0.0)
    table["officer_minutes"] = table["patrol_id"].map(officer_minutes(served, by)).astype(float)
    table["delivered"] = table["patrol_minutes"] / planned_minutes(table)
    return table
