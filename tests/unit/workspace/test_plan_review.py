"""What an analyst looks at: streaks and last patrols, why a box, what was reported lately, what rose, a week."""
import shutil

import numpy as np
import pandas as pd
import pytest
from made_towns import BOTTOM, LEFT, new_town, square

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.steps import box_reasons, forecasting, plan_review, recent_events, shift_week
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.steps.shift_plan import planned, publish
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

DATE, SHIFT = "2019-03-20", "evening"
SIDE = 8


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two beats, a year of robberies, most of them in the first box, a model and the forecasts of one date."""
    path = tmp_path_factory.mktemp("made") / "w.gpkg"
    beats = {"W": square(0, 0, 4, SIDE), "E": square(4, 0, 4, SIDE)}
    with new_town(path, square(0, 0, SIDE), beats) as workspace:
        rng = np.random.default_rng(3)
        count = 400
        at = pd.Timestamp("2018-03-15T12:00Z") + pd.to_timedelta(rng.uniform(0, 365 * 24, count), unit="h")
        col, row = rng.integers(0, SIDE, (2, count))
        col[::2], row[::2] = 0, 0
        incidents(workspace, [f"old {n}" for n in range(count)], col, row, at)
        forecasting.train(workspace, "2019-03-20T09:00Z", ["robbery"])
        for shift in ("day", "evening", "night"):
            forecasting.score(workspace, DATE, shift)
    return path


@pytest.fixture
def workspace(made, tmp_path):
    shutil.copy(made, tmp_path)
    with open_workspace(tmp_path / "w.gpkg") as workspace:
        yield workspace


def incidents(workspace, ids, col, row, at):
    at = pd.Series(pd.DatetimeIndex(at).floor("s"))
    x, y = LEFT + 250 * np.asarray(col) + 100.0, BOTTOM + 250 * np.asarray(row) + 100.0
    with workspace.transaction() as writer:
        writer.append("incidents", pd.DataFrame({
            "incident_id": ids, "crime_type": "robbery", "occurred_from_utc": at, "occurred_to_utc": at,
            "reported_utc": at + pd.Timedelta(minutes=30), "x": x, "y": y, "discovered": False,
            "box_id": workspace.fishnet.ids(*workspace.fishnet.cell(x, y))}))


def patrols(workspace, *rows):
    """Plan (box id, date, shift) as patrols of the past."""
    with workspace.transaction() as writer:
        writer.append("patrols", pd.DataFrame([
            {"patrol_id": f"{date}{shift}{name}", "shift_date": date, "shift": shift, "box_id": name, "beat": "W",
             "status": "planned", "origin": "drawn", "visit_order": 1} for name, date, shift in rows]))


def legend(workspace):
    return workspace.crime_types[["crime_type", "name", "colour"]].assign(letter="R")


def view(workspace, shift_date=DATE, shift=SHIFT):
    return plan_review.plan_view(workspace, shift_date, shift, legend(workspace))


def first_box(workspace):
    return workspace.fishnet.ids(*workspace.fishnet.cell([LEFT + 1.0], [BOTTOM + 1.0]))[0]


def test_streaks_and_last_patrols_count_what_came_before_the_shift(workspace):
    ids = workspace.read("boxes", ["box_id"], order_by=["row", "col"])["box_id"].tolist()
    patrols(workspace, (ids[0], DATE, SHIFT), (ids[1], DATE, SHIFT), (ids[2], DATE, SHIFT),
            *((ids[0], f"2019-03-{day}", "day") for day in (19, 18, 17, 15)),
            (ids[1], DATE, "day"), (ids[1], DATE, "night"), (ids[1], "2019-03-21", "day"),
            (ids[2], "2019-02-01", "day"))
    seen = view(workspace).patrols.set_index("box_id")
    assert seen["streak"].to_dict() == {ids[0]: 4, ids[1]: 1, ids[2]: 1}
    assert seen["last_patrols"].to_dict() == {ids[0]: "19 Mar Day, 18 Mar Day, 17 Mar Day", ids[1]: "20 Mar Day",
                                              ids[2]: ""}


def test_a_view_finds_boxes_by_place_and_by_id(workspace):
    seen, name = view(workspace), first_box(workspace)
    assert seen.box_at(LEFT, BOTTOM) == name and seen.box_at(LEFT - 0.01, BOTTOM) == ""
    assert seen.rectangle(name) == [LEFT, BOTTOM, LEFT + 250, BOTTOM + 250]
    assert seen.row_of(name) is None and seen.patrols.empty and "No plan has been made" in seen.message


def test_suppressed_rows_stay_in_place_without_a_number_and_earlier_draws_are_not_shown(workspace):
    meter(workspace, DATE, SHIFT, seed="a")
    meter(workspace, DATE, SHIFT, seed="b", redraw=True, reason="test")
    gone = planned(workspace, DATE, SHIFT)["box_id"].iloc[0]
    adjust(workspace, "suppress", DATE, SHIFT, gone, reason="event")
    seen = view(workspace)
    assert len(seen.patrols) == 5 and (seen.patrols["status"] == "planned").sum() == 4
    assert seen.row_of(gone)["status"] == "suppressed" and seen.row_of(gone)["number"] is None
    for _, beat in seen.patrols[seen.patrols["status"] == "planned"].groupby("beat"):
        assert beat["number"].tolist() == [1, 2]
    assert seen.undoable["box_id"] == seen.last["box_id"] == gone and seen.head == seen.last["hash"]


def test_a_date_without_shifts_has_an_empty_view(workspace):
    with workspace.transaction() as writer:
        writer.replace("shifts", pd.DataFrame({"shift": ["day"], "name": ["Day"], "start": ["07:00"], "end": ["15:00"],
                                               "weekdays": ["1"], "sort_order": [1]}))
    seen = view(workspace, "2019-03-20")
    assert seen.shift == "" and seen.patrols.empty and seen.message == "No shift starts on 2019-03-20."


def test_the_plan_to_open_is_the_newest_and_of_a_shift_that_has_one(workspace):
    today = pd.Timestamp.now(tz="America/New_York").date().isoformat()
    assert shift_week.place_to_open(workspace) == (today, "") and shift_week.place_to_open(workspace, "day")[1] == "day"
    meter(workspace, DATE, SHIFT, seed="a")
    for last in ("day", "", "gone", SHIFT):  # whatever was looked at last, a shift with a plan is opened
        assert shift_week.place_to_open(workspace, last) == (DATE, SHIFT)
    meter(workspace, DATE, "night", seed="b")
    assert shift_week.place_to_open(workspace, "night") == (DATE, "night")
    assert shift_week.place_to_open(workspace, "day") == (DATE, "night")  # all have ended: the last
    patrols(workspace, (first_box(workspace), DATE, "day"))
    assert shift_week.place_to_open(workspace, "day") == (DATE, "day")  # a plan by hand is one


def test_of_a_day_that_is_not_over_the_first_shift_to_come_is_opened(workspace):
    tomorrow = str(pd.Timestamp.now(tz="America/New_York").date() + pd.Timedelta(days=1))
    for shift in ("evening", "night"):
        with workspace.transaction() as writer:
            writer.append("forecasts", workspace.read("forecasts", where={
                "shift_date": DATE, "shift": shift}).assign(shift_date=tomorrow))
        meter(workspace, tomorrow, shift, seed="a")
    assert shift_week.place_to_open(workspace, "day") == (tomorrow, "evening")


def test_why_a_busy_box_and_what_speaks_against_a_quiet_one(workspace):
    meter(workspace, DATE, SHIFT, seed="a")
    busy = box_reasons.why_box(workspace, DATE, SHIFT, first_box(workspace))
    assert busy.speaks_for and busy.beat == "W" and busy.types["share"].sum() == pytest.approx(1.0)
    assert not any(sentence.startswith("Few events") for sentence in busy.speaks_against)
    assert any(sentence.startswith("Cap reached") for sentence in busy.speaks_against)
    assert busy.inclusion_probability == 0.5 and 0 < busy.chance_low < busy.chance < busy.chance_high < 1
    known = workspace.read("incidents", ["box_id"])["box_id"].value_counts()
    quiet = next(name for name in workspace.read("boxes", ["box_id"])["box_id"] if known.get(name, 0) <= 2)
    against = box_reasons.why_box(workspace, DATE, SHIFT, quiet).speaks_against
    assert any(sentence.startswith(f"Few events: {known.get(quiet, 0)} of ") for sentence in against)
    with pytest.raises(ConnectError, match="There is no box"):
        box_reasons.why_box(workspace, DATE, SHIFT, "C1R1")


def test_recent_patrols_and_limits_speak_against_a_box(workspace):
    name = first_box(workspace)
    patrols(workspace, (name, DATE, "day"), (name, "2019-03-18", "day"))
    meter(workspace, DATE, SHIFT, seed="a")
    against = box_reasons.why_box(workspace, DATE, SHIFT, name).speaks_against
    assert "It could not be drawn: cooling down." in against
    assert any("2 other patrols within 7 days, at most 5" in sentence for sentence in against)
    assert any("Limit reached: cooling down." in sentence for sentence in against)


def test_lately_counts_what_became_known_before_the_shift(workspace):
    start = workspace.calendar.bounds(DATE, SHIFT)[0]
    incidents(workspace, ["a", "b", "c", "d"], [7, 7, 7, 7], [7, 7, 7, 7],
              [start - pd.Timedelta(hours=2), start - pd.Timedelta(minutes=10), start - pd.Timedelta(hours=24.2),
               start - pd.Timedelta(days=6.5)])
    counts = recent_events.lately(workspace, DATE, SHIFT).counts.set_index(["beat", "crime_type"])
    events = workspace.read("incidents", ["reported_utc", "x"])
    east = start - events.loc[events["x"] >= LEFT + 1000, "reported_utc"]
    day, week = (((east >= pd.Timedelta(0)) & (east < pd.Timedelta(days=days))).sum() for days in (1, 7))
    assert counts.loc[("E", "robbery"), "day"] == day >= 2  # b is reported after the shift has begun
    assert counts.loc[("E", "robbery"), "week"] == week >= 3


def test_a_burst_after_the_plan_is_listed_and_the_plan_stays(workspace):
    as_of = workspace.calendar.as_of(DATE)
    quiet = recent_events.risen(workspace, DATE, SHIFT, as_of)
    assert quiet.reported == 0 and quiet.boxes.empty
    incidents(workspace, [f"new {n}" for n in range(6)], [6] * 6, [6] * 6, as_of + pd.to_timedelta(
        [1, 1, 2, 2, 3, 3], unit="h"))
    before = workspace.content_hash()
    found = recent_events.risen(workspace, DATE, SHIFT, as_of + pd.Timedelta(hours=5))
    assert found.reported >= 6 and found.since == as_of and found.until == as_of + pd.Timedelta(hours=5)
    first = found.boxes.iloc[0]
    assert first["box_id"] == workspace.fishnet.ids([LEFT // 250 + 6], [BOTTOM // 250 + 6])[0]
    assert first["reported"] >= 6 and first["now"] > first["before"] and not first["planned"]
    assert (found.boxes["rise"] >= recent_events.LEAST_RISE).all()
    assert workspace.content_hash() == before


def test_nothing_after_the_end_of_the_shift_counts(workspace):
    end = workspace.calendar.bounds(DATE, SHIFT)[1]
    incidents(workspace, ["late"], [6], [6], [end + pd.Timedelta(hours=1)])
    found = recent_events.risen(workspace, DATE, SHIFT)
    assert found.until == end
    known = workspace.read("incidents", ["reported_utc"])["reported_utc"]
    assert found.reported == ((known > found.since) & (known <= end)).sum()


def test_steps_go_through_the_calendar_in_the_order_of_starts(workspace):
    assert shift_week.neighbouring_shift(workspace, DATE, SHIFT, 1) == (DATE, "night")
    assert shift_week.neighbouring_shift(workspace, DATE, "night", 1) == ("2019-03-21", "day")
    assert shift_week.neighbouring_shift(workspace, DATE, "day", -1) == ("2019-03-19", "night")
    assert shift_week.neighbouring_shift(workspace, DATE, SHIFT, 30) == ("2019-03-30", SHIFT)
    with workspace.transaction() as writer:
        writer.replace("shifts", pd.DataFrame({"shift": ["day"], "name": ["Day"], "start": ["07:00"], "end": ["15:00"],
                                               "weekdays": ["1"], "sort_order": [1]}))
    assert shift_week.neighbouring_shift(workspace, "2019-03-18", "day", 1) == ("2019-03-25", "day")
    # From a date on which none starts, to the next one and to the one before.
    assert shift_week.neighbouring_shift(workspace, DATE, "", 1) == ("2019-03-25", "day")
    assert shift_week.neighbouring_shift(workspace, DATE, "", -1) == ("2019-03-18", "day")


def test_the_view_counts_what_became_known_since_its_forecast_until_the_shift_ends(workspace):
    start, end = workspace.calendar.bounds(DATE, SHIFT)
    before = view(workspace).reported
    incidents(workspace, ["a", "b", "late"], [1] * 3, [1] * 3, [start, start + pd.Timedelta(minutes=5), end])
    assert view(workspace).reported == before + 2 and view(workspace).ended
    assert recent_events.reported_since(workspace, DATE, SHIFT, start) == before
    assert recent_events.reported_since(workspace, "2019-03-25", SHIFT) == 0  # no forecast
    with workspace.transaction() as writer:
        writer.upsert("incidents", pd.DataFrame({"incident_id": ["a"], "discovered": [True]}))
    assert view(workspace).reported == before + 1  # officer-initiated ones never move a forecast


def test_the_view_tells_what_the_draw_covers_and_what_has_changed_since_it_went_out(workspace):
    assert view(workspace).remarks == [] and view(workspace).seed_hash == ""
    drawn = meter(workspace, DATE, SHIFT, seed="a")
    coverage, = view(workspace).remarks
    assert "% of the most harm that could be covered under the same limits" in coverage
    assert view(workspace).seed_hash == workspace.read("draws")["seed_hash"].iloc[-1]
    publish(workspace, DATE, [SHIFT])
    adjust(workspace, "suppress", DATE, SHIFT, drawn.patrols["box_id"].iloc[0], reason="event")
    assert view(workspace).remarks == [
        coverage, "Changed since it was printed or exported (boxes: 1 in, 1 out): print it again."]
    publish(workspace, DATE, [SHIFT])
    assert view(workspace).remarks == [coverage]
    heard = meter(workspace, DATE, "night", boxes=20, seed="b").messages
    short, others = view(workspace, shift="night").remarks[1].split(" Others that fall short: ")
    assert short.startswith("Beat E: 20 boxes were asked for, but the ") and others == "1."
    assert heard[0].startswith(short)  # what metering told


def test_a_week_of_shifts(workspace):
    meter(workspace, DATE, SHIFT, seed="a")
    gone = planned(workspace, DATE, SHIFT)["box_id"].iloc[0]
    adjust(workspace, "suppress", DATE, SHIFT, gone, reason="event")
    week = shift_week.week(workspace, DATE)
    assert len(week) == 21 and week["shift_date"].iloc[0] == "2019-03-18" and week["start_utc"].is_monotonic_increasing
    here = week[(week["shift_date"] == DATE) & (week["shift"] == SHIFT)].iloc[0]
    assert (here["draws"], here["planned"], here["added"], here["suppressed"]) == (1, 4, 0, 1)
    assert week["planned"].sum() == 4 and here["types"] == {"robbery": 4} and here["name"] == "Evening"
    assert set(week.loc[week["planned"] == 0, "types"].map(len)) == {0}
    with open_workspace(workspace.address) as again:
        assert shift_week.week(again, "2019-03-24").equals(week)
