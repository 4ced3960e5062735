"""Hand-made tracks with known answers."""
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from gps_tracks import START, stand, track

from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar
from shotspotter_connect_plugin.patrol.visits import VisitRules, find_visits
from shotspotter_connect_plugin.workspace.store.settings import Settings

NET = Fishnet(250)
RULES = VisitRules()
EXACT = replace(RULES, leave_seconds=0, merge_seconds=0, drive_through_seconds=0)


def visits(fixes, rules=RULES, **more):
    return find_visits(fixes["unit"], fixes["at"], fixes["x"].to_numpy(), fixes["y"].to_numpy(), NET, rules, **more)


def table(fixes, rules=RULES):
    """(box, seconds after START of entry and exit, minutes) of each visit."""
    frame = visits(fixes, rules).frame
    return [(row.box_id, (row.entered_utc - START).total_seconds(), (row.left_utc - START).total_seconds(), row.minutes)
            for row in frame.itertuples()]


def test_rules_are_those_of_the_settings():
    assert VisitRules.from_settings(Settings()) == RULES
    assert (RULES.gap_seconds, RULES.leave_metres, RULES.leave_seconds) == (300, 30, 60)
    assert (RULES.merge_seconds, RULES.drive_through_seconds, RULES.max_speed * 3.6) == (180, 120, 150)


def test_entry_and_exit_lie_where_the_track_crosses_the_edge():
    fixes = track((0, -50, 125), (20, 50, 125), *stand(600, 50, 125), (40, 450, 125))
    # 100 m in 20 s: the edge after 10 s; out 200 m after the stand at 10 m/s.
    assert table(fixes) == [("C0R0", 10.0, 640.0, pytest.approx(630 / 60, abs=1e-9))]


def test_sparse_fixes_cross_boxes_in_which_no_fix_lies():
    fixes = track((0, -125, 125), (60, 625, 125))
    assert table(fixes, EXACT) == [
        ("C-1R0", 0.0, 10.0, pytest.approx(1 / 6)), ("C0R0", 10.0, 30.0, pytest.approx(1 / 3)),
        ("C1R0", 30.0, 50.0, pytest.approx(1 / 3)), ("C2R0", 50.0, 60.0, pytest.approx(1 / 6))]


def test_along_an_edge_the_time_belongs_to_the_one_box_that_holds_the_edge():
    fixes = track((0, 250, 0), (50, 250, 125), (50, 250, 249))
    assert table(fixes, EXACT) == [("C1R0", 0.0, 100.0, pytest.approx(100 / 60))]
    fixes = track((0, 1, 250), (50, 125, 250), (50, 249, 250))
    assert table(fixes, EXACT) == [("C0R1", 0.0, 100.0, pytest.approx(100 / 60))]


def test_through_a_corner_touches_no_third_box():
    fixes = track((0, -125, -125), (40, 375, 375))
    assert table(fixes, EXACT) == [
        ("C-1R-1", 0.0, 10.0, pytest.approx(1 / 6)), ("C0R0", 10.0, 30.0, pytest.approx(1 / 3)),
        ("C1R1", 30.0, 40.0, pytest.approx(1 / 6))]
    back = track((0, 375, -125), (40, -125, 375))
    assert {box for box, *_ in table(back, EXACT)} == {"C1R-1", "C0R0", "C-1R1"}


def test_touching_an_edge_and_turning_back_leaves_one_stay():
    fixes = track((0, 100, 100), (30, 250, 100), (30, 100, 100))
    assert table(fixes, EXACT) == [("C0R0", 0.0, 60.0, pytest.approx(1.0))]


def test_jitter_at_the_edge_is_one_visit_with_all_its_minutes():
    jitter = [(10, 250 + (8 if i % 2 else -8), 125) for i in range(90)]
    fixes = track((0, 150, 125), (10, 240, 125), *jitter, (10, 150, 125), (10, 60, 125))
    assert table(fixes) == [("C0R0", 0.0, 930.0, pytest.approx(15.5))]


def test_standing_still_counts_although_nothing_moves():
    assert table(track(*stand(900, 10, 10))) == [("C0R0", 10.0, 900.0, pytest.approx(890 / 60))]


