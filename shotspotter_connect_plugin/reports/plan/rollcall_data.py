"""One shift's plan as it is handed out, read from the workspace into plain frames and words.

Nothing here knows QGIS: sheets and projects get what :func:`rollcall` gives, or frames made by hand.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ...forecast.reasons import own_first
from ...frames import names_of
from ...patrol.metering import harm_by_box
from ...workspace.steps.plan_frames import CrimeTypeLegend
from ...workspace.steps.seed_promises import commitments
from ...workspace.steps.shift_plan import in_sheet_order, planned, with_ways
from ...workspace.store.chain import head_of
from ...workspace.store.former_boxes import known_boxes, shapes_of
from ...workspace.store.runs import library_versions
from ..paper.page_head import check_beat, check_shift, crime_types, logo_path, shift_names
from ..paper.report_frames import BeatOutlines, ComingDraws, ForecastBoxes, OfferedTactics, SheetPatrols
from ..paper.wording import clean, hours_in_words, moment_in_words, natural_key

if TYPE_CHECKING:
    from ...workspace.store.workspace import Workspace

PATROL_COLUMNS, FORECAST_COLUMNS = names_of(SheetPatrols), names_of(ForecastBoxes)
NO_PLAN = "No plan has been made for this shift."
NO_PATROLS = "The plan of this shift has no boxes."


@dataclass(frozen=True)
class RollCall:
    """One shift's plan as it is handed out.

    Polygons of frames are shapely, in ``crs``; ``beats`` are all of them, as outlines. ``pages`` names the beats that
    get a page, ``area`` is (xmin, ymin, xmax, ymax) of the fishnet, ``message`` says why the whole shift has nothing to
    show, where that is so. ``logo`` is the path of a picture, ``phone`` the address at which a phone finds the shift's
    file; both may be empty. ``draws`` tells how often the shift was drawn, ``hashes`` how many seed hashes stood for
    it.
    """

    agency: str
    page_size: str
    crs: str
    shift_date: str
    shift: str
    shift_name: str
    hours: str
    pages: tuple[str, ...]
    area: tuple[float, float, float, float]
    crime_types: CrimeTypeLegend
    beats: BeatOutlines
    patrols: SheetPatrols
    forecast: ForecastBoxes
    tactics: OfferedTactics
    coming: ComingDraws
    seed_hash: str
    lottery: bool
    chain_head: str
    as_of: str
    version: str
    context: str = ""
    message: str = ""
    notice: str = ""
    logo: str = ""
    phone: str = ""
    draws: int = 1
    hashes: int = 1

    @property
    def seed_label(self) -> str:
        """What the seed hash is the hash of: a first draw from the one hash published, or what else it is."""
        said = "Seed hash of this draw" if self.lottery else "Test with a given seed, no lottery"
        more = [f"draw {self.draws} of this shift"] * (self.draws > 1) + [f"1 of {self.hashes} hashes"] * (
            self.hashes > 1)
        return f"Seed hash, {', '.join(more)}" if more and self.lottery else said


def rollcall(workspace: Workspace, shift_date: str, shift: str, beat: str = "") -> RollCall:
    """One shift's :class:`RollCall`, of all beats or of one.

    Raises
    ------
    ConnectError
        When the shift or the beat is not one of the workspace's, or the date is no date.
    """
    start, end = _bounds(workspace, shift_date, shift)
    names = shift_names(workspace)
    beats = workspace.read("beats", ["beat", "geometry"])
    beats = beats.iloc[sorted(range(len(beats)), key=lambda row: natural_key(beats["beat"].iloc[row]))]
    check_beat(beat, beats["beat"])
    draw = _current_draw(workspace, shift_date, shift)
    boxes = known_boxes(workspace, ["box_id", "beat", "where", "geometry"])
    forecasts = workspace.read("forecasts", where={"shift_date": shift_date, "shift": shift})
    patrols = _patrols(workspace, shift_date, shift, boxes, forecasts)
    message = "" if len(patrols) else NO_PLAN if draw is None else NO_PATROLS
    if beat:
        patrols = patrols[patrols["beat"] == beat].reset_index(drop=True)
    settings = workspace.settings
    return RollCall(
        agency=clean(settings.agency), page_size=settings.page_size, crs=settings.crs, shift_date=shift_date,
        shift=shift, message=message, shift_name=names.get(shift, shift), hours=hours_in_words(start, end, shift_date),
        pages=(beat,) if beat else tuple(dict.fromkeys([*beats["beat"], *patrols["beat"]])),
        area=_area(workspace, boxes), crime_types=crime_types(workspace),
        beats=beats.reset_index(drop=True), patrols=patrols, forecast=_forecast(workspace, draw, boxes, forecasts),
        tactics=_tactics(workspace, shift_date), coming=_coming(workspace, shift_date, start, names),
        seed_hash="" if draw is None else draw["seed_hash"], lottery=draw is None or bool(draw["lottery"]),
        chain_head=head_of(workspace), as_of=_as_of(forecasts, settings.timezone),
        version=library_versions()["plugin"],
        context=str(Path(workspace.folder) / settings.map_context) if settings.map_context else "",
        notice=clean(settings.notice), logo=logo_path(workspace),
        phone=phone_link(settings.phone_address, shift_date, shift),
        draws=workspace.count("draws", {"shift_date": shift_date, "shift": shift}),
        hashes=workspace.count("commitments", {"shift_date": shift_date, "shift": shift}))


def phone_link(address: str, shift_date: str, shift: str) -> str:
    """Where a phone finds the file of a shift: the agency's address and a fixed name; an empty text without address."""
    return f"{address.rstrip('/')}/phone_{shift_date}_{shift}.zip" if address else ""


