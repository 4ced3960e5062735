"""Which columns tell the offence, and what they say together: by what stands in them, whatever their names."""
import pandas as pd
import pytest
from public_exports import IMPORT, adds_up

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports import offence_codes, offences
from shotspotter_connect_plugin.workspace.imports.offence_columns import choose_offence_columns
from shotspotter_connect_plugin.workspace.imports.offence_reading import UNKNOWN, distinct_offences, offence_meaning
from shotspotter_connect_plugin.workspace.imports.preview import preview_file
from shotspotter_connect_plugin.workspace.imports.taken_back import TAKEN_BACK

OTHER, UNCLEAR, NO_CRIME = offences.OTHER, offences.UNCLEAR, offences.NO_CRIME


@pytest.mark.parametrize("category,detail,meant", [
    ("ASSAULT", "AGGRAVATED: HANDGUN", "aggravated_assault"), ("BATTERY", "SIMPLE", OTHER), ("ASSAULT", "", UNCLEAR),
    ("BATTERY", "DOMESTIC BATTERY SIMPLE", OTHER), ("Assault", "Simple Assault · Battery", OTHER),
    ("VEHICLE THEFT", "3921 Theft by Unlawful Taking or Disposition.", "motor_vehicle_theft"),
    ("THEFT", "3921 Theft by Unlawful Taking or Disposition.", "theft"), ("BURGLARY", "BURGLARY OF VEHICLE", "theft"),
    ("THEFT", "OF MOTOR VEHICLE", "motor_vehicle_theft"), ("LARCENY", "FROM MOTOR VEHICLE", "theft"),
    ("HOMICIDE", "NEGLIGENT", OTHER), ("HOMICIDE", "RECKLESS HOMICIDE", OTHER), ("ROBBERY", "UNFOUNDED", NO_CRIME),
    ("HOMICIDE", "ATTEMPT", "aggravated_assault"), ("HOMICIDE", "FIRST DEGREE MURDER", "homicide"),
    ("WEAPONS VIOLATION", "RECKLESS FIREARM DISCHARGE", "gunfire"), ("BURGLARY", "TOOL SHED", "burglary"),
    ("BURGLARY", "TOOLS", NO_CRIME), ("ROBBERY", "ALARM", NO_CRIME), ("LARCENY/THEFT", "THEFT OF IDENTITY", OTHER),
    ("AGGRAVATED ASSAULT", "SIMPLE ASSAULT", UNCLEAR), ("WARRANT ARREST", "ROBBERY", offences.BIASED)])
def test_a_category_and_its_detail_are_read_together(category, detail, meant):
    found = offence_meaning(category, detail)
    assert found.crime_type == meant and found.why
    if " · " not in detail:
        assert offence_meaning(detail, category).crime_type == meant  # whichever column is called the detail


def test_a_code_decides_only_where_words_do_not():
    assert offence_meaning("ASSAULT", code="13A", systems=("NIBRS",)).crime_type == "aggravated_assault"
    assert offence_meaning("ROBBERY", code="13A", systems=("NIBRS",)).crime_type == "robbery"
    assert offence_meaning("Vol", code="23H", systems=("NIBRS",)).crime_type == "theft"
    assert offence_meaning("ASSAULT", code="13A").crime_type == UNCLEAR
    assert offence_meaning("Vorfall") == (OTHER, UNKNOWN)
    assert "UCR and NIBRS" in offence_meaning("220", systems=("UCR", "NIBRS")).why
    assert offence_meaning("", code="4711").crime_type == UNCLEAR


def test_the_disposition_of_a_row_counts():
    assert offence_meaning("ROBBERY", disposition="U--UNFOUNDED").crime_type == NO_CRIME
    assert offence_meaning("ROBBERY", disposition="Exceptional clearance").crime_type == "robbery"


CODES = {
    "UCR": "0110 0311 0420 0511 0640 0710 0810 2600", "St. Louis": "10000 31112 41013 51122 69702 71013 265321",
    "NIBRS": "09A 120 13A 13B 220 23F 23H 240 290 90Z", "Chicago IUCR": "0110 031A 0420 041A 0610 0820 0860 0910 1320",
    "FBI": "01A 03 04A 04B 05 06 07 08B 14 26",
    "Texas": "09990020 12990002 13150004 22990001 22990002 24110003 35990014"}
