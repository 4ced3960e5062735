"""The plan of a shift: meter it, verify it, publish the hashes of coming seeds."""
import json
from dataclasses import dataclass, field
from typing import List

import pandas as pd

from ...errors import ConnectError
from ...files import folder_for, replace_text
from ...patrol import adjustments, metering, seeds
from ...patrol.draw import NEARLY
from ...patrol.draw_record import text_of_inputs
from ...patrol.verify import as_drawn, problems_of, problems_of_adjusted
from ...progress import SILENT
from ..store import chain, roles
from ..store.workspace import Between

_NO_LOTTERY = "test, no lottery"
SEEDS_LOST = "published hashes not honoured, their seeds were lost"
"""How the reason of a draw begins with which a desk went on without the seeds whose hashes it had published."""
_LONGEST_DRAW = pd.Timedelta(hours=1)
_LONGEST_WINDOW = max(metering.WINDOWS)
_NO_CHANCES = pd.DataFrame({"box_id": [], "shift_date": [], "inclusion_probability": []})


@dataclass(frozen=True)
class MeterResult:
    """The plan of a shift: its newest draw, whether that was drawn just now, the planned patrols, what to tell."""

    draw_id: str
    drawn: bool
    patrols: pd.DataFrame
    messages: List[str]


@dataclass(frozen=True)
class Verification:
    """Whether the draws of a shift are what their seeds give; what differs; what else a reader should know.

    ``waiting`` says which draws could not be replayed, because their seed is not known here: they are not ``verified``,
    and nothing is wrong with them as far as can be seen without it.
    """

    verified: bool
    problems: List[str]
    notes: List[str]
    waiting: List[str] = field(default_factory=list)


def meter(workspace, shift_date, shift, boxes=None, cap=None, seed=None, redraw=False, reason="", progress=SILENT):
    """Draw the boxes of one shift and write its plan, in one transaction.

    Parameters
    ----------
    workspace : Workspace
    shift_date, shift : str
        A shift with forecasts.
    boxes : int, optional
        Boxes per beat instead of the setting.
    cap : float, optional
        Largest chance of a box instead of the setting.
    seed : str, optional
        For tests: the draw is then marked as no lottery, and the seed is stored openly.
    redraw : bool
        Draw a drawn shift again; needs a ``reason``. Both draws stay, the older one's patrols become suppressed.
    reason : str
        Why it is drawn again, or why it is drawn without seeds that were lost after their hashes were published: then
        new ones are made, the old hashes stay, and the draw says so.

    Returns
    -------
    MeterResult
        For a shift drawn before, without ``redraw``: the plan as it is, and nothing is written.

    Raises
    ------
    ConnectError
        When the shift does not run, has no forecasts, or a redraw has no reason.
    """
    if redraw:
        roles.require(workspace, "redraw")
    if seed is not None:
        roles.require(workspace, "own_seed")
    workspace.calendar.bounds(shift_date, shift)
    reveal_ended(workspace)
    earlier = draws_of(workspace, shift_date, shift)
    if len(earlier) and not redraw:
        message = f"{shift_date} {shift} was drawn before; its plan stays. Draw it again only with REDRAW and a reason."
        return MeterResult(earlier["draw_id"].iloc[-1], False, planned(workspace, shift_date, shift), [message])
    if len(earlier) and not reason.strip():
        raise ConnectError("A shift is drawn again only with a reason; say why in REASON.")
    progress.report(0.1, f"Forecast of {shift_date} {shift}")
    by_box = _harm(workspace, shift_date, shift)
    with workspace.transaction() as writer:
        # Read again under the lock: another desk may have drawn the shift in the meantime.
        if len(draws_of(workspace, shift_date, shift)) != len(earlier):
            raise ConnectError(f"{shift_date} {shift} has just been drawn by somebody else; open its plan.")
        now = pd.Timestamp.now(tz="UTC").floor("ms")
        lost = _commit(workspace, writer, shift_date, shift, now, "" if redraw else reason, seed is not None)
        secret = str(seed) if seed is not None else _committed_seed(workspace, shift_date, shift)
        progress.report(0.3, "Metering")
        rules = metering.rules_of(workspace.settings, shift_date, shift, len(earlier) + 1, boxes, cap,
                                  share_caps(workspace))
        history = history_around(workspace, shift_date, shift, rules, chances=True)
        drawn = metering.draw_shift(workspace.read("boxes", [
            "box_id", "beat", "inside", "water", "neighbourhood"]),
                                    by_box["harm"], history, rules, secret)
        progress.report(0.8, "Writing the plan")
        draw_id = f"{shift_date}.{shift}.{len(earlier) + 1}"
        reasons = [_NO_LOTTERY] * (seed is not None) + [SEEDS_LOST] * (lost > 0)
        reasons += [reason.strip()] * bool(len(earlier) or lost)
        messages = [f"What was published for {_shifts(lost)} cannot be honoured, because their seeds were lost. New "
                    "hashes stand beside the old ones, and the record of the draw says so."] * (lost > 0)
        opened = seed is not None or workspace.calendar.has_ended(shift_date, shift, now)
        writer.append("draws", pd.DataFrame([{
            "draw_id": draw_id, "shift_date": shift_date, "shift": shift, "drawn_utc": now,
            "seed_hash": seeds.hash_of(secret), "seed": secret if opened else None, "inputs_hash": drawn.inputs_hash,
            "size": int(drawn.boxes["selected"].sum()), "lottery": seed is None, "reason": "; ".join(reasons),
            "rules": rules, "reserve": drawn.reserve}]))
        writer.append("draw_boxes", drawn.boxes.assign(draw_id=draw_id))
        messages += _suppress_earlier(workspace, writer, shift_date, shift)
        patrols = metering.plan(drawn.boxes[drawn.boxes["selected"]], by_box, rules)
        writer.append("patrols", patrols.assign(patrol_id=draw_id + "." + patrols["box_id"], draw_id=draw_id,
                                                shift_date=shift_date, shift=shift))
        progress.report(0.95)
    messages += _limits_in_words(drawn, rules)
    if drawn.coverage.sentence:
        progress.info(f"{shift_date} {shift}: {drawn.coverage.sentence}")
    if seed is not None:
        messages.append("Drawn with a given seed: a test, no lottery.")
    progress.report(1.0)
    return MeterResult(draw_id, True, planned(workspace, shift_date, shift), messages)


