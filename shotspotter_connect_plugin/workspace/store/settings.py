"""The agency's settings: declared once, with unit and default, read by every room, filled by forms and JSON."""
import difflib
import math
import re
from dataclasses import Field, dataclass, field, fields
from datetime import date
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple, Union, get_origin

from ...errors import ConnectError, some
from ...forecast.shifts import check_timezone
from ...patrol.adjustments import ROLES
from ...patrol.metering import WINDOWS
from .tables import TABLES

PAGE_SIZES = ("A4", "Letter")
ADJUSTMENT_REASONS = {
    "late_breaking": "Late-breaking information", "series": "Crime series or pattern", "event": "Event or gathering",
    "community": "Asked for by the community", "covered": "Covered by another assignment",
    "unsafe": "Closed or unsafe for units", "staffing": "Units available", "data_error": "Wrong place or wrong data"}


def _setting(default: Any, help: str, low: Optional[float] = None, high: Optional[float] = None) -> Any:
    extra = {"help": help, "low": low, "high": high}
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata=extra)
    return field(default=default, metadata=extra)


@dataclass
class Settings:
    """Everything an agency can set beside its crime types, shifts and tactics (those are tables).

    ``crs`` and ``size`` are fixed when the workspace is made.
    """

    agency: str = _setting("", "Name of the agency on sheets and reports")
    notice: str = _setting("", "A few words on every page of sheets and reports, as in Training data, no real patrols")
    timezone: str = _setting("UTC", "Time zone of the agency, as in America/New_York")
    crs: str = _setting("", "Coordinate reference system of the workspace; fixed at creation")
    size: float = _setting(250.0, "Side of a box in metres; fixed at creation", 50.0, 2000.0)
    page_size: str = _setting("Letter", "Paper of printed sheets: A4 or Letter")
    map_context: str = _setting("", "GeoPackage with layers parks, water, roads, railroads for maps; a relative path "
                                    "starts at the workspace's folder")
    logo: str = _setting("", "Picture of the agency's logo (SVG or PNG) on sheets and reports; a relative path starts "
                             "at the workspace's folder")
    phone_address: str = _setting("", "Address of the folder in which phones find the plan's files, as in "
                                      "https://files.example.gov/plans/; sheets then show it as a QR code")
    plan_hour: str = _setting("05:00", "Local time at which the plan of a date is made", None, None)

    boxes_per_beat: int = _setting(2, "Boxes drawn per beat and shift", 0, 1000)
    boxes_per_shift: Union[int, Dict[str, int]] = _setting(
        0, "Boxes drawn per shift in the whole jurisdiction, shared among beats by harm; or a number for each district "
           "(setting districts), as in {\"North\": 12, \"South\": 8}; 0 = boxes_per_beat in every beat", 0, 100_000)
    districts: Dict[str, Any] = _setting(
        {}, "Districts that have boxes of their own, each with its beats, as in {\"North\": [\"101\", \"102\"], "
            "\"South\": [\"201\"]}; every beat in exactly one. boxes_per_shift then gives the boxes of each")
    least_per_beat: float = _setting(0.0, "Least boxes a beat expects of boxes_per_shift, such as 1 or 0.5", 0.0,
                                     1000.0)
    most_per_beat: float = _setting(0.0, "Most boxes a beat expects of boxes_per_shift; 0 = as many as its harm and "
                                    "the caps give", 0.0, 1000.0)
    beat_boxes: Dict[str, Any] = _setting(
        {}, "Boxes of single beats instead of boxes_per_beat, or out of boxes_per_shift: a number by beat, or by beat "
            "and shift, as in {\"101\": 3, \"102\": {\"night\": 4}}")
    cap: float = _setting(0.5, "Largest chance that one box is drawn in one shift", 0.01, 1.0)
    lower_risk_share: float = _setting(0.10, "Share of the draw spread evenly over lower-risk boxes", 0.0, 1.0)
    focus: float = _setting(2.0, "How strongly chance follows harm: chance is proportional to harm ** focus", 0.0, 10.0)
    least_chance: float = _setting(0.0, "A box whose chance would be smaller gets no patrol beyond the lower-risk "
                                   "share, so that quiet places stay quiet; 0 = every box has its chance", 0.0, 1.0)
    pace: float = _setting(0.0, "Share of a box's patrols of a week that is spread over its shifts as its harm is, so "
                           "that a busy box keeps a chance all week; 0 = not spread", 0.0, 1.0)
    window_7_expected: float = _setting(4.0, "Most patrols a box may expect in 7 days", 0.0)
    window_7_hard: int = _setting(5, "Most patrols a box may have in 7 days", 0)
    window_28_expected: float = _setting(14.0, "Most patrols a box may expect in 28 days", 0.0)
    window_28_hard: int = _setting(16, "Most patrols a box may have in 28 days", 0)
    cool_down_shifts: int = _setting(1, "Shifts a box rests after a patrol", 0)
    min_inside: float = _setting(0.05, "Least share of a box inside the jurisdiction for it to be drawn", 0.0, 1.0)
    min_land: float = _setting(0.51, "Least share of a box where officers can go (no water, rail yard, private ground) "
                               "for it to be drawn, where such areas were imported", 0.0, 1.0)
    adjustment_reasons: Dict[str, str] = _setting(
        ADJUSTMENT_REASONS, "Reasons for changing a plan by hand, words by code; one of them must be given with every "
                            "change")
    roles: Dict[str, str] = _setting(
        {}, "Role by account of the operating system: analyst, supervisor, officer or auditor; an account not named is "
            "an analyst. Only analyst and supervisor may change a plan, only a supervisor may configure, purge and "
            "draw again; while nobody is called supervisor, an analyst may too")
    units_per_beat: int = _setting(0, "Units per beat that have time for directed patrols; 0 = boxes are not limited "
                                   "by minutes", 0, 100)
    beat_units: Dict[str, Any] = _setting(
        {}, "Units of single beats instead of units_per_beat, by beat, or by beat and shift; 0 = no unit, so no box")
    minutes_per_unit: float = _setting(120.0, "Minutes that such a unit has for directed patrols in a shift", 1.0,
                                       1440.0)
    travel_minutes: float = _setting(5.0, "Minutes of the way to a box, each time", 0.0, 120.0)
    travel_speed: float = _setting(30.0, "Speed on the way from box to box (km/h), by which its minutes are told", 1.0,
                                   150.0)
    returns: int = _setting(1, "How many times a unit comes back to its box in a shift", 0, 10)
    commit_days: int = _setting(7, "Days ahead for which hashes of seeds are published", 1, 60)

    target_minutes: float = _setting(15.0, "Minutes a directed patrol aims for", 1.0, 240.0)
    on_target_low: float = _setting(10.0, "Fewer minutes are short", 0.0, 240.0)
    on_target_high: float = _setting(20.0, "More minutes are over", 0.0, 480.0)
    gps_gap_minutes: float = _setting(5.0, "A longer silence splits a track", 0.1, 120.0)
    gps_max_accuracy: float = _setting(50.0, "A fix with a larger estimated error (metres) is not used", 1.0, 1000.0)
    gps_max_speed: float = _setting(150.0, "A fix that would need a higher speed (km/h) is not used", 10.0, 1000.0)
    leave_metres: float = _setting(30.0, "A unit has left when it is this far outside ...", 0.0, 500.0)
    leave_seconds: float = _setting(60.0, "... for this long", 0.0, 3600.0)
    merge_minutes: float = _setting(3.0, "Visits closer than this are one", 0.0, 120.0)
    drive_through_minutes: float = _setting(2.0, "A shorter stay is a drive-through", 0.0, 60.0)
    tactic_review_days: int = _setting(365, "Days after which the community should review an approved tactic again", 1,
                                       3660)

    merge_alert_minutes: float = _setting(5.0, "Gunfire alerts closer in time than this and ...", 0.0, 60.0)
    merge_alert_metres: float = _setting(100.0, "... closer than this are one incident", 0.0, 1000.0)
    firework_days: List[str] = _setting(["07-01/07-06", "12-29/01-02"], "Days of fireworks, MM-DD/MM-DD")
    firework_weight: float = _setting(0.1, "Weight of an alert or report of shots on a day of fireworks", 0.0, 1.0)
    include_probable: bool = _setting(True, "Whether alerts called probable gunfire count")
    retention_days: Dict[str, int] = _setting({}, "Days for which connect:purge keeps the rows of a table, by table; a "
                                              "table that is not named keeps all")

    @classmethod
    def describe(cls) -> List[Tuple[str, Any, Any, str]]:
        """One (name, type, default, help) per setting, for help texts and docs."""
        instance = cls()
        return [(item.name, _kind(item), getattr(instance, item.name), item.metadata["help"]) for item in fields(cls)]


