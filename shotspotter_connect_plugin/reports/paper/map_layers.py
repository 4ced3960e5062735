"""Layers of maps: opened from the plan GeoPackage, styled alike in the project and on every page."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, Mapping, Sequence

from qgis.core import (Qgis, QgsCategorizedSymbolRenderer, QgsConditionalStyle, QgsCoordinateReferenceSystem,
                       QgsFeatureRequest, QgsField, QgsFields, QgsFillSymbol, QgsGeometry, QgsInvertedPolygonRenderer,
                       QgsLineSymbol, QgsMapLayer, QgsPalLayerSettings, QgsProject, QgsProjectMetadata, QgsProperty,
                       QgsRectangle, QgsRendererCategory, QgsRuleBasedRenderer, QgsSingleSymbolRenderer, QgsSymbolLayer,
                       QgsTextBackgroundSettings, QgsTextBufferSettings, QgsVectorLayer, QgsVectorLayerSimpleLabeling)
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QMetaType, QSizeF
from qgis.PyQt.QtGui import QColor

from ...errors import ConnectError
from . import style

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from qgis.core import QgsFeatureRenderer, QgsSymbol, QgsTextFormat

    from ...forecast.box_shapes import BoxShapes
    from ...workspace.steps.plan_frames import CrimeTypeLegend

_TYPES = {"b": QMetaType.Type.Bool, "i": QMetaType.Type.LongLong, "u": QMetaType.Type.LongLong,
          "f": QMetaType.Type.Double}
BOX_ALPHA = 95
MAIN_MAP, SMALL_MAP = "Map", "Whole beat"
ON_SHEET = '"sheet" = attribute(@atlas_feature, \'sheet\')'
ON_OTHER_SHEET = ('"sheet" <> attribute(@atlas_feature, \'sheet\') AND "shift" = attribute(@atlas_feature, \'shift\') '
                  'AND "beat" = attribute(@atlas_feature, \'beat\')')
OWN_BEAT = '"beat" = attribute(@atlas_feature, \'beat\')'


@dataclass
class PlanLayers:
    """Layers of one plan GeoPackage, in a project of their own or in the plan's project.

    ``lines`` are those of roads and railroads that exist, ``ground`` those of water and parks, top one first.
    """

    sheets: QgsVectorLayer
    rows: QgsVectorLayer
    key: QgsVectorLayer
    patrols: QgsVectorLayer
    beats: QgsVectorLayer
    dimming: QgsVectorLayer
    outlines: QgsVectorLayer
    lines: list = field(default_factory=list)
    ground: list = field(default_factory=list)


def fields_of(frame: pd.DataFrame) -> QgsFields:
    """Fields for the columns of a frame."""
    fields = QgsFields()
    for name in frame.columns:
        fields.append(QgsField(name, _TYPES.get(frame[name].dtype.kind, QMetaType.Type.QString)))
    return fields


def open_layer(geopackage: str | Path, table: str, name: str) -> QgsVectorLayer:
    """A layer of the GeoPackage; its name is text even where QGIS would read an expression."""
    layer = _open(geopackage, table, unevaluated(name))
    if not layer.isValid():
        raise ConnectError(f"The plan's layer {table} cannot be opened: make the plan again.", str(geopackage))
    return layer


def _open(geopackage: str | Path, table: str, name: str) -> QgsVectorLayer:
    """Open without a way to write, so that QGIS leaves no write-ahead log beside the file."""
    options = QgsVectorLayer.LayerOptions()
    options.forceReadOnly = True
    return QgsVectorLayer(f"{geopackage}|layername={table}", name, "ogr", options)


def unevaluated(text: str) -> str:
    """Text that is not evaluated even where QGIS replaces ``[% … %]``, as in a legend: an invisible joiner parts it."""
    return text.replace("[%", "[\u2060%")


def box_geometries(shapes: BoxShapes) -> list[QgsGeometry]:
    """Boxes as QGIS draws them, all in parts where one is."""
    made = [QgsGeometry.fromRect(QgsRectangle(*bounds)) for bounds in shapes.rectangles.tolist()]
    for place, shape in shapes.remnants.items():
        made[place].fromWkb(shape.wkb)
    if shapes.in_parts:
        for geometry in made:
            geometry.convertToMultiType()
    return made


def new_project(crs: str) -> QgsProject:
    """An empty project, never the one that is open on the desktop, which measures in the plane as the fishnet does."""
    project = QgsProject(capabilities=Qgis.ProjectCapabilities())  # without a file of styles, which waits for the disk
    project.setCrs(QgsCoordinateReferenceSystem(crs))
    project.setEllipsoid("NONE")
    project.setMetadata(QgsProjectMetadata())  # that of a new project names whoever runs this, also in its documents
    labels = project.labelingEngineSettings()
    labels.setMaximumLineCandidatesPerCm(2.0)
    labels.setMaximumPolygonCandidatesPerCmSquared(1.0)
    project.setLabelingEngineSettings(labels)
    return project


def let_go(project: QgsProject) -> None:
    """Clear a project and close its files. QGIS keeps some open until it deletes what stands for them, later, and on
    Windows a file that is open can be neither removed nor replaced.
    """
    project.clear()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def plan_layers(project: QgsProject, geopackage: str | Path,
                ready: Callable[[QgsVectorLayer], QgsVectorLayer] = lambda layer: layer) -> PlanLayers:
    """Open and style the layers that sheets are drawn from, and add them to ``project`` outside its layer tree.

    ``ready`` gets each layer once it is open and gives the one that is used, such as :func:`in_memory`.
    """
    def opened(table, name):
        return ready(open_layer(geopackage, table, name))

    layers = PlanLayers(
        sheets=opened("sheets", "Roll-call sheets"), rows=opened("sheet_rows", "Roll-call table"),
        key=opened("crime_types", "Crime types"), patrols=opened("patrols", "Boxes on the sheet"),
        beats=opened("beats", "Beat on the sheet"), dimming=opened("beats", "Around the beat"),
        outlines=opened("beats", "All beats"))
    layers.lines, layers.ground = context_layers(geopackage, ready)
    layers.sheets.setRenderer(QgsSingleSymbolRenderer(_fill(None, style.BEAT, 0.3)))
    style_sheet_patrols(layers.patrols)
    _style_own_beat(layers.beats)
    _style_dimming(layers.dimming)
    style_beats(layers.outlines)
    colour_cells(layers.rows, "letter")
    colour_cells(layers.key, "letter")
    for layer in (layers.sheets, layers.rows, layers.key, layers.patrols, layers.beats, layers.dimming,
                  layers.outlines):
        layer.setFlags(layer.flags() | QgsMapLayer.LayerFlag.Private)
        project.addMapLayer(layer, False)
    project.addMapLayers(layers.lines + layers.ground, False)
    return layers


def in_memory(layer: QgsVectorLayer) -> QgsVectorLayer:
    """A copy of a layer, for pages that are drawn once each: a file would be asked anew for every map."""
    copy = layer.materialize(QgsFeatureRequest())
    copy.dataProvider().createSpatialIndex()
    return copy


def context_layers(geopackage: str | Path,
                   ready: Callable[[QgsVectorLayer], QgsVectorLayer] = lambda layer: layer
                   ) -> tuple[list[QgsVectorLayer], list[QgsVectorLayer]]:
    """Streets and railroads, then water and parks of the GeoPackage, as far as it has them, each list top one first."""
    styles = {"roads": style_roads, "railroads": style_railroads, "water": style_water, "parks": style_parks}
    found = {}
    for table, apply_style in styles.items():
        layer = _open(geopackage, table, table.capitalize())
        if layer.isValid():
            layer = ready(layer)
            apply_style(layer)
            layer.setReadOnly(True)
            found[table] = layer
    return ([found[table] for table in ("roads", "railroads") if table in found],
            [found[table] for table in ("water", "parks") if table in found])


# --- boxes -----------------------------------------------------------------------------------------------------------

def style_patrols(layer: QgsVectorLayer, crime_types: CrimeTypeLegend) -> None:
    """Boxes of a plan in the colours of their crime types, with a legend and their number."""
    categories = [QgsRendererCategory(kind["crime_type"], _box(kind["colour"]), _legend(kind))
                  for kind in crime_types.to_dict("records")]
    layer.setRenderer(QgsCategorizedSymbolRenderer("crime_type", categories))
    settings = _number_label(9)
    settings.scaleVisibility = True
    settings.minimumScale = 50000
    label(layer, settings)


def style_sheet_patrols(layer: QgsVectorLayer) -> None:
    """Boxes of the page strong and numbered, those of the beat's other pages as thin outlines."""
    own, other = _box(style.UNKNOWN), _fill(None, style.MUTED, 0.3)
    colour = f"coalesce(\"colour\", '{style.UNKNOWN}')"
    for part, expression in ((QgsSymbolLayer.Property.FillColor, f"set_color_part({colour}, 'alpha', {BOX_ALPHA})"),
                             (QgsSymbolLayer.Property.StrokeColor, colour)):
        own.symbolLayer(0).setDataDefinedProperty(part, QgsProperty.fromExpression(expression))
    root = QgsRuleBasedRenderer.Rule(None)
    root.appendChild(QgsRuleBasedRenderer.Rule(own, filterExp=ON_SHEET, label="On this sheet"))
    root.appendChild(QgsRuleBasedRenderer.Rule(other, filterExp=ON_OTHER_SHEET, label="On the beat's other sheets"))
    layer.setRenderer(QgsRuleBasedRenderer(root))
    settings = _number_label(13)
    settings.dataDefinedProperties().setProperty(QgsPalLayerSettings.Property.Show, QgsProperty.fromExpression(
        f"@map_id = '{MAIN_MAP}' AND {ON_SHEET}"))
    settings.dataDefinedProperties().setProperty(QgsPalLayerSettings.Property.Size, QgsProperty.fromExpression(
        "if(@map_scale > 20000, 9, 13)"))
    label(layer, settings)


