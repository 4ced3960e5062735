"""What each piece of the gunfire forecast is worth, on the published alerts of Washington DC.

    python3 benchmarks/gunfire.py grown     365 days from 2008-10-01, while sensor coverage grew
    python3 benchmarks/gunfire.py late      364 days from 2018-04-01, the same coverage for ten years
    python3 benchmarks/gunfire.py hidden    364 days from 2010-07-01, the sensors of one district taken away
    python3 benchmarks/gunfire.py fireworks a made city of two alike halves, of which one has sensors: what calls about
                                            fireworks do to the other; needs no published files

Set CONNECT_DATA to the folder that holds ``dc/``. The files are imported as a user would; then one piece after the
other is switched off. Every 13 weeks everything is learnt anew from what was known at the plan hour of that date, rung
of the ladder included, and every shift is forecast at the plan hour of its date; one variant forecasts it again, with
the same model, from what was known as it started. All variants are judged by the same incidents
(alerts merged, firecrackers left out) in covered places outside days of fireworks, spread over the cells to which
places were rounded. Nothing is tuned here. Intervals: weeks drawn again, 90 %.
"""
import argparse
import itertools
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "made")]

from made_city import SIDE, SIZE, make_boxes  # noqa: E402

from shotspotter_connect_plugin.forecast import gunfire_events  # noqa: E402
from shotspotter_connect_plugin.forecast.accuracy import searched  # noqa: E402
from shotspotter_connect_plugin.forecast.allowed_inputs import admit_boxes, admit_events  # noqa: E402
from shotspotter_connect_plugin.forecast.event_history import Timeline  # noqa: E402
from shotspotter_connect_plugin.forecast.forecast_model import train  # noqa: E402
from shotspotter_connect_plugin.forecast.ladder import Rung  # noqa: E402
from shotspotter_connect_plugin.forecast.sensor_coverage import SensorCoverage, history_with_coverage  # noqa: E402
from shotspotter_connect_plugin.forecast.shifts import Shift, ShiftCalendar  # noqa: E402
from shotspotter_connect_plugin.forecast.sources import Lookback  # noqa: E402
from shotspotter_connect_plugin.forecast.surfaces import Feature  # noqa: E402
from shotspotter_connect_plugin.workspace.imports.coverage_import import import_sensor_coverage  # noqa: E402
from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire  # noqa: E402
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents  # noqa: E402
from shotspotter_connect_plugin.workspace.steps import forecasting  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.create import create_workspace  # noqa: E402
from shotspotter_connect_plugin.workspace.store.layers import VectorTable, read_vector  # noqa: E402

DATA = Path(os.environ.get("CONNECT_DATA", ROOT.parent / "shared" / "data")) / "dc"
SINCE = {7: "2006-01-01", 6: "2008-01-01", 5: "2008-03-01", 3: "2008-07-01", 1: "2008-09-01", 4: "2008-09-01"}
OLD = ("shotspotter_dc_foia_2006_2013.csv.gz", "crime_incidents_2006_2012.csv.gz")
NEW = ("Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv.gz", "Crime_Incidents_in_2017_with_times.csv.gz")
CASES = {"grown": (OLD, "2008-10-01", "2009-09-30"), "late": (NEW, "2018-04-01", "2019-03-30"),
         "hidden": (OLD, "2010-07-01", "2011-06-29")}
HIDDEN = (3, 6)
RETRAIN_DAYS = 91
SHARE = 0.01
PIECES = ("all pieces", "no merging", "fireworks count in full", "firecrackers count", "places not spread",
          "no reports", "no coverage: everywhere covered", "forecast again as each shift starts")
LIVE = PIECES[-1]


def workspace_of(files, folder):
    """A workspace of Washington with alerts, incidents and sensor coverage by police district."""
    districts = read_vector(DATA / "places" / "police-districts-mpd.geojson.gz")
    outline = read_vector(DATA / "places" / "dc-boundary.geojson.gz")
    workspace = create_workspace(folder / "dc.gpkg", outline, timezone="America/New_York")
    print(import_gunfire(workspace, DATA / files[0]).counts, import_incidents(workspace, DATA / files[1]).counts)
    number = districts.frame["DISTRICT"].astype(int)
    rows = np.flatnonzero(number.isin(SINCE))
    frame = pd.DataFrame({"area": [f"{number[row]}D" for row in rows], "from": [SINCE[number[row]] for row in rows]})
    areas = VectorTable(frame, [districts.geometry[row] for row in rows], districts.crs, "districts")
    print(import_sensor_coverage(workspace, areas).counts)
    return workspace


