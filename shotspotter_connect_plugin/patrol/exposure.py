"""How evenly patrols fall on boxes: Gini, effective number, longest streak."""
import numpy as np


def gini(amounts):
    """Gini coefficient of amounts over boxes: 0 where all have the same, near 1 where one has all; 0 if nobody has any.

    Source: C. Gini (1912), as the sorted sum 2 * sum(i * x_i) / (n * sum(x)) - (n + 1) / n.
    """
    amounts = np.sort(_checked(amounts))
    total = amounts.sum()
    if total == 0:
        return 0.0
    places = np.arange(1, amounts.size + 1)
    return float(2 * (places * amounts).sum() / (amounts.size * total) - (amounts.size + 1) / amounts.size)


def effective_number(amounts):
    """How many equally served boxes would be as spread out: exp of the entropy of the shares; 0 if nobody has any.

    Source: M. O. Hill (1973), the number of order 1.
    """
    amounts = _checked(amounts)
    shares = amounts[amounts > 0] / max(amounts.sum(), np.finfo(float).tiny)
    return float(np.exp(-(shares * np.log(shares)).sum())) if shares.size else 0.0


def longest_streak(served):
    """Longest run of consecutive periods in which a box was served.

    Parameters
    ----------
    served : array of bool, periods x boxes

    Returns
    -------
    numpy.ndarray of int
        By box.
    """
    served = np.asarray(served, dtype=bool)
    longest = run = np.zeros(served.shape[1], dtype=np.int64)
    for row in served:
        run = np.where(row, run + 1, 0)
        longest = np.maximum(longest, run)
    return longest


def most_within(counts, periods):
    """Largest sum of any ``periods`` consecutive rows of ``counts`` (periods x boxes), by box."""
    sums = np.cumsum(np.pad(np.asarray(counts), ((periods, 0), (0, 0))), axis=0)
    return (sums[periods:] - sums[:-periods]).max(axis=0, initial=0)


def _checked(amounts):
    amounts = np.asarray(amounts, dtype=float)
    if not (np.isfinite(amounts) & (amounts >= 0)).all():
        raise ValueError("Amounts must be finite numbers, at least 0.")
    return amounts
