"""Nothing about persons gets behind the importers, whatever a column is called or mapped to."""
import json
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from public_exports import IMPORT, SAMPLES, adds_up

from shotspotter_connect_plugin.workspace.imports import census_columns, row_source, synonyms
from shotspotter_connect_plugin.workspace.imports.block_names import normalise
from shotspotter_connect_plugin.workspace.imports.privacy import about_persons, values_about_persons, without_contacts

DC = "Crime_Incidents_in_2017.csv"


@pytest.mark.parametrize("column", [
    "PERP_RACE", "VIC_SEX", "VIC_AGE_GROUP", "Victim Name", "Suspect", "DOB", "Date of Birth", "Phone", "PH_NUM",
    "E-mail", "License Plate", "SSN", "Driver's License No", "OfficerName", "LastName", "first_name", "Ethnicity",
    "victimAge", "Gender", "Complainant", "SuspectRace", "TELEPHONE", "Reporting Officer Name", "Alias"])
def test_names_of_columns_about_persons(column):
    assert about_persons(column)


PERSONAL = """
    VictimName victim_name VICTIM|NAME SuspectDOB vic_name VICTIMNAME victimname Victim1Name VICTIM_1_NAME
    Victim's|Name Name|of|Victim VicRace VICRACE Vict|Sex Vict|Age Vict|Descent SUSPECT_NA VICTIM_NAM COMPLAINAN
    D.O.B. DoB dob dateofbirth DATEOFBIRTH BirthDate Year|of|birth YOB eMail EMAIL_ADDRESS emailaddress Phone#
    PhoneNumber Cell|Phone CELLPHONE cell_no Home|Phone Fax Contact|Number CALLBACK_NUM TELEPHONE|NO DRIVERSLICENSE
    DL# DL_NUM OLN MNI S.S.N. Social|Security|Number socialsecurity Passport|No LICENSEPLATE Plate|No TAG_NO VIN
    Ethnicity ETHNICGROUP Hispanic sexcode perp_sex PERPSEX susprace SUSP_RACE AGE_GROUP VIC_AGE_GROUP
    Age|At|Incident FNAME L_NAME LName lastname LASTNAME NAME_LAST Last,|First Middle|Initial Surname AKA
    Suspect|Alias Nickname Maiden|name FullName person_full_name OFFICERNAME Officer|1|Name OFCR_NAME NAME_OFFICER
    Driver|Name drivername Operator|Name Employee|Name Registered|Owner|Name Vehicle|Owner|Name Caller Caller|Name
    Contact|Name Suspect|2 Suspects Victim/Complainant Complainant|Address VictimAddress Home|Address Suspect|Height
    RP|Name R/P|Phone Reporting|Party|Name subject_name DEF_NAME ARRESTEE_NM Juvenile|Name INMATE|NAME User|Name
    Witness WITNESS_NAME
    """.split()


@pytest.mark.parametrize("column", [name.replace("|", " ") for name in PERSONAL])
def test_habits_of_agencies_for_columns_about_persons(column):
    assert about_persons(column)


THINGS = """
    Device|Name DeviceName device_name DEVICENAME devicename GPS|Device|Name Device|Alias Service|Name Vehicle|alias
    vehicle.alias Unit|name Unit|Alias Radio|Alias Asset|Tag|Number Car|Nickname Fleet|Name Street|Full|Name
    Station|Name Shift|Name Beat|name Event|name Agency|Name Vehicle|Service|Name OFFICER_UNIT_NAME
    Officer|Vehicle|Name Vicinity VICINITY Perpendicular Convict|Count Advice Evidence Subjective Provider|Name
    Interface|name Phonetic|code Plateau Invoice|No Dosage Mileage Average Manage Trace RACECOURSE Surface
    Birmingham Birch|St SEX|ABUSE Sex|Offense|Flag GPS|Age Fix|Age Victim|Count Num|Victims Subject|Type Officer
    Officer|ID Badge Employee|ID Reporting|District|Name
    """.split()


@pytest.mark.parametrize("column", [name.replace("|", " ") for name in THINGS])
def test_names_of_things_are_no_names_of_persons(column):
    assert not about_persons(column)


def test_no_name_of_a_column_that_is_read_is_about_persons():
    names = [(table, role, word) for table, roles in synonyms.COLUMN_ROLES.items() for role, words in roles.items()
             for word in words]
    assert len(names) > 900
    assert [name for name in names if any(about_persons(form) for form in (
        name[2], name[2].upper(), name[2].title()))] == []
    assert [word for word in census_columns.AREA_NAMES if about_persons(word)] == []


def test_columns_of_the_exports_that_are_used_are_not_about_persons():
    for column in ("CCN", "OFFENSE", "BLOCK", "REPORT_DAT", "Lat (100)", "SHIFT", "OCCUR_DATE", "DATE___TIM", "Type",
                   "Incident ID", "Location", "ADDRESS", "TRADE_NAME", "NAME", "STORENAME", "PAGE", "STAGE", "Terrace",
                   "Fairfax Avenue", "Essex", "Osborn", "Coverage Area", "STATISTICAL_MURDER_FLAG", "Message"):
        assert not about_persons(column), column


