"""The steps train and score: read the tables, call the forecast, write the result in one transaction."""
from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...files import replace_text
from ...forecast import gunfire_events
from ...forecast.allowed_inputs import BOX_COLUMNS, CALENDAR_COLUMNS, PLACE_COLUMNS, check_crime_type, may_be_forecast
from ...forecast.forecast_model import ForecastModel
from ...forecast.forecast_model import train as train_model
from ...forecast.model_card import card_html
from ...frames import joined
from ...progress import SILENT, Progress
from ..imports import unreachable_areas
from ..imports.coverage_import import shares_of_boxes
from ..store.former_boxes import boxes_of
from ..store.runs import library_versions
from ..store.workspace import Between, Workspace
from . import shift_plan
from .plan_frames import BoxForecasts, ForecastEvents, ListeningBoxes

if TYPE_CHECKING:
    from ...forecast.box_grid import BoxGrid

_INCIDENTS = ["crime_type", "x", "y", "occurred_from_utc", "occurred_to_utc", "reported_utc", "discovered", "firearm"]
# Chosen: where one incident in ten lacks it the others still tell how late reports are.
_REPORTED = 0.9
_MOMENT = pd.Timedelta(milliseconds=1)
_ALERTS = ["kind", "x", "y", "occurred_utc", "rounded_x_m", "rounded_y_m"]


def train(workspace: Workspace, as_of: pd.Timestamp | str | None = None, crime_types: Sequence[str] | None = None,
          seed: int = 1, progress: Progress = SILENT, card_path: str = "") -> str:
    """Train a model for the crime types and keep it in ``models``.

    Parameters
    ----------
    workspace : Workspace
    as_of : instant, optional
        Nothing reported later is used; the present if not given.
    crime_types : sequence of str, optional
        Codes; all that are enabled if not given.
    seed : int
        Of everything random.
    card_path : str
        Where to write the model card: a page if it ends in ``.html``, else JSON; nowhere if empty.

    Returns
    -------
    str
        Id of the model. The same data, seed and AS_OF give the same model and the same id.

    Raises
    ------
    ConnectError
        When a crime type is unknown or nothing is known yet.
    """
    as_of = _instant(as_of) if as_of is not None else pd.Timestamp.now(tz="UTC").floor("ms")
    codes, may_tell = asked_types(workspace, crime_types)
    progress.report(0.0, "Reading incidents and alerts")
    events = read_events(workspace, list(dict.fromkeys([*codes, *may_tell])), as_of, reports=True)
    settings = workspace.settings
    model = train_model(events, _boxes(workspace), workspace.calendar, as_of, size=settings.size, crime_types=codes,
                        seed=seed, plan_hour=settings.plan_hour, progress=progress.part(0.05, 0.95),
                        delays_unknown=delays_unknown(workspace, codes, as_of),
                        **read_surroundings(workspace))
    text = model.to_json()
    row = pd.DataFrame({"model_id": [model.model_id], "as_of_utc": [model.as_of],
                        "trained_utc": [pd.Timestamp.now(tz="UTC").floor("ms")], "seed": [int(seed)],
                        "model": [json.loads(text)], "card": [model.card]})
    with workspace.transaction() as writer:
        writer.replace("models", row, {"model_id": model.model_id})
        if card_path:
            _write_card(model.card, Path(card_path))
    for code, record in model.card["crime_types"].items():
        progress.info(f"{code}: {record['verdict']}. {record.get('why', '')}".strip())
    return model.model_id


