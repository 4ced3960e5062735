"""The lottery: stated probabilities are realised, sizes are exact, near boxes seldom win together."""
import hashlib

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.patrol.draw import pivotal
from shotspotter_connect_plugin.patrol.metering import inclusion_probabilities
from shotspotter_connect_plugin.patrol.seeds import Uniforms

SIDE, DRAWS = 9, 2000
COL, ROW = np.divmod(np.arange(SIDE * SIDE), SIDE)
BEAT = np.array([f"B{col // 3}{row // 3}" for col, row in zip(COL, ROW)], dtype=object)


def probabilities(seed, per_beat):
    """Uneven probabilities of nine beats of nine boxes that sum to ``per_beat`` in each."""
    rng = np.random.default_rng(seed)
    chance = np.zeros(COL.size)
    for name in sorted(set(BEAT)):  # in one order, so that the same lottery is tested every time
        share = rng.gamma(1.0, 1.0, 9)
        for _ in range(50):
            share = np.minimum(share * per_beat / share.sum(), 0.8)
        chance[name == BEAT] = share
    return chance


def draws(chance, count, beat=BEAT, col=COL, row=ROW):
    selected = np.zeros((count, len(chance)), dtype=bool)
    for number in range(count):
        selected[number, pivotal(chance, col, row, beat, Uniforms(number, "frozen")).selected] = True
    return selected


@pytest.fixture(scope="module")
def whole():
    chance = probabilities(1, 2)
    return chance, draws(chance, DRAWS)


@pytest.fixture(scope="module")
def fractional():
    chance = probabilities(2, 1.37)
    return chance, draws(chance, DRAWS)


@pytest.mark.parametrize("case", ["whole", "fractional"])
def test_frequencies_match_the_stated_probabilities(case, request):
    chance, selected = request.getfixturevalue(case)
    z = (selected.sum(axis=0) - len(selected) * chance) / np.sqrt(len(selected) * chance * (1 - chance))
    assert np.abs(z).max() < 4.0  # 81 boxes: a fair lottery exceeds it once in 200 such tests
    assert 45 < (z ** 2).sum() < 130
    # The halves of the seeds agree too, so no box rides on a few seeds.
    first, second = selected[::2].mean(axis=0), selected[1::2].mean(axis=0)
    assert np.abs(first - second).max() < 4.5 * np.sqrt(0.25 * 4 / len(selected))


def test_whole_sums_are_drawn_exactly_in_every_beat(whole):
    _, selected = whole
    for name in sorted(set(BEAT)):  # in one order, so that the same lottery is tested every time
        assert (selected[:, name == BEAT].sum(axis=1) == 2).all()


def test_fractional_sums_are_rounded_down_or_up_in_every_beat_and_over_all(fractional):
    chance, selected = fractional
    for name in sorted(set(BEAT)):  # in one order, so that the same lottery is tested every time
        assert set(selected[:, name == BEAT].sum(axis=1)) == {1, 2}
    assert set(selected.sum(axis=1)) == {int(np.floor(chance.sum())), int(np.ceil(chance.sum()))}


def test_what_no_beat_has_whole_is_drawn_with_the_chance_that_is_left(fractional):
    chance, selected = fractional
    share = chance.sum() % 1
    larger = (selected.sum(axis=1) > chance.sum()).sum()
    assert abs(larger - DRAWS * share) < 4 * np.sqrt(DRAWS * share * (1 - share))


def test_boxes_side_by_side_win_together_less_often_than_without_the_local_order(whole):
    chance, selected = whole
    # The same lottery with the places dealt out at random within each beat.
    order = np.concatenate([np.random.default_rng(9).permutation(np.flatnonzero(name == BEAT))
                            for name in sorted(set(BEAT))])
    place = np.empty(COL.size, dtype=int)
    place[np.concatenate([np.flatnonzero(name == BEAT) for name in sorted(set(BEAT))])] = order
    shuffled = draws(chance, DRAWS, col=COL[place], row=ROW[place])
    near = [(one, other) for one in range(COL.size) for other in range(one) if BEAT[one] == BEAT[other]
            and abs(COL[one] - COL[other]) + abs(ROW[one] - ROW[other]) == 1]
    together, anyhow = (sum((drawn[:, one] & drawn[:, other]).sum() for one, other in near)
                        for drawn in (selected, shuffled))
    assert together < 0.85 * anyhow


def nearest(selected, col, row):
    """Mean distance, in boxes, from a drawn box to the nearest other one."""
    means = []
    for drawn in selected:
        place = np.stack([col[drawn], row[drawn]], axis=1)
        distance = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
        np.fill_diagonal(distance, np.inf)
        means.append(distance.min(axis=1).mean())
    return np.mean(means)