def verify_draw(workspace, shift_date, shift, chain_problems=None):
    """Check every draw of a shift against its seed, its published hash, its rules, its adjustments and its patrols.

    Seeds that are revealed stand in ``draws``. One that is not is taken from the secret side file, where this account
    can read it, and not shown.
    ``chain_problems`` are those of the whole chain of adjustments, where the caller has checked it already.

    Raises
    ------
    ConnectError
        When the shift has no draw.
    """
    reveal_ended(workspace)
    if not workspace.count("draws", {"shift_date": shift_date, "shift": shift}):
        raise ConnectError(f"{shift_date} {shift} has no draw; meter it first: “Meter”.")
    return verify_shift(workspace, shift_date, shift, chain_problems)


def verify_shift(workspace, shift_date, shift, chain_problems=None):
    """As :func:`verify_draw`, also of a shift whose patrols were all added by hand, or whose draws are gone."""
    draws = draws_of(workspace, shift_date, shift)
    secrets = seeds.known(workspace.path_of_seeds)
    committed = workspace.read("commitments", where={"shift_date": shift_date, "shift": shift})
    patrols = workspace.read("patrols", where={"shift_date": shift_date, "shift": shift})
    by_hand = patrols["origin"] != "drawn"
    boxes = workspace.read("draw_boxes", where={"draw_id": draws["draw_id"].tolist()})
    rows = chain.of_shift(workspace, shift_date, shift)
    kept = chain.records(draws)
    around = workspace.read("boxes", ["box_id", "neighbourhood"]).set_index("box_id")["neighbourhood"].to_dict()
    of_draw = {draw["draw_id"]: boxes[boxes["draw_id"] == draw["draw_id"]] for draw in kept}
    state, problems = adjustments.replayed([as_drawn(draw, of_draw[draw["draw_id"]]) for draw in kept], rows)
    problems = (chain.verify_chain(workspace).problems if chain_problems is None else chain_problems) + problems
    problems += problems_of_adjusted(state, patrols[by_hand], boxes)
    problems += [f"The patrol of box {box} belongs to no draw of this shift." for box in
                 patrols.loc[~by_hand & ~patrols["draw_id"].isin(draws["draw_id"]), "box_id"]]
    notes, waiting = [], []
    for number, draw in enumerate(kept, 1):
        prefix = f"Draw {number}: " if len(kept) > 1 else ""
        own = patrols[~by_hand & (patrols["draw_id"] == draw["draw_id"])]
        seed = draw["seed"] or secrets.get(draw["seed_hash"])
        found = problems_of(draw, of_draw[draw["draw_id"]], own, seed, committed, state, around)
        if seed is None:
            withheld, why = _without_seed(workspace, draw)
            (found if withheld else waiting).append((prefix if not withheld else "") + why)
        problems += [prefix + problem for problem in found]
        notes += [prefix + note for note in _notes(draw, committed)]
    if len(kept) > 1:
        why = "; ".join(f"“{draw['reason']}”" for draw in kept[1:] if draw["reason"])
        notes.append(f"Drawn again {len(kept) - 1} time{'s' if len(kept) > 2 else ''}; only the last draw became the "
                     f"plan, and whoever draws again sees the outcome first. Reasons recorded: {why or 'none'}.")
    if len(committed) > 1:
        notes.append(f"{len(committed)} hashes stood for this shift: whoever knew their seeds could choose; ask why.")
    if rows:
        notes.append(f"{len(rows)} adjustments by hand; they are in the table adjustments.")
    return Verification(not problems and not waiting, problems, notes, waiting)