@pytest.mark.parametrize("metres, seconds, minutes", [
    (100, 40, 600 + 40),    # away for less than 60 s: jitter, counted
    (100, 120, 600),        # away for 2 minutes: one visit, the absence adds nothing
    (20, 400, 600),         # never 30 m outside: goes on, but the time belongs to the neighbour
])
def test_short_excursions_do_not_end_a_visit(metres, seconds, minutes):
    # The edge is crossed at once; the excursion lasts from crossing to crossing.
    out = [(0.001, 250 + metres, 125), *stand(seconds, 250 + metres, 125), (0.001, 249.9, 125)]
    fixes = track((0, 249.9, 125), *stand(300, 249.9, 125), *out, *stand(300, 249.9, 125))
    rules = replace(RULES, max_speed=1e9)
    first, *rest = table(fixes, rules)
    assert first == ("C0R0", 0.0, pytest.approx(600 + seconds, abs=0.01), pytest.approx(minutes / 60, abs=0.001))
    assert [visit[0] for visit in rest] == ([] if seconds < 120 else ["C1R0"])


def test_a_unit_that_was_30_m_outside_for_a_minute_has_left():
    fixes = track((0, 200, 125), *stand(300, 200, 125), (10, 300, 125), *stand(240, 300, 125), (10, 200, 125),
                  *stand(300, 200, 125))
    assert [visit[0] for visit in table(fixes)] == ["C0R0", "C1R0", "C0R0"]


def test_the_minute_outside_must_be_on_end():
    # Beyond 30 m for 50 s, back to 20 m for 10 s, and so on: it never has left.
    wave = [(0.01, 300, 125), (49.99, 300, 125), (0.01, 270, 125), (9.99, 270, 125)] * 8
    fixes = track((0, 249, 125), *stand(300, 249, 125), *wave, (0.01, 249, 125), *stand(300, 249, 125))
    found = table(fixes, replace(RULES, max_speed=1e9))
    assert [visit[0] for visit in found] == ["C0R0", "C1R0"]
    assert found[0][3] == pytest.approx(10, abs=0.01) and found[1][3] == pytest.approx(8, abs=0.01)


def test_a_drive_through_is_counted_but_no_visit():
    found = visits(track((0, -125, 125), (30, 375, 125)))
    assert found.frame.empty and found.counts["drive_throughs"] == 3
    assert list(found.frame) == ["unit", "box_id", "entered_utc", "left_utc", "minutes"]
    # A minute and a bit twice, two minutes apart, is a visit of more than two minutes.
    fixes = track((0, 240, 100), *stand(70, 240, 100), (5, 300, 100), *stand(100, 300, 100), (5, 240, 100),
                  *stand(70, 240, 100))
    assert [visit[0] for visit in table(fixes)] == ["C0R0"]


def test_a_silence_ends_a_track_and_its_time_is_not_counted():
    def with_silence(seconds):
        return track(*stand(300, 100, 100), (seconds, 100, 100), *stand(290, 100, 100))
    assert [round(visit[3], 3) for visit in table(with_silence(300))] == [round((290 + 300 + 290) / 60, 3)]
    assert [round(visit[3], 3) for visit in table(with_silence(301))] == [round(290 / 60, 3), round(290 / 60, 3)]
    # With a gap shorter than the merge, the two are one visit, still without the silence.
    found = table(with_silence(120), replace(RULES, gap_seconds=60))
    assert [(visit[0], round(visit[3], 3)) for visit in found] == [("C0R0", round(580 / 60, 3))]


@pytest.mark.parametrize("teleported", [[30], [30, 31, 32], [0], [59], [10, 12, 13, 40]])
def test_teleports_are_dropped_and_change_nothing(teleported):
    # The first and the last fix of a track cannot be told from a true one by their neighbours, but add no time.
    fixes = track(*stand(600, 100, 100))
    fixes.loc[teleported, "x"] += 5_000_000.0
    found = visits(fixes)
    ends = {0, 59} & set(teleported)
    assert found.counts["dropped"]["impossible speed"] == len(teleported) - len(ends)
    assert found.frame["minutes"].tolist() == [pytest.approx((590 - 10 * len(ends)) / 60)]


