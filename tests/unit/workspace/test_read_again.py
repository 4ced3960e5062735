"""A file that comes again with another answer: what it had brought as it was read before leaves, whatever its table."""
import pandas as pd
import pytest

from shotspotter_connect_plugin.workspace.imports.calendar_import import import_calendar
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.roster_import import import_roster
from shotspotter_connect_plugin.workspace.imports.tactic_import import import_tactics

ZONES = {"source_timezone": "UTC"}, {"source_timezone": "America/New_York"}
ORDERS = {"date_order": "day first"}, {"date_order": "month first"}
TRACK = "unit,time,lon,lat\n" + "".join(f"12,03/04/2026 {22 + minute // 60}:{minute % 60:02},-77.0668,38.8371\n"
                                        for minute in range(0, 120, 20))
CREWS = "Unit,Badge,From,To\n12,71,03/04/2026 07:00,03/04/2026 15:00\n14,72,03/05/2026 07:00,03/05/2026 15:00\n"
LOGS = "Officer,Unit,Tactic,Time\n71,12,Walk the box,03/04/2026 08:02\n72,14,Walk the box,03/05/2026 08:20\n"
DAYS = "Date,Temperature F\n03/04/2026,41\n03/05/2026,43\n"
FILES = [pytest.param(table, importer, text, *answers, id=f"{table}, {next(iter(answers[0]))}")
         for table, importer, text, answers in (
             ("gps_fixes", import_gps, TRACK, ZONES), ("gps_fixes", import_gps, TRACK, ORDERS),
             ("roster", import_roster, CREWS, ZONES), ("roster", import_roster, CREWS, ORDERS),
             ("tactic_log", import_tactics, LOGS, ZONES), ("tactic_log", import_tactics, LOGS, ORDERS),
             ("calendar", import_calendar, DAYS, ORDERS))]


def whole(workspace, table):
    rows = workspace.read(table)
    return rows.sort_values(list(rows.columns), ignore_index=True)


@pytest.mark.parametrize("table,importer,text,wrong,right", FILES)
def test_what_was_read_otherwise_leaves(workspace, tmp_path, table, importer, text, wrong, right):
    if importer is not import_calendar:
        wrong, right = {"date_order": "month first", **wrong}, {"date_order": "month first", **right}
    path = tmp_path / "file.csv"
    path.write_text(text)
    count = importer(workspace, path, **right).added
    wanted = whole(workspace, table)
    for answers in (wrong, right):
        result = importer(workspace, path, **answers)
        assert len(workspace.read(table)) == len(wanted) and result.read == count
        assert any("it was read otherwise now" in one or "were removed" in one for one in result.warnings)
    pd.testing.assert_frame_equal(whole(workspace, table), wanted)
    again = importer(workspace, path, **right)
    assert again.unchanged == count and not any("otherwise" in one for one in again.warnings)


@pytest.mark.parametrize("other_name", [False, True])
def test_a_wider_time_takes_the_place_of_a_narrow_one_that_was_read_otherwise(workspace, tmp_path, other_name):
    """The moment of entry stood for that of the offence; a later export of the same source tells otherwise, too."""
    rows = [f"{day},Burglary,2024-03-0{day} 10:00,2024-03-0{day + 1} 10:00,2024-03-0{day + 1} 18:00,-77.0668,38.8371"
            for day in range(1, 5)]
    first, second = tmp_path / "first.csv", tmp_path / ("second.csv" if other_name else "first.csv")
    for path, some in ((second, rows[:3]), (first, rows)) if other_name else ((first, rows),):
        path.write_text("\n".join(["Case No,Offense,Begun,Ended,Entered,Longitude,Latitude", *some, ""]))
    import_incidents(workspace, first, {"occurred": "Entered", "occurred_from": "", "occurred_to": ""})
    result = import_incidents(workspace, second, {"occurred_from": "Begun", "occurred_to": "Ended"})
    assert result.updated == result.read
    spans = workspace.read("incidents", order_by="incident_id").iloc[:result.read]
    assert ((spans["occurred_to_utc"] - spans["occurred_from_utc"]) == pd.Timedelta(days=1)).all()
    assert import_incidents(workspace, second).unchanged == result.read


def parked(path, day):
    """A car that stands at one place the whole day."""
    fixes = [f"12,2026-03-{day:02} {hour:02}:00,-77.0668,38.8371\n" for hour in range(24)]
    path.write_text("unit,time,lon,lat\n" + "".join(fixes))


def test_fixes_of_other_files_that_are_the_same_stay(workspace, tmp_path):
    """Read five hours too early, the car's second day tells of the same hours and place as its first, read right."""
    folder = tmp_path / "tracks"
    folder.mkdir()
    for day in (4, 5):
        parked(folder / f"day{day}.csv", day)
    import_gps(workspace, folder, source_timezone="UTC")
    result = import_gps(workspace, folder, source_timezone="America/New_York")
    moments = workspace.read("gps_fixes", order_by="at_utc")["at_utc"]
    assert moments.tolist() == pd.date_range("2026-03-04 05:00", periods=48, freq="h", tz="UTC").tolist()
    assert (result.added, result.unchanged) == (5, 43)
    assert result.first == "2026-03-03"  # visits of the hours that left are to be found anew, too


def test_other_files_of_the_fleet_that_were_read_otherwise_are_named(workspace, tmp_path):
    for day in (4, 6):
        parked(tmp_path / f"day{day}.csv", day)
        import_gps(workspace, tmp_path / f"day{day}.csv", source_timezone="UTC")
    told = import_gps(workspace, tmp_path / "day4.csv", source_timezone="America/New_York").warnings
    assert any("day6.csv" in one and "until they are imported again" in one and len(one) < 300 for one in told)
    told = import_gps(workspace, tmp_path / "day6.csv", source_timezone="America/New_York").warnings
    assert not any("day4.csv" in one for one in told)
    assert len(workspace.read("gps_fixes")) == 48
