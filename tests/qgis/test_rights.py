"""Every algorithm that changes something asks the role, and every other one works where nothing can be written."""
import json

import pytest
from accounts import as_nobody, every_byte, open_folder
from qgis.core import QgsApplication
from qgis_runs import DATE, Failed, Feedback, copied

from shotspotter_connect_plugin.workspace.store.roles import RIGHTS, account
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

REPORTS = ("shiftreport", "tacticreport", "officerreport", "crimetypereport", "dosagereport", "exposurereport")
FORMATS = ("geojson", "kml", "gpx", "xlsx", "package", "qfield")


def algorithms():
    return {algorithm.name(): algorithm
            for algorithm in QgsApplication.processingRegistry().providerById("connect").algorithms()}


def set_roles(path, **roles):
    with open_workspace(path) as workspace:
        settings = workspace.settings
        settings.roles = roles
        with workspace.transaction() as writer:
            writer.save_settings(settings)


@pytest.fixture
def changing(data, sample, simulated, tmp_path):
    """Values with which each algorithm that changes a workspace runs; several sets where they take other rights."""
    (tmp_path / "settings.json").write_text(json.dumps({"settings": {"cap": 0.4}}), encoding="utf-8")
    (tmp_path / "logs.csv").write_text("officer,tactic,at\n1,Foot patrol,2017-12-14 17:00\n", encoding="utf-8")
    (tmp_path / "days.csv").write_text("date,kind,name\n2018-01-01,holiday,New Year\n", encoding="utf-8")
    return {
        "configure": [{"SETTINGS": str(tmp_path / "settings.json")}],
        "importincidents": [{"INPUT": str(data / "incidents.csv.gz")}],
        "importgunfire": [{"INPUT": str(data / "alerts.csv.gz")}],
        "importplaces": [{"INPUT": str(sample / "places" / "school.geojson"), "KIND": "school"}],
        "importneighbourhoods": [{"INPUT": str(sample / "neighbourhoods.geojson"), "NAME_FIELD": "name"}],
        "importsensorcoverage": [{"INPUT": str(sample / "sensor_coverage.geojson"), "FROM_FIELD": "from"}],
        "importunreachable": [{"INPUT": str(sample / "places" / "water.geojson"), "REASON": "water"}],
        "importcalendar": [{"INPUT": str(tmp_path / "days.csv")}],
        "importgps": [{"INPUT": str(data / "fixes.csv.gz")}],
        "importroster": [{"INPUT": str(data / "roster.csv")}],
        "importtactics": [{"INPUT": str(tmp_path / "logs.csv")}],
        "importfolder": [{"FOLDER": str(tmp_path)}],
        "train": [{"AS_OF": DATE}], "score": [{"DATE": DATE}], "visits": [{"FROM": DATE}],
        "meter": [{"DATE": DATE}, {"DATE": DATE, "REDRAW": True, "REASON": "x"}, {"DATE": DATE, "SEED": "7"}],
        "adjust": [{"DATE": DATE, "SHIFT": "evening", "ACTION": "undo"}],
        "placeboxes": [{"APPLY": True, "REASON": "x"}],
        "purge": [{"DRY_RUN": False}], "daily": [{"DATE": DATE, "OUTPUT": str(tmp_path / "day")}],
    }


def test_every_algorithm_says_what_it_changes():
    assert {name: algorithm.CHANGES for name, algorithm in algorithms().items()
            if algorithm.CHANGES not in ("", *RIGHTS)} == {}


@pytest.mark.parametrize("role", ["auditor", "officer"])
def test_who_may_not_is_told_who_may_and_nothing_changes(full, changing, fails, every_byte, role):
    set_roles(full, **{account(): role, "chief": "supervisor"})
    assert {name for name, algorithm in algorithms().items() if algorithm.CHANGES} == set(changing)
    before = every_byte(full)
    for name, runs in changing.items():
        for given in runs:
            sentence = fails(name, WORKSPACE=str(full), **given)
            assert sentence.startswith(f"The role of {account()} in this workspace is {role}; only a"), (name, sentence)
    assert every_byte(full) == before


