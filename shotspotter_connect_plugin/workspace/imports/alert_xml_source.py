"""Alerts in XML as rows: what a gunshot detection system or a warning system (CAP) sends, one or many in a file."""
from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, Optional

import pandas as pd

from ...errors import ConnectError
from .column_names import plain
from .json_source import JsonSource, beginning
from .row_source import distinct_names
from .xml_reading import read_xml

_LARGEST = 64_000_000
_ALIVE = re.compile(r"heart ?beat|keep ?alive|\bping\b|handshake|hrtbt|\balive\b", re.I)
_TIME = re.compile(r"time|date|sent|onset|effective|stamp|when|occurred", re.I)
_LATITUDES, _LONGITUDES = {"lat", "latitude", "y"}, {"lon", "lng", "long", "longitude", "x"}
_POSITION = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)[\s,]+(-?\d{1,3}(?:\.\d+)?)(?:\s.*)?", re.S)
_POSITIONS = ("pos", "point", "circle")
"""Elements that hold latitude and longitude in one text (GML, GeoRSS, CAP)."""


@dataclass
class _Element:
    """An element with its attributes and text as values, and its children."""

    tag: str
    values: list[tuple[str, str]] = field(default_factory=list)
    children: list[_Element] = field(default_factory=list)
    text: str = ""

    def leaves(self, path: str = "") -> Iterator[tuple[str, str]]:
        """(name with dots, text) of all that stands in it."""
        for name, text in self.values:
            yield path + name, text
        pair = {plain(child.tag): child.text for child in self.children}
        if set(pair) == {"valuename", "value"}:  # a parameter of CAP
            yield path + pair["valuename"], pair["value"]
            return
        for child in self.children:
            position = _POSITION.fullmatch(child.text) if plain(child.tag) in _POSITIONS else None
            if position:
                yield from zip((path + "latitude", path + "longitude"), position.groups())
            elif child.text:
                yield path + child.tag, child.text
            yield from child.leaves(f"{path}{child.tag}.")

    def has_place(self) -> bool:
        """Whether a position stands in it, however deep."""
        names = {plain(name.rpartition(".")[2]) for name, _ in self.leaves()}
        return bool(names & _LATITUDES) and bool(names & _LONGITUDES)

    def has_time(self) -> bool:
        """Whether a time stands in it, however deep."""
        return any(_TIME.search(name) for name, _ in self.leaves())


def is_xml(path: Path) -> bool:
    """Whether a text begins like XML."""
    return beginning(path).startswith("<")


def open_alerts(path: Path) -> JsonSource:
    """The alerts of a file of XML; messages that say only that the system is alive are left out, and counted.

    Raises
    ------
    ConnectError
        When it is damaged, declares a document type, is too large, or holds nothing with a place.
    """
    if path.stat().st_size > _LARGEST:
        raise ConnectError(f"{path.name} is larger than {_LARGEST // 10 ** 6} MB; export it as CSV, or part by part.")
    root = _tree(path)
    record = _record(root)
    if record is None:
        if _ALIVE.search(" ".join([root.tag, *(f"{name} {text}" for name, text in root.leaves())])):
            raise ConnectError(f"{path.name} has no rows: it only says that the system is alive.")
        raise ConnectError(f"{path.name} holds no alert with a position; give CSV, Excel or a map layer.")
    rows, others = _rows(root, record)
    source = JsonSource(path, path.name, [])
    names = list(dict.fromkeys(name for row in rows for name in row))
    source.rows = pd.DataFrame([[row.get(name, "") for name in names] for row in rows], dtype=object,
                               columns=distinct_names(names), index=range(1, len(rows) + 1))
    source.columns = list(source.rows.columns)
    if others:
        source.told.append(f"{others:,} messages of {path.name} say that the system is alive or hold no alert, and "
                           "were left out.")
    return source


def _tree(path: Path) -> _Element:
    root = _Element("")
    open_elements = [root]

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = _Element(tag, list(attributes.items()))
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_: str, text: str) -> None:
        open_elements.pop().text = text

    deque(read_xml(path, path.name, start, end), 0)
    return root.children[0]


def _record(root: _Element) -> Optional[str]:
    """The tag of the elements that are records: the deepest with a place and a time, or with a place."""
    chosen = None
    for wants_time in (True, False):
        waiting = [root]
        while waiting:
            element = waiting.pop()
            if element.has_place() and (element.has_time() or not wants_time):
                chosen = element.tag
                waiting = list(element.children)
        if chosen:
            return chosen
    return None


def _rows(root: _Element, tag: str) -> tuple[list[dict[str, str]], int]:
    """(records with what stands around them, how many messages beside them are none)."""
    rows: list[dict[str, str]] = []
    others = 0
    waiting: deque[tuple[_Element, dict[str, str]]] = deque([(root, {})])
    while waiting:
        element, around = waiting.popleft()
        if element.tag == tag:
            if not element.has_place() and _ALIVE.search(" ".join(f"{name} {text}" for name, text in element.leaves())):
                others += 1
            else:
                rows.append({**around, **_short(list(element.leaves()))})
            continue
        if not any(child.tag == tag or child.has_place() for child in element.children):
            others += element is not root and bool(element.children or element.values)
            continue
        here = {**around, **dict(element.values),
                **{child.tag: child.text for child in element.children if child.text and not child.children}}
        waiting.extend((child, here) for child in element.children if child.children or child.values
                       or child.tag == tag)
    return rows, others


def _short(leaves: list[tuple[str, str]]) -> dict[str, str]:
    """Values by the last part of their names, where that tells them apart."""
    last = Counter(name.rpartition(".")[2] for name, _ in leaves)
    return {name.rpartition(".")[2] if last[name.rpartition(".")[2]] == 1 else name: text for name, text in leaves}
