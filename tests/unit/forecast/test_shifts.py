"""Shifts: every instant in at most one, days of 23 and 25 hours whole, uncertain times spread without loss."""
import time
import zoneinfo
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast import shifts
from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar

THREE = [Shift("day", "Day", "07:00", "15:00"), Shift("evening", "Evening", "15:00", "23:00"),
         Shift("night", "Night", "23:00", "07:00")]
NEW_YORK = ShiftCalendar(THREE, "America/New_York")
ZONES = ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns",
         "Africa/Casablanca", "Pacific/Apia", "UTC"]


@st.composite
def calendars(draw, tiling=False):
    """Shifts cut from a week at random minutes, some cuts left without a shift unless ``tiling``."""
    cuts = draw(st.lists(st.integers(0, 1439), min_size=1, max_size=5, unique=True).map(sorted))
    rows = []
    for number, (start, end) in enumerate(zip(cuts, cuts[1:] + cuts[:1])):
        days = "1234567" if tiling else draw(st.sets(st.sampled_from("1234567"), min_size=0).map("".join))
        if days:
            text = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in (start, end)]
            rows.append(Shift(f"S{number}", "", *text, days))
    rows = rows or [Shift("S", "", "08:00", "16:00")]
    return ShiftCalendar(rows, draw(st.sampled_from(ZONES)))


instants = st.lists(st.integers(0, 2**31), min_size=1, max_size=30)  # seconds from 1970 to 2038


def utc(seconds):
    return pd.to_datetime(np.array(seconds), unit="s", utc=True)


@settings(deadline=None, max_examples=examples(100))
@given(calendars(), instants)
def test_every_instant_is_in_at_most_one_slot_and_assign_finds_it(calendar, seconds):
    moments = utc(seconds)
    dates, codes = calendar.assign(moments)
    for moment, date, code in zip(moments, dates, codes):
        local = moment.tz_convert(calendar.timezone).date()
        slots = calendar.slots(str(local - timedelta(days=2)), str(local + timedelta(days=1)))
        holding = slots[(slots["start_utc"] <= moment) & (moment < slots["end_utc"])]
        assert holding[["shift_date", "shift"]].values.tolist() == ([] if date is None else [[date, code]])
        if date is not None:
            start, end = calendar.bounds(date, code)
            assert start <= moment < end


@settings(deadline=None, max_examples=100)
@given(calendars(tiling=True), st.dates(datetime(1975, 1, 1).date(), datetime(2035, 1, 1).date()), st.integers(1, 400))
def test_shifts_that_fill_the_day_fill_every_day(calendar, first, days):
    slots = calendar.slots(str(first), str(first + timedelta(days=days)))
    starts, ends = slots["start_utc"].to_numpy(), slots["end_utc"].to_numpy()
    assert (starts[1:] == ends[:-1]).all()
    assert (ends > starts).all()


@settings(deadline=None, max_examples=100)
@given(calendars(), st.sampled_from(["2018-03-10", "2018-03-11", "2018-11-03", "2018-11-04", "2020-10-25"]))
def test_slots_never_overlap_and_are_ordered(calendar, date):
    slots = calendar.slots(date, str(pd.Timestamp(date).date() + timedelta(days=9)))
    assert (slots["start_utc"].to_numpy()[1:] >= slots["end_utc"].to_numpy()[:-1]).all()


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(ZONES), instants)
def test_the_wall_clock_is_that_of_zoneinfo_both_ways(zone, seconds):
    calendar = ShiftCalendar(THREE, zone)
    expected = [datetime.fromtimestamp(second, timezone.utc).astimezone(zoneinfo.ZoneInfo(zone)) for second in seconds]
    local = calendar.to_local(utc(seconds))
    assert local.tolist() == [pd.Timestamp(moment.replace(tzinfo=None)) for moment in expected]
    back = calendar.to_utc(local)
    for moment, again in zip(expected, back):
        assert again == pd.Timestamp(moment.replace(fold=0).astimezone(timezone.utc))


