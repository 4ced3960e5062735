"""Damaged and hostile files: each is read, or gets one sentence, or rejected rows with a reason, and nothing else."""
import codecs
import gzip
import json
import shutil
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import ogr

from shotspotter_connect_plugin import json_text
from shotspotter_connect_plugin.errors import ConnectError, some
from shotspotter_connect_plugin.forecast import model_file
from shotspotter_connect_plugin.patrol import seeds
from shotspotter_connect_plugin.progress import SILENT
from shotspotter_connect_plugin.workspace.exports.shift_package import read_package
from shotspotter_connect_plugin.workspace.imports.calendar_import import import_calendar
from shotspotter_connect_plugin.workspace.imports.column_recognition import given_roles
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.preview import preview_file
from shotspotter_connect_plugin.workspace.imports.readers import open_source, read_rows
from shotspotter_connect_plugin.workspace.imports.roster_import import import_roster
from shotspotter_connect_plugin.workspace.imports.tactic_import import import_tactics
from shotspotter_connect_plugin.workspace.steps.configure import configure
from shotspotter_connect_plugin.workspace.steps.patrol_journal import Journal
from shotspotter_connect_plugin.workspace.store import layer_file

CASES = Path(__file__).resolve().parents[2] / "data" / "hostile"
IMPORTERS = (import_incidents, import_gunfire, import_gps, import_roster, import_tactics, import_calendar)
START = pd.Timestamp("2026-03-02 14:00", tz="UTC")
HEAD, ROW = "CCN,OFFENSE,REPORT_DAT,LONGITUDE,LATITUDE,BLOCK", "1,ROBBERY,2017-06-01T12:00:00Z,-77.01,38.9,"


@pytest.fixture(scope="module")
def dc(city):
    """A workspace of Washington for all tests here: each file has its own ids, and what is counted is what it gives."""
    return city("dc")


def outcomes(workspace, path):
    """What every importer and the dock's look make of a file; whatever it is, it is a result or one sentence."""
    found = {}
    for importer in IMPORTERS:
        before = workspace.content_hash()
        try:
            found[importer.__name__] = importer(workspace, path, rejects=path.with_suffix(".rejects"))
        except ConnectError as error:
            assert 10 < len(error.user) <= 300 and "\n" not in error.user, error.user
            assert workspace.content_hash() == before
            found[importer.__name__] = error.user
    found["look"] = preview_file(workspace, str(path))
    assert all(len(problem) <= 300 for problem in found["look"].problems)
    return found


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_every_case_is_read_or_told(city, tmp_path, name):
    outcomes(city("dc"), Path(shutil.copy(CASES / name, tmp_path)))


@pytest.mark.parametrize("name, importer, told", [
    ("cr_only.csv", import_incidents, 1), ("utf32.csv", import_incidents, 1),
    ("blank_name.geojson", import_incidents, 1),
    ("damaged.csv.gz", import_incidents, "damaged or cut off"), ("utf16_bad.csv", import_gps, "damaged or cut off"),
    ("latin1.geojson", import_gps, 1), ("nmea_date.nmea", import_gps, "“a damaged sentence”"),
    ("nmea_year.nmea", import_gps, 1), ("rounds.csv", import_gunfire, "“a number of rounds that cannot be”"),
    ("newline_header.csv", import_incidents, "its columns are: CCN, OFF ENSE, X")])
def test_what_each_case_gives(city, name, importer, told, tmp_path):
    path = Path(shutil.copy(CASES / name, tmp_path))
    if told == 1:
        assert importer(city("dc"), path, rejects=tmp_path / "r.csv").added == 1
    else:
        with pytest.raises(ConnectError, match=told):
            importer(city("dc"), path, rejects=tmp_path / "r.csv")


# Text


