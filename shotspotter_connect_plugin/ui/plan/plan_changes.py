"""Changes of the plan from the dock: which of them can be made now, the question for their reason, the run."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from qgis.core import Qgis
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...workspace.steps import adjusting
from ...workspace.store import chain
from .patrol_table import tr
from .plan_dialogs import AdjustDialog, ChainDialog
from .plan_form import BUTTONS

if TYPE_CHECKING:
    from qgis.PyQt.QtWidgets import QToolButton, QWidget

    from ...workspace.steps.plan_review import PlanView
    from ..background import BackgroundWork


class PlanChanges(QObject):
    """Makes changes through ``connect:adjust``; ``told`` gives a sentence and its level, ``made`` (action, box id).

    Parameters
    ----------
    buttons : mapping of str to QToolButton
        By action.
    work : BackgroundWork
    parent : QWidget
        Over which questions are asked.
    """

    _view: PlanView | None
    _own_heads: set[str]
    told = pyqtSignal(str, object)
    made = pyqtSignal(str, str)
    failed = pyqtSignal()

    def __init__(self, buttons: Mapping[str, QToolButton], work: BackgroundWork, parent: QWidget) -> None:
        super().__init__(parent)
        self._buttons, self.work, self._parent = buttons, work, parent
        self._address, self._view, self._box = "", None, ""
        self._own_heads = set()

    def look_at(self, address: str, view: PlanView | None, box_id: str) -> None:
        """What the next change is about: a ``PlanView`` or None, and the id of a box or an empty text."""
        self._address, self._view, self._box = address, view, box_id
        self.update()

    def own(self, adjustment: Mapping[str, Any]) -> bool:
        """Whether this dock made an adjustment."""
        return adjustment["hash"] in self._own_heads

    def update(self) -> None:
        """Enable each button, or say in its tool tip why it is not."""
        for action, button in self._buttons.items():
            why_not = self.why_not(action)
            button.setEnabled(not why_not)
            button.setToolTip(why_not or f"{tr(BUTTONS[action].what)} ({BUTTONS[action].key})")

    def why_not(self, action: str) -> str:
        """Why a change cannot be made now; empty if it can."""
        view = self._view
        if view is None or not view.shift:
            return tr("No plan is open.")
        if view.refusal:
            return view.refusal
        if self.work.under_way("adjust"):
            return tr("A change is being made.")
        patrol = view.row_of(self._box) if self._box else None
        status = patrol["status"] if patrol else ""
        if action in ("suppress", "minutes") and status != "planned":
            return tr("Choose a planned box first.")
        if action == "restore" and status != "suppressed":
            return tr("Choose a suppressed box first.")
        if action == "undo" and view.undoable is None:
            return tr("This shift has no change to undo.")
        return ""

    def ask(self, action: str, preset: Mapping[str, str] | None = None) -> None:
        """Ask for the reason of a change, then make it; ``preset`` (for add) holds box_id, crime_type, reason, note."""
        why_not = self.why_not(action)
        if why_not:
            self.told.emit(why_not, Qgis.MessageLevel.Info)
            return
        view = self._view
        patrol = view.row_of(self._box) if self._box else None
        box_id = "" if action == "undo" or (action == "add" and patrol is not None) else self._box
        minutes = patrol["target_minutes"] if action == "minutes" else view.target_minutes
        dialog = AdjustDialog(action, self._what(action), view, box_id, minutes, adjusting.LONGEST_MINUTES, preset,
                              self._parent)
        dialog.accepted.connect(lambda: self._adjust(dialog.given()))
        dialog.open()

    def ask_for_head(self) -> None:
        """Open the check of the chain."""
        if self._view is None:
            return
        dialog, address = ChainDialog(self._view.head, self._parent), self._address

        def check(head):
            self.work.start("chain", address, lambda workspace, _: chain.verify_chain(workspace, head),
                            dialog.show_check, lambda sentence: self.told.emit(sentence, Qgis.MessageLevel.Warning))
        dialog.check.connect(check)
        dialog.finished.connect(lambda _: self.work.cancel("chain"))
        dialog.open()

    def _what(self, action: str) -> str:
        view = self._view
        shift = f"{view.shift_date} {view.shift_name}"
        if action == "undo":
            return tr("Take back in {}: {} of box {}, by {}.").format(
                shift, view.undoable["action"], view.undoable["box_id"], view.undoable["who"])
        if action == "add":
            return tr("Put a box into the plan of {}.").format(shift)
        patrol = view.row_of(self._box)
        return {"suppress": tr("Take box {} ({}) out of the plan of {}."),
                "restore": tr("Put box {} ({}) back into the plan of {}."),
                "minutes": tr("Change the minutes of box {} ({}) in {}.")}[action].format(
                    self._box, patrol["where"] or "–", shift)

    def _adjust(self, given: dict[str, Any]) -> None:
        view = self._view
        self.work.adjust({"WORKSPACE": self._address, "DATE": view.shift_date, "SHIFT": view.shift, **given},
                         lambda outputs, messages, error: self._adjusted(given, outputs, messages, error))

    def _adjusted(self, given: dict[str, Any], outputs: dict[str, Any] | None, messages: list[str], error: str) -> None:
        if error:
            self.told.emit(error, Qgis.MessageLevel.Warning)
            self.failed.emit()
            return
        self._own_heads.add(outputs["CHAIN_HEAD"])
        words = {"add": tr("Added {}."), "suppress": tr("Suppressed {}."), "restore": tr("Restored {}."),
                 "minutes": tr("Changed the minutes of {}."), "undo": tr("Undone.")}[given["ACTION"]]
        self.told.emit(" ".join([words.format(given["BOX_ID"]), *messages]), Qgis.MessageLevel.Success)
        self.made.emit(given["ACTION"], given["BOX_ID"])
