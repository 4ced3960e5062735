#!/usr/bin/env bash
# Makes the pictures of the README from the running product, in docs/images. Run "make demo" first.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly DEMO=${1:-out/demo} WORK=/var/tmp/connect IMAGES=docs/images
[ -e "$DEMO/washington_dc.gpkg" ] || { echo "There is no demo yet; run: make demo" >&2; exit 1; }

rm -rf "$WORK"
mkdir -p "$WORK" "$IMAGES"
cp -r "$DEMO" "$WORK/demo"
cp shotspotter_connect_plugin/resources/sample/crime_incidents_2017.csv.gz "$WORK"
/usr/bin/python3 tools/qgis_env.py "$WORK/profile"
export QGIS_PLUGINPATH="$PWD" PYTHONPATH="$PWD/tools" PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
export CONNECT_PICTURES="$WORK" CONNECT_WORKSPACE="$WORK/demo/washington_dc.gpkg"
for script in tools/screenshots.py tools/screenshots_live.py; do
    xvfb-run -a -s "-screen 0 1600x900x24" qgis --nologo --noversioncheck --profiles-path "$WORK/profile" \
        --code "$script" "$WORK"/demo/day/plan_*.qgz >"$WORK/qgis.log" 2>&1 \
        || { tail -20 "$WORK/qgis.log" >&2; exit 1; }
done
page() { pdftoppm -png -r "$3" -f "$2" -singlefile $1 "$WORK/$4"; }
page "$WORK/demo/day/rollcall_*_evening.pdf" 1 90 roll_call
reports=$WORK/demo/reports
page "$reports/shift.pdf" 3 100 report_shift
page "$reports/shift.pdf" 5 100 report_shift_timeline
page "$reports/tactic.pdf" 1 100 report_tactic
page "$reports/crimetype.pdf" 1 100 report_crime_type
page "$reports/officer.pdf" 1 100 report_officer
page "$reports/dosage.pdf" 1 80 dosage_report
page "$reports/exposure.pdf" 1 80 report_exposure
page "$reports/exposure.pdf" 4 80 report_exposure_lottery
/usr/bin/python3 - "$WORK" "$IMAGES" <<'PYTHON'
import pathlib
import sys

from PIL import Image

for path in pathlib.Path(sys.argv[1]).glob("*.png"):
    picture, target = Image.open(path).convert("RGB"), pathlib.Path(sys.argv[2], path.name)
    picture.save(target, optimize=True)
    if target.stat().st_size > 300_000:
        picture.quantize(256, kmeans=4, dither=Image.Dither.NONE).save(target, optimize=True)
PYTHON
ls -l "$IMAGES"
rm -rf "$WORK"
