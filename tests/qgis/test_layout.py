"""Sheets, projects, files and every report over a plan of before a layout and one of after it."""
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest
from forecast_town import DATE, add
from osgeo import ogr
from pdf_eyes import pages_of
from placed_town import planned_before_and_after, planned_in_parts
from qgis.core import QgsMapRendererSequentialJob, QgsMapSettings, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
from shapely import wkb
from shapely.geometry import Point
from shapely.ops import unary_union
from shapely.prepared import prep

from shotspotter_connect_plugin.forecast import box_shapes
from shotspotter_connect_plugin.forecast.box_ids import is_remnant
from shotspotter_connect_plugin.forecast.box_layout import BoxLayout
from shotspotter_connect_plugin.reports.builders import delivered_map
from shotspotter_connect_plugin.workspace.steps.visit_finding import find_visits
from shotspotter_connect_plugin.workspace.store.former_boxes import known_boxes, shapes_of
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

REPORTS = ("shiftreport", "tacticreport", "officerreport", "crimetypereport", "dosagereport", "exposurereport")


@pytest.fixture(scope="module")
def laid_anew(tmp_path_factory):
    """Folder of a town with a plan of each layout, a remnant in two parts in the later one, and visits of both."""
    folder = tmp_path_factory.mktemp("placed")
    with planned_before_and_after(folder / "town.gpkg") as town:
        planned_in_parts(town)
        fixes = []
        for shift in ("day", "evening"):
            patrols = town.read("patrols", where={"shift": shift})
            for number, outline in enumerate(shapes_of(town, patrols["box_id"]).outlines()[::2]):
                start = town.calendar.bounds(DATE, shift)[0] + pd.Timedelta(minutes=5 + 20 * number)
                place = outline.representative_point()
                fixes.append(pd.DataFrame({"unit": "7", "at_utc": start + pd.to_timedelta(np.arange(31) * 30, unit="s"),
                                           "x": place.x, "y": place.y, "accuracy": 5.0}))
        add(town, "gps_fixes", pd.concat(fixes, ignore_index=True).drop_duplicates(["unit", "at_utc"]))
        found = find_visits(town, DATE, DATE)
        assert found["patrol_id"].notna().sum() >= 4 and found["former_box_id"].notna().any()
    return folder


@pytest.fixture
def path(laid_anew, tmp_path):
    shutil.copytree(laid_anew, tmp_path / "town")
    return tmp_path / "town" / "town.gpkg"


def outlines_in(file, layer, column="box_id"):
    """box id -> the outline it is drawn with."""
    source = ogr.Open(str(file))  # its layers are gone with it
    return {row.GetField(column): wkb.loads(bytes(row.GetGeometryRef().ExportToWkb()))
            for row in source.GetLayerByName(layer)}


def assert_drawn(found, workspace):
    """Every box has its own outline, remnants and former boxes too."""
    known = known_boxes(workspace, ["box_id", "geometry"]).set_index("box_id")["geometry"]
    assert len(found) and all(outline.equals(known[box_id]) for box_id, outline in found.items())


def test_plans_of_both_layouts_are_handed_out(path, run, tmp_path):
    from shotspotter_connect_plugin.reports.plan import phone_project, plan_project

    pages = pages_of(run("rollcall", WORKSPACE=str(path), DATE=DATE, OUTPUT=str(tmp_path / "sheets.pdf"))["OUTPUT"])
    words = set(" ".join(pages).split())
    with open_workspace(path) as workspace:
        planned = workspace.read("patrols", where={"status": "planned"})
        for box_id in planned["box_id"]:  # those of squares and remnants may stand on two lines
            assert box_id in words or {*box_id.replace("~" if is_remnant(box_id) else "R",
                                                       " ~" if is_remnant(box_id) else " R").split()} <= words, box_id
        plan = plan_project.write_plan(workspace, DATE, ["day", "evening"], tmp_path / "plan")
        shown = outlines_in(plan.geopackage, "patrols")
        assert set(shown) == set(planned["box_id"]) and any(map(is_remnant, shown))
        assert_drawn(shown, workspace)
        assert_drawn(outlines_in(plan.geopackage, "forecast"), workspace)
        for shift in ("day", "evening"):
            phone_project.write_phone(workspace, DATE, shift, str(tmp_path / "plan.zip"))
            zipfile.ZipFile(tmp_path / "plan.zip").extractall(tmp_path / shift)
            assert_drawn(outlines_in(next((tmp_path / shift).glob("*.gpkg")), "boxes"), workspace)


