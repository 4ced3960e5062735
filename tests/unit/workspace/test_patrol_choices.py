"""What each choice of how to patrol gives in a back-test: on the fishnet, on layouts laid anew, on a workspace's own
layout; nothing from the future in any of it."""
import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from forecast_town import add
from made_towns import BOTTOM, LEFT, new_town, quarters, square

from shotspotter_connect_plugin.forecast import lottery_scores
from shotspotter_connect_plugin.forecast import rolling_backtest as replaying
from shotspotter_connect_plugin.forecast.allowed_inputs import admit_events
from shotspotter_connect_plugin.forecast.box_layout import grid_of_boxes
from shotspotter_connect_plugin.forecast.event_history import Timeline, make_history
from shotspotter_connect_plugin.patrol import cap_cost
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.steps import backtesting, forecasting, patrol_choices, placing, refitted_boxes

SIDE = 8
CUT = square(0, 0, SIDE).buffer(-60)
FIRST, LAST, PERCENT = "2022-07-01", "2022-08-25", 5.0  # two trainings, eight weeks
ORIGINS = ("2022-07-01", "2022-07-29")
CHOICES = ["metered", "metered_layout", "metered_equal", "metered_equal_layout", "metered_by_harm",
           "metered_by_harm_layout", "metered_by_harm_paced", "metered_by_harm_paced_layout", "no_caps", "hot_spot_map"]


