"""Which roll-call sheet shows what: every text of a page and where it stands, as plain tables.

The tables go into the plan GeoPackage, and the layout reads them page by page; so the layout stays one editable design
while no text from data is ever read as an expression or markup.
"""
import pandas as pd
from shapely.geometry import box as rectangle
from shapely.ops import unary_union

from . import queries, style

TOP = 28.0
SIDE = 50.0
GAP = 4.0
TEXT = 9.0
SMALL = 8.0
TINY = 6.5
TITLE = 5.5
MOST_TACTICS = 8
PADDING = 1.2
FOOT = 19.0
TALLEST_MAP = 160.0
KEY_ROW, KEY_NOTE, SCALE = 4.6, 10.0, 10.0
LEAST_VIEW = 1500.0
COLUMNS = (("number", "No.", 9.0), ("box", "Box", 25.0), ("where_it_is", "Where", 0.0), ("letter", "", 7.0),
           ("crime_type", "Crime type", 38.0), ("chance", "Chance", 32.0), ("minutes", "Minutes", 20.0))
CHANCE_NOTE = ("Chance of at least one crime of any forecast type in this box during this shift; 90 % interval. A forecast is a "
               "chance, not a finding about anybody.")
NOT_APPROVED = "not yet approved"


def column_widths(page_width):
    """Width in millimetres of each column of the table; the column without one takes what is left."""
    left = page_width - 2 * style.MARGIN - sum(width for _, _, width in COLUMNS)
    return [width or left for _, _, width in COLUMNS]


def key(crime_types):
    """The crime types as the key beside the map shows them: names in one line."""
    return crime_types.assign(key=["".join(style.fit(name, SIDE - 10, SMALL)) for name in crime_types["name"]])


def side_height(count):
    """Millimetres that the small map, a key of ``count`` crime types, its note and the scale need; the big map is never lower."""
    return SIDE + GAP + TITLE + count * KEY_ROW + GAP / 2 + KEY_NOTE + GAP + SCALE


def sheets(rollcalls):
    """Pages of some shifts, in order.

    Returns
    -------
    sheets : DataFrame
        One row per page: all its texts, the millimetres its parts need, the outline of its map as ``geometry``.
    rows : DataFrame
        One row per line of a table, as texts, with the ``sheet`` it is on and the colour of its crime type.
    patrols : DataFrame
        The patrols of all shifts with the number of their ``sheet``.
    """
    pages, rows, patrols = [], [], []
    for rollcall in rollcalls:
        start = len(pages)
        for beat in rollcall.pages if not rollcall.message else ("",):
            _beat(rollcall, beat, pages, rows, patrols)
        for number, page in enumerate(pages[start:], 1):
            page["page"] = f"Page {number} of {len(pages) - start}"
    patrols = pd.concat(patrols, ignore_index=True) if patrols else rollcalls[0].patrols.assign(sheet=0)
    return pd.DataFrame(pages), pd.DataFrame(rows, columns=["sheet", "number", "box", "where_it_is", "letter", "crime_type",
                                                            "chance", "minutes", "colour"]), patrols


