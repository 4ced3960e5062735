"""The small dialogs of the plan dock: why a plan is changed, and whether the chain of changes holds."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (QComboBox, QDialog, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QLineEdit,
                                 QPushButton, QVBoxLayout)

from ..widgets import fill, ok_or_cancel, words
from .patrol_table import chips, tr

if TYPE_CHECKING:
    from qgis.PyQt.QtWidgets import QWidget

    from ...workspace.steps.plan_review import PlanView
    from ...workspace.store.chain import ChainCheck

_LAST_REASON = "shotspotter_connect/plan/reason"


class AdjustDialog(QDialog):
    """Asks for what a change needs; a reason always.

    Parameters
    ----------
    action : str
        An action of ``connect:adjust``.
    what : str
        One sentence: what OK will do.
    view : PlanView
    box_id : str
        The box it is about; for add, a suggestion.
    minutes : float, optional
        For minutes and add: what stands in the field at first.
    preset : mapping, optional
        For add: box_id, crime_type, reason and note that stand in the fields at first.
    """

    def __init__(self, action: str, what: str, view: PlanView, box_id: str, minutes: float, longest: float,
                 preset: Mapping[str, str] | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("ConnectAdjust")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.action = action
        self.setWindowTitle({"add": tr("Add a box"), "suppress": tr("Suppress a box"),
                             "restore": tr("Restore a box"), "minutes": tr("Change the minutes"),
                             "undo": tr("Undo")}[action])
        form = QFormLayout(self)
        self.what = words(what)
        form.addRow(self.what)
        self.box = self._row(form, tr("&Box"), QLineEdit(box_id), action == "add")
        self.box.setPlaceholderText("C1290R17210")
        self.crime_type = self._row(form, tr("&Crime type"), QComboBox(), action == "add")
        fill(self.crime_type, [(tr("The strongest of the forecast"), ""), *chips(view.crime_types)], "")
        self.minutes = self._row(form, tr("&Minutes"), QDoubleSpinBox(), action in ("add", "minutes"))
        self.minutes.setRange(1.0, longest)
        self.minutes.setDecimals(0)
        self.minutes.setValue(minutes)
        self.reason = self._row(form, tr("&Reason"), QComboBox(), True)
        fill(self.reason, [(tr("Choose a reason"), ""), *((text, code) for code, text in view.reasons.items())],
             QgsSettings().value(_LAST_REASON, ""))
        self.note = self._row(form, tr("&Note"), QLineEdit(), True)
        self.note.setPlaceholderText(tr("Optional; kept for good, so name no person"))
        self.note.setMinimumWidth(320)
        self.buttons = ok_or_cancel(self)
        form.addRow(self.buttons)
        self._fill(preset or {})
        self.reason.currentIndexChanged.connect(self._check)
        self.box.textChanged.connect(self._check)
        first = (self.box if action == "add" and not self.box.text() else
                 self.minutes if action == "minutes" else self.reason)
        first.setFocus()
        self._check()

    def _fill(self, preset: Mapping[str, str]) -> None:
        """What is known beforehand; a reason that the agency has not is left as it was."""
        self.box.setText(preset.get("box_id", self.box.text()))
        self.note.setText(preset.get("note", ""))
        for combo, name in ((self.crime_type, "crime_type"), (self.reason, "reason")):
            place = combo.findData(preset[name]) if name in preset else -1
            if place >= 0:
                combo.setCurrentIndex(place)

    def given(self) -> dict[str, Any]:
        """Parameters of ``connect:adjust`` as filled in."""
        parameters = {"ACTION": self.action, "BOX_ID": self.box.text().strip(), "REASON": self.reason.currentData(),
                      "NOTE": self.note.text().strip()}
        if self.action == "add" and self.crime_type.currentData():
            parameters["CRIME_TYPE"] = self.crime_type.currentData()
        if self.action in ("add", "minutes"):
            parameters["MINUTES"] = self.minutes.value()
        return parameters

    def accept(self) -> None:
        QgsSettings().setValue(_LAST_REASON, self.reason.currentData())
        super().accept()

    def _row(self, form: QFormLayout, label: str, field: QWidget, shown: bool) -> Any:
        field.setParent(self)
        field.setVisible(shown)
        if shown:
            form.addRow(label, field)
        return field

    def _check(self) -> None:
        complete = bool(self.reason.currentData()) and (self.action != "add" or bool(self.box.text().strip()))
        button = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        button.setEnabled(complete)
        button.setToolTip("" if complete else tr("A reason is needed, and for a new patrol its box."))


class ChainDialog(QDialog):
    """Compares the chain of changes with a head as printed on a sheet."""

    check = pyqtSignal(str)

    def __init__(self, head: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("ConnectChain")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Check the chain of changes"))
        layout = QVBoxLayout(self)
        layout.addWidget(words(tr(
            "Every change of a plan is a row of a chain of hashes. Its head is printed on every sheet; type it, or its "
            "first 8 characters, to see whether anything before it was altered since.")))
        self.head = QLineEdit()
        self.head.setPlaceholderText(tr("Head as printed (optional)"))
        self.head.setMinimumWidth(580)  # room for a whole head
        layout.addWidget(self.head)
        self.button = QPushButton(tr("Check"))
        self.button.setDefault(True)
        self.button.clicked.connect(lambda: self.check.emit(self.head.text().strip()))
        layout.addWidget(self.button)
        self.result = words(tr("Head now: {}").format(head or tr("no change was ever made")), selectable=True)
        self.result.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.result.setMinimumHeight(7 * self.result.fontMetrics().lineSpacing())
        layout.addWidget(self.result)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def show_check(self, found: ChainCheck) -> None:
        """Show a ``ChainCheck``."""
        lines = [tr("The chain of {} changes holds.").format(found.length) if found.verified
                 else tr("The chain does not hold:"), *found.problems, *found.notes]
        self.result.setText("\n".join(lines + [tr("Head now: {}").format(found.head)] * bool(found.head)))
