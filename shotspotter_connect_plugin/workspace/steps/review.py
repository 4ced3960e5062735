"""What an analyst looks at before changing a plan: its patrols, why a box, what was reported lately, what rose since.

Everything here only reads.
"""
from dataclasses import dataclass
from functools import cached_property
from typing import List, Optional

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.fishnet import Fishnet
from ...patrol import adjustments, metering
from ...progress import SILENT
from ..store import chain
from ..store.workspace import Between
from . import adjusting, forecasting, planning

_SEEN_DAYS = max(metering.WINDOWS)
_LAST_PATROLS = 3
_FEW_EVENTS, _EVENT_DAYS = 2, 365
_WIDE = 3.0
_USUAL_WEEKS = 4
_TICK = pd.Timedelta(milliseconds=1)
LEAST_RISE = 0.1
"""A box is listed as risen when its harm grew by this share at least."""

PATROL_COLUMNS = (
    "patrol_id", "number", "beat", "box_id", "where", "crime_type", "crime_type_name", "colour", "letter", "chance",
    "chance_low", "chance_high", "harm", "inclusion_probability", "target_minutes", "status", "origin", "streak",
    "last_patrols", "x_min", "y_min", "x_max", "y_max")


def date_to_open(workspace):
    """Today if it has a draw, else the date of the newest draw, else today."""
    today = workspace.calendar.to_local([_now(None)])[0].date().isoformat()
    dates = workspace.distinct("draws", "shift_date")
    return today if today in dates or not dates else max(dates)


@dataclass(frozen=True)
class PlanView:
    """One shift's plan as an analyst sees it.

    ``patrols`` [PATROL_COLUMNS] holds, by beat and visit order, the planned ones, numbered from 1 within a beat as on
    the sheets, and those an analyst suppressed (``number`` null); ``streak`` counts the days in a row, up to this
    shift, on which the box had a patrol. ``crime_types`` [crime_type, name, colour, letter]; ``shifts`` [shift, name]
    of the date; ``boxes`` [box_id, beat, where], the whole fishnet. ``refusal`` says why this account may not change
    the plan, empty if it may; ``undoable`` and ``last`` are adjustments as mappings or None; ``message`` says why there
    is nothing to show; ``remarks`` are sentences on the draw and on what is not on the sheets yet. ``seed_hash`` is
    that of the newest draw, empty without one; ``reported`` counts events that became known since the plan's forecast,
    until the shift ends, and ``ended`` tells whether it has.
    """

    shift_date: str
    shift: str
    patrols: pd.DataFrame
    crime_types: pd.DataFrame
    shifts: pd.DataFrame
    boxes: pd.DataFrame
    reasons: dict
    target_minutes: float
    refusal: str
    undoable: Optional[dict]
    last: Optional[dict]
    head: str
    message: str
    remarks: List[str]
    seed_hash: str
    reported: int
    ended: bool
    timezone: str
    crs: str
    fishnet: Fishnet

    @property
    def shift_name(self):
        """Name of the shift on screens and sheets."""
        return dict(zip(self.shifts["shift"], self.shifts["name"])).get(self.shift, self.shift)

    def box_at(self, x, y):
        """Id of the box at a point in ``crs``; empty outside the fishnet."""
        box_id = self.fishnet.ids(*self.fishnet.cell([x], [y]))[0]
        return box_id if (self.boxes["box_id"] == box_id).any() else ""

    def rectangle(self, box_id):
        """x_min, y_min, x_max, y_max of a box in ``crs``."""
        return self.fishnet.rectangles(*Fishnet.parse([box_id]))[0].tolist()

    @cached_property
    def rows(self):
        """``patrols`` as a list of mappings, None for null."""
        return chain.records(self.patrols)

    def row_of(self, box_id):
        """The row of ``patrols`` of a box as a mapping; None if there is none."""
        return self._by_box.get(box_id)

    @cached_property
    def _by_box(self):
        return {row["box_id"]: row for row in self.rows}


