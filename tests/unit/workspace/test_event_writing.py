"""Every row is accounted for, nothing doubles, the most serious offence counts, and bad input changes nothing."""
import os
import shutil

import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from public_exports import EXPORTS, IMPORT, SAMPLES, adds_up

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.imports import event_writing, incident_import
from shotspotter_connect_plugin.workspace.store.workspace import Writer

pytestmark = pytest.mark.usefixtures("windows_files")

ALL = [(city, table, name) for city, table, name, _ in EXPORTS]
KEY = {"incidents": "incident_id", "gunfire": "alert_id"}
PLACE = {"LATITUDE": "38.9", "LONGITUDE": "-77.0"}


def read(name):
    return pd.read_csv(SAMPLES / name, dtype=str, keep_default_na=False)


def run(workspace, frame, path, table="incidents", **options):
    frame.to_csv(path, index=False)
    result = IMPORT[table](workspace, path, **options)
    assert adds_up(result)
    return result


@pytest.mark.parametrize("city_name,table,name", ALL)
def test_every_export_adds_up_and_importing_twice_changes_nothing(city, city_name, table, name):
    workspace = city(city_name)
    first = IMPORT[table](workspace, SAMPLES / name)
    assert adds_up(first) and first.added > 20 and first.updated == 0
    assert workspace.count(table) == first.added
    once = workspace.read(table)
    second = IMPORT[table](workspace, SAMPLES / name)
    assert adds_up(second) and second.added == second.updated == 0 and second.rejected == first.rejected
    pd.testing.assert_frame_equal(workspace.read(table), once)
    assert workspace.count("imports") == 2
    codes = set(once["crime_type"] if table == "incidents" else once["kind"])
    assert codes <= ({"homicide", "aggravated_assault", "robbery", "burglary", "motor_vehicle_theft", "theft"}
                     if table == "incidents" else {"single", "multiple", "probable", "firecracker", "unknown"})


def test_all_files_of_a_city_together_never_double(city):
    workspace = city("dc")
    for _ in range(2):
        counts = [IMPORT[table](workspace, SAMPLES / name).added for city_name, table, name in ALL if city_name == "dc"]
    assert sum(counts) == 0
    for table, key in KEY.items():
        assert workspace.read(table)[key].is_unique


# Rejects


def test_rejects_name_line_column_reason_and_the_word_of_an_offence_but_no_other_value(city, tmp_path):
    frame = read("Crime_Incidents_in_2018.csv").drop_duplicates("CCN").head(6).reset_index(drop=True)
    frame["OFFENSE"] = ["THEFT/OTHER", "DRUG/NARCOTIC VIOLATIONS", "ARSON", "", "ROBBERY", "THEFT/OTHER"]
    frame.loc[4, "REPORT_DAT"] = "secret date"
    path = tmp_path / "rejects.csv"
    result = run(city("dc"), frame, tmp_path / "a.csv", rejects=str(path))
    assert result.rejects == str(path) and "secret" not in path.read_text()
    assert path.read_text().splitlines() == [
        "line,column,reason,word", "3,OFFENSE,never used in a forecast,DRUG/NARCOTIC VIOLATIONS",
        "4,OFFENSE,not a crime type of this workspace,ARSON", "5,OFFENSE,no offence,",
        "6,REPORT_DAT,a date or time that cannot be read,"]
    assert result.reasons == {"never used in a forecast": 1, "not a crime type of this workspace": 1, "no offence": 1,
                              "a date or time that cannot be read": 1}


def test_rejects_lie_beside_the_workspace_and_none_are_written_without_any(city, tmp_path):
    workspace = city("dc")
    frame = read("Crime_Incidents_in_2018.csv").drop_duplicates("CCN")
    frame = frame[frame["OFFENSE"] == "THEFT/OTHER"]
    result = run(workspace, frame, tmp_path / "a.csv")
    assert result.rejected == 0 and result.rejects == ""
    expected = os.path.splitext(workspace.address)[0] + "-rejects-incidents.csv"
    assert not os.path.exists(expected)
    frame.iloc[0, frame.columns.get_loc("OFFENSE")] = "ARSON"
    assert run(workspace, frame, tmp_path / "a.csv").rejects == expected and os.path.exists(expected)


