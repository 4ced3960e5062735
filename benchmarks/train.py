"""How fast the forecast trains and scores a made city of 10,000 boxes: seconds, memory, and how long a stop would wait.

    python3 benchmarks/train.py [--boxes 10000]

How good it is on real data is measured by ``backtest.py``.
"""
import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shotspotter_connect_plugin.forecast.forecast_model import train  # noqa: E402
from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar  # noqa: E402
from shotspotter_connect_plugin.progress import Progress  # noqa: E402

ZONE = "America/New_York"


def made_city(boxes, years=3, events=300_000, seed=1):
    """A square city whose events gather around random centres, with delays, intervals and seven crime types."""
    rng = np.random.default_rng(seed)
    side = int(round(boxes**0.5))
    frame = pd.DataFrame({"col": np.tile(np.arange(side), side), "row": np.repeat(np.arange(side), side)})
    frame["box_id"], frame["inside"] = [f"C{c}R{r}" for c, r in zip(frame["col"], frame["row"])], 1.0
    types = ["theft", "motor_vehicle_theft", "gunfire", "burglary", "robbery", "aggravated_assault", "homicide"]
    shares = np.array([0.42, 0.2, 0.15, 0.1, 0.07, 0.055, 0.005])
    crime_type = rng.choice(types, events, p=shares)
    centres = rng.uniform(0, side * 250.0, (60, 2))
    place = centres[rng.integers(0, 60, events)] + rng.normal(0, 700.0, (events, 2))
    place = np.mod(place, side * 250.0)
    start = pd.Timestamp("2021-01-01", tz="UTC")
    moment = start + pd.to_timedelta(rng.uniform(0, years * 365 * 24, events), unit="h")
    length = np.where(rng.random(events) < 0.4, rng.exponential(8, events), 0.0)
    known = moment + pd.to_timedelta(length + rng.exponential(12, events), unit="h")
    return pd.DataFrame(
        {
            "crime_type": crime_type,
            "x": place[:, 0],
            "y": place[:, 1],
            "from_utc": moment,
            "to_utc": moment + pd.to_timedelta(length, unit="h"),
            "known_utc": known,
            "weight": 1.0,
        }
    ), frame


def speed(boxes):
    """Print seconds and memory of training and scoring a made city."""
    calendar = ShiftCalendar(
        [
            Shift("day", "Day", "07:00", "15:00"),
            Shift("evening", "Evening", "15:00", "23:00"),
            Shift("night", "Night", "23:00", "07:00"),
        ],
        ZONE,
    )
    events, frame = made_city(boxes)
    as_of = calendar.as_of("2024-01-01")
    training = Watch()
    model, trained = timed(lambda: train(events, frame, calendar, as_of, progress=training))
    scoring = Watch()
    _, scored = timed(lambda: model.score(events, frame, calendar, "2024-01-01", "evening", as_of, progress=scoring))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"made city, {len(frame):,} boxes x 3 years x 3 shifts x 7 types, {len(events):,} events: train {trained}, "
        f"score one shift {scored}, peak memory {peak:.0f} MB, model file {len(model.to_json()) / 1000:.0f} kB; "
        f"longest time of the processor between two looks at whether to stop: {training.longest:.2f} s, "
        f"{scoring.longest:.2f} s"
    )


class Watch(Progress):
    """Keeps the longest time from one look at whether to stop to the next, in seconds of the processor."""

    def __init__(self):
        self.longest, self._last = 0.0, time.process_time()

    def is_cancelled(self):
        now = time.process_time()
        self.longest, self._last = max(self.longest, now - self._last), now
        return False


def timed(call, *arguments):
    """What a call gives, and how long it took: on the clock, and of the processors, whatever else runs."""
    wall, processors = time.perf_counter(), time.process_time()
    result = call(*arguments)
    return result, f"{time.perf_counter() - wall:.1f} s (processor {time.process_time() - processors:.1f} s)"


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boxes", type=int, default=10_000)
    speed(parser.parse_args().boxes)


if __name__ == "__main__":
    main()
