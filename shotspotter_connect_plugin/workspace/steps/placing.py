"""Squares placed where events cluster: find a layout, say what it would have gained, and put it in force."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Mapping

import numpy as np
import pandas as pd
from shapely.ops import unary_union

from ...errors import ConnectError
from ...forecast import box_placing, box_transfer
from ...forecast.allowed_inputs import admit_events
from ...forecast.arrays import objects
from ...forecast.box_ids import is_remnant
from ...forecast.box_layout import grid_of
from ...progress import SILENT, Progress
from ..imports.box_names import changed_names
from ..imports.coverage_import import shares_of_boxes
from ..imports.neighbourhood_import import spread_over_boxes
from ..imports.street_lengths import cells_with_street
from ..imports.unreachable_areas import TABLE as CLOSED
from ..imports.unreachable_areas import WATER, write_shares
from ..store.former_boxes import known_boxes, most_shared
from ..store.roles import account, require
from ..store.tables import TABLES
from .forecasting import read_events

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ...forecast.arrays import Floats, Ints
    from ...forecast.box_grid import BoxGrid
    from ...forecast.forecast_frames import AdmittedEvents, Boxes, SharedAreas
    from ..store.rows import BoxRows
    from ..store.workspace import Workspace, Writer

_EVENTS = ("incidents", "gunfire", "places")
"""Tables of points that know their box."""
_NEARLY = 1e-9  # of a box: what sums of a hundred cells lose
_WORTH_TELLING = 1.03  # chosen by the agency's interest: below it, laying boxes anew is not worth the change
MOST_SMOOTHING = 500.0
"""Metres. Places known no better than within some boxes leave nothing to lay a box by."""
_MOST_BOXES = 100_000  # a minute of work; some ten times New York, so few agencies have to ask by hand
QUARTER = "layout_quarter"
"""Key of the counts of a daily run that asked what a new layout would gain."""


@dataclass(frozen=True)
class FoundLayout:
    """Squares to place, what they were made from, and what squares placed a year before would have gained since.

    ``squares`` (n, 2) lower left corners in tenths of a box; ``boxes`` all boxes with them [box_id, col, row, inside];
    ``judged_from`` where the year begins that ``gain`` is about, ``judged`` the crime types that are in it: those with
    an event before it. ``ground`` and ``density`` are what the squares were placed by; ``layout`` is the number of the
    layout that was in force.
    """

    squares: Ints
    boxes: Boxes
    as_of: pd.Timestamp
    share: float
    smooth: float
    error: float
    gain: box_placing.PlacingGain
    judged_from: pd.Timestamp
    judged: tuple[str, ...]
    ground: box_placing.Ground
    density: Mapping[str, Floats]
    layout: int


@dataclass(frozen=True)
class AppliedLayout:
    """Number of the layout now in force, its boxes, how many of them are placed, and how many rows got another box."""

    layout: int
    boxes: int
    placed: int
    moved: dict[str, int]


def find_layout(workspace: Workspace, as_of: Any = None, share: float = box_placing.SHARE, smooth: float | None = None,
                progress: Progress = SILENT) -> FoundLayout:
    """Find where to place squares from what was known at a moment, and judge the same on the year before it.

    Every crime type that does harm weighs the same. Measured on Washington (``benchmarks/placed_boxes.py``): weighed by
    severity, squares gained less in events and in harm too, since few events of the gravest types decide then.

    Parameters
    ----------
    as_of : optional
        An instant; now if not given.
    share : float
        Squares, in per cent of the boxes; 0 for the plain fishnet.
    smooth : float, optional
        Metres; the error of the locations if not given.

    Raises
    ------
    ConnectError
        When there is nothing to place squares by, or the share or the smoothing is out of range.
    """
    if not 0 <= share <= 100:
        raise ConnectError("The share of boxes to place must be between 0 and 100 per cent.", f"share={share}")
    if smooth is not None and not 0 <= smooth <= MOST_SMOOTHING:
        raise ConnectError(f"The smoothing must be between 0 and {MOST_SMOOTHING:g} metres.", f"smooth={smooth}")
    moment = pd.Timestamp.now(tz="UTC") if as_of is None else pd.Timestamp(as_of).tz_convert("UTC")
    progress.report(0.0, "Reading events")
    past = known_past(workspace, moment)
    smooth = past.error if smooth is None else float(smooth)
    progress.report(0.2, "Judging squares of a year ago")
    gain, judged = _judged(past, smooth, share, progress.part(0.2, 0.7))
    progress.report(0.7, "Placing squares")
    density = box_placing.densities(past.ground, past.events, moment.value)
    squares = _placed(past, density, smooth, share, progress.part(0.7, 0.95))
    if share and not len(squares):
        raise ConnectError("No event was known in the jurisdiction by then, so there is nothing to place boxes by; "
                           "import incidents or gunfire, or name a later moment.")
    size = workspace.settings.size
    boxes = box_transfer.in_jurisdiction(grid_of(size, squares), past.plain, _outline(workspace))
    progress.report(1.0)
    return FoundLayout(squares, boxes, moment, float(share), smooth, past.error, gain, past.year_ago, judged,
                       past.ground, density, workspace.layout)


def boxes_laid(workspace: Workspace, past: KnownPast, moment: pd.Timestamp, progress: Progress = SILENT) -> Boxes:
    """Give the boxes [box_id, col, row, inside] that :func:`find_layout` would have laid at an earlier moment, without
    judging them; the plain fishnet's where no event was known by then."""
    then = past.at(moment)
    density = box_placing.densities(then.ground, then.events, moment.value)
    squares = _placed(then, density, then.error, box_placing.SHARE, progress)
    return box_transfer.in_jurisdiction(grid_of(past.ground.size, squares), past.plain, _outline(workspace))


