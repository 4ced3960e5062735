"""Where officers cannot go, and streets, through Processing; ways by street between drawn boxes."""
import numpy as np
import pandas as pd
import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsVectorLayer
from qgis_runs import DATE

from shotspotter_connect_plugin.processing.street_network import StreetNetwork, street_ways
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

WEST, SOUTH = -76.96, 38.88


def ground(kind, *features):
    layer = QgsVectorLayer(f"{kind}?crs=EPSG:4326&field=use:string", "ground", "memory")
    for wkt, use in features:
        feature = QgsFeature(layer.fields())
        feature.setAttributes([use])
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        layer.dataProvider().addFeature(feature)
    return layer


def square(west, south, side=.01):
    east, north = west + side, south + side
    return f"Polygon(({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}))"


def read(path, table, columns=None):
    with open_workspace(path) as workspace:
        return workspace.read(table, columns)


def test_areas_from_a_layer_with_a_field_of_reasons_and_out_again(run, fails, fresh):
    layer = ground("Polygon", (square(WEST, SOUTH), "rail yard"), (square(WEST + .005, SOUTH), None))
    given = {"WORKSPACE": str(fresh), "INPUT": layer, "REASON_FIELD": "use", "REASON": "base"}
    outputs = run("importunreachable", **given)
    assert (outputs["READ"], outputs["ADDED"], outputs["REJECTED"]) == (2, 2, 0)
    assert sorted(read(fresh, "unreachable")["reason"]) == ["base", "rail yard"]
    assert read(fresh, "boxes")["unreachable"].max() == 1
    assert run("importunreachable", **given)["UNCHANGED"] == 2
    record = read(fresh, "runs").iloc[-1]
    assert record["algorithm"] == "connect:importunreachable" and record["counts"]["unchanged"] == 2
    for reason in ("base", "rail yard"):
        run("importunreachable", WORKSPACE=str(fresh), REASON=reason, REMOVE=True)
    assert read(fresh, "unreachable").empty and read(fresh, "boxes")["unreachable"].isna().all()
    assert "no areas are stored" in fails("importunreachable", WORKSPACE=str(fresh), REASON="base", REMOVE=True)


def test_a_layer_of_lines_is_the_streets(run, fresh):
    wkt = f"LineString({WEST} {SOUTH}, {WEST + .02} {SOUTH})"
    with open_workspace(fresh) as workspace, workspace.transaction() as writer:
        writer.delete("incidents")
    assert run("importunreachable", WORKSPACE=str(fresh), INPUT=ground("LineString", (wkt, "A St")))["ADDED"] == 1
    assert 0 < (read(fresh, "boxes")["streets"] > 0).sum() < 40


@pytest.mark.parametrize("given, words", [
    (dict, "INPUT is empty"), (lambda: {"REMOVE": True}, "give REASON"),
    (lambda: {"INPUT": ground("Polygon", (square(WEST, SOUTH), "x"))}, "Say in REASON"),
    (lambda: {"INPUT": ground("Polygon", (square(WEST, SOUTH), "x")), "REASON": "x", "REMOVE": True}, "leave INPUT"),
    (lambda: {"INPUT": ground("Polygon"), "REASON": "x"}, "empty"),
    (lambda: {"INPUT": ground("Point", (f"Point({WEST} {SOUTH})", "x")), "REASON": "x"}, "polygons or lines"),
    (lambda: {"INPUT": ground("Polygon", (square(12.5, 41.9), "x")), "REASON": "x"}, "outside the jurisdiction")])
def test_bad_input_gets_one_sentence(fails, fresh, every_byte, given, words):
    before = every_byte(fresh)
    assert words in fails("importunreachable", WORKSPACE=str(fresh), **given())
    assert every_byte(fresh) == before


def test_ways_go_by_the_streets_and_end_where_there_are_none():
    """A comb of streets 1 km long that meet in the south only, and one that meets none."""
    layer = ground("LineString", ("LineString(0 0, 1000 0, 2000 0)", ""), ("LineString(0 0, 0 1000)", ""),
                   ("LineString(1000 0, 1000 1000)", ""), ("LineString(5000 500, 6000 500)", ""))
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32618"))
    network = StreetNetwork(layer)
    metres = np.array(network([(10.0, 1000.0), (990.0, 900.0), (1000.0, 200.0), (5500.0, 600.0)]))
    np.testing.assert_allclose(metres[:3, :3], [[0, 2900, 2200], [2900, 0, 700], [2200, 700, 0]], atol=0.2)
    assert np.isinf(metres[3, :3]).all() and np.isinf(network([(90000.0, 0.0), (90100.0, 0.0)])).all()
    assert len(network([(10.0, 1000.0)])) == 1


def test_a_draw_goes_by_the_streets_of_its_workspace(run, fresh):
    wests = [-77.05 + .002 * col for col in range(75)]
    lines = [(f"LineString({west} 38.80, {west} 38.89, {west} 38.98)", "") for west in wests]
    lines.append(("LineString(" + ", ".join(f"{west} 38.89" for west in wests) + ")", ""))
    with open_workspace(fresh) as workspace:
        assert street_ways(workspace) is None
        boxes = workspace.read("boxes", ["box_id"])["box_id"]
        with workspace.transaction() as writer:
            writer.delete("incidents")
            writer.append("forecasts", pd.DataFrame({
                "shift_date": DATE, "shift": "evening", "box_id": boxes, "crime_type": "theft", "low": 0.0, "high": 1.0,
                "expected": np.linspace(.1, .9, len(boxes)), "model_id": "m"}))
    run("importunreachable", WORKSPACE=str(fresh), INPUT=ground("LineString", *lines))
    run("meter", WORKSPACE=str(fresh), DATE=DATE, SHIFT="evening", BOXES=3, SEED="7")
    ways, plan = read(fresh, "draws")["ways"].iloc[0], read(fresh, "patrols")
    assert sorted(ways) == sorted(plan["beat"].unique())
    assert all(len(way["boxes"]) == len(way["metres"]) == 3 for way in ways.values())
    assert plan["travel_minutes"].isna().sum() == len(ways) and (plan["travel_minutes"].dropna() > 0).all()
    assert run("verifydraw", WORKSPACE=str(fresh), DATE=DATE, SHIFT="evening")["VERIFIED"]
