"""The shift package: one shift's plan as a JSON file for a car's computer that cannot reach the workspace.

It holds the boxes of the shift, the tactics that may be used, and the rules by which visits are told. It holds no
person, no seed, no forecast beyond the boxes drawn, and no code, so that one from a stranger is safe to open.
"""
from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Sequence, Tuple, get_type_hints

import numpy as np
import pandas as pd

from ... import json_text
from ...errors import ConnectError, some
from ...files import replace_text
from ...forecast.box_layout import BoxLayout, boxes_in, grid_of
from ...forecast.box_shapes import BoxShapes, shapes_of
from ...patrol.tactic_rules import offered
from ...patrol.tracks import VisitRules
from ..steps.plan_frames import NamedSlots
from ..steps.shift_plan import grid_of_plan, planned
from ..steps.shift_week import with_names
from ..store.former_boxes import known_boxes
from ..store.workspace import Workspace

if TYPE_CHECKING:
    from ...forecast.box_grid import BoxGrid

__all__ = ["Patrol", "ShiftPackage", "Tactic", "make_package", "planned_shifts", "read_package", "write_package"]

FORMAT = 1
_FARTHEST = 1 << 30
"""Columns and rows stay below it in tenths of a box; on the Earth they stay below a thousandth of it."""
_DAYS_OFFERED = 2
"""Days with a plan before and after today that a car is offered."""


@dataclass(frozen=True)
class Tactic:
    """One approved tactic; ``crime_types`` are codes, none of them means all."""

    tactic: str
    name: str
    description: str
    crime_types: Tuple[str, ...]


@dataclass(frozen=True)
class Patrol:
    """One box to patrol, as a car needs it."""

    patrol_id: str
    box_id: str
    beat: str
    where: str
    crime_type: str
    crime_type_name: str
    colour: str
    target_minutes: float
    returns: int
    unit: str
    visit_order: int


@dataclass(frozen=True)
class ShiftPackage:
    """A shift's plan with what is needed to tell visits: CRS and size of the boxes, where squares are placed, and the
    rules.

    ``squares`` are lower left corners in tenths of a box, none for the plain fishnet; packages made before there were
    any lack them.
    """

    agency: str
    crs: str
    size: float
    timezone: str
    shift_date: str
    shift: str
    shift_name: str
    start_utc: str
    end_utc: str
    on_target_low: float
    on_target_high: float
    usual_target: float
    rules: VisitRules
    patrols: Tuple[Patrol, ...]
    tactics: Tuple[Tactic, ...]
    squares: Tuple[Tuple[int, int], ...] = ()

    @cached_property
    def fishnet(self) -> BoxGrid:
        """The layout of boxes that the plan is of."""
        return grid_of(self.size, np.array(self.squares, dtype=np.int64).reshape(-1, 2))

    def shapes(self, box_ids: Sequence[str]) -> BoxShapes:
        """Boxes as they are drawn, in ``crs``."""
        return shapes_of(box_ids, [self.fishnet])

    def tactics_for(self, crime_type: str) -> list[Tactic]:
        """The tactics for a box of a crime type, in order."""
        return [tactic for tactic in self.tactics if not tactic.crime_types or crime_type in tactic.crime_types]


def make_package(workspace: Workspace, shift_date: str, shift: str) -> ShiftPackage:
    """The package of a shift, from its plan as it is now.

    Raises
    ------
    ConnectError
        When the shift does not run on the date, or boxes of its plan are of another layout than the rest.
    """
    start, end = workspace.calendar.bounds(shift_date, shift)
    settings = workspace.settings
    shifts = workspace.read("shifts").set_index("shift")["name"]
    boxes = known_boxes(workspace, ["box_id", "where"])
    kinds = workspace.read("crime_types", ["crime_type", "name", "colour"]).rename(columns={"name": "crime_type_name"})
    patrols = planned(workspace, shift_date, shift).merge(boxes, on="box_id", how="left")
    patrols = patrols.merge(kinds, on="crime_type", how="left")
    tactics = offered(workspace.read("tactics"), shift_date)
    grid = grid_of_plan(workspace, shift_date, shift)
    other = patrols["box_id"][~boxes_in(grid, patrols["box_id"])].tolist()
    if other:
        raise ConnectError(f"The plan of {shift_date} {shift} was drawn with boxes laid anew, but {some(other)} of the "
                           "boxes before were added by hand, and a car or phone can show only one kind: suppress them, "
                           "add the boxes that lie there now, then export again.")
    return ShiftPackage(
        agency=settings.agency, crs=settings.crs, size=settings.size, timezone=settings.timezone,
        shift_date=shift_date, shift=shift, shift_name=shifts.get(shift) or shift, start_utc=start.isoformat(),
        end_utc=end.isoformat(), on_target_low=settings.on_target_low, on_target_high=settings.on_target_high,
        usual_target=settings.target_minutes, rules=VisitRules.from_settings(settings),
        patrols=tuple(Patrol(**{
            name: _plain(getattr(row, name), kind) for name, kind in get_type_hints(Patrol).items()})
            for row in patrols.itertuples()),
        tactics=tuple(Tactic(row["tactic"], row["name"] or row["tactic"], row["description"] or "",
                             tuple(row["crime_types"] or ())) for row in tactics.to_dict("records")),
        squares=tuple((col, row) for col, row in grid.squares.tolist()) if isinstance(grid, BoxLayout) else ())