@pytest.mark.parametrize("values,what", [
    (["SMITH, JOHN", "DOE, JANE A", "O'NEIL, MARY", "GARCIA, JOSE JR"], "names"),
    (["John Smith", "Mary Jane Watson", "Robert Johnson", "Linda Garcia", "Michael Brown"], "names"),
    (["a.b@example.org"] + ["17000123"] * 9, "e-mail addresses"), (["(202) 555-0123", "202-555-0188"], "phone numbers"),
    (["123-45-6789", "987-65-4321"], "identity numbers"),
    (["ABC 1234", "XYZ-987", "KLM4411", "QRS 2201", "BTU 917"], "number plates")])
def test_values_about_persons(values, what):
    assert values_about_persons(values * 5) == what or values_about_persons(values) == what


@pytest.mark.parametrize("values", [
    ["17187047", "17187069"], ["816-65422", "816-163942"], ["53-88291", "52-46288"], ["LOP080103000033"],
    ["5D39700", "7D214899", "6D173945"], ["INC0001", "INC0002", "INC0003"], ["02111617-01", "07093973-01"],
    ["3100 - 3299 BLOCK OF V STREET NE"], ["Rite Aid", "Harris Teeter", "Giant Food"], ["173354054", "79378503"],
    ["2017012345", "2017012346"], ["Safeway", "12TH Street Exxon", "Martin Luther King Memorial Library"]])
def test_values_that_are_not_about_persons(values):
    assert values_about_persons(values * 3) == ""


def test_single_contacts_among_other_values_are_emptied():
    texts = ["2200 B/O ONTARIO RD NW", "call 202-555-0123", "x@y.org", "078-05-1120", "816-65422"]
    kept, count = without_contacts(texts)
    assert kept.tolist() == ["2200 B/O ONTARIO RD NW", "", "", "", "816-65422"] and count == 3


def everything(workspace):
    """All that a workspace holds, as one text."""
    return " ".join(str(workspace.read(table).to_dict("records")) for table in ("incidents", "gunfire", "imports"))


def test_columns_about_persons_are_dropped_and_named(city):
    workspace = city("nyc")
    result = IMPORT["incidents"](workspace, SAMPLES / "NYPD_Shooting_Incident_Data__Historic_.csv")
    personal = ["PERP_AGE_GROUP", "PERP_SEX", "PERP_RACE", "VIC_AGE_GROUP", "VIC_SEX", "VIC_RACE"]
    assert set(personal) <= set(result.dropped_columns)
    assert any("race" in warning and all(column in warning for column in personal) for warning in result.warnings)
    assert not any(word in everything(workspace).replace(json.dumps(personal), "") for word in (
        "BLACK", "HISPANIC", "25-44", "18-24"))


@pytest.mark.parametrize("role,column,values", [
    ("id", "number", ["SMITH, JOHN {}", "DOE, JANE {}"]), ("block", "where", ["Mary Jones", "John Smith"]),
    ("id", "Victim", ["4711-{}", "0815-{}"]), ("id", "n", ["202-555-0{}", "(202) 555-0{}"]),
    ("block", "b", ["j.smith{}@example.org", "mary{}@example.org"]),
    ("address", "SUSPECT_NAME", ["1 Main St", "2 Main St"])])
def test_persons_are_dropped_even_when_mapped(city, tmp_path, role, column, values):
    frame = pd.read_csv(SAMPLES / DC, dtype=str, keep_default_na=False).drop(columns=["BLOCK", "CCN"])
    frame[column] = [values[row % 2].format(100 + row) for row in range(len(frame))]
    frame.to_csv(tmp_path / "a.csv", index=False)
    workspace = city("dc")
    result = IMPORT["incidents"](workspace, tmp_path / "a.csv", mapping={role: column})
    assert adds_up(result) and result.added > 50
    assert column in result.dropped_columns and role not in result.mapping
    assert any(column in warning for warning in result.warnings)
    text = everything(workspace).lower()
    assert not any(word in text for word in ("smith", "jane", "jones", "4711-", "555-0", "example.org", "main st"))


def test_birth_dates_are_dropped_even_when_mapped(city, tmp_path):
    frame = pd.read_csv(SAMPLES / DC, dtype=str, keep_default_na=False)
    frame["when"] = [f"{1950 + row % 55}-05-{1 + row % 28:02d}" for row in range(len(frame))]
    frame.to_csv(tmp_path / "a.csv", index=False)
    workspace = city("dc")
    result = IMPORT["incidents"](workspace, tmp_path / "a.csv", mapping={"occurred": "when"})
    assert "when" in result.dropped_columns and any("birth dates" in warning for warning in result.warnings)
    plain = city("dc")
    assert IMPORT["incidents"](plain, SAMPLES / DC).counts == result.counts
    assert workspace.read("incidents")["occurred_from_utc"].equals(plain.read("incidents")["occurred_from_utc"])


