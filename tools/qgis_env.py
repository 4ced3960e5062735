"""How our tools start QGIS: this plugin, a profile of its own, no screen needed. Also prints it for shell scripts."""
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = "shotspotter_connect_plugin"


def environment(profile):
    """Environment for ``qgis_process``: our plugin from this repository, settings in ``profile``, no screen."""
    runtime = Path(profile, "runtime")
    runtime.mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    return {**os.environ, "QGIS_PLUGINPATH": str(ROOT), "QGIS_CUSTOM_CONFIG_PATH": str(profile),
            "QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR") or str(runtime)}


def enable_in_profile(profiles, name="default"):
    """Write the settings of a profile in which QGIS starts with our plugin and without its questions."""
    folder = Path(profiles, "profiles", name, "QGIS")
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "QGIS3.ini"
    if not settings.exists():
        settings.write_text(f"[PythonPlugins]\n{PLUGIN}=true\nprocessing=true\n\n[qgis]\ncheckVersion=false\n"
                            "showTips340=false\n\n[Plugins]\n", encoding="utf-8")


if __name__ == "__main__":
    enable_in_profile(sys.argv[1])
