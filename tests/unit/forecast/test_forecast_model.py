"""The forecast as a whole: nothing from the future, the same bits twice, hot boxes found, honest at the edges."""

import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from made_city import HOT_AT_NIGHT, HOT_BY_DAY, SIZE, WARM, make_boxes, make_events

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.forecast.allowed_inputs import admit_events
from shotspotter_connect_plugin.forecast.citywide_rate import MEMORIES
from shotspotter_connect_plugin.forecast.forecast_model import ForecastModel, train
from shotspotter_connect_plugin.forecast.ladder import RUNGS, rung
from shotspotter_connect_plugin.forecast.model_card import card_html
from shotspotter_connect_plugin.forecast.reasons import own_first
from shotspotter_connect_plugin.forecast.rolling_backtest import BacktestContext, replay_type
from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar
from shotspotter_connect_plugin.forecast.validation import fastest_nearly_best
from shotspotter_connect_plugin.progress import Progress

COLUMNS = ["box_id", "crime_type", "expected", "low", "high", "percentile", "reasons", "coverage"]


def name(cell):
    return f"C{cell[0]}R{cell[1]}"


def score(city, model=None, shift="day", events=None, as_of=None, date=None, boxes=None):
    return (model or city.model).score(
        city.events if events is None else events,
        city.boxes if boxes is None else boxes,
        city.calendar,
        date or city.date,
        shift,
        as_of or city.as_of,
    )


# Nothing from the future


def changed_future(city):
    """What is known after AS_OF is moved, retyped, multiplied, dropped; old events reported late are added."""
    known = pd.to_datetime(city.events["known_utc"], utc=True) <= city.as_of
    past, future = city.events[known], city.events[~known]
    assert len(future) > 50 and (pd.to_datetime(future["from_utc"], utc=True) <= city.as_of).any()
    moved = future.assign(x=future["y"], y=future["x"] / 3, weight=50.0, crime_type="homicide")
    late = past.sample(200, random_state=1).assign(known_utc=city.as_of + pd.Timedelta(seconds=1), x=100.0, y=100.0)
    wrong_type = future.assign(crime_type="drugs")
    return pd.concat([moved, past, late, wrong_type, future.iloc[::2]])


def test_changing_everything_reported_later_changes_no_bit(city):
    events = changed_future(city)
    model = train(events, city.boxes, city.calendar, city.as_of)
    assert model.to_json() == city.model.to_json()
    for shift in city.calendar.codes:
        pd.testing.assert_frame_equal(score(city, model, shift, events), score(city, shift=shift), check_exact=True)


def test_an_event_counts_from_the_moment_it_is_known(city):
    fresh = pd.DataFrame(
        {
            "crime_type": "robbery",
            "x": 2000.0,
            "y": 900.0,
            "from_utc": [city.as_of - pd.Timedelta(days=1)],
            "known_utc": [city.as_of],
        }
    )
    late = fresh.assign(known_utc=city.as_of + pd.Timedelta(seconds=1))
    before, with_late, with_fresh = (
        score(city, events=frame).set_index("box_id")["expected"]
        for frame in (city.events, pd.concat([city.events, late]), pd.concat([city.events, fresh]))
    )
    assert (with_late == before).all()
    assert with_fresh["C8R3"] > before["C8R3"]


def test_a_model_is_not_used_before_the_moment_it_knows(city):
    with pytest.raises(ConnectError, match="later than AS_OF"):
        score(city, as_of=city.as_of - pd.Timedelta(seconds=1))
    with pytest.raises(ConnectError, match="later than AS_OF"):
        list(city.model.replay(city.events, city.boxes, city.calendar, "robbery", "2019-01-19", "2019-01-25"))


# The same bits twice


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_same_data_and_seed_give_the_same_bits_in_another_process(city, threads, root):
    """Whatever number of threads linear algebra may use."""
    script = (
        "from made_city import make_boxes, make_events\n"
        "from shotspotter_connect_plugin.forecast.forecast_model import train\n"
        "from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar\n"
        "calendar = ShiftCalendar([Shift('day', 'Day', '07:00', '15:00'),\n"
        "                          Shift('evening', 'Evening', '15:00', '23:00'),\n"
        "                          Shift('night', 'Night', '23:00', '07:00')], 'America/New_York')\n"
        "model = train(make_events(), make_boxes(), calendar, calendar.as_of('2019-01-20'))\n"
        "print(model.model_id)"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "tests" / "made")]),
             "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
    )
    assert found.stdout.strip() == city.model.model_id


