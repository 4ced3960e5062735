"""Hand-made tracks, random tracks and real ones for the tests of visits."""
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj

DATA = Path(__file__).resolve().parents[1] / "data" / "gps"
START = pd.Timestamp("2026-03-02 18:00", tz="UTC")


def track(*legs, start=START, unit="7"):
    """A track of legs (seconds, x, y, ...): the unit moves straight to each place, a fix every leg."""
    seconds = np.cumsum([leg[0] for leg in legs])
    return pd.DataFrame({"unit": unit, "at": start + pd.to_timedelta(seconds, unit="s"),
                         "x": [float(leg[1]) for leg in legs], "y": [float(leg[2]) for leg in legs]})


def stand(seconds, x, y, every=10):
    """Legs of standing still at a place."""
    return [(every, x, y)] * (seconds // every)


def random_tracks(seed, units=2, fixes=150, step=60.0, every=20.0, gaps=True, teleports=True):
    """Wanderers around the origin with pauses, silences and teleports; seeded."""
    rng = np.random.default_rng(seed)
    frames = []
    for unit in range(units):
        wait = rng.uniform(0.3, 1.7, fixes) * every
        if gaps:
            wait[rng.random(fixes) < 0.02] += rng.uniform(100, 900)
        moves = rng.normal(0, step, (fixes, 2)) * (rng.random((fixes, 1)) < 0.6)
        place = np.cumsum(moves, axis=0) * 0.7 + rng.normal(0, 4, (fixes, 2)) + rng.uniform(-200, 200, 2)
        if teleports:
            for first in rng.integers(0, fixes, rng.integers(0, 4)):
                place[first:first + rng.integers(1, 4)] += rng.uniform(-1, 1, 2) * 40_000
        at = START + pd.to_timedelta(np.round(np.cumsum(wait) * 1000).astype(np.int64), unit="ms")
        frames.append(pd.DataFrame({"unit": f"U{unit}", "at": at, "x": place[:, 0], "y": place[:, 1]}))
    return pd.concat(frames, ignore_index=True)


def taxis(path=DATA / "san_francisco_taxis.csv.gz"):
    """Real taxi fixes in EPSG:32610."""
    rows = pd.read_csv(path)
    x, y = pyproj.Transformer.from_crs(4326, 32610, always_xy=True).transform(rows["lon"], rows["lat"])
    x, y = np.asarray(x), np.asarray(y)
    x[~np.isfinite(x)] = y[~np.isfinite(y)] = np.nan
    return pd.DataFrame({"unit": rows["vehicle_id"], "at": pd.to_datetime(rows["unix_time"], unit="s", utc=True),
                         "x": x, "y": y})
