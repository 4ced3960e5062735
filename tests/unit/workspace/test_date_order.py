"""Day or month first: shown by the whole source, remembered, or asked; never assumed."""
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from public_exports import IMPORT, SAMPLES, adds_up
from shapely.geometry import box

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports import date_texts, row_source, time_texts
from shotspotter_connect_plugin.workspace.imports.calendar_import import import_calendar
from shotspotter_connect_plugin.workspace.imports.coverage_import import import_sensor_coverage
from shotspotter_connect_plugin.workspace.imports.date_order import OrderUnknown, check_order
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.roster_import import import_roster
from shotspotter_connect_plugin.workspace.imports.tactic_import import import_tactics
from shotspotter_connect_plugin.workspace.store.layers import VectorTable

DAY_FIRST, MONTH_FIRST = "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"
FIRST_DAYS = [date(2023, 3, day) for day in range(1, 13)]


def write(path, days, form=DAY_FIRST, hour=10, **more):
    """A file of incidents on some days, written in a form."""
    moments = [pd.Timestamp(day) + pd.Timedelta(hours=hour) for day in days]
    pd.DataFrame({"CCN": [f"{path.stem}-{row}" for row in range(len(days))], "OFFENSE": "ROBBERY",
                  "Date": [moment.strftime(form) for moment in moments], "LATITUDE": "38.9", "LONGITUDE": "-77.0",
                  **more}).to_csv(path, index=False)
    return path


def days_in(workspace, table="incidents", column="occurred_from_local"):
    return sorted({str(value)[:10] for value in workspace.read(table)[column]})


def iso(days):
    return sorted({str(day) for day in days})


# Of a file without evidence


@pytest.mark.parametrize("order,form", [("day first", DAY_FIRST), ("month first", MONTH_FIRST)])
def test_without_evidence_it_is_asked_and_what_was_said_is_remembered(city, tmp_path, order, form):
    workspace, path = city("dc"), write(tmp_path / "a.csv", FIRST_DAYS, form)
    with pytest.raises(OrderUnknown) as refused:
        IMPORT["incidents"](workspace, path)
    assert "DATE_ORDER" in refused.value.user and len(refused.value.user) < 300
    assert list(refused.value.choices) == ["month first", "day first"] and refused.value.column == "Date"
    assert workspace.read("incidents").empty and workspace.read("imports").empty
    result = IMPORT["incidents"](workspace, path, date_order=order)
    assert adds_up(result) and days_in(workspace) == iso(FIRST_DAYS) and result.answers.date_order == order
    later = write(tmp_path / "b.csv", [date(2023, 5, 4)], form)
    told = IMPORT["incidents"](workspace, later)
    assert "2023-05-04" in days_in(workspace) and any(order in warning for warning in told.warnings)


def test_what_a_file_has_shown_once_serves_the_next_and_must_not_be_contradicted(city, tmp_path):
    workspace = city("dc")
    shown = IMPORT["incidents"](workspace, write(tmp_path / "a.csv", [*FIRST_DAYS, date(2023, 3, 25)]))
    assert shown.answers.date_order == "day first"
    assert not any("first" in warning for warning in shown.warnings)
    IMPORT["incidents"](workspace, write(tmp_path / "b.csv", [date(2023, 6, 5)]), mapping={"id": "CCN"})
    assert days_in(workspace) == iso([*FIRST_DAYS, date(2023, 3, 25), date(2023, 6, 5)])
    american = write(tmp_path / "c.csv", [date(2023, 7, 26)], MONTH_FIRST)
    with pytest.raises(ConnectError, match="07/26/2023.*DATE_ORDER to month first"):
        IMPORT["incidents"](workspace, american)
    IMPORT["incidents"](workspace, american, date_order="month first")
    assert "2023-07-26" in days_in(workspace)


