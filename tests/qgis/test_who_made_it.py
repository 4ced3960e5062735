"""No file that leaves the workspace names the account, the machine or the home folder of whoever made it."""
import getpass
import os
import re
import socket
import stat
import zipfile
import zlib
from pathlib import Path

import pytest
from qgis_runs import DATE

NAME, FULL_NAME = "account.of.tests", "Somebody Who Ran It"


@pytest.fixture
def somebody(monkeypatch, qgis_app):
    """QGIS and the system take this for whoever runs it."""
    from qgis.core import QgsApplication

    for variable in ("LOGNAME", "USER", "USERNAME", "LNAME"):
        monkeypatch.setenv(variable, NAME)
    own = {QgsApplication.userLoginName(), QgsApplication.userFullName(), getpass.getuser(), NAME, FULL_NAME}
    return own | {socket.gethostname(), os.path.expanduser("~")}


def pieces(path):
    """(name, bytes) of a file, of the files in it where it is a ZIP, and of the streams in it where it is a PDF."""
    content = path.read_bytes()
    yield path.name, content
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                inner = path.parent / "inner" / Path(name).name
                inner.parent.mkdir(exist_ok=True)
                inner.write_bytes(archive.read(name))
                yield from pieces(inner)
    if content.startswith(b"%PDF"):
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.S):
            try:
                yield path.name + " stream", zlib.decompressobj().decompress(stream)
            except zlib.error:
                yield path.name + " stream", stream


def test_nothing_made_names_who_made_it(run, full, tmp_path, somebody):
    made = tmp_path / "made"
    made.mkdir()
    day = {"WORKSPACE": str(full), "DATE": DATE}
    run("daily", OUTPUT=str(made), **day)
    run("rollcall", SHIFT="evening", OUTPUT=str(made / "sheets.png"), **day)
    run("rollcall", SHIFT="evening", OUTPUT=str(made / "sheets.csv"), **day)
    for kind, ending in (("geojson", "geojson"), ("kml", "kml"), ("gpx", "gpx"), ("xlsx", "xlsx"), ("package", "json"),
                         ("qfield", "zip")):
        run("exportplan", SHIFT="evening", FORMAT=kind, OUTPUT=str(made / ("plan_of." + ending)), **day)
    period = {"WORKSPACE": str(full), "FROM": DATE, "TO": DATE}
    run("exposurereport", OUTPUT=str(made / "exposure.pdf"), PUBLIC_PACK=str(made / "pack.zip"), **period)
    run("verifydraw", EXPORT=str(made / "draws"), **day)
    files = [path for path in made.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".pdf", ".png", ".csv", ".gpkg", ".qgz", ".geojson", ".kml", ".gpx",
                                               ".xlsx", ".json", ".zip"}
    found = {(name, word) for path in files for name, content in pieces(path) for word in somebody
             for encoded in (word.encode(), word.encode("utf-16-be"))
             if len(word) > 2 and re.search(rb"(?<![\w.])" + re.escape(encoded) + rb"(?!\w)", content)}
    assert found == set()
    for pdf in made.glob("*.pdf"):
        creator = re.search(rb"<dc:creator>(.*?)</dc:creator>", pdf.read_bytes(), re.S)
        assert creator is None or not re.sub(rb"<[^>]*>", b"", creator[1]).strip()


@pytest.mark.skipif(os.name != "posix", reason="modes as on POSIX systems")
def test_new_files_of_a_workspace_are_their_owners(run, data, sample, tmp_path):
    before = os.umask(0)
    try:
        path = tmp_path / "agency.gpkg"
        run("createworkspace", WORKSPACE=str(path), JURISDICTION=str(data / "beats.gpkg"), TIMEZONE="UTC",
            SETTINGS=str(sample / "configuration.json"))
        run("configure", WORKSPACE=str(path), EXPORT=str(tmp_path / "shared.json"))
    finally:
        os.umask(before)
    modes = {item.name: stat.S_IMODE(item.stat().st_mode) for item in tmp_path.iterdir()}
    assert modes.pop("shared.json") == 0o666
    assert set(modes.values()) == {0o600}, modes
