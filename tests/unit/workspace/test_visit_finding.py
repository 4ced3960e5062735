"""The step from fixes to visits in a workspace: shifts, patrols, roster, periods; and the import of rosters."""
import numpy as np
import pandas as pd
import pytest

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.imports.roster_import import import_roster
from shotspotter_connect_plugin.workspace.steps.visit_finding import find_visits, planned_against_delivered

ZONE = "America/New_York"
HERE = (320_600.0, 4_300_600.0)     # inside C1282R17202
BOX = "C1282R17202"


class Log(Progress):
    def __init__(self):
        self.lines = []

    def info(self, text):
        self.lines.append(text)

    warn = info


def stay(unit, start, minutes, place=HERE):
    """Fixes of standing still from a local time on, one in 30 s."""
    count = round(minutes * 2) + 1
    moments = pd.Timestamp(start).tz_localize(ZONE).tz_convert("UTC") + pd.to_timedelta(np.arange(count) * 30, unit="s")
    return pd.DataFrame({"unit": unit, "at_utc": moments, "x": place[0], "y": place[1], "accuracy": np.nan})


def put(workspace, table, *frames):
    with workspace.transaction() as writer:
        writer.append(table, pd.concat(frames, ignore_index=True))


def patrol(number, shift, date="2026-03-02", **more):
    return pd.DataFrame([{"patrol_id": number, "shift_date": date, "shift": shift, "box_id": BOX, "beat": "All",
                          "target_minutes": 15.0, "visit_order": 1, "returns": 0, "origin": "drawn",
                          "status": "planned", "version": 1, **more}])


def test_visits_with_shift_patrol_dosage_and_officers(workspace):
    put(workspace, "gps_fixes", stay("12", "2026-03-02 08:00", 12), stay("12", "2026-03-02 16:00", 25),
        stay("13", "2026-03-02 23:50", 20), stay("12", "2026-03-02 12:00", 5, (321_500.0, 4_300_500.0)),
        stay("12", "2026-03-02 13:00", 5, (329_000.0, 4_309_000.0)))
    put(workspace, "patrols", patrol("day", "day"), patrol("evening", "evening", target_minutes=30.0),
        patrol("night", "night", status="suppressed"))
    roster = pd.DataFrame({"unit": "12", "officer": ["4711", "4712"], "shift_date": "2026-03-02", "shift": "day",
                           "from_utc": pd.Timestamp("2026-03-02 12:00", tz="UTC"),
                           "to_utc": pd.Timestamp("2026-03-02 20:00", tz="UTC")})
    put(workspace, "roster", roster)
    log = Log()
    found = find_visits(workspace, "2026-03-02", "2026-03-02", log)
    told = found[["unit", "officer", "box_id", "patrol_id", "shift_date", "shift", "minutes", "dosage"]].values.tolist()
    assert told == [
        ["12", "4711", BOX, "day", "2026-03-02", "day", 12.0, "on_target"],
        ["12", "4712", BOX, "day", "2026-03-02", "day", 12.0, "on_target"],
        ["12", "4711", "C1286R17202", None, "2026-03-02", "day", 5.0, "short"],
        ["12", "4712", "C1286R17202", None, "2026-03-02", "day", 5.0, "short"],
        ["12", "unknown", BOX, "evening", "2026-03-02", "evening", 25.0, "on_target"],
        ["13", "unknown", BOX, None, "2026-03-02", "night", 20.0, "on_target"]]
    assert any("4 visits in boxes" in line for line in log.lines)
    stored = workspace.read("visits", order_by=["unit", "entered_utc", "officer"])
    pd.testing.assert_frame_equal(stored, found, check_dtype=False)
    delivered = planned_against_delivered(workspace, "2026-03-02", "2026-03-02").set_index("patrol_id")
    assert delivered["patrol_minutes"].to_dict() == {"day": 12, "evening": 25, "night": 0}
    assert delivered["delivered"].to_dict() == pytest.approx({"day": 0.8, "evening": 25 / 30, "night": 0})


