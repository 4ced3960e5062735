"""Frames of what reports count: their columns, types and units, declared once.

Patrol-minutes are those in which at least one unit was there; officer-minutes are summed over officers.
"""
from __future__ import annotations

from typing import Annotated

import pandas as pd

from ...frames import Rows, columns
from ..store.rows import rows_of

_SHIFT = (("shift_date", "date", "Date on which the shift starts"), ("shift", "text", "Its code"))
_BOX, _BEAT = ("box_id", "text", "Box"), ("beat", "text", "Beat of the box; null where there is none")
_WHERE = ("where", "text", "Words for the box")
_TYPE = ("crime_type", "text", "Code of the crime type")
_UNIT, _OFFICER = ("unit", "text", "Unit"), ("officer", "text", "Officer's code; unknown where nobody is told")
_PATROL = ("patrol_id", "text", "The directed patrol that it served; null where the box was not planned")
_STAY = ("stay", "integer", "Number of the stay within what was read")
_DOSAGE = ("dosage", "text", "short, on_target or over")
_PLANNED = ("planned_minutes", "real", "Minutes planned, those of returns included")
_DELIVERED = ("minutes", "real", "Patrol-minutes in planned boxes")
_SHARE = ("share", "real", "Minutes delivered over minutes planned")
_MET = ("met", "real", "Share of planned_minutes that was met, each patrol counted only up to its own")

# --- planned against delivered ---------------------------------------------------------------------------------------

DeliveredPatrols = Annotated[pd.DataFrame, Rows("A planned patrol and what became of it", columns(
    ("patrol_id", "text", "Id"), *_SHIFT, _BEAT, _BOX, _WHERE, _TYPE, _UNIT,
    ("origin", "text", "drawn, topped_up or added"), ("visit_order", "integer", "Order within the beat"),
    ("number", "integer", "Its number on the sheets"), _PLANNED, ("visits", "integer", "Visits of units"),
    ("minutes", "real", "Patrol-minutes"), ("officer_minutes", "real", "Officer-minutes; null where nobody is told"),
    ("outcome", "text", "missed, short, on_target or over, of all its minutes")))]
PeriodStays = Annotated[pd.DataFrame, Rows("A stay: one visit of one unit", columns(
    _STAY, _UNIT, _BOX, _BEAT, _WHERE, _PATROL, _TYPE, *_SHIFT, ("entered_utc", "utc", "Came in"),
    ("left_utc", "utc", "Left"), ("minutes", "real", "Minutes"), _DOSAGE,
    ("officers", "integer", "How many officers the roster has aboard")))]
OfficerVisits = Annotated[pd.DataFrame, Rows("An officer's part in a stay", columns(
    _STAY, _OFFICER, _UNIT, _BOX, _WHERE, _PATROL, *_SHIFT, ("minutes", "real", "Minutes"), _DOSAGE))]
PeriodLogs = Annotated[pd.DataFrame, Rows("A use of a tactic", columns(
    ("log_id", "text", "Id"), _OFFICER, _UNIT, ("tactic", "text", "Code of the tactic"),
    ("minutes", "real", "Minutes; null where they are not told"), ("at_utc", "utc", "When"), _STAY, _BOX, _WHERE, _BEAT,
    _TYPE, *_SHIFT, ("hour", "integer", "Hour of the agency's clock, 0 to 23"),
    ("approved", "boolean", "Whether it was approved then"),
    ("listed", "boolean", "Whether the agency's list knows the tactic")))]
PeriodRoster = Annotated[pd.DataFrame, rows_of("roster", "shift_date", "shift", "officer", "unit")]
_OUTCOMES = (("missed", "integer", "Patrols without a visit"), ("short", "integer", "Patrols that were too short"),
             ("on_target", "integer", "Patrols on target"), ("over", "integer", "Patrols that were too long"))
DosageGroups = Annotated[pd.DataFrame, Rows("Planned against delivered of a group; its columns come first", columns(
    ("patrols", "integer", "Planned patrols"), ("visited", "integer", "Those with a visit"), *_OUTCOMES, _PLANNED,
    _DELIVERED, ("compliance", "real", "Share of patrols visited"), _MET, _SHARE))]
CrimeTypeDosage = Annotated[pd.DataFrame, Rows("Directed patrol of a crime type", columns(
    _TYPE, ("patrols", "integer", "Planned patrols"), ("visited", "integer", "Those with a visit"),
    ("compliance", "real", "Share of patrols visited"), ("on_target", "real", "Share of patrols on target"), _PLANNED,
    _DELIVERED, _MET, _SHARE, ("stays", "integer", "Stays that served one"),
    ("mean_minutes", "real", "of one stay; NaN without any"),
    ("median_minutes", "real", "of one stay; NaN without any"), ("officer_minutes", "real", "Officer-minutes")))]
