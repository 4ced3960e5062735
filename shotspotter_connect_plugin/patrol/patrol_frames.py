"""The frames of patrols, declared: what one row is, and its columns with their types and units."""
from __future__ import annotations

from typing import Annotated

import pandas as pd

from ..frames import Rows, columns

_BOX = columns(("box_id", "text", "id of the box", True))
_SHIFT = columns(("shift_date", "date", "date on which the shift starts", True), ("shift", "text", "its code", True))
_BEAT = columns(("beat", "text", "beat of the box; empty = none, so it is never drawn"))
_CHANCE = columns(("inclusion_probability", "real", "chance of being drawn, 0 to 1"))
_HARM = columns(("harm", "real", "expected events x severity x effectiveness; NaN = no forecast"))

Forecasts = Annotated[pd.DataFrame, Rows("a crime type in a box, of one shift", _BOX + columns(
    ("crime_type", "text", "crime type", True), ("expected", "real", "events to be expected in the shift"),
    ("low", "real", "low end of its interval"), ("high", "real", "high end of its interval")))]
CrimeWeights = Annotated[pd.DataFrame, Rows("a crime type, in the order that decides ties", columns(
    ("crime_type", "text", "crime type", True), ("severity", "real", "harm of one event"),
    ("effectiveness", "real", "share of it that a patrol can prevent")))]
HarmByBox = Annotated[pd.DataFrame, Rows("a box", columns(
    ("harm", "real", "sum of expected x severity x effectiveness"),
    ("crime_type", "text", "the one with the largest share of it"),
    ("chance", "real", "of at least one event of any type: 1 - exp(-sum of expected)"),
    ("chance_low", "real", "the same from the sum of low"), ("chance_high", "real", "the same from the sum of high")),
    index="box_id")]
_GROUND = columns(
    ("water", "real", "share of the box that is water, 0 to 1; empty = land"),
    ("unreachable", "real", "share of the box where officers cannot go, 0 to 1; empty = none is known"),
    ("unreachable_why", "text", "why not, in a word or two"),
    ("reachable", "real", "share of a whole box inside the jurisdiction where they can go"),
    ("streets", "real", "metres of street in the box; empty = no streets are known"))
LimitedBoxes = Annotated[pd.DataFrame, Rows("a box with what may keep it out of every draw", _BEAT + columns(
    ("inside", "real", "share of the box inside the jurisdiction")), _BOX + _GROUND)]
MeteredBoxes = Annotated[pd.DataFrame, Rows("a box that may be drawn", _BOX + _BEAT + columns(
    ("inside", "real", "share of the box inside the jurisdiction")), _GROUND + columns(
    ("neighbourhood", "text", "that holds most of the box; needed where the rules hold share caps")))]
BoxCaps = Annotated[pd.DataFrame, Rows("a box before the draw", columns(
    ("eligible", "boolean", "whether it may be drawn"), ("why_not", "text", "the reason, empty where it may"),
    ("cap", "real", "largest chance, 0 where it may not")))]
DrawInputs = Annotated[pd.DataFrame, Rows("a box of a draw, as its hash holds it", _BOX + _BEAT + _HARM + columns(
    ("eligible", "boolean", "whether it may be drawn"), ("why_not", "text", "the reason, empty where it may"),
    ("cap", "real", "largest chance, 0 where it may not")) + _CHANCE)]
DrawnBoxes = Annotated[pd.DataFrame, Rows("a box of a draw, as draw_boxes keeps it", _BOX + _BEAT + _HARM + columns(
    ("eligible", "boolean", "whether it could be drawn"), ("why_not", "text", "the reason, empty where it could"),
    ("cap", "real", "largest chance, 0 where it could not")) + _CHANCE + columns(
    ("draw_rank", "integer", "1 for the box decided first, then the reserve; empty without a chance"),
    ("selected", "boolean", "whether it was drawn")))]