TYPES = {
    "UCR": "homicide robbery aggravated_assault burglary theft motor_vehicle_theft - -",
    "St. Louis": "homicide robbery aggravated_assault burglary theft motor_vehicle_theft -",
    "NIBRS": "homicide robbery aggravated_assault - burglary theft theft motor_vehicle_theft - -",
    "Chicago IUCR": "homicide robbery aggravated_assault aggravated_assault burglary theft theft motor_vehicle_theft -",
    "FBI": "homicide robbery aggravated_assault aggravated_assault burglary theft motor_vehicle_theft - - -",
    "Texas": "- robbery aggravated_assault burglary burglary motor_vehicle_theft -"}
# What the publishers' own tables say of a code, and what it is taken for.
PUBLISHED = [
    ("UCR", "450", "assault, bodily injury only", OTHER), ("UCR", "440", "hands", "aggravated_assault"),
    ("UCR", "0114", "killing of police by a felon", UNCLEAR), ("UCR", "0112", "killing of a felon by police", OTHER),
    ("UCR", "0711", "recovered by police", UNCLEAR), ("UCR", "724", "auto theft", "motor_vehicle_theft"),
    ("FBI", "01B", "involuntary manslaughter", OTHER), ("FBI", "08B", "simple battery", OTHER), ("FBI", "01", "", None),
    ("St. Louis", "10000", "homicide", "homicide"), ("St. Louis", "13001", "", None),
    ("St. Louis", "91113", "simple assault", OTHER), ("St. Louis", "45001", "", None),
    ("NIBRS", "620", "wildlife trafficking", OTHER), ("NIBRS", "23H", "all other larceny", "theft"),
    ("Chicago IUCR", "0440", "hands, no injury", OTHER), ("Chicago IUCR", "141C", "weapon", offences.BIASED),
    ("Chicago IUCR", "0493", "aggravated, other weapon", "aggravated_assault"), ("Chicago IUCR", "0535", "", None),
    ("Chicago IUCR", "0842", "identity theft", OTHER), ("Chicago IUCR", "502T", "tampering", OTHER),
    ("NCIC", "0999", "homicide", UNCLEAR), ("NCIC", "0910", "negligent manslaughter", OTHER),
    ("NCIC", "1313", "simple assault", OTHER), ("NCIC", "1210", "forcible purse snatching", "robbery"),
    ("NCIC", "2206", "burglary tools", NO_CRIME), ("NCIC", "2402", "theft and strip", UNCLEAR),
    ("NCIC", "2411", "unauthorized use", "motor_vehicle_theft"),
    ("NCIC", "2350", "", UNCLEAR), ("NCIC", "1501", "", None),
    ("Michigan", "1301", "assault and battery", OTHER), ("Michigan", "2401", "stolen", "motor_vehicle_theft"),
    ("Michigan", "2204", "tools, or entry without force", UNCLEAR), ("Michigan", "9001", "murder", "homicide"),
    ("Michigan", "24002", "recovered only", OTHER), ("Michigan", "30002", "retail fraud, theft", UNCLEAR),
    ("Texas", "22990002", "burglary of habitation", "burglary"), ("Texas", "22990004", "burglary of vehicle", "theft"),
    ("Texas", "22990003", "habitation, intending assault", UNCLEAR), ("Texas", "23990027", "theft of service", OTHER),
    ("Texas", "13990001", "assault, bodily injury", OTHER), ("Texas", "23999999", "", UNCLEAR),
    ("Texas", "9990017", "homicide", UNCLEAR), ("KY", "342", "petit larceny of motor vehicle", "motor_vehicle_theft"),
    ("KY", "353", "unauthorized use of a vehicle", "motor_vehicle_theft"), ("KY", "343", "theft of services", OTHER),
    ("KY", "117", "dangerous drugs", offences.BIASED), ("KY", "880", "", None),
    ("Crm Cd", "522", "scooters, bicycles, wheelchairs", UNCLEAR), ("Crm Cd", "761", "brandish weapon", UNCLEAR),
    ("Crm Cd", "480", "bike stolen", "theft"), ("Crm Cd", "521", "", None)]


