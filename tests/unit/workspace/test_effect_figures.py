"""The step behind Crime and Dosage: which draws count, what is an event, and numbers that equal queries."""
import shutil

import numpy as np
import pandas as pd
import pytest
from effect_town import TYPES, fill
from made_towns import new_town, square

from shotspotter_connect_plugin.workspace.numbers import effect_figures as step
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

FIRST, LAST = "2024-03-02", "2024-03-29"
PREVENTED, DELIVERED = 0.5, 0.8


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Path of a town of 64 boxes in two beats after four weeks of lotteries, not to be changed; and its true rates."""
    path = tmp_path_factory.mktemp("effects") / "town.gpkg"
    with new_town(path, square(0, 0, 8), {"West": square(0, 0, 4, 8), "East": square(4, 0, 4, 8)}) as workspace:
        _, ids, rate = fill(workspace, FIRST, LAST, PREVENTED, 0.3, 4, DELIVERED)
    return path, pd.Series(rate.sum(axis=1), index=ids)


@pytest.fixture
def town(filled, tmp_path):
    """A copy that a test may change."""
    path = tmp_path / "town.gpkg"
    shutil.copy(filled[0], path)
    with open_workspace(path) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def found(filled):
    with open_workspace(filled[0]) as workspace:
        return step.effects(workspace, FIRST, LAST)


def same(one, other, what=(step.DRAWN,)):
    one, other = (frame[frame["what"].isin(what)].reset_index(drop=True) for frame in (one, other))
    pd.testing.assert_frame_equal(one, other)


def test_patrols_that_prevent_half_are_seen_to(filled, found):
    truth = filled[1]
    row = found.row(step.DRAWN)
    with open_workspace(filled[0]) as workspace:
        boxes = workspace.read("draw_boxes", where={"selected": True})
    expected = -PREVENTED * DELIVERED * boxes["box_id"].map(truth).mean()
    assert row["low"] < expected < row["high"] and row["high"] < 0 and row["conclusive"] and row["enough"]
    assert row["percent"] == pytest.approx(-100 * PREVENTED * DELIVERED, abs=12)
    assert not found.row(step.BEFORE)["conclusive"] and not found.row(step.BESIDE)["conclusive"]
    hours = found.row(step.PER_HOUR)
    assert not hours["weak"]
    # Every shift had a visit, so the hour's effect is the ratio of the two differences.
    assert hours["value"] == pytest.approx(row["value"] / (found.hours_drawn - found.hours_undrawn))
    assert hours["low"] < hours["value"] < hours["high"] < 0
    each = found.estimates[(found.estimates["what"] == step.DRAWN) & (found.estimates["crime_type"] != step.ALL)]
    assert set(each["crime_type"]) == set(TYPES)
    assert each["value"].sum() == pytest.approx(row["value"]) and each["events"].sum() == row["events"]


def test_numbers_equal_queries(filled, found):
    with open_workspace(filled[0]) as workspace:
        dates = pd.date_range(FIRST, LAST).strftime("%Y-%m-%d").tolist()
        incidents = workspace.read("incidents", where={"shift_date": dates})
        patrols = workspace.read("patrols", where={"shift_date": dates})
        visits = workspace.read("visits", where={"shift_date": dates})
        drawn = workspace.read("draw_boxes", where={"selected": True})
        forecasts = workspace.read("forecasts", where={"shift_date": dates})
        hours = visits.groupby(["shift_date", "shift", "box_id"])["minutes"].sum()
    times = found.over_time[found.over_time["crime_type"] == step.ALL]
    assert found.days_each == 1 and times["first"].tolist() == dates == times["last"].tolist()
    assert times["events"].sum() == len(incidents)
    assert times["events"].tolist() == incidents.groupby("shift_date").size().reindex(dates, fill_value=0).tolist()
    assert times["expected"].sum() == pytest.approx(forecasts["expected"].sum())
    assert times["planned_minutes"].sum() == (patrols["target_minutes"] * (1 + patrols["returns"])).sum()
    served = visits[visits["patrol_id"].isin(patrols.loc[patrols["status"] == "planned", "patrol_id"])]
    assert times["patrol_minutes"].sum() == pytest.approx(served["minutes"].sum(), rel=1e-5)
    assert times["any_minutes"].sum() == pytest.approx(visits["minutes"].sum(), rel=1e-5)
    assert found.over_time.loc[found.over_time["crime_type"] != step.ALL, "any_minutes"].isna().all()
    assert found.draws["lotteries"] == found.draws["draws"] and found.draws["after_start"] == 0
    for code in TYPES:
        own = found.over_time[found.over_time["crime_type"] == code]
        assert own["events"].sum() == (incidents["crime_type"] == code).sum()
    open_ones = drawn[(drawn["inclusion_probability"] > 0) & (drawn["inclusion_probability"] < 1)]
    assert found.scope.drawn == len(open_ones) == found.row(step.DRAWN)["exposed"]
    key = open_ones.assign(shift_date=open_ones["draw_id"].str[:10], shift=open_ones["draw_id"].str.split(".").str[1])
    hit = incidents.merge(key, on=["shift_date", "shift", "box_id"])
    assert found.row(step.DRAWN)["events"] == len(hit)
    minutes = key.merge(hours.rename("minutes").reset_index(), on=["shift_date", "shift", "box_id"], how="left")
    assert 60 * found.hours_drawn == pytest.approx(minutes["minutes"].fillna(0).mean(), rel=1e-5)
    assert found.boxes["times_drawn"].sum() == len(open_ones) and len(found.boxes) == found.scope.boxes
    assert found.boxes["chances"].is_monotonic_decreasing
    assert found.scope.tied == np.isclose(found.boxes["chances"], found.scope.most_chances).sum() >= 1
    classes = step.chance_classes(found.boxes)
    assert sum(which.sum() for _, which in classes) == len(found.boxes) and len(classes) == 4
    assert all((row["comparable"] >= step.ENOUGH) >= row["enough"] for _, row in found.estimates.iterrows())


def test_minutes_in_boxes_that_were_not_planned_are_not_delivered_as_planned(town, found):
    visits = town.read("visits").assign(patrol_id=None)
    with town.transaction() as writer:
        writer.upsert("visits", visits)
    changed = step.effects(town, FIRST, LAST)
    all_types = changed.over_time[changed.over_time["crime_type"] == step.ALL]
    assert changed.over_time["patrol_minutes"].sum() == 0.0
    assert all_types["any_minutes"].sum() == pytest.approx(visits["minutes"].sum(), rel=1e-5)


def test_classes_of_chances_hold_their_upper_ends():
    classes = step.chance_classes(pd.DataFrame({"chances": [4.0, 3.0, 2.9, 1.0, 0.2]}))
    assert [(name, which.tolist().count(True)) for name, which in classes] == [
        ("0 to 1", 2), ("1 to 2", 0), ("2 to 3", 2), ("3 to 4", 1)]


def test_the_same_workspace_gives_the_same_and_stays_as_it_is(filled, found):
    with open_workspace(filled[0]) as workspace:
        before = workspace.content_hash()
        again = step.effects(workspace, FIRST, LAST)
        assert workspace.content_hash() == before
    same(found.estimates, again.estimates, (step.DRAWN, step.PER_HOUR, step.BESIDE, step.BEFORE))
    assert again.scope == found.scope


def test_suppressed_added_and_topped_up_patrols_change_nothing_of_the_comparison(town, found):
    patrols = town.read("patrols")
    added = patrols.iloc[::5].assign(origin="added", patrol_id=lambda rows: rows["patrol_id"] + ".added", box_id="C1R1")
    with town.transaction() as writer:
        writer.upsert("patrols", patrols.iloc[::3].assign(status="suppressed"))
        writer.append("patrols", added)
    changed = step.effects(town, FIRST, LAST)
    same(changed.estimates, found.estimates, (step.DRAWN, step.BESIDE, step.BEFORE))
    assert changed.over_time["planned_minutes"].sum() < found.over_time["planned_minutes"].sum()


def test_the_first_lottery_of_a_shift_counts_and_tests_never(town, found):
    draws, boxes = town.read("draws"), town.read("draw_boxes")
    again = draws.iloc[:6]
    tests = draws.assign(lottery=False, draw_id=draws["draw_id"].str[:-1] + "9")
    other = boxes.assign(selected=~boxes["selected"].astype(bool))
    with town.transaction() as writer:
        writer.append("draws", again.assign(draw_id=again["draw_id"].str[:-1] + "2", reason="liked it better"))
        writer.append("draws", tests)
        for draw_id, number in [*zip(again["draw_id"], "2" * 6), *zip(draws["draw_id"], "9" * len(draws))]:
            writer.append("draw_boxes", other[other["draw_id"] == draw_id].assign(draw_id=draw_id[:-1] + number))
    changed = step.effects(town, FIRST, LAST)
    same(changed.estimates, found.estimates, (step.DRAWN, step.BESIDE, step.BEFORE))
    assert changed.draws["drawn_again"] == 6 and changed.draws["tests"] == len(draws)
    assert changed.draws["draws"] == 2 * len(draws) + 6


def test_only_what_the_public_reported_counts(town, found):
    incidents = town.read("incidents")
    hidden = incidents[(incidents["shift_date"] >= FIRST)].iloc[::2]
    with town.transaction() as writer:
        writer.upsert("incidents", hidden.assign(discovered=True))
    changed = step.effects(town, FIRST, LAST)
    times = changed.over_time[changed.over_time["crime_type"] == step.ALL]
    assert times["events"].sum() == (incidents["shift_date"] >= FIRST).sum() - len(hidden)
    assert changed.row(step.DRAWN)["events"] < found.row(step.DRAWN)["events"]


def test_shifts_whose_incidents_are_not_known_yet_are_left_out(town):
    late = town.read("incidents")
    late = late[late["shift_date"] > "2024-03-20"]
    with town.transaction() as writer:
        writer.delete("incidents", {"incident_id": late["incident_id"].tolist()})
    changed = step.effects(town, FIRST, LAST)
    shifts = len(town.calendar.slots("2024-03-21", LAST))
    assert shifts <= changed.draws["no_data_yet"] <= shifts + 1  # the newest report comes during the last night
    assert changed.scope.shifts == len(town.read("draws")) - changed.draws["no_data_yet"]
    with town.transaction() as writer:
        writer.delete("incidents")
    nothing = step.effects(town, FIRST, LAST)
    assert "No incidents are known yet" in nothing.message and nothing.estimates.empty and nothing.as_of is None


def test_a_forecast_that_knew_the_shift_is_not_used(town, found):
    rows = town.read("forecasts", where={"shift_date": FIRST})
    with town.transaction() as writer:
        writer.upsert("forecasts", rows.assign(as_of_utc=pd.Timestamp("2024-04-01", tz="UTC"), expected=50.0))
    changed = step.effects(town, FIRST, LAST)
    assert changed.forecast_shifts == found.forecast_shifts - rows["shift"].nunique()
    assert changed.over_time.set_index(["first", "crime_type"])["expected"].isna()[FIRST].all()
    assert changed.row(step.DRAWN)["value"] == pytest.approx(found.row(step.DRAWN)["value"], abs=0.02)


def test_one_visit_and_none(town, found):
    visits = town.read("visits")
    with town.transaction() as writer:
        writer.delete("visits", {"visit_id": visits["visit_id"].iloc[1:].tolist()})
    one = step.effects(town, FIRST, LAST)
    same(one.estimates, found.estimates, (step.DRAWN, step.BESIDE, step.BEFORE))
    hour = one.row(step.PER_HOUR)
    assert hour["shifts"] == 1 and not hour["enough"] and (hour["weak"] or not hour["conclusive"])
    assert one.over_time["patrol_minutes"].sum() == pytest.approx(2 * visits["minutes"].iloc[0], rel=1e-4)  # all, type
    with town.transaction() as writer:
        writer.delete("visits")
    none = step.effects(town, FIRST, LAST)
    assert none.row(step.PER_HOUR) is None and np.isnan(none.hours_drawn) and none.shifts_with_visits == 0


def test_gunfire_alerts_have_a_row_of_their_own(town, found):
    boxes = town.read("boxes")
    slots = town.calendar.slots("2024-02-25", LAST)
    rng = np.random.default_rng(1)
    place = boxes.iloc[rng.integers(0, len(boxes), 400)]
    slot = slots.iloc[np.sort(rng.integers(0, len(slots), 400))]
    moment = pd.DatetimeIndex(slot["start_utc"]) + pd.to_timedelta(rng.uniform(10, 400, 400), unit="min")
    with town.transaction() as writer:
        writer.append("gunfire", pd.DataFrame({
            "alert_id": [str(n) for n in range(400)], "kind": "multiple", "occurred_utc": moment.floor("ms"),
            "shift_date": slot["shift_date"].to_numpy(), "shift": slot["shift"].to_numpy(),
            "box_id": place["box_id"].to_numpy(), "x": 250.0 * place["col"].to_numpy() + 125,
            "y": 250.0 * place["row"].to_numpy() + 125, "source": "made"}))
    changed = step.effects(town, FIRST, LAST)
    assert changed.alerts and changed.row(step.DRAWN, "gunfire") is not None
    same(changed.estimates[changed.estimates["crime_type"] != "gunfire"], found.estimates)
    alerts = town.read("gunfire")
    counted = changed.over_time[changed.over_time["crime_type"] == "gunfire"]["events"].sum()
    assert counted == pytest.approx((alerts["shift_date"] >= FIRST).sum(), abs=8)  # near ones at once are one incident
    assert {step.BESIDE, step.BEFORE, step.PER_HOUR} <= set(
        changed.estimates.loc[changed.estimates["crime_type"] == "gunfire", "what"])


def test_an_event_of_uncertain_time_counts_in_parts(town):
    start, end = town.calendar.bounds(FIRST, "day")
    place = town.read("boxes").iloc[0]
    with town.transaction() as writer:
        writer.delete("incidents", {"shift_date": FIRST})
        writer.append("incidents", pd.DataFrame({
            "incident_id": ["long"], "crime_type": "theft", "occurred_from_utc": start,
            "occurred_to_utc": end + (end - start), "reported_utc": end + 2 * (end - start), "source": "made",
            "x": 250.0 * place["col"] + 1, "y": 250.0 * place["row"] + 1, "discovered": False}))
    changed = step.effects(town, FIRST, FIRST)
    assert changed.over_time.iloc[0]["events"] == pytest.approx(1.0)
    assert changed.row(step.DRAWN)["shifts"] == 3


def test_one_beat_counts_its_own_boxes(filled, found):
    with open_workspace(filled[0]) as workspace:
        west = step.effects(workspace, FIRST, LAST, "West")
        boxes = workspace.read("boxes").set_index("box_id")["beat"]
    assert set(west.boxes["box_id"].map(boxes)) == {"West"} and west.scope.beats == ("West",)
    assert 0 < west.scope.drawn < found.scope.drawn
    assert west.over_time["events"].sum() < found.over_time["events"].sum()
    assert west.row(step.BESIDE)["unexposed"] < found.row(step.BESIDE)["unexposed"]


def test_a_long_period_is_shown_by_week(filled):
    with open_workspace(filled[0]) as workspace:
        long = step.effects(workspace, "2024-02-20", "2024-04-02")
        events = len(workspace.read("incidents"))
    times = long.over_time[long.over_time["crime_type"] == step.ALL]
    assert long.days_each == 7 and len(times) == 7 and times["last"].iloc[-1] == "2024-04-02"
    assert times["events"].sum() == events
    assert times["expected"].isna().tolist() == [True, True, False, False, False, True, True]


@pytest.mark.parametrize("first, last, sentence", [
    ("2023-01-01", "2023-01-31", "No shift of this period was drawn"),
    ("2024-04-10", "2024-04-10", "No shift of this period was drawn")])
def test_an_empty_period_says_so(filled, first, last, sentence):
    with open_workspace(filled[0]) as workspace:
        nothing = step.effects(workspace, first, last)
    assert sentence in nothing.message and nothing.estimates.empty and nothing.boxes.empty
    assert (nothing.over_time["events"] == 0).all() and nothing.row(step.DRAWN) is None


def test_a_beat_without_a_chance_says_so(town):
    with town.transaction() as writer:
        boxes = town.read("boxes", ["box_id", "beat"])
        writer.upsert("boxes", boxes[boxes["beat"] == "West"].iloc[:1].assign(beat="New"))
        draws = town.read("draws").iloc[:1]
        lines = town.read("draw_boxes", where={"draw_id": draws["draw_id"].iloc[0]})
        writer.append("draws", draws.assign(draw_id="2024-03-01.day.1", shift_date="2024-03-01"))
        new = boxes[boxes["beat"] == "West"]["box_id"].iloc[0]
        writer.append("draw_boxes", lines.assign(
            draw_id="2024-03-01.day.1", selected=False,
            inclusion_probability=lines["inclusion_probability"].where(lines["box_id"] != new, 0.0)))
    nothing = step.effects(town, "2024-03-01", "2024-03-01", "New")
    assert "was left to chance" in nothing.message and nothing.estimates.empty and nothing.scope.box_shifts == 0


def test_a_period_of_tests_only_says_so(town):
    draws = town.read("draws").iloc[:1]
    with town.transaction() as writer:
        writer.append("draws", draws.assign(draw_id="2024-03-30.day.1", shift_date="2024-03-30", lottery=False))
    nothing = step.effects(town, "2024-03-30", "2024-03-30")
    assert "test with a given seed" in nothing.message and nothing.estimates.empty


def test_one_crime_type_alone_is_all_there_is(town):
    gone = town.read("incidents", where={"crime_type": list(TYPES[1:])})
    with town.transaction() as writer:
        writer.delete("incidents", {"incident_id": gone["incident_id"].tolist()})
    alone = step.effects(town, FIRST, LAST)
    assert alone.estimates["what"].tolist() == [step.DRAWN, step.BEFORE, step.PER_HOUR, step.BESIDE, step.DRAWN]
    assert alone.row(step.DRAWN)["events"] == alone.row(step.DRAWN, TYPES[0])["events"]


def test_too_few_events_are_told_apart(town):
    keep = town.read("incidents").iloc[::60]["incident_id"]
    gone = town.read("incidents")["incident_id"]
    with town.transaction() as writer:
        writer.delete("incidents", {"incident_id": gone[~gone.isin(keep)].tolist()})
    few = step.effects(town, FIRST, "2024-03-06")
    rows = few.estimates[few.estimates["what"] == step.DRAWN]
    assert not rows["enough"].any() and len(rows) >= 1
