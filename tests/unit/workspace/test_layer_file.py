"""A file of layers from a stranger is read and nothing else: no connection, no SQL, no bomb; a server that listens
here would know."""
import gzip
import socket
import sqlite3
import threading
import zipfile
from contextlib import closing

import pytest
from osgeo import ogr, osr

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.preview import importable_parts, preview_file
from shotspotter_connect_plugin.workspace.imports.readers import open_source
from shotspotter_connect_plugin.workspace.store import layer_file
from shotspotter_connect_plugin.workspace.store.layer_file import open_layers
from shotspotter_connect_plugin.workspace.store.layers import read_vector
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

FEATURES = ('"features":[{"type":"Feature","properties":{"unit":"a","at":"2017-06-01T12:00:00Z"},'
            '"geometry":{"type":"Point","coordinates":[-77.01,38.9]}}]')
LINK = '{"type":"%s","properties":{"href":"URL","url":"URL","type":"ogcwkt"}}'


@pytest.fixture
def server():
    """(address of a server on this machine, list of what it was asked)."""
    asked = []
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                asked.append(connection.getpeername())
                connection.close()
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/x", asked


VRT = ('<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/URL.geojson</SrcDataSource></OGRVRTLayer>'
       "</OGRVRTDataSource>")
REACHING = {
    **{"virtual" + ending: VRT for ending in (".vrt", ".shp", ".json", ".gpx", ".kml", ".gpkg", ".xml", ".gdb", "")},
    "wfs.xml": "<OGRWFSDataSource><URL>URL</URL></OGRWFSDataSource>",
    "schema.gml": '<ogr:FeatureCollection xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ogr='
                  '"http://ogr.maptools.org/" xsi:schemaLocation="http://x URL"/>',
    "link.geojson": '{"type":"FeatureCollection","crs":' + LINK % "link" + "," + FEATURES + "}",
    "hidden.geojson": '{"type":"FeatureCollection",' + FEATURES + ',"\\u0063rS" : ' + LINK % "l\\u0069nk" + "}",
    "url.geojson": '{"type":"FeatureCollection",' + FEATURES + ',"CRS":' + (LINK % "Url").replace("type", "TYPE") + "}",
    "far.geojson": '{"type":"FeatureCollection","name":"' + "x" * (1 << 22) + '","crs":' + LINK % "link" + ","
                   + FEATURES + "}",
    "topo.json": '{"type":"Topology","crs":' + LINK % "link" + ',"objects":{"a":{"type":"Point","coordinates":[0,0]}},'
                 '"arcs":[]}',
    "entity.kml": '<!DOCTYPE kml [<!ENTITY e SYSTEM "URL">]><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
                  "<Placemark><name>&e;</name><Point><coordinates>-77.01,38.9</coordinates></Point></Placemark>"
                  "</Document></kml>",
}
DECLARED = ('<!DOCTYPE gpx [<!ENTITY e SYSTEM "URL">]><gpx version="1.1"><trk><name>&e;</name><trkseg><trkpt '
            'lat="38.9" lon="-77.01"><time>2017-06-01T12:00:00Z</time></trkpt></trkseg></trk></gpx>')
HARMLESS = {
    "linked.kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>URL</href></Link>'
                  "</NetworkLink><Placemark><styleUrl>URL#x</styleUrl><TimeStamp><when>2017-06-01T12:00:00Z</when>"
                  "</TimeStamp><Point><coordinates>-77.01,38.9</coordinates></Point></Placemark></Document></kml>",
    "named.geojson": '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"URL"}},' + FEATURES + "}",
    "feature.geojson": '{"type":"FeatureCollection",' + FEATURES.replace('"unit"', '"crs":{"a":"link"},"unit"') + "}",
}


def everything(workspace, path):
    """What each reader makes of a path: "" where it is read, else its sentence."""
    found = []
    for read in (open_source, read_vector, lambda path: import_gps(workspace, path)):
        try:
            read(path)
            found.append("")
        except ConnectError as error:
            found.append(error.user)
    importable_parts(path)
    found.append(" ".join(preview_file(workspace, str(path)).problems))
    return found


@pytest.mark.parametrize("name", REACHING)
def test_no_file_reaches_the_network(city, server, tmp_path, name):
    address, asked = server
    path = tmp_path / name
    path.write_text(REACHING[name].replace("URL", address))
    sentences = everything(city("dc"), path)
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.write(path, name)
    sentences += everything(city("dc"), tmp_path / "packed.zip")
    with gzip.open(str(path) + ".gz", "wb") as packed:
        packed.write(path.read_bytes())
    sentences += everything(city("dc"), str(path) + ".gz")
    assert all(sentence.endswith(".") and len(sentence) <= 300 for sentence in sentences) and asked == []


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_mentions_an_address_is_read_without_asking_it(city, server, tmp_path, name):
    address, asked = server
    path = tmp_path / name
    path.write_text(HARMLESS[name].replace("URL", address))
    assert import_gps(city("dc"), path).added == 1
    assert asked == []


def test_a_track_that_declares_what_it_names_is_refused_without_asking(city, server, tmp_path):
    address, asked = server
    path = tmp_path / "entity.gpx"
    path.write_text(DECLARED.replace("URL", address))
    with pytest.raises(ConnectError, match="declares a document type"):
        import_gps(city("dc"), path)
    assert asked == []


