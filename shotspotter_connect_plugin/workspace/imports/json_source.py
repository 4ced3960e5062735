"""JSON as rows: lists of objects however they are wrapped, feeds of portals and fleets, and one object a line."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence

import numpy as np
import pandas as pd

from ...errors import ConnectError, some
from .cell_texts import cell_text
from .row_source import POSITION_COLUMNS, NoRows, RowSource, distinct_names, limited
from .text_file import decoded, encoding_of, start_of, told, unpacked

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

_LARGEST = 300_000_000
"""Bytes that are held in memory; as objects they take several times that."""
_DEEPEST = 6
_ROWS_KEYS = ("records", "results", "data", "features", "rows", "items", "docs", "value", "values", "entries",
              "incidents", "alerts", "events", "locations", "positions", "vehicles", "result", "response")
_BEGINS = re.compile(r"\{|\[\s*[\[{\]]")
_NO_ROWS_KEYS = frozenset("fields columns meta metadata links errors schema pagination parameters facet_groups".split())
_TEN_MILLIONTHS = "E7"
_LAYERS = ('"FeatureCollection"', '"Feature"', '"Topology"', '"rings"', '"paths"')
_STAMPED = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z?\t[^\t\r\n]*\t(\{.*\})\s*?$", re.M)
"""A line as recorders of phones (OwnTracks) write it: when it came, what it is, the message."""
_TIMELINES = ("timelineObjects", "semanticSegments")


@dataclass
class JsonSource(RowSource):
    """Objects in memory, as texts; the line is the number of the object."""

    rows: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    kind = "json"

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        for start in range(0, len(self.rows), self.chunk_rows):
            progress.report(start / max(len(self.rows), 1))
            placed = POSITION_COLUMNS if self.has_geometry else ()
            wanted = list(dict.fromkeys([*columns, *placed]))
            yield limited(self.rows[wanted].iloc[start:start + self.chunk_rows])


def is_json(path: Path) -> bool:
    """Whether a file begins like JSON that no map layer is made of, or has a time and JSON in each line."""
    start = beginning(path)
    if _STAMPED.match(start):
        return True
    return bool(_BEGINS.match(start)) and not any(sign in start for sign in _LAYERS)


def open_json(path: Path) -> JsonSource:
    """The rows of a file of JSON.

    Raises
    ------
    ConnectError
        When it is damaged, too large, or holds no list of objects.
    """
    encoding = encoding_of(start_of(path), path.name)
    with told(path.name), unpacked(path) as (_, stream):
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ConnectError(f"{path.name} is larger than {_LARGEST // 10 ** 6} MB; export it as CSV, or part by part.")
    text, encoding = decoded(content, encoding)
    if _STAMPED.match(text):
        text = "\n".join(_STAMPED.findall(text))
    try:
        value = _values(path.name, text)
        records, crs = _records(path.name, value)
    except RecursionError as error:
        raise ConnectError(f"{path.name} is nested too deeply; export the records as CSV.", repr(error)) from error
    names: dict[str, int] = {}
    for record in records:
        for name in record:
            names.setdefault(name, len(names))
    if not records:
        raise NoRows(f"{path.name} has no rows.")
    placed = POSITION_COLUMNS[0] in names
    plain = [name for name in names if name not in POSITION_COLUMNS]
    rows = pd.DataFrame({number: [record.get(name, "") for record in records] for number, name in enumerate(plain)},
                        dtype=object)
    rows.columns = distinct_names(plain)
    rows.index = range(1, len(records) + 1)
    source = JsonSource(path, path.name, list(rows.columns), crs=crs, has_geometry=placed, encoding=encoding)
    if placed:
        for axis in POSITION_COLUMNS:
            rows[axis] = np.array([record.get(axis, np.nan) for record in records], dtype=float)
    source.rows = rows
    taken = _list_in(value, _DEEPEST)
    lists = _lists_of_records(value, _DEEPEST)
    left = [f"{key} ({len(items):,})" for key, items in lists if items is not taken]
    if taken is not None and len(left) < len(lists):
        here = next(key for key, items in lists if items is taken)
        if left:
            source.told.append(f"{path.name} holds several lists of records; the {len(taken):,} of {here} were read, "
                               f"not those of {some(left)}.")
    return source


def beginning(path: Path) -> str:
    """The first letters of a text, without blanks before them; empty where it cannot be read."""
    try:
        start = start_of(path)
        return decoded(start, encoding_of(start, path.name))[0].lstrip("\ufeff \t\r\n")
    except (ConnectError, UnicodeError):  # what is wrong with it, its reader says
        return ""


def _values(name: str, text: str) -> Any:
    """The value of a JSON text, numbers as they are written; of several values one after the other their list."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=lambda _: "")
    values, place, text = [], 0, text.lstrip("\ufeff")
    try:
        while True:
            while place < len(text) and text[place] in " \t\r\n,\x1e":
                place += 1
            if place == len(text):
                break
            value, place = decoder.raw_decode(text, place)
            values.append(value)
    except (ValueError, RecursionError) as error:
        raise ConnectError(f"{name} is damaged or cut off, or no JSON; export it again.", repr(error)[:500]) from error
    return values[0] if len(values) == 1 else values


