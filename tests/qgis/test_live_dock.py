"""The live patrol dock, touched as an officer does, with fixes over QGIS's own GPS classes, TCP and gpsd."""
import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time

import pandas as pd
import pytest
from pyproj import Transformer
from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QEvent, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QPushButton

from shotspotter_connect_plugin.patrol import live
from shotspotter_connect_plugin.ui.live.dock import LiveDock
from shotspotter_connect_plugin.ui.live.gps import GPSD, NMEA
from shotspotter_connect_plugin.workspace.gps import import_gps
from shotspotter_connect_plugin.workspace.package import Patrol, ShiftPackage, Tactic, VisitRules, write_package
from shotspotter_connect_plugin.workspace.store import open_workspace
from shotspotter_connect_plugin.workspace.tactics import import_tactics
from shotspotter_connect_plugin.workspace.visits import find_visits

INSIDE, OUTSIDE = (-76.9770, 38.8851), (-76.9600, 38.8851)
START = pd.Timestamp("2026-03-02 20:30:00", tz="UTC")


def wait(until, seconds=10, otherwise=lambda: "it did not happen"):
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, otherwise()
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        time.sleep(0.01)


@pytest.fixture
def package(tmp_path):
    """A shift package with one box around INSIDE, in UTM zone 18N."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject
    change = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"),
                                    QgsCoordinateReferenceSystem("EPSG:32618"), QgsProject.instance())
    point = change.transform(*INSIDE)
    box = "C{}R{}".format(int(point.x() // 250), int(point.y() // 250))
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


def drive(dock, place, begin, minutes):
    """A fix every 15 seconds at a place, as the GPS tells it."""
    for number in range(int(minutes * 4)):
        at = START + pd.Timedelta(minutes=begin, seconds=15 * number)
        dock._gps.fix.emit(at.isoformat(), *place, 4.0)


def buttons(dock):
    return {button.objectName(): button for button in dock.page.tactics_area.widget().findChildren(QPushButton)}


def test_entry_starts_the_timer_and_brings_the_tactics_leaving_ends_both(open_dock, package):
    dock = open_dock(package)
    assert dock.page.header.text() == "Evening, 2026-03-02 · unit 12-A"
    drive(dock, OUTSIDE, 0, 1)
    assert not dock.page.timer.isVisible() and not buttons(dock) and "Not in a box" in dock.page.verdict.text()
    drive(dock, INSIDE, 3, 0.5)
    assert dock.page.timer.isVisible() and dock.page.band.text() == "4400 block Hunt Pl NE\nRobbery"
    assert list(buttons(dock)) == ["tactic_foot_patrol", "tactic_near_stops"]
    assert all(button.height() >= 64 for button in buttons(dock).values())
    assert dock.page.verdict.text() == "15 min to go"
    drive(dock, INSIDE, 3.5, 16)
    assert dock.page.verdict.text() == "Target reached: move on"
    drive(dock, INSIDE, 19.5, 6)
    assert dock.page.verdict.text() == "Longer than planned: move on"
    drive(dock, OUTSIDE, 27, 1)
    assert not dock.page.timer.isVisible() and not buttons(dock) and not dock.page.band.isVisible()
    assert dock.page.boxes.item(0).text().startswith("603 1 · 4400 block Hunt Pl NE · 2")


def test_a_touch_logs_the_tactic_on_disk_at_once(open_dock, package):
    dock = open_dock(package)
    drive(dock, INSIDE, 0, 3)
    button = buttons(dock)["tactic_foot_patrol"]
    press(button)
    assert "✓ 15:32" in button.text(), "the agency's wall clock"
    written = (package.parent / "journal_2026-03-02_evening_12-A_tactics.csv").read_text().splitlines()
    assert written[1:] == ["12-A,71,2026-03-02T20:32:45.000Z,foot_patrol,," + dock._package.patrols[0].box_id]
    fixes = (package.parent / "journal_2026-03-02_evening_12-A_gps.csv").read_text().splitlines()
    assert len(fixes) == 1 + 12


def test_a_restart_in_the_middle_of_a_visit_loses_nothing(open_dock, package):
    dock = open_dock(package)
    drive(dock, INSIDE, 0, 10)
    press(buttons(dock)["tactic_near_stops"])
    before = dock._patrol.situation()
    dock.take_away()            # QGIS ends; a crash does less than this
    again = open_dock()
    assert again._patrol.situation() == before and before.verdict == live.STAY
    assert "✓" in buttons(again)["tactic_near_stops"].text()
    drive(again, INSIDE, 10, 6)
    assert again.page.verdict.text() == "Target reached: move on"
    press(again.page.end)
    assert "import it" in again.first.complaint.text()
    assert open_dock()._patrol is None, "an ended shift does not go on"


def test_a_box_suppressed_meanwhile_loses_nothing(open_dock, package):
    dock = open_dock(package)
    drive(dock, INSIDE, 0, 6)
    content = json.loads(package.read_text())
    package.write_text(json.dumps({**content, "patrols": content["patrols"][1:]}))
    press(dock.page.end)
    press(dock.first.begin)
    drive(dock, INSIDE, 6, 6)
    visit, = dock._patrol.visits
    assert visit.minutes == pytest.approx(11.75) and "Not in a box" in dock.page.verdict.text()


def test_what_is_wrong_is_said_and_nothing_starts(open_dock, package, tmp_path):
    dock = open_dock(tmp_path / "none.json")
    assert "FORMAT=package" in dock.first.complaint.text() and dock._patrol is None
    dock.first.path.setText(str(package))
    dock.first.unit.setText("../12")
    press(dock.first.begin)
    assert "unit" in dock.first.complaint.text() and dock._patrol is None
    dock.first.unit.setText("12")
    press(dock.first.begin)
    dock.page.host.setText("nowhere")
    press(dock.page.connect_gps)
    assert "host:port" in dock.page.warning.text()


def nmea(count, place=INSIDE):
    """RMC and GGA sentences, one pair per second."""
    def sentence(body):
        check = 0
        for letter in body:
            check ^= ord(letter)
        return "${}*{:02X}\r\n".format(body, check)

    def degrees(value, width):
        return "{:0{}d}{:07.4f}".format(int(value), width, value % 1 * 60)

    lines = []
    for number in range(count):
        at = START + pd.Timedelta(seconds=number)
        where = "{},N,{},W".format(degrees(place[1], 2), degrees(-place[0], 3))
        lines.append(sentence("GPGGA,{:%H%M%S}.00,{},1,08,1.0,20.0,M,-34.0,M,,".format(at, where)))
        lines.append(sentence("GPGSA,A,3,01,02,03,04,05,06,07,08,,,,,1.5,1.0,1.1"))
        lines.append(sentence("GPRMC,{:%H%M%S}.00,A,{},0.0,0.0,{:%d%m%y},,,A".format(at, where, at)))
    return lines


def test_nmea_over_tcp(open_dock, package):
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        peer, _ = server.accept()
        with peer, contextlib.suppress(ConnectionError):    # the other side hangs up when it has seen enough
            for line in nmea(20):
                peer.sendall(line.encode())
                time.sleep(0.01)
            peer.recv(1)
    threading.Thread(target=serve, daemon=True).start()
    dock = open_dock(package)
    dock.page.kind.setCurrentText(NMEA)
    dock.page.host.setText("127.0.0.1:{}".format(server.getsockname()[1]))
    press(dock.page.connect_gps)
    wait(lambda: dock.page.timer.isVisible() and dock._patrol.situation().visit_seconds >= 10)
    assert "good" in dock.page.gps_label.text()
    # The first sentence has no date: no clock but the receiver's is ever used.
    assert all(START <= at < START + pd.Timedelta(minutes=1) for at, *_ in dock._journal.fixes())
    server.close()


@pytest.mark.skipif(shutil.which("gpsfake") is None, reason="needs gpsfake (apt: gpsd gpsd-clients)")
def test_gpsd(open_dock, package, tmp_path):
    log = tmp_path / "drive.nmea"
    log.write_text("".join(nmea(120)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    gpsfake = subprocess.Popen(["gpsfake", "-q", "-t", "-c", "0.1", "-P", str(port), str(log)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        dock = open_dock(package)
        dock.page.kind.setCurrentText(GPSD)
        dock.page.host.setText("127.0.0.1:{}".format(port))
        press(dock.page.connect_gps)    # gpsd is not up yet: it tries again
        wait(dock.page.timer.isVisible, 30, dock.page.gps_label.text)
        assert dock.page.band.text().endswith("Robbery") and dock._journal.fixes()
    finally:
        gpsfake.terminate()
        gpsfake.wait(10)


def test_the_gps_that_qgis_has_open_is_used(open_dock, package):
    from qgis.core import QgsNmeaConnection
    from qgis.PyQt.QtCore import QBuffer
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.ReadWrite)
    connection = QgsNmeaConnection(buffer)
    registry = QgsApplication.gpsConnectionRegistry()
    registry.registerConnection(connection)
    try:
        dock = open_dock(package)
        assert "GPS of QGIS" in dock.page.gps_label.text() and not dock.page.connect_gps.isVisible()
    finally:
        registry.unregisterConnection(connection)
    wait(lambda: "not connected" in dock.page.gps_label.text())


def test_the_journal_gives_the_workspace_the_same_visits(open_dock, package, fresh):
    with open_workspace(fresh) as workspace:
        change = json.loads(package.read_text())
        change["crs"] = workspace.settings.crs
        middle = workspace.read("boxes").query("inside == 1").iloc[0]
        x, y = workspace.fishnet.centres(*(pd.Series([middle[name]]).to_numpy() for name in ("col", "row")))
        place = Transformer.from_crs(workspace.settings.crs, "EPSG:4326", always_xy=True).transform(x[0], y[0])
        change["patrols"][0]["box_id"] = middle["box_id"]
        package.write_text(json.dumps(change))
        dock = open_dock(package)
        drive(dock, place, 0, 12)
        press(buttons(dock)["tactic_foot_patrol"])
        shown = dock._patrol.visits
        dock.take_away()
        folder = package.parent
        assert import_gps(workspace, folder / "journal_2026-03-02_evening_12-A_gps.csv").added == 48
        found = find_visits(workspace, "2026-03-02", "2026-03-02")
        assert found["box_id"].tolist() == [visit.box_id for visit in shown]
        assert found["minutes"].tolist() == pytest.approx([visit.minutes for visit in shown])
        assert import_tactics(workspace, folder / "journal_2026-03-02_evening_12-A_tactics.csv").unmatched == 0