def style_forecast(layer: QgsVectorLayer, crime_types: CrimeTypeLegend) -> None:
    """All boxes of a forecast, faint, in the colours of their crime types; the more harm, the stronger.

    The most harm is looked up now: an expression that asked for it while a map is drawn would look at the open project
    from another thread, and QGIS ends where that project is just being closed or read.
    """
    most = layer.maximumValue(layer.fields().indexOf("harm")) or 0.0  # nothing divided by 0 is NULL, and faintest
    strength = f"set_color_part(\"colour\", 'alpha', coalesce(30 + 200 * \"harm\" / {most}, 0))"
    categories = []
    for kind in crime_types.to_dict("records"):
        symbol = _fill(kind["colour"], None, 0.0)
        symbol.symbolLayer(0).setDataDefinedProperty(QgsSymbolLayer.Property.FillColor,
                                                     QgsProperty.fromExpression(strength))
        categories.append(QgsRendererCategory(kind["crime_type"], symbol, _legend(kind)))
    layer.setRenderer(QgsCategorizedSymbolRenderer("crime_type", categories))


def style_visits(layer: QgsVectorLayer, _: object) -> None:
    """Boxes of visits, coloured by dosage."""
    layer.setRenderer(QgsCategorizedSymbolRenderer("dosage", [
        QgsRendererCategory(code, _fill(colour, colour, 0.7, alpha=110), words)
        for code, (colour, words) in style.DOSAGE.items()]))