@pytest.mark.parametrize("system,code,says,meant", PUBLISHED)
def test_a_code_means_what_its_publisher_says_and_unlisted_ones_nothing(system, code, says, meant):
    found = offence_codes.code_meaning(code, (system,))
    assert (found and found[0]) == meant, says


def test_file_classes_of_michigan_are_no_codes_of_st_louis():
    classes = ("09001 09002 11001 11007 12000 13001 13002 13003 22001 22002 23005 23007 24001 24002 29000 35001 41002 "
               "50000 52001 53001 54001").split()
    assert offence_codes.systems_of(classes, "charge") == ("Michigan",)
    assert offence_codes.systems_of(CODES["St. Louis"].split(), "Crime") == ("St. Louis",)


def test_assaults_that_michigan_does_not_know_show_ncic_and_what_is_unclear_contradicts_no_words():
    codes = "0911 1205 1304 1313 1315 2202 2305 2402 2404 3562".split()
    assert offence_codes.systems_of(codes, "OFFENSE_CODE") == ("NCIC",)
    words = ["homicide", "robbery", "", "", "", "", "", "motor_vehicle_theft", "motor_vehicle_theft", ""]
    assert offence_codes.systems_of(codes, "OFFENSE_CODE", words) == ("NCIC",)


@pytest.mark.parametrize("system", CODES)
def test_a_column_of_codes_shows_its_system(system):
    codes = CODES[system].split()
    systems = offence_codes.systems_of(codes, "Code")
    assert system in systems
    found = [offence_codes.code_meaning(code, (system,)) for code in codes]
    assert [meaning if meaning in offences.SEVERITY else "-" for meaning, _ in found] == TYPES[system].split()


def test_words_beside_codes_tell_which_system_it_is():
    codes, words = ["120", "220", "240", "290"], ["robbery", "burglary", "motor_vehicle_theft", ""]
    assert offence_codes.systems_of(codes, "Offense Code", words) == ("NIBRS",)
    assert offence_codes.systems_of(codes, "Offense Code", ["theft", "theft", "homicide", ""]) == ()


def test_numbers_that_several_systems_know_are_unclear_unless_the_column_names_one():
    crm = "110 210 220 230 310 330 420 440 510 624 740".split()
    systems = offence_codes.systems_of(crm, "Crime Code")
    assert {"UCR", "Crm Cd"} <= set(systems)
    assert offence_codes.code_meaning("510", systems)[0] == UNCLEAR
    assert offence_codes.systems_of(crm, "Crm Cd") == ("Crm Cd",)
    assert offence_codes.systems_of(["1", "2", "3", "5"], "District") == ()


def chosen(**columns):
    return choose_offence_columns(pd.DataFrame({name.replace("_", " "): values for name, values in columns.items()}),
                                  {}, {})


def test_words_win_over_codes_and_boilerplate_and_a_constant_is_no_detail():
    found = chosen(Crime=["31112", "51122", "69702"], Description=["ROBBERY", "BURGLARY", "LARCENY"],
                   Incident_Description=["We are investigating this report of a crime."] * 3,
                   Category_Description=["Theft"] * 3)
    assert found.roles["offence"] == "Description" and "offence_detail" not in found.roles


def test_a_column_that_says_otherwise_is_no_detail():
    found = chosen(Offense=["ROBBERY", "BURGLARY", "LARCENY", "ASSAULT"],
                   Theft_Type=["THEFT FROM AUTO", "SHOPLIFTING", "MOTOR VEHICLE THEFT", "HOMICIDE"])
    assert found.roles == {"offence": "Offense"}