@pytest.mark.parametrize("encoding, mark", [
    ("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE),
    ("utf-16-le", b""), ("utf-16-be", b""), ("utf-32-le", codecs.BOM_UTF32_LE), ("utf-32-be", codecs.BOM_UTF32_BE),
    ("utf-32-le", b""), ("utf-32-be", b""), ("cp1252", b"")])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_encoding_and_line_end_gives_the_same(tmp_path, encoding, mark, end, packed):
    rows = [HEAD, ROW + "500 block Café St", "", ROW + '"a, b"', ROW]
    path = tmp_path / ("a.csv.gz" if packed else "a.csv")
    with (gzip.open if packed else open)(path, "wb") as file:
        file.write(mark + end.join(["", "", *rows]).encode(encoding))
    source = open_source(path)
    frame = pd.concat(read_rows(source, source.columns, SILENT, lambda chunk: chunk))
    assert source.columns == HEAD.split(",")
    assert frame["BLOCK"].tolist() == ["500 block Café St", "", "a, b", ""] and frame.index.tolist() == [4, 5, 6, 7]
    assert [note[:20] for note in source.notes()] == (["a.csv.gz is not UTF-" if packed else "a.csv is not UTF-8: "]
                                                      if encoding == "cp1252" else [])


def test_a_note_says_which_letters_were_assumed_wherever_the_file_goes(city, tmp_path):
    path = tmp_path / "a.csv"
    late = "\n".join([HEAD, *(f"{number},{ROW[2:]}" for number in range(30_000)),
                      "x," + ROW[2:] + "500 block Café St"])
    path.write_bytes(late.encode("cp1252"))
    assert any("Windows-1252" in warning for warning in import_incidents(city("dc"), path).warnings)
    path.write_bytes("date,name,kind\n2019-05-05,Fête,holiday\n".encode("cp1252"))
    assert any("Windows-1252" in warning for warning in import_calendar(city("dc"), path).warnings)
    path.write_bytes("unit,badge,start\nÉ1,7,2019-05-05 10:00\n".encode("cp1252"))
    assert any("Windows-1252" in warning for warning in import_roster(city("dc"), path).warnings)
    assert any("Windows-1252" in note for note in preview_file(city("dc"), str(path), "roster").notes)


@pytest.mark.parametrize("text, told", [
    (codecs.BOM_UTF8 + "CCN,OFFENSE\n1,Caf\xe9".encode("cp1252"), "damaged or cut off"),
    ("CCN,OFFENSE\n1,Café".encode()[:-1], "damaged or cut off"),
    ("CCN,OFFENSE\n1,\x81\x8d".encode("latin-1"), "no known encoding"),
    (b"CCN,OFFENSE\n1,a\n" * 100_000 + b"1,\0\n", "zero bytes"),
    (b"CCN,OFFENSE\n1," + b"a" * (3 << 20), "a line of more than a million letters"),
    (b"CCN,OFFENSE\n1,a\n\"" + b"2,b\n" * 50, "damaged or cut off"),
    (b'"CCN,OFFENSE\n' + b"1,a\n" * 50_000, "damaged or cut off"),
    (b"\n\n\r\n  \n", "is empty"), (b"\xff\xfe", "is empty"), (b"\xef\xbb\xbf", "is empty"),
])
def test_text_that_cannot_be_read(tmp_path, text, told):
    path = tmp_path / "a.csv"
    path.write_bytes(text)
    with pytest.raises(ConnectError, match=told):
        source = open_source(path)
        read_rows(source, source.columns, SILENT, len)


def test_a_packed_text_that_fills_a_disk_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(layer_file, "UNPACKED_BYTES", 1 << 22)
    with gzip.open(tmp_path / "a.csv.gz", "wb", 1) as file:
        file.write(b"CCN,OFFENSE\n")
        file.write(b"1,a\n" * (1 << 21))
    source = open_source(tmp_path / "a.csv.gz")
    with pytest.raises(ConnectError, match="more than 200 times its size"):
        read_rows(source, ["CCN"], SILENT, len)


def test_names_of_columns_are_one_line_and_differ(tmp_path):
    (tmp_path / "a.csv").write_text('a,a,"a",, ,"b\r\nc",a_,{}\n1,2,3,4,5,6,7,8\n'.format("x" * 100_000))
    columns = open_source(tmp_path / "a.csv").columns
    assert columns[:7] == ["a", "a_", "a__", "column 4", "column 5", "b c", "a__" + "_"]
    assert len(columns[7]) == 300
    (tmp_path / "b.csv").write_text(",".join(["a"] * 30_000) + "\n")
    began = time.process_time()
    assert len(set(open_source(tmp_path / "b.csv").columns)) == 30_000 and time.process_time() - began < 30


def test_sentences_stay_short_however_wide_a_file_is(city, tmp_path):
    for name, wide in (("wide", 1000), ("n" * 200, 100)):
        path = tmp_path / (name + ".csv")
        path.write_text(",".join(f"Column number {number}" for number in range(wide)) + "\n1\n")
        found = outcomes(city("dc"), path)
        assert found["import_incidents"].endswith('MAPPING, as in {"offence": "column"}.')
        assert name != "wide" or "Column number 0, Column number 1, " in found["import_incidents"]
    assert len(some(["x" * 1000] * 1000)) < 160 and some(["a", "b"]) == "a, b"
    assert len(ConnectError("a\n" * 500).user) <= 300 and "\n" not in ConnectError("a\n\u2028b").user


@pytest.mark.parametrize("letters", ["a" * 80_000, "a." * 40_000, " " * 80_000, "1 " * 40_000, "9" * 80_000,
                                     "a@" * 40_000, "\t-" * 40_000, "((" * 40_000])
def test_a_field_of_eighty_thousand_letters_takes_no_time(dc, tmp_path, letters):
    path = tmp_path / "a.csv"
    rows = [ROW.split(",") for _ in range(6)]
    for place, row in enumerate(rows):
        row[place] = f'"{letters}"'
    path.write_text("\n".join([HEAD, *map(",".join, rows)]))
    began = time.process_time()
    with pytest.raises(ConnectError):
        import_incidents(dc, path, rejects=tmp_path / "r.csv")
    outcomes_without_hash(dc, path)
    assert time.process_time() - began < 15


@pytest.mark.parametrize("letters", ["a" * 2000, "a." * 1000, "9 " * 1000, "a@" * 1000, "1" * 2000, "x-y " * 500])
def test_many_long_fields_take_no_time(dc, tmp_path, letters):
    path = tmp_path / "a.csv"
    path.write_text(HEAD + "\n" + "".join("{0},{1}{0},{1}{0},-77.01,38.9,{1}{0}\n".format(number, letters[:-5])
                                          for number in range(300)))
    began = time.process_time()
    outcomes_without_hash(dc, path)
    assert time.process_time() - began < 60


def test_excel_with_entities_or_cut_off_is_a_sentence(tmp_path):
    pd.DataFrame({"a": [1], "b": ["x"]}).to_excel(tmp_path / "a.xlsx", index=False)
    whole = (tmp_path / "a.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "bomb.xlsx", "w") as new:
        for part in old.infolist():
            sheet = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' if part.filename.startswith("xl/worksheets") else b""
            new.writestr(part, sheet + old.read(part))
    for size in (10, 100, len(whole) // 2, len(whole) - 5):
        (tmp_path / f"cut{size}.xlsx").write_bytes(whole[:size])
    for path in [tmp_path / "bomb.xlsx", *tmp_path.glob("cut*.xlsx")]:
        with pytest.raises(ConnectError):
            open_source(path)
    assert open_source(tmp_path / "a.xlsx").columns == ["a", "b"]


@pytest.fixture(scope="module")
def one_excel(tmp_path_factory):
    path = tmp_path_factory.mktemp("excel") / "a.xlsx"
    pd.DataFrame({"a": [1], "b": ["x"]}).to_excel(path, index=False)
    return path.read_bytes()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=6))
def test_bytes_anywhere_in_an_excel_file_are_a_sentence_or_do_no_harm(one_excel, tmp_path_factory, place, damage):
    place %= len(one_excel)
    path = tmp_path_factory.mktemp("excel") / "a.xlsx"
    path.write_bytes(one_excel[:place] + damage + one_excel[place + len(damage):])
    try:
        open_source(path)
    except ConnectError as error:
        assert error.user.endswith(".") and len(error.user) < 300


def test_each_part_of_an_excel_file_may_be_damaged(one_excel, tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(one_excel)
    with zipfile.ZipFile(path) as packed:
        starts = [part.header_offset for part in packed.infolist()]
    for start in starts:
        for place in (start + 1, start + 32, start + 60):  # the header of a part, its name, what it holds
            path.write_bytes(one_excel[:place] + b"\xff\xff" + one_excel[place + 2:])
            with pytest.raises(ConnectError, match="cannot be read as an Excel file|damaged or cut off"):
                open_source(path)


def test_a_document_type_in_another_encoding_is_one_too(one_excel, tmp_path):
    (tmp_path / "a.xlsx").write_bytes(one_excel)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for part in old.infolist():
            is_sheet = part.filename.startswith("xl/worksheets")
            new.writestr(part, "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>".encode("utf-16") if is_sheet else old.read(part))
    with pytest.raises(ConnectError) as refused:
        open_source(tmp_path / "b.xlsx")
    assert "document type" in refused.value.log


def test_a_name_of_a_layers_column_that_is_no_utf_8_does_no_harm(dc, tmp_path):
    place = b'"geometry":{"type":"Point","coordinates":[-77.01,38.9]}'
    (tmp_path / "a.geojson").write_bytes(
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"CCN":"n1","OFFENSE":"ROBBERY",'
        b'"REPORT_DAT":"2017-06-01T12:00:00Z","R\xe9gion\xff":"x"},' + place + b"}]}")
    assert import_incidents(dc, tmp_path / "a.geojson").added == 1


@pytest.mark.parametrize("crs", ['LOCAL_CS["x",UNIT["metre",1]]', 'GEOGCS["Moon",DATUM["M",SPHEROID["M",1737400,0]],'
                                 'PRIMEM["R",0],UNIT["degree",0.0174532925199433]]'])
def test_a_shapefile_whose_system_leads_nowhere_is_read_or_told(dc, tmp_path, crs, gdal_errors):
    driver = ogr.GetDriverByName("ESRI Shapefile")
    layer_of = driver.CreateDataSource(str(tmp_path / "a.shp"))
    layer = layer_of.CreateLayer("a", None, ogr.wkbPoint)
    for name in ("CCN", "OFFENSE", "REPORT_DAT"):
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTString))
    feature = ogr.Feature(layer.GetLayerDefn())
    for name, value in (("CCN", "s1"), ("OFFENSE", "ROBBERY"), ("REPORT_DAT", "2017-06-01T12:00:00Z")):
        feature[name] = value
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (-77.01 38.9)"))
    layer.CreateFeature(feature)
    feature = layer = layer_of = None
    (tmp_path / "a.prj").write_text(crs)
    outcomes_without_hash(dc, tmp_path / "a.shp")


