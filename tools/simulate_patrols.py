"""Simulated patrols for the demo: GPS fixes, a roster and tactic logs, made from plans. No real unit ever moved so.

No police department publishes where its cars were, so the demo makes it up: one car per beat, which drives between
places of its beat, stays in its planned boxes (most stays on target, some short, some long, some left out), with the
noise, the gaps and the outliers that real GPS has. Everything is drawn from one seed, and every unit is called SIM.
"""
import argparse
import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shotspotter_connect_plugin.forecast import crs as systems  # noqa: E402
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace  # noqa: E402

EVERY = 30.0
"""Seconds between fixes."""
LOGGED, UNAPPROVED = 0.8, 0.02
"""Shares of visits with a tactic log, and of logs with a tactic that nobody approved."""
DRIVING = (18.0, 45.0)
"""Slowest and fastest drive, km/h, stops at lights included."""
STAYS = ((0.70, 11.0, 19.0), (0.12, 4.0, 9.0), (0.08, 21.0, 32.0))
"""Share, shortest and longest minutes of stays; what is left of the shares is not visited at all."""
CALLS, CALL = 0.3, (1.0, 8.0)
"""Share of drives between patrols that answer a call, and minutes there; the others lead back to the car's post."""
POST = (10.0, 40.0)
"""Minutes at the post."""
LIGHTS, LIGHT_SECONDS = 0.3, 40.0
NOISE, NOISE_MEMORY = 5.0, 0.8
"""Error of a fix in metres (standard deviation), and how much of it the next fix keeps."""
GAPS, OUTLIERS, BAD_FIXES = 1.5, 0.0005, 0.01
"""Silences per car and shift; shares of fixes kilometres off, and of fixes with an error of more than 50 m."""


def simulate_period(workspace, dates, seed=1):
    """Simulate the planned patrols of every shift of some dates; as :func:`simulate`."""
    slots = workspace.calendar.slots(dates[0], dates[-1])
    parts = [simulate(workspace, slot.shift_date, slot.shift, (seed, number))
             for number, slot in enumerate(slots.itertuples())]
    return tuple(pd.concat(frames, ignore_index=True) for frames in zip(*parts))


def simulate(workspace, shift_date, shift, seed=(1,)):
    """Simulate the planned patrols of a shift.

    Parameters
    ----------
    workspace : Workspace
    shift_date, shift : str
    seed : sequence of int

    Returns
    -------
    (fixes, roster) : pandas.DataFrame
        ``unit, timestamp, latitude, longitude, accuracy_m, source`` and ``unit, badge, from, to, source``.
    """
    start, end = workspace.calendar.bounds(shift_date, shift)
    boxes = workspace.read("boxes", ["box_id", "col", "row", "beat"])
    patrols = workspace.read("patrols", where={"shift_date": shift_date, "shift": shift, "status": "planned"},
                             order_by=["beat", "visit_order"])
    to_degrees = systems.change(workspace.settings.crs, systems.DEGREES)
    tracks, crews, crew = [], [], workspace.calendar.codes.index(shift) + 1
    for number, (beat, planned) in enumerate(patrols.groupby("beat")):
        rng = np.random.default_rng([*seed, number])
        places = _corners(workspace.fishnet, boxes[boxes["beat"] == beat])
        planned = planned.merge(boxes[["box_id", "col", "row"]], on="box_id")
        goals = _corners(workspace.fishnet, planned).repeat(1 + planned["returns"].fillna(0).astype(int), axis=0)
        seconds = (end - start).total_seconds()
        time, x, y, accuracy = _seen(rng, *_drive(rng, goals, places, seconds), seconds)
        longitude, latitude = to_degrees(x, y)
        unit = f"SIM-{beat}"
        tracks.append(pd.DataFrame({
            "unit": unit, "timestamp": (start + pd.to_timedelta(time, unit="s")).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "latitude": latitude.round(6), "longitude": longitude.round(6), "accuracy_m": accuracy.round(1),
            "source": "simulated"}))
        # Each shift has a crew of its own, and no crew works two shifts of a day.
        crews += [{"unit": unit, "badge": f"S{number:03d}{crew}{seat}", "from": start.isoformat(),
                   "to": end.isoformat(), "source": "simulated"} for seat in range(2 if number % 3 == 0 else 1)]
    return pd.concat(tracks, ignore_index=True), pd.DataFrame(crews)


def simulate_tactics(workspace, dates, seed=1):
    """Tactic logs of the visits of some dates: ``badge, unit, tactic, minutes, logged_at, source``."""
    visits = workspace.read("visits", where={"shift_date": list(dates)}, order_by="visit_id")
    patrols = workspace.read("patrols", ["patrol_id", "crime_type"], {"shift_date": list(dates)})
    visits = visits[visits["patrol_id"].notna()].merge(patrols, on="patrol_id")
    tactics, rng, rows = workspace.read("tactics", order_by="sort_order"), np.random.default_rng(seed), []
    for visit in visits.itertuples():
        if rng.random() >= LOGGED:
            continue
        fits = [row.tactic for row in tactics.itertuples()
                if not row.crime_types or visit.crime_type in row.crime_types]
        used = rng.choice(fits, rng.integers(1, 3), replace=False).tolist()
        if rng.random() < UNAPPROVED:
            used[0] = "something_else"
        at = visit.entered_utc
        for tactic in used:
            minutes = round(visit.minutes / len(used), 1)
            at += pd.Timedelta(minutes=0.9 * minutes)
            rows.append((visit.officer, visit.unit, tactic, minutes, at.strftime("%Y-%m-%dT%H:%M:%SZ"), "simulated"))
    return pd.DataFrame(rows, columns=["badge", "unit", "tactic", "minutes", "logged_at", "source"])


