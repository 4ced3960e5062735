#!/usr/bin/env bash
# Lints and runs every test: those that need no QGIS, in a Python that does not load it; those inside QGIS; those of the
# three rooms that know no QGIS once more with the newest libraries. Some pieces at a time, each piece's words when it
# ends; then, when nothing else runs, what must not wait for others (marked "alone"). Ends with how many
# branches of the package the tests without QGIS took.
set -uo pipefail
cd "$(dirname "$0")/.."

export PYTHONDONTWRITEBYTECODE=1
# Pieces run side by side: threads of their own would only wait for each other.
export OMP_NUM_THREADS=1
kept=$(mktemp -d)
trap 'rm -rf "$kept" "${memory:-}"' EXIT
# Tests write and sync thousands of small files: where there is room for them in memory, no disk is waited for.
room() { df --output=avail /dev/shm 2>/dev/null | tail -n 1; grep -oP 'MemAvailable: +\K\d+' /proc/meminfo; }
if [ "0$(room | sort -n | head -n 1)" -gt 10000000 ] && memory=$(mktemp -d -p /dev/shm 2>/dev/null); then
    chmod 1777 "$memory"
    export TMPDIR=$memory
fi
screen=(env QT_QPA_PLATFORM=offscreen)
if command -v xvfb-run >/dev/null; then
    screen=(xvfb-run -a -s "-screen 0 1600x1000x24")
fi
given=("$@")
plain=(.venv/bin/python -m pytest)
# Slow properties take half of their examples here: with Debian's libraries they take all.
newest=(env CONNECT_EXAMPLES=half .venv-newest/bin/python -m pytest -p no:cacheprovider)

# counted NAME: the command of a piece whose branches are counted.
counted() {
    command=(.venv/bin/python -m slipcover --branch --json --out "$kept/$1.json" --source shotspotter_connect_plugin
        -m pytest -p no:pytest_qgis)
}

# piece TITLE COMMAND...
piece() {
    local title=$1 words code started=$SECONDS
    shift
    words=$(mktemp "$kept/words.XXXXXX")
    "$@" "${given[@]}" </dev/null >"$words" 2>&1
    code=$?
    # A piece may hold nothing of what was asked for by name.
    [ $code -eq 5 ] && [ ${#given[@]} -gt 0 ] && code=0
    [ $code -eq 0 ] || touch "$kept/failed"
    flock "$kept" sh -c 'printf "== %s: %s s\n" "$1" "$2"; cat "$3"' - "$title" $((SECONDS - started)) "$words"
}

# nproc would go by OMP_NUM_THREADS. One more than there are cores: a third of the time of QGIS's tests is waiting.
most=$(($(getconf _NPROCESSORS_ONLN) + 1))

# beside PIECE...: starts a piece as soon as there is room beside the others.
beside() {
    while [ "$(jobs -rp | wc -l)" -ge "$most" ]; do wait -n; done
    piece "$@" &
}

# The longest first.
beside "inside QGIS" "${screen[@]}" "${plain[@]}" -m "not alone" tests/qgis tests/golden
counted workspace
beside "without QGIS: the workspace" "${command[@]}" tests/unit/workspace
beside "workspace with the newest libraries" "${newest[@]}" tests/unit/workspace
counted others
beside "without QGIS: the others" "${command[@]}" --ignore=tests/unit/workspace tests/unit
beside "forecast and patrol with the newest libraries" "${newest[@]}" \
    tests/unit/forecast tests/unit/patrol tests/unit/test_untouched.py
beside "lint" bash tools/lint.sh
wait
piece "alone: inside QGIS" "${screen[@]}" "${plain[@]}" -m alone $(grep -rl --include='*.py' 'mark\.alone' tests/qgis)

echo "== branches taken"
.venv/bin/python tools/branches.py "$kept"/*.json
[ ! -e "$kept/failed" ]
