"""Planned against delivered in numbers.

Minutes of boxes and patrols are patrol-minutes (somebody was there).
"""
from __future__ import annotations

from typing import Any, Sequence

import numpy as np
import pandas as pd

from ...patrol import dosage
from .delivered_period import OUTCOMES, DeliveredPeriod
from .number_frames import CrimeTypeDosage, DeliveredPatrols, DosageGroups, PeriodStays


def totals(delivered: DeliveredPeriod) -> dict[str, Any]:
    """The period in numbers, as a dict: patrols, visited, missed, compliance (share of patrols visited),
    planned_minutes, minutes (in planned boxes), met (share of planned_minutes that was met, each patrol counted only up
    to its own), share (minutes by planned_minutes), on_target (share of patrols),
    other_minutes (in boxes that were not planned), stays, units. Shares are NaN without patrols."""
    patrols, stays = delivered.patrols, delivered.stays
    count, visited = len(patrols), int((patrols["visits"] > 0).sum())
    planned, minutes = float(patrols["planned_minutes"].sum()), float(patrols["minutes"].sum())
    return {
        "patrols": count, "visited": visited, "missed": count - visited, "compliance": _share(visited, count),
        "planned_minutes": planned, "minutes": minutes, "met": _share(float(_met(patrols).sum()), planned),
        "share": _share(minutes, planned),
        "on_target": _share(int((patrols["outcome"] == "on_target").sum()), count),
        "other_minutes": _other_minutes(stays), "stays": len(stays), "units": stays["unit"].nunique()}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _met(patrols: DeliveredPatrols) -> pd.Series:
    """Minutes of each patrol up to its planned ones: what was more does not make up for less elsewhere."""
    return np.minimum(patrols["minutes"], patrols["planned_minutes"])


def _other_minutes(stays: PeriodStays) -> float:
    """Patrol-minutes in boxes for which no patrol was planned in that shift."""
    other = stays[stays["patrol_id"].isna()]
    return float(dosage.patrol_minutes(other, ("shift_date", "shift", "box_id")).sum())


def by_group(delivered: DeliveredPeriod, by: list[str]) -> DosageGroups:
    """Planned against delivered by columns of ``patrols``, in their order.

    Parameters
    ----------
    by : list of str
        Such as ``["shift_date", "shift"]`` or ``["beat"]``.
    """
    patrols = delivered.patrols.assign(visited=delivered.patrols["visits"] > 0, met=_met(delivered.patrols))
    for outcome in OUTCOMES:
        patrols[outcome] = patrols["outcome"] == outcome
    numbers = ["visited", *OUTCOMES, "planned_minutes", "minutes", "met"]
    grouped = patrols.groupby(by, dropna=False, sort=True)
    table = grouped[numbers].sum()
    table.insert(0, "patrols", grouped.size())
    table = table.reset_index()
    table["compliance"] = table["visited"] / table["patrols"]
    planned = table["planned_minutes"].where(table["planned_minutes"] > 0)
    table["met"], table["share"] = table["met"] / planned, table["minutes"] / planned
    return table.astype(dict.fromkeys(("visited", *OUTCOMES), int))


def extreme(delivered: DeliveredPeriod, times: float) -> tuple[DeliveredPatrols, float, float]:
    """Patrols with more than ``times`` their planned minutes, those with the most minutes first, as ``patrols``; their
    minutes; the minutes of all patrols."""
    patrols = delivered.patrols
    found = patrols[patrols["minutes"] > times * patrols["planned_minutes"]]
    found = found.sort_values(["minutes", "patrol_id"], ascending=[False, True], kind="stable", ignore_index=True)
    return found, float(found["minutes"].sum()), float(patrols["minutes"].sum())


def by_crime_type(delivered: DeliveredPeriod, crime_types: Sequence[str]) -> CrimeTypeDosage:
    """Minutes of directed patrol by crime type, every type of ``crime_types`` in its order, then others."""
    table = by_group(delivered, ["crime_type"]).set_index("crime_type")
    table["on_target"] = table["on_target"] / table["patrols"]
    served = delivered.stays[delivered.stays["patrol_id"].notna()].groupby("crime_type")["minutes"]
    table["stays"], table["mean_minutes"], table["median_minutes"] = served.size(), served.mean(), served.median()
    table["officer_minutes"] = delivered.patrols.groupby("crime_type")["officer_minutes"].sum()
    order = [*crime_types, *(kind for kind in table.index if kind not in set(crime_types))]
    table = table.reindex(order)
    counts = ["patrols", "visited", "planned_minutes", "minutes", "stays", "officer_minutes"]
    table[counts] = table[counts].fillna(0.0)
    table = table.astype({"patrols": int, "visited": int, "stays": int}).reset_index()
    return table[["crime_type", "patrols", "visited", "compliance", "on_target", "planned_minutes", "minutes", "met",
                  "share", "stays", "mean_minutes", "median_minutes", "officer_minutes"]]
