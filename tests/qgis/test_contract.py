"""What is public and frozen: ids, parameter names and types, outputs; and that everything is explained."""
import json

import pytest
from qgis.core import Qgis, QgsApplication, QgsProcessingParameterDefinition

IDS = ("fishnet", "createworkspace", "configure", "placeboxes", "importincidents", "importgunfire", "importplaces",
       "importneighbourhoods", "importsensorcoverage", "importunreachable", "importcalendar", "importgps",
       "importroster", "importtactics", "importfolder", "train", "score", "backtest",
       "meter", "capcost", "adjust", "verifydraw", "visits", "checkworkspace", "purge", "exportplan", "rollcall",
       "daily",
       "shiftreport", "tacticreport", "officerreport", "crimetypereport", "dosagereport", "exposurereport")


def algorithm(name):
    return QgsApplication.processingRegistry().algorithmById("connect:" + name)


def described(name):
    found = algorithm(name)
    return {"parameters": {item.name(): item.type() for item in found.parameterDefinitions()},
            "outputs": {item.name(): item.type() for item in found.outputDefinitions()}}


def test_provider_has_exactly_these_algorithms(provider):
    assert provider.id() == "connect"
    assert sorted(item.name() for item in provider.algorithms()) == sorted(IDS)


@pytest.mark.parametrize("name", IDS)
def test_parameters_and_outputs_are_frozen(name, root):
    golden = json.loads((root / "tests" / "golden" / "algorithms.json").read_text())
    assert described(name) == golden[name]


def test_frozen_parameters_are_those_of_the_design(root):
    """The table of the design, written here once more by hand."""
    golden = json.loads((root / "tests" / "golden" / "algorithms.json").read_text())
    file_import = "WORKSPACE INPUT MAPPING SOURCE_CRS SOURCE_TIMEZONE DATE_ORDER REJECTS"
    design = {
        "fishnet": "INPUT SIZE CRS BEATS BEAT_FIELD OUTPUT",
        "createworkspace": "WORKSPACE JURISDICTION BEATS BEAT_FIELD TIMEZONE CRS SIZE SETTINGS",
        "configure": "WORKSPACE SETTINGS EXPORT",
        "placeboxes": "WORKSPACE AS_OF SHARE SMOOTH APPLY REASON REPORT OUTPUT",
        "importincidents": file_import + " CRIME_TYPE OFFENCES",
        "importgunfire": file_import,
        "importplaces": "WORKSPACE INPUT KIND",
        "importneighbourhoods": "WORKSPACE INPUT NAME_FIELD POPULATION_FIELDS",
        "importsensorcoverage": "WORKSPACE INPUT FROM_FIELD TO_FIELD DATE_ORDER",
        "importunreachable": "WORKSPACE INPUT REASON REASON_FIELD REMOVE",
        "importcalendar": "WORKSPACE INPUT MAPPING DATE_ORDER",
        "importgps": file_import,
        "importroster": file_import,
        "importtactics": file_import,
        "importfolder": "WORKSPACE FOLDER",
        "visits": "WORKSPACE FROM TO OUTPUT",
        "exportplan": "WORKSPACE DATE SHIFT FORMAT OUTPUT",
        "train": "WORKSPACE AS_OF CRIME_TYPES SEED MODEL_CARD",
        "score": "WORKSPACE DATE SHIFT AS_OF OUTPUT",
        "meter": "WORKSPACE DATE SHIFT BOXES CAP SEED REDRAW REASON OUTPUT",
        "backtest": "WORKSPACE FROM TO CRIME_TYPES AREA_PERCENT OUTPUT RANKS REPORT",
        "capcost": "WORKSPACE FROM TO OUTPUT REPORT",
        "adjust": "WORKSPACE ACTION BOX_ID DATE SHIFT CRIME_TYPE MINUTES REASON NOTE",
        "verifydraw": "WORKSPACE DATE SHIFT EXPORT",
        "checkworkspace": "WORKSPACE HEAD",
        "purge": "WORKSPACE DRY_RUN",
        "rollcall": "WORKSPACE DATE SHIFT BEAT OUTPUT",
        "daily": "WORKSPACE DATE OUTPUT FOLDER",
        "shiftreport": "WORKSPACE FROM TO BEAT OUTPUT SHIFT",
        "tacticreport": "WORKSPACE FROM TO BEAT OUTPUT SHIFT",
        "officerreport": "WORKSPACE FROM TO BEAT OUTPUT SHIFT OFFICER RANK",
        "crimetypereport": "WORKSPACE FROM TO BEAT OUTPUT SHIFT",
        "exposurereport": "WORKSPACE FROM TO BEAT OUTPUT PUBLIC_PACK",
        "dosagereport": "WORKSPACE FROM TO BEAT OUTPUT",
    }
    assert {name: set(item["parameters"]) for name, item in golden.items()} == {
        name: set(words.split()) for name, words in design.items()}
    counts = {"READ", "ADDED", "UPDATED", "UNCHANGED", "REJECTED", "DROPPED_COLUMNS"}
    for name in ("importincidents", "importgunfire", "importgps", "importroster", "importtactics"):
        assert counts <= set(golden[name]["outputs"])
    assert {"BOXES", "PLACED", "GAIN", "GAIN_LOW", "GAIN_HIGH"} <= set(golden["placeboxes"]["outputs"])
    assert "VERIFIED" in golden["verifydraw"]["outputs"]


