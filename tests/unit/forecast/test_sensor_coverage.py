"""Sensor coverage: rate is counts over exposure, reports stand in, no silence is a true zero."""
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from made_city import SIDE, SIZE, make_boxes

from shotspotter_connect_plugin.forecast import rolling_backtest
from shotspotter_connect_plugin.forecast.allowed_inputs import admit_boxes, admit_events
from shotspotter_connect_plugin.forecast.event_history import Timeline
from shotspotter_connect_plugin.forecast.forecast_model import ForecastModel, train
from shotspotter_connect_plugin.forecast.gunfire_events import gunfire_events, on_days, report_events
from shotspotter_connect_plugin.forecast.ladder import RUNGS, rung
from shotspotter_connect_plugin.forecast.sensor_coverage import SensorCoverage, history_with_coverage
from shotspotter_connect_plugin.forecast.sources import EVER, Lookback
from shotspotter_connect_plugin.forecast.surfaces import Feature, counts_at, recorded_at, roll

BOXES = admit_boxes(make_boxes())
EAST = BOXES["col"].to_numpy() >= SIDE // 2
HOT_WEST, HOT_EAST = (3, 3), (10, 9)
FACTOR = 0.25
FIREWORKS = ["07-01/07-06", "12-29/01-02"]


def areas(*spans):
    """Coverage of (boxes as a mask, from, to)."""
    rows = [(first, last, dict.fromkeys(BOXES["box_id"][where], 1.0)) for where, first, last in spans]
    return pd.DataFrame(rows, columns=["from_date", "to_date", "boxes"])


