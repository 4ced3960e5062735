"""A made city whose lottery is ours and whose truth is known, drawn very often, for tests of the estimates."""
from dataclasses import dataclass

import numpy as np

from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.patrol.draw_effect import BesideDrawn, Lottery
from shotspotter_connect_plugin.patrol.metering import inclusion_probabilities
from shotspotter_connect_plugin.patrol.spillover import Replays, beside_drawn, neighbours

SIDE, PER_BEAT, KINDS = 12, 2.0, 4


def boxes():
    """box ids in the order of text, col, row, beat of a square city of four beats."""
    col, row = (part.ravel() for part in np.indices((SIDE, SIDE)))
    ids = Fishnet().ids(col, row)
    order = np.argsort(ids)
    col, row = col[order], row[order]
    beat = np.array([f"B{x // (SIDE // 2)}{y // (SIDE // 2)}" for x, y in zip(col, row)], dtype=object)
    return ids[order], col, row, beat


@dataclass
class City:
    """``shifts`` shifts drawn ``runs`` times (runs x shifts x boxes), with their forecasts and chances."""

    true: np.ndarray
    expected: np.ndarray
    chance: np.ndarray
    drawn: np.ndarray
    pairs: tuple
    replayed: list

    @property
    def open(self):
        return (self.chance > 0) & (self.chance < 1)

    def near(self, run):
        """Undrawn boxes beside a drawn one in a run, shifts x boxes."""
        return beside_drawn(self.drawn[run], self.pairs)

    def lottery(self, run):
        units = self.open
        return Lottery(np.nonzero(units)[0], self.chance[units], self.drawn[run][units]), units

    def beside(self, run):
        shifts, number = self.chance.shape
        parts = [(np.arange(number) + number * shift, *self.replayed[shift % KINDS]) for shift in range(shifts)]
        return BesideDrawn(np.repeat(np.arange(shifts), number), self.near(run).ravel(), self.drawn[run].ravel(), parts)

    def events(self, rng, factor=1.0, shock=0.3):
        """Poisson events (shifts x boxes) of the true rates, some shifts busier than others, times ``factor``."""
        busy = np.exp(rng.normal(-shock ** 2 / 2, shock, (len(self.chance), 1)))
        return rng.poisson(self.true * busy * factor), self.true * busy


def make(seed, shifts, runs, mean=0.04, per_beat=PER_BEAT, replays=40):
    """A city: true rates differ between boxes, forecasts are wrong by half, some boxes are resting."""
    rng = np.random.default_rng(seed)
    ids, col, row, beat = boxes()
    true = rng.gamma(1.0, 1.0, ids.size)
    true *= mean / true.mean()
    lottery, pairs = Replays(col, row, beat), neighbours(ids)
    expected, chance = [], []
    for _ in range(KINDS):
        forecast = true * np.exp(rng.normal(-0.125, 0.5, ids.size))
        odds, _ = inclusion_probabilities(forecast, beat, per_beat, 0.5, eligible=rng.random(ids.size) > 0.1)
        expected.append(forecast)
        chance.append(odds)
    each = -(-shifts // KINDS)
    drawn = lottery.draw(np.array(chance), runs * each, rng).reshape(KINDS, runs, each, ids.size)
    drawn = drawn.transpose(1, 2, 0, 3).reshape(runs, each * KINDS, ids.size)[:, :shifts]
    kinds = np.arange(shifts) % KINDS
    again = [(one, ~one & ~other) for other in lottery.draw(np.array(chance), replays, rng)
             for one in [beside_drawn(other, pairs)]]
    return City(true, np.array(expected)[kinds], np.array(chance)[kinds], drawn, pairs, again)
