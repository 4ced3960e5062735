"""Adjusting a plan on a workspace file: what each action does, what is refused, and that nothing is bent or lost."""
import shutil
import sqlite3

import numpy as np
import pandas as pd
import pytest
from made_towns import new_town, quarters, square

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust, role_of, undoable, why_not_adjust
from shotspotter_connect_plugin.workspace.steps.checking import check_workspace
from shotspotter_connect_plugin.workspace.steps.draw_proof import verify_draw
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.store.chain import verify_chain
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

DATE, SHIFT = "2019-03-01", "day"
SIDE = 12


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("adjusting") / "template.gpkg"
    with new_town(path, square(0, 0, SIDE), quarters(SIDE)) as workspace:
        for shift in ("day", "evening"):
            forecast(workspace, shift)
        meter(workspace, DATE, "day", seed="a test")
    return path


@pytest.fixture
def workspace(template, tmp_path):
    shutil.copy(template, tmp_path / "w.gpkg")
    shutil.copy(str(template) + ".seeds.json", str(tmp_path / "w.gpkg") + ".seeds.json")
    with open_workspace(tmp_path / "w.gpkg") as opened:
        yield opened


def forecast(workspace, shift):
    rng = np.random.default_rng(len(shift))
    ids = workspace.read("boxes", ["box_id"])["box_id"]
    frame = pd.concat([pd.DataFrame({"shift_date": DATE, "shift": shift, "box_id": ids, "crime_type": code,
                                     "expected": rng.gamma(0.5, 0.02, len(ids))})
                       for code in workspace.crime_types["crime_type"]], ignore_index=True)
    with workspace.transaction() as writer:
        writer.append("forecasts", frame.assign(low=frame["expected"] / 2, high=frame["expected"] * 2))


def configure(workspace, **changes):
    settings = workspace.settings
    for name, value in changes.items():
        setattr(settings, name, value)
    with workspace.transaction() as writer:
        writer.save_settings(settings)


def change(workspace, action, box_id="", shift=SHIFT, reason="late_breaking", **more):
    return adjust(workspace, action, DATE, shift, box_id, reason=reason, **more)


def planned(workspace, shift=SHIFT):
    patrols = workspace.read("patrols", where={"shift_date": DATE, "shift": shift, "status": "planned"})
    return patrols.set_index("box_id")


def one_planned(workspace, beat="NE"):
    plan = planned(workspace)
    return plan.index[plan["beat"] == beat][0]


def free_box(workspace, beat="NE"):
    """A box that is not planned and does not stand first in the reserve."""
    return workspace.read("draws")["reserve"].iloc[0][beat][-1]


def sound(workspace):
    return verify_chain(workspace).problems + verify_draw(workspace, DATE, SHIFT).problems == []


def test_a_suppressed_box_is_replaced_by_the_next_of_the_reserve(workspace):
    gone, reserve = one_planned(workspace), workspace.read("draws")["reserve"].iloc[0]["NE"]
    result = change(workspace, "suppress", gone, note="road works")
    plan = planned(workspace)
    assert gone not in plan.index and len(plan) == 8 and plan.loc[reserve[0], "origin"] == "topped_up"
    top_up = plan.loc[reserve[0]]
    of_draw = workspace.read("draw_boxes", where={"box_id": reserve[0]}).iloc[0]
    assert top_up["inclusion_probability"] == of_draw["inclusion_probability"] and top_up["harm"] == of_draw["harm"]
    assert top_up["beat"] == "NE" and top_up["target_minutes"] == 15 and top_up["crime_type"]
    assert reserve[0] in result.messages[0]
    row = workspace.read("adjustments").iloc[0]
    assert (row["seq"], row["action"], row["box_id"], row["reason"], row["note"]) == (
        1, "suppress", gone, "late_breaking", "road works")
    assert row["role"] == "analyst" and row["who"] and result.head == row["hash"] == verify_chain(workspace).head
    assert sound(workspace)


def test_restoring_brings_the_box_back_and_takes_the_top_up_out(workspace):
    gone, before = one_planned(workspace), set(planned(workspace).index)
    change(workspace, "suppress", gone)
    top_up = (set(planned(workspace).index) - before).pop()
    result = change(workspace, "restore", gone)
    assert set(planned(workspace).index) == before and top_up in result.messages[0]
    assert workspace.read("patrols", where={"box_id": gone})["version"].iloc[0] == 3
    assert sound(workspace)


