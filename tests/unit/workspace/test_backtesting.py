"""The back-test on a made town: against brute force, rescored from RANKS, and nothing from the future in it."""
import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from made_towns import new_town
from shapely.geometry import box

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.forecast import backtest_scores, lottery_scores
from shotspotter_connect_plugin.forecast import rolling_backtest as replaying
from shotspotter_connect_plugin.forecast.allowed_inputs import admit_boxes, admit_events
from shotspotter_connect_plugin.forecast.forecast_model import train
from shotspotter_connect_plugin.forecast.surfaces import Smoother
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.steps import backtesting, forecasting

FIRST, LAST, PERCENT = "2022-07-01", "2022-08-25", 5.0  # two trainings, eight weeks


def made(count=1200, seed=3):
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2022-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 240 * 86400, count), unit="s")
    hot = rng.random(count) < 0.5
    hours = np.where(rng.random(count) < 0.3, 12, 0)  # some are not known better than half a day
    return pd.DataFrame({
        "incident_id": ["i" + str(number) for number in range(count)],
        "crime_type": np.where(np.arange(count) < 12, "homicide", "theft"), "occurred_from_utc": start,
        "occurred_to_utc": start + pd.to_timedelta(hours, unit="h"),
        "reported_utc": start + pd.to_timedelta(hours + rng.exponential(30.0, count), unit="h"), "source": "made",
        "x": np.where(hot, 320_600 + 100 * rng.random(count), 320_100 + 1_800 * rng.random(count)),
        "y": np.where(hot, 4_300_600 + 100 * rng.random(count), 4_300_100 + 850 * rng.random(count))})


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backtest")
    outline = box(320_060, 4_300_040, 322_000, 4_301_000)  # boxes at the edge are cut
    with new_town(folder / "town.gpkg", outline, {"all": outline}) as workspace:
        with workspace.transaction() as writer:
            writer.append("incidents", made())
        before = workspace.content_hash()
        result = backtesting.backtest(workspace, FIRST, LAST, ["theft", "homicide"], PERCENT, str(folder / "ranks.csv"))
        assert workspace.content_hash() == before
        events = admit_events(forecasting.read_events(workspace, ["theft", "homicide"],
                                                      pd.Timestamp.now(tz="UTC")))[0]
        boxes = admit_boxes(workspace.read("boxes", ["box_id", "col", "row", "inside"]))
        yield SimpleNamespace(workspace=workspace, folder=folder, result=result, events=events, boxes=boxes,
                              observed=happened(workspace, events, boxes),
                              ranks=pd.read_csv(folder / "ranks.csv", dtype={"expected": np.float32}))


def happened(workspace, events, boxes):
    """Events by (crime type, date, shift, box), counted one by one: overlap of each interval with each shift."""
    slots = workspace.calendar.slots(FIRST, LAST)
    start, end = (slots[name].dt.tz_localize(None).to_numpy().astype("datetime64[ns]").astype(np.int64)
                  for name in ("start_utc", "end_utc"))
    known = set(boxes["box_id"])
    found = {}
    for event in events.itertuples():
        box_id = f"C{int(event.x // 250)}R{int(event.y // 250)}"
        if box_id not in known:
            continue
        length = event.to_utc - event.from_utc
        overlap = np.minimum(end, event.to_utc) - np.maximum(start, event.from_utc)
        share = overlap.clip(0) / length if length else ((start <= event.from_utc) & (event.from_utc < end)) * 1.0
        for place in np.flatnonzero(share > 0):
            key = event.crime_type, slots["shift_date"][place], slots["shift"][place], box_id
            found[key] = found.get(key, 0.0) + share[place]
    return found


