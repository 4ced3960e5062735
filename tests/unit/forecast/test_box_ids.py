"""Ids of boxes: one spelling for each place, and what a stranger writes is refused with a sentence."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.box_ids import corners_of, id_of, is_remnant, mark_of
from shotspotter_connect_plugin.forecast.fishnet import Fishnet

step = st.integers(-10_000_000, 10_000_000)
shape = st.lists(st.booleans(), min_size=100, max_size=100)


@given(st.lists(st.tuples(step, step), max_size=20))
def test_a_corner_has_one_id_and_comes_back_from_it(corners):
    ids = [id_of(*corner) for corner in corners]
    assert list(zip(*(axis.tolist() for axis in corners_of(ids)))) == corners
    assert len(set(ids)) == len(set(corners))


@given(st.integers(-10_000, 10_000), st.integers(-10_000, 10_000))
def test_a_box_of_the_fishnet_keeps_its_id(col, row):
    plain = Fishnet().ids([col], [row])[0]
    assert id_of(10 * col, 10 * row) == plain and not is_remnant(plain)
    assert [axis.tolist() for axis in corners_of([plain])] == [[10 * col], [10 * row]]


@given(shape, shape)
def test_a_mark_tells_shapes_apart_and_is_the_same_in_every_run(one, other):
    assert (mark_of(np.array(one)) == mark_of(other)) == (one == other)
    box_id = id_of(20, -30, mark_of(one))
    assert is_remnant(box_id) and [axis.tolist() for axis in corners_of([box_id])] == [[20], [-30]]


def test_ids_are_written_as_the_manual_says():
    assert [id_of(12983, 172257), id_of(-3, 0), id_of(-10, -12), id_of(0, 7)] == [
        "C1298.3R17225.7", "C-0.3R0", "C-1R-1.2", "C0R0.7"]
    assert mark_of(np.arange(100) < 50) == "~ivb4ni"  # SHA-256 of the bits, in base 32


@pytest.mark.parametrize("wrong", [
    "", "C1", "c1r2", "C1R2 ", "C1.R2", "C1.0R2", "C1.25R2", "C01R2", "C-0R2", "C1R-0", "C1R2~", "C1R2~ABCDEF",
    "C1R2~abc", "C1.5R2~abcdef", "C1R2.5~abcdef", "C1R2~abcdefg", "C1R2~abc018",
    "C--1R2", "C1R2\n", "Ⅽ1R2", "C\u0661R2", None])
def test_what_is_no_id_is_refused(wrong):
    with pytest.raises(ConnectError, match="must look like"):
        corners_of(["C1R1", wrong])
