"""Kinds of arrays, for annotations; their shapes stand in the docstrings."""
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ArrayLike", "Bools", "Floats", "Ints", "Numbers", "Objects"]

Bools = NDArray[np.bool_]
# Of float64 and of int64. Their names tell a reader; numpy's own stubs take what bincount gives for integers always.
Floats = NDArray[Any]
Ints = NDArray[Any]
Numbers = NDArray[Any]
Objects = NDArray[np.object_]