def asked_types(workspace: Workspace, crime_types: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """(crime types asked for, all that are enabled if none were; types that may tell of these, asked for or not).

    Raises
    ------
    ConnectError
        When one is not enabled, or may not be forecast.
    """
    enabled = workspace.crime_types["crime_type"].tolist()
    unknown = [code for code in crime_types or [] if code not in enabled]
    if unknown:
        raise ConnectError(f"Crime type {unknown[0]} is not among the enabled ones: {', '.join(enabled)}.")
    return ([check_crime_type(code) for code in dict.fromkeys(crime_types or enabled)],
            [code for code in enabled if may_be_forecast(code)])


def score(workspace: Workspace, shift_date: str, shift: str, as_of: pd.Timestamp | str | None = None,
          progress: Progress = SILENT) -> BoxForecasts:
    """Forecast one shift with the newest model that knew nothing later than AS_OF, and keep it in ``forecasts``.

    A crime type of which nothing has become known since its stored forecast of the shift, by the same model and from
    the same tables, keeps that forecast and its ``as_of_utc``: a new alert costs the time of gunfire alone. What other
    types take from gunfire is part of what was known at their own ``as_of_utc``.

    Parameters
    ----------
    workspace : Workspace
    shift_date, shift : str
    as_of : instant, optional
        The moment of the plan: ``plan_hour`` of ``shift_date`` if not given.

    Returns
    -------
    pandas.DataFrame
        The rows of the shift as written, in place of earlier ones.

    Raises
    ------
    ConnectError
        When there is no such model or the shift does not run.
    """
    as_of, model_id = _plan(workspace, shift_date, as_of)
    model = read_model(workspace, model_id)
    slot = {"shift_date": str(shift_date), "shift": shift}
    standing = _StandingForecasts(workspace, model, model_id, slot, as_of)
    outdated = [code for code in model.types if not standing.is_current(code)]
    rows = _scored(workspace, model, shift_date, shift, as_of, outdated, progress)
    rows = rows.assign(**slot, model_id=model_id, as_of_utc=as_of)
    with workspace.transaction() as writer:
        gone = set(workspace.distinct("forecasts", "crime_type", slot)) - set(model.types)
        writer.replace("forecasts", rows.assign(inputs=rows["crime_type"].map(standing.inputs_at(as_of))),
                       {**slot, "crime_type": [*outdated, *sorted(gone)]})
    if len(outdated) == len(model.types):
        return rows
    kept = workspace.read("forecasts", list(rows.columns), {**slot, "crime_type": sorted(
        set(model.types) - set(outdated))})
    whole = {**dict(iter(kept.groupby("crime_type"))), **dict(iter(rows.groupby("crime_type")))}
    return joined([whole[code] for code in model.types if code in whole], ignore_index=True)


def forecast(workspace: Workspace, shift_date: str, shift: str, as_of: pd.Timestamp | str | None = None,
             model_id: str = "", progress: Progress = SILENT) -> BoxForecasts:
    """As :func:`score`, but every type anew and nothing written; ``model_id`` names another model than the newest."""
    as_of, model_id = _plan(workspace, shift_date, as_of, model_id)
    model = read_model(workspace, model_id)
    rows = _scored(workspace, model, shift_date, shift, as_of, list(model.types), progress)
    return rows.assign(shift_date=str(shift_date), shift=shift, model_id=model_id, as_of_utc=as_of)


def _plan(workspace, shift_date, as_of, model_id=""):
    """Moment of the plan and id of the model that serves it."""
    as_of = _instant(as_of) if as_of is not None else workspace.calendar.as_of(shift_date, workspace.settings.plan_hour)
    return as_of, model_id or newest_model(workspace, as_of)


def _scored(workspace, model, shift_date, shift, as_of, codes, progress):
    """Rows of some of a model's crime types. A shift that was drawn keeps the boxes it was drawn on."""
    progress.report(0.1)
    model = replace(model, types={code: model.types[code] for code in codes})
    events = read_events(workspace, model.event_types, as_of, reports=True)
    grid = shift_plan.grid_to_draw(workspace, shift_date, shift)
    return model.score(events, boxes_of(workspace, grid, list(BOX_COLUMNS)), workspace.calendar, shift_date, shift,
                       as_of, progress=progress.part(0.3, 0.9), **read_surroundings(workspace, grid))


_SOURCES = ("settings", "shifts", "boxes", "places", "calendar")
_OF_GUNFIRE = ("alerts", "sensor_coverage")


class _StandingForecasts:
    """Which stored forecasts of a slot still stand at a moment, by what they were made from.

    Whoever lets a crime type be forecast from another table, or from the events of another type, adds that here.
    """

    def __init__(self, workspace: Workspace, model: ForecastModel, model_id: str, slot: Mapping[str, Any],
                 as_of: pd.Timestamp) -> None:
        self._workspace, self._model, self._slot, self._as_of = workspace, model, slot, as_of
        self._stamps = {table: workspace.stamp(table) for table in ("incidents", "sensor_coverage", *_SOURCES)}
        self._alone = workspace.count("gunfire") > 0 and not workspace.count("sensor_coverage")
        self._same = [model_id, library_versions()]
        self.inputs_at, self._news_since = lru_cache(maxsize=None)(self._inputs), lru_cache(maxsize=None)(self._news)

    @cached_property
    def _alerts(self):
        """Moments of the alerts known, and a fingerprint of each."""
        alerts = self._workspace.read("gunfire", _ALERTS, {"occurred_utc": Between(None, self._as_of + _MOMENT)})
        return alerts["occurred_utc"], pd.util.hash_pandas_object(alerts, index=False).to_numpy()

    def _inputs(self, moment):
        """Crime type -> fingerprint of what the model forecasts it from as of a moment.

        Of alerts only those known then matter. Incidents do not matter to gunfire while alerts are heard everywhere,
        nor alerts to other types, unless the model takes something from them.
        """
        occurred, prints = self._alerts
        known = np.sort(prints[(occurred < moment + _MOMENT).to_numpy()])
        stamps = {**self._stamps, "alerts": hashlib.sha256(known.tobytes()).hexdigest()}
        found = {}
        for code, of_type in self._model.types.items():
            of_gunfire = gunfire_events.CRIME_TYPE in {code, *of_type.others}
            of_alerts = code == gunfire_events.CRIME_TYPE and not of_type.others and self._alone
            tables = [*_SOURCES, *(_OF_GUNFIRE if of_gunfire else ()), *(() if of_alerts else ("incidents",))]
            text = json.dumps([*self._same, *((table, stamps[table]) for table in tables)])
            found[code] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return found

    def _news(self, moment):
        """Crime types of which something has become known since a moment; all of them where the calendar has."""
        workspace, since = self._workspace, Between(moment + _MOMENT, self._as_of + _MOMENT)
        if workspace.count("calendar", {"known_utc": since}):
            return set(self._model.types)
        news = {*workspace.distinct("incidents", "crime_type", {"reported_utc": since}),
                *workspace.distinct("incidents", "crime_type", {"reported_utc": None, "occurred_to_utc": since})}
        if workspace.count("gunfire", {"occurred_utc": since}) or news & set(gunfire_events.REPORTED):
            news.add(gunfire_events.CRIME_TYPE)
        return news

    def is_current(self, code: str) -> bool:
        """Whether a crime type's stored forecast still stands: what it was made from is unchanged, and nothing of the
        type has become known since."""
        where = {**self._slot, "crime_type": code}
        moments = self._workspace.distinct("forecasts", "as_of_utc", where)
        if len(moments) != 1 or moments[0] > self._as_of:
            return False
        if self._workspace.distinct("forecasts", "inputs", where) != [self.inputs_at(moments[0])[code]]:
            return False
        return code not in self._news_since(moments[0])


def read_events(workspace: Workspace, crime_types: Sequence[str], as_of: pd.Timestamp,
                since: pd.Timestamp | None = None, reports: bool = False) -> ForecastEvents:
    """Events of a forecast, as :func:`forecast.forecast_model.train` takes them, from what was known at a moment.

    What began before ``since`` is left out, and so are officer-initiated incidents. Gunfire comes from the alerts;
    incidents of that type stand in where the workspace has no alerts at all. With ``reports`` and sensor coverage they
    and shootings come beside the alerts (``heard`` is 0), for the places where no sensor listens. Whatever tells of
    shots weighs less on days of fireworks.
    """
    settings = workspace.settings
    fireworks = workspace.calendar, settings.firework_days, settings.firework_weight
    use_alerts = gunfire_events.CRIME_TYPE in crime_types and workspace.count("gunfire") > 0
    of_incidents = [code for code in crime_types if not (use_alerts and code == gunfire_events.CRIME_TYPE)]
    of_reports = gunfire_events.REPORTED if reports and use_alerts and workspace.count("sensor_coverage") else ()
    until = Between(since, as_of + _MOMENT)
    incidents = _reported_incidents(workspace)
    began = incidents["occurred_from_utc"]
    wanted = incidents["crime_type"].isin([*of_incidents, *of_reports]) & (began < until.high)
    if since is not None:
        wanted &= began >= since
    events = incidents[wanted].rename(columns={"occurred_from_utc": "from_utc", "occurred_to_utc": "to_utc"})
    # A source without a date of report: at the latest, the agency knew when the incident was over.
    events["known_utc"] = events["reported_utc"].fillna(events["to_utc"]).fillna(events["from_utc"])
    events = events.drop(columns="reported_utc").assign(
        crime_type=events["crime_type"].astype(object), weight=1.0, heard=1.0)
    events = events[events["known_utc"] <= as_of]
    own = events[events["crime_type"].isin(of_incidents)].drop(columns="firearm")
    shots = own["crime_type"] == gunfire_events.CRIME_TYPE
    own.loc[shots, "weight"] = gunfire_events.weights(own.loc[shots, "from_utc"], *fireworks)
    parts = [own]
    if use_alerts:
        merging: dict[str, Any] = {
            "merge_minutes": settings.merge_alert_minutes, "merge_metres": settings.merge_alert_metres,
            "firework_days": settings.firework_days, "firework_weight": settings.firework_weight}
        alerts = workspace.read("gunfire", _ALERTS, {"occurred_utc": until})
        parts.append(gunfire_events.gunfire_events(alerts, workspace.calendar, **merging,
                                                   include_probable=settings.include_probable))
        if of_reports:
            parts.append(gunfire_events.report_events(events, calendar=workspace.calendar, **merging))
    return joined(parts, ignore_index=True)


def delays_unknown(workspace: Workspace, crime_types: Sequence[str], as_of: pd.Timestamp) -> list[str]:
    """Those of some crime types whose incidents known at a moment lack report times: when they became known is a guess.

    Alerts are known when they are heard; a type without any events has no delays to be known.
    """
    incidents = _reported_incidents(workspace)
    incidents = incidents[incidents["reported_utc"].fillna(incidents["occurred_to_utc"]) <= as_of]
    share = incidents["reported_utc"].notna().groupby(incidents["crime_type"].astype(str)).mean()
    by_alerts = {gunfire_events.CRIME_TYPE} if workspace.count("gunfire") else set()
    return [code for code in crime_types if code not in by_alerts and share.get(code, 1.0) < _REPORTED]


def _reported_incidents(workspace):
    """All incidents that officers did not begin; from memory as long as nobody writes to their table."""
    stamp = workspace.stamp("incidents")
    kept = _kept.get(workspace.address)
    if kept is None or kept[0] != stamp:
        rows = workspace.read("incidents", _INCIDENTS)
        rows = rows[~rows["discovered"].fillna(False).astype(bool)].drop(columns="discovered")
        kept = stamp, rows.astype({"crime_type": "category"})
        _kept.clear()
        _kept[workspace.address] = kept
    return kept[1]


_kept: dict[str, tuple[str, pd.DataFrame]] = {}
"""Address of the workspace read last -> stamp of its incidents, and they: a new alert need not wait for them again."""


def read_coverage(workspace: Workspace, grid: BoxGrid | None = None) -> ListeningBoxes:
    """Where and when gunshot sensors listen, as :func:`~.forecast_model.train` takes it; empty where nobody told.
    ``grid`` is the layout of the boxes, that in force if not given."""
    if grid is None or grid == workspace.fishnet:
        return workspace.read("sensor_coverage", ["from_date", "to_date", "boxes"])
    areas = workspace.read("sensor_coverage", ["from_date", "to_date", "geometry"])
    boxes = boxes_of(workspace, grid, ["box_id", "inside"])
    areas["boxes"] = [shares_of_boxes(grid, boxes, shape) for shape in areas.pop("geometry")]
    return areas


def read_surroundings(workspace: Workspace, grid: BoxGrid | None = None) -> dict[str, Any]:
    """What a forecast takes beside events and boxes, as :func:`~.forecast_model.train` does: coverage, places, days and
    days of fireworks. ``grid`` as in :func:`read_coverage`."""
    return {"coverage": read_coverage(workspace, grid), "places": _places(workspace),
            "days": workspace.read("calendar", list(CALENDAR_COLUMNS)),
            "firework_days": workspace.settings.firework_days}


def _places(workspace):
    """Places of all kinds where people can be."""
    places = workspace.read("places", list(PLACE_COLUMNS))
    return places[places["kind"] != unreachable_areas.WATER].reset_index(drop=True)


def _boxes(workspace):
    return workspace.read("boxes", list(BOX_COLUMNS))


def newest_model(workspace: Workspace, as_of: pd.Timestamp) -> str:
    """Id of the newest model that knew nothing later than a moment; ConnectError where there is none."""
    models = workspace.read("models", ["model_id", "as_of_utc", "trained_utc"])
    models = models[models["as_of_utc"] <= as_of].sort_values(["as_of_utc", "trained_utc"])
    if models.empty:
        raise ConnectError(f"There is no model from {as_of:%Y-%m-%d %H:%M} UTC or before; run “Train forecast” first, "
                           "as of a moment no later than that.")
    return models["model_id"].iloc[-1]


def read_model(workspace: Workspace, model_id: str) -> ForecastModel:
    """A stored ``ForecastModel``; ConnectError where it is gone."""
    stored = workspace.read("models", ["model"], {"model_id": model_id})["model"]
    if stored.empty:
        raise ConnectError(f"The model {model_id} is not in this workspace any more; score the shift again.")
    return ForecastModel.from_json(json.dumps(stored.iloc[0]))


def _write_card(card, path):
    page = path.suffix.lower() in (".html", ".htm")
    text = card_html(card) if page else json.dumps(card, indent=1, ensure_ascii=False)
    replace_text(path, text, "The model card")


def _instant(moment):
    moment = pd.Timestamp(moment)
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
