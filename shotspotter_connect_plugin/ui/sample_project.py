"""“Load sample project”: the steps of the sample, one after the other, without freezing QGIS."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (Qgis, QgsApplication, QgsProcessingAlgRunnerTask, QgsProcessingContext, QgsProcessingFeedback,
                       QgsProject)
from qgis.PyQt.QtCore import Qt

from ..plugin_name import NAME
from ..processing import addresses, sample
from .project_opening import open_project

if TYPE_CHECKING:
    from qgis.gui import QgisInterface


class _Feedback(QgsProcessingFeedback):
    """Remembers the last error."""

    error = ""

    def reportError(self, error: str, fatalError: bool = False) -> None:  # noqa: N802, N803
        self.error = error
        super().reportError(error, fatalError)


class SampleRun:
    """One run over the steps; algorithms that may leave the main thread run as tasks."""

    _steps: list[tuple[str, dict[str, Any]]]
    running = None  # keeps the run, its contexts and feedbacks alive until the last step has ended

    def __init__(self, iface: QgisInterface, folder: str) -> None:
        self._iface, self._folder = iface, folder
        self._steps = []
        self._count = 0

    @classmethod
    def start(cls, iface: QgisInterface, folder: str) -> None:
        """Start in ``folder``, unless a run is under way."""
        if cls.running is not None:
            return
        try:
            sample.prepare(folder)
        except OSError as error:
            iface.messageBar().pushMessage(
                NAME, f"The sample cannot be written there ({error.strerror}); choose another folder.",
                Qgis.MessageLevel.Warning)
            return
        cls.running = cls(iface, folder)
        cls.running._steps = sample.steps(folder)
        cls.running._count = len(cls.running._steps)
        cls.running._next()

    def _next(self) -> None:
        algorithm, parameters = self._steps.pop(0)
        self._say(f"Making the sample, step {self._count - len(self._steps)} of {self._count}: {algorithm}")
        self._algorithm = QgsApplication.processingRegistry().createAlgorithmById(algorithm)
        self._context, self._feedback = QgsProcessingContext(), _Feedback()
        self._context.setProject(QgsProject.instance())
        if self._algorithm.flags() & Qgis.ProcessingAlgorithmFlag.NoThreading:
            _, successful = self._algorithm.run(parameters, self._context, self._feedback)
            self._ended(successful)
            return
        self._task = QgsProcessingAlgRunnerTask(self._algorithm, parameters, self._context, self._feedback)
        # Queued: a task added while another's end is handled can be lost from QGIS's queue (QGIS #53806).
        self._task.executed.connect(lambda successful, _: self._ended(successful), Qt.ConnectionType.QueuedConnection)
        QgsApplication.taskManager().addTask(self._task)

    def _ended(self, successful: bool) -> None:
        if not successful:
            type(self).running = None
            self._say(self._feedback.error or "The sample was not finished.", Qgis.MessageLevel.Warning)
        elif self._steps:
            self._next()
        else:
            type(self).running = None
            addresses.remember(sample.workspace_in(self._folder))
            self._say(f"The sample is ready in {self._folder}.", Qgis.MessageLevel.Success)
            open_project(self._iface, sample.project_in(self._folder))

    def _say(self, text: str, level: Qgis.MessageLevel = Qgis.MessageLevel.Info) -> None:
        self._iface.messageBar().clearWidgets()
        self._iface.messageBar().pushMessage(NAME, text, level, 0)
