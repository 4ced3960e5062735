"""What reports count: planned against delivered, tactics and officers' minutes of a period, as plain frames.

One reading of the workspace, :func:`read`, and functions of what it gives; reports only format. A *stay* is one visit
of one unit; ``visits`` has a row per officer aboard. Minutes of boxes and patrols are patrol-minutes (somebody was
there); minutes of officers are officer-minutes.
"""
from dataclasses import dataclass, replace
from typing import Optional

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...patrol import dosage, tactic_rules
from ...patrol import tracks as gps
from ..store.workspace import Between

__all__ = ["HOURS", "OUTCOMES", "Delivered", "by_crime_type", "by_group", "by_officer", "classes", "clock_hours",
           "crossed", "extreme", "officer_boxes", "officer_shifts", "peers", "read", "spread", "tactic_counts",
           "tactic_dates", "tactic_hours", "tactic_table", "totals", "tracks", "unapproved", "use_by"]

OUTCOMES = ("missed", "short", "on_target", "over")
HOURS = tuple(f"{hour:02}–{hour + 3:02}" for hour in range(0, 24, 3))
"""Three hours of the agency's clock each, by which tactics are told."""
_PATROL = ["patrol_id", "draw_id", "shift_date", "shift", "box_id", "beat", "crime_type", "unit", "origin", "status",
           "target_minutes", "returns", "visit_order", "inclusion_probability", "published_utc"]
_STAY = ["unit", "box_id", "entered_utc"]
_PEERS = ["low", "middle", "high", "directed_low", "directed_middle", "directed_high"]


@dataclass(frozen=True)
class Delivered:
    """A period's patrols, stays, officers' visits and tactic logs, of one beat and shift if so asked.

    Attributes
    ----------
    patrols : DataFrame
        Planned ones: patrol_id, shift_date, shift, beat, box_id, where, crime_type, unit, origin, visit_order,
        planned_minutes (target of all its visits), visits, minutes, officer_minutes, outcome (one of
        :data:`OUTCOMES`, of all its minutes).
    stays : DataFrame
        stay, unit, box_id, beat, where, patrol_id, crime_type (of the patrol), shift_date, shift, entered_utc,
        left_utc, minutes, dosage, officers (how many the roster tells).
    visits : DataFrame
        One row per stay and officer aboard: stay, officer, unit, box_id, where, patrol_id, shift_date, shift, minutes,
        dosage.
    logs : DataFrame
        log_id, officer, unit, tactic, minutes, at_utc, stay, box_id, where, beat, crime_type, shift_date, shift, hour
        (of the agency's clock), approved, listed (whether the agency's list knows the tactic).
    roster : DataFrame
        shift_date, shift, officer, unit.
    tactics : DataFrame
        As the table.
    as_of : pandas.Timestamp or None
        The newest moment among all of these.
    """

    first: str
    last: str
    beat: str
    shift: str
    patrols: pd.DataFrame
    stays: pd.DataFrame
    visits: pd.DataFrame
    logs: pd.DataFrame
    roster: pd.DataFrame
    tactics: pd.DataFrame
    as_of: Optional[pd.Timestamp]

    @property
    def empty(self):
        """Whether there is nothing at all to report."""
        return self.patrols.empty and self.stays.empty and self.logs.empty


def read(workspace, first, last, beat="", shift=""):
    """Read what was planned and delivered on the shift dates ``first`` to ``last``, inclusive: a :class:`Delivered`.

    A visit counts for the beat of its box, a log for that of its visit.

    Raises
    ------
    ConnectError
        When the dates cannot be read or are the wrong way round.
    """
    days = _days(first, last)
    when = {"shift_date": days, **({"shift": shift} if shift else {})}
    boxes = workspace.read("boxes", ["box_id", "beat", "where"])
    patrols = workspace.read("patrols", _PATROL, when)
    visits = workspace.read("visits", where=when)
    moments = [patrols["published_utc"].max(), visits["left_utc"].max()]
    patrols = _patrols(patrols[patrols["status"] == "planned"], visits, boxes, workspace.settings)
    visits = _visits(visits, patrols, boxes)
    logs = _logs(workspace, days, shift, visits)
    moments.append(logs["at_utc"].max())
    roster = _roster(workspace, days, shift)
    if beat:
        patrols, visits, logs = (frame[frame["beat"] == beat].reset_index(drop=True)
                                 for frame in (patrols, visits, logs))
        roster = roster[roster["officer"].isin(visits["officer"])].reset_index(drop=True)
    moments = [moment for moment in moments if not pd.isna(moment)]
    stays = visits.drop_duplicates("stay").drop(columns=["visit_id", "officer"]).reset_index(drop=True)
    known = visits[visits["officer"] != dosage.UNKNOWN].groupby("stay").size()
    stays["officers"] = stays["stay"].map(known).fillna(0).astype(int)
    return Delivered(first, last, beat, shift, patrols, stays, visits, logs, roster,
                     workspace.read("tactics", order_by="sort_order"), max(moments) if moments else None)