def test_an_empty_mapping_forgets_the_order(city, tmp_path):
    workspace = city("dc")
    IMPORT["incidents"](workspace, write(tmp_path / "a.csv", FIRST_DAYS), date_order="day first")
    with pytest.raises(OrderUnknown):
        IMPORT["incidents"](workspace, write(tmp_path / "b.csv", [date(2023, 6, 5)]), mapping={})


def test_dates_that_mean_the_same_in_every_order_are_not_asked_about(city, tmp_path):
    workspace = city("dc")
    result = IMPORT["incidents"](workspace, write(tmp_path / "a.csv", [date(2023, 3, 3), date(2023, 5, 5)]))
    assert days_in(workspace) == ["2023-03-03", "2023-05-05"] and result.answers.date_order == ""


# Evidence


@pytest.mark.parametrize("rows", [1, 12])
@pytest.mark.parametrize("form,order", [(DAY_FIRST, "day first"), (MONTH_FIRST, "month first")])
def test_a_single_late_row_decides_for_the_whole_file(city, tmp_path, monkeypatch, rows, form, order):
    monkeypatch.setattr(row_source, "CHUNK_ROWS", 7)
    days = FIRST_DAYS * rows + [date(2023, 4, 13)]
    workspace = city("dc")
    result = IMPORT["incidents"](workspace, write(tmp_path / "a.csv", days, form))
    assert days_in(workspace) == iso(days) and result.answers.date_order == order


@pytest.mark.parametrize("form", [DAY_FIRST, MONTH_FIRST])
@pytest.mark.parametrize("beside", [
    {"Day of Week": lambda day: day.strftime("%A")}, {"DOW": lambda day: day.strftime("%a").upper()},
    {"Report Date": lambda day: str(day + timedelta(days=day.day % 3))},
    {"Date Entered": lambda day: str(day)}, {"Month": lambda day: day.month}, {"MONTH_NAME_": None},
    {"Posted date": lambda day: day.strftime("%d %b %Y")}])
def test_what_stands_beside_the_date_decides(city, tmp_path, form, beside):
    (name, tell), = beside.items()
    days = [date(2023, month, day) for month in (3, 4) for day in range(1, 12)]
    more = {name: [tell(day) for day in days]} if tell else {"Month": [day.strftime("%B") for day in days]}
    workspace = city("dc")
    IMPORT["incidents"](workspace, write(tmp_path / "a.csv", days, form, **more))
    assert days_in(workspace) == iso(days)


def test_a_column_beside_that_fits_neither_order_decides_nothing(city, tmp_path):
    rng = np.random.default_rng(5)
    noise = [str(date(2023, 1, 1) + timedelta(days=int(number))) for number in rng.integers(0, 360, len(FIRST_DAYS))]
    with pytest.raises(OrderUnknown):
        IMPORT["incidents"](city("dc"), write(tmp_path / "a.csv", FIRST_DAYS, **{"Date printed": noise}))


@pytest.mark.parametrize("form", ["%a %m/%d/%Y %H:%M", "%A, %d/%m/%Y %H:%M", "%d %b %Y %H:%M", "%Y-%m-%d %H:%M"])
def test_dates_that_name_a_weekday_or_a_month_need_no_order(city, tmp_path, form):
    days, workspace = [date(2023, 3, 4), date(2023, 4, 6), date(2023, 7, 1)], city("dc")
    IMPORT["incidents"](workspace, write(tmp_path / "a.csv", days, form))
    assert days_in(workspace) == iso(days)


# Contradictions


def test_a_file_that_contradicts_itself_is_refused_and_read_as_said(city, tmp_path):
    path = write(tmp_path / "a.csv", FIRST_DAYS)
    frame = pd.read_csv(path, dtype=str)
    frame.loc[3, "Date"], frame.loc[7, "Date"] = "25/03/2023 10:00", "03/26/2023 10:00"
    frame.to_csv(path, index=False)
    workspace = city("dc")
    with pytest.raises(ConnectError) as refused:
        IMPORT["incidents"](workspace, path)
    assert all(text in refused.value.user for text in ("25/03/2023", "03/26/2023", "DATE_ORDER"))
    result = IMPORT["incidents"](workspace, path, date_order="day first")
    assert adds_up(result) and result.reasons == {"a date or time that cannot be read": 1}
    assert "2023-03-26" not in days_in(workspace) and "2023-03-25" in days_in(workspace)


