"""Runs inside QGIS (``qgis --code``): a patrol by day and by night, and the phone's project, with a picture of each."""
import math
import os
import socket
import threading
import zipfile

import pandas as pd
from in_qgis import FOLDER, WORKSPACE, keep_picture, run_and_end, wait, wait_until
from qgis.core import QgsApplication, QgsGeometry, QgsPointXY, QgsProject, QgsVectorLayerUtils
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QPushButton, QToolBar
from qgis.utils import iface

DATE, SHIFT, BOX = "2017-12-14", "evening", 14
START = pd.Timestamp("2017-12-14 21:00", tz="UTC")
EVERY = 5  # seconds between two positions


def picture(name, bar=True):
    """Take a picture of the main window, without QGIS's own messages on the machine's grids."""
    wait(1.5)
    wait_until(lambda: not iface.mapCanvas().isDrawing(), 60)
    if not bar:
        iface.messageBar().clearWidgets()
    wait(0.5)
    keep_picture(name)


def export(kind, ending):
    """Export the plan -> path."""
    import processing

    path = os.path.join(FOLDER, "plan" + ending)
    processing.run("connect:exportplan", {"WORKSPACE": WORKSPACE, "DATE": DATE, "SHIFT": SHIFT, "FORMAT": kind,
                                          "OUTPUT": path})
    return path


class Receiver:
    """A GPS receiver on the network: says where it is as fast as it is told to."""

    def __init__(self):
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._peer, self.count = None, 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        self._peer, _ = self._server.accept()

    def go(self, places):
        for longitude, latitude in places:
            at = START + pd.Timedelta(seconds=EVERY * self.count)
            where = f"{int(latitude):02d}{latitude % 1 * 60:07.4f},N,{int(-longitude):03d}{-longitude % 1 * 60:07.4f},W"
            for body in (f"GPGGA,{at:%H%M%S}.00,{where},1,08,1.0,20.0,M,-34.0,M,,",
                         f"GPRMC,{at:%H%M%S}.00,A,{where},0.0,0.0,{at:%d%m%y},,,A"):
                check = 0
                for letter in body:
                    check ^= ord(letter)
                self._peer.sendall(f"${body}*{check:02X}\r\n".encode())
            self.count += 1
            wait(0.02)
        wait(0.5)


def patrol(dock, package):
    """Drive into a box, stay, use a tactic; then to the target at night."""
    dock.first.path.setText(package)
    dock.first.unit.setText("12-A")
    dock.first.badge.setText("71")
    dock.first.begin.click()
    for layer in QgsProject.instance().layerTreeRoot().findLayers():
        if layer.name().startswith(("Boxes", "Forecast")):
            layer.setItemVisibilityChecked(False)
    plan, receiver = dock.package, Receiver()
    dock.page.kind.setCurrentText("NMEA over TCP")
    dock.page.host.setText(receiver.address)
    dock.page.connect_gps.click()
    wait_until(lambda: receiver._peer is not None, 20)
    target = plan.patrols[BOX]
    (x,), (y,) = plan.fishnet.centres(*plan.fishnet.parse([target.box_id]))
    from shotspotter_connect_plugin.forecast import crs as systems
    degrees = systems.change(plan.crs, systems.DEGREES)
    dock.page.beat.setCurrentIndex(dock.page.beat.findData(target.beat))
    receiver.go([degrees(x - 400 + 30 * step, y - 300 + 22 * step) for step in range(13)])
    receiver.go([degrees(x + 20, y - 30)] * 82)
    dock.live_map.bring_into_view(target.box_id)
    dock.page.tactics_area.widget().findChildren(QPushButton)[0].click()
    picture("live_day", bar=False)
    iface.messageBar().clearWidgets()
    QgsApplication.setUITheme("Night Mapping")
    dock.page.night.setChecked(True)
    receiver.go([degrees(x + 20, y - 30)] * 102)
    picture("live_night")


def phone(archive):
    """Open the phone's project, record a track in a box, and begin to say what was done."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(FOLDER + "/phone")
        name = next(name for name in packed.namelist() if name.endswith(".qgz"))
    iface.addProject(os.path.join(FOLDER, "phone", name))
    layers = iface.mainWindow().findChild(QDockWidget, "Layers")
    layers.show()
    iface.mainWindow().resizeDocks([layers], [260], Qt.Orientation.Horizontal)
    boxes, track, logs = (QgsProject.instance().mapLayersByName(name)[0] for name in (
        "Boxes to patrol", "My track", "Tactics used"))
    box = next(feature for number, feature in enumerate(boxes.getFeatures()) if number == BOX)
    middle = box.geometry().centroid().asPoint()
    track.startEditing()
    for step in range(90):
        place = QgsPointXY(middle.x() - 90 + 4 * (step % 45), middle.y() + 60 * math.sin(step / 9))
        track.addFeature(QgsVectorLayerUtils.createFeature(
            track, QgsGeometry.fromPointXY(place), {track.fields().indexOf("unit"): "12-A"},
            track.createExpressionContext()))
    track.commitChanges()
    logs.startEditing()
    iface.layerTreeView().setCurrentLayer(logs)
    around = box.geometry().boundingBox().buffered(900)
    around.setXMaximum(around.xMaximum() + 900)
    iface.mapCanvas().setExtent(around)
    iface.mapCanvas().refresh()
    form = iface.getFeatureForm(logs, QgsVectorLayerUtils.createFeature(
        logs, box.geometry().centroid(), {}, logs.createExpressionContext()))
    form.show()
    form.setGeometry(820, 240, 440, 400)
    picture("phone_project", bar=False)
    form.close()
    logs.rollBack()
    layers.hide()


def main():
    window = iface.mainWindow()
    window.showNormal()
    window.setGeometry(0, 0, 1280, 800)
    for dock in window.findChildren(QDockWidget):
        dock.hide()
    for bar in window.findChildren(QToolBar):
        bar.setVisible(bar.objectName() in ("mMapNavToolBar", "ConnectToolBar"))
    plan = QgsProject.instance().fileName()
    phone(export("qfield", ".zip"))
    iface.addProject(plan)
    window.findChild(QAction, "ConnectLive").trigger()
    dock = window.findChild(QDockWidget, "ConnectLiveDock")
    window.resizeDocks([dock], [460], Qt.Orientation.Horizontal)
    patrol(dock, export("package", ".json"))


run_and_end(main)