def _bounds(workspace: Workspace, shift_date: str, shift: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    check_shift(workspace, shift)
    start, end = workspace.calendar.bounds(shift_date, shift)
    zone = workspace.settings.timezone
    return start.tz_convert(zone), end.tz_convert(zone)


def _area(workspace: Workspace, boxes: pd.DataFrame) -> tuple[float, float, float, float]:
    rectangles = shapes_of(workspace, boxes["box_id"]).rectangles
    return (*rectangles[:, :2].min(axis=0).tolist(), *rectangles[:, 2:].max(axis=0).tolist())


def _current_draw(workspace: Workspace, shift_date: str, shift: str) -> pd.Series | None:
    draws = workspace.read("draws", where={"shift_date": shift_date, "shift": shift}, order_by=["drawn_utc"])
    return None if draws.empty else draws.iloc[-1]


def _patrols(workspace: Workspace, shift_date: str, shift: str, boxes: pd.DataFrame,
             forecasts: pd.DataFrame) -> SheetPatrols:
    patrols = planned(workspace, shift_date, shift)
    patrols = with_ways(workspace, in_sheet_order(patrols, boxes[["box_id", "where", "geometry"]])).fillna({"beat": ""})
    patrols = patrols.merge(forecasts[["box_id", "crime_type", "reasons"]], on=["box_id", "crime_type"], how="left")
    patrols["where"] = [clean(where) for where in patrols["where"]]
    patrols["reasons"] = [own_first(kind, [clean(reason) for reason in reasons]) if isinstance(reasons, list) else []
                          for kind, reasons in zip(patrols["crime_type"], patrols["reasons"])]
    return patrols[list(PATROL_COLUMNS)]


def _forecast(workspace: Workspace, draw: pd.Series | None, boxes: pd.DataFrame,
              forecasts: pd.DataFrame) -> ForecastBoxes:
    """What was forecast for every box of the shift, and what its odds in the draw were."""
    crime_types = workspace.crime_types
    expected = forecasts.pivot(index="box_id", columns="crime_type", values="expected").add_prefix("expected_")
    frame = boxes.merge(harm_by_box(forecasts, crime_types), left_on="box_id", right_index=True)
    odds = ["box_id", "inclusion_probability", "eligible", "why_not"]
    drawn = workspace.read("draw_boxes", odds, where={"draw_id": "" if draw is None else draw["draw_id"]})
    frame = frame.merge(drawn, on="box_id", how="left")
    frame["where"] = [clean(where) for where in frame["where"]]
    return frame[list(FORECAST_COLUMNS)].merge(expected, left_on="box_id", right_index=True, how="left")


def _tactics(workspace: Workspace, shift_date: str) -> OfferedTactics:
    frame = workspace.read("tactics", order_by=["sort_order"])
    offered = ~frame["enforcement"].fillna(True).astype(bool)
    current = frame["expires"].isna() | (frame["expires"].fillna("") >= shift_date)
    frame = frame[offered & current]
    return pd.DataFrame({
        "name": [clean(name) for name in frame["name"]],
        "description": [clean(text) for text in frame["description"]],
        "crime_types": [list(codes or ()) for codes in frame["crime_types"]],
        "approved": [bool(clean(who)) for who in frame["approved_by"]],
    })


def _coming(workspace: Workspace, shift_date: str, start: pd.Timestamp, names: dict[str, str]) -> ComingDraws:
    """The newest hash of each coming draw, in the order in which the shifts start; where more stand, its name says so.
    """
    frame = commitments(workspace, shift_date, workspace.settings.commit_days + 1)
    frame = frame[frame["start_utc"] > start]
    stand = frame.groupby(["shift_date", "shift"])["seed_hash"].transform("nunique") if len(frame) else []
    frame = frame.assign(stand=stand).drop_duplicates(["shift_date", "shift"], keep="last")
    named = [names.get(code, code) + (f" (1 of {count} hashes)" if count > 1 else "")
             for code, count in zip(frame["shift"], frame["stand"])]
    return pd.DataFrame({"shift_date": list(frame["shift_date"]), "seed_hash": list(frame["seed_hash"]),
                         "shift_name": named})


def _as_of(forecasts: pd.DataFrame, timezone: str) -> str:
    moments = forecasts["as_of_utc"].dropna()
    return "" if moments.empty else moment_in_words(moments.max().tz_convert(timezone))
