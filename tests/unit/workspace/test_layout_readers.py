"""What reads boxes works with a layout: plans of before keep their boxes, those after it have squares and remnants."""
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from forecast_town import DATE, add
from placed_town import planned_before_and_after, planned_in_parts
from shapely import wkb
from shapely.geometry import Point, shape

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast import crs as systems
from shotspotter_connect_plugin.forecast.box_ids import is_remnant
from shotspotter_connect_plugin.forecast.box_layout import BoxLayout, boxes_in
from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.reports.builders import exposure_words
from shotspotter_connect_plugin.workspace.exports import public_pack, shift_package
from shotspotter_connect_plugin.workspace.exports.plan_formats import export_plan
from shotspotter_connect_plugin.workspace.exports.views import forecast_boxes, plan_boxes, visit_boxes
from shotspotter_connect_plugin.workspace.numbers.effect_figures import effects
from shotspotter_connect_plugin.workspace.numbers.exposure_figures import exposure
from shotspotter_connect_plugin.workspace.steps import placing
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust
from shotspotter_connect_plugin.workspace.steps.box_reasons import why_box
from shotspotter_connect_plugin.workspace.steps.draw_proof import draw_file, verify_draw
from shotspotter_connect_plugin.workspace.steps.forecasting import score
from shotspotter_connect_plugin.workspace.steps.placing import plain_boxes
from shotspotter_connect_plugin.workspace.steps.plan_review import plan_view
from shotspotter_connect_plugin.workspace.steps.recent_events import risen
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.steps.shift_plan import grid_of_plan, planned
from shotspotter_connect_plugin.workspace.steps.visit_finding import find_visits, planned_against_delivered
from shotspotter_connect_plugin.workspace.store.former_boxes import known_boxes, shapes_of
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def laid_anew(tmp_path_factory):
    """Folder of the town; not to be changed."""
    folder = tmp_path_factory.mktemp("placed")
    planned_before_and_after(folder / "town.gpkg").close()
    return folder


@pytest.fixture
def town(laid_anew, tmp_path):
    """A copy that a test may change, open."""
    shutil.copytree(laid_anew, tmp_path / "town")
    with open_workspace(tmp_path / "town" / "town.gpkg") as workspace:
        yield workspace


@pytest.fixture
def legend(town):
    return town.crime_types[["crime_type", "name", "colour"]].assign(letter="L")


def test_the_layout_of_a_plan_is_the_one_it_was_drawn_on(town):
    assert isinstance(grid_of_plan(town, DATE, "day"), Fishnet)
    assert grid_of_plan(town, DATE, "evening") == town.fishnet == grid_of_plan(town, DATE, "night")
    before = planned(town, DATE, "day")["box_id"]
    assert not boxes_in(town.fishnet, before).all() and boxes_in(town.fishnet_of(0), before).all()


def test_a_package_carries_the_squares(town, tmp_path):
    path = tmp_path / "plan.json"
    for shift, grid in (("day", Fishnet), ("evening", BoxLayout)):
        package = shift_package.make_package(town, DATE, shift)
        shift_package.write_package(package, path)
        assert shift_package.read_package(path) == package and isinstance(package.fishnet, grid)
        # An earlier version knows no squares, so it must not meet any where there are none.
        assert ("squares" in json.loads(path.read_text())) == (shift == "evening")
        assert len(package.fishnet.parse([patrol.box_id for patrol in package.patrols])[0])
    assert package.fishnet == town.fishnet
    content = json.loads(path.read_text())
    one = content["squares"][0]
    for squares in ([one, one], [[1.5, 2]], [[1]], [[1 << 40, 1]], [[True, 1]], "xy", [[0, 0], [1 << 29, 1 << 29]], []):
        path.write_text(json.dumps({**content, "squares": squares}))
        if squares:
            with pytest.raises(ConnectError, match="is damaged; export the plan again"):
                shift_package.read_package(path)
    # A box that is in no layout of the package
    wrong = [{**content["patrols"][0], "box_id": "C1R1~aaaaaa"}]
    path.write_text(json.dumps({**content, "patrols": wrong}))
    with pytest.raises(ConnectError, match="is damaged; export the plan again"):
        shift_package.read_package(path)