def _beat(rollcall, beat, pages, rows, patrols):
    """Append the page, or pages, of one beat."""
    width, height = style.page_size(rollcall.page_size)
    mine = rollcall.patrols[rollcall.patrols["beat"] == beat]
    lines = [_row(rollcall, patrol, width) for patrol in mine.to_dict("records")]
    tactics = _tactics(rollcall, set(mine["crime_type"]), width)
    note = "\n".join(style.fit(CHANCE_NOTE, width - 2 * style.MARGIN - 2, SMALL, 3)) if len(mine) else ""
    why = _why(rollcall, mine, width)
    room = height - style.MARGIN - FOOT - TOP - 4 * GAP - _lines_height([note]) - _block_height(tactics[1]) - _header_height()
    room -= TITLE + GAP if any(why) else 0.0
    heights = [_row_height(line) + _lines_height([reason]) for line, reason in zip(lines, why)]
    parts = _parts(heights, room - side_height(len(rollcall.crime_types)))
    for part, (first, last) in enumerate(parts, 1):
        sheet = len(pages) + 1
        shown = mine.iloc[first:last].assign(sheet=sheet)
        map_height = min(TALLEST_MAP, room - sum(heights[first:last]))
        table_top = TOP + map_height + GAP
        note_top = table_top + _header_height() + sum(_row_height(line) for line in lines[first:last]) + GAP / 2
        reasons = [reason for reason in why[first:last] if reason]
        why_top = note_top + _lines_height([note]) + GAP / 2
        tactics_top = why_top + _block_height(reasons) + (GAP if reasons else 0.0)
        outline = _outline(rollcall, beat)
        view = _view(shown, outline)
        pages.append({
            "sheet": sheet, "shift_date": rollcall.shift_date, "shift": rollcall.shift, "beat": beat,
            **_words(rollcall, beat, part, len(parts)),
            "message": "" if len(shown) else rollcall.message or f"No box is assigned to beat {beat} in this shift.",
            "note": note,
            "why_title": "Why these boxes" if reasons else "", "why": "\n".join(reasons),
            "tactics_title": tactics[0], "tactics": "\n".join(tactics[1]),
            "map_height": map_height, "table_top": table_top, "note_top": note_top,
            "why_top": why_top, "why_text_top": why_top + TITLE,
            "tactics_top": tactics_top, "tactics_text_top": tactics_top + TITLE,
            **dict(zip(("xmin", "ymin", "xmax", "ymax"), _square(outline.union(view).bounds))),
            "geometry": view,
        })
        rows.extend({"sheet": sheet, **line} for line in lines[first:last])
        patrols.append(shown)


def _words(rollcall, beat, part, parts):
    title = f"Roll call — Beat {beat}" if beat in set(rollcall.beats["beat"]) else "Roll call"
    if parts > 1:
        title += f" (sheet {part} of {parts})"
    width, _ = style.page_size(rollcall.page_size)
    width -= 2 * style.MARGIN
    subtitle = " · ".join((f"{rollcall.shift_name} shift", queries.date_in_words(rollcall.shift_date), rollcall.hours))
    return {
        "title": "\n".join(style.fit(title, width * 0.66, 19, bold=True)),
        "agency": "\n".join(style.fit(rollcall.agency, width * 0.33, TEXT, lines=2)),
        "subtitle": "\n".join(style.fit(subtitle, width, 11)),
        "proof": "\n".join(_proof(rollcall)),
        "source": " · ".join(text for text in (
            f"Forecast uses data reported until {rollcall.as_of}" if rollcall.as_of else "",
            f"ShotSpotter Connect {rollcall.version}".strip()) if text),
    }


def _proof(rollcall):
    """Lines with which anybody can check the draw later."""
    if not rollcall.seed_hash:
        lines = []
    elif rollcall.lottery:
        lines = [f"{'Seed hash of this draw':<36}{rollcall.seed_hash}"]
    else:
        lines = [f"{'Test with a given seed, no lottery':<36}{rollcall.seed_hash}"]
    for coming in rollcall.coming.head(1).to_dict("records"):
        label = f"Next draw, {coming['shift_date']} {coming['shift_name']}"
        lines.append(f"{label[:35]:<36}{coming['seed_hash']}")
    if rollcall.chain_head:
        lines.append(f"{'Chain head of adjustments':<36}{rollcall.chain_head}")
    return lines


def _row(rollcall, patrol, page_width):
    widths = dict(zip((name for name, _, _ in COLUMNS), column_widths(page_width)))
    kind = rollcall.crime_types[rollcall.crime_types["crime_type"] == patrol["crime_type"]]
    name, letter, colour = kind[["name", "letter", "colour"]].iloc[0] if len(kind) else ("–", "", "")
    extra = [f"Unit {queries.clean(patrol['unit'])}"] if queries.clean(patrol["unit"]) else []
    extra += ["added"] if patrol["origin"] == "added" else []

    def fitted(text, column, lines=2):
        return "\n".join(style.fit(text, widths[column] - 2 * PADDING - 0.6, TEXT, lines))

    return {"number": str(patrol["number"]),
            "box": "\n".join([fitted(patrol["box_id"], "box", 1)] + ([fitted(", ".join(extra), "box", 1)] if extra else [])),
            "where_it_is": fitted(patrol["where"], "where_it_is"), "letter": letter,
            "crime_type": fitted(name, "crime_type"),
            "chance": queries.chance_in_words(patrol["chance"], patrol["chance_low"], patrol["chance_high"]),
            "minutes": fitted(queries.minutes_in_words(patrol["target_minutes"], patrol["returns"]), "minutes"),
            "colour": colour or ""}