@dataclass(frozen=True)
class KnownPast:
    """What was known at a moment, on the ground of the plain fishnet."""

    moment: pd.Timestamp
    events: AdmittedEvents
    error: float
    plain: BoxRows
    ground: box_placing.Ground
    least: float

    @property
    def year_ago(self) -> pd.Timestamp:
        return self.moment - pd.DateOffset(years=1)

    def at(self, moment: pd.Timestamp) -> KnownPast:
        """What of it was known at an earlier moment."""
        events = self.events[(self.events["known_utc"] <= moment.value).to_numpy()]
        return replace(self, moment=moment, events=events, error=_error_of(events))


def known_past(workspace: Workspace, moment: pd.Timestamp) -> KnownPast:
    """Read what was known at a moment of every crime type that does harm."""
    types = workspace.crime_types
    types = types[types["severity"] * types["effectiveness"] > 0]  # what does no harm is never patrolled for
    events, _ = admit_events(read_events(workspace, types["crime_type"].tolist(), moment))
    plain, settings = plain_boxes(workspace), workspace.settings
    # A square that could never be drawn would take its place from those that can.
    least = max(box_placing.LEAST_GROUND, settings.min_inside, settings.min_land)
    return KnownPast(moment, events, _error_of(events), plain, ground_of(workspace, plain), least)


def _error_of(events: AdmittedEvents) -> float:
    return box_placing.location_error(events["rounded_x_m"].to_numpy(), events["rounded_y_m"].to_numpy())


def ground_of(workspace: Workspace, plain: BoxRows) -> box_placing.Ground:
    """The ground squares are placed on: the jurisdiction less where officers cannot go, and its streets, as draws count
    them."""
    closed = workspace.read(CLOSED, ["reason", "geometry"])
    ground = box_placing.Ground.of(plain, workspace.settings.size, _outline(workspace),
                                   unary_union(closed["geometry"].tolist()) if len(closed) else None)
    if WATER not in set(closed["reason"]):  # workspaces that kept no areas of it know its share of each box
        water = plain[["box_id"]].merge(known_boxes(workspace, ["box_id", "water"]), on="box_id", how="left")["water"]
        ground = ground.less(plain, np.nan_to_num(water.to_numpy(dtype=float)))
    return replace(ground, street=cells_with_street(workspace, ground))


def _outline(workspace: Workspace) -> BaseGeometry | None:
    """The jurisdiction; None in workspaces that are older than its table."""
    kept = workspace.read("jurisdiction", ["geometry"])["geometry"].tolist()
    return kept[0] if kept else None


def _judged(past: KnownPast, smooth: float, share: float, progress: Progress,
            squares: Ints | None = None) -> tuple[box_placing.PlacingGain, tuple[str, ...]]:
    """What squares laid a year ago, or those given, gained since, and the crime types in it."""
    begin = past.year_ago.value
    density = box_placing.densities(past.ground, past.events, begin)
    if squares is None:
        squares = _placed(past, density, smooth, share, progress.part(0.0, 0.3))
    return box_placing.judge(past.ground, squares, density, past.events, begin, past.moment.value, past.error,
                             progress.part(0.3, 1.0)), tuple(sorted(density))


