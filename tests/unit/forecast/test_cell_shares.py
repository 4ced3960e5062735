"""The share of each cell in a polygon, checked against shapely cell by cell."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from shotspotter_connect_plugin.forecast.cell_shares import cell_shares

SHAPE = (7, 9)
CORNER = (1000.0, -500.0)
WINDOW = box(1000, -500, 1000 + 9 * 25, -500 + 7 * 25)


def slowly(polygon):
    return np.array([[polygon.intersection(box(x, y, x + 25, y + 25)).area / 625 for x in 1000 + 25 * np.arange(9)]
                     for y in -500 + 25 * np.arange(7)])


def made(seed):
    """Polygons of all kinds, some with holes, in parts, beyond the window, or on the lines of the grid."""
    rng = np.random.default_rng(seed)
    places = rng.uniform([950, -550], [1275, -275], (8, 2))
    if seed % 2:
        places = np.round(places / 25) * 25
    round_one = Point(*places[0]).buffer(rng.uniform(5, 150), 4)
    return [MultiPoint(places).convex_hull, round_one.difference(Point(*places[0]).buffer(rng.uniform(1, 60), 3)),
            LineString(places).buffer(rng.uniform(1, 30), 2), Polygon(places).buffer(0),
            Point(*places[1]).buffer(40).union(Point(*places[2]).buffer(60)),
            WINDOW.buffer(rng.uniform(-80, 80))][seed % 6]


@settings(deadline=None, max_examples=120)
@given(st.integers(0, 100_000))
def test_it_is_the_area_of_each_cell(seed):
    polygon = made(seed)
    found = cell_shares(polygon, CORNER, SHAPE, 25.0)
    assert found.shape == SHAPE and ((found >= 0) & (found <= 1)).all()
    assert found == pytest.approx(slowly(polygon), abs=1e-9)


def test_what_has_no_area_and_what_is_not_valid():
    for nothing in (MultiPolygon(), Polygon(), box(0, 0, 10, 10), box(5000, -500, 6000, 0)):
        assert not cell_shares(nothing, CORNER, SHAPE, 25.0).any()
    assert (cell_shares(box(-1e6, -1e6, 1e6, 1e6), CORNER, SHAPE, 25.0) == 1).all()
    bow = Polygon([(1000, -500), (1100, -400), (1100, -500), (1000, -400)])  # crosses itself
    assert cell_shares(bow, CORNER, SHAPE, 25.0).sum() * 625 == pytest.approx(5000)
    clockwise = Polygon([(1010, -490), (1010, -420), (1070, -420), (1070, -490)])
    assert cell_shares(clockwise, CORNER, SHAPE, 25.0).sum() * 625 == pytest.approx(4200)
