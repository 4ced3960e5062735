"""Brings what a car has seen to the workspace, in the background, and tells when the plan there has changed."""
from __future__ import annotations

from typing import TYPE_CHECKING, Collection, Iterable

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ...errors import ConnectError
from ...workspace.exports.shift_package import make_package
from ...workspace.steps.live_delivery import deliver
from ...workspace.store.workspace import open_workspace
from ..background import BackgroundWork

if TYPE_CHECKING:
    import pandas as pd

    from ...patrol.live_tracker import Visit, VisitEvent
    from ...workspace.steps.patrol_journal import Journal
    from ...workspace.store.workspace import Workspace

Fix = tuple["pd.Timestamp", float, float, float]
"""Instant, longitude, latitude, metres, as a journal keeps them."""
_EVERY = 20000
"""Milliseconds between looks at the plan, and between deliveries while nothing opens or closes."""


class WorkspaceLink(QObject):
    """Keeps what is not delivered yet and tries again and again; the journal on disk has it all in any case.

    ``replanned`` gives the shift's package as the workspace has it now; ``told`` a sentence when the workspace cannot
    be written to, and an empty text when it can.
    """

    _fixes: list[Fix]
    _seen: dict[tuple[str, pd.Timestamp], Visit]
    _gone: dict[tuple[str, pd.Timestamp], Visit]
    replanned = pyqtSignal(object)
    told = pyqtSignal(str)

    def __init__(self, address: str, shift_date: str, shift: str, journal: Journal, parent: QObject) -> None:
        super().__init__(parent)
        self._address, self._shift_date, self._shift, self._journal = address, shift_date, shift, journal
        self._fixes, self._seen, self._gone, self._tactics = [], {}, {}, False
        self._again = False
        self.work = BackgroundWork(self)
        self._clock = QTimer(self)
        self._clock.setInterval(_EVERY)
        self._clock.timeout.connect(self.turn)
        self._clock.start()

    def begin(self, fixes: Iterable[Fix], visits: Iterable[Visit], tactics: Collection[object]) -> None:
        """Take over what a journal held already; what was delivered before is written again and changes nothing."""
        self._fixes, self._tactics = list(fixes), bool(tactics)
        self._seen = {_key(visit): visit for visit in visits}
        self.send()

    def fix(self, kept: Fix) -> None:
        """A fix as the journal keeps it."""
        self._fixes.append(kept)

    def happened(self, event: VisitEvent) -> None:
        """An event of the tracker: delivered at once, but for a visit that only grows."""
        key = _key(event.visit)
        (self._gone if event.kind == "dropped" else self._seen)[key] = event.visit
        (self._seen if event.kind == "dropped" else self._gone).pop(key, None)
        if event.kind != "updated":
            self.send()

    def tactic(self) -> None:
        """A tactic was used and is in the journal."""
        self._tactics = True
        self.send()

    @property
    def has_all(self) -> bool:
        """Whether everything is in the workspace."""
        return not (self._fixes or self._seen or self._gone or self._tactics)

    def send(self) -> None:
        """Deliver what is waiting, now or when the delivery under way is over."""
        if self.work.under_way("deliver"):
            self._again = True
            return
        if self.has_all:
            return
        fixes, seen, gone, tactics = list(self._fixes), dict(self._seen), dict(self._gone), self._tactics
        self._tactics = self._again = False
        self.work.start(
            "deliver", self._address, lambda workspace, _: self._deliver(workspace, fixes, seen, gone, tactics),
            lambda _: self._delivered(len(fixes), seen, gone), lambda sentence: self._failed(sentence, tactics))

    def finish(self) -> bool:
        """Deliver what is left now, if nothing else is under way -> whether everything is in the workspace."""
        if self.work.under_way("deliver"):
            return False
        try:
            with open_workspace(self._address) as workspace:
                self._deliver(workspace, self._fixes, self._seen, self._gone, self._tactics)
        except ConnectError:
            return False
        return True

    def _deliver(self, workspace: Workspace, fixes: list[Fix], seen: dict[tuple[str, pd.Timestamp], Visit],
                 gone: dict[tuple[str, pd.Timestamp], Visit], tactics: bool) -> None:
        deliver(workspace, self._journal.unit, fixes, list(seen.values()), list(gone.values()),
                self._journal.tactics_path if tactics else "")

    def stop(self) -> None:
        """Deliver no more."""
        self._clock.stop()
        self.work.stop()

    def turn(self) -> None:
        """What is done at each turn of the clock: send what waits, and ask for a newer plan."""
        self.send()
        if not self.work.under_way("plan"):
            date, shift = self._shift_date, self._shift
            self.work.start("plan", self._address, lambda workspace, _: make_package(workspace, date, shift),
                            self.replanned.emit, self.told.emit)

    def _delivered(self, fixes: int, seen: dict[tuple[str, pd.Timestamp], Visit],
                   gone: dict[tuple[str, pd.Timestamp], Visit]) -> None:
        del self._fixes[:fixes]
        for waiting, done in ((self._seen, seen), (self._gone, gone)):
            for key, visit in done.items():
                if waiting.get(key) is visit:
                    del waiting[key]
        self.told.emit("")
        if self._again:
            self.send()

    def _failed(self, sentence: str, tactics: bool) -> None:
        self._tactics = self._tactics or tactics
        self.told.emit(sentence)


def _key(visit: Visit) -> tuple[str, pd.Timestamp]:
    return visit.box_id, visit.entered_utc
