"""What every algorithm shares: help beside each parameter, one sentence per error, progress, the record of the run."""
from __future__ import annotations

import os
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Iterator, Sequence

from qgis.core import (Qgis, QgsMessageLog, QgsProcessingAlgorithm, QgsProcessingException, QgsProcessingOutputString,
                       QgsProcessingParameterDateTime, QgsProcessingParameterString)
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QIcon

from ..errors import Cancelled, ConnectError
from ..libraries import how_to_install, is_installed, missing_sentence, name_of
from ..plugin_name import NAME
from .inputs import iso_date, iso_moment, today, utc_moment, vector_table, what_is_wrong, yesterday

if TYPE_CHECKING:
    import pandas as pd
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProcessingParameterDefinition

    from ..progress import Progress
    from ..workspace.store.layers import VectorTable
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

VERSIONS = {"QGIS": Qgis.version()}
RESOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "resources")
ICONS, HELP_PAGE = os.path.join(RESOURCES, "icons"), os.path.join(RESOURCES, "help.html")
WORKSPACE, DATE, SHIFT, AS_OF, FROM, TO = "WORKSPACE", "DATE", "SHIFT", "AS_OF", "FROM", "TO"
OUTPUT = "OUTPUT"

SET_UP = ("setup", "Set up")
IMPORT = ("import", "Import")
FORECAST = ("forecast", "Forecast")
PATROL = ("patrol", "Patrol")
REPORT = ("report", "Reports")
DAY = ("day", "Whole day")

NOTHING = ""
"""``CHANGES`` of an algorithm that only reads its workspace."""


