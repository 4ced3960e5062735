"""The files to be imported: what each is taken for, and their imports one after the other through the algorithms."""
from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Iterable, Mapping, Optional, Sequence

from qgis.core import QgsApplication, QgsProcessing, QgsProcessingOutputLayerDefinition, QgsProcessingUtils, QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...processing import addresses
from ...workspace.imports import dock_words
from ...workspace.imports.file_kinds import FILE_KINDS, MAPPED
from ...workspace.imports.offence_file import write_offences
from ...workspace.imports.preview import Preview, changed_mapping, importable_parts, preview_file
from ...workspace.imports.rejected_rows import rejected_in, rejected_of
from ...workspace.imports.source_offences import OffenceTable, decide_later, known_sources, whole_file, with_decisions
from ...workspace.imports.source_questions import SourceOptions
from ...workspace.steps.visit_finding import planned_against_delivered
from ...workspace.store.roles import why_not
from ..background import AlgorithmRun, BackgroundWork
from ..translation import translator

if TYPE_CHECKING:
    import pandas as pd

    from ...progress import Progress
    from ...workspace.store.workspace import Workspace

tr = translator("ImportDock")
PREVIEWING, PROBLEM, READY, WAITING, RUNNING, DONE, FAILED, STOPPED = (
    "previewing", "problem", "ready", "waiting", "running", "done", "failed", "stopped")
VISITS = "visits"

# Rosters and tracks come before the visits that need them, logs of tactics after the visits they belong to.
_ORDER = ("neighbourhoods", "sensor_coverage", "unreachable", "calendar", "places", "incidents", "gunfire", "roster",
          "gps_fixes", VISITS, "tactic_log")


# Parameter that answers a question in batch -> what it is called here, and where its answer is kept.
QUESTIONS = {"DATE_ORDER": "&Dates", "CRIME_TYPE": "C&rime type", "SOURCE_CRS": "CRS",
             "SOURCE_TIMEZONE": "Time &zone", "MAPPING": "M&eaning"}


def said_of(options: SourceOptions, parameter: str) -> str:
    """What is said of a file where a parameter asks for it."""
    return str(getattr(options, parameter.lower(), "") or "")


def spoken(sentence: str) -> str:
    """A sentence of an importer with the words of the dock in place of the names of parameters."""
    return dock_words.spoken(sentence, tr)


def kinds() -> dict[str, str]:
    """The kinds of files that this version can import, code -> title."""
    registry = QgsApplication.processingRegistry()
    return {code: tr(kind.title) for code, kind in FILE_KINDS.items() if registry.algorithmById(kind.algorithm)}


@dataclass(eq=False)
class QueueItem:
    """One file, or the search for visits after tracks.

    ``options`` are what is said of it here; their mapping is role -> column as corrected, and None as long as nothing
    was: then what was said before serves. They hold the answer to ``question``, what was asked about it. ``extras`` are
    parameters that only some kinds have. ``offences`` are its offence words, ``choices`` what was decided for them
    here, one after the other.
    """

    path: str
    kind: str = ""
    options: SourceOptions = SourceOptions()
    question: Any = None
    extras: dict[str, str] = field(default_factory=dict)
    offences: Optional[OffenceTable] = None
    choices: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    preview: Optional[Preview] = None
    state: str = PREVIEWING
    percent: int = 0
    outputs: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str = ""
    rejects: str = ""
    rejected: Optional[pd.DataFrame] = None
    delivered: Optional[pd.DataFrame] = None

    @property
    def name(self) -> str:
        """What it is called in the list."""
        path, _, layer = self.path.partition("|layername=")
        name = os.path.basename(path.rstrip("/\\"))
        return name + (", " + layer if layer else "")

    @property
    def decisions(self) -> dict[tuple[str, ...], str]:
        """Offence words -> what they were last decided to be taken as."""
        return dict(self.choices)

    @property
    def pending(self) -> bool:
        """Whether it waits to be imported or is being imported."""
        return self.state in (WAITING, RUNNING)