def test_columns_rows_and_the_numbers_that_follow_from_others(tested):
    table = tested.result.table
    assert list(table) == ["crime_type", "method", "area_percent", "area_share", "hits", "events", "hit_rate", "pai",
                           "pei", "log_score", "ci_low", "ci_high"]
    own = table[table["crime_type"] == "theft"].set_index("method")
    assert {"connect", "metered", "uniform", "count_28", "kde_250_all", "additive"} <= set(own.index)
    assert own["events"].iloc[0] == pytest.approx(sum(n for key, n in tested.observed.items() if key[0] == "theft"))
    np.testing.assert_allclose(own["pai"], own["hits"] / own["events"] / own["area_share"])
    np.testing.assert_allclose(own.drop(list(tested.result.compared.sums))["area_share"], PERCENT / 100)
    assert (own["ci_low"] <= own["pai"] + 1e-9).all() and (own["pai"] <= own["ci_high"] + 1e-9).all()
    assert tested.result.weeks == 8
    assert own.loc["uniform", "log_score"] == pytest.approx(0.0, abs=1e-9)
    assert own.loc["connect", "pai"] > 3 and own.loc["connect", "log_score"] > 0.3  # half of it is in one box
    in_box = pd.Series({key: n for key, n in tested.observed.items() if key[0] == "theft"}).groupby(level=3).sum()
    boxes = tested.boxes.set_index("box_id")["inside"]
    left, best = PERCENT / 100 * boxes.sum(), 0.0
    for box_id in (in_box / boxes).dropna().sort_values(ascending=False).index:
        best += in_box[box_id] * min(left / boxes[box_id], 1.0)
        left = max(left - boxes[box_id], 0.0)
    assert own.loc["connect", "pei"] == pytest.approx(own.loc["connect", "hits"] / best)


@pytest.mark.parametrize("crime_type", ["theft", "homicide"])
@pytest.mark.parametrize("method", ["connect", "count_28", "kde_250_all"])
def test_rescored_from_ranks(tested, crime_type, method):
    """By a loop over the file: ties at the cut share their events by area."""
    inside = tested.boxes.set_index("box_id")["inside"]
    own = tested.ranks[(tested.ranks["method"] == method) & (tested.ranks["crime_type"] == crime_type)]
    assert own.groupby(["shift_date", "shift"]).ngroups == tested.result.shifts
    hits = 0.0
    for (date, shift), rows in own.groupby(["shift_date", "shift"]):
        left = PERCENT / 100 * inside.sum()
        for _, equal in rows.groupby("rank"):
            space = inside[equal["box_id"]].sum()
            events = sum(tested.observed.get((crime_type, date, shift, box_id), 0.0) for box_id in equal["box_id"])
            hits += events * min(left / space, 1.0)
            left = max(left - space, 0.0)
        assert left < 1e-9
    row = tested.result.table.set_index(["crime_type", "method"]).loc[(crime_type, method)]
    assert hits == pytest.approx(row["hits"], abs=1e-6)


def test_connect_is_what_the_product_says_when_it_trains_and_scores_then(tested):
    """The first plan of each training, made by the product itself, has the same first box and value."""
    workspace = tested.workspace
    for date in (FIRST, "2022-07-29"):
        as_of = workspace.calendar.as_of(date, workspace.settings.plan_hour)
        events = forecasting.read_events(workspace, ["theft"], as_of)
        model = train(events, tested.boxes, workspace.calendar, as_of)
        rows = model.score(events, tested.boxes, workspace.calendar, date, "day", as_of)
        top = rows.sort_values("expected", ascending=False).iloc[0]
        ranks = tested.ranks.query("shift_date == @date and shift == 'day' and crime_type == 'theft' and rank == 1 "
                                   "and method == 'connect'")
        assert ranks["box_id"].tolist() == [top["box_id"]]
        assert ranks["expected"].iloc[0] == pytest.approx(top["expected"], rel=1e-5)
        chosen = {origin: rung for origin, rung, _ in tested.result.replayed[0].chosen}
        assert chosen[date] == model.types["theft"].rung.name


def test_what_becomes_known_later_changes_no_forecast(tested):
    """Everything reported after the last plan moment is moved: ranks stay as they are."""
    workspace = tested.workspace
    first = last = "2022-07-01"
    moment = workspace.calendar.as_of(first, workspace.settings.plan_hour).value
    context = replaying.BacktestContext(tested.boxes, Smoother(tested.boxes, 250.0), workspace.calendar, 250.0,
                                        workspace.settings.plan_hour, share=0.05)
    changed = tested.events.copy()
    changed.loc[changed["known_utc"] > moment, ["x", "y"]] = [321_700.0, 4_300_300.0]
    seen = []
    for events in (tested.events, changed):
        ranks = []
        replaying.replay_type(events, "theft", context, first, last,
                              ranked=lambda *row: ranks.append([str(np.asarray(part).tolist()) for part in row]))
        seen.append(ranks)
    assert seen[0] == seen[1] and len(seen[0]) > 10