def planned_shifts(workspace: Workspace, now: pd.Timestamp | None = None) -> NamedSlots:
    """The shifts that have a plan, that which runs at ``now`` (UTC) first, then by how near they are to it."""
    now = pd.Timestamp.now(tz="UTC") if now is None else now
    dates = sorted(workspace.distinct("patrols", "shift_date", {"status": "planned"}))
    if not dates:
        return pd.DataFrame(columns=["shift_date", "shift", "name", "start_utc", "end_utc"])
    nearest = min(dates, key=lambda date: abs(pd.Timestamp(date, tz="UTC") - now))
    place = dates.index(nearest)
    dates = dates[max(place - _DAYS_OFFERED, 0):place + _DAYS_OFFERED + 1]
    keys = workspace.read("patrols", ["shift_date", "shift"], {"shift_date": dates, "status": "planned"})
    slots = workspace.calendar.slots(dates[0], dates[-1]).merge(keys.drop_duplicates(), on=["shift_date", "shift"])
    slots = with_names(workspace, slots)
    before, after = (slots["start_utc"] - now).dt.total_seconds(), (now - slots["end_utc"]).dt.total_seconds()
    away = np.maximum(np.maximum(before, after), 0.0)
    return slots.iloc[np.argsort(away, kind="stable")][["shift_date", "shift", "name", "start_utc", "end_utc"]] \
        .reset_index(drop=True)


def write_package(package: ShiftPackage, path: str | Path) -> None:
    """Write a package as JSON, to be read by this account; a file that is replaced keeps its mode.

    Raises
    ------
    ConnectError
        When it cannot be written.
    """
    content = {"shift_package": FORMAT, **{item.name: getattr(package, item.name) for item in fields(ShiftPackage)}}
    content["rules"] = vars(package.rules)
    content["patrols"] = [vars(patrol) for patrol in package.patrols]
    content["tactics"] = [vars(tactic) for tactic in package.tactics]
    if not package.squares:
        del content["squares"]  # so that an earlier version can read it
    replace_text(path, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False), "The plan", private=True)


def read_package(path: str | Path) -> ShiftPackage:
    """Open a package.

    Raises
    ------
    ConnectError
        When the file cannot be read or is no package of this version.
    """
    try:
        content = json_text.read(path)
    except (OSError, ValueError) as error:
        raise ConnectError(f"{path} cannot be read as a shift package; export the plan again with "
                           "FORMAT=package.", str(error)) from error
    if not isinstance(content, dict) or content.pop("shift_package", None) != FORMAT:
        raise ConnectError(f"{path} is no shift package of this version; export the plan again with FORMAT=package.")
    try:
        content["rules"] = _made(VisitRules, content["rules"])
        content["patrols"] = tuple(_made(Patrol, patrol) for patrol in content["patrols"])
        content["tactics"] = tuple(_made(Tactic, {**tactic, "crime_types": tuple(map(str, tactic["crime_types"]))})
                                   for tactic in content["tactics"])
        content["squares"] = tuple(map(_corner, content.get("squares", [])))
        package = _made(ShiftPackage, content)
        package.fishnet.parse([patrol.box_id for patrol in package.patrols])
        for text in (package.start_utc, package.end_utc):
            if pd.Timestamp(text).tz is None:
                raise ValueError("a time without a zone")
    except (KeyError, TypeError, ValueError, AttributeError, ConnectError) as error:
        raise ConnectError(f"{path} is damaged; export the plan again with FORMAT=package.",
                           repr(error)) from error
    return package


def _made(kind, values):
    """A dataclass from JSON, every value of its declared type."""
    wanted = get_type_hints(kind)
    if set(values) != set(wanted):
        raise ValueError(f"other names than expected: {', '.join(sorted(set(values) ^ set(wanted)))}")
    for name, value in values.items():
        number = wanted[name] in (float, int)
        if number and (isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value)
                       or value < 0):
            raise ValueError(f"{name} is no number")
        if wanted[name] is str and not isinstance(value, str):
            raise ValueError(f"{name} is no text")
    if "colour" in values and values["colour"] and not re.fullmatch(r"#[0-9a-fA-F]{6}", values["colour"]):
        raise ValueError("a colour that is none")
    return kind(**values)


def _corner(value):
    """A corner from JSON: two whole numbers, within what a box id can be."""
    col, row = value
    if not all(type(number) is int and abs(number) < _FARTHEST for number in (col, row)):
        raise ValueError("a corner that is none")
    return col, row


def _plain(value, kind):
    empty = value is None or value is pd.NA or value != value
    return kind(0 if kind in (int, float) else "") if empty else kind(value)