def test_a_teleport_as_second_fix_and_scattered_ones_are_dropped():
    fixes = track(*stand(600, 100, 100))
    fixes.loc[1, "x"] += 9_000
    fixes.loc[[20, 21, 22], "y"] += [20_000, -20_000, 45_000]
    found = visits(fixes)
    assert found.counts["dropped"]["impossible speed"] == 4
    assert found.frame["minutes"].tolist() == [pytest.approx(590 / 60)]


def test_two_devices_under_one_name_do_not_make_a_track_between_them():
    one = track(*stand(600, 100, 100), unit="9")
    other = track((15, 20_100, 100), *stand(590, 20_100, 100), unit="9")
    found = visits(pd.concat([one, other]))
    assert set(found.frame["box_id"]) == {"C0R0"}
    assert found.counts["dropped"]["impossible speed"] == pytest.approx(60, abs=1)


def test_a_real_relocation_keeps_both_sides():
    fixes = pd.concat([track(*stand(400, 100, 100)), track((410, 30_100, 100), *stand(400, 30_100, 100))])
    assert {visit[0] for visit in table(fixes)} == {"C0R0", "C120R0"}


def test_bad_accuracy_missing_places_and_repeated_times_are_dropped_and_counted():
    fixes = pd.concat([track(*stand(600, 100, 100)), track(*stand(600, 100, 100))]).reset_index(drop=True)
    accuracy = np.full(len(fixes), np.nan)
    accuracy[:5] = [5.0, 50.0, 50.1, 1e6, np.nan]
    fixes.loc[7, "x"] = np.nan
    fixes["at"] = fixes["at"].where(fixes.index != 8, pd.NaT)
    fixes["unit"] = fixes["unit"].where(fixes.index != 9, None)
    found = visits(fixes, accuracy=accuracy)
    assert found.counts["dropped"] == {"no unit, place or time": 3, "bad accuracy": 2, "same unit and time": 55,
                                       "impossible speed": 0}
    assert found.counts["used"] == 60 and found.counts["fixes"] == 120
    assert found.frame["minutes"].tolist() == [pytest.approx(590 / 60)]


def test_units_do_not_mix():
    a, b = track(*stand(600, 100, 100), unit="A"), track(*stand(300, 100, 100), unit="B")
    frame = visits(pd.concat([b, a])).frame
    assert frame["unit"].tolist() == ["A", "B"]
    assert frame["minutes"].tolist() == [pytest.approx(590 / 60), pytest.approx(290 / 60)]


def test_units_may_be_numbers():
    assert visits(track(*stand(300, 100, 100), unit=12)).frame["unit"].tolist() == [12]


@pytest.mark.parametrize("start", [
    "2026-03-02 23:55",     # midnight
    "2026-03-08 01:55",     # clocks go forward at 02:00
    "2026-11-01 01:55",     # clocks go back at 02:00
])
def test_midnight_and_the_daylight_saving_hour_are_crossed_without_loss(start):
    start = pd.Timestamp(start).tz_localize("America/New_York", ambiguous=True)
    frame = visits(track(*stand(600, 100, 100), start=start)).frame
    assert frame["minutes"].tolist() == [pytest.approx(590 / 60)]
    assert frame["entered_utc"].tolist() == [start.tz_convert("UTC") + pd.Timedelta(seconds=10)]
    calendar = ShiftCalendar([Shift("N", "Night", "22:00", "06:00"), Shift("D", "Day", "06:00", "22:00")],
                             "America/New_York")
    dates, shifts = calendar.assign(frame["entered_utc"])
    night = start.date() if start.hour > 12 else (start - pd.Timedelta(days=1)).date()
    assert (dates.tolist(), shifts.tolist()) == ([str(night)], ["N"])


def test_no_fixes_give_no_visits():
    found = visits(track((0, 0, 0)).iloc[:0])
    assert found.frame.empty and found.counts["fixes"] == 0
    assert str(found.frame["entered_utc"].dtype) == "datetime64[ns, UTC]"
    assert visits(track((0, 100, 100))).frame.empty