def test_days_of_23_and_25_hours_lose_nothing():
    spring, autumn, plain = ("2018-03-10", 7), ("2018-11-03", 9), ("2018-06-01", 8)
    for date, hours in (spring, autumn, plain):
        start, end = NEW_YORK.bounds(date, "night")
        assert end - start == pd.Timedelta(hours=hours)
    for date, hours in (("2018-03-11", 23), ("2018-11-04", 25)):
        begin = NEW_YORK.to_utc([pd.Timestamp(date)])[0]
        every_minute = pd.date_range(begin, periods=hours * 60, freq="min")
        assert (NEW_YORK.to_local(every_minute).strftime("%Y-%m-%d") == date).all()
        dates, codes = NEW_YORK.assign(every_minute)
        counts = pd.Series(codes).value_counts().to_dict()
        assert counts == {"night": (hours - 16) * 60, "day": 480, "evening": 480}


def test_a_time_that_comes_twice_means_the_first_and_a_skipped_one_the_skip():
    twice, skipped = NEW_YORK.to_utc([pd.Timestamp("2018-11-04 01:30"), pd.Timestamp("2018-03-11 02:30")])
    assert twice == pd.Timestamp("2018-11-04 05:30", tz="UTC")
    assert skipped == pd.Timestamp("2018-03-11 07:00", tz="UTC")
    in_the_gap = ShiftCalendar([Shift("gap", "", "02:15", "02:45")], "America/New_York")
    assert in_the_gap.slots("2018-03-10", "2018-03-12")["shift_date"].tolist() == ["2018-03-10", "2018-03-12"]
    with pytest.raises(ConnectError, match="the clocks skip"):
        in_the_gap.bounds("2018-03-11", "gap")


def test_a_shift_belongs_to_the_date_on_which_it_starts():
    dates, codes = NEW_YORK.assign(utc([0]) + (pd.Timestamp("2019-01-02 04:30") - pd.Timestamp("1970-01-01 00:00")))
    assert (dates[0], codes[0]) == ("2019-01-01", "night")  # 23:30 on the wall clock of 1 January
    dates, codes = NEW_YORK.assign(pd.to_datetime(["2019-01-02T11:59:59Z", "2019-01-02T12:00:00Z"]))
    assert list(zip(dates, codes)) == [("2019-01-01", "night"), ("2019-01-02", "day")]


def test_shifts_may_differ_by_weekday_and_leave_gaps():
    calendar = ShiftCalendar([
        Shift("late", "", "20:00", "04:00", "567"), Shift("late", "", "18:00", "22:00", "1234"),
        Shift("day", "", "08:00", "16:00", "12345")], "UTC")
    assert calendar.codes == ["late", "day"]
    assert calendar.bounds("2024-01-05", "late") == tuple(pd.to_datetime(["2024-01-05T20Z", "2024-01-06T04Z"]))
    assert calendar.bounds("2024-01-04", "late") == tuple(pd.to_datetime(["2024-01-04T18Z", "2024-01-04T22Z"]))
    assert calendar.assign(pd.to_datetime(["2024-01-06T09:00Z", "2024-01-05T17:00Z"]))[1].tolist() == [None, None]
    with pytest.raises(ConnectError, match="does not start on 2024-01-06"):
        calendar.bounds("2024-01-06", "day")
    with pytest.raises(ConnectError, match="no shift swing; the shifts are late, day"):
        calendar.bounds("2024-01-06", "swing")


@pytest.mark.parametrize("rows, sentence", [
    ([], "no shifts"),
    ([Shift("a", "", "08:00", "16:00"), Shift("b", "", "15:59", "20:00")], "a and b overlap"),
    ([Shift("a", "", "22:00", "06:00", "7"), Shift("b", "", "05:00", "08:00", "1")], "a and b overlap"),
    ([Shift("a", "", "22:00", "22:00"), Shift("b", "", "05:00", "08:00", "1")], "overlap"),
    ([Shift("a", "", "08:00", "09:00"), Shift("a", "", "10:00", "11:00", "3")], "a starts twice on weekday 3"),
    ([Shift("a", "", "8 am", "16:00")], "8 am of shift a must be written HH:MM"),
    ([Shift("a", "", "08:00", "24:00")], "must be written HH:MM"),
    ([Shift("a", "", "08:00", "16:00", "018")], "weekdays of shift a"),
    ([Shift("a", "", "08:00", "16:00", "")], "weekdays of shift a"),
])
def test_shifts_that_cannot_be_are_refused(rows, sentence):
    with pytest.raises(ConnectError, match=sentence):
        ShiftCalendar(rows, "UTC")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "America", None, "/usr/share/zoneinfo/UTC"])
