"""Every table of a workspace, declared once; stores, importers, forms and docs read it from here."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable

from ...frames import Column, columns

SCHEMA_VERSION = 1
_PLACE: dict[str | None, tuple[Column, ...]] = {
    None: (),
    "Point": columns(("x", "real", "Metres in the workspace's CRS; empty = no place is known"),
                     ("y", "real", "Metres in the workspace's CRS; empty = no place is known")),
    "Polygon": columns(("geometry", "geometry", "Its area in the workspace's CRS")),
    "MultiPolygon": columns(("geometry", "geometry", "Its area in the workspace's CRS")),
    "LineString": columns(("geometry", "geometry", "Its line in the workspace's CRS")),
}


@dataclass(frozen=True)
class Table:
    """One table: columns, the columns that identify a row, its geometry, and whether rows may ever change.

    ``append_only`` tables refuse UPDATE and DELETE in the database itself; ``reveal`` names the one column of an
    append-only table that may go once from NULL to a value; ``ages_by`` the column by which rows grow old, of tables
    that may be purged. ``former_keys`` are those of workspaces made by earlier versions, all part of the key: it takes
    their place at the next write. A ``later`` table is lacking in workspaces made by earlier versions: it is empty
    there, and made at the next write.
    """

    name: str
    help: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    geometry: str | None = None
    append_only: bool = False
    reveal: str | None = None
    ages_by: str | None = None
    indexes: tuple[tuple[str, ...], ...] = ()
    former_keys: tuple[tuple[str, ...], ...] = ()
    later: bool = False

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, without its geometry."""
        return [column.name for column in self.columns]

    @property
    def place_names(self) -> list[str]:
        """Names of the columns of a frame that hold its geometry: ``x`` and ``y``, ``geometry``, or none."""
        return [column.name for column in _PLACE[self.geometry]]

    @property
    def frame_columns(self) -> tuple[Column, ...]:
        """The columns of a frame with everything in it, those of the geometry last."""
        return self.columns + _PLACE[self.geometry]

    def column(self, name: str) -> Column:
        """The column of a name, without its geometry."""
        return self._named(name, self.columns)

    def frame_column(self, name: str) -> Column:
        """The column of a name, its geometry too."""
        return self._named(name, self.frame_columns)

    def _named(self, name: str, among: tuple[Column, ...]) -> Column:
        for column in among:
            if column.name == name:
                return column
        raise KeyError(f"Table {self.name} has no column {name}")


def _table(name: str, help: str, declared: Iterable[Any], key: Iterable[str], **more: Any) -> Table:
    return Table(name, help, columns(*declared), tuple(key), **more)


_SHIFT: tuple[tuple[str, str, str], ...] = (
    ("shift_date", "date", "Date on which the shift starts"),
    ("shift", "text", "Code of the shift; empty where the source does not tell"),
)
_SHIFT_REQUIRED: tuple[tuple[str, str, str, bool], ...] = tuple((*column, True) for column in _SHIFT)