UnitTracks = Annotated[pd.DataFrame, Rows("One stretch of a unit's track, of at least two fixes", columns(
    _UNIT, ("geometry", "geometry", "Its line, in metres of the workspace's CRS")))]

# --- tactics ---------------------------------------------------------------------------------------------------------

_USES, _USED_MINUTES = ("uses", "integer", "Entries of the log"), ("minutes", "real", "Minutes that they tell")
TacticTable = Annotated[pd.DataFrame, Rows(
    "A tactic: those of the agency's list in its order, then what else was logged", columns(
        ("tactic", "text", "Code"), ("name", "text", "Name"), _USES, _USED_MINUTES,
        ("share", "real", "Share of all minutes"), ("share_of_uses", "real", "Share of all uses"),
        ("no_minutes", "integer", "Uses that tell no minutes"), ("mean", "real", "Minutes of a use that tells them"),
        ("unapproved", "integer", "Uses that were not approved"), ("unapproved_minutes", "real", "Their minutes"),
        ("state", "text", "approved, not approved, expired, enforcement or not on the list, on the last date")))]
TacticUse = Annotated[pd.DataFrame, Rows("Use of tactics by a group; its columns come first", columns(
    _USES, _USED_MINUTES))]
CrossedMinutes = Annotated[pd.DataFrame, Rows(
    "Minutes of a row in total and, in a column for each value, crossed with another grouping", columns(
        ("total", "real", "Minutes of the row")))]
UnapprovedUse = Annotated[pd.DataFrame, Rows("Uses of a tactic by a unit that were not approved", columns(
    ("tactic", "text", "Code"), ("name", "text", "Name"), ("state", "text", "As in TacticTable"), _UNIT, _USES,
    _USED_MINUTES))]
HourUse = Annotated[pd.DataFrame, Rows("An hour of the day", columns(
    ("hour", "integer", "0 to 23"), _USES, _USED_MINUTES))]

# --- officers --------------------------------------------------------------------------------------------------------

_DIRECTED_MINUTES = ("directed_minutes", "real", "Those of them in planned boxes")
PEERS = columns(
    ("low", "real", "Lower quartile of minutes"), ("middle", "real", "Median"), ("high", "real", "Upper quartile"),
    ("directed_low", "real", "Lower quartile of minutes in planned boxes"), ("directed_middle", "real", "Median"),
    ("directed_high", "real", "Upper quartile"))
OfficerShifts = Annotated[pd.DataFrame, Rows("An officer in a shift worked", columns(
    *_SHIFT, _OFFICER, ("stays", "integer", "Stays"), ("on_target", "integer", "Stays in planned boxes on target"),
    ("directed", "integer", "Stays in planned boxes"), ("minutes", "real", "Minutes in boxes, each counted once"),
    _DIRECTED_MINUTES))]
Peers = Annotated[pd.DataFrame, Rows("The officers of a shift together; NaN where they are too few to tell", columns(
    *_SHIFT, ("officers", "integer", "How many")) + PEERS)]
OfficerFigures = Annotated[pd.DataFrame, Rows("An officer beside the peers of the same shifts, by their means", columns(
    _OFFICER, ("shifts", "integer", "Shifts worked"), ("stays", "integer", "Stays"),
    ("minutes", "real", "Minutes in boxes"), _DIRECTED_MINUTES, ("per_shift", "real", "Minutes in a shift"),
    ("directed_per_shift", "real", "Minutes in planned boxes in a shift"),
    ("on_target", "real", "Share of stays in planned boxes on target")) + PEERS)]
OfficerBoxes = Annotated[pd.DataFrame, Rows("An officer in a box", columns(
    _OFFICER, _BOX, _WHERE, ("stays", "integer", "Stays"), ("minutes", "real", "Minutes"), _DIRECTED_MINUTES))]
MinuteSpread = Annotated[pd.DataFrame, Rows("Officers' minutes in the shifts of a code", columns(
    _SHIFT[1], ("officers", "integer", "Officers"), ("shifts", "integer", "Officer-shifts"),
    ("least", "real", "Minutes"), ("low", "real", "Lower quartile"), ("middle", "real", "Median"),
    ("high", "real", "Upper quartile"), ("most", "real", "Minutes")))]
MinuteClasses = Annotated[pd.DataFrame, Rows("A class of minutes, and its officer-shifts in a column for each shift",
                                             columns(("low", "real", "Minutes from"), ("high", "real", "to below")))]

# --- exposure --------------------------------------------------------------------------------------------------------

_MINUTES = (("planned_minutes", "real", "Minutes planned"), ("delivered_minutes", "real", "Minutes in planned boxes"),
            ("presence_minutes", "real", "Minutes in any box"))
