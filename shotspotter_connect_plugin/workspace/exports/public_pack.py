"""The public pack: what an agency can hand to anybody, in one zip, with nothing in it about a person.

What goes in is named here piece by piece; whatever is not named stays inside. Officers, units, accounts and notes are
not read by anything on this page.
"""
from __future__ import annotations

import hashlib
import json
import textwrap
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping

import pandas as pd

from ...file_checks import archive
from ...files import replacing
from ...forecast.model_card import card_html
from ...progress import SILENT, Progress
from ..imports.census_columns import EVERYBODY
from ..numbers.exposure_data import SHIFT
from ..numbers.exposure_figures import REST, Exposure
from ..numbers.number_frames import PublishedDraws, PublishedHashes, ReplayedDraws
from ..numbers.small_numbers import FEW, HIDDEN, HIDING_RULE, small, suppressed
from ..steps import draw_proof
from ..steps.configure import export_configuration
from ..store.runs import library_versions
from ..store.workspace import Workspace

REPORT, MANIFEST = "exposure.pdf", "SHA256SUMS.txt"
_MEASURED = {"served": ["delivered_minutes", "delivered"],
             "visits": ["presence_minutes", "presence", "to_harm", "to_incidents"], "incidents": ["to_incidents"],
             "residents": ["planned", "delivered", "presence"]}
_PUBLIC_TEXTS = ("agency", "timezone", "crs", "page_size", "plan_hour", "firework_days", "adjustment_reasons",
                 "retention_days", "beat_boxes", "beat_units", "boxes_per_shift", "districts")
"""Settings of text and lists that are public; numbers and switches are public all, since they cannot name anybody."""
_PUBLIC_TACTIC = ("tactic", "name", "description", "crime_types", "reviewed", "expires", "enforcement", "source",
                  "sort_order")
_DIGITS = 4
_SHORT = 20
"""Letters of an authority's id, as in EPSG:26985; longer ones are the system in full."""
_STAMP = (1980, 1, 1, 0, 0, 0)
"""Time of all files in the zip: the same content gives the same bytes."""


def public(numbers: Exposure) -> Exposure:
    """An :class:`~.exposure_figures.Exposure` with its small counts hidden; to be made with ``ended_only``, so that
    what is hidden here is in no sum and no rate."""
    areas, totals = numbers.neighbourhoods, dict(numbers.totals)
    if small([totals["visits_on_nobody"]])[0]:
        totals["minutes_on_nobody"] = HIDDEN
    for count, measured in _MEASURED.items():
        areas = _marked(suppressed(areas, count, measured), areas, measured)
    totals = {name: round(value, _DIGITS) if isinstance(value, float) else value for name, value in totals.items()
              if name != "visits_on_nobody"}
    return replace(numbers, totals=totals, neighbourhoods=_rounded(areas), groups=_rounded(_groups(numbers.groups)),
                   limits=_rounded(_limits(numbers.limits)), kept=numbers.kept and replace(numbers.kept, rests=None),
                   classes=_rounded(numbers.classes),
                   evenness=_rounded(numbers.evenness), overrides=suppressed(numbers.overrides, "count"),
                   replay=_without_reasons(numbers.replay),
                   refused=_refused(numbers.refused), chain=replace(numbers.chain, problems=[], notes=[], length=None))


def _groups(groups):
    """Groups of few residents go. Others could tell them by how many there are of all, so then none says how many."""
    rates = ["planned", "delivered", "presence", "harm", "incidents", "to_harm", "to_incidents"]
    few, everybody = small(groups["residents"]), (groups["group"] == EVERYBODY).to_numpy()
    shown = _marked(suppressed(groups, "residents", rates), groups, rates)
    if few.any():
        shown["residents"] = shown["residents"].astype(object).where(everybody, HIDDEN)
    return shown[~few | everybody]


def _limits(limits):
    """Without the number of patrols in the plan as it was changed by hand, which would tell how many changes."""
    return limits.assign(of=limits["of"].astype(object).where(limits["limit"] != REST, HIDDEN))


def _without_reasons(replay):
    """Without the reasons of draws again: free words."""
    return replace(replay, again=replay.again.assign(reasons=[[] for _ in range(len(replay.again))]))


def _marked(table, before, measured):
    """Say of every value that was taken out that it is hidden; what never was stays missing."""
    return table.assign(**{name: table[name].astype(object).where(table[name].notna() | before[name].isna(), HIDDEN)
                           for name in measured})


def _refused(table):
    """Rejected rows by reason; their number goes where it would tell how many had one of several reasons."""
    few = [len(reasons) > 1 and any(small(list(reasons.values()))) for reasons in table["reasons"]]
    return table.assign(
        rejected=pd.Series([HIDDEN if hide else count for hide, count in zip(
            few, suppressed(table, "rejected")["rejected"])], index=table.index, dtype=object),
        reasons=[{reason: FEW if small([count])[0] else count for reason, count in reasons.items()}
                 for reasons in table["reasons"]])


