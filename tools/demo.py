"""make demo: from the sample data to printed sheets; every step is a ``qgis_process run``, as in a scheduled job."""
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from qgis_env import PLUGIN, environment  # noqa: E402

import simulate_patrols  # noqa: E402

from shotspotter_connect_plugin.processing import sample  # noqa: E402
from shotspotter_connect_plugin.workspace.store import open_workspace  # noqa: E402

OUT = ROOT / "out" / "demo"
LOGS = OUT / "log"
SHIFT = "evening"
"""The shift whose patrols are simulated."""


def main():
    started = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)
    sample.prepare(str(OUT))
    env = environment(ROOT / "out" / "profile")
    # The answer to "enable" is 1 if it is enabled already.
    subprocess.run(["qgis_process", "plugins", "enable", PLUGIN], env=env, capture_output=True,
                   stdin=subprocess.DEVNULL)
    print("Sample: Washington, DC. Plan of {}. Output in {}".format(sample.DATE, OUT.relative_to(ROOT)), flush=True)
    taken = []
    for algorithm, parameters in sample.steps(str(OUT)):
        taken.append((algorithm, parameters, run(len(taken) + 1, algorithm, parameters, env)[0]))
    for algorithm, parameters in delivered():
        seconds, said = run(len(taken) + 1, algorithm, parameters, env)
        taken.append((algorithm, parameters, seconds))
    print("\nFiles made in {}:".format(OUT.relative_to(ROOT)))
    for path in sorted(path for path in OUT.rglob("*") if path.is_file() and LOGS not in path.parents):
        print("  {:10,} kB  {}".format(round(path.stat().st_size / 1000), path.relative_to(OUT)))
    print("\nSeconds per step:")
    for algorithm, parameters, seconds in taken:
        print("  {:6.1f}  {} {}".format(seconds, algorithm, parameters.get("KIND", "")))
    print("  {:6.1f}  in all".format(time.monotonic() - started))
    print("\nPlanned against delivered (simulated patrols; no real unit moved so):")
    print("\n".join("  " + line for line in said.splitlines() if sample.DATE + " " + SHIFT in line))
    print("\nSheets: {}\nMap:    make desktop, or open {} in QGIS".format(
        (OUT / "day").relative_to(ROOT), Path(sample.project_in(str(OUT))).relative_to(ROOT)))


def delivered():
    """Simulate a shift of patrols, since no agency publishes where its cars were; then the steps that take them in."""
    workspace = sample.workspace_in(str(OUT))
    with open_workspace(workspace) as opened:
        fixes, roster = simulate_patrols.simulate(opened, sample.DATE, SHIFT)
    gps, crews = simulate_patrols.write(fixes, roster, OUT / "simulated", "{}_{}".format(sample.DATE, SHIFT))
    print("Simulated, seed 1: {:,} fixes of {} units of the {} shift".format(
        len(fixes), fixes["unit"].nunique(), SHIFT), flush=True)
    return [("connect:importgps", {"WORKSPACE": workspace, "INPUT": gps, "REJECTS": OUT / "rejected_gps.csv"}),
            ("connect:importroster", {"WORKSPACE": workspace, "INPUT": crews}),
            ("connect:visits", {"WORKSPACE": workspace, "FROM": sample.DATE, "OUTPUT": OUT / "visits.gpkg"})]


def run(number, algorithm, parameters, env):
    """Run one step, print its last words, keep its whole log -> seconds and all it said."""
    started = time.monotonic()
    command = ["qgis_process", "run", algorithm, *("--{}={}".format(*item) for item in parameters.items())]
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace")
    seconds = time.monotonic() - started
    log = LOGS / "{:02}_{}.txt".format(number, algorithm.partition(":")[2])
    log.write_text(" ".join(command) + "\n" + done.stdout, encoding="utf-8")
    print("{:5.1f} s  {} {}".format(seconds, algorithm, parameters.get("KIND", "")), flush=True)
    if done.returncode:
        print(done.stdout[-2000:], file=sys.stderr)
        sys.exit("{} failed; all it said is in {}".format(algorithm, log.relative_to(ROOT)))
    lines = done.stdout.rpartition("Results")[2].splitlines()
    results = [line.partition(":\t")[::2] for line in lines if ":\t" in line]
    words = ["{} {}".format(name.lower(), os.path.relpath(value, ROOT) if os.path.isabs(value) else value)
             for name, value in results if name != "WORKSPACE"]
    if words:
        print("           " + ", ".join(words), flush=True)
    return seconds, done.stdout


if __name__ == "__main__":
    main()
