"""Hits in the searched area, and calibration."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shotspotter_connect_plugin.forecast.accuracy import Calibration, caught


def test_the_best_boxes_are_searched_first():
    expected, events, area = np.array([1.0, 4.0, 2.0, 3.0]), np.array([1.0, 5.0, 0.0, 2.0]), np.ones(4)
    assert caught(expected, events, area, 0.25) == 5.0
    assert caught(expected, events, area, 0.5) == 7.0
    assert caught(expected, events, area, 0.375) == 6.0
    assert caught(expected, events, area, 1.0) == 8.0


def test_ties_share_their_hits():
    assert np.isclose(caught(np.ones(10), np.arange(10.0), np.ones(10), 0.2), 9.0)
    assert np.isclose(
        caught(np.array([2.0, 1.0, 1.0]), np.array([1.0, 4.0, 0.0]), np.array([1.0, 1.0, 2.0]), 0.5), 1 + 4 / 3
    )


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.floats(0.1, 1.0)), min_size=1, max_size=30),
    st.floats(0.01, 1.0),
    st.randoms(use_true_random=False),
)
def test_the_order_of_boxes_does_not_matter(rows, share, random):
    once = caught(*(np.array(column, dtype=float) for column in zip(*rows)), share)
    random.shuffle(rows)
    assert np.isclose(once, caught(*(np.array(column, dtype=float) for column in zip(*rows)), share))


def test_calibration_adds_up_and_sorts():
    rng = np.random.default_rng(1)
    calibration = Calibration()
    for _ in range(50):
        expected = rng.gamma(0.3, 0.1, 200)
        calibration.add(expected, rng.poisson(expected).astype(float))
    groups = np.array(calibration.groups(5))
    assert groups.shape == (5, 2)
    assert np.allclose(groups[:, 0] / groups[:, 0].sum(), 0.2, atol=0.02)
    assert np.all(np.abs(groups[:, 1] - groups[:, 0]) < 4 * np.sqrt(groups[:, 0]))
    assert Calibration().groups() == []


def test_weekly_groups_are_the_groups_of_all_weeks_week_by_week():
    rng, calibration, other = np.random.default_rng(2), Calibration(), Calibration()
    totals = {}
    for week in (3, 0, 3, 1):
        expected = rng.gamma(0.3, 0.1, 200)
        observed = rng.poisson(expected).astype(float)
        calibration.add(expected, observed, week)
        totals[week] = totals.get(week, np.zeros(2)) + [expected.sum(), observed.sum()]
    expected, observed = calibration.weekly_groups(5)
    assert expected.shape == observed.shape == (3, 5)
    assert np.allclose(np.stack([expected.sum(axis=1), observed.sum(axis=1)], axis=1), [totals[w] for w in (0, 1, 3)])
    assert np.allclose(np.stack([expected.sum(axis=0), observed.sum(axis=0)], axis=1), calibration.groups(5))
    other.add(np.array([0.5]), np.array([2.0]), 1)
    both = (calibration + other).weekly_groups(5)
    assert np.allclose([both[0][1].sum(), both[1][1].sum()], totals[1] + [0.5, 2.0])
    assert Calibration().weekly_groups()[0].size == 0