def test_restoring_takes_the_top_up_of_a_suppressed_top_up_out(workspace):
    gone, before = one_planned(workspace), set(planned(workspace).index)
    change(workspace, "suppress", gone)
    first = (set(planned(workspace).index) - before).pop()
    change(workspace, "suppress", first)
    assert len(planned(workspace)) == 8
    change(workspace, "restore", gone)
    assert set(planned(workspace).index) == before
    with pytest.raises(ConnectError, match="not suppressed"):
        change(workspace, "restore", gone)
    assert sound(workspace)


def test_a_box_is_added_with_its_forecast_or_the_named_type(workspace):
    one, two = free_box(workspace), free_box(workspace, "SW")
    change(workspace, "add", one)
    change(workspace, "add", two, crime_type="theft", minutes=25.0)
    plan = planned(workspace)
    assert len(plan) == 10 and (plan.loc[[one, two], "origin"] == "added").all()
    assert plan.loc[one, "target_minutes"] == 15 and plan.loc[two, "target_minutes"] == 25
    assert plan.loc[two, "crime_type"] == "theft" and plan.loc[one, "chance"] > 0
    assert plan.loc[[one, two], "inclusion_probability"].isna().all() and plan.loc[one, "visit_order"] == 3
    change(workspace, "suppress", one)
    assert len(planned(workspace)) == 9  # an added box has no reserve
    change(workspace, "restore", one)
    assert len(planned(workspace)) == 10
    assert sound(workspace)


def test_a_box_without_forecast_needs_a_crime_type(workspace):
    with pytest.raises(ConnectError, match="name its crime type"):
        change(workspace, "add", free_box(workspace), shift="night")
    change(workspace, "add", free_box(workspace), shift="night", crime_type="theft")
    assert planned(workspace, "night")["crime_type"].tolist() == ["theft"]


def test_minutes_are_changed(workspace):
    where = one_planned(workspace)
    change(workspace, "minutes", where, minutes=12)
    assert planned(workspace).loc[where, "target_minutes"] == 12 and sound(workspace)
    with pytest.raises(ConnectError, match="12 minutes already"):
        change(workspace, "minutes", where, minutes=12)


def test_undo_takes_back_one_after_the_other(workspace):
    states = [planned(workspace)["target_minutes"].to_dict()]
    one, free = one_planned(workspace), free_box(workspace)
    for action, where, more in (("suppress", one, {}), ("add", free, {}), ("minutes", free, {"minutes": 20}),
                                ("restore", one, {}), ("suppress", one, {})):
        change(workspace, action, where, **more)
        states.append(planned(workspace)["target_minutes"].to_dict())
    for state in reversed(states[:-1]):
        assert undoable(workspace, DATE, SHIFT) is not None
        change(workspace, "undo", reason="")
        assert planned(workspace)["target_minutes"].to_dict() == state
        assert sound(workspace)
    assert undoable(workspace, DATE, SHIFT) is None
    with pytest.raises(ConnectError, match="no adjustment to undo"):
        change(workspace, "undo")
    assert workspace.count("adjustments") == 10


def test_only_analyst_and_supervisor_may_adjust(workspace):
    configure(workspace, roles={"ann": "supervisor", "bob": "officer", "eve": "auditor"})
    assert role_of(workspace, "ann") == "supervisor" and role_of(workspace, "zoe") == "analyst"
    assert why_not_adjust(workspace, "zoe") == why_not_adjust(workspace, "ann") == ""
    before = workspace.content_hash()
    for who, role in (("bob", "officer"), ("eve", "auditor")):
        assert role in why_not_adjust(workspace, who)
        with pytest.raises(ConnectError, match="only an analyst or a supervisor"):
            change(workspace, "suppress", one_planned(workspace), who=who)
    assert workspace.content_hash() == before
    change(workspace, "suppress", one_planned(workspace), who="ann")
    assert workspace.read("adjustments")[["who", "role"]].values.tolist() == [["ann", "supervisor"]]