class Ground:
    """Alerts, reports, boxes and coverage of a workspace, and the events of a period by which forecasts are judged."""

    def __init__(self, workspace, first, last):
        self.calendar, self.settings = workspace.calendar, workspace.settings
        self.first, self.last = first, last
        self.boxes = admit_boxes(workspace.read("boxes", ["box_id", "col", "row", "inside"]))
        self.areas = workspace.read("sensor_coverage", ["area", "from_date", "to_date", "boxes"])
        self.alerts = workspace.read("gunfire", ["kind", "x", "y", "occurred_utc", "rounded_x_m", "rounded_y_m"])
        ever = pd.Timestamp.now(tz="UTC")
        events = forecasting.read_events(workspace, ["gunfire"], ever, reports=True)
        self.reports = events[events["heard"] == 0]
        self.covered = SensorCoverage.of(self.areas, self.boxes)
        area = self.boxes["inside"].to_numpy()
        self.uniform = area / area.sum()

    def events(self, piece="all pieces"):
        """Events of a variant; alerts merged, fireworks, kinds and rounding as the piece says."""
        alerts, settings = self.alerts, self.settings
        if piece == "firecrackers count":
            alerts = alerts.assign(kind="unknown")
        if piece == "places not spread":
            alerts = alerts.assign(rounded_x_m=0.0, rounded_y_m=0.0)
        minutes = -1.0 if piece == "no merging" else settings.merge_alert_minutes
        weight = 1.0 if piece == "fireworks count in full" else settings.firework_weight
        found = gunfire_events.gunfire_events(
            alerts, self.calendar, merge_minutes=minutes, merge_metres=settings.merge_alert_metres,
            firework_days=settings.firework_days, firework_weight=weight, include_probable=settings.include_probable)
        reports = self.reports.assign(weight=gunfire_events.weights(self.reports["from_utc"], self.calendar,
                                                                    settings.firework_days, weight))
        return pd.concat([found, reports] if piece != "no reports" else [found], ignore_index=True)

    def truth(self, spread=True):
        """Slot -> (boxes,) events by which all variants are judged, and the area in which they can have been heard."""
        events = self.events("all pieces" if spread else "places not spread")
        local = self.calendar.to_local(events["from_utc"])
        events = events[(events["heard"] > 0) & ~gunfire_events.on_days(local, self.settings.firework_days)]
        timeline = Timeline(self.calendar, self.first, self.last)
        history = history_with_coverage(admit_events(events)[0], self.boxes, self.settings.size, self.calendar,
                                        timeline, self.covered)
        area = history.listening.heard_share(timeline.start) * self.uniform
        dates = timeline.slots["shift_date"].to_numpy()
        days = gunfire_events.on_days(pd.to_datetime(dates), self.settings.firework_days)
        slots = {}
        for slot in np.flatnonzero(~days):
            mine = history.slot == slot
            observed = np.bincount(history.box[mine], history.weight[mine], minlength=len(self.boxes))
            slots[dates[slot], timeline.slots["shift"].iloc[slot]] = observed, area[slot]
        return slots


def forecasts(ground, events, areas, live=False):
    """Date, shift and expected events of every shift of the period; with ``live`` as of the start of the shift, by
    the same models, instead of the plan hour."""
    begin = pd.Timestamp(ground.first)
    while begin <= pd.Timestamp(ground.last):
        end = min(begin + pd.Timedelta(days=RETRAIN_DAYS - 1), pd.Timestamp(ground.last))
        first, last = str(begin.date()), str(end.date())
        as_of = ground.calendar.as_of(first)
        known = events[events["known_utc"] <= as_of]
        model = train(known, ground.boxes, ground.calendar, as_of,
                      size=ground.settings.size, crime_types=["gunfire"], coverage=areas)
        told = model.types["gunfire"]
        print("   ", first, told.rung.name, told.reporting, flush=True)
        hours = {shift.code: shift.start for shift in ground.calendar.shifts} if live else {"": model.plan_hour}
        for code, hour in hours.items():
            plan = replace(model, plan_hour=hour)
            for date, shift, expected, _ in plan.replay(events, ground.boxes, ground.calendar, "gunfire", first, last,
                                                        coverage=areas):
                if code in ("", shift):
                    yield date, shift, expected
        begin = end + pd.Timedelta(days=1)