def test_a_rejects_file_that_cannot_be_written_changes_nothing(city, tmp_path):
    workspace = city("dc")
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="REJECTS"):
        IMPORT["incidents"](workspace, SAMPLES / "Crime_Incidents_in_2018.csv", rejects=str(tmp_path / "no" / "r.csv"))
    assert workspace.content_hash() == before


def test_broken_lines_are_rejected_one_by_one(city, tmp_path):
    lines = (SAMPLES / "kansas_city_mo_shotspotter_2016_2021.csv").read_text().splitlines()[:6]
    lines[2] += ",9,9,9"
    lines[3] = ""
    lines[4] = "Multiple Gunshots,816-1"
    (tmp_path / "a.csv").write_text("\n".join([*lines, "", ""]) + "\n")
    result = IMPORT["gunfire"](city("kc"), tmp_path / "a.csv", rejects=str(tmp_path / "r.csv"))
    assert adds_up(result) and result.read == 5 and result.added == 2
    assert pd.read_csv(tmp_path / "r.csv")[["line", "reason"]].to_numpy().tolist() == [
        [3, "more fields than the header"], [4, "an empty row"], [5, "no time"]]


def test_rounds_that_are_no_number_are_told(city, tmp_path):
    rows = "".join(f"{number},2023-05-0{number} 22:01:00,Multiple Gunshots,{rounds},38.9,-77.0\n"
                   for number, rounds in enumerate(["3", "4-6", "10+", "", "N/A", "4-6"], start=1))
    (tmp_path / "alerts.csv").write_text("ID,Datetime,Type,Rounds,Latitude,Longitude\n" + rows)
    workspace = city("dc")
    result = IMPORT["gunfire"](workspace, tmp_path / "alerts.csv")
    assert adds_up(result) and result.added == 6
    (told,) = [warning for warning in result.warnings if "rounds" in warning]
    assert "4-6 (2)" in told and "10+ (1)" in told and "N/A" not in told
    assert workspace.read("gunfire")["rounds"].notna().sum() == 1


WORDS = st.sampled_from(["", " ", "x", "-1", "0", "38.9", "-77.0", "1e400", "nan", "NaN", "None", "#REF!", "\"", "A,B",
                         "é", "2019-01-01", "12:00", "2019-01-01T10:00:00Z", "THEFT", "ROBBERY", "NARCOTICS",
                         "HOMICIDE", "\t"])
COLUMNS = ["CCN", "REPORT_DAT", "OFFENSE", "BLOCK", "START_DATE", "END_DATE", "LATITUDE", "LONGITUDE"]


@given(rows=st.lists(st.tuples(*[WORDS] * 8), min_size=1, max_size=40), twice=st.booleans())
@settings(max_examples=examples(25), deadline=None)
def test_dirty_frames_add_up(city, tmp_path_factory, rows, twice):
    good = [("4711", "2019-01-01 10:00", "THEFT", "", "", "", "38.9", "-77.0"),
            ("4712", "2019-01-01", "ROBBERY", "", "", "", "38.91", "-77.01")]
    frame = pd.DataFrame([*rows, *good], columns=COLUMNS)
    folder = tmp_path_factory.mktemp("dirty")
    workspace = city("dc")
    first = run(workspace, frame, folder / "a.csv", rejects=str(folder / "r.csv"))
    assert first.read == len(frame) and workspace.count("incidents") == first.added >= 2
    assert len(pd.read_csv(folder / "r.csv")) == first.rejected if first.rejected else not (folder / "r.csv").exists()
    second = run(workspace, frame.sample(frac=1, random_state=1) if twice else frame, folder / "a.csv")
    assert second.added == 0 and (twice or second.updated == 0)


# Incidents