# Values


CELL = st.one_of(
    st.sampled_from(["", "9223372036854775808", "1e400", "-1e400", "nan", "inf", "-inf", "٣٤", "²", "१२",
                     "1" * 400, "0x1", "9999-12-31", "0000-00-00", "99999999999999", "2017-02-30", "24:00",
                     "2017-06-01T12:00:00+99:99",
                     "-9999999999", "12/31/9999", "1.7e308", "\ufffd", "=1+1", "2017-06-01T12:00:00Z", "-77.01", "38.9",
                     "ROBBERY", "multiple", "1,000", "31/31/31", "1677-09-21", "2262-04-12", "٢٠١٧-٠٦-٠١"]),
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12))


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.lists(CELL, min_size=9, max_size=9), min_size=1, max_size=6))
def test_any_values_are_taken_or_rejected(dc, tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "a.csv"
    pd.DataFrame(rows, columns=["id", "offense", "occurred", "longitude", "latitude", "unit", "badge", "rounds",
                                "date"]).to_csv(path, index=False)
    outcomes_without_hash(dc, path)


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([".csv", ".csv.gz", ".xlsx", ".gpx", ".nmea", ".geojson", ".gpkg",
                                                 ".zip", ".kml", ".shp", ".json", ""]),
       st.booleans(), st.integers(0, 400))
