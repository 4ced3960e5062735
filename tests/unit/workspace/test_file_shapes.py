"""One table in the many forms in which it leaves other programs reads back as the same rows."""
import csv
import io
import json

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.progress import SILENT
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.readers import first_rows, open_source, read_rows
from shotspotter_connect_plugin.workspace.imports.row_source import faults
from shotspotter_connect_plugin.workspace.imports.track_xml_source import open_track

HEAD = ["Case No", "Offense", "Date Occurred", "Longitude", "Latitude", "Remarks"]
TITLES = [["Police Department"], ["Incidents, all beats, 03/01/2023 to 03/31/2023"], [], ["Printed by:", "Records"],
          ["Occurred", "", "Where"]]
ENDS = [["Total: 20"], ["Grand total", "20"], ["End of report"], ["Page 1 of 3"], ["(20 rows affected)"], HEAD,
        ["20 records found"], ["Generated on 04/01/2023 07:00"], ["-----", "-----", "-----", "-----", "-----", "-----"]]
REMARK = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12).map(str.strip) | st.sampled_from(
    ["a, b; c", "two\nlines", 'so "called"', "x|y", "5\t6"])
ROW = st.tuples(st.integers(10 ** 6, 10 ** 7 - 1).map(lambda number: f"P{number}"),
                st.sampled_from(["ROBBERY", "THEFT", "BURGLARY - FORCED"]),
                st.datetimes(pd.Timestamp("2019-01-01"), pd.Timestamp("2023-12-31")).map("{:%Y-%m-%d %H:%M}".format),
                st.floats(-77.1, -76.9).map("{:.5f}".format), st.floats(38.8, 39).map("{:.5f}".format), REMARK)
SEVERAL = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows_of(path):
    """(rows taken, rows told to be none, lines of the rows taken) of a file."""
    source = open_source(path)
    none = pd.DataFrame(columns=[*source.columns, "fault"])
    parts = read_rows(source, source.columns, SILENT, lambda chunk: chunk.assign(fault=faults(chunk)))
    frame = pd.concat(parts) if parts else none
    texts = frame[source.columns]
    blank = (texts == "").all(axis=1) & (frame["fault"] == 0)
    good = (frame["fault"] == 0) & ~blank
    return source, [tuple(row) for row in texts[good].itertuples(index=False)], int((frame["fault"] > 0).sum()), \
        frame.index[good].tolist()


@SEVERAL
@given(rows=st.lists(ROW, min_size=2, max_size=12), titles=st.lists(st.sampled_from(TITLES), max_size=4),
       ends=st.lists(st.sampled_from(ENDS), max_size=3), delimiter=st.sampled_from(",;\t|"),
       named=st.booleans(), padded=st.booleans(), end=st.sampled_from(["\n", "\r\n"]),
       encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]))
def test_text_in_any_shape_reads_back(tmp_path, rows, titles, ends, delimiter, named, padded, end, encoding):
    text = io.StringIO(newline="")
    if named:
        text.write(f"sep={delimiter}{end}")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    for row in [*titles, HEAD, *rows, *ends]:
        writer.writerow([*row, *[""] * (len(HEAD) - len(row) if padded else 0)])
    path = tmp_path / "a.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    source, found, told, lines = rows_of(path)
    assert source.columns == HEAD and source.delimiter == delimiter
    assert found == rows and told == len(ends)
    assert lines[0] == 2 + len(titles) + named
    assert bool(source.notes()) == any(any(title) for title in titles)


@SEVERAL
@given(rows=st.lists(ROW, min_size=2, max_size=12), titles=st.lists(st.sampled_from(TITLES), max_size=4),
       ends=st.lists(st.sampled_from(ENDS), max_size=3), cover=st.lists(st.sampled_from(TITLES), max_size=5),
       cover_first=st.booleans())
def test_excel_in_any_shape_reads_back(tmp_path, rows, titles, ends, cover, cover_first):
    book = openpyxl.Workbook()
    sheets = [book.active, book.create_sheet()]
    for sheet, lines in zip(sheets if cover_first else sheets[::-1], (cover, [*titles, HEAD, *rows, *ends])):
        for line in lines:
            sheet.append([cell.lstrip("=") or None for cell in line])
    path = tmp_path / "a.xlsx"
    try:
        book.save(path)
    except Exception:  # letters that Excel does not know
        return
    source, found, told, lines = rows_of(path)
    assert source.columns == HEAD and told == len(ends)
    assert [row[:5] for row in found] == [row[:5] for row in rows]