def _rounded(table):
    """Numbers with as many digits as anybody needs."""
    return table.assign(**{name: [round(value, _DIGITS) if isinstance(value, float) else value
                                  for value in table[name]] for name in table})


def contents(workspace: Workspace, numbers: Exposure, tables: Mapping[str, str],
             progress: Progress = SILENT) -> dict[str, bytes]:
    """What goes into the pack beside the report.

    Parameters
    ----------
    workspace : Workspace
    numbers : Exposure
        As :func:`public` gives it.
    tables : dict of str -> str
        Name of each table -> its CSV text.

    Returns
    -------
    dict of str -> bytes
        File name -> content.
    """
    files = {f"tables/{name}.csv": text.encode("utf-8-sig") for name, text in tables.items()}
    files["tables/draws.csv"] = draws_csv(
        numbers.draws, numbers.replay.draws, numbers.commitments).encode("utf-8-sig")
    files["configuration.json"] = _json(public_configuration(workspace))
    files.update(model_cards(workspace, numbers))
    files.update(_draw_files(workspace, numbers, progress))
    files["README.txt"] = _readme(workspace, numbers, sorted(files)).encode()
    return files


def write_pack(files: Mapping[str, bytes], pdf: str | Path, path: str | Path) -> list[str]:
    """Write the zip of :func:`contents` and the report, with the SHA-256 of each -> names of the files in it.

    Raises
    ------
    ConnectError
        When it cannot be written.
    """
    files = {**files, REPORT: Path(pdf).read_bytes()}
    files[MANIFEST] = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n"
                              for name, content in sorted(files.items())).encode()
    with replacing(path, "The public pack", archive(files)) as unfinished:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as pack:
            for name, content in sorted(files.items()):
                about = zipfile.ZipInfo(name, _STAMP)
                about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                pack.writestr(about, content)
    return sorted(files)


def public_configuration(workspace: Workspace) -> dict[str, Any]:
    """The agency's configuration without accounts, files, addresses and other texts that are not known as public."""
    whole = export_configuration(workspace)
    settings = {name: value for name, value in whole["settings"].items()
                if name in _PUBLIC_TEXTS or isinstance(value, (int, float))}
    tactics = [{**{name: tactic[name] for name in _PUBLIC_TACTIC if name in tactic},
                "approved": bool(tactic.get("approved_by"))} for tactic in whole["tactics"]]
    return {**whole, "settings": settings, "tactics": tactics}


def model_cards(workspace: Workspace, numbers: Exposure) -> dict[str, bytes]:
    """File name -> HTML of the cards of the models behind the period's forecasts, else that of the newest one."""
    dates = numbers.draws["shift_date"].unique().tolist()
    used = workspace.distinct("forecasts", "model_id", {"shift_date": dates})
    models = workspace.read("models", ["model_id", "as_of_utc", "card"], order_by="as_of_utc")
    chosen = models[models["model_id"].isin(used)] if models["model_id"].isin(used).any() else models.tail(1)
    return {f"model_cards/{row.model_id}.html": card_html(row.card).encode() for row in chosen.itertuples()}


def draws_csv(draws: PublishedDraws, checked: ReplayedDraws, commitments: PublishedHashes) -> str:
    """All draws as CSV: seeds that are public, what shows that they were settled before, and whether they replay.

    A hash that was published for a shift and from which nothing was drawn has a row without a draw.
    """
    hashes = commitments.groupby(SHIFT)["seed_hash"].nunique().rename("hashes_of_shift").reset_index()
    table = draws.merge(checked[["draw_id", "replays", "late"]], on="draw_id", how="left")
    unused = commitments.merge(draws[[*SHIFT, "seed_hash"]].drop_duplicates(), how="left", indicator=True)
    unused = unused[unused["_merge"] == "left_only"].drop(columns="_merge")
    table = pd.DataFrame(table.to_dict("records") + unused.to_dict("records"), columns=table.columns, dtype=object)
    table = table.merge(hashes, on=SHIFT, how="left").sort_values([*SHIFT, "draw_id"], ignore_index=True)
    for name in ("drawn_utc", "committed_utc"):
        table[name] = [None if pd.isna(moment) else moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
                       for moment in table[name]]
    return table.rename(columns={
        "fits": "seed_gives_hash", "committed": "hash_published_before", "committed_utc": "hash_published_utc",
        "stands": "became_the_plan", "late": "drawn_after_start"}).to_csv(index=False)


def _draw_files(workspace, numbers, progress):
    """draws/<id>.json of every draw, as docs/verify-a-draw.md describes it, without reasons in free words."""
    files = {}
    for done, draw_id in enumerate(numbers.draws["draw_id"]):
        progress.report(done / len(numbers.draws), f"Draw {draw_id}")
        content = {**draw_proof.draw_file(workspace, draw_id), "reason": ""}  # free words
        files[f"draws/{draw_id}.json"] = _json(content, indent=None)
    return files


