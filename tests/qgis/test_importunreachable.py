"""Where officers cannot go, and streets, through Processing."""
import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

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
