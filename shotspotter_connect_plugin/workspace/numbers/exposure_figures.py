"""The figures of the exposure report, put together of what is read and of measures: who got how much, what was kept.

Residents are read here and in ``neighbourhood_import.py`` and nowhere else. Nothing here is about officers: no unit, no
officer, no account and no note is given out.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Tuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...frames import names_of
from ...patrol import patrol_exposure as measures
from ...patrol.inclusion import Agreement, agreement, by_class
from ...patrol.metering import NEARLY, WINDOWS
from ...patrol.patrol_frames import ChanceClasses
from ...progress import SILENT, Progress
from ..imports.census_columns import EVERYBODY
from ..imports.import_result import NO_TABLE
from ..imports.neighbourhood_import import residents_of_boxes
from ..steps import seed_promises
from ..store.chain import ChainCheck, verify_chain
from ..store.former_boxes import shapes_of
from ..store.workspace import Workspace
from .exposure_data import SHIFT, PeriodData, between
from .lottery_replay import LotteryReplay, replay_lotteries
from .number_frames import (COUNTED, Evenness, ExposedBoxes, ExposedGroups, ExposedNeighbourhoods, ExposureLimits,
                            Overrides, PublishedDraws, PublishedHashes, RefusedRows, ResidentsOfBoxes)
from .small_numbers import small, without_hidden

Curve = Tuple[NDArray[np.float64], NDArray[np.float64]]
"""Shares of boxes and of what lies on them, from 0 to 1, both of one length."""
NO_NEIGHBOURHOOD = "(in no neighbourhood)"
FEWEST_REPORTS = 20
"""Reported incidents from which a ratio to them says something."""
TOO_FEW_REPORTS = f"<{FEWEST_REPORTS}"
_COVERED = 0.5
"""Share of a box from which it counts as inside an area."""
_OF_PATROLS, REST = "Patrols in {} days", "Shifts of rest after a patrol"


@dataclass(frozen=True)
class Exposure:
    """What the exposure report shows of the shift dates ``first`` to ``last``, inclusive; of one beat if ``beat``.

    ``totals``
        patrols, planned_minutes, served (visits to directed patrols), delivered_minutes, visits (all of them),
        presence_minutes, planned, delivered and presence (minutes per 1,000 residents), shifts (drawn), residents,
        minutes_on_nobody and visits_on_nobody (presence in boxes without residents), left_out (neighbourhoods of which
        something small is in no sum and no rate; 0 unless ``ended_only``).
    ``neighbourhoods``, ``groups``
        What fell on the boxes of each, and on the residents of each.
    ``limits``
        Of box-shifts or box-days; counted = planned or visited. ``kept`` sums them up: :class:`LimitsKept`.
    ``evenness``, ``curves``
        How evenly harm, chances and minutes lie on boxes; the Lorenz curves by the same ``what``.
    ``classes``, ``agreement``
        Planned against realised inclusion; see :mod:`..patrol.inclusion`.
    ``replay``
        Every lottery that has ended, drawn again from its seed; see :mod:`.lottery_replay`.
    ``draws``
        Every draw, also one that a later draw of its shift replaced.
    ``commitments``
        Every hash that stood for a shift of the period.
    ``overrides``
        Changes by hand, by kind.
    ``gunfire``
        patrols in boxes where gunfire is the dominant type, and how many of them inside sensor coverage on their date;
        None where no coverage was imported.
    ``refused``
        Of all imports so far.
    ``laid_anew``
        Dates on which boxes were laid anew between draws of the period.
    """

    first: str
    last: str
    beat: str
    totals: dict[str, Any]
    neighbourhoods: ExposedNeighbourhoods
    groups: ExposedGroups
    limits: ExposureLimits
    kept: LimitsKept | None
    evenness: Evenness
    curves: dict[str, Curve]
    classes: ChanceClasses
    agreement: Agreement
    replay: LotteryReplay
    draws: PublishedDraws
    commitments: PublishedHashes
    overrides: Overrides
    chain: ChainCheck
    gunfire: tuple[int, int | None]
    refused: RefusedRows
    as_of: pd.Timestamp | None
    waiting: int
    laid_anew: list[str]


@dataclass(frozen=True)
class LimitsKept:
    """Whether the limits were kept, of the lottery's plan and of all that counts.

    ``planned_over`` cases in which the plan passed a limit; ``limit``, ``allowed``, ``most``, ``over``, ``of``: the
    hard limit that counted patrols passed most often (their most, box-days over, all box-days), over 0 where none was;
    ``rests_broken`` of ``rests`` (None where that is not told).
    """

    planned_over: int
    limit: str
    allowed: float
    most: float
    over: int
    of: int
    rests_broken: int
    rests: int | None

    @classmethod
    def of_limits(cls, limits: ExposureLimits) -> LimitsKept | None:
        """Sum up the ``limits`` of an :class:`Exposure`; None without any."""
        if limits.empty:
            return None
        table = limits.set_index("limit")
        hard = table.loc[[_OF_PATROLS.format(days) for days in WINDOWS]]
        worst, rest = hard.loc[hard["counted_over"].idxmax()], table.loc[REST]
        return cls(int(limits["planned_over"].sum()), worst.name, worst["allowed"], worst["counted_most"],
                   int(worst["counted_over"]), int(worst["of"]), int(rest["counted_over"]), int(rest["of"]))


def exposure(workspace: Workspace, first: str, last: str, beat: str = "", ended_only: bool = False,
             progress: Progress = SILENT) -> Exposure:
    """Compute an :class:`Exposure`.

    Parameters
    ----------
    workspace : Workspace
    first, last : str
        Shift dates, inclusive.
    beat : str, optional
        Count boxes of this beat alone; residents of a neighbourhood are then those of its boxes in the beat.
    ended_only : bool
        Leave out shifts that have not ended, whose plan is not public yet; ``waiting`` tells how many those are. That
        is what goes to the public, so every lottery is drawn again, however long it takes, and what rests on small
        counts is left out of all sums and rates (:func:`.small_numbers.without_hidden`); the counts themselves are
        still here. Patrols and their minutes are those that were drawn: what was changed by hand is in ``overrides``
        alone.
    """
    if ended_only:
        seed_promises.reveal_ended(workspace)
    data = PeriodData(workspace, first, last, beat, ended_only)
    progress.report(0.3, "Counting patrols and minutes")
    boxes = data.by_box()
    residents = residents_of_boxes(workspace)
    residents = residents[residents.index.isin(boxes.index)]
    areas = _neighbourhoods(workspace, boxes, residents, beat)
    hidden: list[str] = []
    alone = boxes.index.difference(residents.index[residents[EVERYBODY] > 0])
    if ended_only:
        counted = areas[["residents", "visits", "served", "incidents"]]
        few = set(areas.loc[small(areas["visits"]), "neighbourhood"])
        data.without_visits_to(boxes.index[_named(boxes).isin(few)])
        boxes, residents, hidden = without_hidden(areas, boxes, residents, _named(boxes))
        areas = _neighbourhoods(workspace, boxes, residents, beat).assign(**counted)
    progress.report(0.5, "Limits and lottery")
    chance, drawn = data.of_lottery["inclusion_probability"], data.of_lottery["selected"].astype(bool)
    evenness, curves = _evenness(boxes, residents)
    limits = _limits(workspace, data)
    lottery = replay_lotteries(workspace, data, every=ended_only, progress=progress.part(0.6, 0.9))
    found = Exposure(
        first, last, beat, _totals(data, boxes, residents, alone, hidden), areas,
        _groups(boxes, residents), limits, LimitsKept.of_limits(limits), evenness, curves, by_class(chance, drawn),
        agreement(chance, drawn), lottery, data.published(), data.commitments, _overrides(workspace, data),
        verify_chain(workspace), _gunfire(workspace, data), _refused(workspace), data.newest(), len(data.coming),
        data.laid_anew())
    progress.report(1.0)
    return found


def _totals(data: PeriodData, boxes: ExposedBoxes, residents: ResidentsOfBoxes, alone: pd.Index,
            hidden: list[str]) -> dict[str, Any]:
    people = residents[EVERYBODY].reindex(boxes.index).fillna(0.0)
    sums = boxes[_COUNTED[:6]].sum().to_dict()
    rates = {kind: float(measures.per_thousand([sums[f"{kind}_minutes"]], [people.sum()])[0]) for kind in _MINUTES}
    sums.update({name: int(sums[name]) for name in ("patrols", "served", "visits")})
    return {**sums, **rates, "shifts": int(data.within(data.draws).sum()), "residents": float(people.sum()),
            "minutes_on_nobody": float(boxes.loc[alone, "presence_minutes"].sum()),
            "visits_on_nobody": int(boxes.loc[alone, "visits"].sum()), "left_out": len(hidden)}


_STEPS = np.linspace(0.0, 1.0, 101)
_MINUTES = ("planned", "delivered", "presence")
_COUNTED = [column.name for column in COUNTED]


def _neighbourhoods(workspace: Workspace, boxes: ExposedBoxes, residents: ResidentsOfBoxes,
                    beat: str) -> ExposedNeighbourhoods:
    """One row per neighbourhood with boxes, by name; boxes in none come last."""
    name = _named(boxes)
    table = boxes.groupby(name)[_COUNTED].sum()
    table.insert(0, "boxes", name.value_counts().reindex(table.index))
    if beat:
        people = residents[EVERYBODY].groupby(name.reindex(residents.index)).sum()
    else:
        stored = workspace.read("neighbourhoods", ["neighbourhood", "residents"])
        people = pd.Series([(counts or {}).get(EVERYBODY, np.nan) for counts in stored["residents"]],
                           index=stored["neighbourhood"], dtype=float)
    table.insert(0, "residents", people.reindex(table.index))
    for kind in _MINUTES:
        table[kind] = measures.per_thousand(table[f"{kind}_minutes"], table["residents"])
    table["to_harm"] = measures.relative(table["presence_minutes"], table["harm"])
    table["to_incidents"] = _of_enough(measures.relative(table["presence_minutes"], table["incidents"]),
                                       table["incidents"])
    table = table.rename_axis("neighbourhood").reset_index()
    last = table["neighbourhood"] == NO_NEIGHBOURHOOD
    return pd.concat([table[~last], table[last]], ignore_index=True)


def _named(boxes: pd.DataFrame) -> pd.Series:
    """The neighbourhood of each box, or the word for none."""
    return boxes["neighbourhood"].where(boxes["neighbourhood"].notna(), NO_NEIGHBOURHOOD)


def _groups(boxes: ExposedBoxes, residents: ResidentsOfBoxes) -> ExposedGroups:
    """One row per group, everybody first."""
    amounts = {**{kind: boxes[f"{kind}_minutes"] for kind in _MINUTES}, "harm": boxes["harm"],
               "incidents": boxes["incidents"]}
    table = pd.DataFrame({"residents": residents.sum(),
                          **{name: measures.by_group(amount, residents) for name, amount in amounts.items()}})
    for base in ("harm", "incidents"):
        each = table["presence"] / table[base].where(table[base] > 0)
        table[f"to_{base}"] = each / each.get(EVERYBODY, np.nan)
    table["to_incidents"] = _of_enough(table["to_incidents"], table["incidents"] * table["residents"] / 1000.0)
    return table.rename_axis("group").reset_index()[table["residents"].to_numpy() > 0].reset_index(drop=True)


def _of_enough(ratios: Any, incidents: pd.Series) -> pd.Series:
    """Ratios to incidents, ``<20`` where they rest on fewer; as they are where there are none at all."""
    few = (np.asarray(incidents, dtype=float) < FEWEST_REPORTS) & (np.nansum(incidents) > 0)
    return pd.Series(ratios, index=incidents.index, dtype=object).where(~few, TOO_FEW_REPORTS)


def _evenness(boxes: ExposedBoxes, residents: ResidentsOfBoxes) -> tuple[Evenness, dict[str, Curve]]:
    """How evenly chances, minutes and harm lie on boxes and on residents, and their Lorenz curves over boxes."""
    people = residents[EVERYBODY].reindex(boxes.index).fillna(0.0).to_numpy()
    rows, curves = [], {}
    for what, column in (("Forecast harm", "harm"), ("Chances of the lottery", "chance"),
                         ("Planned minutes", "planned_minutes"), ("Minutes of presence", "presence_minutes")):
        amounts = boxes[column].to_numpy(dtype=float)
        rows.append((what, int((amounts > 0).sum()), measures.gini(amounts),
                     measures.gini(amounts, people) if people.any() else np.nan, measures.effective_number(amounts)))
        if amounts.any():
            shares, amount_shares = measures.lorenz(amounts)
            curves[what] = _STEPS, np.interp(_STEPS, shares, amount_shares)
    return pd.DataFrame(rows, columns=names_of(Evenness)), curves


def _limits(workspace: Workspace, data: PeriodData) -> ExposureLimits:
    """Every limit of the lottery against what was planned and what counts (planned or visited)."""
    rules = _rules(workspace, data)
    if data.slots.empty or data.boxes.empty:
        return pd.DataFrame(columns=names_of(ExposureLimits))
    inside = data.within(data.slots).to_numpy()
    days = data.days >= data.first
    kinds = [data.served(data.patrols), data.served(data.patrols, data.visits)]
    by_day = [_summed(served, data.days.get_indexer(data.slots["shift_date"]), len(days)) for served in kinds]
    of_draws = data.of_lottery["inclusion_probability"]
    rows: list[tuple[Any, ...]] = [("Chance of a box in a shift", rules["cap"], of_draws.max(), (
        of_draws > rules["cap"] + NEARLY).sum(), np.nan, np.nan, len(of_draws))]
    places = int(days.sum()) * len(data.boxes)
    for window in WINDOWS:
        allowed, sums = rules[f"window_{window}_expected"], measures.within(data.chances, window)[days]
        rows.append((f"Expected patrols in {window} days", allowed, sums.max(initial=0.0),
                     (sums > allowed + NEARLY).sum(), np.nan, np.nan, places))
    for window in WINDOWS:
        allowed = rules[f"window_{window}_hard"]
        sums = [measures.within(counts, window)[days] for counts in by_day]
        rows.append((_OF_PATROLS.format(window), allowed, *(number for part in sums for number in (
            part.max(initial=0), (part > allowed).sum())), places))
    rest = [measures.breaches_of_rest(served, rules["cool_down_shifts"])[inside].sum() for served in kinds]
    rows.append((REST, rules["cool_down_shifts"], np.nan, rest[0], np.nan, rest[1],
                 int(kinds[1][inside].sum())))
    for what, parts in (("Longest run of shifts", [served[inside] for served in kinds]),
                        ("Longest run of days", [counts[days] > 0 for counts in by_day])):
        longest = [measures.longest_streak(part).max(initial=0) for part in parts]
        rows.append((what, np.nan, longest[0], np.nan, longest[1], np.nan, np.nan))
    return pd.DataFrame(rows, columns=names_of(ExposureLimits))


def _rules(workspace: Workspace, data: PeriodData) -> dict[str, Any]:
    """The limits of the newest draw of the period; the settings where nothing was drawn."""
    names = ["cap", "cool_down_shifts"] + [f"window_{days}_{kind}" for days in WINDOWS for kind in ("expected", "hard")]
    rules = {name: getattr(workspace.settings, name) for name in names}
    return {**rules, **(data.draws["rules"].iloc[-1] or {})} if len(data.draws) else rules


def _summed(served: NDArray[np.bool_], day: NDArray[np.int_], days: int) -> NDArray[np.int64]:
    """Shifts with a patrol by day and box."""
    counts = np.zeros((days, served.shape[1]), dtype=np.int64)
    np.add.at(counts, day, served)
    return counts


def _overrides(workspace: Workspace, data: PeriodData) -> Overrides:
    """Changes by hand of the period by action, reason and role; who and why in words are not read."""
    rows = workspace.read("adjustments", ["action", "reason", "role", "box_id", *SHIFT],
                          between(data.first, data.last))
    rows = data.scoped(rows).assign(reason=rows["reason"].fillna(""), role=rows["role"].fillna(""))
    table = rows.groupby(["action", "reason", "role"]).size().rename("count").reset_index()
    table.insert(2, "words", table["reason"].map(workspace.settings.adjustment_reasons).fillna(table["reason"]))
    return table


def _gunfire(workspace: Workspace, data: PeriodData) -> tuple[int, int | None]:
    """(planned boxes whose dominant type is gunfire, those of them inside sensor coverage, or None)."""
    patrols = data.told[data.within(data.told) & (data.told["crime_type"] == "gunfire")]
    areas = workspace.read("sensor_coverage", ["from_date", "to_date", "geometry"])
    if areas.empty:
        return len(patrols), None
    share = np.zeros(len(patrols))
    dates, ids = patrols["shift_date"], patrols["box_id"].unique()
    outlines = shapes_of(workspace, ids).outlines()  # of the layout of then, each over its own area
    for row in areas.itertuples(index=False):
        part = pd.Series([row.geometry.intersection(outline).area / outline.area for outline in outlines], ids)
        listening = (dates >= (row.from_date or "")) & (dates <= (row.to_date or "9999-12-31"))
        share += patrols["box_id"].map(part).fillna(0.0).to_numpy() * listening.to_numpy()
    return len(patrols), int((share >= _COVERED).sum())


def _refused(workspace: Workspace) -> RefusedRows:
    """What imports did not take, by table."""
    imports = workspace.read("imports", ["table_name", "counts", "dropped_columns", "reasons"])
    rows = []
    for table, part in imports[imports["table_name"] != NO_TABLE].groupby("table_name"):
        reasons: dict[str, int] = {}
        for found in part["reasons"]:
            for reason, count in (found or {}).items():
                reasons[reason] = reasons.get(reason, 0) + count
        columns: list[str] = sorted({column for dropped in part["dropped_columns"] for column in dropped or ()})
        counts = [found or {} for found in part["counts"]]
        rows.append((table, len(part), sum(found.get("read", 0) for found in counts),
                     sum(found.get("rejected", 0) for found in counts), columns, reasons))
    return pd.DataFrame(rows, columns=names_of(RefusedRows))
