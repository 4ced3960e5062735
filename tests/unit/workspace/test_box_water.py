"""Boxes in a river: how much of them is water is known from imported areas, and they are never drawn."""
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_towns import BOTTOM, LEFT, new_town, square
from shapely.geometry import LineString, Point, Polygon, box
from shapely.ops import unary_union

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.patrol import metering
from shotspotter_connect_plugin.workspace.imports.place_import import import_places
from shotspotter_connect_plugin.workspace.steps import forecasting, patrol_choices, refitted_boxes
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust
from shotspotter_connect_plugin.workspace.steps.configure import configure
from shotspotter_connect_plugin.workspace.steps.create import create_workspace
from shotspotter_connect_plugin.workspace.steps.draw_proof import export_draw, verify_draw
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.store.gpkg_schema import lacking_columns
from shotspotter_connect_plugin.workspace.store.layers import VectorTable, read_vector

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "shotspotter_connect_plugin" / "resources" / "sample"
DATE, SHIFT = "2019-03-01", "day"
SIDE = 8
RIVER = box(LEFT - 9_000, BOTTOM + 500, LEFT + 9_000, BOTTOM + 950)  # row 2 all, row 3 four fifths


def layer(shapes, crs="EPSG:32618"):
    names = ["w" + str(number) for number in range(len(shapes))]
    return VectorTable(pd.DataFrame({"NAME": names}), shapes, crs, "water")


@pytest.fixture
def workspace(tmp_path):
    with new_town(tmp_path / "city.gpkg", square(0, 0, SIDE)) as made:
        boxes = made.read("boxes", ["box_id"])["box_id"]
        rows = pd.DataFrame({"shift_date": DATE, "shift": SHIFT, "box_id": boxes, "expected": np.arange(1, 65) / 640,
                             "low": 0.0, "high": 1.0, "model_id": "m",
                             "crime_type": made.crime_types["crime_type"].iloc[0]})
        with made.transaction() as writer:
            writer.append("forecasts", rows)
        yield made


def shares(workspace):
    boxes = workspace.read("boxes", ["box_id", "row", "water"])
    return boxes.groupby(boxes["row"] - BOTTOM // 250)["water"].agg(["min", "max"])


def test_the_share_of_water_is_that_of_the_areas_each_counted_once(workspace):
    assert workspace.read("boxes", ["water"])["water"].isna().all()
    result = import_places(workspace, layer([RIVER, RIVER.buffer(0), box(0, 0, 9, 9)]), "Water")
    assert (result.added, result.rejected) == (2, 1) and result.reasons == {"no area in the jurisdiction": 1}
    assert any("16 of 64 boxes are not drawn" in text and "16 mostly water" in text for text in result.warnings)
    table = shares(workspace)
    np.testing.assert_allclose(table.loc[[1, 2, 3, 4]].to_numpy(), [[0, 0], [1, 1], [0.8, 0.8], [0, 0]], atol=1e-9)
    again = import_places(workspace, layer([RIVER, RIVER.buffer(0), box(0, 0, 9, 9)]), "water")
    assert (again.added, again.updated, again.unchanged) == (0, 0, 2)
    import_places(workspace, layer([box(LEFT, BOTTOM, LEFT + 125, BOTTOM + 250)]), "water")
    assert workspace.read("boxes", ["water"])["water"].sum() == pytest.approx(0.5)


@given(st.lists(st.tuples(*[st.integers(-300, 2300)] * 4), min_size=1, max_size=6))
def test_shares_of_any_areas_are_those_of_their_union(rectangles):
    from shotspotter_connect_plugin.workspace.imports import unreachable_areas
    shapes = [box(min(a, c), min(b, d), max(a, c) + 1, max(b, d) + 1) for a, b, c, d in rectangles]
    shapes.append(box(-99, -99, 9, 9))
    near = unreachable_areas.areas_near((-50, -50, 2050, 2050), shapes)
    cover = Fishnet(250.0).cover(unary_union(near))
    inside = cover[cover["col"].between(0, 7) & cover["row"].between(0, 7)]
    assert inside["inside"].sum() * 62500 == pytest.approx(
        unary_union(shapes).intersection(box(0, 0, 2000, 2000)).area, abs=1e-3)


@pytest.mark.parametrize("shapes", [[Point(LEFT + 9, BOTTOM + 9)], [LineString([(LEFT, BOTTOM), (LEFT + 9, BOTTOM)])]])
def test_water_without_areas_is_refused_and_nothing_changes(workspace, shapes):
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="polygons"):
        import_places(workspace, layer(shapes), "water")
    assert workspace.content_hash() == before


def test_broken_areas_are_mended(workspace):
    bow = Polygon([(LEFT, BOTTOM), (LEFT + 250, BOTTOM + 250), (LEFT + 250, BOTTOM), (LEFT, BOTTOM + 250)])
    import_places(workspace, layer([bow]), "water")
    assert workspace.read("boxes", ["water"])["water"].sum() == pytest.approx(0.5)


