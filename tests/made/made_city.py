"""A small made city with a known intensity."""

import numpy as np
import pandas as pd

SIDE, SIZE = 14, 250.0
HOT_BY_DAY, HOT_AT_NIGHT, WARM = (3, 3), (10, 9), (5, 11)
FIRST = pd.Timestamp("2018-01-01", tz="UTC")


def make_boxes(columns=SIDE, rows=SIDE):
    frame = pd.DataFrame({"col": np.tile(np.arange(columns), rows), "row": np.repeat(np.arange(rows), columns)})
    frame["box_id"] = [f"C{col}R{row}" for col, row in zip(frame["col"], frame["row"])]
    frame["inside"] = 1.0
    return frame


def make_events(days=420, seed=7, crime_type="robbery", per_day=4.0):
    """Events of a city with one box hot by day, one hot at night, one warm all day and the rest even."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(per_day * days)
    kind = rng.choice(["day", "night", "warm", "rest"], count, p=[0.25, 0.25, 0.1, 0.4])
    cell = rng.integers(0, SIDE, (count, 2)).astype(float)
    for name, place in (("day", HOT_BY_DAY), ("night", HOT_AT_NIGHT), ("warm", WARM)):
        cell[kind == name] = place
    day = rng.integers(0, days, count)
    hour = rng.uniform(0, 24, count)
    hour[kind == "day"] = rng.uniform(13, 19, int((kind == "day").sum()))  # 08:00 to 14:00 in New York, in winter
    hour[kind == "night"] = rng.uniform(5, 10, int((kind == "night").sum()))  # 00:00 to 05:00
    moment = FIRST + pd.to_timedelta(day * 24 + hour, unit="h")
    place = (cell + rng.uniform(0, 1, (count, 2))) * SIZE
    return pd.DataFrame(
        {
            "crime_type": crime_type,
            "x": place[:, 0],
            "y": place[:, 1],
            "from_utc": moment,
            "to_utc": moment + pd.to_timedelta(rng.exponential(1.0, count), unit="h"),
            "known_utc": moment + pd.to_timedelta(3 + rng.exponential(20.0, count), unit="h"),
            "weight": 1.0,
        }
    )
