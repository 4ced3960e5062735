"""A file in which no column tells the offence: it asks of which one type all its rows are, and remembers the answer."""
import pandas as pd
import pytest
from made_towns import new_town, square
from public_exports import adds_up

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.one_crime_type import CrimeTypeUnknown
from shotspotter_connect_plugin.workspace.imports.preview import preview_file

COUNT = 12


@pytest.fixture
def city(tmp_path):
    with new_town(tmp_path / "town.gpkg", square(0, 0, 8)) as workspace:
        yield workspace


def break_ins(path, month=3, **more):
    """A desk's own list of burglaries, in metres: nothing in it says that they are."""
    pd.DataFrame({"Case Number": [f"{month}-{number}" for number in range(COUNT)],
                  "Occurred Date": [f"2017-{month:02d}-{number + 10} 10:30" for number in range(COUNT)],
                  "X": 320_400 + 90 * pd.RangeIndex(COUNT), "Y": 4_300_300, **more}).to_csv(path, index=False)
    return path


def test_it_is_asked_with_the_types_of_the_workspace(city, tmp_path):
    path = break_ins(tmp_path / "list.csv")
    with pytest.raises(CrimeTypeUnknown) as asked:
        import_incidents(city, path)
    assert asked.value.parameter == "CRIME_TYPE" and "CRIME_TYPE" in asked.value.user and len(asked.value.user) < 300
    assert asked.value.choices["motor_vehicle_theft"] == "Motor vehicle theft"
    assert "CRIME_TYPE" not in asked.value.question
    assert not city.count("incidents") and not city.count("imports")
    found = preview_file(city, str(path), "incidents")
    assert found.question.choices == asked.value.choices and found.problems == [found.question.question]


@pytest.mark.parametrize("said", ["burglary", "Burglary", " BURGLARY"])
def test_the_answer_counts_and_is_remembered_for_the_source(city, tmp_path, said):
    result = import_incidents(city, break_ins(tmp_path / "march.csv"), crime_type=said)
    assert adds_up(result) and result.added == COUNT
    assert set(city.read("incidents")["crime_type"]) == {"burglary"}
    assert city.read("incidents")["firearm"].isna().all()
    assert city.read("imports")["given"].iloc[-1]["crime_type"] == "burglary"
    later = break_ins(tmp_path / "april.csv", 4)
    assert not preview_file(city, str(later)).problems
    result = import_incidents(city, later)
    assert result.added == COUNT and any("crime type burglary" in told for told in result.warnings)
    with pytest.raises(CrimeTypeUnknown):
        import_incidents(city, later, mapping={})


def test_gunfire_of_reports_goes_where_reports_of_gunfire_go(city, tmp_path):
    import_incidents(city, break_ins(tmp_path / "shots.csv"), crime_type="gunfire")
    assert set(city.read("incidents")["crime_type"]) == {"gunfire"} and not city.count("gunfire")


@pytest.mark.parametrize("said", ["narcotics", "drugs", "not counted", "8"])
def test_what_is_no_type_of_the_workspace_is_refused(city, tmp_path, said):
    with pytest.raises(ConnectError, match="choose one of: gunfire, homicide"):
        import_incidents(city, break_ins(tmp_path / "list.csv"), crime_type=said)
    assert not city.count("incidents")


def test_one_type_never_overrides_a_column_that_tells(city, tmp_path):
    path = break_ins(tmp_path / "list.csv", Offense="Residential")
    with pytest.raises(ConnectError, match="Column Offense of list.csv tells"):
        import_incidents(city, path, crime_type="robbery")
    result = import_incidents(city, path, crime_type="robbery", mapping={"offence": ""})
    assert result.added == COUNT


def test_where_more_is_missing_that_is_said_first(city, tmp_path):
    path = tmp_path / "nothing.csv"
    path.write_text("Case Number,X,Y\n1,320400,4300300\n")
    with pytest.raises(ConnectError, match="no column for the offence and the time"):
        import_incidents(city, path)
    with pytest.raises(ConnectError, match="no column for the time"):
        import_incidents(city, path, crime_type="robbery")


