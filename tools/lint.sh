#!/usr/bin/env bash
# The plugin repository's own checks (flake8, Bandit with every rule, detect-secrets), and isort, ruff and mypy.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=0
echo "== flake8";         .venv/bin/python -m flake8 shotspotter_connect_plugin tests tools benchmarks || failed=1
echo "== isort";          .venv/bin/python -m isort -q -c shotspotter_connect_plugin tests tools benchmarks || failed=1
echo "== ruff";           .venv/bin/ruff check -q shotspotter_connect_plugin tests tools benchmarks || failed=1
echo "== mypy";           .venv/bin/python -m mypy --no-error-summary || failed=1
echo "== bandit";         .venv/bin/python -m bandit -q -r shotspotter_connect_plugin || failed=1
echo "== detect-secrets"
found=$(.venv/bin/detect-secrets scan --all-files shotspotter_connect_plugin |
    .venv/bin/python -c 'import json, sys; print("\n".join(json.load(sys.stdin)["results"]))')
if [ -n "$found" ]; then
    printf 'What looks like a secret is in:\n%s\n' "$found"
    failed=1
fi
[ $failed -eq 0 ] && echo "All clean."
exit $failed
