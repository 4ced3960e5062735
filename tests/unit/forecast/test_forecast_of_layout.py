"""The forecast on a layout with placed squares: nothing is lost, distances are those on the ground."""
import numpy as np
import pandas as pd
import pytest
from made_city import SIZE, make_boxes, make_events
from scipy.spatial.distance import cdist
from shapely.geometry import box

from shotspotter_connect_plugin.forecast.allowed_inputs import admit_boxes
from shotspotter_connect_plugin.forecast.box_layout import BoxLayout
from shotspotter_connect_plugin.forecast.event_history import spread_places
from shotspotter_connect_plugin.forecast.forecast_model import train
from shotspotter_connect_plugin.forecast.ladder import rung
from shotspotter_connect_plugin.forecast.predictors import place_histories
from shotspotter_connect_plugin.forecast.sensor_coverage import SensorCoverage
from shotspotter_connect_plugin.forecast.sources import PlaceDistance
from shotspotter_connect_plugin.forecast.surfaces import Smoother

PLAIN = make_boxes()
LAYOUT = BoxLayout(SIZE, [(43, 77), (53, 75), (66, 31), (100, 104)])


@pytest.fixture(scope="module")
def placed():
    edge = SIZE * np.array([PLAIN["col"].min(), PLAIN["row"].min(), PLAIN["col"].max() + 1, PLAIN["row"].max() + 1])
    return admit_boxes(LAYOUT.cover(box(*edge)))


def test_every_event_of_the_city_is_in_a_box_of_the_layout(placed):
    events = make_events(days=100)
    x, y = events["x"].to_numpy(), events["y"].to_numpy()
    for width in (0.0, 100.0):
        sides = np.full(len(events), width)
        event, place, share = spread_places(x, y, sides, sides, placed, SIZE)
        plain = spread_places(x, y, sides, sides, admit_boxes(PLAIN), SIZE)
        assert np.bincount(event, share) == pytest.approx(np.ones(len(events)))
        assert share.sum() == pytest.approx(plain[2].sum())
    assert (placed["box_id"].to_numpy()[spread_places(x, y, 0 * x, 0 * x, placed, SIZE)[1]]
            == LAYOUT.ids(*LAYOUT.cell(x, y))).all()


def test_smoothing_goes_by_centres_and_areas(placed):
    smoother = Smoother(placed, SIZE)
    centres = np.stack(LAYOUT.centres(placed["col"], placed["row"]), axis=1)
    apart, inside = cdist(centres, centres), placed["inside"].to_numpy()
    expected = np.where(apart <= 3 * 250 + 1e-6, np.exp(-0.5 * (apart / 250.0) ** 2), 0.0) * inside[:, None]
    expected /= expected.sum(axis=0)
    assert smoother.matrix(250.0).toarray() == pytest.approx(expected, abs=1e-12)
    assert (smoother.neighbours(500.0).toarray() == (apart <= 500 + 1e-6)).all()
    assert smoother.uniform == pytest.approx(inside / inside.sum())


def test_places_and_coverage_go_by_the_layout(placed):
    bars = pd.DataFrame({"kind": "bar", "x": [1400.0, 1300.0], "y": [2800.0, 2900.0]})
    near = place_histories(bars, placed, SIZE)[PlaceDistance("bar", 250)]
    centres = np.stack(LAYOUT.centres(placed["col"], placed["row"]), axis=1)
    assert near.metres == pytest.approx(cdist(centres, bars[["x", "y"]]).min(axis=1))
    areas = pd.DataFrame({"from_date": [None], "to_date": [None], "boxes": [{"C4.3R7.7": 0.5}]})
    share = SensorCoverage.of(areas, placed).share[0]
    assert share.sum() == 0.5 and placed["box_id"][share.argmax()] == "C4.3R7.7"


def test_a_model_is_trained_and_scored_on_a_layout_and_the_same_model_on_the_fishnet(placed, city):
    events, as_of = make_events(days=300), city.calendar.as_of("2018-10-28")
    model = train(events, placed, city.calendar, as_of, ladder=[rung(name) for name in ("uniform", "kde_250_all")])
    scored, plain = (model.score(events, each, city.calendar, "2018-10-28", "day", as_of) for each in (placed, PLAIN))
    assert set(scored["box_id"]) == set(placed["box_id"])
    assert scored["expected"].sum() == pytest.approx(plain["expected"].sum(), rel=1e-6)
    assert (scored["low"] <= scored["expected"]).all() and (scored["expected"] <= scored["high"]).all()
