"""What a calendar of holidays is worth to the forecast of how many: published incidents and alerts of Washington DC.

    python3 benchmarks/holidays.py [gunfire|wards|incidents|daily ...]

Set CONNECT_DATA to the folder that holds ``dc/``. The cases are those of ``backtest.py``. Holidays are those of the
federal government, by rule, imported as a user would (``connect:importcalendar``). Every 13 weeks everything is learnt
anew, with and without them, and every shift is forecast as its plan would have been. Judged is the total of the
jurisdiction alone, since the calendar says nothing about places: observed over expected on holidays and on all other
days, and what holidays add to the mean log-likelihood per event, with a 90 % interval from weeks drawn again. One
simple rung stands for where; it does not matter here. Nothing is tuned.
"""
import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.tseries.holiday import USFederalHolidayCalendar

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from backtest import CASES, DATA, workspace_of  # noqa: E402

from shotspotter_connect_plugin.forecast.forecast_model import train  # noqa: E402
from shotspotter_connect_plugin.forecast.ladder import rung  # noqa: E402
from shotspotter_connect_plugin.workspace.imports.calendar_import import import_calendar  # noqa: E402
from shotspotter_connect_plugin.workspace.steps import forecasting  # noqa: E402

RETRAIN_DAYS = 91


def holidays(folder):
    """A CSV of the federal holidays of 2006 to 2020."""
    days = USFederalHolidayCalendar().holidays("2006-01-01", "2020-12-31", return_name=True)
    path = Path(folder) / "holidays.csv"
    pd.DataFrame({"date": days.index.strftime("%Y-%m-%d"), "kind": "holiday", "name": days.to_numpy()}).to_csv(
        path, index=False)
    return path, set(days.index.strftime("%Y-%m-%d"))


def totals(workspace, events, crime_type, first, last, days):
    """Date, expected and observed total of every shift of the period."""
    boxes, begin, rows = forecasting._boxes(workspace), pd.Timestamp(first), []
    fireworks = workspace.settings.firework_days
    while begin <= pd.Timestamp(last):
        end = min(begin + pd.Timedelta(days=RETRAIN_DAYS - 1), pd.Timestamp(last))
        span = str(begin.date()), str(end.date())
        as_of = workspace.calendar.as_of(span[0])
        model = train(events, boxes, workspace.calendar, as_of, size=workspace.settings.size, crime_types=[crime_type],
                      ladder=(rung("kde_250_all"),), days=days, firework_days=fireworks)
        rows += [(date, expected.sum(), observed.sum()) for date, _, expected, observed in model.replay(
            events, boxes, workspace.calendar, crime_type, *span, days=days, firework_days=fireworks)]
        begin = end + pd.Timedelta(days=1)
    return pd.DataFrame(rows, columns=["date", "expected", "observed"])


def likelihood(rows):
    """Poisson log-likelihood of each shift's total, without the part that no forecast changes."""
    return rows["observed"] * np.log(rows["expected"]) - rows["expected"]


def run(name):
    """Print what holidays are worth in one case."""
    gunfire, incidents, wards, configuration, types, first, last = CASES[name]
    with tempfile.TemporaryDirectory() as folder, \
            workspace_of(folder, gunfire, incidents, wards, configuration) as workspace:
        path, dates = holidays(folder)
        import_calendar(workspace, path)
        days = forecasting.read_surroundings(workspace)["days"]
        events = forecasting.read_events(workspace, types, pd.Timestamp.now(tz="UTC"), reports=True)
        print(f"## {name}: {first} to {last}")
        for crime_type in types:
            without, with_days = (totals(workspace, events, crime_type, first, last, given) for given in (None, days))
            week = (pd.to_datetime(without["date"]) - pd.Timestamp(first)).dt.days // 7
            gained = (likelihood(with_days) - likelihood(without)).groupby(week).sum().to_numpy()
            count = without["observed"].groupby(week).sum().to_numpy()
            draws = np.random.default_rng(1).integers(0, gained.size, (2000, gained.size))
            low, high = np.percentile(gained[draws].sum(axis=1) / count[draws].sum(axis=1), [5, 95])
            on = without["date"].isin(dates)
            ratios = [f"{part['observed'][rows].sum() / part['expected'][rows].sum():.2f}"
                      for part in (without, with_days) for rows in (on, ~on)]
            print(f"{crime_type}: {count.sum():.0f} events, {without['observed'][on].sum():.0f} on "
                  f"{without['date'][on].nunique()} holidays; observed over expected without a calendar {ratios[0]} "
                  f"(other days {ratios[1]}), with it {ratios[2]} ({ratios[3]}); log-likelihood per event "
                  f"{gained.sum() / count.sum():+.4f} ({low:+.4f} to {high:+.4f})", flush=True)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], default=[])
    options = parser.parse_args()
    if not (DATA / "dc").is_dir():
        print("The published files are not there; set CONNECT_DATA to the folder that holds dc/.")
        return
    for name in options.cases or CASES:
        run(name)


if __name__ == "__main__":
    main()
