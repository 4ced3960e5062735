"""The page on placed boxes: what they would have held more, how sure that is, where they lie, and what they cost."""
from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from ...forecast.box_ids import TENTHS
from ...forecast.box_placing import ORIGINS
from ...workspace.numbers.layout_figures import AROUND
from . import web_page

if TYPE_CHECKING:
    from ...workspace.numbers.layout_figures import LayoutFigures
    from ...workspace.steps.placing import FoundLayout

WORTH_IT, NOT_WORTH_IT, UNKNOWN = "Worth it here", "Not worth it here", "Nothing can be told yet"
COSTS = (
    "Models stay valid: they weigh the ground, not boxes. Nothing has to be trained again.",
    "Forecasts of shifts that are not drawn yet are removed; score them again, or run the whole day.",
    "Shifts that are drawn keep their boxes: their plans, sheets, patrols and proofs do not change. What a box had in "
    "the last 7 and 28 days goes over to the new boxes by the area they share.",
    "Figures by box before and after are of different boxes: across the change compare areas, beats or neighbourhoods, "
    "not boxes. Maps that people know by heart change.",
    "A layout is numbered and kept with its reason. “Place boxes” with a share of 0 leads back to the plain fishnet.")
LIMITS = (
    "Events are published at the middle of a block, or rounded; squares can be no better placed than that. So the past "
    "is smoothed by that error before squares are laid, and the gain is told twice.",
    "A box is not a street, and events in a searched box are not events prevented: the figures say how many events the "
    "same area held, no more.",
    "The area counted here is the busiest 1 % of each crime type. The lottery draws less busy boxes too and is bound "
    "by caps, so what patrols meet gains less.")


def write_page(found: FoundLayout, figures: LayoutFigures, applied: str, title: str, path: str) -> None:
    """Write the HTML page; the file is the old one or the new one.

    Parameters
    ----------
    found : FoundLayout
    figures : LayoutFigures
    applied : str
        One sentence on whether the layout is in force now.
    title : str
    path : str
    """
    web_page.save(title, in_short(found) + [applied], parts(found, figures), path)


def in_short(found: FoundLayout) -> list[str]:
    """The verdict and what it rests on, in sentences."""
    gain = found.gain
    placed = (f"Found for now: {len(found.squares):,} squares, which with what they leave of the fishnet make "
              f"{len(found.boxes):,} boxes. They are laid by what was known on {found.as_of:%Y-%m-%d %H:%M} UTC, "
              f"blurred by {found.smooth:.0f} m because places are known no better.")
    if not found.share:
        return ["The plain fishnet: no square is placed.", f"{len(found.boxes):,} boxes."]
    if gain.gain != gain.gain:
        return [f"{UNKNOWN}: no crime type has events both before {found.judged_from:%Y-%m-%d} and in the year after. "
                "It takes two years of events.", placed]
    return [
        verdict(found),
        f"Squares were laid by what was known on {found.judged_from:%Y-%m-%d} and judged by the year after, up to "
        f"{found.as_of:%Y-%m-%d}. In it the busiest 1 % of the area held {gain.hits:,.0f} of {gain.events:,.0f} events "
        f"with placed boxes, and {gain.plain_hits:,.0f} with plain fishnets (average of {ORIGINS} that start at "
        "different corners): "
        f"{_more(gain.gain)}{_span(gain.low, gain.high)}.",
        f"Places are published only to within some {found.error:.0f} m. With those events moved at random by as much: "
        f"{_more(gain.moved)}{_span(gain.moved_low, gain.moved_high)}.",
        _types(found),
        placed]


def _types(found: FoundLayout) -> str:
    judged, others = (", ".join(name.replace("_", " ") for name in names) for names in (
        found.judged, sorted(set(found.density) - set(found.judged))))
    if not others:
        return f"Crime types judged: {judged}."
    return (f"Only these crime types could be judged: {judged}. Of the others ({others}) nothing was known on "
            f"{found.judged_from:%Y-%m-%d}; with them the gain may be larger or smaller, so look again in a year.")