@pytest.mark.parametrize("kind", ["geojson", "kml", "gpx", "xlsx"])
def test_plans_are_exported_with_the_outlines_of_their_boxes(town, legend, tmp_path, kind):
    from osgeo import ogr

    planned_in_parts(town)
    back = systems.change(systems.DEGREES, town.settings.crs)
    for shift in ("day", "evening"):
        path = tmp_path / f"{shift}.{kind}"
        count = export_plan(town, DATE, [shift], kind, path, legend)
        source = ogr.Open(str(path))
        layer = source.GetLayer(0)
        assert count == layer.GetFeatureCount() == len(planned(town, DATE, shift))
        known = known_boxes(town, ["box_id", "geometry"]).set_index("box_id")["geometry"]
        for feature in layer if kind != "xlsx" else ():
            drawn = feature.GetGeometryRef()
            if kind == "gpx":
                text = re.search(r"box ([^\s,]+)", feature.GetField("desc"))[1]
                x, y = back(np.array([drawn.GetX()]), np.array([drawn.GetY()]))
                assert known[text].contains(Point(x[0], y[0]))
            else:
                outline = wkb.loads(bytes(drawn.ExportToWkb()))
                area = sum(shape({"type": "Polygon", "coordinates": [list(zip(*back(*np.array(
                    [corner[:2] for corner in part.exterior.coords]).T)))]}).area
                    for part in getattr(outline, "geoms", [outline]))
                assert area == pytest.approx(known[feature.GetField("box_id")].area, rel=1e-3)


def test_a_published_plan_is_changed_on_the_layout_it_was_drawn_on(town):
    new = town.fishnet.ids(*town.fishnet.squares[:1].T)[0]
    before = planned(town, DATE, "day")
    with pytest.raises(ConnectError, match=f"planned on another layout of boxes, which has no {new}; most of it is in "
                                           "box C[0-9]+R[0-9]+ there") as error:
        adjust(town, "add", DATE, "day", new, "robbery", reason="event")
    pd.testing.assert_frame_equal(planned(town, DATE, "day"), before)
    there = str(error.value).split("box ")[-1].split(" ")[0]
    former = set(town.read("former_boxes")["box_id"])
    assert there in former and not town.read("boxes", ["box_id"], {"box_id": there}).size
    gone = before[before["box_id"].isin(former)].iloc[0]
    changed = adjust(town, "suppress", DATE, "day", gone["box_id"], reason="event")
    assert gone["box_id"] not in set(changed.patrols["box_id"]) and len(changed.patrols) == len(before)
    assert boxes_in(town.fishnet_of(0), changed.patrols["box_id"]).all()
    adjust(town, "restore", DATE, "day", gone["box_id"], reason="event")
    if there not in set(planned(town, DATE, "day")["box_id"]):
        added = adjust(town, "add", DATE, "day", there, "robbery", reason="event").patrols
        assert added.set_index("box_id").loc[there, "beat"]
    assert verify_draw(town, DATE, "day").verified
    # The rest after a patrol holds for the boxes of then, also for those that are gone.
    other = next(box_id for box_id in sorted(former - set(planned(town, DATE, "day")["box_id"])) if box_id != there)
    add(town, "patrols", pd.DataFrame({
        "patrol_id": ["x"], "shift_date": ["2019-01-19"], "shift": ["night"], "box_id": [other], "origin": ["drawn"],
        "status": ["planned"]}))
    with pytest.raises(ConnectError, match="cannot be added in .* cooling down"):
        adjust(town, "add", DATE, "day", other, "robbery", reason="event")


def test_a_drawn_shift_keeps_its_boxes_when_it_is_forecast_and_drawn_again(town, legend):
    """Scored again, as the whole day does whenever it runs, a plan of before keeps the chances of its boxes."""
    plain = town.fishnet_of(0)
    before, shown = town.read("forecasts", where={"shift": "day"}), plan_boxes(town, DATE, ["day"], legend)[0]
    with town.transaction() as writer:  # something new is known, so that it is not kept as it stands
        news = town.read("incidents").iloc[:1].assign(
            incident_id="new", reported_utc=town.calendar.as_of(DATE) - pd.Timedelta(hours=1))
        writer.append("incidents", news)
    rows = score(town, DATE, "day", town.calendar.as_of(DATE))
    assert set(rows["box_id"]) == set(before["box_id"]) and boxes_in(plain, rows["box_id"]).all()
    again = plan_boxes(town, DATE, ["day"], legend)[0]
    assert again["box_id"].tolist() == shown["box_id"].tolist() and again["chance"].notna().all()
    evening = town.read("forecasts", where={"shift": "evening"})
    assert set(evening["box_id"]) == set(town.read("boxes")["box_id"])
    drawn = meter(town, DATE, "day", redraw=True, reason="a unit is ill")
    boxes = town.read("draw_boxes", where={"draw_id": drawn.draw_id})
    assert boxes_in(plain, boxes["box_id"]).all() and len(boxes) == len(plain_boxes(town))
    assert boxes_in(plain, drawn.patrols["box_id"]).all() and verify_draw(town, DATE, "day").verified
    assert not (boxes["why_not"] == "no forecast").any()
    assert shift_package.make_package(town, DATE, "day").squares == ()
    later = shift_package.make_package(town, DATE, "evening")
    assert {patrol.box_id for patrol in later.patrols} <= set(evening["box_id"])


