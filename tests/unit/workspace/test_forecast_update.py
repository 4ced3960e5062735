"""One more alert makes the gunfire forecast anew and leaves the rest as it is; sensor coverage in a workspace."""
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from forecast_town import DATE, HOT, SIDE, add, alerts, incidents
from made_towns import BOTTOM, LEFT
from shapely.geometry import box

from shotspotter_connect_plugin.workspace.imports.coverage_import import import_sensor_coverage
from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire
from shotspotter_connect_plugin.workspace.steps import forecasting
from shotspotter_connect_plugin.workspace.steps.configure import configure
from shotspotter_connect_plugin.workspace.steps.forecasting import forecast, read_events, score, train
from shotspotter_connect_plugin.workspace.store.layers import VectorTable

SHIFT = "evening"


@pytest.fixture
def town(trained_town):
    return trained_town


@pytest.fixture
def scored(town, monkeypatch):
    """The town with a forecast of the evening, and the crime types that later calls work on."""
    score(town, DATE, SHIFT)
    worked = []
    whole = forecasting._scored
    monkeypatch.setattr(forecasting, "_scored", lambda *given: worked.append(list(given[5])) or whole(*given))
    return town, worked


def taking(town, source):
    """Crime types whose newest model looks at the events of one."""
    moment = pd.Timestamp.now(tz="UTC")
    types = forecasting.read_model(town, forecasting.newest_model(town, moment)).types
    return [code for code, item in types.items() if source in (code, *item.others)]


def same(one, other):
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True), check_exact=True,
                                  check_dtype=False)  # a text is one kind of column or another by pandas


def test_nothing_new_nothing_done(scored):
    town, worked = scored
    before = town.read("forecasts")
    rows = score(town, DATE, SHIFT)
    assert worked == [[]]
    same(rows, forecast(town, DATE, SHIFT))
    same(town.read("forecasts"), before)


def test_an_alert_costs_gunfire_alone_and_gives_what_a_whole_forecast_would(scored, tmp_path):
    town, worked = scored
    before = town.read("forecasts")
    path = tmp_path / "alert.csv"
    path.write_text("ID,Type,DateTime,X,Y\nnew,Single Gunshot,2019-01-20 04:50:00,{},{}\n".format(*HOT))
    assert import_gunfire(town, path, source_crs=town.settings.crs).added == 1
    rows = score(town, DATE, SHIFT)
    assert worked == [taking(town, "gunfire")]
    same(rows, forecast(town, DATE, SHIFT))
    kinds = {code: part["expected"].to_numpy() for code, part in rows.groupby("crime_type")}
    old = {code: part["expected"].to_numpy() for code, part in before.groupby("crime_type")}
    assert all((kinds[code] == old[code]).all() == (code not in worked[0]) for code in old)
    assert town.count("forecasts") == len(before)


def test_only_types_that_take_something_from_gunfire_follow_an_alert(town):
    model = SimpleNamespace(types={code: SimpleNamespace(others=others) for code, others in (
        ("gunfire", ()), ("robbery", ()), ("homicide", ("gunfire",)), ("theft", ("robbery",)))})
    moment = town.calendar.as_of(DATE)

    def inputs(hours=0):
        """What each type is made from at the moment, asked so many hours later."""
        asked = moment + pd.Timedelta(hours=hours)
        return forecasting._StandingForecasts(town, model, "m", {}, asked).inputs_at(moment)

    before = inputs()
    add(town, "gunfire", alerts(1).assign(alert_id="later", occurred_utc=moment + pd.Timedelta(hours=1)))
    assert inputs() == inputs(hours=2) == before
    add(town, "gunfire", alerts(1).assign(alert_id="new"))
    after = inputs()
    assert [code for code in after if after[code] != before[code]] == ["gunfire", "homicide"]
    add(town, "incidents", incidents(1, prefix="n"))
    last = inputs()
    assert [code for code in last if last[code] != after[code]] == ["robbery", "homicide", "theft"]
    covered(town)
    assert inputs()["robbery"] == last["robbery"]