def verdict(found: FoundLayout) -> str:
    """One sentence: worth it, not worth it, or nothing can be told."""
    gain = found.gain
    if gain.worth_it:
        return (f"{WORTH_IT}: the next year is likely to gain too, whether events lie where they were published or "
                "somewhere near.")
    if any(end != end for end in (gain.low, gain.moved_low)):
        return (f"{UNKNOWN}: too little is known of the time before {found.judged_from:%Y-%m-%d} to say how sure the "
                "gain is.")
    if max(gain.high, gain.moved_high) < 1.0:
        return f"{NOT_WORTH_IT}: placed boxes held fewer events than plain ones."
    return (f"{NOT_WORTH_IT}: no gain at all is within the interval, so what is seen may be luck. As far as these "
            "events can tell, the plain fishnet does as well.")


def parts(found: FoundLayout, figures: LayoutFigures) -> list[str]:
    """The gain as a picture, the maps, costs and limits, as HTML."""
    from ..paper.layout_map import Panel, side_by_side  # this needs Qt; the words do not

    around = AROUND * found.ground.size / 1000
    window = (figures.fishnet.min(axis=0) - 0.5).tolist() + (figures.fishnet.max(axis=0) + 1.5).tolist()
    return [
        *_gain(found),
        web_page.chart("Before and after", lambda: side_by_side(
            (Panel(f"Before: the {len(figures.busiest)} busiest boxes of the fishnet", figures.busiest),
             Panel(f"After: {len(figures.squares)} placed squares", figures.squares)),
            figures.fishnet, window, web_page.WIDTH)),
        web_page.chart(f"The busiest place and {around:g} km around it", lambda: side_by_side(
            (Panel("Before: the fishnet's busiest boxes", figures.busiest),
             Panel("After: placed squares; the fishnet keeps the rest", figures.squares)),
            figures.fishnet, figures.near, web_page.WIDTH, figures.cells)),
        web_page.paragraph(circles_in_words(found)),
        web_page.heading("What it costs"), _listed(COSTS), web_page.heading("What these figures do not say"),
        _listed(LIMITS)]


def circles_in_words(found: FoundLayout) -> str:
    """What the circles on the map near by are."""
    return (f"Circles: events known, by cells of {found.ground.size / TENTHS:g} m where they were published; newer "
            "ones count more and each crime type counts the same. Squares are laid on these, blurred.")


def _gain(found: FoundLayout) -> list[str]:
    from ..paper import charts  # as above

    gain = found.gain
    if gain.gain != gain.gain:
        return []
    names = ["events where published", f"events moved by {found.error:.0f} m"]
    more, low, high = ([_percent(ratio) for ratio in ratios] for ratios in (
        (gain.gain, gain.moved), (gain.low, gain.moved_low), (gain.high, gain.moved_high)))
    words = [_rounded(*numbers) for numbers in zip(more, low, high)]
    picture = web_page.chart("More events in the same area, with 90 % intervals", lambda: charts.intervals(
        names, more, low, high, web_page.WIDTH, "per cent more", words=words))
    return [picture, web_page.paragraph(
        "The intervals are for the year after, with squares laid anew: in them is how much places changed between the "
        "last two years, and waves of a few weeks. Right of 0 is more than plain fishnets hold.")]


def _listed(sentences: Sequence[str]) -> str:
    return "".join(web_page.paragraph(sentence) for sentence in sentences)


def _rounded(more: float, low: float, high: float) -> str:
    return f"{more:.0f} %" + ("" if low != low else f" ({low:.0f} to {high:.0f})")


def _percent(ratio: float) -> float:
    return 100.0 * (ratio - 1.0)


def _more(ratio: float) -> str:
    return f"{abs(_percent(ratio)):.0f} % {'more' if ratio >= 1 else 'fewer'}"


def _span(low: float, high: float) -> str:
    if low != low:
        return " (no interval)"
    return f" (90 % interval {_percent(low):+.0f} to {_percent(high):+.0f} %)"
