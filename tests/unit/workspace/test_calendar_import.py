"""The calendar: holidays, school days, events and weather from whatever file an agency has."""
import json

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import ogr
from public_exports import adds_up

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.imports.calendar_import import import_calendar


@pytest.fixture
def take(workspace, tmp_path):
    """``take(text, mapping)``: import a CSV of that text -> result and the table."""
    def take(text, mapping=None, name="days.csv", **more):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        result = import_calendar(workspace, path, mapping, **more)
        assert adds_up(result), result.counts
        return result, workspace.read("calendar", order_by=["date", "kind", "name"])
    return take


def values(rows, *names):
    return [tuple(row) for row in rows[list(names)].astype(object).where(rows[list(names)].notna(), None).to_numpy()]


def test_holidays_once_however_often(take):
    text = "Date,Holiday\n2017-07-04,Independence Day\n12/25/2017,Christmas Day\n2017-12-25,Christmas Day\n"
    result, rows = take(text)
    assert (result.read, result.added) == (3, 3)
    assert values(rows, "date", "kind", "name") == [("2017-07-04", "holiday", "Independence Day"),
                                                    ("2017-12-25", "holiday", "Christmas Day")]
    again, same = take(text)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 3)
    pd.testing.assert_frame_equal(rows, same)


def test_what_is_no_longer_in_the_file_goes_unless_it_lies_outside_its_dates(take):
    take("Date,Holiday\n2017-07-04,Independence Day\n2017-09-04,Labor Day\n2017-12-25,Christmas Day\n")
    result, rows = take("Date,Holiday\n2017-07-04,Independence Day\n2017-10-09,Columbus Day\n")
    assert rows["name"].tolist() == ["Independence Day", "Columbus Day", "Christmas Day"]
    assert any("no longer" in warning for warning in result.warnings)
    other, rows = take("Date,Holiday\n2017-08-01,Emancipation Day\n", name="other.csv")
    assert len(rows) == 4 and not other.warnings


def test_school_days_and_breaks(take):
    result, rows = take("period,start,end\nFall term,2017-12-18,2018-01-05\nWinter break,2017-12-23,2018-01-01\n",
                        "school")
    assert (result.read, result.added) == (2, 2)
    held = rows[rows["value"] == 1]
    assert set(held["name"]) == {"Fall term"} and len(held) == 15  # three weeks without their weekends
    free = rows[rows["value"] == 0]
    assert (free["date"].min(), free["date"].max(), len(free)) == ("2017-12-23", "2018-01-01", 10)


def test_school_days_by_yes_and_no(take):
    _, rows = take("date,school_day\n2017-12-18,yes\n2017-12-19,0\n2017-12-20,1\n")
    assert values(rows, "date", "kind", "name", "value") == [
        ("2017-12-18", "school", "school", 1.0), ("2017-12-19", "school", "no school", 0.0),
        ("2017-12-20", "school", "school", 1.0)]


def test_events_have_a_place_a_span_and_people(take, workspace):
    text = ("Event,Start,End,Longitude,Latitude,Attendance\n"
            'Game,2017-10-29 19:30,2017-10-29 23:00,-77.0660,38.8340,"41,000"\n'
            "Marathon,2017-10-22,2017-10-23,,,\n"
            "Far away,2017-10-29,,2.35,48.85,10\n"
            "Late,2017-10-28 22:00,2017-10-29 00:00,-77.0660,38.8340,many\n"
            "Later,2017-10-28 22:00,2017-10-29 00:00,-77.0660,38.8340,\n")
    result, rows = take(text)
    assert (result.read, result.added, result.rejected) == (5, 3, 2)
    assert result.reasons == {"outside the jurisdiction": 1, "a value that is not a number": 1}
    assert values(rows, "date", "name", "value") == [
        ("2017-10-22", "Marathon", None), ("2017-10-23", "Marathon", None), ("2017-10-28", "Later", None),
        ("2017-10-29", "Game", 41000.0)]
    game = rows.iloc[-1]
    assert workspace.fishnet.ids(*workspace.fishnet.cell(np.array([game.x]), np.array([game.y])))[0] in set(
        workspace.read("boxes")["box_id"])
    assert game.from_utc == pd.Timestamp("2017-10-29T23:30Z") and game.to_utc == pd.Timestamp("2017-10-30T03:00Z")
    assert rows.loc[0, ["x", "from_utc"]].isna().all()
    lines = pd.read_csv(result.rejects)
    assert lines["line"].tolist() == [4, 5] and "many" not in lines.to_csv()
    assert take(text)[0].unchanged == 3