def _without_seed(workspace, draw):
    """(whether that is wrong, one sentence) on a draw whose seed is not known here.

    Every draw reveals the seeds of the shifts that had ended by then. So a seed that is not in the record although
    later shifts were drawn was lost, which a desk that goes on has to say, or somebody took it out.
    """
    ended = _end(workspace.calendar, draw["shift_date"], draw["shift"])
    if ended > pd.Timestamp.now(tz="UTC"):
        return False, ("Its seed stays secret until the shift has ended, so the draw cannot be replayed yet; all else "
                       "was checked.")
    later = workspace.read("draws", ["drawn_utc", "reason"])
    if later["reason"].str.contains(SEEDS_LOST, regex=False, na=False).any():
        return False, "Its seed was lost, as the record of a later draw says, so the draw can never be replayed."
    if (later["drawn_utc"] > ended + _LONGEST_DRAW).any():
        return True, ("The shift has ended and its seed is not in the record, although later shifts were drawn: the "
                      "seed was lost, or taken out of the record, so the draw cannot be replayed.")
    return False, ("Its seed is not revealed yet, so the draw cannot be replayed here; the account that drew it "
                   "reveals it with its next draw or check.")


def export_draw(workspace, shift_date, shift, path):
    """Write the newest draw of a shift to a JSON file with which anyone can replay it (docs/verify-a-draw.md).

    A folder that is missing is made.

    The seed is in it once it is revealed; before, it is null.

    Raises
    ------
    ConnectError
        When the shift has no draw or the file cannot be written.
    """
    reveal_ended(workspace)
    draws = draws_of(workspace, shift_date, shift)
    if draws.empty:
        raise ConnectError(f"{shift_date} {shift} has no draw; meter it first: “Meter”.")
    content = draw_file(workspace, draws["draw_id"].iloc[-1])
    folder_for(path, "The draw")
    replace_text(path, json.dumps(content, ensure_ascii=False, indent=1), "The draw")


def draw_file(workspace, draw_id):
    """What the file of one draw holds, any of its shift: a dict, as docs/verify-a-draw.md describes it."""
    draw, = chain.records(workspace.read("draws", where={"draw_id": draw_id}))
    boxes = workspace.read("draw_boxes", where={"draw_id": draw_id})
    selected = boxes[boxes["selected"].astype(bool)].sort_values("draw_rank")["box_id"].tolist()
    content = {name: draw[name] for name in ("draw_id", "shift_date", "shift", "seed_hash", "seed", "inputs_hash")}
    content.update(drawn_utc=draw["drawn_utc"].isoformat(), lottery=bool(draw["lottery"]), reason=draw["reason"],
                   selected=selected, reserve=draw["reserve"], inputs=text_of_inputs(draw["rules"], boxes))
    return content


def commitments(workspace, shift_date, days):
    """Give the published hashes of the shifts that start on ``days`` dates from ``shift_date``, by start.

    Returns
    -------
    pandas.DataFrame
        shift_date, shift, start_utc, seed_hash, committed_utc.
    """
    last = (pd.Timestamp(shift_date) + pd.Timedelta(days=days - 1)).strftime("%Y-%m-%d")
    slots = workspace.calendar.slots(shift_date, last)
    published = workspace.read("commitments", where={"shift_date": slots["shift_date"].unique().tolist()},
                               order_by="committed_utc")
    return slots[["shift_date", "shift", "start_utc"]].merge(published, on=["shift_date", "shift"])


