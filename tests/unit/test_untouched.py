"""No public function of forecast/ or patrol/ changes what it is given: every one is called with read-only data."""
from __future__ import annotations

import dataclasses
from typing import Annotated

import numpy as np
import pandas as pd
import pytest
from gps_tracks import START, random_tracks
from made_city import SIZE, make_boxes, make_events
from shapely.geometry import box
from untouched import Watch, picture

from shotspotter_connect_plugin.forecast import (accuracy, allowed_inputs, arrays, backtest_scores, box_grid, box_ids,
                                                 box_layout, box_placing, box_shapes, box_transfer, citywide_rate, crs,
                                                 estimator, event_history, fishnet, forecast_model, gunfire_events,
                                                 instants, ladder, lottery_scores, model_card, predictors, reasons,
                                                 rolling_backtest, shifts, sources, stable_product, surfaces,
                                                 validation, weekly_intervals)
from shotspotter_connect_plugin.frames import Rows, columns
from shotspotter_connect_plugin.patrol import (adjustments, beat_shares, cap_cost, chances, districts, dosage, draw,
                                               draw_effect, draw_record, harm_bound, inclusion, limits, live_patrol,
                                               live_tracker, lottery_history, metering, pacing, patrol_exposure, rounds,
                                               seeds, spillover, tactic_rules, tracks, verify, visits)
from shotspotter_connect_plugin.workspace.store.settings import Settings

# A buffer that the caller hands over for the counts; everything else is only read.
GIVEN_TO_BE_FILLED = {"forecast.surfaces.roll": {"into"}}
LADDER = ("uniform", "count_28", "kde_250_all", "kde_500_all", "additive", "places", "trees", "blend")


def examples_of_places():
    net = fishnet.Fishnet(250.0)
    x, y = np.array([10.0, 260.0, -1.0]), np.array([0.0, 250.0, 900.0])
    col, row = net.cell(pd.Series(x), y)
    net.parse(pd.Series(net.ids(col, row)))
    net.rectangles(col, row), net.centres(col, row)
    net.assign_areas(net.cover(box(0, 0, 900, 900)), ["a", "b"], [box(0, 0, 500, 900), box(500, 0, 900, 900)])
    arrays.objects(net.outlines(col, row)), net.shares(col, row), fishnet.polygonal_part(box(0, 0, 900, 900))
    examples_of_a_layout(x, y)
    fishnet.check_crs(fishnet.utm_crs(-77.0, 38.9), np.array([320_000.0, 4_300_000.0, 330_000.0, 4_310_000.0]))
    system = crs.parse("EPSG:26985")
    crs.text_of(system), crs.authority_of(system), crs.is_same("EPSG:4326", "EPSG:26985")
    to_map = crs.change("EPSG:4326", "EPSG:26985")
    to_map(pd.Series([-77.0, np.nan]), np.array([38.9, 38.9]))
    crs.Transformation(system, crs.parse("EPSG:4326")).bounds(390_000, 130_000, 400_000, 140_000)
    crs.projected("EPSG", -77.2, 38.7, -76.8, 39.0)


def examples_of_a_layout(x, y):
    layout = box_layout.grid_of(250.0, np.array([[3, 7], [-12, 4]]))
    col, row = layout.cell(pd.Series(x), y)
    box_ids.corners_of(pd.Series(layout.ids(col, row))), layout.parse(pd.Series(layout.ids(col, row)))
    layout.boxes_of_cells(col, row), layout.rectangles(col, row), layout.centres(col, row)
    layout.outlines(col, row), layout.shares(col, row)
    list(layout.overlaps(x, y, np.array([0.0, 100.0, 30.0]), np.array([0.0, 100.0, 0.0])))
    box_layout.grid_of_boxes(250.0, pd.Series(layout.ids(col, row))), box_layout.touching(layout.ids(col, row))
    layout.has(pd.Series(layout.ids(col, row))), layout.cells_of(col, row), layout.pieces(col, row)
    layout.squares_of_cells(col, row), layout.squares_beside(col, row), fishnet.Fishnet(250.0).pieces(col, row)
    box_layout.rectangles_of(layout, pd.Series(layout.ids(col, row)))
    plain = fishnet.Fishnet(250.0).cover(box(0, 0, 900, 900))
    box_transfer.shared_areas(fishnet.Fishnet(250.0), plain["box_id"], layout)
    box_transfer.in_jurisdiction(layout, plain, box(0, 0, 900, 900))
    box_layout.boxes_in(layout, pd.Series(layout.ids(col, row)))
    box_layout.in_sides(pd.Series(layout.ids(col, row)), layout.ids(col, row))
    shapes = box_shapes.shapes_of(pd.Series(layout.ids(col, row)), [layout])
    shapes = box_shapes.BoxShapes(shapes.rectangles, shapes.remnants)
    shapes.outlines(), shapes.rooms()
    layout.is_cut(col, row), layout.cells_within(col, row)
    box_transfer.of_equal_mark(layout, layout, pd.Series(layout.ids(col, row)))
    shapes = [box(0, 0, 500, 900), box(500, 0, 900, 900)]
    box_grid.largest_shares(layout, layout.cover(box(0, 0, 900, 900)), ["a", "b"], shapes)
    layout.assign_areas(layout.cover(box(0, 0, 900, 900)), ["a", "b"], shapes)
    box_ids.mark_of(np.arange(100) < 50), box_ids.id_of(3, 7), box_ids.is_remnant("C1R2")


