"""Columns of every known export are recognised by name, in any order, spelling and, where agencies differ, wording."""
import ast
import csv
import json
import random

import pandas as pd
import pytest
from public_exports import EXPORTS, IMPORT, SAMPLES, adds_up

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports import column_names, synonyms
from shotspotter_connect_plugin.workspace.imports.alert_words import alert_kind, tells_reviews
from shotspotter_connect_plugin.workspace.imports.column_recognition import recognise
from shotspotter_connect_plugin.workspace.imports.offences import BIASED, OTHER, crime_type
from shotspotter_connect_plugin.workspace.imports.readers import open_source

CSVS = [(city, table, name) for city, table, name, _ in EXPORTS if name.endswith(".csv")]


def frame_of(name):
    return pd.read_csv(SAMPLES / name, dtype=str, keep_default_na=False)


def core(workspace, table):
    """What an import left, without what depends on the file's name."""
    frame = workspace.read(table).drop(columns="source")
    return frame.sort_values(frame.columns[0]).reset_index(drop=True)


@pytest.mark.parametrize("city_name,table,name", CSVS)
def test_renamed_reordered_recased_columns_import_the_same(city, tmp_path, city_name, table, name):
    plain, changed = city(city_name), city(city_name)
    first = IMPORT[table](plain, SAMPLES / name)
    frame = frame_of(name)
    rng = random.Random(name)
    role_of = {column: role for role, column in recognise(list(frame.columns), table).items()}
    names = {}
    for column in frame:
        role = role_of.get(column, "").rstrip("23")
        new = rng.choice([word for word in synonyms.COLUMN_ROLES[table][role] if plain_synonym(word, role, table)]) if (
            role and role not in ("x", "y") and not column_names.names_utc(column)) else column
        names[column] = rng.choice([str.upper, str.title, str.lower])(" ".join(new) if rng.random() < 0.2 else new)
    frame = frame.rename(columns=names)[rng.sample(list(names.values()), len(names))]
    frame.to_csv(tmp_path / "renamed.csv", index=False, sep=rng.choice(",;\t|"), encoding="utf-8-sig")
    second = IMPORT[table](changed, tmp_path / "renamed.csv")
    assert second.counts == first.counts
    pd.testing.assert_frame_equal(core(plain, table), core(changed, table))


def plain_synonym(word, role, table):
    """Whether a word stands for this role only, and does not look like something about persons."""
    return sum(word in words for words in synonyms.COLUMN_ROLES[table].values()) == 1


def test_every_export_is_recognised_without_a_mapping():
    for _, table, name, _ in EXPORTS:
        source = open_source(SAMPLES / name)
        found = recognise(source.columns, table)
        assert {"incidents": "offence" in found or "murder_flag" in found, "gunfire": "occurred" in found}[table], name
        assert source.has_geometry or {"longitude", "latitude"} <= set(found) or {"x", "y"} <= set(found), name


def test_names_cut_off_by_a_shapefile():
    found = recognise(["INCIDENT_N", "OFFENSE_DE", "REPORTED_D", "OCCURRED_F", "OCCURRED_T"], "incidents")
    assert found == {"id": "INCIDENT_N", "offence": "OFFENSE_DE", "reported": "REPORTED_D",
                     "occurred_from": "OCCURRED_F", "occurred_to": "OCCURRED_T"}


def test_utc_column_is_taken_before_the_local_one():
    for columns in (["DATETIME_LOCAL", "DATETIME_UTC"], ["UTC Date Time", "Date Time"]):
        assert column_names.names_utc(recognise(columns, "gunfire")["occurred"])


def test_mapping_wins_and_can_leave_a_role_out(city, tmp_path):
    frame = frame_of("Crime_Incidents_in_2017.csv").rename(columns={"OFFENSE": "what", "CCN": "№", "BLOCK": "Straße"})
    frame["CRIME"] = "ARSON"
    frame.to_csv(tmp_path / "odd.csv", index=False)
    mapping = {"offence": "WHAT", "id": "№", "block": ""}
    for given in (mapping, json.dumps(mapping)):
        result = IMPORT["incidents"](city("dc"), tmp_path / "odd.csv", mapping=given)
        assert result.added > 50 and result.mapping["offence"] == "what" and result.mapping["id"] == "№"
        assert "CRIME" in result.dropped_columns and "Straße" in result.dropped_columns


def test_mapping_knows_the_names_of_our_own_columns():
    found = recognise(["a", "b", "c"], "incidents", {"incident_id": "a", "crime_type": "b", "reported_utc": "c"})
    assert found == {"id": "a", "offence": "b", "reported": "c"}