def share_caps(workspace):
    """Largest share of a shift's boxes by neighbourhood, where one is set."""
    caps = workspace.read("neighbourhoods", ["neighbourhood", "share_cap"])
    caps = caps[caps["share_cap"].notna()]
    return dict(zip(caps["neighbourhood"], caps["share_cap"]))


def reveal_ended(workspace):
    """Write the seeds of drawn shifts that have ended into ``draws``, where this desk knows them and may write."""
    if workspace.read_only:
        return
    secret = workspace.read("draws", ["draw_id", "shift_date", "shift", "seed_hash"], {"seed": None})
    if secret.empty:
        return
    known = seeds.known(workspace.path_of_seeds)
    secret = secret[secret["seed_hash"].isin(list(known))]
    ended = [_has_ended(workspace.calendar, row.shift_date, row.shift) for row in secret.itertuples()]
    if any(ended):
        with workspace.transaction() as writer:
            for row in secret[ended].itertuples():
                writer.reveal("draws", {"draw_id": row.draw_id}, known[row.seed_hash])


def _has_ended(calendar, shift_date, shift):
    try:
        return calendar.has_ended(shift_date, shift)
    except ConnectError:
        return pd.Timestamp.now(tz="UTC") > _end(calendar, shift_date, shift)


def _end(calendar, shift_date, shift):
    try:
        return calendar.bounds(shift_date, shift)[1]
    except ConnectError:  # the agency has changed its shifts since; no shift is longer than a day
        return pd.Timestamp(shift_date, tz="UTC") + pd.Timedelta(days=3)


def draws_of(workspace, shift_date, shift):
    """The draws of a shift in their order, with their ``number``."""
    draws = workspace.read("draws", where={"shift_date": shift_date, "shift": shift})
    return draws.assign(number=numbers(draws)).sort_values("number", ignore_index=True)


def numbers(draws):
    """1 for the first draw of a shift, 2 for the next; ConnectError where an id tells none."""
    numbers = draws["draw_id"].astype(str).str.extract(r"\.([1-9]\d{0,5})$")[0]
    if numbers.isna().any():
        raise ConnectError(f"The id of the draw {draws['draw_id'][numbers.isna()].iloc[0]} is not one that this plugin "
                           "gives: somebody changed it.")
    return numbers.astype(int)


def planned(workspace, shift_date, shift):
    """The planned patrols of a shift, by beat and visit order."""
    return workspace.read("patrols", where={"shift_date": shift_date, "shift": shift, "status": "planned"},
                          order_by=["beat", "visit_order"])


def publish(workspace, shift_date, shifts, progress=SILENT):
    """Date the plans that go out: printed, exported or written as a project -> the number of patrols dated now.

    All planned patrols of a shift bear the moment at which this very plan went out first; a plan that has not changed
    since keeps it. An account that may not publish takes a copy, which dates nothing.
    """
    refusal = roles.why_not(workspace, "publish")
    if refusal:
        progress.info("The plan was not dated as published. " + refusal)
        return 0
    dated = 0
    for shift in shifts:
        with workspace.transaction() as writer:
            if any(unpublished(workspace, shift_date, shift)):
                plan = workspace.read("patrols", ["patrol_id"], {"shift_date": shift_date, "shift": shift,
                                                                 "status": "planned"})
                writer.upsert("patrols", plan.assign(published_utc=pd.Timestamp.now(tz="UTC").floor("ms")))
                dated += len(plan)
    return dated


def unpublished(workspace, shift_date, shift):
    """(planned patrols that were not in the plan as it went out last, those of it that are planned no more)."""
    patrols = workspace.read("patrols", ["status", "published_utc"], {"shift_date": shift_date, "shift": shift})
    in_last = patrols["published_utc"].notna() & (patrols["published_utc"] == patrols["published_utc"].max())
    planned_now = patrols["status"] == "planned"
    return int((planned_now & ~in_last).sum()), int((~planned_now & in_last).sum())


def coverage_of(workspace, shift_date, shift):
    """What a shift's newest draw covers and where it fell short, from what is stored of it.

    Returns
    -------
    (metering.Coverage, list of metering.Shortfall)
        (None, []) without a draw.
    """
    draws = draws_of(workspace, shift_date, shift)
    if draws.empty:
        return None, []
    draw = draws.iloc[-1]
    boxes = workspace.read("draw_boxes", where={"draw_id": draw["draw_id"]})
    around = None
    if metering.shares_of(draw["rules"]):
        names = workspace.read("boxes", ["box_id", "neighbourhood"]).set_index("box_id")["neighbourhood"]
        around = boxes["box_id"].map(names).to_numpy(object)
    return metering.coverage(boxes, draw["rules"], around), metering.shortfalls_of(boxes, draw["rules"])


