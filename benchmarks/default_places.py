"""How often a default place is found, and how often a real one is taken for one, on extracts of real exports.

usage: .venv/bin/python benchmarks/default_places.py /work/shared/data    (about two minutes)

Extracts are whole files, years, months, wards or districts, single offences and random rows. In each, a share of the
rows is moved to a point where the file has none (a city's middle), and to a point that has rows of its own (the police
headquarters); true places are made, too: a mall with thefts and a hospital with assaults, each with one address.
"""
from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

FILES = (  # file, x, y, offence, address, date, area
    ("dc/crime_incidents_2006_2012.csv.gz", "XBLOCK", "YBLOCK", "OFFENSE", "BLOCK", "REPORT_DAT", "WARD"),
    ("dc/crime_incidents_2012_2017_wards_3_4_8.csv.gz", "XBLOCK", "YBLOCK", "OFFENSE", "BLOCK", "REPORT_DAT",
     "WARD"),
    ("dc/Crime_Incidents_in_2017.csv.gz", "X", "Y", "OFFENSE", "BLOCK", "REPORT_DAT", "WARD"),
    ("dc/Crime_Incidents_in_2017_with_times.csv.gz", "X", "Y", "OFFENSE", "BLOCK", "REPORT_DAT", "WARD"),
    ("dc/Crime_Incidents_in_2018.csv.gz", "X", "Y", "OFFENSE", "BLOCK", "REPORT_DAT", "WARD"),
    ("dc/Crime_Incidents_in_2019.csv.gz", "X", "Y", "OFFENSE", "BLOCK", "REPORT_DAT", "WARD"),
    ("nyc/NYPD_Shooting_Incident_Data__Historic_.csv.gz", "Longitude", "Latitude", "STATISTICAL_MURDER_FLAG", "",
     "OCCUR_DATE", "PRECINCT"),
    ("alerts/kansas_city_mo_shotspotter_2016_2021.csv.gz", "Longitude", "Latitude", "Type", "", "Date", "District"),
    ("alerts/oakland_shotspotter_cfs_2008_2013.csv.gz", "XCOORD", "YCOORD", "", "", "", ""),
    ("dc/shotspotter_dc_foia_2006_2013.csv.gz", "Longitude-100meter", "Latitude-100meter", "Type", "", "Date Time",
     "Coverage Area"),
    ("dc/shotspotter_dc_mpd_2014_2018q1.csv.gz", "Lon (100)", "Lat (100)", "Type", "", "Date", "Source"),
    ("dc/Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv.gz", "LONGITUDE", "LATITUDE", "TYPE", "", "DATETIME",
     "SOURCE"),
    ("dc/shotspotter_dc_2006_2019_combined.csv.gz", "LONGITUDE", "LATITUDE", "TYPE", "", "DATETIME_LOCAL", "SOURCE"))
SHARES = (0.005, 0.02, 0.1)
FEWEST = 100


def read(folder, name, x, y, offence, address, date, area):
    """The rows of a file whose place is known: x, y, offence, address, year, month, area."""
    rows = pd.read_csv(Path(folder) / name, dtype=str, keep_default_na=False)
    column = {plain(one): one for one in rows}
    when = pd.to_datetime(rows[date].str[:10], errors="coerce", format="mixed") if date in rows else pd.Series(
        pd.NaT, index=rows.index)
    frame = pd.DataFrame({
        "x": pd.to_numeric(rows[column[plain(x)]], errors="coerce"),
        "y": pd.to_numeric(rows[column[plain(y)]], errors="coerce"),
        "offence": rows.get(offence, ""), "address": rows.get(address, ""),
        "year": when.dt.strftime("%Y"), "month": when.dt.strftime("%Y-%m"), "area": rows.get(area, "")})
    near = (frame["x"] - frame["x"].median()).abs() < 20 * (frame["x"].quantile(.75) - frame["x"].quantile(.25))
    frame = frame[near & frame["y"].notna()]
    return frame.reset_index(drop=True), bool(offence), bool(address)


def plain(name):
    """A name of a column without case."""
    return str(name).casefold()