_RATES = (("planned", "real", "Minutes planned per 1,000 residents"),
          ("delivered", "real", "Minutes delivered per 1,000 residents"),
          ("presence", "real", "Minutes of presence per 1,000 residents"))
_COUNTED = (("patrols", "integer", "Directed patrols"), _MINUTES[0],
            ("served", "integer", "Visits to directed patrols"), _MINUTES[1], ("visits", "integer", "All visits"),
            _MINUTES[2], ("harm", "real", "Harm forecast"), ("incidents", "integer", "Incidents reported"))
COUNTED = columns(*_COUNTED)
ExposedBoxes = Annotated[pd.DataFrame, Rows("A box and what fell on it in the period", COUNTED + columns(
    ("neighbourhood", "text", "Its neighbourhood"), ("chance", "real", "Sum of its recorded chances")), index="box_id")]
ResidentsOfBoxes = Annotated[pd.DataFrame, Rows(
    "Residents of a box in a column for each group", columns(("all", "real", "Everybody")), index="box_id")]
ExposedNeighbourhoods = Annotated[pd.DataFrame, Rows("A neighbourhood; boxes in none come last", columns(
    ("neighbourhood", "text", "Name"), ("residents", "real", "Residents"), ("boxes", "integer", "Boxes"), *_COUNTED,
    *_RATES, ("to_harm", "real", "Share of presence over share of forecast harm"),
    ("to_incidents", "real", "Share of presence over share of reported incidents; <20 where they are fewer")))]
ExposedGroups = Annotated[pd.DataFrame, Rows("A group of residents, everybody first", columns(
    ("group", "text", "Name"), ("residents", "real", "Residents"), *_RATES,
    ("harm", "real", "Harm per 1,000 residents of the group"),
    ("incidents", "real", "Incidents per 1,000 residents of the group"),
    ("to_harm", "real", "Its presence over its harm, as a multiple of all residents'"),
    ("to_incidents", "real", "Its presence over its incidents, as a multiple of all residents'")))]
ExposureLimits = Annotated[pd.DataFrame, Rows("A limit of the lottery, and whether it was kept", columns(
    ("limit", "text", "The limit in words"), ("allowed", "real", "What it allows"),
    ("planned_most", "real", "Most that was planned"), ("planned_over", "integer", "Box-shifts or box-days over it"),
    ("counted_most", "real", "Most that counts: planned or visited"),
    ("counted_over", "integer", "Box-shifts or box-days over it"), ("of", "integer", "How many of them there are")))]
Evenness = Annotated[pd.DataFrame, Rows("How evenly something lies on boxes", columns(
    ("what", "text", "What lies on boxes"), ("boxes", "integer", "Boxes with any"), ("gini", "real", "Gini over boxes"),
    ("gini_residents", "real", "Gini over residents"), ("effective", "real", "Effective number of boxes")))]
_DRAW, _HASH = ("draw_id", "text", "Draw"), ("seed_hash", "text", "SHA-256 of its secret seed")
PeriodDraws = Annotated[pd.DataFrame, Rows("A draw of the period", rows_of(
    "draws", "draw_id", "shift_date", "shift", "drawn_utc", "size", "lottery", "seed_hash", "seed", "inputs_hash",
    "rules").columns + columns(("number", "integer", "1 for the first of its shift"),
                               ("stands", "boolean", "The newest of its shift, whose plan counts")))]
PublishedDraws = Annotated[pd.DataFrame, Rows("A draw as anybody may see it, also one that was replaced", columns(
    _DRAW, *_SHIFT, ("drawn_utc", "utc", "When"), ("size", "integer", "Boxes drawn"),
    ("lottery", "boolean", "No test"), ("redrawn", "boolean", "Not the first of its shift"),
    ("stands", "boolean", "The newest of its shift"), _HASH,
    ("committed_utc", "utc", "When the hash was published for the shift"), ("seed", "text", "Null until it is public"),
    ("inputs_hash", "text", "SHA-256 of the inputs"), ("committed", "boolean", "Published before the draw"),
    ("fits", "boolean", "The seed gives the hash; null without one")))]
PublishedHashes = Annotated[pd.DataFrame, rows_of("commitments", "shift_date", "shift", "seed_hash", "committed_utc")]
Overrides = Annotated[pd.DataFrame, Rows("Changes by hand of a kind", columns(
    ("action", "text", "What was done"), ("reason", "text", "Code of the reason"), ("words", "text", "It in words"),
    ("role", "text", "Role of the account"), ("count", "integer", "How many; <5 in what is published")))]
