"""What every page says of the agency and of what it covers, and whether a period can be reported on at all."""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Iterable

import pandas as pd

from ...errors import ConnectError
from ...workspace.steps.shift_dates import dates_between
from ...workspace.store.chain import head_of
from ...workspace.store.runs import library_versions
from .report_content import PageHead
from .wording import clean, first_few, letter_codes, moment_in_words, period_in_words

if TYPE_CHECKING:
    from ...workspace.steps.plan_frames import CrimeTypeLegend
    from ...workspace.store.workspace import Workspace


def page_head(workspace: Workspace, title: str, first: str, last: str, as_of: pd.Timestamp | None = None,
              beat: str = "", shift: str = "", officer: str = "", of: str = "Tracks, logs and plans") -> PageHead:
    """The :class:`~.report_content.PageHead` of a report over the shift dates ``first`` to ``last``, inclusive.

    ``as_of`` is the moment (UTC) of the newest data that the report counts, None where there is none; ``of`` which data
    these are.
    """
    settings = workspace.settings
    newest = moment_in_words(_local(as_of, settings.timezone))
    filters = [f"beat {clean(beat)}" if beat else "all beats",
               f"{shift_names(workspace)[shift]} shift" if shift else "all shifts"]
    filters += [f"officer {clean(officer)}"] if officer else []
    return PageHead(
        title=title, subtitle=" · ".join([period_in_words(first, last), *filters]), agency=clean(settings.agency),
        notice=clean(settings.notice), logo=logo_path(workspace),
        data=f"{of} as of {newest}" if newest else "No data yet",
        chain_head=head_of(workspace), version=library_versions()["plugin"], page_size=settings.page_size)


def check_period(workspace: Workspace, first: str, last: str, beat: str = "", shift: str = "") -> None:
    """Raise one sentence where a report of these makes no sense."""
    dates_between(first, last)
    check_beat(beat, workspace.distinct("beats", "beat"))
    if shift:
        check_shift(workspace, shift)


def check_beat(beat: str, beats: Iterable[str]) -> None:
    """Raise one sentence where a beat that is asked for is none of ``beats``; none need be asked for."""
    if beat and beat not in set(beats):
        raise ConnectError(f"There is no beat {beat!r} in this workspace; its beats are {first_few(beats)}.")


def check_shift(workspace: Workspace, shift: str) -> None:
    """Raise one sentence where a shift is none of the workspace's."""
    codes = workspace.calendar.codes
    if shift not in codes:
        raise ConnectError(f"There is no shift {shift!r} in this workspace; its shifts are {first_few(codes)}.")


def logo_path(workspace: Workspace) -> str:
    """Full path of the agency's logo; an empty text where none is set."""
    logo = workspace.settings.logo
    return str(Path(workspace.folder) / logo) if logo else ""


def _local(moment: pd.Timestamp | None, timezone: str) -> pd.Timestamp | None:
    return None if moment is None or pd.isna(moment) else moment.tz_convert(timezone)


def shift_names(workspace: Workspace) -> dict[str, str]:
    """Name of each shift by its code."""
    shifts = workspace.read("shifts", ["shift", "name"])
    return {code: clean(name) or code for code, name in zip(shifts["shift"], shifts["name"])}


def crime_types(workspace: Workspace) -> CrimeTypeLegend:
    """The crime types that are forecast, in order."""
    frame = workspace.crime_types[["crime_type", "name", "colour"]].reset_index(drop=True)
    frame["name"] = [clean(name) or code for code, name in zip(frame["crime_type"], frame["name"])]
    return frame.assign(letter=letter_codes(list(frame["name"])))
