"""Whether a gun was used: from a weapon's words or an offence's, never overwritten by a file that does not tell."""
import pandas as pd
import pytest
from public_exports import SAMPLES

from shotspotter_connect_plugin.workspace.imports.alert_words import firearms
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents


@pytest.mark.parametrize("text,is_weapon,told", [
    ("GUN", True, True), ("Handgun", True, True), ("KNIFE", True, False), ("OTHERS", True, None), ("", True, None),
    ("UNKNOWN", True, None), ("Y", True, True), ("0", True, False), ("CAR JACKING - GUN", True, True),
    ("ASSAULT WITH DANGEROUS WEAPON - GUN", False, True), ("AGG ASSAULT SHOOTING", False, True),
    ("ROBBERY", False, None), ("BEGUN", True, False), ("Shots fired", False, True)])
def test_words(text, is_weapon, told):
    assert firearms([text], is_weapon) == [told]


def test_numbers_beside_words_are_codes_of_a_method():
    assert firearms(["1", "2", "GUN", ""], True) == [False, False, True, None]
    assert firearms(["1", "0", ""], True) == [True, False, None]


def test_the_weapon_of_a_public_export_is_read_and_only_the_gun_is_kept(city):
    workspace = city("dc")
    path = SAMPLES / "crime_incidents_2006_2012.csv"
    result = import_incidents(workspace, path)
    assert result.mapping["weapon"] == "METHOD"
    source = pd.read_csv(path, dtype=str).drop_duplicates("CCN", keep=False).set_index("CCN")  # one offence each
    rows = workspace.read("incidents").set_index("incident_id")
    rows = rows[rows.index.isin(source.index)]
    guns = source.loc[rows.index, "METHOD"].str.contains("GUN", na=False)
    assert guns.sum() == 2 and (rows["firearm"].fillna(False).astype(bool) == guns).all()
    assert not {"METHOD", "weapon"} & set(workspace.read("incidents").columns)


def test_a_list_of_shootings_is_all_guns(city):
    workspace = city("nyc")
    import_incidents(workspace, SAMPLES / "NYPD_Shooting_Incident_Data__Historic_.csv")
    assert workspace.read("incidents")["firearm"].all()


def test_a_file_that_does_not_tell_forgets_nothing(city, tmp_path):
    workspace = city("dc")
    head = "CCN,OFFENSE,REPORT_DAT,START_DATE,LATITUDE,LONGITUDE"
    row = "1,ADW,2017-05-01 10:00:00,2017-05-01 09:00:00,38.89,-76.99"
    for text in (f"{head},METHOD\n{row},GUN\n", f"{head}\n{row}\n"):
        path = tmp_path / "crimes.csv"
        path.write_text(text)
        result = import_incidents(workspace, path)
        assert workspace.read("incidents")["firearm"].tolist() == [True]
    assert result.unchanged == 1
