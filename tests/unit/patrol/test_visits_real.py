"""Visits on real taxi tracks against an independent clip with shapely, and what thinning does to them."""
from dataclasses import replace

import numpy as np
import pytest
from gps_tracks import taxis
from shapely.geometry import LineString, Point, box
from shapely.prepared import prep

from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.forecast.instants import nanoseconds
from shotspotter_connect_plugin.patrol.tracks import clean_fixes
from shotspotter_connect_plugin.patrol.visits import VisitRules, find_visits

NET = Fishnet(250)
RULES = VisitRules()
PLAIN = replace(RULES, leave_seconds=0, merge_seconds=0, drive_through_seconds=0)


@pytest.fixture(scope="module")
def fixes():
    return taxis().sort_values(["unit", "at"], ignore_index=True)


def visits(fixes, rules=RULES):
    return find_visits(fixes["unit"], fixes["at"], fixes["x"].to_numpy(), fixes["y"].to_numpy(), NET, rules)


def clipped_minutes(fixes):
    """Minutes per unit and box: every step between two fixes cut by every box near it with shapely."""
    code = fixes["unit"].factorize()[0]
    at, x, y = nanoseconds(fixes["at"]), fixes["x"].to_numpy(), fixes["y"].to_numpy()
    keep, track, _ = clean_fixes(code, at, x, y, None, PLAIN)
    minutes = {}
    for a, b in zip(keep[:-1][np.diff(track) == 0], keep[1:][np.diff(track) == 0]):
        spent = (at[b] - at[a]) / 60e9
        low = np.floor(np.minimum((x[a], y[a]), (x[b], y[b])) / 250).astype(int)
        high = np.floor(np.maximum((x[a], y[a]), (x[b], y[b])) / 250).astype(int)
        line = LineString([(x[a], y[a]), (x[b], y[b])])
        for col in range(low[0], high[0] + 1):
            for row in range(low[1], high[1] + 1):
                square = box(col * 250, row * 250, (col + 1) * 250, (row + 1) * 250)
                if line.length == 0:
                    share = 1.0 if prep(square).intersects(Point(x[a], y[a])) else 0.0
                else:
                    share = square.intersection(line).length / line.length
                if share:
                    key = fixes["unit"].iat[a], f"C{col}R{row}"
                    minutes[key] = minutes.get(key, 0.0) + share * spent
    return minutes


def test_time_in_boxes_is_that_of_a_clip_with_shapely(fixes):
    found = visits(fixes, PLAIN)
    minutes = found.frame.groupby(["unit", "box_id"])["minutes"].sum()
    clipped = clipped_minutes(fixes)
    assert sum(clipped.values()) == pytest.approx(found.counts["minutes_tracked"])
    assert len(clipped) > 1500
    assert max(abs(minutes.get(key, 0.0) - clipped.get(key, 0.0)) for key in {*minutes.index, *clipped}) < 1e-5


def test_the_dirt_of_real_fixes_is_found(fixes):
    dropped = visits(fixes).counts["dropped"]
    # One unit is two devices (half of 800 fixes), one of the others has two fixes far out at sea.
    assert 300 < dropped["impossible speed"] < 700
    alone = visits(fixes[fixes["unit"] == "eytups"])
    assert alone.counts["dropped"]["impossible speed"] >= 2
    assert alone.frame["entered_utc"].is_monotonic_increasing


def test_rules_move_little_time_between_boxes(fixes):
    fixes = fixes[fixes["unit"] != "upthin"]
    exact = visits(fixes, PLAIN).frame.groupby("box_id")["minutes"].sum()
    ruled = visits(fixes, replace(RULES, drive_through_seconds=0)).frame.groupby("box_id")["minutes"].sum()
    assert ruled.sum() == pytest.approx(exact.sum())
    moved = exact.subtract(ruled, fill_value=0).abs().sum() / 2
    assert moved / exact.sum() < 0.05


def test_thinning_hardly_changes_the_time_in_boxes(fixes):
    # A fix a minute thinned to one in two minutes: steps stay shorter than the gap.
    fixes = fixes[fixes["unit"] == "abboip"]
    thin = fixes.iloc[::2]
    full, half = visits(fixes), visits(thin)
    assert half.counts["minutes_tracked"] == pytest.approx(full.counts["minutes_tracked"], rel=0.02)
    assert half.frame["minutes"].sum() == pytest.approx(full.frame["minutes"].sum(), rel=0.1)
