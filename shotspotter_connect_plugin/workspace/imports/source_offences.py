"""The offence words of a source, before its file is imported and after: shown, and decided."""
from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, Optional, Sequence, Union

import pandas as pd

from ...errors import Cancelled, ConnectError, some
from ...progress import SILENT
from ..store import roles, runs
from .event_writing import are_true
from .offence_changes import OffenceChanges
from .offence_file import read_offences, write_offences
from .offence_reading import BETWEEN_DETAILS, distinct_offences, most_serious, offence_meaning
from .offence_words import OffenceWords, Words
from .one_crime_type import types_of
from .placed_rows import PlacedFile
from .source_questions import SourceAnswers, SourceQuestion

if TYPE_CHECKING:
    from ...forecast.arrays import Ints
    from ...progress import Progress
    from ..store.workspace import Workspace
    from .offence_words import Meaning, OffenceWord
    from .placed_chunks import ChunkDigest, PlacedRows
    from .source_questions import SourceOptions

_IMPORTER = "connect:importincidents"


@dataclass(frozen=True)
class OffenceTable:
    """The offence words of a source.

    Attributes
    ----------
    name, header : str
        The file's name and the fingerprint of its columns.
    columns : list of str
        Columns of the file that tell the offence; none where no column does.
    lines : list of OffenceWord
        Those to be decided first, then the commonest.
    types : dict
        Code -> name of the crime types that they can be taken as.
    """

    name: str
    header: str
    columns: list[str]
    lines: list[OffenceWord]
    types: dict[str, str]


def offence_words(workspace: Workspace, file: PlacedFile) -> OffenceWords:
    """What is known of the offence words of a file before its rows are given out."""
    return _words_of(workspace, file.source.name, file.answers, _parts(file), file.code_systems)


def _words_of(workspace: Workspace, name: str, answers: SourceAnswers, parts: Sequence[Sequence[str]],
              systems: Iterable[str]) -> OffenceWords:
    names, systems = [part for part, _ in parts], tuple(systems)

    def meaning_of(words: Words) -> Meaning:
        return offence_meaning(**{"category": "", **dict(zip(names, words))}, systems=systems)
    return OffenceWords(name, [column for _, column in parts], meaning_of, types_of(workspace), answers.offences,
                        answers.words)


def _parts(file: PlacedFile) -> list[list[str]]:
    """[part of an :class:`.offence_reading.Offence`, column of the file] of every column that tells the offence."""
    several = {part: BETWEEN_DETAILS.join(column for role, column in file.mapping.items() if role.startswith(part))
               for part in ("offence_flag", "offence_detail")}
    columns = {"category": file.mapping.get("offence") or several["offence_flag"], "detail": several["offence_detail"],
               "code": file.mapping.get("offence_code", "")}
    return [[part, column] for part, column in columns.items() if column]


def distinct_words(file: PlacedFile, rows: Union[PlacedRows, ChunkDigest]) -> tuple[list[Words], Ints]:
    """The distinct words of some rows, column by column, and the place of each row's in the list."""
    details = [rows.words[role] for role in file.mapping if role.startswith("offence_detail")]
    category, code = (rows.words[role] if role in file.mapping else None for role in ("offence", "offence_code"))
    flags = {column: are_true(rows.words[role], len(rows.lines)) for role, column in file.mapping.items()
             if role.startswith("offence_flag")}
    if category is None and flags:
        category = most_serious(flags)
    told = [category is not None, bool(details), code is not None]
    if category is None:
        category = pd.Categorical([""] * len(rows.lines), [""])
    offences, number = distinct_offences(category, details, code)
    return [tuple(itertools.compress(offence, told)) for offence in offences], number


def decide_by_table(workspace: Workspace, file: PlacedFile, words: OffenceWords, path: Union[str, Path]) -> None:
    """Take over what a table of offences says, if it is there.

    Raises
    ------
    ConnectError
        As :func:`.read_offences`, and :meth:`.OffenceWords.decide`.
    """
    if not path or not words.columns or not Path(path).exists():
        return
    here = (word for digest in file.digests() for word in distinct_words(file, digest)[0])
    words.decide(read_offences(path, words.columns, types_of(workspace), {*words.known, *here}))


