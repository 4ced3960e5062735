"""Other programs open the file: a valid GeoPackage, extents that are right, an R-tree that finds what is there."""
import sqlite3

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import ogr

from shotspotter_connect_plugin.workspace.steps.create import create_workspace
from shotspotter_connect_plugin.workspace.store import geopackage, rtree
from shotspotter_connect_plugin.workspace.store.rtree import RTree
from shotspotter_connect_plugin.workspace.store.sql_text import quoted
from shotspotter_connect_plugin.workspace.store.tables import TABLES

SPATIAL = [name for name, table in TABLES.items() if table.geometry]


def check_trees(path, tables=SPATIAL):
    """SQLite's own check of the trees, and that every tree holds the rows with geometry, no others."""
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for name in tables:
        tree = "rtree_" + name + "_geom"
        assert connection.execute("SELECT rtreecheck(?)", (tree,)).fetchone() == ("ok",), name
        held = {row for row, in connection.execute("SELECT id FROM " + tree)}
        assert held == {row for row, in connection.execute("SELECT fid FROM " + name + " WHERE geom IS NOT NULL")}, name
    connection.close()


def triggers(path):
    connection = sqlite3.connect(path)
    found = sorted(connection.execute("SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index')"))
    connection.close()
    return found


def within(path, table, x_min, y_min, x_max, y_max):
    """Ids that OGR finds through its spatial filter."""
    source = ogr.Open(str(path))
    layer = source.GetLayerByName(table)
    assert layer.TestCapability(ogr.OLCFastSpatialFilter)
    layer.SetSpatialFilterRect(x_min, y_min, x_max, y_max)
    found = {feature.GetField(0) for feature in layer}
    layer = source = None
    return found


def test_every_layer_opens_in_ogr(workspace, made_incidents):
    with workspace.transaction() as writer:
        writer.append("incidents", made_incidents(200))
    source = ogr.Open(workspace.address)
    assert {source.GetLayer(number).GetName() for number in range(source.GetLayerCount())} == set(TABLES)
    for table in TABLES.values():
        layer = source.GetLayerByName(table.name)
        definition = layer.GetLayerDefn()
        names = [definition.GetFieldDefn(number).GetName() for number in range(definition.GetFieldCount())]
        assert names == table.column_names
        assert layer.GetFeatureCount() == workspace.count(table.name)
        if table.geometry:
            assert layer.GetSpatialRef().GetAuthorityCode(None) == "32618"
            assert ogr.GeometryTypeToName(layer.GetGeomType()).replace(" ", "") == {
                "MultiPolygon": "MultiPolygon"}.get(table.geometry, table.geometry)
        else:
            assert layer.GetGeomType() == ogr.wkbNone
        types = {name: definition.GetFieldDefn(number).GetFieldTypeName(definition.GetFieldDefn(number).GetType())
                 for number, name in enumerate(names)}
        for column in table.columns:
            assert types[column.name] == {"utc": "DateTime", "date": "Date", "integer": "Integer64", "real": "Real",
                                          "boolean": "Integer"}.get(column.type, "String")
    incidents = source.GetLayerByName("incidents")
    frame = made_incidents(200)
    assert incidents.GetExtent() == pytest.approx(
        (frame["x"].min(), frame["x"].max(), frame["y"].min(), frame["y"].max()), abs=0.51)
    assert incidents.GetNextFeature().GetFieldAsString("occurred_from_utc").endswith("+00")
    assert incidents.GetMetadataItem("DESCRIPTION") == TABLES["incidents"].help
    source = None


def test_the_file_is_a_valid_geopackage(workspace, made_incidents):
    validator = pytest.importorskip("osgeo_utils.samples.validate_gpkg", reason="GDAL's sample validator is not here")
    with workspace.transaction() as writer:
        writer.append("incidents", made_incidents(50))
        writer.append("neighbourhoods", workspace.read("beats").rename(columns={"beat": "neighbourhood"}))
    workspace.close()
    checker = validator.GPKGChecker(workspace.address, abort_at_first_error=False)
    checker.check()
    assert checker.errors == []