class ConnectAlgorithm(QgsProcessingAlgorithm):
    """Base of the algorithms: a subclass declares its words and parameters and fills :meth:`work`.

    ``NAME`` and the parameter names are public and never change.
    """

    NAME = ""
    TITLE = ""
    GROUP = SET_UP
    HELP = ""
    NEEDS: tuple[str, ...] = ()  # optional libraries without which it cannot run
    CHANGES: str  # the right of workspace/store/roles.py that it takes, or NOTHING; every algorithm declares it

    # What QGIS asks

    def createInstance(self) -> ConnectAlgorithm:  # noqa: N802
        return type(self)()

    def name(self) -> str:
        return self.NAME

    def displayName(self) -> str:  # noqa: N802
        return self.TITLE

    def groupId(self) -> str:  # noqa: N802
        return self.GROUP[0]

    def group(self) -> str:
        return self.GROUP[1]

    def shortHelpString(self) -> str:  # noqa: N802
        return self.HELP

    def helpUrl(self) -> str:  # noqa: N802
        return QUrl.fromLocalFile(HELP_PAGE).toString()

    def svgIconPath(self) -> str:  # noqa: N802
        return os.path.join(ICONS, self.GROUP[0] + ".svg")

    def icon(self) -> QIcon:
        return QIcon(self.svgIconPath())

    def canExecute(self) -> tuple[bool, str]:  # noqa: N802
        missing = [library for library in self.NEEDS if not is_installed(library)]
        return not missing, missing_sentence(missing) if missing else ""

    def checkParameterValues(self, parameters: dict[str, Any],  # noqa: N802
                             context: QgsProcessingContext) -> tuple[bool, str]:
        try:  # an exception that leaves this method would end qgis_process with a core dump
            with _one_sentence(self.id()):
                self.check(parameters, context)
        except QgsProcessingException as error:
            return False, str(error)
        return super().checkParameterValues(parameters, context)

    def prepareAlgorithm(self, parameters: dict[str, Any], context: QgsProcessingContext,  # noqa: N802
                         feedback: QgsProcessingFeedback) -> bool:
        from .feedback import FeedbackProgress

        with _one_sentence(self.id()):
            self.read_layers(parameters, context, FeedbackProgress(feedback))
        return True

    def processAlgorithm(self, parameters: dict[str, Any], context: QgsProcessingContext,  # noqa: N802
                         feedback: QgsProcessingFeedback) -> dict[str, Any]:
        from .feedback import FeedbackProgress

        with _one_sentence(self.id()):
            return self.run_in_workspace(parameters, context, FeedbackProgress(feedback))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Raise one sentence if a run with these values makes no sense; called before anything is run or remembered."""
        able, reason = self.canExecute()  # qgis_process does not ask
        if not able:
            raise ConnectError(reason)
        for definition in self.parameterDefinitions():
            sentence = what_is_wrong(definition, parameters.get(definition.name()), context)
            if sentence:
                raise ConnectError(sentence)
        address = self.text(parameters, WORKSPACE, context)
        if address:
            from ..workspace.store.workspace import check_address
            check_address(address)  # an address with a password never gets into the history

    # What a subclass fills

    def read_layers(self, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress) -> None:
        """Read layers into members; runs in the main thread, where layers live."""

    def inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[str]:
        """Paths of the files read, whose hashes the record of the run keeps."""
        return []

    def changes(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """The right that a run with these values takes."""
        return self.CHANGES

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        """Call a step, set ``run.counts``, give the outputs."""
        raise NotImplementedError

    # What a subclass uses

    def add(self, definition: QgsProcessingParameterDefinition, help: str) -> None:
        """Add a parameter together with its help."""
        definition.setHelp(help)
        if not self.addParameter(definition):
            raise ValueError(f"Parameter {definition.name()} was not added")

    def add_workspace(self, label: str = "Workspace", help: str = "", must_exist: bool = True) -> None:
        """The WORKSPACE parameter, and an output of the same name by which steps of a model hang together."""
        definition = QgsProcessingParameterString(WORKSPACE, label, optional=must_exist)
        definition.setMetadata({"widget_wrapper": {
            "class": "shotspotter_connect_plugin.ui.workspace_widget.WorkspaceWidgetWrapper",
            "must_exist": must_exist}})
        self.add(definition, help or "The agency's workspace: a GeoPackage that “Create workspace” made. Empty = the "
                                     "workspace of the open project.")
        self.addOutput(QgsProcessingOutputString(WORKSPACE, "Workspace"))

    def add_date(self) -> None:
        definition = QgsProcessingParameterDateTime(
            DATE, "Date", Qgis.ProcessingDateTimeParameterDataType.Date, optional=True)
        self.add(definition, "Date on which the shift starts, YYYY-MM-DD. Empty = today in the agency's time zone.")

    def add_date_and_shift(self) -> None:
        self.add_date()
        self.add(QgsProcessingParameterString(SHIFT, "Shift", optional=True),
                 "Code of one shift, as in the workspace's table of shifts. Empty = all shifts of the date.")

    def add_period(self, first: str = "") -> None:
        """FROM and TO; both must be given where ``first`` says what the first date is."""
        date, optional = Qgis.ProcessingDateTimeParameterDataType.Date, not first
        self.add(QgsProcessingParameterDateTime(FROM, "From", date, optional=optional), first or (
            "First date, YYYY-MM-DD: shifts that start on it count. Empty = yesterday in the agency's time zone."))
        self.add(QgsProcessingParameterDateTime(TO, "To", date, optional=optional),
                 "Last date, YYYY-MM-DD, inclusive." + " Empty = the first date." * optional)

    def add_as_of(self, what: str) -> None:
        definition = QgsProcessingParameterDateTime(
            AS_OF, "As of", Qgis.ProcessingDateTimeParameterDataType.DateTime, optional=True)
        self.add(definition, what + " A date alone means the hour at which the agency plans (05:00 unless set "
                 "otherwise); a time without an offset is the agency's wall clock.")

    def text(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
        return self.parameterAsString(parameters, name, context).strip()

    def codes(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> list[str]:
        """Codes with commas between them, as a list."""
        return [code.strip() for code in self.text(parameters, name, context).split(",") if code.strip()]

    def table(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext,
              kinds: Sequence[Qgis.GeometryType], progress: Progress) -> VectorTable | None:
        """A layer parameter as ``VectorTable``; None when it was left empty."""
        if not parameters.get(name):
            return None
        return vector_table(self.parameterAsSource(parameters, name, context), name, kinds, progress)

    def period(self, parameters: dict[str, Any], workspace: Workspace) -> tuple[str, str]:
        """FROM and TO of :meth:`add_period`, ISO."""
        first = iso_date(parameters.get(FROM)) or yesterday(workspace.calendar)
        return first, iso_date(parameters.get(TO)) or first

    def shifts(self, parameters: dict[str, Any], context: QgsProcessingContext,
               workspace: Workspace) -> tuple[str, list[str]]:
        """DATE as ISO text, today in the agency's time zone if it is empty; and the codes of the shifts asked for that
        start on it, in order.

        Raises
        ------
        ConnectError
            When SHIFT names none of the agency's shifts, or one that does not run on that date.
        """
        shift_date = iso_date(parameters.get(DATE)) or today(workspace.calendar)
        codes = list(workspace.calendar.slots(shift_date, shift_date)["shift"])
        asked = self.text(parameters, SHIFT, context)
        if not asked:
            if not codes:
                raise ConnectError(f"No shift starts on {shift_date}; choose another date "
                                   "or change the shifts.")
            return shift_date, codes
        if asked not in codes:
            raise ConnectError(f"No shift “{asked}” starts on {shift_date}; the shifts of that date are: "
                               f"{', '.join(codes) or 'none'}.")
        return shift_date, [asked]

    def as_of(self, parameters: dict[str, Any], workspace: Workspace) -> pd.Timestamp | None:
        """AS_OF as UTC moment; None if it is empty."""
        text = iso_moment(parameters.get(AS_OF))
        return utc_moment(text, workspace.calendar, workspace.settings.plan_hour) if text else None

    def run_in_workspace(self, parameters: dict[str, Any], context: QgsProcessingContext,
                         progress: Progress) -> dict[str, Any]:
        """Open the workspace, do the work, record the run."""
        from ..workspace.store import roles
        from ..workspace.store.runs import recorded
        from ..workspace.store.workspace import open_workspace
        from . import addresses

        address = addresses.resolve(self.text(parameters, WORKSPACE, context), context.project())
        with open_workspace(address) as workspace:
            roles.require(workspace, self.changes(parameters, context))
            with _not_unchanged(workspace), recorded(workspace, self.id(), self.record(parameters, context),
                                                     versions=VERSIONS, inputs=self.inputs(parameters, context)) as run:
                outputs = self.work(workspace, parameters, context, progress, run)
            if workspace.read_only:
                progress.info(f"{workspace.why_read_only} This run is recorded nowhere.")
        addresses.remember(address)
        return {WORKSPACE: address, **outputs}

    def record(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, Any]:
        """The parameters as the record of the run keeps them."""
        return dict(self.asMap(parameters, context)["inputs"])


@contextmanager
def _not_unchanged(workspace: Workspace) -> Iterator[None]:
    """Nobody is told that nothing was changed where a part of a run was kept before it stopped."""
    try:
        yield
    except (Cancelled, MemoryError) as error:
        if not workspace.changes:
            raise
        why = "Stopped" if isinstance(error, Cancelled) else "The computer ran out of memory"
        raise ConnectError(f"{why} before it was finished. What was done until then stays and is on record; run it "
                           "again for the rest.") from error


@contextmanager
def _one_sentence(algorithm: str) -> Iterator[None]:
    """Whatever goes wrong inside reaches the user as one sentence; details go to the log."""
    try:
        yield
    except ConnectError as error:
        if error.log:
            QgsMessageLog.logMessage(f"{algorithm}: {error.log}", NAME, Qgis.MessageLevel.Info, False)
        raise QgsProcessingException(error.user) from error
    except QgsProcessingException:
        raise
    except Exception as error:
        QgsMessageLog.logMessage(f"{algorithm} failed\n{traceback.format_exc()}", NAME,
                                 Qgis.MessageLevel.Critical, False)
        raise QgsProcessingException(_sentence_of(error)) from error


def _sentence_of(error: Exception) -> str:
    """What the user reads of an error that no step foresaw."""
    if isinstance(error, ImportError):
        return _missing(error)
    if isinstance(error, OSError):
        return (f"{error.filename or 'A file'} cannot be read or written ({error.strerror or error}); choose a place "
                "that exists, has room and that you may use.")
    if isinstance(error, MemoryError):
        return ("The computer ran out of memory; close other programs, or work on a smaller area. Nothing was "
                "changed.")
    return (f"This is a fault of ShotSpotter Connect, not of your data ({type(error).__name__}); please report it "
            f"with the details, which are in the log (View, Panels, Log Messages, {NAME}).")


def _missing(error: ImportError) -> str:
    library = (error.name or "").split(".")[0]
    try:
        return (f"This needs the Python library {name_of(library)}, which is missing or does not load. "
                f"{how_to_install([library])}")
    except KeyError:
        return f"A Python library does not load ({error}); install it again."
