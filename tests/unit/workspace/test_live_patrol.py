"""The live patrol and its journal: the batch's visits, the timer, restarts, cut-off files, imports of what was kept."""
import time

import numpy as np
import pandas as pd
import pyproj
import pytest

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.patrol.live_patrol import ENOUGH, OUTSIDE, OVER, STAY, TAKEN_OFF, LivePatrol
from shotspotter_connect_plugin.patrol.tracks import VisitRules
from shotspotter_connect_plugin.workspace.exports.shift_package import Patrol, planned_shifts
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.tactic_import import import_tactics
from shotspotter_connect_plugin.workspace.steps.live_delivery import deliver
from shotspotter_connect_plugin.workspace.steps.patrol_journal import Journal, check_unit, fix_as_kept
from shotspotter_connect_plugin.workspace.steps.visit_finding import find_visits

BOX, OTHER = "C1282R17202", "C1286R17202"
HERE, THERE = (320_600.0, 4_300_600.0), (321_600.0, 4_300_600.0)
START = pd.Timestamp("2026-03-02 14:00", tz="UTC")


def patrol(box, unit="", target=15.0):
    return Patrol("p." + box, box, "All", "Main St", "robbery", "Robbery", "#0072b2", target, 0, unit, 1)


def live(fishnet, *patrols):
    return LivePatrol("12", fishnet, VisitRules(), patrols, 20.0, 15.0)


def fixes(*legs):
    """A fix every 15 s: minutes at a place, one leg after the other, and a minute to drive from each to the next."""
    rng, at, found, before = np.random.default_rng(3), 0, [], legs[0][1]
    for minutes, place in legs:
        for share in (0.25, 0.5, 0.75) if place != before else ():
            there = (1 - share) * np.array(before) + share * np.array(place)
            found.append((START + pd.Timedelta(seconds=at), *there))
            at += 15
        before = place
        for _ in range(int(minutes * 4)):
            found.append((START + pd.Timedelta(seconds=at), *(np.array(place) + rng.normal(0, 2, 2))))
            at += 15
    return found


SHIFT = fixes((3, (320_300, 4_300_600)), (22, HERE), (6, THERE), (12, HERE))


def test_the_timer_and_what_it_says(workspace):
    car = live(workspace.fishnet, patrol(BOX), patrol(OTHER, target=5.0))
    assert car.situation().verdict == OUTSIDE and car.now is None
    said = []
    for at, x, y in SHIFT:
        car.feed(at, x, y)
        state = car.situation()
        said.append((round((at - START).total_seconds() / 60, 2), state.verdict, state.box_id, state.visit_seconds))
    verdicts = [verdict for number, (_, verdict, *_) in enumerate(said) if not number or verdict != said[number - 1][1]]
    assert verdicts == [OUTSIDE, STAY, ENOUGH, OVER, OUTSIDE, STAY, ENOUGH, OUTSIDE, STAY]
    entered = next(minute for minute, verdict, *_ in said if verdict == STAY)
    assert entered == pytest.approx(3.4, abs=0.26), "the timer starts at entry, not after the drive-through time"
    for minute, verdict, box, seconds in said:
        if box == BOX and minute < 25:
            assert seconds / 60 == pytest.approx(minute - 3.42, abs=0.1)
            assert verdict == (STAY if seconds < 900 else ENOUGH if seconds <= 1200 else OVER)
    assert car.minutes(BOX) == pytest.approx(34, abs=0.5) and car.minutes(OTHER) == pytest.approx(6, abs=0.5)


@pytest.mark.parametrize("place", [(np.nan, HERE[1]), (HERE[0], np.nan), (np.inf, HERE[1])])
def test_a_fix_without_a_place_is_none(workspace, place):
    car, other = live(workspace.fishnet, patrol(BOX)), live(workspace.fishnet, patrol(BOX))
    for at, x, y in SHIFT:
        assert car.feed(at, x, y) == other.feed(at, x, y)
        assert car.feed(at + pd.Timedelta(seconds=5), *place) == []
    assert car.minutes(BOX) == other.minutes(BOX) > 30


