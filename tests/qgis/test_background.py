"""What docks do outside the main thread comes back, whatever else QGIS has to do."""
import time

import pytest
from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtWidgets import QApplication

from shotspotter_connect_plugin.ui import background


class Foreign(QgsTask):
    """A long task of another plugin."""

    def run(self):
        while not self.isCanceled():
            time.sleep(0.01)
        return False


@pytest.fixture
def busy_qgis(qgis_app):
    """QGIS with more tasks of others than it has threads."""
    manager = QgsApplication.taskManager()
    tasks = [Foreign("long", QgsTask.Flag.CanCancel) for _ in range(manager.threadPool().maxThreadCount() + 2)]
    for task in tasks:
        manager.addTask(task)
    yield
    manager.cancelAll()
    go_on(lambda: not manager.countActiveTasks())


@pytest.fixture
def works(qgis_app):
    owner = QObject()
    works = background.BackgroundWork(owner)
    yield works
    works.stop()
    background.wait_for_readings()


def go_on(until, seconds=30):
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it did not come back"
        QApplication.processEvents()
        time.sleep(0.002)


def test_a_reading_does_not_wait_behind_the_tasks_of_others(works, busy_qgis, created):
    came = []
    works.start("rows", str(created), lambda workspace, _: len(workspace.read("boxes")), came.append, came.append)
    go_on(lambda: came)
    assert came[0] > 0 and not works.under_way()


def test_only_the_newest_reading_of_a_kind_is_wanted(works, created):
    came = []
    for number in range(5):
        works.start("rows", str(created), lambda workspace, progress, n=number: n, came.append, came.append)
    go_on(lambda: not works.under_way())
    background.wait_for_readings()
    QApplication.processEvents()
    assert came == [4] and not background.alive


def test_a_reading_that_is_stopped_can_notice_it(works, created):
    noticed = []

    def read(workspace, progress):
        while not progress.is_cancelled():
            time.sleep(0.005)
        noticed.append(True)
    works.start("rows", str(created), read, noticed.append, noticed.append)
    works.cancel("rows")
    background.wait_for_readings()
    assert noticed == [True]


def test_work_that_follows_an_algorithm_starts_when_qgis_is_done_with_it(works, tmp_path):
    """A task added while another's end is handled can be lost from QGIS's queue (QGIS #53806)."""
    manager, left = QgsApplication.taskManager(), []
    run = background.AlgorithmRun("connect:checkworkspace", {"WORKSPACE": str(tmp_path / "none.gpkg")}, "nothing")
    run.over.connect(lambda: left.append(len(manager.tasks())))
    run.start()
    go_on(lambda: left)
    assert left == [0]
