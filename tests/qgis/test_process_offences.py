"""Offence words and the one crime type of a file in the real ``qgis_process``, with only its messages as guidance."""
import csv
import json
import shutil
import sqlite3

import pandas as pd
import pytest

pytestmark = pytest.mark.skipif(shutil.which("qgis_process") is None, reason="needs qgis_process")

WORDS = ["ROBBERY"] * 5 + ["ASSAULT"] * 3 + ["NARCOTICS"] * 2


def incidents(path, words=WORDS, month=3, **more):
    """A CSV with incidents of the words, each at a time and place of its own."""
    frame = pd.DataFrame({"CCN": [f"{month}-{number}" for number in range(len(words))], "OFFENSE": words,
                          "Occurred Date": [f"2017-{month:02d}-{number + 13} 10:30" for number in range(len(words))],
                          "LATITUDE": 38.88, "LONGITUDE": [-76.94 + number / 1e4 for number in range(len(words))]})
    frame.assign(**more).to_csv(path, index=False)
    return path


@pytest.fixture
def take(process, fresh):
    """Import incidents with ``qgis_process`` -> what it did; its exit code is looked at."""
    def take(path, code=0, **given):
        done = process("run", "connect:importincidents", f"--WORKSPACE={fresh}", f"--INPUT={path}",
                       *(f"--{name}={value}" for name, value in given.items()))
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done
    return take


def types_in(path):
    """Crime type -> incidents."""
    with sqlite3.connect(path) as db:
        return dict(db.execute("SELECT crime_type, count(*) FROM incidents GROUP BY crime_type"))


def newest_run(path):
    with sqlite3.connect(path) as db:
        row = db.execute("SELECT parameters, counts FROM runs ORDER BY started_utc DESC LIMIT 1").fetchone()
    return [json.loads(column) for column in row]


def edit(table, **taken_as):
    """Say in a table what words are taken as, as in a spreadsheet."""
    with open(table, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["taken_as"] = taken_as.get(row["OFFENSE"], row["taken_as"])
    with open(table, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_the_table_is_written_edited_read_and_the_rows_follow(take, fresh, tmp_path):
    path, table = incidents(tmp_path / "march.csv"), tmp_path / "words.csv"
    told = take(path).stdout
    assert "wait for a decision and are not counted until then: ASSAULT (3). Give OFFENCES" in told
    assert types_in(fresh) == {"robbery": 5} and not table.exists()
    told = take(path, OFFENCES=table).stdout
    assert table.exists() and "listed in words.csv" in told
    edit(table, ASSAULT="Aggravated assault", ROBBERY="not counted")
    told = take(path, OFFENCES=table).stdout
    assert "5 incidents left the workspace" in told and "ROBBERY (5)" in told
    assert "READ:\t10" in told and "ADDED:\t3" in told and "UPDATED:\t5" in told and "REJECTED:\t2" in told
    assert types_in(fresh) == {"aggravated_assault": 3}
    # What was said once is remembered, and named in the record of a run that said nothing.
    told = take(incidents(tmp_path / "april.csv", month=4)).stdout
    assert "ASSAULT is aggravated assault" in told and types_in(fresh) == {"aggravated_assault": 6}
    parameters, counts = newest_run(fresh)
    assert not parameters.get("OFFENCES") and counts["added"] == 3
    assert parameters["answers"]["offences"] == {"ASSAULT": "aggravated_assault", "ROBBERY": "not counted"}


@pytest.mark.parametrize("word, said, words", [
    ("ASSAULT", "murder most foul", "which is no crime type here; write one of"),
    ("NARCOTICS", "robbery", "can never count as robbery")])
def test_a_table_that_says_what_cannot_be_ends_with_1_and_one_sentence(take, fresh, tmp_path, every_byte, word, said,
                                                                       words):
    path, table = incidents(tmp_path / "march.csv"), tmp_path / "words.csv"
    take(path, OFFENCES=table)
    edit(table, **{word: said})
    before = every_byte(fresh)
    done = take(path, 1, OFFENCES=table)
    sentences = [line for line in done.stderr.splitlines() if words in line]
    assert sentences and all(len(line) < 320 for line in sentences)
    assert "Results" not in done.stdout and every_byte(fresh) == before


def test_a_file_without_offences_asks_for_the_crime_type_and_remembers_it(take, fresh, tmp_path, every_byte):
    path = tmp_path / "march.csv"
    pd.read_csv(incidents(path, ["x"] * 6), dtype=str).drop(columns="OFFENSE").to_csv(path, index=False)
    before = every_byte(fresh)
    asked = take(path, 1).stderr
    assert "Set CRIME_TYPE to the one type of all its rows" in asked and every_byte(fresh) == before
    assert "choose one of: gunfire, homicide" in take(path, 1, CRIME_TYPE="drugs").stderr
    take(path, CRIME_TYPE="burglary")
    assert types_in(fresh) == {"burglary": 6}
    parameters, _ = newest_run(fresh)
    assert parameters["CRIME_TYPE"] == parameters["answers"]["crime_type"] == "burglary"
    take(path)
    assert newest_run(fresh)[0]["answers"]["crime_type"] == "burglary"


def test_a_crime_type_is_no_way_round_what_never_counts(take, fresh, tmp_path, every_byte):
    path, before = incidents(tmp_path / "march.csv", ["NARCOTICS"] * 6), every_byte(fresh)
    for more in ({}, {"MAPPING": json.dumps({"offence": ""})}):
        assert "OFFENSE of march.csv tells" in take(path, 1, CRIME_TYPE="robbery", **more).stderr
    assert every_byte(fresh) == before
