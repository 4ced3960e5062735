"""The steps train and score on a workspace file."""

import json

import pandas as pd
import pytest
from forecast_town import DATE, HOT, SIDE, add, alerts, incidents
from made_towns import BOTTOM, LEFT
from shapely.geometry import box

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.forecast.model_card import delays_in_words
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.steps.forecasting import (delays_unknown, newest_model, read_events,
                                                                    read_model, score, train)


@pytest.fixture
def town(trained_town):
    return trained_town


def test_train_keeps_one_model_and_the_same_data_give_the_same_id(town):
    first = town.read("models")
    again = train(town, town.calendar.as_of(DATE))
    assert town.read("models")["model_id"].tolist() == first["model_id"].tolist() == [again]
    assert town.read("models")["model"].iloc[0] == first["model"].iloc[0]
    assert train(town, town.calendar.as_of(DATE), seed=2) != again
    assert town.count("models") == 2


def test_score_writes_every_box_and_replaces_the_shift_only(town):
    rows = score(town, DATE, "evening")
    assert len(rows) == SIDE * SIDE * 2 == town.count("forecasts")
    score(town, DATE, "night")
    score(town, DATE, "evening")
    assert town.count("forecasts") == 2 * SIDE * SIDE * 2
    stored = town.read("forecasts", where={"shift": "evening"})
    assert (stored["as_of_utc"] == town.calendar.as_of(DATE)).all()
    assert set(stored["model_id"]) == set(town.read("models")["model_id"])
    robbery = stored[stored["crime_type"] == "robbery"]
    best = robbery.loc[robbery["expected"].idxmax()]
    assert best["box_id"] == town.fishnet.ids(*town.fishnet.cell([HOT[0]], [HOT[1]]))[0]
    assert best["percentile"] > 99 and 0 < best["low"] < best["expected"] < best["high"]
    assert 1 <= len(best["reasons"]) <= 3 and "robberies" in best["reasons"][0]
    assert town.read("forecasts")["expected"].to_numpy(dtype=float).min() > 0


def test_officer_initiated_incidents_change_no_bit(town):
    before = score(town, DATE, "day")
    model_id = town.read("models")["model_id"].iloc[0]
    add(town, "incidents", incidents(400, 9, prefix="d").assign(discovered=True, x=LEFT + 10.0, y=BOTTOM + 10.0))
    assert train(town, town.calendar.as_of(DATE)) == model_id
    pd.testing.assert_frame_equal(score(town, DATE, "day"), before, check_exact=True, check_dtype=False)


def test_what_is_reported_later_changes_no_bit(town):
    before = score(town, DATE, "day")
    model_id = town.read("models")["model_id"].iloc[0]
    as_of = town.calendar.as_of(DATE)
    late = incidents(300, 9, prefix="late").assign(reported_utc=as_of + pd.Timedelta(milliseconds=1))
    coming = alerts(50, 5).assign(occurred_utc=as_of + pd.Timedelta(hours=1))
    add(town, "incidents", late)
    add(town, "gunfire", coming.assign(alert_id="later" + coming["alert_id"]))
    assert train(town, town.calendar.as_of(DATE)) == model_id
    pd.testing.assert_frame_equal(score(town, DATE, "day"), before, check_exact=True, check_dtype=False)


def test_residents_and_names_change_no_bit(town):
    before = score(town, DATE, "day")
    settings = town.settings
    settings.agency = "Another"
    with town.transaction() as writer:
        writer.save_settings(settings)
        writer.upsert(
            "neighbourhoods",
            pd.DataFrame(
                {
                    "neighbourhood": ["N"],
                    "residents": [{"a": 1, "b": 9999}],
                    "share_cap": [0.1],
                    "geometry": [box(LEFT, BOTTOM, LEFT + 900, BOTTOM + 900)],
                }
            ),
        )
        boxes = town.read("boxes", ["box_id", "col", "row", "inside"])
        writer.upsert("boxes", boxes.assign(neighbourhood="N", beat="B", where="somewhere"))
    assert train(town, town.calendar.as_of(DATE)) == before["model_id"].iloc[0]
    pd.testing.assert_frame_equal(score(town, DATE, "day"), before, check_exact=True, check_dtype=False)


