"""Related types, places, calendar and trees: what may enter, what they do, and that nothing else gets in."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_city import SIDE, SIZE, WARM, make_events
from scipy.spatial import cKDTree
from sklearn.ensemble import HistGradientBoostingRegressor

from shotspotter_connect_plugin.errors import Cancelled
from shotspotter_connect_plugin.forecast import ladder, trees
from shotspotter_connect_plugin.forecast.allowed_inputs import (DAY_TERMS, INPUTS, admit_boxes, admit_calendar,
                                                                admit_events, admit_places, places_may_be_used)
from shotspotter_connect_plugin.forecast.box_density import fit_mixture
from shotspotter_connect_plugin.forecast.calendar_terms import make_timeline
from shotspotter_connect_plugin.forecast.context import ForecastContext
from shotspotter_connect_plugin.forecast.event_history import make_history
from shotspotter_connect_plugin.forecast.forecast_model import train
from shotspotter_connect_plugin.forecast.ladder import RUNGS, fit_weights, ladder_for, rung
from shotspotter_connect_plugin.forecast.predictors import NEAR_METRES, Predictors, place_histories
from shotspotter_connect_plugin.forecast.sources import (EVER, CrimeEvents, Lookback, PlaceCount, PlaceDistance,
                                                         source_of)
from shotspotter_connect_plugin.forecast.surfaces import Feature, Smoother, SurfaceSet
from shotspotter_connect_plugin.forecast.training_sample import Sample

SMALL = (rung("kde_250_all"), rung("places"))


@pytest.fixture(scope="module")
def places():
    rng = np.random.default_rng(4)
    bars = (np.array(WARM) + rng.uniform(0, 1, (8, 2))) * SIZE
    return pd.DataFrame({"kind": "bar", "x": bars[:, 0], "y": bars[:, 1]})


@pytest.fixture(scope="module")
def days(city):
    dates = pd.date_range("2018-01-01", "2019-03-01").strftime("%Y-%m-%d")
    rng = np.random.default_rng(5)
    weather = pd.DataFrame(
        {
            "date": dates,
            "kind": "weather",
            "name": "temperature_c",
            "value": rng.normal(12, 8, len(dates)),
            "known_utc": pd.to_datetime(dates, utc=True) + pd.Timedelta(days=1, hours=5),
        }
    )
    holiday = pd.DataFrame({"date": ["2018-07-04"], "kind": "holiday", "name": "Fourth", "value": np.nan})
    return pd.concat([weather, holiday], ignore_index=True)


def fit(city, places, days, events=None, **more):
    model = train(
        city.events if events is None else events,
        city.boxes,
        city.calendar,
        city.as_of,
        ladder=SMALL,
        places=places,
        days=days,
        **more,
    )
    return model, model.score(
        city.events, city.boxes, city.calendar, city.date, "day", city.as_of, places=places, days=days
    )


# Nothing but the allow-list


def test_people_and_officers_reach_no_model(city, places, days):
    """Race, population, officer-initiated records and extra columns in any input change no forecast by one bit."""
    rng = np.random.default_rng(3)
    plain, expected = fit(city, places, days)
    of_people = pd.DataFrame(
        {
            "kind": ["public_housing", "race_tract", "arrests", "bar_arrests", "police_station", "school_resident"],
            "x": rng.uniform(0, SIDE * SIZE, 6),
            "y": rng.uniform(0, SIDE * SIZE, 6),
        }
    )
    more_places = pd.concat([places, of_people]).assign(population=7, owner="J. Roe")
    of_days = pd.DataFrame(
        {"date": "2018-06-01", "kind": ["arrests", "patrols", "weather"], "name": ["a", "b", "stops"], "value": 9.0}
    )
    more_days = pd.concat([days.assign(race="x"), of_days])
    discovered = make_events(days=300, seed=9, crime_type="drugs")
    events = pd.concat([city.events, discovered]).assign(victim_race="x", population=5, discovered=True)
    full, again = fit(city, more_places, more_days, events, crime_types=["robbery"])
    assert full.types == plain.types and full.data_hash == plain.data_hash
    pd.testing.assert_frame_equal(expected, again, check_exact=True)
    assert full.card["kinds_of_places_refused"] == sorted(of_people["kind"])
    assert {"population", "owner", "race", "victim_race", "discovered"} <= set(full.card["columns_refused"])


def test_one_table_holds_all_that_may_enter(places, days):
    assert set(INPUTS) == {"events", "boxes", "places", "calendar"}
    assert list(admit_places(places.assign(residents=1))[0].columns) == list(INPUTS["places"])
    assert list(admit_calendar(days.assign(residents=1))[0].columns) == list(INPUTS["calendar"])


@pytest.mark.parametrize(
    "kind, may",
    [
        ("bar", True),
        ("bars", True),
        ("bus_stop", True),
        ("liquor_licence", True),
        ("vacant_parcel", True),
        ("public_housing", False),
        ("homeless_shelter", False),
        ("bar_arrests", False),
        ("barracks", False),
        ("race", False),
        ("", False),
        ("Bar", False),
    ],
)
def test_kinds_of_places(kind, may):
    assert places_may_be_used(kind) is may


# What they do


def test_a_related_type_tells_where_a_new_one_will_be(city):
    """Thefts where robberies have long been: the fit finds that out by itself."""
    thefts = make_events(days=420, seed=11, crime_type="theft", per_day=1.0)
    events = pd.concat([city.events, thefts])
    model = train(
        events, city.boxes, city.calendar, city.as_of, crime_types=["theft"], ladder=(rung("additive"), rung("related"))
    )
    scores = {row["rung"]: row["log_score"] for row in model.card["crime_types"]["theft"]["ladder"]}
    assert scores["related"] > scores["additive"]
    model = train(events, city.boxes, city.calendar, city.as_of, crime_types=["theft"], ladder=(rung("related"),))
    assert model.event_types == ["theft", "robbery"]
    rows = model.score(events, city.boxes, city.calendar, city.date, "day", city.as_of)
    assert any("robber" in reason for reasons in rows["reasons"] for reason in reasons)


def test_places_are_a_reason_and_move_no_total(city, places, days):
    model = train(
        city.events.iloc[:400], city.boxes, city.calendar, city.as_of, ladder=(rung("places"),), places=places
    )
    assert model.card["features"]["places"] == "bar" and np.isclose(
        sum(model.types["robbery"].fit.weights) + model.types["robbery"].fit.uniform_share, 1.0, atol=1e-5
    )


def test_nearness_falls_with_the_distance_to_the_closest_place(city):
    """Places outside the jurisdiction are near as well."""
    boxes = admit_boxes(city.boxes)
    bars = pd.DataFrame({"kind": "bar", "x": [3.5 * SIZE, -0.5 * SIZE], "y": [3.5 * SIZE, 10.5 * SIZE]})
    sources = place_histories(bars, boxes, SIZE)
    assert sorted(source.text for source in sources) == ["nearest 1000:bar", "nearest 250:bar", "places:bar"]
    assert {source.kind for source in sources} == {"bar"} and source_of("theft") == CrimeEvents("theft")
    centres = (boxes[["col", "row"]].to_numpy() + 0.5) * SIZE
    metres = np.min(
        [np.hypot(*(centres - place).T) for place in bars[["x", "y"]].to_numpy()], axis=0
    )
    timeline = make_timeline(city.calendar, "2018-01-01", "2018-01-02", "05:00", None)
    own = make_history(admit_events(city.events)[0], boxes, SIZE, city.calendar, timeline)
    predictors = Predictors(own, timeline, sources)
    assert np.allclose(predictors.metres_to("bar"), metres)
    for scale in NEAR_METRES:
        surface = SurfaceSet([Feature(Lookback("window", EVER, PlaceDistance("bar", scale)), "all", 0.0)],
                             Smoother(boxes, SIZE))
        counts = predictors.counts_at(surface.lookbacks, len(boxes), timeline.origin[1])
        found = surface.everywhere(counts, [0])[0][:, 0]
        expected = np.exp(-np.maximum(metres, SIZE / 2) / scale)
        assert np.allclose(found / found.max(), expected / expected.max(), rtol=1e-4, atol=1e-5)
        assert np.allclose(surface.rows(counts, np.arange(len(boxes)), np.zeros(len(boxes), int))[:, 0], found)


def test_where_little_is_on_record_the_nearest_place_is_a_reason(city):
    """Robberies the rarer the farther the closest station is, however many there are beside it."""
    rng = np.random.default_rng(8)
    crowd, alone = rng.uniform(0, 300, (40, 2)) + 600, rng.uniform(0, SIDE * SIZE, (12, 2))
    stations = pd.DataFrame(np.concatenate([crowd, alone]), columns=["x", "y"]).assign(kind="station")
    places = rng.uniform(0, SIDE * SIZE, (20_000, 2))
    metres = cKDTree(stations[["x", "y"]].to_numpy()).query(places)[0]
    places = places[rng.random(20_000) < np.exp(-metres / 250)][:300]
    events = make_events(420).iloc[:300].assign(x=places[:, 0], y=places[:, 1])
    ladder_of = (rung("additive"), rung("places"))
    model = train(events, city.boxes, city.calendar, city.as_of, ladder=ladder_of, places=stations)
    scores = {row["rung"]: row["log_score"] for row in model.card["crime_types"]["robbery"]["ladder"]}
    assert scores["places"] > scores["additive"]
    rows = model.score(events, city.boxes, city.calendar, city.date, "day", city.as_of, places=stations)
    reasons = [reason for reasons in rows["reasons"] for reason in reasons]
    assert any(reason == "station in or beside this box" or "station about" in reason for reason in reasons)
    assert any("distance to places" in one["of"] for one in model.card["crime_types"]["robbery"]["strongest_features"])


def test_the_ladder_leaves_out_what_cannot_be_used(monkeypatch):
    names = [item.name for item in ladder_for(RUNGS, ["theft"], ["bar"])]
    assert names[-5:] == ["additive", "related", "places", "trees", "blend"]
    assert "places" not in [item.name for item in ladder_for(RUNGS, ["theft"], [])]
    assert "related" not in [item.name for item in ladder_for(RUNGS, [], ["bar"])]
    monkeypatch.setattr(ladder, "can_grow", lambda: False)
    assert [item.name for item in ladder_for(RUNGS, ["theft"], ["bar"])] == names[:-2]


def test_without_scikit_learn_the_card_says_so(city, monkeypatch):
    from shotspotter_connect_plugin.forecast import forecast_model, model_card

    for module in (ladder, model_card, forecast_model):
        monkeypatch.setattr(module, "can_grow", lambda: False)
    trained = train(city.events, city.boxes, city.calendar, city.as_of, ladder=(rung("count_all"), rung("trees")))
    assert trained.types["robbery"].rung.name == "count_all"
    assert any("scikit-learn is not installed" in limit for limit in trained.card["limits"])


# Calendar


def test_terms_of_the_calendar_use_what_was_known_at_the_plan_hour(city, days):
    timeline = make_timeline(city.calendar, "2018-06-30", "2018-07-10", "05:00", admit_calendar(days)[0])
    names = list(DAY_TERMS)
    holiday = timeline.days[:, names.index("holiday")]
    assert set(np.array(timeline.dates)[timeline.date[holiday == 1.0]]) == {"2018-07-04"}
    weather = days[days["kind"] == "weather"].set_index("date")["value"]
    temperature = timeline.days[:, names.index("temperature")]
    # Known at 01:00 of the day after, so the plan of the 5th knows the 4th.
    slot = int(np.flatnonzero(timeline.date == timeline.dates.index("2018-07-05"))[0])
    assert np.isclose(temperature[slot], np.clip((weather["2018-07-04"] - 12.0) / 10.0, -3, 3))
    ahead = days.iloc[:1].assign(
        date="2018-07-05", kind="weather_forecast", value=40.0, known_utc=pd.Timestamp("2018-07-04T20:00Z")
    )
    too_late = ahead.assign(date="2018-07-06", known_utc=pd.Timestamp("2018-07-06T20:00Z"))
    admitted = admit_calendar(pd.concat([days, ahead, too_late]))[0]
    timeline = make_timeline(city.calendar, "2018-06-30", "2018-07-10", "05:00", admitted)
    at = [int(np.flatnonzero(timeline.date == timeline.dates.index(date))[0]) for date in ("2018-07-05", "2018-07-06")]
    temperature = timeline.days[:, names.index("temperature")]
    assert np.isclose(temperature[at[0]], 2.8)
    assert np.isclose(temperature[at[1]], np.clip((weather["2018-07-05"] - 12.0) / 10.0, -3, 3))


def test_a_closure_told_in_the_morning_was_not_in_the_plan_of_that_day(city):
    """Neither was an event or a holiday announced later; who asks again with an earlier AS_OF gets no other answer."""
    school = pd.DataFrame({"date": ["2018-07-05", "2018-07-06"], "kind": "school", "name": "term", "value": 1.0,
                           "known_utc": pd.NaT})
    closed = school.assign(name="storm", value=0.0, known_utc=pd.Timestamp("2018-07-05T10:00Z"))
    event = pd.DataFrame({"date": ["2018-07-05", "2018-07-06"], "kind": "event", "name": "match", "value": np.nan,
                          "known_utc": pd.Timestamp("2018-07-05T10:00Z")})
    every = pd.concat([school, closed, event], ignore_index=True).astype({"known_utc": "datetime64[ns, UTC]"})
    admitted, names = admit_calendar(every)[0], list(DAY_TERMS)
    timeline = make_timeline(city.calendar, "2018-07-05", "2018-07-06", "05:00", admitted)  # 05:00 is 09:00 UTC
    told = pd.DataFrame(timeline.days, columns=names, index=timeline.date).groupby(level=0).first()
    assert told["school day"].tolist() == [0.5, -0.5] and told["event"].tolist() == [0.0, 1.0]
    early = ForecastContext.of(city.boxes, city.calendar, SIZE, days=every, moment=pd.Timestamp("2018-07-05").value)
    told = early.timeline("2018-07-05", "2018-07-06").days[:, names.index("event")]
    assert len(early.days) == 2 and (told == 0).all()


@pytest.mark.parametrize("count", [400, 4000])
def test_places_that_tell_nothing_get_next_to_no_weight_and_those_that_tell_keep_it(count):
    """Thirty kinds of places, one of which draws a third of the events; the more events, the surer it is found."""
    rng, surfaces = np.random.default_rng(count), 30
    own, bars = Feature(Lookback("decay", 60.0), "all", 250.0), []
    for number in range(surfaces):
        bars.append(Feature(Lookback("window", EVER, PlaceCount(f"bar_{number}")), "all", 125.0))
    density = rng.lognormal(0.0, 0.7, (200_000, surfaces + 1))
    density /= density.mean(axis=0)
    drawn = rng.choice(len(density), count, p=(m := 0.5 + density[:, 0] / 6 + density[:, 1] / 3) / m.sum())
    features = {feature: place for place, feature in enumerate([own, *bars])}
    sample = Sample(features, *np.zeros((3, count), dtype=int), np.ones(count), density[drawn])
    fit = fit_mixture(replace(rung("additive"), features=tuple(features)), sample, lambda: None)
    free = fit_weights(sample.of(tuple(features)), sample.weight)[0]
    nothing = np.arange(surfaces + 1) > 1
    assert np.array(fit.weights)[nothing].sum() < 0.3 * free[nothing].sum()
    assert fit.weights[1] > (0.05 if count < 1000 else 0.15)


def test_a_holiday_on_a_day_of_fireworks_teaches_gunfire_nothing(city):
    """Ten times as many bangs on the Fourth, nothing unusual on the other holidays."""
    holidays = pd.DataFrame({"date": ["2018-05-28", "2018-07-04", "2018-09-03", "2018-10-08"], "kind": "holiday"})
    spans = ["07-01/07-06"]
    context = ForecastContext.of(city.boxes, city.calendar, SIZE, days=holidays, firework_days=spans)
    timeline, holiday = context.timeline("2018-07-03", "2018-09-03"), list(DAY_TERMS).index("holiday")
    for crime_type, dates in (("gunfire", {"2018-09-03"}), ("robbery", {"2018-07-04", "2018-09-03"})):
        seen = context.seen_by(crime_type, timeline)
        assert set(np.array(timeline.dates)[timeline.date[seen.days[:, holiday] == 1.0]]) == dates
    heard = city.events.assign(crime_type="gunfire")
    fourth = pd.Timestamp("2018-07-04T12:00Z") + pd.to_timedelta(np.linspace(0, 19, 40), unit="h")
    bangs = pd.concat([heard, heard.iloc[:40].assign(from_utc=fourth, to_utc=fourth, known_utc=fourth)])
    as_of, factor = city.calendar.as_of("2018-12-01"), []
    for days in ([], spans):
        model = train(bangs, city.boxes, city.calendar, as_of, ladder=(rung("uniform"),), days=holidays,
                      firework_days=days)
        factor.append(model.types["gunfire"].rate.coefficients[-len(DAY_TERMS) + holiday])
    assert factor[0] > 0.15 and abs(factor[1]) < 0.05


# Trees


@pytest.fixture(scope="module")
def grown():
    rng = np.random.default_rng(0)
    hot, cold = rng.normal(0.7, 1, (1500, 6)), rng.normal(0, 1, (4000, 6))
    return hot, cold, trees.grow(hot, np.ones(1500), cold, np.full(4000, 0.4), 1)


def test_numpy_reads_the_trees_to_the_same_bits(grown):
    # Terms of few values, which every version of scikit-learn keeps as they are.
    hot, cold = (np.round(rows, 1) for rows in grown[:2])
    found = trees.grow(hot, np.ones(1500), cold, np.full(4000, 0.4), 1)
    model = HistGradientBoostingRegressor(
        loss="poisson",
        learning_rate=trees._RATE,
        max_leaf_nodes=trees.LEAVES,
        l2_regularization=1.0,
        min_samples_leaf=int(5500 * trees._LEAF_SHARE),
        early_stopping=False,
        random_state=1,
        max_iter=trees.ROUNDS,
    )
    rate = np.r_[np.full(1500, 1 / trees._EVENT), np.zeros(4000)]
    model.fit(np.r_[hot, cold], rate, sample_weight=np.r_[np.full(1500, trees._EVENT), np.full(4000, 0.4)])
    rows = np.random.default_rng(1).normal(0, 2, (3000, 6))
    assert np.array_equal(found.predict(rows), np.log(model.predict(rows))) or np.allclose(
        np.exp(found.predict(rows)), model.predict(rows), rtol=1e-15
    )
    assert np.array_equal(found.predict(rows), np.ravel(model._raw_predict(rows)))


def test_the_thresholds_are_quantiles_in_which_every_row_counts_once(grown):
    """Versions of scikit-learn disagree on that, so its own would make other forecasts on another machine."""
    hot, cold, found = grown
    rows = np.r_[hot, cold]
    for tree in found.trees:
        for term, threshold, left in zip(tree.feature, tree.threshold, tree.left):
            if left >= 0:
                below = (rows[:, term] <= threshold).mean() * 255
                assert below == pytest.approx(round(below), abs=255 / len(rows))


def test_trees_learn_the_ratio_and_grow_the_same_twice(grown):
    hot, cold, found = grown
    assert found.predict(hot).mean() > found.predict(cold).mean() + 0.2
    assert trees.grow(hot, np.ones(1500), cold, np.full(4000, 0.4), 1) == found


def test_growing_stops_when_asked(grown):
    hot, cold, _ = grown
    calls = []

    def tick():
        calls.append(1)
        if len(calls) == 2:
            raise Cancelled()

    with pytest.raises(Cancelled):
        trees.grow(hot, np.ones(1500), cold, np.full(4000, 0.4), 1, tick)
