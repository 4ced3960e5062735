"""The gunfire alerts of the sample: trained on two years and a half, looked at over the next twelve weeks."""

import numpy as np
import pandas as pd
import pytest

from shotspotter_connect_plugin.forecast.accuracy import caught
from shotspotter_connect_plugin.forecast.allowed_inputs import admit_boxes
from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.forecast.forecast_model import train
from shotspotter_connect_plugin.forecast.gunfire_events import gunfire_events
from shotspotter_connect_plugin.forecast.ladder import rung
from shotspotter_connect_plugin.workspace.store.layers import read_vector

FIRST, LAST = "2017-08-01", "2017-10-23"


@pytest.fixture(scope="module")
def washington(sample, calendar):
    alerts = pd.read_csv(sample / "gunfire_alerts_2014_2017.csv.gz")
    place = read_vector(str(sample / "jurisdiction.geojson")).to_crs("EPSG:26985")
    boxes = admit_boxes(Fishnet().cover(place.geometry[0]))
    from pyproj import Transformer

    x, y = Transformer.from_crs(4326, 26985, always_xy=True).transform(alerts["LONGITUDE"], alerts["LATITUDE"])
    kinds = {"Gunshot_or_Firecracker": "firecracker", "Single_Gunshot": "single", "Multiple_Gunshots": "multiple"}
    events = gunfire_events(
        pd.DataFrame(
            {
                "kind": alerts["TYPE"].map(kinds).fillna("unknown"),
                "occurred_utc": pd.to_datetime(alerts["DATETIME"], utc=True),
                "x": x,
                "y": y,
                "rounded_x_m": 86.7,
                "rounded_y_m": 111.0,
            }
        ),
        calendar,
        firework_days=["07-01/07-06", "12-29/01-02"],
    )
    events = events[events["from_utc"] >= "2015-01-01"]
    return events, boxes


def walk(model, washington, calendar):
    """Expected, observed (shifts, boxes) of the test days."""
    events, boxes = washington
    steps = [step[2:] for step in model.replay(events, boxes, calendar, "gunfire", FIRST, LAST)]
    return tuple(np.array(part) for part in zip(*steps))


def test_real_gunfire(washington, calendar):
    events, boxes = washington
    as_of = calendar.as_of(FIRST)
    model = train(events, boxes, calendar, as_of, ladder=(rung("kde_250_all"), rung("count_364"), rung("additive")))
    hot_spots = train(events, boxes, calendar, as_of, ladder=(rung("kde_250_all"),))
    expected, observed = walk(model, washington, calendar)
    usual, _ = walk(hot_spots, washington, calendar)
    area = np.maximum(boxes["inside"].to_numpy(), 1e-6)
    area /= area.sum()
    assert len(expected) == 84 * 3 and observed.sum() > 400
    # Calibration: in total, and in the fifth of the events that are expected in the hottest boxes.
    assert 0.8 < expected.sum() / observed.sum() < 1.25
    hot = (
        expected
        >= np.sort(expected.ravel())[::-1][
            np.searchsorted(np.cumsum(np.sort(expected.ravel())[::-1]), 0.2 * expected.sum())
        ]
    )
    assert 0.7 < expected[hot].sum() / observed[hot].sum() < 1.4
    # Better than the traditional hot spot map, in both measures.
    scores = [
        (observed * np.log(one / one.sum(axis=1, keepdims=True) / area)).sum() / observed.sum()
        for one in (expected, usual)
    ]
    assert scores[0] > scores[1] + 0.05 and scores[1] > 0.5
    hits = [
        sum(caught(row, events_of, area, 0.01) for row, events_of in zip(one, observed)) for one in (expected, usual)
    ]
    assert hits[0] > 1.1 * hits[1]
    # The 90 % interval of the expected value, widened by the chance of a count, holds about nine of ten totals of a box
    # in one shift over four weeks, as expected when they began: later plans know what came since.
    began, came = expected.reshape(3, 28, 3, -1)[:, 0], observed.reshape(3, 28, 3, -1).sum(axis=1)
    assert 0.80 < predictive_coverage(model.types["gunfire"].uncertainty, began.ravel(), came.ravel(), 28) < 0.98


def predictive_coverage(uncertainty, expected, observed, days):
    """Share of the totals of boxes with events expected that lie in the range of a gamma-Poisson draw."""
    rng = np.random.default_rng(1)
    some = expected * days > 0.5
    shape = uncertainty.shape(expected[some])
    drawn = rng.poisson(rng.gamma(shape, expected[some] * days / shape, (2000, int(some.sum()))))
    low, high = np.percentile(drawn, [5, 95], axis=0)
    return np.mean((observed[some] >= low - 0.5) & (observed[some] <= high + 0.5))