def plan_view(workspace, shift_date, shift, legend):
    """Read one shift's plan.

    Parameters
    ----------
    workspace : Workspace
    shift_date : str
    shift : str
        A shift that starts on the date; the first of the date if it is empty or does not start then.
    legend : pandas.DataFrame
        crime_type, name, colour, letter.

    Returns
    -------
    PlanView
        With an empty ``shift`` where none starts on the date.
    """
    names = workspace.read("shifts", ["shift", "name"]).drop_duplicates("shift")
    slots = workspace.calendar.slots(shift_date, shift_date)[["shift"]]
    shifts = slots.merge(names, on="shift", how="left")
    shifts["name"] = shifts["name"].fillna(shifts["shift"])
    if shift not in set(shifts["shift"]):
        shift = shifts["shift"].iloc[0] if len(shifts) else ""
    boxes = workspace.read("boxes", ["box_id", "beat", "where"])
    patrols = _patrols(workspace, shift_date, shift, boxes, legend, dict(names.to_numpy()))
    rows = chain.of_shift(workspace, shift_date, shift)
    if not shift:
        message = f"No shift starts on {shift_date}."
    elif len(patrols):
        message = ""
    elif workspace.count("draws", {"shift_date": shift_date, "shift": shift}):
        message = f"The plan of {shift_date} {shift} has no boxes."
    else:
        message = f"No plan has been made for {shift_date} {shift} yet: score and meter it, or run the whole day."
    head = workspace.read("adjustments", ["seq", "hash"], order_by="seq")["hash"]
    return PlanView(
        shift_date, shift, patrols, legend, shifts, boxes, dict(workspace.settings.adjustment_reasons),
        workspace.settings.target_minutes, adjusting.why_not_adjust(workspace),
        adjusting.undoable(workspace, shift_date, shift), rows[-1] if rows else None,
        "" if head.empty else head.iloc[-1], message, _remarks(workspace, shift_date, shift),
        _seed_hash(workspace, shift_date, shift), reported_since(workspace, shift_date, shift),
        bool(shift) and workspace.calendar.has_ended(shift_date, shift), workspace.settings.timezone,
        workspace.settings.crs, workspace.fishnet)


def _remarks(workspace, shift_date, shift):
    """How much of the harm the draw covers, where it fell short, and what has changed since the plan went out."""
    coverage, short = planning.coverage_of(workspace, shift_date, shift)
    remarks = [coverage.sentence] if coverage is not None and coverage.sentence else []
    if short:
        others = f" Other beats that fall short: {len(short) - 1}." if len(short) > 1 else ""
        remarks.append(short[0].sentence + others)
    of_shift = {"shift_date": shift_date, "shift": shift}
    new, gone = planning.unpublished(workspace, shift_date, shift)
    if (new or gone) and workspace.count("patrols", {**of_shift, "published_utc": Between(None, _now(None))}):
        remarks.append(f"Changed since it was printed or exported (boxes: {new} in, {gone} out): print it again.")
    return remarks


def _seed_hash(workspace, shift_date, shift):
    draws = planning.draws_of(workspace, shift_date, shift)
    return "" if draws.empty else draws["seed_hash"].iloc[-1]


def reported_since(workspace, shift_date, shift, now=None):
    """How many events became known after the stored forecast of a shift, until now or its end; 0 without a forecast."""
    moments = workspace.distinct("forecasts", "as_of_utc", {"shift_date": shift_date, "shift": shift})
    if not moments:
        return 0
    until = min(_now(now), workspace.calendar.bounds(shift_date, shift)[1])
    after = Between(moments[0] + _TICK, until + _TICK)
    return (workspace.count("incidents", {"reported_utc": after, "discovered": [False, None]})
            + workspace.count("gunfire", {"occurred_utc": after}))


