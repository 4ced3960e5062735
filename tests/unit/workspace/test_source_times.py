"""Times: what texts mean, and the traps of real exports, decided by evidence in the data."""
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from public_exports import IMPORT, SAMPLES, adds_up

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports import source_times
from shotspotter_connect_plugin.workspace.imports.source_times import TimeReading, settle, survey, time_spans
from shotspotter_connect_plugin.workspace.imports.time_texts import NAT, parse

NEW_YORK = "America/New_York"
PLACE = {"LATITUDE": "38.9", "LONGITUDE": "-77.0"}


def meaning(texts, zone=NEW_YORK, certain=False, local=False, clocks=None):
    """(low, high) as ISO texts in UTC."""
    found = read(parse(texts, clocks), TimeReading(zone, certain, local))
    return [(iso(low), iso(high)) for low, high in zip(found.low, found.high)]


def read(parsed, reading):
    """A whole column, surveyed in two parts as the importers do chunk by chunk."""
    half = len(parsed.clock) // 2
    counts = sum(survey(parsed.take(part), reading) for part in (slice(0, half), slice(half, None)))
    return time_spans(parsed, settle(reading, counts))


def iso(moment):
    return None if moment == NAT else pd.Timestamp(moment, tz="UTC").isoformat().replace("+00:00", "Z")


def one(text, **options):
    low, high = meaning([text], **options)[0]
    assert low == high
    return low


@pytest.mark.parametrize("text", [
    "2017-07-04T21:30:05", "2017-07-04 21:30:05", "7/4/2017 9:30:05 PM", "07/04/2017 21:30:05", "7/4/17 21:30:05",
    "2017-07-04T21:30:05.000", "2017-07-05T01:30:05Z", "2017-07-05T01:30:05.000Z", "2017-07-04T21:30:05-04:00",
    "2017-07-05T03:30:05+0200", "2017/07/05 01:30:05+00", "Jul 4, 2017 9:30:05 PM", "4 July 2017 21:30:05",
    "Tue, Jul 4, 2017, 9:30:05 PM", "04-JUL-2017 21:30:05", "20170704213005", "1499218205", "1499218205000",
    "2017.07.04 21:30:05", " 2017-07-04  21:30:05 "])
def test_one_moment_in_many_words(text):
    assert one(text) == "2017-07-05T01:30:05Z"


@pytest.mark.parametrize("text", ["", "soon", "2017-13-01 10:00", "2/30/2017 10:00", "2017-07-04 25:00", "99/99/2017",
                                  "2017-07-04 13:00 PM", "12:30", "2017-07-04 whenever", "-", "#REF!", "3", "1234567"])
def test_no_moment(text):
    assert meaning([text]) == [(None, None)]


def test_excel_serials():
    assert one("42920.89590277778") == "2017-07-05T01:30:06Z"
    assert meaning(["42920"], certain=True) == [("2017-07-04T04:00:00Z", "2017-07-05T03:59:59.999000Z")]


def test_milliseconds_stay_and_finer_parts_go():
    assert one("2006-01-27 03:35:11.313900") == "2006-01-27T08:35:11.313000Z"


@pytest.mark.parametrize("clock", ["21:30:05", "9:30:05 PM", "09:30:05pm", "1900-01-01 21:30:05", "0.895891203704"])
def test_time_of_day_in_a_column_of_its_own(clock):
    for day in ("2017-07-04", "7/4/2017", "2017-07-04 00:00:00", "7/4/2017 12:00:00 AM"):
        assert meaning([day], clocks=[clock]) == [("2017-07-05T01:30:05Z",) * 2]


def test_military_clock_and_a_missing_one():
    found = meaning(["7/4/2017"] * 3, clocks=["2130", "", "930"])
    assert found[0] == ("2017-07-05T01:30:00Z",) * 2 and found[2] == ("2017-07-04T13:30:00Z",) * 2
    assert found[1] == ("2017-07-04T04:00:00Z", "2017-07-05T03:59:59.999000Z")


def test_a_date_of_unknown_zone_covers_its_day_here_and_in_utc():
    assert meaning(["2017-10-28"]) == [("2017-10-28T00:00:00Z", "2017-10-29T03:59:59.999000Z")]
    assert meaning(["2017-10-28"], certain=True) == [("2017-10-28T04:00:00Z", "2017-10-29T03:59:59.999000Z")]
    assert meaning(["2017-10-28"], zone="Asia/Tokyo") == [("2017-10-27T15:00:00Z", "2017-10-28T23:59:59.999000Z")]


@pytest.mark.parametrize("text", ["2017-10-28T00:00:00.000Z", "10/28/2017 12:00:00 AM", "2017/10/28 00:00:00+00"])
def test_a_column_of_midnights_holds_dates(text):
    assert meaning([text] * 3) == [("2017-10-28T00:00:00Z", "2017-10-29T03:59:59.999000Z")] * 3