def test_a_new_alert_changes_the_forecast_without_training(town):
    later = town.calendar.as_of(DATE) + pd.Timedelta(hours=6)
    expected = score(town, DATE, "evening", as_of=later).set_index(["crime_type", "box_id"])["expected"]
    new = alerts(1).assign(
        alert_id="new",
        occurred_utc=later - pd.Timedelta(minutes=2),
        x=LEFT + 2 * 250 + 125.0,
        y=BOTTOM + 2 * 250 + 125.0,
    )
    add(town, "gunfire", new)
    changed = score(town, DATE, "evening", as_of=later).set_index(["crime_type", "box_id"])["expected"]
    here = town.fishnet.ids(*town.fishnet.cell(new["x"], new["y"]))[0]
    assert changed["gunfire", here] > expected["gunfire", here]
    model = read_model(town, newest_model(town, later))
    assert "gunfire" in model.types["robbery"].others or (changed["robbery"] == expected["robbery"]).all()


def test_the_newest_model_that_knew_nothing_later_is_used(town):
    early = train(town, town.calendar.as_of("2018-11-01"))
    assert set(score(town, "2018-12-01", "day")["model_id"]) == {early}
    assert set(score(town, DATE, "day")["model_id"]) != {early}
    with pytest.raises(ConnectError, match="Train forecast"):
        score(town, "2018-10-31", "day")


def test_gunfire_comes_from_incidents_only_where_there_are_no_alerts(town):
    add(town, "incidents", incidents(100, 4, "gunfire", prefix="g"))
    as_of = town.calendar.as_of(DATE)
    from_alerts = read_events(town, ["gunfire"], as_of)
    assert 250 < len(from_alerts) <= 300 and (from_alerts["rounded_x_m"] == 86.0).all()
    with town.transaction() as writer:
        writer.delete("gunfire")
    assert len(read_events(town, ["gunfire"], as_of)) == 100


def test_incidents_without_a_date_of_report_are_known_when_they_are_over(town):
    add(town, "incidents", incidents(50, 4, "theft", prefix="t").assign(reported_utc=pd.NaT))
    events = read_events(town, ["theft"], town.calendar.as_of(DATE))
    assert len(events) > 40 and (events["known_utc"] == events["to_utc"]).all()


def test_only_the_types_asked_for_are_trained(town):
    model_id = train(town, town.calendar.as_of(DATE), crime_types=["gunfire"])
    model = town.read("models", where={"model_id": model_id})["model"].iloc[0]
    assert list(model["model"]["types"]) == ["gunfire"]
    with pytest.raises(ConnectError, match="not among the enabled"):
        train(town, crime_types=["jaywalking"])


def test_delays_are_replayed_only_where_report_times_are_known(town):
    as_of = town.calendar.as_of(DATE)
    assert delays_unknown(town, ["robbery", "gunfire", "theft"], as_of) == []
    told = town.read("models")["card"].iloc[0]["how_it_was_scored"]
    assert "with reporting delays replayed." in told
    add(town, "incidents", incidents(60, 9, "theft", prefix="t").assign(reported_utc=pd.NaT))
    add(town, "incidents", incidents(60, 9, "burglary", prefix="b", days=5).assign(
        reported_utc=as_of + pd.Timedelta(days=1)))
    assert delays_unknown(town, ["robbery", "gunfire", "theft", "burglary"], as_of) == ["theft"]
    assert delays_in_words(["robbery", "theft"], ["theft"]).startswith("with reporting delays replayed, delays unknown "
                                                                       "of theft (")
    assert delays_in_words(["theft"], ["theft"]).startswith("delays unknown (")


def test_the_card_is_written_as_page_or_json(town, tmp_path):
    for name in ("card.html", "card.json"):
        train(town, town.calendar.as_of(DATE), crime_types=["robbery"], card_path=str(tmp_path / name))
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    assert card["crime_types"]["robbery"]["why"] and card in town.read("models")["card"].tolist()
    assert "<h1>Model card</h1>" in (tmp_path / "card.html").read_text(encoding="utf-8")


def test_failure_and_cancel_change_nothing(town, tmp_path):
    class Cancel(Progress):
        def is_cancelled(self):
            return True

    before = town.content_hash()
    with pytest.raises(ConnectError, match="cannot be written"):
        train(town, town.calendar.as_of(DATE), seed=5, card_path=str(tmp_path / "no" / "folder" / "card.json"))
    for step in (
        lambda: train(town, town.calendar.as_of(DATE), progress=Cancel()),
        lambda: score(town, DATE, "day", progress=Cancel()),
    ):
        with pytest.raises(Cancelled):
            step()
    with pytest.raises(ConnectError):
        score(town, DATE, "lunch")
    with pytest.raises(ConnectError, match="No events are known"):
        train(town, pd.Timestamp("2017-01-01", tz="UTC"))
    assert town.content_hash() == before
