"""The ways between coordinate systems are pyproj's to a millimetre, in every thread, whatever GDAL does with errors."""
import threading

import numpy as np
import pyproj
import pytest
from osgeo import osr
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast import crs
from shotspotter_connect_plugin.forecast.fishnet import worst_errors

# pyproj's wheels bring a PROJ of their own, whose database and grids may be others than those of GDAL's.
SAME_PROJ = pyproj.proj_version_str == ".".join(map(str, (
    osr.GetPROJVersionMajor(), osr.GetPROJVersionMinor(), osr.GetPROJVersionMicro())))
CITIES = {"DC": (-77.2, 38.7, -76.8, 39.1), "New York": (-74.3, 40.5, -73.7, 40.95),
          "Oakland": (-122.4, 37.6, -122.1, 37.9), "Chicago": (-87.95, 41.6, -87.5, 42.05),
          "Paris": (2.2, 48.8, 2.45, 48.92), "London": (-0.5, 51.3, 0.3, 51.7),
          "Cape Town": (18.3, -34.2, 18.8, -33.7), "Auckland": (174.5, -37.1, 175.0, -36.7),
          "Fiji": (177.2, -18.3, 178.7, -17.3), "Prague": (14.2, 49.9, 14.7, 50.2),
          "Anchorage": (-150.2, 61.0, -149.4, 61.3)}
# US survey feet, international feet, NAD27, NAD83 and its later forms, grads from Paris, axes north before east,
# axes south and west, a Web map, an oblique projection, polar ones.
SYSTEMS = {
    "DC": ("EPSG:2248", "EPSG:26985", "EPSG:32618", "EPSG:26918", "EPSG:6487", "EPSG:3857", "EPSG:5070", "EPSG:4269",
           "EPSG:4267", "EPSG:26718", "ESRI:102685", "OGC:CRS84", "EPSG:26918+5703"),
    "New York": ("EPSG:2263", "EPSG:6539", "EPSG:32118"),
    "Oakland": ("EPSG:2227", "EPSG:26910", "EPSG:7131", "EPSG:3310"),
    "Chicago": ("EPSG:3435", "EPSG:6455", "ESRI:102671"),
    "Paris": ("EPSG:27572", "EPSG:2154", "EPSG:3035", "EPSG:4807"),
    "London": ("EPSG:27700", "EPSG:4277"), "Cape Town": ("EPSG:2048", "EPSG:32734"), "Auckland": ("EPSG:2193",),
    "Fiji": ("EPSG:3460", "EPSG:32701"), "Prague": ("EPSG:5514", "EPSG:2065", "EPSG:31468"),
    "Anchorage": ("EPSG:26934", "EPSG:3338", "EPSG:3995")}
PAIRS = [(city, system) for city, systems in SYSTEMS.items() for system in systems]


def places(city, count=200):
    west, south, east, north = CITIES[city]
    rng = np.random.default_rng(6)
    return rng.uniform(west, east, count), rng.uniform(south, north, count)


@pytest.mark.parametrize("city, system", PAIRS)
def test_there_and_back_are_pyproj_s_to_a_millimetre(city, system):
    lon, lat = places(city)
    reference = pyproj.Transformer.from_crs("EPSG:4326", system, always_xy=True)
    to_metres = 111_320.0 if pyproj.CRS(system).is_geographic else 1.0
    x, y = reference.transform(lon, lat)
    found = crs.change("EPSG:4326", system)(lon, lat)
    if not SAME_PROJ and np.abs(found[0] - x).max() * to_metres > 1e-3:
        pytest.skip("the two PROJ know different grids for " + system)
    for mine, theirs in zip(found, (x, y)):
        assert np.abs(mine - theirs).max() * to_metres < 1e-3
    back, there = crs.change(system, "EPSG:4326")(x, y), reference.transform(x, y, direction="INVERSE")
    for mine, theirs in zip(back, there):
        assert np.abs(mine - theirs).max() * 111_320 < 1e-3