def test_running_again_replaces_only_the_period(workspace):
    put(workspace, "gps_fixes", *(stay("12", f"2026-03-0{day} 10:00", 10) for day in (1, 2, 3)),
        stay("12", "2026-03-03 03:00", 10))     # of the night shift of 2 March
    whole = find_visits(workspace, "2026-03-01", "2026-03-03")
    assert whole["shift_date"].tolist() == ["2026-03-01", "2026-03-02", "2026-03-02", "2026-03-03"]
    with workspace.transaction() as writer:
        writer.delete("gps_fixes", {"unit": "12"})
    put(workspace, "gps_fixes", stay("14", "2026-03-02 10:00", 10))
    again = find_visits(workspace, "2026-03-02", "2026-03-02")
    assert again["unit"].tolist() == ["14"]
    kept = workspace.read("visits", order_by="entered_utc")
    assert kept[["unit", "shift_date"]].values.tolist() == [
        ["12", "2026-03-01"], ["14", "2026-03-02"], ["12", "2026-03-03"]]
    assert kept["visit_id"].iloc[0] == whole["visit_id"].iloc[0]


def test_day_by_day_gives_what_the_whole_period_gives(workspace):
    rng = np.random.default_rng(5)
    parts = []
    for unit in ("12", "13"):
        count = 3 * 24 * 60
        moments = pd.Timestamp("2026-03-07 12:00", tz="UTC") + pd.to_timedelta(np.arange(count), unit="min")
        place = np.repeat(rng.uniform(0, 1500, (count // 20, 2)), 20, axis=0) + rng.normal(0, 5, (count, 2))
        parts.append(pd.DataFrame({"unit": unit, "at_utc": moments, "x": 320_200 + place[:, 0],
                                   "y": 4_300_200 + place[:, 1], "accuracy": 5.0}))
    put(workspace, "gps_fixes", *parts)
    # 8 March has 23 hours, and visits cross every change of shift.
    days = ["2026-03-07", "2026-03-08", "2026-03-09", "2026-03-10"]
    single = pd.concat([find_visits(workspace, day, day) for day in days])
    whole = find_visits(workspace, days[0], days[-1])
    order = ["unit", "entered_utc"]
    pd.testing.assert_frame_equal(*(frame.sort_values(order, ignore_index=True) for frame in (single, whole)))
    assert len(whole) > 100 and workspace.count("visits") == len(whole)


def test_a_period_without_fixes_and_wrong_dates(workspace):
    with pytest.raises(ConnectError, match="There are no GPS fixes in this period; import them first."):
        find_visits(workspace, "2026-03-02", "2026-03-02")
    for first, last in (("2026-03-03", "2026-03-02"), ("yesterday", "2026-03-02"), ("", "")):
        with pytest.raises(ConnectError):
            find_visits(workspace, first, last)


def test_visits_outlive_their_fixes(workspace):
    put(workspace, "gps_fixes", stay("12", "2026-03-02 10:00", 10))
    kept = find_visits(workspace, "2026-03-02", "2026-03-02")
    with workspace.transaction() as writer:
        writer.delete("gps_fixes", {"unit": "12"})
    with pytest.raises(ConnectError, match="Visits found before stay"):
        find_visits(workspace, "2026-03-02", "2026-03-02")
    assert workspace.read("visits")["visit_id"].tolist() == kept["visit_id"].tolist()


def test_fixes_of_bad_accuracy_make_no_visit(workspace):
    put(workspace, "gps_fixes", stay("12", "2026-03-02 08:00", 12).assign(accuracy=51.0))
    assert find_visits(workspace, "2026-03-02", "2026-03-02").empty


# Roster


def roster_of(workspace, tmp_path, text, **more):
    (tmp_path / "roster.csv").write_text(text)
    result = import_roster(workspace, tmp_path / "roster.csv", **more)
    assert result.read == result.added + result.updated + result.unchanged + result.rejected
    rows = workspace.read("roster", order_by=["unit", "officer", "from_utc"])
    clocks = [[None if moment is pd.NaT else moment.tz_convert(ZONE).strftime("%m-%d %H:%M") for moment in moments]
              for moments in zip(rows["from_utc"], rows["to_utc"])]
    return result, [[*row, *clock] for row, clock in zip(
        rows[["unit", "officer", "shift_date", "shift"]].values.tolist(), clocks)]


@pytest.mark.parametrize("text", [
    "Unit,Badge,From,To\n12,4711,2026-03-02 07:00,2026-03-02 15:00\n12,4712,2026-03-02 23:00,2026-03-03 07:00\n",
    "Unit,Badge No,Date,Start,End\n12,4711,2026-03-02,07:00,15:00\n12,4712,2026-03-02,23:00,07:00\n",
    "call sign,officer id,shift date,shift\n12,4711,Mar 2 2026,Day\n12,4712,Mar 2 2026,NIGHT\n",
    "unit,officer,from,to\n12,4711.0,2026-03-02T12:00:00Z,2026-03-02T20:00:00Z\n"
    "12.0,4712,2026-03-03T04:00:00Z,2026-03-03T12:00:00Z\n",
    "unit,officer,from_utc,to_utc\n12,4711,2026-03-02 12:00,2026-03-02 20:00\n"
    "12,4712,2026-03-03 04:00,2026-03-03 12:00\n\n\n",
])
def test_rosters_in_several_hands(workspace, tmp_path, text):
    result, rows = roster_of(workspace, tmp_path, text)
    assert result.added == 2
    assert rows == [["12", "4711", "2026-03-02", "day", "03-02 07:00", "03-02 15:00"],
                    ["12", "4712", "2026-03-02", "night", "03-02 23:00", "03-03 07:00"]]
    assert workspace.read("officers")["officer"].tolist() == ["4711", "4712"]
    again, _ = roster_of(workspace, tmp_path, text)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 2)


def test_a_roster_without_an_end(workspace, tmp_path):
    _, rows = roster_of(workspace, tmp_path, "unit,officer,from\n12,4711,2026-03-02 07:00\n")
    assert rows == [["12", "4711", "2026-03-02", "day", "03-02 07:00", None]]


def test_bad_rows_of_a_roster_get_a_reason(workspace, tmp_path):
    result, rows = roster_of(workspace, tmp_path, (
        "unit,officer,date,shift,from,to\n"
        ",4711,2026-03-02,day,,\n"
        "12,,2026-03-02,day,,\n"
        "12,4711,2026-03-02,lunch,,\n"
        "12,4711,,,,\n"
        "12,4711,2026-03-02,,soon,\n"
        "12,4711,2026-03-02,,07:00,late\n"
        "12,4711,,,2026-03-04 07:00,2026-03-02 15:00\n"
        "12,4711,2026-03-02,day,,\n"), rejects=str(tmp_path / "rejects.csv"))
    assert len(rows) == 1 and result.rejected == 7
    assert result.reasons == {
        "no unit": 1, "no officer": 1, "a date or time that cannot be read": 2, "an end before the start": 1,
        "no start: neither a time nor a date with a shift of the workspace": 2}
    assert pd.read_csv(tmp_path / "rejects.csv")["line"].tolist() == [2, 3, 4, 5, 6, 7, 8]


def test_names_never_get_into_the_roster(workspace, tmp_path):
    result, rows = roster_of(workspace, tmp_path,
                             "unit,badge,officer name,shift,date\n12,4711,Jane Doe,day,2026-03-02\n")
    assert "officer name" in result.dropped_columns and len(rows) == 1
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="look like names"):
        roster_of(workspace, tmp_path, "unit,officer,shift,date\n12,James Smith,day,2026-03-02\n")
    with pytest.raises(ConnectError, match="no column for the officer's badge number"):
        roster_of(workspace, tmp_path, "unit,shift,date\n12,day,2026-03-02\n")
    assert workspace.content_hash() == before
