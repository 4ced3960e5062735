"""Districts: beats in groups that share boxes of their own; each total is kept in every draw, and can be proved."""
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.patrol import metering
from shotspotter_connect_plugin.patrol.beat_shares import boxes_of_beats, chances_of_shift
from shotspotter_connect_plugin.patrol.cap_cost import choices, replay_lottery
from shotspotter_connect_plugin.patrol.districts import district_of_beats, districts_of_boxes, totals_shared
from shotspotter_connect_plugin.patrol.draw_record import text_of_inputs
from shotspotter_connect_plugin.patrol.harm_bound import harm_upper_bound
from shotspotter_connect_plugin.patrol.limits import most_in_window
from shotspotter_connect_plugin.patrol.seeds import hash_of
from shotspotter_connect_plugin.patrol.verify import problems_of_replay
from shotspotter_connect_plugin.workspace.store.settings import Settings

NOTHING = metering.PatrolHistory(pd.DataFrame({"box_id": [], "shift_date": []}),
                                 pd.DataFrame({"box_id": [], "shift_date": [], "inclusion_probability": []}))
DISTRICTS = {"North": ["A", "B"], "South": ["C"], "West: far": ["D"]}
REPLAY = Path(__file__).parents[3] / "docs" / "verify-a-draw.mjs"
NODE = shutil.which("node")


def rules_for(boxes=None, shift="day", **changes):
    return metering.rules_of(Settings(**changes), "2024-03-01", shift, 1, boxes=boxes)


