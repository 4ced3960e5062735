"""Files that are the old one or the new one, never something between.

Every file that this package writes goes through here: made in a folder of its own beside its target, synced, opened
again and checked, and only then moved into place. What a killed run left is swept by the next one.
"""
from __future__ import annotations

import errno
import io
import os
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Callable, Iterator, Optional, Sequence, Tuple

from .errors import ConnectError

Check = Callable[[Path], None]
"""Raises any error where the file at a path is not whole (``file_checks.py``)."""
_Wanted = Tuple[Path, Path, Optional[Check], bool]  # unfinished file, its place, check, whether private
_FOLDER = ".connect-"
_IN_USE = ".in_use"
_LONG_DEAD = 24 * 3600.0
"""Seconds after which a folder that nobody can be asked about was left by a killed run."""
WAITS = (0.05, 0.2, 0.5)
"""Seconds between attempts to replace a file that a scanner of viruses or an indexer holds for a moment."""
_NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, None)
"""None: told by a library, or a file that is not whole. The folder can be written by then, so the disk is full."""


class NotWhole(OSError):
    """A finished file, opened again, is not what was written."""


class Held(PermissionError):
    """A file cannot be replaced, because a program has it open (Windows) or it is write-protected."""


@contextmanager
def replacing(path: str | Path, what: str = "The file", check: Check | None = None,
              private: bool = False) -> Iterator[Path]:
    """Give a path to write to; what is there takes the place of ``path`` at the end, or is gone after an error.

    The path given has the name of ``path``, in a folder beside it that only this account can enter, and there is no
    file yet. A file that is replaced gives its mode and group to the new one.

    Parameters
    ----------
    what
        Begins the sentence of an error: "The plan", "RANKS".
    check
        Is called with the path of the finished file.
    private
        Whether a new file can be read by its owner alone; one that is replaced stays closed to all but owner and group.

    Raises
    ------
    ConnectError
        When it cannot be written, is not whole, or cannot be put in its place. What was there before is untouched.
    """
    path = Path(path)
    with replacing_together(path.parent, what) as new:
        yield new(path.name, check, private)


@contextmanager
def replacing_together(folder: str | Path, what: str = "The files") -> Iterator[Callable[..., Path]]:
    """As :func:`replacing` for files of one folder that belong together: all of them are new, or none.

    Gives a function of a name, a check and whether the file is private that gives the path to write to.
    """
    folder = Path(folder)
    wanted: list[_Wanted] = []
    with _one_sentence(what, folder, wanted), _folder_in(folder) as aside:
        def new(name: str, check: Check | None = None, private: bool = False) -> Path:
            wanted.append((aside / name, folder / name, check, private))
            return aside / name

        yield new
        for unfinished, path, check, private in wanted:
            _finish(unfinished, path, check, private)
        _move_all([(unfinished, path) for unfinished, path, _, _ in wanted], aside)
        _sync_folder(folder)


@contextmanager
def scratch(what: str) -> Iterator[Path]:
    """Give a folder of this account alone, on the system's disk for temporary files, that is gone afterwards.

    ``what`` begins the sentence of an error of the disk, and names what cannot be made.
    """
    parent = Path(tempfile.gettempdir())
    with _one_sentence(what, parent, []), _folder_in(parent) as folder:
        yield folder


