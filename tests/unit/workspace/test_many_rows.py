"""Rows that go in several by a statement come out as they went in, whatever their number and width."""
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotspotter_connect_plugin.workspace.store.many_rows import insert_rows

VALUE = st.one_of(st.none(), st.integers(-2**40, 2**40), st.text(max_size=5), st.binary(max_size=5))


def stored(rows, width):
    names = [f"c{place}" for place in range(width)]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(names)})")
        insert_rows(connection, f"t ({', '.join(names)})", [[row[place] for row in rows] for place in range(width)])
        return connection.execute("SELECT * FROM t ORDER BY rowid").fetchall()


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[VALUE] * width), max_size=30)))
def test_what_goes_in_comes_out(rows):
    width = len(rows[0]) if rows else 2
    assert stored(rows, width) == rows


@pytest.mark.parametrize("width", [1, 2, 17, 500, 999])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_around_the_rows_of_one_statement(width, more):
    rows = [tuple(range(row, row + width)) for row in range(2 * (999 // width) + more)]
    assert stored(rows, width) == rows
