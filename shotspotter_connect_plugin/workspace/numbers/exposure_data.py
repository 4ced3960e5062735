"""The reading for exposure: draws, patrols, visits and incidents of a period, by box, shift and day; no measure yet.

Nothing here is about officers: their rows of a visit are one visit of a unit, and neither is given out.
"""
from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...patrol import dosage, seeds
from ...patrol.metering import WINDOWS
from ..steps import shift_plan
from ..store.former_boxes import known_boxes, visits_then
from ..store.table_store import Where
from ..store.workspace import Between, Workspace
from .number_frames import ExposedBoxes, PeriodDraws, PublishedDraws, PublishedHashes

SHIFT = ["shift_date", "shift"]
_LOOK_BACK = max(WINDOWS) - 1


def between(first: str, last: str) -> dict[str, Between]:
    """Condition for rows of the shift dates, both included."""
    return {"shift_date": Between(first, str((pd.Timestamp(last) + pd.Timedelta(days=1)).date()))}


class PeriodData:
    """What is read of a period and of the days before it that are in the same windows.

    Parameters
    ----------
    workspace : Workspace
    first, last : str
        Shift dates, inclusive.
    beat : str
        Boxes of this beat alone; those of all beats if empty.
    ended_only : bool
        Without shifts that have not ended; ``coming`` then holds them as (shift_date, shift). That is what goes to
        the public, so the patrols that are ``told`` of are then those of the draws, before any change by hand.
    """

    def __init__(self, workspace: Workspace, first: str, last: str, beat: str, ended_only: bool) -> None:
        self._workspace, self.first, self.last = workspace, first, last
        calendar = workspace.calendar
        self.early = str((pd.Timestamp(first) - pd.Timedelta(days=_LOOK_BACK)).date())
        self.slots = calendar.slots(self.early, last)
        self.coming = set()
        if ended_only:
            ends = [calendar.bounds(date, shift)[1] for date, shift in self.slots[SHIFT].itertuples(index=False)]
            open_yet = pd.Series(ends, index=self.slots.index) > pd.Timestamp.now(tz="UTC")
            self.coming = set(self.slots[open_yet][SHIFT].itertuples(index=False, name=None))
            self.slots = self.slots[~open_yet].reset_index(drop=True)
        boxes = known_boxes(workspace, ["box_id", "beat", "neighbourhood"])
        self.boxes = boxes[(boxes["beat"] == beat) if beat else boxes["beat"].notna()].set_index("box_id")
        self._around = between(self.early, last)
        visits = visits_then(workspace, ["unit", "officer", "box_id", "patrol_id", *SHIFT, "entered_utc",
                                         "left_utc", "minutes"], self._around)
        self.visits = self.scoped(dosage.unit_visits(visits))
        every = self._every_draw()
        self.draws = every[every["stands"]].reset_index(drop=True)
        self.every = every[self.within(every)].reset_index(drop=True)
        self.patrols = self._patrols({"status": "planned"})
        self.told = self._drawn_patrols() if ended_only else self.patrols
        drawn = self.scoped(workspace.read(
            "draw_boxes", ["draw_id", "box_id", "inclusion_probability", "selected"],
            {"draw_id": self.every["draw_id"].tolist(), "eligible": True}))
        self.drawn = drawn[drawn["draw_id"].isin(self.draws["draw_id"])].reset_index(drop=True)
        self.of_lottery = drawn[drawn["draw_id"].isin(self.every.loc[self.every["lottery"], "draw_id"])]

    def _patrols(self, where: Where) -> pd.DataFrame:
        return self.scoped(self._workspace.read("patrols", [
            "patrol_id", "draw_id", *SHIFT, "box_id", "beat", "crime_type", "unit", "status", "target_minutes",
            "returns", "origin"], {**self._around, **where}))

    def _drawn_patrols(self) -> pd.DataFrame:
        """The patrols of the draws that stand as they were drawn, before any change by hand.

        Beside the draws, which are public, any other number of patrols would tell how many were changed.
        """
        patrols = self._patrols({"origin": "drawn", "draw_id": self.draws["draw_id"].tolist()})
        minutes = {draw_id: (rules or {}).get("target_minutes") for draw_id, rules in zip(
            self.draws["draw_id"], self.draws["rules"])}
        return patrols.assign(target_minutes=patrols["draw_id"].map(minutes).astype(float))

    def without_visits_to(self, boxes: Any) -> None:
        """Leave the visits to some boxes out of whatever is counted from now on."""
        self.visits = self.visits[~self.visits["box_id"].isin(boxes)].reset_index(drop=True)

    def scoped(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of the boxes asked for, without those of shifts that have not ended."""
        rows = rows[rows["box_id"].isin(self.boxes.index)] if "box_id" in rows else rows
        if self.coming and "shift" in rows:
            here = [key not in self.coming for key in zip(rows["shift_date"], rows["shift"])]
            rows = rows[np.array(here, dtype=bool)]
        return rows.reset_index(drop=True)

    def _every_draw(self) -> PeriodDraws:
        """All draws in their order; ``stands`` marks the newest of each shift, whose plan counts."""
        draws = self.scoped(self._workspace.read("draws", [
            "draw_id", *SHIFT, "drawn_utc", "size", "lottery", "seed_hash", "seed", "inputs_hash", "rules"],
            self._around))
        draws = draws.assign(number=shift_plan.draw_numbers(draws),
                             lottery=draws["lottery"].fillna(False).astype(bool)).sort_values([*SHIFT, "number"])
        return draws.assign(stands=~draws.duplicated(SHIFT, keep="last"))

    def within(self, rows: pd.DataFrame) -> pd.Series:
        """Which rows are of the period itself."""
        return (rows["shift_date"] >= self.first) & (rows["shift_date"] <= self.last)

    def laid_anew(self) -> list[str]:
        """Dates (of the workspace's zone) on which boxes were laid anew between draws of the period."""
        drawn = self.every["drawn_utc"]
        since = self._workspace.read("layouts", ["since_utc"], order_by="layout")["since_utc"]
        between_draws = since[(since > drawn.min()) & (since <= drawn.max())]
        return [str(moment.date()) for moment in between_draws.dt.tz_convert(self._workspace.settings.timezone)]

    def by_box(self) -> ExposedBoxes:
        """Counts and minutes of the period by box."""
        boxes = self.boxes.copy()
        patrols, visits = (rows[self.within(rows)] for rows in (self.told, self.visits))
        table = dosage.planned_against_delivered(patrols, visits)
        table["planned_minutes"] = dosage.planned_minutes(table)
        sums = table.groupby("box_id")[["planned_minutes", "patrol_minutes"]].sum()
        presence = dosage.patrol_minutes(visits)
        boxes["patrols"] = table.groupby("box_id").size().reindex(boxes.index).fillna(0).astype(int)
        boxes["planned_minutes"], boxes["delivered_minutes"] = (
            sums[name].reindex(boxes.index).fillna(0.0) for name in ("planned_minutes", "patrol_minutes"))
        boxes["served"] = table.groupby("box_id")["visits"].sum().reindex(boxes.index).fillna(0).astype(int)
        boxes["visits"] = visits.groupby("box_id").size().reindex(boxes.index).fillna(0).astype(int)
        boxes["presence_minutes"] = pd.Series(
            presence.to_numpy(), index=presence.index.get_level_values(0)).reindex(boxes.index).fillna(0.0)
        boxes["harm"] = self._total("harm").reindex(boxes.index).fillna(0.0)
        boxes["chance"] = self.chances[self.days >= self.first].sum(axis=0)
        types = self._workspace.crime_types["crime_type"].tolist()
        reported = self._workspace.read("incidents", ["box_id", "discovered"], {
            **between(self.first, self.last), "crime_type": types})
        reported = reported[~reported["discovered"].fillna(False).astype(bool)]
        boxes["incidents"] = reported.groupby("box_id").size().reindex(boxes.index).fillna(0).astype(int)
        return boxes

    def _total(self, amount: str) -> pd.Series:
        draws = self.draws[self.within(self.draws)]["draw_id"].tolist()
        return self._workspace.totals("draw_boxes", amount, "box_id", {"draw_id": draws}).set_index("box_id")[amount]

    @cached_property
    def chances(self) -> NDArray[np.float64]:
        """Recorded chances by date and box: an array of :meth:`days` x boxes."""
        chances = np.zeros((len(self.days), len(self.boxes)))
        day = self.days.get_indexer(self.draws.set_index("draw_id")["shift_date"].reindex(self.drawn["draw_id"]))
        np.add.at(chances, (day, self.boxes.index.get_indexer(self.drawn["box_id"])),
                  self.drawn["inclusion_probability"].to_numpy(dtype=float))
        before = self.draws[~self.within(self.draws)]
        for date, draws in before.groupby("shift_date"):  # summed where they are stored
            sums = self._workspace.totals("draw_boxes", "inclusion_probability", "box_id",
                                          {"draw_id": draws["draw_id"].tolist(), "eligible": True})
            place = self.boxes.index.get_indexer(sums["box_id"])
            chances[self.days.get_loc(date), place[place >= 0]] = sums["inclusion_probability"][place >= 0]
        return chances

    @cached_property
    def days(self) -> pd.Index:
        """Dates from the first of the windows to the last of the period, an index."""
        return pd.Index(pd.date_range(self.early, self.last).strftime("%Y-%m-%d"))

    def served(self, *kinds: pd.DataFrame) -> NDArray[np.bool_]:
        """Which box had a patrol of some kind in which shift: an array of slots x boxes."""
        rows = pd.concat([kind[["shift_date", "shift", "box_id"]] for kind in kinds]).drop_duplicates()
        number = pd.Series(np.arange(len(self.slots)), index=pd.MultiIndex.from_frame(self.slots[SHIFT]))
        slot = number.reindex(pd.MultiIndex.from_frame(rows[SHIFT])).to_numpy()
        known = ~np.isnan(slot)
        served = np.zeros((len(self.slots), len(self.boxes)), dtype=bool)
        served[slot[known].astype(int), self.boxes.index.get_indexer(rows["box_id"])[known]] = True
        return served

    def published(self) -> PublishedDraws:
        """All draws of the period, those that were replaced by a later one of the shift too, as anybody may see them.
        """
        draws, told = self.every, self.commitments
        keys = pd.MultiIndex.from_frame(draws[[*SHIFT, "seed_hash"]])
        earliest = told.groupby([*SHIFT, "seed_hash"])["committed_utc"].min().reindex(keys)
        published = pd.to_datetime(pd.Series(earliest.to_numpy(), index=draws.index), utc=True)
        committed = published < draws["drawn_utc"]
        fits = [None if seed is None else seeds.hash_of(seed) == published for seed, published in zip(
            draws["seed"], draws["seed_hash"])]
        draws = draws.assign(redrawn=draws["number"] > 1, committed=committed.astype(bool), fits=fits,
                             committed_utc=published)
        return draws[["draw_id", *SHIFT, "drawn_utc", "size", "lottery", "redrawn", "stands", "seed_hash",
                      "committed_utc", "seed", "inputs_hash", "committed", "fits"]]

    @cached_property
    def commitments(self) -> PublishedHashes:
        """Every hash that stood for a shift of the period, and when it was published, by that moment."""
        return self.scoped(self._workspace.read("commitments", [*SHIFT, "seed_hash", "committed_utc"],
                                                between(self.first, self.last), order_by="committed_utc"))

    def newest(self) -> pd.Timestamp | None:
        """The end of the newest visit that was counted, else the moment of the newest draw; None without either."""
        for rows, name in ((self.visits, "left_utc"), (self.draws, "drawn_utc")):
            moments = rows.loc[self.within(rows), name].dropna()
            if len(moments):
                return moments.max()
        return None
