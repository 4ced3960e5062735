"""Words of offences, alerts and dispositions: what was no crime and no shot is not counted, and told with its count."""
import pandas as pd
import pytest
from public_exports import IMPORT, ROOT, SAMPLES, adds_up

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports import alert_words, offences
from shotspotter_connect_plugin.workspace.imports.column_recognition import recognise
from shotspotter_connect_plugin.workspace.imports.preview import preview_file

WORDS = [line.split("\t") for line in (ROOT / "tests" / "data" / "words.tsv").read_text(
    encoding="utf-8").splitlines()[1:]]
PLACE = {"Latitude": "38.9", "Longitude": "-77.0"}


@pytest.mark.parametrize("word,meant", [(word, meant) for column, word, meant in WORDS if column == "offence"])
def test_offences_word_by_word(word, meant):
    found = offences.crime_type(word)
    assert found == meant or meant == "-" and found not in offences.SEVERITY


@pytest.mark.parametrize("word,meant", [(word, meant) for column, word, meant in WORDS if column == "alert"])
def test_alerts_word_by_word(word, meant):
    assert (alert_words.alert_kind(word) or "-") == meant


@pytest.mark.parametrize("word,meant", [(word, meant) for column, word, meant in WORDS if column == "disposition"])
def test_dispositions_word_by_word(word, meant):
    assert alert_words.says_nothing_happened(word, "Disposition") == (meant == "-")


@pytest.mark.parametrize("column,value,nothing", [
    ("Unfounded", "Y", True), ("Unfounded", "N", False), ("FlagUnfounded", "1", True), ("Flag-Unfounded", "", False),
    ("Not Gunfire", "Y", True), ("Not Gunfire", "N", False), ("False Positive", "Y", True),
    ("False Positive", "0", False), ("Verdict", "False", True), ("Reviewed", "False", False), ("Valid", "N", True),
    ("IsGunfire", "N", True), ("Is Gunfire", "Y", False), ("Test Alert", "true", True), ("Cancelled", "0", False)])
def test_yes_and_no_answer_the_name_of_their_column(column, value, nothing):
    assert alert_words.is_no_alert(value, column) == nothing


def incidents(city, tmp_path, rows):
    """A new workspace and the result of importing rows of (offence, more columns)."""
    frame = pd.DataFrame([{"Case Number": f"C{number}", "Offense": offence,
                           "Occurred Date": f"2017-03-{number % 28 + 1:02d} 10:30:00", **PLACE, **more}
                          for number, (offence, more) in enumerate(rows)])
    frame.to_csv(tmp_path / "cases.csv", index=False)
    workspace = city("dc")
    return workspace, IMPORT["incidents"](workspace, tmp_path / "cases.csv")


def test_what_was_no_crime_by_its_own_words_is_rejected_and_told(city, tmp_path):
    words = ["ROBBERY"] * 3 + ["BURGLARY ALARM"] * 5 + ["NON-AGGRAVATED ASSAULT"] * 2 + ["ASSAULT"] * 4 + ["BURGLARY"]
    workspace, result = incidents(city, tmp_path, [(word, {}) for word in words])
    assert adds_up(result) and result.added == 4
    assert set(workspace.read("incidents")["crime_type"]) == {"robbery", "burglary"}
    assert result.reasons == {offences.NO_CRIME: 5, offences.UNCLEAR: 4, offences.OTHER: 2}
    assert any("BURGLARY ALARM (5)" in warning for warning in result.warnings)
    assert any("ASSAULT (4)" in warning and "clearly" in warning for warning in result.warnings)


@pytest.mark.parametrize("column,nothing,something", [
    ("Disposition", ["Unfounded", "UNFOUNDED", "Cancelled", "No crime"], ["Closed", "Open", "Cleared by arrest", ""]),
    ("Case Status", ["U--UNFOUNDED", "Duplicate", "FALSE REPORT", "Void"], ["Exceptional clearance", "Inactive", ""]),
    ("Flag-Unfounded", ["Y", "YES", "1", "TRUE"], ["N", "NO", "0", ""])])
