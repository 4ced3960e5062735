"""Boxes placed where crime clusters: nothing changes at first; put in force with a reason, and told once a quarter."""
import json
import re

import numpy as np
import pytest
from qgis.core import QgsGeometry, QgsVectorLayer
from qgis_runs import DATE, Failed, Feedback

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.reports.web import layout_page
from shotspotter_connect_plugin.workspace.steps.placing import QUARTER
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace


@pytest.fixture(scope="module")
def looked(planned, run, tmp_path_factory):
    """(folder, outputs, what was said, runs kept) of a dry run on the small real workspace."""
    out = tmp_path_factory.mktemp("boxes")
    with open_workspace(planned) as workspace:
        before = workspace.content_hash()
    heard = Feedback()
    found = run("placeboxes", feedback=heard, WORKSPACE=str(planned), AS_OF=DATE, REPORT=str(out / "boxes.html"),
                OUTPUT=str(out / "boxes.gpkg"))
    with open_workspace(planned) as workspace:
        assert workspace.layout == 0 and workspace.content_hash() == before
        counts = workspace.read("runs", ["counts"], {"algorithm": "connect:placeboxes"})["counts"].iloc[-1]
    return out, found, heard.said, counts


def test_a_dry_run_tells_and_changes_nothing(looked):
    out, found, said, counts = looked
    assert "Nothing was changed." in said and found["PLACED"] > 0
    assert counts["boxes"] == found["BOXES"] and counts["placed"] == found["PLACED"] and counts["layout"] == 0
    layer = QgsVectorLayer(found["OUTPUT"], "boxes", "ogr")
    kinds = [feature["kind"] for feature in layer.getFeatures()]
    assert kinds.count("placed") == found["PLACED"] and {"remnant", "fishnet"} <= set(kinds)
    # The boxes are a partition: each has one row, and no area is there twice.
    ids, shapes = zip(*((feature["box_id"], feature.geometry()) for feature in layer.getFeatures()))
    assert len(set(ids)) == len(ids) == found["BOXES"]
    whole = sum(shape.area() for shape in shapes)
    assert whole % 62_500 == pytest.approx(0, abs=1) or whole % 62_500 == pytest.approx(62_500, abs=1)
    assert QgsGeometry.unaryUnion(shapes).area() == pytest.approx(whole)


def test_the_page_shows_gain_maps_costs_and_limits(looked):
    out, found, said, _ = looked
    text = (out / "boxes.html").read_text(encoding="utf-8")
    assert text.count("<svg") == 3 and "What it costs" in text and "Nothing was changed." in text
    assert re.search("<p>(Worth it here|Not worth it here|Nothing can be told yet):", text)
    assert "nan" not in text.lower().replace("maintenance", "") and "Before: " in text and "After: " in text
    assert np.isnan(found["GAIN"]) or found["GAIN_LOW"] <= found["GAIN"] <= found["GAIN_HIGH"]


def test_boxes_are_put_in_force_with_a_reason_and_the_way_back_is_open(full, run, fails, every_byte, tmp_path):
    before = every_byte(full)
    assert "needs a REASON" in fails("placeboxes", WORKSPACE=str(full), AS_OF=DATE, APPLY=True)
    assert "folder of" in fails("placeboxes", WORKSPACE=str(full), REPORT=str(tmp_path / "no" / "page.html"))
    assert every_byte(full) == before
    found = run("placeboxes", WORKSPACE=str(full), AS_OF=DATE, APPLY=True, REASON="more events in the same area")
    with open_workspace(full) as workspace:
        assert workspace.layout == 1 and workspace.count("boxes") == found["BOXES"]
        assert workspace.read("layouts")["reason"].tolist() == ["more events in the same area"]
    run("score", WORKSPACE=str(full), DATE="2017-12-16")
    assert run("meter", WORKSPACE=str(full), DATE="2017-12-16")["DRAWN"] > 0
    assert run("checkworkspace", WORKSPACE=str(full))["OK"]
    assert run("verifydraw", WORKSPACE=str(full), DATE=DATE)["VERIFIED"]
    back = run("placeboxes", WORKSPACE=str(full), AS_OF=DATE, SHARE=0, APPLY=True, REASON="back")
    assert back["PLACED"] == 0
    with open_workspace(full) as workspace:
        assert workspace.layout == 2 and not workspace.read("boxes")["box_id"].str.contains("[.~]").any()


