"""Alerts in XML as rows: what a gunshot detection system or a warning system (CAP) sends, one or many in a file."""
from __future__ import annotations

import re
from collections import Counter, deque
from pathlib import Path
from typing import Optional

import pandas as pd

from ...errors import ConnectError
from .cap_alerts import cap_rows, is_cap
from .json_source import JsonSource, beginning
from .row_source import NoRows, distinct_names
from .xml_tree import XmlElement, read_tree

_LARGEST = 64_000_000
_ALIVE = re.compile(r"heart ?beat|keep ?alive|\bping\b|handshake|hrtbt|\balive\b", re.I)


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
    root = read_tree(path)
    if is_cap(root):
        return _source(path, *cap_rows(root))
    record = _record(root)
    if record is None:
        if _ALIVE.search(" ".join([root.tag, *(f"{name} {text}" for name, text in root.leaves())])):
            raise NoRows(f"{path.name} has no rows: it only says that the system is alive.")
        raise NoRows(f"{path.name} holds no alert with a position; give CSV, Excel or a map layer.")
    rows, others = _rows(root, record)
    told = [f"{others:,} messages of {path.name} say that the system is alive or hold no alert, and were left out."]
    return _source(path, rows, told if others else [])


def _source(path: Path, rows: list[dict[str, str]], told: list[str]) -> JsonSource:
    source = JsonSource(path, path.name, [], told=told)
    names = list(dict.fromkeys(name for row in rows for name in row))
    source.rows = pd.DataFrame([[row.get(name, "") for name in names] for row in rows], dtype=object,
                               columns=distinct_names(names), index=range(1, len(rows) + 1))
    source.columns = list(source.rows.columns)
    return source


def _record(root: XmlElement) -> Optional[str]:
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


def _rows(root: XmlElement, tag: str) -> tuple[list[dict[str, str]], int]:
    """(records with what stands around them, how many messages beside them are none)."""
    rows: list[dict[str, str]] = []
    others = 0
    waiting: deque[tuple[XmlElement, dict[str, str]]] = deque([(root, {})])
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
