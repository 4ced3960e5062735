"""The panels below the table of patrols: why this box, what was reported lately, what rose since."""
from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Sequence

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QTableWidget, QTableWidgetItem, QTextBrowser, QVBoxLayout, QWidget

from ...reports.paper import wording
from ..widgets import button, in_a_row, only_to_look_at, words
from .patrol_table import chip, tr

if TYPE_CHECKING:
    from qgis.PyQt.QtGui import QIcon

    from ...workspace.steps.box_reasons import WhyBox
    from ...workspace.steps.plan_frames import CrimeTypeLegend
    from ...workspace.steps.plan_review import PlanView
    from ...workspace.steps.recent_events import Lately, Risen

_PLANNED = 7  # column of the list of boxes that rose
_DATA = Qt.ItemDataRole.UserRole


class WhyPanel(QTextBrowser):
    """Why a box is in the plan, and what speaks against it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ConnectWhy")
        self.setOpenLinks(False)
        self.tell(tr("Choose a row, or click a box on the map."))

    def tell(self, text: str) -> None:
        """Show one plain sentence."""
        self.setHtml(f"<p>{escape(text)}</p>")

    def show_why(self, why: WhyBox, patrol: Mapping[str, Any] | None, names: Mapping[str, str]) -> None:
        """Show a ``WhyBox``; ``patrol`` is its row of the plan or None, ``names`` the crime types' names by code."""
        beat = ", " + escape(tr("beat {}").format(why.beat)) if why.beat else ""
        head = f"<b>{escape(why.box_id)}</b> {escape(why.where)}{beat}"
        state = tr("Not in the plan.") if patrol is None else {
            "drawn": tr("In the plan: drawn by the lottery."), "added": tr("In the plan: added by hand."),
            "topped_up": tr("In the plan: topped up from the lottery's reserve.")}.get(patrol["origin"], "")
        if patrol is not None and patrol["status"] != "planned":
            state = tr("Suppressed by an analyst.")
        facts = [state]
        if why.chance is not None:
            facts.append(tr("Chance of at least one event in the shift: {}.").format(wording.chance_in_words(
                why.chance, *(float("nan") if end is None else end for end in (why.chance_low, why.chance_high)))))
        if why.inclusion_probability is not None:
            facts.append(tr("Its chance of being drawn was {:.3f}.").format(why.inclusion_probability))
        shares = [tr("{} {} %").format(names.get(row.crime_type, row.crime_type), wording.percent(row.share))
                  for row in why.types.head(3).itertuples() if row.share]
        if shares:
            facts.append(tr("Share of its harm: {}.").format(", ".join(shares)))
        for_it = why.speaks_for or [tr("The forecast names no reason: the box is not in its highest tenth.")]
        against = why.speaks_against or [tr("Nothing known to this workspace.")]
        title_for, title_against = escape(tr("What speaks for it")), escape(tr("What speaks against it"))
        self.setHtml(f"<p>{head}<br>{escape(' '.join(facts))}</p><p><b>{title_for}</b></p><ul>{_items(for_it)}</ul>"
                     f"<p><b>{title_against}</b></p><ul>{_items(against)}</ul>")


def _items(sentences: Iterable[str]) -> str:
    return "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)


