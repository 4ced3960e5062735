"""Rows of an import that were not taken: written with the reason, summed up again."""
from __future__ import annotations

import csv
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Optional, Union

import numpy as np
import pandas as pd

from ... import file_checks
from ...errors import ConnectError
from ...files import replace_text, replacing
from . import privacy

if TYPE_CHECKING:
    from ...forecast.arrays import Ints, Objects
    from ..store.workspace import Workspace
    from .import_frames import ReasonCounts

_IN_MEMORY = 16 * 1024 * 1024
"""Bytes of rejected rows that are kept in memory; more go to the system's temporary folder."""
_LINES_TOLD, _LONGEST_WORD = 5, 60
_FORMULA = "=+-@"
"""What a spreadsheet takes for the beginning of a formula."""


def rejects_path(workspace: Workspace, table: str, path: Union[str, Path] = "") -> Path:
    """Where rejected rows go: to ``path``, or if that is empty beside the workspace."""
    return Path(path or workspace.folder / f"{Path(workspace.address).stem}-rejects-{table}.csv")


class RejectedRows:
    """Rows that were not taken: line, column, reason, and of an offence or a disposition its word; no other value."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []
        self.reasons: Counter[str] = Counter()

    def __len__(self) -> int:
        return sum(self.reasons.values())

    def add(self, lines: Union[Ints, pd.Series, pd.Index], column: str, reason: str,
            words: Optional[pd.Categorical] = None) -> None:
        """Reject the rows of some lines; ``words`` are those for which, one of each line."""
        if len(lines):
            part = pd.DataFrame({"line": np.asarray(lines), "column": column, "reason": reason})
            self._parts.append(part if words is None else part.assign(word=_told(words)))
            self.reasons[reason] += len(lines)

    def write(self, path: Union[str, Path]) -> str:
        """Write them by line; gives the path, "" if there are none."""
        if not len(self):
            return ""
        rows = pd.concat(self._parts).sort_values("line", kind="stable")
        replace_text(path, rows.to_csv(index=False, lineterminator="\n"), "The rejects file (REJECTS)", private=True)
        return str(path)


def _told(words: pd.Categorical) -> Objects:
    """Words as the file tells them: short, in one line, none that holds a contact of a person, none a formula."""
    texts, _ = privacy.without_contacts([" ".join(word.split())[:_LONGEST_WORD] for word in words.categories])
    safe = ["'" + text if text[:1] in _FORMULA and text else text for text in texts]
    return np.array([*safe, ""], dtype=object)[words.codes]


@dataclass
class SpooledRejects:
    """Rows that were not taken, kept aside as they come, and written to the rejects file at the end."""

    path: Path
    reasons: Counter[str] = field(default_factory=Counter)
    _lines: int = 1

    def __enter__(self) -> SpooledRejects:
        self._kept = tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")
        csv.writer(self._kept).writerow(["line", "column", "reason", "file"])
        return self

    def __exit__(self, *error: object) -> None:
        self._kept.close()

    def write(self, name: str, lines: pd.Index, columns: Objects, reasons: Objects) -> None:
        """Keep line, column, reason and file of rows, never a value."""
        self.reasons.update(reasons)
        self._lines += len(lines) * (1 + name.count("\n"))
        try:
            csv.writer(self._kept).writerows(zip(lines.tolist(), columns, reasons, [name] * len(lines)))
        except OSError as error:
            raise ConnectError("The disk has no room for the rows that were not taken; free some space in "
                               f"{tempfile.gettempdir()}.", str(error)) from error

    def close(self) -> str:
        """Write the file; gives the path, "" if nothing was rejected."""
        if not self.reasons:
            return ""
        self._kept.seek(0)
        whole = file_checks.has_lines(self._lines)
        with replacing(self.path, "The rejects file (REJECTS)", whole, private=True) as unfinished, \
                open(unfinished, "w", encoding="utf-8", newline="") as file:
            shutil.copyfileobj(self._kept, file)
        return str(self.path)


def rejected_in(path: Union[str, Path]) -> ReasonCounts:
    """Reasons of a rejects file.

    Parameters
    ----------
    path : str or pathlib.Path
        As an importer wrote it.

    Returns
    -------
    pandas.DataFrame
        reason, column, rows, lines (text: the numbers of the first lines, with their file where there are several),
        the commonest first.
    """
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    several = "file" in rows and rows["file"].nunique() > 1
    rows["place"] = rows["file"] + ":" + rows["line"] if several else rows["line"]
    groups = rows.groupby(["reason", "column"], sort=False)["place"]
    found = groups.agg(rows="size", lines=lambda places: ", ".join(places.head(_LINES_TOLD)) + (
        " …" if len(places) > _LINES_TOLD else "")).reset_index()
    return found.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def rejected_of(workspace: Workspace, table: str) -> ReasonCounts:
    """The same of the newest import of a layer into a table, of which there is no rejects file: column and lines are
    empty."""
    reasons = workspace.read("imports", ["reasons"], {"table_name": table}, order_by="at_utc")["reasons"].iloc[-1] or {}
    rows = [{"reason": reason, "column": "", "rows": count, "lines": ""} for reason, count in reasons.items()]
    return pd.DataFrame(rows, columns=["reason", "column", "rows", "lines"])
