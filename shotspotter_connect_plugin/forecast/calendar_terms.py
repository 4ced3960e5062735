"""Terms of the calendar: what was known of a date when its plan was made.

Holidays, school days and events are known long before, unless their rows say since when: a school that closed in the
morning was open in the plan of that day. Weather enters as it was forecast before the plan hour, else as
it was on the last day known then; so a back-test sees no weather that a plan could not have seen. A term is 0 where
nothing is known.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .allowed_inputs import DAY_TERMS
from .event_history import Timeline
from .instants import DAY, NAT, nanoseconds

if TYPE_CHECKING:
    from .arrays import Floats
    from .forecast_frames import AdmittedDays
    from .shifts import ShiftCalendar

_FORECAST = "weather_forecast"
# Chosen: weather hardly resembles that of more than three days before; the usual weather is then the better guess.
_STALE_DAYS = 3


def make_timeline(calendar: ShiftCalendar, first: str, last: str, plan_hour: str,
                  days: AdmittedDays | None = None) -> Timeline:
    """A :class:`event_history.Timeline` with the terms of an admitted calendar of ``days``, or of none."""
    timeline = Timeline(calendar, first, last, plan_hour)
    timeline.days = day_terms(days, timeline)
    return timeline


def days_of(timeline: Timeline) -> Floats:
    """Terms (slots, terms) of a timeline; zeros where it was made without a calendar."""
    return day_terms(None, timeline) if timeline.days is None else timeline.days


def day_terms(calendar: AdmittedDays | None, timeline: Timeline) -> Floats:
    """Terms of the slots of a timeline.

    Parameters
    ----------
    calendar : pandas.DataFrame or None
        As :func:`allowed_inputs.admit_calendar` gives it.
    timeline : Timeline

    Returns
    -------
    numpy.ndarray
        (slots, terms), one column for each of :data:`allowed_inputs.DAY_TERMS`.
    """
    terms = np.zeros((len(timeline.dates), len(DAY_TERMS)))
    if calendar is None or calendar.empty:
        return terms[timeline.date]
    place = {date: position for position, date in enumerate(timeline.dates)}
    for column, term in enumerate(DAY_TERMS.values()):
        if term.measure:
            values = _weather(calendar[calendar["name"] == term.measure], timeline)
            terms[:, column] = np.where(np.isfinite(values), (values - term.usual) / term.scale, 0.0)
        else:
            for date, value in _known(calendar[calendar["kind"] == term.kind], timeline, place).items():
                # A school day is told by 1 and a day without school by 0; other days speak by being there.
                told = 1.0 if term.kind != "school" else float(value) - 0.5
                terms[place[date], column] = told if np.isfinite(told) else 0.0
    return np.clip(terms, -3.0, 3.0)[timeline.date]


def _known(rows: pd.DataFrame, timeline: Timeline, place: dict[str, int]) -> pd.Series:
    """Least value of each date of the timeline, of the rows known at its plan moment; NaN where they have none."""
    position = rows["date"].map(place)
    rows, position = rows[position.notna()], position.dropna().astype(int).to_numpy()
    known = nanoseconds(rows["known_utc"])
    in_time = (known == NAT) | (known <= timeline.origin[position])
    return rows[in_time].groupby("date")["value"].min()


def _weather(rows: pd.DataFrame, timeline: Timeline) -> Floats:
    """Value for each date: of its forecast known at the plan moment, else of the last day measured and known then."""
    values = np.full(len(timeline.dates), np.nan)
    if rows.empty:
        return values
    dates = pd.Index(timeline.dates)
    known = nanoseconds(rows["known_utc"])
    known = np.where(known == NAT, nanoseconds(rows["date"]) + DAY, known)
    of_forecast = (rows["kind"] == _FORECAST).to_numpy()
    day = nanoseconds(rows["date"]) // DAY
    number = nanoseconds(pd.Series(timeline.dates)) // DAY
    value = rows["value"].to_numpy(dtype=float)
    measured = np.flatnonzero(~of_forecast & np.isfinite(value))
    measured = measured[np.lexsort([day[measured], known[measured]])]
    at = np.searchsorted(known[measured], timeline.origin, side="right") - 1
    newest = measured[np.maximum(at, 0)] if measured.size else np.zeros(0, dtype=int)
    if measured.size:
        fresh = (at >= 0) & (number - day[newest] <= _STALE_DAYS)
        values = np.where(fresh, value[newest], np.nan)
    ahead = np.flatnonzero(of_forecast & np.isfinite(value))
    position = dates.get_indexer(rows["date"].astype(str).to_numpy()[ahead])
    usable = position >= 0
    ahead, position = ahead[usable], position[usable]
    in_time = known[ahead] <= timeline.origin[position]
    values[position[in_time]] = value[ahead[in_time]]
    return values