def _harm(workspace, shift_date, shift):
    forecasts = workspace.read("forecasts", ["box_id", "crime_type", "expected", "low", "high"],
                               {"shift_date": shift_date, "shift": shift})
    if forecasts.empty:
        raise ConnectError(f"{shift_date} {shift} has no forecast. Score the shift first: “Score”.")
    return metering.harm_by_box(forecasts, workspace.crime_types)


def history_around(workspace, shift_date, shift, rules, chances=False):
    """What counts in the windows of days around a shift, and which boxes rest in it: a ``metering.History``.

    A box counts as patrolled once in a shift, whether planned, visited or both, and however often. Recorded
    ``chances`` are read only if asked for: a draw alone needs them.
    """
    first, last = (str(pd.Timestamp(shift_date).date() + pd.Timedelta(days=days)) for days in
                   (1 - _LONGEST_WINDOW, _LONGEST_WINDOW))
    around = {"shift_date": Between(first, last)}
    patrols = workspace.read("patrols", ["shift_date", "shift", "box_id", "origin"], {**around, "status": "planned"})
    here = (patrols["shift_date"] == shift_date) & (patrols["shift"] == shift)
    added = frozenset(patrols.loc[here & (patrols["origin"] == "added"), "box_id"])
    visits = workspace.read("visits", ["shift_date", "shift", "box_id", "unit", "entered_utc", "minutes"], around)
    visits = visits[(visits["shift_date"] != shift_date) | (visits["shift"] != shift)]
    visits = visits.drop_duplicates(["unit", "entered_utc", "box_id"])  # one row per officer aboard
    counted = ["shift_date", "shift", "box_id"]
    patrols = pd.concat([patrols.loc[~here, counted], visits[counted]]).drop_duplicates(ignore_index=True)
    recorded = _recorded_chances(workspace, shift_date, shift, around) if chances else _NO_CHANCES
    neighbours = _neighbours(workspace.calendar, shift_date, shift, int(rules["cool_down_shifts"]))
    resting = frozenset(patrols.merge(neighbours, on=["shift_date", "shift"])["box_id"])
    suppressed = frozenset(adjustments.suppressed_boxes(chain.of_shift(workspace, shift_date, shift)))
    return metering.History(patrols, recorded, resting, added, suppressed, visits[["box_id", "shift_date", "minutes"]])


def _recorded_chances(workspace, shift_date, shift, around):
    """Recorded probabilities of the newest draws around a shift, summed as far as its windows of days allow.

    Dates that are in the same windows are read as one sum per box, dated by the first of them: so a city's month of
    draws is summed where it is stored, instead of being read row by row.
    """
    draws = workspace.read("draws", ["draw_id", "shift_date", "shift"], around)
    draws = draws.assign(number=numbers(draws)).sort_values("number")
    draws = draws.drop_duplicates(["shift_date", "shift"], keep="last")
    draws = draws[(draws["shift_date"] != shift_date) | (draws["shift"] != shift)]
    blocks = metering.window_blocks(draws["shift_date"], shift_date)
    frames = [workspace.totals("draw_boxes", "inclusion_probability", "box_id", {
        "draw_id": block["draw_id"].tolist(), "eligible": True}).assign(shift_date=block["shift_date"].min())
        for _, block in draws.groupby(blocks)]
    return pd.concat(frames, ignore_index=True) if frames else _NO_CHANCES


def _neighbours(calendar, shift_date, shift, count):
    """The ``count`` shifts before and after a shift; every code runs at least once a week."""
    reach = pd.Timedelta(days=count + 7)
    date = pd.Timestamp(shift_date).date()
    slots = calendar.slots(str(date - reach), str(date + reach))
    here = int(((slots["shift_date"] == shift_date) & (slots["shift"] == shift)).to_numpy().argmax())
    near = slots.iloc[max(here - count, 0):here + count + 1]
    return near[["shift_date", "shift"]].drop(index=slots.index[here])


