"""What a later file says of events of an earlier one: brought up to date, cancelled, unfounded, no gunfire."""
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.autumn_hour import comings
from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.preview import preview_file

PLACE = pyproj.Transformer.from_crs("EPSG:32618", "EPSG:4326", always_xy=True).transform(320_500, 4_300_500)
HOUR = 3600 * 10 ** 9


def message(name, kind, hour, about="", event="", onset="", rounds="", placed=True):
    info = "".join([f"<event>{event}</event>" if event else "", f"<onset>{onset}</onset>" if onset else "",
                    f"<parameter><valueName>rounds</valueName><value>{rounds}</value></parameter>" if rounds else "",
                    f"<area><areaDesc>a</areaDesc><circle>{PLACE[1]:.5f},{PLACE[0]:.5f} 0</circle></area>" if placed
                    else "<area><areaDesc>a</areaDesc></area>"])
    return (f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{name}</identifier><sender>s</sender>'
            f"<sent>2024-03-05T{hour:02d}:00:40-05:00</sent><status>Actual</status><msgType>{kind}</msgType>"
            f"<scope>Private</scope><references>{about}</references><info>{info}</info></alert>")


@pytest.fixture
def put(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path
    return write


def test_messages_bring_alerts_of_earlier_files_up_to_date_and_take_them_back(workspace, put):
    first = put("a.xml", "<feed>" + message("A", "Alert", 1, event="Single Gunshot", onset="2024-03-05T01:00:00-05:00")
                + message("B", "Alert", 2, event="Single Gunshot", onset="2024-03-05T02:00:00-05:00") + "</feed>")
    assert import_gunfire(workspace, first).added == 2
    later = put("b.xml", "<feed>" + message("A2", "Cancel", 4, "s,A,2024-03-05T01:00:40-05:00", placed=False) + message(
        "B2", "Update", 5, "s,B,2024-03-05T02:00:40-05:00", "Multiple Gunshots", rounds="7", placed=False) + "</feed>")
    assert preview_file(workspace, later).kind == "gunfire"
    result = import_gunfire(workspace, later)
    assert result.counts == {"read": 2, "added": 0, "updated": 2, "unchanged": 0, "rejected": 0}
    assert any("1 alerts of earlier files were taken out" in told for told in result.warnings)
    left, = workspace.read("gunfire").to_dict("records")
    assert (left["alert_id"], left["kind"], left["rounds"]) == ("B", "multiple", 7)
    assert left["occurred_utc"] == pd.Timestamp("2024-03-05T07:00:00Z") and abs(left["x"] - 320_500) < 1
    assert import_gunfire(workspace, later).counts == {
        "read": 2, "added": 0, "updated": 0, "unchanged": 1, "rejected": 1}
    last = put("c.xml", message("B3", "Cancel", 6, "s,B2,2024-03-05T05:00:40-05:00 s,B,2024-03-05T02:00:40-05:00",
                                placed=False))
    assert preview_file(workspace, last).kind == "gunfire" and import_gunfire(workspace, last).updated == 1
    assert workspace.count("gunfire") == 0
    with pytest.raises(ConnectError, match="alerts that are not in the workspace"):
        import_gunfire(workspace, last)


@pytest.mark.parametrize("importer, header, was, now", [
    (import_gunfire, "id,type,date,x,y,review", "Single Gunshot,{},Gunfire", "Single Gunshot,{},Not gunfire"),
    (import_gunfire, "id,type,date,x,y,review", "Single Gunshot,{},Gunfire", "Construction,{},"),
    (import_incidents, "id,offense,date,x,y,status", "ROBBERY,{},Open", "ROBBERY,{},Unfounded")])
def test_what_a_later_file_calls_none_leaves_the_workspace(workspace, put, importer, header, was, now):
    table = "gunfire" if importer is import_gunfire else "incidents"
    place = "2024-03-05 01:30,320500,4300500"
    rows = [f"{number}," + was.format(place) for number in (1, 2)]
    importer(workspace, put("a.csv", "\n".join([header, *rows])), source_crs="EPSG:32618")
    result = importer(workspace, put("b.csv", "\n".join([header, "1," + now.format(place), rows[1]])))
    assert result.counts == {"read": 2, "added": 0, "updated": 1, "unchanged": 1, "rejected": 0}
    assert workspace.read(table).iloc[:, 0].tolist() == ["2"]
    again = importer(workspace, put("c.csv", "\n".join([header, "2," + now.format(place), rows[1]])))
    assert again.rejected == 1 and workspace.count(table) == 1  # another row of the file says that it was one


@pytest.mark.parametrize("importer, header, was, now", [
    (import_gunfire, "id,type,date,x,y,review", "Single Gunshot,{},Gunfire", "Single Gunshot,{},Not gunfire"),
    (import_incidents, "id,offense,date,x,y,status", "ROBBERY,{},Open", "ROBBERY,{},Unfounded")])
def test_an_older_file_brought_again_does_not_bring_back_what_a_later_one_took_out(workspace, put, importer, header,
                                                                                   was, now):
    table = "gunfire" if importer is import_gunfire else "incidents"
    place = "2024-03-05 01:30,320500,4300500"
    rows = [f"{number}," + was.format(place) for number in (1, 2)]
    older = put("a.csv", "\n".join([header, *rows]))
    importer(workspace, older, source_crs="EPSG:32618")
    importer(workspace, put("b.csv", "\n".join([header, "1," + now.format(place), rows[1]])))
    for name in ("again.csv", "once_more.csv"):
        result = importer(workspace, older.rename(older.with_name(name)))
        older = older.with_name(name)
        assert result.counts == {"read": 2, "added": 0, "updated": 0, "unchanged": 1, "rejected": 1}
        assert result.reasons == {"called none by a later file": 1}
        assert workspace.read(table).iloc[:, 0].tolist() == ["2"]
    # A file that is new knows more than the one that took it out.
    newer = put("c.csv", "\n".join([header, *rows, "3," + was.format("2024-03-06 01:30,320600,4300500")]))
    assert importer(workspace, newer).added == 2 and workspace.count(table) == 3
    assert importer(workspace, older).counts == {
        "read": 2, "added": 0, "updated": 0, "unchanged": 2, "rejected": 0}


@given(st.lists(st.integers(-20 * 60, 22 * 60), min_size=8, max_size=30, unique=True), st.booleans())
def test_the_order_of_rows_tells_the_coming_or_nothing(minutes, backward):
    """Moments around the hour from 0 to 60 minutes, which comes again from 60 to 120, as their wall clocks."""
    true = np.sort(np.array(minutes))[::-1 if backward else 1] * 60 * 10 ** 9
    again = (true >= HOUR) & (true < 2 * HOUR)
    first = np.where(again, true - HOUR, true)
    second = np.where((true >= 0) & (true < 2 * HOUR), first + HOUR, first)
    told, untold = comings(first, second, np.ones(len(true), dtype=bool), np.full(len(true), "", dtype=object))
    assert (np.where(told, second, first) == true)[~untold].all()
    assert not told[untold].any() and (untold <= (second > first)).all()


@pytest.mark.parametrize("take,first,later", [
    (import_incidents, "Offense,Status,Occurred,Latitude,Longitude\nROBBERY,{},2024-03-05 01:10:00,{},{}\n"
                       "BURGLARY,Open,2024-03-06 01:10:00,{},{}\n", ("Open", "Unfounded")),
    (import_gunfire, "Type,Disposition,Occurred,Latitude,Longitude\nSingle Gunshot,{},2024-03-05 01:10:00,{},{}\n"
                     "Single Gunshot,Open,2024-03-06 01:10:00,{},{}\n", ("Open", "Unfounded"))])
def test_a_denial_without_a_number_takes_nothing_back_and_is_told(workspace, put, take, first, later):
    place = f"{PLACE[1]:.5f}", f"{PLACE[0]:.5f}"
    before, after = (first.format(word, *place, *place) for word in later)
    assert take(workspace, put("a.csv", before)).added == 2
    result = take(workspace, put("b.csv", after))
    assert result.counts == {"read": 2, "added": 0, "updated": 0, "unchanged": 1, "rejected": 1}
    assert any(told.startswith("1 ") and "have no number of their own" in told for told in result.warnings)
    assert workspace.count("incidents") + workspace.count("gunfire") == 2
    again = take(workspace, put("c.csv", after.replace("01:10:00", "01:11:00", 1)))
    assert not any("have no number of their own" in told for told in again.warnings)