def examples_of_placing(events, boxes, as_of):
    ground = box_placing.Ground.of(boxes, SIZE, box(0, 0, 900, 900), box(0, 0, 90, 90))
    ground.area_of(np.array([[3, 7]]))
    ground.with_street(np.array([[3, 7]]))
    ground.less(boxes, np.full(len(boxes), 0.5))
    ground.cells(events["x"], events["y"].to_numpy())
    density = box_placing.densities(ground, events, as_of)
    hot = box_placing.heat(ground, density, 38.0, {"theft": 2.0, "robbery": 1.0})
    squares = box_placing.place_squares(ground, hot, 3.0)
    box_placing.boxes_of_ground(ground, squares)
    box_placing.judge(ground, squares, density, events, as_of, as_of + instants.DAY, 38.0)
    box_placing.placed_and_judged(ground, events, as_of, as_of + instants.DAY, smooth=38.0, error=38.0)
    box_placing.location_error(events["rounded_x_m"].to_numpy(), events["rounded_y_m"].to_numpy())


def examples_of_shifts():
    calendar = shifts.ShiftCalendar([shifts.Shift("day", "Day", "07:00", "15:00"),
                                     shifts.Shift("evening", "Evening", "15:00", "23:00"),
                                     shifts.Shift("night", "Night", "23:00", "07:00")], "America/New_York")
    shifts.check_timezone("America/New_York")
    instants.iso_texts(instants.nanoseconds(pd.Series(["2024-03-09T05:00Z"])), "s")
    moments = pd.Series(pd.date_range("2024-03-09", periods=60, freq="67min", tz="UTC"))
    calendar.assign(moments)
    calendar.assign_span(moments, moments + pd.Timedelta(minutes=30))
    calendar.spread(moments, moments + pd.Timedelta(hours=20), calendar.slots("2024-03-08", "2024-03-13"))
    calendar.to_utc(calendar.to_local(moments))
    calendar.has_ended("2024-03-09", "night")
    calendar.today()
    calendar.bounds("2024-03-09", "night")
    return calendar


def gunfire_of_the_city(calendar):
    """Alerts in the east of the city where sensors listen, and reports everywhere."""
    heard = make_events(days=300, seed=3, crime_type="gunfire", per_day=3.0)
    alerts = heard[heard["x"] > 7 * SIZE].rename(columns={"from_utc": "occurred_utc"}).assign(
        kind=lambda rows: np.where(np.arange(len(rows)) % 9, "single", "firecracker"))
    reports = make_events(days=300, seed=4, crime_type="gunfire", per_day=1.0).assign(firearm=None)
    shots = gunfire_events.gunfire_events(alerts[["kind", "occurred_utc", "x", "y"]], calendar)
    told = gunfire_events.report_events(reports, calendar=calendar, firework_days=["07-01/07-06"])
    gunfire_events.weights(reports["from_utc"], calendar, ["07-01/07-06"])
    return pd.concat([shots, told], ignore_index=True)