def _commit(workspace, writer, shift_date, shift, now, reason, is_test):
    """Publish the hash of a seed for this shift and those of the coming days that have none.

    A shift whose hash was published and whose seed is lost gets a second hash only with a ``reason``, for a promise is
    broken by it; a test breaks none. Gives the number of those shifts.
    """
    until = str(pd.Timestamp(shift_date).date() + pd.Timedelta(days=workspace.settings.commit_days))
    slots = workspace.calendar.slots(shift_date, until)
    here = ((slots["shift_date"] == shift_date) & (slots["shift"] == shift)).to_numpy().argmax()
    slots = slots.iloc[here:][["shift_date", "shift"]]
    published = workspace.read("commitments", where={"shift_date": slots["shift_date"].unique().tolist()})
    known = seeds.load(workspace.path_of_seeds)
    usable = published[published["seed_hash"].isin(list(known))]
    missing = slots.merge(usable, on=["shift_date", "shift"], how="left")
    missing = missing.loc[missing["seed_hash"].isna(), ["shift_date", "shift"]]
    broken = missing.merge(published.drop_duplicates(["shift_date", "shift"]), on=["shift_date", "shift"])
    if is_test:
        missing = missing.merge(broken, on=["shift_date", "shift"], how="left")
        missing = missing.loc[missing["seed_hash"].isna(), ["shift_date", "shift"]]
        broken = broken.iloc[:0]
    elif len(broken):
        _refuse_second_hashes(workspace, len(broken), reason)
    made = [seeds.new_seed() for _ in range(len(missing))]
    if made:
        seeds.keep(workspace.path_of_seeds, made)
        writer.append("commitments", missing.assign(seed_hash=[seeds.hash_of(seed) for seed in made],
                                                    committed_utc=now))
    return len(broken)


def _refuse_second_hashes(workspace, count, reason):
    if not reason.strip():
        raise ConnectError(
            f"The secret seeds of {_shifts(count)}, whose hashes were published, are not in "
            f"{workspace.path_of_seeds.name}: restore that file from a backup. To go on without it, meter a shift that "
            "has no draw yet with a REASON; what was published cannot be honoured then, and the record says so.")
    roles.require(workspace, "new_seeds")


def _shifts(count):
    return "1 shift" if count == 1 else f"{count} shifts"


def _committed_seed(workspace, shift_date, shift):
    """The secret seed of a shift's first published hash that this desk knows."""
    published = workspace.read("commitments", where={"shift_date": shift_date, "shift": shift},
                               order_by="committed_utc")
    known = seeds.load(workspace.path_of_seeds)
    return next(known[hash_] for hash_ in published["seed_hash"] if hash_ in known)


def _suppress_earlier(workspace, writer, shift_date, shift):
    """Take the patrols of earlier draws of the shift out of the plan; they stay as suppressed rows."""
    old = workspace.read("patrols", ["patrol_id", "status", "version"], {
        "shift_date": shift_date, "shift": shift, "status": "planned", "origin": ["drawn", "topped_up"]})
    if old.empty:
        return []
    writer.upsert("patrols", old.assign(status="suppressed", version=old["version"] + 1))
    return [f"{len(old)} patrols of the earlier draw are kept as suppressed."]


def _limits_in_words(drawn, rules):
    """Every constraint that bound the draw, and by how much."""
    said = []
    if rules["boxes_per_beat"] < rules["boxes_asked"]:
        said.append(f"{rules['boxes_asked']} boxes per beat were asked for; the units have minutes for "
                    f"{rules['boxes_per_beat']} (units_per_beat, minutes_per_unit).")
    said += [limit.sentence for limit in drawn.limited]
    for shortfall in drawn.shortfalls:
        why_not = drawn.boxes.loc[drawn.boxes["beat"] == shortfall.beat, "why_not"].value_counts()
        out = ", ".join(f"{count} {reason}" for reason, count in why_not.items())
        eligible = drawn.boxes[(drawn.boxes["beat"] == shortfall.beat) & drawn.boxes["eligible"]]
        lower = int((eligible["cap"] < rules["cap"] - NEARLY).sum())
        said.append(shortfall.sentence
                    + (f" {lower} of them are held below the cap of {rules['cap']:g} by what they may still expect in "
                       "7 or 28 days, or by a share cap." if lower else "")
                    + (f" Boxes that could not be drawn: {out}." if out else ""))
    return said


def _notes(draw, committed):
    notes = []
    if not draw["lottery"]:
        notes.append("Drawn with a given seed: a test, no lottery.")
        return notes
    published = committed[committed["seed_hash"] == draw["seed_hash"]]
    if (published["committed_utc"] == draw["drawn_utc"]).any():
        notes.append("The hash of its seed was published with the draw itself, not before.")
    return notes
