"""x"""
import csv
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ... import file_checks
from ...errors import ConnectError
from ...files import replacing

_IN_MEMORY = 16 * 1024 * 1024
"""Bytes of rejected rows that are kept in memory; more go to the system's temporary folder."""


@dataclass
class SpooledRejects:
    """Rows that were not taken, kept aside as they come, and written to the rejects file at the end."""

    path: Path
    reasons: Counter = field(default_factory=Counter)
    _lines: int = 1

    def __enter__(self):
        self._kept = tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")
        csv.writer(self._kept).writerow(["line", "column", "reason", "file"])
        return self

    def __exit__(self, *error):
        self._kept.close()

    def write(self, name, lines, columns, reasons):
        """Keep line, column, reason and file of rows, never a value."""
        self.reasons.update(reasons)
        self._lines += len(lines) * (1 + name.count("\n"))
        try:
            csv.writer(self._kept).writerows(zip(lines.tolist(), columns, reasons, [name] * len(lines)))
        except OSError as error:
            raise ConnectError("The disk has no room for the rows that were not taken; free some space in "
                               f"{tempfile.gettempdir()}.", str(error)) from error

    def close(self):
        """Write the file; gives the path, "" if nothing was rejected."""
        if not self.reasons:
            return ""
        self._kept.seek(0)
        whole = file_checks.lines(self._lines)
        with replacing(self.path, "The rejects file (REJECTS)", whole, private=True) as unfinished, \
                open(unfinished, "w", encoding="utf-8", newline="") as file:
            shutil.copyfileobj(self._kept, file)
        return str(self.path)
