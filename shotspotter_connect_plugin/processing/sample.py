"""The steps from the sample data to printed sheets, for ``make demo`` and “Load sample project”; imports no QGIS."""
from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

SAMPLE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "resources", "sample")
DATE = "2017-12-14"
TRAINED = "2017-12-08"
"""The forecast learns from what was known at the plan hour of this date."""
TIMEZONE = "America/New_York"


def workspace_in(folder: str) -> str:
    """Path of the sample workspace in a folder."""
    return os.path.join(folder, "washington_dc.gpkg")


def project_in(folder: str) -> str:
    """Path of the project that the last step makes."""
    return os.path.join(folder, "day", f"plan_{DATE}.qgz")


def prepare(folder: str) -> None:
    """Make the folder and put the map background beside the workspace to come, where its settings expect it."""
    os.makedirs(folder, exist_ok=True)
    background = os.path.join(folder, "context.gpkg")
    if not os.path.exists(background):
        from ..files import copy

        copy(os.path.join(SAMPLE, "context.gpkg"), background, "The map background")


def dates() -> list[str]:
    """The dates from the training on, the last one being that of the plan."""
    first, last = date.fromisoformat(TRAINED), date.fromisoformat(DATE)
    return [str(first + timedelta(days=number)) for number in range((last - first).days + 1)]


def steps(folder: str, whole_week: bool = False) -> list[tuple[str, dict[str, Any]]]:
    """(algorithm id, parameters) of each step, in order; a workspace that is there already is not made again.

    ``whole_week`` also draws the days before the plan's.
    """
    def sample(*names):
        return os.path.join(SAMPLE, *names)

    def out(*names):
        return os.path.join(folder, *names)

    workspace = {"WORKSPACE": workspace_in(folder)}
    day = {**workspace, "DATE": DATE}
    made = []
    if not os.path.exists(workspace["WORKSPACE"]):
        made.append(("connect:createworkspace", {
            **workspace, "JURISDICTION": sample("jurisdiction.geojson"),
            "BEATS": sample("police_service_areas.geojson"), "BEAT_FIELD": "NAME", "TIMEZONE": TIMEZONE,
            "SETTINGS": sample("configuration.json")}))
    kinds = sorted(os.path.splitext(name)[0] for name in os.listdir(sample("places")))
    return made + [
        ("connect:configure", {**workspace, "SETTINGS": sample("configuration.json"),
                               "EXPORT": out("configuration.json")}),
        ("connect:importincidents", {**workspace, "INPUT": sample("crime_incidents_2017.csv.gz"),
                                     "SOURCE_TIMEZONE": TIMEZONE, "REJECTS": out("rejected_incidents.csv")}),
        ("connect:importgunfire", {**workspace, "INPUT": sample("gunfire_alerts_2014_2017.csv.gz"),
                                   "SOURCE_TIMEZONE": "UTC", "REJECTS": out("rejected_gunfire.csv")}),
        *(("connect:importplaces", {**workspace, "INPUT": sample("places", kind + ".geojson"), "KIND": kind})
          for kind in kinds),
        ("connect:importneighbourhoods", {
            **workspace, "INPUT": sample("neighbourhoods.geojson"), "NAME_FIELD": "name",
            "POPULATION_FIELDS": "residents,hispanic,white,black,asian,other"}),
        ("connect:importsensorcoverage", {**workspace, "INPUT": sample("sensor_coverage.geojson"),
                                          "FROM_FIELD": "from"}),
        ("connect:importcalendar", {**workspace, "INPUT": sample("holidays_2014_2018.csv")}),
        ("connect:train", {**workspace, "AS_OF": TRAINED, "MODEL_CARD": out("model_card.html")}),
        *((algorithm, {**workspace, "DATE": earlier}) for earlier in (dates()[:-1] if whole_week else [])
          for algorithm in ("connect:score", "connect:meter")),
        ("connect:score", {**day, "OUTPUT": out("forecast.gpkg")}),
        ("connect:meter", {**day, "OUTPUT": out("plan.gpkg")}),
        ("connect:verifydraw", day),
        ("connect:rollcall", {**day, "SHIFT": "evening", "OUTPUT": out("rollcall.pdf")}),
        ("connect:daily", {**day, "OUTPUT": out("day")}),
    ]
