"""Files as Windows keeps them, for tests on Linux: what is open can be neither removed nor replaced nor renamed."""
import os
import pathlib
from contextlib import contextmanager

import pytest

_PATCHED = ("remove", "unlink", "rmdir", "rename", "replace")


def open_files():
    """Real paths of the files and folders that this process has open."""
    found = set()
    for handle in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink("/proc/self/fd/" + handle))
        except OSError:  # closed since, as is that of the listing
            continue
    return {path for path in found if path.startswith("/")}


def _real(path, dir_fd):
    """The path itself, not what it links to, with its folder resolved."""
    path = os.fsdecode(path)
    if dir_fd is not None:
        path = os.path.join(os.readlink(f"/proc/self/fd/{dir_fd}"), path)
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def _holders(path, dir_fd=None):
    """Open files at a path, or below it where it is a folder; handles of folders, by which Python walks, hold not."""
    path = _real(path, dir_fd)
    return [held for held in open_files() if not os.path.isdir(held) and (held == path or held.startswith(path + "/"))]


@contextmanager
def as_on_windows(refused):
    """While it lasts, removing and replacing what is open fails as on Windows; ``refused`` gets the paths."""
    before = {name: getattr(os, name) for name in _PATCHED}

    def refuse(path, other=None, dir_fd=None):
        held = _holders(path, dir_fd)
        if held:
            refused.append(held[0])
            raise PermissionError(13, "The process cannot access the file because it is being used by another process",
                                  os.fsdecode(path), None, other)

    def removing(name):
        def patched(path, *, dir_fd=None):
            refuse(path, dir_fd=dir_fd)
            return before[name](path, dir_fd=dir_fd)
        return patched

    def moving(name):
        def patched(source, target, *, src_dir_fd=None, dst_dir_fd=None):
            refuse(source, os.fsdecode(target), src_dir_fd)
            refuse(target, os.fsdecode(target), dst_dir_fd)
            return before[name](source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        return patched

    patched = {name: moving(name) if name in ("rename", "replace") else removing(name) for name in _PATCHED}
    accessor = getattr(pathlib, "_NormalAccessor", None)  # Python 3.9 and older keep the functions for themselves
    kept = {name: getattr(accessor, name) for name in _PATCHED if hasattr(accessor, name)}
    try:
        for name, function in patched.items():
            setattr(os, name, function)
        for name in kept:
            setattr(accessor, name, staticmethod(patched[name]))
        yield refused
    finally:
        for name, function in before.items():
            setattr(os, name, function)
        for name, function in kept.items():
            setattr(accessor, name, staticmethod(function))


@pytest.fixture
def windows_files():
    """Open files are held as on Windows during the test -> what could not be removed or replaced; to be empty."""
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc to see which files are open")
    with as_on_windows([]) as refused:
        yield refused
