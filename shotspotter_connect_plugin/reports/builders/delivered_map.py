"""Maps of reports: planned boxes, visits and tracks, as layers that live in memory.

Tracks are somebody's whereabouts: a copy on disk would outlive their purge. Only a report opened in the layout designer
is kept with the user's project, if that is saved (``opened_report.py``).
"""
from __future__ import annotations

from itertools import groupby, repeat
from typing import TYPE_CHECKING, Iterable, Sequence

from qgis.core import (Qgis, QgsCategorizedSymbolRenderer, QgsCentroidFillSymbolLayer, QgsCoordinateReferenceSystem,
                       QgsFeature, QgsFillSymbol, QgsGeometry, QgsGeometryGeneratorSymbolLayer, QgsLineSymbol,
                       QgsMapLayer, QgsMarkerSymbol, QgsPalLayerSettings, QgsProperty, QgsRendererCategory,
                       QgsSingleSymbolRenderer, QgsSymbolLayer, QgsVectorLayer)
from shapely.geometry import MultiLineString, Point
from shapely.ops import unary_union
from shapely.prepared import prep

from ...workspace.numbers.delivered_period import OUTCOMES
from ...workspace.store.layer_file import is_readable
from ..paper import map_layers, style

if TYPE_CHECKING:
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from ...forecast.box_shapes import BoxShapes
    from ...workspace.numbers.number_frames import UnitTracks
    from ..paper.report_frames import BeatOutlines, LabelledAreas, OutcomeBoxes

MANY = 25
"""More boxes than this on one map get no numbers: their map shows a city, and its areas have maps of their own."""
TRACK = "#4a1f7a"
OUTSIDE = 500.0
"""Metres around the jurisdiction in which tracks are still shown."""


def memory_layer(name: str, kind: str, crs: str, frame: pd.DataFrame,
                 geometries: Iterable[QgsGeometry]) -> QgsVectorLayer:
    """A layer of a frame's columns; ``kind`` is ``Polygon``, ``LineString`` or ``MultiPolygon``."""
    layer = QgsVectorLayer(kind, map_layers.unevaluated(name), "memory")
    layer.setCrs(QgsCoordinateReferenceSystem(crs))
    provider = layer.dataProvider()
    provider.addAttributes(map_layers.fields_of(frame))
    layer.updateFields()
    features = []
    rows = zip(*(frame[column].tolist() for column in frame)) if len(frame.columns) else repeat(())
    for values, geometry in zip(rows, geometries):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([None if value is None or value != value else value for value in values])
        feature.setGeometry(geometry)
        features.append(feature)
    provider.addFeatures(features)
    layer.updateExtents()
    layer.setFlags(layer.flags() | QgsMapLayer.LayerFlag.Private)
    layer.setCustomProperty("skipMemoryLayersCheck", 1)  # QGIS shall not ask to save it
    return layer


def shapes(geometries: Iterable[BaseGeometry]) -> list[QgsGeometry]:
    """QGIS geometries of shapely ones."""
    made = []
    for shape in geometries:
        geometry = QgsGeometry()
        geometry.fromWkb(shape.wkb)
        made.append(geometry)
    return made


def ground(context: str, beats: BeatOutlines, crs: str) -> list[QgsVectorLayer]:
    """What lies under every map, top one first: outlines of beats, streets, railroads, water, parks."""
    outlines = memory_layer("Beats", "MultiPolygon", crs, beats[["beat"]], shapes(beats["geometry"]))
    map_layers.style_beats(outlines)
    lines, areas = map_layers.context_layers(context) if context and is_readable(context) else ([], [])
    return [outlines, *lines, *areas]


def planned_boxes(crs: str, frame: OutcomeBoxes, boxes: BoxShapes, numbers: float = 7) -> QgsVectorLayer:
    """Planned boxes in the colour of their crime type with ``label``; those nobody visited dashed and without filling.

    ``frame``: label, colour, outcome. ``numbers`` is the size of the labels in points, 0 = none.
    """
    layer = memory_layer("Planned boxes", "Polygon", crs, frame[["label", "colour", "outcome"]],
                         map_layers.box_geometries(boxes))
    categories = [QgsRendererCategory(f"{outcome}{colour}", _box(colour, outcome), "") for outcome, colour in
                  sorted(set(zip(frame["outcome"], frame["colour"])))]
    layer.setRenderer(QgsCategorizedSymbolRenderer("\"outcome\" || \"colour\"", categories))
    if numbers:
        _write(layer, "label", numbers, halo=0.4 if numbers > 6 else 0.25)
    return layer


