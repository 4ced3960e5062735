"""A drop folder: each new file of it is taken in by what it is, once; what needs an answer is left and named.

Files are never moved, changed or deleted. What was taken is known by its content, so that a renamed copy is not taken
again; a file that was refused is tried at every run, until it is mended or somebody has answered what it asks. A file
without rows, such as a read-me, is named once, and again when it has changed.
"""
from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional, Union

from ...errors import Cancelled, ConnectError, some
from ...progress import SILENT
from ..store.layers import read_vector
from ..store.runs import data_hash
from .calendar_import import import_calendar
from .coverage_import import import_sensor_coverage
from .dock_words import spoken, words_of_error
from .file_kinds import FILE_KINDS
from .gps_import import GpsImport, import_gps
from .gunfire_import import import_gunfire
from .import_result import NO_TABLE, ImportResult
from .incident_import import import_incidents
from .neighbourhood_import import import_neighbourhoods
from .packed_file import only_explains
from .place_import import import_places
from .preview import UNKNOWN_KIND, importable_parts, preview_file
from .rejected_rows import rejects_path
from .roster_import import import_roster
from .tactic_import import import_tactics
from .text_file import content_hash
from .unreachable_import import import_unreachable

if TYPE_CHECKING:
    from ...progress import Progress
    from ..store.workspace import Workspace
    from .preview import Preview

TAKEN, LEFT, BEFORE, WAITING = "taken", "left", "taken before", "still being written"
EMPTY = "nothing to take"
_PARTED = re.compile(r"([\^~¬|§¦¶!\x01\x1e\x1f]).*\1")
"""Marks that may part columns although nothing knows them."""
_ORDER = ("neighbourhoods", "sensor_coverage", "unreachable", "calendar", "places", "incidents", "gunfire", "roster",
          "gps_fixes", "tactic_log")
"""What others depend on comes first; what nothing tells comes last, only to be named."""
_AFTER_FIXES = ("tactic_log", "")
_ROWS: dict[str, Callable[..., ImportResult]] = {
    "incidents": import_incidents, "gunfire": import_gunfire, "gps_fixes": import_gps, "roster": import_roster,
    "tactic_log": import_tactics, "calendar": import_calendar}
_UNFINISHED = re.compile(r"\.(?:part|partial|tmp|temp|crdownload|download|filepart|opdownload|swp)$|^~|~$",
                         re.IGNORECASE)
_BESIDE = {".shp": frozenset(".dbf .shx .prj .cpg .qpj .qmd .sbn .sbx .qix .xml .cst .fix".split()),
           ".tab": frozenset(".dat .map .id .ind".split()), ".mif": frozenset([".mid"])}
"""Of a layer of several files the one that is opened -> endings of the others."""
_QUIET_SECONDS = 2.0
"""How long a file must not have changed before it is read."""
_LONGEST_REASON = 160


@dataclass
class FolderFile:
    """One file of the folder, or one layer of it, and what became of it.

    ``state`` is one of the five above, ``digests`` are the SHA-256 of the file as it lies there and unpacked.
    """

    path: str
    name: str
    digests: frozenset[str] = frozenset()
    kind: str = ""
    state: str = LEFT
    sentence: str = ""
    result: Optional[ImportResult] = None

    @property
    def line(self) -> str:
        """One line on it for the log, which names it once."""
        if self.state == EMPTY:
            return f"{self.name}: nothing to take, and not named again until it changes. {self._unnamed}".strip()
        if self.result is None:
            return f"{self.name}: {self.state}. {self._unnamed}".strip()
        counts = self.result
        why = some(f"{reason} ({rows:,})" for reason, rows in counts.reasons.items()) if counts.rejected else ""
        return (f"{self.name}: taken as {FILE_KINDS[self.kind].title}. {counts.read:,} rows read: {counts.added:,} "
                f"added, {counts.updated:,} updated, {counts.unchanged:,} unchanged, {counts.rejected:,} rejected"
                f"{': ' if why else ''}{why}.")

    @property
    def _unnamed(self) -> str:
        """The sentence as it follows the name of the file."""
        name = re.escape(os.path.basename(self.path.partition("|layername=")[0]))
        start = re.match(rf"{name} (?=\w)", self.sentence)
        rest = self.sentence[start.end():] if start else re.sub(rf"\b(?:in|of) {name}\b", "in it", self.sentence)
        return rest[:1].upper() + rest[1:] if start is None else "It " + rest