def test_time_goes_on_between_fixes_and_ends_when_the_signal_is_lost(workspace):
    car = live(workspace.fishnet, patrol(BOX))
    for at, x, y in fixes((5, HERE)):
        car.feed(at, x, y)
    before = car.situation()
    car.advance(at + pd.Timedelta(minutes=2))
    assert car.situation().visit_seconds == pytest.approx(before.visit_seconds + 120, abs=1)
    car.advance(at + pd.Timedelta(minutes=6))
    assert car.situation().verdict == OUTSIDE
    visit, = car.visits
    assert visit.minutes == pytest.approx(4.75, abs=0.01), "silence adds nothing"


@pytest.mark.parametrize("kept", [1, 2, 14, 40, 100, 103, 118, 130, 160, len(SHIFT)])
def test_after_a_restart_everything_is_as_it_was(workspace, kept):
    whole, again = (live(workspace.fishnet, patrol(BOX)) for _ in range(2))
    for at, x, y in SHIFT[:kept]:
        whole.feed(at, x, y)
    again.replay(*map(list, zip(*SHIFT[:kept])), [float("nan")] * kept)
    assert again.situation() == whole.situation() and again.now == whole.now
    for car in (whole, again):
        for at, x, y in SHIFT[kept:]:
            car.feed(at, x, y)
        car.advance(SHIFT[-1][0] + pd.Timedelta(hours=1))
    assert again.visits == whole.visits


