"""Share caps of neighbourhoods, minutes of units, and the linear program above the lottery."""
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.patrol import metering
from shotspotter_connect_plugin.patrol.draw_record import hash_of_inputs
from shotspotter_connect_plugin.patrol.harm_bound import harm_upper_bound
from shotspotter_connect_plugin.patrol.metering import inclusion_probabilities, share_caps
from shotspotter_connect_plugin.workspace.store.settings import Settings


@st.composite
def cities(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    count = draw(st.integers(6, 80))
    beat = rng.choice(np.array(["A", "B", "C", None], dtype=object), count, p=[0.4, 0.3, 0.2, 0.1])
    beat[:3] = ["A", "B", "C"]
    return dict(
        harm=rng.gamma(draw(st.sampled_from([0.2, 1.0])), 1.0, count) * (rng.random(count) < 0.9), beat=beat,
        neighbourhood=rng.choice(np.array(["n", "o", "p", None], dtype=object), count, p=[0.5, 0.2, 0.2, 0.1]),
        boxes_per_beat=draw(st.sampled_from([0, 1, 2, 3])), cap=draw(st.sampled_from([0.2, 0.5, 1.0])),
        shares={name: draw(st.sampled_from([0.0, 0.1, 0.3, 0.6, 1.0])) for name in draw(
            st.lists(st.sampled_from("nopq"), unique=True, max_size=4))},
        lower_risk_share=draw(st.sampled_from([0.0, 0.1, 1.0])), focus=draw(st.sampled_from([0.0, 1.0, 2.0])),
        eligible=rng.random(count) < 0.9)


def chances(city, cap):
    names = ("harm", "beat", "boxes_per_beat", "lower_risk_share", "focus", "eligible")
    return inclusion_probabilities(cap=cap, **{name: city[name] for name in names})


def caps_held(harm, beat, neighbourhood, shares, boxes_per_beat, cap, **more):
    """(caps, limited neighbourhoods) where every beat has the same number of boxes."""
    beats = {name for name in beat if name is not None}
    return share_caps(lambda lowered: inclusion_probabilities(harm, beat, boxes_per_beat, lowered, **more)[0], beat,
                      neighbourhood, shares, boxes_per_beat * len(beats), cap)


@settings(deadline=None, max_examples=300)
@given(cities())
def test_no_neighbourhood_expects_more_than_its_share_and_nothing_else_gives_way(city):
    cap, limited = caps_held(**city)
    chance, shortfalls = chances(city, cap)
    before, already_short = chances(city, city["cap"])
    asked = 3 * city["boxes_per_beat"]
    for name, share in city["shares"].items():
        assert chance[city["neighbourhood"] == name].sum() <= share * asked + 1e-8
    assert (chance <= city["cap"]).all() and (chance <= cap + 1e-12).all() and (cap >= 0).all()
    held = {item.neighbourhood for item in limited}
    assert len(held) == len(limited) and all(item.expected > item.allowed for item in limited)
    # Only the held neighbourhoods have lower caps, and they stand at their shares.
    free = ~np.isin(city["neighbourhood"].astype(str), list(held))
    assert (cap[free] == city["cap"]).all()
    for name in held:
        assert chance[city["neighbourhood"] == name].sum() == pytest.approx(city["shares"][name] * asked, abs=1e-8)
    if not held:
        np.testing.assert_array_equal(chance, before)
    # Beats are full, or it is said which are not.
    short = {item.beat for item in shortfalls}
    may = city["eligible"] & (city["beat"] != None)  # noqa: E711
    for name in "ABC":
        total = chance[may & (city["beat"] == name)].sum()
        assert total == pytest.approx(city["boxes_per_beat"]) or name in short
    if not limited:
        assert short == {item.beat for item in already_short}


def test_a_worked_example_of_a_share_cap():
    # Two beats of one box each; n holds all of A's harm and half of B's, and may have half a box of the two.
    harm, beat = [3.0, 1.0, 1.0, 1.0], ["A", "A", "B", "B"]
    around = ["n", None, "n", None]
    cap, limited = caps_held(harm, beat, around, {"n": 0.25}, 1, 1.0, lower_risk_share=0.0, focus=1.0)
    chance, shortfalls = inclusion_probabilities(harm, beat, 1, cap, lower_risk_share=0.0, focus=1.0)
    np.testing.assert_allclose(chance, [0.3, 0.7, 0.2, 0.8])  # 0.75 and 0.5, both times 0.4
    assert not shortfalls and limited[0].sentence == (
        "Neighbourhood n: 1.25 boxes would have been expected, its share cap allows 0.5; the rest went to other "
        "neighbourhoods of the same beats.")


def test_a_beat_that_lies_in_one_neighbourhood_keeps_its_boxes_while_another_can_give_way():
    harm, beat = np.ones(6), ["A", "A", "B", "B", "B", "B"]
    around = ["n", "n", "n", "n", None, None]
    cap, _ = caps_held(harm, beat, around, {"n": 0.6}, 1, 1.0, lower_risk_share=0.0)
    chance, shortfalls = inclusion_probabilities(harm, beat, 1, cap, lower_risk_share=0.0)
    np.testing.assert_allclose(chance, [0.5, 0.5, 0.1, 0.1, 0.4, 0.4])
    assert not shortfalls
    cap, _ = caps_held(harm, beat, around, {"n": 0.4}, 1, 1.0, lower_risk_share=0.0)
    chance, shortfalls = inclusion_probabilities(harm, beat, 1, cap, lower_risk_share=0.0)
    assert chance[:4].sum() == pytest.approx(0.8)
    assert shortfalls[0].sentence.startswith("Beat A: 1 box was asked for") and "0.2 fewer" in shortfalls[0].sentence


def test_units_without_minutes_for_all_boxes_limit_them():
    changed = dict(boxes_per_beat=5, minutes_per_unit=120.0, travel_minutes=5.0)
    for units, returns, boxes in ((0, 1, 5), (1, 1, 3), (1, 0, 5), (2, 1, 5), (1, 3, 1), (1, 7, 0)):
        rules = metering.rules_of(Settings(units_per_beat=units, returns=returns, **changed), "2024-03-01", "day", 1)
        assert (rules["boxes_per_beat"], rules["boxes_asked"]) == (boxes, 5)


@settings(deadline=None, max_examples=150)
@given(cities())
def test_the_lottery_is_feasible_in_the_linear_program_and_never_above_it(city):
    pytest.importorskip("scipy")
    cap, _ = caps_held(**city)
    chance, _ = chances(city, cap)
    most = np.where(city["eligible"] & (city["beat"] != None), city["cap"], 0.0)  # noqa: E711
    bound = harm_upper_bound(city["harm"], city["beat"], city["boxes_per_beat"], most, city["neighbourhood"],
                             city["shares"])
    reached = (chance * city["harm"]).sum()
    assert reached <= bound * (1 + 1e-6) + 1e-12
    # Every constraint of the program holds for the lottery's chances.
    assert (chance <= most + 1e-12).all()
    for name in "ABC":
        assert chance[city["beat"] == name].sum() <= city["boxes_per_beat"] + 1e-9
    # Tight: all on the most harmful boxes is the best there is when nothing spreads.
    greedy = 0.0
    for name in "ABC":
        left = city["boxes_per_beat"]
        for where in np.argsort(-city["harm"]):
            if city["beat"][where] == name:
                greedy += min(left, most[where]) * city["harm"][where]
                left -= min(left, most[where])
    free = harm_upper_bound(city["harm"], city["beat"], city["boxes_per_beat"], most)
    assert free == pytest.approx(greedy, rel=1e-6, abs=1e-12) and bound <= free * (1 + 1e-6) + 1e-12


def test_the_bound_takes_any_size_of_harm_and_nothing_at_all():
    pytest.importorskip("scipy")
    beat = np.array(["A", "A", "B"], dtype=object)
    for scale in (1e-12, 1.0, 1e9):
        assert harm_upper_bound(scale * np.array([1.0, 2.0, 3.0]), beat, 1,
                                np.full(3, 0.5)) == pytest.approx(3.0 * scale)
    assert harm_upper_bound([0.0, np.nan, 0.0], beat, 1, np.full(3, 0.5)) == 0.0
    assert harm_upper_bound(np.ones(3), np.full(3, None), 1, np.full(3, 0.5)) == 0.0


def test_a_draw_holds_shares_and_knows_its_bound():
    side = 8
    boxes = pd.DataFrame([(f"C{col}R{row}", f"B{col // 4}", 1.0, "n" if row < 4 else "o") for col in range(side)
                          for row in range(side)], columns=["box_id", "beat", "inside", "neighbourhood"])
    harm = pd.Series(np.random.default_rng(3).gamma(0.5, 1.0, 64), index=boxes["box_id"])
    nothing = metering.PatrolHistory(pd.DataFrame({"box_id": [], "shift_date": []}),
                                     pd.DataFrame({"box_id": [], "shift_date": [], "inclusion_probability": []}))
    rules = metering.rules_of(Settings(), "2024-03-01", "day", 1, shares={"n": 0.0625})
    drawn = metering.draw_shift(boxes, harm, nothing, rules, "seed")
    table = drawn.boxes.merge(boxes[["box_id", "neighbourhood"]], on="box_id")
    expected = table.groupby("neighbourhood")["inclusion_probability"].sum()
    assert expected.to_dict() == pytest.approx({"n": 0.25, "o": 3.75})
    assert drawn.limited[0].neighbourhood == "n" and metering.shares_of(rules) == {"n": 0.0625}
    assert 0.3 * drawn.harm_reached.most < drawn.harm_reached.reached < drawn.harm_reached.most
    free = metering.draw_shift(boxes, harm, nothing, metering.rules_of(Settings(), "2024-03-01", "day", 1), "seed")
    assert free.harm_reached.most > drawn.harm_reached.most and not free.limited


def test_rules_and_boxes_hash_to_what_they_always_did():
    """The hash and the boxes were found on 30 November 2026, when share caps were plain texts in the rules."""
    rules = {"format": "connect draw 1", "shift_date": "2017-12-14", "shift": "evening", "draw": 1, "boxes_asked": 2,
             "boxes_per_beat": 2, "cap": 0.5, "lower_risk_share": 0.1, "focus": 2.0, "cool_down_shifts": 1,
             "min_inside": 0.05, "min_land": 0.2, "target_minutes": 15, "on_target_high": 20, "returns": 1,
             "window_7_expected": 4, "window_7_hard": 5, "window_28_expected": 14, "window_28_hard": 16,
             "share_cap: Shaw": 0.25, "share_cap: share_cap: odd: é": 0.5}
    shares = {"Shaw": 0.25, "share_cap: odd: é": 0.5}
    made = metering.rules_of(replace(Settings(), units_per_beat=0), "2017-12-14", "evening", 1, shares=shares)
    assert metering.shares_of(rules) == shares and list(made)[-2:] == list(rules)[-2:] and set(made) == set(rules)
    boxes = pd.DataFrame({"box_id": [f"C{number % 6}R{number // 6}" for number in range(24)],
                          "beat": ["101"] * 12 + ["102"] * 12, "inside": 1.0,
                          "neighbourhood": ["Shaw"] * 8 + ["share_cap: odd: é"] * 8 + [None] * 8})
    nothing = metering.PatrolHistory(pd.DataFrame({"box_id": [], "shift_date": []}),
                                     pd.DataFrame({"box_id": [], "shift_date": [], "inclusion_probability": []}))
    drawn = metering.draw_shift(boxes, pd.Series(np.arange(1, 25) / 7.0, index=boxes["box_id"]), nothing, rules,
                                "ab" * 32)
    # Chances of sixteenths, since the last bit of a computed one is not the same on every machine.
    table = drawn.boxes.assign(cap=0.5, inclusion_probability=np.resize([1, 2, 3, 4, 3, 3], 24) / 16.0)
    table.loc[table["beat"] == "102", "eligible"] = False
    table.loc[table["beat"] == "102", ["inclusion_probability", "why_not"]] = [0.0, "cooling down"]
    found = hash_of_inputs(rules, table)
    assert found == "11458cc0c0372347202a8ca19ad542e246cba55a2e67478c64ff34a8aba7aec6"
    selected = metering.draw_from_chances(table, "ab" * 32, found)[1]
    assert table.loc[selected, "box_id"].tolist() == ["C2R0", "C3R1"]