def _days(first, last):
    try:
        dates = pd.date_range(pd.to_datetime(first, format="%Y-%m-%d"), pd.to_datetime(last, format="%Y-%m-%d"))
    except (ValueError, TypeError) as error:
        raise ConnectError(f"The dates {first} and {last} must be written YYYY-MM-DD.", str(error)) from error
    if dates.empty:
        raise ConnectError("The period ends before it starts; give FROM not after TO.")
    return dates.strftime("%Y-%m-%d").tolist()


def _patrols(patrols, visits, boxes, settings):
    table = dosage.planned_against_delivered(patrols, visits)
    table = table.rename(columns={"patrol_minutes": "minutes"})
    table["planned_minutes"] = table["target_minutes"] * (1 + table["returns"].fillna(0).astype(float))
    outcome = dosage.dosage(table["minutes"], settings.on_target_low, settings.on_target_high,
                            table["planned_minutes"], settings.target_minutes)
    table["outcome"] = np.where(table["visits"] > 0, outcome, "missed")
    for name in ("origin", "visit_order", "inclusion_probability"):
        table[name] = patrols[name].to_numpy()
    return table.drop(columns=["status", "delivered"]).merge(boxes[["box_id", "where"]], on="box_id", how="left")


def _visits(visits, patrols, boxes):
    """Visits with the stay they are part of, the beat of their box and the crime type of their patrol."""
    visits = visits.sort_values(["entered_utc", "unit", "box_id", "officer"], kind="stable", ignore_index=True)
    visits["stay"] = visits.groupby(_STAY, sort=False, dropna=False).ngroup()
    visits = visits.merge(boxes, on="box_id", how="left")
    kind = dict(zip(patrols["patrol_id"], patrols["crime_type"]))
    visits["crime_type"] = visits["patrol_id"].map(kind).astype(object)
    return visits


def _logs(workspace, days, shift, visits):
    """Logs of the shifts, each with its visit's box, beat and crime type."""
    calendar = workspace.calendar
    slots = calendar.slots(days[0], days[-1])
    at = Between(slots["start_utc"].min(), slots["end_utc"].max()) if len(slots) else []
    logs = workspace.read("tactic_log", where={"at_utc": at}, order_by="at_utc")
    logs["shift_date"], logs["shift"] = calendar.assign(logs["at_utc"])
    logs = logs[logs["shift_date"].isin(days)]
    if shift:
        logs = logs[logs["shift"] == shift]
    mine = ["visit_id", "stay", "box_id", "beat", "where", "crime_type"]
    logs = logs.merge(visits[mine].drop_duplicates("visit_id"), on="visit_id", how="left")
    logs["hour"] = logs["at_utc"].dt.tz_convert(workspace.settings.timezone).dt.hour
    logs["listed"] = logs["tactic"].isin(workspace.distinct("tactics", "tactic"))
    return logs.reset_index(drop=True)


def _roster(workspace, days, shift):
    """Who worked which shift: as the roster says, or the shift in which a row begins."""
    roster = workspace.read("roster")
    assigned = workspace.calendar.assign(roster["from_utc"])
    for name, found in zip(("shift_date", "shift"), assigned):
        roster[name] = roster[name].where(roster[name].notna(), pd.Series(found, index=roster.index))
    roster = roster[roster["shift_date"].isin(days)]
    if shift:
        roster = roster[roster["shift"] == shift]
    return roster[["shift_date", "shift", "officer", "unit"]].drop_duplicates().reset_index(drop=True)


