"""Parts of the tests of the live patrol: a dock, a package with a box in it, fixes, and sentences of a receiver."""
import time

import pandas as pd
from qgis.PyQt.QtCore import QCoreApplication, QEvent, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QPushButton

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


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def drive(dock, place, begin, minutes, start=START):
    """A fix every 15 seconds at a place, as the GPS tells it."""
    for number in range(int(minutes * 4)):
        at = start + pd.Timedelta(minutes=begin, seconds=15 * number)
        dock.gps.fix.emit(at.isoformat(), *place, 4.0)


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
