"""Alerts become events: merging, fireworks, kinds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.gunfire_events import gunfire_events, merge_alerts, on_days, report_events


def alerts(rows):
    frame = pd.DataFrame(rows, columns=["kind", "occurred_utc", "x", "y"])
    return frame.assign(
        occurred_utc=pd.to_datetime(frame["occurred_utc"], utc=True), rounded_x_m=86.0, rounded_y_m=111.0
    )


def slow_merge(seconds, x, y, minutes, metres):
    """The definition, by brute force: components of the graph of close pairs."""
    label = list(range(len(seconds)))
    changed = True
    while changed:
        changed = False
        for i in range(len(seconds)):
            for j in range(i):
                close = abs(seconds[i] - seconds[j]) <= minutes * 60 and np.hypot(x[i] - x[j], y[i] - y[j]) <= metres
                if close and label[i] != label[j]:
                    label[i] = label[j] = min(label[i], label[j])
                    changed = True
    return pd.factorize(np.array(label))[0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 5), st.integers(0, 5)), max_size=25))
def test_merging_is_by_chains_of_close_pairs(points):
    points = sorted(points)
    seconds, x, y = (np.array([point[axis] for point in points], dtype=float) for axis in range(3))
    moments = pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(seconds, unit="s")
    found = merge_alerts(moments, x * 60.0, y * 60.0, minutes=5.0, metres=100.0)
    assert found.tolist() == slow_merge(seconds, x * 60.0, y * 60.0, 5.0, 100.0).tolist()


def test_one_incident_counts_once_at_its_first_sound_and_place(calendar):
    events = gunfire_events(
        alerts(
            [
                ("single", "2020-03-01T03:00:00Z", 0.0, 0.0),
                ("multiple", "2020-03-01T03:04:00Z", 80.0, 0.0),
                ("single", "2020-03-01T03:20:00Z", 0.0, 0.0),
            ]
        ),
        calendar,
    )
    assert events["x"].tolist() == [0.0, 0.0]
    assert events["from_utc"].iloc[0] == pd.Timestamp("2020-03-01T03:00:00Z")
    assert events["weight"].tolist() == [1.0, 1.0]
    assert (events["known_utc"] == events["from_utc"]).all() and (events["rounded_x_m"] == 86.0).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 200), st.integers(0, 86)), min_size=1, max_size=12),
       st.data())
def test_an_incident_takes_nothing_from_what_is_heard_later(calendar, heard, data):
    """No place, no rounding: an incident that is on record stays as it is."""
    frame = alerts([("single", pd.Timestamp("2020-03-01", tz="UTC") + pd.Timedelta(seconds=second), float(x), 0.0)
                    for second, x, _ in sorted(heard)]).assign(rounded_x_m=[float(cell) for *_, cell in sorted(heard)])
    until = frame["occurred_utc"].iloc[data.draw(st.integers(0, len(frame) - 1))]
    before = gunfire_events(frame[frame["occurred_utc"] <= until], calendar)
    after = gunfire_events(frame, calendar)
    kept = after.merge(before, on=["x", "y", "from_utc", "to_utc", "known_utc", "rounded_x_m", "rounded_y_m"])
    assert len(kept) >= (after["from_utc"] <= until).sum()


def test_a_report_is_the_one_that_was_known_first(calendar):
    at = pd.to_datetime(["2020-03-01T03:00Z", "2020-03-01T03:03Z"])
    incidents = pd.DataFrame({"crime_type": "gunfire", "x": [0.0, 50.0], "y": 0.0, "from_utc": at,
                              "to_utc": at + pd.Timedelta(minutes=9), "firearm": None,
                              "known_utc": at + pd.to_timedelta([48, 1], unit="h")})
    pd.testing.assert_frame_equal(report_events(incidents), report_events(incidents.iloc[1:]))


def test_firecrackers_are_left_out_and_probable_gunfire_on_demand(calendar):
    frame = alerts(
        [
            (kind, f"2020-03-0{day}T12:00:00Z", 0.0, 0.0)
            for day, kind in enumerate(["single", "probable", "firecracker", "unknown"], start=1)
        ]
    )
    assert len(gunfire_events(frame, calendar)) == 3
    assert len(gunfire_events(frame, calendar, include_probable=False)) == 2


def test_fireworks_count_less_by_local_date(calendar):
    frame = alerts(
        [
            ("single", "2020-07-01T03:59:00Z", 0.0, 0.0),
            ("single", "2020-07-01T04:01:00Z", 9e3, 0.0),
            ("single", "2020-01-03T04:30:00Z", 0.0, 0.0),
            ("single", "2020-01-03T05:30:00Z", 9e3, 0.0),
        ]
    )
    events = gunfire_events(frame, calendar, firework_days=["07-01/07-06", "12-29/01-02"], firework_weight=0.1)
    assert events["weight"].tolist() == [0.1, 1.0, 1.0, 0.1]


def test_days_of_the_year():
    days = pd.to_datetime(["2021-12-28", "2021-12-29", "2022-01-02", "2022-01-03", "2024-02-29"])
    assert on_days(days, ["12-29/01-02"]).tolist() == [False, True, True, False, False]
    assert not on_days(days, []).any()
    with pytest.raises(ConnectError, match="MM-DD"):
        on_days(days, ["July"])


def test_no_alerts_give_no_events(calendar):
    assert len(gunfire_events(alerts([]), calendar)) == 0


def test_reports_are_calls_for_shots_and_incidents_with_a_gun(calendar):
    at = pd.to_datetime(["2020-03-01T03:00Z", "2020-03-01T03:03Z", "2020-03-01T05:00Z", "2020-03-01T06:00Z",
                         "2020-03-01T07:00Z", "2020-03-01T08:00Z"])
    incidents = pd.DataFrame({
        "crime_type": ["gunfire", "gunfire", "homicide", "aggravated_assault", "aggravated_assault", "robbery"],
        "x": [0.0, 50.0, 900.0, 900.0, 900.0, 900.0], "y": 0.0, "from_utc": at, "to_utc": at,
        "known_utc": at + pd.Timedelta(hours=2), "firearm": [None, None, True, False, None, True]})
    found = report_events(incidents)
    assert found["x"].tolist() == [0.0, 900.0], "two calls about the same shots are one report; no gun, no report"
    assert (found["crime_type"] == "gunfire").all() and (found["heard"] == 0).all()
    assert found["known_utc"].iloc[0] == at[0] + pd.Timedelta(hours=2)
    assert report_events(incidents.iloc[:0]).empty


def test_reports_weigh_less_on_days_of_fireworks_by_local_date(calendar):
    at = pd.to_datetime(["2020-07-01T03:59Z", "2020-07-01T04:01Z", "2020-07-07T03:59Z", "2020-07-07T04:01Z"])
    incidents = pd.DataFrame({"crime_type": "gunfire", "x": [0.0, 900.0, 0.0, 900.0], "y": 0.0, "from_utc": at,
                              "to_utc": at, "known_utc": at, "firearm": None})
    days = ["07-01/07-06", "12-29/01-02"]
    found = report_events(incidents, calendar=calendar, firework_days=days, firework_weight=0.2)
    heard = gunfire_events(alerts([("single", *row) for row in zip(at, incidents["x"], incidents["y"])]), calendar,
                           firework_days=days, firework_weight=0.2)
    assert found["weight"].tolist() == heard["weight"].tolist() == [1.0, 0.2, 0.2, 1.0]
    assert report_events(incidents.iloc[:0], calendar=calendar, firework_days=days).empty