def examples_of_a_forecast(calendar):
    boxes, as_of = make_boxes(), calendar.as_of("2018-10-28")
    events = pd.concat([make_events(days=300), make_events(days=300, seed=8, crime_type="theft"),
                        gunfire_of_the_city(calendar)], ignore_index=True)
    east = dict.fromkeys(boxes["box_id"][boxes["col"] >= 7], 1.0)
    coverage = pd.DataFrame({"from_date": [None], "to_date": [None], "boxes": [east]})
    places = pd.DataFrame({"kind": "bar", "x": [1400.0, 1300.0], "y": [2800.0, 2900.0]})
    days = pd.DataFrame({"date": ["2018-07-04", "2018-07-05"], "kind": ["holiday", "weather"],
                         "name": ["Fourth", "temperature_c"], "value": [np.nan, 20.0],
                         "known_utc": pd.to_datetime(["2018-01-01", "2018-07-06"], utc=True)})
    rungs = [ladder.rung(name) for name in LADDER]
    admitted = allowed_inputs.admit_events(events)[0]
    forecast_model.first_date(calendar, admitted)
    examples_of_placing(admitted, allowed_inputs.admit_boxes(boxes), as_of.value)
    trained = forecast_model.train(events, boxes, calendar, as_of, ladder=rungs,
                                   coverage=coverage, places=places, days=days)
    scored = trained.score(events, boxes, calendar, "2018-10-28", "day", as_of, coverage=coverage, places=places,
                           days=days)
    list(trained.replay(events, boxes, calendar, "robbery", "2018-10-28", "2018-10-29", coverage=coverage,
                        places=places, days=days))
    forecast_model.ForecastModel.from_json(trained.to_json())
    model_card.card_html(trained.card)
    simple = [ladder.rung(name) for name in ("uniform", "kde_500_all")]
    learnt = estimator.Forecaster(boxes, calendar, as_of, ladder=simple, coverage=coverage, places=places,
                                  days=days).fit(events)
    asked = scored[["box_id", "crime_type"]].assign(shift_date="2018-10-28", shift="day")[::7]
    learnt.predict(asked, events)
    learnt.score(asked, np.zeros(len(asked)))
    learnt.set_params(**learnt.get_params())
    return events, boxes, coverage, places, days


def examples_of_a_back_test(calendar, events, boxes, coverage, places, days):
    context = rolling_backtest.BacktestContext.of(
        boxes, calendar, SIZE, plan_hour="05:00", coverage=coverage, places=places, days=days)
    admitted = allowed_inputs.admit_events(events)[0]
    rungs = [ladder.rung(name) for name in ("uniform", "count_28", "kde_250_all", "kde_500_all")]
    replayed = rolling_backtest.replay_type(admitted, "robbery", context, "2018-09-10", "2018-10-21",
                                            take=lambda *_: None, ranked=lambda *_: None, ladder=rungs,
                                            take_map=lambda *_: None, compared=["kde_250_all"], others=[
                                                rolling_backtest.OtherBoxes("same", admitted, lambda _: context)])
    rolling_backtest.stretches("2018-09-10", "2018-10-21"), replayed.placed.of(3), replayed.elsewhere["same"].of(3)
    slots = calendar.slots("2018-09-10", "2018-10-21")
    week = rolling_backtest.week_of_slots(slots, "2018-09-10")
    chance = np.full((len(slots), len(boxes)), 0.1)
    sums = lottery_scores.LotterySums("metered", [replayed.placed], week)
    for slot in range(len(slots)):
        sums.add(slot, chance[slot], chance[slot], context.smoother.uniform)
    backtest_scores.score([replayed], np.bincount(week), context, [sums.of(0)])
    lottery_scores.choice_figures({"metered": sums.named("other")}, 30.0, np.full(week.max() + 1, 10.0), len(slots))
    lottery_scores.price("limits", sums, sums, 30.0, np.full(week.max() + 1, 10.0))
    whole = accuracy.Calibration()
    whole.add(np.array([0.5, 0.1]), np.array([1.0, 0.0]))
    whole.groups()
    accuracy.caught(np.array([3.0, 1.0]), np.array([1.0, 0.0]), np.ones(2), 0.5)
    by_week, caught = np.full(9, 10.0), np.array([[2.0, 3.0, 2.0, 1.0, 2.0, 2.0, 4.0, 2.0, 2.0]])
    weekly_intervals.ratio_interval(np.array([0.2]), (caught,), (by_week,), by_week)
    weekly_intervals.half_width(caught - caught.mean(), by_week), weekly_intervals.of_sums(caught)
    weekly_intervals.most_unseen(90.0)
    assert weekly_intervals.why_none(9, 90.0) == ""

    # What larger calls use in one way only.
    timeline = context.timeline("2018-06-01", "2018-10-01")
    own = context.history(admitted, "robbery", timeline)
    own.since(timeline.origin[3]), own.until(timeline.origin[-1])
    citywide_rate.observed_dates(own, timeline, timeline.origin[-1])
    list(citywide_rate.observed_at_origins(own, timeline, 5, 9))
    terms = citywide_rate.RateTerms(own, timeline)
    terms.at(timeline.origin[-1], 5)
    lookback = sources.Lookback("decay", 60.0)
    counts = surfaces.counts_at(own, timeline, [lookback], len(boxes), timeline.origin[-1])
    surfaces.pooled(counts)
    features = (surfaces.Feature(lookback, "all", 250.0), surfaces.Feature(lookback, "shift", 0.0))
    made = surfaces.SurfaceSet(features, context.smoother, [lookback])
    made.everywhere(counts, np.array([0, 2])), made.within(counts, np.ones(len(boxes)))
    made.rows(counts, np.array([1, 2]), np.array([0, 1]))
    made.mixture(counts, np.array([0.5, 0.3]), 0.2)
    bars = predictors.place_histories(allowed_inputs.admit_places(places)[0], allowed_inputs.admit_boxes(boxes), SIZE)
    known = predictors.Predictors(own, timeline, bars)
    known.counts_at([lookback], len(boxes), timeline.origin[-1])
    known.metres_to("bar")
    for source in (sources.OWN, sources.PlaceCount("bar"), sources.PlaceDistance("bar", 250)):
        assert sources.source_of(source.text) == source
    event_history.spread_places(np.array([10.0]), np.array([10.0]), np.array([100.0]), np.array([0.0]),
                                allowed_inputs.admit_boxes(boxes), SIZE)
    reasons.own_first("robbery", ["one", "two"])
    stable_product.stable_product(np.ones((2, 3)), np.ones(3))
    validation.fit_from(300), validation.plan_spans(300).blocks


