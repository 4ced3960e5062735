"""ZIP files that hold one file of rows."""
from __future__ import annotations

import re
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO

from ...errors import ConnectError, some
from ..store.layer_file import check_unpacked

_ROWS = frozenset(".csv .txt .tsv .tab .log .xlsx .xlsm .json .jsonl .ndjson .geojson .gpx .kml .nmea .xml .rpt "
                  ".psv".split())
_EXPLAINS = re.compile(r"read.?me|licen[cs]e|terms|metadata|dictionary|codebook|schema|disclaimer|documentation|"
                       r"liesmich|lizenz|lisez", re.I)
_OF_LINES = frozenset(".csv .txt .tsv .tab .log .jsonl .ndjson .nmea .rpt .psv".split())
_COUNTED = 64 << 20
"""Bytes of which lines are counted, in about half a second."""
_LAYERS = (".gpkg", ".shp", ".mif", ".fgb", ".gdbtable", ".dxf")
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
    names = _names(path)
    if _holds_layers(names):
        return ""
    found = _main([name for name in names if PurePosixPath(name).suffix.lower() in _ROWS])
    if path.suffix.lower() == ".kmz":
        found = [name for name in found if name.lower().endswith(".kml")][:1]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConnectError(f"{path.name} holds no file that can be read ({some(names) or 'it is empty'}); unpack it "
                           "and give CSV, Excel or a map layer.")
    raise ConnectError(f"{path.name} holds several files: {some(found)}. Unpack it, and give them one by one.")


def unread_in(path: Path) -> list[str]:
    """Files of rows in a ZIP of which nothing is read, because another one is, or its layers are."""
    if path.suffix.lower() not in (".zip", ".kmz") or not path.is_file():
        return []
    names = _names(path)
    layers = {name.lower().rpartition(".")[0] for name in names if _is_layer(name, names)}
    read = member_of(path)
    return [name for name in names if name != read and PurePosixPath(name).suffix.lower() in _ROWS
            and name.lower().partition(".")[0] not in layers and ".gdb/" not in name.lower()]


def only_explains(name: str) -> bool:
    """Whether a file in a ZIP explains others, by its name, and holds no rows."""
    return bool(_EXPLAINS.search(PurePosixPath(name).name))


def lines_in(path: Path, name: str) -> str:
    """How many lines a text in a ZIP has, in words; empty of other files, and where that is not soon told."""
    if PurePosixPath(name).suffix.lower() not in _OF_LINES:
        return ""
    with suppress(OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error), \
            zipfile.ZipFile(path) as packed, packed.open(name) as stream:
        lines = left = 0
        last = b"\n"
        while left < _COUNTED and (block := stream.read(1 << 20)):
            lines, left, last = lines + block.count(b"\n"), left + len(block), block[-1:]
        lines += last != b"\n"
        return f"more than {lines:,} lines" if stream.read(1) else f"{lines:,} lines" if lines != 1 else "1 line"
    return ""


def _names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as packed:
        names = [part.filename for part in packed.infolist() if not part.is_dir()]
    return [name for name in names if not name.startswith("__MACOSX") and
            not PurePosixPath(name).name.startswith(".")]


def _holds_layers(names: list[str]) -> bool:
    return any(_is_layer(name, names) for name in names)


def _is_layer(name: str, names: list[str]) -> bool:
    """Whether OGR opens a file within a ZIP; a .tab without its .dat is a text with tabs."""
    small = name.lower()
    return small.endswith(_LAYERS) or small.endswith(".tab") and small[:-4] + ".dat" in map(str.lower, names)


def _main(found: list[str]) -> list[str]:
    """Of the files of a ZIP those with rows: what explains others, by its name or as a text beside a table, is left."""
    for is_beside in (_EXPLAINS.search, lambda name: name.lower().endswith((".txt", ".xml", ".log"))):
        rest = [name for name in found if not is_beside(PurePosixPath(name).name)]
        found = rest or found
        if len(found) == 1:
            break
    return found


def open_member(packed: zipfile.ZipFile, path: Path) -> IO[bytes]:
    """The one file of rows in an open ZIP, unpacked as it is read."""
    try:
        return packed.open(member_of(path))
    except (RuntimeError, NotImplementedError) as error:
        raise ConnectError(f"{path.name} is locked by a password or packed in a way that is not known; unpack it "
                           "yourself.", repr(error)) from error
