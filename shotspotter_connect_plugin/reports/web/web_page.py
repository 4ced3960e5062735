"""Pages for a browser: one HTML file that needs no other, with vector pictures and tables."""
from __future__ import annotations

import html
import itertools
from typing import TYPE_CHECKING, Callable, Collection, Iterable, Sequence

from ...files import replace_text

if TYPE_CHECKING:
    from ..paper.drawing import Picture

WIDTH = 190.0
"""Of pictures, in mm."""
_STYLE = ("body{font:15px/1.5 'Open Sans',sans-serif;color:#1d2329;max-width:60em;margin:2em auto;padding:0 1em}"
          "table{border-collapse:collapse;font-size:13px}th,td{border:1px solid #d5dae0;padding:.3em .5em;"
          "text-align:right;vertical-align:bottom}.words{text-align:left}svg{width:100%;height:auto}")


def save(title: str, details: Sequence[str], parts: Sequence[str], path: str) -> None:
    """Write a page; the file is the old one or the new one.

    Parameters
    ----------
    title : str
    details : sequence of str
        Sentences under the title.
    parts : sequence of str
        HTML, as the other functions here give it.
    path : str

    Raises
    ------
    ConnectError
        Where the file cannot be written.
    """
    replace_text(path, page(title, details, parts), "The report")


def page(title: str, details: Sequence[str], parts: Sequence[str]) -> str:
    """The page as text; parameters as of :func:`save`."""
    return (f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><title>{html.escape(title)}</title>"
            f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>"
            + "".join(paragraph(text) for text in details) + "\n".join(parts) + "</body></html>\n")


def heading(text: str) -> str:
    """A heading."""
    return f"<h2>{html.escape(text)}</h2>"


def paragraph(text: str) -> str:
    """A paragraph; nothing in it acts."""
    return f"<p>{html.escape(text)}</p>"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]], words: Collection[int] = (0,)) -> str:
    """A table of texts; columns of ``words`` begin at their left side, the others, of numbers, end at their right."""
    def line(tag: str, cells: Iterable[str]) -> str:
        kinds = (" class='words'" if place in words else "" for place in itertools.count())
        written = "".join(f"<{tag}{kind}>{html.escape(cell)}</{tag}>" for kind, cell in zip(kinds, cells))
        return f"<tr>{written}</tr>"

    body = "\n".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', heads)}</thead><tbody>\n{body}</tbody></table>"


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    """Words and what they mean."""
    return "<dl>" + "".join(f"<dt><b>{html.escape(word)}</b></dt><dd>{html.escape(meaning)}</dd>"
                            for word, meaning in pairs) + "</dl>"


def chart(title: str, draw: Callable[[], Picture]) -> str:
    """A chart under its title; ``draw()`` gives the picture. A sentence where charts cannot be drawn."""
    from ..paper import charts, style  # these need Qt; pages without them do not

    if not charts.available():
        return paragraph(charts.MISSING)
    picture = draw()
    words = "".join(f"<text x='{word.x / charts.POINT:.1f}' y='{word.y / charts.POINT:.1f}' font-size='{word.points}' "
                    f"fill='{style.colour(word.ink).name()}' text-anchor='{word.anchor}'>"
                    f"{html.escape(word.text)}</text>" for word in picture.words)
    svg = picture.svg[picture.svg.index("<svg"):].replace("</svg>", f"<g font-family='sans-serif'>{words}</g></svg>")
    return f"<h3>{html.escape(title)}</h3>{svg}"