def test_the_interval_of_metered_holds_nine_of_ten_lotteries():
    """Weeks that are all alike: what differs is which boxes are drawn."""
    rng, weeks, boxes = np.random.default_rng(2), 10, 8
    slot, box = np.repeat(np.arange(7 * weeks), boxes), np.tile(np.arange(boxes), 7 * weeks)
    chance, uniform = np.tile(np.linspace(0.05, 0.5, boxes), (7 * weeks, 1)), np.full(boxes, 1 / boxes)
    weight = np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 3.0], 7 * weeks)
    placed = replaying.PlacedEvents(slot, box, weight)
    one = SimpleNamespace(slot=slot, box=box, weight=weight, methods=("connect",), hits=np.zeros((1, weeks)),
                          gained_in=np.zeros((1, weeks)), events=weight.sum(), crime_type="theft")
    week = np.arange(7 * weeks) // 7
    sums = lottery_scores.LotterySums("metered", [placed], week)
    for number, of_slot in enumerate(chance):
        sums.add(number, of_slot, np.zeros(boxes), uniform)
    context = SimpleNamespace(smoother=SimpleNamespace(uniform=uniform), share=0.1)
    table, _ = backtest_scores.score([one], np.full(weeks, 7), context, [sums.of(0)])
    row = table.set_index("method").loc["metered"]
    drawn = rng.random((2000, 7 * weeks, boxes)) < chance
    pai = (drawn * weight.reshape(7 * weeks, boxes)).sum(axis=(1, 2)) / weight.sum() / row["area_share"]
    assert pai.mean() == pytest.approx(row["pai"], rel=0.01)
    assert 0.88 < np.mean((pai >= row["ci_low"]) & (pai <= row["ci_high"])) < 0.96


def test_verdict_too_rare(tested):
    verdicts = {one.crime_type: one.verdict for one in tested.result.replayed}
    assert verdicts == {"theft": "", "homicide": "too rare to forecast"}


@pytest.mark.parametrize("first, last, types, percent, words", [
    (LAST, FIRST, None, 1.0, "FROM lies after TO"),
    ("", LAST, None, 1.0, "FROM and TO are both needed"),
    (FIRST, "2999-01-01", None, 1.0, "is not over yet"),
    (FIRST, LAST, ["spitting"], 1.0, "spitting"),
    (FIRST, LAST, None, 0.0, "AREA_PERCENT"),
    ("2021-06-01", "2021-06-30", ["theft"], 1.0, "Nothing was known before"),
    ("2023-06-01", "2023-06-02", ["homicide"], 1.0, "No events")])
def test_bad_input(tested, first, last, types, percent, words):
    ranks = tested.folder / "none.csv"
    with pytest.raises(ConnectError) as error:
        backtesting.backtest(tested.workspace, first, last, types, percent, str(ranks))
    assert words in str(error.value) and str(error.value).endswith(".")
    assert not list(tested.folder.glob("none*"))


def test_cancelled_in_the_middle_leaves_no_file(tested):
    class Impatient(Progress):
        calls = 0

        def is_cancelled(self):
            self.calls += 1
            return self.calls > 400

    with pytest.raises(Cancelled):
        backtesting.backtest(tested.workspace, FIRST, LAST, ["theft"], PERCENT, str(tested.folder / "gone.csv"),
                             Impatient())
    assert not list(tested.folder.glob("gone*"))


def test_all_types_pooled_add_up(tested):
    """Each type is searched at its own boxes, so hits and events are sums and the searched area is that of one."""
    table = tested.result.table
    parts, pooled = table[table["crime_type"] != "all"], table[table["crime_type"] == "all"].set_index("method")
    sums = parts.groupby("method")[["hits", "events"]].sum()
    np.testing.assert_allclose(pooled["hits"], sums["hits"][pooled.index])
    np.testing.assert_allclose(pooled["events"], sums["events"][pooled.index])
    np.testing.assert_allclose(pooled["pai"], pooled["hits"] / pooled["events"] / pooled["area_share"])
    gained = parts.assign(gained=parts["log_score"] * parts["events"]).groupby("method")["gained"].sum(min_count=1)
    np.testing.assert_allclose(pooled["log_score"] * pooled["events"], gained[pooled.index])
    assert (pooled["ci_low"] <= pooled["pai"] + 1e-9).all() and (pooled["pai"] <= pooled["ci_high"] + 1e-9).all()


