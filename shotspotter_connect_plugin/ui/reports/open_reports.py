"""Looks after the reports that are open in the project: their layers go with them, and what was changed is kept."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from qgis.core import QgsPrintLayout, QgsProject
from qgis.PyQt.QtCore import QObject, QTimer

from ...reports.builders import opened_report
from ..overlay import quietly

if TYPE_CHECKING:
    from qgis.core import QgsMasterLayoutInterface


class OpenReports(QObject):
    """Follows the layouts of the open project."""

    _saved: set[str]
    _signals: tuple[tuple[Any, Callable[..., object]], ...]

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._saved = set()
        project = QgsProject.instance()
        self._signals = ((project.layoutManager().layoutAdded, self._watch_named),
                         (project.layoutManager().layoutRemoved, self._sweep),
                         (project.writeProject, self._about_to_save),
                         (project.readProject, self._note_saved), (project.projectSaved, self._note_saved))
        for signal, slot in self._signals:
            signal.connect(slot)
        for layout in project.layoutManager().layouts():
            self._watch(layout)
        if project.fileName():
            self._note_saved()

    def take_away(self) -> None:
        """The plugin goes: so do reports that were neither saved with the project nor changed."""
        for signal, slot in self._signals:
            signal.disconnect(slot)
        self._signals = ()
        quietly(self._remove_unsaved)
        quietly(lambda project: opened_report.name_files(project, aside=False))

    def _remove_unsaved(self, project: QgsProject) -> None:
        for layout in opened_report.reports_in(project):
            if layout.customProperty(opened_report.ID) not in self._saved and opened_report.is_unchanged(layout):
                project.layoutManager().removeLayout(layout)
        opened_report.sweep(project)

    def _note_saved(self, *_: object) -> None:
        self._saved = {layout.customProperty(opened_report.ID)
                       for layout in opened_report.reports_in(QgsProject.instance())}
        self._name_aside()

    def _about_to_save(self, _: object) -> None:
        quietly(lambda project: opened_report.name_files(project, aside=False))

    def _name_aside(self) -> None:
        if self._signals:
            quietly(lambda project: opened_report.name_files(project, aside=True))

    def _sweep(self, *_: object) -> None:
        opened_report.sweep(QgsProject.instance())

    def _watch_named(self, name: str) -> None:
        self._watch(QgsProject.instance().layoutManager().layoutByName(name))
        QTimer.singleShot(0, self._name_aside)  # when its layers are attached

    def _watch(self, layout: QgsMasterLayoutInterface) -> None:
        """Note when somebody changes a report: it is theirs then."""
        if isinstance(layout, QgsPrintLayout):
            layout.undoStack().stack().indexChanged.connect(lambda step: _changed(layout, step))


def _changed(layout: QgsPrintLayout, step: int) -> None:
    if step > 0 and layout.customProperty(opened_report.REPORT):
        layout.setCustomProperty(opened_report.CHANGED, True)