def test_a_column_of_midnights_here_written_in_utc_holds_days_here():
    assert meaning(["2017-10-28T04:00:00Z", "2017-12-28T05:00:00Z"]) == [
        ("2017-10-28T04:00:00Z", "2017-10-29T03:59:59.999000Z"),
        ("2017-12-28T05:00:00Z", "2017-12-29T04:59:59.999000Z")]


def test_exact_midnight_among_times_is_no_time_where_it_is_far_too_frequent():
    others = [f"2017-03-01 {hour:02d}:{minute:02d}:00" for hour in range(24) for minute in (0, 17)]
    few, many = meaning(others + ["2017-03-01 00:00:00"]), meaning(others + ["2017-03-01 00:00:00"] * 9)
    assert few[-1] == ("2017-03-01T05:00:00Z",) * 2
    assert many[-1] == ("2017-03-01T05:00:00Z", "2017-03-02T04:59:59.999000Z")
    assert many[2][0] == many[2][1] == "2017-03-01T06:00:00Z"


def test_days_on_which_clocks_change_lose_nothing():
    (low, high), = meaning(["2017-11-05 01:30:00"])
    assert (low, high) == ("2017-11-05T05:30:00Z", "2017-11-05T06:30:00Z")
    assert one("2017-03-12 02:30:00") == "2017-03-12T07:00:00Z"
    assert one("2017-11-05T01:30:00-05:00") == "2017-11-05T06:30:00Z"
    for day, hours in (("2017-03-12", 23), ("2017-11-05", 25)):
        (low, high), = meaning([day], certain=True)
        assert pd.Timestamp(high) - pd.Timestamp(low) == pd.Timedelta(hours=hours) - pd.Timedelta(milliseconds=1)


