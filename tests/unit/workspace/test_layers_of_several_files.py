"""Layers that are several files, and what is packed: read as what they are, or one sentence says what is missing."""
import gzip
import os
import shutil
import sqlite3
import zipfile

import pytest
from made_towns import area, new_town
from osgeo import ogr, osr
from shapely.geometry import box

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports import folder_import
from shotspotter_connect_plugin.workspace.imports.folder_import import import_folder
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.readers import open_source

ROWS = [(f"P{number}", ("BURGLARY", "ROBBERY")[number % 2], f"2023-03-0{number + 1} 13:15", -77.0 + number / 1000,
         38.9 + number / 1000) for number in range(5)]
HEAD = "CASE_NO,OFFENSE,OCCURRED,LONGITUDE,LATITUDE\n"
CSV = HEAD + "".join(",".join(map(str, row)) + "\n" for row in ROWS)


@pytest.fixture
def town(tmp_path):
    (tmp_path / "w").mkdir()
    outline = area(box(-77.12, 38.79, -76.9, 39.0), "EPSG:4326")
    with new_town(tmp_path / "w" / "dc.gpkg", outline, timezone="America/New_York", size=1000) as workspace:
        yield workspace


def layer(path, driver, offences=("BURGLARY", "ROBBERY"), options=()):
    source = ogr.GetDriverByName(driver).CreateDataSource(str(path), options=list(options))
    system = osr.SpatialReference()
    system.ImportFromEPSG(4326)
    system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    made = source.CreateLayer("incidents_2023", system, ogr.wkbPoint)
    for name in ("CASE_NO", "OFFENSE", "OCCURRED"):
        made.CreateField(ogr.FieldDefn(name, ogr.OFTString))
    for number, (case, _, moment, x, y) in enumerate(ROWS):
        feature = ogr.Feature(made.GetLayerDefn())
        feature["CASE_NO"], feature["OFFENSE"], feature["OCCURRED"] = case, offences[number % len(offences)], moment
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT({x} {y})"))
        made.CreateFeature(feature)
    del made, source
    return path