def examples_of_a_draw():
    rng = np.random.default_rng(8)
    col, row = (part.ravel() for part in np.indices((8, 8)))
    boxes = pd.DataFrame({"box_id": [f"C{x}R{y}" for x, y in zip(col, row)], "inside": 1.0,
                          "beat": pd.Series([f"B{x // 4}{y // 4}" for x, y in zip(col, row)], dtype=object),
                          "neighbourhood": pd.Series([f"N{x // 2}" for x in col], dtype=object)})
    boxes.loc[5, "beat"] = None
    types = pd.DataFrame({"crime_type": ["robbery"], "severity": [10.0], "effectiveness": [0.5]})
    forecasts = pd.DataFrame({"box_id": boxes["box_id"], "crime_type": "robbery", "expected": rng.gamma(0.4, 1.0, 64),
                              "low": 0.0, "high": 3.0})
    by_box = metering.harm_by_box(forecasts, types)
    dates = ["2024-02-28", "2024-02-29"]
    before = limits.PatrolHistory(pd.DataFrame({"box_id": ["C0R0", "C1R1"], "shift_date": dates}),
                                  pd.DataFrame({"box_id": ["C0R0", "C1R1"], "shift_date": dates,
                                                "inclusion_probability": [0.5, 0.3]}),
                                  frozenset(["C2R2"]), frozenset(["C3R3"]), frozenset(["C4R4"]),
                                  pd.DataFrame({"box_id": ["C0R0"], "shift_date": dates[:1], "minutes": [30.0]}))
    rules = metering.rules_of(Settings(), "2024-03-01", "day", 1, boxes=2, shares={"N1": 0.2})
    assert not limits.may_be_drawn(boxes, rules)[5]
    ground = boxes.assign(water=0.0, unreachable=np.linspace(0, 1, 64), unreachable_why="yard", reachable=0.5,
                          streets=1.0)
    assert sum(applies.sum() for applies, reason in limits.never_drawn(ground, rules) if limits.is_ground(reason)) == 33
    drawn = metering.draw_shift(boxes, by_box["harm"], before, rules, "seed")
    table = drawn.boxes
    planned = metering.patrols_of_draw(table[table["selected"]], by_box, rules)
    metering.shortfalls_of(table, rules), metering.most_boxes(Settings())
    ways = rounds.ways_of(planned, np.full((len(planned), len(planned)), 700.0))
    rounds.travel_minutes(planned.assign(visit_order=rounds.visit_order(planned, ways)), 250.0, 30.0, ways)
    shared = metering.rules_of(Settings(boxes_per_shift=8, least_per_beat=1.0, beat_boxes={"B01": 3},
                                        least_chance=0.05, pace=0.9), "2024-03-01",
                               "day", 1, shares={"N1": 0.2})
    metering.draw_shift(boxes, by_box["harm"], before, shared, "seed"), beat_shares.own_numbers(shared, "beat_boxes")
    assert beat_shares.BeatRule.of("beat_boxes: B01") == beat_shares.BeatRule("beat_boxes", "B01")
    beat_shares.of_shortfall(chances.Shortfall("B01", 2.0, 1.0, 5), boxes["beat"], shared)
    parts = Settings(boxes_per_shift={"N": 4}, districts={"N": sorted(set(boxes["beat"].dropna()))})
    of_districts = metering.rules_of(parts, "2024-03-08", "day", 1)
    districts.boxes_in_all(parts.boxes_per_shift), districts.district_rules(parts)
    districts.district_of_beats(of_districts), districts.districts_of_boxes(boxes["beat"], of_districts)
    districts.totals_shared(of_districts, set(boxes["beat"].dropna()))
    assert districts.DistrictRule.of("district: B01") == districts.DistrictRule("district", "B01")
    metering.rounds_too_long(planned.assign(travel_minutes=1.0), Settings(units_per_beat=1), "day")
    rounds.along_streets(planned.assign(visit_order=rounds.visit_order(planned, ways)), ways)
    assert beat_shares.least_asked(shared, {"B00", "B01"}) == 4
    assert pacing.budget(shared) == 3.15
    chances.weights_of(boxes["inside"].to_numpy(), 2.0)
    chances.level_between(np.ones(3), np.zeros(3), np.full(3, 0.5), 1.0)
    limits.window_blocks(pd.Series(dates), "2024-03-01")
    assert metering.ShareCapRule.of(metering.ShareCapRule("N1").name) == metering.ShareCapRule("N1")
    # As columns of a frame and as plain arrays.
    drawn_again = draw.pivotal(table["inclusion_probability"], pd.Series(col), pd.Series(row), table["beat"],
                               seeds.Uniforms("seed", drawn.inputs_hash))
    draw.pivotal(table["inclusion_probability"].to_numpy(), col, row, table["beat"].to_numpy(object),
                 seeds.Uniforms("seed", drawn.inputs_hash))
    assert drawn_again.selected.size
    draw.drawn_boxes(table["inclusion_probability"], pd.Series(col), pd.Series(row), table["beat"],
                     seeds.Uniforms("seed", "00"), None, draw.Nearest(pd.Series(col), pd.Series(row), table["beat"]))
    placed = table[["beat"]].assign(col=col, row=row, neighbourhood=boxes["neighbourhood"])
    history = lottery_history.LotteryHistory(np.arange(3), pd.Series(["day"] * 3), placed, 0.5, rules, "seed")
    history.draw(table["harm"].fillna(0.0).to_numpy())
    history.move(placed, np.eye(64), np.eye(64))
    history.draw(table["harm"].fillna(0.0))
    lottery_history.always_most(table["harm"].fillna(0.0), table["beat"], {"B01": 2.0})
    lottery_history.most_harmful(table["harm"].fillna(0.0), table["beat"].to_numpy(object), rules)
    draw_record.text_of_inputs(rules, table)
    harm_bound.harm_upper_bound(table["harm"], table["beat"], 2, table["cap"], boxes["neighbourhood"], {"N1": 0.2})
    return boxes, col, row, rules, drawn, planned


