"""Frames on the way from a file into a table: what their rows and columns are."""
from __future__ import annotations

from typing import Annotated

import pandas as pd

from ...frames import Rows, columns

_PLACE = (("x", "real", "metres in the workspace's CRS"), ("y", "real", "metres in the workspace's CRS"))

FileRows = Annotated[pd.DataFrame, Rows(
    "A row of a file: texts by column as the file names them, empty where there is none; positions of a layer as "
    "numbers in its CRS", (), index="line of the file, or number of the feature")]

IncidentRows = Annotated[pd.DataFrame, Rows("An incident as a file tells of it", columns(
    ("line", "integer", "line of the file"), ("incident_id", "text", "the source's id, or one made here"),
    ("crime_type", "text", "code"), ("low", "integer", "earliest moment it can have begun, ns UTC"),
    ("high", "integer", "latest moment it can have ended, ns UTC"),
    ("named", "integer", "moment by which it is named where the source has no id, ns UTC"),
    ("reported", "integer", "moment from which the agency knew of it, ns UTC"), *_PLACE,
    ("block", "text", "block, None where unknown"), ("discovered", "boolean", "begun by an officer"),
    ("firearm", "boolean", "whether a gun was used, None where the source does not tell"),
    ("offence", "text", "the source's words for it, None where no column tells")))]

AlertRows = Annotated[pd.DataFrame, Rows("A gunfire alert as a file tells of it", columns(
    ("line", "integer", "line of the file"), ("alert_id", "text", "the source's id, or one made here"),
    ("kind", "text", "single, multiple, probable, firecracker or unknown"),
    ("low", "integer", "moment, ns UTC"), *_PLACE, ("rounds", "real", "rounds counted, NaN where unknown"),
    ("rounded_x_m", "real", "width of the cell to which the source rounded, metres"),
    ("rounded_y_m", "real", "its height, metres")))]

CalendarRows = Annotated[pd.DataFrame, Rows("What a row of a file says of one date", (), columns(
    ("(line)", "integer", "number of the row in the file, from 0"), ("day", "integer", "local days since 1970"),
    ("kind", "text", "holiday, school, event, weather or weather_forecast"), ("name", "text", "name, or measure"),
    ("value", "real", "as the table calendar has it"), *_PLACE, ("from_utc", "integer", "ns UTC"),
    ("to_utc", "integer", "ns UTC"), ("known_utc", "integer", "ns UTC")))]

WeatherValues = Annotated[pd.DataFrame, Rows("A value of one measure in one row of a file", columns(
    ("(line)", "integer", "number of the row in the file, from 0"), ("name", "text", "measure with its unit"),
    ("value", "real", "in that unit"), ("summed", "boolean", "whether a day's value is a sum instead of a mean")))]

TacticRows = Annotated[pd.DataFrame, Rows("What a log says an officer did", columns(
    ("officer", "text", "badge number"), ("unit", "text", "code"), ("box_id", "text", "box named"),
    ("id", "text", "the source's id"), ("tactic", "text", "as written"), ("minutes", "real", "NaN where unknown"),
    ("at_utc", "utc", "when")))]

CoverageRows = Annotated[pd.DataFrame, Rows("An area of sensor coverage and its dates", columns(
    ("area", "text", "name"), ("geometry", "geometry", "polygons"),
    ("from_date", "date", "first date, None = from the beginning"), ("to_date", "date", "last date, None = open")))]

ResidentRows = Annotated[pd.DataFrame, Rows("A feature of a layer of neighbourhoods", columns(
    ("neighbourhood", "text", "name"), ("geometry", "geometry", "polygons, None where it has none"),
    ("residents", "json", "group -> residents, None where not known"),
    ("why", "text", "why it cannot be used, empty where it can")))]

NeighbourhoodShapes = Annotated[pd.DataFrame, Rows("A neighbourhood, joined of its parts", columns(
    ("neighbourhood", "text", "name"), ("geometry", "geometry", "polygons"),
    ("residents", "json", "group -> residents, None where not known")))]

ReasonCounts = Annotated[pd.DataFrame, Rows("A reason for which rows were rejected", columns(
    ("reason", "text", "in words"), ("column", "text", "column at fault"), ("rows", "integer", "how many"),
    ("lines", "text", "the first of them, with their file where there are several")))]

BoxCentres = Annotated[pd.DataFrame, Rows("A box", columns(("box_id", "text", "id"), *_PLACE))]

IncidentBlocks = Annotated[pd.DataFrame, Rows("Where an incident was", columns(
    ("box_id", "text", "box"), ("block", "text", "block, as the importers write it: without a house number")))]

NamedPlaces = Annotated[pd.DataFrame, Rows("A place", columns(
    ("kind", "text", "kind of place"), ("name", "text", "its name"), *_PLACE))]

Landmarks = Annotated[pd.DataFrame, Rows("A place that people steer by", columns(
    ("name", "text", "short enough to use"), *_PLACE, ("station", "boolean", "whether it is a station")))]