def test_any_bytes_are_a_result_or_a_sentence(dc, tmp_path_factory, damage, ending, inside, place):
    """Bytes of no meaning, or put into a file that was whole."""
    whole = (CASES / "latin1.geojson").read_bytes() if ending == ".geojson" else (CASES / "nmea_year.nmea").read_bytes()
    if ending == ".csv.gz":
        whole = gzip.compress((HEAD + "\n" + ROW).encode())
    path = tmp_path_factory.mktemp("any") / ("a" + ending)
    path.write_bytes(whole[:place] + damage + whole[place + len(damage):] if inside else damage)
    outcomes_without_hash(dc, path)


def outcomes_without_hash(workspace, path):
    for importer in IMPORTERS:
        try:
            importer(workspace, path, rejects=path.with_suffix(".rejects"))
        except ConnectError as error:
            assert len(error.user) <= 300
    preview_file(workspace, str(path))


GPX = ('<?xml version="1.0"?><gpx version="1.1"><trk><trkseg><trkpt lat="{}" lon="{}"><time>{}</time><hdop>{}</hdop>'
       "</trkpt></trkseg></trk></gpx>")


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(CELL, min_size=4, max_size=4))
def test_any_track_is_a_result_or_a_sentence(dc, tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("any")
    (folder / "a.gpx").write_text(GPX.format(*values), encoding="utf-8")
    (folder / "b.nmea").write_text(
        "$GPRMC,{0},A,{1},N,{2},W,0,0,{3},,,A\n$GPZDA,{0},{3},{1},{2},00\n"
        "$GPGGA,{0},{1},N,{2},W,1,08,{3},470,M,0,M,,\n"
        .format(*values), encoding="utf-8")
    for name in ("a.gpx", "b.nmea"):
        try:
            import_gps(dc, folder / name, rejects=folder / "r.csv")
        except ConnectError as error:
            assert len(error.user) <= 300
        preview_file(dc, str(folder / name))


# JSON

NESTED = "[" * 100_000
BAD_JSON = [NESTED, NESTED + "]" * 100_000, '{"a":' * 60 + "1" + "}" * 60, '{"a": 1' + "0" * 400 + "}", '{"a": 1e400}',
            '{"a": NaN}', '{"a": "\\ud800"}', '{"\\udfff": 1}', '{"a": 9223372036854775808}', "", "\0", "1", '"a"',
            "[]", "null", '{"a": [1]}', "{" * 5000, '{"settings": {"a": 1e999}}']


@pytest.mark.parametrize("text", BAD_JSON, ids=range(len(BAD_JSON)))
def test_json_of_a_stranger_is_a_sentence(workspace, tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(ConnectError):
        read_package(path)
    with pytest.raises(ConnectError):
        model_file.read(text)
    for read in (lambda: seeds.load(path), lambda: given_roles(["a", "b"], "incidents", text),
                 lambda: import_calendar(workspace, CASES / "rounds.csv", text),
                 lambda: configure(workspace, json_text.parse(text))):
        try:
            read()
        except (ConnectError, ValueError) as error:
            assert isinstance(error, ConnectError) or read.__code__.co_names[0] == "configure"


JSON = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
                              st.text(max_size=5)),
                    lambda inner: st.one_of(st.lists(inner, max_size=4),
                                            st.dictionaries(st.text(max_size=8), inner, max_size=4)),
                    max_leaves=12)
