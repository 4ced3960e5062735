"""Layers in coordinate systems that somebody made by himself: read as they say, and GDAL says nothing aloud."""
import pytest
from made_towns import area, new_town
from osgeo import ogr, osr
from shapely.geometry import box

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast import crs
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.store.layers import read_vector

OWN = ("+proj=tmerc +lat_0=39 +lon_0=-105 +x_0=1000 +ellps=clrk66 +towgs84=1,2,3 +units=us-ft",
       "+proj=robin", "+proj=lcc +lat_1=39.5 +lat_2=40.5 +lat_0=39 +lon_0=-105 +datum=WGS84 +units=ft")
WITHOUT_GRIDS = "+proj=utm +zone=13 +ellps=clrk66 +nadgrids=no_such_grid"
WITHOUT_WKT = "+proj=longlat +ellps=GRS80 +nadgrids=@null"


@pytest.fixture
def town(tmp_path):
    bounds = box(-105.05, 39.65, -104.85, 39.8)
    with new_town(tmp_path / "town.gpkg", area(bounds, "EPSG:4326"), timezone="America/Denver",
                  size=1000.0) as workspace:
        yield workspace


def layer(path, text, driver="GPKG"):
    """Ten robberies in a layer of a system given as PROJ text."""
    with crs.quiet():
        system = osr.SpatialReference()
        system.SetFromUserInput(text)
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        source = ogr.GetDriverByName(driver).CreateDataSource(str(path))
        points = source.CreateLayer("reports", system, ogr.wkbPoint)
        for name in ("Case", "Offense", "Date"):
            points.CreateField(ogr.FieldDefn(name, ogr.OFTString))
        for number in range(10):
            feature = ogr.Feature(points.GetLayerDefn())
            feature["Case"], feature["Offense"] = f"A{number}", "ROBBERY"
            feature["Date"] = f"2023-03-{number + 13} 10:00"
            point = ogr.Geometry(ogr.wkbPoint)
            x, y = crs.change("EPSG:4326", text)(-105.0 + number / 100, 39.7)
            point.AddPoint_2D(*((x, y) if abs(x) < 1e12 else (5e5, 4.4e6)))
            feature.SetGeometry(point)
            points.CreateFeature(feature)
        del feature, points, source
    return path


@pytest.mark.parametrize("text", OWN)
def test_a_system_without_a_name_is_read_as_it_says(town, tmp_path, text):
    result = import_incidents(town, layer(tmp_path / "own.gpkg", text))
    assert result.added == 10


@pytest.mark.parametrize("text,driver,ending", [
    (WITHOUT_GRIDS, "GPKG", "gpkg"), (WITHOUT_WKT, "ESRI Shapefile", "shp"), (WITHOUT_WKT, "GPKG", "gpkg"),
    (WITHOUT_GRIDS, "FlatGeobuf", "fgb")])
def test_nothing_is_said_aloud_of_odd_systems(town, tmp_path, capfd, text, driver, ending):
    path = layer(tmp_path / f"odd.{ending}", text, driver)
    capfd.readouterr()
    read_vector(path)
    try:
        assert import_incidents(town, path).added == 10
    except ConnectError as error:  # nobody can say where these points lie
        assert text == WITHOUT_GRIDS and len(error.user) < 300
    assert capfd.readouterr().err == ""


def test_systems_are_compared_and_changed_in_silence(capfd):
    assert not crs.is_same(WITHOUT_GRIDS, "EPSG:32613")
    crs.text_of(crs.parse(WITHOUT_GRIDS))
    crs.change(WITHOUT_GRIDS, "EPSG:4326")(5e5, 4.4e6)
    assert capfd.readouterr().err == ""
