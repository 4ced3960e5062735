"""The step of the back-test: what forecasts and lotteries of a past period would have caught. Nothing is written to
the workspace."""
from __future__ import annotations

import csv
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConnectError
from ...file_checks import has_lines
from ...files import replacing
from ...forecast import backtest_scores
from ...forecast import rolling_backtest as replaying
from ...forecast.allowed_inputs import BOX_COLUMNS, admit_events
from ...forecast.model_card import delays_in_words
from ...forecast.weekly_intervals import FEWEST_EVENTS, FEWEST_WEEKS, why_none
from ...progress import SILENT, Progress
from ..store.workspace import Workspace
from . import forecasting, patrol_choices, refitted_boxes
from .plan_frames import BacktestBoxes

if TYPE_CHECKING:
    from ...forecast.arrays import Floats
    from ...forecast.forecast_frames import AdmittedEvents, Slots

_MOST_VALUES = 60_000_000


@dataclass(frozen=True)
class BackTest:
    """What a back-test found.

    ``table`` as the CSV, with the types pooled under ``all`` where there are several; ``replayed`` one
    :class:`~..forecast.rolling_backtest.Replayed` per crime type; ``gains`` (list of Gain per crime type and ``all``);
    ``boxes`` with ``box_id, col, row, inside`` in the order of ``replayed``; number of ``shifts``; ``left_out``: types
    of which nothing was known; number of whole ``weeks``; ``compared`` what each choice of how to patrol gives,
    ``on_choices`` sentences on how they were compared.
    """

    table: pd.DataFrame
    replayed: list[replaying.Replayed]
    gains: dict[str, list[backtest_scores.Gain]]
    boxes: BacktestBoxes
    shifts: int
    left_out: list[str]
    weeks: int
    compared: patrol_choices.Compared
    on_choices: list[str]

    def why_no_interval(self, crime_type: str) -> str:
        """Why the scores of a crime type have no intervals; an empty text where they have."""
        return why_none(self.weeks, self.table.loc[self.table["crime_type"] == crime_type, "events"].iloc[0])


def backtest(workspace: Workspace, first: str, last: str, crime_types: Sequence[str] | None = None,
             area_percent: float = 1.0, ranks: str = "", progress: Progress = SILENT) -> BackTest:
    """Back-test the forecast and the lottery on a past period.

    Parameters
    ----------
    workspace : Workspace
    first, last : str
        Dates, both included.
    crime_types : sequence of str, optional
        Codes; all that are enabled if not given.
    area_percent : float
        Per cent of the area searched in each shift.
    ranks : str
        CSV file for the boxes of each shift down to that area; none if empty.

    Returns
    -------
    BackTest

    Raises
    ------
    ConnectError
        When dates, types or area make no sense, nothing happened, nothing is there to learn from, the period is too
        large, or ``ranks`` cannot be written.
    """
    calendar = workspace.calendar
    _check(calendar, first, last, area_percent)
    codes, may_tell = forecasting.asked_types(workspace, crime_types)
    slots = calendar.slots(first, last)
    if slots.empty:
        raise ConnectError(f"No shift starts from {first} to {last}; choose other dates.")
    frame = refitted_boxes.in_force(workspace)
    if len(slots) * len(frame) > _MOST_VALUES:
        raise ConnectError(f"{len(slots)} shifts of {len(frame)} boxes are too many for one back-test; choose a "
                           "shorter period.")
    progress.report(0.0, "Reading incidents and alerts")
    events = admit_events(forecasting.read_events(workspace, may_tell, pd.Timestamp.now(tz="UTC"), reports=True))[0]
    played = _Played(workspace, events, frame, slots, first, last, area_percent / 100, progress.part(0.02, 0.08))
    context = played.context
    results, left_out = [], []
    with rank_writer(ranks) as ranked:
        for number, code in enumerate(codes):
            part = progress.part(0.08 + 0.72 * number / len(codes), 0.08 + 0.72 * (number + 1) / len(codes))
            part.report(0.0, f"Replaying {code.replace('_', ' ')}")
            found = played.replay(code, ranked, part)
            if found is None:
                left_out.append(code)
            else:
                results.append(found)
        _check_results(results, first, last)
        progress.report(0.8, "Replaying lotteries")
        compared = played.compared(results, progress.part(0.8, 1.0))
        slots_of_week = np.bincount(played.week)
        tables, gains = [], {}
        for place, group in enumerate([*([one] for one in results), *([results] if len(results) > 1 else [])]):
            progress.report(1.0)
            drawn = [sums.of(place) for sums in compared.sums.values()]
            table, gain = backtest_scores.score(group, slots_of_week, context, drawn)
            gains[table["crime_type"].iloc[0]] = gain
            tables.append(table)
    return BackTest(pd.concat(tables, ignore_index=True), results, gains, context.boxes, len(slots), left_out,
                    len(slots_of_week), compared, _on_choices(workspace, first))


