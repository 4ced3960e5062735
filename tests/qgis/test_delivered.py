"""From GPS files to delivered dosage, as a user or a model runs it: imports, visits, their layer."""
import shutil

import pandas as pd
import pytest
from qgis.core import QgsProcessingContext, QgsVectorLayer
from qgis_runs import DATE

from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

SHIFT = "evening"


def rows(path, table, **more):
    with open_workspace(path) as workspace:
        return workspace.read(table, **more)


@pytest.fixture
def delivered(run, full, simulated):
    """A workspace with a plan and the simulated patrols of one of its shifts."""
    run("importgps", WORKSPACE=str(full), INPUT=str(simulated / "fixes.csv.gz"))
    run("importroster", WORKSPACE=str(full), INPUT=str(simulated / "roster.csv"))
    return full


def test_a_folder_of_gps_files_gives_what_one_file_gives_and_nothing_twice(run, full, simulated, tmp_path):
    whole = pd.read_csv(simulated / "fixes.csv.gz")
    folder = tmp_path / "by unit"
    folder.mkdir()
    for unit, part in whole.groupby("unit"):
        part.sample(frac=1, random_state=1).drop(columns="unit").to_csv(folder / (unit + ".csv"), index=False)
    outputs = run("importgps", WORKSPACE=str(full), INPUT=str(folder), REJECTS=str(tmp_path / "rejects.csv"))
    assert outputs["READ"] == len(whole) == outputs["ADDED"] + outputs["REJECTED"]
    again = run("importgps", WORKSPACE=str(full), INPUT=str(simulated / "fixes.csv.gz"))
    assert (again["ADDED"], again["UPDATED"], again["UNCHANGED"]) == (0, 0, outputs["ADDED"])
    hashes = rows(full, "runs", where={"algorithm": "connect:importgps"})["input_hashes"]
    assert set(hashes.iloc[0]) == {unit + ".csv" for unit in whole["unit"].unique()}


