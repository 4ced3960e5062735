"""Maps of reports: planned boxes, visits and tracks, as layers that live in memory only.

Tracks are somebody's whereabouts: a copy on disk would outlive their purge.
"""
import os

from qgis.core import (
    Qgis, QgsCategorizedSymbolRenderer, QgsCoordinateReferenceSystem, QgsFeature, QgsField, QgsFillSymbol, QgsGeometry,
    QgsLineSymbol, QgsMapLayer, QgsPalLayerSettings, QgsRectangle, QgsRendererCategory, QgsSingleSymbolRenderer,
    QgsVectorLayer, QgsVectorLayerSimpleLabeling)
from qgis.PyQt.QtCore import QMetaType

from . import maps, style

MANY = 40
"""More boxes than this get smaller numbers: their map shows a city."""
OUTCOMES = ("missed", "short", "on_target", "over")
_TYPES = {"b": QMetaType.Type.Bool, "i": QMetaType.Type.LongLong, "f": QMetaType.Type.Double}


def memory_layer(name, kind, crs, frame, geometries):
    """A layer of a frame's columns; ``kind`` is ``Polygon``, ``LineString`` or ``MultiPolygon``."""
    layer = QgsVectorLayer(kind, maps.plain(name), "memory")
    layer.setCrs(QgsCoordinateReferenceSystem(crs))
    provider = layer.dataProvider()
    provider.addAttributes([QgsField(column, _TYPES.get(frame[column].dtype.kind, QMetaType.Type.QString))
                            for column in frame])
    layer.updateFields()
    features = []
    for values, geometry in zip(zip(*(frame[column].tolist() for column in frame)), geometries):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([None if value is None or value != value else value for value in values])
        feature.setGeometry(geometry)
        features.append(feature)
    provider.addFeatures(features)
    layer.updateExtents()
    layer.setFlags(layer.flags() | QgsMapLayer.LayerFlag.Private)
    layer.setCustomProperty("skipMemoryLayersCheck", 1)  # QGIS shall not ask to save it
    return layer


def squares(rectangles):
    """Geometries of (n, 4) x_min, y_min, x_max, y_max."""
    return [QgsGeometry.fromRect(QgsRectangle(*bounds)) for bounds in rectangles.tolist()]


def shapes(geometries):
    """QGIS geometries of shapely ones."""
    made = []
    for shape in geometries:
        geometry = QgsGeometry()
        geometry.fromWkb(shape.wkb)
        made.append(geometry)
    return made


def ground(context, beats, crs):
    """What lies under every map, top one first: outlines of beats, streets, railroads, water, parks."""
    outlines = memory_layer("Beats", "MultiPolygon", crs, beats[["beat"]], shapes(beats["geometry"]))
    maps.style_beats(outlines)
    lines, areas = maps.context_layers(context) if context and os.path.exists(context) else ([], [])
    return [outlines, *lines, *areas]


def planned_boxes(crs, frame, rectangles):
    """Planned boxes in the colour of their crime type with ``label``; those nobody visited dashed and without filling.

    ``frame``: label, colour, outcome.
    """
    layer = memory_layer("Planned boxes", "Polygon", crs, frame[["label", "colour", "outcome"]], squares(rectangles))
    categories = [QgsRendererCategory(f"{outcome}{colour}", _box(colour, outcome), "") for outcome, colour in
                  sorted(set(zip(frame["outcome"], frame["colour"])))]
    layer.setRenderer(QgsCategorizedSymbolRenderer("\"outcome\" || \"colour\"", categories))
    _write(layer, "label", 7 if len(frame) <= MANY else 5)
    return layer


def amounts(crs, frame, rectangles):
    """Boxes of a whole period by what became of their patrols; hollow, light, full and framed read without colour.

    ``frame``: label, outcome.
    """
    layer = memory_layer("Boxes", "Polygon", crs, frame[["label", "outcome"]], squares(rectangles))
    categories = [QgsRendererCategory(outcome, _outcome(outcome), "") for outcome in OUTCOMES]
    layer.setRenderer(QgsCategorizedSymbolRenderer("outcome", categories))
    return layer


def other_boxes(crs, rectangles):
    """Boxes that had a visit and no patrol, faint."""
    import pandas as pd

    layer = memory_layer("Other boxes visited", "Polygon", crs, pd.DataFrame(index=range(len(rectangles))),
                         squares(rectangles))
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({
        "style": "solid", "color": "138,143,148,55", "outline_style": "no"})))
    return layer


def boxes_without_residents(crs, rectangles):
    """Boxes in which nobody is known to live, in one quiet colour."""
    import pandas as pd

    frame = pd.DataFrame({"residents": [0] * len(rectangles)})
    layer = memory_layer("Boxes without residents", "Polygon", crs, frame, squares(rectangles))
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({
        "style": "solid", "color": style.NOBODY, "outline_style": "no"})))
    return layer


def areas(crs, frame, geometries):
    """Polygons in the ``colour`` of their row with their ``label``, where it has room."""
    layer = memory_layer("Areas", "MultiPolygon", crs, frame[["label", "colour"]], shapes(geometries))
    layer.setRenderer(QgsCategorizedSymbolRenderer("colour", [
        QgsRendererCategory(colour, QgsFillSymbol.createSimple({
            "color": colour, "outline_color": style.MUTED, "outline_width": "0.2"}), "")
        for colour in sorted(set(frame["colour"]))]))
    _write(layer, "label", 6, Qgis.LabelOverlapHandling.PreventOverlap)
    return layer


def track_lines(crs, frame):
    """Tracks of units as thin lines. ``frame``: unit, geometry."""
    layer = memory_layer("Tracks", "LineString", crs, frame[["unit"]], shapes(frame["geometry"]))
    layer.setRenderer(QgsSingleSymbolRenderer(QgsLineSymbol.createSimple({
        "line_color": "29,35,41,70", "line_width": "0.15", "joinstyle": "round"})))
    return layer


def _box(colour, outcome):
    fill = style.colour(colour, 150)
    missed = outcome == "missed"
    return QgsFillSymbol.createSimple({
        "style": "no" if missed else "solid", "color": ",".join(str(part) for part in fill.getRgb()),
        "outline_color": style.colour(colour).name() if not missed else style.INK,
        "outline_style": "dash" if missed else "solid", "outline_width": "0.5" if missed else "0.4"})


def _outcome(outcome):
    """A symbol without brush patterns: Qt would put them into a PDF as pictures."""
    fill = style.colour(style.DOSAGE[outcome][0] if outcome in style.DOSAGE else "", 110 if outcome == "short" else 255)
    return QgsFillSymbol.createSimple({
        "style": "no" if outcome == "missed" else "solid", "color": ",".join(str(part) for part in fill.getRgb()),
        "outline_color": style.INK, "outline_width": "34" if outcome == "over" else "9",
        "outline_width_unit": "MapUnit", "outline_style": "dash" if outcome == "missed" else "solid",
        "joinstyle": "miter"})


def _write(layer, column, points, overlap=Qgis.LabelOverlapHandling.AllowOverlapIfRequired):
    settings = QgsPalLayerSettings()
    settings.fieldName = column
    settings.placement = Qgis.LabelPlacement.OverPoint
    settings.centroidInside = True
    settings.priority = 10
    placement = settings.placementSettings()
    placement.setOverlapHandling(overlap)
    settings.setPlacementSettings(placement)
    settings.setFormat(maps.halo(style.text_format(points, bold=True), 0.4))
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)
