"""The step of the back-test: what forecasts and lotteries of a past period would have caught. Nothing is written to
the workspace."""
from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

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
from ...patrol import cap_cost, metering
from ...progress import SILENT, Progress
from ..store.workspace import Workspace
from . import forecasting, shift_plan
from .plan_frames import BacktestBoxes

_MOST_VALUES = 60_000_000


@dataclass(frozen=True)
class BackTest:
    """What a back-test found.

    ``table`` as the CSV, with the types pooled under ``all`` where there are several; ``replayed`` one
    :class:`~..forecast.rolling_backtest.Replayed` per crime type; ``gains`` (list of Gain per crime type and ``all``);
    ``boxes`` with ``box_id, col, row, inside`` in the order of ``replayed``; number of ``shifts``; ``left_out``: types
    of which nothing was known; number of whole ``weeks``.
    """

    table: pd.DataFrame
    replayed: list[replaying.Replayed]
    gains: dict[str, list[backtest_scores.Gain]]
    boxes: BacktestBoxes
    shifts: int
    left_out: list[str]
    weeks: int

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
    settings, calendar = workspace.settings, workspace.calendar
    _check(calendar, first, last, area_percent)
    codes, may_tell = forecasting.asked_types(workspace, crime_types)
    slots = calendar.slots(first, last)
    if slots.empty:
        raise ConnectError(f"No shift starts from {first} to {last}; choose other dates.")
    frame = workspace.read("boxes", ["box_id", "col", "row", "beat", "neighbourhood", *metering.GROUND]).sort_values(
        ["row", "col"], ignore_index=True)
    if len(slots) * len(frame) > _MOST_VALUES:
        raise ConnectError(f"{len(slots)} shifts of {len(frame)} boxes are too many for one back-test; choose a "
                           "shorter period.")
    progress.report(0.0, "Reading incidents and alerts")
    events = admit_events(forecasting.read_events(workspace, may_tell, pd.Timestamp.now(tz="UTC"), reports=True))[0]
    context = replaying.BacktestContext.of(frame[list(BOX_COLUMNS)], calendar, settings.size,
                                           plan_hour=settings.plan_hour, **forecasting.read_surroundings(workspace),
                                           related=sorted(set(events["crime_type"])), share=area_percent / 100)
    boxes = context.boxes
    kinds = workspace.crime_types.set_index("crime_type")
    harm = np.zeros((len(slots), len(boxes)), dtype=np.float32)
    results, left_out = [], []
    with rank_writer(ranks, boxes["box_id"].to_numpy(dtype=object)) as ranked:
        for number, code in enumerate(codes):
            part = progress.part(0.02 + 0.83 * number / len(codes), 0.02 + 0.83 * (number + 1) / len(codes))
            part.report(0.0, f"Replaying {code.replace('_', ' ')}")
            worth = float(kinds.loc[code, "severity"] * kinds.loc[code, "effectiveness"])
            found = replaying.replay_type(events, code, context, first, last,
                                          take=_adder(harm, worth), ranked=ranked, progress=part)
            if found is None:
                left_out.append(code)
            else:
                results.append(found)
        _check_results(results, first, last)
        progress.report(0.85, "Replaying lotteries")
        chance = _chances(workspace, harm, frame, slots, progress.part(0.85, 1.0))
        week = replaying.week_of_slots(slots, first)
        slots_of_week = np.bincount(week)
        tables, gains = [], {}
        for group in [*([one] for one in results), *([results] if len(results) > 1 else [])]:
            progress.report(1.0)
            drawn = backtest_scores.metered_hits(group, chance, week, context.smoother.uniform)
            table, gain = backtest_scores.score(group, slots_of_week, context, drawn)
            gains[table["crime_type"].iloc[0]] = gain
            tables.append(table)
    return BackTest(pd.concat(tables, ignore_index=True), results, gains, boxes, len(slots), left_out,
                    len(slots_of_week))


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
        "those at another share. Plans changed by hand are not in it.",
        "PAI is the share of events in the searched area over the share of area searched; PEI compares it with the "
        "best fixed boxes known only afterwards; log score is the mean gain in log-likelihood per event over an even "
        "forecast. In brackets are 90 % intervals from how the weeks differ; none are given for fewer than "
        f"{FEWEST_WEEKS} weeks or {FEWEST_EVENTS} events, because they would be too narrow to trust. Events in a "
        "searched box are not events prevented."]
    if result.left_out:
        words.append(f"Nothing was known before the period of: {', '.join(result.left_out)}.")
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


def _adder(harm, worth):
    def take(slot, expected):
        harm[slot] += expected * worth
    return take


def _chances(workspace, harm, frame, slots, progress):
    """Inclusion probabilities (slots, boxes) of a lottery replayed under the settings."""
    settings = workspace.settings
    rules = metering.rules_of(settings, slots["shift_date"].iloc[0], slots["shift"].iloc[0], 1,
                              shares=shift_plan.share_caps(workspace))
    may = metering.may_be_drawn(frame, rules)
    day = (pd.to_datetime(slots["shift_date"]) - pd.Timestamp(slots["shift_date"].iloc[0])).dt.days.to_numpy()
    drawable = frame.assign(beat=frame["beat"].where(may, None))
    chance, _ = cap_cost.replay_lottery(harm.astype(float), day, drawable, rules["cap"], rules, 1, progress,
                                        codes=slots["shift"])
    return chance


@contextmanager
def rank_writer(path: str | Path | None, box_ids: NDArray[Any]) -> Iterator[Callable[..., None] | None]:
    """Give a function that writes ranks, or None without a path; the file appears when all is done, or not at all."""
    if not path:
        yield None
        return
    written = 1
    with replacing(path, "RANKS", lambda made: has_lines(written)(made)) as unfinished, \
            open(unfinished, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(replaying.RANK_COLUMNS)

        def ranked(date, shift, crime_type, method, rank, box, expected):
            nonlocal written
            written += len(rank)
            writer.writerows((date, shift, crime_type, method, one, box_ids[place], value)
                             for one, place, value in zip(rank.tolist(), box, expected))
        yield ranked
