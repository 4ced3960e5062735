"""10 million GPS fixes to visits: seconds and peak memory, beside a route with shapely on a smaller piece.

The fixes are real taxi fixes (San Francisco, three days), repeated as further weeks; each route runs in a process of
its own so that its peak memory is its own. Both get clean tracks of the same fixes and must agree on the minutes.

Run: /usr/bin/python3 benchmarks/visits.py [fixes, 10000000 if not given]
"""
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shotspotter_connect_plugin.forecast import box_placing  # noqa: E402
from shotspotter_connect_plugin.forecast import crs as systems  # noqa: E402
from shotspotter_connect_plugin.forecast.box_layout import BoxLayout  # noqa: E402
from shotspotter_connect_plugin.forecast.fishnet import Fishnet  # noqa: E402
from shotspotter_connect_plugin.forecast.instants import DAY, MINUTE, SECOND  # noqa: E402
from shotspotter_connect_plugin.patrol.tracks import clean_fixes  # noqa: E402
from shotspotter_connect_plugin.patrol.visits import VisitRules, find_visits  # noqa: E402

PIECE = 100_000
WEEK = 7 * DAY


def fixes(count):
    """unit codes, int64 nanoseconds, x, y in EPSG:32610, by time as a fleet's log is."""
    data = Path(os.environ.get("CONNECT_DATA", ROOT.parent / "shared" / "data")) / "gps"
    path = data / "cabspotting_fleet_3days.csv.gz"
    rows = pd.read_csv(path if path.exists() else ROOT / "tests" / "data" / "gps" / "san_francisco_taxis.csv.gz")
    x, y = systems.change("EPSG:4326", "EPSG:32610")(rows["lon"], rows["lat"])
    unit, at = pd.factorize(rows["vehicle_id"])[0], rows["unix_time"].to_numpy() * SECOND
    times = -(-count // len(rows))
    week = np.repeat(np.arange(times), len(rows))[:count]
    return (np.tile(unit, times)[:count], np.tile(at, times)[:count] + week * WEEK,
            np.tile(np.asarray(x), times)[:count], np.tile(np.asarray(y), times)[:count])


def on_layout(count):
    """The same on a layout: squares placed where most fixes are, 3 % of the boxes that have any."""
    _, _, x, y = fixes(min(count, 1_000_000))
    col, row = Fishnet(250).cell(x, y)
    boxes = pd.DataFrame({"col": col, "row": row, "inside": 1.0}).drop_duplicates(["col", "row"])
    near = ((boxes["col"] - np.median(col)).abs() < 100) & ((boxes["row"] - np.median(row)).abs() < 100)
    ground = box_placing.Ground.of(boxes[near], 250.0)
    squares = box_placing.place_squares(ground, ground.blurred(ground.counts(x, y, np.ones(x.size)), 38.0))
    return connect(count, BoxLayout(250, squares))


def connect(count, grid=None):
    """The whole way: outliers, gaps, crossings, hysteresis, merging."""
    unit, at, x, y = fixes(count)
    before = _peak()
    started, processor = time.perf_counter(), time.process_time()
    found = find_visits(unit, at, x, y, grid or Fishnet(250), VisitRules())
    return {"seconds": time.perf_counter() - started, "of processor": time.process_time() - processor,
            "megabytes": _peak(), "megabytes of the input's making": before,
            "visits": len(found.frame), "drive-throughs": found.counts["drive_throughs"]}


def plain(count):
    """Time in boxes only, as the shapely route gives it."""
    unit, at, x, y = fixes(count)
    rules = VisitRules(leave_metres=0, leave_seconds=0, merge_seconds=0, drive_through_seconds=0)
    started = time.perf_counter()
    found = find_visits(unit, at, x, y, Fishnet(250), rules)
    return {"seconds": time.perf_counter() - started, "megabytes": _peak(),
            "minutes": found.frame["minutes"].sum(), "boxes": int(found.frame["box_id"].nunique())}


def shapely_route(count):
    """Every step as a line, cut by the boxes it meets (STRtree, intersection)."""
    import warnings

    import shapely
    from shapely.geometry import LineString, Point, box
    from shapely.strtree import STRtree

    unit, at, x, y = fixes(count)
    started = time.perf_counter()
    order = np.lexsort((at, unit))
    unit, at, x, y = unit[order], at[order], x[order], y[order]
    keep, track, _ = clean_fixes(unit, at, x, y, None, VisitRules())
    at, x, y = at[keep], x[keep], y[keep]
    steps = np.flatnonzero(np.diff(track) == 0)
    squares = [box(*corner, *corner + 250) for corner in _boxes_met(x, y, steps) * 250.0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")    # shapely 1.8 announces that 2 differs, which is allowed for below
        tree = STRtree(squares)
    number = {id(square): place for place, square in enumerate(squares)}
    minutes = np.zeros(len(squares))
    for step in steps:
        spent = (at[step + 1] - at[step]) / MINUTE
        line = LineString([(x[step], y[step]), (x[step + 1], y[step + 1])])
        length = line.length
        shape = line if length else Point(x[step], y[step])
        for found in tree.query(shape):
            place = int(found) if shapely.__version__ >= "2" else number[id(found)]
            if length:
                minutes[place] += squares[place].intersection(line).length / length * spent
            elif squares[place].contains(shape):
                minutes[place] += spent
    return {"seconds": time.perf_counter() - started, "megabytes": _peak(), "minutes": minutes.sum(),
            "boxes": int((minutes > 0).sum())}


def _boxes_met(x, y, steps):
    """Column and row of every box that the rectangle around a step touches."""
    cells = np.floor(np.column_stack([x, y]) / 250).astype(np.int64)
    low, high = np.minimum(cells[steps], cells[steps + 1]), np.maximum(cells[steps], cells[steps + 1])
    return np.array(sorted({(col, row) for corner in np.unique(np.hstack([low, high]), axis=0).tolist()
                            for col in range(corner[0], corner[2] + 1) for row in range(corner[1], corner[3] + 1)}))


def _peak():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


ROUTES = {"connect": connect, "layout": on_layout, "plain": plain, "shapely": shapely_route}


def measured(route, count):
    """One route in a process of its own."""
    done = subprocess.run([sys.executable, __file__, str(count), route], check=True, stdout=subprocess.PIPE)
    result = json.loads(done.stdout)
    print(f"{route:8} {count:>10,} fixes " + "  ".join(
        f"{name} {value:,.1f}" if isinstance(value, float) else f"{name} {value:,}" for name, value in result.items()),
        flush=True)
    return result


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    whole, placed = measured("connect", count), measured("layout", count)
    ours, theirs = measured("plain", PIECE), measured("shapely", PIECE)
    print(f"shapely takes {theirs['seconds'] / ours['seconds']:.0f} times as long; minutes differ by "
          f"{abs(ours['minutes'] / theirs['minutes'] - 1):.1e}")
    print(f"{count / 1e6:g} million fixes: {whole['seconds']:.1f} s, {whole['megabytes']:,} MB")
    print(f"on a layout: {placed['seconds']:.1f} s, {placed['megabytes']:,} MB")
    for each in (whole, placed):
        if count == 10_000_000 and (each["seconds"] > 60 or each["megabytes"] > 2000):
            raise SystemExit("Slower than 60 s or larger than 2 GB.")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(ROUTES[sys.argv[2]](int(sys.argv[1]))))
    else:
        main()