PLACES = ("settings", "crime_types", "shifts", "tactics")


@settings(max_examples=60, deadline=None)
@given(st.one_of(JSON, st.dictionaries(st.sampled_from(PLACES), JSON)), st.text(max_size=40))
def test_any_json_is_a_sentence(workspace_of_json, tmp_path_factory, value, text):
    path = tmp_path_factory.mktemp("json") / "a.json"
    for written in (json.dumps(value), text):
        path.write_text(written, encoding="utf-8", errors="surrogatepass")
        for read in (lambda: read_package(path), lambda: model_file.read(written), lambda: seeds.load(path),
                     lambda: given_roles(["a"], "incidents", written)):
            try:
                read()
            except ConnectError as error:
                assert len(error.user) <= 300
    try:
        configure(workspace_of_json, value)
    except ConnectError as error:
        assert len(error.user) <= 300


@pytest.fixture(scope="module")
def workspace_of_json(city):
    return city("dc")


# The journal of a car


def journal(folder, damage=None, name="fixes_path"):
    """A journal of twenty fixes, a tactic and two visits; ``damage`` changes the bytes of one of its files."""
    made = Journal(folder, "2026-03-02", "day", "12")
    for number in range(20):
        made.fix(START + pd.Timedelta(seconds=5 * number), -77.0 + number / 1e4, 38.9, 4.0)
    made.tactic(START, "foot_patrol", "C1R2", "71")
    made.close()
    if damage:
        path = getattr(made, name)
        path.write_bytes(damage(path.read_bytes()))
    return Journal(folder, "2026-03-02", "day", "12")


