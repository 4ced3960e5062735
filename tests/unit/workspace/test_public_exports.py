"""Every published file at hand, whole: what was read, what was rejected and why. ``-s`` prints the table."""
import numpy as np
import pandas as pd
import pyproj
import pytest
from public_exports import EXPORTS, IMPORT, adds_up

from shotspotter_connect_plugin.workspace.imports.place_import import import_places
from shotspotter_connect_plugin.workspace.store.layers import read_vector

# Least share of rows that have to be usable: all but other crime types and the slips that the files are known to hold.
USABLE = 0.985


@pytest.mark.parametrize("city_name,table,name,folder", EXPORTS)
def test_a_whole_file(city, real_data, city_name, table, name, folder):
    path = next((candidate for candidate in (real_data / folder / name, real_data / folder / (name + ".gz"))
                 if candidate.exists()), None)
    if path is None:
        pytest.skip("needs " + name)
    workspace = city(city_name)
    result = IMPORT[table](workspace, path)
    print("\n{:52s} read {read:7,} added {added:7,} unchanged {unchanged:5,} rejected {rejected:5,}".format(
        name, **result.counts), result.reasons or "", result.source_crs)
    assert adds_up(result) and result.added + result.unchanged >= USABLE * result.read
    rows = workspace.read(table)
    assert rows["box_id"].notna().mean() > 0.97
    if table == "incidents":
        assert (rows["occurred_from_utc"] <= rows["occurred_to_utc"]).all()
        assert (rows["occurred_to_utc"] <= rows["reported_utc"]).all()
    else:
        assert rows["occurred_utc"].notna().all() and rows["shift"].notna().all()


def test_alerts_of_all_files_against_the_series_that_has_both_clocks(city, real_data):
    source = pd.read_csv(real_data / "dc" / "shotspotter_dc_2006_2019_combined.csv.gz")
    truth = pd.DataFrame({"utc": pd.to_datetime(source["DATETIME_UTC"]), "local": source["DATETIME_LOCAL"],
                          "lon": source["LONGITUDE"].round(3), "lat": source["LATITUDE"].round(3)})
    back = pyproj.Transformer.from_crs("EPSG:32618", "EPSG:4326", always_xy=True)
    workspace = city("dc")
    for name, least in (("shotspotter_dc_foia_2006_2013.csv.gz", 0.99),
                        ("Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv.gz", 0.99)):
        before = set(workspace.read("gunfire", columns=["alert_id"])["alert_id"])
        IMPORT["gunfire"](workspace, real_data / "dc" / name)
        rows = workspace.read("gunfire")
        rows = rows[~rows["alert_id"].isin(before)].sort_values("occurred_utc")
        lon, lat = back.transform(rows["x"].to_numpy(), rows["y"].to_numpy())
        rows = rows.assign(utc=rows["occurred_utc"].astype(truth["utc"].dtype), lon=np.round(lon, 3),
                           lat=np.round(lat, 3))
        found = pd.merge_asof(rows, truth.sort_values("utc"), on="utc", by=["lon", "lat"], direction="nearest",
                              tolerance=pd.Timedelta(seconds=1))
        share = found["local"].notna().mean()
        print(f"\n{name}: {share:.2%} of {len(rows):,} alerts at the same second and place as in the combined series")
        assert share > least
        near = found[found["local"].notna()]
        apart = pd.to_datetime(near["local"]) - pd.to_datetime(near["occurred_local"])
        assert (apart.abs() <= pd.Timedelta(seconds=1)).mean() > 0.9999
    result = IMPORT["gunfire"](workspace, real_data / "dc" / "shotspotter_dc_2006_2019_combined.csv.gz")
    rows = workspace.read("gunfire").sort_values("occurred_utc")
    rows = rows.assign(east=rows["x"].round(), north=rows["y"].round())
    made = rows["alert_id"].str.startswith("at:")
    doubled = pd.merge_asof(rows[made], rows[~made], on="occurred_utc", by=["east", "north"], direction="nearest",
                            tolerance=pd.Timedelta(seconds=1))["alert_id_y"].notna().sum()
    print(f"the combined series adds {result.added:,} alerts; {doubled} of them within a second of another at the "
          "same place")
    assert adds_up(result) and result.added < 12_000 and doubled < 40


def test_local_and_utc_exports_of_the_same_alerts_do_not_double(city, real_data):
    workspace = city("dc")
    local = IMPORT["gunfire"](workspace, real_data / "dc" / "shotspotter_dc_mpd_2014_2018q1.csv.gz")
    utc = IMPORT["gunfire"](workspace, real_data / "dc" / "Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv.gz")
    assert (utc.updated, utc.unchanged) == (0, local.added) and workspace.count("gunfire") == utc.read


def test_every_kind_of_place(city, real_data):
    workspace = city("dc")
    files = sorted((real_data / "dc" / "places").glob("*.geojson.gz"))
    if not files:
        pytest.skip("needs places")
    for path in files:
        result = import_places(workspace, read_vector(path), path.name.split(".")[0])
        assert adds_up(result) and result.added >= 0.9 * result.read, path.name
        assert not {"PHONE", "TELEPHONE", "PH_NUM", "ADDRESS"} & set(result.mapping.values())
