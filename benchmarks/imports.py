"""One million incidents from CSV into a workspace: seconds and peak memory.

The rows are a year of real incidents of Washington, DC, repeated with new numbers; the file is the agency's own export
form, so that everything an import does is done: columns, privacy, times, coordinates, boxes, shifts, upsert. The same
file is imported a second time, when every row has to be found unchanged.

Run: /usr/bin/python3 benchmarks/imports.py [rows, 1000000 if not given]
"""
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.create import create_workspace  # noqa: E402
from shotspotter_connect_plugin.workspace.store.layers import read_vector  # noqa: E402
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace  # noqa: E402

SAMPLE = ROOT / "shotspotter_connect_plugin" / "resources" / "sample"
ZONE = "America/New_York"
LIMIT = 30.0


def make_file(path, count):
    """The sample's year as often as needed, each incident with a number of its own."""
    with gzip.open(SAMPLE / "crime_incidents_2017.csv.gz", "rt", encoding="utf-8") as file:
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    times = -(-count // len(rows))
    rows = pd.concat([rows] * times, ignore_index=True).head(count)
    rows["CCN"] = [str(10_000_000 + number) for number in range(count)]
    rows.to_csv(path, index=False)


def import_file(workspace, path):
    """The import in this process -> what it took and what it counted."""
    with open_workspace(workspace) as opened:
        clock, processor = time.perf_counter(), time.process_time()
        result = import_incidents(opened, path, source_timezone=ZONE)
        return {"seconds": time.perf_counter() - clock, "processor": time.process_time() - processor,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, **result.counts}


def measured(what, workspace, path):
    """One import in a process of its own, so that its peak memory is its own."""
    done = subprocess.run([sys.executable, __file__, "import", str(workspace), str(path)], check=True,
                          stdout=subprocess.PIPE)
    took = json.loads(done.stdout)
    print(f"{what:8} {took['read']:>9,} rows: {took['seconds']:5.1f} s ({took['processor']:.1f} s of processor), "
          f"peak {took['megabytes']:,.0f} MB; {took['added']:,} added, {took['unchanged']:,} unchanged, "
          f"{took['rejected']:,} rejected", flush=True)
    return took


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path, workspace = Path(folder, "incidents.csv"), Path(folder, "agency.gpkg")
        make_file(path, count)
        areas = read_vector(SAMPLE / "police_service_areas.geojson")
        create_workspace(workspace, read_vector(SAMPLE / "jurisdiction.geojson"), beats=areas, beat_field="NAME",
                         timezone=ZONE).close()
        print(f"{count:,} rows, {path.stat().st_size / 1e6:,.0f} MB of CSV", flush=True)
        first = measured("new", workspace, path)
        measured("again", workspace, path)
    if count == 1_000_000 and first["seconds"] > LIMIT:
        raise SystemExit(f"Slower than {LIMIT:.0f} s.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["import"]:
        print(json.dumps(import_file(*sys.argv[2:])))
    else:
        main()