@SEVERAL
@given(rows=st.lists(ROW, min_size=2, max_size=12), delimiter=st.sampled_from(",;\t|"))
def test_a_table_without_a_header_loses_no_row(tmp_path, rows, delimiter):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    (tmp_path / "a.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    source, found, _, lines = rows_of(tmp_path / "a.csv")
    assert source.kind == "bare" and source.columns == [f"column {number}" for number in range(1, 7)]
    assert found == rows and lines[0] == 1


@SEVERAL
@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.txt", "a.tsv", "a.xlsx"]))
def test_any_bytes_are_rows_or_one_sentence(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    try:
        rows_of(tmp_path / name)
    except ConnectError as error:
        assert 10 < len(error.user) <= 300 and "\n" not in error.user


@pytest.mark.parametrize("text, columns", [
    ("tract,2010,2020\n11001000100,5000,5200\n11001000200,4000,4100\n", ["tract", "2010", "2020"]),
    ("unit;lat;lon\nA1;38,9;-77,05\nA1;38,8;-77,06\n", ["unit", "lat", "lon"]),
    ("officer,unit,shift\nB12,P7,D\nB13,P8,D\n", ["officer", "unit", "shift"]),
    ("Code,Bedeutung\nA,Raub\nB,Diebstahl\n", ["Code", "Bedeutung"]),
    ("a\n1\n2\n", ["a"]),
    ("From,,To,\nDate,Time,Date,Time\n2023-01-01,10:00,2023-01-01,11:00\n",
     ["From Date", "From Time", "To Date", "To Time"]),
    ("Report for Mar 14, 2023, Unit P7, all\nid,when,what,lat,lon\n1,2023-03-14,x,38.9,-77.0\n",
     ["id", "when", "what", "lat", "lon"]),
])
def test_the_header_is_the_row_of_names(tmp_path, text, columns):
    (tmp_path / "a.csv").write_text(text)
    assert open_source(tmp_path / "a.csv").columns == columns


def test_sheets_that_are_not_read_are_named_and_equal_ones_are_read_together(tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        for sheet, numbers in (("Jan", [1, 2]), ("Feb", [3])):
            pd.DataFrame({"unit": "A1", "lat": numbers, "lon": numbers}).to_excel(book, sheet_name=sheet, index=False)
        pd.DataFrame({"code": ["ROB"], "meaning": ["robbery"]}).to_excel(book, sheet_name="Codes", index=False)
    source, rows, _, _ = rows_of(tmp_path / "a.xlsx")
    assert [row[1] for row in rows] == ["1", "2", "3"]
    assert any("Jan, Feb" in note for note in source.notes()) and any("Codes" in note for note in source.notes())


def test_a_sheet_with_its_columns_in_another_order_is_read_by_its_own_header_and_others_are_counted(tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        pd.DataFrame({"Unit": ["A1", "A2"], "Lat": [38.9, 38.8], "Lon": [-77.0, -77.1]}).to_excel(
            book, sheet_name="Jan", index=False)
        pd.DataFrame({"LON": [-77.2], "unit": ["A3"], "LAT": [38.7]}).to_excel(book, sheet_name="Feb", index=False)
        pd.DataFrame({"Car": ["A4"], "Latitude": 38.6, "Longitude": -77.3}).to_excel(
            book, sheet_name="Mar", index=False)
    source, rows, _, _ = rows_of(tmp_path / "a.xlsx")
    assert [row[:2] for row in rows] == [("A1", "38.9"), ("A2", "38.8"), ("A3", "38.7")]
    assert any("Jan, Feb" in note for note in source.notes()) and any("Mar (1 rows)" in note for note in source.notes())


def test_numbers_of_incidents_that_excel_shortened_are_told(city, tmp_path):
    rows = "".join(f"2.30E+09,ROBBERY,2017-06-0{day} 12:00,-77.01,38.9\n" for day in (1, 2, 3))
    (tmp_path / "a.csv").write_text("CCN,OFFENSE,REPORT_DAT,LONGITUDE,LATITUDE\n" + rows + rows)
    result = import_incidents(city("dc"), tmp_path / "a.csv", rejects=tmp_path / "r.csv")
    assert result.added == 3 and result.read == 6
    assert any("6 numbers in column CCN were shortened by Excel" in told for told in result.warnings)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.json"])
def test_a_first_look_reads_no_more_than_it_needs_and_keeps_nothing_from_the_import(tmp_path, name):
    table = pd.DataFrame({"Case No": [f"P{number}" for number in range(500)], "Offense": "ROBBERY", "Remarks": "é"})
    write = {"a.csv": table.to_csv, "a.xlsx": table.to_excel}.get(name)
    if write:
        write(tmp_path / name, index=False)
    else:
        table.to_json(tmp_path / name, orient="records")
    source = open_source(tmp_path / name)
    head = first_rows(source, source.columns, SILENT, 20)
    whole = pd.concat(read_rows(source, source.columns, SILENT, lambda chunk: chunk))
    assert len(head) == 20 and len(whole) == 500 and list(head.columns) == list(source.columns)
    pd.testing.assert_frame_equal(head, whole[source.columns].head(20))
    assert first_rows(source, source.columns, SILENT).equals(whole[source.columns])


def test_of_several_lists_of_records_the_one_read_is_told(tmp_path):
    path = tmp_path / "feed.json"
    records = [{"id": number, "offense": "ROBBERY", "lat": 38.9, "lon": -77.0} for number in range(5)]
    path.write_text(json.dumps({"incidents": records, "arrests": records[:3], "links": [{"a": 1}, {"a": 2}]}))
    source = open_source(path)
    assert len(source.rows) == 5
    assert source.notes() == [
        "feed.json holds several lists of records; the 5 of incidents were read, not those of arrests (3)."]
    path.write_text(json.dumps({"data": records, "links": [{"a": 1}, {"a": 2}]}))
    assert open_source(path).notes() == []


def test_tracks_whose_names_tell_no_unit_are_one_unit_and_that_is_told(tmp_path):
    points = "".join(f'<trkpt lat="38.9" lon="-77.0"><time>2023-03-14T12:0{minute}:00Z</time></trkpt>'
                     for minute in range(3))
    tracks = "".join(f"<trk><name>Track {number}</name><trkseg>{points}</trkseg></trk>" for number in (1, 2))
    path = tmp_path / "car.gpx"
    path.write_text(f'<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">{tracks}</gpx>')
    note, = open_track(path).notes()
    assert "2 tracks" in note and "one unit" in note and len(note) < 300
