"""The chain of adjustments: its text, what tampering shows, and what holds after undo."""
import hashlib
import importlib.util
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.patrol import adjustments
from shotspotter_connect_plugin.patrol.patrol_exposure import effective_number

ROOT = Path(__file__).resolve().parents[3]


def row(action, box="C1R1", **more):
    patrols = [{"patrol_id": "p" + box, "box_id": box, "origin": "drawn", "before": {"status": "planned"},
                "after": {"status": "suppressed"}}]
    return {"at_utc": pd.Timestamp("2026-03-01T10:15:00.123Z"), "who": "ann", "role": "analyst", "action": action,
            "patrol_id": "p" + box, "box_id": box, "shift_date": "2026-03-01", "shift": "day", "reason": "event",
            "note": None, "change": {"draw_id": "d.1", "patrols": patrols, **more}}


def chain_of(*rows):
    chain = []
    for item in rows:
        chain.append(adjustments.linked(item, chain))
    return chain


def test_the_example_of_the_documentation_is_right():
    text, digest = re.findall(r"```\n(.+)\n```", (ROOT / "docs" / "adjustments.md").read_text(encoding="utf-8"))
    assert hashlib.sha256(text.encode()).hexdigest() == digest
    name = "2026-03-01.day.1.C1290R17210"
    example = {
        "at_utc": pd.Timestamp("2026-03-01T05:15:00-05:00"), "who": "ann", "role": "analyst", "action": "minutes",
        "patrol_id": name, "box_id": "C1290R17210", "shift_date": "2026-03-01", "shift": "day", "reason": "staffing",
        "note": None, "change": {"draw_id": "2026-03-01.day.1", "patrols": [
            {"patrol_id": name, "box_id": "C1290R17210", "origin": "drawn", "before": {"target_minutes": 15},
             "after": {"target_minutes": np.float64(12)}}]}}
    linked = adjustments.linked(example, [])
    assert adjustments.adjustment_text(linked) == text and linked["hash"] == digest


FIELDS = ["at_utc", "who", "role", "action", "patrol_id", "box_id", "shift_date", "shift", "reason", "note", "change",
          "previous_hash", "hash", "seq"]


@settings(deadline=None, max_examples=150)
@given(st.integers(1, 8), st.data())
def test_the_first_tampered_row_is_named(length, data):
    chain = chain_of(*[row("minutes", f"C{number}R1") for number in range(length)])
    assert adjustments.chain_problems(chain) == []
    place = data.draw(st.integers(0, length - 1))
    name = data.draw(st.sampled_from(FIELDS))
    old = chain[place][name]
    new = {"at_utc": pd.Timestamp("2026-03-01T10:15:00.124Z"), "seq": length + 5,
           "change": {**row("minutes")["change"], "draw_id": "d.2"}}.get(name, f"{old}x")
    chain[place] = {**chain[place], name: new}
    problems = adjustments.chain_problems(chain)
    assert len(problems) == 1 and problems[0].startswith(f"Adjustment {place + 1} of the chain")


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 8), st.data())
def test_rows_taken_out_put_in_or_exchanged_are_found(length, data):
    chain = chain_of(*[row("minutes", f"C{number}R1") for number in range(length)])
    place = data.draw(st.integers(0, length - 2))
    without = chain[:place] + chain[place + 1:]
    exchanged = [*chain[:place], chain[place + 1], chain[place], *chain[place + 2:]]
    slipped = chain[:place] + chain_of(*[row("add")] * (place + 1))[-1:] + chain[place:]
    for wrong in (without, exchanged):
        assert f"Adjustment {place + 1} of the chain" in adjustments.chain_problems(wrong)[0]
    assert re.match(f"Adjustment ({place + 1}|{place + 2}) of the chain", adjustments.chain_problems(slipped)[0])
    # Who makes the rest of the chain anew is found by a printed head only.
    renewed = chain[:place]
    for item in chain[place + 1:]:
        renewed.append(adjustments.linked({name: item[name] for name in row("add")}, renewed))
    assert adjustments.chain_problems(renewed) == []
    assert "in no row" in adjustments.chain_problems(renewed, chain[-1]["hash"])[0]
    assert adjustments.rows_after(chain, chain[place]["hash"][:8]) == length - 1 - place
    assert adjustments.rows_after(chain, "") is None and adjustments.rows_after([], "ab" * 8) is None


