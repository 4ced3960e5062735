"""connect:importgunfire"""
from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from .imports import FileImport

if TYPE_CHECKING:
    from ..workspace.imports.import_result import ImportResult


class ImportGunfire(FileImport):
    """Gunfire alerts of acoustic sensors."""

    NAME = "importgunfire"
    TITLE = "Import gunfire alerts"
    HELP = ("Brings gunfire alerts of acoustic sensors into the workspace. Columns of public exports are recognised by "
            "name; coordinates that the source rounded are kept with the width of the rounding. Importing the same "
            "file again adds nothing. Alerts that were reviewed as no gunfire, and tests, are rejected. Every "
            "row read is added, updated, unchanged or rejected with a reason.")
    FILE_HELP = "File of alerts."
    COLUMNS_HELP = "Our columns: alert_id, kind, rounds, occurred, x, y, disposition."

    def step(self) -> Callable[..., ImportResult]:
        from ..workspace.imports.gunfire_import import import_gunfire
        return import_gunfire
