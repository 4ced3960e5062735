"""Everything of a date up to its sheets: a model if there is none, the forecast and the draw of each shift."""
from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, ContextManager, Sequence

import pandas as pd

from ...errors import ConnectError
from ...progress import SILENT, Progress
from ..store import output_folders
from ..store.workspace import Workspace
from . import forecasting, shift_draw

_OLD = pd.Timedelta(days=28)


@dataclass(frozen=True)
class DailyPlan:
    """How many shifts were drawn just now, and the id of the model used."""

    drawn: int
    model_id: str


def plan(workspace: Workspace, shift_date: str, shifts: Sequence[str], progress: Progress = SILENT,
         timed: Callable[[Progress, str], ContextManager[Any]] = lambda progress, what: nullcontext(),
         ways: shift_draw.WayFinder | None = None) -> DailyPlan:
    """Score and meter shifts of a date; whatever is done already stays as it is.

    A shift that has been drawn keeps the forecast it was drawn from.

    Parameters
    ----------
    timed : callable (progress, text) -> context manager, optional
        Around each step, to tell how long it took.
    ways : callable, optional
        As :func:`~.shift_draw.meter` takes it.
    """
    as_of = workspace.calendar.as_of(shift_date, workspace.settings.plan_hour)
    model_id = _model(workspace, as_of, progress.part(0.0, 0.5), timed)
    drawn = 0
    for number, shift in enumerate(shifts):
        part = progress.part(0.5 + 0.5 * number / len(shifts), 0.5 + 0.5 * (number + 1) / len(shifts))
        if workspace.count("draws", {"shift_date": shift_date, "shift": shift}):
            progress.info(f"{shift_date} {shift} was drawn before: its forecast and its plan stay.")
            continue
        with timed(progress, f"Forecast of {shift}"):
            forecasting.score(workspace, shift_date, shift, as_of=as_of, progress=part.part(0.0, 0.7))
        with timed(progress, f"Draw of {shift}"):
            result = shift_draw.meter(workspace, shift_date, shift, progress=part.part(0.7, 1.0), ways=ways)
        drawn += bool(result.drawn)
        for message in result.messages:
            progress.info(f"{shift_date} {shift}: {message}")
    return DailyPlan(drawn, model_id)


def newest_plan(workspace: Workspace) -> tuple[str, str, str]:
    """(its date, today, path of its project) of the plan that ``connect:daily`` wrote for today, else of the newest.

    Raises
    ------
    ConnectError
        When none was made, or none of the files is there any more.
    """
    today = workspace.calendar.today().isoformat()
    runs = workspace.read("runs", ["counts"], {"algorithm": "connect:daily", "result": "done"}, order_by="started_utc")
    plans = [(counts["date"], path) for counts in runs["counts"] for path in _there(workspace, counts)]
    if not plans:
        raise ConnectError("There is no plan yet; run the whole day first.")
    date, path = max(plans, key=lambda plan: (plan[0] == today, plan[0]))
    return date, today, path


def _there(workspace, counts):
    """[path of a plan's project]: where it was written, or where it is since its folder was moved; [] if it is gone."""
    written = Path(counts["project"])
    moved = output_folders.plan_folder(workspace, counts["date"]) / written.name
    return [str(path) for path in (written, moved) if path.exists()][:1]


def _model(workspace, as_of, progress, timed):
    models = workspace.read("models", ["model_id", "as_of_utc"], order_by="as_of_utc")
    models = models[models["as_of_utc"] <= as_of]
    if models.empty:
        progress.info(f"No model was trained on what was known at {as_of:%Y-%m-%d %H:%M} UTC: training one.")
        with timed(progress, "Training"):
            return forecasting.train(workspace, as_of=as_of, progress=progress)
    newest = models.iloc[-1]
    if as_of - newest["as_of_utc"] > _OLD:
        progress.warn(f"The forecast model is {(as_of - newest['as_of_utc']).days} days old; run Train forecast.")
    return newest["model_id"]
