"""Chunks of a file of events: what is kept of each while the whole file is judged, and the rows given out of it."""
from __future__ import annotations

from dataclasses import dataclass, fields
from typing import IO, TYPE_CHECKING, Any, Optional, Tuple, Union

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from . import time_texts
from .position_texts import Positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...forecast.arrays import Bools, Ints
    from .position_texts import Pair
    from .rejected_rows import RejectedRows
    from .source_times import TimeSpans


_Form = Tuple[Any, Tuple[int, ...]]


class PlacedRows:
    """Some rows of a file: lines, moments by role, texts by role, positions, which are not rejected yet, by role whose
    time of day cannot be read, and which say that an event was none without the number of any."""

    def __init__(self, digest: ChunkDigest, spans: dict[str, TimeSpans], unread_clocks: dict[str, Bools],
                 rejects: RejectedRows) -> None:
        self.lines, self.words, self.spans, self.unread_clocks = digest.lines, digest.words, spans, unread_clocks
        self.positions, self.placed = digest.positions, digest.placed
        self.kept = np.ones(len(digest.lines), dtype=bool)
        self.denied_unnamed = np.zeros(len(digest.lines), dtype=bool)
        self._rejects = rejects

    def reject(self, rows: Union[Bools, pd.Series], reason: str, column: str,
               words: Optional[pd.Categorical] = None) -> None:
        """Reject rows (a mask) that are not rejected yet; ``words`` of all rows, where it is for their word."""
        rows = np.asarray(rows) & self.kept
        self._rejects.add(self.lines[rows], column, reason, None if words is None else words[rows])
        self.kept &= ~rows

    def set_aside(self, rows: Bools) -> None:
        """Give out some rows no more, which were taken in another way and are not rejected."""
        self.kept &= ~rows


@dataclass
class ChunkDigest:
    """What is kept of a chunk of texts."""

    lines: Ints
    faults: NDArray[np.uint8]
    blank: Bools
    placed: Bools
    positions: dict[Pair, Positions]
    moments: dict[str, time_texts.ParsedTimes]
    clocks: dict[str, time_texts.ParsedClocks]
    words: dict[str, pd.Categorical]

    def save(self, file: IO[bytes]) -> list[_Form]:
        """Write the arrays one after the other -> type and shape of each, with which they are read again."""
        arrays: list[NDArray[Any]] = [self.lines, self.faults, self.blank, self.placed]
        arrays.extend(getattr(places, item.name) for places in self.positions.values() for item in fields(places))
        arrays.extend(getattr(parsed, item.name) for parsed in self.moments.values() for item in fields(parsed))
        arrays.extend(getattr(beside, item.name) for beside in self.clocks.values() for item in fields(beside))
        for words in self.words.values():
            arrays.append(words.codes)
            # Texts as bytes: an array of text would make each as long as the longest.
            arrays.append(np.frombuffer("\0".join(words.categories).encode("utf-8", "surrogatepass"), dtype=np.uint8))
        for array in arrays:
            file.write(array.tobytes())
        return [(array.dtype, array.shape) for array in arrays]

    def load(self, file: IO[bytes], forms: list[_Form]) -> ChunkDigest:
        """A digest of the same columns from where the file stands, of arrays of these ``forms``."""
        left = iter(forms)

        def array() -> NDArray[Any]:
            dtype, shape = next(left)
            read = np.empty(shape, dtype)
            if file.readinto(read.reshape(-1).view(np.uint8)) != read.nbytes:  # type: ignore[attr-defined]
                raise OSError("The temporary file of the import has lost its end.")
            return read

        lines, broken, blank, placed = (array() for _ in range(4))
        positions = {pair: Positions(*(array() for _ in fields(Positions))) for pair in self.positions}
        moments = {role: time_texts.ParsedTimes(*(array() for _ in fields(time_texts.ParsedTimes)))
                   for role in self.moments}
        clocks = {role: time_texts.ParsedClocks(*(array() for _ in fields(time_texts.ParsedClocks)))
                  for role in self.clocks}
        words = {}
        for role in self.words:
            codes = array()
            texts = array().tobytes().decode("utf-8", "surrogatepass").split("\0")
            words[role] = pd.Categorical.from_codes(codes, pd.Index(texts, dtype=object))
        return ChunkDigest(lines, broken, blank, placed, positions, moments, clocks, words)

    @classmethod
    def join(cls, parts: list[ChunkDigest]) -> ChunkDigest:
        """One digest of several."""
        first = parts[0]
        return cls(
            np.concatenate([part.lines for part in parts]), np.concatenate([part.faults for part in parts]),
            np.concatenate([part.blank for part in parts]), np.concatenate([part.placed for part in parts]),
            {pair: Positions.join([part.positions[pair] for part in parts]) for pair in first.positions},
            {role: time_texts.ParsedTimes.join([part.moments[role] for part in parts]) for role in first.moments},
            {role: time_texts.ParsedClocks.join([part.clocks[role] for part in parts]) for role in first.clocks},
            {role: union_categoricals([part.words[role] for part in parts]) for role in first.words})