def test_the_most_serious_of_several_offences_counts(city, tmp_path):
    rows = [("1", "THEFT", 0), ("1", "ROBBERY", 0), ("1", "BURGLARY", 0), ("2", "THEFT", 0), ("2", "THEFT", 0),
            ("3", "THEFT", 0), ("3", "THEFT", 0.02), ("4", "ARSON", 0), ("4", "THEFT", 0), ("5", "THEFT", 0),
            ("5", "MOTOR VEHICLE THEFT", 0), ("6", "ADW", 0), ("6", "HOMICIDE", 0)]
    frame = pd.DataFrame(rows, columns=["CCN", "OFFENSE", "shift"]).assign(REPORT_DAT="2019-05-03 10:00", **PLACE)
    frame["LATITUDE"] = (38.9 + frame.pop("shift")).astype(str)
    workspace = city("dc")
    result = run(workspace, frame, tmp_path / "a.csv")
    kept = workspace.read("incidents").set_index("incident_id")["crime_type"].to_dict()
    assert kept == {"1": "robbery", "2": "theft", "3": "theft", "4": "theft", "5": "motor_vehicle_theft",
                    "6": "homicide"}
    assert result.reasons == {"a less serious offence of an incident that another row holds": 4,
                              "the number of another row with another time or place": 1,
                              "not a crime type of this workspace": 1}
    assert result.unchanged == 1


def test_shootings_with_one_row_per_victim_are_one_incident_each(city):
    workspace = city("nyc")
    result = IMPORT["incidents"](workspace, SAMPLES / "NYPD_Shooting_Incident_Data__Historic_.csv")
    source = read("NYPD_Shooting_Incident_Data__Historic_.csv")
    died = source.groupby("INCIDENT_KEY")["STATISTICAL_MURDER_FLAG"].agg(lambda flags: "true" in set(flags))
    kept = workspace.read("incidents").set_index("incident_id")["crime_type"]
    assert source["INCIDENT_KEY"].duplicated().any() and result.rejected == 0
    assert (kept.eq("homicide").sort_index() == died.sort_index()).all()
    assert set(kept) == {"homicide", "aggravated_assault"}
    assert workspace.read("incidents")["shift"].notna().all()


def test_rows_without_a_number_get_one_of_time_place_and_type(city, tmp_path):
    frame = read("crime_incidents_2006_2012.csv")
    blank = frame[frame["CCN"] == ""]
    workspace = city("dc")
    run(workspace, frame, tmp_path / "a.csv")
    made = workspace.read("incidents")
    made = made[made["incident_id"].str.startswith("at:")]
    assert len(made) == len(blank) == 3
    shuffled = run(workspace, frame.sample(frac=1, random_state=3), tmp_path / "b.csv")
    assert shuffled.added == shuffled.updated == 0


def test_numbers_keep_their_zeros_and_lose_a_spreadsheets_fraction(city, tmp_path):
    frame = pd.DataFrame({"CCN": ["0600025", "17187047.0", " 4711 ", "#N/A", "nan"], "OFFENSE": "THEFT",
                          "REPORT_DAT": [f"2019-05-03 1{row}:00" for row in range(5)], **PLACE})
    workspace = city("dc")
    run(workspace, frame, tmp_path / "a.csv")
    ids = workspace.read("incidents")["incident_id"].tolist()
    assert ids[:3] == ["0600025", "17187047", "4711"] and all(name.startswith("at:2019-05-02T") for name in ids[3:])


def test_officer_initiated_rows_are_marked(city, tmp_path):
    words = ["Officer Initiated", "Y", "On-View", "Citizen", "N", "", "911 call", "true"]
    frame = pd.DataFrame({"CCN": [str(row) for row in range(len(words))], "OFFENSE": "THEFT", **PLACE,
                          "REPORT_DAT": "2019-05-03 10:00", "Call Source": words})
    workspace = city("dc")
    result = run(workspace, frame, tmp_path / "a.csv")
    assert result.mapping["discovered"] == "Call Source"
    assert workspace.read("incidents")["discovered"].tolist() == [True, True, True, False, False, False, False, True]


