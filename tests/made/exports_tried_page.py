"""The table of the exports tried in docs/data.md, made of what the imports of the cases give."""
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"
START, END = "<!-- made by tools/exports_tried.py -->", "<!-- to here -->"
_NOUNS = {"incidents": "incidents", "gunfire": "alerts", "gps": "fixes", "roster": "rows", "tactics": "rows"}
_HEAD = ("| an export like | taken | read as |", "|---|---|---|")


def row(case, result):
    """One line of the table, of what an import has made of a case (None where it was refused)."""
    about = _plain(case.about.replace(" Values made up.", "").rstrip("."))
    if result is None:
        return f"| {about} | none | refused: *{_plain(case.refuses)}* |"
    taken = f"{result.added + result.updated} of {result.read} {_NOUNS[case.importer]}"
    read = [f"{role.replace('_', ' ')} `{_plain(column)}`" for role, column in result.mapping.items()
            if not re.search(r"\d$", role)]
    asked = [f"**asked for {case.asks['parameter']}**"] if case.asks else []
    return f"| {about} | {taken} | {', '.join(read + asked)} |"


def _plain(text):
    return re.sub(r"\s+", " ", text.replace("|", "/").replace("`", "'"))


def table(rows):
    """The whole table, between its marks."""
    return "\n".join([START, *_HEAD, *sorted(rows, key=str.casefold), END])


def in_page():
    """The table as it stands in the page."""
    text = PAGE.read_text(encoding="utf-8")
    return text[text.index(START):text.index(END) + len(END)]