def _patrols(workspace, shift_date, shift, boxes, legend, shift_names):
    patrols = workspace.read("patrols", where={"shift_date": shift_date, "shift": shift})
    planned = patrols[patrols["status"] == "planned"]
    # Of the patrols that are out, those that an analyst took out; the others were replaced when it was drawn again.
    taken_out = adjustments.suppressed_boxes(chain.of_shift(workspace, shift_date, shift)) - set(planned["box_id"])
    suppressed = patrols[patrols["box_id"].isin(taken_out)].drop_duplicates("box_id", keep="last")
    frame = pd.concat([planned, suppressed]).merge(boxes[["box_id", "where"]], on="box_id").fillna({"beat": ""})
    frame = frame.sort_values(["beat", "visit_order", "box_id"], kind="stable", ignore_index=True)
    frame["out"] = frame["status"] != "planned"
    number = (~frame["out"]).groupby(frame["beat"]).cumsum()
    frame["number"] = number.where(~frame["out"]).astype("Int64")
    frame = frame.merge(legend.rename(columns={"name": "crime_type_name"}), on="crime_type", how="left")
    frame = frame.join(_before(workspace, shift_date, shift, frame, shift_names))
    corners = workspace.fishnet.rectangles(*Fishnet.parse(frame["box_id"])) if len(frame) else np.empty((0, 4))
    frame[["x_min", "y_min", "x_max", "y_max"]] = corners
    return frame[list(PATROL_COLUMNS)]


def _before(workspace, shift_date, shift, frame, shift_names):
    """Streak and last patrols of the boxes of a plan (rows with box_id and out), aligned with it."""
    if frame.empty:
        return pd.DataFrame({"streak": pd.Series(dtype=int), "last_patrols": pd.Series(dtype=object)})
    past = _past_patrols(workspace, shift_date, shift)
    ago = (np.datetime64(shift_date) - past["shift_date"].to_numpy(dtype="datetime64[D]")).astype(int)
    place = pd.Index(frame["box_id"]).get_indexer(past["box_id"])
    known = (place >= 0) & (ago < _SEEN_DAYS)
    served = np.zeros((len(frame), _SEEN_DAYS), dtype=bool)
    served[place[known], ago[known]] = True
    today = served[:, 0] | ~frame["out"].to_numpy(dtype=bool)
    streak = today + np.cumprod(served[:, 1:], axis=1).sum(axis=1)
    newest = past[known].groupby("box_id").head(_LAST_PATROLS)
    words = pd.to_datetime(newest["shift_date"]).dt.strftime("%d %b ") + newest["shift"].map(shift_names).fillna("")
    last = words.groupby(newest["box_id"]).agg(", ".join) if len(words) else pd.Series(dtype=object)
    return pd.DataFrame({"streak": streak, "last_patrols": frame["box_id"].map(last).fillna("").astype(object)})


def _past_patrols(workspace, shift_date, shift):
    """What counted as a patrol in the four weeks before a shift, newest first: shift_date, shift, box_id."""
    rules = metering.rules_of(workspace.settings, shift_date, shift, 1)
    patrols = planning.history_around(workspace, shift_date, shift, rules).patrols
    first = str(pd.Timestamp(shift_date).date() - pd.Timedelta(days=_SEEN_DAYS - 1))
    slots = workspace.calendar.slots(first, shift_date)
    here = slots.loc[(slots["shift_date"] == shift_date) & (slots["shift"] == shift), "start_utc"].iloc[0]
    slots = slots.loc[slots["start_utc"] < here, ["shift_date", "shift", "start_utc"]]
    return patrols.merge(slots, on=["shift_date", "shift"]).sort_values("start_utc", ascending=False, kind="stable",
                                                                        ignore_index=True)


# --- why this box ----------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class WhyBox:
    """Why a box is where it is in a plan: the forecast of each type, what speaks for it and what against.

    ``types`` [crime_type, expected, low, high, share of the box's harm], by share; chances are None without a forecast.
    """

    box_id: str
    beat: str
    where: str
    types: pd.DataFrame
    chance: Optional[float]
    chance_low: Optional[float]
    chance_high: Optional[float]
    inclusion_probability: Optional[float]
    speaks_for: List[str]
    speaks_against: List[str]