class _Played:
    """A back-test as it goes on: boxes, what was forecast for them shift by shift, and the events.

    Forecasts are kept as float32, 4 bytes a shift and box: harm on the boxes in force, on layouts laid anew and, where
    that is another one, on the fishnet, and what the kernel density map expects. Lotteries keep nothing but their sums.
    """

    def __init__(self, workspace: Workspace, events: AdmittedEvents, frame: pd.DataFrame, slots: Slots, first: str,
                 last: str, share: float, progress: Progress) -> None:
        self._workspace, self._slots, self._span = workspace, slots, (first, last)
        settings = workspace.settings
        surroundings = forecasting.read_surroundings(workspace)
        areas = surroundings.pop("coverage")
        related = sorted(set(events["crime_type"]))

        def context_of(boxes: pd.DataFrame) -> replaying.BacktestContext:
            return replaying.BacktestContext.of(
                boxes[list(BOX_COLUMNS)], workspace.calendar, settings.size, plan_hour=settings.plan_hour,
                coverage=areas if boxes is frame else refitted_boxes.coverage_in(workspace, boxes), related=related,
                share=share, **surroundings)

        progress.report(0.0, "Laying boxes as they would have been laid then")
        plain = refitted_boxes.fishnet(workspace)
        dates = [begin for begin, _ in replaying.stretches(first, last)]
        self._laid = refitted_boxes.Refitted(workspace, dates, plain, context_of, progress)
        self._frame, self._plain = frame, plain
        self.context = context_of(frame)
        # A square may reach over ground that no box of the fishnet holds: events there are of no jurisdiction.
        within = refitted_boxes.inside_of(events, plain, settings.size)
        self._events, self._within = (within if workspace.layout else events), within
        self.week = replaying.week_of_slots(slots, first)
        begins = np.searchsorted(slots["shift_date"].to_numpy(dtype=str), dates).tolist()
        self._bounds = list(zip(begins, [*begins[1:], len(slots)]))
        self._present = [np.zeros((len(slots), len(frame)), dtype=np.float32)]
        self._on_laid = [np.zeros((stop - begin, len(ground.frame)), dtype=np.float32)
                         for (begin, stop), ground in zip(self._bounds, self._laid.grounds)]
        self._hot = np.zeros((len(slots), len(plain)), dtype=np.float32)
        self._on_plain = self._present
        self._of_plain = self.context
        if workspace.layout:
            self._on_plain = [np.zeros((len(slots), len(plain)), dtype=np.float32)]
            self._of_plain = context_of(plain)

    def replay(self, code: str, ranked: Callable[..., None] | None, progress: Progress) -> replaying.Replayed | None:
        """Replay one crime type on all boxes."""
        kinds = self._workspace.crime_types.set_index("crime_type")
        worth = float(kinds.loc[code, "severity"] * kinds.loc[code, "effectiveness"])
        whole = [(0, len(self._slots))]
        take_map = _adder([self._hot], whole, 1.0)
        others = [replaying.OtherBoxes(replaying.CONNECT + patrol_choices.LAYOUT, self._within, self._laid.context,
                                       _adder(self._on_laid, self._bounds, worth))]
        if self._workspace.layout:
            others.append(replaying.OtherBoxes(replaying.CONNECT + patrol_choices.FISHNET, self._within,
                                               lambda _: self._of_plain, _adder(self._on_plain, whole, worth),
                                               take_map))
        return replaying.replay_type(self._events, code, self.context, *self._span,
                                     take=_adder(self._present, whole, worth),
                                     take_map=None if self._workspace.layout else take_map, ranked=ranked,
                                     progress=progress, others=others)

    def compared(self, results: list[replaying.Replayed], progress: Progress) -> patrol_choices.Compared:
        """Replay the lotteries."""
        rules = patrol_choices.rules_in_force(self._workspace, self._slots)
        whole = [(0, len(self._slots))]

        def through(frames, bounds, harm, events):
            shares = (np.maximum(boxes["inside"].to_numpy(dtype=float), 1e-6) for boxes in frames)
            return patrol_choices.BoxesThrough(
                [patrol_choices.Stretch(begin, stop, patrol_choices.drawable(boxes, rules), rows, share / share.sum())
                 for (begin, stop), boxes, rows, share in zip(bounds, frames, harm, shares)], events)

        own = through([self._frame], whole, self._present, [one.placed for one in results])
        laid = through([ground.frame for ground in self._laid.grounds], self._bounds, self._on_laid,
                       [one.elsewhere[replaying.CONNECT + patrol_choices.LAYOUT] for one in results])
        plain = own if not self._workspace.layout else through(
            [self._plain], whole, self._on_plain,
            [one.elsewhere[replaying.CONNECT + patrol_choices.FISHNET] for one in results])
        day = (pd.to_datetime(self._slots["shift_date"]) - pd.Timestamp(self._span[0])).dt.days.to_numpy()
        period = patrol_choices.SlotsPlayed(self._slots["shift"], day, self.week, self._workspace.settings.size)
        by_week = sum((np.bincount(self.week[one.slot], one.weight, minlength=int(self.week[-1]) + 1)
                       for one in results), np.zeros(()))
        return patrol_choices.compare(rules, own, plain, laid, self._hot, period, by_week, progress)


