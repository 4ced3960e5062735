#!/usr/bin/env bash
# Opens QGIS with the plugin and the demo's plan, in a profile of its own: the user's QGIS stays as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

profiles="$PWD/out/desktop"
project=$(ls -t out/demo/day/*.qgz 2>/dev/null | head -n 1 || true)
/usr/bin/python3 tools/qgis_env.py "$profiles"
export QGIS_PLUGINPATH="$PWD" PYTHONDONTWRITEBYTECODE=1
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    echo "No screen was found. Run make desktop on a desktop, or open $project in QGIS." >&2
    exit 1
fi
exec qgis --nologo --noversioncheck --profiles-path "$profiles" ${project:+"$project"} "$@"
