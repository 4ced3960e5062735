"""The plan as a folder: it can be moved, opens styled and without any plugin, and names nobody."""
import dataclasses
import getpass
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
import rollcall_frames as frames
from qgis.core import (Qgis, QgsExpression, QgsExpressionContext, QgsExpressionContextUtils, QgsProject,
                       QgsRenderContext, QgsSymbolLayer, QgsVectorLayer)

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.reports.paper import map_layers, page_items
from shotspotter_connect_plugin.reports.plan import plan_project


@pytest.fixture(autouse=True)
def qgis(qgis_app):
    """Every test here needs QGIS."""


@pytest.fixture
def shifts(sample):
    return [frames.rollcall(sample, shift="day", name="Day"), frames.rollcall(sample)]


@pytest.fixture
def moved(shifts, tmp_path):
    """Path of a project that was written in one place and moved to another."""
    plan_project.write_plan_files(shifts, str(tmp_path / "here & 'now'"))
    shutil.move(str(tmp_path / "here & 'now'"), str(tmp_path / "there"))
    return tmp_path / "there" / "plan_2017-12-14.qgz"


def opened(path):
    result = QgsProject()
    assert result.read(str(path))
    return result


def shown(opened_project):
    return [layer.name() for layer in opened_project.layerTreeRoot().checkedLayers()]


