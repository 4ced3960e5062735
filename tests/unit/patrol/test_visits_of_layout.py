"""Tracks through a layout with placed squares: cut where boxes end, and left when a unit is away from all of one."""
import numpy as np
import pandas as pd
import pytest
from examples import examples
from gps_tracks import random_tracks
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from shotspotter_connect_plugin.forecast.box_layout import BoxLayout
from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.forecast.instants import SECOND, nanoseconds
from shotspotter_connect_plugin.patrol.crossings import cut
from shotspotter_connect_plugin.patrol.live_tracker import VisitTracker
from shotspotter_connect_plugin.patrol.visits import VisitRules, find_visits, has_left

RULES = VisitRules()


def layout_round(x, y, seed):
    """Squares at random over the reach of some points, as many as fit."""
    rng = np.random.default_rng(seed)
    low, high = (np.array([edge(x), edge(y)]) // 25 for edge in (np.min, np.max))
    kept = []
    for corner in rng.integers(low - 10, high + 10, (40, 2)).tolist():
        if all(abs(corner[0] - c) >= 10 or abs(corner[1] - r) >= 10 for c, r in kept):
            kept.append(corner)
    return BoxLayout(250, kept)


walks = st.builds(random_tracks, seed=st.integers(0, 2**32 - 1), units=st.integers(1, 2), fixes=st.integers(2, 60),
                  step=st.sampled_from([5.0, 30.0, 120.0, 600.0]), every=st.sampled_from([3.0, 20.0]))


@settings(max_examples=examples(12), deadline=None)
@given(walks, st.integers(0, 1000))
def test_time_in_boxes_is_what_cutting_every_step_with_shapely_gives(fixes, seed):
    fixes = fixes.sort_values(["unit", "at"], ignore_index=True)
    x, y, at = fixes["x"].to_numpy(), fixes["y"].to_numpy(), nanoseconds(fixes["at"])
    track = pd.factorize(fixes["unit"])[0]
    layout = layout_round(x, y, seed)
    stays = cut(at, x, y, track, layout)
    assert (np.diff(stays.track) >= 0).all() and (stays.end > stays.start).all()
    found = pd.Series((stays.end - stays.start) / SECOND, layout.ids(stays.col, stays.row)).groupby(level=0).sum()
    boxes = np.unique(np.stack([stays.col, stays.row], axis=1), axis=0)
    outlines = dict(zip(layout.ids(*boxes.T), layout.outlines(*boxes.T)))
    expected = dict.fromkeys(outlines, 0.0)
    whole = 0.0
    for step in np.flatnonzero((np.diff(track) == 0) & (np.diff(at) > 0)):
        line = LineString([(x[step], y[step]), (x[step + 1], y[step + 1])])
        seconds = (at[step + 1] - at[step]) / SECOND
        whole += seconds
        if not line.length:
            expected[layout.ids(*layout.cell([x[step]], [y[step]]))[0]] += seconds
            continue
        for box_id, outline in outlines.items():
            expected[box_id] += seconds * outline.intersection(line).length / line.length
    assert found.sum() == pytest.approx(whole)
    assert found.to_dict() == pytest.approx({box: time for box, time in expected.items() if time > 1e-6}, abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(walks, st.integers(0, 1000), st.sampled_from([0.0, 12.5, 25.0]))
def test_stays_are_those_of_every_cell_of_the_lattice(fixes, seed, step):
    """Also where fixes lie on edges and corners of boxes."""
    fixes = fixes.sort_values(["unit", "at"], ignore_index=True)
    x, y = (np.round(axis / step) * step if step else axis for axis in (fixes["x"].to_numpy(), fixes["y"].to_numpy()))
    at, track = nanoseconds(fixes["at"]), pd.factorize(fixes["unit"])[0]
    layout = layout_round(x, y, seed)
    found, cells = cut(at, x, y, track, layout), cut(at, x, y, track, layout.lattice)
    boxes = np.stack([cells.track, *layout.boxes_of_cells(cells.col, cells.row)])
    new = np.append(True, (np.diff(boxes) != 0).any(axis=0) | (cells.start[1:] != cells.end[:-1]))[:len(cells)]
    expected = np.stack([*boxes[:, new], cells.start[new], cells.end[np.append(new[1:], True)[:len(cells)]]])
    assert np.array_equal(np.stack([found.track, found.col, found.row, found.start, found.end]), expected)


@settings(max_examples=10, deadline=None)
@given(walks)
def test_without_a_placed_square_it_is_the_fishnet(fixes):
    plain, placed = (find_visits(fixes["unit"], fixes["at"], fixes["x"].to_numpy(), fixes["y"].to_numpy(), grid, RULES)
                     for grid in (Fishnet(250), BoxLayout(250)))
    pd.testing.assert_frame_equal(placed.frame, plain.frame)
    assert placed.counts == plain.counts


@settings(max_examples=10, deadline=None)
@given(walks, st.integers(0, 1000))
def test_a_unit_has_left_where_it_is_away_from_every_part_of_a_box(fixes, seed):
    """Against the absence followed in steps of a tenth of a second."""
    x, y = fixes["x"].to_numpy()[:8], fixes["y"].to_numpy()[:8]
    at = np.arange(x.size, dtype=np.int64) * 45 * SECOND
    layout = layout_round(x, y, seed)
    col, row = (axis[:1] for axis in layout.cell(x, y))
    (left,) = has_left(at, x, y, np.array([0]), at[:1], at[-1:], col, row, layout, RULES)
    moments = np.arange(0, at[-1] + 1, SECOND // 10)
    px, py = (np.interp(moments, at, axis)[:, None] for axis in (x, y))
    _, rings = layout.pieces(col, row)
    low, high = rings[:, :2] - RULES.leave_metres, rings[:, 2:] + RULES.leave_metres
    away = ~((px >= low[:, 0]) & (px <= high[:, 0]) & (py >= low[:, 1]) & (py <= high[:, 1])).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], away.astype(int), [0]])))
    longest = np.max(edges[1::2] - edges[::2], initial=0) / 10
    if abs(longest - RULES.leave_seconds) > 0.5:
        assert left == (longest > RULES.leave_seconds)


