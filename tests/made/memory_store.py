"""A second home of a workspace: its tables as frames in memory, with no more than the Protocol asks."""
import copy

import numpy as np
import pandas as pd

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.store.columns import decode, encode
from shotspotter_connect_plugin.workspace.store.table_store import Between, Counts
from shotspotter_connect_plugin.workspace.store.tables import TABLES


class MemoryStore:
    """The tables of an open workspace, copied; stored values by column, rows as written."""

    name, read_only = "memory", False
    table_names = set(TABLES)

    def __init__(self, workspace, folder):
        self.address, self.folder = "memory:", folder
        self.path_of_seeds = folder / "memory.seeds.json"
        self._kept = {name: self._stored(table, workspace.read(name)) for name, table in TABLES.items()}
        self._before, self._writes = None, dict.fromkeys(TABLES, 0)

    def close(self):
        pass

    def read(self, table, columns=None, where=None, order_by=None):
        found = self._kept[table.name][self._met(table, where)]
        order = [order_by] if isinstance(order_by, str) else list(order_by or [])
        if order:
            found = found.sort_values(order, kind="stable", na_position="first")
        names = [column.name for column in table.frame_columns] if columns is None else list(columns)
        return pd.DataFrame({name: self._decoded(table, name, found[name]) for name in names})

    def count(self, table, where=None):
        return int(self._met(table, where).sum())

    def stamp(self, table):
        return str(self._writes[table.name])

    def distinct(self, table, column, where=None):
        return self.read(table, [column], where, column)[column].drop_duplicates().tolist()

    def totals(self, table, amount, by, where=None):
        found = self.read(table, [by, amount], where)
        return found.groupby(by, dropna=False, sort=True)[amount].sum().reset_index()[[by, amount]]

    def rows(self, table):
        return self._kept[table.name].itertuples(index=False, name=None)

    def faults(self):
        return []

    def begin(self, for_good=False):
        assert self._before is None
        self._before = copy.copy(self._kept)

    def commit(self):
        self._before = None

    def rollback(self):
        self._kept, self._before = self._before or self._kept, None

    def compact(self):
        pass

    def append(self, table, frame):
        both = [self._kept[table.name], self._stored(table, frame)]
        both = pd.concat([part for part in both if len(part)] or both[:1], ignore_index=True)
        if both.duplicated(list(table.key)).any():
            raise ConnectError(f"A row with the same {' and '.join(table.key)} is in {table.name} already; nothing was "
                               "written.")
        self._keep(table, both)

    def upsert(self, table, frame):
        given = [name for name in self._kept[table.name] if name in frame]
        new = self._stored(table, frame).set_index(list(table.key), drop=False)
        old = self._kept[table.name].set_index(list(table.key), drop=False)
        there = new.index.isin(old.index)
        for key, row in new[there].iterrows():
            for name in given:
                old.at[key, name] = row[name]
        changed = int((old.to_numpy() != self._kept[table.name].to_numpy()).any(axis=1).sum()) if there.any() else 0
        self._keep(table, old.reset_index(drop=True))
        self.append(table, new[~there].reset_index(drop=True)[given])
        return Counts(int((~there).sum()), changed, int(there.sum()) - changed)

    def delete(self, table, where=None):
        met = self._met(table, where)
        self._keep(table, self._kept[table.name][~met].reset_index(drop=True))
        return int(met.sum())

    def reveal(self, table, key_values, value):
        place, = np.flatnonzero(self._met(table, key_values))
        kept = self._kept[table.name].copy()
        kept.at[place, table.reveal] = value
        self._keep(table, kept)

    def _keep(self, table, rows):
        assert self._before is not None
        self._kept[table.name] = rows
        self._writes[table.name] += 1

    @staticmethod
    def _stored(table, frame):
        kept = {}
        for column in table.frame_columns:
            values = frame[column.name] if column.name in frame else [None] * len(frame)
            kept[column.name] = list(values) if column.type == "geometry" else encode(column, pd.Series(
                list(values), dtype=getattr(values, "dtype", object)))
        return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in kept.items()})

    @staticmethod
    def _decoded(table, name, stored):
        column = table.frame_column(name)
        return pd.Series(list(stored), dtype=object) if column.type == "geometry" else decode(column, stored.tolist())

    def _met(self, table, where):
        rows = self._kept[table.name]
        met = np.ones(len(rows), dtype=bool)
        for name, wanted in (where or {}).items():
            if isinstance(name, tuple):
                together = {tuple(row) for row in zip(*(encode(table.column(part), wanted[part]) for part in name))}
                met &= np.array([row in together for row in zip(*(rows[part] for part in name))], dtype=bool)
                continue
            column, stored = table.column(name), rows[name]
            known = stored.notna().to_numpy()
            if isinstance(wanted, Between):
                met &= known
                for end, value in (("low", wanted.low), ("high", wanted.high)):
                    if value is not None:
                        bound, = encode(column, [value])
                        met &= np.array([item is not None and (item >= bound if end == "low" else item < bound)
                                         for item in stored], dtype=bool)
            elif isinstance(wanted, (list, tuple, set, frozenset, np.ndarray, pd.Series, pd.Index)):
                values = encode(column, list(wanted))
                met &= stored.isin([value for value in values if value is not None]).to_numpy() | (
                    ~known & (None in values))
            else:
                value, = encode(column, [wanted])
                met &= ~known if value is None else (stored == value).to_numpy()
        return met