@pytest.mark.parametrize("action, box_id, more, sentence", [
    ("", "free", {}, "no action"),
    ("remove", "planned", {}, "actions are add, suppress, restore, minutes, undo"),
    ("suppress", "planned", {"reason": ""}, "needs a reason"),
    ("suppress", "planned", {"reason": "mood"}, "no reason mood"),
    ("undo", "", {"reason": "mood"}, "no reason mood"),
    ("suppress", "", {}, "Name the box"),
    ("suppress", "C1R1", {}, "no box C1R1"),
    ("suppress", "free", {}, "is not in the plan"),
    ("restore", "planned", {}, "is not suppressed"),
    ("add", "planned", {}, "in the plan of 2019-03-01 day already"),
    ("add", "free", {"crime_type": "loitering"}, "not among the enabled"),
    ("minutes", "planned", {}, "minutes to stay"),
    ("minutes", "planned", {"minutes": 0}, "1 to 240"),
    ("minutes", "planned", {"minutes": float("nan")}, "1 to 240"),
    ("minutes", "free", {"minutes": 10}, "is not in the plan"),
    ("undo", "", {}, "no adjustment to undo"),
    ("add", "free", {"shift": "swing"}, "swing"),
])
def test_bad_input_gets_one_sentence_and_changes_nothing(workspace, action, box_id, more, sentence):
    where = {"planned": one_planned(workspace), "free": free_box(workspace)}.get(box_id, box_id)
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match=sentence):
        change(workspace, action, where, **more)
    assert workspace.content_hash() == before


# What later draws, other shifts and delivered patrols mean for adjustments.

def test_a_redraw_leaves_out_what_the_analyst_suppressed_until_it_is_restored(workspace):
    gone, kept = planned(workspace).index[:2]
    change(workspace, "suppress", gone)
    change(workspace, "suppress", kept)
    change(workspace, "restore", kept)
    added = free_box(workspace, "SW")
    change(workspace, "add", added)
    meter(workspace, DATE, SHIFT, redraw=True, reason="street festival")
    boxes = workspace.read("draw_boxes", where={"draw_id": f"{DATE}.{SHIFT}.2"}).set_index("box_id")
    assert boxes.loc[gone, "why_not"] == "suppressed by an analyst" and boxes.loc[gone, "inclusion_probability"] == 0
    assert boxes.loc[kept, "eligible"] and boxes.loc[added, "why_not"] == "added by hand"
    assert gone not in planned(workspace).index and len(planned(workspace)) == 9
    assert sound(workspace)
    # The box may come back, but its old patrol stays out.
    result = change(workspace, "restore", gone)
    assert "earlier draw" in result.messages[0] and gone not in planned(workspace).index
    change(workspace, "undo")
    with pytest.raises(ConnectError, match="restore it instead"):
        change(workspace, "add", gone)
    change(workspace, "restore", gone)
    change(workspace, "add", gone)
    assert sound(workspace)
    meter(workspace, DATE, SHIFT, redraw=True, reason="once more")
    assert sound(workspace) and set(planned(workspace).index) >= {gone, added}


def test_undo_after_a_redraw_leaves_the_old_patrols_out(workspace):
    gone = one_planned(workspace)
    change(workspace, "suppress", gone)
    meter(workspace, DATE, SHIFT, redraw=True, reason="street festival")
    plan = planned(workspace)["target_minutes"].to_dict()
    change(workspace, "undo")
    assert planned(workspace)["target_minutes"].to_dict() == plan and sound(workspace)
    assert undoable(workspace, DATE, SHIFT) is None


def test_top_ups_pass_over_what_rests_is_planned_or_suppressed(workspace):
    reserve = workspace.read("draws")["reserve"].iloc[0]["NE"]
    change(workspace, "add", reserve[0])
    meter(workspace, DATE, "evening", seed="other")
    resting = set(planned(workspace, "evening").index)
    change(workspace, "suppress", one_planned(workspace))
    wanted = next(where for where in reserve[1:] if where not in resting)
    assert planned(workspace).loc[wanted, "origin"] == "topped_up"
    skipped = workspace.read("adjustments")["change"].iloc[-1]["skipped"]
    assert skipped[reserve[0]] == "in the plan already"
    assert set(skipped) == set(reserve[:reserve.index(wanted)]) and sound(workspace)
    # What was suppressed once is passed over too.
    change(workspace, "suppress", wanted)
    after = workspace.read("adjustments")["change"].iloc[-1]["skipped"]
    assert after[wanted] == "suppressed by an analyst" and sound(workspace)


