"""Planned against realised inclusion: right for the product's own lottery, loud for one that was tampered with."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.patrol.draw import pivotal
from shotspotter_connect_plugin.patrol.inclusion import CLASSES, agreement, by_class


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
        yield np.tile(np.arange(chance.size), len(part)), np.tile(chance, len(part)), part.ravel()


def test_an_honest_lottery_agrees_with_its_chances(draws):
    found = [agreement(*period) for period in periods(*draws, 20)]
    ratio = np.array([one.statistic / one.boxes for one in found])
    # What the sentence rests on: exactly 1 on average, and a standard deviation that is not too small.
    assert ratio.mean() == pytest.approx(1.0, abs=4 * ratio.std() / np.sqrt(len(found)))
    z = np.array([one.z for one in found])
    assert abs(z).max() < 4 and z.std() < 1.6
    assert found[0].box_shifts == 20 * 48 and found[0].boxes == 48


def test_classes_hold_the_true_share_in_95_of_100_periods(draws):
    tables = [by_class(*period[1:]) for period in periods(*draws, 20)]
    inside = np.concatenate([((table["share"] >= table["low"]) & (table["share"] <= table["high"])).to_numpy()
                             for table in tables])
    assert inside.mean() >= 0.93
    assert all(table["box_shifts"].sum() == 20 * 48 for table in tables)


def test_a_lottery_that_was_tampered_with_is_seen(draws):
    chance, drawn = draws
    favourite = drawn.copy()[:100]
    favourite[:, np.argsort(chance)[-3]] = True  # one box again and again, whatever its chance
    box = np.tile(np.arange(chance.size), 100)
    assert agreement(box, np.tile(chance, 100), favourite.ravel()).z > 4
    assert abs(agreement(box, np.tile(chance, 100), drawn[:100].ravel()).z) < 4
    harsh = np.zeros_like(drawn[:100])
    harsh[:, np.argsort(chance)[-4:]] = True  # always the four most harmful boxes
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
    found = agreement([row[2] for row in rows], chance, drawn)
    slow = pd.DataFrame({"box": [row[2] for row in rows], "off": drawn - chance, "v": chance * (1 - chance)})
    sums = slow.groupby("box").sum()
    sums = sums[sums["v"] > 0]
    assert found.boxes == len(sums) and found.statistic == pytest.approx((sums["off"] ** 2 / sums["v"]).sum())


def test_no_draws_are_no_finding():
    found = agreement([], [], [])
    assert found.boxes == 0 and np.isnan(found.z) and by_class([], []).empty
    assert list(by_class([], [])) == list(by_class([0.3], [True])) and CLASSES[0] == 0.0
