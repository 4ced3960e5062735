"""Making a workspace: whole or not at all, from any layer that fits, with one sentence for any that does not."""
import json
import re

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.ops import unary_union

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.steps.create import create_workspace
from shotspotter_connect_plugin.workspace.store.layers import VectorTable, read_vector
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

pytestmark = pytest.mark.usefixtures("windows_files")


class Notes(Progress):
    """Remembers what was said."""

    def __init__(self):
        self.warnings, self.said = [], []

    def info(self, text):
        self.said.append(text)

    def warn(self, text):
        self.warnings.append(text)


def layer(*shapes, crs="EPSG:32618", name="layer.shp", **columns):
    return VectorTable(pd.DataFrame(columns or {"id": range(len(shapes))}), list(shapes), crs, name)


def test_a_town_with_beats(tmp_path, town, town_beats):
    path = tmp_path / "town.gpkg"
    with create_workspace(path, town, town_beats, "PSA", "America/New_York") as made:
        boxes = made.read("boxes")
        assert made.settings.crs == "EPSG:32618" and made.settings.timezone == "America/New_York"
        assert made.read("beats")["beat"].tolist() == ["101", "102", "103"]
        assert set(boxes["beat"]) == {"101", "102", "103"}
        area = made.fishnet.size ** 2 * boxes["inside"].sum()
        assert area == pytest.approx(town.geometry[0].area, rel=1e-9)
        corners = made.fishnet.rectangles(boxes["col"], boxes["row"])
        assert [shape.bounds for shape in boxes["geometry"]] == [tuple(row) for row in corners]
        assert made.count("crime_types") == 7 and made.count("shifts") == 3 and made.count("tactics") >= 8
        assert all(shape.is_valid for shape in made.read("beats")["geometry"])
    assert [item.name for item in tmp_path.iterdir()] == ["town.gpkg"]


@pytest.mark.parametrize("named, boxes_per_shift, least, pace", [
    ({}, 6, 0.0, 0.85), ({"boxes_per_beat": 3}, 0, 0.0, 0.85), ({"boxes_per_shift": 20}, 20, 0.0, 0.85),
    ({"beat_boxes": {"101": 1}}, 0, 0.0, 0.85), ({"least_per_beat": 0.5}, 6, 0.5, 0.85), ({"pace": 0.0}, 6, 0.0, 0.0)])
def test_a_new_agency_shares_by_harm_and_paces_unless_it_says_otherwise(tmp_path, town, town_beats, named,
                                                                        boxes_per_shift, least, pace):
    heard = Notes()
    with create_workspace(tmp_path / "new.gpkg", town, town_beats, "PSA", "UTC", configuration={"settings": named},
                          progress=heard, first_choices=True) as made:
        found = made.settings
    assert (found.boxes_per_shift, found.least_per_beat, found.pace) == (boxes_per_shift, least, pace)
    told = " ".join(heard.said)
    assert ("shared among the beats by harm" in told) == bool(boxes_per_shift) and ("85% of" in told) == bool(pace)


def test_a_workspace_keeps_its_rules_and_one_beat_has_nothing_to_share(tmp_path, town, town_beats):
    with create_workspace(tmp_path / "old.gpkg", town, town_beats, "PSA", "UTC") as made:
        assert (made.settings.boxes_per_shift, made.settings.pace, made.settings.least_per_beat) == (0, 0.0, 0.0)
    with create_workspace(tmp_path / "one.gpkg", town, timezone="UTC", first_choices=True) as made:
        assert (made.settings.boxes_per_shift, made.settings.boxes_per_beat, made.settings.pace) == (0, 2, 0.85)


def test_without_beats_there_is_one(workspace):
    assert workspace.read("beats")["beat"].tolist() == ["All"]
    assert set(workspace.read("boxes")["beat"]) == {"All"}


def filled(workspace):
    """Boxes with more in them than what rounding pushes over a grid line."""
    boxes = workspace.read("boxes")
    return set(boxes.loc[boxes["inside"] > 1e-6, "box_id"])


def test_other_crs_and_size(tmp_path, town):
    degrees = town.to_crs("EPSG:4326")
    with create_workspace(tmp_path / "a.gpkg", degrees, timezone="UTC") as made:
        assert made.settings.crs == "EPSG:32618"
        same = filled(made)
    with create_workspace(tmp_path / "b.gpkg", town.to_crs("EPSG:2893"), timezone="UTC", crs="EPSG:32618") as made:
        assert filled(made) == same
    with create_workspace(tmp_path / "c.gpkg", degrees, timezone="UTC", crs="EPSG:26985", size=500) as made:
        assert made.settings.crs == "EPSG:26985" and made.settings.size == 500.0
        assert made.fishnet.size == 500.0
    with open_workspace(tmp_path / "c.gpkg") as again:
        assert again.fishnet.size == 500.0


