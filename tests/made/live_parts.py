"""Parts of the tests of the live patrol: a dock, a package with a box in it, fixes, and sentences of a receiver."""
import time

import pandas as pd
import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QEvent, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QPushButton

from shotspotter_connect_plugin.ui.live.live_dock import LiveDock
from shotspotter_connect_plugin.workspace.exports.shift_package import (Patrol, ShiftPackage, Tactic, VisitRules,
                                                                        write_package)

INSIDE, OUTSIDE = (-76.9770, 38.8851), (-76.9600, 38.8851)
START = pd.Timestamp("2026-03-02 20:30:00", tz="UTC")


def wait(until, seconds=10, otherwise=lambda: "it did not happen"):
    """Let Qt go on until something is true; the test fails when it takes too long."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, otherwise()
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        time.sleep(0.01)


@pytest.fixture
def package(tmp_path):
    """A shift package with one box around INSIDE, in UTM zone 18N."""
    change = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"),
                                    QgsCoordinateReferenceSystem("EPSG:32618"), QgsProject.instance())
    point = change.transform(*INSIDE)
    box = f"C{int(point.x() // 250)}R{int(point.y() // 250)}"
    found = ShiftPackage(
        "Agency", "EPSG:32618", 250.0, "America/New_York", "2026-03-02", "evening", "Evening",
        "2026-03-02T20:00:00+00:00", "2026-03-03T04:00:00+00:00", 10.0, 20.0, 15.0, VisitRules(),
        (Patrol("p1", box, "603", "4400 block Hunt Pl NE", "robbery", "Robbery", "#0072b2", 15.0, 1, "", 1),
         Patrol("p2", "C1R1", "604", "Far away", "theft", "Theft", "#e69f00", 15.0, 0, "", 1)),
        (Tactic("foot_patrol", "Walk the box", "Walk its streets.", ()),
         Tactic("near_stops", "Be near stops and stations", "Around bus stops.", ("robbery",)),
         Tactic("tell_neighbours", "Tell neighbours of a burglary", "", ("burglary",))))
    path = tmp_path / "shift.json"
    write_package(found, path)
    return path


@pytest.fixture
def open_dock():
    QgsSettings().remove("shotspotter_connect/live")
    opened = []

    def open_dock(path=None, canvas=None):
        dock = LiveDock(canvas)
        opened.append(dock)
        dock.resize(480, 900)
        dock.show()
        if path is not None:
            dock.first.path.setText(str(path))
            dock.first.plan_named.emit()
            QTest.keyClicks(dock.first.unit, "12-A")
            QTest.keyClicks(dock.first.badge, "71")
            press(dock.first.begin)
        return dock
    yield open_dock
    for dock in opened:
        dock.take_away()
        dock.deleteLater()
    QgsSettings().remove("shotspotter_connect/live")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def drive(dock, place, begin, minutes, start=START):
    """A fix every 15 seconds at a place, as the GPS tells it."""
    for number in range(int(minutes * 4)):
        at = start + pd.Timedelta(minutes=begin, seconds=15 * number)
        dock._gps.fix.emit(at.isoformat(), *place, 4.0)


def buttons(dock):
    return {button.objectName(): button for button in dock.page.tactics_area.widget().findChildren(QPushButton)}


def nmea(count, place=INSIDE):
    """RMC and GGA sentences, one pair per second."""
    def sentence(body):
        check = 0
        for letter in body:
            check ^= ord(letter)
        return f"${body}*{check:02X}\r\n"

    def degrees(value, width):
        return "{:0{}d}{:07.4f}".format(int(value), width, value % 1 * 60)

    lines = []
    for number in range(count):
        at = START + pd.Timedelta(seconds=number)
        where = f"{degrees(place[1], 2)},N,{degrees(-place[0], 3)},W"
        lines.append(sentence(f"GPGGA,{at:%H%M%S}.00,{where},1,08,1.0,20.0,M,-34.0,M,,"))
        lines.append(sentence("GPGSA,A,3,01,02,03,04,05,06,07,08,,,,,1.5,1.0,1.1"))
        lines.append(sentence(f"GPRMC,{at:%H%M%S}.00,A,{where},0.0,0.0,{at:%d%m%y},,,A"))
    return lines
