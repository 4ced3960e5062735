"""GPS fixes of every kind of file arrive at the right time and place, or with a reason."""
import csv
import gzip
import io
import json
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_towns import area, new_town
from osgeo import ogr, osr
from shapely.geometry import box

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.imports.coordinates import NOWHERE, JurisdictionArea
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.source_questions import SourceQuestion
from shotspotter_connect_plugin.workspace.steps.visit_finding import find_visits

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "gps"
PLACES = {
    "San Francisco": (-122.52, 37.6, -122.35, 37.83, "America/Los_Angeles"),
    "Austin": (-97.95, 30.1, -97.55, 30.5, "America/Chicago"),
    "Bohemia": (17.1, 50.2, 17.2, 50.25, "Europe/Prague"),
    "Wisconsin": (-88.15, 42.5, -88.1, 42.55, "America/Chicago"),
    "Munich": (11.8, 48.15, 11.9, 48.2, "Europe/Berlin"),
    "Alps": (13.7, 46.4, 13.8, 46.5, "Europe/Ljubljana"),
    "Cerknica": (14.25, 45.7, 14.4, 45.8, "Europe/Ljubljana"),
    "Istria": (13.6, 45.2, 13.8, 45.35, "Europe/Zagreb"),
    "Mali": (-20.3, 10.0, -20.1, 10.2, "UTC"),
}


@pytest.fixture(scope="module")
def at(tmp_path_factory):
    """``at("Austin")``: a workspace of that place, new in each test module and emptied for each call."""
    folder, made = tmp_path_factory.mktemp("places"), {}

    def workspace(place):
        if place not in made:
            *bounds, zone = PLACES[place]
            made[place] = new_town(folder / (place + ".gpkg"), area(box(*bounds), "EPSG:4326"), timezone=zone)
        with made[place].transaction() as writer:
            writer.delete("gps_fixes")
            writer.delete("imports")  # what was said about another test's files
        return made[place]

    yield workspace
    for workspace in made.values():
        workspace.close()


def degrees(workspace):
    """The fixes kept, with longitude and latitude."""
    fixes = workspace.read("gps_fixes", order_by=["unit", "at_utc"])
    fixes["lon"], fixes["lat"] = pyproj.Transformer.from_crs(workspace.settings.crs, 4326, always_xy=True).transform(
        fixes["x"].to_numpy(), fixes["y"].to_numpy())
    return fixes


def accounted(result):
    assert result.read == result.added + result.updated + result.unchanged + result.rejected
    assert sum(result.reasons.values()) == result.rejected
    return result


# Real files: (file, place, added, rejected by reason, first fix)
CLOCK = "a time before GPS existed: the device's clock was not set"
REAL = [
    ("austin_buses.csv.gz", "Austin", 298, {}, ("2204", "2015-09-06T06:16:07Z", -97.74246, 30.2691)),
    ("new_eotcue.txt.gz", "San Francisco", 59, {}, ("new_eotcue", "2008-05-22T14:33:48Z", -122.39377, 37.7501)),
    ("gpsbabel.nmea", "Wisconsin", 11, {}, ("gpsbabel", "2004-08-07T03:29:08.379Z", -88.121722, 42.530485)),
    ("gpsbabel_backfilldate.nmea.gz", "Bohemia", 500, {},
     ("gpsbabel_backfilldate", "2019-03-08T23:56:00Z", 17.174617, 50.2246)),
    ("gpxpy_Mojstrovka.gpx.gz", "Alps", 0, {CLOCK: 184}, None),
    ("gpxpy_cerknicko-jezero.gpx.gz", "Cerknica", 296, {},
     ("gpxpy_cerknicko-jezero", "2010-08-05T14:23:59Z", 14.357659, 45.772175)),
    ("gpxpy_cerknicko-without-times.gpx.gz", "Cerknica", 5, {"no time": 291}, None),
    ("gpxpy_around-visnjan-with-car.gpx", "Istria", 104, {},
     ("gpxpy_around-visnjan-with-car", "2020-12-18T06:15:50Z", 13.714210, 45.273519)),
    ("gpxpy_gpx1.0_with_all_fields.gpx", "Mali", 1, {},
     ("gpxpy_gpx1.0_with_all_fields", "2013-01-01T12:00:04Z", -20.2, 10.1)),
    ("gpxpy_gpx1.1_with_all_fields.gpx", "Mali", 1, {},
     ("gpxpy_gpx1.1_with_all_fields", "2013-01-01T12:00:04Z", -20.2, 10.1)),
]