def test_values_of_any_kind_of_number_give_one_text():
    def text(minutes):
        return adjustments.adjustment_text({**row("minutes"), "change": {"minutes": minutes}, "seq": 1,
                                            "previous_hash": ""})
    assert text(12) == text(12.0) == text(np.int64(12)) == text(np.float32(12))
    assert text(True) != text(1) and text(None) == text(float("nan")) and text("12") != text(12)
    assert "ü" in text("ü") and text([1, {"b": 1, "a": 2}]) == text((1, {"a": 2, "b": 1}))


@settings(deadline=None)
@given(st.lists(st.sampled_from(["suppress A", "restore A", "suppress B", "restore B", "undo"]), max_size=12))
def test_what_holds_after_undo_is_what_was_before(actions):
    """Against a slow model: a stack of sets."""
    chain, states = [], [frozenset()]
    for action in actions:
        if action == "undo":
            holding = adjustments.standing(chain)
            if not holding:
                continue
            states.pop()
            chain.append(adjustments.linked(row("undo", holding[-1]["box_id"], undoes=holding[-1]["seq"]), chain))
        else:
            what, box = action.split()
            states.append(states[-1] | {box} if what == "suppress" else states[-1] - {box})
            chain.append(adjustments.linked(row(what, box), chain))
        assert adjustments.suppressed_boxes(chain) == states[-1]
        for box in "AB":
            assert (adjustments.suppression_of(chain, box) is not None) == (box in states[-1])
    assert adjustments.chain_problems(chain) == []


def test_a_top_up_out_of_turn_is_found():
    draw = {"draw_id": "d.1", "patrols": {"pC1R1": {"box_id": "C1R1", "status": "planned", "target_minutes": 15}},
            "reserve": {"B": ["C2R2", "C3R3"]}}
    made = {"patrol_id": "t", "box_id": "C3R3", "origin": "topped_up", "before": None, "after": {"status": "planned"}}

    def problems(**more):
        item = row("suppress", **more)
        item["change"]["patrols"].append({**made, **more.get("made", {})})
        return adjustments.replayed([draw], chain_of(item))[1]
    assert problems(skipped={"C2R2": "cooling down"}) == []
    assert problems() == ["The top-up C3R3 of adjustment 1 is not the next of the draw's reserve."]
    assert problems(made={"box_id": "C9R9"}) == ["The top-up C9R9 of adjustment 1 is not in the draw's reserve."]
    twice = chain_of(row("suppress"), row("suppress"))
    assert adjustments.replayed([draw], twice)[1] == [
        "Adjustment 2 (suppress of box C1R1) does not fit the plan before it."]


@pytest.mark.parametrize("city", ["varied 1", "all alike"])
def test_patrols_run_away_without_the_rules_and_not_with_them(city, monkeypatch):
    """A short form of benchmarks/feedback.py, whose figures are in docs/feedback.md."""
    spec = importlib.util.spec_from_file_location("feedback", ROOT / "benchmarks" / "feedback.py")
    feedback = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(feedback)
    monkeypatch.setattr(feedback, "DAYS", 100)
    found = {name: effective_number(feedback.simulate(city, *strategy)[0][-56:].sum(axis=0))
             for name, strategy in feedback.STRATEGIES.items() if strategy[0] == strategy[1]}
    runaway, ours = found["all records, most harmful boxes"], found["reported only, lottery (ours)"]
    assert runaway < 10 and ours > 6 * runaway
