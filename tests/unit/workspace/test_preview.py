"""The first look at a file: what it is, what its columns mean, what is left out; and what was said is remembered."""
import json

import pandas as pd
import pytest
from agency_cases import cases
from public_exports import EXPORTS, IMPORT, ROOT, SAMPLES

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.file_kinds import FILE_KINDS, MAPPED
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.preview import ROWS, changed_mapping, importable_parts, preview_file
from shotspotter_connect_plugin.workspace.imports.roster_import import import_roster
from shotspotter_connect_plugin.workspace.imports.synonyms import COLUMN_ROLES

TRACKS, PLACES = ROOT / "tests/data/gps", ROOT / "shotspotter_connect_plugin/resources/sample/places"
ROSTER = "Unit,Badge,From,To\n12,4711,2026-03-02 07:00,2026-03-02 15:00\n"
LOG = "Badge,Car,What was done,Date,Time\n4711,12,Walk the box,2026-03-02,08:02\n"


# What a file is

@pytest.mark.parametrize("city_name,table,name", [export[:3] for export in EXPORTS])
def test_public_exports_are_what_they_are_and_mean_what_the_import_takes(city, city_name, table, name):
    workspace = city(city_name)
    found = preview_file(workspace, SAMPLES / name)
    assert (found.kind, found.problems) == (table, [])
    result = IMPORT[table](workspace, SAMPLES / name)
    used = {role: column for role, column in found.mapping.items() if role[0] not in "xy"}
    assert {role: result.mapping[role] for role in used if role in result.mapping} == {
        role: used[role] for role in used if role in result.mapping}
    assert set(result.mapping) <= set(found.mapping) and found.source_crs == result.source_crs
    assert set(found.left_out) <= set(result.dropped_columns)
    assert 0 < len(found.rows) <= ROWS


@pytest.mark.parametrize("path", sorted(TRACKS.glob("*.*")), ids=lambda path: path.name)
def test_tracks_are_tracks(workspace, path):
    found = preview_file(workspace, path)
    if path.suffix == ".md":
        assert found.kind == "" and "cannot be opened" in found.problems[0]
        return
    assert (found.kind, found.problems) == ("gps_fixes", [])
    assert {"at"} <= set(found.mapping) and found.source_crs == "EPSG:4326"
    assert "None of the first positions lies in the jurisdiction." in found.notes


def test_the_other_files(workspace, tmp_path):
    for name, text, kind in (("r.csv", ROSTER, "roster"), ("l.csv", LOG, "tactic_log"),
                             ("c.csv", "Date,Holiday\n2026-07-04,Independence Day\n", "calendar"),
                             ("x.csv", "a,b\n1,2\n", "")):
        (tmp_path / name).write_text(text)
        assert preview_file(workspace, tmp_path / name).kind == kind, name
    found = preview_file(workspace, TRACKS)  # its first file is a README
    assert (found.kind, found.problems) == ("gps_fixes", []) and "austin_buses" in found.notes[0]
    assert preview_file(workspace, PLACES / "school.geojson").kind == "places"
    areas = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {
        "type": "Polygon", "coordinates": [[[-77, 38.9], [-76.9, 38.9], [-76.9, 39], [-77, 38.9]]]}}]}
    for columns, kind in (({"GEOID": "1", "TOTALPOP": 900}, "neighbourhoods"),
                          ({"area": "East", "start_date": "2014-01-01"}, "sensor_coverage"),
                          ({"Reason": "rail yard", "name": "North"}, "unreachable")):
        areas["features"][0]["properties"] = columns
        (tmp_path / "a.geojson").write_text(json.dumps(areas))
        assert preview_file(workspace, tmp_path / "a.geojson").kind == kind


@pytest.mark.parametrize("last", ["Total: 3,,,,\n", "4,ROBBERY,2026-03-04 10:00,-77.03,38.9,more\n",
                                  f"4,{'x' * 2500},2026-03-04 10:00,-77.03,38.9\n"],
                         ids=["a total", "more fields than the header", "a field too long"])
def test_rows_that_are_none_do_not_hide_what_a_file_is(workspace, tmp_path, last):
    (tmp_path / "week.csv").write_text("Weekly report,,,,\n\nCase,Offense,Occurred,Longitude,Latitude\n" + "".join(
        f"{number},ROBBERY,2026-03-0{number} 22:{number}0,-77.03{number},38.9\n" for number in (1, 2, 3)) + last)
    found = preview_file(workspace, tmp_path / "week.csv")
    assert (found.kind, found.problems) == ("incidents", [])
    assert list(found.rows.columns) == found.columns == ["Case", "Offense", "Occurred", "Longitude", "Latitude"]


