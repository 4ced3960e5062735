"""Metrics of exposure against known values, and the replay of lotteries under caps."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.patrol import cap_cost, metering
from shotspotter_connect_plugin.patrol.limits import WINDOWS
from shotspotter_connect_plugin.patrol.patrol_exposure import (breaches_of_rest, by_group, classes, effective_number,
                                                               gini, longest_streak, lorenz, lowest_to_highest,
                                                               most_within, per_thousand, relative)
from shotspotter_connect_plugin.workspace.store.settings import Settings

amounts = st.lists(st.one_of(st.just(0.0), st.floats(0.01, 1e6)), min_size=1, max_size=50)


@pytest.mark.parametrize("values, expected", [
    ([1, 1, 1, 1], 0.0), ([0, 0, 0, 4], 0.75), ([1, 2, 3, 4], 0.25), ([0, 0], 0.0), ([5], 0.0), ([1, 3], 0.25)])
def test_gini_of_known_cases(values, expected):
    assert gini(values) == pytest.approx(expected)


@pytest.mark.parametrize("values, expected", [
    ([1, 1, 1, 1], 4.0), ([0, 0, 0, 4], 1.0), ([0, 0], 0.0), ([1, 1, 2], 2 * np.sqrt(2))])
def test_effective_number_of_known_cases(values, expected):
    assert effective_number(values) == pytest.approx(expected)


@settings(deadline=None)
@given(amounts, st.floats(0.1, 100))
def test_metrics_do_not_depend_on_scale_or_order_and_keep_their_limits(values, scale):
    values = np.array(values)
    assert gini(values) == pytest.approx(gini(values[::-1] * scale), abs=1e-9)
    assert -1e-9 <= gini(values) <= 1 - 1 / values.size + 1e-9
    # Half the mean absolute difference over the mean: the definition, slowly.
    if values.sum():
        slow = np.abs(values[:, None] - values).sum() / (2 * values.size ** 2 * values.mean())
        assert gini(values) == pytest.approx(slow, abs=1e-9)
    number = effective_number(values)
    assert number == pytest.approx(effective_number(values[::-1] * scale))
    assert (values > 0).any() <= number <= (values > 0).sum() + 1e-9


def test_what_is_no_amount_is_refused():
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError):
            gini([1.0, wrong])


@settings(deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), max_size=30), st.integers(1, 9))
def test_streaks_and_windows_are_those_counted_by_hand(rows, periods):
    served = np.array(rows, dtype=bool).reshape(-1, 3)
    for box in range(3):
        text = "".join("x" if row[box] else " " for row in served)
        assert longest_streak(served)[box] == max((len(run) for run in text.split()), default=0)
        sums = [served[max(end - periods, 0):end, box].sum() for end in range(1, len(served) + 1)]
        assert most_within(served, periods)[box] == max(sums, default=0)


# Minutes to a millionth: numbers near the smallest that a computer knows cannot be shared among residents.
minutes = st.floats(0, 1e4).map(lambda value: round(value, 6))
people = st.lists(st.tuples(minutes, st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=30)


@settings(deadline=None)
@given(people)
def test_a_lorenz_curve_rises_from_nothing_to_all_below_the_line_of_equality(rows):
    amounts, weights = (np.array([row[k] for row in rows], dtype=float) for k in (0, 1))
    x, y = lorenz(amounts, weights)
    assert x[0] == y[0] == 0 and x[-1] == y[-1] == pytest.approx(1.0)
    assert (np.diff(x) >= 0).all() and (np.diff(y) >= 0).all() and (y <= x + 1e-9).all()
    assert -1e-9 <= gini(amounts, weights) <= 1
    # A box of three residents counts like three boxes of one that share its minutes.
    many = np.repeat(amounts / np.maximum(weights, 1), weights.astype(int))
    if weights.all():
        assert gini(amounts, weights) == pytest.approx(gini(many), abs=1e-6)


@settings(deadline=None)
@given(people)
def test_minutes_fall_on_residents_and_none_are_made_or_lost(rows):
    minutes = pd.Series([row[0] for row in rows])
    residents = pd.DataFrame({"all": [row[1] + row[2] for row in rows], "a": [row[1] for row in rows],
                              "b": [row[2] for row in rows]})
    each = by_group(minutes, residents)
    lived_in = minutes[residents["all"] > 0].sum()
    fallen = (each.fillna(0.0) * residents.sum() / 1000)[["a", "b"]].sum()
    assert fallen == pytest.approx(lived_in)
    if residents["all"].sum():
        assert each["all"] == pytest.approx(1000 * lived_in / residents["all"].sum())
    assert np.isnan(each["a"]) == (residents["a"].sum() == 0)
    if residents["a"].sum() and residents["b"].sum():
        assert min(each["a"], each["b"]) - 1e-9 <= each["all"] <= max(each["a"], each["b"]) + 1e-9


def test_group_exposure_by_hand():
    residents = pd.DataFrame({"all": [100, 50, 0], "g": [25, 50, 0]}, index=["x", "y", "empty"])
    each = by_group(pd.Series({"x": 40.0, "y": 10.0, "empty": 99.0, "elsewhere": 7.0}), residents)
    assert each["all"] == pytest.approx(1000 * 50 / 150) and each["g"] == pytest.approx(1000 * (10 + 10) / 75)
    assert per_thousand([3.0, 1.0], [2000, 0])[0] == 1.5 and np.isnan(per_thousand([3.0, 1.0], [2000, 0])[1])


def test_ratios_by_hand():
    assert relative([30.0, 10.0], [1.0, 1.0]).tolist() == [1.5, 0.5]
    assert np.isnan(relative([1.0, 2.0], [0.0, 5.0])).tolist() == [True, False]
    assert np.isnan(relative([0.0, 0.0], [1.0, 5.0])).all()
    assert lowest_to_highest([4.0, 5.0, np.nan]) == 0.8
    assert np.isnan(lowest_to_highest([4.0])) and np.isnan(lowest_to_highest([0.0, 0.0]))


@settings(deadline=None)
@given(st.lists(st.one_of(st.just(np.nan), st.floats(0, 1e6)), max_size=40), st.integers(1, 6))
def test_classes_of_a_map_hold_every_known_value(values, count):
    edges, which = classes(values, count)
    assert len(edges) < max(count, 1) and edges == sorted(set(edges))
    for value, number in zip(values, which):
        if np.isnan(value):
            assert number == -1
        else:
            assert all(value >= edge for edge in edges[:number]) and all(value < edge for edge in edges[number:])
    if len(edges):
        assert {0, len(edges)} <= set(which)  # the lowest and the highest class are not empty


def test_a_single_value_makes_one_class():
    edges, which = classes([3.0, np.nan, 3.0], 4)
    assert edges == [] and which.tolist() == [0, -1, 0]


@settings(deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=2, max_size=2), min_size=1, max_size=20), st.integers(0, 4))
def test_breaches_of_rest_are_those_counted_by_hand(rows, rest):
    served = np.array(rows, dtype=bool)
    slow = [sum(served[later, box] and served[earlier, box] for box in range(2)
                for earlier in range(max(later - rest, 0), later)) for later in range(len(served))]
    assert breaches_of_rest(served, rest).tolist() == slow


@pytest.fixture(scope="module")
def town():
    rng = np.random.default_rng(5)
    boxes, shifts = 60, 84
    base = rng.gamma(0.3, 1.0, boxes) + 0.01
    harm = base * rng.gamma(20.0, 0.05, (shifts, boxes))
    boxes = pd.DataFrame({"box_id": [f"C{10 + number % 10}R{10 + number // 10}" for number in range(boxes)],
                          "col": np.arange(boxes) % 10, "row": np.arange(boxes) // 10, "inside": 1.0,
                          "beat": ["A"] * 30 + ["B"] * 28 + [None] * 2, "neighbourhood": ["n"] * 15 + ["o"] * 45})
    return harm, rng.poisson(0.05 * harm), np.repeat(np.arange(28), 3), boxes


def rules(shares=None, **changes):
    return metering.rules_of(Settings(**changes), "2024-03-01", "day", 1, shares=shares)


def test_a_lower_cap_covers_less_and_spreads_more(town):
    harm, events, day, boxes = town
    whole = cap_cost.cost_of_caps(harm, events, day, boxes, (0.1, 0.3, 0.5, 1.0), rules())
    table = whole[whole["rules"] == "cap alone"].set_index("cap")
    assert table["covered_harm"].is_monotonic_increasing and table["covered_harm"].between(0.1, 1.0).all()
    assert table["effective_boxes"].is_monotonic_decreasing and table["gini"].is_monotonic_increasing
    assert (table["patrols"] == 2 * 2 * 84).all() and table["boxes_served"].le(58).all()
    strict = whole[whole["rules"] == "all rules"].set_index("cap")
    assert (strict["covered_harm"] <= table["covered_harm"] + 0.01).all()
    assert (strict["most_in_28_days"] <= 16).all() and table["most_in_28_days"].max() > 28
    assert (whole["price_percent"] == 100 * (1 - whole["covered_harm"])).all()
    assert (whole["hit_rate"] == whole["hits"] / events.sum()).all() and (whole["longest_streak"] <= 28).all()
    again = cap_cost.cost_of_caps(harm, events, day, boxes, (0.5,), rules())
    assert again.iloc[0].equals(whole[(whole["cap"] == 0.5) & (whole["rules"] == "all rules")].iloc[0].rename(0))


def test_ways_to_share_patrols_are_compared_with_the_same_boxes(town):
    harm, events, day, boxes = town
    people = {"n": 500.0, "o": 4000.0, "empty": 0.0}
    for own in (rules(), rules(boxes_per_shift=4, least_per_beat=1.0, pace=0.8)):
        table = cap_cost.cost_of_caps(harm, events, day, boxes, (0.5,), own, residents=people).set_index("rules")
        ways = table.iloc[2:]
        assert (ways["cap"] == 0.5).all() and (ways["patrols"] <= 4 * 84).all() and ways["patrols"].min() > 300
        told = cap_cost.choices(own, {"A", "B"})
        assert list(told) == ways.index.tolist() and all(way["cap"] == 0.5 for way in told.values())
        assert told["equal per beat"]["boxes_per_beat"] == 2 and "boxes_per_shift" not in told["equal per beat, paced"]
        assert (told["by harm"]["boxes_per_shift"], told["by harm"]["least_per_beat"]) == (4, 0)
        assert (told["in between"]["boxes_per_shift"], told["in between"]["least_per_beat"]) == (4, 1)
        assert told["by harm, paced"]["pace"] == own.get("pace", 0.85) and "pace" not in told["by harm"]
        for name in ("equal per beat", "in between", "by harm"):
            paced, free = ways.loc[name + ", paced"], ways.loc[name]
            assert paced["busy_without"] < free["busy_without"] and paced["longest_without"] <= free["longest_without"]
    # By hand, of the way that these rules are.
    alike = {**own, "pace": 0.8, "least_per_beat": 1.0}
    chance, _ = cap_cost.replay_lottery(harm, day, boxes, 0.5, alike, 1)
    found = table.loc["all rules"]
    assert found["covered_of_all"] == pytest.approx((chance * harm).sum() / harm.sum())
    minutes = chance.sum(axis=0) * 15 * 2 / 4  # a week, with one return
    each = [1000 * minutes[boxes["neighbourhood"] == name].sum() / people[name] for name in "no"]
    assert [found["minutes_least"], found["minutes_most"]] == pytest.approx(sorted(each))
    busy = chance[:, np.argsort(-np.where(boxes["beat"].notna(), harm.sum(axis=0), -1.0))[:3]] <= 1e-9
    assert found["busy_without"] == pytest.approx(busy.mean())
    assert found["longest_without"] == longest_streak(busy).max()
    assert found["covered_harm"] == pytest.approx((chance * harm).sum() / np.sort(harm[:, :58])[:, -4:].sum())


def test_without_any_rule_the_replay_is_the_most_possible(town):
    harm, events, day, boxes = town
    free = dict(window_7_expected=99.0, window_7_hard=99, window_28_expected=99.0, window_28_hard=99,
                cool_down_shifts=0, lower_risk_share=0.0, focus=10.0)
    table = cap_cost.cost_of_caps(np.full_like(harm, 0.0) + harm[0], events, day, boxes, (1.0,),
                                  rules(boxes_per_beat=1, **free))
    assert table.iloc[0, 2:].equals(table.iloc[1, 2:])
    fixed, beat = np.zeros(60, dtype=bool), boxes["beat"].to_numpy(object)
    for name in "AB":
        fixed[np.flatnonzero(beat == name)[harm[0][beat == name].argmax()]] = True
    assert table["covered_harm"].iloc[0] > 0.9
    assert table["hits"].iloc[0] > 0.8 * events[:, fixed].sum()


def test_the_most_possible_is_each_beats_most_harmful_boxes_the_last_one_in_part():
    boxes = pd.DataFrame({"col": range(5), "row": 0, "beat": ["A"] * 4 + ["B"], "neighbourhood": None})
    harm = np.array([[4.0, 3.0, 2.0, 1.0, 5.0]])
    free = {f"window_{days}_{kind}": 99 for days in WINDOWS for kind in ("expected", "hard")}
    for asked, best in ((1, 9.0), (2, 12.0), (2.5, 13.0), (4, 15.0)):
        own = {**rules(cool_down_shifts=0, lower_risk_share=0.0, focus=0.0, **free), "boxes_per_beat": asked}
        row = cap_cost.cost_of_caps(harm, np.zeros_like(harm), [0], boxes, (1.0,), own).iloc[0]
        # Chances that do not follow harm cover the mean of beat A for each box asked for, and all of beat B.
        assert row["covered_harm"] == pytest.approx((min(asked, 4) * 2.5 + 5.0) / best)
        assert row["hits"] == row["hit_rate"] == 0.0  # nothing happened


def test_the_replay_keeps_every_limit_and_its_odds(town):
    harm, _, day, boxes = town
    beat = boxes["beat"].to_numpy(object)
    strict = rules(window_7_hard=3, window_7_expected=2.0, window_28_hard=7, cool_down_shifts=2)
    chance, drawn = cap_cost.replay_lottery(harm, day, boxes, 0.5, strict, 1)
    by_day = np.zeros((28, 60), dtype=int)
    np.add.at(by_day, day, drawn)
    assert most_within(by_day, 7).max() <= 3 and most_within(by_day, 28).max() <= 7
    expected = np.zeros((28, 60))
    np.add.at(expected, day, chance)
    assert most_within(expected, 7).max() <= 2.0 + 1e-9 and chance.max() <= 0.5
    for gap in (1, 2):
        assert not (drawn[gap:] & drawn[:-gap]).any()
    assert not drawn[:, 58:].any()
    for name in "AB":
        sums, counts = chance[:, beat == name].sum(axis=1), drawn[:, beat == name].sum(axis=1)
        assert ((counts >= np.floor(sums + 1e-9)) & (counts <= np.ceil(sums - 1e-9))).all() and counts[:60].min() == 2
    assert not drawn[chance == 0].any()
    # The odds are realised: frequencies over boxes in ten classes of chance.
    places = np.argsort(chance, axis=None)[-3000:]
    for part in np.array_split(places, 10):
        mean = chance.ravel()[part].mean()
        assert abs(drawn.ravel()[part].mean() - mean) < 4 * np.sqrt(mean * (1 - mean) / part.size) + 1e-9


def test_the_replay_gives_the_chances_of_the_lottery_itself_share_caps_included(town):
    harm, _, day, boxes = town
    for shares in (None, {"n": 0.2}):
        own = rules(shares)
        nothing = metering.PatrolHistory(pd.DataFrame({"box_id": [], "shift_date": []}),
                                         pd.DataFrame({"box_id": [], "shift_date": [], "inclusion_probability": []}))
        drawn = metering.draw_shift(boxes, pd.Series(harm[0], index=boxes["box_id"]), nothing, own, "seed")
        stated = drawn.boxes.set_index("box_id")["inclusion_probability"][boxes["box_id"]].to_numpy()
        chance, _ = cap_cost.replay_lottery(harm[:40], day[:40], boxes, own["cap"], own, 1)
        np.testing.assert_allclose(chance[0], stated, atol=1e-12)
        in_n = chance[:, boxes["neighbourhood"] == "n"].sum(axis=1)
        assert (in_n <= 0.2 * 4 + 1e-8).all() if shares else in_n.max() > 0.8
    table = cap_cost.cost_of_caps(harm[:12], harm[:12], day[:12], boxes, (0.5,), own)
    assert table["covered_harm"].iloc[0] < table["covered_harm"].iloc[1]  # the cap alone knows no shares
