"""Made towns whose shifts differ and drift, with the true rate of every box in every shift."""
import numpy as np
import pandas as pd
from made_city import SIDE, SIZE

FIRST = "2018-01-01"
_OF_SHIFT = np.array([0.2, 0.5, 0.3])
_MONTH = 28.0


def true_rates(seed, days=800, per_day=6.0, differ=1.0, drift=1.0):
    """(days, 3 shifts, boxes) events to be expected.

    The logarithm of a box's rate in a shift is a part that all shifts share and one of its own (standard deviation
    ``differ``), which wanders by ``drift`` / 4 a month; so does the level of each shift, by a twelfth of ``drift``.
    """
    rng, boxes, months = np.random.default_rng(seed), SIDE * SIDE, int(days // _MONTH) + 2
    fixed = rng.normal(0.0, 1.0, boxes) + differ * rng.normal(0.0, 1.0, (3, boxes))
    wander = np.cumsum(drift * 0.25 * rng.normal(0.0, 1.0, (months, 3, boxes)), axis=0)
    level = np.cumsum(drift / 12 * rng.normal(0.0, 1.0, (months, 3)), axis=0)
    month = np.arange(days) / _MONTH
    whole = month.astype(int)
    part = (month - whole)[:, None, None]
    rate = np.exp(fixed + wander[whole] * (1 - part) + wander[whole + 1] * part)
    rate /= rate.sum(axis=2, keepdims=True)
    level = np.exp(level[whole] * (1 - part[:, :, 0]) + level[whole + 1] * part[:, :, 0])
    return per_day * rate * (_OF_SHIFT * level)[:, :, None]


def events_of(rates, calendar, seed):
    """Poisson events of such rates, known six hours later."""
    rng = np.random.default_rng([seed, 1])
    slots = calendar.slots(FIRST, date_of(len(rates) - 1))
    day = (pd.to_datetime(slots["shift_date"]) - pd.Timestamp(FIRST)).dt.days.to_numpy()
    shift = pd.Index(calendar.codes).get_indexer(slots["shift"])
    slot, box = np.nonzero(number := rng.poisson(rates[day, shift]))
    times = number[slot, box]
    slot, box = np.repeat(slot, times), np.repeat(box, times)
    start = slots["start_utc"].iloc[slot].reset_index(drop=True)
    at = start + pd.to_timedelta(rng.uniform(0, 7.9, slot.size), unit="h")
    return pd.DataFrame({"crime_type": "robbery", "x": (box % SIDE + rng.random(box.size)) * SIZE,
                         "y": (box // SIDE + rng.random(box.size)) * SIZE, "from_utc": at, "to_utc": at,
                         "known_utc": at + pd.Timedelta(hours=6), "weight": 1.0})


def date_of(day):
    """ISO date of a day, counted from the first."""
    return str((pd.Timestamp(FIRST) + pd.Timedelta(days=day)).date())


def held(model, events, boxes, calendar, rates, days):
    """Whether each interval of some days holds the truth, (forecasts, boxes), and the expected values beside it."""
    inside, expected = [], []
    for day in days:
        for number, shift in enumerate(calendar.codes):
            rows = model.score(events, boxes, calendar, date_of(day), shift, calendar.as_of(date_of(day)))
            truth = rates[day, number]
            inside.append(((truth >= rows["low"]) & (truth <= rows["high"])).to_numpy())
            expected.append(rows["expected"].to_numpy())
    return np.array(inside), np.array(expected)
