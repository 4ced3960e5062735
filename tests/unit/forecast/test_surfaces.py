"""Surfaces are densities, and rolling through time gives what looking at one moment gives."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_city import SIZE, make_boxes

from shotspotter_connect_plugin.forecast.allowed_inputs import admit_boxes, admit_events
from shotspotter_connect_plugin.forecast.event_history import Timeline, make_history
from shotspotter_connect_plugin.forecast.ladder import RUNGS
from shotspotter_connect_plugin.forecast.sources import EVER, Lookback
from shotspotter_connect_plugin.forecast.surfaces import Feature, Smoother, SurfaceSet, counts_at, roll

MEMORIES = [Lookback("decay", 3.0), Lookback("decay", 180.0), Lookback("window", 28.0), Lookback("window", EVER)]


@pytest.fixture(scope="module")
def predictors(city):
    timeline = Timeline(city.calendar, "2018-01-01", "2018-06-30")
    boxes = admit_boxes(city.boxes)
    return timeline, boxes, make_history(admit_events(city.events)[0], boxes, SIZE, city.calendar, timeline)


def test_rolling_gives_what_each_moment_gives(predictors):
    timeline, boxes, history = predictors
    seen = 0
    for date, counts in roll(history, timeline, MEMORIES, len(boxes), 20, 120):
        if date % 9 == 0:
            direct = counts_at(history, timeline, MEMORIES, len(boxes), timeline.origin[date])
            assert np.allclose(counts, direct, rtol=1e-9, atol=1e-9)
            seen += 1
    assert seen > 10 and direct.sum() > 0


def test_counts_at_a_moment_are_those_known_then(predictors):
    timeline, boxes, history = predictors
    moment = timeline.origin[60]
    counts = counts_at(history, timeline, MEMORIES, len(boxes), moment)
    assert np.isclose(counts[:, 3].sum(), history.weight[history.known <= moment].sum())
    assert counts[:, 2].sum() < counts[:, 3].sum()


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from([0.0, 125.0, 250.0, 500.0]), st.data())
def test_smoothing_keeps_every_event_inside(columns, rows, bandwidth, data):
    boxes = make_boxes(columns, rows)
    kept = data.draw(st.lists(st.booleans(), min_size=len(boxes), max_size=len(boxes)))
    boxes = boxes[np.array(kept) | (boxes.index == 0)]
    boxes = admit_boxes(
        boxes.assign(inside=data.draw(st.lists(st.floats(0.0, 1.0), min_size=len(boxes), max_size=len(boxes))))
    )
    matrix = Smoother(boxes, SIZE).matrix(bandwidth)
    assert np.allclose(np.asarray(matrix.sum(axis=0)), 1.0)
    assert matrix.min() >= 0


def test_smoothing_is_gaussian_by_distance():
    boxes = admit_boxes(make_boxes(9, 9))
    matrix = Smoother(boxes, SIZE).matrix(250.0).toarray()
    middle = 4 * 9 + 4
    spread = matrix[:, middle].reshape(9, 9)
    assert np.isclose(spread[4, 5] / spread[4, 4], np.exp(-0.5))
    assert np.isclose(spread[5, 5] / spread[4, 4], np.exp(-1.0))
    assert np.allclose(spread, spread.T) and np.allclose(spread, spread[::-1])


def test_boxes_in_two_far_places_do_not_touch():
    boxes = make_boxes(3, 3)
    boxes = admit_boxes(pd.concat([boxes, boxes.assign(col=boxes["col"] + 10**9, box_id=boxes["box_id"] + "x")]))
    matrix = Smoother(boxes, SIZE).matrix(500.0)
    near = boxes["col"].to_numpy() < 100
    assert matrix[near][:, ~near].nnz == 0


@pytest.mark.parametrize("item", RUNGS, ids=lambda item: item.name)
def test_a_mixture_is_a_density_and_agrees_with_single_boxes(item, predictors):
    timeline, boxes, history = predictors
    surfaces = SurfaceSet(item.features, Smoother(boxes, SIZE))
    counts = counts_at(history, timeline, surfaces.lookbacks, len(boxes), timeline.origin[100])
    weights = np.random.default_rng(4).dirichlet(np.ones(len(item.features) + 1))
    density = surfaces.mixture(counts, weights[:-1], weights[-1])
    assert np.allclose(density.sum(axis=0), 1.0) and (density > 0).all()
    box, shift = np.repeat(np.arange(len(boxes)), 3), np.tile(np.arange(3), len(boxes))
    single = surfaces.rows(counts, box, shift) @ weights[:-1] + weights[-1]
    assert np.allclose(density.ravel(), single * surfaces.smoother.uniform[box])


def test_nothing_remembered_is_uniform(predictors):
    _, boxes, _ = predictors
    boxes = boxes.assign(inside=np.linspace(0.1, 1.0, len(boxes)))
    surfaces = SurfaceSet([Feature(Lookback("decay", 3.0), "shift", 250.0)], Smoother(boxes, SIZE))
    density = surfaces.mixture(np.zeros((len(boxes), 1, 3)), [0.9], 0.1)
    assert np.allclose(density, (boxes["inside"] / boxes["inside"].sum()).to_numpy()[:, None])


def test_a_shift_with_many_events_has_its_own_pattern(predictors):
    _, boxes, _ = predictors
    counts = np.zeros((len(boxes), 1, 3))
    counts[5, 0, 0], counts[9, 0, 2] = 500.0, 500.0
    surfaces = SurfaceSet([Feature(Lookback("window", EVER), "shift", 0.0)], Smoother(boxes, SIZE))
    density = surfaces.mixture(counts, [1.0], 0.0)
    assert density[5, 0] > 0.9 and density[9, 2] > 0.9
    assert np.isclose(density[5, 1], density[9, 1]) and density[5, 1] > 0.4