@pytest.mark.parametrize("last, weeks, in_last", [
    ("2022-08-25", 8, 7), ("2022-08-31", 8, 13), ("2022-08-24", 7, 13), ("2022-07-03", 1, 3), ("2022-07-07", 1, 7)])
def test_days_left_over_are_no_week_of_their_own(tested, last, weeks, in_last):
    slots = tested.workspace.calendar.slots(FIRST, last)
    week = replaying.week_of_slots(slots, FIRST)
    assert week.max() + 1 == weeks and slots["shift_date"][week == weeks - 1].nunique() == in_last


def test_few_events_or_weeks_have_no_interval_and_it_is_said(tested):
    table, name = tested.result.table, "crime_type == 'homicide'"
    assert table.query(name)[["ci_low", "ci_high"]].isna().all(axis=None) and table.query(name)["pai"].notna().any()
    for gain in tested.result.gains["homicide"]:
        assert np.isnan([gain.low, gain.high, gain.log_low, gain.log_high]).all()
    assert "events, at least 30 are needed" in tested.result.why_no_interval("homicide")
    assert tested.result.why_no_interval("theft") == ""
    # The same period cut after its seventh week, as if it had ended there.
    theft = next(one for one in tested.result.replayed if one.crime_type == "theft")
    slots = tested.workspace.calendar.slots(FIRST, LAST)
    week = replaying.week_of_slots(slots, FIRST)
    early = week[theft.slot] < 7
    short = dataclasses.replace(theft, hits=theft.hits[:, :7], gained_in=theft.gained_in[:, :7],
                                slot=theft.slot[early], box=theft.box[early], weight=theft.weight[early])
    context = replaying.BacktestContext.of(tested.boxes, tested.workspace.calendar, 250.0, share=PERCENT / 100)
    cut, gains = backtest_scores.score([short], np.bincount(week)[:7], context)
    assert cut[["ci_low", "ci_high"]].isna().all(axis=None) and cut["events"].iloc[0] >= 30
    assert gains and all(np.isnan([gain.low, gain.log_high]).all() for gain in gains)
    result = dataclasses.replace(tested.result, table=cut, weeks=7)
    assert result.why_no_interval("theft") == "only 7 weeks, at least 8 are needed"
    whole, _ = backtest_scores.score([theft], np.bincount(week), context)
    assert whole[["ci_low", "ci_high"]].notna().all(axis=None)


def test_curve_map_and_promise_agree_with_the_table(tested):
    """The same hits, asked for by area, by box and beforehand."""
    for one in tested.result.replayed:
        own = tested.result.table.set_index(["crime_type", "method"]).loc[one.crime_type]
        at = replaying.CURVE.index(PERCENT / 100)
        np.testing.assert_allclose(one.curve[:, at], own.loc[list(one.methods), "hits"])
        assert (np.diff(one.curve, axis=1) >= -1e-9).all() and (one.curve <= one.events + 1e-9).all()
        assert one.caught_in.sum() == pytest.approx(own.loc["connect", "hits"])
        in_boxes = np.bincount(one.box, one.weight, minlength=one.caught_in.size)
        assert (one.caught_in <= in_boxes + 1e-9).all()
        np.testing.assert_allclose(one.caught_in + one.missed_in, in_boxes, atol=1e-9)
        expected = sum(group[0] for group in one.calibration.groups())
        assert 0 < one.promised < expected


def test_gains_name_the_best_simple_rule_known_afterwards(tested):
    own = tested.result.table.query("crime_type == 'theft'").set_index("method")
    simple = own.loc[[name for name in own.index if name.startswith(("count_", "kde_", "decay_"))], "pai"]
    gains = {gain.method: gain for gain in tested.result.gains["theft"]}
    assert "kde_250_all" in gains and "kde_500_all" in gains
    best = max(gains.values(), key=lambda gain: own.loc[gain.method, "pai"])
    assert own.loc[best.method, "pai"] == simple.max()
    for gain in gains.values():
        assert gain.ratio == pytest.approx(own.loc["connect", "pai"] / own.loc[gain.method, "pai"])
        assert gain.low <= gain.ratio <= gain.high or np.isnan([gain.low, gain.high]).all()  # no week tells them apart
        assert gain.log_low <= gain.log_score <= gain.log_high or np.isnan([gain.log_low, gain.log_high]).all()
        assert gain.log_score == pytest.approx(own.loc["connect", "log_score"] - own.loc[gain.method, "log_score"])
