"""Boxes: every point in exactly one, the same ids from any extent and any CRS, 62,500 m2 on the ground."""
import math

import numpy as np
import pandas as pd
import pyproj
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate
from shapely.geometry import MultiPolygon, Point, Polygon, box
from shapely.ops import transform, unary_union

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.fishnet import Fishnet, check_crs, utm_crs

NET = Fishnet()
DC = (389_600.0, 124_900.0, 407_900.0, 147_600.0)  # Washington DC in EPSG:26985

coordinate = st.floats(-2e7, 2e7, allow_nan=False)
size = st.one_of(st.just(250.0), st.floats(50.0, 2000.0))


def holds(rectangle, x, y):
    return rectangle[0] <= x < rectangle[2] and rectangle[1] <= y < rectangle[3]


@given(size, coordinate, coordinate)
def test_a_point_lies_in_its_box_and_in_no_neighbour(side, x, y):
    net = Fishnet(side)
    col, row = net.cell([x], [y])
    around = [(int(col[0]) + i, int(row[0]) + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    holding = [cell for cell, rectangle in zip(around, net.rectangles(*np.array(around).T)) if holds(rectangle, x, y)]
    assert holding == [(int(col[0]), int(row[0]))]


@given(size, st.integers(-10_000, 10_000), st.integers(-10_000, 10_000), st.sampled_from([-1, 0, 1]))
def test_edges_and_corners_belong_to_the_box_above_and_right(side, col, row, step):
    net = Fishnet(side)
    x, y = net.rectangles(col, row)[:2]
    x = x if step == 0 else np.nextafter(x, step * np.inf)
    found = net.cell([x], [y])
    assert (found[0][0], found[1][0]) == (col - (step < 0), row)


def test_edges_hold_for_sides_that_are_no_whole_number():
    rng = np.random.default_rng(5)
    for side in rng.uniform(50, 2000, 100):
        net, col = Fishnet(side), rng.integers(-20_000, 20_000, 1000)
        edge = net.rectangles(col, col)[:, 0]
        assert (net.cell(edge, edge)[0] == col).all()
        assert (net.cell(np.nextafter(edge, -np.inf), edge)[0] == col - 1).all()


@given(st.lists(st.tuples(st.integers(-2**30, 2**30), st.integers(-2**30, 2**30)), max_size=50))
def test_ids_and_cells_are_one_to_one(cells):
    col, row = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    ids = NET.ids(col, row)
    assert [cell.tolist() for cell in Fishnet.parse(ids)] == [col.tolist(), row.tolist()]
    assert ids.tolist() == [f"C{c}R{r}" for c, r in cells]


def test_points_without_coordinates_and_wrong_ids_are_refused():
    with pytest.raises(ConnectError, match="no coordinates"):
        NET.cell([1.0, math.nan], [1.0, 1.0])
    for wrong in ("", "C1", "C1R", "c1r2", "C1.5R2", "C1R2 ", None):
        with pytest.raises(ConnectError, match="must look like"):
            Fishnet.parse([wrong])
    with pytest.raises(ConnectError, match="above 0"):
        Fishnet(0)


def star(seed, x, y, radius):
    """A ragged polygon, with a hole when the seed is even."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 12))
    reach = radius * rng.uniform(0.3, 1.0, 12)
    shape = Polygon(np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=1)).buffer(0)
    return shape.difference(Point(x, y).buffer(radius * 0.2)) if seed % 2 == 0 else shape


stars = st.builds(star, st.integers(0, 10_000), st.floats(-5000, 5000), st.floats(-5000, 5000), st.floats(300, 4000))


@settings(deadline=None, max_examples=40)
@given(stars)
def test_cover_is_what_intersecting_every_box_gives(shape):
    covered = NET.cover(shape)
    x_min, y_min, x_max, y_max = shape.bounds
    cols, rows = (np.arange(math.floor(low / 250) - 1, math.floor(high / 250) + 2)
                  for low, high in ((x_min, x_max), (y_min, y_max)))
    shares = {(c, r): shape.intersection(box(c * 250, r * 250, (c + 1) * 250, (r + 1) * 250)).area / 62_500
              for c in cols for r in rows}
    found = dict(zip(zip(covered["col"], covered["row"]), covered["inside"]))
    for cell, share in shares.items():
        assert found.get(cell, 0.0) == pytest.approx(share, abs=1e-9)
    assert (covered["inside"] > 0).all() and (covered["inside"] <= 1).all()
    assert covered["inside"].sum() * 62_500 == pytest.approx(shape.area)
    assert covered[["row", "col"]].apply(tuple, axis=1).is_monotonic_increasing
    assert covered["box_id"].is_unique


@settings(deadline=None, max_examples=40)
@given(stars, st.integers(0, 1000))
def test_every_point_inside_falls_in_exactly_one_covered_box(shape, seed):
    covered = NET.cover(shape)
    rng = np.random.default_rng(seed)
    x = rng.uniform(shape.bounds[0], shape.bounds[2], 200)
    y = rng.uniform(shape.bounds[1], shape.bounds[3], 200)
    x[::5] = np.round(x[::5] / 250) * 250  # on edges
    y[::7] = np.round(y[::7] / 250) * 250  # and, for every 35th, on corners
    inside = np.array([shape.contains(Point(*point)) for point in zip(x, y)])
    assert set(NET.ids(*NET.cell(x[inside], y[inside]))) <= set(covered["box_id"])
    rectangles = NET.rectangles(covered["col"], covered["row"])
    for px, py in zip(x[inside], y[inside]):
        assert ((rectangles[:, 0] <= px) & (px < rectangles[:, 2])
                & (rectangles[:, 1] <= py) & (py < rectangles[:, 3])).sum() == 1


@settings(deadline=None, max_examples=25)
@given(stars, stars)
def test_ids_survive_a_larger_jurisdiction(shape, addition):
    small, large = NET.cover(shape), NET.cover(unary_union([shape, addition]))
    both = small.merge(large, on="box_id", suffixes=("", "_large"))
    assert len(both) == len(small)
    assert (both["col"] == both["col_large"]).all() and (both["row"] == both["row_large"]).all()
    assert (both["inside_large"] >= both["inside"] - 1e-9).all()


def test_a_box_that_is_only_touched_is_out():
    assert len(NET.cover(box(0, 0, 1000, 500))) == 8
    assert (NET.cover(box(0, 0, 1000, 500))["inside"] == 1.0).all()
    assert NET.cover(box(-250, -250, 1, 1))["box_id"].tolist() == ["C-1R-1", "C0R-1", "C-1R0", "C0R0"]


def test_cover_mends_what_crosses_itself_and_refuses_what_has_no_area():
    bow_tie = Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    assert NET.cover(bow_tie)["inside"].sum() * 62_500 == pytest.approx(500_000)
    for nothing in (Polygon(), MultiPolygon(), Point(1, 1), Polygon([(0, 0), (1, 1), (0, 0)])):
        with pytest.raises(ConnectError, match="no area"):
            NET.cover(nothing)


@settings(deadline=None, max_examples=examples(8))
@given(st.integers(0, 1000), st.floats(0, 90))
def test_areas_go_by_the_largest_overlap(seed, angle):
    rng = np.random.default_rng(seed)
    edges = np.concatenate([[-6000], np.sort(rng.uniform(-3000, 3000, 4)), [6000]])
    strips = [rotate(box(low, -6000, high, 6000), angle, origin=(0, 0)) for low, high in zip(edges, edges[1:])]
    names = ["a", "b", "c", "b", "d"]  # b comes in two parts
    boxes = NET.cover(box(-2000, -2000, 2000, 2000))
    given_names = NET.assign_areas(boxes, names, strips)
    for (col, row), name in zip(boxes[["col", "row"]].to_numpy(), given_names):
        cell = box(col * 250, row * 250, (col + 1) * 250, (row + 1) * 250)
        shares = pd.Series([strip.intersection(cell).area for strip in strips]).groupby(names).sum()
        assert shares[name] == pytest.approx(shares.max(), abs=1e-3)


def test_boxes_outside_every_area_get_none():
    boxes = NET.cover(box(0, 0, 500, 250))
    assert NET.assign_areas(boxes, ["west"], [box(0, 0, 250, 250)]).tolist() == ["west", None]
    assert NET.assign_areas(boxes, [], []).tolist() == [None, None]


@settings(deadline=None, max_examples=60)
@given(st.floats(-179.9, 179.9), st.floats(-79, 83))
def test_boxes_of_the_utm_zone_are_62500_square_metres_on_the_ground(lon, lat):
    crs = utm_crs(lon, lat)
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = to_metres.transform(lon, lat)
    assert check_crs(crs, (x - 20_000, y - 20_000, x + 20_000, y + 20_000)) == crs
    rectangle = NET.rectangles(*NET.cell([x], [y]))[0]
    to_degrees = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    lons, lats = to_degrees.transform(rectangle[[0, 2, 2, 0]], rectangle[[1, 1, 3, 3]])
    area, perimeter = pyproj.Geod(ellps="WGS84").polygon_area_perimeter(lons, lats)
    assert area == pytest.approx(62_500, rel=0.005)
    assert perimeter == pytest.approx(1000, rel=0.005)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:26985", "EPSG:2263", "EPSG:3857", "EPSG:4269"])
def test_any_input_crs_gives_the_same_ids(crs):
    workspace = "EPSG:32618"
    outline = rotate(box(322_000, 4_300_000, 331_000, 4_312_000), 17)
    there = pyproj.Transformer.from_crs(workspace, crs, always_xy=True).transform
    back = pyproj.Transformer.from_crs(crs, workspace, always_xy=True).transform
    expected = NET.cover(outline)
    found = NET.cover(transform(back, transform(there, outline)))
    both = expected.merge(found, on="box_id", how="outer", suffixes=("", "_found")).fillna(0.0)
    # Reprojection there and back moves corners by some nanometres, so only slivers may come or go.
    assert (both["inside"] - both["inside_found"]).abs().max() < 1e-6
    assert set(expected.loc[expected["inside"] > 1e-6, "box_id"]) == set(found.loc[found["inside"] > 1e-6, "box_id"])


@pytest.mark.parametrize("crs, bounds, sentence", [
    ("EPSG:3857", (-8_590_000, 4_690_000, -8_550_000, 4_720_000), "measure 193.8 m on the ground.*EPSG:32618"),
    ("EPSG:4326", (-77.1, 38.8, -76.9, 39.0), "not a projected CRS.*EPSG:32618"),
    ("EPSG:2263", (913_000, 120_000, 1_067_000, 272_000), "US survey foot, not in metres.*EPSG:32618"),
    ("EPSG:5070", (1_600_000, 1_900_000, 1_630_000, 1_940_000), "more than 0.5 % off.*EPSG:32618"),
    ("ESRI:54008", (-6_600_000, 4_290_000, -6_590_000, 4_310_000), "more than 0.5 % off"),
    ("EPSG:32616", (1_350_000, 4_300_000, 1_400_000, 4_330_000), "more than 0.5 % off.*EPSG:32618"),
    ("EPSG:6933", (-7_450_000, 4_600_000, -7_420_000, 4_620_000), "more than 0.5 % off"),
    ("EPSG:4978", (0, 0, 1, 1), "not a projected CRS"),
    ("no such thing", (0, 0, 1, 1), "not known"),
    ("EPSG:32618", (math.nan, 0, 1, 1), "no extent"),
    ("EPSG:32618", (1e30, 1e30, 2e30, 2e30), "does not reach"),
])
def test_a_crs_in_which_250_m_are_not_250_m_is_refused(crs, bounds, sentence):
    with pytest.raises(ConnectError, match=sentence) as caught:
        check_crs(crs, bounds)
    assert caught.value.user.count(". ") == 0 and caught.value.user.endswith(".")


@pytest.mark.parametrize("crs, bounds", [
    ("EPSG:26985", DC), ("EPSG:27700", (500_000, 150_000, 560_000, 200_000)),
    ("EPSG:2193", (1_740_000, 5_900_000, 1_780_000, 5_940_000)),
    ("EPSG:31467", (3_500_000, 5_300_000, 3_540_000, 5_340_000)),
])
def test_metric_crss_made_for_their_area_are_accepted(crs, bounds):
    assert check_crs(crs, bounds) == crs
    assert check_crs(pyproj.CRS(crs).to_wkt(), bounds) == crs


def test_a_crs_without_an_id_comes_back_as_text():
    own = "+proj=tmerc +lat_0=38.9 +lon_0=-77 +k=1 +x_0=10000 +y_0=10000 +datum=WGS84 +units=m"
    text = check_crs(own, (0, 0, 20_000, 20_000))
    assert pyproj.CRS(text) == pyproj.CRS(own)
    with pytest.raises(ConnectError, match="m2 on the ground"):  # sides 0.4 % off, areas 0.8 %
        check_crs(own.replace("+k=1 ", "+k=1.004 "), (0, 0, 20_000, 20_000))


def test_utm_zones():
    assert utm_crs(-77.04, 38.9) == "EPSG:32618"
    assert utm_crs(151.2, -33.9) == "EPSG:32756"
    assert utm_crs(180.0, 10.0) == "EPSG:32601"
    with pytest.raises(ConnectError):
        utm_crs(math.nan, 0.0)
    with pytest.raises(ConnectError):
        utm_crs(0.0, 89.0)