def judged(ground, truth, shifts, places=None):
    """Weekly hits, log-likelihood above uniform, events and expected events; ``places`` (boxes,) judges these alone."""
    weeks = (pd.Timestamp(ground.last) - pd.Timestamp(ground.first)).days // 7 + 1
    sums = np.zeros((4, weeks))
    for date, shift, expected in shifts:
        if (date, shift) not in truth:
            continue
        observed, area = truth[date, shift]
        if not area.any():
            continue  # a gap in the alerts: nobody listened
        week = (pd.Timestamp(date) - pd.Timestamp(ground.first)).days // 7
        share = area / ground.uniform
        expected = expected * share
        box = np.flatnonzero(observed if places is None else observed * places)
        hits = searched(expected.astype(np.float32), area / area.sum(), [SHARE], box)[0]
        density = expected[box] / expected.sum() / (area[box] / area.sum())
        sums[:, week] += [np.sum(hits * observed[box]), np.sum(np.log(np.maximum(density, 1e-9)) * observed[box]),
                          observed[box].sum(), np.sum(expected if places is None else expected * places)]
    return sums


def table(results, base="all pieces"):
    """Hit rate and log score of every variant, and what is lost against the base, with 90 % intervals."""
    rng = np.random.default_rng(1)
    weeks = next(iter(results.values())).shape[1]
    draws = rng.integers(0, weeks, (2000, weeks))
    rows = []
    for name, sums in results.items():
        again = sums[:, draws].sum(axis=2)
        other = results[base][:, draws].sum(axis=2)
        hit, score = sums[0].sum() / sums[2].sum(), sums[1].sum() / sums[2].sum()
        loss = [results[base][row].sum() / results[base][2].sum() - value for row, value in ((0, hit), (1, score))]
        spans = [np.percentile(other[row] / other[2] - again[row] / again[2], [5, 95]) for row in (0, 1)]
        rows.append({"variant": name, "events": round(sums[2].sum()), "hit rate": f"{100 * hit:.1f} %",
                     "lost": f"{100 * loss[0]:+.1f} ({100 * spans[0][0]:+.1f} to {100 * spans[0][1]:+.1f})",
                     "log score": f"{score:.3f}",
                     "lost ": f"{loss[1]:+.3f} ({spans[1][0]:+.3f} to {spans[1][1]:+.3f})",
                     "expected / observed": f"{sums[3].sum() / sums[2].sum():.2f}"})
    return pd.DataFrame(rows)


def pieces(ground, only):
    """Every piece switched off by itself."""
    truths, found = {"spread": ground.truth(), "as given": ground.truth(spread=False)}, {"spread": {}, "as given": {}}
    for piece in only or PIECES:
        begun = time.monotonic()
        areas = None if piece.startswith("no coverage") else ground.areas
        shifts = list(forecasts(ground, ground.events(piece), areas, piece == LIVE))
        for name, truth in truths.items():
            found[name][piece] = judged(ground, truth, shifts)
        print(f"  {piece}: {time.monotonic() - begun:.0f} s", flush=True)
    return found


def hidden(ground):
    """The sensors of one district taken away: what is forecast there, judged by what they heard."""
    truth, found = ground.truth(), {}
    for district in HIDDEN:
        area = ground.areas["area"] == f"{district}D"
        away = ground.areas[~area]
        inside = ground.areas[area]["boxes"].iloc[0]
        places = ground.boxes["box_id"].map(inside).fillna(0.0).to_numpy() > 0.5
        events = ground.events()
        col, row = (np.floor(events[axis] / ground.settings.size).astype(int) for axis in ("x", "y"))
        ids = "C" + col.astype(str) + "R" + row.astype(str)
        lost = ids.isin(ground.boxes["box_id"][places]) & (events["heard"] > 0)
        variants = {"sensors kept": (events, ground.areas), "reports stand in": (events[~lost], away),
                    "no reports": (events[~lost & (events["heard"] > 0)], away),
                    "no coverage: silence is zero": (events[~lost & (events["heard"] > 0)], None)}
        results = {}
        for name, (own, areas) in variants.items():
            results[name] = judged(ground, truth, list(forecasts(ground, own, areas)), places)
            print(f"  {district}D {name}", flush=True)
        found[f"{district}D"] = results
    return found


FIREWORKS = ("07-01/07-06", "12-29/01-02")
MADE = {"shots a day": 6.0, "bangs on a day of fireworks": 60.0, "calls per shot": 0.25, "calls per bang": 0.5}


