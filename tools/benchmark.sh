#!/usr/bin/env bash
# Runs the benchmarks of speed and size, one after the other; each prints what it measured. How good forecast, lottery and
# estimates are takes hours and is asked for by name.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=0
quality=" backtest effect feedback gunfire holidays intervals lottery "
for script in benchmarks/*.py; do
    case "$quality" in *" $(basename "$script" .py) "*) continue ;; esac
    echo "== $script"
    QT_QPA_PLATFORM=offscreen PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$script" </dev/null || failed=1
done
echo "How good it is: /usr/bin/python3 benchmarks/NAME.py with one of$quality"
exit $failed