def test_the_seed_is_recorded_and_only_moves_what_is_random(city):
    other = train(city.events, city.boxes, city.calendar, city.as_of, seed=2)
    assert other.seed == 2 and other.card["seed"] == 2
    ladders = [model.card["crime_types"]["robbery"]["ladder"] for model in (city.model, other)]
    for one, two in zip(*ladders):
        if one["rung"] not in ("trees", "blend"):
            assert one["log_score"] == two["log_score"]
        assert np.isclose(one["log_score"], two["log_score"], atol=0.03)
    assert [row["low"] for row in ladders[0]] != [row["low"] for row in ladders[1]]


def test_scoring_twice_gives_the_same_bits(city):
    pd.testing.assert_frame_equal(score(city), score(city), check_exact=True)


# What it forecasts


def test_hot_boxes_are_found_in_their_shifts(city):
    by_day, at_night = (score(city, shift=shift).set_index("box_id")["expected"] for shift in ("day", "night"))
    assert by_day.idxmax() == name(HOT_BY_DAY)
    assert at_night.idxmax() == name(HOT_AT_NIGHT)
    for expected in (by_day, at_night):
        assert expected[name(WARM)] > 5 * expected.median()
    assert by_day[name(HOT_BY_DAY)] > 5 * at_night[name(HOT_BY_DAY)]


def test_the_columns_and_their_order(city):
    rows = score(city)
    assert list(rows.columns) == COLUMNS
    assert rows["box_id"].tolist() == city.boxes["box_id"].tolist()
    assert (
        (rows["low"] <= rows["expected"]).all()
        and (rows["expected"] <= rows["high"]).all()
        and (rows["expected"] > 0).all()
    )
    assert rows["percentile"].between(0, 100).all()
    assert rows.loc[rows["expected"].idxmax(), "percentile"] > 99
    assert rows.loc[rows["expected"].idxmin(), "percentile"] == 0


def test_log_scores_order_the_rungs_as_the_city_was_made(city):
    ladder = {row["rung"]: row for row in city.model.card["crime_types"]["robbery"]["ladder"]}
    assert ladder["uniform"]["log_score"] == 0
    assert ladder["count_28"]["log_score"] < ladder["count_364"]["log_score"]
    assert (
        ladder["kde_500_all"]["log_score"]
        < ladder["kde_125_all"]["log_score"]
        < ladder["count_all"]["log_score"] + 0.3
    )
    assert all(row["log_score"] > 0 for rung_name, row in ladder.items() if rung_name != "uniform")
    chosen = next(row for row in ladder.values() if row["chosen"])
    assert chosen["behind_best"] <= chosen["standard_error"]
    assert chosen["rung"] == city.model.types["robbery"].rung.name


def test_expected_events_add_up_to_what_comes(city):
    """Nine weeks after training: the total within three Poisson standard deviations."""
    expected, observed = np.zeros(2)
    for _, _, one, other in city.model.replay(
        city.events, city.boxes, city.calendar, "robbery", "2019-01-20", "2019-02-23"
    ):
        expected, observed = expected + one.sum(), observed + other.sum()
    assert observed > 100
    assert abs(expected - observed) < 3 * np.sqrt(observed)


