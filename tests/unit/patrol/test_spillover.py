"""Replays are the same lottery as the published draw: same chances, same sizes, same neighbours."""
import numpy as np
import pytest
from lottery_city import boxes

from shotspotter_connect_plugin.patrol.draw import pivotal
from shotspotter_connect_plugin.patrol.draw_effect import Lottery
from shotspotter_connect_plugin.patrol.metering import inclusion_probabilities
from shotspotter_connect_plugin.patrol.seeds import Uniforms
from shotspotter_connect_plugin.patrol.spillover import Replays, beside_drawn, neighbours

MANY = 6000


def lottery(per_beat, seed=1):
    rng, (ids, col, row, beat) = np.random.default_rng(seed), boxes()
    chance, _ = inclusion_probabilities(rng.gamma(1.0, 1.0, ids.size), beat, per_beat, 0.5,
                                        eligible=rng.random(ids.size) > 0.1)
    return ids, col, row, beat, chance


@pytest.mark.parametrize("per_beat", (2.0, 1.6))
def test_every_box_keeps_its_chance_and_every_beat_its_number(per_beat):
    ids, col, row, beat, chance = lottery(per_beat)
    drawn = Replays(col, row, beat).draw(chance[None], MANY, np.random.default_rng(3))[0]
    may = chance > 0
    assert not drawn[:, ~may].any()
    score = (drawn.mean(axis=0) - chance)[may] / np.sqrt(chance * (1 - chance) / MANY)[may]
    assert abs(score).max() < 4.5 and 0.8 < score.std() < 1.2
    for name in set(beat):
        taken = drawn[:, beat == name].sum(axis=1)
        assert set(taken) <= {int(np.floor(per_beat)), int(np.ceil(per_beat))}
    assert set(drawn.sum(axis=1)) <= {int(np.floor(4 * per_beat)), int(np.ceil(4 * per_beat))}


@pytest.mark.parametrize("per_beat", (2.0, 1.6))
def test_replays_spread_boxes_as_the_published_draw_does(per_beat):
    """Near boxes seldom come together, and boxes are as often beside a drawn one, by the slow draw and the fast one."""
    ids, col, row, beat, chance = lottery(per_beat)
    slow = np.zeros((600, ids.size), dtype=bool)
    for run, drawn in enumerate(slow):
        drawn[pivotal(chance, col, row, beat, Uniforms(str(run), "replay")).selected] = True
    fast = Replays(col, row, beat).draw(chance[None], MANY, np.random.default_rng(4))[0]
    pairs = neighbours(ids)
    one, other = beside_drawn(slow, pairs), beside_drawn(fast, pairs)
    assert one.sum(axis=1).mean() == pytest.approx(other.sum(axis=1).mean(), rel=0.02)
    share = other.mean(axis=0)
    often = share > 0.02
    score = (one.mean(axis=0) - share)[often] / np.sqrt(share * (1 - share) * (1 / 600 + 1 / MANY))[often]
    assert abs(score).max() < 4.5 and 0.8 < score.std() < 1.2
    near = [(drawn[:, pairs[0]] & drawn[:, pairs[1]]).sum(axis=1).mean() for drawn in (slow, fast)]
    independent = (chance[pairs[0]] * chance[pairs[1]]).sum()
    assert near[0] == pytest.approx(near[1], abs=0.1 * independent) and near[1] < 0.6 * independent


@pytest.mark.parametrize("per_beat", (2.0, 1.6))
def test_the_variance_of_the_estimate_is_that_of_the_draws(per_beat):
    """What the closed form says against what thousands of draws do, in a shift like any other and in a busy one."""
    ids, col, row, beat, chance = lottery(per_beat)
    rng = np.random.default_rng(5)
    drawn = Replays(col, row, beat).draw(chance[None], MANY, rng)[0]
    may = (chance > 0) & (chance < 1)
    expected = 0.3 * (chance / chance.mean())[may]
    design = Lottery(np.zeros(may.sum(), int), chance[may], drawn[0][may])
    pull = np.where(drawn[:, may], 1.0, -chance[may] / (1 - chance[may]))

    def ratio(busy):
        outcomes = [rng.poisson(expected * factor) - expected for factor in busy]
        return (np.mean([design.covariance(outcome, outcome) for outcome in outcomes])
                / np.mean([(pull @ outcome).var() for outcome in outcomes]))

    assert ratio(np.ones(80)) == pytest.approx(1.0, abs=0.06)
    assert ratio(np.full(40, 3.0)) > 1.1  # what all boxes share cancels between those that compete


def test_a_seed_gives_the_same_replays_and_shifts_may_come_together():
    ids, col, row, beat, chance = lottery(2.0)
    chances = np.stack([chance, np.roll(chance, 7)])
    one, other = (Replays(col, row, beat).draw(chances, 5, np.random.default_rng(6)) for _ in range(2))
    assert one.shape == (2, 5, ids.size) and (one == other).all()
    assert not one[0][:, chance == 0].any() and not one[1][:, np.roll(chance, 7) == 0].any()


def test_sure_boxes_boxes_without_a_beat_and_empty_shifts():
    beat = np.array(["a", "a", "a", None, "b"], dtype=object)
    chance = np.array([[1.0, 0.5, 0.5, 0.0, 0.0], [0.0] * 5])
    drawn = Replays(np.arange(5), np.zeros(5, int), beat).draw(chance, 50, np.random.default_rng(1))
    assert drawn[0][:, 0].all() and (drawn[0][:, 1] ^ drawn[0][:, 2]).all()
    assert not drawn[0][:, 3:].any() and not drawn[1].any()


def test_neighbours_are_the_eight_boxes_around():
    ids = ["C0R0", "C1R1", "C2R2", "C1R0", "C9R9"]
    here, there = neighbours(ids)
    found = {(ids[a], ids[b]) for a, b in zip(here, there)}
    assert found == {("C0R0", "C1R1"), ("C0R0", "C1R0"), ("C1R1", "C0R0"), ("C1R1", "C1R0"), ("C1R1", "C2R2"),
                     ("C1R0", "C0R0"), ("C1R0", "C1R1"), ("C2R2", "C1R1")}
    drawn = np.array([[True, False, False, False, False], [False, True, True, False, False]])
    assert beside_drawn(drawn, (here, there)).astype(int).tolist() == [[0, 1, 0, 1, 0], [1, 0, 0, 1, 0]]