class _Table(QTableWidget):
    """A small read-only table; ``chosen`` gives what a row was filled with."""

    chosen = pyqtSignal(object)

    def __init__(self, name: str, headings: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(0, len(headings), parent)
        self.setObjectName(name)
        self.setHorizontalHeaderLabels(headings)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(22)
        only_to_look_at(self)
        self.itemActivated.connect(self._choose)
        self.itemClicked.connect(self._choose)

    def fill(self, rows: Sequence[tuple[object, Sequence[str], Mapping[int, QIcon]]]) -> None:
        """Fill with (data, texts, icons by column) rows."""
        self.setRowCount(len(rows))
        for place, (data, texts, icons) in enumerate(rows):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if column in icons:
                    item.setIcon(icons[column])
                item.setData(_DATA, data)
                self.setItem(place, column, item)
        self.resizeColumnsToContents()

    def _choose(self, item: QTableWidgetItem) -> None:
        self.chosen.emit(item.data(_DATA))


class LatelyPanel(QWidget):
    """What became known in the last 24 hours and 7 days; a click leads into the plan."""

    chosen = pyqtSignal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = words()
        self.table = _Table("ConnectLately", [tr("Beat"), tr("Crime type"), tr("24 hours"), tr("7 days"),
                                              tr("Usual week")])
        self.table.chosen.connect(lambda data: self.chosen.emit(*data))
        _stack(self, self.label, self.table)

    def clear(self) -> None:
        """Show nothing."""
        self.label.clear()
        self.table.setRowCount(0)

    def show_lately(self, lately: Lately, kinds: Mapping[str, Mapping[str, Any]], zone: str) -> None:
        """Show a ``Lately``; ``kinds`` are the crime types by code, ``zone`` the agency's time zone."""
        self.label.setText(tr("Known by {}. Click a row to see its beat and crime type in the plan.").format(
            wording.moment_in_words(lately.until.tz_convert(zone))))
        self.table.fill([((row.beat, row.crime_type),
                          [row.beat, kinds[row.crime_type]["name"], *(f"{value:.3g}" for value in (
                              row.day, row.week, row.usual))], {1: kinds[row.crime_type]["icon"]})
                         for row in lately.counts.itertuples()])


class RisenPanel(QWidget):
    """Boxes whose harm grew since the draw, because more is known; the analyst decides.

    ``chosen`` gives the id of a box; ``asked`` wants the forecast made again; ``wanted`` gives what the question for
    adding a box begins with.
    """

    _view: PlanView | None
    chosen = pyqtSignal(str)
    asked = pyqtSignal()
    wanted = pyqtSignal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = button("ConnectForecastAgain", tr("Forecast again with what is known now"), self.asked.emit)
        self.button.setToolTip(tr("Nothing is written: the plan and its forecast stay as they are"))
        self.add = button("ConnectAddRisen", tr("Add to the plan…"), lambda: self.wanted.emit(self._preset()))
        self.label = words()
        row = in_a_row(self.button, self.add)
        row.addStretch()
        self.table = _Table("ConnectRisen", [tr("Beat"), tr("Box"), tr("Crime type"), tr("Harm then"), tr("Harm now"),
                                             tr("Chance now"), tr("New events"), tr("In the plan"), tr("Where")])
        self.table.chosen.connect(lambda box: self.chosen.emit(box.box_id))
        self.table.currentItemChanged.connect(lambda *_: self._allow())
        self._view, self._refusal, self._since = None, "", ""
        _stack(self, row, self.label, self.table)
        self.clear()

    def clear(self) -> None:
        """Forget the last list."""
        self.table.setRowCount(0)
        self.label.setText(tr("Lists boxes whose harm grew since the plan's forecast, by itself when new events come "
                              "in. You decide what to add."))
        self._allow()

    def tell(self, text: str) -> None:
        """Show a plain sentence above the list."""
        self.label.setText(text)

    def follow(self, view: PlanView | None, refusal: str) -> None:
        """Tell which boxes of the list are planned in a ``PlanView``; ``refusal`` says why none can be added."""
        self._view, self._refusal = view, refusal
        for row in range(self.table.rowCount()):
            item = self.table.item(row, _PLANNED)
            item.setText(tr("yes") if self._planned(item.data(_DATA)) else tr("no"))
        self._allow()

    def _planned(self, box: Any) -> bool:
        patrol = self._view.row_of(box.box_id) if self._view is not None else None
        return patrol is not None and patrol["status"] == "planned"

    def _allow(self) -> None:
        item = self.table.currentItem()
        box = item.data(_DATA) if item is not None else None
        why_not = self._refusal or (tr("Choose a box of the list first.") if box is None else
                                    tr("Box {} is in the plan already.").format(box.box_id) if self._planned(box) else
                                    "")
        self.add.setEnabled(not why_not)
        self.add.setToolTip(why_not or tr("Asks for the reason, late-breaking information, and puts the box in"))

    def show_risen(self, risen: Risen, kinds: Mapping[str, Mapping[str, Any]], zone: str, least: str) -> None:
        """Show a ``Risen``; ``least`` is the smallest rise listed, in words."""
        self._since, until = (wording.moment_in_words(moment.tz_convert(zone))
                              for moment in (risen.since, risen.until))
        self.label.setText(tr("{} events became known between {} and {}. The harm of {} boxes grew by {} or more; the "
                              "plan is unchanged.").format(risen.reported, self._since, until, len(risen.boxes), least))
        self.table.fill([(row, [
            row.beat, row.box_id, kinds[row.crime_type]["name"], f"{row.before:.2f}", f"{row.now:.2f}",
            wording.chance_in_words(row.chance, row.chance_low, row.chance_high), str(row.reported),
            "", row.where or ""], {2: kinds[row.crime_type]["icon"]}) for row in risen.boxes.itertuples()])
        self.follow(self._view, self._refusal)

    def _preset(self) -> dict[str, str]:
        box = self.table.currentItem().data(_DATA)
        return {"box_id": box.box_id, "crime_type": box.crime_type, "reason": "late_breaking",
                "note": tr("{} new events in the box since {}; harm {:.2f}, was {:.2f}").format(
                    box.reported, self._since, box.now, box.before)}


def kinds_of(crime_types: CrimeTypeLegend) -> dict[str, dict[str, Any]]:
    """Crime types by code, each a mapping with its name and its chip as ``icon``."""
    return {kind["crime_type"]: {**kind, "icon": chip(kind["colour"], kind["letter"])}
            for kind in crime_types.to_dict("records")}


def _stack(widget: QWidget, *parts: QWidget | QHBoxLayout) -> None:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(2, 2, 2, 2)
    for part in parts:
        layout.addLayout(part) if isinstance(part, QHBoxLayout) else layout.addWidget(part)