def shots(days=500, seed=3, per_day=6.0):
    """Shots of a city with one hot box on each side, a quarter of them reported."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(per_day * days)
    cell = rng.integers(0, SIDE, (count, 2)).astype(float)
    kind = rng.choice(["west", "east", "rest"], count, p=[0.2, 0.2, 0.6])
    for name, place in (("west", HOT_WEST), ("east", HOT_EAST)):
        cell[kind == name] = place
    moment = pd.Timestamp("2018-01-01T05:00Z") + pd.to_timedelta(np.sort(rng.uniform(0, days * 24, count)), unit="h")
    place = (cell + rng.uniform(0, 1, (count, 2))) * SIZE
    frame = pd.DataFrame({"crime_type": "gunfire", "x": place[:, 0], "y": place[:, 1], "from_utc": moment,
                          "to_utc": moment, "known_utc": moment, "weight": 1.0, "heard": 1.0})
    reports = frame[rng.random(count) < FACTOR].assign(heard=0.0)
    return frame, reports


def heard_in(frame, where, first="2018-01-01"):
    """The shots that sensors in some boxes heard from a date on."""
    box = (frame["y"] // SIZE).astype(int) * SIDE + (frame["x"] // SIZE).astype(int)
    return frame[where[box.to_numpy()] & (frame["from_utc"] >= pd.Timestamp(first, tz="America/New_York")).to_numpy()]


def position(place):
    return int(np.flatnonzero((BOXES["col"] == place[0]) & (BOXES["row"] == place[1]))[0])


@pytest.fixture(scope="module")
def city():
    return shots()


def forecast(calendar, events, coverage, as_of="2019-05-10", ladder=RUNGS):
    moment = calendar.as_of(as_of)
    model = train(events, BOXES, calendar, moment, crime_types=["gunfire"], coverage=coverage, ladder=ladder)
    rows = [model.score(events, BOXES, calendar, as_of, shift, moment, coverage=coverage) for shift in calendar.codes]
    return model, rows


def test_segments_are_spans_of_dates_and_overlaps_count_once(calendar):
    found = SensorCoverage.of(
        areas((EAST, "2018-03-01", "2018-05-31"), (EAST, "2018-05-01", None), (~EAST, None, None)), BOXES)
    starts, heard = found.segments(calendar)
    at = [calendar.to_utc([pd.Timestamp(moment)])[0].value for moment in (
        "2000-01-01", "2018-02-28 23:59", "2018-03-01 00:00", "2018-05-31 12:00", "2030-01-01")]
    east = heard[np.searchsorted(starts, at, side="right") - 1][:, position(HOT_EAST)]
    assert east.tolist() == [0.0, 0.0, 1.0, 1.0, 1.0] and (heard[:, position(HOT_WEST)] == 1.0).all()
    assert SensorCoverage.of(areas(), BOXES) is None


def test_everything_covered_changes_no_bit(calendar, city):
    alerts, _ = city
    everywhere = areas((np.ones(len(BOXES), dtype=bool), None, None))
    _, plain = forecast(calendar, alerts, None)
    _, covered = forecast(calendar, alerts, everywhere)
    for one, other in zip(plain, covered):
        assert (one["expected"] == other["expected"]).all() and (one["high"] == other["high"]).all()
        assert one["coverage"].isna().all() and (other["coverage"] == 1.0).all()
        assert one["reasons"].tolist() == other["reasons"].tolist()


def test_reports_stand_in_where_no_sensor_listens(calendar, city):
    alerts, reports = city
    events = pd.concat([heard_in(alerts, EAST), reports], ignore_index=True)
    model, rows = forecast(calendar, events, areas((EAST, None, None)))
    reporting = model.types["gunfire"].reporting
    assert reporting.factor == pytest.approx(FACTOR, rel=0.1) and reporting.variance < 0.1
    whole = sum(row.set_index("box_id")["expected"] for row in rows)
    east, west = whole[EAST].sum(), whole[~EAST].sum()
    assert west / east == pytest.approx(1.0, abs=0.2), "half of the shots are in the west"
    assert whole.iloc[position(HOT_WEST)] / whole.iloc[position(HOT_EAST)] == pytest.approx(1.0, abs=0.3)
    assert whole.sum() == pytest.approx(6.0, rel=0.15)
    silent, _ = forecast(calendar, heard_in(alerts, EAST), None)
    naive = silent.score(heard_in(alerts, EAST), BOXES, calendar, "2019-05-10", "day", calendar.as_of("2019-05-10"))
    assert naive["expected"][~EAST].sum() < 0.2 * naive["expected"].sum(), "without coverage silence is taken for peace"


def test_outside_the_interval_is_wider_and_it_is_said(calendar, city):
    alerts, reports = city
    events = pd.concat([heard_in(alerts, EAST), reports], ignore_index=True)
    _, rows = forecast(calendar, events, areas((EAST, None, None)))
    for row in rows:
        spread = (row["high"] - row["low"]) / row["expected"]
        west, east = position(HOT_WEST), position(HOT_EAST)
        assert spread[west] > 1.15 * spread[east]
        assert (row["coverage"] == EAST.astype(float)).all()
        said = row["reasons"].map(lambda texts: any("Outside sensor coverage" in text for text in texts))
        assert (said == ~EAST).all() and row["reasons"].map(len).max() <= 3
        assert "calls and shootings" in row["reasons"][west][0]


def test_without_reports_the_unheard_is_like_its_surroundings_not_zero(calendar, city):
    alerts, _ = city
    gap = ((BOXES["col"] - 4).abs() <= 1).to_numpy() & ((BOXES["row"] - 10).abs() <= 1).to_numpy()
    model, rows = forecast(calendar, heard_in(alerts, ~gap), areas((~gap, None, None)))
    assert model.types["gunfire"].reporting.factor == 0.0
    whole = sum(row.set_index("box_id")["expected"] for row in rows)
    quiet = ~gap & ~np.isin(np.arange(len(BOXES)), [position(HOT_WEST), position(HOT_EAST)])
    assert whole[gap].mean() > 0.5 * whole[quiet].mean()
    assert "nothing is heard" in rows[0]["reasons"][int(np.flatnonzero(gap)[0])][0]


def test_new_sensors_need_not_years_until_their_boxes_count(calendar, city):
    alerts, _ = city
    late = "2019-03-15"
    events = pd.concat([heard_in(alerts, EAST), heard_in(alerts, ~EAST, late)], ignore_index=True)
    coverage = areas((EAST, None, None), (~EAST, late, None))
    ratios = []
    for known in (coverage, None):
        _, rows = forecast(calendar, events, known, ladder=[rung("count_all")])
        whole = sum(row.set_index("box_id")["expected"] for row in rows)
        ratios.append(whole.iloc[position(HOT_WEST)] / whole.iloc[position(HOT_EAST)])
    assert ratios[0] == pytest.approx(1.0, abs=0.3) and ratios[1] < 0.3


def test_alerts_from_where_no_sensor_listens_and_reports_where_one_does_are_no_events(calendar, city):
    alerts, reports = city
    one = pd.concat([heard_in(alerts, EAST), reports], ignore_index=True)
    timeline = Timeline(calendar, "2018-01-01", "2019-05-10")
    covered = SensorCoverage.of(areas((EAST, None, None)), BOXES)
    history = history_with_coverage(admit_events(pd.concat([alerts, reports]))[0], BOXES, SIZE, calendar, timeline,
                                    covered)
    again = history_with_coverage(admit_events(one)[0], BOXES, SIZE, calendar, timeline, covered)
    assert (history.box == again.box).all() and (history.weight == again.weight).all()
    assert EAST[history.box[history.heard]].all() and not EAST[history.box[~history.heard]].any()
    assert history.counted.tolist() == np.flatnonzero(history.heard).tolist()
    assert history.until(history.known[100]).heard.size >= 100


def test_rolled_counts_are_those_of_each_moment(calendar, city):
    alerts, reports = city
    timeline = Timeline(calendar, "2018-01-01", "2019-01-10")
    events = pd.concat([heard_in(alerts, EAST), heard_in(alerts, ~EAST, "2018-09-01"), reports])
    covered = SensorCoverage.of(areas((EAST, None, None), (~EAST, "2018-09-01", None)), BOXES)
    history = history_with_coverage(admit_events(events)[0], BOXES, SIZE, calendar, timeline, covered)
    lookbacks = [Lookback("decay", 60.0), Lookback("window", 56.0), Lookback("window", EVER)]
    for day, counts in roll(history, timeline, lookbacks, len(BOXES), 200, 370):
        if day % 40 == 0:
            np.testing.assert_allclose(counts, counts_at(history, timeline, lookbacks, len(BOXES),
                                                         timeline.origin[day]), rtol=1e-9, atol=1e-9)
    recorded = recorded_at(history, timeline, lookbacks, len(BOXES), timeline.origin[-1])
    filled = counts_at(history, timeline, lookbacks, len(BOXES), timeline.origin[-1])
    assert (filled >= recorded - 1e-9).all()
    assert np.allclose(filled[EAST], recorded[EAST]), "what was always heard stays as it was"
    assert np.allclose(filled[:, 1], recorded[:, 1]), "56 days after the last new sensor nothing is missing there"


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(-400, 800), st.integers(0, 900)), min_size=1, max_size=6),
       st.sampled_from([Lookback("decay", 3.0), Lookback("decay", 540.0),
                       Lookback("window", 28.0), Lookback("window", EVER)]),
       st.integers(1, 600))
def test_exposure_is_the_mean_of_coverage_over_what_a_memory_sees(calendar, spans, lookback, today):
    """Against the sum over days."""
    start = pd.Timestamp("2018-01-01")
    rows = [(np.arange(len(BOXES)) % 21 <= share, str((start + pd.Timedelta(days=first)).date()),
             str((start + pd.Timedelta(days=first + length)).date())) for share, first, length in spans]
    timeline = Timeline(calendar, "2018-01-01", "2019-12-31")
    alerts, _ = shots(days=720, per_day=1.0)
    history = history_with_coverage(admit_events(alerts)[0], BOXES,
                                    SIZE, calendar, timeline, SensorCoverage.of(areas(*rows), BOXES))
    moment = timeline.origin[today]
    found = history.listening.exposure([lookback], moment)[:, 0]
    hours = np.arange(timeline.start[0], moment, 3_600_000_000_000)
    heard = history.listening.heard_share(hours)
    weight = lookback.weight((moment - hours) / 86_400e9)
    assert found == pytest.approx(weight @ heard / weight.sum(), abs=0.03)
    assert (found >= -1e-9).all() and (found <= 1 + 1e-9).all()


def test_a_gap_in_the_alerts_is_no_peace_either(calendar, city):
    """Sensors that were switched off for months without anybody saying so."""
    alerts, reports = city
    off = alerts["from_utc"].between(pd.Timestamp("2018-06-01", tz="UTC"), pd.Timestamp("2018-09-01", tz="UTC"))
    timeline = Timeline(calendar, "2018-01-01", "2019-01-10")
    everywhere = SensorCoverage.of(areas((np.ones(len(BOXES), dtype=bool), None, None)), BOXES)
    history = history_with_coverage(admit_events(pd.concat([alerts[~off], reports]))[0], BOXES, SIZE, calendar,
                                    timeline, everywhere)
    july, october = (pd.Timestamp(text, tz="UTC").value for text in ("2018-07-15", "2018-10-15"))
    assert (history.listening.heard_share(july) == 0).all() and (history.listening.heard_share(october) == 1).all()
    assert (~history.heard).any()


def test_the_model_file_keeps_the_reporting_factor(calendar, city):
    alerts, reports = city
    events = pd.concat([heard_in(alerts, EAST), reports], ignore_index=True)
    coverage = areas((EAST, None, None))
    model, rows = forecast(calendar, events, coverage)
    again = ForecastModel.from_json(model.to_json())
    assert again.types["gunfire"].reporting == model.types["gunfire"].reporting
    moment = calendar.as_of("2019-05-10")
    scored = again.score(events, BOXES, calendar, "2019-05-10", calendar.codes[0], moment, coverage=coverage)
    assert (scored["expected"] == rows[0]["expected"]).all() and (scored["low"] == rows[0]["low"]).all()


def test_the_card_tells_where_sensors_listen_or_warns_that_nobody_said(calendar, city):
    alerts, reports = city
    moment = calendar.as_of("2019-05-10")
    given = {"crime_types": ["gunfire"], "ladder": [rung("count_all")]}
    plain = train(alerts, BOXES, calendar, moment, **given).card
    assert any(text.startswith("Warning: no sensor coverage") for text in plain["limits"])
    events = pd.concat([heard_in(alerts, EAST), reports])
    told = train(events, BOXES, calendar, moment, coverage=areas((EAST, None, None)), **given).card
    record = told["crime_types"]["gunfire"]
    assert record["events"] == (heard_in(alerts, EAST)["known_utc"] <= moment).sum()
    assert record["sensor_coverage"]["share_of_area_in_which_sensors_listen"] == pytest.approx(0.5)
    assert record["sensor_coverage"]["reports_on_record"] and record["sensor_coverage"]["reports_used_outside"] > 100
    assert any("50% of the area" in text for text in told["limits"])
    assert not any(text.startswith("Warning") for text in told["limits"])


def test_a_back_test_counts_only_where_somebody_listened(calendar, city):
    alerts, reports = city
    events = admit_events(pd.concat([alerts, reports]))[0]
    first, last = "2019-03-04", "2019-04-14"
    context = rolling_backtest.BacktestContext.of(BOXES, calendar, SIZE, coverage=areas((EAST, None, None)), share=0.05)
    whole = np.zeros(len(BOXES))
    found = rolling_backtest.replay_type(events, "gunfire", context, first, last,
                                         ladder=[rung("uniform"), rung("count_all")],
                                         take=lambda slot, expected: whole.__iadd__(expected))
    begin, end = (calendar.bounds(first, "day")[0], calendar.bounds(last, "night")[1])
    mine = heard_in(alerts, EAST)
    mine = mine[(mine["from_utc"] >= begin) & (mine["from_utc"] < end)]
    assert found.events == pytest.approx(len(mine)) and EAST[found.box].all()
    assert found.gained[found.methods.index("uniform")] == pytest.approx(0.0, abs=1e-6)
    assert found.gained[found.methods.index("count_all")] > 0
    curve = found.curve[found.methods.index("uniform")] / found.events
    assert curve == pytest.approx(rolling_backtest.CURVE), "an even forecast finds as much of the events as of the area"
    assert whole[~EAST].sum() > 0.5 * whole[EAST].sum(), "the lottery still gets the forecast of the whole city"


@pytest.mark.parametrize("told_where", [True, False])
def test_a_later_outage_moves_no_earlier_forecast_of_a_back_test(calendar, city, told_where):
    """And every forecast is the one that would have been scored then, also in the days of the outage."""
    alerts, reports = city
    events = pd.concat([alerts, reports]) if told_where else alerts
    off, on = pd.Timestamp("2019-03-18", tz="UTC"), pd.Timestamp("2019-03-20 12:00", tz="UTC")
    cut = events[(events["from_utc"] < off) | (events["heard"] == 0)]
    short = events[(events["from_utc"] < off) | (events["from_utc"] > on) | (events["heard"] == 0)]
    coverage = areas((EAST, None, None)) if told_where else None
    context = rolling_backtest.BacktestContext.of(BOXES, calendar, SIZE, coverage=coverage, share=0.05)
    first, last, found = "2019-03-04", "2019-03-27", []
    slots = calendar.slots(first, last)
    for frame in (short, cut):
        found.append(np.zeros((len(slots), len(BOXES))))
        rolling_backtest.replay_type(admit_events(frame)[0], "gunfire", context, first, last,
                                     ladder=[rung("kde_250_all")], take=found[-1].__setitem__)
    before = (slots["shift_date"] <= "2019-03-20").to_numpy()  # planned at 05:00, when nobody knew how long it lasts
    np.testing.assert_array_equal(found[0][before], found[1][before])
    assert (found[0][~before] != found[1][~before]).any()
    model = train(cut, BOXES, calendar, calendar.as_of(first), crime_types=["gunfire"], coverage=coverage,
                  ladder=[rung("kde_250_all")])
    for date in ("2019-03-10", "2019-03-20", "2019-03-26"):
        scored = model.score(cut, BOXES, calendar, date, "day", calendar.as_of(date), coverage=coverage)
        at = int(np.flatnonzero((slots["shift_date"] == date) & (slots["shift"] == "day"))[0])
        np.testing.assert_allclose(found[1][at], scored["expected"], rtol=0.02)


@pytest.fixture(scope="module")
def with_fireworks():
    """Two years of the city with eleven times the usual bangs on days of fireworks, which people call about twice as
    often as about shots: alerts and calls."""
    rng = np.random.default_rng(8)
    alerts, calls = shots(days=800)
    days = pd.date_range("2018-01-01", periods=800, tz="America/New_York")
    days = days[on_days(days, FIREWORKS)]
    moment = np.repeat(days, 60) + pd.to_timedelta(rng.uniform(0, 24, 60 * len(days)), unit="h")
    place = rng.uniform(0, SIDE * SIZE, (len(moment), 2))
    bangs = pd.DataFrame({"x": place[:, 0], "y": place[:, 1], "from_utc": moment.tz_convert("UTC")})
    bangs = bangs.sort_values("from_utc", ignore_index=True)
    every = [pd.concat([whole[["x", "y", "from_utc"]], more]) for whole, more in (
        (alerts, bangs), (calls, bangs[rng.random(len(bangs)) < 2 * FACTOR]))]
    return tuple(rows.sort_values("from_utc", ignore_index=True) for rows in every)


def heard_and_called(calendar, alerts, calls, firework_days=FIREWORKS):
    """Events of a city in whose east sensors listen, fireworks weighed on some days."""
    kinds = alerts.rename(columns={"from_utc": "occurred_utc"}).assign(kind="single")
    incidents = calls.assign(crime_type="gunfire", to_utc=calls["from_utc"], known_utc=calls["from_utc"], firearm=None)
    return pd.concat([gunfire_events(kinds[kinds["x"] >= SIDE // 2 * SIZE], calendar, firework_days=firework_days),
                      report_events(incidents, calendar=calendar, firework_days=firework_days)], ignore_index=True)


@pytest.mark.parametrize("date", ["2019-05-10", "2019-07-05", "2020-01-01"])
def test_fireworks_change_little_outside_coverage_on_any_day_of_the_year(calendar, with_fireworks, date):
    """Half of the shots are in the west, where nobody listens; no call about fireworks may change that."""
    recent = replace(rung("decay_60_250"), name="recent", features=tuple(
        Feature(Lookback("decay", 14.0), scope, 250.0) for scope in ("all", "shift")))
    model, rows = forecast(calendar, heard_and_called(calendar, *with_fireworks), areas((EAST, None, None)), date,
                           [recent])
    assert model.types["gunfire"].reporting.factor == pytest.approx(FACTOR, rel=0.1)
    whole = sum(row.set_index("box_id")["expected"] for row in rows)
    assert 0.6 < whole[~EAST].sum() / whole[EAST].sum() < 1.7


def test_days_of_fireworks_tell_nothing_about_how_many_shots_are_reported(calendar, with_fireworks):
    alerts, calls = with_fireworks
    usual = [rows[~on_days(calendar.to_local(rows["from_utc"]), FIREWORKS)] for rows in (alerts, calls)]
    timeline, covered = Timeline(calendar, "2018-01-01",
                                 "2019-05-10"), SensorCoverage.of(areas((EAST, None, None)), BOXES)
    learnt = [history_with_coverage(admit_events(heard_and_called(calendar, *rows))[0], BOXES, SIZE, calendar, timeline,
                                    covered).listening.reporting for rows in (with_fireworks, usual)]
    assert learnt[0] == learnt[1]
    always = history_with_coverage(admit_events(heard_and_called(calendar, *with_fireworks, ["01-01/12-31"]))[0], BOXES,
                                   SIZE, calendar, timeline, covered).listening.reporting
    assert always.factor > 0, "where every day is one of fireworks, the factor is learnt from those"
