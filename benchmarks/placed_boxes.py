"""What placed boxes gain on Washington's data: layouts laid on the years before, counted in the next.

    OMP_NUM_THREADS=1 python3 benchmarks/placed_boxes.py

Needs the published files: set CONNECT_DATA to the folder that holds ``dc/``. Incidents are block middles; shots are
rounded to 0.001 degrees, those of 1 to 6 July and of 29 December to 2 January are left out. Beside them: what is gained
when types weigh by their severity, in events and in harm; whether the interval of a year holds the gain of the next, in
made towns and in Washington, and how often it says that squares are worth it where they gain nothing; and how long it
takes to lay the squares of a made city of 100 x 100 and of 600 x 600 boxes.
"""
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from shapely.ops import transform, unary_union

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shotspotter_connect_plugin.forecast import box_placing, crs  # noqa: E402
from shotspotter_connect_plugin.forecast.allowed_inputs import admit_events  # noqa: E402
from shotspotter_connect_plugin.forecast.fishnet import Fishnet  # noqa: E402
from shotspotter_connect_plugin.forecast.instants import DAY, nanoseconds  # noqa: E402
from shotspotter_connect_plugin.workspace.store.layers import read_vector  # noqa: E402

DATA = Path(os.environ.get("CONNECT_DATA", ROOT.parent / "shared" / "data")) / "dc"
CODES = {"HOMICIDE": "homicide", "ASSAULT W/DANGEROUS WEAPON": "aggravated_assault", "ROBBERY": "robbery",
         "BURGLARY": "burglary", "MOTOR VEHICLE THEFT": "motor_vehicle_theft", "THEFT F/AUTO": "theft",
         "THEFT/OTHER": "theft"}
SMOOTH = (0.0, 25.0, 38.0, 50.0, 75.0)
SEVERITY = ROOT / "shotspotter_connect_plugin/resources/defaults/crime_types.json"
YEAR, TOWNS, SIDE, PLACES = 365 * DAY, 100, 40, 60
TOWN_KINDS = ("anywhere", "elsewhere every year", "for two years on average", "always")
"""Where the hot places of made towns are. Squares gain nothing in the first two."""


def moment(date):
    """Nanoseconds of midnight, UTC."""
    return int(nanoseconds([date])[0])


def incidents(years):
    """Events of some years' files; what is reported is known at once."""
    columns = ["CCN", "REPORT_DAT", "OFFENSE", "XBLOCK", "YBLOCK"]
    rows = pd.concat([pd.read_csv(DATA / f"Crime_Incidents_in_{year}.csv.gz", usecols=columns) for year in years])
    rows = rows[rows["OFFENSE"].isin(CODES)].dropna().drop_duplicates("CCN")
    day = pd.to_datetime(rows["REPORT_DAT"].astype(str).str[:10], utc=True)
    return admit_events(pd.DataFrame({"crime_type": rows["OFFENSE"].map(CODES), "x": rows["XBLOCK"],
                                      "y": rows["YBLOCK"], "from_utc": day, "known_utc": day}))[0]


def shots(to_metres):
    """Gunfire without the days of fireworks."""
    rows = pd.read_csv(DATA / "Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv.gz").drop_duplicates("ID")
    rows = rows[~rows["TYPE"].astype(str).str.contains("irecracker")]
    at = pd.to_datetime(rows["DATETIME"].str[:19], utc=True)
    day = at.dt.strftime("%m%d")
    quiet = ~(day.between("0701", "0706") | (day >= "1229") | (day <= "0102"))
    x, y = to_metres(rows["X"].to_numpy(), rows["Y"].to_numpy())
    return admit_events(pd.DataFrame({
        "crime_type": "gunfire", "x": x, "y": y, "from_utc": at, "known_utc": at, "rounded_x_m": 86.7,
        "rounded_y_m": 111.0})[quiet.to_numpy()])[0]


def show(name, ground, events, begin, end):
    """One line for each smoothing."""
    error = box_placing.location_error(events["rounded_x_m"].to_numpy(), events["rounded_y_m"].to_numpy())
    for smooth in SMOOTH:
        found = box_placing.placed_and_judged(ground, events, moment(begin), moment(end), smooth=smooth, error=error)
        print(f"{name}, smoothed by {smooth:2.0f} m: {told(found.gain, found.low, found.high)}, moved by "
              f"{error:.0f} m {told(found.moved, found.moved_low, found.moved_high)}; "
              f"{found.hits:,.0f} of {found.events:,.0f} events, worth it: {found.worth_it}", flush=True)


def told(gain, low, high):
    """A gain with its interval."""
    return f"{gain:.3f} ({low:.3f} to {high:.3f})"


