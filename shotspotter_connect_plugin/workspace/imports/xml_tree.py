"""A small file of XML as a tree of elements, with what stands in them by name."""
from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from .column_names import plain
from .xml_reading import read_xml

_TIME = re.compile(r"time|date|sent|onset|effective|stamp|when|occurred", re.I)
_LATITUDES, _LONGITUDES = {"lat", "latitude", "y"}, {"lon", "lng", "long", "longitude", "x"}
_POSITION = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)[\s,]+(-?\d{1,3}(?:\.\d+)?)(?:\s.*)?", re.S)
_POSITIONS = ("pos", "point", "circle")
"""Elements that hold latitude and longitude in one text (GML, GeoRSS, CAP)."""


@dataclass
class XmlElement:
    """An element with its attributes and text as values, and its children."""

    tag: str
    values: list[tuple[str, str]] = field(default_factory=list)
    children: list[XmlElement] = field(default_factory=list)
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

    def below(self, tag: str) -> Iterator[XmlElement]:
        """Elements of a name in it, however deep, but none within another of that name."""
        for child in self.children:
            if child.tag == tag:
                yield child
            else:
                yield from child.below(tag)

    def child_text(self, tag: str) -> str:
        """The text of its first child of a name; empty where there is none."""
        return next((child.text for child in self.children if child.tag == tag), "")


def read_tree(path: Path) -> XmlElement:
    """The root of a file of XML; or ConnectError, as :func:`.xml_reading.read_xml`."""
    root = XmlElement("")
    open_elements = [root]

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = XmlElement(tag, list(attributes.items()))
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_: str, text: str) -> None:
        open_elements.pop().text = text

    deque(read_xml(path, path.name, start, end), 0)
    return root.children[0]
