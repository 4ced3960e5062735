"""The real QGIS desktop, on a screen that nobody sees: toolbar, menu, dialogs, unloading, a missing library."""
from types import SimpleNamespace

import pytest
from qgis_runs import copied, needs_desktop

pytestmark = needs_desktop
ORDER = ["ConnectImport", "ConnectScore", "ConnectMeter", "ConnectPlan",
         "ConnectRollCall", "ConnectDaily", "ConnectOpenPlan"]

IN_ONE = "load_unload_load", "dialogs", "run_in_dialog", "choose_and_open"


@pytest.fixture(scope="module")
def everyday(desktops, run, planned, tmp_path_factory):
    """What one QGIS saw of the functions :data:`IN_ONE`, on a workspace with a plan in the folder ``day``."""
    folder = tmp_path_factory.mktemp("everyday")
    path = copied(planned, folder)
    run("daily", WORKSPACE=str(path), DATE="2017-12-14", OUTPUT=str(folder / "day"))
    seen, plugin = desktops(folder)(" ".join(IN_ONE), CONNECT_WORKSPACE=str(path))
    return SimpleNamespace(**dict(zip(IN_ONE, seen)), plugin=plugin, path=path)


def test_load_unload_load(everyday):
    first, without, again = everyday.load_unload_load
    plugin = everyday.plugin
    assert plugin == "ConnectPlugin"
    assert first == again
    assert (first["menus"], first["toolbars"], first["in plugin menu"], first["providers"]) == (1, 1, 1, 1)
    assert first["icons"]
    assert first["on toolbar"] == ORDER
    names = [name for name, _ in first["entries"]]
    assert names[:len(ORDER)] == ORDER and names[-2:] == ["ConnectSample", "ConnectHelp"]
    assert all(text for _, text in first["entries"])
    assert without == {"menus": 0, "toolbars": 0, "in plugin menu": 0, "entries": [], "on toolbar": [], "icons": True,
                       "providers": 0}


def test_every_entry_opens_its_dialog_with_the_workspace_filled_in(everyday):
    seen = everyday.dialogs
    assert {name: algorithm for name, (algorithm, _) in seen.items()} == {
        "ConnectImportIncidents": "connect:importincidents", "ConnectImportGunfire": "connect:importgunfire",
        "ConnectScore": "connect:score", "ConnectMeter": "connect:meter", "ConnectRollCall": "connect:rollcall",
        "ConnectDaily": "connect:daily", "ConnectCreateWorkspace": "connect:createworkspace",
        "ConnectConfigure": "connect:configure", "ConnectImportPlaces": "connect:importplaces",
        "ConnectImportNeighbourhoods": "connect:importneighbourhoods",
        "ConnectImportSensorCoverage": "connect:importsensorcoverage",
        "ConnectImportUnreachable": "connect:importunreachable",
        "ConnectImportCalendar": "connect:importcalendar",
        "ConnectExportPlan": "connect:exportplan", "ConnectImportGps": "connect:importgps",
        "ConnectImportFolder": "connect:importfolder",
        "ConnectImportRoster": "connect:importroster",
        "ConnectVisits": "connect:visits", "ConnectImportTactics": "connect:importtactics",
        "ConnectShiftReport": "connect:shiftreport", "ConnectTacticReport": "connect:tacticreport",
        "ConnectOfficerReport": "connect:officerreport", "ConnectCrimeTypeReport": "connect:crimetypereport",
        "ConnectDosageReport": "connect:dosagereport",
        "ConnectExposureReport": "connect:exposurereport", "ConnectPurge": "connect:purge",
        "ConnectPlaceBoxes": "connect:placeboxes",
        "ConnectTrain": "connect:train", "ConnectVerifyDraw": "connect:verifydraw"}
    assert {name for name, (_, filled) in seen.items() if not filled} == {"ConnectCreateWorkspace"}


def test_the_plan_dock_opens_shows_the_plan_and_goes_with_the_plugin(desktop, full, tmp_path):
    seen, _ = desktop("plan_dock", CONNECT_WORKSPACE=str(full), CONNECT_PROJECT=str(tmp_path / "mine.qgz"))
    assert seen["open"] == {"docks": 1, "visible": True, "rows": 8, "layers": 1, "unsaved": False}
    assert seen["saved"] == {"layers": 0, "elements": 0, "tree": 0, "themes": [], "unsaved": False, "on map": 1}
    assert seen["closed"] == {"layers": 0, "unsaved": False}
    assert seen["drawn"] > 1 and seen["drawn after"] == 1
    assert seen["open again"] == {"layers": 1, "unsaved": False}
    assert seen["unloaded"] == {"docks": 0, "layers": 0, "unsaved": False}
    assert seen["again"] == 1


def test_the_import_dock_goes_with_the_plugin_in_the_middle_of_an_import(desktop, fresh, data, content):
    before = content(fresh)
    seen, _ = desktop("import_dock", CONNECT_WORKSPACE=str(fresh), CONNECT_FILE=str(data / "incidents.csv.gz"))
    assert seen == {"visible": True, "kind": "Incidents", "running": True, "unloaded": 0, "again": 1}
    assert content(fresh) == before


def test_score_from_its_dialog_adds_a_styled_layer(everyday):
    seen = everyday.run_in_dialog
    assert seen["done"] == [True]
    (name, count, renderer, column), = seen["layers"]
    assert (name, renderer, column) == ("Forecast", "QgsCategorizedSymbolRenderer", "crime_type") and count > 100


def test_choose_a_workspace_and_open_its_newest_plan(everyday):
    seen = everyday.choose_and_open
    assert seen["chosen"] == str(everyday.path)
    assert seen["opened"] == str(everyday.path.parent / "day" / "plan_2017-12-14.qgz")
    assert any("this is the plan of 2017-12-14" in message for message in seen["messages"])


def test_without_pandas_the_desktop_starts_and_one_message_says_so(desktop, tmp_path):
    folder = tmp_path / "shadow"
    folder.mkdir()
    (folder / "pandas.py").write_text("raise ModuleNotFoundError(\"No module named 'pandas'\", name='pandas')\n")
    seen, plugin = desktop("stub", PYTHONPATH=str(folder))
    assert plugin == "StubPlugin" and seen["active"]
    title, text = seen["text"]
    assert title == "ShotSpotter Connect"
    assert "Python library pandas" in text and "sudo apt install python3-pandas" in text
    assert (seen["menus"], seen["toolbars"], seen["providers"]) == (0, 0, 0)


def test_the_sample_is_made_step_by_step_without_freezing(desktop, tmp_path):
    folder = tmp_path / "sample"
    seen, _ = desktop("sample_run", CONNECT_FOLDER=str(folder))
    assert seen["running"]
    assert seen["ended"] == [f"The sample is ready in {folder}."]
    assert seen["opened"] == "stands for the plan.qgz"
    assert {"washington_dc.gpkg", "context.gpkg", "configuration.json", "sheets.pdf"} <= set(seen["files"])
    assert str(folder / "washington_dc.gpkg") in seen["recent"]
    assert any("choose another folder" in message for message in seen["refused"])