def _placed(past: KnownPast, density: Mapping[str, Floats], smooth: float, share: float, progress: Progress) -> Ints:
    if not share:
        return np.zeros((0, 2), dtype=np.int64)
    hot = box_placing.heat(past.ground, density, smooth)
    return box_placing.place_squares(past.ground, hot, share, progress, past.least)


def told_this_quarter(workspace: Workspace, shift_date: str) -> bool:
    """Whether a run of ``connect:daily`` in the quarter of a date has asked already what a new layout would gain."""
    runs = workspace.read("runs", ["counts"], {"algorithm": "connect:daily", "result": "done"})
    return any(isinstance(counts, dict) and counts.get(QUARTER) == quarter_of(shift_date) for counts in runs["counts"])


def quarter_of(shift_date: str) -> str:
    """The quarter of an ISO date, as in 2026Q4."""
    return str(pd.Timestamp(shift_date).to_period("Q"))


def word_on_a_new_layout(workspace: Workspace, as_of: pd.Timestamp, progress: Progress = SILENT) -> str:
    """One sentence when boxes placed anew would hold clearly more events than those in force, or when there are too
    many boxes to look; empty otherwise.

    A layout that is in force for less than a year is left in peace: it was laid from part of the year it would be
    judged by.
    """
    if workspace.count("boxes") > _MOST_BOXES:
        return ("There are too many boxes to look every quarter what boxes placed anew would gain; “Place boxes” tells "
                "it.")
    told = workspace.read("layouts", ["layout", "squares", "as_of_utc", "since_utc"], order_by="layout")
    past = known_past(workspace, as_of)
    in_force = None
    if len(told):
        newest = told.iloc[-1]
        if (newest["since_utc"] if pd.isna(newest["as_of_utc"]) else newest["as_of_utc"]) > past.year_ago:
            return ""
        in_force = np.asarray(newest["squares"], dtype=np.int64).reshape(-1, 2)
    gain, _ = _judged(past, past.error, box_placing.SHARE, progress.part(0.0, 0.5))
    more = min(gain.gain, gain.moved)
    if in_force is not None and len(in_force):
        now, _ = _judged(past, past.error, box_placing.SHARE, progress.part(0.5, 1.0), in_force)
        more = min(gain.gain / now.gain, gain.moved / now.moved)
    progress.report(1.0)
    if not (gain.worth_it and more > _WORTH_TELLING):
        return ""
    return (f"Boxes placed anew where events cluster would have held {100 * (more - 1):.0f} % more events of the last "
            "year in the same area; “Place boxes” shows how sure that is. Nothing was changed.")


def plain_boxes(workspace: Workspace) -> BoxRows:
    """The boxes of the plain fishnet [box_id, col, row, inside], whatever layout is in force."""
    columns = ["box_id", "col", "row", "inside"]
    boxes = workspace.read("boxes", columns)
    if not workspace.layout:
        return boxes
    found = pd.concat([boxes, workspace.read("former_boxes", columns)]).drop_duplicates("box_id")
    found = found[~found["box_id"].str.contains("[.~]", regex=True)]
    found["col"], found["row"] = workspace.fishnet_of(0).parse(found["box_id"])
    return found.sort_values(["row", "col"], ignore_index=True)


def apply_layout(workspace: Workspace, squares: Ints | Floats, reason: str,
                 found: FoundLayout | None = None, progress: Progress = SILENT) -> AppliedLayout:
    """Put a layout in force: all events, visits, places and shares get their new box, in one transaction.

    Draws, patrols, adjustments and forecasts of shifts that were drawn stay as they are; forecasts of shifts not drawn
    yet are removed, since they are of boxes that are gone. Models stay valid: they weigh surfaces, not boxes.

    Parameters
    ----------
    squares : (n, 2) integers
        Lower left corners in tenths of a box; none for the plain fishnet.
    reason : str
        Why, kept with the layout.
    found : FoundLayout, optional
        What the squares come from, kept with the layout.

    Raises
    ------
    ConnectError
        When the account may not, no reason is given, the squares overlap or do not lie in the jurisdiction, or are in
        force already.
    """
    require(workspace, "boxes")
    if not str(reason or "").strip():
        raise ConnectError("Say why the boxes are laid anew; the reason is kept with the layout.")
    corners = np.asarray(squares, dtype=np.int64).reshape(-1, 2)
    with workspace.transaction() as writer:
        return _apply(workspace, writer, corners, reason, found, progress)