def test_nothing_of_a_dropped_column_is_kept(city, tmp_path):
    frame = pd.read_csv(SAMPLES / DC, dtype=str, keep_default_na=False)
    frame["NARRATIVE"] = "the secret of row " + frame["CCN"]
    frame.to_csv(tmp_path / "a.csv", index=False)
    workspace = city("dc")
    result = IMPORT["incidents"](workspace, tmp_path / "a.csv", rejects=str(tmp_path / "r.csv"))
    assert "NARRATIVE" in result.dropped_columns
    kept = everything(workspace) + (tmp_path / "r.csv").read_text() + str(result)
    assert "secret" not in kept and "secret" not in open(workspace.address, "rb").read().decode("latin-1")


# Block names


@pytest.mark.parametrize("text,block,house", [
    ("3100 - 3299 BLOCK OF V STREET NE", "3100 block V St NE", 0),
    ("2200 B/O ONTARIO RD NW", "2200 block Ontario Rd NW", 0),
    ("UNIT B/O K ST NW", "Unit block K St NW", 0), ("1 - 99 BLOCK OF H STREET NW", "Unit block H St NW", 0),
    ("625 - 699 BLOCK OF 7TH STREET NE", "600 block 7th St NE", 0), ("37TH ST NW & O ST NW", "37th St NW & O St NW", 0),
    ("1500 1699  BLOCK OF ALABAMA AVENUE SE", "1500 block Alabama Ave SE", 0),
    ("1234 Main St", "1200 block Main St", 1), ("1234 Main St Apt 5", "1200 block Main St", 1),
    ("1313 1/2 ELM ST UNIT 4", "1300 block Elm St", 1), ("MAIN ST 1234 OAK AVE", None, 0),
    ("1234B Main St, Springfield, IL 62701", "1200 block Main St", 1), ("12-B MAIN ST", "Unit block Main St", 1),
    ("023XX S ROBEY ST", "2300 block S Robey St", 0), ("100 Block MAIN ST", "100 block Main St", 0),
    ("1234 MAIN ST / OAK AVE", "1200 block Main St", 1), ("12 14TH ST SE", "Unit block 14th St SE", 1),
    ("12TH ST NW", "12th St NW", 0), ("John Smith", None, 0), ("JANE DOE, 1234 MAIN ST", None, 0), ("", None, 0),
    ("next to the bar", None, 0), ("202-555-0123", None, 0)])
def test_block_names(text, block, house):
    blocks, houses = normalise([text])
    assert (blocks.tolist(), houses) == ([block], house)


@given(st.integers(1, 99999), st.sampled_from(["", "A", "-B", " 1/2", "-7", " C"]),
       st.sampled_from(["MAIN ST", "5TH AVE NW", "N K RD"]),
       st.sampled_from(["", " APT 77", " #77", ", UNIT 77", " STE 77", " FL 77"]))
@settings(max_examples=200, deadline=None)
def test_no_house_number_gets_through(number, letter, street, flat):
    block = normalise([f"{number}{letter} {street}{flat}"])[0][0]
    if block is not None:
        numbers = re.findall(r"\d+", block.replace("5th", ""))
        assert numbers in ([], [str(number // 100 * 100)])


def test_house_numbers_are_coarsened_and_said_so(city, tmp_path):
    frame = pd.read_csv(SAMPLES / DC, dtype=str, keep_default_na=False).drop(columns="BLOCK")
    frame["ADDRESS"] = [str(1201 + row) + " V Street NE Apt 3" for row in range(len(frame))]
    frame.to_csv(tmp_path / "a.csv", index=False)
    workspace = city("dc")
    result = IMPORT["incidents"](workspace, tmp_path / "a.csv")
    assert set(workspace.read("incidents")["block"]) == {"1200 block V St NE"}
    assert "House numbers in column ADDRESS were coarsened to their block." in result.warnings


def test_single_contacts_are_counted_once_even_if_the_file_has_to_be_read_again(city, tmp_path, monkeypatch):
    monkeypatch.setattr(row_source, "CHUNK_ROWS", 10)
    frame = pd.read_csv(SAMPLES / DC, dtype=str, keep_default_na=False).rename(columns={"BLOCK": "{block}"})
    frame.loc[frame.index[[3, 7]], "{block}"] = "202-555-0123", "x@example.org"
    frame.loc[frame.index[-1], "{block}"] = "Peña Street"
    frame["BID"] = "x" * 5000
    frame.to_csv(tmp_path / "a.csv", index=False, encoding="cp1252")
    workspace = city("dc")
    result = IMPORT["incidents"](workspace, tmp_path / "a.csv", mapping={"block": "{block}"})
    assert "2 values of column {block} look like contacts of persons and were dropped." in result.warnings
    assert "555-0123" not in everything(workspace) and workspace.read("incidents")["block"].isna().sum() == 2
