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
