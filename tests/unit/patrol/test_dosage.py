"""Dosage, crews, officer-minutes, patrol-minutes, planned against delivered."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.patrol.dosage import (dosage, officer_minutes, patrol_minutes,
                                                      planned_against_delivered, with_officers, with_patrols)

DAY = pd.Timestamp("2026-03-02", tz="UTC")


def at(clock):
    return DAY + pd.Timedelta(clock + ":00")


def visit(unit, box, entered, left, minutes=None, **more):
    entered, left = at(entered), at(left)
    return {"unit": unit, "box_id": box, "entered_utc": entered, "left_utc": left,
            "minutes": (left - entered).total_seconds() / 60 if minutes is None else minutes, **more}


def patrol(number, box, unit=None, status="planned", order=1, target=15.0, returns=0):
    return {"patrol_id": number, "shift_date": "2026-03-02", "shift": "D", "beat": "1", "box_id": box,
            "crime_type": "robbery", "unit": unit, "status": status, "visit_order": order, "target_minutes": target,
            "returns": returns}


def test_dosage_is_short_on_target_or_over():
    assert dosage([0, 9.99, 10, 20, 20.01], 10, 20).tolist() == ["short", "short", "on_target", "on_target", "over"]
    # A patrol with a target of 30 minutes is on target from 20 to 40.
    assert dosage([19, 21, 41, 15], 10, 20, [30, 30, 30, np.nan], 15).tolist() == [
        "short", "on_target", "over", "on_target"]


def test_the_crew_is_the_one_aboard_in_the_middle_of_the_visit():
    visits = pd.DataFrame([visit("A", "C0R0", "08:00", "08:20"), visit("A", "C0R0", "15:50", "16:20"),
                           visit("B", "C0R0", "08:00", "08:20")])
    roster = pd.DataFrame([("A", "101", at("07:00"), at("16:00")), ("A", "102", at("07:00"), at("16:00")),
                           ("A", "103", at("16:00"), pd.NaT)], columns=["unit", "officer", "from_utc", "to_utc"])
    found = with_officers(visits, roster)
    assert found[["unit", "officer"]].values.tolist() == [["A", "101"], ["A", "102"], ["A", "103"], ["B", "unknown"]]
    assert with_officers(visits, roster.iloc[:0])["officer"].tolist() == ["unknown"] * 3


def test_the_middle_decides_where_crews_change_during_a_visit():
    roster = pd.DataFrame([("A", "101", at("07:00"), at("16:00")), ("A", "102", at("16:00"), at("23:00"))],
                          columns=["unit", "officer", "from_utc", "to_utc"])
    visits = pd.DataFrame([visit("A", "C0R0", "15:50", "16:11"), visit("A", "C0R0", "15:50", "16:09")])
    assert with_officers(visits, roster)["officer"].tolist() == ["102", "101"]


def test_an_open_end_of_the_roster_lasts_until_the_next_row_at_most_a_day():
    roster = pd.DataFrame([("A", "101", at("07:00"), pd.NaT), ("A", "102", at("12:00"), pd.NaT)],
                          columns=["unit", "officer", "from_utc", "to_utc"])
    visits = pd.DataFrame([visit("A", "C0R0", "11:00", "11:10"), visit("A", "C0R0", "13:00", "13:10")])
    late = visits.assign(entered_utc=visits["entered_utc"] + pd.Timedelta(days=1),
                         left_utc=visits["left_utc"] + pd.Timedelta(days=1))
    assert with_officers(visits, roster)["officer"].tolist() == ["101", "102"]
    assert with_officers(late, roster)["officer"].tolist() == ["102", "unknown"]


def test_a_visit_serves_the_planned_patrol_of_its_shift_and_box_its_own_units_first():
    patrols = pd.DataFrame([patrol("p1", "C0R0", unit="B"), patrol("p2", "C0R0", order=2),
                            patrol("p3", "C0R0", unit="A"), patrol("p4", "C1R0", status="suppressed"),
                            patrol("p5", "C2R0", unit="B")])
    here = {"shift_date": "2026-03-02", "shift": "D"}
    visits = pd.DataFrame([visit("A", "C0R0", "08:00", "08:20", **here), visit("C", "C0R0", "09:00", "09:20", **here),
                           visit("A", "C1R0", "10:00", "10:20", **here), visit("A", "C2R0", "11:00", "11:20", **here),
                           visit("A", "C0R0", "23:00", "23:20", shift_date="2026-03-02", shift="N"),
                           visit("A", "C0R0", "23:50", "23:59", shift_date=None, shift=None)])
    found = with_patrols(visits, patrols)
    assert found["patrol_id"].tolist() == ["p3", "p2", None, "p5", None, None]
    assert found["target_minutes"].dropna().tolist() == [15, 15, 15]
    assert with_patrols(visits.iloc[:0], patrols).empty
    assert with_patrols(visits, patrols.iloc[:0])["patrol_id"].tolist() == [None] * 6


def test_patrol_minutes_count_presence_once_and_officer_minutes_each_officer():
    visits = pd.DataFrame([
        visit("A", "C0R0", "08:00", "08:20", officer="101"), visit("A", "C0R0", "08:00", "08:20", officer="102"),
        visit("B", "C0R0", "08:10", "08:30", officer="unknown"),
        visit("A", "C0R0", "12:00", "12:20", minutes=18, officer="101"),    # two minutes away in between
        visit("A", "C1R0", "08:00", "08:05", officer="103")])
    assert patrol_minutes(visits).to_dict() == {"C0R0": 30 + 18, "C1R0": 5}
    assert officer_minutes(visits).to_dict() == {"C0R0": 20 + 20 + 18, "C1R0": 5}
    assert patrol_minutes(visits.iloc[:0]).empty


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 1000), st.integers(1, 60)), min_size=1,
                max_size=40, unique_by=lambda visit: visit[:3]))
def test_patrol_minutes_are_the_union_of_presence(rows):
    visits = pd.DataFrame([{"unit": f"U{unit}", "box_id": f"C{box}R0", "entered_utc": DAY + pd.Timedelta(minutes=start),
                            "left_utc": DAY + pd.Timedelta(minutes=start + length), "minutes": float(length)}
                           for unit, box, start, length in rows])
    expected = {}
    for _, box, start, length in rows:
        expected.setdefault(f"C{box}R0", set()).update(range(start, start + length))
    assert patrol_minutes(visits).to_dict() == pytest.approx({box: len(minutes) for box, minutes in expected.items()})


def test_planned_against_delivered():
    patrols = pd.DataFrame([patrol("p1", "C0R0"), patrol("p2", "C1R0", returns=1), patrol("p3", "C2R0")])
    visits = pd.DataFrame([
        visit("A", "C0R0", "08:00", "08:15", officer="101", patrol_id="p1"),
        visit("A", "C0R0", "08:00", "08:15", officer="102", patrol_id="p1"),
        visit("A", "C1R0", "09:00", "09:10", officer="unknown", patrol_id="p2"),
        visit("B", "C1R0", "09:05", "09:15", officer="unknown", patrol_id="p2"),
        visit("A", "C7R0", "10:00", "10:15", officer="101", patrol_id=None)])
    found = planned_against_delivered(patrols, visits).set_index("patrol_id")
    assert found["visits"].to_dict() == {"p1": 1, "p2": 2, "p3": 0}
    assert found["patrol_minutes"].to_dict() == {"p1": 15, "p2": 15, "p3": 0}
    assert found.loc["p1", "officer_minutes"] == 30 and found["officer_minutes"].isna().tolist() == [False, True, True]
    assert found["delivered"].to_dict() == {"p1": 1.0, "p2": 0.5, "p3": 0.0}
    assert planned_against_delivered(patrols, visits.iloc[:0])["visits"].tolist() == [0, 0, 0]
