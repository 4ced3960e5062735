"""A file that comes again and is read otherwise, since somebody has answered a question: what it had brought as it was
read before leaves, so that nothing stands in the workspace twice.

Events know the file that they came from. Rows of other tables do not: there the file is read once more as it was read
then (:class:`FormerReadings`), and what that gives leaves.
"""
from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Mapping

import numpy as np

from ...errors import some
from ..store.tables import TABLES
from .source_questions import SourceAnswers, SourceOptions

if TYPE_CHECKING:
    import pandas as pd

    from ...forecast.arrays import Bools
    from ..store.workspace import Workspace, Writer
    from .placed_rows import PlacedFile
    from .row_source import RowSource

_ANSWERS = ("mapping", "source_crs", "source_timezone", "date_order", "crime_type")
"""What was said of a file that changes when, where and under which number its events stand."""


class EarlierReadings:
    """How files were read before, of which one comes again.

    Parameters
    ----------
    noun : str
        What the table holds, for messages.
    digests : set of str
        SHA-256 of the file, packed and unpacked.
    """

    def __init__(self, workspace: Workspace, file: PlacedFile, noun: str, digests: set[str]) -> None:
        self._workspace, self._file, self._noun = workspace, file, noun
        self._key, = TABLES[file.table].key
        imports, same = _imports(workspace, file.table, digests)
        now = vars(file.answers)
        self._names = set(imports["input"][same]) - set(imports["input"][~same])
        before = (imports["given"][same].iloc[-1] or {}) if same.any() else now
        self._is_other = _differ(before, now)
        self._unclear = self._is_other and set(imports["input"][same]) != self._names and self._renames(before)
        self._others = self._read_otherwise(imports[~same], now)
        self._ids: set[str] = set()
        of_columns = [(name, answers) for name, answers in zip(imports["input"], imports["given"])
                      if answers and answers.get("header") == file.answers.header]
        self._replaced = set(imports["input"][same]) if self._is_other else set()
        if of_columns and _differ(of_columns[-1][1], now):
            self._replaced |= {name for name, _ in of_columns}

    def replaces(self, ids: pd.Series) -> Bools:
        """Which events stand in the workspace as a file brought them that was read otherwise: no reason to keep them
        where they seem to be known more finely."""
        if not self._replaced:
            return np.zeros(len(ids), dtype=bool)
        stored = self._workspace.read(self._file.table, [self._key], {
            self._key: ids.tolist(), "source": sorted(self._replaced)})
        return ids.isin(stored[self._key]).to_numpy(bool)

    def _renames(self, before: Mapping[str, Any]) -> bool:
        """Whether an event may have another number than when a file was read as then."""
        ids = [(answers.get("mapping") or {}).get("id") for answers in (before, vars(self._file.answers))]
        return "id" not in self._file.mapping or ids[0] != ids[1]

    def _read_otherwise(self, imports: pd.DataFrame, now: Mapping[str, Any]) -> list[str]:
        """Names of other files with the same columns, last read otherwise, whose events may have other numbers now."""
        last = imports.drop_duplicates("input_hash", keep="last")
        given = [(name, answers or {}) for name, answers in zip(last["input"], last["given"])]
        return list(dict.fromkeys(
            name for name, answers in given if answers.get("header") == self._file.answers.header
            and _differ(answers, now) and self._renames(answers)))

    def add(self, ids: pd.Series) -> None:
        """Take in the numbers of events that the file brings now."""
        if self._is_other:
            self._ids.update(ids)

    def leave(self, writer: Writer) -> None:
        """Remove what the file had brought before and does not as it is read now, and tell it."""
        warnings = self._file.warnings
        if self._is_other:
            stored = self._workspace.read(self._file.table, [self._key], {"source": sorted(self._names)})[self._key]
            gone = stored[~stored.isin(self._ids).to_numpy(bool)].tolist() if self._names else []
            if gone:
                writer.delete(self._file.table, {self._key: gone})
                warnings.append(f"{len(gone):,} {self._noun} that this file had brought as it was read before have "
                                "left the workspace: it was read otherwise now.")
        names = [*([self._file.source.name] if self._unclear else []), *self._others]
        if names:
            warnings.append(f"Files with the same columns were read otherwise before ({_few(names)}): where the same "
                            f"{self._noun} stand in them, they are in the workspace twice until those files are "
                            "imported again.")


class FormerReadings:
    """How a file was read before that comes again, for tables that do not tell from which file a row came.

    Parameters
    ----------
    table, noun : str
        The table that it fills, and what that holds, for messages.

    Attributes
    ----------
    digest, content : str
        SHA-256 of the file, and of what is packed in it.
    is_known : bool
        Whether it was imported before.
    is_alone : bool
        Whether it was, and no other file has had its name.
    """

    def __init__(self, workspace: Workspace, table: str, source: RowSource, noun: str) -> None:
        self._noun, self.digest, self.content = noun, source.digest(), source.content_digest()
        imports, same = _imports(workspace, table, {self.digest, self.content} - {""})
        self.is_known = bool(same.any())
        self.is_alone = self.is_known and source.name not in set(imports["input"][~same])
        self._own = [answers or {} for answers in imports["given"][same]]
        others = imports[~same]
        self._others = [(name, answers or {}) for name, answers in zip(others["input"], others["given"])]

    def options(self, now: SourceAnswers) -> list[SourceOptions]:
        """What has the file read as it was then, for each way in which it was; none if it is read now as it last was.
        """
        if not self._own or not _differ(self._own[-1], vars(now)):
            return []
        names = [field.name for field in fields(SourceAnswers)]
        ways = [SourceAnswers(**{name: answers[name] for name in names if answers.get(name)})
                for number, answers in enumerate(self._own)
                if _differ(answers, vars(now)) and not any(not _differ(answers, one) for one in self._own[:number])]
        return [SourceOptions(date_order=answers.date_order, as_before=answers) for answers in ways]

    def told(self, now: SourceAnswers, gone: int) -> list[str]:
        """Sentences on the rows that left, and, where that was said only now, on other files that were read otherwise.
        """
        sentences = []
        if gone:
            sentences.append(f"{gone:,} {self._noun} that this file had brought as it was read before have left the "
                             "workspace: it was read otherwise now."
                             + " What other files say of just the same left, too, and comes back with them." * bool(
                                 self._others))
        others = [(name, answers) for name, answers in self._others if answers.get("header") == now.header]
        if others and _differ(others[-1][1], vars(now)):
            names = list(dict.fromkeys(name for name, answers in others if _differ(answers, vars(now))))
            sentences.append(f"Files with the same columns were read otherwise before ({_few(names)}); what they "
                             "brought stays as it is until they are imported again.")
        return sentences


def _imports(workspace: Workspace, table: str, digests: set[str]) -> tuple[pd.DataFrame, Bools]:
    """(earlier imports that filled a table, the oldest first; which of them were of a file of these SHA-256)."""
    imports = workspace.read("imports", ["input", "input_hash", "content_hash", "given"], {"table_name": table},
                             order_by="at_utc")
    return imports, (imports["input_hash"].isin(digests) | imports["content_hash"].isin(digests)).to_numpy(bool)


def _few(names: list[str]) -> str:
    """A few names of files, short enough for a sentence."""
    return some([name[:40] for name in names[:2]] + ["others"] * (len(names) > 2))


def _differ(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two readings differ; an order of dates does not where one of them had no date that needs it."""
    return any((before.get(name) or None) != (now.get(name) or None) and not (
        name == "date_order" and not (before.get(name) and now.get(name))) for name in _ANSWERS)
