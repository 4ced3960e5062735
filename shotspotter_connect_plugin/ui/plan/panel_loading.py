"""Fills the panels below the table: only the one in front, in the background, and the list of boxes that rose."""
from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from qgis.core import Qgis
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QPushButton

from ...reports.paper import wording
from ...workspace.steps import box_reasons, recent_events, shift_week
from .box_panels import kinds_of
from .patrol_table import tr

if TYPE_CHECKING:
    from qgis.PyQt.QtWidgets import QWidget

    from ...workspace.steps.plan_review import PlanView
    from ...workspace.steps.recent_events import Risen
    from ..background import BackgroundWork
    from .plan_form import PlanForm


class PanelLoader(QObject):
    """What the panels of a ``PlanForm`` show; ``complained`` gives a sentence where something could not be read."""

    _view: PlanView | None
    _stale: set[QWidget]
    complained = pyqtSignal(str)

    def __init__(self, form: PlanForm, work: BackgroundWork, parent: QObject) -> None:
        super().__init__(parent)
        self._form, self.work = form, work
        self._address, self._view, self._box, self._week_of, self._stale = "", None, "", "", set()

    def show(self, address: str, view: PlanView, same_shift: bool) -> None:
        """Look at a ``PlanView`` of a workspace; of another shift, or of the same one read again."""
        self._address, self._view, self._week_of = address, view, view.shift_date
        self._stale = {self._form.why, self._form.lately, self._form.week}
        if not same_shift:
            self.work.cancel("risen")
            self._form.risen.clear()
            self._name_risen(0)

    def forget(self) -> None:
        """Show nothing until the next view."""
        self._address, self._view, self._box, self._week_of, self._stale = "", None, "", "", set()
        self._form.why.tell(tr("Choose a row, or click a box on the map."))
        self._form.risen.clear()
        self._name_risen(0)
        self._form.week.clear()
        self._form.lately.clear()

    def look_at(self, box_id: str) -> None:
        """Look at a box, or at none if empty."""
        if box_id != self._box:
            self._stale.add(self._form.why)
        self._box = box_id
        self.load()

    def turn_week(self, day: str) -> None:
        """Show the week of a date; the shift looked at stays."""
        self._week_of = day
        self._stale.add(self._form.week)
        self.load()

    def load(self) -> None:
        """Fill the panel in front if what it shows is out of date; the others wait until they are looked at."""
        form, view = self._form, self._view
        panel = form.tabs.currentWidget()
        if view is None or panel not in self._stale:
            return
        self._stale.discard(panel)
        if panel is form.why and not self._box:
            self.work.cancel("panel")
            form.why.tell(tr("Choose a row, or click a box on the map."))
            return
        if not view.shift:
            return
        shift_date, shift, box_id, kinds = view.shift_date, view.shift, self._box, kinds_of(view.crime_types)
        names, week_of = {code: kind["name"] for code, kind in kinds.items()}, self._week_of
        read, show = {
            form.why: (lambda workspace, _: box_reasons.why_box(workspace, shift_date, shift, box_id),
                       lambda why: form.why.show_why(why, view.row_of(box_id), names)),
            form.lately: (lambda workspace, _: recent_events.lately(workspace, shift_date, shift),
                          lambda lately: form.lately.show_lately(lately, kinds, view.timezone)),
            form.week: (lambda workspace, _: shift_week.week(workspace, week_of),
                        lambda week: form.week.show_week(week, kinds, (shift_date, shift))),
        }[panel]
        self.work.start("panel", self._address, read, show, self.complained.emit)

    def forecast_by_itself(self) -> None:
        """New events came in: list what rose, and offer the list; the analyst decides."""
        self._forecast(self._offer)

    def forecast_again(self) -> None:
        """Forecast the shift again with what is known now, and list the boxes that rose; nothing is written."""
        self._forecast(lambda risen: None)

    def _forecast(self, then: Callable[[Risen], object]) -> None:
        view, panel = self._view, self._form.risen
        if view is None or not view.shift:
            return
        kinds = kinds_of(view.crime_types)

        def show(risen):
            panel.show_risen(risen, kinds, view.timezone, tr("{} %").format(wording.percent(recent_events.LEAST_RISE)))
            self._name_risen(len(risen.boxes))
            then(risen)

        def failed(sentence):
            panel.tell(sentence)
            self.complained.emit(sentence)
        panel.tell(tr("Forecasting …"))
        self.work.start("risen", self._address, lambda workspace, progress: recent_events.risen(
            workspace, view.shift_date, view.shift, progress=progress), show, failed)

    def _offer(self, risen: Risen) -> None:
        news = risen.boxes[~risen.boxes["planned"]]
        if news.empty:
            return
        bar = self._form.bar
        bar.clearWidgets()
        item = bar.createMessage("", tr("{} new events; {} boxes outside the plan rose.").format(
            risen.reported, len(news)))
        show = QPushButton(tr("Show"))
        show.clicked.connect(lambda: self._form.tabs.setCurrentWidget(self._form.risen))
        item.layout().addWidget(show)
        bar.pushWidget(item, Qgis.MessageLevel.Info)

    def _name_risen(self, count: int) -> None:
        tabs = self._form.tabs
        tabs.setTabText(tabs.indexOf(self._form.risen), tr("Risen since") + (f" ({count})" if count else ""))
