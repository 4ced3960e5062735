"""The agency's settings: declared once, with unit and default, read by every room, filled by forms and JSON."""
from dataclasses import dataclass, field, fields


def _setting(default, help, low=None, high=None):
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
    timezone: str = _setting("UTC", "Time zone of the agency, as in America/New_York")
    crs: str = _setting("", "Coordinate reference system of the workspace; fixed at creation")
    size: float = _setting(250.0, "Side of a box in metres; fixed at creation", 50.0, 2000.0)
    page_size: str = _setting("Letter", "Paper of printed sheets: A4 or Letter")
    map_context: str = _setting("", "GeoPackage with layers parks, water, roads, railroads for maps; a relative path "
                                    "starts at the workspace's folder")
    plan_hour: str = _setting("05:00", "Local time at which the plan of a date is made", None, None)

    boxes_per_beat: int = _setting(2, "Boxes drawn per beat and shift", 0, 1000)
    cap: float = _setting(0.5, "Largest chance that one box is drawn in one shift", 0.01, 1.0)
    lower_risk_share: float = _setting(0.10, "Share of the draw spread evenly over lower-risk boxes", 0.0, 1.0)
    focus: float = _setting(2.0, "How strongly chance follows harm: chance is proportional to harm ** focus", 0.0, 10.0)
    window_7_expected: float = _setting(4.0, "Most patrols a box may expect in 7 days", 0.0)
    window_7_hard: int = _setting(5, "Most patrols a box may have in 7 days", 0)
    window_28_expected: float = _setting(14.0, "Most patrols a box may expect in 28 days", 0.0)
    window_28_hard: int = _setting(16, "Most patrols a box may have in 28 days", 0)
    cool_down_shifts: int = _setting(1, "Shifts a box rests after a patrol", 0)
    min_inside: float = _setting(0.05, "Least share of a box inside the jurisdiction for it to be drawn", 0.0, 1.0)
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

    merge_alert_minutes: float = _setting(5.0, "Gunfire alerts closer in time than this and ...", 0.0, 60.0)
    merge_alert_metres: float = _setting(100.0, "... closer than this are one incident", 0.0, 1000.0)
    firework_days: list = _setting(["07-01/07-06", "12-29/01-02"], "Days of fireworks, MM-DD/MM-DD")
    firework_weight: float = _setting(0.1, "Weight of a gunfire alert on a day of fireworks", 0.0, 1.0)
    include_probable: bool = _setting(True, "Whether alerts called probable gunfire count")
    retention_days: dict = _setting({}, "Days after which rows of a table may be purged, by table")

    @classmethod
    def describe(cls):
        """One (name, type, default, help) per setting, for help texts and docs."""
        instance = cls()
        return [(item.name, item.type, getattr(instance, item.name), item.metadata["help"]) for item in fields(cls)]