ChancesOfBoxes = Annotated[pd.DataFrame, Rows("a box with its chance, in the order of box_id", _BOX + _BEAT + _CHANCE)]
DrawnPlaces = Annotated[pd.DataFrame, Rows("a drawn box, or the patrol of one", _BOX + _BEAT + _HARM)]
OrderedPlaces = Annotated[pd.DataFrame, Rows("a patrol with its place in the round", _BOX + _BEAT + columns(
    ("visit_order", "integer", "place in the beat's round, from 1")))]
PlannedPatrols = Annotated[pd.DataFrame, Rows("a patrol, by beat and order", _BOX + _BEAT + _HARM + _CHANCE + columns(
    ("crime_type", "text", "the one with the largest share of the harm"), ("chance", "real", "of at least one event"),
    ("chance_low", "real", "low end of its interval"), ("chance_high", "real", "high end of its interval"),
    ("target_minutes", "real", "minutes to stay"), ("visit_order", "integer", "place in the beat's round, from 1"),
    ("returns", "integer", "times the unit comes back"), ("origin", "text", "drawn"), ("status", "text", "planned"),
    ("version", "integer", "1")))]
PatrolDays = Annotated[pd.DataFrame, Rows("a patrol of a box in a shift", _BOX + _SHIFT[:1], columns(
    ("share", "real", "part of the box's area that was patrolled; all of it if not given")))]
TimedPatrols = Annotated[pd.DataFrame, Rows("a planned patrol and the way to it", _BEAT + columns(
    ("target_minutes", "real", "minutes to stay"), ("returns", "integer", "times the unit is to come back"),
    ("travel_minutes", "real", "of the way from the box before; NaN where none is known")))]
ChanceDays = Annotated[pd.DataFrame, Rows("a box in the newest draw of a shift", _BOX + _SHIFT[:1] + _CHANCE)]
MinuteDays = Annotated[pd.DataFrame, Rows("what a box had delivered in a shift", _BOX + _SHIFT[:1] + columns(
    ("minutes", "real", "minutes of presence")))]
CapBoxes = Annotated[pd.DataFrame, Rows("a box, in the order of the ids", columns(
    ("col", "integer", "column of the fishnet"), ("row", "integer", "row of the fishnet")) + _BEAT, columns(
    ("neighbourhood", "text", "that holds most of the box; needed where the rules hold share caps"),))]
CapCosts = Annotated[pd.DataFrame, Rows("a cap under all rules, or alone; then a way to share patrols", columns(
    ("cap", "real", "largest chance of a box in a shift"),
    ("rules", "text", "all rules; cap alone; equal per beat, in between or by harm, paced or not"),
    ("covered_harm", "real", "expected harm in drawn boxes over that of always the most harmful boxes"),
    ("price_percent", "real", "what that falls short, per cent"), ("hits", "real", "expected events in drawn boxes"),
    ("hit_rate", "real", "hits over all events"), ("patrols", "integer", "of one history of draws"),
    ("boxes_served", "integer", "boxes ever drawn in it"), ("effective_boxes", "real", "effective number of boxes"),
    ("gini", "real", "of patrols over the boxes of beats"), ("longest_streak", "integer", "days in a row of a box"),
    ("most_in_28_days", "integer", "patrols of a box"),
    ("covered_of_all", "real", "expected harm in drawn boxes over all forecast harm"),
    ("minutes_least", "real", "minutes a week per 1,000 residents of the neighbourhood that expects fewest"),
    ("minutes_most", "real", "the same of the one that expects most"),
    ("busy_without", "real", "share of shifts in which the 5 % of boxes with most harm had no chance"),
    ("longest_without", "integer", "most such shifts in a row of one of them")))]
