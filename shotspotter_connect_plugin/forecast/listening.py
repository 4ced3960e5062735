"""How far each box was heard over time: by sensors that listen, or by people who report where none does.

Over the dates of a lookback a box has an *exposure*: 1 for the share of it and of the time in which sensors listen,
``factor`` (reports per alert) for the rest while reports are on record, else 0. Counts over exposure are a rate. What a
box has not been exposed to is filled in with the expectation of it, the rate having a gamma distribution around that of
the 2 km around (Gamma-Poisson posterior): with full exposure nothing is added, with none the surroundings are all there
is.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .instants import DAY
from .stable_product import stable_product

if TYPE_CHECKING:
    from .arrays import Floats, Ints
    from .sources import Lookback

# Events, chosen: half of one from the square around, so that a box's own events soon count more.
_PRIOR_OF_BOX = 0.5
# Events, chosen: two of the whole jurisdiction's rate, for squares that hardly had sensors.
_PRIOR_OF_BLOCK = 2.0
# Instants before and after all others, within what 64 bits of nanoseconds hold.
EVER_SINCE, FOR_EVER = pd.Timestamp("1800-01-01").value, pd.Timestamp("2200-01-01").value


@dataclass(frozen=True)
class Reporting:
    """Reports per alert inside coverage, and how far that varies from place to place (relative variance)."""

    factor: float
    variance: float
    reports: float = 0.0
    alerts: float = 0.0


# Nothing is told by reports, and nothing is unsure of that.
NO_REPORTS = Reporting(0.0, 0.0)


@dataclass(frozen=True)
class Listening:
    """Exposure of the boxes over time.

    ``starts`` (k,) moments from which it stays the same; ``heard`` (k, boxes) share in which sensors listen; ``told``
    (k,) whether reports are on record; ``block`` (boxes,) numbers of the 2 km squares; ``uniform`` (boxes,) shares of
    the area.
    """

    starts: Ints
    heard: Floats
    told: Floats
    reporting: Reporting
    block: Ints
    uniform: Floats
    begin: int

    @cached_property
    def _squares(self) -> Any:
        """Sparse (squares, boxes) matrix that sums the boxes of each square."""
        from scipy.sparse import csr_matrix

        boxes = self.block.size
        return csr_matrix((np.ones(boxes), (self.block, np.arange(boxes))), shape=(self.block.max() + 1, boxes))

    def at(self, moment: Any) -> Any:
        """Positions of the segments of moments."""
        return np.searchsorted(self.starts, moment, side="right") - 1

    def heard_share(self, moments: Any) -> Floats:
        """Share (moments, boxes) of each box in which sensors listen at some moments."""
        return self.heard[self.at(moments)]

    def share_of_events(self, counts: Floats, exposure: Floats) -> Floats:
        """Share (k,) of all events in an exposure (k, boxes), going by counts (boxes,) filled already."""
        density = counts / counts.sum() if counts.sum() > 0 else self.uniform
        return 1.0 - stable_product(1.0 - exposure, density)

    def placed(self, total: float, density: Floats, share_heard: float, moment: int) -> Floats:
        """Expected events (boxes,): of the total of the jurisdiction, boxes with sensors get the share they have.

        A density is smoother than what is on record, so without this some of what sensors hear would be expected where
        they do not; where none listens at the moment the total goes by the density alone.
        """
        heard = 1.0 - stable_product(density, 1.0 - self.heard_share(moment)
                                     )  # exactly 1 where sensors listen everywhere
        return total * density * (share_heard / heard if heard > 0 and share_heard > 0 else 1.0)

    def seen(self) -> Floats:
        """Exposure (k, boxes) relative to that of a box with sensors."""
        return self.heard + self.reporting.factor * self.told[:, None] * (1.0 - self.heard)

    def exposure(self, lookbacks: Sequence[Lookback], moment: int, of: Floats | None = None) -> Floats:
        """Exposure (boxes, lookbacks) of what each memory looks back on; ``of`` (k, boxes) instead of :meth:`seen`."""
        edges = np.clip(np.append(self.starts, FOR_EVER), self.begin, moment)
        age = (moment - edges) / DAY
        mass = np.empty((len(lookbacks), self.starts.size))
        for row, lookback in enumerate(lookbacks):
            past = -np.exp2(-age / lookback.days) if lookback.kind == "decay" else np.minimum(age, lookback.days)
            mass[row] = np.abs(np.diff(past))
        total = mass.sum(axis=1, keepdims=True)
        mass = np.where(total > 0, mass / np.where(total > 0, total, 1.0), 0.0)
        mass[total[:, 0] == 0, self.at(moment)] = 1.0
        # From what is missing, so that full coverage gives exactly 1.
        return (1.0 - stable_product(mass, 1.0 - (self.seen() if of is None else of))).T

    def filled(self, counts: Floats, lookbacks: Sequence[Lookback], moment: int) -> Floats:
        """Counts (boxes, lookbacks, shifts) with the expectation of what was not exposed added."""
        exposure = self.exposure(lookbacks, moment)
        missing = 1.0 - exposure
        if not missing.any():
            return counts
        seen = counts.sum(axis=2)
        area = exposure * self.uniform[:, None]
        # The rate of the whole jurisdiction is the prior of a square's, and that of the square the prior of a box's.
        whole = np.maximum(seen.sum(axis=0) / np.maximum(area.sum(axis=0), 1e-3), 1e-9)
        events, exposed = self._squares @ seen, self._squares @ area
        around = (events + _PRIOR_OF_BLOCK) / (exposed + _PRIOR_OF_BLOCK / whole)
        mean = np.maximum(around[self.block] * self.uniform[:, None], 1e-12)
        rate = (_PRIOR_OF_BOX + seen) / (_PRIOR_OF_BOX / mean + exposure)
        total = counts.sum(axis=0)
        shifts = (total + 1.0) / (total + 1.0).sum(axis=1, keepdims=True)
        return counts + (missing * rate)[:, :, None] * shifts
