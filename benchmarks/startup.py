"""What the plugin adds to the start of QGIS, as QGIS itself measures it in ``qgis.utils.plugin_times``.

The real desktop is started several times under Xvfb, once before it counts. Reach: 50 ms; nothing heavy imported.
Run: /usr/bin/python3 benchmarks/startup.py [times]
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from qgis_env import PLUGIN, enable_in_profile  # noqa: E402

REACH = 0.050
INSIDE = """
import json, os, sys
from qgis.PyQt.QtCore import QTimer
from qgis.utils import plugin_times

def tell():
    heavy = [name for name in ("numpy", "pandas", "scipy", "sklearn", "shapely", "pyproj") if name in sys.modules]
    with open(os.environ["CONNECT_RESULT"], "w") as file:
        json.dump({"times": plugin_times, "heavy": heavy}, file)
    os._exit(0)

QTimer.singleShot(1000, tell)
"""


def start(folder, plugin):
    """Start QGIS once, with or without the plugin -> what it tells."""
    result, script, profiles = Path(folder, "result.json"), Path(folder, "inside.py"), Path(folder, "with", str(plugin))
    result.unlink(missing_ok=True)
    script.write_text(INSIDE)
    enable_in_profile(profiles)
    env = {**os.environ, "CONNECT_RESULT": str(result), "XDG_RUNTIME_DIR": folder}
    if plugin:
        env["QGIS_PLUGINPATH"] = str(ROOT)
    subprocess.run(["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", "qgis", "--nologo", "--noversioncheck",
                    "--profiles-path", str(profiles), "--code", str(script)], env=env, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300, check=False)
    return json.loads(result.read_text())


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    folder = tempfile.mkdtemp()
    try:
        without = start(folder, False)
        runs = [start(folder, True) for _ in range(times + 1)][1:]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds = [float(run["times"][PLUGIN].rstrip("s")) for run in runs]
    print(f"Start of the plugin: median {1000 * statistics.median(seconds):.0f} ms, worst {1000 * max(seconds):.0f} "
          f"ms of {times} starts (reach: {1000 * REACH:.0f} ms)")
    others = {name: run for name, run in runs[-1]["times"].items() if name != PLUGIN}
    print("Other plugins of the same start: " + ", ".join("{} {}".format(*item) for item in sorted(others.items())))
    added = sorted(set(runs[-1]["heavy"]) - set(without["heavy"]))
    print("Heavy libraries imported by the start of the plugin: {}".format(", ".join(added) or "none"))


if __name__ == "__main__":
    main()