def test_between_two_projected_systems_and_as_wkt():
    x, y = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:2248", always_xy=True).transform(*places("DC"))
    expected = pyproj.Transformer.from_crs("EPSG:2248", "EPSG:32618", always_xy=True).transform(x, y)
    for source in ("EPSG:2248", pyproj.CRS(2248).to_wkt(), pyproj.CRS(2248).to_wkt("WKT1_ESRI"),
                   pyproj.CRS(2248).to_wkt("WKT1_GDAL")):
        assert np.abs(np.subtract(crs.change(source, "EPSG:32618")(x, y), expected)).max() < 1e-3


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("authority", ["EPSG", "ESRI"])
def test_the_systems_in_use_are_those_of_the_database(city, authority):
    if not SAME_PROJ:
        pytest.skip("the two PROJ have different databases")
    expected = query_crs_info(authority, [PJType.PROJECTED_CRS], area_of_interest=AreaOfInterest(*CITIES[city]))
    found = crs.projected(authority, *CITIES[city])
    assert [item[0] for item in found] == [item.auth_name + ":" + item.code for item in expected]
    world = [size for code, _, size in found if code == "EPSG:3395"]
    assert all(size > 50_000 for size in world)  # the largest of all, not the most specific


@pytest.mark.parametrize("text, expected", [
    ("EPSG:26985", "EPSG:26985"), ("epsg:2248", "EPSG:2248"), ("2248", "EPSG:2248"), ("ESRI:102685", "ESRI:102685"),
    ("urn:ogc:def:crs:EPSG::2263", "EPSG:2263"), ("NAD83 / Maryland (ftUS)", "EPSG:2248"), ("WGS84", "EPSG:4326"),
    (pyproj.CRS(26985), "EPSG:26985"), (pyproj.CRS(26985).to_wkt(), "EPSG:26985"),
    (pyproj.CRS(2248).to_wkt("WKT1_ESRI"), "EPSG:2248"), ("IGNF:LAMB93", "IGNF:LAMB93")])
def test_what_can_be_named_is_read_and_named_by_its_id(gdal_errors, text, expected):
    assert crs.text_of(crs.parse(text)) == expected


def test_a_system_of_one_s_own_stays_what_it_is(gdal_errors):
    own = "+proj=tmerc +lat_0=38.9 +lon_0=-77 +k=1 +x_0=10000 +y_0=10000 +datum=WGS84 +units=m"
    text = crs.text_of(crs.parse(own))
    assert pyproj.CRS(text) == pyproj.CRS(own) and crs.is_same(own, text) and not crs.is_same(own, "EPSG:32618")


