"""A small made-up town, and a workspace of it."""
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_towns import new_town, square
from shapely.geometry import Polygon, box

from shotspotter_connect_plugin.workspace.store.layers import VectorTable
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def town():
    """An L of 2 km x 2 km in UTM zone 18N."""
    outline = Polygon([(320_100, 4_300_100), (322_100, 4_300_100), (322_100, 4_301_000), (321_000, 4_301_000),
                       (321_000, 4_302_100), (320_100, 4_302_100)])
    return VectorTable(pd.DataFrame({"name": ["Town"]}), [outline], "EPSG:32618", "town.shp")


@pytest.fixture
def town_beats():
    """Three beats that together cover the town, and one far away."""
    shapes = [box(320_000, 4_300_000, 321_000, 4_301_000), box(321_000, 4_300_000, 323_000, 4_301_000),
              box(320_000, 4_301_000, 321_000, 4_303_000), box(400_000, 4_300_000, 401_000, 4_301_000)]
    return VectorTable(pd.DataFrame({"OBJECTID": [1, 2, 3, 4], "PSA": [101.0, 102.0, 103.0, 999.0]}), shapes,
                       "EPSG:32618", "beats.shp")


@pytest.fixture
def workspace(tmp_path, town):
    """A new workspace of the town with three shifts, in New York time."""
    with new_town(tmp_path / "town.gpkg", town) as made:
        yield made


@pytest.fixture(scope="session")
def trained_template(tmp_path_factory):
    """Path of a square town with incidents, alerts and the model trained from them; not to be changed."""
    from forecast_town import DATE, SIDE, add, alerts, incidents

    from shotspotter_connect_plugin.workspace.steps.forecasting import train
    path = tmp_path_factory.mktemp("forecasting") / "town.gpkg"
    with new_town(path, square(0, 0, SIDE)) as workspace:
        add(workspace, "incidents", incidents())
        add(workspace, "gunfire", alerts())
        train(workspace, workspace.calendar.as_of(DATE))
    return path


@pytest.fixture
def trained_town(trained_template, tmp_path):
    """A copy that a test may change, open."""
    shutil.copy(trained_template, tmp_path / "town.gpkg")
    with open_workspace(tmp_path / "town.gpkg") as workspace:
        yield workspace


@pytest.fixture
def real_data():
    """Folder of the real data that is too large for the repository."""
    folder = Path(os.environ.get("CONNECT_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("the real data is not here: set CONNECT_DATA to its folder")
    return folder


@pytest.fixture
def made_incidents():
    """``made_incidents(n, seed)``: n incidents in and around the town."""
    def make(count, seed=1):
        rng = np.random.default_rng(seed)
        start = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 10**7, count), unit="s")
        return pd.DataFrame({
            "incident_id": ["i" + str(number) for number in range(count)],
            "crime_type": rng.choice(["theft", "robbery"], count), "occurred_from_utc": start,
            "occurred_to_utc": start + pd.Timedelta(minutes=5), "source": "made",
            "x": 320_000 + 3_000 * rng.random(count), "y": 4_300_000 + 3_000 * rng.random(count)})
    return make


@pytest.fixture(scope="session")
def city(tmp_path_factory):
    """``city("dc")``: a new, empty workspace of Washington; also nyc, kc, oak."""
    from public_exports import Cities
    cities = Cities(tmp_path_factory.mktemp("cities"))
    yield cities
    cities.close()