class ImportQueue(QObject):
    """Items, and their work under way.

    ``changed`` tells which item; ``over`` that the last of a round has ended; ``refused`` why nothing may be imported.
    ``round`` are the items that the last press of “Import” took on.
    ``sources_read`` gives the offence words of sources imported before, ``followed`` what happened when they were
    decided anew, or why nothing did.
    """

    items: list[QueueItem]
    round: list[QueueItem]
    _run: AlgorithmRun | None
    _running: QueueItem | None
    _dates: list[tuple[str, str]]
    changed = pyqtSignal(object)
    listed = pyqtSignal()
    over = pyqtSignal()
    refused = pyqtSignal(str)
    sources_read = pyqtSignal(list)
    followed = pyqtSignal(list, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items, self.round, self.address, self.find_visits = [], [], "", True
        self.refusal = ""  # why this account may not import into the workspace
        self.work = BackgroundWork(self)
        self._run, self._running, self._dates, self._began = None, None, [], 0.0

    # The list

    def add(self, paths: Sequence[str]) -> None:
        """Look at files and folders; each layer of a file becomes an item."""
        for path in paths:
            item = QueueItem(path)
            self.items.append(item)
            self._start_preview(item, partial(_preview_parts, path))
        self.listed.emit()

    def remove(self, item: QueueItem) -> None:
        """Take an item off the list, unless it is at work."""
        if item in self.items and not item.pending:
            self.work.cancel(_key(item))
            self.work.cancel(_key(item) + " whole")
            self.items.remove(item)
            self.listed.emit()

    def open(self, address: str) -> None:
        """Work with another workspace: all that has not been imported yet is looked at again."""
        if address == self.address or self.running():
            return
        self.address, self.refusal = address, ""
        if address:
            self.read_sources()
            self.work.start("rights", address, lambda workspace, _: why_not(workspace, "import"), self._refuse,
                            lambda _: None)
        for item in self.items:
            if item.state in (PREVIEWING, PROBLEM, READY):
                self.preview_again(item)

    def preview_again(self, item: QueueItem) -> None:
        """Look at an item with what is said about it now."""
        kind, said = item.kind, item.options
        crs, zone = (said.source_crs, said.source_timezone) if said.mapping is not None else ("", "")
        self._start_preview(item, lambda workspace, progress: [
            preview_file(workspace, item.path, kind, said.mapping, crs, zone, progress, said.date_order,
                         said.crime_type)])

    def previewing(self) -> bool:
        """Whether any item is still looked at."""
        return self.work.under_way()

    def _start_preview(self, item: QueueItem, function: Callable[[Workspace, Progress], list[Preview]]) -> None:
        item.state = PREVIEWING
        self.work.start(_key(item), self.address, function, lambda found: self._previewed(item, found),
                        lambda sentence: self._previewed(item, [Preview(item.path, item.kind, problems=[sentence])]))
        self.changed.emit(item)

    def _previewed(self, item: QueueItem, previews: list[Preview]) -> None:
        if item not in self.items:
            return
        place = self.items.index(item)
        more = [QueueItem(found.path) for found in previews[1:]]
        self.items[place + 1:place + 1] = more
        for one, found in zip([item, *more], previews):
            found.problems, found.notes = map(_spoken, (found.problems, found.notes))
            one.path, one.preview, one.kind = found.path, found, found.kind
            one.question = found.question or one.question
            one.state = PROBLEM if found.problems else READY
            if one.options.mapping is None and found.answers is not None:
                one.options = replace(one.options, source_crs=found.answers.source_crs,
                                      source_timezone=found.answers.source_timezone)
        for one in (item, *more):
            self._look_at_all(one)
        if more:
            self.listed.emit()
        self.changed.emit(item)

    def _look_at_all(self, item: QueueItem) -> None:
        """Read the whole of a file that is ready: its import may ask what its first rows do not show."""
        self.work.cancel(_key(item) + " whole")
        if item.state != READY or item.kind not in ("incidents", "gunfire"):
            item.offences = None
            return
        options, corrected = item.options, item.options.mapping is not None
        if not corrected:
            options = replace(options, source_crs="", source_timezone="")
        self.work.start(_key(item) + " whole", self.address, lambda workspace, progress: whole_file(
            workspace, item.path, item.kind, options, progress), lambda found: self._seen_whole(item, *found),
            lambda _: None)

    def _seen_whole(self, item: QueueItem, question: Any, offences: Optional[OffenceTable]) -> None:
        if item not in self.items or item.state != READY:
            return
        item.offences = offences
        if question is not None:
            item.question, item.state = question, PROBLEM
            item.preview.problems.append(spoken(question.question))
        self.changed.emit(item)

    # Offence words

    def decide(self, item: QueueItem, about: tuple[str, ...], taken_as: str) -> None:
        """Say what offence words of an item are taken as; one that was imported can then be imported once more."""
        item.choices.append((about, taken_as))
        if item.state == DONE:
            item.state = READY
        self.changed.emit(item)

    def undo_decision(self, item: QueueItem) -> None:
        """Take back what was said last of its offence words."""
        if item.choices:
            item.choices.pop()
            self.changed.emit(item)

    def read_sources(self) -> None:
        """Read the offence words of the sources imported before."""
        self.work.start("sources", self.address, lambda workspace, _: known_sources(workspace),
                        self.sources_read.emit, lambda _: None)

    def decide_later(self, header: str, decisions: Mapping[tuple[str, ...], str]) -> None:
        """Decide offence words of a source imported before; its incidents follow."""
        self.work.start("decide", self.address, lambda workspace, _: decide_later(
            workspace, header, decisions.items()), self._followed, lambda sentence: self.followed.emit([], sentence))

    def _followed(self, sentences: list[str]) -> None:
        self.followed.emit(sentences, "")
        self.read_sources()

    # What is said about an item

    def call_it(self, item: QueueItem, kind: str) -> None:
        """Say what an item is."""
        item.kind, item.options, item.extras, item.question = kind, SourceOptions(), {}, None
        self.preview_again(item)

    def answer(self, item: QueueItem, parameter: str, answer: str) -> None:
        """Answer what is asked about an item; "" = as it tells."""
        if parameter in ("SOURCE_CRS", "SOURCE_TIMEZONE"):
            crs, zone = item.options.source_crs, item.options.source_timezone
            self.say_source(item, *((answer, zone) if parameter == "SOURCE_CRS" else (crs, answer)))
            return
        if parameter == "MAPPING" and answer.startswith("{"):
            item.options = replace(item.options, mapping={**_said_mapping(item), **json.loads(answer)})
            item.question = None
            self.preview_again(item)
            return
        if parameter == "MAPPING":
            self.give_meaning(item, item.question.column, answer)
            return
        said: dict[str, Any] = {parameter.lower(): answer}
        item.options = replace(item.options, **said)
        self.preview_again(item)

    def give_meaning(self, item: QueueItem, column: str, role: str) -> None:
        """Say what a column means; "" = nothing."""
        item.options = replace(item.options, mapping=changed_mapping(item.preview.mapping, _said_mapping(item), column,
                                                                     role))
        item.question = None if item.question is not None and item.question.column == column else item.question
        self.preview_again(item)

    def say_source(self, item: QueueItem, source_crs: str, source_timezone: str) -> None:
        """Say in which CRS and time zone the file is; empty = as it tells."""
        if (source_crs, source_timezone) == (item.options.source_crs, item.options.source_timezone):
            return
        # Said once is said; an empty mapping alone would forget the order of the dates.
        before = item.preview.answers
        item.options = SourceOptions(_said_mapping(item), source_crs, source_timezone,
                                     item.options.date_order or before.date_order,
                                     item.options.crime_type or before.crime_type)
        self.preview_again(item)

    def guess_anew(self, item: QueueItem) -> None:
        """Forget what was said about the columns, now and before."""
        item.options, item.question = SourceOptions(mapping={}), None
        self.preview_again(item)

    # Importing

    def _refuse(self, sentence: str) -> None:
        self.refusal = sentence
        self.listed.emit()
        if sentence:
            self.refused.emit(sentence)

    def running(self) -> bool:
        """Whether imports are under way."""
        return self._running is not None

    def start(self) -> None:
        """Import everything that is ready, one after the other, in an order in which each finds what it needs. What
        failed is tried once more where nothing else is ready."""
        self.items = [item for item in self.items if item.kind != VISITS]
        self._dates = []
        able = [item for item in self.items if item.state in (READY, STOPPED) and _has_no_problem(item)]
        self.round = able or [item for item in self.items if item.state == FAILED and _has_no_problem(item)]
        for item in self.round:
            item.state, item.percent, item.error = WAITING, 0, ""
            item.rejects, item.rejected = "", None
        self.listed.emit()
        self._next()

    def stop(self) -> None:
        """Stop the import under way, which leaves the workspace as it was, and all that wait."""
        for item in self.items:
            if item.state == WAITING:
                item.state = STOPPED
                self.changed.emit(item)
        if self._run is not None:
            self._run.cancel()

    def leave(self) -> None:
        """Want no result any more: the dock goes. An import under way is stopped."""
        self.work.stop()
        if self._run is not None:
            self._run.cancel()
            self._run.over.disconnect()
            self._run = None

    def _next(self) -> None:
        waiting = sorted((item for item in self.items if item.state == WAITING), key=lambda item: _ORDER.index(
            item.kind))
        if self._dates and self.find_visits and (not waiting or _ORDER.index(waiting[0].kind) > _ORDER.index(VISITS)):
            first, last = min(self._dates)[0], max(date for _, date in self._dates)
            self._dates = []
            waiting.insert(0, self._list_visits(first, last))
        if not waiting:
            self._run = self._running = None
            self.read_sources()
            self.over.emit()
            return
        item = self._running = waiting[0]
        item.state = RUNNING
        self._run = AlgorithmRun(_algorithm(item), self.parameters(item), tr("Nothing was imported."))
        self._run.progressed.connect(self._progressed)
        self._run.over.connect(self._ended)
        self._began = time.time()
        self.changed.emit(item)
        self._run.start()

    def _list_visits(self, first: str, last: str) -> QueueItem:
        item = QueueItem(tr("Visits of {}").format(first if first == last else f"{first} … {last}"), VISITS)
        item.extras = {"FROM": first, "TO": last}
        self.items.append(item)
        self.round.append(item)
        self.listed.emit()
        return item

    def parameters(self, item: QueueItem) -> dict[str, Any]:
        """The parameters with which an item's algorithm is run."""
        parameters = {"WORKSPACE": self.address, **item.extras}
        if item.kind == VISITS:
            return {**parameters, "OUTPUT": QgsProcessingOutputLayerDefinition(
                QgsProcessing.TEMPORARY_OUTPUT, QgsProject.instance())}
        parameters["INPUT"] = item.path
        said, corrected = item.options, item.options.mapping is not None
        if said.date_order:
            parameters["DATE_ORDER"] = said.date_order
        if said.crime_type:
            parameters["CRIME_TYPE"] = said.crime_type
        if item.decisions and item.offences is not None:
            parameters["OFFENCES"] = QgsProcessingUtils.generateTempFilename("offences.csv")
            write_offences(parameters["OFFENCES"], item.offences.columns, with_decisions(item.offences, item.decisions))
        if item.kind == "calendar":
            holds = parameters.pop("HOLDS", "")
            mapping = {holds: said.mapping} if holds and corrected else said.mapping
            parameters["MAPPING"] = holds if mapping is None else json.dumps(mapping)
        elif item.kind in MAPPED:
            parameters.update(
                MAPPING=json.dumps(said.mapping) if corrected else "", SOURCE_CRS=said.source_crs if corrected else "",
                SOURCE_TIMEZONE=said.source_timezone if corrected else "", REJECTS=_rejects(self.address, item))
        return parameters

    def _progressed(self, percent: float) -> None:
        item = self._running
        if item is not None and int(percent) != item.percent:
            item.percent = int(percent)
            self.changed.emit(item)

    def _ended(self) -> None:
        item, run = self._running, self._run
        outputs, messages, error = run.result
        item.messages, item.warnings = map(_spoken, (messages, run.feedback.warnings))
        item.error = spoken(error)
        stopped = outputs is None and run.feedback.isCanceled()
        item.state = DONE if outputs is not None else STOPPED if stopped else FAILED
        item.outputs = outputs or {}
        if outputs is not None:
            self._keep_results(item, run)
        elif item.state == FAILED and item.kind in MAPPED:
            self._keep_rejects(item)
        self.changed.emit(item)
        self._next()

    def _keep_results(self, item: QueueItem, run: AlgorithmRun) -> None:
        if item.kind == "gps_fixes" and item.outputs.get("FROM"):
            self._dates.append((item.outputs["FROM"], item.outputs["TO"]))
        if item.kind == VISITS:
            if addresses.of_project(QgsProject.instance()) in ("", self.address):  # not on another city's plan
                _show_on_map(run)
            first, last = item.extras["FROM"], item.extras["TO"]
            self._read(item, "delivered", lambda workspace, _: planned_against_delivered(workspace, first, last))
            return
        if not item.outputs.get("REJECTED"):
            return
        rejects = item.outputs.get("REJECTS") or _rejects(self.address, item)
        if item.kind in MAPPED and os.path.exists(rejects):
            item.rejects = rejects
            self._read(item, "rejected", lambda *_: rejected_in(rejects))
        else:
            self._read(item, "rejected", lambda workspace, _: rejected_of(workspace, item.kind))

    def _keep_rejects(self, item: QueueItem) -> None:
        """Of a file from which nothing was taken the list of its rows stays, and says why."""
        rejects = _rejects(self.address, item)
        # Clocks of file systems are coarse: a file of a second ago is of this run.
        if os.path.exists(rejects) and os.path.getmtime(rejects) >= self._began - 1:
            item.rejects = rejects
            self._read(item, "rejected", lambda *_: rejected_in(rejects))

    def _read(self, item: QueueItem, name: str, function: Callable[[Workspace, Progress], Any]) -> None:
        def keep(table):
            setattr(item, name, table)
            self.changed.emit(item)
        self.work.start(_key(item), self.address, function, keep, item.warnings.append)


def _preview_parts(path: str, workspace: Workspace, progress: Progress) -> list[Preview]:
    return [preview_file(workspace, part, progress=progress) for part in importable_parts(path)]


def _spoken(sentences: Iterable[str]) -> list[str]:
    return [spoken(sentence) for sentence in sentences]


def _said_mapping(item: QueueItem) -> dict[str, str]:
    """Role -> column as corrected here, or as said before; "" for a role that shall be left out."""
    said: Any = item.options.mapping
    return {role: column or "" for role, column in (item.preview.answers.mapping if said is None else said).items()}


def _has_no_problem(item: QueueItem) -> bool:
    return item.preview is not None and not item.preview.problems


def known_rows(done: Iterable[QueueItem]) -> int:
    """How many rows items had that the workspace held already, where none of them had anything else to take; else 0."""
    counts = [item.outputs for item in done if item.kind != VISITS]
    if any(one.get("ADDED", 1) or one.get("UPDATED", 1) for one in counts):
        return 0
    return sum(one.get("UNCHANGED", 0) for one in counts)


def _key(item: QueueItem) -> str:
    return f"item {id(item)}"


def _algorithm(item: QueueItem) -> str:
    return "connect:visits" if item.kind == VISITS else FILE_KINDS[item.kind].algorithm


def _rejects(address: str, item: QueueItem) -> str:
    """A rejects file for each file, beside the workspace: several of one kind do not overwrite each other's."""
    if "://" in address or address.startswith("service="):
        return ""
    stem, _ = os.path.splitext(os.path.abspath(address))
    if item.kind == "calendar":  # its algorithm names the file itself
        return f"{stem}-rejects-{item.kind}.csv"
    name = item.name[:-4] if item.name.lower().endswith(".csv") else item.name
    plain = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
    return f"{stem}-rejects-{item.kind}-{plain}.csv"


def _show_on_map(run: AlgorithmRun) -> None:
    """Load the layers an algorithm left for the project, styled as it wants them."""
    for layer_id, details in run.context.layersToLoadOnCompletion().items():
        layer = run.context.takeResultLayer(layer_id)
        if layer is None:
            continue
        details.setOutputLayerName(layer)
        # On top of all: beside the chosen layer it might fall into the group of a shift that is not shown.
        QgsProject.instance().addMapLayer(layer, False)
        QgsProject.instance().layerTreeRoot().insertLayer(0, layer)
        if details.postProcessor() is not None:
            details.postProcessor().postProcessLayer(layer, run.context, run.feedback)
