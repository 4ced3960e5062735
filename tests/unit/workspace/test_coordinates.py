"""Coordinates: which system a file uses is found by where its points fall."""
import numpy as np
import pandas as pd
import pyproj
import pytest
from osgeo import ogr, osr
from public_exports import IMPORT, SAMPLES, adds_up

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.coordinates import NOWHERE

DC = "Crime_Incidents_in_2018.csv"
DEGREES = ["X", "Y", "XBLOCK", "YBLOCK", "LATITUDE", "LONGITUDE"]


def read(name):
    return pd.read_csv(SAMPLES / name, dtype=str, keep_default_na=False)


def run(workspace, frame, path, table="incidents", **options):
    frame.to_csv(path, index=False)
    result = IMPORT[table](workspace, path, **options)
    assert adds_up(result)
    return result, workspace.read(table)


def written_in(frame, crs, x="X", y="Y"):
    """The frame with its places in another system only."""
    change = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    east, north = change.transform(frame["LONGITUDE"].astype(float), frame["LATITUDE"].astype(float))
    return frame.drop(columns=DEGREES).assign(**{x: np.round(east, 3).astype(str), y: np.round(north, 3).astype(str)})


@pytest.fixture
def places(city):
    """Where the rows of the sample are, in the workspace's CRS."""
    workspace = city("dc")
    IMPORT["incidents"](workspace, SAMPLES / DC)
    return workspace.read("incidents")


@pytest.mark.parametrize("crs,x,y", [
    ("EPSG:26985", "XBLOCK", "YBLOCK"), ("EPSG:2248", "X_COORD", "Y_COORD"), ("EPSG:32618", "x", "y"),
    ("EPSG:3857", "POINT_X", "POINT_Y"), ("EPSG:2283", "Easting", "Northing"), ("EPSG:5070", "X", "Y"),
    ("EPSG:26918", "GEO_X", "GEO_Y"), ("EPSG:3559", "X", "Y")])
def test_projected_systems_of_the_area_are_found(city, tmp_path, places, crs, x, y):
    result, rows = run(city("dc"), written_in(read(DC), crs, x, y), tmp_path / "a.csv")
    assert result.crs == "EPSG:32618" and result.mapping["x"] == x and result.mapping["y"] == y
    assert rows["incident_id"].tolist() == places["incident_id"].tolist()
    # Systems that differ by less than two metres cannot be told apart by where points fall.
    assert np.hypot(rows["x"] - places["x"], rows["y"] - places["y"]).max() < 2.0


def test_the_system_is_reported_and_feet_are_not_metres(city, tmp_path):
    for crs in ("EPSG:2248", "EPSG:26985"):
        result, _ = run(city("dc"), written_in(read(DC), crs), tmp_path / "a.csv")
        assert result.source_crs == crs


@pytest.mark.parametrize("name,city_name,crs", [
    ("NYPD_Shooting_Incident_Data__Historic_.csv", "nyc", "EPSG:2263"),
    ("crime_incidents_2006_2012.csv", "dc", "EPSG:26985"),
    ("crime_incidents_2012_2017_wards_3_4_8.csv", "dc", "EPSG:26985")])
def test_state_planes_of_real_files(city, tmp_path, name, city_name, crs):
    frame = read(name).drop(columns=["Latitude", "Longitude"], errors="ignore")
    result, rows = run(city(city_name), frame, tmp_path / name)
    assert result.source_crs == crs and len(rows) > 30


def test_new_york_feet_and_degrees_are_the_same_places(city, tmp_path):
    frame = read("NYPD_Shooting_Incident_Data__Historic_.csv")
    feet = run(city("nyc"), frame.drop(columns=["Latitude", "Longitude"]), tmp_path / "a.csv")[1]
    degrees = run(city("nyc"), frame.drop(columns=["X_COORD_CD", "Y_COORD_CD"]), tmp_path / "b.csv")[1]
    assert np.hypot(feet["x"] - degrees["x"], feet["y"] - degrees["y"]).max() < 1.5


