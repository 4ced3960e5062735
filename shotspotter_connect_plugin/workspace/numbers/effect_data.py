"""What the estimate of effects reads: original draws, events, forecasts and delivered hours, as shifts x boxes."""
from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Tuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...forecast import gunfire_events
from ...forecast.allowed_inputs import admit_events
from ...forecast.event_history import Timeline, make_history
from ...patrol import dosage
from ...patrol.draw import NEARLY
from ...patrol.draw_effect import Lottery
from ...progress import SILENT, Progress
from ..steps import shift_plan
from ..steps.forecasting import read_events
from ..steps.plan_frames import ShiftKeys
from ..store.former_boxes import layouts_at
from ..store.rows import VisitRows
from ..store.workspace import Workspace
from .number_frames import EffectGround, OriginalDraws

if TYPE_CHECKING:
    from ...forecast.box_grid import BoxGrid

_LONGEST = pd.Timedelta(days=35)
"""How long before the period an incident of uncertain time may have begun."""
_DATES, _DRAWS = 14, 60
"""How many dates of forecasts and draws of boxes are read at once."""

Entries = Tuple[NDArray[np.int_], NDArray[np.int_], NDArray[np.float64]]
"""Positions of slots, positions of boxes, and what is there: all of one length."""
_NOTHING: Entries = np.zeros(0, int), np.zeros(0, int), np.zeros(0)


@dataclass(frozen=True)
class CountedEvents:
    """Events by crime type as the forecasts count them: entries of (slot, box, weight), and until when they are known.

    Gunfire comes from the sensors' alerts where there are any (``alerts``), all else from incidents that the public
    reported; ``known`` is the newest moment of each source, reported and alerts, None without any.
    """

    boxes: int
    entries: dict[str, Entries]
    alerts: bool
    known: dict[str, pd.Timestamp]

    @classmethod
    def read(cls, workspace: Workspace, boxes: EffectGround, timeline: Timeline) -> CountedEvents:
        """The events that began in the slots of a ``Timeline`` or shortly before."""
        codes = workspace.crime_types["crime_type"].tolist()
        since = timeline.slots["start_utc"].min() - _LONGEST
        events = read_events(workspace, codes, pd.Timestamp.now(tz="UTC"), since)
        alerts = gunfire_events.CRIME_TYPE in codes and workspace.count("gunfire") > 0
        of_alerts = (events["crime_type"] == gunfire_events.CRIME_TYPE) & alerts
        known = {source: events.loc[which, "known_utc"].max() for source, which in
                 (("reported", ~of_alerts), ("alerts", of_alerts)) if which.any()}
        admitted, _ = admit_events(events)
        entries = {}
        for code in codes:
            own = admitted[admitted["crime_type"] == code]
            if len(own):
                history = make_history(own, boxes, workspace.settings.size, workspace.calendar, timeline)
                entries[code] = (history.slot, history.box, history.weight)
        return cls(len(boxes), entries, alerts, known)

    @property
    def codes_reported(self) -> list[str]:
        """Crime types that the public reported."""
        return [code for code in self.entries if not self.of_sensors(code)]

    @property
    def newest(self) -> pd.Timestamp | None:
        """Newest moment of any source, None without events."""
        return max(self.known.values(), default=None)

    def of_sensors(self, code: str) -> bool:
        """Whether a crime type is counted by sensors."""
        return self.alerts and code == gunfire_events.CRIME_TYPE

    def known_until(self, code: str) -> pd.Timestamp:
        """Until when the events of a type are known; the epoch where there are none."""
        return self.known.get("alerts" if self.of_sensors(code) else "reported", pd.Timestamp(0, tz="UTC"))

    def on(self, code: str, slots: NDArray[np.int_]) -> NDArray[np.float64]:
        """Events of a type in slots x boxes; ``slots`` are positions, each at most once."""
        return _on(self.entries.get(code, _NOTHING), slots, self.boxes)

    def by_slot(self, code: str, slots: int, mine: NDArray[np.bool_]) -> NDArray[Any]:
        """Events of a type by slot, in the boxes that ``mine`` marks."""
        slot, box, weight = self.entries.get(code, _NOTHING)
        kept = mine[box]
        return np.bincount(slot[kept], weight[kept], slots)


