#!/usr/bin/env python3
"""Draws docs/images/house.svg from the imports of the package: its rooms and wings, and who uses whom.

A wing stands above all that it uses. An arrow that a chain of other arrows tells already is left out. What stands
beside the rooms (errors, files, progress and the like) may be used by all and is not drawn.
"""
import ast
import re
from collections import defaultdict
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "shotspotter_connect_plugin"
PICTURE = ROOT / "docs" / "images" / "house.svg"
WHAT = {
    "ui": "docks, dialogs, menus", "processing": "one file per algorithm, named after its id",
    "reports/builders": "one module per report: figures to pages", "reports/plan": "roll call, plan project, phone",
    "reports/web": "reports as pages for a browser", "reports/paper": "pages, tables, charts, maps of any report",
    "workspace/exports": "files that leave the agency's desk",
    "workspace/numbers": "what was delivered, to whom, to what effect",
    "workspace/steps": "read tables, call forecast or patrol, write tables",
    "workspace/imports": "files of others, understood, checked, placed",
    "workspace/store": "tables and settings of one file, and how they are kept",
    "patrol": "lottery, limits, visits, effect: functions of arrays",
    "forecast": "events to expect: functions of arrays"}
QGIS, PLAIN = "#fde9d0", "#e2f1e2"
WIDE, TALL, BETWEEN, DOWN, EDGE, WORDS = 180, 36, 24, 58, 16, 360


def wing_of(parts):
    """The room or wing that a path or dotted name inside the package is in; None beside the rooms."""
    return next((name for name in ("/".join(parts[:2]), parts[0]) if name in WHAT), None)


def uses():
    """Wing -> wings that its modules import."""
    found = {name: set() for name in WHAT}
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE).parts
        here = wing_of(inside)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.level or here is None:
                continue
            base = [*inside[:len(inside) - node.level], *(node.module or "").split(".")]
            for alias in node.names:
                there = wing_of([part for part in [*base, alias.name] if part])
                if there not in (None, here):
                    found[here].add(there)
    return found


def below(name, found):
    """All wings that one uses, over others too."""
    return found[name].union(*(below(other, found) for other in found[name]))


def needed(found):
    """The arrows that no chain of other arrows tells already."""
    return {name: sorted(others - set().union(set(), *(below(other, found) for other in others)))
            for name, others in found.items()}


def storeys(found):
    """Wings in rows from the ground up: each stands on the highest of those it uses."""
    def height(name):
        return 1 + max((height(other) for other in found[name]), default=-1)
    rows = defaultdict(list)
    for name in WHAT:
        rows[height(name)].append(name)
    return [rows[number] for number in sorted(rows)]


def needs_qgis():
    """The wings whose modules import QGIS."""
    files = ((wing_of(path.relative_to(PACKAGE).parts), path.read_text(encoding="utf-8"))
             for path in PACKAGE.rglob("*.py"))
    return {name for name, text in files if re.search(r"^\s*(from|import) qgis\b", text, re.M)}


def picture():
    """The drawing as SVG."""
    found, skin = uses(), needs_qgis()
    rows = storeys(found)[::-1]
    wings = max(len(row) for row in rows) * (WIDE + BETWEEN) - BETWEEN
    width, height = 2 * EDGE + wings + WORDS, 3 * EDGE + len(rows) * DOWN
    place = {name: (EDGE + (wings - len(row) * (WIDE + BETWEEN) + BETWEEN) / 2 + index * (WIDE + BETWEEN),
                    EDGE + number * DOWN)
             for number, row in enumerate(rows) for index, name in enumerate(row)}
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
             '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
             '<path d="M0 0 8 4 0 8z" fill="#666"/></marker></defs>',
             f'<rect width="{width}" height="{height}" fill="white"/>']
    for name, others in needed(found).items():
        for other in others:
            (x1, y1), (x2, y2) = place[name], place[other]
            lines.append(f'<path d="M{x1 + WIDE / 2:g} {y1 + TALL} L{x2 + WIDE / 2:g} {y2 - 1}" stroke="#666" '
                         'fill="none" marker-end="url(#tip)"/>')
    for name, (x, y) in place.items():
        lines += [f'<rect x="{x:g}" y="{y}" width="{WIDE}" height="{TALL}" rx="5" fill="'
                  f'{QGIS if name in skin else PLAIN}" stroke="#444"/>',
                  f'<text x="{x + WIDE / 2:g}" y="{y + 23}" text-anchor="middle" font-size="14">{escape(name)}</text>']
    for number, row in enumerate(rows):
        middle = EDGE + number * DOWN + TALL / 2 + 5 - 8 * (len(row) - 1)
        lines += [f'<text x="{2 * EDGE + wings}" y="{middle + 16 * index:g}" font-size="13" fill="#333">'
                  f'{escape(WHAT[name])}</text>' for index, name in enumerate(row)]
    foot = EDGE + len(rows) * DOWN + 14
    for x, colour, words in ((EDGE, QGIS, "imports QGIS"), (EDGE + WIDE, PLAIN, "knows no QGIS and no Qt")):
        lines += [f'<rect x="{x}" y="{foot - 12}" width="16" height="16" fill="{colour}" stroke="#444"/>',
                  f'<text x="{x + 24}" y="{foot + 1}" font-size="13" fill="#333">{words}</text>']
    return "\n".join([*lines, "</svg>"]) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