def test_two_events_of_one_name_and_date_are_two(take):
    text = ("event,date,x,y\nFair,2017-05-01,320500,4300500\nFair,2017-05-01,320900,4300500\n"
            "Fair,2017-05-01,320500,4300500\n")
    result, rows = take(text)
    assert result.added == 3 and rows["name"].tolist() == ["Fair", "Fair (2)"]
    assert take(text)[0].unchanged == 3


def test_weather_of_hours_becomes_weather_of_dates_known_when_the_date_is_over(take):
    hours = "".join(f"2017-01-0{1 + hour // 24} {hour % 24:02d}:00,{hour},0.1\n" for hour in range(48))
    result, rows = take("time,temp_f,precip_in\n" + hours)
    assert (result.read, result.added) == (48, 48) and len(rows) == 4
    first = rows[rows["date"] == "2017-01-01"].set_index("name")
    assert first["value"]["temperature_c"] == pytest.approx((11.5 - 32) / 1.8)
    assert first["value"]["precipitation_mm"] == pytest.approx(24 * 2.54)
    assert (first["known_utc"] == pd.Timestamp("2017-01-02T05:00Z")).all() and set(rows["kind"]) == {"weather"}
    more, rows = take("time,temp_f,precip_in\n" + hours + "2017-01-03 00:00,50,T\n")
    assert (more.added, more.unchanged) == (1, 48)
    changed, rows = take("time,temp_f,precip_in\n" + hours.replace("00:00,0,0.1", "00:00,0,0.5", 1))
    assert (changed.updated, changed.unchanged) == (24, 24)
    assert set(rows["date"]) == {"2017-01-01", "2017-01-02", "2017-01-03"}, "weather of other dates stays"


def test_weather_without_units_is_told(take):
    result, rows = take("DATE,TMAX,PRCP,SNOW\n2017-07-04,88,0.0,M\n2017-07-05,,,\n2017-07-06,91,x,\n")
    assert result.reasons == {"no value": 1, "a value that is not a number": 1}
    assert rows.set_index("name")["value"]["temperature_max_c"] == pytest.approx(31.111, abs=1e-3)
    assert any("Fahrenheit" in text for text in result.warnings) and any("no unit" in text for text in result.warnings)


def test_of_several_forecasts_the_last_before_the_plan_counts(take):
    text = ("date,issued,temperature_c\n2017-07-04,2017-07-02 16:00,30\n2017-07-04,2017-07-03 16:00,28\n"
            "2017-07-04,2017-07-04 11:00,25\n2017-07-05,2017-07-05 08:00,20\n2017-07-05,2017-07-05 12:00,21\n")
    result, rows = take(text)
    assert result.added == 5
    assert values(rows, "date", "kind", "value", "known_utc") == [
        ("2017-07-04", "weather_forecast", 28.0, pd.Timestamp("2017-07-03T20:00Z")),
        ("2017-07-05", "weather_forecast", 20.0, pd.Timestamp("2017-07-05T12:00Z"))]


def test_a_closure_and_an_event_are_known_since_they_were_issued(take):
    _, rows = take("date,kind,name,issued\n2017-03-14,school,No school (snow),2017-03-14 06:10\n"
                   "2017-03-15,event,March,2017-03-14 09:00\n2017-03-16,holiday,Evacuation Day,\n")
    assert values(rows, "kind", "known_utc") == [
        ("school", pd.Timestamp("2017-03-14T10:10Z")), ("event", pd.Timestamp("2017-03-14T13:00Z")), ("holiday", None)]


def test_a_mixed_file_and_a_mapping(take):
    mixed = ("day,what,category,amount\n2017-07-04,Independence Day,Federal holiday,\n2017-07-04,Concert,event,9000\n"
             "2017-07-05,rain_mm,weather,3.5\n2017-07-06,No school today,school,\n2017-07-07,?,meeting,\n")
    mapping = {"date": "day", "name": "what", "kind": "category", "value": "amount"}
    result, rows = take(mixed, json.dumps(mapping))
    assert result.reasons == {"a kind that is none of holiday, school, event and weather": 1}
    assert values(rows, "kind", "name", "value") == [
        ("event", "Concert", 9000.0), ("holiday", "Independence Day", None), ("weather", "precipitation_mm", 3.5),
        ("school", "No school today", 0.0)]
    _, rows = take("d,t\n2017-08-01,77\n", {"weather": {"date": "d", "temperature": "t"}}, name="t.csv")
    assert rows.iloc[-1]["value"] == pytest.approx(25.0)