def test_longitude_under_the_name_of_x_and_swapped_axes(city, tmp_path):
    frame = read("oakland_shotspotter_cfs_2008_2013.csv")
    result, rows = run(city("oak"), frame, tmp_path / "a.csv", "gunfire")
    swapped = frame.rename(columns={"XCOORD": "YCOORD", "YCOORD": "XCOORD"})
    again, same = run(city("oak"), swapped, tmp_path / "b.csv", "gunfire")
    assert result.source_crs == again.source_crs == "EPSG:4326" and len(rows) == 36
    assert np.allclose(rows[["x", "y"]], same[["x", "y"]])
    assert result.reasons == {"outside the jurisdiction": 2}


def test_a_named_system_is_not_doubted(city, tmp_path, places):
    frame = written_in(read(DC), "EPSG:26985")
    result, rows = run(city("dc"), frame, tmp_path / "a.csv", source_crs="EPSG:26985")
    assert result.source_crs == "EPSG:26985" and len(rows) == len(places)
    workspace = city("dc")
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="No point of columns X and Y falls into the jurisdiction.*SOURCE_CRS"):
        IMPORT["incidents"](workspace, tmp_path / "a.csv", source_crs="EPSG:2248")
    with pytest.raises(ConnectError, match="EPSG:999999 is not known"):
        IMPORT["incidents"](workspace, tmp_path / "a.csv", source_crs="EPSG:999999")
    assert workspace.content_hash() == before


def test_another_city_gets_a_sentence(city):
    workspace = city("kc")
    with pytest.raises(ConnectError, match="No point of columns LONGITUDE and LATITUDE falls into the jurisdiction"):
        IMPORT["incidents"](workspace, SAMPLES / DC)
    assert workspace.count("incidents") == 0 and workspace.count("imports") == 0


def test_the_finer_of_two_pairs_is_taken(city, tmp_path, places):
    frame = read(DC)
    rough = frame.assign(LATITUDE=frame["LATITUDE"].astype(float).round(2).astype(str),
                         LONGITUDE=frame["LONGITUDE"].astype(float).round(2).astype(str)).drop(columns=["X", "Y"])
    result, rows = run(city("dc"), rough, tmp_path / "a.csv")
    assert result.mapping["x"] == "XBLOCK" and "LATITUDE" in result.dropped_columns
    assert np.hypot(rows["x"] - places["x"], rows["y"] - places["y"]).max() < 2.0


def test_bad_places_are_rejected_with_the_reason(city, tmp_path):
    frame = read(DC).drop(columns=["X", "Y", "LATITUDE", "LONGITUDE"]).reset_index(drop=True)
    x, y = frame.columns.get_loc("XBLOCK"), frame.columns.get_loc("YBLOCK")
    wrong = [("", ""), ("here", "137000"), ("0", "0"), ("39655.9", "139114.6"), ("40219332", "13313"), ("", "137000"),
             ("396,559.5", "139,114.6"), ("inf", "137000")]
    for row, place in enumerate(wrong):
        frame.iloc[row, [x, y]] = place
    result, rows = run(city("dc"), frame, tmp_path / "a.csv", rejects=str(tmp_path / "r.csv"))
    rejects = pd.read_csv(tmp_path / "r.csv").set_index("line")
    places = rejects[rejects["column"] == "XBLOCK and YBLOCK"]["reason"]
    power = "outside the jurisdiction: a coordinate is off by a power of ten"
    number = "coordinates that are not numbers"
    assert places.to_dict() == {2: "no coordinates", 3: number, 4: NOWHERE, 5: power, 6: power, 7: number, 9: number}
    assert frame.loc[6, "CCN"] in set(rows["incident_id"])


def test_points_just_outside_stay_without_a_box(city, tmp_path):
    frame = read(DC).head(4)
    # In the river across from the city's western corner, and five kilometres into Virginia.
    frame["LONGITUDE"], frame["LATITUDE"] = "-77.03", "38.90"
    frame.loc[1, ["LONGITUDE", "LATITUDE"]] = "-77.119", "38.925"
    frame.loc[2, ["LONGITUDE", "LATITUDE"]] = "-77.20", "38.90"
    result, rows = run(city("dc"), frame.drop(columns=["X", "Y", "XBLOCK", "YBLOCK"]), tmp_path / "a.csv")
    assert result.reasons.get("outside the jurisdiction") == 1
    assert rows.set_index("incident_id").loc[frame.loc[1, "CCN"], "box_id"] is None
    assert rows.set_index("incident_id").loc[frame.loc[0, "CCN"], "box_id"] is not None