@pytest.mark.parametrize("path", [
    "/vsicurl/URL.geojson", "/vsicurl_streaming/URL.csv", "/vsizip//vsicurl/URL.zip", "URL.geojson", "WFS:URL",
    "GeoJSON:URL", "PG:host=127.0.0.1", "MySQL:x", "postgres://127.0.0.1/x"])
def test_an_address_is_no_file(city, server, path):
    address, asked = server
    assert all("There is no file" in sentence for sentence in everything(city("dc"), path.replace("URL", address)))
    with pytest.raises(ConnectError, match="There is no file"):
        open_layers(path.replace("URL", address))
    assert asked == []


def geopackage(path, *statements):
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    degrees = osr.SpatialReference()
    degrees.ImportFromEPSG(4326)
    layer = source.CreateLayer("gps_fixes", degrees, ogr.wkbPoint)
    for name in ("unit", "at"):
        layer.CreateField(ogr.FieldDefn(name))
    feature = ogr.Feature(layer.GetLayerDefn())
    feature["unit"], feature["at"] = "a", "2017-06-01T12:00:00Z"
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT(-77.01 38.9)"))
    layer.CreateFeature(feature)
    feature = layer = source = None
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path


ENDLESS = "CREATE VIEW {} AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS unit FROM n"
REGISTER = "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('{0}', 'attributes', '{0}')"


@pytest.mark.parametrize("statements", [
    [ENDLESS.format("v"), REGISTER.format("v")], [ENDLESS.format("v")],
    [ENDLESS.format("st_spatial_ref_sys"), REGISTER.format("st_spatial_ref_sys")],
    [ENDLESS.format("Geometry_Columns"), REGISTER.format("geometry_columns")],
    ["ALTER TABLE gpkg_contents RENAME TO old", "CREATE VIEW gpkg_contents AS SELECT no_such_function() AS table_name"],
    ["PRAGMA writable_schema = ON", "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v "
     "USING VirtualOGR(''http://127.0.0.1:9/'')')"]])
def test_views_and_virtual_tables_of_a_stranger_are_refused(city, tmp_path, statements):
    path = geopackage(tmp_path / "a.gpkg", *statements)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.write(path, "a.gpkg")
    for file in (path, tmp_path / "a.zip", "/vsizip/{}/a.gpkg".format(tmp_path / "a.zip")):
        with pytest.raises(ConnectError, match="is not read: save the layer"):
            open_layers(file)
    assert all(everything(city("dc"), path))


def test_a_plain_geopackage_is_read_and_no_trigger_of_it_runs(city, tmp_path):
    path = geopackage(tmp_path / "a.gpkg", "CREATE TRIGGER t AFTER INSERT ON gps_fixes BEGIN SELECT 1; END",
                      "UPDATE gpkg_spatial_ref_sys SET definition = 'http://127.0.0.1:9/' WHERE srs_id = 4326")
    before = path.read_bytes()
    assert import_gps(city("dc"), path).added == 1
    assert path.read_bytes() == before


def test_bombs_and_damage_are_sentences(city, tmp_path, monkeypatch, gdal_errors):
    monkeypatch.setattr(layer_file, "UNPACKED_BYTES", 1 << 22)
    lines = b"1,2,3\n" * (1 << 20)
    with gzip.open(tmp_path / "bomb.geojson.gz", "wb") as packed:
        packed.write(b'{"type":"FeatureCollection","features":[],"x":"')
        packed.write(lines)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed, \
            packed.open("a.geojson", "w", force_zip64=True) as file:
        file.write(lines)
    entities = "".join('<!ENTITY e{} "{}">'.format(n, f"&e{n - 1};" * 10) for n in range(1, 10))
    (tmp_path / "bomb.gpx").write_text(f'<!DOCTYPE gpx [<!ENTITY e0 "aaaaaaaaaa">{entities}]><gpx '
                                       'version="1.1"><trk><name>&e9;'
                                       "</name></trk></gpx>")
    whole = geopackage(tmp_path / "whole.gpkg").read_bytes()
    for cut in (100, 5000, len(whole) // 2):
        (tmp_path / f"cut{cut}.gpkg").write_bytes(whole[:cut])
    (tmp_path / "cut.zip").write_bytes((tmp_path / "bomb.zip").read_bytes()[:1000])
    workspace = city("dc")
    for name in ("bomb.geojson.gz", "bomb.zip"):
        assert all("unpacks to more than 200 times" in sentence for sentence in everything(workspace, tmp_path / name))
    for path in [tmp_path / "bomb.gpx", tmp_path / "cut.zip", *tmp_path.glob("cut*.gpkg")]:
        assert all(sentence.endswith(".") for sentence in everything(workspace, path)[:2]), path


def test_a_workspace_with_a_view_in_the_place_of_a_table_is_refused(city, tmp_path):
    workspace = city("dc")
    path = tmp_path / "given.gpkg"
    path.write_bytes(workspace.folder.joinpath(workspace.address).read_bytes())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE roster")
        connection.execute(ENDLESS.format("roster"))
    with pytest.raises(ConnectError, match="its table roster is a view"):
        open_workspace(path)
