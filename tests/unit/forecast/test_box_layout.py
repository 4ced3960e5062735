"""Layouts: every cell of the lattice in exactly one box, ids that last, areas and counts that add up."""
import math

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box
from shapely.ops import unary_union

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.box_ids import is_remnant
from shotspotter_connect_plugin.forecast.box_layout import BoxLayout, grid_of, grid_of_boxes, touching
from shotspotter_connect_plugin.forecast.box_shapes import shapes_of
from shotspotter_connect_plugin.forecast.box_transfer import in_jurisdiction, shared_areas
from shotspotter_connect_plugin.forecast.fishnet import Fishnet

NET = Fishnet()
WHOLE = 250.0 * 250.0


def without_overlap(corners):
    """The corners that do not overlap one before them."""
    kept = []
    for col, row in corners:
        if all(abs(col - c) >= 10 or abs(row - r) >= 10 for c, r in kept):
            kept.append((col, row))
    return kept


corner = st.tuples(st.integers(-45, 45), st.integers(-45, 45))
squares = st.lists(corner, max_size=25).map(without_overlap)
layouts = squares.map(lambda corners: BoxLayout(250, corners))


def ragged(seed):
    """A star of one or two parts, about as large as the layouts."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(1 + seed % 2):
        x, y, angle = *rng.uniform(-600, 600, 2), np.sort(rng.uniform(0, 2 * np.pi, 12))
        reach = rng.uniform(300, 1400, 12)
        parts.append(Polygon(np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=1)).buffer(0))
    return unary_union(parts)


def all_boxes(layout):
    """Every box of a layout within 8 boxes of the origin, (n, 2), found from the middles of all cells."""
    middle = (np.arange(-80, 80) + 0.5) * layout.unit
    x, y = (axis.ravel() for axis in np.meshgrid(middle, middle))
    return np.unique(np.stack(layout.cell(x, y), axis=1), axis=0)


@settings(deadline=None, max_examples=examples(40))
@given(layouts)
def test_a_layout_is_a_partition_into_placed_squares_and_what_they_leave_of_the_fishnet(layout):
    boxes = all_boxes(layout)
    shapes, share = layout.outlines(*boxes.T), layout.shares(*boxes.T)
    assert share.sum() == pytest.approx(16 * 16)
    assert np.array([shape.area for shape in shapes]) / WHOLE == pytest.approx(share)
    assert unary_union(shapes).area == pytest.approx(256 * WHOLE)
    assert all(shape.is_valid for shape in shapes)
    placed = {tuple(one) for one in layout.squares.tolist()}
    assert placed <= {tuple(one) for one in boxes.tolist()}
    for corner, outline in zip(boxes.tolist(), shapes):
        left, bottom = np.array(corner) * 25.0
        square = box(left, bottom, left + 250, bottom + 250)
        assert outline.equals(square) if tuple(corner) in placed else square.contains(outline)


@settings(deadline=None, max_examples=examples(40))
@given(layouts, st.integers(0, 1000))
def test_a_point_falls_in_the_box_whose_outline_holds_it(layout, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-1500, 1500, (2, 300))
    boxes = np.stack(layout.cell(x, y), axis=1)
    outlines = layout.outlines(*boxes.T)
    assert all(outline.covers(Point(*point)) for outline, *point in zip(outlines, x, y))
    assert layout.rectangles(*boxes.T).tolist() == [list(outline.bounds) for outline in outlines]
    # On the lattice itself a point belongs to the cell above and to the right of it.
    x, y = np.round(x / 25) * 25, np.round(y / 25) * 25
    on_edge, within = layout.cell(x, y), layout.cell(x + 12.5, y + 12.5)
    assert (on_edge[0] == within[0]).all() and (on_edge[1] == within[1]).all()
    just_below = layout.cell(np.nextafter(x, -np.inf), y + 12.5)
    assert np.array_equal(just_below, layout.cell(x - 12.5, y + 12.5))


@settings(deadline=None, max_examples=examples(40))
@given(layouts)
def test_ids_come_back_and_are_one_per_box(layout):
    boxes = all_boxes(layout)
    ids = layout.ids(*boxes.T)
    assert len(set(ids)) == len(boxes)
    assert np.array_equal(np.stack(layout.parse(pd.Series(ids)), axis=1), boxes)
    remnant = layout.shares(*boxes.T) < 1
    assert [is_remnant(one) for one in ids] == remnant.tolist()
    assert layout.ids(np.tile(boxes[:, 0], (2, 1)), np.tile(boxes[:, 1], (2, 1))).tolist() == [ids.tolist()] * 2


@settings(deadline=None, max_examples=examples(40))
@given(squares, squares, st.randoms(use_true_random=False))
def test_the_same_shape_has_the_same_id_in_every_layout_and_another_shape_another(one, other, random):
    shuffled = list(one)
    random.shuffle(shuffled)
    first, again, second = BoxLayout(250, one), BoxLayout(250, shuffled), BoxLayout(250, other)
    assert first == again and (first == second) == (sorted(one) == sorted(other))
    shapes = {}
    for layout in (first, again, second):
        boxes = all_boxes(layout)
        for box_id, outline in zip(layout.ids(*boxes.T), layout.outlines(*boxes.T)):
            assert shapes.setdefault(box_id, outline).equals(outline)
    assert len({outline.normalize().wkb for outline in shapes.values()}) == len(shapes)


@settings(deadline=None, max_examples=examples(40))
@given(layouts)
def test_centres_are_centres_of_mass(layout):
    boxes = all_boxes(layout)
    centres = [outline.centroid.coords[0] for outline in layout.outlines(*boxes.T)]
    assert np.stack(layout.centres(*boxes.T), axis=1) == pytest.approx(np.array(centres))


@settings(deadline=None, max_examples=examples(40))
@given(layouts, st.integers(0, 10_000))
def test_cover_is_what_intersecting_every_box_gives(layout, seed):
    shape = ragged(seed)
    covered, boxes = layout.cover(shape), all_boxes(layout)
    areas = [outline.intersection(shape).area / WHOLE for outline in layout.outlines(*boxes.T)]
    expected = pd.Series(areas, layout.ids(*boxes.T))
    found = covered.set_index("box_id")["inside"]
    assert found.reindex(expected.index).fillna(0.0).to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9)
    assert set(found.index) <= set(expected.index) and found.index.is_unique
    assert found.sum() * WHOLE == pytest.approx(shape.area)
    assert (found > 0).all() and (found <= layout.shares(covered["col"], covered["row"]) + 1e-12).all()
    assert covered[["row", "col"]].apply(tuple, axis=1).is_monotonic_increasing
    assert (layout.ids(covered["col"], covered["row"]) == covered["box_id"]).all()


def test_a_remnant_wholly_inside_has_exactly_its_own_share():
    layout = BoxLayout(250, [(3, 7)])
    covered = layout.cover(box(-1000, -1000, 1000, 1000)).set_index("box_id")["inside"]
    assert covered["C0.3R0.7"] == 1.0 and covered.drop(["C0.3R0.7"])[lambda each: each < 1].tolist() == [
        0.79, 0.91, 0.51, 0.79]
    assert covered.sum() == pytest.approx(64)


@settings(deadline=None, max_examples=examples(30))
@given(layouts, st.integers(0, 1000))
def test_counts_add_up(layout, seed):
    """What is counted in boxes of a layout is counted in the fishnet: moved, not lost, and only where squares are."""
    x, y = np.random.default_rng(seed).uniform(-1500, 1500, (2, 500))
    ids, plain = layout.ids(*layout.cell(x, y)), NET.ids(*NET.cell(x, y))
    whole = {box_id for box_id in ids if not is_remnant(box_id)} & set(plain)
    placed = set(layout.ids(*layout.squares.T)) if len(layout.squares) else set()
    counts, before = pd.Series(ids).value_counts(), pd.Series(plain).value_counts()
    assert counts.sum() == 500
    for box_id in whole:
        assert counts[box_id] == before[box_id]
    for box_id in set(ids) - whole - placed:
        assert counts[box_id] <= before[box_id.split("~")[0]]


@settings(max_examples=examples(10), deadline=None)
@given(layouts, st.integers(0, 2**32 - 1))
def test_boxes_of_a_jurisdiction_have_the_area_of_the_cells_in_it(layout, seed):
    plain = NET.cover(ragged(seed))
    plain["inside"] = np.random.default_rng(seed).choice([1.0, 0.25, 0.7], len(plain))
    found = in_jurisdiction(layout, plain[["box_id", "inside"]])
    shared = shared_areas(NET, plain["box_id"], layout)
    expected = (shared["box_id"].map(plain.set_index("box_id")["inside"]) * shared["of_old"]).groupby(
        shared["new_id"]).sum()
    assert found["inside"].tolist() == pytest.approx(expected[found["box_id"]].tolist())
    assert len(found) == len(expected) and (layout.ids(found["col"], found["row"]) == found["box_id"]).all()
    assert found[["row", "col"]].apply(tuple, axis=1).is_monotonic_increasing


@settings(max_examples=examples(10), deadline=None)
@given(layouts, st.integers(0, 2**32 - 1))
def test_with_the_outline_each_box_has_its_own_part_of_it(layout, seed):
    outline = ragged(seed)
    plain = NET.cover(outline)
    found = in_jurisdiction(layout, plain[["box_id", "inside"]], outline)
    shapes = shapes_of(found["box_id"], [layout]).outlines()
    assert found["inside"].tolist() == pytest.approx([shape.intersection(outline.buffer(0)).area / layout.size ** 2
                                                      for shape in shapes], abs=1e-9)
    assert found["inside"].sum() == pytest.approx(plain["inside"].sum())
    # And the same boxes as by estimate, so that what lies in a box of the fishnet lies in one of the layout.
    assert found["box_id"].tolist() == in_jurisdiction(layout, plain[["box_id", "inside"]])["box_id"].tolist()


@settings(max_examples=examples(15), deadline=None)
@given(layouts)
def test_a_mark_fits_into_its_box(layout):
    ids = np.unique(layout.ids(*layout.boxes_of_cells(*(axis.ravel() for axis in np.meshgrid(
        np.arange(-60, 60), np.arange(-60, 60))))))
    shapes = shapes_of(ids, [layout])
    for box_id, (x, y, side), outline in zip(ids, shapes.rooms().tolist(), shapes.outlines()):
        assert outline.buffer(1e-6).contains(box(x - side / 2, y - side / 2, x + side / 2, y + side / 2))
        if not is_remnant(box_id):
            assert side == layout.size
            continue
        # No square of one step of the lattice more fits anywhere.
        west, south, east, north = outline.bounds
        more = side + layout.unit
        steps = [np.arange(low, high - more + 1, layout.unit) for low, high in ((west, east), (south, north))]
        assert not any(outline.buffer(1e-6).contains(box(left, low, left + more, low + more))
                       for left in steps[0] for low in steps[1])
    assert shapes_of([], [layout]).rooms().shape == (0, 3)


@settings(deadline=None, max_examples=examples(20))
@given(st.integers(0, 1000), st.integers(0, 1000))
def test_without_a_placed_square_it_is_the_fishnet(seed, shape):
    layout = BoxLayout(250)
    x, y = np.random.default_rng(seed).uniform(-1e6, 1e6, (2, 200))
    assert (layout.ids(*layout.cell(x, y)) == NET.ids(*NET.cell(x, y))).all()
    covered, plain = layout.cover(ragged(shape)), NET.cover(ragged(shape))
    pd.testing.assert_frame_equal(covered[["box_id", "inside"]], plain[["box_id", "inside"]])
    assert isinstance(grid_of(250), Fishnet) and isinstance(grid_of(250, [(0, -20)]), Fishnet)
    assert isinstance(grid_of(250, [(0, -20), (10, -19)]), BoxLayout)


def test_a_square_on_a_box_of_the_fishnet_is_that_box():
    layout = BoxLayout(250, [(20, -10)])
    assert layout.ids(*layout.cell([510.0], [-240.0])).tolist() == ["C2R-1"]
    assert layout.outlines([20], [-10])[0].equals(NET.outlines([2], [-1])[0])
    assert layout.shares([20, 30], [-10, -10]).tolist() == [1.0, 1.0]


def test_a_box_wholly_taken_by_several_squares_is_gone():
    layout = BoxLayout(250, [(-5, 0), (5, 0)])
    assert layout.ids(*layout.cell([10.0, 130.0], [0.0, 0.0])).tolist() == ["C-0.5R0", "C0.5R0"]
    with pytest.raises(ConnectError, match="not in this layout"):
        layout.ids([0], [0])
    assert "C0R0" not in set(layout.cover(box(-300, -300, 600, 600))["box_id"])


def test_areas_go_by_the_largest_overlap():
    layout = BoxLayout(250, [(5, 0)])
    boxes = layout.cover(box(0, 0, 750, 250))
    assert boxes["box_id"].tolist()[1] == "C0.5R0" and len(boxes) == 4
    names = layout.assign_areas(boxes, ["west", "east"], [box(0, 0, 260, 250), box(260, 0, 500, 250)])
    assert names.tolist() == ["west", "west", "east", None]


def test_what_is_no_layout_is_refused():
    for wrong in ([(0, 0), (9, 9)], [(3, 4), (3, 4)], [(0, 0), (-9, 0)]):
        with pytest.raises(ConnectError, match="overlap"):
            BoxLayout(250, wrong)
    with pytest.raises(ConnectError, match="too far apart"):
        BoxLayout(250, [(0, 0), (2 ** 28, 2 ** 28)])
    with pytest.raises(ConnectError, match="multiple of 5 m"):
        BoxLayout(251.3)
    with pytest.raises(ConnectError, match="no coordinates"):
        BoxLayout(250, [(0, 0)]).cell([math.nan], [0.0])
    with pytest.raises(ConnectError, match="no area"):
        BoxLayout(250, [(0, 0)]).cover(MultiPolygon())
    with pytest.raises(ConnectError, match="no area"):
        BoxLayout(250, [(0, 0)]).cover(Point(0, 0))


def test_boxes_of_another_layout_are_refused():
    layout, other = BoxLayout(250, [(3, 7)]), BoxLayout(250, [(4, 7)])
    for box_id in (*layout.ids([3, 0, 10], [7, 0, 10]), "C0R0"):
        with pytest.raises(ConnectError, match="no box C.* in this layout|not in this layout"):
            other.parse([box_id])
    assert other.parse(["C5R5"])[0].tolist() == [50]


def test_boxes_tell_of_which_layout_they_are():
    layout = BoxLayout(250, [(3, 7), (-20, 10)])
    assert grid_of_boxes(250, layout.cover(box(-800, -800, 800, 800))["box_id"]) == BoxLayout(250, [(3, 7)])
    assert isinstance(grid_of_boxes(250, NET.cover(box(-800, -800, 800, 800))["box_id"]), Fishnet)


@settings(deadline=None, max_examples=examples(40))
@given(layouts, st.integers(0, 1000))
def test_rectangles_are_spread_by_area(layout, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-900, 900, (2, 12))
    width, height = rng.choice([0.0, 30.0, 111.0, 600.0], (2, 12), p=[0.3, 0.2, 0.3, 0.2])
    x[:4], y[:4] = np.round(x[:4] / 25) * 25, np.round(y[:4] / 25) * 25
    event, col, row, share = (np.concatenate(part) for part in zip(*layout.overlaps(x, y, width, height)))
    pairs = pd.MultiIndex.from_arrays([event, layout.ids(col, row)])
    assert pairs.is_unique and (share > 0).all()
    assert np.bincount(event, share, minlength=12) == pytest.approx(np.ones(12))
    for number, outline, part in zip(event, layout.outlines(col, row), share):
        half = np.array([width[number], height[number]]) / 2
        if half.all():
            shape = box(x[number] - half[0], y[number] - half[1], x[number] + half[0], y[number] + half[1])
            assert outline.intersection(shape).area / shape.area == pytest.approx(part, abs=1e-9)
    points = np.isin(event, np.flatnonzero((width == 0) & (height == 0)))
    assert np.array_equal(np.stack([col[points], row[points]]), layout.cell(x[event[points]], y[event[points]]))


@settings(deadline=None, max_examples=examples(15))
@given(squares)
def test_boxes_that_share_an_edge_or_a_corner_touch(corners):
    layout = BoxLayout(250, corners)
    ids = layout.cover(box(-1000, -1000, 1250, 1250))["box_id"]
    outlines = layout.outlines(*layout.parse(ids))
    kept = np.array([outline.within(box(-1000, -1000, 1250, 1250)) for outline in outlines])
    expected = {(one, other) for one in np.flatnonzero(kept) for other in np.flatnonzero(kept)
                if one != other and outlines[one].touches(outlines[other])}
    one, other = touching(ids)
    assert (np.diff(one * len(ids) + other) > 0).all()
    assert {(a, b) for a, b in zip(one, other) if kept[a] and kept[b]} == expected
