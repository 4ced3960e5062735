"""What a sheet says equals what stands in the workspace, on a real plan."""
import shutil
import subprocess

import pandas as pd
import pytest
from qgis_runs import BEATS, DATE

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.reports.paper import wording
from shotspotter_connect_plugin.reports.plan import rollcall_data
from shotspotter_connect_plugin.reports.plan.rollcall_pages import write_rollcall
from shotspotter_connect_plugin.workspace.steps import shift_draw
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace


@pytest.fixture
def workspace(planned):
    with open_workspace(str(planned)) as workspace:
        yield workspace


def test_the_plan_on_the_sheets_is_the_plan_in_the_workspace(workspace):
    plan = rollcall_data.rollcall(workspace, DATE, "evening")
    stored = workspace.read("patrols", where={"shift_date": DATE, "shift": "evening", "status": "planned"})
    where = workspace.read("boxes", ["box_id", "where"]).set_index("box_id")["where"]
    assert plan.message == "" and len(plan.patrols) == len(stored) > 0
    both = plan.patrols.merge(stored, on="patrol_id", suffixes=("", "_stored"))
    assert len(both) == len(stored)
    for column in ("box_id", "beat", "crime_type", "chance", "chance_low", "chance_high", "inclusion_probability",
                   "target_minutes", "returns"):
        assert (both[column] == both[column + "_stored"]).all(), column
    assert (plan.patrols["where"] == plan.patrols["box_id"].map(where)).all()
    for _, mine in plan.patrols.groupby("beat"):
        assert list(mine["number"]) == list(range(1, len(mine) + 1))
        assert stored.set_index("patrol_id").loc[mine["patrol_id"], "visit_order"].is_monotonic_increasing
    assert plan.pages == tuple(sorted(BEATS)) and set(plan.patrols["beat"]) <= set(plan.pages)


def test_hashes_times_and_words_of_the_sheet(workspace):
    plan = rollcall_data.rollcall(workspace, DATE, "day")
    draws = workspace.read("draws", where={"shift_date": DATE, "shift": "day"})
    assert [plan.seed_hash] == list(draws["seed_hash"]) and plan.lottery
    published = workspace.read("commitments", where={"shift_date": DATE, "shift": "evening"})
    assert plan.coming["seed_hash"].iloc[0] == published["seed_hash"].iloc[0]
    assert plan.coming["shift_name"].iloc[0] == "Evening" and plan.coming["shift_date"].iloc[0] == DATE
    assert plan.as_of == "14 December 2017, 05:00 EST" and plan.hours == "07:00 to 15:00" and plan.chain_head == ""
    assert "seed" not in plan.coming.columns
    secrets = set(workspace.read("draws", ["seed"])["seed"].dropna()) - {""}
    assert not secrets & {plan.seed_hash, *plan.coming["seed_hash"]}


def test_the_forecast_beside_the_plan(workspace):
    plan = rollcall_data.rollcall(workspace, DATE, "evening")
    stored = workspace.read("forecasts", where={"shift_date": DATE, "shift": "evening"})
    assert len(plan.forecast) == stored["box_id"].nunique()
    robbery = stored[stored["crime_type"] == "robbery"].set_index("box_id")["expected"]
    assert (plan.forecast.set_index("box_id")["expected_robbery"] == robbery).all()
    odds = plan.patrols.merge(plan.forecast, on="box_id", suffixes=("", "_forecast"))
    assert (odds["inclusion_probability"] == odds["inclusion_probability_forecast"]).all()
    assert (odds["crime_type"] == odds["crime_type_forecast"]).all()


def test_one_beat_gives_its_page_only(workspace, tmp_path):
    plan = rollcall_data.rollcall(workspace, DATE, "evening", beat="602")
    assert plan.pages == ("602",) and set(plan.patrols["beat"]) == {"602"} and len(plan.beats) == len(BEATS)
    assert len(rollcall_data.rollcall(workspace, DATE, "evening").patrols) > len(plan.patrols)


def test_a_date_without_a_draw_says_so(workspace):
    plan = rollcall_data.rollcall(workspace, "2017-12-20", "evening")
    assert plan.message == rollcall_data.NO_PLAN and plan.seed_hash == "" and plan.patrols.empty and plan.forecast.empty


@pytest.mark.parametrize("arguments, words", [
    ((DATE, "evening", "999"), "no beat '999'.*602, 603, 604, 608"), ((DATE, "noon"), "no shift 'noon'.*day, evening"),
    (("14 December", "evening"), "14 December")])
def test_what_is_not_there_is_named(workspace, arguments, words):
    with pytest.raises(ConnectError, match=words):
        rollcall_data.rollcall(workspace, *arguments)


def test_after_a_redraw_the_sheets_show_the_newest_draw(full, tmp_path):
    with open_workspace(str(full)) as workspace:
        first = rollcall_data.rollcall(workspace, DATE, "evening")
        shift_draw.meter(workspace, DATE, "evening", seed="a seed of a test", redraw=True, reason="test")
        second = rollcall_data.rollcall(workspace, DATE, "evening")
    assert not second.lottery and second.seed_hash != first.seed_hash
    assert set(second.patrols["draw_id"]) != set(first.patrols["draw_id"]) and len(set(second.patrols["draw_id"])) == 1


def test_suppressed_patrols_are_left_out_and_the_chain_head_is_printed(full, tmp_path):
    with open_workspace(str(full)) as workspace:
        patrol = rollcall_data.rollcall(workspace, DATE, "evening").patrols.iloc[0]
        with workspace.transaction() as writer:
            writer.upsert("patrols", pd.DataFrame([{"patrol_id": patrol["patrol_id"], "status": "suppressed"}]))
            writer.append("adjustments", pd.DataFrame([{
                "seq": 1, "at_utc": pd.Timestamp("2017-12-14 12:00", tz="UTC"), "action": "suppress",
                "patrol_id": patrol["patrol_id"], "hash": "ab" * 32}]))
        plan = rollcall_data.rollcall(workspace, DATE, "evening")
    assert patrol["box_id"] not in set(plan.patrols["box_id"])
    assert list(plan.patrols.loc[plan.patrols["beat"] == patrol["beat"], "number"])[:1] in ([1], [])
    path = write_rollcall(plan, str(tmp_path / "sheets.pdf"))
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler-utils)")
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()
    assert text.count("ab" * 32) == len(plan.pages)


def test_real_sheets_hold_every_box(workspace, tmp_path):
    plans = [rollcall_data.rollcall(workspace, DATE, shift) for shift in ("day", "evening", "midnight")]
    path = write_rollcall(plans, str(tmp_path / "sheets.pdf"))
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler-utils)")
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()
    assert text.count("\f") == 3 * len(BEATS)
    for plan in plans:
        for patrol in plan.patrols.to_dict("records"):
            assert patrol["box_id"] in text
            assert wording.chance_in_words(patrol["chance"], patrol["chance_low"], patrol["chance_high"]) in text