def pack(path, *files, folder="", more=()):
    """A ZIP of files, or of all that is in a folder, and of further texts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            for part in sorted(file.rglob("*")) if file.is_dir() else [file]:
                packed.write(part, folder + str(part.relative_to(file.parent)))
        for name, text in more:
            packed.writestr(name, text)
    return path


def shapefile(folder, **options):
    folder.mkdir()
    layer(folder / "inc.shp", "ESRI Shapefile", **options)
    return sorted(folder.glob("inc.*"))


def made(tmp_path, form):
    """The five incidents in one of the forms in which they come."""
    if form.startswith("shp"):
        parts = shapefile(tmp_path / "s")
        beside = [("README.txt", "as is"), ("inc.shp.xml", "<metadata/>"), ("meta.json", "{}")]
        return tmp_path / "s" / "inc.shp" if form == "shp" else pack(
            tmp_path / "a.zip", *parts, folder="export/2023/" if "folder" in form else "",
            more=beside if "readme" in form else ())
    if form.startswith("gdb"):
        folder = layer(tmp_path / "x.gdb", "OpenFileGDB")
        return folder if form == "gdb" else pack(tmp_path / "a.zip", folder)
    if form.startswith("tab"):
        layer(tmp_path / "m.tab", "MapInfo File")
        return tmp_path / "m.tab" if form == "tab" else pack(tmp_path / "a.zip", *sorted(tmp_path.glob("m.*")))
    if form.startswith("mif"):
        (tmp_path / "m").mkdir()
        layer(tmp_path / "m" / "x.mif", "MapInfo File", options=["FORMAT=MIF"])
        files = sorted((tmp_path / "m").iterdir())
        return tmp_path / "m" / "x.mif" if form == "mif" else pack(tmp_path / "a.zip", *files)
    if form == "text with tabs":
        (tmp_path / "a.tab").write_text(CSV.replace(",", "\t"))
        return tmp_path / "a.tab"
    if form == "zip of tabs":
        return pack(tmp_path / "a.zip", more=[("a.tab", CSV.replace(",", "\t"))])
    if form == "false count":
        layer(tmp_path / "z.gpkg", "GPKG")
        with sqlite3.connect(tmp_path / "z.gpkg") as stored:
            stored.execute("UPDATE gpkg_ogr_contents SET feature_count = 0")
        return tmp_path / "z.gpkg"
    name, text = {"zip readme": ("readme.txt", "Data as is.\nNo warranty.\n"),
                  "zip dictionary": ("Data_Dictionary.csv", "Column,Meaning\nOFFENSE,what\n"),
                  "zip metadata": ("incidents.xml", "<metadata/>"), "zip log": ("export.log", "done\n")}[form]
    return pack(tmp_path / "a.zip", more=[("out/incidents.csv", CSV), (name, text)])


@pytest.mark.parametrize("form", [
    "shp", "shp zip", "shp zip folder", "shp zip readme", "gdb", "gdb zip", "tab", "tab zip", "mif", "mif zip",
    "text with tabs", "zip of tabs", "false count", "zip readme", "zip dictionary", "zip metadata", "zip log"])
def test_incidents_in_any_of_these_forms_come_in(town, tmp_path, form):
    path = made(tmp_path, form)
    result = import_incidents(town, path)
    assert result.counts == {"read": 5, "added": 5, "updated": 0, "unchanged": 0, "rejected": 0}
    assert sorted(town.read("incidents")["incident_id"]) == [row[0] for row in ROWS]
    told = " ".join(result.warnings)
    assert ("nothing was read of" in told) == (form in (
        "shp zip readme", "zip readme", "zip dictionary", "zip metadata", "zip log"))


def test_of_what_is_left_out_of_a_zip_the_rows_are_told(town, tmp_path):
    parts = shapefile(tmp_path / "s")
    quoted = "OFFENSE,NOTE\nROBBERY,\"two\nlines\"\nBURGLARY,\n"
    path = pack(tmp_path / "a.zip", *parts, more=[("other/crimes.csv", quoted), ("README.txt", "as is\n"),
                                                  ("days.json", '[{"day": 1}, {"day": 2}, {"day": 3}]')])
    told = " ".join(import_incidents(town, path).warnings)
    assert "nothing was read of other/crimes.csv (2 rows), README.txt, days.json (3 rows)." in told, told
    large = pack(tmp_path / "b.zip", *parts, more=[("large.csv", "OFFENSE,DAY\n" + "ROBBERY,1\n" * 200_000),
                                                   *((f"{name}.csv", "a,b\n1,2\n") for name in "cdef")])
    told = " ".join(import_incidents(town, large).warnings)
    assert "of large.csv (200,001 lines), c.csv (1 row), d.csv (1 row) and 2 more." in told, told


@pytest.mark.parametrize("missing", [".shx", ".dbf"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_shapefile_without_one_of_its_files_says_which(town, tmp_path, missing, packed):
    parts = [part for part in shapefile(tmp_path / "s") if part.suffix != missing]
    (tmp_path / "s" / f"inc{missing}").unlink()
    path = pack(tmp_path / "a.zip", *parts) if packed else tmp_path / "s" / "inc.shp"
    before = sorted(os.listdir(tmp_path / "s"))
    with pytest.raises(ConnectError, match=f"without its {missing}") as refused:
        import_incidents(town, path)
    assert len(refused.value.user) < 300 and town.count("incidents") == 0
    assert sorted(os.listdir(tmp_path / "s")) == before


def test_a_layer_without_the_file_of_its_system_is_placed_by_its_numbers_or_asks(town, tmp_path):
    shapefile(tmp_path / "s")
    (tmp_path / "s" / "inc.prj").unlink()
    assert import_incidents(town, tmp_path / "s" / "inc.shp").added == 5


def test_layers_in_several_folders_of_a_zip_are_named(tmp_path):
    parts = shapefile(tmp_path / "s")
    path = pack(tmp_path / "a.zip", *parts, folder="north/")
    with zipfile.ZipFile(path, "a") as packed:
        for part in parts:
            packed.write(part, f"south/{part.name}")
    with pytest.raises(ConnectError, match="several layers: north/inc.shp, south/inc.shp. Unpack it"):
        open_source(path)


@pytest.mark.parametrize("name", ["a.csv", "inc.shp", "a.gpkg", "a.xlsx"])
def test_a_locked_zip_says_so(town, tmp_path, name):
    path = pack(tmp_path / "a.zip", more=[(name, CSV)])
    content = bytearray(path.read_bytes())
    for mark, flag in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(mark) + flag] |= 1
    path.write_bytes(content)
    with pytest.raises(ConnectError, match="a.zip is locked by a password; unpack it yourself"):
        import_incidents(town, path)


@pytest.fixture
def drop(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_import, "_QUIET_SECONDS", 0.1)
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


def states(found):
    return {file.name: file.state for file in found.files}


def test_a_drop_folder_takes_a_layer_of_several_files_as_one(town, drop):
    layer(drop / "x.gdb", "OpenFileGDB")
    layer(drop / "m.tab", "MapInfo File")
    layer(drop / "x.mif", "MapInfo File", options=["FORMAT=MIF"])
    layer(drop / "inc.shp", "ESRI Shapefile")
    assert set(states(import_folder(town, drop))) == {"x.gdb", "m.tab", "x.mif", "inc.shp"}
    assert set(states(import_folder(town, drop)).values()) == {"taken before"}


def test_a_layer_whose_attributes_alone_changed_is_new(town, drop):
    layer(drop / "inc.shp", "ESRI Shapefile")
    import_folder(town, drop)
    for part in drop.glob("inc.*"):
        part.unlink()
    layer(drop / "inc.shp", "ESRI Shapefile", offences=("HOMICIDE",))
    assert states(import_folder(town, drop)) == {"inc.shp": "taken"}
    assert set(town.read("incidents")["crime_type"]) == {"homicide"}


@pytest.mark.parametrize("first", ["a.csv", "a.zip", "a.csv.gz"])
@pytest.mark.parametrize("then", ["b.csv", "b.zip", "b.csv.gz"])
@pytest.mark.parametrize("at_once", [False, True])
def test_what_was_taken_is_known_packed_and_unpacked(town, drop, first, then, at_once):
    def put(name):
        if name.endswith(".zip"):
            pack(drop / name, more=[(f"{name[0]}.csv", CSV)])
        else:
            (drop / name).write_bytes(gzip.compress(CSV.encode()) if name.endswith(".gz") else CSV.encode())
    put(first)
    if not at_once:
        assert states(import_folder(town, drop)) == {first: "taken"}
    put(then)
    assert states(import_folder(town, drop)) == {first: "taken" if at_once else "taken before", then: "taken before"}
    assert len(town.read("imports")) == 1


def test_what_cannot_be_unpacked_stops_no_other_file(town, drop):
    (drop / "a.csv").write_text(CSV)
    (drop / "b.zip").write_bytes(b"PK\3\4 cut off")
    (drop / "c.csv.gz").write_bytes(gzip.compress(CSV.encode() * 9)[:60])
    shutil.copytree(layer(drop / "x.gdb", "OpenFileGDB"), drop / "broken.gdb")
    for part in (drop / "broken.gdb").glob("*.gdbtable"):
        part.write_bytes(b"")
    found = states(import_folder(town, drop))
    assert found["a.csv"] == "taken" and {found["b.zip"], found["c.csv.gz"], found["broken.gdb"]} == {"left"}


def test_a_rejects_file_is_named_like_its_file_and_ends_once_in_csv(town, drop):
    (drop / "shots.csv").write_text(CSV + "P9,ROBBERY,2023-03-05 13:15,0,0\n")
    import_folder(town, drop)
    assert [path.name for path in town.folder.glob("*rejects*")] == ["dc-rejects-incidents-shots.csv"]