def in_words(workspace: Workspace, result: BackTest) -> list[str]:
    """Sentences on how the back-test was made, for the report."""
    settings, codes = workspace.settings, [one.crime_type for one in result.replayed]
    delays = delays_in_words(codes, forecasting.delays_unknown(workspace, codes, pd.Timestamp.now(tz="UTC")))
    words = [
        f"Every shift was forecast from what was known at {settings.plan_hour} of its date, {delays}. "
        f"Every {replaying.RETRAIN_WEEKS} weeks everything was learnt anew, the choice of rung too. "
        "“connect” is what the product would have used; the other names are the rungs of its ladder.",
        "“metered” is the lottery under the caps of the present settings, of all crime types together: chance of "
        "being drawn times events. It searches its own share of the area, so its PAI is not to be compared with "
        "those at another share. Plans changed by hand are not in it. The names after it are other choices of how to "
        "patrol, told beside each other. Names that end with _layout are of boxes laid anew at each training.",
        "PAI is the share of events in the searched area over the share of area searched; PEI compares it with the "
        "best fixed boxes known only afterwards; log score is the mean gain in log-likelihood per event over an even "
        "forecast. In brackets are 90 % intervals from how the weeks differ; none are given for fewer than "
        f"{FEWEST_WEEKS} weeks or {FEWEST_EVENTS} events, because they would be too narrow to trust. Events in a "
        "searched box are not events prevented."]
    if result.left_out:
        words.append(f"Nothing was known before the period of: {', '.join(result.left_out)}.")
    return words