def tracks(workspace, shift_date, shift, units=None, tolerance=8.0):
    """Where units drove in a shift, from the fixes that can be true.

    Parameters
    ----------
    units : list of str, optional
        Only these.
    tolerance : float
        Metres by which a line may be simpler than its fixes.

    Returns
    -------
    DataFrame
        unit, geometry (shapely LineString in the workspace's CRS), one row per track of at least two fixes.
    """
    from shapely.geometry import LineString

    start, end = workspace.calendar.bounds(shift_date, shift)
    where = {"at_utc": Between(start, end), **({} if units is None else {"unit": list(units)})}
    fixes = workspace.read("gps_fixes", where=where, order_by=["unit", "at_utc"])
    codes, names = pd.factorize(fixes["unit"])
    at = fixes["at_utc"].dt.tz_localize(None).to_numpy("datetime64[ns]").astype(np.int64)
    x, y = fixes["x"].to_numpy(float), fixes["y"].to_numpy(float)
    keep, track, _ = gps.clean(codes, at, x, y, fixes["accuracy"].to_numpy(float),
                               gps.VisitRules.from_settings(workspace.settings))
    starts = np.flatnonzero(np.diff(track, prepend=-1))
    rows = [(names[codes[part[0]]], LineString(np.column_stack([x[part], y[part]])).simplify(tolerance, False))
            for part in np.split(keep, starts[1:]) if part.size > 1]
    return pd.DataFrame(rows, columns=["unit", "geometry"])


# --- planned against delivered ---------------------------------------------------------------------------------------

def totals(delivered):
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


def _share(part, whole):
    return part / whole if whole else float("nan")


def _met(patrols):
    """Minutes of each patrol up to its planned ones: what was more does not make up for less elsewhere."""
    return np.minimum(patrols["minutes"], patrols["planned_minutes"])


def _other_minutes(stays):
    """Patrol-minutes in boxes for which no patrol was planned in that shift."""
    other = stays[stays["patrol_id"].isna()]
    return float(dosage.patrol_minutes(other, ("shift_date", "shift", "box_id")).sum())


