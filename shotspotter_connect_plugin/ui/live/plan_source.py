"""Where a car's plan comes from: a shift package on its disk, or the workspace."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qgis.core import QgsApplication

from ...errors import ConnectError
from ...workspace.exports.shift_package import make_package, planned_shifts, read_package
from ...workspace.store.workspace import open_workspace
from .live_pages import tr

if TYPE_CHECKING:
    from ...workspace.exports.shift_package import ShiftPackage


class PlanSource:
    """A package's path or a workspace's address; methods raise ConnectError."""

    _file_time: int | None

    def __init__(self, address: str) -> None:
        self.address = address
        self.is_package = address.lower().endswith(".json")
        self._file_time = None

    def shifts(self, wanted: str = "") -> dict[str, str]:
        """{"date code": words} of the shifts with a plan, the one that runs now first; of a package none.

        Around the date of ``wanted`` ("date code"), where it is given, rather than around today.
        """
        if self.is_package or not self.address:
            return {}
        with open_workspace(self.address) as workspace:
            found = planned_shifts(workspace, workspace.calendar.as_of(wanted.split(" ")[0]) if wanted else None)
        if found.empty:
            raise ConnectError(tr("This workspace has no plan yet; meter a shift first."))
        return {f"{row.shift_date} {row.shift}": f"{row.name}, {row.shift_date}"
                for row in found.itertuples(index=False)}

    def read(self, chosen: str | None) -> ShiftPackage:
        """The shift's package; ``chosen`` is a key of :meth:`shifts`."""
        if not self.address:
            raise ConnectError(tr("Choose a shift package, or the workspace."))
        if self.is_package:
            package = read_package(self.address)
            self._file_time = os.stat(self.address).st_mtime_ns
            return package
        with open_workspace(self.address) as workspace:
            return make_package(workspace, *(chosen or next(iter(self.shifts()))).split(" ", 1))

    def read_again(self) -> ShiftPackage | None:
        """The package if its file has changed and is whole, else None."""
        try:
            file_time = os.stat(self.address).st_mtime_ns
            if file_time == self._file_time:
                return None
            package = read_package(self.address)
        except (OSError, ConnectError):
            return None  # not there, or being written: the plan that is open goes on
        self._file_time = file_time
        return package

    def journal_folder(self) -> str:
        """Beside a package; else on this computer, since the workspace may be on a share that can be lost."""
        if self.is_package:
            return os.path.dirname(os.path.abspath(self.address))
        folder = os.path.join(QgsApplication.qgisSettingsDirPath(), "shotspotter_connect", "journals")
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise ConnectError(tr("The folder {} for the journal cannot be made; free some space on the disk.").format(
                folder), str(error)) from error
        return folder
