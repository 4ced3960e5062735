"""Metering and verifying one shift of 10,000 boxes: as a first draw, and with 28 days of three shifts behind it.

Run: /usr/bin/python3 benchmarks/draw.py
"""
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from shapely.geometry import box

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shotspotter_connect_plugin.patrol.draw import pivotal  # noqa: E402
from shotspotter_connect_plugin.patrol.seeds import Uniforms  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.create import create_workspace  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.draw_proof import verify_draw  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter  # noqa: E402
from shotspotter_connect_plugin.workspace.store.layers import VectorTable  # noqa: E402

SIDE, SIZE, LEFT, BOTTOM, BEATS = 100, 250, 300_000, 4_250_000, 14
FIRST, DATE = "2026-01-01", "2026-01-28"


def square(x, y, width):
    return box(LEFT + x, BOTTOM + y, LEFT + x + width, BOTTOM + y + width)


def city(path):
    width = SIDE * SIZE / BEATS
    places = [(i, j) for i in range(BEATS) for j in range(BEATS)]
    return create_workspace(
        path, VectorTable(pd.DataFrame({"name": ["city"]}), [square(0, 0, SIDE * SIZE)], "EPSG:32618", "city"),
        VectorTable(pd.DataFrame({"beat": [f"{i}-{j}" for i, j in places]}),
                    [square(i * width, j * width, width) for i, j in places], "EPSG:32618", "beats"),
        "beat", "America/New_York")


def forecast(workspace, shift):
    rng = np.random.default_rng(1)
    ids = workspace.read("boxes", ["box_id"])["box_id"]
    frame = pd.concat([pd.DataFrame({
        "shift_date": DATE, "shift": shift, "box_id": ids, "crime_type": code,
        "expected": rng.gamma(0.3, 0.02, len(ids))}) for code in workspace.crime_types["crime_type"]])
    with workspace.transaction() as writer:
        writer.append("forecasts", frame.assign(low=frame["expected"] / 2, high=frame["expected"] * 2))


def remember(workspace):
    """Put the draw of the first shift under every shift of the 27 days before."""
    draw, boxes = workspace.read("draws").iloc[[0]], workspace.read("draw_boxes")
    boxes = boxes.assign(inclusion_probability=boxes["inclusion_probability"] / 12)
    slots = workspace.calendar.slots(FIRST, "2026-01-27")
    ids = [f"{slot.shift_date}.{slot.shift}.1" for slot in slots.itertuples()]
    with workspace.transaction() as writer:
        writer.append("draws", pd.concat([draw] * len(slots)).assign(
            draw_id=ids, shift_date=slots["shift_date"].to_numpy(), shift=slots["shift"].to_numpy()))
        writer.append("draw_boxes", pd.concat([boxes.assign(draw_id=draw_id) for draw_id in ids]))
    return len(slots)


def timed(what, work):
    started = time.perf_counter()
    result = work()
    print(f"{what}: {time.perf_counter() - started:.2f} s")
    return result


def main():
    col, row = np.divmod(np.arange(SIDE * SIDE), SIDE)
    chance = np.full(SIDE * SIDE, 0.02)
    timed("lottery alone, 10,000 boxes in one beat",
          lambda: pivotal(chance, col, row, np.full(chance.size, "all", dtype=object), Uniforms("seed", "inputs")))
    with tempfile.TemporaryDirectory() as folder, city(Path(folder) / "city.gpkg") as workspace:
        for shift in ("day", "evening"):
            forecast(workspace, shift)
        drawn = timed("first draw of 10,000 boxes in 196 beats", lambda: meter(workspace, DATE, "day"))
        behind = remember(workspace)
        timed(f"draw of 10,000 boxes with {behind} draws behind it", lambda: meter(workspace, DATE, "evening"))
        check = timed("verifying it", lambda: verify_draw(workspace, DATE, "evening"))
        if len(drawn.patrols) != 2 * BEATS ** 2 or not check.verified:
            raise SystemExit(f"Something is wrong: {len(drawn.patrols)} patrols, {check.problems[:3]}")


if __name__ == "__main__":
    main()
