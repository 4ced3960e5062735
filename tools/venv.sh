#!/usr/bin/env bash
# Makes environments of the system's Python with the test tools in them; quick when they are there.
#   .venv         over the system's libraries, QGIS's among them
#   .venv-mutate  the same with cosmic-ray, where "mutate" is given; only make mutate needs it
#   .venv-newest  the newest libraries instead, without QGIS; of the system's only GDAL, which no package index has
set -euo pipefail
cd "$(dirname "$0")/.."

# environment FOLDER REQUIREMENTS [options of venv]
environment() {
    local folder=$1 requirements=$2 stamp=$1/requirements.sha256
    shift 2
    if [ -x "$folder/bin/python" ] && sha256sum --status -c "$stamp" 2>/dev/null; then
        return
    fi
    [ -x "$folder/bin/python" ] || /usr/bin/python3 -m venv "$@" "$folder"
    constraints "$folder" >"$folder/constraints.txt"
    "$folder/bin/python" -m pip install -q --disable-pip-version-check -c "$folder/constraints.txt" -r "$requirements"
    sha256sum "$requirements" >"$stamp"
}

# A newer numpy than the system's breaks GDAL's Python bindings where they share arrays, as QGIS does.
constraints() {
    [ "$1" != .venv-newest ] || return 0
    "$1/bin/python" - <<'END'
from importlib.metadata import version
for library in ("numpy", "scipy", "pandas", "scikit-learn"):
    print("{}=={}".format(library, version(library)))
END
}

link_gdal() {
    local target
    target=$(.venv-newest/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/osgeo
    ln -sfn "$(/usr/bin/python3 -c 'import osgeo; print(osgeo.__path__[0])')" "$target"
}

if [ "${1:-}" = mutate ]; then
    environment .venv-mutate tools/requirements-mutate.txt --system-site-packages
    exit
fi
environment .venv tools/requirements-test.txt --system-site-packages
environment .venv-newest tools/requirements-newest.txt
link_gdal