def test_what_only_a_supervisor_may(full, changing, run, fails):
    set_roles(full, **{account(): "analyst", "chief": "supervisor"})
    for name, given in (("configure", changing["configure"][0]), ("purge", {"DRY_RUN": False}),
                        ("placeboxes", changing["placeboxes"][0]),
                        *(("meter", given) for given in changing["meter"][1:])):
        assert "only a supervisor may" in fails(name, WORKSPACE=str(full), **given)
    run("meter", WORKSPACE=str(full), DATE=DATE)  # drawn before: no more than a look
    set_roles(full, **{account(): "supervisor"})
    assert run("configure", WORKSPACE=str(full), **changing["configure"][0])["CHANGES"] == 1


def test_no_variable_makes_somebody_a_supervisor(full, changing, process):
    set_roles(full, chief="supervisor", **{account(): "officer"})
    (file, ), = [tuple(given.values()) for given in changing["configure"]]
    done = process("run", "connect:configure", "--", f"WORKSPACE={full}", f"SETTINGS={file}",
                   more_env=dict.fromkeys(("LOGNAME", "USER", "LNAME", "USERNAME"), "chief"))
    assert done.returncode == 1 and f"The role of {account()} in this workspace is officer" in done.stderr


def test_anybody_exports_the_settings_and_hears_when_it_was_the_last_time(full, run, tmp_path):
    set_roles(full, **{account(): "auditor", "chief": "supervisor"})
    run("configure", WORKSPACE=str(full), EXPORT=str(tmp_path / "all.json"))
    assert json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["settings"]["roles"]
    set_roles(full)
    (tmp_path / "roles.json").write_text(json.dumps({"settings": {"roles": {account(): "officer"}}}), encoding="utf-8")
    heard = Feedback()
    run("configure", feedback=heard, WORKSPACE=str(full), SETTINGS=str(tmp_path / "roles.json"))
    assert any("for the last time" in warning for warning in heard.warnings)


def reading(out):
    """(algorithm, values) of all that only reads."""
    day = {"DATE": DATE, "SHIFT": "evening"}
    yield "verifydraw", {"DATE": DATE, "EXPORT": str(out / "draws")}
    yield "checkworkspace", {}
    yield "purge", {"DRY_RUN": True}
    yield "placeboxes", {"AS_OF": DATE, "REPORT": str(out / "boxes.html")}
    yield "configure", {"EXPORT": str(out / "settings.json")}
    yield "rollcall", {**day, "OUTPUT": str(out / "rollcall.pdf")}
    for kind in FORMATS:
        ending = {"package": "json", "qfield": "zip"}.get(kind, kind)
        yield "exportplan", {**day, "FORMAT": kind, "OUTPUT": str(out / f"plan_{kind}.{ending}")}
    for name in REPORTS:
        yield name, {"FROM": DATE, "OUTPUT": str(out / f"{name}.pdf")}
    yield "exposurereport", {"FROM": DATE, "OUTPUT": str(out / "e.csv"), "PUBLIC_PACK": str(out / "pack.zip")}
    yield "capcost", {"FROM": DATE, "TO": DATE, "OUTPUT": str(out / "costs.csv")}


def test_all_that_reads_works_on_the_workspace_of_another_account(planned, run):
    with open_folder() as place, open_folder(0o777) as out:
        path = copied(planned, place)
        with open_workspace(path) as workspace:
            settings = workspace.settings
            settings.retention_days = {"visits": 90}
            with workspace.transaction() as writer:
                writer.save_settings(settings)
            recorded = workspace.count("runs")
        for part in place.iterdir():
            part.chmod(0o600 if part.name.endswith(".seeds.json") else 0o644)
        before, done = every_byte(place), set()
        with as_nobody():
            for name, given in reading(out):
                heard = Feedback()
                outputs = run(name, feedback=heard, WORKSPACE=str(path), **given)
                assert any("recorded nowhere" in said for said in heard.said), name
                assert outputs.get("VERIFIED", True) and outputs.get("OK", True), (heard.warnings, name)
                done.add(name)
        assert every_byte(place) == before
        with open_workspace(path) as workspace:
            assert workspace.count("runs") == recorded
        assert {name for name, algorithm in algorithms().items() if not algorithm.CHANGES} - done == {
            "fishnet", "createworkspace", "backtest"}  # make their own file; takes long and reads as capcost does
        assert (out / "pack.zip").stat().st_size and (out / "draws").is_dir()


def test_what_changes_says_at_once_that_nothing_can_be_written(planned, run):
    with open_folder() as place:
        path = copied(planned, place)
        path.chmod(0o644)
        with as_nobody(), pytest.raises(Failed, match="can only be read by nobody, so nothing was changed"):
            run("score", WORKSPACE=str(path), DATE=DATE)
