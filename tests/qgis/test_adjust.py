"""Adjusting, checking and costing through Processing, on the small real workspace."""
import hashlib
import json
import sqlite3

import pytest
from qgis_runs import Feedback

from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

DATE, SHIFT = "2017-12-14", "evening"


def plan(path):
    with open_workspace(path) as workspace:
        return workspace.read("patrols", where={"shift_date": DATE, "shift": SHIFT, "status": "planned"},
                              order_by="box_id")


def test_suppress_undo_and_check_through_processing(run, full):
    before = plan(full)
    feedback = Feedback()
    done = run("adjust", WORKSPACE=str(full), ACTION="suppress", BOX_ID=before["box_id"][0], DATE=DATE, SHIFT=SHIFT,
               REASON="late_breaking", NOTE="street closed", feedback=feedback)
    after = plan(full)
    assert done["PATROLS"] == len(after) == len(before) and len(done["CHAIN_HEAD"]) == 64
    assert set(before["box_id"]) - set(after["box_id"]) == {before["box_id"][0]}
    assert (after["origin"] == "topped_up").sum() == 1
    assert any("Topped up with" in text for text in feedback.said)
    assert run("verifydraw", WORKSPACE=str(full), DATE=DATE)["VERIFIED"]
    run("adjust", WORKSPACE=str(full), ACTION="minutes", BOX_ID=after["box_id"][0], DATE=DATE, SHIFT=SHIFT, MINUTES=12,
        REASON="staffing")
    assert plan(full)["target_minutes"][0] == 12
    for _ in range(2):
        last = run("adjust", WORKSPACE=str(full), ACTION="undo", DATE=DATE, SHIFT=SHIFT)
    assert plan(full)["box_id"].tolist() == before["box_id"].tolist()
    checked = run("checkworkspace", WORKSPACE=str(full), HEAD=done["CHAIN_HEAD"])
    assert checked["OK"] and checked["CHAIN_HEAD"] == last["CHAIN_HEAD"]
    assert not run("checkworkspace", WORKSPACE=str(full), HEAD="0" * 64)["OK"]


def test_draws_are_verified_and_written_for_others_to_replay(run, fails, full, tmp_path):
    done = run("verifydraw", WORKSPACE=str(full), DATE=DATE, EXPORT=str(tmp_path / "draws"))
    assert done["VERIFIED"] and done["EXPORT"] == str(tmp_path / "draws")
    files = sorted(path.name for path in (tmp_path / "draws").iterdir())
    assert files == [f"draw_{DATE}_{shift}.json" for shift in ("day", "evening", "midnight")]
    draw = json.loads((tmp_path / "draws" / files[1]).read_text(encoding="utf-8"))
    assert set(draw["selected"]) == set(plan(full)["box_id"]) and len(draw["seed"]) == 64
    assert hashlib.sha256(draw["inputs"].encode()).hexdigest() == draw["inputs_hash"]
    assert "cannot be written" in fails("verifydraw", WORKSPACE=str(full), DATE=DATE, EXPORT=str(full))


def test_a_tampered_row_is_named(run, full):
    box = plan(full)["box_id"][0]
    run("adjust", WORKSPACE=str(full), ACTION="suppress", BOX_ID=box, DATE=DATE, SHIFT=SHIFT, REASON="event")
    connection = sqlite3.connect(full)
    connection.execute("DROP TRIGGER adjustments_change")
    connection.execute("UPDATE adjustments SET reason = 'community'")
    connection.commit()
    connection.close()
    feedback = Feedback()
    assert not run("checkworkspace", WORKSPACE=str(full), feedback=feedback)["OK"]
    assert any("Adjustment 1 of the chain (suppress of box " + box in text for text in feedback.warnings)
    assert any("lost one of the rules" in text for text in feedback.warnings)
    assert not run("verifydraw", WORKSPACE=str(full), DATE=DATE, SHIFT=SHIFT)["VERIFIED"]


@pytest.mark.parametrize("more, sentence", [
    ({"ACTION": "remove"}, "no action remove"),
    ({"REASON": ""}, "needs a reason"),
    ({"REASON": "mood"}, "no reason mood"),
    ({"BOX_ID": ""}, "Name the box"),
    ({"BOX_ID": "C1R1"}, "no box C1R1"),
    ({"SHIFT": "swing"}, "No shift “swing”"),
    ({"SHIFT": ""}, "SHIFT"),
    ({"DATE": "soon"}, "DATE"),
    ({"ACTION": "minutes"}, "MINUTES"),
    ({"ACTION": "minutes", "MINUTES": 999}, "MINUTES"),
    ({"ACTION": "add", "CRIME_TYPE": "loitering"}, "already"),
    ({"ACTION": "restore"}, "nothing to restore"),
    ({"ACTION": "undo"}, "no adjustment to undo"),
])
def test_bad_adjustments_change_nothing(fails, full, content, more, sentence):
    box = plan(full)["box_id"][0]
    before = content(full)
    if more.get("CRIME_TYPE"):
        sentence = "Crime type loitering"
    given = {"WORKSPACE": str(full), "ACTION": "suppress", "BOX_ID": box, "DATE": DATE, "SHIFT": SHIFT,
             "REASON": "event", **more}
    assert sentence.lower() in fails("adjust", **given).lower()
    assert content(full) == before


def test_an_officer_may_look_but_not_adjust(run, fails, full, content):
    from shotspotter_connect_plugin.workspace.steps.configure import configure
    from shotspotter_connect_plugin.workspace.store.runs import account

    with open_workspace(full) as workspace:
        configure(workspace, {"settings": {"roles": {account(): "officer"}}})
    before = content(full)
    sentence = fails("adjust", WORKSPACE=str(full), ACTION="undo", DATE=DATE, SHIFT=SHIFT)
    assert "is officer; only an analyst or a supervisor may change a plan" in sentence
    assert content(full) == before and run("checkworkspace", WORKSPACE=str(full))["OK"]


def test_what_caps_cost_as_table_and_page(run, fails, full, tmp_path):
    report, table = tmp_path / "caps.html", tmp_path / "caps.csv"
    feedback = Feedback()
    run("capcost", WORKSPACE=str(full), FROM="2017-12-15", TO="2017-12-17", OUTPUT=str(table), REPORT=str(report),
        feedback=feedback)
    lines = table.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 27 and lines[0].startswith("cap,rules,covered_harm,price_percent,hits,hit_rate")
    text = report.read_text(encoding="utf-8")
    assert "<svg" in text and text.count("<tr>") == 28 and "2017-12-15 to 2017-12-17" in text
    assert sum(said.startswith("Cap ") for said in feedback.said) == 26
    assert sum("by harm, paced: " in said for said in feedback.said) == 1
    assert "FROM lies after TO" in fails("capcost", WORKSPACE=str(full), FROM="2017-12-17", TO="2017-12-15")
    assert "There is no model from" in fails("capcost", WORKSPACE=str(full), FROM="2016-01-01", TO="2016-01-02")