def _kind(item: "Field[Any]") -> Any:
    """The type of a setting, without what it holds; of one that may be a number or an object, that it is either."""
    return get_origin(item.type) or item.type


def settings_from(values: Mapping[str, Any], base: Optional[Settings] = None) -> Settings:
    """Check settings and put them together.

    Parameters
    ----------
    values : dict
        Setting -> value, some or all of them.
    base : Settings, optional
        What the others are; the defaults if not given.

    Raises
    ------
    ConnectError
        On the first setting that is unknown, of the wrong type, out of range or at odds with another.
    """
    known = {item.name: item for item in fields(Settings)}
    for name in values:
        if name not in known:
            raise ConnectError(f"There is no setting {name}{did_you_mean(name, known)}.")
    merged = {**(vars(base) if base else {}),
              **{name: _checked(known[name], value) for name, value in values.items()}}
    settings = Settings(**merged)
    if not settings.on_target_low <= settings.target_minutes <= settings.on_target_high:
        raise ConnectError("target_minutes must lie between on_target_low and on_target_high; set all three.")
    if settings.most_per_beat and settings.most_per_beat < settings.least_per_beat:
        raise ConnectError("most_per_beat is below least_per_beat; set both, or most_per_beat to 0 for no limit.")
    _check_districts(settings)
    return settings