@pytest.mark.parametrize("name, place, added, reasons, first", REAL, ids=[row[0] for row in REAL])
def test_real_samples(at, name, place, added, reasons, first):
    workspace = at(place)
    if not added:
        (reason, count), = reasons.items()
        with pytest.raises(ConnectError, match=f"all {count} rows were rejected for “{reason}”"):
            import_gps(workspace, SAMPLES / name)
        assert workspace.count("gps_fixes") == 0
        return
    result = accounted(import_gps(workspace, SAMPLES / name))
    assert (result.added, result.reasons) == (added, reasons)
    fixes = degrees(workspace)
    assert len(fixes) == added
    if first:
        unit, moment, lon, lat = first
        here = fixes[(fixes["unit"] == unit) & (fixes["at_utc"] == pd.Timestamp(moment))].iloc[0]
        assert (here["lon"], here["lat"]) == pytest.approx((lon, lat), abs=1e-5)
        assert (fixes["at_utc"] >= pd.Timestamp(moment) - pd.Timedelta(days=1)).all()


def test_every_real_file_of_the_large_set(at, real_data):
    folder = real_data / "gps"
    for name, place, added, span in [
            ("cabspotting_12cabs_1week.csv.gz", "San Francisco", 65_695, ("2008-05-25", "2008-05-31")),
            ("capmetro_vehicle_positions_2015-09-06.csv.gz", "Austin", 53_400, ("2015-09-06", "2015-09-07")),
            ("tracks/gpsbabel_datalog.gpx", "Bohemia", 500, ("2008-06-21", "2008-06-23")),
            ("tracks/gpsbabel_garmin-edge-800-output.gpx", "Munich", 1286, ("2012-04-12", "2012-04-12")),
            ("tracks/gpsbabel_nmea", "Wisconsin", 154, ("2004-08-07", "2004-08-07")),
            ("tracks/gpsbabel_nmea.gpx", "Wisconsin", 154, ("2004-08-07", "2004-08-07"))]:
        workspace = at(place)
        result = accounted(import_gps(workspace, folder / name))
        assert result.added == pytest.approx(added, rel=0.01)
        assert set(result.reasons) <= {"outside the jurisdiction"}
        fixes = workspace.read("gps_fixes", ["at_utc"])
        assert (str(fixes["at_utc"].min().date()), str(fixes["at_utc"].max().date())) == span