def test_what_somebody_says_wins():
    head = pd.DataFrame({"Primary Type": ["BATTERY", "THEFT"], "Description": ["AGGRAVATED: HANDGUN", "OVER $500"]})
    assert choose_offence_columns(head, {}, {}).roles == {"offence": "Primary Type", "offence_detail": "Description"}
    assert choose_offence_columns(head, {}, {"offence": "Primary Type"}).roles == {"offence": "Primary Type"}
    assert choose_offence_columns(head, {}, {"offence_detail": None}).roles == {"offence": "Primary Type"}


def test_distinct_offences_are_numbered_row_by_row():
    category, detail = pd.Categorical(["A", "B", "A", "A"]), pd.Categorical(["x", "", "x", "y"])
    found, number = distinct_offences(category, [detail])
    assert [found[place][:2] for place in number] == [("A", "x"), ("B", ""), ("A", "x"), ("A", "y")]
    assert len(found) == 3 and distinct_offences(category[:0])[0] == []


PLACE = {"Latitude": "38.9", "Longitude": "-77.0"}


def taken(city, tmp_path, rows, **options):
    frame = pd.DataFrame([{"Case Number": f"C{number}", "Occurred Date": f"2017-03-{number % 28 + 1:02d} 10:30:00",
                           **PLACE, **row} for number, row in enumerate(rows)])
    frame.to_csv(tmp_path / "cases.csv", index=False)
    workspace = city("dc")
    return workspace, IMPORT["incidents"](workspace, tmp_path / "cases.csv", **options)


def test_offences_with_a_yes_or_no_column_each(city, tmp_path):
    names = ["Robbery", "Burglary", "Theft", "VehicleTheft", "AssaultOffense", "Arson"]
    rows = [{name: str(int(name in true)) for name in names} for true in (
        ["Robbery"], ["Burglary", "Theft"], ["VehicleTheft"], ["AssaultOffense"], ["Arson"], ["Robbery", "Theft"])]
    workspace, result = taken(city, tmp_path, rows)
    assert adds_up(result)
    stored = workspace.read("incidents").set_index("incident_id")["crime_type"]
    assert stored.to_dict() == {"C0": "robbery", "C1": "burglary", "C2": "motor_vehicle_theft", "C5": "robbery"}
    assert any("yes-or-no" in warning for warning in result.warnings)
    assert preview_file(city("dc"), tmp_path / "cases.csv").kind == "incidents"


@pytest.mark.parametrize("columns", [
    {"Arrest Number": "A{}", "Arrest Type": "On-view arrest"}, {"ARREST_KEY": "{}", "ARREST_DATE": "2017-03-01"},
    {"Citation Number": "T{}", "Violation": "x"}, {"Booking Date": "2017-03-01", "Charge": "THEFT"},
    {"How": "Taken Into Custody"}])
def test_arrests_and_citations_are_refused(city, tmp_path, columns):
    rows = [{"Offense": "THEFT", **{name: text.format(number) for name, text in columns.items()}}
            for number in range(6)]
    frame = pd.DataFrame(rows).assign(Date="2017-03-02 10:30:00", **PLACE)
    frame.to_csv(tmp_path / "arrests.csv", index=False)
    with pytest.raises(ConnectError, match="arrests or citations") as refusal:
        IMPORT["incidents"](city("dc"), tmp_path / "arrests.csv")
    assert len(refusal.value.user) < 300
    assert any("arrests" in problem for problem in preview_file(
        city("dc"), tmp_path / "arrests.csv", "incidents").problems)


@pytest.mark.parametrize("columns", [
    {"Arrest": ["true", "false"]}, {"arrest_charge": ["23003", "24001"], "charge_description": ["LARCENY", "x"]},
    {"Arrest Date": ["2017-04-01", ""], "Arrest Number": ["A1", ""]}])
def test_incidents_that_tell_of_an_arrest_are_incidents(city, tmp_path, columns):
    rows = [{"Offense": "THEFT", **{name: texts[number % 2] for name, texts in columns.items()}} for number in range(6)]
    assert taken(city, tmp_path, rows)[1].added == 6


