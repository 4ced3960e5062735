#!/usr/bin/env bash
# Runs every benchmark, one after the other; each prints what it measured.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=0
for script in benchmarks/*.py; do
    echo "== $script"
    QT_QPA_PLATFORM=offscreen PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$script" </dev/null || failed=1
done
exit $failed
