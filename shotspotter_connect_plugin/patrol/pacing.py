"""Pacing: a box's budget of a week is spread over the shifts of the week as its harm is.

Without it a hot box is drawn at its cap until its 7 and 28 days are used up, and then stands without any chance, which
whoever follows the published chances can foresee. What a box expects in a week is estimated from the harm that the
draws of the last seven days recorded, this shift's forecast included; a shift of the week without a draw counts as the
mean of the same shift on other days, or where none is known, of all that are.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Floats
    from .draw_record import Rules

PACE, DAYS = "pace", 7
"""The rule of a draw, the share of a budget that is spread; the days over which it is."""
USUAL = 0.85
"""Pace of a new workspace, and of the paced choices that are compared where the rules have none."""
# Chosen: of an even part of the week. Less would take the lower-risk share from boxes that are quiet in a shift.
_LEAST_PART = 0.1


@dataclass(frozen=True)
class WeekOfHarm:
    """What is known of the week that ends with a shift's date, by the code of its shifts.

    ``shifts`` says how many of each code the seven days have; ``draws`` how many of them were drawn, this shift left
    out; ``sums`` the harm that those draws recorded, an array of boxes each, or a column by box_id.
    """

    shifts: Mapping[str, float] = field(default_factory=dict)
    draws: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, Any] = field(default_factory=dict)

    def of_boxes(self, box_ids: ArrayLike) -> WeekOfHarm:
        """The same with arrays in the order of ``box_ids``, from columns by box_id; 0 for boxes that lack in them."""
        return WeekOfHarm(self.shifts, self.draws, {
            code: column.reindex(box_ids).fillna(0.0).to_numpy(dtype=float) for code, column in self.sums.items()})

    def expected(self, shift: str, harm: ArrayLike) -> Floats:
        """Give the harm of each box (n) in the whole week, from that of the shift itself (n; NaN counts as 0)."""
        now = np.nan_to_num(np.asarray(harm, dtype=float))
        shifts = {shift: 1.0, **self.shifts}
        means = {code: (self.sums.get(code, 0.0) + now * (code == shift))
                 / (self.draws.get(code, 0) + (code == shift)) for code in sorted({shift, *self.sums})}
        known = sum(shifts.get(code, 0.0) for code in means)
        return sum(shifts.get(code, 0.0) * mean for code, mean in means.items()) * (sum(shifts.values()) / known)


def paced_caps(shift: str, harm: ArrayLike, week: WeekOfHarm, rules: Rules) -> Floats:
    """Give the largest chance of each box (n) in a shift: the budget of a week times the shift's part of its harm.

    A part is at least a tenth of an even one, so that no box is shut out of a shift.

    Parameters
    ----------
    shift : str
        Code of the shift.
    harm : array of n float
        Of the shift; NaN counts as 0.
    week : WeekOfHarm
    rules : mapping
        window_7_expected and window_28_expected, of which the tighter one is the budget, and ``pace``.
    """
    now, whole = np.nan_to_num(np.asarray(harm, dtype=float)), week.expected(shift, harm)
    even = 1.0 / max(sum(week.shifts.values()), 1.0)
    part = np.divide(now, whole, out=np.full(now.size, even), where=whole > 0)
    return budget(rules) * np.maximum(part, _LEAST_PART * even)


def budget(rules: Rules) -> float:
    """The patrols of a box that are spread over a week: ``pace`` of its 7 days, or of a quarter of its 28."""
    return float(rules[PACE] * min(rules["window_7_expected"], rules["window_28_expected"] * DAYS / 28))
