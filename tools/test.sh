#!/usr/bin/env bash
# Runs every test: those that need no QGIS, in a Python that does not load it, then those of the three rooms that know no
# QGIS once more with the newest libraries, then those inside QGIS. One after the other, since some look at the clock.
set -uo pipefail
cd "$(dirname "$0")/.."

export PYTHONDONTWRITEBYTECODE=1
screen=(env QT_QPA_PLATFORM=offscreen)
if command -v xvfb-run >/dev/null; then
    screen=(xvfb-run -a -s "-screen 0 1600x1000x24")
fi

failed=0
echo "== tests/unit: without QGIS"
.venv/bin/python -m pytest -p no:pytest_qgis tests/unit "$@" </dev/null || failed=1
echo "== tests/unit of forecast, patrol and workspace: with the newest libraries"
.venv-newest/bin/python -m pytest -p no:cacheprovider tests/unit/forecast tests/unit/patrol tests/unit/workspace \
    tests/unit/test_untouched.py "$@" </dev/null || failed=1
echo "== tests/qgis: inside QGIS"
"${screen[@]}" .venv/bin/python -m pytest tests/qgis tests/golden "$@" </dev/null || failed=1
exit $failed
