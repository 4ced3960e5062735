"""How good the forecast is on real data: the product's own back-test on Washington DC.

    python3 benchmarks/backtest.py [gunfire|wards|incidents|daily ...] [--output FOLDER] [--weeks 4]

Needs the published files: set CONNECT_DATA to the folder that holds ``dc/``. Files are imported as a user would
import them, places included; then ``backtest`` replays every shift of the test days from what was known at its plan
hour. The settings are the defaults; nothing is tuned here. Of types with 500 or more events it also tells how many of
their groups of equal expected events lie outside 0.9 to 1.1, and how many would by luck alone if every chance were
right, by two yardsticks (``luck.py``). Writes the table, the page, a summary and the groups of each case to the folder;
``luck.py --groups`` reads those again.
"""
import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from qgis.core import QgsApplication

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from luck import in_words, keep, luck  # noqa: E402

from shotspotter_connect_plugin.forecast import rolling_backtest  # noqa: E402
from shotspotter_connect_plugin.forecast.backtest_scores import SIMPLE  # noqa: E402
from shotspotter_connect_plugin.reports.web.backtest_page import in_short, write_page  # noqa: E402
from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire  # noqa: E402
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents  # noqa: E402
from shotspotter_connect_plugin.workspace.imports.place_import import import_places  # noqa: E402
from shotspotter_connect_plugin.workspace.steps import backtesting  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.configure import configure  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.create import create_workspace  # noqa: E402
from shotspotter_connect_plugin.workspace.store.layers import VectorTable, read_vector  # noqa: E402

DATA = Path(os.environ.get("CONNECT_DATA", ROOT.parent / "shared" / "data"))
ZONE = "America/New_York"
WHOLE_DAY = {"shifts": [{"shift": "day", "name": "Whole day", "start": "00:00", "end": "00:00", "weekdays": "1234567",
                         "sort_order": 1}]}
INCIDENTS = ["homicide", "aggravated_assault", "robbery", "burglary", "motor_vehicle_theft", "theft"]
# name: files of gunfire, files of incidents, wards (none = all), configuration, crime types, first and last test day
CASES = {
    "gunfire": (["Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv.gz"], [], (), {}, ["gunfire"],
                "2018-04-01", "2019-03-30"),
    "wards": ([], ["crime_incidents_2012_2017_wards_3_4_8.csv.gz"], ("3", "4", "8"), {}, INCIDENTS,
              "2016-12-01", "2017-11-29"),
    "incidents": ([], ["Crime_Incidents_in_2017_with_times.csv.gz"], (), {}, INCIDENTS, "2017-06-16", "2017-12-14"),
    "daily": ([], ["Crime_Incidents_in_2018.csv.gz", "Crime_Incidents_in_2019.csv.gz"], (), WHOLE_DAY, INCIDENTS,
              "2019-04-01", "2019-12-29"),
}
COMMON = 500
PLACES = {
    "liquor_licence": "liquor-license-locations", "metro_station": "metro-stations-district", "atm": "atm-banking",
    "bank": "bank-locations", "gas_station": "gas-stations", "grocery": "grocery-store-locations",
    "pharmacy": "pharmacy-locations", "public_school": "public-schools", "hotel": "hotel-locations",
    "library": "libraries", "shelter": "homeless-shelter-locations", "public_housing": "public-housing-areas",
    "check_cashing": "check-cashing-locations", "bike_share": "capital-bike-share-locations",
    "hospital": "hospitals", "campus": "university-and-college-campuses"}


def workspace_of(folder, gunfire, incidents, wards, configuration):
    """A workspace with the case's files, as a user would make it."""
    outline = read_vector(str(DATA / "dc/places/dc-boundary.geojson.gz"))
    if wards:
        layer = read_vector(str(DATA / "dc/places/ward-2012.geojson.gz"))
        keep = layer.frame["WARD"].astype(str).isin(wards).to_numpy()
        shapes = [shape for shape, kept in zip(layer.geometry, keep) if kept]
        outline = VectorTable(layer.frame[keep], shapes, layer.crs, "wards")
    beats = read_vector(str(DATA / "dc/places/police-service-areas-psa.geojson.gz"))
    workspace = create_workspace(Path(folder) / "benchmark.gpkg", outline, beats, "NAME", timezone=ZONE,
                                 crs="EPSG:26985")
    if configuration:
        configure(workspace, configuration)
    for name in gunfire:
        import_gunfire(workspace, str(DATA / "dc" / name), source_timezone="UTC")
    for name in incidents:
        import_incidents(workspace, str(DATA / "dc" / name), source_timezone=ZONE)
    for kind, name in PLACES.items():
        import_places(workspace, read_vector(str(DATA / "dc/places" / (name + ".geojson.gz"))), kind)
    return workspace


def run(name, output):
    """Back-test one case and print what counts."""
    gunfire, incidents, wards, configuration, types, first, last = CASES[name]
    with tempfile.TemporaryDirectory() as folder, \
            workspace_of(folder, gunfire, incidents, wards, configuration) as workspace:
        began = time.perf_counter()
        result = backtesting.backtest(workspace, first, last, types)
        seconds, details = time.perf_counter() - began, backtesting.in_words(workspace, result)
    result.table.to_csv(output / (name + ".csv"), index=False)
    write_page(result, f"Back-test, Washington DC, {name}, {first} to {last}", details, str(output / (name + ".html")))
    days = len(pd.date_range(first, last))
    lines = [f"## {name}: {first} to {last} ({days} days, {result.shifts} shifts), {len(result.boxes):,} boxes, "
             f"{seconds:.0f} s, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB",
             *in_short(result)]
    for one in result.replayed:
        own = result.table[result.table["crime_type"] == one.crime_type].set_index("method")
        best = own.loc[[method for method in SIMPLE if method in own.index], "log_score"].max()
        groups = " ".join(f"{seen / expected:.2f}" for expected, seen in one.calibration.groups())
        rungs = ", ".join(dict.fromkeys(rung for _, rung, _ in one.chosen))
        lines.append(f"{one.crime_type}: {one.events:.0f} events, rungs {rungs}; log score "
                     f"{own.loc['connect', 'log_score']:.3f}, best simple rule {best:.3f}; observed over expected in "
                     f"five groups {groups}")
    groups = {one.crime_type: one.calibration.weekly_groups() for one in result.replayed if one.events >= COMMON}
    keep(output / (name + "_groups.csv"), groups)
    lines.append(in_words(luck(list(groups.values()))))
    text = "\n".join(lines) + "\n"
    (output / (name + ".txt")).write_text(text, encoding="utf-8")
    print(text, flush=True)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], default=[])
    parser.add_argument("--output", type=Path, default=ROOT / "out" / "backtest")
    parser.add_argument("--weeks", type=int, default=rolling_backtest.RETRAIN_WEEKS, help="between two trainings")
    arguments = parser.parse_args()
    rolling_backtest.RETRAIN_WEEKS = arguments.weeks
    if not (DATA / "dc").is_dir():
        print("The published files are not there; set CONNECT_DATA to the folder that holds dc/.")
        return
    arguments.output.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QgsApplication([], False)  # measures the words of the charts; alive until the end
    for name in arguments.cases or CASES:
        run(name, arguments.output)
    del application


if __name__ == "__main__":
    main()
