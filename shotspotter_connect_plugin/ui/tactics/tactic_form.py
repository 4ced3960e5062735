"""One tactic's fields, and the small dialog that approves it."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.gui import QgsDateEdit
from qgis.PyQt.QtCore import QDate, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (QCheckBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QListWidget,
                                 QListWidgetItem, QPlainTextEdit, QVBoxLayout, QWidget)

from ..translation import translator
from ..widgets import button, in_a_row, ok_or_cancel, words

if TYPE_CHECKING:
    import pandas as pd

tr = translator("TacticsDialog")
_ISO = "yyyy-MM-dd"


class TacticForm(QWidget):
    """Fields of a tactic; ``changed`` after every keystroke."""

    changed = pyqtSignal()
    approve = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        form = QFormLayout(self)
        form.setContentsMargins(4, 0, 0, 0)
        form.setVerticalSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.name, self.code, self.source, self.approved_by = (QLineEdit() for _ in range(4))
        self.description = QPlainTextEdit()
        self.description.setTabChangesFocus(True)
        self.crime_types = QListWidget()
        self.crime_types.setMaximumHeight(130)
        self.enforcement = QCheckBox(tr("&Enforcement (stop, search, check, citation, arrest): never offered"))
        self.reviewed, self.expires = date_field(tr("never")), date_field(tr("no end"))
        self.approved_by.setPlaceholderText(tr("nobody; an office or body, as in Community board"))
        for label, field in ((tr("Na&me"), self.name), (tr("&Code"), self.code),
                             (tr("What the &officer does"), self.description),
                             (tr("Crime &types"), self.crime_types), (tr("&Literature behind it"), self.source),
                             ("", self.enforcement)):
            form.addRow(label, field)
        label = QLabel(tr("Appro&ved by"))
        label.setBuddy(self.approved_by)
        self.button = button("ConnectTactics_approve", tr("Approve…"), self.approve.emit)
        form.addRow(label, in_a_row(self.approved_by, self.button, stretch=(0,)))
        form.addRow(tr("Last community revie&w"), self.reviewed)
        form.addRow(tr("Last date of &use"), self.expires)
        for name in ("name", "code", "source", "approved_by"):
            getattr(self, name).setObjectName("ConnectTactic_" + name)
            getattr(self, name).textEdited.connect(lambda _: self.changed.emit())
        self.description.textChanged.connect(self.changed)
        self.enforcement.toggled.connect(self._enforcement)
        self.crime_types.itemChanged.connect(lambda _: self.changed.emit())
        for field in (self.reviewed, self.expires):
            field.valueChanged.connect(lambda _: self.changed.emit())

    def set_crime_types(self, kinds: pd.DataFrame) -> None:
        """The crime types to choose from."""
        self.crime_types.blockSignals(True)
        self.crime_types.clear()
        for kind in kinds.itertuples():
            item = QListWidgetItem(kind.name or kind.crime_type)
            item.setData(Qt.ItemDataRole.UserRole, kind.crime_type)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Unchecked)
            self.crime_types.addItem(item)
        self.crime_types.setToolTip(tr("None ticked: it serves all crime types."))
        self.crime_types.blockSignals(False)

    def show_tactic(self, row: dict[str, Any] | None) -> None:
        """Fill the fields from a tactic; empty for None."""
        row = row or {}
        self.name.setText(row.get("name") or "")
        self.code.setText(row.get("tactic") or "")
        self.description.setPlainText(row.get("description") or "")
        self.source.setText(row.get("source") or "")
        self.approved_by.setText(row.get("approved_by") or "")
        self.source.setCursorPosition(0)
        self.source.setToolTip(self.source.text())
        self.enforcement.setChecked(bool(row.get("enforcement")))
        for item in self.crime_type_items():
            ticked = item.data(Qt.ItemDataRole.UserRole) in (row.get("crime_types") or [])
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        set_date(self.reviewed, row.get("reviewed"))
        set_date(self.expires, row.get("expires"))

    def tactic(self) -> dict[str, Any]:
        """The fields as a tactic."""
        return {"name": self.name.text().strip(), "tactic": self.code.text().strip(),
                "description": self.description.toPlainText().strip(), "source": self.source.text().strip(),
                "approved_by": self.approved_by.text().strip(), "enforcement": self.enforcement.isChecked(),
                "crime_types": [item.data(Qt.ItemDataRole.UserRole) for item in self.crime_type_items()
                                if item.checkState() == Qt.CheckState.Checked],
                "reviewed": iso_of(self.reviewed), "expires": iso_of(self.expires)}

    def _enforcement(self, on: bool) -> None:
        self.button.setEnabled(not on)
        self.changed.emit()

    def crime_type_items(self) -> list[QListWidgetItem]:
        """The crime types that can be ticked, in order; each holds its code."""
        return [self.crime_types.item(row) for row in range(self.crime_types.count())]


class ApproveDialog(QDialog):
    """Asks who approved a tactic, after which community review, and until when it may be used."""

    def __init__(self, row: dict[str, Any], today: str, last: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("ConnectApprove")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Approve “{}”").format(row["name"] or row["tactic"]))
        layout = QVBoxLayout(self)
        layout.addWidget(words(tr(
            "An approved tactic is offered to officers from now on. Approve it after the community has reviewed it, "
            "and name the office or body that approved it, not a person.")))
        form = QFormLayout()
        layout.addLayout(form)
        self.approved_by = QLineEdit(row["approved_by"] or "")
        self.approved_by.setPlaceholderText(tr("as in Community board"))
        self.approved_by.setMinimumWidth(260)
        self.reviewed, self.expires = date_field(tr("never")), date_field(tr("no end"))
        set_date(self.reviewed, today)
        set_date(self.expires, last)
        form.addRow(tr("&Approved by"), self.approved_by)
        form.addRow(tr("Date of the community &review"), self.reviewed)
        form.addRow(tr("Last date of &use"), self.expires)
        self.buttons = ok_or_cancel(self)
        layout.addWidget(self.buttons)
        self.approved_by.textChanged.connect(lambda _: self._check())
        self.reviewed.valueChanged.connect(lambda _: self._check())
        self._check()

    def given(self) -> dict[str, str | None]:
        """approved_by, reviewed and expires as filled in."""
        return {"approved_by": self.approved_by.text().strip(), "reviewed": iso_of(self.reviewed),
                "expires": iso_of(self.expires)}

    def _check(self) -> None:
        complete = bool(self.approved_by.text().strip()) and iso_of(self.reviewed) is not None
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(complete)


def date_field(nothing: str) -> QgsDateEdit:
    """A date that may be left out; ``nothing`` is what stands there then."""
    field = QgsDateEdit()
    field.setAllowNull(True)
    field.setNullRepresentation(nothing)
    field.setDisplayFormat(_ISO)
    field.setCalendarPopup(True)
    field.setMinimumWidth(150)
    field.valueChanged.connect(lambda _: _show_nothing(field))
    return field


def _show_nothing(field: QgsDateEdit) -> None:
    """Its own clear button leaves today's date in grey; the words for no date are clearer."""
    if field.isNull():
        field.blockSignals(True)
        field.setDate(QDate())
        field.blockSignals(False)


def set_date(field: QgsDateEdit, text: str | None) -> None:
    """Show an ISO date, or none."""
    field.setDate(QDate.fromString(text or "", _ISO))


def iso_of(field: QgsDateEdit) -> str | None:
    """The ISO date of a field, None if it has none."""
    return None if field.isNull() else field.date().toString(_ISO)
