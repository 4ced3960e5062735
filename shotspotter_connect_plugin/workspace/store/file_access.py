"""How the file of a workspace is opened: to be written where this account may, else so that nothing is touched."""
from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Sequence
from urllib.parse import quote

from ...errors import ConnectError

_APPLICATION = 0x47504B47  # "GPKG"
_JOURNAL_MODE, _WAL = slice(18, 20), b"\x02\x02"
_ATTEMPTS = 3


class OpenedFile:
    """A connection to a file, whether it can only be read, and what has to go when it is closed.

    Parameters
    ----------
    path : pathlib.Path
        An existing GeoPackage.
    wait : float
        Seconds to wait for a lock.

    Raises
    ------
    ConnectError
        When it cannot be read or is no GeoPackage.
    sqlite3.Error
        When SQLite cannot open it.
    """

    def __init__(self, path: Path, wait: float) -> None:
        self._wait = wait
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        _check_readable(path)
        self.read_only = not may_write(path)
        self.connection = self._to_read(path) if self.read_only else self._connect(path, "mode=rw")
        try:
            _check_kind(self.connection, path)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.connection.close()
        if self._copy is not None:
            self._copy.cleanup()

    def _connect(self, path: str | Path, options: str) -> sqlite3.Connection:
        place = Path(path).absolute().as_posix()
        # SQLite takes no server after "file://", so a share of Windows begins with two slashes more.
        address = "file://" + ("" if place.startswith("/") else "/") + quote(place) + "?" + options
        return sqlite3.connect(address, uri=True, timeout=self._wait, isolation_level=None, check_same_thread=False)

    def _to_read(self, path: Path) -> sqlite3.Connection:
        """A connection that writes neither the file nor anything beside it, and misses nothing that was written.

        What a program that was stopped left beside the file (a write-ahead log, a journal to roll back) is part of its
        content, and SQLite cannot take it in without writing: then a copy is opened.
        """
        beside = [Path(f"{path}{end}") for end in ("-wal", "-journal")]
        left = [part for part in beside if part.exists() and part.stat().st_size]
        with open(path, "rb") as file:
            is_wal = file.read(_JOURNAL_MODE.stop)[_JOURNAL_MODE] == _WAL
        if is_wal and not left:
            return self._connect(path, "mode=ro&immutable=1")
        if not is_wal:
            connection = self._connect(path, "mode=ro")
            try:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                return connection
            except sqlite3.OperationalError as error:
                connection.close()
                if "locked" in str(error) or not left:
                    raise
        return self._connect(self._copied(path, left), "mode=rw")

    def _copied(self, path: Path, left: Sequence[Path]) -> Path:
        """The path of a copy, for the eyes of this account only, with what lies beside the file."""
        self._copy = copy = tempfile.TemporaryDirectory(prefix="shotspotter_connect_")
        target = Path(copy.name) / path.name
        try:
            for _ in range(_ATTEMPTS):
                before = _states(path, left)
                for part in (path, *left):
                    shutil.copyfile(part, target.with_name(part.name))
                if _states(path, left) == before:
                    return target
        except OSError as error:
            copy.cleanup()
            raise ConnectError(f"{path.name} was not closed in order, and what was written last cannot be read here; "
                               "ask its owner to open it once, and make room on the disk.", repr(error)) from error
        copy.cleanup()
        raise ConnectError(f"Another program is writing {path.name}; wait until it has finished, then run this again.")


def _states(path: Path, left: Sequence[Path]) -> list[tuple[int, int]]:
    return [(os.stat(part).st_size, os.stat(part).st_mtime_ns) for part in (path, *left)]


def may_write(path: str | Path) -> bool:
    """Whether the account that runs this may change a file and make others beside it, as SQLite needs to."""
    path = Path(path).resolve()  # the journal lies beside the file itself, not beside a link to it
    if os.name != "nt":
        return _may(path, os.W_OK) and _may(path.parent, os.W_OK | os.X_OK)
    try:  # Windows answers for the attribute of a file only, not for its permissions
        with open(path, "r+b"), tempfile.TemporaryFile(dir=path.parent):
            return True
    except OSError:
        return False


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _check_readable(path: Path) -> None:
    try:
        if path.is_dir():
            raise ConnectError(f"{path} is a folder; name the workspace's .gpkg file in it.")
        exists = path.exists()
    except PermissionError:
        raise _unreadable(path) from None
    if not exists:
        raise ConnectError(f"There is no workspace {path}; create it first, or check the path.")
    if not _may(path, os.R_OK):
        raise _unreadable(path)


def _unreadable(path: Path) -> ConnectError:
    return ConnectError(f"{path} cannot be read; ask its owner for permission.")


def _check_kind(connection: sqlite3.Connection, path: Path) -> None:
    """Asked through SQLite: to open and close the file beside it would let go of the locks this program holds on it."""
    try:
        kind = connection.execute("PRAGMA application_id").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if "not a database" not in str(error):
            raise
        kind = None
    if kind != _APPLICATION:
        raise ConnectError(f"{path} is not a GeoPackage; choose the .gpkg file of a workspace.")