def test_a_type_whose_level_jumps_is_followed_by_a_shorter_memory(city):
    """Every nine weeks it is another one; where it is steady nothing is gained by forgetting."""
    moment = pd.to_datetime(city.events["from_utc"], utc=True)
    rng = np.random.default_rng(1)
    weeks = ((moment - pd.Timestamp("2018-01-01", tz="UTC")).dt.days // 7).to_numpy()
    level = np.array([0.25, 1.0, 0.4, 0.8, 0.3, 1.0])[np.minimum(weeks // 9, 5)]
    events = city.events[rng.random(len(weeks)) < level]
    model = train(events, city.boxes, city.calendar, city.as_of, ladder=(rung("kde_500_all"),))
    assert model.types["robbery"].rate.memory == MEMORIES[-1]
    assert model.card["crime_types"]["robbery"]["level_forgets_half_in_days"] == list(MEMORIES[-1])
    steady = train(city.events, city.boxes, city.calendar, city.as_of, ladder=(rung("kde_500_all"),))
    assert steady.types["robbery"].rate.memory != MEMORIES[-1]


@pytest.mark.parametrize("likelihoods, expected", [
    ([0.0, -0.4, -0.9], 2), ([0.0, -1.5, -0.5], 2), ([0.0, -2.0, -3.0], 0), ([-5.0, 0.0, -1.5], 1),
    ([-1700.3, -1700.9, -1702.0], 1)])
def test_the_fastest_memory_is_used_that_validation_cannot_tell_from_the_best(likelihoods, expected):
    assert fastest_nearly_best(likelihoods) == expected


def test_the_product_of_a_back_test_is_recalibrated_and_its_rungs_are_not(city):
    context = BacktestContext.of(city.boxes, city.calendar, SIZE, share=0.05)
    taken, raw = [], rung("kde_250_all")
    admitted = admit_events(city.events)[0]
    replay_type(admitted, "robbery", context, city.date, city.date, ladder=(raw,),
                take=lambda slot, expected: taken.append(expected))
    model = train(city.events, city.boxes, city.calendar, city.as_of, ladder=(raw,))
    recalibration = model.types["robbery"].fit.recalibration
    assert recalibration.slope > 0.05, "a broad kernel density is too flat for this city"
    for shift, expected in zip(city.calendar.codes, taken):
        assert np.allclose(expected, score(city, model, shift)["expected"], rtol=1e-9)


def test_replay_is_score_at_the_plan_moments(city):
    replayed = {
        (date, shift): expected
        for date, shift, expected, _ in city.model.replay(
            city.events, city.boxes, city.calendar, "robbery", "2019-01-20", "2019-02-10"
        )
    }
    assert len(replayed) == 22 * 3
    for date, shift in (("2019-01-20", "day"), ("2019-02-03", "night"), ("2019-02-10", "evening")):
        single = score(city, shift=shift, date=date, as_of=city.calendar.as_of(date))
        assert np.allclose(replayed[date, shift], single["expected"], rtol=1e-9)


def test_a_rung_of_each_family_alone_can_be_trained_and_scored(city):
    for item in map(rung, ("uniform", "count_56", "kde_250_364", "decay_60_125", "additive")):
        model = train(city.events, city.boxes, city.calendar, city.as_of, ladder=(item,))
        rows = score(city, model)
        assert model.types["robbery"].rung.name == item.name
        assert np.isfinite(rows["expected"]).all() and (rows["expected"] > 0).all()


def test_half_a_box_outside_gets_less(city):
    boxes = city.boxes.assign(inside=np.where(city.boxes["col"] == 0, 0.25, 1.0))
    model = train(city.events, boxes, city.calendar, city.as_of, ladder=(rung("uniform"),))
    rows = score(city, model, boxes=boxes).set_index("box_id")["expected"]
    assert np.isclose(rows["C0R5"], rows["C1R5"] / 4)


# Edges


def test_no_events_at_all_is_a_sentence(city):
    for frame in (city.events.iloc[:0], city.events.assign(known_utc=city.as_of + pd.Timedelta(days=1))):
        with pytest.raises(ConnectError, match="No events are known"):
            train(frame, city.boxes, city.calendar, city.as_of)


def test_one_event_is_too_rare_and_still_finite(city):
    model = train(
        city.events.iloc[:1].assign(known_utc=city.as_of - pd.Timedelta(days=30)),
        city.boxes,
        city.calendar,
        city.as_of,
    )
    rows = score(city, model, events=city.events.iloc[:1])
    assert model.types["robbery"].too_rare
    assert "too rare to forecast" in model.card["crime_types"]["robbery"]["verdict"]
    assert any("Too rare" in limit for limit in model.card["limits"])
    assert np.isfinite(rows[["expected", "low", "high"]]).all(axis=None) and (rows["expected"] > 0).all()
    assert rows["expected"].sum() < 1.0


def test_a_type_without_events_is_named_and_not_forecast(city):
    model = train(city.events, city.boxes, city.calendar, city.as_of, crime_types=["robbery", "homicide"])
    assert list(model.types) == ["robbery"]
    assert "no events" in model.card["crime_types"]["homicide"]["verdict"]
    assert set(score(city, model)["crime_type"]) == {"robbery"}


def test_a_rare_type_beside_a_common_one_uses_the_common_past(city):
    few = city.events.sample(6, random_state=2).assign(crime_type="homicide")
    model = train(pd.concat([city.events, few]), city.boxes, city.calendar, city.as_of)
    assert model.types["homicide"].too_rare and model.types["homicide"].start == model.types["robbery"].start
    total = score(city, model, events=pd.concat([city.events, few])).groupby("crime_type")["expected"].sum()
    assert total["homicide"] < total["robbery"] / 20


def test_one_box(city):
    boxes = make_boxes(1, 1)
    events = make_events(days=200).assign(x=100.0, y=100.0)
    as_of = city.calendar.as_of("2018-07-01")
    model = train(events, boxes, city.calendar, as_of)
    rows = model.score(events, boxes, city.calendar, "2018-07-01", "day", as_of)
    assert len(rows) == 1 and 0 < rows["expected"].iloc[0] < 10 and rows["percentile"].iloc[0] == 0


def test_the_card_says_what_the_chance_of_any_event_assumes(city):
    """Every second event of a town comes with four more at the same place and time."""
    some = city.events.iloc[::2]
    card = train(pd.concat([some, *[city.events.iloc[::4]] * 4]), city.boxes, city.calendar, city.as_of,
                 ladder=(rung("kde_250_all"),)).card
    assert card["crime_types"]["robbery"]["validation"]["events_together"] > 1.5
    plain = city.model.card
    assert 0.9 < plain["crime_types"]["robbery"]["validation"]["events_together"] < 1.1
    assert all(any("one by one" in text and "robbery" in text for text in one["limits"]) for one in (card, plain))


def test_a_card_of_few_weeks_gives_no_intervals_and_says_why(city):
    """Five months: some six weeks of validation, in which no interval can be trusted."""
    early = city.calendar.as_of("2018-06-01")
    card = train(city.events, city.boxes, city.calendar, early, crime_types=["robbery"], ladder=RUNGS[:8]).card
    record = card["crime_types"]["robbery"]
    assert 4 <= record["validation"]["weeks"] < 8 and record["ladder"]
    assert all(row["low"] is None and row["high"] is None and row["standard_error"] >= 0 for row in record["ladder"])
    why = f"robbery (only {record['validation']['weeks']} weeks, at least 8 are needed)"
    assert any("No intervals of scores" in text and why in text for text in card["limits"])
    assert why in card_html(card)
    assert not any("No intervals" in text for text in city.model.card["limits"])
    assert all(row["low"] <= row["log_score"] <= row["high"]
               for row in city.model.card["crime_types"]["robbery"]["ladder"])


def test_a_past_of_some_days(city):
    as_of = city.calendar.as_of("2018-01-06")
    model = train(city.events, city.boxes, city.calendar, as_of)
    rows = score(city, model, as_of=as_of, date="2018-01-06")
    assert "too short" in model.card["crime_types"]["robbery"]["why"]
    assert 0 < rows["expected"].sum() < 10


def test_the_very_first_day(city):
    first = city.events.sort_values("known_utc").iloc[:3]
    as_of = pd.to_datetime(first["known_utc"], utc=True).max()
    model = train(first, city.boxes, city.calendar, as_of)
    rows = score(city, model, events=first, as_of=as_of, date="2018-01-02")
    assert model.types["robbery"].too_rare and np.isfinite(rows["expected"]).all()


def test_data_that_end_long_before_are_learnt_from_and_said_to_be_old(city):
    late = city.as_of + pd.Timedelta(days=2000)
    model = train(city.events, city.boxes, city.calendar, late)
    record = model.card["crime_types"]["robbery"]
    assert not model.types["robbery"].too_rare and record["to"] < "2019-03-01"
    assert record["validation"]["events"] > 300
    assert any("end long before AS_OF" in limit for limit in model.card["limits"])
    assert not any("end long before AS_OF" in limit for limit in city.model.card["limits"])
    rows = score(city, model, as_of=late, date=str(late.date()))
    assert 0.5 < rows["expected"].sum() < 4.0


def test_a_negative_seed_is_refused(city):
    with pytest.raises(ConnectError, match="seed"):
        train(city.events, city.boxes, city.calendar, city.as_of, seed=-1)


def test_events_outside_the_fishnet_do_not_count(city):
    away = city.events.assign(x=city.events["x"] + 1e6)
    alone = train(pd.concat([city.events, away]), city.boxes, city.calendar, city.as_of)
    assert alone.types["robbery"].fit == city.model.types["robbery"].fit


def test_a_shift_that_does_not_run_or_is_new_is_refused(city):
    with pytest.raises(ConnectError):
        score(city, shift="lunch")
    other = ShiftCalendar([Shift("all", "All", "00:00", "00:00")], "America/New_York")
    with pytest.raises(ConnectError, match="shifts have changed"):
        city.model.score(city.events, city.boxes, other, city.date, "all", city.as_of)


def test_shifts_that_differ_by_weekday_and_leave_hours_out(city):
    calendar = ShiftCalendar(
        [Shift("day", "Day", "07:00", "15:00", "12345"), Shift("long", "Weekend", "09:00", "21:00", "67")],
        "America/New_York",
    )
    model = train(city.events, city.boxes, calendar, city.as_of)
    expected = {"day": 0.0, "long": 0.0}
    observed = {"day": 0.0, "long": 0.0}
    for _, shift, one, other in model.replay(
        city.events, city.boxes, calendar, "robbery", "2019-01-20", "2019-02-23"
    ):
        expected[shift] += one.sum()
        observed[shift] += other.sum()
    for shift in expected:
        assert observed[shift] > 5 and abs(expected[shift] - observed[shift]) < 4 * np.sqrt(observed[shift])
    saturday = model.score(city.events, city.boxes, calendar, "2019-01-26", "long", city.as_of)
    assert saturday.loc[saturday["expected"].idxmax(), "box_id"] == name(HOT_BY_DAY)
    with pytest.raises(ConnectError, match="does not start on"):
        model.score(city.events, city.boxes, calendar, "2019-01-26", "day", city.as_of)


def test_cancel_stops_training(city):
    class Impatient(Progress):
        calls = 0

        def is_cancelled(self):
            Impatient.calls += 1
            return Impatient.calls > 5

    with pytest.raises(Cancelled):
        train(city.events, city.boxes, city.calendar, city.as_of, progress=Impatient())


def test_the_model_survives_its_file(city):
    again = ForecastModel.from_json(city.model.to_json())
    assert again.to_json() == city.model.to_json() and again.model_id == city.model.model_id
    pd.testing.assert_frame_equal(score(city, again), score(city), check_exact=True)


# Reasons


def test_reasons_tell_counts_that_are_on_record(city):
    model = train(city.events, city.boxes, city.calendar, city.as_of, ladder=(rung("count_all"),))
    reasons = score(city, model, shift="night").set_index("box_id").loc[name(HOT_AT_NIGHT), "reasons"]
    assert 1 <= len(reasons) <= 3
    in_box = (city.events["x"] // SIZE == HOT_AT_NIGHT[0]) & (city.events["y"] // SIZE == HOT_AT_NIGHT[1])
    on_record = int((in_box & (city.events["known_utc"] <= city.as_of)).sum())
    told = re.fullmatch(r"(about )?(\d+) robberies in this box since \d January 2018, most in this shift", reasons[0])
    assert told and on_record - 3 <= int(told[2]) <= on_record


def test_reasons_about_the_own_crime_type_come_first():
    texts = ["3 theft incidents in this box in the last 28 days", "2 vehicle thefts within 500 m in the last 90 days",
             "about 4 robberies in this box since 2 January 2017", "1 robbery within 500 m in the last 90 days"]
    assert own_first("robbery", texts) == [*texts[2:], *texts[:2]]
    assert own_first("theft", texts) == texts and own_first("motor_vehicle_theft", texts)[0] == texts[1]
    assert own_first("no_such", texts) == texts


def test_only_the_top_tenth_has_reasons_and_no_reason_is_told_twice(city):
    rows = score(city)
    with_reasons = rows[rows["reasons"].str.len() > 0]
    assert len(with_reasons) == int(np.ceil(0.1 * len(rows)))
    assert with_reasons["expected"].min() >= rows.loc[rows["reasons"].str.len() == 0, "expected"].max()
    assert all(len(set(reasons)) == len(reasons) <= 3 for reasons in with_reasons["reasons"])
    assert not any("will" in text for reasons in with_reasons["reasons"] for text in reasons)
