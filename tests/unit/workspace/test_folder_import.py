"""A drop folder: each new file is taken once by what it is, the others are named, and none is touched."""
import json
import os
import re
import shutil
import zipfile

import pandas as pd
import pytest
from agency_cases import CASES
from made_towns import area, new_town
from shapely.geometry import box

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.imports import folder_import
from shotspotter_connect_plugin.workspace.imports.folder_import import import_folder
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.steps.visit_finding import find_visits

EXPORTS = CASES.parent
DC = box(-77.12, 38.79, -76.9, 39.0)


@pytest.fixture
def town(tmp_path):
    (tmp_path / "w").mkdir()
    outline = area(DC, "EPSG:4326")
    with new_town(tmp_path / "w" / "dc.gpkg", outline, timezone="America/New_York", size=1000) as workspace:
        yield workspace


@pytest.fixture
def drop(tmp_path, monkeypatch):
    """The folder; files put into it were written long ago."""
    monkeypatch.setattr(folder_import, "_QUIET_SECONDS", 0.3)
    folder = tmp_path / "drop"
    (folder / "cars").mkdir(parents=True)

    def put(source, name=""):
        target = folder / (name or source.name)
        shutil.copy(source, target)
        os.utime(target, (1e9, 1e9))
        return target
    return {"folder": folder, "put": put}


def states(found):
    return {file.name: file.state for file in found.files}


def test_everything_is_taken_by_what_it_is_and_once(town, drop):
    put, folder = drop["put"], drop["folder"]
    put(EXPORTS / "Crime_Incidents_in_2017.csv")
    put(EXPORTS / "Crime_Incidents_in_2017.csv", "a copy.csv")
    put(EXPORTS / "shotspotter_dc_mpd_2014_2018q1.csv")
    put(CASES / "roster_two_in_cell" / "roster.csv")
    put(CASES / "avl_minute_resolution" / "avl.csv", "cars/3A12.csv")
    put(CASES / "tactics_durations" / "log.csv")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found = import_folder(town, folder)
    assert states(found) == {
        "Crime_Incidents_in_2017.csv": "taken", "a copy.csv": "taken before",
        "shotspotter_dc_mpd_2014_2018q1.csv": "taken", "roster.csv": "taken", "cars/3A12.csv": "taken",
        "log.csv": "taken"}
    assert [town.count(table) for table in ("incidents", "roster", "gps_fixes")] == [67, 4, 20]
    assert town.count("gunfire") > 30 and town.count("tactic_log") >= 2
    assert all(file.result.read == sum([file.result.added, file.result.updated, file.result.unchanged,
                                        file.result.rejected]) and f"{file.result.read} rows read" in file.line
               for file in found.of("taken"))
    content = town.content_hash()
    again = import_folder(town, folder)
    assert set(states(again).values()) == {"taken before"} and town.content_hash() == content
    again.check_taken()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_where_officers_cannot_go_is_taken_by_its_reasons(town, drop, tmp_path):
    ring = [[-77.0, 38.9], [-76.98, 38.9], [-76.98, 38.92], [-77.0, 38.92], [-77.0, 38.9]]
    (tmp_path / "yards.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [{
        "type": "Feature", "properties": {"reason": "rail yard"},
        "geometry": {"type": "Polygon", "coordinates": [ring]}}]}))
    drop["put"](tmp_path / "yards.geojson")
    assert states(import_folder(town, drop["folder"])) == {"yards.geojson": "taken"}
    assert town.read("unreachable")["reason"].tolist() == ["rail yard"]
    assert states(import_folder(town, drop["folder"])) == {"yards.geojson": "taken before"}


def test_what_was_imported_by_hand_is_not_taken_again(town, drop):
    import_incidents(town, EXPORTS / "Crime_Incidents_in_2017.csv")
    drop["put"](EXPORTS / "Crime_Incidents_in_2017.csv", "crimes.csv")
    assert states(import_folder(town, drop["folder"])) == {"crimes.csv": "taken before"}