def examples_of_a_check(boxes, rules, drawn, planned, tmp_path):
    seed = seeds.new_seed()
    seeds.keep(tmp_path / "seeds.json", [seed])
    seeds.load(tmp_path / "seeds.json"), seeds.known(tmp_path / "seeds.json")
    table = drawn.boxes.assign(draw_id="d.1")
    record_of_draw = {"draw_id": "d.1", "shift_date": "2024-03-01", "shift": "day", "rules": rules, "lottery": True,
                      "inputs_hash": drawn.inputs_hash, "seed_hash": seeds.hash_of("seed"), "reserve": drawn.reserve,
                      "size": int(table["selected"].sum()), "drawn_utc": pd.Timestamp("2024-03-01T05:00Z")}
    patrols = planned.assign(patrol_id=["d.1." + name for name in planned["box_id"]], draw_id="d.1",
                             shift_date="2024-03-01", shift="day")
    state = {name: {"box_id": place, "origin": "drawn", "status": "planned", "target_minutes": 15.0}
             for name, place in zip(patrols["patrol_id"], patrols["box_id"])}
    commitments = pd.DataFrame({"seed_hash": [seeds.hash_of("seed")], "shift_date": "2024-03-01", "shift": "day",
                                "committed_utc": [pd.Timestamp("2024-02-28", tz="UTC")]})
    around = dict(zip(boxes["box_id"], boxes["neighbourhood"]))
    assert verify.problems_of(record_of_draw, table, patrols, "seed", commitments, state, neighbourhood=around) == []
    assert verify.problems_of_replay(record_of_draw, table, patrols["box_id"].tolist(), "seed") == []
    verify.as_drawn(record_of_draw, table)
    verify.problems_of_adjusted(state, patrols.iloc[:0], table)

    change = {"draw_id": "d.1", "patrols": [{"patrol_id": patrols["patrol_id"][0], "box_id": patrols["box_id"][0],
                                             "origin": "drawn", "before": {"status": "planned"},
                                             "after": {"status": "suppressed"}}]}
    row = {"at_utc": pd.Timestamp("2024-03-01T10:00Z"), "who": "ann", "role": "analyst", "action": "suppress",
           "patrol_id": patrols["patrol_id"][0], "box_id": patrols["box_id"][0], "shift_date": "2024-03-01",
           "shift": "day", "reason": "event", "note": None, "change": change}
    chain = [adjustments.linked(row, [])]
    adjustments.chain_problems(chain, chain[0]["hash"]), adjustments.rows_after(chain, chain[0]["hash"])
    adjustments.suppressed_boxes(chain)
    adjustments.top_ups(chain, adjustments.suppression_of(chain, row["box_id"]))
    told = {name: {part: patrol[part] for part in ("box_id", "status", "target_minutes")}
            for name, patrol in state.items()}
    adjustments.replayed([{"draw_id": "d.1", "patrols": told, "reserve": drawn.reserve}], chain)


