"""Maps of the Shift report: the boxes of a period, and tracks and boxes of one shift, by area where there are many."""
from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry import box as rectangle

from ...workspace.numbers import unit_tracks
from ...workspace.store.former_boxes import shapes_of
from ..paper import style
from ..paper.page_map import SWATCH
from ..paper.report_content import Beside, Heading, Map
from ..plan import sheets
from . import delivered_map, patrol_tables
from .delivered_map import MANY
from .patrol_tables import OUTCOME_WORDS, cut_name
from .shift_tables import OUTCOME_ORDER

if TYPE_CHECKING:
    from qgis.core import QgsMapLayer

    from ..paper.report_content import KeyEntry, Part
    from .shift_data import ShiftData

BOXES_PER_STRIP, STRIPS_PER_PAGE, MOST_STRIPS, PANEL = 40, 3, 6, (95.0, 63.0)
CITY, LEAST_MAP = 178.0, 110.0
_SIGNS = {"missed": "hollow, crossed", "short": "half full", "on_target": "full", "over": "full, white plus"}

Extent = tuple[float, float, float, float]
Area = tuple[str, Extent, NDArray[np.int64]]
"""A letter, the extent of the boxes of the area, their rows."""


class ShiftMaps:
    """The maps of one period.

    Pages are laid out when the workspace is closed again, so nothing is asked of it then.
    """

    def __init__(self, data: ShiftData) -> None:
        self._data = data

    def of_period(self, height: float) -> list[Part]:
        """The planned boxes of the period, each by what happened to it most often."""
        data = self._data
        boxes = data.patrols.groupby("box_id")[["planned_minutes", "minutes", "visits"]].sum().reset_index()
        outcome = data.patrols.groupby(["box_id", "outcome"]).size().unstack(fill_value=0)
        boxes["outcome"] = boxes["box_id"].map(outcome.reindex(columns=OUTCOME_ORDER, fill_value=0).idxmax(axis=1))
        shapes, size = shapes_of(data.workspace, boxes["box_id"]), data.workspace.fishnet.size

        def layers() -> list[QgsMapLayer]:
            return [delivered_map.amounts(data.crs, boxes, shapes, size),
                    *delivered_map.ground(data.context, data.beats, data.crs)]

        key: list[KeyEntry] = [
            (partial(delivered_map.outcome_symbol, name, SWATCH, "MM"), "", f"{words} ({_SIGNS[name]})")
            for name, words in OUTCOME_WORDS.items()]
        return [Heading("Where boxes were visited"),
                Map("Boxes of the period", layers, self._extent(shapes.rectangles), data.crs, height, key,
                    "Each planned box by what happened most often to its patrols.", LEAST_MAP)]

    def of_shift(self, date: str, code: str, patrols: pd.DataFrame, stays: pd.DataFrame) -> list[Part]:
        """One map where its boxes can be numbered, else one of the city without numbers and one of each area."""
        data = self._data
        shapes = shapes_of(data.workspace, patrols["box_id"])
        elsewhere = shapes_of(data.workspace, stays.loc[stays["patrol_id"].isna(), "box_id"].drop_duplicates())
        tracks = unit_tracks.tracks(data.workspace, date, code,
                                    stays["unit"].unique().tolist() if data.period.beat else None,
                                    8.0 if len(patrols) <= MANY else 20.0)
        whole = () if data.period.beat else data.beats["geometry"]
        made: list[QgsMapLayer] = []

        def layers(numbers: float) -> list[QgsMapLayer]:
            """Made once each: all areas show the same layers."""
            if not made:
                made.extend([delivered_map.other_boxes(data.crs, elsewhere),
                             *delivered_map.ground(data.context, data.beats, data.crs)])
            return [delivered_map.planned_boxes(data.crs, patrols, shapes, numbers),
                    delivered_map.track_lines(data.crs, tracks, whole, bool(numbers)), *made]

        shown = patrols.drop_duplicates("crime_type")
        shown = data.kinds.join(shown.sort_values("kind"))
        key: list[KeyEntry] = [*zip(shown["colour"], shown["letter"], shown["kind"]),
                               (delivered_map.planned_not_visited, "", "Planned, not visited"),
                               (style.UNKNOWN, "", patrol_tables.NOT_PLANNED),
                               (delivered_map.track_symbol, "", "Track of a unit")]
        shown_most = shapes if len(shapes) else elsewhere
        city = Map("Tracks and boxes", partial(layers, 7), self._extent(shown_most.rectangles), data.crs, 160.0, key,
                   "Number and letter of a box are those of its sheet at roll call.", LEAST_MAP)
        areas = cut_in_areas(shapes.rectangles, _strips(len(shapes)))
        if not areas:
            return [Heading("Where units were"), city]
        city = replace(city, layers=lambda: [self._frames(areas), *layers(0)], height=CITY, least=0.0,
                       caption="Each frame has a map of its own below, with numbers and names of units.")
        numbered: list[QgsMapLayer] = []

        def close() -> list[QgsMapLayer]:
            """The layers of every area, made once."""
            if not numbered:
                numbered.extend(layers(5.5))
            return numbered

        panels = [Map(f"Area {name}", close, of_panel_shape(with_surroundings(*extent)), data.crs, PANEL[1],
                      caption=f"{name}: {_beats_of(patrols, members)}")
                  for name, extent, members in areas]
        parts: list[Part] = [Heading("Where units were"), city]
        for first in range(0, len(panels), 2 * STRIPS_PER_PAGE):
            page = panels[first:first + 2 * STRIPS_PER_PAGE]
            parts += [Heading("Tracks and boxes by area"), Beside((page[::2], page[1::2]), (1, 1))]
        return parts

    def _frames(self, areas: Sequence[Area]) -> QgsMapLayer:
        frame = pd.DataFrame([name for name, _, _ in areas], columns=["label"])
        return delivered_map.frames(self._data.crs, frame, [rectangle(*extent) for _, extent, _ in areas])

    def _extent(self, rectangles: NDArray[np.float64]) -> Extent:
        if len(rectangles) and not (self._data.period.beat and len(self._data.beats)):
            bounds = rectangles.tolist()
        else:
            bounds = [shape.bounds for shape in self._data.beats["geometry"]] or [(0.0, 0.0, 1000.0, 1000.0)]
        x_min, y_min, x_max, y_max = zip(*bounds)
        return with_surroundings(min(x_min), min(y_min), max(x_max), max(y_max))


