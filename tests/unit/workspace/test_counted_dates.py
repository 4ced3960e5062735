"""Dates that are numbers of seconds or days: nothing in them says from when they count, so nothing is guessed."""
import pandas as pd
import pytest
from made_towns import new_town, square

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.time_texts import parse

STARTS = {1970: "1970-01-01", 1980: "1980-01-06", 2001: "2001-01-01"}
WHEN = pd.date_range("2023-03-14 04:37", periods=8, freq="31h")


@pytest.fixture
def city(tmp_path):
    with new_town(tmp_path / "town.gpkg", square(0, 0, 8)) as workspace:
        yield workspace


def file_of(path, start, when=WHEN, **more):
    seconds = [int((moment - pd.Timestamp(STARTS[start])).total_seconds()) for moment in when]
    pd.DataFrame({"Case Number": [f"A{number}" for number in range(len(when))], "Offense": "ROBBERY", "Unit": "12",
                  "Timestamp": seconds, "X": [320_400 + 9 * number for number in range(len(when))], "Y": 4_300_300,
                  **more}).to_csv(path, index=False)
    return path


IMPORTS = [(import_incidents, {"mapping": {"occurred": "Timestamp", "offence": "Offense", "id": "Case Number",
                                           "x": "X", "y": "Y"}}),
           (import_gunfire, {"mapping": {"occurred": "Timestamp", "kind": "", "id": "Case Number", "x": "X",
                                         "y": "Y"}}),
           (import_gps, {"mapping": {"at": "Timestamp", "unit": "Unit", "x": "X", "y": "Y"}})]


@pytest.mark.parametrize("take, options", IMPORTS)
def test_seconds_of_today_count_from_1970_without_a_word(city, tmp_path, take, options):
    result = take(city, file_of(tmp_path / "a.csv", 1970), **options)
    assert result.added == 8 and not any("counted from" in told for told in result.warnings)


@pytest.mark.parametrize("take, options", IMPORTS)
def test_seconds_of_apple_are_refused_where_nothing_shows_what_they_are(city, tmp_path, take, options):
    with pytest.raises(ConnectError, match="Export that column as dates") as refused:
        take(city, file_of(tmp_path / "a.csv", 2001), **options)
    assert "as seconds since 2001" in refused.value.user and "March 2023" in refused.value.user
    assert len(refused.value.user) <= 300 and not city.count("imports")


@pytest.mark.parametrize("take, options", IMPORTS)
def test_seconds_of_receivers_are_told_or_refused_by_what_stands_beside_them(city, tmp_path, take, options):
    with pytest.raises(ConnectError, match="seconds since 1980, as what stands beside them shows"):
        take(city, file_of(tmp_path / "a.csv", 1980, Year=WHEN.year), **options)
    assert not city.count("imports")
    told = take(city, file_of(tmp_path / "b.csv", 1980), **options).warnings
    assert any("were read as counted from 1970" in words and "March 2023" in words for words in told), told


def test_seconds_of_long_ago_are_taken_where_the_year_beside_them_agrees(city, tmp_path):
    old = pd.date_range("1994-05-03 11:00", periods=8, freq="31h")
    options = dict(IMPORTS[0][1])
    result = import_incidents(city, file_of(tmp_path / "a.csv", 1970, old, Year=old.year), **options)
    assert result.added == 8 and not any("counted from" in told for told in result.warnings)


def test_ticks_of_dotnet_are_no_nanoseconds_of_1990():
    assert parse(["638144000000000000"]).clock[0] == parse(["no date"]).clock[0]
    assert pd.Timestamp(int(parse(["1678754220000000000"]).clock[0])) == pd.Timestamp("2023-03-14 00:37")
