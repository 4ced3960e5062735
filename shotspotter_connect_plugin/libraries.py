"""Which Python libraries are here, found without importing them (an import would slow the start of QGIS)."""
from __future__ import annotations

import importlib.util
import os
import sys
from typing import Sequence

# Library -> (a part of it that a whole installation has, Debian package)
REQUIRED = {
    "numpy": ("linalg", "python3-numpy"),
    "pandas": ("core", "python3-pandas"),
    "shapely": ("geometry", "python3-shapely"),
    "osgeo": ("gdal.py", "python3-gdal"),
}
OPTIONAL = {
    "scipy": ("optimize", "python3-scipy"),
    "sklearn": ("ensemble", "python3-sklearn"),
    "reportlab": ("graphics", "python3-reportlab python3-renderpm"),
}
_WITHOUT = {
    "scipy": "Importing incidents and places, training and scoring need it; the other algorithms work.",
    "sklearn": "Forecasts of this version work without it (counts, kernel density, decayed counts, additive model); "
               "only the boosted trees of a later version will need it.",
    "reportlab": "Reports print tables without charts, and roll-call sheets no QR code; everything else works.",
}
_NAMES = {"osgeo": "GDAL for Python", "sklearn": "scikit-learn"}


def missing_required() -> list[str]:
    """Import names of the required libraries that are absent or not whole."""
    return [library for library in REQUIRED if not is_installed(library)]


def is_installed(library: str) -> bool:
    """Whether a library of this module's tables is there, judged by its files; nothing is imported."""
    try:
        spec = importlib.util.find_spec(library)
    except (ImportError, ValueError):
        return False
    part = {**REQUIRED, **OPTIONAL}[library][0]
    folders = (spec.submodule_search_locations or []) if spec else []
    return any(os.path.exists(os.path.join(folder, part)) for folder in folders)


def remarks() -> list[str]:
    """One text per optional library that is absent: what works without it, and how to get it."""
    return [f"The Python library {name_of(library)} is missing. {_WITHOUT[library]} {how_to_install([library])}"
            for library in OPTIONAL if not is_installed(library)]


def name_of(library: str) -> str:
    """The name people know a library by."""
    return _NAMES.get(library, library)


def how_to_install(libraries: Sequence[str]) -> str:
    """One sentence: how to get these libraries on this system."""
    known = {**REQUIRED, **OPTIONAL}
    if sys.platform.startswith("linux"):
        packages = " ".join(known[library][1] for library in libraries)
        return f"On Debian or Ubuntu run: sudo apt install {packages} - then start QGIS again."
    names = " ".join({"osgeo": "gdal", "sklearn": "scikit-learn"}.get(library, library) for library in libraries)
    if sys.platform == "darwin":
        return f"Install QGIS again from the all-in-one package for macOS, which brings {names}."
    packages = ", ".join("python3-" + name for name in names.split())
    return f"Open the OSGeo4W Setup that came with QGIS, choose the packages {packages} and start QGIS again."


def missing_sentence(libraries: Sequence[str]) -> str:
    """What is missing and what to do, for a message bar or a log."""
    names = ", ".join(name_of(library) for library in libraries)
    what = "library {} and did not find it" if len(libraries) == 1 else "libraries {} and did not find them"
    return f"ShotSpotter Connect needs the Python {what.format(names)}. {how_to_install(libraries)}"