def why_box(workspace, shift_date, shift, box_id):
    """Put together why a box is in a plan or not.

    Raises
    ------
    ConnectError
        When there is no such box.
    """
    of_box = chain.records(workspace.read("boxes", ["beat", "where"], {"box_id": box_id}))
    if not of_box:
        raise ConnectError(f"There is no box {box_id} in this workspace; a box id looks like C1290R17210.")
    forecasts = workspace.read("forecasts", where={"shift_date": shift_date, "shift": shift, "box_id": box_id})
    types = forecasts.merge(workspace.crime_types[["crime_type", "name", "severity", "effectiveness"]],
                            on="crime_type")
    types["harm"] = types["expected"] * types["severity"] * types["effectiveness"]
    types["share"] = types["harm"] / types["harm"].sum() if types["harm"].sum() > 0 else 0.0
    types = types.sort_values("share", ascending=False, kind="stable", ignore_index=True)
    chances = chain.records(metering.harm_by_box(forecasts, workspace.crime_types))
    chances = chances[0] if chances else {}
    draws = planning.draws_of(workspace, shift_date, shift)
    draw = chain.records(draws)[-1] if len(draws) else None
    drawn = chain.records(workspace.read("draw_boxes", where={"draw_id": draw["draw_id"], "box_id": box_id})
                          ) if draw else []
    drawn = drawn[0] if drawn else {}
    reasons = [reason for row in types.head(1).itertuples() for reason in (row.reasons or [])]
    if drawn and reasons:
        reasons = [f"{types['name'].iloc[0]}: {reason}" for reason in reasons]
    against = [*_against_forecast(workspace, box_id, types, chances), *_against_draw(workspace, draw, drawn),
               *_against_history(workspace, shift_date, shift, box_id)]
    return WhyBox(box_id, of_box[0]["beat"] or "", of_box[0]["where"] or "",
                  types[["crime_type", "expected", "low", "high", "share"]], chances.get("chance"),
                  chances.get("chance_low"), chances.get("chance_high"), drawn.get("inclusion_probability"), reasons,
                  against)


def _against_forecast(workspace, box_id, types, chances):
    if types.empty:
        return ["There is no forecast of this box for this shift."]
    found = []
    first, as_of = types.iloc[0], types["as_of_utc"].iloc[0]
    count = _events_in_box(workspace, box_id, first["crime_type"], as_of)
    if count <= _FEW_EVENTS:
        found.append(f"Few events: {count} of {first['name']} known here in the {_EVENT_DAYS} days before the "
                     "forecast, so it leans on what happened around the box.")
    low, high = chances["chance_low"], chances["chance_high"]
    if low is not None and high is not None and high > _WIDE * low:
        found.append("Wide interval: its upper end is " + (f"{high / low:.1f} times its lower end." if low > 0 else
                                                           "above nothing while its lower end is zero."))
    return found


def _events_in_box(workspace, box_id, crime_type, as_of):
    since = as_of - pd.Timedelta(days=_EVENT_DAYS)
    if crime_type == forecasting.gunfire_events.CRIME_TYPE and workspace.count("gunfire"):
        return workspace.count("gunfire", {"box_id": box_id, "occurred_utc": Between(since, as_of)})
    incidents = workspace.read("incidents", ["reported_utc", "discovered"], {
        "box_id": box_id, "crime_type": crime_type, "occurred_from_utc": Between(since, as_of)})
    known = ~(incidents["reported_utc"] > as_of) & ~incidents["discovered"].fillna(False).astype(bool)
    return int(known.sum())


def _against_draw(workspace, draw, drawn):
    if not drawn:
        return []
    if not drawn["eligible"]:
        return [f"It could not be drawn: {drawn['why_not']}."]
    found, rules = [], draw["rules"]
    beside = workspace.count("draw_boxes", {"draw_id": draw["draw_id"], "beat": drawn["beat"], "eligible": True})
    floor = rules["lower_risk_share"] * rules["boxes_per_beat"] / max(beside, 1)
    probability = drawn["inclusion_probability"]
    if probability <= floor * (1 + 1e-9):
        found.append(f"Little harm: its chance of being drawn, {probability:.3f}, is the share that every lower-risk "
                     "box of the beat gets.")
    elif probability >= drawn["cap"] * (1 - 1e-9):
        found.append(f"Cap reached: its chance of being drawn was held at {drawn['cap']:.2f}; its harm alone would "
                     "give it more.")
    return found


