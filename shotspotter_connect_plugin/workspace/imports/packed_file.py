"""ZIP files that hold one file of rows."""
from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from ...errors import ConnectError, some
from ..store.layer_file import check_unpacked

_ROWS = frozenset(".csv .txt .tsv .tab .log .xlsx .xlsm .json .jsonl .ndjson .geojson .gpx .kml .nmea .xml .rpt "
                  ".psv".split())
_LAYERS = (".gpkg", ".shp", ".tab", ".mif", ".fgb", ".gdbtable", ".dxf")
"""What OGR opens within a ZIP itself."""


def member_of(path: Path) -> str:
    """The name of the one file of rows in a ZIP; empty where it is none, or one of map layers, which OGR opens.

    Raises
    ------
    ConnectError
        When it is damaged, holds several files or none that can be read, or unpacks to an absurd size.
    """
    if path.suffix.lower() not in (".zip", ".kmz") or not path.is_file():
        return ""
    check_unpacked(path)
    with zipfile.ZipFile(path) as packed:
        names = [part.filename for part in packed.infolist() if not part.is_dir()]
    names = [name for name in names if not name.startswith("__MACOSX") and
             not PurePosixPath(name).name.startswith(".")]
    if any(name.lower().endswith(_LAYERS) for name in names):
        return ""
    found = [name for name in names if PurePosixPath(name).suffix.lower() in _ROWS]
    if path.suffix.lower() == ".kmz":
        found = [name for name in found if name.lower().endswith(".kml")][:1]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConnectError(f"{path.name} holds no file that can be read ({some(names) or 'it is empty'}); unpack it "
                           "and give CSV, Excel or a map layer.")
    raise ConnectError(f"{path.name} holds several files: {some(found)}. Unpack it, and give them one by one.")


def open_member(packed: zipfile.ZipFile, path: Path) -> IO[bytes]:
    """The one file of rows in an open ZIP, unpacked as it is read."""
    try:
        return packed.open(member_of(path))
    except (RuntimeError, NotImplementedError) as error:
        raise ConnectError(f"{path.name} is locked by a password or packed in a way that is not known; unpack it "
                           "yourself.", repr(error)) from error