def examples_of_exposure(boxes, col, row, rules):
    rng = np.random.default_rng(2)
    placed = boxes.assign(col=col, row=row)
    harm, day = rng.gamma(0.5, 1.0, (6, 64)), np.repeat([0, 1, 2], 2)
    events = rng.poisson(0.1, (6, 64)).astype(float)
    cap_cost.cost_of_caps(harm, events, day, placed, (0.3, 0.5), rules)
    served = rng.random((9, 5)) < 0.4
    patrol_exposure.lorenz(np.arange(4.0), np.ones(4)), patrol_exposure.gini(np.arange(4.0))
    patrol_exposure.effective_number(np.arange(4.0))
    patrol_exposure.longest_streak(served), patrol_exposure.most_within(
        served.astype(int), 3), patrol_exposure.breaches_of_rest(served, 2)
    patrol_exposure.within(served.astype(int), 3)
    people = pd.DataFrame({"everybody": [10.0, 0.0], "group": [4.0, 0.0]}, index=["a", "b"])
    patrol_exposure.per_thousand(np.arange(2.0), people["everybody"])
    patrol_exposure.by_group(pd.Series([3.0], index=["a"]), people, "everybody")
    patrol_exposure.relative(np.arange(3.0), np.ones(3))
    patrol_exposure.lowest_to_highest(np.arange(1.0, 4.0)), patrol_exposure.classes(np.arange(9.0), 3)
    chance = np.repeat(rng.random(12), 50)
    drawn = rng.random(chance.size) < chance
    found = inclusion.agreement(chance, drawn, 500)
    found.once_in, found.per_hundred
    inclusion.by_class(chance, drawn)

    lottery = spillover.Replays(col, row, boxes["beat"].to_numpy(object))
    odds, _ = metering.inclusion_probabilities(rng.gamma(1.0, 1.0, 64), boxes["beat"], 2, 0.5)
    shift_odds = np.stack([odds, odds])
    runs = lottery.draw(shift_odds, 5, rng)
    pairs = spillover.neighbours(boxes["box_id"])
    near = spillover.beside_drawn(runs[:, 0], pairs)
    shift = np.repeat([0, 1], 64)
    use = (shift_odds > 0) & (shift_odds < 1)
    numbers = draw_effect.Lottery(np.nonzero(use)[0], shift_odds[use], runs[:, 0][use])
    outcome = rng.poisson(0.5, int(use.sum())).astype(float)
    numbers.covariance(outcome, outcome)
    again = [(spillover.beside_drawn(other, pairs), ~spillover.beside_drawn(other, pairs) & ~other)
             for other in runs.transpose(1, 0, 2)]
    parts = [(np.arange(64) + 64 * number, [near_[number] for near_, _ in again], [far[number] for _, far in again])
             for number in range(2)]
    parts = [(units, np.array(near_), np.array(far)) for units, near_, far in parts]
    beside = draw_effect.BesideDrawn(shift, near.ravel(), runs[:, 0].ravel(), parts)
    beside.covariance(np.ones(128), np.ones(128))
    numbers.estimate(outcome).detectable()
    numbers.compare(outcome, np.full(outcome.size, 0.5)).detectable()