def test_two_files_and_nothing_else(shifts, tmp_path):
    files = plan_project.write_plan_files(shifts, str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["plan_2017-12-14.gpkg", "plan_2017-12-14.qgz"]
    assert files == (str(tmp_path / "plan_2017-12-14.gpkg"), str(tmp_path / "plan_2017-12-14.qgz"))


def test_it_opens_after_the_folder_has_moved(moved):
    plan = opened(moved)
    assert all(layer.isValid() for layer in plan.mapLayers().values())
    assert all(str(moved.parent) in layer.source() for layer in plan.mapLayers().values())
    assert plan.title() == "Plan of Thursday, 14 December 2017, Metropolitan Police"
    assert plan.crs().authid() == frames.CRS and not plan.viewSettings().defaultViewExtent().isNull()
    assert shown(plan) == ["Boxes to patrol, Day", "Beats", "Roads", "Railroads", "Water", "Parks"]
    groups = plan.layerTreeRoot().findGroup("Shifts")
    assert groups.isMutuallyExclusive()
    assert [group.name() for group in groups.findGroups()] == ["Day, 15:00 to 23:00", "Evening, 15:00 to 23:00"]


def test_the_layers_hold_the_plan(moved, shifts):
    plan = opened(moved)
    for rollcall in shifts:
        layer = plan.mapLayersByName(f"Boxes to patrol, {rollcall.shift_name}")[0]
        assert layer.readOnly()
        rows = {feature["box_id"]: feature for feature in layer.getFeatures()}
        assert set(rows) == set(rollcall.patrols["box_id"])
        for patrol in rollcall.patrols.to_dict("records"):
            row = rows[patrol["box_id"]]
            for name in ("beat", "number", "where", "crime_type", "chance", "inclusion_probability", "target_minutes"):
                assert row[name] == patrol[name], name
            assert row.geometry().area() == pytest.approx(62500)
        forecast = plan.mapLayersByName(f"Forecast, {rollcall.shift_name}")[0]
        assert forecast.featureCount() == len(rollcall.forecast)
        assert "expected_robbery" in forecast.fields().names()
    beats = plan.mapLayersByName("Beats")[0]
    assert beats.featureCount() == len(shifts[0].beats)


def test_boxes_are_coloured_by_crime_type_with_a_legend(moved):
    plan = opened(moved)
    layer = plan.mapLayersByName("Boxes to patrol, Evening")[0]
    legend = {category.label(): category.symbol().color().name() for category in layer.renderer().categories()}
    assert legend == {"G  Gunfire": "#b2182b", "R  Robbery": "#2166ac", "T  Theft": "#fdae61"}
    assert layer.labelsEnabled() and layer.renderer().classAttribute() == "crime_type"
    context = QgsRenderContext()
    layer.renderer().startRender(context, layer.fields())
    assert all(layer.renderer().symbolForFeature(feature, context) for feature in layer.getFeatures())
    layer.renderer().stopRender(context)


def test_a_forecast_is_the_stronger_the_more_harm(moved, shifts):
    plan = opened(moved)
    for rollcall in shifts:
        layer = plan.mapLayersByName(f"Forecast, {rollcall.shift_name}")[0]
        most, context = rollcall.forecast["harm"].max(), QgsExpressionContext()
        context.appendScope(QgsExpressionContextUtils.layerScope(layer))
        symbol = layer.renderer().symbols(QgsRenderContext())[0]
        colour = symbol.symbolLayer(0).dataDefinedProperties().property(QgsSymbolLayer.Property.FillColor)
        alphas = set()
        for feature in layer.getFeatures():
            context.setFeature(feature)
            shown_as, found = colour.valueAsColor(context)
            assert found and shown_as.name() == feature["colour"]
            assert shown_as.alpha() == int(30 + 200 * feature["harm"] / most)
            alphas.add(shown_as.alpha())
        assert max(alphas) == 230 and len(alphas) > 1


def test_drawing_a_box_looks_at_no_other_box(moved):
    """Maps are drawn in threads of their own, as QGIS may be closing or reading the project an aggregate looks at."""
    aggregates = {function.name() for function in QgsExpression.Functions() if "Aggregates" in function.groups()}
    with zipfile.ZipFile(moved) as file:
        layers = ElementTree.fromstring(file.read(moved.with_suffix(".qgs").name)).findall("projectlayers/maplayer")
    texts = [option.get("value") for layer in layers for part in ("renderer-v2", "labeling")
             for option in layer.findall(f"{part}//Option[@name='expression']")]
    assert len(texts) > 5 and "maximum" in aggregates
    for text in texts:
        assert not QgsExpression(text).referencedFunctions() & aggregates, text


def test_map_themes_show_one_shift_with_or_without_its_forecast(moved):
    plan = opened(moved)
    before, themes = shown(plan), plan.mapThemeCollection()
    groups = [group.name() for group in plan.layerTreeRoot().findGroup("Shifts").children()]
    assert set(themes.mapThemes()) == {f"{group}: {what}" for group in groups for what in ("boxes", "forecast")}
    visible = {name: {layer.name() for layer in themes.mapThemeVisibleLayers(name)} for name in themes.mapThemes()}
    for name, group in (("Day", groups[0]), ("Evening", groups[1])):
        of_shifts = {layer for layer in visible[f"{group}: forecast"] if layer.startswith(("Boxes", "Forecast"))}
        assert of_shifts == {f"Boxes to patrol, {name}", f"Forecast, {name}"}
        assert visible[f"{group}: forecast"] - visible[f"{group}: boxes"] == {f"Forecast, {name}"}
        assert "Beats" in visible[f"{group}: boxes"]
    assert before == shown(plan) and "Boxes to patrol, Day" in before and "Forecast, Day" not in before


def test_the_roll_call_layout_is_in_it_and_prints(moved, tmp_path):
    plan = opened(moved)
    sheets = plan.layoutManager().layoutByName("Roll call")
    assert sheets.atlas().enabled() and sheets.atlas().updateFeatures() == 6
    path = page_items.export_pdf(sheets, str(tmp_path / "from_project.pdf"))
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler-utils)")
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()
    pages = text.split("\f")[:-1]
    assert ["Day shift" in page for page in pages] == [True] * 3 + [False] * 3
    assert all(frames.SEED_HASH in page for page in pages)


def test_no_plugin_and_no_person_in_it(moved):
    with zipfile.ZipFile(moved) as archive:
        names = [name for name in archive.namelist() if name.endswith(".qgs")]
        text = archive.read(names[0]).decode("utf-8")
    assert len(names) == 1
    assert "saveUser" not in text and "<author></author>" in text
    assert "shotspotter_connect_plugin" not in text and str(moved.parents[1]) not in text and ".connect-" not in text
    head = text[:text.index(">", text.index("<qgis"))]
    assert getpass.getuser() not in head