def test_later_in_the_shift_only_what_became_known_is_made_anew(scored):
    town, worked = scored
    later = town.calendar.as_of(DATE) + pd.Timedelta(hours=10)
    add(town, "gunfire", alerts(1).assign(alert_id="new", occurred_utc=later - pd.Timedelta(minutes=2)))
    rows = score(town, DATE, SHIFT, later)
    assert worked == [["gunfire"]]
    moments = rows.groupby("crime_type")["as_of_utc"].unique()
    assert moments["gunfire"] == [later] and moments["robbery"] == [town.calendar.as_of(DATE)]
    for code, moment in (("gunfire", later), ("robbery", town.calendar.as_of(DATE))):
        whole = forecast(town, DATE, SHIFT, moment)
        same(rows[rows["crime_type"] == code], whole[whole["crime_type"] == code])
    add(town, "incidents", incidents(1, prefix="n").assign(reported_utc=later - pd.Timedelta(minutes=1)))
    same(score(town, DATE, SHIFT, later), forecast(town, DATE, SHIFT, later))
    assert "robbery" in worked[-2]


def test_an_earlier_moment_another_model_or_other_settings_make_all_anew(scored):
    town, worked = scored
    earlier = town.calendar.as_of(DATE) + pd.Timedelta(hours=1)
    score(town, DATE, SHIFT, earlier + pd.Timedelta(hours=1))
    score(town, DATE, SHIFT, earlier)
    assert worked == [[], []], "nothing became known: the forecast of 05:00 stands"
    add(town, "incidents", incidents(1, prefix="n").assign(reported_utc=earlier + pd.Timedelta(hours=3)))
    score(town, DATE, SHIFT, earlier + pd.Timedelta(hours=4))
    score(town, DATE, SHIFT, earlier)
    assert all("robbery" in codes for codes in worked[2:])
    configure(town, {"settings": {"firework_weight": 0.5}})
    score(town, DATE, SHIFT, earlier)
    assert sorted(worked[-1]) == ["gunfire", "robbery"]
    train(town, town.calendar.as_of(DATE), seed=8)
    score(town, DATE, SHIFT, earlier)
    assert sorted(worked[-1]) == ["gunfire", "robbery"]


def covered(town, west_only=True):
    half = LEFT + SIDE * 250 / 2 if west_only else LEFT + SIDE * 250
    shape = box(LEFT, BOTTOM, half, BOTTOM + SIDE * 250)
    return import_sensor_coverage(town, VectorTable(
        pd.DataFrame({"area": ["west"], "from": ["2018-01-01"]}), [shape], town.settings.crs, "areas"))


def shooting(count=60, seed=4):
    """Shootings and calls in the east and the west alike."""
    rows = incidents(count, seed, prefix="s")
    kind = np.where(np.arange(count) % 3 == 0, "gunfire", "aggravated_assault")
    return rows.assign(crime_type=kind, firearm=np.where(np.arange(count) % 3 == 2, None, True),
                       x=LEFT + SIDE * 250 * np.random.default_rng(seed).random(count))


def test_reports_stand_beside_alerts_only_with_coverage(town):
    add(town, "incidents", shooting())
    moment = town.calendar.as_of(DATE)
    plain = read_events(town, ["gunfire"], moment, reports=True)
    assert (plain["heard"] == 1).all() and len(plain) == len(read_events(town, ["gunfire"], moment))
    covered(town)
    events = read_events(town, ["gunfire"], moment, reports=True)
    reports = events[events["heard"] == 0]
    assert 35 <= len(reports) <= 40 and set(reports["crime_type"]) == {"gunfire"}, "those without a gun are no reports"
    assert len(read_events(town, ["gunfire"], moment)) == len(plain), "nobody else sees reports"