def test_an_analyst_sees_the_boxes_of_the_plan(town, legend):
    view = plan_view(town, DATE, "day", legend)
    gone = next(box_id for box_id in view.patrols["box_id"] if not boxes_in(town.fishnet, [box_id])[0])
    x_min, y_min, x_max, y_max = view.rectangle(gone)
    assert (x_max - x_min, y_max - y_min) == (250, 250) and view.box_at(x_min + 1, y_max - 1) == gone
    assert gone in set(view.boxes["box_id"]) and boxes_in(town.fishnet_of(0), view.boxes["box_id"]).all()
    assert why_box(town, DATE, "day", gone)
    several = planned_in_parts(town)
    view = plan_view(town, DATE, "evening", legend)
    shapes = view.shapes([several.box_id, *view.patrols["box_id"]])
    assert shapes.in_parts and shapes.outlines()[0].equals(several.geometry)
    assert risen(town, DATE, "day").since == town.calendar.as_of(DATE)


def test_former_remnants_keep_their_shape(town, legend):
    several = planned_in_parts(town)
    harm = forecast_boxes(town, DATE, ["day", "evening"], legend)
    shown = plan_boxes(town, DATE, ["day", "evening"], legend)
    placing.apply_layout(town, town.fishnet.squares + [2, 5], "again")
    assert not boxes_in(town.fishnet, [several.box_id])[0]
    (outline,) = shapes_of(town, [several.box_id]).outlines()
    assert outline.equals(several.geometry) and outline.geom_type == "MultiPolygon"
    for drawn, once in ((plan_boxes, shown), (forecast_boxes, harm)):
        frame, shapes = drawn(town, DATE, ["day", "evening"], legend)
        now = dict(zip(zip(frame["shift"], frame["box_id"]), shapes.outlines()))
        then = dict(zip(zip(once[0]["shift"], once[0]["box_id"]), once[1].outlines()))
        assert set(now) == set(then) and all(now[key].equals(then[key]) for key in now)
    with pytest.raises(ConnectError, match="another layout of boxes, which has no"):
        adjust(town, "add", DATE, "evening", town.fishnet.ids(*town.fishnet.squares[:1].T)[0], reason="event")


def test_visits_serve_the_boxes_of_the_plan(town, legend):
    before = planned(town, DATE, "day")
    gone = before[~boxes_in(town.fishnet, before["box_id"])].iloc[0]
    square = next(box_id for box_id in planned(town, DATE, "evening")["box_id"])
    places = [outline.representative_point() for outline in shapes_of(town, [gone["box_id"], square]).outlines()]
    parts = []
    for shift, place in zip(("day", "evening"), places):
        start = town.calendar.bounds(DATE, shift)[0] + pd.Timedelta(minutes=5)
        parts.append(pd.DataFrame({"unit": "7", "at_utc": start + pd.to_timedelta(np.arange(31) * 30, unit="s"),
                                   "x": place.x, "y": place.y, "accuracy": 5.0}))
    add(town, "gps_fixes", pd.concat(parts, ignore_index=True))
    found = find_visits(town, DATE, DATE)
    assert found["minutes"].tolist() == [15.0, 15.0] and found["patrol_id"].notna().all()
    assert found["former_box_id"].tolist() == [gone["box_id"], None] and found["box_id"][1] == square
    assert found["box_id"].isin(town.read("boxes")["box_id"]).all()
    table = planned_against_delivered(town, DATE, DATE)
    assert (table["visits"] > 0).sum() == 2 and table.loc[table["box_id"] == gone["box_id"], "visits"].item() == 1
    assert len(visit_boxes(town, found)[0]) == 2


