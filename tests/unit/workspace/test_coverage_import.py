"""Sensor coverage: areas with dates, open ends, and everything accounted for."""
import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from public_exports import adds_up
from shapely.geometry import MultiPolygon, Polygon, box

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.coverage_import import import_sensor_coverage
from shotspotter_connect_plugin.workspace.store.layers import VectorTable, read_vector

WEST, EAST = box(320_000, 4_300_000, 321_000, 4_303_000), box(321_000, 4_300_000, 323_000, 4_301_000)


def layer(shapes, crs="EPSG:32618", **columns):
    return VectorTable(pd.DataFrame(columns, index=range(len(shapes))), shapes, crs, "sensors.shp")


def kept(workspace):
    rows = workspace.read("sensor_coverage", order_by=["area", "from_date"])
    return [tuple(row) for row in rows[["area", "from_date", "to_date"]].to_numpy()]


def test_areas_and_dates_of_any_kind(workspace):
    areas = layer([WEST, EAST, EAST, WEST], NAME=["7D", "6D", "6D", None],
                  LIVE_DATE=["2006-01", "1/15/2008", "2012", None], END_DATE=[None, "2010-06", None, "2005-12-31"])
    result = import_sensor_coverage(workspace, areas)
    assert adds_up(result) and (result.read, result.added) == (4, 4)
    assert result.mapping == {"area": "NAME", "from": "LIVE_DATE", "to": "END_DATE"}
    assert kept(workspace) == [("6D", "2008-01-15", "2010-06-30"), ("6D", "2012-01-01", None),
                               ("7D", "2006-01-01", None), ("Area 4", None, "2005-12-31")]
    again = import_sensor_coverage(workspace, areas)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 4) and len(kept(workspace)) == 4


def test_the_layer_is_the_whole_coverage(workspace):
    import_sensor_coverage(workspace, layer([WEST, EAST], area=["a", "b"], start=["2010-01-01", "2011-01-01"]))
    result = import_sensor_coverage(workspace, layer(
        [WEST.buffer(10), EAST, EAST], area=["a", "b", "c"], start=["2010-01-01", "2011-02-01", "2012-01-01"]))
    assert (result.added, result.updated, result.unchanged) == (2, 1, 0)
    assert any("1 areas" in warning for warning in result.warnings)
    assert kept(workspace) == [("a", "2010-01-01", None), ("b", "2011-02-01", None), ("c", "2012-01-01", None)]


def test_parts_of_one_name_and_start_are_one_area(workspace):
    result = import_sensor_coverage(workspace, layer([WEST, EAST, EAST], zone=["a"] * 3, since=["2010"] * 3))
    rows = workspace.read("sensor_coverage")
    assert adds_up(result) and result.added == 3 and len(rows) == 1
    assert rows["geometry"][0].area == pytest.approx(WEST.union(EAST).area)


def test_named_fields_win_and_the_rest_is_not_read(workspace):
    areas = layer([WEST], ZONE_NAME=["a"], START_DATE=["2010-01-01"], FIRST=["2011-05-05"], LAST=["2012-05-05"],
                  CONTACT_PHONE=["202-555-0143"])
    result = import_sensor_coverage(workspace, areas, "FIRST", "LAST")
    assert kept(workspace) == [("a", "2011-05-05", "2012-05-05")]
    assert set(result.dropped_columns) == {"START_DATE", "CONTACT_PHONE"}
    with pytest.raises(ConnectError, match="no field NEVER"):
        import_sensor_coverage(workspace, areas, "NEVER")