@pytest.mark.parametrize("form", ["%Y-%d-%m %H:%M", "%Y/%d/%m", "%Y.%d.%mT%H:%M:%S", "%Y%d%m"])
def test_a_day_behind_the_year_is_never_read_as_a_month(city, tmp_path, form):
    """One day above 12, after many that a month could be; and the other way round as one typing error."""
    workspace = city("dc")
    path = write(tmp_path / "a.csv", [*FIRST_DAYS * 4, date(2023, 3, 25)], form)
    with pytest.raises(ConnectError, match="Column Date of a.csv has the day before the month") as refused:
        IMPORT["incidents"](workspace, path)
    assert len(refused.value.user) < 300 and workspace.read("incidents").empty and workspace.read("imports").empty
    frame = pd.read_csv(write(tmp_path / "b.csv", [*FIRST_DAYS, date(2023, 3, 25)], "%Y-%m-%d"), dtype=str)
    frame.loc[3, "Date"] = "2023-25-03"
    frame.to_csv(tmp_path / "b.csv", index=False)
    result = IMPORT["incidents"](workspace, tmp_path / "b.csv")
    assert adds_up(result) and result.reasons == {"a date or time that cannot be read": 1}


def test_an_order_that_does_not_fit_the_file_is_refused(city, tmp_path):
    path = write(tmp_path / "a.csv", [*FIRST_DAYS, date(2023, 3, 25)])
    with pytest.raises(ConnectError, match="25/03/2023.*set it to day first"):
        IMPORT["incidents"](city("dc"), path, date_order="month first")


@pytest.mark.parametrize("said,meant", [
    ("day first", "day first"), ("DMY", "day first"), ("dd/mm/yyyy", "day first"), ("Month_First", "month first"),
    ("MM/DD/YYYY", "month first"), ("year first", "year first"), ("", ""), (None, "")])
def test_ways_to_say_the_order(said, meant):
    assert check_order(said) == meant


def test_other_words_get_a_sentence():
    with pytest.raises(ConnectError, match="month first, day first, year first"):
        check_order("backwards")


# Two digits


@pytest.mark.parametrize("texts,orders", [
    (["01-02-03"], ["month first", "day first", "year first"]), (["1/2/03"], ["month first", "day first"]),
    (["23-03-14"], ["day first", "year first"]), (["23-03-14", "23-03-31"], ["year first"]),
    (["14-03-23", "30-03-23"], ["day first"]), (["03-14-23"], ["month first"]), (["01/02/2003"], [
        "month first", "day first"])])
def test_a_year_of_two_digits_may_stand_first(texts, orders):
    days = date_texts.readings(time_texts.parse(texts).parts)
    assert [order for order, row in zip(date_texts.ORDERS, days) if (row != time_texts.NAT).all()] == orders


@given(st.dates(date(2001, 1, 1), date(2025, 12, 31)), st.sampled_from([
    ("month first", "%m/%d/%Y"), ("day first", "%d.%m.%Y"), ("year first", "%y-%m-%d"), ("day first", "%d-%m-%y"),
    ("month first", "%m/%d/%y")]), st.sampled_from(["", " 23:59", "T00:00:00+02:00"]))
@settings(max_examples=200, deadline=None)
def test_in_its_order_every_date_is_itself(day, written, clock):
    order, form = written
    parsed = time_texts.parse([day.strftime(form) + clock])
    found = time_texts.in_order(parsed, order)[0]
    plain = time_texts.parse([str(day) + clock]).clock[0]
    assert found == plain


# The other importers


def refuses_then_reads(run, days):
    with pytest.raises(OrderUnknown, match="DATE_ORDER"):
        run("")
    run("day first")
    assert days() == ["2026-03-02", "2026-03-04"]
    run("")  # remembered


