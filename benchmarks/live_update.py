"""From one new gunfire alert to the updated forecast, without training: import of a file with one row, then score.

    python3 benchmarks/live_update.py dc              published files of Washington DC, 2006 to 2012 (CONNECT_DATA)
    python3 benchmarks/live_update.py made [--boxes 10000]   a made city, three years, seven crime types

The first score of the shift forecasts all crime types; then alerts come in one by one during the shift, and each is
followed by a score as of a minute later, in a workspace opened anew. Beside it, the same score with nothing kept.
"""
import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from shapely.geometry import box

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))

from train import made_city  # noqa: E402

from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire  # noqa: E402
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.create import create_workspace  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.forecasting import forecast, score, train  # noqa: E402
from shotspotter_connect_plugin.workspace.store.layers import VectorTable, read_vector  # noqa: E402
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace  # noqa: E402

DATA = Path(os.environ.get("CONNECT_DATA", ROOT.parent / "shared" / "data")) / "dc"
ALERTS = 5


def washington(path):
    """Alerts and incidents of 2006 to 2012, and the date of the shift."""
    outline = read_vector(DATA / "places" / "dc-boundary.geojson.gz")
    with create_workspace(path, outline, timezone="America/New_York") as workspace:
        import_gunfire(workspace, DATA / "shotspotter_dc_foia_2006_2013.csv.gz")
        import_incidents(workspace, DATA / "crime_incidents_2006_2012.csv.gz")
    return "2012-07-10"


def made(path, boxes):
    """A made city around the origin of a UTM zone."""
    events, _ = made_city(boxes)
    side = int(round(boxes ** 0.5)) * 250.0
    left, bottom = 320_000.0, 4_300_000.0
    outline = VectorTable(pd.DataFrame({"name": ["made"]}), [box(left, bottom, left + side, bottom + side)],
                          "EPSG:32618", "made")
    events = events.assign(x=events["x"] + left, y=events["y"] + bottom)
    alerts = events[events["crime_type"] == "gunfire"]
    others = events[events["crime_type"] != "gunfire"]
    with create_workspace(path, outline, timezone="America/New_York") as workspace, \
            workspace.transaction() as writer:
        writer.append("gunfire", pd.DataFrame({
            "alert_id": np.arange(len(alerts)).astype(str).astype(object), "kind": "single",
            "occurred_utc": alerts["from_utc"].to_numpy(), "x": alerts["x"].to_numpy(), "y": alerts["y"].to_numpy()}
        ).assign(occurred_utc=lambda rows: pd.to_datetime(rows["occurred_utc"], utc=True)))
        rows = others.rename(columns={"from_utc": "occurred_from_utc", "to_utc": "occurred_to_utc",
                                      "known_utc": "reported_utc"})
        writer.append("incidents", rows[["crime_type", "x", "y", "occurred_from_utc", "occurred_to_utc",
                                         "reported_utc"]].assign(
            incident_id=np.arange(len(rows)).astype(str).astype(object), discovered=False).reset_index(drop=True))
    return str((events["from_utc"].max() - pd.Timedelta(days=2)).date())


def one_alert(path, moment, place, number):
    """A CSV with one alert."""
    path.write_text("ID,Type,DATETIME_UTC,X,Y\n{},Single Gunshot,{:%Y-%m-%d %H:%M:%S},{},{}\n".format(
        number, moment, *place))
    return path


class Clock:
    """Seconds since it was last asked: on the clock, and of the processor, whatever else runs on the machine."""

    def __init__(self):
        self._last = time.perf_counter(), time.process_time()

    def told(self):
        """The two numbers in words."""
        before, self._last = self._last, (time.perf_counter(), time.process_time())
        return "{:.2f} s (processor {:.2f} s)".format(*(now - then for now, then in zip(self._last, before)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", default="made", choices=("dc", "made"))
    parser.add_argument("--boxes", type=int, default=10000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "agency.gpkg"
        date = washington(path) if options.case == "dc" else made(path, options.boxes)
        with open_workspace(path) as workspace:
            crs = workspace.settings.crs
            shift = workspace.calendar.codes[0]
            start, _ = workspace.calendar.bounds(date, shift)
            print(f"{workspace.count('boxes'):,} boxes, {workspace.count('incidents'):,} incidents, "
                  f"{workspace.count('gunfire'):,} alerts, {len(workspace.crime_types)} crime types")
            clock = Clock()
            train(workspace, workspace.calendar.as_of(date))
            print("train", clock.told())
            score(workspace, date, shift)
            print("first score of the shift", clock.told())
            places = workspace.read("gunfire", ["x", "y"])
        rng = np.random.default_rng(1)
        for number in range(ALERTS):
            moment = start + pd.Timedelta(minutes=30 * (number + 1))
            place = places.iloc[int(rng.integers(len(places)))] + 20.0
            csv = one_alert(Path(folder) / "alert.csv", moment, place, f"new{number}")
            clock = Clock()
            with open_workspace(path) as workspace:
                added = import_gunfire(workspace, csv, source_crs=crs).added
                score(workspace, date, shift, moment + pd.Timedelta(minutes=1))
                together = clock.told()
                forecast(workspace, date, shift, moment + pd.Timedelta(minutes=1))
            print(f"alert {number + 1}: added {added}, import and score {together}; "
                  f"every crime type anew {clock.told()}", flush=True)
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
