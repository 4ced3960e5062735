"""How fast the forecast trains and scores, and how good it is on real data.

    python3 benchmarks/train.py speed [--boxes 10000]
    python3 benchmarks/train.py accuracy [--only gunfire|incidents|wards]

``accuracy`` needs the published Washington DC files: set CONNECT_DATA to the folder that holds ``dc/``. It imports them
as a user would, then walks through test days that come after all training: a model is trained, its plans of the
following weeks are compared with what happened, the next is trained. Nothing is tuned here.
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

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shotspotter_connect_plugin.forecast.accuracy import Calibration, caught  # noqa: E402
from shotspotter_connect_plugin.forecast.inputs import admit_boxes  # noqa: E402
from shotspotter_connect_plugin.forecast.ladder import RUNGS, rung  # noqa: E402
from shotspotter_connect_plugin.forecast.model import train  # noqa: E402
from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar  # noqa: E402
from shotspotter_connect_plugin.progress import Progress  # noqa: E402
from shotspotter_connect_plugin.workspace.create import create_workspace  # noqa: E402
from shotspotter_connect_plugin.workspace.forecasting import read_events  # noqa: E402
from shotspotter_connect_plugin.workspace.importers import import_gunfire, import_incidents  # noqa: E402
from shotspotter_connect_plugin.workspace.layers import VectorTable, read_vector  # noqa: E402

DATA = Path(os.environ.get("CONNECT_DATA", ROOT.parent / "shared" / "data"))
ZONE = "America/New_York"
RIVALS = ("kde_250_all", "kde_125_all", "kde_250_364", "count_all", "count_364", "decay_180_125", "decay_540_0")
SHARE = 0.01
CASES = {
    "gunfire": dict(
        file="Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv.gz",
        wards=None,
        types=["gunfire"],
        first="2018-04-01",
        last="2019-03-30",
        retrain=91,
    ),
    "incidents": dict(
        file="Crime_Incidents_in_2017_with_times.csv.gz",
        wards=None,
        types=None,
        first="2017-09-01",
        last="2017-12-14",
        retrain=35,
    ),
    "wards": dict(
        file="crime_incidents_2012_2017_wards_3_4_8.csv.gz",
        wards=("3", "4", "8"),
        types=None,
        first="2016-12-01",
        last="2017-11-29",
        retrain=91,
    ),
}


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
    training, scoring = Watch(), Watch()
    model, trained = timed(lambda: train(events, frame, calendar, as_of, progress=training))
    _, scored = timed(lambda: model.score(events, frame, calendar, "2024-01-01", "evening", as_of, progress=scoring))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"made city, {len(frame):,} boxes x 3 years x 3 shifts x 7 types, {len(events):,} events: train {trained}, "
        f"score one shift {scored}, peak memory {peak:.0f} MB, model file {len(model.to_json()) / 1000:.0f} kB; longest time between two looks "
        f"at whether to stop: {training.longest:.2f} s, {scoring.longest:.2f} s of processor"
    )


class Watch(Progress):
    """Keeps the longest time, in seconds of the processor, from one look at whether to stop to the next."""

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


def workspace_of(case, folder):
    """A workspace with the case's file imported as a user would."""
    outline = read_vector(str(DATA / "dc/places/dc-boundary.geojson.gz"))
    if case["wards"]:
        wards = read_vector(str(DATA / "dc/places/ward-2012.geojson.gz"))
        keep = wards.frame["WARD"].astype(str).isin(case["wards"]).to_numpy()
        outline = VectorTable(
            wards.frame[keep], [shape for shape, kept in zip(wards.geometry, keep) if kept], wards.crs, "wards"
        )
    workspace = create_workspace(Path(folder) / "benchmark.gpkg", outline, timezone=ZONE, crs="EPSG:26985")
    path = str(DATA / "dc" / case["file"])
    if case["types"] == ["gunfire"]:
        import_gunfire(workspace, path, source_timezone="UTC")
    else:
        import_incidents(workspace, path, source_timezone=ZONE)
    return workspace


class Tally:
    """Log score, hits and calibration of one way to forecast one crime type, by week of the test."""

    def __init__(self, weeks):
        self.score, self.hits, self.expected, self.events = np.zeros((4, weeks))
        self.calibration = Calibration()

    def add(self, week, expected, observed, area):
        """Take in one shift."""
        total = expected.sum()
        seen = np.flatnonzero(observed)
        self.score[week] += observed[seen] @ np.log(expected[seen] / (total * area[seen]))
        self.hits[week] += caught(expected, observed, area, SHARE)
        self.expected[week] += total
        self.events[week] += observed.sum()
        self.calibration.add(expected, observed)

    def log_score(self):
        return self.score.sum() / self.events.sum()

    def pai(self):
        return self.hits.sum() / self.events.sum() / SHARE


def bootstrap(numerator, events, rng, times=2000):
    """90 % interval of a ratio of weekly sums, weeks drawn with replacement."""
    draws = rng.integers(0, events.size, (times, events.size))
    return np.percentile(numerator[draws].sum(axis=1) / events[draws].sum(axis=1), [5, 95])


def coverage(expected, observed, uncertainty, grain, rng, days):
    """Share of box counts inside the 90 % range of the gamma-Poisson prediction (randomised, so that 0.90 is right)."""
    from scipy.special import betainc

    shape = uncertainty.shape(expected / days)
    mean, count = expected / grain, np.round(observed / grain)
    chance = shape / (shape + mean)
    upper = betainc(shape, count + 1.0, chance)
    lower = np.where(count > 0, betainc(shape, np.maximum(count, 1e-9), chance), 0.0)
    place = lower + rng.random(expected.size) * (upper - lower)
    inside = (place >= 0.05) & (place <= 0.95)
    top = expected >= np.quantile(expected, 0.9)
    return inside.mean(), inside[top].mean()