def test_whatever_is_wrong_becomes_a_sentence(workspace, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "noise.csv").write_bytes(b"\x00\x01\x02")
    (tmp_path / "short.csv").write_text("Unit,Shift\n12,day\n")
    (tmp_path / "header.csv").write_text("Case,Offense,Occurred,Longitude,Latitude\n")
    for path, kind, words in (("gone.csv", "", "no file"), ("empty.csv", "", "is empty"),
                              ("noise.csv", "", "not a text"), ("header.csv", "", "has no rows"),
                              ("header.csv", "incidents", "has no rows"),
                              ("short.csv", "roster", "no column for the officer's badge number")):
        found = preview_file(workspace, tmp_path / path, kind)
        assert len(found.problems) == 1 and words in found.problems[0] and found.problems[0].endswith((".", "}."))
    assert found.columns == ["Unit", "Shift"] and len(found.rows) == 1


def test_every_kind_has_words_for_every_meaning():
    assert all(set(FILE_KINDS[kind].meanings) == set(COLUMN_ROLES[kind]) for kind in MAPPED)


def test_layers_of_a_geopackage_are_several_files(tmp_path):
    from osgeo import ogr
    made = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "phone.gpkg"))
    for name in ("gps_fixes", "tactic_log", "basemap"):
        made.CreateLayer(name, None, ogr.wkbPoint)
    del made
    path = str(tmp_path / "phone.gpkg")
    assert importable_parts(path) == [path + "|layername=gps_fixes", path + "|layername=tactic_log"]
    for whole in (TRACKS / "gpxpy_gpx1.1_with_all_fields.gpx", SAMPLES, tmp_path / "gone.gpkg"):
        assert importable_parts(whole) == [str(whole)]


# What is shown

def test_nothing_about_persons_is_shown(city, tmp_path):
    frame = pd.read_csv(SAMPLES / "Crime_Incidents_in_2017.csv", dtype=str, keep_default_na=False).head(40)
    frame["VICTIM_NAME"] = "Jane Doe"
    frame["REMARK"] = ["Smith, John" for _ in range(40)]
    frame.to_csv(tmp_path / "persons.csv", index=False)
    found = preview_file(city("dc"), tmp_path / "persons.csv")
    assert "names" in found.left_out["VICTIM_NAME"] and "names" in found.left_out["REMARK"]
    assert not {"VICTIM_NAME", "REMARK"} & set(found.rows.columns)
    assert "Jane" not in found.rows.to_csv() and "Smith" not in found.rows.to_csv()
    frame[["X", "Y", "VICTIM_NAME"]].to_csv(tmp_path / "no_time.csv", index=False)
    found = preview_file(city("dc"), tmp_path / "no_time.csv", "gps_fixes")
    assert "no column for the time" in found.problems[0] and len(found.rows) and "Jane" not in found.rows.to_csv()


def test_a_corrected_column(city):
    path = SAMPLES / "Crime_Incidents_in_2017.csv"
    workspace = city("dc")
    found = preview_file(workspace, path)
    given = changed_mapping(found.mapping, found.answers.mapping, "WARD", "offence")
    assert given == {"offence": "WARD"}
    found = preview_file(workspace, path, "incidents", given)
    assert found.mapping["offence"] == "WARD" and found.left_out["OFFENSE"] == "not needed"
    given = changed_mapping(found.mapping, found.answers.mapping, "BLOCK", "")
    assert given == {"offence": "WARD", "block": ""}
    found = preview_file(workspace, path, "incidents", given)
    given = changed_mapping(found.mapping, found.answers.mapping, "WARD", "")
    assert given == {"offence": "", "block": ""}
    found = preview_file(workspace, path, "incidents", given)
    assert "no column for the offence" in found.problems[0] and found.columns and len(found.rows)


# What is remembered

def columns_of(workspace, table="incidents"):
    return workspace.read("imports", where={"table_name": table}, order_by="at_utc").iloc[-1]["mapping"]


@pytest.fixture
def renamed(tmp_path):
    """A file whose offence nobody can guess, one word in a column of no known name, and another with its columns."""
    frame = pd.read_csv(SAMPLES / "Crime_Incidents_in_2017.csv", dtype=str, keep_default_na=False)
    frame = frame[frame["OFFENSE"] == "THEFT/OTHER"].rename(columns={"OFFENSE": "was es war"})
    frame.head(13).to_csv(tmp_path / "first.csv", index=False)
    frame.tail(13).to_csv(tmp_path / "second.csv", index=False)
    frame.tail(13)[frame.columns[::-1]].to_csv(tmp_path / "other_order.csv", index=False)
    return tmp_path