def town(seed=3, side=12):
    """A town of four beats in columns; one beat has most of the harm, one none."""
    rng = np.random.default_rng(seed)
    boxes = pd.DataFrame([(f"C{col}R{row}", "ABCD"[4 * col // side], 1.0, "n" if row < 4 else "o")
                          for col in range(side) for row in range(8)],
                         columns=["box_id", "beat", "inside", "neighbourhood"])
    harm = rng.gamma(0.5, 1.0, len(boxes)) * boxes["beat"].map({"A": 4.0, "B": 1.0, "C": 1.0, "D": 0.0})
    return boxes, pd.Series(harm.to_numpy(), index=boxes["box_id"])


def record_of(drawn, rules, seed="ab" * 32):
    return {"rules": rules, "reserve": drawn.reserve, "inputs_hash": drawn.inputs_hash, "lottery": True, "seed": seed,
            "seed_hash": hash_of(seed), "shift_date": "2024-03-01", "shift": "day", "draw_id": "2024-03-01.day.1",
            "size": int(drawn.boxes["selected"].sum())}


def draw(rules, history=NOTHING, seed="ab" * 32, place=None):
    boxes, harm = place or town()
    drawn = metering.draw_shift(boxes, harm, history, rules, seed)
    return drawn, record_of(drawn, rules, seed)


def problems(drawn, record):
    return problems_of_replay(record, drawn.boxes, drawn.boxes.loc[drawn.boxes["selected"], "box_id"].tolist(),
                              record["seed"])


def said_by_node(drawn, record, tmp_path):
    """What the program of docs/verify-a-draw.md says of a draw: (code, its words)."""
    selected = drawn.boxes[drawn.boxes["selected"]].sort_values("draw_rank")["box_id"].tolist()
    path = tmp_path / "draw.json"
    path.write_text(json.dumps({**{name: record[name] for name in (
        "draw_id", "seed", "seed_hash", "inputs_hash", "reserve")}, "selected": selected,
        "inputs": text_of_inputs(record["rules"], drawn.boxes)}), encoding="utf-8")
    done = subprocess.run([NODE, str(REPLAY), str(path)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_worked_example():
    # North has 6 boxes for harms of 6 and 3, South 2 for its only beat; D, without harm, all the 3 of its own.
    rules = rules_for(boxes_per_shift={"North": 6, "South": 2, "West: far": 3}, districts=DISTRICTS)
    assert rules["boxes_per_shift"] == 11 and rules["format"] == "connect draw 2"
    assert rules["district: D"] == "West: far" and rules["district_boxes: West: far"] == 3
    assert district_of_beats(rules) == {"A": "North", "B": "North", "C": "South", "D": "West: far"}
    harm, beat = [3.0, 3.0, 1.5, 1.5, 0.5, 0.5, 0.0, 0.0], list("AABBCCDD")
    whole = dict(cap=np.full(8, 5.0), eligible=np.ones(8, dtype=bool))
    boxes, short = boxes_of_beats(harm, beat, **whole, rules=rules)
    assert boxes == pytest.approx({"A": 4.0, "B": 2.0, "C": 2.0, "D": 3.0}) and not short
    boxes, short = boxes_of_beats(harm, beat, cap=np.full(8, 0.5), eligible=np.ones(8, dtype=bool), rules=rules)
    assert boxes == pytest.approx({"A": 1.0, "B": 1.0, "C": 1.0, "D": 1.0})
    assert [item.sentence for item in short] == [
        "District North: 6 boxes were asked for, but beats have no more than their most, and the 4 boxes that may be "
        "drawn may each be patrolled only so often, which allows 2 on average, 4 fewer.",
        "District South: 2 boxes were asked for, but beats have no more than their most, and the 2 boxes that may be "
        "drawn may each be patrolled only so often, which allows 1 on average, 1 fewer.",
        "District West: far: 3 boxes were asked for, but beats have no more than their most, and the 2 boxes that may "
        "be drawn may each be patrolled only so often, which allows 1 on average, 2 fewer."]
    # Another number of boxes for one draw is one of every beat, and knows no districts.
    assert not district_of_beats(rules_for(boxes=2, boxes_per_shift={"North": 6, "South": 2, "West: far": 3},
                                           districts=DISTRICTS))


def test_a_beat_of_no_district_stops_the_draw_and_a_district_of_no_boxes_gets_none():
    boxes, harm = town()
    lost = rules_for(boxes_per_shift={"North": 6}, districts={"North": ["A", "B"]})
    with pytest.raises(ConnectError, match="C, D is in none of them"):
        metering.draw_shift(boxes, harm, NOTHING, lost, "seed")
    drawn, record = draw(rules_for(boxes_per_shift={"North": 6, "South": 0, "West: far": 1}, districts=DISTRICTS))
    assert drawn.boxes[drawn.boxes["selected"]].groupby("beat").size().reindex(list("CD")).tolist()[1] == 1
    assert not drawn.boxes.loc[drawn.boxes["beat"] == "C", "selected"].any() and problems(drawn, record) == []


@st.composite
def hard_shifts(draw):
    """Shifts with what goes wrong in towns: beats out of reach, no harm, one beat with all, tiny caps, every rule."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    boxes, harm = town(rng.integers(10**6), draw(st.sampled_from([4, 8, 12])))
    kind = draw(st.sampled_from(["any", "none", "one beat", "missing"]))
    harm = harm * {"none": 0.0, "one beat": 1.0}.get(kind, 1.0)
    if kind == "one beat":
        harm[boxes["beat"].to_numpy() != "B"] = 0.0
    if kind == "missing":
        harm[rng.random(len(harm)) < 0.3] = np.nan
    if draw(st.booleans()):
        boxes.loc[boxes["beat"] == draw(st.sampled_from("ABCD")), "inside"] = 0.0
    days = [f"2024-02-{day}" for day in range(24, 30)]
    chances = pd.DataFrame({"box_id": np.repeat(boxes["box_id"].to_numpy(), 6), "shift_date": days * len(boxes),
                            "inclusion_probability": rng.choice([0.0, 0.3, 0.66], 6 * len(boxes))})
    had = chances.loc[rng.random(len(chances)) < 0.2, ["box_id", "shift_date"]]
    week = metering.PatrolHistory(had, chances) if draw(st.booleans()) else NOTHING
    least = draw(st.sampled_from([0.0, 0.5, 2.0]))
    shared = draw(st.sampled_from([0, 5, 400, {"North": 4, "South": 1, "West: far": 2},
                                   {"North": 0, "South": 300, "West: far": 1}]))
    changes = dict(
        boxes_per_shift=shared, districts=DISTRICTS if isinstance(shared, dict) else {},
        boxes_per_beat=draw(st.sampled_from([0, 1, 2, 40])), cap=draw(st.sampled_from([0.01, 0.3, 0.5, 1.0])),
        least_per_beat=least, most_per_beat=draw(st.sampled_from([0.0, max(least, 3.0)])),
        beat_boxes=draw(st.sampled_from([{}, {"A": 3}, {"A": 0, "D": {"day": 2}}])),
        beat_units=draw(st.sampled_from([{}, {"B": 0}, {"B": {"day": 1}}])),
        pace=draw(st.sampled_from([0.0, 0.85])), least_chance=draw(st.sampled_from([0.0, 0.05])),
        lower_risk_share=draw(st.sampled_from([0.0, 0.1, 1.0])), focus=draw(st.sampled_from([0.0, 2.0])),
        window_7_expected=draw(st.sampled_from([0.0, 2.0, 4.0])), window_28_expected=draw(st.sampled_from([0.0, 14.0])),
        window_7_hard=draw(st.sampled_from([0, 5])))
    rules = metering.rules_of(Settings(**changes), "2024-03-01", "day", 1,
                              shares=draw(st.sampled_from([{}, {"n": 0.2}, {"n": 0.0, "o": 0.5}])))
    return boxes, harm, week, rules


@settings(deadline=None, max_examples=examples(80))
@given(hard_shifts(), st.integers(0, 10**6))
def test_whatever_the_rules_and_the_town_a_draw_keeps_every_limit_and_verifies(shift, seed):
    boxes, harm, history, rules = shift
    drawn, record = draw(rules, history, f"{seed:064x}", (boxes, harm))
    table, chance = drawn.boxes, drawn.boxes["inclusion_probability"]
    assert np.isfinite(chance).all() and (chance >= 0).all() and (chance <= table["cap"] + 1e-12).all()
    assert (chance <= rules["cap"] + 1e-12).all() and (chance[~table["eligible"]] == 0).all()
    for days in (7, 28):
        before = most_in_window(table["box_id"], history.chances, "2024-03-01", days, "inclusion_probability")
        assert ((chance == 0) | (before + chance <= rules[f"window_{days}_expected"] + 1e-9)).all()
    sums = table.groupby("beat")[["inclusion_probability", "selected"]].sum()
    assert ((sums["selected"] >= np.floor(sums["inclusion_probability"] + 1e-7))
            & (sums["selected"] <= np.ceil(sums["inclusion_probability"] - 1e-7))).all()
    # The total is exact, in each district its own, or whoever falls short is named.
    short, total = {item.district: item for item in drawn.shortfalls if not item.beat}, chance.sum()
    if rules.get("boxes_per_shift"):
        for asked in totals_shared(rules, set(table["beat"])):
            own = table["beat"].isin(asked.beats)
            expected, named = chance[own].sum(), asked.district in short
            lacking = [item for item in drawn.shortfalls if item.beat in asked.beats]
            assert expected <= asked.boxes + 1e-7
            assert named or lacking or expected == pytest.approx(asked.boxes, abs=1e-7)
            if expected > asked.boxes - 1e-7:
                assert table.loc[own, "selected"].sum() == asked.boxes
    else:
        own = {item.beat: item for item in drawn.shortfalls}
        asked, _ = boxes_of_beats(harm.reindex(table["box_id"]), table["beat"], table["cap"], table["eligible"], rules)
        for name, number in asked.items():
            expected = sums.loc[name, "inclusion_probability"]
            assert expected == pytest.approx(number, abs=1e-7) or (name in own and expected < number)
    assert abs(table["selected"].sum() - total) < 1
    for item in drawn.shortfalls:
        assert item.sentence.endswith(".") and "nan" not in item.sentence and "_" not in item.sentence
    for name, share in metering.shares_of(rules).items():
        around = boxes.set_index("box_id")["neighbourhood"].reindex(table["box_id"]).to_numpy()
        asked = rules.get("boxes_per_shift") or sum(
            boxes_of_beats(harm, table["beat"], table["cap"], table["eligible"], rules)[0].values())
        assert chance[around == name].sum() <= share * asked + 1e-6
    assert problems(drawn, record) == []


@settings(deadline=None, max_examples=examples(20))
@given(hard_shifts(), st.randoms(use_true_random=False))
def test_chances_know_nothing_of_the_order_of_rows(shift, random):
    boxes, harm, history, rules = shift
    order = list(range(len(boxes)))
    random.shuffle(order)
    one = metering.draw_shift(boxes, harm, history, rules, "seed")
    mixed = boxes.iloc[order].reset_index(drop=True)
    other = metering.draw_shift(mixed, harm.iloc[order[::-1]], history, rules, "seed")
    pd.testing.assert_frame_equal(one.boxes, other.boxes)
    assert one.inputs_hash == other.inputs_hash and one.reserve == other.reserve


@pytest.mark.skipif(NODE is None, reason="needs node")
@settings(deadline=None, max_examples=examples(15))
@given(hard_shifts())
def test_the_program_of_the_docs_draws_the_same_and_finds_the_same_chances(tmp_path_factory, shift):
    boxes, harm, history, rules = shift
    drawn, record = draw(rules, history, place=(boxes, harm))
    code, words = said_by_node(drawn, record, tmp_path_factory.mktemp("node"))
    assert code == 0, words


@pytest.mark.skipif(NODE is None, reason="needs node")
def test_whoever_moves_a_box_to_another_district_afterwards_is_found_by_both(tmp_path):
    rules = rules_for(boxes_per_shift={"North": 4, "South": 2, "West: far": 1}, districts=DISTRICTS)
    drawn, record = draw(rules)
    assert problems(drawn, record) == [] and said_by_node(drawn, record, tmp_path)[0] == 0
    assert drawn.boxes.groupby(districts_of_boxes(drawn.boxes["beat"], rules))["selected"].sum().to_dict() == {
        "North": 4, "South": 2, "West: far": 1}
    for change in ({"district_boxes: North": 3.0, "district_boxes: South": 3.0}, {"district: B": "South"}):
        told = {**record, "rules": {**rules, **change}}
        told["inputs_hash"] = metering.hash_of_inputs(told["rules"], drawn.boxes)
        assert any("does not follow from the harms of its district" in problem for problem in problems(drawn, told))
        code, words = said_by_node(drawn, told, tmp_path)
        assert code == 1 and "do not follow from its harms" in words
    for name, value in (("district: B", 7.0), ("district_boxes: North", -1.0), ("format", "connect draw 9")):
        wrong = problems(drawn, {**record, "rules": {**rules, name: value}})
        assert any(f"The rule {name} of" in text or "does not know" in text for text in wrong)


def test_the_most_harm_that_could_be_covered_knows_the_districts():
    pytest.importorskip("scipy")
    rules = rules_for(boxes_per_shift={"North": 4, "South": 2, "West: far": 1}, districts=DISTRICTS)
    drawn, _ = draw(rules)
    found = metering.harm_reached(drawn.boxes, rules)
    boxes, harm = town()
    best = sum(0.5 * harm[boxes["beat"].isin(list(beats)).to_numpy()].nlargest(2 * number).sum()
               for beats, number in (("AB", 4), ("C", 2), ("D", 1)))
    assert found.most == pytest.approx(best) and 0 < found.reached <= found.most
    assert best < harm_upper_bound(harm, boxes["beat"], dict.fromkeys("ABCD", np.inf), np.full(96, 0.5), total=7.0)


def test_what_caps_cost_compares_districts_with_the_others():
    rules = rules_for(boxes_per_shift={"North": 4, "South": 2, "West: far": 1}, districts=DISTRICTS)
    told = choices(rules, set("ABCD"))
    assert set(told) >= {"by harm in districts", "by harm in districts, paced"}
    assert not district_of_beats(told["by harm"]) and district_of_beats(told["by harm in districts"])
    boxes, harm = town()
    places = boxes.assign(col=boxes["box_id"].str[1:].str.split("R").str[0].astype(int), row=0)
    _, drawn = replay_lottery(np.stack([harm] * 3), np.arange(3) * 40, places, 0.5, told["by harm in districts"], 1)
    for names, number in (("AB", 4), ("C", 2), ("D", 1)):
        assert (drawn[:, places["beat"].isin(list(names))].sum(axis=1) == number).all()


def test_over_eight_weeks_boxes_come_as_often_as_their_published_chances_say():
    """168 shifts under every rule at once; four such histories against the sums of their chances."""
    boxes, harm = town()
    rules = {**rules_for(boxes_per_shift={"North": 4, "South": 2, "West: far": 1}, districts=DISTRICTS, pace=0.85,
                         least_chance=0.02), "share_cap: n": 0.5}
    rng = np.random.default_rng(5)
    shifts = np.stack([harm.to_numpy() * rng.gamma(2.0, 0.5, len(harm)) for _ in range(168)])
    places = boxes.assign(col=boxes["box_id"].str[1:].str.split("R").str[0].astype(int),
                          row=boxes["box_id"].str.split("R").str[1].astype(int))
    off, variance = np.zeros(len(boxes)), np.zeros(len(boxes))
    for seed in range(4):
        chance, drawn = replay_lottery(shifts, np.repeat(np.arange(56), 3), places, 0.5, rules, seed,
                                       codes=np.tile(np.array(["a", "b", "c"], dtype=object), 56))
        assert (chance <= 0.5 + 1e-12).all() and (np.abs(drawn.sum(axis=1) - chance.sum(axis=1)) < 1).all()
        off += (drawn - chance).sum(axis=0)  # a martingale: chances follow from the past alone
        variance += (chance * (1 - chance)).sum(axis=0)
    z = off[variance > 1] / np.sqrt(variance[variance > 1])
    assert z.size > 60 and np.abs(z).max() < 4.5 and 0.6 < (z ** 2).mean() < 1.4


def test_chances_of_a_beat_in_a_district_of_all_beats_are_those_of_one_total():
    harm, beat = np.random.default_rng(2).gamma(0.5, 1.0, 40), np.repeat(np.array(list("ABCD"), dtype=object), 10)
    whole = np.full(40, 0.5), np.ones(40, dtype=bool)
    one, _ = chances_of_shift(harm, beat, *whole, rules_for(boxes_per_shift=7))
    in_one = rules_for(boxes_per_shift={"all": 7}, districts={"all": list("ABCD")})
    other, _ = chances_of_shift(harm, beat, *whole, in_one)
    np.testing.assert_allclose(one, other, atol=1e-12)
