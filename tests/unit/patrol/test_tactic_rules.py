"""Which tactics may be used, and to which visit a log belongs."""
import numpy as np
import pandas as pd
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.patrol.tactic_rules import NEAR, approved, offered, visits_of_logs

T0 = pd.Timestamp("2026-03-08 04:00", tz="UTC")     # near midnight in New York, on the night clocks change


def at(minutes):
    return T0 + pd.Timedelta(minutes=minutes)


def visits(*rows):
    frame = pd.DataFrame(rows, columns=["visit_id", "officer", "unit", "box_id", "from", "to"])
    return frame.assign(entered_utc=[at(value) for value in frame.pop("from")],
                        left_utc=[at(value) for value in frame.pop("to")])


def logs(*rows):
    frame = pd.DataFrame(rows, columns=["officer", "unit", "box_id", "at", "minutes"])
    frame["minutes"] = frame["minutes"].astype(float)
    return frame.assign(at_utc=[at(value) for value in frame.pop("at")])


STAYS = visits(("a1", "71", "12", "C1R1", 0, 15), ("a2", "72", "12", "C1R1", 0, 15), ("b", "71", "12", "C2R1", 20, 30),
               ("c", "unknown", "13", "C1R1", 0, 15))


def test_by_unit_officer_box_and_time():
    found = visits_of_logs(logs(
        ("71", "12", "C1R1", 3, 5),         # all three
        ("72", None, None, 3, 5),           # officer alone
        (None, "13", None, 14, 5),          # unit alone
        (None, "12", "C2R1", 3, 5),         # in another box: the later visit is 12 minutes away
        (None, "12", "C2R1", 12, 5),        # ... and now 3 minutes
        ("71", "12", None, 16, 1),          # between two visits, nearer to the first
        (None, "12", "C9R9", 3, 5),         # a box without a visit
        ("99", "99", None, 3, 5),           # nobody known
        (None, None, "C1R1", 3, 5),         # nobody told
        ("71", "12", None, 41, None)), STAYS)
    assert found.tolist() == ["a1", "a2", "c", None, "b", "a1", None, None, None, None]


def test_one_log_after_leaving_still_belongs_but_not_for_ever():
    found = visits_of_logs(logs(*(("71", "12", None, minutes, 0) for minutes in (30, 40, 40.1, 60))), STAYS)
    assert found.tolist() == ["b", "b", None, None]


def test_a_long_log_belongs_to_the_visit_with_which_it_overlaps_longest():
    assert visits_of_logs(logs(("71", "12", None, 12, 18)), STAYS).tolist() == ["b"]


def test_nothing_to_join():
    assert visits_of_logs(logs(), STAYS).tolist() == []
    assert visits_of_logs(logs(("71", "12", None, 0, 1)), STAYS.iloc[:0]).tolist() == [None]


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 10**6))
def test_the_same_as_trying_every_pair(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 25))
    begin = rng.integers(-3000, 3000, count)
    stays = visits(*((f"v{number:02}", str(rng.integers(3)), "u" + str(rng.integers(3)),
                      f"C{rng.integers(2)}R1", begin[number], begin[number] + int(rng.integers(2, 1600)))
                     for number in range(count)))
    some = logs(*((rng.choice([None, "0", "1", "2"]), rng.choice([None, "u0", "u1"]),
                   rng.choice([None, None, "C0R1", "C1R1"]), int(rng.integers(-3000, 4000)),
                   float(rng.choice([np.nan, 0, 5, 1400]))) for _ in range(12)))
    found = visits_of_logs(some, stays)
    order = rng.permutation(count)
    assert visits_of_logs(some, stays.iloc[order]).tolist() == found.tolist()
    told = some.astype(object).where(some.notna(), None).assign(at_utc=some["at_utc"], minutes=some["minutes"])
    for log, visit in zip(told.itertuples(), found):
        end = log.at_utc + pd.Timedelta(minutes=0 if np.isnan(log.minutes) else log.minutes)
        best = None
        for stay in stays.itertuples():
            same = (log.unit is not None and log.unit == stay.unit, log.officer is not None
                    and log.officer == stay.officer)
            apart = max(stay.entered_utc - end, log.at_utc - stay.left_utc, pd.Timedelta(0))
            if any(same) and log.box_id in (None, stay.box_id) and apart <= NEAR:
                shared = min(end, stay.left_utc) - max(log.at_utc, stay.entered_utc)
                rank = (apart, not all(same), -shared, stay.entered_utc, stay.visit_id)
                best = rank if best is None else min(best, rank)
        assert visit == (best[-1] if best else None)


LIST = pd.DataFrame({
    "tactic": ["walk", "talk", "old", "stop", "asked", "cars"], "sort_order": [2, 1, 3, 4, 5, 6],
    "crime_types": [[], [], [], [], [], ["theft"]],
    "approved_by": ["Chief", "Chief", "Chief", "Chief", " ", "Chief"],
    "expires": [None, "2026-03-08", "2026-03-07", None, None, None],
    "enforcement": [False, False, False, True, False, False]})


def test_only_approved_current_gentle_tactics_are_offered():
    assert offered(LIST, "2026-03-08")["tactic"].tolist() == ["talk", "walk", "cars"]
    assert offered(LIST, "2026-03-08", "robbery")["tactic"].tolist() == ["talk", "walk"]
    assert offered(LIST, "2026-03-09", "theft")["tactic"].tolist() == ["walk", "cars"]
    assert offered(LIST.assign(enforcement=None), "2026-03-08").empty, "what nobody declared harmless is not offered"
    dates = np.array(["2026-03-08", "2026-03-09", "2026-03-07", "2026-03-01", "2026-03-01", "2026-03-01"])
    assert approved(LIST, dates).tolist() == [True, False, True, False, False, True]