@pytest.mark.parametrize("error", [ConnectError("The page cannot be written."), OSError(28, "No space left")])
def test_a_page_that_fails_after_boxes_were_put_in_force_says_so(full, fails, tmp_path, monkeypatch, error):
    """New boxes, a run on record, and a sentence that tells of both: never "nothing was changed", never unknown."""
    def broken(*args):
        raise error

    monkeypatch.setattr(layout_page, "write_page", broken)
    said = fails("placeboxes", WORKSPACE=str(full), AS_OF=DATE, APPLY=True, REASON="x",
                 REPORT=str(tmp_path / "boxes.html"))
    assert "Layout 1 is in force now and on record, but the report" in said and len(said) < 400
    with open_workspace(full) as workspace:
        run = workspace.read("runs", where={"algorithm": "connect:placeboxes"}).iloc[-1]
        assert workspace.layout == 1 and run["result"] == "stopped" and run["counts"]["layout"] == 1
        before = workspace.content_hash()
    assert "Layout" not in fails("placeboxes", WORKSPACE=str(full), AS_OF=DATE, SHARE=1,
                                 REPORT=str(tmp_path / "boxes.html"))
    with open_workspace(full) as workspace:
        assert workspace.content_hash() == before


@pytest.mark.parametrize("share", [30, 75, 94, 95, 96])
def test_cancel_is_heard_and_no_box_is_changed_or_all_are(full, run, every_byte, share):
    before, feedback = every_byte(full), Feedback()
    with open_workspace(full) as workspace:
        runs = workspace.count("runs", {"algorithm": "connect:placeboxes", "result": "done"})
    feedback.progressChanged.connect(lambda done: feedback.cancel() if done >= share else None)
    try:
        run("placeboxes", feedback=feedback, WORKSPACE=str(full), AS_OF=DATE, APPLY=True, REASON="x")
    except Failed as stopped:
        assert "Nothing was changed" in str(stopped) and every_byte(full) == before and share < 96
    else:
        with open_workspace(full) as workspace:
            assert workspace.layout == 1 and share > 90
            assert workspace.count("runs", {"algorithm": "connect:placeboxes", "result": "done"}) == runs + 1


def test_what_cannot_be_written_changes_no_boxes(full, fails, tmp_path):
    assert fails("placeboxes", WORKSPACE=str(full), AS_OF=DATE, APPLY=True, REASON="x",
                 OUTPUT=str(tmp_path / "no" / "boxes.gpkg"))
    with open_workspace(full) as workspace:
        assert workspace.layout == 0


def test_it_runs_without_a_screen(full, process):
    done = process("run", "connect:placeboxes", "--json", "--", f"WORKSPACE={full}", f"AS_OF={DATE}", "SHARE=2",
                   "SMOOTH=50")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout[done.stdout.index("{"):])["results"]
    assert results["PLACED"] > 0 and results["BOXES"] > results["PLACED"]


def test_the_day_asks_once_a_quarter(full, run, tmp_path):
    for number, date in enumerate((DATE, "2017-12-15")):
        run("daily", WORKSPACE=str(full), DATE=date, OUTPUT=str(tmp_path / date))
        with open_workspace(full) as workspace:
            runs = workspace.read("runs", ["counts"], {"algorithm": "connect:daily"}, order_by="started_utc")
        assert runs["counts"].iloc[-1].get(QUARTER) == ("2017Q4" if number == 0 else None)