def made_bangs(seed):
    """Two and a half years of shots and fireworks, and the calls about them: x, y, from_utc. Both halves of the city
    are alike, with one hot box each."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2018-01-01", "2020-07-31", tz="America/New_York")
    festive = gunfire_events.on_days(days, FIREWORKS)
    parts = []
    for mean, called in ((MADE["shots a day"], MADE["calls per shot"]),
                         (np.where(festive, MADE["bangs on a day of fireworks"], 0.0), MADE["calls per bang"])):
        day = np.repeat(days, rng.poisson(mean, len(days)))
        cell = rng.integers(0, SIDE, (len(day), 2)).astype(float)
        hot = rng.random(len(day)) < 0.4 * (called == MADE["calls per shot"])  # fireworks are let off everywhere
        cell[hot] = np.array([(3, 3), (10, 9)])[rng.integers(0, 2, hot.sum())]
        place = (cell + rng.random(cell.shape)) * SIZE
        parts.append(pd.DataFrame({
            "x": place[:, 0], "y": place[:, 1], "called": rng.random(len(day)) < called,
            "from_utc": (day + pd.to_timedelta(rng.uniform(0, 24, len(day)), unit="h")).tz_convert("UTC")}))
    return pd.concat(parts).sort_values("from_utc", ignore_index=True)


def fireworks(seeds=range(3)):
    """What is expected in the half without sensors, over what happens there, with calls in full and weighed."""
    boxes = admit_boxes(make_boxes())
    east = (boxes["col"] >= SIDE // 2).to_numpy()
    areas = pd.DataFrame({"from_date": [None], "to_date": [None],
                          "boxes": [dict.fromkeys(boxes["box_id"][east], 1.0)]})
    calendar = ShiftCalendar([Shift("day", "Day", "07:00", "19:00"), Shift("night", "Night", "19:00", "07:00")],
                             "America/New_York")
    both = "all", "shift"
    ladder = [Rung(f"decay_{days}", "decayed count", "",
                   tuple(Feature(Lookback("decay", float(days)), scope, 250.0) for scope in both))
              for days in (14, 180)]
    rows = []
    cases = itertools.product(("2020-05-10", "2020-07-06"), ("in full", "weighed"), ladder, seeds)
    for date, calls, rung, seed in cases:
        bangs = made_bangs(seed)
        alerts = bangs[bangs["x"] >= SIDE // 2 * SIZE].rename(columns={"from_utc": "occurred_utc"})
        alerts = alerts.assign(kind="single")
        told = bangs[bangs["called"]]
        incidents = told.assign(crime_type="gunfire", to_utc=told["from_utc"], known_utc=told["from_utc"], firearm=None)
        weighed = {"calendar": calendar, "firework_days": FIREWORKS} if calls == "weighed" else {}
        events = pd.concat([gunfire_events.gunfire_events(alerts, calendar, firework_days=FIREWORKS),
                            gunfire_events.report_events(incidents, **weighed)], ignore_index=True)
        as_of = calendar.as_of(date)
        model = train(events, boxes, calendar, as_of, crime_types=["gunfire"], ladder=[rung], coverage=areas)
        expected = sum(model.score(events, boxes, calendar, date, shift, as_of, coverage=areas)["expected"].to_numpy()
                       for shift in calendar.codes)
        rows.append((date, calls, rung.name, model.types["gunfire"].reporting.factor, expected[~east].sum()))
    found = pd.DataFrame(rows, columns=["date", "calls", "memory", "reports per alert", "without sensors"])
    found["without sensors"] /= MADE["shots a day"] / 2
    return found.groupby(["date", "calls", "memory"]).mean().round(2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=[*sorted(CASES), "fireworks"])
    parser.add_argument("--piece", action="append", choices=PIECES)
    parser.add_argument("--json", type=Path, help="also keep the weekly sums")
    options = parser.parse_args()
    if options.case == "fireworks":
        print(fireworks().to_string())
        return
    files, first, last = CASES[options.case]
    with tempfile.TemporaryDirectory() as folder, workspace_of(files, Path(folder)) as workspace:
        ground = Ground(workspace, first, last)
    base = "sensors kept" if options.case == "hidden" else "all pieces"
    found = hidden(ground) if options.case == "hidden" else pieces(ground, options.piece)
    if options.json:
        options.json.write_text(json.dumps({key: {name: sums.tolist() for name, sums in results.items()}
                                            for key, results in found.items()}))
    for key, results in found.items():
        print(f"\n{options.case}, {first} to {last}, {key}")
        print(table(results, base if base in results else next(iter(results))).to_string(index=False))


if __name__ == "__main__":
    main()
