"""Files of map layers, opened so that nothing but the file named is read: never the network, never SQL of a stranger.

OGR opens far more than files of layers: a text file (VRT) can name any database or web service, a GeoJSON can name a
page that tells its coordinate system, a GeoPackage can hold views that run for ever. A file from somebody else is
opened by one of :data:`DRIVERS` only, after it was looked at here.
"""
from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections import deque
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Iterator

from osgeo import gdal

from ...errors import ConnectError, some
from ...forecast.crs import quiet

DRIVERS = ("GPKG", "GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON", "ESRI Shapefile", "OpenFileGDB", "MapInfo File",
           "FlatGeobuf", "KML", "LIBKML", "GPX", "CSV", "ODS", "XLSX", "DXF")
"""What agencies hand around, each a format that holds its rows itself.

Not among them: VRT, GML, WFS, OGC API and all databases and services, which name other sources; SQLite and SpatiaLite,
whose files live by views, triggers and virtual tables (a GeoPackage says the same without).
"""

_PACKED = {".gz": "/vsigzip/", ".zip": "/vsizip/", ".kmz": ""}
_WITHIN = re.compile(r"/vsi(?:zip|gzip)/(.+?\.(?:zip|gz))(?:/.*)?", re.I)
UNPACKED_BYTES, _RATIO = 1 << 28, 200
"""A packed file that unpacks to more than 256 MB and to more than 200 times its size was made to fill a disk."""
_OWN_TABLES = re.compile(r"\s*CREATE\s+VIRTUAL\s+TABLE\s.*\sUSING\s+(?:rtree|rtree_i32|fts3|fts4|fts5)\b", re.I | re.S)
_STANDARD_VIEWS = {"st_geometry_columns", "st_spatial_ref_sys", "geometry_columns", "spatial_ref_sys"}
"""Views that the standard itself once asked for; nothing of them is read."""
_DATABASE = re.compile(r".*?\.gdb(?=/)", re.I)
_CRS_KEY = re.compile(rb'"(?:c|\\u00[46]3)(?:r|\\u00[57]2)(?:s|\\u00[57]3)"\s*:\s*\{', re.I)
_CRS_LENGTH, _PART = 1 << 16, 1 << 22
MISSING_PART = ("{} came without its {} file, {}; give all files of the shapefile together (.shp, .shx, .dbf, .prj), "
                "in one folder or one ZIP.")
_KML_TRACK = re.compile(rb"<(?:\w+:)?(?:Multi)?Track\b")


def inside(path: str | Path) -> str:
    """Where GDAL finds what is packed in a file: of a ZIP its only GeoPackage, layer of several files (Shapefile, File
    Geodatabase, MapInfo) or folder of these, or GeoJSON, KML or GPX, if it has just one.

    Raises
    ------
    ConnectError
        When there is no such file, it is locked, unpacks to an absurd size, or holds layers in several folders, or a
        GeoPackage was packed while it was open.
    """
    within = _WITHIN.fullmatch(str(path))  # as QGIS names what is in a packed file
    if within and Path(within[1]).is_file():
        if within[1].lower().endswith(".zip"):
            check_unpacked(within[1])
        return str(path)
    # Absolute, so that GDAL takes no beginning of it for the name of a driver or a service.
    path = Path(path).absolute()
    if not path.exists() or str(path).startswith("/vsi"):
        raise ConnectError(f"There is no file {path}; check the path.")
    prefix = _PACKED.get(path.suffix.lower(), "")
    if path.suffix.lower() in (".zip", ".kmz") and path.is_file():
        check_unpacked(path)
    place = prefix + str(path)
    names = (gdal.ReadDirRecursive(place) or ()) if prefix == "/vsizip/" else ()
    packed = [name for name in names if name.lower().endswith(".gpkg")]
    if any(f"{name}-wal" in names and gdal.VSIStatL(f"{place}/{name}-wal").size for name in packed):
        raise ConnectError(f"{path.name} was packed while its GeoPackage was open; close the project on the phone "
                           "and send it again, or unpack it and name the GeoPackage.")
    names = [name for name in names if not name.startswith("__MACOSX")]
    packed = packed or _layers_among(names, Path(path).name) or [
        name for name in names if name.lower().endswith((".geojson", ".json", ".kml", ".gpx"))]
    return f"{place}/{packed[0]}" if len(packed) == 1 else place


