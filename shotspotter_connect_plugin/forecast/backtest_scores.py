"""Scores of a back-test: per crime type and pooled, with intervals from how the weeks differ."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .accuracy import caught
from .ladder import ROBUST, RUNGS
from .rolling_backtest import CONNECT, HOT_SPOT_MAP
from .weekly_intervals import half_width, most_unseen, of_sums, ratio_interval

if TYPE_CHECKING:
    from .arrays import ArrayLike, Floats, Ints
    from .forecast_frames import BacktestScores
    from .lottery_scores import LotteryHits
    from .rolling_backtest import BacktestContext, Replayed

COLUMNS = ("crime_type", "method", "area_percent", "area_share", "hits", "events", "hit_rate", "pai", "pei",
           "log_score", "ci_low", "ci_high")
METERED, POOLED = "metered", "all"
SIMPLE = tuple(item.name for item in RUNGS if item.family in ("count", "kernel density", "decayed count"))
"""The simple rules, of which the best is known only afterwards."""


@dataclass(frozen=True)
class Gain:
    """What the product gained over another method: PAI of ``connect`` over that of ``method``, and the difference of
    their log scores, with paired 90 % intervals; NaN where there is none or no week tells the two apart."""

    method: str
    ratio: float
    low: float
    high: float
    log_score: float
    log_low: float = np.nan
    log_high: float = np.nan


def score(replayed: Sequence[Replayed], slots_of_week: Ints, context: BacktestContext,
          lotteries: Sequence[LotteryHits] = ()) -> tuple[BacktestScores, list[Gain]]:
    """Score one replayed crime type, or several pooled: hits and events are added up, each type at its own boxes.

    Parameters
    ----------
    replayed : sequence of Replayed
    slots_of_week : array of int
        Slots of each week.
    context : BacktestContext
    lotteries : sequence of LotteryHits
        Their spread from draw to draw is in their intervals.

    Returns
    -------
    table : pandas.DataFrame
        ``COLUMNS``. area_share is the share of area searched, pooled over shifts; pei is against the fixed boxes of
        each type that in hindsight hold most events per area, up to the same share; ci_low and ci_high are the 90 %
        interval of pai. NaN where there is nothing to divide by; :func:`weekly_intervals.why_none` says when there
        is no interval.
    gains : list of Gain
        Over the 250 m kernel density map, over the simple rule that afterwards has the highest PAI, and over the rung
        that is fallen back on; none where they cannot be told.
    """
    uniform, weeks = context.smoother.uniform, len(slots_of_week)
    slots_of_week = np.asarray(slots_of_week, dtype=float)
    events = sum(one.events for one in replayed)
    methods, hits = list(replayed[0].methods), sum((one.hits for one in replayed), np.zeros(()))
    gained = sum((one.gained_in for one in replayed), np.zeros(()))
    searched, spread = np.tile(context.share * slots_of_week, (len(methods), 1)), np.zeros(len(methods))
    for lottery in lotteries:
        methods, gained = [*methods, lottery.method], np.vstack([gained, np.full(weeks, np.nan)])
        hits, searched = np.vstack([hits, lottery.hits]), np.vstack([searched, lottery.searched])
        spread = np.append(spread, _ratio(lottery.spread, lottery.hits.sum() ** 2))
    week_of = np.repeat(np.arange(weeks), slots_of_week.astype(int))
    by_week = sum((np.bincount(week_of[one.slot], one.weight, minlength=weeks) for one in replayed), np.zeros(()))
    total, share = hits.sum(axis=1), searched.sum(axis=1) / slots_of_week.sum()
    pai = _ratio(_ratio(total, events), share)
    low, high = ratio_interval(pai, (hits, slots_of_week), (by_week, searched), by_week, spread)
    high = np.where((pai == 0) & np.isfinite(high), _ratio(most_unseen(events) if events else np.nan, share), high)
    log_score = gained.sum(axis=1) / (events or np.nan)
    table = pd.DataFrame({
        "crime_type": replayed[0].crime_type if len(replayed) == 1 else POOLED, "method": methods,
        "area_percent": 100 * context.share, "area_share": share, "hits": total, "events": events,
        "hit_rate": _ratio(total, events), "pai": pai, "pei": _ratio(total, _best(replayed, share, uniform)),
        "log_score": log_score, "ci_low": low, "ci_high": high})
    return table[list(COLUMNS)], _gains(methods, pai, hits, gained, by_week)


def _best(replayed: Sequence[Replayed], shares: Floats, uniform: Floats) -> Floats:
    """Events in the fixed boxes of each type that in hindsight hold most, at the share of each method."""
    of_share = dict.fromkeys(shares, 0.0)
    for one in replayed:
        in_boxes = np.bincount(one.box, one.weight, minlength=uniform.size)
        for share in of_share:
            if share > 0:
                of_share[share] += caught(in_boxes / uniform, in_boxes, uniform, min(share, 1.0))
    return np.array([of_share[share] for share in shares])


def _ratio(one: ArrayLike, other: ArrayLike) -> Floats:
    one, other = np.broadcast_arrays(np.asarray(one, dtype=float), np.asarray(other, dtype=float))
    return np.divide(one, other, out=np.full(one.shape, np.nan), where=other > 0)


def _gains(methods: list[str], pai: Floats, hits: Floats, gained: Floats, by_week: Floats) -> list[Gain]:
    simple = [position for position, name in enumerate(methods) if name in SIMPLE and pai[position] > 0]
    best = methods[max(simple, key=lambda position: pai[position])] if simple else ""
    gains, ours = [], methods.index(CONNECT)
    for name in dict.fromkeys((HOT_SPOT_MAP, best, ROBUST)):
        if name not in methods or not pai[methods.index(name)] > 0:
            continue
        other = methods.index(name)
        ratio, more = float(pai[ours] / pai[other]), gained[ours] - gained[other]
        low, high = ratio_interval(ratio, (hits[ours],), (hits[other],), by_week)  # both search the same area
        mean = float(more.sum() / by_week.sum())
        beyond = half_width(more / by_week.sum() - mean * of_sums(by_week), by_week)
        gains.append(Gain(name, ratio, *_apart(low, high), mean, *_apart(mean - beyond, mean + beyond)))
    return gains


def _apart(low: Any, high: Any) -> tuple[float, float]:
    """An interval, or none where its ends are one: no week told two methods apart, which does not make them equal."""
    return (float(low), float(high)) if high - low > 1e-9 else (np.nan, np.nan)