def test_drawn_boxes_lie_farther_apart_than_under_other_samplings():
    col, row = np.divmod(np.arange(400), 20)
    beat = np.full(400, "all", dtype=object)
    rng = np.random.default_rng(4)
    # Two hot spots and a background, as harm lies in a city.
    heat = sum(np.exp(-((col - x) ** 2 + (row - y) ** 2) / 18) for x, y in ((5, 6), (14, 13))) + 0.05
    chance, _ = inclusion_probabilities(heat, beat, 32, 0.5, focus=1.0)
    spread = nearest(draws(chance, 300, beat, col, row), col, row)
    independent = nearest(rng.random((300, 400)) < chance, col, row)
    steps = np.concatenate([[0.0], np.cumsum(chance)])
    systematic = nearest(np.diff(np.floor(steps - rng.random((300, 1)))) > 0, col, row)
    assert spread > 1.2 * independent
    assert spread > systematic


@st.composite
def states(draw):
    count = draw(st.integers(1, 40))
    chance = draw(st.lists(st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1)), min_size=count, max_size=count))
    place = draw(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=count, max_size=count))
    beat = draw(st.lists(st.sampled_from("ABC"), min_size=count, max_size=count))
    return np.array(chance), *np.array(place).T, np.array(beat, dtype=object), draw(st.integers(0, 10**6))


@settings(deadline=None, max_examples=examples(200))
@given(states())
def test_any_state_keeps_sizes_and_certainties(state):
    chance, col, row, beat, seed = state
    drawn = pivotal(chance, col, row, beat, Uniforms(seed, ""))
    selected = np.zeros(len(chance), dtype=bool)
    selected[drawn.selected] = True
    assert selected.sum() == len(drawn.selected)
    assert selected[chance == 1].all() and not selected[chance == 0].any()
    for which in [np.ones(len(chance), dtype=bool)] + [beat == name for name in "ABC"]:
        expected = chance[which].sum()
        assert np.floor(expected + 1e-6) <= selected[which].sum() <= np.ceil(expected - 1e-6)
    # The reserve is everybody else with a chance, once.
    assert sorted([*drawn.selected, *drawn.reserve]) == np.flatnonzero(chance > 0).tolist()
    again = pivotal(chance, col, row, beat, Uniforms(seed, ""))
    assert (again.selected == drawn.selected).all() and (again.reserve == drawn.reserve).all()


def test_the_reserve_goes_by_probability_and_is_settled_by_the_seed():
    chance = np.array([0.1, 0.2, 0.3, 0.4] * 3)
    first = np.zeros(12)
    for seed in range(2000):
        drawn = pivotal(chance, np.arange(12), np.zeros(12), np.full(12, "x", dtype=object), Uniforms(seed, ""))
        first[drawn.reserve[0]] += 1
    assert first[1::4].sum() > 1.5 * first[0::4].sum()
    assert (first > 0).all()


def test_what_is_no_probability_is_refused():
    for wrong in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError):
            pivotal([0.5, wrong], [0, 1], [0, 0], ["a", "a"], Uniforms("s", "i"))


def test_uniforms_are_what_the_documentation_says():
    uniforms = Uniforms("ab" * 32, "cd" * 32)
    for counter in range(5):
        digits = hashlib.sha256(f"{'ab' * 32}:{'cd' * 32}:{counter}".encode()).hexdigest()
        assert uniforms.next() == (int(digits[:14], 16) >> 3) / 2 ** 53
    many = Uniforms("seed", "inputs").take(20_000)
    assert many.min() >= 0 and many.max() < 1
    assert np.abs(np.histogram(many, 20, (0, 1))[0] - 1000).max() < 4.5 * np.sqrt(950)
    assert abs(np.corrcoef(many[:-1], many[1:])[0, 1]) < 0.03


@pytest.mark.parametrize("singly, together", [(0, 600), (1, 4), (3, 300), (256, 2), (255, 2), (300, 1)])
def test_uniforms_are_the_same_one_by_one_and_many_at_once(singly, together):
    """In any mixture, and what follows goes on where it stopped."""
    alone, mixed = Uniforms("seed", "inputs"), Uniforms("seed", "inputs")
    expected = [alone.next() for _ in range(singly + together + 3)]
    got = [mixed.next() for _ in range(singly)] + mixed.take(together).tolist() + [mixed.next() for _ in range(3)]
    assert got == expected