def examples_of_visits():
    fixes = random_tracks(5)
    net, rules = fishnet.Fishnet(250.0), tracks.VisitRules.from_settings(Settings())
    accuracy_of = np.where(np.arange(len(fixes)) % 50, 8.0, np.nan)
    found = visits.find_visits(fixes["unit"], fixes["at"], fixes["x"], fixes["y"], net, rules, accuracy=accuracy_of)
    instants.iso_texts(np.array([0]), "s")
    visits.find_visits(fixes["unit"].to_numpy(object), instants.nanoseconds(fixes["at"]), fixes["x"].to_numpy(),
                       fixes["y"].to_numpy(), net, rules)
    visits.no_visits(), rules.possible(np.array([10**9]), np.array([5.0]), np.array([5.0]))
    stack, fix = tracks.RunStack(rules), (0, 0.0, 0.0)
    given = tracks.FixRun(fix, fix, 1, [fix])
    before = picture(given)
    for number in range(3):
        later = (number * 10**10, 1.0, 0.0)
        stack.add(tracks.FixRun(later, later, 1, [1]) if number else given)
    stack.flush()
    assert picture(given) == before

    own = fixes[fixes["unit"] == "U0"].head(60)
    car = live_patrol.LivePatrol("U0", net, rules, [], 20.0, 15.0)
    car.replay(own["at"], own["x"].to_numpy(), own["y"].to_numpy(), np.full(len(own), np.nan))
    car.feed(own["at"].iloc[-1] + pd.Timedelta(seconds=20), 5.0, 5.0)
    car.advance(own["at"].iloc[-1] + pd.Timedelta(hours=1))
    car.replan([]), car.minutes("C0R0"), car.situation()
    follower = live_tracker.VisitTracker("U0", net, rules)
    for moment, x, y in zip(own["at"], own["x"], own["y"]):
        follower.feed(moment, x, y)

    stays = found.frame.head(6).assign(shift_date="2026-03-02", shift="day")
    stays["visit_id"] = [f"v{number}" for number in range(len(stays))]
    patrols = pd.DataFrame({"patrol_id": ["p1", "p2"], "shift_date": "2026-03-02", "shift": "day", "beat": "B",
                            "box_id": [stays["box_id"].iloc[0], "C9R9"], "crime_type": "robbery", "unit": ["U0", None],
                            "status": "planned", "visit_order": [1, 2], "target_minutes": 15.0, "returns": 1})
    roster = pd.DataFrame({"unit": ["U0"], "officer": ["101"], "from_utc": [START - pd.Timedelta(hours=1)],
                           "to_utc": [pd.NaT]})
    roster["to_utc"] = pd.to_datetime(roster["to_utc"], utc=True)
    served = dosage.with_patrols(dosage.with_officers(stays, roster), patrols)
    dosage.planned_against_delivered(patrols, served)
    dosage.minutes_of_each(served, ("box_id",))
    dosage.dosage(served["minutes"], 10, 20, served["target_minutes"], 15.0)

    logs = pd.DataFrame({"officer": ["101"], "unit": ["U0"], "box_id": [None], "minutes": [5.0],
                         "at_utc": [stays["entered_utc"].iloc[0]]})
    tactic_rules.visits_of_logs(logs, served)
    listed = pd.DataFrame({"tactic": ["walk"], "crime_types": [[]], "approved_by": ["Chief"], "enforcement": [0],
                           "expires": [None], "reviewed": ["2024-01-01"], "sort_order": [1]})
    tactic_rules.offered(listed, "2024-03-01", "robbery"), tactic_rules.review_due(listed, "2024-03-01", 30)