def test_coverage_reaches_forecast_card_and_table(town):
    add(town, "incidents", shooting())
    before = score(town, DATE, SHIFT)
    assert before["coverage"].isna().all()
    covered(town)
    model_id = train(town, town.calendar.as_of(DATE))
    rows = score(town, DATE, SHIFT)
    gunfire = rows[rows["crime_type"] == "gunfire"]
    assert set(gunfire["coverage"]) == {0.0, 1.0} and rows[rows["crime_type"] != "gunfire"]["coverage"].isna().all()
    outside = gunfire[gunfire["coverage"] == 0]
    assert outside["reasons"].map(lambda texts: "Outside sensor coverage" in texts[0]).all()
    stored = town.read("forecasts", where={"crime_type": "gunfire", "shift": SHIFT})
    assert stored["coverage"].tolist() == gunfire["coverage"].tolist()
    card, = town.read("models", ["card"], {"model_id": model_id})["card"]
    assert card["crime_types"]["gunfire"]["sensor_coverage"]["share_of_area_in_which_sensors_listen"] == 0.5


def test_new_coverage_makes_gunfire_anew_without_training(scored):
    town, worked = scored
    covered(town)
    rows = score(town, DATE, SHIFT)
    assert worked == [taking(town, "gunfire")] and rows["coverage"].notna().sum() == SIDE * SIDE


def test_incidents_are_read_again_only_when_their_table_changed(town, monkeypatch):
    forecasting._kept.clear()
    moment = town.calendar.as_of(DATE)
    reads = []
    read = type(town).read
    monkeypatch.setattr(type(town), "read", lambda self, table, *more, **named: (
        reads.append(table), read(self, table, *more, **named))[1])
    one = read_events(town, ["robbery", "gunfire"], moment)
    pd.testing.assert_frame_equal(one, read_events(town, ["robbery", "gunfire"], moment))
    assert reads.count("incidents") == 1 and reads.count("gunfire") == 2
    early = read_events(town, ["robbery"], moment - pd.Timedelta(days=30), since=moment - pd.Timedelta(days=60))
    assert early["from_utc"].min() >= moment - pd.Timedelta(days=60) and 0 < len(early) < len(one)
    late = incidents(1, prefix="n").assign(incident_id="i0", reported_utc=moment + pd.Timedelta(days=1))
    add(town, "incidents", late)
    assert len(read_events(town, ["robbery"], moment)) == (one["crime_type"] == "robbery").sum() - 1
    assert reads.count("incidents") == 2, "a changed row is seen"
    with town.transaction() as writer:
        writer.delete("incidents", {"incident_id": "i1"})
    assert len(read_events(town, ["robbery"], moment)) == (one["crime_type"] == "robbery").sum() - 2


def test_whatever_tells_of_shots_weighs_less_on_days_of_fireworks(town):
    """Alerts, calls beside them, and calls in a town without any sensors; shootings as such count in full."""
    festive, usual = (pd.Timestamp(text, tz="America/New_York") for text in ("2018-07-04 22:00", "2018-07-08 22:00"))
    calls = incidents(4, crime_type="gunfire", prefix="c").assign(
        occurred_from_utc=[festive, usual] * 2, occurred_to_utc=[festive, usual] * 2,
        reported_utc=[festive, usual] * 2, x=[LEFT + 600.0] * 2 + [LEFT + 2600.0] * 2, y=BOTTOM + 600.0,
        firearm=[None, None, True, True], crime_type=["gunfire"] * 2 + ["aggravated_assault"] * 2)
    add(town, "incidents", calls)
    configure(town, {"settings": {"firework_weight": 0.25}})
    covered(town)
    moment = town.calendar.as_of(DATE)
    codes = ["gunfire", "aggravated_assault"]
    beside = read_events(town, codes, moment, reports=True)
    reports = beside[beside["heard"] == 0]
    on_the_day = (reports["from_utc"] == festive).to_numpy()
    assert on_the_day.sum() == 2 and (reports["weight"] == np.where(on_the_day, 0.25, 1.0)).all()
    assert (beside.loc[beside["crime_type"] == "aggravated_assault", "weight"] == 1.0).all()
    with town.transaction() as writer:
        writer.delete("gunfire")
    alone = read_events(town, codes, moment)
    shots = alone[alone["crime_type"] == "gunfire"].sort_values("from_utc")
    assert shots["weight"].tolist() == [0.25, 1.0]
    assert (alone.loc[alone["crime_type"] != "gunfire", "weight"] == 1.0).all()
