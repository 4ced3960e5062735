"""What all tests share: the repository on the path, the sample, and the real data where it is at hand."""
import importlib.util
import os
import sys
from pathlib import Path

import pytest
from disks import full_disk  # noqa: F401 a fixture for all
from held_files import windows_files  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# pyproj, which only tests use, looks for its data below the prefix of the environment; the system's lie elsewhere.
if "dist-packages" in (importlib.util.find_spec("pyproj").origin or ""):
    os.environ.setdefault("PROJ_DATA", os.path.join(sys.base_prefix, "share", "proj"))


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
            pytest.skip("needs {}; set CONNECT_DATA to the folder that holds it".format(name))
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