def events(count=1500, seed=5):
    """Thefts of half a year: half of them round five corners of boxes, three of them in one beat."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2022-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 240 * 86400, count), unit="s")
    corners = np.array([[1, 1], [2, 3], [3, 2], [5, 2], [6, 6]])[rng.integers(0, 5, count)] * 250.0
    hot = (rng.random(count) < 0.5)[:, None]
    place = np.where(hot, corners + rng.normal(0, 40, (count, 2)), 100 + (SIDE * 250 - 200) * rng.random((count, 2)))
    return pd.DataFrame({
        "incident_id": ["i" + str(number) for number in range(count)], "crime_type": "theft",
        "occurred_from_utc": start, "occurred_to_utc": start, "reported_utc": start + pd.Timedelta(hours=20),
        "source": "made", "x": LEFT + place[:, 0], "y": BOTTOM + place[:, 1]})


def town(path, rows=None):
    # So few boxes that there is a choice: with two per beat all stand at their caps, and no sharing covers more.
    workspace = new_town(path, CUT, quarters(SIDE), configuration={"settings": {"boxes_per_beat": 1}})
    add(workspace, "incidents", events() if rows is None else rows)
    return workspace


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    folder = tmp_path_factory.mktemp("choices")
    with town(folder / "town.gpkg") as workspace:
        before = workspace.content_hash()
        result = backtesting.backtest(workspace, FIRST, LAST, ["theft"], PERCENT, str(folder / "ranks.csv"))
        assert workspace.content_hash() == before
        yield SimpleNamespace(workspace=workspace, result=result, sums=result.compared.sums,
                              ranks=pd.read_csv(folder / "ranks.csv", dtype={"expected": np.float32}))


def test_every_choice_has_a_row_and_columns_stay(tested):
    table = tested.result.table
    assert list(table) == ["crime_type", "method", "area_percent", "area_share", "hits", "events", "hit_rate", "pai",
                           "pei", "log_score", "ci_low", "ci_high"]
    rows = table.set_index("method")
    assert rows.index.tolist()[rows.index.tolist().index("connect_layout"):] == ["connect_layout", *CHOICES]
    assert tested.result.compared.figures["method"].tolist() == CHOICES
    assert rows.loc["connect_layout", "area_share"] == pytest.approx(PERCENT / 100)
    assert (rows["ci_low"] <= rows["pai"] + 1e-9).all() and (rows["pai"] <= rows["ci_high"] + 1e-9).all()
    figures = tested.result.compared.figures.set_index("method")
    np.testing.assert_allclose(rows.loc[CHOICES, "hits"], figures.loc[CHOICES, "hits"])
    np.testing.assert_allclose(rows.loc[CHOICES, "area_share"], figures.loc[CHOICES, "area_share"])
    assert (figures["covered_low"] <= figures["covered"]).all()
    assert (figures["covered"] <= figures["covered_high"]).all()


def test_as_many_events_and_as_much_harm_on_both(tested):
    for one in tested.result.replayed:
        elsewhere = one.elsewhere["connect_layout"]
        slots = tested.result.shifts
        np.testing.assert_allclose(np.bincount(elsewhere.slot, elsewhere.weight, slots),
                                   np.bincount(one.slot, one.weight, slots), atol=1e-9)
        assert one.events > 300
    for name in CHOICES:
        np.testing.assert_allclose(tested.sums[name].harm, tested.sums["metered"].harm, rtol=1e-5)


def test_placed_squares_hold_what_the_fishnet_cuts(tested):
    """Half of the thefts are round corners of boxes."""
    rows = tested.result.table.set_index("method")
    assert rows.loc["connect_layout", "hits"] > 1.5 * rows.loc["connect", "hits"]
    assert rows.loc["connect_layout", "log_score"] > rows.loc["connect", "log_score"]


def test_nothing_under_limits_covers_more_than_none_and_by_harm_more_than_equal(tested):
    table = tested.result.compared.figures.set_index("method")
    assert (tested.sums["no_caps"].covered >= tested.sums["metered"].covered - 1e-9).all()
    assert table.loc["metered_by_harm", "covered"] > table.loc["metered_equal", "covered"]
    # As many boxes, so as many patrol hours: 15 minutes, and 15 more when they return.
    assert table.loc["hot_spot_map", "boxes"] == pytest.approx(table.loc["metered", "boxes"])
    np.testing.assert_allclose(table["hours"], table["boxes"] * 0.5)
    np.testing.assert_allclose(table["per_100"], 100 * table["hits"] / (table["hours"] * tested.result.shifts))


def test_each_price_is_one_subtraction(tested):
    table = tested.result.compared.figures.set_index("method")
    pairs = {"limits": ("metered", "no_caps"), "equal beats": ("metered_equal", "metered_by_harm"),
             "pacing": ("metered_by_harm_paced", "metered_by_harm"), "fishnet": ("metered", "metered_layout"),
             "fishnet, by harm": ("metered_by_harm", "metered_by_harm_layout"),
             "traditional map": ("hot_spot_map", "metered")}
    assert [price.name for price in tested.result.compared.prices] == list(pairs)
    for price in tested.result.compared.prices:
        dear, instead = pairs[price.name]
        assert price.harm == pytest.approx(table.loc[instead, "covered"] - table.loc[dear, "covered"])
        assert price.events == pytest.approx(table.loc[instead, "per_100"] - table.loc[dear, "per_100"])
        assert price.harm_low <= price.harm <= price.harm_high
        assert price.events_low <= price.events <= price.events_high


def test_the_lottery_of_the_settings_is_the_one_of_the_caps_alone(tested):
    """As ``connect:capcost`` replays it, from the harm of the same forecasts; and the traditional map by a loop."""
    workspace = tested.workspace
    slots = workspace.calendar.slots(FIRST, LAST)
    frame, (harm, hot) = refitted_boxes.in_force(workspace), np.zeros((2, len(slots), tested.result.boxes.shape[0]))
    kinds = workspace.crime_types.set_index("crime_type")
    worth = float(kinds.loc["theft", "severity"] * kinds.loc["theft", "effectiveness"])
    everything = admit_events(forecasting.read_events(workspace, workspace.crime_types["crime_type"].tolist(),
                                                      pd.Timestamp.now(tz="UTC")))[0]
    context = replaying.BacktestContext.of(tested.result.boxes, workspace.calendar, 250.0,
                                           plan_hour=workspace.settings.plan_hour, related=("theft",), share=0.05)
    one = replaying.replay_type(everything, "theft", context, FIRST, LAST,
                                take=lambda slot, expected: harm.__setitem__(slot, np.float32(expected * worth)),
                                take_map=lambda slot, expected: hot.__setitem__(slot, np.float32(expected)))
    rules = patrol_choices.rules_in_force(workspace, slots)
    day = (pd.to_datetime(slots["shift_date"]) - pd.Timestamp(FIRST)).dt.days.to_numpy()
    chance, _ = cap_cost.replay_lottery(harm, day, patrol_choices.drawable(frame, rules), rules["cap"], rules, 1,
                                        codes=slots["shift"])
    hits = float(np.sum(one.weight * chance[one.slot, one.box]))
    assert tested.result.table.set_index("method").loc["metered", "hits"] == pytest.approx(hits)
    assert tested.sums["metered"].covered.sum() == pytest.approx((chance * harm).sum())
    may, hits = patrol_choices.drawable(frame, rules)["beat"].notna().to_numpy(), 0.0
    for slot in range(len(slots)):
        left = chance[slot].sum()
        for place in sorted(np.flatnonzero(may), key=lambda place: -hot[slot, place]):
            hits += one.weight[(one.slot == slot) & (one.box == place)].sum() * min(max(left, 0.0), 1.0)
            left -= 1.0
    assert tested.result.table.set_index("method").loc["hot_spot_map", "hits"] == pytest.approx(hits)


def test_layouts_are_those_that_place_boxes_would_have_laid_and_ranks_can_be_scored_again(tested):
    """By a loop over the file: events counted on the boxes of ``connect:placeboxes`` as of each training."""
    workspace, hits = tested.workspace, 0.0
    rows = tested.ranks[tested.ranks["method"] == "connect_layout"]
    everything = admit_events(forecasting.read_events(workspace, ["theft"], pd.Timestamp.now(tz="UTC")))[0]
    timeline = Timeline(workspace.calendar, FIRST, LAST)
    for begin, end in zip(ORIGINS, (ORIGINS[1], "9999")):
        found = placing.find_layout(workspace, workspace.calendar.as_of(begin, workspace.settings.plan_hour))
        assert len(found.squares) >= 2
        boxes = found.boxes
        history = make_history(everything, boxes, 250.0, workspace.calendar, timeline)
        inside = boxes["inside"].to_numpy()
        for (date, shift), ranked in rows[(rows["shift_date"] >= begin) & (rows["shift_date"] < end)].groupby(
                ["shift_date", "shift"]):
            slot = timeline.position(date, shift)
            in_box = np.bincount(history.box[history.slot == slot], history.weight[history.slot == slot], len(boxes))
            left = PERCENT / 100 * inside.sum()
            for _, equal in ranked.groupby("rank"):
                places = pd.Index(boxes["box_id"]).get_indexer(equal["box_id"])
                assert (places >= 0).all()
                hits += in_box[places].sum() * min(left / inside[places].sum(), 1.0)
                left = max(left - inside[places].sum(), 0.0)
            assert left < 1e-9
    assert hits == pytest.approx(tested.result.table.set_index("method").loc["connect_layout", "hits"], abs=1e-6)


def test_what_comes_later_changes_nothing_before_it(tmp_path):
    """All that is reported after the second training is moved: what was laid and forecast until then stays."""
    seen = []
    for name in ("as it was", "moved"):
        with town(tmp_path / (name + ".gpkg")) as workspace:
            moment = workspace.calendar.as_of(ORIGINS[1], workspace.settings.plan_hour)
            rows = events()
            later = rows["reported_utc"] > moment
            if name == "moved":
                add(workspace, "incidents", rows[later].assign(x=LEFT + 1_700.0, y=BOTTOM + 300.0))
            past = placing.known_past(workspace, pd.Timestamp.now(tz="UTC"))
            moments = [workspace.calendar.as_of(date, workspace.settings.plan_hour)
                       for date in (*ORIGINS, "2022-08-26")]
            laid = [placing.boxes_laid(workspace, past, moment)["box_id"] for moment in moments]
            ranks = tmp_path / (name + ".csv")
            backtesting.backtest(workspace, ORIGINS[1], "2022-07-31", ["theft"], PERCENT, str(ranks))
            rows = pd.read_csv(ranks, dtype=str)
            seen.append((laid, *(rows[rows["shift_date"] == date].reset_index(drop=True)
                                 for date in (ORIGINS[1], "2022-07-31"))))
    (first, second, third), then, after = seen[0]
    (first_moved, second_moved, third_moved), then_moved, after_moved = seen[1]
    assert first.equals(first_moved) and second.equals(second_moved) and not third.equals(third_moved)
    assert then.equals(then_moved) and "connect_layout" in set(then["method"])
    assert not after.equals(after_moved)


def test_a_workspace_on_a_layout_of_its_own(tmp_path):
    with town(tmp_path / "town.gpkg") as workspace:
        plain = refitted_boxes.fishnet(workspace)
        found = placing.find_layout(workspace, workspace.calendar.as_of("2022-07-20"))
        placing.apply_layout(workspace, found.squares, "test", found)
        again = refitted_boxes.fishnet(workspace)
        pd.testing.assert_frame_equal(plain, again[list(plain)], check_dtype=False)
        result = backtesting.backtest(workspace, FIRST, "2022-07-07", ["theft"], PERCENT)
        assert set(result.boxes["box_id"]) == set(found.boxes["box_id"])
    assert result.compared.figures["method"].tolist() == ["metered", "metered_fishnet", *CHOICES[1:]]
    assert {"connect", "connect_layout", "connect_fishnet"} <= set(result.table["method"])
    assert [price.name for price in result.compared.prices][-2:] == ["boxes in force", "traditional map"]
    one = result.replayed[0]
    for elsewhere in one.elsewhere.values():
        np.testing.assert_allclose(np.bincount(elsewhere.slot, elsewhere.weight, result.shifts),
                                   np.bincount(one.slot, one.weight, result.shifts), atol=1e-9)
    for sums in result.compared.sums.values():
        np.testing.assert_allclose(sums.harm, result.compared.sums["metered"].harm, rtol=1e-5)
    told = " ".join(result.on_choices)
    assert "layout 1" in told and "2022-07-20" in told and "looks better than it was" in told


def test_what_boxes_had_goes_over_by_the_area_they_share(tested):
    workspace = tested.workspace
    plain = refitted_boxes.fishnet(workspace)
    laid = placing.find_layout(workspace, workspace.calendar.as_of(FIRST)).boxes
    for before, after in ((plain, laid), (laid, plain)):
        of_new, of_old = refitted_boxes.carried(before, after, 250.0)
        shares = [grid_of_boxes(250.0, frame["box_id"]).shares(frame["col"], frame["row"]) for frame in (before, after)]
        np.testing.assert_allclose(of_new.multiply(shares[1][:, None]).toarray(),
                                   of_old.multiply(shares[0][None, :]).toarray(), atol=1e-9)
        # Only ground beyond the fishnet of the jurisdiction has no other box.
        assert (of_old.sum(axis=0) <= 1 + 1e-9).all() and (of_new.sum(axis=1) <= 1 + 1e-9).all()
        whole = np.asarray(before["inside"] == 1.0)
        np.testing.assert_allclose(np.asarray(of_old.sum(axis=0)).ravel()[whole], 1.0)


def test_coverage_is_told_by_the_boxes_of_a_layout(tmp_path):
    with town(tmp_path / "town.gpkg") as workspace:
        plain = refitted_boxes.fishnet(workspace)
        half = dict.fromkeys(plain["box_id"][plain["row"] < plain["row"].min() + 4], 1.0)
        add(workspace, "sensor_coverage", pd.DataFrame({"area": ["south"], "from_date": ["2022-01-01"], "boxes": [half],
                                                        "geometry": [square(0, 0, SIDE, 4)]}))
        laid = placing.find_layout(workspace, workspace.calendar.as_of(FIRST)).boxes
        moved = refitted_boxes.coverage_in(workspace, laid)["boxes"].iloc[0]
        again = refitted_boxes.coverage_in(workspace, plain)["boxes"].iloc[0]
    assert again == pytest.approx(half, abs=1e-3)
    y = np.stack(grid_of_boxes(250.0, laid["box_id"]).rectangles(laid["col"], laid["row"]))
    south, north = laid["box_id"][y[:, 3] <= BOTTOM + 1000], laid["box_id"][y[:, 1] >= BOTTOM + 1000]
    assert len(south) > 20 and all(moved[box_id] == pytest.approx(1.0, abs=1e-3) for box_id in south)
    assert len(north) > 20 and not set(north) & set(moved)


def test_layouts_kept_are_few_and_made_again_when_they_are_asked_for(tested, monkeypatch):
    made = []
    monkeypatch.setattr(refitted_boxes, "_BOXES_AT_ONCE", 100)  # one layout of this town
    plain = refitted_boxes.fishnet(tested.workspace)
    laid = refitted_boxes.Refitted(tested.workspace, ORIGINS, plain, lambda frame: made.append(frame) or len(made))
    assert [laid.context(begin) for begin in (ORIGINS[0], ORIGINS[0], ORIGINS[1], ORIGINS[0])] == [1, 1, 2, 3]
    assert [ground.context() for ground in laid.grounds] == [3, 4]


def test_lotteries_can_be_stopped(tested, monkeypatch):
    """A click on cancel is heard in every shift of every lottery."""
    class Counting(Progress):
        calls = 0

        def report(self, fraction, text=""):
            self.calls += 1

    heard = Counting()
    workspace = tested.workspace
    slots = workspace.calendar.slots(FIRST, "2022-07-07")
    rules = patrol_choices.rules_in_force(workspace, slots)
    frame = refitted_boxes.in_force(workspace)
    stretch = patrol_choices.Stretch(0, len(slots), patrol_choices.drawable(frame, rules),
                                     np.ones((len(slots), len(frame)), dtype=np.float32), np.full(len(frame), 1.0))
    day, week = np.arange(len(slots)) // 3, np.zeros(len(slots), dtype=int)
    period = patrol_choices.SlotsPlayed(slots["shift"], day, week, 250.0)
    through = patrol_choices.BoxesThrough([stretch], [])
    assert len(list(patrol_choices.lottery(through, rules, period, heard))) == len(slots) == heard.calls


# -- sums ------------------------------------------------------------------------------------------------------------

def placed(slot, box, weight):
    return replaying.PlacedEvents(np.array(slot), np.array(box), np.array(weight))


def test_lottery_sums_by_hand():
    one = placed([0, 1, 1], [0, 0, 1], [1.0, 0.5, 2.0])
    chance, uniform = np.array([[0.5, 0.25], [0.2, 0.4]]), np.array([0.75, 0.25])
    harm = np.array([[4.0, 8.0], [10.0, 0.0]])
    sums = lottery_scores.LotterySums("metered", [one, one], np.array([0, 1]))
    for slot in (0, 1):
        sums.add(slot, chance[slot], harm[slot], uniform)
    found = sums.of(0)
    np.testing.assert_allclose(found.hits, [0.5, 0.5 * 0.2 + 2 * 0.4])
    np.testing.assert_allclose(found.searched, [0.5 * 0.75 + 0.25 * 0.25, 0.2 * 0.75 + 0.4 * 0.25])
    spread = 1.0 * 0.5 * 0.5 + 0.25 * 0.2 * 0.8 + 4.0 * 0.4 * 0.6
    assert found.spread == pytest.approx(spread)
    assert sums.of(-1).spread == pytest.approx(4 * spread), "two types are drawn together"
    np.testing.assert_allclose(sums.of(-1).hits, 2 * found.hits)
    np.testing.assert_allclose([sums.boxes, sums.covered, sums.harm], [[0.75, 0.6], [4.0, 2.0], [12.0, 10.0]])
    assert sums.spread_of_harm == pytest.approx(16 * 0.25 + 64 * 0.1875 + 100 * 0.16)
    assert sums.named("other").method == "other" and sums.method == "metered"


def drawn_weeks(seed, weeks, boxes, level=0.3):
    """Sums of one lottery and of another, whose weeks differ, and the events of the weeks."""
    rng = np.random.default_rng(seed)
    week = np.repeat(np.arange(weeks), 7)
    sums = [lottery_scores.LotterySums(name, [placed(np.arange(week.size), np.zeros(week.size, int),
                                                     np.full(week.size, 10.0))], week) for name in ("one", "other")]
    worth = np.exp(rng.normal(0, level, weeks))[week]
    for slot in range(week.size):
        harm = worth[slot] * np.ones(boxes)
        for each, chance in zip(sums, (0.1, 0.3)):
            each.add(slot, np.full(boxes, chance), harm, np.full(boxes, 1 / boxes))
    return sums, np.bincount(week, np.full(week.size, 10.0))


def test_a_price_by_hand_and_none_where_weeks_are_too_few():
    sums, events_of = drawn_weeks(1, 10, 4)
    price = lottery_scores.price("p", *sums, 30.0, events_of)
    assert (price.harm_with, price.harm_without, price.harm) == pytest.approx((0.1, 0.3, 0.2))
    # 10 events a shift at 0.1 in one of four boxes, 0.4 boxes of half an hour each: 1 event in 0.2 hours.
    assert (price.events_with, price.events_without) == pytest.approx((500.0, 500.0))
    assert price.harm_low < 0.2 < price.harm_high
    figures = lottery_scores.choice_figures({"one": sums[0]}, 30.0, events_of, 70).iloc[0]
    assert figures[["boxes", "hours", "area_share", "covered", "hits", "per_100"]].tolist() == pytest.approx(
        [0.4, 0.2, 0.1, 0.1, 70.0, 500.0])
    few, events_of = drawn_weeks(1, 7, 4)
    price = lottery_scores.price("p", *few, 30.0, events_of)
    assert price.harm == pytest.approx(0.2) and np.isnan([price.harm_low, price.events_high]).all()


def test_the_interval_of_a_difference_holds_nine_of_ten_histories():
    """Weeks in which two lotteries do better or worse, each by itself: the truth is a difference of 0.2."""
    held = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        sums, events_of = drawn_weeks(seed, 12, 4)
        luck = 1 + rng.normal(0, 0.2, (2, 12))
        sums = [dataclasses.replace(_plain(each), covered=each.covered * of_week) for each, of_week in zip(sums, luck)]
        price = lottery_scores.price("p", *sums, 30.0, events_of)
        held.append(price.harm_low <= 0.2 <= price.harm_high)
    assert 0.85 < np.mean(held) < 0.95


@dataclasses.dataclass
class Sums:
    """Sums without the spread of a draw."""

    covered: np.ndarray
    harm: np.ndarray
    boxes: np.ndarray
    hits: lottery_scores.LotteryHits
    spread_of_harm: float = 0.0

    def of(self, number):
        return self.hits


def _plain(sums):
    return Sums(sums.covered, sums.harm, sums.boxes, sums.of(-1))
