"""Products of arrays whose sums do not depend on how many threads a linear algebra library uses.

The same data and seed must give the same bits; BLAS splits long sums by threads, numpy's own loops do not.
"""
import numpy as np


def stable_product(one, other):
    """``one @ other`` for arrays of one or two dimensions."""
    letters = {1: "j", 2: "ij"}[one.ndim], {1: "j", 2: "jk"}[other.ndim]
    return np.einsum(",".join(letters) + "->" + "".join(letters).replace("j", ""), one, other)
