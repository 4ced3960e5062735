"""Ways by street between points, from the streets of a workspace, by QGIS's network analysis."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Sequence

from qgis.core import (QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsPointXY, QgsRectangle, QgsSpatialIndex,
                       QgsVectorLayer)

if TYPE_CHECKING:
    from ..workspace.store.workspace import Workspace

_SAME_PLACE = 0.1
"""Metres within which ends of lines are one crossing."""
_DETOUR = 1000.0
"""Metres round the boxes of a beat in which ways are looked for: who has to go farther out has other boxes nearer."""


def street_ways(workspace: Workspace) -> StreetNetwork | None:
    """The streets of a workspace as a network; None where it has none."""
    lines = workspace.read("streets", ["geometry"])["geometry"].tolist()
    if not lines:
        return None
    layer = QgsVectorLayer("LineString", "streets", "memory")
    layer.setCrs(QgsCoordinateReferenceSystem(workspace.settings.crs))
    features = []
    for line in lines:
        feature, geometry = QgsFeature(), QgsGeometry()
        geometry.fromWkb(bytes(line.wkb))
        feature.setGeometry(geometry)
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return StreetNetwork(layer)


class StreetNetwork:
    """Lines that meet where they share a point; each may be used both ways, as a patrol on foot or a bicycle can.

    Parameters
    ----------
    layer : QgsVectorLayer
        Lines in a system of metres.
    """

    def __init__(self, layer: QgsVectorLayer) -> None:
        self._crs = layer.crs()
        self._features = {feature.id(): feature for feature in layer.getFeatures()}
        self._index = QgsSpatialIndex(layer.getFeatures())

    def __call__(self, places: Sequence[Sequence[float]]) -> list[list[float]]:
        """Metres by street between some places (x and y), each of which stands for the street next to it.

        Infinite where there is no way.
        """
        from qgis.analysis import QgsGraphAnalyzer, QgsGraphBuilder, QgsNetworkDistanceStrategy, QgsVectorLayerDirector

        points = [QgsPointXY(x, y) for x, y in places]
        streets = self._around(points)
        if len(points) == 1 or not streets.featureCount():
            return [[math.inf] * len(points)] * len(points)
        director = QgsVectorLayerDirector(streets, -1, "", "", "", QgsVectorLayerDirector.Direction.DirectionBoth)
        director.addStrategy(QgsNetworkDistanceStrategy())
        builder = QgsGraphBuilder(self._crs, False, _SAME_PLACE, "NONE")
        tied = director.makeGraph(builder, points)
        graph = builder.takeGraph()
        ends = [graph.findVertex(point) for point in tied]
        costs = [QgsGraphAnalyzer.dijkstra(graph, start, 0)[1] for start in ends]
        return [[row[end] for end in ends] for row in costs]

    def _around(self, points: list[QgsPointXY]) -> QgsVectorLayer:
        """A layer of the streets near points."""
        area = QgsRectangle(points[0], points[0])
        for point in points:
            area.include(point)
        area.grow(_DETOUR)
        layer = QgsVectorLayer("LineString", "streets", "memory")
        layer.setCrs(self._crs)
        layer.dataProvider().addFeatures([self._features[number] for number in self._index.intersects(area)])
        return layer