def test_the_case_of_a_damaged_journal(tmp_path):
    path = Path(shutil.copy(CASES / "journal_2017-06-01_day_U1_gps.csv", tmp_path))
    damaged = path.read_bytes().splitlines()[2]
    found = Journal(tmp_path, "2017-06-01", "day", "U1")
    assert [at.isoformat() for at, *_ in found.fixes()] == ["2017-06-01T12:00:00+00:00"]
    note, = found.notes
    assert note.startswith("Line 3 of journal_2017-06-01_day_U1_gps.csv was damaged and kept aside in journal_")
    assert path.with_name("journal_2017-06-01_day_U1_gps_damaged.csv").read_bytes().strip() == damaged
    found.close()
    again = Journal(tmp_path, "2017-06-01", "day", "U1")
    assert again.notes == [] and len(again.fixes()) == 1
    again.fix(pd.Timestamp("2017-06-01T12:10:00Z"), -77.0, 38.9, 5.0)
    assert len(again.fixes()) == 2
    again.close()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1200), st.integers(0, 255))
def test_one_damaged_byte_anywhere_costs_a_line_or_two(tmp_path_factory, place, byte):
    folder = tmp_path_factory.mktemp("car")
    whole = journal(folder)
    fixes = whole.fixes()
    whole.close()
    path = whole.fixes_path
    content = bytearray(path.read_bytes())
    content[place % len(content)] = byte
    path.write_bytes(content)
    found = Journal(folder, "2026-03-02", "day", "12")
    kept = found.fixes()
    assert len(kept) >= len(fixes) - 2 and len(found.tactics()) == 1
    times = [at for at, *_ in kept]
    assert times == sorted(times) and len(set(kept) - set(fixes)) <= 1
    found.fix(START + pd.Timedelta(hours=1), -77.0, 38.9, float("nan"))
    assert len(found.fixes()) == len(kept) + 1
    found.close()
    assert pd.read_csv(path)["unit"].astype(str).eq("12").all()


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["fixes_path", "tactics_path", "visits_path"]))
def test_a_journal_of_any_bytes_opens(tmp_path_factory, content, name):
    found = journal(tmp_path_factory.mktemp("car"), lambda _: content, name)
    found.fixes(), found.tactics(), found.visits(), found.notes
    found.fix(START + pd.Timedelta(hours=1), -77.0, 38.9, 4.0)
    assert len(found.fixes()) >= 1
    found.close()
