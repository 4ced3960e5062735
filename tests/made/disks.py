"""A disk that is full, for tests: a tiny one of its own where that may be made, else a limit on the size of files."""
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOM = 64 * 1024 * 1024


class TinyDisk:
    """A folder on a disk of its own in memory. ``room_for`` fills it up to so many bytes."""

    really_full = True

    def __init__(self, folder):
        self.folder = Path(folder)

    @contextmanager
    def room_for(self, size):
        filler = self.folder.parent / "filler"
        stats = os.statvfs(self.folder)
        with open(filler, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(stats.f_bavail * stats.f_frsize - max(size, 0), 1))
        try:
            yield
        finally:
            filler.unlink()


class SmallFiles:
    """A folder in which no file can grow beyond a size, while ``room_for`` lasts: the system refuses to write more."""

    really_full = False

    def __init__(self, folder):
        self.folder = Path(folder)

    @contextmanager
    def room_for(self, size):
        import resource
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(size, 0), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def tiny_disk(folder):
    """Mount one, or skip the test where this account may not."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)],
                             capture_output=True) if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    if mounted is None or mounted.returncode:
        pytest.skip("only root may mount a tiny disk")
    try:
        (folder / "inside").mkdir()
        yield TinyDisk(folder / "inside")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(params=["a full disk", "a limit on files"])
def full_disk(request, tmp_path):
    """A folder whose disk can be filled."""
    if request.param == "a limit on files":
        pytest.importorskip("resource")
        (tmp_path / "inside").mkdir()
        yield SmallFiles(tmp_path / "inside")
        return
    folder = tmp_path / "disk"
    folder.mkdir()
    with tiny_disk(folder) as disk:
        yield disk
