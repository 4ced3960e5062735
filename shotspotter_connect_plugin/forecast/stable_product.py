"""Products of arrays whose sums do not depend on how many threads a linear algebra library uses.

The same data and seed must give the same bits; BLAS splits long sums by threads, numpy's own loops do not.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .arrays import Numbers


def stable_product(one: Numbers, other: Numbers) -> Any:
    """``one @ other`` for arrays of one or two dimensions."""
    letters = {1: "j", 2: "ij"}[one.ndim], {1: "j", 2: "jk"}[other.ndim]
    return np.einsum(",".join(letters) + "->" + "".join(letters).replace("j", ""), one, other)
