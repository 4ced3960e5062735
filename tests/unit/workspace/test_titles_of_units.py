"""The car of which a title speaks, and titles that speak of none or of several."""
import pytest

from shotspotter_connect_plugin.progress import SILENT
from shotspotter_connect_plugin.workspace.imports.gps_formats import open_gps
from shotspotter_connect_plugin.workspace.imports.title_units import unit_in_words


@pytest.mark.parametrize("title,name", [
    ("Trip report for vehicle Car 12", "Car 12"),
    ("Position history of unit 1A12 from 03/14/2023 to 03/15/2023", "1A12"),
    ("Route replay for the device 4711, 2023-03-14", "4711"),
    ("Trips for vehicle Unit-7 (03/14/2023)", "Unit-7")])
def test_a_title_speaks_of_one_car(title, name):
    assert unit_in_words(title)[1] == name


@pytest.mark.parametrize("title", [
    "Trip report", "Trip report for all vehicles", "Trip report for vehicle Car 12, Car 13",
    "Trip report for vehicle Car 12 and Car 13", "Trip report for vehicle group 3", "Trip report for vehicle type 2",
    "Report for March 2023", "Trip report for vehicle Patrol", "Trips for vehicles 12"])
def test_a_title_speaks_of_no_single_car(title):
    assert unit_in_words(title) is None


def gpx(title, *tracks):
    points = '<trkpt lat="39.7" lon="-104.98"><time>2023-03-14T16:00:00Z</time></trkpt>'
    named = "".join(f"<trk><name>{name}</name><trkseg>{points}</trkseg></trk>" for name in tracks)
    return f'<gpx version="1.1"><metadata><name>{title}</name></metadata>{named}</gpx>'


@pytest.mark.parametrize("title,tracks,units", [
    ("Trip report for vehicle Car 12", ["Track 1", "Track 2"], {"Car 12"}),
    ("Fleet", ["Trip report for vehicle Car 12", "Trip report for vehicle Car 13"], {"Car 12", "Car 13"}),
    ("Trip report for vehicle Car 12", ["Car 13", "Car 14"], {"Car 13", "Car 14"})])
def test_titles_of_tracks_name_their_units(tmp_path, title, tracks, units):
    (tmp_path / "day.gpx").write_text(gpx(title, *tracks))
    source = open_gps(tmp_path / "day.gpx")
    rows = next(source.chunks(["unit"], SILENT))
    assert set(rows["unit"]) == units and source.notes()
