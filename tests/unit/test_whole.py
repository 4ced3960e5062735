"""A file that was cut off, or has a hole, is not whole, wherever that is."""
import random
import shutil
import struct
import zipfile
import zlib

import pytest
from osgeo import ogr, osr

from shotspotter_connect_plugin import file_checks


def a_pdf(pages=3):
    """As small as a document can be, with the words that QGIS's own have."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<<\n/Type /Pages\n/Kids [] /Count {pages}\n>>"]
    objects += ["<<\n/Type /Page\n/Parent 2 0 R\n>>"] * pages
    content, places = "%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(content))
        content += f"{number} 0 obj\n{text}\nendobj\n"
    start = len(content)
    content += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n"
    content += "".join(f"{place:010d} 00000 n \n" for place in places)
    content += f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return content.encode()


def a_png():
    def part(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    rows = b"".join(b"\0" + bytes(range(30)) for _ in range(10))
    return (b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", 10, 10, 8, 2, 0, 0, 0))
            + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))


def a_layer(path, driver, count=50):
    degrees = osr.SpatialReference()
    degrees.ImportFromEPSG(4326)
    source = ogr.GetDriverByName(driver).CreateDataSource(str(path))
    layer = source.CreateLayer("waypoints" if driver == "GPX" else "plan", degrees, ogr.wkbPoint)
    if driver != "GPX":
        layer.CreateField(ogr.FieldDefn("name", ogr.OFTString))
    for number in range(count):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField("name", f"box {number}")
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT (-77 {38 + number / 1000})"))
        layer.CreateFeature(feature)
    feature = layer = source = None  # noqa: F841 closing writes


def made(kind, folder):
    """(path, check that must pass, checks of the same kind that must not)."""
    path = folder / ("made." + kind)
    if kind == "pdf":
        path.write_bytes(a_pdf())
        return path, file_checks.pdf(3), [file_checks.pdf(2), file_checks.pdf(0)]
    if kind == "png":
        path.write_bytes(a_png())
        return path, file_checks.png, []
    if kind == "csv":
        path.write_bytes(b"a,b\n" * 20)
        return path, file_checks.has_lines(20), [file_checks.has_lines(19)]
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as content:
            for name in ("a.txt", "b.txt"):
                content.writestr(name, name * 1000)
        return path, file_checks.archive(["a.txt", "b.txt"]), [file_checks.archive(["a.txt"])]
    a_layer(path, {"geojson": "GeoJSON", "kml": "LIBKML", "gpx": "GPX", "gpkg": "GPKG"}[kind])
    names = {"gpx": "waypoints"}.get(kind, "plan")
    wrong = [file_checks.layers(layers) for layers in ({names: 49}, {"other": 0}, 1)]
    return path, file_checks.layers({names: 50}), wrong


KINDS = ["pdf", "png", "csv", "zip", "geojson", "kml", "gpx", "gpkg"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_is_whole(kind, tmp_path):
    path, check, others = made(kind, tmp_path)
    before = path.read_bytes()
    check(path)
    for other in others:
        with pytest.raises(Exception):
            other(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_was_cut_off_is_not(kind, tmp_path):
    path, check, _ = made(kind, tmp_path)
    content = path.read_bytes()
    whole_size = len(content.rstrip())
    generator = random.Random(5)
    for size in {0, 1, whole_size // 2, whole_size - 1, *generator.sample(range(whole_size), 20)}:
        path.write_bytes(content[:size])
        with pytest.raises(Exception):
            check(path)


@pytest.mark.parametrize("kind", ["pdf", "png", "zip", "csv", "geojson", "kml", "gpx"])
def test_a_file_that_lacks_a_part_in_the_middle_is_not(kind, tmp_path):
    path, check, _ = made(kind, tmp_path)
    content = path.read_bytes()
    third = len(content) // 3
    path.write_bytes(content[:third] + content[third + 7:])
    with pytest.raises(Exception):
        check(path)


def test_a_missing_file_is_not(tmp_path):
    for check in (file_checks.pdf(1), file_checks.png, file_checks.has_lines(0), file_checks.archive([]),
                  file_checks.layers(0)):
        with pytest.raises(Exception):
            check(tmp_path / "missing.gpkg")
    shutil.rmtree(tmp_path)