def test_what_another_file_of_the_folder_shows_is_not_asked(town, drop, tmp_path):
    for name, dates in (("a.csv", ("01/03/2023", "02/03/2023")), ("b.csv", ("25/03/2023", "03/03/2023"))):
        rows = [f"{name}{date},ROBBERY,{date} 10:00,-77.0{place},38.9{place}" for place, date in enumerate(dates, 1)]
        (tmp_path / name).write_text("\n".join(["Case,Offense,Occurred,Longitude,Latitude", *rows]))
        drop["put"](tmp_path / name)
    assert states(import_folder(town, drop["folder"])) == {"b.csv": "taken", "a.csv": "taken"}
    assert town.read("incidents")["occurred_from_local"].min() == "2023-03-01T10:00:00"


def test_what_needs_an_answer_is_left_and_taken_once_it_was_given(town, drop):
    asks = CASES / "day_first_ambiguous"
    about = json.loads((asks / "case.json").read_text())
    where = drop["put"](asks / about["file"], "asked.csv")
    drop["put"](EXPORTS / "Crime_Incidents_in_2017.csv")
    found = import_folder(town, drop["folder"])
    left, = found.of("left")
    assert left.name == "asked.csv" and "DATE_ORDER" in left.sentence
    found.check_taken()
    told = import_folder(town, drop["folder"], in_window=True).of("left")[0].sentence
    assert "Choose at Dates" in told and not re.search("[A-Z]+_[A-Z]+|MAPPING", told)
    with pytest.raises(ConnectError, match="The file that waits in drop cannot be taken; asked.csv: ") as none:
        import_folder(town, drop["folder"]).check_taken()
    assert len(none.value.user) < 300
    where.write_text(where.read_text().replace("01/03/2023", "13/03/2023", 1))
    os.utime(where, (1e9, 1e9))
    assert "DATE_ORDER" not in import_folder(town, drop["folder"]).files[-1].sentence


def test_a_damaged_file_does_not_stop_the_others(town, drop):
    folder = drop["folder"]
    (folder / "a.xlsx").write_bytes(b"PK\x03\x04" + bytes(200))
    (folder / "b.csv").write_bytes(b"\x00\x01\x02" * 100)
    (folder / "c.csv").write_text("")
    (folder / "d.csv").write_text("colour,taste\nred,sweet\n")
    (folder / "e.geojson").write_text('{"type": "FeatureCollection", "features": [')
    for path in folder.glob("*.*"):
        os.utime(path, (1e9, 1e9))
    drop["put"](EXPORTS / "Crime_Incidents_in_2017.csv", "z.csv")
    found = import_folder(town, folder)
    assert states(found) == {**dict.fromkeys(("a.xlsx", "b.csv", "d.csv", "e.geojson"), "left"),
                             "c.csv": "nothing to take", "z.csv": "taken"}
    assert all(0 < len(file.sentence) < 300 for file in found.of("left"))
    told = {file.name: file.sentence for file in found.of("left")}
    assert "cannot be read as an Excel file" in told["a.xlsx"] and "Nothing tells what it is" in told["d.csv"]


class Told(Progress):
    """What a run tells."""

    def __init__(self):
        self.lines, self.warnings = [], []

    def info(self, text):
        self.lines.append(text)

    def warn(self, text):
        self.lines.append(text)
        self.warnings.append(text)


WITHOUT_ROWS = {
    "readme.txt": b"These data are provided as is.\nAsk the records unit, with questions, any time.\n",
    "LICENSE": b"Free for all.\n", "notes.md": b"# Title\n\nSome text, and more\n",
    "photo.jpg": b"\xff\xd8\xff\xe0" * 99,
    "header.csv": b"CCN,OFFENSE,DATE,LATITUDE,LONGITUDE\n", "empty.csv": b"", "done.ok": b"done\n",
    "manifest.json": b'{"name": "x", "files": ["a.csv"]}', "none.json": b"[]",
    "none.geojson": b'{"type": "FeatureCollection", "features": []}',
    "manual.pdf": b"%PDF-1.4\n\x00\x01", "export.log": b"2024-01-01 export started\n2024-01-01 done\n"}


