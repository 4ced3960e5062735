"""connect:importroster"""
from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from .imports import FileImport

if TYPE_CHECKING:
    from ..workspace.imports.import_result import ImportResult


class ImportRoster(FileImport):
    """Who crewed which unit when."""

    NAME = "importroster"
    TITLE = "Import roster"
    HELP = ("Brings into the workspace who crewed which unit when, so that visits count for officers, too. Officers "
            "come by badge number; names are never read. Hours come as full times, as times of day with the date of "
            "the shift, or as date and shift alone. Importing the same file again adds nothing. Run “Find visits” "
            "again afterwards: visits know only the roster that was there when they were found.")
    FILE_HELP = "File with the roster."
    COLUMNS_HELP = "Our columns: unit, officer, shift_date, shift, from, to."
    CRS_HELP = "Not used: a roster has no places."

    def step(self) -> Callable[..., ImportResult]:
        from ..workspace.imports.roster_import import import_roster
        return import_roster