def _json(content, indent=1):
    return (json.dumps(content, ensure_ascii=False, indent=indent, sort_keys=True) + "\n").encode()


_FILES = {
    REPORT: "the report, to read and print",
    "tables/": "the report's tables as CSV, for any spreadsheet",
    "tables/draws.csv": "every draw of the period, also those drawn again: when, the hash of its seed, the seed",
    "draws/": "one file per draw with everything needed to draw it again",
    "model_cards/": "what the forecast learns from, what it never sees, how well it did",
    "configuration.json": "the rules in force: caps, limits, crime types and their weights, shifts, approved tactics",
    MANIFEST: "SHA-256 of every file; check it with: sha256sum -c " + MANIFEST,
}


_INDENT: dict[str, Any] = {"initial_indent": "  ", "subsequent_indent": "  "}


def _where_boxes_lie(workspace):
    """How the names of boxes are read by somebody who has nothing but them."""
    size, crs = workspace.settings.size, workspace.settings.crs
    crs = crs if len(crs) <= _SHORT else "the coordinate system (crs) in configuration.json"
    words = (f"Its name says it: the lower left corner of C12R34 lies 12 x {size:g} m east and 34 x {size:g} m north "
             f"of the origin of {crs}, and its sides are {size:g} m long.")
    if workspace.layout:
        words += (" A name with tenths, as in C12.3R34.7, is a square placed where crime clusters. A name with ~ is "
                  "what such squares left of that box; the letters behind it tell remnants of the same box apart. "
                  "Every file in draws/ names all boxes of its shift, so its squares tell what is left of each.")
    return textwrap.fill(words, 118, subsequent_indent="  ")


def _readme(workspace, numbers, names):
    """What the pack is, in plain words."""
    agency = " ".join(workspace.settings.agency.split()) or "The agency"
    held = [f"  {name:22} {words}" for name, words in _FILES.items()
            if name in (REPORT, MANIFEST) or any(found.startswith(name) for found in names)]
    left = (f"{numbers.waiting} shifts of the period had not ended when the pack was made. They are left out, because "
            "a plan is public only after its shift.\n\n") if numbers.waiting else ""
    period = f"Shift dates {numbers.first} to {numbers.last}{', beat ' + numbers.beat if numbers.beat else ''}."
    chain, size = numbers.chain.head or "empty", workspace.settings.size
    return f"""{agency} – where patrols were sent, and whether the lottery was honest
{period}
Made by ShotSpotter Connect for QGIS {library_versions()["plugin"]}.

What this is
  A forecast says how much harm from reported serious crime is expected in each box of {size:g} m. The boxes that get a
  directed patrol are drawn by lottery: more expected harm gives a box a higher chance, caps keep every chance and every
  run of patrols bounded. This pack shows where the patrols went, on whom their minutes fell, whether the caps were
  kept, and everything needed to check that the draws were honest.

What can be guessed from it
  The files of draws hold the forecast harm of every box to the last digit, since without it nobody could check a draw.
  Forecasts learn from reports, so from one draw to the next a box whose harm rises has probably had a new report of a
  crime. They hold which boxes rested after a patrol, too, so the draw of a next shift may show that a drawn box was
  taken out of a plan by hand.

What is not in it
{textwrap.fill("No officer, no unit, no account, no note, no person. " + HIDING_RULE, 118, **_INDENT)}

{left}What is in it
{chr(10).join(held)}

Where a box lies
  {_where_boxes_lie(workspace)}

How to check a draw
  Before a shift, the SHA-256 hash of its secret seed was published (on printed sheets and in seed_hash). After the
  shift the seed was revealed. For any draw in tables/draws.csv:
  1. printf %s SEED | sha256sum          must give seed_hash. So the seed was not changed afterwards.
  2. SHA-256 of the text "inputs" in draws/<draw>.json must give inputs_hash. So chances and rules were not changed.
  3. Draw again: with seed and inputs the lottery gives the same boxes in any programming language. The plugin does it
     with "Verify draw"; its documentation (verify-a-draw) tells each step and holds a short program for it.
  4. Look for choices: a shift with redrawn draws, or with more than one in hashes_of_shift, let somebody choose among
     outcomes. Ask why. Compare the hashes with those on sheets that were printed before: a hash that was taken out of
     the agency's record is missing here too.
  What nobody outside can see: who could read the secret seeds before their shift. Whoever could, knew the draws.

How to read the numbers
  Planned patrols and minutes are those of the draws, before changes by hand, which are only counted. Delivered minutes
  are the time somebody was in a planned box, presence the time somebody was in any box, both by GPS. Residents are
  those of the census that the agency imported, spread evenly over their neighbourhood; they are used for this report
  and for no forecast and no draw. A ratio to harm of 1 means that a
  neighbourhood has the same share of minutes as of forecast harm. Neither these ratios nor the mark of four fifths
  prove that patrols were fair or unfair; they show where to look.
  Adjustments by hand form a chain of hashes; its head now is
  {chain}.
"""