def test_when_no_reserve_is_left_it_says_so(workspace):
    configure(workspace, window_7_hard=0)
    result = change(workspace, "suppress", one_planned(workspace))
    assert "No box is left in the draw's reserve of beat NE" in result.messages[0] and len(planned(workspace)) == 7
    skipped = workspace.read("adjustments")["change"].iloc[0]["skipped"]
    assert set(skipped.values()) == {"most patrols in 7 days reached"} and len(skipped) == 34
    assert sound(workspace)


@pytest.mark.parametrize("action", ["add", "restore", "undo"])
def test_no_hard_limit_is_broken_by_hand(workspace, action):
    where = one_planned(workspace)
    if action == "add":
        where = free_box(workspace)
    else:
        change(workspace, "suppress", where)
    adjust(workspace, "add", DATE, "evening", where, reason="series")
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match=rf"{where} cannot be .* cooling down[.]"):
        change(workspace, action, where)
    assert workspace.content_hash() == before
    configure(workspace, cool_down_shifts=0, window_28_hard=1)
    with pytest.raises(ConnectError, match=r"most patrols in 28 days reached[.]"):
        change(workspace, action, where)
    configure(workspace, window_28_hard=2)
    change(workspace, action, where)
    assert where in planned(workspace).index and sound(workspace)


def visited(workspace, where, minutes, shift="night", date="2019-02-27"):
    with workspace.transaction() as writer:
        writer.append("visits", pd.DataFrame([
            {"visit_id": f"{where}{officer}{minutes}", "unit": "1A", "officer": officer, "box_id": where,
             "shift_date": date, "shift": shift, "entered_utc": pd.Timestamp(date + "T08:00Z"), "minutes": minutes}
            for officer in ("7", "8")]))


def test_visits_count_as_patrols_and_their_minutes_against_the_limit(workspace):
    one, two = free_box(workspace), free_box(workspace, "SW")
    configure(workspace, window_7_hard=1)
    visited(workspace, one, 12.0)
    with pytest.raises(ConnectError, match="most patrols in 7 days reached"):
        change(workspace, "add", one)
    configure(workspace, window_7_hard=3)
    change(workspace, "add", one)  # two officers aboard one unit are one visit
    visited(workspace, two, 92.0)  # of 3 patrols, 2 stays of 20 minutes each
    with pytest.raises(ConnectError, match="most minutes in 7 days reached"):
        change(workspace, "add", two)
    change(workspace, "add", two, minutes=14.0)
    with pytest.raises(ConnectError, match="given 15 minutes: most minutes in 7 days"):
        change(workspace, "minutes", two, minutes=15.0)
    change(workspace, "minutes", two, minutes=5.0)
    assert sound(workspace)


def test_visited_boxes_rest_and_are_not_drawn_beyond_their_minutes(workspace):
    ids = sorted(planned(workspace).index)
    visited(workspace, ids[0], 400.0)
    visited(workspace, ids[1], 5.0, "evening", "2019-02-28")
    visited(workspace, ids[2], 5.0, "night", "2019-02-28")
    meter(workspace, DATE, SHIFT, redraw=True, reason="visits came in")
    why = workspace.read("draw_boxes", where={"draw_id": f"{DATE}.{SHIFT}.2"}).set_index("box_id")["why_not"]
    assert why[ids[0]] == "most minutes in 7 days reached" and why[ids[2]] == "cooling down" and why[ids[1]] is None


def test_two_desks_write_one_chain(workspace):
    with open_workspace(workspace.address) as other:
        for number, desk in enumerate((workspace, other) * 3):
            change(desk, "minutes", one_planned(desk), minutes=5.0 + number)
    chain = workspace.read("adjustments", order_by="seq")
    assert chain["seq"].tolist() == [1, 2, 3, 4, 5, 6] and sound(workspace)


