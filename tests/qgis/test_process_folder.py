"""A drop folder in the real ``qgis_process``: ``connect:daily`` and ``connect:importfolder`` as a scheduled job."""
import os
import shutil
import time

import pandas as pd
import pytest
from qgis_runs import DATE

from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

pytestmark = pytest.mark.skipif(shutil.which("qgis_process") is None, reason="needs qgis_process")
LAT, LON = 38.8930, -76.9370


@pytest.fixture
def drop(tmp_path):
    """A folder with incidents, alerts, GPS, a roster, one that needs an answer and one that is broken, all whole."""
    folder = tmp_path / "drop"
    folder.mkdir()
    places = {"LATITUDE": [LAT + number / 2e4 for number in range(12)], "LONGITUDE": LON}
    pd.DataFrame({"CCN": [f"N{number}" for number in range(12)], "OFFENSE": ["ROBBERY", "BURGLARY", "NARCOTICS"] * 4,
                  "Occurred Date": [f"2017-12-{number % 9 + 1:02d} 21:{number:02d}" for number in range(12)],
                  **places}).to_csv(folder / "incidents_night.csv", index=False)
    pd.DataFrame({"ID": [f"S{number}" for number in range(6)], "Type": "Multiple Gunshots", "Rounds": 3,
                  "DateTime": [f"2017-12-{number + 14:02d} 01:10:00" for number in range(6)],
                  "Latitude": [LAT + number / 1e4 for number in range(6)], "Longitude": LON}).to_csv(
        folder / "alerts.csv", index=False)
    moments = pd.date_range(f"{DATE} 16:00", periods=120, freq="30s")
    pd.DataFrame({"Unit": "12", "DateTime": moments.astype(str), "Latitude": LAT, "Longitude": LON}).to_csv(
        folder / "avl.csv", index=False)
    (folder / "roster.csv").write_text(f"Unit,Badge,From,To\n12,4711,{DATE} 15:00,{DATE} 23:00\n")
    pd.DataFrame({"Driver Name": ["A. Roe", "B. Doe"] * 10, "Unit Speed": 0,
                  "GPS Time": [f"{DATE} 17:{number:02d}:00" for number in range(20)],
                  "Latitude": LAT, "Longitude": LON}).to_csv(folder / "rented_cars.csv", index=False)
    pd.DataFrame({"CCN": ["A1", "A2"], "OFFENSE": "ROBBERY", "Occurred Date": ["03/04/2017 10:00", "05/06/2017 11:00"],
                  "LATITUDE": LAT, "LONGITUDE": LON, "Narrative": ""}).to_csv(folder / "day_or_month.csv", index=False)
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 this was cut off")
    _whole(folder)
    return folder


def _whole(folder):
    """Files that nobody has written to for a minute."""
    for path in folder.iterdir():
        os.utime(path, (time.time() - 60,) * 2)


def _counts(path):
    with open_workspace(path) as workspace:
        return {table: workspace.count(table) for table in ("incidents", "gunfire", "gps_fixes", "roster", "visits")}


def _outputs(done):
    return dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)


def test_the_day_takes_what_was_dropped_names_what_it_could_not_and_does_it_once(process, full, drop, tmp_path):
    before = _counts(full)
    given = ("run", "connect:daily", f"--WORKSPACE={full}", f"--DATE={DATE}", f"--FOLDER={drop}",
             f"--OUTPUT={tmp_path / 'day'}")
    done = process(*given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    found, after = _outputs(done), _counts(full)
    assert (found["TAKEN"], found["LEFT"]) == ("4", "3"), done.stdout + done.stderr
    assert {table: after[table] - before[table] for table in after} == {
        "incidents": 8, "gunfire": 6, "gps_fixes": 120, "roster": 1, "visits": after["visits"]}
    assert after["visits"] > 0
    told = done.stdout + done.stderr
    for words in ("incidents_night.csv: taken as", "4 rejected: never used in a forecast (4)", "rented_cars.csv: left",
                  "Driver Name", "day_or_month.csv", "DATE_ORDER", "broken.xlsx"):
        assert words in told, told
    assert "Roe" not in told
    assert sorted(path.name for path in (tmp_path / "day").iterdir() if path.suffix == ".pdf") == [
        f"rollcall_{DATE}_{code}.pdf" for code in ("day", "evening", "midnight")]
    again = process(*given)
    assert again.returncode == 0 and _outputs(again)["TAKEN"] == "0" and _outputs(again)["LEFT"] == "3"
    assert _counts(full) == after


def test_what_was_left_is_taken_once_it_was_answered(process, full, drop):
    folder = ("run", "connect:importfolder", f"--WORKSPACE={full}", f"--FOLDER={drop}")
    done = process(*folder)
    assert done.returncode == 0 and _outputs(done)["LEFT"] == "3", done.stdout + done.stderr
    done = process("run", "connect:importincidents", f"--WORKSPACE={full}", f"--INPUT={drop / 'day_or_month.csv'}",
                   "--DATE_ORDER=mdy")
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.copy(drop / "day_or_month.csv", drop / "next_night.csv")
    with open(drop / "next_night.csv", "a", encoding="utf-8") as file:
        file.write(f"A3,BURGLARY,07/08/2017 12:00,{LAT},{LON},\n")
    _whole(drop)
    done = process(*folder)
    assert done.returncode == 0 and _outputs(done)["TAKEN"] == "1", done.stdout + done.stderr
    assert _outputs(done)["LEFT"] == "2" and "next_night.csv: taken as" in done.stdout + done.stderr


def test_a_folder_of_which_nothing_could_be_taken_fails_and_a_failed_day_leaves_no_folder(process, fresh, drop):
    for path in drop.iterdir():
        if path.name not in ("broken.xlsx", "rented_cars.csv"):
            path.unlink()
    done = process("run", "connect:importfolder", f"--WORKSPACE={fresh}", f"--FOLDER={drop}")
    assert done.returncode == 1 and "None of the 2 files that wait" in done.stderr, done.stdout + done.stderr
    done = process("run", "connect:daily", f"--WORKSPACE={fresh}", f"--DATE={DATE}", f"--FOLDER={drop}")
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stdout + done.stderr
    assert not (fresh.parent / "plans").exists()
