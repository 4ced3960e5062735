"""Small counts: hidden, and not to be worked out by somebody who knows the whole method and all that is published."""
import itertools

import numpy as np
import pandas as pd
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.workspace.exports import public_pack
from shotspotter_connect_plugin.workspace.numbers.small_numbers import (FEW, HIDDEN, LEAST, RESTS, small, suppressed,
                                                                        without_hidden)

counts = st.lists(st.one_of(st.integers(0, 6), st.integers(0, 300)), max_size=12)
HAVING = ("a", "b", "c")


@settings(deadline=None)
@given(counts)
def test_no_small_count_stays_and_nothing_else_goes(values):
    table = suppressed(pd.DataFrame({"n": values, "minutes": np.arange(len(values)) * 1.5}), "n", ["minutes"])
    for value, shown, minutes in zip(values, table["n"], table["minutes"]):
        assert shown == (FEW if 0 < value < LEAST else value) and (minutes is None) == (shown == FEW)


def boxes_of(values):
    """A box per neighbourhood with these visits (each of 7 minutes, half of them served), incidents and residents."""
    frame = pd.DataFrame(values, columns=["visits", "incidents", "residents"],
                         index=[f"C{number}R0" for number in range(len(values))])
    frame = frame.assign(presence_minutes=7.0 * frame["visits"], served=frame["visits"] // 2,
                         delivered_minutes=7.0 * (frame["visits"] // 2), harm=1.0)
    areas = frame.reset_index(drop=True).assign(neighbourhood=[f"n{number}" for number in range(len(values))])
    residents = pd.DataFrame({"all": frame["residents"].astype(float), "a": frame["residents"] // 2})
    return frame, areas, residents, pd.Series(areas["neighbourhood"].to_numpy(), index=frame.index)


def published(values):
    """All that the method publishes of a table: each count, every sum, the rates of residents; and which it hid."""
    frame, areas, residents, name = boxes_of(values)
    boxes, residents, touched = without_hidden(areas, frame, residents, name)
    shown = areas[["visits", "incidents", "residents", "served"]]
    for count in ("visits", "incidents", "residents", "served"):
        shown = suppressed(shown, count)
    sums = boxes[[column for columns in RESTS.values() for column in columns]].sum().to_dict()
    share = np.divide(boxes["presence_minutes"], sums["presence_minutes"]) if sums["presence_minutes"] else 0.0
    hidden = small(areas["visits"])
    return (tuple(map(tuple, shown.to_numpy())), tuple(sums.items()), tuple(residents.sum()),
            tuple(np.where(hidden, -1.0, share)), tuple(touched))


@settings(deadline=None, max_examples=examples(60))
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=6),
       st.randoms(use_true_random=False))
def test_every_completion_of_what_is_hidden_is_published_alike(values, chance):
    """The whole method is run again on tables that can stand behind what is published: nothing tells them apart.

    Served visits are half of the visits here, so a completion keeps what is known of them: none, or few.
    """
    for _ in range(4):
        guess = [tuple(chance.randrange(1, LEAST) if 0 < value < LEAST else value for value in row) for row in values]
        guess = [(row[0] if (row[0] > 1) == (old[0] > 1) else old[0], *row[1:]) for row, old in zip(guess, values)]
        assert published(guess) == published(values)


def test_small_tables_exhaustively():
    """All tables of up to three counts of visits up to 7: each hidden count can be at least three numbers."""
    for size in (1, 2, 3):
        behind = {}
        for visits in itertools.product(range(8), repeat=size):
            rows = [(value, 0, 100) for value in visits]
            frame, areas, residents, name = boxes_of(rows)
            areas = areas.assign(served=0)
            frame = frame.assign(served=0, delivered_minutes=0.0)
            boxes, _, _ = without_hidden(areas, frame, residents, name)
            key = (tuple(suppressed(areas, "visits")["visits"]), boxes["visits"].sum(), boxes["presence_minutes"].sum())
            behind.setdefault(key, []).append(visits)
        for (shown, _, _), tables in behind.items():
            for place, cell in enumerate(shown):
                assert cell != FEW or len({visits[place] for visits in tables}) >= 3


def test_a_worked_example():
    table = pd.DataFrame({"n": [3, 12, 40, 0], "rate": [1.0, 2.0, 3.0, None]})
    shown = suppressed(table, "n", ["rate"])
    assert shown["n"].tolist() == [FEW, 12, 40, 0] and shown["rate"].tolist()[:2] == [None, 2.0]
    assert table["n"].tolist() == [3, 12, 40, 0]
    assert suppressed(table.iloc[:0], "n", ["rate"]).empty
    frame, areas, residents, name = boxes_of([(3, 9, 50), (12, 2, 3), (40, 9, 90)])
    before = frame.copy()
    boxes, peopled, touched = without_hidden(areas, frame, residents, name)
    assert boxes["visits"].tolist() == [0, 12, 40] and boxes["incidents"].tolist() == [9, 0, 9]
    assert peopled.index.tolist() == ["C0R0", "C2R0"] and touched == ["n0", "n1"]
    pd.testing.assert_frame_equal(frame, before)


@settings(deadline=None, max_examples=examples(60))
@given(st.dictionaries(st.sampled_from(HAVING), st.integers(1, 9), min_size=1, max_size=3))
def test_reasons_of_rejected_rows_cannot_be_worked_out_from_their_number(reasons):
    def shown(reasons):
        table = pd.DataFrame({"table": ["t"], "imports": [1], "read": [99], "rejected": [sum(reasons.values())],
                              "columns": [[]], "reasons": [reasons]})
        row = public_pack._refused(table).iloc[0]
        return str(row["rejected"]), tuple(row["reasons"].items())

    spaces = [range(1, LEAST) if value < LEAST else [value] for value in reasons.values()]
    alike = [guess for guess in itertools.product(*spaces) if shown(dict(zip(reasons, guess))) == shown(reasons)]
    for place, space in enumerate(spaces):
        assert {guess[place] for guess in alike} == set(space)


def test_groups_of_few_residents_do_not_follow_from_the_others():
    groups = pd.DataFrame({"group": ["all", "a", "b"], "residents": [1000.0, 997.0, 3.0], "planned": 1.0,
                           "delivered": 1.0, "presence": 1.0, "harm": 1.0, "incidents": 1.0, "to_harm": 1.0,
                           "to_incidents": 1.0})
    shown = public_pack._groups(groups)
    assert shown["group"].tolist() == ["all", "a"] and shown["residents"].tolist() == [1000.0, HIDDEN]
    assert public_pack._groups(groups.assign(residents=[1000.0, 900.0, 100.0]))[
                               "residents"].tolist() == [1000, 900, 100]
