"""Which roll-call sheet shows what: every text of a page and where it stands, as plain tables.

The tables go into the plan GeoPackage, and the layout reads them page by page; so the layout stays one editable design
while no text from data is ever read as an expression or markup. Lengths are millimetres, sizes of text are points.
"""
from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

import pandas as pd
from shapely.geometry import box as rectangle
from shapely.ops import unary_union

from ...workspace.steps.shift_plan import drive_in_words
from ..paper import charts, style, wording

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ...workspace.steps.plan_frames import CrimeTypeLegend
    from ..paper.report_frames import OfferedTactics, SheetPatrols
    from .rollcall_data import RollCall

SUBTITLE, TEXT, SMALL, TINY = 11.0, 9.0, 8.0, 6.5
_USED = 0.97  # letters on paper are drawn a little apart
TOP, FOOT, GAP, TITLE, PADDING = 28.0, 19.0, 4.0, 5.5, 1.2
SIDE, KEY_ROW, KEY_NOTE, SCALE = 48.0, 4.6, 10.0, 9.0
TALLEST_MAP = 160.0
LOGO, QR = (32.0, 13.0), 17.0
LEAST_VIEW = 1500.0  # metres on the ground
MOST_TACTICS = 10
COLUMNS = (("number", "No.", 9.0), ("box", "Box", 25.0), ("where_it_is", "Where", None), ("letter", "", 7.0),
           ("crime_type", "Crime type", 38.0), ("chance", "Chance of any crime", 34.0), ("minutes", "Minutes", 20.0))
ROW_COLUMNS = ("sheet", *(name for name, _, _ in COLUMNS), "colour")
CHANCE_NOTE = ("Chance of any forecast crime in this box and shift, if crimes come one by one; 90 % interval. "
               "A forecast is a chance, not a finding about anybody.")
RETURN_NOTE = " Minutes 2 × 15: stay 15 minutes, and come back once for 15 more."
BY_STREETS = " Order and drive: the nearest box next, along the streets."
STRAIGHT = " Order and drive: the nearest box next, in a straight line (~); streets take longer."
IN_PART = " Order and drive: the nearest box next, along the streets; ~ in a straight line, streets take longer."
DETAIL = ((2, 2), (1, 1), (1, 0))  # most lines for the reasons of a box and for a tactic; the first that saves paper
NO_REASONS = ("Drawn by the lottery, which also takes boxes whose forecast is not in the highest tenth; nothing on "
              "record stands out here.")
NO_REASONS_ADDED = "No reasons are on record for these boxes."
NOT_APPROVED = "not yet approved"
_NO_KIND = {"name": "–", "letter": "", "colour": ""}


def column_widths(page_width: float) -> list[float]:
    """Width of each column of the table; the column without one takes what is left."""
    left = page_width - 2 * style.MARGIN - sum(width or 0.0 for _, _, width in COLUMNS)
    return [width or left for _, _, width in COLUMNS]


def key(crime_types: CrimeTypeLegend) -> pd.DataFrame:
    """The crime types as the key beside the map shows them: names in one line."""
    return crime_types.assign(key=["".join(style.fit(name, SIDE - 10, SMALL)) for name in crime_types["name"]])


def header_widths(width: float, logo: bool, qr: bool) -> tuple[float, float]:
    """Width of the title and of the agency's name beside it, with a logo and a QR code at the right where there are."""
    pictures = (LOGO[0] + 2.0 if logo else 0.0) + (QR + 2.0 if qr else 0.0)
    split = min(0.67 * width, width - pictures - 30.0)
    return split, width - pictures - split


def side_height(count: int) -> float:
    """What the small map, a key of ``count`` crime types, its note and the scale need; the big map is never lower."""
    return SIDE + GAP + TITLE + count * KEY_ROW + GAP / 2 + KEY_NOTE + GAP / 2 + SCALE


