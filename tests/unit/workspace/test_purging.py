"""Retention: what is older than its limit goes for good, everything else stays, and nothing goes unasked."""
from pathlib import Path

import pandas as pd
import pytest

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.steps.configure import configure
from shotspotter_connect_plugin.workspace.steps.purging import purge
from shotspotter_connect_plugin.workspace.store import runs
from shotspotter_connect_plugin.workspace.store.tables import TABLES

pytestmark = pytest.mark.usefixtures("windows_files")

NOW = pd.Timestamp("2024-03-20T16:00:00Z")  # noon in New York, ten days after the clocks went forward
SECRET = "BADGE-SECRET-4711"


def moments(*texts):
    return pd.DatetimeIndex([pd.Timestamp(text) for text in texts])


@pytest.fixture
def aged(workspace):
    """Rows on either side of 30 days before NOW: 2024-02-19 00:00 in New York, which is 05:00 UTC."""
    at = moments("2024-02-19T04:59:59.999Z", "2024-02-19T05:00:00Z", "2024-03-20T15:00:00Z", "2020-01-01T00:00:00Z")
    ids = [f"n{number}" for number in range(4)]
    with workspace.transaction() as writer:
        writer.append("gps_fixes", pd.DataFrame({"unit": "U1", "at_utc": at, "x": 320_500.0, "y": 4_300_500.0}))
        writer.append("visits", pd.DataFrame({"visit_id": ids, "officer": [SECRET, "o2", "o3", SECRET], "unit": "U1",
                                              "entered_utc": at, "left_utc": at, "minutes": 9.0}))
        writer.append("tactic_log", pd.DataFrame({"log_id": ids, "officer": "o", "at_utc": [*at[:3], pd.NaT]}))
        writer.append("forecasts", pd.DataFrame({
            "shift_date": ["2024-02-18", "2024-02-19", "2024-02-20", "2024-03-20"], "shift": "day", "box_id": "C1R1",
            "crime_type": "theft", "expected": 0.1}))
        writer.append("incidents", pd.DataFrame({
            "incident_id": ids, "crime_type": "theft", "occurred_from_utc": at, "occurred_to_utc": at,
            "x": 320_500.0, "y": 4_300_500.0}))
        writer.append("runs", pd.DataFrame([{"run_id": "old", "started_utc": at[3]}]))
    return workspace


def limits(workspace, **days):
    configure(workspace, {"settings": {"retention_days": days}})


def test_what_would_go_is_told_and_nothing_goes(aged):
    limits(aged, gps_fixes=30, visits=30, forecasts=30, tactic_log=30)
    before = aged.content_hash()
    table = purge(aged, now=NOW).set_index("table")
    assert table["rows"].to_dict() == {"forecasts": 1, "gps_fixes": 2, "visits": 2, "tactic_log": 1}
    assert table["kept"].to_dict() == {"forecasts": 3, "gps_fixes": 2, "visits": 2, "tactic_log": 3}
    assert set(table["before"]) == {"2024-02-19"} and aged.content_hash() == before


def test_rows_go_at_midnight_of_the_agencys_clock_and_the_rest_stays(aged):
    limits(aged, gps_fixes=30, visits=30, forecasts=30, incidents=9000)
    told = purge(aged, now=NOW)
    done = purge(aged, dry_run=False, now=NOW)
    pd.testing.assert_frame_equal(told, done)
    assert aged.read("gps_fixes")["at_utc"].tolist() == list(moments("2024-02-19T05:00:00Z", "2024-03-20T15:00:00Z"))
    assert aged.read("visits")["visit_id"].tolist() == ["n1", "n2"]
    assert aged.read("forecasts")["shift_date"].min() == "2024-02-19"
    assert aged.count("incidents") == aged.count("tactic_log") == 4 and aged.count("runs") == 1
    assert (purge(aged, dry_run=False, now=NOW)["rows"] == 0).all()
    assert aged.faults() == []


def test_nothing_of_a_removed_row_stays_in_the_file(aged):
    limits(aged, visits=30)
    path = Path(aged.address)
    with aged.transaction() as writer:
        writer.delete("visits", {"visit_id": "n0"})
    purge(aged, dry_run=False, now=NOW)
    assert aged.read("visits")["officer"].tolist() == ["o2", "o3"]
    content = b"".join(part.read_bytes() for part in path.parent.iterdir() if part.name.startswith(path.name))
    assert SECRET.encode() not in content and b"o3" in content


def test_a_purge_that_is_stopped_has_done_nothing(aged):
    class Stop(Progress):
        def report(self, fraction, text=""):
            if "visits" in text:
                raise Cancelled()

    limits(aged, gps_fixes=30, visits=30)
    before = aged.content_hash()
    with pytest.raises(Cancelled):
        purge(aged, dry_run=False, now=NOW, progress=Stop())
    assert aged.content_hash() == before


def test_what_makes_no_sense_is_one_sentence(aged, monkeypatch):
    with pytest.raises(ConnectError, match="No retention limit is set"):
        purge(aged, now=NOW)
    for table in ("boxes", "patrols", "models", "adjustments", "draw_boxes", "runs", "settings"):
        with pytest.raises(ConnectError, match="no table that can be purged"):
            limits(aged, **{table: 30})
    with pytest.raises(ConnectError, match="visits must be a whole number of days, at least 28"):
        limits(aged, visits=27)
    limits(aged, visits=28)
    settings = aged.settings
    settings.roles = {runs.account(): "auditor"}
    with aged.transaction() as writer:
        writer.save_settings(settings)
    with pytest.raises(ConnectError, match="only an analyst or a supervisor may purge"):
        purge(aged, dry_run=False, now=NOW)
    assert purge(aged, now=NOW)["rows"].tolist() == [3]  # anybody may look


def test_every_table_that_ages_has_its_moment_and_may_change():
    aging = {name: table for name, table in TABLES.items() if table.ages_by}
    assert set(aging) >= {"gps_fixes", "visits", "tactic_log", "incidents", "gunfire", "roster", "forecasts"}
    for table in aging.values():
        assert not table.append_only and table.column(table.ages_by).type in ("utc", "date")