LEFT_OUT = dict.fromkeys(("offence", "offence_code", "offence_flag"), "")
NARCOTICS_LATE = ["ROBBERY"] * (COUNT - 1) + ["NARCOTICS"]


@pytest.mark.parametrize("columns", [
    {"Offense": ["NARCOTICS"] * COUNT}, {"Offense": NARCOTICS_LATE}, {"was es war": NARCOTICS_LATE},
    {"was es war": ["DUI", "DRUG POSSESSION"] * (COUNT // 2)}, {"Charge": ["NARCOTICS", "PROSTITUTION"] * (COUNT // 2)},
    {"NIBRS Code": ["120", "35A", "220", "13A", "23F", "240"] * (COUNT // 6)},
    {"Offense": ["BURGLARY", "THEFT"] * (COUNT // 2)},
    {"Offense": ["SIMPLE ASSAULT"] * COUNT}, {"Offense": ["BURGLARY ALARM"] * COUNT},
    {"Burglary": ["yes"] * COUNT, "Robbery": ["no"] * COUNT, "Theft": ["no"] * COUNT}])
def test_a_column_left_out_that_tells_other_offences_is_no_way_round_what_never_counts(city, tmp_path, columns):
    path = break_ins(tmp_path / "list.csv", **columns)
    for mapping in (LEFT_OUT, None):
        with pytest.raises(ConnectError, match="tells other offences.* decide its words in OFFENCES") as refused:
            import_incidents(city, path, crime_type="robbery", mapping=mapping)
        assert next(iter(columns)) in refused.value.user and len(refused.value.user) < 300
    assert "decide its words in OFFENCES" in str(preview_file(
        city, str(path), "incidents", LEFT_OUT, crime_type="robbery").problems)
    assert not city.count("incidents") and not city.count("imports")


def test_one_drug_crime_behind_thousands_of_robberies_is_found(city, tmp_path):
    frame = pd.DataFrame({"Case Number": range(2600), "Occurred Date": "2017-03-10 10:30", "X": 320_400, "Y": 4_300_300,
                          "was es war": ["ROBBERY"] * 2599 + ["NARCOTICS"]})
    frame["X"] += frame.index % 1000
    frame.to_csv(tmp_path / "list.csv", index=False)
    with pytest.raises(ConnectError, match="was es war of list.csv tells other offences, as “NARCOTICS”"):
        import_incidents(city, tmp_path / "list.csv", crime_type="robbery", mapping=LEFT_OUT)
    frame.head(2599).to_csv(tmp_path / "list.csv", index=False)
    assert import_incidents(city, tmp_path / "list.csv", crime_type="robbery", mapping=LEFT_OUT).added == 2599


@pytest.mark.parametrize("columns", [
    {"Offense": ["BURGLARY", "BURGLARY RESIDENTIAL"] * (COUNT // 2)}, {"Offense": ["FORCED ENTRY", ""] * (COUNT // 2)},
    {"Weapon": ["HANDGUN", "KNIFE"] * (COUNT // 2)}, {"Street": ["MURDER CREEK RD", "MAIN ST", "OAK AVE"] * 4},
    {"Status": ["UNFOUNDED CLAIM PENDING", "OPEN"] * (COUNT // 2)}, {"Place": ["BANK", "RESIDENCE"] * (COUNT // 2)}])
def test_a_column_that_agrees_or_tells_no_offence_is_no_matter(city, tmp_path, columns):
    path = break_ins(tmp_path / "list.csv", **columns)
    result = import_incidents(city, path, crime_type="burglary", mapping=LEFT_OUT)
    assert adds_up(result) and result.added > 0
    assert set(city.read("incidents")["crime_type"]) == {"burglary"}
