"""The real ``qgis_process``, as a scheduled job runs it: exit codes, messages, missing libraries."""
import json
import shutil

import pytest
from qgis_runs import DATE

from shotspotter_connect_plugin.processing.provider import ALGORITHMS

pytestmark = pytest.mark.skipif(shutil.which("qgis_process") is None, reason="needs qgis_process")


def shadow(folder, *libraries):
    """A folder that, first on PYTHONPATH, makes libraries look absent -> environment."""
    for library in libraries:
        (folder / (library + ".py")).write_text(
            f"raise ModuleNotFoundError(\"No module named '{library}'\", name='{library}')\n")
    return {"PYTHONPATH": str(folder)}


def test_it_can_be_enabled_and_lists_every_algorithm(process):
    assert process.enabled.returncode == 0
    listed = process("list").stdout
    assert listed.count("\tconnect:") == len(ALGORITHMS)
    again = process("plugins", "enable", "shotspotter_connect_plugin")
    assert again.returncode == 1, "a second enable answers 1; make demo relies on ignoring it"


def test_help_explains_parameters_with_iso_dates(process):
    text = process("help", "connect:meter").stdout
    for words in ("REDRAW", "Empty = today in the agency's time zone", "YYYY-MM-DD", "Empty = the workspace's setting"):
        assert words in text


def test_a_run_with_dates_as_text_and_a_run_with_json(process, full, tmp_path):
    done = process("run", "connect:verifydraw", "--WORKSPACE=" + str(full), "--DATE=" + DATE, "--SHIFT=day")
    assert done.returncode == 0 and "VERIFIED:\ttrue" in done.stdout, done.stderr
    inputs = {"inputs": {"WORKSPACE": str(full), "DATE": DATE, "OUTPUT": str(tmp_path / "plan.gpkg")}}
    done = process("run", "connect:meter", "-", stdin=json.dumps(inputs))
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert results["DRAWN"] == 0 and (tmp_path / "plan.gpkg").exists()


def test_no_warning_of_python_reaches_the_user(process, full, tmp_path):
    done = process("run", "connect:rollcall", "--WORKSPACE=" + str(full), "--DATE=" + DATE, "--SHIFT=day",
                   "--OUTPUT=" + str(tmp_path / "sheets.pdf"))
    assert done.returncode == 0
    assert "Warning" not in done.stderr and "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize("algorithm, given, words", [
    ("fishnet", {"INPUT": "/no/such.gpkg", "OUTPUT": "{tmp}/boxes.gpkg"}, "/no/such.gpkg"),
    ("fishnet", {"INPUT": "{sample}/places/school.geojson", "OUTPUT": "{tmp}/boxes.gpkg"}, "polygons are needed"),
    ("verifydraw", {"WORKSPACE": "/no/such.gpkg"}, "There is no workspace /no/such.gpkg"),
    ("verifydraw", {"WORKSPACE": "{full}", "DATE": "2017-99-99"}, "YYYY-MM-DD"),
    ("verifydraw", {}, "WORKSPACE"),
    ("importincidents", {"WORKSPACE": "{full}", "INPUT": "/no/such.csv"}, "/no/such.csv")])
def test_failures_end_with_1_and_one_sentence_on_stderr(process, full, sample, tmp_path, every_byte, algorithm, given,
                                                        words):
    before = every_byte(full)
    given = {name: value.format(tmp=tmp_path, sample=sample, full=full) for name, value in given.items()}
    done = process("run", "connect:" + algorithm, *("--{}={}".format(*item) for item in given.items()))
    assert done.returncode == 1
    assert words in done.stderr and "Traceback" not in done.stderr
    assert "Results" not in done.stdout
    assert every_byte(full) == before
    assert not (tmp_path / "boxes.gpkg").exists()


def test_a_failure_with_json_ends_with_1_too(process):
    done = process("run", "connect:verifydraw", "-", stdin='{"inputs": {"WORKSPACE": "/no/such.gpkg"}}')
    assert done.returncode == 1 and "/no/such.gpkg" in done.stderr


def test_without_scikit_learn_everything_runs_and_the_help_says_so(process, full, tmp_path):
    env = shadow(tmp_path, "sklearn")
    assert process("list", more_env=env).stdout.count("\tconnect:") == len(ALGORITHMS)
    text = process("help", "connect:train", more_env=env).stdout
    assert "scikit-learn is missing" in text and "python3-sklearn" in text
    assert "scikit-learn is missing" not in process("help", "connect:train").stdout
    done = process("run", "connect:train", "--WORKSPACE=" + str(full), "--AS_OF=" + DATE, "--CRIME_TYPES=robbery",
                   more_env=env)
    assert done.returncode == 0 and "scikit-learn is missing" in done.stdout, done.stderr


def test_without_scipy_what_needs_it_says_so_and_the_rest_runs(process, full, tmp_path):
    env = shadow(tmp_path, "scipy")
    assert process("list", more_env=env).stdout.count("\tconnect:") == len(ALGORITHMS)
    done = process("run", "connect:train", "--WORKSPACE=" + str(full), more_env=env)
    assert done.returncode == 1
    assert "scipy" in done.stdout + done.stderr and "python3-scipy" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    done = process("run", "connect:verifydraw", "--WORKSPACE=" + str(full), "--DATE=" + DATE, more_env=env)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("library, words", [("numpy", "numpy"), ("pandas", "pandas"),
                                            ("shapely", "shapely")])
def test_without_a_required_library_the_stub_names_it(process, tmp_path, library, words):
    done = process("list", more_env=shadow(tmp_path, library))
    assert "\tconnect:" not in done.stdout
    if "Couldn't load PyQGIS" in done.stderr:
        pytest.skip("this QGIS loads no Python at all without " + library)
    said = [line for line in done.stderr.splitlines() if line.startswith("ShotSpotter Connect needs")]
    assert len(said) == 1 and words in said[0] and "sudo apt install python3-" + library in said[0]
    # QGIS's own Processing plugin cannot start without numpy and says so with a trace; nothing of it is ours.
    assert "shotspotter_connect_plugin" not in done.stderr


def test_a_library_that_is_there_but_broken_gives_one_sentence(process, full, tmp_path):
    folder = tmp_path / "pandas"
    (folder / "core").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('numpy.dtype size changed', name='pandas')\n")
    done = process("run", "connect:verifydraw", "--WORKSPACE=" + str(full), "--DATE=" + DATE,
                   more_env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1
    assert "This needs the Python library pandas, which is missing or does not load" in done.stderr
