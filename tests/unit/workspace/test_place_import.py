"""Places: points with a name of the place, nothing about persons, replaced kind by kind."""
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from public_exports import SAMPLES, adds_up
from shapely.geometry import LineString, Point, Polygon, box

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.imports.place_import import import_places
from shotspotter_connect_plugin.workspace.store.layers import VectorTable, read_vector


@pytest.fixture
def stations():
    return read_vector(SAMPLES / "gas-stations.geojson")


def table(frame, shapes, crs="EPSG:4326"):
    return VectorTable(pd.DataFrame(frame), shapes, crs, "places.shp")


def test_places_keep_an_id_a_name_and_a_box_and_nothing_else(city, stations):
    workspace = city("dc")
    result = import_places(workspace, stations, "Gas Station")
    assert adds_up(result) and (result.read, result.added) == (20, 20)
    assert result.mapping == {"id": "GIS_ID", "name": "NAME"} and "PHONE" in result.dropped_columns
    rows = workspace.read("places")
    assert set(rows["kind"]) == {"gas_station"} and rows["place_id"].tolist() == stations.frame["GIS_ID"].tolist()
    assert rows["name"].tolist() == [" ".join(name.split()) for name in stations.frame["NAME"]]
    col, row = workspace.fishnet.cell(rows["x"], rows["y"])
    assert (rows["box_id"] == workspace.fishnet.ids(col, row)).all()
    text = str(rows.to_dict("records")) + str(workspace.read("imports").to_dict("records"))
    phones = [str(phone) for phone in stations.frame["PHONE"] if phone]
    assert len(phones) > 10 and not any(phone in text for phone in phones)


def test_again_changes_nothing_and_what_is_gone_goes(city, stations):
    workspace = city("dc")
    import_places(workspace, stations, "gas_station")
    import_places(workspace, table({"NAME": ["A"]}, [Point(-77.0, 38.9)]), "bar")
    again = import_places(workspace, stations, "gas_station")
    assert (again.added, again.updated, again.unchanged) == (0, 0, 20)
    fewer = VectorTable(stations.frame.head(15), stations.geometry[:15], stations.crs, stations.name)
    result = import_places(workspace, fewer, "gas_station")
    assert result.unchanged == 15 and any("5 places" in warning for warning in result.warnings)
    assert workspace.count("places", {"kind": "gas_station"}) == 15 and workspace.count("places", {"kind": "bar"}) == 1


def test_lines_and_areas_give_a_point_on_them(city):
    hook = Polygon([(-77.01, 38.90), (-77.00, 38.90), (-77.00, 38.91), (-77.001, 38.91), (-77.001, 38.901),
                    (-77.01, 38.901)])
    shapes = [hook, LineString([(-77.02, 38.90), (-77.02, 38.91)]), Point(-77.0, 38.95)]
    workspace = city("dc")
    result = import_places(workspace, table({"LABEL": ["a", "b", "c"]}, shapes), "x")
    rows = workspace.read("places")
    moved = VectorTable(None, shapes, "EPSG:4326", "").to_crs(workspace.settings.crs).geometry
    assert result.added == 3
    assert all(shape.distance(Point(row.x, row.y)) < 0.01 for shape, row in zip(moved, rows.itertuples()))


def test_ids_that_repeat_are_not_ids(city):
    frame = {"GIS_ID": ["s1", "s1", "s2"], "OBJECTID": [7.0, 8.0, 9.0], "NAME": ["A", "B", "C"]}
    shapes = [Point(-77.0, 38.9), Point(-77.0, 38.9), Point(-77.01, 38.9)]
    workspace = city("dc")
    assert import_places(workspace, table(frame, shapes), "school").mapping["id"] == "OBJECTID"
    assert workspace.read("places")["place_id"].tolist() == ["7", "8", "9"]
    del frame["OBJECTID"]
    result = import_places(workspace, table(frame, shapes), "school")
    assert "id" not in result.mapping and workspace.count("places") == 3


def test_a_name_of_a_person_is_no_name_of_a_place(city):
    names = ["SMITH, JOHN", "DOE, MARY", "BROWN, ROBERT"]
    shapes = [Point(-77.0 + step / 100, 38.9) for step in range(3)]
    for frame in ({"NAME": names}, {"OWNER_NAME": names}, {"OFFICER": names}):
        workspace = city("dc")
        result = import_places(workspace, table({**frame, "ID": [1, 2, 3]}, shapes), "parcel")
        assert result.added == 3 and workspace.read("places")["name"].isna().all()
        assert "SMITH" not in str(workspace.read("imports").to_dict("records"))


@pytest.mark.parametrize("frame,shapes,crs,kind,words", [
    ({"NAME": []}, [], "EPSG:4326", "bar", "no features"),
    ({"NAME": ["a"]}, [Point(-77.0, 38.9)], "", "bar", "CRS"),
    ({"NAME": ["a"]}, [Point(-77.0, 38.9)], "EPSG:4326", " ! ", "KIND"),
    ({"NAME": ["a"]}, [Point(2.3, 48.9)], "EPSG:4326", "bar", "taken: outside the jurisdiction"),
    ({"NAME": ["a"]}, [None], "EPSG:4326", "bar", "taken: no coordinates")])
def test_bad_layers_get_one_sentence(city, frame, shapes, crs, kind, words):
    workspace = city("dc")
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match=words):
        import_places(workspace, table(frame, shapes, crs), kind)
    assert workspace.content_hash() == before


def test_stopping_leaves_nothing(city, stations):
    class Stop(Progress):
        left = 2

        def is_cancelled(self):
            self.left -= 1
            return self.left < 0

    workspace = city("dc")
    before = workspace.content_hash()
    with pytest.raises(Cancelled):
        import_places(workspace, stations, "gas_station", Stop())
    assert workspace.content_hash() == before


WEST, SOUTH = st.floats(-77.2, -76.8), st.floats(38.7, 39.1)
SHAPES = st.one_of(st.none(), st.builds(Point, WEST, SOUTH),
                   st.builds(lambda x, y: box(x, y, x + 0.01, y + 0.01), WEST, SOUTH))


@given(st.lists(st.tuples(SHAPES, st.sampled_from(["", "A", "B", None, " C "])), max_size=30))
@settings(max_examples=25, deadline=None)
def test_any_layer_adds_up(city, rows):
    rows = [*rows, (Point(-77.0, 38.9), "D")]
    workspace = city("dc")
    result = import_places(workspace, table({"NAME": [name for _, name in rows]}, [shape for shape, _ in rows]), "x")
    assert adds_up(result) and result.read == len(rows) and workspace.count("places") == result.added