@given(st.lists(st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)), min_size=1, max_size=30),
       st.sampled_from([NEW_YORK, "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "America/Los_Angeles"]))
@settings(max_examples=60, deadline=None)
def test_conversions_agree_with_pandas(moments, zone):
    utc = np.array(moments, dtype="datetime64[ns]").astype(np.int64)
    index = pd.DatetimeIndex(utc.astype("datetime64[ns]")).tz_localize("UTC").tz_convert(zone)
    wall = source_times.to_local(utc, zone)
    assert (wall == index.tz_localize(None).to_numpy().astype("datetime64[ns]").astype(np.int64)).all()
    first, second = source_times.to_utc(wall, zone, True), source_times.to_utc(wall, zone, False)
    assert ((first == utc) | (second == utc)).all() and (first <= second).all()


@given(st.text(max_size=30))
@settings(max_examples=examples(300), deadline=None)
def test_any_text_is_a_moment_or_none(text):
    found = read(parse([text]), TimeReading(NEW_YORK))
    assert (found.low[0] == NAT) == (found.high[0] == NAT) and found.low[0] <= found.high[0]


# The traps of real exports


def stored(workspace, name, **options):
    result = IMPORT["incidents"](workspace, SAMPLES / name, **options)
    assert adds_up(result)
    return result, workspace.read("incidents").set_index("incident_id")


def test_z_that_is_local_is_found_by_the_shift_labels(city):
    result, rows = stored(city("dc"), "Crime_Incidents_in_2017_with_times.csv")
    assert any("local time" in warning and "SHIFT" in warning for warning in result.warnings)
    source = pd.read_csv(SAMPLES / "Crime_Incidents_in_2017_with_times.csv", dtype=str).set_index("CCN")
    timed = source[~source["REPORT_DAT"].str.contains("T00:00:00") & ~source.index.duplicated(keep=False)]
    timed = timed[timed.index.isin(rows.index)]
    wall = pd.DatetimeIndex(timed["REPORT_DAT"].str[:19]).tz_localize(NEW_YORK, ambiguous=False)
    # A time that comes twice is kept at its second coming: the latest moment it can mean.
    assert len(timed) > 40 and (wall == pd.DatetimeIndex(rows.loc[timed.index, "reported_utc"])).all()


def test_z_is_believed_without_evidence_against_it(city, tmp_path):
    source = pd.read_csv(SAMPLES / "Crime_Incidents_in_2017_with_times.csv", dtype=str, keep_default_na=False)
    for name, change in (("nolabels", source.drop(columns="SHIFT")),
                         ("utc", source.assign(**{column: utc_text(source[column]) for column in (
                             "REPORT_DAT", "START_DATE", "END_DATE")}))):
        change.to_csv(tmp_path / (name + ".csv"), index=False)
        workspace = city("dc")
        result = IMPORT["incidents"](workspace, tmp_path / (name + ".csv"))
        rows = workspace.read("incidents").set_index("incident_id")
        assert not any("local time" in warning for warning in result.warnings)
        written = change.set_index("CCN").loc["02111617" if "02111617" in rows.index else rows.index[0]]
        assert rows.loc[written.name, "reported_utc"] == pd.Timestamp(written["REPORT_DAT"])


def utc_text(column):
    wall = pd.to_datetime(column.str[:19], errors="coerce").dt.tz_localize(NEW_YORK, ambiguous=True)
    return wall.dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S.000Z").fillna("")


def test_homicides_coded_at_midnight_are_whole_days(city):
    for name in ("Crime_Incidents_in_2017_with_times.csv", "crime_incidents_2012_2017_wards_3_4_8.csv"):
        _, rows = stored(city("dc"), name)
        homicides = rows[rows["crime_type"] == "homicide"]
        local = homicides["reported_utc"].dt.tz_convert(NEW_YORK)
        assert len(homicides) >= 8 and (local.dt.strftime("%H:%M:%S.%f") == "23:59:59.999000").all(), name
        assert (homicides["occurred_to_utc"] <= homicides["reported_utc"]).all()


def test_dates_cut_from_a_utc_clock_are_wide_enough_to_hold_the_truth(city):
    _, fine = stored(city("dc"), "Crime_Incidents_in_2017_with_times.csv")
    _, coarse = stored(city("dc"), "Crime_Incidents_in_2017.csv")
    both = fine.join(coarse, rsuffix="_coarse", how="inner")
    assert len(both) > 50
    assert (both["occurred_from_utc_coarse"] <= both["occurred_from_utc"]).all()
    assert (both["occurred_to_utc_coarse"] >= both["occurred_to_utc"]).all()
    assert (both["reported_utc_coarse"] >= both["reported_utc"]).all()
    assert both["shift_coarse"].isna().all() and both["shift"].notna().any()


def test_share_of_truth_covered_on_the_whole_year(city, real_data):
    frames = []
    for name in ("Crime_Incidents_in_2017_with_times.csv.gz", "Crime_Incidents_in_2017.csv.gz"):
        workspace = city("dc")
        IMPORT["incidents"](workspace, real_data / "dc" / name)
        frames.append(workspace.read("incidents", columns=[
            "incident_id", "occurred_from_utc", "occurred_to_utc", "reported_utc"]).set_index("incident_id"))
    both = frames[0].join(frames[1], rsuffix="_coarse", how="inner")
    covered = ((both["occurred_from_utc_coarse"] <= both["occurred_from_utc"])
               & (both["occurred_to_utc_coarse"] >= both["occurred_to_utc"]))
    print(f"{covered.mean():.3%} of {len(both):,} true intervals covered")
    assert len(both) > 32_000 and covered.mean() > 0.999
    assert (both["reported_utc_coarse"] >= both["reported_utc"]).all()


def test_a_named_zone_makes_dates_days_of_that_zone(city):
    _, rows = stored(city("dc"), "Crime_Incidents_in_2018.csv", source_timezone="UTC")
    one_day = rows[rows["occurred_to_utc"] - rows["occurred_from_utc"] < pd.Timedelta(days=1)]
    assert len(one_day) > 10 and (one_day["occurred_from_utc"].dt.strftime("%H:%M") == "00:00").all()


def test_the_finer_time_stays_when_a_coarser_file_comes(city):
    times_columns = ["occurred_from_utc", "occurred_to_utc", "reported_utc", "shift", "shift_date", "occurred_to_local"]
    workspace = city("dc")
    _, fine = stored(workspace, "Crime_Incidents_in_2017_with_times.csv")
    again, after = stored(workspace, "Crime_Incidents_in_2017.csv")
    pd.testing.assert_frame_equal(after.loc[fine.index, times_columns], fine[times_columns])
    assert again.unchanged > 50 and again.updated <= 3
    # The other way round the finer file mends what the coarser one left open.
    workspace = city("dc")
    stored(workspace, "Crime_Incidents_in_2017.csv")
    back, after = stored(workspace, "Crime_Incidents_in_2017_with_times.csv")
    pd.testing.assert_frame_equal(after.loc[fine.index, times_columns], fine[times_columns])
    assert back.updated > 50


def incidents(city, tmp_path, rows, **options):
    """The table after an import of rows of START, END and REPORT, by number."""
    frame = pd.DataFrame(rows, columns=["START_DATE", "END_DATE", "REPORT_DAT"]).assign(OFFENSE="THEFT", **PLACE)
    frame["CCN"] = [str(number) for number in range(len(frame))]
    frame.to_csv(tmp_path / "made.csv", index=False)
    workspace = city("dc")
    result = IMPORT["incidents"](workspace, tmp_path / "made.csv", **options)
    assert adds_up(result)
    return result, workspace.read("incidents").set_index("incident_id")


def local(value):
    return value.tz_convert(NEW_YORK).strftime("%m-%d %H:%M")


def test_what_start_end_and_report_mean_together(city, tmp_path):
    result, rows = incidents(city, tmp_path, [
        ("2019-05-03 18:00", "2019-05-06 07:00", "2019-05-06 08:00"),
        ("2019-05-03 18:00", "", "2019-05-03 19:00"),
        ("", "2019-05-06 07:00", "2019-05-06 08:00"),
        ("", "", "2019-05-06 08:00"),
        ("2019-05-06 07:00", "2019-05-03 18:00", "2019-05-06 08:00"),
        ("2019-05-06 09:00", "2019-05-06 09:00", "2019-05-06 08:00"),
        ("2019-05-03 18:00", "2019-05-06 09:00", "2019-05-06 08:00"),
        ("2019-05-03 18:05", "2019-05-03 18:25", "2019-05-03 18:30"),
        ("2019-05-16 09:00", "2019-05-16 09:00", "2019-05-06 08:00"),
        ("1916-05-03 18:00", "", "2019-05-06 08:00"),
        ("2019-05-03 18:00", "2071-05-06 07:00", "2019-05-06 08:00"),
        ("gestern", "", "2019-05-06 08:00"),
        ("", "", ""),
    ])
    spans_of = [(local(row.occurred_from_utc), local(row.occurred_to_utc)) for row in rows.itertuples()]
    assert spans_of == [
        ("05-03 18:00", "05-06 07:00"), ("05-03 18:00", "05-03 19:00"), ("05-05 07:00", "05-06 07:00"),
        ("05-05 08:00", "05-06 08:00"), ("05-03 18:00", "05-06 07:00"), ("05-05 08:00", "05-06 08:00"),
        ("05-03 18:00", "05-06 08:00"), ("05-03 18:05", "05-03 18:25")]
    assert result.reasons == {"an offence that begins after its report": 1, "a date before 1990": 1,
                              "a date in the future": 1, "a date or time that cannot be read": 1, "no date": 1}
    assert sum("widened" in warning for warning in result.warnings) == 1
    assert rows["shift"].notna().tolist() == [False, True, False, False, False, False, False, True]
    assert rows["shift_date"].dropna().tolist() == ["2019-05-03", "2019-05-03"]


def test_an_interval_within_the_shifts_of_one_date_keeps_the_date_only(city, tmp_path):
    _, rows = incidents(city, tmp_path, [("2019-05-03 09:00", "2019-05-03 18:00", "2019-05-03 19:00")])
    calendar = city("dc").calendar
    ends = calendar.assign(rows["occurred_from_utc"]), calendar.assign(rows["occurred_to_utc"])
    assert ends[0][1][0] != ends[1][1][0]
    assert rows["shift"].isna().all() and rows["shift_date"].tolist() == ["2019-05-03"]


MOMENT = st.one_of(
    st.just(""), st.just("soon"), st.dates(date(2019, 1, 1), date(2019, 1, 6)).map(str),
    st.datetimes(datetime(2019, 1, 1), datetime(2019, 1, 6)).map(lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S")))


@given(rows=st.lists(st.tuples(MOMENT, MOMENT, MOMENT), min_size=1, max_size=25))
@settings(max_examples=examples(25), deadline=None)
def test_intervals_are_never_turned_nor_later_than_the_report(city, tmp_path_factory, rows):
    rows = [*rows, ("2019-01-03 10:00", "2019-01-03 11:00", "2019-01-03 12:00")]
    _, table = incidents(city, tmp_path_factory.mktemp("rows"), rows)
    assert (table["occurred_from_utc"] <= table["occurred_to_utc"]).all()
    assert (table["occurred_to_utc"] <= table["reported_utc"]).all()


def test_dates_that_nobody_can_read_leave_the_workspace_alone(city, tmp_path):
    frame = pd.read_csv(SAMPLES / "Crime_Incidents_in_2018.csv", dtype=str, keep_default_na=False)
    frame.assign(REPORT_DAT="soon", START_DATE="later", END_DATE="").to_csv(tmp_path / "a.csv", index=False)
    workspace = city("dc")
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="No date in REPORT_DAT or START_DATE or END_DATE of a.csv can be read"):
        IMPORT["incidents"](workspace, tmp_path / "a.csv")
    assert workspace.content_hash() == before


def test_an_unknown_zone_gets_a_sentence(city):
    with pytest.raises(ConnectError, match="Mars/Olympus is not known"):
        IMPORT["incidents"](city("dc"), SAMPLES / "Crime_Incidents_in_2018.csv", source_timezone="Mars/Olympus")
