"""Rows of an import that were not taken: written with the reason, never with a value, and summed up again."""
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from ...files import replace_text


def rejects_path(workspace, table, path=""):
    """Where rejected rows go: to ``path``, or if that is empty beside the workspace."""
    return Path(path or workspace.folder / f"{Path(workspace.address).stem}-rejects-{table}.csv")


class RejectedRows:
    """PlacedRows that were not taken: line, column and reason, never the value."""

    def __init__(self):
        self._parts = []
        self.reasons = Counter()

    def __len__(self):
        return sum(self.reasons.values())

    def add(self, lines, column, reason):
        """Reject the rows of some lines."""
        if len(lines):
            self._parts.append(pd.DataFrame({"line": np.asarray(lines), "column": column, "reason": reason}))
            self.reasons[reason] += len(lines)

    def write(self, path):
        """Write them by line; gives the path, "" if there are none."""
        if not len(self):
            return ""
        rows = pd.concat(self._parts).sort_values("line", kind="stable")
        replace_text(path, rows.to_csv(index=False, lineterminator="\n"), "The rejects file (REJECTS)", private=True)
        return str(path)