RefusedRows = Annotated[pd.DataFrame, Rows("What imports into a table did not take", columns(
    ("table", "text", "Table"), ("imports", "integer", "Imports"), ("read", "integer", "Rows read"),
    ("rejected", "integer", "Rows rejected"), ("columns", "json", "Names of columns that were dropped"),
    ("reasons", "json", "Reason -> rows rejected")))]
ReplayedDraws = Annotated[pd.DataFrame, Rows("A lottery of a shift that has ended, drawn again", columns(
    _DRAW, *_SHIFT, ("late", "boolean", "Drawn when its shift had begun"),
    ("asked", "boolean", "Whether it was drawn again"),
    ("published", "text", "When its hash was: before, with the draw, after the draw, never"),
    ("first", "boolean", "The first draw of the workspace"),
    ("replays", "boolean", "Null where it was not drawn again, or the seed is not known"),
    ("problems", "json", "Sentences")))]
DrawnAgain = Annotated[pd.DataFrame, Rows("A shift, ended and drawn more than once, tests counted too", columns(
    *_SHIFT, ("times", "integer", "How often it was drawn after the first draw"),
    ("reasons", "json", "Reasons as recorded, in order")))]
SeveralHashes = Annotated[pd.DataFrame, Rows("A shift, ended and drawn, for which more than one hash stood", columns(
    *_SHIFT, ("hashes", "integer", "How many")))]

# --- crime and dosage ------------------------------------------------------------------------------------------------

Estimates = Annotated[pd.DataFrame, Rows("An estimate of what being drawn did", columns(
    ("what", "text", "drawn: being drawn; per_hour: a delivered patrol-hour; beside: a drawn box next to it; before: "
     "as a check, being drawn a week later"),
    ("crime_type", "text", "Code; empty = all types of reported crime together"),
    ("value", "real", "Events per box and shift, or per hour"), ("low", "real", "Lower end of its 95 % interval"),
    ("high", "real", "Upper end"), ("rate", "real", "Events that exposed boxes had per shift"),
    ("base", "real", "What they would have had without, by comparable boxes and forecasts"),
    ("percent", "real", "value in per cent of base; NaN where that is 0"),
    ("percent_low", "real", "Lower end; NaN where base is 0"),
    ("percent_high", "real", "Upper end; infinite where the data set no limit to an increase"),
    ("detectable", "real", "Smallest value that would probably have been seen"),
    ("detectable_percent", "real", "It in per cent of base"),
    ("shifts_for_20", "real", "Shifts like these that it takes to show an effect of 20 % of base"),
    ("error", "real", "Standard error"), ("between_shifts", "real", "Standard error from how shifts differ"),
    ("degrees", "real", "Degrees of freedom"), ("strength", "real", "How well being drawn tells of hours"),
    ("shifts", "integer", "Shifts"), ("exposed", "integer", "Exposed box-shifts"),
    ("unexposed", "integer", "Unexposed box-shifts"), ("events", "real", "Events in exposed boxes"),
    ("comparable", "real", "Events that as many unexposed boxes of the same chances had"),
    ("enough", "boolean", "Whether these are enough to conclude anything"), ("conclusive", "boolean", "No 0 inside"),
    ("bounded", "boolean", "Whether the interval has ends"), ("weak", "boolean", "Whether strength is too small")))]
OverTime = Annotated[pd.DataFrame, Rows("A day or week of a crime type", columns(
    ("first", "date", "First date"), ("last", "date", "Last date"),
    ("crime_type", "text", "Code; empty = all types of reported crime together"), ("events", "real", "Events"),
    ("expected", "real", "Events forecast; NaN where a shift has no forecast"), _PLANNED,
    ("patrol_minutes", "real", "Patrol-minutes in planned boxes"),
    ("any_minutes", "real", "Patrol-minutes in any box, ordinary patrol included; only of all types together")))]
EffectBoxes = Annotated[pd.DataFrame, Rows("A box that was left to chance, the greatest chances first", columns(
    _BOX, ("col", "integer", "Column of the fishnet"), ("row", "integer", "Row of the fishnet"), _WHERE, _BEAT,
    ("shifts", "integer", "Shifts in which it was left to chance"), ("chances", "real", "Sum of its chances"),
    ("times_drawn", "integer", "How often it was drawn"), ("patrol_minutes", "real", "Patrol-minutes")))]
EffectGround = Annotated[pd.DataFrame, rows_of("boxes", "box_id", "col", "row", "inside", "beat", "where")]
OriginalDraws = Annotated[pd.DataFrame, Rows("The first lottery of a shift, by slot", columns(
    _DRAW, *_SHIFT, ("slot", "integer", "Position of the shift among the slots"), ("end_utc", "utc", "When it ends"),
    ("drawn_utc", "utc", "When it was drawn"), ("inputs_hash", "text", "SHA-256 of the inputs")))]
