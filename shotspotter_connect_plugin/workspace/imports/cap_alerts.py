"""Alerts in the Common Alerting Protocol (CAP 1.1, 1.2 of OASIS) as rows: one for each alert, as it stands in the end.

An update or a cancellation names the alert that it is about; only the newest message on an alert is a row, under the
identifier of the first.
"""
from __future__ import annotations

import re
from typing import Iterator, Optional

import numpy as np

from .alert_words import alert_kind, names_gunfire
from .xml_tree import XmlElement

_ACTUAL, _CANCELLED = "Actual", "Cancel"
_SMALL_DEGREES = 0.006
"""A polygon no larger than about 600 m is a place, as its middle; a larger one is an area that was warned."""
_NUMBER_PAIR = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)")
_OF_MESSAGE = ("identifier", "sender", "sent", "status", "msgType")
"""Besides event, onset and place. Categories and texts are left out: Safety is no kind of gunfire."""


def is_cap(root: XmlElement) -> bool:
    """Whether a file is an alert of CAP, or holds some."""
    return any(_is_alert(alert) for alert in _alerts(root))


def cap_rows(root: XmlElement) -> tuple[list[dict[str, str]], list[str]]:
    """(a record for each alert, what to tell of them).

    ``event`` is the event, or the headline where that says more of gunfire; ``onset`` when it began, else since when it
    holds, else when it was sent; ``disposition`` says of a cancelled alert, an exercise or a test that it is one.
    """
    messages = sorted(filter(_is_alert, _alerts(root)), key=lambda alert: alert.child_text("sent"))
    first_of: dict[str, str] = {}
    newest: dict[str, dict[str, str]] = {}
    for message in messages:
        row, (about, sent) = _row(message), _referenced(message)
        first_of[row["identifier"]] = first = first_of.get(about, about) or row["identifier"]
        before = newest.pop(first, {})
        # An update says only what is new.
        newest[first] = {**before, **{name: text for name, text in row.items() if text}, "identifier": first,
                         "sent": before.get("sent") or sent or row["sent"]}
    rows = list(newest.values())
    # What a message on an alert of an earlier file does not tell, the workspace may know.
    here = [row for row in rows if row["identifier"] in first_of]
    told = []
    if len(messages) > len(rows):
        told.append(f"{len(messages) - len(rows):,} messages bring an earlier alert up to date or cancel it; of each "
                    "alert the newest message counts.")
    sent_only = sum(not row.get("onset") for row in here)
    for row in rows:
        row["onset"] = row.get("onset") or row.get("sent", "")
    if sent_only:
        told.append(f"{sent_only:,} alerts do not tell when the shots fell; the time when they were sent was taken.")
    unplaced = sum("latitude" not in row for row in here)
    if unplaced:
        told.append(f"{unplaced:,} alerts name an area and no place; they cannot be put into a box. Have the system "
                    "send the position as a circle.")
    return [{"event": "", "latitude": "", "longitude": "", **row} for row in rows], told


def _alerts(root: XmlElement) -> Iterator[XmlElement]:
    return iter([root]) if root.tag == "alert" else root.below("alert")


def _is_alert(alert: XmlElement) -> bool:
    return all(alert.child_text(tag) for tag in ("identifier", "sent", "msgType"))


def _referenced(message: XmlElement) -> tuple[str, str]:
    """(identifier of the alert that a message is about, when that was sent), as the earliest of the messages that it
    names; empty where it is one of its own."""
    named = [part.split(",") for part in message.child_text("references").split()]
    known = sorted((sent, identifier) for _, identifier, sent in (part for part in named if len(part) == 3))
    return (known[0][1], known[0][0]) if known else ("", "")


def _row(message: XmlElement) -> dict[str, str]:
    infos = [child for child in message.children if child.tag == "info"]
    info = next((one for one in infos if one.child_text("language").lower().startswith("en")),
                infos[0] if infos else XmlElement("info"))
    row = {name: message.child_text(name) for name in _OF_MESSAGE}
    row["event"] = _event(info.child_text("event"), info.child_text("headline"))
    row["onset"] = info.child_text("onset") or info.child_text("effective")
    cancelled, status = row["msgType"] == _CANCELLED, row["status"]
    row["disposition"] = "Cancelled" if cancelled else "Test" if status not in ("", _ACTUAL) else ""
    for parameter in info.children:
        if parameter.tag == "parameter" and parameter.child_text("valueName"):
            row.setdefault(parameter.child_text("valueName"), parameter.child_text("value"))
    areas = [child for child in info.children if child.tag == "area"]
    row["areaDesc"] = areas[0].child_text("areaDesc") if areas else ""
    place = next(filter(None, map(_place, areas)), None)
    if place:
        row.update(latitude=place[0], longitude=place[1])
    return row


def _event(event: str, headline: str) -> str:
    says_less = alert_kind(event) in (None, "unknown")
    return headline if says_less and names_gunfire(headline) else event


def _place(area: XmlElement) -> Optional[tuple[str, str]]:
    """(latitude, longitude) of the middle of an area's circle, or of a small polygon."""
    circle = _NUMBER_PAIR.match(area.child_text("circle"))
    if circle:
        return circle[1], circle[2]
    corners = np.array([pair.groups() for pair in _NUMBER_PAIR.finditer(area.child_text("polygon"))], dtype=float)
    if len(corners) < 4 or (np.ptp(corners, axis=0) > _SMALL_DEGREES).any():
        return None
    middle = corners[:-1].mean(axis=0)  # the last corner is the first again
    return f"{middle[0]:.6f}", f"{middle[1]:.6f}"
