"""The use of tactics in numbers: by tactic, hour, date and unit, and what was not approved."""
from __future__ import annotations

from dataclasses import replace
from typing import Any, Sequence

import numpy as np
import pandas as pd

from ...patrol import tactic_rules
from ..steps.shift_dates import dates_between
from ..store.rows import Tactics
from .delivered_period import DeliveredPeriod
from .number_frames import CrossedMinutes, HourUse, TacticTable, TacticUse, UnapprovedUse

HOURS = tuple(f"{hour:02}–{hour + 3:02}" for hour in range(0, 24, 3))
"""Three hours of the agency's clock each, by which tactics are told."""


def tactic_table(delivered: DeliveredPeriod) -> TacticTable:
    """Use of every tactic: the agency's list in its order, also those never used, then what else was logged."""
    listed, logs = delivered.tactics, delivered.logs
    names = dict(zip(listed["tactic"], listed["name"]))
    codes = [*listed["tactic"], *sorted(set(logs["tactic"]) - set(names))]
    grouped = logs.groupby("tactic")
    table = pd.DataFrame({"tactic": codes})
    table["name"] = [names.get(code) or code for code in codes]
    table["uses"] = table["tactic"].map(grouped.size()).fillna(0).astype(int)
    table["minutes"] = table["tactic"].map(grouped["minutes"].sum()).fillna(0.0).astype(float)
    table["share"] = table["minutes"] / (table["minutes"].sum() or np.nan)
    table["share_of_uses"] = table["uses"] / (table["uses"].sum() or np.nan)
    told = table["tactic"].map(grouped["minutes"].count()).fillna(0).astype(int)
    table["no_minutes"] = table["uses"] - told
    table["mean"] = table["minutes"] / told.where(told > 0)
    approved = logs["approved"].fillna(False).astype(bool)
    wrong = logs[~approved].groupby("tactic")["minutes"]
    table["unapproved"] = table["tactic"].map(wrong.size()).fillna(0).astype(int)
    table["unapproved_minutes"] = table["tactic"].map(wrong.sum()).fillna(0.0).astype(float)
    table["state"] = table["tactic"].map(_states(listed, delivered.last)).fillna("not on the list")
    return table


def _states(listed: Tactics, date: str) -> dict[str, str]:
    """Whether each tactic of the list may be used on a date, and why not."""
    expired = listed["expires"].fillna("").astype(str)
    state = np.select([tactic_rules.approved(listed, date), listed["enforcement"].fillna(True).astype(bool),
                       (expired != "") & (expired < date)], ["approved", "enforcement", "expired"], "not approved")
    return dict(zip(listed["tactic"], state))


def tactic_counts(delivered: DeliveredPeriod, table: TacticTable) -> dict[str, Any]:
    """The use of tactics in numbers, as a dict.

    Parameters
    ----------
    table : DataFrame
        From :func:`tactic_table`.

    Returns
    -------
    dict
        uses, minutes, listed and listed_used (tactics on the agency's list, and those of them that were used),
        unlisted (tactics that were logged and are not on it), unapproved and no_minutes (entries), with_stay (entries
        that belong to a stay and tell minutes), longer (those of them whose minutes are more than the stay's, by over
        half a minute).
    """
    known = set(delivered.tactics["tactic"])
    listed = table["tactic"].isin(known)
    used = table["uses"] > 0
    logs = delivered.logs
    stayed = logs["stay"].map(delivered.stays.set_index("stay")["minutes"]).astype(float)
    told = logs["minutes"].astype(float)
    return {"uses": len(logs), "minutes": float(table["minutes"].sum()), "listed": int(listed.sum()),
            "listed_used": int((listed & used).sum()), "unlisted": int((~listed).sum()),
            "unapproved": int(table["unapproved"].sum()), "no_minutes": int(table["no_minutes"].sum()),
            "with_stay": int((stayed.notna() & told.notna()).sum()), "longer": int((told > stayed + 0.5).sum())}


def tactic_hours(delivered: DeliveredPeriod) -> CrossedMinutes:
    """Minutes of tactics by hours of the day: a frame as of :func:`crossed`, a column for each of :data:`HOURS`."""
    banded = replace(delivered, logs=delivered.logs.assign(hours=[HOURS[hour // 3] for hour in delivered.logs["hour"]]))
    return crossed(use_by(banded, ["tactic", "hours"]), "tactic", "hours", list(HOURS))


def tactic_dates(delivered: DeliveredPeriod, most: int = 10) -> tuple[CrossedMinutes, int]:
    """Minutes of tactics over time, in at most ``most`` steps of as many dates each: a frame as of :func:`crossed`,
    with a column for each step, called by its first date, and how many dates a step has."""
    dates = dates_between(delivered.first, delivered.last)
    each = -(-len(dates) // most)
    step = {date: dates[place - place % each] for place, date in enumerate(dates)}
    stepped = replace(delivered, logs=delivered.logs.assign(since=delivered.logs["shift_date"].map(step)))
    table = crossed(use_by(stepped, ["tactic", "since"]), "tactic", "since", dates[::each])
    return table.reindex(columns=["tactic", "total", *dates[::each]], fill_value=0.0), each


def unapproved(delivered: DeliveredPeriod, table: TacticTable) -> UnapprovedUse:
    """Entries that were not approved, in numbers, the most uses of a tactic first."""
    logs = delivered.logs[~delivered.logs["approved"].fillna(False).astype(bool)]
    found = use_by(replace(delivered, logs=logs), ["tactic", "unit"])
    found = found.merge(table[["tactic", "name", "state"]], on="tactic")
    found = found.assign(all_uses=found.groupby("tactic")["uses"].transform("sum"))
    return found.sort_values(["all_uses", "tactic", "uses", "unit"], ascending=[False, True, False, True],
                             kind="stable", ignore_index=True).drop(columns="all_uses")


def use_by(delivered: DeliveredPeriod, by: list[str]) -> TacticUse:
    """Uses and minutes of tactics by columns of ``logs`` such as ``["tactic", "beat"]``: by them, in their order."""
    grouped = delivered.logs.groupby(by, dropna=False, sort=True)["minutes"]
    return pd.DataFrame({"uses": grouped.size(), "minutes": grouped.sum()}).reset_index()


def crossed(use: pd.DataFrame, rows: str, columns: str, order: Sequence[str], others: str = "") -> CrossedMinutes:
    """Minutes of :func:`use_by` as a matrix.

    Parameters
    ----------
    use : DataFrame
        ``rows``, ``columns``, minutes.
    order : list
        Values of ``columns`` in the order wanted; those without any minutes or use are left out.
    others : str, optional
        Column for all values that are not in ``order``; without it they follow one by one.
    """
    values = use[columns].where(use[columns].isin(order), others) if others else use[columns]
    wide = use.assign(**{columns: values}).pivot_table(index=rows, columns=columns, values="minutes", aggfunc="sum",
                                                       sort=False, fill_value=0.0)
    wide = wide[[value for value in order if value in wide] + [value for value in wide if value not in set(order)]]
    wide.insert(0, "total", wide.sum(axis=1))
    return wide.rename_axis(columns=None).reset_index()


def clock_hours(delivered: DeliveredPeriod) -> HourUse:
    """Uses and minutes of tactics in each hour of the day."""
    return use_by(delivered, ["hour"]).set_index("hour").reindex(range(24), fill_value=0).rename_axis(
        "hour").reset_index()