def _apply(workspace: Workspace, writer: Writer, corners: Ints, reason: str, found: FoundLayout | None,
           progress: Progress) -> AppliedLayout:
    if found is not None and found.layout != workspace.layout:
        raise ConnectError("The boxes were laid anew by somebody else since these were found; look again, then decide.",
                           f"layout {found.layout}, now {workspace.layout}")
    plain, size = plain_boxes(workspace), workspace.settings.size
    grid = grid_of(size, corners)
    ground = ground_of(workspace, plain)
    if (ground.area_of(corners) < box_placing.LEAST_GROUND - _NEARLY).any():
        raise ConnectError("Some squares lie less than half inside the jurisdiction where officers can go; leave them "
                           "out.")
    if not ground.with_street(corners).all():
        raise ConnectError("Some squares have no street, so no patrol would ever be drawn for them; leave them out.")
    before, number = workspace.fishnet, workspace.layout
    old = workspace.read("boxes")
    new = box_transfer.in_jurisdiction(grid, plain, _outline(workspace))
    if set(new["box_id"]) == set(old["box_id"]):
        raise ConnectError("These boxes are in force already; nothing was changed.")
    _refuse_equal_marks(workspace, grid, new["box_id"])
    progress.report(0.1, "Finding what the boxes share")
    gone = old[~old["box_id"].isin(new["box_id"])]
    shared = box_transfer.shared_areas(before, gone["box_id"].tolist(), grid)
    shared = shared[shared["new_id"].isin(new["box_id"])]
    boxes = described(workspace, grid, new, old, shared)
    progress.report(0.4, "Giving events their new box")
    moved = {table: _of_points(workspace, table, grid, set(boxes["box_id"])) for table in _EVENTS}
    moved["visits"] = _of_visits(workspace, shared)
    writer.append("layouts", _layout_row(number + 1, corners, reason, found))
    writer.append("former_boxes", gone[[column for column in TABLES["former_boxes"].column_names
                                        if column != "layout"]].assign(layout=number))
    writer.replace("boxes", boxes)
    write_shares(workspace, writer, grid)
    for table, rows in moved.items():
        writer.upsert(table, rows)
    _lay_areas(workspace, writer, grid, boxes)
    _drop_forecasts(workspace, writer)
    progress.report(0.9, "Naming boxes")
    writer.upsert("boxes", changed_names(workspace, grid))
    progress.report(1.0)  # the last moment to cancel: after this the layout is in force
    return AppliedLayout(number + 1, len(boxes), len(corners), {table: len(rows) for table, rows in moved.items()})


def _refuse_equal_marks(workspace: Workspace, grid: BoxGrid, box_ids: pd.Series) -> None:
    """An id stands for one shape for good: what was planned in a box is found by it."""
    remnants = [box_id for box_id in box_ids if is_remnant(box_id)]
    for number in range(1, workspace.layout + 1):
        equal = box_transfer.of_equal_mark(grid, workspace.fishnet_of(number), remnants)
        if equal:
            raise ConnectError(f"Box {equal[0]} of an earlier layout has the same id and another shape; move a square "
                               "beside it by 25 m.", f"{len(equal)} ids of layout {number}")


def _layout_row(number: int, corners: Ints, reason: str, found: FoundLayout | None) -> pd.DataFrame:
    told: Mapping[str, Any] = {} if found is None else {
        "as_of_utc": found.as_of, "share": found.share, "smooth": found.smooth,
        **dict(zip(("gain", "gain_low", "gain_high"), found.gain.cautious))}
    return pd.DataFrame([{"layout": number, "squares": corners.tolist(), **told, "reason": str(reason).strip(),
                          "who": account(), "since_utc": pd.Timestamp.now(tz="UTC")}])