def _check_districts(settings: Settings) -> None:
    """Districts and their boxes go together, and name the same districts."""
    boxes, districts = settings.boxes_per_shift, settings.districts
    if not isinstance(boxes, dict):
        if districts:
            raise ConnectError("There are districts, but boxes_per_shift is one number for all; give it a number for "
                               "each district, or set districts to {}.")
        return
    for name in sorted({*boxes, *districts}):
        if name not in districts:
            raise ConnectError(f"Setting boxes_per_shift names the district {name}, which is not among the districts"
                               f"{did_you_mean(name, districts)}.")
        if name not in boxes:
            raise ConnectError(f"Setting boxes_per_shift gives no boxes to the district {name}; give it a number.")


def check_beats(settings: Settings, beats: Iterable[str], shifts: Iterable[str]) -> None:
    """Raise a ConnectError where a number of a beat is for a beat or a shift that is not there."""
    beats, shifts = list(beats), list(shifts)
    for name in ("beat_boxes", "beat_units"):
        for beat, number in getattr(settings, name).items():
            if beat not in beats:
                raise ConnectError(f"Setting {name} names {beat}, which is no beat{did_you_mean(beat, beats)}.")
            for shift in number if isinstance(number, dict) else ():
                if shift not in shifts:
                    raise ConnectError(f"Setting {name} of {beat} names {shift}, which is no shift"
                                       f"{did_you_mean(shift, shifts)}.")
    for district, own in settings.districts.items():
        for beat in own:
            if beat not in beats:
                raise ConnectError(f"Setting districts names {beat} in {district}, which is no beat"
                                   f"{did_you_mean(beat, beats)}.")
    lost = sorted(set(beats) - {beat for own in settings.districts.values() for beat in own})
    if settings.districts and lost:
        raise ConnectError(f"Setting districts leaves out {some(lost)}; every beat must be in exactly one district.")


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """A tail for a sentence: the known name that looks most like ``name``, or nothing."""
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _checked(item: "Field[Any]", value: Any) -> Any:
    value = _typed(item, value)
    low, high = item.metadata["low"], item.metadata["high"]
    if not isinstance(value, dict) and ((low is not None and value < low) or (high is not None and value > high)):
        limits = f"at least {low:g}" if high is None else f"{low:g} to {high:g}"
        raise ConnectError(f"Setting {item.name} is {value:g}; it must be {limits}.")
    check = _CHECKS.get(item.name)
    return check(value) if check else value


def _typed(item: "Field[Any]", value: Any) -> Any:
    kind = _kind(item)
    if kind is Union:
        kind = dict if isinstance(value, dict) else int
    if kind is float and type(value) is int:
        value = float(value)
    if kind is int and type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not kind or (kind is float and not math.isfinite(value)):
        kinds = {str: "text", float: "a number", int: "a whole number", bool: "true or false", list: "a list",
                 dict: "an object"}
        raise ConnectError(f"Setting {item.name} must be {kinds[kind]}.", repr(value))
    return value


