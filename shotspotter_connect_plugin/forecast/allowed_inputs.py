"""What may enter a forecast: one fixed list. Nothing else reaches a model, whatever the tables hold.

Personal data, race, ethnicity, education, home ownership, residents, arrests, stops and other officer-initiated records
have no column here, so they cannot be used even by mistake; the model card prints both lists.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import ConnectError
from .instants import NAT, nanoseconds, utc_index

if TYPE_CHECKING:
    from .forecast_frames import AdmittedDays, AdmittedEvents, Boxes, CalendarDays, Events, Places

EVENT_COLUMNS = {
    "crime_type": "crime type of the event",
    "x": "place, metres east in the workspace's CRS",
    "y": "place, metres north in the workspace's CRS",
    "from_utc": "earliest moment it can have begun",
    "to_utc": "latest moment it can have ended",
    "known_utc": "moment from which the agency knew of it",
    "weight": "how much of an event it counts as (fireworks count less)",
    "rounded_x_m": "width of the cell to which the source rounded the place",
    "rounded_y_m": "height of that cell",
    "heard": "1 for an event of its own source, 0 for a report that stands in where no sensor listens",
}

BOX_COLUMNS = {
    "box_id": "id of the box",
    "col": "column of the fishnet",
    "row": "row of the fishnet",
    "inside": "share of the box inside the jurisdiction",
}

PLACE_COLUMNS = {
    "kind": "kind of place, one of those below",
    "x": "place, metres east in the workspace's CRS",
    "y": "place, metres north in the workspace's CRS",
}

PLACE_KINDS = (
    "alcohol", "atm", "bank", "bar", "bike", "bus", "cafe", "car_park", "cash", "check",
    "cinema", "club", "college", "convenience", "fast_food", "fuel", "garage", "gas", "grocery",
    "gym", "hospital", "hotel", "kindergarten", "laundry", "library", "liquor", "mall", "market", "metro", "motel",
    "museum", "night", "park", "pawn", "petrol", "pharmacy", "playground", "pub", "rail", "recreation", "restaurant",
    "school", "shop", "sports", "stadium", "station", "store", "subway", "supermarket", "theater", "theatre", "train",
    "tram", "university", "vacant", "warehouse")
"""First words of the kinds of places that may enter. Places that stand for people rather than for what goes on there
(public housing, shelters, clinics for drugs, offices of police) are not among them."""

_ABOUT_PEOPLE = ("arrest", "citation", "gang", "homeless", "immigra", "income", "offender", "owner", "parol", "police",
                 "population", "probation", "race", "racial", "resident", "suspect", "tenant", "ticket", "victim",
                 "warrant")

CALENDAR_COLUMNS = {
    "date": "local date",
    "kind": "holiday, school, event, weather or weather_forecast",
    "name": "of weather, the measure",
    "value": "school: 1 in session, 0 not; weather: the measure",
    "known_utc": "moment from which it was known; empty = long before the date",
}


@dataclass(frozen=True)
class DayTerm:
    """A kind of day, or a measure of weather with a usual value and a scale (fixed, so that no city is special)."""

    kind: str
    measure: str = ""
    usual: float = 0.0
    scale: float = 1.0


# Usual values and scales are chosen: about those of a temperate city over the year, so that a term is mostly between -3
# and 3, where it is cut; what a degree or a millimetre does is fitted, so they only say where the prior of 0 lies.
DAY_TERMS = {
    "holiday": DayTerm("holiday"),
    "school day": DayTerm("school"),
    "event": DayTerm("event"),
    "temperature": DayTerm("weather", "temperature_c", 12.0, 10.0),
    "highest temperature": DayTerm("weather", "temperature_max_c", 17.0, 10.0),
    "rain": DayTerm("weather", "precipitation_mm", 0.0, 10.0),
    "snow": DayTerm("weather", "snow_mm", 0.0, 50.0),
    "wind": DayTerm("weather", "wind_ms", 4.0, 4.0),
}

CALENDAR_INPUTS = ("shift", "weekday", "season of the year", *DAY_TERMS)

INPUTS = {"events": EVENT_COLUMNS, "boxes": BOX_COLUMNS, "places": PLACE_COLUMNS, "calendar": CALENDAR_COLUMNS}
"""The allow-list: every table and column that can reach a model, and nothing else does."""

ALLOWED_CRIME_TYPES = ("gunfire", "homicide", "aggravated_assault", "robbery", "burglary", "motor_vehicle_theft",
                       "theft", "arson")
"""Types that victims and sensors report. A finer type of an agency begins with one of them: ``theft_from_auto``."""

NEVER_INPUTS = (
    "names, birth dates, addresses of people and anything else about a person",
    "race, ethnicity, education, home ownership, income",
    "residents of neighbourhoods and census groups",
    "arrests, stops, tickets and other officer-initiated records",
    "crime types open to enforcement bias, such as drugs, prostitution, disorder and traffic",
    "where patrols were sent",
)


def may_be_forecast(crime_type: str) -> bool:
    """Tell whether a crime type code is one that victims and sensors report."""
    return re.fullmatch("(" + "|".join(ALLOWED_CRIME_TYPES) + ")(_[a-z0-9_]{1,40})?", str(crime_type)) is not None


def check_crime_type(crime_type: str) -> str:
    """Give a crime type code back if it may be forecast, else raise ConnectError."""
    if may_be_forecast(crime_type):
        return str(crime_type)
    raise ConnectError(f"Crime type {crime_type} is not forecast; only {', '.join(ALLOWED_CRIME_TYPES)} are, and finer "
                       "types whose code begins with one of them.")


def admit_events(events: Events) -> tuple[AdmittedEvents, list[str]]:
    """Take from a frame what may enter a forecast, in one fixed order.

    Parameters
    ----------
    events : pandas.DataFrame
        With the columns of :data:`EVENT_COLUMNS`; ``to_utc``, ``weight`` and the rounding may be missing or empty.
        Rows without type, place, time or moment of knowledge cannot be used and are left out.

    Returns
    -------
    admitted : pandas.DataFrame
        The columns of :data:`EVENT_COLUMNS` alone; crime type as categories, times as int64 nanoseconds of UTC, an
        interval ends no later than the moment at which it was known; ordered by content, so that the order of the rows
        changes nothing.
    refused : list of str
        Names of the columns left behind.

    Raises
    ------
    ConnectError
        When a needed column is missing.
    """
    needed = ("crime_type", "x", "y", "from_utc", "known_utc")
    missing = [name for name in needed if name not in events.columns]
    if missing:
        raise ConnectError(f"The events lack the column {missing[0]}; a forecast needs {', '.join(needed)}.")
    crime_type = pd.Categorical(events["crime_type"].to_numpy())
    admitted = pd.DataFrame({"crime_type": crime_type.set_categories(sorted(crime_type.categories, key=str))})
    for name in ("x", "y"):
        admitted[name] = pd.to_numeric(events[name], errors="coerce").to_numpy(dtype=float)
    for name, default in (("weight", 1.0), ("rounded_x_m", 0.0), ("rounded_y_m", 0.0), ("heard", 1.0)):
        column = events[name] if name in events.columns else pd.Series(np.nan, index=events.index)
        admitted[name] = pd.to_numeric(column, errors="coerce").fillna(default).to_numpy(dtype=float)
    for name in ("from_utc", "known_utc"):
        admitted[name] = nanoseconds(events[name])
    admitted["to_utc"] = nanoseconds(events["to_utc"]) if "to_utc" in events.columns else NAT
    admitted["to_utc"] = admitted["to_utc"].where(admitted["to_utc"] != NAT, admitted["from_utc"])
    usable = (admitted["from_utc"] != NAT) & (admitted["known_utc"] != NAT)
    usable &= admitted["crime_type"].notna() & (admitted["weight"] > 0)
    usable &= np.isfinite(admitted[["x", "y", "weight", "rounded_x_m", "rounded_y_m"]]).all(axis=1)
    admitted = admitted.loc[usable, list(EVENT_COLUMNS)]
    # What was known at a moment had happened by then, whatever a typing error in the interval says.
    admitted["to_utc"] = np.minimum(admitted["to_utc"], admitted["known_utc"])
    admitted["from_utc"] = np.minimum(admitted["from_utc"], admitted["known_utc"])
    admitted["to_utc"] = np.maximum(admitted["from_utc"], admitted["to_utc"])
    keys = [admitted["crime_type"].cat.codes.to_numpy(), *(admitted[name].to_numpy() for name in (
        "heard", "weight", "y", "x", "to_utc", "from_utc", "known_utc"))]
    varying = [key for key in keys if key.size and (key != key[0]).any()]
    if varying:
        admitted = admitted.iloc[np.lexsort(varying)].reset_index(drop=True)
    return admitted, sorted(str(name) for name in events.columns if name not in EVENT_COLUMNS)


def admit_boxes(boxes: Boxes) -> Boxes:
    """Take from a frame of boxes what may enter a forecast: :data:`BOX_COLUMNS`, by row and column.

    Raises
    ------
    ConnectError
        When a column is missing or there is no box.
    """
    missing = [name for name in BOX_COLUMNS if name not in boxes.columns]
    if missing:
        raise ConnectError(f"The boxes lack the column {missing[0]}.")
    if boxes.empty:
        raise ConnectError("There are no boxes; create the workspace from a jurisdiction first.")
    admitted = boxes[list(BOX_COLUMNS)].copy()
    admitted["inside"] = pd.to_numeric(admitted["inside"], errors="coerce").fillna(1.0).clip(0.0, 1.0).astype(float)
    admitted[["col", "row"]] = admitted[["col", "row"]].astype(np.int64)
    return admitted.sort_values(["row", "col"], ignore_index=True)


def places_may_be_used(kind: str) -> bool:
    """Tell whether places of a kind may enter a forecast."""
    words = set(str(kind).split("_"))
    return (re.fullmatch("(" + "|".join(PLACE_KINDS) + ")s?(_[a-z0-9_]{1,60})?", str(kind)) is not None
            and not any(word.startswith(_ABOUT_PEOPLE) for word in words))


def admit_places(places: Places | None) -> tuple[Places, list[str], list[str]]:
    """Take from a frame of places what may enter a forecast.

    Returns
    -------
    admitted : pandas.DataFrame
        :data:`PLACE_COLUMNS`, ordered by content; rows without a position are left out.
    refused, kinds : lists of str
        Columns and kinds left behind.
    """
    if places is None:
        return pd.DataFrame({name: [] for name in PLACE_COLUMNS}), [], []
    missing = [name for name in PLACE_COLUMNS if name not in places.columns]
    if missing:
        raise ConnectError(f"The places lack the column {missing[0]}.")
    kind = places["kind"].astype(str)
    allowed = kind.map(places_may_be_used).to_numpy(dtype=bool)
    admitted = pd.DataFrame({"kind": kind, **{
        name: pd.to_numeric(places[name], errors="coerce").to_numpy(dtype=float) for name in ("x", "y")}})
    admitted = admitted[allowed & np.isfinite(admitted[["x", "y"]]).all(axis=1).to_numpy()]
    refused = [str(name) for name in places.columns if name not in PLACE_COLUMNS]
    return admitted.sort_values(["kind", "x", "y"], ignore_index=True), refused, sorted(set(kind[~allowed]))


def admit_calendar(calendar: CalendarDays | None) -> tuple[AdmittedDays | None, list[str]]:
    """Take from a frame of the calendar what may enter: :data:`CALENDAR_COLUMNS`, ordered by content; and the columns
    left behind."""
    if calendar is None:
        return None, []
    missing = [name for name in ("date", "kind") if name not in calendar.columns]
    if missing:
        raise ConnectError(f"The calendar lacks the column {missing[0]}.")
    columns = {name: calendar[name] if name in calendar.columns else pd.Series(np.nan, index=calendar.index)
               for name in CALENDAR_COLUMNS}
    admitted = pd.DataFrame(columns)
    admitted["value"] = pd.to_numeric(admitted["value"], errors="coerce").astype(float)
    admitted["known_utc"] = utc_index(admitted["known_utc"])
    for name in ("date", "kind", "name"):
        admitted[name] = admitted[name].fillna("").astype(str)
    kinds = {term.kind for term in DAY_TERMS.values()} | {"weather_forecast"}
    measures = {term.measure for term in DAY_TERMS.values() if term.measure}
    of_weather = admitted["kind"].str.startswith("weather")
    admitted = admitted[admitted["kind"].isin(kinds) & (~of_weather | admitted["name"].isin(measures))]
    # What a holiday or event is called, and how many it draws, changes nothing.
    admitted.loc[~admitted["kind"].str.startswith("weather"), "name"] = ""
    admitted = admitted.drop_duplicates().sort_values(list(CALENDAR_COLUMNS), ignore_index=True)
    return admitted, [str(name) for name in calendar.columns if name not in CALENDAR_COLUMNS]
