"""What being drawn did: exact on paper, unbiased and honest about its error in cities whose truth is known."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lottery_city import City, boxes, make

from shotspotter_connect_plugin.patrol import metering
from shotspotter_connect_plugin.patrol.draw_effect import BesideDrawn, Lottery
from shotspotter_connect_plugin.workspace.store.settings import Settings

RUNS = 200
LOW, HIGH = 0.9, 0.99
"""Where the share of 95 % intervals that hold the truth must lie: some three of its standard errors around 0.95."""


@pytest.fixture(scope="module")
def city():
    return make(seed=11, shifts=120, runs=RUNS)


def summary(rows):
    """bias over its own error, spread of the estimates, mean of the stated error, share that hold the truth."""
    error, stated, holds = (np.array(column, dtype=float) for column in zip(*rows))
    return error.mean() / (error.std() / np.sqrt(len(rows))), error.std(), stated.mean(), holds.mean()


def holds(estimate, truth):
    return estimate.value - truth, estimate.error, estimate.low <= truth <= estimate.high


# --- on paper --------------------------------------------------------------------------------------------------------

def test_a_difference_worked_out_by_hand():
    # Two shifts of one beat; chances 1/2, 1/4, 1/4. Undrawn boxes weigh chance / (1 - chance): 1, 1/3, 1/3.
    design = Lottery([0, 0, 0, 1, 1, 1], [0.5, 0.25, 0.25] * 2, [True, False, False, False, True, False])
    outcome = np.array([2.0, 3.0, 0.0, 1.0, 0.0, 6.0])
    expected = (2.0 + 0.0) / 2 - (3 / 3 + 0 / 3 + 1 + 6 / 3) / (1 / 3 + 1 / 3 + 1 + 1 / 3)
    estimate = design.estimate(outcome)
    assert estimate.value == pytest.approx(expected)
    assert design.mean_unexposed(outcome) == pytest.approx(2.0)
    assert estimate.low < estimate.value < estimate.high
    assert estimate.mean_dose == 1.0


def test_a_single_box_has_the_variance_of_a_coin():
    design = Lottery([0], [0.2], [True])
    assert design.covariance(np.array([0.8]), np.array([0.8])) == pytest.approx(0.2 * 0.8)  # 0.8 / (1 - 0.2) = 1


@pytest.mark.parametrize("chance", (0.0, 1.0, np.nan))
def test_boxes_that_are_drawn_always_or_never_are_refused(chance):
    with pytest.raises(ValueError):
        Lottery([0, 0], [0.5, chance], [True, False])


@pytest.mark.parametrize("drawn", (True, False))
def test_nothing_to_compare_gives_no_estimate(drawn):
    assert Lottery([0, 0], [0.5, 0.5], [drawn, drawn]).estimate(np.ones(2)) is None
    assert Lottery([], [], []).estimate(np.zeros(0)) is None


def test_one_outcome_everywhere_is_no_effect():
    """Nothing that varies tells nothing: no limit rather than a limit of no width."""
    estimate = Lottery([0] * 4, [0.5] * 4, [True, True, False, False]).estimate(np.full(4, 7.0))
    assert estimate.value == 0.0 and not estimate.bounded and not estimate.conclusive


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-5, 5), st.floats(0.1, 10))
def test_the_estimate_follows_its_outcome(seed, constant, factor):
    rng = np.random.default_rng(seed)
    shift, chance = np.repeat(np.arange(6), 10), rng.uniform(0.1, 0.6, 60)
    drawn = rng.random(60) < 0.4
    drawn[[0, 59]] = True, False
    design = Lottery(shift, chance, drawn)
    outcome = rng.normal(size=60)
    one, other = design.estimate(outcome), design.estimate(constant + factor * outcome)
    assert np.allclose([other.value, other.error], [factor * one.value, factor * one.error])
    assert one.low <= one.value <= one.high
    if one.bounded:
        assert np.allclose([other.low, other.high], [factor * one.low, factor * one.high])
    moved = design.estimate(outcome + 2.0 * drawn)
    assert moved.value == pytest.approx(one.value + 2.0)
    order = rng.permutation(60)
    mixed = Lottery(shift[order], chance[order], drawn[order]).estimate(outcome[order])
    assert mixed.value == pytest.approx(one.value) and mixed.error == pytest.approx(one.error)


# --- in cities whose truth is known -----------------------------------------------------------------------------------

@pytest.mark.parametrize("prevented", (0.0, 0.2))
def test_intervals_hold_the_truth_as_often_as_they_say(city, prevented):
    """120 shifts, wrong forecasts, busy and quiet shifts; patrols do nothing, or prevent every fifth event."""
    rng, rows, ninety = np.random.default_rng(5), [], []
    for run in range(RUNS):
        events, rate = city.events(rng, 1 - prevented * city.drawn[run])
        design, units = city.lottery(run)
        truth = -prevented * (rate * city.chance)[units].sum() / city.chance[units].sum()
        outcome = (events - city.expected)[units]
        rows.append(holds(design.estimate(outcome), truth))
        narrow = design.estimate(outcome, level=0.9)
        ninety.append(narrow.low <= truth <= narrow.high)
    bias, spread, stated, share = summary(rows)
    assert abs(bias) < 3.5
    assert stated == pytest.approx(spread, rel=0.15)
    assert LOW <= share <= HIGH
    assert 0.85 <= np.mean(ninety) <= 0.955


@pytest.mark.parametrize("shifts, mean", ((4, 0.05), (20, 0.005), (20, 0.05)))
def test_few_shifts_and_few_events_are_told_honestly(shifts, mean):
    """In 20 shifts of 0.005 events a box, some three events would happen in all drawn boxes."""
    city, rng, rows = make(seed=3, shifts=shifts, runs=RUNS, mean=mean), np.random.default_rng(6), []
    for run in range(RUNS):
        events, _ = city.events(rng)
        design, units = city.lottery(run)
        rows.append(holds(design.estimate((events - city.expected)[units]), 0.0))
    bias, _, _, share = summary(rows)
    assert abs(bias) < 3.5 and LOW <= share <= 0.995


def test_events_that_come_in_clusters_are_no_reason_for_false_confidence(city):
    """One event brings others in its box and in the next ones of the same shift, as near repeats do."""
    rng, rows = np.random.default_rng(16), []
    col, row = np.array([[int(part) for part in box[1:].split("R")] for box in boxes()[0]]).T
    near = (abs(col[:, None] - col) <= 1) & (abs(row[:, None] - row) <= 1)
    for run in range(RUNS):
        events, _ = city.events(rng)
        events = events + rng.poisson(0.15 * events @ near)
        design, units = city.lottery(run)
        rows.append(holds(design.estimate((events - city.expected)[units]), 0.0))
    bias, _, _, share = summary(rows)
    assert abs(bias) < 3.5 and LOW <= share <= 0.995


def test_suppressing_the_riskiest_patrols_leaves_the_estimate_honest(city):
    """Analysts take out the patrols of busy boxes, so what is delivered is anything but random; the draw still is.

    Comparing patrolled with other boxes would say that patrols bring crime, as the last line shows.
    """
    rng, rows, naive = np.random.default_rng(7), [], []
    busy = city.true > np.quantile(city.true, 0.85)
    for run in range(RUNS):
        delivered = city.drawn[run] & ~(busy & (rng.random(city.drawn[run].shape) < 0.8))
        events, rate = city.events(rng, 1 - 0.2 * delivered)
        design, units = city.lottery(run)
        kept = np.where(busy, 0.2, 1.0)
        truth = -0.2 * (rate * kept * city.chance)[units].sum() / city.chance[units].sum()
        rows.append(holds(design.estimate((events - city.expected)[units]), truth))
        naive.append(events[delivered & city.open].mean() - events[~delivered & city.open].mean())
    bias, _, _, share = summary(rows)
    assert abs(bias) < 3.5 and LOW <= share <= HIGH
    assert np.mean(naive) > 2 * abs(truth)


def test_the_hour_of_patrol_with_imperfect_delivery(city):
    """A third of the drawn boxes see nobody, some undrawn ones do, and busy boxes are visited longer."""
    rng, rows, per_hour = np.random.default_rng(8), [], -0.08
    busy = city.true > np.median(city.true)
    for run in range(RUNS):
        luck = rng.random(city.drawn[run].shape)
        hours = np.where(city.drawn[run], 0.3 * (luck < 0.67), 0.2 * (luck < 0.03)) * np.where(busy, 1.2, 0.8)
        events, _ = city.events(rng)
        design, units = city.lottery(run)
        estimate = design.estimate((events + per_hour * hours - city.expected)[units], hours[units])
        assert not estimate.weak and estimate.strength > 100
        rows.append(holds(estimate, per_hour))
    bias, spread, stated, share = summary(rows)
    assert abs(bias) < 3.5 and LOW <= share <= HIGH
    assert stated == pytest.approx(spread, rel=0.15)


def test_a_draw_that_nobody_follows_says_that_it_is_weak(city):
    rng, unbounded, share = np.random.default_rng(9), 0, []
    for run in range(100):
        hours = 0.3 * (rng.random(city.drawn[run].shape) < 0.05)
        events, _ = city.events(rng)
        design, units = city.lottery(run)
        estimate = design.estimate((events - city.expected)[units], hours[units])
        unbounded += not estimate.bounded
        share.append(estimate.low <= 0.0 <= estimate.high)
        assert estimate.weak or estimate.strength < 30
    assert unbounded > 80 and np.mean(share) > 0.9


def test_what_was_before_the_draw_shows_no_effect(city):
    """The check: the same comparison of events that the draw could not touch."""
    rng, share = np.random.default_rng(10), []
    for run in range(RUNS):
        earlier, _ = city.events(rng)
        design, units = city.lottery(run)
        estimate = design.estimate((earlier - city.expected)[units])
        share.append(not estimate.conclusive)
    assert LOW <= np.mean(share) <= HIGH


def test_the_detectable_effect_is_found_four_times_in_five(city):
    rng, found = np.random.default_rng(12), []
    design, units = city.lottery(0)
    events, rate = city.events(np.random.default_rng(1))
    detectable = design.estimate((events - city.expected)[units]).detectable(0.8)
    share = detectable / ((rate * city.chance)[units].sum() / city.chance[units].sum())
    for run in range(RUNS):
        more, _ = city.events(rng, 1 + share * city.drawn[run])
        design, units = city.lottery(run)
        found.append(design.estimate((more - city.expected)[units]).conclusive)
    assert 0.68 < np.mean(found) < 0.9  # an increase adds noise of its own, and the error itself is estimated


# --- the lottery as it is, with its history --------------------------------------------------------------------------

@pytest.fixture(scope="module")
def drawn_for_real():
    """60 shifts drawn one after the other by the product's metering, each with caps and rest from those before."""
    rng, (ids, _, _, beat) = np.random.default_rng(2), boxes()
    true = rng.gamma(1.0, 1.0, ids.size)
    true *= 0.05 / true.mean()
    table = pd.DataFrame({"box_id": ids, "beat": beat, "inside": 1.0})
    dates = pd.date_range("2024-01-01", periods=60).strftime("%Y-%m-%d")
    chance, drawn, expected = [], [], []
    for number, date in enumerate(dates):
        forecast = true * np.exp(rng.normal(-0.125, 0.5, ids.size))
        since = max(number - 27, 0)
        past = [(ids[box], dates[day], drawn[day][box], chance[day][box]) for day in range(since, number)
                for box in np.flatnonzero(chance[day] > 0)]
        rows = pd.DataFrame(past, columns=["box_id", "shift_date", "drawn", "inclusion_probability"])
        history = metering.PatrolHistory(rows[rows["drawn"].astype(bool)], rows,
                                         frozenset(ids[drawn[-1]]) if drawn else frozenset())
        rules = metering.rules_of(Settings(), date, "day", 1)
        made = metering.draw_shift(table, pd.Series(forecast, index=ids), history, rules, f"seed {number}").boxes
        made = made.set_index("box_id").loc[ids]
        chance.append(made["inclusion_probability"].to_numpy(dtype=float))
        drawn.append(made["selected"].to_numpy(dtype=bool))
        expected.append(forecast)
    return City(true, np.array(expected), np.array(chance), np.array(drawn)[None], None, [])