def test_a_corrected_row_is_updated_and_a_null_erases_nothing(city, tmp_path):
    frame = read("Crime_Incidents_in_2018.csv").drop_duplicates("CCN").head(10)
    workspace = city("dc")
    run(workspace, frame, tmp_path / "a.csv")
    before = workspace.read("incidents").set_index("incident_id")
    frame["BLOCK"] = ""
    number = before.index[before["crime_type"] == "theft"][0]
    frame.loc[frame["CCN"] == number, "OFFENSE"] = "ROBBERY"
    result = run(workspace, frame, tmp_path / "b.csv")
    after = workspace.read("incidents").set_index("incident_id")
    assert (result.added, result.updated) == (0, 1) and after.loc[number, "crime_type"] == "robbery"
    assert after["block"].equals(before["block"])
    assert after.loc[number, "source"] == "b.csv" and set(after.drop(number)["source"]) == {"a.csv"}


# Gunfire


def test_the_same_alerts_in_local_time_and_in_utc_are_the_same(city):
    for order in ([0, 1], [1, 0]):
        names = ["shotspotter_dc_mpd_2014_2018q1.csv", "Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv"]
        workspace = city("dc")
        first = IMPORT["gunfire"](workspace, SAMPLES / names[order[0]])
        second = IMPORT["gunfire"](workspace, SAMPLES / names[order[1]])
        assert second.updated == 0 and second.unchanged >= 38 or first.unchanged + second.unchanged >= 38
        assert workspace.count("gunfire") == 46


def test_alerts_without_a_number_find_themselves_again_in_files_with_numbers(city):
    names = ["shotspotter_dc_foia_2006_2013.csv", "Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv",
             "shotspotter_dc_2006_2019_combined.csv"]
    tables = []
    for order in ([0, 1, 2], [2, 0, 1]):
        workspace = city("dc")
        for number in order:
            result = IMPORT["gunfire"](workspace, SAMPLES / names[number])
            assert adds_up(result)
        tables.append(workspace.read("gunfire"))
    assert len(tables[0]) == len(tables[1]) == 35 + 46 + 4
    for table in tables:
        # The file with milliseconds knows the time better, whichever came first.
        assert (table["occurred_utc"].dt.microsecond != 0).sum() >= 33


def test_times_and_places_of_alerts_against_the_series_that_has_both_clocks(city):
    workspace = city("dc")
    IMPORT["gunfire"](workspace, SAMPLES / "shotspotter_dc_2006_2019_combined.csv")
    rows = workspace.read("gunfire")
    source = read("shotspotter_dc_2006_2019_combined.csv")
    assert sorted(rows["occurred_utc"]) == sorted(pd.to_datetime(source["DATETIME_UTC"]))
    assert sorted(rows["occurred_local"]) == sorted(source["DATETIME_LOCAL"].str.replace(" ", "T"))


def test_numbers_given_twice_to_different_alerts(city, tmp_path):
    frame = pd.DataFrame({"ID": ["a", "a", "a", "b", "", "#REF!", ""], "TYPE": "Multiple_Gunshots", **PLACE,
                          "DATETIME": [f"2019-05-03T10:00:0{second}Z" for second in (0, 0, 5, 0, 7, 7, 8)]})
    workspace = city("dc")
    result = run(workspace, frame, tmp_path / "a.csv", "gunfire")
    ids = workspace.read("gunfire")["alert_id"].tolist()
    assert (result.added, result.unchanged) == (5, 2) and ids[0] == "a" and ids[2] == "b"
    assert ids[1].startswith("a@2019-05-03T10:00:05Z") and ids[3].startswith("at:2019-05-03T10:00:07Z")
    again = run(workspace, frame, tmp_path / "a.csv", "gunfire")
    assert again.added == again.updated == 0


def test_an_alert_needs_a_time_of_day_and_rounds_are_kept(city, tmp_path):
    frame = pd.DataFrame({"ID": list("abcd"), "Rounds": ["3", "", "x", "12"], **PLACE,
                          "Date": ["2019-05-03 10:00:00", "2019-05-03", "2019-05-03 10:00:02", ""]})
    workspace = city("dc")
    result = run(workspace, frame, tmp_path / "a.csv", "gunfire")
    assert result.reasons == {"no time of day": 1, "no time": 1}
    assert workspace.read("gunfire")["rounds"].tolist() == [3, pd.NA]


