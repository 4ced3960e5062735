"""Pairs of columns of coordinates are told by the words of their names, and nothing else is taken for one."""
import pytest

from shotspotter_connect_plugin.workspace.imports.column_recognition import recognise
from shotspotter_connect_plugin.workspace.imports.place_names import paired_by_words


@pytest.mark.parametrize("east,north,role", [
    ("LONGITUDE_X", "LATITUDE_X", "longitude"), ("Long_", "Lat_", "longitude"), ("geo.lon", "geo.lat", "longitude"),
    ("vehicle.position.longitude", "vehicle.position.latitude", "longitude"),
    ("geometry/coordinates/0", "geometry/coordinates/1", "longitude"), ("GPSLongitude", "GPSLatitude", "longitude"),
    ("geometry.coordinates[0]", "geometry.coordinates[1]", "longitude"),
    ("Länge", "Breite", "longitude"), ("Längengrad", "Breitengrad", "longitude"), ("longitud", "latitud", "longitude"),
    ("Incident Lng", "Incident Lat", "longitude"), ("longitudeE7", "latitudeE7", "longitude"),
    ("Longitudine", "Latitudine", "longitude"), ("Longitud (grados)", "Latitud (grados)", "longitude"),
    ("RoughX", "RoughY", "x"), ("Map X", "Map Y", "x"), ("X_COORD_CD", "Y_COORD_CD", "x"), ("point_x", "point_y", "x"),
    ("xCoordinate", "yCoordinate", "x"), ("X_Lambert93", "Y_Lambert93", "x"), ("Rechtswert", "Hochwert", "x"),
    ("COORD_X_MTM8", "COORD_Y_MTM8", "x"), ("Incident Easting", "Incident Northing", "x"),
    ("UTM_E_Easting", "UTM_E_Northing", "x")])
def test_pairs_in_the_words_of_their_names(east, north, role):
    others = ["Cross Street", "length", "Offense", "Occurred", "Long Description"]
    for columns in ([*others, east, north], [north, *others, east]):
        found = recognise(columns, "incidents")
        pair = {"longitude": ("longitude", "latitude"), "x": ("x", "y")}[role]
        assert tuple(found.get(name) for name in pair) == (east, north)


@pytest.mark.parametrize("columns", [
    ["Cross Street", "length", "Platform"], ["ADDRESS_X", "ADDRESS"], ["Long Description", "Description"],
    ["Destination Longitude", "Destination Latitude"], ["home_lon", "home_lat"], ["Lateral", "Longeral"],
    ["X", "Sex"], ["Next", "Text"], ["Hospital X", "Hospital Y"], ["Category", "Categorx"], ["Max Lat", "Max Lon"],
    ["box_index", "boy_index"], ["lat"], ["Easting"], ["Length", "Breadth"], ["Latency", "Lonency"]])
def test_what_is_no_pair(columns):
    assert paired_by_words(columns) is None


def test_the_place_of_the_event_is_taken_and_not_the_hospital():
    columns = ["Hospital Longitude", "Hospital Latitude", "Scene Longitude", "Scene Latitude", "Offense"]
    found = recognise(columns, "incidents")
    assert (found["longitude"], found["latitude"]) == ("Scene Longitude", "Scene Latitude")