@pytest.mark.parametrize("mapping,words", [
    ({"id": "no such"}, ["no such", "CCN, REPORT_DAT"]), ({"colour": "CCN"}, ["colour", "offence"]),
    ("{broken", ["MAPPING", "JSON"]), (["CCN"], ["MAPPING"])])
def test_wrong_mappings_get_a_sentence(city, mapping, words):
    workspace = city("dc")
    before = workspace.content_hash()
    with pytest.raises(ConnectError) as error:
        IMPORT["incidents"](workspace, SAMPLES / "Crime_Incidents_in_2017.csv", mapping=mapping)
    assert all(word in error.value.user for word in words)
    assert workspace.content_hash() == before


@pytest.mark.parametrize("drop,words", [
    (["OFFENSE"], "the offence"), (["REPORT_DAT", "START_DATE", "END_DATE"], "the time"),
    (["X", "Y", "XBLOCK", "YBLOCK", "LATITUDE", "LONGITUDE"], "a position"),
    (["OFFENSE", "X", "Y", "XBLOCK", "LATITUDE"], "the offence and a position")])
def test_missing_columns_are_named_with_the_columns_there_are(city, tmp_path, drop, words):
    frame_of("Crime_Incidents_in_2018.csv").drop(columns=drop).to_csv(tmp_path / "less.csv", index=False)
    with pytest.raises(ConnectError) as error:
        IMPORT["incidents"](city("dc"), tmp_path / "less.csv")
    assert words in error.value.user and "MAPPING" in error.value.user and "CCN, " in error.value.user


def test_what_was_guessed_is_returned_and_recorded(city):
    workspace = city("dc")
    result = IMPORT["gunfire"](workspace, SAMPLES / "shotspotter_dc_foia_2006_2013.csv")
    kept = workspace.read("imports").iloc[0]
    assert result.mapping == {"id": "Incident ID", "kind": "Type", "occurred": "Date Time",
                              "longitude": "Longitude-100meter", "latitude": "Latitude-100meter"}
    assert kept["mapping"] == {**result.mapping, "source_crs": "EPSG:4326", "source_timezone": "America/New_York"}
    assert kept["counts"] == result.counts and kept["dropped_columns"] == ["Coverage Area"]
    assert kept["table_name"] == "gunfire" and kept["input"] == "shotspotter_dc_foia_2006_2013.csv"
    assert len(kept["input_hash"]) == 64


OFFENCES = {
    "homicide": "HOMICIDE;Murder & Non-negligent Manslaughter;MURDER 1ST DEGREE;Murder",
    "robbery": "ROBBERY;Robbery - Knife;CARJACKING;Armed Robbery;ATTEMPTED ROBBERY",
    "aggravated_assault": "ADW;ASSAULT W/DANGEROUS WEAPON;Aggravated Assault;ASSAULT, AGGRAVATED;FELONY ASSAULT;"
                          "ASSAULT WITH DEADLY WEAPON;Attempted Murder;AGG BATTERY;Assault - Firearm",
    "burglary": "BURGLARY;Burglary/Breaking & Entering;BREAKING AND ENTERING;B&E;Residential Burglary",
    "motor_vehicle_theft": "STOLEN AUTO;MOTOR VEHICLE THEFT;Auto Theft;GRAND LARCENY OF MOTOR VEHICLE;VEHICLE - STOLEN;"
                           "Theft of Motor Vehicle;UUMV",
    "theft": "THEFT;THEFT F/AUTO;THEFT/OTHER;Theft From Motor Vehicle;Shoplifting;Larceny-Theft;Pocket-picking;"
             "Burglary of Vehicle;Theft of Motor Vehicle Parts or Accessories;PETIT LARCENY;Theft of Firearm",
    "gunfire": "SHOTS FIRED;415 SHOT SPOTTER GUN;Discharging Firearm",
    BIASED: "Drug/Narcotic Violations;PROSTITUTION;Disorderly Conduct;Weapon Law Violations;DUI;Driving Drunk;"
            "Gambling;TRAFFIC;Warrant Arrest;Loitering;Liquor Laws;VICE;Carrying Concealed Weapon;Trespassing",
    OTHER: "SEX ABUSE;ARSON;Simple Assault;FRAUD;Identity Theft;Vandalism;Negligent Manslaughter;Vehicular Homicide;"
           "Stolen Property Offenses;Kidnapping;Unauthorized use of credit card;",
}