@pytest.fixture
def watch(monkeypatch):
    return Watch(monkeypatch, ["shotspotter_connect_plugin.forecast", "shotspotter_connect_plugin.patrol"],
                 given_to_be_filled=GIVEN_TO_BE_FILLED)


def test_every_public_function_leaves_what_it_is_given_as_it_was(watch, tmp_path):
    """A new public function needs an example above."""
    examples_of_places()
    calendar = examples_of_shifts()
    examples_of_a_back_test(calendar, *examples_of_a_forecast(calendar))
    boxes, col, row, rules, drawn, planned = examples_of_a_draw()
    examples_of_a_check(boxes, rules, drawn, planned, tmp_path)
    examples_of_exposure(boxes, col, row, rules)
    examples_of_visits()
    assert watch.changed == []
    assert watch.never_called == []
    assert watch.undeclared == []
    assert watch.never_met == []


def careless(values):
    """A column whose ``__array__`` gives its own array whatever is asked, as pandas 2.2 does under numpy 2."""
    class Careless:
        def __array__(self, dtype=None, copy=None):
            return values

        def __len__(self):
            return len(values)
    return Careless()


def test_a_draw_settles_nothing_in_the_columns_it_is_given():
    chance = np.full(64, 0.125)
    col, row = (part.ravel() for part in np.indices((8, 8)))
    beat = np.repeat(np.array(["A", "B"], dtype=object), 32)
    drawn = draw.pivotal(careless(chance), careless(col), careless(row), careless(beat), seeds.Uniforms("seed", "00"))
    assert drawn.selected.size == 8 and (chance == 0.125).all()
    cap = np.full(64, 0.5)
    lowered, limited = metering.share_caps(
        lambda under: metering.inclusion_probabilities(np.ones(64), beat, 4, under)[0], beat, beat, {"A": 0.2}, 8,
        careless(cap))
    assert limited and (lowered < 0.5).any() and (cap == 0.5).all()


def test_the_watch_sees_a_change(monkeypatch):
    def careless_draw(probability, *_):
        probability[0] = 1.0

    monkeypatch.setattr(careless_draw, "__module__", draw.__name__)
    monkeypatch.setattr(draw, "careless", careless_draw, raising=False)
    seen = Watch(monkeypatch, ["shotspotter_connect_plugin.patrol"])
    with pytest.raises(ValueError):
        draw.careless(np.zeros(3))
    frame = pd.DataFrame({"chance": [0.5, 0.5]})
    careless_of_frames = Watch.__dict__["_wrap"](seen, lambda frame: frame.insert(0, "more", 1), "of.frames")
    careless_of_frames(frame)
    assert len(seen.changed) == 2


Marks = Annotated[pd.DataFrame, Rows("Marks", columns(("box_id", "text", "Box"), ("mark", "real", "Mark, 0 to 1")))]


def give_back(frame: Marks | None, more: Marks | None = None) -> tuple[Marks, int]:
    return (frame if more is None else more), 1


def test_the_watch_sees_a_frame_without_its_columns(monkeypatch):
    seen = Watch(monkeypatch, ["shotspotter_connect_plugin.patrol"])
    watched = Watch.__dict__["_wrap"](seen, give_back, "give.back")
    whole, half = pd.DataFrame({"box_id": ["a"], "mark": [0.5], "more": [1]}), pd.DataFrame({"box_id": ["a"]})
    watched(whole, None)
    assert seen.undeclared == [] and seen.never_met == sorted(
        name for name in seen.declared if not name.startswith("give.back"))
    watched(whole, more=half)
    assert [text.split(":")[0] for text in seen.undeclared] == ["give.back more", "give.back return"]
    assert "lacks mark" in seen.undeclared[0]
    watched(whole.assign(mark="high"))
    assert seen.undeclared[2:] and all("mark is declared real" in text for text in seen.undeclared[2:])


def test_the_watch_sees_a_record_whose_frame_lacks_a_column(monkeypatch):
    seen = Watch(monkeypatch, ["shotspotter_connect_plugin.patrol"])
    kept = dataclasses.make_dataclass("Kept", [("marks", Marks)])
    kept.__module__ = draw.__name__
    watched = Watch.__dict__["_wrap"](seen, lambda record: record, "give.record")
    watched(kept(pd.DataFrame({"box_id": ["a"], "mark": [0.5]})))
    assert seen.undeclared == []
    watched(kept(pd.DataFrame({"box_id": ["a"]})))
    assert len(seen.undeclared) == 2 and "marks lacks mark" in seen.undeclared[0]
