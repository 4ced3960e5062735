"""A workspace stands on any home that fulfils the Protocol: nothing above it knows that it is a file."""
import inspect
from contextlib import closing

import pandas as pd
import pytest
from forecast_town import DATE
from memory_store import MemoryStore

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust
from shotspotter_connect_plugin.workspace.steps.draw_proof import verify_draw
from shotspotter_connect_plugin.workspace.steps.forecasting import score
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.store.geopackage import GeoPackage
from shotspotter_connect_plugin.workspace.store.table_store import Between, Store
from shotspotter_connect_plugin.workspace.store.tables import TABLES
from shotspotter_connect_plugin.workspace.store.workspace import Workspace

ASKED = [name for name in vars(Store) if not name.startswith("_")]
SEED = "5" * 64


@pytest.fixture
def homes(trained_town, tmp_path):
    """The same workspace in a file and in memory."""
    (tmp_path / "memory").mkdir()
    with Workspace(MemoryStore(trained_town, tmp_path / "memory")) as memory:
        yield trained_town, memory


def test_homes_have_what_the_protocol_asks_for(homes, tmp_path):
    file, memory = homes
    with closing(GeoPackage(file.address)) as opened:
        for home in (opened, MemoryStore(memory, tmp_path)):
            assert [name for name in ASKED if not hasattr(home, name)] == []
            for name in filter(lambda name: inspect.isfunction(getattr(Store, name)), ASKED):
                assert [*inspect.signature(getattr(home, name)).parameters] == [
                    *inspect.signature(getattr(Store, name)).parameters][1:]


def test_both_homes_answer_alike(homes):
    file, memory = homes
    assert file.settings == memory.settings and file.calendar.codes == memory.calendar.codes
    for name in TABLES:
        pd.testing.assert_frame_equal(file.read(name), memory.read(name))
        assert file.count(name) == memory.count(name)
    low, high = file.read("incidents")["occurred_from_utc"].quantile([0.2, 0.6])
    for where in ({"occurred_from_utc": Between(low, high)}, {"crime_type": ["robbery", None]}, {"box_id": None},
                  {"discovered": False, "occurred_from_utc": Between(None, high)},
                  {("occurred_from_utc", "crime_type"): file.read("incidents").iloc[5:9].assign(
                      crime_type=["robbery", "burglary", "theft", "robbery"])}):
        columns = ["incident_id", "crime_type", "box_id", "x"]
        pd.testing.assert_frame_equal(*(home.read("incidents", columns, where, "incident_id") for home in homes))
        assert file.count("incidents", where) == memory.count("incidents", where)
    assert file.distinct("incidents", "crime_type") == memory.distinct("incidents", "crime_type")


def test_a_failed_transaction_leaves_nothing_in_either(homes):
    for home in homes:
        before = home.content_hash()
        with pytest.raises(ConnectError, match="already"):
            with home.transaction() as writer:
                writer.delete("incidents")
                writer.append("crime_types", home.read("crime_types"))
        assert home.content_hash() == before and home.count("incidents")
        with home.transaction() as writer:
            writer.delete("calendar")
            writer.upsert("crime_types", home.read("crime_types").head(1).assign(severity=99.0))
        assert home.content_hash() != before


def test_a_day_is_the_same_in_both(homes):
    """Forecast, draw, adjustment and proof."""
    shift = homes[0].calendar.codes[0]
    found = []
    for home in homes:
        score(home, DATE, shift)
        meter(home, DATE, shift, seed=SEED)
        drawn = home.read("draw_boxes", order_by="draw_rank").drop(columns="draw_id")
        box_id = home.read("patrols", ["box_id"])["box_id"].iloc[0]
        adjust(home, "suppress", DATE, shift, box_id=box_id, reason="event")
        assert verify_draw(home, DATE, shift).verified
        found.append((drawn, home.read("patrols").drop(columns=["patrol_id", "draw_id", "published_utc"])))
    for one, other in zip(*found):
        pd.testing.assert_frame_equal(one, other)