def _tactics(rollcall, shown, page_width):
    """Title and lines of the tactics that serve the crime types on a page."""
    letters = dict(zip(rollcall.crime_types["crime_type"], rollcall.crime_types["letter"]))
    serving = [tactic for tactic in rollcall.tactics.to_dict("records")
               if shown and (not tactic["crime_types"] or shown & set(tactic["crime_types"]))]
    if not serving:
        return "", []
    none_approved = not any(tactic["approved"] for tactic in serving)
    lines = []
    for tactic in serving[:MOST_TACTICS]:
        served = [letters[code] for code in letters if code in shown and code in tactic["crime_types"]]
        text = f"•  {tactic['name']} ({', '.join(served) if served else 'all'})"
        text += f" – {tactic['description']}" if tactic["description"] else ""
        text += f" [{NOT_APPROVED}]" if not (tactic["approved"] or none_approved) else ""
        lines.append("\n".join(style.fit(text, page_width - 2 * style.MARGIN - 2, SMALL, 2)))
    if len(serving) > MOST_TACTICS:
        lines.append(f"•  and {len(serving) - MOST_TACTICS} more on the agency's list")
    return "Tactics" + (f" ({NOT_APPROVED} by the agency)" if none_approved else ""), lines


def _why(rollcall, patrols, page_width):
    """One text per box: the reasons its forecast gives."""
    letters = dict(zip(rollcall.crime_types["crime_type"], rollcall.crime_types["letter"]))
    return ["\n".join(style.fit(f"{patrol['number']}{letters.get(patrol['crime_type'], '')}  {'; '.join(patrol['reasons'])}",
                                page_width - 2 * style.MARGIN - 2, SMALL, 2)) if patrol["reasons"] else ""
            for patrol in patrols.to_dict("records")]


def _header_height():
    return style.line_height(SMALL) + 2 * PADDING


def _row_height(row):
    lines = max(text.count("\n") + 1 for text in row.values())
    return (lines - 0.15) * style.line_height(TEXT) + 2 * PADDING


def _block_height(lines):
    """A title and its lines; nothing at all without lines."""
    return TITLE + _lines_height(lines) if lines else 0.0


def _lines_height(texts):
    return sum(text.count("\n") + 1 for text in texts if text) * style.line_height(SMALL)


def _parts(heights, room):
    """Cut rows into runs that fit into ``room`` millimetres; at least one run, at least one row in each if there are rows."""
    parts, first, used = [], 0, 0.0
    for row, height in enumerate(heights):
        if row > first and used + height > room:
            parts.append((first, row))
            first, used = row, 0.0
        used += height
    return parts + [(first, len(heights))]


def _outline(rollcall, beat):
    """The beat, or the whole area where there is no beat of that name."""
    own = [shape for name, shape in zip(rollcall.beats["beat"], rollcall.beats["geometry"]) if name == beat]
    return own[0] if own else rectangle(*rollcall.area)


def _view(patrols, outline):
    """What the map of a page shows: its boxes with some streets around, or the beat where it has none."""
    if not len(patrols):
        return rectangle(*outline.bounds)
    xmin, ymin, xmax, ymax = unary_union(list(patrols["geometry"])).bounds
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    half_width, half_height = (max(LEAST_VIEW, 1.15 * size) / 2 for size in (xmax - xmin, ymax - ymin))
    return rectangle(x - half_width, y - half_height, x + half_width, y + half_height)


def _square(bounds, margin=0.04):
    """The bounds with a margin, grown to a square around the same middle."""
    xmin, ymin, xmax, ymax = bounds
    half = (0.5 + margin) * max(xmax - xmin, ymax - ymin)
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    return x - half, y - half, x + half, y + half
