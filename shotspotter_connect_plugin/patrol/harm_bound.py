"""The most harm that chances under the caps could cover: a linear program, as a yardstick for the lottery."""
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike

_EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
"""The least that the solver takes. Its own 1e-7 leaves out boxes with less than that share of the most harm in a box;
where a share cap closes the busy ones, they are all there is."""


def harm_upper_bound(harm: ArrayLike, beat: ArrayLike, boxes_per_beat: float | Mapping[str, float], cap: ArrayLike,
                     neighbourhood: ArrayLike | None = None, shares: Mapping[str, float] | None = None,
                     total: float | None = None, district: ArrayLike | None = None,
                     district_boxes: Mapping[str, float] | None = None) -> float | None:
    """Maximise the sum of chance * harm over chances from 0 to the cap of each box.

    The boxes of a beat sum to at most its boxes, all of them to at most their total, those of a district to at most
    its own, those of a neighbourhood to at most its share of all boxes asked for. The lower-risk share, the focus and
    the least of a beat are no part of it, so the lottery stays below: the difference is what spreading patrols costs.

    Parameters
    ----------
    harm : array of n float
        NaN counts as 0.
    beat, neighbourhood : arrays of n str
        None for boxes in none.
    boxes_per_beat : float or mapping of beat to float
        The most of each beat; infinite where only the total limits it.
    cap : array of n float
        0 for boxes that may not be drawn.
    shares : mapping of str to float, optional
    total : float, optional
        The boxes of the whole shift; the sum of those of its beats if not given.
    district : array of n str, optional
        None for boxes in none.
    district_boxes : mapping of str to float, optional
        The most of each district.

    Returns
    -------
    float or None
        None where scipy is not installed.
    """
    try:
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix
    except ImportError:
        return None
    harms, caps = np.nan_to_num(np.asarray(harm, dtype=float)), np.asarray(cap, dtype=float)
    codes, names = pd.factorize(np.asarray(beat, dtype=object))
    may = np.flatnonzero((codes >= 0) & (caps > 0) & (harms > 0))
    if may.size == 0:
        return 0.0
    most_harm = harms[may].max()  # the solver's tolerances are absolute
    each = boxes_per_beat if isinstance(boxes_per_beat, Mapping) else dict.fromkeys(names, boxes_per_beat)
    asked = float(sum(each[name] for name in names) if total is None else total)
    rows, most = [codes[may], np.full(may.size, len(names))], [*(min(each[name], asked) for name in names), asked]
    columns = [np.arange(may.size)] * 2
    held = [(neighbourhood, name, share * asked) for name, share in sorted((shares or {}).items())]
    held += [(district, name, boxes) for name, boxes in sorted((district_boxes or {}).items())]
    for group, name, boxes in held:
        own = np.flatnonzero(np.asarray(group, dtype=object)[may] == name)
        columns.append(own)
        rows.append(np.full(own.size, len(most)))
        most.append(boxes)
    places = np.concatenate(rows), np.concatenate(columns)
    sums = csr_matrix((np.ones(places[0].size), places), shape=(len(most), may.size))
    found = linprog(-harms[may] / most_harm, A_ub=sums, b_ub=most, method="highs", options=_EXACT,
                    bounds=np.stack([np.zeros(may.size), caps[may]], axis=1))
    return float(-found.fun * most_harm)