def read_plainly(path):
    """(seconds since 1970, longitude, latitude) of every fix of a file, read without any of our code."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        text = file.read()
    if path.suffix == ".gpx":
        points = [point for point in ElementTree.fromstring(text).iter() if point.tag.endswith("trkpt")]
        at = [[child.text for child in point if child.tag.endswith("}time")] for point in points]
        return [(datetime.fromisoformat(moment[0].replace("Z", "+00:00")).timestamp() if moment else None,
                 float(point.get("lon")), float(point.get("lat"))) for moment, point in zip(at, points)]
    if text[0].isalpha():
        rows = csv.DictReader(io.StringIO(text))
        return [(datetime.fromisoformat(row["timestamp"].replace("Z", "+00:00")).timestamp(),
                 float(row.get("lon") or row["longitude"]), float(row.get("lat") or row["latitude"])) for row in rows]
    return [(float(at), float(lon), float(lat)) for lat, lon, _, at in map(str.split, text.splitlines())]


@pytest.mark.parametrize("pattern, place", [
    ("cabspotting_raw_8cabs/new_e*.txt.gz", "San Francisco"),
    ("capmetro_vehicle_positions_2015-09-06.csv.gz", "Austin"), ("tracks/gpxpy_cerknicko*.gpx", "Cerknica"),
    ("tracks/gpxpy_around*.gpx", "Istria"), ("tracks/gpxpy_Moj*.gpx", "Alps"),
    ("tracks/gpsbabel_datalog.gpx", "Bohemia"), ("tracks/gpsbabel_garmin*.gpx", "Munich"),
    ("tracks/gpsbabel_nmea.gpx", "Wisconsin"), ("tracks/gpxpy_gpx1*.gpx", "Mali")])
def test_every_fix_has_the_time_and_place_that_a_plain_reading_gives(at, real_data, pattern, place):
    paths = sorted((real_data / "gps").glob(pattern))
    assert paths
    for path in paths:
        workspace = at(place)
        if "Moj" in path.name:  # its clock was not set
            with pytest.raises(ConnectError, match="Nothing of"):
                import_gps(workspace, path)
        else:
            accounted(import_gps(workspace, path))
        fixes = degrees(workspace)
        ours = {(round(moment.timestamp(), 3), round(lon, 5), round(lat, 5))
                for moment, lon, lat in zip(fixes["at_utc"], fixes["lon"], fixes["lat"])}
        area = JurisdictionArea(workspace)
        seconds, lon, lat = (np.array(column, dtype=float) for column in zip(*read_plainly(path)))
        near = area.near(*pyproj.Transformer.from_crs(4326, area.crs, always_xy=True).transform(lon, lat))
        usable = near & (seconds > 0)
        told = set(zip(seconds[usable].round(3).tolist(), lon[usable].round(5).tolist(), lat[usable].round(5).tolist()))
        # Rounding on the way to metres and back may turn a last digit.
        strange = [fix for fix in ours - told if not any(
            (fix[0], round(fix[1] + dx, 5), round(fix[2] + dy, 5)) in told
            for dx in (-1e-5, 0, 1e-5) for dy in (-1e-5, 0, 1e-5))]
        assert strange == [] and len(ours) == len({(*pair,) for pair in zip(fixes["unit"], fixes["at_utc"])})
        if "capmetro" not in path.name:  # one unit per file: one fix per moment
            assert len(fixes) == len({moment for moment, _, _ in told})


def test_nmea_and_the_gpx_made_from_it_agree(at, real_data):
    workspace = at("Wisconsin")
    import_gps(workspace, real_data / "gps" / "tracks" / "gpsbabel_nmea")
    nmea = workspace.read("gps_fixes")
    again = accounted(import_gps(workspace, real_data / "gps" / "tracks" / "gpsbabel_nmea.gpx"))
    assert again.added == 0 and again.updated + again.unchanged == 154
    gpx = workspace.read("gps_fixes")
    assert np.abs(nmea[["x", "y"]] - gpx[["x", "y"]]).to_numpy().max() < 0.1


def test_the_date_is_carried_backwards_over_midnight(at):
    workspace = at("Bohemia")
    import_gps(workspace, SAMPLES / "gpsbabel_backfilldate.nmea.gz")
    moments = workspace.read("gps_fixes", order_by="at_utc")["at_utc"]
    assert moments.iloc[-1] == pd.Timestamp("2019-03-09 00:04:19", tz="UTC")
    assert moments.diff().max() == pd.Timedelta(seconds=1)


# Made files


def rows(count=120, unit="12"):
    """A minute-by-minute walk through San Francisco in UTC."""
    moments = pd.date_range("2026-03-02 16:00", periods=count, freq="min", tz="UTC")
    return pd.DataFrame({"unit": unit, "at": moments, "lat": 37.75 + np.arange(count) * 1e-4,
                         "lon": -122.42 + np.arange(count) * 1e-4})


def expected(frame):
    x, y = pyproj.Transformer.from_crs(4326, 32610, always_xy=True).transform(
        frame["lon"].to_numpy(), frame["lat"].to_numpy())
    return pd.DataFrame({"unit": frame["unit"].to_numpy(), "at_utc": frame["at"].to_numpy(), "x": x, "y": y})


def check(workspace, frame):
    found = workspace.read("gps_fixes", ["unit", "at_utc", "x", "y"], order_by=["unit", "at_utc"])
    wanted = expected(frame).sort_values(["unit", "at_utc"], ignore_index=True)
    assert found["unit"].tolist() == wanted["unit"].tolist()
    assert (found["at_utc"].dt.tz_localize(None).to_numpy() == wanted["at_utc"].to_numpy("datetime64[ns]")).all()
    assert np.abs(found[["x", "y"]].to_numpy() - wanted[["x", "y"]].to_numpy()).max() < 0.01


LOCAL = "America/Los_Angeles"
WRITINGS = {
    "unix seconds": lambda f: {"Vehicle ID": f["unit"], "Unix Time": f["at"].map(lambda moment: moment.value // 10**9),
                               "Lat": f["lat"], "Long": f["lon"]},
    "unix milliseconds": lambda f: {"callsign": f["unit"],
                                    "epoch_ms": f["at"].map(lambda moment: moment.value // 10**6),
                                    "LATITUDE": f["lat"], "LONGITUDE": f["lon"], "speed": 1},
    "ISO with Z": lambda f: {"UnitID": f["unit"], "timestamp": f["at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
                             "latitude": f["lat"], "longitude": f["lon"]},
    "ISO with an offset": lambda f: {"unit": f["unit"], "time": f["at"].dt.tz_convert("Asia/Tokyo").map(
        lambda moment: moment.isoformat()), "lat": f["lat"], "lon": f["lon"]},
    "local wall clock": lambda f: {"radio_id": f["unit"], "recorded_at": f["at"].dt.tz_convert(LOCAL).dt.strftime(
        "%Y-%m-%d %H:%M:%S"), "lat": f["lat"], "lng": f["lon"]},
    "American date with am and pm": lambda f: {"unit": f["unit"], "DateTime": f["at"].dt.tz_convert(LOCAL).dt.strftime(
        "%m/%d/%Y %I:%M:%S %p"), "lat": f["lat"], "lon": f["lon"]},
    "date and time in two columns": lambda f: {
        "Unit": f["unit"], "GPS Date": f["at"].dt.tz_convert(LOCAL).dt.strftime("%Y-%m-%d"),
        "GPS Time": f["at"].dt.tz_convert(LOCAL).dt.strftime("%H:%M:%S"), "Lat": f["lat"], "Lon": f["lon"]},
    "UTC by the column's name": lambda f: {"unit": f["unit"], "time_utc": f["at"].dt.strftime("%Y-%m-%d %H:%M:%S"),
                                           "lat": f["lat"], "lon": f["lon"]},
    "metres": lambda f: {"unit": f["unit"], "at": f["at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
                         **{axis: expected(f)[axis] for axis in ("x", "y")}},
}


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_ways_of_writing_a_csv(at, tmp_path, writing, delimiter):
    workspace, frame = at("San Francisco"), rows()
    pd.DataFrame(WRITINGS[writing](frame)).to_csv(tmp_path / "fixes.csv", index=False, sep=delimiter)
    order = "month first" if writing.startswith("American") else ""
    result = accounted(import_gps(workspace, tmp_path / "fixes.csv", date_order=order))
    assert result.added == len(frame) and result.rejects == ""
    check(workspace, frame)


@pytest.mark.parametrize("step", [1, 2, 40])
def test_fixes_told_again_in_other_digits_are_found_among_few_and_among_many_others(at, tmp_path, step):
    workspace, frame = at("San Francisco"), rows().assign(accuracy=5.0)
    frame.to_csv(tmp_path / "all.csv", index=False)
    import_gps(workspace, tmp_path / "all.csv")
    again = frame.iloc[::step].assign(lat=frame["lat"].round(6) + 1e-6)
    again.iloc[-1, again.columns.get_loc("accuracy")] = 3.0
    again.to_csv(tmp_path / "again.csv", index=False)
    result = accounted(import_gps(workspace, tmp_path / "again.csv"))
    assert (result.added, result.updated, result.unchanged) == (0, 1, len(again) - 1)
    assert workspace.read("gps_fixes")["accuracy"].value_counts().to_dict() == {5.0: len(frame) - 1, 3.0: 1}
    check(workspace, frame)


def test_day_before_month_is_known_from_a_later_row(at, tmp_path, monkeypatch):
    from shotspotter_connect_plugin.workspace.imports import row_source
    monkeypatch.setattr(row_source, "CHUNK_ROWS", 50)
    frame = rows(200)
    frame["at"] = pd.date_range("2026-03-02 16:00", periods=200, freq="2h", tz="UTC")
    frame.assign(at=frame["at"].dt.strftime("%d/%m/%Y %H:%M")).to_csv(tmp_path / "europe.csv", index=False)
    workspace = at("San Francisco")
    assert accounted(import_gps(workspace, tmp_path / "europe.csv", source_timezone="UTC")).added == 200
    check(workspace, frame)


def test_a_named_zone_and_crs_win(at, tmp_path):
    workspace, frame = at("San Francisco"), rows()
    x, y = pyproj.Transformer.from_crs(4326, 2227, always_xy=True).transform(
        frame["lon"].to_numpy(), frame["lat"].to_numpy())
    pd.DataFrame({"unit": frame["unit"], "at": frame["at"].dt.tz_convert("Europe/Paris").dt.strftime("%Y-%m-%d %H:%M"),
                  "x": x, "y": y}).to_csv(tmp_path / "feet.csv", index=False)
    accounted(import_gps(workspace, tmp_path / "feet.csv", source_crs="EPSG:2227", source_timezone="Europe/Paris"))
    check(workspace, frame)


def test_mapping_wins_and_names_are_checked(at, tmp_path):
    workspace, frame = at("San Francisco"), rows()
    frame.rename(columns={"unit": "a", "at": "b", "lat": "c", "lon": "d"}).to_csv(tmp_path / "odd.csv", index=False)
    with pytest.raises(ConnectError, match="odd.csv has no column for the time and a position.*MAPPING"):
        import_gps(workspace, tmp_path / "odd.csv")
    mapping = {"unit": "a", "at": "b", "latitude": "c", "longitude": "d"}
    accounted(import_gps(workspace, tmp_path / "odd.csv", mapping=json.dumps(mapping)))
    check(workspace, frame)
    with pytest.raises(ConnectError, match="MAPPING names the column z"):
        import_gps(workspace, tmp_path / "odd.csv", mapping={**mapping, "unit": "z"})


def test_text_without_a_header(at, tmp_path):
    workspace, frame = at("San Francisco"), rows(unit="cab7")
    text = "".join(f"{row.lon:.6f}, {row.lat:.6f}, {row.unit}, {row.at.isoformat()}\n" for row in frame.itertuples())
    (tmp_path / "bare.txt").write_text(text)
    accounted(import_gps(workspace, tmp_path / "bare.txt"))
    check(workspace, frame)
    by_name = accounted(import_gps(workspace, tmp_path / "bare.txt", mapping={
        "longitude": "column 1", "latitude": "column 2", "unit": "column 3", "at": "column 4"}))
    assert by_name.unchanged == len(frame)


def test_units_one_per_file_in_a_folder(at, tmp_path):
    workspace, folder = at("San Francisco"), tmp_path / "units"
    (folder / "more").mkdir(parents=True)
    frame = rows(60)
    seconds = frame["at"].map(lambda moment: moment.value // 10**9)
    for unit, place in (("A1", folder), ("B2", folder / "more")):
        text = "".join(f"{a:.5f} {b:.5f} 1 {c}\n" for a, b, c in zip(frame["lat"], frame["lon"], seconds))
        with gzip.open(place / (unit + ".txt.gz"), "wt") as file:
            file.write(text)
    (folder / "notes.md").write_text("# not fixes\n")
    result = accounted(import_gps(workspace, folder))
    assert result.added == 120 and [text for text in result.warnings if "notes.md" in text]
    check(workspace, pd.concat([frame.assign(unit="A1"), frame.assign(unit="B2")]))
    assert workspace.count("imports", {"table_name": "gps_fixes", "input": "A1.txt.gz"}) == 1


@pytest.mark.parametrize("driver, name", [("GeoJSON", "fixes.geojson"), ("GPKG", "fixes.gpkg"),
                                          ("ESRI Shapefile", "fixes.shp")])
def test_layers(at, tmp_path, driver, name):
    workspace, frame = at("San Francisco"), rows()
    system = osr.SpatialReference()
    system.ImportFromEPSG(4326)
    system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    source = ogr.GetDriverByName(driver).CreateDataSource(str(tmp_path / name))
    layer = source.CreateLayer("fixes", system, ogr.wkbPoint)
    layer.CreateField(ogr.FieldDefn("vehicle_id", ogr.OFTString))
    layer.CreateField(ogr.FieldDefn("fixtime", ogr.OFTString))
    for row in frame.itertuples():
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["vehicle_id"], feature["fixtime"] = row.unit, row.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({row.lon} {row.lat})"))
        layer.CreateFeature(feature)
    layer = source = None
    accounted(import_gps(workspace, tmp_path / name))
    check(workspace, frame)


def test_bad_rows_get_a_reason_and_never_a_value(at, tmp_path):
    text = ("unit,timestamp,lat,lon,accuracy\n"
            "A,2026-03-02T10:00:00Z,37.75,-122.42,5\n"          # good
            "A,2026-03-02T10:01:00Z,37.75,-122.42,80\n"         # bad accuracy: kept, the visits decide
            "A,,37.75,-122.42,5\n"
            "A,yesterday,37.75,-122.42,5\n"
            "A,2026-03-02,37.75,-122.42,5\n"
            "A,1901-12-13T20:45:52Z,37.75,-122.42,5\n"
            "A,2199-12-13T20:45:52Z,37.75,-122.42,5\n"
            "A,2026-03-02T10:02:00Z,,,5\n"
            "A,2026-03-02T10:03:00Z,north,west,5\n"
            "A,2026-03-02T10:04:00Z,0,0,5\n"
            ",2026-03-02T10:05:00Z,37.75,-122.42,5\n"
            "A,2026-03-02T10:06:00Z,37.75,-122.42,5,secret\n")
    (tmp_path / "bad.csv").write_text(text)
    workspace = at("San Francisco")
    result = accounted(import_gps(workspace, tmp_path / "bad.csv", rejects=str(tmp_path / "rejects.csv")))
    assert result.added == 2 and result.rejected == 10
    assert result.reasons == {
        "no time": 1, "a date or time that cannot be read": 1, "no time of day": 1, CLOCK: 1,
        "a time in the future: the device's clock was wrong": 1, "no coordinates": 1,
        "coordinates that are not numbers": 1, NOWHERE: 1, "no unit": 1,
        "more fields than the header": 1}
    rejects = pd.read_csv(tmp_path / "rejects.csv", dtype=str, keep_default_na=False)
    assert rejects["line"].tolist() == [str(number) for number in range(4, 14)]
    assert rejects["file"].unique().tolist() == ["bad.csv"]
    assert not any(value in rejects.to_csv() for value in ("yesterday", "secret", "north", "37.75"))
    assert workspace.read("gps_fixes")["accuracy"].tolist() == [5, 80]


def test_nmea_oddities(at, tmp_path):
    workspace = at("Bohemia")
    good = "$GPGGA,235603.000,5013.477,N,01710.478,E,1,08,1.0,471.470,M,0.0,M,,*6A\n"
    (tmp_path / "never.nmea").write_text(good)
    with pytest.raises(ConnectError, match="its only row was rejected for “no date: no sentence"):
        import_gps(workspace, tmp_path / "never.nmea")
    (tmp_path / "odd.log").write_text(
        "junk before\n$GNRMC,235600.00,V,,,,,,,080319,,,N*62\n" + good.replace("*6A", "*00") + good
        + "$GPGGA,235604.000,5013.478,N,01710.478,E,0,09,0.8,468.860,M,0.0,M,,\n")
    result = accounted(import_gps(workspace, tmp_path / "odd.log"))
    assert result.added == 1
    assert result.reasons == {"no coordinates": 2, "a damaged sentence": 1}
    assert degrees(workspace)["at_utc"].tolist() == [pd.Timestamp("2019-03-08 23:56:03", tz="UTC")]


@pytest.mark.parametrize("minutes,newest_first", [(1, False), (30, False), (30, True)])
def test_the_hour_that_comes_twice_is_told_by_the_order_of_the_file(at, tmp_path, minutes, newest_first):
    workspace, frame = at("San Francisco"), rows(180 // minutes)
    frame["at"] = pd.date_range("2025-11-02 07:30", periods=len(frame), freq=f"{minutes}min", tz="UTC")
    both = pd.concat([frame, frame.assign(unit="13")]).assign(
        at=lambda all_of: all_of["at"].dt.tz_convert(LOCAL).dt.strftime("%Y-%m-%d %H:%M:%S"))
    (both.iloc[::-1] if newest_first else both).to_csv(tmp_path / "autumn.csv", index=False)
    assert accounted(import_gps(workspace, tmp_path / "autumn.csv")).added == len(both)
    check(workspace, pd.concat([frame, frame.assign(unit="13")]))


def test_columns_about_persons_are_not_read_and_units_must_not_be_persons(at, tmp_path):
    workspace, frame = at("San Francisco"), rows()
    frame.assign(**{"officer name": "Jane Doe", "phone": "555-555-1234"}).to_csv(tmp_path / "p.csv", index=False)
    result = import_gps(workspace, tmp_path / "p.csv")
    assert set(result.dropped_columns) == {"officer name", "phone"} and "left out" in result.warnings[0]
    before = workspace.content_hash()
    frame.assign(unit="James Smith").to_csv(tmp_path / "q.csv", index=False)
    with pytest.raises(ConnectError, match="look like names.*badge numbers"):
        import_gps(workspace, tmp_path / "q.csv")
    frame.drop(columns="unit").to_csv(tmp_path / "james_smith.csv", index=False)
    with pytest.raises(ConnectError, match="named like a person"):
        import_gps(workspace, tmp_path / "james_smith.csv")
    assert workspace.content_hash() == before


def test_import_twice_and_in_any_order_adds_nothing(at, tmp_path):
    workspace, frame = at("San Francisco"), pd.concat([rows(), rows(unit="13")])
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.sample(frac=1.0, random_state=3).to_csv(tmp_path / "b.csv", index=False)
    pd.concat([frame, frame]).to_csv(tmp_path / "c.csv", index=False)
    assert import_gps(workspace, tmp_path / "a.csv").added == 240
    kept = workspace.read("gps_fixes", order_by=["unit", "at_utc"])
    for name, read in (("a.csv", 240), ("b.csv", 240), ("c.csv", 480)):
        result = accounted(import_gps(workspace, tmp_path / name))
        assert (result.read, result.unchanged) == (read, read)
    pd.testing.assert_frame_equal(workspace.read("gps_fixes", order_by=["unit", "at_utc"]), kept)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1))
def test_of_fixes_of_one_moment_none_vanishes_and_in_any_order_the_same_is_known(at, tmp_path, seed):
    """Two places of one moment are two fixes; one place told twice is one fix, as exact as the better of them."""
    workspace, frame = at("San Francisco"), rows(40)
    elsewhere, worse = frame.assign(lat=frame["lat"] + 1e-3, accuracy=20), frame.assign(accuracy=30)
    pd.concat([frame.assign(accuracy=5), elsewhere, worse]).sample(frac=1.0, random_state=seed).to_csv(
        tmp_path / "double.csv", index=False)
    result = accounted(import_gps(workspace, tmp_path / "double.csv"))
    assert (result.read, result.added, result.unchanged) == (120, 80, 40)
    kept = workspace.read("gps_fixes")
    assert sorted(kept["accuracy"]) == [5.0] * 40 + [20.0] * 40
    again = accounted(import_gps(workspace, tmp_path / "double.csv"))
    assert (again.added, again.updated, again.unchanged) == (0, 0, 120)


def test_a_device_that_tells_no_seconds_loses_no_fix_and_its_visit_is_found(at, tmp_path):
    """Two fixes a minute at one instant: a stay of twenty minutes stays one, neither longer nor cut."""
    workspace = at("San Francisco")
    moments = pd.date_range("2026-03-02 16:00:10", periods=40, freq="30s", tz="UTC")
    frame = pd.DataFrame({"unit": "3A12", "lat": 37.7501 + np.arange(40) % 7 * 1e-5, "lon": -122.4501})
    minutes, seconds = (frame.assign(at=moments.strftime(form)) for form in ("%Y-%m-%d %H:%MZ", "%Y-%m-%d %H:%M:%SZ"))
    found = []
    for part in (minutes, minutes.iloc[::-1], seconds):
        with workspace.transaction() as writer:
            writer.delete("gps_fixes")
        part.to_csv(tmp_path / "car.csv", index=False)
        assert accounted(import_gps(workspace, tmp_path / "car.csv")).added == 40
        found.append(find_visits(workspace, "2026-03-02", "2026-03-02"))
    (_, visit), (_, turned), (_, exact) = (next(visits.iterrows()) for visits in found)
    assert [len(visits) for visits in found] == [1, 1, 1] and visit.equals(turned)
    assert visit["minutes"] == 19 and abs(visit["minutes"] - exact["minutes"]) < 1


def test_a_stopped_import_leaves_nothing(at, tmp_path):
    class Stop(Progress):
        asked = 0

        def is_cancelled(self):
            self.asked += 1
            return self.asked > 2

    workspace = at("San Francisco")
    before = workspace.content_hash()
    frame = pd.concat([rows(1000, unit=str(number)) for number in range(110)])
    frame.iloc[5, frame.columns.get_loc("lat")] = 0.0
    frame.to_csv(tmp_path / "long.csv", index=False)
    (tmp_path / "r").mkdir()
    with pytest.raises(Cancelled):
        import_gps(workspace, tmp_path / "long.csv", rejects=tmp_path / "r" / "rejects.csv", progress=Stop())
    assert workspace.content_hash() == before
    assert not list((tmp_path / "r").iterdir())


@pytest.mark.parametrize("make, sentence", [
    (lambda path: None, "There is no file"),
    (lambda path: path.write_text(""), "is empty"),
    (lambda path: path.write_text("unit,at,lat,lon\n"), "has no rows"),
    (lambda path: path.write_bytes(b"\x00\x01\x02" * 100), "is not a text file"),
])
def test_files_that_cannot_be_read_get_one_sentence(at, tmp_path, make, sentence):
    workspace = at("San Francisco")
    before = workspace.content_hash()
    make(tmp_path / "x.csv")
    with pytest.raises(ConnectError, match=sentence):
        import_gps(workspace, tmp_path / "x.csv")
    assert workspace.content_hash() == before


def test_a_folder_without_fixes_gets_one_sentence(at, tmp_path):
    with pytest.raises(ConnectError, match="empty folder"):
        import_gps(at("San Francisco"), tmp_path)
    (tmp_path / "a.txt").write_text("hello\n")
    with pytest.raises(ConnectError, match="No file in .* holds GPS fixes"):
        import_gps(at("San Francisco"), tmp_path)


@pytest.mark.parametrize("column", ["Device Name", "DeviceName", "Vehicle alias", "Unit Alias", "DEVICENAME",
                                    "Asset Name", "device_name"])
def test_two_parked_cars_stay_two(at, tmp_path, column):
    moments = [f"2023-03-14 08:0{minute}:00" for minute in range(10)]
    pd.DataFrame([{column: car, "Driver Name": "Jane Roe", "Time": moment, "Lat": lat, "Lng": 14.3}
                  for moment in moments for car, lat in (("P-104", 45.75), ("P-105", 45.76))]).to_csv(
        tmp_path / "avl.csv", index=False)
    result = import_gps(at("Cerknica"), tmp_path / "avl.csv")
    assert (result.read, result.added, result.mapping["unit"]) == (20, 20, column)
    assert "Driver Name" in result.dropped_columns


def test_a_file_in_which_no_column_of_units_is_known_says_so(at, tmp_path):
    pd.DataFrame([{"Thingamajig": car, "Time": "2023-03-14 08:00:00", "Lat": 45.75, "Lng": 14.3}
                  for car in ("P-104", "P-105")]).to_csv(tmp_path / "avl.csv", index=False)
    result = import_gps(at("Cerknica"), tmp_path / "avl.csv")
    assert any("No column of units" in warning for warning in result.warnings)


def _two_cars(**columns):
    """Twenty fixes of two cars, each column of ``columns`` telling them apart, or the same for both."""
    return pd.DataFrame([
        {**{name: told if isinstance(told, str) else told[car] for name, told in columns.items()},
         "Time": f"2023-03-14 08:{minute:02}:00", "Lat": 45.75 + car * 0.01, "Lng": 14.3}
        for minute in range(10) for car in range(2)])


@pytest.mark.parametrize("columns, asked", [
    ({"Driver Name": ("Jane Roe", "John Doe")}, "Driver Name"),
    ({"Driver": ("Jane Roe", "John Smith")}, "Driver"),
    ({"Driver": ("ROE, JANE", "DOE, JOHN")}, "Driver"),
    ({"OfficerName": ("J. Roe", "J. Doe")}, "OfficerName"),
    ({"Alias": ("Goose", "Maverick")}, "Alias"),
    ({"driver.name": ("Jane Roe", "John Doe")}, "driver.name"),
    ({"License Plate": ("ABC-1234", "XYZ-9876")}, "License Plate"),
    ({"E-mail": ("jane@example.org", "john@example.org")}, "E-mail"),
    ({"Operator": ("4711", "4712")}, '"unit": "Operator"'),
    ({"Crew": ("A", "B")}, '"unit": "Crew"'),
    ({"Employee No": ("4711", "4712"), "Driver Name": ("Jane Roe", "John Doe")}, '"unit": "Employee No"'),
])
def test_cars_told_apart_only_by_who_drove_them_are_asked_about(at, tmp_path, columns, asked):
    workspace = at("Cerknica")
    frame = _two_cars(**columns)
    for order, rows_ in enumerate((frame, frame.sort_values(list(columns), kind="stable"))):
        path = tmp_path / f"avl{order}.csv"
        rows_.to_csv(path, index=False)
        with pytest.raises(SourceQuestion, match="(?s)MAPPING") as question:
            import_gps(workspace, path)
        assert asked in question.value.user and len(question.value.user) < 300
        assert not workspace.count("gps_fixes")
        assert "Roe" not in question.value.user + question.value.question + question.value.example
        assert import_gps(workspace, path, {"unit": ""}).read == 20  # one car with two drivers, if somebody says so
        with workspace.transaction() as writer:
            writer.delete("gps_fixes")
            writer.delete("imports")


def test_a_column_of_drivers_given_for_the_unit_is_refused_not_left_out(at, tmp_path):
    _two_cars(**{"Driver Name": ("Jane Roe", "John Doe")}).to_csv(tmp_path / "avl.csv", index=False)
    with pytest.raises(SourceQuestion, match="about persons"):
        import_gps(at("Cerknica"), tmp_path / "avl.csv", {"unit": "Driver Name"})


def test_one_driver_is_one_car(at, tmp_path):
    frame = _two_cars(**{"Driver Name": "Jane Roe"})
    frame["Lat"] = 45.75
    frame.to_csv(tmp_path / "avl.csv", index=False)
    assert import_gps(at("Cerknica"), tmp_path / "avl.csv").added == 10


def test_fixes_that_one_car_cannot_have_made_are_asked_about(at, tmp_path):
    """Two cars kilometres apart whose fixes alternate, with nothing that tells which is which."""
    workspace, rng = at("Cerknica"), np.random.default_rng(5)
    moments = pd.date_range("2023-03-14 08:00:00", periods=200, freq="15s")
    car = np.arange(200) % 2
    frame = pd.DataFrame({"Time": moments.astype(str), "Lat": 45.74 + 0.04 * car + rng.normal(0, 1e-4, 200),
                          "Lng": 14.3, "Thingamajig": rng.integers(0, 9, 200)})
    frame.to_csv(tmp_path / "avl.csv", index=False)
    with pytest.raises(SourceQuestion, match="too far apart for one unit.*Thingamajig.*MAPPING"):
        import_gps(workspace, tmp_path / "avl.csv")
    assert import_gps(workspace, tmp_path / "avl.csv", {"unit": ""}).added == 200
    with workspace.transaction() as writer:
        writer.delete("imports")
    frame[frame["Lat"] < 45.76].to_csv(tmp_path / "one.csv", index=False)
    assert import_gps(workspace, tmp_path / "one.csv").added == 100  # one car, named like its file


@pytest.mark.parametrize("columns, form", [("unit,date,time", "U1,2024-03-05,{}"), ("unit,at", "U1,2024-03-05 {}")])
def test_times_without_zeros_are_told_by_the_whole_file(workspace, tmp_path, monkeypatch, columns, form):
    monkeypatch.setattr("shotspotter_connect_plugin.workspace.imports.gps_file._SLICE", 20)
    monkeypatch.setattr("shotspotter_connect_plugin.workspace.imports.row_source.CHUNK_ROWS", 30)
    moments = pd.date_range("2024-03-05", periods=100, freq="1min")
    rows = [form.format(int(moment.strftime("%H%M%S"))) + f",{4300500 + number},321000"
            for number, moment in enumerate(moments)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join([columns + ",northing,easting", *rows]))
    import_gps(workspace, path, source_crs="EPSG:32618", source_timezone="UTC")
    assert sorted(workspace.read("gps_fixes")["at_utc"].dt.tz_localize(None)) == list(moments)
