"""What takes time, outside the main thread: reading a workspace, and changing a plan through ``connect:adjust``."""
from __future__ import annotations

import atexit
import traceback
from typing import TYPE_CHECKING, Any, Callable

from qgis.core import (Qgis, QgsApplication, QgsMessageLog, QgsProcessingAlgRunnerTask, QgsProcessingContext,
                       QgsProcessingFeedback, QgsProject, QgsTask)
from qgis.PyQt.QtCore import QObject, Qt, QThread, QTimer, pyqtSignal

from ..errors import ConnectError
from ..plugin_name import NAME
from ..progress import Progress
from .translation import translator

if TYPE_CHECKING:
    from ..workspace.store.workspace import Workspace

tr = translator("PlanDock")

# What runs must live until it has ended, even if the dock is gone before; empty when nothing is under way.
alive: set[_Reading | AlgorithmRun] = set()


def wait_for_readings() -> None:
    """Wait until no thread reads any more; a thread must not outlive the plugin or QGIS."""
    for reading in [work for work in alive if isinstance(work, _Reading)]:
        reading.wait()


atexit.register(wait_for_readings)


class BackgroundWork(QObject):
    """The work a dock has under way; of each kind only the newest one's result is wanted."""

    _wanted: dict[str, _Reading | AlgorithmRun]
    changed = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._wanted = {}

    def start(self, kind: str, address: str, function: Callable[[Workspace, Progress], Any],
              then: Callable[[Any], object], failed: Callable[[str], object]) -> None:
        """Call ``function(workspace, progress)`` in a thread, then ``then(result)`` or ``failed(sentence)`` here."""
        self.cancel(kind)
        reading = _Reading(address, function)
        self._wanted[kind] = reading
        alive.add(reading)
        reading.finished.connect(lambda: self._over(kind, reading, then, failed))
        reading.start()
        self.changed.emit()

    def adjust(self, parameters: dict[str, Any],
               then: Callable[[dict[str, Any] | None, list[str], str], object]) -> None:
        """Run ``connect:adjust``, then ``then(outputs or None, messages, error)`` here."""
        run = AlgorithmRun("connect:adjust", parameters, tr("The plan was not changed."), stoppable=False)
        self._wanted["adjust"] = run
        run.over.connect(lambda: self._over("adjust", run, lambda result: then(*result), None))
        run.start()
        self.changed.emit()

    def under_way(self, kind: str | None = None) -> bool:
        """Whether work of a kind, or any, is under way."""
        return bool(self._wanted) if kind is None else kind in self._wanted

    def cancel(self, kind: str) -> None:
        """Stop work of a kind; its result is not wanted any more."""
        work = self._wanted.pop(kind, None)
        if work is not None:
            work.cancel()
            self.changed.emit()

    def stop(self) -> None:
        """Want no result any more; a change of a plan that is under way is still finished."""
        self._wanted, under_way = {}, list(self._wanted.values())
        for work in under_way:
            work.cancel()

    def _over(self, kind: str, work: _Reading | AlgorithmRun, then: Callable[[Any], object],
              failed: Callable[[str], object] | None) -> None:
        alive.discard(work)
        if self._wanted.get(kind) is not work:
            return
        del self._wanted[kind]
        if work.error and failed is not None:
            failed(work.error)
        else:
            then(work.result)
        self.changed.emit()


class _Reading(QThread):
    """A thread of its own: a task of QGIS waits behind all others, and can be lost from its queue (QGIS #53806)."""

    def __init__(self, address: str, function: Callable[[Workspace, Progress], Any]) -> None:
        super().__init__()
        self._address, self._function = address, function
        self.result, self.error = None, ""

    def run(self) -> None:
        from ..workspace.store.workspace import open_workspace

        try:
            with open_workspace(self._address) as workspace:
                self.result = self._function(workspace, _ReadingProgress(self))
        except ConnectError as error:
            self.error = error.user
        except Exception as error:
            QgsMessageLog.logMessage(traceback.format_exc(), NAME, Qgis.MessageLevel.Critical, False)
            self.error = tr("This is a fault of ShotSpotter Connect, not of your data ({}); the details are in the "
                            "log.").format(type(error).__name__)

    def cancel(self) -> None:
        self.requestInterruption()


class _ReadingProgress(Progress):
    def __init__(self, reading: QThread) -> None:
        self._reading = reading

    def is_cancelled(self) -> bool:
        return self._reading.isInterruptionRequested()


class _Feedback(QgsProcessingFeedback):
    """Keeps what the algorithm tells."""

    messages: list[str]
    warnings: list[str]

    def __init__(self) -> None:
        super().__init__(False)
        self.messages, self.warnings, self.error = [], [], ""

    def pushInfo(self, info: str) -> None:  # noqa: N802
        self.messages.append(info)

    def pushWarning(self, warning: str) -> None:  # noqa: N802
        self.messages.append(warning)
        self.warnings.append(warning)

    def reportError(self, error: str, fatalError: bool = False) -> None:  # noqa: N802, N803
        self.error = error


class AlgorithmRun(QObject):
    """One run of an algorithm in a task; keeps its algorithm, context and feedback alive.

    Parameters
    ----------
    algorithm : str
        Its id.
    parameters : dict
    otherwise : str
        What to say when it fails without a word.
    stoppable : bool
        Whether :meth:`cancel` stops it; a short transaction is better let finish.
    """

    over = pyqtSignal()
    progressed = pyqtSignal(float)
    error = ""

    def __init__(self, algorithm: str, parameters: dict[str, Any], otherwise: str, stoppable: bool = True) -> None:
        super().__init__()
        self._parameters, self._otherwise, self._stoppable = parameters, otherwise, stoppable
        self._algorithm = QgsApplication.processingRegistry().createAlgorithmById(algorithm)
        self.context, self.feedback = QgsProcessingContext(), _Feedback()
        self.context.setProject(QgsProject.instance())
        self.result: tuple[dict[str, Any] | None, list[str], str] | None = None
        self._task: QgsProcessingAlgRunnerTask | None = None

    def start(self) -> None:
        """Check the parameters, then run; ``over`` comes later in any case."""
        alive.add(self)
        valid, message = self._algorithm.checkParameterValues(self._parameters, self.context)
        if not valid:
            self.feedback.error = message
            QTimer.singleShot(0, lambda: self._executed(False, {}))
            return
        self._task = QgsProcessingAlgRunnerTask(self._algorithm, self._parameters, self.context, self.feedback,
                                                QgsTask.Flag.Hidden | QgsTask.Flag.Silent | QgsTask.Flag.CanCancel)
        if self._task.isCanceled():  # it could not even read its layers
            QTimer.singleShot(0, lambda: self._executed(False, {}))
            return
        # Queued: a task added while another's end is handled can be lost from QGIS's queue (QGIS #53806).
        self._task.executed.connect(self._executed, Qt.ConnectionType.QueuedConnection)
        self._task.progressChanged.connect(self.progressed)
        QgsApplication.taskManager().addTask(self._task)

    def cancel(self) -> None:
        """Ask it to stop."""
        if self._stoppable and self._task is not None:
            self._task.cancel()

    def _executed(self, successful: bool, outputs: dict[str, Any]) -> None:
        alive.discard(self)
        error = "" if successful else self.feedback.error or self._otherwise
        self.result = (outputs if successful else None, list(self.feedback.messages), error)
        self.over.emit()