@dataclass
class FolderImport:
    """What became of a folder's files, in the order in which they were looked at."""

    folder: str
    files: list[FolderFile] = field(default_factory=list)

    def of(self, state: str) -> list[FolderFile]:
        """The files of one state."""
        return [file for file in self.files if file.state == state]

    @property
    def answers(self) -> dict[str, dict[str, Any]]:
        """File -> what was said of it earlier, where anything was."""
        return {file.name: file.result.answers.said for file in self.files
                if file.result is not None and file.result.answers.said}

    def check_taken(self) -> None:
        """Raise one sentence where there were new files and none could be taken."""
        left = self.of(LEFT)
        if left and not self.of(TAKEN):
            reason = left[0].sentence if len(left[0].sentence) <= _LONGEST_REASON else "the log says what it needs."
            which = "The file that waits" if len(left) == 1 else f"None of the {len(left)} files that wait"
            cannot = "cannot be taken" if len(left) == 1 else "can be taken"
            raise ConnectError(f"{which} in {os.path.basename(self.folder)} {cannot}; {left[0].name}: {reason}")


def import_folder(workspace: Workspace, folder: Union[str, Path], progress: Progress = SILENT,
                  after_fixes: Callable[[str, str], None] = lambda first, last: None,
                  in_window: bool = False) -> FolderImport:
    """Take in each new file of a folder and of those in it, each in a transaction of its own.

    A file is new if nothing of its content was ever imported, packed or not. Which importer takes it is found as in the
    import dock, with what was said of earlier files with the same columns. Places are taken where the file is named
    like a kind of places that the workspace has. ``after_fixes`` is called with the first and the last date of new GPS
    fixes once all of them are in: logs of tactics, which come next, belong to the visits that are found then.

    ``in_window`` has what a file asks told in the words of the import dock, without names of parameters.

    Raises
    ------
    ConnectError
        When there is no such folder.
    """
    folder = os.path.abspath(str(folder).strip())
    if not os.path.isdir(folder):
        raise ConnectError(f"FOLDER: there is no folder {folder}; check the path.")
    found = FolderImport(folder)
    known = _known(workspace)
    waiting = list(_look(workspace, found, known, progress.part(0.0, 0.2), in_window))
    waiting.sort(key=lambda file: (_ORDER.index(file.kind) if file.kind else len(_ORDER), bool(file.sentence)))
    told = False
    for number, file in enumerate(waiting):
        part = progress.part(0.2 + 0.8 * number / len(waiting), 0.2 + 0.8 * (number + 1) / len(waiting))
        part.report(0.0, f"Importing {file.name}")
        if file.kind in _AFTER_FIXES and not told:
            told = _tell_dates(found, after_fixes)
        if file.state == EMPTY:
            _remember(workspace, file)
        elif any((digest, file.kind) in known for digest in file.digests):
            file.state, file.sentence = BEFORE, "Another file here has the same content."
        elif file.sentence and any(other.kind == file.kind for other in found.of(TAKEN)):
            _judge(workspace, file, part, in_window)  # one that was just taken may have shown what was asked
        if file.state == LEFT and file.kind and not file.sentence:
            _take(workspace, file, part, in_window)
        if file.state == TAKEN:
            known |= {(digest, file.kind) for digest in file.digests}
        found.files.append(file)
        (progress.warn if file.state in (LEFT, EMPTY) else progress.info)(file.line)
        for warning in file.result.warnings if file.result else ():
            progress.warn(f"{file.name}: {spoken(warning) if in_window else warning}")
    if not told:
        _tell_dates(found, after_fixes)
    return found


