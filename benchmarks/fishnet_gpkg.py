"""connect:fishnet against native:creategrid: the same 360,000 squares of 250 m to a GeoPackage, in turns, as a ratio.

Both make polygons with attributes and a spatial index. connect:fishnet also finds which boxes touch the polygon and
what share of each lies inside. Run: /usr/bin/python3 benchmarks/fishnet_gpkg.py [boxes per side]
"""
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), "/usr/share/qgis/python/plugins"]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (QgsApplication, QgsFeature, QgsGeometry, QgsProcessingContext,  # noqa: E402
                       QgsProcessingFeedback, QgsRectangle, QgsVectorLayer)

LEFT, BOTTOM, SIZE, ROUNDS = 300_000, 4_250_000, 250, 5


def square(side):
    """A layer with one square polygon of ``side`` boxes a side, in EPSG:32618."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:32618", "square", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(LEFT, BOTTOM, LEFT + side * SIZE, BOTTOM + side * SIZE)))
    layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    return layer


def seconds(algorithm, parameters):
    """Seconds of one run, and the path written."""
    context = QgsProcessingContext()
    feedback = QgsProcessingFeedback()
    started = time.perf_counter()
    results, successful = QgsApplication.processingRegistry().createAlgorithmById(algorithm).run(
        parameters, context, feedback)
    if not successful:
        raise SystemExit(algorithm + " failed: " + feedback.textLog())
    return time.perf_counter() - started, results["OUTPUT"]


def main():
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    application = QgsApplication([], False)
    application.initQgis()
    from qgis.analysis import QgsNativeAlgorithms

    from shotspotter_connect_plugin.processing.provider import ConnectProvider

    native, connect = QgsNativeAlgorithms(), ConnectProvider()
    for provider in (native, connect):
        application.processingRegistry().addProvider(provider)
    layer = square(side)
    taken = {"native:creategrid": [], "connect:fishnet": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            path = os.path.join(folder, f"grid{number}.gpkg")
            extent = f"{LEFT},{LEFT + side * SIZE},{BOTTOM},{BOTTOM + side * SIZE} [EPSG:32618]"
            taken["native:creategrid"].append(seconds("native:creategrid", {
                "TYPE": 2, "EXTENT": extent, "HSPACING": SIZE, "VSPACING": SIZE, "CRS": "EPSG:32618",
                "OUTPUT": path})[0])
            path = os.path.join(folder, f"fishnet{number}.gpkg")
            taken["connect:fishnet"].append(seconds("connect:fishnet", {
                "INPUT": layer, "SIZE": SIZE, "CRS": "EPSG:32618", "OUTPUT": path})[0])
            written = QgsVectorLayer(path, "fishnet", "ogr").featureCount()
            if written != side * side:
                raise SystemExit(f"{written} boxes were written, not {side * side}")
    for algorithm, times in taken.items():
        print(f"{algorithm:18} {side * side} boxes: median {statistics.median(times):.2f} s, best {min(times):.2f} s")
    print("ratio of medians (connect / native): {:.2f}".format(
        statistics.median(taken["connect:fishnet"]) / statistics.median(taken["native:creategrid"])))


if __name__ == "__main__":
    main()
