"""Planned against realised inclusion: right for the product's own lottery, loud for one that was tampered with."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.patrol.draw import pivotal
from shotspotter_connect_plugin.patrol.inclusion import CLASSES, PERIODS, agreement, by_class


class Numbers:
    """Uniforms of a seeded generator, much faster than those of a seed."""

    def __init__(self, rng):
        self._rng = rng

    def next(self):
        return self._rng.random()

    def take(self, count):
        return self._rng.random(count)


@pytest.fixture(scope="module")
def draws():
    """(chances, drawn) of 400 draws of 48 boxes in two beats: periods of shifts are cut from them."""
    rng = np.random.default_rng(3)
    chance = rng.gamma(0.6, 1.0, 48) + 0.02
    beat = np.repeat(np.array(["A", "B"], dtype=object), 24)
    for name in "AB":
        chance[beat == name] = np.minimum(2.0 * chance[beat == name] / chance[beat == name].sum(), 0.6)
    col, row = np.arange(48) % 8, np.arange(48) // 8
    drawn = np.zeros((400, 48), dtype=bool)
    for number in range(400):
        drawn[number, pivotal(chance, col, row, beat, Numbers(rng)).selected] = True
    return chance, drawn


def periods(chance, drawn, shifts):
    for start in range(0, len(drawn), shifts):
        part = drawn[start:start + shifts]
        yield np.tile(chance, len(part)), part.ravel()


def test_an_honest_lottery_is_not_called_uneven_more_often_than_the_words_say(draws):
    found = [agreement(*period, periods=499) for period in periods(*draws, 4)]
    luck = np.array([one.luck for one in found])
    for level in (0.05, 0.2):  # 100 periods: as many as four standard deviations above the share, at most
        assert (luck <= level).mean() <= level + 4 * np.sqrt(level * (1 - level) / len(luck))
    assert np.median(luck) > 0.3
    assert found[0].box_shifts == 4 * 48 and found[0].drawn == 16 and found[0].expected == pytest.approx(16, abs=0.5)


def test_one_tiny_chance_that_is_drawn_twice_is_no_finding(draws):
    chance, drawn = (part[:20 * 48] for part in (np.tile(draws[0], 20), draws[1].ravel()))
    tiny, twice = np.full(20 * 50, 0.0005), np.zeros(20 * 50, dtype=bool)
    twice[[7, 57]] = True  # one box of 50, two shifts of 20
    found = agreement(np.concatenate([chance, tiny]), np.concatenate([drawn, twice]))
    assert found.luck > 0.01 and found.once_in <= 100


def test_what_is_said_follows_from_the_simulation(draws):
    one = agreement(*next(periods(*draws, 20)))
    again = agreement(*next(periods(*draws, 20)))
    assert one == again and one.periods == PERIODS
    assert one.luck == (1 + one.as_uneven) / 1000 and one.once_in == 1000 // (1 + one.as_uneven)
    assert agreement(np.full(2_000_000, 0.01), np.zeros(2_000_000), periods=120).periods == 99  # a long period


def test_classes_hold_the_true_share_in_95_of_100_periods(draws):
    tables = [by_class(*period) for period in periods(*draws, 20)]
    inside = np.concatenate([((table["share"] >= table["low"]) & (table["share"] <= table["high"])).to_numpy()
                             for table in tables])
    assert inside.mean() >= 0.93
    assert all(table["box_shifts"].sum() == 20 * 48 for table in tables)


def test_a_lottery_that_was_tampered_with_is_seen(draws):
    chance, drawn = draws
    rare = np.argsort(chance)[:6]
    favoured = drawn.copy()[:100]
    favoured[:, rare] |= np.random.default_rng(1).random((100, 6)) < 0.1  # boxes of small chances ten times as often
    assert agreement(np.tile(chance, 100), favoured.ravel()).as_uneven == 0
    assert agreement(np.tile(chance, 100), drawn[:100].ravel()).luck > 0.001
    harsh = np.zeros_like(drawn[:100])
    harsh[:, np.argsort(chance)[-4:]] = True  # always the four most harmful boxes
    assert agreement(np.tile(chance, 100), harsh.ravel()).as_uneven == 0
    table = by_class(np.tile(chance, 100), harsh.ravel())
    assert table["z"].abs().max() > 5


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 1000), st.booleans(), st.integers(0, 5)), max_size=60))
def test_nothing_is_lost_in_classes(rows):
    chance = np.array([row[0] / 1000 for row in rows], dtype=float)
    drawn = np.array([row[1] for row in rows], dtype=bool)
    table = by_class(chance, drawn)
    known = chance > 0
    assert table["box_shifts"].sum() == known.sum() and table["drawn"].sum() == drawn[known].sum()
    assert table["expected"].sum() == pytest.approx(chance.sum())
    assert ((table["chance"] > table["above"] - 1e-12) & (table["chance"] <= table["up_to"] + 1e-12)).all()
    assert (table["low"] <= table["chance"] + 1e-12).all() and (table["high"] >= table["chance"] - 1e-12).all()
    found = agreement(chance, drawn, periods=20)
    open_yet = (chance > 0) & (chance < 1)
    some = table[table["above"].ge(0) & (table["chance"] < 1)]
    assert found.drawn == drawn.sum() and 0 <= found.as_uneven <= found.periods
    assert found.periods == (20 if open_yet.any() else 0) and (len(some) > 0 or not found.statistic)


def test_no_draws_are_no_finding():
    found = agreement([], [])
    assert found.box_shifts == 0 and np.isnan(found.luck) and found.once_in is None and by_class([], []).empty
    assert list(by_class([], [])) == list(by_class([0.3], [True])) and CLASSES[0] == 0.0