def described(workspace: Workspace, grid: BoxGrid, new: pd.DataFrame, old: BoxRows, shared: SharedAreas) -> BoxRows:
    """Give rows of ``boxes``: those that stay keep what is known of them, the others get it from areas and from what
    they were made of."""
    boxes = new.merge(old[["box_id", "water", "beat", "neighbourhood", "where"]], on="box_id", how="left")
    fresh = np.flatnonzero(~boxes["box_id"].isin(old["box_id"]))
    water = shared.merge(old[["box_id", "water"]], on="box_id")
    # What is not known of all of a box is not known.
    water = (water["water"] * water["of_new"]).groupby(water["new_id"]).agg(lambda part: part.sum(skipna=False))
    boxes.loc[fresh, "water"] = boxes["box_id"].iloc[fresh].map(water).to_numpy(dtype=float)
    for table, column in (("beats", "beat"), ("neighbourhoods", "neighbourhood")):
        areas = workspace.read(table, [column, "geometry"])
        if len(areas):
            names = grid.assign_areas(boxes.iloc[fresh], areas[column].tolist(), areas["geometry"].tolist())
            # Outside all areas: what squares left of a box there stays with the area that had the box.
            before = boxes["box_id"].iloc[fresh].map(_most_of(shared).map(old.set_index("box_id")[column])).to_numpy()
            boxes[column] = boxes[column].astype(object)
            boxes.loc[fresh, column] = np.where(pd.isna(names), before, names)
    return boxes.assign(geometry=objects(grid.outlines(boxes["col"], boxes["row"])))


def _most_of(shared: SharedAreas) -> pd.Series:
    """The old box, by new box, that holds most of it."""
    most = shared.sort_values(["of_new", "box_id"], ascending=[False, True], kind="stable").drop_duplicates("new_id")
    return most.set_index("new_id")["box_id"]


def _of_points(workspace: Workspace, table: str, grid: BoxGrid, box_ids: set[str]) -> pd.DataFrame:
    """Key and new box of the points whose box changes."""
    rows = workspace.read(table, [*TABLES[table].key, "box_id", "x", "y"])
    placed = rows[np.isfinite(rows[["x", "y"]].to_numpy(dtype=float)).all(axis=1)]
    ids = pd.Series(grid.ids(*grid.cell(placed["x"], placed["y"])), index=placed.index, dtype=object)
    ids = ids.where(ids.isin(box_ids) & placed["box_id"].notna(), None)
    changed = ids.fillna("") != placed["box_id"].fillna("")
    return placed.loc[changed, list(TABLES[table].key)].assign(box_id=ids[changed])


def _of_visits(workspace: Workspace, shared: SharedAreas) -> pd.DataFrame:
    """Visits in boxes that are gone: the new box that shares most with each, and the box it was then."""
    most = most_shared(shared)
    visits = workspace.read("visits", ["visit_id", "box_id", "former_box_id"], {"box_id": most.index.tolist()})
    return visits.assign(box_id=visits["box_id"].map(most),
                         former_box_id=visits["former_box_id"].fillna(visits["box_id"]))


def _lay_areas(workspace: Workspace, writer: Writer, grid: BoxGrid, boxes: BoxRows) -> None:
    """Shares that tables hold by box, from the areas themselves as their imports tell them: carried from box to box
    they would blur with every layout."""
    areas = workspace.read("neighbourhoods", ["neighbourhood", "geometry"])
    if len(areas):
        shares, _ = spread_over_boxes(grid, areas["geometry"].tolist(), set(boxes["box_id"]))
        writer.upsert("neighbourhoods", areas[["neighbourhood"]].assign(boxes=shares))
    areas = workspace.read("sensor_coverage", ["area", "from_date", "geometry"])
    if len(areas):
        shares = [shares_of_boxes(grid, boxes, shape) for shape in areas["geometry"]]
        writer.upsert("sensor_coverage", areas[["area", "from_date"]].assign(boxes=shares))


def _drop_forecasts(workspace: Workspace, writer: Writer) -> None:
    """Take away forecasts of shifts that no draw was made for: their boxes are gone."""
    drawn = workspace.read("draws", ["shift_date", "shift"]).drop_duplicates()
    keys = set(zip(drawn["shift_date"], drawn["shift"]))
    for date in workspace.distinct("forecasts", "shift_date"):
        for shift in workspace.distinct("forecasts", "shift", {"shift_date": date}):
            if (date, shift) not in keys:
                writer.delete("forecasts", {"shift_date": date, "shift": shift})
