"""A forecast trained on the made city."""

from types import SimpleNamespace

import pytest
from made_city import make_boxes, make_events

from shotspotter_connect_plugin.forecast.forecast_model import train
from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar


@pytest.fixture(scope="session")
def calendar():
    return ShiftCalendar(
        [
            Shift("day", "Day", "07:00", "15:00"),
            Shift("evening", "Evening", "15:00", "23:00"),
            Shift("night", "Night", "23:00", "07:00"),
        ],
        "America/New_York",
    )


@pytest.fixture(scope="session")
def boxes():
    return make_boxes()


@pytest.fixture(scope="session")
def events():
    return make_events()


@pytest.fixture(scope="session")
def city(calendar, boxes, events):
    """calendar, boxes, events, as_of and the model trained from them (read only)."""
    as_of = calendar.as_of("2019-01-20")
    return SimpleNamespace(
        calendar=calendar,
        boxes=boxes,
        events=events,
        as_of=as_of,
        date="2019-01-20",
        model=train(events, boxes, calendar, as_of),
    )