@dataclass(frozen=True)
class EarlyForecasts:
    """Expected events by crime type: entries of (slot, box, expected), of forecasts that knew nothing of the shift."""

    boxes: int
    entries: dict[str, Entries]
    slots: NDArray[np.int_]

    @classmethod
    def read(cls, workspace: Workspace, boxes: EffectGround, timeline: Timeline, first: str,
             progress: Progress = SILENT) -> EarlyForecasts:
        """The forecasts of the slots from the date ``first`` on, some dates at a time, for there may be millions."""
        dates = [date for date in timeline.dates if date >= first]
        columns = ["shift_date", "shift", "box_id", "crime_type", "expected"]
        ids, parts = pd.Index(boxes["box_id"]), defaultdict(list)
        for number in range(0, len(dates), _DATES):
            progress.report(number / len(dates))
            rows = workspace.read("forecasts", columns, {"shift_date": dates[number:number + _DATES]})
            place = slot_of(timeline.slots, rows["shift_date"], rows["shift"])
            box = ids.get_indexer(rows["box_id"])
            kept = (place >= 0) & (box >= 0) & rows["expected"].notna().to_numpy()
            # A forecast of other boxes than these is none of them, or only of some.
            kept &= ~np.isin(place, place[box < 0])
            kept[kept] = cls._early(workspace, rows, timeline.slots)[place[kept]]
            codes, names = pd.factorize(rows["crime_type"])
            for code, name in enumerate(names):
                own = kept & (codes == code)
                parts[name].append((place[own].astype(np.int32), box[own].astype(np.int32),
                                    rows["expected"].to_numpy(dtype=float)[own]))
        entries = {}
        for code, found in parts.items():
            slots, at, expected = (np.concatenate(part) for part in zip(*found))
            entries[code] = slots, at, expected
        known = [np.array([], dtype=np.int32), *(slots for slots, _, _ in entries.values())]
        return cls(len(boxes), entries, np.unique(np.concatenate(known)))

    @staticmethod
    def _early(workspace: Workspace, rows: pd.DataFrame, slots: pd.DataFrame) -> NDArray[np.bool_]:
        """By slot whether its forecast used nothing from after the shift began; one row tells it for all of a shift."""
        early = np.zeros(len(slots), dtype=bool)
        if rows.empty:
            return early
        one = rows.drop_duplicates(["shift_date", "shift"])
        told = workspace.read("forecasts", ["shift_date", "shift", "as_of_utc"], {
            "shift_date": one["shift_date"].unique().tolist(), "shift": one["shift"].unique().tolist(),
            "box_id": one["box_id"].unique().tolist(), "crime_type": one["crime_type"].unique().tolist()})
        place = slot_of(slots, told["shift_date"], told["shift"])
        told = told[place >= 0].assign(place=place[place >= 0]).groupby("place")["as_of_utc"].max()
        places = told.index.to_numpy()
        early[places] = told.to_numpy() <= slots["start_utc"].to_numpy()[places]
        return early

    def on(self, code: str, slots: NDArray[np.int_]) -> NDArray[np.float64]:
        """Expected events of a type in slots x boxes; 0 where there is no forecast."""
        return _on(self.entries.get(code, _NOTHING), slots, self.boxes)

    def by_slot(self, code: str, slots: int, mine: NDArray[np.bool_]) -> NDArray[Any]:
        """Expected events by slot in the boxes that ``mine`` marks; NaN where a slot has no forecast."""
        slot, box, value = self.entries.get(code, _NOTHING)
        kept = mine[box]
        sums = np.bincount(slot[kept], value[kept], slots)
        return np.where(np.bincount(slot, minlength=slots) > 0, sums, np.nan)


@dataclass(frozen=True)
class DrawnShifts:
    """The original draws: ``draws``, shifts x boxes of ``chance``, ``drawn`` and ``beat`` (None where it had none),
    and ``mine``, which boxes count."""

    draws: OriginalDraws
    chance: NDArray[np.float64]
    drawn: NDArray[np.bool_]
    beat: NDArray[np.object_]
    mine: NDArray[np.bool_]

    @classmethod
    def read(cls, workspace: Workspace, draws: OriginalDraws, boxes: EffectGround, beat: str = "") -> DrawnShifts:
        """The boxes of the draws, of which those of one beat count, or all."""
        shape = (len(draws), len(boxes))
        chance, drawn, beats = np.zeros(shape), np.zeros(shape, dtype=bool), np.full(shape, None, dtype=object)
        numbers, ids = pd.Index(draws["draw_id"]), pd.Index(boxes["box_id"])
        for first in range(0, len(draws), _DRAWS):
            rows = workspace.read("draw_boxes", ["draw_id", "box_id", "beat", "inclusion_probability", "selected"],
                                  {"draw_id": draws["draw_id"].iloc[first:first + _DRAWS].tolist()})
            draw, box = numbers.get_indexer(rows["draw_id"]), ids.get_indexer(rows["box_id"])
            known = box >= 0
            at = draw[known], box[known]
            chance[at] = rows["inclusion_probability"].fillna(0.0).to_numpy(dtype=float)[known]
            drawn[at] = rows["selected"].fillna(False).to_numpy(dtype=bool)[known]
            beats[at] = rows["beat"].to_numpy(dtype=object)[known]
        mine = (boxes["beat"] == beat).to_numpy() if beat else np.ones(len(boxes), dtype=bool)
        return cls(draws, chance, drawn, beats, mine)

    @property
    def open(self) -> NDArray[np.bool_]:
        """Shifts x boxes: those that were neither sure to be drawn nor sure not to be."""
        return (self.chance > NEARLY) & (self.chance < 1 - NEARLY) & self.mine

    def lottery(self, which: NDArray[np.bool_]) -> tuple[Lottery, NDArray[np.bool_]]:
        """The draws that ``which`` marks as a ``Lottery``, and its units as shifts x boxes."""
        units = self.open & which[:, None]
        return Lottery(np.nonzero(units)[0], self.chance[units], self.drawn[units]), units