def _corners(fishnet, boxes):
    """(n, 2) lower left corners of boxes."""
    return fishnet.rectangles(boxes["col"].to_numpy(), boxes["row"].to_numpy())[:, :2]


def _drive(rng, goals, places, seconds):
    """Where the car really was: its turns and stops as times, x and y."""
    def somewhere(corner, margin):
        return corner + rng.uniform(margin, 250.0 - margin, 2)

    here = somewhere(places[rng.integers(len(places))], 20.0)
    path = [(0.0, *here)]

    def go(there):
        """Along streets that run east and north, with a stop at some corners."""
        corner = np.array([there[0], path[-1][2]]) if rng.random() < 0.5 else np.array([path[-1][1], there[1]])
        for leg in (corner, there):
            time, place = path[-1][0], np.array(path[-1][1:])
            took = np.hypot(*(leg - place)) / (rng.uniform(*DRIVING) / 3.6)
            path.append((time + took, *leg))
            if rng.random() < LIGHTS:
                path.append((path[-1][0] + rng.uniform(0.3, 1.0) * LIGHT_SECONDS, *leg))

    def stay(corner, minutes):
        """Parked, then on foot, then parked: never more than a block from the car, inside the box."""
        until = path[-1][0] + 60.0 * minutes
        while path[-1][0] < until:
            time = min(path[-1][0] + rng.uniform(60.0, 240.0), until)
            place = np.clip(np.array(path[-1][1:]) + rng.normal(0.0, 25.0, 2), corner + 20.0, corner + 230.0)
            path.append((time, *place))

    def wait(until):
        """Answer a call, or stand at the post, until then at most."""
        call = rng.random() < CALLS
        there = places[rng.integers(len(places))] if call else post
        go(somewhere(there, 20.0))
        stay(there, np.clip((until - path[-1][0]) / 60.0, 0.1, rng.uniform(*(CALL if call else POST))))

    post = places[rng.integers(len(places))]
    pause = seconds / (len(goals) + 1)
    for number, goal in enumerate(goals):
        begin = rng.uniform(0.3, 0.9) * pause + number * pause
        while path[-1][0] < begin:
            wait(begin)
        kind = np.searchsorted(np.cumsum([share for share, _, _ in STAYS]), rng.random())
        if kind < len(STAYS):
            go(somewhere(goal, 60.0))
            stay(goal, rng.uniform(*STAYS[kind][1:]))
    while path[-1][0] < seconds:
        wait(seconds)
    return tuple(np.array(column) for column in zip(*path))


def _seen(rng, path_time, path_x, path_y, seconds):
    """What the receiver told: fixes with noise, silences, outliers."""
    time = np.arange(rng.uniform(0.0, EVERY), seconds, EVERY)
    for _ in range(rng.poisson(GAPS)):
        begin, length = rng.uniform(0.0, seconds), 60.0 * rng.uniform(3.0, 15.0)
        time = time[(time < begin) | (time > begin + length)]
    accuracy = np.where(rng.random(time.size) < BAD_FIXES, rng.uniform(55.0, 200.0, time.size),
                        rng.uniform(3.0, 12.0, time.size))
    place = []
    for axis in (path_x, path_y):
        error, step = np.zeros(time.size), rng.normal(0.0, NOISE * np.sqrt(1 - NOISE_MEMORY ** 2), time.size)
        for fix in range(1, time.size):
            error[fix] = NOISE_MEMORY * error[fix - 1] + step[fix]
        far = np.where(rng.random(time.size) < OUTLIERS, rng.normal(0.0, 5000.0, time.size), 0.0)
        place.append(np.interp(time, path_time, axis) + error + far)
    return (time, *place, accuracy)


def write(frame, folder, name):
    """Write a table into a folder as packed CSV -> its path; the same simulation gives the same bytes."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"simulated_{name}.csv.gz"
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        file.write(frame.to_csv(index=False).encode())
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace")
    parser.add_argument("date")
    parser.add_argument("shift")
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with open_workspace(given.workspace) as workspace:
        fixes, roster = simulate(workspace, given.date, given.shift, (given.seed,))
    shift = f"{given.date}_{given.shift}"
    gps, crews = write(fixes, given.folder, "gps_" + shift), write(roster, given.folder, "roster_" + shift)
    print("{:,} simulated fixes of {} units: {}; their crews: {}".format(
        len(fixes), fixes["unit"].nunique(), gps.name, crews.name))


if __name__ == "__main__":
    main()
