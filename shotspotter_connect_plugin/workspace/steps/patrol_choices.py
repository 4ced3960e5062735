"""What each choice of how to patrol would have given in a back-test: lotteries, no limits, the traditional map."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from ...forecast.backtest_scores import METERED
from ...forecast.lottery_scores import LotterySums, Price, choice_figures, price
from ...patrol import cap_cost, metering
from ...patrol.districts import PER_SHIFT
from ...patrol.lottery_history import LotteryHistory, always_most, most_harmful
from ...progress import SILENT, Progress
from . import shift_plan
from .refitted_boxes import carried

if TYPE_CHECKING:
    from ...forecast.arrays import Floats, Ints
    from ...forecast.forecast_frames import ChoiceFigures
    from ...forecast.rolling_backtest import PlacedEvents
    from ..store.workspace import Workspace

LAYOUT, FISHNET = "_layout", "_fishnet"
"""What the names of methods end with on layouts laid anew, and on the plain fishnet where another layout is in force.
"""
EQUAL, BY_HARM, BY_HARM_PACED = "metered_equal", "metered_by_harm", "metered_by_harm_paced"
NO_CAPS, HOT_SPOT_MAP = "no_caps", "hot_spot_map"
LIMITS, EQUAL_BEATS, PACING, OLD_MAP = "limits", "equal beats", "pacing", "traditional map"
THE_FISHNET, FISHNET_BY_HARM, BOXES_TODAY = "fishnet", "fishnet, by harm", "boxes in force"
"""Names of the prices."""
_OF_CHOICES = {EQUAL: cap_cost.EQUAL, BY_HARM: cap_cost.BY_HARM, BY_HARM_PACED: cap_cost.BY_HARM + cap_cost.PACED}
SEED = 1
"""Of the replayed draws."""


@dataclass(frozen=True)
class Stretch:
    """Boxes over some slots, from ``first`` to before ``stop``.

    ``boxes`` as the lottery takes them, without a beat where they are never drawn; ``harm`` (slots, boxes) float32;
    ``uniform`` (boxes,) share of each in the whole area.
    """

    first: int
    stop: int
    boxes: pd.DataFrame
    harm: Any
    uniform: Floats


@dataclass(frozen=True)
class BoxesThrough:
    """The boxes of a whole period, in one stretch or several; ``events`` of each crime type on them."""

    stretches: Sequence[Stretch]
    events: Sequence[PlacedEvents]


@dataclass(frozen=True)
class SlotsPlayed:
    """Slots of a back-test: codes, numbers of their dates and weeks; and the side of a box."""

    codes: pd.Series
    day: Ints
    week: Ints
    size: float


@dataclass(frozen=True)
class Compared:
    """Choices side by side: the sums of each by name, their figures, the prices."""

    sums: Mapping[str, LotterySums]
    figures: ChoiceFigures
    prices: list[Price]


def rules_in_force(workspace: Workspace, period: pd.DataFrame) -> dict[str, Any]:
    """The rules of a lottery under the present settings, for the slots of a period."""
    return metering.rules_of(workspace.settings, period["shift_date"].iloc[0], period["shift"].iloc[0], 1,
                             shares=shift_plan.share_caps(workspace))


def drawable(boxes: pd.DataFrame, rules: Mapping[str, Any]) -> pd.DataFrame:
    """Boxes, without a beat where nothing is ever drawn."""
    return boxes.assign(beat=boxes["beat"].where(metering.may_be_drawn(boxes, rules), None))


def compare(rules: Mapping[str, Any], present: BoxesThrough, plain: BoxesThrough, laid: BoxesThrough, hot: Any,
            period: SlotsPlayed, by_week: Floats, progress: Progress = SILENT) -> Compared:
    """Replay every choice.

    Parameters
    ----------
    rules : mapping
        Of the settings.
    present, plain, laid : BoxesThrough
        The boxes in force, the plain fishnet (the same object where it is in force), and layouts laid anew.
    hot : array (slots, boxes of the fishnet)
        What the 250 m kernel density map expects of all types together.
    by_week : numpy.ndarray
        (weeks,) events.
    """
    beats = set(plain.stretches[0].boxes["beat"].dropna())
    asked = cap_cost.choices(rules, beats)
    runs: list[tuple[str, BoxesThrough, Mapping[str, Any]]] = [(METERED, present, rules)]
    if plain is not present:
        runs.append((METERED + FISHNET, plain, rules))
    runs.append((METERED + LAYOUT, laid, rules))
    runs += [(name + ending, boxes, asked[choice]) for name, choice in _OF_CHOICES.items()
             for ending, boxes in (("", plain), (LAYOUT, laid))]
    sums: dict[str, LotterySums] = {}
    drawn = np.zeros(len(period.day))
    done: list[tuple[BoxesThrough, Mapping[str, Any], LotterySums]] = []
    for number, (name, boxes, in_force) in enumerate(runs):
        same = next((found for where, other, found in done if where is boxes and _same_rules(other, in_force)), None)
        if same is not None:  # the settings are one of the choices
            sums[name] = same.named(name)
            continue
        chances = lottery(boxes, in_force, period, progress.part(number / (len(runs) + 1),
                                                                 (number + 1) / (len(runs) + 1)))
        sums[name] = _summed(name, boxes, period, chances, drawn if name == METERED else None)
        done.append((boxes, in_force, sums[name]))
    progress.report(1.0 - 1.0 / (len(runs) + 1))
    sums[NO_CAPS] = _summed(NO_CAPS, present, period, _without_limits(present, rules))
    sums[HOT_SPOT_MAP] = _summed(HOT_SPOT_MAP, plain, period, _busiest(plain, hot, drawn))
    minutes = float(rules["target_minutes"] * (1 + rules["returns"]))
    return Compared(sums, choice_figures(sums, minutes, by_week, len(period.day)),
                    [price(name, sums[dear], sums[instead], minutes, by_week)
                     for name, dear, instead in _prices(plain is present)])


def _prices(on_fishnet: bool) -> list[tuple[str, str, str]]:
    """Names of the prices, the choice that pays each, and the one it would be without."""
    plain = METERED if on_fishnet else METERED + FISHNET
    prices = [(LIMITS, METERED, NO_CAPS), (EQUAL_BEATS, EQUAL, BY_HARM), (PACING, BY_HARM_PACED, BY_HARM),
              (THE_FISHNET, plain, METERED + LAYOUT), (FISHNET_BY_HARM, BY_HARM, BY_HARM + LAYOUT)]
    if not on_fishnet:
        prices.append((BOXES_TODAY, METERED, METERED + LAYOUT))
    return [*prices, (OLD_MAP, HOT_SPOT_MAP, METERED)]


def _same_rules(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sets of rules draw alike."""
    unused = {"boxes_asked", *(["boxes_per_beat"] if one.get(PER_SHIFT) and other.get(PER_SHIFT) else [])}
    return ({name: value for name, value in one.items() if name not in unused}
            == {name: value for name, value in other.items() if name not in unused})


