"""Small numbers hidden before tables are published, so that nobody can be told from them.

The rule: a count of 1 to 4 becomes ``<5``, and what was measured on those few is hidden. Zeros stay. What is hidden is
left out of every sum, rate and ratio that is published, so each number that is shown comes from numbers that are
shown: whoever knows this rule and all that is published knows of a hidden count that it is 1, 2, 3 or 4, and no more.
No second count has to be hidden to protect the first, so none can be worked out from the choice of it.

Source: the threshold rule as in A. Hundepool and others (2012), Statistical Disclosure Control, chapter 4.
"""
from __future__ import annotations

from typing import Any, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .number_frames import ResidentsOfBoxes

LEAST = 5
FEW, HIDDEN = f"<{LEAST}", "hidden"
HIDING_RULE = (
    f"In the report and its tables, counts of 1 to {LEAST - 1} visits, incidents, residents or changes are shown "
    f"as {FEW}, and minutes, rates and ratios that rest on them as {HIDDEN}. Both are left out of every sum, rate "
    "and ratio, so that no sum tells them. Patrols are counted as they were drawn, before changes by hand, so "
    "that no difference tells those. Zeros and counts of the lottery itself (draws, chances, planned patrols) are "
    "not hidden: they tell nothing about anybody, and who wants to check a draw needs them.")
RESTS = {"visits": ("visits", "presence_minutes", "served", "delivered_minutes"),
         "served": ("served", "delivered_minutes"), "incidents": ("incidents",)}
"""Count of a neighbourhood -> what its boxes lose in all sums where the count is small."""


def small(counts: Any) -> NDArray[np.bool_]:
    """Which counts are 1 to 4; of the missing, none."""
    counts = np.asarray(counts, dtype=float)
    return (counts > 0) & (counts < LEAST)


def without_hidden(areas: pd.DataFrame, boxes: pd.DataFrame, residents: ResidentsOfBoxes,
                   name: pd.Series) -> tuple[pd.DataFrame, ResidentsOfBoxes, list[str]]:
    """Boxes and residents as every published sum takes them: without what rests on a count that is hidden.

    Parameters
    ----------
    areas : pandas.DataFrame
        One row per neighbourhood: ``neighbourhood``, residents and the counts of ``RESTS``.
    boxes : pandas.DataFrame
        By box: all columns of ``RESTS``.
    residents : pandas.DataFrame
        By box; boxes of neighbourhoods with a small number of residents are taken out.
    name : pandas.Series
        Neighbourhood of each box, by box, as ``areas`` names it.

    Returns
    -------
    (boxes, residents, neighbourhoods of which something was left out)
    """
    boxes, touched = boxes.copy(), set()
    for count, columns in RESTS.items():
        few = set(areas.loc[small(areas[count]), "neighbourhood"])
        boxes.loc[name.reindex(boxes.index).isin(list(few)).to_numpy(), list(columns)] = 0
        touched |= few
    few = set(areas.loc[small(areas["residents"]), "neighbourhood"])
    residents = residents[~name.reindex(residents.index).isin(list(few)).to_numpy()]
    return boxes, residents, sorted(touched | few)


def suppressed(table: pd.DataFrame, count: str, measured: Sequence[str] = ()) -> pd.DataFrame:
    """A table with the small counts of a column as ``<5``, and what was measured on them None.

    Parameters
    ----------
    table : pandas.DataFrame
    count : str
        Column with counts. Where its sum is published, that must be the sum of the others; see :func:`without_hidden`.
    measured : sequence of str
        Columns that rest on them.
    """
    few = small(table[count])
    texts = [FEW if is_few else value for is_few, value in zip(few, table[count].astype(object))]
    changed = {count: pd.Series(texts, index=table.index, dtype=object)}
    for name in measured:
        changed[name] = table[name].astype(object).where(~few, None)
    return table.assign(**changed)