def test_no_box_of_water_is_drawn_and_the_draw_verifies_everywhere(workspace, tmp_path):
    configure(workspace, {"settings": {"boxes_per_beat": 20}})
    import_places(workspace, layer([RIVER]), "water")
    meter(workspace, DATE, SHIFT)
    boxes = workspace.read("draw_boxes").merge(workspace.read("boxes", ["box_id", "water"]), on="box_id")
    wet = boxes["water"] > 0.7
    assert wet.sum() == 16 and set(boxes.loc[wet, "why_not"]) == {metering.MOSTLY_WATER}
    assert not boxes.loc[wet, "eligible"].any() and boxes.loc[wet, "inclusion_probability"].eq(0).all()
    assert boxes.loc[~wet, "eligible"].all() and boxes["selected"].sum() == 20
    assert workspace.read("draws")["rules"].iloc[0]["min_land"] == 0.51
    found = verify_draw(workspace, DATE, SHIFT)
    assert found.verified, found.problems
    if shutil.which("node"):
        export_draw(workspace, DATE, SHIFT, tmp_path / "draw.json")
        assert metering.MOSTLY_WATER in json.loads((tmp_path / "draw.json").read_text(encoding="utf-8"))["inputs"]
        subprocess.run(["node", ROOT / "docs" / "verify-a-draw.mjs", tmp_path / "draw.json"], check=True)


def test_the_threshold_is_a_setting_and_none_is_needed_where_no_water_is_known(workspace):
    rules = metering.rules_of(workspace.settings, DATE, SHIFT, 1)
    boxes = workspace.read("boxes", ["beat", *metering.GROUND])
    assert metering.may_be_drawn(boxes, rules).all()
    import_places(workspace, layer([RIVER]), "water")
    boxes = workspace.read("boxes", ["beat", *metering.GROUND])
    before = boxes[["beat", "inside", "water"]]  # as a workspace has it that kept no areas
    assert metering.may_be_drawn(boxes, rules).tolist() == metering.may_be_drawn(before, rules).tolist()
    assert [metering.may_be_drawn(boxes, {**rules, "min_land": least, "min_inside": 0.0}).sum()
            for least in (0.0, 0.2, 0.21)] == [64, 56, 48]


def test_back_tests_replay_the_lottery_without_them(workspace):
    import_places(workspace, layer([RIVER]), "water")
    frame = refitted_boxes.in_force(workspace)
    slots = workspace.calendar.slots(DATE, DATE)
    rules = patrol_choices.rules_in_force(workspace, slots)
    stretch = patrol_choices.Stretch(0, len(slots), patrol_choices.drawable(frame, rules),
                                     np.ones((len(slots), len(frame)), dtype=np.float32), np.ones(len(frame)))
    nothing = np.zeros(len(slots), dtype=int)
    period = patrol_choices.SlotsPlayed(slots["shift"], nothing, nothing, 250.0)
    replayed = patrol_choices.lottery(patrol_choices.BoxesThrough([stretch], []), rules, period)
    chance = np.stack([chance for _, _, chance in replayed])
    assert (chance[:, (frame["water"] > 0.9).to_numpy()] == 0).all() and (chance.sum(axis=1) > 1.9).all()


def test_forecasts_do_not_read_water(workspace):
    import_places(workspace, layer([RIVER]), "water")
    import_places(workspace, layer([Point(LEFT + 9, BOTTOM + 9)]), "bar")
    assert forecasting.read_surroundings(workspace)["places"]["kind"].tolist() == ["bar"]


def test_an_analyst_who_adds_such_a_box_is_warned_and_not_refused(workspace):
    import_places(workspace, layer([RIVER]), "water")
    meter(workspace, DATE, SHIFT)
    boxes = workspace.read("boxes", ["box_id", "row", "water"])
    wet = boxes.loc[boxes["water"] > 0.9, "box_id"].iloc[0]
    drawn = workspace.read("draw_boxes", where={"selected": True})["box_id"]
    dry = boxes.loc[(boxes["water"] == 0) & ~boxes["box_id"].isin(drawn), "box_id"].iloc[0]
    warned, quiet = (adjust(workspace, "add", DATE, SHIFT, box_id=box_id, reason="series") for box_id in (wet, dry))
    assert any("100 % water" in text for text in warned.messages) and wet in warned.patrols["box_id"].tolist()
    assert not any("water" in text for text in quiet.messages)


def test_a_workspace_of_the_version_before_has_no_water_and_draws(workspace):
    with workspace.transaction():
        workspace._store._connection.execute('ALTER TABLE "boxes" DROP COLUMN "water"')
    workspace._store._lacking = lacking_columns(workspace._store._connection)
    assert workspace.read("boxes", ["water"])["water"].isna().all() and not workspace.faults()
    meter(workspace, DATE, SHIFT)
    assert verify_draw(workspace, DATE, SHIFT).verified
    import_places(workspace, layer([RIVER]), "water")
    assert shares(workspace).loc[2, "min"] == 1


def test_the_rivers_of_the_sample(tmp_path):
    configuration = json.loads((SAMPLE / "configuration.json").read_text(encoding="utf-8"))
    with create_workspace(tmp_path / "dc.gpkg", read_vector(SAMPLE / "jurisdiction.geojson"),
                          read_vector(SAMPLE / "police_service_areas.geojson"), "NAME",
                          configuration=configuration) as workspace:
        import_places(workspace, read_vector(SAMPLE / "places" / "water.geojson"), "water")
        boxes = workspace.read("boxes", ["box_id", "beat", *metering.GROUND])
        rules = metering.rules_of(workspace.settings, DATE, SHIFT, 1)
        out = ~metering.may_be_drawn(boxes, rules) & (boxes["inside"] >= rules["min_inside"])
        assert 70 <= out.sum() <= 120
        # None that is half water or more is drawn, of which the demo had seven once.
        assert (boxes.loc[metering.may_be_drawn(boxes, rules), "water"] < 0.5).all()
        assert (boxes.loc[~out, "water"] < 0.5).sum() > 2600
        assert set(boxes.loc[out, "unreachable_why"]) == {"water"}
        # The land that the jurisdiction holds and the land that is no water are the same to what two sources differ.
        assert (boxes["water"] + boxes["inside"]).max() < 1.25
