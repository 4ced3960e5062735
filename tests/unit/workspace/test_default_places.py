"""A default place of a source is found and kept out; a real address with many rows never is."""
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from public_exports import SAMPLES

from shotspotter_connect_plugin.workspace.imports.default_places import PointCounts, default_places
from shotspotter_connect_plugin.workspace.imports.position_texts import Positions

NONE = np.zeros(0, dtype=np.int64)
OFFENCES = np.array(["THEFT", "ROBBERY", "BURGLARY", "ASSAULT"])


def found(x, y, offences, blocks=None):
    """Default places of rows in degrees, all of them in the jurisdiction, given in two parts."""
    words = {"offence": pd.Categorical(offences), **({} if blocks is None else {"block": pd.Categorical(blocks)})}
    half = len(x) // 2
    parts = [Positions(x[part], y[part], NONE, NONE) for part in (slice(half), slice(half, None))]
    digests = [SimpleNamespace(positions={("x", "y"): places},
                               words={role: texts[part] for role, texts in words.items()})
               for places, part in zip(parts, (slice(half), slice(half, None)))]
    counts = PointCounts.join([PointCounts.of(places) for places in parts])
    return default_places(counts, np.ones(len(counts.x), dtype=bool), digests, ("x", "y"), "block", "offence")


def city(rows, share, mixed=True, blocks="different"):
    """A city of 400 blocks of which the later have fewer rows, and one more point with a share of all rows."""
    random = np.random.default_rng(rows)
    block = np.minimum(random.geometric(0.01, rows), 400)
    at = random.random(rows) < share
    offences = np.where(at & (not mixed), "THEFT", OFFENCES[random.choice(4, rows, p=[0.5, 0.2, 0.2, 0.1])])
    names = np.char.add(block.astype(str), " BLOCK OF A ST")
    if blocks == "one":
        names = np.where(at, "1 MALL", names)
    x, y = np.where(at, -77.0366, -77.1 + block / 4000), np.where(at, 38.8951, 38.85 + block % 20 / 400)
    return x, y, offences, None if blocks == "none" else names


@pytest.mark.parametrize("share", [0.03, 0.3])
def test_a_point_with_the_addresses_of_the_whole_city_is_kept_out(share):
    places = [place for place in found(*city(3000, share)) if place.clear]
    assert [(place.x, place.y) for place in places] == [(-77.0366, 38.8951)]
    assert "different addresses" in places[0].told("here") and "were not taken" in places[0].told("here")


def test_without_addresses_it_takes_far_more_rows_than_any_other_point_and_the_mix_of_the_rest():
    place, = found(*city(3000, 0.6, blocks="none"))
    assert place.clear and place.reason == f"the same point as {place.rows - 1:,} other rows, a default place"
    own, = found(*city(3000, 0.6, mixed=False, blocks="none"))
    assert not own.clear and "check whether" in own.told("here")


def test_a_mall_is_told_and_kept():
    mall, = found(*city(3000, 0.4, mixed=False, blocks="one"))
    assert not mall.clear and "1 MALL" in mall.told("here")
    assert found(*city(3000, 0.01, mixed=False, blocks="one")) == []


def test_a_mall_in_a_city_of_thefts_is_told_and_kept():
    """Its offences are those of the rest, and no other point has near as many rows: its one address speaks for it."""
    mall, = found(*city(3000, 0.6, mixed=True, blocks="one"))
    assert not mall.clear and "1 MALL" in mall.told("here")


def test_few_rows_are_told_only():
    x, y, offences, _ = city(40, 0.0)
    x, y, offences = np.append(x, [-77.0] * 20), np.append(y, [38.9] * 20), np.append(offences, np.resize(OFFENCES, 20))
    assert [place.clear for place in found(x, y, offences)] == [False]


@pytest.mark.parametrize("name,x,y,offence,block", [
    ("Crime_Incidents_in_2018.csv", "X", "Y", "OFFENSE", "BLOCK"),
    ("crime_incidents_2006_2012.csv", "XBLOCK", "YBLOCK", "OFFENSE", "BLOCK"),
    ("NYPD_Shooting_Incident_Data__Historic_.csv", "Longitude", "Latitude", "STATISTICAL_MURDER_FLAG", None)])
def test_nothing_of_real_exports_is_lost(name, x, y, offence, block):
    rows = pd.read_csv(SAMPLES / name, dtype=str, keep_default_na=False)
    east, north = (pd.to_numeric(rows[column], errors="coerce").to_numpy(float) for column in (x, y))
    places = found(east, north, rows[offence], None if block is None else rows[block])
    assert not [place for place in places if place.clear]