def by_group(delivered, by):
    """Planned against delivered by columns of ``patrols``, in their order.

    Parameters
    ----------
    by : list of str
        Such as ``["shift_date", "shift"]`` or ``["beat"]``.

    Returns
    -------
    DataFrame
        ``by``, patrols, visited, missed, short, on_target, over, planned_minutes, minutes, compliance, met (share of
        planned_minutes, each patrol counted only up to its own), share.
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


def extreme(delivered, times):
    """Patrols with more than ``times`` their planned minutes, those with the most minutes first, as ``patrols``; their
    minutes; the minutes of all patrols."""
    patrols = delivered.patrols
    found = patrols[patrols["minutes"] > times * patrols["planned_minutes"]]
    found = found.sort_values(["minutes", "patrol_id"], ascending=[False, True], kind="stable", ignore_index=True)
    return found, float(found["minutes"].sum()), float(patrols["minutes"].sum())


def by_crime_type(delivered, crime_types):
    """Minutes of directed patrol by crime type, every type of ``crime_types`` in its order, then others.

    Returns
    -------
    DataFrame
        crime_type, patrols, visited, compliance, on_target (share of patrols), planned_minutes, minutes, met, share,
        stays, mean_minutes and median_minutes (of one stay; NaN without any), officer_minutes.
    """
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


# --- tactics ---------------------------------------------------------------------------------------------------------

def tactic_table(delivered):
    """Use of every tactic: the agency's list in its order, also those never used, then what else was logged.

    Returns
    -------
    DataFrame
        tactic, name, uses, minutes, share (of all minutes), share_of_uses, no_minutes (uses that tell no minutes), mean
        (minutes of a use that tells them), unapproved (uses) and unapproved_minutes, state (``approved``, ``not
        approved``, ``expired``, ``enforcement`` or ``not on the list``, on the period's last date).
    """
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


def _states(listed, date):
    """Whether each tactic of the list may be used on a date, and why not."""
    expired = listed["expires"].fillna("").astype(str)
    state = np.select([tactic_rules.approved(listed, date), listed["enforcement"].fillna(True).astype(bool),
                       (expired != "") & (expired < date)], ["approved", "enforcement", "expired"], "not approved")
    return dict(zip(listed["tactic"], state))


def tactic_counts(delivered, table):
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


def tactic_hours(delivered):
    """Minutes of tactics by hours of the day: a frame as of :func:`crossed`, a column for each of :data:`HOURS`."""
    banded = replace(delivered, logs=delivered.logs.assign(hours=[HOURS[hour // 3] for hour in delivered.logs["hour"]]))
    return crossed(use_by(banded, ["tactic", "hours"]), "tactic", "hours", list(HOURS))


def tactic_dates(delivered, most=10):
    """Minutes of tactics over time, in at most ``most`` steps of as many dates each: a frame as of :func:`crossed`,
    with a column for each step, called by its first date, and how many dates a step has."""
    dates = _days(delivered.first, delivered.last)
    each = -(-len(dates) // most)
    step = {date: dates[place - place % each] for place, date in enumerate(dates)}
    stepped = replace(delivered, logs=delivered.logs.assign(since=delivered.logs["shift_date"].map(step)))
    table = crossed(use_by(stepped, ["tactic", "since"]), "tactic", "since", dates[::each])
    return table.reindex(columns=["tactic", "total", *dates[::each]], fill_value=0.0), each


def unapproved(delivered, table):
    """Entries that were not approved, in numbers: tactic, name, state (as of :func:`tactic_table`), unit, uses,
    minutes, the most uses of a tactic first."""
    logs = delivered.logs[~delivered.logs["approved"].fillna(False).astype(bool)]
    found = use_by(replace(delivered, logs=logs), ["tactic", "unit"])
    found = found.merge(table[["tactic", "name", "state"]], on="tactic")
    found = found.assign(all_uses=found.groupby("tactic")["uses"].transform("sum"))
    return found.sort_values(["all_uses", "tactic", "uses", "unit"], ascending=[False, True, False, True],
                             kind="stable", ignore_index=True).drop(columns="all_uses")


def use_by(delivered, by):
    """Uses and minutes of tactics by columns of ``logs`` such as ``["tactic", "beat"]``: those columns, uses,
    minutes."""
    grouped = delivered.logs.groupby(by, dropna=False, sort=True)["minutes"]
    return pd.DataFrame({"uses": grouped.size(), "minutes": grouped.sum()}).reset_index()


def crossed(use, rows, columns, order, others=""):
    """Minutes of :func:`use_by` as a matrix.

    Parameters
    ----------
    use : DataFrame
        ``rows``, ``columns``, minutes.
    order : list
        Values of ``columns`` in the order wanted; those without any minutes or use are left out.
    others : str, optional
        Column for all values that are not in ``order``; without it they follow one by one.

    Returns
    -------
    DataFrame
        ``rows`` in their first order, total, and one column of minutes for each value.
    """
    values = use[columns].where(use[columns].isin(order), others) if others else use[columns]
    wide = use.assign(**{columns: values}).pivot_table(index=rows, columns=columns, values="minutes", aggfunc="sum",
                                                       sort=False, fill_value=0.0)
    wide = wide[[value for value in order if value in wide] + [value for value in wide if value not in set(order)]]
    wide.insert(0, "total", wide.sum(axis=1))
    return wide.rename_axis(columns=None).reset_index()


def clock_hours(delivered):
    """Uses and minutes of tactics in each hour of the day: hour 0 to 23, uses, minutes."""
    return use_by(delivered, ["hour"]).set_index("hour").reindex(range(24), fill_value=0).rename_axis(
        "hour").reset_index()


# --- officers --------------------------------------------------------------------------------------------------------

def officer_shifts(delivered):
    """Minutes of each officer in each shift worked, which the roster or a visit tells; those of nobody known left out.

    Time in two boxes at once counts once. A stay counts for the shift in which it began.

    Returns
    -------
    DataFrame
        shift_date, shift, officer, stays, on_target (stays in planned boxes), directed (stays in planned boxes),
        minutes, directed_minutes (in planned boxes).
    """
    by = ["shift_date", "shift", "officer"]
    visits = delivered.visits[delivered.visits["officer"] != dosage.UNKNOWN]
    directed = visits["patrol_id"].notna()
    visits = visits.assign(directed=directed, on_target=directed & (visits["dosage"] == "on_target"), stays=1)
    counted = visits.groupby(by)[["stays", "on_target", "directed"]].sum()
    counted["minutes"] = dosage.minutes_of_each(visits, by).reindex(counted.index)
    counted["directed_minutes"] = dosage.minutes_of_each(visits[directed], by).reindex(counted.index, fill_value=0.0)
    worked = pd.MultiIndex.from_frame(delivered.roster[by].dropna().drop_duplicates())
    table = counted.reindex(counted.index.union(worked), fill_value=0).reset_index()
    return table.astype({"stays": int, "on_target": int, "directed": int, "minutes": float, "directed_minutes": float})


def peers(shifts, least=4):
    """Minutes of the officers of each shift of a date, beside which one officer's can be seen.

    Parameters
    ----------
    shifts : DataFrame
        From :func:`officer_shifts`.
    least : int
        Fewer officers give no distribution (NaN), which would tell single persons' minutes.

    Returns
    -------
    DataFrame
        shift_date, shift, officers, low (quartile), middle (median), high (quartile), and the same of directed minutes:
        directed_low, directed_middle, directed_high.
    """
    grouped = shifts.groupby(["shift_date", "shift"])
    table = pd.DataFrame({"officers": grouped.size()})
    for prefix, minutes in (("", grouped["minutes"]), ("directed_", grouped["directed_minutes"])):
        table[prefix + "low"], table[prefix + "middle"] = minutes.quantile(0.25), minutes.median()
        table[prefix + "high"] = minutes.quantile(0.75)
    table.loc[table["officers"] < least, _PEERS] = np.nan
    return table.reset_index()


def by_officer(shifts, least=4):
    """Each officer beside the peers of the same shifts, in the order of their codes: never ranked by minutes here.

    Parameters
    ----------
    shifts, least : as of :func:`peers`

    Returns
    -------
    DataFrame
        officer, shifts (worked), stays, minutes, directed_minutes, per_shift and directed_per_shift (minutes), low,
        middle, high and directed_low, directed_middle, directed_high (means over the same shifts of :func:`peers`),
        on_target (share of stays in planned boxes).
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


def officer_boxes(delivered):
    """Minutes of each officer in each box: officer, box_id, where, stays, minutes, directed_minutes."""
    visits = delivered.visits[delivered.visits["officer"] != dosage.UNKNOWN]
    visits = visits.assign(directed_minutes=visits["minutes"].where(visits["patrol_id"].notna(), 0.0), stays=1)
    grouped = visits.groupby(["officer", "box_id", "where"], dropna=False, sort=True)
    return grouped[["stays", "minutes", "directed_minutes"]].sum().reset_index()


def spread(shifts):
    """How officers' minutes are spread in each shift: shift, officers, shifts (officer-shifts), least, low, middle,
    high (quartiles), most."""
    grouped = shifts.groupby("shift", sort=False)
    minutes = grouped["minutes"]
    return pd.DataFrame({
        "officers": grouped["officer"].nunique(), "shifts": minutes.size(), "least": minutes.min(),
        "low": minutes.quantile(0.25), "middle": minutes.median(), "high": minutes.quantile(0.75),
        "most": minutes.max()}).reset_index()


def classes(shifts, most=12):
    """Officer-shifts by minutes, in at most about ``most`` classes of equal round width: low, high (``low <= minutes <
    high``), and one column of counts for each shift."""
    minutes = shifts["minutes"].to_numpy(dtype=float)
    longest = minutes.max(initial=0.0)
    width = next(step for step in (5, 10, 15, 20, 30, 60, 120, 240, 480, 1440) if step * most > longest or step == 1440)
    place = (minutes // width).astype(int)
    table = pd.DataFrame({"low": width * np.arange(place.max(initial=0) + 1)})
    table["high"] = table["low"] + width
    for code in dict.fromkeys(shifts["shift"]):
        table[code] = np.bincount(place[(shifts["shift"] == code).to_numpy()], minlength=len(table))
    return table