def test_a_file_without_rows_is_named_once_and_again_when_it_changes(town, drop):
    folder = drop["folder"]

    def put(name, content):
        (folder / name).write_bytes(content)
        os.utime(folder / name, (1e9, 1e9))

    def told():
        progress = Told()
        found = import_folder(town, folder, progress)
        found.check_taken()
        return progress.warnings, states(found)
    for name, content in WITHOUT_ROWS.items():
        put(name, content)
    warnings, found = told()
    assert found == dict.fromkeys(WITHOUT_ROWS, "nothing to take")
    assert sorted(line.partition(":")[0] for line in warnings) == sorted(WITHOUT_ROWS)
    assert told() == ([], dict.fromkeys(WITHOUT_ROWS, "taken before"))
    put("readme.txt", b"These data are provided as they are.\n")
    put("empty_of_the_next_night.csv", b"")
    warnings, found = told()
    assert sorted(line.partition(":")[0] for line in warnings) == ["empty_of_the_next_night.csv", "readme.txt"]
    put("header.csv", b"CCN,OFFENSE,DATE,LATITUDE,LONGITUDE\n1,ROBBERY,2017-03-04 10:00,38.9,-77.0\n")
    assert told()[1]["header.csv"] == "taken"


def test_rows_in_no_known_form_are_left_every_time(town, drop):
    for name, text in (("carets.txt", "CCN^OFFENSE^DATE\n1^ROBBERY^2017-03-04\n"),
                       ("two.csv", "colour,taste\nred,sweet\n"),
                       ("cut.geojson", '{"type": "FeatureCollection", "features": [')):
        (drop["folder"] / name).write_text(text)
        os.utime(drop["folder"] / name, (1e9, 1e9))
    for _ in range(2):
        assert set(states(import_folder(town, drop["folder"])).values()) == {"left"}


def test_a_list_of_arrests_is_left_and_nobody_is_sent_to_import_it(town, drop):
    path = drop["folder"] / "arrests.csv"
    path.write_text("Arrest Number,Arrest Date,Charge,Officer\n" + "".join(
        f"A{number},03/{number + 13}/2024,THEFT,12\n" for number in range(10)))
    os.utime(path, (1e9, 1e9))
    found, = import_folder(town, drop["folder"]).of("left")
    assert "is a list of arrests or citations" in found.sentence and "by hand" not in found.sentence


def test_each_file_has_one_short_line_that_names_it_once(town, drop):
    asks = CASES / "day_first_ambiguous"
    drop["put"](asks / json.loads((asks / "case.json").read_text())["file"], "asked.csv")
    (drop["folder"] / "tastes.csv").write_text("colour,taste\nred,sweet\n")
    (drop["folder"] / "broken.xlsx").write_bytes(b"PK\x03\x04" + bytes(200))
    for name in ("tastes.csv", "broken.xlsx"):
        os.utime(drop["folder"] / name, (1e9, 1e9))
    progress = Told()
    import_folder(town, drop["folder"], progress)
    for name in ("asked.csv", "tastes.csv", "broken.xlsx"):
        line, = (line for line in progress.warnings if name in line)
        assert line.count(name) == 1 and len(line) < 260, line


def test_a_file_whose_rows_are_all_rejected_is_left_with_the_reason(town, drop):
    path = drop["folder"] / "r.csv"
    path.write_text("unit,officer,shift,date\n12,4711,lunch,2026-03-02\n")
    os.utime(path, (1e9, 1e9))
    left, = import_folder(town, drop["folder"]).of("left")
    assert "no start" in left.sentence and town.count("imports") == 0