def test_a_disposition_beside_the_offence_counts(city, tmp_path, column, nothing, something):
    rows = [("ROBBERY", {column: word}) for word in nothing + something]
    workspace, result = incidents(city, tmp_path, rows)
    assert adds_up(result) and result.added == len(something)
    assert result.reasons == {offences.NO_CRIME: len(nothing)}
    again = IMPORT["incidents"](workspace, tmp_path / "cases.csv")
    assert (again.added, again.updated, again.unchanged) == (0, 0, len(something))


def test_several_dispositions_are_all_read_and_one_can_be_left_out(city, tmp_path):
    rows = [("ROBBERY", {"Disposition": "Closed", "Case Status": "Unfounded"}),
            ("ROBBERY", {"Disposition": "Cancelled", "Case Status": "Open"}), ("ROBBERY", {})]
    _, result = incidents(city, tmp_path, rows)
    assert result.added == 1 and {"disposition", "disposition2"} <= set(result.mapping)
    workspace = city("dc")
    kept = IMPORT["incidents"](workspace, tmp_path / "cases.csv", mapping={"disposition": None})
    assert kept.added == 3


def alerts(city, tmp_path, frame):
    frame.to_csv(tmp_path / "alerts.csv", index=False)
    workspace = city("kc")
    return workspace, IMPORT["gunfire"](workspace, tmp_path / "alerts.csv")


def kansas_city():
    return pd.read_csv(SAMPLES / "kansas_city_mo_shotspotter_2016_2021.csv", dtype=str, keep_default_na=False)


def test_a_feed_in_which_nearly_all_was_reviewed_as_no_gunfire(city, tmp_path):
    frame = kansas_city()
    reviewed = pd.concat([frame.assign(**{"Type": word, "Respond ID": word + frame["Respond ID"]}) for word in (
        "Not Gunfire", "Not Gunfire ", "NON-GUNFIRE", "Test - Multiple Gunshots", "Construction", "Vehicle Backfire")])
    whole = pd.concat([frame, reviewed]).sample(frac=1, random_state=4)
    plain = alerts(city, tmp_path, frame)[1]
    workspace, result = alerts(city, tmp_path, whole)
    assert adds_up(result) and result.added == plain.added
    assert result.reasons[alert_words.NO_ALERT] == len(reviewed)
    kinds = workspace.read("gunfire")["kind"]
    assert set(kinds) <= {"single", "multiple", "probable"}
    assert any("Not Gunfire" in warning and "Construction" in warning for warning in result.warnings)
    assert preview_file(workspace, str(tmp_path / "alerts.csv")).kind == "gunfire"


def test_a_feed_of_nothing_but_no_gunfire_brings_nothing(city, tmp_path):
    frame = kansas_city().head(10).assign(Type="Not Gunfire")
    try:
        _, result = alerts(city, tmp_path, frame)
    except ConnectError as error:
        assert alert_words.NO_ALERT in error.user
    else:
        assert result.reasons == {alert_words.NO_ALERT: 10} and result.added == 0


@pytest.mark.parametrize("column", ["Classification", "Disposition", "Review Status", "Final Classification"])
def test_a_review_in_another_column_counts(city, tmp_path, column):
    frame = kansas_city().head(36)
    frame[column] = ["Not Gunfire", "Fireworks", "", ""] * 9
    workspace, result = alerts(city, tmp_path, frame)
    plain = alerts(city, tmp_path, kansas_city().head(36))[1]
    assert adds_up(result) and result.reasons[alert_words.NO_ALERT] == 9 == plain.added - result.added
    assert (workspace.read("gunfire")["kind"] == "firecracker").sum() == 9


@pytest.mark.parametrize("column", [
    "Reviewed As", "Human Review", "Analyst Label", "Ground Truth", "Re-classified", "Reviewer_Decision", "AI verdict",
    "Final Review Result", "alertDisposition2"])
