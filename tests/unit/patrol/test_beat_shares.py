"""Boxes of beats: one total shared by harm between bounds, numbers of their own, and the draw that keeps both."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.patrol import metering
from shotspotter_connect_plugin.patrol.beat_shares import (boxes_asked, boxes_of_beats, caps_of_quiet, chances_of_shift,
                                                           least_asked)
from shotspotter_connect_plugin.patrol.draw import pivotal
from shotspotter_connect_plugin.patrol.harm_bound import harm_upper_bound
from shotspotter_connect_plugin.patrol.seeds import Uniforms
from shotspotter_connect_plugin.patrol.verify import problems_of_replay
from shotspotter_connect_plugin.workspace.store.settings import Settings

NOTHING = metering.PatrolHistory(pd.DataFrame({"box_id": [], "shift_date": []}),
                                 pd.DataFrame({"box_id": [], "shift_date": [], "inclusion_probability": []}))


def rules_for(boxes=None, shift="day", **changes):
    return metering.rules_of(Settings(**changes), "2024-03-01", shift, 1, boxes=boxes)


def test_sums_over_beats_are_the_same_to_the_bit_in_any_order():
    rules = {"boxes_per_beat": 2.0, "beat_boxes: A": 0.1, "beat_boxes: B": 0.2, "beat_boxes: C": 0.3}
    for names in ("ABC", "CBA", "BCA"):
        assert boxes_asked(rules, names) == boxes_asked(rules, "ABC") == least_asked(rules, names)


@st.composite
def shifts(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    count = draw(st.integers(3, 90))
    beat = rng.choice(np.array(["A", "B", "C", "D", None], dtype=object), count, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    harm = rng.gamma(draw(st.sampled_from([0.1, 0.5, 2.0])), 1.0, count) * (rng.random(count) < 0.8)
    harm[rng.random(count) < 0.05] = np.nan
    eligible = (rng.random(count) < draw(st.sampled_from([0.3, 0.9, 1.0]))) & ~np.isnan(harm)
    cap = np.where(eligible, draw(st.sampled_from([0.1, 0.5, 1.0])) * rng.choice([1.0, 0.3], count), 0.0)
    least = draw(st.sampled_from([0.0, 0.5, 1.0, 3.0]))
    rules = rules_for(
        boxes_per_shift=draw(st.integers(1, 25)), least_per_beat=least,
        most_per_beat=draw(st.sampled_from([0.0, max(least, 0.7), 4.0])), focus=draw(st.sampled_from([0.0, 2.0])),
        lower_risk_share=draw(st.sampled_from([0.0, 0.1, 1.0])),
        beat_boxes=draw(st.sampled_from([{}, {"A": 2}, {"A": 0, "C": {"day": 3}}, {"B": {"night": 9}}])))
    return harm, beat, cap, eligible, rules


@settings(deadline=None, max_examples=300)
@given(shifts())
def test_a_total_is_shared_between_least_and_most_in_proportion_to_harm_and_sums_exactly(shift):
    harm, beat, cap, eligible, rules = shift
    boxes, short = boxes_of_beats(harm, beat, cap, eligible, rules)
    total, least = rules["boxes_per_shift"], rules["least_per_beat"]
    most = rules.get("most_per_beat", np.inf)
    names = sorted({name for name in beat if name})
    assert list(boxes) == names
    may = eligible & np.array([name is not None for name in beat])
    own = {name: rules[f"beat_boxes: {name}"] for name in names if f"beat_boxes: {name}" in rules}
    possible = {name: cap[may & (beat == name)].sum() for name in names}
    high = {name: min(own.get(name, most), possible[name]) for name in names}
    low = {name: min(own.get(name, min(least, most)), high[name]) for name in names}
    assert sum(boxes.values()) == pytest.approx(min(total, sum(high.values())), abs=1e-9)
    lacking = {item.beat: item for item in short}
    assert ("" in lacking) == (sum(high.values()) < total - 1e-9)
    for name in names:
        assert boxes[name] <= high[name] + 1e-9
        wanted = min(own.get(name, min(least, most)), own.get(name, most))
        assert (name in lacking) == (possible[name] < wanted - 1e-9)
        if sum(low.values()) <= total:
            assert boxes[name] >= low[name] - 1e-9
    # Between their bounds, numbers are as the sums of harm of what may be drawn.
    sums = {name: np.nansum(harm[may & (beat == name)]) for name in names}
    free = [name for name in names if low[name] + 1e-9 < boxes[name] < high[name] - 1e-9 and sums[name] > 0]
    if sum(low.values()) < total:
        for name in free[1:]:
            assert boxes[name] / sums[name] == pytest.approx(boxes[free[0]] / sums[free[0]], rel=1e-6)


@settings(deadline=None, max_examples=200)
@given(shifts(), st.integers(0, 10**6))
def test_each_draw_has_its_total_and_every_beat_floor_or_ceiling(shift, seed):
    harm, beat, cap, eligible, rules = shift
    chance, short = chances_of_shift(harm, beat, cap, eligible, rules)
    assert (chance >= 0).all() and (chance <= cap).all() and (chance[~eligible] == 0).all()
    boxes, _ = boxes_of_beats(harm, beat, cap, eligible, rules)
    col, row = np.arange(harm.size) % 9, np.arange(harm.size) // 9
    drawn = np.zeros(harm.size, dtype=bool)
    drawn[pivotal(chance, col, row, beat, Uniforms(seed, "x")).selected] = True
    for name, number in boxes.items():
        assert chance[beat == name].sum() == pytest.approx(number, abs=1e-9)
        assert np.floor(number + 1e-7) <= drawn[beat == name].sum() <= np.ceil(number - 1e-7)
    if not short or short[0].beat:
        assert drawn.sum() == rules["boxes_per_shift"]


def test_chances_over_many_draws_are_those_stated_while_the_total_stays():
    rng = np.random.default_rng(4)
    harm, beat = rng.gamma(0.5, 1.0, 60), np.repeat(np.array(list("ABC"), dtype=object), 20)
    rules = rules_for(boxes_per_shift=7, least_per_beat=0.5)
    chance, _ = chances_of_shift(harm, beat, np.full(60, 0.6), np.ones(60, dtype=bool), rules)
    col, row = np.arange(60) % 10, np.arange(60) // 10
    drawn = np.zeros((2000, 60), dtype=bool)
    for number in range(2000):
        drawn[number, pivotal(chance, col, row, beat, Uniforms(number, "shared")).selected] = True
    assert (drawn.sum(axis=1) == 7).all()
    uncertain = chance * (1 - chance) > 0
    z = ((drawn.sum(axis=0) - 2000 * chance) / np.sqrt(2000 * chance * (1 - chance)))[uncertain]
    assert np.abs(z).max() < 4.0 and 30 < (z ** 2).sum() < 100
    counts = np.stack([drawn[:, beat == name].sum(axis=1) for name in "ABC"])
    for name, number in zip("ABC", counts):
        stated = chance[beat == name].sum()
        assert set(number) <= {int(np.floor(stated)), int(np.ceil(stated))}
        assert number.mean() == pytest.approx(stated, abs=0.05)


def test_a_worked_example():
    # 6 boxes, harms 6, 3 and 1; the last one has at least 1, so the others share 5 as 2 to 1.
    harm, beat = [3.0, 3.0, 1.5, 1.5, 0.5, 0.5], list("AABBCC")
    whole = dict(cap=np.full(6, 2.0), eligible=np.ones(6, dtype=bool))
    boxes, short = boxes_of_beats(harm, beat, **whole, rules=rules_for(boxes_per_shift=6, least_per_beat=1.0))
    assert boxes == pytest.approx({"A": 10 / 3, "B": 5 / 3, "C": 1.0}) and not short
    boxes, _ = boxes_of_beats(harm, beat, **whole, rules=rules_for(boxes_per_shift=6, most_per_beat=3.0))
    assert boxes == pytest.approx({"A": 3.0, "B": 2.25, "C": 0.75})
    boxes, _ = boxes_of_beats(harm, beat, **whole, rules=rules_for(boxes_per_shift=6, beat_boxes={"B": 3}))
    assert boxes == pytest.approx({"A": 18 / 7, "B": 3.0, "C": 3 / 7})
    boxes, short = boxes_of_beats(harm, beat, **whole, rules=rules_for(boxes_per_shift=20))
    assert boxes == {"A": 4.0, "B": 4.0, "C": 4.0}
    assert short[0].sentence == (
        "In all, 20 boxes were asked for, but beats have no more than their most, and the 6 boxes that may be drawn "
        "may each be patrolled only so often, which allows 12 on average, 8 fewer.")


def test_beats_without_a_total_have_their_own_numbers_and_units():
    given_numbers = dict(boxes_per_beat=2, beat_boxes={"A": 5, "B": {"night": 0}}, beat_units={"A": {"day": 1}, "C": 0},
                         minutes_per_unit=120.0)
    day, night = (rules_for(shift=shift, **given_numbers) for shift in ("day", "night"))
    whole = [1.0] * 8, list("AABBCCDD"), np.ones(8), np.ones(8, dtype=bool)
    assert boxes_of_beats(*whole, day)[0] == {"A": 3.0, "B": 2.0, "C": 0.0, "D": 2.0}
    assert boxes_of_beats(*whole, night)[0] == {"A": 5.0, "B": 0.0, "C": 0.0, "D": 2.0}
    assert day["beat_asked: A"] == 5 and "beat_asked: A" not in night and day["beat_asked: C"] == 2
    same = rules_for(boxes=1, **{**given_numbers, "beat_units": {}})
    assert boxes_of_beats(*whole, same)[0] == dict.fromkeys("ABCD", 1.0)
    # Of a shared total, units bound what harm gives.
    shared = rules_for(boxes_per_shift=6, beat_units={"A": {"day": 0}}, units_per_beat=2, minutes_per_unit=40.0)
    assert boxes_of_beats(*whole, shared)[0] == {"A": 0.0, "B": 2.0, "C": 2.0, "D": 2.0}


def city():
    boxes = pd.DataFrame([(f"C{col}R{row}", f"B{col // 4}", 1.0, "n" if row < 4 else "o") for col in range(12)
                          for row in range(8)], columns=["box_id", "beat", "inside", "neighbourhood"])
    harm = np.random.default_rng(3).gamma(0.5, 1.0, len(boxes)) * np.where(boxes["beat"] == "B0", 4.0, 1.0)
    return boxes, pd.Series(harm, index=boxes["box_id"])


def drawn_and_record(rules, seed="seed"):
    boxes, harm = city()
    drawn = metering.draw_shift(boxes, harm, NOTHING, rules, seed)
    record = {"rules": rules, "reserve": drawn.reserve, "inputs_hash": drawn.inputs_hash, "lottery": True,
              "seed_hash": metering.hash_of_inputs({}, drawn.boxes.iloc[:0]), "shift_date": "2024-03-01",
              "shift": "day", "size": int(drawn.boxes["selected"].sum())}
    return drawn, record


def problems(record, drawn):
    found = problems_of_replay(record, drawn.boxes, drawn.boxes.loc[drawn.boxes["selected"], "box_id"].tolist(), "seed")
    return [problem for problem in found if "seed hash" not in problem]


@pytest.mark.parametrize("changes", [
    {}, {"beat_boxes": {"B1": 1}}, {"boxes_per_shift": 9}, {"boxes_per_shift": 9, "least_per_beat": 2.0},
    {"boxes_per_shift": 9, "most_per_beat": 4.0, "beat_boxes": {"B2": 2}}])
def test_a_record_proves_the_shares_of_its_beats(changes):
    drawn, record = drawn_and_record(rules_for(**changes))
    assert problems(record, drawn) == []
    by_beat = drawn.boxes.groupby("beat")["inclusion_probability"].sum()
    if changes.get("boxes_per_shift"):
        assert drawn.boxes["selected"].sum() == 9 and by_beat["B0"] > by_beat["B1"]
    # Whoever gives a beat more than its share, and hashes that anew, is found out by the rules.
    chance = drawn.boxes["inclusion_probability"].copy()
    into, out = (drawn.boxes.index[(drawn.boxes["beat"] == beat) & (chance > 0.01) & (chance < 0.3)][0]
                 for beat in ("B2", "B0"))
    drawn.boxes.loc[[into, out], "inclusion_probability"] += [0.005, -0.005]
    record["inputs_hash"] = metering.hash_of_inputs(record["rules"], drawn.boxes)
    assert any("does not follow from the harms" in problem for problem in problems(record, drawn))


def test_a_rule_of_a_beat_that_is_no_number_of_boxes_is_named():
    drawn, record = drawn_and_record(rules_for(boxes_per_shift=9, beat_boxes={"B1": 2}))
    for name in ("boxes_per_shift", "least_per_beat", "beat_boxes: B1"):
        wrong = {**record, "rules": {**record["rules"], name: -1.0}}
        assert f"The rule {name} of the draw is none that a draw can have." in problems(wrong, drawn)


def test_share_caps_hold_while_beats_share_a_total():
    boxes, harm = city()
    rules = {**rules_for(boxes_per_shift=9, least_per_beat=1.0), "share_cap: n": 0.3}
    drawn = metering.draw_shift(boxes, harm, NOTHING, rules, "seed")
    table = drawn.boxes.merge(boxes[["box_id", "neighbourhood"]], on="box_id")
    assert table.groupby("neighbourhood")["inclusion_probability"].sum().to_dict() == pytest.approx(
        {"n": 2.7, "o": 6.3})
    assert drawn.limited[0].allowed == pytest.approx(2.7) and drawn.boxes["selected"].sum() == 9


def test_the_most_harm_that_could_be_covered_knows_the_total():
    pytest.importorskip("scipy")
    for changes in ({"boxes_per_shift": 9}, {"boxes_per_shift": 9, "most_per_beat": 4.0}, {"beat_boxes": {"B0": 5}}):
        drawn, record = drawn_and_record(rules_for(**changes))
        reached = metering.harm_reached(drawn.boxes, record["rules"])
        assert 0 < reached.reached <= reached.most * (1 + 1e-9)
        assert metering.shortfalls_of(drawn.boxes, record["rules"]) == drawn.shortfalls == []
    # Without bounds of beats the best is the most harmful boxes of the whole shift.
    boxes, harm = city()
    best = harm_upper_bound(harm, boxes["beat"], dict.fromkeys(["B0", "B1", "B2"], np.inf), np.full(96, 0.5), total=9.0)
    assert best == pytest.approx(0.5 * harm.nlargest(18).sum())


@settings(deadline=None, max_examples=200)
@given(shifts(), st.sampled_from([0.02, 0.1, 0.3]), st.booleans())
def test_boxes_below_the_least_chance_get_the_lower_risk_share_and_no_other_gets_less(shift, least, shared):
    harm, beat, cap, eligible, rules = shift
    rules = {**rules, "least_chance": least}
    if not shared:
        del rules["boxes_per_shift"]
    before, _ = chances_of_shift(harm, beat, cap, eligible, rules)
    boxes, _ = boxes_of_beats(harm, beat, cap, eligible, rules)
    lowered = caps_of_quiet(harm, beat, cap, eligible, rules)
    after, short = chances_of_shift(harm, beat, lowered, eligible, rules)
    quiet = eligible & (before < least - 1e-9)
    assert (lowered[~quiet] == cap[~quiet]).all() and (after <= lowered).all()
    assert (after[~quiet] >= before[~quiet] - 1e-9).all()
    for name, number in boxes.items():
        own = eligible & (beat == name)
        floor = rules["lower_risk_share"] * number / max(own.sum(), 1)
        assert (after[own & quiet] <= floor + 1e-9).all() and (after[own & quiet] <= before[own & quiet] + 1e-9).all()
    assert after.sum() == pytest.approx(before.sum(), abs=1e-8) or short
    assert all(item.quiet == (quiet & ((beat == item.beat) if item.beat else (beat != None))).sum()  # noqa: E711
               for item in short)


def test_a_beat_of_little_harm_is_quiet_and_its_patrols_go_where_harm_is():
    harm = np.array([8.0, 4.0, 4.0, 2.0] + [1.0] * 40)
    beat = np.array(["A"] * 4 + ["B"] * 40, dtype=object)
    how = harm, beat, np.full(44, 0.9), np.ones(44, dtype=bool)
    rules = rules_for(boxes_per_beat=1, least_chance=0.05)
    chance, short = chances_of_shift(*how[:2], caps_of_quiet(*how, rules), how[3], rules)
    np.testing.assert_allclose(chance[4:], 0.1 / 40)  # the lower-risk share of a beat of one box
    assert chance[:4].sum() == pytest.approx(1.0) and short[0].sentence == (
        "Beat B: 1 box was asked for; 40 of the 40 boxes that may be drawn had too small a chance and get their part "
        "of the lower-risk share alone, so 0.1 are expected.")
    shared = rules_for(boxes_per_shift=2, least_chance=0.05)
    chance, short = chances_of_shift(*how[:2], caps_of_quiet(*how, shared), how[3], shared)
    assert not short and chance.sum() == pytest.approx(2.0) and chance[:4].sum() > 1.8


def test_a_quiet_beat_of_one_box_gets_its_whole_lower_risk_share():
    harm, beat = np.array([8.0, 4.0, 4.0, 2.0, 0.2]), np.array(["A"] * 4 + ["B"], dtype=object)
    how = harm, beat, np.full(5, 0.9), np.ones(5, dtype=bool)
    rules = rules_for(boxes_per_shift=2, least_chance=0.05)
    asked, _ = boxes_of_beats(*how, rules)
    assert 0 < asked["B"] < 0.05
    lowered = caps_of_quiet(*how, rules)
    assert lowered[4] == pytest.approx(rules["lower_risk_share"] * asked["B"]) and (lowered[:4] == 0.9).all()


@pytest.mark.parametrize("changes", [{}, {"boxes_per_shift": 9}, {"boxes_per_shift": 9, "least_per_beat": 2.0}])
def test_a_record_proves_the_least_chance(changes):
    drawn, record = drawn_and_record(rules_for(least_chance=0.08, **changes))
    chance = drawn.boxes["inclusion_probability"]
    assert problems(record, drawn) == [] and 0 < chance[chance < 0.08].max() < 0.03
    assert drawn.boxes["selected"].sum() == (changes.get("boxes_per_shift") or 6)
    # The same chances without the rule's effect are no draw under it.
    free, other = drawn_and_record(rules_for(**changes))
    other["rules"] = record["rules"]
    other["inputs_hash"] = metering.hash_of_inputs(record["rules"], free.boxes)
    assert any("less than the least chance and more than" in problem for problem in problems(other, free))