def test_rounding_of_alerts_is_found(city):
    for name in ("shotspotter_dc_foia_2006_2013.csv", "Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv",
                 "shotspotter_dc_2006_2019_combined.csv"):
        workspace = city("dc")
        IMPORT["gunfire"](workspace, SAMPLES / name)
        rows = workspace.read("gunfire")
        assert rows["rounded_x_m"].between(86, 88).all() and rows["rounded_y_m"].between(110, 112).all(), name
    workspace = city("oak")
    IMPORT["gunfire"](workspace, SAMPLES / "oakland_shotspotter_cfs_2008_2013.csv")
    assert workspace.read("gunfire")[["rounded_x_m", "rounded_y_m"]].isna().all(axis=None)


def test_boxes_are_those_of_the_fishnet(city, places):
    fishnet = city("dc").fishnet
    col, row = fishnet.cell(places["x"], places["y"])
    assert (places["box_id"] == fishnet.ids(col, row)).all()


def layer(path, frame, epsg, kind=ogr.wkbPoint, name="points"):
    """Write a layer in any format by its suffix."""
    driver = ogr.GetDriverByName({".gpkg": "GPKG", ".shp": "ESRI Shapefile"}[path.suffix])
    source = driver.CreateDataSource(str(path)) if not path.exists() else ogr.Open(str(path), 1)
    system = None
    if epsg:
        system = osr.SpatialReference()
        system.ImportFromEPSG(epsg)
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    made = source.CreateLayer(name, system, kind)
    for column in frame.columns.difference(["east", "north"], sort=False):
        made.CreateField(ogr.FieldDefn(column, ogr.OFTString))
    for row in frame.to_dict("records"):
        feature = ogr.Feature(made.GetLayerDefn())
        for number, column in enumerate(frame.columns.difference(["east", "north"], sort=False)):
            feature.SetField(number, row[column])
        if kind == ogr.wkbPoint:
            point = ogr.Geometry(ogr.wkbPoint)
            point.AddPoint_2D(row["east"], row["north"])
            feature.SetGeometry(point)
        made.CreateFeature(feature)
    source.Release()


def points(epsg):
    frame = read(DC)
    change = pyproj.Transformer.from_crs("EPSG:4326", f"EPSG:{epsg}", always_xy=True)
    east, north = change.transform(frame["LONGITUDE"].astype(float), frame["LATITUDE"].astype(float))
    return frame[["CCN", "REPORT_DAT", "SHIFT", "OFFENSE", "BLOCK", "START_DATE", "END_DATE"]].assign(
        east=east, north=north)


@pytest.mark.parametrize("suffix", [".gpkg", ".shp"])
@pytest.mark.parametrize("epsg,known", [(4326, True), (2248, True), (26985, True), (26985, False), (4326, False)])
def test_layers_with_and_without_a_crs(city, tmp_path, places, suffix, epsg, known):
    layer(tmp_path / ("layer" + suffix), points(epsg), epsg if known else None)
    workspace = city("dc")
    result = IMPORT["incidents"](workspace, tmp_path / ("layer" + suffix))
    rows = workspace.read("incidents")
    assert rows["incident_id"].tolist() == places["incident_id"].tolist() and result.source_crs.startswith("EPSG:")
    assert np.hypot(rows["x"] - places["x"], rows["y"] - places["y"]).max() < 2.0


def test_wrong_geometries_empty_layers_and_several_layers_get_a_sentence(city, tmp_path):
    frame = points(4326)
    workspace = city("dc")
    layer(tmp_path / "areas.gpkg", frame, 4326, ogr.wkbPolygon)
    layer(tmp_path / "none.gpkg", frame.head(0), 4326)
    layer(tmp_path / "two.gpkg", frame, 4326)
    layer(tmp_path / "two.gpkg", frame, 4326, name="more")
    for name, words in (("areas.gpkg", "polygon where points are needed"), ("none.gpkg", "has no rows"),
                        ("two.gpkg", "holds the layers points, more")):
        with pytest.raises(ConnectError, match=words):
            IMPORT["incidents"](workspace, tmp_path / name)
    result = IMPORT["incidents"](workspace, str(tmp_path / "two.gpkg") + "|layername=more")
    assert result.added > 20