def amounts(crs: str, frame: OutcomeBoxes, boxes: BoxShapes, side: float) -> QgsVectorLayer:
    """Boxes of a whole period by what became of their patrols, see :func:`outcome_symbol`.

    ``frame``: outcome; ``side`` is that of a box in map units.
    """
    x, y, room = boxes.rooms().T
    layer = memory_layer("Boxes", "Polygon", crs, frame[["outcome"]].assign(x=x, y=y, room=room),
                         map_layers.box_geometries(boxes))
    categories = [QgsRendererCategory(outcome, _fitting(outcome_symbol(outcome, side), side), "")
                  for outcome in OUTCOMES]
    layer.setRenderer(QgsCategorizedSymbolRenderer("outcome", categories))
    return layer


def other_boxes(crs: str, boxes: BoxShapes) -> QgsVectorLayer:
    """Boxes that had a visit and no patrol, faint."""
    import pandas as pd

    layer = memory_layer("Other boxes visited", "Polygon", crs, pd.DataFrame(index=range(len(boxes))),
                         map_layers.box_geometries(boxes))
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({
        "style": "solid", "color": "138,143,148,55", "outline_style": "no"})))
    return layer


def boxes_without_residents(crs: str, boxes: BoxShapes) -> QgsVectorLayer:
    """Boxes in which nobody is known to live, in one quiet colour."""
    import pandas as pd

    frame = pd.DataFrame({"residents": [0] * len(boxes)})
    layer = memory_layer("Boxes without residents", "Polygon", crs, frame, map_layers.box_geometries(boxes))
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({
        "style": "solid", "color": style.NOBODY, "outline_style": "no"})))
    return layer


def areas(crs: str, frame: LabelledAreas, geometries: Iterable[BaseGeometry]) -> QgsVectorLayer:
    """Polygons in the ``colour`` of their row with their ``label``, where it has room."""
    layer = memory_layer("Areas", "MultiPolygon", crs, frame[["label", "colour"]], shapes(geometries))
    layer.setRenderer(QgsCategorizedSymbolRenderer("colour", [
        QgsRendererCategory(colour, QgsFillSymbol.createSimple({
            "color": colour, "outline_color": style.MUTED, "outline_width": "0.2"}), "")
        for colour in sorted(set(frame["colour"]))]))
    _write(layer, "label", 6, Qgis.LabelOverlapHandling.PreventOverlap)
    return layer


def track_lines(crs: str, frame: UnitTracks, areas: Sequence[BaseGeometry] = (), names: bool = True) -> QgsVectorLayer:
    """Tracks of units, of another colour than streets, with the unit's name along them. ``frame``: unit, geometry.

    ``areas`` are shapely polygons; what is farther than :data:`OUTSIDE` from all of them is left out.
    """
    if len(areas):
        lines = _near(frame["geometry"], areas)
        seen = [place for place, line in enumerate(lines) if not line.is_empty]
        frame, lines = frame.iloc[seen], [lines[place] for place in seen]
    else:
        lines = frame["geometry"]
    layer = memory_layer("Tracks", "MultiLineString", crs, frame[["unit"]], shapes(lines))
    layer.setRenderer(QgsSingleSymbolRenderer(track_symbol() if names else track_symbol(0.25)))
    if names:
        settings = QgsPalLayerSettings()
        settings.fieldName = "unit"
        settings.placement = Qgis.LabelPlacement.Line
        line = settings.lineSettings()
        line.setPlacementFlags(Qgis.LabelLinePlacementFlag.OnLine)
        settings.setLineSettings(line)
        settings.setFormat(map_layers.halo(style.text_format(5.5, TRACK, bold=True), 0.5))
        map_layers.label(layer, settings)
    return layer


def _near(lines: Iterable[BaseGeometry], areas: Sequence[BaseGeometry]) -> list[MultiLineString]:
    """The lines as far as they run near some areas, cut between fixes: to intersect them would node every crossing."""
    near = prep(unary_union(list(areas)).buffer(OUTSIDE, 4))
    made = []
    for line in lines:
        pieces = groupby(line.coords, key=lambda place: near.contains(Point(place)))
        runs = [list(places) for inside, places in pieces if inside]
        made.append(MultiLineString([run for run in runs if len(run) > 1]))
    return made