def test_other_calls_in_a_list_of_mixed_calls_are_rejected(city, tmp_path):
    frame = pd.DataFrame({"CAD": list("abc"), "Call Type": ["SHOTS FIRED", "Barking dog", "415SS"], **PLACE,
                          "Date": "2019-05-03 10:00:00"})
    result = run(city("dc"), frame, tmp_path / "a.csv", "gunfire")
    assert result.added == 2 and result.reasons == {"not a gunfire alert": 1}


# Bad input and interruptions


class Stop(Progress):
    """Cancels after some reports."""

    def __init__(self, after):
        self.left = after

    def is_cancelled(self):
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("table,name", [("incidents", "Crime_Incidents_in_2018.csv"),
                                        ("gunfire", "shotspotter_dc_foia_2006_2013.csv")])
def test_stopping_at_any_point_leaves_nothing(city, tmp_path, table, name):
    workspace = city("dc")
    before = workspace.content_hash()
    stopped = 0
    for after in range(20):
        try:
            IMPORT[table](workspace, SAMPLES / name, progress=Stop(after))
            break
        except Cancelled:
            stopped += 1
            assert workspace.content_hash() == before
    assert stopped >= 3 and workspace.count("imports") == 1


def test_an_error_while_writing_leaves_nothing(city, monkeypatch):
    monkeypatch.setattr(event_writing, "SLICE_ROWS", 10)
    real, calls = incident_import.finish_incidents, []

    def fails(workspace, rows, replaces):
        calls.append(len(rows))
        if len(calls) == 3:
            raise ConnectError("Power cut.")
        return real(workspace, rows, replaces)
    monkeypatch.setattr(incident_import, "finish_incidents", fails)
    workspace = city("dc")
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="Power cut"):
        incident_import.import_incidents(workspace, SAMPLES / "Crime_Incidents_in_2018.csv")
    assert workspace.content_hash() == before


def test_slices_and_chunks_do_not_matter(city, monkeypatch):
    from shotspotter_connect_plugin.workspace.imports import row_source
    tables = []
    for size in (100_000, 7):
        monkeypatch.setattr(event_writing, "SLICE_ROWS", size)
        monkeypatch.setattr(row_source, "CHUNK_ROWS", size)
        workspace = city("dc")
        for table, name in (("incidents", "crime_incidents_2006_2012.csv"),
                            ("incidents", "crime-incidents-last-30-days.geojson"),
                            ("gunfire", "ShotSpotter Public Data Q1 2018.xlsx")):
            assert adds_up(IMPORT[table](workspace, SAMPLES / name))
        tables.append([workspace.read(table) for table in ("incidents", "gunfire")])
    for one, other in zip(*tables):
        pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("make,words", [
    (lambda path: None, "There is no file"), (lambda path: path.mkdir(), "is a folder"),
    (lambda path: path.write_bytes(b""), "is empty"), (lambda path: path.write_text("\n\n"), "is empty"),
    (lambda path: path.write_text("CCN,OFFENSE,REPORT_DAT,LATITUDE,LONGITUDE\n"), "has no rows"),
    (lambda path: path.write_text("CCN,OFFENSE,REPORT_DAT,LATITUDE,LONGITUDE\n\n\n"), "has no rows"),
    (lambda path: path.write_bytes(b"PK\x03\x04\0\0\0junk"), "is not a text file"),
    (lambda path: path.write_text('CCN,OFFENSE,REPORT_DAT,LATITUDE,LONGITUDE\n"1,THEFT,2019-01-01,38.9,-77'),
     "damaged"),
    (lambda path: path.write_bytes(b"CCN,OFFENSE,REPORT_DAT,LATITUDE,LONGITUDE\n\x81,THEFT,2019-01-01,38.9,-77\n"),
     "save it as UTF-8"),
    (lambda path: path.write_text("CCN,OFFENSE,REPORT_DAT,LATITUDE,LONGITUDE\n1,THEFT,2019-01-01,,\n"),
     "has coordinates"),
    (lambda path: path.write_text("one,two\n1,2\n"), "MAPPING")])
def test_bad_files_get_one_sentence(city, tmp_path, make, words):
    path = tmp_path / "bad.csv"
    make(path)
    workspace = city("dc")
    before = workspace.content_hash()
    with pytest.raises(ConnectError) as error:
        IMPORT["incidents"](workspace, path)
    assert words in error.value.user and "\n" not in error.value.user
    assert workspace.content_hash() == before