def test_a_change_that_dies_leaves_the_old_plan(workspace, monkeypatch):
    from shotspotter_connect_plugin.workspace.steps import adjusting
    before = workspace.content_hash()
    monkeypatch.setattr(adjusting._Plan, "write", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        change(workspace, "suppress", one_planned(workspace))
    assert workspace.content_hash() == before


@pytest.mark.parametrize("seed", [1, 2])
def test_any_walk_through_changes_and_redraws_keeps_the_limits_and_verifies(workspace, seed):
    configure(workspace, cool_down_shifts=1, window_7_hard=3, window_28_hard=3)
    meter(workspace, DATE, "evening", seed="other")
    rng, ids = np.random.default_rng(seed), workspace.read("boxes")["box_id"].to_numpy()
    done = refused = 0
    for step in range(40):
        shift = str(rng.choice(["day", "evening"]))
        if step % 15 == 14:
            meter(workspace, DATE, shift, seed=str(step), redraw=True, reason="walk")
            continue
        action = str(rng.choice(["suppress", "add", "restore", "minutes", "undo"], p=[0.35, 0.2, 0.2, 0.1, 0.15]))
        known = workspace.read("patrols", ["box_id"], {"shift": shift})["box_id"].to_numpy()
        where = str(rng.choice(ids if rng.random() < 0.2 else known))
        before = workspace.content_hash()
        try:
            change(workspace, action, where, shift, minutes=float(rng.integers(1, 40)))
            done += 1
        except ConnectError as error:
            assert error.user.endswith(".") and workspace.content_hash() == before
            refused += 1
    assert done > 8 and refused > 2
    plan = workspace.read("patrols", where={"status": "planned"})
    assert not plan.duplicated(["shift", "box_id"]).any()
    assert not set(plan.loc[plan["shift"] == "day", "box_id"]) & set(plan.loc[plan["shift"] == "evening", "box_id"])
    for shift in ("day", "evening"):
        assert verify_draw(workspace, DATE, shift).problems == []
    assert verify_chain(workspace).length == done


# One stored value after another is falsified, past the triggers that protect it.

TAMPERED = {
    "who": ("UPDATE adjustments SET who = 'nobody' WHERE seq = 2", "Adjustment 2 of the chain"),
    "role": ("UPDATE adjustments SET role = 'supervisor' WHERE seq = 1", "Adjustment 1 of the chain"),
    "reason": ("UPDATE adjustments SET reason = 'series' WHERE seq = 3", "Adjustment 3 of the chain"),
    "note": ("UPDATE adjustments SET note = NULL WHERE seq = 1", "content does not give its hash"),
    "time": ("UPDATE adjustments SET at_utc = '2020-01-01T00:00:00.000Z' WHERE seq = 3", "Adjustment 3 of the chain"),
    "change": ("UPDATE adjustments SET change = json_set(change, '$.patrols[0].after.status', 'planned') "
               "WHERE seq = 1", "Adjustment 1 of the chain"),
    "change lost": ("UPDATE adjustments SET change = NULL WHERE seq = 2", "Adjustment 2 of the chain"),
    "row removed": ("DELETE FROM adjustments WHERE seq = 2", "Adjustment 2 of the chain"),
    "row moved": ("UPDATE adjustments SET seq = 7 WHERE seq = 3", "bears the number 7"),
    "hash": ("UPDATE adjustments SET hash = iif(hash LIKE 'a%', 'b', 'a') || substr(hash, 2) WHERE seq = 2",
             "Adjustment 2 of the chain"),
    "last row removed": ("DELETE FROM adjustments WHERE seq = 3", "differs from its draw in target_minutes"),
    "all removed": ("DELETE FROM adjustments", "without an adjustment"),
    "patrol put back": ("UPDATE patrols SET status = 'planned' WHERE status = 'suppressed'",
                        "differs from its draw in status"),
    "top-up left out": ("DELETE FROM patrols WHERE origin = 'topped_up'", "by an adjustment but has no patrol"),
    "top-up's box": ("UPDATE patrols SET box_id = 'C1280R17200' WHERE origin = 'topped_up'", "in box_id"),
    "top-up's chance": ("UPDATE patrols SET inclusion_probability = 1 WHERE origin = 'topped_up'",
                        "differs from its adjustments in inclusion_probability"),
    "added box's minutes": ("UPDATE patrols SET target_minutes = 90 WHERE origin = 'added'",
                            "differs from its adjustments in target_minutes"),
    "added without adjustment": ("INSERT INTO patrols (patrol_id, shift_date, shift, box_id, origin, status) VALUES "
                                 "('x', '2019-03-01', 'day', 'C1280R17200', 'added', 'planned')",
                                 "was added without an adjustment"),
}


@pytest.fixture(scope="module")
def adjusted(template, tmp_path_factory):
    path = tmp_path_factory.mktemp("adjusted") / "w.gpkg"
    shutil.copy(template, path)
    with open_workspace(path) as opened:
        plan = planned(opened)
        change(opened, "suppress", one_planned(opened), note="road works")
        change(opened, "add", free_box(opened, "SW"))
        change(opened, "minutes", plan.index[plan["beat"] == "NW"][0], minutes=11.0)
        assert sound(opened)
    return path


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found_and_named(adjusted, tmp_path, what):
    statement, sentence = TAMPERED[what]
    path = tmp_path / "w.gpkg"
    shutil.copy(adjusted, path)
    falsify(path, statement)
    with open_workspace(path) as opened:
        check = verify_draw(opened, DATE, SHIFT)
    assert not check.verified and any(sentence in problem for problem in check.problems), check.problems


def falsify(path, *statements):
    connection = sqlite3.connect(path)
    rules = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    connection.execute("BEGIN")  # else each rule that goes is written to the disk by itself
    for (trigger,) in rules:
        connection.execute('DROP TRIGGER "' + trigger + '"')
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_printed_head_is_found_or_missed(adjusted, tmp_path):
    with open_workspace(adjusted) as opened:
        hashes = opened.read("adjustments", order_by="seq")["hash"].tolist()
        check = verify_chain(opened, hashes[0][:16].upper() + " ")
        assert check.verified and check.head == hashes[-1] and check.length == 3
        assert check.notes == ["The printed head is in the chain; 2 adjustments came after it."]
        assert "is in no row" in verify_chain(opened, "0" * 64).problems[0]
        for wrong in ("abc", "not a head at all"):
            assert "hexadecimal" in verify_chain(opened, wrong).problems[0]
    path = tmp_path / "w.gpkg"
    shutil.copy(adjusted, path)
    falsify(path, "DELETE FROM adjustments WHERE seq > 1")
    with open_workspace(path) as opened:  # whole in itself: only the printed head shows that rows are gone
        assert verify_chain(opened).verified
        assert not verify_chain(opened, hashes[-1]).verified


def test_a_whole_workspace_is_checked(adjusted, tmp_path):
    path = tmp_path / "w.gpkg"
    shutil.copy(adjusted, path)
    with open_workspace(path) as opened:
        meter(opened, DATE, "evening", seed="other")
        checked = check_workspace(opened, verify_chain(opened).head)
        assert checked.ok and checked.problems == [] and checked.shifts == 2
        assert checked.chain_head == verify_chain(opened).head
        assert not check_workspace(opened, "f" * 64).ok
    falsify(path, "UPDATE adjustments SET note = 'x' WHERE seq = 1",
            "UPDATE draws SET size = 3 WHERE shift = 'evening'", "ALTER TABLE boxes DROP COLUMN col")
    with open_workspace(path) as opened:
        checked = check_workspace(opened)
    text = "\n".join(checked.problems)
    assert not checked.ok and "Table boxes lacks col." in checked.problems
    assert "adjustments lost one of the rules that guard its rows (adjustments_keep)" in text
    assert "2019-03-01 evening: The size of the draw is recorded as 3" in text
    assert text.count("Adjustment 1 of the chain") == 1


def test_a_damaged_file_is_said(adjusted, tmp_path):
    path = tmp_path / "w.gpkg"
    shutil.copy(adjusted, path)
    connection = sqlite3.connect(path)
    root, = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'draw_boxes_key'").fetchone()
    size, = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with open(path, "r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * 64)
    with open_workspace(path) as opened:
        checked = check_workspace(opened)
    assert not checked.ok and "damaged" in checked.problems[0]