@pytest.mark.parametrize("prevented", (0.0, 0.2))
def test_one_real_history_of_draws_gives_honest_intervals(drawn_for_real, prevented):
    """Chances hang on earlier draws by caps and rest; given the past they are exact, and that is all that is needed."""
    city, rng, rows = drawn_for_real, np.random.default_rng(4), []
    assert (city.chance == 0).mean() > 0.05 and city.chance.max() <= 0.5
    design, units = city.lottery(0)
    for _ in range(RUNS):  # the draws are fixed here, so what the forecast did not know is drawn anew each time
        rate = city.expected * np.exp(rng.normal(-0.125, 0.5, city.true.size))
        events = rng.poisson(rate * (1 - prevented * city.drawn[0]))
        truth = -prevented * (rate * city.drawn[0])[units].sum() / city.drawn[0][units].sum()
        rows.append(holds(design.estimate((events - city.expected)[units]), truth))
    bias, spread, stated, share = summary(rows)
    assert abs(bias) < 3.5 and LOW <= share <= HIGH
    assert stated == pytest.approx(spread, rel=0.15)


# --- neighbours ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("moved", (0.0, 0.3))
def test_neighbours_of_drawn_boxes_show_what_moved_there(city, moved):
    rng, rows, found = np.random.default_rng(13), [], []
    for run in range(100):
        events, rate = city.events(rng, 1 + moved * city.near(run))
        design = city.beside(run)
        weight = np.concatenate([near.mean(axis=0) * far.mean(axis=0) for near, far in city.replayed])
        weight = np.tile(weight, len(city.chance) // len(city.replayed))
        truth = moved * (rate.ravel() @ weight) / weight.sum()
        estimate = design.estimate((events - city.expected).ravel())
        rows.append(holds(estimate, truth))
        found.append(estimate.conclusive)
    bias, spread, stated, share = summary(rows)
    assert abs(bias) < 3.5 and 0.88 <= share <= 0.99
    assert stated == pytest.approx(spread, rel=0.2)
    assert np.mean(found) > 0.5 if moved else np.mean(found) < 0.12


def test_two_replays_are_noisier_but_no_more_wrong(city):
    """The weights are linear in the replayed shares, so few replays bring no bias; fresh ones for every run here."""
    rng, rows = np.random.default_rng(14), []
    for run in range(100):
        pick = [rng.integers(0, 40, 2) for _ in city.replayed]
        few = City(city.true, city.expected, city.chance, city.drawn, city.pairs,
                   [(near[one], far[one]) for (near, far), one in zip(city.replayed, pick)])
        events, _ = city.events(rng)
        rows.append(holds(few.beside(run).estimate((events - city.expected).ravel()), 0.0))
    bias, _, _, share = summary(rows)
    assert abs(bias) < 3.5 and share >= 0.88


def test_beside_without_replayed_neighbours_gives_no_estimate():
    none = np.zeros(3, dtype=bool)
    assert BesideDrawn(np.zeros(3, int), none, none, [(np.arange(3), none[None], ~none[None])]).estimate(
        np.ones(3)) is None


# --- as a share of what would have been ------------------------------------------------------------------------------

@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.02, 4.0), st.floats(0.0, 6.0))
def test_a_change_is_the_same_in_events_and_in_shares(seed, mean, times):
    """Whatever was counted: no number is missing, both intervals hold the estimate and leave out 0 together."""
    rng = np.random.default_rng(seed)
    chance = rng.uniform(0.05, 0.7, 60)
    drawn = rng.random(60) < chance
    drawn[[0, 59]] = True, False
    counted = rng.poisson(np.where(drawn, mean * times, mean)).astype(float)
    expected = mean * rng.uniform(0.5, 1.5, 60)
    design = Lottery(np.repeat(np.arange(6), 10), chance, drawn)
    found = design.compare(counted, expected)
    assert found.value == pytest.approx(design.estimate(counted - expected).value)
    if not found.base > 0:
        return
    assert found.share == pytest.approx(found.value / found.base)
    assert found.low <= found.value + 1e-9 and found.value <= found.high + 1e-9
    assert -1 <= found.share_low <= found.share + 1e-9 and found.share <= found.share_high + 1e-9
    assert not np.isnan([found.low, found.high, found.share_low, found.share_high, found.error]).any()
    no_effect = found.share_low <= 1e-9 and found.share_high >= -1e-9
    assert found.conclusive != no_effect or min(abs(found.share_low), abs(found.share_high)) < 1e-6