def test_rows_with_a_count_below_one_and_what_they_take_back_are_no_incidents(city, tmp_path):
    rows = [{"Case Number": case, "Offense": offence, "Count": count} for case, offence, count in (
        ("A", "ROBBERY", "1"), ("A", "ROBBERY", "-1"), ("B", "BURGLARY", "1"), ("B", "ROBBERY", "-1"),
        ("C", "THEFT", "0"), ("D", "THEFT", "1"), ("E", "THEFT", ""))]
    workspace, result = taken(city, tmp_path, rows)
    assert adds_up(result) and result.reasons == {TAKEN_BACK: 4}
    assert sorted(workspace.read("incidents")["incident_id"]) == ["B", "D", "E"]


def test_an_incident_of_an_earlier_file_that_is_taken_back_is_told(city, tmp_path):
    row = {"Case Number": "A", "Offense": "ROBBERY", "Count": "1"}
    workspace, _ = taken(city, tmp_path, [row])
    frame = pd.read_csv(tmp_path / "cases.csv", dtype=str)
    both = pd.concat([frame.assign(Count="-1"), frame.assign(**{"Case Number": "B"})])
    both.to_csv(tmp_path / "more.csv", index=False)
    result = IMPORT["incidents"](workspace, tmp_path / "more.csv")
    assert result.added == 1
    assert any("1 incidents of an earlier file are taken back" in told for told in result.warnings)


def test_a_disposition_is_found_by_its_words(city, tmp_path):
    words = ["J--CLOSED", "U--UNFOUNDED", "F--CLEARED BY ARREST - ADULT", "D--VICTIM REFUSED", "E--EXCEPTIONAL"]
    _, result = taken(city, tmp_path, [{"Offense": "ROBBERY", "CLSD": word} for word in words])
    assert result.added == 4 and result.reasons == {NO_CRIME: 1} and result.mapping["disposition"] == "CLSD"


def test_words_that_no_rule_knows_are_told_with_their_count(city, tmp_path):
    words = ["ROBBERY", "BURGLARY", "Vorfall", "Vorfall", "Zwischenfall"]
    _, result = taken(city, tmp_path, [{"Offense": word} for word in words])
    assert result.added == 2 and any("Vorfall (2)" in told and "Zwischenfall (1)" in told for told in result.warnings)


@pytest.mark.parametrize("cell,meant", [
    ("13A; 120", "robbery"), ("220\n23F", "burglary"), ("23H/290", "theft"), ("120,13B", "robbery"),
    ("13A; 999", UNCLEAR), ("120|35A", UNCLEAR), ("290; 90Z", OTHER), ("1,305", None), ("220-240", None)])
def test_codes_listed_in_one_cell_are_read_one_by_one(cell, meant):
    found = offence_codes.code_meaning(cell, ("NIBRS",))
    assert (found and found[0]) == meant


def test_a_column_of_lists_of_codes_is_one_of_codes():
    head = pd.DataFrame({"UCR_Incident_Code": ["13A; 120", "220", "240", "23H;290"],
                         "Kind": ["Assault", "Burglary", "Vehicle", "Theft"]})
    alone = choose_offence_columns(head[["UCR_Incident_Code"]], {}, {})
    assert (alone.roles, alone.systems) == ({"offence_code": "UCR_Incident_Code"}, ("NIBRS",))
    beside = choose_offence_columns(head.rename(columns={"Kind": "Description"}), {}, {})
    assert beside.roles == {"offence": "Description", "offence_code": "UCR_Incident_Code"}


def test_a_total_below_the_rows_is_no_number_of_an_incident_and_no_word(workspace, tmp_path):
    path = tmp_path / "crimes.csv"
    rows = [f"230000{day},ROBB,2019-03-0{day} 13:07,-77.0668,38.8371,OPEN" for day in range(1, 7)]
    path.write_text("\n".join(["Case #,Crime,Occurred,Longitude,Latitude,Disposition", *rows, "Total,6,,,,", ""]))
    result = IMPORT["incidents"](workspace, path)
    assert (result.mapping["id"], result.added, result.rejected) == ("Case #", 6, 1)
    assert not any("wait for a decision" in told for told in result.warnings)
