"""The Exposure report's findings as sentences: on whom minutes fall, were the limits kept, was the lottery honest."""
from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

import pandas as pd

from ...workspace.numbers.lottery_replay import AFTER, NEVER, WITH
from ..paper.wording import clean, date_in_words

if TYPE_CHECKING:
    from ...patrol.inclusion import Agreement
    from ...workspace.numbers.exposure_figures import LimitsKept
    from ...workspace.numbers.lottery_replay import LotteryReplay

ENOUGH = 100
"""Residents from which a rate is worth a sentence."""
ENOUGH_DRAWN = 30
"""Expected boxes from which chances and draws are compared in words."""
UNLIKELY = 0.05
"""Share of honest periods below which the report tells how rare a result is."""
_NAMED = 5
UNSEEN = ("What nobody outside can see: who could read the secret seeds before their shift. Whoever could, knew the "
          "draws beforehand.")


def say(value: float | str | None, digits: int = 0) -> str:
    """A number, or the word that stands for a hidden one; a dash for none."""
    if isinstance(value, str):
        return value
    return "–" if value is None or pd.isna(value) else f"{round(value, digits) + 0.0:,.{digits}f}"  # no minus zero


# --- on whom do the minutes fall -------------------------------------------------------------------------------------

def span(table: pd.DataFrame) -> str:
    """From which neighbourhood to which the minutes per resident run."""
    ends = _ends(table)
    if ends is None:
        return f"No neighbourhood of at least {ENOUGH} residents has minutes that can be shown."
    low, high = ends
    if low["presence"] == high["presence"]:
        return f"{say(low['presence'])} minutes of presence per 1,000 residents wherever it can be shown."
    return (f"Minutes of presence per 1,000 residents run from {say(low['presence'])} in {clean(low['neighbourhood'])} "
            f"to {say(high['presence'])} in {clean(high['neighbourhood'])}, among neighbourhoods of at least {ENOUGH} "
            "residents.")


def span_to_harm(table: pd.DataFrame) -> str:
    """How the two ends of :func:`span` stand to the harm forecast there; empty where that cannot be told."""
    ends = _ends(table)
    if ends is None or any(isinstance(end["to_harm"], str) or pd.isna(end["to_harm"]) for end in ends):
        return ""
    low, high = ends
    return (f"For each unit of forecast harm, {clean(low['neighbourhood'])} has {low['to_harm']:.2f} times as many "
            f"minutes as the average, {clean(high['neighbourhood'])} {high['to_harm']:.2f} times.")


def _ends(table: pd.DataFrame) -> tuple[pd.Series, ...] | None:
    values = pd.to_numeric(table["presence"], errors="coerce")
    peopled = pd.to_numeric(table["residents"], errors="coerce") >= ENOUGH
    values = values[peopled & values.notna()]
    if values.empty:
        return None
    return tuple(table.loc[place, ["neighbourhood", "presence", "to_harm"]] for place in (
        values.idxmin(), values.idxmax()))


# --- were the limits kept --------------------------------------------------------------------------------------------

def limits(kept: LimitsKept | None) -> str:
    """Whether the plan kept the limits, and whether they were kept by everything that counts."""
    if kept is None:
        return "Nothing was drawn or planned, so no limit applied."
    plan = ("The plan kept every limit" if not kept.planned_over else
            f"The plan itself passed a limit in {say(kept.planned_over)} cases")
    passed = []
    if kept.over:
        passed.append(f"a box had up to {say(kept.most)} {kept.limit.lower()} where {say(kept.allowed)} are allowed "
                      f"(over in {say(kept.over)} of {say(kept.of)} cases)")
    if kept.rests_broken:
        of_all = "" if kept.rests is None else f" of {say(kept.rests)}"
        passed.append(f"{say(kept.rests_broken)}{of_all} patrols came before the rest was over")
    if not passed:
        return f"{plan}, and with all visits counted no box was patrolled more often than its hard limits allow."
    return (f"{plan}, but the boxes were not left alone: with all visits counted, {' and '.join(passed)}. The reason "
            "is visits that no plan asked for: ordinary patrol and calls count as presence too.")


# --- was the lottery honest ------------------------------------------------------------------------------------------

def lottery(found: LotteryReplay) -> str:
    """Whether the draws replay, and from seeds that were settled before: one or two sentences."""
    drawn, right, wrong, unknown = found.counts
    if not drawn and found.tests and not found.open_yet:
        return "There was no lottery: every draw of this period was a test with a given seed."
    if not drawn:
        return "No lottery of this period has ended, so none can be drawn again yet."
    same = (f"{say(right)} of {say(drawn)} draws replay to exactly the published boxes, "
            + (f"{say(found.before)} of them from seeds whose hashes were published before the draw."
               if found.before < right or not right else "from seeds whose hashes were published before the draw."))
    said = [_verdict(found, wrong) + same]
    if drawn < len(found.draws):
        said.append(f"These {say(drawn)} were taken by lot from all {say(len(found.draws))}, to be quick; the public "
                    "pack draws every one again.")
    if wrong:
        said.append(f"{say(wrong)} {_do(wrong, 'does', 'do')} NOT replay: "
                    + _listed(found.named(found.draws["replays"].eq(False))) + ".")
    if unknown:
        said.append(f"The seed of {say(unknown)} is not known here, so {_do(unknown, 'it', 'they')} could not be "
                    "replayed: " + _listed(found.named(found.unknown)) + ".")
    return " ".join([*said, *choices(found), UNSEEN])


def _verdict(found: LotteryReplay, wrong: int) -> str:
    """The first word of the answer: a plain Yes only where nobody had a choice that shows."""
    if found.plain:
        return "Yes: "
    if wrong:
        return "No: "
    if not found.kept:
        return "Not shown for every draw: "
    if len(found.again) or len(found.several) or found.tests:
        return "Not plainly: "
    return "Yes, except for the first draw, whose hash came with it: "


