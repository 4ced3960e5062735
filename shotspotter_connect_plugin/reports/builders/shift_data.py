"""What the Shift report reads: patrols and stays of a period, each with its number, letter and colour as on maps."""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..paper import page_head, wording
from . import patrol_tables

if TYPE_CHECKING:
    from ...workspace.numbers.delivered_period import DeliveredPeriod
    from ...workspace.store.workspace import Workspace


class ShiftData:
    """One period as the parts of the report take it.

    Attributes
    ----------
    period : DeliveredPeriod
    kinds : patrol_tables.CrimeTypeSigns
        Of crime types.
    names : dict
        Name of each shift by its code.
    patrols : DataFrame
        As of the period, with kind, letter, colour, number (in its beat and shift) and label (number and letter).
    stays : DataFrame
        As of the period, with the patrol's label, colour, kind and letter, and tactics (what was logged, in words).
    beats : DataFrame
        beat, geometry: the one asked for, or all.
    """

    def __init__(self, workspace: Workspace, period: DeliveredPeriod) -> None:
        self.workspace, self.period = workspace, period
        self.kinds = patrol_tables.CrimeTypeSigns(workspace)
        self.names = page_head.shift_names(workspace)
        self.crs, self.zone = workspace.settings.crs, workspace.settings.timezone
        context = workspace.settings.map_context
        self.context = str(Path(workspace.folder) / context) if context else ""
        beats = workspace.read("beats", ["beat", "geometry"])
        self.beats = beats[beats["beat"] == period.beat] if period.beat else beats
        patrols = period.patrols.sort_values(["shift_date", "shift", "beat", "visit_order", "box_id"], kind="stable")
        self.patrols = self.kinds.join(patrols)
        self.patrols["label"] = [f"{place}{letter}" for place, letter in
                                 zip(self.patrols["number"], self.patrols["letter"])]
        self.stays = period.stays.merge(self.patrols[["patrol_id", "label", "colour", "kind", "letter"]],
                                        on="patrol_id", how="left")
        self.stays["tactics"] = self.stays["stay"].map(self._tactics()).fillna("")

    def _tactics(self) -> pd.Series:
        """What was logged in each stay, in words."""
        names = dict(zip(self.period.tactics["tactic"], self.period.tactics["name"]))
        logs = self.period.logs.dropna(subset=["stay"])
        words = logs["tactic"].map(names).fillna(logs["tactic"])
        return words.groupby(logs["stay"]).agg(lambda used: ", ".join(dict.fromkeys(map(wording.clean, used))))

    def shifts(self) -> list[tuple[str, str]]:
        """(date, shift) in which something was planned or done, in the order in which they start."""
        slots = self.workspace.calendar.slots(self.period.first, self.period.last)
        some = {*zip(self.patrols["shift_date"], self.patrols["shift"]),
                *zip(self.stays["shift_date"], self.stays["shift"])}
        return [slot for slot in zip(slots["shift_date"], slots["shift"]) if slot in some]

    def of_shift(self, date: str, code: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Patrols and stays of one shift."""
        patrols, stays = ((frame[(frame["shift_date"] == date) & (frame["shift"] == code)])
                          for frame in (self.patrols, self.stays))
        return patrols, stays

    def in_order_of_units(self, stays: pd.DataFrame) -> pd.DataFrame:
        """Stays with times of day of the agency, ``came`` and ``gone``, by unit and time."""
        order = sorted(range(len(stays)), key=lambda row: (wording.natural_key(stays["unit"].iloc[row] or ""),
                                                           stays["entered_utc"].iloc[row]))
        stays = stays.iloc[order]
        return stays.assign(
            came=stays["entered_utc"].dt.tz_convert(self.zone).dt.strftime("%H:%M"),
            gone=stays["left_utc"].dt.tz_convert(self.zone).dt.strftime("%H:%M"))