def test_too_little_to_compare_with_sets_no_limit_to_an_increase():
    """Two events in boxes that were not drawn: ten times as many in the others fits, too."""
    chance, drawn = np.full(60, 0.5), np.arange(60) % 2 == 0
    counted = np.zeros(60)
    counted[[1, 7, *range(0, 40, 2)]] = 1.0
    found = Lottery(np.arange(60) // 10, chance, drawn).compare(counted, np.zeros(60))
    assert found.share == pytest.approx(9.0) and found.share_high == np.inf and found.share_low > 0
    assert not found.bounded and found.conclusive
    nothing = Lottery(np.arange(60) // 10, chance, drawn).compare(np.zeros(60), np.zeros(60))
    assert nothing.base == 0 and np.isnan(nothing.share_high) and not nothing.bounded and not nothing.conclusive
    fewer = Lottery(np.arange(60) // 10, chance, ~drawn).compare(counted, np.zeros(60))
    assert -1 <= fewer.share_low < fewer.share_high < 0 and fewer.bounded


@pytest.mark.parametrize("shifts, times", ((21, 0.5), (21, 2.0), (120, 0.5), (120, 1.0), (120, 2.0)))
def test_changes_of_any_size_are_held_as_often_as_said(shifts, times):
    """A doubling makes counts vary more and a halving less; an interval that forgets it held a doubling in 84 %."""
    city, rng, rows = make(seed=21, shifts=shifts, runs=RUNS, mean=0.05), np.random.default_rng(22), []
    for run in range(RUNS):
        events, rate = city.events(rng, np.where(city.drawn[run], times, 1.0))
        design, units = city.lottery(run)
        found = design.compare(events[units], city.expected[units])
        truth = (times - 1) * (rate * city.chance)[units].sum() / city.chance[units].sum()
        rows.append((found.share_low <= times - 1 <= found.share_high, found.low <= truth <= found.high))
    of_share, of_events = np.mean(rows, axis=0)
    assert LOW <= of_share <= HIGH and LOW <= of_events <= HIGH


def test_the_smallest_change_that_shows_does_in_four_of_five_cases_and_smaller_ones_are_overstated():
    city, rng, shown, seen = make(seed=23, shifts=63, runs=RUNS, mean=0.05), np.random.default_rng(24), [], []
    least = np.mean([city.lottery(run)[0].compare(*(part[city.open] for part in (city.events(rng)[0], city.expected))
                                                  ).detectable() for run in range(20)])
    open_chance = (city.chance * city.true)[city.open].sum() / city.chance[city.open].sum()
    for prevented, found in ((least / open_chance, shown), (0.2, seen)):
        for run in range(RUNS):
            events, _ = city.events(rng, 1 - prevented * city.drawn[run])
            design, units = city.lottery(run)
            found.append(design.compare(events[units], city.expected[units]))
    assert 0.7 <= np.mean([one.conclusive for one in shown]) <= 0.92
    lucky = [one.share for one in seen if one.conclusive and one.share < 0]
    assert 0 < len(lucky) < RUNS / 2 and np.mean(lucky) < -0.3, "a fifth, where it shows, looks like a third or more"
    assert np.mean([abs(one.share) < one.detectable() / one.base for one in seen if one.conclusive]) > 0.7