def remember_words(file: PlacedFile, words: OffenceWords, path: Union[str, Path]) -> None:
    """Keep and tell the words of a file all of whose rows were seen, and write their table where that is needed."""
    if not words.columns:
        return
    file.answers = replace(file.answers, offences=words.decided, words=words.remembered(),
                           words_columns=_parts(file), code_systems=list(file.code_systems))
    file.warnings.extend(words.sentences())
    waiting = [f"{' '.join(line.words)} ({line.count:,})" for line in words.table() if line.taken_as == ""]
    is_new = bool(path) and not Path(path).exists()
    if is_new or path and waiting:
        write_offences(path, words.columns, words.table(True))
    if waiting:
        where = (f"All words are listed in {Path(path).name}: fill in taken_as and import the file again." if path else
                 "Give OFFENCES a new CSV file, fill in taken_as there and import again with it.")
        file.warnings.append("Offence words that do not say clearly which crime it was wait for a decision and are not "
                             f"counted until then: {some(waiting)}. {where}")
    elif is_new:
        file.warnings.append(f"The offence words of {file.source.name} are listed in {Path(path).name}; where taken_as "
                             "is wrong, edit it and import again.")


def offence_table(workspace: Workspace, path: str, options: SourceOptions, progress: Progress = SILENT) -> OffenceTable:
    """The offence words of a whole file, as an import would take them; nothing is written.

    Raises
    ------
    ConnectError
        When the file cannot be imported as it is.
    """
    with PlacedFile(workspace, "incidents", path, options, progress) as file:
        words = offence_words(workspace, file)
        if words.columns:
            decide_by_table(workspace, file, words, options.offences)
            for digest in file.digests():
                words.take(*distinct_words(file, digest), digest.lines)
        return OffenceTable(file.source.name, file.answers.header, words.columns, words.table(), types_of(workspace))


def whole_file(workspace: Workspace, path: str, kind: str, options: SourceOptions,
               progress: Progress = SILENT) -> tuple[Optional[SourceQuestion], Optional[OffenceTable]]:
    """What a look at all rows of a file of incidents or alerts adds to its preview: what its import would ask, and its
    offence words.

    What else keeps it from being imported its import says.
    """
    try:
        if kind == "incidents":
            return None, offence_table(workspace, path, options, progress)
        with PlacedFile(workspace, kind, path, options, progress):
            return None, None
    except SourceQuestion as question:
        return question, None
    except Cancelled:
        raise
    except ConnectError:
        return None, None


def with_decisions(table: OffenceTable, decisions: Mapping[Words, str]) -> list[OffenceWord]:
    """The lines of a table with what was decided since it was made."""
    return [replace(line, taken_as=decisions.get(line.words, line.taken_as)) for line in table.lines]


def known_sources(workspace: Workspace) -> list[OffenceTable]:
    """The offence words of every source of incidents imported before, the newest first."""
    return [OffenceTable(name, answers.header, words.columns, words.of_before(), types_of(workspace))
            for name, answers, words, _ in _imported(workspace)]


def decide_later(workspace: Workspace, header: str, decisions: Iterable[tuple[Words, str]]) -> list[str]:
    """Decide offence words of a source without its file; the incidents that came from it follow.

    The run is recorded as one of the importer.

    Parameters
    ----------
    header : str
        Fingerprint of the source's columns.
    decisions : iterable of (words, str)
        Code of a crime type, ``not counted``, or "" for what the rules say.

    Returns
    -------
    list of str
        What happened, and which words need their files again.

    Raises
    ------
    ConnectError
        When words that are never used in a forecast shall count, or the account may not import.
    """
    roles.require(workspace, "import")
    decisions = list(decisions)
    found = next((one for one in _imported(workspace) if one[1].header == header), None)
    if found is None:
        raise ConnectError("No file of this source is in the workspace any more; import its file again.")
    name, answers, words, import_id = found
    before = dict(words.decided)
    words.decide(decisions)
    changes = OffenceChanges(workspace, header, before, words.decided, words.type_of)
    given = vars(replace(answers, offences=words.decided))
    said = {" | ".join(word): taken_as for word, taken_as in decisions}
    with runs.recorded(workspace, _IMPORTER, {"OFFENCES": said, "SOURCE": name}) as run, \
            workspace.transaction() as writer:
        changes.leave(writer)
        changes.retype(writer)
        writer.upsert("imports", pd.DataFrame({"import_id": [import_id], "given": [given]}))
        run.counts = {"left": changes.left, "updated": changes.retyped}
    return changes.sentences


def _imported(workspace: Workspace) -> Iterator[tuple[str, SourceAnswers, OffenceWords, str]]:
    """(file, answers, words, id of the import) of the newest import of every source with offence words."""
    imports = workspace.read("imports", ["import_id", "input", "given"], {"table_name": "incidents"}, "at_utc")
    headers = set()
    for row in imports.iloc[::-1].itertuples(index=False):
        given = row.given or {}
        if not given.get("words") or given["header"] in headers:
            continue
        headers.add(given["header"])
        answers = SourceAnswers(**given)
        words = _words_of(workspace, row.input, answers, answers.words_columns, answers.code_systems)
        yield row.input, answers, words, row.import_id