def lottery(boxes: BoxesThrough, rules: Mapping[str, Any], period: SlotsPlayed,
            progress: Progress = SILENT) -> Iterator[tuple[int, Stretch, Floats]]:
    """Replay one history of lotteries: slot, its boxes, and the chance of each.

    Where boxes change, what they had in the windows of days goes over by shared area.
    """
    first = boxes.stretches[0]
    history = LotteryHistory(period.day, period.codes, first.boxes, rules["cap"], rules, SEED)
    before = first
    for stretch in boxes.stretches:
        if stretch is not before:
            history.move(stretch.boxes, *carried(before.boxes, stretch.boxes, period.size))
        for slot in range(stretch.first, stretch.stop):
            progress.report(slot / len(period.day))
            yield slot, stretch, history.draw(stretch.harm[slot - stretch.first])[0]
        before = stretch


def _without_limits(boxes: BoxesThrough, rules: Mapping[str, Any]) -> Iterator[tuple[int, Stretch, Floats]]:
    for stretch in boxes.stretches:
        beat = stretch.boxes["beat"].to_numpy(object)
        for slot in range(stretch.first, stretch.stop):
            yield slot, stretch, most_harmful(stretch.harm[slot - stretch.first], beat, rules)


def _busiest(boxes: BoxesThrough, hot: Any, number: Floats) -> Iterator[tuple[int, Stretch, Floats]]:
    """Always the boxes that the map says are busiest, as many as the lottery expects to draw."""
    for stretch in boxes.stretches:
        beat = stretch.boxes["beat"].to_numpy(object)
        for slot in range(stretch.first, stretch.stop):
            yield slot, stretch, always_most(hot[slot], beat, float(number[slot]))


def _summed(name: str, boxes: BoxesThrough, period: SlotsPlayed, chances: Iterator[tuple[int, Stretch, Floats]],
            drawn: Floats | None = None) -> LotterySums:
    sums = LotterySums(name, boxes.events, period.week)
    for slot, stretch, chance in chances:
        sums.add(slot, chance, stretch.harm[slot - stretch.first].astype(float), stretch.uniform)
        if drawn is not None:
            drawn[slot] = chance.sum()
    return sums
