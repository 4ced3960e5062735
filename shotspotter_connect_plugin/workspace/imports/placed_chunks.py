"""Chunks of a file of events: what is kept of each while the whole file is judged, and the rows given out of it."""
from dataclasses import dataclass, fields
from typing import Dict

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from . import time_texts


class PlacedRows:
    """Some rows of a file: lines, moments by role, texts by role, positions, and which are not rejected yet."""

    def __init__(self, digest, spans, rejects):
        self.lines, self.words, self.spans = digest.lines, digest.words, spans
        self.positions, self.placed = digest.positions, digest.placed
        self.kept = np.ones(len(digest.lines), dtype=bool)
        self._rejects = rejects

    def reject(self, rows, reason, column):
        """Reject rows (a mask) that are not rejected yet."""
        rows = np.asarray(rows) & self.kept
        self._rejects.add(self.lines[rows], column, reason)
        self.kept &= ~rows


@dataclass
class ChunkDigest:
    """What is kept of a chunk of texts."""

    lines: np.ndarray
    faults: np.ndarray
    blank: np.ndarray
    placed: np.ndarray
    positions: Dict[tuple, tuple]
    moments: Dict[str, time_texts.Parsed]
    words: Dict[str, pd.Categorical]

    def save(self, file):
        """Write the arrays one after the other."""
        arrays = [self.lines, self.faults, self.blank, self.placed]
        arrays.extend(axis for pair in self.positions.values() for axis in pair)
        arrays.extend(getattr(parsed, item.name) for parsed in self.moments.values() for item in fields(parsed))
        for words in self.words.values():
            arrays.append(words.codes)
            # Texts as bytes: an array of text would make each as long as the longest.
            arrays.append(np.frombuffer("\0".join(words.categories).encode("utf-8", "surrogatepass"), dtype=np.uint8))
        for array in arrays:
            np.save(file, array, allow_pickle=False)

    def load(self, file):
        """A digest of the same columns from where the file stands."""

        def array():
            return np.load(file, allow_pickle=False)

        first = [array() for _ in range(4)]
        positions = {pair: (array(), array()) for pair in self.positions}
        moments = {role: time_texts.Parsed(*(array() for _ in fields(time_texts.Parsed))) for role in self.moments}
        words = {}
        for role in self.words:
            codes = array()
            texts = array().tobytes().decode("utf-8", "surrogatepass").split("\0")
            words[role] = pd.Categorical.from_codes(codes, pd.Index(texts, dtype=object))
        return ChunkDigest(*first, positions, moments, words)

    @classmethod
    def join(cls, parts):
        """One digest of several."""
        first = parts[0]
        return cls(
            *(np.concatenate([getattr(part, name) for part in parts])
              for name in ("lines", "faults", "blank", "placed")),
            {pair: tuple(np.concatenate([part.positions[pair][axis] for part in parts]) for axis in (0, 1))
             for pair in first.positions},
            {role: time_texts.Parsed.join([part.moments[role] for part in parts]) for role in first.moments},
            {role: union_categoricals([part.words[role] for part in parts]) for role in first.words})
