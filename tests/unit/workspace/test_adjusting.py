"""Adjusting a plan on a workspace file: what each action does, what is refused, and that nothing is bent or lost."""
import shutil

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.adjusting import adjust, role_of, undoable, why_not_adjust
from shotspotter_connect_plugin.workspace.chain import verify_chain
from shotspotter_connect_plugin.workspace.create import create_workspace
from shotspotter_connect_plugin.workspace.layers import VectorTable
from shotspotter_connect_plugin.workspace.planning import meter, verify_draw
from shotspotter_connect_plugin.workspace.store import open_workspace

DATE, SHIFT = "2019-03-01", "day"
SIDE, LEFT, BOTTOM = 12, 320_000, 4_300_000


def square(col, row, width):
    return box(LEFT + col * 250, BOTTOM + row * 250, LEFT + (col + width) * 250, BOTTOM + (row + width) * 250)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("adjusting") / "template.gpkg"
    whole = VectorTable(pd.DataFrame({"name": ["city"]}), [square(0, 0, SIDE)], "EPSG:32618", "city")
    beats = VectorTable(pd.DataFrame({"beat": ["NW", "NE", "SW", "SE"]}),
                        [square(col, row, 6) for row in (6, 0) for col in (0, 6)], "EPSG:32618", "beats")
    with create_workspace(path, whole, beats, "beat", "America/New_York") as workspace:
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
