"""Officers' minutes in boxes, beside those of the same shifts. They are officer-minutes, never ranked here."""
from __future__ import annotations

import numpy as np
import pandas as pd

from ...patrol import dosage
from .delivered_period import DeliveredPeriod
from .number_frames import PEERS, MinuteClasses, MinuteSpread, OfficerBoxes, OfficerFigures, OfficerShifts, Peers

_PEERS = [column.name for column in PEERS]


def officer_shifts(delivered: DeliveredPeriod) -> OfficerShifts:
    """Minutes of each officer in each shift worked, which the roster or a visit tells; those of nobody known left out.

    Time in two boxes at once counts once. A stay counts for the shift in which it began.
    """
    by = ["shift_date", "shift", "officer"]
    visits = delivered.visits[delivered.visits["officer"] != dosage.UNKNOWN_OFFICER]
    directed = visits["patrol_id"].notna()
    visits = visits.assign(directed=directed, on_target=directed & (visits["dosage"] == "on_target"), stays=1)
    counted = visits.groupby(by)[["stays", "on_target", "directed"]].sum()
    counted["minutes"] = dosage.minutes_of_each(visits, by).reindex(counted.index)
    counted["directed_minutes"] = dosage.minutes_of_each(visits[directed], by).reindex(counted.index, fill_value=0.0)
    worked = pd.MultiIndex.from_frame(delivered.roster[by].dropna().drop_duplicates())
    table = counted.reindex(counted.index.union(worked), fill_value=0).reset_index()
    return table.astype({"stays": int, "on_target": int, "directed": int, "minutes": float, "directed_minutes": float})


def peers(shifts: OfficerShifts, least: int = 4) -> Peers:
    """Minutes of the officers of each shift of a date, beside which one officer's can be seen.

    Parameters
    ----------
    shifts : DataFrame
        From :func:`officer_shifts`.
    least : int
        Fewer officers give no distribution (NaN), which would tell single persons' minutes.
    """
    grouped = shifts.groupby(["shift_date", "shift"])
    table = pd.DataFrame({"officers": grouped.size()})
    for prefix, minutes in (("", grouped["minutes"]), ("directed_", grouped["directed_minutes"])):
        table[f"{prefix}low"], table[f"{prefix}middle"] = minutes.quantile(0.25), minutes.median()
        table[f"{prefix}high"] = minutes.quantile(0.75)
    table.loc[table["officers"] < least, _PEERS] = np.nan
    return table.reset_index()


def by_officer(shifts: OfficerShifts, least: int = 4) -> OfficerFigures:
    """Each officer beside the peers of the same shifts, in the order of their codes: never ranked by minutes here.

    Parameters
    ----------
    shifts, least : as of :func:`peers`
    """
    beside = shifts.merge(peers(shifts, least), on=["shift_date", "shift"])
    grouped = beside.groupby("officer", sort=True)
    table = grouped[["stays", "minutes", "directed_minutes", "on_target", "directed"]].sum()
    table.insert(0, "shifts", grouped.size())
    table["per_shift"] = table["minutes"] / table["shifts"]
    table["directed_per_shift"] = table["directed_minutes"] / table["shifts"]
    table[_PEERS] = grouped[_PEERS].mean()
    table["on_target"] = table["on_target"] / table["directed"].where(table["directed"] > 0)
    return table.drop(columns="directed").reset_index()


def officer_boxes(delivered: DeliveredPeriod) -> OfficerBoxes:
    """Minutes of each officer in each box."""
    visits = delivered.visits[delivered.visits["officer"] != dosage.UNKNOWN_OFFICER]
    visits = visits.assign(directed_minutes=visits["minutes"].where(visits["patrol_id"].notna(), 0.0), stays=1)
    grouped = visits.groupby(["officer", "box_id", "where"], dropna=False, sort=True)
    return grouped[["stays", "minutes", "directed_minutes"]].sum().reset_index()


def spread(shifts: OfficerShifts) -> MinuteSpread:
    """How officers' minutes are spread in each shift."""
    grouped = shifts.groupby("shift", sort=False)
    minutes = grouped["minutes"]
    return pd.DataFrame({
        "officers": grouped["officer"].nunique(), "shifts": minutes.size(), "least": minutes.min(),
        "low": minutes.quantile(0.25), "middle": minutes.median(), "high": minutes.quantile(0.75),
        "most": minutes.max()}).reset_index()


def classes(shifts: OfficerShifts, most: int = 12) -> MinuteClasses:
    """Officer-shifts by minutes, in at most about ``most`` classes of equal round width."""
    minutes = shifts["minutes"].to_numpy(dtype=float)
    longest = minutes.max(initial=0.0)
    width = next(step for step in (5, 10, 15, 20, 30, 60, 120, 240, 480, 1440) if step * most > longest or step == 1440)
    place = (minutes // width).astype(int)
    table = pd.DataFrame({"low": width * np.arange(place.max(initial=0) + 1)})
    table["high"] = table["low"] + width
    for code in dict.fromkeys(shifts["shift"]):
        table[code] = np.bincount(place[(shifts["shift"] == code).to_numpy()], minlength=len(table))
    return table
