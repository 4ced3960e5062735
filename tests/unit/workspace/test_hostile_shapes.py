"""One table or track in any shape reads back the same; the same files damaged are a result or one sentence."""
import csv
import io
import json
import zipfile
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import openpyxl
import pandas as pd
import pytest
from agency_cases import CASES
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.progress import SILENT
from shotspotter_connect_plugin.workspace.imports.gps_formats import open_gps
from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.preview import importable_parts, preview_file
from shotspotter_connect_plugin.workspace.imports.readers import open_source, read_rows

COLUMNS = ["CaseNo", "Offense", "OccurredAt", "Latitude", "Longitude"]
# A library may take the words for nothing, but a beat is named NA in one city and a street None in another.
WORD = st.one_of(st.text("abcdefghijklmnopqrstuvwxyzÄéßñ", min_size=1, max_size=8),
                 st.sampled_from(["null", "NA", "None", "nan", "N/A"]))
ROW = st.tuples(WORD, st.one_of(WORD, st.just("Thèft, \"auto\" & <more>")), st.just("2023-05-01T12:00:00"),
                st.floats(-89, 89).map("{:.5f}".format), st.floats(-179, 179).map("{:.5f}".format))
TABLE = st.lists(ROW, min_size=1, max_size=8)


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode()


def as_excel(rows):
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in [COLUMNS, *rows]:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def as_xml(rows):
    alerts = "".join("<Alert>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in zip(COLUMNS, row))
                     + "</Alert>" for row in rows)
    return f'<?xml version="1.0"?><a:Alerts xmlns:a="urn:x">{alerts}</a:Alerts>'.encode()