def _records(name: str, value: Any) -> tuple[list[dict[str, Any]], str]:
    """(flat records, coordinate system of their positions) of a value."""
    if isinstance(value, dict) and any(key in value for key in _TIMELINES):
        raise ConnectError(f"{name} is a timeline of places, which holds no fixes of a GPS; export the raw records "
                           "(Records.json) or the device's track.")
    crs = ""
    if isinstance(value, dict):
        portal = _of_socrata(value)
        if portal is not None:
            return portal, ""
        crs = _system(value.get("spatialReference"))
    found = _list_in(value, _DEEPEST)
    if found is None:
        raise NoRows(f"{name} holds no list of records; export the records as CSV or JSON.")
    if found and all(isinstance(item, list) for item in found):
        return _of_lists(found), ""
    flat = [record for item in found if isinstance(item, dict) for record in _flat_rows(item)]
    return flat, crs or "EPSG:4326" if any(POSITION_COLUMNS[0] in record for record in flat) else ""


def _list_in(value: Any, depth: int) -> Optional[list[Any]]:
    """The list of objects, or of lists, in a value: at a usual key, else the longest."""
    if isinstance(value, list):
        count = sum(isinstance(item, (dict, list)) for item in value)
        return value if count and count >= len(value) / 2 else [] if not value else None
    if not isinstance(value, dict) or not depth:
        return None
    for key in _ROWS_KEYS:
        found = _list_in(value[key], depth - 1) if key in value else None
        if found:
            return found
    others = [_list_in(inner, depth - 1) for key, inner in value.items() if key.casefold() not in _NO_ROWS_KEYS]
    lists = [found for found in others if found]
    objects = [inner for inner in value.values() if isinstance(inner, dict)]
    if len(objects) > 1 and len(objects) == len(value) and len({frozenset(inner) for inner in objects}) == 1:
        return [{"key": key, **inner} for key, inner in value.items()]  # records by their number
    plain = sum(not isinstance(inner, (dict, list)) for inner in value.values())
    if plain > 2 and not any(len(found) > 1 for found in lists):
        return [value]
    if lists:
        return max(lists, key=len)
    if len(objects) == 1:
        return _list_in(objects[0], depth - 1)
    return [value] if plain > 1 else None


def _lists_of_records(value: Any, depth: int) -> list[tuple[str, list[Any]]]:
    """(key, list) of every list of several objects in the objects of a value, but not within such lists."""
    found: list[tuple[str, list[Any]]] = []
    for key, inner in value.items() if isinstance(value, dict) and depth else ():
        if isinstance(inner, list) and sum(isinstance(item, dict) for item in inner) > 1:
            found.append((key, inner))
        elif isinstance(inner, dict):
            found += _lists_of_records(inner, depth - 1)
    return [(key, items) for key, items in found if key.casefold() not in _NO_ROWS_KEYS]