def track_symbol(width: float = 0.35, alpha: int = 165) -> QgsLineSymbol:
    """The line of a track."""
    return QgsLineSymbol.createSimple({
        "line_color": ",".join(str(part) for part in style.colour(TRACK, alpha).getRgb()), "line_width": str(width),
        "joinstyle": "round", "capstyle": "round"})


def frames(crs: str, frame: LabelledAreas, geometries: Iterable[BaseGeometry]) -> QgsVectorLayer:
    """Outlines of the areas that have maps of their own, with their ``label``."""
    layer = memory_layer("Areas with maps of their own", "Polygon", crs, frame[["label"]], shapes(geometries))
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({
        "style": "no", "outline_color": style.INK, "outline_width": "0.3", "outline_style": "dot"})))
    _write(layer, "label", 14, halo=0.8)
    return layer


def planned_not_visited() -> QgsFillSymbol:
    """The box of a patrol that was not visited, for the key of a map."""
    return _box("", "missed")


def _box(colour: str, outcome: str) -> QgsFillSymbol:
    fill = style.colour(colour, 150)
    missed = outcome == "missed"
    return QgsFillSymbol.createSimple({
        "style": "no" if missed else "solid", "color": ",".join(str(part) for part in fill.getRgb()),
        "outline_color": style.colour(colour).name() if not missed else style.INK,
        "outline_style": "dash" if missed else "solid", "outline_width": "0.5" if missed else "0.4"})


def outcome_symbol(outcome: str, side: float, unit: str = "MapUnit") -> QgsFillSymbol:
    """The symbol of an outcome for a box of some side: a mark tells it without colour, on the map and in its key.

    Not visited is hollow with a cross, short is half full, on target full, over full with a white plus. No brush
    patterns: Qt would put them into a PDF as pictures.
    """
    fill = style.PAPER if outcome in ("missed", "short") else style.DOSAGE[outcome][0]
    symbol = QgsFillSymbol.createSimple({
        "color": fill, "outline_color": style.INK, "outline_width": str(0.05 * side), "outline_width_unit": unit,
        "joinstyle": "miter"})
    shape, size, colour, stroke = {
        "missed": ("cross2", 0.75, style.INK, 0.12),
        "short": ("diagonal_half_square", 0.95, style.DOSAGE["short"][0], 0.0),
        "on_target": ("", 0.0, "", 0.0), "over": ("cross", 0.7, style.PAPER, 0.16)}[outcome]
    if shape:
        mark = QgsMarkerSymbol.createSimple({
            "name": shape, "size": str(size * side), "size_unit": unit, "color": colour, "outline_color": colour,
            "outline_style": "solid" if stroke else "no", "outline_width": str(stroke * side),
            "outline_width_unit": unit})
        layer = QgsCentroidFillSymbolLayer()
        layer.setSubSymbol(mark)
        symbol.appendSymbolLayer(layer)
    return symbol


def _fitting(symbol: QgsFillSymbol, side: float) -> QgsFillSymbol:
    """The same for boxes of any shape: the mark in the middle of the largest square in it (x, y, ``room``)."""
    for place in range(1, symbol.symbolLayerCount()):
        mark = symbol.symbolLayer(place).subSymbol().clone()
        drawn = mark.symbolLayer(0)
        for name, usual in ((QgsSymbolLayer.Property.PropertySize, drawn.size()),
                            (QgsSymbolLayer.Property.PropertyStrokeWidth, drawn.strokeWidth())):
            drawn.setDataDefinedProperty(name, QgsProperty.fromExpression(f"{usual / side!r} * \"room\""))
        layer = QgsGeometryGeneratorSymbolLayer.create({"geometryModifier": 'make_point("x", "y")',
                                                        "SymbolType": "Marker"})
        layer.setSubSymbol(mark)
        symbol.changeSymbolLayer(place, layer)
    return symbol


def _write(layer: QgsVectorLayer, column: str, points: float,
           overlap: Qgis.LabelOverlapHandling = Qgis.LabelOverlapHandling.AllowOverlapIfRequired,
           halo: float = 0.4) -> None:
    settings = map_layers.middle_label(column, overlap)
    settings.setFormat(map_layers.halo(style.text_format(points, bold=True), halo))
    map_layers.label(layer, settings)