def _against_history(workspace, shift_date, shift, box_id):
    rules = metering.rules_of(workspace.settings, shift_date, shift, 1)
    history = planning.history_around(workspace, shift_date, shift, rules)
    found = []
    for days in metering.WINDOWS:
        count = int(metering.most_in_window([box_id], history.patrols, shift_date, days)[0])
        if count:
            found.append(f"Patrolled around this shift: {count} other patrols within {days} days, at most "
                         f"{rules[f'window_{days}_hard']} with this one.")
    for applies, reason, setting in metering.hard_limits([box_id], history, rules):
        if np.asarray(applies).any():
            found.append(f"Limit reached: {reason} ({setting}).")
    return found


# --- lately ----------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Lately:
    """What became known in the 24 hours and 7 days before a moment, by beat and crime type, and in a usual week."""

    until: pd.Timestamp
    counts: pd.DataFrame


def lately(workspace, shift_date, shift, now=None):
    """Count events by beat and crime type in the time before a shift starts, or before now if that is earlier.

    Returns
    -------
    Lately
        ``counts`` [beat, crime_type, day, week, usual]: events that became known in 24 hours, in 7 days, and on
        average in each of the 4 weeks before those; rows with none in 7 days are left out. Alerts of one incident
        count once, on days of fireworks by their weight, as in a forecast.
    """
    start, _ = workspace.calendar.bounds(shift_date, shift)
    until = min(_now(now), start)
    events = forecasting.read_events(workspace, workspace.crime_types["crime_type"].tolist(), until)
    events = events[events["known_utc"] > until - pd.Timedelta(weeks=1 + _USUAL_WEEKS)]
    boxes = workspace.read("boxes", ["box_id", "beat"]).set_index("box_id")["beat"]
    inside = events["x"].notna() & events["y"].notna()
    events = events[inside]
    ids = workspace.fishnet.ids(*workspace.fishnet.cell(events["x"].to_numpy(), events["y"].to_numpy()))
    events = events.assign(beat=pd.Series(ids, index=events.index, dtype=object).map(boxes)).dropna(subset=["beat"])
    age = until - events["known_utc"]
    week = age < pd.Timedelta(weeks=1)
    counts = events.assign(
        day=events["weight"].where(age < pd.Timedelta(days=1), 0.0), week=events["weight"].where(week, 0.0),
        usual=events["weight"].where(~week, 0.0) / _USUAL_WEEKS
    ).groupby(["beat", "crime_type"])[["day", "week", "usual"]].sum().reset_index()
    counts = counts[counts["week"] > 0].sort_values(["day", "week"], ascending=False, kind="stable")
    return Lately(until, counts.reset_index(drop=True))


# --- what rose since -------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Risen:
    """Boxes whose harm grew since the plan's forecast, because more is known.

    ``boxes`` [box_id, beat, where, crime_type, before, now (harm), rise (share), chance, chance_low, chance_high,
    reported (events in the box that became known since), planned], the largest gain of harm first.
    """

    since: pd.Timestamp
    until: pd.Timestamp
    reported: int
    boxes: pd.DataFrame


def risen(workspace, shift_date, shift, now=None, progress=SILENT):
    """Forecast a shift again with what is known now and compare with the forecast of its plan; nothing is written.

    The plan's own model is used, so that only what became known makes the difference; nothing later than the end of
    the shift counts.

    Raises
    ------
    ConnectError
        When the shift has no forecast.
    """
    stored = workspace.read("forecasts", where={"shift_date": shift_date, "shift": shift})
    if stored.empty:
        raise ConnectError(f"{shift_date} {shift} has no forecast to compare with. Score the shift first.")
    since, model_id = stored["as_of_utc"].iloc[0], stored["model_id"].iloc[0]
    until = max(min(_now(now), workspace.calendar.bounds(shift_date, shift)[1]), since)
    events = forecasting.read_events(workspace, stored["crime_type"].unique().tolist(), until)
    fresh = events[(events["known_utc"] > since) & events["x"].notna()]
    progress.report(0.3)
    again = forecasting.forecast(workspace, shift_date, shift, until, model_id, progress.part(0.3, 0.95)) \
        if len(fresh) else stored
    before = metering.harm_by_box(stored, workspace.crime_types)["harm"].rename("before")
    frame = metering.harm_by_box(again, workspace.crime_types).rename(columns={"harm": "now"}).join(before)
    frame["rise"] = frame["now"] / frame["before"] - 1.0
    frame = frame[frame["rise"] >= LEAST_RISE].rename_axis("box_id").reset_index()
    ids = workspace.fishnet.ids(*workspace.fishnet.cell(fresh["x"].to_numpy(), fresh["y"].to_numpy()))
    frame["reported"] = frame["box_id"].map(pd.Series(ids, dtype=object).value_counts()).fillna(0).astype(int)
    frame = frame.merge(workspace.read("boxes", ["box_id", "beat", "where"]), on="box_id").fillna({"beat": ""})
    frame["planned"] = frame["box_id"].isin(planning.planned(workspace, shift_date, shift)["box_id"])
    gain = (frame["now"] - frame["before"]).sort_values(ascending=False, kind="stable").index
    columns = ["box_id", "beat", "where", "crime_type", "before", "now", "rise", "chance", "chance_low", "chance_high",
               "reported", "planned"]
    return Risen(since, until, len(fresh), frame.loc[gain, columns].reset_index(drop=True))


