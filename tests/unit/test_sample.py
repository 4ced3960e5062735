"""The sample data: what the README beside them says about them is so."""
import gzip
import importlib.util
import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
from osgeo import ogr
from shapely import wkb
from shapely.geometry import Point, shape
from shapely.ops import unary_union
from shapely.prepared import prep

from shotspotter_connect_plugin.workspace.steps.create import create_workspace
from shotspotter_connect_plugin.workspace.store.layers import read_vector

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "shotspotter_connect_plugin" / "resources" / "sample"
PLACES = sorted((SAMPLE / "places").glob("*.geojson"))
PEOPLE = re.compile("race|sex|male|white|black|asian|hisp|pop|age|birth|phone|mail|victim|suspect|addr|officer", re.I)


def csv(name):
    return pd.read_csv(SAMPLE / name, dtype=str, keep_default_na=False)


def features(path):
    return json.loads(path.read_text(encoding="utf-8"))["features"]


@pytest.fixture(scope="module")
def beats():
    return read_vector(SAMPLE / "police_service_areas.geojson").to_crs("EPSG:26985")


@pytest.fixture(scope="module")
def outline(beats):
    """The city with its rivers."""
    return unary_union(beats.geometry)


def test_it_is_small():
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 6_000_000


def test_the_readme_counts_right():
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    rows = {"crime_incidents_2017.csv.gz": len(csv("crime_incidents_2017.csv.gz")),
            "gunfire_alerts_2014_2017.csv.gz": len(csv("gunfire_alerts_2014_2017.csv.gz")),
            "places/liquor_licence.geojson": len(features(SAMPLE / "places/liquor_licence.geojson")),
            "places/bus_stop.geojson": len(features(SAMPLE / "places/bus_stop.geojson")),
            "police_service_areas.geojson": len(features(SAMPLE / "police_service_areas.geojson"))}
    for name, count in rows.items():
        line = next(line for line in text.splitlines() if line.startswith("| `" + name))
        assert f"| {count:,} |" in line
    context = ogr.Open(str(SAMPLE / "context.gpkg"))
    counts = [context.GetLayerByName(name).GetFeatureCount() for name in ("parks", "water", "roads", "railroads")]
    assert "| " + ", ".join(map(str, counts)) + " |" in text


def test_no_column_is_about_people():
    columns = set(csv("crime_incidents_2017.csv.gz")) | set(csv("gunfire_alerts_2014_2017.csv.gz"))
    for path in [*PLACES, SAMPLE / "police_service_areas.geojson", SAMPLE / "jurisdiction.geojson"]:
        columns |= {name for feature in features(path) for name in feature["properties"]}
    assert not [name for name in columns if PEOPLE.search(name)]


def test_incidents_are_complete_around_the_date_to_try():
    incidents = csv("crime_incidents_2017.csv.gz")
    assert incidents["CCN"].ne("").all() and incidents["OFFENSE"].isin(["SEX ABUSE", "ARSON"]).sum() == 298
    days = incidents["REPORT_DAT"].str[:10].value_counts().sort_index()
    assert len(days) == 365 and days["2017-12-14"] == 84
    around = days["2017-12-01":"2017-12-24"]
    assert (around.min(), around.max()) == (63, 107)


def test_incidents_lie_in_the_city_by_both_pairs_of_coordinates(outline):
    incidents = csv("crime_incidents_2017.csv.gz")
    x, y = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:26985", always_xy=True).transform(
        incidents["X"].astype(float).to_numpy(), incidents["Y"].astype(float).to_numpy())
    apart = np.hypot(x - incidents["XBLOCK"].astype(float), y - incidents["YBLOCK"].astype(float))
    assert apart.max() < 5.0
    city = prep(outline.buffer(50.0))
    assert all(city.contains(Point(*xy)) for xy in set(zip(x.round(), y.round())))


def test_alerts_are_in_utc_and_end_with_2017():
    alerts = csv("gunfire_alerts_2014_2017.csv.gz")
    local = pd.to_datetime(alerts["DATETIME"]).dt.tz_convert("America/New_York")
    assert (local.min().year, local.max().year) == (2014, 2017)
    # People shoot at midnight of the new year and on the evening of 4 July; with the Z ignored it would be at five.
    new_year = local[(local.dt.month == 1) & (local.dt.day == 1)].dt.hour.value_counts()
    assert new_year.index[0] == 0 and new_year[0] > 5 * new_year[5]
    assert local[(local.dt.month == 7) & (local.dt.day == 4)].dt.hour.value_counts().index[0] in (21, 22, 23)


def test_beats_fill_the_city_without_slivers(beats, outline):
    assert len(beats.geometry) == beats.frame["NAME"].nunique() == 56
    assert all(beat.is_valid for beat in beats.geometry)
    overlap = sum(beat.area for beat in beats.geometry) - outline.area
    assert abs(overlap) < 1.0 and outline.area == pytest.approx(177.456e6, rel=1e-3)  # square metres
    assert outline.geom_type == "Polygon" and not outline.interiors


