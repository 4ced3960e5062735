"""Hands for the plan dock: click its rows and buttons and the map, fill its questions, look at what it shows."""
import time

from qgis.core import QgsCoordinateReferenceSystem
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDialogButtonBox

from shotspotter_connect_plugin.ui.plan.plan_dialogs import AdjustDialog
from shotspotter_connect_plugin.workspace.steps import shift_plan
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

DATE, SHIFT = "2017-12-14", "evening"
OK = QDialogButtonBox.StandardButton.Ok


def settle(*docks, seconds=60):
    """Let Qt go on until the docks have nothing under way."""
    end, calm = time.monotonic() + seconds, 0
    while calm < 3:
        assert time.monotonic() < end, [vars(dock.work) for dock in docks]
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        calm = 0 if any(dock.busy() for dock in docks) else calm + 1
        time.sleep(0.005)


def planned_in(path, shift=SHIFT):
    with open_workspace(path) as workspace:
        return set(shift_plan.planned(workspace, DATE, shift)["box_id"])


def adjustments_in(path):
    with open_workspace(path) as workspace:
        return workspace.read("adjustments", order_by="seq")


def shown(dock, name="box_id"):
    return [dock.form.table_model.patrol(row)[name] for row in range(dock.form.table_model.rowCount())]


def patrol(dock, box_id):
    return dock.form.table_model.patrol(dock.form.table_model.row_of(box_id))


def told(dock):
    return " ".join(item.text() for item in dock.form.bar.items())


def click_row(dock, box_id):
    row = dock.form.table_model.row_of(box_id)
    dock.form.table.scrollTo(dock.form.table_model.index(row, 2))
    QTest.mouseClick(dock.form.table.viewport(), Qt.MouseButton.LeftButton,
                     pos=dock.form.table.visualRect(dock.form.table_model.index(row, 2)).center())
    settle(dock)


def answer(dock, reason="late_breaking", note="", **fields):
    """Fill the dialog that is open and press OK."""
    dialog, = dock.findChildren(AdjustDialog)
    assert dialog.isVisible()
    dialog.reason.setCurrentIndex(dialog.reason.findData(reason))
    dialog.note.setText(note)
    for name, value in fields.items():
        field = getattr(dialog, name)
        field.setText(value) if hasattr(field, "setText") else field.setValue(value)
    QTest.mouseClick(dialog.buttons.button(OK), Qt.MouseButton.LeftButton)
    settle(dock)
    assert not dock.findChildren(AdjustDialog)


def press(dock, action):
    assert dock.form.buttons[action].isEnabled(), dock.form.buttons[action].toolTip()
    QTest.mouseClick(dock.form.buttons[action], Qt.MouseButton.LeftButton)


def click_map(dock, box_id):
    """Bring a box to the middle of the map and click it there."""
    canvas = dock.canvas
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))  # another one than the workspace's
    dock.map_link.highlight(box_id, zoom=True)
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton,
                     pos=QPoint(canvas.viewport().width() // 2, canvas.viewport().height() // 2))
    settle(dock)


def free_box(path):
    """A box in no plan of the date."""
    with open_workspace(path) as workspace:
        boxes = workspace.read("boxes", ["box_id", "beat"], order_by="box_id")
        taken = set(workspace.read("patrols", ["box_id"])["box_id"])
    return next(row.box_id for row in boxes.itertuples() if row.beat and row.box_id not in taken)