def _tell_dates(found: FolderImport, after_fixes: Callable[[str, str], None]) -> bool:
    tracks = [file.result for file in found.of(TAKEN) if isinstance(file.result, GpsImport) and file.result.first]
    if tracks:
        after_fixes(min(track.first for track in tracks), max(track.last for track in tracks))
    return True


def _known(workspace: Workspace) -> set[tuple[str, str]]:
    """(SHA-256 of a file or of what was packed in it, what was taken of it) of every import."""
    imports = workspace.read("imports", ["input_hash", "content_hash", "table_name"])
    return {(digest, table) for name in ("input_hash", "content_hash")
            for digest, table in zip(imports[name], imports["table_name"]) if digest and table != NO_TABLE}


def _without_rows(workspace: Workspace) -> set[tuple[str, str]]:
    """(name, SHA-256) of the files in which nothing was found to take. By their name, too: the empty export of another
    night is told."""
    imports = workspace.read("imports", ["input", "input_hash"], {"table_name": NO_TABLE})
    return set(zip(imports["input"], imports["input_hash"]))


def _remember(workspace: Workspace, file: FolderFile) -> None:
    with workspace.transaction() as writer:
        ImportResult().record(writer, NO_TABLE, file.name, data_hash(file.path.partition("|layername=")[0]))


def _look(workspace: Workspace, found: FolderImport, known: set[tuple[str, str]],
          progress: Progress, in_window: bool) -> Iterator[FolderFile]:
    """What is to be imported, with its kind or why it cannot be; other files go to ``found`` at once."""
    paths = _files(found.folder)
    states = {path: _state(path) for path in paths}
    if any(time.time() - state[1] < _QUIET_SECONDS for state in states.values()):
        _rest(progress)
    hashes = {path: _hashes(path) for path in paths if not _UNFINISHED.search(os.path.basename(path))}
    for both in hashes.values():  # what was taken packed is known unpacked, too
        known |= {(one, kind) for taken, kind in known if taken in both for one in both}
    digests, empty = {digest for digest, _ in known}, _without_rows(workspace)
    for number, path in enumerate(paths):
        progress.report(number / len(paths), "Looking at files")
        if progress.is_cancelled():
            raise Cancelled()
        file = FolderFile(path, os.path.relpath(path, found.folder))
        try:
            if _UNFINISHED.search(os.path.basename(path)) or _state(path) != states[path]:
                file.state, file.sentence = WAITING, "It is taken once it is whole."
                found.files.append(file)
                continue
            file.digests = hashes[path]
            parts = importable_parts(path)
        except (OSError, ConnectError) as error:
            file.sentence = error.user if isinstance(error, ConnectError) else "It cannot be read; check its rights."
            yield file
            continue
        if (file.digests & digests or {(file.name, one) for one in file.digests} & empty) and len(parts) == 1:
            file.state = BEFORE
            found.files.append(file)
            continue
        for part in parts:
            one = _judged(workspace, part, file, progress, in_window)
            if one.state == EMPTY and {(one.name, digest) for digest in one.digests} & empty:
                one.state = BEFORE
                found.files.append(one)
            else:
                yield one


def _hashes(path: str) -> frozenset[str]:
    """SHA-256 of a file as it lies there, and of what is packed in it; none where it cannot be read."""
    found = set()
    with suppress(ConnectError, OSError):  # what is wrong with it is said when it is opened
        found.add(data_hash(path))
        found.add(content_hash(path))
    return frozenset(found - {""})


def _judged(workspace: Workspace, part: str, file: FolderFile, progress: Progress, in_window: bool) -> FolderFile:
    layer = part.partition("|layername=")[2]
    one = FolderFile(part, f"{file.name}, {layer}" if layer else file.name, file.digests)
    _judge(workspace, one, progress, in_window)
    return one