def extracts(frame, random):
    """(kind, rows) of every extract of at least FEWEST rows."""
    yield "whole file", frame
    for kind in ("year", "month", "area", "offence"):
        for _, rows in frame.groupby(kind):
            if FEWEST <= len(rows) < len(frame):
                yield f"one {kind}", rows
    for size in (100, 300, 1000, 3000, 10_000):
        for _ in range(10):
            if size < len(frame):
                yield f"{size} random rows", frame.iloc[np.sort(random.choice(len(frame), size, replace=False))]


def found(frame, offence, address):
    """What the importer finds in rows."""
    from shotspotter_connect_plugin.workspace.imports.default_places import PointCounts, default_places
    from shotspotter_connect_plugin.workspace.imports.position_texts import Positions

    none = np.zeros(0, dtype=np.int64)
    places = Positions(frame["x"].to_numpy(float), frame["y"].to_numpy(float), none, none)
    words = {**({"offence": pd.Categorical(frame["offence"])} if offence else {}),
             **({"block": pd.Categorical(frame["address"])} if address else {})}
    counts = PointCounts.join([PointCounts.of(places)])
    return default_places(counts, np.ones(len(counts.x), dtype=bool), [SimpleNamespace(
        positions={("x", "y"): places}, words=words)], ("x", "y"), "block", "offence")


def moved(frame, share, random, where, own=None):
    """Rows of which a share lies at a point; ``own`` are the offences and the address of a true place there."""
    frame = frame.copy()
    at = random.random(len(frame)) < share
    frame.loc[at, ["x", "y"]] = where
    if own:
        offences, name = own
        frame.loc[at, "offence"] = random.choice(offences, int(at.sum()))
        frame.loc[at, "address"] = name
    return frame


def state(places, where):
    """How a point is seen: kept out, told, or nothing; and whether any other is kept out."""
    here = [place for place in places if (place.x, place.y) == tuple(where)]
    return ("kept out" if here[0].clear else "told") if here else "nothing"


def main(folder):
    """Print the counts."""
    random, tables = np.random.default_rng(1), {}

    def count(what, kind, share, seen):
        tables.setdefault((what, share), []).append((kind, seen))

    for name, *columns in FILES:
        frame, offence, address = read(folder, name, *columns)
        middle = (frame["x"].mean() + 1e-7, frame["y"].mean() + 1e-7)
        busy = tuple(frame.groupby(["x", "y"]).size().sort_values().index[-200])
        kinds = frame["offence"].value_counts().index.tolist()
        theft = [kind for kind in kinds if "THEFT" in kind.upper()] or kinds[:1]
        assault = [kind for kind in kinds if "ASSAULT" in kind.upper() or "ADW" in kind.upper()] or kinds[-1:]
        for kind, rows in extracts(frame, random):
            places = found(rows, offence, address)
            count("as it is", "", "", "kept out" if any(place.clear for place in places) else
                  "told" if places else "nothing")
            if any(place.clear for place in places):
                print(f"FALSE: {name}, {kind}: {[(p.rows, round(p.share, 3), p.address) for p in places]}")
            for share in SHARES:
                for what, where, own in (
                        ("default point", middle, None), ("at headquarters", busy, None),
                        *((("mall", middle, (theft, "1 MALL")), ("hospital", middle, (assault, "1 HOSPITAL")))
                          if offence and len(kinds) > 2 and kind != "one offence" else ())):
                    after = moved(rows, share, random, where, own)
                    there = int(((after["x"] == where[0]) & (after["y"] == where[1])).sum())
                    if there >= 5:
                        with_address = "" if not address else ", addresses"
                        count(what + with_address, kind, share, state(found(after, offence, address), where))
    for (what, share), seen in tables.items():
        states = pd.Series([one for _, one in seen]).value_counts()
        told = ", ".join(f"{states.get(one, 0)} {one}" for one in ("kept out", "told", "nothing"))
        print(f"{what:28} {share!s:6} {len(seen):5} extracts: {told}")


if __name__ == "__main__":
    main(*sys.argv[1:])
