"""The record of every run that did its work: who, when, with what."""
from __future__ import annotations

import hashlib
import platform
import re
import time
import uuid
from configparser import ConfigParser
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Iterable, Iterator, Mapping

import pandas as pd
from osgeo import gdal, osr

from ...errors import ConnectError
from .roles import account

if TYPE_CHECKING:
    from .workspace import Workspace

__all__ = ["Run", "account", "data_hash", "file_hash", "library_versions", "recorded", "stream_hash",
           "without_secrets"]

DONE, STOPPED = "done", "stopped"
"""``runs.result``: of a run that succeeded, and of one that failed after something was changed for good."""
_METADATA = Path(__file__).resolve().parents[2] / "metadata.txt"
_LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "shapely")
_SECRET_NAME = re.compile(r"passw|secret|token|credential|api_?key", re.IGNORECASE)
_SECRET_PAIR = re.compile(r"""(\w*(?:passw|secret|token|credential|api_?key)\w*["']?\s*[=:]\s*)"""
                          r"""('[^']*'|"[^"]*"|[^\s&;,}]+)""", re.IGNORECASE)
_SECRET_ADDRESS = re.compile(r"(\w+://[^\s/:@]*):[^\s/]*@")


@dataclass
class Run:
    """What a run wants remembered: what it counted, and the answers by which it read a file, whether given with this
    run or with an earlier one; fill both while it lasts."""

    counts: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)


@contextmanager
def recorded(workspace: Workspace, algorithm: str, parameters: Mapping[str, Any], inputs: Iterable[str | Path] = (),
             versions: Mapping[str, str] | None = None) -> Iterator[Run]:
    """Record one run of an algorithm in ``runs`` once it has succeeded.

    One that fails leaves the workspace untouched, unless a step of it was kept before that: then it is recorded as one
    that stopped, so that whatever was changed has a run. A workspace that can only be read keeps no record.

    Parameters
    ----------
    workspace : Workspace
    algorithm : str
        Its id.
    parameters : dict
        As given; anything that looks like a password is left out.
    inputs : iterable of path
        Files it reads; their SHA-256 is kept by file name, without folder.
    versions : dict, optional
        Versions of programs around it, such as QGIS.

    Yields
    ------
    Run
    """
    run, started, clock = Run(), pd.Timestamp.now(tz="UTC"), time.monotonic()
    row = {
        "run_id": uuid.uuid4().hex, "started_utc": started, "who": account(), "algorithm": algorithm,
        "parameters": without_secrets(dict(parameters)), "versions": {**library_versions(), **(versions or {})},
        "input_hashes": {Path(path).name: file_hash(path) for path in inputs if Path(path).is_file()},
    }
    changes = workspace.changes
    try:
        yield run
    except BaseException:
        if workspace.changes > changes:
            with suppress(ConnectError):  # the first error is the one to tell
                _keep(workspace, row, run, clock, STOPPED)
        raise
    if not workspace.read_only:
        _keep(workspace, row, run, clock, DONE)


def _keep(workspace: Workspace, row: dict[str, Any], run: Run, clock: float, result: str) -> None:
    row.update(seconds=time.monotonic() - clock, counts=run.counts, result=result)
    if run.answers:
        row["parameters"] = {**row["parameters"], "answers": without_secrets(run.answers)}
    with workspace.transaction() as writer:
        writer.append("runs", pd.DataFrame([row]))


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with open(path, "rb") as file:
        return stream_hash(file)


def stream_hash(stream: IO[bytes]) -> str:
    """SHA-256 of what is left of a stream, hexadecimal."""
    digest = hashlib.sha256()
    for part in iter(lambda: stream.read(1 << 20), b""):
        digest.update(part)
    return digest.hexdigest()


_PARTS = {".shp": (".dbf", ".prj", ".cpg"), ".tab": (".dat", ".map"), ".mif": (".mid",)}
"""Of a layer of several files the others that say what its rows are."""


def data_hash(path: str | Path) -> str:
    """SHA-256, hexadecimal, of all that a file of rows is: with the other files of a shapefile or of MapInfo, of a
    folder (File Geodatabase) all that is in it."""
    path = Path(path)
    if path.is_dir():
        parts = sorted(part for part in path.rglob("*") if part.is_file() and part.suffix != ".lock")
    else:
        wanted = {path.stem.lower() + ending for ending in _PARTS.get(path.suffix.lower(), ())}
        beside = sorted(part for part in path.parent.iterdir() if part.name.lower() in wanted) if wanted else []
        if not beside:
            return file_hash(path)
        parts = [path, *beside]
    told = "".join(f"{part.suffix.lower()} {file_hash(part)}\n" for part in parts)
    return hashlib.sha256(told.encode()).hexdigest()


def library_versions() -> dict[str, str]:
    """Versions of the plugin, of Python and of the libraries that are installed."""
    about = ConfigParser()
    about.read(_METADATA, encoding="utf-8")
    versions = {"plugin": about.get("general", "version", fallback="unknown"), "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    # GDAL is asked itself: its Python package may stand in no list of installed packages, and PROJ never does.
    proj = (osr.GetPROJVersionMajor(), osr.GetPROJVersionMinor(), osr.GetPROJVersionMicro())
    return {**versions, "GDAL": gdal.__version__, "PROJ": ".".join(map(str, proj))}


def without_secrets(value: Any) -> Any:
    """The same value without anything that looks like a password, at any depth."""
    if isinstance(value, dict):
        return {key: "***" if _SECRET_NAME.search(str(key)) else without_secrets(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(item) for item in value]
    if isinstance(value, str):
        return _SECRET_ADDRESS.sub(r"\1:***@", _SECRET_PAIR.sub(r"\1***", value))
    return value if isinstance(value, (int, float, bool, type(None))) else str(value)