def _of_lists(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """Rows of lists, of which the first holds the names."""
    names = distinct_names(map(cell_text, rows[0]))
    return [dict(zip(names, map(_text, row))) for row in rows[1:]]


def _of_socrata(value: dict[str, Any]) -> Optional[list[dict[str, Any]]]:
    """Rows of a portal's export in which the columns stand apart (meta.view.columns); None where it is none."""
    meta = value.get("meta")
    view = meta.get("view") if isinstance(meta, dict) else None
    columns = view.get("columns") if isinstance(view, dict) else None
    if not isinstance(columns, list) or not isinstance(value.get("data"), list):
        return None
    records = []
    for row in value["data"]:
        record: dict[str, Any] = {}
        for column, cell in zip(columns, row if isinstance(row, list) else []):
            name = str(column.get("name", "")) if isinstance(column, dict) else ""
            parts = column.get("subColumnTypes") if isinstance(column, dict) else None
            if isinstance(column, dict) and str(column.get("fieldName", "")).startswith(":"):
                continue  # the portal's own
            if isinstance(cell, list) and isinstance(parts, list):
                record.update({f"{name}.{part}": _text(inner) for part, inner in zip(parts, cell)})
            else:
                _flatten(name, cell, record)
        records.append(record)
    return records


def _flat_rows(item: dict[str, Any]) -> list[dict[str, Any]]:
    """An object as one flat record, or one for each object of the list within it, as a vehicle with its fixes."""
    if isinstance(item.get("attributes"), dict) and set(item) <= {"attributes", "geometry"}:
        return [{**_flattened(item["attributes"]), **_point(item.get("geometry"))}]
    lists = {key: inner for key, inner in item.items() if isinstance(inner, list) and inner
             and all(isinstance(one, dict) for one in inner)}
    if not lists:
        return [_flattened(item)]
    key = max(lists, key=lambda one: (_is_placed(lists[one][0]), len(lists[one])))
    if not _is_placed(lists[key][0]):
        return [_flattened(item)]
    above = _flattened({name: inner for name, inner in item.items() if name not in lists})
    return [{**above, **{name if name not in above else f"{key}.{name}": text
                         for name, text in _flattened(inner).items()}} for inner in lists[key]]


def _is_placed(item: dict[str, Any]) -> bool:
    names = {name.rpartition(".")[2].casefold() for name in _flattened(item)}
    return bool(names & {"lat", "latitude", "y", "latitudee7"})


def _flattened(item: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, inner in item.items():
        _flatten(str(name), inner, record)
    return record


def _flatten(name: str, value: Any, record: dict[str, Any]) -> None:
    """Put a value into a flat record: objects with dots, GeoJSON points as longitude and latitude."""
    if isinstance(value, dict) and value.get("type") == "Point" and isinstance(value.get("coordinates"), list):
        for axis, number in zip(("longitude", "latitude"), value["coordinates"]):
            record[f"{name}.{axis}"] = _text(number)
    elif isinstance(value, dict):
        for inner, part in value.items():
            _flatten(f"{name}.{inner}", part, record)
    elif name.endswith(_TEN_MILLIONTHS) and isinstance(value, str) and value.lstrip("-").isdecimal():
        record[name[:-len(_TEN_MILLIONTHS)]] = repr(int(value[:20]) / 1e7)
    else:
        record[name] = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(inner, (dict, list)) for inner in value):
        return ", ".join(map(_text, value))
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return cell_text(value).encode("utf-8", "replace").decode("utf-8")


def _point(geometry: Any) -> dict[str, float]:
    """Positions of a point as an ArcGIS server gives it."""
    try:
        return {axis: float(geometry[key]) for axis, key in zip(POSITION_COLUMNS, "xy")}
    except (TypeError, KeyError, ValueError):
        return dict.fromkeys(POSITION_COLUMNS, np.nan)


def _system(reference: Any) -> str:
    if not isinstance(reference, dict):
        return ""
    code = str(reference.get("latestWkid") or reference.get("wkid") or "")
    return {"": "", "102100": "EPSG:3857"}.get(code, f"EPSG:{code}") if code.isdecimal() or not code else ""