def test_a_configuration(tmp_path, town):
    configuration = {"settings": {"agency": "Polizei Köln", "timezone": "Europe/Berlin", "cap": 0.3},
                     "shifts": [{"shift": "früh".replace("ü", "ue"), "start": "06:00", "end": "18:00"},
                                {"shift": "spaet", "start": "18:00", "end": "06:00"}],
                     "crime_types": [{"crime_type": "theft", "enabled": False}]}
    before = json.dumps(configuration)
    with create_workspace(tmp_path / "a.gpkg", town, configuration=configuration) as made:
        assert made.settings.agency == "Polizei Köln" and made.settings.cap == 0.3
        assert made.calendar.codes == ["frueh", "spaet"] and made.calendar.timezone == "Europe/Berlin"
        assert "theft" not in made.crime_types["crime_type"].tolist()
    assert json.dumps(configuration) == before
    with create_workspace(tmp_path / "b.gpkg", town, timezone="UTC", configuration=configuration) as made:
        assert made.settings.timezone == "UTC"


def test_an_existing_file_is_never_overwritten(workspace, town, tmp_path):
    workspace.close()
    before = (tmp_path / "town.gpkg").read_bytes()
    with pytest.raises(ConnectError, match="town.gpkg exists already; choose another name, or use Configure"):
        create_workspace(tmp_path / "town.gpkg", town, timezone="UTC")
    (tmp_path / "notes.gpkg").write_text("mine")
    with pytest.raises(ConnectError, match="exists already"):
        create_workspace(tmp_path / "notes.gpkg", town, timezone="UTC")
    assert (tmp_path / "town.gpkg").read_bytes() == before
    assert (tmp_path / "notes.gpkg").read_text() == "mine"


TRIANGLE = Polygon([(320_000, 4_300_000), (321_000, 4_300_000), (320_000, 4_301_000)])


@pytest.mark.parametrize("jurisdiction, says", [
    (layer(), "layer.shp is empty"),
    (layer(Point(320_000, 4_300_000)), "holds Point features; choose a layer with polygons"),
    (layer(TRIANGLE, LineString([(0, 0), (1, 1)])), "holds LineString features"),
    (layer(None, Polygon()), "has no area"),
    (layer(TRIANGLE, crs=""), "does not say which CRS"),
    (layer(TRIANGLE, crs="EPSG:0"), "CRS EPSG:0 is not known"),
    (layer(box(-74, 95, -73, 100), crs="EPSG:4326"), "CRS|UTM|do not exist"),
])
def test_jurisdictions_that_do_not_fit(tmp_path, jurisdiction, says):
    with pytest.raises(ConnectError, match=says) as error:
        create_workspace(tmp_path / "a.gpkg", jurisdiction, timezone="UTC")
    assert "\n" not in error.value.user
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more, says", [
    ({"crs": "EPSG:3857"}, "off; use EPSG:32618"), ({"crs": "EPSG:4326"}, "is not a projected CRS"),
    ({"crs": "EPSG:2893"}, "measures in US survey foot"), ({"crs": "nonsense"}, "CRS nonsense is not known"),
    ({"size": 10}, "size is 10; it must be 50 to 2000"), ({"size": "x"}, "size must be a number"),
    ({"timezone": ""}, "time zone"), ({"timezone": "America/NewYork"}, "did you mean America/New_York"),
    ({"configuration": {"settings": {"capp": 1}}}, "no setting capp; did you mean cap?"),
    ({"configuration": []}, "one JSON object"),
])
def test_wishes_that_do_not_fit(tmp_path, town, more, says):
    with pytest.raises(ConnectError, match=re.escape(says)):
        create_workspace(tmp_path / "a.gpkg", town, **{"timezone": "UTC", **more})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name, says", [("no/such/a.gpkg", "There is no folder"), ("a.sqlite", "must end in .gpkg"),
                                        ("", "exists already")])
def test_places_that_do_not_fit(tmp_path, town, name, says):
    with pytest.raises(ConnectError, match=says):
        create_workspace(tmp_path / name, town, timezone="UTC")


