"""Supplements to reports: the incident is counted once, and also where only a supplement tells of it."""
import pandas as pd
import pytest
from public_exports import adds_up

from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.offence_columns import SUPPLEMENT

FIRST, MORE = "Original", "Supplemental"


def report(number, kind, offence="ROBBERY", day=1, longitude=-77.0):
    return {"Case Number": number, "Report Type": kind, "Offense": offence, "Latitude": 38.9, "Longitude": longitude,
            "Occurred Date": f"2017-03-{day:02d} 10:30:00"}


@pytest.fixture
def take(city, tmp_path):
    """Imports a file of reports into one workspace -> (its incidents by number, result)."""
    workspace = city("dc")

    def taken(name, *reports, **options):
        pd.DataFrame(list(reports)).to_csv(tmp_path / name, index=False)
        result = import_incidents(workspace, tmp_path / name, **options)
        assert adds_up(result)
        return workspace.read("incidents").set_index("incident_id")["crime_type"].to_dict(), result
    return taken


BOTH = report("A1", FIRST), report("A1", MORE, day=2)


def test_a_supplement_without_its_first_report_is_the_incident(take):
    found, result = take("march.csv", *BOTH, report("A2", MORE, "BURGLARY"), report("A3", FIRST, "HOMICIDE"))
    assert found == {"A1": "robbery", "A2": "burglary", "A3": "homicide"}
    assert result.reasons == {SUPPLEMENT: 1}
    assert any("1 supplements count as their incident" in told for told in result.warnings)
    again = take("march.csv", *BOTH, report("A2", MORE, "BURGLARY"), report("A3", FIRST, "HOMICIDE"))[1]
    assert (again.added, again.updated, again.unchanged) == (0, 0, 3) and again.reasons == {SUPPLEMENT: 1}
    assert not any("count as their incident" in told for told in again.warnings)


def test_several_supplements_of_one_number_are_one_incident(take):
    found, result = take("march.csv", *BOTH, report("A2", MORE), report("A2", MORE, day=3), report("A2", MORE, "THEFT"))
    assert found == {"A1": "robbery", "A2": "robbery"} and result.rejected == 3


def test_a_supplement_to_an_earlier_file_changes_nothing(take):
    take("march.csv", report("A1", FIRST), report("A2", FIRST))
    found, result = take("april.csv", report("A2", MORE, "BURGLARY", day=9), report("A3", FIRST), report("A4", MORE))
    assert found == {"A1": "robbery", "A2": "robbery", "A3": "robbery", "A4": "robbery"}
    assert result.reasons == {SUPPLEMENT: 1}


def test_the_first_report_that_comes_later_is_the_same_incident(take):
    take("april.csv", *BOTH, report("A2", MORE, "BURGLARY"))
    found, result = take("march.csv", report("A2", FIRST, "ROBBERY", day=4))
    assert found == {"A1": "robbery", "A2": "robbery"} and result.added == 0 and result.updated == 1


def test_where_each_report_has_its_own_number_supplements_count_nothing_and_the_way_out_is_told(take):
    found, result = take("march.csv", report("A1", FIRST), report("A2", MORE), report("A3", MORE))
    assert found == {"A1": "robbery"} and result.reasons == {SUPPLEMENT: 2}
    told = [one for one in result.warnings if "share their number in column Case Number with no first report" in one]
    assert told and "MAPPING" in told[0] and len(told[0]) < 300


def test_the_number_of_the_incident_is_named_and_leads_to_the_lone_supplement(take):
    """As San Francisco has it: a number of its own for each report, and beside it that of the incident."""
    rows = [{**report(own, kind, offence, day), "Incident Number": shared} for own, shared, kind, offence, day in (
        ("100", "A1", FIRST, "ROBBERY", 1), ("200", "A1", MORE, "ROBBERY", 1), ("300", "A2", MORE, "BURGLARY", 2))]
    rows = [{"Incident ID" if name == "Case Number" else name: value for name, value in row.items()} for row in rows]
    found, result = take("march.csv", *rows)
    assert found == {"100": "robbery"}
    (told,) = [one for one in result.warnings if "with no first report" in one]
    assert len(told) < 300
    answer = told[told.index("{"):told.index("}") + 1]
    found, result = take("march.csv", *rows, mapping=answer)
    assert found == {"A1": "robbery", "A2": "burglary"}


def test_supplements_of_no_known_incident_count_once_the_column_is_left_out(take):
    rows = report("A1", FIRST), report("A2", MORE, "THEFT")
    (told,) = [one for one in take("march.csv", *rows)[1].warnings if "with no first report" in one]
    assert len(told) < 300
    assert take("march.csv", *rows, mapping=told[told.rindex("{"):told.rindex("}") + 1])[0] == {
        "A1": "robbery", "A2": "theft"}