def test_who_stands_in_a_square_has_left_the_box_round_it():
    """A remnant goes round a placed square on two sides; its bounding rectangle would hold the square."""
    layout = BoxLayout(250, [(0, 5), (5, -5)])
    minutes = np.array([0, 10, 10.2, 20, 20.2, 30])
    x, y = np.array([20.0, 20, 125, 125, 20, 20]), np.array([50.0, 50, 240, 240, 50, 50])
    at = pd.Timestamp("2024-05-01T12:00Z") + pd.to_timedelta(minutes, unit="min")
    found = find_visits(["u"] * 6, at, x, y, layout, VisitRules(gap_seconds=3600)).frame
    remnant = layout.ids(*layout.cell([20.0], [50.0]))[0]
    assert "~" in remnant and found["box_id"].tolist() == [remnant, "C0R0.5", remnant]


@settings(max_examples=10, deadline=None)
@given(walks, st.integers(0, 1000))
def test_live_and_afterwards_agree(fixes, seed):
    one = fixes[fixes["unit"] == fixes["unit"].iloc[0]].sort_values("at", ignore_index=True)
    layout = layout_round(one["x"].to_numpy(), one["y"].to_numpy(), seed)
    tracker, seen = VisitTracker("u", layout, RULES), {}
    for at, x, y in zip(one["at"], one["x"], one["y"]):
        for event in tracker.feed(at, x, y):
            seen[event.visit.box_id, event.visit.entered_utc] = event.kind
    for event in tracker.advance(one["at"].max() + pd.Timedelta(days=1)):
        seen[event.visit.box_id, event.visit.entered_utc] = event.kind
    kept = sorted((entered, box_id) for (box_id, entered), kind in seen.items() if kind != "dropped")
    found = find_visits(["u"] * len(one), one["at"], one["x"].to_numpy(), one["y"].to_numpy(), layout, RULES).frame
    assert [box_id for _, box_id in kept] == found["box_id"].tolist()
