"""Back-test: forecasts of the past as they would have been made, against what then happened.

From the first date on, every ``RETRAIN_WEEKS`` weeks everything is learnt anew from what was known at the plan hour of
that date: weights, level and the choice of rung. Each shift is then forecast from what was known at the plan hour of
its own date, by what the product would have used (``connect``) and by every rung of the ladder.
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..progress import SILENT
from .accuracy import Calibration, caught
from .history import Timeline, make_history
from .ladder import RUNGS
from .level import LevelTerms, observed_slots
from .model import first_date, learn_type
from .product import product
from .surfaces import SurfaceSet, roll
from .validation import FEWEST_EVENTS

RETRAIN_WEEKS = 4
CONNECT, METERED, HOT_SPOT_MAP, UNIFORM = "connect", "metered", "kde_250_all", "uniform"
COLUMNS = ("crime_type", "method", "area_percent", "area_share", "hits", "events", "hit_rate", "pai", "pei",
           "log_score", "ci_low", "ci_high")
RANK_COLUMNS = ("shift_date", "shift", "crime_type", "method", "rank", "box_id", "expected")
_BOOTSTRAPS = 1000


@dataclass(frozen=True)
class Ground:
    """What a back-test stands on: admitted boxes and their smoother, calendar, side of a box, plan hour, seed, and the
    share of the area that is searched (above 0, at most 1)."""

    boxes: pd.DataFrame
    smoother: object
    calendar: object
    size: float
    plan_hour: str
    share: float
    seed: int = 1


@dataclass(frozen=True)
class Replayed:
    """One crime type replayed.

    ``methods``; ``hits`` (methods, weeks); ``gained`` (methods,) log-likelihood above the uniform forecast; ``slot``,
    ``box``, ``weight`` of the events, slots counted from the first of the period; ``calibration`` of ``connect``;
    ``chosen`` (date, rung, reason) of each training; ``too_rare`` as the last training said.
    """

    crime_type: str
    methods: tuple
    hits: np.ndarray
    gained: np.ndarray
    slot: np.ndarray
    box: np.ndarray
    weight: np.ndarray
    calibration: list
    chosen: list
    too_rare: bool

    @property
    def events(self):
        """Events in the period, in parts where time or place was an interval."""
        return float(self.weight.sum())

    @property
    def verdict(self):
        """``too rare to forecast``, or nothing."""
        return "too rare to forecast" if self.too_rare or self.events < FEWEST_EVENTS else ""


def week_of_slots(slots, first):
    """Week of each slot, from 0; a week has seven dates and begins at ``first``, the last one may be shorter."""
    return ((pd.to_datetime(slots["shift_date"]) - pd.Timestamp(first)).dt.days // 7).to_numpy()


def replay_type(events, crime_type, ground, first, last, take=None, ranked=None, progress=SILENT, ladder=RUNGS):
    """Back-test one crime type.

    Parameters
    ----------
    events : pandas.DataFrame
        Of all crime types, as :func:`inputs.admit_events` gives them; what is known only later is held back.
    ground : Ground
    first, last : str
        Dates, both included.
    take : callable, optional
        Called with slot and (boxes,) expected events of ``connect``.
    ranked : callable, optional
        Called with shift_date, shift, crime_type, method, and for the boxes down to the searched area, all that are
        equal at the cut included: rank, position of the box, expected. Not for ``uniform``, which has no order.

    Returns
    -------
    Replayed or None
        None where nothing of the type was known at the first date.
    """
    own = events[events["crime_type"] == crime_type]
    slots = ground.calendar.slots(first, last)
    week = week_of_slots(slots, first)
    place = {key: number for number, key in enumerate(zip(slots["shift_date"], slots["shift"]))}
    methods = (CONNECT, *(item.name for item in ladder))
    hits, gained = np.zeros((len(methods), int(week[-1]) + 1)), np.zeros(len(methods))
    calibration, chosen, parts, too_rare = Calibration(), [], [], False
    origins = pd.date_range(first, last, freq=str(7 * RETRAIN_WEEKS) + "D")
    for number, origin in enumerate(origins):
        part = progress.part(number / len(origins), (number + 1) / len(origins))
        begin = str(origin.date())
        end = min(str((origin + pd.Timedelta(days=7 * RETRAIN_WEEKS - 1)).date()), last)
        as_of = ground.calendar.as_of(begin, ground.plan_hour)
        known = own[own["known_utc"] <= as_of.value]
        if known.empty:
            return None
        earliest = first_date(ground.calendar, events[events["known_utc"] <= as_of.value])
        learnt = learn_type(known, earliest, ground.boxes, ground.smoother, ground.calendar, as_of, ground.size,
                            ground.seed, ground.plan_hour, part.part(0.0, 0.6), ladder, every_rung=True)
        chosen.append((begin, learnt.outcome.rung.name, learnt.outcome.reason))
        too_rare = learnt.outcome.too_rare
        for date, shift, expected, observed in _stretch(own, ground, learnt, ladder, begin, end, part.part(0.6, 1.0)):
            slot = place[date, shift]
            picked = [item.name for item in ladder].index(learnt.outcome.rung.name)
            expected = np.vstack([expected[picked], expected])
            calibration.add(expected[0], observed)
            box = np.flatnonzero(observed)
            parts.append((np.full(box.size, slot), box, observed[box]))
            if take is not None:
                take(slot, expected[0])
            # Seven digits: what differs by less differs by the order of a sum, and is a tie.
            order_by = expected.astype(np.float32)
            for method, values in enumerate(order_by):
                if box.size:
                    hits[method, week[slot]] += caught(values, observed, ground.smoother.uniform, ground.share)
                if ranked is not None and methods[method] != UNIFORM:
                    ranked(date, shift, crime_type, methods[method], *_down_to(values, ground))
            density = expected[:, box] / expected.sum(axis=1, keepdims=True) / ground.smoother.uniform[box]
            gained += product(np.log(density), observed[box])
    slot, box, weight = (np.concatenate(column) for column in zip(*parts))
    return Replayed(crime_type, methods, hits, gained, slot, box, weight, calibration.groups(), chosen, too_rare)


def _stretch(own, ground, learnt, ladder, begin, end, progress):
    """Forecast the shifts of the dates until the next training: date, shift, (rungs, boxes) expected, observed."""
    timeline = Timeline(ground.calendar, learnt.model.start, end, ground.plan_hour)
    history = make_history(own, ground.boxes, ground.size, ground.calendar, timeline)
    first, stop = timeline.dates.index(begin), len(timeline.dates)
    seen = observed_slots(history.until(timeline.origin[-1]), timeline, stop)
    slots, terms = LevelTerms(history, timeline, seen).at_origins(first, stop)
    level_of = dict(zip(slots.tolist(), learnt.model.level.expected(terms)))
    features = tuple(dict.fromkeys(feature for item in ladder for feature in item.features))
    memories = SurfaceSet(features, ground.smoother).memories
    sets = [SurfaceSet(item.features, ground.smoother) for item in ladder]
    columns = [[memories.index(memory) for memory in surfaces.memories] for surfaces in sets]
    fits = [learnt.outcome.fits[item.name] for item in ladder]
    bounds = np.searchsorted(timeline.date, np.arange(stop + 1))
    for date, counts in roll(history, timeline, memories, len(ground.smoother), first, stop):
        densities = []
        for surfaces, column, fit in zip(sets, columns, fits):
            progress.report((date - first) / (stop - first))
            densities.append(surfaces.mixture(counts[:, column], *fit))
        for slot in range(bounds[date], bounds[date + 1]):
            mine = history.slot == slot
            observed = np.bincount(history.box[mine], history.weight[mine], minlength=len(ground.smoother))
            expected = level_of[slot] * np.stack([density[:, timeline.shift[slot]] for density in densities])
            yield timeline.dates[date], timeline.codes[timeline.shift[slot]], expected, observed


def _down_to(expected, ground):
    """Boxes down to the searched area and all equal to the last of them: rank (the same for equals), place, value."""
    order = np.argsort(-expected, kind="stable")
    # One box more than a rounding error of the sum may need does no harm; one less would lose hits.
    cut = np.searchsorted(np.cumsum(ground.smoother.uniform[order]), ground.share + 1e-12)
    order = order[:np.searchsorted(-expected[order], -expected[order[min(cut, order.size - 1)]], side="right")]
    return np.searchsorted(-expected[order], -expected[order], side="left") + 1, order, expected[order]


def metered_hits(replayed, chance, week, uniform):
    """Expected hits of a lottery: chance of being drawn x events.

    Parameters
    ----------
    replayed : Replayed
    chance : numpy.ndarray
        (slots, boxes) inclusion probabilities.
    week : array of int
        Of each slot.
    uniform : numpy.ndarray
        (boxes,) share of each box in the whole area.

    Returns
    -------
    hits, searched : numpy.ndarray
        (weeks,) expected hits, and expected searched area as a multiple of the whole.
    """
    weeks = int(week[-1]) + 1
    hits = np.bincount(week[replayed.slot], replayed.weight * chance[replayed.slot, replayed.box], minlength=weeks)
    return hits, np.bincount(week, product(chance, uniform), minlength=weeks)


def score(replayed, slots_of_week, ground, metered=None):
    """Score one replayed crime type.

    Parameters
    ----------
    replayed : Replayed
    slots_of_week : array of int
        Slots of each week.
    ground : Ground
    metered : tuple of arrays, optional
        As :func:`metered_hits` gives it.

    Returns
    -------
    table : pandas.DataFrame
        ``COLUMNS``. area_share is the share of area searched, pooled over shifts; pei is against the fixed boxes that
        in hindsight hold most events per area, up to the same share; ci_low and ci_high are the 90 % interval of pai.
        NaN where there is nothing to divide by; no interval from fewer than two weeks.
    gain : tuple of float or None
        PAI of ``connect`` over that of the 250 m kernel density map, low and high of its paired 90 % interval.
    """
    boxes, weeks = len(ground.smoother), len(slots_of_week)
    methods, hits, log_score = list(replayed.methods), replayed.hits, replayed.gained / (replayed.events or np.nan)
    searched = np.tile(ground.share * np.asarray(slots_of_week, dtype=float), (len(methods), 1))
    if metered is not None:
        methods, log_score = methods + [METERED], np.append(log_score, np.nan)
        hits, searched = np.vstack([hits, metered[0]]), np.vstack([searched, metered[1]])
    by_week = np.bincount(_week_of(replayed.slot, slots_of_week), replayed.weight, minlength=weeks)
    # Weeks are drawn again, the same ones for every method: that makes the intervals paired.
    draws = np.random.default_rng(ground.seed).integers(0, weeks, (_BOOTSTRAPS, weeks))
    times = np.stack([np.bincount(draw, minlength=weeks) for draw in draws]).astype(float)
    again = _pai(*(product(times, values) for values in (hits.T, by_week[:, None], searched.T,
                                                         np.asarray(slots_of_week, dtype=float)[:, None])))
    pai = _pai(hits.sum(axis=1), by_week.sum(), searched.sum(axis=1), float(np.sum(slots_of_week)))
    again = again[np.isfinite(again).all(axis=1)]
    low, high = np.full((2, pai.size), np.nan)
    if weeks > 1 and len(again):
        low, high = np.percentile(again, [5.0, 95.0], axis=0)
    share = searched.sum(axis=1) / np.sum(slots_of_week)
    in_boxes = np.bincount(replayed.box, replayed.weight, minlength=boxes)
    uniform = ground.smoother.uniform
    best = np.array([caught(in_boxes / uniform, in_boxes, uniform, min(one, 1.0)) if one > 0 else 0.0
                     for one in share])
    total = hits.sum(axis=1)
    table = pd.DataFrame({
        "crime_type": replayed.crime_type, "method": methods, "area_percent": 100 * ground.share, "area_share": share,
        "hits": total, "events": replayed.events, "hit_rate": _ratio(total, replayed.events), "pai": pai,
        "pei": _ratio(total, best), "log_score": log_score, "ci_low": low, "ci_high": high})
    return table[list(COLUMNS)], _gain(methods, pai, again, weeks)


def _week_of(slot, slots_of_week):
    return np.searchsorted(np.cumsum(slots_of_week), slot, side="right")


def _ratio(one, other):
    one, other = np.broadcast_arrays(np.asarray(one, dtype=float), np.asarray(other, dtype=float))
    return np.divide(one, other, out=np.full(one.shape, np.nan), where=other > 0)


def _pai(hits, events, searched, slots):
    return _ratio(_ratio(hits, events), _ratio(searched, slots))


def _gain(methods, pai, again, weeks):
    if HOT_SPOT_MAP not in methods or weeks < 2:
        return None
    one, other = methods.index(CONNECT), methods.index(HOT_SPOT_MAP)
    ratios = _ratio(again[:, one], again[:, other])
    ratios = ratios[np.isfinite(ratios)]
    if not pai[other] > 0 or not ratios.size:
        return None
    return (float(pai[one] / pai[other]), *(float(value) for value in np.percentile(ratios, [5.0, 95.0])))
