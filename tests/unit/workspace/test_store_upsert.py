"""Upsert against a plain dictionary: counts are exact and the table holds what the dictionary holds."""
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.store import geopackage
from shotspotter_connect_plugin.workspace.store.workspace import Counts

TEXT = st.one_of(st.none(), st.sampled_from(["", "a", "A", "ä", "'", "nan"]))
REAL = st.one_of(st.none(), st.sampled_from([0.0, 1.0, -2.5, 1e300]))
PLACE = st.one_of(st.none(), st.tuples(st.sampled_from([320_500.0, 321_000.25]), st.sampled_from([4_300_500.5, 4.3e6])))
DAYS, KINDS = st.sampled_from(["2024-01-01", "2024-01-02"]), st.sampled_from(["event", "holiday"])
CALENDAR = st.dictionaries(st.tuples(DAYS, KINDS, TEXT), REAL, max_size=12)
PLACES = st.dictionaries(st.tuples(st.sampled_from(["bar", "bus stop"]), st.sampled_from(["1", "2", "ü"])),
                         st.tuples(TEXT, PLACE), max_size=6)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def calendar_frame(rows):
    return pd.DataFrame([(*key, value) for key, value in rows.items()], columns=["date", "kind", "name", "value"]
                        ).astype({"value": float})


def places_frame(rows):
    return pd.DataFrame([(*key, name, *(place or (math.nan, math.nan))) for key, (name, place) in rows.items()],
                        columns=["kind", "place_id", "name", "x", "y"]).astype({"x": float, "y": float})


def plain(value):
    return None if value is None or value != value else value


def stored_calendar(workspace):
    rows = workspace.read("calendar")
    return {(row.date, row.kind, plain(row.name)): plain(row.value)
            for row in rows.itertuples(index=False, name="Row")}


def stored_places(workspace):
    return {(row.kind, row.place_id): (plain(row.name), None if row.x != row.x else (row.x, row.y))
            for row in workspace.read("places").itertuples(index=False, name="Row")}


def upsert_one_after_the_other(workspace, table, batches, frame_of, stored):
    truth = {}
    with workspace.transaction() as writer:
        writer.delete(table)
    for rows in batches:
        expected = Counts(sum(key not in truth for key in rows),
                          sum(key in truth and truth[key] != value for key, value in rows.items()),
                          sum(key in truth and truth[key] == value for key, value in rows.items()))
        with workspace.transaction() as writer:
            counts = writer.upsert(table, frame_of(rows))
        truth.update(rows)
        assert counts == expected
        assert stored(workspace) == truth


@QUICK
@given(st.lists(CALENDAR, min_size=1, max_size=4))
def test_counts_with_nulls_in_key_and_values(workspace, batches):
    upsert_one_after_the_other(workspace, "calendar", batches, calendar_frame, stored_calendar)


@QUICK
@given(st.lists(PLACES, min_size=1, max_size=4))
def test_counts_with_places_that_come_move_and_go(workspace, batches):
    upsert_one_after_the_other(workspace, "places", batches, places_frame, stored_places)


@pytest.mark.parametrize("many", [1, 10**9])
def test_large_and_small_upserts_are_the_same(workspace, made_incidents, monkeypatch, many):
    """The ways for few and for many rows give the same table and the same counts."""
    monkeypatch.setattr(geopackage, "MANY_ROWS", many)
    first, second = made_incidents(3000, seed=3), made_incidents(4000, seed=3)
    second[["x", "y"]] = first[["x", "y"]].reindex(second.index).fillna(320_000.5)
    changed = second.index[:3000:7]
    second["crime_type"] = first["crime_type"].reindex(second.index).fillna("theft")
    for name in ("occurred_from_utc", "occurred_to_utc"):
        second[name] = first[name].reindex(second.index).fillna(first[name][0])
    second.loc[changed, "block"] = "100 BLOCK OF A ST"
    with workspace.transaction() as writer:
        assert writer.upsert("incidents", first) == Counts(3000, 0, 0)
        assert writer.upsert("incidents", second.sample(frac=1, random_state=1)) == Counts(
            1000, len(changed), 3000 - len(changed))
    found = workspace.read("incidents").set_index("incident_id").loc[second["incident_id"]]
    for name in ("crime_type", "occurred_from_utc", "block", "x", "y"):
        mine, theirs = (column.astype(object).where(column.notna(), None).tolist()
                        for column in (found[name], second[name]))
        assert mine == theirs


def test_columns_that_are_not_given_stay(workspace, made_incidents):
    with workspace.transaction() as writer:
        writer.append("incidents", made_incidents(10))
        writer.upsert("boxes", workspace.read("boxes", ["box_id"]).assign(where="by the river"))
        counts = writer.upsert("incidents", pd.DataFrame({"incident_id": ["i1", "i2"], "block": ["A ST", None]}))
    assert counts == Counts(0, 1, 1)
    found = workspace.read("incidents")
    assert found["x"].notna().all() and (found["source"] == "made").all()
    boxes = workspace.read("boxes")
    assert (boxes["where"] == "by the river").all() and boxes["geometry"].notna().all() and boxes["inside"].gt(0).all()


def test_a_frame_names_each_key_once(workspace, made_incidents):
    rows = made_incidents(5)
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="2 rows for incidents repeat the incident_id of another"):
        with workspace.transaction() as writer:
            writer.upsert("incidents", pd.concat([rows, rows[:2]]))
    with pytest.raises(ValueError, match="needs incident_id"):
        with workspace.transaction() as writer:
            writer.upsert("incidents", rows.drop(columns="incident_id"))
    with pytest.raises(ValueError, match="No such columns in incidents: colour"):
        with workspace.transaction() as writer:
            writer.upsert("incidents", rows.assign(colour="red"))
    assert workspace.content_hash() == before


def test_an_empty_frame_changes_nothing(workspace, made_incidents):
    before = workspace.content_hash()
    with workspace.transaction() as writer:
        assert writer.upsert("incidents", made_incidents(0)) == Counts(0, 0, 0)
        writer.append("incidents", made_incidents(0))
    assert workspace.content_hash() == before
    with workspace.transaction() as writer:
        writer.append("incidents", made_incidents(3))
        assert writer.upsert("incidents", made_incidents(0)) == Counts(0, 0, 0)


def test_several_writes_to_one_table_in_one_transaction(workspace, made_incidents):
    rows = made_incidents(30)
    moved = rows.assign(x=np.where(rows.index % 2 == 0, np.nan, rows["x"] + 1), y=rows["y"])
    with workspace.transaction() as writer:
        assert writer.upsert("incidents", rows[:20]).added == 20
        assert writer.upsert("incidents", rows[10:]) == Counts(10, 0, 10)
        assert writer.upsert("incidents", moved) == Counts(0, 30, 0)
        assert writer.delete("incidents", {"incident_id": ["i1", "i2"]}) == 2
        writer.append("incidents", rows[1:2])
    found = workspace.read("incidents").set_index("incident_id")
    assert len(found) == 29 and found["x"].isna().sum() == 14
    assert found.loc["i1", "x"] == rows.loc[1, "x"] and found.loc["i3", "x"] == rows.loc[3, "x"] + 1