def test_points_are_found_through_the_spatial_index(workspace, made_incidents):
    frame = made_incidents(3000)
    with workspace.transaction() as writer:
        writer.append("incidents", frame)
    inside = frame["x"].between(320_500, 321_000) & frame["y"].between(4_300_500, 4_301_500)
    assert within(workspace.address, "incidents", 320_500, 4_300_500, 321_000, 4_301_500) == set(
        frame.loc[inside, "incident_id"])
    assert within(workspace.address, "boxes", 320_300, 4_300_300, 320_400, 4_300_400) == {"C1281R17201"}


@pytest.mark.parametrize("few", [0, 10**9])
def test_writes_of_every_kind_keep_the_index_right(workspace, made_incidents, monkeypatch, few):
    """Packed anew and changed row by row: the same rows are found."""
    monkeypatch.setattr(rtree, "FEW_ROWS", few)
    monkeypatch.setattr(geopackage, "MANY_ROWS", few)
    before = triggers(workspace.address)
    frame = made_incidents(700)
    with workspace.transaction() as writer:
        writer.append("incidents", frame[:500])
    frame.loc[:99, "x"] += 1000
    frame.loc[100:149, ["x", "y"]] = np.nan
    with workspace.transaction() as writer:
        writer.upsert("incidents", frame)
        writer.delete("incidents", {"incident_id": frame["incident_id"][150:200].tolist()})
        writer.upsert("boxes", workspace.read("boxes"))
    frame = frame.drop(index=range(150, 200))
    assert triggers(workspace.address) == before
    check_trees(workspace.address)
    assert within(workspace.address, "incidents", 0, 0, 1e7, 1e7) == set(frame.loc[frame["x"].notna(), "incident_id"])
    near = frame["x"].between(320_900, 321_300) & frame["y"].between(4_300_000, 4_302_000)
    assert within(workspace.address, "incidents", 320_900, 4_300_000, 321_300, 4_302_000) == set(
        frame.loc[near, "incident_id"])
    with workspace.transaction() as writer:
        writer.delete("incidents")
    check_trees(workspace.address)
    assert within(workspace.address, "incidents", 0, 0, 1e7, 1e7) == set()


def test_an_edit_in_qgis_goes_through_the_triggers(workspace, made_incidents):
    """What GDAL writes after us lands in the index too, because our writes put its triggers back."""
    with workspace.transaction() as writer:
        writer.append("incidents", made_incidents(20))
    source = ogr.Open(workspace.address, 1)
    layer = source.GetLayerByName("incidents")
    feature = layer.GetFeature(1)
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (500000 4500000)"))
    assert layer.SetFeature(feature) == ogr.OGRERR_NONE
    feature = layer = source = None
    check_trees(workspace.address)
    assert within(workspace.address, "incidents", 499_999, 4_499_999, 500_001, 4_500_001) == {"i0"}


def test_the_extent_follows(workspace, made_incidents):
    def extent():
        connection = sqlite3.connect(workspace.address)
        found = connection.execute("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'incidents'"
                                   ).fetchone()
        connection.close()
        return found

    assert extent() == (None,) * 4
    frame = made_incidents(100)
    frame.loc[0, ["x", "y"]] = [100_000.0, 4_000_000.0]
    with workspace.transaction() as writer:
        writer.append("incidents", frame)
    assert extent() == pytest.approx((100_000, 4_000_000, frame["x"].max(), frame["y"].max()), abs=0.51)
    with workspace.transaction() as writer:
        writer.delete("incidents", {"incident_id": "i0"})
    assert extent() == pytest.approx((frame["x"][1:].min(), frame["y"][1:].min(), frame["x"].max(), frame["y"].max()),
                                     abs=0.51)


