"""What all tests share: the repository on the path, the sample, and the real data where it is at hand."""
import hashlib
import importlib.util
import itertools
import os
import sys
from pathlib import Path

import hypothesis
import pytest
from disks import full_disk  # noqa: F401 a fixture for all
from examples import left_out
from held_files import windows_files  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent

# pyproj, which only tests use, looks for its data below the prefix of the environment; the system's lie elsewhere.
if "dist-packages" in (importlib.util.find_spec("pyproj").origin or ""):
    os.environ.setdefault("PROJ_DATA", os.path.join(sys.base_prefix, "share", "proj"))

# The same examples in every run, so that a change is judged by what it changes; CONNECT_TEST_SEED looks for others. How
# fast a machine is decides nothing: benchmarks measure speed.
hypothesis.settings.register_profile("connect", derandomize="CONNECT_TEST_SEED" not in os.environ, deadline=None,
                                     suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("connect")


def pytest_collection_modifyitems(config, items):
    gone = left_out(items)
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in set(gone)]


class Seeds:
    """Seeds of lotteries that are the same in every run: of the session, of a module's fixtures, of one test.

    ``CONNECT_TEST_SEED`` (any text) makes others; what a test says must hold for all of them.
    """

    def __init__(self):
        self._owner, self._counts = "session", {}

    def owned_by(self, owner):
        """Give seeds to another owner -> the one before."""
        before, self._owner = self._owner, owner
        return before

    def new(self):
        """Give the next seed, in the place of ``patrol.seeds.new_seed``."""
        number = next(self._counts.setdefault(self._owner, itertools.count()))
        text = "{}:{}:{}".format(os.environ.get("CONNECT_TEST_SEED", ""), self._owner, number)
        return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="session", autouse=True)
def _seeds():
    from shotspotter_connect_plugin.patrol import seeds

    made = Seeds()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seeds, "new_seed", made.new)
        yield made


@pytest.fixture(scope="module", autouse=True)
def _seeds_of_module(_seeds, request):
    before = _seeds.owned_by(request.node.nodeid)
    yield
    _seeds.owned_by(before)


@pytest.fixture(autouse=True)
def _seeds_of_test(_seeds, request):
    before = _seeds.owned_by(request.node.nodeid)
    yield
    _seeds.owned_by(before)


@pytest.fixture(scope="session")
def root():
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def sample():
    """Folder of the sample data that ships with the plugin."""
    return ROOT / "shotspotter_connect_plugin" / "resources" / "sample"


@pytest.fixture(scope="session")
def real_data():
    """A function that gives the path of a real published file, or skips the test where it is not at hand."""
    folder = Path(os.environ.get("CONNECT_DATA", ROOT.parent / "shared" / "data"))

    def path_of(name):
        if not (folder / name).exists():
            pytest.skip(f"needs {name}; set CONNECT_DATA to the folder that holds it")
        return folder / name
    return path_of


@pytest.fixture(params=[False, True], ids=["errors are returned", "errors are raised"])
def gdal_errors(request):
    """GDAL tells failures in two ways, and any plugin may have chosen the other."""
    from osgeo import gdal, ogr, osr

    before = [module for module in (gdal, ogr, osr) if module.GetUseExceptions()]
    for module in (gdal, ogr, osr) if request.param else before:
        module.UseExceptions() if request.param else module.DontUseExceptions()
    yield
    for module in (osr, ogr, gdal):  # the last that was switched on goes first
        if module in before:
            module.UseExceptions()
        elif module.GetUseExceptions():
            module.DontUseExceptions()
