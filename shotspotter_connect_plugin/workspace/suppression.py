"""Small numbers hidden before tables are published, so that nobody can be told from them.

The rule: a count of 1 to 4 becomes ``<5``, and what was measured on those few is left out. Zeros stay. Where a sum is
published too, further counts are hidden, the smallest first, until the sum tells no small count any more: at least two
are hidden, and the sum of the hidden ones must leave every one of them open.

Source: the threshold rule and secondary suppression as in A. Hundepool and others (2012), Statistical Disclosure
Control, chapter 4.
"""
import numpy as np
import pandas as pd

LEAST = 5
FEW, HIDDEN = f"<{LEAST}", "hidden"
RULE = (f"Counts of 1 to {LEAST - 1} visits, incidents, residents or changes are shown as {FEW}, and minutes, rates "
        f"and ratios that rest on them as {HIDDEN}. Where a sum would tell such a count, a further one is {HIDDEN} "
        f"too. Zeros and counts of the lottery itself (draws, chances, planned patrols) are not "
        "hidden: they tell nothing about anybody, and who wants to check a draw needs them.")


def small(counts):
    """Which counts are 1 to 4; of the missing, none."""
    counts = np.asarray(counts, dtype=float)
    return (counts > 0) & (counts < LEAST)


def to_hide(counts):
    """Which counts to hide where their sum is published: the small ones, and one more where the sum would tell them.

    Parameters
    ----------
    counts : array of n numbers

    Returns
    -------
    numpy.ndarray of bool
    """
    counts = np.nan_to_num(np.asarray(counts, dtype=float))
    hide = small(counts)
    few = int(hide.sum())
    if few == 0:
        return hide
    lowest, highest = few, few * (LEAST - 1)  # what the small ones can sum to
    # If all hidden counts are the lowest they can be, their sum tells them.
    least = LEAST if counts[hide].sum() > lowest else LEAST + 1
    spare = [place for place in np.argsort(counts, kind="stable") if counts[place] >= least]
    if spare and (few < 2 or not lowest < counts[hide].sum() < highest):
        hide[spare[0]] = True
    return hide


def tells(counts):
    """Whether the sum of some counts tells a small one although :func:`to_hide` hides what it can."""
    counts = np.nan_to_num(np.asarray(counts, dtype=float))
    hide = to_hide(counts)
    few, total = int(small(counts).sum()), counts[hide].sum()
    return few > 0 and hide.sum() == few and (few < 2 or not few < total < few * (LEAST - 1))


def suppressed(table, count, measured=(), summed=True):
    """A table with the small counts of a column hidden.

    Parameters
    ----------
    table : pandas.DataFrame
    count : str
        Column with counts.
    measured : sequence of str
        Columns that rest on them; None on the rows hidden.
    summed : bool
        Whether the sum of the column is published anywhere.
    """
    few = small(table[count])
    hide = to_hide(table[count]) if summed else few
    texts = [FEW if is_few else HIDDEN if is_hidden else value for is_few, is_hidden, value in zip(
        few, hide, table[count].astype(object))]
    changed = {count: pd.Series(texts, index=table.index, dtype=object)}
    for name in measured:
        changed[name] = table[name].astype(object).where(~hide, None)
    return table.assign(**changed)
