"""How often the 90 % interval of an expected value holds the true rate, in made towns whose shifts differ and drift.

    python3 benchmarks/rate_intervals.py [--towns 3]

No real town tells its true rates, so these are made: 14 by 14 boxes, six events a day, three shifts. Each is trained
on two years and scored on three days of the four weeks after; every box in every shift counts once, and the twenty
boxes with the highest values once more. Beside it, how wide the intervals are (their high end over the expected value).
"""
import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "made")]

from drifting_town import date_of, events_of, held, true_rates  # noqa: E402
from made_city import make_boxes  # noqa: E402

from shotspotter_connect_plugin.forecast.forecast_model import train  # noqa: E402
from shotspotter_connect_plugin.forecast.ladder import rung  # noqa: E402
from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar  # noqa: E402

TRAINED, SCORED, BUSIEST = 740, (740, 754, 768), 20
TOWNS = {"shifts alike": (0.0, 0.0), "shifts differ": (1.0, 0.0), "differ and drift": (1.0, 1.0),
         "differ and drift twice as fast": (1.0, 2.0)}


def town(calendar, seed, differ, drift):
    """Share of the truths inside, the same in the busiest boxes, and median width."""
    rates = true_rates(seed, differ=differ, drift=drift)
    events, boxes = events_of(rates, calendar, seed), make_boxes()
    model = train(events, boxes, calendar, calendar.as_of(date_of(TRAINED)),
                  ladder=(rung("kde_500_all"), rung("additive")))
    inside, expected = held(model, events, boxes, calendar, rates, SCORED)
    busiest = np.argsort(-expected, axis=1)[:, :BUSIEST]
    rows = model.score(events, boxes, calendar, date_of(TRAINED), "day", calendar.as_of(date_of(TRAINED)))
    return inside.mean(), np.take_along_axis(inside, busiest, 1).mean(), (rows["high"] / rows["expected"]).median()


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--towns", type=int, default=3)
    options = parser.parse_args()
    calendar = ShiftCalendar([Shift("day", "Day", "07:00", "15:00"), Shift("evening", "Evening", "15:00", "23:00"),
                              Shift("night", "Night", "23:00", "07:00")], "America/New_York")
    for name, (differ, drift) in TOWNS.items():
        found = np.mean([town(calendar, seed, differ, drift) for seed in range(1, options.towns + 1)], axis=0)
        print(f"{name}: inside {found[0]:.2f}, of the {BUSIEST} busiest boxes {found[1]:.2f}; high end over expected "
              f"{found[2]:.1f}", flush=True)


if __name__ == "__main__":
    main()