def accuracy(name):
    """Print, for each crime type of a case, the chosen rung beside the simple rungs over the test days."""
    case, rng = CASES[name], np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder, workspace_of(case, folder) as workspace:
        calendar, boxes = workspace.calendar, admit_boxes(workspace.read("boxes"))
        types = case["types"] or workspace.crime_types["crime_type"].tolist()
        events = read_events(workspace, types, pd.Timestamp("2100-01-01", tz="UTC"))
    area = np.maximum(boxes["inside"].to_numpy(), 1e-6)
    area = area / area.sum()
    dates = [str(day.date()) for day in pd.date_range(case["first"], case["last"])]
    weeks = len(dates) // 7
    print(
        f"\n## {name}: {case['file']}, {len(boxes):,} boxes, {len(calendar.codes)} shifts a day, test {dates[0]} to "
        f"{dates[7 * weeks - 1]} ({7 * weeks} days), trained anew every {case['retrain']} days"
    )
    tallies, chosen, stretches, sure = {}, {}, {}, {}
    for begin in range(0, 7 * weeks, case["retrain"]):
        block = dates[begin:min(begin + case["retrain"], 7 * weeks)]
        as_of = calendar.as_of(block[0], "05:00")
        for method, ladder in [("connect", RUNGS)] + [(rival, (rung(rival),)) for rival in RIVALS]:
            model = train(events, boxes, calendar, as_of, crime_types=types, ladder=ladder)
            for crime_type in model.types:
                tally = tallies.setdefault((crime_type, method), Tally(weeks))
                if method == "connect":
                    chosen.setdefault(crime_type, []).append(model.types[crime_type].rung.name)
                    sure[crime_type] = model.types[crime_type].uncertainty
                for date, _, expected, observed in model.replay(
                    events, boxes, calendar, crime_type, block[0], block[-1]
                ):
                    day = dates.index(date)
                    tally.add(day // 7, expected, observed, area)
                    if method == "connect":
                        pair = stretches.setdefault((crime_type, day // 28), np.zeros((2, len(boxes))))
                        pair += expected, observed
    for crime_type in types:
        report(
            crime_type,
            {
                method: tallies[crime_type, method]
                for method in ("connect", *RIVALS)
                if (crime_type, method) in tallies
            },
            chosen.get(crime_type),
            rng,
        )
        pairs = [pair for (code, stretch), pair in stretches.items() if code == crime_type and stretch < weeks // 4]
        if pairs:
            expected, observed = np.concatenate(pairs, axis=1)
            weight = events.loc[events["crime_type"] == crime_type]
            grain = 1.0 if crime_type != "gunfire" else _grain(weight, boxes)
            every, top = coverage(expected, observed, sure[crime_type], grain, rng, 28)
            print(
                f"   90 % range of box counts over 28 days holds {every:.1%} of all boxes, {top:.1%} of the top tenth"
            )


def _grain(events, boxes):
    from shotspotter_connect_plugin.forecast.history import spread_places

    columns = [events[name].to_numpy(dtype=float) for name in ("x", "y", "rounded_x_m", "rounded_y_m")]
    event, _, share = spread_places(*columns, boxes, 250.0)
    piece = events["weight"].to_numpy()[event] * share
    return float((piece**2).sum() / piece.sum())


def report(crime_type, tallies, chosen, rng):
    """Print one crime type: each method, and the gain of the product over the 250 m kernel density."""
    if "connect" not in tallies or tallies["connect"].events.sum() == 0:
        print(f"{crime_type}: no events")
        return
    connect = tallies["connect"]
    events = connect.events
    print(
        f"{crime_type}: {events.sum():,.0f} events, rungs used {', '.join(chosen)}; expected / observed "
        f"{connect.expected.sum() / events.sum():.3f}; observed / expected in fifths "
        + " ".join(f"{other / one:.2f}" for one, other in connect.calibration.groups())
    )
    for method, tally in tallies.items():
        low, high = bootstrap(tally.hits / SHARE, events, rng)
        print(
            f"   {method:14s} log score {tally.log_score():.3f}   PAI at 1 % {tally.pai():5.1f} "
            f"({low:.1f} to {high:.1f})"
        )
    for rival in ("kde_250_all", max(RIVALS, key=lambda name: tallies[name].log_score())):
        other = tallies[rival]
        low, high = bootstrap(connect.score - other.score, events, rng)
        hit_low, hit_high = bootstrap((connect.hits - other.hits) / SHARE, events, rng)
        print(
            f"   above {rival}: log score {connect.log_score() - other.log_score():+.3f} ({low:+.3f} to {high:+.3f}), "
            f"PAI x {connect.pai() / max(other.pai(), 1e-9):.2f}, difference {connect.pai() - other.pai():+.1f} "
            f"({hit_low:+.1f} to {hit_high:+.1f})"
        )


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "accuracy"])
    parser.add_argument("--boxes", type=int, default=10_000)
    parser.add_argument("--only", choices=sorted(CASES))
    arguments = parser.parse_args()
    if arguments.what == "speed":
        speed(arguments.boxes)
    else:
        for name in [arguments.only] if arguments.only else CASES:
            accuracy(name)


if __name__ == "__main__":
    main()