def test_the_jurisdiction_is_the_land(outline):
    land = read_vector(SAMPLE / "jurisdiction.geojson").to_crs("EPSG:26985").geometry[0]
    assert land.is_valid and land.difference(outline).area < 1e-5 * land.area  # coordinates to a tenth of a metre
    water = unary_union(read_vector(SAMPLE / "context.gpkg", "water").to_crs("EPSG:26985").geometry)
    parks = unary_union(read_vector(SAMPLE / "context.gpkg", "parks").to_crs("EPSG:26985").geometry)
    assert land.intersection(water.difference(parks)).area < 0.005 * water.area
    assert outline.difference(land).difference(water).area < 0.01 * outline.area
    incidents = csv("crime_incidents_2017.csv.gz")[["XBLOCK", "YBLOCK"]].astype(float).drop_duplicates()
    near = prep(land.buffer(100.0))
    assert sum(not near.contains(Point(*place)) for place in incidents.to_numpy()) < 5  # on bridges


def test_simplified_borders_stay_close(beats):
    published = data("dc/places/police-service-areas-psa.geojson.gz")
    originals = read_vector(published).to_crs("EPSG:26985")
    by_name = dict(zip(originals.frame["NAME"], originals.geometry))
    worst = max(beat.boundary.hausdorff_distance(by_name[name].boundary)
                for name, beat in zip(beats.frame["NAME"], beats.geometry))
    assert worst < 5.5


@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.stem)
def test_places_lie_in_the_city(path, outline):
    layer = read_vector(path).to_crs("EPSG:26985")
    city = outline.buffer(100.0)
    assert len(layer.geometry) and all(city.contains(place) for place in layer.geometry)
    assert layer.frame.iloc[:, 0].is_unique


def test_map_background():
    package = ogr.Open(str(SAMPLE / "context.gpkg"))
    version, = [row.GetField(0) for row in package.ExecuteSQL("PRAGMA user_version")]
    assert version == 10200
    fields = {"parks": ["name"], "water": ["name"], "roads": ["name", "class"], "railroads": ["class"]}
    assert sorted(package.GetLayer(number).GetName() for number in range(package.GetLayerCount())) == sorted(fields)
    shapes = {}
    beats = read_vector(SAMPLE / "police_service_areas.geojson").to_crs("EPSG:32618")
    city = unary_union(beats.geometry).buffer(2000)
    for name, expected in fields.items():
        layer = package.GetLayerByName(name)
        definition = layer.GetLayerDefn()
        assert [definition.GetFieldDefn(i).GetName() for i in range(definition.GetFieldCount())] == expected
        assert layer.GetSpatialRef().GetAuthorityCode(None) == "32618"
        shapes[name] = [wkb.loads(bytes(row.GetGeometryRef().ExportToWkb())) for row in layer]
        assert all(each.is_valid and city.contains(each) for each in shapes[name])
    water = unary_union(shapes["water"])
    to_map = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32618", always_xy=True).transform
    potomac, anacostia, white_house = (Point(to_map(*place)) for place in (
        (-77.0358, 38.8650), (-76.9942, 38.8703), (-77.0365, 38.8977)))
    assert water.contains(potomac) and water.contains(anacostia) and not water.contains(white_house)
    assert 15e6 < water.area < 22e6
    roads = package.GetLayerByName("roads")
    roads.ResetReading()
    rows = [(row.GetField("name"), row.GetField("class")) for row in roads]
    assert ("Pennsylvania Ave SE", "major") in rows and {kind for _, kind in rows} == {"major", "minor"}
    assert len(set(rows)) == len(rows)


def test_a_workspace_can_be_made_of_it(tmp_path):
    configuration = json.loads((SAMPLE / "configuration.json").read_text(encoding="utf-8"))
    with create_workspace(tmp_path / "dc.gpkg", read_vector(SAMPLE / "jurisdiction.geojson"),
                          read_vector(SAMPLE / "police_service_areas.geojson"), "NAME",
                          configuration=configuration) as workspace:
        assert workspace.settings.agency == "Sample: Washington DC"
        assert workspace.settings.timezone == "America/New_York"
        background = read_vector(SAMPLE / "context.gpkg", "roads")
        assert workspace.settings.crs == background.crs == "EPSG:32618"  # maps need not change it
        assert (workspace.folder / workspace.settings.map_context).name == "context.gpkg"
        assert list(workspace.calendar.codes) == ["day", "evening", "midnight"]
        boxes = workspace.read("boxes", ["inside", "beat"])
        assert boxes["beat"].nunique() == 56 and boxes["beat"].notna().all()
        assert boxes["inside"].sum() * 62500 == pytest.approx(159e6, rel=0.01)  # 177 km2 less the rivers


def data(name):
    """A published file, where the machine has them."""
    path = Path(os.environ.get("CONNECT_DATA", ROOT.parent / "shared" / "data")) / name
    if not path.exists():
        pytest.skip("needs the published file " + name + "; set CONNECT_DATA to the folder that holds it")
    return path


def test_it_can_be_made_again(tmp_path, monkeypatch):
    folder = data("dc").parent
    pytest.importorskip("geopandas")
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "tools" / "make_sample.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr(tool, "SAMPLE", tmp_path)
    tool.main(folder)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    kept = sorted(path.relative_to(SAMPLE) for path in SAMPLE.rglob("*") if path.is_file())
    assert [name for name in kept if name.name not in ("README.md", "configuration.json")] == made
    for name in made:
        if name.suffix == ".gz":
            assert gzip.decompress((tmp_path / name).read_bytes()) == gzip.decompress((SAMPLE / name).read_bytes())
        elif name.suffix == ".geojson":
            again, before = (unary_union([shape(each["geometry"]) for each in features(folder / name)])
                             for folder in (tmp_path, SAMPLE))
            assert again.equals_exact(before, 1e-6) or again.symmetric_difference(before).area < 1e-9
