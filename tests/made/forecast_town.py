"""Incidents and alerts of a made town of 144 boxes, for a forecast of DATE."""
import numpy as np
import pandas as pd
from made_towns import BOTTOM, LEFT

SIDE = 12
DATE = "2019-01-20"
HOT = (LEFT + 5 * 250 + 100, BOTTOM + 7 * 250 + 100)


def incidents(count=900, seed=1, crime_type="robbery", days=262, prefix="i"):
    """Incidents of a town in which one box has a third of them."""
    rng = np.random.default_rng(seed)
    begun = pd.Timestamp("2018-05-01", tz="UTC") + pd.to_timedelta(rng.uniform(0, days * 24, count), unit="h")
    hot = rng.random(count) < 1 / 3
    return pd.DataFrame(
        {
            "incident_id": [prefix + str(number) for number in range(count)],
            "crime_type": crime_type,
            "occurred_from_utc": begun.floor("s"),
            "occurred_to_utc": begun.floor("s") + pd.Timedelta(minutes=30),
            "reported_utc": begun.floor("s") + pd.Timedelta(hours=9),
            "source": "made",
            "discovered": False,
            "x": np.where(hot, HOT[0], LEFT + SIDE * 250 * rng.random(count)),
            "y": np.where(hot, HOT[1], BOTTOM + SIDE * 250 * rng.random(count)),
        }
    )


def alerts(count=300, seed=2):
    rng = np.random.default_rng(seed)
    at = pd.Timestamp("2018-05-01", tz="UTC") + pd.to_timedelta(rng.uniform(0, 262 * 24, count), unit="h")
    return pd.DataFrame(
        {
            "alert_id": ["a" + str(number) for number in range(count)],
            "kind": "single",
            "occurred_utc": at.floor("s"),
            "x": LEFT + SIDE * 250 * rng.random(count),
            "y": BOTTOM + SIDE * 250 * rng.random(count),
            "rounded_x_m": 86.0,
            "rounded_y_m": 111.0,
            "source": "made",
        }
    )


def add(workspace, table, frame):
    with workspace.transaction() as writer:
        writer.upsert(table, frame)