def test_a_mapping_serves_the_next_file_with_the_same_header_and_no_other(city, renamed):
    workspace = city("dc")
    with pytest.raises(ConnectError, match="no column for the offence"):
        import_incidents(workspace, renamed / "first.csv")
    import_incidents(workspace, renamed / "first.csv", mapping={"offense": "was es war"}, source_timezone="UTC")
    result = import_incidents(workspace, renamed / "second.csv")
    assert result.mapping["offence"] == "was es war" and result.timezone == "UTC" and result.added > 0
    assert any("was es war is offence; time zone UTC" in warning for warning in result.warnings)
    found = preview_file(workspace, renamed / "second.csv")
    assert (found.kind, found.answers.source_timezone, found.timezone) == ("incidents", "UTC", "UTC")
    assert preview_file(city("dc"), renamed / "second.csv").kind == ""
    with pytest.raises(ConnectError, match="no column for the offence"):
        import_incidents(workspace, renamed / "other_order.csv")
    # It goes on from import to import, and what is given now wins.
    again = import_incidents(workspace, renamed / "second.csv", source_timezone="America/New_York")
    assert again.mapping["offence"] == "was es war" and again.timezone == "America/New_York"
    assert import_incidents(workspace, renamed / "first.csv").timezone == "America/New_York"


def test_an_empty_mapping_forgets(city, renamed):
    workspace = city("dc")
    import_incidents(workspace, renamed / "first.csv", mapping={"offence": "was es war", "block": ""})
    assert "block" not in columns_of(workspace)
    with pytest.raises(ConnectError, match="no column for the offence"):
        import_incidents(workspace, renamed / "second.csv", mapping="{}")
    import_incidents(workspace, renamed / "second.csv", mapping='{"offence": "was es war"}')
    result = import_incidents(workspace, renamed / "first.csv")
    assert "block" in result.mapping


def test_memory_is_kept_apart_by_table_and_goes_with_rosters_and_tracks_too(workspace, tmp_path):
    for number in (1, 2):
        (tmp_path / f"roster{number}.csv").write_text(
            f"wer,wagen,From,To\n471{number},12,2026-03-0{number} 07:00,2026-03-0{number} 15:00\n")
        (tmp_path / f"track{number}.csv").write_text(
            f"wer,wann,lon,lat\n12,2026-03-0{number} 07:00,-77.06,38.84\n")
    import_roster(workspace, tmp_path / "roster1.csv", mapping={"officer": "wer", "unit": "wagen"})
    assert import_roster(workspace, tmp_path / "roster2.csv").added == 1
    with pytest.raises(ConnectError, match="no column for the time"):
        import_gps(workspace, tmp_path / "track1.csv")
    import_gps(workspace, tmp_path / "track1.csv", mapping={"unit": "wer", "at": "wann"}, source_timezone="UTC")
    result = import_gps(workspace, tmp_path / "track2.csv")
    assert result.mapping["at"] == "wann" and result.added == 1
    assert str(workspace.read("gps_fixes")["at_utc"].max()) == "2026-03-02 07:00:00+00:00"


def test_a_workspace_of_an_earlier_version_remembers_from_its_first_import(city, renamed):
    import sqlite3

    workspace = city("dc")
    path = workspace.address
    workspace.close()
    with sqlite3.connect(path) as file:
        file.execute("ALTER TABLE imports DROP COLUMN given")
    from shotspotter_connect_plugin.workspace.store.workspace import open_workspace
    with open_workspace(path) as old:
        import_incidents(old, renamed / "first.csv", mapping={"offence": "was es war"})
        assert import_incidents(old, renamed / "second.csv").mapping["offence"] == "was es war"


def test_numbers_that_fit_several_systems_are_asked_before_the_import(tmp_path):
    case = next(case for case in cases() if case.name == "grid_gauss_kruger_asked")
    with case.town(tmp_path / "town.gpkg") as workspace:
        seen = preview_file(workspace, case.folder / case.file, "incidents")
        assert seen.question.parameter == "SOURCE_CRS" and seen.source_crs in seen.question.choices
        words = list(seen.question.choices.values())
        assert len(words) > 1 and any("DHDN" in one for one in words) and any("Pulkovo" in one for one in words)
        answered = preview_file(workspace, case.folder / case.file, "incidents", source_crs="EPSG:31468")
        assert answered.question is None and answered.source_crs == "EPSG:31468"


def test_points_between_the_boxes_of_a_bent_town_are_said_to_lie_beside_it(workspace, tmp_path):
    frame = pd.DataFrame({"CCN": range(40), "OFFENSE": "ROBBERY", "X": 321_600, "Y": 4_301_600, "Occurred Date": [
        f"2017-03-{day % 28 + 1:02d} 10:30" for day in range(40)]})
    frame.to_csv(tmp_path / "beside.csv", index=False)
    found = preview_file(workspace, tmp_path / "beside.csv", source_crs="EPSG:32618", mapping={})
    note, = [note for note in found.notes if "jurisdiction" in note]
    assert "lies in a box" in note and "kept without one" in note and len(note) < 300
    result = import_incidents(workspace, tmp_path / "beside.csv", source_crs="EPSG:32618")
    assert result.added == 40 and workspace.read("incidents")["box_id"].isna().all()