@pytest.mark.parametrize("code", OFFENCES)
def test_offences_in_agencies_words(code):
    wrong = {word: crime_type(word) for word in OFFENCES[code].split(";") if crime_type(word) != code}
    assert not wrong


def test_kinds_of_alerts_in_agencies_words():
    assert {word: alert_kind(word) for word in ("Multiple_Gunshots", "Single Gunshot", "Gunshot_or_Firecracker", "",
                                                "Probable Gunfire", "415 SHOT SPOTTER GUN", "MSST", "Barking dog")} == {
        "Multiple_Gunshots": "multiple", "Single Gunshot": "single", "Gunshot_or_Firecracker": "firecracker",
        "": "unknown", "Probable Gunfire": "probable", "415 SHOT SPOTTER GUN": "unknown", "MSST": "multiple",
        "Barking dog": None}


def test_no_code_knows_a_city_or_a_file():
    folder = SAMPLES.parents[2] / "shotspotter_connect_plugin" / "workspace" / "imports"
    words = ("washington", "district of columbia", "oakland", "kansas", "new york", "nypd", "opendata", "26985", "2263",
             "2227", "crime_incidents")
    files = sorted(folder.glob("*.py"))
    assert len(files) > 15
    for path in files:
        # Comments name the publishers of tables of codes; code knows systems of codes only.
        text = ast.unparse(ast.parse(path.read_text(encoding="utf-8"))).lower().replace("america/new_york", "")
        assert not [word for word in words if word in text], path.name


def test_delimiters_encodings_and_packed_files_are_read_alike(city, tmp_path):
    frame = frame_of("Crime_Incidents_in_2018.csv")
    frame.loc[0, "BLOCK"] = "3100 BLOCK OF PEÑA STREET NW"
    results = []
    for name, options in (("a.csv", {}), ("b.csv.gz", {"compression": "gzip"}), ("c.txt", {"sep": "|"}),
                          ("d.csv", {"encoding": "cp1252"}), ("e.csv", {"encoding": "utf-16"}),
                          ("f.tsv", {"sep": "\t", "lineterminator": "\r\n"}),
                          ("g.csv", {"quoting": csv.QUOTE_ALL, "encoding": "utf-8-sig"})):
        frame.to_csv(tmp_path / name, index=False, **options)
        workspace = city("dc")
        result = IMPORT["incidents"](workspace, tmp_path / name)
        assert adds_up(result)
        results.append(core(workspace, "incidents"))
        assert "3100 block Peña St NW" in set(results[-1]["block"])
    for other in results[1:]:
        pd.testing.assert_frame_equal(results[0], other)


def test_layers_and_excel_are_read_like_text(city, tmp_path):
    frame = frame_of("Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv")
    frame.to_excel(tmp_path / "alerts.xlsx", index=False)
    features = [{"type": "Feature", "properties": row, "geometry": {
        "type": "Point", "coordinates": [float(row["LONGITUDE"]), float(row["LATITUDE"])]}}
        for row in frame.drop(columns=["X", "Y"]).to_dict("records")]
    (tmp_path / "alerts.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    tables = []
    for name in ("alerts.xlsx", "alerts.geojson"):
        workspace = city("dc")
        IMPORT["gunfire"](workspace, tmp_path / name)
        tables.append(core(workspace, "gunfire"))
    plain = city("dc")
    IMPORT["gunfire"](plain, SAMPLES / "Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv")
    for table in tables:
        columns = ["alert_id", "kind", "occurred_utc", "shift_date", "shift", "box_id", "x", "y"]
        pd.testing.assert_frame_equal(table[columns], core(plain, "gunfire")[columns])


@pytest.mark.parametrize("east,north", [("LONGITUDE_X", "LATITUDE_Y"), ("X_LONGITUDE", "Y_LATITUDE"),
                                        ("Longitude (X)", "Latitude (Y)"), ("XLong", "YLat"), ("Long_X", "Lat_Y")])
def test_a_name_may_tell_the_axis_twice(east, north):
    found = recognise([north, "Offense", east], "incidents", {})
    assert (found["longitude"], found["latitude"]) == (east, north)


@pytest.mark.parametrize("column,texts,tells", [
    ("Reviewer Result", ["", "Confirmed", "Not Gunfire"], True), ("Final", ["Gunfire", "Construction"], True),
    ("Street", ["HAMMER ST", "SHOOTING STAR LN"], False), ("Final", ["Construction", "Roofing"], False),
    ("Notes", ["Confirmed", "Not Gunfire"], False)])
def test_a_review_is_known_by_its_words(column, texts, tells):
    assert tells_reviews(texts, column) == tells