def test_reports_over_both_layouts(town):
    found = effects(town, DATE, DATE)
    assert found.draws["draws"] == 2 and found.draws["other_layout"] == 1
    (draw,) = town.read("draws", where={"shift": "day"})["draw_id"]
    assert set(found.ground["box_id"]) == set(town.read("draw_boxes", where={"draw_id": draw})["box_id"])
    once = effects(town, "2019-01-18", "2019-01-18")
    assert once.draws["other_layout"] == 0 and set(once.ground["box_id"]) == set(town.read("boxes")["box_id"])
    shown = exposure(town, DATE, DATE)
    assert len(shown.draws) == 2 and shown.replay.draws["replays"].all()
    (since,) = town.read("layouts")["since_utc"].dt.tz_convert(town.settings.timezone)
    assert shown.laid_anew == [str(since.date())] and not exposure(town, "2019-01-18", "2019-01-18").laid_anew
    assert exposure_words.laid_anew(shown.laid_anew).startswith("Boxes were laid anew on ")
    assert not exposure_words.laid_anew([])


def test_sensors_listen_in_boxes_of_then_and_in_remnants(town):
    """A box counts as heard where most of its own area is, whatever layout it is of and however little is left."""
    planned_in_parts(town)
    with town.transaction() as writer:
        patrols = town.read("patrols", ["patrol_id", "box_id", "status"])
        writer.upsert("patrols", patrols[["patrol_id"]].assign(crime_type="gunfire"))
    ids = patrols.loc[patrols["status"] == "planned", "box_id"]
    assert ids.map(is_remnant).any() and not boxes_in(town.fishnet, ids).all()
    told, heard = exposure(town, DATE, DATE).gunfire
    assert told == heard == len(ids)  # the sensors listen in the whole jurisdiction


def test_draws_on_a_layout_are_verified_by_anybody(town, tmp_path):
    (draw,) = town.read("draws", where={"shift": "evening"})["draw_id"]
    content = draw_file(town, draw)
    drawn = [json.loads(line)[0] for line in content["inputs"].splitlines()[1:]]
    assert any("." in box_id for box_id in drawn) and any("~" in box_id for box_id in drawn)
    assert verify_draw(town, DATE, "evening").verified
    path = tmp_path / "draw.json"
    path.write_text(json.dumps(content))
    node = shutil.which("node")
    if node:
        done = subprocess.run([node, str(ROOT / "docs" / "verify-a-draw.mjs"), str(path)], capture_output=True,
                              text=True)
        assert done.returncode == 0 and done.stdout.split("\n")[0].split() == content["selected"], done.stdout


def test_the_public_pack_tells_of_squares_and_its_draws_replay(town, tmp_path):
    """Draws of before and of after, replayed from the pack alone by a program that is not ours."""
    files = public_pack.contents(town, public_pack.public(exposure(town, DATE, DATE, ended_only=True)), {})
    words = " ".join(files["README.txt"].decode().split())
    assert "C12.3R34.7, is a square placed where crime clusters" in words and "each box of 250 m" in words
    assert "12 x 250 m east" in words and town.settings.crs in words
    draws = {name: content for name, content in files.items() if name.startswith("draws/")}
    assert len(draws) == 2
    node = shutil.which("node")
    for name, content in draws.items():
        path = tmp_path / Path(name).name
        path.write_bytes(content)
        assert node is None or subprocess.run([node, str(ROOT / "docs" / "verify-a-draw.mjs"), str(path)],
                                              capture_output=True).returncode == 0
    placing.apply_layout(town, [], "back")
    again = public_pack.contents(town, public_pack.public(exposure(town, DATE, DATE, ended_only=True)), {})
    assert {name: again[name] for name in draws} == draws


def test_small_remnants_say_why_they_are_not_drawn(town):
    (draw,) = town.read("draws", where={"shift": "evening"})["draw_id"]
    rows = town.read("draw_boxes", ["box_id", "why_not", "eligible"], {"draw_id": draw}).merge(
        town.read("boxes", ["box_id", "inside"]))
    small = rows[rows["box_id"].map(is_remnant) & (rows["inside"] < 0.1) & (rows["inside"] >= 0.05)]
    assert len(small) and set(small["why_not"]) == {"too little of it is left beside placed boxes"}
    assert not small["eligible"].any()