def sheets(rollcalls: Sequence[RollCall]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Pages of some shifts, in order.

    Returns
    -------
    sheets : DataFrame
        One row per page: all its texts, where its parts stand, the outline of its map as ``geometry``.
    rows : DataFrame
        ROW_COLUMNS: one row per line of a table, as texts, with the sheet it is on and the colour of its crime type.
    patrols : DataFrame
        The patrols of all shifts with the number of their ``sheet``.
    """
    pages: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    patrols: list[pd.DataFrame] = []
    for rollcall in rollcalls:
        first, qr = len(pages), _qr(rollcall.phone)
        kinds = rollcall.crime_types.set_index("crime_type").to_dict("index")
        for beat in ("",) if rollcall.message else rollcall.pages:
            _add_beat(rollcall, kinds, beat, pages, rows, patrols)
        for number, page in enumerate(pages[first:], 1):
            page["page"] = f"Page {number} of {len(pages) - first}"
            page["qr"], page["logo"] = qr, ""
    pages[0]["logo"] = _embedded(rollcalls[0].logo)  # once: the layout takes it from there when it is made
    return pd.DataFrame(pages), pd.DataFrame(rows, columns=list(ROW_COLUMNS)), pd.concat(patrols, ignore_index=True)


def _qr(phone: str) -> str:
    """The QR code of an address as a picture in text; an empty text without address, or without reportlab."""
    # Ten times as large as it is shown: QGIS takes a picture that each page names itself for pixels.
    return embedded(charts.qr_code(phone, 10 * QR).svg.encode()) if phone and charts.available() else ""


def _embedded(path: str | Path) -> str:
    try:
        return embedded(Path(path).read_bytes()) if path else ""
    except OSError:  # a logo that is not there is no reason not to print
        return ""


def embedded(picture: bytes) -> str:
    """A picture's bytes as QGIS takes them in the place of a path."""
    return "base64:" + base64.b64encode(picture).decode("ascii")


def _add_beat(rollcall: RollCall, kinds: dict[str, dict[str, str]], beat: str, pages: list[dict[str, Any]],
              rows: list[dict[str, Any]], patrols: list[pd.DataFrame]) -> None:
    """Append the page of one beat, or its pages where its boxes need more than one."""
    mine = rollcall.patrols[rollcall.patrols["beat"] == beat]
    lines = [_row(rollcall, kinds, patrol) for patrol in mine.to_dict("records")]
    text = _text(rollcall, kinds, mine, lines)
    outline = _outline(rollcall, beat)
    for part, (first, last) in enumerate(text.parts, 1):
        sheet = len(pages) + 1
        shown = mine.iloc[first:last].assign(sheet=sheet)
        reasons = [reason for reason in text.why[first:last] if reason] or text.no_reasons
        map_height = min(TALLEST_MAP, text.room - sum(text.heights[first:last]))
        table_top = TOP + map_height + GAP
        note_top = table_top + _header_height() + sum(map(_row_height, lines[first:last])) + GAP / 2
        why_top = note_top + _lines_height([text.note]) + GAP / 2
        tactics_top = why_top + (_block_height(reasons) + GAP if reasons else 0.0)
        view = _view(shown, outline)
        seen = _shown(view, _inner(rollcall)[0] - SIDE - GAP, map_height)
        pages.append({
            "sheet": sheet, "shift_date": rollcall.shift_date, "shift": rollcall.shift, "beat": beat,
            **_frame_texts(rollcall, beat, part, len(text.parts)),
            "message": "" if len(shown) else rollcall.message or f"No box is assigned to beat {beat} in this shift.",
            "note": text.note,
            "why_title": "Why these boxes" if reasons else "", "why": "\n".join(reasons),
            "tactics_title": text.tactics_title, "tactics": "\n".join(text.tactics),
            "map_height": map_height, "table_top": table_top, "note_top": note_top,
            "why_top": why_top, "why_text_top": why_top + TITLE,
            "tactics_top": tactics_top, "tactics_text_top": tactics_top + TITLE,
            **dict(zip(("xmin", "ymin", "xmax", "ymax"), _square(outline.union(seen).bounds))),
            "geometry": view})
        rows.extend({"sheet": sheet, **line} for line in lines[first:last])
        patrols.append(shown)


def _text(rollcall: RollCall, kinds: dict[str, dict[str, str]], patrols: SheetPatrols,
          rows: list[dict[str, str]]) -> _Text:
    """The fullest texts that fit on one page; where none do, the fullest that need the fewest pages."""
    tried = []
    for detail in DETAIL:
        tried.append(_Text(rollcall, kinds, patrols, rows, *detail))
        if len(tried[-1].parts) == 1:
            break
    return min(tried, key=lambda text: len(text.parts))


class _Text:
    """The texts below the map of one beat in a given detail, and the parts into which its rows must be cut for them."""

    def __init__(self, rollcall: RollCall, kinds: dict[str, dict[str, str]], patrols: SheetPatrols,
                 rows: list[dict[str, str]], reason_lines: int, tactic_lines: int) -> None:
        width, height = _inner(rollcall)
        self.note = _note(patrols, width)
        self.why = [_why(kinds, patrol, width, reason_lines) for patrol in patrols.to_dict("records")]
        self.no_reasons = [] if any(self.why) else _no_reasons(rollcall, patrols, width)
        shown = set(patrols["crime_type"])
        self.tactics_title, self.tactics = _tactics(rollcall.tactics, kinds, shown, width, tactic_lines)
        self.heights = [_row_height(row) + _lines_height([reasons]) for row, reasons in zip(rows, self.why)]
        taken = (4 * GAP + _header_height() + _lines_height([self.note]) + _block_height(self.tactics)
                 + _lines_height(self.no_reasons) + (TITLE + GAP if any(self.why) or self.no_reasons else 0.0))
        self.room = height - TOP - FOOT - taken
        self.parts = _parts(self.heights, self.room - side_height(len(rollcall.crime_types)))


def _inner(rollcall: RollCall) -> tuple[float, float]:
    """Width between the margins, and height above the lower one."""
    width, height = style.page_size(rollcall.page_size)
    return width - 2 * style.MARGIN, height - style.MARGIN


def _parts(heights: Sequence[float], room: float) -> list[tuple[int, int]]:
    """Cut rows into runs no taller than ``room``: at least one run, and a row that is too tall alone in its own."""
    parts, first, used = [], 0, 0.0
    for row, height in enumerate(heights):
        if row > first and used + height > room:
            parts.append((first, row))
            first, used = row, 0.0
        used += height
    return parts + [(first, len(heights))]


# --- texts -----------------------------------------------------------------------------------------------------------

def _frame_texts(rollcall: RollCall, beat: str, part: int, parts: int) -> dict[str, str]:
    """Header and footer."""
    width, _ = _inner(rollcall)
    split, name_width = header_widths(width, bool(rollcall.logo), bool(rollcall.phone))
    title = f"Roll call — Beat {beat}" if beat in set(rollcall.beats["beat"]) else "Roll call"
    title += f" (sheet {part} of {parts})" if parts > 1 else ""
    subtitle = " · ".join((f"{rollcall.shift_name} shift",
                          wording.date_in_words(rollcall.shift_date), rollcall.hours))
    source = [f"Forecast uses data reported until {rollcall.as_of}"] if rollcall.as_of else []
    room = width - (QR + 2.0 if rollcall.phone else 0.0)
    noticed = f"{subtitle} · {rollcall.notice}"
    if rollcall.notice and len(style.fit(noticed, _USED * room, SUBTITLE, 2)) == 1:
        subtitle = noticed
    elif rollcall.notice:
        source.insert(0, rollcall.notice)
    return {
        "title": _fitted(title, split - 2.0, 19, bold=True),
        "agency": _fitted(rollcall.agency, name_width, TEXT, lines=2),
        "subtitle": _fitted(subtitle, room, SUBTITLE),
        "proof": "\n".join(f"{label[:45]:<46}{value}" for label, value in _proof(rollcall)),
        "source": " · ".join([*source, f"ShotSpotter Connect {rollcall.version}"]),
    }


def _proof(rollcall: RollCall) -> Iterator[tuple[str, str]]:
    """Labels and hashes with which anybody can check the draw later."""
    if rollcall.seed_hash:
        yield rollcall.seed_label, rollcall.seed_hash
    for coming in rollcall.coming.head(1).to_dict("records"):
        date = wording.date_in_words(coming["shift_date"]).split(", ")[1]
        yield f"Next draw, {date}, {coming['shift_name']}", coming["seed_hash"]
    if rollcall.chain_head:
        yield "Chain head of adjustments", rollcall.chain_head


def _row(rollcall: RollCall, kinds: dict[str, dict[str, str]], patrol: Mapping[str, Any]) -> dict[str, str]:
    """One line of the table; line breaks stand where QGIS would have to break, so that heights are known."""
    widths = dict(zip((name for name, _, _ in COLUMNS), column_widths(style.page_size(rollcall.page_size)[0])))

    def cell(text, column, lines=2):
        return _fitted(text, widths[column] - 2 * PADDING - 0.6, TEXT, lines)

    kind = kinds.get(patrol["crime_type"], _NO_KIND)
    box_id = cell(patrol["box_id"], "box", 1)
    if box_id != patrol["box_id"]:  # of a placed square or a remnant: broken where its row or its mark begins
        mark = "~" if "~" in patrol["box_id"] else "R"
        box_id = cell(patrol["box_id"].replace(mark, " " + mark), "box")
    unit = wording.clean(patrol["unit"])
    drive = drive_in_words(patrol["travel_minutes"], patrol["by_street"])
    below = ([cell(f"Unit {unit}", "box", 1)] if unit else []) + (["added"] if patrol["origin"] == "added" else [])
    below += [drive] * bool(drive)
    return {
        "number": str(patrol["number"]),
        "box": "\n".join([box_id, *below]),
        "where_it_is": cell(patrol["where"], "where_it_is"), "letter": kind["letter"],
        "crime_type": cell(kind["name"], "crime_type"),
        "chance": wording.chance_in_words(patrol["chance"], patrol["chance_low"], patrol["chance_high"]),
        "minutes": cell(wording.minutes_in_words(patrol["target_minutes"], patrol["returns"]), "minutes"),
        "colour": kind["colour"] or ""}


def _why(kinds: dict[str, dict[str, str]], patrol: Mapping[str, Any], width: float, lines: int) -> str:
    """The reasons that the forecast of a box gives, or an empty text."""
    mark = f"{patrol['number']}{kinds.get(patrol['crime_type'], _NO_KIND)['letter']}"
    return _growing(mark, patrol["reasons"], "; ", width - 2, lines) if patrol["reasons"] else ""


def _no_reasons(rollcall: RollCall, patrols: SheetPatrols, width: float) -> list[str]:
    """What stands where no box of a page has a reason; nothing without boxes."""
    if patrols.empty:
        return []
    drawn = rollcall.lottery and (patrols["origin"] == "drawn").all()
    return [_fitted(NO_REASONS if drawn else NO_REASONS_ADDED, width - 2, SMALL, 2)]


def _note(patrols: SheetPatrols, width: float) -> str:
    if patrols.empty:
        return ""
    returning = (patrols["returns"].fillna(0) > 0).any()
    way = patrols["travel_minutes"].notna()
    streets = patrols.loc[way, "by_street"].astype(bool)
    on_the_way = "" if not way.any() else BY_STREETS if streets.all() else IN_PART if streets.any() else STRAIGHT
    return _fitted(CHANCE_NOTE + (RETURN_NOTE if returning else "") + on_the_way, width - 2, SMALL, 3)


def _tactics(tactics: OfferedTactics, kinds: dict[str, dict[str, str]], shown: set[str], width: float,
             lines_each: int) -> tuple[str, list[str]]:
    """Title and lines of the tactics that serve the crime types on a page; names only for no lines each."""
    serving = [tactic for tactic in tactics.to_dict("records")
               if shown and (not tactic["crime_types"] or shown & set(tactic["crime_types"]))]
    if not serving:
        return "", []
    none_approved = not any(tactic["approved"] for tactic in serving)
    names = []
    for tactic in serving[:MOST_TACTICS]:
        served = [kind["letter"] for code, kind in kinds.items() if code in shown and code in tactic["crime_types"]]
        names.append(f"{tactic['name']} ({', '.join(served) or 'all'})"
                     + ("" if tactic["approved"] or none_approved else f" [{NOT_APPROVED}]"))
    more = [f"and {len(serving) - MOST_TACTICS} more on the agency's list"] if len(serving) > MOST_TACTICS else []
    if lines_each:
        lines = ["• " + name for name in names + more]
        lines[:len(names)] = [_growing(line, _sentences(tactic["description"]), " ", width - 2, lines_each)
                              for line, tactic in zip(lines, serving)]
    else:
        lines = style.fit(" · ".join(names + more), width - 2, SMALL, 4)
    return "Tactics" + (f" ({NOT_APPROVED} by the agency)" if none_approved else ""), lines


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", text) if text else []


def _growing(start: str, pieces: Sequence[str], between: str, width: float, lines: int) -> str:
    """``start – piece, piece`` with as many whole pieces as fit; a first piece that is too long is cut."""
    text = start
    for number, piece in enumerate(pieces):
        longer = text + (between if number else " – ") + piece
        if number and len(style.fit(longer, width, SMALL, lines + 1)) > lines:
            break
        text = longer
    return _fitted(text, width, SMALL, lines)


def _fitted(text: str, width: float, points: float, lines: int = 1, bold: bool = False) -> str:
    return "\n".join(style.fit(text, width, points, lines, bold))


# --- heights ---------------------------------------------------------------------------------------------------------

def _header_height() -> float:
    return style.line_height(SMALL) + 2 * PADDING


def _row_height(row: Mapping[str, str]) -> float:
    lines = max(text.count("\n") + 1 for text in row.values())
    return (lines - 0.15) * style.line_height(TEXT) + 2 * PADDING


def _block_height(texts: Sequence[str]) -> float:
    """A title and its lines; nothing at all without lines."""
    return TITLE + _lines_height(texts) if texts else 0.0


def _lines_height(texts: Sequence[str]) -> float:
    return sum(text.count("\n") + 1 for text in texts if text) * style.line_height(SMALL)


# --- maps ------------------------------------------------------------------------------------------------------------

def _outline(rollcall: RollCall, beat: str) -> BaseGeometry:
    """The beat, or the whole area where there is no beat of that name."""
    own = [shape for name, shape in zip(rollcall.beats["beat"], rollcall.beats["geometry"]) if name == beat]
    return own[0] if own else rectangle(*rollcall.area)


def _view(patrols: SheetPatrols, outline: BaseGeometry) -> BaseGeometry:
    """What the map of a page shows: its boxes with some streets around, or the beat where it has none."""
    if patrols.empty:
        return rectangle(*outline.bounds)
    xmin, ymin, xmax, ymax = unary_union(list(patrols["geometry"])).bounds
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    half_width, half_height = (max(LEAST_VIEW, 1.15 * size) / 2 for size in (xmax - xmin, ymax - ymin))
    return rectangle(x - half_width, y - half_height, x + half_width, y + half_height)


def _shown(view: BaseGeometry, width: float, height: float) -> BaseGeometry:
    """What a map of some size shows of the ground when ``view`` is all on it."""
    xmin, ymin, xmax, ymax = view.bounds
    x = max(0.0, (ymax - ymin) * width / height - (xmax - xmin)) / 2
    y = max(0.0, (xmax - xmin) * height / width - (ymax - ymin)) / 2
    return rectangle(xmin - x, ymin - y, xmax + x, ymax + y)


def _square(bounds: tuple[float, float, float, float], margin: float = 0.06) -> tuple[float, float, float, float]:
    """The bounds with a margin, grown to a square around the same middle."""
    xmin, ymin, xmax, ymax = bounds
    half = (0.5 + margin) * max(xmax - xmin, ymax - ymin)
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    return x - half, y - half, x + half, y + half
