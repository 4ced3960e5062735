"""Lotteries of many shifts, one after the other; limits that go over to other boxes."""
import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, identity

from shotspotter_connect_plugin.patrol import draw, metering
from shotspotter_connect_plugin.patrol.lottery_history import LotteryHistory, always_most, most_harmful
from shotspotter_connect_plugin.patrol.seeds import Uniforms
from shotspotter_connect_plugin.workspace.store.settings import Settings


def boxes_of(count, beats=1):
    place = np.arange(count)
    return pd.DataFrame({"col": place % 4, "row": place // 4,
                         "beat": np.array([f"B{one % beats}" for one in place], dtype=object), "neighbourhood": None})


def rules_of(**changes):
    return {**metering.rules_of(Settings(), "2024-03-01", "day", 1, boxes=1), "cool_down_shifts": 0, **changes}


def history(boxes, shifts=60, **changes):
    return LotteryHistory(np.arange(shifts) // 3, np.tile(["a", "b", "c"], shifts // 3), boxes, 1.0,
                          rules_of(**changes), 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 80), st.integers(1, 5), st.booleans())
def test_orders_measured_before_draw_the_same_boxes(seed, count, beats, many):
    """Also where a beat has too many boxes to be measured."""
    rng = np.random.default_rng(seed)
    col, row = rng.integers(-3, 6, (2, count))
    beat = np.array([f"B{one}" for one in rng.integers(0, beats, count)], dtype=object)
    beat[rng.random(count) < 0.1] = None
    chance = np.where(rng.random(count) < 0.2, rng.integers(0, 2, count), rng.random(count))
    chance[pd.isna(beat)] = 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw, "_MOST_MEASURED", 5 if many else 1000)
        nearest = draw.Nearest(col, row, beat)
    district = np.array([None if pd.isna(one) else "AB"[int(one[1:]) % 2] for one in beat], dtype=object)
    for shift, of_boxes in enumerate((None, None, district)):
        uniforms = [Uniforms("seed", str(shift)) for _ in range(2)]
        found = draw.drawn_boxes(chance, col, row, beat, uniforms[0], of_boxes, nearest)
        assert found.tolist() == draw.pivotal(chance, col, row, beat, uniforms[1], of_boxes).selected.tolist()


def test_a_move_to_the_same_boxes_changes_nothing():
    boxes, rng = boxes_of(12, 3), np.random.default_rng(1)
    harm = rng.gamma(1.0, 1.0, (60, 12))
    stays, moves = history(boxes, pace=0.9), history(boxes, pace=0.9)
    for shift in range(60):
        if shift in (7, 30):
            moves.move(boxes, identity(12, format="csr"), identity(12, format="csr"))
        for one, other in zip(stays.draw(harm[shift]), moves.draw(harm[shift])):
            assert one.tolist() == other.tolist()


def test_what_boxes_had_counts_for_the_part_that_is_shared():
    """One box drawn in every shift until the most of 7 days is reached; then half of it lies in a new one."""
    one = history(boxes_of(1), window_7_hard=4, window_7_expected=99, window_28_expected=99, window_28_hard=99)
    drawn = [bool(one.draw([1.0])[1][0]) for _ in range(5)]
    assert drawn == [True] * 4 + [False]
    half = csr_matrix(np.array([[0.5], [0.0]]))
    one.move(boxes_of(2, 2), half, csr_matrix(np.array([[0.7], [0.3]])))
    drawn = [one.draw([1.0, 1.0])[1].tolist() for _ in range(4)]
    # Two patrols are left of four to the box that has half; the other one never was patrolled.
    assert [first for first, _ in drawn] == [True, True, False, False]
    assert [second for _, second in drawn] == [True] * 4


def test_a_box_rests_where_half_of_it_was_patrolled():
    for part, rests in ((0.5, True), (0.4, False)):
        one = history(boxes_of(1), cool_down_shifts=1)
        assert one.draw([1.0])[1][0]
        one.move(boxes_of(1), csr_matrix([[part]]), csr_matrix([[part]]))
        assert one.draw([1.0])[0][0] == (0.0 if rests else 1.0)


def test_chances_used_up_are_left_over_in_part():
    one = history(boxes_of(4), window_7_expected=0.5, window_28_expected=9)
    assert one.draw(np.ones(4))[0].tolist() == pytest.approx([0.25] * 4)
    one.move(boxes_of(4), csr_matrix(np.diag([1.0, 0.5, 0.0, 1.0])), identity(4, format="csr"))
    # What is left of 0.5: 0.25, 0.375, 0.5 and 0.25; the box of which most is left is not held down.
    chance = one.draw(np.ones(4))[0]
    assert chance.sum() == pytest.approx(1.0) and (chance <= [0.25, 0.375, 0.5, 0.25]).all()


def test_only_the_days_that_limits_look_back_on_are_kept():
    one = history(boxes_of(3), 300)
    for _ in range(300):
        one.draw(np.ones(3))
    assert len(one._past) <= 28 * 3


def test_always_the_most_takes_the_last_in_part():
    beat = np.array(["A", "A", "B", None, "B"], dtype=object)
    worth = np.array([1.0, 5.0, 2.0, 9.0, 2.0])
    assert always_most(worth, beat, 2.5).tolist() == [0.0, 1.0, 1.0, 0.0, 0.5]
    assert always_most(worth, beat, {"A": 1.5, "B": 0.25}).tolist() == [0.5, 1.0, 0.25, 0.0, 0.0]
    assert always_most(worth, beat, 9.0).tolist() == [1.0, 1.0, 1.0, 0.0, 1.0]
    assert most_harmful(worth, beat, {"boxes_per_beat": 1.0}).tolist() == [0.0, 1.0, 1.0, 0.0, 0.0]
    assert most_harmful(worth, beat, {"boxes_per_shift": 3.0}).tolist() == [0.0, 1.0, 1.0, 0.0, 1.0]


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_no_lottery_covers_more_than_always_the_most_harmful(seed, shared):
    rng = np.random.default_rng(seed)
    boxes, more = boxes_of(12, 3), {"boxes_per_shift": 3.0, "least_per_beat": 0.0} if shared else {}
    one, rules = history(boxes, **more), rules_of(**more)
    for harm in rng.gamma(0.5, 1.0, (60, 12)):
        chance, _ = one.draw(harm)
        most = most_harmful(harm, boxes["beat"].to_numpy(object), rules)
        assert (chance * harm).sum() <= (most * harm).sum() + 1e-9
