"""Any layer that OGR opens becomes a plain table; what cannot be used is said in one sentence."""
import gzip
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from osgeo import ogr, osr
from shapely.geometry import LineString, Point, Polygon, box

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.store.layers import VectorTable, parse_crs, read_vector

FEATURES = {"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"name": "Köln", "n": 1, "x": 0.5}, "geometry": {
        "type": "Point", "coordinates": [7, 51]}},
    {"type": "Feature", "properties": {"name": None, "n": 2, "x": None}, "geometry": None},
    {"type": "Feature", "properties": {"name": "b", "n": 3, "x": 2}, "geometry": {
        "type": "Polygon", "coordinates": [[[7, 51, 9], [8, 51, 9], [8, 52, 9], [7, 51, 9]]]}}]}


def shapefile(folder, crs="EPSG:2893"):
    """A shapefile of one square."""
    system = osr.SpatialReference()
    source = ogr.GetDriverByName("ESRI Shapefile").CreateDataSource(str(folder / "square.shp"))
    layer = source.CreateLayer("square", system if crs and system.SetFromUserInput(crs) == 0 else None, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("NAME", ogr.OFTString))
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetField("NAME", "Ünï")
    feature.SetGeometry(ogr.CreateGeometryFromWkb(box(1_300_000, 400_000, 1_310_000, 410_000).wkb))
    layer.CreateFeature(feature)
    feature = layer = source = None
    return folder / "square.shp"


def check_features(found):
    assert found.crs == "EPSG:4326"
    assert found.frame["name"].tolist() == ["Köln", None, "b"]
    assert found.frame["n"].tolist() == [1, 2, 3]
    assert found.geometry[0] == Point(7, 51) and found.geometry[1] is None
    assert not found.geometry[2].has_z and found.geometry[2].equals(Polygon([(7, 51), (8, 51), (8, 52)]))


def test_geojson_plain_and_packed(tmp_path):
    text = json.dumps(FEATURES).encode()
    (tmp_path / "a.geojson").write_bytes(text)
    with gzip.open(tmp_path / "a.geojson.gz", "wb") as file:
        file.write(text)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a.geojson", text)
    for name in ("a.geojson", "a.geojson.gz", "a.zip"):
        found = read_vector(tmp_path / name)
        assert found.name == name
        check_features(found)


def test_a_shapefile(tmp_path):
    found = read_vector(shapefile(tmp_path))
    assert found.frame["NAME"].tolist() == ["Ünï"]
    metres = found.to_crs("EPSG:26985")
    # Survey feet to metres in the same state plane zone.
    expected = [part * 1200 / 3937 for part in found.geometry[0].bounds]
    assert metres.geometry[0].bounds == pytest.approx(expected, abs=1.5)
    assert metres.frame is found.frame and metres.crs == "EPSG:26985"


def test_a_layer_without_crs(tmp_path):
    found = read_vector(shapefile(tmp_path, crs=None))
    assert found.crs == ""
    with pytest.raises(ConnectError, match="square.shp does not say which CRS it is in"):
        found.to_crs("EPSG:4326")


def test_files_that_cannot_be_used(tmp_path, workspace):
    (tmp_path / "a.txt").write_text("no layer")
    with pytest.raises(ConnectError, match="There is no file .*none.shp"):
        read_vector(tmp_path / "none.shp")
    with pytest.raises(ConnectError, match="a.txt is not a file with map layers"):
        read_vector(tmp_path / "a.txt")
    with pytest.raises(ConnectError, match="town.gpkg holds the layers .*beats.*; name the one to use"):
        read_vector(workspace.address)
    with pytest.raises(ConnectError, match="town.gpkg holds the layers"):
        read_vector(workspace.address, "no_such")
    assert read_vector(workspace.address, "beats").frame["beat"].tolist() == ["All"]


def test_no_sentence_depends_on_gdals_exceptions(tmp_path):
    from osgeo import gdal
    (tmp_path / "a.txt").write_text("no layer")
    gdal.UseExceptions()
    ogr.UseExceptions()
    try:
        with pytest.raises(ConnectError, match="a.txt is not a file with map layers"):
            read_vector(tmp_path / "a.txt")
    finally:
        ogr.DontUseExceptions()
        gdal.DontUseExceptions()


def test_to_crs_there_and_back():
    rng = np.random.default_rng(1)
    points = [Point(*pair) for pair in zip(rng.uniform(-78, -76, 50), rng.uniform(38, 40, 50))]
    line = LineString([(-77, 38.9), (-76.9, 38.95)])
    layer = VectorTable(pd.DataFrame({"i": range(52)}), [*points, line, None], "EPSG:4326", "points")
    moved = layer.to_crs("EPSG:26985")
    assert moved.geometry[51] is None
    back = moved.to_crs("EPSG:4326")
    assert all(one.distance(other) < 1e-9 for one, other in zip(layer.geometry[:51], back.geometry[:51]))
    # x is longitude whatever order the authority writes.
    assert 300_000 < VectorTable(pd.DataFrame({"i": [1]}), [Point(-77, 38.9)], "EPSG:4326", "p").to_crs(
        "EPSG:32618").geometry[0].x < 340_000
    assert layer.to_crs("EPSG:4326").geometry == layer.geometry


def test_coordinates_outside_a_crs():
    layer = VectorTable(pd.DataFrame({"i": [1]}), [Point(-77, 100)], "EPSG:4326", "odd.csv")
    with pytest.raises(ConnectError, match="odd.csv has coordinates that do not exist in its CRS"):
        layer.to_crs("EPSG:32618")
    with pytest.raises(ConnectError, match="The CRS EPSG:1 is not known"):
        parse_crs("EPSG:1")


def test_real_layers(real_data):
    places = real_data / "dc" / "places"
    for name in ("police-service-areas-psa", "liquor-license-locations", "metro-stations-district", "ward-2012"):
        found = read_vector(places / (name + ".geojson.gz"))
        assert found.crs == "EPSG:4326" and len(found.frame) == len(found.geometry) > 0
        metres = found.to_crs("EPSG:32618")
        assert all(300_000 < shape.centroid.x < 340_000 for shape in metres.geometry if shape is not None)