_ALL = (
    _table("settings", "The agency's settings, one row each", (
        ("name", "text", "Name of the setting", True),
        ("value", "json", "Its value"),
    ), ["name"]),
    _table("crime_types", "Crime types that are forecast", (
        ("crime_type", "text", "Code", True),
        ("name", "text", "Name on screens and sheets"),
        ("colour", "text", "#rrggbb, the same on map, dock, report and phone"),
        ("severity", "real", "Harm of one event, relative to one theft"),
        ("severity_source", "text", "Where the severity comes from"),
        ("effectiveness", "real", "Share of that harm a patrol can be expected to reach, 0 to 1"),
        ("effectiveness_source", "text", "Where the effectiveness comes from"),
        ("enabled", "boolean", "Whether it is forecast"),
        ("sort_order", "integer", "Order in lists and legends"),
    ), ["crime_type"]),
    _table("shifts", "Shifts of the agency", (
        ("shift", "text", "Code", True),
        ("name", "text", "Name on screens and sheets"),
        ("start", "text", "HH:MM, local wall clock"),
        ("end", "text", "HH:MM; not after the start means the next day"),
        ("weekdays", "text", "ISO weekdays on which it starts, such as 1234567"),
        ("sort_order", "integer", "Order in lists"),
    ), ["shift", "weekdays"]),
    _table("tactics", "Approved non-enforcement tactics", (
        ("tactic", "text", "Code", True),
        ("name", "text", "Name on sheets and buttons"),
        ("description", "text", "What the officer does"),
        ("crime_types", "json", "Codes it serves; empty list = all"),
        ("approved_by", "text", "Role that approved it"),
        ("reviewed", "date", "Date of the last community review"),
        ("expires", "date", "Last date on which it may be used"),
        ("enforcement", "boolean", "True = never offered"),
        ("source", "text", "Literature behind it"),
        ("sort_order", "integer", "Order in lists"),
    ), ["tactic"]),
    _table("beats", "Areas to which boxes and units are assigned", (
        ("beat", "text", "Name of the beat", True),
    ), ["beat"], geometry="MultiPolygon"),
    _table("neighbourhoods", "Neighbourhoods with residents, for the exposure report and share caps only", (
        ("neighbourhood", "text", "Name", True),
        ("residents", "json", "Residents by group; all = everybody"),
        ("boxes", "json", "Share of its residents in each box, by area, by box id"),
        ("share_cap", "real", "Largest share of patrols, 0 to 1; empty = none"),
    ), ["neighbourhood"], geometry="MultiPolygon"),
    _table("boxes", "The fishnet", (
        ("box_id", "text", "C<column>R<row>; tenths for a placed square, ~ and a mark for what it left", True),
        ("col", "integer", "Column: floor(x / size); of a layout with placed squares in tenths of a box", True),
        ("row", "integer", "Row: floor(y / size); of a layout with placed squares in tenths of a box", True),
        ("inside", "real", "Area inside the jurisdiction over that of a whole box, 0 to 1"),
        ("water", "real", "Share of the box's area that is water, 0 to 1; empty where no water was imported"),
        ("unreachable", "real", "Share of the box's area where officers cannot go, 0 to 1; empty where nothing is "
                                "known"),
        ("unreachable_why", "text", "Why they cannot, as in water; what takes most of that area"),
        ("reachable", "real", "Area inside the jurisdiction where officers can go over that of a whole box, 0 to 1; "
                              "empty where nothing is known"),
        ("streets", "real", "Metres of street in the box or along its edge; empty where no streets were imported"),
        ("beat", "text", "Beat that holds most of it"),
        ("neighbourhood", "text", "Neighbourhood that holds most of it"),
        ("where", "text", "A name people use"),
    ), ["box_id"], geometry="Polygon"),
    _table("layouts", "Layouts of boxes: where squares were placed; layout 0, the plain fishnet, is not in it", (
        ("layout", "integer", "Its number, from 1 on; the largest is in force", True),
        ("squares", "json", "[column, row] of the lower left corner of each placed square, in tenths of a box", True),
        ("as_of_utc", "utc", "It used nothing reported later"),
        ("share", "real", "Placed squares asked for, per cent of the boxes"),
        ("smooth", "real", "Metres by which the past was smoothed"),
        ("gain", "real", "Events of the last year in the best 1 % of the area over those of plain fishnets; the "
                         "smaller of as published and moved by the error of their locations"),
        ("gain_low", "real", "Lower end of its 90 % interval"),
        ("gain_high", "real", "Upper end of its 90 % interval"),
        ("reason", "text", "Why it was applied"),
        ("who", "text", "Account that applied it"),
        ("since_utc", "utc", "Since when it is in force", True),
    ), ["layout"], append_only=True, later=True),
    _table("former_boxes", "Boxes of layouts that are no longer in force, for what was planned and done in them", (
        ("layout", "integer", "Layout they were of; 0 = the plain fishnet", True),
        ("box_id", "text", "Box", True),
        ("col", "integer", "Column, as in boxes", True),
        ("row", "integer", "Row, as in boxes", True),
        ("inside", "real", "Share of a whole box's area inside the jurisdiction, 0 to 1"),
        ("water", "real", "Share of its area that is water, 0 to 1; empty where no water was imported"),
        ("beat", "text", "Beat that held most of it"),
        ("neighbourhood", "text", "Neighbourhood that held most of it"),
        ("where", "text", "A name people used"),
    ), ["layout", "box_id"], append_only=True, later=True),
    _table("incidents", "Reported crime incidents", (
        ("incident_id", "text", "The source's own id, or one made of time, place and type", True),
        ("crime_type", "text", "Code", True),
        ("occurred_from_utc", "utc", "Earliest moment it can have begun", True),
        ("occurred_to_utc", "utc", "Latest moment it can have ended", True),
        ("occurred_from_local", "local", "The same on the agency's wall clock"),
        ("occurred_to_local", "local", "The same on the agency's wall clock"),
        ("reported_utc", "utc",
         "Moment from which the agency knew of it; the end of the day where only a date is known"),
        *_SHIFT,
        ("box_id", "text", "Box, empty outside the fishnet"),
        ("block", "text", "Block-level address, never a house number of a person"),
        ("source", "text", "Name of the file or layer it came from"),
        ("discovered", "boolean", "True = officer-initiated: never trains a forecast"),
        ("firearm", "boolean", "True = a gun was used; empty where the source does not tell"),
        ("offence", "text", "The source's words by which its type was told, empty where no column told it"),
    ), ["incident_id"], geometry="Point", ages_by="occurred_to_utc",
        indexes=(("crime_type", "occurred_from_utc"), ("reported_utc",))),
    _table("gunfire", "Gunfire alerts of acoustic sensors", (
        ("alert_id", "text", "The source's own id, or one made of time and place", True),
        ("kind", "text", "single, multiple, probable, firecracker or unknown"),
        ("rounds", "integer", "Rounds counted, where the source tells"),
        ("occurred_utc", "utc", "Moment of the first sound", True),
        ("occurred_local", "local", "The same on the agency's wall clock"),
        *_SHIFT,
        ("box_id", "text", "Box, empty outside the fishnet"),
        ("rounded_x_m", "real", "Width of the cell to which the source rounded the place, metres"),
        ("rounded_y_m", "real", "Height of that cell, metres"),
        ("source", "text", "Name of the file or layer it came from"),
    ), ["alert_id"], geometry="Point", ages_by="occurred_utc", indexes=(("occurred_utc",),)),
    _table("sensor_coverage", "Areas and dates in which sensors listen", (
        ("area", "text", "Name", True),
        ("from_date", "date", "First date of listening"),
        ("to_date", "date", "Last date; empty = still listening"),
        ("boxes", "json", "Share of each box that lies in it, by box id"),
    ), ["area", "from_date"], geometry="MultiPolygon"),
    _table("jurisdiction", "The area that the agency polices", (
        ("name", "text", "Always jurisdiction", True),
    ), ["name"], geometry="MultiPolygon", later=True),
    _table("unreachable", "Areas where officers cannot go: water, rail yards, bases, private ground", (
        ("reason", "text", "Why, in a word or two; one row holds all areas of a reason", True),
        ("source", "text", "Name of the layer they came from"),
    ), ["reason"], geometry="MultiPolygon", later=True),
    _table("streets", "Streets as lines, by which it is known which boxes have none", (
        ("street_id", "text", "Made of the line itself", True),
    ), ["street_id"], geometry="LineString", later=True),
    _table("places", "Bars, bus stops, vacant parcels and the like", (
        ("kind", "text", "Kind of place", True),
        ("place_id", "text", "The source's own id, or one made of the position", True),
        ("name", "text", "Name of the place, never of a person"),
        ("box_id", "text", "Box, empty outside the fishnet"),
    ), ["kind", "place_id"], geometry="Point"),
    _table("calendar", "Holidays, school days, events, weather by date", (
        ("date", "date", "Local date", True),
        ("kind", "text", "holiday, school, event, weather, or weather_forecast", True),
        ("name", "text", "What it is; of weather the measure with its unit, such as temperature_c"),
        ("value", "real", "school: 1 = in session, 0 = not; event: people expected; weather: the measure"),
        ("from_utc", "utc", "event: when it begins, where the source tells"),
        ("to_utc", "utc", "event: when it ends, where the source tells"),
        ("x", "real", "event: metres in the workspace's CRS; empty = the whole jurisdiction"),
        ("y", "real", "event: metres in the workspace's CRS"),
        ("known_utc", "utc", "moment from which it was known; empty = long before the date"),
        ("source", "text", "Name of the file it came from"),
    ), ["date", "kind", "name"], ages_by="date"),
    _table("models", "Trained forecast models", (
        ("model_id", "text", "Id, from the content", True),
        ("as_of_utc", "utc", "It used nothing reported later", True),
        ("trained_utc", "utc", "When it was trained"),
        ("seed", "integer", "Seed of everything random in it"),
        ("model", "json", "The model file"),
        ("card", "json", "The model card"),
    ), ["model_id"]),
    _table("forecasts", "Expected events per box, shift and crime type", (
        *_SHIFT_REQUIRED,
        ("box_id", "text", "Box", True),
        ("crime_type", "text", "Code", True),
        ("expected", "real", "Expected events in the shift"),
        ("low", "real", "Lower end of the 90 % interval of expected"),
        ("high", "real", "Upper end of the 90 % interval of expected"),
        ("percentile", "real", "Share of boxes with a lower value, 0 to 100"),
        ("reasons", "json", "Three strongest reasons in plain words"),
        ("coverage", "real", "gunfire: share of the box in which sensors listen; empty where no coverage is known"),
        ("model_id", "text", "Model it came from"),
        ("as_of_utc", "utc", "It used nothing reported later"),
        ("inputs", "text", "Fingerprint of what it was made from; the same = nothing else was known"),
    ), ["shift_date", "shift", "box_id", "crime_type"], ages_by="shift_date"),
    _table("commitments", "Hashes of the seeds of coming draws, published before them", (
        *_SHIFT_REQUIRED,
        ("seed_hash", "text", "SHA-256 of the seed, hexadecimal", True),
        ("committed_utc", "utc", "When it was published"),
    ), ["shift_date", "shift", "seed_hash"], append_only=True),
    _table("draws", "One row per lottery", (
        ("draw_id", "text", "Id", True),
        *_SHIFT_REQUIRED,
        ("drawn_utc", "utc", "When it was drawn"),
        ("seed_hash", "text", "SHA-256 of the seed, hexadecimal"),
        ("seed", "text", "The seed, hexadecimal; empty until the shift has ended"),
        ("inputs_hash", "text", "SHA-256 of the draw's inputs, hexadecimal"),
        ("size", "integer", "Boxes drawn"),
        ("lottery", "boolean", "False for a test with a seed the user gave"),
        ("reason", "text", "Why it was drawn again, or without the seeds published for it; else empty"),
        ("rules", "json", "Settings in force: caps, floor, focus, boxes per beat"),
        ("reserve", "json", "Box ids in the order in which a top-up takes them, by beat"),
        ("ways", "json", "Metres by street between the drawn boxes, by beat; empty where no streets were known"),
    ), ["draw_id"], append_only=True, reveal="seed", indexes=(("shift_date", "shift"),)),
    _table("draw_boxes", "Every box of every draw", (
        ("draw_id", "text", "Draw", True),
        ("box_id", "text", "Box", True),
        ("beat", "text", "Beat"),
        ("harm", "real", "Expected harm"),
        ("eligible", "boolean", "Whether it could be drawn"),
        ("why_not", "text", "Why not"),
        ("cap", "real", "Largest inclusion probability allowed"),
        ("inclusion_probability", "real", "Chance of being drawn"),
        ("draw_rank", "integer", "Place in the draw's order: drawn boxes first, then the reserve"),
        ("selected", "boolean", "Whether it was drawn"),
    ), ["draw_id", "box_id"], append_only=True),
    _table("patrols", "Directed patrols", (
        ("patrol_id", "text", "Id", True),
        ("draw_id", "text", "Draw it came from"),
        *_SHIFT_REQUIRED,
        ("box_id", "text", "Box", True),
        ("beat", "text", "Beat"),
        ("crime_type", "text", "Dominant crime type"),
        ("harm", "real", "Expected harm"),
        ("chance", "real", "Chance of at least one event of any forecast type in the shift, 0 to 1"),
        ("chance_low", "real", "Lower end of its 90 % interval"),
        ("chance_high", "real", "Upper end of its 90 % interval"),
        ("inclusion_probability", "real", "Chance with which it was drawn"),
        ("target_minutes", "real", "Minutes to stay"),
        ("visit_order", "integer", "Order within the beat"),
        ("travel_minutes", "real", "Minutes of the way from the box before, as drawn; by street where they are known, "
                                   "else in a straight line; empty for the first"),
        ("returns", "integer", "How many times to come back"),
        ("unit", "text", "Unit assigned, if any"),
        ("origin", "text", "drawn, topped_up or added"),
        ("status", "text", "planned or suppressed"),
        ("published_utc", "utc", "When it was published"),
        ("version", "integer", "Raised by every change"),
    ), ["patrol_id"], indexes=(("shift_date", "shift"),)),
    _table("adjustments", "Who added, suppressed or restored a patrol, and why; a chain of hashes", (
        ("seq", "integer", "Place in the chain", True),
        ("at_utc", "utc", "When", True),
        ("who", "text", "Account"),
        ("role", "text", "Role"),
        ("action", "text", "add, suppress, restore, minutes or undo"),
        ("patrol_id", "text", "Patrol"),
        ("box_id", "text", "Box"),
        *_SHIFT,
        ("reason", "text", "Reason code"),
        ("note", "text", "Free note, internal"),
        ("change", "json", "Old and new values"),
        ("previous_hash", "text", "Hash of the row before"),
        ("hash", "text", "Hash of this row and the one before"),
    ), ["seq"], append_only=True),
    _table("officers", "Officers by badge or pseudonym", (
        ("officer", "text", "Badge or pseudonym", True),
        ("name", "text", "Optional; stays in this table"),
    ), ["officer"]),
    _table("roster", "Who crewed which unit when", (
        *_SHIFT,
        ("unit", "text", "Unit", True),
        ("officer", "text", "Officer", True),
        ("from_utc", "utc", "From", True),
        ("to_utc", "utc", "To"),
    ), ["unit", "officer", "from_utc"], ages_by="from_utc"),
    _table("gps_fixes", "GPS positions of units", (
        ("unit", "text", "Unit", True),
        ("at_utc", "utc", "When", True),
        ("x", "real", "Metres in the workspace's CRS"),
        ("y", "real", "Metres in the workspace's CRS"),
        ("accuracy", "real", "Estimated error in metres, where the source tells"),
    ), ["unit", "at_utc", "x", "y"], ages_by="at_utc", former_keys=(("unit", "at_utc"),)),
    _table("visits", "Stays in boxes", (
        ("visit_id", "text", "Id", True),
        ("unit", "text", "Unit"),
        ("officer", "text", "Officer, or unknown"),
        ("box_id", "text", "Box of the layout in force now"),
        ("former_box_id", "text", "Box of the layout in force then, where that is another one; else empty"),
        ("patrol_id", "text", "Patrol it served, if any"),
        *_SHIFT,
        ("entered_utc", "utc", "When the unit came in"),
        ("left_utc", "utc", "When it left"),
        ("minutes", "real", "Minutes in the box"),
        ("dosage", "text", "short, on_target or over"),
    ), ["visit_id"], ages_by="entered_utc"),
    _table("tactic_log", "Tactics officers used", (
        ("log_id", "text", "Id", True),
        ("officer", "text", "Officer"),
        ("unit", "text", "Unit"),
        ("tactic", "text", "Tactic"),
        ("minutes", "real", "Minutes"),
        ("at_utc", "utc", "When"),
        ("visit_id", "text", "Visit it belongs to, if any"),
        ("approved", "boolean", "Whether the tactic was approved then"),
    ), ["log_id"], ages_by="at_utc"),
    _table("imports", "Every import with its counts", (
        ("import_id", "text", "Id", True),
        ("at_utc", "utc", "When"),
        ("table_name", "text", "Table filled"),
        ("input", "text", "File or layer name, without its folder"),
        ("input_hash", "text", "SHA-256 of the input"),
        ("content_hash", "text", "SHA-256 of what is packed in the input, where it is packed"),
        ("mapping", "json", "Column of the source for each of ours"),
        ("dropped_columns", "json", "Columns never read"),
        ("counts", "json", "read, added, updated, unchanged, rejected"),
        ("reasons", "json", "Rejected rows by reason"),
        ("given", "json", "What was said of the source (mapping, CRS, zone, order of dates, crime type, offences), its "
                          "offence words, and the fingerprint of the columns it is for"),
        ("taken_out", "json", "The source's own numbers of events of earlier files that it called none"),
    ), ["import_id"], ages_by="at_utc"),
    _table("runs", "Every run of an algorithm", (
        ("run_id", "text", "Id", True),
        ("started_utc", "utc", "When it started"),
        ("seconds", "real", "How long it took"),
        ("who", "text", "Account of the operating system"),
        ("algorithm", "text", "Id of the algorithm"),
        ("parameters", "json", "Parameters as given; under `answers` what was said of its file, now or before"),
        ("versions", "json", "Versions of the plugin and its libraries"),
        ("input_hashes", "json", "SHA-256 of each input"),
        ("counts", "json", "What it counted"),
        ("result", "text", "done, or stopped where it failed after something was changed; a run that changed nothing "
                           "and failed has no row"),
    ), ["run_id"], append_only=True),
)

TABLES = {table.name: table for table in _ALL}