# --- a week ----------------------------------------------------------------------------------------------------------

def week(workspace, shift_date):
    """The shifts of the week (Monday to Sunday) that holds a date.

    Returns
    -------
    pandas.DataFrame
        shift_date, shift, name, start_utc, draws, planned, added (planned by hand), suppressed (taken out by an
        analyst), types (crime type -> planned boxes), by start.
    """
    day = pd.Timestamp(shift_date).date()
    first = day - pd.Timedelta(days=day.weekday())
    slots = workspace.calendar.slots(str(first), str(first + pd.Timedelta(days=6)))
    slots = slots[["shift_date", "shift", "start_utc"]].reset_index(drop=True)
    where = {"shift_date": slots["shift_date"].unique().tolist()}
    key = ["shift_date", "shift"]
    patrols = workspace.read("patrols", [*key, "origin", "crime_type"], {**where, "status": "planned"})
    changes = pd.DataFrame(chain.records(workspace.read("adjustments", where=where, order_by="seq")))
    counts = pd.DataFrame({
        "draws": workspace.read("draws", key, where).groupby(key).size(), "planned": patrols.groupby(key).size(),
        "added": patrols[patrols["origin"] == "added"].groupby(key).size()})
    counts["suppressed"] = pd.Series({
        at: len(adjustments.suppressed_boxes(rows.to_dict("records"))) for at, rows in changes.groupby(key)
    } if len(changes) else {}, dtype=float)
    counts = counts.rename_axis(key).reset_index()
    slots = slots.merge(counts, on=key, how="left").fillna(dict.fromkeys(counts.columns[2:], 0)).astype(
        dict.fromkeys(counts.columns[2:], int))
    types = {at: codes.value_counts().to_dict() for at, codes in patrols.groupby(key)["crime_type"]}
    slots["types"] = [types.get(at, {}) for at in zip(slots["shift_date"], slots["shift"])]
    names = workspace.read("shifts", ["shift", "name"]).drop_duplicates("shift").set_index("shift")["name"]
    slots["name"] = slots["shift"].map(names).fillna(slots["shift"])
    return slots


def step(workspace, shift_date, shift, by):
    """(date, code) of the shift that starts ``by`` shifts after one, before it where negative; the shift itself at the
    ends of the calendar."""
    day = pd.Timestamp(shift_date).date()
    reach = pd.Timedelta(days=7 + abs(by))  # every code runs at least once a week
    slots = workspace.calendar.slots(str(day - reach), str(day + reach))
    here = np.flatnonzero((slots["shift_date"] == shift_date) & (slots["shift"] == shift))
    if here.size == 0:
        later = np.flatnonzero(slots["shift_date"] >= shift_date)
        here = later[:1] - (by > 0)
    place = slots.iloc[int(np.clip(here[0] + by, 0, len(slots) - 1))]
    return place["shift_date"], place["shift"]


def _now(now):
    return pd.Timestamp.now(tz="UTC") if now is None else pd.Timestamp(now)