def _legend(kind: Mapping[str, str]) -> str:
    return unevaluated(f"{kind['letter']}  {kind['name']}")


def _box(colour: str) -> QgsFillSymbol:
    return _fill(colour, colour, 0.9, alpha=BOX_ALPHA)


def middle_label(what: str, overlap: Qgis.LabelOverlapHandling = Qgis.LabelOverlapHandling.AllowOverlapIfRequired
                 ) -> QgsPalLayerSettings:
    """Settings that write a field into the middle of its polygon, before other labels."""
    settings = QgsPalLayerSettings()
    settings.fieldName = what
    settings.placement = Qgis.LabelPlacement.OverPoint
    settings.centroidInside = True
    settings.priority = 10
    placement = settings.placementSettings()
    placement.setOverlapHandling(overlap)
    settings.setPlacementSettings(placement)
    return settings


def _number_label(points: float) -> QgsPalLayerSettings:
    """Settings that write a box's number and the letter of its crime type on a white disc in its middle."""
    settings = middle_label('"number" || coalesce("letter", \'\')')
    settings.isExpression = True
    text = style.text_format(points, bold=True)
    background = QgsTextBackgroundSettings()
    background.setEnabled(True)
    background.setType(QgsTextBackgroundSettings.ShapeType.ShapeRectangle)
    background.setSizeType(QgsTextBackgroundSettings.SizeType.SizeBuffer)
    background.setSize(QSizeF(0.9, 0.1))
    background.setSizeUnit(Qgis.RenderUnit.Millimeters)
    background.setRadii(QSizeF(1.2, 1.2))
    background.setRadiiUnit(Qgis.RenderUnit.Millimeters)
    background.setFillColor(QColor(style.PAPER))
    background.setStrokeColor(QColor(style.INK))
    background.setStrokeWidth(0.25)
    background.setStrokeWidthUnit(Qgis.RenderUnit.Millimeters)
    text.setBackground(background)
    settings.setFormat(text)
    return settings


