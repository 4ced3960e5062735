"""One declared row type per table, made from the table: a frame that was read has what the type says."""
from typing import get_args

import pytest

from shotspotter_connect_plugin.frames import Rows
from shotspotter_connect_plugin.workspace.store import rows
from shotspotter_connect_plugin.workspace.store.tables import TABLES

TYPES = [get_args(made)[1] for made in vars(rows).values()
         if len(get_args(made)) == 2 and isinstance(get_args(made)[1], Rows)]


def test_every_table_has_one():
    assert [rows.rows_of(name) for name in TABLES] == TYPES


@pytest.mark.parametrize("name", TABLES)
def test_a_frame_of_a_table_has_its_columns(workspace, name):
    declared, read = rows.rows_of(name), workspace.read(name)
    assert [column.name for column in declared.columns] == list(read)
    assert declared.missing(read) == []
    last = declared.columns[-1].name
    assert declared.missing(read.drop(columns=last)) == [last]


def test_a_frame_of_some_columns():
    assert [column.name for column in rows.rows_of("boxes", "box_id", "geometry").columns] == ["box_id", "geometry"]
    with pytest.raises(KeyError):
        rows.rows_of("boxes", "nonsense")
