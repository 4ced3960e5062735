#!/usr/bin/env bash
# Makes .venv over the system's Python with the test tools in it; quick when it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=tools/requirements-test.txt
stamp=.venv/requirements.sha256
if [ -x .venv/bin/python ] && sha256sum --status -c "$stamp" 2>/dev/null; then
    exit 0
fi
[ -x .venv/bin/python ] || /usr/bin/python3 -m venv --system-site-packages .venv
# A newer numpy than the system's breaks GDAL's Python bindings.
.venv/bin/python - >.venv/constraints.txt <<'END'
from importlib.metadata import version
for library in ("numpy", "scipy", "pandas", "scikit-learn"):
    print("{}=={}".format(library, version(library)))
END
.venv/bin/python -m pip install -q --disable-pip-version-check -c .venv/constraints.txt -r "$requirements"
sha256sum "$requirements" >"$stamp"