def tree_of(bounds):
    """(connection, tree) with boxes packed into an R-tree."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING rtree(id, minx, maxx, miny, maxy)")
    tree = RTree(connection, "t", quoted)
    tree.change(np.array([], dtype=np.int64), np.arange(len(bounds)) + 1, bounds, len(bounds))
    return connection, tree


COORDINATE = st.floats(-1e7, 1e7, allow_nan=False)
BOUNDS = st.lists(st.tuples(COORDINATE, COORDINATE, st.floats(0, 1e5), st.floats(0, 1e5)), min_size=0, max_size=400)


@settings(max_examples=60, deadline=None)
@given(BOUNDS, st.tuples(COORDINATE, COORDINATE, st.floats(0, 1e6), st.floats(0, 1e6)))
def test_a_packed_tree_finds_everything(rows, window):
    bounds = np.array([(x, y, x + width, y + height) for x, y, width, height in rows]).reshape(-1, 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rtree, "FEW_ROWS", 0)
        connection, tree = tree_of(bounds)
        assert connection.execute("SELECT rtreecheck('t')").fetchone() == ("ok",)
        x_min, y_min, x_max, y_max = window[0], window[1], window[0] + window[2], window[1] + window[3]
        found = {row for row, in connection.execute(
            "SELECT id FROM t WHERE maxx >= ? AND minx <= ? AND maxy >= ? AND miny <= ?", (x_min, x_max, y_min, y_max))}
        touching = np.flatnonzero((bounds[:, 2] >= x_min) & (bounds[:, 0] <= x_max) & (bounds[:, 3] >= y_min)
                                  & (bounds[:, 1] <= y_max)) + 1
        assert set(touching.tolist()) <= found
        if len(bounds):
            low_x, low_y, high_x, high_y = tree.extent()
            assert low_x <= bounds[:, 0].min() and high_x >= bounds[:, 2].max()
            assert low_y <= bounds[:, 1].min() and high_y >= bounds[:, 3].max()
            assert low_x == pytest.approx(bounds[:, 0].min(), rel=1e-6, abs=1e-30)


def test_sqlite_goes_on_with_a_packed_tree(monkeypatch):
    """SQLite inserts into and deletes from a large packed tree, down to nothing."""
    monkeypatch.setattr(rtree, "FEW_ROWS", 0)
    rng = np.random.default_rng(1)
    corner = rng.random((20_000, 2)) * 1e5
    connection, tree = tree_of(np.hstack([corner, corner + 10]))
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)",
                           ((30_000 + number, *pair) for number, pair in enumerate(rng.random((3000, 1)).repeat(4, 1))))
    assert connection.execute("SELECT rtreecheck('t')").fetchone() == ("ok",)
    connection.execute("DELETE FROM t WHERE id % 3 = 0")
    assert connection.execute("SELECT rtreecheck('t'), (SELECT count(*) FROM t)").fetchone() == ("ok", 15_334)
    connection.execute("DELETE FROM t")
    assert connection.execute("SELECT rtreecheck('t')").fetchone() == ("ok",)
    assert tree.extent() == (None,) * 4


def test_a_large_fishnet(tmp_path):
    """As many boxes as to need a tree of several levels."""
    from shapely.geometry import box

    from shotspotter_connect_plugin.workspace.store.layers import VectorTable
    area = VectorTable(pd.DataFrame({"a": [1]}), [box(310_000, 4_290_000, 336_000, 4_316_000)], "EPSG:32618", "area")
    with create_workspace(tmp_path / "w.gpkg", area, timezone="UTC") as workspace:
        assert workspace.count("boxes") == 104 * 104
    check_trees(tmp_path / "w.gpkg", ["boxes"])
    found = within(tmp_path / "w.gpkg", "boxes", 320_010, 4_300_010, 320_260, 4_300_020)
    assert found == {"C1280R17200", "C1281R17200"}