def test_rosters(workspace, tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("unit,badge,date,start,end\n12,4711,02/03/2026,07:00,15:00\n12,4712,04/03/2026,07:00,15:00\n")
    refuses_then_reads(lambda order: import_roster(workspace, path, date_order=order),
                       lambda: days_in(workspace, "roster", "shift_date"))


def test_logs_of_tactics(workspace, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("badge,tactic,when\n71,foot_patrol,02/03/2026 14:00\n71,foot_patrol,04/03/2026 14:00\n")
    refuses_then_reads(lambda order: import_tactics(workspace, path, date_order=order),
                       lambda: days_in(workspace, "tactic_log", "at_utc"))


def test_calendars(workspace, tmp_path):
    path = tmp_path / "holidays.csv"
    path.write_text("Holiday,Date\nOne,02/03/2026\nTwo,04/03/2026\n")
    refuses_then_reads(lambda order: import_calendar(workspace, path, date_order=order),
                       lambda: days_in(workspace, "calendar", "date"))


@pytest.mark.parametrize("run,header,row", [
    (import_roster, "unit,badge,date,start,end", "12,4711,{},07:00,15:00"),
    (import_tactics, "badge,tactic,when", "71,foot_patrol,{} 14:00"),
    (import_calendar, "Holiday,Date", "One,{}")])
def test_a_day_behind_the_year_in_other_files(workspace, tmp_path, run, header, row):
    path = tmp_path / "days.csv"
    path.write_text("\n".join([header, *(row.format(day) for day in ("2026-05-03", "2026-25-03")), ""]))
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="the day before the month"):
        run(workspace, path)
    assert workspace.content_hash() == before


def test_coverage(workspace):
    def run(order):
        import_sensor_coverage(workspace, VectorTable(
            pd.DataFrame({"name": ["West", "East"], "from": ["02/03/2026", "04/03/2026"]}),
            [box(320_000, 4_300_000, 321_000, 4_301_000), box(321_000, 4_300_000, 322_000, 4_301_000)], "EPSG:32618",
            "coverage"), date_order=order)
    refuses_then_reads(run, lambda: days_in(workspace, "sensor_coverage", "from_date"))


def track(path, unit, days):
    pd.DataFrame({"unit": unit, "time": [day + " 14:00" for day in days], "x": 320_500, "y": 4_300_500}).to_csv(
        path, index=False)


def test_tracks(workspace, tmp_path):
    track(tmp_path / "avl.csv", "12", ["02/03/2026", "04/03/2026"])
    refuses_then_reads(lambda order: import_gps(workspace, tmp_path / "avl.csv", date_order=order),
                       lambda: days_in(workspace, "gps_fixes", "at_utc"))


def test_one_track_of_a_folder_shows_the_order_for_all(workspace, tmp_path):
    for unit, days in (("u1", ["02/03/2026", "04/03/2026"]), ("u2", ["02/03/2026"]),
                       ("u3", ["02/03/2026", "25/03/2026"])):
        track(tmp_path / (unit + ".csv"), unit, days)
    result = import_gps(workspace, tmp_path)
    assert result.added == 5 and days_in(workspace, "gps_fixes", "at_utc") == ["2026-03-02", "2026-03-04", "2026-03-25"]


def test_a_folder_in_which_nothing_tells_is_refused_whole(workspace, tmp_path):
    for unit in ("u1", "u2"):
        track(tmp_path / (unit + ".csv"), unit, ["02/03/2026"])
    with pytest.raises(OrderUnknown):
        import_gps(workspace, tmp_path)
    assert workspace.read("gps_fixes").empty


def test_the_order_of_an_exports_dates_is_the_portals(city):
    result = IMPORT["gunfire"](city("kc"), SAMPLES / "kansas_city_mo_shotspotter_2016_2021.csv")
    assert result.answers.date_order == "month first"
