"""Every run is on record, with what it used and how it ended, and never with a password."""
import hashlib
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.workspace.store.runs import library_versions, recorded, without_secrets


def test_a_run_that_succeeds(workspace, tmp_path):
    given_file = tmp_path / "in.csv"
    given_file.write_text("a,b\n1,ü\n", encoding="utf-8")
    with recorded(workspace, "connect:importincidents", {"WORKSPACE": workspace.address, "CAP": 0.5, "ROWS": [1, None]},
                  [given_file, tmp_path / "missing.csv"], {"qgis": "3.40.6"}) as run:
        run.counts = {"read": 2, "added": 1}
    row, = workspace.read("runs").to_dict("records")
    assert row["algorithm"] == "connect:importincidents" and row["result"] == "done"
    assert row["counts"] == {"read": 2, "added": 1}
    assert row["parameters"] == {"WORKSPACE": workspace.address, "CAP": 0.5, "ROWS": [1, None]}
    assert row["input_hashes"] == {"in.csv": hashlib.sha256(given_file.read_bytes()).hexdigest()}
    assert row["versions"]["qgis"] == "3.40.6" and {"plugin", "python", "numpy", "pandas"} <= set(row["versions"])
    assert row["who"] and 0 <= row["seconds"] < 60
    assert abs(row["started_utc"] - pd.Timestamp.now(tz="UTC")) < pd.Timedelta(minutes=1)


@pytest.mark.parametrize("error", [
    ConnectError("The file is empty; choose another.", "rows=0"), Cancelled(), ZeroDivisionError("1/0"),
    KeyboardInterrupt()])
def test_a_run_that_fails_leaves_every_byte(workspace, made_incidents, error):
    before = hashlib.sha256(Path(workspace.address).read_bytes()).hexdigest()
    with pytest.raises(type(error)) as raised:
        with recorded(workspace, "connect:train", {}):
            with workspace.transaction() as writer:
                writer.append("incidents", made_incidents(3))
                raise error
    assert raised.value is error
    assert hashlib.sha256(Path(workspace.address).read_bytes()).hexdigest() == before


@pytest.mark.parametrize("error", [
    ConnectError("The report cannot be written."), Cancelled(), ZeroDivisionError("1/0"), KeyboardInterrupt()])
def test_what_a_run_changed_before_it_failed_has_a_run(workspace, made_incidents, error):
    with pytest.raises(type(error)) as raised:
        with recorded(workspace, "connect:placeboxes", {"REASON": "test"}) as run:
            with workspace.transaction() as writer:
                writer.append("incidents", made_incidents(3))
            run.counts = {"layout": 1}
            raise error
    assert raised.value is error
    row, = workspace.read("runs").to_dict("records")
    assert (row["result"], row["counts"], row["parameters"]) == ("stopped", {"layout": 1}, {"REASON": "test"})


def test_a_run_that_cannot_be_recorded(workspace):
    workspace._store._connection.execute("PRAGMA busy_timeout = 100")
    other = sqlite3.connect(workspace.address, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ConnectError, match="Another program is writing"):
        with recorded(workspace, "connect:train", {}):
            pass
    other.close()
    assert workspace.count("runs") == 0


@pytest.mark.parametrize("value", [
    "postgresql://me:s3cret@host:5432/db", "postgres://me:s3cret@host", "host=h password=s3cret user=me",
    "service=x PASSWORD = 's3cret' y=1", "PG:host=h password='s3cret'", "https://h/db?user=me&password=s3cret",
    {"password": "s3cret"}, {"a": [{"DB_PASSWD": "s3cret"}]}, {"api_key": "s3cret", "token": "s3cret"},
    ["x", ("y", "postgresql://me:s3cret@host/db")]])
def test_no_password_is_recorded(workspace, value):
    with recorded(workspace, "connect:score", {"WORKSPACE": value}):
        pass
    assert "s3cret" not in json.dumps(workspace.read("runs")["parameters"].tolist())


PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.text("abc /:=.é", max_size=12))


NESTED = st.recursive(PLAIN, lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner)))


@given(NESTED)
def test_what_is_no_secret_stays(value):
    assert without_secrets(value) == value
    assert json.loads(json.dumps(without_secrets({"at": pd.Timestamp("2024-01-01")})))["at"] == "2024-01-01 00:00:00"


def test_the_plugins_version_is_that_of_its_metadata():
    assert library_versions()["plugin"] != "unknown"
