"""Intervals over weeks: exact on paper, and holding the truth of made periods as often as they say."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.forecast.weekly_intervals import (FEWEST_EVENTS, FEWEST_WEEKS, half_width, most_unseen,
                                                                  of_sums, ratio_interval, why_none)

LOW, HIGH = 0.85, 0.95
"""Where the share of 90 % intervals that hold the truth must lie."""


def test_a_ratio_worked_out_by_hand():
    """Nine weeks, one of which caught one of its events more and another one less than the rest."""
    events, hits = np.full(9, 10.0), np.array([2.0, 3.0, 2.0, 2.0, 2.0, 2.0, 1.0, 2.0, 2.0])
    low, high = ratio_interval(0.2, (hits,), (events,), events)
    deviations = hits / 18 - 1 / 9
    error = np.sqrt(np.sum(deviations ** 2) * 9 / 8)  # lags 1 and 2 are 0
    assert np.log(high / 0.2) == pytest.approx(1.8595 * error, rel=1e-4)  # t of 8 degrees of freedom
    assert low * high == pytest.approx(0.2 ** 2)


def test_none_under_eight_weeks_or_thirty_events_and_it_is_said():
    rng = np.random.default_rng(1)
    for weeks, events, why in ((7, 50, "only 7 weeks, at least 8"), (1, 50, "only 1 week, at least 8"),
                               (8, 3, "only 24 events, at least 30"), (8, 4, ""), (52, 1, "")):
        counts = np.full(weeks, float(events))
        ends = ratio_interval(0.3, (rng.poisson(2, weeks) + 1.0,), (counts,), counts)
        assert np.isnan(ends).all() == bool(why), (weeks, events)
        assert why in why_none(weeks, counts.sum()) and bool(why) == bool(why_none(weeks, counts.sum()))
    assert (FEWEST_WEEKS, FEWEST_EVENTS) == (8, 30)
    together = np.zeros(20)
    together[3] = 60.0
    assert np.isnan(ratio_interval(0.5, (together / 2,), (together,), together)).all(), "all in one week tell nothing"


def test_weeks_without_events_make_nothing_surer():
    rng = np.random.default_rng(2)
    events, hits = rng.poisson(20, 10).astype(float), rng.poisson(5, 10).astype(float)
    ratio = hits.sum() / events.sum()
    short = ratio_interval(ratio, (hits,), (events,), events)
    empty = [np.append(part, np.zeros(42)) for part in (hits, events)]
    long = ratio_interval(ratio, (empty[0],), (empty[1],), empty[1])
    assert long[1] / long[0] >= 0.95 * short[1] / short[0]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.integers(8, 60), st.floats(0.5, 30.0), st.floats(0.1, 100.0))
def test_an_interval_holds_its_ratio_and_follows_its_unit(seed, weeks, mean, unit):
    rng = np.random.default_rng(seed)
    events = rng.poisson(mean, weeks).astype(float)
    hits = rng.binomial(events.astype(int), 0.3).astype(float)
    ratio = hits.sum() / events.sum() if events.any() else np.nan
    low, high = ratio_interval(ratio, (hits,), (events,), events)
    if why_none(weeks, events.sum()) or not (events > 0).sum() > 1:
        assert np.isnan(low) and np.isnan(high)
        return
    assert 0 <= low <= ratio <= high
    again = ratio_interval(unit * ratio, (unit * hits,), (events,), events)
    np.testing.assert_allclose(again, (unit * low, unit * high))
    assert 0 < most_unseen(events.sum()) < 0.1
    assert of_sums(hits).sum() == pytest.approx(1.0 if hits.any() else 0.0)


@pytest.mark.parametrize("weeks", (8, 13, 52))
@pytest.mark.parametrize("mean, busy, luck, caught", ((20, 0.0, 0.0, 0.2), (20, 0.5, 0.2, 0.2), (5, 0.5, 0.0, 0.1)))
def test_intervals_hold_the_truth_as_often_as_they_say(weeks, mean, busy, luck, caught):
    """Weeks alike; weeks that differ in how busy and how lucky they are; so few hits that some periods have none."""
    rng, held = np.random.default_rng(3), []
    for _ in range(600):
        level, lift = (np.exp(spread * rng.standard_normal(weeks) - spread ** 2 / 2) for spread in (busy, luck))
        events = rng.poisson(mean * level)
        hits = rng.binomial(events, np.minimum(caught * lift, 1.0))
        gained = 0.3 * events + 1.5 * np.sqrt(events) * rng.standard_normal(weeks)
        total = events.sum()
        if total < FEWEST_EVENTS:
            continue
        low, high = ratio_interval(hits.sum() / total, (hits,), (events,), events)
        score = gained.sum() / total
        beyond = half_width(gained / total - score * of_sums(events), events)
        held.append((low <= caught <= (high if hits.any() else most_unseen(total)), abs(score - 0.3) <= beyond))
    shares = np.mean(held, axis=0)
    assert ((shares >= LOW) & (shares <= HIGH)).all(), shares
