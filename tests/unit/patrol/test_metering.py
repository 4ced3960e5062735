"""Chances: exact sums, caps never bent, more harm never less; windows, rest and plan."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.patrol import metering
from shotspotter_connect_plugin.patrol.draw_record import hash_of_inputs, text_of_inputs
from shotspotter_connect_plugin.patrol.metering import PatrolHistory, inclusion_probabilities
from shotspotter_connect_plugin.workspace.store.settings import Settings

odd_harm = st.lists(st.one_of(st.just(0.0), st.just(1.0), st.floats(1e-12, 1e9), st.floats(0.5, 2.0),
                              st.just(float("nan"))), min_size=1, max_size=40)
likely_harm = st.builds(lambda seed, count, shape: np.random.default_rng(seed).gamma(shape, 1.0, count).round(2),
                        st.integers(0, 10**6), st.integers(8, 80), st.sampled_from([0.1, 0.5, 2.0]))


@st.composite
def beats_of_harm(draw):
    harm = np.array(draw(st.one_of(odd_harm, likely_harm)))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    beat = rng.choice(np.array(["A", "B", None], dtype=object), harm.size, p=[0.6, 0.3, 0.1])
    return dict(harm=harm, beat=beat, eligible=rng.random(harm.size) < draw(st.sampled_from([0.3, 0.9, 1.0])),
                boxes_per_beat=draw(st.sampled_from([0, 1, 2, 5, 1.5])),
                lower_risk_share=draw(st.sampled_from([0.0, 0.1, 0.5, 1.0])),
                focus=draw(st.sampled_from([0.0, 0.5, 1.0, 2.0, 10.0])))


@settings(deadline=None, max_examples=300)
@given(beats_of_harm(), st.sampled_from([0.05, 0.3, 0.5, 1.0]))
def test_sums_are_exact_or_the_cap_says_why_and_order_follows_harm(state, cap):
    chance, shortfalls = inclusion_probabilities(cap=cap, **state)
    harm = np.nan_to_num(state["harm"])
    may = state["eligible"] & (state["beat"] != None)  # noqa: E711 (compares each element)
    assert (chance[~may] == 0).all() and (chance >= 0).all() and (chance <= cap).all()
    short = {shortfall.beat: shortfall for shortfall in shortfalls}
    for name in ("A", "B"):
        members = may & (state["beat"] == name)
        asked, possible = state["boxes_per_beat"], cap * members.sum()
        assert chance[members].sum() == pytest.approx(min(asked, possible), abs=1e-9)
        if name in set(state["beat"]):
            assert (name in short) == (possible < asked - 1e-9)
        if name in short:
            assert short[name].asked - short[name].possible == pytest.approx(asked - possible)
            assert f"Beat {name}" in short[name].sentence
        order = np.argsort(harm[members], kind="stable")
        sorted_harm, sorted_chance = harm[members][order], chance[members][order]
        assert (np.diff(sorted_chance) >= 0).all()
        assert (np.diff(sorted_chance)[np.diff(sorted_harm) == 0] == 0).all()
        if members.any() and possible >= asked:
            floor = min(cap, state["lower_risk_share"] * asked / members.sum())
            assert (chance[members] >= floor - 1e-12).all()
            # Between floor and cap, chance is proportional to harm ** focus.
            between = members & (chance > floor + 1e-9) & (chance < cap - 1e-9) & (harm > 0)
            if between.any():
                k = chance[between] / (harm[between] / harm[members].max()) ** state["focus"]
                np.testing.assert_allclose(k, k[0], rtol=1e-6)


@settings(deadline=None, max_examples=150)
@given(beats_of_harm(), st.integers(0, 10**6))
def test_caps_of_single_boxes_hold_and_sums_stay_exact(state, seed):
    cap = np.random.default_rng(seed).random(state["harm"].size)
    chance, _ = inclusion_probabilities(cap=cap, **state)
    assert (chance <= cap).all()
    for name in ("A", "B"):
        members = state["eligible"] & (state["beat"] == name)
        assert chance[members].sum() == pytest.approx(min(state["boxes_per_beat"], cap[members].sum()), abs=1e-9)


def test_a_worked_example():
    # floor 0.1 * 1 / 4; k * (1 + 4 + 9) + floor = 1 with the last one at its floor
    chance, _ = inclusion_probabilities([1, 2, 3, 0], ["A"] * 4, 1, cap=0.9)
    np.testing.assert_allclose(chance, np.array([1, 4, 9, 0]) * 0.975 / 14 + [0, 0, 0, 0.025])
    capped, _ = inclusion_probabilities([1, 2, 3, 0], ["A"] * 4, 1, cap=0.5)
    np.testing.assert_allclose(capped, [0.475 / 5, 0.475 * 4 / 5, 0.5, 0.025])


def test_beats_may_differ_in_boxes_and_wide_ranges_of_harm_do_not_break_the_sum():
    harm = 10.0 ** np.arange(-60, 60, 2.0)
    chance, shortfalls = inclusion_probabilities(
        harm, ["A"] * 30 + ["B"] * 30, {"A": 3, "B": 7}, 0.5, lower_risk_share=0.0, focus=10.0)
    assert chance[:30].sum() == pytest.approx(3) and chance[30:].sum() == pytest.approx(7) and not shortfalls
    assert (np.diff(chance[:30]) >= 0).all()
    chance, _ = inclusion_probabilities([1.0, 1e-160, 1e-160], ["A"] * 3, 1, 0.5, lower_risk_share=0.0, focus=2.0)
    assert chance.tolist() == [0.5, 0.25, 0.25]


def test_harm_that_is_none_is_refused():
    for wrong in (-1.0, np.inf):
        with pytest.raises(ValueError):
            inclusion_probabilities([wrong], ["A"], 1, 0.5)


def test_harm_weighs_types_and_names_the_dominant_one():
    types = pd.DataFrame({"crime_type": ["robbery", "theft"], "severity": [10.0, 1.0], "effectiveness": [0.5, 1.0]})
    forecasts = pd.DataFrame({
        "box_id": ["C1R1", "C1R1", "C2R1", "C2R1", "C1R1"],
        "crime_type": ["theft", "robbery", "robbery", "theft", "vandalism"],
        "expected": [0.2, 0.1, 0.01, 0.05, 9.0], "low": [0.1, 0.05, 0.0, 0.02, 8.0], "high": [0.4, 0.3, 0.1, 0.1, 9.5]})
    found = metering.harm_by_box(forecasts, types)
    assert found["harm"].to_dict() == pytest.approx({"C1R1": 0.7, "C2R1": 0.1})
    assert found["crime_type"].to_dict() == {"C1R1": "robbery", "C2R1": "robbery"}  # a tie goes to the first type
    assert found.loc["C1R1", ["chance_low", "chance", "chance_high"]].tolist() == pytest.approx(
        [1 - np.exp(-0.15), 1 - np.exp(-0.3), 1 - np.exp(-0.7)])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-40, 40), st.floats(0, 1)), max_size=60), st.integers(1, 28))
def test_the_fullest_window_is_found(events, days):
    shift_date = pd.Timestamp("2024-03-01")
    frame = pd.DataFrame({"box_id": [f"C{box}R0" for box, _, _ in events],
                          "shift_date": [str((shift_date + pd.Timedelta(days=day)).date()) for _, day, _ in events],
                          "p": [amount for _, _, amount in events]})
    ids = ["C0R0", "C1R0", "C2R0", "C9R9"]
    for amount in (None, "p"):
        found = metering.most_in_window(ids, frame, "2024-03-01", days, amount)
        for box, most in zip(ids, found):
            sums = [sum(1 if amount is None else weight for other, day, weight in events
                        if f"C{other}R0" == box and start <= day < start + days) for start in range(1 - days, 1)]
            assert most == pytest.approx(max(sums))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-27, 27), st.floats(0, 1)), max_size=60))
def test_sums_of_blocks_have_the_same_fullest_windows(events):
    shift_date = pd.Timestamp("2024-03-01")
    frame = pd.DataFrame({"box_id": [f"C{box}R0" for box, _, _ in events],
                          "shift_date": [str((shift_date + pd.Timedelta(days=day)).date()) for _, day, _ in events],
                          "p": [amount for _, _, amount in events]})
    blocks = metering.window_blocks(frame["shift_date"], "2024-03-01")
    summed = frame.assign(block=blocks).groupby(["block", "box_id"], as_index=False)["p"].sum()
    summed["shift_date"] = summed["block"].map(frame.groupby(blocks)["shift_date"].min())
    ids = [f"C{box}R0" for box in range(4)]
    for days in metering.WINDOWS:
        np.testing.assert_allclose(metering.most_in_window(ids, summed, "2024-03-01", days, "p"),
                                   metering.most_in_window(ids, frame, "2024-03-01", days, "p"), atol=1e-12)
    if all(day <= 0 for _, day, _ in events):
        assert len(set(blocks)) <= len(metering.WINDOWS)  # nothing planned later: one sum per window is enough


def city(side=8, beats=2):
    boxes = pd.DataFrame([(f"C{col}R{row}", f"B{col * beats // side}{row * beats // side}", 1.0)
                          for col in range(side) for row in range(side)], columns=["box_id", "beat", "inside"])
    rng = np.random.default_rng(8)
    return boxes, pd.Series(rng.gamma(0.4, 1.0, len(boxes)), index=boxes["box_id"])


def rules(number=1, shift_date="2024-03-01", shift="day", **changes):
    return metering.rules_of(Settings(**changes), shift_date, shift, number)


NOTHING = PatrolHistory(pd.DataFrame({"box_id": [], "shift_date": []}),
                        pd.DataFrame({"box_id": [], "shift_date": [], "inclusion_probability": []}))


def test_each_box_that_cannot_be_drawn_says_why():
    boxes, harm = city()
    boxes.loc[0, "beat"] = None
    boxes.loc[1, "inside"] = 0.01
    harm = harm.drop(boxes.loc[2, "box_id"])
    day = ["2024-02-2" + str(day) for day in range(5, 10)]
    history = PatrolHistory(
        pd.DataFrame({"box_id": boxes.loc[5, "box_id"], "shift_date": day}),
        pd.DataFrame({"box_id": boxes.loc[[6] * 8 + [7] * 7, "box_id"], "shift_date": "2024-02-27",
                      "inclusion_probability": 0.5}),
        frozenset([boxes.loc[3, "box_id"]]), frozenset([boxes.loc[4, "box_id"]]))
    drawn = metering.draw_shift(boxes, harm, history, rules(), "seed")
    table = drawn.boxes.set_index("box_id").loc[boxes["box_id"]]
    assert table["why_not"].tolist()[:7] == [
        "in no beat", "too little of it inside the jurisdiction", "no forecast", "cooling down", "added by hand",
        "most patrols in 7 days reached", "expected patrols in 7 days used up"]
    assert not table["eligible"][:7].any() and (table["inclusion_probability"][:7] == 0).all()
    assert table["draw_rank"][:7].isna().all() and not table["selected"][:7].any()
    assert table["eligible"][7:].all() and table["why_not"][7:].isna().all()
    assert table["cap"].iloc[7] == pytest.approx(0.5)
    assert table["selected"].sum() == 8 and sorted(drawn.reserve) == ["B00", "B01", "B10", "B11"]


def test_what_placed_squares_left_is_drawn_from_a_tenth_of_a_box_on():
    boxes, _ = city()
    boxes["inside"] = np.where(np.arange(len(boxes)) < 3, [0.09, 0.1, 0.09] + [0.0] * (len(boxes) - 3), 1.0)
    boxes.loc[:1, "box_id"] = ["C0R0~abcdef", "C0R1~abcdef"]
    harm = pd.Series(1.0, index=boxes["box_id"])
    table = metering.draw_shift(boxes, harm, NOTHING, rules(), "seed").boxes.set_index("box_id")
    assert table.loc[boxes["box_id"], "why_not"].fillna("").tolist()[:4] == [
        "too little of it is left beside placed boxes", "", "", ""]


SMALL = dict(window_7_expected=1.5, window_7_hard=2, window_28_expected=3.0, window_28_hard=4, cool_down_shifts=2,
             boxes_per_beat=1, focus=6.0)


@pytest.mark.parametrize("shuffled", [False, True])
def test_caps_and_rest_hold_over_weeks_in_any_order_of_metering(shuffled):
    boxes, harm = city(8, 1)
    dates = pd.date_range("2024-01-01", periods=35).strftime("%Y-%m-%d")
    slots = [(date, shift) for date in dates for shift in ("day", "night")]
    order = np.random.default_rng(1).permutation(len(slots)) if shuffled else range(len(slots))
    patrols, chances, reasons = [], [], set()
    for place in order:
        near = [patrol for patrol in patrols if 0 < abs(patrol["place"] - place) <= 2]
        history = PatrolHistory(pd.DataFrame(patrols, columns=["box_id", "shift_date", "place"]),
                                pd.concat(chances) if chances else NOTHING.chances,
                                frozenset(patrol["box_id"] for patrol in near))
        now = rules(1, *slots[place], **SMALL)
        drawn = metering.draw_shift(boxes, harm, history, now, f"seed {place}")
        assert drawn.boxes["selected"].sum() == 1 and not drawn.shortfalls
        reasons |= set(drawn.boxes["why_not"].dropna())
        patrols += [{"box_id": box, "shift_date": slots[place][0], "place": place}
                    for box in drawn.boxes.loc[drawn.boxes["selected"], "box_id"]]
        chances.append(drawn.boxes[["box_id", "inclusion_probability"]].assign(shift_date=slots[place][0]))
    counted = pd.crosstab(pd.DataFrame(patrols)["box_id"], pd.DataFrame(patrols)["shift_date"]).reindex(columns=dates)
    expected = pd.concat(chances).pivot_table("inclusion_probability", "box_id", "shift_date", "sum")
    expected = expected.reindex(columns=dates)
    for days in (7, 28):
        assert counted.fillna(0).T.rolling(days).sum().max().max() <= SMALL[f"window_{days}_hard"]
        assert expected.T.rolling(days).sum().max().max() <= SMALL[f"window_{days}_expected"] + 1e-9
    for box, places in pd.DataFrame(patrols).groupby("box_id")["place"]:
        assert (np.diff(np.sort(places)) > 2).all()
    assert "cooling down" in reasons and "expected patrols in 7 days used up" in reasons


def test_what_cannot_be_had_is_said_and_not_bent():
    boxes, harm = city(8, 4)  # beats of four boxes
    drawn = metering.draw_shift(boxes, harm, NOTHING, rules(boxes_per_beat=3, cap=0.5), "seed")
    assert len(drawn.shortfalls) == 16
    assert drawn.shortfalls[0].sentence == (
        "Beat B00: 3 boxes were asked for, but the 4 boxes that may be drawn may each be patrolled only so often, "
        "which allows 2 on average, 1 fewer.")
    assert (drawn.boxes["inclusion_probability"] == 0.5).all() and drawn.boxes["selected"].sum() == 32


@pytest.mark.parametrize("boxes, cap", [(-1, None), (None, 0.0), (None, 1.5), (None, float("nan"))])
def test_rules_out_of_range_are_refused(boxes, cap):
    with pytest.raises(ConnectError):
        metering.rules_of(Settings(), "2024-03-01", "day", 1, boxes=boxes, cap=cap)


def test_the_plan_goes_from_most_harm_to_the_nearest():
    selected = pd.DataFrame({"box_id": ["C0R0", "C9R0", "C1R1", "C5R0", "C7R7"], "beat": ["A", "A", "A", "A", "B"],
                             "harm": [1.0, 3.0, 2.0, 0.5, 1.0], "inclusion_probability": 0.5})
    by_box = pd.DataFrame({"crime_type": "theft", "chance": 0.1, "chance_low": 0.05, "chance_high": 0.2},
                          index=selected["box_id"])
    plan = metering.patrols_of_draw(selected, by_box, rules())
    assert plan[["beat", "box_id", "visit_order"]].values.tolist() == [
        ["A", "C9R0", 1], ["A", "C5R0", 2], ["A", "C1R1", 3], ["A", "C0R0", 4], ["B", "C7R7", 1]]
    assert (plan["target_minutes"] == 15).all() and (plan["returns"] == 1).all() and (plan["chance_high"] == 0.2).all()
    assert metering.patrols_of_draw(selected.iloc[:0], by_box, rules()).empty


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("kind", [object, None, "string", "category"])
def test_the_text_of_the_inputs_is_what_the_documentation_says(nothing, kind):
    """Whatever stands for a missing text, in whichever kind of column of whichever pandas."""
    boxes = pd.DataFrame({"box_id": ["C2R1", "C10R1"], "beat": pd.Series(["Süd \"1\"", nothing], dtype=kind),
                          "harm": [0.5, np.nan], "eligible": [True, False],
                          "why_not": pd.Series([nothing, "in no beat"], dtype=kind), "cap": [0.5, -0.0],
                          "inclusion_probability": [0.1, 0.0]})
    assert text_of_inputs({"cap": 0.5, "shift": "day", "a": 2}, boxes) == (
        '[["a","4000000000000000"],["cap","3fe0000000000000"],["shift","day"]]\n'
        '["C10R1",null,null,false,"in no beat","0000000000000000","0000000000000000"]\n'
        '["C2R1","Süd \\"1\\"","3fe0000000000000",true,null,"3fe0000000000000","3fb999999999999a"]\n')


@settings(deadline=None)
@given(st.integers(0, 63), st.sampled_from(["beat", "harm", "eligible", "why_not", "cap", "inclusion_probability"]))
def test_any_change_of_the_inputs_changes_their_hash(place, column):
    boxes, harm = city()
    drawn = metering.draw_shift(boxes, harm, NOTHING, rules(), "seed")
    assert hash_of_inputs(rules(), drawn.boxes) == drawn.inputs_hash
    assert hash_of_inputs(rules(), drawn.boxes.sample(frac=1, random_state=1)) == drawn.inputs_hash
    changed = drawn.boxes.copy()
    value = changed.loc[place, column]
    other = {"beat": "elsewhere", "why_not": "because", "eligible": not value}.get(column)
    changed.loc[place, column] = np.nextafter(value, 2.0) if other is None else other
    assume(changed.loc[place, column] != value)
    assert hash_of_inputs(rules(), changed) != drawn.inputs_hash
    assert hash_of_inputs(rules(number=2), drawn.boxes) != drawn.inputs_hash


def test_how_much_harm_the_chances_reach_is_told_as_a_share():
    told = metering.HarmReached(0.5, 2.0).sentence
    assert told.startswith("The chances cover 25 % of the most harm") and "(0.5 of 2)" in told
    assert metering.HarmReached(0.5, None).sentence == metering.HarmReached(0.0, 0.0).sentence == ""


def test_a_box_without_a_forecast_has_no_harm_to_reach():
    boxes = pd.DataFrame({"beat": "B", "harm": [3.0, np.nan, 1.0], "eligible": True, "cap": 0.5,
                          "inclusion_probability": [0.5, 0.5, 0.25]})
    found = metering.harm_reached(boxes, {"boxes_per_beat": 1.0, "cap": 0.5})
    assert found.reached == pytest.approx(1.75)
    pytest.importorskip("scipy")
    assert found.most == pytest.approx(2.0)


def test_a_box_with_one_forecast_has_the_harm_of_it_and_one_without_values_has_none():
    types = pd.DataFrame({"crime_type": ["theft", "robbery"], "severity": 2.0, "effectiveness": 0.5})
    forecasts = pd.DataFrame({"box_id": ["C1R1", "C2R1"], "crime_type": "theft", "expected": [0.3, np.nan],
                              "low": [0.1, np.nan], "high": [0.5, np.nan]})
    found = metering.harm_by_box(forecasts, types)["harm"]
    assert found["C1R1"] == pytest.approx(0.3) and np.isnan(found["C2R1"])


def test_boxes_that_may_not_be_drawn_neither_add_to_what_a_beat_can_have_nor_take_from_it():
    boxes = pd.DataFrame({"beat": ["A", "A", "A", "B"], "eligible": [True, True, False, False], "cap": 0.5})
    lacking, empty = metering.shortfalls_of(boxes, {"boxes_per_beat": 2.0})
    assert (lacking.beat, lacking.possible, lacking.boxes) == ("A", 1.0, 2)
    assert (empty.beat, empty.possible, empty.boxes) == ("B", 0.0, 0)
    assert metering.shortfalls_of(boxes[:3], {"boxes_per_beat": 1.0}) == []