# --- beats -----------------------------------------------------------------------------------------------------------

def style_beats(layer: QgsVectorLayer) -> None:
    """Thin outlines with the beat's name."""
    layer.setRenderer(QgsSingleSymbolRenderer(_fill(None, "#8c949b", 0.25)))
    settings = QgsPalLayerSettings()
    settings.fieldName = "beat"
    settings.placement = Qgis.LabelPlacement.OverPoint  # of the part that is seen; one place to try, not hundreds
    settings.centroidInside = True
    settings.setFormat(style.text_format(6.5, style.MUTED))
    label(layer, settings)


def _style_own_beat(layer: QgsVectorLayer) -> None:
    symbol = _fill(None, style.BEAT, 0.7, dashed=True)
    root = QgsRuleBasedRenderer.Rule(None)
    root.appendChild(QgsRuleBasedRenderer.Rule(symbol, filterExp=OWN_BEAT, label="Beat of the sheet"))
    layer.setRenderer(QgsRuleBasedRenderer(root))


def _style_dimming(layer: QgsVectorLayer) -> None:
    """A veil over everything outside the page's beat."""
    root = QgsRuleBasedRenderer.Rule(None)
    root.appendChild(QgsRuleBasedRenderer.Rule(_fill(style.PAPER, None, 0.0, alpha=140), filterExp=OWN_BEAT))
    layer.setRenderer(QgsInvertedPolygonRenderer(QgsRuleBasedRenderer(root)))


# --- context ---------------------------------------------------------------------------------------------------------

def style_parks(layer: QgsVectorLayer) -> None:
    layer.setRenderer(QgsSingleSymbolRenderer(_fill(style.PARK, None, 0.0)))
    _name_label(layer, style.text_format(6, "#5d7a4c", italic=True), Qgis.LabelPlacement.Horizontal)


def style_water(layer: QgsVectorLayer) -> None:
    if layer.geometryType() == Qgis.GeometryType.Line:
        layer.setRenderer(QgsSingleSymbolRenderer(_line(style.SHORE, 0.3)))
        _name_label(layer, style.text_format(6, "#4b7590", italic=True), Qgis.LabelPlacement.Curved)
    else:
        layer.setRenderer(QgsSingleSymbolRenderer(_fill(style.WATER, style.SHORE, 0.15)))
        _name_label(layer, style.text_format(6, "#4b7590", italic=True), Qgis.LabelPlacement.Horizontal)


def style_roads(layer: QgsVectorLayer) -> None:
    """Streets; wide where the layer's ``class`` says major, thin where it says minor."""
    symbols = {"major": _line(style.ROAD, 0.9), "minor": _line(style.ROAD, 0.45)}
    layer.setRenderer(_by_class(layer, symbols, _line(style.ROAD, 0.6)))
    _name_label(layer, _on_paper(style.text_format(7, style.ROAD_TEXT)), Qgis.LabelPlacement.Line)


def style_railroads(layer: QgsVectorLayer) -> None:
    """Railroads; dotted where the layer's ``class`` says metro, since much of it is under ground."""
    symbols = {"metro": _line(style.RAIL, 0.35, (0.6, 1.4))}
    layer.setRenderer(_by_class(layer, symbols, _line(style.RAIL, 0.35, (3.0, 0.8))))


def _by_class(layer: QgsVectorLayer, symbols: Mapping[str, QgsSymbol], otherwise: QgsSymbol) -> QgsFeatureRenderer:
    """A renderer that follows the optional column ``class``."""
    index = layer.fields().lookupField("class")
    if index < 0:
        return QgsSingleSymbolRenderer(otherwise)
    categories = [QgsRendererCategory(value, symbol, value) for value, symbol in symbols.items()]
    categories.append(QgsRendererCategory(None, otherwise, "other"))
    return QgsCategorizedSymbolRenderer(layer.fields().at(index).name(), categories)