def test_a_whole_shift_is_gone_through_in_a_moment(workspace):
    hours = 8 * 900
    places = np.repeat(np.random.default_rng(2).uniform(0, 1500, (hours // 225, 2)), 225, axis=0)
    at = [START + pd.Timedelta(seconds=4 * number) for number in range(hours)]
    car, begin = live(workspace.fishnet, patrol(BOX)), time.process_time()
    car.replay(at, 320_200 + places[:, 0], 4_300_200 + places[:, 1], np.full(hours, 5.0))
    assert time.process_time() - begin < 30 and len(car.visits) > 15


def test_a_box_that_left_the_plan_is_still_counted(workspace):
    car = live(workspace.fishnet, patrol(OTHER))
    for at, x, y in fixes((12, HERE)):
        car.feed(at, x, y)
    assert car.situation().verdict == OUTSIDE and car.situation().box_id == BOX
    assert car.minutes(BOX) == pytest.approx(11.75, abs=0.01)


def test_the_units_own_patrol_comes_first(workspace):
    car = live(workspace.fishnet, patrol(BOX, "12", 30.0), patrol(BOX, "13", 10.0))
    for at, x, y in fixes((1, HERE)):
        car.feed(at, x, y)
    assert car.situation().target_seconds == 1800


@pytest.fixture
def written(workspace, tmp_path):
    """A journal of the shift and of two tactics, in a folder of its own."""
    folder = tmp_path / "car"
    folder.mkdir()
    to_degrees = pyproj.Transformer.from_crs(workspace.settings.crs, "EPSG:4326", always_xy=True).transform
    journal = Journal(folder, "2026-03-02", "day", "12")
    for at, x, y in SHIFT:
        journal.fix(at, *to_degrees(x, y), 4.0)
    journal.tactic(START + pd.Timedelta(minutes=10), "foot_patrol", BOX, "71")
    journal.tactic(START + pd.Timedelta(minutes=28), 'near "stops", at night', OTHER)
    journal.close()
    return journal


def test_the_journal_imports_and_gives_the_visits_that_the_screen_showed(workspace, written):
    car = live(workspace.fishnet, patrol(BOX))
    for at, x, y in SHIFT:
        car.feed(at, x, y)
    car.advance(SHIFT[-1][0] + pd.Timedelta(hours=1))
    assert import_gps(workspace, written.fixes_path).added == len(SHIFT)
    found = find_visits(workspace, "2026-03-02", "2026-03-02")
    assert found["box_id"].tolist() == [visit.box_id for visit in car.visits] == [
        "C1281R17202", BOX, OTHER, BOX]
    for name in ("entered_utc", "left_utc"):
        apart = [abs(row - getattr(visit, name)) for row, visit in zip(found[name], car.visits)]
        assert max(apart) < pd.Timedelta(milliseconds=50)
    done = import_tactics(workspace, written.tactics_path)
    assert (done.added, done.unmatched) == (2, 0)
    logs = workspace.read("tactic_log", order_by="at_utc")
    assert logs["visit_id"].tolist() == found["visit_id"].tolist()[1:3]


@pytest.mark.parametrize("lost", [0, 1, 10, 30])
def test_a_restart_goes_on_where_it_was_even_after_a_cut(workspace, written, lost):
    size = written.fixes_path.stat().st_size
    with open(written.fixes_path, "r+b") as file:
        file.truncate(size - lost)
    again = Journal(written.fixes_path.parent, "2026-03-02", "day", "12")
    kept = again.fixes()
    assert len(kept) == len(SHIFT) - (lost > 0)
    assert again.tactics()[1][1:] == ('near "stops", at night', OTHER)
    at = START + pd.Timedelta(hours=2)
    again.fix(at, -76.9, 38.9, float("nan"))
    assert again.fixes()[:-1] == kept and again.fixes()[-1][0] == at
    again.close()
    read = pd.read_csv(written.fixes_path)
    assert list(read.columns) == ["unit", "at_utc", "longitude", "latitude", "accuracy"] and len(read) == len(kept) + 1


def test_a_folder_that_cannot_be_written_and_a_unit_that_names_no_file(tmp_path):
    with pytest.raises(ConnectError, match="cannot be written"):
        Journal(tmp_path / "none", "2026-03-02", "day", "12")
    for unit in ("", "  ", "../12", "a/b", "a" * 60, "=1"):
        with pytest.raises(ConnectError, match="unit"):
            check_unit(unit)
    assert check_unit(" 12-A ") == "12-A"


def test_another_plan_changes_no_visit_and_a_box_taken_off_keeps_its_timer(workspace):
    whole, car = live(workspace.fishnet, patrol(BOX)), live(workspace.fishnet, patrol(BOX))
    for number, (at, x, y) in enumerate(SHIFT):
        whole.feed(at, x, y)
        car.feed(at, x, y)
        if number == 40:
            car.replan([patrol(OTHER)])
            assert car.situation().verdict == TAKEN_OFF and car.situation().patrol.box_id == BOX
            assert car.situation().visit_seconds == whole.situation().visit_seconds > 0
        if number == 50:
            car.replan([patrol(OTHER)])
            assert car.situation().verdict == TAKEN_OFF, "also when the plan changes once more"
            car.replan([patrol(OTHER), patrol(BOX)])
            assert car.situation().verdict == whole.situation().verdict == STAY, "the box is on the plan again"
            car.replan([patrol(OTHER)])
    assert car.visits == whole.visits
    assert car.situation().verdict == OUTSIDE, "left and come back, it is a box like any other"


def test_the_journal_keeps_what_became_of_visits(workspace, tmp_path):
    journal = Journal(tmp_path, "2026-03-02", "day", "12")
    car = live(workspace.fishnet, patrol(BOX))
    told = []
    for at, x, y in SHIFT:
        for event in car.feed(at, x, y):
            if event.kind != "updated":
                journal.visit(car.now, event.kind, event.visit)
                told.append((event.kind, event.visit.box_id, event.visit.entered_utc.floor("ms")))
    journal.close()
    again = Journal(tmp_path, "2026-03-02", "day", "12")
    assert [tuple(line[1:]) for line in again.visits()] == told and len(told) > 6
    again.close()


@pytest.fixture
def degrees(workspace):
    change = pyproj.Transformer.from_crs(workspace.settings.crs, "EPSG:4326", always_xy=True)
    return lambda at, x, y: fix_as_kept(at, *change.transform(x, y), 4.0)


def delivering(workspace, kept, every):
    """Drive a shift and deliver as it happens: at every event, and each ``every`` fixes what only grew."""
    place = pyproj.Transformer.from_crs("EPSG:4326", workspace.settings.crs, always_xy=True).transform
    car, fixes, seen, gone = live(workspace.fishnet, patrol(BOX)), [], {}, {}
    moments = [(fix, fix[0]) for fix in kept] + [(None, kept[-1][0] + pd.Timedelta(hours=1))]
    for number, (fix, at) in enumerate(moments):
        events = car.advance(at) if fix is None else car.feed(at, *place(*fix[1:3]), fix[3])
        fixes += [] if fix is None else [fix]
        for event in events:
            key = event.visit.box_id, event.visit.entered_utc
            (gone if event.kind == "dropped" else seen)[key] = event.visit
            (seen if event.kind == "dropped" else gone).pop(key, None)
        if number % every == 0 or any(event.kind != "updated" for event in events):
            deliver(workspace, "12", fixes, list(seen.values()), list(gone.values()))
            fixes, seen, gone = [], {}, {}
            yield car
    yield car


def test_what_is_delivered_while_it_happens_is_what_the_batch_finds(workspace, degrees):
    kept, opened = [degrees(*fix) for fix in SHIFT], False
    for car in delivering(workspace, kept, 20):
        rows = workspace.read("visits")
        if not opened and len(rows) and car.situation().box_id == BOX:
            opened = True
            assert rows["box_id"].iloc[-1] == BOX and rows["minutes"].iloc[-1] < 2, "open visits are there at once"
    live_rows = workspace.read("visits", order_by="entered_utc")
    assert opened and workspace.count("gps_fixes") == len(SHIFT)
    batch = find_visits(workspace, "2026-03-02", "2026-03-02")
    pd.testing.assert_frame_equal(live_rows, workspace.read("visits", order_by="entered_utc"))
    assert batch["visit_id"].tolist() == live_rows["visit_id"].tolist() and len(batch) == 4


def test_delivering_twice_or_after_the_journal_was_imported_doubles_nothing(workspace, degrees, written):
    kept = Journal(written.fixes_path.parent, "2026-03-02", "day", "12").fixes()
    car = live(workspace.fishnet, patrol(BOX))
    place = pyproj.Transformer.from_crs("EPSG:4326", workspace.settings.crs, always_xy=True).transform
    for at, longitude, latitude, accuracy in kept:
        car.feed(at, *place(longitude, latitude), accuracy)
    import_gps(workspace, written.fixes_path)
    for _ in range(2):
        deliver(workspace, "12", kept, car.visits, [], written.tactics_path)
        visits, logs = workspace.read("visits"), workspace.read("tactic_log")
        assert workspace.count("gps_fixes") == len(SHIFT) and len(visits) == len(car.visits) and len(logs) == 2
        assert set(logs["visit_id"]) <= set(visits["visit_id"])
    deliver(workspace, "12", [], [], car.visits[:1])
    assert len(workspace.read("visits")) == len(car.visits) - 1
    deliver(workspace, "12", [(START, 10.0, 50.0, 4.0)], [], [])
    assert workspace.count("gps_fixes") == len(SHIFT), "a fix on another continent is left out, as importers do"


def test_the_shifts_offered_to_a_car_begin_with_the_one_that_runs(workspace):
    start, _ = workspace.calendar.bounds("2026-03-02", "day")
    assert planned_shifts(workspace, start).empty
    slots = workspace.calendar.slots("2026-02-20", "2026-03-10")
    rows = [{"patrol_id": f"{slot.shift_date} {slot.shift}", "shift_date": slot.shift_date,
             "shift": slot.shift, "box_id": BOX, "status": "planned", "origin": "drawn", "version": 1}
            for slot in slots.itertuples()]
    with workspace.transaction() as writer:
        writer.append("patrols", pd.DataFrame(rows))
    for slot in slots.iloc[6:-6:5].itertuples():
        offered = planned_shifts(workspace, slot.start_utc + pd.Timedelta(minutes=1))
        assert tuple(offered.loc[0, ["shift_date", "shift"]]) == (slot.shift_date, slot.shift)
        assert offered["name"].notna().all() and 2 <= len(offered) <= 20