@pytest.mark.parametrize("name,content,words", [
    ("bad.xlsx", b"no excel", "cannot be read as an Excel file"),
    ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "old Excel format"),
    ("bad.gpkg", b"nothing", "cannot be opened"), ("bad.csv.gz", b"not packed", "damaged"),
    ("cut.csv.gz", None, "damaged")])
def test_bad_formats_get_one_sentence(city, tmp_path, name, content, words):
    path = tmp_path / name
    if content is None:
        read("Crime_Incidents_in_2018.csv").to_csv(tmp_path / "whole.csv.gz", index=False)
        content = (tmp_path / "whole.csv.gz").read_bytes()[:-900]
    path.write_bytes(content)
    with pytest.raises(ConnectError, match=words):
        IMPORT["incidents"](city("dc"), path)


def test_a_file_that_may_not_be_read(city, tmp_path):
    path = tmp_path / "a.csv"
    shutil.copy(SAMPLES / "Crime_Incidents_in_2018.csv", path)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this account may read everything")
    with pytest.raises(ConnectError, match="permission"):
        IMPORT["incidents"](city("dc"), path)


def test_a_file_from_which_nothing_was_taken_fails_with_the_commonest_reason(city, tmp_path):
    """The rejects file is written, so that the reasons can be read; nothing else is."""
    frame = pd.DataFrame({"CCN": ["1", "2", "3"], "OFFENSE": ["NARCOTICS", "ARSON", "ARSON"],
                          "REPORT_DAT": "2019-05-03 10:00", **PLACE})
    workspace = city("dc")
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="Nothing of a.csv was taken: all 3 rows were rejected: 2 for “not a crime "
                                           "type of this workspace”, 1 for “"):
        run(workspace, frame, tmp_path / "a.csv", rejects=tmp_path / "why.csv")
    assert pd.read_csv(tmp_path / "why.csv")["line"].tolist() == [2, 3, 4]
    assert workspace.content_hash() == before


def test_the_same_file_again_is_taken_although_it_changes_nothing(city, tmp_path):
    frame = pd.DataFrame({"CCN": ["1"], "OFFENSE": "ROBBERY", "REPORT_DAT": "2019-05-03 10:00", **PLACE})
    workspace = city("dc")
    run(workspace, frame, tmp_path / "a.csv")
    again = run(workspace, frame, tmp_path / "a.csv")
    assert (again.added, again.unchanged) == (0, 1)


@pytest.mark.parametrize("table,name", [("incidents", "Crime_Incidents_in_2018.csv"),
                                        ("gunfire", "shotspotter_dc_mpd_2014_2018q1.csv")])
def test_of_a_file_that_comes_again_only_changed_rows_are_written(city, monkeypatch, table, name):
    workspace, written = city("dc"), []
    added = IMPORT[table](workspace, SAMPLES / name).added
    with workspace.transaction() as writer:
        key = KEY[table]
        writer.upsert(table, workspace.read(table, [key]).head(3).assign(box_id="nowhere"))
    for how in ("append", "upsert"):
        real = getattr(Writer, how)
        monkeypatch.setattr(Writer, how, lambda self, name, frame, real=real: (
            written.append(len(frame) if name == table else 0), real(self, name, frame))[1])
    again = IMPORT[table](workspace, SAMPLES / name)
    assert (again.added, again.updated, again.unchanged) == (0, 3, again.read - again.rejected - 3)
    assert sum(written) == 3 < added


def test_an_alert_whose_kind_somebody_emptied_is_found_by_its_number(city):
    workspace, name = city("dc"), "shotspotter_dc_mpd_2014_2018q1.csv"
    added = IMPORT["gunfire"](workspace, SAMPLES / name).added
    with workspace.transaction() as writer:
        writer.upsert("gunfire", workspace.read("gunfire", ["alert_id"]).head(1).assign(kind=None))
    again = IMPORT["gunfire"](workspace, SAMPLES / name)
    assert (again.added, again.updated) == (0, 1) and workspace.count("gunfire", {"kind": None}) == 0
    assert workspace.count("gunfire") == added