def test_beats_that_do_not_fit(tmp_path, town, town_beats):
    def make(beats, field):
        return create_workspace(tmp_path / "a.gpkg", town, beats, field, "UTC")

    with pytest.raises(ConnectError, match="has no field psa; its fields are OBJECTID, PSA"):
        make(town_beats, "psa")
    with pytest.raises(ConnectError, match="name the one with the beats' names; its fields are OBJECTID, PSA"):
        make(town_beats, "")
    with pytest.raises(ConnectError, match="No beat of far.shp lies in the jurisdiction"):
        make(layer(box(0, 0, 1, 1), name="far.shp"), "id")
    with pytest.raises(ConnectError, match="beats layer lines.shp holds LineString"):
        make(layer(LineString([(0, 0), (1, 1)]), name="lines.shp"), "id")
    with pytest.raises(ConnectError, match="beats layer n.shp does not say which CRS"):
        make(layer(TRIANGLE, crs="", name="n.shp"), "id")
    assert list(tmp_path.iterdir()) == []


def test_what_is_mended_or_left_out_is_said(tmp_path, town):
    bowtie = Polygon([(320_000, 4_300_000), (321_000, 4_301_000), (321_000, 4_300_000), (320_000, 4_301_000)])
    notes = Notes()
    beats = layer(bowtie, bowtie, box(321_000, 4_300_000, 321_500, 4_301_000), None, TRIANGLE, name="b.shp",
                  beat=["A", None, " A ", "B", ""])
    with create_workspace(tmp_path / "a.gpkg", town, beats, "", "UTC", progress=notes) as made:
        assert made.read("beats")["beat"].tolist() == ["A"]
        shape, = made.read("beats")["geometry"]
        assert shape.area == pytest.approx(2 * 250_000 + 500_000)
        without = made.read("boxes")["beat"].isna().sum()
        assert without > 0
    assert notes.warnings == ["2 invalid polygons of b.shp were mended.",
                              "1 features of b.shp without area were left out.",
                              "2 beats of b.shp without a name were left out.",
                              str(without) + " boxes lie in no beat, so no patrol is drawn there."]


def test_a_stop_leaves_no_file(tmp_path, town):
    class Stopped(Progress):
        def __init__(self, at):
            self.at = at

        def is_cancelled(self):
            self.at -= 1
            return self.at < 0

    stops = 0
    for at in range(10):
        try:
            create_workspace(tmp_path / "a.gpkg", town, timezone="UTC", progress=Stopped(at)).close()
            break
        except Cancelled:
            stops += 1
            assert list(tmp_path.iterdir()) == []
    assert stops >= 3


def test_a_polygon_in_many_parts(tmp_path):
    island = MultiPolygon([box(320_000, 4_300_000, 320_250, 4_300_250), box(330_000, 4_300_000, 330_100, 4_300_250)])
    with create_workspace(tmp_path / "a.gpkg", layer(island), timezone="UTC") as made:
        assert made.read("boxes", ["box_id", "inside"]).values.tolist() == [["C1280R17200", 1.0], ["C1320R17200", 0.4]]


def test_washington_dc(tmp_path, real_data):
    places = real_data / "dc" / "places"
    boundary = read_vector(places / "dc-boundary.geojson.gz")
    areas = read_vector(places / "police-service-areas-psa.geojson.gz")
    with create_workspace(tmp_path / "dc.gpkg", boundary, areas, "NAME", "America/New_York") as made:
        boxes = made.read("boxes")
        assert made.settings.crs == "EPSG:32618"
        assert made.read("beats")["beat"].tolist() == sorted(set(map(str, areas.frame["NAME"])))
        assert len(made.read("beats")) == 56
        outline = unary_union(boundary.to_crs("EPSG:32618").geometry)
        assert boxes["inside"].sum() * 62_500 == pytest.approx(outline.area, rel=1e-6)
        assert outline.area / 1e6 == pytest.approx(177, abs=2)
        assert len(boxes) == 3019
        assert boxes["beat"].isna().sum() < 0.01 * len(boxes)
        # Every box lies in its beat by at least as much as in any other.
        beats = made.read("beats").set_index("beat")["geometry"]
        for row in boxes.sample(60, random_state=1).itertuples():
            shares = beats.apply(lambda shape, cell=row.geometry: shape.intersection(cell).area)
            assert row.beat is None or shares[row.beat] == pytest.approx(shares.max())
    state_plane = read_vector(places / "dc-boundary.geojson.gz").to_crs("EPSG:26985")
    with create_workspace(tmp_path / "again.gpkg", state_plane, areas, "NAME", "America/New_York") as made:
        again = made.read("boxes")
    both = boxes.merge(again, on="box_id", how="outer", suffixes=("", "_again"))
    assert np.allclose(both["inside"].fillna(0), both["inside_again"].fillna(0), atol=1e-6)