# What a whole shift's lottery promises, over many seeds and over many shifts.

@pytest.fixture(scope="module")
def frozen():
    """One metered state of four beats, with its recorded probabilities, drawn 2,000 times."""
    side = 10
    col, row = np.divmod(np.arange(side * side), side)
    beat = np.array([f"B{x // 5}{y // 5}" for x, y in zip(col, row)], dtype=object)
    heat = np.random.default_rng(6).gamma(0.6, 1.0, col.size)
    chance, _ = inclusion_probabilities(heat, beat, 3, 0.5)
    return chance, beat, draws(chance, 2000, beat, col, row)


def test_frequencies_from_one_metered_state_match_box_by_box_and_in_pairs_of_beats(frozen):
    chance, beat, selected = frozen
    z = (selected.sum(axis=0) - 2000 * chance) / np.sqrt(2000 * chance * (1 - chance))
    assert np.abs(z).max() < 4.2 and 0.6 < (z ** 2).mean() < 1.5
    # Beats settle by themselves: what one beat draws tells nothing about another (100 boxes, 7,500 pairs between).
    together = selected.T.astype(float) @ selected / 2000
    apart = beat[:, None] != beat
    expected = np.outer(chance, chance)
    error = (together - expected) / np.sqrt(np.maximum(expected * (1 - expected), 1e-12) / 2000)
    sure = apart & (expected > 0.005)
    assert abs(error[sure].mean()) < 0.1 and 0.8 < error[sure].std() < 1.25


def test_seeing_some_patrolled_boxes_tells_next_to_nothing_about_the_rest(frozen):
    """Who has seen one patrolled box guesses the others hardly better than who knows the published chances."""
    chance, beat, selected = frozen
    first, second = selected[:1000].astype(float), selected[1000:].astype(float)
    seen = first.T @ first / np.maximum(first.sum(axis=0), 1)[:, None]  # chance of j, given that i is patrolled
    guess = np.where(first.sum(axis=0)[:, None] >= 50, seen, chance)

    def gain(which):
        """Share of the mean log loss per box that the sighting takes away, over boxes ``which(seen box)``."""
        losses = np.zeros(2)
        for drawn in second:
            box = np.flatnonzero(drawn)[0]
            boxes = which(box) & (np.arange(chance.size) != box)
            for number, forecast in enumerate((chance, guess[box])):
                likely = np.clip(forecast[boxes], 1e-3, 1 - 1e-3)
                truth = drawn[boxes]
                losses[number] -= (truth * np.log(likely) + (1 - truth) * np.log(1 - likely)).mean()
        return 1 - losses[1] / losses[0]

    # Measured: 1.0 % over all boxes; 7.1 % in the beat of the sighting, where one box fewer is left; elsewhere none.
    assert gain(lambda box: np.full(chance.size, True)) < 0.03
    assert abs(gain(lambda box: beat != beat[box])) < 0.01
    assert gain(lambda box: beat == beat[box]) < 0.10


def test_over_shifts_the_standardised_sums_of_drawn_minus_chance_behave():
    """A martingale per box: forecasts change, the chance of each shift is fixed before its draw."""
    side, shifts = 8, 600
    col, row = np.divmod(np.arange(side * side), side)
    beat = np.array([f"B{x // 4}{y // 4}" for x, y in zip(col, row)], dtype=object)
    rng = np.random.default_rng(12)
    base, rest = rng.gamma(0.6, 1.0, col.size), np.zeros(col.size, dtype=bool)
    difference, variance = np.zeros((2, col.size))
    halves = []
    for shift in range(shifts):
        # Last shift's boxes rest, so chances depend on what was drawn before.
        chance, _ = inclusion_probabilities(base * rng.gamma(4.0, 0.25, col.size), beat, 2, 0.5, eligible=~rest)
        drawn = pivotal(chance, col, row, beat, Uniforms(shift, "shifts")).selected
        rest = np.isin(np.arange(col.size), drawn)
        difference += rest - chance
        variance += chance * (1 - chance)
        if shift == shifts // 2 - 1:
            halves.append((difference.copy(), variance.copy()))
    z = difference / np.sqrt(variance)
    assert np.abs(z).max() < 4.0
    assert abs(z.mean()) < 0.35 and 0.75 < z.std() < 1.25
    early = halves[0][0] / np.sqrt(halves[0][1])
    late = (difference - halves[0][0]) / np.sqrt(variance - halves[0][1])
    assert abs(np.corrcoef(early, late)[0, 1]) < 0.4  # 64 boxes: no box is drawn too often all along