def _on(entries: Entries, slots: NDArray[np.int_], boxes: int) -> NDArray[Any]:
    """What entries hold in slots x boxes, 0 where there is none."""
    slot, box, value = entries
    place = pd.Index(slots).get_indexer(slot)
    kept = place >= 0
    sums = np.bincount(place[kept] * boxes + box[kept], value[kept], len(slots) * boxes)
    return sums.reshape(len(slots), boxes)


def slot_of(slots: ShiftKeys, dates: Any, shifts: Any) -> NDArray[np.int_]:
    """Position of each (shift date, shift) among the slots, -1 for none."""
    return pd.MultiIndex.from_frame(slots[["shift_date", "shift"]]).get_indexer(
        pd.MultiIndex.from_arrays([dates, shifts]))


def original_draws(workspace: Workspace, timeline: Timeline, first: str) -> tuple[OriginalDraws, dict[str, int]]:
    """The first lottery of each shift from the date ``first`` on, and how many draws were what.

    A draw that was made again was perhaps made again because of what it drew; the first one was drawn by chance
    whatever came later. A draw with a seed of the user's was not drawn by chance at all.

    Returns
    -------
    counts : dict
        draws, tests, drawn_again, lotteries, after_start: in the period, test seeds among them, shifts drawn more than
        once by lottery, shifts drawn by lottery, and those of which the first lottery was drawn only after they began.
    """
    dates = [date for date in timeline.dates if date >= first]
    draws = workspace.read("draws", ["draw_id", "shift_date", "shift", "drawn_utc", "lottery", "inputs_hash"],
                           {"shift_date": dates})
    draws = draws.assign(slot=slot_of(timeline.slots, draws["shift_date"], draws["shift"]),
                         number=shift_plan.draw_numbers(draws))
    draws = draws[draws["slot"] >= 0]
    tests = ~draws["lottery"].fillna(False).astype(bool)
    real = draws[~tests].sort_values(["slot", "number"])
    first_ones = real.drop_duplicates("slot")
    times = timeline.slots.iloc[first_ones["slot"]]
    late = first_ones["drawn_utc"].to_numpy() >= times["start_utc"].to_numpy()
    counts = {"draws": len(draws), "tests": int(tests.sum()), "drawn_again": int(real["slot"].duplicated().sum()),
              "lotteries": len(first_ones), "after_start": int(late.sum())}
    first_ones = first_ones.assign(end_utc=pd.DatetimeIndex(times["end_utc"]))
    return first_ones[["draw_id", "shift_date", "shift", "slot", "end_utc", "drawn_utc", "inputs_hash"]].reset_index(
        drop=True), counts


def of_one_layout(workspace: Workspace, draws: OriginalDraws) -> tuple[OriginalDraws, BoxGrid, int]:
    """The draws that were made on the layout of most of them, the layout, and how many are left out."""
    if not workspace.layout:
        return draws, workspace.fishnet, 0
    layouts = layouts_at(workspace, draws["drawn_utc"])
    most = int(np.bincount(layouts).argmax()) if layouts.size else workspace.layout
    own = layouts == most
    return draws[own].reset_index(drop=True), workspace.fishnet_of(most), int((~own).sum())


def hours_of(visits: VisitRows, plan: DrawnShifts, boxes: EffectGround) -> NDArray[np.float64]:
    """Delivered patrol-hours (somebody present) in the shifts of the draws x boxes."""
    hours = np.zeros(plan.chance.shape)
    minutes = dosage.patrol_minutes(visits, ("shift_date", "shift", "box_id"))
    if len(minutes):
        shift = slot_of(plan.draws, minutes.index.get_level_values(0), minutes.index.get_level_values(1))
        box = pd.Index(boxes["box_id"]).get_indexer(minutes.index.get_level_values(2))
        kept = (shift >= 0) & (box >= 0)
        hours[shift[kept], box[kept]] = minutes.to_numpy()[kept] / 60.0
    return hours


def timeline_of(workspace: Workspace, first: str, last: str, days_before: int) -> Timeline:
    """The slots from ``days_before`` days before ``first`` to ``last``."""
    start = (pd.Timestamp(first) - pd.Timedelta(days=days_before)).strftime("%Y-%m-%d")
    return Timeline(workspace.calendar, start, last, workspace.settings.plan_hour)
