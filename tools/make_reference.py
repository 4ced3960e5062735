#!/usr/bin/env python3
"""Write docs/settings.md and docs/tables.md from the code that declares settings and tables.

    tools/make_reference.py

A test fails when the pages are older than the code.
"""
import json
import sys
from dataclasses import fields
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shotspotter_connect_plugin.workspace.store.settings import Settings  # noqa: E402
from shotspotter_connect_plugin.workspace.store.tables import SCHEMA_VERSION, TABLES  # noqa: E402

WRITTEN_BY = "<!-- Written by tools/make_reference.py; change the code, not this page. -->"

SETTINGS = """# Settings

{written_by}

A workspace keeps the agency's settings in its own table, so they travel with the file. **Configure workspace** changes
them from one JSON file, and writes that file too (parameter `EXPORT`): export, change what you want, bring it back.
What a file does not name stays as it is, and a file with a mistake changes nothing.

```json
{{
  "settings": {{"agency": "Springfield Police", "cap": 0.4}},
  "crime_types": [{{"crime_type": "theft", "severity": 1.0, "severity_source": "Council, March 2026"}}],
  "shifts": [
    {{"shift": "a", "name": "A", "start": "07:00", "end": "19:00", "weekdays": "1234567"}},
    {{"shift": "b", "name": "B", "start": "19:00", "end": "07:00", "weekdays": "1234567"}}
  ]
}}
```

* `settings`: the names of the table below. {fixed} are fixed when a workspace is made.
* `crime_types`: what a row names is changed, by its `crime_type`; the others stay. `severity` and `effectiveness` set
  how much an event weighs in the draw; each carries its source, and both are yours to decide.
* `shifts` and `tactics`: whole lists, which replace the present ones. A shift may cross midnight (`end` not after
  `start`), and belongs to the date on which it starts. Weekdays are 1 (Monday) to 7 (Sunday).

The fields of these lists are those of the tables `crime_types`, `shifts` and `tactics` in [tables.md](tables.md).

| setting | default | limits | meaning |
|---|---|---|---|
{rows}
"""

TABLES_PAGE = """# Tables of a workspace

{written_by}

A workspace is one GeoPackage; QGIS and any program that reads GeoPackages or SQLite can open it. This page describes
version {version}. Look at the tables as much as you like; change them through the plugin only, so that every change is
checked and recorded.

* `utc`: an instant, ISO 8601 with `Z`. `local`: the agency's wall clock. `date`: `YYYY-MM-DD`. `json`: text that holds
  JSON.
* A column in **bold** is part of the key; one marked \\* is never empty.
* The database itself refuses to change or remove a row of a table marked *append-only*.

{tables}
"""


def settings_page():
    rows = []
    for item, (name, _, default, meaning) in zip(fields(Settings), Settings.describe()):
        low, high = item.metadata["low"], item.metadata["high"]
        limits = "" if low is None and high is None else (
            f"at least {low:g}" if high is None else f"{low:g} to {high:g}")
        shown = json.dumps(default) if default not in ("", [], {}) else ""
        rows.append("| `{}` | {} | {} | {} |".format(name, "`" + shown + "`" if shown else "", limits, meaning))
    fixed = ["`" + name + "`" for name, _, _, meaning in Settings.describe() if "fixed at creation" in meaning]
    return SETTINGS.format(written_by=WRITTEN_BY, rows="\n".join(rows), fixed=" and ".join(fixed))


def tables_page():
    return TABLES_PAGE.format(written_by=WRITTEN_BY, version=SCHEMA_VERSION,
                              tables="\n\n".join(_section(table) for table in TABLES.values()))


def _section(table):
    notes = ([table.geometry.lower() + " layer"] if table.geometry else []) + (
        ["append-only" + ("; `" + table.reveal + "` may be filled in once" if table.reveal else "")]
        if table.append_only else [])
    note = " *" + "; ".join(notes).capitalize() + ".*" if notes else ""
    lines = ["## " + table.name, "", table.help + "." + note, "", "| column | type | meaning |", "|---|---|---|"]
    for column in table.columns:
        name = "**" + column.name + "**" if column.name in table.key else column.name
        lines.append("| {}{} | {} | {} |".format(name, " \\*" if column.required else "", column.type, column.help))
    return "\n".join(lines)


PAGES = {"settings.md": settings_page, "tables.md": tables_page}

if __name__ == "__main__":
    for file_name, page in PAGES.items():
        (ROOT / "docs" / file_name).write_text(page(), encoding="utf-8")