def test_unknown_zones_are_refused(zone):
    with pytest.raises(ConnectError, match="is not known"):
        ShiftCalendar(THREE, zone)


def test_a_computer_without_zone_data_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(shifts.zoneinfo, "available_timezones", set)
    with pytest.raises(ConnectError, match="install the Python package tzdata"):
        ShiftCalendar(THREE, "No/Zone")


@pytest.mark.parametrize("date", ["2024-02-30", "01.02.2024", "", None])
def test_dates_that_are_none_are_refused(date):
    with pytest.raises(ConnectError, match="YYYY-MM-DD"):
        NEW_YORK.bounds(date, "day")


@settings(deadline=None, max_examples=100)
@given(calendars(tiling=True),
       st.lists(st.tuples(st.integers(10**9, 10**9 + 10**7), st.integers(0, 10**6)), max_size=20))
def test_spread_weights_sum_to_one_where_slots_cover(calendar, events):
    start = utc([begin for begin, _ in events])
    end = start + pd.to_timedelta([length for _, length in events], unit="s")
    slots = calendar.slots("2001-08-01", "2002-02-01")
    event, slot, weight = calendar.spread(start, end, slots)
    assert (weight > 0).all()
    np.testing.assert_allclose(np.bincount(event, weight, len(events)), 1.0)
    # Each weight is the share of the event's time in that slot.
    for e, s, w in zip(event, slot, weight):
        begin, stop = slots["start_utc"][s], slots["end_utc"][s]
        if start[e] == end[e]:
            assert begin <= start[e] < stop and w == 1
        else:
            assert w == pytest.approx((min(end[e], stop) - max(start[e], begin)) / (end[e] - start[e]))


def test_what_lies_outside_the_slots_gets_no_weight():
    calendar = ShiftCalendar([Shift("day", "", "08:00", "16:00")], "UTC")
    slots = calendar.slots("2024-01-01", "2024-01-02")
    start = pd.to_datetime(["2024-01-01T12Z", "2024-01-01T17Z", "2024-01-02T15Z", None, "2024-01-01T09Z",
                            "2024-01-01T10Z"])
    end = pd.to_datetime(["2024-01-01T20Z", "2024-01-01T18Z", "2024-01-09T15Z", None, None, "2024-01-01T09Z"])
    event, slot, weight = calendar.spread(start, end, slots)
    assert list(zip(event, slot, weight)) == [(0, 0, 0.5), (2, 1, 1 / 168), (4, 0, 1.0)]


def test_as_of_local_and_ends():
    assert NEW_YORK.as_of("2018-07-01") == pd.Timestamp("2018-07-01 09:00", tz="UTC")
    assert NEW_YORK.as_of("2018-01-01", "04:30") == pd.Timestamp("2018-01-01 09:30", tz="UTC")
    end = NEW_YORK.bounds("2018-07-01", "night")[1]
    assert NEW_YORK.has_ended("2018-07-01", "night", end)
    assert not NEW_YORK.has_ended("2018-07-01", "night", end - pd.Timedelta(seconds=1))
    assert NEW_YORK.has_ended("2018-07-01", "night") and not NEW_YORK.has_ended("2200-07-01", "night")


def test_unknown_moments_stay_unknown():
    moments = pd.to_datetime(["2018-07-01T12:00Z", None])
    assert NEW_YORK.to_local(moments).isna().tolist() == [False, True]
    assert NEW_YORK.to_utc(NEW_YORK.to_local(moments)).isna().tolist() == [False, True]
    assert NEW_YORK.assign(moments)[1].tolist() == ["day", None]
    assert NEW_YORK.assign(pd.to_datetime([None, None]))[0].tolist() == [None, None]
    assert NEW_YORK.assign(pd.to_datetime([], utc=True))[0].tolist() == []


def test_a_million_instants_take_seconds_at_most():
    rng = np.random.default_rng(3)
    moments = utc(rng.integers(1136073600, 1577836800, 10**6))
    begin = time.process_time()
    dates, _ = NEW_YORK.assign(moments)
    assert time.process_time() - begin < 15 and None not in set(dates)
    slots = NEW_YORK.slots("2005-12-30", "2020-01-02")
    begin = time.process_time()
    event, _, weight = NEW_YORK.spread(moments, moments + pd.Timedelta(hours=10), slots)
    assert time.process_time() - begin < 20
    np.testing.assert_allclose(np.bincount(event, weight), 1.0)
