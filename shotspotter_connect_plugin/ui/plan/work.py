"""What takes time, outside the main thread: reading a workspace, and changing a plan through ``connect:adjust``."""
import traceback

from qgis.core import (Qgis, QgsApplication, QgsMessageLog, QgsProcessingAlgRunnerTask, QgsProcessingContext,
                       QgsProcessingFeedback, QgsProject, QgsTask)
from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal

from ...errors import ConnectError
from ...progress import Progress
from ..actions import NAME


# QGIS does not own what Python made; it must live until it has ended, even if the dock is gone before.
_alive = set()


class Works(QObject):
    """The work a dock has under way; of each kind only the newest one's result is wanted."""

    changed = pyqtSignal()

    def __init__(self, parent):
        super().__init__(parent)
        self._wanted = {}

    def start(self, kind, address, function, then, failed):
        """Call ``function(workspace, progress)`` in a task, then ``then(result)`` or ``failed(sentence)`` here."""
        self.cancel(kind)
        task = _Reading(address, function)
        self._wanted[kind] = task
        _alive.add(task)
        task.over.connect(lambda: self._over(kind, task, then, failed))
        QgsApplication.taskManager().addTask(task)
        self.changed.emit()

    def adjust(self, parameters, then):
        """Run ``connect:adjust``, then ``then(outputs or None, messages, error)`` here."""
        run = _Adjusting(parameters)
        self._wanted["adjust"] = run
        _alive.add(run)
        run.over.connect(lambda: self._over("adjust", run, lambda result: then(*result), None))
        run.start()
        self.changed.emit()

    def under_way(self, kind=None):
        """Whether work of a kind, or any, is under way."""
        return bool(self._wanted) if kind is None else kind in self._wanted

    def cancel(self, kind):
        """Stop work of a kind; its result is not wanted any more."""
        task = self._wanted.pop(kind, None)
        if task is not None:
            task.cancel()
            self.changed.emit()

    def stop(self):
        """Want no result any more; a change of a plan that is under way is still finished."""
        self._wanted, tasks = {}, list(self._wanted.values())
        for task in tasks:
            task.cancel()

    def _over(self, kind, task, then, failed):
        _alive.discard(task)
        if self._wanted.get(kind) is not task:
            return
        del self._wanted[kind]
        if task.error and failed is not None:
            failed(task.error)
        else:
            then(task.result)
        self.changed.emit()


class _Reading(QgsTask):
    over = pyqtSignal()

    def __init__(self, address, function):
        super().__init__(NAME, QgsTask.Flag.CanCancel | QgsTask.Flag.Hidden | QgsTask.Flag.Silent)
        self._address, self._function = address, function
        self.result, self.error = None, ""

    def run(self):
        from ...workspace.store import open_workspace

        try:
            with open_workspace(self._address) as workspace:
                self.result = self._function(workspace, _TaskProgress(self))
        except ConnectError as error:
            self.error = error.user
        except Exception as error:
            QgsMessageLog.logMessage(traceback.format_exc(), NAME, Qgis.MessageLevel.Critical, False)
            self.error = QCoreApplication.translate(
                "PlanDock", "This is a fault of ShotSpotter Connect, not of your data ({}); the details are in the log."
            ).format(type(error).__name__)
        return not self.error

    def finished(self, _):
        self.over.emit()


class _TaskProgress(Progress):
    def __init__(self, task):
        self._task = task

    def is_cancelled(self):
        return self._task.isCanceled()


class _Feedback(QgsProcessingFeedback):
    """Keeps what the algorithm tells."""

    def __init__(self):
        super().__init__(False)
        self.messages, self.error = [], ""

    def pushInfo(self, info):  # noqa: N802
        self.messages.append(info)

    def pushWarning(self, warning):  # noqa: N802
        self.messages.append(warning)

    def reportError(self, error, fatalError=False):  # noqa: N802, N803
        self.error = error


class _Adjusting(QObject):
    """One run of ``connect:adjust``; keeps its algorithm, context and feedback alive."""

    over = pyqtSignal()
    error = ""

    def __init__(self, parameters):
        super().__init__()
        self._parameters = parameters
        self._algorithm = QgsApplication.processingRegistry().createAlgorithmById("connect:adjust")
        self._context, self._feedback = QgsProcessingContext(), _Feedback()
        self._context.setProject(QgsProject.instance())
        self.result = None

    def start(self):
        self._task = QgsProcessingAlgRunnerTask(self._algorithm, self._parameters, self._context, self._feedback,
                                                QgsTask.Flag.Hidden | QgsTask.Flag.Silent)
        self._task.executed.connect(self._executed)
        QgsApplication.taskManager().addTask(self._task)

    def cancel(self):
        """A change is one short transaction; it is not interrupted."""

    def _executed(self, successful, outputs):
        error = "" if successful else self._feedback.error or QCoreApplication.translate(
            "PlanDock", "The plan was not changed.")
        self.result = (outputs if successful else None, list(self._feedback.messages), error)
        self.over.emit()
