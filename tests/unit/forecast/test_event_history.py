"""Spreading over time and place conserves events."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from made_city import SIDE, SIZE, make_boxes
from shapely.geometry import box

from shotspotter_connect_plugin.forecast.allowed_inputs import admit_boxes, admit_events
from shotspotter_connect_plugin.forecast.event_history import Timeline, make_history, spread_places
from shotspotter_connect_plugin.forecast.instants import NAT, iso_texts, nanoseconds, utc_times, wall_clocks
from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar

CALENDAR = ShiftCalendar(
    [
        Shift("day", "Day", "07:00", "15:00"),
        Shift("evening", "Evening", "15:00", "23:00"),
        Shift("night", "Night", "23:00", "07:00"),
    ],
    "America/New_York",
)
BOXES = admit_boxes(make_boxes())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(1.0, SIDE * SIZE - 1),
            st.floats(1.0, SIDE * SIZE - 1),
            st.floats(0.0, 400.0),
            st.floats(0.0, 200.0),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_rounding_cells_are_shared_by_area(places):
    x, y, width, height = np.array(places).T
    event, found, share = spread_places(x, y, width, height, BOXES, SIZE)
    assert np.allclose(np.bincount(event, share, minlength=x.size), 1.0)
    cells = BOXES[["col", "row"]].to_numpy()
    for one, position, part in zip(event, found, share):
        col, row = cells[position]
        cell = box(col * SIZE, row * SIZE, (col + 1) * SIZE, (row + 1) * SIZE)
        if width[one] > 1.0 and height[one] > 1.0:
            whole = box(
                x[one] - width[one] / 2, y[one] - height[one] / 2, x[one] + width[one] / 2, y[one] + height[one] / 2
            )
            inside = whole.intersection(box(0, 0, SIDE * SIZE, SIDE * SIZE)).area
            assert abs(part - whole.intersection(cell).area / inside) < 1e-6


def test_a_point_on_an_edge_is_in_one_box():
    x, y = np.array([250.0, 500.0, 0.0, 249.999]), np.array([250.0, 0.0, 0.0, 249.999])
    event, found, share = spread_places(x, y, np.zeros(4), np.zeros(4), BOXES, SIZE)
    assert event.tolist() == [0, 1, 2, 3] and share.tolist() == [1.0] * 4
    assert BOXES["box_id"].iloc[found].tolist() == ["C1R1", "C2R0", "C0R0", "C0R0"]


def test_outside_the_fishnet_is_outside_and_cells_over_the_edge_keep_their_event_whole():
    x, y = np.array([-10.0, 10.0]), np.array([100.0, 100.0])
    event, found, share = spread_places(x, y, np.full(2, 100.0), np.zeros(2) + 1.0, BOXES, SIZE)
    assert event.tolist() == [1] and share.tolist() == [1.0]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60 * 24 * 20), st.integers(0, 60 * 72), st.floats(0.1, 5.0)), min_size=1, max_size=20
    )
)
def test_aoristic_spreading_conserves_weight(rows):
    start = pd.Timestamp("2020-03-01", tz="UTC")  # summer time begins on 8 March
    minute, length, weight = (np.array(part) for part in zip(*rows))
    frame = pd.DataFrame(
        {
            "crime_type": "theft",
            "x": 300.0,
            "y": 300.0,
            "from_utc": start + pd.to_timedelta(minute, unit="min"),
            "to_utc": start + pd.to_timedelta(minute + length, unit="min"),
            "known_utc": start + pd.Timedelta(days=40),
            "weight": weight,
        }
    )
    timeline = Timeline(CALENDAR, "2020-02-28", "2020-04-10")
    history = make_history(admit_events(frame)[0], BOXES, SIZE, CALENDAR, timeline)
    assert np.isclose(history.weight.sum(), weight.sum())
    assert (np.diff(history.known) >= 0).all()
    # A date without a time belongs to each shift by the hours it spans.
    whole_day = frame.iloc[:1].assign(
        from_utc=pd.Timestamp("2020-03-10T04:00Z"), to_utc=pd.Timestamp("2020-03-11T04:00Z"), weight=1.0
    )
    spread = make_history(admit_events(whole_day)[0], BOXES, SIZE, CALENDAR, timeline)
    by_shift = np.bincount(timeline.shift[spread.slot], spread.weight, minlength=3)
    assert np.allclose(by_shift, [8 / 24, 8 / 24, 8 / 24])


def test_knowledge_grows_with_time():
    frame = pd.DataFrame(
        {
            "crime_type": "theft",
            "x": 300.0,
            "y": 300.0,
            "from_utc": pd.Timestamp("2020-03-05T12:00Z"),
            "known_utc": pd.to_datetime(["2020-03-06T00:00Z", "2020-03-20T00:00Z"]),
        }
    )
    history = make_history(
        admit_events(frame)[0], BOXES, SIZE, CALENDAR, Timeline(CALENDAR, "2020-03-01", "2020-03-30")
    )
    moment = pd.Timestamp("2020-03-06T00:00Z").value
    assert history.until(moment - 1).weight.size == 0
    assert history.until(moment).weight.size == 1
    assert history.until(pd.Timestamp("2020-04-01T00:00Z").value).weight.size == 2


def test_no_events_make_an_empty_history():
    empty = admit_events(pd.DataFrame({"crime_type": [], "x": [], "y": [], "from_utc": [], "known_utc": []}))[0]
    history = make_history(empty, BOXES, SIZE, CALENDAR, Timeline(CALENDAR, "2020-03-01", "2020-03-03"))
    assert history.weight.size == 0 and history.grain == 1.0


def test_instants_of_any_kind_and_unit_are_the_same_nanoseconds():
    """Texts need not be written alike; stamps may be in any unit, as pandas 3 makes microseconds of most."""
    texts = ["2024-11-03T05:30:00Z", "2024-03-10T06:59:59.999Z", "2024-02-29 01:02:03+01:00", None]
    expected = [pd.Timestamp(text).value for text in texts[:3]] + [NAT]
    stamps = pd.Series([pd.NaT if text is None else pd.Timestamp(text).tz_convert("UTC") for text in texts])
    kinds = [texts, np.array(texts, dtype=object), pd.Series(texts, dtype=object), pd.Series(texts), stamps,
             stamps.astype(object), stamps.dt.tz_localize(None).to_numpy().astype("datetime64[ms]")]
    if hasattr(stamps.dt, "as_unit"):
        kinds += [stamps.dt.as_unit(unit) for unit in ("ms", "us", "ns")]
    for moments in kinds:
        assert nanoseconds(moments).tolist() == expected
    known = [moment for moment in expected if moment != NAT]
    assert utc_times(known).tolist() == [pd.Timestamp(text).tz_convert("UTC") for text in texts[:3]]
    assert nanoseconds(utc_times(expected)).tolist() == nanoseconds(wall_clocks(expected)).tolist() == expected
    assert iso_texts(known, "ms").tolist() == ["2024-11-03T05:30:00.000Z", "2024-03-10T06:59:59.999Z",
                                               "2024-02-29T00:02:03.000Z"]
    assert iso_texts(known, "D").tolist() == ["2024-11-03", "2024-03-10", "2024-02-29"]