def _on_choices(workspace: Workspace, first: str) -> list[str]:
    """Sentences on how the choices of how to patrol were compared."""
    settings = workspace.settings
    words = [
        "All choices ask for as many boxes in a shift as today's settings do, and all lotteries keep today's cap, rest "
        "and limits in 7 and 28 days, so fewer are drawn where these allow no more. They begin without a history, and "
        "nobody changes their plans. “No limits” takes as many boxes, always the most harmful, shared among beats as "
        "the settings say. The traditional map is the 250 m kernel density of all past events of these crime types on "
        "the plain fishnet; it takes as many boxes as today's lottery draws, and every event counts alike.",
        "Expected harm is what the forecast expected, times severity and effectiveness. All boxes together have as "
        "much of it on the fishnet as on a layout. It tells what a choice aims at, events tell what happened; a theft "
        "then counts as much as a shooting, so a choice may cover more harm and hold fewer events. A patrol hour is an "
        f"hour in drawn boxes: {settings.target_minutes:g} minutes a stay, returns included, ways left out. Intervals "
        "(90 %) hold how the weeks differ and the luck of the draw.",
        "Boxes laid anew are placed squares and what they leave of the fishnet, as “Place boxes” would have laid them "
        f"at each training, every {replaying.RETRAIN_WEEKS} weeks, from what was known then. That is oftener than "
        "anybody would in life. What boxes had in 7 and 28 days goes over by the area they share. Beats, and where "
        "officers can go, are those of today."]
    if workspace.layout:
        layout = workspace.read("layouts", ["layout", "as_of_utc", "since_utc"], order_by="layout").iloc[-1]
        laid = layout["since_utc"] if pd.isna(layout["as_of_utc"]) else layout["as_of_utc"]
        words.append(f"“connect”, its rungs, “metered” and “no_caps” are of the boxes in force, layout "
                     f"{layout['layout']}. Names that end with _layout are of boxes laid anew, those that end with "
                     "_fishnet, and the other choices, of the plain fishnet.")
        if laid > workspace.calendar.as_of(first, settings.plan_hour):
            words.append(f"The boxes in force were laid from what was known on {laid:%Y-%m-%d}, so they knew events of "
                         "this period: what is told of today's boxes looks better than it was. Boxes laid anew, and "
                         "the fishnet, knew nothing of what came.")
    return words


def _check(calendar, first, last, area_percent):
    if not first or not last:
        raise ConnectError("FROM and TO are both needed; give the first and the last date of the back-test.")
    if first > last:
        raise ConnectError("FROM lies after TO; exchange them.")
    today = calendar.today().isoformat()
    if last >= today:
        raise ConnectError(f"TO {last} is not over yet; choose a date before {today}.")
    if not 0 < area_percent <= 100:
        raise ConnectError("AREA_PERCENT must be above 0 and at most 100.")


def _check_results(results, first, last):
    if not results:
        raise ConnectError(f"Nothing was known before {first} to train on; import older events or choose a later FROM.")
    if not any(found.events for found in results):
        raise ConnectError(f"No events of these crime types are on record from {first} to {last}; choose other dates.")


def _adder(arrays: Sequence[NDArray[np.float32]], bounds: Sequence[tuple[int, int]],
           worth: float) -> Callable[[int, Floats], None]:
    """Give what adds expected events times their worth to the row of a slot; arrays hold the slots of their bounds."""
    begins = [begin for begin, _ in bounds]

    def take(slot: int, expected: Floats) -> None:
        number = bisect_right(begins, slot) - 1
        arrays[number][slot - begins[number]] += expected * worth
    return take


@contextmanager
def rank_writer(path: str | Path | None) -> Iterator[Callable[..., None] | None]:
    """Give a function that writes ranks, or None without a path; the file appears when all is done, or not at all."""
    if not path:
        yield None
        return
    written = 1
    with replacing(path, "RANKS", lambda made: has_lines(written)(made)) as unfinished, \
            open(unfinished, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(replaying.RANK_COLUMNS)

        def ranked(date, shift, crime_type, method, rank, box, expected, boxes):
            nonlocal written
            written += len(rank)
            ids = boxes["box_id"].to_numpy(dtype=object)[box]
            writer.writerows((date, shift, crime_type, method, one, box_id, value)
                             for one, box_id, value in zip(rank.tolist(), ids, expected))
        yield ranked