def test_a_review_is_found_by_the_words_of_its_column(city, tmp_path, column):
    frame = kansas_city().head(36)
    frame[column] = ["Not gunfire", "Fireworks", "", "Gunfire"] * 9
    workspace, result = alerts(city, tmp_path, frame)
    assert adds_up(result) and result.reasons == {alert_words.NO_ALERT: 9}
    assert (workspace.read("gunfire")["kind"] == "firecracker").sum() == 9


@pytest.mark.parametrize("column", ["Review Date", "Reviewed By", "Reviewer", "Gunshot Victims", "Sensor Status",
                                    "Review Comments", "False ID given", "Breath test", "Disposition Officer Name"])
def test_what_is_no_review_is_not_read(column):
    assert recognise([column], "gunfire") == recognise([column], "incidents") == {}


def test_a_review_that_heard_something_else_is_no_gunfire(city, tmp_path):
    frame = kansas_city().head(32)
    frame["Review Classification"] = ["Gunfire", "Music", "Car door", "Other", "Pending", "", "Unknown", "2"] * 4
    _, result = alerts(city, tmp_path, frame)
    assert adds_up(result) and result.reasons == {alert_words.NO_ALERT: 12}
    assert any("Car door (4)" in warning for warning in result.warnings)
    frame["Review Classification"] = ["Complete", "In progress"] * 16  # of how far, not of what
    assert alerts(city, tmp_path, frame)[1].rejected == 0


@pytest.mark.parametrize("column", ["UCR Disposition", "Report Status", "Case_Outcome_Desc", "Founded/Unfounded",
                                    "Classification"])
def test_an_outcome_of_an_incident_is_found_by_the_words_of_its_column(city, tmp_path, column):
    _, result = incidents(city, tmp_path, [("ROBBERY", {column: word}) for word in ("Unfounded", "Closed", "", "CXL")])
    assert result.added == 2 and result.reasons == {offences.NO_CRIME: 2}


def test_a_column_that_speaks_of_no_gunfire_at_all_is_told(city, tmp_path):
    _, result = alerts(city, tmp_path, kansas_city().head(20).assign(Type="Code 7"))
    assert result.added and any("Code 7 (20)" in warning for warning in result.warnings)


@pytest.mark.parametrize("calls", [["TRAFFIC STOP"], ["POSSIBLE OVERDOSE", "BURGLARY"], ["SINGLE FAMILY DWELLING"]])
def test_a_list_of_other_calls_brings_no_gunfire(city, tmp_path, calls):
    frame = kansas_city().head(20)
    frame["Type"] = (calls * 20)[:20]
    with pytest.raises(ConnectError, match=alert_words.NO_ALERT):
        alerts(city, tmp_path, frame)


def test_a_murder_flag_and_a_disposition_share_no_column():
    found = recognise(["STATISTICAL_MURDER_FLAG", "Case Status", "Unfounded", "OCCUR_DATE"], "incidents")
    assert found["murder_flag"] == "STATISTICAL_MURDER_FLAG"
    assert {found["disposition"], found["disposition2"]} == {"Case Status", "Unfounded"}


@pytest.mark.parametrize("column", [
    "Rounds", "Rnds", "RNDS FIRED", "# Rounds", "No. of Rounds", "Number Of Shots", "Shots Fired", "RoundCount",
    "Total Rounds", "rounds_detected", "Rds"])
def test_rounds_are_read_from_any_header(city, tmp_path, column):
    frame = kansas_city().head(12)
    frame[column] = [str(number % 5 + 1) for number in range(12)]
    workspace, result = alerts(city, tmp_path, frame)
    assert adds_up(result) and result.mapping["rounds"] == column
    assert set(workspace.read("gunfire")["rounds"].dropna()) <= {1, 2, 3, 4, 5} and workspace.read(
        "gunfire")["rounds"].notna().all()


def test_what_is_no_crime_by_a_column_of_its_own(city, tmp_path):
    _, result = incidents(city, tmp_path, [("THEFT", {"IS_CRIME": flag}) for flag in ("1", "0", "1")])
    assert result.added == 2 and result.reasons == {offences.NO_CRIME: 1}
