"""Points to boxes against bare numpy, and what it takes to lay boxes over a ragged area and to give them beats.

Run: /usr/bin/python3 benchmarks/fishnet.py
"""
import sys
import time
from pathlib import Path

import numpy as np
from shapely.geometry import Polygon, box

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shotspotter_connect_plugin.forecast.box_layout import BoxLayout  # noqa: E402
from shotspotter_connect_plugin.forecast.fishnet import Fishnet  # noqa: E402
from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar  # noqa: E402

POINTS, SIZE, SIDE, ROUNDS = 1_000_000, 250.0, 600, 7
LEFT, BOTTOM = 300_000.0, 4_250_000.0
REACH = SIDE * SIZE


def fastest(work):
    """Seconds of the fastest of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def ragged(corners):
    """A star-like polygon of about SIDE boxes across."""
    rng = np.random.default_rng(2)
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = REACH / 2 * (0.9 + 0.1 * np.cumsum(rng.normal(0, 1, corners)) / np.sqrt(corners))
    return Polygon(np.stack([LEFT + REACH / 2 + reach * np.cos(angle), BOTTOM + REACH / 2 + reach * np.sin(angle)],
                            axis=1)).buffer(0)


def placed_squares():
    """3 % of the boxes as squares, near each other as hot places are: corners in tenths of a box."""
    rng = np.random.default_rng(3)
    taken, corners = set(), []
    while len(corners) < SIDE * SIDE * 3 // 100:
        col, row = (10 * (np.array([LEFT, BOTTOM]) / SIZE + rng.normal(0.5, 0.1, 2) * SIDE)).astype(int).tolist()
        cells = {(c, r) for c in range(col, col + 10) for r in range(row, row + 10)}
        if not taken & cells:
            taken |= cells
            corners.append((col, row))
    return corners


def layout_costs(net, x, y):
    """A layout with 3 % of its boxes placed beside the plain fishnet."""
    corners = placed_squares()
    layout = BoxLayout(SIZE, corners)
    print(f"a layout with {len(corners):,} placed squares: {fastest(lambda: BoxLayout(SIZE, corners)):.2f} s")
    hot = net.centres(*(layout.squares[:, axis] / 10 for axis in (0, 1)))
    rng = np.random.default_rng(4)
    for name, share in (("anywhere", 0.0), ("half of them in placed squares", 0.5)):
        near = rng.random(POINTS) < share
        which = rng.integers(0, len(corners), POINTS)
        px, py = (np.where(near, spot[which] + rng.normal(0, 80, POINTS), axis) for spot, axis in zip(hot, (x, y)))
        plain = fastest(lambda: net.ids(*net.cell(px, py)))
        placed = fastest(lambda: layout.ids(*layout.cell(px, py)))
        cells, fine = fastest(lambda: net.cell(px, py)), fastest(lambda: layout.cell(px, py))
        print(f"ids of {POINTS:,} points {name}: fishnet {plain * 1000:.0f} ms ({cells * 1000:.0f} of them cells), "
              f"layout {placed * 1000:.0f} ms ({fine * 1000:.0f}), {placed / plain:.2f} times (reach: 2)")
    area = ragged(500)
    plain, placed = fastest(lambda: net.cover(area)), fastest(lambda: layout.cover(area))
    print(f"cover of an area with 500 corners: fishnet {plain:.2f} s, layout {placed:.2f} s")


def main():
    rng = np.random.default_rng(1)
    x, y = LEFT + rng.random(POINTS) * REACH, BOTTOM + rng.random(POINTS) * REACH
    first_col, first_row = int(LEFT // SIZE), int(BOTTOM // SIZE)
    net = Fishnet(SIZE)

    def count(col, row):
        return np.bincount((col - first_col) * SIDE + row - first_row, minlength=SIDE * SIDE)

    def bare():
        return count(np.floor(x / SIZE).astype(np.int64), np.floor(y / SIZE).astype(np.int64))

    def ours():
        return count(*net.cell(x, y))

    if not (bare() == ours()).all():
        raise SystemExit("The counts differ.")
    plain, exact = fastest(bare), fastest(ours)
    print(f"{POINTS:,} points to counts by box: numpy floor + bincount {plain * 1000:.0f} ms, Fishnet.cell + bincount "
          f"{exact * 1000:.0f} ms, {exact / plain:.2f} times (reach: 3)")
    col, row = net.cell(x, y)
    print(f"ids of {POINTS:,} points: {fastest(lambda: net.ids(col, row)) * 1000:.0f} ms")

    layout_costs(net, x, y)

    for corners in (500, 50_000):
        area = ragged(corners)
        boxes = net.cover(area)
        print(f"{len(boxes):,} boxes over an area with {corners:,} corners: {fastest(lambda: net.cover(area)):.2f} s")
    beats = [box(LEFT + i * REACH / 10 + 77, BOTTOM + j * REACH / 10 + 33, LEFT + (i + 1) * REACH / 10 + 77,
                 BOTTOM + (j + 1) * REACH / 10 + 33) for i in range(10) for j in range(10)]
    started = time.perf_counter()
    net.assign_areas(boxes, [str(number) for number in range(100)], beats)
    print(f"{len(boxes):,} boxes to 100 beats: {time.perf_counter() - started:.2f} s")

    calendar = ShiftCalendar([Shift("day", "", "07:00", "15:00"), Shift("evening", "", "15:00", "23:00"),
                              Shift("night", "", "23:00", "07:00")], "America/New_York")
    moments = (1_136_073_600 + rng.integers(0, 441_763_200, POINTS)).astype("datetime64[s]")
    print(f"{POINTS:,} instants to shifts: {fastest(lambda: calendar.assign(moments)) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