def remove(path: str | Path) -> None:
    """Take a file away that belonged to one that was replaced, if it is there."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def folder_for(path: str | Path, what: str = "The file") -> None:
    """Make the folder of a path where it is missing, and those above it; ConnectError where that cannot be."""
    with _one_sentence(what, Path(path), []):
        Path(path).parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def made_folder(folder: str | Path) -> Iterator[Path]:
    """A folder that is there while files are written into it, made with those above it where it is missing. If that
    fails, folders made for it are taken away again unless something is in them.

    Raises
    ------
    ConnectError
        Where it cannot be made.
    """
    folder = Path(folder)
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConnectError(f"The folder {folder} cannot be made; choose another one.", str(error)) from error
    try:
        yield folder
    except BaseException:
        with suppress(OSError):  # the first that holds something stays, and so do those above it
            for path in missing:
                path.rmdir()
        raise


def replace_bytes(path: str | Path, content: bytes, what: str = "The file", private: bool = False) -> None:
    """Write ``content``, and read it again, as :func:`replacing` does."""
    with replacing(path, what, lambda made: _holds(made, content), private) as unfinished:
        unfinished.write_bytes(content)


def replace_text(path: str | Path, text: str, what: str = "The file", private: bool = False,
                 encoding: str = "utf-8") -> None:
    """Write ``text`` with its line ends as they are, and read it again, as :func:`replacing` does."""
    replace_bytes(path, text.encode(encoding), what, private)


def copy(source: str | Path, path: str | Path, what: str = "The file") -> None:
    """Copy a file, as :func:`replacing` writes one."""
    replace_bytes(path, Path(source).read_bytes(), what)


def _holds(path: Path, content: bytes) -> None:
    if path.read_bytes() != content:
        raise NotWhole("other bytes than were written")


@contextmanager
def _one_sentence(what: str, folder: Path, wanted: Sequence[_Wanted]) -> Iterator[None]:
    """Turn errors of the disk into one sentence that names the file and what to do."""
    try:
        yield
    except OSError as error:
        raise ConnectError(_sentence(what, wanted[0][1] if len(wanted) == 1 else folder, error),
                           repr(error)) from error


def _sentence(what: str, path: Path, error: OSError) -> str:
    if error.errno in _NO_ROOM:
        return f"{what} cannot be written to {path}: free some space on the disk and run again."
    if isinstance(error, Held):
        return f"{error.filename} is open in a program or write-protected: close it there and run again."
    return f"{what} cannot be written to {path}; choose a folder in which you may write, and close the file elsewhere."


@contextmanager
def _folder_in(parent: Path) -> Iterator[Path]:
    """A new folder in ``parent`` that is gone afterwards; those of killed runs go too."""
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER, dir=parent))  # made with mode 0700
    held = None
    try:
        with suppress(OSError):  # where nothing can be locked, only age tells; a full disk is told of by what follows
            held = open(folder / _IN_USE, "wb", buffering=0)
            _lock(held)
            held.write(b"1")  # an empty one is not locked yet
        yield folder
    finally:
        if held:
            held.close()
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove the folders of runs that are dead: the system lets go of a dead process's locks."""
    with os.scandir(parent) as entries:
        dead = [entry.path for entry in entries if entry.name.startswith(_FOLDER)
                and entry.is_dir(follow_symlinks=False) and _is_dead(Path(entry.path))]
    for folder in dead:
        shutil.rmtree(folder, ignore_errors=True)


def _is_dead(folder: Path) -> bool:
    try:
        with open(folder / _IN_USE, "r+b") as held:
            if os.fstat(held.fileno()).st_size:
                _lock(held)
                return True
        return _age(folder) > _LONG_DEAD
    except (PermissionError, BlockingIOError):
        return False  # its maker lives, or is another account
    except OSError:
        return _age(folder) > _LONG_DEAD


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:  # gone by now
        return 0.0


def _lock(file: BinaryIO | io.FileIO) -> None:
    """Lock an open file until it is closed, or its process ends in whatever way; OSError where another holds it."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # there, on Windows
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _finish(unfinished: Path, path: Path, check: Check | None, private: bool) -> None:
    """Have a file on the disk, whole, and with the mode it shall have."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "is no ordinary file", str(path))
    with open(unfinished, "rb+") as file:
        os.fsync(file.fileno())
    if check is not None:
        _check(check, unfinished)
    if path.exists():
        _readable_as_before(unfinished, path.stat(), private)
    elif private:
        os.chmod(unfinished, 0o600)


def _readable_as_before(unfinished: Path, old: os.stat_result, private: bool) -> None:
    """Give a file the mode of the old one and, where this account may, its group: analyst and batch job share it."""
    mode = stat.S_IMODE(old.st_mode) & (0o770 if private else 0o777)
    if hasattr(os, "chown") and old.st_gid != unfinished.stat().st_gid:
        try:
            os.chown(unfinished, -1, old.st_gid)
        except PermissionError:  # no member of that group: those of another one get nothing by it
            mode &= ~0o070
    os.chmod(unfinished, mode)


def _check(check: Check, unfinished: Path) -> None:
    try:
        check(unfinished)
    except ConnectError:
        raise
    except Exception as error:  # whatever a reader says of a file that it cannot read
        raise NotWhole(repr(error)) from error


def _move_all(pairs: Sequence[tuple[Path, Path]], aside: Path) -> None:
    """Move finished files into place; where one cannot be, those before it are as they were."""
    kept = [_kept(path, aside / f".old-{number}") for number, (_, path) in enumerate(pairs)] \
        if len(pairs) > 1 else []
    for number, (unfinished, path) in enumerate(pairs):
        try:
            _move(unfinished, path)
        except OSError:
            for (_, moved), old in zip(pairs[:number], kept):
                if old:
                    _move(old, moved)
                else:
                    os.unlink(moved)
            raise


def _kept(path: Path, place: Path) -> Path | None:
    """A second name, or a copy, of a file that will be replaced; None where there is none."""
    if not path.exists():
        return None
    try:
        os.link(path, place)
    except OSError:  # not every file system knows links
        shutil.copy2(path, place)
    return place


def _move(unfinished: Path, path: Path) -> None:
    for wait in (*WAITS, None):
        try:
            return os.replace(unfinished, path)
        except PermissionError as error:
            if wait is None:
                raise Held(error.errno, error.strerror, str(path)) from error
            time.sleep(wait)


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk too; Windows opens no folders, and some network drives sync none."""
    if os.name == "posix":
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