@pytest.mark.parametrize("name", IDS)
def test_everything_is_explained(name):
    found = algorithm(name)
    assert len(found.shortHelpString()) > 80 and found.displayName() and found.group() and found.groupId()
    for item in found.parameterDefinitions():
        assert item.description(), item.name()
        assert len(item.help()) > 10 and item.help().strip()[-1] in ".:)", (item.name(), item.help())
    assert not found.icon().isNull() and found.icon().availableSizes() is not None
    assert not found.icon().pixmap(24, 24).toImage().isNull()


@pytest.mark.parametrize("name", IDS)
def test_usable_in_models_in_batch_and_without_a_screen(name):
    flags = algorithm(name).flags()
    for unwanted in (Qgis.ProcessingAlgorithmFlag.HideFromModeler, Qgis.ProcessingAlgorithmFlag.HideFromToolbox,
                     Qgis.ProcessingAlgorithmFlag.NotAvailableInStandaloneTool,
                     Qgis.ProcessingAlgorithmFlag.RequiresProject):
        assert not flags & unwanted
    assert bool(flags & Qgis.ProcessingAlgorithmFlag.NoThreading) == (
        name in ("rollcall", "daily", "exportplan") or name.endswith("report"))
    assert algorithm(name).canExecute()[0]


def test_only_what_has_no_sensible_default_is_required():
    required = {(name, item.name()) for name in IDS for item in algorithm(name).parameterDefinitions()
                if not item.flags() & QgsProcessingParameterDefinition.Flag.FlagOptional
                and item.defaultValue() is None}
    assert required == {
        ("fishnet", "INPUT"), ("fishnet", "OUTPUT"), ("createworkspace", "WORKSPACE"),
        ("createworkspace", "JURISDICTION"), ("importincidents", "INPUT"), ("importgunfire", "INPUT"),
        ("importplaces", "INPUT"), ("importplaces", "KIND"),
        ("importneighbourhoods", "INPUT"), ("importsensorcoverage", "INPUT"), ("importcalendar", "INPUT"),
        ("importgps", "INPUT"), ("importroster", "INPUT"), ("importtactics", "INPUT"),
        ("importfolder", "FOLDER"),
        ("capcost", "FROM"), ("capcost", "TO"), ("backtest", "FROM"), ("backtest", "TO"),
        ("adjust", "ACTION")}


def test_size_is_250_metres():
    for name in ("fishnet", "createworkspace"):
        assert algorithm(name).parameterDefinition("SIZE").defaultValue() == 250