def _layers_among(names: list[str], packed: str) -> list[str]:
    """Of the files in a ZIP the one layer of several files, or the one folder in which all such layers lie."""
    databases = sorted({found[0] for found in map(_DATABASE.match, names) if found})
    inner = [name for name in names if not _DATABASE.match(name)]
    stems = {name.lower() for name in inner}
    layers = databases + [name for name in inner if name.lower().endswith((".shp", ".mif", ".fgb"))
                          or name.lower().endswith(".tab") and name.lower()[:-4] + ".dat" in stems]
    folders = {str(PurePosixPath(name).parent) for name in layers}
    if len(layers) < 2 or folders == {"."}:
        return layers
    if len(folders) > 1 or databases:
        raise ConnectError(f"{packed} holds several layers: {some(layers)}. Unpack it, and give them one by one.")
    return list(folders)


def open_layers(path: str | Path) -> gdal.Dataset | None:
    """The data source of a file of layers, for reading only; None where none of the drivers knows the file.

    Raises
    ------
    ConnectError
        As :func:`inside`; when a GeoPackage holds views or virtual tables, a KML tracks, or a layer names a page of the
        network.
    """
    place = inside(path)
    name = Path(path).name
    with without_network(), quiet():
        try:
            driver = gdal.IdentifyDriverEx(place, gdal.OF_VECTOR, list(DRIVERS))
            if driver is None:
                return None
            if driver.ShortName == "ESRI Shapefile":
                _check_shapefile(place)
            if driver.ShortName == "GPKG":
                _check_geopackage(place, name)
            if driver.ShortName in ("KML", "LIBKML"):
                _check_kml(place, name)
            if driver.ShortName in ("GeoJSON", "TopoJSON", "ESRIJSON", "GeoJSONSeq"):
                _check_geojson(place, name)
            elif place.startswith("/vsigzip/"):
                deque(_parts(place, name), 0)  # for its size alone
            return gdal.OpenEx(place, gdal.OF_VECTOR | gdal.OF_READONLY, allowed_drivers=[driver.ShortName])
        except RuntimeError:  # GDAL raises where somebody, such as another plugin, asked it to
            return None


def is_readable(path: str | Path) -> bool:
    """Whether a file of layers is there that :func:`open_layers` opens."""
    try:
        return open_layers(path) is not None
    except ConnectError:
        return False


def ends_like_layers(path: str | Path) -> bool:
    """Whether a file is named like one of layers, packed or not, whatever it holds."""
    drivers = (gdal.GetDriverByName(name) for name in DRIVERS)
    endings = " ".join(driver.GetMetadataItem(gdal.DMD_EXTENSIONS) or "" for driver in drivers if driver is not None)
    return Path(path).suffix.lower() in {*_PACKED, ".gdb", *("." + ending for ending in endings.split())}