def _hour(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ConnectError(f"Setting plan_hour is {text}; it must be HH:MM, such as 05:00.")
    return text


def _days(ranges: List[str]) -> List[str]:
    for text in ranges:
        found = re.fullmatch(r"(\d\d)-(\d\d)/(\d\d)-(\d\d)", str(text))
        try:
            months_and_days = [int(part) for part in found.groups()] if found else []
            date(2000, *months_and_days[:2]), date(2000, *months_and_days[2:])
        except (TypeError, ValueError) as error:
            raise ConnectError(f"Setting firework_days holds {text}; write each range as MM-DD/MM-DD, such as "
                               "07-01/07-06.") from error
    return ranges


def _page(text: str) -> str:
    found = [size for size in PAGE_SIZES if size.lower() == text.lower()]
    if not found:
        raise ConnectError(f"Setting page_size is {text}; it must be A4 or Letter.")
    return found[0]


def _retention(days: Dict[str, int]) -> Dict[str, int]:
    for name, value in days.items():
        if name not in TABLES or not TABLES[name].ages_by:
            raise ConnectError(f"Setting retention_days names {name}, which is no table that can be purged"
                               f"{did_you_mean(name, [table for table in TABLES if TABLES[table].ages_by])}.")
        least = max(WINDOWS) if name == "visits" else 1  # limits of patrols look back at visits
        if type(value) is not int or value < least:
            raise ConnectError(f"Setting retention_days of {name} must be a whole number of days, at least {least}.")
    return days


def _roles(roles: Dict[str, str]) -> Dict[str, str]:
    for who, role in roles.items():
        if role not in ROLES:
            raise ConnectError(f"Setting roles gives {who} the role {role}; the roles are {', '.join(ROLES)}.")
    return roles


def _reasons(reasons: Dict[str, str]) -> Dict[str, str]:
    if not reasons:
        raise ConnectError("Setting adjustment_reasons is empty; a plan can only be changed with a reason.")
    for code, words in reasons.items():
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", str(code)) or not isinstance(words, str) or not words.strip():
            raise ConnectError("Setting adjustment_reasons needs codes of letters, digits, - and _, each with words; "
                               f"{code} does not fit.")
    return reasons


def _of_beats(name: str) -> Callable[[Dict[str, Any]], Dict[str, Any]]:
    """The check of a setting of whole numbers by beat, or by beat and shift."""
    def check(numbers: Dict[str, Any]) -> Dict[str, Any]:
        for beat, number in numbers.items():
            for one in number.values() if isinstance(number, dict) else (number,):
                if type(one) is not int or not 0 <= one <= 1000:
                    raise ConnectError(f"Setting {name} of {beat} must be a whole number from 0 to 1000, or one by "
                                       "shift.", repr(one))
        return numbers
    return check


def _boxes_of_districts(boxes: Union[int, Dict[str, int]]) -> Union[int, Dict[str, int]]:
    if isinstance(boxes, dict):
        for name, number in boxes.items():
            if type(number) is not int or not 0 <= number <= 100_000:
                raise ConnectError(f"Setting boxes_per_shift of {name} must be a whole number from 0 to 100000.",
                                   repr(number))
        if not sum(boxes.values()):
            raise ConnectError("Setting boxes_per_shift gives no district a box; give at least one of them one, or set "
                               "it to 0 and districts to {}.")
    return boxes


def _districts(districts: Dict[str, Any]) -> Dict[str, Any]:
    """Each a list of beats; no beat in two."""
    found: Dict[str, str] = {}
    for name, beats in districts.items():
        if not name.strip():
            raise ConnectError("Setting districts holds a district without a name; name every district.")
        if not isinstance(beats, list) or not beats or not all(isinstance(beat, str) for beat in beats):
            raise ConnectError(f"Setting districts must give {name} a list of beats, as in [\"101\", \"102\"].")
        for beat in beats:
            if beat in found:
                where = f"both {found[beat]} and {name}" if found[beat] != name else f"{name} twice"
                raise ConnectError(f"Setting districts names beat {beat} in {where}; every beat must be in just one.")
            found[beat] = name
    return districts


_CHECKS: Dict[str, Callable[[Any], Any]] = {
    "timezone": check_timezone, "plan_hour": _hour, "firework_days": _days, "page_size": _page,
    "retention_days": _retention, "roles": _roles, "adjustment_reasons": _reasons,
    "boxes_per_shift": _boxes_of_districts, "districts": _districts, "beat_boxes": _of_beats("beat_boxes"),
    "beat_units": _of_beats("beat_units")}
