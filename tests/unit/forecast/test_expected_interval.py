"""The 90 % interval holds nine of ten rates, and its width is learnt."""

import numpy as np
import pytest
from drifting_town import date_of, events_of, held, true_rates
from hypothesis import given
from hypothesis import strategies as st
from made_city import make_boxes

from shotspotter_connect_plugin.forecast.expected_interval import Uncertainty, fit_uncertainty
from shotspotter_connect_plugin.forecast.forecast_model import train
from shotspotter_connect_plugin.forecast.ladder import rung


def made(rng, boxes=3000, stretches=13, misfit=0.2, evidence=400.0, days=28.0):
    """Counts whose rates are gamma around the forecast, as the model says."""
    per_day = rng.gamma(0.5, 0.02, boxes) + 1e-4
    expected = np.tile(per_day * days, (stretches, 1))
    shape = 1.0 / (misfit + 1.0 / (per_day * evidence))
    rate = rng.gamma(shape, 1.0 / shape, (stretches, boxes))
    return expected, rng.poisson(expected * rate), rate, per_day


def test_spread_is_found_again_and_nine_of_ten_rates_are_inside():
    rng = np.random.default_rng(5)
    expected, observed, rate, per_day = made(rng)
    found = fit_uncertainty(
        expected.ravel(),
        observed.ravel().astype(float),
        28.0,
        1.0,
        expected.sum(axis=1),
        observed.sum(axis=1).astype(float),
    )
    assert 0.1 < found.misfit < 0.35 and 200 < found.evidence < 800
    low, high = Uncertainty(found.evidence, found.misfit, 0.0).interval(per_day)
    inside = (per_day * rate >= low) & (per_day * rate <= high)
    assert 0.85 < inside.mean() < 0.95


def test_pieces_of_events_are_not_taken_for_calm():
    """Events cut in two halves in the same box tell as much as whole ones half as often."""
    rng = np.random.default_rng(6)
    expected, observed, _, _ = made(rng)
    whole = fit_uncertainty(expected.ravel(), observed.ravel().astype(float), 28.0, 1.0, np.ones(3), np.ones(3))
    halves = fit_uncertainty(expected.ravel() / 2, observed.ravel() / 2.0, 28.0, 0.5, np.ones(3), np.ones(3))
    assert np.isclose(halves.misfit, whole.misfit, rtol=0.05)
    assert np.isclose(halves.evidence, 2 * whole.evidence, rtol=0.25)


def test_totals_that_vary_more_than_chance_widen_every_interval():
    calm = fit_uncertainty(np.ones(50), np.ones(50), 28.0, 1.0, np.full(52, 100.0), np.full(52, 100.0))
    wild = fit_uncertainty(np.ones(50), np.ones(50), 28.0, 1.0, np.full(52, 100.0), np.tile([60.0, 140.0], 26))
    assert wild.level > 0.1 > calm.level


@given(st.floats(1e-9, 50.0), st.floats(1.0, 1e5), st.floats(1e-3, 5.0), st.floats(0.0, 1.0))
def test_the_interval_holds_the_value(expected, evidence, misfit, level):
    low, high = Uncertainty(evidence, misfit, level).interval(np.array([expected]))
    assert 0 <= low[0] <= expected <= high[0] < np.inf


def test_fewer_events_behind_a_box_make_it_less_sure():
    expected = np.array([1e-5, 1e-3, 1e-1])
    low, high = Uncertainty(400.0, 0.05, 0.01).interval(expected)
    width = (high - low) / expected
    assert width[0] > width[1] > width[2]


def test_where_nobody_listened_the_level_is_the_usual_one():
    assert fit_uncertainty(np.zeros(5), np.zeros(5), 28.0, 1.0, np.zeros(4), np.zeros(4)).level == Uncertainty().level


@pytest.mark.parametrize("observed", [np.zeros(40), np.r_[1.0, np.zeros(39)]])
def test_next_to_nothing_observed_is_no_error(observed):
    found = fit_uncertainty(
        np.full(40, 0.01), observed, 28.0, 1.0, np.full(8, 0.05), np.r_[observed.sum(), np.zeros(7)]
    )
    assert np.isfinite([found.evidence, found.misfit, found.level]).all()


def test_nine_of_ten_rates_are_inside_where_shifts_differ_and_drift(calendar):
    """Forecasts of one stretch of validation know its first events; judged by their sum they seem too sure."""
    rates, boxes = true_rates(1), make_boxes()
    events = events_of(rates, calendar, 1)
    model = train(events, boxes, calendar, calendar.as_of(date_of(740)), ladder=(rung("decay_180_125"),))
    inside, expected = held(model, events, boxes, calendar, rates, (740, 765))
    busiest = np.argsort(-expected, axis=1)[:, :20]
    assert 0.84 < inside.mean() < 0.97
    assert np.take_along_axis(inside, busiest, 1).mean() > 0.8