def choices(found: LotteryReplay) -> list[str]:
    """What let somebody choose among draws, a sentence each: shifts drawn again, several hashes, given seeds."""
    said = []
    if len(found.again):
        shifts = [f"{_name(row.shift_date, row.shift)} was drawn again {_times(row.times)}"
                  for row in found.again.head(_NAMED).itertuples()]
        said.append("; ".join(shifts) + _more(len(found.again)) + ". All these draws are counted here, and the last of "
                    "each shift became its plan: whoever draws again sees the outcome and can go on until it suits.")
    if len(found.several):
        shifts = [f"{row.hashes} hashes stood for {_name(row.shift_date, row.shift)}"
                  for row in found.several.head(_NAMED).itertuples()]
        said.append("; ".join(shifts) + _more(len(found.several)) + ": whoever knew their seeds could choose among "
                    "them.")
    if found.tests:
        said.append(_tests(found))
    return said


def reasons(found: LotteryReplay) -> str:
    """The reasons that were recorded for drawing again; empty where nothing was drawn again. Not for the public."""
    told = [f"{_name(row.shift_date, row.shift)}: " + "; ".join(f"“{clean(reason)}”" for reason in row.reasons)
            for row in found.again.head(_NAMED).itertuples() if row.reasons]
    return "Reasons recorded for drawing again: " + ". ".join(told) + _more(len(found.again)) + "." if told else ""


def _times(count: int) -> str:
    return "once" if count == 1 else f"{say(count)} times"


def _more(count: int) -> str:
    return f"; and {count - _NAMED} more shifts" if count > _NAMED else ""


def _tests(found: LotteryReplay) -> str:
    return (f"{say(found.tests)} {_do(found.tests, 'draw was a test', 'draws were tests')} with a given seed, "
            "no lottery.")


def publication(found: LotteryReplay) -> str:
    """Which hashes were not published before their draw, and why; empty where all were."""
    said = []
    for when, words in ((WITH, "with the draw itself"), (AFTER, "only after the draw"), (NEVER, "never")):
        which = found.draws["published"] == when
        first = which & found.draws["first"] if when == WITH else which & False
        if first.any():
            said.append(f"{_listed(found.named(first))} is the first draw of this workspace: no earlier sheet could "
                        "show its hash, which was published with the draw itself")
        if (which & ~first).any():
            said.append(f"the hash was published {words} for {_listed(found.named(which & ~first))}")
    text = "; ".join(said)
    return f"Not published before: {text}. Such a seed could have been chosen for its draw." if said else ""


def problems(found: LotteryReplay) -> list[str]:
    """What is wrong with draws that do not replay: a sentence each, the first problem of each draw."""
    wrong = found.draws[found.draws["replays"].eq(False)]
    return [f"{_name(row.shift_date, row.shift)}: {' '.join(row.problems[:2])}"
            for row in wrong.head(_NAMED).itertuples()]


def late(found: LotteryReplay) -> str:
    """How many lotteries were drawn only when their shift had begun; empty where none was."""
    drawn = len(found.draws)
    if not found.late:
        return ""
    if found.late == drawn:
        return (f"All {say(drawn)} draws were made only after the start of their shift, so no patrol can have followed "
                "them in time." if drawn > 1 else
                "The draw was made only after the start of its shift, so no patrol can have followed it in time.")
    return (f"{say(found.late)} of {say(drawn)} draws were made only after the start of their shift, so patrols cannot "
            f"have followed them in time: {_listed(found.named(found.draws['late']))}.")


def left_out(found: LotteryReplay) -> str:
    """Draws that are not judged; empty where there are none."""
    said = []
    if found.tests and found.draws.empty:  # else said with the answer
        said.append(_tests(found))
    if found.open_yet:
        said.append(f"{say(found.open_yet)} {_do(found.open_yet, 'shift has', 'shifts have')} not ended; "
                    f"{_do(found.open_yet, 'its seed stays', 'their seeds stay')} secret until then.")
    return " ".join(said)


def laid_anew(dates: Sequence[str]) -> str:
    """When boxes were laid anew within the period, and what that does to its figures; empty where they were not."""
    if not dates:
        return ""
    return (f"Boxes were laid anew on {' and on '.join(map(date_in_words, dates))}. Patrols and visits count in the "
            "boxes of then: a place may have had some in a box of before and some in one of after, more than either "
            "shows.")


def luck(found: Agreement) -> str:
    """How the counts by class of chance compare with honest periods."""
    if pd.isna(found.luck):
        return "There were no chances to compare with."
    drawn = f"{say(found.drawn)} boxes were drawn where {say(found.expected, 1)} were expected"
    if found.expected < ENOUGH_DRAWN:
        return f"{drawn}: too few to compare by chance."
    if found.luck >= UNLIKELY:
        return (f"An aside, by classes of chance: {drawn}, and {say(found.per_hundred)} of 100 honest periods would be "
                "at least as uneven.")
    often = f"about once in {say(found.once_in)}" if found.as_uneven else f"less than once in {say(found.periods)}"
    return (f"An aside, by classes of chance: {drawn}. So uneven a result comes by luck alone {often} such periods. "
            "A draw that replays from a seed settled before cannot have been steered; where one does not, ask why.")


def _do(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def _name(date: str, shift: str) -> str:
    return f"{date_in_words(date)}, {clean(shift)}"


def _listed(shifts: Sequence[tuple[str, str]]) -> str:
    names = [_name(*shift) for shift in shifts[:_NAMED]]
    more = f" and {len(shifts) - _NAMED} more" if len(shifts) > _NAMED else ""
    return "; ".join(names) + more