def test_algorithms_give_outlines(path, run, tmp_path):
    made = run("score", WORKSPACE=str(path), DATE="2019-01-21", SHIFT="day", OUTPUT=str(tmp_path / "forecast.gpkg"))
    layer = QgsVectorLayer(made["OUTPUT"], "forecast", "ogr")
    with open_workspace(path) as workspace:
        known = workspace.read("boxes", ["box_id", "geometry"]).set_index("box_id")["geometry"]
        assert layer.featureCount() == len(known)
        for feature in layer.getFeatures():
            assert wkb.loads(bytes(feature.geometry().asWkb())).equals(known[feature["box_id"]])
    met = run("meter", WORKSPACE=str(path), DATE="2019-01-21", SHIFT="day", OUTPUT=str(tmp_path / "plan.gpkg"))
    assert QgsVectorLayer(met["OUTPUT"], "plan", "ogr").featureCount() > 4


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_tells_of_both(path, run, tmp_path, name):
    made = run(name, WORKSPACE=str(path), FROM="2019-01-18", TO=DATE, OUTPUT=str(tmp_path / "report.pdf"))
    assert pages_of(made["OUTPUT"])


def test_the_car_draws_what_its_package_carries(path, qgis_canvas):
    from qgis.PyQt.QtCore import QObject

    from shotspotter_connect_plugin.ui.live.live_map import LiveMap
    from shotspotter_connect_plugin.workspace.exports.shift_package import make_package

    with open_workspace(path) as workspace:
        package = make_package(workspace, DATE, "evening")
        known = workspace.read("boxes", ["box_id", "geometry"]).set_index("box_id")["geometry"]
    parent = QObject()
    shown = LiveMap(qgis_canvas, parent)
    try:
        shown.show(package, package.patrols)
        for feature in shown.layer.getFeatures():
            assert wkb.loads(bytes(feature.geometry().asWkb())).equals(known[feature["box_id"]])
        remnant = next(patrol.box_id for patrol in package.patrols if is_remnant(patrol.box_id))
        shown.outline(remnant)
        assert shown.band.asGeometry().area() == pytest.approx(known[remnant].area)
    finally:
        shown.remove()


@pytest.mark.parametrize("outcome", ["missed", "short", "over"])
def test_a_mark_stays_in_its_remnant(outcome, qgis_app):
    """Nothing is drawn beside the outline: the cross of one box must not lie on the next."""
    grid = BoxLayout(250, [[3, 0], [-7, 3], [15, 8]])
    ids = [box_id for box_id in np.unique(grid.ids(*grid.boxes_of_cells(*(axis.ravel() for axis in np.meshgrid(
        np.arange(-20, 40), np.arange(-20, 40)))))) if is_remnant(box_id)]
    shapes = box_shapes.shapes_of(ids, [grid])
    assert shapes.rooms()[:, 2].min() <= 75
    side = delivered_map.amounts("EPSG:32618", pd.DataFrame({"outcome": [outcome] * len(ids)}), shapes, 250.0)
    settings = QgsMapSettings()
    settings.setLayers([side])
    settings.setDestinationCrs(side.crs())
    settings.setOutputSize(QSize(800, 800))
    settings.setExtent(QgsRectangle(-500, -500, 1100, 1100))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    metres = 1600 / 800
    outlines = unary_union(shapes.outlines())
    around = prep(outlines.buffer(250 * 0.05 / 2 + 2 * metres))
    inner = prep(outlines.buffer(-250 * 0.05 / 2 - 2 * metres))
    inked = [(x, y) for x in range(0, 800, 2) for y in range(0, 800, 2)
             if picture.pixelColor(x, y).lightness() < 250]
    places = [Point(-500 + (x + 0.5) * metres, 1100 - (y + 0.5) * metres) for x, y in inked]
    assert places and all(around.contains(place) for place in places)
    marked = sum(inner.contains(place) for place in places)
    assert marked > 20 * len(ids) if outcome != "over" else marked  # the mark itself is there
