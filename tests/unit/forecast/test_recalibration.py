"""Chances that hold: what validation makes of a density."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotspotter_connect_plugin.forecast.recalibration import AS_IT_IS, ExpectedByDensity, Recalibration, recalibrate

UNIFORM = np.full(400, 1 / 400)


def learnt(rng, steeper, bend=0.0, slots=400, per_slot=20.0):
    """A town whose true densities are steeper than the forecast's, and what is made of that; the truth beside it."""
    forecast = rng.lognormal(0.0, 1.2, 400)
    forecast /= forecast.sum()
    x = np.log(forecast / UNIFORM)
    truth = forecast * np.exp(steeper * x + bend * np.maximum(x - np.quantile(x, 0.97), 0.0))
    truth /= truth.sum()
    seen = ExpectedByDensity()
    for _ in range(slots):
        seen.add(forecast, UNIFORM, 0.8 * per_slot * forecast, rng.poisson(per_slot * truth).astype(float))
    return forecast, truth, seen.fit()


@pytest.mark.parametrize("steeper", [-0.2, 0.0, 0.25])
def test_a_density_too_flat_or_too_steep_is_mended_whatever_the_level(steeper):
    forecast, truth, found = learnt(np.random.default_rng(3), steeper)
    assert found.slope == pytest.approx(steeper, abs=0.04)
    mended = found.of(forecast[:, None], UNIFORM)[:, 0]
    busiest = np.argsort(-truth)[:40]
    assert mended[busiest].sum() == pytest.approx(truth[busiest].sum(), rel=0.03)


def test_the_busiest_boxes_are_mended_by_themselves():
    forecast, truth, found = learnt(np.random.default_rng(4), 0.0, bend=0.5)
    mended = found.of(forecast[:, None], UNIFORM)[:, 0]
    top = np.argsort(-truth)[:8]
    assert forecast[top].sum() < 0.8 * truth[top].sum()
    assert abs(mended[top].sum() - truth[top].sum()) < 0.4 * abs(forecast[top].sum() - truth[top].sum())


def test_few_events_change_next_to_nothing():
    _, _, found = learnt(np.random.default_rng(5), 0.0, slots=1, per_slot=10.0)
    assert abs(found.slope) < 0.05 and abs(found.bend) < 0.05
    nothing = ExpectedByDensity()
    assert nothing.fit() == AS_IT_IS


@given(st.floats(-0.5, 3.0), st.floats(0.0, 3.0), st.floats(-8.0, 8.0), st.floats(-8.0, 8.0))
def test_a_density_stays_one_and_busier_boxes_stay_busier(slope, bend, middle, bent_from):
    rng = np.random.default_rng(6)
    density = rng.lognormal(0.0, 2.0, (400, 2))
    density /= density.sum(axis=0)
    found = Recalibration(middle, slope, bend, bent_from).of(density, UNIFORM)
    np.testing.assert_allclose(found.sum(axis=0), 1.0)
    order = np.argsort(density[:, 0])
    assert (np.diff(found[order, 0]) >= 0).all()
    assert AS_IT_IS.of(density, UNIFORM) is density


def seasons(rng, steeper, per_slot=20.0):
    """One stretch of validation for each of some seasons, whose true densities are steeper by so much."""
    forecast = rng.lognormal(0.0, 1.2, 400)
    forecast /= forecast.sum()
    found = []
    for one in steeper:
        truth = forecast * np.exp(one * np.log(forecast / UNIFORM))
        truth /= truth.sum()
        found.append(ExpectedByDensity())
        for _ in range(100):
            found[-1].add(forecast, UNIFORM, per_slot * forecast, rng.poisson(per_slot * truth).astype(float))
    return found


def test_a_steepness_that_stays_is_mended_as_by_all_stretches_together():
    stretches = seasons(np.random.default_rng(7), [0.2, 0.2, 0.2, 0.2])
    found = recalibrate(stretches)
    assert found == (stretches[0] + stretches[1] + stretches[2] + stretches[3]).fit()
    assert found.slope == pytest.approx(0.2, abs=0.04)


def test_a_steepness_that_changes_from_season_to_season_changes_nothing():
    stretches = seasons(np.random.default_rng(8), [0.3, -0.2, 0.3, -0.2])
    assert recalibrate(stretches) == AS_IT_IS
    assert (stretches[0] + stretches[1] + stretches[2] + stretches[3]).fit().slope > 0.02
    assert recalibrate([]) == recalibrate(stretches[:1]) == AS_IT_IS


def test_the_gain_is_what_the_likelihood_of_the_events_gains():
    rng = np.random.default_rng(9)
    forecast, counts = rng.dirichlet(np.full(400, 0.5)), rng.poisson(2.0, 400).astype(float)
    seen, change = ExpectedByDensity(), Recalibration(0.1, 0.3, 0.2, 0.5)
    seen.add(forecast, UNIFORM, 30.0 * forecast, counts)
    changed = change.of(forecast[:, None], UNIFORM)[:, 0]
    assert seen.gain(change) == pytest.approx(np.sum(counts * np.log(changed / forecast)), rel=0.02)
    assert ExpectedByDensity().gain(change) == 0.0
