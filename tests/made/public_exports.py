"""Where the importers' samples are from, and workspaces of those cities."""
from pathlib import Path

from made_towns import area, new_town
from shapely.geometry import box

from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.store.layers import read_vector

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "data" / "exports"

# City -> time zone and, where no outline is at hand, a generous rectangle (west, south, east, north).
CITIES = {"dc": ("America/New_York", None), "nyc": ("America/New_York", (-74.27, 40.49, -73.69, 40.92)),
          "kc": ("America/Chicago", (-94.62, 39.0, -94.48, 39.12)),
          "oak": ("America/Los_Angeles", (-122.36, 37.69, -122.11, 37.89))}

# (city, table, file, folder of the whole file)
EXPORTS = (
    ("dc", "incidents", "Crime_Incidents_in_2017_with_times.csv", "dc"),
    ("dc", "incidents", "Crime_Incidents_in_2017.csv", "dc"),
    ("dc", "incidents", "Crime_Incidents_in_2018.csv", "dc"),
    ("dc", "incidents", "Crime_Incidents_in_2019.csv", "dc"),
    ("dc", "incidents", "crime_incidents_2006_2012.csv", "dc"),
    ("dc", "incidents", "crime_incidents_2012_2017_wards_3_4_8.csv", "dc"),
    ("dc", "incidents", "crime-incidents-last-30-days.geojson", "dc/places"),
    ("dc", "gunfire", "shotspotter_dc_foia_2006_2013.csv", "dc"),
    ("dc", "gunfire", "shotspotter_dc_mpd_2014_2018q1.csv", "dc"),
    ("dc", "gunfire", "ShotSpotter Public Data Q1 2018.xlsx", "dc"),
    ("dc", "gunfire", "Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv", "dc"),
    ("dc", "gunfire", "shotspotter_dc_2006_2019_combined.csv", "dc"),
    ("nyc", "incidents", "NYPD_Shooting_Incident_Data__Historic_.csv", "nyc"),
    ("kc", "gunfire", "kansas_city_mo_shotspotter_2016_2021.csv", "alerts"),
    ("oak", "gunfire", "oakland_shotspotter_cfs_2008_2013.csv", "alerts"),
)
IMPORT = {"incidents": import_incidents, "gunfire": import_gunfire}


class Cities:
    """Fresh workspaces of cities, each made once and copied."""

    def __init__(self, folder):
        self._folder, self._open = folder, []

    def __call__(self, city):
        """An open, empty workspace."""
        zone, bounds = CITIES[city]
        outline = area(box(*bounds), "EPSG:4326") if bounds else read_vector(
            ROOT / "shotspotter_connect_plugin/resources/sample/jurisdiction.geojson")
        self._open.append(new_town(self._folder / f"{city}-{len(self._open)}.gpkg", outline, timezone=zone,
                                   size=1000.0 if bounds else 250.0))
        return self._open[-1]

    def close(self):
        """Close all of them."""
        for workspace in self._open:
            workspace.close()


def adds_up(result):
    """Whether every row read is accounted for."""
    return (result.read == result.added + result.updated + result.unchanged + result.rejected
            and result.rejected == sum(result.reasons.values()))
