"""make demo: from the sample data to printed sheets; every step is a ``qgis_process run``, as in a scheduled job."""
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import simulate_patrols  # noqa: E402
from qgis_env import PLUGIN, environment  # noqa: E402

from shotspotter_connect_plugin.processing import sample  # noqa: E402
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace  # noqa: E402

OUT = ROOT / "out" / "demo"
LOGS, REPORTS = OUT / "log", OUT / "reports"


def main():
    started = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)
    sample.prepare(str(OUT))
    env = environment(ROOT / "out" / "profile")
    # The answer to "enable" is 1 if it is enabled already.
    subprocess.run(["qgis_process", "plugins", "enable", PLUGIN], env=env, capture_output=True,
                   stdin=subprocess.DEVNULL)
    print(f"Sample: Washington, DC. Plan of {sample.DATE}. Output in {OUT.relative_to(ROOT)}", flush=True)
    taken = []
    said = ""
    for algorithm, parameters in every_step():
        seconds, words = run(len(taken) + 1, algorithm, parameters, env)
        taken.append((algorithm, parameters, seconds))
        said = words if algorithm == "connect:visits" else said
    print("\nSeconds per step:")
    for algorithm, parameters, seconds in taken:
        print(f"  {seconds:6.1f}  {algorithm} {detail(parameters)}")
    print(f"  {time.monotonic() - started:6.1f}  in all")
    print("\nPlanned against delivered (simulated patrols; no real unit moved so):")
    print("\n".join("  " + line for line in said.splitlines() if line.startswith(sample.DATE)))
    print(f"\nFiles made in {OUT.relative_to(ROOT)}:")
    for path in sorted(path for path in OUT.rglob("*") if path.is_file() and LOGS not in path.parents):
        print(f"  {round(path.stat().st_size / 1000):10,} kB  {path.relative_to(OUT)}")
    print("\nSheets:  {}\nReports: {}\nMap:     make desktop, or open {} in QGIS".format(
        *(path.relative_to(ROOT) for path in (OUT / "day", REPORTS, Path(sample.project_in(str(OUT)))))))


def every_step():
    """(algorithm, parameters) of each step; what a step needs that the one before made is made in between."""
    yield from sample.steps(str(OUT), whole_week=True)
    workspace, dates = {"WORKSPACE": sample.workspace_in(str(OUT))}, sample.dates()
    yield from changes_by_hand(workspace)
    week = {**workspace, "FROM": dates[0], "TO": dates[-1]}
    with open_workspace(workspace["WORKSPACE"]) as opened:
        fixes, roster = simulate_patrols.simulate_period(opened, dates)
    print("Simulated, seed 1, since no agency publishes where its cars were: {:,} fixes of {} units in {} days".format(
        len(fixes), fixes["unit"].nunique(), len(dates)), flush=True)
    yield "connect:importgps", {**workspace, "INPUT": simulate_patrols.write(fixes, OUT / "simulated", "gps"),
                                "REJECTS": OUT / "rejected_gps.csv"}
    yield "connect:importroster", {**workspace, "INPUT": simulate_patrols.write(roster, OUT / "simulated", "roster")}
    yield "connect:visits", {**week, "OUTPUT": OUT / "visits.gpkg"}
    with open_workspace(workspace["WORKSPACE"]) as opened:
        tactics = simulate_patrols.simulate_tactics(opened, dates)
    yield "connect:importtactics", {**workspace, "REJECTS": OUT / "rejected_tactics.csv",
                                    "INPUT": simulate_patrols.write(tactics, OUT / "simulated", "tactics")}
    for report in ("shift", "tactic", "officer", "crimetype", "dosage"):
        period = {**week, "FROM": dates[-1]} if report == "shift" else week
        yield f"connect:{report}report", {**period, "OUTPUT": REPORTS / (report + ".pdf")}
    yield "connect:exposurereport", {**week, "OUTPUT": REPORTS / "exposure.pdf",
                                     "PUBLIC_PACK": REPORTS / "public_pack.zip"}
    for kind, name in (("qfield", "phone.zip"), ("package", "car.json"), ("geojson", "plan.geojson")):
        yield "connect:exportplan", {**workspace, "DATE": sample.DATE, "SHIFT": "evening", "FORMAT": kind,
                                     "OUTPUT": OUT / "export" / name}
    yield "connect:checkworkspace", workspace


def changes_by_hand(workspace):
    """What an analyst does with the plan: two boxes suppressed with reasons; the draw's reserve takes their place."""
    where = {"shift_date": sample.DATE, "shift": "evening", "status": "planned"}
    with open_workspace(workspace["WORKSPACE"]) as opened:
        planned = opened.read("patrols", ["box_id", "beat"], where, order_by=["beat", "box_id"])
    for box_id, reason in zip(planned["box_id"].iloc[[0, -1]], ("event", "unsafe")):
        yield "connect:adjust", {**workspace, "ACTION": "suppress", "BOX_ID": box_id, "DATE": sample.DATE,
                                 "SHIFT": "evening", "REASON": reason, "NOTE": "Demo"}


def detail(parameters):
    """What tells one run of an algorithm from another."""
    return " ".join(str(parameters[name]) for name in ("KIND", "DATE", "FORMAT") if name in parameters)


def run(number, algorithm, parameters, env):
    """Run one step, print its last words, keep its whole log -> seconds and all it said."""
    started = time.monotonic()
    command = ["qgis_process", "run", algorithm, *("--{}={}".format(*item) for item in parameters.items())]
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace")
    seconds = time.monotonic() - started
    log = LOGS / "{:02}_{}.txt".format(number, algorithm.partition(":")[2])
    log.write_text(" ".join(command) + "\n" + done.stdout, encoding="utf-8")
    print(f"{seconds:5.1f} s  {algorithm} {detail(parameters)}", flush=True)
    if done.returncode:
        print(done.stdout[-2000:], file=sys.stderr)
        sys.exit(f"{algorithm} failed; all it said is in {log.relative_to(ROOT)}")
    lines = done.stdout.rpartition("Results")[2].splitlines()
    results = [line.partition(":\t")[::2] for line in lines if ":\t" in line]
    words = [f"{name.lower()} {os.path.relpath(value, ROOT) if os.path.isabs(value) else value}"
             for name, value in results if name != "WORKSPACE"]
    if words:
        print("           " + ", ".join(words), flush=True)
    return seconds, done.stdout


if __name__ == "__main__":
    main()
