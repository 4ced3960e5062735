"""Opens a finished file again: is it whole? Checks for :func:`~.files.replacing`, by kind of file.

Each function gives a check, or is one: it takes the path of a file and raises an error where the file is not whole.
They read what was written, to its end, and trust no writer's word that it succeeded.
"""
from __future__ import annotations

import re
import struct
import zipfile
import zlib
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Iterable, Iterator, Mapping

from .files import Check, NotWhole

_PNG = b"\x89PNG\r\n\x1a\n"
_END_OF_PDF = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
_PLACES = re.compile(rb"xref\s+0 \d+\s+((?:\d{10} \d{5} [nf]\s+)+)trailer\b")
_PLACE = re.compile(rb"(\d{10}) \d{5} ([nf])")
_PAGES = re.compile(rb"/Type\s*/Page\b(?!s)")
_CLOSED_BY = {".gpx": b"</gpx>", ".kml": b"</kml>", ".geojson": b"}"}
"""How texts end, which the readers of OGR do not always miss."""


def has_lines(count: int) -> Check:
    """Check of a text of so many lines, each with its end; a line break within quotes of a CSV is one more."""
    def check(path: Path) -> None:
        found, last = 0, b"\n"
        with open(path, "rb") as file:
            for part in iter(lambda: file.read(1 << 20), b""):
                found, last = found + part.count(b"\n"), part[-1:]
        _same("lines", found, count)
        _same("end", last, b"\n")
    return check


def archive(names: Iterable[str]) -> Check:
    """Check of a ZIP that holds files of these names, each as its sum says."""
    def check(path: Path) -> None:
        with zipfile.ZipFile(path) as content:
            _same("files", sorted(content.namelist()), sorted(names))
            _same("damaged file", content.testzip(), None)
    return check


def png(path: Path) -> None:
    """Check of a picture: every part as its sum says, the last one its end, and pixels that unpack."""
    content, place, pixels, kind = path.read_bytes(), len(_PNG), zlib.decompressobj(), b""
    _same("kind", content[:place], _PNG)
    while place < len(content):
        size, kind = struct.unpack(">I4s", content[place:place + 8])
        end = place + 8 + size
        _same("sum", struct.unpack(">I", content[end:end + 4])[0], zlib.crc32(content[place + 4:end]))
        if kind == b"IDAT":
            pixels.decompress(content[place + 8:end])
        place = end + 4
    _same("end", (kind, pixels.eof), (b"IEND", True))


def pdf(pages: int) -> Check:
    """Check of a document of so many pages: its end is there, and every object stands where its list says."""
    def check(path: Path) -> None:
        content = path.read_bytes()
        end = _END_OF_PDF.search(content)
        listed = _PLACES.match(content, int(end[1])) if end else None
        if listed is None:
            raise NotWhole("no end, or no list of its objects")
        for number, (place, kind) in enumerate(_PLACE.findall(listed[1])):
            head = b"%d 0 obj" % number
            if kind == b"n":
                _same("object", content[int(place):int(place) + len(head)], head)
        _same("pages", len(_PAGES.findall(content)), pages)
    return check


def layers(counts: Mapping[str, int] | int) -> Check:
    """Check of a file of OGR: ``counts`` is the number of features by layer, or that of its one layer."""
    def check(path: Path) -> None:
        from osgeo import gdal

        if path.suffix.lower() == ".gpkg":
            _database(path)
        _same("end", _ends_well(path), True)
        with _quiet():
            source = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_READONLY)
            for name, count in counts.items() if isinstance(counts, dict) else [(0, counts)]:
                layer = source.GetLayer(name)
                _same(f"features of {name}", sum(1 for _ in layer), count)
            layer = source = None  # closed before it is moved
    return check


def _ends_well(path: Path) -> bool:
    """Whether a text has its last word; other files have their own ways."""
    last = _CLOSED_BY.get(path.suffix.lower(), b"")
    with open(path, "rb") as file:
        file.seek(-min(64, path.stat().st_size), 2)
        return file.read().rstrip().endswith(last)


def _database(path: Path) -> None:
    import sqlite3

    with closing(sqlite3.connect(path)) as connection:
        _same("pages", connection.execute("PRAGMA quick_check(1)").fetchone()[0], "ok")


@contextmanager
def _quiet() -> Iterator[None]:
    """GDAL prints nothing meanwhile."""
    from osgeo import gdal

    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        yield
    finally:
        gdal.PopErrorHandler()


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise NotWhole(f"{what}: {found} in place of {wanted}")
