"""Placed squares: greedy, apart, from what was known; and a gain that is found where there is one and not elsewhere."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point
from shapely.geometry import box as rectangle

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast import box_placing
from shotspotter_connect_plugin.forecast.allowed_inputs import admit_events
from shotspotter_connect_plugin.forecast.box_layout import BoxLayout
from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.forecast.instants import DAY, nanoseconds

SIDE = 20
YEAR = 365 * DAY
BEGIN = int(nanoseconds(["2018-01-01"])[0])


def ground_of(cols, rows, inside=1.0):
    col, row = (axis.ravel() for axis in np.meshgrid(np.arange(cols) + 3, np.arange(rows) - 2))
    return box_placing.Ground.of(pd.DataFrame({"col": col, "row": row, "inside": inside}), 250.0)


GROUND = ground_of(SIDE, SIDE)


def events_of(x, y, seed, crime_type="theft"):
    """Events at places, spread over two years round BEGIN, known a day later."""
    at = BEGIN + np.random.default_rng(seed).integers(-YEAR, YEAR, len(x))
    began, known = (pd.to_datetime(moment, utc=True) for moment in (at, at + DAY))
    return admit_events(pd.DataFrame({"crime_type": crime_type, "x": x, "y": y, "from_utc": began,
                                      "known_utc": known}))[0]


def town(seed, hot=0.5, places=12, events=12_000):
    """Half of the events at a few places with an error of 40 m, the rest anywhere."""
    rng = np.random.default_rng(seed)
    spots = rng.uniform(500, SIDE * 250 - 500, (places, 2))
    near = rng.random(events) < hot
    where = np.where(near[:, None], spots[rng.integers(0, places, events)] + rng.normal(0, 40, (events, 2)),
                     rng.uniform(0, SIDE * 250, (events, 2)))
    return events_of(where[:, 0] + 750, where[:, 1] - 500, seed)


def slowly(ground, hot, most):
    """Greedy placing without any table, of squares that lie at least half in the jurisdiction."""
    high, wide = hot.shape
    sums = {(row, col): hot[row:row + 10, col:col + 10].sum() for row in range(high - 9) for col in range(wide - 9)
            if ground.area[row:row + 10, col:col + 10].sum() > 0.4999}
    placed = []
    while sums and len(placed) < most:
        largest = max(sums.values())
        if largest <= 1e-9:
            break
        row, col = min(place for place, value in sums.items() if value > largest * (1 - 1e-9))
        placed.append((col, row))
        sums = {(r, c): value for (r, c), value in sums.items() if abs(r - row) >= 10 or abs(c - col) >= 10}
    return placed


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.7, 0.97]), st.integers(1, 100))
def test_squares_are_placed_greedily(seed, empty, share):
    ground = ground_of(3, 2)
    rng = np.random.default_rng(seed)
    hot = rng.integers(1, 50, ground.area.shape) * (rng.random(ground.area.shape) >= empty).astype(float)
    found = box_placing.place_squares(ground, hot, share)
    assert (found - ground.first).tolist() == [list(one) for one in slowly(ground, hot, max(round(6 * share / 100), 1))]
    BoxLayout(250, found)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000))
def test_cells_of_a_layout_are_numbered_as_its_boxes_are(seed):
    squares = box_placing.place_squares(GROUND, np.random.default_rng(seed).random(GROUND.area.shape) ** 9)
    box = box_placing.boxes_of_ground(GROUND, squares)
    row, col = np.random.default_rng(seed).integers(0, box.shape[0], (2, 500))
    layout = BoxLayout(250, squares)
    x, y = (25 * (axis + first + 0.5) for axis, first in zip((col, row), GROUND.first))
    pairs = pd.DataFrame({"box": box[row, col], "id": layout.ids(*layout.cell(x, y))}).drop_duplicates()
    assert pairs["box"].is_unique and pairs["id"].is_unique


def test_only_what_was_known_is_used():
    events = town(1)
    late = events["known_utc"] > BEGIN
    density = box_placing.densities(GROUND, events, BEGIN)
    assert (density["theft"] == box_placing.densities(GROUND, events[~late], BEGIN)["theft"]).all()
    # The layout is judged by what came later, but not made from it.
    moved = events.assign(x=np.where(late & (events["from_utc"] >= BEGIN), events["x"] + 30.0, events["x"]))
    before, after = (box_placing.place_squares(GROUND, box_placing.heat(GROUND, box_placing.densities(
        GROUND, each, BEGIN), 38.0)) for each in (events, moved))
    assert (before == after).all()


def test_a_gain_is_found_where_events_cluster():
    found = box_placing.placed_and_judged(GROUND, town(2), BEGIN, BEGIN + YEAR, smooth=38.0, error=38.0)
    assert found.worth_it and found.cautious[0] > 1.1
    assert found.low < found.gain < found.high and found.moved_low < found.moved < found.moved_high
    assert found.hits / found.plain_hits == pytest.approx(found.gain)
    assert 5_000 < found.events < 7_000


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_no_gain_is_told_where_events_are_anywhere(seed):
    found = box_placing.placed_and_judged(GROUND, town(seed, hot=0.0), BEGIN, BEGIN + YEAR, smooth=38.0, error=38.0)
    assert not found.worth_it and 0.8 < found.gain < 1.2


@pytest.mark.parametrize("seed", [1, 2])
def test_the_interval_reaches_as_far_as_places_change(seed):
    """Where hot places stay it holds what comes next; where they are elsewhere since BEGIN it is far wider."""
    events = town(seed)
    steady = box_placing.placed_and_judged(GROUND, events, BEGIN, BEGIN + YEAR // 2, smooth=38.0, error=38.0)
    later = box_placing.placed_and_judged(GROUND, events, BEGIN + YEAR // 2, BEGIN + YEAR, smooth=38.0, error=38.0)
    assert steady.low < later.gain < steady.high and steady.worth_it
    after = events["from_utc"] >= BEGIN
    moved = events.assign(x=np.where(after, 2 * 750 + SIDE * 250 - events["x"], events["x"]))
    found = box_placing.placed_and_judged(GROUND, moved, BEGIN, BEGIN + YEAR, smooth=38.0, error=38.0)
    assert np.log(found.high / found.low) > 3 * np.log(steady.high / steady.low)


def test_without_a_time_before_no_interval_is_told():
    events = town(2)
    known = events[events["from_utc"] >= BEGIN]
    found = box_placing.placed_and_judged(GROUND, known, BEGIN + YEAR // 4, BEGIN + YEAR, smooth=38.0, error=38.0)
    assert found.low < found.gain < found.high  # a quarter of a year stands for what was before
    density = box_placing.densities(GROUND, events, BEGIN)
    squares = box_placing.place_squares(GROUND, box_placing.heat(GROUND, density, 38.0))
    found = box_placing.judge(GROUND, squares, density, known, BEGIN, BEGIN + YEAR, 38.0)
    assert found.gain > 1 and np.isnan([found.low, found.high, found.moved_low]).all() and not found.worth_it


def test_points_on_rims_gain_only_until_they_are_moved():
    """All events of a block stand at its middle: squares on raw points catch several at their rims."""
    rng = np.random.default_rng(6)
    blocks = rng.uniform(0, SIDE * 250, (600, 2))
    which = rng.choice(600, 12_000, p=rng.dirichlet(np.full(600, 0.3)))
    events = events_of(blocks[which, 0] + 750, blocks[which, 1] - 500, 6)
    raw, smoothed = (box_placing.placed_and_judged(GROUND, events, BEGIN, BEGIN + YEAR, smooth=smooth, error=40.0)
                     for smooth in (0.0, 40.0))
    assert raw.gain > raw.moved + 0.05 and raw.cautious[0] == raw.moved
    assert smoothed.moved > raw.moved


def test_each_type_counts_the_same_unless_told_otherwise():
    few, many = events_of([800.0] * 10, [0.0] * 10, 7), events_of([3000.0] * 900, [2000.0] * 900, 8, "robbery")
    both = pd.concat([few, many]).assign(crime_type=lambda rows: pd.Categorical(rows["crime_type"].astype(str)))
    density = box_placing.densities(GROUND, both, BEGIN + 2 * YEAR)
    even = box_placing.heat(GROUND, density, 0.0)
    assert sorted(even[even > 0].round(9).tolist()) == [1.0, 1.0]
    weighed = box_placing.heat(GROUND, density, 0.0, {"theft": 1.0, "robbery": 3.0})
    assert sorted(weighed[weighed > 0].round(9).tolist()) == [1.0, 3.0]
    first = box_placing.place_squares(GROUND, weighed, 0.1)[0] * 25
    assert (first <= [3000, 2000]).all() and (first + 250 > [3000, 2000]).all()
    assert box_placing.heat(GROUND, density, 30.0).sum() == pytest.approx(2.0)


def test_nothing_known_means_nothing_placed_and_nothing_told():
    nothing = events_of(np.zeros(0), np.zeros(0), 1)
    assert box_placing.densities(GROUND, nothing, BEGIN) == {}
    assert len(box_placing.place_squares(GROUND, np.zeros(GROUND.area.shape))) == 0
    found = box_placing.placed_and_judged(GROUND, nothing, BEGIN, BEGIN + YEAR, smooth=38.0, error=38.0)
    assert np.isnan(found.gain) and not found.worth_it and found.events == 0
    for share in (0, -1, 101, np.nan):
        with pytest.raises(ConnectError, match="share of boxes"):
            box_placing.place_squares(GROUND, np.ones(GROUND.area.shape), share)


def test_the_error_of_locations_is_that_of_the_rounding_or_of_a_block():
    assert box_placing.location_error(np.zeros(3), np.zeros(3)) == box_placing.USUAL_ERROR
    assert box_placing.location_error([120.0], [120.0]) == pytest.approx(120 / np.sqrt(12))
    assert box_placing.location_error([], []) == box_placing.USUAL_ERROR


def test_only_points_in_the_jurisdiction_count():
    ground = ground_of(2, 2, inside=[1.0, 0.0, 0.5, 1.0])
    # In the box of each share, and off the window.
    x, y = [800.0, 1100.0, 800.0, 1100.0, 90_000.0, -90_000.0], [-400.0, -400.0, -100.0, -100.0, 0.0, 0.0]
    assert ground.cells(x, y)[0].tolist() == [0, 2, 3]
    assert ground.counts(x, y, np.arange(1.0, 7.0)).sum() == 8.0
    assert ground.area.sum() == pytest.approx(2.5)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.booleans())
def test_the_ground_is_what_lies_inside_and_is_open(seed, outlined):
    """Checked against shapely, box by box and cell by cell."""
    rng = np.random.default_rng(seed)
    outline = Point(2600.0, 1300.0).buffer(rng.uniform(700, 1500), 3)
    water = LineString(rng.uniform(500, 4000, (4, 2))).buffer(rng.uniform(40, 300), 2)
    plain = Fishnet(250).cover(outline)
    ground = box_placing.Ground.of(plain, 250.0, outline if outlined else None, water)
    dry = outline.difference(water)
    for col, row, inside in zip(plain["col"], plain["row"], plain["inside"]):
        shape = rectangle(250 * col, 250 * row, 250 * col + 250, 250 * row + 250)
        area = ground.area_of([[10 * col, 10 * row]])[0]
        if outlined or inside == 1:
            assert area == pytest.approx(shape.intersection(dry).area / 62_500, abs=1e-9)
        assert area <= inside + 1e-9
    if outlined:
        assert ground.area.sum() == pytest.approx(dry.area / 62_500)
        for row, col in rng.integers(0, ground.area.shape, (30, 2)):
            west, south = (ground.first + [col, row]) * 25
            assert ground.area[row, col] == pytest.approx(
                rectangle(west, south, west + 25, south + 25).intersection(dry).area / 62_500, abs=1e-9)
    assert ground.own.sum() == 100 * len(plain)  # a point beside the outline is in a box all the same
    found = box_placing.place_squares(ground, rng.random(ground.area.shape) ** 4, 30.0)
    assert (ground.area_of(found) >= box_placing.LEAST_GROUND - 1e-9).all()
    assert (box_placing.place_squares(ground, rng.random(ground.area.shape), 30.0, least=0.9) <= 10_000).all()
    assert ground.area_of([[-10_000, 0], [10_000, 10_000]]).tolist() == [0.0, 0.0]