ChanceClasses = Annotated[pd.DataFrame, Rows("a class of chances: above < chance <= up_to", columns(
    ("above", "real", "lower edge"), ("up_to", "real", "upper edge"), ("box_shifts", "integer", "boxes times shifts"),
    ("expected", "real", "sum of the chances"), ("drawn", "integer", "how many were drawn"),
    ("chance", "real", "mean chance"), ("share", "real", "share of them drawn"),
    ("low", "real", "least share expected in 95 of 100 periods"), ("high", "real", "most share expected"),
    ("z", "real", "deviation in standard deviations, half a count allowed")))]
_STAY = columns(("unit", "text", "unit", True)) + _BOX + columns(
    ("entered_utc", "utc", "moment of entry", True), ("left_utc", "utc", "last moment inside", True),
    ("minutes", "real", "minutes of presence", True))
UnitVisits = Annotated[pd.DataFrame, Rows("a visit of a unit, by unit and time of entry", _STAY)]
TimedStays = Annotated[pd.DataFrame, Rows("a visit", columns(
    ("unit", "text", "unit", True), ("entered_utc", "utc", "moment of entry", True),
    ("left_utc", "utc", "last moment inside", True)))]
CrewedStays = Annotated[pd.DataFrame, Rows("an officer aboard a visit", columns(
    ("unit", "text", "unit", True), ("officer", "text", "unknown where the roster tells nobody", True),
    ("entered_utc", "utc", "moment of entry", True), ("left_utc", "utc", "last moment inside", True)))]
RosterRows = Annotated[pd.DataFrame, Rows("an officer on duty in a unit", columns(
    ("unit", "text", "unit", True), ("officer", "text", "pseudonym or number", True),
    ("from_utc", "utc", "since", True), ("to_utc", "utc", "until; empty = until the unit's next row, at most a day")))]
ShiftVisits = Annotated[pd.DataFrame, Rows("a visit with its shift", columns(
    ("unit", "text", "unit", True)) + _BOX + _SHIFT)]
ServedVisits = Annotated[pd.DataFrame, Rows("a visit and the directed patrol it served", columns(
    ("unit", "text", "unit", True)) + _BOX + _SHIFT + columns(
    ("patrol_id", "text", "empty where the box was not assigned"),
    ("target_minutes", "real", "of that patrol; empty where the box was not assigned")))]
AssignedPatrols = Annotated[pd.DataFrame, Rows("a patrol", columns(
    ("patrol_id", "text", "id", True)) + _SHIFT + _BOX + columns(
    ("unit", "text", "unit it is for; empty = anybody"), ("status", "text", "only planned ones are served"),
    ("visit_order", "integer", "place in the beat's round"), ("target_minutes", "real", "minutes to stay")))]
Delivered = Annotated[pd.DataFrame, Rows("a patrol, planned against delivered", columns(
    ("patrol_id", "text", "id", True)) + _SHIFT + _BEAT + _BOX + columns(
    ("crime_type", "text", "the one with the largest share of the harm"), ("unit", "text", "unit it was for"),
    ("status", "text", "planned or suppressed"), ("target_minutes", "real", "minutes to stay"),
    ("returns", "integer", "times the unit was to come back"), ("visits", "integer", "visits by units"),
    ("patrol_minutes", "real", "minutes in which somebody was present"),
    ("officer_minutes", "real", "minutes summed over officers; empty where the roster tells nobody"),
    ("delivered", "real", "patrol minutes by the target of all its visits, 1 = as planned")))]
TacticLogs = Annotated[pd.DataFrame, Rows("an officer's log of a tactic", columns(
    ("officer", "text", "empty where not told"), ("unit", "text", "empty where not told"),
    ("box_id", "text", "empty where not told"), ("at_utc", "utc", "moment of the log", True),
    ("minutes", "real", "that it covers from then on; NaN where not told")))]
LoggedVisits = Annotated[pd.DataFrame, Rows("an officer aboard a visit", columns(
    ("visit_id", "text", "id", True), ("officer", "text", "officer"), ("unit", "text", "unit")) + _BOX + columns(
    ("entered_utc", "utc", "moment of entry", True), ("left_utc", "utc", "last moment inside", True)))]