def _name_label(layer: QgsVectorLayer, text: QgsTextFormat, placement: Qgis.LabelPlacement) -> None:
    """Write the layer's ``name``, where it has one."""
    index = layer.fields().lookupField("name")
    if index < 0:
        return
    settings = QgsPalLayerSettings()
    settings.fieldName = layer.fields().at(index).name()
    settings.placement = placement
    settings.setFormat(text)
    line = settings.lineSettings()
    line.setMergeLines(True)
    line.setPlacementFlags(Qgis.LabelLinePlacementFlag.OnLine)
    settings.setLineSettings(line)
    settings.scaleVisibility = True
    settings.minimumScale = 100000
    settings.dataDefinedProperties().setProperty(QgsPalLayerSettings.Property.Show, QgsProperty.fromExpression(
        f"coalesce(@map_id, '') <> '{SMALL_MAP}'"))
    settings.repeatDistance = 60
    settings.repeatDistanceUnit = Qgis.RenderUnit.Millimeters
    label(layer, settings)


# --- tables ----------------------------------------------------------------------------------------------------------

def colour_cells(layer: QgsVectorLayer, column: str) -> None:
    """Give a column's cells the ``colour`` of their row, and black or white text on it."""
    pairs = {(feature[column], feature["colour"]) for feature in layer.getFeatures() if feature["colour"]}
    rules = []
    for text, code in sorted(pairs):
        background = style.colour(code)
        rule = QgsConditionalStyle(f"\"{column}\" = '{text}'")
        rule.setBackgroundColor(background)
        rule.setTextColor(style.ink_on(background))
        rules.append(rule)
    layer.conditionalStyles().setFieldStyles(column, rules)


# --- symbols ---------------------------------------------------------------------------------------------------------

def _fill(fill: str | None, stroke: str | None, width: float, alpha: int = 255, dashed: bool = False) -> QgsFillSymbol:
    colour = style.colour(fill, alpha)
    edge = style.colour(stroke)
    return QgsFillSymbol.createSimple({
        "style": "no" if fill is None else "solid", "color": _rgba(colour), "outline_color": _rgba(edge),
        "outline_style": "no" if stroke is None else "dash" if dashed else "solid", "outline_width": str(width),
        "outline_width_unit": "MM", "joinstyle": "miter"})


def _line(colour: str, width: float, dashes: Sequence[float] = ()) -> QgsLineSymbol:
    symbol = QgsLineSymbol.createSimple({
        "line_color": _rgba(style.colour(colour)), "line_width": str(width), "line_width_unit": "MM",
        "capstyle": "flat" if dashes else "round", "joinstyle": "round"})
    if dashes:
        symbol.symbolLayer(0).setUseCustomDashPattern(True)
        symbol.symbolLayer(0).setCustomDashVector(list(dashes))
    return symbol


def _rgba(colour: QColor) -> str:
    return ",".join(str(part) for part in colour.getRgb())


def _on_paper(text: QgsTextFormat) -> QgsTextFormat:
    """Text on a strip of the ground's colour: half the time of a rim, which each letter would need in a PDF."""
    strip = QgsTextBackgroundSettings()
    strip.setEnabled(True)
    strip.setType(QgsTextBackgroundSettings.ShapeType.ShapeRectangle)
    strip.setSizeType(QgsTextBackgroundSettings.SizeType.SizeBuffer)
    strip.setSize(QSizeF(0.3, -0.4))
    strip.setSizeUnit(Qgis.RenderUnit.Millimeters)
    strip.setFillColor(QColor(style.LAND))
    strip.setStrokeWidth(0.0)
    text.setBackground(strip)
    return text


def halo(text: QgsTextFormat, size: float = 0.6) -> QgsTextFormat:
    """Text with a rim of paper, readable on a map."""
    buffer = QgsTextBufferSettings()
    buffer.setEnabled(True)
    buffer.setSize(size)
    buffer.setSizeUnit(Qgis.RenderUnit.Millimeters)
    buffer.setColor(QColor(style.PAPER))
    text.setBuffer(buffer)
    return text


def label(layer: QgsVectorLayer, settings: QgsPalLayerSettings) -> None:
    """Have a layer write its labels so."""
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def frame_symbol() -> QgsFillSymbol:
    """Outline of the big map on the small one."""
    return _fill(None, "#b3261e", 0.5)