def test_written_twice_it_is_the_same_plan(shifts, tmp_path):
    plan_project.write_plan_files(shifts, str(tmp_path))
    files = plan_project.write_plan_files(shifts, str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["plan_2017-12-14.gpkg", "plan_2017-12-14.qgz"]
    layer = QgsVectorLayer(files.geopackage + "|layername=patrols", "patrols", "ogr")
    assert layer.featureCount() == sum(len(rollcall.patrols) for rollcall in shifts)


def test_a_failure_keeps_the_old_plan(shifts, tmp_path, monkeypatch):
    files = plan_project.write_plan_files(shifts, str(tmp_path))
    before = [Path(path).read_bytes() for path in files]

    def fails(*_):
        raise ConnectError("No.")
    monkeypatch.setattr(plan_project, "build_layout", fails)
    with pytest.raises(ConnectError):
        plan_project.write_plan_files(shifts[:1], str(tmp_path))
    assert [Path(path).read_bytes() for path in files] == before
    assert sorted(os.listdir(tmp_path)) == ["plan_2017-12-14.gpkg", "plan_2017-12-14.qgz"]


def test_the_open_project_is_not_touched(shifts, tmp_path):
    instance = QgsProject.instance()
    before = (instance.title(), instance.fileName(), instance.isDirty(), sorted(instance.mapLayers()))
    plan_project.write_plan_files(shifts, str(tmp_path))
    assert QgsProject.instance() is instance
    assert (instance.title(), instance.fileName(), instance.isDirty(), sorted(instance.mapLayers())) == before


@pytest.mark.parametrize("nasty", ["[% now() %]", "<b>bold</b>", "it's \" \\ 'quoted'", "O'Hare; DROP TABLE beats"])
def test_names_that_look_like_commands(sample, tmp_path, nasty):
    plan = frames.rollcall(sample, pages=("507",), shift=nasty, name=nasty, agency=nasty, hours=nasty)
    plan = dataclasses.replace(plan, crime_types=plan.crime_types.assign(name=nasty))
    result = opened(plan_project.write_plan_files([plan], str(tmp_path)).project)
    layer = next(layer for layer in result.mapLayers().values() if layer.name().startswith("Boxes to patrol"))
    assert layer.isValid() and layer.featureCount() == 2
    for text in (layer.name(), result.title(), layer.renderer().categories()[0].label()):
        assert nasty.replace("[%", "[\u2060%") in text and "[%" not in text
    assert layer.legend() is not None and "[%" not in map_layers.unevaluated(nasty)


def test_without_map_context_and_without_boxes(sample, tmp_path):
    plan = frames.rollcall(sample, without=("302", "507", "708"), context="", message="No plan.")
    result = opened(plan_project.write_plan_files([plan], str(tmp_path)).project)
    assert all(layer.isValid() for layer in result.mapLayers().values())
    assert shown(result) == ["Boxes to patrol, Evening", "Beats"]
    assert result.layoutManager().layoutByName("Roll call").atlas().updateFeatures() == 1


def test_plan_from_a_workspace(planned, tmp_path):
    from shotspotter_connect_plugin.workspace.store.workspace import open_workspace
    with open_workspace(str(planned)) as workspace:
        files = plan_project.write_plan(workspace, "2017-12-14", ["day", "evening", "midnight"], str(tmp_path))
        count = workspace.count("patrols", {"shift_date": "2017-12-14", "status": "planned"})
    result = opened(files.project)
    assert all(layer.isValid() for layer in result.mapLayers().values()) and count > 0
    boxes = [layer for layer in result.mapLayers().values() if layer.name().startswith("Boxes to patrol")]
    assert sum(layer.featureCount() for layer in boxes) == count
    assert all(layer.geometryType() == Qgis.GeometryType.Polygon for layer in boxes)
    with pytest.raises(ConnectError, match="no shift"):
        with open_workspace(str(planned)) as workspace:
            plan_project.write_plan(workspace, "2017-12-14", [], str(tmp_path))