def _judge(workspace: Workspace, one: FolderFile, progress: Progress, in_window: bool) -> None:
    """Find what a file is, and what it needs before it can be taken."""
    part = one.path
    preview = preview_file(workspace, part, progress=progress)
    one.kind, one.sentence = preview.kind, ""
    if not preview.holds_rows or not one.kind and _is_text(preview):
        one.state, one.sentence = EMPTY, preview.problems[0] if not preview.holds_rows else ""
    elif preview.question is not None:
        one.sentence = words_of_error(preview.question, in_window)
    elif preview.problems == [UNKNOWN_KIND]:
        one.sentence = "Nothing tells what it is: import it once by hand; files with the same columns are then known."
    elif preview.problems:
        problem = next(told for told in preview.problems if told != UNKNOWN_KIND)
        one.sentence = spoken(problem) if in_window else problem
    elif one.kind == "places" and _place_kind(workspace, part) is None:
        one.sentence = ("Places of which kind, nothing tells: import it once with “Import places”, and name its files "
                        "like their kind.")


def _is_text(preview: Preview) -> bool:
    """Whether a file of which nothing tells what it is holds words to be read, and no rows."""
    return len(preview.columns) > 0 and (only_explains(preview.path) or len(preview.columns) == 1
                                         and not _PARTED.search(preview.columns[0]))


def _take(workspace: Workspace, file: FolderFile, progress: Progress, in_window: bool) -> None:
    plain = re.sub(r"\.csv$", "", re.sub(r"[^\w.-]", "_", file.name), flags=re.IGNORECASE)
    rejects = str(rejects_path(workspace, f"{file.kind}-{plain}"))
    path, _, layer = file.path.partition("|layername=")
    try:
        if file.kind in _ROWS:
            file.result = _ROWS[file.kind](workspace, file.path, rejects=rejects, progress=progress)
        else:
            table = read_vector(path, layer or None)
            if file.kind == "places":
                file.result = import_places(workspace, table, _place_kind(workspace, file.path) or "", progress)
            elif file.kind == "neighbourhoods":
                file.result = import_neighbourhoods(workspace, table, progress=progress)
            elif file.kind == "unreachable":
                file.result = import_unreachable(workspace, table, rejects=rejects, progress=progress)
            else:
                file.result = import_sensor_coverage(workspace, table, rejects=rejects, progress=progress)
        file.state = TAKEN
    except ConnectError as error:
        file.sentence = words_of_error(error, in_window)


def _place_kind(workspace: Workspace, path: str) -> Optional[str]:
    """The kind of places that a file or its layer is named like, of those that the workspace has."""
    path, _, layer = path.partition("|layername=")
    stem = re.sub(r"[^a-z0-9]+", "_", (layer or os.path.basename(path).partition(".")[0]).casefold()).strip("_")
    return next((kind for kind in workspace.distinct("places", "kind") if kind == stem), None)


def _files(folder: str) -> list[str]:
    """Its files by name, and each File Geodatabase in it; without hidden ones and those that belong to a layer of
    several files."""
    found = sorted(Path(folder).rglob("*"))
    found = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    databases = [path for path in found if path.is_dir() and path.suffix.lower() == ".gdb"]
    files = [path for path in found if path.is_file() and not set(path.parents) & set(databases)]
    parts = {str(path)[:-4].lower() + ending for path in files for ending in _BESIDE.get(path.suffix.lower(), ())}
    parts |= {str(path).lower() + ".xml" for path in files if path.suffix.lower() == ".shp"}
    return sorted(str(path) for path in [*databases, *files] if str(path).lower() not in parts)


def _state(path: str) -> tuple[int, float]:
    """Size and last change of a file, or of what is in a folder."""
    inside = list(Path(path).rglob("*")) if os.path.isdir(path) else [Path(path)]
    try:
        stats = [part.stat() for part in inside]
    except OSError:
        return -1, 0.0
    return sum(stat.st_size for stat in stats), max((stat.st_mtime for stat in stats), default=0.0)


def _rest(progress: Progress) -> None:
    """Wait long enough to see whether a file is still written to."""
    until = time.monotonic() + _QUIET_SECONDS
    while time.monotonic() < until:
        if progress.is_cancelled():
            raise Cancelled()
        time.sleep(0.1)
