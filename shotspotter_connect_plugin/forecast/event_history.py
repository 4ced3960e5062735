"""Events of one crime type as entries on slots and boxes, each with the moment from which it was known."""
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .box_layout import grid_of_boxes
from .instants import nanoseconds, utc_times

if TYPE_CHECKING:
    from .arrays import Bools, Floats, Ints
    from .forecast_frames import AdmittedEvents, Boxes
    from .listening import Listening
    from .shifts import ShiftCalendar


class Timeline:
    """The shift slots of a span of dates and the moment at which the plan of each date is made.

    Attributes (d dates, s slots; instants are int64 nanoseconds of UTC; beside them ``origin``, (d,) plan moments)
    ----------
    dates : list of d str
    slots : pandas.DataFrame
        As ``ShiftCalendar.slots`` gives them.
    date, shift, start : (s,) position of the slot's date, position of its code in ``codes``, its start
    weekday, season : (s,) 0 = Monday; share of the year gone
    days : (s, terms) of the calendar, where :func:`calendar_terms.make_timeline` put them
    """

    days: Floats | None = None

    def __init__(self, calendar: ShiftCalendar, first: str, last: str, plan_hour: str = "05:00") -> None:
        self.slots = calendar.slots(first, last)
        self.dates = [str(day.date()) for day in pd.date_range(first, last, freq="D")]
        self._as_of = calendar, plan_hour
        self.codes = calendar.codes
        self.date = pd.Index(self.dates).get_indexer(self.slots["shift_date"])
        self.shift = pd.Index(self.codes).get_indexer(self.slots["shift"])
        self.start = nanoseconds(self.slots["start_utc"])
        self.weekday = np.asarray(pd.DatetimeIndex(self.slots["shift_date"]).day_of_week)
        self.season = np.asarray(pd.DatetimeIndex(self.slots["shift_date"]).day_of_year) / 365.25

    def position(self, shift_date: str, shift: str) -> int:
        """Position of one slot."""
        return int(np.flatnonzero((self.slots["shift_date"] == str(shift_date)) & (self.slots["shift"] == shift))[0])

    @cached_property
    def origin(self) -> Ints:
        """Plan moments of the dates."""
        calendar, plan_hour = self._as_of
        return np.array([calendar.as_of(date, plan_hour).value for date in self.dates], dtype=np.int64)


@dataclass(frozen=True)
class EventHistory:
    """Entries (n) of one crime type: each is a share of one event in one slot and one box, in order of knowledge.

    ``grain`` is what one piece of an event weighs: 1 where events are whole, less where places are spread over boxes or
    fireworks count less. Such counts vary less than whole events do: their variance is ``grain`` times their mean.
    Where sensors listen only in places, ``heard`` tells what they heard from what people reported, and ``listening`` is
    the exposure (:class:`sensor_coverage.Listening`); both are None where everything everywhere is on record.
    """

    slot: Ints
    box: Ints
    weight: Floats
    known: Ints
    grain: float = 1.0
    heard: Bools | None = None
    listening: Listening | None = None

    def until(self, moment: int) -> EventHistory:
        """What was known at a moment."""
        count = int(np.searchsorted(self.known, moment, side="right"))
        heard = None if self.heard is None else self.heard[:count]
        return EventHistory(self.slot[:count], self.box[:count], self.weight[:count], self.known[:count], self.grain,
                            heard, self.listening)

    def since(self, slots: int) -> EventHistory:
        """The same on a timeline without its first slots."""
        kept = self.slot >= slots
        heard = None if self.heard is None else self.heard[kept]
        return replace(self, slot=self.slot[kept] - slots, box=self.box[kept], weight=self.weight[kept],
                       known=self.known[kept], heard=heard) if slots else self

    @property
    def counted(self) -> Ints:
        """Positions of the entries by which a forecast is judged: those that could be seen in full."""
        return np.arange(self.slot.size) if self.heard is None else np.flatnonzero(self.heard)


def make_history(events: AdmittedEvents, boxes: Boxes, size: float, calendar: ShiftCalendar,
                 timeline: Timeline) -> EventHistory:
    """Spread events over the slots and boxes in which they may have happened; reports (``heard`` is 0) are left out.

    Parameters
    ----------
    events : pandas.DataFrame
        Of one crime type, as :func:`allowed_inputs.admit_events` gives them.
    boxes : pandas.DataFrame
        As :func:`allowed_inputs.admit_boxes` gives them.
    size : float
        Side of a box in metres.

    Returns
    -------
    EventHistory
        The weights of an event add up to its weight where the slots cover its interval and its place is in a box.
    """
    heard = events["heard"].to_numpy() > 0
    events = events if heard.all() else events[heard]
    event, box, share = spread_places(events["x"].to_numpy(), events["y"].to_numpy(), events["rounded_x_m"].to_numpy(),
                                      events["rounded_y_m"].to_numpy(), boxes, size)
    from_utc, to_utc = (utc_times(events[name]) for name in ("from_utc", "to_utc"))
    in_time, slot, part = calendar.spread(from_utc, to_utc, timeline.slots)
    # Join the two spreads of each event: every slot of it with every box of it.
    boxes_of = np.bincount(event, minlength=len(events))
    first_box = np.cumsum(boxes_of) - boxes_of
    repeat = boxes_of[in_time]
    row = np.repeat(np.arange(in_time.size), repeat)
    place = np.arange(row.size) - np.repeat(np.cumsum(repeat) - repeat, repeat) + first_box[in_time[row]]
    which = in_time[row]
    weight = events["weight"].to_numpy()[which] * part[row] * share[place]
    known = events["known_utc"].to_numpy()[which]
    kept = np.flatnonzero(weight > 0)
    kept = kept[np.argsort(known[kept], kind="stable")]
    piece = events["weight"].to_numpy()[event] * share
    grain = float(np.sum(piece ** 2) / np.sum(piece)) if piece.size else 1.0
    return EventHistory(slot[row][kept], box[place][kept], weight[kept], known[kept], grain)


def spread_places(x: Floats, y: Floats, width: Floats, height: Floats, boxes: Boxes,
                  size: float) -> tuple[Ints, Ints, Floats]:
    """Spread rounded places over the boxes that their rounding cells touch, by area.

    A place belongs to the fishnet when the box at its centre does; the shares of such an event add up to 1 over the
    boxes of the fishnet, others have none.

    Returns
    -------
    event, box, share : numpy.ndarray
        In order of the event.
    """
    grid = grid_of_boxes(size, boxes["box_id"])
    lookup = pd.MultiIndex.from_arrays([boxes["col"], boxes["row"]])
    inside = lookup.get_indexer(pd.MultiIndex.from_arrays(grid.cell(x, y))) >= 0
    parts = []
    for event, col, row, share in grid.overlaps(x, y, width, height):
        box = lookup.get_indexer(pd.MultiIndex.from_arrays([col, row]))
        found = inside[event] & (box >= 0)
        parts.append((event[found], box[found], share[found]))
    event, box, share = (np.concatenate(part) for part in zip(*parts))
    order = np.lexsort((box, event))
    event, box, share = event[order], box[order], share[order]
    total = np.bincount(event, share, minlength=x.size)
    return event, box, share / total[event]
