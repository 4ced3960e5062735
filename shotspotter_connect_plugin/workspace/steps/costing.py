"""What caps would have cost in a past period, on the agency's own data."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConnectError
from ...patrol import cap_cost, districts, metering
from ...patrol.patrol_frames import CapBoxes, CapCosts
from ...progress import SILENT, Progress
from ..imports.census_columns import EVERYBODY
from ..store.workspace import Workspace
from . import forecasting, shift_plan

if TYPE_CHECKING:
    from ...forecast.arrays import Ints

CAPS = tuple(round(0.1 * step, 1) for step in range(1, 11))
_MOST_VALUES = 60_000_000


def cost_of_caps(workspace: Workspace, first: str, last: str, caps: Iterable[float] = CAPS,
                 progress: Progress = SILENT) -> CapCosts:
    """Replay forecasts and lotteries of a past period under a range of caps.

    Every shift is forecast as at the plan hour of its date by the newest model that knew nothing later than the first
    of them. All other rules of the lottery stay as the settings have them.

    Parameters
    ----------
    workspace : Workspace
    first, last : str
        Dates, both included.
    caps : iterable of float

    Returns
    -------
    pandas.DataFrame
        See :func:`..patrol.cap_cost.cost_of_caps`.

    Raises
    ------
    ConnectError
        When the dates are none or the wrong way round, no model is old enough, or the period is too large.
    """
    replay = replay_of(workspace, first, last, progress.part(0.0, 0.3))
    progress.report(0.3, "Replaying lotteries")
    return cap_cost.cost_of_caps(replay.harm, replay.events, replay.day, replay.boxes, caps, replay.rules,
                                 codes=replay.codes, residents=_residents(workspace), progress=progress.part(0.3, 1.0))


@dataclass(frozen=True)
class Replay:
    """Forecasts of a past period and what happened (shifts x boxes), with what their lotteries need.

    ``day`` is the number of the date of each shift, ``codes`` its code; ``boxes`` are without a beat where they are
    never drawn; ``rules`` those of the settings.
    """

    harm: NDArray[np.float32]
    events: NDArray[np.float32]
    day: Ints
    codes: pd.Series
    boxes: CapBoxes
    rules: Mapping[str, Any]


def replay_of(workspace: Workspace, first: str, last: str, progress: Progress = SILENT) -> Replay:
    """Replay the forecasts of a period; takes and refuses what :func:`cost_of_caps` does."""
    calendar, settings = workspace.calendar, workspace.settings
    as_of = calendar.as_of(first, settings.plan_hour)
    if first > last:
        raise ConnectError("FROM lies after TO; exchange them.")
    slots = calendar.slots(first, last)
    if slots.empty:
        raise ConnectError(f"No shift starts from {first} to {last}; choose other dates.")
    model = forecasting.read_model(workspace, forecasting.newest_model(workspace, as_of))
    boxes = workspace.read("boxes", ["box_id", "col", "row", "beat", "neighbourhood", *metering.GROUND],
                           order_by="box_id")
    if len(slots) * len(boxes) > _MOST_VALUES:
        raise ConnectError(f"{len(slots)} shifts of {len(boxes)} boxes are too many for one replay; choose a shorter "
                           "period.")
    progress.report(0.0, "Replaying forecasts")
    harm, events = _replayed(workspace, model, boxes, slots, first, last, progress)
    rules = metering.rules_of(settings, first, slots["shift"].iloc[0], 1, shares=shift_plan.share_caps(workspace))
    may = metering.may_be_drawn(boxes, rules)
    day = (pd.to_datetime(slots["shift_date"]) - pd.Timestamp(first)).dt.days.to_numpy()
    return Replay(harm, events, day, slots["shift"], boxes.assign(beat=boxes["beat"].where(may, None)), rules)


def _residents(workspace: Workspace) -> dict[str, float]:
    """Residents by neighbourhood, of those of which they are known."""
    areas = workspace.read("neighbourhoods", ["neighbourhood", "residents"])
    known = zip(areas["neighbourhood"], areas["residents"])
    return {name: float(counts[EVERYBODY]) for name, counts in known if counts and EVERYBODY in counts}


def _replayed(workspace, model, boxes, slots, first, last, progress):
    """(forecast harm, events that happened), shifts x boxes."""
    types = workspace.crime_types.set_index("crime_type")
    types = types.loc[[code for code in types.index if code in model.types]]
    if types.empty:
        raise ConnectError("The model forecasts none of the enabled crime types; run “Train forecast” again.")
    events = forecasting.read_events(workspace, model.event_types, pd.Timestamp.now(tz="UTC"), reports=True)
    surroundings = forecasting.read_surroundings(workspace)
    place = {key: number for number, key in enumerate(zip(slots["shift_date"], slots["shift"]))}
    harm, happened = np.zeros((2, len(slots), len(boxes)), dtype=np.float32)
    for number, row in enumerate(types.itertuples()):
        part = progress.part(number / len(types), (number + 1) / len(types))
        shifts = model.replay(events, boxes[["box_id", "col", "row", "inside"]], workspace.calendar, row.Index, first,
                              last, **surroundings)
        for done, (date, shift, expected, observed) in enumerate(shifts):
            part.report(min(done / len(slots), 1.0))
            slot = place[date, shift]
            harm[slot] += expected * row.severity * row.effectiveness
            happened[slot] += observed
    return harm, happened


def in_words(workspace: Workspace) -> list[str]:
    """Sentences on how the replay was made, for the report."""
    settings, shares = workspace.settings, shift_plan.share_caps(workspace)
    shared = districts.boxes_in_all(settings.boxes_per_shift)
    within = " in each district" * bool(settings.districts)
    number = (f"{shared} boxes per shift shared by harm{within}" if shared else
              f"{metering.rules_of(settings, '', '', 1)['boxes_per_beat']} boxes per beat")
    return [
        f"Forecasts and lotteries of every shift were replayed under each cap, with {number}, "
        f"a focus of {settings.focus:g} (0 = all boxes have the same chance; the more, the more chance follows harm), "
        f"{100 * settings.lower_risk_share:g} % of the draw spread evenly over all boxes, a rest of "
        f"{settings.cool_down_shifts} shifts, at most {settings.window_7_hard} patrols of a box in 7 days and "
        f"{settings.window_28_hard} in 28 ({settings.window_7_expected:g} and {settings.window_28_expected:g} "
        "expected)" + (f", and share caps of {len(shares)} neighbourhoods" if shares else "") + ". The replay begins "
        "without a history, and nobody changes its plans or visits other boxes.",
        f"The most possible is always to take the most harmful boxes of {'the shift' if shared else 'each beat'}, "
        "shift after shift, without any cap. Events in drawn boxes are expected ones: chance of being drawn times "
        "events that were reported. They are not events prevented.",
        "Boxes served, effective number, Gini and runs come from one replayed history of draws; another seed gives "
        "slightly other numbers.",
        "The ways to share patrols have the same boxes, cap and limits: the same number in every beat, all by harm, or "
        "half of the equal number in every beat and the rest by harm. Paced: the patrols that a box may expect in a "
        "week are spread over its shifts as its harm is, so that a busy box is not used up early. Minutes are expected "
        "ones of directed patrols alone, a week, per 1,000 residents. Busy boxes are the 5 % with most harm."]