def test_bad_features_are_listed_and_the_rest_is_kept(workspace):
    bow = Polygon([(320_000, 4_300_000), (321_000, 4_301_000), (321_000, 4_300_000), (320_000, 4_301_000)])
    shapes = [bow, None, MultiPolygon(), box(0, 0, 1, 1), WEST, WEST]
    result = import_sensor_coverage(workspace, layer(
        shapes, name=list("abcdef"), start=["2010"] * 4 + ["yesterday", "2010"], end=[None] * 5 + ["2009"]))
    assert adds_up(result) and (result.added, result.rejected) == (1, 5)
    assert result.reasons == {"no polygon": 2, "outside the jurisdiction": 1, "a date that cannot be read": 1,
                              "an end before the start": 1}
    rejects = pd.read_csv(result.rejects)
    assert rejects["line"].tolist() == [2, 3, 4, 5, 6] and "yesterday" not in rejects.to_csv()
    rows = workspace.read("sensor_coverage")
    assert rows["geometry"][0].is_valid and rows["geometry"][0].area == pytest.approx(500_000)


@pytest.mark.parametrize("areas,words", [
    (layer([]), "no features"), (layer([WEST], crs=""), "CRS"), (layer([box(0, 0, 1, 1)]), "was taken: outside"),
    (layer([None]), "was taken: no polygon")])
def test_bad_layers_get_one_sentence_and_change_nothing(workspace, areas, words):
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match=words):
        import_sensor_coverage(workspace, areas)
    assert workspace.content_hash() == before


def test_names_of_persons_are_no_areas(workspace):
    result = import_sensor_coverage(workspace, layer([WEST, EAST], NAME=["SMITH, JOHN", "DOE, MARY"]))
    assert [row[0] for row in kept(workspace)] == ["Area 1", "Area 2"]
    assert "SMITH" not in str(result) + str(workspace.read("imports").to_dict("records"))


def test_degrees_and_police_districts(city, real_data):
    districts = read_vector(real_data / "dc/places/police-districts-mpd.geojson.gz")
    workspace = city("dc")
    start = {"7D": "2006-01", "6D": "2008-01", "5D": "2008-03", "3D": "2008-07", "1D": "2008-09", "4D": "2008-09"}
    names = districts.frame["DISTRICT"].astype(int).astype(str) + "D"
    frame = districts.frame.assign(FROM=names.map(start))
    covered = [number for number, name in enumerate(names) if name in start]
    result = import_sensor_coverage(workspace, VectorTable(
        frame.iloc[covered].reset_index(drop=True), [districts.geometry[number] for number in covered],
        districts.crs, "districts"), "FROM")
    assert adds_up(result) and result.added == 6
    rows = workspace.read("sensor_coverage")
    area = sum(shape.area for shape in rows["geometry"]) / 1e6
    assert 120 < area < 150 and set(rows["from_date"]) == {text + "-01" for text in start.values()}


TEXT = st.one_of(st.none(), st.sampled_from(["2010", "2010-05", "5/6/2012", "x", ""]), st.floats(), st.text(max_size=5))
SHAPE = st.one_of(st.none(), st.builds(lambda x, y: box(x, y, x + 500, y + 500), st.floats(310_000, 330_000),
                                       st.floats(4_290_000, 4_310_000)))


def test_a_year_that_no_calendar_here_knows_is_a_rejected_feature(city):
    layer_of = {"name": ["a", "b", "c"], "from": ["2010", "2010", "1000-01"], "to": ["2011", "9999", ""]}
    result = import_sensor_coverage(city("dc"), layer([WEST, WEST, WEST], **layer_of))
    assert (result.added, result.reasons) == (1, {"a date that cannot be read": 2})


@given(st.lists(st.tuples(SHAPE, TEXT, TEXT, TEXT), max_size=12))
@settings(max_examples=examples(25), deadline=None)
def test_any_layer_adds_up(city, rows):
    workspace = city("dc")
    shapes = [WEST, *(row[0] for row in rows)]
    columns = {name: [None, *(row[number] for row in rows)] for number, name in enumerate(("name", "from", "to"), 1)}
    areas = VectorTable(pd.DataFrame(columns, dtype=object), shapes, "EPSG:32618", "any")
    result = import_sensor_coverage(workspace, areas, date_order="day first")
    assert adds_up(result) and result.read == len(shapes)
    again = import_sensor_coverage(workspace, areas)
    assert (again.added, again.updated) == (0, 0) and np.isclose(again.rejected, result.rejected)
