"""Districts: groups of beats that share a number of boxes of their own, out of those of the whole shift."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Objects
    from .draw_record import Rules

PER_SHIFT = "boxes_per_shift"
"""The rule of a draw, and the setting, for the boxes of a whole shift; the setting may be a number by district."""
OF_BEAT, BOXES = "district", "district_boxes"


@dataclass(frozen=True)
class DistrictRule:
    """A rule of a draw: the district of a beat (``OF_BEAT``, a text), or the boxes of a district (``BOXES``)."""

    kind: str
    what: str

    @property
    def name(self) -> str:
        """Under which the rules of a draw hold it."""
        return f"{self.kind}: {self.what}"

    @classmethod
    def of(cls, name: str) -> DistrictRule | None:
        """The rule of a name; None for any other rule."""
        kind, colon, what = name.partition(": ")
        return cls(kind, what) if colon and kind in (OF_BEAT, BOXES) else None


@dataclass(frozen=True)
class SharedTotal:
    """A number of boxes and the beats that share it; without a district they are those of the whole shift."""

    district: str
    boxes: float
    beats: tuple[str, ...]


def boxes_in_all(setting: Any) -> float:
    """Boxes of a shift that the setting ``boxes_per_shift`` asks for, of all districts together; 0 = none shared."""
    return sum(setting.values()) if isinstance(setting, dict) else setting


def district_rules(settings: Any) -> dict[str, Any]:
    """The rules of a draw about districts; none where the settings give one number for the whole shift."""
    if not isinstance(settings.boxes_per_shift, dict):
        return {}
    return {**{DistrictRule(BOXES, name).name: boxes for name, boxes in settings.boxes_per_shift.items()},
            **{DistrictRule(OF_BEAT, beat).name: name for name, beats in settings.districts.items() for beat in beats}}


def district_of_beats(rules: Rules) -> dict[str, str]:
    """The district of each beat, as the rules of a draw hold it."""
    found = ((DistrictRule.of(name), value) for name, value in rules.items())
    return {rule.what: str(value) for rule, value in found if rule is not None and rule.kind == OF_BEAT}


def districts_of_boxes(beat: ArrayLike, rules: Rules) -> Objects | None:
    """The district of each box (n) by its beat, None for boxes in none; None where the rules hold no district."""
    by_beat = district_of_beats(rules)
    if not by_beat:
        return None
    return np.array([None if pd.isna(name) else by_beat.get(name) for name in np.asarray(beat, dtype=object)],
                    dtype=object)


def totals_shared(rules: Rules, beats: Collection[str]) -> list[SharedTotal]:
    """What ``beats`` share: one total, or one in each district by name; beats of no district have none at all."""
    found = ((DistrictRule.of(name), number) for name, number in rules.items())
    totals = {rule.what: float(number) for rule, number in found if rule is not None and rule.kind == BOXES}
    names = sorted(beats)
    if not totals:
        return [SharedTotal("", float(rules[PER_SHIFT]), tuple(names))]
    by_beat = district_of_beats(rules)
    return [SharedTotal(district, totals[district], tuple(name for name in names if by_beat.get(name) == district))
            for district in sorted(totals)]
