"""Receivers: gpsd fed by gpsfake, NMEA over TCP, a serial port, and the connection that QGIS has open."""
import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time

import pandas as pd
import pytest
from live_parts import START, nmea, press, wait
from qgis.core import QgsApplication

from shotspotter_connect_plugin.ui.live import gps_receiver
from shotspotter_connect_plugin.ui.live.gps_receiver import GPSD, NMEA, SERIAL


def test_nmea_over_tcp(open_live_dock, package):
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        peer, _ = server.accept()
        with peer, contextlib.suppress(ConnectionError):    # the other side hangs up when it has seen enough
            for line in nmea(20):
                peer.sendall(line.encode())
                time.sleep(0.01)
            peer.recv(1)
    threading.Thread(target=serve, daemon=True).start()
    dock = open_live_dock(package)
    dock.page.kind.setCurrentText(NMEA)
    dock.page.host.setText(f"127.0.0.1:{server.getsockname()[1]}")
    press(dock.page.connect_gps)
    wait(lambda: dock.page.timer.isVisible() and dock.patrol.situation().visit_seconds >= 10)
    assert "good" in dock.page.gps_label.text()
    # The first sentence has no date: no clock but the receiver's is ever used.
    assert all(START <= at < START + pd.Timedelta(minutes=1) for at, *_ in dock.journal.fixes())
    server.close()


@pytest.mark.skipif(shutil.which("gpsfake") is None, reason="needs gpsfake (apt: gpsd gpsd-clients)")
def test_gpsd(open_live_dock, package, tmp_path):
    log = tmp_path / "drive.nmea"
    log.write_text("".join(nmea(120)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    gpsfake = subprocess.Popen(["gpsfake", "-q", "-t", "-c", "0.1", "-P", str(port), str(log)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        dock = open_live_dock(package)
        dock.page.kind.setCurrentText(GPSD)
        dock.page.host.setText(f"127.0.0.1:{port}")
        press(dock.page.connect_gps)    # gpsd is not up yet: it tries again
        wait(dock.page.timer.isVisible, 30, dock.page.gps_label.text)
        assert dock.page.band.text().endswith("Robbery") and dock.journal.fixes()
    finally:
        gpsfake.terminate()
        gpsfake.wait(10)


def test_the_gps_that_qgis_has_open_is_used(open_live_dock, package):
    from qgis.core import QgsNmeaConnection
    from qgis.PyQt.QtCore import QBuffer
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.ReadWrite)
    connection = QgsNmeaConnection(buffer)
    registry = QgsApplication.gpsConnectionRegistry()
    registry.registerConnection(connection)
    try:
        dock = open_live_dock(package)
        assert "GPS of QGIS" in dock.page.gps_label.text() and not dock.page.connect_gps.isVisible()
    finally:
        registry.unregisterConnection(connection)
    wait(lambda: "not connected" in dock.page.gps_label.text())


@pytest.fixture
def serial_port():
    """(name of a serial port, a function that plugs the receiver in)."""
    pty = pytest.importorskip("pty", reason="needs a system with pseudo terminals")
    tty = pytest.importorskip("tty")
    pytest.importorskip("qgis.PyQt.QtSerialPort", reason="needs Qt's serial port (python3-pyqt5.qtserialport)")
    outer, inner = pty.openpty()
    tty.setraw(inner)
    stopped, lines = threading.Event(), nmea(600)

    def talk():
        while not stopped.is_set() and lines:
            os.write(outer, lines.pop(0).encode())
            time.sleep(0.01)
    talking = threading.Thread(target=talk, daemon=True)
    yield os.ttyname(inner), talking.start
    stopped.set()
    talking.join(5)
    os.close(outer)
    os.close(inner)


def test_a_serial_receiver(open_live_dock, package, serial_port):
    name, plug_in = serial_port
    dock = open_live_dock(package)
    dock.page.kind.setCurrentText(SERIAL)
    dock.page.host.setText(name)
    press(dock.page.connect_gps)
    dock.tick()
    assert "no answer yet from Serial port " + name in dock.page.gps_label.text()
    plug_in()
    wait(lambda: dock.page.timer.isVisible() and dock.patrol.situation().visit_seconds >= 10, 30,
         dock.page.gps_label.text)
    assert "good" in dock.page.gps_label.text() and not dock.page.connect_gps.isVisible()
    assert all(START <= at < START + pd.Timedelta(minutes=5) for at, *_ in dock.journal.fixes())


def test_a_restart_and_a_line_that_breaks_are_tried_again_and_nothing_is_lost(open_live_dock, package, monkeypatch):
    monkeypatch.setattr(gps_receiver, "TRY_AGAIN_MS", 500)
    server = socket.create_server(("127.0.0.1", 0))
    lines = nmea(60)

    def serve():
        for part in (lines[:60], lines[60:120], lines[120:]):
            peer, _ = server.accept()
            with peer, contextlib.suppress(ConnectionError):
                for line in part:
                    peer.sendall(line.encode())
                    time.sleep(0.005)
    threading.Thread(target=serve, daemon=True).start()
    dock = open_live_dock(package)
    dock.page.kind.setCurrentText(NMEA)
    dock.page.host.setText(f"127.0.0.1:{server.getsockname()[1]}")
    press(dock.page.connect_gps)
    wait(lambda: dock.patrol.situation().visit_seconds >= 10)
    wait(lambda: "no answer yet" in dock.page.gps_label.text(), 15, dock.page.gps_label.text)
    wait(lambda: dock.patrol.situation().visit_seconds >= 30, 20, dock.page.gps_label.text)
    dock.take_away()
    again = open_live_dock()
    wait(lambda: again.patrol.situation().visit_seconds >= 50, 20, again.page.gps_label.text)
    visit, = again.patrol.visits
    assert visit.entered_utc <= START + pd.Timedelta(seconds=5), "one visit, not three"
    assert "NMEA" in again.page.gps_label.text(), "the receiver was connected again by itself"
    server.close()