def test_nothing_about_persons_gets_in(take, workspace):
    text = ("event,date,contact_name,phone\nSMITH  JOHN'S wake 202-555-0143,2017-05-01,JOHN SMITH,202-555-0143\n"
            "Parade,2017-05-02,MARY DOE,202-555-0144\n")
    result, rows = take(text)
    assert rows["name"].tolist() == ["event", "Parade"] and {"contact_name", "phone"} <= set(result.dropped_columns)
    _, rows = take("event,date\n\"SMITH, JOHN\",2017-06-01\n\"DOE, MARY\",2017-06-02\n", name="names.csv")
    assert set(rows[rows["source"] == "names.csv"]["name"]) == {"event"}
    kept = str(workspace.read("calendar").to_dict("records")) + str(workspace.read("imports").to_dict("records"))
    assert not any(word in kept for word in ("SMITH", "DOE", "202-555"))


@pytest.mark.parametrize("text,mapping,words", [
    ("Holiday,Colour\nA,red\n", None, "no column for the date"),
    ("date,thing\n2017-01-01,A\n", None, "Say in MAPPING"),
    ("date,thing\n2017-01-01,A\n", "holidaze", "one of the words"),
    ("date,thing\n2017-01-01,A\n", {"nonsense": "thing"}, "no role nonsense"),
    ("", None, "empty"), ("date,holiday\n", None, "no rows"), ("date,holiday\n,\n", None, "no rows")])
def test_bad_files_get_one_sentence_and_change_nothing(take, workspace, text, mapping, words):
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match=words) as error:
        take(text, mapping)
    assert workspace.content_hash() == before and "\n" not in str(error.value)


def test_bad_rows_are_told_by_line(take):
    result, rows = take("holiday,from,to\nA,2017-13-45,\nB,,\nC,2017-05-05,2017-05-01\nD,2000-01-01,2017-01-01\n"
                        "E,2017-05-05,soon\nF,2017-05-05,2017-05-06,1,2\n,,\nG,2017-05-08,\n")
    assert rows["name"].tolist() == ["G"] and result.rejected == 7
    lines = pd.read_csv(result.rejects).set_index("line")["reason"]
    assert lines[2].startswith("a date") and lines[3] == "no date" and "before" in lines[4] and "two years" in lines[5]
    assert lines[6].startswith("a date") and "fields" in lines[7] and "empty" in lines[8]


def test_a_point_layer_of_events(workspace, tmp_path):
    path = tmp_path / "events.gpkg"
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    system = ogr.osr.SpatialReference()
    system.ImportFromEPSG(32618)
    layer = source.CreateLayer("events", system, ogr.wkbPoint)
    layer.CreateField(ogr.FieldDefn("title", ogr.OFTString))
    layer.CreateField(ogr.FieldDefn("event_date", ogr.OFTDate))
    for number, place in enumerate(("POINT (320500 4300500)", None)):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["title"], feature["event_date"] = f"Fair {number}", f"2017/05/0{number + 1}"
        if place:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(place))
        layer.CreateFeature(feature)
    layer = source = None
    result = import_calendar(workspace, path)
    rows = workspace.read("calendar", order_by="date")
    assert (result.read, result.added) == (2, 2)
    assert values(rows, "date", "x", "y") == [("2017-05-01", 320500.0, 4300500.0), ("2017-05-02", None, None)]


def test_stopping_leaves_nothing(take, workspace):
    class Stop(Progress):
        left = 2

        def is_cancelled(self):
            self.left -= 1
            return self.left < 0

    before = workspace.content_hash()
    with pytest.raises(Cancelled):
        take("date,holiday\n2017-07-04,A\n", progress=Stop())
    assert workspace.content_hash() == before


CELL = st.one_of(st.sampled_from(["", "2017-05-01", "5/2/2017", "2017-05-01 22:00", "x", "1", "-77.06", "38.83", "=1+1",
                                  "2017-05-03T01:00:00Z", "Break", "no", "yes"]), st.text(max_size=6))


@given(st.sampled_from(["holidays", "school", "events", "weather", ""]),
       st.lists(st.lists(CELL, min_size=6, max_size=6), min_size=1, max_size=12))
@settings(max_examples=examples(25), deadline=None)
def test_any_file_adds_up_and_adds_nothing_the_second_time(city, tmp_path_factory, holds, cells):
    workspace = city("dc")
    path = tmp_path_factory.mktemp("any") / "weather_days.csv"
    frame = pd.DataFrame(cells, columns=["date", "to", "name", "value", "longitude", "latitude"])
    frame.to_csv(path, index=False)
    try:
        result = import_calendar(workspace, path, holds, date_order="day first")
    except ConnectError as error:
        assert "\n" not in str(error)
        return
    assert adds_up(result)
    again = import_calendar(workspace, path, holds, date_order="day first")
    assert adds_up(again) and (again.added, again.updated) == (0, 0)
    assert again.unchanged == result.added + result.unchanged and again.rejected == result.rejected
