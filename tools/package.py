"""make package: the zip for the plugin repository, in dist/. Only what git knows, so nothing strays in."""
import configparser
import subprocess
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = "shotspotter_connect_plugin"
LARGEST = 25_000_000


def main():
    about = configparser.ConfigParser(interpolation=None)
    about.read(ROOT / "metadata.txt", encoding="utf-8")
    target = ROOT / "dist" / "{}-{}.zip".format(PLUGIN, about["general"]["version"])
    target.parent.mkdir(exist_ok=True)
    names = subprocess.run(["git", "ls-files", "-z", PLUGIN], cwd=ROOT, capture_output=True, check=True,
                           text=True).stdout.split("\0")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name in sorted(filter(None, names)):
            # A fixed date, so that the same files make the same zip.
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            package.writestr(entry, (ROOT / name).read_bytes())
    size = target.stat().st_size
    print(f"{target.relative_to(ROOT)}  {size:,} bytes, {len(names) - 1} files")
    if size > LARGEST:
        raise SystemExit(f"The zip is larger than the plugin repository takes ({LARGEST:,} bytes).")


if __name__ == "__main__":
    main()
