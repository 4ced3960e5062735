"""The round of a beat: by street where ways are on record, else in a straight line; always the nearest box left."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.patrol import rounds

ROUND = pd.DataFrame({"box_id": ["C0R0", "C1R0", "C5R0", "C9R9"], "beat": ["A", "A", "A", "B"],
                      "harm": [3.0, 1.0, 1.0, 1.0]})


def metres(pairs, count=4):
    found = np.full((count, count), np.inf)
    np.fill_diagonal(found, 0.0)
    for (one, other), length in pairs.items():
        found[one, other] = found[other, one] = length
    return found


def test_a_river_without_a_bridge_makes_the_far_box_the_next():
    assert rounds.visit_order(ROUND).tolist() == [1, 2, 3, 1]
    ways = rounds.ways_of(ROUND, metres({(0, 1): 4000.04, (0, 2): 1300.0, (1, 2): 900.0}))
    assert ways["A"]["metres"][0] == [0.0, 4000.0, 1300.0] and ways["B"] == {"boxes": ["C9R9"], "metres": [[0.0]]}
    ordered = ROUND.assign(visit_order=rounds.visit_order(ROUND, ways))
    assert ordered["visit_order"].tolist() == [1, 3, 2, 1]
    minutes = rounds.travel_minutes(ordered, 250.0, 30.0, ways)
    assert minutes.tolist() == pytest.approx([np.nan, 1.8, 2.6, np.nan], nan_ok=True)
    straight = rounds.travel_minutes(ROUND.assign(visit_order=[1, 2, 3, 1]), 250.0, 30.0)
    assert straight.tolist() == pytest.approx([np.nan, 0.5, 2.0, np.nan], nan_ok=True)


def test_where_no_street_leads_comes_last_and_has_no_minutes():
    ways = rounds.ways_of(ROUND, metres({(0, 2): 1300.0}))
    assert ways["A"]["metres"][0][1] is None
    ordered = ROUND.assign(visit_order=rounds.visit_order(ROUND, ways))
    assert ordered["visit_order"].tolist() == [1, 3, 2, 1]
    assert rounds.travel_minutes(ordered, 250.0, 30.0, ways).isna().tolist() == [True, True, False, True]
    assert list(rounds.ways_of(ROUND, metres({}))) == ["B"]
    assert rounds.visit_order(ROUND, rounds.ways_of(ROUND, metres({}))).tolist() == [1, 2, 3, 1]


@pytest.mark.parametrize("way", [None, 7, {}, {"boxes": ["C0R0"]}, {"boxes": "C0R0", "metres": [[0]]},
                                 {"boxes": ["C0R0", "C0R0", "C1R0"], "metres": [[0] * 3] * 3},
                                 {"boxes": ["C0R0", "C1R0", "C5R0"], "metres": [[0, 1], [1, 0]]},
                                 {"boxes": ["C0R0", "C1R0", "C5R0"], "metres": [["x"] * 3] * 3},
                                 {"boxes": ["C0R0", "C1R0", "C5R0"], "metres": [[np.nan, 10 ** 400, -1]] * 3},
                                 {"boxes": [["C0R0"], {}, 7], "metres": [[0] * 3] * 3},
                                 {"boxes": ["C0R0", "C1R0"], "metres": [[0, 1], [1, 0]]}])
def test_what_no_draw_records_is_passed_over(way):
    assert rounds.visit_order(ROUND, {"A": way}).tolist() == [1, 2, 3, 1]
    assert rounds.visit_order(ROUND, [way]).tolist() == [1, 2, 3, 1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from("AB"), st.integers(1, 3)), min_size=1,
                max_size=9, unique_by=lambda row: row[:2]))
def test_straight_ways_on_record_give_the_order_of_none(rows):
    boxes = pd.DataFrame({"box_id": [f"C{col}R{row}" for col, row, _, _ in rows], "beat": [row[2] for row in rows],
                          "harm": [float(row[3]) for row in rows]})
    place = np.array([row[:2] for row in rows], dtype=float) * 250
    apart = np.sqrt(((place[:, None] - place[None]) ** 2).sum(axis=2))
    order = rounds.visit_order(boxes)
    assert rounds.visit_order(boxes, rounds.ways_of(boxes, apart)).tolist() == order.tolist()
    assert all(sorted(part) == list(range(1, len(part) + 1)) for _, part in order.groupby(boxes["beat"]))


def test_a_box_put_in_by_hand_is_reached_in_a_straight_line_and_the_others_by_street():
    ways = rounds.ways_of(ROUND, metres({(0, 1): 4000.0, (0, 2): 1300.0, (1, 2): 900.0}))
    plan = pd.DataFrame({"box_id": ["C0R0", "C5R0", "C5R4", "C1R0"], "beat": "A", "visit_order": [1, 2, 3, 4]})
    minutes = rounds.travel_minutes(plan, 250.0, 30.0, ways)
    assert minutes.tolist() == pytest.approx([np.nan, 2.6, 2.0, np.sqrt(32) * 0.5], nan_ok=True)
    assert rounds.along_streets(plan, ways).tolist() == [False, True, False, False]
    assert not rounds.along_streets(plan).any()
