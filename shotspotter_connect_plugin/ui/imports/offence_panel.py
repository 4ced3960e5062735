"""The offence words of a file, or of a source imported before: what each is taken as, to be decided by a choice."""
from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (QAbstractItemView, QComboBox, QHBoxLayout, QHeaderView, QLabel, QLineEdit,
                                 QTableWidget, QVBoxLayout, QWidget)

from ...workspace.imports.offence_words import NOT_COUNTED, kept_text
from ..widgets import button, fill, words
from .file_panels import Choice, cell
from .import_queue import tr

if TYPE_CHECKING:
    from typing import Mapping

    from qgis.PyQt.QtGui import QResizeEvent

    from ...workspace.imports.offence_words import OffenceWord, Words
    from ...workspace.imports.source_offences import OffenceTable
    from .import_queue import QueueItem

_SHOWN = 300
"""Lines shown at once; the search finds the others."""
_THIS = ""
_NARROW = 80
"""Pixels of a column of words at least."""


class OffencePanel(QWidget):
    """The table; ``decided`` tells of a choice for the words of the chosen file, ``applied`` of those for a source
    imported before: its header, and words -> what they are taken as."""

    decided = pyqtSignal(object, str)
    undone = pyqtSignal()
    applied = pyqtSignal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._item: QueueItem | None = None
        self._sources: list[OffenceTable] = []
        self._later: list[tuple[Words, str]] = []
        self._told = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        self.source = QComboBox()
        self.source.setObjectName("ConnectOffenceSource")
        self.source.currentIndexChanged.connect(lambda _: self._change_source())
        self.search = QLineEdit()
        self.search.setObjectName("ConnectOffenceSearch")
        self.search.setPlaceholderText(tr("search"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._fill())
        top = QHBoxLayout()
        for text, field in ((tr("&Words of"), self.source), (tr("S&earch"), self.search)):
            label = QLabel(text)
            label.setBuddy(field)
            top.addWidget(label)
            top.addWidget(field, 1)
        layout.addLayout(top)
        self.notice = words(name="ConnectOffenceNotice")
        layout.addWidget(self.notice)
        self.table = QTableWidget(0, 5)
        self.table.setObjectName("ConnectOffences")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().hide()
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # rows fit the width that stays
        layout.addWidget(self.table, 1)
        self.undo = button("ConnectOffenceUndo", tr("&Undo the last choice"), self._undo)
        self.apply = button("ConnectOffenceApply", tr("&Apply to the workspace"), self._apply)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.undo)
        row.addWidget(self.apply)
        layout.addLayout(row)

    def show_item(self, item: QueueItem | None) -> None:
        """Show the words of an item of the queue; None for nothing."""
        if item is not self._item:
            self._told = ""
            self.source.setCurrentIndex(0)
        self._item = item
        self._fill()

    def show_sources(self, sources: list[OffenceTable]) -> None:
        """Offer the sources imported before."""
        self._sources, self._later = sources, []
        chosen = self.source.currentData()
        fill(self.source, [(tr("the chosen file"), _THIS), *(
            (tr("{}, imported before").format(source.name), source.header) for source in sources)], chosen)
        self._fill()

    def tell(self, told: str) -> None:
        """Say what came of what was applied, until something else is done."""
        self._told = told
        self._fill()

    @property
    def _shown(self) -> OffenceTable | None:
        header = self.source.currentData()
        if header:
            return next((source for source in self._sources if source.header == header), None)
        return self._item.offences if self._item is not None else None

    @property
    def _decisions(self) -> Mapping[Words, str]:
        if self.source.currentData():
            return dict(self._later)
        return self._item.decisions if self._item is not None else {}

    def _change_source(self) -> None:
        self._later, self._told = [], ""
        self._fill()

    def _fill(self) -> None:
        found, decisions, wanted = self._shown, self._decisions, self.search.text().strip().casefold()
        later = bool(self.source.currentData())
        lines = [line for line in found.lines if wanted in kept_text(line.words).casefold()] if found else []
        asked = self._item is not None and self._item.question is not None
        self.notice.setText("\n".join(filter(None, (self._told, _notice(found, decisions, later, len(lines), asked)))))
        self.table.setRowCount(0)
        self.table.setColumnCount(0)
        self.undo.setVisible(found is not None)
        self.undo.setEnabled(bool(decisions))
        self.apply.setVisible(later)
        self.apply.setEnabled(bool(decisions))
        if not found or not found.columns:
            return
        titles = [*found.columns, tr("Rows"), tr("First line"), tr("Taken as"), tr("Why")]
        self.table.setColumnCount(len(titles))
        self.table.setHorizontalHeaderLabels(titles)
        self.table.setRowCount(len(lines[:_SHOWN]))
        for row, line in enumerate(lines[:_SHOWN]):
            why = tr("chosen here") if line.words in decisions else _why(line)
            told = [*line.words, f"{line.count:,}", str(line.line or ""), "", why]
            for column, text in enumerate(told):
                self.table.setItem(row, column, cell(text))
            self.table.setCellWidget(row, len(titles) - 2, self._choice(found, line, decisions.get(line.words)))
        self._fit(len(found.columns))

    def _fit(self, of_words: int) -> None:
        """Choices and numbers as wide as they are; the words and the reason share the rest, in several lines."""
        table, why = self.table, self.table.columnCount() - 1
        table.resizeColumnsToContents()
        choices = [table.cellWidget(row, why - 1) for row in range(table.rowCount())]
        table.setColumnWidth(why - 1, max((choice.sizeHint().width() for choice in choices), default=0) + 4)
        taken = sum(table.columnWidth(column) for column in range(of_words, why))
        rest = (table.viewport().width() - taken) * 3 // 5
        # The narrow first: what they do not need is for the others.
        for number, column in enumerate(sorted(range(of_words), key=table.columnWidth)):
            table.setColumnWidth(column, min(table.columnWidth(column), max(_NARROW, rest // (of_words - number))))
            rest -= table.columnWidth(column)
        table.horizontalHeader().setMinimumSectionSize(40)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        table.horizontalHeader().setSectionResizeMode(why, QHeaderView.ResizeMode.Stretch)
        table.resizeRowsToContents()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        found = self._shown
        if self.table.columnCount() and found is not None:
            self._fit(len(found.columns))

    def _choice(self, found: OffenceTable, line: OffenceWord, decided: str | None) -> QComboBox:
        choice = Choice()
        choice.setObjectName("ConnectOffence:" + kept_text(line.words))
        types = [] if line.barred else [(name, code) for code, name in found.types.items()]
        open_still = [(tr("not decided yet"), "")] if line.by_rules == "" else []
        fill(choice, [*open_still, *types, (tr("not counted"), NOT_COUNTED)],
             line.taken_as if decided is None else decided)
        if line.barred:
            choice.setToolTip(tr("It is recorded mostly where police look, so that it can never count."))
        choice.activated.connect(lambda _: self._decide(line.words, choice.currentData()))
        return choice

    def _decide(self, about: Words, taken_as: str) -> None:
        self._told = ""
        if self.source.currentData():
            self._later.append((about, taken_as))
            self._fill()
        else:
            self.decided.emit(about, taken_as)

    def _undo(self) -> None:
        if self.source.currentData():
            self._later.pop()
            self._fill()
        else:
            self.undone.emit()

    def _apply(self) -> None:
        self.applied.emit(self.source.currentData(), dict(self._later))


def words_waiting(found: OffenceTable, decisions: Mapping[Words, str]) -> int:
    """How many words of a file nobody has decided yet."""
    return len([line for line in found.lines if (decisions.get(line.words) or line.taken_as) == ""])


def _why(line: OffenceWord) -> str:
    """The reason without the words themselves, which stand beside it."""
    return line.why.removesuffix(": " + " ".join(line.words))


def _notice(found: OffenceTable | None, decisions: Mapping[Words, str], later: bool, shown: int, asked: bool) -> str:
    if found is None and asked:
        return tr("The words of this file stand here once what is asked at “Columns” is answered.")
    if found is None:
        return tr("The words by which a file of incidents tells its offences stand here once it has been looked at.")
    if not found.columns:
        return tr("No column of this file tells an offence.")
    waiting = words_waiting(found, decisions)
    told = [tr("{:,} of {:,} words wait for a decision; their rows are not counted until then.").format(
        waiting, len(found.lines)) if waiting else tr("{:,} words; none waits for a decision.").format(
        len(found.lines))]
    if later:
        told.append(tr("Incidents in the workspace follow what you apply; plans and reports made before stay."))
    if shown > _SHOWN:
        told.append(tr("The first {:,} are shown; search for the others.").format(_SHOWN))
    return " ".join(told)
