"""What an import did: counts, warnings and how the file was read; told to the user and recorded in the workspace."""
from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Mapping, Sequence

import pandas as pd

from ...errors import ConnectError
from .source_questions import SourceAnswers

if TYPE_CHECKING:
    from ..store.workspace import Writer

_LONGEST = 300
"""Letters of a sentence for the user."""
NO_TABLE = "nothing"
"""What stands in ``imports`` in place of a table for a file of a drop folder in which there was nothing to take."""


@dataclass
class ImportResult:
    """What an import did; read = added + updated + unchanged + rejected.

    Attributes
    ----------
    dropped_columns : list of str
        Columns of the source that were never read, or dropped by the privacy filter.
    warnings : list of str
        Sentences the user should see.
    mapping : dict
        Role -> column of the source that was used.
    reasons : dict
        Reason -> rejected rows.
    rejects : str
        File with the rejected rows, empty if none was written.
    source_crs, crs : str
        Coordinate system the file was taken for, and the workspace's.
    timezone : str
        Zone of the times without an offset.
    answers : SourceAnswers
        What was not left to guessing; serves the next file with the same columns.
    """

    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    dropped_columns: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    mapping: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    rejects: str = ""
    source_crs: str = ""
    crs: str = ""
    timezone: str = ""
    answers: SourceAnswers = field(default_factory=SourceAnswers)

    @property
    def counts(self) -> dict[str, int]:
        """The five numbers as a dict."""
        return {name: getattr(self, name) for name in ("read", "added", "updated", "unchanged", "rejected")}

    def check_taken(self, name: str, advice: Mapping[str, str] = MappingProxyType({})) -> None:
        """Raise one sentence where every row of a file (``name``) was rejected, with the commonest reason, and what to
        do about it, as ``advice`` has it by reason.

        Called within the import's transaction, after the rejects were written: they stay, and nothing else does. Rows
        that the workspace has already were taken, so that the same file may be brought again.
        """
        if self.rejected < self.read or not self.read:
            return
        reasons = sorted(self.reasons.items(), key=lambda item: -item[1])
        rows = "its only row was" if self.read == 1 else f"all {self.read:,} rows were"
        listed = f"; the rows are listed in {Path(self.rejects).name}" if self.rejects else ""
        mend = advice.get(reasons[0][0], "Mend the file, or say how it is to be read")
        several, one = (f"Nothing of {name} was taken: {rows} rejected{_why(reasons, named)}. {mend}{listed}."
                        for named in (2, 1))
        raise NothingTaken(self, several if len(several) < _LONGEST else one)

    def record(self, writer: Writer, table: str, name: str, digest: str, content: str = "",
               taken_out: Sequence[str] = ()) -> None:
        """Write the row of ``imports``: what was filled from an input of this name and SHA-256, with that of its
        ``content`` where it is packed, how it was read, and the numbers of the events that it took out."""
        writer.append("imports", pd.DataFrame([{
            "import_id": uuid.uuid4().hex, "at_utc": pd.Timestamp.now(tz="UTC"), "table_name": table, "input": name,
            "input_hash": digest, "content_hash": content or None, "dropped_columns": self.dropped_columns,
            "counts": self.counts, "reasons": dict(self.reasons), "given": vars(self.answers),
            "taken_out": list(taken_out) or None,
            "mapping": {**self.mapping, "source_crs": self.source_crs, "source_timezone": self.timezone}}]))


def _why(reasons: list[tuple[str, int]], named: int) -> str:
    """For what rows were rejected: the commonest reasons with their counts, and how many rows had others."""
    if len(reasons) == 1:
        return f" for “{reasons[0][0]}”"
    rest = sum(count for _, count in reasons[named:])
    told = [f"{count:,} for “{reason}”" for reason, count in reasons[:named]]
    return ": " + ", ".join(told + ([f"{rest:,} for other reasons"] if rest else []))


class NothingTaken(ConnectError):
    """Every row of a file was rejected; ``result`` says for what."""

    def __init__(self, result: ImportResult, user: str) -> None:
        super().__init__(user)
        self.result = result