def packed(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return file.getvalue()


def objects(rows):
    return [dict(zip(COLUMNS, row)) for row in rows]


SHAPES = {
    "a.csv": as_csv, "a.xlsx": as_excel, "a.xml": as_xml,
    "list.json": lambda rows: json.dumps(objects(rows)).encode(),
    "spaced.json": lambda rows: json.dumps({"success": True, "result": {"total": 9, "records": objects(rows)}},
                                           indent=2).encode("utf-16"),
    "lists.json": lambda rows: json.dumps([COLUMNS, *rows]).encode(),
    "rows.jsonl": lambda rows: "\n".join(map(json.dumps, objects(rows))).encode(),
    "arcgis.json": lambda rows: json.dumps({"features": [{"attributes": one} for one in objects(rows)]}).encode(),
    "csv.zip": lambda rows: packed("Export 2023/a.csv", as_csv(rows)),
    "excel.zip": lambda rows: packed("a.xlsx", as_excel(rows)),
    "json.zip": lambda rows: packed("a.json", json.dumps(objects(rows))),
    "xml.zip": lambda rows: packed("a.xml", as_xml(rows)),
}


@settings(max_examples=12, deadline=None)
@given(TABLE)
def test_a_table_in_any_shape_reads_back_the_same(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("shapes")
    for name, write in SHAPES.items():
        path = folder / name
        path.write_bytes(write(rows))
        assert importable_parts(path) == [str(path)]
        source = open_source(path)
        found = pd.concat(read_rows(source, source.columns, SILENT, lambda chunk: chunk[source.columns]))
        assert source.columns == COLUMNS and found.to_numpy().tolist() == [list(row) for row in rows], name


UNITS = st.lists(st.sampled_from(["Car 12", "3A12", "K9 Ünit", "P7 <x> & co"]), unique=True, min_size=2, max_size=3)
POINTS = st.lists(st.tuples(st.integers(0, 86_000), st.floats(1, 89), st.floats(1, 179)), min_size=1, max_size=6,
                  unique_by=lambda point: point[0])  # of one second a receiver's sentences are one fix


def moment(second):
    return (pd.Timestamp("2023-03-14") + pd.Timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_gpx(units, points):
    tracks = "".join(f"<trk><name>{escape(unit)}</name><trkseg>" + "".join(
        f'<trkpt lat={quoteattr(f"{lat:.6f}")} lon="{lon:.6f}"><ele>5</ele><time>{moment(second)}</time></trkpt>'
        for second, lat, lon in points) + "</trkseg></trk>" for unit in units)
    return f'<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">{tracks}</gpx>'.encode()


def as_kml(units, points):
    tracks = "".join(f"<Placemark><name>{escape(unit)}</name><gx:Track>" + "".join(
        f"<when>{moment(second)}</when>" for second, _, _ in points) + "".join(
        f"<gx:coord>{lon:.6f} {lat:.6f} 0</gx:coord>" for _, lat, lon in points) + "</gx:Track></Placemark>"
        for unit in units)
    return ('<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>'
            f"{tracks}</Document></kml>").encode()


def as_nmea(points):
    def angle(degrees, width):
        whole, minutes = divmod(degrees, 1)
        return f"{int(whole):0{width}d}{minutes * 60:010.7f}"

    lines = []
    for second, lat, lon in points:
        clock = moment(second)[11:19].replace(":", "")
        body = f"GPRMC,{clock}.00,A,{angle(lat, 2)},N,{angle(lon, 3)},E,0,0,140323,,"
        check = 0
        for letter in body.encode():
            check ^= letter
        lines.append(f"${body}*{check:02X}")
    return "\r\n".join(lines).encode()


@settings(max_examples=20, deadline=None)
@given(UNITS, POINTS)
def test_tracks_in_any_shape_read_back_the_same(tmp_path_factory, units, points):
    folder = tmp_path_factory.mktemp("tracks")
    given_places = [[f"{lat:.6f}", f"{lon:.6f}"] for _ in units for _, lat, lon in points]
    for name, content in (("a.gpx", as_gpx(units, points)), ("a.kml", as_kml(units, points)),
                          ("a.kmz", packed("doc.kml", as_kml(units, points))),
                          ("gpx.zip", packed("a.gpx", as_gpx(units, points)))):
        (folder / name).write_bytes(content)
        source = open_gps(folder / name)
        found = pd.concat(read_rows(source, source.columns, SILENT, lambda chunk: chunk))
        assert found["unit"].tolist() == [unit for unit in units for _ in points], name
        assert found["time"].tolist() == [moment(second) for _ in units for second, _, _ in points]
        assert found[["latitude", "longitude"]].to_numpy().tolist() == given_places
        assert any("taken for a unit" in sentence for sentence in source.notes())
    for name, content in (("a.nmea", as_nmea(points)), ("a.log", as_nmea(points)),
                          ("nmea.zip", packed("a.nmea", as_nmea(points)))):
        (folder / name).write_bytes(content)
        source = open_gps(folder / name)
        assert source.kind == "nmea"
        found = pd.concat(read_rows(source, source.columns, SILENT, lambda chunk: chunk))
        places = found[["latitude", "longitude"]].astype(float).to_numpy()
        assert np.abs(places - [[lat, lon] for _, lat, lon in points]).max() < 1e-6


# Damage

WHOLE = {path.name: (path.suffix, path.read_bytes()) for path in sorted(CASES.rglob("*")) if path.suffix in
         (".json", ".jsonl", ".geojson", ".xml", ".zip", ".gpx", ".kml", ".kmz", ".nmea", ".log", ".xlsx", ".csv")
         and path.name not in ("case.json", "expected.csv") and path.stat().st_size < 30_000}
PIECES = [b'"', b"<", b">", b"&", b"{", b"}", b"[", b"]", b",", b"\0", b"\xff", b"null", b"1e999", b"\\ud800", b"-"]


@st.composite
def damaged(draw):
    """(ending, bytes) of a file of the cases with bytes flipped, cut off, taken out, doubled or put in."""
    ending, content = WHOLE[draw(st.sampled_from(sorted(WHOLE)))]
    place, length = draw(st.integers(0, len(content) - 1)), draw(st.integers(1, 200))
    before, piece, after = content[:place], content[place:place + length], content[place + length:]
    return ending, draw(st.sampled_from([
        before + bytes(255 - byte for byte in piece[:1]) + content[place + 1:], before, content + content,
        before + after, before + piece + piece + after, before + draw(st.sampled_from(PIECES)) + content[place:]]))


NOISE = st.tuples(st.sampled_from(sorted({ending for ending, _ in WHOLE.values()})),
                  st.binary(min_size=1, max_size=300))


@settings(max_examples=80, deadline=None)
@given(st.one_of(damaged(), NOISE))
def test_damage_is_a_result_or_one_sentence(tmp_path_factory, made):
    ending, content = made
    path = tmp_path_factory.mktemp("damaged") / ("a" + ending)
    path.write_bytes(content)
    importable_parts(path)
    for opened in (open_source, open_gps):
        try:
            source = opened(path)
            read_rows(source, source.columns, SILENT, len)
        except ConnectError as error:
            assert 10 < len(error.user) <= 300 and "\n" not in error.user and error.user.endswith(".")


@pytest.mark.parametrize("cut", ["<gx:coord>1 2 0</gx:coord>", "<when>2023-03-14T12:00:00Z</when>"])
@pytest.mark.parametrize("form", ["utf-8", "utf-16"])
def test_a_track_with_more_times_than_places_never_reaches_gdal(tmp_path, cut, form):
    """GDAL 3.6 ends the whole program over it, when the file was opened once before."""
    text = as_kml(["3A12", "3A13"], [(60, 2.0, 1.0), (120, 2.5, 1.5)]).decode()
    text = text.replace(cut, "", 1).replace("<gx:coord>1.000000 2.000000 0</gx:coord>", "", 1)
    for name, content in (("a.kml", text.encode(form)), ("a.kmz", packed("doc.kml", text.encode(form)))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConnectError, match="holds tracks|cannot be opened"):
            open_source(tmp_path / name)
        source = open_gps(tmp_path / name)
        assert sum(read_rows(source, source.columns, SILENT, len)) == 4


def test_rows_that_begin_with_narrow_lines_only_are_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" * 61 + "Id,Offense,Date,Beat,Longitude,Latitude\n" + "1,THEFT,2023-05-01,3,1.5,2.5\n" * 200)
    assert open_source(path).columns


# What a file is


def test_the_kind_of_alerts_and_of_files_without_a_header_is_told_by_what_they_hold(workspace, tmp_path):
    assert preview_file(workspace, CASES / "gunshot_xml_feed" / "feed.xml").kind == "gunfire"
    assert preview_file(workspace, CASES / "gunshot_xml_one_alert" / "alert.xml").kind == "gunfire"
    bare = preview_file(workspace, CASES / "incidents_without_header" / "extract.csv")
    assert bare.kind == "incidents" and bare.question.parameter == "MAPPING"
    (tmp_path / "3A12.csv").write_text("2023-03-14 12:00:00,38.901,-77.012\n2023-03-14 12:00:05,38.902,-77.013\n")
    assert preview_file(workspace, tmp_path / "3A12.csv").kind == "gps_fixes"


@pytest.mark.parametrize("importer", [import_incidents, import_gunfire])
def test_a_time_of_day_alone_is_no_date(workspace, tmp_path, importer):
    path = tmp_path / "a.csv"
    path.write_text("Case,Offense,Time Occurred,Longitude,Latitude\n1,ROBBERY,14:30,-77.01,38.9\n"
                    "2,SHOTS FIRED,02:10,-77.02,38.91\n")
    with pytest.raises(ConnectError, match="No date in Time Occurred"):
        importer(workspace, path, rejects=tmp_path / "r.csv")
    assert workspace.count("incidents") + workspace.count("gunfire") == 0


@pytest.mark.parametrize("name", ["ride.tcx", "ride.FIT"])
def test_files_of_watches_are_one_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x0e\x10.FIT")
    with pytest.raises(ConnectError, match="file of a sports watch.* as GPX or CSV"):
        open_source(tmp_path / name)