def _strips(boxes: int) -> int:
    """Into how many strips of two areas each a map of so many boxes is cut; 0 where one map shows them."""
    return min(max(2, -(-boxes // BOXES_PER_STRIP)), MOST_STRIPS) if boxes > MANY else 0


def _beats_of(patrols: pd.DataFrame, members: NDArray[np.int64]) -> str:
    """Beats of some boxes, for the words below their map."""
    beats = patrol_tables.beats_in_order(patrols.iloc[members][["beat"]].drop_duplicates())["beat"]
    return "beats " + ", ".join(map(cut_name, beats)) if len(beats) > 1 else f"beat {cut_name(beats.iloc[0])}"


def with_surroundings(x_min: float, y_min: float, x_max: float, y_max: float) -> Extent:
    """An extent that shows some streets around, also where there is only one box."""
    x, y = (sheets.LEAST_VIEW - (x_max - x_min)) / 2, (sheets.LEAST_VIEW - (y_max - y_min)) / 2
    return x_min - max(x, 0.0), y_min - max(y, 0.0), x_max + max(x, 0.0), y_max + max(y, 0.0)


def cut_in_areas(rectangles: NDArray[np.float64], strips: int) -> list[Area]:
    """Areas with about as many boxes each, in ``strips`` from north to south of a western and an eastern one."""
    centres = (rectangles[:, :2] + rectangles[:, 2:]) / 2
    found: list[Area] = []
    for strip in np.array_split(np.argsort(-centres[:, 1], kind="stable"), strips) if strips else ():
        for half in np.array_split(strip[np.argsort(centres[strip, 0], kind="stable")], 2):
            low, high = rectangles[half, :2].min(axis=0), rectangles[half, 2:].max(axis=0)
            found.append(("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(found)], (*low, *high), half))
    return found


def of_panel_shape(extent: Extent) -> Extent:
    """An extent grown to the shape of a panel."""
    x_min, y_min, x_max, y_max = extent
    width, height = PANEL
    x = max(0.0, (y_max - y_min) * width / height - (x_max - x_min)) / 2
    y = max(0.0, (x_max - x_min) * height / width - (y_max - y_min)) / 2
    return x_min - x, y_min - y, x_max + x, y_max + y
