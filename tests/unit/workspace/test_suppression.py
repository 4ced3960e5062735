"""Small cells: hidden, and not to be worked out from what stays."""
import itertools

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.workspace.suppression import FEW, HIDDEN, LEAST, suppressed, tells, to_hide

counts = st.lists(st.one_of(st.integers(0, 6), st.integers(0, 300)), max_size=12)


@settings(deadline=None)
@given(counts)
def test_no_small_count_stays_and_no_zero_goes(values):
    table = suppressed(pd.DataFrame({"n": values, "minutes": np.arange(len(values)) * 1.5}), "n", ["minutes"])
    for value, shown, minutes in zip(values, table["n"], table["minutes"]):
        if 0 < value < LEAST:
            assert shown == FEW and minutes is None
        elif value == 0:
            assert shown == 0 and minutes is not None
        else:
            assert shown in (value, HIDDEN) and (minutes is None) == (shown == HIDDEN)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(0, 9), min_size=2, max_size=6))
def test_the_sum_does_not_tell_a_hidden_count(values):
    """Try every table that looks the same: each hidden small count can be at least two numbers."""
    values = np.array(values)
    hide, few = to_hide(values), (values > 0) & (values < LEAST)
    if tells(values):
        assert few.any() and (hide == few).all()
        return  # too few others: the caller has to hide the sum
    left = values.sum() - values[~hide].sum()
    spaces = [range(1, LEAST) if is_few else range(LEAST, left + 1) for is_few in few[hide]]
    possible = [guess for guess in itertools.product(*spaces) if sum(guess) == left]
    for place in range(len(spaces)):
        if few.any() and few[hide][place]:
            assert len({guess[place] for guess in possible}) > 1, (values, hide)


def test_a_worked_example():
    table = pd.DataFrame({"n": [3, 12, 40, 0], "rate": [1.0, 2.0, 3.0, None]})
    shown = suppressed(table, "n", ["rate"])
    assert shown["n"].tolist() == [FEW, HIDDEN, 40, 0] and shown["rate"].tolist()[:2] == [None, None]
    assert suppressed(table, "n", ["rate"], summed=False)["n"].tolist() == [FEW, 12, 40, 0]
    assert table["n"].tolist() == [3, 12, 40, 0]
    assert suppressed(table.iloc[:0], "n", ["rate"]).empty
    assert tells([3]) and tells([1, 1, 5]) and not tells([1, 1, 6]) and not tells([4, 5]) and not tells([0, 7])
