"""The list of tactics as it is edited: what is offered, what is wrong, who may save, and that nothing is lost."""
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.patrol.tactic_rules import offered
from shotspotter_connect_plugin.workspace.steps.configure import configure
from shotspotter_connect_plugin.workspace.steps.tactic_list import read_list, save_list, standings, whats_wrong
from shotspotter_connect_plugin.workspace.store.runs import account

TODAY = "2026-11-22"


def tactic(code="walk", **more):
    return {"tactic": code, "name": code.title(), "description": "Walk.", "crime_types": [], "approved_by": "",
            "reviewed": None, "expires": None, "enforcement": False, "source": "", **more}


@pytest.mark.parametrize("row, mark, words", [
    (tactic(), "refused", "Not approved: not offered"),
    (tactic(approved_by="Board", reviewed="2026-05-01"), "offered", "Offered"),
    (tactic(approved_by="Board", reviewed="2026-05-01", expires="2026-11-22"), "offered", "Offered until 2026-11-22"),
    (tactic(approved_by="Board", reviewed="2026-05-01", expires="2026-11-21"), "refused",
     "Expired on 2026-11-21: not offered"),
    (tactic(approved_by="Board"), "marked", "Offered, but never reviewed with the community"),
    (tactic(approved_by="Board", reviewed="2025-11-22"), "offered", "Offered"),
    (tactic(approved_by="Board", reviewed="2025-11-21"), "marked", "Offered; its review is due since 2026-11-21"),
    (tactic(approved_by="Board", reviewed="2026-05-01", enforcement=True), "refused", "Enforcement: never offered"),
])
def test_what_is_offered_and_what_is_marked(row, mark, words):
    standing, = standings([row], TODAY, 365)
    assert (standing.mark, standing.words) == (mark, words)


DATES = st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2028, 1, 1)).map(lambda day: day.isoformat()))
ROWS = st.builds(lambda **more: tactic(**more), approved_by=st.sampled_from(["", " ", "Board", None]), reviewed=DATES,
                 expires=DATES, enforcement=st.booleans())


@settings(max_examples=80, deadline=None)
@given(st.lists(ROWS, max_size=4))
def test_the_words_agree_with_what_officers_are_offered(rows):
    rows = [{**row, "tactic": f"t{number}", "sort_order": number} for number, row in enumerate(rows)]
    told = {row["tactic"] for row, standing in zip(rows, standings(rows, TODAY, 365)) if standing.mark != "refused"}
    frame = pd.DataFrame(rows, columns=list(tactic()) + ["sort_order"])
    assert told == set(offered(frame, TODAY)["tactic"])


@pytest.mark.parametrize("change, field, words", [
    ({"tactic": "two words"}, "tactic", "needs a code"), ({"tactic": ""}, "tactic", "needs a code"),
    ({"name": " "}, "name", "needs a name"), ({"description": ""}, "description", "needs a description"),
    ({"approved_by": "Board"}, "reviewed", "without a community review"),
    ({"approved_by": "Board", "reviewed": "2026-11-23"}, "reviewed", "in the future"),
    ({"approved_by": "Board", "reviewed": "2026-11-01", "expires": "2026-10-01"}, "expires", "before its review"),
    ({"approved_by": "Board", "reviewed": "2026-11-01", "enforcement": True}, "enforcement", "cannot be approved"),
    ({"approved_by": "James Smith", "reviewed": "2026-11-01"}, "approved_by", "by a person"),
    ({"approved_by": "j.smith@example.org", "reviewed": "2026-11-01"}, "approved_by", "by a person"),
    ({"crime_types": ["drugs"]}, "crime_types", "does not exist"),
])
def test_what_is_wrong_is_said_in_a_sentence(change, field, words):
    found = whats_wrong([tactic(), {**tactic("talk"), **change}], TODAY)
    assert [(place, name) for place, name, _ in found] == [(1, field)]
    assert words in found[0][2] and found[0][2].endswith(".")


def test_two_of_a_name_or_a_code_are_one_too_many():
    found = whats_wrong([tactic("walk"), tactic("walk", name="Other"), tactic("talk", name="WALK")], TODAY)
    assert [(place, field) for place, field, _ in found] == [(1, "tactic"), (2, "name")]
    assert whats_wrong([tactic("walk"), tactic("talk")], TODAY) == []


def test_the_defaults_have_nothing_wrong_and_are_approved_by_nobody(workspace):
    read = read_list(workspace)
    assert len(read.tactics) > 5 and whats_wrong(read.tactics, read.today) == []
    assert {standing.mark for standing in standings(read.tactics, read.today, read.review_days)} == {"refused"}
    assert (read.refusal, read.review_days) == ("", 365)


def test_saving_keeps_the_order_and_is_recorded_once(workspace):
    read = read_list(workspace)
    rows = [dict(row) for row in read.tactics]
    rows.insert(0, rows.pop(3))
    rows[0].update(approved_by="Community board", reviewed=read.today)
    rows.append(tactic("new_one", crime_types=["theft"]))
    del rows[2]
    changes = save_list(workspace, rows, read.tactics, versions={"QGIS": "x"})
    again = read_list(workspace)
    assert [row["tactic"] for row in again.tactics] == [row["tactic"] for row in rows]
    assert again.tactics[0]["approved_by"] == "Community board" and again.tactics[-1]["crime_types"] == ["theft"]
    run, = workspace.read("runs").to_dict("records")
    assert (run["algorithm"], run["counts"]["changes"], run["versions"]["QGIS"]) == (
        "connect:configure", len(changes), "x")
    assert [row["tactic"] for row in offered(workspace.read("tactics"), read.today).to_dict("records")] == [
        rows[0]["tactic"]]


def test_only_analyst_and_supervisor_save_and_nobody_overwrites_another(workspace):
    read = read_list(workspace)
    before = workspace.content_hash()
    configure(workspace, {"settings": {"roles": {account(): "officer"}}})
    assert "only an analyst or a supervisor" in read_list(workspace).refusal
    with pytest.raises(ConnectError, match="only an analyst or a supervisor may change the list of tactics"):
        save_list(workspace, [tactic()], read.tactics)
    configure(workspace, {"settings": {"roles": {account(): "supervisor"}}})
    configure(workspace, {"tactics": [tactic("other")]})
    with pytest.raises(ConnectError, match="Somebody changed the list"):
        save_list(workspace, [tactic()], read.tactics)
    with pytest.raises(ConnectError, match="needs a name"):
        save_list(workspace, [tactic(name="")], read_list(workspace).tactics)
    assert [row["tactic"] for row in read_list(workspace).tactics] == ["other"]
    assert workspace.read("runs").empty and workspace.content_hash() != before