def test_files_and_addresses_are_no_systems(gdal_errors, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.prj").write_text(pyproj.CRS(2248).to_wkt())
    for text in ("there.prj", str(tmp_path / "there.prj"), "http://example.com/2248", "/vsicurl/http://example.com/a",
                 "", "nothing", "EPSG:0", "EPSG:99999999", "PROJCS[broken", "+proj=nothing"):
        with pytest.raises(ConnectError, match="is not known; use a code such as EPSG:32618"):
            crs.parse(text)
    assert capfd.readouterr().err == ""


def test_a_bad_point_spoils_no_other_and_says_nothing(gdal_errors, capfd):
    lon, lat = places("DC", 3000)
    expected = crs.change("EPSG:4326", "EPSG:26985")(lon, lat)
    bad = {7: (np.nan, 38.9), 100: (-77.0, 91.0), 101: (1e300, 38.9), 2999: (np.inf, np.inf), 1500: (1200.0, 38.9)}
    for place, (x, y) in bad.items():
        lon[place], lat[place] = x, y
    found = crs.change("EPSG:4326", "EPSG:26985")(lon, lat)
    good = np.setdiff1d(np.arange(3000), list(bad))
    for mine, theirs in zip(found, expected):
        assert (mine[good] == theirs[good]).all() and np.isinf(mine[list(bad)]).all()
    # Points that only the projection itself refuses, among others that it takes.
    stray = np.where(np.arange(2000) % 3, 500_000.0, 1e9)
    x, y = crs.change("EPSG:32618", "EPSG:4326")(stray, np.full(2000, 4_300_000.0))
    theirs = pyproj.Transformer.from_crs("EPSG:32618", "EPSG:4326", always_xy=True).transform(
        stray, np.full(2000, 4_300_000.0))
    assert (np.isfinite(x) == np.isfinite(theirs[0])).all()
    assert np.abs((x - theirs[0])[np.isfinite(x)]).max() < 1e-8
    assert capfd.readouterr().err == ""


def test_a_system_without_a_way_gives_no_place(gdal_errors):
    assert np.isinf(crs.change("EPSG:4326", "EPSG:32600")(*places("DC", 5))).all()  # a grid of many zones


def test_numbers_arrays_and_shapes():
    change = crs.change("EPSG:4326", "EPSG:26985")
    assert change is crs.change("EPSG:4326", "EPSG:26985")
    x, y = change(-77.0, 38.9)
    assert isinstance(x, float) and (x, y) == tuple(float(part[0]) for part in change([-77.0], [38.9]))
    assert [part.shape for part in change(np.full((2, 3), -77.0), np.full((2, 3), 38.9))] == [(2, 3)] * 2
    assert [part.size for part in change([], [])] == [0, 0]


def test_bounds_hold_every_point_inside():
    west, south, east, north = CITIES["DC"]
    to_map = crs.change("EPSG:4326", "EPSG:26985")
    x_min, y_min, x_max, y_max = to_map.bounds(west, south, east, north)
    x, y = to_map(*places("DC", 5000))
    assert x_min <= x.min() and x.max() <= x_max and y_min - 0.5 <= y.min() and y.max() <= y_max + 0.5
    expected = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:26985", always_xy=True).transform_bounds(
        west, south, east, north)
    assert np.abs(np.subtract((x_min, y_min, x_max, y_max), expected)).max() < 0.5


def test_many_threads_at_once_find_the_same():
    lon, lat = places("DC", 20_000)
    expected = {system: crs.change("EPSG:4326", system)(lon, lat) for system in SYSTEMS["DC"]}
    wrong = []

    def work():
        for _ in range(3):
            for system, there in expected.items():
                found = crs.change("EPSG:4326", system)(lon, lat)
                if not all((mine == theirs).all() for mine, theirs in zip(found, there)):
                    wrong.append(system)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("code, x, y", [("EPSG:26985", 400_000, 135_000), ("EPSG:3857", -8_570_000, 4_700_000),
                                        ("EPSG:32618", 1_350_000, 4_300_000), ("EPSG:2193", 1_750_000, 5_920_000),
                                        ("EPSG:32601", 166_100, 1_000_000), ("EPSG:3413", 500_000, -900_000),
                                        ("EPSG:31467", 3_500_000, 5_300_000), ("EPSG:5070", 1_600_000, 1_900_000)])
@pytest.mark.parametrize("size", [100.0, 250.0, 2000.0])
def test_sides_and_areas_on_the_ground_are_those_of_the_geodesics(code, x, y, size):
    corner, bounds = size / 2, (x, y, x + 10_000, y + 10_000)
    side, area = worst_errors(crs.parse(code), bounds, size)
    system = pyproj.CRS(code)
    geod, to_degrees = system.get_geod(), pyproj.Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
    sides, areas = [], []
    for mid_x in np.linspace(bounds[0], bounds[2], 7):
        for mid_y in np.linspace(bounds[1], bounds[3], 7):
            lon, lat = to_degrees.transform(mid_x + np.array([-1, 1, 1, -1]) * corner,
                                            mid_y + np.array([-1, -1, 1, 1]) * corner)
            for a, b, length in ((0, 1, size), (1, 2, size), (2, 3, size), (3, 0, size), (0, 2, size * 2 ** 0.5),
                                 (1, 3, size * 2 ** 0.5)):
                sides.append(geod.inv(lon[a], lat[a], lon[b], lat[b])[2] / length - 1)
            areas.append(abs(geod.polygon_area_perimeter(lon, lat)[0]) / size ** 2 - 1)
    assert side == pytest.approx(max(sides, key=abs), abs=2e-6)
    assert area == pytest.approx(max(areas, key=abs), abs=2e-6)
