"""Another account of the operating system, for tests: only root can become one."""
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534


@contextmanager
def as_nobody():
    """Be the account "nobody" inside ``with``; the test is skipped where that cannot be."""
    if not hasattr(os, "seteuid") or os.geteuid() != 0:
        pytest.skip("only root can become another account")
    group, groups = os.getegid(), os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


@contextmanager
def open_folder(mode=0o755):
    """A folder that other accounts can reach, unlike those of pytest; removed afterwards."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(mode)
    try:
        yield folder
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def every_byte(folder):
    """Name, mode and content of everything in a folder, and the time of its last change."""
    return folder.stat().st_mtime_ns, {
        part.name: (part.stat().st_mode, part.stat().st_mtime_ns, part.read_bytes() if part.is_file() else b"")
        for part in sorted(folder.iterdir())}
