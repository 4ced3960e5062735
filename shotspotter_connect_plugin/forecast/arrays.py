"""Kinds of arrays, for annotations; their shapes stand in the docstrings."""
from __future__ import annotations

from typing import Any, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ArrayLike", "Bools", "Floats", "Ints", "Numbers", "Objects", "objects"]

Bools = NDArray[np.bool_]
# Of float64 and of int64. Their names tell a reader; numpy's own stubs take what bincount gives for integers always.
Floats = NDArray[Any]
Ints = NDArray[Any]
Numbers = NDArray[Any]
Objects = NDArray[np.object_]


def objects(values: Sequence[Any]) -> Objects:
    """A one-dimensional object array, whatever the values are."""
    array = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):  # numpy would take a list, or a multi-polygon of shapely 1.8, apart
        array[place] = value
    return array