def test_visits_have_squares_shift_and_officers_and_are_styled_by_dosage(run, delivered):
    context = QgsProcessingContext()
    outputs = run("visits", context=context, WORKSPACE=str(delivered), FROM=DATE, OUTPUT="memory:")
    layer = context.getMapLayer(outputs["OUTPUT"])
    assert layer.featureCount() == outputs["VISITS"] > 20
    boxes = rows(delivered, "boxes").set_index("box_id")
    stored = rows(delivered, "visits")
    keys = set()
    for feature in layer.getFeatures():
        centre = feature.geometry().centroid().asPoint()
        box = boxes.loc[feature["box_id"]]
        assert (centre.x() // 250, centre.y() // 250) == (box["col"], box["row"])
        assert feature["dosage"] == ("short" if feature["minutes"] < 10 else "over" if feature["minutes"] > 20
                                     else "on_target")
        assert feature["officers"].startswith("S") and feature["shift"]
        keys.add((feature["unit"], feature["box_id"], feature["entered"]))
    assert len(keys) == layer.featureCount() == len(stored.drop_duplicates(["unit", "box_id", "entered_utc"]))
    assert len(stored) > layer.featureCount(), "some units have a crew of two, one row each in the table"
    assert {DATE + " " + SHIFT} == set(stored["shift_date"] + " " + stored["shift"])
    assert outputs["PATROLS_SERVED"] == stored["patrol_id"].nunique() <= outputs["PATROLS"]
    from shotspotter_connect_plugin.reports.paper import map_layers
    map_layers.style_visits(layer, None)
    assert {item.value() for item in layer.renderer().categories()} >= {
        feature["dosage"] for feature in layer.getFeatures()}


def test_visits_of_a_day_without_gps_say_so_and_change_no_other_day(run, fails, delivered):
    run("visits", WORKSPACE=str(delivered), FROM=DATE)
    before = rows(delivered, "visits")
    assert "no GPS fixes" in fails("visits", WORKSPACE=str(delivered), FROM="2017-12-01", TO="2017-12-02")
    pd.testing.assert_frame_equal(rows(delivered, "visits"), before)


def test_visits_wrong_way_round(fails, full, content):
    before = content(full)
    assert "FROM" in fails("visits", WORKSPACE=str(full), FROM="2017-12-02", TO="2017-12-01")
    assert content(full) == before


@pytest.mark.skipif(shutil.which("qgis_process") is None, reason="needs qgis_process")
def test_the_same_through_qgis_process(process, full, simulated, tmp_path):
    steps = [("importgps", "INPUT=" + str(simulated / "fixes.csv.gz")),
             ("importroster", "INPUT=" + str(simulated / "roster.csv")),
             ("visits", "FROM=" + DATE, "OUTPUT=" + str(tmp_path / "visits.gpkg"))]
    for name, *given in steps:
        done = process("run", "connect:" + name, "--WORKSPACE=" + str(full), *("--" + item for item in given))
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    layer = QgsVectorLayer(str(tmp_path / "visits.gpkg"), "visits", "ogr")
    assert layer.featureCount() > 20 and layer.fields().indexOf("dosage") >= 0
    assert "Planned " in done.stdout and DATE + " day: no visit" in done.stdout


def test_logs_of_tactics_are_joined_and_marked(run, delivered, tmp_path):
    run("visits", WORKSPACE=str(delivered), FROM=DATE)
    visits = rows(delivered, "visits").head(5)
    log = pd.DataFrame({"Badge": visits["officer"], "Cell": visits["box_id"], "Activity": "Walk the box",
                        "Mins": 5, "When": visits["entered_utc"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")})
    log.iloc[-1, log.columns.get_loc("Cell")] = "C1R1"
    log.iloc[0, log.columns.get_loc("Activity")] = "Field interview"
    log.to_csv(tmp_path / "log.csv", index=False)
    outputs = run("importtactics", WORKSPACE=str(delivered), INPUT=str(tmp_path / "log.csv"))
    assert (outputs["READ"], outputs["ADDED"], outputs["REJECTED"], outputs["UNMATCHED"]) == (5, 5, 0, 1)
    assert outputs["UNAPPROVED"] == 1, "the sample's agency has approved walking and knows no field interviews"
    stored = rows(delivered, "tactic_log", order_by="at_utc")
    assert set(stored["visit_id"].dropna()) <= set(visits["visit_id"])
    counts = rows(delivered, "runs", where={"algorithm": "connect:importtactics"})["counts"].iloc[0]
    assert (counts["unmatched"], counts["unapproved"]) == (1, 1)
    assert stored.set_index("tactic")["approved"].to_dict() == {"foot_patrol": True, "Field interview": False}


def test_real_taxis_and_tracks_with_reasons(fails, created, tmp_path, real_data):
    """San Francisco's taxis are not in Washington: every fix is rejected with that reason, nothing is stored."""
    from qgis_runs import copied
    path = copied(created, tmp_path)
    file = next(iter(sorted(real_data("gps/cabspotting_raw_8cabs").iterdir())))
    sentence = fails("importgps", WORKSPACE=str(path), INPUT=str(file), REJECTS=str(tmp_path / "rejects.csv"))
    assert "rejected for “outside the jurisdiction”" in sentence and len(rows(path, "gps_fixes")) == 0
    assert pd.read_csv(tmp_path / "rejects.csv")["reason"].nunique() >= 1


@pytest.mark.parametrize("kind, ending", [("geojson", ".geojson"), ("kml", ".kml"), ("gpx", ".gpx"), ("xlsx", ".xlsx"),
                                          ("package", ".json")])
def test_export_of_a_real_plan(run, fails, full, tmp_path, kind, ending):
    path = tmp_path / ("plan" + ending)
    outputs = run("exportplan", WORKSPACE=str(full), DATE=DATE, SHIFT=SHIFT, FORMAT=kind, OUTPUT=str(path))
    planned = rows(full, "patrols", where={"shift": SHIFT, "shift_date": DATE, "status": "planned"})
    assert outputs["PATROLS"] == len(planned) > 0 and outputs["OUTPUT"] == str(path)
    if kind != "package":
        assert QgsVectorLayer(str(path), "plan", "ogr").featureCount() == len(planned)
    before = path.read_bytes()
    assert "must end in " + ending in fails("exportplan", WORKSPACE=str(full), DATE=DATE, SHIFT=SHIFT, FORMAT=kind,
                                            OUTPUT=str(tmp_path / "plan.txt"))
    assert "no plan" in fails("exportplan", WORKSPACE=str(full), DATE="2017-12-20", SHIFT=SHIFT, FORMAT=kind,
                              OUTPUT=str(path))
    assert path.read_bytes() == before