def test_a_file_that_is_still_written_waits(town, drop, monkeypatch):
    put, folder = drop["put"], drop["folder"]
    put(EXPORTS / "Crime_Incidents_in_2017.csv", "upload.csv.part")
    growing = put(EXPORTS / "Crime_Incidents_in_2018.csv", "growing.csv")
    whole, half = growing.read_bytes(), growing.read_bytes()[:-200]
    growing.write_bytes(half)
    rest = folder_import._rest

    def write_on(progress):
        rest(progress)
        growing.write_bytes(whole)
    monkeypatch.setattr(folder_import, "_rest", write_on)
    found = import_folder(town, folder)
    assert set(states(found).values()) == {"still being written"} and town.count("imports") == 0
    found.check_taken()  # they are no new files yet
    monkeypatch.setattr(folder_import, "_rest", rest)
    assert states(import_folder(town, folder))["growing.csv"] == "taken"


def test_places_need_the_name_of_a_kind_and_shapefiles_are_one_file(town, drop):
    put, folder = drop["put"], drop["folder"]
    put(EXPORTS / "gas-stations.geojson")
    left, = import_folder(town, folder).of("left")
    assert "Import places" in left.sentence
    with town.transaction() as writer:
        writer.append("places", pd.DataFrame({"kind": ["gas_stations"], "place_id": ["1"], "x": [1.0], "y": [1.0]}))
    assert states(import_folder(town, folder)) == {"gas-stations.geojson": "taken"}
    assert town.count("places") > 1
    assert states(import_folder(town, folder)) == {"gas-stations.geojson": "taken before"}
    for ending in (".shp", ".dbf", ".shx", ".prj", ".cpg", ".shp.xml"):
        (folder / ("zones" + ending)).write_bytes(b"x")
    assert [name for name in states(import_folder(town, folder)) if "zones" in name] == ["zones.shp"]


def test_logs_of_tactics_come_after_the_visits_of_new_fixes(town, drop):
    moments = pd.date_range("2023-03-14 22:20", periods=60, freq="30s")
    fixes = drop["folder"] / "z_fixes.csv"
    pd.DataFrame({"unit": "1A12", "at": moments, "lat": 38.9, "lon": -77.03}).to_csv(fixes, index=False)
    os.utime(fixes, (1e9, 1e9))
    drop["put"](CASES / "tactics_durations" / "log.csv", "a_log.csv")
    called = []

    def find(first, last):
        called.append((first, last))
        find_visits(town, first, last)
    import_folder(town, drop["folder"], after_fixes=find)
    assert called == [("2023-03-14", "2023-03-14")]
    assert town.read("tactic_log")["visit_id"].notna().sum() == 1


def test_a_folder_that_is_not_there_is_one_sentence(town, tmp_path):
    with pytest.raises(ConnectError, match="there is no folder"):
        import_folder(town, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    found = import_folder(town, tmp_path / "empty")
    found.check_taken()
    assert found.files == []


def test_what_was_taken_packed_is_known_when_only_the_unpacked_file_is_left(town, drop):
    source, folder = EXPORTS / "Crime_Incidents_in_2017.csv", drop["folder"]
    with zipfile.ZipFile(folder / "week.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(source, "crimes.csv")
    os.utime(folder / "week.zip", (1e9, 1e9))
    assert states(import_folder(town, folder)) == {"week.zip": "taken"}
    (folder / "week.zip").unlink()
    drop["put"](source, "unpacked.csv")
    assert states(import_folder(town, folder)) == {"unpacked.csv": "taken before"}
    with zipfile.ZipFile(folder / "again.zip", "w", zipfile.ZIP_STORED) as packed:
        packed.write(source, "other name.csv")
    os.utime(folder / "again.zip", (1e9, 1e9))
    (folder / "unpacked.csv").unlink()
    assert states(import_folder(town, folder)) == {"again.zip": "taken before"}
