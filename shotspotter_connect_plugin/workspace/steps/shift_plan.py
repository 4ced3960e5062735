"""The plan of a shift as it is stored: its draws, its planned patrols, and whether they went out."""
import pandas as pd

from ...errors import ConnectError
from ...patrol import metering
from ...progress import SILENT
from ..store import roles


def share_caps(workspace):
    """Largest share of a shift's boxes by neighbourhood, where one is set."""
    caps = workspace.read("neighbourhoods", ["neighbourhood", "share_cap"])
    caps = caps[caps["share_cap"].notna()]
    return dict(zip(caps["neighbourhood"], caps["share_cap"]))


def draws_of(workspace, shift_date, shift):
    """The draws of a shift in their order, with their ``number``."""
    draws = workspace.read("draws", where={"shift_date": shift_date, "shift": shift})
    return draws.assign(number=draw_numbers(draws)).sort_values("number", ignore_index=True)


def draw_numbers(draws):
    """1 for the first draw of a shift, 2 for the next; ConnectError where an id tells none."""
    numbers = draws["draw_id"].astype(str).str.extract(r"\.([1-9]\d{0,5})$")[0]
    if numbers.isna().any():
        raise ConnectError(f"The id of the draw {draws['draw_id'][numbers.isna()].iloc[0]} is not one that this plugin "
                           "gives: somebody changed it.")
    return numbers.astype(int)


def planned(workspace, shift_date, shift):
    """The planned patrols of a shift, by beat and visit order."""
    return workspace.read("patrols", where={"shift_date": shift_date, "shift": shift, "status": "planned"},
                          order_by=["beat", "visit_order"])


def publish(workspace, shift_date, shifts, progress=SILENT):
    """Date the plans that go out: printed, exported or written as a project -> the number of patrols dated now.

    All planned patrols of a shift bear the moment at which this very plan went out first; a plan that has not changed
    since keeps it. An account that may not publish takes a copy, which dates nothing.
    """
    refusal = roles.why_not(workspace, "publish")
    if refusal:
        progress.info("The plan was not dated as published. " + refusal)
        return 0
    dated = 0
    for shift in shifts:
        with workspace.transaction() as writer:
            if any(unpublished(workspace, shift_date, shift)):
                plan = workspace.read("patrols", ["patrol_id"], {"shift_date": shift_date, "shift": shift,
                                                                 "status": "planned"})
                writer.upsert("patrols", plan.assign(published_utc=pd.Timestamp.now(tz="UTC").floor("ms")))
                dated += len(plan)
    return dated


def unpublished(workspace, shift_date, shift):
    """(planned patrols that were not in the plan as it went out last, those of it that are planned no more)."""
    patrols = workspace.read("patrols", ["status", "published_utc"], {"shift_date": shift_date, "shift": shift})
    in_last = patrols["published_utc"].notna() & (patrols["published_utc"] == patrols["published_utc"].max())
    planned_now = patrols["status"] == "planned"
    return int((planned_now & ~in_last).sum()), int((~planned_now & in_last).sum())


def coverage_of(workspace, shift_date, shift):
    """What a shift's newest draw covers and where it fell short, from what is stored of it.

    Returns
    -------
    (metering.HarmReached, list of metering.Shortfall)
        (None, []) without a draw.
    """
    draws = draws_of(workspace, shift_date, shift)
    if draws.empty:
        return None, []
    draw = draws.iloc[-1]
    boxes = workspace.read("draw_boxes", where={"draw_id": draw["draw_id"]})
    around = None
    if metering.shares_of(draw["rules"]):
        names = workspace.read("boxes", ["box_id", "neighbourhood"]).set_index("box_id")["neighbourhood"]
        around = boxes["box_id"].map(names).to_numpy(object)
    return metering.harm_reached(boxes, draw["rules"], around), metering.shortfalls_of(boxes, draw["rules"])
