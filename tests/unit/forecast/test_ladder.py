"""Weights are the maximum of the likelihood; the choice of a rung follows its rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.forecast.ladder import FAMILIES, ROBUST, RUNGS, fit_weights, rung
from shotspotter_connect_plugin.forecast.validation import choose_rung, plan_spans


def likelihood(densities, events, weights, uniform):
    return events @ np.log(densities @ weights + uniform) + 3.0 * np.log(uniform)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(30, 400))
def test_no_other_weights_are_more_likely(seed, surfaces, count):
    rng = np.random.default_rng(seed)
    densities, events = rng.gamma(0.5, 2.0, (count, surfaces)), rng.uniform(0.1, 1.0, count)
    weights, uniform = fit_weights(densities, events)
    assert (weights >= 0).all() and uniform > 0 and np.isclose(weights.sum() + uniform, 1.0)
    best = likelihood(densities, events, weights, uniform)
    for _ in range(30):
        other = rng.dirichlet(np.ones(surfaces + 1) * rng.choice([0.1, 1.0, 5.0]))
        other = 0.2 * other + 0.8 * np.append(weights, uniform)
        assert likelihood(densities, events, other[:-1], other[-1]) <= best + 0.02


def test_known_weights_are_found_again():
    rng = np.random.default_rng(2)
    boxes = 400
    surfaces = rng.dirichlet(np.full(boxes, 0.05), 3).T
    truth = np.array([0.5, 0.0, 0.3, 0.2])
    density = surfaces @ truth[:3] + truth[3] / boxes
    drawn = rng.choice(boxes, 40_000, p=density / density.sum())
    weights, uniform = fit_weights(surfaces[drawn] * boxes, np.ones(drawn.size))
    assert np.allclose(np.append(weights, uniform), truth, atol=0.02)


def test_a_box_is_never_impossible():
    weights, uniform = fit_weights(np.full((5000, 1), 50.0), np.ones(5000))
    assert 0 < uniform < 0.01 and weights[0] > 0.99


def test_no_events_still_give_a_mixture():
    for surfaces in (0, 1, 6):
        weights, uniform = fit_weights(np.zeros((0, surfaces)), np.zeros(0))
        assert weights.size == surfaces and np.isclose(weights.sum() + uniform, 1.0) and uniform > 0


def test_names_are_unique_and_steps_follow_the_families():
    assert len({item.name for item in RUNGS}) == len(RUNGS)
    assert [FAMILIES[item.step] for item in RUNGS] == [item.family for item in RUNGS]
    assert rung(ROBUST).name == ROBUST
    assert {"count_28", "count_56", "count_364", "count_all", "kde_250_all", "additive"} <= {
        item.name for item in RUNGS
    }


def scores_of(**by_name):
    rng = np.random.default_rng(8)
    centred = np.arange(52) - 25.5
    weekly = rng.permutation(centred) / 15.0
    scores = np.full((len(RUNGS), 52), -200.0)
    for position, item in enumerate(RUNGS):
        if item.name in by_name:
            mean, noise = by_name[item.name]
            scores[position] = 20.0 * mean + weekly + noise * rng.permutation(centred) / 15.0
    return scores


def test_the_simplest_rung_within_one_standard_error_is_chosen():
    events = np.full(52, 20.0)
    near = scores_of(additive=(1.00, 3.0), count_all=(0.995, 3.0), decay_180_125=(0.999, 3.0))
    chosen, reason, compared = choose_rung(RUNGS, near, events, np.random.default_rng(1))
    assert chosen.name == "count_all" and "simplest rung within one standard error" in reason
    assert sum(row["chosen"] for row in compared) == 1 and len(compared) == len(RUNGS)
    far = scores_of(additive=(1.00, 0.1), count_all=(0.9, 0.1))
    chosen, reason, _ = choose_rung(RUNGS, far, events, np.random.default_rng(1))
    assert chosen.name == "additive" and "best log score" in reason


def test_within_a_family_the_better_one_is_chosen():
    chosen, _, _ = choose_rung(
        RUNGS,
        scores_of(kde_125_all=(1.0, 0.01), kde_500_all=(0.9999, 3.0)),
        np.full(52, 20.0),
        np.random.default_rng(1),
    )
    assert chosen.name == "kde_125_all"


def test_too_few_events_choose_what_needs_least():
    chosen, reason, compared = choose_rung(
        RUNGS, scores_of(additive=(5.0, 0.0)), np.full(52, 0.5), np.random.default_rng(1)
    )
    assert chosen.name == ROBUST and "26 events" in reason and compared == []


def test_scores_come_with_an_interval_around_them():
    _, _, compared = choose_rung(
        RUNGS, scores_of(additive=(1.0, 1.0), count_all=(0.5, 1.0)), np.full(52, 20.0), np.random.default_rng(1)
    )
    for row in compared:
        assert row["low"] <= row["log_score"] <= row["high"] and row["standard_error"] >= 0


@pytest.mark.parametrize("dates", [0, 1, 30, 100, 200, 348, 800, 3000])
def test_validation_lies_after_what_is_fitted_and_before_the_end(dates):
    spans = plan_spans(dates)
    assert 0 <= spans.first <= spans.validation <= spans.last == dates
    blocks = spans.blocks()
    if spans.weeks:
        assert blocks[0][0] == spans.validation and blocks[-1][1] == spans.last
        assert all(before[1] == after[0] for before, after in zip(blocks[:-1], blocks[1:]))
        assert spans.validation - spans.first >= 7 * spans.weeks
    else:
        assert dates < 200
