"""Seconds that the store takes for one million incidents: append, upsert (same rows, then a tenth changed), read.

Run: /usr/bin/python3 benchmarks/store.py [rows]
"""
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from shapely.geometry import box

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shotspotter_connect_plugin.workspace.steps.create import create_workspace  # noqa: E402
from shotspotter_connect_plugin.workspace.store.layers import VectorTable  # noqa: E402


def incidents(rows, seed=1):
    """Made-up incidents of a 20 km city over three years, with the columns and gaps of a real import."""
    rng = np.random.default_rng(seed)
    x, y = 310_000 + 20_000 * rng.random(rows), 4_300_000 + 20_000 * rng.random(rows)
    start = pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 3 * 365 * 86_400, rows), unit="s")
    dates = np.array(pd.date_range("2020-01-01", periods=3 * 365 + 1).strftime("%Y-%m-%d"), dtype=object)
    date = dates[(start - pd.Timestamp("2020-01-01", tz="UTC")).days]
    cells = pd.Series((x // 250).astype(int)).astype(str), pd.Series((y // 250).astype(int)).astype(str)
    return pd.DataFrame({
        "incident_id": pd.Series(rng.permutation(rows)).astype(str).str.zfill(9),
        "crime_type": rng.choice(np.array(["theft", "burglary", "robbery"], dtype=object), rows),
        "occurred_from_utc": start, "occurred_to_utc": start + pd.Timedelta(minutes=10),
        "occurred_from_local": start.tz_localize(None), "occurred_to_local": start.tz_localize(None),
        "reported_utc": start + pd.Timedelta(hours=1), "shift_date": date,
        "shift": np.where(rng.random(rows) < 0.2, None, "day"), "box_id": "C" + cells[0] + "R" + cells[1],
        "block": "2200 BLOCK OF V STREET NE",
        "source": "city.csv", "discovered": False, "x": x, "y": y})


def measured(what, work):
    """Run ``work``, print what it took; the time of the processor tells more than the clock on a busy machine."""
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    print(what.ljust(36), format(time.perf_counter() - clock, "6.2f"), "s,",
          format(time.process_time() - processor, "6.2f"), "s of processor, peak",
          format(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "5.0f"), "MB", flush=True)
    return result


def written(workspace, method, *frame):
    with workspace.transaction() as writer:
        return getattr(writer, method)("incidents", *frame)


def in_slices(workspace, frame):
    size = len(frame) // 10
    with workspace.transaction() as writer:
        return sum(writer.upsert("incidents", frame.iloc[start:start + size]).added
                   for start in range(0, len(frame), size))


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    frame = incidents(rows)
    city = VectorTable(pd.DataFrame({"name": ["city"]}), [box(310_000, 4_300_000, 330_000, 4_320_000)], "EPSG:32618",
                       "city")
    with tempfile.TemporaryDirectory() as folder:
        workspace = create_workspace(Path(folder) / "city.gpkg", city, timezone="UTC")
        print(rows, "incidents")
        measured("append to an empty table", lambda: written(workspace, "append", frame))
        measured("read all of it", lambda: workspace.read("incidents"))
        measured("read what a forecast needs", lambda: workspace.read("incidents", [
            "crime_type", "x", "y", "occurred_from_utc", "occurred_to_utc", "reported_utc"]))
        print("   ", measured("upsert, nothing changed", lambda: written(workspace, "upsert", frame)))
        frame.loc[frame.index % 10 == 0, ["x", "block"]] = [320_000.5, "100 BLOCK OF A STREET"]
        print("   ", measured("upsert, a tenth changed and moved", lambda: written(workspace, "upsert", frame)))
        print("   ", measured("upsert of one row", lambda: written(workspace, "upsert", frame[:1].assign(block="A"))))
        measured("content_hash", workspace.content_hash)
        measured("delete all of it", lambda: written(workspace, "delete"))
        print("   ", measured("upsert into an empty table", lambda: written(workspace, "upsert", frame)))
        measured("delete all of it", lambda: written(workspace, "delete"))
        print("   ", measured("upsert in slices of a tenth", lambda: in_slices(workspace, frame)))
        workspace.close()


if __name__ == "__main__":
    main()