@contextmanager
def without_network() -> Iterator[None]:
    """GDAL as it is, but with no way out: files on the network are not allowed, and the web lies behind no proxy."""
    closed = {"CPL_VSIL_CURL_ALLOWED_FILENAME": "-", "GDAL_HTTP_PROXY": "127.0.0.1:0", "GDAL_HTTP_MAX_RETRY": "0",
              "OGR_GEOJSON_MAX_OBJ_SIZE": "200"}
    before = {name: gdal.GetThreadLocalConfigOption(name) for name in closed}
    for name, value in closed.items():
        gdal.SetThreadLocalConfigOption(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            gdal.SetThreadLocalConfigOption(name, value)


def check_unpacked(path: str | Path) -> None:
    """Raise one sentence where a ZIP (also an Excel file) is damaged, locked, or unpacks to an absurd size."""
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
            locked = any(part.flag_bits & 1 for part in packed.infolist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ConnectError(f"{path.name} is damaged or cut off; export it again.", repr(error)) from error
    if locked:
        raise ConnectError(f"{path.name} is locked by a password; unpack it yourself and give what is in it.")
    check_ratio(path.name, path.stat().st_size, size)


def check_ratio(name: str, packed: int, unpacked: int) -> None:
    """Raise one sentence where what was packed in a few bytes is absurdly large."""
    if unpacked > UNPACKED_BYTES and unpacked > _RATIO * packed:
        raise ConnectError(f"{name} unpacks to more than {_RATIO} times its size and was not read; unpack it "
                           "yourself and look what is in it.")


def has_part(place: str, ending: str) -> bool:
    """Whether the file of a shapefile with another ending lies beside it, in whatever case it is written."""
    stem = place[:-4]
    return any(gdal.VSIStatL(stem + written) is not None for written in (ending, ending.upper(), ending.capitalize()))


def _check_shapefile(place: str) -> None:
    """A shapefile is three files at least; GDAL would have to write the one that is missing."""
    if place.lower().endswith(".shp") and not has_part(place, ".shx"):
        raise ConnectError(MISSING_PART.format(PurePosixPath(place).name, ".shx", "without which it cannot be read"))


def _check_geopackage(place: str, name: str) -> None:
    """Views and virtual tables of a stranger are never read: what they do shows only when it is too late.

    Triggers stay unread as well: the file is opened for reading only, and only writing runs them.
    """
    with _on_disk(place, name) as path:
        try:
            with closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro&immutable=1", uri=True)
                         ) as connection:
                connection.execute("PRAGMA trusted_schema = OFF")
                made = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
                views = [view for kind, view, _ in made if kind == "view"]
                others = [view for view in views if view.lower() not in _STANDARD_VIEWS]
                if views and not others:  # then the list of layers is no view itself
                    named = connection.execute("SELECT table_name FROM gpkg_contents").fetchall()
                    layers = {str(layer).lower() for layer, in named}
                    others = [view for view in views if view.lower() in layers]
        except (sqlite3.Error, UnicodeError) as error:
            raise ConnectError(f"{name} is damaged; save it again or restore it from a copy.",
                               repr(error)) from error
    virtual = [table for kind, table, sql in made if kind == "table" and
               re.match(r"\s*CREATE\s+VIRTUAL", sql, re.I) and not _OWN_TABLES.match(sql)]
    if others or virtual:
        unreadable = "the view" if others else "the virtual table"
        raise ConnectError(f"{name} holds {unreadable} {(others or virtual)[0][:60]}, which is not read: save the "
                           "layer you need into a GeoPackage of its own.")


@contextmanager
def _on_disk(place: str, name: str) -> Iterator[str]:
    """A path that SQLite can open: what is packed is unpacked for as long as it is looked at."""
    if not place.startswith("/vsi"):
        yield place
        return
    with tempfile.NamedTemporaryFile(suffix=".gpkg") as file:
        for part in _parts(place, name):
            file.write(part)
        file.flush()
        yield file.name


def _parts(place: str, name: str) -> Iterator[bytes]:
    """The bytes of a file as GDAL unpacks it, part by part."""
    file = gdal.VSIFOpenL(place, "rb")
    if file is None:
        raise ConnectError(f"{name} cannot be read; export it again.")
    read, room = 0, shutil.disk_usage(tempfile.gettempdir()).free // 2
    packed = gdal.VSIStatL(re.sub(r"^/vsi(?:gzip|zip)/", "", place))
    try:
        while True:
            part = gdal.VSIFReadL(1, _PART, file)
            if not part:
                return
            read += len(part)
            check_ratio(name, packed.size if packed else read, read)
            if read > room and place.startswith("/vsi"):
                raise ConnectError(f"{name} is too large to be unpacked here; unpack it yourself.")
            yield bytes(part)
    finally:
        gdal.VSIFCloseL(file)


def _check_kml(place: str, name: str) -> None:
    """Tracks (gx:Track) are never given to GDAL: one with more times than places makes its driver end the program."""
    packed = place.lower().endswith(".kmz")
    names = gdal.ReadDirRecursive("/vsizip/" + place) or () if packed else ()
    for file in [f"/vsizip/{place}/{one}" for one in names if one.lower().endswith(".kml")] if packed else [place]:
        before = b""
        for part in _parts(file, name):
            text = before + part.replace(b"\0", b"")  # also of UTF-16
            if _KML_TRACK.search(text):
                raise ConnectError(f"{name} holds tracks, which are read as GPS of units only; for anything else save "
                                   "it as points.")
            before = text[-100:]


def _check_geojson(place: str, name: str) -> None:
    """A coordinate system may be named, but not by the address of a page that tells it."""
    before = b""
    for part in _parts(place, name):
        text = before + part
        for found in _CRS_KEY.finditer(text):
            if found.end() + _CRS_LENGTH > len(text) and len(part) == _PART:
                continue  # it comes again, whole, with the next part
            if _is_link(text[found.end() - 1:found.end() + _CRS_LENGTH]):
                raise ConnectError(f"{name} names its coordinate system by an address on the network, which is not "
                                   "asked; save it with a code such as EPSG:4326.")
        before = text[-2 * _CRS_LENGTH:]


def _is_link(text: bytes) -> bool:
    try:
        value, _ = json.JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return True  # longer than any coordinate system, or none: better not let GDAL try
    kinds = {str(kind).lower() for key, kind in value.items() if key.lower() == "type"}
    return any(kind.startswith(("link", "url")) for kind in kinds)
