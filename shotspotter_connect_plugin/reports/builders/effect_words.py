"""What the Crime and Dosage report says in sentences; no QGIS, so that every sentence can be tested."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Mapping, Sequence

import pandas as pd

from ...workspace.numbers import effect_figures as step
from ..paper.wording import clean

if TYPE_CHECKING:
    from ...workspace.numbers.effect_figures import Effects

NOTHING = "Nothing can be concluded"
CONFIDENCE = f"{100 * step.LEVEL:.0f} %"
SHOWN = 12
"""Beats that are named one by one."""


def conclusion(row: pd.Series | None, what: str = "reported crime") -> str:
    """What being drawn did, from a row of the estimates; None gives a sentence, too."""
    if row is None:
        return f"{NOTHING} about {what}: there is nothing to compare."
    drawn = count(row["exposed"], "drawn box", "drawn boxes")
    if not row["enough"]:
        return (f"{NOTHING} about {what}: too few events. As many undrawn boxes of the same chances as the {drawn} had "
                f"{row['comparable']:.1f}; at least {step.ENOUGH:.0f} are needed.")
    span = f"{change(row['percent_low'])} to {change(row['percent_high'])}"
    if not row["conclusive"]:
        return (f"{NOTHING} about {what}. The data fit anything from {span} events in drawn boxes; that includes no "
                f"effect at all. Only a change of {row['detectable_percent']:,.0f} % or more would have shown reliably "
                f"({100 * step.POWER:.0f} times in 100).{_more_than_all(row)} To show one of 20 %, about "
                f"{row['shifts_for_20']:,.0f} shifts like these are needed.")
    fewer = row["high"] < 0
    total = sorted(abs(row[name]) * row["exposed"] for name in ("low", "high"))
    upto = f"{total[0]:,.0f} to {total[1]:,.0f}" if math.isfinite(total[1]) else f"at least {total[0]:,.0f}"
    said = (f"Drawn boxes had {'fewer' if fewer else 'more'} events of {what} than comparable undrawn boxes: "
            f"{change(row['percent'])}, {CONFIDENCE} interval {span}. In the {drawn} that is {upto} events "
            f"{'fewer' if fewer else 'more'}.{_overstated(row)}")
    return said if fewer else said + (" Where police are, more may also be reported; look into that before anything is "
                                      "concluded from this.")


def _overstated(row: pd.Series) -> str:
    """That what shows overstates: results that luck has made large are the ones that show (Gelman and Carlin 2014)."""
    least = (f"{row['detectable_percent']:,.0f} % or more would have shown reliably "
             f"({100 * step.POWER:.0f} times in 100)")
    if abs(row["percent"]) < row["detectable_percent"]:
        return (f" The true change is probably smaller: only one of {least}, and a smaller one shows only where luck "
                "has made it look large.")
    return f" The true change is probably smaller, but hardly by much: one of {least}."


def _more_than_all(row: pd.Series) -> str:
    return (" That is more than all events there are: this period could not have shown that patrols prevent crime, "
            "however well they do.") if row["detectable_percent"] >= 100 else ""


def late(effects: Effects) -> str:
    """That patrols cannot have followed draws made after their shift began; an empty text where there is none."""
    late, all_of_them = effects.draws["after_start"], effects.draws["lotteries"]
    if not late:
        return ""
    if late < all_of_them:
        return (f"Take care: {count(late, 'shift')} of {all_of_them:,} {'was' if late == 1 else 'were'} drawn only "
                "after the start. Patrols cannot have followed such a draw in time, so any effect looks smaller than "
                "it is.")
    which = "The only shift was" if late == 1 else f"All {late:,} shifts were"
    return (f"{which} drawn only after the start. Patrols cannot have followed such draws in time: unless this is a "
            "rehearsal with made-up patrols, nothing below says what patrols did.")


def rule() -> str:
    """How to read the table of events in drawn boxes."""
    return (f"A row says something only where comparable undrawn boxes had at least {step.ENOUGH:.0f} events: they "
            "tell what is to be expected, however many the drawn boxes had. Comparable are as many undrawn boxes of "
            "the same chances; expected without the draw is that, corrected by the forecasts of both. 100 % fewer is "
            "all of them. Where the smallest change is more than all, this period could not have shown that patrols "
            "prevent crime, however well they do.")


def smallest(percent: float) -> str:
    """The smallest change that would have shown, in per cent."""
    return f"{percent:,.0f} %" if percent < 100 else "more than all"


def estimate(row: pd.Series) -> str:
    """Estimate and interval in events per 100 boxes drawn, or why there is none."""
    if not row["enough"]:
        return "too few events"
    value, low, high = (100 * row[name] for name in ("value", "low", "high"))
    return f"{value:.2f} ({low:.2f} to {high:.2f})" if math.isfinite(high) else f"{value:.2f} ({low:.2f} or more)"


def tied(effects: Effects, shown: int) -> str:
    """How many boxes share the greatest sum of chances, where the page cannot name them all."""
    found = effects.scope
    if found.tied <= shown:
        return ""
    return (f"{found.tied:,} boxes share the greatest sum of chances, {found.most_chances:.2f}, which the limits on a "
            f"box set; the table names {shown} of them in the order of their ids, the table as CSV holds all boxes.")


def per_hour(row: pd.Series | None, effects: Effects) -> str:
    """What a delivered patrol-hour did."""
    if row is None:
        return "What an hour of patrol did cannot be told: no visits are known in this period."
    moved = (f"A drawn box got {minutes(effects.hours_drawn)} of patrol, a comparable undrawn one "
             f"{minutes(effects.hours_undrawn)} (in {count(row['shifts'], 'shift')} with known visits).")
    if row["weak"] or not row["bounded"]:
        return (f"{moved} The draws hardly changed where patrols were (F = {row['strength']:.1f}, below 10 is weak), "
                f"so {NOTHING.lower()} about what an hour of patrol does.")
    if not row["enough"]:
        return f"{moved} {NOTHING} about what an hour of patrol does: too few events."
    span = f"{_per_100(row['low'])} to {_per_100(row['high'])}"
    if not row["conclusive"]:
        return (f"{moved} {NOTHING} about what an hour of patrol does: the data fit {span} events in the box for 100 "
                "hours of patrol.")
    return (f"{moved} 100 hours of patrol that the draw brought made {_per_100(row['value'])} events in the box, "
            f"{CONFIDENCE} interval {span}. What shows overstates: the true change is probably smaller, and only one "
            f"of {100 * row['detectable']:,.1f} events or more would have shown reliably.")


def beside(row: pd.Series | None) -> str:
    """Whether crime moved to the boxes next to drawn ones, or went down there, too."""
    if row is None:
        return ("Neighbours: whether crime moved to the next boxes cannot be told, because no undrawn box could "
                "as well have been beside a drawn one as not.")
    span = f"{change(row['percent_low'])} to {change(row['percent_high'])}"
    if not row["enough"] or not row["conclusive"]:
        reason = f"the data fit anything from {span}" if row["enough"] else "too few events"
        return f"Neighbours: {NOTHING.lower()} about crime in the undrawn boxes around a drawn one; {reason}."
    went = "more, as if crime had moved there" if row["value"] > 0 else "fewer, as if the patrol had worked there, too"
    return (f"Neighbours: undrawn boxes around a drawn one had {went}: {change(row['percent'])}, {CONFIDENCE} interval "
            f"{span}.{_overstated(row)} Part of that is also in the difference between drawn and undrawn boxes, "
            "because some undrawn boxes are such neighbours.")


def before(row: pd.Series | None) -> str:
    """The check a week before the draw."""
    if row is None:
        return "The check of the week before could not be made: the data do not reach back far enough."
    span = f"{change(row['percent_low'])} to {change(row['percent_high'])}"
    if math.isnan(row["percent_low"]):
        span = f"{_events(row['low'])} to {_events(row['high'])} events"
    said = "Check: in the same shift a week before, the draw cannot have done anything, and the same comparison "
    if row["conclusive"]:
        return (said + f"should show nothing; but its {CONFIDENCE} interval is {span}. One such check in twenty fails "
                "by chance. Read the other results with caution.")
    return said + f"shows nothing, as it should ({CONFIDENCE} interval {span})."


def scope(effects: Effects) -> str:
    """Which boxes the estimates speak of."""
    found = effects.scope
    beats = [clean(beat) for beat in found.beats]
    named = f"{len(beats)} beats ({beats[0]} to {beats[-1]})" if len(beats) > SHOWN else (
        f"{'beat' if len(beats) == 1 else 'beats'} {', '.join(beats)}")
    return (f"The estimates speak of {count(found.boxes, 'box', 'boxes')} of {named}: those that in at least one of "
            f"{count(found.shifts, 'shift')} had a chance of being drawn that was neither 0 nor 1; it lay between "
            f"{_percent(found.lowest)} and {_percent(found.highest)}. Counted shift by shift these are "
            f"{found.box_shifts:,}, of which {found.drawn:,} were drawn. Each counts by its chance, so "
            f"{count(found.half, 'box makes', 'boxes make')} up half of the result; the table names those with the "
            f"greatest chances. Of the other {count(found.other_boxes, 'box', 'boxes')} and of other times they say "
            "nothing.")


def method(effects: Effects) -> list[str]:
    """How it was done, and what was left out, in plain words."""
    return [
        "The lottery alone settled which boxes were drawn, so drawn and undrawn boxes of the same published chance "
        "differ by luck, and by what the draw did. Drawn boxes are compared with undrawn ones, weighted by chance / "
        "(1 - chance) so that both groups have the same chances. A box counts as drawn when the first lottery of its "
        "shift drew it, even if the patrol was then suppressed, replaced or never made; boxes that were added or "
        "topped up count as not drawn. Compared are events less those forecast before the shift.",
        f"The {CONFIDENCE} intervals come from the draws themselves: each holds the effects under which the difference "
        "would not be unusual for this lottery, whose shifts are drawn with seeds of their own. An event of uncertain "
        "time counts in parts in the shifts it may belong to, which makes effects look smaller. One interval in twenty "
        "misses the truth by chance: the first row is the one to read first." + _errors(effects.row(step.DRAWN)),
        "The hour of patrol uses the draw as an instrument: only hours that chance brought count. Neighbours are the "
        "undrawn ones of the eight boxes around a drawn one. How likely that was comes from drawing each "
        f"shift {count(effects.replays, 'more time')} with its recorded chances; the seed is made of the hashes of the "
        "draws' inputs.",
        "Only incidents that the public reported count, none that officers found"
        + ("; gunfire alerts of sensors have a row of their own." if effects.alerts else ".")
        + f" {effects.forecast_shifts:,} of {count(effects.scope.shifts, 'shift')} had a forecast made before it; in "
        "others events are compared as they are." + _left_out(effects.draws)]


def _errors(row: pd.Series | None) -> str:
    """Two ways to the error of the first row, which should not be far apart where there are many shifts."""
    if row is None or math.isnan(row["between_shifts"]):
        return ""
    return (f" The standard error of the first row is {100 * row['error']:.2g} events per 100 drawn boxes by the "
            f"draws; by the differences between the {count(row['shifts'], 'shift')} it would be "
            f"{100 * row['between_shifts']:.2g}.")


def _left_out(counts: Mapping[str, int]) -> str:
    said = ""
    if counts["tests"]:
        said += f" {count(counts['tests'], 'draw')} with a seed that somebody gave: tests, which count nowhere."
    if counts["drawn_again"]:
        said += f" {count(counts['drawn_again'], 'lottery was', 'lotteries were')} drawn again; the first counts."
    if counts.get("other_layout"):
        said += (f" {count(counts['other_layout'], 'drawn shift')} left out: drawn on another layout of boxes, "
                 "which is not to be mixed with this one.")
    if counts["no_data_yet"]:
        said += f" {count(counts['no_data_yet'], 'drawn shift')} left out: the incidents are not known yet."
    return said


def interval(row: pd.Series) -> str:
    """The interval of a row in per cent, or why there is none."""
    return f"{change(row['percent_low'])} to {change(row['percent_high'])}" if row["enough"] else "too few events"


def change(percent: float) -> str:
    """A change in per cent as ``12 % fewer``."""
    if math.isnan(percent):
        return "an unknown share"
    if math.isinf(percent):
        return "any number more"
    rounded = f"{abs(percent):,.0f} %"
    if rounded == "0 %":
        return "no change"
    return f"{rounded} {'fewer' if percent < 0 else 'more'}"


def minutes(hours: float, unit: str = "minutes") -> str:
    """Hours as ``12.3 minutes``."""
    return f"no {unit}" if math.isnan(hours) else f"{60 * hours:.1f} {unit}"


def over_time(effects: Effects, quiet: Sequence[str]) -> str:
    """How to read the charts over time; ``quiet`` names the crime types that have none."""
    unit = "day" if effects.days_each == 1 else "week"
    said = (f"Left: events by {unit}, and the forecast where every shift of it has one. Right: minutes of patrol "
            "planned, and delivered in planned boxes; a row of a crime type counts the boxes planned for it. All "
            "minutes in any box, ordinary patrol included, have a chart of their own. Lines that move together prove "
            "nothing: patrols are sent where crime is expected.")
    last = effects.over_time.iloc[-1]
    days = (pd.Timestamp(last["last"]) - pd.Timestamp(last["first"])).days + 1
    if days < effects.days_each:
        said += f" The last week has {count(days, 'day')} only."
    return said + (f" Without events and patrols: {', '.join(quiet)}." if quiet else "")


def short_date(date: str) -> str:
    """``2017-12-04`` as ``4 Dec``."""
    day = pd.Timestamp(date)
    return f"{day.day} {day.month_name()[:3]}"


def count(number: int, one: str, many: str = "") -> str:
    """``1 shift``, ``2,000 shifts``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _events(value: float) -> str:
    if abs(value) < 0.0005:
        return "no"
    return f"{abs(value):.2g} {'fewer' if value < 0 else 'more'}"


def _per_100(value: float) -> str:
    return "no" if abs(value) < 0.0005 else f"{100 * abs(value):,.1f} {'fewer' if value < 0 else 'more'}"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