def weights(name, ground, events, begin, end):
    """Gain in events and in harm when all types weigh the same, and when they weigh by severity, by harm or as many as
    there are."""
    rows = next(rows for rows in json.loads(SEVERITY.read_text(encoding="utf-8")).values() if isinstance(rows[0], dict))
    severity = {row["crime_type"]: row["severity"] for row in rows}
    density = box_placing.densities(ground, events, moment(begin))
    number = {crime_type: counts.sum() for crime_type, counts in density.items()}
    harm = events.assign(weight=events["weight"] * events["crime_type"].astype(str).map(severity).astype(float),
                         crime_type=pd.Categorical(["harm"] * len(events)))
    of_harm = box_placing.densities(ground, harm, moment(begin))
    for weight, importance in (("alike", None), ("by severity", severity), ("by number", number),
                               ("by harm", {name: severity[name] * number[name] for name in number})):
        squares = box_placing.place_squares(ground, box_placing.heat(ground, density, 38.0, importance))
        counted, weighed = (box_placing.judge(ground, squares, past, rows, moment(begin), moment(end), 38.0)
                            for past, rows in ((density, events), (of_harm, harm)))
        print(f"{name}, types weigh {weight}: {told(counted.gain, counted.low, counted.high)} events, "
              f"{told(weighed.gain, weighed.low, weighed.high)} harm", flush=True)


def town(kind, rng, count):
    """(ground, events of three years) of a made town; two fifths of the events lie within 60 m of hot places."""
    col, row = (axis.ravel() for axis in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    ground = box_placing.Ground.of(pd.DataFrame({"col": col, "row": row, "inside": 1.0}), 250.0)
    at = rng.integers(-YEAR, 2 * YEAR, count)
    place = rng.choice(PLACES, count, p=rng.dirichlet(np.full(PLACES, 0.5)))
    ends = np.cumsum(rng.exponential(2 * YEAR, (PLACES, 12)), axis=1) - YEAR
    turn = {"elsewhere every year": at // YEAR + 1,
            "for two years on average": (ends[place] < at[:, None]).sum(axis=1)}
    middles = rng.uniform(0, SIDE * 250.0, (13, PLACES, 2))[turn.get(kind, 0 * at), place]
    hot = (rng.random(count) < 0.4) & (kind != "anywhere")
    where = np.where(hot[:, None], middles + rng.normal(0, 60, (count, 2)), rng.uniform(0, SIDE * 250.0, (count, 2)))
    begun = pd.to_datetime(moment("2018-01-01") + at, utc=True)
    return ground, admit_events(pd.DataFrame({"crime_type": "theft", "x": where[:, 0], "y": where[:, 1],
                                              "from_utc": begun, "known_utc": begun}))[0]


def towns(kind, count):
    """How often squares are said to be worth it, and how often the gain of the next year lies in the interval."""
    begin, found = moment("2018-01-01"), []
    for seed in range(TOWNS):
        ground, events = town(kind, np.random.default_rng(seed), count)
        found.append([box_placing.placed_and_judged(ground, events, begin + year * YEAR, begin + (year + 1) * YEAR,
                                                    smooth=38.0, error=38.0) for year in (0, 1)])
    worth = np.mean([now.worth_it for now, _ in found])
    held = np.mean([now.low <= later.gain <= now.high for now, later in found])
    gain = np.mean([now.gain for now, _ in found])
    print(f"Made towns, {count:,} events, hot places {kind}: gain {gain:.3f}, worth it in {100 * worth:.0f} %, "
          f"next year's gain in the interval in {100 * held:.0f} %", flush=True)


def speed(side):
    """Seconds to lay squares on a made city."""
    rng = np.random.default_rng(1)
    col, row = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side)))
    ground = box_placing.Ground.of(pd.DataFrame({"col": col, "row": row, "inside": 1.0}), 250.0)
    x, y = (rng.uniform(0, side * 250.0, 2000)[rng.integers(0, 2000, 200_000)] + rng.normal(0, 150, 200_000)
            for _ in range(2))
    counts = {"theft": ground.counts(x, y, np.ones(x.size))}
    started = time.perf_counter()
    squares = box_placing.place_squares(ground, box_placing.heat(ground, counts, 38.0))
    print(f"{len(squares):,} squares among {side * side:,} boxes: {time.perf_counter() - started:.2f} s")


def main():
    outline = read_vector(str(DATA / "places/dc-boundary.geojson.gz"))
    to_metres = crs.change(outline.crs, "EPSG:26985")
    shape = unary_union([transform(lambda x, y: to_metres(np.asarray(x), np.asarray(y)), part)
                         for part in outline.geometry])
    ground = box_placing.Ground.of(Fishnet().cover(shape), 250.0, shape)
    show("2017 -> 2018, six types", ground, incidents([2017, 2018]), "2018-01-01", "2019-01-01")
    show("2017-18 -> 2019, six types", ground, incidents([2017, 2018, 2019]), "2019-01-01", "2020-01-01")
    alerts = shots(to_metres)
    for year in (2016, 2017, 2018):
        show(f"gunfire 2014-{year - 2001} -> {year}", ground, alerts, f"{year}-01-01", f"{year + 1}-01-01")
    for year in (2018, 2019):
        weights(f"{year}", ground, incidents(range(2017, year + 1)), f"{year}-01-01", f"{year + 1}-01-01")
    for kind in TOWN_KINDS:
        for count in (6_000, 30_000):
            towns(kind, count)
    for side in (100, 600):
        speed(side)


if __name__ == "__main__":
    main()
